//! What a key of a policy is: its name, what it takes, its default, its bounds, and what the pages say of it.
//!
//! Self-imposed limit: each key by itself. `declared` has the keys of the sections, `tables` those of the tables in
//! them, `kinds` what a key can take; rules between keys are functions of the sections' readers. Not among them are
//! the keys of `[hpa]`, whose names, defaults and validation are the API server's, and those of the file itself
//! (`name`, `extends`, `remove`, `manifest`), each of which is a rule of its own before there is a section to read.

/// Declares the keys of a table, each as a constant of its name, and the list of them in the order in which a message lists them.
///
/// A key cannot be declared without being in the list, which is why this is a macro.
macro_rules! declare {
    ($list:ident; $($key:ident: $kind:ty = $row:expr;)+) => {
        $(pub(in crate::scenario) const $key: PolicyKey<$kind> = $row;)+
        pub(in crate::scenario) const $list: Keys = &[$(&$key),+];
    };
}

pub(super) mod declared;
pub(super) mod kinds;
pub(super) mod tables;

use super::reader::{Faults, Section};

/// The keys of a table.
pub(super) type Keys = &'static [&'static dyn Declared];

/// A key of a table: one declaration of all that is said of it.
pub(super) struct PolicyKey<K: Takes> {
    /// Its name within its table.
    pub(super) name: &'static str,
    /// What it takes, which is how it is read.
    pub(super) takes: K,
    /// Its default.
    pub(super) default: fn() -> K::Value,
    /// The default as one would write it; `None` where nothing is taken unless the key is written.
    pub(super) text: Option<&'static str>,
    /// The source of the default, or the argument for it.
    pub(super) because: &'static str,
    /// Why its bounds are where they are; `None` where the type says it.
    pub(super) bounds: Option<Bound>,
    /// What the key means, for who writes a policy.
    pub(super) means: &'static str,
    /// Whether a result names the default among its assumptions where nobody stated the key.
    pub(super) is_assumed: bool,
}

/// What is said of a key's bounds.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// Why what the key takes is bounded as it is.
    Because(&'static str),
    /// A rule between keys, which the section's reader checks: what it allows, and why.
    Rule(&'static str, &'static str),
}

impl<K: Reads> PolicyKey<K> {
    /// What the table states.
    pub(super) fn stated(&self, table: &Section<'_>, faults: &mut Faults<'_>) -> Option<K::Value> {
        self.takes.read(table, self.name, faults)
    }

    /// What the table states, or else the default.
    pub(super) fn read(&self, table: Option<&Section<'_>>, faults: &mut Faults<'_>) -> K::Value {
        table
            .and_then(|table| self.stated(table, faults))
            .unwrap_or_else(self.default)
    }
}

/// What a key takes.
pub(super) trait Takes {
    /// What comes of it.
    type Value;

    /// The same in words, for `docs/model.md`.
    fn in_words(&self) -> String;

    /// The keys within what it takes, and the step of a path from the key to them.
    fn keys_within(&self) -> (&'static str, Keys) {
        ("", &[])
    }
}

/// What a key takes where what stands there is all there is to check.
pub(super) trait Reads: Takes {
    /// The value of `key`; a fault is noted.
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Self::Value>;
}

/// A key of whatever type, as lists and pages need it.
pub(super) trait Declared: Sync {
    /// The key's name within its table.
    fn name(&self) -> &'static str;
    /// The default as one would write it, where a result names it among its assumptions.
    fn assumed(&self) -> Option<&'static str>;
    /// Adds the row of the key, which stands in the table at `table`, and the rows of the keys within it.
    fn add_rows(&self, table: &str, rows: &mut Vec<KeyRow>);
}

impl<K: Takes + Sync> Declared for PolicyKey<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn assumed(&self) -> Option<&'static str> {
        self.text.filter(|_| self.is_assumed)
    }

    fn add_rows(&self, table: &str, rows: &mut Vec<KeyRow>) {
        let takes = self.takes.in_words();
        let bound = self.bounds.map(|bound| match bound {
            Bound::Because(why) => (takes.clone(), why),
            Bound::Rule(allowed, why) => (allowed.to_owned(), why),
        });
        rows.push(KeyRow {
            table: table.to_owned(),
            name: self.name,
            default: self.text,
            takes,
            because: self.because,
            bound,
            means: self.means,
        });
        let (step, keys) = self.takes.keys_within();
        for key in keys {
            key.add_rows(&format!("{table}.{}{step}", self.name), rows);
        }
    }
}

/// All that is said of a key, for the pages.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// The path of the table in which it stands: `pod`, `pod.readiness`, `deployment.containers.N`.
    pub table: String,
    /// The key's name within it.
    pub name: &'static str,
    /// The default as one would write it; `None` where nothing is taken unless the key is written.
    pub default: Option<&'static str>,
    /// What the key takes, in words.
    pub takes: String,
    /// The source of the default, or the argument for it.
    pub because: &'static str,
    /// What is allowed and why, where more is to be said than what the key takes.
    pub bound: Option<(String, &'static str)>,
    /// What the key means.
    pub means: &'static str,
}

impl KeyRow {
    /// The key's path, as `--set` takes it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

/// The sections and their keys, in the order of a result's assumptions.
const SECTIONS: [(&str, Keys); 7] = [
    ("controller", declared::CONTROLLER),
    ("deployment", declared::DEPLOYMENT),
    ("workload", declared::WORKLOAD),
    ("pod", declared::POD),
    ("metrics", declared::METRICS),
    ("slo", declared::SLO),
    ("cost", declared::COST),
];

/// Every key of every section, each followed by the keys within it, in the order of a result's assumptions.
#[must_use]
pub fn all() -> Vec<KeyRow> {
    let mut rows = Vec::new();
    for (section, keys) in SECTIONS {
        for key in keys {
            key.add_rows(section, &mut rows);
        }
    }
    rows
}

/// The defaults that a result names where nobody stated them: section, key, and the default as one would write it.
pub(super) fn assumed() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SECTIONS.into_iter().flat_map(|(section, keys)| {
        keys.iter()
            .filter_map(move |key| Some((section, key.name(), key.assumed()?)))
    })
}

/// The names of `keys`.
pub(super) fn names(keys: Keys) -> Vec<&'static str> {
    keys.iter().map(|key| key.name()).collect()
}
