//! Assertions as lines: the assertion, whether it holds, and the value.

use anstyle::{AnsiColor, Style};

use super::human;
use super::paint::{Colour, painted};
use crate::results::verdicts::CheckedAssertion;
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
    let value = checked.value.map_or_else(
        || "no value".to_owned(),
        |value| human::trimmed(value, DECIMALS),
    );
    let CheckedAssertion {
        assertion,
        policy,
        trace,
        ..
    } = checked;
    let line = format!("{policy} under {trace}: {assertion} ({value})");
    format!("{mark} {}\n", visible(&line))
}

/// Enough digits to see that 30.0004 is more than 30.
const DECIMALS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(value: Option<f64>, holds: bool) -> CheckedAssertion {
        CheckedAssertion {
            assertion: "slo_violation_seconds <= 30".to_owned(),
            policy: "prod".to_owned(),
            trace: "spike".to_owned(),
            value,
            holds,
        }
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
