//! What a reconcile tells a listener: the record that a confused engineer wants.
//!
//! Self-imposed limit: facts already computed. A listener never changes a
//! decision, and the listener `()` costs nothing.

use std::fmt;

use crate::units::{MilliValue, Replicas};

/// Is told how a decision comes about, step by step.
pub trait Listener {
    /// A metric gave a proposal or an error.
    fn metric(&mut self, _metric: &MetricReason<'_>) {}
    /// What the memory of recommendations made of the proposal.
    fn stabilized(&mut self, _stabilization: &Stabilization) {}
    /// What one policy of `behavior` would allow.
    fn policy(&mut self, _policy: &PolicyAllowance) {}
    /// What rate limits and bounds made of the stabilised number.
    fn limited(&mut self, _limit: &Limiting) {}
    /// The controller emitted an event.
    fn event(&mut self, _event: &ScalingEvent<'_>) {}
}

/// Nobody listens.
impl Listener for () {}

/// How one metric came to its proposal.
#[derive(Clone, Copy)]
pub struct MetricReason<'a> {
    /// Its place in `spec.metrics`.
    pub index: usize,
    /// Its name in the controller's messages.
    pub description: &'a str,
    /// The pods as they were grouped; all zero where it did not come to that.
    pub groups: PodGroups,
    /// Measured over target, from the pods that count.
    pub usage_ratio: Option<f64>,
    /// The ratio after missing and unready pods were filled in, where that was done.
    pub filled_in_ratio: Option<f64>,
    /// What the status shows.
    pub value: MetricValue,
    /// Why the proposal is what it is.
    pub verdict: MetricVerdict,
    /// The replicas it proposes; `None` when it failed.
    pub proposal: Option<Replicas>,
    /// Why it failed; rendered only if somebody asks.
    pub error: Option<&'a dyn fmt::Display>,
}

/// Pods by what the metric makes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodGroups {
    /// Measured and counted.
    pub ready: u32,
    /// Too young to be believed, or pending.
    pub unready: u32,
    /// Without a sample.
    pub missing: u32,
    /// Deleted or finished: as if they were not there.
    pub ignored: u32,
}

/// Why a metric proposes what it proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricVerdict {
    /// The ratio is outside tolerance: replicas follow it.
    OutsideTolerance,
    /// The ratio is within tolerance: stay.
    WithinTolerance,
    /// Outside at first, within once missing and unready pods are filled in: stay.
    WithinToleranceFilledIn,
    /// Filling in turned the ratio to the other side of 1: stay.
    DirectionReversed,
    /// The number would have gone against the ratio's direction: stay.
    AgainstDirection,
    /// No proposal.
    Failed,
}

/// What a metric's status entry shows; all `None` for a failed metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricValue {
    /// `averageUtilization`, percent of request.
    pub average_utilization: Option<i32>,
    /// `averageValue`.
    pub average_value: Option<MilliValue>,
    /// `value`.
    pub value: Option<MilliValue>,
}

/// What the memory of recommendations made of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stabilization {
    /// What the metrics propose.
    pub proposal: Replicas,
    /// The least of the recommendations that hold a scale-up back; `None` without `behavior`.
    pub lowest_for_scale_up: Option<Replicas>,
    /// The greatest of the recommendations that hold a scale-down back.
    pub highest_for_scale_down: Replicas,
    /// What came of it.
    pub stabilized: Replicas,
}

/// What one policy of `behavior` allows in this reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyAllowance {
    /// Which way.
    pub direction: ScaleDirection,
    /// Its place in the direction's `policies`.
    pub index: usize,
    /// The replicas at the start of its period, reckoned back from scale events.
    pub period_start: Replicas,
    /// The furthest it allows to go.
    pub limit: Replicas,
}

/// A way to scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleDirection {
    /// More replicas.
    Up,
    /// Fewer replicas.
    Down,
}

/// What rate limits and bounds made of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limiting {
    /// The number before.
    pub before: Replicas,
    /// The number after: what is desired.
    pub after: Replicas,
    /// Which limit it was.
    pub reason: LimitReason,
}

/// The reason of the condition `ScalingLimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitReason {
    /// Nothing had to be limited.
    DesiredWithinRange,
    /// The rate upwards.
    ScaleUpLimit,
    /// The rate downwards.
    ScaleDownLimit,
    /// `minReplicas`.
    TooFewReplicas,
    /// `maxReplicas`.
    TooManyReplicas,
}

impl LimitReason {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DesiredWithinRange => "DesiredWithinRange",
            Self::ScaleUpLimit => "ScaleUpLimit",
            Self::ScaleDownLimit => "ScaleDownLimit",
            Self::TooFewReplicas => "TooFewReplicas",
            Self::TooManyReplicas => "TooManyReplicas",
        }
    }
}

/// An event as the controller emits it, before any aggregation.
pub struct ScalingEvent<'a> {
    /// Normal or Warning.
    pub severity: EventSeverity,
    /// `reason`.
    pub reason: &'static str,
    /// `message`; rendered only if somebody asks.
    pub message: &'a dyn fmt::Display,
}

/// `type` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventSeverity {
    /// `Normal`.
    Normal,
    /// `Warning`.
    Warning,
}

impl EventSeverity {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// A decision with all its reasons: what [`Listener`] hears, kept. Reuse one to keep its allocations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionRecord {
    /// One entry a metric that was asked.
    pub metrics: Vec<RecordedMetric>,
    /// What stabilisation did; `None` when the metrics gave no proposal to normalise.
    pub stabilization: Option<Stabilization>,
    /// Every policy that had a say.
    pub policies: Vec<PolicyAllowance>,
    /// What rate limits and bounds did; `None` likewise.
    pub limiting: Option<Limiting>,
    /// Events in order.
    pub events: Vec<RecordedEvent>,
}

/// A [`MetricReason`], kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedMetric {
    /// Its name in the controller's messages.
    pub description: String,
    /// See [`MetricReason::groups`].
    pub groups: PodGroups,
    /// See [`MetricReason::usage_ratio`].
    pub usage_ratio: Option<f64>,
    /// See [`MetricReason::filled_in_ratio`].
    pub filled_in_ratio: Option<f64>,
    /// See [`MetricReason::value`].
    pub value: MetricValue,
    /// See [`MetricReason::verdict`].
    pub verdict: MetricVerdict,
    /// See [`MetricReason::proposal`].
    pub proposal: Option<Replicas>,
    /// See [`MetricReason::error`].
    pub error: Option<String>,
}

/// An [`ScalingEvent`], kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Normal or Warning.
    pub severity: EventSeverity,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
}

impl DecisionRecord {
    /// Forgets the last decision, keeps the room it took.
    pub fn clear(&mut self) {
        self.metrics.clear();
        self.stabilization = None;
        self.policies.clear();
        self.limiting = None;
        self.events.clear();
    }
}

impl Listener for DecisionRecord {
    fn metric(&mut self, metric: &MetricReason<'_>) {
        self.metrics.push(RecordedMetric {
            description: metric.description.to_owned(),
            groups: metric.groups,
            usage_ratio: metric.usage_ratio,
            filled_in_ratio: metric.filled_in_ratio,
            value: metric.value,
            verdict: metric.verdict,
            proposal: metric.proposal,
            error: metric.error.map(ToString::to_string),
        });
    }

    fn stabilized(&mut self, stabilization: &Stabilization) {
        self.stabilization = Some(*stabilization);
    }

    fn policy(&mut self, policy: &PolicyAllowance) {
        self.policies.push(*policy);
    }

    fn limited(&mut self, limit: &Limiting) {
        self.limiting = Some(*limit);
    }

    fn event(&mut self, event: &ScalingEvent<'_>) {
        self.events.push(RecordedEvent {
            severity: event.severity,
            reason: event.reason,
            message: event.message.to_string(),
        });
    }
}
