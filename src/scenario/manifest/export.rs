//! A policy as Kubernetes objects: the common parts, and the HorizontalPodAutoscaler.
//!
//! An object is a struct with the fields of the API; fields that are `None` are omitted.
//!
//! A manifest cannot express the rest of a policy, such as `[workload]`, `[slo]` and the duration of a start.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::document::Document;
use super::target_reference::{group_of, served_version};
use crate::hpa::spec::{
    HpaSpec, LabelRequirement, LabelSelector, LabelValue, MetricIdentifier, MetricSource,
    MetricSpec, MetricTarget, ScalingRules,
};
use crate::units::SimSpan;

use super::super::tree::{Node, Value};

/// A difference between the policy and the exported object, or a value that the export had to invent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Remark {
    /// The difference.
    pub(in super::super) message: String,
    /// The remedy.
    pub(in super::super) help: String,
}

/// `metadata` of an object.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in super::super) struct Metadata<'m> {
    /// `name`.
    pub(in super::super) name: &'m str,
    /// `namespace`, unless kubectl decides it.
    pub(in super::super) namespace: Option<&'m str>,
}

/// The common part of every Kubernetes object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManifestObject<'o, S> {
    pub(super) api_version: &'o str,
    pub(super) kind: &'o str,
    pub(super) metadata: Metadata<'o>,
    pub(super) spec: S,
}

/// The remark about a name that the API server would refuse (RFC 1123).
pub(in super::super) fn name_remark(name: &str) -> Option<Remark> {
    let is_end = |letter: &u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_within = |letter: u8| is_end(&letter) || matches!(letter, b'-' | b'.');
    let bytes = name.as_bytes();
    let is_valid = bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && bytes.iter().all(|letter| is_within(*letter))
        && bytes.len() <= 63;
    (!is_valid).then(|| Remark {
        message: format!("the API server refuses an object with the name `{name}`"),
        help: "set a `name` of lower-case letters, digits and `-` in the policy".to_owned(),
    })
}

/// The autoscaler as autoscaling/v2, without status. Fields that the checked spec lacks come from `written`, the policy's `[hpa]`.
pub(in super::super) fn hpa_document(
    spec: &HpaSpec,
    written: Option<&Node>,
    metadata: Metadata<'_>,
) -> Document {
    Document::of(&ManifestObject {
        api_version: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata,
        spec: ExportedHpa::of(spec, written),
    })
}

/// `spec` of a HorizontalPodAutoscaler.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedHpa<'s> {
    scale_target_ref: ObjectReference<'s>,
    min_replicas: i32,
    max_replicas: i32,
    metrics: Vec<ExportedMetric<'s>>,
    behavior: Option<ExportedBehavior>,
}

impl<'s> ExportedHpa<'s> {
    fn of(spec: &'s HpaSpec, written: Option<&'s Node>) -> Self {
        let at = |path: &[&str]| written.and_then(|node| node.at(path));
        let target = &spec.scale_target;
        let api_version = at(&["scaleTargetRef", "apiVersion"]).and_then(Node::text);
        let metrics = spec.metrics.iter().enumerate().map(|(index, metric)| {
            let node = at(&["metrics"]).and_then(|node| node.items().get(index));
            ExportedMetric::of(metric, node)
        });
        let behavior = spec.behavior.as_ref().map(|behavior| ExportedBehavior {
            scale_up: ExportedRules::of(&behavior.scale_up, at(&["behavior", "scaleUp"])),
            scale_down: ExportedRules::of(&behavior.scale_down, at(&["behavior", "scaleDown"])),
        });
        Self {
            scale_target_ref: ObjectReference {
                api_version: Some(api_version_of(&target.kind, api_version)),
                kind: &target.kind,
                name: &target.name,
            },
            min_replicas: spec.min_replicas.0,
            max_replicas: spec.max_replicas.0,
            metrics: metrics.collect(),
            behavior,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectReference<'s> {
    api_version: Option<&'s str>,
    kind: &'s str,
    name: &'s str,
}

/// The `apiVersion` of a scaled kind: a custom one as the policy writes it, otherwise the one that clusters serve.
pub(super) fn api_version_of<'v>(kind: &str, written: Option<&'v str>) -> &'v str {
    let is_custom = |version: &&str| group_of(version).contains('.');
    let custom = written.filter(is_custom);
    custom.or(served_version(kind)).unwrap_or("apps/v1")
}

#[derive(Serialize)]
struct ExportedMetric<'s> {
    r#type: &'static str,
    /// The metric under the key of its type.
    #[serde(flatten)]
    source: BTreeMap<&'static str, ExportedSource<'s>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedSource<'s> {
    name: Option<&'s str>,
    container: Option<&'s str>,
    described_object: Option<ObjectReference<'s>>,
    metric: Option<ExportedIdentifier<'s>>,
    target: ExportedTarget,
}

impl<'s> ExportedMetric<'s> {
    fn of(metric: &'s MetricSpec, written: Option<&'s Node>) -> Self {
        let mut source = ExportedSource {
            name: None,
            container: None,
            described_object: None,
            metric: None,
            target: metric.target.into(),
        };
        match &metric.source {
            MetricSource::Resource { resource } => {
                source.name = Some(resource);
            }
            MetricSource::ContainerResource {
                resource,
                container,
            } => {
                source.name = Some(resource);
                source.container = Some(container);
            }
            MetricSource::Pods { metric } => {
                source.metric = Some(metric.into());
            }
            MetricSource::External { metric } => {
                source.metric = Some(metric.into());
            }
            MetricSource::Object { metric, described } => {
                source.described_object = Some(ObjectReference {
                    api_version: written
                        .and_then(|node| node.at(&["object", "describedObject", "apiVersion"]))
                        .and_then(Node::text),
                    kind: &described.kind,
                    name: &described.name,
                });
                source.metric = Some(metric.into());
            }
        }
        Self {
            r#type: metric.source.type_name(),
            source: BTreeMap::from([(metric.source.body_key(), source)]),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
enum ExportedTarget {
    Utilization { average_utilization: i32 },
    AverageValue { average_value: String },
    Value { value: String },
}

impl From<MetricTarget> for ExportedTarget {
    fn from(target: MetricTarget) -> Self {
        match target {
            MetricTarget::Utilization(average_utilization) => Self::Utilization {
                average_utilization,
            },
            MetricTarget::AverageValue(value) => Self::AverageValue {
                average_value: value.to_string(),
            },
            MetricTarget::Value(value) => Self::Value {
                value: value.to_string(),
            },
        }
    }
}

#[derive(Serialize)]
struct ExportedIdentifier<'s> {
    name: &'s str,
    selector: Option<ExportedSelector<'s>>,
}

impl<'s> From<&'s MetricIdentifier> for ExportedIdentifier<'s> {
    fn from(metric: &'s MetricIdentifier) -> Self {
        Self {
            name: &metric.name,
            selector: metric.selector.as_ref().map(ExportedSelector::from),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedSelector<'s> {
    match_labels: Option<IndexMap<&'s str, &'s str>>,
    match_expressions: Option<Vec<ExportedRequirement<'s>>>,
}

#[derive(Serialize)]
struct ExportedRequirement<'s> {
    key: &'s str,
    operator: &'s str,
    values: Option<&'s [String]>,
}

impl<'s> From<&'s LabelSelector> for ExportedSelector<'s> {
    fn from(selector: &'s LabelSelector) -> Self {
        let (labels, expressions) = (&selector.match_labels, &selector.match_expressions);
        let label = |label: &'s LabelValue| (label.key.as_str(), label.value.as_str());
        let requirement = |requirement: &'s LabelRequirement| ExportedRequirement {
            key: &requirement.key,
            operator: &requirement.operator,
            values: (!requirement.values.is_empty()).then_some(&*requirement.values),
        };
        Self {
            match_labels: (!labels.is_empty()).then(|| labels.iter().map(label).collect()),
            match_expressions: (!expressions.is_empty())
                .then(|| expressions.iter().map(requirement).collect()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedBehavior {
    scale_up: ExportedRules,
    scale_down: ExportedRules,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedRules {
    stabilization_window_seconds: Option<i64>,
    select_policy: String,
    policies: Vec<ExportedPolicy>,
    tolerance: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedPolicy {
    r#type: String,
    value: i32,
    period_seconds: i64,
}

impl ExportedRules {
    fn of(rules: &ScalingRules, written: Option<&Node>) -> Self {
        // The written text, because the controller's float may have more digits than a quantity may have.
        let tolerance = rules.tolerance.map(|tolerance| {
            let text = written.and_then(|node| match &node.get("tolerance")?.value {
                Value::Text(text) => Some(text.clone()),
                Value::Integer(number) => Some(number.to_string()),
                Value::Float(number) => Some(number.to_string()),
                _ => None,
            });
            text.unwrap_or_else(|| tolerance.to_string())
        });
        let policies = rules.policies.iter().map(|policy| ExportedPolicy {
            r#type: policy.kind.to_string(),
            value: policy.value,
            period_seconds: whole_seconds(policy.period),
        });
        Self {
            stabilization_window_seconds: rules.stabilization_window.map(whole_seconds),
            select_policy: rules.select_policy.to_string(),
            policies: policies.collect(),
            tolerance,
        }
    }
}

/// Seconds, rounded up.
pub(super) fn whole_seconds(span: SimSpan) -> i64 {
    let second = SimSpan::from_secs(1).as_nanos();
    let nanos = span.as_nanos();
    nanos / second + i64::from(nanos % second != 0)
}
