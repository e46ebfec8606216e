//! The typed reader: it walks a tree table by table, and collects every fault instead of stopping at the first.
//!
//! It checks types, ranges and unknown keys. The readers of the sections know the meaning of the keys.
//!
//! A getter returns `None` for a missing key and for a faulty value. A faulty value adds a fault, and a policy with faults gives no
//! scenario.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::diagnostic::{Code, Diagnostic, Diagnostics, Omitted, Place, Severity};
use super::file_request::NamedBy;
use super::near::nearest;
use super::source::{Format, Origin, Sources};
use super::tree::{Entry, Node, Table, Value};
use super::values::{self, ValueProblem};
use crate::units::{Millicores, Quantity, SimSpan, parse_number};

/// How many errors of one policy are kept with their lines; further errors are only counted.
const ERRORS_KEPT_MAX: usize = 1000;
/// How many words of the input are compared in total to find suggestions.
const COMPARED_WORDS_MAX: usize = 100_000;

/// A collection of faults.
pub(super) struct Faults<'s> {
    sources: &'s Sources,
    list: Vec<Diagnostic>,
    /// The number of errors in the list.
    errors: usize,
    /// The errors that the list omits.
    omitted: Omitted,
    compared_words: usize,
}

impl<'s> Faults<'s> {
    /// An empty collection.
    pub(super) fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            list: Vec::new(),
            errors: 0,
            omitted: Omitted::default(),
            compared_words: 0,
        }
    }

    /// The collected faults.
    pub(super) fn into_diagnostics(self) -> Diagnostics {
        Diagnostics {
            list: self.list,
            omitted: self.omitted,
        }
    }

    /// Whether the collection has an error, which prevents a simulation.
    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The number of faults added.
    pub(super) fn count(&self) -> usize {
        self.list.len() + self.omitted.count()
    }

    /// The kept faults after the first `count` added.
    pub(super) fn since(&self, count: usize) -> &[Diagnostic] {
        self.list.get(count..).unwrap_or_default()
    }

    /// The word of the input that is nearest to `word`, as in [`nearest`]; `None` after too many comparisons.
    pub(super) fn nearest_written<'k>(
        &mut self,
        word: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> Option<&'k str> {
        let left = COMPARED_WORDS_MAX.saturating_sub(self.compared_words);
        let compared_words = &mut self.compared_words;
        nearest(word, known.take(left).inspect(|_| *compared_words += 1))
    }

    /// Whether `origin` is in a Kubernetes manifest.
    pub(super) fn is_in_manifest(&self, origin: Origin) -> bool {
        self.sources.get(origin.source).format == Format::Manifest
    }

    /// Whether `origin` is in a text of YAML or JSON, so that a remedy is in YAML.
    pub(super) fn is_in_yaml(&self, origin: Origin) -> bool {
        self.sources.get(origin.source).is_yaml
    }

    /// Adds faults that already have places.
    pub(super) fn extend(&mut self, faults: impl IntoIterator<Item = Diagnostic>) {
        for fault in faults {
            let source = fault.place.as_ref().map(|place| place.source.clone());
            self.note(fault.code, &source.unwrap_or_default(), || fault);
        }
    }

    /// Adds the faults of another list.
    pub(super) fn absorb(&mut self, faults: Diagnostics) {
        for (file, count) in faults.omitted.files() {
            self.omitted.add(file, count);
        }
        self.extend(faults.list);
    }

    /// Adds a fault of the file `source`.
    fn note(&mut self, code: Code, source: &str, fault: impl FnOnce() -> Diagnostic) {
        if code.severity() == Severity::Error {
            if self.errors >= ERRORS_KEPT_MAX {
                self.omitted.add(source, 1);
                return;
            }
            self.errors += 1;
        }
        self.list.push(fault());
    }

    /// Adds a fault.
    pub(super) fn report(
        &mut self,
        code: Code,
        origin: Origin,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let sources = self.sources;
        self.note(code, &sources.get(origin.source).name, || {
            Diagnostic::at(sources, code, origin, message, help)
        });
    }

    /// Adds the fault of an unknown key in the table at `path`, whose keys are `known`.
    pub(super) fn unknown_key(&mut self, entry: &Entry, path: &str, known: &[&str]) {
        let sources = self.sources;
        let origin = entry.key_origin;
        let source = sources.get(origin.source);
        self.note(Code::UnknownKey, &source.name, || {
            let place = match source.named_by {
                NamedBy::User => Place::of(sources, origin),
                // A file that a policy names may belong to another program and hold passwords.
                NamedBy::Policy => Place::of_alone(sources, origin),
            };
            let within = match path {
                "" => String::new(),
                _ => format!(" in `{path}`"),
            };
            let near = nearest(&entry.key, known.iter().copied());
            Diagnostic {
                code: Code::UnknownKey,
                message: format!("unknown key `{}`{within}", entry.key),
                place: Some(Box::new(place)),
                help: near.map_or_else(
                    || format!("the keys here are: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                ),
            }
        });
    }

    /// Adds the fault of a value of the wrong type.
    pub(super) fn wrong_type(&mut self, key: &str, wanted: &str, value: &Value, origin: Origin) {
        let help = match (wanted, value) {
            ("a string", Value::Integer(number)) => format!("put it in quotes: \"{number}\""),
            ("an integer" | "a number", Value::Text(text))
                if parse_number(text.trim()).is_some() =>
            {
                format!("remove the quotes: {}", text.trim())
            }
            ("an integer" | "a number", Value::Text(text)) if is_variable(text.trim()) => {
                format!("write {wanted} for the variable: `envsubst < FILE | hpasim check -`")
            }
            ("true or false", Value::Text(text)) if matches!(text.as_str(), "true" | "false") => {
                format!("remove the quotes: {text}")
            }
            _ => format!("write {wanted}"),
        };
        self.report(
            Code::WrongType,
            origin,
            format!(
                "`{key}` must be {wanted}, and this is {}",
                value.type_name()
            ),
            help,
        );
    }

    fn problem(&mut self, key: &str, origin: Origin, problem: ValueProblem) {
        self.report(
            problem.code,
            origin,
            format!("`{key}`: {}", problem.what),
            problem.help,
        );
    }
}

/// Whether the text is a variable of a shell, such as `${REPLICAS}` or `$REPLICAS`.
fn is_variable(text: &str) -> bool {
    let name = text.strip_prefix('$').map(|it| {
        let braced = it.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        braced.unwrap_or(it)
    });
    name.is_some_and(|it| it.starts_with(|first: char| first.is_alphabetic() || first == '_'))
}

/// The word that is this number where it has no quotes: "1.30" of 1.3.
fn word_of_number<T>(number: f64, words: &[(&'static str, T)]) -> Option<&'static str> {
    let is_it = |word: &str| parse_number(word).is_some_and(|it| it.total_cmp(&number).is_eq());
    words.iter().map(|(word, _)| *word).find(|word| is_it(word))
}

/// A table whose keys are known.
pub(super) struct Section<'t> {
    table: &'t Table,
    path: String,
    /// The place of the table.
    pub(super) origin: Origin,
}

impl<'t> Section<'t> {
    /// `node` as a table with the path `path` and only `known` keys.
    pub(super) fn open(
        node: &'t Node,
        path: impl Into<String>,
        known: &[&str],
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        let path = path.into();
        match &node.value {
            Value::Table(table) => Some(Self::of_table(table, path, node.origin, known, faults)),
            other => {
                faults.wrong_type(&path, "a table", other, node.origin);
                None
            }
        }
    }

    /// `table` as a section with the path `path` and only `known` keys.
    pub(super) fn of_table(
        table: &'t Table,
        path: String,
        origin: Origin,
        known: &[&str],
        faults: &mut Faults<'_>,
    ) -> Self {
        for entry in table.entries() {
            if !known.contains(&entry.key.as_str()) {
                faults.unknown_key(entry, &path, known);
            }
        }
        Self::with_any_keys(table, path, origin)
    }

    /// `table` as a section with the path `path`, before its keys are known.
    pub(super) fn with_any_keys(table: &'t Table, path: String, origin: Origin) -> Self {
        Self {
            table,
            path,
            origin,
        }
    }

    /// The full path of `key`.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of `key`.
    pub(super) fn node(&self, key: &str) -> Option<&'t Node> {
        self.table.get(key)
    }

    /// The place of `key`, or of the section if the key is missing.
    pub(super) fn key_origin(&self, key: &str) -> Origin {
        self.table
            .entry(key)
            .map_or(self.origin, |entry| entry.key_origin)
    }

    /// The table at `key`, with only `known` keys.
    pub(super) fn section(
        &self,
        key: &str,
        known: &[&str],
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        Self::open(self.node(key)?, self.path_of(key), known, faults)
    }

    /// The elements of the array at `key`.
    pub(super) fn items(&self, key: &str, faults: &mut Faults<'_>) -> Option<&'t [Node]> {
        let node = self.node(key)?;
        match &node.value {
            Value::Array(items) => Some(items),
            other => {
                faults.wrong_type(&self.path_of(key), "an array", other, node.origin);
                None
            }
        }
    }

    /// The string at `key`.
    pub(super) fn text(&self, key: &str, faults: &mut Faults<'_>) -> Option<&'t str> {
        text(self.node(key)?, &self.path_of(key), faults)
    }

    /// The string at `key`, which is required.
    pub(super) fn required_text(&self, key: &str, faults: &mut Faults<'_>) -> Option<&'t str> {
        self.require(key, "a string", faults);
        self.text(key, faults)
    }

    /// Reports that `key` is missing, if it is.
    pub(super) fn require(&self, key: &str, wanted: &str, faults: &mut Faults<'_>) {
        if self.node(key).is_none() {
            self.missing(key, wanted, faults);
        }
    }

    /// Adds the fault that `key` is missing.
    pub(super) fn missing(&self, key: &str, wanted: &str, faults: &mut Faults<'_>) {
        faults.report(
            Code::MissingKey,
            self.origin,
            format!("`{}` needs a `{key}`", self.path),
            format!("add `{key}`: {wanted}"),
        );
    }

    /// The boolean at `key`.
    pub(super) fn boolean(&self, key: &str, faults: &mut Faults<'_>) -> Option<bool> {
        let node = self.node(key)?;
        match &node.value {
            Value::Boolean(value) => Some(*value),
            other => {
                faults.wrong_type(&self.path_of(key), "true or false", other, node.origin);
                None
            }
        }
    }

    /// The whole number within `range` at `key`.
    pub(super) fn integer<N>(
        &self,
        key: &str,
        range: RangeInclusive<N>,
        faults: &mut Faults<'_>,
    ) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        integer(self.node(key)?, &self.path_of(key), range, faults)
    }

    /// The number within `range` at `key`.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        faults: &mut Faults<'_>,
    ) -> Option<f64> {
        let node = self.node(key)?;
        let number = match &node.value {
            Value::Integer(number) => *number as f64,
            Value::Float(number) => *number,
            other => {
                faults.wrong_type(&self.path_of(key), "a number", other, node.origin);
                return None;
            }
        };
        if range.contains(&number) {
            return Some(number);
        }
        faults.report(
            Code::OutOfRange,
            node.origin,
            format!("`{}` is {number}", self.path_of(key)),
            format!("write a number from {} to {}", range.start(), range.end()),
        );
        None
    }

    /// The meaning of the word at `key`, one of `words`.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&'static str, T)],
        faults: &mut Faults<'_>,
    ) -> Option<T> {
        let node = self.node(key)?;
        if let Value::Float(number) = node.value
            && let Some(word) = word_of_number(number, words)
        {
            faults.report(
                Code::WrongType,
                node.origin,
                format!(
                    "`{}` must be a string, and this is a number: {word} without quotes is the number {number}",
                    self.path_of(key)
                ),
                format!("put it in quotes: \"{word}\""),
            );
            return None;
        }
        let written = self.text(key, faults)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == written) {
            return Some(*meaning);
        }
        let same_number = parse_number(written).and_then(|number| word_of_number(number, words));
        let near = same_number.or_else(|| nearest(written, words.iter().map(|(word, _)| *word)));
        let help = near.map_or_else(
            || {
                let known: Vec<String> = words
                    .iter()
                    .map(|(word, _)| format!("\"{word}\""))
                    .collect();
                format!("write {}", known.join(" or "))
            },
            |near| format!("did you mean \"{near}\"?"),
        );
        faults.report(
            Code::UnknownWord,
            node.origin,
            format!("`{}` does not accept \"{written}\"", self.path_of(key)),
            help,
        );
        None
    }

    /// The duration at `key`, 0 included.
    pub(super) fn duration(&self, key: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
        duration(self.node(key)?, &self.path_of(key), faults)
    }

    /// The duration from `least` to `most` at `key`.
    pub(super) fn duration_within(
        &self,
        key: &str,
        least: SimSpan,
        most: SimSpan,
        faults: &mut Faults<'_>,
    ) -> Option<SimSpan> {
        let span = self.duration(key, faults)?;
        let allowed = if span < least {
            format!("\"{least}\" or more")
        } else if span > most {
            format!("\"{most}\" or less")
        } else {
            return Some(span);
        };
        faults.report(
            Code::OutOfRange,
            self.node(key)?.origin,
            format!("`{}` is {span}", self.path_of(key)),
            format!("write {allowed}"),
        );
        None
    }

    /// The quantity of 0 or more at `key`.
    pub(super) fn quantity(&self, key: &str, faults: &mut Faults<'_>) -> Option<Quantity> {
        self.converted(key, faults, values::quantity)
    }

    /// The CPU at `key`.
    pub(super) fn cpu(&self, key: &str, faults: &mut Faults<'_>) -> Option<Millicores> {
        self.converted(key, faults, values::cpu)
    }

    /// The memory at `key`, in bytes.
    pub(super) fn memory_bytes(&self, key: &str, faults: &mut Faults<'_>) -> Option<u64> {
        self.converted(key, faults, values::memory_bytes)
    }

    fn converted<T>(
        &self,
        key: &str,
        faults: &mut Faults<'_>,
        convert: fn(&Value) -> Result<T, ValueProblem>,
    ) -> Option<T> {
        let node = self.node(key)?;
        convert(&node.value)
            .map_err(|problem| faults.problem(&self.path_of(key), node.origin, problem))
            .ok()
    }
}

/// `node` as a duration; messages call it `path`.
pub(super) fn duration(node: &Node, path: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
    values::duration(&node.value)
        .map_err(|problem| faults.problem(path, node.origin, problem))
        .ok()
}

/// `node` as a whole number within `range`; messages call it `path`.
pub(super) fn integer<N>(
    node: &Node,
    path: &str,
    range: RangeInclusive<N>,
    faults: &mut Faults<'_>,
) -> Option<N>
where
    N: TryFrom<i64> + PartialOrd + Display,
{
    let Value::Integer(number) = &node.value else {
        faults.wrong_type(path, "an integer", &node.value, node.origin);
        return None;
    };
    if let Ok(number) = N::try_from(*number)
        && range.contains(&number)
    {
        return Some(number);
    }
    faults.report(
        Code::OutOfRange,
        node.origin,
        format!("`{path}` is {number}"),
        format!("write an integer from {} to {}", range.start(), range.end()),
    );
    None
}

/// `node` as a string; messages call it `path`.
pub(super) fn text<'t>(node: &'t Node, path: &str, faults: &mut Faults<'_>) -> Option<&'t str> {
    match &node.value {
        Value::Text(text) => Some(text),
        other => {
            faults.wrong_type(path, "a string", other, node.origin);
            None
        }
    }
}
