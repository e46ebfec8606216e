//! The goal of a search: which of two policies is better.
//!
//! It compares measured values; a KPI stands for its mean over the seeds.

use std::cmp::Ordering;

use thiserror::Error;

use super::evaluation::Measured;
use crate::kpi::{Kpi, OverTraces};
use crate::scenario::{Assertion, Comparator, Diagnostic};
use crate::search::outcome::{Objective, Objectives, Weighed};
use crate::text::rounding::readable;

/// The goal.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The best policy that is no worse than today's: see [`Goal::score`].
    BetterThanToday,
    /// The goal of the user.
    Asked(AskedGoal),
}

/// `min KPI subject to KPI<=NUMBER, ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedGoal {
    /// The minimised KPI.
    pub minimised: Kpi,
    /// The KPI as the user wrote it: `cost`, where another KPI replaces it without prices.
    pub written: Kpi,
    /// The bounds under every trace.
    pub constraints: Vec<Assertion>,
}

/// Why a text is no goal.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum GoalError {
    /// Its beginning is not that of a goal.
    #[error(
        "`--goal {0}`: a goal minimises a KPI; write `min cost`, or `min cost subject to slo_violation_seconds<=60`"
    )]
    NoMinimum(String),
    /// It minimises an unknown KPI.
    #[error("`--goal {goal}`: there is no KPI `{name}`; {help}")]
    UnknownKpi {
        /// The goal as it was written.
        goal: String,
        /// The unknown name.
        name: String,
        /// The help.
        help: String,
    },
    /// A constraint is no assertion.
    #[error("`--goal {goal}`: {}; {}", .fault.message, .fault.help)]
    Constraint {
        /// The goal as it was written.
        goal: String,
        /// What is wrong with it.
        fault: Box<Diagnostic>,
    },
    /// A constraint names a policy.
    #[error(
        "`--goal {goal}`: `{policy}` names a policy, and a goal applies to every policy; leave out the name and its dot"
    )]
    Policy {
        /// The goal as it was written.
        goal: String,
        /// The name.
        policy: String,
    },
}

/// How far a candidate is from the goal: less is better, `violation` before `value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The sum by which bounds are missed, each as a share of its bound; 0 where all hold.
    pub violation: f64,
    /// The minimised value.
    pub value: f64,
    /// Decides between equals: the sum of cost and harm, each as a share of today's.
    pub tie: f64,
}

impl Score {
    /// Farther from any goal than a measured candidate.
    pub(super) const FARTHEST: Self = Self {
        violation: f64::INFINITY,
        value: f64::INFINITY,
        tie: f64::INFINITY,
    };

    /// Which of two is nearer to the goal; an unknown value is farthest.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let known = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
        known(self.violation)
            .total_cmp(&known(other.violation))
            .then(known(self.value).total_cmp(&known(other.value)))
            .then(known(self.tie).total_cmp(&known(other.tie)))
    }

    /// Whether all constraints hold.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.violation <= 0.0
    }
}

impl Goal {
    /// Reads an argument of `--goal`.
    ///
    /// # Errors
    /// It is no goal.
    pub fn parse(goal: &str) -> Result<Self, GoalError> {
        let words: Vec<&str> = goal.split_whitespace().collect();
        let (name, rest) = match words.as_slice() {
            ["min" | "minimise" | "minimize", name, rest @ ..] => (*name, rest),
            _ => return Err(GoalError::NoMinimum(goal.to_owned())),
        };
        let Some(minimised) = Kpi::named(name) else {
            return Err(GoalError::UnknownKpi {
                goal: goal.to_owned(),
                name: name.to_owned(),
                help: help_for(name),
            });
        };
        let constraints = match rest {
            [] => Vec::new(),
            ["subject", "to", listed @ ..] if !listed.is_empty() => listed
                .join(" ")
                .replace(" and ", ",")
                .split(',')
                .map(|constraint| read_constraint(goal, constraint.trim()))
                .collect::<Result<Vec<Assertion>, GoalError>>()?,
            _ => return Err(GoalError::NoMinimum(goal.to_owned())),
        };
        Ok(Self::Asked(AskedGoal {
            minimised,
            written: minimised,
            constraints,
        }))
    }

    /// The same without prices: another KPI replaces `cost`.
    #[must_use]
    pub fn with_cost(self, cost: Objective) -> Self {
        let instead = |kpi: Kpi| {
            if kpi == Objective::Cost.kpi() {
                cost.kpi()
            } else {
                kpi
            }
        };
        match self {
            Self::Asked(asked) => Self::Asked(AskedGoal {
                minimised: instead(asked.minimised),
                ..asked
            }),
            Self::BetterThanToday => self,
        }
    }

    /// The bounds under every trace; none without a goal of the user.
    #[must_use]
    pub fn bounds(&self) -> &[Assertion] {
        match self {
            Self::BetterThanToday => &[],
            Self::Asked(asked) => &asked.constraints,
        }
    }

    /// The KPIs that are to become less: cost and harm without a goal of the user, else the minimised KPI and those with an upper bound.
    #[must_use]
    pub fn to_become_less(&self, objectives: &Objectives) -> Vec<Kpi> {
        match self {
            Self::BetterThanToday => vec![objectives.cost().kpi(), objectives.harm().kpi()],
            Self::Asked(asked) => {
                let bounded = asked.constraints.iter().filter(|constraint| {
                    matches!(constraint.comparator, Comparator::Less | Comparator::AtMost)
                });
                let mut kpis = vec![asked.minimised];
                for constraint in bounded {
                    if !kpis.contains(&constraint.kpi) {
                        kpis.push(constraint.kpi);
                    }
                }
                kpis
            }
        }
    }

    /// Whether less of `kpi` is progress by itself: cost and harm without a goal of the user, else the minimised KPI.
    #[must_use]
    pub fn minimises(&self, kpi: Kpi) -> bool {
        match self {
            Self::BetterThanToday => true,
            // Pod hours replace mean replicas over several traces.
            Self::Asked(asked) if asked.minimised == Objective::MeanReplicas.kpi() => {
                kpi == asked.minimised || kpi == Kpi::PodHours
            }
            Self::Asked(asked) => kpi == asked.minimised,
        }
    }

    /// The KPIs that should not become more: the objectives, without those in a goal of the user.
    #[must_use]
    pub fn not_to_become_more(&self, objectives: &Objectives) -> Vec<Kpi> {
        let mut kpis = objectives.kpis().to_vec();
        if let Self::Asked(_) = self {
            let looked_at = self.kpis(objectives);
            kpis.retain(|kpi| !looked_at.contains(kpi));
        }
        kpis
    }

    /// Every KPI in it.
    #[must_use]
    pub fn kpis(&self, objectives: &Objectives) -> Vec<Kpi> {
        match self {
            Self::BetterThanToday => objectives.kpis().to_vec(),
            Self::Asked(asked) => {
                let bounded = asked.constraints.iter().map(|constraint| constraint.kpi);
                std::iter::once(asked.minimised).chain(bounded).collect()
            }
        }
    }

    /// In words.
    #[must_use]
    pub fn text(&self, objectives: &Objectives) -> String {
        match self {
            Self::BetterThanToday => {
                let [cost, harm] = [objectives.cost(), objectives.harm()].map(Objective::heading);
                format!(
                    "{cost}, {harm} and rescales not above today's, latency p95 and p99 at most 5 % above, and failed requests at most 5 % or 1 in 2,000 requests above, whichever is more; among such policies, the least sum of {cost} and {harm} (each as a share of today's)"
                )
            }
            Self::Asked(asked) => {
                let mut text = format!("min {}", asked.minimised);
                let constraints: Vec<String> =
                    asked.constraints.iter().map(Assertion::condition).collect();
                if !constraints.is_empty() {
                    text.push_str(&format!(" subject to {}", constraints.join(" and ")));
                }
                if asked.written != asked.minimised {
                    text.push_str(&format!(
                        " (the policy has no prices, so this replaces {})",
                        asked.written
                    ));
                }
                text
            }
        }
    }

    /// The distance of `measured` from the goal, given today's policy.
    ///
    /// Without a goal of the user, a policy may not do more harm than today's under
    /// any trace, nor cost or rescale more over all traces. Its p95 and p99 may rise
    /// under no trace by more than 5 %, and its failed requests under no trace by more than 5 % or 1 in 2,000
    /// requests, whichever is more. Among such policies the one with the least sum of cost and harm is best, each as a share of today's.
    #[must_use]
    pub fn score(&self, measured: &Measured, today: &Measured, objectives: &Objectives) -> Score {
        match self {
            Self::BetterThanToday => beside_today(measured, today, objectives),
            Self::Asked(asked) => asked.score(measured, today, objectives),
        }
    }
}

/// The help of an assertion about such a KPI.
fn help_for(name: &str) -> String {
    let fault = Assertion::parse_argument(&format!("{name}<=0")).err();
    fault.map_or_else(
        || "`hpasim run POLICY TRACE --format json` prints them all".to_owned(),
        |fault| fault.help,
    )
}

fn read_constraint(goal: &str, constraint: &str) -> Result<Assertion, GoalError> {
    let assertion =
        Assertion::parse_argument(constraint).map_err(|fault| GoalError::Constraint {
            goal: goal.to_owned(),
            fault: Box::new(fault),
        })?;
    let other = assertion.relative_to.as_ref().map(|term| &term.policy);
    match assertion.policy.as_ref().or(other).cloned() {
        Some(policy) => Err(GoalError::Policy {
            goal: goal.to_owned(),
            policy,
        }),
        None => Ok(assertion),
    }
}

/// What users feel, whatever the objectives: without a goal of the user it may not become worse.
pub(super) const FELT_BY_DEFAULT: [Kpi; 3] = [
    Kpi::LatencySecondsP95,
    Kpi::LatencySecondsP99,
    Kpi::FailedShare,
];
/// Users do not feel a loss of less than this share of today's value.
pub(super) const FELT_SHARE: f64 = 0.1;
/// Nor do they feel fewer than one further failure in a thousand requests.
pub(super) const FELT_FAILURES: f64 = 0.001;
/// The search uses up at most this part of what users do not feel, so that other seeds rarely exceed it.
const FELT_MARGIN: f64 = 0.5;

/// A smaller miss of a bound counts as this share of it, so that every miss counts.
const LEAST_MISS: f64 = 1e-9;
/// The share above today's value from which on a value counts as more.
const ARITHMETIC_REST: f64 = 1e-9;

/// Harm counts per trace, so that a gain under one trace cannot hide a loss under another.
fn beside_today(measured: &Measured, today: &Measured, objectives: &Objectives) -> Score {
    let (now, then) = (measured.weighed(objectives), today.weighed(objectives));
    let Weighed { cost, rescales, .. } = now;
    let kpi = objectives.harm().kpi();
    let harm_by_trace = measured
        .by_trace(kpi)
        .zip(today.by_trace(kpi))
        .map(|(now, then)| excess(now, then));
    let sum = cost_and_harm(now, then);
    Score {
        violation: harm_by_trace.sum::<f64>()
            + felt(measured, today)
            + excess(cost, then.cost)
            + excess(rescales, then.rescales),
        value: sum,
        tie: sum,
    }
}

/// The sum by which users feel the policy under any trace, each as a share of what is allowed.
fn felt(measured: &Measured, today: &Measured) -> f64 {
    let of_kpi = |kpi: Kpi| {
        let pairs = measured.by_trace(kpi).zip(today.by_trace(kpi));
        pairs
            .filter(|(_, then)| !then.is_nan())
            .map(|(now, then)| excess(now, then + allowance(kpi, then)))
            .sum::<f64>()
    };
    FELT_BY_DEFAULT.into_iter().map(of_kpi).sum()
}

/// The part of what users do not feel that a policy may use up.
pub(super) fn allowance(kpi: Kpi, today: f64) -> f64 {
    FELT_MARGIN * unfelt(kpi, today)
}

/// The loss of a KPI with the value `today` that users do not feel.
pub(super) fn unfelt(kpi: Kpi, today: f64) -> f64 {
    let least = if kpi == Kpi::FailedShare {
        FELT_FAILURES
    } else {
        0.0
    };
    (FELT_SHARE * today).max(least)
}

/// How much `now` exceeds `then`, as a share of `then`.
pub(super) fn excess(now: f64, then: f64) -> f64 {
    let more = now - then;
    if more <= ARITHMETIC_REST * then.abs() {
        0.0
    } else {
        more / parts_of(then)
    }
}

/// The sum of both, each as a share of today's.
fn cost_and_harm(now: Weighed, then: Weighed) -> f64 {
    now.cost / parts_of(then.cost) + now.harm / parts_of(then.harm)
}

/// The unit of a number: the number itself, unless it is zero or unknown.
fn parts_of(then: f64) -> f64 {
    if then == 0.0 || then.is_nan() {
        1.0
    } else {
        then.abs()
    }
}

impl AskedGoal {
    fn score(&self, measured: &Measured, today: &Measured, objectives: &Objectives) -> Score {
        let violations = self.constraints.iter().flat_map(|constraint| {
            let values = measured.by_trace(constraint.kpi);
            let before = today.by_trace(constraint.kpi);
            values
                .zip(before)
                .map(|(value, before)| miss(constraint, value, before))
        });
        Score {
            // An empty sum of floats is -0.0, which sorts before 0.0.
            violation: violations.fold(0.0, |sum, miss| sum + miss),
            value: folded(self.minimised, measured, objectives),
            tie: cost_and_harm(measured.weighed(objectives), today.weighed(objectives)),
        }
    }
}

/// By how much `value` misses the bound, as a share of the bound; infinite without a value.
///
/// The value is judged as the files show it, as an assertion is.
pub(super) fn miss(constraint: &Assertion, value: f64, today: f64) -> f64 {
    let value = readable(value);
    if constraint.comparator.holds(value, constraint.bound) {
        return 0.0;
    }
    let far = match constraint.comparator {
        Comparator::Less | Comparator::AtMost => value - constraint.bound,
        Comparator::More | Comparator::AtLeast => constraint.bound - value,
        Comparator::Equal => (value - constraint.bound).abs(),
    };
    // A bound of zero is no unit; today's value is.
    let scale = if constraint.bound == 0.0 {
        parts_of(today)
    } else {
        constraint.bound.abs()
    };
    if far.is_nan() {
        f64::INFINITY
    } else {
        (far / scale).max(LEAST_MISS)
    }
}

/// A KPI over all traces: an objective as in the front, another KPI by its own fold.
#[must_use]
pub fn folded(kpi: Kpi, measured: &Measured, objectives: &Objectives) -> f64 {
    let Weighed {
        cost,
        harm,
        rescales,
    } = measured.weighed(objectives);
    let known = objectives.kpis().into_iter().zip([cost, harm, rescales]);
    if let Some((_, value)) = known.into_iter().find(|(objective, _)| *objective == kpi) {
        return value;
    }
    let values = measured.by_trace(kpi);
    // If the value is unknown for one trace, it is unknown for all together.
    let known_by_all = |kept: f64, value: f64, extreme: fn(f64, f64) -> f64| {
        if kept.is_nan() || value.is_nan() {
            f64::NAN
        } else {
            extreme(kept, value)
        }
    };
    match kpi.over_traces() {
        OverTraces::Sum => values.sum(),
        OverTraces::Greatest | OverTraces::MeanOverTime => values
            .fold(f64::NEG_INFINITY, |most, value| {
                known_by_all(most, value, f64::max)
            }),
        OverTraces::Least => values.fold(f64::INFINITY, |least, value| {
            known_by_all(least, value, f64::min)
        }),
    }
}

#[cfg(test)]
#[path = "goal/tests.rs"]
mod tests;
