//! A folder or a pattern as the files that it stands for.

use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use walkdir::{DirEntry, WalkDir};

use crate::scenario::LoadError;

/// The endings of manifests, which a folder is searched for. They are those of `kubectl apply -f FOLDER`.
const MANIFEST_ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// The letters of a path that make it a pattern.
const PATTERN_LETTERS: [char; 3] = ['*', '?', '['];

/// A `*` stands for a part of one name, and never for a hidden one.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The manifests in a folder, or the files that a pattern matches, in the order of their names; `None` for any other path.
///
/// Hidden files and folders are left out, and links to folders are not followed.
///
/// # Errors
/// No such file exists, the pattern has a fault, or a folder cannot be read.
pub(super) fn find(path: &Path) -> Result<Option<Vec<PathBuf>>, LoadError> {
    if path.is_dir() {
        let files = walk(path, usize::MAX)?;
        let manifests: Vec<PathBuf> = files.into_iter().filter(|file| is_manifest(file)).collect();
        return match manifests.is_empty() {
            true => Err(LoadError::NoManifests),
            false => Ok(Some(manifests)),
        };
    }
    let Some(text) = path.to_str().filter(|_| is_pattern(path)) else {
        return Ok(None);
    };
    // The walk gives no `./` at the start of a path.
    let plain = text.strip_prefix("./").unwrap_or(text);
    let pattern = Pattern::new(plain).map_err(|error| LoadError::BadPattern(error.msg))?;
    let folder = fixed_part(Path::new(plain));
    if !folder.as_os_str().is_empty() && !folder.is_dir() {
        return Err(LoadError::NoMatch);
    }
    let below = Path::new(plain)
        .components()
        .skip(folder.components().count());
    let depth = match text.contains("**") {
        true => usize::MAX,
        false => below.count(),
    };
    let files = walk(&folder, depth)?;
    let matching: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| pattern.matches_path_with(file, OPTIONS))
        .collect();
    match matching.is_empty() {
        true => Err(LoadError::NoMatch),
        false => Ok(Some(matching)),
    }
}

/// The folder that a path means: itself if it is one, otherwise the one of the file, or the part of a pattern before its first
/// special letter.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    if is_pattern(path) {
        return fixed_part(path);
    }
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// Whether the path is a pattern. A file may have a name that looks like one.
fn is_pattern(path: &Path) -> bool {
    has_pattern_letters(path) && !path.exists()
}

fn has_pattern_letters(path: &Path) -> bool {
    path.to_string_lossy().contains(PATTERN_LETTERS)
}

/// The folders at the start of a pattern that have no special letter.
fn fixed_part(pattern: &Path) -> PathBuf {
    let is_fixed = |part: &Component<'_>| !has_pattern_letters(Path::new(part));
    pattern.components().take_while(is_fixed).collect()
}

fn is_manifest(file: &Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| MANIFEST_ENDINGS.contains(&ending))
}

/// The files at most `depth` levels below a folder.
fn walk(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, LoadError> {
    let is_here = folder.as_os_str().is_empty();
    let start = if is_here { Path::new(".") } else { folder };
    let is_shown = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut files = Vec::new();
    let walk = WalkDir::new(start).max_depth(depth).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(is_shown) {
        let entry = entry.map_err(|error| match error.into_io_error() {
            Some(error) => LoadError::from(error),
            None => LoadError::Other("its folders lead in a circle".to_owned()),
        })?;
        if entry.path().is_dir() {
            continue;
        }
        let path = entry.path();
        let path = if is_here {
            path.strip_prefix(".").unwrap_or(path)
        } else {
            path
        };
        files.push(path.to_owned());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with files of these names.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        folder
    }

    /// The names of the files that a path within the folder stands for.
    fn found(folder: &tempfile::TempDir, path: &str) -> Result<String, LoadError> {
        let files = find(&folder.path().join(path))?.unwrap_or_default();
        let names = files.iter().map(|file| {
            let below = file
                .strip_prefix(folder.path())
                .expect("a file of the folder");
            below.display().to_string()
        });
        Ok(names.collect::<Vec<_>>().join(" "))
    }

    const NAMES: [&str; 8] = [
        "b.yaml",
        "a/z.yml",
        "a/y.json",
        "a/notes.md",
        ".git/c.yaml",
        "a/.d.yaml",
        "c[1].yaml",
        "p.toml",
    ];

    #[test]
    fn a_folder_stands_for_its_manifests_in_the_order_of_their_names() {
        let folder = folder(&NAMES);
        let all = found(&folder, "").expect("manifests");
        assert_eq!(all, "a/y.json a/z.yml b.yaml c[1].yaml");
        fs::create_dir(folder.path().join("empty")).expect("a folder");
        assert_eq!(found(&folder, "empty"), Err(LoadError::NoManifests));
    }

    #[test]
    fn a_pattern_stands_for_the_files_that_it_matches() {
        let folder = folder(&NAMES);
        let matched = |pattern: &str| found(&folder, pattern).expect("files");
        assert_eq!(matched("*.yaml"), "b.yaml c[1].yaml");
        assert_eq!(matched("**/*.y*ml"), "a/z.yml b.yaml c[1].yaml");
        assert_eq!(matched("?/[yz].*"), "a/y.json a/z.yml");
        assert_eq!(matched("*.toml"), "p.toml");
        for nothing in ["*.csv", "none/*.yaml"] {
            assert_eq!(
                found(&folder, nothing),
                Err(LoadError::NoMatch),
                "{nothing}"
            );
        }
        let broken = found(&folder, "a***");
        assert!(
            matches!(broken, Err(LoadError::BadPattern(_))),
            "{broken:?}"
        );
    }

    #[test]
    fn a_file_whose_name_looks_like_a_pattern_is_a_file() {
        let folder = folder(&NAMES);
        assert_eq!(find(&folder.path().join("c[1].yaml")), Ok(None));
        assert_eq!(find(&folder.path().join("missing.yaml")), Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_not_followed() {
        let folder = folder(&["a/b.yaml"]);
        let link = folder.path().join("a/again");
        std::os::unix::fs::symlink(folder.path(), link).expect("a link");
        assert_eq!(found(&folder, "").expect("a manifest"), "a/b.yaml");
    }
}
