//! The folder of a run: each file appears whole or not at all, `summary.json` last.
//!
//! Self-imposed limit: bytes into files; the folder knows no contents but the
//! `inputs` of the summary that it may find.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::atomic_file::write_whole;
use super::error::CommandError;
use super::files::open_input;
use super::sweep_plots::PLOT_NAMES;
use crate::bounded::{SUMMARY_BYTES_MAX, read_whole};
use crate::results::export::InputFile;
use crate::scenario::{LoadError, NamedBy};

/// The mark of completeness.
pub(super) const SUMMARY: &str = "summary.json";
/// One row every interval.
pub(super) const TIMELINE: &str = "timeline.csv";
/// The histogram of latency.
pub(super) const LATENCY: &str = "latency.csv";
/// One line every reconcile.
pub(super) const DECISIONS: &str = "decisions.jsonl";
/// The picture in vectors.
pub(super) const PLOT_SVG: &str = "plot.svg";
/// The picture in pixels.
pub(super) const PLOT_PNG: &str = "plot.png";
/// A comparison, a row for each KPI and policy.
pub(super) const COMPARISON_CSV: &str = "comparison.csv";
/// The same for programs.
pub(super) const COMPARISON_JSON: &str = "comparison.json";
/// Every policy on the front of a tuning.
pub(super) const FRONT_CSV: &str = "front.csv";
/// What a tuning proposes, for kubectl.
pub(super) const PATCH: &str = "patch.yaml";
/// The same as a policy of its own.
pub(super) const PROPOSED_TOML: &str = "proposed.toml";
/// Which parameter matters, in pixels.
pub(super) const SENSITIVITY_PNG: &str = "sensitivity.png";
/// The same in vectors.
pub(super) const SENSITIVITY_SVG: &str = "sensitivity.svg";
/// Everything that a command writes beside the summary, pictures of several traces apart.
const RUN_FILES: [&str; 12] = [
    TIMELINE,
    LATENCY,
    DECISIONS,
    PLOT_SVG,
    PLOT_PNG,
    COMPARISON_CSV,
    COMPARISON_JSON,
    FRONT_CSV,
    PATCH,
    PROPOSED_TOML,
    SENSITIVITY_PNG,
    SENSITIVITY_SVG,
];

/// Whether a summary that lists this name may stand for its removal.
fn is_ours(name: &str) -> bool {
    let is_picture = name.starts_with("plot-")
        && (name.ends_with(".svg") || name.ends_with(".png"))
        && !name.contains(['/', '\\']);
    is_picture || RUN_FILES.contains(&name)
}

/// Whether a run or a sweep makes files of this name anew. A sweep's rows are not among them: they may be continued.
fn is_made_anew(name: &str) -> bool {
    RUN_FILES.contains(&name) || PLOT_NAMES.contains(&name)
}

/// What may be done to the results of other inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overwrite {
    /// They stay, and the command is refused.
    Refuse,
    /// `--force`: they go.
    Force,
}

/// A folder that a run's files go to. What was written goes again unless the run is completed.
#[derive(Debug)]
pub(super) struct OutputFolder {
    path: PathBuf,
    /// Names that were written and are not yet part of a whole run.
    unfinished: Vec<String>,
}

/// What an earlier run left, by its summary.
#[derive(Debug, Deserialize)]
struct FoundSummary {
    inputs: Vec<FoundInput>,
    #[serde(default)]
    files: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct FoundInput {
    path: String,
}

/// What is in the folder before a run.
enum Found {
    /// Nothing of the names that a run writes.
    Room,
    /// Files of such names, but no summary: not hpasim's, or not whole.
    Strangers(String),
    /// An earlier run.
    Run(FoundSummary),
}

impl OutputFolder {
    /// Makes the folder, or takes it over from an earlier run of the same inputs.
    ///
    /// An earlier run's files go first, its summary before all, so that the
    /// folder is not whole until [`OutputFolder::complete`]. Files that no run
    /// of hpasim left are not touched without [`Overwrite::Force`].
    pub(super) fn open(
        path: &Path,
        inputs: &[InputFile],
        overwrite: Overwrite,
    ) -> Result<Self, CommandError> {
        let folder = Self {
            path: path.to_owned(),
            unfinished: Vec::new(),
        };
        let found = folder.look();
        if overwrite == Overwrite::Refuse {
            folder.refuse_others(&found, inputs)?;
        }
        std::fs::create_dir_all(path).map_err(|error| write_error(path, error))?;
        folder.remove(SUMMARY)?;
        if let Found::Run(summary) = found {
            for name in &summary.files {
                if is_made_anew(name) || is_ours(name) {
                    folder.remove(name)?;
                }
            }
        }
        Ok(folder)
    }

    /// Where a file of this name would be.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file under a temporary name, then gives it its own.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let target = self.file(name);
        write_whole(&target, bytes).map_err(|error| write_error(&target, error))?;
        self.unfinished.push(name.to_owned());
        Ok(())
    }

    /// Writes the summary: the folder is whole now.
    pub(super) fn complete(&mut self, summary: &[u8]) -> Result<(), CommandError> {
        self.write(SUMMARY, summary)?;
        self.unfinished.clear();
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), CommandError> {
        let target = self.file(name);
        match std::fs::remove_file(&target) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(write_error(&target, error)),
            _ => Ok(()),
        }
    }

    /// The summary that is there; empty where it is nothing that a run wrote, as a pipe.
    fn read_summary(&self) -> Option<Vec<u8>> {
        let path = self.file(SUMMARY);
        match open_input(&path, NamedBy::Policy) {
            Ok(open) => read_whole(open.file, SUMMARY_BYTES_MAX).ok(),
            Err(LoadError::NotRegular(_) | LoadError::Folder) => Some(Vec::new()),
            Err(_) => None,
        }
    }

    fn look(&self) -> Found {
        if let Some(text) = self.read_summary() {
            return match serde_json::from_slice(&text) {
                Ok(summary) => Found::Run(summary),
                Err(_) => Found::Strangers(SUMMARY.to_owned()),
            };
        }
        let stranger = RUN_FILES.iter().find(|name| self.file(name).exists());
        stranger.map_or(Found::Room, |name| Found::Strangers((*name).to_owned()))
    }

    fn refuse_others(&self, found: &Found, inputs: &[InputFile]) -> Result<(), CommandError> {
        let other = match found {
            Found::Room => return Ok(()),
            Found::Strangers(name) => {
                format!("a {name} that no run of hpasim completed")
            }
            Found::Run(summary) => {
                let same = summary.inputs.len() == inputs.len()
                    && summary
                        .inputs
                        .iter()
                        .zip(inputs)
                        .all(|(found, input)| is_same_file(&found.path, &input.path));
                if same {
                    return Ok(());
                }
                let names: Vec<&str> = summary
                    .inputs
                    .iter()
                    .map(|input| input.path.as_str())
                    .collect();
                format!("the run of {}", names.join(", "))
            }
        };
        Err(CommandError::OtherRun {
            folder: self.path.clone(),
            other,
        })
    }
}

impl Drop for OutputFolder {
    /// A run that did not come to its end leaves nothing behind.
    fn drop(&mut self) {
        for name in &self.unfinished {
            // There is nobody to tell but the error that is on its way already.
            let _ = std::fs::remove_file(self.file(name));
        }
    }
}

fn write_error(path: &Path, error: std::io::Error) -> CommandError {
    CommandError::Write {
        path: path.to_owned(),
        error,
    }
}

fn is_same_file(one: &str, other: &str) -> bool {
    let place = |path: &str| std::fs::canonicalize(path).ok();
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}
