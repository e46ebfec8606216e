//! Logs in the W3C extended format: CloudFront's standard logs (tabs) and those of IIS (spaces).
//!
//! A line `#Fields:` names the fields of the lines after it; `date` and `time` are in UTC. Without the field `date`, a line `#Date:`
//! states the day, and at midnight the next day begins. Sources: w3.org/TR/WD-logfile.html;
//! docs.aws.amazon.com, CloudFront, "Standard log file format"; learn.microsoft.com, IIS, "W3C Extended Log File Format".

use super::log_counts::{LogLine, count_requests};
use super::recognise::Sign;
use super::stamp::{Dates, Stamp};
use super::{FormatReader, Meanings, RecordedText, What, read_lines};
use crate::scenario::trace_text::NANOS_PER_SECOND;

/// A log in the W3C extended format.
pub(super) static W3C_LOG: FormatReader = FormatReader {
    title: "W3C extended log (CloudFront, IIS)",
    word: "w3c-log",
    texts: RecordedText::Lines,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: false,
    recognises: |head| head.has_line_start("#Fields:").then_some(Sign::Layout),
    read: |input, _| {
        read_lines(input, |name, lines| {
            let mut fields = DateFields::default();
            count_requests(
                name,
                lines,
                |line| fields.read(line),
                "line with a date and a time in the fields that a line `#Fields:` names, or with a time behind a line `#Date:`",
                "use the file as CloudFront or IIS wrote it; its lines have a date and a time, such as 2026-03-02 09:00:00, or a time behind a line `#Date:`",
            )
        })
    },
};

/// Where the date of a line is.
struct DateFields {
    /// `None` if the lines have only a time.
    date: Option<usize>,
    time: usize,
    day: LogDay,
    dates: Dates,
    text: Vec<u8>,
}

impl Default for DateFields {
    /// CloudFront and IIS begin a line with both.
    fn default() -> Self {
        Self {
            date: Some(0),
            time: 1,
            day: LogDay::default(),
            dates: Dates::default(),
            text: Vec::new(),
        }
    }
}

impl DateFields {
    fn read(&mut self, line: &[u8]) -> LogLine {
        if let Some(names) = line.strip_prefix(b"#Fields:") {
            let at = |wanted: &[u8]| fields_of(names.trim_ascii()).position(|name| name == wanted);
            if let Some(time) = at(b"time") {
                (self.date, self.time) = (at(b"date"), time);
            }
            return LogLine::Remark;
        }
        if let Some(date) = line.strip_prefix(b"#Date:") {
            if let Some(stamp) = self.dates.whole(date.trim_ascii()) {
                self.day = LogDay::beginning_at(stamp.nanos);
            }
            return LogLine::Remark;
        }
        if line.starts_with(b"#") {
            return LogLine::Remark;
        }
        LogLine::of(self.stamp(line))
    }

    /// Without an offset, which means UTC.
    fn stamp(&mut self, line: &[u8]) -> Option<Stamp> {
        /// The day in front of a time whose day is known otherwise.
        const NO_DAY: &[u8] = b"1970-01-01";
        let date = match self.date {
            Some(date) => fields_of(line).nth(date)?,
            None => NO_DAY,
        };
        let time = fields_of(line).nth(self.time)?;
        self.text.clear();
        self.text.extend_from_slice(date);
        self.text.push(b' ');
        self.text.extend_from_slice(time);
        let stamp = self.dates.whole(&self.text)?;
        let nanos = match self.date {
            Some(_) => stamp.nanos,
            None => self.day.nanos_at(stamp.nanos)?,
        };
        Some(Stamp {
            nanos,
            offset_seconds: Some(0),
            ..stamp
        })
    }
}

/// The day of lines that state only a time.
#[derive(Default)]
struct LogDay {
    /// The start of the day in nanoseconds since 1970; `None` before the first line `#Date:`.
    start: Option<i64>,
    /// The time of day of the line before.
    latest: i64,
    has_passed_midnight: bool,
}

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

impl LogDay {
    fn beginning_at(nanos: i64) -> Self {
        let latest = nanos.rem_euclid(DAY);
        Self {
            start: nanos.checked_sub(latest),
            latest,
            has_passed_midnight: false,
        }
    }

    /// The time of the next line, in nanoseconds since 1970, by its time of day.
    fn nanos_at(&mut self, time: i64) -> Option<i64> {
        const MINUTE: i64 = 60 * NANOS_PER_SECOND;
        let start = self.start?;
        // A request that ends after midnight may be logged after one that began after it.
        if self.has_passed_midnight && self.latest < MINUTE && time >= DAY - MINUTE {
            return start.checked_sub(DAY)?.checked_add(time);
        }
        let is_next_day = time < self.latest - DAY / 2;
        let start = start.checked_add(if is_next_day { DAY } else { 0 })?;
        self.start = Some(start);
        self.has_passed_midnight |= is_next_day;
        self.latest = time;
        start.checked_add(time)
    }
}

/// The fields of a line, between tabs or spaces.
fn fields_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b'\t' | b' '))
        .filter(|field| !field.is_empty())
}
