//! A request for a file (path, kind, origin of the name), and the reasons why a loader cannot read it.

use std::io::ErrorKind;
use std::path::Path;

use crate::bounded::{POLICY_BYTES_MAX, PROBE_BYTES_MAX, ReadError, TRACE_BYTES_MAX, size_text};

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// A request for a file from a [`Loader`](super::Loader).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRequest<'r> {
    /// The path.
    pub path: &'r Path,
    /// The expected content.
    pub kind: FileKind,
    /// The origin of the name.
    pub named_by: NamedBy,
}

/// The expected content of a file; each kind has a maximum size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A policy or a manifest.
    Policy,
    /// A trace, or a policy or a manifest where a trace is expected.
    Trace,
    /// A capacity probe.
    Probe,
}

/// The origin of a file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// The user, on the command line. Standard input and pipes are allowed.
    User,
    /// A policy, by `extends` or `manifest`. Only regular files are allowed.
    Policy,
}

impl FileKind {
    /// The maximum size of such a file, in bytes.
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
    /// `bytes`, if they are not more than the maximum of this kind.
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
    /// The file does not exist.
    #[error("there is no such file")]
    Missing,
    /// The process has no permission to read the file.
    #[error("permission denied")]
    Denied,
    /// The path is a folder.
    #[error("it is a folder")]
    Folder,
    /// The path is a folder or a pattern of files that are no manifests.
    #[error("it holds no Kubernetes manifest")]
    NoManifests,
    /// The path is a pattern that no file matches.
    #[error("no file matches this pattern")]
    NoMatch,
    /// The path is a pattern that is malformed, in the words of its reader.
    #[error("it is neither a file nor a pattern: {0}")]
    BadPattern(&'static str),
    /// The path is a named pipe, a device, a socket or a file of the kernel, which may never end.
    #[error("it is {0}, not a regular file")]
    NotRegular(&'static str),
    /// The file is larger than a file of its kind may be.
    #[error("it is larger than {}", size_text(*bytes_max))]
    TooLarge {
        /// The maximum size.
        bytes_max: u64,
    },
    /// The file is outside the folder that the command may read.
    #[error("it lies outside {0}")]
    Outside(String),
    /// The machine has not enough memory for the file.
    #[error("there is not enough memory for it")]
    NoMemory,
    /// Any other error, in the system's words.
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
