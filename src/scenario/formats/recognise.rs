//! Which format a recording is in, by its first bytes.
//!
//! Self-imposed limit: the first bytes; a file may still break its format further down.

use std::path::Path;

use super::RecordingFormat;
use crate::bounded::RECORDING_LINE_BYTES_MAX;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::manifest::refuse_manifest;
use crate::scenario::secrecy::{is_confidential_json, is_json_of_objects, looks_like_document};

/// Lines that are looked at.
const LINES_LOOKED_AT: usize = 20;

/// How surely a stream is in a format, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Several names that belong to it stand together.
    Layout,
    /// A name of its own is there.
    Name,
    /// Something is there that other formats may have, too.
    Hint,
}

/// The first bytes of a stream as formats look at them.
pub(super) struct StreamHead<'h> {
    /// From the first character on that is seen.
    content: &'h str,
    /// Lines that hold something and are no comments.
    lines: Vec<&'h str>,
    /// The columns that the first of them names.
    columns: Vec<&'h str>,
}

impl<'h> StreamHead<'h> {
    fn of(text: &'h str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .take(LINES_LOOKED_AT)
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

    /// Whether it begins as JSON does.
    fn is_json(&self) -> bool {
        self.content.starts_with(['{', '['])
    }

    /// Whether its header has all these columns.
    pub(super) fn has_columns(&self, wanted: &[&str]) -> bool {
        wanted.iter().all(|name| self.columns.contains(name))
    }

    /// Whether a text of JSON stands in it.
    pub(super) fn has_word(&self, word: &str) -> bool {
        holds(self.content, word)
    }

    /// Whether a text of JSON stands in its first line.
    pub(super) fn first_line_has_word(&self, word: &str) -> bool {
        holds(self.content.lines().next().unwrap_or_default(), word)
    }

    /// Its first lines that hold something.
    pub(super) fn lines(&self) -> &[&'h str] {
        &self.lines
    }

    /// The format that it shows the surest sign of, among those that are JSON or those that are not.
    fn format(&self, is_json: bool) -> Option<RecordingFormat> {
        RecordingFormat::ALL
            .into_iter()
            .filter(|format| format.0.is_json() == is_json)
            .filter_map(|format| Some((format.0.recognises(self)?, format)))
            .min_by_key(|(sign, _)| *sign)
            .map(|(_, format)| format)
    }
}

fn holds(text: &str, word: &str) -> bool {
    text.contains(&format!("\"{word}\""))
}

/// The format of a stream by its first bytes; `None` where what our own reader says about it helps most.
///
/// # Errors
/// The bytes are something known that is no recording.
pub(super) fn recognise(name: &str, head: &[u8]) -> Result<Option<RecordingFormat>, Diagnostic> {
    let text = String::from_utf8_lossy(head);
    refuse_manifest(Path::new(name), &text)?;
    let head = StreamHead::of(&text);
    let is_json = head.is_json();
    match head.format(is_json) {
        None if is_json => Err(Diagnostic {
            code: Code::TraceFormat,
            message: format!("`{name}` is JSON, but no recording that is known"),
            place: None,
            help: "known are k6's --out json, k6 options (stages, scenarios) and Prometheus' query_range; --input-format forces one".to_owned(),
        }),
        None if !head.lines.is_empty() && is_script(head.content) => Err(Diagnostic {
            code: Code::TraceFormat,
            message: format!("`{name}` looks like a k6 script, which only k6 can run"),
            place: None,
            help: "give its options as JSON: k6 inspect script.js > options.json".to_owned(),
        }),
        known => Ok(known),
    }
}

/// Refuses objects of Kubernetes whatever format is forced: none of them is a recording, and some are Secrets.
///
/// # Errors
/// The bytes are a manifest.
pub(super) fn refuse_objects(name: &str, head: &[u8]) -> Result<(), Diagnostic> {
    let text = String::from_utf8_lossy(head);
    // Labels of a series may be called `kind`.
    if StreamHead::of(&text).is_json() && !is_json_of_objects(&text) {
        return Ok(());
    }
    refuse_manifest(Path::new(name), &text)
}

/// Whether a stream that is read as `format` looks like something else, so that nothing of it may be shown.
pub(super) fn may_be_confidential(format: RecordingFormat, head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    if format.0.is_json() {
        is_confidential_json(&text) || StreamHead::of(&text).format(true) != Some(format)
    } else {
        looks_like_document(&text)
    }
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
        help: "name the format with --input-format; `hpasim trace info --help` lists the formats"
            .to_owned(),
    }
}
