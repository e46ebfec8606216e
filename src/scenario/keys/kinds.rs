//! The types of a policy's keys: numbers, durations, words and tables, each with its bounds and its reader.
//!
//! `declared` and `tables` give each key its type.

use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use super::{Keys, PolicyKey, Reads, Takes, names, tables};
use crate::engine::random::Distribution;
use crate::hpa::rules::Gate;
use crate::scenario::assertion::{self, Assertion};
use crate::scenario::diagnostic::Code;
use crate::scenario::distribution;
use crate::scenario::reader::{Faults, Section, integer, text};
use crate::scenario::tree::{Node, Value};
use crate::units::{Millicores, SimSpan};
use crate::workload::CostUncertainty;

/// A duration within two bounds.
pub(in crate::scenario) struct Span {
    least: SimSpan,
    most: SimSpan,
}

impl Span {
    /// More than the longest duration of a policy.
    const UNBOUNDED: SimSpan = SimSpan::from_nanos(i64::MAX);
    /// Any duration, 0 included.
    pub(in crate::scenario) const ANY: Self = Self::at_least(SimSpan::ZERO);
    /// At most an hour, because hpasim holds in memory what happens within this time.
    pub(in crate::scenario) const UP_TO_HOUR: Self = Self {
        least: SimSpan::ZERO,
        most: SimSpan::from_secs(3600),
    };
    /// From a second to an hour.
    pub(in crate::scenario) const SECOND_TO_HOUR: Self = Self {
        least: SimSpan::from_secs(1),
        ..Self::UP_TO_HOUR
    };

    /// `least` or more.
    pub(in crate::scenario) const fn at_least(least: SimSpan) -> Self {
        Self {
            least,
            most: Self::UNBOUNDED,
        }
    }
}

impl Takes for Span {
    type Value = SimSpan;
    fn in_words(&self) -> String {
        match (self.least, self.most) {
            (SimSpan::ZERO, Self::UNBOUNDED) => "a duration".to_owned(),
            (least, Self::UNBOUNDED) => format!("{least} or more"),
            (least, most) => format!("{least} to {most}"),
        }
    }
}

impl Reads for Span {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
        table.duration_within(key, self.least, self.most, faults)
    }
}

/// A whole number within bounds.
pub(in crate::scenario) struct Integer<N>(pub(in crate::scenario) RangeInclusive<N>);

impl<N: Display> Takes for Integer<N> {
    type Value = N;
    fn in_words(&self) -> String {
        format!("an integer from {} to {}", self.0.start(), self.0.end())
    }
}

impl<N: TryFrom<i64> + PartialOrd + Display + Clone> Reads for Integer<N> {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<N> {
        table.integer(key, self.0.clone(), faults)
    }
}

/// A number within bounds.
pub(in crate::scenario) struct Number(pub(in crate::scenario) RangeInclusive<f64>);

impl Takes for Number {
    type Value = f64;
    fn in_words(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }
}

impl Reads for Number {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<f64> {
        table.number(key, self.0.clone(), faults)
    }
}

/// One of several words, each with its meaning.
pub(in crate::scenario) struct OneOf<T: 'static>(
    pub(in crate::scenario) &'static [(&'static str, T)],
);

impl<T> Takes for OneOf<T> {
    type Value = T;
    fn in_words(&self) -> String {
        let words: Vec<String> = self
            .0
            .iter()
            .map(|(word, _)| format!("`\"{word}\"`"))
            .collect();
        words.join(", ")
    }
}

impl<T: Copy> Reads for OneOf<T> {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<T> {
        table.word(key, self.0, faults)
    }
}

/// A feature gate: true or false.
pub(in crate::scenario) struct OnOff;

impl Takes for OnOff {
    type Value = Gate;
    fn in_words(&self) -> String {
        "`true` or `false`".to_owned()
    }
}

impl Reads for OnOff {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Gate> {
        let is_on = table.boolean(key, faults)?;
        Some(if is_on { Gate::On } else { Gate::Off })
    }
}

pub(in crate::scenario) struct Cpu;

impl Takes for Cpu {
    type Value = Millicores;
    fn in_words(&self) -> String {
        "CPU".to_owned()
    }
}

impl Reads for Cpu {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Millicores> {
        table.cpu(key, faults)
    }
}

pub(in crate::scenario) struct Bytes;

impl Takes for Bytes {
    type Value = u64;
    fn in_words(&self) -> String {
        "memory".to_owned()
    }
}

impl Reads for Bytes {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<u64> {
        table.memory_bytes(key, faults)
    }
}

pub(in crate::scenario) struct Text;

impl Takes for Text {
    type Value = String;
    fn in_words(&self) -> String {
        "text".to_owned()
    }
}

impl Reads for Text {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<String> {
        table.text(key, faults).map(str::to_owned)
    }
}

pub(in crate::scenario) struct YesNo;

impl Takes for YesNo {
    type Value = bool;
    fn in_words(&self) -> String {
        "`true` or `false`".to_owned()
    }
}

impl Reads for YesNo {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<bool> {
        table.boolean(key, faults)
    }
}

/// An array of whole numbers within bounds.
pub(in crate::scenario) struct Integers<N>(pub(in crate::scenario) RangeInclusive<N>);

impl<N: Display> Takes for Integers<N> {
    type Value = Vec<N>;
    fn in_words(&self) -> String {
        let (least, most) = (self.0.start(), self.0.end());
        format!("an array of integers from {least} to {most}")
    }
}

impl<N: TryFrom<i64> + PartialOrd + Display + Clone> Reads for Integers<N> {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Vec<N>> {
        let items = table.items(key, faults)?;
        let path = table.path_of(key);
        let integers = items
            .iter()
            .filter_map(|item| integer(item, &path, self.0.clone(), faults));
        Some(integers.collect())
    }
}

/// An array of texts.
pub(in crate::scenario) struct Texts;

impl Takes for Texts {
    type Value = Vec<String>;
    fn in_words(&self) -> String {
        "an array of text".to_owned()
    }
}

impl Reads for Texts {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Vec<String>> {
        let items = table.items(key, faults)?;
        let path = table.path_of(key);
        let texts = items
            .iter()
            .filter_map(|item| text(item, &path, faults).map(str::to_owned));
        Some(texts.collect())
    }
}

/// An array of assertions.
pub(in crate::scenario) struct Assertions;

impl Takes for Assertions {
    type Value = Vec<Assertion>;
    fn in_words(&self) -> String {
        "an array of text".to_owned()
    }
}

impl Reads for Assertions {
    fn read(
        &self,
        table: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Vec<Assertion>> {
        let items = table.items(key, faults)?;
        Some(assertion::read_list(items, &table.path_of(key), faults))
    }
}

/// A distribution of durations whose mean is within bounds.
pub(in crate::scenario) struct Time(pub(in crate::scenario) &'static [Mean]);

/// A bound of a distribution's mean.
pub(in crate::scenario) enum Mean {
    /// Above 0: the consequence of 0, and the remedy.
    AboveZero(&'static str, &'static str),
    /// At least this long, and the reason.
    AtLeast(SimSpan, &'static str),
    /// At most this long, and the remedy.
    AtMost(SimSpan, &'static str),
}

impl Mean {
    fn holds(&self, seconds: f64) -> bool {
        match self {
            Self::AboveZero(..) => seconds > 0.0,
            Self::AtLeast(least, _) => seconds >= least.as_secs_f64(),
            Self::AtMost(most, _) => seconds <= most.as_secs_f64(),
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::AboveZero(..) => "above 0s".to_owned(),
            Self::AtLeast(least, _) => format!("{least} or more"),
            Self::AtMost(most, _) => format!("at most {most}"),
        }
    }

    /// The fault and the remedy for the distribution of the key at `path`.
    fn fault(&self, path: &str) -> (String, String) {
        match self {
            Self::AboveZero(so, remedy) => {
                (format!("`{path}` is 0, so {so}"), (*remedy).to_owned())
            }
            Self::AtLeast(least, why) => (
                format!("`{path}` is less than {least} on average"),
                format!("write \"{least}\" or more: {why}"),
            ),
            Self::AtMost(most, remedy) => (
                format!("`{path}` is more than {most} on average"),
                (*remedy).to_owned(),
            ),
        }
    }
}

impl Takes for Time {
    type Value = Distribution;
    fn in_words(&self) -> String {
        let bounds: Vec<String> = self.0.iter().map(Mean::in_words).collect();
        match bounds.as_slice() {
            [] => "a distribution".to_owned(),
            _ => format!("a distribution, {} on average", bounds.join(" and ")),
        }
    }
}

impl Reads for Time {
    fn read(
        &self,
        table: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Distribution> {
        let node = table.node(key)?;
        let path = table.path_of(key);
        let time = distribution::read(node, &path, &[], faults)?;
        self.within_bounds(time, node, &path, faults)
    }
}

impl Time {
    fn within_bounds(
        &self,
        time: Distribution,
        node: &Node,
        path: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Distribution> {
        let seconds = time.mean_seconds();
        let Some(broken) = self.0.iter().find(|mean| !mean.holds(seconds)) else {
            return Some(time);
        };
        let (message, help) = broken.fault(path);
        faults.report(Code::OutOfRange, node.origin, message, help);
        // Instead of a 0, the default could break a rule with another key, which is not at fault.
        matches!(broken, Mean::AboveZero(..)).then_some(time)
    }
}

/// The cost of a request: a [`Time`] with its default, and in its table the keys of its uncertainty.
pub(in crate::scenario) struct RequestCost(
    pub(in crate::scenario) Time,
    pub(in crate::scenario) fn() -> Distribution,
);

impl Takes for RequestCost {
    type Value = (Distribution, CostUncertainty);
    fn in_words(&self) -> String {
        self.0.in_words()
    }
    fn keys_within(&self) -> (&'static str, Keys) {
        ("", tables::COST_UNCERTAINTY)
    }
    fn keys_beside(&self) -> Keys {
        tables::COST_UNCERTAINTY
    }
}

impl Reads for RequestCost {
    fn read(
        &self,
        table: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<(Distribution, CostUncertainty)> {
        let node = table.node(key)?;
        let path = table.path_of(key);
        let beside = names(tables::COST_UNCERTAINTY);
        let cost = if is_unsaid(node, &beside) {
            self.1()
        } else {
            let cost = distribution::read(node, &path, &beside, faults)?;
            self.0.within_bounds(cost, node, &path, faults)?
        };
        let Value::Table(inner) = &node.value else {
            return Some((cost, CostUncertainty::default()));
        };
        let inner = Section::with_any_keys(inner, path, node.origin);
        let uncertainty = CostUncertainty {
            standard_error_seconds: tables::STANDARD_ERROR
                .read(Some(&inner), faults)
                .as_secs_f64(),
            machine_deviation: tables::MACHINE.read(Some(&inner), faults),
        };
        let mean = cost.mean_seconds();
        if uncertainty.standard_error_seconds > mean * CostUncertainty::ERROR_BY_MEAN_MAX * ROUNDED
        {
            let mean = SimSpan::from_secs_f64(mean);
            faults.report(
                Code::OutOfRange,
                inner.key_origin(tables::STANDARD_ERROR.name),
                format!(
                    "`{}` is more than half of the mean cost of {mean}",
                    inner.path_of(tables::STANDARD_ERROR.name)
                ),
                "measure the cost at more loads, and at heavier ones: such an estimate says nothing",
            );
        }
        Some((cost, uncertainty))
    }
}

/// What a mean that is rounded to the nanosecond may be off by, as a factor.
const ROUNDED: f64 = 1.0 + 1e-6;

/// Whether `node` is a table of nothing but the keys `beside` a value.
pub(in crate::scenario) fn is_unsaid(node: &Node, beside: &[&str]) -> bool {
    let mut keys = node.entries().iter().map(|entry| entry.key.as_str());
    !node.entries().is_empty() && keys.all(|key| beside.contains(&key))
}

/// A key without a default: `None` if it is not written.
pub(in crate::scenario) struct Optional<K>(pub(in crate::scenario) K);

impl<K: Takes> Takes for Optional<K> {
    type Value = Option<K::Value>;
    fn in_words(&self) -> String {
        self.0.in_words()
    }
}

impl<K: Reads> Reads for Optional<K> {
    fn read(
        &self,
        table: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Option<K::Value>> {
        Some(self.0.read(table, key, faults))
    }
}

/// A required key, and the remedy if it is missing: `None` if it is missing or faulty.
pub(in crate::scenario) struct Required<K>(
    pub(in crate::scenario) K,
    pub(in crate::scenario) &'static str,
);

impl<K: Takes> Takes for Required<K> {
    type Value = Option<K::Value>;
    fn in_words(&self) -> String {
        format!("{}; required", self.0.in_words())
    }
}

impl<K: Reads> Reads for Required<K> {
    fn read(
        &self,
        table: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Option<K::Value>> {
        table.require(key, self.1, faults);
        Some(self.0.read(table, key, faults))
    }
}

/// A table of these keys.
pub(in crate::scenario) struct KeyTable(pub(in crate::scenario) Keys);

impl Takes for KeyTable {
    type Value = ();
    fn in_words(&self) -> String {
        "a table".to_owned()
    }
    fn keys_within(&self) -> (&'static str, Keys) {
        ("", self.0)
    }
}

impl PolicyKey<KeyTable> {
    /// The table, if it is written.
    pub(in crate::scenario) fn open<'t>(
        &self,
        table: Option<&Section<'t>>,
        faults: &mut Faults<'_>,
    ) -> Option<Section<'t>> {
        table?.section(self.name, &names(self.takes.0), faults)
    }
}

/// An array of tables of these keys; the section's reader builds a `T` from each.
pub(in crate::scenario) struct KeyTables<T> {
    keys: Keys,
    /// The most tables.
    pub(in crate::scenario) most: usize,
    value: PhantomData<fn() -> T>,
}

impl<T> KeyTables<T> {
    /// At most `most` tables of `keys`.
    pub(in crate::scenario) const fn at_most(most: usize, keys: Keys) -> Self {
        Self {
            keys,
            most,
            value: PhantomData,
        }
    }

    /// Opens `item` as one of the tables, with the path `path`.
    pub(in crate::scenario) fn open<'t>(
        &self,
        item: &'t Node,
        path: String,
        faults: &mut Faults<'_>,
    ) -> Option<Section<'t>> {
        Section::open(item, path, &names(self.keys), faults)
    }
}

impl<T> Takes for KeyTables<T> {
    type Value = T;
    fn in_words(&self) -> String {
        format!("an array of 1 to {} tables", self.most)
    }
    fn keys_within(&self) -> (&'static str, Keys) {
        (".N", self.keys)
    }
}

/// A short form, or a table of these keys; the section's reader builds a `T` from either.
pub(in crate::scenario) struct ShortOrTable<K, T> {
    short: K,
    keys: Keys,
    value: PhantomData<fn() -> T>,
}

impl<K, T> ShortOrTable<K, T> {
    /// `short`, or a table of `keys`.
    pub(in crate::scenario) const fn of(short: K, keys: Keys) -> Self {
        Self {
            short,
            keys,
            value: PhantomData,
        }
    }
}

impl<K: Takes, T> Takes for ShortOrTable<K, T> {
    type Value = T;
    fn in_words(&self) -> String {
        format!("{}, or a table", self.short.in_words())
    }
    fn keys_within(&self) -> (&'static str, Keys) {
        ("", self.keys)
    }
}

/// The written form.
pub(in crate::scenario) enum ShortForm<'t, S> {
    /// The short form.
    Short(S),
    /// The table.
    Table(Section<'t>),
}

impl<K: Reads, T> PolicyKey<ShortOrTable<K, T>> {
    /// The written form, if the key is written.
    pub(in crate::scenario) fn form<'t>(
        &self,
        table: &Section<'t>,
        faults: &mut Faults<'_>,
    ) -> Option<ShortForm<'t, K::Value>> {
        let node = table.node(self.name)?;
        match &node.value {
            Value::Table(_) => table
                .section(self.name, &names(self.takes.keys), faults)
                .map(ShortForm::Table),
            _ => self
                .takes
                .short
                .read(table, self.name, faults)
                .map(ShortForm::Short),
        }
    }
}
