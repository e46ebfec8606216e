//! Features of a recording that a trace cannot have, counted by kind, each with its first place.
//!
//! The readers decide how to treat them.

use std::collections::BTreeMap;

use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// The notes about one recording.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: BTreeMap<Code, Note>,
}

#[derive(Debug)]
struct Note {
    count: u64,
    first: Option<Box<Place>>,
}

impl Notes {
    /// Counts one more of a kind; `place` is called only for the first.
    pub(super) fn add(&mut self, code: Code, place: impl FnOnce() -> Place) {
        match self.list.get_mut(&code) {
            Some(note) => note.count += 1,
            None => {
                let first = Some(Box::new(place()));
                self.list.insert(code, Note { count: 1, first });
            }
        }
    }

    /// Counts `count` more of a kind, the first at `place`.
    pub(super) fn add_many(&mut self, code: Code, count: u64, place: Place) {
        if count > 0 {
            self.add(code, || place);
        }
        if let Some(note) = self.list.get_mut(&code) {
            note.count += count.saturating_sub(1);
        }
    }

    /// These notes about one column and `others` about another column of the same lines.
    ///
    /// Each column has its own samples that are no numbers, which are counted together. The other kinds are about lines, which both
    /// columns count: the greater count stands.
    pub(super) fn with_column(mut self, others: Self) -> Self {
        for (code, other) in others.list {
            let Some(note) = self.list.get_mut(&code) else {
                self.list.insert(code, other);
                continue;
            };
            let count = match code {
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
        self.list.get(&code).map_or(0, |note| note.count)
    }

    /// The first place of a kind.
    pub(super) fn first(&self, code: Code) -> Option<&Place> {
        self.list.get(&code)?.first.as_deref()
    }

    /// One warning for each kind.
    pub(super) fn into_warnings(self) -> Vec<Diagnostic> {
        self.list
            .into_iter()
            .map(|(code, note)| {
                let wording = wording(code);
                let subject = match note.count {
                    1 => format!("1 {}", wording.one),
                    count => format!("{count} {}", wording.many),
                };
                Diagnostic {
                    code,
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

fn wording(code: Code) -> Wording {
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
            one: "time has another offset from UTC than the first, or no offset",
            many: "times have another offset from UTC than the first, or no offset",
            done: "hpasim reads each with its own offset, and without an offset as UTC",
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
