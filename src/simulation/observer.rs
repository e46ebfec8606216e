//! The events of a run, as an observer receives them.
//!
//! Recorder, KPIs, progress bar and invariant checker are observers of one run.

use crate::cluster::census::Census;
use crate::cluster::pods::{PodFact, PodStatus};
use crate::cluster::stationary::StationaryLatency;
use crate::control::Decided;
use crate::units::{Replicas, SimSpan, SimTime};

/// Receives the events of a run, in the order of time. A tuple of observers is an observer: each
/// receives every event.
pub trait Observer {
    /// Whether the observer needs [`Decided::line`]. If not, no line is built.
    const WANTS_LINES: bool = false;

    /// Fluid engine: reports a segment with constant rates. The segments cover the run from 0 to
    /// the end without gaps.
    fn flowed(&mut self, _segment: &FlowSegment) {}

    /// Request engine: a request succeeded, with this latency since its client first sent it.
    ///
    /// This call comes before the segment that contains the answer.
    #[inline]
    fn answered(&mut self, _latency: SimSpan) {}

    /// Request engine: reports a segment. The segments cover the run from 0 to the end without
    /// gaps. A segment ends at every multiple of [`INTERVAL`], and whenever the offered rate or a
    /// number of pods changes.
    fn served(&mut self, _segment: &RequestSegment) {}

    /// The scaler woke and decided.
    fn decided(&mut self, _decision: &Decided<'_>) {}

    /// A pod entered another state.
    fn pod_changed(&mut self, _change: &PodChange) {}

    /// Whether the run may stop now. The simulation asks after each event of the control plane, and
    /// between two stretches of traffic.
    ///
    /// A run that stops early is a run of a shorter trace: its last segment ends there, and the
    /// KPIs cover the time until then.
    /// Of several observers in a tuple, each can end the run.
    #[inline]
    fn has_enough(&self) -> bool {
        false
    }
}

/// Implements [`Observer`] for a tuple of observers; each receives every event, in the order of the
/// tuple.
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

/// Ignores every event.
impl Observer for () {}

/// A stretch of time in which every rate is constant; the backlog changes linearly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FlowSegment {
    /// The first instant.
    pub start: SimTime,
    /// The end, later than `start`; the next segment begins there.
    pub end: SimTime,
    /// Requests offered per second, without retries.
    pub offered_rps: f64,
    /// Requests per second that were answered within the timeout.
    pub succeeded_rps: f64,
    /// Requests failed per second, by cause.
    pub failed_rps: FailureCauses,
    /// Requests that failed at the first instant, by cause. This happens when a pod is removed with
    /// its requests.
    pub failed_at_start: FailureCauses,
    /// Requests that wait at the start, without those that failed there.
    pub backlog_start: f64,
    /// Requests that wait at the end.
    pub backlog_end: f64,
    /// The delay that the backlog adds to a request at the start, in seconds.
    pub backlog_delay_start_seconds: f64,
    /// The delay that the backlog adds to a request at the end, in seconds.
    pub backlog_delay_end_seconds: f64,
    /// Latency of the requests that succeed, without the backlog's delay.
    pub latency: StationaryLatency,
    /// The probability that this latency breaks the SLO in an interval of [`INTERVAL`]; `None` with a
    /// backlog, whose delay decides, and where a request does not have its plain cost.
    pub slo_chance: Option<f64>,
    /// CPU use of all pods in cores, without noise.
    pub cpu_cores: f64,
    /// CPU use of the pods that count as ready, as a share of their CPU requests. `None` without
    /// ready pods or without a request.
    pub cpu_share_of_request: Option<f64>,
    /// Pods that use CPU for work: those that serve requests, and those in their start-up burst.
    pub working_pods: u32,
    /// Of the working pods, those with a container at its CPU limit.
    pub throttled_pods: u32,
    /// The numbers of pods by state.
    pub pods: PodCounts,
}

/// The length of an interval: the request engine reports, and the SLO is judged, at least this
/// often.
pub const INTERVAL: SimSpan = SimSpan::from_secs(5);

/// A segment of the request engine, in which neither the offered rate nor a number of pods changed.
///
/// The numbers of requests are whole. From the start of the run to the end of any segment,
/// `offered` = `succeeded` + `failed` + the last `in_flight`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestSegment {
    /// The first instant.
    pub start: SimTime,
    /// The end, later than `start`; the next segment begins there.
    pub end: SimTime,
    /// Requests per second that the trace states: its rate, or users / (mean think time + mean
    /// service time).
    pub nominal_rps: f64,
    /// Users of a closed load.
    pub users: Option<u32>,
    /// Requests that clients sent for the first time.
    pub offered: u64,
    /// Requests answered within the timeout.
    pub succeeded: u64,
    /// Requests that failed for good, by the cause of their last attempt.
    pub failed: FailureCauses,
    /// Attempts after a request's first.
    pub retried: u64,
    /// Attempts that had to wait for a place in a pod.
    pub queued: u64,
    /// Requests whose client still waits at the end of the segment: in a pod, or before a retry.
    pub in_flight: u64,
    /// CPU time that all pods used, in core-seconds.
    pub cpu_core_seconds: f64,
    /// CPU use of the pods that count as ready, as a share of their CPU requests. `None` without
    /// ready pods or without a request.
    pub cpu_share_of_request: Option<f64>,
    /// CFS periods in which a pod had work, summed over all pods with a CPU limit.
    pub working_periods: u64,
    /// Of these periods, those in which the pod spent its quota before its work was done.
    pub throttled_periods: u64,
    /// Containers killed because they were out of memory.
    pub oom_kills: u32,
    /// The distribution of CPU use over the ready pods since the start of the interval. `Some` only
    /// if the segment ends an interval or the run, and pods with a CPU request are ready.
    pub pod_cpu: Option<PodSpread>,
    /// The numbers of pods by state.
    pub pods: PodCounts,
}

/// CPU use of the ready pods over one [`INTERVAL`], as a share of their requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodSpread {
    /// The lowest share of a pod.
    pub min: f64,
    /// The mean share over the pods.
    pub mean: f64,
    /// The highest share of a pod.
    pub max: f64,
    /// The highest throttled share of a pod: CFS periods in which it spent its quota, divided by
    /// periods in which it had work.
    pub max_throttled_share: f64,
}

/// Why a request, or one attempt of it, failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// There was no pod to send it to.
    NoEndpoint,
    /// The pod could not serve: it was not initialised yet, or its container had been killed.
    NotInitialised,
    /// The pod's queue was full.
    QueueFull,
    /// The client timed out.
    TimedOut,
    /// The pod was removed while it held the request.
    PodGone,
    /// The pod's container was killed out of memory while it held the request (request engine).
    OomKilled,
}

impl FailureCause {
    /// All causes, in the order of their columns in files.
    pub const ALL: [Self; 6] = [
        Self::NoEndpoint,
        Self::NotInitialised,
        Self::QueueFull,
        Self::TimedOut,
        Self::PodGone,
        Self::OomKilled,
    ];
}

/// Failed requests by [`FailureCause`]: a rate per second, or a number; the field that holds it
/// says which.
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
    /// The sum over all causes.
    #[must_use]
    pub fn total(&self) -> f64 {
        FailureCause::ALL.map(|cause| self.of(cause)).iter().sum()
    }

    /// The value of one cause.
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

    /// The value of one cause, mutable.
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

/// The numbers of pods by state, at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// `spec.replicas` of the Deployment.
    pub desired: Replicas,
    /// Pods that are not terminating (`status.replicas`).
    pub current: Replicas,
    /// Pods that are Ready, able to serve and not terminating.
    pub ready: Replicas,
    /// Pods that are terminating; they still cost CPU and memory.
    pub terminating: Replicas,
}

impl PodCounts {
    /// The counts of `pods`, with `desired` as `spec.replicas`.
    pub(super) fn of(pods: &Census, desired: Replicas) -> Self {
        let mut counts = Self::without_states(pods, desired);
        for (status, number) in pods.by_status() {
            if number > 0 {
                counts.count(status, number);
            }
        }
        counts
    }

    /// The counts before any call of [`PodCounts::count`]: only `desired` and `current`.
    pub(super) fn without_states(pods: &Census, desired: Replicas) -> Self {
        Self {
            desired,
            current: pods.current(),
            ..Self::default()
        }
    }

    /// Adds `number` pods with this status.
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

/// A pod entered a state. The pods that exist at the start, numbered from 0, are not reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodChange {
    /// The time of the change.
    pub time: SimTime,
    /// The pod's number: pods are numbered from 0 in the order of creation.
    pub pod: u32,
    /// The state that it entered.
    pub state: PodTransition,
}

/// A state that a pod enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodTransition {
    /// The pod was created.
    Created,
    /// The containers run.
    Started,
    /// The killed container runs again.
    Restarted,
    /// The pod is able to serve.
    Initialised,
    /// The Ready condition became True.
    Ready,
    /// The pod receives traffic.
    Serving,
    /// The pod was deleted and winds down.
    Terminating,
    /// The container was killed out of memory.
    OomKilled,
    /// The pod was removed.
    Gone,
}
