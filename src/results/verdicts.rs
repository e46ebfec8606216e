//! Whether the assertions about a run hold.

use serde::Serialize;

use super::kpi_report::KpiReport;
use crate::scenario::Assertion;
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
    /// Whether it holds; what has no value does not.
    pub holds: bool,
}

impl CheckedAssertion {
    /// Whether `assertion` holds of `value`, a KPI of `policy` under `trace`.
    ///
    /// The value is judged as the files show it, so that a bound copied from `summary.json` holds.
    #[must_use]
    pub fn of(assertion: &Assertion, policy: &str, trace: &str, value: Option<f64>) -> Self {
        let value = value.map(readable);
        Self {
            assertion: assertion.condition(),
            policy: policy.to_owned(),
            trace: trace.to_owned(),
            value,
            holds: value.is_some_and(|value| assertion.comparator.holds(value, assertion.bound)),
        }
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
    CheckedAssertion::of(assertion, policy, trace, report.typical(assertion.kpi))
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

    #[test]
    fn what_has_no_value_does_not_hold() {
        let checked = checked("first_decision_seconds<=60", &[run(1)]);
        assert_eq!((checked.value, checked.holds), (None, false));
    }
}
