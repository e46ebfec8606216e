//! A run that is advanced from outside, wake by wake: its caller is the scaler.

use super::event::first_scrape;
use super::flow::Flow;
use super::observer::Observer;
use super::requests::Requests;
use super::run::{Attention, Finished, Reached, Simulation, Telling};
use crate::control::caller::Caller;
use crate::control::{Decided, Seen};
use crate::scenario::{Engine, REPLICAS_MAX, Scenario};
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// A run whose caller sets `spec.replicas`.
///
/// The scenario's own scaler has no part in it. [`Run::advance`] runs to the caller's next wake and shows the
/// cluster as a controller would see it; [`Run::decide`] writes the scale. The same scenario, engine, seed and
/// decisions give the same run, event by event.
///
/// # Example
///
/// A threshold scaler: one pod more while the pods use over 80 % of what they request, one less under 40 %.
///
/// ```
/// use hpasim::control::caller::Caller;
/// use hpasim::control::seen::MetricObservation;
/// use hpasim::results::KpiObserver;
/// use hpasim::scenario::Engine;
/// use hpasim::simulation::Run;
/// use hpasim::units::{Replicas, Seed, SimSpan};
/// use hpasim::Scenario;
///
/// let scenario = Scenario::from_memory(
///     ("one.toml", "[deployment]\nreplicas = 1\n"),
///     ("step.csv", "time_s,rps\n0,4\n60,40\n600,40\n"),
/// )?;
/// let mut kpis = KpiObserver::new(&scenario);
/// let every_30_s = Caller::of_cpu(SimSpan::from_secs(30));
/// let mut run = Run::new(&scenario, Engine::Fluid, Seed(1), &every_30_s);
/// while let Some(seen) = run.advance(&mut kpis) {
///     let MetricObservation::Pods(cpu) = seen.metric(0) else {
///         continue; // Not yet sampled.
///     };
///     let sampled = || (0..cpu.value.len()).filter(|&pod| cpu.sampled[pod]);
///     let used: i64 = sampled().map(|pod| cpu.value[pod].0).sum();
///     let requested: i64 = sampled().map(|pod| cpu.request[pod].0).sum();
///     let Replicas(pods) = seen.scale.spec_replicas;
///     let wanted = match used * 100 / requested {
///         81.. => pods + 1,
///         ..40 => (pods - 1).max(1),
///         _ => pods,
///     };
///     run.decide(Replicas(wanted))?;
/// }
/// run.finish(&mut kpis);
/// assert!(kpis.finish().peak_replicas > 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Run<'s> {
    engine: EngineRun<'s>,
    period: SimSpan,
    wake: Option<OpenWake>,
}

/// A wake that the caller has seen and that has not taken effect yet.
#[derive(Clone, Copy, Debug)]
struct OpenWake {
    time: SimTime,
    current: Replicas,
    written: Option<Replicas>,
}

/// The run in its engine.
#[derive(Debug)]
enum EngineRun<'s> {
    Fluid(Box<Simulation<'s, Flow>>),
    Request(Box<Simulation<'s, Requests<'s>>>),
}

/// Why a decision is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The number is none that a scale can have.
    #[error("spec.replicas cannot be {0}; decide on 0 to {REPLICAS_MAX} replicas")]
    OutOfRange(i32),
    /// The run is not at a wake of the caller.
    #[error("the run is at no wake; call `advance` first, and decide once before the next call")]
    NotAwake,
}

impl<'s> Run<'s> {
    /// The run at its start.
    #[must_use]
    pub fn new(scenario: &'s Scenario, engine: Engine, seed: Seed, caller: &Caller) -> Self {
        let scrape = first_scrape(scenario, seed);
        let attention = Attention {
            asks: &caller.asks,
            first_wake: Some(caller.first_wake),
            wake_jitter: SimSpan::ZERO,
            initialisation: SimSpan::ZERO,
        };
        let engine = match engine {
            Engine::Fluid => {
                let flow = Flow::new(scenario);
                let run = Simulation::new(scenario, flow, &attention, seed, scrape);
                EngineRun::Fluid(Box::new(run))
            }
            Engine::Request => {
                let requests = Requests::new(scenario, seed);
                let run = Simulation::new(scenario, requests, &attention, seed, scrape);
                EngineRun::Request(Box::new(run))
            }
        };
        Self {
            engine,
            period: caller.period.max(SimSpan::from_nanos(1)),
            wake: None,
        }
    }

    /// Runs to the caller's next wake and shows what is to be seen then; `None` at the end of the trace.
    ///
    /// What was decided at the wake before takes effect first, and `observer` hears of it. A caller who decided
    /// nothing has left `spec.replicas` as it was.
    pub fn advance(&mut self, observer: &mut impl Observer) -> Option<Seen<'_>> {
        self.close_wake(observer);
        let (reached, time, current) = match &mut self.engine {
            EngineRun::Fluid(run) => (run.advance(observer), run.now(), run.replicas()),
            EngineRun::Request(run) => (run.advance(observer), run.now(), run.replicas()),
        };
        if reached == Reached::End {
            return None;
        }
        self.wake = Some(OpenWake {
            time,
            current,
            written: None,
        });
        Some(match &mut self.engine {
            EngineRun::Fluid(run) => run.seen(),
            EngineRun::Request(run) => run.seen(),
        })
    }

    /// The time of the run: that of the last wake.
    #[must_use]
    pub fn now(&self) -> SimTime {
        match &self.engine {
            EngineRun::Fluid(run) => run.now(),
            EngineRun::Request(run) => run.now(),
        }
    }

    /// Writes `replicas` to `spec.replicas` at the wake that the run stands at. The last number of a wake counts.
    ///
    /// # Errors
    /// The number is none that a scale can have, or the run stands at no wake.
    pub fn decide(&mut self, replicas: Replicas) -> Result<(), DecideError> {
        if !(0..=REPLICAS_MAX).contains(&replicas.0) {
            return Err(DecideError::OutOfRange(replicas.0));
        }
        let wake = self.wake.as_mut().ok_or(DecideError::NotAwake)?;
        wake.written = Some(replicas);
        Ok(())
    }

    /// Runs to the end of the trace without further decisions.
    pub fn finish(mut self, observer: &mut impl Observer) -> Finished {
        while self.advance(observer).is_some() {}
        match self.engine {
            EngineRun::Fluid(run) => run.finish(observer),
            EngineRun::Request(run) => run.finish(observer),
        }
    }

    /// The decision of the last wake takes effect.
    fn close_wake(&mut self, observer: &mut impl Observer) {
        let Some(wake) = self.wake.take() else {
            return;
        };
        let decided = Decided {
            time: wake.time,
            by: Caller::NAME,
            current: wake.current,
            desired: wake.written.unwrap_or(wake.current),
            rescaled: wake.written.is_some(),
            metrics: &[],
            line: None,
        };
        decided.tell(&mut Telling(observer));
        let next = Some(wake.time + self.period);
        match &mut self.engine {
            EngineRun::Fluid(run) => run.decided(wake.written, next),
            EngineRun::Request(run) => run.decided(wake.written, next),
        }
    }
}
