//! `--allow` and `--min-severity`: which findings of `check` are listed.

use clap::Args;

use super::choices::{ChoiceWords, one_of};
use crate::check::CheckReport;
use crate::scenario::{Code, Severity, nearest};

/// Which findings are listed.
#[derive(Args, Clone, Debug)]
pub(super) struct FindingArgs {
    /// Leave out findings of these codes, such as W0101; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_code)]
    allow: Vec<Code>,
    /// List only error, or also warning, or all (info)
    #[arg(long, value_name = "S", value_parser = one_of(SEVERITIES), hide_possible_values = true)]
    min_severity: Option<Severity>,
}

/// `--min-severity`.
const SEVERITIES: &ChoiceWords<Severity> = &[
    (Severity::Error, "error"),
    (Severity::Warning, "warning"),
    (Severity::Info, "info"),
];

impl FindingArgs {
    /// Whether warnings are not listed.
    pub(super) fn hides_warnings(&self) -> bool {
        self.min_severity == Some(Severity::Error)
    }

    /// Leaves out what the user allowed or does not want to see.
    pub(super) fn apply(&self, report: &mut CheckReport) {
        report.allow(&self.allow);
        if let Some(severity) = self.min_severity {
            report.leave_out_below(severity);
        }
    }
}

/// A code by its number, in capitals or not.
fn parse_code(text: &str) -> Result<Code, String> {
    let number = text.trim().to_uppercase();
    let numbers = || Code::ALL.iter().map(|code| code.number());
    match Code::ALL.iter().find(|code| code.number() == number) {
        Some(code) => Ok(*code),
        None => Err(match nearest(&number, numbers()) {
            Some(near) => format!("there is no such code; did you mean {near}?"),
            None => "there is no such code; a code has a letter and four digits, such as W0101"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_capitals_or_not() {
        assert_eq!(parse_code("w0101"), Ok(Code::FixedReplicas));
    }

    #[test]
    fn an_unknown_code_is_refused_with_the_nearest_one() {
        let refused = |text| parse_code(text).expect_err("no such code");
        insta::assert_snapshot!(refused("W101"), @"there is no such code; did you mean W0101?");
        insta::assert_snapshot!(refused("replicas"), @"there is no such code; a code has a letter and four digits, such as W0101");
    }
}
