//! Where the text came from: the sources read for one scenario, and stretches of them.
//!
//! Self-imposed limit: keeps text and hands it out; reads and parses nothing.

use std::ops::Range;
use std::sync::Arc;

/// A source's place in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceId(usize);

/// A stretch of bytes of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The source.
    pub(crate) source: SourceId,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
}

/// One text and what to call it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The path as it was given, or `--set`.
    pub(crate) name: String,
    /// The text.
    pub(crate) text: String,
    /// Stretches of the text that nobody may be shown: what a Secret holds.
    pub(crate) hidden: Vec<Range<usize>>,
    /// What was written in it.
    pub(crate) format: Format,
}

/// What a text was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A policy, or a `--set`: what makes no sense in it is an error.
    Policy,
    /// A Kubernetes manifest: what a cluster takes is simulated, however bad it is.
    Manifest,
}

/// The texts of one scenario's policy, in the order in which they were read.
///
/// A clone shares the texts: variants of a policy add their `--set`s and copy nothing else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    list: Vec<Arc<Source>>,
}

impl Sources {
    /// Keeps a text.
    pub(crate) fn add(&mut self, name: String, text: String) -> SourceId {
        self.list.push(Arc::new(Source {
            name,
            text,
            hidden: Vec::new(),
            format: Format::Policy,
        }));
        SourceId(self.list.len() - 1)
    }

    /// The source of that number.
    pub(crate) fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0]
    }

    /// Which of the sources is called `name`; behind all of them when none is.
    pub(crate) fn index_of(&self, name: &str) -> usize {
        self.list
            .iter()
            .position(|source| source.name == name)
            .unwrap_or(self.list.len())
    }

    /// The source holds a manifest.
    pub(crate) fn mark_as_manifest(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).format = Format::Manifest;
    }

    /// The source is judged as a policy is: what a cluster takes and never works is an error.
    pub(crate) fn judge_as_policy(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).format = Format::Policy;
    }

    /// From now on no diagnostic shows these stretches of the source.
    pub(crate) fn hide(&mut self, id: SourceId, stretches: Vec<Range<usize>>) {
        Arc::make_mut(&mut self.list[id.0]).hidden.extend(stretches);
    }

    /// Whether nobody may be shown where `origin` begins.
    pub(crate) fn is_hidden(&self, origin: Origin) -> bool {
        let hidden = &self.get(origin.source).hidden;
        hidden.iter().any(|range| range.contains(&origin.start))
    }

    /// The beginning of a source, for faults that are about the whole.
    pub(crate) fn beginning(id: SourceId) -> Origin {
        Origin {
            source: id,
            start: 0,
            end: 0,
        }
    }
}
