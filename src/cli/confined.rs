//! Files that `check` may read: those below the folders of the files that it is given.
//!
//! It decides by paths alone.

use std::path::{Component, Path, PathBuf};

use crate::files::{RememberingLoader, folder_of, is_open_already};
use crate::scenario::{FileRequest, LoadError, Loader, NamedBy, STANDARD_INPUT};

/// What marks the root of a repository: a folder, or a file in a worktree.
const REPOSITORY: &str = ".git";

/// Reads files below some roots alone, symbolic links resolved; each file is read once.
#[derive(Debug)]
pub(super) struct ConfinedLoader {
    files: RememberingLoader,
    /// `None` allows every file.
    roots: Option<Vec<PathBuf>>,
}

impl ConfinedLoader {
    /// Reads any file.
    pub(super) fn allowing_all() -> Self {
        Self {
            files: RememberingLoader::default(),
            roots: None,
        }
    }

    /// Reads what lies below the roots of `files`, which the user named.
    ///
    /// The root of a file, a folder or a pattern is that of its repository, or else
    /// its folder; the root of standard input is that of the current folder.
    pub(super) fn below<'f>(files: impl Iterator<Item = &'f Path>) -> Self {
        let mut roots: Vec<PathBuf> = files.filter_map(root_of).collect();
        roots.sort();
        roots.dedup();
        Self {
            files: RememberingLoader::default(),
            roots: Some(roots),
        }
    }

    fn check(&self, path: &Path) -> Result<(), LoadError> {
        let Some(roots) = &self.roots else {
            return Ok(());
        };
        let is_below = |path: &Path| roots.iter().any(|root| path.starts_with(root));
        match std::fs::canonicalize(path) {
            Ok(resolved) if is_below(&resolved) => return Ok(()),
            // Whether there is a file outside is not to be learnt either.
            Err(error) if is_below(&without_dots(path)?) => return Err(error.into()),
            _ => {}
        }
        let names: Vec<String> = roots
            .iter()
            .map(|root| format!("`{}`", root.display()))
            .collect();
        Err(LoadError::Outside(names.join(" and ")))
    }
}

impl Loader for ConfinedLoader {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        self.check(path)?;
        self.files.read(path)
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Vec<u8>, LoadError> {
        let is_stream = request.named_by == NamedBy::User && is_stream(request.path);
        if !is_stream {
            self.check(request.path)?;
        }
        self.files.fetch(request)
    }

    /// The user names the path, and each file is checked when it is read.
    fn expand(&mut self, path: &Path) -> Result<Option<Vec<PathBuf>>, LoadError> {
        self.files.expand(path)
    }
}

/// The absolute path, `..` taken literally; the folder above it resolved where it exists.
fn without_dots(path: &Path) -> std::io::Result<PathBuf> {
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    Ok(
        match (plain.parent().map(std::fs::canonicalize), plain.file_name()) {
            (Some(Ok(parent)), Some(name)) => parent.join(name),
            _ => plain,
        },
    )
}

/// Whether the user gave a stream that has no place among the folders.
fn is_stream(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT) || is_open_already(path)
}

/// Whether `check` of the file at `file` refuses to read the one at `named`.
pub(super) fn is_outside(file: &Path, named: &Path) -> bool {
    let root = root_of(file);
    let named = std::fs::canonicalize(named).ok();
    root.zip(named)
        .is_some_and(|(root, named)| !named.starts_with(root))
}

/// The folder that the files named in `file` may lie in; `None` where the folder is missing.
fn root_of(file: &Path) -> Option<PathBuf> {
    let folder = match folder_of(file) {
        _ if is_stream(file) => PathBuf::from("."),
        folder if folder.as_os_str().is_empty() => PathBuf::from("."),
        folder => folder,
    };
    // The path as it was named: a link within a repository may lead out of it.
    let folder = std::path::absolute(folder).ok()?;
    let repository = folder
        .ancestors()
        .find(|ancestor| ancestor.join(REPOSITORY).exists());
    std::fs::canonicalize(repository.unwrap_or(&folder)).ok()
}
