//! The autoscaler as the API server returns it: checked, with its defaults filled in.
//!
//! Unchecked input is a [`SpecInput`](super::spec_input::SpecInput).

use std::fmt;
use std::sync::Arc;

use crate::units::{MilliValue, Replicas, SimSpan};

/// A checked autoscaler: `spec` of an autoscaling/v2 HorizontalPodAutoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaSpec {
    /// The object to scale, and the namespace of both.
    pub scale_target: ScaleTarget,
    /// `minReplicas`; the API server's default is 1.
    pub min_replicas: Replicas,
    /// `maxReplicas`, at least `min_replicas`.
    pub max_replicas: Replicas,
    /// `metrics`, in the order written; not empty.
    pub metrics: Vec<MetricSpec>,
    /// `behavior`; `None` selects the controller's older code path, which differs from the
    /// defaults.
    pub behavior: Option<Behavior>,
}

impl HpaSpec {
    /// Whether the autoscaler has a metric that can be measured without pods.
    #[must_use]
    pub fn has_object_or_external_metric(&self) -> bool {
        self.metrics.iter().any(|metric| {
            matches!(
                metric.source,
                MetricSource::Object { .. } | MetricSource::External { .. }
            )
        })
    }
}

/// The object to scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleTarget {
    /// `kind`, such as "Deployment".
    pub kind: String,
    /// The namespace of the autoscaler, and so of its target.
    pub namespace: String,
    /// `name`.
    pub name: String,
}

impl fmt::Display for ScaleTarget {
    /// KIND/NAMESPACE/NAME, as the controller's errors name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// One metric and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricSpec {
    /// The source of the value.
    pub source: MetricSource,
    /// The target value.
    pub target: MetricTarget,
    /// The metric's name in conditions and events, derived from the source and the target.
    pub description: Arc<str>,
}

impl MetricSpec {
    /// A metric of `source` with `target`; its name is that of the controller's messages.
    #[must_use]
    pub fn new(source: MetricSource, target: MetricTarget) -> Self {
        let description = describe_metric(&source, target).into();
        Self {
            source,
            target,
            description,
        }
    }

    /// Whether it is the CPU utilization of the pods or of one of their containers.
    #[must_use]
    pub fn is_cpu_utilization(&self) -> bool {
        self.source.is_cpu() && matches!(self.target, MetricTarget::Utilization(_))
    }
}

/// The metric's name in reasons and messages.
fn describe_metric(source: &MetricSource, target: MetricTarget) -> String {
    match (source, target) {
        (MetricSource::Resource { resource }, MetricTarget::Utilization(_)) => {
            format!("{resource} resource utilization (percentage of request)")
        }
        (MetricSource::ContainerResource { resource, .. }, MetricTarget::Utilization(_)) => {
            format!("{resource} container resource utilization (percentage of request)")
        }
        (
            MetricSource::Resource { resource } | MetricSource::ContainerResource { resource, .. },
            _,
        ) => format!("{resource} resource"),
        (MetricSource::Pods { metric }, _) => format!("pods metric {}", metric.name),
        // The controller calls an average of an Object metric an external metric.
        (MetricSource::Object { metric, .. }, MetricTarget::AverageValue(_))
        | (MetricSource::External { metric }, _) => {
            format!("external metric {}({})", metric.name, metric.selector_text)
        }
        (MetricSource::Object { metric, described }, _) => {
            format!("{} metric {}", described.kind, metric.name)
        }
    }
}

/// The source of a metric's value: `type` and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricSource {
    /// A resource of all containers of each pod, from metrics-server.
    Resource {
        /// "cpu" or "memory".
        resource: String,
    },
    /// A resource of one named container of each pod.
    ContainerResource {
        /// "cpu" or "memory".
        resource: String,
        /// The container's name.
        container: String,
    },
    /// A custom metric of each pod.
    Pods {
        /// Its name and selector.
        metric: MetricIdentifier,
    },
    /// A custom metric of one object.
    Object {
        /// Its name and selector.
        metric: MetricIdentifier,
        /// The object.
        described: DescribedObject,
    },
    /// A metric from outside the cluster.
    External {
        /// Its name and selector.
        metric: MetricIdentifier,
    },
}

impl MetricSource {
    /// "cpu" or "memory"; `None` for a metric of another type.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        match self {
            Self::Resource { resource } | Self::ContainerResource { resource, .. } => {
                Some(resource)
            }
            Self::Pods { .. } | Self::Object { .. } | Self::External { .. } => None,
        }
    }

    /// Whether this is the CPU resource; the initialisation rules apply only to it.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.resource() == Some("cpu")
    }

    /// The metric's name in reports: `memory`, `memory (app)` for one container, `queue_depth`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Resource { resource } => resource.clone(),
            Self::ContainerResource {
                resource,
                container,
            } => format!("{resource} ({container})"),
            Self::Pods { metric } | Self::Object { metric, .. } | Self::External { metric } => {
                metric.name.clone()
            }
        }
    }

    /// The key of the metric's body, such as `containerResource`.
    #[must_use]
    pub const fn body_key(&self) -> &'static str {
        match self {
            Self::Resource { .. } => "resource",
            Self::ContainerResource { .. } => "containerResource",
            Self::Pods { .. } => "pods",
            Self::Object { .. } => "object",
            Self::External { .. } => "external",
        }
    }

    /// The type as the API spells it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Resource { .. } => "Resource",
            Self::ContainerResource { .. } => "ContainerResource",
            Self::Pods { .. } => "Pods",
            Self::Object { .. } => "Object",
            Self::External { .. } => "External",
        }
    }
}

/// A custom or external metric by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricIdentifier {
    /// `metric.name`.
    pub name: String,
    /// `metric.selector`.
    pub selector: Option<LabelSelector>,
    /// The selector as the controller's messages print it; `nil` without one.
    pub selector_text: String,
}

impl MetricIdentifier {
    /// A metric called `name`, restricted by `selector`.
    #[must_use]
    pub fn new(name: impl Into<String>, selector: Option<LabelSelector>) -> Self {
        let selector_text = selector
            .as_ref()
            .map_or_else(|| "nil".to_owned(), ToString::to_string);
        Self {
            name: name.into(),
            selector,
            selector_text,
        }
    }
}

impl MetricSource {
    /// The name of the metric with what else identifies it, as a column of a trace has it: `NAME{KEY=VALUE}` with a selector, and
    /// `NAME@KIND/NAME` for an object. `None` for a resource.
    #[must_use]
    pub fn column(&self) -> Option<String> {
        let (metric, described) = match self {
            Self::Resource { .. } | Self::ContainerResource { .. } => return None,
            Self::Pods { metric } | Self::External { metric } => (metric, None),
            Self::Object { metric, described } => (metric, Some(described)),
        };
        let mut column = metric.name.clone();
        if let Some(selector) = &metric.selector {
            let labels = selector.match_labels.iter();
            let mut words: Vec<String> = labels
                .map(|it| format!("{}={}", it.key, it.value))
                .collect();
            words.sort();
            let expressions =
                selector
                    .match_expressions
                    .iter()
                    .map(|it| match it.values.is_empty() {
                        true => format!("{} {}", it.key, it.operator),
                        false => format!("{} {} ({})", it.key, it.operator, it.values.join(",")),
                    });
            words.extend(expressions);
            if !words.is_empty() {
                column.push_str(&format!("{{{}}}", words.join(",")));
            }
        }
        if let Some(object) = described {
            column.push_str(&format!("@{}/{}", object.kind, object.name));
        }
        Some(column)
    }
}

/// `metric.selector`: the series that belong to the metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// `matchLabels`; printed with its keys sorted.
    pub match_labels: Vec<LabelValue>,
    /// `matchExpressions`, in the order written.
    pub match_expressions: Vec<LabelRequirement>,
}

/// One entry of `matchLabels`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelValue {
    /// The label's key.
    pub key: String,
    /// The value it must have.
    pub value: String,
}

/// One entry of `matchExpressions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRequirement {
    /// The label's key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values that the operator compares with.
    pub values: Vec<String>,
}

impl fmt::Display for LabelSelector {
    /// Go's generated `String()` of a `*metav1.LabelSelector`, which the controller's messages contain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("&LabelSelector{MatchLabels:map[string]string{")?;
        let mut labels: Vec<&LabelValue> = self.match_labels.iter().collect();
        labels.sort();
        for label in labels {
            write!(f, "{}: {},", label.key, label.value)?;
        }
        f.write_str("},MatchExpressions:[]LabelSelectorRequirement{")?;
        for requirement in &self.match_expressions {
            write!(
                f,
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
                requirement.key,
                requirement.operator,
                requirement.values.join(" ")
            )?;
        }
        f.write_str("},}")
    }
}

/// `describedObject` of an Object metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedObject {
    /// `kind`, such as "Ingress".
    pub kind: String,
    /// `name`.
    pub name: String,
}

/// The target of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricTarget {
    /// `averageUtilization`: percent of the request, at least 1.
    Utilization(i32),
    /// `averageValue`: per pod, above 0.
    AverageValue(MilliValue),
    /// `value`: as a whole, above 0.
    Value(MilliValue),
}

/// `behavior`, with both directions filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// `scaleUp`.
    pub scale_up: ScalingRules,
    /// `scaleDown`.
    pub scale_down: ScalingRules,
}

/// How fast the replicas may change in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingRules {
    /// `stabilizationWindowSeconds`; if absent (scale-down only), the controller's
    /// `downscaleStabilization` applies.
    pub stabilization_window: Option<SimSpan>,
    /// `selectPolicy`.
    pub select_policy: SelectPolicy,
    /// `policies`; not empty.
    pub policies: Vec<ScalingPolicy>,
    /// `tolerance` as the float that the controller compares with (KEP-4951).
    pub tolerance: Option<f64>,
}

impl ScalingRules {
    /// The longest period of the policies. No limit looks at older scale events.
    #[must_use]
    pub fn longest_period(&self) -> SimSpan {
        self.policies
            .iter()
            .map(|policy| policy.period)
            .max()
            .unwrap_or(SimSpan::ZERO)
    }
}

/// Which of several policies applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The one that allows the largest change.
    #[default]
    Max,
    /// The one that allows the smallest change.
    Min,
    /// No policy: scaling in this direction is off.
    Disabled,
}

impl fmt::Display for SelectPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Max => "Max",
            Self::Min => "Min",
            Self::Disabled => "Disabled",
        })
    }
}

/// One limit on the change within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// `type`: the unit of `value`.
    pub kind: PolicyKind,
    /// `value`, above 0.
    pub value: i32,
    /// `periodSeconds`, 1 s to 30 min.
    pub period: SimSpan,
}

/// The unit of a policy's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Pods.
    Pods,
    /// Percent of the replicas at the period's start.
    Percent,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pods => "Pods",
            Self::Percent => "Percent",
        })
    }
}
