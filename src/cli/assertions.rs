//! `--assert` and `[slo] assert`: read before anything runs, reported before anything else.

use super::error::{CommandError, Completion};
use super::output_args::AnswerArgs;
use super::screen::Screen;
use crate::kpi::Kpi;
use crate::render::assertions::render_assertions;
use crate::render::paint::Colour;
use crate::results::verdicts::{CheckedAssertion, all_hold};
use crate::scenario::{Assertion, Diagnostic, Diagnostics, Scenario};

/// A policy that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct JudgedPolicy<'p> {
    /// The name by which an assertion names it.
    pub(super) name: &'p str,
    /// Whether it has prices.
    pub(super) has_prices: bool,
}

/// The policy of `scenario`, by its own name.
pub(super) fn judged(scenario: &Scenario) -> JudgedPolicy<'_> {
    JudgedPolicy {
        name: &scenario.policy_name,
        has_prices: !scenario.cost.is_free(),
    }
}

/// Reads the arguments of `--assert`; `policies` are those that run, each with so many `seeds`.
///
/// # Errors
/// All arguments that are malformed or that no run could break, at once.
pub(super) fn read(
    arguments: &[String],
    policies: &[JudgedPolicy<'_>],
    seeds: usize,
) -> Result<Vec<Assertion>, CommandError> {
    let mut assertions = Vec::new();
    let mut faults = Diagnostics::default();
    for argument in arguments {
        match Assertion::parse_argument(argument) {
            Ok(assertion) => {
                let fault = misplaced(&assertion, argument, policies).or_else(|| {
                    let is_single = assertion.relative_to.is_some() && seeds == 1;
                    is_single.then(|| Assertion::without_noise(argument))
                });
                faults.list.extend(fault);
                assertions.push(assertion);
            }
            Err(fault) => faults.list.push(fault),
        }
    }
    if faults.list.is_empty() {
        Ok(assertions)
    } else {
        Err(CommandError::Input(faults))
    }
}

/// The fault of an assertion about a policy that does not run, or about the cost of one without prices.
fn misplaced(
    assertion: &Assertion,
    argument: &str,
    policies: &[JudgedPolicy<'_>],
) -> Option<Diagnostic> {
    let other = assertion.relative_to.as_ref().map(|term| &term.policy);
    let named: Vec<&String> = assertion.policy.iter().chain(other).collect();
    let unknown = named
        .iter()
        .find(|name| policies.iter().all(|policy| policy.name != **name));
    if let Some(name) = unknown {
        let known = policies.iter().map(|policy| policy.name);
        return Some(Assertion::unknown_policy(argument, name, known));
    }
    let is_about = |policy: &&JudgedPolicy<'_>| {
        assertion.policy.is_none() || named.iter().any(|name| *name == policy.name)
    };
    let mut judged = policies.iter().filter(is_about);
    let unpriced = judged.find(|policy| assertion.kpi == Kpi::Cost && !policy.has_prices)?;
    Some(Assertion::without_prices(argument, unpriced.name))
}

/// Tells what holds and what does not: on stdout before a page, on stderr beside data.
///
/// # Errors
/// Standard output fails.
pub(super) fn tell(
    checked: &[CheckedAssertion],
    arguments: &AnswerArgs,
    screen: &mut Screen,
) -> Result<(), CommandError> {
    if arguments.quiet.is_asked_for() {
        note(checked.iter().filter(|it| !it.holds), screen);
    } else if arguments.format.is_data() {
        note(checked.iter(), screen);
    } else {
        let lines = render_assertions(checked, screen.stdout_colour());
        if !lines.is_empty() {
            screen.print(&format!("{lines}\n"))?;
        }
    }
    Ok(())
}

fn note<'c>(checked: impl Iterator<Item = &'c CheckedAssertion>, screen: &mut Screen) {
    let checked: Vec<CheckedAssertion> = checked.cloned().collect();
    let lines = render_assertions(&checked, Colour::Plain);
    for line in lines.lines() {
        screen.note(line);
    }
}

/// 99 where one does not hold.
pub(super) fn completion(checked: &[CheckedAssertion]) -> Completion {
    if all_hold(checked) {
        Completion::Done
    } else {
        Completion::AssertionFailed
    }
}
