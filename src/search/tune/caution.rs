//! The verdict of held-out traffic on a proposal, and the reasons to doubt the proposal. `render` words them.

use std::cmp::Ordering;

use super::evaluation::Measured;
use super::goal::{FELT_BY_DEFAULT, Goal, Score, unfelt};
use super::space::{Candidate, Space};
use super::traffic::holds_spike;
use crate::kpi::{Better, Kpi, OverTraces};
use crate::results::Kpis;
use crate::results::comparison::{TraceRuns, difference_over_traces};
use crate::results::statistics::Estimate;
use crate::results::verdicts::CheckedAssertion;
use crate::scenario::{Assertion, Engine, Scenario};
use crate::search::outcome::{Objective, Objectives};
use crate::search::overload::{OVERLOAD_KPIS, is_overloaded_fluid};
use crate::text::rounding::readable;

/// The verdict of the held-out runs.
#[derive(Clone, Debug, PartialEq)]
pub enum HeldOutVerdict {
    /// The goal is nearer than under today's policy, beyond the noise, and no objective became worse.
    Better {
        /// What became better, in the goal's terms.
        gains: GoalGains,
    },
    /// The goal of the user is nearer, and an objective outside of the goal became worse.
    Trade {
        /// What became better, in the goal's terms.
        gains: GoalGains,
        /// The KPIs that became worse.
        losses: Vec<KpiDifference>,
    },
    /// The goal is not nearer beyond the noise.
    WithinNoise {
        /// The KPIs that were to become less, and their differences.
        gains: Vec<KpiDifference>,
    },
    /// An objective became worse against the goal; without a goal of the user, any loss counts.
    Worse {
        /// The KPIs that became worse.
        losses: Vec<KpiDifference>,
    },
    /// Without a goal of the user, users feel the policy under a trace.
    Felt {
        /// What they feel.
        effects: Vec<SideEffect>,
    },
    /// Better on held-out traffic, but under the training more requests fail or break the SLO, and the goal does not name that.
    Harmful,
    /// A bound of the goal does not hold.
    BoundMissed,
    /// One seed says nothing about others.
    OneSeed,
}

/// What became better, in the terms of a goal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoalGains {
    /// The bounds that hold, and that today's policy misses.
    pub bounds: Vec<Assertion>,
    /// The KPIs that became less beyond the noise.
    pub kpis: Vec<KpiDifference>,
}

/// A reason to doubt.
#[derive(Clone, Debug, PartialEq)]
pub enum Caution {
    /// On held-out traffic, KPIs that users feel and the goal does not name became worse beyond the noise.
    SideEffects(Vec<SideEffect>),
    /// The same under the training, as the judge measured it.
    TrainingSideEffects(Vec<SideEffect>),
    /// The proposed policy hardly ever scales.
    HardlyScales {
        /// Rescales in a held-out run of today's policy, mean.
        today: f64,
        /// The same of the proposed one.
        proposed: f64,
    },
    /// A value is at the end of its range, and values beyond it exist.
    AtBorder {
        /// The parameter's label.
        label: String,
        /// Its value, as one would type it in TOML.
        value: String,
    },
    /// The proposal changes `tolerance`, which not every cluster knows.
    Tolerance,
    /// The training has no spike.
    TrainedWithoutSpike,
    /// The held-out traffic has no spike, though the training has one.
    HeldOutWithoutSpike,
    /// No policy meets the goal under the training.
    GoalOutOfReach,
    /// Under today's policy the fluid engine of the search overloads pods.
    OverloadedFluid,
    /// A change outside of the HorizontalPodAutoscaler.
    OutsidePatch {
        /// The path.
        path: String,
        /// Its value, as one would type it in TOML.
        value: String,
    },
}

/// A KPI, and by how much the proposed policy differs from today's, added up over all traces.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiDifference {
    /// The KPI.
    pub kpi: Kpi,
    /// The difference.
    pub difference: Estimate,
}

/// A KPI that became worse under one trace: means over the seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct SideEffect {
    /// The KPI.
    pub kpi: Kpi,
    /// The trace.
    pub trace: String,
    /// Under today's policy.
    pub today: f64,
    /// Under the proposed one.
    pub proposed: f64,
}

/// Replaces mean replicas over several traces.
const POD_HOURS: Kpi = Kpi::PodHours;
/// In a comparison today's policy stands first, the proposed one second.
const TODAY: usize = 0;
const PROPOSED: usize = 1;
/// The KPIs that users feel, whatever the goal.
const FELT: [Kpi; 5] = [
    Kpi::SloViolationSeconds,
    Kpi::FailedShare,
    Kpi::LatencySecondsP95,
    Kpi::LatencySecondsP99,
    Kpi::RecoverySeconds,
];
/// The verdict of the held-out runs, today's policy first; `bounds` are the goal's.
#[must_use]
pub fn verdict(
    goal: &Goal,
    objectives: &Objectives,
    runs: &[TraceRuns],
    bounds: &[CheckedAssertion],
) -> HeldOutVerdict {
    if bounds.iter().any(|bound| !bound.holds) {
        return HeldOutVerdict::BoundMissed;
    }
    let is_single = |trace: &TraceRuns| trace.runs.iter().any(|seeds| seeds.len() < 2);
    if runs.iter().any(is_single) {
        return HeldOutVerdict::OneSeed;
    }
    let effects = match goal {
        Goal::BetterThanToday => felt(&FELT_BY_DEFAULT, runs),
        Goal::Asked(_) => Vec::new(),
    };
    if !effects.is_empty() {
        return HeldOutVerdict::Felt { effects };
    }
    let hoped = differences(&goal.to_become_less(objectives), runs);
    let newly_met = newly_met(goal, runs);
    let mut losses = differences(&goal.not_to_become_more(objectives), runs);
    losses.retain(KpiDifference::is_more);
    if newly_met.is_empty() && matches!(goal, Goal::Asked(_)) {
        // Where today's policy meets the bounds too, more of the minimised KPI is no progress.
        let minimised = hoped.iter().filter(|it| goal.minimises(it.kpi));
        losses.extend(minimised.filter(|it| it.is_more()).cloned());
    }
    let gains = GoalGains {
        kpis: hoped.iter().filter(|it| it.is_less()).cloned().collect(),
        bounds: newly_met,
    };
    match (gains.is_progress(goal), losses.is_empty()) {
        (true, true) => HeldOutVerdict::Better { gains },
        (true, false) if matches!(goal, Goal::Asked(_)) => HeldOutVerdict::Trade { gains, losses },
        (false, true) => HeldOutVerdict::WithinNoise { gains: hoped },
        (_, false) => HeldOutVerdict::Worse { losses },
    }
}

/// The bounds of the goal that today's policy misses; the proposed one meets all.
fn newly_met(goal: &Goal, runs: &[TraceRuns]) -> Vec<Assertion> {
    let today: Vec<Vec<Kpis>> = runs.iter().map(|trace| trace.runs[TODAY].clone()).collect();
    let today = Measured::of(&today);
    let mut missed = goal.bounds().to_vec();
    missed.retain(|bound| {
        let mut values = today.by_trace(bound.kpi);
        values.any(|value| !bound.comparator.holds(readable(value), bound.bound))
    });
    missed
}

impl GoalGains {
    /// Whether the goal is nearer: a bound holds that did not, or a KPI that the goal minimises became less.
    fn is_progress(&self, goal: &Goal) -> bool {
        !self.bounds.is_empty() || self.kpis.iter().any(|it| goal.minimises(it.kpi))
    }
}

/// What the proposed policy changes on held-out traffic beyond the noise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Balance {
    /// What became better.
    pub buys: Vec<KpiDifference>,
    /// What became worse.
    pub costs: Vec<KpiDifference>,
}

impl Balance {
    /// The KPIs of the goal, the objectives and what users feel, over all traces of the held-out runs.
    ///
    /// The costs name every other row of a comparison that became worse, too.
    #[must_use]
    pub fn of(goal: &Goal, objectives: &Objectives, runs: &[TraceRuns]) -> Self {
        let mut kpis = goal.kpis(objectives);
        let others = objectives.kpis().into_iter().chain(FELT_BY_DEFAULT);
        for kpi in others {
            if !kpis.contains(&kpi) {
                kpis.push(kpi);
            }
        }
        let mut balance = Self::default();
        for difference in differences(&kpis, runs) {
            if difference.is_better() {
                balance.buys.push(difference);
            } else if difference.is_worse() {
                balance.costs.push(difference);
            }
        }
        let rows: Vec<Kpi> = Kpi::compared().into_iter().map(|(kpi, _)| kpi).collect();
        for difference in differences(&rows, runs) {
            let is_new = balance.costs.iter().all(|it| it.kpi != difference.kpi);
            if is_new && difference.is_worse() {
                balance.costs.push(difference);
            }
        }
        balance
    }
}

/// How much nearer to the goal a policy is than another under the same held-out runs, seed by seed; less than 0 is nearer.
///
/// Both are pairs of today's policy and another one. `None` without a value, and where the one misses bounds by more than the other.
#[must_use]
pub fn goal_difference(
    goal: &Goal,
    objectives: &Objectives,
    of: &[TraceRuns],
    other: &[TraceRuns],
) -> Option<Estimate> {
    let measured = |runs: &[TraceRuns], policy: usize, seed: Option<usize>| {
        let chosen = |trace: &TraceRuns| match seed {
            Some(seed) => vec![trace.runs[policy][seed].clone()],
            None => trace.runs[policy].clone(),
        };
        Measured::of(&runs.iter().map(chosen).collect::<Vec<Vec<Kpis>>>())
    };
    let today = measured(of, TODAY, None);
    let score = |runs: &[TraceRuns], seed: Option<usize>| {
        goal.score(&measured(runs, PROPOSED, seed), &today, objectives)
    };
    if score(of, None).violation > score(other, None).violation {
        return None;
    }
    let seeds = of.first().map_or(0, |trace| trace.runs[PROPOSED].len());
    let differences: Vec<f64> = (0..seeds)
        .map(|seed| score(of, Some(seed)).value - score(other, Some(seed)).value)
        .collect();
    Estimate::of(&differences).filter(|estimate| !estimate.mean.is_nan())
}

/// Over all traces: the sum of KPIs that add up, the mean of the others.
fn differences(kpis: &[Kpi], runs: &[TraceRuns]) -> Vec<KpiDifference> {
    kpis.iter()
        .filter_map(|kpi| {
            // Over traces of different lengths, pod hours measure the replicas.
            let kpi = if *kpi == Objective::MeanReplicas.kpi() {
                POD_HOURS
            } else {
                *kpi
            };
            let sum = difference_over_traces(runs, PROPOSED, kpi)?;
            let parts = match kpi.over_traces() {
                OverTraces::Sum => 1,
                OverTraces::Greatest | OverTraces::Least | OverTraces::MeanOverTime => {
                    runs.len().max(1)
                }
            };
            Some(KpiDifference {
                kpi,
                difference: Estimate {
                    mean: sum.mean / parts as f64,
                    half_width: sum.half_width.map(|it| it / parts as f64),
                    ..sum
                },
            })
        })
        .collect()
}

/// Harm that users do not only feel: their requests fail or break the SLO.
const HARM: [Kpi; 2] = [Kpi::SloViolationSeconds, Kpi::FailedShare];

impl HeldOutVerdict {
    /// The same in the light of what the judge saw under the training.
    #[must_use]
    pub fn beside_training(self, doubts: &[Caution]) -> Self {
        let is_harm = |doubt: &Caution| match doubt {
            Caution::TrainingSideEffects(effects) => {
                effects.iter().any(|effect| HARM.contains(&effect.kpi))
            }
            _ => false,
        };
        if self.recommends() && doubts.iter().any(is_harm) {
            Self::Harmful
        } else {
            self
        }
    }

    /// Whether it recommends the proposal.
    #[must_use]
    pub fn recommends(&self) -> bool {
        match self {
            Self::Better { .. } | Self::Trade { .. } => true,
            Self::WithinNoise { .. }
            | Self::Worse { .. }
            | Self::Felt { .. }
            | Self::Harmful
            | Self::BoundMissed
            | Self::OneSeed => false,
        }
    }
}

/// Doubts from the held-out runs, in KPIs outside of the goal.
#[must_use]
pub fn doubts_of_report(goal: &Goal, objectives: &Objectives, runs: &[TraceRuns]) -> Vec<Caution> {
    let effects = felt(&outside_of(goal, objectives), runs);
    let mut cautions = Vec::new();
    if !effects.is_empty() {
        cautions.push(Caution::SideEffects(effects));
    }
    let rescales = |policy: usize| mean_rescales(runs, policy);
    // One rescale may lead away from the pods at the start.
    if rescales(PROPOSED) <= 1.0 && rescales(TODAY) >= 3.0 {
        cautions.push(Caution::HardlyScales {
            today: rescales(TODAY),
            proposed: rescales(PROPOSED),
        });
    }
    cautions
}

/// What users feel of `kpis`, each under the trace where it is worst.
fn felt(kpis: &[Kpi], runs: &[TraceRuns]) -> Vec<SideEffect> {
    let worst = |kpi: &Kpi| {
        let effects = runs.iter().filter_map(|trace| side_effect(trace, *kpi));
        effects.max_by(SideEffect::compare)
    };
    kpis.iter().filter_map(worst).collect()
}

/// Doubts from the judge's runs under the training, today's policy first, in KPIs outside of the goal.
#[must_use]
pub fn doubts_of_training(
    goal: &Goal,
    objectives: &Objectives,
    runs: &[TraceRuns],
) -> Vec<Caution> {
    let effects = felt(&outside_of(goal, objectives), runs);
    if effects.is_empty() {
        Vec::new()
    } else {
        vec![Caution::TrainingSideEffects(effects)]
    }
}

/// What users feel and the goal does not name.
fn outside_of(goal: &Goal, objectives: &Objectives) -> Vec<Kpi> {
    let of_goal = goal.kpis(objectives);
    let others = FELT.into_iter().filter(|kpi| !of_goal.contains(kpi));
    others.collect()
}

impl SideEffect {
    /// Whether it is worth a line; an unknown value is not.
    fn is_much(&self) -> bool {
        self.proposed - self.today > unfelt(self.kpi, self.today)
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.proposed - self.today).total_cmp(&(other.proposed - other.today))
    }
}

/// The harm to a KPI under one trace, if it is large and more than chance.
fn side_effect(trace: &TraceRuns, kpi: Kpi) -> Option<SideEffect> {
    let one = std::slice::from_ref(trace);
    let difference = difference_over_traces(one, PROPOSED, kpi)?;
    let mean = |policy: usize| {
        let values: Vec<f64> = trace.runs[policy]
            .iter()
            .filter_map(|run| run.value(kpi))
            .collect();
        Estimate::of(&values).map(|estimate| estimate.mean)
    };
    let effect = SideEffect {
        kpi,
        trace: trace.trace.clone(),
        today: mean(TODAY)?,
        proposed: mean(PROPOSED)?,
    };
    (difference.mean > 0.0 && difference.excludes(0.0) && effect.is_much()).then_some(effect)
}

/// Over all held-out runs.
fn mean_rescales(runs: &[TraceRuns], policy: usize) -> f64 {
    let rescales: Vec<f64> = runs
        .iter()
        .flat_map(|trace| &trace.runs[policy])
        .map(|run| f64::from(run.rescales))
        .collect();
    Estimate::of(&rescales).map_or(0.0, |estimate| estimate.mean)
}

/// What the traffic of the search and of the report lacks.
#[must_use]
pub fn doubts_of_traffic(training: &[Scenario], held_out: &[Scenario]) -> Vec<Caution> {
    let has_spike = |scenarios: &[Scenario]| scenarios.iter().any(|it| holds_spike(&it.trace));
    match (has_spike(training), has_spike(held_out)) {
        (false, _) => vec![Caution::TrainedWithoutSpike],
        (true, false) => vec![Caution::HeldOutWithoutSpike],
        (true, true) => Vec::new(),
    }
}

/// Whether the search simulates overloaded pods in the fluid engine: `today` holds its measurements of today's policy under
/// each trace, `engines` the engine of each.
#[must_use]
pub fn doubts_of_engine(today: &Measured, engines: impl Iterator<Item = Engine>) -> Vec<Caution> {
    let [timed_out, queue_full, offered] =
        OVERLOAD_KPIS.map(|kpi| today.by_trace(kpi).collect::<Vec<f64>>());
    let is_overloaded = |(trace, engine): (usize, Engine)| {
        let values = [timed_out[trace], queue_full[trace], offered[trace]];
        is_overloaded_fluid(engine, values)
    };
    if engines.enumerate().any(is_overloaded) {
        vec![Caution::OverloadedFluid]
    } else {
        Vec::new()
    }
}

/// Changes at the end of their range, changes that not every cluster knows, and changes outside of the HorizontalPodAutoscaler.
#[must_use]
pub fn doubts_of_changes(space: &Space, proposed: &Candidate) -> Vec<Caution> {
    let mut cautions = Vec::new();
    for change in space.changes(proposed) {
        let value = change.parameter.value(change.value);
        let path = change.parameter.path();
        if change.parameter.is_at_border(change.value) {
            cautions.push(Caution::AtBorder {
                label: change.parameter.label(),
                value: value.clone(),
            });
        }
        if path.starts_with("hpa.behavior.") && path.ends_with(".tolerance") {
            cautions.push(Caution::Tolerance);
        }
        if !path.starts_with("hpa.") {
            cautions.push(Caution::OutsidePatch {
                path: path.to_owned(),
                value,
            });
        }
    }
    let mut known: Vec<Caution> = Vec::new();
    for caution in cautions {
        if !known.contains(&caution) {
            known.push(caution);
        }
    }
    known
}

/// Whether the nearest to the goal reaches it.
#[must_use]
pub fn doubts_of_goal(nearest: &Score) -> Vec<Caution> {
    if nearest.is_met() {
        Vec::new()
    } else {
        vec![Caution::GoalOutOfReach]
    }
}

impl KpiDifference {
    /// Whether the KPI became better beyond the noise.
    fn is_better(&self) -> bool {
        match self.kpi.facts().better {
            Better::Less => self.is_less(),
            Better::More => self.is_more(),
            Better::Neither => false,
        }
    }

    /// Whether the KPI became worse beyond the noise.
    fn is_worse(&self) -> bool {
        match self.kpi.facts().better {
            Better::Less => self.is_more(),
            Better::More => self.is_less(),
            Better::Neither => false,
        }
    }

    /// Whether the KPI became less beyond the noise.
    fn is_less(&self) -> bool {
        self.difference.mean < 0.0 && self.difference.excludes(0.0)
    }

    /// Whether the KPI became more beyond the noise.
    fn is_more(&self) -> bool {
        self.difference.mean > 0.0 && self.difference.excludes(0.0)
    }

    /// The KPI's heading.
    #[must_use]
    pub fn heading(&self) -> &'static str {
        self.kpi.heading()
    }
}

#[cfg(test)]
#[path = "caution/tests.rs"]
mod tests;
