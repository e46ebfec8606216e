//! How far the core agrees with a recording.
//!
//! Self-imposed limit: counts and the first disagreements; no text.

use std::collections::BTreeMap;

use serde::Serialize;

/// The field that counts by itself.
pub(super) const DESIRED_REPLICAS: &str = "desiredReplicas";
/// How many disagreements of one file are kept word for word; all are counted.
const DISAGREEMENTS_KEPT: usize = 100;

/// Steps compared and agreeing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Scenarios replayed.
    pub scenarios: usize,
    /// Steps replayed.
    pub steps: usize,
    /// Steps that agree in every field.
    pub agreeing_steps: usize,
    /// Steps that agree in `desiredReplicas`.
    pub agreeing_desired: usize,
}

impl Agreement {
    /// Whether every step agrees in every field.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.agreeing_steps == self.steps
    }

    /// Adds another count to this one.
    pub fn add(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.steps += other.steps;
        self.agreeing_steps += other.agreeing_steps;
        self.agreeing_desired += other.agreeing_desired;
    }
}

/// One category of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CategoryReport {
    /// Its name: the ids up to their last `-`.
    pub category: String,
    /// How far it agrees.
    #[serde(flatten)]
    pub agreement: Agreement,
}

/// One field in one step that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// The scenario's id.
    pub id: String,
    /// The step in it, from 0.
    pub step: usize,
    /// The field of `expect`.
    pub field: &'static str,
    /// What was recorded.
    pub expected: serde_json::Value,
    /// What the core gave.
    pub got: serde_json::Value,
}

/// One recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// The file's name as it was given.
    pub file: String,
    /// How far it agrees, ignored categories left out.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// The same by category, in alphabetical order.
    pub categories: Vec<CategoryReport>,
    /// Scenarios left out, by the category that was to be ignored.
    pub ignored_categories: BTreeMap<String, usize>,
    /// The first fields that differ.
    pub disagreements: Vec<Disagreement>,
    /// How many fields differ in all.
    pub disagreeing_fields: usize,
    /// Keys that the format does not know, and how often they occur.
    pub unknown_keys: BTreeMap<String, usize>,
}

impl FileReport {
    /// A report of nothing yet.
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            agreement: Agreement::default(),
            categories: Vec::new(),
            ignored_categories: BTreeMap::new(),
            disagreements: Vec::new(),
            disagreeing_fields: 0,
            unknown_keys: BTreeMap::new(),
        }
    }

    /// How many scenarios were left out.
    #[must_use]
    pub fn ignored_scenarios(&self) -> usize {
        self.ignored_categories.values().sum()
    }

    pub(super) fn ignore_scenario(&mut self, category: &str) {
        *self
            .ignored_categories
            .entry(category.to_owned())
            .or_default() += 1;
    }

    /// Counts a key that the format does not know; list places are left out of `path`.
    pub(super) fn count_unknown_key(&mut self, path: &str) {
        let key: Vec<&str> = path
            .split('.')
            .filter(|part| part.parse::<usize>().is_err() && *part != "?")
            .collect();
        *self.unknown_keys.entry(key.join(".")).or_default() += 1;
    }

    pub(super) fn start_scenario(&mut self, category: &str) {
        self.agreement.scenarios += 1;
        self.category(category).scenarios += 1;
    }

    pub(super) fn add_step(&mut self, category: &str, disagreements: Vec<Disagreement>) {
        let same_desired = disagreements
            .iter()
            .all(|disagreement| disagreement.field != DESIRED_REPLICAS);
        let step = Agreement {
            scenarios: 0,
            steps: 1,
            agreeing_steps: usize::from(disagreements.is_empty()),
            agreeing_desired: usize::from(same_desired),
        };
        self.agreement.add(step);
        self.category(category).add(step);
        self.disagreeing_fields += disagreements.len();
        let room = DISAGREEMENTS_KEPT.saturating_sub(self.disagreements.len());
        self.disagreements
            .extend(disagreements.into_iter().take(room));
    }

    fn category(&mut self, name: &str) -> &mut Agreement {
        let place = match self
            .categories
            .binary_search_by(|known| known.category.as_str().cmp(name))
        {
            Ok(place) => place,
            Err(place) => {
                self.categories.insert(
                    place,
                    CategoryReport {
                        category: name.to_owned(),
                        agreement: Agreement::default(),
                    },
                );
                place
            }
        };
        &mut self.categories[place].agreement
    }
}
