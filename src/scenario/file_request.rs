//! What a loader is asked for: which file, what it should hold, and who named it.
//!
//! Self-imposed limit: the question; files are read by the loader.

use std::path::Path;

use super::loader::LoadError;
use crate::bounded::{POLICY_BYTES_MAX, PROBE_BYTES_MAX, TRACE_BYTES_MAX};

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
