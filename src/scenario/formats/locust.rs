//! Locust's `stats_history.csv`: one row per second, and with full history further rows for each name.
//!
//! Only the rows named `Aggregated` are read. The header's names identify the columns.

use super::input::Lines;
use super::notes::Notes;
use super::recognise::Sign;
use super::samples::Samples;
use super::stamp::parse_stamp;
use super::{
    FormatReader, Meanings, RateReading, ReadOptions, RecordedText, What, fields, nothing_there,
    read_lines,
};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::units::parse_number;

/// Locust's `stats_history.csv`.
pub(super) static STATS_HISTORY: FormatReader = FormatReader {
    title: "Locust stats history",
    word: "locust",
    texts: RecordedText::Table,
    meanings: Meanings::Among(&[What::Requests, What::Users]),
    has_series: false,
    is_load_test: true,
    recognises: |head| {
        head.has_columns(&["Timestamp", "User Count", "Name"])
            .then_some(Sign::Layout)
    },
    read: |input, options| read_lines(input, |name, lines| read(name, lines, options)),
};

/// Reads `Requests/s` (Locust's mean over the last ten seconds) or `User Count`.
fn read(
    name: &str,
    mut lines: Lines<'_>,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let what = options.what.unwrap_or(What::Requests);
    let value_column = match what {
        What::Users => "User Count",
        _ => "Requests/s",
    };
    let names = ["Timestamp", "Name", value_column];
    let (columns, demand_place) = fields::header(name, &mut lines, names, "Locust")?;
    let mut samples = Samples::default();
    let mut notes = Notes::default();
    while let Some(line) = lines.next()? {
        if line.bytes.is_empty() {
            continue;
        }
        let Some([time, row_name, value]) = fields::pick(line.bytes, columns) else {
            notes.add(Code::RecordingUnreadable, || line.place());
            continue;
        };
        if row_name != b"Aggregated" {
            continue;
        }
        let stamp = fields::text_of(time).and_then(parse_stamp);
        let Some(stamp) = stamp else {
            notes.add(Code::RecordingUnreadable, || line.place());
            continue;
        };
        // A value that is not a number ("N/A") is ignored and noted like NaN.
        let value = fields::text_of(value)
            .and_then(parse_number)
            .unwrap_or(f64::NAN);
        samples.add(stamp, value, &mut notes, || line.place())?;
    }
    let mut warnings = notes.into_warnings();
    let rows = samples.into_rows(&mut warnings).ok_or_else(|| {
        nothing_there(
            name,
            "readable rows named `Aggregated`",
            "use the file that ends in _stats_history.csv, as Locust wrote it",
        )
    })?;
    Ok(RateReading {
        rows,
        what,
        demand_place,
        warnings,
    })
}
