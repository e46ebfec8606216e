//! YAML and JSON: from text to trees with places, and from documents to text.
//!
//! Only this module uses the YAML library. It does not know the kinds of Kubernetes objects.
//!
//! The parser's events become the same tree as TOML, so every reader and every diagnostic serves both. Aliases are expanded within a
//! budget. Plain words have the meaning that kubectl gives them (YAML 1.1).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::super::source::{Origin, SourceId};
use super::super::tree::{Entry, Node, Table, Value};
use super::document::Document;
use crate::text::is_unseen;
use crate::units::parse_number;

/// The most values of one file; values that aliases repeat count each time.
///
/// A manifest has about one value per 30 bytes. This allows some thousand objects, in a few hundred megabytes of memory.
pub(in crate::scenario) const VALUES_MAX: usize = 2_000_000;
/// The most bytes of text that aliases may repeat.
const REPEATED_BYTES_MAX: usize = 64 << 20;
/// The deepest nesting of values; a pod template has about ten levels.
pub(in crate::scenario) const DEPTH_MAX: usize = 100;

/// A YAML fault with its place.
#[derive(Debug)]
pub(super) struct YamlFault {
    /// The place.
    pub(super) origin: Origin,
    /// The kind of fault.
    pub(super) kind: YamlFaultKind,
}

/// The kinds of YAML faults.
#[derive(Debug)]
pub(super) enum YamlFaultKind {
    /// The text is not valid YAML; the parser's words, which quote nothing of the text.
    Syntax(String),
    /// A tab instead of spaces.
    Tab,
    /// A repeated key of a table.
    DuplicateKey(String),
    /// A key that is not a single word.
    KeyNotText,
    /// `<<` with a value that is not a table.
    MergeNotTable,
    /// An alias inside its own anchor.
    AliasOfItself,
    /// More values than a file may have.
    TooManyValues,
    /// Values nested too deep.
    TooDeep,
}

impl YamlFaultKind {
    /// Whether the rest of the text was not read.
    pub(super) fn ends_the_text(&self) -> bool {
        !matches!(self, Self::DuplicateKey(_))
    }
}

/// The complete documents of a text, and its faults.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The documents that are not empty.
    pub(super) list: Vec<Node>,
    /// The aliases.
    pub(super) aliases: Vec<Alias>,
    /// The faults.
    pub(super) faults: Vec<YamlFault>,
}

/// An alias with its anchor.
#[derive(Debug)]
pub(super) struct Alias {
    /// The place of the alias.
    pub(super) at: Range<usize>,
    /// The place of the anchor's value.
    pub(super) anchor: Range<usize>,
}

/// Reads all documents of `text`, the text of `source`. It stops at the first syntax fault.
pub(super) fn parse_documents(text: &str, source: SourceId) -> Documents {
    let mut builder = Builder {
        source,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        spent: ValueSize::default(),
        documents: Documents::default(),
    };
    let mut options = Options::default();
    options.emit_comments = false;
    options.flow_nesting_limit = DEPTH_MAX;
    options.block_nesting_limit = DEPTH_MAX;
    for parsed in Parser::new_from_str_with_options(text, options) {
        let step = match parsed {
            Ok((event, span)) => builder.take(event, span.byte_range().unwrap_or_default()),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                Err(syntax_fault(text, source, at, error.info()))
            }
        };
        if let Err(fault) = step {
            builder.documents.faults.push(fault);
            break;
        }
    }
    builder.documents
}

/// The fault at byte `at`; a tab at the start of a line has its own kind, because it is invisible.
fn syntax_fault(text: &str, source: SourceId, at: usize, info: String) -> YamlFault {
    let at = at.min(text.len());
    let line_start = text.as_bytes()[..at]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = text.as_bytes()[line_start..]
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let indent = line
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    let tab = line[..indent].iter().position(|byte| *byte == b'\t');
    let (start, kind) = match tab {
        Some(tab) => (line_start + tab, YamlFaultKind::Tab),
        None if info.contains("nest") || info.contains("recursion") => (at, YamlFaultKind::TooDeep),
        None => (at, YamlFaultKind::Syntax(info)),
    };
    YamlFault {
        origin: Origin::new(source, start..start + usize::from(start < text.len())),
        kind,
    }
}

/// The size of a value.
#[derive(Clone, Copy, Debug, Default)]
struct ValueSize {
    values: usize,
    bytes: usize,
    depth: usize,
}

/// A value with the size of an alias of it.
#[derive(Clone, Debug)]
struct Sized {
    node: Node,
    size: ValueSize,
}

/// An open table or list.
struct Open {
    start: usize,
    anchor: usize,
    size: ValueSize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Node>),
    Table {
        entries: Vec<Entry>,
        /// The tables that `<<` merges.
        merged: Vec<Table>,
        key: Option<Key>,
    },
}

/// A key without its value.
struct Key {
    text: String,
    origin: Origin,
    is_merge: bool,
}

struct Builder {
    source: SourceId,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Sized>,
    spent: ValueSize,
    documents: Documents,
}

impl Builder {
    fn origin(&self, range: Range<usize>) -> Origin {
        Origin::new(self.source, range.start..range.end.max(range.start))
    }

    fn fault(&self, range: Range<usize>, kind: YamlFaultKind) -> YamlFault {
        YamlFault {
            origin: self.origin(range),
            kind,
        }
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), YamlFault> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text.into_owned(), style, anchor, tag.as_deref(), range)
            }
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::SequenceStart(_, anchor, _) => {
                self.start(range, anchor, OpenContent::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                let table = OpenContent::Table {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.start(range, anchor, table)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        range: Range<usize>,
    ) -> Result<(), YamlFault> {
        if self.takes_a_key() {
            self.key(text, style, range);
            return Ok(());
        }
        let size = ValueSize {
            values: 1,
            bytes: text.len(),
            depth: 0,
        };
        let is_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
        let value = match style {
            ScalarStyle::Plain if !is_text => plain_value(text),
            _ => Value::Text(text),
        };
        let node = Node::new(value, self.origin(range.clone()));
        self.spend(size.values, range)?;
        self.put(Sized { node, size }, anchor)
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<(), YamlFault> {
        let Some(known) = self.anchors.get(&anchor) else {
            return Err(self.fault(range, YamlFaultKind::AliasOfItself));
        };
        let size = known.size;
        self.documents.aliases.push(Alias {
            at: range.clone(),
            anchor: known.node.origin.range(),
        });
        if self.takes_a_key() {
            let Value::Text(text) = &known.node.value else {
                return Err(self.fault(range, YamlFaultKind::KeyNotText));
            };
            let text = text.clone();
            self.key(text, ScalarStyle::DoubleQuoted, range);
            return Ok(());
        }
        self.spent.bytes += size.bytes;
        if self.spent.bytes > REPEATED_BYTES_MAX {
            return Err(self.fault(range, YamlFaultKind::TooManyValues));
        }
        self.spend(size.values, range.clone())?;
        let mut node = self.anchors[&anchor].node.clone();
        // A fault in the value has its place here, because the value may be valid elsewhere.
        move_to(&mut node, self.origin(range));
        self.put(Sized { node, size }, 0)
    }

    fn spend(&mut self, values: usize, range: Range<usize>) -> Result<(), YamlFault> {
        self.spent.values += values;
        if self.spent.values > VALUES_MAX {
            return Err(self.fault(range, YamlFaultKind::TooManyValues));
        }
        Ok(())
    }

    fn start(
        &mut self,
        range: Range<usize>,
        anchor: usize,
        content: OpenContent,
    ) -> Result<(), YamlFault> {
        if self.takes_a_key() {
            return Err(self.fault(range, YamlFaultKind::KeyNotText));
        }
        self.spend(1, range.clone())?;
        self.open.push(Open {
            start: range.start,
            anchor,
            size: ValueSize {
                values: 1,
                bytes: 0,
                depth: 0,
            },
            content,
        });
        if self.open.len() > DEPTH_MAX {
            return Err(self.fault(range, YamlFaultKind::TooDeep));
        }
        Ok(())
    }

    fn end(&mut self, range: Range<usize>) -> Result<(), YamlFault> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.content {
            OpenContent::List(items) => Value::Array(items),
            OpenContent::Table {
                entries, merged, ..
            } => Value::Table(self.table(entries, merged)),
        };
        let node = Node::new(value, self.origin(open.start..range.end));
        self.put(
            Sized {
                node,
                size: open.size,
            },
            open.anchor,
        )
    }

    /// Reports repeated keys, and adds the entries that `<<` merges.
    ///
    /// Repeated keys stay in the table, so that the search for secrets finds them.
    fn table(&mut self, entries: Vec<Entry>, merged: Vec<Table>) -> Table {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key));
        for pair in order.windows(2) {
            let [first, second] = [&entries[pair[0]], &entries[pair[1]]];
            if first.key == second.key {
                self.documents.faults.push(YamlFault {
                    origin: second.key_origin,
                    kind: YamlFaultKind::DuplicateKey(second.key.clone()),
                });
            }
        }
        let mut known: BTreeSet<String> = match merged.as_slice() {
            [] => BTreeSet::new(),
            _ => entries.iter().map(|entry| entry.key.clone()).collect(),
        };
        let mut entries = entries;
        for entry in merged.into_iter().flat_map(Table::into_entries) {
            if known.insert(entry.key.clone()) {
                entries.push(entry);
            }
        }
        // A key without a value does not count as a key.
        entries.retain(|entry| !matches!(entry.node.value, Value::Null));
        Table::new(entries)
    }

    /// Whether the next scalar is a key.
    fn takes_a_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: OpenContent::Table { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, text: String, style: ScalarStyle, range: Range<usize>) {
        let origin = self.origin(range);
        if let Some(Open {
            content: OpenContent::Table { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some(Key {
                is_merge: text == "<<" && style == ScalarStyle::Plain,
                text,
                origin,
            });
        }
    }

    /// Adds a complete value to the open table or list, or to the documents.
    fn put(&mut self, value: Sized, anchor: usize) -> Result<(), YamlFault> {
        let Sized { node, size } = value;
        if anchor != 0 {
            let known = Sized {
                node: node.clone(),
                size,
            };
            self.anchors.insert(anchor, known);
            // The copy for the anchor needs memory too.
            self.spend(size.values, node.origin.range())?;
        }
        let depth = self.open.len() + size.depth;
        if depth > DEPTH_MAX {
            let range = node.origin.range();
            return Err(self.fault(range, YamlFaultKind::TooDeep));
        }
        let Some(parent) = self.open.last_mut() else {
            if !matches!(node.value, Value::Null) {
                self.documents.list.push(node);
            }
            return Ok(());
        };
        parent.size.values += size.values;
        parent.size.bytes += size.bytes;
        parent.size.depth = parent.size.depth.max(size.depth + 1);
        match &mut parent.content {
            OpenContent::List(items) => items.push(node),
            OpenContent::Table {
                entries,
                merged,
                key,
            } => {
                if let Some(key) = key.take() {
                    return put_entry(entries, merged, key, node);
                }
            }
        }
        Ok(())
    }
}

fn put_entry(
    entries: &mut Vec<Entry>,
    merged: &mut Vec<Table>,
    key: Key,
    node: Node,
) -> Result<(), YamlFault> {
    if key.is_merge {
        let bases = match node.value {
            Value::Array(items) => items,
            _ => vec![node],
        };
        for base in bases {
            let Value::Table(table) = base.value else {
                return Err(YamlFault {
                    origin: key.origin,
                    kind: YamlFaultKind::MergeNotTable,
                });
            };
            merged.push(table);
        }
        return Ok(());
    }
    entries.push(Entry {
        key: key.text,
        key_origin: key.origin,
        node,
    });
    Ok(())
}

/// Sets the place of `node` and of everything below it.
fn move_to(node: &mut Node, origin: Origin) {
    node.origin = origin;
    match &mut node.value {
        Value::Table(table) => {
            table.for_each_mut(|entry| {
                entry.key_origin = origin;
                move_to(&mut entry.node, origin);
            });
        }
        Value::Array(items) => {
            for item in items {
                move_to(item, origin);
            }
        }
        _ => {}
    }
}

/// The meaning of an unquoted word. kubectl reads YAML 1.1.
fn plain_value(text: String) -> Value {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Value::Boolean(true);
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Value::Boolean(false);
        }
        _ => {}
    }
    if let Some(number) = integer(&text) {
        return Value::Integer(number);
    }
    let is_decimal = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
    match parse_number(&text) {
        Some(number) if is_decimal && number.is_finite() => Value::Float(number),
        _ => Value::Text(text),
    }
}

fn integer(text: &str) -> Option<i64> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            // A sign after the prefix makes it text: `0x+0`.
            let is_signed = digits.starts_with(['+', '-']);
            return i64::from_str_radix(digits, radix)
                .ok()
                .filter(|_| !is_signed);
        }
    }
    text.parse().ok()
}

/// The document as YAML with a final line end. Text that other readers would take for a number or a word is quoted.
pub(in super::super) fn to_yaml(document: &Document) -> String {
    let mut text = String::new();
    // YAML can express every document, and writing to a string cannot fail.
    if let Err(error) = serde_saphyr::to_fmt_writer(&mut text, &document.map_text(&spelt)) {
        unreachable!("a document is YAML: {error}");
    }
    // The rest of each spelt character is now a YAML escape.
    text = text.replace("\\uFFFE", "\\U");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// `text` with U+FFFE and eight digits for each invisible character, because the YAML writer would leave some of these unescaped.
/// U+FFFE makes the writer quote the text, and the writer escapes it as `\uFFFE`.
///
/// If a text contains these letters itself, its backslashes are spelt too, so that each `\uFFFE` in the result is from this function.
fn spelt(text: &str) -> String {
    let is_spelt = |letter: char| is_unseen(letter) && !matches!(letter, '\n' | '\t');
    if !text.contains(is_spelt) && !text.contains("\\uFFFE") {
        return text.to_owned();
    }
    let mut spelt = String::new();
    for letter in text.chars() {
        if is_spelt(letter) || letter == '\\' {
            spelt.push_str(&format!("\u{fffe}{:08X}", u32::from(letter)));
        } else {
            spelt.push(letter);
        }
    }
    spelt
}

#[cfg(test)]
mod writing_tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_an_escape_of_yaml_and_the_value_is_the_same() {
        for text in [
            "a\u{1b}[31m\u{9b}\r\u{7f}",
            "\u{202e}\u{200b}b",
            "\u{e0041}",
            "two\nlines\u{202e}\n",
            "\\uFFFE0000202E",
            "\\\\uFFFE\u{202e}",
            "a: b # c\u{2028}",
            "plain",
        ] {
            let document = Document::table([(text, Document::Text(text.to_owned()))]);
            let yaml = to_yaml(&document);
            let is_raw = |letter: char| is_unseen(letter) && letter != '\n';
            assert!(!yaml.contains(is_raw), "{yaml:?}");
            let read: BTreeMap<String, String> = serde_saphyr::from_str(&yaml).expect("YAML");
            assert_eq!(read.get(text).map(String::as_str), Some(text), "{yaml}");
        }
        let yaml = to_yaml(&Document::Text("a\u{202e}b".to_owned()));
        assert_eq!(yaml, "\"a\\U0000202Eb\"\n");
    }
}
