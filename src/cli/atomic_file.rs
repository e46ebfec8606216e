//! Files that appear whole or not at all.
//!
//! Self-imposed limit: one file at a time, under a temporary name beside its own
//! until it is complete.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file under a temporary name, then gives it its own.
///
/// A pipe or a device is written to as it is.
///
/// # Errors
/// What the system says; the file is then as it was before.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let is_special = std::fs::metadata(path).is_ok_and(|found| !found.is_file());
    let Some(name) = path.file_name().filter(|_| !is_special) else {
        return std::fs::write(path, bytes);
    };
    let mut file = temporary_beside(path, name)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a file through `write` under a temporary name, then gives it its own.
///
/// # Errors
/// What `write` or the system says; the file is then as it was before.
pub(super) fn write_through<E: From<std::io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> Result<(), E>,
) -> Result<(), E> {
    let is_special = std::fs::metadata(path).is_ok_and(|found| !found.is_file());
    let Some(name) = path.file_name().filter(|_| !is_special) else {
        return write(&mut std::fs::OpenOptions::new().write(true).open(path)?);
    };
    let mut file = temporary_beside(path, name)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file in the folder of `path`.
fn temporary_beside(path: &Path, name: &OsStr) -> std::io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(&format!(".{}.", name.to_string_lossy()))
        .suffix(".partial")
        .permissions_of_a_new_file()
        .tempfile_in(folder)
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

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("made.csv");
        write_whole(&path, b"time_s,rps\n").expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), b"time_s,rps\n");
        let entries = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(entries, 1, "no temporary file is left");
        assert!(write_whole(&folder.path().join("missing/made.csv"), b"").is_err());
    }
}
