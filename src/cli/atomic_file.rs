//! Files that appear whole or not at all.
//!
//! A file is written under a temporary name beside its own and renamed when it is
//! complete. Ctrl-C removes it until then ([`Interrupt`]).

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::error::CommandError;
use super::folder_lock::{FolderLock, LOCK};
use super::interrupt::Interrupt;
use crate::scenario::STANDARD_INPUT;

/// The end of every temporary name.
const PARTIAL_SUFFIX: &str = ".partial";

/// The kind of an unfinished file. The beginning of its temporary name states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// One of the files of an output folder, which one process holds.
    Result,
    /// A file that was asked for by its own name.
    Single,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Result => ".hpasim-result-",
            Self::Single => ".hpasim-file-",
        }
    }

    /// Whether a file of this name is an unfinished one, of a process that lives or was killed.
    pub(super) fn is_partial(self, name: &str) -> bool {
        name.starts_with(self.prefix()) && name.ends_with(PARTIAL_SUFFIX)
    }
}

/// A file that is being written under a temporary name.
#[derive(Debug)]
pub(super) struct PartialFile {
    file: BufWriter<File>,
    unfinished: Unfinished,
    target: PathBuf,
}

/// A complete file that waits for its name.
#[derive(Debug)]
pub(super) struct CompleteFile {
    unfinished: Unfinished,
    target: PathBuf,
}

/// A temporary path. The file goes with it, and with Ctrl-C, unless it has been renamed.
#[derive(Debug)]
struct Unfinished {
    path: Option<TempPath>,
    listed: PathBuf,
    interrupt: Interrupt,
}

impl Drop for Unfinished {
    /// Takes the path off the list last: until then Ctrl-C removes the file.
    fn drop(&mut self) {
        drop(self.path.take());
        self.interrupt.remove_unfinished(&self.listed);
    }
}

impl PartialFile {
    /// Begins the file that will be `target`.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn begin(
        target: &Path,
        purpose: Purpose,
        interrupt: &Interrupt,
    ) -> Result<Self, CommandError> {
        // No Ctrl-C comes between the making of the file and its entry in the list.
        let _writing = interrupt.while_writing();
        let made = tempfile::Builder::new()
            .prefix(purpose.prefix())
            .suffix(PARTIAL_SUFFIX)
            .permissions_of_a_new_file()
            .tempfile_in(folder_of(target))
            .map_err(|error| CommandError::unwritable(target, error))?;
        interrupt.add_unfinished(made.path());
        let (file, path) = NamedTempFile::into_parts(made);
        Ok(Self {
            file: BufWriter::new(file),
            unfinished: Unfinished {
                listed: path.to_path_buf(),
                path: Some(path),
                interrupt: interrupt.clone(),
            },
            target: target.to_owned(),
        })
    }

    /// Everything is written: the bytes go to the disk, the file waits for its name.
    ///
    /// # Errors
    /// The system's error; the file is gone then.
    pub(super) fn complete(self) -> Result<CompleteFile, CommandError> {
        let Self {
            file,
            unfinished,
            target,
        } = self;
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(|error| CommandError::unwritable(&target, error))?;
        Ok(CompleteFile { unfinished, target })
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl CompleteFile {
    /// The name that the file will have.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives the file its name, over what has that name already.
    ///
    /// # Errors
    /// The system's error; the file is gone then.
    pub(super) fn put_in_place(self) -> Result<(), CommandError> {
        self.rename(TempPath::persist)
    }

    /// Gives the file its name, unless something has that name already.
    ///
    /// # Errors
    /// [`CommandError::Exists`], or the system's error; the file is gone then.
    fn put_in_free_place(self) -> Result<(), CommandError> {
        self.rename(TempPath::persist_noclobber)
    }

    fn rename<P>(mut self, persist: P) -> Result<(), CommandError>
    where
        P: FnOnce(TempPath, PathBuf) -> Result<(), tempfile::PathPersistError>,
    {
        let Some(path) = self.unfinished.path.take() else {
            return Ok(());
        };
        persist(path, self.target.clone()).map_err(|fault| match fault.error.kind() {
            ErrorKind::AlreadyExists => CommandError::Exists(self.target.clone()),
            _ => CommandError::unwritable(&self.target, fault.error),
        })
    }
}

/// One file that a command was asked to write with `-o`.
#[derive(Clone, Copy, Debug)]
pub(super) struct SingleOutput<'o> {
    /// Where it goes.
    pub(super) path: &'o Path,
    /// Whether a file of that name is overwritten.
    pub(super) force: bool,
    /// The files that it is made of.
    pub(super) inputs: &'o [PathBuf],
    /// The command that writes it.
    pub(super) command: &'static str,
}

impl SingleOutput<'_> {
    /// Refuses a path that is an input, and one that is taken unless `--force` was given.
    ///
    /// # Errors
    /// [`CommandError::OutputIsInput`], [`CommandError::Exists`].
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self
            .inputs
            .iter()
            .any(|input| is_same_file(self.path, input))
        {
            return Err(CommandError::OutputIsInput(self.path.to_owned()));
        }
        if self.path.is_dir() {
            return Err(CommandError::unwritable(
                self.path,
                ErrorKind::IsADirectory.into(),
            ));
        }
        let is_taken = self.path.symlink_metadata().is_ok() && !is_stream(self.path);
        if is_taken && !self.force {
            return Err(CommandError::Exists(self.path.to_owned()));
        }
        Ok(())
    }

    /// Makes the file through `write`. A pipe or a device is written to as it is.
    ///
    /// # Errors
    /// The error of `write` or of the system; the file then has its earlier content.
    pub(super) fn write(
        &self,
        interrupt: &Interrupt,
        write: impl FnOnce(&mut dyn Write) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        self.check()?;
        if is_stream(self.path) {
            return self.write_to_stream(interrupt, write);
        }
        // A process that holds the folder may be writing this very file.
        let folder = folder_of(self.path);
        let _lock = if folder.join(LOCK).exists() {
            Some(FolderLock::take(folder, self.command)?)
        } else {
            None
        };
        let mut file = PartialFile::begin(self.path, Purpose::Single, interrupt)?;
        write(&mut file)?;
        let file = file.complete()?;
        let _writing = interrupt.while_writing();
        if self.force {
            file.put_in_place()?;
        } else {
            file.put_in_free_place()?;
        }
        interrupt.say(format!("interrupted; {} is complete", self.path.display()));
        Ok(())
    }

    /// A stream has no earlier content to protect, so that one Ctrl-C ends the command at any time.
    fn write_to_stream(
        &self,
        interrupt: &Interrupt,
        write: impl FnOnce(&mut dyn Write) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let fault = |error| CommandError::unwritable(self.path, error);
        interrupt.say(format!(
            "interrupted; what {} has received so far is not complete",
            self.path.display()
        ));
        let stream = File::options().write(true).open(self.path);
        let mut stream = BufWriter::new(stream.map_err(fault)?);
        write(&mut stream)?;
        stream.flush().map_err(fault)
    }
}

/// Whether this is a pipe, a device or a socket.
fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Whether two paths lead to one file.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other || real_path(one).is_some_and(|one| Some(one) == real_path(other))
}

/// The file that a path leads to; for `-` the file that standard input is redirected from.
pub(super) fn real_path(path: &Path) -> Option<PathBuf> {
    let path = if path == Path::new(STANDARD_INPUT) {
        Path::new("/dev/stdin")
    } else {
        path
    };
    std::fs::canonicalize(path).ok()
}

/// The folder in which the file at `path` is.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A temporary file is private by default; a result is readable as any file that the user makes.
trait NewFilePermissions {
    /// Takes the permissions that the umask gives a new file.
    fn permissions_of_a_new_file(&mut self) -> &mut Self;
}

impl NewFilePermissions for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_of_a_new_file(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt;
        self.permissions(std::fs::Permissions::from_mode(0o666))
    }

    #[cfg(not(unix))]
    fn permissions_of_a_new_file(&mut self) -> &mut Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(path: &Path) -> SingleOutput<'_> {
        SingleOutput {
            path,
            force: false,
            inputs: &[],
            command: "trace gen",
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries
            .map(|entry| entry.expect("an entry").file_name().display().to_string())
            .collect()
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("made.csv");
        let interrupt = Interrupt::default();
        let failed = output(&path).write(&interrupt, |file| {
            file.write_all(b"time_s").expect("written");
            Err(CommandError::usage("a failure".to_owned()))
        });
        assert!(failed.is_err());
        assert!(names(folder.path()).is_empty(), "no partial file is left");
        let write = |file: &mut dyn Write| {
            file.write_all(b"time_s,rps\n").expect("written");
            Ok(())
        };
        output(&path).write(&interrupt, write).expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), b"time_s,rps\n");
        assert_eq!(names(folder.path()), ["made.csv"]);
        assert!(
            output(&folder.path().join("missing/made.csv"))
                .write(&interrupt, write)
                .is_err()
        );
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("made.csv");
        let raced = output(&path).write(&Interrupt::default(), |_| {
            std::fs::write(&path, "another's").expect("written");
            Ok(())
        });
        assert!(matches!(raced, Err(CommandError::Exists(_))), "{raced:?}");
        assert_eq!(std::fs::read(&path).expect("read"), b"another's");
        assert_eq!(names(folder.path()), ["made.csv"]);
    }
}
