//! The source texts of one scenario, and ranges of their bytes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::file_request::NamedBy;
use super::text_marks::TextMarks;

/// The index of a source in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceId(usize);

/// A range of bytes of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The source.
    pub(crate) source: SourceId,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
}

impl Origin {
    /// The bytes `range` of a source.
    pub(crate) fn new(source: SourceId, range: Range<usize>) -> Self {
        Self {
            source,
            start: range.start,
            end: range.end,
        }
    }

    /// Its bytes.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A text with its name.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The path as given, or `--set`.
    pub(crate) name: String,
    /// The text.
    pub(crate) text: String,
    /// The marks for its lines.
    pub(super) marks: TextMarks,
    /// The parts of the text that diagnostics never print, or print partly.
    pub(crate) confidential: Confidential,
    /// The format of the text.
    pub(crate) format: Format,
    /// Whether it is a manifest, however its faults are judged: a remedy for it is in YAML.
    pub(crate) is_yaml: bool,
    /// Whether the user or a policy named it.
    pub(super) named_by: NamedBy,
}

/// The format of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A policy or a `--set`: a setting without meaning is an error.
    Policy,
    /// A Kubernetes manifest: hpasim simulates whatever a cluster accepts, even if it never works.
    Manifest,
}

/// Sorted, disjoint ranges of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confidential {
    /// Confidential text, such as the content of a Secret. Diagnostics never print it.
    pub(crate) hidden: Vec<Range<usize>>,
    /// Text of which diagnostics print at most one value, the faulty one.
    pub(crate) guarded: Vec<Range<usize>>,
    /// The single values within `guarded`.
    pub(crate) leaves: Vec<Range<usize>>,
}

impl Confidential {
    /// Ranges that diagnostics never print.
    pub(crate) fn of_hidden(hidden: Vec<Range<usize>>) -> Self {
        let mut confidential = Self {
            hidden,
            ..Self::default()
        };
        confidential.sort();
        confidential
    }

    /// Sorts the ranges, and joins those that touch.
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

    /// Extends the ranges by the comments after them in their line, which often contain an earlier value.
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

    /// Whether diagnostics must not print a part of `range`.
    pub(crate) fn touches(&self, range: &Range<usize>) -> bool {
        touches(&self.hidden, range) || touches(&self.guarded, range)
    }

    /// The parts to hide of `shown` if `mark` is at fault.
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

/// The sorted ranges that overlap `range`.
fn within<'s>(stretches: &'s [Range<usize>], range: &Range<usize>) -> &'s [Range<usize>] {
    let first = stretches.partition_point(|stretch| stretch.end <= range.start);
    let behind = stretches.partition_point(|stretch| stretch.start < range.end);
    &stretches[first..behind.max(first)]
}

fn touches(stretches: &[Range<usize>], range: &Range<usize>) -> bool {
    !within(stretches, range).is_empty()
}

/// The texts of one scenario's policy, in the order of reading.
///
/// A clone shares the texts: a variant of a policy adds its `--set`s and copies nothing else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    list: Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a text.
    pub(crate) fn add(&mut self, name: String, text: String) -> SourceId {
        self.list.push(Arc::new(Source {
            name,
            marks: TextMarks::of(&text),
            text,
            confidential: Confidential::default(),
            format: Format::Policy,
            is_yaml: false,
            named_by: NamedBy::User,
        }));
        SourceId(self.list.len() - 1)
    }

    /// The source with this id.
    pub(crate) fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0]
    }

    /// The index of the first source of each name.
    pub(crate) fn order(&self) -> BTreeMap<&str, usize> {
        let mut order = BTreeMap::new();
        for (number, source) in self.list.iter().enumerate() {
            order.entry(source.name.as_str()).or_insert(number);
        }
        order
    }

    /// Marks the source as a manifest.
    ///
    /// A carriage return alone ends a line of YAML. It becomes a line feed, so that a message shows the line of a fault and not the
    /// neighbouring lines with it.
    pub(crate) fn mark_as_manifest(&mut self, id: SourceId) {
        let source = Arc::make_mut(&mut self.list[id.0]);
        source.format = Format::Manifest;
        source.is_yaml = true;
        if source.text.contains('\r') {
            // No text has a NUL: `text_of` refuses it.
            let kept = source.text.replace("\r\n", "\0").replace('\r', "\n");
            source.text = kept.replace('\0', "\r\n");
            source.marks = TextMarks::of(&source.text);
        }
    }

    /// Treats the source as a policy: an object that a cluster accepts but that never works is an error.
    pub(crate) fn judge_as_policy(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).format = Format::Policy;
    }

    /// Marks the source as a file that a policy names by `extends` or `manifest`.
    pub(super) fn mark_as_named_by_a_policy(&mut self, id: SourceId) {
        Arc::make_mut(&mut self.list[id.0]).named_by = NamedBy::Policy;
    }

    /// Hides these parts of the source from all diagnostics.
    pub(crate) fn hide(&mut self, id: SourceId, confidential: Confidential) {
        Arc::make_mut(&mut self.list[id.0]).confidential = confidential;
    }

    /// Hides the whole source from all diagnostics.
    pub(crate) fn hide_all(&mut self, id: SourceId) {
        let whole = 0..self.get(id).text.len();
        self.hide(id, Confidential::of_hidden(vec![whole]));
    }

    /// Whether diagnostics never print any part of `origin`.
    pub(crate) fn is_hidden(&self, origin: Origin) -> bool {
        let hidden = &self.get(origin.source).confidential.hidden;
        touches(hidden, &(origin.start..origin.end.max(origin.start + 1)))
    }

    /// Whether `origin` is confidential, even if a diagnostic may print it as the faulty value.
    pub(crate) fn is_confidential(&self, origin: Origin) -> bool {
        let confidential = &self.get(origin.source).confidential;
        confidential.touches(&(origin.start..origin.end.max(origin.start + 1)))
    }

    /// The start of a source, for faults of the whole source.
    pub(crate) fn beginning(id: SourceId) -> Origin {
        Origin::new(id, 0..0)
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
