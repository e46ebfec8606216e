//! `summary.json` of a backtest.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Backtest, CostOrigin, FoundUsage, QuantityScore, SeedRange};
use crate::results::export::{InputFile, SummaryHead};
use crate::results::verdicts::CheckedAssertion;
use crate::scenario::TraceClock;
use crate::scenario::judged::ScoreKind;
use crate::scenario::recorded::JudgedSpan;
use crate::text::json::pretty;
use crate::text::rounding::readable;
use crate::units::SimTime;

/// What a backtest is about, for its summary.
#[derive(Clone, Debug)]
pub struct BacktestFacts<'a> {
    /// The engine's name.
    pub engine: &'static str,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The policy's name.
    pub policy: &'a str,
    /// What was read.
    pub inputs: &'a [InputFile],
    /// What was asked, as JSON.
    pub request: Value,
    /// The names of the files beside the summary.
    pub files: &'a [String],
    /// The judged time.
    pub span: &'a JudgedSpan,
    /// The clock of the trace, if it has dates.
    pub clock: Option<&'a TraceClock>,
    /// The cost of a request.
    pub usage: &'a FoundUsage,
    /// The assumption that explains most of the difference, if any does; as JSON.
    pub explained_by: Value,
    /// The answer in one sentence.
    pub sentence: &'a str,
    /// What was asserted.
    pub assertions: &'a [CheckedAssertion],
}

#[derive(Serialize)]
struct BacktestSummary<'a> {
    #[serde(flatten)]
    head: SummaryHead,
    engine: &'static str,
    seeds: &'a [u64],
    policy: &'a str,
    inputs: &'a [InputFile],
    request: &'a Value,
    files: &'a [String],
    judged: Value,
    usage: Value,
    left_out: Value,
    scores: Map<String, Value>,
    course: Value,
    explained_by: &'a Value,
    sentence: &'a str,
    #[serde(skip_serializing_if = "<[CheckedAssertion]>::is_empty")]
    assertions: &'a [CheckedAssertion],
}

/// The bytes of `summary.json`.
///
/// # Errors
/// None that the summary's types could cause; the type is the JSON writer's.
pub fn backtest_summary(
    backtest: &Backtest,
    facts: &BacktestFacts<'_>,
) -> serde_json::Result<Vec<u8>> {
    let scores = backtest.scores.iter().map(|score| {
        let name = score.quantity.name().to_owned();
        (name, score_json(score))
    });
    let summary = BacktestSummary {
        head: SummaryHead::of("backtest"),
        engine: facts.engine,
        seeds: &facts.seeds,
        policy: facts.policy,
        inputs: facts.inputs,
        request: &facts.request,
        files: facts.files,
        judged: span_json(facts),
        usage: usage_json(facts)?,
        left_out: serde_json::to_value(&backtest.left_out)?,
        scores: scores.collect(),
        course: course_json(backtest, facts),
        explained_by: &facts.explained_by,
        sentence: facts.sentence,
        assertions: facts.assertions,
    };
    pretty(&summary).map(String::into_bytes)
}

fn score_json(score: &QuantityScore) -> Value {
    let figures = ScoreKind::ALL.into_iter().map(|kind| {
        let value = readable(score.figure(kind));
        (kind.name().to_owned(), Value::from(value))
    });
    let rows = std::iter::once(("rows".to_owned(), Value::from(score.rows)));
    let noise = (
        "noise_floor_p95".to_owned(),
        Value::from(readable(score.noise_p95)),
    );
    Value::Object(rows.chain(figures).chain([noise]).collect())
}

/// A time of the trace: seconds, and the date if there is one.
fn time_json(facts: &BacktestFacts<'_>, time: SimTime) -> Value {
    let date = facts.clock.map(|clock| clock.rfc3339(time));
    json!({ "time_s": readable(time.as_secs_f64()), "timestamp": date })
}

fn span_json(facts: &BacktestFacts<'_>) -> Value {
    let span = facts.span;
    json!({
        "from": time_json(facts, span.from),
        "to": time_json(facts, span.to),
        "simulated_from": time_json(facts, span.simulate_from),
    })
}

fn usage_json(facts: &BacktestFacts<'_>) -> serde_json::Result<Value> {
    let found = facts.usage;
    let (origin, reason) = match &found.origin {
        CostOrigin::Before => ("before", None),
        CostOrigin::Judged => ("fitted", None),
        CostOrigin::Stated(reason) => ("stated", Some(reason)),
    };
    let Some(usage) = &found.usage else {
        return Ok(json!({ "origin": origin, "reason": reason }));
    };
    let mut fields = Map::new();
    fields.insert("origin".to_owned(), Value::from(origin));
    fields.insert("from".to_owned(), time_json(facts, found.from));
    fields.insert("to".to_owned(), time_json(facts, found.to));
    if let Value::Object(fit) = serde_json::to_value(usage)? {
        fields.extend(fit.into_iter().map(|(key, value)| (key, rounded(value))));
    }
    Ok(Value::Object(fields))
}

/// The value with every number as files have it.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            Value::from(readable(number.as_f64().unwrap_or(f64::NAN)))
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(key, value)| (key, rounded(value))).collect())
        }
        other => other,
    }
}

fn course_json(backtest: &Backtest, facts: &BacktestFacts<'_>) -> Value {
    let (recorded, simulated) = (&backtest.recorded_course, &backtest.simulated_course);
    let lead = facts.span.simulate_from - SimTime::ZERO;
    let seconds = |range: Option<SeedRange>| {
        let from_trace = |value: f64| readable(value + lead.as_secs_f64());
        range.map(|it| [it.low, it.median, it.high].map(from_trace))
    };
    let range =
        |range: Option<SeedRange>| range.map(|it| [it.low, it.median, it.high].map(readable));
    let first_rise = recorded
        .first_rise
        .map(|rise| json!({ "at": time_json(facts, rise.time + lead), "by": rise.by }));
    let peak = recorded
        .peak
        .map(|peak| json!({ "at": time_json(facts, peak.time + lead), "replicas": peak.replicas }));
    let of_seeds: BTreeMap<&str, Value> = BTreeMap::from([
        ("rising_seeds", json!(simulated.rising_seeds)),
        (
            "first_rise_time_s",
            json!(seconds(simulated.first_rise_seconds)),
        ),
        ("first_rise_by", json!(range(simulated.first_rise_by))),
        ("peak_time_s", json!(seconds(simulated.peak_seconds))),
        ("peak_replicas", json!(range(simulated.peak_replicas))),
        ("rises", json!(range(simulated.rises))),
        ("falls", json!(range(simulated.falls))),
    ]);
    json!({
        "recorded": {
            "first_rise": first_rise,
            "peak": peak,
            "rises": recorded.rises,
            "falls": recorded.falls,
        },
        // Least, median and greatest of the seeds.
        "simulated": of_seeds,
    })
}
