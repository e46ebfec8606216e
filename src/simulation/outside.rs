//! A run that its caller advances from wake to wake; the caller is the scaler.

use super::event::first_scrape;
use super::flow::Flow;
use super::observer::Observer;
use super::requests::Requests;
use super::run::{Attention, Finished, Simulation, Telling};
use crate::control::caller::Caller;
use crate::control::{Decided, Seen};
use crate::scenario::{Engine, REPLICAS_MAX, Scenario};
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// A run whose caller sets `spec.replicas`.
///
/// The scenario's own scaler is not used. [`Run::advance`] runs to the caller's next wake and
/// returns the cluster as a controller would see it. [`Run::decide`] writes the scale. The same
/// scenario, engine, seed and decisions give the same run, event by event.
///
/// # Example
///
/// A threshold scaler: it adds a pod while the pods use over 80 % of their requests, and removes
/// one below 40 %.
///
/// ```
/// use hpasim::control::Caller;
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
/// let scenario = scenario.for_seed(Seed(1));
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

/// A wake that the caller has seen and whose decision has not taken effect yet.
#[derive(Clone, Copy, Debug)]
struct OpenWake {
    time: SimTime,
    current: Replicas,
    written: Option<Replicas>,
}

/// The run in one of the engines.
#[derive(Debug)]
enum EngineRun<'s> {
    Fluid(Box<Simulation<'s, Flow>>),
    Request(Box<Simulation<'s, Requests<'s>>>),
}

/// Why a decision is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The number is out of the range of `spec.replicas`.
    #[error("spec.replicas cannot be {0}; decide on 0 to {REPLICAS_MAX} replicas")]
    OutOfRange(i32),
    /// The run is not at a wake.
    #[error("the run is not at a wake; call `advance` first, and decide once before the next call")]
    NotAwake,
}

impl<'s> Run<'s> {
    /// A run at its start, with the cost of a request that `scenario` states: pass the scenario of the seed
    /// ([`Scenario::for_seed`]).
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

    /// Runs to the caller's next wake and returns the view of the cluster; `None` at the end of the
    /// trace.
    ///
    /// First the decision of the previous wake takes effect, and `observer` receives it. If the
    /// caller did not decide, `spec.replicas` keeps its value.
    pub fn advance(&mut self, observer: &mut impl Observer) -> Option<Seen<'_>> {
        self.close_wake(observer);
        let (wakes, time, current) = match &mut self.engine {
            EngineRun::Fluid(run) => (run.advance_to_wake(observer), run.now(), run.replicas()),
            EngineRun::Request(run) => (run.advance_to_wake(observer), run.now(), run.replicas()),
        };
        if !wakes {
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

    /// The time of the run, which is the time of the last wake.
    #[must_use]
    pub fn now(&self) -> SimTime {
        match &self.engine {
            EngineRun::Fluid(run) => run.now(),
            EngineRun::Request(run) => run.now(),
        }
    }

    /// Writes `replicas` to `spec.replicas` at the current wake. If called several times, the last
    /// number applies.
    ///
    /// # Errors
    ///
    /// The number is out of range, or the run is not at a wake.
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

    /// Lets the decision of the last wake take effect.
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
