//! The input of one reconcile: the scale, the pods as columns, the metrics.
//!
//! All of it is borrowed: a reconcile reads the columns of the plant and copies nothing.

use super::requests::RequestFault;
use crate::units::{MilliValue, Replicas, SimSpan, SimTime};

/// Everything that the controller reads in one reconcile.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The scale subresource, or the API's error text.
    pub scale: Result<Scale, &'a str>,
    /// The pods that the scale's selector selects, in the lister's order.
    pub pods: PodColumns<'a>,
    /// The answers of the metrics client, one for each of `spec.metrics`, in that order.
    pub metrics: &'a [MetricObservation<'a>],
    /// The result that writing the scale would have, if this reconcile writes it; an error is the
    /// API's text.
    pub scale_write: Result<(), &'a str>,
}

/// The scale subresource of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// `spec.replicas`: the last number that any client wrote.
    pub spec_replicas: Replicas,
    /// `status.replicas`: the pods that exist and are not terminating.
    pub status_replicas: Replicas,
    /// Whether `status.selector` is present.
    pub selector: ScaleSelector,
}

/// Whether the scale states a selector for its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleSelector {
    /// The scale has a selector.
    Present,
    /// The scale has no selector, so no metric can be queried.
    Absent,
}

/// The pods of the target. All columns have one entry per pod and the same length.
#[derive(Clone, Copy, Debug, Default)]
pub struct PodColumns<'a> {
    /// Phase, readiness and deletion, packed into one byte.
    pub state: &'a [PodState],
    /// `status.startTime`; meaningless if the state says that it is not set.
    pub start_time: &'a [SimTime],
    /// The last transition of the Ready condition; [`SimTime::DISTANT_PAST`] without such a
    /// condition.
    pub ready_transition: &'a [SimTime],
}

impl PodColumns<'_> {
    /// The number of pods.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether there are no pods.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }
}

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodPhase {
    /// Not all containers have started.
    Pending,
    /// The pod is bound to a node and its containers have started.
    Running,
    /// All containers ended with success.
    Succeeded,
    /// All containers ended, at least one with a failure.
    Failed,
    /// The node does not answer.
    Unknown,
}

/// The status of a pod's Ready condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyCondition {
    /// The pod has no such condition.
    Absent,
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`, which is not False.
    Unknown,
}

/// Whether a pod has a deletion timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// No deletion timestamp.
    NotRequested,
    /// With a deletion timestamp: the pod is terminating.
    Requested,
}

/// Whether a pod's `status.startTime` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTime {
    /// `startTime` is set.
    Set,
    /// `startTime` is not set.
    NotSet,
}

/// The facts of a pod's status that the grouping needs, one bit each, so that eight pods fit into
/// one integer.
///
/// All bits are zero for a running pod that is Ready and not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodState(u8);

impl PodState {
    /// The pod has a deletion timestamp.
    pub(super) const DELETING: u8 = 1;
    /// The phase is Failed.
    pub(super) const FAILED: u8 = 1 << 1;
    /// The phase is Succeeded.
    pub(super) const SUCCEEDED: u8 = 1 << 2;
    /// The phase is Pending.
    pub(super) const PENDING: u8 = 1 << 3;
    /// The phase is Unknown.
    const PHASE_UNKNOWN: u8 = 1 << 4;
    /// The pod has no Ready condition, or no start time.
    pub(super) const UNDETERMINED: u8 = 1 << 5;
    /// The Ready condition is False.
    pub(super) const NOT_READY: u8 = 1 << 6;
    /// The Ready condition is not True.
    const NOT_TRUE: u8 = 1 << 7;

    /// The packed state.
    #[must_use]
    pub const fn new(
        phase: PodPhase,
        ready: ReadyCondition,
        deletion: Deletion,
        start: StartTime,
    ) -> Self {
        let mut bits = match phase {
            PodPhase::Pending => Self::PENDING,
            PodPhase::Running => 0,
            PodPhase::Succeeded => Self::SUCCEEDED,
            PodPhase::Failed => Self::FAILED,
            PodPhase::Unknown => Self::PHASE_UNKNOWN,
        };
        bits |= match ready {
            ReadyCondition::Absent => Self::UNDETERMINED | Self::NOT_TRUE,
            ReadyCondition::True => 0,
            ReadyCondition::False => Self::NOT_READY | Self::NOT_TRUE,
            ReadyCondition::Unknown => Self::NOT_TRUE,
        };
        if let Deletion::Requested = deletion {
            bits |= Self::DELETING;
        }
        if let StartTime::NotSet = start {
            bits |= Self::UNDETERMINED;
        }
        Self(bits)
    }

    /// The state of a running pod whose Ready condition is True.
    #[must_use]
    pub const fn running_and_ready() -> Self {
        Self(0)
    }

    /// The packed bits.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the pod counts as ready for Object and External metrics: phase Running and Ready
    /// True. A terminating pod counts too.
    #[must_use]
    pub const fn is_running_and_ready(self) -> bool {
        self.0 & !(Self::DELETING | Self::UNDETERMINED) == 0
    }
}

/// The answer of the metrics client for one metric.
#[derive(Clone, Copy, Debug)]
pub enum MetricObservation<'a> {
    /// Resource, ContainerResource and Pods metrics: samples by pod.
    Pods(PodSamples<'a>),
    /// Object metrics: one value.
    Object(MilliValue),
    /// External metrics: every series that matched.
    External(&'a [MilliValue]),
    /// The client failed; the text is its error.
    Failed(&'a str),
}

/// Samples of one metric by pod. All columns have one entry per pod, in the order of
/// [`PodColumns`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PodSamples<'a> {
    /// Whether the pod has a sample. The next three columns are meaningless for a pod without one.
    pub sampled: &'a [bool],
    /// The value of the sample.
    pub value: &'a [MilliValue],
    /// When the sample was taken.
    pub timestamp: &'a [SimTime],
    /// The time before the timestamp over which the value is an average.
    pub window: &'a [SimSpan],
    /// Samples whose name matches no pod.
    pub unmatched: &'a [MilliValue],
    /// Each pod's request of the resource. May be empty for metrics that are not measured against a
    /// request.
    pub request: &'a [MilliValue],
    /// The first pod whose request cannot be determined, if any; it fails a utilization metric.
    pub request_fault: Option<RequestFault<'a>>,
}
