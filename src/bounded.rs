//! Reading within bounds: the maximum size of each kind of input, and readers that stop there.
//!
//! Only this module recognises and decompresses gzip. The caller reports an input that is too large.

use std::io::{BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

/// The largest policy or manifest: 64 MiB. An object in a cluster has at most 1.5 MiB (etcd's `--max-request-bytes`).
pub const POLICY_BYTES_MAX: u64 = 64 << 20;
/// The largest trace, decompressed: 1 GiB, tens of millions of rows.
pub const TRACE_BYTES_MAX: u64 = 1 << 30;
/// The largest recording that is a single JSON document: 256 MiB.
pub const DOCUMENT_BYTES_MAX: u64 = 256 << 20;
/// The largest capacity probe: 64 MiB, millions of rows.
pub const PROBE_BYTES_MAX: u64 = 64 << 20;
/// The longest line of a recording of traffic: 1 MiB.
pub const RECORDING_LINE_BYTES_MAX: u64 = 1 << 20;
/// The longest line of a recording of decisions, a whole scenario: 64 MiB.
pub const DECISIONS_LINE_BYTES_MAX: u64 = 64 << 20;
/// The longest line of a `sweep.csv`: 1 MiB. An argument of the command line, which a line of its head repeats, has at most 128 KiB.
pub const SWEEP_LINE_BYTES_MAX: u64 = 1 << 20;
/// The largest head of a `sweep.csv`: 16 MiB, more than a command line can hold.
pub const SWEEP_HEAD_BYTES_MAX: u64 = 16 << 20;
/// The largest `summary.json`: 64 MiB.
pub const SUMMARY_BYTES_MAX: u64 = 64 << 20;

/// How many bytes are read before the next check of limit and content.
const STEP_BYTES: u64 = 1 << 20;
/// How many bytes of a stream are read at once.
const BUFFER_BYTES: usize = 256 << 10;
/// The first two bytes of every gzip file (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why reading stopped before the end of an input.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The reader failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The input is longer than allowed.
    #[error("more than {}", size_text(*bytes_max))]
    TooLarge {
        /// The allowed length.
        bytes_max: u64,
    },
}

/// A stream for reading, decompressed if it is gzip.
pub struct Unpacked<'r> {
    /// The content.
    pub reader: Box<dyn BufRead + 'r>,
    /// Whether it was gzip.
    pub was_gzip: bool,
}

/// Decompresses a stream that begins like gzip, and leaves any other unchanged.
///
/// # Errors
/// The reader's error at the first bytes.
pub fn unpacked<'r>(reader: impl Read + 'r) -> std::io::Result<Unpacked<'r>> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
    // A pipe may return a single byte at first.
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    reader
        .by_ref()
        .take(GZIP_MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    let was_gzip = is_gzip(&start);
    let whole = Cursor::new(start).chain(reader);
    Ok(Unpacked {
        reader: if was_gzip {
            let unpacking = MultiGzDecoder::new(whole);
            Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacking))
        } else {
            Box::new(whole)
        },
        was_gzip,
    })
}

/// Whether `bytes` begin like a gzip file.
#[must_use]
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

/// Reads the whole input, up to `bytes_max`.
///
/// The program reads only text and gzip, and text has no NUL. If a NUL shows that a file is neither, the rest is not read: `/dev/zero`
/// costs one step. The caller's check for text finds the NUL in the result.
///
/// # Errors
/// The reader's error, or an exceeded limit.
pub fn read_whole(mut reader: impl Read, bytes_max: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        // One byte above the limit distinguishes a file of that size from a larger one.
        let left = (bytes_max + 1).saturating_sub(before as u64);
        let step = STEP_BYTES.min(left);
        make_room(&mut bytes, step, left)?;
        let read = reader.by_ref().take(step).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            return Err(ReadError::TooLarge { bytes_max });
        }
        let is_text = !is_gzip(&bytes);
        if (read as u64) < step || (is_text && memchr::memchr(0, &bytes[before..]).is_some()) {
            return Ok(bytes);
        }
    }
}

/// Reserves memory for a step: as much as there already is, and never more than `left` to the limit.
///
/// Missing memory is an error here; `read_to_end` would abort.
fn make_room(bytes: &mut Vec<u8>, step: u64, left: u64) -> std::io::Result<()> {
    // `read_to_end` asks for this much after the end.
    const PROBE_BYTES: usize = 64;
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let wanted = size(step).saturating_add(PROBE_BYTES);
    if bytes.capacity() - bytes.len() >= wanted {
        return Ok(());
    }
    let doubled = bytes.len().min(size(left)).saturating_add(PROBE_BYTES);
    bytes
        .try_reserve_exact(doubled.max(wanted))
        .map_err(|_| std::io::ErrorKind::OutOfMemory.into())
}

/// Reads a line with its end into `line`, which it clears first, and returns its length: 0 after the last line.
///
/// # Errors
/// The reader's error, or a line of more than `bytes_max` without its end; `line` then holds its start.
pub fn read_line(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    bytes_max: u64,
) -> Result<usize, ReadError> {
    line.clear();
    let read = reader
        .by_ref()
        .take(bytes_max + 1)
        .read_until(b'\n', line)?;
    if read as u64 > bytes_max && line.last() != Some(&b'\n') {
        return Err(ReadError::TooLarge { bytes_max });
    }
    Ok(read)
}

/// `64 MiB`, `1 GiB`, `512 bytes`.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = units
        .into_iter()
        .find(|(bits, _)| bytes >> bits > 0 && bytes.trailing_zeros() >= *bits);
    match whole {
        Some((bits, unit)) => format!("{} {unit}", bytes >> bits),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::repeat;

    use super::*;

    /// Counts the bytes taken from an endless reader.
    struct Counted<R> {
        reader: R,
        taken: u64,
    }

    impl<R: Read> Read for Counted<R> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let read = self.reader.read(buffer)?;
            self.taken += read as u64;
            Ok(read)
        }
    }

    #[test]
    fn a_file_of_exactly_the_limit_is_read_and_a_byte_more_is_refused() {
        let limit = 3 * STEP_BYTES;
        let of = |length: u64| read_whole(repeat(b'a').take(length), limit);
        assert_eq!(of(limit).expect("as large as allowed").len() as u64, limit);
        let refused = of(limit + 1).expect_err("too large");
        assert!(matches!(refused, ReadError::TooLarge { bytes_max } if bytes_max == limit));
        assert_eq!(refused.to_string(), "more than 3 MiB");
    }

    #[test]
    fn room_is_never_made_for_more_than_the_limit() {
        let limit = 5 * STEP_BYTES + 10;
        let bytes = read_whole(repeat(b'a').take(limit), limit).expect("as large as allowed");
        assert!(
            bytes.capacity() as u64 <= limit + 1 + 64,
            "{}",
            bytes.capacity()
        );
    }

    #[test]
    fn an_endless_reader_is_left_a_byte_behind_the_limit() {
        let mut endless = Counted {
            reader: repeat(b'a'),
            taken: 0,
        };
        assert!(read_whole(&mut endless, 10_000).is_err());
        assert_eq!(endless.taken, 10_001);
    }

    #[test]
    fn endless_zeros_are_left_after_one_step() {
        let mut endless = Counted {
            reader: repeat(0),
            taken: 0,
        };
        let bytes = read_whole(&mut endless, TRACE_BYTES_MAX).expect("its beginning");
        assert_eq!(bytes.len() as u64, STEP_BYTES);
        assert_eq!(endless.taken, STEP_BYTES);
    }

    #[test]
    fn gzip_may_hold_zeros() {
        let packed = [&GZIP_MAGIC[..], &[0; 100]].concat();
        let read = read_whole(Cursor::new(&packed), 1000).expect("read");
        assert_eq!(read, packed);
    }

    #[test]
    fn a_line_ends_at_its_limit() {
        let mut reader = BufReader::new(Cursor::new(b"four\nlonger than ten\n"));
        let mut line = Vec::new();
        assert_eq!(read_line(&mut reader, &mut line, 4).expect("a line"), 5);
        assert_eq!(line, b"four\n");
        assert!(read_line(&mut reader, &mut line, 10).is_err());
        assert_eq!(line, b"longer than");
        let mut end = Cursor::new(b"");
        assert_eq!(read_line(&mut end, &mut line, 10).expect("the end"), 0);
    }

    #[test]
    fn sizes_are_written_in_their_largest_whole_unit() {
        let sizes = [64 << 20, 1 << 30, 3 << 10, 1000].map(size_text);
        assert_eq!(sizes, ["64 MiB", "1 GiB", "3 KiB", "1000 bytes"]);
    }
}
