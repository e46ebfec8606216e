//! What no diagnostic may show: the lines and values that a Secret holds.
//!
//! Self-imposed limit: finds the stretches; `diagnostic` leaves them out.

use std::iter;
use std::ops::Range;

use super::super::source::Origin;
use super::super::tree::{Node, Value};

/// The stretches of text within these documents that belong to Secrets.
///
/// All that a Secret says counts but what it is and what it is called: kubectl
/// keeps the whole object in an annotation.
/// In a text that mentions a Secret at all, what says not of what kind it is may be a part of one.
pub(super) fn secret_stretches(documents: &[Node], text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for document in documents {
        search(document, &mut found);
    }
    let of_no_kind: Vec<Origin> = documents
        .iter()
        .flat_map(|document| {
            let items = document.get("items").map_or(&[][..], Node::items);
            iter::once(document).chain(items)
        })
        .filter(|node| node.get("kind").is_none())
        .map(|node| node.origin)
        .collect();
    if !of_no_kind.is_empty() && mentions_a_secret(text) {
        for origin in of_no_kind {
            hide(origin, &mut found);
        }
    }
    found
}

fn search(node: &Node, found: &mut Vec<Range<usize>>) {
    if is_of_kind(node, "secretlist") {
        hide(node.origin, found);
        return;
    }
    let is_secret = is_of_kind(node, "secret");
    // Somebody may have forgotten to say what it is.
    let may_be_secret = is_secret || node.get("kind").is_none();
    for entry in node.entries() {
        let holds_secrets = match entry.key.as_str() {
            "stringData" => true,
            "data" => may_be_secret,
            "apiVersion" | "kind" | "type" | "immutable" => false,
            // A key that somebody mistyped holds as much.
            _ => is_secret,
        };
        if !holds_secrets {
            search(&entry.node, found);
        } else if entry.key == "metadata" {
            for annotations in entries_of(&entry.node, "annotations") {
                hide(annotations, found);
            }
        } else {
            hide(value_of(entry.key_origin, entry.node.origin), found);
        }
    }
    for item in node.items() {
        search(item, found);
    }
}

fn entries_of<'n>(node: &'n Node, key: &'n str) -> impl Iterator<Item = Origin> + 'n {
    node.entries()
        .iter()
        .filter(move |entry| entry.key == key)
        .map(|entry| value_of(entry.key_origin, entry.node.origin))
}

/// From behind the key to the end of its value; comments between the two may hold something as well.
fn value_of(key: Origin, value: Origin) -> Origin {
    Origin {
        start: key.end.min(value.start),
        ..value
    }
}

fn hide(origin: Origin, found: &mut Vec<Range<usize>>) {
    found.push(origin.start..origin.end);
}

/// Whether some `kind` of the table, in whatever case, is `kind`.
fn is_of_kind(node: &Node, kind: &str) -> bool {
    node.entries().iter().any(|entry| {
        entry.key == "kind"
            && matches!(&entry.node.value, Value::Text(text) if text.eq_ignore_ascii_case(kind))
    })
}

/// Whether a text that could not be read may hold a Secret: it has the word.
pub(super) fn mentions_a_secret(text: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.windows(6).enumerate().any(|(at, window)| {
        if !window.eq_ignore_ascii_case(b"secret") {
            return false;
        }
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let rest = &bytes[at + 6..];
        let rest = if rest.len() >= 4 && rest[..4].eq_ignore_ascii_case(b"list") {
            &rest[4..]
        } else {
            rest
        };
        !is_word(before) && !is_word(rest.first())
    }) || text.contains("stringData")
}
