//! Policies beside each other: every KPI over the same seeds, and by how much each policy differs from the first.
//!
//! Seeds are paired: the same seed gives every policy the same arrivals, so that common
//! noise cancels out of the difference.

use super::kpis::Kpis;
use super::statistics::{Estimate, sorted_quantile};
use crate::kpi::{Kpi, SeedFold};

/// Relative differences below this are rounding errors.
const REST: f64 = 1e-12;

/// The runs of every policy under one trace: by policy, then by seed, in the same order of seeds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceRuns {
    /// The trace's name.
    pub trace: String,
    /// `runs[policy][seed]`.
    pub runs: Vec<Vec<Kpis>>,
}

/// Policies beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The policies' names; all are compared with the first.
    pub policies: Vec<String>,
    /// Trace by trace.
    pub traces: Vec<TraceComparison>,
    /// Over all traces, every policy but the first.
    pub verdicts: Vec<ComparisonVerdict>,
}

/// The policies under one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceComparison {
    /// The trace's name.
    pub trace: String,
    /// Every KPI, in the order of [`Kpi::ALL`].
    pub kpis: Vec<KpiComparison>,
}

/// One KPI, policy by policy.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiComparison {
    /// Which.
    pub kpi: Kpi,
    /// In the order of the policies.
    pub policies: Vec<PolicyKpi>,
}

/// One KPI of one policy over the seeds that give it a value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PolicyKpi {
    /// The seeds that give a value; with 0, all below are `None`.
    pub seeds: u32,
    /// The mean.
    pub mean: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// The 10th percentile.
    pub p10: Option<f64>,
    /// The 90th percentile.
    pub p90: Option<f64>,
    /// To the first policy; `None` for itself, and where no seed gives both a value.
    pub difference: Option<Estimate>,
}

/// What a policy costs beside the first one, and what it does to the SLO.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonVerdict {
    /// The policy.
    pub policy: String,
    /// In what the expense is counted.
    pub expense: Expense,
    /// Its expense / the first one's; `None` where the first one has none under some seed.
    pub expense_ratio: Option<Estimate>,
    /// Its SLO-breaking seconds - the first one's; `None` where requests are unknown.
    pub slo_violation_seconds: Option<Estimate>,
}

/// In what expense is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expense {
    /// The KPI `cost`: some price is set.
    Cost,
    /// The KPI `pod_hours`: no price is.
    PodHours,
}

impl Expense {
    /// The KPI it is.
    #[must_use]
    pub const fn kpi(self) -> Kpi {
        match self {
            Self::Cost => Kpi::Cost,
            Self::PodHours => Kpi::PodHours,
        }
    }
}

impl Comparison {
    /// Compares `policies` by their runs: under each trace as many policies as there are names, each with the same seeds.
    #[must_use]
    pub fn of(policies: Vec<String>, traces: &[TraceRuns]) -> Self {
        let verdicts = (1..policies.len())
            .map(|policy| verdict(&policies[policy], policy, traces))
            .collect();
        Self {
            policies,
            traces: traces.iter().map(compare).collect(),
            verdicts,
        }
    }
}

/// Each policy against the first, seed by seed: one seed gives both the same pods, so the chance of a draw cancels out.
fn compare(trace: &TraceRuns) -> TraceComparison {
    let kpis = Kpi::ALL.into_iter().map(|kpi| {
        let by_policy: Vec<Vec<Option<f64>>> = trace
            .runs
            .iter()
            .map(|seeds| seeds.iter().map(|run| run.value(kpi)).collect())
            .collect();
        let policies = by_policy.iter().enumerate().map(|(policy, values)| {
            let difference = (policy > 0).then(|| differences(&by_policy[0], values));
            PolicyKpi {
                difference: difference.and_then(|values| Estimate::of(&values)),
                ..over_seeds(values)
            }
        });
        KpiComparison {
            kpi,
            policies: policies.collect(),
        }
    });
    TraceComparison {
        trace: trace.trace.clone(),
        kpis: kpis.collect(),
    }
}

/// Over the seeds whose run has a value.
fn over_seeds(values: &[Option<f64>]) -> PolicyKpi {
    let mut known: Vec<f64> = values.iter().copied().flatten().collect();
    known.sort_by(f64::total_cmp);
    PolicyKpi {
        seeds: u32::try_from(known.len()).unwrap_or(u32::MAX),
        mean: Estimate::of(&known).map(|estimate| estimate.mean),
        median: sorted_quantile(&known, SeedFold::MEDIAN.quantile),
        p10: sorted_quantile(&known, SeedFold::P10.quantile),
        p90: sorted_quantile(&known, SeedFold::P90.quantile),
        difference: None,
    }
}

/// `others` - `first` of the seeds that give both.
fn differences(first: &[Option<f64>], others: &[Option<f64>]) -> Vec<f64> {
    let pairs = first.iter().zip(others);
    pairs
        .filter_map(|(first, other)| {
            let (first, other) = ((*first)?, (*other)?);
            let is_rest = (other - first).abs() <= REST * first.abs().max(other.abs());
            Some(if is_rest { 0.0 } else { other - first })
        })
        .collect()
}

/// A KPI of a policy seed by seed, added up over all traces; `None` where one of them gives none.
fn over_traces(traces: &[TraceRuns], policy: usize, kpi: Kpi) -> Vec<Option<f64>> {
    let seeds = traces.first().map_or(0, |trace| trace.runs[policy].len());
    let value = |trace: &TraceRuns, seed: usize| trace.runs[policy][seed].value(kpi);
    (0..seeds)
        .map(|seed| traces.iter().map(|trace| value(trace, seed)).sum())
        .collect()
}

/// By how much a policy differs from the first in a KPI, added up over all traces; `None` where no seed gives it.
#[must_use]
pub fn difference_over_traces(traces: &[TraceRuns], policy: usize, kpi: Kpi) -> Option<Estimate> {
    let first = over_traces(traces, 0, kpi);
    Estimate::of(&differences(&first, &over_traces(traces, policy, kpi)))
}

/// The policy against the first, over all traces.
fn verdict(name: &str, policy: usize, traces: &[TraceRuns]) -> ComparisonVerdict {
    let sums = |policy: usize, kpi: Kpi| over_traces(traces, policy, kpi);
    let is_priced = |policy: usize| {
        let costs = sums(policy, Expense::Cost.kpi());
        costs.iter().flatten().any(|cost| *cost > 0.0)
    };
    // Where only one of the two has prices, their costs are no comparison.
    let expense = if is_priced(0) && is_priced(policy) {
        Expense::Cost
    } else {
        Expense::PodHours
    };
    let kpi = expense.kpi();
    let ratios: Option<Vec<f64>> = sums(0, kpi)
        .iter()
        .zip(sums(policy, kpi))
        .map(|(first, other)| Some(other? / first.filter(|first| *first > 0.0)?))
        .collect();
    ComparisonVerdict {
        policy: name.to_owned(),
        expense,
        expense_ratio: ratios.and_then(|ratios| Estimate::of(&ratios)),
        slo_violation_seconds: difference_over_traces(traces, policy, Kpi::SloViolationSeconds),
    }
}

#[cfg(test)]
#[path = "comparison/tests.rs"]
mod tests;
