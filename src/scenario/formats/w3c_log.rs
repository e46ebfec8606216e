//! Logs in the W3C extended format: CloudFront's standard logs (tabs) and those of IIS (spaces).
//!
//! A line `#Fields:` names the fields of the lines after it; `date` and `time` are in UTC. Sources: w3.org/TR/WD-logfile.html;
//! docs.aws.amazon.com, CloudFront, "Standard log file format"; learn.microsoft.com, IIS, "W3C Extended Log File Format".

use super::log_counts::{LogLine, count_requests};
use super::recognise::Sign;
use super::stamp::{Dates, Stamp};
use super::{FormatReader, Meanings, RecordedText, What, read_lines};

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
                "line with a date and a time in the fields that a line `#Fields:` names",
                "use the file as CloudFront or IIS wrote it; its lines have a date and a time, such as 2026-03-02 09:00:00",
            )
        })
    },
};

/// Where the date of a line is.
struct DateFields {
    date: usize,
    time: usize,
    dates: Dates,
    text: Vec<u8>,
}

impl Default for DateFields {
    /// CloudFront and IIS begin a line with both.
    fn default() -> Self {
        Self {
            date: 0,
            time: 1,
            dates: Dates::default(),
            text: Vec::new(),
        }
    }
}

impl DateFields {
    fn read(&mut self, line: &[u8]) -> LogLine {
        if let Some(names) = line.strip_prefix(b"#Fields:") {
            let at = |wanted: &[u8]| fields_of(names.trim_ascii()).position(|name| name == wanted);
            if let (Some(date), Some(time)) = (at(b"date"), at(b"time")) {
                (self.date, self.time) = (date, time);
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
        let date = fields_of(line).nth(self.date)?;
        let time = fields_of(line).nth(self.time)?;
        self.text.clear();
        self.text.extend_from_slice(date);
        self.text.push(b' ');
        self.text.extend_from_slice(time);
        let stamp = self.dates.whole(&self.text)?;
        Some(Stamp {
            offset_seconds: Some(0),
            ..stamp
        })
    }
}

/// The fields of a line, between tabs or spaces.
fn fields_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b'\t' | b' '))
        .filter(|field| !field.is_empty())
}
