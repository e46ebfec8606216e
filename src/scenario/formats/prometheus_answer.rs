//! The series in the text of one or more answers of Prometheus.
//!
//! A text holds an answer of the HTTP API (prometheus.io/docs, "HTTP API", "Range queries"), several of them one after another or in
//! an array, or only their series, as `promtool query range -o json` prints them. A series of several answers is one series.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json_document::{json_fault, place_in};
use super::stamp::{Stamp, parse_stamp};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::units::parse_number;

/// The labels of a series, `__name__` among them.
pub(super) type SeriesLabels = BTreeMap<String, String>;

/// The name of a series.
pub(super) fn metric_name(labels: &SeriesLabels) -> Option<&str> {
    let name = labels.get("__name__").map(|name| name.trim());
    name.filter(|name| !name.is_empty())
}

/// A series, perhaps in parts.
pub(super) struct AnswerSeries<'t> {
    /// Its labels.
    pub(super) labels: SeriesLabels,
    /// Its first part in the text.
    pub(super) part: &'t RawValue,
    /// The samples of each part.
    pub(super) parts: Vec<Vec<&'t RawValue>>,
    has_histograms: bool,
}

impl AnswerSeries<'_> {
    /// Whether its samples are native histograms.
    pub(super) fn is_native_histogram(&self) -> bool {
        self.has_histograms && self.parts.iter().all(Vec::is_empty)
    }
}

/// The content of a text.
#[derive(Default)]
pub(super) struct RangeAnswers<'t> {
    /// The series in their order.
    pub(super) series: Vec<AnswerSeries<'t>>,
    /// What Prometheus says about the query, each text once.
    pub(super) remarks: Vec<String>,
    /// The series by their labels and by their number among those with the same labels in one answer.
    by_labels: BTreeMap<(SeriesLabels, usize), usize>,
}

#[derive(Deserialize)]
struct QueryAnswer<'t> {
    status: Option<String>,
    error: Option<String>,
    #[serde(borrow)]
    data: Option<Data<'t>>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
struct Data<'t> {
    #[serde(rename = "resultType")]
    result_type: Option<String>,
    #[serde(borrow, default)]
    result: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Series<'t> {
    #[serde(default)]
    metric: SeriesLabels,
    #[serde(borrow, default)]
    values: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    histograms: Vec<&'t RawValue>,
}

/// A sample as Prometheus writes it: the time, and the value in quotes.
#[derive(Deserialize)]
struct AnswerSample<'t>(#[serde(borrow)] &'t RawValue, #[serde(borrow)] &'t RawValue);

/// The text from which parts were borrowed, to find the place of each part.
pub(super) struct AnswerText<'t> {
    /// The name of the text.
    pub(super) name: &'t str,
    /// The text.
    pub(super) text: &'t str,
}

impl AnswerText<'_> {
    /// The place of a part.
    pub(super) fn place(&self, part: &RawValue) -> Place {
        place_in(self.name, self.text, part)
    }

    /// The time and the value of a sample; a value that is no number becomes NaN.
    pub(super) fn sample(&self, part: &RawValue) -> Option<(Stamp, f64)> {
        let AnswerSample(time, value) = serde_json::from_str(part.get()).ok()?;
        let stamp = parse_stamp(time.get())?;
        let value = parse_number(value.get().trim_matches('"'));
        Some((stamp, value.unwrap_or(f64::NAN)))
    }

    fn broken(&self, error: &serde_json::Error, part: Option<&RawValue>) -> Diagnostic {
        let fault = json_fault(self.name, self.text, error);
        match part {
            Some(part) => Diagnostic {
                place: Some(Box::new(self.place(part))),
                ..fault
            },
            None => fault,
        }
    }
}

/// Finds the series.
///
/// # Errors
/// The text is not JSON, or an answer is an error of Prometheus or no matrix.
pub(super) fn read_answers<'t>(document: &AnswerText<'t>) -> Result<RangeAnswers<'t>, Diagnostic> {
    let mut answers = RangeAnswers::default();
    for value in serde_json::Deserializer::from_str(document.text).into_iter::<&RawValue>() {
        let value = value.map_err(|error| document.broken(&error, None))?;
        if value.get().starts_with('[') {
            let values: Vec<&RawValue> = serde_json::from_str(value.get())
                .map_err(|error| document.broken(&error, Some(value)))?;
            let (series, others): (Vec<_>, Vec<_>) =
                values.into_iter().partition(|it| is_series(it));
            answers.add_all(document, &series)?;
            for answer in others {
                answers.add_answer(document, answer)?;
            }
        } else if is_series(value) {
            answers.add_all(document, &[value])?;
        } else {
            answers.add_answer(document, value)?;
        }
    }
    Ok(answers)
}

/// Whether a value is a series and not an answer.
fn is_series(value: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Bare<'t> {
        #[serde(borrow)]
        metric: Option<&'t RawValue>,
    }
    serde_json::from_str::<Bare<'_>>(value.get()).is_ok_and(|bare| bare.metric.is_some())
}

impl<'t> RangeAnswers<'t> {
    fn add_answer(
        &mut self,
        document: &AnswerText<'t>,
        value: &'t RawValue,
    ) -> Result<(), Diagnostic> {
        let answer: QueryAnswer<'t> = serde_json::from_str(value.get())
            .map_err(|error| document.broken(&error, Some(value)))?;
        for remark in answer.warnings.iter().chain(&answer.infos) {
            if !self.remarks.contains(remark) {
                self.remarks.push(remark.clone());
            }
        }
        let data = check_answer(document.name, answer)?;
        self.add_all(document, &data.result)
    }

    /// Adds the series of one answer.
    fn add_all(
        &mut self,
        document: &AnswerText<'t>,
        parts: &[&'t RawValue],
    ) -> Result<(), Diagnostic> {
        let mut seen: BTreeMap<SeriesLabels, usize> = BTreeMap::new();
        for part in parts {
            let Series {
                metric,
                values,
                histograms,
            } = serde_json::from_str(part.get())
                .map_err(|error| document.broken(&error, Some(part)))?;
            let number = seen.entry(metric.clone()).or_default();
            let key = (metric.clone(), *number);
            *number += 1;
            let index = *self.by_labels.entry(key).or_insert(self.series.len());
            if index == self.series.len() {
                self.series.push(AnswerSeries {
                    labels: metric,
                    part,
                    parts: Vec::new(),
                    has_histograms: false,
                });
            }
            let series = &mut self.series[index];
            series.parts.push(values);
            series.has_histograms |= !histograms.is_empty();
        }
        Ok(())
    }
}

/// # Errors
/// The answer is an error of Prometheus, or not a matrix.
fn check_answer<'t>(name: &str, answer: QueryAnswer<'t>) -> Result<Data<'t>, Diagnostic> {
    let fault = |message: String, help: &str| Diagnostic {
        code: Code::TraceFormat,
        message,
        place: None,
        help: help.to_owned(),
    };
    if answer.status.as_deref() == Some("error") {
        let error = answer.error.unwrap_or_default();
        return Err(fault(
            format!("`{name}` holds an error from Prometheus: {error}"),
            "correct the query, and run it again",
        ));
    }
    let Some(data) = answer.data else {
        return Err(fault(
            format!("`{name}` has no `data`, which every answer of Prometheus has"),
            "use the complete answer of /api/v1/query_range",
        ));
    };
    match data.result_type.as_deref() {
        Some("matrix") | None => Ok(data),
        Some(other) => Err(fault(
            format!("`{name}` holds a {other}, which has no values over time"),
            "use /api/v1/query_range (with start, end and step) instead of /api/v1/query",
        )),
    }
}
