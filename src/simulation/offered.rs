//! The request rate that a row of the trace states.

use super::flow::share;
use super::latency::PodServer;
use crate::scenario::Scenario;
use crate::workload::{Demand, LoadBefore};

/// Requests per second that a row of the trace states.
///
/// A demand in CPU is divided by the mean cost of a request. The rate is 0 if requests cost no CPU.
pub(super) fn nominal_rps(scenario: &Scenario, row: usize) -> f64 {
    let rate = match &scenario.trace.demand {
        Demand::RequestsPerSecond(rates) => rates[row],
        Demand::CpuMillicores(millicores) => {
            let seconds_per_request = scenario
                .deployment
                .containers
                .first()
                .map_or(0.0, |container| container.cpu_seconds_per_request);
            if seconds_per_request > 0.0 {
                millicores[row] / 1000.0 / seconds_per_request
            } else {
                0.0
            }
        }
        Demand::Users(users) => share(users[row], seconds_per_cycle(scenario)),
    };
    let scaled = rate * scenario.workload.scale;
    // -0, NaN and infinity mean no load.
    if scaled > 0.0 && scaled.is_finite() {
        scaled
    } else {
        0.0
    }
}

/// Requests per second before the start.
pub(super) fn rps_before(scenario: &Scenario) -> f64 {
    match scenario.workload.before {
        LoadBefore::Steady => nominal_rps(scenario, 0),
        LoadBefore::Idle => 0.0,
    }
}

/// Mean time from a user's request to the next one without any waiting: service time plus think
/// time.
fn seconds_per_cycle(scenario: &Scenario) -> f64 {
    PodServer::of(scenario).service_seconds + scenario.workload.clients.think_time.mean_seconds()
}
