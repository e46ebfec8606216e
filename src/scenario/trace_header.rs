//! A trace's header: the time column, the demand column and the metric columns.
//!
//! `trace_text` reads the rows.

use std::collections::BTreeSet;
use std::ops::Range;

use csv::StringRecord;

use super::csv_reading::CsvReading;
use super::diagnostic::Code;
use super::formats::meaning::StatedMeaning;
use super::near::nearest;
use crate::text::csv_cell::original;
use crate::units::parse_number;

/// The unit of the time column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum TimeColumn {
    /// `time_s`: seconds.
    Seconds,
    /// `timestamp`: seconds of the epoch, or RFC 3339.
    Timestamp,
}

/// The unit of the demand column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum DemandColumn {
    /// `rps`: requests per second.
    Rps,
    /// `cpu_millicores`: the CPU that the requests use.
    CpuMillicores,
    /// `users`: users at once.
    Users,
}

const TIME_COLUMNS: [(&str, TimeColumn); 2] = [
    ("time_s", TimeColumn::Seconds),
    ("timestamp", TimeColumn::Timestamp),
];
const DEMAND_COLUMNS: [(&str, DemandColumn); 3] = [
    ("rps", DemandColumn::Rps),
    ("cpu_millicores", DemandColumn::CpuMillicores),
    ("users", DemandColumn::Users),
];

/// Whether `name` is a time column or a column of the load.
pub(super) fn is_known_column(name: &str) -> bool {
    TIME_COLUMNS.iter().any(|(known, _)| *known == name)
        || DEMAND_COLUMNS.iter().any(|(known, _)| *known == name)
}

/// The meaning of each column.
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) time: usize,
    pub(super) time_column: TimeColumn,
    pub(super) demand: usize,
    pub(super) demand_column: DemandColumn,
    pub(super) further: Vec<Further>,
}

/// A metric column during reading.
pub(super) struct Further {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) values: Vec<f64>,
    pub(super) content: ColumnContent,
    /// The place of the first blank cell.
    pub(super) first_blank: Option<Range<usize>>,
    pub(super) blank_count: usize,
}

/// The content of a metric column, by its first cell that is not blank.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ColumnContent {
    Numbers,
    Words,
}

impl CsvReading<'_> {
    /// Parses the header.
    pub(super) fn parse_header(&mut self, record: &StringRecord) -> Option<Header> {
        let names: Vec<&str> = record.iter().map(|name| original(name.trim())).collect();
        let line = self.line_span(record);
        if names.iter().all(|name| parse_number(name).is_some()) {
            self.report(
                Code::TraceHeader,
                Some(line),
                "the trace has no header: its first line holds numbers",
                "add the line `time_s,rps` above it",
            );
            return None;
        }
        let mut known = BTreeSet::new();
        for (index, name) in names.iter().enumerate() {
            if !known.insert(*name) {
                self.report_field(
                    Code::TraceHeader,
                    (record, index),
                    format!("two columns have the name `{name}`"),
                    "give each its own name",
                );
            }
        }
        let time = self.find_time(&names, record, &line);
        let demand = self.find_demand(&names, record, &line);
        let (time, time_column) = time?;
        let (demand, demand_column) = demand?;
        let further = names
            .iter()
            .enumerate()
            .filter(|(index, name)| *index != time && *index != demand && !name.is_empty())
            .map(|(index, name)| Further {
                index,
                name: (*name).to_owned(),
                values: Vec::new(),
                content: ColumnContent::Numbers,
                first_blank: None,
                blank_count: 0,
            })
            .collect();
        Some(Header {
            width: names.len(),
            time,
            time_column,
            demand,
            demand_column,
            further,
        })
    }

    fn find_time(
        &mut self,
        names: &[&str],
        record: &StringRecord,
        line: &Range<usize>,
    ) -> Option<(usize, TimeColumn)> {
        let found = columns_among(names, &TIME_COLUMNS);
        match found.as_slice() {
            [one] => Some(*one),
            [] => {
                let near = names.iter().position(|name| {
                    nearest(name, TIME_COLUMNS.iter().map(|(known, _)| *known)).is_some()
                });
                let span = near.map_or(line.clone(), |index| self.field_span(record, index));
                let help = near.map_or_else(
                    || {
                        "add a column `time_s` (seconds) or `timestamp` (epoch seconds or RFC 3339); `hpasim trace info --help` lists the recordings that hpasim reads"
                            .to_owned()
                    },
                    |index| {
                        let known =
                            nearest(names[index], TIME_COLUMNS.iter().map(|(known, _)| *known));
                        let name = names[index];
                        match known {
                            Some("timestamp") => format!(
                                "if `{name}` has epoch seconds or RFC 3339, rename it to `timestamp`"
                            ),
                            _ => format!("if `{name}` is in seconds, rename it to `time_s`"),
                        }
                    },
                );
                self.report(
                    Code::TraceHeader,
                    Some(span),
                    "the header has no time column",
                    help,
                );
                None
            }
            [_, (second, _), ..] => {
                let span = self.field_span(record, *second);
                self.report(
                    Code::TraceHeader,
                    Some(span),
                    "the header has two time columns, `time_s` and `timestamp`",
                    "keep one of the two",
                );
                None
            }
        }
    }

    fn find_demand(
        &mut self,
        names: &[&str],
        record: &StringRecord,
        line: &Range<usize>,
    ) -> Option<(usize, DemandColumn)> {
        let found = columns_among(names, &DEMAND_COLUMNS);
        match found.as_slice() {
            [one] => Some(*one),
            [] => {
                let (span, help) = self.nearest_demand(names, record, line);
                self.report(
                    Code::TraceDemand,
                    Some(span),
                    "the header has no column for the load",
                    help,
                );
                None
            }
            [_, (second, _), ..] => {
                let span = self.field_span(record, *second);
                self.report(
                    Code::TraceDemand,
                    Some(span),
                    "the header has more than one column for the load",
                    "keep one of `rps`, `cpu_millicores` and `users`; rename the others to use them as metrics",
                );
                None
            }
        }
    }

    fn nearest_demand(
        &self,
        names: &[&str],
        record: &StringRecord,
        line: &Range<usize>,
    ) -> (Range<usize>, String) {
        /// The names of requests per second and of users in other tools.
        const ALIASES: [(&str, &str); 11] = [
            ("qps", "rps"),
            ("req_per_sec", "rps"),
            ("requests_per_second", "rps"),
            ("requests/s", "rps"),
            ("rate", "rps"),
            ("requests", "rps"),
            ("tps", "rps"),
            ("vus", "users"),
            ("virtual_users", "users"),
            ("user count", "users"),
            ("user_count", "users"),
        ];
        for (index, name) in names.iter().enumerate() {
            let lower = name.to_lowercase();
            let alias = ALIASES.iter().find(|(other, _)| *other == lower);
            let near = nearest(name, DEMAND_COLUMNS.iter().map(|(known, _)| *known));
            if let Some(known) = near.or(alias.map(|(_, known)| *known)) {
                // Many tools write counts per row under the name `requests`.
                let help = match (lower.as_str(), known) {
                    ("requests", _) => format!(
                        "if `{name}` is the load per second, rename it to `{known}`; otherwise divide its values by the seconds of a row"
                    ),
                    (_, "cpu_millicores") => {
                        format!("if `{name}` is in millicores, rename it to `{known}`")
                    }
                    _ => format!("if `{name}` is the load, rename it to `{known}`"),
                };
                return (self.field_span(record, index), help);
            }
        }
        let is_utilization = |name: &str| {
            let name = name.to_lowercase();
            let is_percent = ["percent", "pct", "%"]
                .iter()
                .any(|unit| name.contains(unit));
            name.contains("utilization") || name.contains("cpu") && is_percent
        };
        if let Some(index) = names.iter().position(|name| is_utilization(name)) {
            let help = format!(
                "if `{}` is CPU utilization, `hpasim trace convert --cpu-utilization` makes a trace of it",
                names[index]
            );
            return (self.field_span(record, index), help);
        }
        let is_cpu = |name: &&str| matches!(StatedMeaning::by(name), StatedMeaning::Cpu(_));
        if let Some(index) = names.iter().position(is_cpu) {
            let help = format!(
                "if `{}` is the CPU usage of all pods in millicores, rename it to `cpu_millicores`; if it is in cores, also multiply its values by 1000",
                names[index]
            );
            return (self.field_span(record, index), help);
        }
        (
            line.clone(),
            "add a column `rps` (requests per second), `users` or `cpu_millicores`".to_owned(),
        )
    }
}

/// The indices of the known columns in `names`.
fn columns_among<T: Copy>(names: &[&str], known: &[(&str, T)]) -> Vec<(usize, T)> {
    names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            known
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, column)| (index, *column))
        })
        .collect()
}
