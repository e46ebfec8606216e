//! One reconcile: the order in which everything happens.
//!
//! Self-imposed limit: the clock is an argument.

use super::decision::Listener;
use super::observation::Observation;
use super::rules::Rules;
use super::spec::HpaSpec;
use crate::units::{Replicas, SimTime};

/// What one HPA remembers between reconciles.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What `kubectl describe hpa` would show.
    pub status: Status,
}

/// `status` of the HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// One entry for each of `spec.metrics` (`None`: that metric failed); empty when no metric was computed.
    pub current_metrics: Vec<Option<super::decision::MetricValue>>,
}

/// What a reconcile came to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The scale's `spec.replicas` after it.
    pub desired: Replicas,
    /// Whether the scale was written.
    pub rescaled: bool,
    /// Why it scaled: "<metric> above target", "All metrics below target", ...; empty when it did not.
    pub reason: &'a str,
    /// Whether the reconcile ended in an error (it may still have rescaled).
    pub failed: bool,
}

/// Decides.
pub fn reconcile<'a>(
    _rules: &Rules,
    _spec: &'a HpaSpec,
    _memory: &mut Memory,
    observation: &Observation<'a>,
    _now: SimTime,
    _listener: &mut impl Listener,
) -> Outcome<'a> {
    let current = observation
        .scale
        .map_or(Replicas(0), |scale| scale.spec_replicas);
    Outcome {
        desired: current,
        rescaled: false,
        reason: "",
        failed: false,
    }
}
