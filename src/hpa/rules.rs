//! The rules of a release and the controller's settings, as data.
//!
//! Code that decides reads a field here; it never asks for the release.

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
    /// The feature is on.
    On,
    /// The feature is off.
    Off,
}

/// The controller's settings: flags of kube-controller-manager and two feature gates.
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
    /// Feature gate `HPAConfigurableTolerance`; a release without the feature ignores it.
    pub configurable_tolerance: Gate,
}

impl Default for ControllerSettings {
    /// The default flags of kube-controller-manager, and the default gates of the current release.
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

/// The rules of one release under one controller's settings. They are chosen once; every decision
/// reads them.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The controller's settings.
    pub settings: ControllerSettings,
    /// When a ratio means "no change".
    pub tolerance_form: ToleranceForm,
    /// Whether `behavior.*.tolerance` applies (KEP-4951).
    pub direction_tolerance: Gate,
    /// When a scale of zero replicas disables scaling.
    pub zero_replicas: ZeroReplicasRule,
    /// How numbers out of range are treated.
    pub overflow: Overflow,
    /// What `status.currentMetrics` shows after a reconcile that failed to decide or to write.
    pub undecided_metrics: UndecidedMetrics,
    /// How a pod's request is summed.
    pub request_scope: RequestScope,
    /// The wording of an Object metric's error.
    pub object_error: ObjectErrorForm,
    /// The bits of a pod's state that exclude it from the calculation.
    ignored_pods: u8,
}

/// When a usage ratio is within tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToleranceForm {
    /// `1 - down <= ratio && ratio <= 1 + up`.
    Bounds,
    /// `|1 - ratio| <= tolerance`. With a tolerance of 0.1, a ratio of 1.1 is outside, because 1 -
    /// 1.1 is slightly below -0.1 in floating point.
    Distance,
}

/// When a scale of zero replicas disables scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroReplicasRule {
    /// Scaling is disabled unless the condition `ScaledToZero` says that the autoscaler scaled to
    /// zero itself.
    Remembered,
    /// Scaling is disabled unless `minReplicas` is 0.
    WhereMinimumIsZero,
}

/// How a number that its type cannot hold is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Object and External values and sums are capped at their type's maximum; an average over no
    /// pods is 0.
    Capped,
    /// The number wraps, or becomes the most negative number, as the processor does it.
    Wrapped,
}

/// What `status.currentMetrics` shows after a reconcile that failed to decide or to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndecidedMetrics {
    /// The metrics of that reconcile.
    Replaced,
    /// The metrics of the last reconcile that decided.
    Kept,
}

/// The wording of an Object metric's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectErrorForm {
    /// `unable to get metric NAME on KIND ns/OBJ: TEXT`.
    OnObject,
    /// `unable to get metric NAME: KIND on ns OBJ/TEXT`.
    ObjectInReason,
}

/// The bits of a [`PodState`] that put a pod into a group, before samples and times are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupingBits {
    /// Ignored: the pod is deleted or finished.
    pub(super) ignored: u8,
    /// Unready, with or without a sample.
    pub(super) pending: u8,
    /// Unready with a sample, because the Ready condition or the start time is missing (cpu only).
    pub(super) undetermined: u8,
    /// Unready with a sample, unless the pod was Ready before (cpu only).
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

    /// The grouping bits for samples of `source`.
    #[inline]
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

    /// The tolerance of `behavior` under these rules.
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

/// How far a usage ratio may be from 1 without a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Tolerance below 1.
    pub down: f64,
    /// Tolerance above 1.
    pub up: f64,
    /// How a ratio is compared with the tolerances.
    pub form: ToleranceForm,
}

impl Tolerance {
    /// Whether `ratio` means no change. False for NaN.
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
