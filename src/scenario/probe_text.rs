//! Capacity probes: from CSV with a header to checked rows of load and CPU.
//!
//! `results::calibration` fits a line to them.

use std::collections::BTreeSet;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::csv_reading::{CsvReading, clipped};
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::file_fault::text_of;
use super::file_request::FileKind;
use super::loader::{Loader, read_file};
use super::manifest::refuse_manifest;
use super::near::nearest;
use super::secrecy::looks_like_document;
use super::trace_text::VALUE_MAX;
use crate::units::parse_number;

/// The fewest rows of a probe: a line has two parameters, and an interval needs one more row.
pub const PROBE_ROWS_MIN: usize = 3;

/// Loads that differ by less than this share of the highest load are equal, to allow for rounding.
pub const SAME_LOAD: f64 = 1e-9;
/// The highest load counts as at least this many requests per second in that share.
const LIGHTEST: f64 = 1e-3;

/// CPU measurements of a service at several loads.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// At least [`PROBE_ROWS_MIN`] rows, with at least two different loads per pod.
    pub rows: Vec<ProbeRow>,
    /// What the two columns measure.
    pub measured: ProbeMeasurement,
    /// Warnings about ignored columns.
    pub warnings: Vec<Diagnostic>,
}

/// What the columns `rps` and `cpu_millicores` of a probe measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeMeasurement {
    /// Without a column `replicas`: both measure the same, one pod or all pods together.
    Together,
    /// With a column `replicas`: `rps` of all pods together, and `cpu_millicores` of one pod (mean or median, as in `kubectl top pod`).
    PerPod,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeRow {
    /// Its line in the file, from 1.
    pub line: usize,
    /// Requests per second of one pod.
    pub rps: f64,
    /// The number of pods; 1 if the probe does not state it.
    pub replicas: f64,
    /// The CPU, in millicores.
    pub cpu_millicores: f64,
}

/// The indices of the columns.
struct Columns {
    width: usize,
    rps: usize,
    cpu: usize,
    replicas: Option<usize>,
}

const COLUMNS: [&str; 3] = ["rps", "cpu_millicores", "replicas"];

/// Reads the probe at `path`.
///
/// # Errors
/// Why the file cannot be read, or all its faults.
pub fn read_probe(path: &Path, loader: &mut dyn Loader) -> Result<Probe, Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Probe, None).map_err(Diagnostics::one)?;
    parse_probe(path, &bytes)
}

/// Parses a probe from the bytes of the file at `path`, which serves only as a name.
///
/// # Errors
/// All faults, each with its place.
pub fn parse_probe(path: &Path, bytes: &[u8]) -> Result<Probe, Diagnostics> {
    let text = text_of(path, bytes).map_err(Diagnostics::one)?;
    refuse_manifest(path, text).map_err(Diagnostics::one)?;
    match parse_probe_text(&path.display().to_string(), text) {
        Err(faults) if looks_like_document(text) => Err(faults.covered()),
        Ok(probe) if !probe.warnings.is_empty() && looks_like_document(text) => Ok(Probe {
            warnings: probe
                .warnings
                .into_iter()
                .map(Diagnostic::covered)
                .collect(),
            ..probe
        }),
        parsed => parsed,
    }
}

fn parse_probe_text(name: &str, text: &str) -> Result<Probe, Diagnostics> {
    let mut reading = CsvReading::new(name, text);
    let found = parse_rows(&mut reading, text);
    let (mut faults, warnings) = reading.into_notes();
    let Some((rows, measured)) = found else {
        return Err(faults);
    };
    if faults.list.is_empty() {
        faults.list.extend(fault_of_rows(name, &rows));
    }
    if !faults.list.is_empty() {
        return Err(faults);
    }
    Ok(Probe {
        rows,
        measured,
        warnings,
    })
}

fn parse_rows(
    reading: &mut CsvReading<'_>,
    text: &str,
) -> Option<(Vec<ProbeRow>, ProbeMeasurement)> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).unwrap_or(false) {
        reading.report(
            Code::ProbeTooShort,
            None,
            "the probe is empty",
            "a probe has a header, such as `rps,cpu_millicores`, and a row for each load",
        );
        return None;
    }
    let columns = parse_columns(reading, &record)?;
    let measured = match columns.replicas {
        Some(_) => ProbeMeasurement::PerPod,
        None => ProbeMeasurement::Together,
    };
    let mut rows = Vec::new();
    let mut lines = LineCounter {
        text,
        counted_bytes: 0,
        line: 1,
    };
    // The text is UTF-8 and the length of records is flexible, so the reader cannot fail.
    while reader.read_record(&mut record).unwrap_or(false) {
        rows.extend(parse_row(reading, &record, &columns, &mut lines));
    }
    Some((rows, measured))
}

fn parse_columns(reading: &mut CsvReading<'_>, record: &StringRecord) -> Option<Columns> {
    let names: Vec<&str> = record.iter().map(str::trim).collect();
    let mut known = BTreeSet::new();
    let twice = names
        .iter()
        .enumerate()
        .find(|(_, name)| !known.insert(**name));
    if let Some((index, name)) = twice {
        let span = reading.field_span(record, index);
        reading.report(
            Code::ProbeHeader,
            Some(span),
            format!("two columns have the name `{name}`"),
            "keep one of the two",
        );
        return None;
    }
    let rps = require_column(reading, record, &names, "rps");
    let cpu = require_column(reading, record, &names, "cpu_millicores");
    let columns = Columns {
        width: names.len(),
        rps: rps?,
        cpu: cpu?,
        replicas: names.iter().position(|name| *name == "replicas"),
    };
    for (index, name) in names.iter().enumerate() {
        if !COLUMNS.contains(name) {
            let span = reading.field_span(record, index);
            reading.report(
                Code::ColumnIgnored,
                Some(span),
                format!("the column `{name}` is ignored"),
                match nearest(name, COLUMNS.into_iter()) {
                    Some(known) => format!("if it is `{known}`, rename it"),
                    None => format!("nothing; the columns of a probe are {}", listed(&COLUMNS)),
                },
            );
        }
    }
    Some(columns)
}

fn require_column(
    reading: &mut CsvReading<'_>,
    record: &StringRecord,
    names: &[&str],
    wanted: &str,
) -> Option<usize> {
    let found = names.iter().position(|name| *name == wanted);
    if found.is_none() {
        let near = names
            .iter()
            .position(|name| nearest(name, COLUMNS.into_iter()) == Some(wanted));
        let (span, help) = match near {
            Some(index) => (
                reading.field_span(record, index),
                match wanted {
                    "cpu_millicores" => format!(
                        "if `{}` is in millicores, rename it to `{wanted}`",
                        names[index]
                    ),
                    _ => format!("if `{}` is that column, rename it to `{wanted}`", names[index]),
                },
            ),
            None => (
                reading.line_span(record),
                "begin with a header of `rps` and `cpu_millicores`; add `replicas` if the CPU is that of one pod of several"
                    .to_owned(),
            ),
        };
        reading.report(
            Code::ProbeHeader,
            Some(span),
            format!("the header has no column `{wanted}`"),
            help,
        );
    }
    found
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Counts lines in one pass over a text.
struct LineCounter<'t> {
    text: &'t str,
    counted_bytes: usize,
    line: usize,
}

impl LineCounter<'_> {
    /// The line of the byte at `offset`, from 1; `offset` must not decrease between calls.
    fn line_at(&mut self, offset: usize) -> usize {
        let passed = &self.text[self.counted_bytes..offset];
        self.line += passed.matches('\n').count();
        self.counted_bytes = offset;
        self.line
    }
}

fn parse_row(
    reading: &mut CsvReading<'_>,
    record: &StringRecord,
    columns: &Columns,
    lines: &mut LineCounter<'_>,
) -> Option<ProbeRow> {
    let span = reading.line_span(record);
    let line = lines.line_at(span.start);
    if record.len() != columns.width {
        reading.report(
            Code::ProbeFields,
            Some(span),
            format!(
                "the row has {} fields, the header {}",
                record.len(),
                columns.width
            ),
            "write one value for each column, commas between values, and a point before decimals",
        );
        return None;
    }
    let rps = parse_cell(reading, record, columns.rps);
    let cpu_millicores = parse_cell(reading, record, columns.cpu);
    let replicas = match columns.replicas {
        Some(index) => parse_replicas(reading, record, index),
        None => Some(1.0),
    };
    let replicas = replicas?;
    Some(ProbeRow {
        line,
        rps: rps? / replicas,
        replicas,
        cpu_millicores: cpu_millicores?,
    })
}

fn parse_replicas(
    reading: &mut CsvReading<'_>,
    record: &StringRecord,
    index: usize,
) -> Option<f64> {
    let replicas = parse_cell(reading, record, index)?;
    if replicas < 1.0 || replicas.fract() != 0.0 {
        let span = reading.field_span(record, index);
        reading.report(
            Code::ProbeRange,
            Some(span),
            format!("{replicas} is not a number of pods"),
            "write how many pods shared the load: a whole number of 1 or more",
        );
        return None;
    }
    Some(replicas)
}

fn parse_cell(reading: &mut CsvReading<'_>, record: &StringRecord, index: usize) -> Option<f64> {
    let cell = record.get(index).unwrap_or_default().trim();
    let (code, message, help) = match parse_number(cell) {
        Some(number) if (0.0..=VALUE_MAX).contains(&number) => return Some(number),
        Some(number) if number < 0.0 => (
            Code::ProbeRange,
            format!("{} is negative", clipped(cell)),
            "write a number of 0 or more",
        ),
        Some(number) if number.is_finite() => (
            Code::ProbeRange,
            format!("{} is more than {VALUE_MAX:e}", clipped(cell)),
            "check the unit",
        ),
        Some(_) => (
            Code::ProbeRange,
            format!("{} is not a finite number", clipped(cell)),
            "delete a row without a measurement",
        ),
        None if cell.is_empty() => (
            Code::ProbeValue,
            "the value is empty".to_owned(),
            "write a number, or delete a row without a measurement",
        ),
        None => (
            Code::ProbeValue,
            format!("`{}` is not a number", clipped(cell)),
            "write a plain number without a unit, such as 12.5 or 250",
        ),
    };
    let span = reading.field_span(record, index);
    reading.report(code, Some(span), message, help);
    None
}

/// The fault of rows that are each valid but do not determine a line.
fn fault_of_rows(name: &str, rows: &[ProbeRow]) -> Option<Diagnostic> {
    if rows.len() < PROBE_ROWS_MIN {
        return Some(Diagnostic {
            code: Code::ProbeTooShort,
            message: match rows.len() {
                0 => format!("`{name}` has a header and no rows"),
                1 => format!("`{name}` has one row"),
                many => format!("`{name}` has {many} rows"),
            },
            place: None,
            help: format!(
                "measure at least {PROBE_ROWS_MIN} different loads; ten, from light load to the limit, make a good probe"
            ),
        });
    }
    let least = rows.iter().map(|row| row.rps).fold(f64::INFINITY, f64::min);
    let most = rows.iter().map(|row| row.rps).fold(0.0, f64::max);
    (most - least <= SAME_LOAD * most.max(LIGHTEST)).then(|| Diagnostic {
        code: Code::ProbeOneLoad,
        message: format!(
            "all rows of `{name}` have the same load: {most} requests per second per pod"
        ),
        place: None,
        help: "measure at different loads: the cost of a request is the slope between loads"
            .to_owned(),
    })
}
