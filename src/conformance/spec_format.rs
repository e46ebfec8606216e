//! The JSON form of `spec` of a recorded HorizontalPodAutoscaler.
//!
//! It converts the API server's form to the core's form. It validates nothing, because an API server already has.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::hpa::spec::{
    DescribedObject, HpaSpec, LabelRequirement, LabelSelector, LabelValue, MetricIdentifier,
    MetricSource, PolicyKind, ScaleTarget, SelectPolicy,
};
use crate::hpa::spec_input::{
    BehaviorInput, MetricInput, ScalingPolicyInput, ScalingRulesInput, SpecInput, TargetType,
};
use crate::units::{MilliValue, NanoValue, Quantity};

/// The namespace of every recorded HPA.
pub const NAMESPACE: &str = "ns";

/// `spec` of a HorizontalPodAutoscaler.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    scale_target_ref: RecordedTargetRef,
    min_replicas: Option<i32>,
    max_replicas: Option<i32>,
    #[serde(default)]
    metrics: Vec<RecordedMetricSpec>,
    behavior: Option<RecordedBehavior>,
}

impl Spec {
    /// Converts the spec to the core's form.
    ///
    /// # Errors
    /// The missing part, in words.
    pub fn resolve(&self) -> Result<HpaSpec, String> {
        let metrics = self
            .metrics
            .iter()
            .map(RecordedMetricSpec::input)
            .collect::<Result<_, _>>()?;
        let input = SpecInput {
            min_replicas: self.min_replicas,
            max_replicas: self.max_replicas,
            metrics,
            behavior: self.behavior.as_ref().map(|behavior| BehaviorInput {
                scale_up: behavior.scale_up.as_ref().map(RecordedRules::input),
                scale_down: behavior.scale_down.as_ref().map(RecordedRules::input),
            }),
        };
        let target = ScaleTarget {
            kind: self.scale_target_ref.kind.clone(),
            namespace: NAMESPACE.to_owned(),
            name: self.scale_target_ref.name.clone(),
        };
        input
            .with_defaults(target)
            .map_err(|fault| fault.to_string())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedTargetRef {
    kind: String,
    name: String,
    #[serde(default, rename = "apiVersion")]
    _api_version: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedMetricSpec {
    #[serde(rename = "type")]
    kind: String,
    resource: Option<ResourceMetric>,
    container_resource: Option<ContainerResourceMetric>,
    pods: Option<CustomMetric>,
    object: Option<ObjectMetric>,
    external: Option<CustomMetric>,
}

impl RecordedMetricSpec {
    fn input(&self) -> Result<MetricInput, String> {
        let (source, target) = self
            .source()
            .ok_or_else(|| format!("a metric of type {} has no body of that type", self.kind))?;
        Ok(MetricInput {
            source,
            target_type: target.kind.map(TargetType::from),
            average_utilization: target.average_utilization,
            average_value: target.average_value.map(QuantityText::milli_value),
            value: target.value.map(QuantityText::milli_value),
        })
    }

    fn source(&self) -> Option<(MetricSource, &RecordedTarget)> {
        match self.kind.as_str() {
            "Resource" => self.resource.as_ref().map(|body| {
                let resource = body.name.clone();
                (MetricSource::Resource { resource }, &body.target)
            }),
            "ContainerResource" => self.container_resource.as_ref().map(|body| {
                let source = MetricSource::ContainerResource {
                    resource: body.name.clone(),
                    container: body.container.clone(),
                };
                (source, &body.target)
            }),
            "Pods" => self.pods.as_ref().map(|body| {
                let metric = body.metric.identifier();
                (MetricSource::Pods { metric }, &body.target)
            }),
            "Object" => self.object.as_ref().map(|body| {
                let source = MetricSource::Object {
                    metric: body.metric.identifier(),
                    described: DescribedObject {
                        kind: body.described_object.kind.clone(),
                        name: body.described_object.name.clone(),
                    },
                };
                (source, &body.target)
            }),
            "External" => self.external.as_ref().map(|body| {
                let metric = body.metric.identifier();
                (MetricSource::External { metric }, &body.target)
            }),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct ResourceMetric {
    name: String,
    target: RecordedTarget,
}

#[derive(Clone, Debug, Deserialize)]
struct ContainerResourceMetric {
    name: String,
    container: String,
    target: RecordedTarget,
}

#[derive(Clone, Debug, Deserialize)]
struct CustomMetric {
    metric: Identifier,
    target: RecordedTarget,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectMetric {
    described_object: RecordedTargetRef,
    metric: Identifier,
    target: RecordedTarget,
}

#[derive(Clone, Debug, Deserialize)]
struct Identifier {
    name: String,
    selector: Option<Selector>,
}

impl Identifier {
    fn identifier(&self) -> MetricIdentifier {
        MetricIdentifier::new(
            self.name.clone(),
            self.selector.as_ref().map(|selector| LabelSelector {
                match_labels: selector
                    .match_labels
                    .iter()
                    .map(|(key, value)| LabelValue {
                        key: key.clone(),
                        value: value.clone(),
                    })
                    .collect(),
                match_expressions: selector
                    .match_expressions
                    .iter()
                    .map(|requirement| LabelRequirement {
                        key: requirement.key.clone(),
                        operator: requirement.operator.clone(),
                        values: requirement.values.clone(),
                    })
                    .collect(),
            }),
        )
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    #[serde(default)]
    match_labels: BTreeMap<String, String>,
    #[serde(default)]
    match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, Deserialize)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedTarget {
    #[serde(default, rename = "type")]
    kind: Option<TargetKind>,
    average_utilization: Option<i32>,
    average_value: Option<QuantityText>,
    value: Option<QuantityText>,
}

/// The values of `target.type`.
#[derive(Clone, Copy, Debug, Deserialize)]
enum TargetKind {
    Utilization,
    Value,
    AverageValue,
}

impl From<TargetKind> for TargetType {
    fn from(kind: TargetKind) -> Self {
        match kind {
            TargetKind::Utilization => Self::Utilization,
            TargetKind::Value => Self::Value,
            TargetKind::AverageValue => Self::AverageValue,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedBehavior {
    scale_up: Option<RecordedRules>,
    scale_down: Option<RecordedRules>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedRules {
    stabilization_window_seconds: Option<i32>,
    select_policy: Option<Select>,
    policies: Option<Vec<RecordedPolicy>>,
    tolerance: Option<QuantityText>,
}

impl RecordedRules {
    fn input(&self) -> ScalingRulesInput {
        ScalingRulesInput {
            stabilization_window_seconds: self.stabilization_window_seconds,
            select_policy: self.select_policy.map(|select| match select {
                Select::Max => SelectPolicy::Max,
                Select::Min => SelectPolicy::Min,
                Select::Disabled => SelectPolicy::Disabled,
            }),
            policies: self.policies.as_ref().map(|policies| {
                policies
                    .iter()
                    .map(|policy| ScalingPolicyInput {
                        kind: match policy.kind {
                            RecordedPolicyKind::Pods => PolicyKind::Pods,
                            RecordedPolicyKind::Percent => PolicyKind::Percent,
                        },
                        value: policy.value,
                        period_seconds: policy.period_seconds,
                    })
                    .collect()
            }),
            tolerance: self.tolerance.map(|tolerance| tolerance.0),
        }
    }
}

/// The values of `selectPolicy`.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Select {
    Max,
    Min,
    Disabled,
}

/// The values of `type` of a policy.
#[derive(Clone, Copy, Debug, Deserialize)]
enum RecordedPolicyKind {
    Pods,
    Percent,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedPolicy {
    #[serde(rename = "type")]
    kind: RecordedPolicyKind,
    value: i32,
    period_seconds: i32,
}

/// A quantity as text or as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantityText(pub Quantity);

impl QuantityText {
    /// The quantity in milli-units; the reader has checked that it fits.
    #[must_use]
    pub fn milli_value(self) -> MilliValue {
        self.0.milli_value().unwrap_or_default()
    }

    /// The exact quantity.
    #[must_use]
    pub fn nano_value(self) -> NanoValue {
        self.0.nano_value().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for QuantityText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum WrittenQuantity {
            Text(String),
            Whole(i64),
            Float(f64),
        }
        let text = match WrittenQuantity::deserialize(deserializer)? {
            WrittenQuantity::Text(text) => text,
            WrittenQuantity::Whole(number) => number.to_string(),
            WrittenQuantity::Float(number) => number.to_string(),
        };
        text.parse()
            .map(Self)
            .map_err(|error| serde::de::Error::custom(format!("quantity \"{text}\": {error}")))
    }
}
