//! Features of a recording that a trace cannot have, counted by kind, each with its first place.
//!
//! The readers decide how to treat them.

use std::collections::BTreeMap;

use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// The notes about one recording.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: BTreeMap<NoteKind, Note>,
}

/// What a note is about: a code, or a part of what has this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NoteKind {
    code: Code,
    part: NotePart,
}

/// What of a code a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NotePart {
    /// The usual.
    Usual,
    /// Times that state no offset from UTC.
    NoOffset,
    /// Lines that can be read and hold no request.
    NoRequest,
}

impl NoteKind {
    fn usual(code: Code) -> Self {
        let part = NotePart::Usual;
        Self { code, part }
    }
}

#[derive(Debug)]
struct Note {
    count: u64,
    first: Option<Box<Place>>,
}

impl Notes {
    /// Counts one more of a kind; `place` is called only for the first.
    pub(super) fn add(&mut self, code: Code, place: impl FnOnce() -> Place) {
        self.add_kind(NoteKind::usual(code), place);
    }

    /// Counts one more time without an offset from UTC.
    pub(super) fn add_time_without_offset(&mut self, place: impl FnOnce() -> Place) {
        let kind = NoteKind {
            code: Code::RecordingTimeZone,
            part: NotePart::NoOffset,
        };
        self.add_kind(kind, place);
    }

    /// Notes the number of lines that can be read and hold no request, the first at `place`.
    pub(super) fn add_lines_without_request(&mut self, count: u64, place: Place) {
        let kind = NoteKind {
            code: Code::RecordingUnreadable,
            part: NotePart::NoRequest,
        };
        let first = Some(Box::new(place));
        self.list.insert(kind, Note { count, first });
    }

    fn add_kind(&mut self, kind: NoteKind, place: impl FnOnce() -> Place) {
        match self.list.get_mut(&kind) {
            Some(note) => note.count += 1,
            None => {
                let first = Some(Box::new(place()));
                self.list.insert(kind, Note { count: 1, first });
            }
        }
    }

    /// These notes about one column and `others` about another column of the same lines.
    ///
    /// Each column has its own samples that are no numbers, which are counted together. The other kinds are about lines, which both
    /// columns count: the greater count stands.
    pub(super) fn with_column(mut self, others: Self) -> Self {
        for (kind, other) in others.list {
            let Some(note) = self.list.get_mut(&kind) else {
                self.list.insert(kind, other);
                continue;
            };
            let count = match kind.code {
                Code::RecordingNotANumber => note.count + other.count,
                _ => note.count.max(other.count),
            };
            let line = |note: &Note| note.first.as_ref().map(|place| place.line);
            if line(&other) < line(note) {
                note.first = other.first;
            }
            note.count = count;
        }
        self
    }

    /// The number of a kind.
    pub(super) fn count(&self, code: Code) -> u64 {
        self.list
            .get(&NoteKind::usual(code))
            .map_or(0, |note| note.count)
    }

    /// The first place of a kind.
    pub(super) fn first(&self, code: Code) -> Option<&Place> {
        self.list.get(&NoteKind::usual(code))?.first.as_deref()
    }

    /// One warning for each kind.
    pub(super) fn into_warnings(self) -> Vec<Diagnostic> {
        self.list
            .into_iter()
            .map(|(kind, note)| {
                let wording = wording(kind);
                let subject = match note.count {
                    1 => format!("1 {}", wording.one),
                    count => format!("{count} {}", wording.many),
                };
                Diagnostic {
                    code: kind.code,
                    message: format!("{subject}; {}", wording.done),
                    place: note.first,
                    help: wording.help.to_owned(),
                }
            })
            .collect()
    }
}

/// The words for a kind.
struct Wording {
    one: &'static str,
    many: &'static str,
    /// How hpasim treats it.
    done: &'static str,
    help: &'static str,
}

fn wording(kind: NoteKind) -> Wording {
    match kind.part {
        NotePart::Usual => wording_of(kind.code),
        NotePart::NoOffset => Wording {
            one: "time states no offset from UTC",
            many: "times state no offset from UTC",
            done: "hpasim reads such a time as UTC",
            help: "nothing, if the clock of the server is UTC; otherwise log an offset (HAProxy: `%T` in the place of `%t`), because all times are those of another zone",
        },
        NotePart::NoRequest => Wording {
            one: "line holds no request",
            many: "lines hold no request, more than lines that do",
            done: "hpasim counts only requests",
            help: "nothing, if the program logs that much about itself; otherwise check how the log writes a request",
        },
    }
}

fn wording_of(code: Code) -> Wording {
    match code {
        Code::RecordingNotANumber => Wording {
            one: "sample is NaN, infinite, negative or not a number",
            many: "samples are NaN, infinite, negative or not numbers",
            done: "hpasim ignores such a sample, and a gauge keeps the value before it",
            help: "check the recording there; without traffic, a query such as 0/0 gives NaN",
        },
        Code::RecordingDuplicate => Wording {
            one: "sample repeats an earlier time",
            many: "samples repeat an earlier time",
            done: "the later one counts",
            help: "check that the file does not contain a recording twice, or two recordings",
        },
        Code::RecordingOrder => Wording {
            one: "time goes back",
            many: "times go back",
            done: "hpasim takes each row at its own time",
            help: "nothing, unless the file contains two recordings",
        },
        Code::RecordingTimeZone => Wording {
            one: "time has another offset from UTC than the first",
            many: "times have another offset from UTC than the first",
            done: "hpasim reads each with its own offset",
            help: "nothing, if the clock changed to or from summer time; otherwise check where these lines come from",
        },
        Code::RecordingReset => Wording {
            one: "counter reset",
            many: "counter resets",
            done: "a counter that falls counts as restarted from 0",
            help: "nothing, if pods restarted; rate() in a query does the same",
        },
        Code::RecordingEmptySeries => Wording {
            one: "series has no samples",
            many: "series have no samples",
            done: "such a series adds nothing",
            help: "nothing, unless you expect samples in the series",
        },
        Code::RecordingMixedTimes => Wording {
            one: "time is in another unit than the first",
            many: "times are in another unit than the first",
            done: "the size of each decides whether it is in seconds, milliseconds, microseconds or nanoseconds",
            help: "write all times in one unit",
        },
        Code::RecordingMixedSeries => Wording {
            one: "series is of another metric than the first",
            many: "series are of other metrics than the first",
            done: "hpasim sums all of them",
            help: "choose the series of the load with `hpasim trace convert --series` (a number, or label=value)",
        },
        _ => Wording {
            one: "line is unreadable",
            many: "lines are unreadable",
            done: "hpasim ignores such lines",
            help: "check that the file is complete and has one format",
        },
    }
}
