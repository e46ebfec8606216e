//! Traces: from CSV with a header, plain or gzip, to a checked [`Trace`].
//!
//! Faults are collected with line and column. After the first [`FAULTS_SHOWN`](super::FAULTS_SHOWN) they are only counted.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::clock::{TraceClock, written_offset};
use super::csv_reading::{CsvReading, clipped, line_at, record_start};
use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::file_fault::{content_of, text_of};
use super::manifest::refuse_manifest;
use super::secrecy::looks_like_document;
use super::trace_header::{ColumnContent, DemandColumn, Further, Header, TimeColumn};
use crate::bounded::TRACE_BYTES_MAX;
use crate::units::{SimTime, parse_number};
use crate::workload::trace::LENGTH_MAX;
use crate::workload::{Demand, MetricColumn, Trace};

/// The largest value of a cell. Above it, a float of rate times days is inexact by whole requests.
pub const VALUE_MAX: f64 = 1e12;
/// The most users at once, after `workload.scale`: a simulation holds each user in memory.
pub const USERS_MAX: f64 = 1e7;
/// The longest trace.
pub(super) const LENGTH_MAX_NANOS: i64 = LENGTH_MAX.as_nanos();
/// Nanoseconds per second.
pub(super) const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// A trace with its warnings.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedTrace {
    /// The trace.
    pub trace: Trace,
    /// The place of the demand column in the header.
    pub demand_place: Place,
    /// Time zero in nanoseconds since 1970 UTC, if the trace has dates.
    pub origin_nanos: Option<i64>,
    /// The offset from UTC that the first date states; `None` without a date or an offset. Epoch numbers are in UTC.
    pub utc_offset_seconds: Option<i32>,
    /// Warnings about ignored columns.
    pub warnings: Vec<Diagnostic>,
    /// Whether the trace is of a load test (k6, Locust) from its beginning: no load comes before it.
    pub is_load_test: bool,
}

impl ParsedTrace {
    /// The clock of its dates, if it has any.
    pub(super) fn clock(&self) -> Option<TraceClock> {
        TraceClock::starting_at(self.origin_nanos?, self.utc_offset_seconds)
    }
}

/// Parses a trace from the bytes of the file at `path`, which serves only as a name.
///
/// # Errors
/// All faults, the first [`FAULTS_SHOWN`](super::FAULTS_SHOWN) with their places.
pub fn parse_trace(path: &Path, bytes: &[u8]) -> Result<ParsedTrace, Diagnostics> {
    let bytes = content_of(path, bytes, TRACE_BYTES_MAX).map_err(Diagnostics::one)?;
    let text = text_of(path, &bytes).map_err(Diagnostics::one)?;
    refuse_manifest(path, text).map_err(Diagnostics::one)?;
    let name = path.display().to_string();
    let parsed = CsvReading::new(&name, text).parse();
    match parsed {
        Err(faults) if looks_like_document(text) => Err(faults.covered()),
        Ok(parsed) if !parsed.warnings.is_empty() && looks_like_document(text) => {
            Ok(parsed.covered())
        }
        parsed => parsed,
    }
}

impl ParsedTrace {
    /// The same trace; its warnings quote nothing of its text.
    fn covered(self) -> Self {
        Self {
            demand_place: self.demand_place.covered(),
            warnings: self.warnings.into_iter().map(Diagnostic::covered).collect(),
            ..self
        }
    }
}

/// The largest value of a column.
#[derive(Clone, Copy)]
struct Greatest {
    value: f64,
    /// The remedy for a larger value.
    help: &'static str,
}

const GREATEST: Greatest = Greatest {
    value: VALUE_MAX,
    help: "check the unit",
};
const GREATEST_USERS: Greatest = Greatest {
    value: USERS_MAX,
    help: "write at most ten million users at once; for more, use their requests as `rps`",
};

impl CsvReading<'_> {
    fn parse(mut self) -> Result<ParsedTrace, Diagnostics> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .from_reader(self.text.as_bytes());
        let mut record = StringRecord::new();
        if !reader.read_record(&mut record).unwrap_or(false) {
            self.report(
                Code::TraceEmpty,
                None,
                format!("`{}` is empty", self.name),
                "a trace has a header, such as `time_s,rps`, and at least two rows",
            );
            return Err(self.faults);
        }
        let Some(mut header) = self.parse_header(&record) else {
            return Err(self.faults);
        };
        let demand_span = self.field_span(&record, header.demand);
        let demand_place = Place::within(self.name, self.text, demand_span);
        let greatest = match header.demand_column {
            DemandColumn::Users => GREATEST_USERS,
            DemandColumn::Rps | DemandColumn::CpuMillicores => GREATEST,
        };
        let mut times = Vec::new();
        let mut demand = Vec::new();
        let mut epoch = None;
        let mut utc_offset_seconds = None;
        let mut previous: Option<i64> = None;
        let header_start = record_start(self.text, &record);
        let mut last_start = header_start;
        // The text is UTF-8 and the length of records is flexible, so the reader cannot fail.
        while reader.read_record(&mut record).unwrap_or(false) {
            last_start = record
                .position()
                .map_or(last_start, |position| position.byte() as usize);
            if record.len() != header.width {
                self.report_width(&record, header.width);
                continue;
            }
            if let Some(nanos) = self.parse_time(&record, &header) {
                if epoch.is_none() && header.time_column == TimeColumn::Timestamp {
                    utc_offset_seconds =
                        written_offset(record.get(header.time).unwrap_or_default().trim())
                            .or(Some(0));
                }
                let start = *epoch.get_or_insert(nanos);
                self.check_order(&record, &header, previous, nanos, start);
                previous = Some(nanos);
                times.push(SimTime::from_nanos(nanos.saturating_sub(start)));
            }
            if let Some(value) = self.parse_number(&record, header.demand, greatest) {
                demand.push(value);
            }
            for further in &mut header.further {
                self.parse_further(&record, further);
            }
        }
        for further in &mut header.further {
            self.fill_blank_cells(further);
        }
        self.warn_of_unlisted_columns();
        if self.faults.list.is_empty() && times.len() < 2 {
            self.report_too_short(times.len(), last_start);
        }
        if !self.faults.list.is_empty() {
            return Err(self.faults);
        }
        Ok(ParsedTrace {
            trace: Trace {
                times,
                demand: match header.demand_column {
                    DemandColumn::Rps => Demand::RequestsPerSecond(demand),
                    DemandColumn::CpuMillicores => Demand::CpuMillicores(demand),
                    DemandColumn::Users => Demand::Users(demand),
                },
                columns: header
                    .further
                    .into_iter()
                    .filter(|further| further.content == ColumnContent::Numbers)
                    .map(|further| MetricColumn {
                        name: further.name,
                        values: further.values,
                    })
                    .collect(),
            },
            demand_place,
            origin_nanos: epoch.filter(|_| header.time_column == TimeColumn::Timestamp),
            utc_offset_seconds,
            warnings: self.warnings,
            is_load_test: false,
        })
    }

    fn report_width(&mut self, record: &StringRecord, width: usize) {
        let span = self.line_span(record);
        let fields = match record.len() {
            1 => "1 field".to_owned(),
            many => format!("{many} fields"),
        };
        self.report(
            Code::TraceFields,
            Some(span),
            format!("the row has {fields}, the header {width}"),
            "write one value for each column, commas between values, and a point before decimals",
        );
    }

    fn report_too_short(&mut self, rows: usize, last_start: usize) {
        let span = line_at(self.text, last_start);
        if rows == 0 {
            self.report(
                Code::TraceEmpty,
                Some(span),
                "the trace has a header and no rows",
                "add at least two rows",
            );
        } else {
            self.report(
                Code::TraceTooShort,
                Some(span),
                "the trace has only one row, and the last row only marks the end",
                "add a row at the time at which the load ends",
            );
        }
    }

    fn parse_time(&mut self, record: &StringRecord, header: &Header) -> Option<i64> {
        let cell = record.get(header.time).unwrap_or_default().trim();
        let nanos = match (parse_decimal_seconds(cell), header.time_column) {
            (None, TimeColumn::Timestamp) => cell
                .parse::<jiff::Timestamp>()
                .ok()
                .map(|timestamp| Some(timestamp.as_nanosecond())),
            (decimal, _) => decimal,
        };
        let (code, message, help) = match nanos {
            Some(nanos) => match nanos.and_then(|nanos| i64::try_from(nanos).ok()) {
                Some(nanos) => return Some(nanos),
                None => (
                    Code::TraceRange,
                    format!("the time {} is out of range", clipped(cell)),
                    "write seconds; if these are milliseconds, divide them by 1000",
                ),
            },
            None if cell.is_empty() => (
                Code::TraceValue,
                "the time is empty".to_owned(),
                "write the row's time",
            ),
            None => (
                Code::TraceValue,
                format!("`{}` is not a time", clipped(cell)),
                match header.time_column {
                    TimeColumn::Seconds => {
                        "write seconds, such as 0, 15 or 22.5; for dates, use a column `timestamp`"
                    }
                    TimeColumn::Timestamp => {
                        "write epoch seconds, or RFC 3339 with an offset, such as 2026-01-31T12:00:00Z"
                    }
                },
            ),
        };
        self.report_field(code, (record, header.time), message, help);
        None
    }

    fn check_order(
        &mut self,
        record: &StringRecord,
        header: &Header,
        previous: Option<i64>,
        nanos: i64,
        start: i64,
    ) {
        let cell = record.get(header.time).unwrap_or_default().trim();
        let (code, message, help) = match previous {
            Some(previous) if nanos < previous => (
                Code::TraceTime,
                format!("time goes back to {}", clipped(cell)),
                "sort the rows by time",
            ),
            Some(previous) if nanos == previous => (
                Code::TraceTime,
                format!("a second row has the time {}", clipped(cell)),
                "keep one row for each time",
            ),
            _ if nanos.saturating_sub(start) > LENGTH_MAX_NANOS => (
                Code::TraceRange,
                "the trace is longer than ten years".to_owned(),
                "write seconds; if these are milliseconds, divide them by 1000",
            ),
            _ => return,
        };
        self.report_field(code, (record, header.time), message, help);
    }

    fn parse_number(
        &mut self,
        record: &StringRecord,
        index: usize,
        greatest: Greatest,
    ) -> Option<f64> {
        let cell = record.get(index).unwrap_or_default().trim();
        let (code, message, help) = match parse_number(cell) {
            Some(number) if (0.0..=greatest.value).contains(&number) => return Some(number),
            Some(number) if number < 0.0 => (
                Code::TraceRange,
                format!("{} is negative", clipped(cell)),
                "write a number of 0 or more",
            ),
            Some(number) if number.is_finite() => (
                Code::TraceRange,
                format!("{} is more than {:e}", clipped(cell), greatest.value),
                greatest.help,
            ),
            Some(_) => (
                Code::TraceRange,
                format!("{} is not a finite number", clipped(cell)),
                "write 0 for no load, or delete the row: a value holds until the next row",
            ),
            None if cell.is_empty() => (
                Code::TraceValue,
                "the value is empty".to_owned(),
                "write a number, or delete the row: a value holds until the next row",
            ),
            None => (
                Code::TraceValue,
                format!("`{}` is not a number", clipped(cell)),
                "write a plain number with a decimal point, such as 12.5",
            ),
        };
        self.report_field(code, (record, index), message, help);
        None
    }

    /// Reads a cell of a metric. A blank cell is no sample: the value before it holds. The first cell with content decides whether the
    /// column is a metric.
    fn parse_further(&mut self, record: &StringRecord, further: &mut Further) {
        if further.content == ColumnContent::Words {
            return;
        }
        let cell = record.get(further.index).unwrap_or_default().trim();
        if cell.is_empty() {
            if further.first_blank.is_none() {
                further.first_blank = Some(self.field_span(record, further.index));
            }
            further.blank_count += 1;
            further.values.push(f64::NAN);
            return;
        }
        let has_number = further.values.len() > further.blank_count;
        if !has_number && parse_number(cell).is_none() {
            further.content = ColumnContent::Words;
            self.report_field(
                Code::ColumnIgnored,
                (record, further.index),
                format!(
                    "the column `{}` is ignored: it holds no numbers",
                    further.name
                ),
                "nothing, unless you need it as a metric",
            );
            return;
        }
        if let Some(number) = self.parse_number(record, further.index, GREATEST) {
            further.values.push(number);
        }
    }

    /// Fills the blank cells of a metric with the value before them, and the first ones with the first value.
    fn fill_blank_cells(&mut self, further: &mut Further) {
        let Some(span) = further.first_blank.clone() else {
            return;
        };
        if further.content == ColumnContent::Words {
            return;
        }
        let name = &further.name;
        let first = further.values.iter().copied().find(|value| !value.is_nan());
        let Some(mut held) = first else {
            further.content = ColumnContent::Words;
            let help = "nothing, unless you need it as a metric";
            let message = format!("the column `{name}` is ignored: all its cells are empty");
            self.report(Code::ColumnIgnored, Some(span), message, help);
            return;
        };
        let cells = match further.blank_count {
            1 => "1 cell is".to_owned(),
            count => format!("{count} cells are"),
        };
        let help = if name.contains("utilization") {
            "nothing, or fill in each row; `hpasim trace convert --cpu-utilization` makes demand of such a column"
        } else {
            "nothing, if the metric had no sample there; otherwise fill in each row"
        };
        let message = format!(
            "{cells} empty in the column `{name}`; hpasim keeps the value before, and at the start takes the first value"
        );
        self.report(Code::RecordingNotANumber, Some(span), message, help);
        for value in &mut further.values {
            if value.is_nan() {
                *value = held;
            } else {
                held = *value;
            }
        }
    }
}

/// Decimal seconds as nanoseconds; `Some(None)` if they are a number out of range.
///
/// The result is exact. A float would lose the nanoseconds of an epoch with ten digits.
pub(super) fn parse_decimal_seconds(text: &str) -> Option<Option<i128>> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(whole) || !is_plain(fraction) || whole.len() + fraction.len() == 0 {
        // Exponents and other rare forms: a float is precise enough.
        let number: f64 = text.parse().ok()?;
        return Some(
            (number.abs() < 1e18).then(|| (number * NANOS_PER_SECOND as f64).round() as i128),
        );
    }
    if whole.trim_start_matches('0').len() > 18 {
        return Some(None);
    }
    let seconds: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut nanos = 0_i128;
    let mut unit = i128::from(NANOS_PER_SECOND);
    for digit in fraction.bytes().take(9) {
        unit /= 10;
        nanos += i128::from(digit - b'0') * unit;
    }
    Some(Some(
        sign * (seconds * i128::from(NANOS_PER_SECOND) + nanos),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_to_the_nanosecond() {
        let cases = [
            ("0", Some(Some(0))),
            (
                "1767225600.123456789",
                Some(Some(1_767_225_600_123_456_789)),
            ),
            ("-1.5", Some(Some(-1_500_000_000))),
            (".25", Some(Some(250_000_000))),
            ("1e2", Some(Some(100_000_000_000))),
            ("1234567890123456789012", Some(None)),
            ("inf", Some(None)),
            ("noon", None),
            (".", None),
            ("", None),
            ("-", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_decimal_seconds(text), expected, "{text:?}");
        }
    }
}
