//! `summary.json` of a sweep.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::collections::BTreeMap;

use super::grid::Grid;
use super::outcome::{Objectives, SweepOutcome, Weighed};
use super::table::{Shard, plain_text};
use crate::results::export::{InputFile, SummaryHead};
use crate::text::json;
use crate::text::rounding::readable;

/// `summary.json` of a sweep, or of a part.
#[derive(Clone, Debug, Serialize)]
pub struct SweepSummary {
    #[serde(flatten)]
    head: SummaryHead,
    #[serde(flatten)]
    facts: SweepFacts,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<SummaryAnswer>,
}

/// What the command asked for beside the inputs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SweepRequest {
    /// The arguments of `--set`, in their order.
    pub set: Vec<String>,
    /// `--samples`.
    pub samples: Option<u32>,
    /// `--shard`, as `0/4`.
    #[serde(serialize_with = "as_text")]
    pub shard: Option<Shard>,
    /// `--warm-up`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up_seconds: Option<f64>,
    /// What the user states of the traces, by the names of the options.
    #[serde(flatten)]
    pub reading: BTreeMap<&'static str, String>,
    /// `--hpa`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hpa: Option<String>,
    /// `--namespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

fn as_text<S: Serializer>(shard: &Option<Shard>, serializer: S) -> Result<S::Ok, S::Error> {
    shard.map(|shard| shard.to_string()).serialize(serializer)
}

/// What a sweep is about, for its summary.
#[derive(Clone, Debug, Serialize)]
pub struct SweepFacts {
    /// The engine's name.
    pub engine: String,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The policy's name.
    pub policy: String,
    /// The traces' names.
    pub traces: Vec<String>,
    /// What was read.
    pub inputs: Vec<InputFile>,
    /// What was asked.
    pub request: SweepRequest,
    /// The names of the files beside the summary.
    pub files: Vec<String>,
    /// The points of the whole sweep.
    pub points: u64,
    /// The rows of `sweep.csv`.
    pub rows: u64,
}

#[derive(Clone, Debug, Serialize)]
struct SummaryAnswer {
    cost_kpi: &'static str,
    harm_kpi: &'static str,
    current: Option<ObjectiveValues>,
    knee: Option<u64>,
    front: Vec<FrontPoint>,
}

/// The three objectives, rounded to be read; what is not known is null.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ObjectiveValues {
    cost: Option<f64>,
    harm: Option<f64>,
    rescales: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
struct FrontPoint {
    point: u64,
    set: SettingList,
    #[serde(flatten)]
    numbers: ObjectiveValues,
}

/// Paths and values, in the order of the command line.
#[derive(Clone, Debug)]
struct SettingList(Vec<Setting>);

#[derive(Clone, Debug)]
struct Setting {
    path: String,
    value: String,
}

impl Serialize for SettingList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for setting in &self.0 {
            map.serialize_entry(&setting.path, &setting.value)?;
        }
        map.end()
    }
}

impl ObjectiveValues {
    /// Of a point.
    #[must_use]
    pub fn of(weighed: Weighed) -> Self {
        let known = |value: f64| value.is_finite().then(|| readable(value));
        Self {
            cost: known(weighed.cost),
            harm: known(weighed.harm),
            rescales: known(weighed.rescales),
        }
    }
}

impl SweepSummary {
    /// Of a sweep; a part has no answer of its own.
    #[must_use]
    pub fn new(facts: SweepFacts) -> Self {
        Self {
            head: SummaryHead::of("sweep"),
            facts,
            answer: None,
        }
    }

    /// The same, with the outcome of the sweep.
    #[must_use]
    pub fn with_outcome(
        mut self,
        outcome: &SweepOutcome,
        objectives: &Objectives,
        grid: &Grid,
    ) -> Self {
        let front = outcome.front.iter().map(|&point| FrontPoint {
            point: point as u64,
            set: settings(grid, point as u64),
            numbers: ObjectiveValues::of(outcome.points[point]),
        });
        self.answer = Some(SummaryAnswer {
            cost_kpi: objectives.cost().kpi().name(),
            harm_kpi: objectives.harm().kpi().name(),
            current: outcome.current.map(ObjectiveValues::of),
            knee: outcome.knee.map(|point| point as u64),
            front: front.collect(),
        });
        self
    }

    /// The file's bytes: JSON with a final newline.
    ///
    /// # Errors
    /// None that the summary's types could cause; the type is the JSON writer's.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        json::pretty(self).map(String::into_bytes)
    }
}

fn settings(grid: &Grid, point: u64) -> SettingList {
    let values = grid.swept_values(point);
    let settings = grid.swept().zip(values).map(|(parameter, value)| Setting {
        path: parameter.path().to_owned(),
        value: plain_text(&value),
    });
    SettingList(settings.collect())
}
