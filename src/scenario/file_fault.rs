//! Faults of files: unreadable, not text, too large, or a damaged gzip.
//!
//! Only bytes in memory are handled here; the readers of streams decompress them.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

use super::diagnostic::{Code, Diagnostic, Place};
use super::file_request::LoadError;
use crate::bounded::{ReadError, is_gzip, read_whole, size_text, unpacked};

impl LoadError {
    fn code(&self) -> Code {
        match self {
            Self::Outside(_) => Code::FileOutside,
            Self::TooLarge { .. } => Code::FileTooLarge,
            _ => Code::FileUnreadable,
        }
    }

    fn help(&self, asked_by: Option<&Place>) -> &'static str {
        match self {
            Self::Missing if asked_by.is_some() => {
                "check the path; it is relative to the folder of the file that names it"
            }
            Self::Missing => "check the path",
            Self::Denied => "give yourself permission to read the file",
            Self::Folder if asked_by.is_some() => ONE_FILE,
            Self::Folder => "name a file in that folder",
            Self::NoManifests => {
                "a manifest ends in .yaml, .yml or .json, and states `kind`; hidden files are left out"
            }
            Self::NoMatch => {
                "check the pattern: `*` is a part of one name, `**` any folders; quote it, so that the shell does not read it"
            }
            Self::BadPattern(_) => "write `*`, `?`, `[a-z]`, or `**` as a whole folder",
            Self::NotRegular(_) if asked_by.is_some() => {
                "name a regular file: a policy or a Kubernetes manifest"
            }
            Self::NotRegular(_) => {
                "name a regular file, or pipe the content to standard input (`-`) where the command allows it"
            }
            Self::TooLarge { .. } => {
                "check that this is the intended file, and remove what the simulation does not need"
            }
            Self::Outside(_) => {
                "move the file into that folder, or let `check` read it with --allow-outside"
            }
            Self::NoMemory => "name a smaller file, or close other programs",
            Self::Other(_) => "check the file and the disk",
        }
    }
}

/// The fault of an unreadable file; `asked_by` is the place that names the file.
#[must_use]
pub fn unreadable(path: &Path, error: &LoadError, asked_by: Option<Box<Place>>) -> Diagnostic {
    Diagnostic {
        code: error.code(),
        message: format!("cannot read `{}`: {error}", path.display()),
        help: match error {
            LoadError::Missing if asked_by.is_some() && looks_like_a_pattern(path) => ONE_FILE,
            _ => error.help(asked_by.as_deref()),
        }
        .to_owned(),
        place: asked_by,
    }
}

/// The remedy where a policy names a folder or a pattern.
const ONE_FILE: &str = "name one file here; `awk 'FNR == 1 {print \"---\"} 1' FOLDER/*.yaml > all.yaml` makes one of several manifests";

fn looks_like_a_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// The path of a user that `fault` says is missing.
#[must_use]
pub fn missing_path(fault: &Diagnostic) -> Option<&str> {
    let is_missing =
        fault.code == Code::FileUnreadable && fault.help == LoadError::Missing.help(None);
    let (_, rest) = fault.message.split_once('`').filter(|_| is_missing)?;
    rest.split_once("`: ").map(|(path, _)| path)
}

/// The fault of a UTF-16 text, which some Windows tools write; `None` for any other text.
pub(super) fn utf16(path: &Path, bytes: &[u8]) -> Option<Diagnostic> {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    is_utf16.then(|| Diagnostic {
        code: Code::FileNotText,
        message: format!("`{}` is UTF-16, not UTF-8", path.display()),
        place: None,
        help: "save it as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`".to_owned(),
    })
}

/// The bytes as text, without a byte order mark.
///
/// # Errors
/// The bytes are not UTF-8 text.
pub(super) fn text_of<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, Diagnostic> {
    let not_text = |what: String| Diagnostic {
        code: Code::FileNotText,
        message: format!("`{}` is not a text file: {what}", path.display()),
        place: None,
        help: "use a plain UTF-8 text file (gzip is allowed for a trace)".to_owned(),
    };
    if let Some(fault) = utf16(path, bytes) {
        return Err(fault);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_text(format!("byte {} is not UTF-8", error.valid_up_to() + 1)))?;
    match text.find('\0') {
        Some(at) => Err(not_text(format!("byte {} is NUL", at + 1))),
        None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}

/// The content of a file, decompressed if it is gzip.
///
/// # Errors
/// The gzip is damaged, or holds more than `bytes_max`.
pub(super) fn content_of<'b>(
    path: &Path,
    bytes: &'b [u8],
    bytes_max: u64,
) -> Result<Cow<'b, [u8]>, Diagnostic> {
    if !is_gzip(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let read = || read_whole(unpacked(bytes)?.reader, bytes_max);
    read().map(Cow::Owned).map_err(|error| match error {
        ReadError::Io(error) => unpacking_failed(path, &error),
        ReadError::TooLarge { bytes_max } => gzip_too_large(path, bytes_max),
    })
}

/// The fault of a gzip that cannot be decompressed: it is damaged, or its content does not fit in memory.
fn unpacking_failed(path: &Path, error: &std::io::Error) -> Diagnostic {
    if error.kind() == ErrorKind::OutOfMemory {
        return unreadable(path, &LoadError::NoMemory, None);
    }
    broken_gzip(path, error)
}

/// The fault of a damaged gzip.
pub(super) fn broken_gzip(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic {
        code: Code::TraceGzip,
        message: format!("the gzip file `{}` is damaged: {error}", path.display()),
        place: None,
        help: "compress or download it again; `gzip -t` checks a file".to_owned(),
    }
}

/// The fault of a gzip whose content is too large.
pub(super) fn gzip_too_large(path: &Path, bytes_max: u64) -> Diagnostic {
    Diagnostic {
        code: Code::TraceTooLarge,
        message: format!(
            "`{}` decompresses to more than {}",
            path.display(),
            size_text(bytes_max)
        ),
        place: None,
        help: "use fewer rows or a shorter trace".to_owned(),
    }
}

/// The fault of a trace that is larger than its kind may be.
pub(super) fn trace_too_large(path: &Path, bytes_max: u64) -> Diagnostic {
    Diagnostic {
        code: Code::TraceTooLarge,
        message: format!(
            "`{}` is larger than {}",
            path.display(),
            size_text(bytes_max)
        ),
        place: None,
        help: "use fewer rows, fewer series or a shorter time span".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).expect("packed");
        packer.finish().expect("packed")
    }

    #[test]
    fn a_trace_that_decompresses_to_too_much_is_refused() {
        let path = Path::new("bomb.csv.gz");
        let bomb = packed(&[b'1'; 4 << 20]);
        assert!(content_of(path, &bomb, 4 << 20).is_ok());
        let fault = content_of(path, &bomb, 3 << 20).expect_err("too large");
        assert_eq!(fault.code, Code::TraceTooLarge);
    }
}
