//! The autoscaler's status: conditions, metric values, and the messages of both.
//!
//! A message is rendered only on demand, so that a reconcile allocates nothing.

use std::fmt;
use std::sync::Arc;

use super::decision::{LimitReason, MetricValue};
use super::replicas::MetricError;
use super::requests::RequestFault;
use super::rules::ObjectErrorForm;
use super::spec::{MetricSource, MetricSpec, MetricTarget, ScaleTarget};
use crate::units::{Replicas, SimTime};

/// `status` of the HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// `currentReplicas`: the scale's `spec.replicas` in the last reconcile.
    pub current_replicas: Replicas,
    /// `desiredReplicas` of the last reconcile that decided; 0 before the first.
    pub desired_replicas: Replicas,
    /// `lastScaleTime`.
    pub last_scale_time: Option<SimTime>,
    /// `currentMetrics`: one entry for each of `spec.metrics`, `None` for a failed metric. Empty
    /// before the first metrics.
    pub current_metrics: Vec<Option<MetricValue>>,
    /// `conditions`: each keeps its value until a reconcile sets it again.
    pub conditions: Conditions,
}

/// The conditions; `None` for one that was never set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `AbleToScale`.
    pub able_to_scale: Option<AbleToScale>,
    /// `ScalingActive`.
    pub scaling_active: Option<ScalingActive>,
    /// `ScalingLimited`.
    pub scaling_limited: Option<LimitReason>,
    /// `ScaledToZero`.
    pub scaled_to_zero: Option<ScaledToZero>,
}

/// Whether the scale can be read and written, and whether stabilisation limits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AbleToScale {
    /// Reading the scale failed; the text is the API's error.
    FailedGetScale(String),
    /// The scale was read, and no decision was made yet.
    SucceededGetScale,
    /// Stabilisation did not change the proposal.
    ReadyForNewScale,
    /// Recent higher recommendations limit a scale-down.
    ScaleDownStabilized,
    /// Recent lower recommendations limit a scale-up.
    ScaleUpStabilized,
    /// The scale was written, with this number of replicas.
    SucceededRescale(Replicas),
    /// Writing the scale failed; the text is the API's error.
    FailedUpdateScale(String),
}

/// Whether the autoscaler can compute a number of replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScalingActive {
    /// The metrics give a number; this metric determines it.
    ValidMetricFound(Arc<str>),
    /// The metrics give no number.
    FailedGetMetric {
        /// The reason, such as `FailedGetResourceMetric`.
        reason: &'static str,
        /// The error of the first failed metric.
        message: String,
    },
    /// The scale has no selector.
    InvalidSelector,
    /// The target has zero replicas, and the autoscaler did not scale it there.
    ScalingDisabled,
}

/// Whether the autoscaler scaled the target to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaledToZero {
    /// The autoscaler scaled to zero.
    ScaledToZero,
    /// The autoscaler did not scale to zero.
    NotScaledToZero,
}

/// One condition, as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `type`.
    pub kind: &'static str,
    /// `status`: "True" or "False".
    pub status: &'static str,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
}

impl Conditions {
    /// All conditions that were ever set, as the API shows them.
    #[must_use]
    pub fn to_list(&self) -> Vec<Condition> {
        let mut list = Vec::with_capacity(4);
        list.extend(self.able_to_scale.as_ref().map(AbleToScale::condition));
        list.extend(self.scaling_active.as_ref().map(ScalingActive::condition));
        list.extend(self.scaling_limited.map(scaling_limited_condition));
        list.extend(self.scaled_to_zero.map(ScaledToZero::condition));
        list
    }
}

impl AbleToScale {
    fn condition(&self) -> Condition {
        let (status, reason, message) = match self {
            Self::FailedGetScale(error) => (
                "False",
                "FailedGetScale",
                format!("the HPA controller was unable to get the target's current scale: {error}"),
            ),
            Self::SucceededGetScale => (
                "True",
                "SucceededGetScale",
                "the HPA controller was able to get the target's current scale".to_owned(),
            ),
            Self::ReadyForNewScale => (
                "True",
                "ReadyForNewScale",
                "recommended size matches current size".to_owned(),
            ),
            Self::ScaleDownStabilized => (
                "True",
                "ScaleDownStabilized",
                "recent recommendations were higher than current one, applying the highest recent recommendation"
                    .to_owned(),
            ),
            Self::ScaleUpStabilized => (
                "True",
                "ScaleUpStabilized",
                "recent recommendations were lower than current one, applying the lowest recent recommendation"
                    .to_owned(),
            ),
            Self::SucceededRescale(replicas) => (
                "True",
                "SucceededRescale",
                format!("the HPA controller was able to update the target scale to {replicas}"),
            ),
            Self::FailedUpdateScale(error) => (
                "False",
                "FailedUpdateScale",
                format!("the HPA controller was unable to update the target scale: {error}"),
            ),
        };
        Condition {
            kind: "AbleToScale",
            status,
            reason,
            message,
        }
    }
}

impl ScalingActive {
    fn condition(&self) -> Condition {
        let (status, reason, message) = match self {
            Self::ValidMetricFound(metric) => (
                "True",
                "ValidMetricFound",
                format!("the HPA was able to successfully calculate a replica count from {metric}"),
            ),
            Self::FailedGetMetric { reason, message } => (
                "False",
                *reason,
                format!("the HPA was unable to compute the replica count: {message}"),
            ),
            Self::InvalidSelector => (
                "False",
                "InvalidSelector",
                "the HPA target's scale is missing a selector".to_owned(),
            ),
            Self::ScalingDisabled => (
                "False",
                "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero".to_owned(),
            ),
        };
        Condition {
            kind: "ScalingActive",
            status,
            reason,
            message,
        }
    }
}

impl ScaledToZero {
    fn condition(self) -> Condition {
        let (status, reason, message) = match self {
            Self::ScaledToZero => (
                "True",
                "ScaledToZero",
                "the HPA controller scaled the workload to zero",
            ),
            Self::NotScaledToZero => (
                "False",
                "NotScaledToZero",
                "the HPA controller did not scale the workload to zero",
            ),
        };
        Condition {
            kind: "ScaledToZero",
            status,
            reason,
            message: message.to_owned(),
        }
    }
}

fn scaling_limited_condition(reason: LimitReason) -> Condition {
    let (status, message) = match reason {
        LimitReason::DesiredWithinRange => {
            ("False", "the desired count is within the acceptable range")
        }
        LimitReason::ScaleUpLimit => (
            "True",
            "the desired replica count is increasing faster than the maximum scale rate",
        ),
        LimitReason::ScaleDownLimit => (
            "True",
            "the desired replica count is decreasing faster than the maximum scale rate",
        ),
        LimitReason::TooFewReplicas => (
            "True",
            "the desired replica count is less than the minimum replica count",
        ),
        LimitReason::TooManyReplicas => (
            "True",
            "the desired replica count is more than the maximum replica count",
        ),
    };
    Condition {
        kind: "ScalingLimited",
        status,
        reason: reason.as_str(),
        message: message.to_owned(),
    }
}

/// A failed metric, with everything that its message mentions.
#[derive(Clone, Copy, Debug)]
pub struct MetricFailure<'a> {
    pub(super) metric: &'a MetricSpec,
    pub(super) namespace: &'a str,
    pub(super) error: MetricError<'a>,
    pub(super) object_error: ObjectErrorForm,
}

impl MetricFailure<'_> {
    /// The reason of the event and of the condition `ScalingActive`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.metric.source {
            MetricSource::Resource { .. } => "FailedGetResourceMetric",
            MetricSource::ContainerResource { .. } => "FailedGetContainerResourceMetric",
            MetricSource::Pods { .. } => "FailedGetPodsMetric",
            MetricSource::Object { .. } => "FailedGetObjectMetric",
            MetricSource::External { .. } => "FailedGetExternalMetric",
        }
    }

    /// Writes the client's error with the prefix for this kind of metric.
    fn fmt_client_error(&self, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace;
        match &self.metric.source {
            MetricSource::Resource { resource }
            | MetricSource::ContainerResource { resource, .. } => {
                write!(f, "unable to get metrics for resource {resource}: {text}")
            }
            MetricSource::Pods { metric } => {
                write!(f, "unable to get metric {}: {text}", metric.name)
            }
            MetricSource::Object { metric, described } => {
                let (name, kind, object) = (&metric.name, &described.kind, &described.name);
                match self.object_error {
                    ObjectErrorForm::OnObject => {
                        write!(
                            f,
                            "unable to get metric {name} on {kind} {namespace}/{object}: {text}"
                        )
                    }
                    ObjectErrorForm::ObjectInReason => {
                        write!(
                            f,
                            "unable to get metric {name}: {kind} on {namespace} {object}/{text}"
                        )
                    }
                }
            }
            MetricSource::External { metric } => write!(
                f,
                "unable to get external metric {namespace}/{}/{}: {text}",
                metric.name, metric.selector_text
            ),
        }
    }
}

impl fmt::Display for MetricFailure<'_> {
    /// The error without the prefix of [`InvalidMetrics`], as the event and the condition show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let MetricSource::Resource { resource }
        | MetricSource::ContainerResource { resource, .. } = &self.metric.source
        {
            let measure = match self.metric.target {
                MetricTarget::Utilization(_) => "utilization",
                MetricTarget::AverageValue(_) | MetricTarget::Value(_) => "usage",
            };
            write!(f, "failed to get {resource} {measure}: ")?;
        }
        match self.error {
            MetricError::Client(text) => self.fmt_client_error(text, f),
            MetricError::NoPods => {
                f.write_str("no pods returned by selector while calculating replica count")
            }
            MetricError::NoSamples(_) => f.write_str(
                "did not receive metrics for targeted pods (pods might be unready)",
            ),
            MetricError::NoRequests(_) => f.write_str("no metrics returned matched known pods"),
            MetricError::NoPodsToCount => f.write_str(
                "unable to calculate ready pods: no pods returned by selector while calculating replica count",
            ),
            MetricError::Request(fault, _) => {
                let resource = match &self.metric.source {
                    MetricSource::Resource { resource }
                    | MetricSource::ContainerResource { resource, .. } => resource.as_str(),
                    MetricSource::Pods { .. }
                    | MetricSource::Object { .. }
                    | MetricSource::External { .. } => "",
                };
                match fault {
                    RequestFault::MissingInContainer { container, pod } => write!(
                        f,
                        "missing request for {resource} in container {container} of Pod {pod}"
                    ),
                    RequestFault::MissingAtPodLevel { pod } => {
                        write!(f, "missing pod-level request for {resource} in Pod {pod}")
                    }
                    RequestFault::ContainerNotFound { container, pod } => {
                        write!(f, "container {container} not found in Pod {pod}")
                    }
                }
            }
        }
    }
}

/// The controller's message about failed metrics: their number, and the first error with its
/// prefix.
#[derive(Clone, Copy, Debug)]
pub struct InvalidMetrics<'a> {
    pub(super) failed: usize,
    pub(super) total: usize,
    pub(super) first: MetricFailure<'a>,
}

impl fmt::Display for InvalidMetrics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            failed,
            total,
            first,
        } = self;
        write!(
            f,
            "invalid metrics ({failed} invalid out of {total}), first error is: "
        )?;
        let per_pod = matches!(first.metric.target, MetricTarget::AverageValue(_));
        match &first.metric.source {
            MetricSource::Resource { resource } => {
                write!(f, "failed to get {resource} resource metric value: ")?;
            }
            MetricSource::ContainerResource { container, .. } => {
                write!(f, "failed to get {container} container metric value: ")?;
            }
            MetricSource::Pods { .. } => f.write_str("failed to get pods metric value: ")?,
            MetricSource::Object { metric, .. } => {
                f.write_str("failed to get object metric value: ")?;
                if per_pod {
                    write!(f, "failed to get {} object metric: ", metric.name)?;
                }
            }
            MetricSource::External { metric } => {
                let name = &metric.name;
                write!(f, "failed to get {name} external metric value: ")?;
                if per_pod {
                    write!(f, "failed to get {name} external metric: ")?;
                } else {
                    write!(f, "failed to get external metric {name}: ")?;
                }
            }
        }
        first.fmt(f)
    }
}

/// The error of a reconcile.
#[derive(Clone, Copy, Debug)]
pub enum ReconcileError<'a> {
    /// The scale could not be read.
    GetScale {
        /// The object to scale.
        target: &'a ScaleTarget,
        /// The API's error text.
        error: &'a str,
    },
    /// No number of replicas could be computed.
    ComputeReplicas {
        /// The object to scale.
        target: &'a ScaleTarget,
        /// The failed metrics.
        invalid: InvalidMetrics<'a>,
    },
    /// The autoscaler has no metric, or none was observed. A spec from
    /// [`SpecInput`](super::spec_input::SpecInput) always has one.
    NoMetrics {
        /// The object to scale.
        target: &'a ScaleTarget,
    },
    /// The scale has no selector.
    SelectorRequired {
        /// The object to scale.
        target: &'a ScaleTarget,
    },
    /// The scale could not be written.
    Rescale {
        /// The object to scale.
        target: &'a ScaleTarget,
        /// The API's error text.
        error: &'a str,
    },
    /// Some metrics failed, and the others decided.
    SomeMetrics(InvalidMetrics<'a>),
}

impl fmt::Display for ReconcileError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const COMPUTE: &str =
            "failed to compute desired number of replicas based on listed metrics";
        match self {
            Self::GetScale { target, error } => {
                write!(f, "failed to query scale subresource for {target}: {error}")
            }
            Self::ComputeReplicas { target, invalid } => {
                write!(f, "{COMPUTE} for {target}: {invalid}")
            }
            Self::NoMetrics { target } => {
                write!(f, "{COMPUTE} for {target}: the autoscaler has no metrics")
            }
            Self::SelectorRequired { target } => {
                write!(f, "{COMPUTE} for {target}: selector is required")
            }
            Self::Rescale { target, error } => write!(f, "failed to rescale {target}: {error}"),
            Self::SomeMetrics(invalid) => invalid.fmt(f),
        }
    }
}
