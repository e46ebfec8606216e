//! The recording's JSON as it stands in a file.
//!
//! Self-imposed limit: shapes and their conversion to what the core wants; a
//! key that is not known is counted by the reader, never guessed at.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::hpa::rules::{ControllerSettings, Gate, Release, Rules};
use crate::hpa::spec::{
    DescribedObject, HpaSpec, LabelRequirement, LabelSelector, LabelValue, MetricIdentifier,
    MetricSource, PolicyKind, ScaleTarget, SelectPolicy,
};
use crate::hpa::spec_input::{
    BehaviorInput, MetricInput, ScalingPolicyInput, ScalingRulesInput, SpecInput, TargetType,
};
use crate::units::{MilliValue, Quantity, SimSpan, SimTime};

/// The namespace in which every recorded HPA lives.
pub const NAMESPACE: &str = "ns";

/// One line: one HPA watched by a freshly started controller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scenario {
    /// Unique in its file; its category stands before the last `-`.
    pub id: String,
    /// `decision` or `timeline`.
    pub suite: String,
    /// Which controller answered.
    pub source: String,
    /// The controller's own settings.
    pub controller: Controller,
    /// The autoscaler.
    pub hpa: Hpa,
    /// What pods have that do not say otherwise.
    pub pod_defaults: PodDefaults,
    /// The reconciles, in order.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// The generator's category: the id up to its last `-`, without a leading `h-`.
    #[must_use]
    pub fn category(&self) -> &str {
        let id = self.id.strip_prefix("h-").unwrap_or(&self.id);
        id.rsplit_once('-').map_or(id, |(category, _)| category)
    }

    /// The rules of the release that answered.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let release = if self.source.contains("v1.28") {
            Release::V1_28
        } else {
            Release::Current
        };
        Rules::new(release, self.controller.settings())
    }
}

/// `controller` of a scenario.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Controller {
    tolerance: f64,
    downscale_stabilization_seconds: f64,
    cpu_initialization_period_seconds: f64,
    initial_readiness_delay_seconds: f64,
    #[serde(default)]
    scale_to_zero: bool,
    #[serde(default)]
    configurable_tolerance: bool,
}

impl Controller {
    fn settings(&self) -> ControllerSettings {
        let gate = |on| if on { Gate::On } else { Gate::Off };
        ControllerSettings {
            tolerance: self.tolerance,
            downscale_stabilization: span(self.downscale_stabilization_seconds),
            cpu_initialization_period: span(self.cpu_initialization_period_seconds),
            initial_readiness_delay: span(self.initial_readiness_delay_seconds),
            scale_to_zero: gate(self.scale_to_zero),
            configurable_tolerance: gate(self.configurable_tolerance),
        }
    }
}

/// `hpa` of a scenario.
#[derive(Debug, Deserialize)]
pub struct Hpa {
    /// Its `spec`, as the API server would hand it out.
    pub spec: Spec,
}

/// `podDefaults` of a scenario.
#[derive(Debug, Deserialize)]
pub struct PodDefaults {
    /// The containers of every pod that states none.
    pub containers: Vec<Container>,
}

/// One reconcile: what the controller saw, and what came of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Seconds on the scenario's clock.
    pub time: f64,
    /// What reading the scale returned.
    pub scale: Scale,
    /// The full list of pods, always in the first step.
    pub pods: Option<Vec<Pod>>,
    /// What changed in the list since the step before.
    pub pod_changes: Option<PodChanges>,
    /// One entry for each of the spec's metrics.
    pub metrics: Vec<Metric>,
    /// The HPA's spec from this step on.
    pub hpa_spec: Option<Spec>,
    /// Whether the controller was restarted before this step.
    #[serde(default)]
    pub controller_restart: bool,
    /// What could be observed after it.
    pub expect: Observed,
}

/// `scale` of a step.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scale {
    /// `spec.replicas`.
    pub spec_replicas: i32,
    /// `status.replicas`.
    #[serde(default)]
    pub status_replicas: i32,
    /// Reading the scale failed with this text.
    pub get_error: Option<String>,
    /// Writing the scale fails with this text.
    pub update_error: Option<String>,
    /// Whether the scale's status has no selector.
    #[serde(default)]
    pub no_selector: bool,
}

/// `podChanges` of a step.
#[derive(Debug, Deserialize)]
pub struct PodChanges {
    /// Names of pods that are gone.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Pods that are new or different.
    #[serde(default)]
    pub set: Vec<Pod>,
}

/// One pod.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// `status.phase`.
    #[serde(default)]
    pub phase: Phase,
    /// Creation time; the controller does not look at it.
    #[serde(default, rename = "created")]
    _created: Option<f64>,
    /// `status.startTime`.
    #[serde(default)]
    pub start_time: Option<f64>,
    /// Status of the Ready condition.
    #[serde(default)]
    pub ready: Ready,
    /// The Ready condition's last transition.
    #[serde(default)]
    pub ready_transition_time: Option<f64>,
    /// Whether it has a deletion timestamp.
    #[serde(default)]
    pub deleting: bool,
    /// Its containers; `None`: the scenario's defaults.
    pub containers: Option<Vec<Container>>,
    /// Its init containers.
    #[serde(default)]
    pub init_containers: Vec<Container>,
    /// Its requests as a whole.
    pub requests: Option<BTreeMap<String, QuantityText>>,
}

/// `phase` of a pod.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum Phase {
    /// `Pending`
    Pending,
    /// `Running`
    #[default]
    Running,
    /// `Succeeded`
    Succeeded,
    /// `Failed`
    Failed,
    /// `Unknown`
    Unknown,
}

/// `ready` of a pod: `true`, `false`, `"Unknown"` or `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ready {
    /// The condition is True.
    #[default]
    True,
    /// The condition is False.
    False,
    /// The condition is Unknown.
    Unknown,
    /// There is no such condition.
    Absent,
}

impl<'de> Deserialize<'de> for Ready {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Known(bool),
            Word(String),
        }
        Ok(match Option::<Written>::deserialize(deserializer)? {
            None => Self::Absent,
            Some(Written::Known(true)) => Self::True,
            Some(Written::Known(false)) => Self::False,
            Some(Written::Word(word)) if word == "Unknown" => Self::Unknown,
            Some(Written::Word(word)) => {
                return Err(serde::de::Error::custom(format!(
                    "ready is true, false, \"Unknown\" or null, not \"{word}\""
                )));
            }
        })
    }
}

/// One container of a pod.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its requests.
    #[serde(default)]
    pub requests: BTreeMap<String, QuantityText>,
    /// `Always` makes an init container a sidecar.
    pub restart_policy: Option<String>,
}

/// A quantity as text or as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantityText(pub Quantity);

impl QuantityText {
    /// The quantity in milli-units; it was checked to fit when it was read.
    #[must_use]
    pub fn milli_value(self) -> MilliValue {
        self.0.milli_value().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for QuantityText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Whole(i64),
            Float(f64),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Whole(number) => number.to_string(),
            Written::Float(number) => number.to_string(),
        };
        text.parse()
            .map(Self)
            .map_err(|error| serde::de::Error::custom(format!("quantity \"{text}\": {error}")))
    }
}

/// What the metrics client returned for one metric.
#[derive(Debug, Deserialize)]
pub struct Metric {
    /// Samples by pod.
    pub pods: Option<BTreeMap<String, Sample>>,
    /// The entry's own time stamp, in seconds.
    #[serde(default)]
    pub timestamp: f64,
    /// The entry's own window, in seconds.
    #[serde(default)]
    pub window: f64,
    /// An Object metric's value.
    pub value: Option<i64>,
    /// An External metric's values.
    pub values: Option<Vec<i64>>,
    /// Whether the client failed.
    #[serde(default)]
    pub error: bool,
    /// What it said.
    #[serde(default)]
    pub message: String,
}

/// One pod's sample.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub enum Sample {
    /// A value with the entry's time stamp and window.
    Value(i64),
    /// A value with its own.
    Whole {
        /// The value.
        value: i64,
        /// Seconds.
        timestamp: f64,
        /// Seconds.
        window: f64,
    },
}

/// Everything that can be observed after a reconcile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// The scale's `spec.replicas`.
    pub desired_replicas: i32,
    /// Whether the scale was written.
    pub rescaled: bool,
    /// Whether the reconcile returned an error.
    pub error: bool,
    /// That error's text.
    pub error_message: Option<String>,
    /// Condition type to status and reason.
    pub conditions: BTreeMap<String, [String; 2]>,
    /// Condition type to message; not recorded in every suite.
    pub condition_messages: Option<BTreeMap<String, String>>,
    /// `status.currentMetrics`.
    pub current_metrics: Option<Vec<Option<ObservedMetric>>>,
    /// Replicas and time in the status.
    pub status: ObservedStatus,
    /// Type, reason and message of each event.
    pub events: Vec<[String; 3]>,
}

/// One entry of `status.currentMetrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedMetric {
    /// Percent of request.
    pub average_utilization: Option<i32>,
    /// Per pod.
    pub average_value_milli: Option<i64>,
    /// As a whole.
    pub value_milli: Option<i64>,
}

/// `status`, the replicas and the time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedStatus {
    /// `currentReplicas`.
    pub current_replicas: i32,
    /// `desiredReplicas`.
    pub desired_replicas: i32,
    /// `lastScaleTime`, in seconds.
    pub last_scale_time: Option<f64>,
}

/// `spec` of a HorizontalPodAutoscaler.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    scale_target_ref: ScaleTargetRef,
    min_replicas: Option<i32>,
    max_replicas: Option<i32>,
    #[serde(default)]
    metrics: Vec<MetricSpec>,
    behavior: Option<Behavior>,
}

impl Spec {
    /// The spec as the core wants it.
    ///
    /// # Errors
    /// What is missing from it, in words.
    pub fn resolve(&self) -> Result<HpaSpec, String> {
        let metrics = self
            .metrics
            .iter()
            .map(MetricSpec::input)
            .collect::<Result<_, _>>()?;
        let input = SpecInput {
            min_replicas: self.min_replicas,
            max_replicas: self.max_replicas,
            metrics,
            behavior: self.behavior.as_ref().map(|behavior| BehaviorInput {
                scale_up: behavior.scale_up.as_ref().map(ScalingRules::input),
                scale_down: behavior.scale_down.as_ref().map(ScalingRules::input),
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
struct ScaleTargetRef {
    kind: String,
    name: String,
    #[serde(default, rename = "apiVersion")]
    _api_version: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetricSpec {
    #[serde(rename = "type")]
    kind: String,
    resource: Option<ResourceMetric>,
    container_resource: Option<ContainerResourceMetric>,
    pods: Option<CustomMetric>,
    object: Option<ObjectMetric>,
    external: Option<CustomMetric>,
}

impl MetricSpec {
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

    fn source(&self) -> Option<(MetricSource, &Target)> {
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
    target: Target,
}

#[derive(Clone, Debug, Deserialize)]
struct ContainerResourceMetric {
    name: String,
    container: String,
    target: Target,
}

#[derive(Clone, Debug, Deserialize)]
struct CustomMetric {
    metric: Identifier,
    target: Target,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectMetric {
    described_object: ScaleTargetRef,
    metric: Identifier,
    target: Target,
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
struct Target {
    #[serde(default, rename = "type")]
    kind: Option<TargetKind>,
    average_utilization: Option<i32>,
    average_value: Option<QuantityText>,
    value: Option<QuantityText>,
}

/// `target.type`, by its words in the API.
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
struct Behavior {
    scale_up: Option<ScalingRules>,
    scale_down: Option<ScalingRules>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScalingRules {
    stabilization_window_seconds: Option<i32>,
    select_policy: Option<Select>,
    policies: Option<Vec<Policy>>,
    tolerance: Option<QuantityText>,
}

impl ScalingRules {
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
                            Kind::Pods => PolicyKind::Pods,
                            Kind::Percent => PolicyKind::Percent,
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

/// `selectPolicy`, by its words in the API.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Select {
    Max,
    Min,
    Disabled,
}

/// `type` of a policy, by its words in the API.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Kind {
    Pods,
    Percent,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    #[serde(rename = "type")]
    kind: Kind,
    value: i32,
    period_seconds: i32,
}

/// A time of the recording; what is absurdly far away is taken as distant past or future.
#[must_use]
pub fn time(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds).clamp(SimTime::DISTANT_PAST, SimTime::DISTANT_FUTURE)
}

/// A length of time of the recording, likewise cut.
#[must_use]
pub fn span(seconds: f64) -> SimSpan {
    time(seconds) - SimTime::ZERO
}
