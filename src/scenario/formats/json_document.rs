//! Recordings that are one JSON document: reading the whole text, and the fault of invalid JSON.

use std::path::Path;

use serde_json::value::RawValue;

use super::input::Input;
use super::{RateReading, Recorded};
use crate::bounded::DOCUMENT_BYTES_MAX;
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::scenario::file_fault::text_of;
use crate::scenario::secrecy::is_confidential_json;

/// Reads the whole stream, and parses its text with `read`, which also gets the stream's name.
///
/// # Errors
/// The stream cannot be read, or `read` fails.
pub(super) fn read_document(
    input: Input<'_>,
    read: impl FnOnce(&str, &str) -> Result<RateReading, Diagnostic>,
) -> Result<Recorded, Diagnostics> {
    let name = input.name.clone();
    let exposure = input.exposure.clone();
    let bytes = input
        .read_whole(DOCUMENT_BYTES_MAX)
        .map_err(Diagnostics::one)?;
    let text = text_of(Path::new(&name), &bytes).map_err(Diagnostics::one)?;
    let reading = read(&name, text);
    if reading
        .as_ref()
        .map_or(true, |reading| !reading.warnings.is_empty())
        && is_confidential_json(text)
    {
        exposure.end();
    }
    reading.map(Recorded::Rates).map_err(Diagnostics::one)
}

/// The place of a part that was borrowed from `text`.
pub(super) fn place_in(name: &str, text: &str, part: &RawValue) -> Place {
    /// The longest part that a diagnostic marks as a whole; for a longer one the first byte suffices.
    const PART_BYTES_SHOWN: usize = 100;
    let start = (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let length = match part.get().len() {
        long if long > PART_BYTES_SHOWN => 1,
        short => short,
    };
    Place::within(name, text, start..start + length)
}

/// The fault of a text that is not the expected JSON.
pub(super) fn json_fault(name: &str, text: &str, error: &serde_json::Error) -> Diagnostic {
    let line_start = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let at = line_start + error.column().saturating_sub(1);
    let reason = error.to_string();
    let what = reason.split(" at line ").next().unwrap_or(&reason);
    Diagnostic {
        code: Code::TraceJson,
        message: format!("this JSON is not valid here: {what}"),
        place: Some(Box::new(Place::within(name, text, at..at + 1))),
        help: "check that the file is complete; `jq . FILE` checks whether it is JSON".to_owned(),
    }
}
