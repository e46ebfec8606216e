//! One run of a scenario: autoscaler, plant and demand meet only here.
//!
//! The simulation moves the clock and passes events on to an [`Observer`].
//!
//! | module | what it holds |
//! |---|---|
//! | [`observer`] | the events of a run, as an observer receives them |
//! | [`baseline`] | policies without a file, for comparison |
//! | [`Extent`] | the amount of work of a run, before it begins |
//! | [`latency`] | a pod as a server of requests, and the pods that a rate needs |
//! | `tabulate` | the latency of one pod, measured with the request engine |
//! | `load_curve` | the load of a pod whose requests cost more at a high load |
//! | [`phase`] | the order of events at one instant |
//! | `work` | the interface that both engines share |
//! | `flow` | the fluid engine: rates and backlog between changes |
//! | `requests` | the request engine: every request an event |
//! | `before_start`, `offered` | the load before the start, and the request rate of a row of the trace |
//! | `event` | the events of the control plane |
//! | `sight` | the plant in the terms of the Kubernetes API |
//! | `run` | the events of one run |
//! | [`Run`] | a run that its caller scales, wake by wake |

pub mod baseline;
mod before_start;
mod event;
mod extent;
mod flow;
#[doc(hidden)]
pub mod latency;
mod load_curve;
pub mod observer;
mod offered;
mod outside;
#[doc(hidden)]
pub mod phase;
mod pod_requests;
mod requests;
mod run;
mod sight;
mod tabulate;
#[cfg(test)]
mod tests;
mod work;

#[doc(hidden)]
pub use extent::Extent;
pub use latency::Provisioning;
pub use observer::Observer;
pub use outside::{DecideError, Run};
pub use run::Finished;

use crate::control::Autoscaler;
use crate::control::scaler::RunningScaler;
use crate::scenario::{Engine, Scenario};
use crate::units::Seed;
use event::{PhaseMember, drawn_phase, first_scrape};
use flow::Flow;
use requests::Requests;
use run::{Attention, Simulation};

/// Simulates `scenario` with `engine` and passes every event to `observer`.
///
/// The run has the cost of a request that the seed draws ([`Scenario::for_seed`]). Make observers of that scenario.
///
/// The same scenario, engine and seed give the same run, event by event. The memory depends on the
/// number of pods and on the requests in flight, not on the length of the trace. A trace with
/// `cpu_millicores` has no requests, so the request engine then offers no load.
pub fn simulate_observed(
    scenario: &Scenario,
    engine: Engine,
    seed: Seed,
    observer: &mut impl Observer,
) -> Finished {
    let phase = drawn_phase(seed, PhaseMember::Wake);
    let mut scaler = RunningScaler::start(scenario.scaler.as_ref(), phase);
    simulate_scaled_by(&mut scaler, scenario, engine, seed, observer)
}

/// Like [`simulate_observed`], with `scaler` instead of the scenario's own scaler.
pub fn simulate_scaled_by(
    scaler: &mut impl Autoscaler,
    scenario: &Scenario,
    engine: Engine,
    seed: Seed,
    observer: &mut impl Observer,
) -> Finished {
    let scenario = &*scenario.for_seed(seed);
    let first_scrape = first_scrape(scenario, seed);
    match engine {
        Engine::Fluid => {
            let flow = Flow::new(scenario);
            Simulation::new(scenario, flow, &Attention::of(scaler), seed, first_scrape)
                .run_to_end(scaler, observer)
        }
        Engine::Request => {
            let requests = Requests::new(scenario, seed);
            Simulation::new(
                scenario,
                requests,
                &Attention::of(scaler),
                seed,
                first_scrape,
            )
            .run_to_end(scaler, observer)
        }
    }
}
