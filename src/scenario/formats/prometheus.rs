//! The answer of Prometheus to a range query: a matrix of one or more series.
//!
//! Native histograms are not read. The name of the metric decides whether it is a counter. Name and labels decide whether it is CPU.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json_document::{json_fault, place_in, read_document};
use super::meaning::StatedMeaning;
use super::notes::Notes;
use super::recognise::Sign;
use super::samples::Samples;
use super::stamp::{Stamp, parse_stamp, stamp_text};
use super::{
    FormatReader, Meanings, RateReading, ReadOptions, RecordedText, SeriesChoice, What,
    nothing_there,
};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::trace_text::NANOS_PER_SECOND;
use crate::units::parse_number;

/// The answer of Prometheus to a range query.
pub(super) static RANGE_QUERY: FormatReader = FormatReader {
    title: "Prometheus range query",
    word: "prometheus",
    texts: RecordedText::Json,
    meanings: Meanings::Any,
    has_series: true,
    is_load_test: false,
    recognises: |head| {
        (head.has_word("resultType") || head.has_word("errorType")).then_some(Sign::Name)
    },
    read: |input, options| read_document(input, |name, text| read(name, text, options)),
};

#[derive(Deserialize)]
struct QueryAnswer<'t> {
    status: Option<String>,
    error: Option<String>,
    #[serde(borrow)]
    data: Option<Data<'t>>,
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
    metric: BTreeMap<String, String>,
    #[serde(borrow, default)]
    values: Vec<&'t RawValue>,
}

/// The most samples that are summed: series times timestamps.
const SUMMED_MAX: usize = 200_000_000;

/// The text from which parts were borrowed, to find the place of each part.
struct AnswerText<'t> {
    name: &'t str,
    text: &'t str,
}

impl AnswerText<'_> {
    fn place(&self, part: &RawValue) -> Place {
        place_in(self.name, self.text, part)
    }

    fn broken(&self, error: &serde_json::Error) -> Diagnostic {
        json_fault(self.name, self.text, error)
    }
}

/// Reads a matrix; several series are summed or chosen.
fn read(name: &str, text: &str, options: &ReadOptions) -> Result<RateReading, Diagnostic> {
    let document = AnswerText { name, text };
    let answer: QueryAnswer<'_> =
        serde_json::from_str(text).map_err(|error| document.broken(&error))?;
    let data = check_answer(name, answer)?;
    let mut chosen = Vec::new();
    for (index, part) in data.result.iter().enumerate() {
        let series: Series<'_> = serde_json::from_str(part.get()).map_err(|error| Diagnostic {
            place: Some(Box::new(document.place(part))),
            ..document.broken(&error)
        })?;
        if is_chosen(options.series.as_ref(), index, &series.metric) {
            chosen.push((*part, series));
        }
    }
    let Some((first_part, first)) = chosen.first() else {
        return Err(no_such_series(name, &data.result, options.series.as_ref()));
    };
    let demand_place = document.place(first_part);
    let labels: Vec<_> = chosen.iter().map(|(_, series)| &series.metric).collect();
    let what = what_of(name, &labels, options.what).map_err(|fault| Diagnostic {
        place: Some(Box::new(demand_place.clone())),
        ..fault
    })?;
    let first_name = metric_name(&first.metric).map(str::to_owned);
    let mut notes = Notes::default();
    let mut courses = Vec::new();
    for (part, series) in &chosen {
        if metric_name(&series.metric) != first_name.as_deref() {
            notes.add(Code::RecordingMixedSeries, || document.place(part));
        }
        if series.values.is_empty() {
            notes.add(Code::RecordingEmptySeries, || document.place(part));
        }
        let samples = read_series(&document, series, &mut notes)?;
        courses.push(match Form::of(&series.metric) {
            Form::Counter => rates_of(&samples, &document, part, &mut notes),
            Form::Gauge => samples,
        });
    }
    let mut warnings = notes.into_warnings();
    let sum = sum_of(name, &courses, &mut warnings)?;
    let rows = sum.into_rows(&mut warnings).ok_or_else(|| {
        nothing_there(
            name,
            "samples that are numbers",
            "check the query in Prometheus; the metric or a label may have another name",
        )
    })?;
    Ok(RateReading {
        rows,
        what,
        demand_place,
        warnings,
    })
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

/// The name of the metric; an empty name is none, as in Prometheus itself.
fn metric_name(labels: &BTreeMap<String, String>) -> Option<&str> {
    let name = labels.get("__name__").map(|name| name.trim());
    name.filter(|name| !name.is_empty())
}

fn is_chosen(
    choice: Option<&SeriesChoice>,
    index: usize,
    labels: &BTreeMap<String, String>,
) -> bool {
    match choice {
        None => true,
        Some(SeriesChoice::Number(number)) => index + 1 == *number,
        Some(SeriesChoice::Label { name, value }) => labels.get(name) == Some(value),
        Some(SeriesChoice::Name(name)) => metric_name(labels) == Some(name),
    }
}

fn no_such_series(name: &str, series: &[&RawValue], choice: Option<&SeriesChoice>) -> Diagnostic {
    const SHOWN: usize = 5;
    let fault = nothing_there(
        name,
        "series",
        "check the query in Prometheus; the metric or a label may have another name",
    );
    if choice.is_none() || series.is_empty() {
        return fault;
    }
    let mut labels: Vec<String> = series
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(index, part)| {
            let labels = serde_json::from_str::<Series<'_>>(part.get())
                .map(|series| series.metric)
                .unwrap_or_default();
            let pairs: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("{} {{{}}}", index + 1, pairs.join(", "))
        })
        .collect();
    if series.len() > SHOWN {
        labels.push(format!("and {} more", series.len() - SHOWN));
    }
    Diagnostic {
        code: Code::TraceSeries,
        message: format!("`{name}` has no such series"),
        help: format!("the series are {}", labels.join("; ")),
        ..fault
    }
}

/// The sum of several series at each time.
///
/// If a series lacks a sample between its first and its last, its value before stays in effect. Before its first and after its last
/// sample it adds nothing, because the pod did not exist.
fn sum_of(
    name: &str,
    courses: &[BTreeMap<i64, f64>],
    warnings: &mut Vec<Diagnostic>,
) -> Result<Samples, Diagnostic> {
    let mut sum: BTreeMap<i64, f64> = courses
        .iter()
        .flat_map(|course| course.keys().map(|nanos| (*nanos, 0.0)))
        .collect();
    if courses.len().saturating_mul(sum.len()) > SUMMED_MAX {
        return Err(Diagnostic {
            code: Code::TraceTooLarge,
            message: format!("`{name}` has too many series"),
            place: None,
            help: "let Prometheus sum them, with sum(...) in the query".to_owned(),
        });
    }
    let mut held = Held::default();
    for course in courses {
        held.add_to(&mut sum, course);
    }
    warnings.extend(held.warning());
    Ok(Samples::of_sorted(sum))
}

/// Missing samples of single series.
#[derive(Default)]
struct Held {
    count: u64,
    first_nanos: Option<i64>,
}

impl Held {
    fn add_to(&mut self, sum: &mut BTreeMap<i64, f64>, course: &BTreeMap<i64, f64>) {
        let (Some((first, _)), Some((last, _))) =
            (course.first_key_value(), course.last_key_value())
        else {
            return;
        };
        let mut value = 0.0;
        for (nanos, total) in sum.range_mut(first..=last) {
            match course.get(nanos) {
                Some(own) => value = *own,
                None => {
                    self.count += 1;
                    self.first_nanos = Some(self.first_nanos.map_or(*nanos, |at| at.min(*nanos)));
                }
            }
            *total += value;
        }
    }

    fn warning(&self) -> Option<Diagnostic> {
        let first = stamp_text(self.first_nanos?);
        let subject = match self.count {
            1 => "1 sample is".to_owned(),
            count => format!("{count} samples are"),
        };
        Some(Diagnostic {
            code: Code::RecordingGap,
            message: format!(
                "{subject} missing in one series while others have them, the first at {first}; hpasim keeps the value before it"
            ),
            place: None,
            help: "nothing, if scrapes failed; otherwise choose series with --series".to_owned(),
        })
    }
}

/// How a series counts.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// The value is the load.
    Gauge,
    /// The value increases until it restarts from 0; its slope is the load.
    Counter,
}

impl Form {
    /// By the metric's name; most queries return no name.
    fn of(labels: &BTreeMap<String, String>) -> Self {
        let name = metric_name(labels).unwrap_or_default();
        if name.ends_with("_total") || name.ends_with("_count") {
            Self::Counter
        } else {
            Self::Gauge
        }
    }
}

/// The quantity of the chosen series: as `asked`, unless their names or labels say something else.
///
/// # Errors
/// The series do not say what they are, or are no load.
fn what_of(
    name: &str,
    series: &[&BTreeMap<String, String>],
    asked: Option<What>,
) -> Result<What, Diagnostic> {
    let fault = |message: String, help: &str| {
        Err(Diagnostic {
            code: Code::MeaningUnknown,
            message,
            place: None,
            help: help.to_owned(),
        })
    };
    let of_cpu = "state the unit: --what cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or --what cpu-millicores";
    let mut meanings = series
        .iter()
        .map(|labels| StatedMeaning::by_labels(labels.iter()));
    let first = meanings.next().unwrap_or(StatedMeaning::Nothing);
    if meanings.any(|other| other != first) {
        return fault(
            format!("some of the series in `{name}` are CPU or memory, and the others are not"),
            "choose series of one kind with --series",
        );
    }
    match (first, asked) {
        (StatedMeaning::Cpu(_), Some(What::Requests | What::Users)) => fault(
            format!("the series in `{name}` is CPU, so it cannot be read as requests or users"),
            of_cpu,
        ),
        (StatedMeaning::Bytes, Some(What::Requests | What::Users) | None) => fault(
            format!("the series in `{name}` is memory or a size in bytes, which is no load"),
            "record requests per second, users or CPU; --what cpu-cores and cpu-millicores read it as CPU all the same",
        ),
        (_, Some(what)) | (StatedMeaning::Cpu(Some(what)), None) => Ok(what),
        (StatedMeaning::Cpu(None), None) => fault(
            format!("the series in `{name}` is CPU in an unknown unit"),
            of_cpu,
        ),
        (StatedMeaning::Nothing, None)
            if series.iter().all(|labels| metric_name(labels).is_some()) =>
        {
            Ok(What::Requests)
        }
        (StatedMeaning::Nothing, None) => fault(
            format!("`{name}` does not say what its numbers are: a series has no name"),
            "state it: --what requests, users, cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or cpu-millicores",
        ),
    }
}

/// A sample as Prometheus writes it: the time, and the value in quotes.
#[derive(Deserialize)]
struct AnswerSample<'t>(#[serde(borrow)] &'t RawValue, #[serde(borrow)] &'t RawValue);

fn read_series(
    document: &AnswerText<'_>,
    series: &Series<'_>,
    notes: &mut Notes,
) -> Result<BTreeMap<i64, f64>, Diagnostic> {
    let mut samples = Samples::default();
    for part in &series.values {
        let read = serde_json::from_str::<AnswerSample<'_>>(part.get())
            .ok()
            .and_then(|sample| read_sample(&sample));
        let Some((stamp, value)) = read else {
            notes.add(Code::RecordingNotANumber, || document.place(part));
            continue;
        };
        samples.add(stamp, value, notes, || document.place(part))?;
    }
    Ok(samples.into_sorted())
}

/// The time and the value; a value that is no number becomes NaN.
fn read_sample(sample: &AnswerSample<'_>) -> Option<(Stamp, f64)> {
    let stamp = parse_stamp(sample.0.get())?;
    let value = parse_number(sample.1.get().trim_matches('"'));
    Some((stamp, value.unwrap_or(f64::NAN)))
}

/// The slope of a counter between consecutive samples.
fn rates_of(
    samples: &BTreeMap<i64, f64>,
    document: &AnswerText<'_>,
    part: &RawValue,
    notes: &mut Notes,
) -> BTreeMap<i64, f64> {
    samples
        .iter()
        .zip(samples.iter().skip(1))
        .map(|((from, before), (to, after))| {
            let grown = if after < before {
                notes.add(Code::RecordingReset, || document.place(part));
                *after
            } else {
                after - before
            };
            let seconds = to.saturating_sub(*from) as f64 / NANOS_PER_SECOND as f64;
            (*from, grown / seconds)
        })
        .collect()
}
