//! A recording as a stream: its first bytes for recognition, then line after line.
//!
//! Memory holds only [`HEAD_BYTES`], one line, the parts of two, and the buffers. A line longer than [`RECORDING_LINE_BYTES_MAX`] is a
//! fault.

use std::cell::Cell;
use std::io::{BufRead, Cursor, ErrorKind, Read};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use super::log_parts::{LogParts, PartStart};
use super::stamp::Dates;
use crate::bounded::{
    RECORDING_LINE_BYTES_MAX, ReadError, Unpacked, read_line, read_whole, size_text, unpacked,
};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::file_fault::{
    broken_gzip, gzip_too_large, trace_too_large, unreadable, utf16,
};
use crate::scenario::file_request::LoadError;
use crate::scenario::secrecy::is_line_of_document;

/// The bytes of a stream that serve to recognise its format.
const HEAD_BYTES: usize = 64 << 10;
/// The bytes for a stream whose first bytes show no format.
const LONG_HEAD_BYTES: usize = 1 << 20;

/// A decompressed stream and its first bytes.
pub(super) struct Input<'r> {
    /// The path as given, or another name.
    pub(super) name: String,
    /// The first bytes, without a byte order mark.
    pub(super) head: Vec<u8>,
    rest: Box<dyn BufRead + 'r>,
    was_gzip: bool,
    /// Whether diagnostics may print lines of the stream.
    pub(super) exposure: Exposure,
}

/// Whether diagnostics may print lines of a stream. They may not after a line that looks like a key with a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Exposure {
    is_document: Rc<Cell<bool>>,
}

impl Exposure {
    /// Forbids to print lines from now on.
    pub(super) fn end(&self) {
        self.is_document.set(true);
    }

    /// Whether printing lines is forbidden.
    pub(super) fn has_ended(&self) -> bool {
        self.is_document.get()
    }

    /// Reads a line for this decision. The format decides about JSON as a whole.
    fn look_at(&self, line: &[u8]) {
        /// Keys are short, so a line without a colon near its start does not begin with a key.
        const KEY_BYTES_MAX: usize = 300;
        if self.has_ended() || line.first() == Some(&b'{') {
            return;
        }
        let start = &line[..line.len().min(KEY_BYTES_MAX)];
        let may_be_key = memchr::memchr(b':', start).is_some() || start.starts_with(b"---");
        // The prefix of an access log may look like a key, and its end like a document.
        let is_request = || Dates::default().find_in_brackets(line).is_some();
        if may_be_key && is_line_of_document(&String::from_utf8_lossy(line)) && !is_request() {
            self.end();
        }
    }
}

impl<'r> Input<'r> {
    /// Reads the first bytes.
    ///
    /// # Errors
    /// The stream cannot be read or decompressed, or is UTF-16.
    pub(super) fn open(name: &str, reader: impl Read + 'r) -> Result<Self, Diagnostic> {
        let Unpacked {
            reader: mut rest,
            was_gzip,
        } = unpacked(reader).map_err(|error| failure(name, false, &error))?;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        rest.by_ref()
            .take(HEAD_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|error| failure(name, was_gzip, &error))?;
        if let Some(fault) = utf16(Path::new(name), &head) {
            return Err(fault);
        }
        if head.starts_with("\u{feff}".as_bytes()) {
            head.drain(..3);
        }
        Ok(Self {
            name: name.to_owned(),
            head,
            rest,
            was_gzip,
            exposure: Exposure::default(),
        })
    }

    /// Whether the stream may go on after its first bytes, and these are not [`LONG_HEAD_BYTES`] yet.
    pub(super) fn has_more_head(&self) -> bool {
        // A byte order mark was removed.
        (HEAD_BYTES - 3..LONG_HEAD_BYTES).contains(&self.head.len())
    }

    /// Reads more of the first bytes.
    ///
    /// # Errors
    /// The stream cannot be read or decompressed.
    pub(super) fn extend_head(&mut self) -> Result<(), Diagnostic> {
        let more = (LONG_HEAD_BYTES - self.head.len()) as u64;
        let read = self.rest.by_ref().take(more).read_to_end(&mut self.head);
        read.map(|_| ())
            .map_err(|error| failure(&self.name, self.was_gzip, &error))
    }

    /// The whole content, for formats of one document.
    ///
    /// # Errors
    /// The stream cannot be read, or holds more than `bytes_max`.
    pub(super) fn read_whole(self, bytes_max: u64) -> Result<Vec<u8>, Diagnostic> {
        let name = Path::new(&self.name);
        read_whole(Cursor::new(self.head).chain(self.rest), bytes_max).map_err(
            |error| match error {
                ReadError::Io(error) => failure(&self.name, self.was_gzip, &error),
                ReadError::TooLarge { bytes_max } if self.was_gzip => {
                    gzip_too_large(name, bytes_max)
                }
                ReadError::TooLarge { bytes_max } => trace_too_large(name, bytes_max),
            },
        )
    }

    /// The stream line by line.
    pub(super) fn lines(self) -> Lines<'r> {
        Lines {
            reader: Box::new(Cursor::new(self.head).chain(self.rest)),
            name: self.name,
            was_gzip: self.was_gzip,
            exposure: self.exposure,
            line: Vec::new(),
            number: 0,
            next_offset: 0,
            start: PartStart::default(),
            parts: LogParts::default(),
        }
    }
}

/// The fault of a stream that ends early.
fn failure(name: &str, was_gzip: bool, error: &std::io::Error) -> Diagnostic {
    let is_about_gzip = matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
    );
    if was_gzip && is_about_gzip {
        return broken_gzip(Path::new(name), error);
    }
    let error = LoadError::from(std::io::Error::new(error.kind(), error.to_string()));
    unreadable(Path::new(name), &error, None)
}

/// Lines of a stream, one at a time.
pub(super) struct Lines<'r> {
    name: String,
    reader: Box<dyn BufRead + 'r>,
    was_gzip: bool,
    exposure: Exposure,
    line: Vec<u8>,
    number: usize,
    next_offset: usize,
    /// Where the line begins.
    start: PartStart,
    parts: LogParts,
}

impl Lines<'_> {
    /// The next line without its end; `None` after the last. The parts of a line that a container runtime split are one line.
    ///
    /// # Errors
    /// The stream ends early, or the line is longer than [`RECORDING_LINE_BYTES_MAX`].
    pub(super) fn next(&mut self) -> Result<Option<StreamLine<'_>>, Diagnostic> {
        loop {
            let at = if self.read_line()? {
                self.parts.take(&mut self.line, self.start)
            } else {
                match self.parts.take_rest(&mut self.line) {
                    None => return Ok(None),
                    rest => rest,
                }
            };
            if let Some(start) = at {
                self.start = start;
                self.exposure.look_at(&self.line);
                return Ok(Some(self.current()));
            }
        }
    }

    /// Reads a line of the file; `false` after the last.
    fn read_line(&mut self) -> Result<bool, Diagnostic> {
        let read = read_line(&mut self.reader, &mut self.line, RECORDING_LINE_BYTES_MAX);
        if matches!(read, Ok(0)) {
            return Ok(false);
        }
        self.number += 1;
        self.start = PartStart {
            number: self.number,
            offset: self.next_offset,
        };
        match read {
            Ok(read) => self.next_offset += read,
            Err(ReadError::Io(error)) => return Err(failure(&self.name, self.was_gzip, &error)),
            Err(ReadError::TooLarge { .. }) => return Err(line_too_long(&self.current())),
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(true)
    }

    fn current(&self) -> StreamLine<'_> {
        StreamLine {
            name: &self.name,
            number: self.start.number,
            offset: self.start.offset,
            bytes: &self.line,
        }
    }
}

/// One line.
#[derive(Clone, Copy)]
pub(super) struct StreamLine<'l> {
    name: &'l str,
    number: usize,
    offset: usize,
    /// Its bytes.
    pub(super) bytes: &'l [u8],
}

impl StreamLine<'_> {
    /// The place of the whole line.
    pub(super) fn place(&self) -> Place {
        self.place_of(0..self.bytes.len())
    }

    /// The place of a part of the line.
    pub(super) fn place_of(&self, range: Range<usize>) -> Place {
        let text = String::from_utf8_lossy(self.bytes).replace(['\n', '\r', '\0'], " ");
        let place = Place::within(self.name, &text, range.clone());
        Place {
            line: self.number,
            span: self.offset + range.start..self.offset + range.end,
            ..place
        }
    }
}

/// The fault of a line that is too long.
pub(super) fn line_too_long(line: &StreamLine<'_>) -> Diagnostic {
    Diagnostic {
        code: Code::TraceLine,
        message: format!(
            "line {} is longer than {}",
            line.number,
            size_text(RECORDING_LINE_BYTES_MAX)
        ),
        place: Some(Box::new(line.place_of(0..0))),
        help: "check that this file is a trace or a recording; these have short lines".to_owned(),
    }
}
