//! The confidential parts of a manifest that can be parsed: the content of Secrets, and other values that are often confidential.
//!
//! `place` hides these parts. `broken_manifest` has the rules for manifests that cannot be parsed.

use std::ops::Range;

use super::super::broken_manifest::is_known_key;
use super::super::secrecy::{is_confidential_key, is_type_of_secret, names_a_secret};
use super::super::source::Confidential;
use super::super::tree::{Entry, Node, Value};
use super::yaml::Alias;

/// The confidential parts of these documents.
///
/// In a Secret, everything is confidential except its kind and its name: kubectl stores a copy of the whole object in an annotation,
/// and a mistyped key may hold a value. An object without a kind may be a Secret.
pub(super) fn confidential(documents: &[Node], aliases: &[Alias], text: &str) -> Confidential {
    let mut search = SecretSearch {
        text,
        found: Confidential::default(),
    };
    for document in documents {
        search.object(document);
    }
    search.found.sort();
    search.found.take_comments(text);
    follow(aliases, &mut search.found);
    search.found
}

/// A confidential anchor makes its aliases confidential, and a confidential alias its anchor.
fn follow(aliases: &[Alias], found: &mut Confidential) {
    loop {
        let more: Vec<Range<usize>> = aliases
            .iter()
            .flat_map(
                |alias| match (found.touches(&alias.at), found.touches(&alias.anchor)) {
                    (true, false) => Some(alias.anchor.clone()),
                    (false, true) => Some(alias.at.clone()),
                    _ => None,
                },
            )
            .collect();
        if more.is_empty() {
            return;
        }
        found.hidden.extend(more);
        found.sort();
    }
}

struct SecretSearch<'t> {
    text: &'t str,
    found: Confidential,
}

impl SecretSearch<'_> {
    /// A document, or an item of a List.
    fn object(&mut self, node: &Node) {
        if let Value::Array(items) = &node.value {
            for item in items {
                self.object(item);
            }
        } else if !matches!(node.value, Value::Table(_)) {
            self.hide(node.origin.range());
        } else if may_be_a_secret(node) {
            self.secret(node);
        } else {
            let kind = node.get("kind").and_then(Node::text);
            let is_of_one_kind = kind.is_some_and(|kind| kind != "List");
            for entry in node.entries() {
                match (entry.key.as_str(), &entry.node.value) {
                    ("items", Value::Array(items)) => {
                        for item in items {
                            if is_of_one_kind {
                                self.item(item);
                            } else {
                                self.object(item);
                            }
                        }
                    }
                    _ => self.entry(entry),
                }
            }
        }
    }

    /// The items of a typed list do not repeat the list's kind.
    fn item(&mut self, node: &Node) {
        let says_nothing = !node.entries().iter().any(is_kind);
        if says_nothing && matches!(node.value, Value::Table(_)) && !has_marks_of_secret(node) {
            self.within(node);
        } else {
            self.object(node);
        }
    }

    /// A value inside an object that is not a Secret.
    fn within(&mut self, node: &Node) {
        let is_secret = node
            .entries()
            .iter()
            .any(|entry| is_kind(entry) && entry.node.text().is_some_and(names_a_secret));
        if is_secret {
            self.secret(node);
            return;
        }
        for entry in node.entries() {
            self.entry(entry);
        }
        for item in node.items() {
            self.within(item);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        if entry.key.eq_ignore_ascii_case("stringData") {
            self.hide(value_of(entry));
        } else if is_confidential_key(&entry.key) {
            self.guard(entry);
        } else {
            self.within(&entry.node);
        }
    }

    /// Everything in a Secret except its known keys, its kind and its name.
    fn secret(&mut self, node: &Node) {
        let mut shown = Vec::new();
        for entry in node.entries() {
            shown.extend(own_key(entry).filter(|_| is_known_key(&entry.key)));
            match entry.key.as_str() {
                "apiVersion" if entry.node.text().is_some() => {
                    shown.push(entry.node.origin.range());
                }
                "kind" if entry.node.text().is_some_and(names_a_secret) => {
                    shown.push(entry.node.origin.range());
                }
                "metadata" => {
                    for inner in entry.node.entries() {
                        let is_name = matches!(inner.key.as_str(), "name" | "namespace");
                        if is_name && inner.node.text().is_some() {
                            shown.push(inner.key_origin.start..inner.node.origin.end);
                        }
                    }
                }
                _ => {}
            }
        }
        self.hide_all_but(node.origin.range(), shown);
    }

    /// The values below a confidential key. An excerpt prints one of them only if that value is at fault.
    fn guard(&mut self, entry: &Entry) {
        let whole = value_of(entry);
        let mut keys = Vec::new();
        self.leaves(&entry.node, &mut keys);
        // The keys of data may be as confidential as the values.
        if entry.key.to_ascii_lowercase().ends_with("data") {
            keys.clear();
        }
        let stretches = self.all_but(whole, keys);
        self.found.guarded.extend(stretches);
    }

    fn leaves(&mut self, node: &Node, keys: &mut Vec<Range<usize>>) {
        for entry in node.entries() {
            keys.extend(own_key(entry));
            self.leaves(&entry.node, keys);
        }
        for item in node.items() {
            self.leaves(item, keys);
        }
        if !matches!(node.value, Value::Table(_) | Value::Array(_)) {
            self.found.leaves.push(node.origin.range());
        }
    }

    fn hide(&mut self, stretch: Range<usize>) {
        self.found.hidden.push(stretch);
    }

    fn hide_all_but(&mut self, whole: Range<usize>, shown: Vec<Range<usize>>) {
        let stretches = self.all_but(whole, shown);
        self.found.hidden.extend(stretches);
    }

    /// `whole` without the ranges `shown`. Comments between two of these stay hidden; spaces and brackets do not.
    fn all_but(&self, whole: Range<usize>, mut shown: Vec<Range<usize>>) -> Vec<Range<usize>> {
        shown.retain(|range| whole.start <= range.start && range.end <= whole.end);
        shown.sort_by_key(|range| range.start);
        let mut rest = Vec::new();
        let mut at = whole.start;
        let end = whole.end..whole.end;
        for range in shown.into_iter().chain(std::iter::once(end)) {
            if at < range.start {
                rest.extend(self.without_structure(at..range.start));
            }
            at = at.max(range.end);
        }
        rest
    }

    fn without_structure(&self, stretch: Range<usize>) -> Option<Range<usize>> {
        let text = self.text.get(stretch.clone())?;
        let lead = text.len()
            - text
                .trim_start_matches([' ', '\t', '\r', '\n', ':', ','])
                .len();
        let text = &text[lead..];
        let kept = text.trim_end_matches([' ', '\t', '\r', '\n', '-', '{', '[', ',']);
        let start = stretch.start + lead;
        let is_structure = |letter| {
            matches!(
                letter,
                ' ' | '\t' | '\r' | '\n' | ',' | '{' | '}' | '[' | ']'
            )
        };
        (!kept.chars().all(is_structure)).then_some(start..start + kept.len())
    }
}

/// Whether an object is a Secret or may be one.
fn may_be_a_secret(node: &Node) -> bool {
    let mut kinds = node.entries().iter().filter(|entry| is_kind(entry));
    node.get("kind").is_none()
        || has_marks_of_secret(node)
        || kinds.any(|entry| entry.node.text().is_none_or(names_a_secret))
}

/// Whether a table has keys that only Secrets have.
fn has_marks_of_secret(node: &Node) -> bool {
    node.entries().iter().any(|entry| {
        entry.key.eq_ignore_ascii_case("stringData")
            || (entry.key.eq_ignore_ascii_case("type")
                && entry.node.text().is_some_and(is_type_of_secret))
    })
}

/// The place of a key, unless an alias brought it in: then the place is also that of the value.
fn own_key(entry: &Entry) -> Option<Range<usize>> {
    (entry.key_origin != entry.node.origin).then(|| entry.key_origin.range())
}

fn is_kind(entry: &Entry) -> bool {
    entry.key.eq_ignore_ascii_case("kind")
}

/// The range from the end of the key to the end of its value, because a comment between them may be confidential too.
fn value_of(entry: &Entry) -> Range<usize> {
    let (key, value) = (entry.key_origin, entry.node.origin);
    key.end.min(value.start)..value.end
}
