//! RangeAnswers of Prometheus to a range query: a matrix of one or more series.
//!
//! `prometheus_answer` finds the series in the text. The name of the metric and its values decide whether it is a counter. Name and
//! labels decide whether it is CPU.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::json_document::read_document;
use super::meaning::StatedMeaning;
use super::notes::Notes;
use super::prometheus_answer::{AnswerSeries, AnswerText, SeriesLabels, metric_name, read_answers};
use super::recognise::Sign;
use super::samples::{Samples, SeriesSamples};
use super::series_sum::sum_of;
use super::{
    FormatReader, Meanings, RateReading, ReadOptions, RecordedText, SeriesChoice, What,
    nothing_there,
};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::trace_text::NANOS_PER_SECOND;

/// The answer of Prometheus to a range query, or several.
pub(super) static RANGE_QUERY: FormatReader = FormatReader {
    title: "Prometheus range query",
    word: "prometheus",
    texts: RecordedText::Json,
    meanings: Meanings::Any,
    has_series: true,
    is_load_test: false,
    recognises: |head| {
        let is_answer = head.has_word("resultType") || head.has_word("errorType");
        // promtool prints only the series.
        let is_bare =
            head.has_word("metric") && (head.has_word("values") || head.has_word("histograms"));
        (is_answer || is_bare).then_some(Sign::Name)
    },
    read: |input, options| read_document(input, |name, text| read(name, text, options)),
};

/// Reads a matrix; several series are summed or chosen.
///
/// # Errors
/// The text is no answer, or has no load.
pub(super) fn read(
    name: &str,
    text: &str,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let document = AnswerText { name, text };
    let answers = read_answers(&document)?;
    let mut warnings: Vec<Diagnostic> = answers.remarks.iter().map(|text| remark(text)).collect();
    let chosen: Vec<&AnswerSeries<'_>> = answers
        .series
        .iter()
        .enumerate()
        .filter(|(index, series)| is_chosen(options.series.as_ref(), *index, &series.labels))
        .map(|(_, series)| series)
        .collect();
    if chosen.is_empty() {
        return Err(no_such_series(
            name,
            &answers.series,
            options.series.as_ref(),
        ));
    }
    let (chosen, is_reduced) = without_whole_pods(whole_histograms(chosen));
    let Some(first) = chosen.first() else {
        return Err(no_such_series(
            name,
            &answers.series,
            options.series.as_ref(),
        ));
    };
    let demand_place = document.place(first.part);
    if let Some(series) = chosen.iter().find(|series| series.is_native_histogram()) {
        return Err(native_histogram(name, &document, series));
    }
    let labels: Vec<&SeriesLabels> = chosen.iter().map(|series| &series.labels).collect();
    let what = what_of(name, &labels, options.what).map_err(|fault| Diagnostic {
        place: Some(Box::new(demand_place.clone())),
        ..fault
    })?;
    if is_reduced {
        warnings.push(counted_twice(&document, first.part));
    }
    let mut notes = Notes::default();
    let mut samples = Vec::new();
    for series in &chosen {
        if metric_name(&series.labels) != metric_name(&first.labels) {
            notes.add(Code::RecordingMixedSeries, || document.place(series.part));
        }
        let read = read_series(&document, series, &mut notes)?;
        if read.values.is_empty() && read.ignored.is_empty() {
            notes.add(Code::RecordingEmptySeries, || document.place(series.part));
        }
        samples.push(read);
    }
    let forms = forms_of(&chosen, &samples);
    for (name, form) in &forms {
        if *form == Form::CounterByValues {
            warnings.push(assumed_counter(name, &document, first.part));
        }
    }
    for (series, samples) in chosen.iter().zip(&mut samples) {
        let form = metric_name(&series.labels).and_then(|name| forms.get(name));
        if form.is_some_and(|form| *form != Form::Gauge) {
            samples.values = rates_of(&samples.values, &document, series.part, &mut notes);
        }
    }
    warnings.extend(notes.into_warnings());
    let rows = sum_of(name, &samples, &mut warnings)?.ok_or_else(|| {
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

fn remark(text: &str) -> Diagnostic {
    Diagnostic {
        code: Code::RecordingRemark,
        message: format!("Prometheus says about the query: {text}"),
        place: None,
        help: "correct the query, or check that the series is the load".to_owned(),
    }
}

fn native_histogram(
    name: &str,
    document: &AnswerText<'_>,
    series: &AnswerSeries<'_>,
) -> Diagnostic {
    let metric = metric_name(&series.labels).unwrap_or("METRIC");
    Diagnostic {
        code: Code::TraceFormat,
        message: format!(
            "the series in `{name}` are native histograms, which have no single value"
        ),
        place: Some(Box::new(document.place(series.part))),
        help: format!("query their counts: sum(histogram_count(rate({metric}[1m])))"),
    }
}

/// The series without those of cAdvisor about a whole pod (without `container`, or with `POD`, the pause container) beside containers;
/// and whether there were such.
fn without_whole_pods<'a, 't>(
    series: Vec<&'a AnswerSeries<'t>>,
) -> (Vec<&'a AnswerSeries<'t>>, bool) {
    let container = |labels: &SeriesLabels| labels.get("container").cloned().unwrap_or_default();
    let is_container = |labels: &SeriesLabels| !matches!(container(labels).as_str(), "" | "POD");
    let is_of_cadvisor = |labels: &SeriesLabels| {
        let name = metric_name(labels).unwrap_or_default();
        name.starts_with("container_")
            || ["pod", "id", "cpu"]
                .iter()
                .any(|it| labels.contains_key(*it))
    };
    let has_containers = series
        .iter()
        .any(|series| is_container(&series.labels) && is_of_cadvisor(&series.labels));
    let before = series.len();
    let kept: Vec<_> = series
        .into_iter()
        .filter(|series| {
            !has_containers || is_container(&series.labels) || !is_of_cadvisor(&series.labels)
        })
        .collect();
    let is_reduced = kept.len() < before;
    (kept, is_reduced)
}

/// Of the buckets of a histogram only the one with all requests, because each bucket includes the smaller ones.
fn whole_histograms<'a, 't>(series: Vec<&'a AnswerSeries<'t>>) -> Vec<&'a AnswerSeries<'t>> {
    let bucket = |series: &AnswerSeries<'_>| series.labels.get("le").cloned();
    let has_whole = series
        .iter()
        .any(|series| bucket(series).as_deref() == Some("+Inf"));
    series
        .into_iter()
        .filter(|series| !has_whole || bucket(series).is_none_or(|bucket| bucket == "+Inf"))
        .collect()
}

fn counted_twice(document: &AnswerText<'_>, part: &RawValue) -> Diagnostic {
    Diagnostic {
        code: Code::RecordingTwice,
        message: "some series are of whole pods (no `container`, or `POD`) beside their containers; hpasim counts only the containers".to_owned(),
        place: Some(Box::new(document.place(part))),
        help: "nothing, or query only the containers: container!=\"\", container!=\"POD\"".to_owned(),
    }
}

fn is_chosen(choice: Option<&SeriesChoice>, index: usize, labels: &SeriesLabels) -> bool {
    match choice {
        None => true,
        Some(SeriesChoice::Number(number)) => index + 1 == *number,
        Some(SeriesChoice::Label { name, value }) => labels.get(name) == Some(value),
        Some(SeriesChoice::Name(name)) => metric_name(labels) == Some(name),
    }
}

fn no_such_series(
    name: &str,
    series: &[AnswerSeries<'_>],
    choice: Option<&SeriesChoice>,
) -> Diagnostic {
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
        .map(|(index, series)| {
            let pairs: Vec<String> = series
                .labels
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

/// The quantity of the chosen series: as `asked`, unless their names or labels say something else.
///
/// # Errors
/// The series do not say what they are, or are no load.
fn what_of(name: &str, series: &[&SeriesLabels], asked: Option<What>) -> Result<What, Diagnostic> {
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

/// How the series of a metric count.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// The value is the load.
    Gauge,
    /// The name says that the value increases until it restarts from 0; its slope is the load.
    Counter,
    /// The values say it.
    CounterByValues,
}

/// Counters of requests whose names do not end in `_total`: kubernetes/ingress-nginx, docs/user-guide/monitoring.md.
const COUNTERS: [&str; 1] = ["nginx_ingress_controller_requests"];
/// Words in the names of gauges that may only rise for a while.
const GAUGE_WORDS: [&str; 22] = [
    "rate",
    "per",
    "rps",
    "qps",
    "current",
    "active",
    "inflight",
    "flight",
    "users",
    "connections",
    "sessions",
    "gauge",
    "avg",
    "mean",
    "max",
    "ratio",
    "replicas",
    "size",
    "usage",
    "queue",
    "load",
    "bytes",
];
/// The fewest samples that show a counter.
const COUNTER_SAMPLES_MIN: usize = 4;

/// How each metric counts, by its name and by all its series; most queries return no name.
fn forms_of<'a>(
    series: &[&'a AnswerSeries<'_>],
    samples: &[SeriesSamples],
) -> BTreeMap<&'a str, Form> {
    let mut forms: BTreeMap<&str, Form> = BTreeMap::new();
    let mut has_risen: BTreeMap<&str, bool> = BTreeMap::new();
    for (series, samples) in series.iter().zip(samples) {
        let Some(name) = metric_name(&series.labels) else {
            continue;
        };
        let is_counter = ["_total", "_count", "_bucket"]
            .iter()
            .any(|end| name.ends_with(end));
        if is_counter || COUNTERS.contains(&name) {
            forms.insert(name, Form::Counter);
            continue;
        }
        let form = forms.entry(name).or_insert(Form::CounterByValues);
        if !may_be_counter(name, &samples.values) {
            *form = Form::Gauge;
        }
        *has_risen.entry(name).or_default() |= rises(&samples.values);
    }
    for (name, form) in &mut forms {
        if *form == Form::CounterByValues && !has_risen.get(name).copied().unwrap_or_default() {
            *form = Form::Gauge;
        }
    }
    forms
}

/// Whether a metric of this name with these values may be a counter: whole numbers that only rise.
fn may_be_counter(name: &str, values: &BTreeMap<i64, f64>) -> bool {
    let is_gauge = |word: &str| GAUGE_WORDS.contains(&word);
    // A recording rule has a colon in its name, and is usually a rate.
    !name.contains(':')
        && !name.split('_').any(is_gauge)
        && values.values().all(|value| value.fract() == 0.0)
        && values
            .values()
            .zip(values.values().skip(1))
            .all(|(before, after)| before <= after)
}

fn rises(values: &BTreeMap<i64, f64>) -> bool {
    let ends = values.values().next().zip(values.values().next_back());
    values.len() >= COUNTER_SAMPLES_MIN && ends.is_some_and(|(first, last)| last > first)
}

fn assumed_counter(metric: &str, document: &AnswerText<'_>, part: &RawValue) -> Diagnostic {
    Diagnostic {
        code: Code::RecordingMeaning,
        message: format!(
            "`{metric}` has whole numbers that only rise, as counters do; hpasim takes the slope"
        ),
        place: Some(Box::new(document.place(part))),
        help: format!(
            "nothing, if it counts; if it does not, query it without its name, as sum({metric})"
        ),
    }
}

/// The samples of a series, whose parts may come from several answers.
fn read_series(
    document: &AnswerText<'_>,
    series: &AnswerSeries<'_>,
    notes: &mut Notes,
) -> Result<SeriesSamples, Diagnostic> {
    let mut samples = Samples::default();
    for values in &series.parts {
        samples.begin_part();
        for part in values {
            let Some((stamp, value)) = document.sample(part) else {
                notes.add(Code::RecordingNotANumber, || document.place(part));
                continue;
            };
            samples.add(stamp, value, notes, || document.place(part))?;
        }
    }
    Ok(samples.into_series())
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
