//! `hpasim replay FILE...`: does the core decide as the real controller did?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::choices::{OutputFormat, TABLE_OR_JSON, one_of};
use super::error::{CommandError, Completion};
use super::files::all_or_faults;
use super::screen::Screen;
use crate::conformance::{FileReport, RecordingError, replay_recording};
use crate::files::open_input;
use crate::hpa::rules::{RELEASE_NAMES, Release};
use crate::render::replay::{render_replay, replay_json};
use crate::scenario::NamedBy;
use crate::search::in_order::{all_cores, collect_in_order};

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim replay recorded.jsonl.gz
  hpasim replay recorded.jsonl.gz --ignore scale-to-zero --format json";

/// Replay recorded decisions of the real controller through the HPA core.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReplayArgs {
    /// Recordings: JSON Lines, plain or gzip
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ignore a category of scenarios (an id up to its last '-'); repeatable
    #[arg(long, value_name = "CATEGORY")]
    ignore: Vec<String>,
    /// The release whose rules replay, such as 1.35 [default: as each recording's source says]
    #[arg(long, value_name = "RELEASE", value_parser = one_of_releases())]
    kubernetes: Option<Release>,
    /// What to print
    #[arg(long, value_parser = one_of(TABLE_OR_JSON), default_value = "table")]
    format: OutputFormat,
}

/// Replays, reports, and says whether all agrees.
pub(super) fn run(arguments: &ReplayArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let ignored: BTreeSet<String> = arguments.ignore.iter().cloned().collect();
    let replay = |path: &PathBuf| replay_file(path, &ignored, arguments.kubernetes);
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

/// The releases by their names, as `[controller] kubernetes` takes them.
fn one_of_releases() -> impl TypedValueParser<Value = Release> {
    PossibleValuesParser::new(RELEASE_NAMES.map(|(name, _)| name))
        .try_map(|name| name.parse::<Release>())
}

fn replay_file(
    path: &Path,
    ignored: &BTreeSet<String>,
    release: Option<Release>,
) -> Result<FileReport, CommandError> {
    let recording =
        open_input(path, NamedBy::User).map_err(|error| CommandError::unreadable(path, error))?;
    replay_recording(
        &path.display().to_string(),
        recording.file,
        ignored,
        release,
    )
    .map_err(|error| match error {
        RecordingError::Read { line: 1, source } if source.raw_os_error().is_some() => {
            CommandError::unreadable(path, source)
        }
        error => CommandError::bad_file(path, &error),
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
        "warning: {}: hpasim ignored {total} unknown {}: {}",
        report.file,
        if total == 1 { "key" } else { "keys" },
        keys.join(", ")
    ));
}
