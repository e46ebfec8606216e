//! The load before the start, which brings counters and metrics into a steady state.
//!
//! Both engines begin from this state. No request waits in it.

use super::flow::share;
use super::latency::PodServer;
use crate::cluster::served::ServedRates;

/// Pods that share the load of the first row equally.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BeforeStart {
    /// Requests per second that arrive at each pod, whether or not it can serve them.
    pub(super) arrivals_per_pod: f64,
    /// The rates at which each pod serves.
    pub(super) rates: ServedRates,
    /// Requests in process at each pod.
    pub(super) in_flight: f64,
}

impl BeforeStart {
    /// `offered_rps` on `pods` pods.
    pub(super) fn of(server: &PodServer, offered_rps: f64, pods: u32) -> Self {
        let arrivals_per_pod = share(offered_rps, f64::from(pods));
        let normal_rps = arrivals_per_pod.min(server.capacity_rps);
        let utilization = server.utilization(normal_rps);
        Self {
            arrivals_per_pod,
            rates: ServedRates {
                normal_rps,
                bursting_rps: 0.0,
                arriving_rps: arrivals_per_pod,
            },
            in_flight: normal_rps * server.stationary(utilization).mean(),
        }
    }
}
