//! Sums per period as rates: CloudWatch and Artillery.
//!
//! | tool | sum and period | source |
//! |---|---|---|
//! | CloudWatch `get-metric-data` | `Values` at `Timestamps`; the answer does not state the statistic | docs.aws.amazon.com/cli, cloudwatch, get-metric-data |
//! | CloudWatch `get-metric-statistics` | `Sum` or `SampleCount` of `Datapoints`; `Average` and `Maximum` are values | docs.aws.amazon.com/cli, cloudwatch, get-metric-statistics |
//! | Artillery `run --output` | `counters` of `intermediate` from `period` on, 10 s; Artillery 1 has `requestsCompleted` until `timestamp` | artillery.io/docs, "ArtilleryReport file"; djaustin/fyp-server, tests/artillery |
//!
//! A period without a value had no request.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::json_document::{json_fault, read_document};
use super::meaning::StatedMeaning;
use super::notes::Notes;
use super::recognise::Sign;
use super::samples::{Samples, usual_step};
use super::stamp::{Stamp, parse_stamp, stamp_text};
use super::{
    FormatReader, Meanings, RateReading, RateRows, ReadOptions, RecordedText, SeriesChoice, What,
    nothing_there,
};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::trace_text::NANOS_PER_SECOND;
use crate::units::SimSpan;

/// An answer of CloudWatch.
pub(super) static CLOUDWATCH: FormatReader = FormatReader {
    title: "CloudWatch metric",
    word: "cloudwatch",
    texts: RecordedText::Json,
    meanings: Meanings::Any,
    has_series: true,
    is_load_test: false,
    recognises: |head| {
        (head.has_word("MetricDataResults") || head.has_word("Datapoints")).then_some(Sign::Name)
    },
    read: |input, options| read_document(input, |name, text| read_cloudwatch(name, text, options)),
};

/// A report of Artillery.
pub(super) static ARTILLERY: FormatReader = FormatReader {
    title: "Artillery report",
    word: "artillery",
    texts: RecordedText::Json,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: true,
    recognises: |head| {
        (head.has_word("aggregate")
            && (head.has_word("counters") || head.has_word("scenariosCreated")))
        .then_some(Sign::Name)
    },
    read: |input, _| read_document(input, read_artillery),
};

#[derive(Deserialize)]
struct MetricAnswer {
    #[serde(rename = "MetricDataResults")]
    results: Option<Vec<MetricResult>>,
    #[serde(rename = "Label")]
    label: Option<String>,
    #[serde(rename = "Datapoints")]
    points: Option<Vec<BTreeMap<String, Value>>>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct MetricResult {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(rename = "Label", default)]
    label: String,
    #[serde(rename = "Timestamps", default)]
    timestamps: Vec<Value>,
    #[serde(rename = "Values", default)]
    values: Vec<f64>,
}

/// A metric over time.
struct CloudWatchMetric {
    id: String,
    label: String,
    /// `None` if the answer does not state it.
    statistic: Option<&'static str>,
    unit: Option<String>,
    points: Vec<(Option<Stamp>, f64)>,
}

/// The statistics of a data point, the best for counting requests first.
const STATISTICS: [&str; 5] = ["Sum", "SampleCount", "Average", "Maximum", "Minimum"];

fn time_of(value: &Value) -> Option<Stamp> {
    match value {
        Value::String(text) => parse_stamp(text),
        Value::Number(number) => parse_stamp(&number.to_string()),
        _ => None,
    }
}

impl CloudWatchMetric {
    fn of_result(result: MetricResult) -> Self {
        let stamps = result.timestamps.iter().map(time_of);
        Self {
            id: result.id,
            label: result.label,
            statistic: None,
            unit: None,
            points: stamps.zip(result.values).collect(),
        }
    }

    fn of_points(label: Option<String>, points: &[BTreeMap<String, Value>]) -> Self {
        let has = |name: &&str| points.iter().any(|point| point.contains_key(*name));
        let statistic = STATISTICS.into_iter().find(|name| has(name));
        let value = |point: &BTreeMap<String, Value>| {
            point
                .get(statistic.unwrap_or_default())
                .and_then(Value::as_f64)
        };
        let unit = points.iter().find_map(|point| point.get("Unit")?.as_str());
        Self {
            id: String::new(),
            label: label.unwrap_or_default(),
            statistic,
            unit: unit.map(str::to_owned),
            points: points
                .iter()
                .map(|point| {
                    let stamp = point.get("Timestamp").and_then(time_of);
                    (stamp, value(point).unwrap_or(f64::NAN))
                })
                .collect(),
        }
    }

    /// What the numbers are, and whether they are sums of a period.
    ///
    /// # Errors
    /// They are no load, or do not say what they are.
    fn meaning(&self, name: &str, asked: Option<What>) -> Result<(What, bool), Diagnostic> {
        let label = self.label.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| label.contains(word));
        let fault = |message: String, help: &str| Diagnostic {
            code: Code::MeaningUnknown,
            message,
            place: None,
            help: help.to_owned(),
        };
        let unit = self.unit.as_deref().unwrap_or_default();
        let is_share = has(&["utilization", "percent"]) || unit == "Percent";
        let is_counted = matches!(self.statistic, Some("SampleCount"));
        let is_time = has(&["latency", "duration", "responsetime", "response time"])
            || unit.ends_with("econds");
        let meaning = StatedMeaning::by(&self.label);
        if is_share || (is_time && !is_counted) || meaning == StatedMeaning::Bytes {
            return Err(fault(
                format!("`{}` in `{name}` is no load", self.label),
                "ask CloudWatch for a count of requests, such as RequestCount with the statistic Sum; `hpasim trace convert --cpu-utilization` makes demand of a table with utilization and replicas",
            ));
        }
        match (meaning, asked) {
            (StatedMeaning::Cpu(unit), None) => match unit {
                Some(what) => Ok((what, false)),
                None => Err(fault(
                    format!("`{}` in `{name}` is CPU in an unknown unit", self.label),
                    "state the unit: --what cpu-cores or --what cpu-millicores",
                )),
            },
            (_, Some(what @ (What::CpuCores | What::CpuMillicores | What::Users))) => {
                Ok((what, false))
            }
            _ => {
                let is_rate = unit == "Count/Second" || has(&["per second", "/s", "rps"]);
                let is_sum = match self.statistic {
                    Some(statistic) => matches!(statistic, "Sum" | "SampleCount"),
                    None => true,
                };
                Ok((What::Requests, is_sum && !is_rate))
            }
        }
    }
}

fn read_cloudwatch(
    name: &str,
    text: &str,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let mut metrics = Vec::new();
    let mut is_cut = false;
    for answer in serde_json::Deserializer::from_str(text).into_iter::<MetricAnswer>() {
        let answer = answer.map_err(|error| json_fault(name, text, &error))?;
        is_cut = answer.next_token.is_some();
        metrics.extend(
            answer
                .results
                .into_iter()
                .flatten()
                .map(CloudWatchMetric::of_result),
        );
        if let Some(points) = &answer.points {
            metrics.push(CloudWatchMetric::of_points(answer.label, points));
        }
    }
    let is_chosen = |(index, metric): &(usize, &CloudWatchMetric)| match &options.series {
        None => true,
        Some(SeriesChoice::Number(number)) => index + 1 == *number,
        Some(SeriesChoice::Name(name)) => *name == metric.label || *name == metric.id,
        Some(SeriesChoice::Label { value, .. }) => *value == metric.label || *value == metric.id,
    };
    let chosen: Vec<&CloudWatchMetric> = metrics
        .iter()
        .enumerate()
        .filter(is_chosen)
        .map(|(_, metric)| metric)
        .collect();
    let Some(first) = chosen.first() else {
        return Err(no_such_metric(name, &metrics));
    };
    if chosen.iter().any(|metric| metric.label != first.label) {
        return Err(Diagnostic {
            message: format!("`{name}` holds several metrics, and their sum is rarely a load"),
            ..no_such_metric(name, &metrics)
        });
    }
    let (what, is_sum) = first.meaning(name, options.what)?;
    let place = Place::within(name, text, 0..1);
    let mut notes = Notes::default();
    let mut total: BTreeMap<i64, f64> = BTreeMap::new();
    // Pages of one answer have the same metric again.
    let mut series: BTreeMap<&str, Samples> = BTreeMap::new();
    for metric in &chosen {
        let samples = series.entry(metric.id.as_str()).or_default();
        // CloudWatch sorts by descending time, or not at all.
        let mut points: Vec<_> = metric.points.iter().collect();
        points.sort_by_key(|(stamp, _)| stamp.map(|stamp| stamp.nanos));
        for (stamp, value) in points {
            match stamp {
                Some(stamp) => samples.add(*stamp, *value, &mut notes, || place.clone())?,
                None => notes.add(Code::RecordingNotANumber, || place.clone()),
            }
        }
    }
    for samples in series.into_values() {
        for (nanos, value) in samples.into_sorted() {
            *total.entry(nanos).or_default() += value;
        }
    }
    let mut warnings = notes.into_warnings();
    if is_cut {
        warnings.push(cut_answer());
    }
    let rows = match is_sum {
        true => rates_of_sums(&total, None, &mut warnings),
        false => Samples::of_sorted(total).into_rows(&mut warnings),
    };
    let rows = rows.ok_or_else(|| {
        let help = "check namespace, metric, dimensions and times of the query";
        nothing_there(name, "data points", help)
    })?;
    let computed_from = is_sum.then(|| {
        let period = rows.period_text();
        format!(
            "`{}` (sums of {period}, divided by the period)",
            first.label
        )
    });
    let first_stamp = first.points.iter().find_map(|(stamp, _)| *stamp);
    Ok(RateReading {
        rows: RateRows {
            computed_from,
            utc_offset_seconds: first_stamp.and_then(|stamp| stamp.offset_seconds),
            ..rows
        },
        what,
        demand_place: place,
        warnings,
    })
}

fn no_such_metric(name: &str, metrics: &[CloudWatchMetric]) -> Diagnostic {
    const SHOWN: usize = 5;
    if metrics.is_empty() {
        let help = "check namespace, metric, dimensions and times of the query";
        return nothing_there(name, "metrics", help);
    }
    let named: Vec<String> = metrics
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(index, metric)| format!("{} {}", index + 1, metric.label))
        .collect();
    Diagnostic {
        code: Code::TraceSeries,
        message: format!("`{name}` has no such series"),
        place: None,
        help: format!("choose one with --series: {}", named.join("; ")),
    }
}

fn cut_answer() -> Diagnostic {
    Diagnostic {
        code: Code::RecordingGap,
        message: "the answer has a NextToken, so it is only a part of the data".to_owned(),
        place: None,
        help: "let the AWS CLI fetch all pages (without --no-paginate), or append the further pages to the file".to_owned(),
    }
}

/// The rates of sums that begin at these times; `period` is their length, by default the usual distance. A missing sum is 0.
fn rates_of_sums(
    sums: &BTreeMap<i64, f64>,
    period: Option<i64>,
    warnings: &mut Vec<Diagnostic>,
) -> Option<RateRows> {
    let origin = *sums.keys().next()?;
    let times: Vec<i64> = sums.keys().copied().collect();
    let period = period
        .or_else(|| usual_step(&times))
        .unwrap_or(60 * NANOS_PER_SECOND);
    let seconds = period as f64 / NANOS_PER_SECOND as f64;
    let mut rows = RateRows {
        origin: Some(origin),
        ..RateRows::default()
    };
    let (mut end, mut first_gap, mut missing) = (origin, None, 0_i64);
    for (nanos, sum) in sums {
        // Artillery's reporting drifts by a few milliseconds.
        if *nanos > end.saturating_add(period / 2) {
            rows.push(end.saturating_sub(origin), 0.0);
            first_gap.get_or_insert(end);
            missing = missing.saturating_add(nanos.saturating_sub(end) / period);
            rows.gaps += 1;
        }
        rows.push(nanos.saturating_sub(origin), sum / seconds);
        end = nanos.saturating_add(period);
    }
    rows.end = end.saturating_sub(origin);
    if let Some(first) = first_gap {
        let span = SimSpan::from_nanos(period);
        let subject = match missing {
            0 | 1 => "1 period".to_owned(),
            count => format!("{count} periods"),
        };
        warnings.push(Diagnostic {
            code: Code::RecordingGap,
            message: format!(
                "{subject} of {span} without a value, the first at {}; this counts as no load",
                stamp_text(first)
            ),
            place: None,
            help: "nothing, if no request came; a metric of counts has no value for such a period"
                .to_owned(),
        });
    }
    Some(rows)
}

#[derive(Deserialize)]
struct ArtilleryReport {
    #[serde(default)]
    intermediate: Vec<CountedInterval>,
}

/// The counts of ten seconds: those of Artillery 2, or those of Artillery 1.
#[derive(Deserialize)]
struct CountedInterval {
    period: Option<Value>,
    counters: Option<BTreeMap<String, f64>>,
    timestamp: Option<Value>,
    #[serde(rename = "requestsCompleted")]
    completed: Option<f64>,
}

/// Artillery's length of an interval.
const INTERVAL_NANOS: i64 = 10 * NANOS_PER_SECOND;

impl CountedInterval {
    /// The start, and the number of requests.
    fn count(&self) -> Option<(Stamp, f64)> {
        let counters = self.counters.as_ref();
        let counted = counters.and_then(|counters| counters.get("http.requests"));
        if let (Some(period), Some(count)) = (&self.period, counted) {
            return Some((time_of(period)?, *count));
        }
        let end = time_of(self.timestamp.as_ref()?)?;
        let start = Stamp {
            nanos: end.nanos.saturating_sub(INTERVAL_NANOS),
            ..end
        };
        Some((start, self.completed?))
    }
}

fn read_artillery(name: &str, text: &str) -> Result<RateReading, Diagnostic> {
    let report: ArtilleryReport =
        serde_json::from_str(text).map_err(|error| json_fault(name, text, &error))?;
    let place = Place::within(name, text, 0..1);
    let mut notes = Notes::default();
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    for (stamp, count) in report
        .intermediate
        .iter()
        .filter_map(CountedInterval::count)
    {
        if (0.0..=1e12).contains(&count) {
            // Workers report the same period one after the other.
            *sums.entry(stamp.nanos).or_default() += count;
        } else {
            notes.add(Code::RecordingNotANumber, || place.clone());
        }
    }
    let mut warnings = notes.into_warnings();
    let rows = rates_of_sums(&sums, Some(INTERVAL_NANOS), &mut warnings).ok_or_else(|| {
        Diagnostic {
            code: Code::TraceFormat,
            ..nothing_there(
                name,
                "requests over time (`http.requests` in `intermediate`)",
                "use the file of `artillery run --output`, whose `intermediate` has the counts of every ten seconds",
            )
        }
    })?;
    Ok(RateReading {
        rows,
        what: What::Requests,
        demand_place: place,
        warnings,
    })
}
