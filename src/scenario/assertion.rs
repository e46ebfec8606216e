//! Assertions about a run, such as `slo_violation_seconds<=30`, in `[slo] assert` and in `--assert`.
//!
//! An assertion is a KPI, a comparison and a bound. `kpi` has the table of KPIs.

use std::ops::Range;

use super::diagnostic::{Code, Diagnostic, Place};
use super::near::nearest;
use super::reader::{Faults, text};
use super::tree::{Node, Value};
use crate::kpi::Kpi;
use crate::units::parse_number;

/// One assertion.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// The policy: `fast` in `fast.mean_replicas<=20`. `None` means every policy that a file names.
    pub policy: Option<String>,
    /// The KPI.
    pub kpi: Kpi,
    /// The comparison.
    pub comparator: Comparator,
    /// The bound, in the KPI's unit.
    pub bound: f64,
}

/// How a KPI is compared with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

/// The largest relative difference at which two numbers count as equal: the rounding error of the arithmetic.
const EQUAL_WITHIN: f64 = 1e-9;

impl Comparator {
    /// Longer operators come first, because a shorter one is a prefix of a longer one.
    const ALL: [Self; 5] = [
        Self::AtMost,
        Self::AtLeast,
        Self::Equal,
        Self::Less,
        Self::More,
    ];

    /// The operator as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
        }
    }

    /// Whether the comparison of `value` with `bound` holds.
    #[must_use]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        let equal = (value - bound).abs() <= EQUAL_WITHIN * value.abs().max(bound.abs());
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::More => value > bound,
            Self::AtLeast => value >= bound,
            Self::Equal => equal,
        }
    }
}

/// Why a text is not an assertion, and where.
struct Fault {
    code: Code,
    message: String,
    help: String,
    mark: Range<usize>,
}

impl Assertion {
    /// Parses an argument of `--assert`.
    ///
    /// # Errors
    /// The argument is not an assertion, or its KPI does not exist.
    pub fn parse_argument(argument: &str) -> Result<Self, Diagnostic> {
        parse(argument).map_err(|fault| Diagnostic {
            code: fault.code,
            message: fault.message,
            place: Some(Box::new(Place::within("--assert", argument, fault.mark))),
            help: fault.help,
        })
    }

    /// The fault of an argument whose policy is not one of `known`, the policies that run.
    #[must_use]
    pub fn unknown_policy<'k>(
        argument: &str,
        policy: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) -> Diagnostic {
        let help = nearest(policy, known.clone()).map_or_else(
            || format!("the policies are {}", known.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let start = argument.find(policy).unwrap_or(0);
        Diagnostic {
            code: Code::UnknownWord,
            message: format!("this command runs no policy `{policy}`"),
            place: Some(Box::new(Place::within(
                "--assert",
                argument,
                start..start + policy.len(),
            ))),
            help,
        }
    }

    /// The fault of an argument about the cost of `policy`, which has no prices: every bound above 0 would hold.
    #[must_use]
    pub fn without_prices(argument: &str, policy: &str) -> Diagnostic {
        let end = argument.find(['<', '>', '=']).unwrap_or(argument.len());
        Diagnostic {
            code: Code::BadAssertion,
            message: format!("`{policy}` has no prices, so its cost is always 0"),
            place: Some(Box::new(Place::within(
                "--assert",
                argument,
                0..argument[..end].trim_end().len(),
            ))),
            help: NO_PRICES_HELP.to_owned(),
        }
    }

    /// The assertion as text: `fast.mean_replicas <= 20`.
    #[must_use]
    pub fn text(&self) -> String {
        let policy = self
            .policy
            .as_ref()
            .map_or_else(String::new, |policy| format!("{policy}."));
        format!("{policy}{}", self.condition())
    }

    /// The assertion as text without its policy: `mean_replicas <= 20`.
    #[must_use]
    pub fn condition(&self) -> String {
        format!("{} {} {}", self.kpi, self.comparator.as_str(), self.bound)
    }
}

/// The remedy where `cost` is asserted without prices.
const NO_PRICES_HELP: &str =
    "add prices in [cost], such as `per_pod_hour = 0.04`, or assert `pod_hours`";

/// Refuses assertions about the cost in `items`, the `[slo] assert` of a policy without prices.
pub(super) fn refuse_cost(items: &[Node], faults: &mut Faults<'_>) {
    for item in items {
        if let Value::Text(written) = &item.value
            && parse(written).is_ok_and(|it| it.policy.is_none() && it.kpi == Kpi::Cost)
        {
            faults.report(
                Code::BadAssertion,
                item.origin,
                format!("`{written}`: the policy has no prices, so its cost is always 0"),
                NO_PRICES_HELP,
            );
        }
    }
}

fn parse(written: &str) -> Result<Assertion, Fault> {
    let whole = 0..written.len();
    let example = || {
        "write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30"
            .to_owned()
    };
    let no_assertion = |what: &str, mark: Range<usize>| Fault {
        code: Code::BadAssertion,
        message: format!("`{written}` is not an assertion: {what}"),
        help: example(),
        mark,
    };
    let Some(at) = written.find(['<', '>', '=']) else {
        return Err(no_assertion("it has no comparison", whole));
    };
    let rest = &written[at..];
    let Some(comparator) = Comparator::ALL
        .into_iter()
        .find(|comparator| rest.starts_with(comparator.as_str()))
    else {
        return Err(no_assertion("`=` is not a comparison", at..at + 1));
    };
    let bound_at = at + comparator.as_str().len();
    let bound = written[bound_at..].trim();
    let Some(bound) = parse_number(bound).filter(|bound| bound.is_finite()) else {
        return Err(no_assertion(
            &format!("`{bound}` is not a number"),
            bound_at..written.len(),
        ));
    };
    let left = written[..at].trim();
    // A policy's name may contain dots; a KPI's name never does.
    let (policy, name) = match left.rsplit_once('.') {
        Some((policy, name)) => (Some(policy.trim().to_owned()), name.trim()),
        None => (None, left),
    };
    let Some(kpi) = Kpi::named(name) else {
        let help = nearest(name, Kpi::ALL.into_iter().map(Kpi::name)).map_or_else(
            || "`hpasim run POLICY TRACE --format json` prints them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Fault {
            code: Code::UnknownWord,
            message: format!("there is no KPI `{name}`"),
            help,
            mark: 0..at,
        });
    };
    Ok(Assertion {
        policy,
        kpi,
        comparator,
        bound,
    })
}

/// Reads `[slo] assert`, the assertions about the policy that contains it.
pub(super) fn read_list(items: &[Node], path: &str, faults: &mut Faults<'_>) -> Vec<Assertion> {
    items
        .iter()
        .filter_map(|item| {
            let written = text(item, path, faults)?;
            match parse(written) {
                Ok(Assertion {
                    policy: Some(policy),
                    ..
                }) => {
                    faults.report(
                        Code::BadAssertion,
                        item.origin,
                        format!(
                            "`{written}` names the policy `{policy}`, and an assertion in a policy is about that policy"
                        ),
                        "delete the name and its dot",
                    );
                    None
                }
                Ok(assertion) => Some(assertion),
                Err(fault) => {
                    faults.report(fault.code, item.origin, fault.message, fault.help);
                    None
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(written: &str) -> String {
        let fault = Assertion::parse_argument(written).expect_err("a fault");
        format!("{fault}\n{}", fault.help)
    }

    #[test]
    fn an_assertion_is_a_kpi_a_comparison_and_a_number() {
        let cases = [
            ("slo_violation_seconds<=30", "slo_violation_seconds <= 30"),
            ("rescales < 4", "rescales < 4"),
            ("fast.cost==1.5", "fast.cost == 1.5"),
            ("./a/b.toml.cost>=1e3", "./a/b.toml.cost >= 1000"),
            ("oom_kills>0", "oom_kills > 0"),
        ];
        for (written, text) in cases {
            let assertion = Assertion::parse_argument(written).expect("an assertion");
            assert_eq!(assertion.text(), text);
        }
    }

    #[test]
    fn a_faulty_assertion_has_a_place_and_a_remedy() {
        insta::assert_snapshot!(fault("rescales"), @"
        E0026: `rescales` is not an assertion: it has no comparison (--assert:1:1)
        write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30
        ");
        insta::assert_snapshot!(fault("rescales=3"), @"
        E0026: `rescales=3` is not an assertion: `=` is not a comparison (--assert:1:9)
        write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30
        ");
        insta::assert_snapshot!(fault("rescales<=few"), @"
        E0026: `rescales<=few` is not an assertion: `few` is not a number (--assert:1:11)
        write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30
        ");
        insta::assert_snapshot!(fault("slo_violation_second<=3"), @"
        E0009: there is no KPI `slo_violation_second` (--assert:1:1)
        did you mean `slo_violation_seconds`?
        ");
        insta::assert_snapshot!(fault("happiness>3"), @"
        E0009: there is no KPI `happiness` (--assert:1:1)
        `hpasim run POLICY TRACE --format json` prints them all
        ");
    }

    #[test]
    fn an_assertion_about_the_cost_of_a_policy_without_prices_is_refused() {
        let fault = Assertion::without_prices("prod.cost <= 3", "prod");
        insta::assert_snapshot!(format!("{fault}\n{}", fault.help), @"
        E0026: `prod` has no prices, so its cost is always 0 (--assert:1:1)
        add prices in [cost], such as `per_pod_hour = 0.04`, or assert `pod_hours`
        ");
        assert_eq!(fault.place.expect("a place").mark, 0..9);
    }

    #[test]
    fn each_comparator_holds_on_its_side_of_the_bound() {
        let held = |value: f64| Comparator::ALL.map(|comparator| comparator.holds(value, 2.0));
        assert_eq!(held(1.0), [true, false, false, true, false]);
        assert_eq!(held(2.0), [true, true, true, false, false]);
        assert_eq!(held(3.0), [false, true, false, false, true]);
        assert!(Comparator::Equal.holds(0.1 + 0.2, 0.3));
    }
}
