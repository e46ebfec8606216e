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

pub mod baseline;
mod before_start;
mod event;
mod extent;
mod flow;
pub mod latency;
pub mod observer;
mod offered;
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
pub use run::Finished;

use crate::scenario::{Engine, Scenario};
use crate::units::Seed;
use event::GridPhases;
use flow::Flow;
use requests::Requests;
use run::Run;

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
    let phases = GridPhases::drawn(scenario, seed);
    match engine {
        Engine::Fluid => Run::new(scenario, Flow::new(scenario), seed, phases).run_to_end(observer),
        Engine::Request => {
            let requests = Requests::new(scenario, seed);
            Run::new(scenario, requests, seed, phases).run_to_end(observer)
        }
    }
}
