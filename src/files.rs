//! Input files from the file system: the loaders of the command line, and of a library user who has files.
//!
//! This room reads bytes; `scenario` says what they mean.

mod found;

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use crate::bounded::read_whole;
use crate::scenario::{
    Diagnostics, FileKind, FileRequest, LoadError, Loader, NamedBy, STANDARD_INPUT, Scenario,
};

impl Scenario {
    /// The scenario of a policy (TOML) or a Kubernetes manifest (YAML, JSON) and of a trace or recording, both as files.
    ///
    /// It is that of `hpasim run POLICY TRACE`. [`load`](crate::scenario::load) with a [`FileLoader`] also takes overrides,
    /// a part of the trace and an engine, and returns the warnings.
    ///
    /// # Errors
    /// All that is wrong with the files: unreadable ones, and each fault with its place.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hpasim::{Scenario, Seed, simulate};
    ///
    /// let scenario = Scenario::from_files("policies/prod.toml", "traces/spike.csv")?;
    /// let run = simulate(&scenario, Seed(1));
    /// println!("{} rescales", run.kpis().rescales);
    /// # Ok::<(), hpasim::scenario::Diagnostics>(())
    /// ```
    pub fn from_files(
        policy: impl AsRef<Path>,
        trace: impl AsRef<Path>,
    ) -> Result<Self, Diagnostics> {
        Self::from_loader(policy, trace, &mut FileLoader)
    }
}

/// Reads whole files, and standard input for `-`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileLoader;

impl Loader for FileLoader {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        self.fetch(any_file(path))
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Vec<u8>, LoadError> {
        let FileRequest { path, named_by, .. } = request;
        let bytes_max = request.kind.bytes_max();
        if named_by == NamedBy::User && path == Path::new(STANDARD_INPUT) {
            return Ok(read_whole(std::io::stdin().lock(), bytes_max)?);
        }
        Ok(read_whole(open_input(path, named_by)?.file, bytes_max)?)
    }

    fn expand(&mut self, path: &Path) -> Result<Option<Vec<PathBuf>>, LoadError> {
        found::find(path)
    }
}

#[doc(hidden)]
/// The folder that a path on the command line means: itself, that of the file, or the fixed part of a pattern; empty for the current one.
#[must_use]
pub fn folder_of(path: &Path) -> PathBuf {
    found::folder_of(path)
}

/// Reads each file once, and standard input and pipes only once too, however often they are asked for.
#[derive(Clone, Debug, Default)]
pub struct RememberingLoader {
    read: BTreeMap<(PathBuf, NamedBy), Result<Vec<u8>, LoadError>>,
}

impl Loader for RememberingLoader {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        self.fetch(any_file(path))
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Vec<u8>, LoadError> {
        let key = (request.path.to_owned(), request.named_by);
        let known = self.read.entry(key);
        let bytes = known.or_insert_with(|| FileLoader.fetch(request));
        request.within_limit(bytes.clone()?)
    }

    fn expand(&mut self, path: &Path) -> Result<Option<Vec<PathBuf>>, LoadError> {
        FileLoader.expand(path)
    }
}

/// A file that the user names and that may hold anything: the largest limit counts.
fn any_file(path: &Path) -> FileRequest<'_> {
    FileRequest {
        path,
        kind: FileKind::Trace,
        named_by: NamedBy::User,
    }
}

#[doc(hidden)]
/// An input file that was opened.
#[derive(Debug)]
pub struct OpenInput {
    /// The file, to be read from its beginning.
    pub file: File,
    /// Its length; unknown for a pipe.
    pub length_bytes: Option<u64>,
}

#[doc(hidden)]
/// Opens an input file, if reading it comes to an end.
///
/// # Errors
/// The file cannot be opened, or it is not a regular file. A named pipe is not opened: that would wait
/// for a writer.
pub fn open_input(path: &Path, named_by: NamedBy) -> Result<OpenInput, LoadError> {
    let about = std::fs::metadata(path)?;
    let is_allowed = match named_by {
        NamedBy::User => about.is_file() || is_open_already(path),
        NamedBy::Policy => about.is_file() && !is_of_the_kernel(path),
    };
    if !is_allowed {
        return Err(not_regular(&about));
    }
    let file = File::open(path)?;
    Ok(OpenInput {
        length_bytes: about.is_file().then_some(about.len()),
        file,
    })
}

#[doc(hidden)]
/// Whether the path stands for a descriptor of this process, as a shell's `<(command)` does, or for the empty file.
pub fn is_open_already(path: &Path) -> bool {
    let stands_for = |folder: &str| path.parent() == Some(Path::new(folder));
    stands_for("/dev/fd")
        || stands_for("/proc/self/fd")
        || path == Path::new("/dev/stdin")
        || path == Path::new("/dev/null")
}

/// Whether the kernel makes the file's content up while it is read; some such files never end.
fn is_of_the_kernel(path: &Path) -> bool {
    let resolved = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    ["/proc", "/sys"]
        .iter()
        .any(|folder| resolved.starts_with(folder))
}

/// What a path is that is no regular file.
fn not_regular(about: &Metadata) -> LoadError {
    if about.is_dir() {
        return LoadError::Folder;
    }
    if about.is_file() {
        return LoadError::NotRegular("a file of the kernel");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = about.file_type();
        if kind.is_fifo() {
            return LoadError::NotRegular("a pipe");
        }
        if kind.is_socket() {
            return LoadError::NotRegular("a socket");
        }
    }
    LoadError::NotRegular("a device")
}
