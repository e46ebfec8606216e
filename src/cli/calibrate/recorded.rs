//! `calibrate` by a recording over time: one table, or a file for each series.

use std::path::Path;

use super::CalibrateArgs;
use crate::cli::choices::OutputFormat;
use crate::cli::error::{CommandError, Completion};
use crate::cli::screen::Screen;
use crate::files::FileLoader;
use crate::render::usage::{render_usage, usage_json};
use crate::results::usage::{UsageRow, UsageSettings, fit_usage};
use crate::scenario::clock::TraceClock;
use crate::scenario::formats::joined::{UsageSeries, UsageTable, read_usage_series};
use crate::units::SimTime;

/// A recording with the files that it is from.
pub(super) struct RecordedUsage {
    file: String,
    rows: Vec<UsageRow>,
    has_dates: bool,
}

/// Two files that have no time in common.
#[derive(Debug, thiserror::Error)]
#[error("its times do not meet those of `{other}`: {here} here, {there} there")]
struct NoCommonTime {
    other: String,
    here: String,
    there: String,
}

/// The recording in the files of `--rps` and `--cpu`; `None` if these are not given.
pub(super) fn read_series(
    arguments: &CalibrateArgs,
    screen: &mut Screen,
) -> Result<Option<RecordedUsage>, CommandError> {
    let (Some(rps), Some(cpu)) = (&arguments.rps, &arguments.cpu) else {
        return Ok(None);
    };
    join(rps, cpu, arguments.replicas.as_deref(), screen).map(Some)
}

impl RecordedUsage {
    /// The recording in the table at `path`, whose warnings are printed.
    pub(super) fn of_table(path: &Path, table: UsageTable, screen: &mut Screen) -> Self {
        screen.warn(&table.warnings);
        Self {
            file: path.display().to_string(),
            rows: table.rows,
            has_dates: table.has_dates,
        }
    }
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
                here: in_words(span),
                there: in_words((other_from, other_to)),
            };
            return Err(CommandError::bad_file(path, &fault));
        }
        joined.extend(rows);
    }
    let replicas = replicas.map(|path| format!(" and {}", path.display()));
    let cpu_and = if replicas.is_some() { ", " } else { " and " };
    Ok(RecordedUsage {
        file: format!(
            "{}{cpu_and}{}{}",
            rps.display(),
            cpu.display(),
            replicas.unwrap_or_default()
        ),
        rows: joined,
        has_dates: true,
    })
}

/// A span as two dates in UTC.
fn in_words((from, to): (f64, f64)) -> String {
    let date = |seconds: f64| {
        TraceClock::starting_at((seconds * 1e9) as i64, None)
            .map_or_else(|| seconds.to_string(), |clock| clock.rfc3339(SimTime::ZERO))
    };
    format!("{} to {}", date(from), date(to))
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
    let zone = arguments.timezone.as_ref();
    if zone.is_some() && !recorded.has_dates {
        return Err(CommandError::usage(
            "the recording has no dates, so `--timezone` says nothing; leave it out",
        ));
    }
    let start = recorded.rows.first().map_or(0.0, |row| row.time_s);
    let settings = UsageSettings {
        cpu_limit_millicores: arguments.limit.map(|limit| limit.0 as f64),
        utc_offset_seconds: zone.map_or(0, |zone| zone.offset_seconds_at(start)),
    };
    let fit = fit_usage(&recorded.rows, &settings)
        .map_err(|error| CommandError::bad_file(Path::new(&recorded.file), &error))?;
    let hours_in = match zone {
        Some(zone) => zone.to_string(),
        None if recorded.has_dates => "UTC".to_owned(),
        None => "from `time_s` = 0".to_owned(),
    };
    match arguments.format {
        OutputFormat::Json => screen.print_data(&usage_json(&recorded.file, fit, &hours_in)?)?,
        _ => screen.print(&render_usage(&recorded.file, &fit, &hours_in))?,
    }
    Ok(Completion::Done)
}
