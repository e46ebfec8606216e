//! A recording as a stream: its first bytes for a look, gzip unpacked, and line after line.
//!
//! Self-imposed limit: bytes and lines. Whatever the length of the stream, what is
//! held is [`HEAD_BYTES`], one line, and the buffers; lines beyond [`LINE_BYTES_MAX`] are refused.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::gzip::{GZIP_MAGIC, broken_gzip, unfolds_too_far};
use crate::scenario::loader::{LoadError, unreadable, utf16};
use crate::scenario::secrecy::is_line_of_document;

/// How much of a stream is looked at to recognise its format.
const HEAD_BYTES: usize = 64 << 10;
const BUFFER_BYTES: usize = 256 << 10;
/// The longest line of a recording: 1 MiB.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Whether a stream was compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
}

/// A stream, unpacked, with its first bytes already read.
pub(super) struct Input<'r> {
    /// The path as it was given, or another name.
    pub(super) name: String,
    /// The first bytes, a byte order mark left out.
    pub(super) head: Vec<u8>,
    rest: Box<dyn BufRead + 'r>,
    packing: Packing,
    /// What may be shown of the stream.
    pub(super) exposure: Exposure,
}

/// Whether lines of a stream may be shown, as far as it was read: not once it looks like keys and values.
#[derive(Clone, Debug, Default)]
pub(super) struct Exposure {
    is_document: Rc<Cell<bool>>,
}

impl Exposure {
    /// From now on nothing of the stream is shown.
    pub(super) fn end(&self) {
        self.is_document.set(true);
    }

    /// Whether nothing may be shown.
    pub(super) fn has_ended(&self) -> bool {
        self.is_document.get()
    }

    /// Looks at a line. JSON is judged as a whole by its format.
    fn look_at(&self, line: &[u8]) {
        /// Keys are short, so a line without a colon near its start begins with none.
        const KEY_BYTES_MAX: usize = 300;
        if self.has_ended() || line.first() == Some(&b'{') {
            return;
        }
        let start = &line[..line.len().min(KEY_BYTES_MAX)];
        let may_be_key = memchr::memchr(b':', start).is_some() || start.starts_with(b"---");
        if may_be_key && is_line_of_document(&String::from_utf8_lossy(line)) {
            self.end();
        }
    }
}

impl<'r> Input<'r> {
    /// Reads the first bytes.
    ///
    /// # Errors
    /// The stream cannot be read or unpacked, or holds UTF-16.
    pub(super) fn open(name: &str, reader: impl Read + 'r) -> Result<Self, Diagnostic> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        let packed_head = head_of(&mut reader, GZIP_MAGIC.len())
            .map_err(|error| failure(name, Packing::Plain, &error))?;
        let packing = if packed_head.starts_with(&GZIP_MAGIC) {
            Packing::Gzip
        } else {
            Packing::Plain
        };
        let whole = Cursor::new(packed_head).chain(reader);
        let mut rest: Box<dyn BufRead + 'r> = match packing {
            Packing::Plain => Box::new(whole),
            Packing::Gzip => Box::new(BufReader::with_capacity(
                BUFFER_BYTES,
                MultiGzDecoder::new(whole),
            )),
        };
        let mut head =
            head_of(&mut rest, HEAD_BYTES).map_err(|error| failure(name, packing, &error))?;
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
            packing,
            exposure: Exposure::default(),
        })
    }

    /// Everything, for formats that are one document.
    ///
    /// # Errors
    /// The stream cannot be read, or holds more than `bytes_max`.
    pub(super) fn read_whole(mut self, bytes_max: u64) -> Result<Vec<u8>, Diagnostic> {
        let mut bytes = std::mem::take(&mut self.head);
        self.rest
            .by_ref()
            .take((bytes_max + 1).saturating_sub(bytes.len() as u64))
            .read_to_end(&mut bytes)
            .map_err(|error| failure(&self.name, self.packing, &error))?;
        match (bytes.len() as u64 > bytes_max, self.packing) {
            (false, _) => Ok(bytes),
            (true, Packing::Gzip) => Err(unfolds_too_far(Path::new(&self.name), bytes_max)),
            (true, Packing::Plain) => Err(Diagnostic {
                code: Code::TraceTooLarge,
                message: format!("`{}` is larger than {} MiB", self.name, bytes_max >> 20),
                place: None,
                help: "give fewer rows, fewer series or a shorter time".to_owned(),
            }),
        }
    }

    /// The stream line by line.
    pub(super) fn lines(self) -> Lines<'r> {
        Lines {
            reader: Box::new(Cursor::new(self.head).chain(self.rest)),
            name: self.name,
            packing: self.packing,
            exposure: self.exposure,
            line: Vec::new(),
            number: 0,
            offset: 0,
            next_offset: 0,
        }
    }
}

/// Up to `length` bytes from the beginning.
fn head_of(reader: &mut impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(length);
    reader.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn failure(name: &str, packing: Packing, error: &std::io::Error) -> Diagnostic {
    let is_about_gzip = matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
    );
    if packing == Packing::Gzip && is_about_gzip {
        return broken_gzip(Path::new(name), error);
    }
    let error = LoadError::from(std::io::Error::new(error.kind(), error.to_string()));
    unreadable(Path::new(name), &error, None)
}

/// Lines of a stream, one at a time.
pub(super) struct Lines<'r> {
    name: String,
    reader: Box<dyn BufRead + 'r>,
    packing: Packing,
    exposure: Exposure,
    line: Vec<u8>,
    number: usize,
    offset: usize,
    next_offset: usize,
}

impl Lines<'_> {
    /// The next line, its end left out; `None` behind the last.
    ///
    /// # Errors
    /// The stream breaks off, or the line is longer than [`LINE_BYTES_MAX`].
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, Diagnostic> {
        self.line.clear();
        let read = self
            .reader
            .by_ref()
            .take(LINE_BYTES_MAX as u64 + 1)
            .read_until(b'\n', &mut self.line)
            .map_err(|error| failure(&self.name, self.packing, &error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.offset = self.next_offset;
        self.next_offset += read;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if read > LINE_BYTES_MAX {
            return Err(line_too_long(&self.current()));
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.exposure.look_at(&self.line);
        Ok(Some(self.current()))
    }

    fn current(&self) -> Line<'_> {
        Line {
            name: &self.name,
            number: self.number,
            offset: self.offset,
            bytes: &self.line,
        }
    }
}

/// One line.
#[derive(Clone, Copy)]
pub(super) struct Line<'l> {
    name: &'l str,
    number: usize,
    offset: usize,
    /// Its bytes.
    pub(super) bytes: &'l [u8],
}

impl Line<'_> {
    /// The place of the whole line.
    pub(super) fn place(&self) -> Place {
        self.place_of(0..self.bytes.len())
    }

    /// The place of a stretch of the line.
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

/// The fault of a line that goes on and on.
pub(super) fn line_too_long(line: &Line<'_>) -> Diagnostic {
    Diagnostic {
        code: Code::TraceLine,
        message: format!(
            "line {} is longer than {} MiB",
            line.number,
            LINE_BYTES_MAX >> 20
        ),
        place: Some(Box::new(line.place_of(0..0))),
        help: "see that this is a trace or a recording: these have short lines".to_owned(),
    }
}
