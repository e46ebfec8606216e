//! Rate, CPU and replicas of a service over time: a table with a time column, or recordings of one series each.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::notes::Notes;
use super::stamp::parse_stamp;
use super::{ReadOptions, Recording, What, read_recording};
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::scenario::file_request::FileKind;
use crate::scenario::loader::{Loader, read_file};
use crate::scenario::probe_text::{Probe, read_probe};
use crate::units::parse_number;
use crate::workload::Demand;

/// A moment of a recording. A value that is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageRow {
    /// Seconds since 1970 (UTC), or since another midnight.
    pub time_s: f64,
    /// Requests per second of all pods.
    pub rps: Option<f64>,
    /// CPU of all pods, in millicores.
    pub cpu_millicores: Option<f64>,
    /// Pods that are ready.
    pub replicas: Option<f64>,
}

/// The value that a recording is the course of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageSeries {
    /// Requests per second of all pods.
    Rate,
    /// CPU of all pods: cores in a series of Prometheus, millicores where the name says so.
    Cpu,
    /// Ready pods.
    Replicas,
}

/// The columns that count pods; the first that has a number counts.
const REPLICAS: [&str; 3] = ["ready_replicas", "current_replicas", "replicas"];

/// The columns of a table.
struct TableColumns {
    timestamp: Option<usize>,
    time_s: Option<usize>,
    rps: usize,
    cpu: usize,
    /// In the order of preference.
    replicas: [Option<usize>; 3],
}

impl TableColumns {
    /// `None` if the header lacks a time, a rate or CPU.
    fn of(header: &StringRecord) -> Option<Self> {
        let place = |wanted: &str| header.iter().position(|name| name.trim() == wanted);
        let columns = Self {
            timestamp: place("timestamp"),
            time_s: place("time_s"),
            rps: place("rps")?,
            cpu: place("cpu_millicores")?,
            replicas: REPLICAS.map(place),
        };
        (columns.timestamp.is_some() || columns.time_s.is_some()).then_some(columns)
    }

    /// `None` if the row has no time. `no_number` is called for each cell that is neither empty nor a number.
    fn row(&self, record: &StringRecord, mut no_number: impl FnMut()) -> Option<UsageRow> {
        let cell = |column: Option<usize>| {
            let text = record.get(column?)?.trim();
            (!text.is_empty()).then_some(text)
        };
        let time_s = match self.timestamp {
            Some(_) => cell(self.timestamp).and_then(parse_stamp)?.nanos as f64 / 1e9,
            None => cell(self.time_s).and_then(parse_number)?,
        };
        let mut number = |column| {
            let number = cell(column).map(parse_number)?;
            let number = number.filter(|it| it.is_finite() && *it >= 0.0);
            if number.is_none() {
                no_number();
            }
            number
        };
        Some(UsageRow {
            time_s,
            rps: number(Some(self.rps)),
            cpu_millicores: number(Some(self.cpu)),
            replicas: self.replicas.into_iter().find_map(number),
        })
    }
}

/// The rows of a table, and one warning for each kind of cell or row that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageTable {
    /// The rows that have a time.
    pub rows: Vec<UsageRow>,
    /// What was left out.
    pub warnings: Vec<Diagnostic>,
    /// Whether the times are dates. If not, they count from a midnight.
    pub has_dates: bool,
}

impl UsageTable {
    /// Reads a CSV table with a time column (`timestamp` or `time_s`), `rps`, `cpu_millicores` and perhaps `ready_replicas`,
    /// `current_replicas` or `replicas`; `None` of any other text, such as a capacity probe. `name` is the file in warnings. An empty
    /// cell is not known.
    #[must_use]
    pub fn parse(name: &str, text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let mut record = StringRecord::new();
        reader
            .read_record(&mut record)
            .ok()
            .filter(|is_row| *is_row)?;
        let columns = TableColumns::of(&record)?;
        let mut rows = Vec::new();
        let mut notes = Notes::default();
        while reader.read_record(&mut record).unwrap_or(false) {
            let start = record.position().map_or(0, |it| it.byte() as usize);
            let place = || place_of_record(name, text, start);
            let row = columns.row(&record, || notes.add(Code::RecordingNotANumber, place));
            if row.is_none() {
                notes.add(Code::RecordingUnreadable, place);
            }
            rows.extend(row);
        }
        Some(Self {
            rows,
            warnings: notes.into_warnings(),
            has_dates: columns.timestamp.is_some(),
        })
    }
}

/// The place of the record that begins at byte `start`, or after the comments and empty lines there.
fn place_of_record(name: &str, text: &str, start: usize) -> Place {
    let mut from = start;
    for line in text.get(start..).unwrap_or("").split_inclusive('\n') {
        if !line.trim().is_empty() && !line.starts_with('#') {
            return Place::within(name, text, from..from + line.trim_end().len());
        }
        from += line.len();
    }
    Place::within(name, text, start..start)
}

/// A probe, or a table over time.
#[derive(Clone, Debug)]
pub enum CostRecord {
    /// A row for each load.
    Probe(Probe),
    /// A row for each moment.
    Usage(UsageTable),
}

impl CostRecord {
    /// Reads the file at `path`, or standard input. `loader` is asked twice for a probe, so it must remember standard input.
    ///
    /// # Errors
    /// Why the file cannot be read, or all the faults of a probe.
    pub fn read(path: &Path, loader: &mut dyn Loader) -> Result<Self, Diagnostics> {
        let bytes = read_file(loader, path, FileKind::Probe, None).map_err(Diagnostics::one)?;
        let text = std::str::from_utf8(&bytes).ok();
        match text.and_then(|text| UsageTable::parse(&path.display().to_string(), text)) {
            Some(table) => Ok(Self::Usage(table)),
            None => read_probe(path, loader).map(Self::Probe),
        }
    }
}

/// Reads the course of `series` from the file at `path`, in any format of recordings. Each sample becomes a row with this one value; the
/// warnings are those about the recording.
///
/// # Errors
/// Why the file cannot be read, all its faults, or another quantity than `series`.
pub fn read_usage_series(
    path: &Path,
    series: UsageSeries,
    loader: &mut dyn Loader,
) -> Result<(Vec<UsageRow>, Vec<Diagnostic>), Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Trace, None).map_err(Diagnostics::one)?;
    let name = path.display().to_string();
    let stated = ReadOptions {
        what: Some(match series {
            UsageSeries::Cpu => What::CpuCores,
            UsageSeries::Rate | UsageSeries::Replicas => What::Requests,
        }),
        ..ReadOptions::default()
    };
    let recording = match read_recording(&name, bytes.as_slice(), &ReadOptions::default()) {
        Ok(recording) if is_quantity(&recording.trace.demand, series) => recording,
        // Names and labels do not say what it is.
        _ => read_recording(&name, bytes.as_slice(), &stated)?,
    };
    if !is_quantity(&recording.trace.demand, series) {
        return Err(Diagnostics::one(other_quantity(&name, series)));
    }
    let rows = rows_of(&recording, series);
    Ok((rows, recording.warnings))
}

const fn is_quantity(demand: &Demand, series: UsageSeries) -> bool {
    matches!(
        (demand, series),
        (Demand::CpuMillicores(_), UsageSeries::Cpu)
            | (
                Demand::RequestsPerSecond(_),
                UsageSeries::Rate | UsageSeries::Replicas
            )
    )
}

fn other_quantity(name: &str, series: UsageSeries) -> Diagnostic {
    let (wanted, query) = match series {
        UsageSeries::Rate => ("requests per second", "sum(rate(http_requests_total[1m]))"),
        UsageSeries::Cpu => (
            "CPU",
            "sum(rate(container_cpu_usage_seconds_total{container!=\"\",container!=\"POD\"}[1m]))",
        ),
        UsageSeries::Replicas => ("replicas", "sum(kube_deployment_status_replicas_available)"),
    };
    Diagnostic {
        code: Code::TraceFormat,
        message: format!("`{name}` is not a course of {wanted}"),
        place: None,
        help: format!("give the answer to a query such as {query}"),
    }
}

/// A row for each sample; the last row of a trace is only its end.
fn rows_of(recording: &Recording, series: UsageSeries) -> Vec<UsageRow> {
    let origin = recording.origin_nanos.unwrap_or(0);
    let times = recording.trace.times.iter();
    let samples = times.zip(recording.trace.load());
    samples
        .take(recording.trace.times.len().saturating_sub(1))
        .map(|(time, value)| {
            let nanos = i128::from(origin) + i128::from(time.as_nanos());
            let row = UsageRow {
                time_s: nanos as f64 / 1e9,
                ..UsageRow::default()
            };
            let value = Some(*value);
            match series {
                UsageSeries::Rate => UsageRow { rps: value, ..row },
                UsageSeries::Cpu => UsageRow {
                    cpu_millicores: value,
                    ..row
                },
                UsageSeries::Replicas => UsageRow {
                    replicas: value,
                    ..row
                },
            }
        })
        .collect()
}
