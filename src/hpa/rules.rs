//! What a decision depends on beside the autoscaler itself: the release's rules and the controller's settings.
//!
//! Self-imposed limit: data only. Code that decides reads a field here; it never
//! asks which release it is.

use super::observation::{Deletion, PodPhase, PodState, ReadyCondition, StartTime};
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
    cpu_classes: PodClasses,
    other_classes: PodClasses,
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

/// What a pod's request is the sum of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestScope {
    /// Pod-level requests first (KEP-2837), restartable init containers counted, a named container must exist.
    PodLevelAndSidecars,
    /// Containers alone; a named container that a pod has not counts as no request.
    ContainersOnly,
}

/// How an Object metric's failure reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectErrorForm {
    /// `unable to get metric NAME on KIND ns/OBJ: TEXT`.
    OnObject,
    /// `unable to get metric NAME: KIND on ns OBJ/TEXT`.
    ObjectInReason,
}

/// What the grouping of pods makes of a pod's state, before samples and ages are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodClass {
    /// Deleted or finished.
    Ignored,
    /// Pending: unready whether or not it has a sample.
    Pending,
    /// With a sample: unready, for want of a Ready condition or a start time (cpu only).
    Undetermined,
    /// With a sample: ready, unless young and not measured for long enough (cpu only).
    Ready,
    /// With a sample: ready only if it was Ready before (cpu only); the condition is False.
    NotReady,
    /// With a sample: ready, whatever its age (all but cpu).
    Counted,
}

/// The class of every state, so that a pass over pods looks it up.
#[derive(Clone, Debug)]
pub(super) struct PodClasses([PodClass; PodState::COUNT]);

impl PodClasses {
    fn new(classify: impl Fn(PodPhase, ReadyCondition, Deletion, StartTime) -> PodClass) -> Self {
        use Deletion::{NotRequested, Requested};
        use PodPhase::{Failed, Pending, Running, Succeeded, Unknown};
        let mut classes = [PodClass::Ignored; PodState::COUNT];
        for phase in [Pending, Running, Succeeded, Failed, Unknown] {
            for ready in [
                ReadyCondition::Absent,
                ReadyCondition::True,
                ReadyCondition::False,
                ReadyCondition::Unknown,
            ] {
                for deletion in [NotRequested, Requested] {
                    for start in [StartTime::Set, StartTime::NotSet] {
                        let state = PodState::new(phase, ready, deletion, start);
                        classes[state.index()] = classify(phase, ready, deletion, start);
                    }
                }
            }
        }
        Self(classes)
    }

    /// The class of a state.
    pub(super) fn of(&self, state: PodState) -> PodClass {
        self.0[state.index()]
    }
}

/// Whether a pod that ended well is left out like one that failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SucceededPods {
    Ignored,
    Counted,
}

/// `groupPods` before samples and times: deletion and end first, then Pending, then the CPU-only rules.
fn classify(
    succeeded: SucceededPods,
    phase: PodPhase,
    ready: ReadyCondition,
    deletion: Deletion,
    start: StartTime,
) -> PodClass {
    let finished = phase == PodPhase::Failed
        || (phase == PodPhase::Succeeded && succeeded == SucceededPods::Ignored);
    if deletion == Deletion::Requested || finished {
        PodClass::Ignored
    } else if phase == PodPhase::Pending {
        PodClass::Pending
    } else if ready == ReadyCondition::Absent || start == StartTime::NotSet {
        PodClass::Undetermined
    } else if ready == ReadyCondition::False {
        PodClass::NotReady
    } else {
        PodClass::Ready
    }
}

impl Rules {
    /// The rules of `release` under `settings`.
    #[must_use]
    pub fn new(release: Release, settings: ControllerSettings) -> Self {
        let succeeded = match release {
            Release::Current => SucceededPods::Ignored,
            Release::V1_28 => SucceededPods::Counted,
        };
        let cpu_classes = PodClasses::new(|phase, ready, deletion, start| {
            classify(succeeded, phase, ready, deletion, start)
        });
        let other_classes = PodClasses::new(|phase, ready, deletion, start| {
            match classify(succeeded, phase, ready, deletion, start) {
                PodClass::Undetermined | PodClass::Ready | PodClass::NotReady => PodClass::Counted,
                class => class,
            }
        });
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
                cpu_classes,
                other_classes,
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
                cpu_classes,
                other_classes,
            },
        }
    }

    /// The classes that apply to the samples of `source`.
    pub(super) fn pod_classes(&self, source: &MetricSource) -> &PodClasses {
        if source.is_cpu() {
            &self.cpu_classes
        } else {
            &self.other_classes
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

    #[test]
    fn a_succeeded_pod_was_not_ignored_in_1_28() {
        let state = PodState::new(
            PodPhase::Succeeded,
            ReadyCondition::True,
            Deletion::NotRequested,
            StartTime::Set,
        );
        let class = |release| {
            Rules::new(release, ControllerSettings::default())
                .cpu_classes
                .of(state)
        };
        assert_eq!(class(Release::Current), PodClass::Ignored);
        assert_eq!(class(Release::V1_28), PodClass::Ready);
    }
}
