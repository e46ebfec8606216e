//! One process an output folder: the others are refused and learn which process holds it.
//!
//! The lock is the system's (`flock`, `LockFileEx`) on a file in the folder, so it
//! ends with its process, however the process ends. The content of the file is
//! for readers only.

use std::fs::{File, Metadata, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::CommandError;
use crate::text::json;

/// The file that is locked.
pub(super) const LOCK: &str = ".hpasim.lock";
/// More bytes of a lock file are not read.
const HOLDER_BYTES_MAX: u64 = 4096;
/// How often a lock file that its owner removes meanwhile is opened again.
const ATTEMPTS_MAX: u32 = 16;

/// The folder is this process's until the lock goes.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
    path: PathBuf,
}

/// Which process holds a folder.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Holder {
    command: String,
    pid: u32,
    host: String,
    since: String,
}

impl Holder {
    fn this_process(command: &str) -> Self {
        let now = jiff::Timestamp::now();
        Self {
            command: command.to_owned(),
            pid: std::process::id(),
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            since: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            command,
            pid,
            host,
            since,
        } = self;
        write!(
            f,
            "process {pid} on {host} (hpasim {command}, since {since})"
        )
    }
}

impl FolderLock {
    /// Locks the folder for `command`; does not wait.
    ///
    /// # Errors
    /// [`CommandError::FolderInUse`] where another process holds it, or the system's error.
    pub(super) fn take(folder: &Path, command: &str) -> Result<Self, CommandError> {
        let path = folder.join(LOCK);
        for _ in 0..ATTEMPTS_MAX {
            let Some(file) = open(&path)? else {
                continue;
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(in_use(folder, file)),
                Err(TryLockError::Error(error)) => {
                    let folder = folder.to_owned();
                    return Err(CommandError::NoLock { folder, error });
                }
            }
            // Its last owner may have removed the file between the two steps above.
            if is_at(&file, &path) {
                let lock = Self { file, path };
                lock.sign(&Holder::this_process(command));
                return Ok(lock);
            }
        }
        Err(CommandError::FolderInUse {
            folder: folder.to_owned(),
            holder: "other processes that take turns".to_owned(),
        })
    }

    /// Writes the holder of the folder. The lock works without it, so a failure is no reason to stop.
    fn sign(&self, holder: &Holder) {
        let mut file = &self.file;
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(json::line(holder)?.as_bytes()));
    }
}

impl Drop for FolderLock {
    /// Removes the file while it is still locked, so that no other process locks a file without a name unseen.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Opens the lock file, or makes it; `None` where it went between two looks.
///
/// A strange file in its place is not trusted: hpasim neither follows a link nor waits for a pipe.
fn open(path: &Path) -> Result<Option<File>, CommandError> {
    let options = || {
        let mut options = File::options();
        options.read(true).write(true);
        options
    };
    match options().create_new(true).open(path) {
        Ok(file) => return Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(CommandError::unwritable(path, error)),
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if is_plain(&found) => {}
        Ok(_) => return Err(CommandError::StrangeLock(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CommandError::unwritable(path, error)),
    }
    match options().open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CommandError::unwritable(path, error)),
    }
}

/// Whether this is a regular file with a single name.
#[cfg(unix)]
fn is_plain(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.is_file() && found.nlink() == 1
}

/// Whether this is a regular file.
#[cfg(not(unix))]
fn is_plain(found: &Metadata) -> bool {
    found.is_file()
}

fn in_use(folder: &Path, file: File) -> CommandError {
    let mut text = Vec::new();
    // Where the system denies reading a locked file, the holder stays unknown.
    let _ = file.take(HOLDER_BYTES_MAX).read_to_end(&mut text);
    let holder = serde_json::from_slice::<Holder>(&text);
    CommandError::FolderInUse {
        folder: folder.to_owned(),
        holder: holder.map_or_else(|_| "another process".to_owned(), |it| it.to_string()),
    }
}

/// Whether the open file is still the one that has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: Metadata| (found.dev(), found.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => place(open) == place(named),
        _ => false,
    }
}

/// Elsewhere a file that another process has open keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_lock_and_free_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = FolderLock::take(folder.path(), "run").expect("free");
        let refused = FolderLock::take(folder.path(), "sweep").expect_err("held");
        let text = refused.to_string();
        let pid = std::process::id();
        assert!(text.contains(&format!("process {pid} on ")), "{text}");
        assert!(text.contains("(hpasim run, since 2"), "{text}");
        drop(held);
        assert!(!folder.path().join(LOCK).exists());
        FolderLock::take(folder.path(), "sweep").expect("free again");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_what_stands_in_place_of_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "precious").expect("written");
        let lock = folder.path().join(LOCK);
        let refused = || {
            let refused = FolderLock::take(folder.path(), "run").expect_err("no lock");
            assert!(matches!(refused, CommandError::StrangeLock(_)), "{refused}");
            assert_eq!(std::fs::read(&victim).expect("read"), b"precious");
        };
        std::os::unix::fs::symlink(&victim, &lock).expect("a link");
        refused();
        std::fs::remove_file(&lock).expect("removed");
        std::fs::hard_link(&victim, &lock).expect("a second name");
        refused();
        std::fs::remove_file(&lock).expect("removed");
        std::fs::create_dir(&lock).expect("a folder");
        refused();
    }

    #[test]
    fn what_a_dead_process_left_holds_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(LOCK), "{\"pid\":1}").expect("written");
        FolderLock::take(folder.path(), "run").expect("free");
    }
}
