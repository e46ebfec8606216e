//! What matters, in words: the assumptions that move a result most, for a page and for the foot of a picture.

use super::human;
use super::listing::wrapped;
use crate::kpi::Kpi;
use crate::results::what_matters::{Influence, KpiMove, WhatMatters};
use crate::text::visible;

/// What matters as items of text, to be broken into lines by the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatMattersText {
    /// What was done.
    pub head: String,
    /// The assumptions that are shown.
    pub influences: Vec<InfluenceText>,
    /// How the others fared.
    pub rest: Vec<String>,
}

/// An assumption that moves a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfluenceText {
    /// The key, its default, and the range.
    pub assumption: String,
    /// The KPIs: a row for each policy of a comparison that differs from the first; the row of a run has no name.
    pub rows: Vec<(String, Vec<String>)>,
}

impl WhatMattersText {
    /// The words for `matters`; `first` is the first policy of a comparison.
    #[must_use]
    pub fn of(matters: &WhatMatters, first: Option<&str>) -> Self {
        let seeds = match matters.seeds() {
            1 => "same seed".to_owned(),
            seeds => format!("same {seeds} seeds"),
        };
        let what = match first {
            Some(first) => format!("What matters to the differences to {first}"),
            None => "What matters".to_owned(),
        };
        let shown = matters.shown();
        Self {
            head: format!("{what}: each assumption alone over its plausible range, {seeds}"),
            influences: shown.iter().map(influence_text).collect(),
            rest: rest(matters, shown.len(), first.is_some()),
        }
    }

    /// As lines of a page.
    #[must_use]
    pub fn page(&self) -> String {
        let mut lines = wrapped("", std::slice::from_ref(&self.head));
        for influence in &self.influences {
            lines.extend(wrapped("  ", std::slice::from_ref(&influence.assumption)));
            for (name, items) in &influence.rows {
                let lead = match name.as_str() {
                    "" => "    ".to_owned(),
                    name => format!("    {}: ", visible(name)),
                };
                lines.extend(wrapped(&lead, items));
            }
        }
        for item in &self.rest {
            lines.extend(wrapped("  ", std::slice::from_ref(item)));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Lines for the foot of a picture: of a comparison each policy has its own, indented.
    #[must_use]
    pub fn foot(&self) -> Vec<String> {
        let mut lines = vec![self.head.clone()];
        for influence in &self.influences {
            match &influence.rows[..] {
                [(name, items)] if name.is_empty() => {
                    lines.push(format!("{}: {}", influence.assumption, items.join(", ")));
                }
                rows => {
                    lines.push(influence.assumption.clone());
                    let row = |(name, items): &(String, Vec<String>)| {
                        format!("  {name}: {}", items.join(", "))
                    };
                    lines.extend(rows.iter().map(row));
                }
            }
        }
        lines
    }

    /// A line for each assumption, for a list.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |influence: &InfluenceText| {
            let rows = influence
                .rows
                .iter()
                .map(|(name, items)| match name.as_str() {
                    "" => items.join(", "),
                    name => format!("{name} {}", items.join(", ")),
                });
            let rows: Vec<String> = rows.collect();
            format!("{}: {}", influence.assumption, rows.join("; "))
        };
        std::iter::once(self.head.clone())
            .chain(self.influences.iter().map(line))
            .collect()
    }
}

fn rest(matters: &WhatMatters, shown: usize, is_comparison: bool) -> Vec<String> {
    let what = match is_comparison {
        true => "the differences",
        false => "the result",
    };
    let others = matters.assumptions().len() - shown;
    let mut rest = match (shown, others) {
        (_, 0) => Vec::new(),
        (0, _) => vec![format!("none of the {others} assumptions moves {what}")],
        (_, 1) => vec![format!("1 further assumption moves {what} less")],
        _ => vec![format!("{others} further assumptions move {what} less")],
    };
    rest.extend(matters.skipped().iter().map(|end| {
        format!(
            "not simulated: {} = {} ({})",
            end.key, end.value, end.reason
        )
    }));
    rest
}

fn influence_text(influence: &Influence) -> InfluenceText {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for of_kpi in &influence.moves {
        let Some(text) = move_text(of_kpi) else {
            continue;
        };
        let policy = of_kpi.policy.clone().unwrap_or_default();
        match rows.last_mut().filter(|(name, _)| *name == policy) {
            Some((_, items)) => items.push(text),
            None => rows.push((policy, vec![text])),
        }
    }
    let values = [&influence.value, &influence.low, &influence.high].map(String::as_str);
    let (path, [value, low, high]) = differing(values);
    InfluenceText {
        assumption: format!(
            "{}{path} = {value}, plausible {low} to {high}",
            influence.key
        ),
        rows,
    }
}

/// A KPI at the default, and its range if it moves.
fn move_text(of_kpi: &KpiMove) -> Option<String> {
    let is_difference = of_kpi.policy.is_some();
    let words = |value: f64| {
        let size = match of_kpi.kpi {
            // A comparison's table has seconds, the summary of a run has words.
            Kpi::SloViolationSeconds if is_difference => {
                format!("{} s", human::significant(value.abs()))
            }
            Kpi::SloViolationSeconds => human::duration(value.abs()),
            _ => human::significant(value.abs()),
        };
        match is_difference {
            true if value < 0.0 => format!("-{size}"),
            true if value > 0.0 => format!("+{size}"),
            true => format!("±{size}"),
            false => size,
        }
    };
    let name = match of_kpi.kpi {
        Kpi::SloViolationSeconds => "SLO broken",
        Kpi::PodHours => "pod hours",
        Kpi::PeakReplicas => "most replicas",
        other => other.name(),
    };
    let (least, most) = of_kpi.range()?;
    let (least, most) = (words(least), words(most));
    let usual = words(of_kpi.at_default?);
    Some(if least == most {
        format!("{name} {usual}")
    } else {
        format!("{name} {usual} ({least} to {most})")
    })
}

/// The values as text without quotes; of tables that differ in one value alone only that value, with its name as a path.
fn differing(values: [&str; 3]) -> (String, [String; 3]) {
    let plain = values.map(|value| value.trim_matches('"').to_owned());
    if !values.iter().all(|value| value.starts_with(['{', '['])) {
        return (String::new(), plain);
    }
    let words = values.map(|value| value.split_whitespace().collect::<Vec<_>>());
    let [first, others @ ..] = &words;
    if others.iter().any(|other| other.len() != first.len()) {
        return (String::new(), plain);
    }
    let differs = |place: &usize| others.iter().any(|other| other[*place] != first[*place]);
    let places: Vec<usize> = (0..first.len()).filter(differs).collect();
    let [place] = places[..] else {
        return (String::new(), plain);
    };
    let word = |words: &Vec<&str>| words[place].trim_matches([',', '"']).to_owned();
    let name = place.checked_sub(2).map_or("", |at| first[at]);
    (
        format!(".{name}"),
        [word(&words[0]), word(&words[1]), word(&words[2])],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_tables_only_the_value_that_differs_is_shown() {
        let told = |values| {
            let (path, [value, low, high]) = differing(values);
            format!("{path} {value} {low} {high}")
        };
        assert_eq!(
            told([
                r#"{ dist = "lognormal", mean = "10ms", cv = 1.0 }"#,
                r#"{ dist = "lognormal", mean = "2ms", cv = 1.0 }"#,
                r#"{ dist = "lognormal", mean = "50ms", cv = 1.0 }"#,
            ]),
            ".mean 10ms 2ms 50ms"
        );
        assert_eq!(told([r#""1s""#, r#""0s""#, r#""45s""#]), " 1s 0s 45s");
        assert_eq!(told(["0", "0", "2"]), " 0 0 2");
        assert_eq!(
            told([
                r#"{ quantile = 0.95, limit = "500ms" }"#,
                r#"{ quantile = 0.95, limit = "200ms" }"#,
                r#"{ quantile = 0.95, limit = "1s" }"#,
            ]),
            ".limit 500ms 200ms 1s"
        );
    }

    #[test]
    fn a_kpi_that_does_not_move_has_no_range_and_a_difference_has_a_sign() {
        let of = |policy: Option<&str>, kpi, at_low, at_default, at_high| {
            move_text(&KpiMove {
                policy: policy.map(str::to_owned),
                kpi,
                at_low: Some(at_low),
                at_default: Some(at_default),
                at_high: Some(at_high),
            })
            .expect("values")
        };
        assert_eq!(
            of(None, Kpi::PeakReplicas, 50.0, 50.0, 50.0),
            "most replicas 50"
        );
        assert_eq!(
            of(Some("new"), Kpi::PeakReplicas, 0.0, 0.0, 0.0),
            "most replicas ±0"
        );
        assert_eq!(
            of(None, Kpi::SloViolationSeconds, 175.0, 175.0, 490.0),
            "SLO broken 2m 55s (2m 55s to 8m 10s)"
        );
        assert_eq!(
            of(Some("new"), Kpi::SloViolationSeconds, -10.0, -77.0, 5.0),
            "SLO broken -77 s (-77 s to +5 s)"
        );
    }
}
