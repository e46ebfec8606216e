//! The format of a recording, recognised by its first bytes.

use std::borrow::Cow;
use std::path::Path;

use serde::de::IgnoredAny;

use super::input::Input;
use super::log_parts::joined;
use super::summaries::summary_fault;
use super::{RecordedText, RecordingFormat};
use crate::bounded::RECORDING_LINE_BYTES_MAX;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::manifest::refuse_manifest;
use crate::scenario::secrecy::{is_confidential_json, is_json_of_objects, looks_like_document};
use crate::scenario::trace_header::is_known_column;
use crate::units::parse_number;

/// How certain a sign of a format is, the most certain first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Several names of the format in one layout.
    Layout,
    /// A name that only this format has.
    Name,
    /// A sign that other formats may have too.
    Hint,
}

/// The first bytes of a stream, in the form that formats test.
pub(super) struct StreamHead<'h> {
    /// The text from the first visible character on.
    content: &'h str,
    /// The lines that are not empty and not comments.
    lines: Vec<&'h str>,
    /// The columns in the first of these lines.
    columns: Vec<&'h str>,
}

impl<'h> StreamHead<'h> {
    pub(super) fn of(text: &'h str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .collect();
        let columns = lines.first().map_or_else(Vec::new, |first| {
            let column = |column: &'h str| column.trim().trim_matches('"');
            first.split(',').map(column).collect()
        });
        Self {
            content: text.trim_start(),
            lines,
            columns,
        }
    }

    /// Whether the text begins like JSON: with an object, or an array of objects or arrays. A line of a log may begin with a bracket too.
    pub(super) fn is_json(&self) -> bool {
        match self.content.strip_prefix('[') {
            Some(inside) => {
                let inside = inside.trim_start();
                inside.is_empty() || inside.starts_with(['{', '[', ']'])
            }
            None => self.content.starts_with('{'),
        }
    }

    /// Whether the first object is a line of its own, perhaps in an array.
    pub(super) fn is_one_object_a_line(&self) -> bool {
        let Some(line) = self.lines.iter().find(|line| line.contains('{')) else {
            return false;
        };
        let object = line.trim().trim_start_matches('[').trim_end_matches(']');
        let object = object.trim_end_matches(',');
        serde_json::from_str::<IgnoredAny>(object).is_ok()
    }

    /// The text from the first visible character on.
    pub(super) fn content(&self) -> &'h str {
        self.content
    }

    /// Whether the text contains this text.
    pub(super) fn has_text(&self, text: &str) -> bool {
        self.content.contains(text)
    }

    /// Whether the first line contains all these texts.
    pub(super) fn first_line_has_all(&self, texts: &[&str]) -> bool {
        let first = self.lines.first();
        first.is_some_and(|line| texts.iter().all(|text| line.contains(text)))
    }

    /// Whether a line begins with this text.
    pub(super) fn has_line_start(&self, start: &str) -> bool {
        self.content.lines().any(|line| line.starts_with(start))
    }

    /// Whether the header has all these columns.
    pub(super) fn has_columns(&self, wanted: &[&str]) -> bool {
        wanted.iter().all(|name| self.columns.contains(name))
    }

    /// Whether the text contains this JSON string.
    pub(super) fn has_word(&self, word: &str) -> bool {
        holds(self.content, word)
    }

    /// Whether the first line contains this JSON string.
    pub(super) fn first_line_has_word(&self, word: &str) -> bool {
        holds(self.content.lines().next().unwrap_or_default(), word)
    }

    /// The lines that are not empty and not comments.
    pub(super) fn lines(&self) -> &[&'h str] {
        &self.lines
    }

    /// Whether the first lines have the same number of separators, or the first one is only numbers.
    fn is_table(&self) -> bool {
        const LINES_COMPARED: usize = 10;
        let Some(first) = self.lines.first() else {
            return false;
        };
        let count = |line: &str, separator: char| line.matches(separator).count();
        let has_same = |separator: char| {
            count(first, separator) > 0
                && self
                    .lines
                    .iter()
                    .take(LINES_COMPARED)
                    .all(|line| count(line, separator) == count(first, separator))
        };
        let is_number = |text: &str| parse_number(text.trim()).is_some();
        [',', ';', '\t'].into_iter().any(has_same)
            || first.split([',', ';', '\t']).all(is_number)
            || self.columns.iter().any(|name| is_known_column(name))
    }

    /// Whether a line holds a time of day.
    fn has_clock_times(&self) -> bool {
        let is_clock = |window: &[u8]| {
            window.iter().enumerate().all(|(at, byte)| match at {
                2 | 5 => *byte == b':',
                _ => byte.is_ascii_digit(),
            })
        };
        self.lines
            .iter()
            .any(|line| line.as_bytes().windows(8).any(is_clock))
    }

    /// The format with the most certain sign.
    fn format(&self) -> Option<RecordingFormat> {
        let texts = match self.is_json() {
            true => RecordedText::Json,
            false => RecordedText::Table,
        };
        RecordingFormat::ALL
            .into_iter()
            .filter(|format| format.0.texts == texts || format.0.texts == RecordedText::Lines)
            .filter_map(|format| Some(((format.0.recognises)(self)?, format)))
            .min_by_key(|(sign, _)| *sign)
            .map(|(_, format)| format)
    }
}

fn holds(text: &str, word: &str) -> bool {
    text.contains(&format!("\"{word}\""))
}

/// The format of a stream by its first bytes, or by more of them if these show none; `None` if the faults of hpasim's own reader are
/// the most useful.
///
/// # Errors
/// The bytes are in a known format that is not a recording, or the stream cannot be read.
pub(super) fn recognise(input: &mut Input<'_>) -> Result<Option<RecordingFormat>, Diagnostic> {
    let text = head_text(&input.head);
    refuse_manifest(Path::new(&input.name), &text)?;
    let head = StreamHead::of(&text);
    if let Some(format) = head.format() {
        return Ok(Some(format));
    }
    // A server may write any number of lines before the first request.
    if input.has_more_head() {
        input.extend_head()?;
        let text = head_text(&input.head);
        if let Some(format) = StreamHead::of(&text).format() {
            return Ok(Some(format));
        }
    }
    let text = head_text(&input.head);
    match unknown(&input.name, &StreamHead::of(&text)) {
        Some(fault) => Err(fault),
        None => Ok(None),
    }
}

/// The text of the first bytes, with the parts of split lines joined.
pub(super) fn head_text(head: &[u8]) -> Cow<'_, str> {
    joined(String::from_utf8_lossy(head))
}

/// The fault of a text in no known format; `None` for a table, whose faults hpasim's own reader finds.
fn unknown(name: &str, head: &StreamHead<'_>) -> Option<Diagnostic> {
    if let Some(fault) = summary_fault(name, head.content) {
        return Some(fault);
    }
    let (message, help) = if head.is_json() {
        (
            format!("`{name}` is JSON, but not in a known format"),
            "the known formats are logs of objects with a time (--time-field names its key), and the output of k6, Prometheus, CloudWatch, vegeta and Artillery",
        )
    } else if head.lines.is_empty() || head.content.contains('\0') {
        return None;
    } else if is_script(head.content) {
        (
            format!("`{name}` looks like a k6 script, which only k6 can run"),
            "export its options as JSON: k6 inspect script.js > options.json",
        )
    } else if head.is_table() {
        return None;
    } else if head.has_clock_times() {
        (
            format!("`{name}` looks like a log, but no line has the date of a request"),
            "use the access log, whose dates look like [10/Oct/2025:13:55:36 -0700], or JSON lines with a time; convert another log to `time_s,rps`",
        )
    } else {
        return Some(no_format(name));
    };
    Some(Diagnostic {
        code: Code::TraceFormat,
        message,
        place: None,
        help: help.to_owned(),
    })
}

/// Refuses Kubernetes objects, whatever format the user forces: they are not recordings, and some are Secrets.
///
/// # Errors
/// The bytes are a manifest.
pub(super) fn refuse_objects(name: &str, head: &[u8]) -> Result<(), Diagnostic> {
    let text = String::from_utf8_lossy(head);
    // A label of a series may have the name `kind`.
    if StreamHead::of(&text).is_json() && !is_json_of_objects(&text) {
        return Ok(());
    }
    refuse_manifest(Path::new(name), &text)
}

/// Whether a stream may hold confidential JSON, whose lines diagnostics must not print.
pub(super) fn is_confidential_log(format: RecordingFormat, head: &[u8]) -> bool {
    format.0.texts == RecordedText::Lines && is_confidential_json(&String::from_utf8_lossy(head))
}

/// Whether a stream that is read as `format` looks like another format, so that diagnostics must not print any of it.
pub(super) fn may_be_confidential(format: RecordingFormat, head: &[u8]) -> bool {
    let text = head_text(head);
    let head = StreamHead::of(&text);
    if format.0.texts == RecordedText::Json || head.is_json() {
        is_confidential_json(&text) || head.format() != Some(format)
    } else {
        looks_like_document(&text)
    }
}

fn is_script(content: &str) -> bool {
    content.contains("from 'k6")
        || content.contains("from \"k6")
        || content.contains("export const options")
}

/// The first whole lines of an unknown stream, for hpasim's own reader.
pub(super) fn whole_lines(head: &[u8]) -> &[u8] {
    match head.iter().rposition(|byte| *byte == b'\n') {
        Some(at) if (head.len() as u64) < RECORDING_LINE_BYTES_MAX => &head[..=at],
        _ => head,
    }
}

/// The fault of an unknown format.
pub(super) fn no_format(name: &str) -> Diagnostic {
    Diagnostic {
        code: Code::TraceFormat,
        message: format!("`{name}` is neither a trace nor a recording in a known format"),
        place: None,
        help: "a trace is CSV with a header, such as `time_s,rps`; `hpasim trace info --help` lists the formats of recordings"
            .to_owned(),
    }
}
