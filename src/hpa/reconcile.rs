//! One reconcile: reads the scale, asks the metrics, stabilises, limits, writes the scale and the
//! status.
//!
//! The clock is an argument, and only the given [`HpaMemory`] changes.
//!
//! Source: `reconcileAutoscaler` in `pkg/controller/podautoscaler/horizontal.go`.

use std::fmt;
use std::sync::Arc;

use super::decision::{
    EventSeverity, Listener, MetricReason, MetricValue, MetricVerdict, ScalingEvent,
};
use super::format_string::without_arguments;
use super::limits::{ScaleEvents, limit_with_behavior, limit_without_behavior};
use super::observation::{Observation, Scale, ScaleSelector};
use super::replicas::Calculation;
use super::rules::{ConditionText, Gate, Rules, UndecidedMetrics, ZeroReplicasRule};
use super::spec::HpaSpec;
use super::stabilize::Recommendations;
use super::status::{
    AbleToScale, InvalidMetrics, MetricFailure, ReconcileError, ScaledToZero, ScalingActive, Status,
};
use crate::units::{Replicas, SimTime};

/// The state that one HPA keeps between reconciles. The windows and periods of its `behavior` bound
/// its size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HpaMemory {
    /// The recommendations of the last reconciles.
    pub recommendations: Recommendations,
    /// The changes of the scale.
    pub scale_events: ScaleEvents,
    /// The status, as `kubectl describe hpa` shows it.
    pub status: Status,
    /// The metrics of the current reconcile, until it is known whether the status takes them.
    found_metrics: Vec<Option<MetricValue>>,
}

impl HpaMemory {
    /// Removes everything but the status, as a restart of the controller does: the status lives in
    /// the API.
    pub fn restart_controller(&mut self) {
        self.recommendations.clear();
        self.scale_events.clear();
    }
}

/// The result of a reconcile.
#[derive(Clone, Copy, Debug)]
pub struct ReconcileOutcome<'a> {
    /// The scale's `spec.replicas` after the reconcile; if the scale could not be read, the last
    /// `desiredReplicas` of the status.
    pub desired: Replicas,
    /// Whether the reconcile wrote the scale.
    pub rescaled: bool,
    /// Why the reconcile wrote the scale, or tried to; [`RescaleReason::None`] if it did not try.
    pub reason: RescaleReason<'a>,
    /// The error, if any. The reconcile may have written the scale all the same.
    pub error: Option<ReconcileError<'a>>,
}

/// Why a reconcile writes the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RescaleReason<'a> {
    /// The controller gives no reason: stabilisation, not a metric, changed the number.
    None,
    /// The replicas are above `maxReplicas`.
    AboveMaximum,
    /// The replicas are below `minReplicas`.
    BelowMinimum,
    /// This metric asks for more replicas.
    MetricAboveTarget(&'a str),
    /// Every metric accepts fewer replicas.
    AllMetricsBelowTarget,
}

impl fmt::Display for RescaleReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::AboveMaximum => f.write_str("Current number of replicas above Spec.MaxReplicas"),
            Self::BelowMinimum => f.write_str("Current number of replicas below Spec.MinReplicas"),
            Self::MetricAboveTarget(metric) => write!(f, "{metric} above target"),
            Self::AllMetricsBelowTarget => f.write_str("All metrics below target"),
        }
    }
}

/// Runs one reconcile of one HPA at the time `now`.
///
/// `memory` holds the state of the last reconcile and is updated. The function allocates nothing
/// unless a metric fails, a condition names another metric, or a list in the memory grows (the
/// windows bound that growth).
///
/// # Panics
///
/// If the columns of the observation differ in length.
pub fn reconcile<'a>(
    rules: &'a Rules,
    spec: &'a HpaSpec,
    memory: &mut HpaMemory,
    observation: &Observation<'a>,
    now: SimTime,
    listener: &mut impl Listener,
) -> ReconcileOutcome<'a> {
    Reconcile {
        rules,
        spec,
        observation,
        now,
        memory,
        listener,
    }
    .run()
}

/// A reconcile in progress.
struct Reconcile<'a, 'm, L> {
    rules: &'a Rules,
    spec: &'a HpaSpec,
    observation: &'m Observation<'a>,
    now: SimTime,
    memory: &'m mut HpaMemory,
    listener: &'m mut L,
}

/// The number of replicas to scale to, and the reason.
#[derive(Clone, Copy)]
struct Desired<'a> {
    replicas: Replicas,
    reason: RescaleReason<'a>,
    /// Set if some metrics failed and the others decided.
    failed_metrics: Option<InvalidMetrics<'a>>,
}

/// The combined proposal of all metrics.
struct CombinedProposal<'a> {
    replicas: Replicas,
    metric: &'a Arc<str>,
    failed_metrics: Option<InvalidMetrics<'a>>,
}

impl<'a, L: Listener> Reconcile<'a, '_, L> {
    fn run(&mut self) -> ReconcileOutcome<'a> {
        let scale = match self.observation.scale {
            Ok(scale) => scale,
            Err(error) => return self.scale_unreadable(error),
        };
        self.set_able_to_scale(AbleToScale::SucceededGetScale);
        let current = scale.spec_replicas;
        self.memory.recommendations.start_with(current, self.now);
        self.memory.found_metrics.clear();
        let desired = if current.0 == 0 && self.disabled_at_zero() {
            self.set_scaling_active(ScalingActive::ScalingDisabled);
            Desired {
                replicas: current,
                reason: RescaleReason::None,
                failed_metrics: None,
            }
        } else if current > self.spec.max_replicas {
            Desired {
                replicas: self.spec.max_replicas,
                reason: RescaleReason::AboveMaximum,
                failed_metrics: None,
            }
        } else if current < self.spec.min_replicas && current.0 != 0 {
            Desired {
                replicas: self.spec.min_replicas,
                reason: RescaleReason::BelowMinimum,
                failed_metrics: None,
            }
        } else {
            match self.desired_by_metrics(scale) {
                Ok(desired) => desired,
                Err(error) => return self.undecided(current, error),
            }
        };
        self.apply(current, desired)
    }

    /// Whether the autoscaler leaves a scale of zero replicas alone.
    fn disabled_at_zero(&self) -> bool {
        let spec = self.spec;
        match self.rules.of_release.zero_replicas {
            ZeroReplicasRule::WhereMinimumIsZero => spec.min_replicas.0 != 0,
            ZeroReplicasRule::Remembered => {
                let by_autoscaler = self.rules.scale_to_zero == Gate::On
                    && self.memory.status.conditions.scaled_to_zero
                        == Some(ScaledToZero::ScaledToZero);
                let measurable = spec.min_replicas.0 != 0 || spec.has_object_or_external_metric();
                !(by_autoscaler && measurable)
            }
        }
    }

    /// Asks the metrics, then stabilises, then limits.
    fn desired_by_metrics(&mut self, scale: Scale) -> Result<Desired<'a>, ReconcileError<'a>> {
        let current = scale.spec_replicas;
        let combined = self.propose(scale)?;
        let proposal = combined.replicas.max(Replicas(0));
        let reason = if proposal > current {
            RescaleReason::MetricAboveTarget(combined.metric)
        } else if proposal < current {
            RescaleReason::AllMetricsBelowTarget
        } else {
            RescaleReason::None
        };
        let mut replicas = self.normalize(proposal, current);
        let mut reason = reason;
        if current.0 == 0 && replicas < self.spec.min_replicas {
            // This happens if `minReplicas` was raised after the autoscaler scaled to zero. The
            // limits apply only to a change, so they would not catch it.
            replicas = self.spec.min_replicas;
            if reason == RescaleReason::None {
                reason = RescaleReason::BelowMinimum;
            }
        }
        Ok(Desired {
            replicas,
            reason,
            failed_metrics: combined.failed_metrics,
        })
    }

    /// Asks every metric. The highest proposal wins, unless a failed metric forbids a scale-down.
    fn propose(&mut self, scale: Scale) -> Result<CombinedProposal<'a>, ReconcileError<'a>> {
        let target = &self.spec.scale_target;
        if scale.selector == ScaleSelector::Absent {
            const MESSAGE: &str = "selector is required";
            self.warn("SelectorRequired", &MESSAGE);
            self.warn("FailedComputeMetricsReplicas", &MESSAGE);
            self.set_scaling_active(ScalingActive::InvalidSelector);
            return Err(ReconcileError::SelectorRequired { target });
        }
        let calculation = Calculation {
            rules: self.rules,
            tolerance: self.rules.tolerance(self.spec.behavior.as_ref()),
            pods: self.observation.pods,
            current: scale.spec_replicas,
            status_replicas: scale.status_replicas,
            now: self.now,
        };
        debug_assert_eq!(
            self.spec.metrics.len(),
            self.observation.metrics.len(),
            "one observation for each metric of the spec"
        );
        let mut winner = Replicas(0);
        let mut winning_metric = None;
        let mut failed = 0;
        let mut first_failure = None;
        let pairs = self.spec.metrics.iter().zip(self.observation.metrics);
        for (index, (metric, observed)) in pairs.enumerate() {
            match calculation.propose(metric, *observed) {
                Ok(proposal) => {
                    self.listener.metric(&MetricReason {
                        index,
                        description: &metric.description,
                        groups: proposal.groups,
                        usage_ratio: Some(proposal.usage_ratio),
                        filled_in_ratio: proposal.filled_in_ratio,
                        value: proposal.value,
                        verdict: proposal.verdict,
                        proposal: Some(proposal.replicas),
                        error: None,
                    });
                    self.memory.found_metrics.push(Some(proposal.value));
                    if winner.0 == 0 || proposal.replicas > winner {
                        winner = proposal.replicas;
                        winning_metric = Some(&metric.description);
                    }
                }
                Err(error) => {
                    let failure = MetricFailure {
                        metric,
                        namespace: &target.namespace,
                        error,
                        object_error: self.rules.of_release.object_error,
                    };
                    self.listener.metric(&MetricReason {
                        index,
                        description: &metric.description,
                        groups: error.groups(),
                        usage_ratio: None,
                        filled_in_ratio: None,
                        value: MetricValue::default(),
                        verdict: MetricVerdict::Failed,
                        proposal: None,
                        error: Some(&failure),
                    });
                    self.memory.found_metrics.push(None);
                    self.warn(failure.reason(), &failure);
                    failed += 1;
                    first_failure.get_or_insert(failure);
                }
            }
        }
        let failed_metrics = first_failure.map(|first| InvalidMetrics {
            failed,
            total: self.spec.metrics.len(),
            first,
        });
        match (winning_metric, failed_metrics) {
            (Some(metric), None) => Ok(self.valid_metric(winner, metric, None)),
            (Some(metric), Some(invalid)) if winner >= scale.spec_replicas => {
                Ok(self.valid_metric(winner, metric, Some(invalid)))
            }
            (_, Some(invalid)) => {
                self.set_scaling_active(ScalingActive::FailedGetMetric {
                    reason: invalid.first.reason(),
                    message: self.condition_message(&invalid.first),
                });
                self.warn("FailedComputeMetricsReplicas", &invalid);
                Err(ReconcileError::ComputeReplicas { target, invalid })
            }
            // [`SpecInput`](super::spec_input::SpecInput) always gives a metric; a spec built in
            // code may have none.
            (None, None) => {
                let error = ReconcileError::NoMetrics { target };
                self.warn("FailedComputeMetricsReplicas", &error);
                Err(error)
            }
        }
    }

    /// The error of a failed metric, as the release writes it into the condition.
    fn condition_message(&self, failure: &MetricFailure<'_>) -> String {
        let message = failure.to_string();
        match self.rules.of_release.condition_text {
            ConditionText::AsIs => message,
            ConditionText::FormatString => without_arguments(&message),
        }
    }

    fn valid_metric(
        &mut self,
        replicas: Replicas,
        metric: &'a Arc<str>,
        failed_metrics: Option<InvalidMetrics<'a>>,
    ) -> CombinedProposal<'a> {
        let conditions = &mut self.memory.status.conditions;
        // Comparing pointers first avoids a reference count in the steady state.
        if !matches!(&conditions.scaling_active,
            Some(ScalingActive::ValidMetricFound(name)) if Arc::ptr_eq(name, metric))
        {
            conditions.scaling_active = Some(ScalingActive::ValidMetricFound(Arc::clone(metric)));
        }
        CombinedProposal {
            replicas,
            metric,
            failed_metrics,
        }
    }

    /// Stabilises and limits a proposal, and sets the conditions.
    fn normalize(&mut self, proposal: Replicas, current: Replicas) -> Replicas {
        let downscale_stabilization = self.rules.settings.downscale_stabilization;
        let (stabilization, limiting, held_up) = match &self.spec.behavior {
            None => {
                let stabilization = self.memory.recommendations.stabilize_down(
                    proposal,
                    downscale_stabilization,
                    self.now,
                );
                self.listener.stabilized(&stabilization);
                let limiting = limit_without_behavior(self.spec, stabilization.stabilized, current);
                (stabilization, limiting, AbleToScale::ScaleDownStabilized)
            }
            Some(behavior) => {
                let stabilization = self.memory.recommendations.stabilize_both_ways(
                    proposal,
                    current,
                    behavior,
                    downscale_stabilization,
                    self.now,
                );
                self.listener.stabilized(&stabilization);
                let limiting = limit_with_behavior(
                    self.spec,
                    behavior,
                    stabilization.stabilized,
                    current,
                    &self.memory.scale_events,
                    self.now,
                    self.listener,
                );
                let held_up = if proposal >= current {
                    AbleToScale::ScaleUpStabilized
                } else {
                    AbleToScale::ScaleDownStabilized
                };
                (stabilization, limiting, held_up)
            }
        };
        self.listener.limited(&limiting);
        self.set_able_to_scale(if stabilization.stabilized == proposal {
            AbleToScale::ReadyForNewScale
        } else {
            held_up
        });
        self.memory.status.conditions.scaling_limited = Some(limiting.reason);
        limiting.after
    }

    /// Writes the scale if the number differs; updates the status in any case.
    fn apply(&mut self, current: Replicas, desired: Desired<'a>) -> ReconcileOutcome<'a> {
        let error = desired.failed_metrics.map(ReconcileError::SomeMetrics);
        let reason = desired.reason;
        if desired.replicas == current {
            self.take_metrics();
            self.set_status_replicas(current, desired.replicas);
            return ReconcileOutcome {
                desired: current,
                rescaled: false,
                reason: RescaleReason::None,
                error,
            };
        }
        if let Err(text) = self.observation.scale_write {
            return self.scale_unwritable(current, desired, text);
        }
        let rescale = NewSize {
            replicas: desired.replicas,
            reason,
            error: None,
        };
        self.set_able_to_scale(AbleToScale::SucceededRescale(desired.replicas));
        self.listener.event(&ScalingEvent {
            severity: EventSeverity::Normal,
            reason: "SuccessfulRescale",
            message: &rescale,
        });
        if let Some(behavior) = &self.spec.behavior {
            self.memory
                .scale_events
                .store(behavior, current, desired.replicas, self.now);
        }
        self.remember_zero(current, desired.replicas);
        self.take_metrics();
        self.set_status_replicas(current, desired.replicas);
        self.memory.status.last_scale_time = Some(self.now);
        ReconcileOutcome {
            desired: desired.replicas,
            rescaled: true,
            reason,
            error,
        }
    }

    /// Sets the condition `ScaledToZero`. It exists only with the feature gate, and since
    /// release 1.36.
    fn remember_zero(&mut self, from: Replicas, to: Replicas) {
        if self.rules.of_release.zero_replicas != ZeroReplicasRule::Remembered
            || self.rules.scale_to_zero == Gate::Off
        {
            return;
        }
        let to_zero = from.0 > 0
            && to.0 == 0
            && self.spec.min_replicas.0 == 0
            && self.spec.has_object_or_external_metric();
        self.memory.status.conditions.scaled_to_zero = Some(if to_zero {
            ScaledToZero::ScaledToZero
        } else {
            ScaledToZero::NotScaledToZero
        });
    }

    fn scale_unreadable(&mut self, error: &'a str) -> ReconcileOutcome<'a> {
        self.warn("FailedGetScale", &error);
        self.set_able_to_scale(AbleToScale::FailedGetScale(error.to_owned()));
        ReconcileOutcome {
            desired: self.memory.status.desired_replicas,
            rescaled: false,
            reason: RescaleReason::None,
            error: Some(ReconcileError::GetScale {
                target: &self.spec.scale_target,
                error,
            }),
        }
    }

    fn undecided(&mut self, current: Replicas, error: ReconcileError<'a>) -> ReconcileOutcome<'a> {
        self.take_metrics_of_undecided();
        self.memory.status.current_replicas = current;
        ReconcileOutcome {
            desired: current,
            rescaled: false,
            reason: RescaleReason::None,
            error: Some(error),
        }
    }

    fn scale_unwritable(
        &mut self,
        current: Replicas,
        desired: Desired<'a>,
        error: &'a str,
    ) -> ReconcileOutcome<'a> {
        let message = NewSize {
            replicas: desired.replicas,
            reason: desired.reason,
            error: Some(error),
        };
        self.warn("FailedRescale", &message);
        self.set_able_to_scale(AbleToScale::FailedUpdateScale(error.to_owned()));
        self.take_metrics_of_undecided();
        self.memory.status.current_replicas = current;
        ReconcileOutcome {
            desired: current,
            rescaled: false,
            reason: desired.reason,
            error: Some(ReconcileError::Rescale {
                target: &self.spec.scale_target,
                error,
            }),
        }
    }

    fn take_metrics(&mut self) {
        let memory = &mut *self.memory;
        std::mem::swap(
            &mut memory.status.current_metrics,
            &mut memory.found_metrics,
        );
    }

    fn take_metrics_of_undecided(&mut self) {
        if self.rules.of_release.undecided_metrics == UndecidedMetrics::Replaced {
            self.take_metrics();
        }
    }

    fn set_status_replicas(&mut self, current: Replicas, desired: Replicas) {
        self.memory.status.current_replicas = current;
        self.memory.status.desired_replicas = desired;
    }

    fn set_able_to_scale(&mut self, condition: AbleToScale) {
        self.memory.status.conditions.able_to_scale = Some(condition);
    }

    fn set_scaling_active(&mut self, condition: ScalingActive) {
        self.memory.status.conditions.scaling_active = Some(condition);
    }

    fn warn(&mut self, reason: &'static str, message: &dyn fmt::Display) {
        self.listener.event(&ScalingEvent {
            severity: EventSeverity::Warning,
            reason,
            message,
        });
    }
}

/// The message of the events of a rescale.
struct NewSize<'a> {
    replicas: Replicas,
    reason: RescaleReason<'a>,
    error: Option<&'a str>,
}

impl fmt::Display for NewSize<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "New size: {}; reason: {}", self.replicas, self.reason)?;
        match self.error {
            Some(error) => write!(f, "; error: {error}"),
            None => Ok(()),
        }
    }
}
