//! A document for output: values in their written order.
//!
//! `export` builds documents, and `yaml` writes them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::text::json;

/// A value of YAML or JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Document {
    /// No value; in a merge patch, the key is removed.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Self>),
    /// Keys and values in order; the order does not count in a comparison.
    Map(IndexMap<String, Self>),
}

/// The document as TOML, in a table with this name.
pub(in super::super) fn to_toml(name: &str, document: Document) -> String {
    match toml::to_string(&Document::table([(name, document)])) {
        Ok(text) => text,
        // Only a merge patch has nulls, and it is never written as TOML.
        Err(error) => unreachable!("a document without nulls is TOML: {error}"),
    }
}

impl Document {
    /// The document of `object`; fields that are `None` are omitted.
    pub(super) fn of(object: &impl Serialize) -> Self {
        let read = |text: String| serde_json::from_str::<Self>(&text);
        match json::line(object).and_then(read) {
            Ok(document) => document.without_nulls(),
            Err(error) => unreachable!("objects hold texts and whole numbers alone: {error}"),
        }
    }

    /// A table of these fields.
    pub(super) fn table<'k>(fields: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        let owned = |(key, value): (&str, Self)| (key.to_owned(), value);
        Self::Map(fields.into_iter().map(owned).collect())
    }

    /// The value at `key` of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.get(key),
            _ => None,
        }
    }

    /// The document with `map` applied to each text and key.
    pub(super) fn map_text(&self, map: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Boolean(truth) => Self::Boolean(*truth),
            Self::Integer(number) => Self::Integer(*number),
            Self::Text(text) => Self::Text(map(text)),
            Self::List(items) => Self::List(items.iter().map(|it| it.map_text(map)).collect()),
            Self::Map(fields) => {
                let field = |(key, value): (&String, &Self)| (map(key), value.map_text(map));
                Self::Map(fields.iter().map(field).collect())
            }
        }
    }

    /// A table without `key`; any other value unchanged.
    pub(in super::super) fn without(mut self, key: &str) -> Self {
        if let Self::Map(fields) = &mut self {
            fields.shift_remove(key);
        }
        self
    }

    fn without_nulls(self) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(Self::without_nulls).collect()),
            Self::Map(fields) => {
                let stated = fields.into_iter().filter(|(_, value)| *value != Self::Null);
                Self::Map(stated.map(|(key, it)| (key, it.without_nulls())).collect())
            }
            other => other,
        }
    }
}
