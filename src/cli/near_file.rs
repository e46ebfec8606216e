//! A missing file: the file of a similar name in the same folder.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::scenario::{Diagnostics, missing_path, nearest};

/// The faults; one of a missing file offers a similar name, where its folder has one.
pub(super) fn with_near_names(faults: &Diagnostics) -> Diagnostics {
    let mut faults = faults.clone();
    for fault in &mut faults.list {
        if let Some(near) = missing_path(fault).and_then(|path| near_path(Path::new(path))) {
            fault.help = format!("did you mean `{near}`?");
        }
    }
    faults
}

/// The path with the name of the file that it probably means.
fn near_path(path: &Path) -> Option<String> {
    let folder = match path.parent()? {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let entries = fs::read_dir(folder).ok()?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let is_file = entry.path().is_file();
            entry.file_name().into_string().ok().filter(|_| is_file)
        })
        .collect();
    names.sort();
    // The endings do not count: `x.csv` is not near `y.csv`, though only one of five letters is wrong.
    let near_stem = nearest(
        stem(path.file_name()?.to_str()?),
        names.iter().map(|name| stem(name)),
    )?;
    let ending = path.extension();
    let of_stem = names.iter().filter(|name| stem(name) == near_stem);
    let near = of_stem.max_by_key(|name| Path::new(name).extension() == ending)?;
    Some(path.with_file_name(near).display().to_string())
}

/// A file's name without its ending.
fn stem(name: &str) -> &str {
    let stem = Path::new(name).file_stem().and_then(OsStr::to_str);
    stem.unwrap_or(name)
}
