//! Input files from the file system.
//!
//! Self-imposed limit: bytes; what they mean is read in `scenario`.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use super::digest::digest_of_bytes;
use super::error::CommandError;
use crate::bounded::read_whole;
use crate::results::export::InputFile;
use crate::scenario::{
    Diagnostics, FileKind, FileRequest, LoadError, LoadedFile, Loader, NamedBy, STANDARD_INPUT,
};

/// Reads whole files, and standard input for `-`.
#[derive(Debug, Default)]
pub(super) struct FileLoader;

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
}

/// Reads each file once, and standard input and pipes only once too, however often they are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct RememberingLoader {
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
}

/// A file that the user names and that may hold anything: the largest limit counts.
fn any_file(path: &Path) -> FileRequest<'_> {
    FileRequest {
        path,
        kind: FileKind::Trace,
        named_by: NamedBy::User,
    }
}

/// An input file that was opened.
#[derive(Debug)]
pub(super) struct OpenInput {
    /// The file, to be read from its beginning.
    pub(super) file: File,
    /// Its length; unknown for a pipe.
    pub(super) length_bytes: Option<u64>,
}

/// Opens an input file, if reading it comes to an end.
///
/// # Errors
/// The file cannot be opened, or it is not a regular file. A named pipe is not opened: that would wait
/// for a writer.
pub(super) fn open_input(path: &Path, named_by: NamedBy) -> Result<OpenInput, LoadError> {
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

/// Whether the path stands for a descriptor of this process, as a shell's `<(command)` does, or for the empty file.
pub(super) fn is_open_already(path: &Path) -> bool {
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
