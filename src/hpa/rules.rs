//! What a decision depends on beside the autoscaler itself: the release's rules and the controller's settings.
//!
//! Self-imposed limit: data only. Code that decides reads a field here; it never
//! asks which release it is.

use super::observation::PodState;
use super::requests::RequestScope;
use super::spec::{Behavior, MetricSource};
use crate::units::SimSpan;

/// A release of Kubernetes whose controller is modelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Release {
    /// The controller of mid-2026 (API v0.36).
    #[default]
    Current,
    /// Kubernetes 1.28.
    V1_28,
}

/// Whether a feature gate is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The feature is there.
    On,
    /// The feature is not there.
    Off,
}

/// The controller's own settings: flags of kube-controller-manager and two feature gates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControllerSettings {
    /// `--horizontal-pod-autoscaler-tolerance`, a fraction.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`.
    pub downscale_stabilization: SimSpan,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`.
    pub cpu_initialization_period: SimSpan,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`.
    pub initial_readiness_delay: SimSpan,
    /// Feature gate `HPAScaleToZero`.
    pub scale_to_zero: Gate,
    /// Feature gate `HPAConfigurableTolerance`; ignored by rules that do not know it.
    pub configurable_tolerance: Gate,
}

impl Default for ControllerSettings {
    /// The flags' defaults in kube-controller-manager; gates as in the current release.
    fn default() -> Self {
        Self {
            tolerance: 0.1,
            downscale_stabilization: SimSpan::from_secs(300),
            cpu_initialization_period: SimSpan::from_secs(300),
            initial_readiness_delay: SimSpan::from_secs(30),
            scale_to_zero: Gate::Off,
            configurable_tolerance: Gate::On,
        }
    }
}

/// The rules of one release under one controller's settings, chosen once and read by every decision.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The controller's settings.
    pub settings: ControllerSettings,
    /// When a ratio counts as "no change".
    pub tolerance_form: ToleranceForm,
    /// Whether `behavior.*.tolerance` is honoured (KEP-4951).
    pub direction_tolerance: Gate,
    /// What happens at zero replicas.
    pub zero_replicas: ZeroReplicasRule,
    /// How floats and sums that leave their type's range are taken.
    pub overflow: Overflow,
    /// What `status.currentMetrics` shows after a reconcile that could not decide or write.
    pub undecided_metrics: UndecidedMetrics,
    /// What a pod's request is the sum of.
    pub request_scope: RequestScope,
    /// How an Object metric's failure reads.
    pub object_error: ObjectErrorForm,
    /// The bits of a pod's state that leave it out of every group.
    ignored_pods: u8,
}

/// When a usage ratio is within tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToleranceForm {
    /// `1 - down <= ratio && ratio <= 1 + up`.
    Bounds,
    /// `|1 - ratio| <= tolerance`: 1.1 on a tolerance of 0.1 is outside, as 1 - 1.1 is not quite -0.1.
    Distance,
}

/// What happens when the scale stands at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroReplicasRule {
    /// Scaling stays disabled unless the condition `ScaledToZero` says that the autoscaler went there itself.
    Remembered,
    /// Scaling is disabled unless `minReplicas` is 0.
    WhereMinimumIsZero,
}

/// What happens to a number that its type cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Object, External and sums are capped at their type's greatest number; an average over no pods is 0.
    Capped,
    /// It wraps, or becomes the most negative number, as the processor has it.
    Wrapped,
}

/// What `status.currentMetrics` shows after a reconcile that could not decide or could not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndecidedMetrics {
    /// What that reconcile found.
    Replaced,
    /// What the last deciding reconcile found.
    Kept,
}

/// How an Object metric's failure reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectErrorForm {
    /// `unable to get metric NAME on KIND ns/OBJ: TEXT`.
    OnObject,
    /// `unable to get metric NAME: KIND on ns OBJ/TEXT`.
    ObjectInReason,
}

/// Which bits of a [`PodState`] put a pod into which group, before samples and times are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupingBits {
    /// As if it were not there: deleted or finished.
    pub(super) ignored: u8,
    /// Unready, whether or not it has a sample.
    pub(super) pending: u8,
    /// With a sample: unready, for want of a Ready condition or a start time (cpu only).
    pub(super) undetermined: u8,
    /// With a sample: ready only if it was Ready before (cpu only).
    pub(super) not_ready: u8,
}

impl Rules {
    /// The rules of `release` under `settings`.
    #[must_use]
    pub fn new(release: Release, settings: ControllerSettings) -> Self {
        match release {
            Release::Current => Self {
                settings,
                tolerance_form: ToleranceForm::Bounds,
                direction_tolerance: settings.configurable_tolerance,
                zero_replicas: ZeroReplicasRule::Remembered,
                overflow: Overflow::Capped,
                undecided_metrics: UndecidedMetrics::Replaced,
                request_scope: RequestScope::PodLevelAndSidecars,
                object_error: ObjectErrorForm::OnObject,
                ignored_pods: PodState::DELETING | PodState::FAILED | PodState::SUCCEEDED,
            },
            Release::V1_28 => Self {
                settings,
                tolerance_form: ToleranceForm::Distance,
                direction_tolerance: Gate::Off,
                zero_replicas: ZeroReplicasRule::WhereMinimumIsZero,
                overflow: Overflow::Wrapped,
                undecided_metrics: UndecidedMetrics::Kept,
                request_scope: RequestScope::ContainersOnly,
                object_error: ObjectErrorForm::ObjectInReason,
                ignored_pods: PodState::DELETING | PodState::FAILED,
            },
        }
    }

    /// How pods are grouped by their state for the samples of `source`.
    pub(super) fn grouping_bits(&self, source: &MetricSource) -> GroupingBits {
        let (undetermined, not_ready) = if source.is_cpu() {
            (PodState::UNDETERMINED, PodState::NOT_READY)
        } else {
            (0, 0)
        };
        GroupingBits {
            ignored: self.ignored_pods,
            pending: PodState::PENDING,
            undetermined,
            not_ready,
        }
    }

    /// The tolerance band of `behavior` under these rules.
    #[must_use]
    pub fn tolerance(&self, behavior: Option<&Behavior>) -> Tolerance {
        let default = self.settings.tolerance;
        let (mut down, mut up) = (default, default);
        if let Some(behavior) = behavior
            && self.direction_tolerance == Gate::On
        {
            down = behavior.scale_down.tolerance.unwrap_or(default);
            up = behavior.scale_up.tolerance.unwrap_or(default);
        }
        Tolerance {
            down,
            up,
            form: self.tolerance_form,
        }
    }
}

/// How far a usage ratio may be from 1 without any change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Below 1.
    pub down: f64,
    /// Above 1.
    pub up: f64,
    /// How the two are compared with.
    pub form: ToleranceForm,
}

impl Tolerance {
    /// Whether `ratio` asks for no change. Never true of NaN.
    #[must_use]
    pub fn contains(&self, ratio: f64) -> bool {
        match self.form {
            ToleranceForm::Bounds => 1.0 - self.down <= ratio && ratio <= 1.0 + self.up,
            ToleranceForm::Distance => (1.0 - ratio).abs() <= self.up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_on_the_upper_bound_is_within_now_and_was_outside_in_1_28() {
        let at = |release| Rules::new(release, ControllerSettings::default()).tolerance(None);
        assert!(at(Release::Current).contains(1.1));
        assert!(!at(Release::V1_28).contains(1.1));
        assert!(!at(Release::Current).contains(f64::NAN));
    }
}
