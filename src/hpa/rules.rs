//! What a decision depends on beside the autoscaler itself: the release's rules and the controller's settings.
//!
//! Self-imposed limit: data only. Code that decides reads a field here; it never
//! asks which release it is.

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
}

impl Rules {
    /// The rules of `release` under `settings`.
    #[must_use]
    pub fn new(_release: Release, settings: ControllerSettings) -> Self {
        Self { settings }
    }
}
