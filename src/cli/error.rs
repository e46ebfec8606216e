//! How a command ends: what went wrong, and the exit code that says so.
//!
//! Failures meet exit codes only here. A command says which kind of failure its own error is.

use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::scenario::{Diagnostics, LoadError, unreadable};

/// The exit code of a process that Ctrl-C ended, by the shells' custom: 128 + SIGINT.
pub(super) const INTERRUPTED: u8 = 130;

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Nothing to complain about.
    Done,
    /// The work was done, and what it was to assert does not hold.
    AssertionFailed,
    /// The work was to find faults of an input, and it found some.
    BadInput,
}

impl Completion {
    /// 0, 3 or 99.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::BadInput => 3,
            Self::AssertionFailed => 99,
        }
    }
}

/// The error of a command or a library, which says everything in one line.
type Cause = Box<dyn Error + Send + Sync>;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A policy or a trace has faults; each says where and what to do.
    #[error("{0}")]
    Input(Diagnostics),
    /// A policy has faults with some of the values that it is to be simulated with.
    #[error("{which}")]
    Variant {
        /// The faults.
        diagnostics: Box<Diagnostics>,
        /// Which values, and how many others have faults.
        which: String,
    },
    /// An input is of no use.
    #[error(transparent)]
    BadInput(Cause),
    /// Arguments that do not go together, or that ask for what cannot be.
    #[error(transparent)]
    Usage(Cause),
    /// What went wrong after all questions were answered.
    #[error(transparent)]
    Failure(Cause),
    /// The output folder holds the results of other inputs.
    #[error(
        "{} holds {other}; choose another folder with -o, or overwrite it with --force",
        folder.display()
    )]
    OtherRun {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        other: String,
    },
    /// The output folder holds files that hpasim did not write.
    #[error(
        "{} holds files that hpasim did not write ({names}); name an empty folder or a new one with -o, or write among them with --force",
        folder.display()
    )]
    ForeignFolder {
        /// The folder.
        folder: PathBuf,
        /// The first of the files.
        names: String,
    },
    /// Another process writes to the output folder.
    #[error(
        "{} is in use by {holder}; wait until it ends, or choose another folder with -o",
        folder.display()
    )]
    FolderInUse {
        /// The folder.
        folder: PathBuf,
        /// The other process.
        holder: String,
    },
    /// The file system cannot lock the output folder.
    #[error(
        "{} cannot be locked for this process: {error}; choose a folder on another file system with -o",
        folder.display()
    )]
    NoLock {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Something else than a lock file stands in its place.
    #[error("{} is not a lock file of hpasim; remove it, or choose another folder with -o", .0.display())]
    StrangeLock(PathBuf),
    /// The output folder holds files of names that hpasim writes, and no summary lists them.
    #[error(
        "{} holds {names}, not listed in the summary.json of a completed run; choose another folder with -o, or remove {} with --force",
        folder.display(),
        if *count == 1 { "it" } else { "them" }
    )]
    NotListed {
        /// The folder.
        folder: PathBuf,
        /// The first of the files.
        names: String,
        /// How many there are.
        count: usize,
    },
    /// The file named with -o is there already.
    #[error("{} already exists; choose another file with -o, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    /// The command would overwrite a file that it reads.
    #[error("{} is an input of this command, and the output would replace it; choose another place with -o", .0.display())]
    OutputIsInput(PathBuf),
    /// A file cannot be written. What the run had written before is removed.
    #[error("{}: cannot be written: {}", path.display(), reason(error))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A result could not be put into its format.
    #[error("the results cannot be written as {format}: {message}")]
    Export {
        /// "JSON" or "CSV".
        format: &'static str,
        /// What the writer said.
        message: String,
    },
    /// Standard output failed.
    #[error("standard output cannot be written: {0}")]
    Stdout(std::io::Error),
}

impl CommandError {
    /// An input that is of no use, whatever the reason.
    pub(super) fn bad_input(cause: impl Into<Cause>) -> Self {
        Self::BadInput(cause.into())
    }

    /// The same of the file at `path`.
    pub(super) fn bad_file(path: &Path, cause: &dyn Error) -> Self {
        Self::bad_input(format!("{}: {cause}", path.display()))
    }

    /// Arguments that cannot be followed.
    pub(super) fn usage(cause: impl Into<Cause>) -> Self {
        Self::Usage(cause.into())
    }

    /// A failure that no argument and no input is to blame for.
    pub(super) fn failure(cause: impl Into<Cause>) -> Self {
        Self::Failure(cause.into())
    }

    /// An input file cannot be read, whichever command asks for it.
    pub(super) fn unreadable(path: &Path, error: impl Into<LoadError>) -> Self {
        let fault = unreadable(path, &error.into(), None);
        Self::Input(Diagnostics::one(fault))
    }

    /// The file or folder at `path` cannot be written.
    pub(super) fn unwritable(path: &Path, error: std::io::Error) -> Self {
        Self::Write {
            path: path.to_owned(),
            error,
        }
    }

    /// 2 for arguments that cannot be followed, 3 for bad input, 1 for everything that went wrong afterwards.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Variant { .. } | Self::BadInput(_) => 3,
            Self::Usage(_) | Self::Exists(_) | Self::OutputIsInput(_) => 2,
            Self::OtherRun { .. }
            | Self::ForeignFolder { .. }
            | Self::FolderInUse { .. }
            | Self::NoLock { .. }
            | Self::StrangeLock(_)
            | Self::NotListed { .. }
            | Self::Write { .. }
            | Self::Failure(_)
            | Self::Export { .. }
            | Self::Stdout(_) => 1,
        }
    }
}

/// What the system says, without what the message says already.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "a file is in the way of the folder".to_owned()
        }
        ErrorKind::NotFound => "its folder does not exist; make it, or name another".to_owned(),
        ErrorKind::IsADirectory => {
            "a folder of that name is in the way; choose another place".to_owned()
        }
        ErrorKind::InvalidFilename => {
            "a name in it is longer than the file system allows; choose a shorter one with -o"
                .to_owned()
        }
        ErrorKind::StorageFull => "no space left on the device".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        Self::Export {
            format: "JSON",
            message: error.to_string(),
        }
    }
}

impl From<csv::Error> for CommandError {
    fn from(error: csv::Error) -> Self {
        Self::Export {
            format: "CSV",
            message: error.to_string(),
        }
    }
}
