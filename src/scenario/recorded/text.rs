//! The text of `recorded.csv` becomes a checked [`RecordedDay`].
//!
//! Faults are collected with line and column.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::{RecordedColumn, RecordedContent, RecordedDay, RecordedQuantity, RecordedRow};
use crate::bounded::TRACE_BYTES_MAX;
use crate::scenario::csv_reading::{CsvReading, clipped};
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::scenario::file_fault::{content_of, text_of};
use crate::scenario::file_request::FileKind;
use crate::scenario::loader::{Loader, read_file};
use crate::scenario::manifest::refuse_manifest;
use crate::scenario::near::nearest;
use crate::scenario::secrecy::looks_like_document;
use crate::scenario::trace_text::{LENGTH_MAX_NANOS, parse_decimal_seconds};
use crate::text::csv_cell::original;
use crate::units::{SimTime, parse_number};

/// Reads the recorded day at `path`.
///
/// # Errors
/// Why the file cannot be read, or all its faults.
pub fn read_recorded(path: &Path, loader: &mut dyn Loader) -> Result<RecordedDay, Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Trace, None).map_err(Diagnostics::one)?;
    parse_recorded(path, &bytes)
}

/// Parses a recorded day from the bytes of the file at `path`, which serves only as a name.
///
/// # Errors
/// All faults, each with its place.
pub fn parse_recorded(path: &Path, bytes: &[u8]) -> Result<RecordedDay, Diagnostics> {
    let bytes = content_of(path, bytes, TRACE_BYTES_MAX).map_err(Diagnostics::one)?;
    let text = text_of(path, &bytes).map_err(Diagnostics::one)?;
    refuse_manifest(path, text).map_err(Diagnostics::one)?;
    let name = path.display().to_string();
    let mut reading = CsvReading::new(&name, text);
    let day = parse_day(&mut reading);
    let (faults, warnings) = reading.into_notes();
    let is_secret = looks_like_document(text);
    match day.filter(|_| faults.list.is_empty()) {
        Some(day) => Ok(RecordedDay {
            warnings: match is_secret {
                true => warnings.into_iter().map(Diagnostic::covered).collect(),
                false => warnings,
            },
            ..day
        }),
        None if is_secret => Err(faults.covered()),
        None => Err(faults),
    }
}

/// What each column of a file holds; `None` for a column that is ignored.
type RecordedHeader = Vec<Option<RecordedContent>>;

fn parse_day(reading: &mut CsvReading<'_>) -> Option<RecordedDay> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(reading.text.as_bytes());
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).unwrap_or(false) {
        reading.report(
            Code::RecordedRows,
            None,
            format!("`{}` is empty", reading.name),
            "`hpasim import` writes this file; its first line names the columns",
        );
        return None;
    }
    let header = parse_header(reading, &record)?;
    let mut day = RecordedDay::default();
    let mut first: Option<RowTime> = None;
    // The text is UTF-8 and the length of records is flexible, so the reader cannot fail.
    while reader.read_record(&mut record).unwrap_or(false) {
        if record.len() != header.len() {
            let span = reading.line_span(&record);
            reading.report(
                Code::RecordedRows,
                Some(span),
                format!(
                    "the row has {} fields, the header {}",
                    record.len(),
                    header.len()
                ),
                "write one field for each column, and leave a field without a value empty",
            );
            continue;
        }
        let row = parse_row(reading, &record, &header);
        let Some((time, mut row)) = row else {
            continue;
        };
        let start = *first.get_or_insert(time);
        row.time = SimTime::from_nanos(time.since(start));
        let previous = day.rows.last().map(|row| row.time);
        if check_time(reading, &record, &header, (start, time), previous) {
            day.rows.push(row);
        }
    }
    if day.rows.len() < 2 && reading.faults.list.is_empty() {
        reading.report(
            Code::RecordedRows,
            None,
            format!("`{}` has fewer than two rows", reading.name),
            "a recorded day has a row for each step of time",
        );
    }
    day.origin_nanos = first.and_then(|time| time.date);
    Some(day)
}

fn parse_header(reading: &mut CsvReading<'_>, record: &StringRecord) -> Option<RecordedHeader> {
    let names: Vec<&str> = record.iter().map(|name| original(name.trim())).collect();
    let known = || RecordedColumn::ALL.iter().map(|column| column.name);
    let mut header = RecordedHeader::new();
    let mut is_usable = true;
    for (index, name) in names.iter().enumerate() {
        let column = RecordedColumn::ALL
            .iter()
            .find(|column| column.name == *name);
        header.push(column.map(|column| column.content));
        if names[..index].contains(name) {
            is_usable = false;
            reading.report_field(
                Code::RecordedHeader,
                (record, index),
                format!("two columns have the name `{}`", clipped(name)),
                "keep one of the two",
            );
        } else if column.is_none() {
            let help = match nearest(name, known()) {
                Some(near) => format!("if it is `{near}`, rename it"),
                None => "nothing; docs/backtest.md lists the columns of this file".to_owned(),
            };
            reading.report_field(
                Code::ColumnIgnored,
                (record, index),
                format!("the column `{}` is ignored", clipped(name)),
                help,
            );
        }
    }
    let has = |content| header.contains(&Some(content));
    if !has(RecordedContent::Timestamp) && !has(RecordedContent::Seconds) {
        let span = reading.line_span(record);
        reading.report(
            Code::RecordedHeader,
            Some(span),
            "the header has no column for the time",
            "add a column `timestamp` (RFC 3339) or `time_s` (seconds since the first row)",
        );
        return None;
    }
    is_usable.then_some(header)
}

/// The time of a row, as it states it.
#[derive(Clone, Copy)]
struct RowTime {
    /// Nanoseconds since 1970 UTC.
    date: Option<i64>,
    /// Nanoseconds of `time_s`.
    nanos: Option<i64>,
}

impl RowTime {
    /// Nanoseconds since `start`, by the dates if both have one.
    fn since(self, start: Self) -> i64 {
        let difference = |own: Option<i64>, start: Option<i64>| Some(own?.saturating_sub(start?));
        difference(self.date, start.date)
            .or_else(|| difference(self.nanos, start.nanos))
            .unwrap_or(0)
    }

    /// Whether `timestamp` and `time_s` disagree by more than half a second.
    fn contradicts_itself(self, start: Self) -> bool {
        let by_seconds = Self { date: None, ..self }.since(start);
        self.date.is_some()
            && self.nanos.is_some()
            && by_seconds.abs_diff(self.since(start)) > 500_000_000
    }
}

fn parse_row(
    reading: &mut CsvReading<'_>,
    record: &StringRecord,
    header: &RecordedHeader,
) -> Option<(RowTime, RecordedRow)> {
    let mut time = RowTime {
        date: None,
        nanos: None,
    };
    let mut row = RecordedRow::default();
    let mut is_usable = true;
    for (index, content) in header.iter().enumerate() {
        let cell = record.get(index).unwrap_or_default().trim();
        match content {
            None => {}
            Some(RecordedContent::Timestamp) => {
                time.date = parse_date(cell);
                if time.date.is_none() {
                    is_usable = false;
                    report_time(
                        reading,
                        (record, index),
                        cell,
                        "write RFC 3339, such as 2026-11-28T14:25:00Z",
                    );
                }
            }
            Some(RecordedContent::Seconds) => {
                let nanos = parse_decimal_seconds(cell).flatten();
                time.nanos = nanos.and_then(|nanos| i64::try_from(nanos).ok());
                if time.nanos.is_none() {
                    is_usable = false;
                    let help = "write the seconds since the first row, such as 0, 15 or 22.5";
                    report_time(reading, (record, index), cell, help);
                }
            }
            Some(RecordedContent::Number(_)) if cell.is_empty() => {}
            Some(RecordedContent::Number(quantity)) => {
                match parse_value(reading, (record, index), cell, *quantity) {
                    Some(value) => row.set(*quantity, Some(value)),
                    None => is_usable = false,
                }
            }
            Some(RecordedContent::Event) => {
                row.event = (!cell.is_empty()).then(|| original(cell).to_owned());
            }
        }
    }
    is_usable.then_some((time, row))
}

/// Nanoseconds since 1970 UTC of RFC 3339 or of epoch seconds.
fn parse_date(cell: &str) -> Option<i64> {
    let nanos = match parse_decimal_seconds(cell) {
        Some(nanos) => nanos?,
        None => cell.parse::<jiff::Timestamp>().ok()?.as_nanosecond(),
    };
    i64::try_from(nanos).ok()
}

fn report_time(
    reading: &mut CsvReading<'_>,
    field: (&StringRecord, usize),
    cell: &str,
    help: &str,
) {
    let message = match cell {
        "" => "the time is empty".to_owned(),
        cell => format!("`{}` is not a time", clipped(cell)),
    };
    reading.report_field(Code::RecordedCell, field, message, help);
}

fn parse_value(
    reading: &mut CsvReading<'_>,
    field: (&StringRecord, usize),
    cell: &str,
    quantity: RecordedQuantity,
) -> Option<f64> {
    let greatest = quantity.greatest();
    let shown = clipped(cell);
    let (message, help) = match parse_number(cell) {
        Some(value) if (0.0..=greatest).contains(&value) => return Some(value),
        Some(value) if value < 0.0 => (
            format!("{shown} is negative"),
            "write a number of 0 or more, or leave the cell empty",
        ),
        Some(value) if value.is_finite() && greatest <= 1.0 => (
            format!(
                "{shown} is more than 1, and `{}` is a share",
                quantity.name()
            ),
            "divide percent by 100",
        ),
        Some(value) if value.is_finite() => (
            format!("{shown} is more than {greatest:e}"),
            "check the unit",
        ),
        Some(_) => (
            format!("{shown} is not a finite number"),
            "leave the cell empty if there was no value",
        ),
        None => (
            format!("`{shown}` is not a number"),
            "write a plain number with a decimal point, or leave the cell empty",
        ),
    };
    reading.report_field(Code::RecordedCell, field, message, help);
    None
}

/// Whether a row's time can follow that of the row before it.
fn check_time(
    reading: &mut CsvReading<'_>,
    record: &StringRecord,
    header: &RecordedHeader,
    (start, time): (RowTime, RowTime),
    previous: Option<SimTime>,
) -> bool {
    let since = time.since(start);
    let (message, help) = match previous.map(SimTime::as_nanos) {
        _ if time.contradicts_itself(start) => (
            "`timestamp` and `time_s` state different times",
            "count `time_s` from the first row, or delete that column",
        ),
        Some(previous) if since == previous => {
            ("two rows have the same time", "keep one row for each time")
        }
        Some(previous) if since < previous => ("the time goes back", "sort the rows by time"),
        _ if since > LENGTH_MAX_NANOS => (
            "the recording is longer than ten years",
            "write `time_s` in seconds; if these are milliseconds, divide them by 1000",
        ),
        _ => return true,
    };
    let is_time = |content: &Option<RecordedContent>| {
        matches!(
            content,
            Some(RecordedContent::Timestamp | RecordedContent::Seconds)
        )
    };
    let index = header.iter().position(is_time).unwrap_or(0);
    reading.report_field(Code::RecordedRows, (record, index), message, help);
    false
}
