//! Assertions as lines: the assertion, whether it holds, and the value.

use anstyle::{AnsiColor, Style};

use super::comparison::signed;
use super::human;
use super::paint::{Colour, painted};
use crate::results::verdicts::{CheckedAssertion, PairedDifference};
use crate::text::visible;

/// A line for each: `✓ prod under spike: rescales <= 30 (12)`; nothing for none.
#[must_use]
pub fn render_assertions(checked: &[CheckedAssertion], colour: Colour) -> String {
    checked.iter().map(|it| line(it, colour)).collect()
}

fn line(checked: &CheckedAssertion, colour: Colour) -> String {
    let (mark, ink) = if checked.holds {
        ("✓", AnsiColor::Green)
    } else {
        ("✗", AnsiColor::Red)
    };
    let style: Style = ink.on_default();
    let mark = painted(mark, style, colour);
    let value = match (&checked.difference, checked.value) {
        (Some(difference), _) => difference_in_words(difference, checked.holds),
        (None, Some(value)) => {
            let value = human::trimmed(value, DECIMALS);
            let statistic = checked.statistic.into_iter();
            statistic
                .chain([value.as_str()])
                .collect::<Vec<_>>()
                .join(" ")
        }
        (None, None) => "no value".to_owned(),
    };
    let CheckedAssertion {
        assertion,
        policy,
        trace,
        ..
    } = checked;
    let lead = match &checked.difference {
        Some(difference) if checked.holds && is_noise(difference) => "not shown to be worse: ",
        _ => "",
    };
    let line = format!("{lead}{policy} under {trace}: {assertion} ({value})");
    format!("{mark} {}\n", visible(&line))
}

/// The difference of two policies, its interval, and whether the noise explains it.
fn difference_in_words(difference: &PairedDifference, holds: bool) -> String {
    let PairedDifference { estimate, seeds } = difference;
    let Some(estimate) = estimate else {
        return "no seed gives both a value".to_owned();
    };
    let mean = format!("mean difference {}", signed(estimate));
    let over = match estimate.pairs {
        pairs if pairs == *seeds => format!("{pairs} seeds"),
        pairs => format!("the {pairs} of {seeds} seeds that give both a value"),
    };
    let verdict = match (estimate.half_width, holds) {
        (None, _) => ", one pair shows no noise",
        (Some(_), false) => ", beyond the noise",
        (Some(_), true) if is_noise(difference) => ", within the noise",
        (Some(_), true) => "",
    };
    format!("{mean} over {over}{verdict}")
}

/// Whether the interval of the difference includes zero.
fn is_noise(difference: &PairedDifference) -> bool {
    let estimate = difference.estimate.as_ref();
    estimate.is_some_and(|it| it.half_width.is_some() && !it.excludes(0.0))
}

/// Enough digits to see that 30.0004 is more than 30.
const DECIMALS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::statistics::Estimate;

    fn checked(value: Option<f64>, holds: bool) -> CheckedAssertion {
        CheckedAssertion {
            assertion: "slo_violation_seconds <= 30".to_owned(),
            policy: "prod".to_owned(),
            trace: "spike".to_owned(),
            value,
            statistic: None,
            holds,
            difference: None,
        }
    }

    #[test]
    fn a_value_of_several_seeds_names_its_statistic_and_a_difference_its_interval() {
        let of_seeds = CheckedAssertion {
            statistic: Some("median"),
            ..checked(Some(12.5), true)
        };
        let beside = |mean: f64, half_width: Option<f64>, pairs: u32, holds: bool| {
            let estimate = Estimate {
                mean,
                half_width,
                pairs,
            };
            CheckedAssertion {
                difference: Some(PairedDifference {
                    estimate: (pairs > 0).then_some(estimate),
                    seeds: 10,
                }),
                ..checked(Some(12.5), holds)
            }
        };
        let all = [
            of_seeds,
            beside(-12.3, Some(5.0), 10, true),
            beside(3.2, Some(5.0), 10, true),
            beside(12.3, Some(5.0), 9, false),
            beside(12.3, None, 1, false),
            beside(0.0, None, 0, false),
        ];
        insta::assert_snapshot!(render_assertions(&all, Colour::Plain), @"
        ✓ prod under spike: slo_violation_seconds <= 30 (median 12.5)
        ✓ prod under spike: slo_violation_seconds <= 30 (mean difference -12 ± 5 over 10 seeds)
        ✓ not shown to be worse: prod under spike: slo_violation_seconds <= 30 (mean difference +3 ± 5 over 10 seeds, within the noise)
        ✗ prod under spike: slo_violation_seconds <= 30 (mean difference +12 ± 5 over the 9 of 10 seeds that give both a value, beyond the noise)
        ✗ prod under spike: slo_violation_seconds <= 30 (mean difference +12.3 over the 1 of 10 seeds that give both a value, one pair shows no noise)
        ✗ prod under spike: slo_violation_seconds <= 30 (no seed gives both a value)
        ");
    }

    #[test]
    fn each_assertion_is_a_line_with_its_value() {
        let all = [
            checked(Some(12.5), true),
            checked(Some(30.0004), false),
            checked(None, false),
        ];
        insta::assert_snapshot!(render_assertions(&all, Colour::Plain), @"
        ✓ prod under spike: slo_violation_seconds <= 30 (12.5)
        ✗ prod under spike: slo_violation_seconds <= 30 (30.0004)
        ✗ prod under spike: slo_violation_seconds <= 30 (no value)
        ");
        let coloured = render_assertions(&all[..1], Colour::Ansi);
        assert!(
            coloured.starts_with("\u{1b}[32m✓\u{1b}[0m prod"),
            "{coloured:?}"
        );
    }
}
