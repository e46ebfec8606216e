//! From TOML to a tree, independent of the keys.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use super::diagnostic::{Code, Diagnostic, Diagnostics, Omitted, Place};
use super::source::{Origin, SourceId, Sources};
use super::tree::{Entry, Node, Table, Value};
use crate::units::parse_number;

/// How many syntax faults of one file are listed: a file that is not TOML has one in each line.
const SYNTAX_FAULTS_SHOWN: usize = 20;

/// Whether a text is a TOML document with at least one key.
pub(super) fn is_document(text: &str) -> bool {
    DeTable::parse(text).is_ok_and(|document| !document.get_ref().is_empty())
}

/// The TOML document in the source.
///
/// # Errors
/// All syntax faults, with their places.
pub(super) fn parse_document(sources: &Sources, id: SourceId) -> Result<Table, Diagnostics> {
    let text = &sources.get(id).text;
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut conversion = Conversion::new(sources, id, 0);
    if errors.is_empty() {
        let table = conversion.table(document.get_ref());
        if conversion.faults.is_empty() {
            return Ok(table);
        }
    } else {
        conversion.note_syntax_faults(&errors);
    }
    Err(Diagnostics {
        list: conversion.faults,
        omitted: Omitted::of(&sources.get(id).name, conversion.unshown),
    })
}

/// Whether a text is a TOML value.
pub(super) fn is_value(text: &str) -> bool {
    DeValue::parse(text).is_ok_and(|value| match value.get_ref() {
        DeValue::Integer(integer) => is_numeral(integer.as_str(), integer.radix()),
        DeValue::Float(float) => parse_number(float.as_str()).is_some(),
        _ => true,
    })
}

/// A number or a text of TOML.
#[derive(Clone, Debug, PartialEq)]
pub enum TomlScalar {
    /// An integer, in any base.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text without its quotes.
    Text(String),
}

/// The number or the text that a TOML value states; `None` for any other value.
#[must_use]
pub fn toml_scalar(text: &str) -> Option<TomlScalar> {
    let value = DeValue::parse(text).ok()?;
    match value.get_ref() {
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .map(TomlScalar::Integer),
        DeValue::Float(float) => parse_number(float.as_str()).map(TomlScalar::Float),
        DeValue::String(text) => Some(TomlScalar::Text(text.clone().into_owned())),
        _ => None,
    }
}

/// Whether a text has only digits behind its sign. The parser also accepts `1_000s` as an integer.
fn is_numeral(text: &str, radix: u32) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.chars().all(|letter| letter.is_digit(radix))
}

/// Why a text is not a TOML value.
pub(super) enum ValueFault {
    /// The text is not TOML.
    Syntax,
    /// The text is TOML, but contains a number out of range.
    Number(Vec<Diagnostic>),
}

/// The TOML value in the source, from byte `start` on.
pub(super) fn parse_value(
    sources: &Sources,
    id: SourceId,
    start: usize,
) -> Result<Node, ValueFault> {
    let rest = &sources.get(id).text[start..];
    let start = start + rest.len() - rest.trim_start().len();
    let text = rest.trim();
    let value = DeValue::parse(text).map_err(|_| ValueFault::Syntax)?;
    let mut conversion = Conversion::new(sources, id, start);
    let node = conversion.node(value.get_ref(), value.span().start, value.span().end);
    if conversion.faults.is_empty() {
        Ok(node)
    } else {
        Err(ValueFault::Number(conversion.faults))
    }
}

/// The keys of a dotted path such as `hpa.metrics.0."a b"`, with their places.
pub(super) fn parse_path(text: &str) -> Option<Vec<PathKey>> {
    let document = format!("{text}=0");
    if text.contains(['\n', '#', '=']) {
        return None;
    }
    let parsed = DeTable::parse(&document).ok()?;
    let mut keys = Vec::new();
    let mut table = parsed.get_ref();
    loop {
        let (key, value) = table.iter().next()?;
        keys.push(PathKey {
            key: key.get_ref().clone().into_owned(),
            start: key.span().start,
            end: key.span().end,
        });
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            DeValue::Integer(_) => return Some(keys),
            _ => return None,
        }
    }
}

/// One key of a path.
pub(super) struct PathKey {
    /// The key.
    pub(super) key: String,
    /// Its first byte within the path.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
}

impl PathKey {
    /// Its place in `source`, which begins with the path.
    pub(super) fn origin(&self, source: SourceId) -> Origin {
        Origin::new(source, self.start..self.end)
    }
}

struct Conversion<'s> {
    sources: &'s Sources,
    source: SourceId,
    offset: usize,
    faults: Vec<Diagnostic>,
    /// The number of further faulty lines and further numbers out of range.
    unshown: usize,
}

impl<'s> Conversion<'s> {
    fn new(sources: &'s Sources, source: SourceId, offset: usize) -> Self {
        Self {
            sources,
            source,
            offset,
            faults: Vec::new(),
            unshown: 0,
        }
    }

    /// Adds the first fault of each line, up to [`SYNTAX_FAULTS_SHOWN`]; further lines are only counted.
    ///
    /// After its first error in a line, the parser reports errors that follow from it.
    fn note_syntax_faults(&mut self, errors: &[Error]) {
        let source = self.sources.get(self.source);
        let mut lines = BTreeSet::new();
        for error in errors {
            let at = self.span_of(error).start;
            if !lines.insert(source.marks.line_at(&source.text, at).0) {
                continue;
            }
            if lines.len() <= SYNTAX_FAULTS_SHOWN {
                self.faults.push(self.syntax_fault(error));
            } else {
                self.unshown += 1;
            }
        }
    }

    fn span_of(&self, error: &Error) -> Range<usize> {
        let length = self.sources.get(self.source).text.len();
        error.span().unwrap_or(length..length)
    }

    fn origin(&self, start: usize, end: usize) -> Origin {
        Origin::new(self.source, start + self.offset..end + self.offset)
    }

    fn syntax_fault(&self, error: &Error) -> Diagnostic {
        let span = self.span_of(error);
        let help = if error.message().starts_with("duplicate key") {
            "keep one of the two"
        } else {
            "a line is `key = value` or `[table]`; text needs quotes, such as `timeout = \"5s\"`"
        };
        Diagnostic {
            code: Code::TomlSyntax,
            message: format!("this is not valid TOML: {}", error.message()),
            place: Some(Box::new(Place::of(
                self.sources,
                self.origin(span.start, span.end),
            ))),
            help: help.to_owned(),
        }
    }

    fn number_fault(&mut self, text: &str, is_numeral: bool, origin: Origin) -> Value {
        if self.faults.len() >= SYNTAX_FAULTS_SHOWN {
            self.unshown += 1;
            return Value::Integer(0);
        }
        let fault = if is_numeral {
            Diagnostic::at(
                self.sources,
                Code::OutOfRange,
                origin,
                format!("the number {text} is out of range"),
                "write a number that fits in 64 bits",
            )
        } else {
            Diagnostic::at(
                self.sources,
                Code::TomlSyntax,
                origin,
                format!("this is not valid TOML: `{text}` is not a number"),
                format!("put a text into quotes: \"{text}\""),
            )
        };
        self.faults.push(fault);
        Value::Integer(0)
    }

    fn table(&mut self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().clone().into_owned(),
                key_origin: self.origin(key.span().start, key.span().end),
                node: self.node(value.get_ref(), value.span().start, value.span().end),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_origin.start);
        Table::new(entries)
    }

    fn node(&mut self, value: &DeValue<'_>, start: usize, end: usize) -> Node {
        let origin = self.origin(start, end);
        let value = match value {
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Integer(integer) => {
                match i64::from_str_radix(integer.as_str(), integer.radix()) {
                    Ok(number) => Value::Integer(number),
                    Err(_) => {
                        let is_numeral = is_numeral(integer.as_str(), integer.radix());
                        self.number_fault(&integer.to_string(), is_numeral, origin)
                    }
                }
            }
            DeValue::Float(float) => match parse_number(float.as_str()) {
                Some(number) => Value::Float(number),
                None => self.number_fault(float.as_str(), false, origin),
            },
            DeValue::Boolean(boolean) => Value::Boolean(*boolean),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(array) => Value::Array(
                array
                    .iter()
                    .map(|item| self.node(item.get_ref(), item.span().start, item.span().end))
                    .collect(),
            ),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { value, origin }
    }
}
