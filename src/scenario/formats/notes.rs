//! What a recording had that a trace cannot have: counted by kind, each with its first place.
//!
//! Self-imposed limit: counting and wording; what is done about it is the readers'.

use std::collections::BTreeMap;

use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// Oddities of one recording.
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
    /// Counts one more of a kind; the place is asked for at the first only.
    pub(super) fn add(&mut self, code: Code, place: impl FnOnce() -> Place) {
        match self.list.get_mut(&code) {
            Some(note) => note.count += 1,
            None => {
                let first = Some(Box::new(place()));
                self.list.insert(code, Note { count: 1, first });
            }
        }
    }

    /// How many of a kind there were.
    pub(super) fn count(&self, code: Code) -> u64 {
        self.list.get(&code).map_or(0, |note| note.count)
    }

    /// The first place of a kind.
    pub(super) fn first(&self, code: Code) -> Option<&Place> {
        self.list.get(&code)?.first.as_deref()
    }

    /// One warning a kind.
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

/// How a kind is told.
struct Wording {
    one: &'static str,
    many: &'static str,
    /// What was done about it.
    done: &'static str,
    help: &'static str,
}

fn wording(code: Code) -> Wording {
    match code {
        Code::RecordingNotANumber => Wording {
            one: "sample is NaN, infinite, negative or no number at all",
            many: "samples are NaN, infinite, negative or no numbers at all",
            done: "such a sample is left out, and a gauge keeps the value before it",
            help: "look at what the recording says there: 0/0 gives NaN where there was no traffic",
        },
        Code::RecordingDuplicate => Wording {
            one: "sample has a time that was there before",
            many: "samples have a time that was there before",
            done: "the later one counts",
            help: "see that one recording was not written twice, nor two into one file",
        },
        Code::RecordingOrder => Wording {
            one: "time goes back",
            many: "times go back",
            done: "each row is taken at its own time, wherever it stands",
            help: "nothing, unless two recordings were put into one file",
        },
        Code::RecordingTimeZone => Wording {
            one: "time has another offset from UTC than the first, or none",
            many: "times have another offset from UTC than the first, or none",
            done: "each is read with its own, and as UTC where it has none",
            help: "nothing, where clocks changed to or from summer time; else see whose lines these are",
        },
        Code::RecordingReset => Wording {
            one: "counter reset",
            many: "counter resets",
            done: "a counter that falls is taken to have started again from 0",
            help: "nothing, where pods restarted; rate() in the query does the same",
        },
        Code::RecordingEmptySeries => Wording {
            one: "series has no samples",
            many: "series have no samples",
            done: "such a series adds nothing",
            help: "nothing, unless the series was expected to have some",
        },
        Code::RecordingMixedTimes => Wording {
            one: "time is in another unit than the first",
            many: "times are in another unit than the first",
            done: "each is read by its size as seconds, milliseconds, microseconds or nanoseconds",
            help: "write all times in one unit",
        },
        Code::RecordingMixedSeries => Wording {
            one: "series is of another metric than the first",
            many: "series are of other metrics than the first",
            done: "all are summed all the same",
            help: "choose what was offered with --series (a number, or label=value) of `hpasim trace convert`",
        },
        _ => Wording {
            one: "line is unreadable",
            many: "lines are unreadable",
            done: "left out",
            help: "see that the file is whole and of one format",
        },
    }
}
