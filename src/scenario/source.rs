//! Where the text came from: the sources read for one scenario, and stretches of them.
//!
//! Self-imposed limit: keeps text and hands it out; reads and parses nothing.

/// A source's place in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceId(usize);

/// A stretch of bytes of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The source.
    pub(super) source: SourceId,
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
}

/// One text and what to call it.
#[derive(Debug)]
pub(super) struct Source {
    /// The path as it was given, or `--set`.
    pub(super) name: String,
    /// The text.
    pub(super) text: String,
}

/// The texts of one scenario's policy, in the order in which they were read.
#[derive(Debug, Default)]
pub(super) struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Keeps a text.
    pub(super) fn add(&mut self, name: String, text: String) -> SourceId {
        self.list.push(Source { name, text });
        SourceId(self.list.len() - 1)
    }

    /// The source of that number.
    pub(super) fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0]
    }

    /// The beginning of a source, for faults that are about the whole.
    pub(super) fn beginning(id: SourceId) -> Origin {
        Origin {
            source: id,
            start: 0,
            end: 0,
        }
    }
}
