//! The releases of Kubernetes whose controllers are modelled, and the rules of each, as data.
//!
//! A release states only what it changed. The recordings in `tests/conformance` decide what each of them does.

use std::fmt;
use std::str::FromStr;

use super::observation::PodState;
use super::requests::RequestScope;

/// A release of Kubernetes whose controller is modelled; a later one is larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// Kubernetes 1.28.
    V1_28,
    /// Kubernetes 1.29.
    V1_29,
    /// Kubernetes 1.30.
    V1_30,
    /// Kubernetes 1.31.
    V1_31,
    /// Kubernetes 1.32.
    V1_32,
    /// Kubernetes 1.33.
    V1_33,
    /// Kubernetes 1.34.
    V1_34,
    /// Kubernetes 1.35.
    V1_35,
    /// Kubernetes 1.36.
    V1_36,
    /// Kubernetes 1.37, the newest release.
    #[default]
    V1_37,
    /// The development branch after 1.37.
    V1_38Dev,
}

/// The names by which a user states a release: its own, and those that stand for another.
pub const RELEASE_NAMES: [(&str, Release); 14] = [
    ("1.28", Release::V1_28),
    ("1.29", Release::V1_29),
    ("1.30", Release::V1_30),
    ("1.31", Release::V1_31),
    ("1.32", Release::V1_32),
    ("1.33", Release::V1_33),
    ("1.34", Release::V1_34),
    ("1.35", Release::V1_35),
    ("1.36", Release::V1_36),
    ("1.37", Release::V1_37),
    ("1.38-dev", Release::V1_38Dev),
    ("current", Release::V1_38Dev),
    ("1.26", Release::V1_28),
    ("1.27", Release::V1_28),
];

/// What differs between the release called `name` and the one that stands for it; `None` if it is modelled itself.
#[must_use]
pub fn differs_from_stand_in(name: &str) -> Option<&'static str> {
    match name {
        "1.26" => Some("only texts differ"),
        "1.27" => Some(
            "texts differ, and one number: an average at a ratio of exactly 1 with pods that have no sample (k/k#117845)",
        ),
        _ => None,
    }
}

impl Release {
    /// All releases, in their order.
    pub const ALL: [Self; 11] = [
        Self::V1_28,
        Self::V1_29,
        Self::V1_30,
        Self::V1_31,
        Self::V1_32,
        Self::V1_33,
        Self::V1_34,
        Self::V1_35,
        Self::V1_36,
        Self::V1_37,
        Self::V1_38Dev,
    ];

    /// The name, such as `1.37`.
    #[must_use]
    pub fn name(self) -> &'static str {
        let names = RELEASE_NAMES.iter();
        let own = names.clone().find(|(_, release)| *release == self);
        own.map_or("", |(name, _)| name)
    }

    /// The rules of this release.
    #[must_use]
    pub const fn rules(self) -> ReleaseRules {
        match self {
            Self::V1_28 => OF_1_28,
            Self::V1_29 | Self::V1_30 | Self::V1_31 | Self::V1_32 => OF_1_29,
            Self::V1_33 => OF_1_33,
            Self::V1_34 => OF_1_34,
            Self::V1_35 => OF_1_35,
            Self::V1_36 => OF_1_36,
            Self::V1_37 => OF_1_37,
            Self::V1_38Dev => OF_1_38,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRelease;

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the releases are 1.28 to 1.37 and 1.38-dev")
    }
}

impl std::error::Error for UnknownRelease {}

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let found = RELEASE_NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, release)| *release).ok_or(UnknownRelease)
    }
}

/// Whether a feature gate is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The feature is on.
    On,
    /// The feature is off.
    Off,
}

/// What a release makes of a feature gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateOfRelease {
    /// The release has neither the gate nor the feature.
    Absent,
    /// The gate is off by default.
    Off,
    /// The gate is on by default.
    On,
    /// The feature is always on, and the gate is gone.
    Always,
}

impl GateOfRelease {
    /// The gate where `asked` is asked for. A gate that the release does not have cannot be set.
    #[must_use]
    pub const fn resolve(self, asked: Option<Gate>) -> Gate {
        match (self, asked) {
            (Self::Absent, _) | (Self::Off, None) => Gate::Off,
            (Self::Always, _) | (Self::On, None) => Gate::On,
            (Self::Off | Self::On, Some(gate)) => gate,
        }
    }

    /// Whether the release has the gate.
    #[must_use]
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Off | Self::On)
    }
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
    /// It is capped at its type's maximum.
    Capped,
    /// The number wraps, or becomes the most negative number, as the processor does it.
    Wrapped,
}

/// The average that the status shows where there are no pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AverageOverNoPods {
    /// 0.
    Zero,
    /// A division by zero, which becomes the most negative number.
    Converted,
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

/// How the message of a failed metric's condition is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionText {
    /// As the error is.
    AsIs,
    /// The error is taken for a format string without arguments.
    FormatString,
}

/// The rules in which releases differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseRules {
    /// When a ratio means "no change".
    pub tolerance_form: ToleranceForm,
    /// The gate `HPAConfigurableTolerance`: whether `behavior.*.tolerance` applies (KEP-4951).
    pub configurable_tolerance: GateOfRelease,
    /// The gate `HPAScaleToZero` (KEP-2021).
    pub scale_to_zero: GateOfRelease,
    /// When a scale of zero replicas disables scaling.
    pub zero_replicas: ZeroReplicasRule,
    /// An External metric with a target `averageValue`: its sum and its replicas.
    pub external_average: Overflow,
    /// An External sum for a target `value`, and the replicas of an Object or External `value`.
    pub whole_value: Overflow,
    /// An Object or External average over no pods.
    pub average_over_no_pods: AverageOverNoPods,
    /// What `status.currentMetrics` shows after a reconcile that failed to decide or to write.
    pub undecided_metrics: UndecidedMetrics,
    /// How a pod's request is summed.
    pub request_scope: RequestScope,
    /// The wording of an Object metric's error.
    pub object_error: ObjectErrorForm,
    /// How the message of a failed metric's condition is written.
    pub condition_text: ConditionText,
    /// The bits of a pod's state that exclude it from the calculation.
    pub(super) ignored_pods: u8,
    /// The changes in `kubernetes/kubernetes` that made these rules differ from those before.
    pub changed_by: &'static str,
}

const OF_1_28: ReleaseRules = ReleaseRules {
    tolerance_form: ToleranceForm::Distance,
    configurable_tolerance: GateOfRelease::Absent,
    scale_to_zero: GateOfRelease::Off,
    zero_replicas: ZeroReplicasRule::WhereMinimumIsZero,
    external_average: Overflow::Wrapped,
    whole_value: Overflow::Wrapped,
    average_over_no_pods: AverageOverNoPods::Converted,
    undecided_metrics: UndecidedMetrics::Kept,
    request_scope: RequestScope::ContainersOnly,
    object_error: ObjectErrorForm::ObjectInReason,
    condition_text: ConditionText::FormatString,
    ignored_pods: PodState::DELETING | PodState::FAILED,
    changed_by: "",
};

const OF_1_29: ReleaseRules = ReleaseRules {
    undecided_metrics: UndecidedMetrics::Replaced,
    request_scope: RequestScope::WithSidecars,
    condition_text: ConditionText::AsIs,
    changed_by: "#121039, #120001",
    ..OF_1_28
};

const OF_1_33: ReleaseRules = ReleaseRules {
    tolerance_form: ToleranceForm::Bounds,
    configurable_tolerance: GateOfRelease::Off,
    changed_by: "#130797",
    ..OF_1_29
};

const OF_1_34: ReleaseRules = ReleaseRules {
    external_average: Overflow::Capped,
    request_scope: RequestScope::WithPodLevel,
    changed_by: "#127050, #132430",
    ..OF_1_33
};

const OF_1_35: ReleaseRules = ReleaseRules {
    configurable_tolerance: GateOfRelease::On,
    whole_value: Overflow::Capped,
    request_scope: RequestScope::NamedContainerMustExist,
    changed_by: "#133128, #126979, #133888, #133415",
    ..OF_1_34
};

const OF_1_36: ReleaseRules = ReleaseRules {
    zero_replicas: ZeroReplicasRule::Remembered,
    changed_by: "#135118",
    ..OF_1_35
};

const OF_1_37: ReleaseRules = ReleaseRules {
    configurable_tolerance: GateOfRelease::Always,
    scale_to_zero: GateOfRelease::On,
    object_error: ObjectErrorForm::OnObject,
    changed_by: "#140107, #139648, #139029",
    ..OF_1_36
};

const OF_1_38: ReleaseRules = ReleaseRules {
    average_over_no_pods: AverageOverNoPods::Zero,
    ignored_pods: PodState::DELETING | PodState::FAILED | PodState::SUCCEEDED,
    changed_by: "#140958, #141302",
    ..OF_1_37
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_what_was_asked_for_only_where_the_release_has_it() {
        let cases = [
            (GateOfRelease::Absent, [Gate::Off, Gate::Off, Gate::Off]),
            (GateOfRelease::Off, [Gate::Off, Gate::Off, Gate::On]),
            (GateOfRelease::On, [Gate::On, Gate::Off, Gate::On]),
            (GateOfRelease::Always, [Gate::On, Gate::On, Gate::On]),
        ];
        for (gate, expected) in cases {
            let asked = [None, Some(Gate::Off), Some(Gate::On)];
            assert_eq!(asked.map(|asked| gate.resolve(asked)), expected, "{gate:?}");
        }
    }

    #[test]
    fn a_release_is_read_by_each_of_its_names() {
        for release in Release::ALL {
            assert_eq!(release.to_string().parse(), Ok(release));
        }
        for (name, release) in [
            ("current", Release::V1_38Dev),
            ("1.26", Release::V1_28),
            ("1.27", Release::V1_28),
        ] {
            assert_eq!(name.parse(), Ok(release), "{name}");
        }
        assert_eq!("1.25".parse::<Release>(), Err(UnknownRelease));
        assert_eq!(Release::default().name(), "1.37");
    }
}
