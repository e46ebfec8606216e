//! What a simulation tells, as it happens.
//!
//! Self-imposed limit: plain facts. Recorder, KPIs, progress bar and invariant
//! checker are observers of one run.

use super::latency::StationaryLatency;
use crate::hpa::decision::DecisionRecord;
use crate::hpa::{Memory, Outcome};
use crate::units::{Replicas, SimTime};

/// Is told what happens in a run, in the order of time.
pub trait Observer {
    /// Whether [`Observer::decided`] gets the record of *why*; what is not asked for costs nothing.
    const WANTS_REASONS: bool = false;

    /// Work flowed evenly from one instant to a later one. Segments follow each other without a gap from 0 to the end.
    fn flowed(&mut self, _segment: &FlowSegment) {}

    /// The autoscaler reconciled.
    fn decided(&mut self, _decision: &Decided<'_>) {}

    /// A pod changed its state.
    fn pod_changed(&mut self, _change: &PodChange) {}
}

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

/// Failed requests by cause: per second, or a number, as the holder says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FailureCauses {
    /// No pod to send it to.
    pub no_endpoint: f64,
    /// The pod was Ready before it could serve.
    pub not_initialised: f64,
    /// The pod's queue was full.
    pub queue_full: f64,
    /// The client gave up.
    pub timed_out: f64,
    /// The pod went away with it.
    pub pod_gone: f64,
}

impl FailureCauses {
    /// All causes together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.no_endpoint + self.not_initialised + self.queue_full + self.timed_out + self.pod_gone
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

/// One reconcile.
#[derive(Debug)]
pub struct Decided<'a> {
    /// When.
    pub time: SimTime,
    /// `spec.replicas` before it.
    pub current: Replicas,
    /// What it came to.
    pub outcome: &'a Outcome<'a>,
    /// The autoscaler's memory and status after it.
    pub memory: &'a Memory,
    /// Why, when the observer asks for it.
    pub reasons: Option<&'a DecisionRecord>,
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
    /// It could serve.
    Initialised,
    /// Its Ready condition became True.
    Ready,
    /// Traffic reaches it.
    Serving,
    /// It was deleted and winds down.
    Terminating,
    /// It is no more.
    Gone,
}
