//! How a command ends: what went wrong, and the exit code that says so.
//!
//! Self-imposed limit: the one place where failures meet exit codes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use thiserror::Error;

use super::compare::ComparisonError;
use super::size::TooMuch;
use crate::conformance::RecordingError;
use crate::render::plot::PlotError;
use crate::results::calibration::CalibrationError;
use crate::scenario::{Diagnostics, LoadError, unreadable};
use crate::search::grid::GridError;
use crate::search::parts::TableError;
use crate::search::sweep::InvalidPoints;
use crate::search::tune::chosen::ChoiceError;
use crate::search::tune::goal::GoalError;
use crate::search::tune::question::QuestionError;
use crate::simulation::baseline::BaselineError;
use crate::workload::generate::GenerateError;

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
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::BadInput => ExitCode::from(3),
            Self::AssertionFailed => ExitCode::from(99),
        }
    }
}

/// Why a command did not do its work.
#[derive(Debug, Error)]
pub enum CommandError {
    /// A policy or a trace has faults; each says where and what to do.
    #[error("{0}")]
    Input(Diagnostics),
    /// Points of a sweep are no policies.
    #[error("{} of {} rows cannot be simulated; the first: --set {}", .0.count, .0.of, .0.arguments.join(" --set "))]
    Points(Box<InvalidPoints>),
    /// The parameters of a sweep make no grid.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// What is asked of a tuning is no goal.
    #[error(transparent)]
    Goal(#[from] GoalError),
    /// Nothing can be tuned.
    #[error(transparent)]
    Tuning(#[from] ChoiceError),
    /// A `sweep.csv` cannot be continued or joined.
    #[error(transparent)]
    Table(TableError),
    /// More is asked for than can be simulated.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// Arguments that do not go together.
    #[error("{0}")]
    Usage(String),
    /// A recording cannot be replayed.
    #[error("{}: {error}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// The line and what is wrong there.
        error: RecordingError,
    },
    /// A capacity probe gives no cost.
    #[error("{}: {error}", path.display())]
    Calibration {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: CalibrationError,
    },
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
    #[error("{} is there already; choose another file with -o, or overwrite it with --force", .0.display())]
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
    /// There is no such baseline, or not for these inputs.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// What was named is nothing to compare.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    /// The parameters fit no trace.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The picture could not be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// A result could not be put into its format.
    #[error("the results cannot be written as {format}: {message}")]
    Export {
        /// "JSON" or "CSV".
        format: &'static str,
        /// What the writer said.
        message: String,
    },
    /// Standard output failed.
    #[error("standard output: {0}")]
    Stdout(std::io::Error),
}

impl CommandError {
    /// An input file cannot be read, whichever command asks for it.
    pub(super) fn unreadable(path: &Path, error: impl Into<LoadError>) -> Self {
        let fault = unreadable(path, &error.into(), None);
        Self::Input(Diagnostics::one(fault))
    }

    /// 2 for parameters that fit no trace or make no grid, 3 for bad input, 1 for everything that went wrong afterwards.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_)
            | Self::Points(_)
            | Self::Table(_)
            | Self::Recording { .. }
            | Self::Calibration { .. } => ExitCode::from(3),
            Self::Generate(_)
            | Self::Grid(_)
            | Self::TooMuch(_)
            | Self::Usage(_)
            | Self::Exists(_)
            | Self::OutputIsInput(_)
            | Self::Goal(_)
            | Self::Tuning(_)
            | Self::Baseline(_)
            | Self::Comparison(_) => ExitCode::from(2),
            Self::OtherRun { .. }
            | Self::ForeignFolder { .. }
            | Self::FolderInUse { .. }
            | Self::NoLock { .. }
            | Self::StrangeLock(_)
            | Self::NotListed { .. }
            | Self::Write { .. }
            | Self::Plot(_)
            | Self::Export { .. }
            | Self::Stdout(_) => ExitCode::FAILURE,
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

impl From<TableError> for CommandError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Read { name, error } => Self::unreadable(Path::new(&name), error),
            other => Self::Table(other),
        }
    }
}

impl From<QuestionError> for CommandError {
    fn from(error: QuestionError) -> Self {
        match error {
            QuestionError::Policy(diagnostics) => Self::Input(diagnostics),
            QuestionError::Choice(error) => Self::Tuning(error),
            QuestionError::NoAutoscaler(_)
            | QuestionError::UnknownKpi { .. }
            | QuestionError::NoPrices => Self::Usage(error.to_string()),
        }
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
