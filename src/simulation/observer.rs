//! What a simulation tells, as it happens.
//!
//! Self-imposed limit: plain facts. Recorder, KPIs, progress bar and invariant
//! checker are observers of one run.

use super::latency::StationaryLatency;
use crate::cluster::census::Census;
use crate::cluster::pods::{PodFact, PodStatus};
use crate::control::Decided;
use crate::units::{Replicas, SimSpan, SimTime};

/// Hears what happens in a run, in the order of time. Several observers of one run are a tuple of them.
pub trait Observer {
    /// Whether [`Decided::line`] is wanted. Where it is not, no line is made.
    const WANTS_LINES: bool = false;

    /// Fluid engine: work flowed evenly from one instant to a later one. Segments follow each other without a gap from 0 to the end.
    fn flowed(&mut self, _segment: &FlowSegment) {}

    /// Request engine: a request was answered in time, so long after its client first sent it.
    ///
    /// Told before the segment in which it falls.
    #[inline]
    fn answered(&mut self, _latency: SimSpan) {}

    /// Request engine: what happened from one instant to a later one. Segments follow each other without a gap from 0 to
    /// the end; one ends at every multiple of [`INTERVAL`] and wherever the offered rate or a number of pods changes.
    fn served(&mut self, _segment: &RequestSegment) {}

    /// The scaler was woken, and decided.
    fn decided(&mut self, _decision: &Decided<'_>) {}

    /// A pod changed its state.
    fn pod_changed(&mut self, _change: &PodChange) {}

    /// Whether the run may end at once. It is asked after each event of the control plane, and between two runs of traffic.
    ///
    /// A run that ends early is a run of a shorter trace: its last segment ends there, and so does the time that KPIs stand for.
    #[inline]
    fn has_enough(&self) -> bool {
        false
    }
}

/// Observers of one run, as a tuple: each hears of everything, from the first to the last.
macro_rules! observe_as_tuple {
    ($($observer:ident . $place:tt),+) => {
        impl<$($observer: Observer),+> Observer for ($($observer,)+) {
            const WANTS_LINES: bool = $($observer::WANTS_LINES)||+;

            fn flowed(&mut self, segment: &FlowSegment) {
                $(self.$place.flowed(segment);)+
            }

            #[inline]
            fn answered(&mut self, latency: SimSpan) {
                $(self.$place.answered(latency);)+
            }

            fn served(&mut self, segment: &RequestSegment) {
                $(self.$place.served(segment);)+
            }

            fn decided(&mut self, decision: &Decided<'_>) {
                $(self.$place.decided(decision);)+
            }

            fn pod_changed(&mut self, change: &PodChange) {
                $(self.$place.pod_changed(change);)+
            }

            #[inline]
            fn has_enough(&self) -> bool {
                $(self.$place.has_enough())||+
            }
        }
    };
}

observe_as_tuple!(A.0);
observe_as_tuple!(A.0, B.1);
observe_as_tuple!(A.0, B.1, C.2);
observe_as_tuple!(A.0, B.1, C.2, D.3);
observe_as_tuple!(A.0, B.1, C.2, D.3, E.4);

/// Observes nothing.
impl Observer for () {}

/// A stretch of time over which every rate is constant (the backlog changes linearly).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowSegment {
    /// Its first instant.
    pub start: SimTime,
    /// Its end, later than `start`; the next segment begins there.
    pub end: SimTime,
    /// Requests offered per second, retries not counted.
    pub offered_rps: f64,
    /// Requests answered in time per second.
    pub succeeded_rps: f64,
    /// Requests failed per second, by cause.
    pub failed_rps: FailureCauses,
    /// Requests that failed at the first instant, all at once (a pod went and took them along), by cause.
    pub failed_at_start: FailureCauses,
    /// Requests waiting at the start, after those that failed there.
    pub backlog_start: f64,
    /// Requests waiting at the end.
    pub backlog_end: f64,
    /// Time that a request waits for the backlog before it at the start, in seconds.
    pub backlog_delay_start_seconds: f64,
    /// The same at the end.
    pub backlog_delay_end_seconds: f64,
    /// Latency beside the backlog's delay of those that succeed.
    pub latency: StationaryLatency,
    /// CPU that all pods together use, in cores, noise left out.
    pub cpu_cores: f64,
    /// CPU of the pods that count as ready, as a share of their CPU requests; `None` without ready pods or without request.
    pub cpu_share_of_request: Option<f64>,
    /// Pods that work: those that serve requests, and those in their start-up burst.
    pub working_pods: u32,
    /// Of the working pods, those with a container at its CPU limit.
    pub throttled_pods: u32,
    /// How many pods there are.
    pub pods: PodCounts,
}

impl FlowSegment {
    /// Nothing, for no time: what a run begins from.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            start: SimTime::ZERO,
            end: SimTime::ZERO,
            offered_rps: 0.0,
            succeeded_rps: 0.0,
            failed_rps: FailureCauses::default(),
            failed_at_start: FailureCauses::default(),
            backlog_start: 0.0,
            backlog_end: 0.0,
            backlog_delay_start_seconds: 0.0,
            backlog_delay_end_seconds: 0.0,
            latency: StationaryLatency::default(),
            cpu_cores: 0.0,
            cpu_share_of_request: None,
            working_pods: 0,
            throttled_pods: 0,
            pods: PodCounts::default(),
        }
    }
}

/// The grain in which the request engine reports, and the SLO is judged.
pub const INTERVAL: SimSpan = SimSpan::from_secs(5);

/// What the request engine did in a stretch of time in which neither the offered rate nor a number of pods changed.
///
/// Numbers of requests are whole. Over a run `offered` = `succeeded` + `failed` + the last `in_flight`,
/// and so it is at the end of each segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestSegment {
    /// Its first instant.
    pub start: SimTime,
    /// Its end, later than `start`; the next segment begins there.
    pub end: SimTime,
    /// Requests per second that the trace stands for: its rate, or users / (mean think time + mean service time).
    pub nominal_rps: f64,
    /// Users of a closed load.
    pub users: Option<u32>,
    /// Requests that clients sent for the first time.
    pub offered: u64,
    /// Requests answered in time.
    pub succeeded: u64,
    /// Requests given up for good, by the cause of their last attempt.
    pub failed: FailureCauses,
    /// Attempts after a request's first.
    pub retried: u64,
    /// Requests at the end of which the client still waits: in a pod, on their way, or before a retry.
    pub in_flight: u64,
    /// CPU that all pods together used, in core-seconds.
    pub cpu_core_seconds: f64,
    /// CPU of the pods that count as ready, as a share of their CPU requests; `None` without ready pods or without request.
    pub cpu_share_of_request: Option<f64>,
    /// CFS periods in which a pod had work, all pods with a CPU limit added up.
    pub working_periods: u64,
    /// Of these, those in which it spent its quota before its work was done.
    pub throttled_periods: u64,
    /// Containers killed for memory.
    pub oom_kills: u32,
    /// Pods ready at the end of an interval by their CPU since the interval began; `Some` where the segment ends one (or the run).
    pub pod_cpu: Option<PodSpread>,
    /// How many pods there are.
    pub pods: PodCounts,
}

/// CPU of ready pods as a share of what each requests, over one [`INTERVAL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodSpread {
    /// The idlest.
    pub min: f64,
    /// The mean over the pods.
    pub mean: f64,
    /// The busiest.
    pub max: f64,
    /// The greatest throttled share of a pod: CFS periods in which it spent its quota / periods in which it had work.
    pub max_throttled_share: f64,
}

/// Why a request failed, or an attempt at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// No pod to send it to.
    NoEndpoint,
    /// The pod could not serve: not initialised yet, or its container killed.
    NotInitialised,
    /// The pod's queue was full.
    QueueFull,
    /// The client gave up.
    TimedOut,
    /// The pod went away with it.
    PodGone,
    /// The pod's container was killed for memory with it (request engine).
    OomKilled,
}

impl FailureCause {
    /// All causes, in the order in which files name them.
    pub const ALL: [Self; 6] = [
        Self::NoEndpoint,
        Self::NotInitialised,
        Self::QueueFull,
        Self::TimedOut,
        Self::PodGone,
        Self::OomKilled,
    ];
}

/// Failed requests by [`FailureCause`]: per second, or a number, as the holder says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FailureCauses {
    /// [`FailureCause::NoEndpoint`].
    pub no_endpoint: f64,
    /// [`FailureCause::NotInitialised`].
    pub not_initialised: f64,
    /// [`FailureCause::QueueFull`].
    pub queue_full: f64,
    /// [`FailureCause::TimedOut`].
    pub timed_out: f64,
    /// [`FailureCause::PodGone`].
    pub pod_gone: f64,
    /// [`FailureCause::OomKilled`].
    pub oom_killed: f64,
}

impl FailureCauses {
    /// All causes together.
    #[must_use]
    pub fn total(&self) -> f64 {
        FailureCause::ALL.map(|cause| self.of(cause)).iter().sum()
    }

    /// Those of one cause.
    #[must_use]
    pub const fn of(&self, cause: FailureCause) -> f64 {
        match cause {
            FailureCause::NoEndpoint => self.no_endpoint,
            FailureCause::NotInitialised => self.not_initialised,
            FailureCause::QueueFull => self.queue_full,
            FailureCause::TimedOut => self.timed_out,
            FailureCause::PodGone => self.pod_gone,
            FailureCause::OomKilled => self.oom_killed,
        }
    }

    /// Those of one cause, to be changed.
    pub const fn of_mut(&mut self, cause: FailureCause) -> &mut f64 {
        match cause {
            FailureCause::NoEndpoint => &mut self.no_endpoint,
            FailureCause::NotInitialised => &mut self.not_initialised,
            FailureCause::QueueFull => &mut self.queue_full,
            FailureCause::TimedOut => &mut self.timed_out,
            FailureCause::PodGone => &mut self.pod_gone,
            FailureCause::OomKilled => &mut self.oom_killed,
        }
    }
}

/// Pods by state at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// `spec.replicas` of the Deployment.
    pub desired: Replicas,
    /// Pods that are not terminating (`status.replicas`).
    pub current: Replicas,
    /// Pods that are Ready, able to serve and not terminating.
    pub ready: Replicas,
    /// Pods that are terminating: they still cost.
    pub terminating: Replicas,
}

impl PodCounts {
    /// The counts of `pods`, of which `desired` are asked for.
    pub(super) fn of(pods: &Census, desired: Replicas) -> Self {
        let mut counts = Self::without_states(pods, desired);
        for (status, &number) in PodStatus::all().zip(pods.by_status()) {
            if number > 0 {
                counts.count(status, number);
            }
        }
        counts
    }

    /// The same before [`PodCounts::count`] has been told of the pods.
    pub(super) fn without_states(pods: &Census, desired: Replicas) -> Self {
        Self {
            desired,
            current: pods.current(),
            ..Self::default()
        }
    }

    /// `number` pods are `status`.
    pub(super) fn count(&mut self, status: PodStatus, number: u32) {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        if status.is(PodFact::Terminating) {
            self.terminating.0 += number;
        }
        if status.counts_as_ready() {
            self.ready.0 += number;
        }
    }
}

/// A pod's way through life. The pods that are there at the start, numbered from 0 as well, begin without a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodChange {
    /// When.
    pub time: SimTime,
    /// Which: pods are numbered from 0 in the order of creation.
    pub pod: u32,
    /// To what.
    pub state: PodState,
}

/// A state that a pod enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodState {
    /// It exists.
    Created,
    /// Its containers run.
    Started,
    /// The container that was killed runs again.
    Restarted,
    /// It could serve.
    Initialised,
    /// Its Ready condition became True.
    Ready,
    /// Traffic reaches it.
    Serving,
    /// It was deleted and winds down.
    Terminating,
    /// Its container was killed for memory.
    OomKilled,
    /// It is no more.
    Gone,
}
