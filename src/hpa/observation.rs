//! What one reconcile sees: the scale, the pods as columns, the metrics.
//!
//! Self-imposed limit: borrowed data. Whoever watches the cluster keeps the
//! columns; a reconcile reads them and copies nothing.

use super::requests::RequestFault;
use crate::units::{MilliValue, Replicas, SimSpan, SimTime};

/// Everything that the controller learns from outside in one reconcile.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// What reading the scale subresource gave; else the API's error text.
    pub scale: Result<Scale, &'a str>,
    /// The pods that the scale's selector selects, in the lister's order.
    pub pods: PodColumns<'a>,
    /// What the metrics client gave, one entry for each of `spec.metrics`, in that order.
    pub metrics: &'a [MetricObservation<'a>],
    /// What writing the scale gives if it is written; else the API's error text.
    pub scale_write: Result<(), &'a str>,
}

/// The scale subresource of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// `spec.replicas`: what was asked for last, by whomever.
    pub spec_replicas: Replicas,
    /// `status.replicas`: pods that exist and are not terminating.
    pub status_replicas: Replicas,
    /// Whether `status.selector` is there.
    pub selector: ScaleSelector,
}

/// Whether the scale says which pods are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleSelector {
    /// It does.
    Present,
    /// It does not: no metric can be asked for.
    Absent,
}

/// The pods of the target; all columns have one entry a pod and the same length.
#[derive(Clone, Copy, Debug, Default)]
pub struct PodColumns<'a> {
    /// Phase, readiness, deletion, packed.
    pub state: &'a [PodState],
    /// `status.startTime`; of no meaning where the state says that it is not set.
    pub start_time: &'a [SimTime],
    /// The Ready condition's last transition; [`SimTime::DISTANT_PAST`] where it has none.
    pub ready_transition: &'a [SimTime],
}

impl PodColumns<'_> {
    /// How many pods there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether there is none.
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
    /// Bound to a node, containers started.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, one badly.
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
    /// It has none.
    NotRequested,
    /// It is terminating.
    Requested,
}

/// Whether a pod's `status.startTime` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTime {
    /// It is.
    Set,
    /// It is not.
    NotSet,
}

/// What the grouping of pods asks of a pod's status, one bit a question, so that eight pods are one word.
///
/// A running pod whose Ready condition is True and that nobody deleted is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodState(u8);

impl PodState {
    /// It has a deletion timestamp.
    pub(super) const DELETING: u8 = 1;
    /// Its phase is Failed.
    pub(super) const FAILED: u8 = 1 << 1;
    /// Its phase is Succeeded.
    pub(super) const SUCCEEDED: u8 = 1 << 2;
    /// Its phase is Pending.
    pub(super) const PENDING: u8 = 1 << 3;
    /// Its phase is Unknown.
    const PHASE_UNKNOWN: u8 = 1 << 4;
    /// It has no Ready condition, or no start time.
    pub(super) const UNDETERMINED: u8 = 1 << 5;
    /// Its Ready condition is False.
    pub(super) const NOT_READY: u8 = 1 << 6;
    /// Its Ready condition is anything but True.
    const NOT_TRUE: u8 = 1 << 7;

    /// The state of a pod with these four.
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

    /// A running pod whose Ready condition is True.
    #[must_use]
    pub const fn running_and_ready() -> Self {
        Self(0)
    }

    /// Its bits.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// Whether it counts as ready for Object and External metrics: Running, and Ready True; deleted ones count.
    #[must_use]
    pub const fn is_running_and_ready(self) -> bool {
        self.0 & !(Self::DELETING | Self::UNDETERMINED) == 0
    }
}

/// What the metrics client gave for one metric.
#[derive(Clone, Copy, Debug)]
pub enum MetricObservation<'a> {
    /// Resource, ContainerResource and Pods metrics: samples by pod.
    Pods(PodSamples<'a>),
    /// Object metrics: the one value.
    Object(MilliValue),
    /// External metrics: every series that matched.
    External(&'a [MilliValue]),
    /// The client failed with this text.
    Failed(&'a str),
}

/// Samples of one metric by pod; all columns have one entry a pod, in the order of [`PodColumns`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PodSamples<'a> {
    /// Whether the pod has a sample at all; the next three mean nothing where it has not.
    pub sampled: &'a [bool],
    /// The value.
    pub value: &'a [MilliValue],
    /// When the sample was taken.
    pub timestamp: &'a [SimTime],
    /// Over how long before its timestamp it is an average.
    pub window: &'a [SimSpan],
    /// Samples under names that are none of the pods.
    pub unmatched: &'a [MilliValue],
    /// What each pod requests of the resource; may be empty for metrics that are not measured against a request.
    pub request: &'a [MilliValue],
    /// The first pod whose request cannot be told, if any: it fails a utilization.
    pub request_fault: Option<RequestFault<'a>>,
}
