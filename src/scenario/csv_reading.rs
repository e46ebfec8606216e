//! Faults and warnings about a CSV text, each with the place of a field or a line.
//!
//! The readers of the columns decide what is a fault.

use std::borrow::Cow;
use std::ops::Range;

use csv::StringRecord;

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};

/// How many faults of one trace are listed.
pub const FAULTS_SHOWN: usize = 20;

/// A CSV text during reading, with its faults and warnings.
pub(super) struct CsvReading<'t> {
    /// The name of the text.
    pub(super) name: &'t str,
    /// The text.
    pub(super) text: &'t str,
    /// Its faults.
    pub(super) faults: Diagnostics,
    /// Warnings for the user.
    pub(super) warnings: Vec<Diagnostic>,
    /// The number of ignored columns without a warning of their own.
    unlisted_columns: usize,
}

impl<'t> CsvReading<'t> {
    pub(super) fn new(name: &'t str, text: &'t str) -> Self {
        Self {
            name,
            text,
            faults: Diagnostics::default(),
            warnings: Vec::new(),
            unlisted_columns: 0,
        }
    }

    /// The faults and the warnings.
    pub(super) fn into_notes(self) -> (Diagnostics, Vec<Diagnostic>) {
        (self.faults, self.warnings)
    }

    /// Adds a fault or a warning at a field of a record.
    ///
    /// The search for the field reads the whole record, so only listed faults have a place.
    pub(super) fn report_field(
        &mut self,
        code: Code,
        (record, index): (&StringRecord, usize),
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let is_error = code.severity() == Severity::Error;
        if is_error && self.faults.list.len() >= FAULTS_SHOWN {
            self.faults.omitted.add(self.name, 1);
        } else if code == Code::ColumnIgnored && self.warnings.len() >= FAULTS_SHOWN {
            self.unlisted_columns += 1;
        } else {
            let span = self.field_span(record, index);
            self.report(code, Some(span), message, help);
        }
    }

    /// Adds one warning for all columns that have none of their own.
    pub(super) fn warn_of_unlisted_columns(&mut self) {
        if self.unlisted_columns > 0 {
            let message = format!(
                "{} more columns are ignored: they hold no numbers",
                self.unlisted_columns
            );
            self.report(
                Code::ColumnIgnored,
                None,
                message,
                "nothing, unless you need one of them as a metric",
            );
        }
    }

    /// Adds a fault or a warning at the bytes `span`.
    pub(super) fn report(
        &mut self,
        code: Code,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if code.severity() == Severity::Error && self.faults.list.len() >= FAULTS_SHOWN {
            self.faults.omitted.add(self.name, 1);
            return;
        }
        let diagnostic = Diagnostic {
            code,
            message: message.into(),
            place: span.map(|span| Box::new(Place::within(self.name, self.text, span))),
            help: help.into(),
        };
        match code.severity() {
            Severity::Error => self.faults.list.push(diagnostic),
            Severity::Warning | Severity::Info => self.warnings.push(diagnostic),
        }
    }

    /// The bytes of a record's line.
    pub(super) fn line_span(&self, record: &StringRecord) -> Range<usize> {
        line_at(self.text, record_start(self.text, record))
    }

    /// The bytes of a record's field, without quotes.
    pub(super) fn field_span(&self, record: &StringRecord, index: usize) -> Range<usize> {
        let start = record_start(self.text, record);
        let (mut field, mut field_start, mut quoted) = (0, start, false);
        let mut end = self.text.len();
        for (at, byte) in self.text.bytes().enumerate().skip(start) {
            match byte {
                b'"' => quoted = !quoted,
                b',' if !quoted => {
                    if field == index {
                        end = at;
                        break;
                    }
                    field += 1;
                    field_start = at + 1;
                }
                b'\n' | b'\r' if !quoted => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let raw = &self.text[field_start..end];
        let lead = raw.len() - raw.trim_start_matches([' ', '"']).len();
        let trail = raw.len() - raw.trim_end_matches([' ', '"']).len();
        if lead == raw.len() {
            return field_start..end;
        }
        field_start + lead..end - trail
    }
}

/// The cell, cut if it is too long for a message.
pub(super) fn clipped(cell: &str) -> Cow<'_, str> {
    const CHARACTERS_MAX: usize = 40;
    match cell.char_indices().nth(CHARACTERS_MAX) {
        Some((at, _)) => format!("{}...", &cell[..at]).into(),
        None => cell.into(),
    }
}

/// The first byte of a record; the reader's position may be before comments and empty lines.
pub(super) fn record_start(text: &str, record: &StringRecord) -> usize {
    let mut start = record
        .position()
        .map_or(0, |position| position.byte() as usize)
        .min(text.len());
    loop {
        let rest = &text[start..];
        if rest.starts_with(['\n', '\r']) {
            start += 1;
        } else if rest.starts_with('#') {
            start += rest.find('\n').map_or(rest.len(), |at| at + 1);
        } else {
            return start;
        }
    }
}

/// The line that begins at `start`; the caller has skipped comments and empty lines.
pub(super) fn line_at(text: &str, start: usize) -> Range<usize> {
    let start = start.min(text.len());
    let length = text[start..]
        .find(['\n', '\r'])
        .unwrap_or(text.len() - start);
    start..start + length
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;

    use super::*;

    #[test]
    fn a_field_is_found_behind_quotes_comments_and_empty_lines() {
        let text = "a,b\n\n# comment, with commas\n\"x,y\", 12 \r\n";
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let records: Vec<StringRecord> = reader.records().map_while(Result::ok).collect();
        let reading = CsvReading::new("t.csv", text);
        assert_eq!(&text[reading.field_span(&records[1], 0)], "x,y");
        assert_eq!(&text[reading.field_span(&records[1], 1)], "12");
        assert_eq!(&text[reading.line_span(&records[1])], "\"x,y\", 12 ");
    }
}
