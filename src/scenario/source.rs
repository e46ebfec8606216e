//! Where the text came from: the sources read for one scenario, and stretches of them.
//!
//! Self-imposed limit: keeps text and hands it out; reads and parses nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::file_request::NamedBy;
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
    /// The stretches of the text that diagnostics never print, or print in part.
    pub(crate) confidential: Confidential,
    /// What was written in it.
    pub(crate) format: Format,
    /// Whether the user or a policy named it.
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

/// Stretches of a text, sorted and apart from each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confidential {
    /// Confidential text, such as the content of a Secret: diagnostics never print it.
    pub(crate) hidden: Vec<Range<usize>>,
    /// Text of which diagnostics print a single value at most: the one at fault.
    pub(crate) guarded: Vec<Range<usize>>,
    /// The single values within `guarded`.
    pub(crate) leaves: Vec<Range<usize>>,
}

impl Confidential {
    /// Stretches that diagnostics never print.
    pub(crate) fn of_hidden(hidden: Vec<Range<usize>>) -> Self {
        let mut confidential = Self {
            hidden,
            ..Self::default()
        };
        confidential.sort();
        confidential
    }

    /// Puts the stretches in order, and together where they meet.
    pub(crate) fn sort(&mut self) {
        for stretches in [&mut self.hidden, &mut self.guarded] {
            stretches.sort_unstable_by_key(|range| range.start);
            let mut apart: Vec<Range<usize>> = Vec::with_capacity(stretches.len());
            for range in stretches.drain(..) {
                match apart.last_mut() {
                    Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                    _ => apart.push(range),
                }
            }
            *stretches = apart;
        }
        self.leaves.sort_unstable_by_key(|range| range.start);
    }

    /// Takes in the comments that stand behind a stretch in its line: they often say what a value was before.
    pub(crate) fn take_comments(&mut self, text: &str) {
        for range in self.hidden.iter_mut().chain(&mut self.guarded) {
            let rest = text.get(range.end..).unwrap_or_default();
            let behind = rest.trim_start_matches([' ', '\t', ',', ']', '}']);
            if behind.starts_with('#') {
                let length = behind.find('\n').unwrap_or(behind.len());
                range.end += rest.len() - behind.len() + length;
            }
        }
        self.sort();
    }

    /// Whether some of `range` may not be shown.
    pub(crate) fn touches(&self, range: &Range<usize>) -> bool {
        touches(&self.hidden, range) || touches(&self.guarded, range)
    }

    /// What to leave out of `shown` when `mark` is at fault.
    pub(crate) fn covered(&self, shown: &Range<usize>, mark: &Range<usize>) -> Vec<Range<usize>> {
        let mut covered = within(&self.hidden, shown).to_vec();
        let is_value = self
            .leaves
            .binary_search_by_key(&mark.start, |leaf| leaf.start)
            .is_ok_and(|at| mark.end <= self.leaves[at].end);
        for range in within(&self.guarded, shown) {
            if is_value && range.start <= mark.start && mark.end <= range.end {
                covered.extend([range.start..mark.start, mark.end..range.end]);
            } else {
                covered.push(range.clone());
            }
        }
        covered
    }
}

/// Those of the sorted `stretches` that have some of `range`.
fn within<'s>(stretches: &'s [Range<usize>], range: &Range<usize>) -> &'s [Range<usize>] {
    let first = stretches.partition_point(|stretch| stretch.end <= range.start);
    let behind = stretches.partition_point(|stretch| stretch.start < range.end);
    &stretches[first..behind.max(first)]
}

fn touches(stretches: &[Range<usize>], range: &Range<usize>) -> bool {
    !within(stretches, range).is_empty()
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
            confidential: Confidential::default(),
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
    pub(crate) fn hide(&mut self, id: SourceId, confidential: Confidential) {
        Arc::make_mut(&mut self.list[id.0]).confidential = confidential;
    }

    /// From now on no diagnostic shows anything of the source.
    pub(crate) fn hide_all(&mut self, id: SourceId) {
        let whole = 0..self.get(id).text.len();
        self.hide(id, Confidential::of_hidden(vec![whole]));
    }

    /// Whether diagnostics never print anything of `origin`.
    pub(crate) fn is_hidden(&self, origin: Origin) -> bool {
        let hidden = &self.get(origin.source).confidential.hidden;
        touches(hidden, &(origin.start..origin.end.max(origin.start + 1)))
    }

    /// Whether `origin` is confidential, be it that a value may be shown where it is at fault.
    pub(crate) fn is_confidential(&self, origin: Origin) -> bool {
        let confidential = &self.get(origin.source).confidential;
        confidential.touches(&(origin.start..origin.end.max(origin.start + 1)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_stretches_are_kept_in_order_and_joined() {
        let mut sources = Sources::default();
        let id = sources.add("m.yaml".to_owned(), "0123456789".to_owned());
        sources.hide(id, Confidential::of_hidden(vec![6..8, 0..2, 1..4]));
        assert_eq!(sources.get(id).confidential.hidden, [0..4, 6..8]);
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
