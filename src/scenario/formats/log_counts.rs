//! Requests of a log, counted line by line.

use super::counts::RequestCounts;
use super::input::Lines;
use super::notes::Notes;
use super::stamp::Stamp;
use super::{RateReading, What, nothing_there};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// What a line of a log holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum LogLine {
    /// A request, at this time.
    Request(Stamp),
    /// A time without a sign of a request. Such a line counts only if the log has no line with such a sign.
    Event(Stamp),
    /// A comment or a header.
    Remark,
    /// Nothing that can be read.
    Unreadable,
}

impl LogLine {
    /// A request, if its time is known.
    pub(super) fn of(stamp: Option<Stamp>) -> Self {
        stamp.map_or(Self::Unreadable, Self::Request)
    }
}

/// The reader gives up after this many lines without a request at the start.
const UNREADABLE_MAX: u64 = 1_000_000;

/// Lines of one kind.
#[derive(Default)]
pub(super) struct LogCounts {
    counts: RequestCounts,
    notes: Notes,
    place: Option<Place>,
}

impl LogCounts {
    /// Counts a line at `place`.
    pub(super) fn add(&mut self, stamp: Stamp, place: impl Fn() -> Place) {
        if self.place.is_none() {
            self.place = Some(place());
        }
        self.counts.add(stamp, 1.0, &mut self.notes, place);
    }

    /// The rates; `others` are notes about other lines. `None` without lines.
    pub(super) fn into_reading(self, others: Notes) -> Option<RateReading> {
        let mut warnings = self.notes.with_column(others).into_warnings();
        Some(RateReading {
            rows: self.counts.into_rows(&mut warnings)?,
            what: What::Requests,
            demand_place: self.place?,
            warnings,
        })
    }
}

/// Counts the requests of the stream `name` per second; `read` reads a line.
///
/// # Errors
/// A line is too long, or no line is a request: then the stream has no `wanted`, and the remedy is `help`.
pub(super) fn count_requests(
    name: &str,
    mut lines: Lines<'_>,
    mut read: impl FnMut(&[u8]) -> LogLine,
    wanted: &str,
    help: &str,
) -> Result<RateReading, Diagnostic> {
    let mut requests = LogCounts::default();
    let mut events = LogCounts::default();
    let mut notes = Notes::default();
    while let Some(line) = lines.next()? {
        match read(line.bytes) {
            LogLine::Request(stamp) => requests.add(stamp, || line.place()),
            LogLine::Event(stamp) => events.add(stamp, || line.place()),
            LogLine::Remark => {}
            LogLine::Unreadable if line.bytes.trim_ascii().is_empty() => {}
            LogLine::Unreadable => {
                notes.add(Code::RecordingUnreadable, || line.place());
                let has_any = requests.place.is_some() || events.place.is_some();
                if !has_any && notes.count(Code::RecordingUnreadable) >= UNREADABLE_MAX {
                    break;
                }
            }
        }
    }
    let first_unreadable = notes.first(Code::RecordingUnreadable).cloned();
    let chosen = match requests.place {
        Some(_) => {
            // Most logs have a few lines about the program itself.
            if let Some(place) = events.place {
                notes.add_many(Code::RecordingUnreadable, events.counts.count(), place);
            }
            requests
        }
        None => events,
    };
    chosen.into_reading(notes).ok_or_else(|| Diagnostic {
        place: first_unreadable.map(Box::new),
        ..nothing_there(name, wanted, help)
    })
}
