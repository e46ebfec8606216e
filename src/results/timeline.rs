//! A run in even intervals: the rows of `timeline.csv` and of the plot.
//!
//! Self-imposed limit: means and ends of intervals. What is finer than
//! [`INTERVAL`] is in the KPIs, which do not come from these rows.

use super::failures;
use super::measured::{MeasuredLatency, Precision};
use super::mixture::{Component, mixture_quantile};
use super::slo::{SloJudge, Tally, counted, delay_at, interval_end, is_steady};
use crate::hpa::spec::MetricTarget;
use crate::scenario::Scenario;
use crate::simulation::Observer;
use crate::simulation::observer::{
    Decided, FailureCauses, FlowSegment, PodCounts, PodSpread, RequestSegment, Scaled,
};
use crate::units::{Replicas, SimSpan, SimTime};
use crate::workload::Demand;

pub use crate::simulation::observer::INTERVAL;

/// The rows for which room is made at the start, a week's: a longer run takes more as it goes.
const ROWS_AT_ONCE: i64 = 7 * 86_400 / 5;

/// A run in intervals of [`INTERVAL`]; the last may be shorter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// One row an interval, in the order of time.
    pub rows: Vec<TimelineRow>,
    /// The moments at which `spec.replicas` changed.
    pub rescales: Vec<Rescale>,
    /// When the run ended: the end of the last row.
    pub end: SimTime,
}

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
    /// Whether the SLO was broken, by the same judge as `slo_violation_seconds`.
    pub slo_violated: bool,
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

/// What a reconcile saw of the CPU.
#[derive(Clone, Copy, Debug)]
struct Seen {
    time: SimTime,
    percent: Option<f64>,
}

/// The interval under way.
#[derive(Clone, Debug, Default)]
struct OpenInterval {
    tally: Tally,
    core_seconds: f64,
    cpu_percent_seconds: f64,
    cpu_seconds: f64,
    /// Time of pods with work, or their CFS periods with work.
    working: f64,
    /// The part of it in which they were throttled.
    throttled: f64,
    failures: FailureCauses,
    components: Vec<Component>,
    retried: u64,
    pod_cpu: Option<PodSpread>,
}

impl Requests {
    fn new() -> Self {
        Self {
            latency: MeasuredLatency::new(Precision::Interval),
            beyond_limit: 0,
            last: AtEnd {
                nominal_rps: 0.0,
                in_flight: 0.0,
                users: None,
                pods: PodCounts::default(),
            },
        }
    }
}

impl OpenInterval {
    fn add_cpu(&mut self, share_of_request: Option<f64>, seconds: f64) {
        if let Some(share) = share_of_request {
            self.cpu_percent_seconds += 100.0 * share * seconds;
            self.cpu_seconds += seconds;
        }
    }

    fn clear(&mut self) {
        // The room of the components is kept.
        let mut components = std::mem::take(&mut self.components);
        components.clear();
        *self = Self {
            components,
            ..Self::default()
        };
    }
}

/// What stood when a row ended.
#[derive(Clone, Copy, Debug)]
struct AtEnd {
    /// Requests that the trace offers per second.
    nominal_rps: f64,
    in_flight: f64,
    users: Option<u32>,
    pods: PodCounts,
}

/// What only the request engine tells, about the interval under way.
#[derive(Clone, Debug)]
struct Requests {
    latency: MeasuredLatency,
    /// Answered since the last segment, and slower than the SLO's limit.
    beyond_limit: u64,
    /// What stood at the end of the last segment.
    last: AtEnd,
}

/// Makes the [`Timeline`] of one run; `N` tells the fewest pods that meet the SLO at a rate per second.
#[derive(Clone, Debug)]
pub struct TimelineRecorder<N> {
    needed: N,
    judge: SloJudge,
    promised_quantile: f64,
    /// None that succeeded took longer than its client waits.
    timeout_seconds: f64,
    demand_in_requests: bool,
    /// The place of the first CPU utilisation metric in `spec.metrics`.
    cpu_metric: Option<usize>,
    timeline: Timeline,
    seen: Vec<Seen>,
    open: OpenInterval,
    open_start: SimTime,
    /// The last segment of flow: what stood when the run ended.
    last: Option<FlowSegment>,
    /// `None` as long as no single request was told of.
    requests: Option<Box<Requests>>,
}

impl<N: Fn(f64) -> Option<Replicas>> TimelineRecorder<N> {
    /// A recorder of a run of `scenario`; `needed` as for [`KpiObserver`](super::KpiObserver).
    #[must_use]
    pub fn new(scenario: &Scenario, needed: N) -> Self {
        let intervals = scenario.trace.end().as_nanos() / INTERVAL.as_nanos() + 1;
        let cpu_metric = scenario.autoscaler.as_ref().and_then(|autoscaler| {
            autoscaler.spec.metrics.iter().position(|metric| {
                metric.source.is_cpu() && matches!(metric.target, MetricTarget::Utilization(_))
            })
        });
        Self {
            needed,
            judge: SloJudge::new(&scenario.slo, scenario.workload.timeout),
            promised_quantile: scenario.slo.latency_quantile,
            timeout_seconds: scenario.workload.timeout.as_secs_f64(),
            demand_in_requests: !matches!(scenario.trace.demand, Demand::CpuMillicores(_)),
            cpu_metric,
            timeline: Timeline {
                rows: Vec::with_capacity(usize::try_from(intervals.min(ROWS_AT_ONCE)).unwrap_or(0)),
                ..Timeline::default()
            },
            seen: Vec::new(),
            open: OpenInterval::default(),
            open_start: SimTime::ZERO,
            last: None,
            requests: None,
        }
    }

    /// The timeline, once the run is over.
    #[must_use]
    pub fn finish(mut self) -> Timeline {
        let end = self.timeline.end;
        if end > self.open_start {
            if let Some(last) = self.last {
                self.close_flow(&last, end);
            } else if let Some(last) = self.requests.as_ref().map(|requests| requests.last) {
                self.close(&last, end);
            }
        }
        let mut seen = self.seen.iter().peekable();
        let mut percent = None;
        for row in &mut self.timeline.rows {
            let row_end = (row.time + INTERVAL).min(end);
            while let Some(reconcile) = seen.next_if(|reconcile| reconcile.time < row_end) {
                percent = reconcile.percent;
            }
            row.cpu_percent_seen = percent;
        }
        self.timeline
    }

    fn add(&mut self, segment: &FlowSegment, from: SimTime, to: SimTime) {
        let seconds = (to - from).as_secs_f64();
        let open = &mut self.open;
        if self.demand_in_requests {
            let tally = self.judge.tally(segment, from, to);
            if tally.failed > 0.0 {
                failures::add(&mut open.failures, &segment.failed_rps, seconds);
                if from == segment.start {
                    failures::add(&mut open.failures, &segment.failed_at_start, 1.0);
                }
            }
            open.tally.add(&tally);
            if segment.succeeded_rps > 0.0 {
                open.components.push(Component {
                    weight: segment.succeeded_rps * seconds,
                    latency: segment.latency,
                    delay_start_seconds: delay_at(segment, from),
                    delay_end_seconds: delay_at(segment, to),
                });
            }
        }
        open.core_seconds += segment.cpu_cores * seconds;
        open.add_cpu(segment.cpu_share_of_request, seconds);
        open.working += f64::from(segment.working_pods) * seconds;
        open.throttled += f64::from(segment.throttled_pods) * seconds;
    }

    /// The row of the interval under way, which ends at `end`.
    fn row(&self, at_end: &AtEnd, end: SimTime) -> TimelineRow {
        let open = &self.open;
        let seconds = (end - self.open_start).as_secs_f64();
        let needed = if self.demand_in_requests {
            (self.needed)(at_end.nominal_rps)
        } else {
            None
        };
        let mut failures_rps = FailureCauses::default();
        failures::add(&mut failures_rps, &open.failures, 1.0 / seconds);
        TimelineRow {
            time: self.open_start,
            offered_rps: open.tally.offered / seconds,
            succeeded_rps: open.tally.succeeded / seconds,
            failed_rps: open.tally.failed / seconds,
            failures_rps,
            retried_rps: (self.requests.is_some()).then(|| open.retried as f64 / seconds),
            in_flight: at_end.in_flight,
            cpu_cores: open.core_seconds / seconds,
            cpu_percent: (open.cpu_seconds > 0.0)
                .then(|| open.cpu_percent_seconds / open.cpu_seconds),
            cpu_percent_time_share: open.cpu_seconds / seconds,
            cpu_percent_seen: None,
            pod_cpu: open.pod_cpu,
            desired: at_end.pods.desired,
            current: at_end.pods.current,
            ready: at_end.pods.ready,
            needed,
            latency: self.latency(),
            throttled_share: if open.working > 0.0 {
                // A period counts as working where its work began, which may be in the row before.
                (open.throttled / open.working).min(1.0)
            } else {
                0.0
            },
            users: at_end.users,
            slo_violated: self.judge.is_broken(&open.tally),
        }
    }

    fn latency(&self) -> Option<RowLatency> {
        let quantile = |quantile: f64| match &self.requests {
            Some(requests) => requests.latency.quantile(quantile),
            None => mixture_quantile(&self.open.components, quantile)
                .map(|seconds| seconds.min(self.timeout_seconds)),
        };
        Some(RowLatency {
            p50: quantile(0.50)?,
            p95: quantile(0.95)?,
            p99: quantile(0.99)?,
            promised: quantile(self.promised_quantile)?,
        })
    }

    fn in_flight_at(&self, segment: &FlowSegment, time: SimTime) -> f64 {
        if !self.demand_in_requests {
            return 0.0;
        }
        let length = (segment.end - segment.start).as_secs_f64();
        let passed = (time - segment.start).as_secs_f64() / length;
        segment.backlog_start + (segment.backlog_end - segment.backlog_start) * passed
    }

    /// Ends the interval under way at `end`, which lies in `segment`.
    fn close_flow(&mut self, segment: &FlowSegment, end: SimTime) {
        let at_end = AtEnd {
            nominal_rps: segment.offered_rps,
            in_flight: self.in_flight_at(segment, end),
            users: None,
            pods: segment.pods,
        };
        self.close(&at_end, end);
    }

    fn close(&mut self, at_end: &AtEnd, end: SimTime) {
        let row = self.row(at_end, end);
        self.timeline.rows.push(row);
        self.open.clear();
        if let Some(requests) = &mut self.requests {
            requests.latency.clear();
        }
        self.open_start = end;
    }

    #[inline]
    fn requests(&mut self) -> &mut Requests {
        self.requests
            .get_or_insert_with(|| Box::new(Requests::new()))
    }

    /// Repeats the last row for the whole intervals from `from` on; returns where they end.
    ///
    /// Only for the inside of an even segment, where every interval is like the one before.
    fn repeat(&mut self, segment: &FlowSegment, from: SimTime) -> SimTime {
        let mut time = from;
        let Some(mut row) = self.timeline.rows.last().copied() else {
            return time;
        };
        while time + INTERVAL <= segment.end {
            row.time = time;
            time += INTERVAL;
            row.in_flight = self.in_flight_at(segment, time);
            self.timeline.rows.push(row);
        }
        self.open_start = time;
        time
    }
}

impl<N: Fn(f64) -> Option<Replicas>> Observer for TimelineRecorder<N> {
    fn flowed(&mut self, segment: &FlowSegment) {
        let mut from = segment.start;
        let mut repeats = false;
        while from < segment.end {
            if repeats {
                from = self.repeat(segment, from);
                repeats = false;
                continue;
            }
            let boundary = interval_end(from);
            let to = boundary.min(segment.end);
            self.add(segment, from, to);
            if to == boundary {
                // An interval that lies wholly inside, past what failed at the start, is like all after it.
                repeats = from + INTERVAL == boundary
                    && is_steady(segment)
                    && (from > segment.start || segment.failed_at_start.total() <= 0.0);
                self.close_flow(segment, boundary);
            }
            from = to;
        }
        self.timeline.end = segment.end;
        self.last = Some(*segment);
    }

    #[inline]
    fn answered(&mut self, latency: SimSpan) {
        let late = self.judge.is_beyond_limit(latency);
        let requests = self.requests();
        requests.latency.record(latency);
        requests.beyond_limit += u64::from(late);
    }

    fn served(&mut self, segment: &RequestSegment) {
        let requests = self.requests();
        requests.last = AtEnd {
            nominal_rps: segment.nominal_rps,
            in_flight: segment.in_flight as f64,
            users: segment.users,
            pods: segment.pods,
        };
        let at_end = requests.last;
        let tally = counted(segment, std::mem::take(&mut requests.beyond_limit));
        let open = &mut self.open;
        open.tally.add(&tally);
        failures::add(&mut open.failures, &segment.failed, 1.0);
        open.retried += segment.retried;
        open.core_seconds += segment.cpu_core_seconds;
        let seconds = (segment.end - segment.start).as_secs_f64();
        open.add_cpu(segment.cpu_share_of_request, seconds);
        open.working += segment.working_periods as f64;
        open.throttled += segment.throttled_periods as f64;
        open.pod_cpu = segment.pod_cpu.or(open.pod_cpu);
        self.timeline.end = segment.end;
        if interval_end(self.open_start) <= segment.end {
            self.close(&at_end, segment.end);
        }
    }

    fn scaled(&mut self, change: &Scaled) {
        self.timeline.rescales.push(Rescale {
            time: change.time,
            from: change.from,
            to: change.to,
        });
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        if let Some(index) = self.cpu_metric {
            let metrics = &decision.memory.status.current_metrics;
            let utilization = metrics
                .get(index)
                .copied()
                .flatten()
                .and_then(|value| value.average_utilization);
            self.seen.push(Seen {
                time: decision.time,
                percent: utilization.map(f64::from),
            });
        }
        if decision.outcome.rescaled && decision.outcome.desired != decision.current {
            self.timeline.rescales.push(Rescale {
                time: decision.time,
                from: decision.current,
                to: decision.outcome.desired,
            });
        }
    }
}
