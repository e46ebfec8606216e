//! What matters: how far each assumption moves a result over its plausible range, and which of them move it most.
//!
//! `search` makes the runs. The seeds of a variant are those of the result, so common chance cancels out of a movement.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::comparison::TraceRuns;
use super::statistics::{Estimate, sorted_quantile};
use crate::kpi::{Kpi, OverTraces, SeedFold};
use crate::text::rounding::readable;

/// The KPIs by which assumptions are ranked: harm, cost, and the most pods.
pub const MOVED_KPIS: [Kpi; 3] = [Kpi::SloViolationSeconds, Kpi::PodHours, Kpi::PeakReplicas];
/// How many assumptions a page shows.
pub const INFLUENCES_SHOWN: usize = 3;
/// Smaller movements are ignored.
const LEAST_MOVEMENT: f64 = 0.01;
/// SLO-breaking seconds are compared with at least this share of the simulated time.
const LEAST_HARM_SHARE: f64 = 0.01;

/// A result: an answer of one policy, or the differences of several to the first.
#[derive(Clone, Copy, Debug)]
pub struct MovedResult<'a> {
    /// The names of the policies of a comparison; empty for a run of one policy.
    pub policies: &'a [String],
    /// The simulated time of all traces in seconds.
    pub seconds: f64,
    /// The runs with every assumption at its default.
    pub runs: &'a [TraceRuns],
}

/// An assumption at both ends of its range.
#[derive(Clone, Debug, PartialEq)]
pub struct VariedAssumption {
    /// The policy's key.
    pub key: String,
    /// The default.
    pub value: String,
    /// The low end.
    pub low: RangeEnd,
    /// The high end.
    pub high: RangeEnd,
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeEnd {
    /// The value.
    pub value: String,
    /// The runs with the value; those of the result itself where the end is the default.
    pub outcome: EndOutcome,
}

/// What the runs with a value at an end of a range gave.
#[derive(Clone, Debug, PartialEq)]
pub enum EndOutcome {
    /// The end is the default.
    Default,
    /// These runs.
    Runs(Vec<TraceRuns>),
    /// The value was not simulated, for this reason.
    Skipped(String),
}

/// What matters to a result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatMatters {
    /// The seeds of each variant.
    seeds: usize,
    /// Every varied assumption; the one that moves the result most comes first.
    assumptions: Vec<Influence>,
    /// The ends that were not simulated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<SkippedEnd>,
}

/// How far one assumption moves a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    /// The policy's key.
    pub key: String,
    /// The default.
    pub value: String,
    /// The low end of its range.
    pub low: String,
    /// The high end of its range.
    pub high: String,
    /// The largest movement of a KPI beyond noise, as a share of the KPI.
    pub movement: f64,
    /// The KPIs at the ends and at the default; in a comparison the differences of each further policy to the first.
    pub moves: Vec<KpiMove>,
}

/// A KPI, or a difference of it, over the range of an assumption.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiMove {
    /// In a comparison the policy that is compared with the first.
    pub policy: Option<String>,
    /// Which KPI.
    pub kpi: Kpi,
    /// At the low end; `None` if it was not simulated or the KPI has no value.
    pub at_low: Option<f64>,
    /// At the default.
    pub at_default: Option<f64>,
    /// At the high end, as `at_low`.
    pub at_high: Option<f64>,
}

/// An end of a range that was not simulated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedEnd {
    /// The policy's key.
    pub key: String,
    /// The value.
    pub value: String,
    /// Why it was not simulated.
    pub reason: String,
}

impl WhatMatters {
    /// Ranks `varied` by how far they move `result`; those that move it equally far keep their order.
    #[must_use]
    pub fn of(result: &MovedResult<'_>, varied: &[VariedAssumption]) -> Self {
        let mut assumptions: Vec<Influence> =
            varied.iter().map(|it| influence(result, it)).collect();
        assumptions.sort_by(|a, b| b.movement.total_cmp(&a.movement));
        let seeds = result.runs.first().and_then(|trace| trace.runs.first());
        Self {
            seeds: seeds.map_or(0, Vec::len),
            assumptions,
            skipped: varied.iter().flat_map(skipped_ends).collect(),
        }
    }

    /// Every varied assumption; the one that moves the result most comes first.
    #[must_use]
    pub fn assumptions(&self) -> &[Influence] {
        &self.assumptions
    }

    /// The assumptions that a page shows: those that move the result most, and that move it at all.
    #[must_use]
    pub fn shown(&self) -> &[Influence] {
        let moving = self.assumptions.iter().take(INFLUENCES_SHOWN);
        let count = moving.filter(|it| it.movement >= LEAST_MOVEMENT).count();
        &self.assumptions[..count]
    }

    /// The ends that were not simulated.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedEnd] {
        &self.skipped
    }

    /// The seeds of each variant.
    #[must_use]
    pub const fn seeds(&self) -> usize {
        self.seeds
    }
}

impl KpiMove {
    /// The least and the greatest of its values; `None` without any.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let values = [self.at_low, self.at_default, self.at_high];
        range_of(values.into_iter().flatten())
    }
}

fn range_of(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((least, most)) => Some((value.min(least), value.max(most))),
    })
}

fn skipped_ends(varied: &VariedAssumption) -> impl Iterator<Item = SkippedEnd> + '_ {
    [&varied.low, &varied.high]
        .into_iter()
        .filter_map(|end| match &end.outcome {
            EndOutcome::Skipped(reason) => Some(SkippedEnd {
                key: varied.key.clone(),
                value: end.value.clone(),
                reason: reason.clone(),
            }),
            EndOutcome::Default | EndOutcome::Runs(_) => None,
        })
}

fn influence(result: &MovedResult<'_>, varied: &VariedAssumption) -> Influence {
    let compared: Vec<usize> = match result.policies {
        [] => vec![0],
        policies => (1..policies.len()).collect(),
    };
    let mut movement: f64 = 0.0;
    let mut moves = Vec::new();
    for policy in compared {
        for kpi in MOVED_KPIS {
            let at = |end: &RangeEnd| match &end.outcome {
                EndOutcome::Default => Some(result.series(result.runs, policy, kpi)),
                EndOutcome::Runs(runs) => Some(result.series(runs, policy, kpi)),
                EndOutcome::Skipped(_) => None,
            };
            let usual = result.series(result.runs, policy, kpi);
            let (low, high) = (at(&varied.low), at(&varied.high));
            movement = movement.max(result.movement(kpi, &usual, [&low, &high]));
            let typical = |series: Option<Vec<Option<f64>>>| {
                series.and_then(|series| result.typical(&series))
            };
            moves.push(KpiMove {
                policy: result.policies.get(policy).cloned(),
                kpi,
                at_low: typical(low),
                at_default: result.typical(&usual),
                at_high: typical(high),
            });
        }
    }
    Influence {
        key: varied.key.clone(),
        value: varied.value.clone(),
        low: varied.low.value.clone(),
        high: varied.high.value.clone(),
        movement,
        moves,
    }
}

impl MovedResult<'_> {
    /// By seed: the KPI over all traces, in a comparison the difference to the first policy; `None` where a run has no value.
    fn series(&self, runs: &[TraceRuns], policy: usize, kpi: Kpi) -> Vec<Option<f64>> {
        let own = over_traces(runs, policy, kpi);
        if self.policies.is_empty() {
            return own;
        }
        let first = over_traces(runs, 0, kpi);
        let pairs = own.into_iter().zip(first);
        pairs.map(|(own, first)| Some(own? - first?)).collect()
    }

    /// Over the seeds, as the command prints it: the median of a run, the mean of a difference.
    fn typical(&self, series: &[Option<f64>]) -> Option<f64> {
        let mut values: Vec<f64> = series.iter().flatten().copied().collect();
        if self.policies.is_empty() {
            values.sort_by(f64::total_cmp);
            return sorted_quantile(&values, SeedFold::MEDIAN.quantile);
        }
        Estimate::of(&values).map(|estimate| estimate.mean)
    }

    /// How far the KPI moves beyond noise, as a share of its usual value (of the first policy).
    fn movement(
        &self,
        kpi: Kpi,
        usual: &[Option<f64>],
        ends: [&Option<Vec<Option<f64>>>; 2],
    ) -> f64 {
        let ends = ends.into_iter().flatten();
        let beyond_noise = ends.filter(|end| is_beyond_noise(usual, end));
        let values = beyond_noise.filter_map(|end| self.typical(end));
        let range = range_of(values.chain(self.typical(usual)));
        let first = over_traces(self.runs, 0, kpi);
        let size = MovedResult {
            policies: &[],
            ..*self
        }
        .typical(&first);
        let least = match kpi {
            Kpi::SloViolationSeconds => LEAST_HARM_SHARE * self.seconds,
            _ => f64::MIN_POSITIVE,
        };
        match (range, size) {
            (Some((low, high)), Some(size)) => (high - low) / size.abs().max(least),
            _ => 0.0,
        }
    }
}

/// By seed, over all traces.
fn over_traces(runs: &[TraceRuns], policy: usize, kpi: Kpi) -> Vec<Option<f64>> {
    let is_sum = kpi.facts().over_traces == OverTraces::Sum;
    let of_traces = runs.iter().map(|trace| {
        let seeds = trace.runs[policy].iter();
        seeds.map(|run| run.value(kpi)).collect::<Vec<_>>()
    });
    let add = |all: Vec<Option<f64>>, next: Vec<Option<f64>>| {
        let pairs = all.into_iter().zip(next);
        pairs
            .map(|(a, b)| Some(if is_sum { a? + b? } else { a?.max(b?) }))
            .collect()
    };
    of_traces.reduce(add).unwrap_or_default()
}

/// Whether the end differs from the usual value by more than chance, as far as the seeds can say it.
fn is_beyond_noise(usual: &[Option<f64>], end: &[Option<f64>]) -> bool {
    let pairs = usual.iter().zip(end);
    let differences: Vec<f64> = pairs
        .filter_map(|(usual, end)| Some((*end)? - (*usual)?))
        .collect();
    let estimate = Estimate::of(&differences);
    estimate.is_some_and(|it| it.half_width.is_none() || it.excludes(0.0))
}

impl Serialize for Influence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Influence", 6)?;
        fields.serialize_field("key", &self.key)?;
        fields.serialize_field("value", &self.value)?;
        fields.serialize_field("low", &self.low)?;
        fields.serialize_field("high", &self.high)?;
        fields.serialize_field("movement", &readable(self.movement))?;
        fields.serialize_field("moves", &self.moves)?;
        fields.end()
    }
}

impl Serialize for KpiMove {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("KpiMove", 5)?;
        match &self.policy {
            Some(policy) => fields.serialize_field("policy", policy)?,
            None => fields.skip_field("policy")?,
        }
        fields.serialize_field("kpi", self.kpi.name())?;
        fields.serialize_field("at_low", &self.at_low.map(readable))?;
        fields.serialize_field("at_default", &self.at_default.map(readable))?;
        fields.serialize_field("at_high", &self.at_high.map(readable))?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kpis;

    /// A trace under which each policy has these pod hours by seed, and no harm.
    fn trace(pod_hours: &[&[f64]]) -> Vec<TraceRuns> {
        let run = |hours: &f64| Kpis {
            pod_hours: *hours,
            peak_replicas: 4,
            slo_violation_seconds: Some(0.0),
            ..Kpis::default()
        };
        let runs = pod_hours
            .iter()
            .map(|seeds| seeds.iter().map(run).collect());
        vec![TraceRuns {
            trace: "day".to_owned(),
            runs: runs.collect(),
        }]
    }

    fn end(value: &str, runs: Vec<TraceRuns>) -> RangeEnd {
        RangeEnd {
            value: value.to_owned(),
            outcome: EndOutcome::Runs(runs),
        }
    }

    fn varied(key: &str, low: Vec<TraceRuns>, high: Vec<TraceRuns>) -> VariedAssumption {
        VariedAssumption {
            key: key.to_owned(),
            value: "1".to_owned(),
            low: end("0", low),
            high: end("2", high),
        }
    }

    fn result<'a>(policies: &'a [String], runs: &'a [TraceRuns]) -> MovedResult<'a> {
        MovedResult {
            policies,
            seconds: 3600.0,
            runs,
        }
    }

    #[test]
    fn the_assumption_with_the_largest_movement_comes_first() {
        let usual = trace(&[&[4.0]]);
        let small = varied("small", trace(&[&[3.9]]), trace(&[&[4.1]]));
        let large = varied("large", trace(&[&[4.0]]), trace(&[&[6.0]]));
        let none = varied("none", usual.clone(), usual.clone());
        let matters = WhatMatters::of(&result(&[], &usual), &[none, small, large]);
        let keys: Vec<&str> = matters
            .assumptions()
            .iter()
            .map(|it| it.key.as_str())
            .collect();
        assert_eq!(keys, ["large", "small", "none"]);
        assert!((matters.assumptions()[0].movement - 0.5).abs() < 1e-12);
        // What moves nothing is not shown.
        assert_eq!(matters.shown().len(), 2);
        let hours = &matters.shown()[1].moves[1];
        assert_eq!(hours.kpi, Kpi::PodHours);
        assert_eq!(hours.range(), Some((3.9, 4.1)));
    }

    #[test]
    fn a_movement_within_the_noise_of_the_seeds_does_not_count() {
        let usual = trace(&[&[4.0, 4.0, 4.0]]);
        let noisy = varied("noisy", usual.clone(), trace(&[&[1.0, 9.0, 5.0]]));
        let sure = varied("sure", usual.clone(), trace(&[&[4.1, 4.2, 4.15]]));
        let matters = WhatMatters::of(&result(&[], &usual), &[noisy, sure]);
        let keys: Vec<&str> = matters.shown().iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["sure"]);
    }

    #[test]
    fn harm_is_measured_against_one_percent_of_the_time_at_least() {
        let usual = trace(&[&[4.0]]);
        let mut harmed = usual.clone();
        harmed[0].runs[0][0].slo_violation_seconds = Some(9.0);
        let matters = WhatMatters::of(&result(&[], &usual), &[varied("a", usual.clone(), harmed)]);
        assert!((matters.assumptions()[0].movement - 0.25).abs() < 1e-12);
    }

    #[test]
    fn in_a_comparison_the_difference_to_the_first_policy_moves() {
        let policies = ["today", "new"].map(str::to_owned);
        let usual = trace(&[&[4.0], &[5.0]]);
        // Both policies move by the same amount: the difference stays.
        let both = varied("both", trace(&[&[2.0], &[3.0]]), trace(&[&[6.0], &[7.0]]));
        let one = varied("one", usual.clone(), trace(&[&[4.0], &[3.0]]));
        let matters = WhatMatters::of(&result(&policies, &usual), &[both, one]);
        assert_eq!(matters.shown().len(), 1);
        let moves = &matters.shown()[0].moves[1];
        assert_eq!(moves.policy.as_deref(), Some("new"));
        assert_eq!((moves.at_default, moves.at_high), (Some(1.0), Some(-1.0)));
    }

    #[test]
    fn an_end_that_was_not_simulated_is_listed_with_its_reason() {
        let usual = trace(&[&[4.0]]);
        let mut one = varied("one", usual.clone(), trace(&[&[8.0]]));
        one.low.outcome = EndOutcome::Skipped("too short".to_owned());
        let matters = WhatMatters::of(&result(&[], &usual), &[one]);
        assert_eq!(matters.skipped()[0].reason, "too short");
        assert_eq!(matters.shown()[0].moves[1].at_low, None);
    }
}
