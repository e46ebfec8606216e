//! The format of a recording, recognised by its first bytes.

use std::path::Path;

use super::RecordingFormat;
use crate::bounded::RECORDING_LINE_BYTES_MAX;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::manifest::refuse_manifest;
use crate::scenario::secrecy::{is_confidential_json, is_json_of_objects, looks_like_document};

/// The number of lines that are read.
const LINES_LOOKED_AT: usize = 20;

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

    /// Whether the text begins like JSON.
    fn is_json(&self) -> bool {
        self.content.starts_with(['{', '['])
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

    /// The first lines that are not empty.
    pub(super) fn lines(&self) -> &[&'h str] {
        &self.lines
    }

    /// The format with the most certain sign, among the JSON formats or among the others.
    fn format(&self, is_json: bool) -> Option<RecordingFormat> {
        RecordingFormat::ALL
            .into_iter()
            .filter(|format| format.0.is_json == is_json)
            .filter_map(|format| Some(((format.0.recognises)(self)?, format)))
            .min_by_key(|(sign, _)| *sign)
            .map(|(_, format)| format)
    }
}

fn holds(text: &str, word: &str) -> bool {
    text.contains(&format!("\"{word}\""))
}

/// The format of a stream by its first bytes; `None` if the faults of hpasim's own reader are the most useful.
///
/// # Errors
/// The bytes are in a known format that is not a recording.
pub(super) fn recognise(name: &str, head: &[u8]) -> Result<Option<RecordingFormat>, Diagnostic> {
    let text = String::from_utf8_lossy(head);
    refuse_manifest(Path::new(name), &text)?;
    let head = StreamHead::of(&text);
    let is_json = head.is_json();
    match head.format(is_json) {
        None if is_json => Err(Diagnostic {
            code: Code::TraceFormat,
            message: format!("`{name}` is JSON, but not in a known format"),
            place: None,
            help: "the known formats are k6's --out json, k6 options (stages, scenarios) and Prometheus' query_range; `hpasim trace convert --input-format` forces a format".to_owned(),
        }),
        None if !head.lines.is_empty() && is_script(head.content) => Err(Diagnostic {
            code: Code::TraceFormat,
            message: format!("`{name}` looks like a k6 script, which only k6 can run"),
            place: None,
            help: "export its options as JSON: k6 inspect script.js > options.json".to_owned(),
        }),
        known => Ok(known),
    }
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

/// Whether a stream that is read as `format` looks like another format, so that diagnostics must not print any of it.
pub(super) fn may_be_confidential(format: RecordingFormat, head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    if format.0.is_json {
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
        help: "name the format with --input-format; `hpasim trace info --help` lists the formats"
            .to_owned(),
    }
}
