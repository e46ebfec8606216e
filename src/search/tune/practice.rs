//! The parameters that practitioners turn, and the values worth trying.
//!
//! docs/tuning.md gives the reasons for each range. Values are round, as people write them: 300 s, not 217 s.

use super::parameter::{Ends, TunedParameter};
use crate::control::Hpa;
use crate::hpa::rules::Gate;
use crate::hpa::spec::{
    MetricSpec, MetricTarget, PolicyKind, ScalingPolicy, ScalingRules, SelectPolicy,
};
use crate::scenario::REPLICAS_MAX;
use crate::scenario::Template;
use crate::search::parameter::Parameter;
use crate::units::{MilliValue, SimSpan};

/// The pods of today's policy under the training traffic, greatest over all traces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodsToday {
    /// The mean over time.
    pub mean: f64,
    /// The most.
    pub peak: f64,
}

/// CPU targets worth trying, in percent of the request: lower targets waste CPU, higher ones leave no time to scale.
const UTILIZATIONS: [i64; 13] = [30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90];
/// Targets of other metrics, in percent of today's.
const TARGETS_PERCENT: [i64; 11] = [50, 60, 70, 80, 90, 100, 110, 125, 150, 175, 200];
/// Windows before scaling up, in seconds.
const UP_WINDOWS: [i64; 7] = [0, 15, 30, 60, 120, 180, 300];
/// Windows before scaling down, in seconds.
const DOWN_WINDOWS: [i64; 10] = [0, 15, 30, 60, 120, 180, 300, 450, 600, 900];
/// Growth within a period, in percent.
const UP_PERCENTS: [i64; 7] = [10, 25, 50, 100, 200, 400, 900];
/// Shrinkage within a period, in percent.
const DOWN_PERCENTS: [i64; 7] = [5, 10, 20, 30, 50, 75, 100];
/// Periods of policies that scale up, in seconds.
const UP_PERIODS: [i64; 4] = [15, 30, 60, 120];
/// Periods of policies that scale down, in seconds.
const DOWN_PERIODS: [i64; 6] = [15, 30, 60, 120, 300, 600];
/// Tolerances, in thousandths.
const TOLERANCES: [i64; 7] = [0, 20, 50, 100, 150, 200, 300];
/// The least upper end of the values for `minReplicas` and for Pods policies, for small services.
const PODS_LEAST: i64 = 4;

/// All parameters that practitioners turn and this policy's cluster honours, each with today's value among its values.
#[must_use]
pub fn parameters(autoscaler: &Hpa, template: &Template, pods: PodsToday) -> Vec<TunedParameter> {
    let policy = PolicyBase {
        autoscaler,
        template,
        pods,
    };
    let mut parameters = policy.targets();
    parameters.extend(policy.bounds());
    parameters.extend(policy.direction(Preference::Up));
    parameters.extend(policy.direction(Preference::Down));
    parameters
}

/// What the parameters are made from.
struct PolicyBase<'p> {
    autoscaler: &'p Hpa,
    template: &'p Template,
    pods: PodsToday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preference {
    Up,
    Down,
}

impl Preference {
    const fn key(self) -> &'static str {
        match self {
            Self::Up => "hpa.behavior.scaleUp",
            Self::Down => "hpa.behavior.scaleDown",
        }
    }
}

impl PolicyBase<'_> {
    /// Whether the policy's text has this path.
    fn has(&self, path: &str, value: &str) -> bool {
        let argument = format!("{path}={value}");
        self.template.scenario(&[argument]).is_ok()
    }

    fn targets(&self) -> Vec<TunedParameter> {
        let metrics = self.autoscaler.spec.metrics.iter().enumerate();
        metrics
            .filter_map(|(index, metric)| self.target(index, metric))
            .collect()
    }

    fn target(&self, index: usize, metric: &MetricSpec) -> Option<TunedParameter> {
        let body = metric.source.body_key();
        let path = |key: &str| format!("hpa.metrics.{index}.{body}.target.{key}");
        let target = match metric.target {
            MetricTarget::Utilization(today) => {
                let v1 = "hpa.targetCPUUtilizationPercentage";
                if self.has(v1, &today.to_string()) {
                    return Some(numbers(v1, &UTILIZATIONS, i64::from(today)));
                }
                let path = path("averageUtilization");
                Some(numbers(&path, &UTILIZATIONS, i64::from(today)))
            }
            MetricTarget::AverageValue(today) => quantities(&path("averageValue"), today),
            MetricTarget::Value(today) => quantities(&path("value"), today),
        };
        target.map(|parameter| parameter.of_metric(metric.source.name()))
    }

    /// `minReplicas` and `maxReplicas`: ranges that do not cross.
    ///
    /// The lower bound may take at most half of what is needed on average, so that
    /// the autoscaler still scales. The upper one never goes below what today's policy
    /// uses: it limits the damage of load that no trace has.
    fn bounds(&self) -> [TunedParameter; 2] {
        let spec = &self.autoscaler.spec;
        let least = i64::from(spec.min_replicas.0);
        let most = i64::from(spec.max_replicas.0);
        let mean = self.pods.mean.ceil() as i64;
        let peak = self.pods.peak.ceil() as i64;
        let middle = (mean / 2)
            .max(2 * least)
            .max(PODS_LEAST)
            .clamp(least.max(1), most);
        let used = peak.clamp(middle, most);
        let top = (2 * peak.max(most)).min(i64::from(REPLICAS_MAX)).max(most);
        [
            numbers("hpa.minReplicas", &round_numbers(1, middle), least)
                .with_ends(Ends::FROM_NATURAL),
            numbers("hpa.maxReplicas", &round_numbers(used, top), most),
        ]
    }

    fn direction(&self, direction: Preference) -> Vec<TunedParameter> {
        let rules = self.rules(direction);
        if rules.select_policy == SelectPolicy::Disabled {
            return Vec::new();
        }
        let mut parameters = vec![self.window(direction, &rules)];
        parameters.extend(self.policies(direction, &rules));
        parameters.extend(self.tolerance(direction, &rules));
        parameters
    }

    /// The rules of a direction: the policy's, or else the controller's defaults.
    fn rules(&self, direction: Preference) -> ScalingRules {
        let of_kind = |kind, value| ScalingPolicy {
            kind,
            value,
            period: SimSpan::from_secs(15),
        };
        let percent = of_kind(PolicyKind::Percent, 100);
        match (&self.autoscaler.spec.behavior, direction) {
            (Some(behavior), Preference::Up) => behavior.scale_up.clone(),
            (Some(behavior), Preference::Down) => behavior.scale_down.clone(),
            (None, direction) => ScalingRules {
                stabilization_window: None,
                select_policy: SelectPolicy::Max,
                policies: match direction {
                    Preference::Up => vec![of_kind(PolicyKind::Pods, 4), percent],
                    Preference::Down => vec![percent],
                },
                tolerance: None,
            },
        }
    }

    /// Without a stated window, the API server's default counts for scaling up, and the controller's flag for scaling down.
    fn window(&self, direction: Preference, rules: &ScalingRules) -> TunedParameter {
        let without = self.autoscaler.settings.downscale_stabilization;
        let path = format!("{}.stabilizationWindowSeconds", direction.key());
        let stated = rules.stabilization_window;
        let parameter = match direction {
            Preference::Up => numbers(
                &path,
                &UP_WINDOWS,
                whole_seconds(stated.unwrap_or_default()),
            ),
            Preference::Down => numbers(
                &path,
                &DOWN_WINDOWS,
                whole_seconds(stated.unwrap_or(without)),
            ),
        };
        parameter.with_ends(Ends::FROM_NATURAL)
    }

    /// The value and the period of each scaling policy.
    fn policies(&self, direction: Preference, rules: &ScalingRules) -> Vec<TunedParameter> {
        let list = format!("{}.policies", direction.key());
        let first = rules.policies.first().map_or(1, |policy| policy.value);
        let setup = if self.has(&format!("{list}.0.value"), &first.to_string()) {
            None
        } else {
            Some(format!("{list}={}", written(&rules.policies)))
        };
        let mut parameters = Vec::new();
        for (index, policy) in rules.policies.iter().enumerate() {
            let ValuesAndEnds { values, ends } = self.policy_values(direction, policy);
            let value = numbers(
                &format!("{list}.{index}.value"),
                &values,
                i64::from(policy.value),
            );
            let periods: &[i64] = match direction {
                Preference::Up => &UP_PERIODS,
                Preference::Down => &DOWN_PERIODS,
            };
            let period = numbers(
                &format!("{list}.{index}.periodSeconds"),
                periods,
                whole_seconds(policy.period),
            );
            let meaning = match policy.kind {
                PolicyKind::Pods => "Pods",
                PolicyKind::Percent => "Percent",
            };
            let both = [
                value.with_ends(ends),
                // A controller that syncs every 15 s cannot use a shorter period.
                period.with_ends(Ends::FROM_NATURAL),
            ];
            parameters.extend(both.map(|it| it.with_setup(setup.clone()).meaning(meaning)));
        }
        parameters
    }

    fn policy_values(&self, direction: Preference, policy: &ScalingPolicy) -> ValuesAndEnds {
        match (policy.kind, direction) {
            (PolicyKind::Percent, Preference::Up) => ValuesAndEnds {
                values: UP_PERCENTS.to_vec(),
                ends: Ends::CHOSEN,
            },
            (PolicyKind::Percent, Preference::Down) => ValuesAndEnds {
                values: DOWN_PERCENTS.to_vec(),
                ends: Ends::TO_NATURAL,
            },
            (PolicyKind::Pods, _) => {
                let peak = self.pods.peak.ceil() as i64;
                let today = i64::from(policy.value);
                ValuesAndEnds {
                    values: round_numbers(1, peak.max(today).max(PODS_LEAST)),
                    ends: Ends::FROM_NATURAL,
                }
            }
        }
    }

    /// KEP-4951; where the cluster does not honour it, only a flag of the whole cluster changes the tolerance.
    fn tolerance(&self, direction: Preference, rules: &ScalingRules) -> Option<TunedParameter> {
        let controller = self.autoscaler;
        if controller.rules().direction_tolerance == Gate::Off {
            return None;
        }
        let today = rules.tolerance.unwrap_or(controller.settings.tolerance);
        let today = (today * 1000.0).round() as i64;
        let values = including(&TOLERANCES, today);
        let texts: Vec<String> = values
            .iter()
            .map(|thousandths| format!("\"{}\"", *thousandths as f64 / 1000.0))
            .collect();
        let path = format!("{}.tolerance", direction.key());
        let parameter = listed(&path, texts, place_of(&values, today));
        Some(parameter.with_ends(Ends::FROM_NATURAL))
    }
}

/// The values of a scaling policy, and the values beyond them.
struct ValuesAndEnds {
    values: Vec<i64>,
    ends: Ends,
}

/// Numbers, with today's among them.
fn numbers(path: &str, values: &[i64], today: i64) -> TunedParameter {
    let values = including(values, today);
    let texts = values.iter().map(i64::to_string).collect();
    listed(path, texts, place_of(&values, today))
}

/// Quantities around today's; `None` where that is zero.
fn quantities(path: &str, MilliValue(today): MilliValue) -> Option<TunedParameter> {
    if today == 0 {
        return None;
    }
    let values: Vec<i64> = TARGETS_PERCENT
        .iter()
        .map(|percent| (i128::from(today) * i128::from(*percent) / 100) as i64)
        // Half of a tiny quantity rounds to 0, which is not a valid target.
        .filter(|milli| *milli > 0)
        .collect();
    let values = including(&values, today);
    let texts = values
        .iter()
        .map(|milli| match milli % 1000 {
            0 => format!("\"{}\"", milli / 1000),
            _ => format!("\"{milli}m\""),
        })
        .collect();
    Some(listed(path, texts, place_of(&values, today)))
}

fn listed(path: &str, texts: Vec<String>, today: Option<u64>) -> TunedParameter {
    TunedParameter::new(Parameter::listed(path, texts), today)
}

/// `values` in order, `today` among them.
fn including(values: &[i64], today: i64) -> Vec<i64> {
    let mut values = values.to_vec();
    values.push(today);
    values.sort_unstable();
    values.dedup();
    values
}

fn place_of(values: &[i64], value: i64) -> Option<u64> {
    let place = values.iter().position(|known| *known == value);
    place.map(|place| place as u64)
}

/// The steps in which people choose numbers of pods, within ten.
const ROUND: [i64; 9] = [10, 12, 15, 20, 25, 30, 40, 60, 80];

/// Round numbers from `low` to `high`, both among them.
fn round_numbers(low: i64, high: i64) -> Vec<i64> {
    let small = (1..10).filter(|number| ![7, 9].contains(number));
    let decades = (0..6).map(|exponent| 10i64.pow(exponent));
    let large = decades.flat_map(|decade| ROUND.map(|number| number * decade));
    let mut numbers: Vec<i64> = small
        .chain(large)
        .filter(|number| (low..=high).contains(number))
        .collect();
    numbers.extend([low, high]);
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn whole_seconds(span: SimSpan) -> i64 {
    span.as_nanos() / SimSpan::from_secs(1).as_nanos()
}

/// Scaling policies as TOML.
fn written(policies: &[ScalingPolicy]) -> String {
    let policies: Vec<String> = policies
        .iter()
        .map(|policy| {
            format!(
                "{{ type = \"{}\", value = {}, periodSeconds = {} }}",
                policy.kind,
                policy.value,
                whole_seconds(policy.period)
            )
        })
        .collect();
    format!("[{}]", policies.join(", "))
}

#[cfg(test)]
#[path = "practice/tests.rs"]
mod tests;
