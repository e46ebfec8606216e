//! `--assert` and `[slo] assert`: read before anything runs, reported before anything else.

use super::error::{CommandError, Completion};
use super::output_args::AnswerArgs;
use super::screen::Screen;
use crate::render::assertions::render_assertions;
use crate::render::paint::Colour;
use crate::results::verdicts::{CheckedAssertion, all_hold};
use crate::scenario::{Assertion, Diagnostics};

/// Reads the arguments of `--assert`; `policies` are those that run.
///
/// # Errors
/// All malformed ones, at once.
pub(super) fn read(
    arguments: &[String],
    policies: &[&str],
) -> Result<Vec<Assertion>, CommandError> {
    let mut assertions = Vec::new();
    let mut faults = Diagnostics::default();
    for argument in arguments {
        match Assertion::parse_argument(argument) {
            Ok(assertion) => {
                if let Some(policy) = &assertion.policy
                    && !policies.contains(&policy.as_str())
                {
                    let known = policies.iter().copied();
                    let fault = Assertion::unknown_policy(argument, policy, known);
                    faults.list.push(fault);
                }
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
