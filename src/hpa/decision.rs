//! The steps of a decision, for a listener: the record that explains why the autoscaler scaled or
//! did not.
//!
//! A listener never changes a decision. The listener `()` compiles to nothing.

use std::fmt;

use crate::units::{MilliValue, Replicas};

/// Receives each step of a decision, in order.
pub trait Listener {
    /// A metric gave a proposal or an error.
    fn metric(&mut self, _metric: &MetricReason<'_>) {}
    /// Stabilisation turned the proposal into the stabilised number.
    fn stabilized(&mut self, _stabilization: &Stabilization) {}
    /// One policy of `behavior` was evaluated.
    fn policy(&mut self, _policy: &PolicyAllowance) {}
    /// Rate limits and bounds turned the stabilised number into the desired one.
    fn limited(&mut self, _limit: &Limiting) {}
    /// The controller emitted an event.
    fn event(&mut self, _event: &ScalingEvent<'_>) {}
}

/// Ignores every step.
impl Listener for () {}

/// How one metric led to its proposal.
#[derive(Clone, Copy)]
pub struct MetricReason<'a> {
    /// The index in `spec.metrics`.
    pub index: usize,
    /// The metric's name in the controller's messages.
    pub description: &'a str,
    /// The sizes of the groups of pods; all zero if the metric failed before the grouping.
    pub groups: PodGroups,
    /// Measured value over target, from the ready pods.
    pub usage_ratio: Option<f64>,
    /// The ratio after missing and unready pods were filled in, where they were.
    pub filled_in_ratio: Option<f64>,
    /// The metric's entry in the status.
    pub value: MetricValue,
    /// The rule that determined the proposal.
    pub verdict: MetricVerdict,
    /// The proposed replicas; `None` if the metric failed.
    pub proposal: Option<Replicas>,
    /// The error of a failed metric; rendered only on demand.
    pub error: Option<&'a dyn fmt::Display>,
}

/// The number of pods in each group of one metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodGroups {
    /// Pods with a sample that counts.
    pub ready: u32,
    /// Pods that are Pending, or too young for their sample to count.
    pub unready: u32,
    /// Pods without a sample.
    pub missing: u32,
    /// Pods that are deleted or finished; the calculation leaves them out.
    pub ignored: u32,
}

/// The rule that determined a metric's proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricVerdict {
    /// The ratio is outside the tolerance: the replicas follow it.
    OutsideTolerance,
    /// The ratio is within the tolerance: no change.
    WithinTolerance,
    /// The ratio is outside the tolerance, but within it once missing and unready pods are filled
    /// in: no change.
    WithinToleranceFilledIn,
    /// Filling in moved the ratio to the other side of 1: no change.
    DirectionReversed,
    /// The new number would contradict the ratio's direction: no change.
    AgainstDirection,
    /// The metric failed and proposes nothing.
    Failed,
}

/// A metric's entry in the status; all `None` for a failed metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricValue {
    /// `averageUtilization`, percent of request.
    pub average_utilization: Option<i32>,
    /// `averageValue`.
    pub average_value: Option<MilliValue>,
    /// `value`.
    pub value: Option<MilliValue>,
}

/// How the remembered recommendations changed a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stabilization {
    /// The proposal of the metrics.
    pub proposal: Replicas,
    /// The lowest recommendation in the scale-up window; it caps a scale-up. `None` without
    /// `behavior`.
    pub lowest_for_scale_up: Option<Replicas>,
    /// The highest recommendation in the scale-down window; a scale-down goes no lower.
    pub highest_for_scale_down: Replicas,
    /// The resulting number.
    pub stabilized: Replicas,
}

/// The limit of one policy of `behavior` in this reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyAllowance {
    /// The direction of the policy.
    pub direction: ScaleDirection,
    /// The index in the direction's `policies`.
    pub index: usize,
    /// The replicas at the start of the policy's period, computed backwards from the scale events.
    pub period_start: Replicas,
    /// The last number of replicas that the policy permits in its direction.
    pub limit: Replicas,
}

/// The direction of a scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleDirection {
    /// More replicas.
    Up,
    /// Fewer replicas.
    Down,
}

/// How rate limits and bounds changed a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limiting {
    /// The stabilised number.
    pub before: Replicas,
    /// The desired number.
    pub after: Replicas,
    /// The limit that applied.
    pub reason: LimitReason,
}

/// The reason of the condition `ScalingLimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitReason {
    /// No limit applied.
    DesiredWithinRange,
    /// The rate of scale-up.
    ScaleUpLimit,
    /// The rate of scale-down.
    ScaleDownLimit,
    /// `minReplicas`.
    TooFewReplicas,
    /// `maxReplicas`.
    TooManyReplicas,
}

impl LimitReason {
    /// The reason as the API spells it.
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
    /// `message`; rendered only on demand.
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
    /// The type as the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// The complete record of one decision: every step that a [`Listener`] receives. Reuse one record
/// to keep its allocations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionRecord {
    /// One entry for each metric.
    pub metrics: Vec<RecordedMetric>,
    /// The stabilisation; `None` if the metrics gave no proposal.
    pub stabilization: Option<Stabilization>,
    /// Every policy that was evaluated.
    pub policies: Vec<PolicyAllowance>,
    /// The limiting; `None` if the metrics gave no proposal.
    pub limiting: Option<Limiting>,
    /// The events, in order.
    pub events: Vec<RecordedEvent>,
}

/// An owned [`MetricReason`].
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedMetric {
    /// The metric's name in the controller's messages.
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

/// An owned [`ScalingEvent`].
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
    /// Removes the last decision and keeps its allocations.
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
