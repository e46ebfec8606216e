//! A row of the timeline, and how many rows become fewer.

use crate::results::failures;
use crate::simulation::observer::{FailureCauses, PodSpread};
use crate::units::{Replicas, SimTime};

/// One interval.
///
/// For a trace that knows demand only as CPU the request columns are zero, the
/// latencies and `needed` are `None`, and nothing breaks the SLO.
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
    /// The same by cause.
    pub failures_rps: FailureCauses,
    /// Attempts after a request's first per second, mean; `None` under the fluid engine, which knows none.
    pub retried_rps: Option<f64>,
    /// Requests in flight at its end.
    pub in_flight: f64,
    /// CPU that all pods together use, in cores, mean.
    pub cpu_cores: f64,
    /// CPU of the ready pods in percent of their request, mean over the time in which any was ready; `None` without ready pods.
    pub cpu_percent: Option<f64>,
    /// The part of the interval that `cpu_percent` covers, 0..1. Of milliseconds it may be far above the limit: a CFS quota is spent at full speed.
    pub cpu_percent_time_share: f64,
    /// The same as the last reconcile before its end saw it; `None` where none saw any.
    pub cpu_percent_seen: Option<f64>,
    /// CPU by pod; `None` under the fluid engine and without ready pods.
    pub pod_cpu: Option<PodSpread>,
    /// `spec.replicas` at its end.
    pub desired: Replicas,
    /// Pods that are not terminating, at its end.
    pub current: Replicas,
    /// Pods that serve, at its end.
    pub ready: Replicas,
    /// The fewest pods that would meet the SLO at the rate offered at its end; `None` where no number would.
    pub needed: Option<Replicas>,
    /// Latency of what succeeded; `None` where nothing did.
    pub latency: Option<RowLatency>,
    /// Share of the working pods' time at the CPU limit (fluid engine), or of the CFS periods with work in which the quota ran out (request engine), 0..1.
    pub throttled_share: f64,
    /// Users of a closed load, at its end.
    pub users: Option<u32>,
    /// The part of its time that broke the SLO, by the same judge as `slo_violation_seconds`: 0 or 1 of one interval.
    pub slo_violated_share: f64,
    /// Where the last rescale within it led; `None` without a rescale.
    pub rescaled_to: Option<Replicas>,
}

/// Latency of those that succeeded within one interval, in seconds.
///
/// Of flow it is solved, and never above the clients' timeout; of requests it is measured, with two significant digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowLatency {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// The quantile that the SLO promises.
    pub promised: f64,
}

impl TimelineRow {
    /// Whether the SLO was broken at any time within.
    #[must_use]
    pub fn slo_violated(&self) -> bool {
        self.slo_violated_share > 0.0
    }

    /// This row and the one after it as one; `share` of their time is the later one's.
    ///
    /// Rates and shares are means. Latency, replicas and users are the greatest, so
    /// that no peak is lost. What holds at an end is the later row's.
    fn joined(&self, later: &Self, share: f64) -> Self {
        let mean = |one: f64, other: f64| one * (1.0 - share) + other * share;
        let mut failures_rps = FailureCauses::default();
        failures::add(&mut failures_rps, &self.failures_rps, 1.0 - share);
        failures::add(&mut failures_rps, &later.failures_rps, share);
        Self {
            time: self.time,
            offered_rps: mean(self.offered_rps, later.offered_rps),
            succeeded_rps: mean(self.succeeded_rps, later.succeeded_rps),
            failed_rps: mean(self.failed_rps, later.failed_rps),
            failures_rps,
            retried_rps: joined(self.retried_rps, later.retried_rps, mean),
            in_flight: later.in_flight,
            cpu_cores: mean(self.cpu_cores, later.cpu_cores),
            cpu_percent: self.joined_cpu_percent(later, share),
            cpu_percent_time_share: mean(self.cpu_percent_time_share, later.cpu_percent_time_share),
            cpu_percent_seen: later.cpu_percent_seen,
            pod_cpu: joined(self.pod_cpu, later.pod_cpu, |one, other| PodSpread {
                min: one.min.min(other.min),
                mean: mean(one.mean, other.mean),
                max: one.max.max(other.max),
                max_throttled_share: one.max_throttled_share.max(other.max_throttled_share),
            }),
            desired: self.desired.max(later.desired),
            current: self.current.max(later.current),
            ready: self.ready.max(later.ready),
            // Where no number would do at some time, none does of the whole.
            needed: self
                .needed
                .zip(later.needed)
                .map(|(one, other)| one.max(other)),
            latency: joined(self.latency, later.latency, RowLatency::greater),
            throttled_share: mean(self.throttled_share, later.throttled_share),
            users: self.users.max(later.users),
            slo_violated_share: mean(self.slo_violated_share, later.slo_violated_share),
            rescaled_to: later.rescaled_to.or(self.rescaled_to),
        }
    }

    /// The mean over the time in which any pod was ready.
    fn joined_cpu_percent(&self, later: &Self, share: f64) -> Option<f64> {
        let seconds = self.cpu_percent_time_share * (1.0 - share);
        let later_seconds = later.cpu_percent_time_share * share;
        joined(self.cpu_percent, later.cpu_percent, |one, other| {
            (one * seconds + other * later_seconds) / (seconds + later_seconds)
        })
    }
}

impl RowLatency {
    fn greater(self, other: Self) -> Self {
        Self {
            p50: self.p50.max(other.p50),
            p95: self.p95.max(other.p95),
            p99: self.p99.max(other.p99),
            promised: self.promised.max(other.promised),
        }
    }
}

/// What both have, as `both` says; else what one has.
fn joined<T>(one: Option<T>, other: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other),
    }
}

/// More rows than this become half as many: at 5 s a row, of a run longer than 91 hours.
pub const ROWS_MAX: usize = 1 << 16;

/// The rows of a run in bounded memory.
///
/// When there are more than [`ROWS_MAX`], neighbours are joined two by two, and
/// each further row gathers twice as many intervals as before.
#[derive(Clone, Debug)]
pub(super) struct KeptRows {
    rows: Vec<TimelineRow>,
    /// How many intervals a row gathers.
    intervals_per_row: u32,
    /// How many the last row has gathered.
    gathered: u32,
    /// Whether no row is kept at all.
    is_off: bool,
}

impl KeptRows {
    /// The most intervals that fit.
    pub(super) fn with_room(intervals: usize) -> Self {
        Self {
            rows: Vec::with_capacity(intervals.min(ROWS_MAX)),
            intervals_per_row: 1,
            gathered: 1,
            is_off: false,
        }
    }

    /// Keeps no row.
    pub(super) fn off() -> Self {
        Self {
            is_off: true,
            ..Self::with_room(0)
        }
    }

    /// Adds the row of one interval.
    pub(super) fn push(&mut self, row: &TimelineRow) {
        if self.is_off {
            return;
        }
        if let Some(last) = self.rows.last_mut()
            && self.gathered < self.intervals_per_row
        {
            self.gathered += 1;
            *last = last.joined(row, 1.0 / f64::from(self.gathered));
            return;
        }
        if self.rows.len() == ROWS_MAX {
            self.halve();
        }
        self.rows.push(*row);
        self.gathered = 1;
    }

    fn halve(&mut self) {
        for pair in 0..self.rows.len() / 2 {
            self.rows[pair] = self.rows[2 * pair].joined(&self.rows[2 * pair + 1], 0.5);
        }
        self.rows.truncate(ROWS_MAX / 2);
        self.intervals_per_row *= 2;
    }

    /// All rows.
    pub(super) fn into_rows(self) -> Vec<TimelineRow> {
        self.rows
    }
}
