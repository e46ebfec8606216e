//! Gzip: recognised by its first bytes, unpacked within bounds, and what is said of a broken one.
//!
//! Self-imposed limit: bytes in memory; streams are unpacked where they are read.

use std::io::ErrorKind;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::diagnostic::{Code, Diagnostic};
use super::loader::{LoadError, unreadable};
use crate::bounded::{ReadError, read_whole, size_text};

/// Everything in a compressed file.
///
/// # Errors
/// It is broken, or holds more than `bytes_max`.
pub(super) fn decompress(path: &Path, bytes: &[u8], bytes_max: u64) -> Result<Vec<u8>, Diagnostic> {
    read_whole(MultiGzDecoder::new(bytes), bytes_max).map_err(|error| match error {
        ReadError::Io(error) => unpacking_failed(path, &error),
        ReadError::TooLarge { bytes_max } => unfolds_too_far(path, bytes_max),
    })
}

/// The fault of a compressed file that cannot be unpacked: it is broken, or what it holds has no room in memory.
fn unpacking_failed(path: &Path, error: &std::io::Error) -> Diagnostic {
    if error.kind() == ErrorKind::OutOfMemory {
        return unreadable(path, &LoadError::NoMemory, None);
    }
    broken_gzip(path, error)
}

/// The fault of a compressed file that is no whole gzip.
pub(super) fn broken_gzip(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic {
        code: Code::TraceGzip,
        message: format!(
            "`{}` is compressed with gzip, but broken: {error}",
            path.display()
        ),
        place: None,
        help: "compress it again, or fetch it again; `gzip -t` tells whether a file is whole"
            .to_owned(),
    }
}

/// The fault of a compressed file that is far larger than it looks.
pub(super) fn unfolds_too_far(path: &Path, bytes_max: u64) -> Diagnostic {
    Diagnostic {
        code: Code::TraceTooLarge,
        message: format!(
            "`{}` unfolds to more than {}",
            path.display(),
            size_text(bytes_max)
        ),
        place: None,
        help: "give fewer rows or a shorter trace".to_owned(),
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
        help: "give fewer rows, fewer series or a shorter time".to_owned(),
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
    fn a_trace_that_unfolds_too_far_is_refused() {
        let path = Path::new("bomb.csv.gz");
        let bomb = packed(&[b'1'; 4 << 20]);
        assert!(decompress(path, &bomb, 4 << 20).is_ok());
        let fault = decompress(path, &bomb, 3 << 20).expect_err("too large");
        assert_eq!(fault.code, Code::TraceTooLarge);
        assert_eq!(fault.message, "`bomb.csv.gz` unfolds to more than 3 MiB");
    }
}
