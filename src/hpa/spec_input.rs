//! An autoscaler as a user writes it; the API server's validation and defaulting turn it into an
//! [`HpaSpec`].
//!
//! A reader of TOML, JSON or YAML fills a [`SpecInput`]. [`SpecInput::resolve`] validates it, fills
//! in the defaults, and names every fault by its path.
//!
//! Source: `pkg/apis/autoscaling/v2/defaults.go`, `validation/validation.go`.

use std::fmt;

use super::spec::{
    Behavior, HpaSpec, MetricSource, MetricSpec, MetricTarget, PolicyKind, ScaleTarget,
    ScalingPolicy, ScalingRules, SelectPolicy,
};
use crate::units::{MilliValue, Quantity, Replicas, SimSpan};

/// Whether the feature gate `HPAScaleToZero` permits `minReplicas: 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroReplicas {
    /// The gate is on: `minReplicas: 0` is accepted with an Object or External metric.
    Allowed,
    /// The gate is off (the default): `minReplicas` is at least 1.
    Refused,
}

/// An autoscaler as a user writes it: any field may be absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpecInput {
    /// `minReplicas`.
    pub min_replicas: Option<i32>,
    /// `maxReplicas`; the API requires it.
    pub max_replicas: Option<i32>,
    /// `metrics`; absent or empty defaults to cpu 80 %.
    pub metrics: Vec<MetricInput>,
    /// `behavior`; absent stays absent.
    pub behavior: Option<BehaviorInput>,
}

/// A metric as a user writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricInput {
    /// The source of the value.
    pub source: MetricSource,
    /// `target.type`: "Utilization", "Value" or "AverageValue".
    pub target_type: Option<TargetType>,
    /// `target.averageUtilization`.
    pub average_utilization: Option<i32>,
    /// `target.averageValue`.
    pub average_value: Option<MilliValue>,
    /// `target.value`.
    pub value: Option<MilliValue>,
}

/// `target.type` of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// `Utilization`, with `averageUtilization`.
    Utilization,
    /// `Value`, with `value`.
    Value,
    /// `AverageValue`, with `averageValue`.
    AverageValue,
}

/// `behavior` as a user writes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BehaviorInput {
    /// `scaleUp`.
    pub scale_up: Option<ScalingRulesInput>,
    /// `scaleDown`.
    pub scale_down: Option<ScalingRulesInput>,
}

/// One direction of `behavior` as a user writes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalingRulesInput {
    /// `stabilizationWindowSeconds`.
    pub stabilization_window_seconds: Option<i32>,
    /// `selectPolicy`.
    pub select_policy: Option<SelectPolicy>,
    /// `policies`; absent takes the API's defaults, an empty list is refused.
    pub policies: Option<Vec<ScalingPolicyInput>>,
    /// `tolerance`.
    pub tolerance: Option<Quantity>,
}

/// A policy as a user writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicyInput {
    /// `type`.
    pub kind: PolicyKind,
    /// `value`.
    pub value: i32,
    /// `periodSeconds`.
    pub period_seconds: i32,
}

/// A fault that makes the API server reject the spec, or a metric fail at every sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFault {
    /// The field relative to `spec`, such as `behavior.scaleUp.policies.0.value`.
    pub path: String,
    /// The fault, in the API server's terms.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// What a cluster does with the spec.
    pub verdict: Verdict,
}

/// What a cluster does with a faulty spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The API server refuses it.
    Refused,
    /// The API server accepts it, and a metric fails at every sync.
    NeverScales,
}

impl fmt::Display for SpecFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.message, self.help)
    }
}

/// `MaxStabilizationWindowSeconds` of the API's validation.
const MAX_STABILIZATION_WINDOW_SECONDS: i32 = 3600;
/// `MaxPeriodSeconds` of the API's validation.
const MAX_PERIOD_SECONDS: i32 = 1800;
/// `DefaultCPUUtilization` of the API's defaults.
const DEFAULT_CPU_UTILIZATION: i32 = 80;
/// The default scaling policies: 4 pods or 100 % in 15 s upwards, 100 % in 15 s downwards.
const DEFAULT_POLICY_PODS: ScalingPolicyInput = ScalingPolicyInput {
    kind: PolicyKind::Pods,
    value: 4,
    period_seconds: 15,
};
const DEFAULT_POLICY_PERCENT: ScalingPolicyInput = ScalingPolicyInput {
    kind: PolicyKind::Percent,
    value: 100,
    period_seconds: 15,
};

impl SpecInput {
    /// Validates the spec as the API server does, then fills in its defaults.
    ///
    /// # Errors
    ///
    /// All faults for which the API server would reject the spec.
    pub fn resolve(
        self,
        scale_target: ScaleTarget,
        zero_replicas: ZeroReplicas,
    ) -> Result<HpaSpec, Vec<SpecFault>> {
        let faults = self.faults(zero_replicas);
        if faults.is_empty() {
            self.with_defaults(scale_target)
                .map_err(|fault| vec![fault])
        } else {
            Err(faults)
        }
    }

    /// Fills in the API server's defaults without validation, for a spec that comes from an API
    /// server.
    ///
    /// # Errors
    ///
    /// The field that is missing and has no default: `maxReplicas`, or the target of a metric.
    pub fn with_defaults(mut self, scale_target: ScaleTarget) -> Result<HpaSpec, SpecFault> {
        let max_replicas = self.max_replicas.ok_or_else(missing_max_replicas)?;
        if self.metrics.is_empty() {
            self.metrics.push(MetricInput {
                source: MetricSource::Resource {
                    resource: "cpu".to_owned(),
                },
                target_type: Some(TargetType::Utilization),
                average_utilization: Some(DEFAULT_CPU_UTILIZATION),
                average_value: None,
                value: None,
            });
        }
        let metrics = self
            .metrics
            .into_iter()
            .enumerate()
            .map(|(index, metric)| {
                let target = metric.target().ok_or_else(|| {
                    fault(
                        format!("metrics.{index}.target"),
                        "the metric has no target",
                        "set averageUtilization, averageValue or value",
                    )
                })?;
                Ok(MetricSpec::new(metric.source, target))
            })
            .collect::<Result<_, SpecFault>>()?;
        Ok(HpaSpec {
            scale_target,
            min_replicas: Replicas(self.min_replicas.unwrap_or(1)),
            max_replicas: Replicas(max_replicas),
            metrics,
            behavior: self.behavior.map(BehaviorInput::with_defaults),
        })
    }

    fn faults(&self, zero_replicas: ZeroReplicas) -> Vec<SpecFault> {
        let mut faults = Vec::new();
        self.check_bounds(zero_replicas, &mut faults);
        for (index, metric) in self.metrics.iter().enumerate() {
            metric.check(&format!("metrics.{index}"), &mut faults);
        }
        if let Some(behavior) = &self.behavior {
            for (name, rules) in [
                ("scaleUp", &behavior.scale_up),
                ("scaleDown", &behavior.scale_down),
            ] {
                if let Some(rules) = rules {
                    rules.check(&format!("behavior.{name}"), &mut faults);
                }
            }
        }
        faults
    }

    fn check_bounds(&self, zero_replicas: ZeroReplicas, faults: &mut Vec<SpecFault>) {
        let min = self.min_replicas.unwrap_or(1);
        match zero_replicas {
            _ if min < 0 => faults.push(fault(
                "minReplicas",
                "minReplicas must not be negative",
                "write 1 or more",
            )),
            ZeroReplicas::Refused if min == 0 => faults.push(fault(
                "minReplicas",
                "minReplicas must be at least 1",
                "write 1 or more, or switch the gate HPAScaleToZero on: it is on since Kubernetes 1.37, and with controller.scale_to_zero = true",
            )),
            ZeroReplicas::Allowed if min == 0 && !self.has_object_or_external_metric() => {
                faults.push(fault(
                    "minReplicas",
                    "minReplicas 0 needs at least one Object or External metric: pods that do not exist have no metrics",
                    "add such a metric, or write 1 or more",
                ));
            }
            ZeroReplicas::Refused | ZeroReplicas::Allowed => {}
        }
        match self.max_replicas {
            None => faults.push(missing_max_replicas()),
            Some(max) if max < 1 => faults.push(fault(
                "maxReplicas",
                "maxReplicas must be greater than 0",
                "write 1 or more",
            )),
            Some(max) if max < min => faults.push(fault(
                "maxReplicas",
                format!("maxReplicas ({max}) must not be below minReplicas ({min})"),
                format!("write {min} or more, or lower minReplicas"),
            )),
            Some(_) => {}
        }
    }

    fn has_object_or_external_metric(&self) -> bool {
        self.metrics.iter().any(|metric| {
            matches!(
                metric.source,
                MetricSource::Object { .. } | MetricSource::External { .. }
            )
        })
    }
}

impl MetricInput {
    /// The target that the controller reads, which depends on the source.
    fn target(&self) -> Option<MetricTarget> {
        let average_value = self.average_value.map(MetricTarget::AverageValue);
        let value = self.value.map(MetricTarget::Value);
        match &self.source {
            MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => {
                average_value.or(self.average_utilization.map(MetricTarget::Utilization))
            }
            MetricSource::Pods { .. } => average_value,
            MetricSource::Object { .. } => match self.target_type {
                Some(TargetType::AverageValue) => average_value,
                Some(TargetType::Value) => value,
                Some(TargetType::Utilization) => None,
                None => value.or(average_value),
            },
            MetricSource::External { .. } => average_value.or(value),
        }
    }

    /// `validateMetricSpec`. The type of the target is required, but the API server does not hold it against the given value.
    fn check(&self, path: &str, faults: &mut Vec<SpecFault>) {
        let body = format!("{path}.{}", self.source.body_key());
        self.source.check_names(&body, faults);
        let target = format!("{body}.target");
        if self.target_type.is_none() {
            faults.push(fault(
                &target,
                "the target needs a type: Utilization, AverageValue or Value",
                format!("write the type {}", self.usual_type()),
            ));
        }
        self.check_values(&target, faults);
        let (given, allowed) = match &self.source {
            MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => (
                [
                    self.average_utilization.is_some(),
                    self.average_value.is_some(),
                ],
                "averageUtilization or averageValue",
            ),
            MetricSource::Pods { .. } => ([self.average_value.is_some(), false], "averageValue"),
            MetricSource::Object { .. } | MetricSource::External { .. } => (
                [self.value.is_some(), self.average_value.is_some()],
                "value or averageValue",
            ),
        };
        match given {
            [false, false] => faults.push(fault(
                &target,
                format!(
                    "a {} metric needs a target: {allowed}",
                    self.source.type_name()
                ),
                format!("write one of {allowed}"),
            )),
            [true, true] => faults.push(fault(
                &target,
                format!("a metric has one target, not both of {allowed}"),
                "leave one of them out",
            )),
            [true, false] | [false, true] => self.check_use(&target, faults),
        }
    }

    /// The type that fits the given value.
    const fn usual_type(&self) -> &'static str {
        match (self.average_utilization, self.value) {
            (Some(_), _) => "Utilization",
            (None, Some(_)) => "Value",
            (None, None) => "AverageValue",
        }
    }

    fn check_values(&self, target: &str, faults: &mut Vec<SpecFault>) {
        let not_above_zero = [
            (
                "averageUtilization",
                self.average_utilization.is_some_and(|value| value < 1),
            ),
            (
                "averageValue",
                self.average_value.is_some_and(|value| value.0 < 1),
            ),
            ("value", self.value.is_some_and(|value| value.0 < 1)),
        ];
        for (name, is_fault) in not_above_zero {
            if is_fault {
                faults.push(fault(
                    format!("{target}.{name}"),
                    format!("{name} must be greater than 0"),
                    "write a positive target",
                ));
            }
        }
    }

    /// The controller reads an Object metric by its type (`computeStatusForObjectMetric`), and any other by the given value.
    fn check_use(&self, target: &str, faults: &mut Vec<SpecFault>) {
        if self.target_type.is_none() || self.target().is_some() {
            return;
        }
        faults.push(SpecFault {
            verdict: Verdict::NeverScales,
            ..fault(
                format!("{target}.type"),
                "the API server accepts this target, and the metric fails at every sync: the controller reads an Object metric by the type of its target, which is not that of the given value",
                format!("write the type {}", self.usual_type()),
            )
        });
    }
}

impl MetricSource {
    /// `validateMetricIdentifier` and `ValidateCrossVersionObjectReference`.
    fn check_names(&self, body: &str, faults: &mut Vec<SpecFault>) {
        let (metric, described) = match self {
            Self::Resource { .. } | Self::ContainerResource { .. } => return,
            Self::Pods { metric } | Self::External { metric } => (metric, None),
            Self::Object { metric, described } => (metric, Some(described)),
        };
        let mut names = vec![("metric.name", &metric.name)];
        if let Some(object) = described {
            names.push(("describedObject.kind", &object.kind));
            names.push(("describedObject.name", &object.name));
        }
        for (key, name) in names {
            if is_path_segment(name) {
                continue;
            }
            faults.push(fault(
                format!("{body}.{key}"),
                format!("the name `{name}` cannot be a part of a path of the API"),
                "write a name without `/` and `%`; metrics adapters name such a metric with `|` or `_` instead",
            ));
        }
    }
}

/// `IsValidPathSegmentName` in `staging/src/k8s.io/apimachinery/pkg/api/validation/path/name.go`.
pub(crate) fn is_path_segment(name: &str) -> bool {
    !matches!(name, "." | "..") && !name.contains(['/', '%'])
}

impl BehaviorInput {
    /// If any `behavior` is given, the API server fills in both directions.
    fn with_defaults(self) -> Behavior {
        Behavior {
            scale_up: self.scale_up.unwrap_or_default().with_defaults(
                Some(SimSpan::ZERO),
                &[DEFAULT_POLICY_PODS, DEFAULT_POLICY_PERCENT],
            ),
            scale_down: self
                .scale_down
                .unwrap_or_default()
                .with_defaults(None, &[DEFAULT_POLICY_PERCENT]),
        }
    }
}

impl ScalingRulesInput {
    fn with_defaults(
        self,
        default_window: Option<SimSpan>,
        default_policies: &[ScalingPolicyInput],
    ) -> ScalingRules {
        let policies = self.policies.as_deref().unwrap_or(default_policies);
        ScalingRules {
            stabilization_window: self
                .stabilization_window_seconds
                .map(|seconds| SimSpan::from_secs(i64::from(seconds)))
                .or(default_window),
            select_policy: self.select_policy.unwrap_or_default(),
            policies: policies
                .iter()
                .map(|policy| ScalingPolicy {
                    kind: policy.kind,
                    value: policy.value,
                    period: SimSpan::from_secs(i64::from(policy.period_seconds)),
                })
                .collect(),
            tolerance: self.tolerance.map(Quantity::as_approximate_f64),
        }
    }

    fn check(&self, path: &str, faults: &mut Vec<SpecFault>) {
        if let Some(window) = self.stabilization_window_seconds
            && !(0..=MAX_STABILIZATION_WINDOW_SECONDS).contains(&window)
        {
            faults.push(fault(
                format!("{path}.stabilizationWindowSeconds"),
                format!("a window of {window} s is outside 0..{MAX_STABILIZATION_WINDOW_SECONDS}"),
                "the API server accepts at most one hour",
            ));
        }
        if self.tolerance.is_some_and(Quantity::is_negative) {
            faults.push(fault(
                format!("{path}.tolerance"),
                "a tolerance must not be negative",
                "write a fraction such as 0.05",
            ));
        }
        match &self.policies {
            Some(policies) if policies.is_empty() => faults.push(fault(
                format!("{path}.policies"),
                "policies must hold at least one policy",
                "leave the key out for the defaults, or switch the direction off with the selectPolicy Disabled",
            )),
            Some(policies) => {
                for (index, policy) in policies.iter().enumerate() {
                    policy.check(&format!("{path}.policies.{index}"), faults);
                }
            }
            None => {}
        }
    }
}

impl ScalingPolicyInput {
    fn check(&self, path: &str, faults: &mut Vec<SpecFault>) {
        if self.value < 1 {
            faults.push(fault(
                format!("{path}.value"),
                format!("a policy's value of {} is not greater than 0", self.value),
                "write 1 or more, or switch the direction off with the selectPolicy Disabled",
            ));
        }
        if !(1..=MAX_PERIOD_SECONDS).contains(&self.period_seconds) {
            faults.push(fault(
                format!("{path}.periodSeconds"),
                format!(
                    "a period of {} s is outside 1..{MAX_PERIOD_SECONDS}",
                    self.period_seconds
                ),
                "the API server accepts at most half an hour",
            ));
        }
    }
}

fn missing_max_replicas() -> SpecFault {
    fault(
        "maxReplicas",
        "an autoscaler needs maxReplicas",
        "add maxReplicas, such as 10",
    )
}

fn fault(
    path: impl Into<String>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> SpecFault {
    SpecFault {
        path: path.into(),
        message: message.into(),
        help: help.into(),
        verdict: Verdict::Refused,
    }
}

#[cfg(test)]
mod tests;
