//! The text that `promtool query range` prints without `-o json`, as the JSON that it prints with it.
//!
//! ```text
//! up{instance="web:80", job="web"} =>
//! 1 @[1796089715.767]
//! 1 @[1796089717.767]
//! ```
//!
//! Source: the output of promtool 2.42 (github.com/prometheus/common, model.SampleStream). Each line of the text becomes a line of the
//! JSON, so places keep their line.

use serde_json::{Map, Value, json};

use super::json_document::read_document;
use super::prometheus::read;
use super::recognise::Sign;
use super::{FormatReader, Meanings, RecordedText, nothing_there};
use crate::scenario::diagnostic::{Diagnostic, Place};
use crate::units::parse_number;

/// The text of promtool.
pub(super) static PROMTOOL_TEXT: FormatReader = FormatReader {
    title: "promtool range query",
    word: "promtool-text",
    texts: RecordedText::Lines,
    meanings: Meanings::Any,
    has_series: true,
    is_load_test: false,
    recognises: |head| {
        let mut lines = head.lines().iter();
        let has_series = lines.next().is_some_and(|line| labels_of(line).is_some());
        let has_sample = lines.next().is_some_and(|line| sample_of(line).is_some());
        (has_series && has_sample).then_some(Sign::Layout)
    },
    read: |input, options| {
        read_document(input, |name, text| {
            let json = as_json(text).ok_or_else(|| no_series(name))?;
            let in_text = |fault: Diagnostic| with_place_in(name, text, fault);
            let mut reading = read(name, &json, options).map_err(in_text)?;
            reading.warnings = reading.warnings.into_iter().map(in_text).collect();
            reading.demand_place = place_in_text(name, text, &reading.demand_place);
            Ok(reading)
        })
    },
};

fn no_series(name: &str) -> Diagnostic {
    let help = "use the output of `promtool query range`, or better that of `promtool query range -o json`";
    nothing_there(name, "series as promtool prints them", help)
}

/// The series as an array, with as many lines as the text. `None` for another text.
fn as_json(text: &str) -> Option<String> {
    let mut json = String::from("[");
    let mut end = "]";
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(labels) = labels_of(line) {
            let is_first = end == "]";
            let is_histogram = lines.peek().is_some_and(|line| line.starts_with('{'));
            let samples = if is_histogram { "histograms" } else { "values" };
            json.push_str(if is_first { "" } else { "]}," });
            json.push_str(&format!("{{\"metric\":{labels},\"{samples}\":["));
            end = "]}]";
        } else if let Some((value, time)) = sample_of(line) {
            json.push_str(&format!("[{time},{}]", json!(value)));
            let is_last = lines.peek().is_none_or(|next| sample_of(next).is_none());
            json.push_str(if is_last { "" } else { "," });
        } else if !line.trim().is_empty() {
            return None;
        }
        json.push('\n');
    }
    json.push_str(end);
    (end != "]").then_some(json)
}

/// The labels of a series, from `name{label="value", ...} =>`.
fn labels_of(line: &str) -> Option<Value> {
    let series = line.trim_end().strip_suffix("=>")?.trim_end();
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let mut metric = Map::new();
    let is_name =
        |name: &str| !name.contains(|letter: char| letter.is_whitespace() || letter == '"');
    if !is_name(name) {
        return None;
    }
    if !name.is_empty() {
        metric.insert("__name__".to_owned(), name.into());
    }
    let mut rest = labels;
    while let Some((label, quoted)) = rest.split_once('=') {
        let mut values = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
        let value = values.next()?.ok()?;
        metric.insert(label.trim().to_owned(), value.into());
        let after = quoted.get(values.byte_offset()..)?;
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    rest.is_empty().then_some(Value::Object(metric))
}

/// The value and the time of `1 @[1796089715.767]`.
fn sample_of(line: &str) -> Option<(&str, &str)> {
    let (value, time) = line.trim_end().strip_suffix(']')?.rsplit_once(" @[")?;
    parse_number(time).is_some().then_some((value, time))
}

/// The same finding about the line of the text.
fn with_place_in(name: &str, text: &str, fault: Diagnostic) -> Diagnostic {
    Diagnostic {
        place: fault
            .place
            .map(|place| Box::new(place_in_text(name, text, &place))),
        ..fault
    }
}

/// The line of the text at the place of the JSON.
fn place_in_text(name: &str, text: &str, place: &Place) -> Place {
    let mut lines = text.split_inclusive('\n');
    let start: usize = lines
        .by_ref()
        .take(place.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let length = lines.next().map_or(0, |line| line.trim_end().len());
    Place::within(name, text, start..start + length)
}
