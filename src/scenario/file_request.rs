//! What a loader is asked for: which file, what it should hold, and who named it; and why it has no such file.
//!
//! Self-imposed limit: question and refusal; files are read by the loader.

use std::io::ErrorKind;
use std::path::Path;

use crate::bounded::{POLICY_BYTES_MAX, PROBE_BYTES_MAX, ReadError, TRACE_BYTES_MAX, size_text};

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Which file a [`Loader`](super::Loader) is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRequest<'r> {
    /// Where it is.
    pub path: &'r Path,
    /// What it should hold.
    pub kind: FileKind,
    /// Who named it.
    pub named_by: NamedBy,
}

/// What a file should hold; each kind has its largest size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A policy or a manifest.
    Policy,
    /// A trace, or a policy or a manifest in its place.
    Trace,
    /// A capacity probe.
    Probe,
}

/// Who named a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// The user, on the command line: standard input and pipes are files, too.
    User,
    /// A policy, by `extends` or `manifest`: regular files alone.
    Policy,
}

impl FileKind {
    /// How large such a file may be.
    #[must_use]
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Policy => POLICY_BYTES_MAX,
            Self::Trace => TRACE_BYTES_MAX,
            Self::Probe => PROBE_BYTES_MAX,
        }
    }
}

impl FileRequest<'_> {
    /// `bytes`, unless they are more than a file of this kind may have.
    ///
    /// # Errors
    /// [`LoadError::TooLarge`].
    pub fn within_limit(&self, bytes: Vec<u8>) -> Result<Vec<u8>, LoadError> {
        let bytes_max = self.kind.bytes_max();
        if bytes.len() as u64 > bytes_max {
            return Err(LoadError::TooLarge { bytes_max });
        }
        Ok(bytes)
    }
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It may not be read.
    #[error("permission denied")]
    Denied,
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// It is no file that ends: a named pipe, a device, a socket, a file of the kernel.
    #[error("it is {0}, not a regular file")]
    NotRegular(&'static str),
    /// It is larger than a file of its kind may be.
    #[error("it is larger than {}", size_text(*bytes_max))]
    TooLarge {
        /// How large it may be.
        bytes_max: u64,
    },
    /// It lies outside the folder that the command keeps to.
    #[error("it lies outside {0}")]
    Outside(String),
    /// The machine has no memory left for it.
    #[error("there is not enough memory for it")]
    NoMemory,
    /// Anything else, in the system's words.
    #[error("{0}")]
    Other(String),
}

impl From<std::io::Error> for LoadError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::IsADirectory => Self::Folder,
            ErrorKind::OutOfMemory => Self::NoMemory,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<ReadError> for LoadError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => error.into(),
            ReadError::TooLarge { bytes_max } => Self::TooLarge { bytes_max },
        }
    }
}
