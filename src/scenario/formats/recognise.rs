//! Which format a recording is in, by its first bytes.
//!
//! Self-imposed limit: the first bytes; a file may still break its format further down.

use std::path::Path;

use super::Format;
use super::stamp::LogDates;
use crate::bounded::RECORDING_LINE_BYTES_MAX;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::manifest::refuse_manifest;
use crate::scenario::secrecy::{is_confidential_json, is_json_of_objects, looks_like_document};

/// Lines that are looked at for a date of an access log.
const LINES_LOOKED_AT: usize = 20;

/// What the first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recognised {
    /// This format.
    Known(Format),
    /// None: what our own reader says about it helps most.
    Unknown,
}

/// Recognises a format by the first bytes of a stream.
///
/// # Errors
/// The bytes are something known that is no recording.
pub(super) fn recognise(name: &str, head: &[u8]) -> Result<Recognised, Diagnostic> {
    let text = String::from_utf8_lossy(head);
    refuse_manifest(Path::new(name), &text)?;
    let text = text.trim_start_matches('\u{feff}');
    let content = text.trim_start();
    if content.starts_with(['{', '[']) {
        return recognise_json(name, content).map(Recognised::Known);
    }
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else {
        return Ok(Recognised::Unknown);
    };
    let columns: Vec<String> = first
        .split(',')
        .map(|column| column.trim().trim_matches('"').to_owned())
        .collect();
    let has = |wanted: &[&str]| {
        wanted
            .iter()
            .all(|name| columns.iter().any(|column| column == name))
    };
    let known = if has(&["metric_name", "timestamp", "metric_value"]) {
        Some(Format::K6Csv)
    } else if has(&["Timestamp", "User Count", "Name"]) {
        Some(Format::Locust)
    } else if has(&["time_s"]) || has(&["timestamp"]) {
        Some(Format::Csv)
    } else if std::iter::once(first)
        .chain(lines)
        .take(LINES_LOOKED_AT)
        .any(|line| LogDates::default().find(line.as_bytes()).is_some())
    {
        Some(Format::AccessLog)
    } else if is_script(content) {
        return Err(Diagnostic {
            code: Code::TraceFormat,
            message: format!("`{name}` looks like a k6 script, which only k6 can run"),
            place: None,
            help: "give its options as JSON: k6 inspect script.js > options.json".to_owned(),
        });
    } else {
        None
    };
    Ok(known.map_or(Recognised::Unknown, Recognised::Known))
}

/// Refuses objects of Kubernetes whatever format is forced: none of them is a recording, and some are Secrets.
///
/// # Errors
/// The bytes are a manifest.
pub(super) fn refuse_objects(name: &str, head: &[u8]) -> Result<(), Diagnostic> {
    let text = String::from_utf8_lossy(head);
    // Labels of a series may be called `kind`.
    if is_json(&text) && !is_json_of_objects(&text) {
        return Ok(());
    }
    refuse_manifest(Path::new(name), &text)
}

/// Whether a stream that is read as `format` looks like something else, so that nothing of it may be shown.
pub(super) fn may_be_confidential(name: &str, format: Format, head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    match format {
        Format::Csv | Format::K6Csv | Format::Locust | Format::AccessLog => {
            looks_like_document(&text)
        }
        Format::K6Json | Format::K6Options | Format::Prometheus => {
            is_confidential_json(&text)
                || recognise_json(name, text.trim_start()).ok() != Some(format)
        }
    }
}

fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with(['{', '['])
}

fn recognise_json(name: &str, content: &str) -> Result<Format, Diagnostic> {
    let first_line = content.lines().next().unwrap_or_default();
    let has = |text: &str, key: &str| text.contains(&format!("\"{key}\""));
    if has(first_line, "type")
        && has(first_line, "metric")
        && (has(first_line, "Point") || has(first_line, "Metric"))
    {
        return Ok(Format::K6Json);
    }
    if has(content, "resultType") || has(content, "errorType") {
        return Ok(Format::Prometheus);
    }
    if ["stages", "scenarios", "executor", "vus", "iterations"]
        .iter()
        .any(|key| has(content, key))
    {
        return Ok(Format::K6Options);
    }
    Err(Diagnostic {
        code: Code::TraceFormat,
        message: format!("`{name}` is JSON, but no recording that is known"),
        place: None,
        help: "known are k6's --out json, k6 options (stages, scenarios) and Prometheus' query_range; --input-format forces one".to_owned(),
    })
}

fn is_script(content: &str) -> bool {
    content.contains("from 'k6")
        || content.contains("from \"k6")
        || content.contains("export const options")
}

/// What our own reader is shown of something unknown: its first lines, the last of them whole.
pub(super) fn whole_lines(head: &[u8]) -> &[u8] {
    match head.iter().rposition(|byte| *byte == b'\n') {
        Some(at) if (head.len() as u64) < RECORDING_LINE_BYTES_MAX => &head[..=at],
        _ => head,
    }
}

/// The fault of something that is no trace.
pub(super) fn no_format(name: &str) -> Diagnostic {
    Diagnostic {
        code: Code::TraceFormat,
        message: format!("`{name}` is neither a trace nor a recording that is known"),
        place: None,
        help: "docs/traces.md lists the formats; --input-format forces one".to_owned(),
    }
}
