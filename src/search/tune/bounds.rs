//! The bounds of the goal that a judged policy breaks, beyond the noise of its paired runs.
//!
//! The search compares means. The judge asks further: a value above a bound that is relative to today's
//! policy counts only where the 95 % interval of the paired differences excludes chance, as in a comparison.

use super::evaluation::Measured;
use super::goal::{FELT_BY_DEFAULT, Goal, allowance, excess, miss};
use crate::kpi::Kpi;
use crate::results::Kpis;
use crate::results::comparison::{TraceRuns, difference_over_traces};
use crate::results::statistics::Estimate;
use crate::scenario::Assertion;
use crate::search::outcome::{Objectives, Weighed};

/// In the paired runs today's policy stands first, the judged one second.
const TODAY: usize = 0;
const JUDGED: usize = 1;

/// A KPI of a judged policy that is more than the goal allows.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokenBound {
    /// The KPI.
    pub kpi: Kpi,
    /// The trace; `None` for all traces together.
    pub trace: Option<String>,
    /// Under today's policy, mean over the seeds.
    pub today: f64,
    /// Under the judged policy, mean over the seeds.
    pub judged: f64,
    /// The bound.
    pub bound: GoalBound,
    /// By how much the bound is missed, as a share of it.
    pub missed_by: f64,
}

/// A bound of a goal.
#[derive(Clone, Debug, PartialEq)]
pub enum GoalBound {
    /// Relative to today's policy: the greatest value that is allowed.
    AtMost(f64),
    /// A bound of the user's goal.
    Asked(Assertion),
}

/// What the goal says of a judged policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoundsCheck {
    /// The bounds that it breaks.
    pub broken: Vec<BrokenBound>,
    /// What is above a bound, but within the noise.
    pub within_noise: Vec<BrokenBound>,
}

impl BoundsCheck {
    /// The sum by which bounds are missed.
    #[must_use]
    pub fn violation(&self) -> f64 {
        // An empty sum of floats is -0.0, which sorts before 0.0.
        self.broken.iter().fold(0.0, |sum, it| sum + it.missed_by)
    }

    /// Notes a value above a bound; `difference` holds the paired differences, without an interval of a single seed.
    fn add(&mut self, bound: BrokenBound, difference: Option<Estimate>) {
        let is_noise = |it: Estimate| it.half_width.is_some() && !it.excludes(0.0);
        if difference.is_some_and(is_noise) {
            self.within_noise.push(bound);
        } else {
            self.broken.push(bound);
        }
    }
}

impl Goal {
    /// Checks the bounds for paired runs of today's policy and a judged one under each trace.
    #[must_use]
    pub fn check_bounds(&self, runs: &[TraceRuns], objectives: &Objectives) -> BoundsCheck {
        let mut check = BoundsCheck::default();
        match self {
            Self::BetterThanToday => {
                let kpis = harm_kpis(self, objectives);
                for trace in runs {
                    check_trace(&mut check, trace, &kpis, objectives);
                }
                check_totals(&mut check, runs, objectives);
            }
            Self::Asked(asked) => {
                for trace in runs {
                    check_asked(&mut check, trace, &asked.constraints);
                }
            }
        }
        check
    }
}

/// Whether further seeds could show harm under this trace: a KPI of harm that the goal does not name, or what users feel, is more than
/// [`Goal::BetterThanToday`] allows, within the noise.
pub(super) fn is_undecided(goal: &Goal, objectives: &Objectives, trace: &TraceRuns) -> bool {
    let mut check = BoundsCheck::default();
    check_trace(&mut check, trace, &harm_kpis(goal, objectives), objectives);
    !check.within_noise.is_empty()
}

/// The harm and what users feel, without the KPIs of the user's goal.
fn harm_kpis(goal: &Goal, objectives: &Objectives) -> Vec<Kpi> {
    let mut kpis = vec![objectives.harm().kpi()];
    kpis.extend(FELT_BY_DEFAULT);
    if let Goal::Asked(_) = goal {
        let of_goal = goal.kpis(objectives);
        kpis.retain(|kpi| !of_goal.contains(kpi));
    }
    kpis
}

/// Harm counts per trace, so that a gain under one trace cannot hide a loss under another.
fn check_trace(check: &mut BoundsCheck, trace: &TraceRuns, kpis: &[Kpi], objectives: &Objectives) {
    for kpi in kpis.iter().copied() {
        let [today, judged] = means(trace, kpi);
        let allowed = if kpi == objectives.harm().kpi() {
            0.0
        } else {
            allowance(kpi, today)
        };
        let most = today + allowed;
        let missed_by = excess(judged, most);
        if !today.is_nan() && missed_by > 0.0 {
            let bound = BrokenBound {
                kpi,
                trace: Some(trace.trace.clone()),
                today,
                judged,
                bound: GoalBound::AtMost(most),
                missed_by,
            };
            let one = std::slice::from_ref(trace);
            check.add(bound, difference_over_traces(one, JUDGED, kpi));
        }
    }
}

/// Cost and rescales count over all traces.
fn check_totals(check: &mut BoundsCheck, runs: &[TraceRuns], objectives: &Objectives) {
    let [cost, _, rescales] = objectives.kpis();
    let totals = [TODAY, JUDGED].map(|policy| totals(runs, policy, objectives));
    for kpi in [cost, rescales] {
        let value = |it: &Weighed| if kpi == cost { it.cost } else { it.rescales };
        let [today, judged] = [TODAY, JUDGED].map(|policy| {
            let runs: Vec<Vec<Kpis>> = runs.iter().map(|it| it.runs[policy].clone()).collect();
            value(&Measured::of(&runs).weighed(objectives))
        });
        let missed_by = excess(judged, today);
        if missed_by > 0.0 {
            let bound = BrokenBound {
                kpi,
                trace: None,
                today,
                judged,
                bound: GoalBound::AtMost(today),
                missed_by,
            };
            let pairs = totals[TODAY].iter().zip(&totals[JUDGED]);
            let differences: Vec<f64> = pairs
                .map(|(today, judged)| value(judged) - value(today))
                .collect();
            check.add(bound, Estimate::of(&differences));
        }
    }
}

/// The objectives over all traces, seed by seed, for the seeds that every trace has.
fn totals(runs: &[TraceRuns], policy: usize, objectives: &Objectives) -> Vec<Weighed> {
    let seeds = runs.iter().map(|trace| trace.runs[policy].len()).min();
    let of_seed = |seed: usize| {
        let runs = runs.iter().map(|it| vec![it.runs[policy][seed].clone()]);
        Measured::of(&runs.collect::<Vec<Vec<Kpis>>>()).weighed(objectives)
    };
    (0..seeds.unwrap_or(0)).map(of_seed).collect()
}

/// The bounds of the user's goal hold for the mean over the seeds.
fn check_asked(check: &mut BoundsCheck, trace: &TraceRuns, constraints: &[Assertion]) {
    for constraint in constraints {
        let [today, judged] = means(trace, constraint.kpi);
        let missed_by = miss(constraint, judged, today);
        if missed_by > 0.0 {
            check.broken.push(BrokenBound {
                kpi: constraint.kpi,
                trace: Some(trace.trace.clone()),
                today,
                judged,
                bound: GoalBound::Asked(constraint.clone()),
                missed_by,
            });
        }
    }
}

/// The mean over the seeds of both policies.
fn means(trace: &TraceRuns, kpi: Kpi) -> [f64; 2] {
    [TODAY, JUDGED].map(|policy| {
        let measured = Measured::of(std::slice::from_ref(&trace.runs[policy]));
        measured.by_trace(kpi).next().unwrap_or(f64::NAN)
    })
}

#[cfg(test)]
#[path = "bounds/tests.rs"]
mod tests;
