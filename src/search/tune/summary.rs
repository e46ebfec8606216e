//! `summary.json` and `front.csv` of a tuning.

use serde::Serialize;
use std::collections::BTreeMap;

use super::method::{Findings, Tried};
use super::parameter::TunedParameter;
use super::space::{Candidate, Space};
use crate::kpi::Kpi;
use crate::results::comparison_export::VerdictJson;
use crate::results::export::{InputFile, SummaryHead, written};
use crate::results::verdicts::CheckedAssertion;
use crate::search::outcome::{Objectives, Weighed};
use crate::search::summary::ObjectiveValues;
use crate::search::table::plain_text;
use crate::text::csv_cell::guarded;
use crate::text::json;
use crate::text::rounding::readable;

/// `summary.json` of a tuning.
#[derive(Clone, Debug, Serialize)]
pub struct TuneSummary<'a> {
    #[serde(flatten)]
    head: SummaryHead,
    /// What was asked and read.
    #[serde(flatten)]
    pub facts: TuneFacts,
    /// What was searched.
    pub search: SearchFacts,
    /// Today's policy under the training, by the search's engine.
    pub today: ObjectiveValues,
    /// What is proposed; null where nothing better than today's policy was found.
    pub proposed: Option<ProposalFacts>,
    /// Proposed beside today's on held-out traffic, over all traces.
    pub held_out: Option<VerdictJson<'a>>,
    /// Whether the goal's bounds hold there.
    pub held_out_bounds: &'a [CheckedAssertion],
    /// The verdict of held-out traffic, as the page prints it.
    pub verdict: Option<String>,
    /// What the proposal bets on, as the page prints it.
    pub bets: Vec<String>,
    /// Finalists by the judge's numbers: the best single change, the best pair, the proposal.
    pub steps: Vec<StepFacts>,
    /// Policies that were better under the training and are not proposed, as the page prints them.
    pub not_proposed: Vec<String>,
    /// Reasons to doubt, as the page prints them.
    pub cautions: Vec<String>,
    /// What each parameter explains of the spread by itself.
    pub sensitivity: Vec<SensitivityFacts>,
}

/// What was asked and read.
#[derive(Clone, Debug, Serialize)]
pub struct TuneFacts {
    /// The policy's name.
    pub policy: String,
    /// The training traces, as `diurnal until 16h`.
    pub training: Vec<String>,
    /// The seeds of the training.
    pub training_seeds: Vec<u64>,
    /// The traces of the report.
    pub held_out_traces: Vec<String>,
    /// The pods with which each starts under both policies; null where the policy states them.
    pub held_out_start: Vec<Option<i32>>,
    /// The spikes that were added to held-out traffic without one, as the page says it.
    pub held_out_spikes: Vec<String>,
    /// The seeds of the report.
    pub seeds: Vec<u64>,
    /// The goal in words.
    pub goal: String,
    /// What was read.
    pub inputs: Vec<InputFile>,
    /// `--set`, `--param`.
    pub request: TuneRequest,
    /// The names of the files beside the summary.
    pub files: Vec<String>,
}

/// What the command asked for beside the inputs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TuneRequest {
    /// The arguments of `--set`.
    pub set: Vec<String>,
    /// The arguments of `--param`.
    pub param: Vec<String>,
    /// `--goal`.
    pub goal: Option<String>,
    /// `--answer`.
    pub answer: &'static str,
    /// The share of each trace that was tuned on, where none was held out whole.
    pub split: Option<f64>,
    /// `--holdout`.
    pub holdout: Vec<String>,
    /// `--budget`.
    pub budget: Option<u32>,
    /// `--method`.
    pub method: &'static str,
    /// `--finalists`.
    pub finalists: u8,
    /// `--engine`.
    pub engine: Option<&'static str>,
    /// `--warm-up`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up_seconds: Option<f64>,
    /// What the user states of the traces, by the names of the options.
    #[serde(flatten)]
    pub reading: BTreeMap<&'static str, String>,
    /// `--hpa`.
    pub hpa: Option<String>,
    /// `--namespace`.
    pub namespace: Option<String>,
}

/// How it was searched.
#[derive(Clone, Debug, Serialize)]
pub struct SearchFacts {
    /// The method's name.
    pub method: &'static str,
    /// The engine of the search.
    pub engine: String,
    /// The engine that judged the finalists.
    pub judge: String,
    /// The candidates that might be simulated.
    pub budget: u32,
    /// Those that were.
    pub tried: usize,
    /// Those that were no policies.
    pub refused: u32,
    /// How many there are.
    pub candidates: f64,
    /// How many were judged beside today's policy.
    pub finalists: usize,
    /// The objectives' KPIs: cost, harm, rescales.
    pub objectives: [&'static str; 3],
}

/// What is proposed.
#[derive(Clone, Debug, Serialize)]
pub struct ProposalFacts {
    /// The arguments of `--set` that make it of today's policy.
    pub set: Vec<String>,
    /// What it does under the training, by the search's engine.
    pub training: ObjectiveValues,
    /// What it changes.
    pub changes: Vec<ChangeFacts>,
}

/// A finalist under the training, by the judge.
#[derive(Clone, Debug, Serialize)]
pub struct StepFacts {
    /// The arguments of `--set` that make it of today's policy.
    pub set: Vec<String>,
    /// Its objectives.
    pub training: ObjectiveValues,
    /// The bounds of the goal that it breaks, as the page prints them.
    pub breaks: Vec<String>,
    /// What is above a bound within the noise, as the page prints it.
    pub within_noise: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeFacts {
    /// The path.
    pub path: String,
    /// Today's value; null where the search did not try it.
    pub today: Option<String>,
    /// The proposed one.
    pub proposed: String,
    /// What the rest does under the training without this change; null where there is no way back.
    pub without: Option<ObjectiveValues>,
}

/// What a parameter explains by itself.
#[derive(Clone, Debug, Serialize)]
pub struct SensitivityFacts {
    /// The path.
    pub path: String,
    /// The shares, 0..1.
    #[serde(flatten)]
    pub shares: ObjectiveValues,
}

impl TuneSummary<'_> {
    /// Of a tuning that proposes nothing yet.
    #[must_use]
    pub fn new(facts: TuneFacts, search: SearchFacts, today: ObjectiveValues) -> Self {
        Self {
            head: SummaryHead::of("tune"),
            facts,
            search,
            today,
            proposed: None,
            held_out: None,
            held_out_bounds: &[],
            verdict: None,
            bets: Vec::new(),
            steps: Vec::new(),
            not_proposed: Vec::new(),
            cautions: Vec::new(),
            sensitivity: Vec::new(),
        }
    }

    /// The file's bytes: JSON with a final newline.
    ///
    /// # Errors
    /// None that the summary's types could cause; the type is the JSON writer's.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        json::pretty(self).map(String::into_bytes)
    }
}

/// A value of a parameter without the quotes of TOML.
#[must_use]
pub fn value_text(space: &Space, candidate: &Candidate, place: usize) -> String {
    let parameter = &space.parameters()[place];
    plain_text(&parameter.value(space.value(candidate, place)))
}

/// `front.csv`: every policy on the front of cost, harm and rescales, and those that have a name; cost rising.
///
/// A row has the value of each parameter, the objectives, how far it is from the
/// goal, and the arguments of `--set` that make it of the policy's file: those that
/// are `shared` by all, then its own.
///
/// # Errors
/// None that a buffer in memory could cause; the type is the CSV writer's.
pub fn front_csv(
    space: &Space,
    objectives: &Objectives,
    findings: &Findings,
    proposed: Option<&Candidate>,
    shared: &[String],
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let paths = space.parameters().iter().map(TunedParameter::path);
    let columns = std::iter::once("policy").chain(paths);
    let columns = columns.chain(objectives.kpis().map(Kpi::name));
    let columns = columns.chain(["goal_missed_by", "goal_value", "set"]);
    writer.write_record(columns.map(|name| guarded(name).into_owned()))?;
    let today = space.today();
    let name_of = |candidate: &Candidate| match candidate {
        candidate if Some(candidate) == proposed => "proposed",
        candidate if Some(candidate) == today.as_ref() => "today",
        _ => "",
    };
    let named = (0..findings.tried.len())
        .filter(|number| !name_of(&findings.tried[*number].candidate).is_empty());
    let mut numbers: Vec<usize> = findings.front().into_iter().chain(named).collect();
    let cost = |number: usize| findings.tried[number].weighed.cost;
    numbers.sort_by(|a, b| cost(*a).total_cmp(&cost(*b)).then(a.cmp(b)));
    numbers.dedup();
    for number in numbers {
        let tried = &findings.tried[number];
        let mut row = vec![name_of(&tried.candidate).to_owned()];
        row.extend(front_row(space, tried));
        let set = space.arguments(&tried.candidate);
        let set = shared.iter().chain(&set);
        let set: Vec<String> = set
            .map(|it| format!("--set '{}'", it.replace('\'', r"'\''")))
            .collect();
        row.push(set.join(" "));
        writer.write_record(row)?;
    }
    written(writer)
}

fn front_row(space: &Space, tried: &Tried) -> Vec<String> {
    let number = |value: f64| {
        if value.is_finite() {
            readable(value).to_string()
        } else {
            String::new()
        }
    };
    let Weighed {
        cost,
        harm,
        rescales,
    } = tried.weighed;
    let mut row: Vec<String> = (0..space.parameters().len())
        .map(|place| guarded(&value_text(space, &tried.candidate, place)).into_owned())
        .collect();
    row.extend(
        [
            cost,
            harm,
            rescales,
            tried.score.violation,
            tried.score.value,
        ]
        .map(number),
    );
    row
}

#[cfg(test)]
mod tests {
    use super::super::evaluation::Measured;
    use super::super::goal::Score;
    use super::super::method::Refused;
    use super::*;
    use crate::results::tests::scenario;
    use crate::search::parameter::Parameter;

    fn space() -> Space {
        let parameter = |path: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            TunedParameter::new(Parameter::listed(path, values), Some(0))
        };
        Space::new(vec![
            parameter("hpa.minReplicas", &["1", "2"]),
            parameter("controller.sync_period", &["\"15s\"", "\"30s, late\""]),
        ])
    }

    fn tried(values: [u64; 2], objectives: [f64; 3], score: Score) -> Tried {
        Tried {
            candidate: Candidate::of(&values),
            measured: Measured::of(&[]),
            weighed: Weighed::of(objectives),
            score,
        }
    }

    fn findings() -> Findings {
        let score = |violation: f64, value: f64| Score {
            violation,
            value,
            tie: value,
        };
        Findings {
            spent: 0,
            tried: vec![
                tried([0, 0], [9.0, 1.0, 3.0], score(0.0, 2.0)),
                tried([1, 1], [10.0 / 3.0, 60.0, 2.0], score(0.25, 1.5)),
                tried([0, 1], [12.0, 70.0, 9.0], score(0.0, 0.1)),
                tried([1, 0], [2.0, 61.0, 2.0], score(f64::INFINITY, f64::NAN)),
            ],
            even: 0..4,
            refused: Refused::default(),
        }
    }

    #[test]
    fn the_front_as_csv_has_values_objectives_and_scores_with_cost_rising() {
        let mut scenario = scenario(600.0);
        scenario.cost.per_pod_hour = 0.04;
        let objectives = Objectives::of(&[scenario]);
        let csv = front_csv(
            &space(),
            &objectives,
            &findings(),
            Some(&Candidate::of(&[0, 1])),
            &[],
        )
        .expect("CSV");
        insta::assert_snapshot!(String::from_utf8(csv).expect("text"), @r#"
        policy,hpa.minReplicas,controller.sync_period,cost,slo_violation_seconds,rescales,goal_missed_by,goal_value,set
        ,2,15s,2,61,2,,,--set 'hpa.minReplicas=2'
        ,2,"30s, late",3.33333,60,2,0.25,1.5,"--set 'hpa.minReplicas=2' --set 'controller.sync_period=""30s, late""'"
        today,1,15s,9,1,3,0,2,
        proposed,1,"30s, late",12,70,9,0,0.1,"--set 'controller.sync_period=""30s, late""'"
        "#);
    }

    #[test]
    fn a_value_for_people_has_no_quotes() {
        let candidate = Candidate::of(&[1, 0]);
        assert_eq!(value_text(&space(), &candidate, 0), "2");
        assert_eq!(value_text(&space(), &candidate, 1), "15s");
    }

    #[test]
    fn a_summary_without_a_proposal_says_so() {
        let search = SearchFacts {
            method: "evolution",
            engine: "fluid".to_owned(),
            judge: "request".to_owned(),
            budget: 40,
            tried: 40,
            refused: 1,
            candidates: 6.4e11,
            finalists: 2,
            objectives: ["cost", "slo_violation_seconds", "rescales"],
        };
        let facts = TuneFacts {
            policy: "prod".to_owned(),
            training: vec!["spike until 20m".to_owned()],
            training_seeds: vec![1, 2, 3],
            held_out_traces: vec!["spike from 20m".to_owned()],
            held_out_start: Vec::new(),
            held_out_spikes: Vec::new(),
            seeds: vec![4, 5],
            goal: "min cost".to_owned(),
            inputs: Vec::new(),
            request: TuneRequest {
                goal: Some("min cost".to_owned()),
                split: Some(0.67),
                ..TuneRequest::default()
            },
            files: vec!["front.csv".to_owned()],
        };
        let today = ObjectiveValues::of(Weighed::of([1.0, f64::NAN, 3.0]));
        let summary = TuneSummary::new(facts, search, today);
        let text = String::from_utf8(summary.to_json().expect("JSON")).expect("text");
        let text = text.replace(env!("CARGO_PKG_VERSION"), "0.0.0");
        insta::assert_snapshot!(text, @r#"
        {
          "schema_version": 1,
          "hpasim_version": "0.0.0",
          "command": "tune",
          "policy": "prod",
          "training": [
            "spike until 20m"
          ],
          "training_seeds": [
            1,
            2,
            3
          ],
          "held_out_traces": [
            "spike from 20m"
          ],
          "held_out_start": [],
          "held_out_spikes": [],
          "seeds": [
            4,
            5
          ],
          "goal": "min cost",
          "inputs": [],
          "request": {
            "set": [],
            "param": [],
            "goal": "min cost",
            "answer": "",
            "split": 0.67,
            "holdout": [],
            "budget": null,
            "method": "",
            "finalists": 0,
            "engine": null,
            "hpa": null,
            "namespace": null
          },
          "files": [
            "front.csv"
          ],
          "search": {
            "method": "evolution",
            "engine": "fluid",
            "judge": "request",
            "budget": 40,
            "tried": 40,
            "refused": 1,
            "candidates": 640000000000.0,
            "finalists": 2,
            "objectives": [
              "cost",
              "slo_violation_seconds",
              "rescales"
            ]
          },
          "today": {
            "cost": 1.0,
            "harm": null,
            "rescales": 3.0
          },
          "proposed": null,
          "held_out": null,
          "held_out_bounds": [],
          "verdict": null,
          "bets": [],
          "steps": [],
          "not_proposed": [],
          "cautions": [],
          "sensitivity": []
        }
        "#);
    }
}
