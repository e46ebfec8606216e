//! `sweep.csv` on disk: written whole at first, then line by line, and continued after an interruption.
//!
//! One file and its folder are handled here; what the lines say is `search::table`'s.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use super::error::CommandError;
use super::file_names::{SUMMARY, SWEEP};
use super::output_folder::OutputFolder;
use crate::files::open_input;
use crate::scenario::NamedBy;
use crate::search::parts::{PartFile, TableError};
use crate::search::table::{Head, RowKeys, Shard};

/// The rows that a process is to have in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct SweepPart<'r> {
    pub(super) head: &'r Head,
    pub(super) shard: Option<Shard>,
    pub(super) keys: &'r RowKeys,
    /// How many rows this process is to have in the end.
    pub(super) rows: u64,
}

impl SweepPart<'_> {
    /// Whether the rows that stand there are kept: those of an interrupted sweep with `--resume`, or of this very sweep where it is whole.
    ///
    /// # Errors
    /// The folder has something else, and `--force` was not given.
    fn resumes(&self, resume: bool, output: &OutputFolder) -> Result<bool, CommandError> {
        let path = output.file(SWEEP);
        if output.is_forced() {
            return Ok(false);
        }
        if !path.exists() {
            output.refuse_others()?;
            return Ok(false);
        }
        let is_ours = self.check(&path);
        if resume {
            is_ours?;
            output.refuse_files_beside_results()?;
            return Ok(true);
        }
        let other = match (is_ours, output.file(SUMMARY).exists()) {
            // The same rows would come again.
            (Ok(()), true) => {
                output.refuse_files_beside_results()?;
                return Ok(true);
            }
            (Ok(()), false) => {
                "the beginning of this sweep, and --resume would continue it".to_owned()
            }
            (Err(error), _) => what_else(&error),
        };
        Err(CommandError::OtherRun {
            folder: output.path().to_owned(),
            other,
        })
    }

    /// Whether the file that stands there is of this sweep and part.
    fn check(&self, path: &Path) -> Result<(), CommandError> {
        let part = open_part(path)?;
        part.check_is(self.head, self.shard)?;
        Ok(())
    }
}

/// What stands there, which is not the beginning of this sweep.
fn what_else(error: &CommandError) -> String {
    if let CommandError::BadInput(cause) = error
        && let Some(TableError::OtherSweep { difference, .. }) = cause.downcast_ref()
    {
        return format!("another sweep: {}", difference.as_of_command());
    }
    "a sweep.csv that cannot be read".to_owned()
}

impl From<TableError> for CommandError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Read { name, error } => Self::unreadable(Path::new(&name), error),
            other => Self::bad_input(other),
        }
    }
}

/// Opens a `sweep.csv` for reading.
pub(super) fn open_part(path: &Path) -> Result<PartFile<BufReader<File>>, CommandError> {
    let file = open_input(path, NamedBy::User)
        .map_err(|error| CommandError::unreadable(path, error))?
        .file;
    Ok(PartFile::open(
        path.display().to_string(),
        BufReader::new(file),
    )?)
}

/// The file under way. What is in it are whole lines at any time.
#[derive(Debug)]
pub(super) struct SweepFile {
    path: PathBuf,
    file: File,
    length: u64,
    rows_found: u64,
}

impl SweepFile {
    /// Opens the file in the folder, or begins it; rows that are there already go to `found`.
    ///
    /// # Errors
    /// The folder has something else.
    pub(super) fn take_up(
        part: &SweepPart<'_>,
        resume: bool,
        output: &mut OutputFolder,
        found: impl FnMut(&str),
    ) -> Result<Self, CommandError> {
        let resumes = part.resumes(resume, output)?;
        output.keep(SWEEP);
        if !resumes {
            output.remove_earlier()?;
            return Self::begin(output, &part.head.to_text(part.shard));
        }
        // Rows that may not be continued are damaged: nothing of the earlier results goes then.
        let file = Self::resume(output.file(SWEEP), part.keys, found)?;
        if file.rows_found() < part.rows {
            output.remove_earlier()?;
        }
        Ok(file)
    }

    /// A new file with its head.
    fn begin(output: &OutputFolder, head: &str) -> Result<Self, CommandError> {
        let path = output.file(SWEEP);
        let mut file = output.begin(SWEEP)?;
        file.write_all(head.as_bytes())
            .map_err(|error| CommandError::unwritable(&path, error))?;
        let file = file.complete()?;
        let _writing = output.interrupt().while_writing();
        file.put_in_place()?;
        Self::open(path, head.len() as u64, 0)
    }

    /// The file of an interrupted sweep; what a failing disk or machine left of a line is cut off.
    fn resume(
        path: PathBuf,
        keys: &RowKeys,
        mut found: impl FnMut(&str),
    ) -> Result<Self, CommandError> {
        let mut part = open_part(&path)?;
        let rows_found = part.rows(Some(keys), |line| -> Result<(), TableError> {
            found(line);
            Ok(())
        })?;
        Self::open(path, part.whole_bytes(), rows_found)
    }

    fn open(path: PathBuf, length: u64, rows_found: u64) -> Result<Self, CommandError> {
        let opened = OpenOptions::new().append(true).open(&path);
        let cut = opened.and_then(|file| {
            if file.metadata()?.len() != length {
                file.set_len(length)?;
            }
            Ok(file)
        });
        match cut {
            Ok(file) => Ok(Self {
                path,
                file,
                length,
                rows_found,
            }),
            Err(error) => Err(CommandError::unwritable(&path, error)),
        }
    }

    /// How many rows were there when the file was opened.
    pub(super) fn rows_found(&self) -> u64 {
        self.rows_found
    }

    /// Adds a line, whole or not at all.
    pub(super) fn append(&mut self, line: &str) -> Result<(), CommandError> {
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                // What a full disk took of the line goes again. A failure of that cannot be reported beside the first one.
                let _ = self.file.set_len(self.length);
                Err(self.fault(error))
            }
        }
    }

    /// All rows are on the disk.
    pub(super) fn finish(&mut self) -> Result<(), CommandError> {
        let synced = self.file.sync_all();
        synced.map_err(|error| self.fault(error))
    }

    fn fault(&self, error: std::io::Error) -> CommandError {
        CommandError::unwritable(&self.path, error)
    }
}
