//! A document to be written: values in the order in which they shall stand.
//!
//! Self-imposed limit: shape alone; what is written is decided by `export`, how by `yaml`.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value of YAML or JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// Nothing; in a merge patch: take the key out.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Self>),
    /// Keys and values in order.
    Map(Vec<Field>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The key.
    pub(crate) key: String,
    /// The value.
    pub(crate) value: Document,
}

/// The document as TOML, a table of this name.
pub(in super::super) fn to_toml(name: &str, document: Document) -> String {
    let whole = Document::Map(vec![Field {
        key: name.to_owned(),
        value: document,
    }]);
    match toml::to_string(&whole) {
        Ok(text) => text,
        // Only a merge patch holds nulls, and it is no policy.
        Err(error) => unreachable!("a document without nulls is TOML: {error}"),
    }
}

impl Document {
    /// Text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A table; [`MapBuilder`] fills it.
    pub(super) fn map() -> MapBuilder {
        MapBuilder(Vec::new())
    }

    /// The value at `key` of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields
                .iter()
                .find(|field| field.key == key)
                .map(|field| &field.value),
            _ => None,
        }
    }

    /// The same with each text and key as `map` has it.
    pub(super) fn map_text(&self, map: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Integer(number) => Self::Integer(*number),
            Self::Text(text) => Self::Text(map(text)),
            Self::List(items) => Self::List(items.iter().map(|it| it.map_text(map)).collect()),
            Self::Map(fields) => {
                let field = |field: &Field| Field {
                    key: map(&field.key),
                    value: field.value.map_text(map),
                };
                Self::Map(fields.iter().map(field).collect())
            }
        }
    }

    /// A table without `key`; anything else as it is.
    pub(in super::super) fn without(self, key: &str) -> Self {
        match self {
            Self::Map(mut fields) => {
                fields.retain(|field| field.key != key);
                Self::Map(fields)
            }
            other => other,
        }
    }
}

/// Makes a table, key by key.
pub(super) struct MapBuilder(Vec<Field>);

impl MapBuilder {
    /// Adds a key.
    pub(super) fn with(mut self, key: &str, value: Document) -> Self {
        self.0.push(Field {
            key: key.to_owned(),
            value,
        });
        self
    }

    /// Adds a key where there is a value.
    pub(super) fn with_some(self, key: &str, value: Option<Document>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The table.
    pub(super) fn build(self) -> Document {
        Document::Map(self.0)
    }

    /// The table, unless it is empty.
    pub(super) fn build_some(self) -> Option<Document> {
        (!self.0.is_empty()).then_some(Document::Map(self.0))
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for field in fields {
                    map.serialize_entry(&field.key, &field.value)?;
                }
                map.end()
            }
        }
    }
}
