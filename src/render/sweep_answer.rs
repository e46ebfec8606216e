//! What a sweep comes to, for its text and its pictures: names, counts and values as people read them.

use std::ops::Range;

use super::human;
use crate::search::grid::Grid;
use crate::search::outcome::{Objective, Objectives, SweepOutcome};
use crate::search::parameter::Parameter;
use crate::search::table::{Shard, plain_text};
use crate::units::SimSpan;

/// Why a result of the fluid engine differs from one of the request engine where pods are overloaded; more than 1 % is [`OVERLOADED_SHARE`](crate::search::overload::OVERLOADED_SHARE).
#[cfg(feature = "cli")]
pub(super) const OVERLOADED_FLUID: &str = "pods are overloaded: more than 1 % of the requests time out or find a full queue. The fluid engine spreads waiting requests over all pods, so latency and failures differ from those of the request engine there (docs/model.md)";

/// What a sweep was and what it comes to.
#[derive(Clone, Debug)]
pub struct SweepAnswer<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The names of the autoscaler's metrics, in the order of `hpa.metrics`.
    pub metrics: &'a [String],
    /// The traces' names.
    pub traces: &'a [String],
    /// The engine's name.
    pub engine: &'a str,
    /// How many seeds made a row.
    pub seeds: u16,
    /// `--warm-up`.
    pub warm_up: Option<SimSpan>,
    /// `--samples`.
    pub samples: Option<u32>,
    /// What was swept.
    pub grid: &'a Grid,
    /// The value of each swept parameter in the policy as it stands; `None` where it states none.
    pub current_values: Vec<Option<String>>,
    /// What was weighed.
    pub objectives: &'a Objectives,
    /// What it comes to; `None` for a part.
    pub outcome: Option<&'a SweepOutcome>,
    /// The part.
    pub shard: Option<Shard>,
    /// The rows of this sweep or part.
    pub rows: Range<u64>,
}

impl SweepAnswer<'_> {
    /// `prod under diurnal`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} under {}", self.policy, self.traces.join(" and "))
    }

    /// `340 policies, fluid engine, 5 seeds each (medians)`.
    #[must_use]
    pub fn subtitle(&self) -> String {
        let count = thousands(self.grid.count());
        let points = match self.samples {
            Some(_) => format!("{count} sampled policies"),
            None => format!("{count} policies"),
        };
        let seeds = match self.seeds {
            1 => String::new(),
            seeds => format!(", medians of {seeds} seeds"),
        };
        let counted = self.warm_up.map_or_else(String::new, |span| {
            format!(", KPIs from {} on", human::duration(span.as_secs_f64()))
        });
        format!("{points}, {} engine{seeds}{counted}", self.engine)
    }

    /// A swept path for people: `scaleDown.stabilizationWindowSeconds`, or of a metric `memory averageUtilization`.
    #[must_use]
    pub fn parameter_name(&self, path: &str) -> String {
        let number = path
            .strip_prefix("hpa.metrics.")
            .and_then(|rest| rest.split('.').next());
        let metric = number
            .and_then(|number| self.metrics.get(number.parse::<usize>().ok()?))
            .map(|metric| format!("{metric} {}", last_key(path)));
        metric.unwrap_or_else(|| short_path(path))
    }

    /// The swept values of a point, as `hpa.maxReplicas=20, controller.sync_period=15s`.
    #[must_use]
    pub fn settings(&self, point: usize) -> String {
        let values = self.grid.swept_values(point as u64);
        let settings = headings(self.grid)
            .into_iter()
            .zip(values)
            .map(|(name, value)| format!("{name}={}", plain_text(&value)));
        settings.collect::<Vec<String>>().join(", ")
    }
}

/// The last two keys of a path, by which people know it.
fn short_path(path: &str) -> String {
    let keys: Vec<&str> = path.split('.').collect();
    let shown = &keys[keys.len().saturating_sub(2)..];
    shown.join(".")
}

/// The last key of a path.
fn last_key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Paths as short as they can be told apart.
pub(super) fn headings(grid: &Grid) -> Vec<String> {
    let paths: Vec<&str> = grid.swept().map(Parameter::path).collect();
    let is_alone = |short: &dyn Fn(&str) -> String, path: &str| {
        let like = paths.iter().filter(|other| short(other) == short(path));
        like.count() == 1
    };
    let last = |path: &str| last_key(path).to_owned();
    paths
        .iter()
        .map(|path| {
            if is_alone(&last, path) {
                last(path)
            } else if is_alone(&short_path, path) {
                short_path(path)
            } else {
                (*path).to_owned()
            }
        })
        .collect()
}

/// A value of an objective, for people.
#[must_use]
pub fn number(objective: Objective, value: f64) -> String {
    if value.is_nan() {
        return "unknown".to_owned();
    }
    match objective {
        Objective::Cost | Objective::MeanReplicas => {
            let decimals = if value.abs() < 100.0 { 2 } else { 1 };
            format!("{value:.decimals$}")
        }
        Objective::SloViolationSeconds | Objective::Rescales => human::trimmed(value, 1),
        Objective::ThrottledShare => human::percent(value),
    }
}

/// `12,345`.
pub(super) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or(""))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_metric_is_named_by_the_metric() {
        let arguments = ["hpa.maxReplicas=5,10".to_owned()];
        let grid = Grid::full(&arguments).expect("a grid");
        let answer = SweepAnswer {
            warm_up: None,
            policy: "prod",
            metrics: &["memory".to_owned()],
            traces: &[],
            engine: "fluid",
            seeds: 1,
            samples: None,
            grid: &grid,
            current_values: vec![None],
            objectives: &Objectives::of(&[]),
            outcome: None,
            shard: None,
            rows: 0..2,
        };
        let name = |path: &str| answer.parameter_name(path);
        assert_eq!(
            name("hpa.metrics.0.resource.target.averageUtilization"),
            "memory averageUtilization"
        );
        assert_eq!(
            name("hpa.metrics.1.pods.target.averageValue"),
            "target.averageValue"
        );
        assert_eq!(name("hpa.maxReplicas"), "hpa.maxReplicas");
    }
}
