//! Access logs of nginx and Apache, common or combined: each line with a date is one request.
//!
//! Only the date in brackets is read.

use super::counts::RequestCounts;
use super::input::Lines;
use super::notes::Notes;
use super::recognise::Sign;
use super::stamp::LogDates;
use super::{FormatReader, Meanings, RateReading, What, nothing_there, read_lines};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// The access log of nginx or Apache, common or combined.
pub(super) static ACCESS_LOG: FormatReader = FormatReader {
    title: "access log",
    word: "access-log",
    is_json: false,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: false,
    recognises: |head| {
        head.lines()
            .iter()
            .any(|line| LogDates::default().find(line.as_bytes()).is_some())
            .then_some(Sign::Hint)
    },
    read: |input, _| read_lines(input, read),
};

/// The reader gives up after this many lines without a date at the start.
const UNREADABLE_MAX: u64 = 10_000;

/// Counts the lines per second.
fn read(name: &str, mut lines: Lines<'_>) -> Result<RateReading, Diagnostic> {
    let mut counts = RequestCounts::default();
    let mut notes = Notes::default();
    let mut dates = LogDates::default();
    let mut demand_place: Option<Place> = None;
    while let Some(line) = lines.next()? {
        if let Some(stamp) = dates.find(line.bytes) {
            if demand_place.is_none() {
                demand_place = Some(line.place());
            }
            counts.add(stamp, 1.0, &mut notes, || line.place());
        } else if !line.bytes.trim_ascii().is_empty() {
            notes.add(Code::RecordingUnreadable, || line.place());
            if counts.is_empty() && notes.count(Code::RecordingUnreadable) >= UNREADABLE_MAX {
                break;
            }
        }
    }
    let first_unreadable = notes.first(Code::RecordingUnreadable).cloned();
    let mut warnings = notes.into_warnings();
    match (counts.into_rows(&mut warnings), demand_place) {
        (Some(rows), Some(demand_place)) => Ok(RateReading {
            rows,
            what: What::Requests,
            demand_place,
            warnings,
        }),
        _ => Err(Diagnostic {
            place: first_unreadable.map(Box::new),
            ..nothing_there(
                name,
                "line with a date of an access log",
                "such a date looks like [10/Oct/2025:13:55:36 -0700]; convert other log formats to `time_s,rps` yourself",
            )
        }),
    }
}
