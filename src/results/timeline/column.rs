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
    pub const ALL: &[Self] = &[
        both("time_s", "s", "The start of the interval.", |row| {
            Some(row.time.as_secs_f64())
        }),
        both(
            "offered_rps",
            "1/s",
            "Requests that clients sent for the first time.",
            |row| Some(row.offered_rps),
        ),
        both(
            "succeeded_rps",
            "1/s",
            "Requests answered before the client gave up.",
            |row| Some(row.succeeded_rps),
        ),
        both("failed_rps", "1/s", "Requests given up for good.", |row| {
            Some(row.failed_rps)
        }),
        both(
            "requests_in_flight",
            "count",
            "Requests whose client waits at the end of the interval.",
            |row| Some(row.in_flight),
        ),
        both(
            "cpu_cores",
            "cores",
            "CPU that all pods used together.",
            |row| Some(row.cpu_cores),
        ),
        both(
            "cpu_percent",
            "%",
            "CPU of the ready pods, of what they request, over the time in which any pod was ready. A pod that was ready for milliseconds may have spent a whole CFS quota in them, and then stands far above its limit; the picture leaves out rows in which pods were ready for less than a tenth of the time.",
            |row| row.cpu_percent,
        ),
        both(
            "cpu_percent_seen",
            "%",
            "The same as the last sync of the autoscaler before the end of the interval saw it.",
            |row| row.cpu_percent_seen,
        ),
        both(
            "replicas_desired",
            "pods",
            "`spec.replicas` at the end of the interval.",
            |row| count(row.desired),
        ),
        both(
            "replicas_current",
            "pods",
            "Pods that are not terminating, at the end of the interval.",
            |row| count(row.current),
        ),
        both(
            "replicas_ready",
            "pods",
            "Pods that serve, at the end of the interval.",
            |row| count(row.ready),
        ),
        both(
            "replicas_needed",
            "pods",
            "The fewest pods that would keep the SLO at the rate that is offered at the end of the interval.",
            |row| row.needed.and_then(count),
        ),
        both(
            "latency_seconds_p50",
            "s",
            "Median latency of the requests that succeeded in the interval: measured with two significant digits (request engine), or solved (fluid engine).",
            |row| row.latency.map(|latency| latency.p50),
        ),
        both(
            "latency_seconds_p95",
            "s",
            "95th percentile of the same.",
            |row| row.latency.map(|latency| latency.p95),
        ),
        both(
            "latency_seconds_p99",
            "s",
            "99th percentile of the same.",
            |row| row.latency.map(|latency| latency.p99),
        ),
        both(
            "throttled_share",
            "0..1",
            "As the KPI of that name. A CFS period counts as one with work where its work begins, and as throttled where its quota runs out: the share of a row is right to one period a pod.",
            |row| Some(row.throttled_share),
        ),
        both(
            "slo_violated",
            "0, 1",
            "1 where the interval broke the SLO.",
            |row| Some(f64::from(u8::from(row.slo_violated()))),
        ),
        both(
            "rescaled_to",
            "pods",
            "Where the last rescale within the interval led.",
            |row| row.rescaled_to.and_then(count),
        ),
        both(
            "failed_no_endpoint_rps",
            "1/s",
            "Of `failed_rps`: there was no pod to send the last attempt to.",
            |row| Some(row.failures_rps.no_endpoint),
        ),
        both(
            "failed_not_initialised_rps",
            "1/s",
            "Of `failed_rps`: the pod could not serve yet, or its container had been killed.",
            |row| Some(row.failures_rps.not_initialised),
        ),
        both(
            "failed_queue_full_rps",
            "1/s",
            "Of `failed_rps`: the queue of the pod was full.",
            |row| Some(row.failures_rps.queue_full),
        ),
        both(
            "failed_timed_out_rps",
            "1/s",
            "Of `failed_rps`: the client gave up.",
            |row| Some(row.failures_rps.timed_out),
        ),
        both(
            "failed_pod_gone_rps",
            "1/s",
            "Of `failed_rps`: the pod went away with the request.",
            |row| Some(row.failures_rps.pod_gone),
        ),
        both(
            "failed_oom_killed_rps",
            "1/s",
            "Of `failed_rps`: the container was killed for memory with the request.",
            |row| Some(row.failures_rps.oom_killed),
        ),
        of_requests(
            "retried_rps",
            "1/s",
            "Attempts after the first of a request.",
            |row| row.retried_rps,
        ),
        of_requests(
            "cpu_percent_pod_min",
            "%",
            "CPU of the idlest pod that is ready at the end of the interval, of what it requests.",
            |row| row.pod_cpu.map(|pods| 100.0 * pods.min),
        ),
        of_requests(
            "cpu_percent_pod_mean",
            "%",
            "The mean over these pods.",
            |row| row.pod_cpu.map(|pods| 100.0 * pods.mean),
        ),
        of_requests(
            "cpu_percent_pod_max",
            "%",
            "The busiest of these pods.",
            |row| row.pod_cpu.map(|pods| 100.0 * pods.max),
        ),
        of_requests(
            "throttled_share_pod_max",
            "0..1",
            "The greatest `throttled_share` of a pod.",
            |row| row.pod_cpu.map(|pods| pods.max_throttled_share),
        ),
        of_requests(
            "users",
            "count",
            "Users of a closed load, at the end of the interval.",
            |row| row.users.map(f64::from),
        ),
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
    what: &'static str,
    value: fn(&TimelineRow) -> Option<f64>,
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
    what: &'static str,
    value: fn(&TimelineRow) -> Option<f64>,
) -> TimelineColumn {
    TimelineColumn {
        is_of_requests: true,
        ..both(name, unit, what, value)
    }
}
