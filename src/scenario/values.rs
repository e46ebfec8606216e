//! Durations and quantities: from a written value to a unit, or a fault with its remedy.

use jiff::fmt::friendly::SpanParser;

use super::diagnostic::Code;
use super::tree::Value;
use crate::units::{Millicores, Quantity, SimSpan, parse_number};

/// Why a value is not valid.
#[derive(Debug, PartialEq)]
pub(super) struct ValueProblem {
    /// The code.
    pub(super) code: Code,
    /// The message.
    pub(super) what: String,
    /// The remedy.
    pub(super) help: String,
}

/// The longest duration of a policy: a leap year. A longer one is a typing mistake.
pub(super) const DURATION_MAX: SimSpan = SimSpan::from_secs(366 * 86_400);

/// A duration such as "15s", "1m30s" or "250ms".
pub(super) fn duration(value: &Value) -> Result<SimSpan, ValueProblem> {
    let bad = |what: String, help: String| ValueProblem {
        code: Code::BadDuration,
        what,
        help,
    };
    let text = match value {
        Value::Text(text) => text.trim(),
        Value::Integer(number) => {
            return Err(bad(
                format!("{number} has no unit, and a duration needs one"),
                format!("write \"{}s\"", number.unsigned_abs()),
            ));
        }
        Value::Float(number) if !number.is_finite() => {
            return Err(bad(
                format!("{number} is not a duration"),
                DURATION_FORMS.to_owned(),
            ));
        }
        Value::Float(number) => {
            return Err(bad(
                format!("{number} has no unit, and a duration needs one"),
                format!("write \"{}s\"", number.abs()),
            ));
        }
        other => {
            return Err(ValueProblem {
                code: Code::WrongType,
                what: format!("it is {}, not a duration", other.type_name()),
                help: "write a string with a unit, such as \"15s\"".to_owned(),
            });
        }
    };
    let Some(span) = friendly_duration(text) else {
        return Err(bad(
            format!("`{text}` is not a duration"),
            duration_help(text),
        ));
    };
    if span > DURATION_MAX {
        return Err(ValueProblem {
            code: Code::OutOfRange,
            what: format!("`{text}` is longer than a year"),
            help: "write a shorter duration".to_owned(),
        });
    }
    Ok(span)
}

/// Parses a duration in the form of policies and command lines: "15s", "1m30s", "250ms".
///
/// # Errors
/// The fault and the remedy, in one line.
pub fn parse_duration(text: &str) -> Result<SimSpan, String> {
    duration(&Value::Text(text.to_owned()))
        .map_err(|problem| format!("{}; {}", problem.what, problem.help))
}

/// What a duration is.
const DURATION_FORMS: &str =
    "write a number and its unit, such as \"250ms\", \"15s\", \"1m30s\" or \"2h\"";

fn friendly_duration(text: &str) -> Option<SimSpan> {
    let duration = SpanParser::new().parse_unsigned_duration(text).ok()?;
    let nanos = i64::try_from(duration.as_nanos()).ok()?;
    Some(SimSpan::from_nanos(nanos))
}

/// A remedy with the nearest valid duration.
fn duration_help(text: &str) -> String {
    let number_end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let unit = unit.trim();
    if let Some(count) = parse_number(number) {
        let hours = match unit {
            "" => return format!("write \"{number}s\""),
            "d" | "day" | "days" => Some(24.0),
            "w" | "wk" | "week" | "weeks" => Some(168.0),
            _ => None,
        };
        if let Some(hours) = hours {
            return format!("days differ in length; write \"{}h\"", count * hours);
        }
    }
    if let Some(positive) = text.strip_prefix('-')
        && friendly_duration(positive).is_some()
    {
        return format!("a duration is not negative; write \"{positive}\"");
    }
    let plain = text.to_lowercase().replace('_', "");
    if friendly_duration(&plain).is_some() {
        return format!("write \"{plain}\"");
    }
    DURATION_FORMS.to_owned()
}

/// A Kubernetes quantity: a string, or a plain number.
pub(super) fn quantity(value: &Value) -> Result<Quantity, ValueProblem> {
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) if number.is_finite() => number.to_string(),
        other => {
            return Err(ValueProblem {
                code: Code::WrongType,
                what: format!("it is {}, not a quantity", other.type_name()),
                help: "write \"100m\", \"64Mi\" or a number".to_owned(),
            });
        }
    };
    let quantity: Quantity = text.parse().map_err(|error| ValueProblem {
        code: Code::BadQuantity,
        what: format!("`{text}` is not a quantity: {error}"),
        help: quantity_help(&text),
    })?;
    if quantity.is_negative() {
        return Err(ValueProblem {
            code: Code::OutOfRange,
            what: format!("`{text}` is negative"),
            help: "write a quantity of 0 or more".to_owned(),
        });
    }
    Ok(quantity)
}

/// A remedy with the nearest valid quantity.
fn quantity_help(text: &str) -> String {
    const SUFFIXES: [&str; 10] = ["Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T", "m", "u"];
    let number_end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(number_end);
    let bare = suffix.trim().trim_end_matches(['b', 'B']);
    let near = SUFFIXES.iter().find(|known| **known == bare).or_else(|| {
        SUFFIXES
            .iter()
            .find(|known| known.eq_ignore_ascii_case(bare))
    });
    match near {
        Some(known) if !number.is_empty() => format!("write \"{number}{known}\""),
        _ => "write CPU such as \"100m\" or \"0.5\", memory such as \"64Mi\" or \"1Gi\"".to_owned(),
    }
}

/// CPU: a quantity in thousandths of a core.
pub(super) fn cpu(value: &Value) -> Result<Millicores, ValueProblem> {
    let milli = quantity(value)?.milli_value();
    Ok(Millicores(milli.unwrap_or_default().0))
}

/// Memory: a quantity in whole bytes, rounded up.
pub(super) fn memory_bytes(value: &Value) -> Result<u64, ValueProblem> {
    let milli = quantity(value)?.milli_value().unwrap_or_default().0;
    if milli > 0 && milli < 1000 {
        return Err(ValueProblem {
            code: Code::OutOfRange,
            what: "it is less than a byte, because the suffix `m` means a thousandth".to_owned(),
            help: "write \"64Mi\" for mebibytes or \"64M\" for megabytes".to_owned(),
        });
    }
    Ok(milli.unsigned_abs().div_ceil(1000))
}

/// Bytes as a quantity, as in a policy.
pub(super) fn bytes_text(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    UNITS
        .iter()
        .find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size))
        .map_or_else(
            || format!("{bytes} bytes"),
            |(suffix, size)| format!("{}{suffix}", bytes / size),
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn durations_are_read_in_their_friendly_forms() {
        let cases = [
            ("15s", SimSpan::from_secs(15)),
            ("1m30s", SimSpan::from_secs(90)),
            ("5m", SimSpan::from_secs(300)),
            ("1.5s", SimSpan::from_millis(1500)),
            ("250ms", SimSpan::from_millis(250)),
            ("1h 30m", SimSpan::from_secs(5400)),
            ("0s", SimSpan::ZERO),
        ];
        for (written, span) in cases {
            assert_eq!(duration(&text(written)), Ok(span), "{written}");
        }
    }

    #[test]
    fn what_is_no_duration_gets_a_remedy() {
        let cases = [
            (Value::Integer(90), "write \"90s\""),
            (Value::Float(1.5), "write \"1.5s\""),
            (text("90"), "write \"90s\""),
            (text("2d"), "days differ in length; write \"48h\""),
            (text("-5s"), "a duration is not negative; write \"5s\""),
            (text("5S"), "write \"5s\""),
            (text("1_000s"), "write \"1000s\""),
            (Value::Float(f64::INFINITY), DURATION_FORMS),
            (Value::Float(f64::NAN), DURATION_FORMS),
            (text("inf"), DURATION_FORMS),
            (
                text("soon"),
                "write a number and its unit, such as \"250ms\", \"15s\", \"1m30s\" or \"2h\"",
            ),
        ];
        for (value, help) in cases {
            let problem = duration(&value).expect_err("no duration");
            assert_eq!(problem.help, help, "{value:?}");
        }
    }

    #[test]
    fn what_is_no_quantity_gets_a_remedy() {
        let cases = [
            ("64MB", "write \"64M\""),
            ("64MiB", "write \"64Mi\""),
            ("64mi", "write \"64Mi\""),
            (
                "lots",
                "write CPU such as \"100m\" or \"0.5\", memory such as \"64Mi\" or \"1Gi\"",
            ),
        ];
        for (written, help) in cases {
            let problem = quantity(&text(written)).expect_err("no quantity");
            assert_eq!(
                (problem.code, problem.help.as_str()),
                (Code::BadQuantity, help)
            );
        }
        assert_eq!(cpu(&Value::Float(0.5)), Ok(Millicores(500)));
        assert_eq!(memory_bytes(&text("64Mi")), Ok(64 << 20));
        assert!(memory_bytes(&text("64m")).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_value_parsers_panic(written in "\\PC*") {
            let value = text(&written);
            let _ = (duration(&value), quantity(&value), memory_bytes(&value), cpu(&value));
        }

        #[test]
        fn whole_quantities_round_trip(number in 0_i64..1_000_000_000) {
            prop_assert_eq!(cpu(&text(&format!("{number}m"))), Ok(Millicores(number)));
            prop_assert_eq!(memory_bytes(&text(&format!("{number}Ki"))), Ok(number.unsigned_abs() * 1024));
            let printed = crate::units::MilliValue(number).to_string();
            let read = quantity(&text(&printed)).map(Quantity::milli_value);
            prop_assert_eq!(read, Ok(Ok(crate::units::MilliValue(number))));
        }

        #[test]
        fn durations_round_trip_through_their_display(millis in 0_i64..10_000_000_000) {
            let span = SimSpan::from_millis(millis);
            prop_assert_eq!(duration(&text(&span.to_string())), Ok(span));
        }
    }
}
