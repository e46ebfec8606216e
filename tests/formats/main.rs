//! Recordings as traces: the trace of each format, its warnings, and its faults.

use hpasim::render::diagnostic::render_diagnostics;
use hpasim::render::paint::Colour;
use hpasim::scenario::formats::csv_text::{to_csv, trace_csv};
use hpasim::scenario::formats::shape::{Shaping, shape};
use hpasim::scenario::formats::{ReadOptions, Recording, What, read_recording};
use hpasim::scenario::{ClockZone, Code, Diagnostics};
use hpasim::units::SimTime;

#[path = "../fixtures/faults.rs"]
mod faults;

mod docs;
mod files;
mod fuzz;
mod json_logs;
mod k6;
mod load_tests;
mod locust;
mod logs;
mod periods;
mod prometheus;
mod series;
mod shaping;
mod utilization;

use faults::codes_and_places;

/// The trace of a recording as text, with its warnings; or its faults.
fn told(bytes: impl AsRef<[u8]>) -> String {
    told_with(bytes, &ReadOptions::default(), &Shaping::default())
}

/// The same with options.
fn told_with(bytes: impl AsRef<[u8]>, options: &ReadOptions, shaping: &Shaping) -> String {
    let recording = read_recording("in", bytes.as_ref(), options)
        .and_then(|recording| shape(recording, shaping).map_err(Diagnostics::one));
    match recording {
        Ok(recording) => {
            let warnings = Diagnostics {
                list: recording.warnings.clone(),
                ..Diagnostics::default()
            };
            let warnings = render_diagnostics(&warnings, Colour::Plain);
            format!("{}{warnings}", with_seconds(&recording))
        }
        Err(diagnostics) => render_diagnostics(&diagnostics, Colour::Plain),
    }
}

/// The trace as CSV, with times from its start, which are easier to read than dates.
fn with_seconds(recording: &Recording) -> String {
    let dated = to_csv(recording, None);
    let comment = dated.lines().next().unwrap_or_default();
    let utc = ClockZone::parse("UTC").expect("a zone");
    let origin = recording
        .clock_in(Some(&utc))
        .map_or_else(String::new, |clock| {
            format!("; time_s 0 is {}", clock.rfc3339(SimTime::ZERO))
        });
    let comment = format!("{}{origin}", comment.trim_start_matches("# "));
    trace_csv(&comment, &recording.trace, None)
}

/// The same for users instead of requests.
fn told_as(what: What, bytes: impl AsRef<[u8]>) -> String {
    let options = ReadOptions {
        what: Some(what),
        ..ReadOptions::default()
    };
    told_with(bytes, &options, &Shaping::default())
}

fn read(bytes: impl AsRef<[u8]>) -> Recording {
    read_recording("in", bytes.as_ref(), &ReadOptions::default()).expect("a recording")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("packed");
    packer.finish().expect("packed")
}
