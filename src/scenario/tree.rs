//! A document as a tree that remembers the place of each part.
//!
//! The tree is independent of file formats and keys. The parsers build trees, policies are merged as trees, and one typed reader
//! walks the result. A diagnostic can therefore point at the file, the base or the `--set` at fault.

use std::collections::BTreeMap;

use super::source::Origin;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The value.
    pub(crate) value: Value,
    /// The place.
    pub(crate) origin: Origin,
}

/// A value, independent of the format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Keys and values.
    Table(Table),
    /// Values in order.
    Array(Vec<Node>),
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A date or a time, which no key accepts.
    Date,
    /// An element of a list without a value. A key without a value does not count as a key.
    Null,
}

impl Node {
    /// A value that is written at `origin`.
    pub(crate) fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The value at `key`, if this is a table with that key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(table) => table.get(key),
            _ => None,
        }
    }

    /// The value at a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, if the value is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements; empty if the value is not a list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The keys and values; empty if the value is not a table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(table) => table.entries(),
            _ => &[],
        }
    }
}

impl Value {
    /// The type's name in messages.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "an array",
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Date => "a date",
            Self::Null => "nothing",
        }
    }
}

/// A table with more entries has an index of its keys.
const SCANNED_MAX: usize = 32;

/// Keys and values in their written order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// The entries. No key is repeated, except in a faulty manifest.
    entries: Vec<Entry>,
    /// The position of the first entry of each key; empty for a small table.
    index: BTreeMap<String, usize>,
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// The place of the key.
    pub(crate) key_origin: Origin,
    /// The value.
    pub(crate) node: Node,
}

impl Table {
    /// A table with these entries.
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        let mut table = Self {
            entries,
            index: BTreeMap::new(),
        };
        table.build_index();
        table
    }

    fn build_index(&mut self) {
        self.index.clear();
        if self.entries.len() <= SCANNED_MAX {
            return;
        }
        for (at, entry) in self.entries.iter().enumerate() {
            self.index.entry(entry.key.clone()).or_insert(at);
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.entries.len() <= SCANNED_MAX {
            return self.entries.iter().position(|entry| entry.key == key);
        }
        self.index.get(key).copied()
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, by value.
    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Calls `change` for each entry; it must not change the keys.
    pub(crate) fn for_each_mut(&mut self, change: impl FnMut(&mut Entry)) {
        self.entries.iter_mut().for_each(change);
    }

    /// The entry of `key`.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.position(key).map(|at| &self.entries[at])
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The value of `key`, for a change.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.position(key).map(|at| &mut self.entries[at].node)
    }

    /// Removes `key`.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        let entry = self.entries.remove(self.position(key)?);
        self.build_index();
        Some(entry)
    }

    /// Sets `key` to a value. The text has no such key, so the place of the value is that of the key too.
    pub(crate) fn put(&mut self, key: &str, node: Node) {
        self.insert(Entry {
            key: key.to_owned(),
            key_origin: node.origin,
            node,
        });
    }

    /// Sets `key`, if there is a value for it.
    pub(crate) fn put_some(&mut self, key: &str, node: Option<Node>) {
        if let Some(node) = node {
            self.put(key, node);
        }
    }

    /// Inserts an entry, which replaces an entry with the same key.
    pub(crate) fn insert(&mut self, entry: Entry) {
        if let Some(at) = self.position(&entry.key) {
            self.entries[at] = entry;
            return;
        }
        let key = entry.key.clone();
        self.entries.push(entry);
        match self.entries.len() {
            ..=SCANNED_MAX => {}
            // The table has just grown too large for a scan.
            length if length == SCANNED_MAX + 1 => self.build_index(),
            length => {
                self.index.insert(key, length - 1);
            }
        }
    }

    /// Removes every key without a value, here and in the tables below.
    pub(crate) fn drop_nulls(&mut self) {
        self.entries
            .retain(|entry| !matches!(entry.node.value, Value::Null));
        self.build_index();
        for entry in &mut self.entries {
            if let Value::Table(below) = &mut entry.node.value {
                below.drop_nulls();
            }
        }
    }

    /// Merges `over` into this table: tables merge key by key, and all other values are replaced.
    pub(crate) fn merge(&mut self, over: Self) {
        for entry in over.entries {
            match (self.get_mut(&entry.key), entry.node.value) {
                (
                    Some(Node {
                        value: Value::Table(below),
                        origin,
                    }),
                    Value::Table(above),
                ) => {
                    below.merge(above);
                    *origin = entry.node.origin;
                }
                (_, value) => self.insert(Entry {
                    node: Node::new(value, entry.node.origin),
                    ..entry
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::{SourceId, Sources};
    use super::*;

    fn entry(source: SourceId, key: usize, value: i64) -> Entry {
        let origin = Origin {
            source,
            start: key,
            end: key,
        };
        Entry {
            key: format!("key{key}"),
            key_origin: origin,
            node: Node {
                value: Value::Integer(value),
                origin,
            },
        }
    }

    #[test]
    fn a_large_table_finds_replaces_and_removes_as_a_small_one() {
        for size in [5, SCANNED_MAX, SCANNED_MAX + 1, 500] {
            let source = Sources::default().add("p.toml".to_owned(), String::new());
            let mut table = Table::default();
            for key in 0..size {
                table.insert(entry(source, key, 0));
            }
            table.insert(entry(source, 3, 7));
            assert_eq!(table.entries().len(), size);
            assert_eq!(
                table.get("key3").map(|node| &node.value),
                Some(&Value::Integer(7))
            );
            assert!(table.remove("key2").is_some() && table.get("key2").is_none());
            let last = format!("key{}", size - 1);
            assert_eq!(
                table.entry(&last).map(|entry| entry.key.as_str()),
                Some(last.as_str())
            );
            let of_entries = Table::new(table.entries().to_vec());
            assert_eq!(of_entries, table);
            let over = Table::new(vec![entry(source, 1, 9), entry(source, size, 9)]);
            table.merge(over);
            assert_eq!(table.entries().len(), size);
            assert_eq!(
                table.get("key1").map(|node| &node.value),
                Some(&Value::Integer(9))
            );
        }
    }
}
