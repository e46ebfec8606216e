//! What a command makes of its input files as a whole: all faults at once, and their hashes.

use super::digest::digest_of_bytes;
use super::error::CommandError;
use crate::results::export::InputFile;
use crate::scenario::{Diagnostics, LoadedFile};

/// What was made of every input file; else all that is wrong with them, at once.
///
/// # Errors
/// The faults of all files, or the first failure that is no fault of a file.
pub(super) fn all_or_faults<T>(
    results: impl IntoIterator<Item = Result<T, CommandError>>,
) -> Result<Vec<T>, CommandError> {
    let mut all = Vec::new();
    let mut faults = Diagnostics::default();
    for result in results {
        match result {
            Ok(made) => all.push(made),
            Err(CommandError::Input(more)) => faults.absorb(more),
            Err(other) => return Err(other),
        }
    }
    if faults.list.is_empty() {
        Ok(all)
    } else {
        Err(CommandError::Input(faults))
    }
}

/// An input by path and hash, for `summary.json`.
pub(super) fn hashed(input: &LoadedFile) -> InputFile {
    InputFile {
        path: input.path.display().to_string(),
        sha256: digest_of_bytes(&input.bytes),
    }
}

/// All inputs by path and hash, each once.
pub(super) fn hashed_once<'i>(inputs: impl IntoIterator<Item = &'i LoadedFile>) -> Vec<InputFile> {
    let mut files = Vec::new();
    for file in inputs.into_iter().map(hashed) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}
