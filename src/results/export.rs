//! A run's files as bytes: `timeline.csv`, `latency.csv` and `summary.json`.
//!
//! The same values give the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::kpi_report::KpiReport;
use super::measured::MeasuredLatency;
use super::timeline::{RowSink, TimelineColumn, TimelineRow};
use super::verdicts::CheckedAssertion;
use super::what_matters::WhatMatters;
use crate::scenario::{Assumption, ClockZone, Engine, Scenario, TraceClock, TraceMoment};
use crate::text::json;
use crate::text::rounding::readable;
use crate::units::{Seed, SimSpan, SimTime};

/// The version of `summary.json`'s layout; rises when a reader would have to change.
pub const SCHEMA_VERSION: u32 = 1;

/// The column of dates, in the tables of a run whose trace has dates.
pub const TIMESTAMP: &str = "timestamp";

/// Writes `timeline.csv` row by row: a header, then a row an interval; what is not known is empty. The columns are
/// [`TimelineColumn::ALL`], and [`TIMESTAMP`] after the first if there is a clock.
#[derive(Debug)]
pub struct TimelineCsv<W: Write> {
    writer: csv::Writer<W>,
    clock: Option<TraceClock>,
    fault: Option<csv::Error>,
}

impl<W: Write> TimelineCsv<W> {
    /// Begins the file.
    pub fn new(out: W, clock: Option<&TraceClock>) -> Self {
        let mut writer = csv::Writer::from_writer(out);
        let mut names: Vec<&str> = TimelineColumn::ALL
            .iter()
            .map(|column| column.name)
            .collect();
        if clock.is_some() {
            names.insert(1, TIMESTAMP);
        }
        let fault = writer.write_record(names).err();
        Self {
            writer,
            clock: clock.cloned(),
            fault,
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn finish(self) -> Result<W, csv::Error> {
        match self.fault {
            Some(fault) => Err(fault),
            None => written(self.writer),
        }
    }
}

impl<W: Write> RowSink for TimelineCsv<W> {
    fn row(&mut self, row: &TimelineRow) {
        if self.fault.is_none() {
            self.fault = write_row(&mut self.writer, row, self.clock.as_ref()).err();
        }
    }

    fn has_failed(&self) -> bool {
        self.fault.is_some()
    }
}

/// What a writer of CSV wrote into, with all rows.
///
/// # Errors
/// The last rows cannot be written.
pub(crate) fn written<W: Write>(writer: csv::Writer<W>) -> Result<W, csv::Error> {
    writer
        .into_inner()
        .map_err(|fault| csv::Error::from(fault.into_error()))
}

fn write_row<W: Write>(
    writer: &mut csv::Writer<W>,
    row: &TimelineRow,
    clock: Option<&TraceClock>,
) -> Result<(), csv::Error> {
    let mut text = String::new();
    for (index, column) in TimelineColumn::ALL.iter().enumerate() {
        if let (1, Some(clock)) = (index, clock) {
            writer.write_field(clock.rfc3339(row.time))?;
        }
        text.clear();
        if let Some(value) = column.value(row) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}", readable(value));
        }
        writer.write_field(&text)?;
    }
    writer.write_record(None::<&[u8]>)
}

/// `latency.csv`: the whole run's histogram, a row for each step that holds a request.
///
/// # Errors
/// None that a buffer in memory could cause; the type is the CSV writer's.
pub fn latency_csv(latency: &MeasuredLatency) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["latency_seconds", "requests", "cumulative_share"])?;
    let mut requests = 0;
    for step in latency.steps() {
        requests += step.count;
        let share = requests as f64 / latency.count() as f64;
        writer.write_record([
            readable(step.seconds).to_string(),
            step.count.to_string(),
            readable(share).to_string(),
        ])?;
    }
    written(writer)
}

/// A file that went into a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputFile {
    /// Its path, as it was given.
    pub path: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// What the `summary.json` of every command begins with.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SummaryHead {
    schema_version: u32,
    hpasim_version: &'static str,
    command: &'static str,
}

impl SummaryHead {
    /// Of this version, and of the command of this name.
    #[must_use]
    pub const fn of(command: &'static str) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            hpasim_version: env!("CARGO_PKG_VERSION"),
            command,
        }
    }
}

/// `summary.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    #[serde(flatten)]
    head: SummaryHead,
    engine: &'static str,
    seeds: Vec<u64>,
    /// The mean cost of a request in each seed, in milliseconds, if seeds draw it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drawn_cpu_per_request_ms: Vec<f64>,
    policy: String,
    trace: String,
    duration_seconds: f64,
    /// The date of the start, if the trace has dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// The unit of `cost`, if the policy states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    inputs: Vec<InputFile>,
    request: Request,
    /// Names of the files beside the summary.
    files: Vec<String>,
    assumptions: Vec<AssumptionLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_matters: Option<WhatMatters>,
    /// What was asserted, and whether it holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assertions: Vec<CheckedAssertion>,
    kpis: KpiReport,
}

/// What the command asked for beside the inputs, so that the run can be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The arguments of `--set`, in their order.
    pub set: Vec<String>,
    /// `--from`.
    pub from: Option<TraceMoment>,
    /// `--to`.
    pub to: Option<TraceMoment>,
    /// `--timezone`.
    pub timezone: Option<ClockZone>,
    /// `--warm-up`.
    pub warm_up: Option<SimSpan>,
    /// What the user states of the trace, by the names of the options.
    pub reading: BTreeMap<&'static str, String>,
    /// `--hpa`.
    pub hpa: Option<String>,
    /// `--namespace`.
    pub namespace: Option<String>,
    /// `--all`: every autoscaler of the manifest.
    pub all: bool,
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = |moment: Option<TraceMoment>| match moment {
            Some(TraceMoment::After(span)) => Some(span.as_secs_f64()),
            _ => None,
        };
        let dates = [("from", self.from), ("to", self.to)].map(|(key, moment)| {
            let date = moment.filter(|moment| !matches!(moment, TraceMoment::After(_)));
            (key, date.map(|date| date.to_string()))
        });
        let timezone = self.timezone.as_ref().map(ToString::to_string);
        let [(from, from_date), (to, to_date)] = &dates;
        let reading = self.reading.iter();
        let reading = reading.map(|(name, value)| (*name, Some(value.as_str())));
        let chosen = [
            (*from, from_date.as_deref()),
            (*to, to_date.as_deref()),
            ("timezone", timezone.as_deref()),
            ("hpa", self.hpa.as_deref()),
            ("namespace", self.namespace.as_deref()),
        ];
        let chosen = reading.chain(chosen);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("set", &self.set)?;
        map.serialize_entry("from_seconds", &seconds(self.from))?;
        map.serialize_entry("to_seconds", &seconds(self.to))?;
        if let Some(warm_up) = self.warm_up {
            map.serialize_entry("warm_up_seconds", &warm_up.as_secs_f64())?;
        }
        for (key, value) in chosen {
            if let Some(value) = value {
                map.serialize_entry(key, value)?;
            }
        }
        if self.all {
            map.serialize_entry("all", &true)?;
        }
        map.end()
    }
}

/// An assumption that a result touched.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AssumptionLine {
    key: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_in: Option<String>,
}

impl AssumptionLine {
    pub(super) fn of(assumption: &Assumption) -> Self {
        Self {
            key: assumption.key.clone(),
            value: assumption.value.clone(),
            found_in: assumption.found_in.clone(),
        }
    }
}

impl Summary {
    /// The summary of a run of `scenario`, under every one of `seeds`; `assumptions` are those that it touched.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        engine: Engine,
        seeds: &[Seed],
        inputs: Vec<InputFile>,
        assumptions: &[&Assumption],
        kpis: KpiReport,
    ) -> Self {
        Self {
            head: SummaryHead::of("run"),
            engine: engine.as_str(),
            seeds: seeds.iter().map(|seed| seed.0).collect(),
            drawn_cpu_per_request_ms: scenario
                .drawn_costs(seeds)
                .iter()
                .map(|cost| readable(cost * 1e3))
                .collect(),
            policy: scenario.policy_name.clone(),
            trace: scenario.trace_name.clone(),
            duration_seconds: readable(scenario.trace.end().as_secs_f64()),
            start: scenario
                .clock
                .as_ref()
                .map(|clock| clock.rfc3339(SimTime::ZERO)),
            currency: scenario.cost.stated_currency().map(str::to_owned),
            inputs,
            request: Request::default(),
            files: Vec::new(),
            assumptions: assumptions
                .iter()
                .map(|it| AssumptionLine::of(it))
                .collect(),
            what_matters: None,
            assertions: Vec::new(),
            kpis,
        }
    }

    /// The same, with what the command asked for beside the inputs.
    #[must_use]
    pub fn with_request(mut self, request: Request) -> Self {
        self.request = request;
        self
    }

    /// The same, with the names of the files that stand beside it.
    #[must_use]
    pub fn with_files(mut self, files: Vec<String>) -> Self {
        self.files = files;
        self
    }

    /// The same, with what matters to the result.
    #[must_use]
    pub fn with_what_matters(mut self, what_matters: Option<WhatMatters>) -> Self {
        self.what_matters = what_matters;
        self
    }

    /// The same, with what was asserted.
    #[must_use]
    pub fn with_assertions(mut self, checked: Vec<CheckedAssertion>) -> Self {
        self.assertions = checked;
        self
    }

    /// The file's bytes: JSON with a final newline.
    ///
    /// # Errors
    /// None that the summary's types could cause; the type is the JSON writer's.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        json::pretty(self).map(String::into_bytes)
    }
}
