//! Assertions about a run, such as `slo_violation_seconds<=30`, in `[slo] assert` and in `--assert`.
//!
//! An assertion is a KPI, a comparison and a bound. The bound is a number, or the same KPI of another policy:
//! `pr.pod_hours<=1.1*base.pod_hours`, which `bound` reads. `kpi` has the table of KPIs.

mod bound;

use std::borrow::Cow;
use std::ops::Range;

use super::diagnostic::{Code, Diagnostic, Place};
use super::near::nearest;
use super::reader::{Faults, text};
use super::tree::{Node, Value};
use crate::kpi::Kpi;
use bound::{RelativeBound, finite, without_factor};

/// One assertion.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// The policy: `fast` in `fast.mean_replicas<=20`. `None` means every policy that a file names.
    pub policy: Option<String>,
    /// The KPI.
    pub kpi: Kpi,
    /// The comparison.
    pub comparator: Comparator,
    /// The bound, in the KPI's unit; with `relative_to`, what is added to the other policy's part.
    pub bound: f64,
    /// The other policy, if the bound depends on one.
    pub relative_to: Option<PolicyTerm>,
}

/// The part of a bound that depends on another policy: `1.1*base.pod_hours`.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTerm {
    /// The other policy, whose KPI is the assertion's.
    pub policy: String,
    /// The factor of the KPI, above zero.
    pub factor: f64,
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

    /// The first comparison in `text`, and its place.
    pub(super) fn find(text: &str) -> Option<(usize, Self)> {
        let at = text.find(['<', '>', '='])?;
        let is_there = |it: &Self| text[at..].starts_with(it.as_str());
        Some((at, Self::ALL.into_iter().find(is_there)?))
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
        let is_first = parse(argument).is_ok_and(|it| it.policy.as_deref() == Some(policy));
        let side = if is_first {
            0
        } else {
            comparator_at(argument).unwrap_or(0)
        };
        // A name with doubled quotes is not found as it is written.
        let found = argument[side..].find(policy).map(|at| side + at);
        let mark = found.map_or(0..argument.len(), |start| start..start + policy.len());
        Diagnostic {
            code: Code::UnknownWord,
            message: format!("this command runs no policy `{policy}`"),
            place: Some(Box::new(Place::within("--assert", argument, mark))),
            help,
        }
    }

    /// The fault of an argument about the cost of `policy`, which has no prices: every bound above 0 would hold.
    #[must_use]
    pub fn without_prices(argument: &str, policy: &str) -> Diagnostic {
        let end = comparator_at(argument).unwrap_or(argument.len());
        let left = 0..argument[..end].trim_end().len();
        let message = format!("`{policy}` has no prices, so its cost is always 0");
        bad_argument(argument, left, message, NO_PRICES_HELP)
    }

    /// The fault of an argument about two policies that run with one seed: a single pair shows no noise.
    #[must_use]
    pub fn without_noise(argument: &str) -> Diagnostic {
        bad_argument(
            argument,
            0..argument.len(),
            "one seed cannot show whether a difference of two policies is noise".to_owned(),
            "write --seeds 10, or assert a number",
        )
    }

    /// The assertion as text: `fast.mean_replicas <= 20`.
    #[must_use]
    pub fn text(&self) -> String {
        let policy = self
            .policy
            .as_ref()
            .map_or_else(String::new, |policy| format!("{}.", name_in_text(policy)));
        format!("{policy}{}", self.condition())
    }

    /// The assertion as text without its policy: `mean_replicas <= 20`.
    #[must_use]
    pub fn condition(&self) -> String {
        let Self { kpi, bound, .. } = self;
        let side = match &self.relative_to {
            None => bound.to_string(),
            Some(PolicyTerm { policy, factor }) => {
                let name = name_in_text(policy);
                let term = match *factor {
                    1.0 => format!("{name}.{kpi}"),
                    factor => format!("{factor} * {name}.{kpi}"),
                };
                match *bound {
                    0.0 => term,
                    offset if offset < 0.0 => format!("{term} - {}", -offset),
                    offset => format!("{term} + {offset}"),
                }
            }
        };
        format!("{kpi} {} {side}", self.comparator.as_str())
    }
}

fn bad_argument(argument: &str, mark: Range<usize>, message: String, help: &str) -> Diagnostic {
    Diagnostic {
        code: Code::BadAssertion,
        message,
        place: Some(Box::new(Place::within("--assert", argument, mark))),
        help: help.to_owned(),
    }
}

/// The characters that begin and end a name with characters of the grammar.
const QUOTES: [char; 2] = ['"', '\''];

/// A policy's name as an assertion has it: quoted, if it has characters of the grammar.
fn name_in_text(name: &str) -> Cow<'_, str> {
    let is_plain = !name.contains(['<', '>', '=', '*', '+']) && !name.starts_with(QUOTES);
    if is_plain {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

/// The quoted name with which `text` begins, and its length with both quotes; a doubled quote stands for one.
fn quoted_name(text: &str) -> Option<(String, usize)> {
    let quote = text.chars().next().filter(|first| QUOTES.contains(first))?;
    let mut name = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != quote {
            name.push(letter);
        } else if letters.next_if(|(_, next)| *next == quote).is_some() {
            name.push(quote);
        } else {
            return Some((name, at + quote.len_utf8()));
        }
    }
    None
}

/// The place of the comparison in an assertion; a quoted name in front may have its characters.
fn comparator_at(written: &str) -> Option<usize> {
    let start = written.len() - written.trim_start().len();
    let name_end = quoted_name(&written[start..]).map_or(start, |(_, length)| start + length);
    let found = written[name_end..].find(['<', '>', '='])?;
    Some(name_end + found)
}

/// A KPI of a policy as text: the policy's name, what stands for the KPI, and where that begins.
struct NamedKpi<'t> {
    policy: Option<String>,
    kpi: &'t str,
}

impl<'t> NamedKpi<'t> {
    /// Reads `policy.kpi`, `"policy".kpi` or `kpi`.
    fn of(text: &'t str) -> Self {
        if let Some((policy, length)) = quoted_name(text)
            && let Some(kpi) = text[length..].trim_start().strip_prefix('.')
        {
            return Self {
                policy: Some(policy),
                kpi: kpi.trim(),
            };
        }
        // A policy's name may contain dots; a KPI's name never does.
        match text.rsplit_once('.') {
            Some((policy, kpi)) => Self {
                policy: Some(policy.trim().to_owned()),
                kpi: kpi.trim(),
            },
            None => Self {
                policy: None,
                kpi: text,
            },
        }
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
    let no_assertion = |what: &str, mark: Range<usize>| Fault {
        code: Code::BadAssertion,
        message: format!("`{written}` is not an assertion: {what}"),
        help: "write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30"
            .to_owned(),
        mark,
    };
    let Some(at) = comparator_at(written) else {
        return Err(no_assertion("it has no comparison", whole));
    };
    let rest = &written[at..];
    let Some(comparator) = Comparator::ALL
        .into_iter()
        .find(|comparator| rest.starts_with(comparator.as_str()))
    else {
        return Err(no_assertion("`=` is not a comparison", at..at + 1));
    };
    let left = written[..at].trim();
    if without_factor(left).0 != left || finite(left).is_some() {
        return Err(no_assertion("a KPI stands alone on the left", 0..at));
    }
    let NamedKpi { policy, kpi } = NamedKpi::of(left);
    let bound_at = at + comparator.as_str().len();
    let bound = written[bound_at..].trim();
    let mark = bound_at..written.len();
    if let Some(bound) = finite(bound) {
        return Ok(Assertion {
            policy,
            kpi: known_kpi(kpi, 0..at)?,
            comparator,
            bound,
            relative_to: None,
        });
    }
    let kpi = known_kpi(kpi, 0..at)?;
    let other = RelativeBound::read(bound).map_err(|fault| {
        let start = written[..bound_at].trim();
        let (what, help) = fault.in_words(bound, start, kpi.name());
        Fault {
            help,
            ..no_assertion(&what, mark.clone())
        }
    })?;
    let other_kpi = known_kpi(&other.kpi, mark.clone())?;
    let two_policies = |what: String| Fault {
        code: Code::BadAssertion,
        message: format!("`{written}` {what}"),
        help: "compare one KPI of two policies, such as pr.rescales<=base.rescales".to_owned(),
        mark,
    };
    if other_kpi != kpi {
        return Err(two_policies(format!("compares `{kpi}` with `{other_kpi}`")));
    }
    if policy.as_ref() == Some(&other.term.policy) {
        return Err(two_policies(format!(
            "compares `{}` with itself",
            other.term.policy
        )));
    }
    Ok(Assertion {
        policy,
        kpi,
        comparator,
        bound: other.offset,
        relative_to: Some(other.term),
    })
}

/// The KPI of that name; `mark` is its place.
fn known_kpi(name: &str, mark: Range<usize>) -> Result<Kpi, Fault> {
    Kpi::named(name).ok_or_else(|| {
        let help = nearest(name, Kpi::ALL.into_iter().map(Kpi::name)).map_or_else(
            || "`hpasim run POLICY TRACE --format json` prints them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Fault {
            code: Code::UnknownWord,
            message: format!("there is no KPI `{name}`"),
            help,
            mark,
        }
    })
}

/// Reads `[slo] assert`, the assertions about the policy that contains it.
pub(super) fn read_list(items: &[Node], path: &str, faults: &mut Faults<'_>) -> Vec<Assertion> {
    items
        .iter()
        .filter_map(|item| {
            let written = text(item, path, faults)?;
            match parse(written) {
                Ok(
                    Assertion {
                        policy: Some(policy),
                        ..
                    }
                    | Assertion {
                        relative_to: Some(PolicyTerm { policy, .. }),
                        ..
                    },
                ) => {
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
            ("bob's.rescales<4", "bob's.rescales < 4"),
            (
                " \"p@hpa.minReplicas=2\" . rescales < 4",
                "\"p@hpa.minReplicas=2\".rescales < 4",
            ),
            ("'it''s >'.cost<=1", "\"it's >\".cost <= 1"),
            ("pr.cost<=base.cost", "pr.cost <= base.cost"),
            ("cost <= my-base.cost", "cost <= my-base.cost"),
            (
                "pr.pod_hours<= 1.1 * b.toml.pod_hours",
                "pr.pod_hours <= 1.1 * b.toml.pod_hours",
            ),
            (
                "pr.rescales<=base.rescales+5",
                "pr.rescales <= base.rescales + 5",
            ),
            (
                "pr.rescales < 2*a-1.rescales - 0.5",
                "pr.rescales < 2 * a-1.rescales - 0.5",
            ),
            ("a.cost>=\"b@c=1\".cost", "a.cost >= \"b@c=1\".cost"),
            ("a.cost<=b.cost*1.1", "a.cost <= 1.1 * b.cost"),
            (
                "a.cost<=b.cost * 1.5e-3 + 2",
                "a.cost <= 0.0015 * b.cost + 2",
            ),
            (
                "a.cost<=./b/c.toml.cost/2-1",
                "a.cost <= 0.5 * ./b/c.toml.cost - 1",
            ),
            ("a.cost<=\"b*2\".cost*3", "a.cost <= 3 * \"b*2\".cost"),
        ];
        for (written, text) in cases {
            let assertion = Assertion::parse_argument(written).expect("an assertion");
            assert_eq!(assertion.text(), text);
            assert_eq!(Assertion::parse_argument(text), Ok(assertion), "{text}");
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
        E0026: `rescales<=few` is not an assertion: `few` is no number and names no KPI (--assert:1:11)
        write a number, such as rescales<=30, or if `few` is a policy, its KPI: rescales<=few.rescales
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
    fn what_is_no_bound_has_the_nearest_bound_as_its_remedy() {
        let faults = [
            "pr.rescales<=1.1*20",
            "pr.rescales<=base*1.1",
            "pr.rescales<=2*base+5",
            "pr.rescales<=base.rescales*0",
            "pr.rescales<=base.rescales/0",
            "pr.rescales<=",
            "pr.rescales<=base rescales",
            "pr.rescales<=2*base.rescales*3",
            "1.1*pr.rescales<=base.rescales",
            "30>=rescales",
        ]
        .map(fault);
        insta::assert_snapshot!(faults.join("\n\n"), @"
        E0026: `pr.rescales<=1.1*20` is not an assertion: `1.1*20` is a calculation with numbers only (--assert:1:14)
        write its result: pr.rescales<=22

        E0026: `pr.rescales<=base*1.1` is not an assertion: `base*1.1` is no number and names no KPI (--assert:1:14)
        write a number, such as pr.rescales<=30, or if `base` is a policy, its KPI: pr.rescales<=base.rescales*1.1

        E0026: `pr.rescales<=2*base+5` is not an assertion: `2*base+5` is no number and names no KPI (--assert:1:14)
        write a number, such as pr.rescales<=30, or if `base` is a policy, its KPI: pr.rescales<=2*base.rescales+5

        E0026: `pr.rescales<=base.rescales*0` is not an assertion: `base.rescales*0` has a factor that is not above zero (--assert:1:14)
        write a factor above zero, such as pr.rescales<=1.1*base.rescales

        E0026: `pr.rescales<=base.rescales/0` is not an assertion: `base.rescales/0` has a factor that is not above zero (--assert:1:14)
        write a factor above zero, such as pr.rescales<=1.1*base.rescales

        E0026: `pr.rescales<=` is not an assertion: `` is no bound (--assert:1:14)
        write a number, such as pr.rescales<=30, or the KPI of another policy, such as pr.rescales<=base.rescales, pr.rescales<=1.1*base.rescales or pr.rescales<=base.rescales+5

        E0026: `pr.rescales<=base rescales` is not an assertion: `base rescales` is no bound (--assert:1:14)
        write a number, such as pr.rescales<=30, or the KPI of another policy, such as pr.rescales<=base.rescales, pr.rescales<=1.1*base.rescales or pr.rescales<=base.rescales+5

        E0026: `pr.rescales<=2*base.rescales*3` is not an assertion: `2*base.rescales*3` is no bound (--assert:1:14)
        write a number, such as pr.rescales<=30, or the KPI of another policy, such as pr.rescales<=base.rescales, pr.rescales<=1.1*base.rescales or pr.rescales<=base.rescales+5

        E0026: `1.1*pr.rescales<=base.rescales` is not an assertion: a KPI stands alone on the left (--assert:1:1)
        write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30

        E0026: `30>=rescales` is not an assertion: a KPI stands alone on the left (--assert:1:1)
        write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30
        ");
    }

    #[test]
    fn a_faulty_relation_of_two_policies_has_a_place_and_a_remedy() {
        insta::assert_snapshot!(fault("pr.rescales<=base.reversals"), @"
        E0026: `pr.rescales<=base.reversals` compares `rescales` with `reversals` (--assert:1:14)
        compare one KPI of two policies, such as pr.rescales<=base.rescales
        ");
        insta::assert_snapshot!(fault("pr.rescales<=pr.rescales"), @"
        E0026: `pr.rescales<=pr.rescales` compares `pr` with itself (--assert:1:14)
        compare one KPI of two policies, such as pr.rescales<=base.rescales
        ");
        insta::assert_snapshot!(fault("pr.rescales<=base.rescale"), @"
        E0009: there is no KPI `rescale` (--assert:1:14)
        did you mean `rescales`?
        ");
        insta::assert_snapshot!(fault("pr.rescales<=base"), @"
        E0026: `pr.rescales<=base` is not an assertion: `base` is no number and names no KPI (--assert:1:14)
        write a number, such as pr.rescales<=30, or if `base` is a policy, its KPI: pr.rescales<=base.rescales
        ");
        insta::assert_snapshot!(fault("pr.rescales<=-1*base.rescales"), @"
        E0026: `pr.rescales<=-1*base.rescales` is not an assertion: `-1*base.rescales` has a factor that is not above zero (--assert:1:14)
        write a factor above zero, such as pr.rescales<=1.1*base.rescales
        ");
        insta::assert_snapshot!(Assertion::without_noise("a.cost<b.cost"), @"E0026: one seed cannot show whether a difference of two policies is noise (--assert:1:1)");
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
