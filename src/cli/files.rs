//! Input files from the file system.
//!
//! Self-imposed limit: bytes; what they mean is read in `scenario`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::digest::digest_of_bytes;
use super::error::CommandError;
use crate::results::export::InputFile;
use crate::scenario::{self, Diagnostics, LoadError, Loader, STANDARD_INPUT};

/// Reads whole files, and standard input for `-`.
#[derive(Debug, Default)]
pub(super) struct FileLoader;

impl Loader for FileLoader {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        if path == Path::new(STANDARD_INPUT) {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
        Ok(std::fs::read(path)?)
    }
}

/// Reads each file once, and standard input only once too, however often it is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct RememberingLoader {
    read: BTreeMap<PathBuf, Result<Vec<u8>, LoadError>>,
}

impl Loader for RememberingLoader {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        if let Some(known) = self.read.get(path) {
            return known.clone();
        }
        let bytes = FileLoader.read(path);
        self.read.insert(path.to_owned(), bytes.clone());
        bytes
    }
}

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

/// The inputs of a run by path and hash, for `summary.json`.
pub(super) fn hashed(inputs: &[scenario::InputFile]) -> Vec<InputFile> {
    inputs
        .iter()
        .map(|input| InputFile {
            path: input.path.display().to_string(),
            sha256: digest_of_bytes(&input.bytes),
        })
        .collect()
}
