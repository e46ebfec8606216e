//! A comparison's files as bytes: `comparison.csv`, `comparison.json` and its `summary.json`.
//!
//! The same values give the same bytes.

use serde::Serialize;

use super::comparison::{Comparison, ComparisonVerdict, PolicyKpi};
use super::export::{AssumptionLine, InputFile, Request, SCHEMA_VERSION, SummaryHead, written};
use super::statistics::EstimateJson;
use super::verdicts::CheckedAssertion;
use super::what_matters::WhatMatters;
use crate::kpi::KpiFacts;
use crate::scenario::Assumption;
use crate::text::csv_cell::guarded;
use crate::text::json;
use crate::text::rounding::readable;
use crate::units::Seed;

/// The columns of `comparison.csv`.
const COLUMNS: [&str; 13] = [
    "trace",
    "kpi",
    "group",
    "policy",
    "seeds",
    "mean",
    "median",
    "p10",
    "p90",
    "difference",
    "difference_half_width",
    "difference_pairs",
    "difference_excludes_zero",
];

/// How policies were compared.
#[derive(Clone, Debug)]
pub struct ComparisonRun<'a> {
    /// What came of it.
    pub comparison: &'a Comparison,
    /// The engine, trace by trace.
    pub engines: &'a [&'static str],
    /// Under which seeds, in order.
    pub seeds: &'a [Seed],
    /// The currency of the costs, if the policies state one.
    pub currency: Option<&'a str>,
    /// What was asserted, and whether it holds.
    pub assertions: &'a [CheckedAssertion],
    /// The defaults that the results touched.
    pub assumptions: &'a [ComparedAssumption],
    /// How far they move the differences, where that was asked.
    pub what_matters: Option<&'a WhatMatters>,
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
    /// The files that were read.
    pub inputs: &'a [InputFile],
}

/// A default that results of a comparison touched.
#[derive(Clone, Debug)]
pub struct ComparedAssumption {
    /// The default.
    pub assumption: Assumption,
    /// The policies whose results touched it.
    pub policies: Vec<String>,
}

/// A default, and the policies whose results touched it, as a summary lists them.
#[derive(Serialize)]
pub(super) struct AssumedOf<'a> {
    #[serde(flatten)]
    line: AssumptionLine,
    policies: &'a [String],
}

impl<'a> From<&'a ComparedAssumption> for AssumedOf<'a> {
    fn from(compared: &'a ComparedAssumption) -> Self {
        Self {
            line: AssumptionLine::of(&compared.assumption),
            policies: &compared.policies,
        }
    }
}

/// `comparison.csv`: a row for each trace, KPI and policy; what is not known is empty.
///
/// # Errors
/// None that a buffer in memory could cause; the type is the CSV writer's.
pub fn comparison_csv(comparison: &Comparison) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for trace in &comparison.traces {
        for kpi in &trace.kpis {
            for (policy, values) in comparison.policies.iter().zip(&kpi.policies) {
                let KpiFacts { name, group, .. } = kpi.kpi.facts();
                let mut record = vec![
                    guarded(&trace.trace).into_owned(),
                    (*name).to_owned(),
                    group.as_str().to_owned(),
                    guarded(policy).into_owned(),
                ];
                record.extend(cells(values));
                writer.write_record(record)?;
            }
        }
    }
    written(writer)
}

fn cells(kpi: &PolicyKpi) -> [String; 9] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |it| readable(it).to_string());
    let difference = kpi.difference;
    [
        kpi.seeds.to_string(),
        number(kpi.mean),
        number(kpi.median),
        number(kpi.p10),
        number(kpi.p90),
        number(difference.map(|it| it.mean)),
        number(difference.and_then(|it| it.half_width)),
        difference.map_or_else(String::new, |it| it.pairs.to_string()),
        difference.map_or_else(String::new, |it| u8::from(it.excludes(0.0)).to_string()),
    ]
}

#[derive(Serialize)]
struct ComparisonFile<'a> {
    schema_version: u32,
    hpasim_version: &'static str,
    seeds: Vec<u64>,
    policies: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    traces: Vec<TraceJson<'a>>,
    over_all_traces: Vec<VerdictJson<'a>>,
    assertions: &'a [CheckedAssertion],
}

#[derive(Serialize)]
struct TraceJson<'a> {
    trace: &'a str,
    engine: &'static str,
    kpis: Vec<KpiJson<'a>>,
}

#[derive(Serialize)]
struct KpiJson<'a> {
    kpi: &'static str,
    group: &'static str,
    policies: Vec<PolicyJson<'a>>,
}

#[derive(Serialize)]
struct PolicyJson<'a> {
    policy: &'a str,
    seeds: u32,
    mean: Option<f64>,
    median: Option<f64>,
    p10: Option<f64>,
    p90: Option<f64>,
    difference: Option<EstimateJson>,
}

/// A policy beside the first one, over all traces.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct VerdictJson<'a> {
    policy: &'a str,
    expense: &'static str,
    expense_ratio: Option<EstimateJson>,
    slo_violation_seconds_difference: Option<EstimateJson>,
}

impl<'a> PolicyJson<'a> {
    fn of(policy: &'a str, kpi: &PolicyKpi) -> Self {
        Self {
            policy,
            seeds: kpi.seeds,
            mean: kpi.mean.map(readable),
            median: kpi.median.map(readable),
            p10: kpi.p10.map(readable),
            p90: kpi.p90.map(readable),
            difference: kpi.difference.map(EstimateJson::from),
        }
    }
}

impl<'a> From<&'a ComparisonVerdict> for VerdictJson<'a> {
    fn from(verdict: &'a ComparisonVerdict) -> Self {
        Self {
            policy: &verdict.policy,
            expense: verdict.expense.kpi().name(),
            expense_ratio: verdict.expense_ratio.map(EstimateJson::from),
            slo_violation_seconds_difference: verdict.slo_violation_seconds.map(EstimateJson::from),
        }
    }
}

/// `comparison.json`, with a final newline.
///
/// # Errors
/// None that these types could cause; the type is the JSON writer's.
pub fn comparison_json(run: &ComparisonRun<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let comparison = run.comparison;
    let traces = comparison.traces.iter().zip(run.engines);
    let traces = traces.map(|(trace, engine)| TraceJson {
        trace: &trace.trace,
        engine,
        kpis: trace
            .kpis
            .iter()
            .map(|kpi| KpiJson {
                kpi: kpi.kpi.name(),
                group: kpi.kpi.group().as_str(),
                policies: comparison
                    .policies
                    .iter()
                    .map(String::as_str)
                    .zip(&kpi.policies)
                    .map(|(policy, kpi)| PolicyJson::of(policy, kpi))
                    .collect(),
            })
            .collect(),
    });
    json::pretty(&ComparisonFile {
        schema_version: SCHEMA_VERSION,
        hpasim_version: env!("CARGO_PKG_VERSION"),
        seeds: run.seeds.iter().map(|seed| seed.0).collect(),
        policies: &comparison.policies,
        currency: run.currency,
        traces: traces.collect(),
        over_all_traces: comparison.verdicts.iter().map(VerdictJson::from).collect(),
        assertions: run.assertions,
    })
    .map(String::into_bytes)
}

#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead,
    engines: &'a [&'static str],
    seeds: Vec<u64>,
    policies: &'a [String],
    traces: Vec<&'a str>,
    inputs: &'a [InputFile],
    request: &'a Request,
    /// Names of the files beside the summary.
    files: &'a [String],
    assumptions: Vec<AssumedOf<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_matters: Option<&'a WhatMatters>,
}

/// `summary.json` of a comparison, with a final newline; `files` stand beside it.
///
/// # Errors
/// None that these types could cause; the type is the JSON writer's.
pub fn comparison_summary(
    run: &ComparisonRun<'_>,
    files: &[String],
) -> Result<Vec<u8>, serde_json::Error> {
    let traces = &run.comparison.traces;
    json::pretty(&SummaryFile {
        head: SummaryHead::of("compare"),
        engines: run.engines,
        seeds: run.seeds.iter().map(|seed| seed.0).collect(),
        policies: &run.comparison.policies,
        traces: traces.iter().map(|trace| trace.trace.as_str()).collect(),
        inputs: run.inputs,
        request: run.request,
        files,
        assumptions: run.assumptions.iter().map(AssumedOf::from).collect(),
        what_matters: run.what_matters,
    })
    .map(String::into_bytes)
}
