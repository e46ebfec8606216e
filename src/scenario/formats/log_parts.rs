//! Lines of a log that a container runtime split: containerd and CRI-O write the parts as lines with the tag `P` and the last with
//! `F`, and docker's `json-file` writes parts of 16 KiB, of which only the last ends with a line break.
//!
//! Sources: kubernetes/design-proposals-archive, node/kubelet-cri-logging.md, "CRI container log format"; moby/moby,
//! daemon/logger/copier.go and jsonfilelog.

use std::borrow::Cow;

use crate::bounded::RECORDING_LINE_BYTES_MAX;

/// The parts of one line of each stream, until its last part comes.
#[derive(Default)]
pub(super) struct LogParts {
    streams: [PartialLine; 2],
}

/// The start of a line of one stream.
#[derive(Default)]
struct PartialLine {
    text: Vec<u8>,
    start: PartStart,
}

/// Where the first part of a line stands in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PartStart {
    /// The number of its line, from 1.
    pub(super) number: usize,
    /// The bytes before its line.
    pub(super) offset: usize,
}

/// Where a part has its content.
struct LogPart {
    /// 0 for stdout, 1 for stderr.
    stream: usize,
    content: std::ops::Range<usize>,
    is_last: bool,
}

impl LogParts {
    /// Takes a line that stands at `at`. Returns `None` if it is a part and another must follow. Otherwise `line` is whole, and the
    /// result is the place of its first part.
    ///
    /// Of a line that is too long, the start is kept.
    pub(super) fn take(&mut self, line: &mut Vec<u8>, at: PartStart) -> Option<PartStart> {
        let Some(part) = part_of(line, self.has_any()) else {
            return Some(at);
        };
        let partial = &mut self.streams[part.stream];
        if partial.text.is_empty() {
            if part.is_last {
                return Some(at);
            }
            partial.start = at;
            partial.text.extend_from_slice(&line[..part.content.end]);
            return None;
        }
        let room = (RECORDING_LINE_BYTES_MAX as usize).saturating_sub(partial.text.len());
        let content = &line[part.content.clone()];
        let kept = &content[..content.len().min(room)];
        partial.text.extend_from_slice(kept);
        if !part.is_last {
            return None;
        }
        partial.text.extend_from_slice(&line[part.content.end..]);
        std::mem::swap(line, &mut partial.text);
        partial.text.clear();
        Some(partial.start)
    }

    /// At the end of the file: a line without its last part.
    pub(super) fn take_rest(&mut self, line: &mut Vec<u8>) -> Option<PartStart> {
        let waiting = self.streams.iter_mut().filter(|it| !it.text.is_empty());
        let first = waiting.min_by_key(|it| it.start.number)?;
        std::mem::swap(line, &mut first.text);
        first.text.clear();
        Some(first.start)
    }

    fn has_any(&self) -> bool {
        self.streams.iter().any(|it| !it.text.is_empty())
    }
}

/// The first lines of a file, with the parts of each joined.
pub(super) fn joined(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut parts = LogParts::default();
    let is_part = |line: &str| part_of(line.as_bytes(), false).is_some_and(|part| !part.is_last);
    if !text.lines().any(is_part) {
        return text;
    }
    let mut whole = Vec::with_capacity(text.len());
    let mut line = Vec::new();
    for each in text.lines() {
        line.clear();
        line.extend_from_slice(each.as_bytes());
        if parts.take(&mut line, PartStart::default()).is_some() {
            whole.extend_from_slice(&line);
            whole.push(b'\n');
        }
    }
    while parts.take_rest(&mut line).is_some() {
        whole.extend_from_slice(&line);
        whole.push(b'\n');
    }
    Cow::Owned(String::from_utf8_lossy(&whole).into_owned())
}

/// The part that a line is; `None` for a line of no container runtime. `may_be_last` is whether a part came before.
fn part_of(line: &[u8], may_be_last: bool) -> Option<LogPart> {
    match line.first()? {
        b'{' => part_of_docker(line, may_be_last),
        byte if byte.is_ascii_digit() => part_of_cri(line),
        _ => None,
    }
}

/// `2026-03-02T09:00:00.1Z stdout P content`. Behind a colon the tag may have more.
fn part_of_cri(line: &[u8]) -> Option<LogPart> {
    const DATE_BYTES_MAX: usize = 40;
    if line.get(4) != Some(&b'-') || line.get(10) != Some(&b'T') {
        return None;
    }
    let date = &line[..line.len().min(DATE_BYTES_MAX)];
    let after_date = memchr::memchr(b' ', date)? + 1;
    let rest = &line[after_date..];
    let stream = match rest {
        [b's', b't', b'd', b'o', b'u', b't', b' ', ..] => 0,
        [b's', b't', b'd', b'e', b'r', b'r', b' ', ..] => 1,
        _ => return None,
    };
    let tag = after_date + "stdout ".len();
    let is_last = match (line.get(tag)?, line.get(tag + 1)) {
        (b'F', Some(b' ' | b':') | None) => true,
        (b'P', Some(b' ' | b':') | None) => false,
        _ => return None,
    };
    let start = memchr::memchr(b' ', &line[tag..]).map_or(line.len(), |space| tag + space + 1);
    Some(LogPart {
        stream,
        content: start..line.len(),
        is_last,
    })
}

/// `{"log":"content","stream":"stdout","time":"..."}`. A short line without a line break is whole: other collectors write such.
fn part_of_docker(line: &[u8], may_be_last: bool) -> Option<LogPart> {
    const START: &[u8] = b"{\"log\":\"";
    const AFTER: &[u8] = b"\",\"stream\":\"std";
    const PART_BYTES: usize = 16 << 10;
    if (line.len() < PART_BYTES && !may_be_last) || !line.starts_with(START) {
        return None;
    }
    let end = memchr::memmem::rfind(line, AFTER)?;
    let content = line.get(START.len()..end)?;
    let stream = match line.get(end + AFTER.len())? {
        b'o' => 0,
        b'e' => 1,
        _ => return None,
    };
    let has_line_break = content.strip_suffix(b"n").is_some_and(|before| {
        let slashes = before.iter().rev().take_while(|byte| **byte == b'\\');
        slashes.count() % 2 == 1
    });
    Some(LogPart {
        stream,
        content: START.len()..end,
        is_last: has_line_break || content.len() < PART_BYTES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_stream_are_one_line_and_the_other_stream_goes_on() {
        let text = "2026-03-02T09:00:00.1Z stdout P a\n2026-03-02T09:00:00.2Z stderr F e\n\
                    2026-03-02T09:00:00.3Z stdout P b\n2026-03-02T09:00:00.4Z stdout F c\n\
                    2026-03-02T09:00:00.5Z stdout P without an end\n";
        assert_eq!(
            joined(text.into()),
            "2026-03-02T09:00:00.2Z stderr F e\n2026-03-02T09:00:00.1Z stdout P abc\n2026-03-02T09:00:00.5Z stdout P without an end\n"
        );
    }

    #[test]
    fn a_long_line_keeps_its_start_and_bounded_memory() {
        let mut parts = LogParts::default();
        let mut line = Vec::new();
        for _ in 0..200 {
            line = b"2026-03-02T09:00:00.1Z stdout P ".to_vec();
            line.extend(vec![b'x'; 16 << 10]);
            assert_eq!(parts.take(&mut line, PartStart::default()), None);
        }
        assert!(parts.take_rest(&mut line).is_some());
        assert!(line.len() as u64 <= RECORDING_LINE_BYTES_MAX);
        assert!(line.starts_with(b"2026-03-02T09:00:00.1Z stdout P xx"));
    }
}
