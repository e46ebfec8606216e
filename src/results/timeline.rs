//! A run in even intervals: the rows of `timeline.csv` and of the plot.
//!
//! Self-imposed limit: means and ends of intervals. What is finer than
//! [`INTERVAL`] is in the KPIs, which do not come from these rows.

use super::mixture::{Component, mixture_quantile};
use super::slo::{SloJudge, Tally, delay_at, interval_end, is_steady};
use crate::hpa::spec::MetricTarget;
use crate::scenario::Scenario;
use crate::simulation::Observer;
use crate::simulation::observer::{Decided, FlowSegment};
use crate::units::{Replicas, SimSpan, SimTime};
use crate::workload::Demand;

/// The intervals' length: the grain in which the SLO is judged.
pub const INTERVAL: SimSpan = SimSpan::from_secs(5);

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
    /// Requests in flight at its end.
    pub in_flight: f64,
    /// CPU that all pods together use, in cores, mean.
    pub cpu_cores: f64,
    /// CPU of the ready pods in percent of their request, mean over the interval; `None` without ready pods.
    pub cpu_percent: Option<f64>,
    /// The same as the last reconcile before its end saw it; `None` where none saw any.
    pub cpu_percent_seen: Option<f64>,
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
    /// Share of the working pods' time at the CPU limit, 0..1.
    pub throttled_share: f64,
    /// Whether the SLO was broken, by the same judge as `slo_violation_seconds`.
    pub slo_violated: bool,
}

/// Latency of those that succeeded within one interval, in seconds; never above the clients' timeout.
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
    working_seconds: f64,
    throttled_seconds: f64,
    components: Vec<Component>,
}

impl OpenInterval {
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
    /// The last segment: what stood when the run ended.
    last: Option<FlowSegment>,
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
            demand_in_requests: matches!(scenario.trace.demand, Demand::RequestsPerSecond(_)),
            cpu_metric,
            timeline: Timeline {
                rows: Vec::with_capacity(usize::try_from(intervals.min(ROWS_AT_ONCE)).unwrap_or(0)),
                ..Timeline::default()
            },
            seen: Vec::new(),
            open: OpenInterval::default(),
            open_start: SimTime::ZERO,
            last: None,
        }
    }

    /// The timeline, once the run is over.
    #[must_use]
    pub fn finish(mut self) -> Timeline {
        let end = self.timeline.end;
        if let Some(last) = self.last
            && end > self.open_start
        {
            self.close(&last, end);
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
            open.tally.add(&self.judge.tally(segment, from, to));
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
        if let Some(share) = segment.cpu_share_of_request {
            open.cpu_percent_seconds += 100.0 * share * seconds;
            open.cpu_seconds += seconds;
        }
        open.working_seconds += f64::from(segment.working_pods) * seconds;
        open.throttled_seconds += f64::from(segment.throttled_pods) * seconds;
    }

    /// The row of the interval under way, which ends at `end` in `segment`.
    fn row(&self, segment: &FlowSegment, end: SimTime) -> TimelineRow {
        let open = &self.open;
        let seconds = (end - self.open_start).as_secs_f64();
        let needed = if self.demand_in_requests {
            (self.needed)(segment.offered_rps)
        } else {
            None
        };
        TimelineRow {
            time: self.open_start,
            offered_rps: open.tally.offered / seconds,
            succeeded_rps: open.tally.succeeded / seconds,
            failed_rps: open.tally.failed / seconds,
            in_flight: self.in_flight_at(segment, end),
            cpu_cores: open.core_seconds / seconds,
            cpu_percent: (open.cpu_seconds > 0.0)
                .then(|| open.cpu_percent_seconds / open.cpu_seconds),
            cpu_percent_seen: None,
            desired: segment.pods.desired,
            current: segment.pods.current,
            ready: segment.pods.ready,
            needed,
            latency: self.latency(),
            throttled_share: if open.working_seconds > 0.0 {
                open.throttled_seconds / open.working_seconds
            } else {
                0.0
            },
            slo_violated: self.judge.is_broken(&open.tally),
        }
    }

    fn latency(&self) -> Option<RowLatency> {
        let quantile = |quantile: f64| {
            mixture_quantile(&self.open.components, quantile)
                .map(|seconds| seconds.min(self.timeout_seconds))
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

    fn close(&mut self, segment: &FlowSegment, end: SimTime) {
        let row = self.row(segment, end);
        self.timeline.rows.push(row);
        self.open.clear();
        self.open_start = end;
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
                self.close(segment, boundary);
            }
            from = to;
        }
        self.timeline.end = segment.end;
        self.last = Some(*segment);
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
