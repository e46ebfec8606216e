//! A simulated scenario with all its results: the short way for callers of the library.

use super::kpis::{KpiObserver, Kpis};
use super::timeline::{Timeline, TimelineRecorder};
use crate::control::Decided;
use crate::control::decided::MetricValue;
use crate::scenario::{Engine, Scenario};
use crate::simulation::{self, Observer};
use crate::units::{Replicas, Seed, SimTime};

/// What came of one run.
#[derive(Clone, Debug)]
pub struct SimulatedRun {
    kpis: Kpis,
    timeline: Timeline,
    decisions: Vec<DecisionRow>,
}

/// A wake of the scaler, and what it decided. Its reasons stand in the line that a [`DecisionLog`](super::DecisionLog) writes.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// When.
    pub time: SimTime,
    /// The name of the scaler, as `hpa`.
    pub by: &'static str,
    /// `spec.replicas` before.
    pub current: Replicas,
    /// `spec.replicas` as the scaler wants it.
    pub desired: Replicas,
    /// Whether the scaler wrote `desired` to `spec.replicas`.
    pub rescaled: bool,
    /// What it made of each metric, in the order of its metrics; `None` where it made nothing of one.
    pub metrics: Vec<Option<MetricValue>>,
}

impl SimulatedRun {
    /// Simulates `scenario` with `engine`.
    ///
    /// The same scenario, engine and seed give the same run. To observe more, or to end a run early, hand
    /// observers of your own to [`simulation::simulate_observed`].
    #[must_use]
    pub fn of(scenario: &Scenario, engine: Engine, seed: Seed) -> Self {
        let scenario = &*scenario.for_seed(seed);
        let mut observers = (
            KpiObserver::new(scenario),
            TimelineRecorder::new(scenario),
            DecisionRecorder::default(),
        );
        simulation::simulate_observed(scenario, engine, seed, &mut observers);
        let (kpis, timeline, DecisionRecorder(decisions)) = observers;
        Self {
            kpis: kpis.finish(),
            timeline: timeline.finish(),
            decisions,
        }
    }

    /// The KPIs.
    #[must_use]
    pub const fn kpis(&self) -> &Kpis {
        &self.kpis
    }

    /// The run over time, in rows; [`Timeline::column`] gives columns.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// What the scaler decided, wake by wake.
    #[must_use]
    pub fn decisions(&self) -> &[DecisionRow] {
        &self.decisions
    }
}

/// Simulates `scenario` with the engine that `hpasim run` uses by itself: the request engine, unless demand is known as CPU alone.
///
/// # Examples
///
/// ```
/// use hpasim::results::TimelineColumn;
/// use hpasim::{Scenario, Seed, simulate};
///
/// let scenario = Scenario::from_memory(
///     ("small.toml", "[hpa]\nmaxReplicas = 10\ntargetCPUUtilizationPercentage = 50\n"),
///     ("step.csv", "time_s,rps\n0,4\n60,40\n600,40\n"),
/// )?;
/// let run = simulate(&scenario, Seed(1));
/// let ready = TimelineColumn::named("replicas_ready").expect("a column");
/// let most = run.timeline().column(ready).into_iter().flatten().fold(0.0, f64::max);
/// assert_eq!(most, f64::from(run.kpis().peak_replicas));
/// assert!(run.decisions().iter().any(|decision| decision.rescaled));
/// # Ok::<(), hpasim::scenario::Diagnostics>(())
/// ```
#[must_use]
pub fn simulate(scenario: &Scenario, seed: Seed) -> SimulatedRun {
    SimulatedRun::of(scenario, Engine::usual_for(&scenario.trace.demand), seed)
}

/// Keeps every decision.
#[derive(Debug, Default)]
struct DecisionRecorder(Vec<DecisionRow>);

impl Observer for DecisionRecorder {
    fn decided(&mut self, decision: &Decided<'_>) {
        self.0.push(DecisionRow {
            time: decision.time,
            by: decision.by,
            current: decision.current,
            desired: decision.desired,
            rescaled: decision.rescaled,
            metrics: decision.metrics.to_vec(),
        });
    }
}
