//! A run in even intervals: the rows of `timeline.csv` and of the plot.
//!
//! A row holds means and ends of an interval. What is finer than [`INTERVAL`] is in
//! the KPIs, which do not come from these rows. Every row goes to a [`RowSink`] as
//! soon as it is known; for the picture a bounded number is kept.

mod column;
mod metrics_seen;
mod row;

use std::collections::VecDeque;

use super::failures;
use super::measured::{MeasuredLatency, Precision};
use super::mixture::{Component, mixture_quantile};
use super::slo::{SloJudge, Tally, counted, delay_at, interval_end, is_steady};
use crate::control::Decided;
use crate::hpa::spec::MetricSpec;
use crate::scenario::Scenario;
use crate::simulation::observer::{
    FailureCauses, FlowSegment, PodCounts, PodSpread, RequestSegment,
};
use crate::simulation::{Observer, Provisioning};
use crate::units::{Replicas, SimSpan, SimTime};
use crate::workload::Demand;

pub use crate::simulation::observer::INTERVAL;
pub use column::TimelineColumn;
pub use metrics_seen::MetricsSeen;
pub use row::{ROWS_MAX, RowLatency, TimelineRow};

use row::KeptRows;

/// More rescales than this become half as many.
pub const RESCALES_MAX: usize = 1 << 16;

/// A run in rows for a picture: one an interval of [`INTERVAL`], or one for several intervals of a long run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// In the order of time, at most [`ROWS_MAX`]; a row lasts until the next one, or until the end.
    pub rows: Vec<TimelineRow>,
    /// The moments at which `spec.replicas` changed, at most [`RESCALES_MAX`].
    pub rescales: Vec<Rescale>,
    /// What the reconciles saw, where a metric is another than CPU utilization.
    pub metrics_seen: MetricsSeen,
    /// When the run ended: the end of the last row.
    pub end: SimTime,
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

/// Takes every row of a timeline, in the order of time, one an interval.
pub trait RowSink {
    /// Takes the next row.
    fn row(&mut self, row: &TimelineRow);

    /// Whether it takes no further row, so that the run may end: a file that cannot be written.
    fn has_failed(&self) -> bool {
        false
    }
}

/// Keeps nothing.
impl RowSink for () {
    fn row(&mut self, _: &TimelineRow) {}
}

/// Nothing, where there is no sink.
impl<S: RowSink> RowSink for Option<S> {
    fn row(&mut self, row: &TimelineRow) {
        if let Some(sink) = self {
            sink.row(row);
        }
    }

    fn has_failed(&self) -> bool {
        self.as_ref().is_some_and(RowSink::has_failed)
    }
}

/// Both get every row.
impl<A: RowSink, B: RowSink> RowSink for (A, B) {
    fn row(&mut self, row: &TimelineRow) {
        self.0.row(row);
        self.1.row(row);
    }

    fn has_failed(&self) -> bool {
        self.0.has_failed() || self.1.has_failed()
    }
}

/// What the controller did at a moment, until the row of that moment is closed.
#[derive(Clone, Copy, Debug)]
struct PendingAct {
    time: SimTime,
    what: ControllerAct,
}

#[derive(Clone, Copy, Debug)]
enum ControllerAct {
    /// A reconcile that saw this of the CPU.
    Saw(Option<f64>),
    /// A rescale to this number of replicas.
    ScaledTo(Replicas),
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

impl IntervalRequests {
    fn new() -> Self {
        Self {
            latency: MeasuredLatency::new(Precision::Interval),
            beyond_limit: 0,
            last: AtEnd::default(),
        }
    }
}

impl OpenInterval {
    /// Adds requests and their latency, to the stretch before if that has nearly the same latency.
    fn add_latency(&mut self, component: Component) {
        if let Some(last) = self.components.last_mut()
            && last.absorb(&component)
        {
            return;
        }
        self.components.push(component);
    }

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
#[derive(Clone, Copy, Debug, Default)]
struct AtEnd {
    /// Requests that the trace offers per second.
    nominal_rps: f64,
    in_flight: f64,
    users: Option<u32>,
    pods: PodCounts,
}

/// What only the request engine tells, about the interval under way.
#[derive(Clone, Debug)]
struct IntervalRequests {
    latency: MeasuredLatency,
    /// Answered since the last segment, and slower than the SLO's limit.
    beyond_limit: u64,
    /// What stood at the end of the last segment.
    last: AtEnd,
}

/// Makes the [`Timeline`] of one run.
#[derive(Clone, Debug)]
pub struct TimelineRecorder<S = ()> {
    provisioning: Provisioning,
    judge: SloJudge,
    promised_quantile: f64,
    /// None that succeeded took longer than its client waits.
    timeout_seconds: f64,
    demand_in_requests: bool,
    /// The place of the first CPU utilisation metric in `spec.metrics`.
    cpu_metric: Option<usize>,
    sink: S,
    kept: KeptRows,
    rescales: Vec<Rescale>,
    metrics_seen: MetricsSeen,
    /// The last row of one interval.
    last_row: Option<TimelineRow>,
    pending: VecDeque<PendingAct>,
    /// What the last reconcile before the end of the last row saw.
    percent_seen: Option<f64>,
    end: SimTime,
    open: OpenInterval,
    open_start: SimTime,
    /// The last segment of flow: what stood when the run ended.
    last: Option<FlowSegment>,
    /// `None` until the first single request.
    requests: Option<Box<IntervalRequests>>,
}

impl TimelineRecorder {
    /// A recorder of a run of `scenario`.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Self::writing(scenario, ())
    }

    /// The timeline, once the run is over.
    #[must_use]
    pub fn finish(self) -> Timeline {
        self.finish_writing().0
    }
}

impl<S> TimelineRecorder<S> {
    /// The same recorder with `provisioning` in the place of the scenario's: it says how many pods a rate needs.
    #[must_use]
    pub fn with_provisioning(mut self, provisioning: Provisioning) -> Self {
        self.provisioning = provisioning;
        self
    }
}

impl<S: RowSink> TimelineRecorder<S> {
    /// The same, with a sink for every row.
    #[must_use]
    pub fn writing(scenario: &Scenario, sink: S) -> Self {
        let intervals = scenario.trace.end().as_nanos() / INTERVAL.as_nanos() + 1;
        let metrics = scenario
            .hpa()
            .map_or(&[][..], |autoscaler| &autoscaler.spec.metrics);
        Self {
            provisioning: Provisioning::of(scenario),
            judge: SloJudge::new(&scenario.slo, scenario.workload.timeout),
            promised_quantile: scenario.slo.latency_quantile,
            timeout_seconds: scenario.workload.timeout.as_secs_f64(),
            demand_in_requests: !matches!(scenario.trace.demand, Demand::CpuMillicores(_)),
            cpu_metric: metrics.iter().position(MetricSpec::is_cpu_utilization),
            sink,
            kept: KeptRows::with_room(usize::try_from(intervals).unwrap_or(0)),
            rescales: Vec::new(),
            metrics_seen: MetricsSeen::of(metrics),
            last_row: None,
            pending: VecDeque::new(),
            percent_seen: None,
            end: SimTime::ZERO,
            open: OpenInterval::default(),
            open_start: SimTime::ZERO,
            last: None,
            requests: None,
        }
    }

    /// A recorder that passes every row on to a sink and keeps none: its timeline has no rows.
    #[must_use]
    pub fn passing(scenario: &Scenario, sink: S) -> Self {
        Self {
            kept: KeptRows::off(),
            ..Self::writing(scenario, sink)
        }
    }

    /// The timeline and the sink, once the run is over.
    #[must_use]
    pub fn finish_writing(mut self) -> (Timeline, S) {
        let end = self.end;
        if end > self.open_start {
            if let Some(last) = self.last {
                self.close_flow(&last, end);
            } else if let Some(last) = self.requests.as_ref().map(|requests| requests.last) {
                self.close(&last, end);
            }
        }
        let timeline = Timeline {
            rows: self.kept.into_rows(),
            rescales: self.rescales,
            metrics_seen: self.metrics_seen,
            end,
        };
        (timeline, self.sink)
    }

    /// Adds what the controller did before `end` to the last row, which ends there, and hands the row on.
    fn emit_last(&mut self, end: SimTime) {
        let Some(row) = &mut self.last_row else {
            return;
        };
        row.rescaled_to = None;
        while let Some(pending) = self.pending.front()
            && pending.time < end
        {
            match pending.what {
                ControllerAct::Saw(percent) => self.percent_seen = percent,
                ControllerAct::ScaledTo(replicas) => row.rescaled_to = Some(replicas),
            }
            self.pending.pop_front();
        }
        row.cpu_percent_seen = self.percent_seen;
        self.sink.row(row);
        self.kept.push(row);
    }

    /// Joins neighbours when the list is full, so that a long run needs no more memory.
    fn rescaled(&mut self, rescale: Rescale) {
        if self.rescales.len() == RESCALES_MAX {
            for pair in 0..RESCALES_MAX / 2 {
                let (first, second) = (self.rescales[2 * pair], self.rescales[2 * pair + 1]);
                self.rescales[pair] = Rescale {
                    from: first.from,
                    ..second
                };
            }
            self.rescales.truncate(RESCALES_MAX / 2);
        }
        self.rescales.push(rescale);
        self.pending.push_back(PendingAct {
            time: rescale.time,
            what: ControllerAct::ScaledTo(rescale.to),
        });
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
                open.add_latency(Component {
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
            self.provisioning.needed(at_end.nominal_rps)
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
            slo_violated_share: f64::from(u8::from(self.judge.is_broken(&open.tally))),
            rescaled_to: None,
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

    /// The backlog changes linearly within a segment.
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
        self.last_row = Some(self.row(at_end, end));
        self.emit_last(end);
        self.open.clear();
        if let Some(requests) = &mut self.requests {
            requests.latency.clear();
        }
        self.open_start = end;
    }

    #[inline]
    fn requests(&mut self) -> &mut IntervalRequests {
        self.requests
            .get_or_insert_with(|| Box::new(IntervalRequests::new()))
    }

    /// Repeats the last row for the whole intervals from `from` on; returns where they end.
    ///
    /// Only for the inside of an even segment, where every interval is like the one before.
    fn repeat(&mut self, segment: &FlowSegment, from: SimTime) -> SimTime {
        let mut time = from;
        while time + INTERVAL <= segment.end {
            let end = time + INTERVAL;
            let in_flight = self.in_flight_at(segment, end);
            if let Some(row) = &mut self.last_row {
                (row.time, row.in_flight) = (time, in_flight);
            }
            self.emit_last(end);
            time = end;
        }
        self.open_start = time;
        time
    }
}

impl<S: RowSink> Observer for TimelineRecorder<S> {
    fn has_enough(&self) -> bool {
        self.sink.has_failed()
    }

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
        self.end = segment.end;
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
        self.end = segment.end;
        if interval_end(self.open_start) <= segment.end {
            self.close(&at_end, segment.end);
        }
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        self.metrics_seen.push(decision.time, decision.metrics);
        if let Some(index) = self.cpu_metric {
            let utilization = decision
                .metrics
                .get(index)
                .copied()
                .flatten()
                .and_then(|value| value.average_utilization);
            self.pending.push_back(PendingAct {
                time: decision.time,
                what: ControllerAct::Saw(utilization.map(f64::from)),
            });
        }
        if decision.direction().is_some() {
            self.rescaled(Rescale {
                time: decision.time,
                from: decision.current,
                to: decision.desired,
            });
        }
    }
}
