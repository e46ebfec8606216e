//! The only meeting point of autoscaler, plant and demand.
//!
//! Self-imposed limit: it moves time and passes on what happens to an
//! [`Observer`]; it counts nothing for the user and draws nothing.
//!
//! | module | what it holds |
//! |---|---|
//! | [`observer`] | what a run tells |
//! | [`latency`] | the stationary curve, and the pods that a rate needs |
//! | [`phase`] | the order of events at one instant |
//! | `flow` | the fluid engine: rates and backlog between changes |
//! | `sight` | the plant in the autoscaler's terms |
//! | `run` | the events of one run |

mod flow;
pub mod latency;
pub mod observer;
pub mod phase;
mod run;
mod sight;
#[cfg(test)]
mod tests;

pub use latency::Provisioning;
pub use observer::Observer;
pub use run::Finished;

use crate::scenario::Scenario;
use crate::units::Seed;
use run::{GridPhases, Run};

/// Simulates `scenario` with the fluid engine and tells `observer` what happens.
///
/// The same scenario and seed tell the same, event by event. Memory hangs on the
/// number of pods, not on the trace's length.
pub fn simulate(scenario: &Scenario, seed: Seed, observer: &mut impl Observer) -> Finished {
    let phases = GridPhases::drawn(scenario, seed);
    Run::new(scenario, seed, phases).run_to_end(observer)
}
