//! The agreement of the core with a recording.

use std::collections::BTreeMap;

use serde::Serialize;

/// The field that is also counted alone.
pub(super) const DESIRED_REPLICAS: &str = "desiredReplicas";
/// How many disagreements of one file are kept; all are counted.
const DISAGREEMENTS_KEPT: usize = 100;

/// The counts of compared and of agreeing steps.
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

/// The agreement in one category of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CategoryReport {
    /// The category: the ids up to their last `-`.
    pub category: String,
    /// The agreement.
    #[serde(flatten)]
    pub agreement: Agreement,
}

/// A field of a step that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// The scenario's id.
    pub id: String,
    /// The index of the step, from 0.
    pub step: usize,
    /// The field of `expect`.
    pub field: &'static str,
    /// The recorded value.
    pub expected: serde_json::Value,
    /// The core's value.
    pub got: serde_json::Value,
}

/// The agreement with one recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// The file's name as given.
    pub file: String,
    /// The agreement, without the ignored categories.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// The agreement by category, in alphabetical order.
    pub categories: Vec<CategoryReport>,
    /// The number of ignored scenarios, by category.
    pub ignored_categories: BTreeMap<String, usize>,
    /// The first fields that differ.
    pub disagreements: Vec<Disagreement>,
    /// The number of all fields that differ.
    pub disagreeing_fields: usize,
    /// The unknown keys of the recording, with their numbers.
    pub unknown_keys: BTreeMap<String, usize>,
}

impl FileReport {
    /// A report without scenarios.
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

    /// The number of ignored scenarios.
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

    /// Counts an unknown key; `path` is counted without list indices.
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
