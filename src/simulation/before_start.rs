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
    /// The utilization of each pod.
    pub(super) utilization: f64,
    /// Requests in process at each pod.
    pub(super) in_flight: f64,
}

impl BeforeStart {
    /// `offered_rps` on `pods` pods.
    pub(super) fn of(server: &PodServer, offered_rps: f64, pods: u32) -> Self {
        let arrivals_per_pod = share(offered_rps, f64::from(pods));
        let normal_rps = server.served_rps(arrivals_per_pod);
        let load = server.load(arrivals_per_pod);
        Self {
            arrivals_per_pod,
            rates: ServedRates {
                arriving_rps: arrivals_per_pod,
                ..ServedRates::normal(normal_rps, load.cost_factor)
            },
            utilization: load.utilization,
            in_flight: normal_rps * server.latency(load).mean(),
        }
    }
}
