//! A document as a tree that remembers where each part was written.
//!
//! Self-imposed limit: knows no file format and no key. Readers of formats make
//! trees, policies are merged as trees, and one typed reader walks the result,
//! so that a diagnostic points at the file, the base or the `--set` at fault.

use super::source::Origin;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// The value.
    pub(super) value: Value,
    /// Where it stands.
    pub(super) origin: Origin,
}

/// A value of any format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
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
}

impl Value {
    /// What to call its type in a message.
    pub(super) const fn type_name(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "an array",
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Date => "a date",
        }
    }
}

/// Keys and values in the order of their origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// The entries; no key twice.
    pub(super) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) key_origin: Origin,
    /// The value.
    pub(super) node: Node,
}

impl Table {
    /// The entry of `key`.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The value of `key`, to change it.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries
            .iter_mut()
            .find(|entry| entry.key == key)
            .map(|entry| &mut entry.node)
    }

    /// Takes `key` out.
    pub(super) fn remove(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// Puts an entry in, in place of one with its key.
    pub(super) fn insert(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Lays `over` on top: tables merge key by key, everything else is replaced.
    pub(super) fn merge(&mut self, over: Self) {
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
