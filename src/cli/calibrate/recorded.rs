//! `calibrate` by a recording over time: one table, or a file for each series.

use std::path::Path;

use super::CalibrateArgs;
use crate::cli::choices::OutputFormat;
use crate::cli::error::{CommandError, Completion};
use crate::cli::screen::Screen;
use crate::files::FileLoader;
use crate::render::usage::{render_usage, usage_json};
use crate::results::usage::{UsageRow, UsageSettings, fit_usage};
use crate::scenario::STANDARD_INPUT;
use crate::scenario::formats::joined::{UsageSeries, read_usage_series, read_usage_table};

/// A recording with the files that it is from.
pub(super) struct RecordedUsage {
    file: String,
    rows: Vec<UsageRow>,
}

/// Two files that have no time in common.
#[derive(Debug, thiserror::Error)]
#[error(
    "its times do not meet those of `{other}`: {from:.0} to {to:.0} here, {other_from:.0} to {other_to:.0} there (seconds since 1970)"
)]
struct NoCommonTime {
    other: String,
    from: f64,
    to: f64,
    other_from: f64,
    other_to: f64,
}

/// The recording that the arguments name; `None` if they name probes.
pub(super) fn read(
    arguments: &CalibrateArgs,
    screen: &mut Screen,
) -> Result<Option<RecordedUsage>, CommandError> {
    match (&arguments.rps, &arguments.cpu) {
        (Some(rps), Some(cpu)) => {
            let replicas = arguments.replicas.as_deref();
            join(rps, cpu, replicas, screen).map(Some)
        }
        _ => read_table(&arguments.probes),
    }
}

fn read_table(paths: &[std::path::PathBuf]) -> Result<Option<RecordedUsage>, CommandError> {
    // Standard input can be read once only, and is a probe.
    let [path] = paths else { return Ok(None) };
    if path == Path::new(STANDARD_INPUT) || !path.is_file() {
        return Ok(None);
    }
    let Ok(Some(rows)) = read_usage_table(path, &mut FileLoader) else {
        // The reader of probes says what is wrong.
        return Ok(None);
    };
    Ok(Some(RecordedUsage {
        file: path.display().to_string(),
        rows,
    }))
}

fn join(
    rps: &Path,
    cpu: &Path,
    replicas: Option<&Path>,
    screen: &mut Screen,
) -> Result<RecordedUsage, CommandError> {
    let files = [
        (Some(rps), UsageSeries::Rate),
        (Some(cpu), UsageSeries::Cpu),
        (replicas, UsageSeries::Replicas),
    ];
    let mut joined: Vec<UsageRow> = Vec::new();
    let mut first: Option<(f64, f64)> = None;
    for (path, series) in files {
        let Some(path) = path else { continue };
        let read = read_usage_series(path, series, &mut FileLoader);
        let (rows, warnings) = read.map_err(CommandError::Input)?;
        screen.warn(&warnings);
        let span = span_of(&rows);
        let (other_from, other_to) = *first.get_or_insert(span);
        if span.0 > other_to || span.1 < other_from {
            let fault = NoCommonTime {
                other: rps.display().to_string(),
                from: span.0,
                to: span.1,
                other_from,
                other_to,
            };
            return Err(CommandError::bad_file(path, &fault));
        }
        joined.extend(rows);
    }
    Ok(RecordedUsage {
        file: format!("{} and {}", rps.display(), cpu.display()),
        rows: joined,
    })
}

fn span_of(rows: &[UsageRow]) -> (f64, f64) {
    let time = |row: Option<&UsageRow>| row.map_or(0.0, |row| row.time_s);
    (time(rows.first()), time(rows.last()))
}

/// Fits and prints.
pub(super) fn report(
    recorded: &RecordedUsage,
    arguments: &CalibrateArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    if arguments.machine.is_some() {
        return Err(CommandError::usage(
            "a recording is of the machines that serve; leave `--machine` out",
        ));
    }
    let settings = UsageSettings {
        cpu_limit_millicores: arguments.limit.map(|limit| limit.0 as f64),
        utc_offset_seconds: 0,
    };
    let fit = fit_usage(&recorded.rows, &settings)
        .map_err(|error| CommandError::bad_file(Path::new(&recorded.file), &error))?;
    match arguments.format {
        OutputFormat::Json => screen.print_data(&usage_json(&recorded.file, &fit)?)?,
        _ => screen.print(&render_usage(&recorded.file, &fit))?,
    }
    Ok(Completion::Done)
}
