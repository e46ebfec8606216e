//! An import without a server: files of requests, CPU and replicas.

use std::path::{Path, PathBuf};

use super::ImportArgs;
use crate::cli::error::CommandError;
use crate::cli::screen::Screen;
use crate::files::RememberingLoader;
use crate::prometheus::gathered::GatheredSeries;
use crate::prometheus::queries::ImportQuantity;
use crate::prometheus::span::StepSpan;
use crate::results::imported::{RecordedSeries, gathered_series};
use crate::scenario::formats::joined::{UsageSeries, read_usage_series};
use crate::scenario::{LoadedFile, Loader};

/// The recordings of an import.
pub(super) struct Recordings {
    /// Their names for people.
    pub(super) origin: String,
    /// The files as they were read.
    pub(super) files: Vec<LoadedFile>,
    series: Vec<RecordedSeries>,
}

/// The files of two quantities have no dates, or no time in common.
#[derive(Debug, thiserror::Error)]
#[error("the files have no time in common; give recordings of the same day, with dates")]
struct NoCommonDay;

/// A recording counts its time from its start.
#[derive(Debug, thiserror::Error)]
#[error(
    "it has no dates, which an import needs; `hpasim trace convert` keeps those of a recording"
)]
struct NoDates;

/// Times before this are counted from the start of a recording, and are no dates: March 1973 in seconds since 1970.
const FIRST_DATE: f64 = 1e8;

impl Recordings {
    /// The recordings that the arguments name; `None` if they name none.
    ///
    /// # Errors
    /// A file cannot be read, or is another quantity.
    pub(super) fn read(
        arguments: &ImportArgs,
        screen: &mut Screen,
    ) -> Result<Option<Self>, CommandError> {
        let rps = arguments.rps.as_deref().map(Path::new);
        let named = [
            (rps, UsageSeries::Rate, &[ImportQuantity::Requests][..]),
            (
                arguments.cpu.as_deref(),
                UsageSeries::Cpu,
                &[ImportQuantity::Cpu],
            ),
            (
                arguments.replicas.as_deref(),
                UsageSeries::Replicas,
                &[
                    ImportQuantity::CurrentReplicas,
                    ImportQuantity::ReadyReplicas,
                ],
            ),
        ];
        let mut recordings = Self {
            origin: String::new(),
            files: Vec::new(),
            series: Vec::new(),
        };
        let mut loader = RememberingLoader::default();
        for (path, kind, quantities) in named {
            let Some(path) = path else { continue };
            let (rows, warnings) =
                read_usage_series(path, kind, &mut loader).map_err(CommandError::Input)?;
            arguments.quiet.warn(&warnings, screen);
            if rows.first().is_some_and(|row| row.time_s < FIRST_DATE) {
                return Err(CommandError::bad_file(path, &NoDates));
            }
            let bytes = loader
                .read(path)
                .map_err(|error| CommandError::unreadable(path, error))?;
            recordings.files.push(LoadedFile {
                path: path.to_owned(),
                bytes,
            });
            let gap = if recordings.origin.is_empty() {
                ""
            } else {
                ", "
            };
            recordings
                .origin
                .push_str(&format!("{gap}{}", path.display()));
            let values: Vec<(f64, f64)> = rows
                .iter()
                .filter_map(|row| {
                    Some((
                        row.time_s,
                        row.rps
                            .or(row.cpu_millicores.map(|it| it / 1e3))
                            .or(row.replicas)?,
                    ))
                })
                .collect();
            for quantity in quantities {
                recordings.series.push(RecordedSeries {
                    quantity: *quantity,
                    file: path.display().to_string(),
                    values: values.clone(),
                });
            }
        }
        Ok((!recordings.series.is_empty()).then_some(recordings))
    }

    /// The time that all files have.
    ///
    /// # Errors
    /// They have none in common.
    pub(super) fn common_time(&self) -> Result<(i64, i64), CommandError> {
        let mut common = (f64::NEG_INFINITY, f64::INFINITY);
        for series in &self.series {
            let first = series.values.first().map_or(0.0, |(time, _)| *time);
            let last = series.values.last().map_or(0.0, |(time, _)| *time);
            common = (common.0.max(first), common.1.min(last));
        }
        if common.0 >= common.1 {
            return Err(CommandError::bad_input(NoCommonDay));
        }
        Ok((common.0.ceil() as i64, common.1.floor() as i64))
    }

    /// The values at the steps of a span.
    pub(super) fn gathered(&self, span: StepSpan) -> GatheredSeries {
        gathered_series(&self.series, span)
    }

    /// The files.
    pub(super) fn paths(arguments: &ImportArgs) -> Vec<PathBuf> {
        let rps = arguments
            .rps
            .as_ref()
            .filter(|_| arguments.server.prometheus.is_none());
        let files = [
            rps.map(PathBuf::from),
            arguments.cpu.clone(),
            arguments.replicas.clone(),
        ];
        files.into_iter().flatten().collect()
    }
}
