//! Where the text came from: the sources read for one scenario, and stretches of them.
//!
//! Self-imposed limit: keeps text and hands it out; reads and parses nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::loader::NamedBy;
use super::text_marks::TextMarks;

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
    /// Where its lines begin.
    pub(super) marks: TextMarks,
    /// Stretches of the text that nobody may be shown: what a Secret holds. In order, none touches another.
    pub(crate) hidden: Vec<Range<usize>>,
    /// What was written in it.
    pub(crate) format: Format,
    /// Who chose it.
    pub(super) named_by: NamedBy,
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
            marks: TextMarks::of(&text),
            text,
            hidden: Vec::new(),
            format: Format::Policy,
            named_by: NamedBy::User,
        }));
        SourceId(self.list.len() - 1)
    }

    /// The source of that number.
    pub(crate) fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0]
    }

    /// The number of the first source of each name.
    pub(crate) fn order(&self) -> BTreeMap<&str, usize> {
        let mut order = BTreeMap::new();
        for (number, source) in self.list.iter().enumerate() {
            order.entry(source.name.as_str()).or_insert(number);
        }
        order
    }

    /// The source holds a manifest.
    pub(crate) fn mark_as_manifest(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).format = Format::Manifest;
    }

    /// The source is judged as a policy is: what a cluster takes and never works is an error.
    pub(crate) fn judge_as_policy(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).format = Format::Policy;
    }

    /// The source is a file that a policy names by `extends` or `manifest`.
    pub(super) fn mark_as_named_by_a_policy(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).named_by = NamedBy::Policy;
    }

    /// From now on no diagnostic shows these stretches of the source.
    pub(crate) fn hide(&mut self, id: SourceId, stretches: Vec<Range<usize>>) {
        let hidden = &mut Arc::make_mut(&mut self.list[id.0]).hidden;
        hidden.extend(stretches);
        *hidden = joined(std::mem::take(hidden));
    }

    /// Whether nobody may be shown where `origin` begins.
    pub(crate) fn is_hidden(&self, origin: Origin) -> bool {
        let hidden = &self.get(origin.source).hidden;
        let behind = hidden.partition_point(|range| range.end <= origin.start);
        hidden
            .get(behind)
            .is_some_and(|range| range.contains(&origin.start))
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

/// The stretches in order, those that touch joined, so that the one at a byte is found without a look at all.
fn joined(mut stretches: Vec<Range<usize>>) -> Vec<Range<usize>> {
    stretches.retain(|range| !range.is_empty());
    stretches.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(stretches.len());
    for range in stretches {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_stretches_are_kept_in_order_and_joined() {
        let mut sources = Sources::default();
        let id = sources.add("m.yaml".to_owned(), "0123456789".to_owned());
        sources.hide(id, vec![6..8, 0..2]);
        sources.hide(id, vec![1..4, 9..9]);
        assert_eq!(sources.get(id).hidden, [0..4, 6..8]);
        let hidden_at: Vec<usize> = (0..10)
            .filter(|start| {
                sources.is_hidden(Origin {
                    source: id,
                    start: *start,
                    end: *start,
                })
            })
            .collect();
        assert_eq!(hidden_at, [0, 1, 2, 3, 6, 7]);
    }
}
