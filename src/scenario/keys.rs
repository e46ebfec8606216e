//! The declaration of a policy's key: name, type, default, bounds, and the texts for the pages.
//!
//! `declared` has the keys of the sections, `tables` the keys of tables in them, and `kinds` the types. The readers of the sections
//! check rules between keys. Not declared here are the keys of `[hpa]`, which are the API server's, and the keys of the file itself
//! (`name`, `extends`, `remove`, `manifest`), which are read before there is a section.

/// Declares the keys of a table, each as a constant, and their list in the order in which a message lists them.
///
/// It is a macro so that every declared key is in the list.
macro_rules! declare {
    ($list:ident; $($key:ident: $kind:ty = $row:expr;)+) => {
        $(pub(in crate::scenario) const $key: PolicyKey<$kind> = $row;)+
        pub(in crate::scenario) const $list: Keys = &[$(&$key),+];
    };
}

/// A [`PolicyKey`] that states only the columns that the key has: its name, its type, and the columns in their order.
///
/// `default: VALUE => TEXT` states the default and its text. A key without it has the `Default` of its type, and no text.
/// `assumed:` marks a default that a result lists among its assumptions. It is a macro because a constant of a generic type cannot
/// take columns from another.
macro_rules! row {
    (
        $name:literal: $takes:expr,
        $(default: $default:expr => $text:expr,)?
        because: $because:expr,
        $(bounds: $bounds:expr,)?
        means: $means:expr,
        $(assumed: $assumed:expr,)?
    ) => {
        PolicyKey {
            name: $name,
            takes: $takes,
            default: row!(@first $($default,)? Default::default),
            text: row!(@first $(Some($text),)? None),
            because: $because,
            bounds: row!(@first $(Some($bounds),)? None),
            means: $means,
            assumed: row!(@first $(Some($assumed),)? None),
        }
    };
    (@first $first:expr $(, $others:expr)*) => {
        $first
    };
}

pub(super) mod declared;
pub(super) mod kinds;
pub(super) mod tables;
mod unit_name;

use super::assumed::AssumedDefault;
use super::reader::{Faults, Section};

/// The keys of a table.
pub(super) type Keys = &'static [&'static dyn Declared];

/// The single declaration of a key of a table.
pub(super) struct PolicyKey<K: Takes> {
    /// The name within the table.
    pub(super) name: &'static str,
    /// The type, which also reads the key.
    pub(super) takes: K,
    /// Its default.
    pub(super) default: fn() -> K::Value,
    /// The default as text; `None` if the key has no default.
    pub(super) text: Option<&'static str>,
    /// The source of the default, or the reason for it.
    pub(super) because: &'static str,
    /// The reason for the bounds; `None` if the type explains itself.
    pub(super) bounds: Option<Bound>,
    /// The meaning of the key, for the author of a policy.
    pub(super) means: &'static str,
    /// Under which conditions a result lists the default among its assumptions; `None` if it never does.
    pub(super) assumed: Option<AssumedDefault>,
}

/// The explanation of a key's bounds.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// The reason for the bounds of the type.
    Because(&'static str),
    /// A rule between keys, which the section's reader checks: the allowed values, and the reason.
    Rule(&'static str, &'static str),
}

impl<K: Reads> PolicyKey<K> {
    /// The value in the table, if the key is written.
    pub(super) fn stated(&self, table: &Section<'_>, faults: &mut Faults<'_>) -> Option<K::Value> {
        self.takes.read(table, self.name, faults)
    }

    /// The value in the table, or the default of the cluster.
    pub(super) fn read_or(
        &self,
        table: Option<&Section<'_>>,
        of_cluster: K::Value,
        faults: &mut Faults<'_>,
    ) -> K::Value {
        table
            .and_then(|table| self.stated(table, faults))
            .unwrap_or(of_cluster)
    }

    /// The value in the table, or the default.
    pub(super) fn read(&self, table: Option<&Section<'_>>, faults: &mut Faults<'_>) -> K::Value {
        table
            .and_then(|table| self.stated(table, faults))
            .unwrap_or_else(self.default)
    }
}

/// The type of a key.
pub(super) trait Takes {
    /// The Rust type of the value.
    type Value;

    /// The type in words, for `docs/model.md`.
    fn in_words(&self) -> String;

    /// The keys inside the value, and the path step from this key to them.
    fn keys_within(&self) -> (&'static str, Keys) {
        ("", &[])
    }

    /// The keys that the value's table may have beside those of the value. A table of these alone leaves the value unsaid.
    fn keys_beside(&self) -> Keys {
        &[]
    }
}

/// A type whose value needs no other key to be checked.
pub(super) trait Reads: Takes {
    /// The value of `key`; adds a fault if it is not valid.
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Self::Value>;
}

/// A key of any type, for lists and pages.
pub(super) trait Declared: Sync {
    /// The key's name within its table.
    fn name(&self) -> &'static str;
    /// The default as text, and its conditions and range, if a result may list it among its assumptions.
    fn assumed(&self) -> Option<(&'static str, AssumedDefault)>;
    /// The default as text, if the key has one.
    fn default_text(&self) -> Option<&'static str>;
    /// The keys beside those of the value, in a table.
    fn keys_beside(&self) -> Keys;
    /// Adds the row of the key, whose table has the path `table`, and the rows of the keys inside it.
    fn add_rows(&self, table: &str, rows: &mut Vec<KeyRow>);
}

impl<K: Takes + Sync> Declared for PolicyKey<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn assumed(&self) -> Option<(&'static str, AssumedDefault)> {
        self.text.zip(self.assumed)
    }

    fn default_text(&self) -> Option<&'static str> {
        self.text
    }

    fn keys_beside(&self) -> Keys {
        self.takes.keys_beside()
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
            assumed: self.assumed,
        });
        let (step, keys) = self.takes.keys_within();
        for key in keys {
            key.add_rows(&format!("{table}.{}{step}", self.name), rows);
        }
    }
}

/// The documentation of a key, for the pages.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// The path of its table: `pod`, `pod.readiness`, `deployment.containers.N`.
    pub table: String,
    /// The key's name within the table.
    pub name: &'static str,
    /// The default as text; `None` if the key has no default.
    pub default: Option<&'static str>,
    /// The type, in words.
    pub takes: String,
    /// The source of the default, or the reason for it.
    pub because: &'static str,
    /// The allowed values and the reason, if the type alone does not explain them.
    pub bound: Option<(String, &'static str)>,
    /// The meaning of the key.
    pub means: &'static str,
    /// Under which conditions a result lists the default among its assumptions, and the range over which it is plausible.
    pub assumed: Option<AssumedDefault>,
}

impl KeyRow {
    /// The key's path, as in `--set`.
    #[must_use]
    pub fn path(&self) -> String {
        path(&self.table, self.name)
    }
}

/// The name of the table above all sections.
const FILE: &str = "";

/// The sections and their keys, in the order of a result's assumptions.
const SECTIONS: [(&str, Keys); 8] = [
    (FILE, declared::FILE),
    ("controller", declared::CONTROLLER),
    ("deployment", declared::DEPLOYMENT),
    ("workload", declared::WORKLOAD),
    ("pod", declared::POD),
    ("metrics", declared::METRICS),
    ("slo", declared::SLO),
    ("cost", declared::COST),
];

/// Every key of every section, each followed by the keys inside it, in the order of a result's assumptions.
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

/// The declaration of `key` in `section`.
pub(super) fn find(section: &str, key: &str) -> Option<&'static dyn Declared> {
    let (_, keys) = SECTIONS.into_iter().find(|(name, _)| *name == section)?;
    keys.iter().copied().find(|it| it.name() == key)
}

/// The keys whose defaults a result may list if the policy does not state them, each with its section.
pub(super) fn assumed() -> impl Iterator<Item = (&'static str, &'static dyn Declared)> {
    SECTIONS.into_iter().flat_map(|(section, keys)| {
        let keys = keys.iter().copied();
        keys.filter(|key| key.assumed().is_some())
            .map(move |key| (section, key))
    })
}

/// The path of `key` in the table `table`.
pub(super) fn path(table: &str, key: &str) -> String {
    if table == FILE {
        return key.to_owned();
    }
    format!("{table}.{key}")
}

/// The names of `keys`.
pub(super) fn names(keys: Keys) -> Vec<&'static str> {
    keys.iter().map(|key| key.name()).collect()
}
