//! The folder of a command's results: one process at a time, one question a folder, all files or none of them.
//!
//! Files are written under temporary names. [`OutputFolder::complete`] removes the
//! earlier results and puts the new ones in their place, `summary.json` last.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::atomic_file::{CompleteFile, PartialFile, Purpose, folder_of, is_same_file, real_path};
use super::error::CommandError;
use super::file_names::{SUMMARY, is_result};
use super::folder_lock::{FolderLock, LOCK};
use super::identity::{FoundSummary, Identity};
use super::interrupt::Interrupt;
use super::result_files::ResultFile;
use crate::bounded::{SUMMARY_BYTES_MAX, read_whole};
use crate::files::open_input;
use crate::scenario::NamedBy;

/// The most listed names of files that are not hpasim's.
const NAMES_LISTED: usize = 3;

/// A folder that this process holds. Dropped before the results are complete, it removes its files.
#[derive(Debug)]
pub(super) struct OutputFolder {
    path: PathBuf,
    interrupt: Interrupt,
    /// `None` once the folder is given back.
    lock: Option<FolderLock>,
    /// The question of the results.
    identity: Identity,
    /// Whether earlier results go, whatever they are: `--force`.
    force: bool,
    /// An earlier file that stays, since this command continues it.
    kept: Option<&'static str>,
    /// Earlier results that this command has removed.
    removed: Vec<String>,
    /// Folders that were made for the results, the outermost first.
    made: Vec<PathBuf>,
    /// Files that wait for their names.
    waiting: Vec<CompleteFile>,
    /// Files that have their names, before the results are complete.
    placed: Vec<PathBuf>,
}

/// The content of the folder.
enum FolderContent {
    /// At most the leftovers of killed processes.
    Room,
    /// Files that hpasim does not write, and none that it does.
    Foreign(Vec<String>),
    /// Files of names that hpasim writes, and no summary: the results are not whole, or not hpasim's.
    NotWhole(Vec<String>),
    /// Earlier results.
    Results(FoundSummary),
}

impl OutputFolder {
    /// Makes the folder if it is missing. Locks it for the command of `identity`.
    ///
    /// # Errors
    /// An input of the command is a file that may be replaced, another process holds
    /// the folder, or the system refuses.
    pub(super) fn hold(
        path: &Path,
        identity: Identity,
        force: bool,
        interrupt: &Interrupt,
    ) -> Result<Self, CommandError> {
        refuse_inputs(path, &identity)?;
        let mut folder = Self {
            path: path.to_owned(),
            interrupt: interrupt.clone(),
            lock: None,
            identity,
            force,
            kept: None,
            removed: Vec::new(),
            made: Vec::new(),
            waiting: Vec::new(),
            placed: Vec::new(),
        };
        // No Ctrl-C comes between the making of folders and lock and their entry in the list.
        let writing = interrupt.while_writing();
        folder.make(path)?;
        let lock = FolderLock::take(path, folder.identity.command())?;
        interrupt.add_unfinished(&folder.file(LOCK));
        folder.lock = Some(lock);
        drop(writing);
        folder.remove_partials()?;
        Ok(folder)
    }

    /// Refuses to replace the results of another question, or to write among other files, without `--force`.
    ///
    /// # Errors
    /// [`CommandError::OtherRun`], [`CommandError::ForeignFolder`] or [`CommandError::NotListed`].
    pub(super) fn refuse_others(&self) -> Result<(), CommandError> {
        if self.force {
            return Ok(());
        }
        let folder = self.path.clone();
        match self.look()? {
            FolderContent::Room => Ok(()),
            FolderContent::Foreign(names) => Err(CommandError::ForeignFolder {
                folder,
                names: listed(&names),
            }),
            FolderContent::NotWhole(names) => Err(not_listed(folder, &names)),
            FolderContent::Results(summary) => {
                if let Some(other) = self.identity.difference(&summary) {
                    return Err(CommandError::OtherRun { folder, other });
                }
                self.refuse_unlisted(&summary)
            }
        }
    }

    /// Refuses files of hpasim's names beside whole results that are not among them, as [`OutputFolder::refuse_others`] does.
    ///
    /// # Errors
    /// [`CommandError::NotListed`].
    pub(super) fn refuse_files_beside_results(&self) -> Result<(), CommandError> {
        match self.look()? {
            FolderContent::Results(summary) => self.refuse_unlisted(&summary),
            _ => Ok(()),
        }
    }

    fn refuse_unlisted(&self, summary: &FoundSummary) -> Result<(), CommandError> {
        let mut names = self.names()?;
        names.retain(|name| is_result(self.identity.command(), name) && !summary.lists(name));
        if names.is_empty() {
            Ok(())
        } else {
            Err(not_listed(self.path.clone(), &names))
        }
    }

    /// The command's side of Ctrl-C.
    pub(super) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether earlier results go, whatever they are.
    pub(super) fn is_forced(&self) -> bool {
        self.force
    }

    /// The folder's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of this name would be.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Begins a file of the results, to be handed to [`OutputFolder::add`].
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn begin(&self, name: &str) -> Result<PartialFile, CommandError> {
        PartialFile::begin(&self.file(name), Purpose::Result, &self.interrupt)
    }

    /// Takes a file whose content is complete.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn add(&mut self, file: PartialFile) -> Result<(), CommandError> {
        self.waiting.push(file.complete()?);
        Ok(())
    }

    /// Writes a file of the results.
    ///
    /// # Errors
    /// The system's error.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let mut file = self.begin(name)?;
        file.write_all(bytes)
            .map_err(|error| CommandError::unwritable(&self.file(name), error))?;
        self.add(file)
    }

    /// An earlier file of this name stays: the command continues it, or makes it in its place.
    pub(super) fn keep(&mut self, name: &'static str) {
        self.kept = Some(name);
    }

    /// Removes the earlier results: those of the summary, or with `--force` all files of hpasim's names.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn remove_earlier(&mut self) -> Result<(), CommandError> {
        let mut names = match self.look()? {
            FolderContent::Results(summary) => summary.files,
            _ => Vec::new(),
        };
        if self.force {
            names.extend(self.names()?);
        }
        let command = self.identity.command();
        names.retain(|name| is_result(command, name) && self.kept != Some(name.as_str()));
        // Finds a file that cannot be removed before it removes any.
        for name in &names {
            refuse_folder(&self.file(name))?;
        }
        // The summary goes first: it marks completeness.
        self.remove(SUMMARY)?;
        for name in names {
            if self.remove(&name)? {
                self.removed.push(name);
            }
        }
        Ok(())
    }

    /// Writes `files`, and replaces the earlier results by all that were written, the last of `files` last: the
    /// summary. The folder is free then.
    ///
    /// It returns the names of the earlier results that no file of this command replaces.
    ///
    /// # Errors
    /// The system's error; then no result is left.
    pub(super) fn complete(mut self, files: &[ResultFile]) -> Result<Vec<String>, CommandError> {
        for file in files {
            if let Some(bytes) = &file.bytes {
                self.write(&file.name, bytes)?;
            }
        }
        let interrupt = self.interrupt.clone();
        let _writing = interrupt.while_writing();
        for file in &self.waiting {
            refuse_folder(file.target())?;
        }
        self.remove_earlier()?;
        for file in std::mem::take(&mut self.waiting) {
            let target = file.target().to_owned();
            interrupt.add_unfinished(&target);
            self.placed.push(target);
            file.put_in_place()?;
        }
        for path in self.placed.drain(..).chain(self.made.drain(..)) {
            interrupt.remove_unfinished(&path);
        }
        interrupt.say(format!("interrupted; {} is complete", self.path.display()));
        let mut gone = std::mem::take(&mut self.removed);
        gone.retain(|name| files.iter().all(|file| file.name != *name));
        gone.sort();
        gone.dedup();
        Ok(gone)
    }

    /// Makes the folder and those above it.
    fn make(&mut self, path: &Path) -> Result<(), CommandError> {
        let missing: Vec<&Path> = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            match std::fs::create_dir(folder) {
                Ok(()) => {
                    self.interrupt.add_unfinished(folder);
                    self.made.push(folder.to_owned());
                }
                // Another process made it meanwhile.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
                Err(error) => return Err(CommandError::unwritable(path, error)),
            }
        }
        if path.is_dir() {
            Ok(())
        } else {
            Err(CommandError::unwritable(
                path,
                ErrorKind::NotADirectory.into(),
            ))
        }
    }

    /// Removes unfinished files of killed processes. This process holds the lock, so their owners have ended.
    fn remove_partials(&self) -> Result<(), CommandError> {
        for name in self.names()? {
            if Purpose::Result.is_partial(&name) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Removes a file, if it is there. Whether it was.
    fn remove(&self, name: &str) -> Result<bool, CommandError> {
        let target = self.file(name);
        match std::fs::remove_file(&target) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(CommandError::unwritable(&target, error)),
        }
    }

    /// The names of all files and folders within, sorted.
    fn names(&self) -> Result<Vec<String>, CommandError> {
        let fault = |error| CommandError::unwritable(&self.path, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(fault)? {
            let name = entry.map_err(fault)?.file_name();
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn look(&self) -> Result<FolderContent, CommandError> {
        let summary =
            read_summary(&self.file(SUMMARY)).and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(summary) = summary {
            return Ok(FolderContent::Results(summary));
        }
        let is_hidden = |name: &str| {
            name == LOCK || Purpose::Result.is_partial(name) || Purpose::Single.is_partial(name)
        };
        let mut names = self.names()?;
        names.retain(|name| !is_hidden(name));
        let (results, foreign): (Vec<String>, Vec<String>) = names
            .into_iter()
            .partition(|name| is_result(self.identity.command(), name));
        Ok(match (results.is_empty(), foreign.is_empty()) {
            (true, true) => FolderContent::Room,
            (true, false) => FolderContent::Foreign(foreign),
            (false, _) => FolderContent::NotWhole(results),
        })
    }
}

impl Drop for OutputFolder {
    /// Results that were not completed leave nothing behind.
    fn drop(&mut self) {
        // No Ctrl-C comes between the end of the lock and its leaving the list: it could remove another process's lock.
        let _writing = self.interrupt.while_writing();
        self.waiting.clear();
        for path in self.placed.drain(..) {
            // The error of the command says more than an error from here.
            let _ = std::fs::remove_file(&path);
            self.interrupt.remove_unfinished(&path);
        }
        if self.lock.take().is_some() {
            self.interrupt.remove_unfinished(&self.file(LOCK));
        }
        for folder in self.made.drain(..).rev() {
            let _ = std::fs::remove_dir(&folder);
            self.interrupt.remove_unfinished(&folder);
        }
    }
}

/// The text of a summary; `None` where there is no regular file that can be read.
fn read_summary(path: &Path) -> Option<Vec<u8>> {
    let open = open_input(path, NamedBy::Policy).ok()?;
    read_whole(open.file, SUMMARY_BYTES_MAX).ok()
}

/// Refuses a folder in which a file that is read would be replaced or removed.
fn refuse_inputs(folder: &Path, identity: &Identity) -> Result<(), CommandError> {
    for input in identity.inputs() {
        let input = Path::new(&input.path);
        let real = real_path(input);
        for path in std::iter::once(input).chain(real.as_deref()) {
            let name = path.file_name().map(|name| name.to_string_lossy());
            let goes = |name: &str| {
                is_result(identity.command(), name)
                    || name == LOCK
                    || Purpose::Result.is_partial(name)
            };
            if name.is_some_and(|name| goes(&name)) && is_same_file(folder_of(path), folder) {
                return Err(CommandError::OutputIsInput(path.to_owned()));
            }
        }
    }
    Ok(())
}

/// Refuses a folder in the place of a file.
fn refuse_folder(path: &Path) -> Result<(), CommandError> {
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return Err(CommandError::unwritable(
            path,
            ErrorKind::IsADirectory.into(),
        ));
    }
    Ok(())
}

/// The refusal of files of hpasim's names that no summary lists.
fn not_listed(folder: PathBuf, names: &[String]) -> CommandError {
    CommandError::NotListed {
        folder,
        names: listed(names),
        count: names.len(),
    }
}

/// The first names, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_LISTED).map(String::as_str);
    let shown: Vec<&str> = shown.collect();
    match names.len().saturating_sub(NAMES_LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
