//! `recorded.csv`: what really happened on a day, one row a step.
//!
//! `hpasim import` writes it and `hpasim backtest` reads it. The columns are declared here, once.

mod span;
mod text;

use csv::Writer;

use super::clock::TraceClock;
use super::diagnostic::Diagnostic;
use super::hpa_section::REPLICAS_MAX;
use super::trace_text::VALUE_MAX;
use crate::text::csv_cell::guarded;
use crate::text::rounding::readable;
use crate::units::SimTime;

pub use span::{JudgedRequest, JudgedSpan};
pub use text::{parse_recorded, read_recorded};

/// The name of the file in the folder of a recorded day.
pub const RECORDED_CSV: &str = "recorded.csv";

/// The most memory of a cell: a petabyte, in which a float counts single bytes.
const MEMORY_BYTES_MAX: f64 = 1e15;

/// A number that a row of `recorded.csv` may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordedQuantity {
    /// Requests per second.
    Rps,
    /// CPU of all pods of the target, in millicores.
    CpuMillicores,
    /// Memory of all pods of the target, in bytes.
    MemoryBytes,
    /// Throttled CFS periods, as a share of all, 0..1.
    ThrottledShare,
    /// `status.desiredReplicas` of the autoscaler.
    DesiredReplicas,
    /// `status.currentReplicas` of the autoscaler.
    CurrentReplicas,
    /// `status.readyReplicas` of the target.
    ReadyReplicas,
    /// The 95th percentile of the latency, in milliseconds.
    P95Ms,
    /// The 99th percentile of the latency, in milliseconds.
    P99Ms,
    /// Failed requests, as a share of all, 0..1.
    FailedShare,
}

/// The number of quantities.
const QUANTITIES: usize = RecordedQuantity::ALL.len();

impl RecordedQuantity {
    /// Every quantity, in the order of the columns.
    pub const ALL: [Self; 10] = [
        Self::Rps,
        Self::CpuMillicores,
        Self::MemoryBytes,
        Self::ThrottledShare,
        Self::DesiredReplicas,
        Self::CurrentReplicas,
        Self::ReadyReplicas,
        Self::P95Ms,
        Self::P99Ms,
        Self::FailedShare,
    ];

    /// The name of its column.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rps => "rps",
            Self::CpuMillicores => "cpu_millicores",
            Self::MemoryBytes => "memory_bytes",
            Self::ThrottledShare => "throttled_share",
            Self::DesiredReplicas => "desired_replicas",
            Self::CurrentReplicas => "current_replicas",
            Self::ReadyReplicas => "ready_replicas",
            Self::P95Ms => "p95_ms",
            Self::P99Ms => "p99_ms",
            Self::FailedShare => "failed_share",
        }
    }

    /// The greatest value of a cell.
    const fn greatest(self) -> f64 {
        match self {
            Self::ThrottledShare | Self::FailedShare => 1.0,
            Self::MemoryBytes => MEMORY_BYTES_MAX,
            Self::DesiredReplicas | Self::CurrentReplicas | Self::ReadyReplicas => {
                REPLICAS_MAX as f64
            }
            _ => VALUE_MAX,
        }
    }
}

/// The content of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedContent {
    /// The time as a date.
    Timestamp,
    /// The time since the first row.
    Seconds,
    /// A number.
    Number(RecordedQuantity),
    /// Why the row must not be judged.
    Event,
}

/// A column of `recorded.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedColumn {
    /// The name in the header.
    pub name: &'static str,
    /// The unit; empty if it has none.
    pub unit: &'static str,
    /// The meaning.
    pub what: &'static str,
    /// The content.
    pub content: RecordedContent,
}

impl RecordedColumn {
    /// Every column, in the order in which they are written.
    pub const ALL: [Self; QUANTITIES + 3] = [
        Self {
            name: "timestamp",
            unit: "RFC 3339, UTC",
            what: "the time of the row; a folder without dates has no such column",
            content: RecordedContent::Timestamp,
        },
        Self {
            name: "time_s",
            unit: "s",
            what: "the time since the first row",
            content: RecordedContent::Seconds,
        },
        Self::number(
            RecordedQuantity::Rps,
            "requests/s",
            "requests that arrive at the target",
        ),
        Self::number(
            RecordedQuantity::CpuMillicores,
            "millicores",
            "CPU of all pods of the target",
        ),
        Self::number(
            RecordedQuantity::MemoryBytes,
            "bytes",
            "memory of all pods of the target",
        ),
        Self::number(
            RecordedQuantity::ThrottledShare,
            "0 to 1",
            "CFS periods in which a container was throttled, as a share of all periods",
        ),
        Self::number(
            RecordedQuantity::DesiredReplicas,
            "pods",
            "the replicas that the autoscaler asks for (its `status.desiredReplicas`)",
        ),
        Self::number(
            RecordedQuantity::CurrentReplicas,
            "pods",
            "pods that exist (`status.currentReplicas` of the autoscaler)",
        ),
        Self::number(
            RecordedQuantity::ReadyReplicas,
            "pods",
            "pods that are ready (`status.readyReplicas` of the target)",
        ),
        Self::number(
            RecordedQuantity::P95Ms,
            "ms",
            "95th percentile of the latency",
        ),
        Self::number(
            RecordedQuantity::P99Ms,
            "ms",
            "99th percentile of the latency",
        ),
        Self::number(
            RecordedQuantity::FailedShare,
            "0 to 1",
            "failed requests, as a share of all requests",
        ),
        Self {
            name: "event",
            unit: "",
            what: "why the row must not be judged: `rollout`, `controller restart`, `manual scaling` or any other text; several are joined with `; `",
            content: RecordedContent::Event,
        },
    ];

    const fn number(quantity: RecordedQuantity, unit: &'static str, what: &'static str) -> Self {
        Self {
            name: quantity.name(),
            unit,
            what,
            content: RecordedContent::Number(quantity),
        }
    }
}

/// What happened from one time on, until the next row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedRow {
    /// The time since the first row.
    pub time: SimTime,
    values: [Option<f64>; QUANTITIES],
    /// Why the row must not be judged; several reasons are joined with `; `.
    pub event: Option<String>,
}

impl RecordedRow {
    /// A row without values.
    #[must_use]
    pub fn at(time: SimTime) -> Self {
        Self {
            time,
            ..Self::default()
        }
    }

    /// The recorded value; `None` if the cell is empty.
    #[must_use]
    pub fn value(&self, quantity: RecordedQuantity) -> Option<f64> {
        self.values[quantity as usize]
    }

    /// Sets a value; a number that is not finite empties the cell.
    pub fn set(&mut self, quantity: RecordedQuantity, value: Option<f64>) {
        self.values[quantity as usize] = value.filter(|value| value.is_finite());
    }

    /// The same row with a value.
    #[must_use]
    pub fn with(mut self, quantity: RecordedQuantity, value: f64) -> Self {
        self.set(quantity, Some(value));
        self
    }

    /// Adds a reason why the row must not be judged.
    pub fn add_event(&mut self, event: &str) {
        match &mut self.event {
            Some(events) => {
                events.push_str("; ");
                events.push_str(event);
            }
            None => self.event = Some(event.to_owned()),
        }
    }
}

/// A recorded day, or any other stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedDay {
    /// The time of the first row in nanoseconds since 1970 UTC, if the recording has dates.
    pub origin_nanos: Option<i64>,
    /// The rows, in the order of time.
    pub rows: Vec<RecordedRow>,
    /// Warnings about ignored columns.
    pub warnings: Vec<Diagnostic>,
}

impl RecordedDay {
    /// The clock of its dates in UTC, if it has dates.
    #[must_use]
    pub fn clock(&self) -> Option<TraceClock> {
        TraceClock::starting_at(self.origin_nanos?, None)
    }

    /// The end of the last row, which is as long as the row before it; time 0 without rows.
    #[must_use]
    pub fn end(&self) -> SimTime {
        match self.rows.as_slice() {
            [.., before, last] => last.time + (last.time - before.time),
            [only] => only.time,
            [] => SimTime::ZERO,
        }
    }

    /// Whether any row has a value of `quantity`.
    #[must_use]
    pub fn has(&self, quantity: RecordedQuantity) -> bool {
        self.rows.iter().any(|row| row.value(quantity).is_some())
    }

    /// The text of `recorded.csv`.
    ///
    /// # Errors
    /// Those of the CSV writer, which a text in memory never causes.
    pub fn to_csv(&self) -> csv::Result<Vec<u8>> {
        let clock = self.clock();
        let is_written = |column: &&RecordedColumn| {
            column.content != RecordedContent::Timestamp || clock.is_some()
        };
        let columns: Vec<RecordedColumn> = RecordedColumn::ALL
            .iter()
            .filter(is_written)
            .copied()
            .collect();
        let mut writer = Writer::from_writer(Vec::new());
        writer.write_record(columns.iter().map(|column| column.name))?;
        for row in &self.rows {
            let cell = |column: &RecordedColumn| match column.content {
                RecordedContent::Timestamp => clock
                    .as_ref()
                    .map_or_else(String::new, |clock| clock.rfc3339(row.time)),
                RecordedContent::Seconds => row.time.as_secs_f64().to_string(),
                RecordedContent::Number(quantity) => row
                    .value(quantity)
                    .map_or_else(String::new, |value| readable(value).to_string()),
                RecordedContent::Event => {
                    guarded(row.event.as_deref().unwrap_or_default()).into_owned()
                }
            };
            writer.write_record(columns.iter().map(cell))?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn parse(text: &str) -> Result<RecordedDay, Vec<String>> {
        let parsed = parse_recorded(Path::new("recorded.csv"), text.as_bytes());
        parsed.map_err(|faults| {
            let line = |fault: &Diagnostic| format!("{fault}; {}", fault.help);
            faults.list.iter().map(line).collect()
        })
    }

    /// 2026-11-28T14:25:00Z.
    const START: i64 = 1_795_875_900_000_000_000;

    #[test]
    fn a_day_is_read_as_it_was_written() {
        let row = |seconds: f64| RecordedRow::at(SimTime::from_secs_f64(seconds));
        let mut marked = row(15.5)
            .with(RecordedQuantity::DesiredReplicas, 4.0)
            .with(RecordedQuantity::FailedShare, 0.25);
        marked.add_event("rollout");
        marked.add_event("=1+1, \"by hand\"");
        let day = RecordedDay {
            origin_nanos: Some(START),
            rows: vec![row(0.0).with(RecordedQuantity::Rps, 12.5), marked],
            warnings: Vec::new(),
        };
        for day in [
            day.clone(),
            RecordedDay {
                origin_nanos: None,
                ..day
            },
        ] {
            let text = String::from_utf8(day.to_csv().expect("CSV")).expect("UTF-8");
            assert_eq!(parse(&text), Ok(day), "{text}");
        }
    }

    #[test]
    fn the_file_has_a_header_clock_time_and_empty_cells() {
        let day = RecordedDay {
            origin_nanos: Some(START),
            rows: vec![RecordedRow::at(SimTime::ZERO).with(RecordedQuantity::P95Ms, 80.0)],
            warnings: Vec::new(),
        };
        let text = String::from_utf8(day.to_csv().expect("CSV")).expect("UTF-8");
        assert_eq!(
            text,
            "timestamp,time_s,rps,cpu_millicores,memory_bytes,throttled_share,desired_replicas,current_replicas,ready_replicas,p95_ms,p99_ms,failed_share,event\n\
             2026-11-28T14:25:00Z,0,,,,,,,,80,,,\n"
        );
    }

    #[test]
    fn columns_may_be_missing_and_unknown_ones_are_ignored_with_a_warning() {
        let day = parse("time_s,rps,desired_replica\n0,5,2\n15,,3\n").expect("a day");
        assert_eq!(day.rows[1].value(RecordedQuantity::Rps), None);
        assert!(!day.has(RecordedQuantity::DesiredReplicas));
        assert_eq!(
            day.warnings[0].to_string(),
            "W0001: the column `desired_replica` is ignored (recorded.csv:1:12)"
        );
        assert_eq!(
            day.warnings[0].help,
            "if it is `desired_replicas`, rename it"
        );
    }
}
