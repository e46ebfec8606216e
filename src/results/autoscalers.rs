//! Every autoscaler of a manifest under one trace, as bytes: `autoscalers.csv` and its `summary.json`.

use serde::Serialize;

use super::comparison_export::{AssumedOf, ComparedAssumption};
use super::export::{InputFile, Request, SummaryHead, written};
use super::kpi_report::KpiReport;
use super::verdicts::CheckedAssertion;
use crate::kpi::Kpi;
use crate::text::csv_cell::guarded;
use crate::text::json;
use crate::text::rounding::readable;
use crate::units::Seed;

/// An autoscaler of the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoscalerRun {
    /// Its namespace and name: `shop/web`.
    pub name: String,
    /// Its KPIs, or why it was not simulated.
    pub outcome: Result<KpiReport, NotSimulated>,
    /// The codes of the warnings about it.
    pub warnings: Vec<&'static str>,
}

/// Why an autoscaler was not simulated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotSimulated {
    /// The code of the first fault.
    pub code: &'static str,
    /// Its message.
    pub message: String,
}

/// All autoscalers of a manifest, and how they were simulated.
#[derive(Clone, Debug)]
pub struct AutoscalerRuns<'a> {
    /// The autoscalers, in the order of the manifest.
    pub runs: &'a [AutoscalerRun],
    /// The engine.
    pub engine: &'static str,
    /// The seeds, in order.
    pub seeds: &'a [Seed],
    /// The name of the trace.
    pub trace: &'a str,
    /// Its length.
    pub duration_seconds: f64,
    /// The currency of the costs, if one is stated.
    pub currency: Option<&'a str>,
    /// What was asserted, and whether it holds.
    pub assertions: &'a [CheckedAssertion],
    /// The defaults that the results touched.
    pub assumptions: &'a [ComparedAssumption],
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
    /// The files that were read.
    pub inputs: &'a [InputFile],
}

/// `autoscalers.csv`: a row for each autoscaler, with every KPI (of several seeds the median); what is not known is empty.
///
/// # Errors
/// None that a buffer in memory could cause; the type is the CSV writer's.
pub fn autoscalers_csv(runs: &[AutoscalerRun]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = Kpi::ALL.iter().map(|kpi| kpi.name());
    writer.write_record(
        ["autoscaler"]
            .into_iter()
            .chain(names)
            .chain(["not_simulated"]),
    )?;
    for run in runs {
        let mut record = vec![guarded(&run.name).into_owned()];
        let report = run.outcome.as_ref();
        record.extend(Kpi::ALL.map(|kpi| {
            let value = report.ok().and_then(|report| report.typical(kpi));
            value.map_or_else(String::new, |value| readable(value).to_string())
        }));
        let fault = report
            .err()
            .map(|it| format!("{}: {}", it.code, it.message));
        record.push(guarded(&fault.unwrap_or_default()).into_owned());
        writer.write_record(record)?;
    }
    written(writer)
}

#[derive(Serialize)]
struct AutoscalersFile<'a> {
    #[serde(flatten)]
    head: SummaryHead,
    engine: &'static str,
    seeds: Vec<u64>,
    trace: &'a str,
    duration_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    inputs: &'a [InputFile],
    request: &'a Request,
    files: &'a [String],
    assumptions: Vec<AssumedOf<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    assertions: &'a [CheckedAssertion],
    autoscalers: Vec<AutoscalerJson<'a>>,
}

#[derive(Serialize)]
struct AutoscalerJson<'a> {
    autoscaler: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_simulated: Option<&'a NotSimulated>,
    warnings: &'a [&'static str],
    kpis: Option<&'a KpiReport>,
}

/// `summary.json` of all autoscalers, with a final newline; `files` stand beside it.
///
/// # Errors
/// None that these types could cause; the type is the JSON writer's.
pub fn autoscalers_summary(
    runs: &AutoscalerRuns<'_>,
    files: &[String],
) -> Result<Vec<u8>, serde_json::Error> {
    json::pretty(&AutoscalersFile {
        head: SummaryHead::of("run"),
        engine: runs.engine,
        seeds: runs.seeds.iter().map(|seed| seed.0).collect(),
        trace: runs.trace,
        duration_seconds: readable(runs.duration_seconds),
        currency: runs.currency,
        inputs: runs.inputs,
        request: runs.request,
        files,
        assumptions: runs.assumptions.iter().map(AssumedOf::from).collect(),
        assertions: runs.assertions,
        autoscalers: runs
            .runs
            .iter()
            .map(|run| AutoscalerJson {
                autoscaler: &run.name,
                not_simulated: run.outcome.as_ref().err(),
                warnings: &run.warnings,
                kpis: run.outcome.as_ref().ok(),
            })
            .collect(),
    })
    .map(String::into_bytes)
}
