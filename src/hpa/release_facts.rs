//! The rules of a release in words, for the author of an autoscaler.

use super::observation::PodState;
use super::release::{
    AverageOverNoPods, ConditionText, GateOfRelease, ObjectErrorForm, Overflow, Release,
    ReleaseRules, ToleranceForm, UndecidedMetrics, ZeroReplicasRule,
};

use super::requests::RequestScope;

/// One rule, and what a release makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleFact {
    /// What the rule is about.
    pub about: &'static str,
    /// What the release does, in one line.
    pub does: &'static str,
}

/// A rule that a release changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// What the rule is about.
    pub about: &'static str,
    /// What the release before does.
    pub before: &'static str,
    /// What this release does.
    pub since: &'static str,
}

impl Release {
    /// The rules in which this release differs from the one before; none for the first.
    #[must_use]
    pub fn changes(self) -> Vec<RuleChange> {
        let before = Self::ALL.into_iter().take_while(|it| *it < self).last();
        let Some(before) = before else {
            return Vec::new();
        };
        let pairs = before.rules().facts().into_iter().zip(self.rules().facts());
        pairs
            .filter(|(old, new)| old.does != new.does)
            .map(|(old, new)| RuleChange {
                about: new.about,
                before: old.does,
                since: new.does,
            })
            .collect()
    }
}

impl ReleaseRules {
    /// Every rule in words.
    #[must_use]
    pub fn facts(&self) -> [RuleFact; 12] {
        let fact = |about, does| RuleFact { about, does };
        [
            fact("a metric exactly at the edge of the tolerance", self.edge()),
            fact(
                "`tolerance` in `behavior` (gate `HPAConfigurableTolerance`)",
                in_words(self.configurable_tolerance),
            ),
            fact(
                "`minReplicas: 0` (gate `HPAScaleToZero`)",
                in_words(self.scale_to_zero),
            ),
            fact("a workload at 0 replicas", self.at_zero()),
            fact("what a pod requests", self.request()),
            fact(
                "a container that a ContainerResource metric names",
                self.named(),
            ),
            fact("pods that do not count", self.ignored()),
            fact(
                "an External `averageValue` out of range",
                in_range(self.external_average),
            ),
            fact(
                "an Object or External `value` out of range",
                in_range(self.whole_value),
            ),
            fact(
                "an Object or External average over 0 pods",
                self.over_no_pods(),
            ),
            fact(
                "`status.currentMetrics` after a sync that failed",
                self.after_failure(),
            ),
            fact("texts of failed metrics", self.texts()),
        ]
    }

    const fn edge(&self) -> &'static str {
        match self.tolerance_form {
            ToleranceForm::Distance => {
                "changes the replicas above the target (a ratio of 1.1 with 10%)"
            }
            ToleranceForm::Bounds => "changes nothing",
        }
    }

    const fn at_zero(&self) -> &'static str {
        match self.zero_replicas {
            ZeroReplicasRule::WhereMinimumIsZero => "is scaled if `minReplicas` is 0",
            ZeroReplicasRule::Remembered => {
                "is scaled only if the autoscaler put it there (condition `ScaledToZero`)"
            }
        }
    }

    const fn request(&self) -> &'static str {
        match self.request_scope {
            RequestScope::ContainersOnly => "its containers' requests",
            RequestScope::WithSidecars => "its containers' and native sidecars' requests",
            RequestScope::WithPodLevel | RequestScope::NamedContainerMustExist => {
                "the pod's own request, else its containers' and native sidecars'"
            }
        }
    }

    const fn named(&self) -> &'static str {
        match self.request_scope {
            RequestScope::NamedContainerMustExist => "must exist in every pod, or the metric fails",
            RequestScope::ContainersOnly
            | RequestScope::WithSidecars
            | RequestScope::WithPodLevel => "requests nothing in a pod that lacks it",
        }
    }

    const fn ignored(&self) -> &'static str {
        if self.ignored_pods & PodState::SUCCEEDED == 0 {
            "deleted and Failed pods"
        } else {
            "deleted, Failed and Succeeded pods"
        }
    }

    const fn over_no_pods(&self) -> &'static str {
        match self.average_over_no_pods {
            AverageOverNoPods::Zero => "is shown as 0",
            AverageOverNoPods::Converted => "is shown as a large negative number",
        }
    }

    const fn after_failure(&self) -> &'static str {
        match self.undecided_metrics {
            UndecidedMetrics::Kept => "stays as it was",
            UndecidedMetrics::Replaced => "shows the metrics of that sync",
        }
    }

    const fn texts(&self) -> &'static str {
        match (self.object_error, self.condition_text) {
            (ObjectErrorForm::ObjectInReason, ConditionText::FormatString) => {
                "an Object is named after the metric; `%` garbles a condition"
            }
            (ObjectErrorForm::ObjectInReason, ConditionText::AsIs) => {
                "an Object is named after the metric"
            }
            (ObjectErrorForm::OnObject, _) => "an Object is named as `on KIND NAMESPACE/NAME`",
        }
    }
}

const fn in_words(gate: GateOfRelease) -> &'static str {
    match gate {
        GateOfRelease::Absent => "does not exist",
        GateOfRelease::Off => "off by default",
        GateOfRelease::On => "on by default",
        GateOfRelease::Always => "always on, without a gate",
    }
}

const fn in_range(overflow: Overflow) -> &'static str {
    match overflow {
        Overflow::Wrapped => "becomes a negative number of replicas, so `minReplicas`",
        Overflow::Capped => "asks for `maxReplicas`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_says_what_it_changed() {
        let changed: Vec<(&str, Vec<&str>)> = Release::ALL
            .into_iter()
            .map(|release| {
                let about = release.changes().into_iter().map(|change| change.about);
                (release.name(), about.collect())
            })
            .collect();
        insta::assert_debug_snapshot!(changed, @r#"
        [
            (
                "1.28",
                [],
            ),
            (
                "1.29",
                [
                    "what a pod requests",
                    "`status.currentMetrics` after a sync that failed",
                    "texts of failed metrics",
                ],
            ),
            (
                "1.30",
                [],
            ),
            (
                "1.31",
                [],
            ),
            (
                "1.32",
                [],
            ),
            (
                "1.33",
                [
                    "a metric exactly at the edge of the tolerance",
                    "`tolerance` in `behavior` (gate `HPAConfigurableTolerance`)",
                ],
            ),
            (
                "1.34",
                [
                    "what a pod requests",
                    "an External `averageValue` out of range",
                ],
            ),
            (
                "1.35",
                [
                    "`tolerance` in `behavior` (gate `HPAConfigurableTolerance`)",
                    "a container that a ContainerResource metric names",
                    "an Object or External `value` out of range",
                ],
            ),
            (
                "1.36",
                [
                    "a workload at 0 replicas",
                ],
            ),
            (
                "1.37",
                [
                    "`tolerance` in `behavior` (gate `HPAConfigurableTolerance`)",
                    "`minReplicas: 0` (gate `HPAScaleToZero`)",
                    "texts of failed metrics",
                ],
            ),
            (
                "1.38-dev",
                [
                    "pods that do not count",
                    "an Object or External average over 0 pods",
                ],
            ),
        ]
        "#);
    }

    #[test]
    fn rules_that_differ_have_other_words() {
        for pair in Release::ALL.windows(2) {
            let [before, release] = pair else { continue };
            let is_same = before.rules() == release.rules();
            assert_eq!(release.changes().is_empty(), is_same, "{release}");
        }
    }
}
