//! The rules of a release and the controller's settings, as data.
//!
//! Code that decides reads a field here; it never asks for the release.

use super::observation::PodState;
pub use super::release::{
    AverageOverNoPods, ConditionText, Gate, GateOfRelease, ObjectErrorForm, Overflow,
    RELEASE_NAMES, Release, ReleaseRules, ToleranceForm, UndecidedMetrics, ZeroReplicasRule,
};
use super::spec::{Behavior, MetricSource};
use crate::units::SimSpan;

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
    /// Feature gate `HPAScaleToZero`; `None` for the release's default.
    pub scale_to_zero: Option<Gate>,
    /// Feature gate `HPAConfigurableTolerance`; `None` for the release's default. A release
    /// without the gate ignores it.
    pub configurable_tolerance: Option<Gate>,
}

impl Default for ControllerSettings {
    /// The default flags of kube-controller-manager, and the gates as the release has them.
    fn default() -> Self {
        Self {
            tolerance: 0.1,
            downscale_stabilization: SimSpan::from_secs(300),
            cpu_initialization_period: SimSpan::from_secs(300),
            initial_readiness_delay: SimSpan::from_secs(30),
            scale_to_zero: None,
            configurable_tolerance: None,
        }
    }
}

/// The rules of one release under one controller's settings. They are chosen once; every decision
/// reads them.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The controller's settings.
    pub settings: ControllerSettings,
    /// The gate `HPAScaleToZero`, as asked for or as the release has it.
    pub scale_to_zero: Gate,
    /// Whether `behavior.*.tolerance` applies (KEP-4951).
    pub direction_tolerance: Gate,
    /// What the release does in its own way.
    pub of_release: ReleaseRules,
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
        let of_release = release.rules();
        Self {
            settings,
            scale_to_zero: of_release.scale_to_zero.resolve(settings.scale_to_zero),
            direction_tolerance: of_release
                .configurable_tolerance
                .resolve(settings.configurable_tolerance),
            of_release,
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
            ignored: self.of_release.ignored_pods,
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
            form: self.of_release.tolerance_form,
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
    fn a_ratio_on_the_upper_bound_is_within_since_1_33() {
        let at = |release| Rules::new(release, ControllerSettings::default()).tolerance(None);
        for release in Release::ALL {
            let is_within = release >= Release::V1_33;
            assert_eq!(at(release).contains(1.1), is_within, "{release}");
            assert!(!at(release).contains(f64::NAN), "{release}");
        }
    }
}
