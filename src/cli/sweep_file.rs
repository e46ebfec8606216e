//! `sweep.csv` on disk: begun whole, continued by whole lines, taken up again after an interruption.
//!
//! Self-imposed limit: one file and its folder; what the lines say is `search::table`'s.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use super::atomic_file::write_whole;
use super::error::CommandError;
use super::files::open_input;
use super::output_folder::{OutputFolder, Overwrite, SUMMARY};
use crate::results::export::InputFile;
use crate::scenario::NamedBy;
use crate::search::parts::{PartFile, TableError};
use crate::search::table::{Head, Shard};

/// A row a point and trace.
pub(super) const SWEEP: &str = "sweep.csv";

/// Where a sweep's files go, and what may be there already.
#[derive(Clone, Copy, Debug)]
pub(super) struct FolderRequest<'r> {
    pub(super) folder: &'r Path,
    pub(super) head: &'r Head,
    pub(super) shard: Option<Shard>,
    pub(super) inputs: &'r [InputFile],
    pub(super) resume: bool,
    pub(super) force: bool,
}

/// A file could not be written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) path: PathBuf,
    pub(super) error: std::io::Error,
}

/// Takes the folder over and opens the file; rows that are there already go to `found`.
pub(super) fn claim_folder(
    request: &FolderRequest<'_>,
    found: impl FnMut(&str),
) -> Result<(OutputFolder, SweepFile), CommandError> {
    let path = request.folder.join(SWEEP);
    let stands = path.exists();
    if stands && !request.force {
        let is_ours = request.check(&path);
        if request.resume {
            is_ours?;
        } else {
            let is_whole = request.folder.join(SUMMARY).exists();
            request.refuse(is_ours, is_whole)?;
        }
    }
    let mut overwrite = Overwrite::Refuse;
    if request.force || stands {
        overwrite = Overwrite::Force;
    }
    let output = OutputFolder::open(request.folder, request.inputs, overwrite)?;
    let file = if request.resume && stands {
        SweepFile::resume(path, found)?
    } else {
        SweepFile::begin(path, &request.head.to_text(request.shard))?
    };
    Ok((output, file))
}

impl FolderRequest<'_> {
    /// Whether the file that stands there is of this sweep and part.
    fn check(&self, path: &Path) -> Result<(), CommandError> {
        let part = open_part(path)?;
        part.check_is(self.head, self.shard)?;
        Ok(())
    }

    /// A whole sweep of the same command may be computed anew; anything else is somebody's work.
    fn refuse(
        &self,
        is_ours: Result<(), CommandError>,
        is_whole: bool,
    ) -> Result<(), CommandError> {
        let other = match (is_ours, is_whole) {
            (Ok(()), true) => return Ok(()),
            (Ok(()), false) => {
                "the beginning of this very sweep, and --resume would go on with it".to_owned()
            }
            (Err(_), _) => "another sweep".to_owned(),
        };
        Err(CommandError::OtherRun {
            folder: self.folder.to_owned(),
            other,
        })
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
    /// A new file with its head.
    fn begin(path: PathBuf, head: &str) -> Result<Self, CommandError> {
        write_whole(&path, head.as_bytes()).map_err(|error| CommandError::Write {
            path: path.clone(),
            error,
        })?;
        Self::open(path, head.len() as u64, 0)
    }

    /// The file of an interrupted sweep; what a failing disk or machine left of a line is cut off.
    fn resume(path: PathBuf, mut found: impl FnMut(&str)) -> Result<Self, CommandError> {
        let mut part = open_part(&path)?;
        let rows_found = part.rows(|line| -> Result<(), TableError> {
            found(line);
            Ok(())
        })?;
        Self::open(path, part.whole_bytes(), rows_found)
    }

    fn open(path: PathBuf, length: u64, rows_found: u64) -> Result<Self, CommandError> {
        let opened = OpenOptions::new().append(true).open(&path);
        let cut = opened.and_then(|file| file.set_len(length).map(|()| file));
        match cut {
            Ok(file) => Ok(Self {
                path,
                file,
                length,
                rows_found,
            }),
            Err(error) => Err(CommandError::Write { path, error }),
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
                // What a full disk took of the line goes again; there is nobody to tell if it does not.
                let _ = self.file.set_len(self.length);
                Err(self.fault(error).into())
            }
        }
    }

    /// All rows are on the disk.
    pub(super) fn finish(&mut self) -> Result<(), CommandError> {
        let synced = self.file.sync_all();
        Ok(synced.map_err(|error| self.fault(error))?)
    }

    fn fault(&self, error: std::io::Error) -> Written {
        Written {
            path: self.path.clone(),
            error,
        }
    }
}
