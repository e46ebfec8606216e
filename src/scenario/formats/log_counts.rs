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
    /// A whole JSON object that is no request: the program says something else.
    Other,
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
struct LogCounts {
    counts: RequestCounts,
    notes: Notes,
    place: Option<Place>,
}

impl LogCounts {
    /// Counts a line at `place`.
    fn add(&mut self, stamp: Stamp, place: impl Fn() -> Place) {
        if self.place.is_none() {
            self.place = Some(place());
        }
        self.counts.add(stamp, 1.0, &mut self.notes, place);
    }

    /// The rates; `others` are notes about other lines. `None` without lines.
    fn into_reading(self, others: Notes) -> Option<RateReading> {
        let mut warnings = self.notes.with_column(others).into_warnings();
        Some(RateReading {
            rows: self.counts.into_rows(&mut warnings)?,
            what: What::Requests,
            demand_place: self.place?,
            warnings,
        })
    }
}

/// A log, line by line.
#[derive(Default)]
pub(super) struct CountedLog {
    requests: LogCounts,
    events: LogCounts,
    /// The number of whole objects without a request and without a time.
    others: u64,
    first_other: Option<Place>,
    notes: Notes,
}

impl CountedLog {
    /// Adds a line, or an object, at `place`.
    pub(super) fn add(&mut self, line: LogLine, place: impl Fn() -> Place) {
        match line {
            LogLine::Request(stamp) => self.requests.add(stamp, place),
            LogLine::Event(stamp) => self.events.add(stamp, place),
            LogLine::Remark => {}
            LogLine::Other => {
                self.others += 1;
                self.first_other.get_or_insert_with(place);
            }
            LogLine::Unreadable => self.notes.add(Code::RecordingUnreadable, place),
        }
    }

    /// Whether so many lines came without a time that none will come.
    fn is_hopeless(&self) -> bool {
        let has_any = self.requests.place.is_some() || self.events.place.is_some();
        !has_any && self.others + self.notes.count(Code::RecordingUnreadable) >= UNREADABLE_MAX
    }

    /// The rates of the requests; in a log without a sign of a request, those of the events.
    ///
    /// # Errors
    /// No line is a request: the stream `name` has no `wanted`, and the remedy is `help`.
    pub(super) fn into_reading(
        mut self,
        name: &str,
        wanted: &str,
        help: &str,
    ) -> Result<RateReading, Diagnostic> {
        let first_unreadable = self.notes.first(Code::RecordingUnreadable).cloned();
        let first = first_unreadable.or_else(|| self.first_other.clone());
        let first_other = self.first_other;
        let (chosen, others, place) = match self.requests.place {
            Some(_) => {
                let others = self.others + self.events.counts.count();
                (self.requests, others, self.events.place.or(first_other))
            }
            None => (self.events, self.others, first_other),
        };
        // Most logs have lines about the program itself. More of them than requests may mean that requests look different.
        if others > chosen.counts.count()
            && let Some(place) = place
        {
            self.notes.add_lines_without_request(others, place);
        }
        chosen.into_reading(self.notes).ok_or_else(|| Diagnostic {
            place: first.map(Box::new),
            ..nothing_there(name, wanted, help)
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
    let mut log = CountedLog::default();
    while let Some(line) = lines.next()? {
        let found = read(line.bytes);
        if found == LogLine::Unreadable && line.bytes.trim_ascii().is_empty() {
            continue;
        }
        log.add(found, || line.place());
        if matches!(found, LogLine::Other | LogLine::Unreadable) && log.is_hopeless() {
            break;
        }
    }
    log.into_reading(name, wanted, help)
}
