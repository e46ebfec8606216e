//! What a key of a policy's sections is: its name, what it takes, its default, and what the pages say of it.
//!
//! Self-imposed limit: each key by itself; `declared` has them all, and rules between keys are functions of the
//! sections' readers. `[hpa]` is not among them: its keys, defaults and validation are the API server's.

pub(super) mod declared;
pub(super) mod within;

use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use super::distribution;
use super::reader::{Faults, Section};
use crate::engine::random::Distribution;
use crate::hpa::rules::Gate;
use crate::units::{Millicores, SimSpan};

/// A key of a section: one declaration of all that is said of it.
pub(super) struct PolicyKey<K: Takes> {
    /// Its name within its section.
    pub(super) name: &'static str,
    /// What it takes, which is how it is read.
    pub(super) takes: K,
    /// Its default.
    pub(super) default: fn() -> K::Value,
    /// The default as one would write it; `None` where what the key describes is off unless it is written.
    pub(super) text: Option<&'static str>,
    /// The source of the default, or the argument for it.
    pub(super) because: &'static str,
    /// What the key means, for who writes a policy.
    pub(super) means: &'static str,
    /// Whether a result names the default among its assumptions where nobody stated the key.
    pub(super) is_assumed: bool,
}

impl<K: Reads> PolicyKey<K> {
    /// What the section states.
    pub(super) fn stated(
        &self,
        section: &Section<'_>,
        faults: &mut Faults<'_>,
    ) -> Option<K::Value> {
        self.takes.read(section, self.name, faults)
    }

    /// What the section states, or else the default.
    pub(super) fn read(&self, section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> K::Value {
        section
            .and_then(|section| self.stated(section, faults))
            .unwrap_or_else(self.default)
    }
}

/// What a key takes.
pub(super) trait Takes {
    /// What comes of it.
    type Value;
    /// The same in words, for `docs/model.md`.
    fn in_words(&self) -> String;
}

/// What a key takes where its type and bounds are all there is to check.
pub(super) trait Reads: Takes {
    /// The value of `key`; a fault is noted.
    fn read(
        &self,
        section: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Self::Value>;
}

/// A duration within two bounds.
pub(super) struct Span {
    least: SimSpan,
    most: SimSpan,
}

impl Span {
    /// Beyond what any duration of a policy may be.
    const UNBOUNDED: SimSpan = SimSpan::from_nanos(i64::MAX);
    /// Any duration, 0 included.
    pub(super) const ANY: Self = Self::at_least(SimSpan::ZERO);
    /// At most an hour: what is under way so long is held in memory.
    pub(super) const UP_TO_HOUR: Self = Self {
        least: SimSpan::ZERO,
        most: SimSpan::from_secs(3600),
    };
    /// From a second to an hour.
    pub(super) const SECOND_TO_HOUR: Self = Self {
        least: SimSpan::from_secs(1),
        ..Self::UP_TO_HOUR
    };

    /// `least` or more.
    pub(super) const fn at_least(least: SimSpan) -> Self {
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
    fn read(&self, section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
        section.duration_within(key, self.least, self.most, faults)
    }
}

/// A whole number within bounds.
pub(super) struct Integer<N>(pub(super) RangeInclusive<N>);

impl<N: Display> Takes for Integer<N> {
    type Value = N;
    fn in_words(&self) -> String {
        format!("an integer from {} to {}", self.0.start(), self.0.end())
    }
}

impl<N: TryFrom<i64> + PartialOrd + Display + Clone> Reads for Integer<N> {
    fn read(&self, section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<N> {
        section.integer(key, self.0.clone(), faults)
    }
}

/// A number within bounds.
pub(super) struct Number(pub(super) RangeInclusive<f64>);

impl Takes for Number {
    type Value = f64;
    fn in_words(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }
}

impl Reads for Number {
    fn read(&self, section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<f64> {
        section.number(key, self.0.clone(), faults)
    }
}

/// One of some words, each with what it stands for.
pub(super) struct OneOf<T: 'static>(pub(super) &'static [(&'static str, T)]);

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
    fn read(&self, section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<T> {
        section.word(key, self.0, faults)
    }
}

/// A feature gate: true or false.
pub(super) struct OnOff;

impl Takes for OnOff {
    type Value = Gate;
    fn in_words(&self) -> String {
        "`true` or `false`".to_owned()
    }
}

impl Reads for OnOff {
    fn read(&self, section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Gate> {
        let is_on = section.boolean(key, faults)?;
        Some(if is_on { Gate::On } else { Gate::Off })
    }
}

/// CPU.
pub(super) struct Cpu;

impl Takes for Cpu {
    type Value = Millicores;
    fn in_words(&self) -> String {
        "CPU".to_owned()
    }
}

impl Reads for Cpu {
    fn read(
        &self,
        section: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Millicores> {
        section.cpu(key, faults)
    }
}

/// Memory.
pub(super) struct Bytes;

impl Takes for Bytes {
    type Value = u64;
    fn in_words(&self) -> String {
        "memory".to_owned()
    }
}

impl Reads for Bytes {
    fn read(&self, section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<u64> {
        section.memory_bytes(key, faults)
    }
}

/// A distribution of durations.
pub(super) struct Time;

impl Takes for Time {
    type Value = Distribution;
    fn in_words(&self) -> String {
        "a distribution".to_owned()
    }
}

impl Reads for Time {
    fn read(
        &self,
        section: &Section<'_>,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Distribution> {
        distribution::read(section.node(key)?, &section.path_of(key), faults)
    }
}

/// What a reader of its own makes a `T` of, for it has several forms or keys within.
pub(super) struct Own<T> {
    in_words: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Own<T> {
    /// The form in words.
    pub(super) const fn form(in_words: &'static str) -> Self {
        Self {
            in_words,
            value: PhantomData,
        }
    }
}

impl<T> Takes for Own<T> {
    type Value = T;
    fn in_words(&self) -> String {
        self.in_words.to_owned()
    }
}

/// A key of whatever type, as lists and pages need it.
pub(super) trait Declared: Sync {
    /// The key's name within its section.
    fn name(&self) -> &'static str;
    /// The key, of the section called `section`.
    fn row(&self, section: &'static str) -> KeyRow;
}

impl<K: Takes + Sync> Declared for PolicyKey<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self, section: &'static str) -> KeyRow {
        KeyRow {
            section,
            name: self.name,
            default: self.text,
            takes: self.takes.in_words(),
            because: self.because,
            means: self.means,
            is_assumed: self.is_assumed,
        }
    }
}

/// All that is said of a key, for assumptions and pages.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// The section's name.
    pub section: &'static str,
    /// The key's name within it.
    pub name: &'static str,
    /// The default as one would write it; `None` where what the key describes is off unless it is written.
    pub default: Option<&'static str>,
    /// What the key takes, in words.
    pub takes: String,
    /// The source of the default, or the argument for it.
    pub because: &'static str,
    /// What the key means.
    pub means: &'static str,
    /// Whether a result names the default among its assumptions where nobody stated the key.
    pub is_assumed: bool,
}

/// The sections and their keys, in the order of a result's assumptions.
const SECTIONS: [(&str, &[&dyn Declared]); 7] = [
    ("controller", declared::CONTROLLER),
    ("deployment", declared::DEPLOYMENT),
    ("workload", declared::WORKLOAD),
    ("pod", declared::POD),
    ("metrics", declared::METRICS),
    ("slo", declared::SLO),
    ("cost", declared::COST),
];

/// Every key of every section, in the order of a result's assumptions.
pub fn all() -> impl Iterator<Item = KeyRow> {
    SECTIONS
        .into_iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| key.row(section)))
}

/// The names of `keys`.
pub(super) fn names(keys: &[&dyn Declared]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name()).collect()
}
