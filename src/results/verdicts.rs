//! Whether the assertions about a run hold.

use serde::{Serialize, Serializer};

use super::kpi_report::KpiReport;
use super::kpis::Kpis;
use super::statistics::{Estimate, EstimateJson};
use crate::scenario::{Assertion, Comparator, PolicyTerm};
use crate::text::rounding::readable;

/// An assertion that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckedAssertion {
    /// As one would write it, the policy's name left out.
    pub assertion: String,
    /// Of which policy.
    pub policy: String,
    /// Under which trace.
    pub trace: String,
    /// The KPI: its value for one seed, its median for several; `None` where the run gives no answer.
    pub value: Option<f64>,
    /// `median` or `mean`, where the value is that of several seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<&'static str>,
    /// Whether it holds; what has no value does not.
    pub holds: bool,
    /// For an assertion about two policies, how far its left side is above its right side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<PairedDifference>,
}

/// How far one side of an assertion is above the other: the mean over the seeds in which both policies have a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// `None` if no seed gives both policies a value.
    pub estimate: Option<Estimate>,
    /// The seeds that ran.
    pub seeds: u32,
}

impl Serialize for PairedDifference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.estimate.map(EstimateJson::from).serialize(serializer)
    }
}

impl CheckedAssertion {
    /// Whether `assertion` holds of `value`, a KPI of `policy` under `trace`; of several seeds it is their `statistic`.
    ///
    /// The value is judged as the files show it, so that a bound copied from `summary.json` holds.
    #[must_use]
    pub fn of(
        assertion: &Assertion,
        policy: &str,
        trace: &str,
        value: Option<f64>,
        statistic: Option<&'static str>,
    ) -> Self {
        let value = value.map(readable);
        Self {
            assertion: assertion.condition(),
            policy: policy.to_owned(),
            trace: trace.to_owned(),
            value,
            statistic,
            holds: value.is_some_and(|value| assertion.comparator.holds(value, assertion.bound)),
            difference: None,
        }
    }

    /// Whether `assertion`, which compares with `term`, holds of a policy's `runs` beside the `others` of the other policy.
    ///
    /// Runs of the same seed are paired. The assertion fails if the 95 % interval of the mean difference of its two sides lies
    /// wholly on the wrong side of zero, or if there is no interval (no pair, or a single one).
    #[must_use]
    pub fn beside(
        assertion: &Assertion,
        term: &PolicyTerm,
        (policy, runs): (&str, &[Kpis]),
        others: &[Kpis],
        trace: &str,
    ) -> Self {
        let side = |run: &Kpis| run.value(assertion.kpi);
        let pairs = runs.iter().zip(others).filter_map(|(run, other)| {
            let (left, right) = (side(run)?, term.factor * side(other)? + assertion.bound);
            let is_rest = (left - right).abs() <= REST * left.abs().max(right.abs());
            Some(if is_rest { 0.0 } else { left - right })
        });
        let estimate = Estimate::of(&pairs.collect::<Vec<f64>>());
        let report = KpiReport::of(runs);
        let value = report.as_ref().and_then(|it| it.typical(assertion.kpi));
        Self {
            assertion: assertion.condition(),
            policy: policy.to_owned(),
            trace: trace.to_owned(),
            value: value.map(readable),
            statistic: report.as_ref().and_then(KpiReport::statistic),
            holds: estimate.is_some_and(|it| may_hold(assertion.comparator, &it)),
            difference: Some(PairedDifference {
                estimate,
                seeds: u32::try_from(runs.len()).unwrap_or(u32::MAX),
            }),
        }
    }
}

/// Relative differences below this are rounding errors.
const REST: f64 = 1e-12;

/// Whether a part of the interval of a difference is on the side of zero that `comparator` asks for.
fn may_hold(comparator: Comparator, difference: &Estimate) -> bool {
    let Some(half_width) = difference.half_width else {
        return false;
    };
    let (low, high) = (difference.mean - half_width, difference.mean + half_width);
    match comparator {
        Comparator::Less => low < 0.0,
        Comparator::AtMost => low <= 0.0,
        Comparator::More => high > 0.0,
        Comparator::AtLeast => high >= 0.0,
        Comparator::Equal => low <= 0.0 && high >= 0.0,
    }
}

/// Whether `assertion` holds of the runs that `report` summarises.
#[must_use]
pub fn check(
    assertion: &Assertion,
    policy: &str,
    trace: &str,
    report: &KpiReport,
) -> CheckedAssertion {
    let value = report.typical(assertion.kpi);
    CheckedAssertion::of(assertion, policy, trace, value, report.statistic())
}

/// Whether all of them hold.
#[must_use]
pub fn all_hold(checked: &[CheckedAssertion]) -> bool {
    checked.iter().all(|assertion| assertion.holds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kpis;

    fn checked(written: &str, runs: &[Kpis]) -> CheckedAssertion {
        let assertion = Assertion::parse_argument(written).expect("an assertion");
        let report = KpiReport::of(runs).expect("runs");
        check(&assertion, "prod", "spike", &report)
    }

    fn run(rescales: u32) -> Kpis {
        Kpis {
            rescales,
            ..Kpis::default()
        }
    }

    #[test]
    fn of_several_seeds_the_median_is_asserted() {
        let runs = [run(1), run(2), run(30)];
        assert!(checked("rescales<=2", &runs).holds);
        assert!(!checked("rescales<2", &runs).holds);
        assert_eq!(checked("rescales<2", &runs).value, Some(2.0));
        assert!(checked("rescales==30", &runs[2..]).holds);
    }

    #[test]
    fn the_value_is_judged_as_the_files_show_it() {
        let run = |mean_replicas| Kpis {
            mean_replicas,
            ..Kpis::default()
        };
        let above = [run(20.173_914)];
        assert_eq!(
            checked("mean_replicas<=20.1739", &above).value,
            Some(20.1739)
        );
        for condition in ["<=20.1739", ">=20.1739", "==20.1739"] {
            assert!(checked(&format!("mean_replicas{condition}"), &above).holds);
            assert!(checked(&format!("mean_replicas{condition}"), &[run(20.173_886)]).holds);
        }
        for condition in ["<20.1739", ">20.1739"] {
            assert!(!checked(&format!("mean_replicas{condition}"), &above).holds);
        }
    }

    /// An assertion about `pr` and `base`, whose rescales are these, seed by seed.
    fn beside(comparison: &str, pr: &[u32], base: &[u32]) -> CheckedAssertion {
        let assertion = Assertion::parse_argument(&format!("pr.rescales{comparison}"));
        let assertion = assertion.expect("an assertion");
        let term = assertion.relative_to.clone().expect("another policy");
        let runs = |counts: &[u32]| counts.iter().map(|count| run(*count)).collect::<Vec<_>>();
        CheckedAssertion::beside(&assertion, &term, ("pr", &runs(pr)), &runs(base), "spike")
    }

    #[test]
    fn a_relation_of_two_policies_fails_only_beyond_the_paired_noise() {
        let base = [10, 20, 30];
        // (relation, rescales of pr, whether it holds): the differences and not the values have noise.
        let table = [
            ("<=base.rescales", [9, 19, 29], true),
            ("<=base.rescales", [11, 21, 31], false),
            ("<=base.rescales", [10, 20, 30], true),
            ("<base.rescales", [10, 20, 30], false),
            (">base.rescales", [10, 20, 30], false),
            ("==base.rescales", [10, 20, 30], true),
            // 2 in the mean, and the interval of three pairs reaches 7.
            ("<=base.rescales", [12, 20, 34], true),
            ("<base.rescales", [12, 20, 34], true),
            ("==base.rescales", [12, 20, 34], true),
            ("==base.rescales", [11, 21, 31], false),
            (">=base.rescales", [9, 19, 29], false),
            ("<=1.2*base.rescales", [12, 24, 36], true),
            ("<=1.1*base.rescales", [12, 24, 36], true),
            ("<=1.1*base.rescales", [14, 25, 37], false),
            ("<=base.rescales+1", [11, 21, 31], true),
            ("<=base.rescales+0.5", [11, 21, 31], false),
        ];
        for (relation, pr, holds) in table {
            assert_eq!(
                beside(relation, &pr, &base).holds,
                holds,
                "{relation} {pr:?}"
            );
        }
        let difference = beside("<=base.rescales", &[12, 20, 34], &base).difference;
        let estimate = difference.and_then(|it| it.estimate).expect("pairs");
        assert_eq!((estimate.mean, estimate.pairs), (2.0, 3));
        assert!((estimate.half_width.expect("an interval") - 4.968_275).abs() < 1e-5);
    }

    #[test]
    fn a_relation_without_an_interval_does_not_hold() {
        assert!(!beside("<=base.rescales", &[1], &[9]).holds);
        assert!(!beside("<=base.rescales", &[], &[]).holds);
    }

    #[test]
    fn what_has_no_value_does_not_hold() {
        let checked = checked("first_decision_seconds<=60", &[run(1)]);
        assert_eq!((checked.value, checked.holds), (None, false));
    }
}
