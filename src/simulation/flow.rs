//! The fluid engine: offered load, capacity and backlog as rates that are constant between changes.
//!
//! The engine counts pods by state and follows no single pod. It does nothing while nothing
//! changes. `docs/model.md` explains its simplifications.

mod classes;

use super::observer::{FailureCauses, FlowSegment, Observer, PodCounts};
use super::work::{NoPods, Offer, Settled, Work, WorkGauges};
use crate::cluster::census::Census;
use crate::cluster::cpu::{OwnUse, PodCpu};
use crate::cluster::measured::PodGauge;
use crate::cluster::pods::{PodFact, PodStatus, Pods};
use crate::cluster::served::{ServedRates, Serving};
use crate::cluster::stationary::StationaryLatency;
use crate::scenario::Scenario;
use crate::units::{Replicas, SimSpan, SimTime};
use classes::{ByClass, LatencyOfPods, ServingClasses};

/// A backlog below this is a rounding error of times.
const NO_BACKLOG: f64 = 1e-9;
/// Rates that differ by a smaller share are equal.
const SAME: f64 = 1e-12;

/// Smaller shares of requests that outlast their clients are below the accuracy of the table.
const LEAST_LATE_SHARE: f64 = 1e-5;

/// A number of pods, split into those in their start-up burst and the others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct ByBurst {
    normal: f64,
    bursting: f64,
}

impl ByBurst {
    fn count(&mut self, status: PodStatus, pods: f64) {
        if status.is(PodFact::Bursting) {
            self.bursting += pods;
        } else {
            self.normal += pods;
        }
    }

    fn total(self) -> f64 {
        self.normal + self.bursting
    }

    /// The sum of a quantity over the pods, from its values per pod.
    fn weighted(self, per_normal: f64, per_bursting: f64) -> f64 {
        // 0 times infinity must give 0 here, not NaN.
        let of = |pods: f64, each: f64| if pods > 0.0 { pods * each } else { 0.0 };
        of(self.normal, per_normal) + of(self.bursting, per_bursting)
    }
}

/// The numbers of pods that matter to the flow of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct FlowPods {
    endpoints: f64,
    serving: ByClass,
    /// The number of pods that serve.
    serving_pods: f64,
    started: ByBurst,
    ready: ByBurst,
    ready_serving: ByClass,
    counts: PodCounts,
}

impl FlowPods {
    fn of(pods: &Census, desired: Replicas) -> Self {
        let mut groups = Self {
            counts: PodCounts::without_states(pods, desired),
            ..Self::default()
        };
        for (status, number) in pods.by_status() {
            if number == 0 {
                continue;
            }
            groups.counts.count(status, number);
            let count = f64::from(number);
            if status.is(PodFact::Endpoint) {
                groups.endpoints += count;
            }
            if status.is(PodFact::Started) {
                groups.started.count(status, count);
            }
            let serving = Serving::of(status);
            if serving != Serving::Nothing {
                groups.serving[serving as usize] += count;
                groups.serving_pods += count;
            }
            if status.counts_as_ready() {
                groups.ready.count(status, count);
                if serving != Serving::Nothing {
                    groups.ready_serving[serving as usize] += count;
                }
            }
        }
        groups
    }

    /// The number of pods that serve in their start-up burst.
    fn serving_in_burst(&self) -> f64 {
        self.serving[Serving::Bursting as usize] + self.serving[Serving::WarmingInBurst as usize]
    }
}

/// The tighter bound on the backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BacklogBound {
    /// The places at the pods.
    Queue,
    /// The time until clients time out.
    Timeout,
}

#[derive(Clone, Copy, Debug)]
struct BacklogCap {
    requests: f64,
    bound: BacklogBound,
}

/// The state of the fluid engine: offered load against capacity.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    cpu: PodCpu,
    classes: ServingClasses,
    places_per_pod: f64,
    timeout_seconds: f64,
    offered_rps: f64,
    groups: FlowPods,
    groups_of: Option<GroupsKey>,
    backlog: f64,
    /// The upper bound of the backlog in the current segment.
    cap_requests: f64,
    failed_now: FailureCauses,
    /// The current segment. Its end, and the backlog there, are not known yet.
    segment: FlowSegment,
    inflow_rps: f64,
    overflow_rps: f64,
    /// Requests per second that are served after their client has given up, without a backlog.
    late_rps: f64,
    capacity_rps: f64,
    rates: ServedRates,
    /// Core-seconds that a request costs in the first container, at its plain cost.
    first_seconds_per_request: f64,
}

/// The key of the cached groups: they change only with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GroupsKey {
    generation: u64,
    desired: Replicas,
}

impl Flow {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let workload = &scenario.workload;
        let cpu = PodCpu::of(&scenario.deployment);
        Self {
            classes: ServingClasses::of(scenario, &cpu),
            first_seconds_per_request: cpu
                .containers
                .first()
                .map_or(0.0, |first| first.seconds_per_request),
            cpu,
            places_per_pod: f64::from(workload.concurrency) + f64::from(workload.queue),
            timeout_seconds: workload.timeout.as_secs_f64(),
            offered_rps: 0.0,
            groups: FlowPods::default(),
            groups_of: None,
            backlog: 0.0,
            cap_requests: 0.0,
            failed_now: FailureCauses::default(),
            segment: FlowSegment::default(),
            inflow_rps: 0.0,
            overflow_rps: 0.0,
            late_rps: 0.0,
            capacity_rps: 0.0,
            rates: ServedRates::default(),
        }
    }

    /// Requests per second that arrive at one serving pod.
    fn arrivals_per_pod(&self) -> f64 {
        share(self.inflow_rps, self.groups.serving_pods)
    }

    /// Requests in one serving pod at `now`: its share of the backlog, plus the requests in service
    /// by Little's law.
    fn in_flight_per_pod(&self, now: SimTime) -> f64 {
        let serving = self.groups.serving_pods;
        let in_service = share(self.segment.succeeded_rps, serving) * self.segment.latency.mean();
        share(self.backlog_at(now), serving) + in_service
    }

    /// Ends the current segment at `now` and reports it, if it is not empty.
    fn end_segment(&mut self, now: SimTime, observer: &mut impl Observer) {
        if now <= self.segment.start {
            return;
        }
        let seconds = (now - self.segment.start).as_secs_f64();
        let backlog = self.backlog_at(now);
        let delay_end = share(backlog, self.capacity_rps);
        let delay = delay_end.max(self.segment.backlog_delay_start_seconds);
        let segment = FlowSegment {
            end: now,
            // Computed from the other numbers, so that offered, succeeded, failed and waiting
            // requests balance without a rounding error.
            succeeded_rps: self.inflow_rps
                - self.overflow_rps
                - self.late_rps
                - (backlog - self.segment.backlog_start) / seconds,
            backlog_end: backlog,
            backlog_delay_end_seconds: delay_end,
            latency: self.in_time(delay),
            ..self.segment
        };
        self.backlog = backlog;
        self.failed_now = FailureCauses::default();
        observer.flowed(&segment);
        self.segment.start = now;
        self.segment.backlog_start = backlog;
        self.segment.failed_at_start = FailureCauses::default();
    }

    /// The segment's latency for requests that succeed behind a backlog of `delay` seconds: their
    /// clients wait no longer than the timeout.
    fn in_time(&self, delay: f64) -> StationaryLatency {
        let room = (self.timeout_seconds - delay).max(0.0);
        self.segment.latency.within(room)
    }

    fn backlog_at(&self, now: SimTime) -> f64 {
        let seconds = (now - self.segment.start).as_secs_f64();
        let rate = self.inflow_rps - self.overflow_rps - self.segment.succeeded_rps;
        let backlog = self.segment.backlog_start + rate * seconds;
        if backlog <= NO_BACKLOG {
            0.0
        } else {
            // Times are whole nanoseconds, so a growing backlog would overshoot its bound a little.
            backlog.min(self.cap_requests)
        }
    }

    fn backlog_cap(&self) -> BacklogCap {
        let places = self.places_per_pod * self.groups.serving_pods;
        let patience = self.timeout_seconds * self.capacity_rps;
        if places <= patience {
            BacklogCap {
                requests: places,
                bound: BacklogBound::Queue,
            }
        } else {
            BacklogCap {
                requests: patience,
                bound: BacklogBound::Timeout,
            }
        }
    }

    /// Fails the part of the backlog that exceeds a reduced bound.
    fn shed(&mut self, cap: BacklogCap) {
        let excess = self.backlog - cap.requests;
        if excess <= 0.0 {
            return;
        }
        match cap.bound {
            BacklogBound::Queue => self.failed_now.pod_gone += excess,
            BacklogBound::Timeout => self.failed_now.timed_out += excess,
        }
        self.backlog = cap.requests;
    }

    fn open_segment(&mut self, now: SimTime, served_rps: f64, mut failed: FailureCauses) {
        let groups = &self.groups;
        let seconds_per_request = self.cpu.seconds_per_request();
        let own = |own| self.cpu.own_cores(own);
        let (idle, bursting) = (own(OwnUse::Idle), own(OwnUse::Bursting));
        let ready = groups.ready.total();
        let by_ready = self.classes.work(&groups.ready_serving, &self.rates);
        let ready_cores = groups.ready.weighted(idle, bursting)
            + by_ready.rps * seconds_per_request
            + by_ready.extra_rps * self.first_seconds_per_request;
        let extra_rps = if self.classes.cost_varies {
            self.classes.work(&groups.serving, &self.rates).extra_rps
        } else {
            0.0
        };
        // A pod in its start-up burst uses CPU whether or not it serves.
        let serving_in_burst = groups.serving_in_burst();
        let working = if served_rps > 0.0 {
            groups.serving_pods - serving_in_burst
        } else {
            0.0
        };
        let throttled = self.classes.throttled(
            &groups.serving,
            groups.started.bursting - serving_in_burst,
            &self.rates,
            served_rps,
        );
        let latency = if served_rps > 0.0 {
            self.classes.latency(&groups.serving, &self.rates)
        } else {
            LatencyOfPods::of_no_requests()
        };
        let has_no_backlog = self.backlog <= 0.0 && self.inflow_rps <= self.capacity_rps;
        let late_share = if has_no_backlog {
            latency.latency.share_beyond(self.timeout_seconds, 0.0)
        } else {
            0.0
        };
        self.late_rps = if late_share > LEAST_LATE_SHARE {
            served_rps * late_share
        } else {
            0.0
        };
        failed.timed_out += self.late_rps;
        self.segment = FlowSegment {
            start: now,
            end: now,
            offered_rps: self.offered_rps,
            succeeded_rps: served_rps,
            failed_rps: failed,
            failed_at_start: self.failed_now,
            backlog_start: self.backlog,
            backlog_end: self.backlog,
            backlog_delay_start_seconds: share(self.backlog, self.capacity_rps),
            backlog_delay_end_seconds: 0.0,
            latency: latency.latency,
            slo_chance: latency.slo_chance.filter(|_| has_no_backlog),
            cpu_cores: groups.started.weighted(idle, bursting)
                + served_rps * seconds_per_request
                + extra_rps * self.first_seconds_per_request,
            cpu_share_of_request: self
                .cpu
                .request_cores
                .filter(|request| ready > 0.0 && *request > 0.0)
                .map(|request| ready_cores / (ready * request)),
            working_pods: (working + groups.started.bursting) as u32,
            throttled_pods: throttled as u32,
            pods: groups.counts,
        };
    }

    /// When the backlog becomes empty or full.
    fn backlog_changes(&self, now: SimTime, cap: BacklogCap, grows_by: f64) -> Option<SimTime> {
        let seconds = if grows_by > 0.0 && self.overflow_rps <= 0.0 {
            (cap.requests - self.backlog) / grows_by
        } else if grows_by < 0.0 && self.backlog > 0.0 {
            self.backlog / -grows_by
        } else {
            return None;
        };
        // One nanosecond later, so that rounding does not put the event before the change.
        Some(now + SimSpan::from_secs_f64(seconds.min(1e9)) + SimSpan::from_nanos(1))
    }
}

impl Work for Flow {
    type ByPod = NoPods;

    fn by_pod(&mut self) -> Option<&mut NoPods> {
        None
    }

    fn offer(&mut self, offer: Offer, _now: SimTime) -> bool {
        let before = std::mem::replace(&mut self.offered_rps, offer.nominal_rps);
        before.to_bits() != offer.nominal_rps.to_bits()
    }

    fn close(&mut self, _now: SimTime, _observer: &mut impl Observer) {
        // Nothing to do: the rates hold until `settle`, which ends the segment.
    }

    fn settle(
        &mut self,
        now: SimTime,
        pods: &Census,
        desired: Replicas,
        observer: &mut impl Observer,
    ) -> Settled {
        self.end_segment(now, observer);
        let key = GroupsKey {
            generation: pods.generation(),
            desired,
        };
        if self.groups_of != Some(key) {
            self.groups = FlowPods::of(pods, desired);
            self.groups_of = Some(key);
        }
        let serving = self.groups.serving_pods;
        let mut failed = FailureCauses::default();
        if self.groups.endpoints > 0.0 {
            // With this order of operations, `serving == endpoints` gives exactly the offered rate,
            // and no rounding error fails.
            self.inflow_rps = self.offered_rps * (serving / self.groups.endpoints);
            failed.not_initialised = self.offered_rps - self.inflow_rps;
        } else {
            self.inflow_rps = 0.0;
            failed.no_endpoint = self.offered_rps;
        }
        let has_backlog = self.backlog > NO_BACKLOG;
        self.classes
            .find_overloaded(&self.groups.serving, self.inflow_rps, has_backlog);
        self.capacity_rps = self.classes.capacity_rps(&self.groups.serving);
        let cap = self.backlog_cap();
        self.cap_requests = cap.requests;
        self.shed(cap);
        if self.backlog <= NO_BACKLOG && self.inflow_rps <= self.capacity_rps {
            // A remaining backlog below the threshold is dropped; `end_segment` counts it as
            // succeeded.
            self.backlog = 0.0;
        }
        let grows_by = self.inflow_rps - self.capacity_rps;
        let full = self.backlog >= cap.requests * (1.0 - SAME) - NO_BACKLOG;
        self.overflow_rps = if grows_by > 0.0 && full {
            grows_by
        } else {
            0.0
        };
        match cap.bound {
            BacklogBound::Queue => failed.queue_full = self.overflow_rps,
            BacklogBound::Timeout => failed.timed_out = self.overflow_rps,
        }
        let served_rps = if self.backlog > 0.0 || grows_by > 0.0 {
            self.capacity_rps
        } else {
            self.inflow_rps
        };
        self.rates = ServedRates {
            arriving_rps: self.arrivals_per_pod(),
            ..self
                .classes
                .split(&self.groups.serving, serving, served_rps)
        };
        self.open_segment(now, served_rps, failed);
        Settled {
            backlog_changes: self.backlog_changes(now, cap, grows_by),
            rates: Some(self.rates),
        }
    }

    fn gauges(&mut self, now: SimTime, _pods: &Pods) -> WorkGauges<'_> {
        WorkGauges {
            requests_per_second: PodGauge::Serving(self.arrivals_per_pod()),
            requests_counted: PodGauge::Serving(0.0),
            in_flight: PodGauge::Serving(self.in_flight_per_pod(now)),
        }
    }

    fn in_flight(&self) -> f64 {
        self.backlog
    }
}

/// `whole` divided by `parts`; 0 without parts.
pub(super) fn share(whole: f64, parts: f64) -> f64 {
    if parts > 0.0 { whole / parts } else { 0.0 }
}
