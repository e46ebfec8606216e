//! The columns of a timeline: one table for `timeline.csv`, for the pages about it, and for callers who want columns.

use super::Timeline;
use super::row::TimelineRow;
use crate::units::Replicas;

/// A column of a timeline.
///
/// # Examples
///
/// ```
/// use hpasim::results::TimelineColumn;
///
/// let ready = TimelineColumn::named("replicas_ready").expect("a column");
/// assert_eq!(ready.unit, "pods");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TimelineColumn {
    /// Its name in `timeline.csv`, with the unit as a suffix where there is one.
    pub name: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// What it holds, in one sentence.
    pub what: &'static str,
    /// Whether only the request engine fills it.
    pub is_of_requests: bool,
    value: fn(&TimelineRow) -> Option<f64>,
}

impl TimelineColumn {
    /// All columns, in the order of `timeline.csv`.
    // A table: its rows stay short, with the text below.
    #[rustfmt::skip]
    pub const ALL: &[Self] = &[
        both("time_s", "s", |row| Some(row.time.as_secs_f64()),
            "The start of the interval."),
        both("offered_rps", "1/s", |row| Some(row.offered_rps),
            "Requests that clients sent for the first time."),
        both("succeeded_rps", "1/s", |row| Some(row.succeeded_rps),
            "Requests answered before the client gave up."),
        both("failed_rps", "1/s", |row| Some(row.failed_rps),
            "Requests given up for good."),
        both("requests_in_flight", "count", |row| Some(row.in_flight),
            "Requests whose client waits at the end of the interval."),
        both("cpu_cores", "cores", |row| Some(row.cpu_cores),
            "CPU that all pods used together."),
        both("cpu_percent", "%", |row| row.cpu_percent,
            "CPU of the ready pods, of what they request, over the time in which any pod was ready. A pod that was ready for milliseconds may have spent a whole CFS quota in them, and then stands far above its limit; the picture leaves out rows in which pods were ready for less than a tenth of the time."),
        both("cpu_percent_seen", "%", |row| row.cpu_percent_seen,
            "The same as the last sync of the autoscaler before the end of the interval saw it."),
        both("replicas_desired", "pods", |row| count(row.desired),
            "`spec.replicas` at the end of the interval."),
        both("replicas_current", "pods", |row| count(row.current),
            "Pods that are not terminating, at the end of the interval."),
        both("replicas_ready", "pods", |row| count(row.ready),
            "Pods that serve, at the end of the interval."),
        both("replicas_needed", "pods", |row| row.needed.and_then(count),
            "The fewest pods that would keep the SLO at the rate that is offered at the end of the interval."),
        both("latency_seconds_p50", "s", |row| row.latency.map(|latency| latency.p50),
            "Median latency of the requests that succeeded in the interval: measured with two significant digits (request engine), or solved (fluid engine)."),
        both("latency_seconds_p95", "s", |row| row.latency.map(|latency| latency.p95),
            "95th percentile of the same."),
        both("latency_seconds_p99", "s", |row| row.latency.map(|latency| latency.p99),
            "99th percentile of the same."),
        both("throttled_share", "0..1", |row| Some(row.throttled_share),
            "As the KPI of that name. A CFS period counts as one with work where its work begins, and as throttled where its quota runs out: the share of a row is right to one period a pod."),
        both("slo_violated", "0, 1", |row| Some(f64::from(u8::from(row.slo_violated()))),
            "1 where the interval broke the SLO; under the fluid engine, where it broke the SLO more likely than not."),
        both("rescaled_to", "pods", |row| row.rescaled_to.and_then(count),
            "Where the last rescale within the interval led."),
        both("failed_no_endpoint_rps", "1/s", |row| Some(row.failures_rps.no_endpoint),
            "Of `failed_rps`: there was no pod to send the last attempt to."),
        both("failed_not_initialised_rps", "1/s", |row| Some(row.failures_rps.not_initialised),
            "Of `failed_rps`: the pod could not serve yet, or its container had been killed."),
        both("failed_queue_full_rps", "1/s", |row| Some(row.failures_rps.queue_full),
            "Of `failed_rps`: the queue of the pod was full."),
        both("failed_timed_out_rps", "1/s", |row| Some(row.failures_rps.timed_out),
            "Of `failed_rps`: the client gave up."),
        both("failed_pod_gone_rps", "1/s", |row| Some(row.failures_rps.pod_gone),
            "Of `failed_rps`: the pod went away with the request."),
        both("failed_oom_killed_rps", "1/s", |row| Some(row.failures_rps.oom_killed),
            "Of `failed_rps`: the container was killed for memory with the request."),
        of_requests("retried_rps", "1/s", |row| row.retried_rps,
            "Attempts after the first of a request."),
        of_requests("cpu_percent_pod_min", "%", |row| row.pod_cpu.map(|pods| 100.0 * pods.min),
            "CPU of the idlest pod that is ready at the end of the interval, of what it requests."),
        of_requests("cpu_percent_pod_mean", "%", |row| row.pod_cpu.map(|pods| 100.0 * pods.mean),
            "The mean over these pods."),
        of_requests("cpu_percent_pod_max", "%", |row| row.pod_cpu.map(|pods| 100.0 * pods.max),
            "The busiest of these pods."),
        of_requests("throttled_share_pod_max", "0..1", |row| row.pod_cpu.map(|pods| pods.max_throttled_share),
            "The greatest `throttled_share` of a pod."),
        of_requests("users", "count", |row| row.users.map(f64::from),
            "Users of a closed load, at the end of the interval."),
    ];

    /// The column of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|column| column.name == name)
    }

    /// Its value in a row; `None` where it is not known.
    #[must_use]
    pub fn value(&self, row: &TimelineRow) -> Option<f64> {
        (self.value)(row)
    }
}

impl Timeline {
    /// The values of a column, row by row; not known is `None`.
    #[must_use]
    pub fn column(&self, column: &TimelineColumn) -> Vec<Option<f64>> {
        self.rows.iter().map(|row| column.value(row)).collect()
    }
}

fn count(replicas: Replicas) -> Option<f64> {
    Some(f64::from(replicas.0))
}

/// A column that both engines fill.
const fn both(
    name: &'static str,
    unit: &'static str,
    value: fn(&TimelineRow) -> Option<f64>,
    what: &'static str,
) -> TimelineColumn {
    TimelineColumn {
        name,
        unit,
        what,
        is_of_requests: false,
        value,
    }
}

/// A column that the request engine alone fills.
const fn of_requests(
    name: &'static str,
    unit: &'static str,
    value: fn(&TimelineRow) -> Option<f64>,
    what: &'static str,
) -> TimelineColumn {
    TimelineColumn {
        is_of_requests: true,
        ..both(name, unit, value, what)
    }
}
