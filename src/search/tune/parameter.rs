//! A parameter that is tuned: its values, and which of them is today's.

use crate::search::parameter::Parameter;
use crate::search::table::plain_text;

/// A path of the policy that may take other values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunedParameter {
    parameter: Parameter,
    /// The number of the value that the policy has today.
    today: Option<u64>,
    /// Today's value where it is not among those.
    today_apart: Option<String>,
    /// An argument of `--set` that changes nothing and makes the path exist.
    setup: Option<String>,
    /// What the path's last number stands for, as `Percent`.
    meaning: Option<&'static str>,
    /// The name of the metric that the path is about.
    metric: Option<String>,
    ends: Ends,
}

/// What the ends of a parameter's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The first value.
    pub low: End,
    /// The last value.
    pub high: End,
}

/// What lies beyond an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: Kubernetes takes no value beyond, or it would do the same.
    Natural,
    /// Values that were not tried.
    Chosen,
}

impl Ends {
    /// Values lie beyond both.
    pub const CHOSEN: Self = Self {
        low: End::Chosen,
        high: End::Chosen,
    };
    /// Nothing lies beyond either.
    pub const NATURAL: Self = Self {
        low: End::Natural,
        high: End::Natural,
    };
    /// Nothing lies below the first.
    pub const FROM_NATURAL: Self = Self {
        low: End::Natural,
        high: End::Chosen,
    };
    /// Nothing lies above the last.
    pub const TO_NATURAL: Self = Self {
        low: End::Chosen,
        high: End::Natural,
    };
}

impl TunedParameter {
    /// A parameter of which the policy has the value of number `today`, if any of them.
    #[must_use]
    pub fn new(parameter: Parameter, today: Option<u64>) -> Self {
        Self {
            parameter,
            today,
            today_apart: None,
            setup: None,
            meaning: None,
            metric: None,
            ends: Ends::CHOSEN,
        }
    }

    /// The same, whose path exists once this argument of `--set` was applied.
    #[must_use]
    pub fn with_setup(mut self, setup: Option<String>) -> Self {
        self.setup = setup;
        self
    }

    /// The same, with a word for what its path does not say.
    #[must_use]
    pub fn meaning(mut self, meaning: &'static str) -> Self {
        self.meaning = Some(meaning);
        self
    }

    /// The same, of a metric of this name.
    #[must_use]
    pub fn of_metric(mut self, name: String) -> Self {
        self.metric = Some(name);
        self
    }

    /// The same path over other values; an end that is natural here is so there too.
    #[must_use]
    pub fn over(&self, parameter: Parameter) -> Self {
        let text = self.today_text();
        let today = (0..parameter.count())
            .find(|index| text.as_deref() == Some(parameter.value(*index).as_str()));
        let last = |parameter: &Parameter| parameter.value(parameter.count().saturating_sub(1));
        let kept = |end: End, is_same: bool| if is_same { end } else { End::Chosen };
        let ends = Ends {
            low: kept(self.ends.low, parameter.value(0) == self.value(0)),
            high: kept(self.ends.high, last(&parameter) == last(&self.parameter)),
        };
        Self {
            parameter,
            today,
            today_apart: text,
            ends,
            ..self.clone()
        }
    }

    /// The same, of which the policy has the value of number `today`, if any of them.
    #[must_use]
    pub fn with_today(mut self, today: Option<u64>) -> Self {
        self.today = today;
        self
    }

    /// The same with other ends.
    #[must_use]
    pub fn with_ends(mut self, ends: Ends) -> Self {
        self.ends = ends;
        self
    }

    /// The path, as `hpa.minReplicas`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.parameter.path()
    }

    /// The path as text: without `hpa.`, and with the type of its number; of a metric its name, as `memory averageUtilization`.
    #[must_use]
    pub fn label(&self) -> String {
        let path = self.path();
        if let Some(metric) = &self.metric {
            let key = path.rsplit('.').next().unwrap_or(path);
            return format!("{metric} {key}");
        }
        let short = path.strip_prefix("hpa.").unwrap_or(path);
        match self.meaning {
            Some(meaning) => format!("{short} ({meaning})"),
            None => short.to_owned(),
        }
    }

    /// The name of the metric that the path is about, where its path does not say it.
    #[must_use]
    pub fn metric(&self) -> Option<&str> {
        self.metric.as_deref()
    }

    /// How many values it takes.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.parameter.count()
    }

    /// The value of this number, as one would type it in TOML.
    #[must_use]
    pub fn value(&self, index: u64) -> String {
        self.parameter.value(index)
    }

    /// The number of today's value.
    #[must_use]
    pub fn today(&self) -> Option<u64> {
        self.today
    }

    /// Today's value, as one would type it in TOML, if it is known.
    #[must_use]
    pub fn today_text(&self) -> Option<String> {
        let among = self.today.map(|today| self.value(today));
        among.or_else(|| self.today_apart.clone())
    }

    /// The values as text: `1, 2, 4`, or `30 to 90` of many.
    #[must_use]
    pub fn values_text(&self) -> String {
        let value = |index: u64| plain_text(&self.value(index));
        match self.count() {
            count @ 0..=3 => (0..count).map(value).collect::<Vec<String>>().join(", "),
            count => format!("{} to {}", value(0), value(count - 1)),
        }
    }

    /// What must be set before the value can be.
    #[must_use]
    pub fn setup(&self) -> Option<&str> {
        self.setup.as_deref()
    }

    /// The value of this number as an argument of `--set`.
    #[must_use]
    pub fn argument(&self, index: u64) -> String {
        self.parameter.argument(index)
    }

    /// Whether values beyond this one were left untried.
    #[must_use]
    pub fn is_at_border(&self, index: u64) -> bool {
        if self.count() < 2 {
            return false;
        }
        let at_low = index == 0 && self.ends.low == End::Chosen && !is_zero(&self.value(0));
        let at_high = index + 1 == self.count() && self.ends.high == End::Chosen;
        at_low || at_high
    }
}

/// Whether a value is nothing, whatever its unit: there is no less.
fn is_zero(value: &str) -> bool {
    let text = plain_text(value);
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    number.parse() == Ok(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter() -> TunedParameter {
        let listed =
            Parameter::listed("hpa.minReplicas", ["1", "2", "5"].map(str::to_owned).into());
        TunedParameter::new(listed, Some(1))
    }

    #[test]
    fn what_lies_beyond_decides_whether_an_end_is_a_border() {
        let borders = |ends: Ends| {
            let parameter = parameter().with_ends(ends);
            [0, 1, 2].map(|value| parameter.is_at_border(value))
        };
        assert_eq!(borders(Ends::CHOSEN), [true, false, true]);
        assert_eq!(borders(Ends::FROM_NATURAL), [false, false, true]);
        assert_eq!(borders(Ends::TO_NATURAL), [true, false, false]);
    }

    #[test]
    fn other_values_keep_todays_where_it_is_among_them_and_end_where_somebody_chose() {
        let values = |argument: &str| Parameter::parse(argument).expect("a parameter");
        let natural = parameter().with_ends(Ends::FROM_NATURAL);
        let wider = natural.over(values("hpa.minReplicas=2..8:2"));
        assert_eq!((wider.count(), wider.today()), (4, Some(0)));
        assert!(wider.is_at_border(0) && wider.is_at_border(3));
        let elsewhere = natural.over(values("hpa.minReplicas=3,4"));
        assert_eq!(elsewhere.today(), None);
    }

    #[test]
    fn a_label_leaves_out_the_hpa_and_says_what_a_number_stands_for() {
        assert_eq!(parameter().label(), "minReplicas");
        let value = "hpa.behavior.scaleUp.policies.1.value";
        let listed = Parameter::listed(value, vec!["1".to_owned()]);
        let value = TunedParameter::new(listed, None).meaning("Pods");
        assert_eq!(value.label(), "behavior.scaleUp.policies.1.value (Pods)");
        let listed = Parameter::listed("controller.sync_period", vec!["\"15s\"".to_owned()]);
        assert_eq!(
            TunedParameter::new(listed, None).label(),
            "controller.sync_period"
        );
    }
}
