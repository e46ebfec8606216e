//! A document as a tree that remembers where each part was written.
//!
//! Self-imposed limit: knows no file format and no key. Readers of formats make
//! trees, policies are merged as trees, and one typed reader walks the result,
//! so that a diagnostic points at the file, the base or the `--set` at fault.

use super::source::Origin;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The value.
    pub(crate) value: Value,
    /// Where it stands.
    pub(crate) origin: Origin,
}

/// A value of any format.
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
    /// A date or a time, which no key takes.
    Date,
    /// Nothing, as an element of a list: a key without a value is no key.
    Null,
}

impl Node {
    /// What stands at `key` of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(table) => table.get(key),
            _ => None,
        }
    }

    /// What stands below, key by key.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Its text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its elements; none if it is no list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// Its keys and values; none if it is no table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(table) => &table.entries,
            _ => &[],
        }
    }
}

impl Value {
    /// What to call its type in a message.
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

/// Keys and values in the order of their origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// The entries; no key twice.
    pub(crate) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_origin: Origin,
    /// The value.
    pub(crate) node: Node,
}

impl Table {
    /// The entry of `key`.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The value of `key`, to change it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries
            .iter_mut()
            .find(|entry| entry.key == key)
            .map(|entry| &mut entry.node)
    }

    /// Takes `key` out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// Puts an entry in, in place of one with its key.
    pub(crate) fn insert(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Lays `over` on top: tables merge key by key, everything else is replaced.
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
                    node: Node {
                        value,
                        origin: entry.node.origin,
                    },
                    ..entry
                }),
            }
        }
    }
}
