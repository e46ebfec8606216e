//! Rate, CPU and replicas of a service over time: a table with a time column, or recordings of one series each.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::stamp::parse_stamp;
use super::{ReadOptions, Recording, What, read_recording};
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::scenario::file_request::FileKind;
use crate::scenario::loader::{Loader, read_file};
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

/// The columns of a table.
struct TableColumns {
    timestamp: Option<usize>,
    time_s: Option<usize>,
    rps: usize,
    cpu: usize,
    replicas: [Option<usize>; 2],
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
            replicas: [place("ready_replicas"), place("replicas")],
        };
        (columns.timestamp.is_some() || columns.time_s.is_some()).then_some(columns)
    }

    /// `None` if the row has no time.
    fn row(&self, record: &StringRecord) -> Option<UsageRow> {
        let cell = |column: Option<usize>| {
            let text = record.get(column?)?.trim();
            (!text.is_empty()).then_some(text)
        };
        let number = |column| cell(column).and_then(parse_number);
        let moment = cell(self.timestamp).and_then(parse_stamp);
        let time_s = match moment {
            Some(stamp) => stamp.nanos as f64 / 1e9,
            None if self.timestamp.is_some() => return None,
            None => number(self.time_s)?,
        };
        Some(UsageRow {
            time_s,
            rps: number(Some(self.rps)),
            cpu_millicores: number(Some(self.cpu)),
            replicas: number(self.replicas[0]).or_else(|| number(self.replicas[1])),
        })
    }
}

/// The rows of a CSV table with a time column (`timestamp` or `time_s`), `rps`, `cpu_millicores` and perhaps `ready_replicas` or
/// `replicas`; `None` of any other text, such as a capacity probe. A cell that is empty or no number is not known; a row without a time is
/// left out.
#[must_use]
pub fn usage_of_table(text: &str) -> Option<Vec<UsageRow>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut record = StringRecord::new();
    reader
        .read_record(&mut record)
        .ok()
        .filter(|is_row| *is_row)?;
    let columns = TableColumns::of(&record)?;
    let mut rows = Vec::new();
    while reader.read_record(&mut record).unwrap_or(false) {
        rows.extend(columns.row(&record));
    }
    Some(rows)
}

/// Reads the table at `path` as [`usage_of_table`] does.
///
/// # Errors
/// Why the file cannot be read.
pub fn read_usage_table(
    path: &Path,
    loader: &mut dyn Loader,
) -> Result<Option<Vec<UsageRow>>, Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Trace, None).map_err(Diagnostics::one)?;
    Ok(std::str::from_utf8(&bytes).ok().and_then(usage_of_table))
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
