//! The folder of a run: each file appears whole or not at all, `summary.json` last.
//!
//! Self-imposed limit: bytes into files; the folder knows no contents but the
//! `inputs` of the summary that it may find.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::atomic_file::write_whole;
use super::error::CommandError;
use crate::results::export::InputFile;

/// The mark of completeness.
pub(super) const SUMMARY: &str = "summary.json";

/// What may be done to the results of other inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overwrite {
    /// They stay, and the command is refused.
    Refuse,
    /// `--force`: they go.
    Force,
}

/// A folder that a run's files go to.
#[derive(Debug)]
pub(super) struct OutputFolder {
    path: PathBuf,
}

/// What a summary says of where it came from.
#[derive(Debug, Deserialize)]
struct FoundSummary {
    inputs: Vec<FoundInput>,
}

#[derive(Debug, Deserialize)]
struct FoundInput {
    path: String,
}

impl OutputFolder {
    /// Makes the folder, or takes it over from an earlier run of the same inputs.
    ///
    /// An earlier run's summary goes first, so that the folder is not whole until
    /// [`OutputFolder::complete`].
    pub(super) fn open(
        path: &Path,
        inputs: &[InputFile],
        overwrite: Overwrite,
    ) -> Result<Self, CommandError> {
        let folder = Self {
            path: path.to_owned(),
        };
        if overwrite == Overwrite::Refuse {
            folder.refuse_other_run(inputs)?;
        }
        std::fs::create_dir_all(path).map_err(|error| write_error(path, error))?;
        folder.remove(SUMMARY)?;
        Ok(folder)
    }

    /// Where a file of this name would be.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file under a temporary name, then gives it its own.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let target = self.file(name);
        write_whole(&target, bytes).map_err(|error| write_error(&target, error))
    }

    /// Removes a file that an earlier run left and this one does not write.
    pub(super) fn remove(&self, name: &str) -> Result<(), CommandError> {
        let target = self.file(name);
        match std::fs::remove_file(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(write_error(&target, error))
            }
            _ => Ok(()),
        }
    }

    /// Writes the summary: the folder is whole now.
    pub(super) fn complete(&self, summary: &[u8]) -> Result<(), CommandError> {
        self.write(SUMMARY, summary)
    }

    fn refuse_other_run(&self, inputs: &[InputFile]) -> Result<(), CommandError> {
        let Ok(text) = std::fs::read(self.file(SUMMARY)) else {
            return Ok(());
        };
        let found = serde_json::from_slice::<FoundSummary>(&text)
            .map(|summary| summary.inputs)
            .unwrap_or_default();
        let same = found.len() == inputs.len()
            && found
                .iter()
                .zip(inputs)
                .all(|(found, input)| is_same_file(&found.path, &input.path));
        if same {
            return Ok(());
        }
        let names: Vec<&str> = found.iter().map(|input| input.path.as_str()).collect();
        Err(CommandError::OtherRun {
            folder: self.path.clone(),
            other: if names.is_empty() {
                "something else (its summary.json is not hpasim's)".to_owned()
            } else {
                names.join(", ")
            },
        })
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
