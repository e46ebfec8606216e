//! A run in even intervals: the rows of `timeline.csv` and of the plot.

use crate::units::{Replicas, SimSpan, SimTime};

/// The intervals' length: the grain in which the SLO is judged.
pub const INTERVAL: SimSpan = SimSpan::from_secs(5);

/// A run in intervals of [`INTERVAL`]; the last may be shorter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// One row an interval, in the order of time.
    pub rows: Vec<TimelineRow>,
    /// The moments at which `spec.replicas` changed.
    pub rescales: Vec<Rescale>,
}

/// One interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimelineRow {
    /// Its first instant.
    pub time: SimTime,
    /// Requests offered per second, mean.
    pub offered_rps: f64,
    /// Requests answered in time per second, mean.
    pub succeeded_rps: f64,
    /// Requests failed per second, mean.
    pub failed_rps: f64,
    /// Requests in flight at its end.
    pub in_flight: f64,
    /// CPU of the ready pods in percent of their request, mean over the interval; `None` without ready pods.
    pub cpu_percent: Option<f64>,
    /// The same as the last reconcile saw it; `None` where none saw any.
    pub cpu_percent_seen: Option<f64>,
    /// `spec.replicas` at its end.
    pub desired: Replicas,
    /// Pods that are not terminating, at its end.
    pub current: Replicas,
    /// Pods that serve, at its end.
    pub ready: Replicas,
    /// The fewest pods that would meet the SLO at the rate offered at its end; `None` where no number would.
    pub needed: Option<Replicas>,
    /// Median latency of what succeeded, in seconds; `None` where nothing did.
    pub latency_seconds_p50: Option<f64>,
    /// 95th percentile.
    pub latency_seconds_p95: Option<f64>,
    /// 99th percentile.
    pub latency_seconds_p99: Option<f64>,
    /// Share of the working pods' time at the CPU limit, 0..1.
    pub throttled_share: f64,
    /// Whether the SLO was broken.
    pub slo_violated: bool,
}

/// A change of `spec.replicas`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale {
    /// When.
    pub time: SimTime,
    /// From.
    pub from: Replicas,
    /// To.
    pub to: Replicas,
}
