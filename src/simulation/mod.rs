//! The only meeting point of autoscaler, plant and demand.
//!
//! Self-imposed limit: it moves time and passes on what happens to an
//! [`Observer`]; it counts nothing for the user and draws nothing.
//!
//! | module | what it holds |
//! |---|---|
//! | [`observer`] | what a run tells |
//! | [`baseline`] | policies without a file, to measure others by |
//! | [`Extent`] | how much work a run is, before it begins |
//! | [`latency`] | the stationary curve, and the pods that a rate needs |
//! | [`phase`] | the order of events at one instant |
//! | `work` | what the two engines have in common |
//! | `flow` | the fluid engine: rates and backlog between changes |
//! | `requests` | the request engine: every request an event |
//! | `before_start`, `offered` | the load before the start, and what a row of the trace stands for |
//! | `event` | what happens in the control plane |
//! | `sight` | the plant in the autoscaler's terms |
//! | `run` | the events of one run |
//! | [`Run`] | a run that its caller scales, wake by wake |

pub mod baseline;
mod before_start;
mod event;
mod extent;
mod flow;
pub mod latency;
pub mod observer;
mod offered;
mod outside;
pub mod phase;
mod pod_requests;
mod requests;
mod run;
mod sight;
#[cfg(test)]
mod tests;
mod work;

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

/// Simulates `scenario` with `engine` and tells `observer` what happens.
///
/// The same scenario, engine and seed tell the same, event by event. Memory hangs
/// on the number of pods and on the requests in flight, not on the trace's length.
/// A demand that is known as CPU alone holds no requests: the request engine then offers none.
pub fn simulate(
    scenario: &Scenario,
    engine: Engine,
    seed: Seed,
    observer: &mut impl Observer,
) -> Finished {
    let phase = drawn_phase(seed, PhaseMember::Wake);
    let mut scaler = RunningScaler::start(scenario.scaler.as_ref(), phase);
    simulate_scaled_by(&mut scaler, scenario, engine, seed, observer)
}

/// The same with `scaler` in the place of the scenario's own.
pub fn simulate_scaled_by(
    scaler: &mut impl Autoscaler,
    scenario: &Scenario,
    engine: Engine,
    seed: Seed,
    observer: &mut impl Observer,
) -> Finished {
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
