//! `hpasim replay FILE...`: does the core decide as the real controller did?
//!
//! Self-imposed limit: files in, a report out; the comparison is `conformance`'s.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::choices::{OutputFormat, page_or_json};
use super::error::{CommandError, Completion};
use super::files::all_or_faults;
use super::screen::Screen;
use crate::conformance::{FileReport, RecordingError, replay_recording};
use crate::files::open_input;
use crate::render::replay::{render_replay, replay_json};
use crate::scenario::NamedBy;
use crate::search::in_order::{all_cores, collect_in_order};

/// Replay recorded decisions of the real controller through the HPA core.
#[derive(Args, Debug)]
pub(super) struct ReplayArgs {
    /// Recordings: JSON Lines, plain or gzip
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Leave a category of scenarios out (an id up to its last '-'); may be given several times
    #[arg(long, value_name = "CATEGORY")]
    ignore: Vec<String>,
    /// How the report is written
    #[arg(
        long,
        value_parser = page_or_json("table", "Tables for people", "One JSON object"),
        default_value = "table"
    )]
    format: OutputFormat,
}

/// Replays, reports, and says whether all agrees.
pub(super) fn run(arguments: &ReplayArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let ignored: BTreeSet<String> = arguments.ignore.iter().cloned().collect();
    let replay = |path: &PathBuf| replay_file(path, &ignored);
    let reports = all_or_faults(collect_in_order(&arguments.files, all_cores(), replay))?;
    for report in &reports {
        note_unknown_keys(report, screen);
    }
    for category in &ignored {
        let found = reports
            .iter()
            .any(|report| report.ignored_categories.contains_key(category));
        if !found {
            screen.note(&format!(
                "warning: --ignore {category}: no recording has this category"
            ));
        }
    }
    match arguments.format {
        OutputFormat::Json => screen.print_data(&replay_json(&reports)?)?,
        _ => screen.print(&render_replay(&reports, &ignored))?,
    }
    let complete = reports.iter().all(|report| report.agreement.is_complete());
    Ok(if complete {
        Completion::Done
    } else {
        Completion::AssertionFailed
    })
}

fn replay_file(path: &Path, ignored: &BTreeSet<String>) -> Result<FileReport, CommandError> {
    let recording =
        open_input(path, NamedBy::User).map_err(|error| CommandError::unreadable(path, error))?;
    replay_recording(&path.display().to_string(), recording.file, ignored).map_err(|error| {
        match error {
            RecordingError::Read { line: 1, source } if source.raw_os_error().is_some() => {
                CommandError::unreadable(path, source)
            }
            error => CommandError::bad_file(path, &error),
        }
    })
}

fn note_unknown_keys(report: &FileReport, screen: &mut Screen) {
    if report.unknown_keys.is_empty() {
        return;
    }
    let total: usize = report.unknown_keys.values().sum();
    let keys: Vec<String> = report
        .unknown_keys
        .iter()
        .map(|(key, count)| format!("{key} ({count})"))
        .collect();
    screen.note(&format!(
        "warning: {}: {total} unknown keys were passed over: {}",
        report.file,
        keys.join(", ")
    ));
}
