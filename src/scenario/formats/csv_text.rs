//! hpasim's own CSV traces, which `trace_text` reads; and any recording as such a trace, with a comment about its origin.
//!
//! Numbers are written with seven significant digits.

use std::fmt::Write;
use std::path::Path;

use super::recognise::Sign;
use super::{FormatReader, Meanings, Recorded, RecordedText, Recording};
use crate::bounded::TRACE_BYTES_MAX;
use crate::scenario::clock::{ClockZone, TraceClock};
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::trace_text::{NANOS_PER_SECOND, parse_trace};
use crate::text::csv_cell::guarded;
use crate::text::visible;
use crate::workload::{Demand, Trace};

/// hpasim's own CSV: `time_s,rps`.
pub(super) static OWN_CSV: FormatReader = FormatReader {
    title: "hpasim CSV",
    word: "csv",
    texts: RecordedText::Table,
    meanings: Meanings::Stated("its header states the kind of load"),
    has_series: false,
    is_load_test: false,
    recognises: |head| {
        (head.has_columns(&["time_s"]) || head.has_columns(&["timestamp"])).then_some(Sign::Name)
    },
    read: |input, _| {
        let name = input.name.clone();
        let bytes = input
            .read_whole(TRACE_BYTES_MAX)
            .map_err(Diagnostics::one)?;
        parse_trace(Path::new(&name), &bytes).map(Recorded::Trace)
    },
};

/// The recording as CSV text, with its dates in `zone`, or else in its own.
#[must_use]
pub fn to_csv(recording: &Recording, zone: Option<&ClockZone>) -> String {
    let source = recording.computed_from.as_deref();
    let source = visible(source.unwrap_or(recording.format.title()));
    let comment = format!("hpasim trace convert, from: {source}");
    trace_csv(
        &comment,
        &recording.trace,
        recording.clock_in(zone).as_ref(),
    )
}

/// A trace as CSV text, below a comment of one line. With a clock it has dates.
#[must_use]
pub fn trace_csv(comment: &str, trace: &Trace, clock: Option<&TraceClock>) -> String {
    let (name, values) = match &trace.demand {
        Demand::RequestsPerSecond(values) => ("rps", values),
        Demand::CpuMillicores(values) => ("cpu_millicores", values),
        Demand::Users(values) => ("users", values),
    };
    let mut csv = String::with_capacity(trace.times.len() * 16 + 200);
    // Writing to a string cannot fail.
    let _ = write!(csv, "# {comment}");
    let time_name = if clock.is_some() {
        "timestamp"
    } else {
        "time_s"
    };
    let _ = write!(csv, "\n{time_name},{name}");
    for column in &trace.columns {
        csv.push(',');
        push_field(&mut csv, &guarded(&column.name));
    }
    csv.push('\n');
    for (row, time) in trace.times.iter().enumerate() {
        match clock {
            None => push_seconds(&mut csv, time.as_nanos()),
            Some(clock) => csv.push_str(&clock.rfc3339(*time)),
        }
        csv.push(',');
        push_number(&mut csv, values[row]);
        for column in &trace.columns {
            csv.push(',');
            push_number(&mut csv, column.values[row]);
        }
        csv.push('\n');
    }
    csv
}

fn push_field(csv: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        let _ = write!(csv, "\"{}\"", text.replace('"', "\"\""));
    } else {
        csv.push_str(text);
    }
}

/// Exact to the nanosecond, without trailing zeros.
fn push_seconds(csv: &mut String, nanos: i64) {
    let (whole, fraction) = (nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    let _ = write!(csv, "{whole}");
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        let _ = write!(csv, ".{}", digits.trim_end_matches('0'));
    }
}

fn push_number(csv: &mut String, value: f64) {
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    let _ = write!(csv, "{rounded}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_exactly_and_numbers_to_seven_digits() {
        let mut csv = String::new();
        push_seconds(&mut csv, 1_500_000_000);
        csv.push(' ');
        push_seconds(&mut csv, 60 * NANOS_PER_SECOND);
        csv.push(' ');
        push_number(&mut csv, 1.0 / 3.0);
        csv.push(' ');
        push_number(&mut csv, 1_234_567_890.0);
        assert_eq!(csv, "1.5 60 0.3333333 1234568000");
    }
}
