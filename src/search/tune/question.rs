//! The whole question: a policy under its training traffic, the parameters, the goal.

use std::num::NonZeroUsize;

use thiserror::Error;

use super::bets::Prudence;
use super::chosen::{ChoiceError, choose};
use super::evaluation::{Measured, Simulator, Training, Variant};
use super::goal::Goal;
use super::method::{Answer, Search};
use super::practice::{PodsToday, parameters};
use super::space::Space;
use crate::kpi::Kpi;
use crate::scenario::{Assertion, Diagnostics, Scenario, Template};
use crate::search::outcome::{Objective, Objectives};
use crate::units::Seed;

/// What is asked of a tuning, beside the policy and its traffic.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The arguments of `--param`; none searches all that practitioners turn.
    pub parameters: &'a [String],
    /// The argument of `--goal`.
    pub goal: Goal,
    /// How many changes the answer may have.
    pub answer: Answer,
    /// The seeds of the training.
    pub seeds: Vec<Seed>,
    /// How many simulations run at once.
    pub threads: NonZeroUsize,
}

/// Why nothing can be tuned.
#[derive(Debug, Error)]
pub enum QuestionError {
    /// The policy has faults.
    #[error("{0}")]
    Policy(Diagnostics),
    /// There is nothing to tune.
    #[error("`{0}` has no autoscaler, so there is nothing to tune; add [hpa] to the policy")]
    NoAutoscaler(String),
    /// A goal about what is not known.
    #[error(
        "the goal names `{kpi}`, and today's policy has no value of it under a trace of the search with the {engine} engine, so no policy can be better; choose another KPI, or another --engine"
    )]
    UnknownKpi {
        /// The KPI.
        kpi: Kpi,
        /// The engine's name.
        engine: &'static str,
    },
    /// A goal that bounds what has no price.
    #[error(
        "the goal bounds `cost`, and the policy has no prices, so every cost is 0; add [cost] to the policy, or bound `pod_hours`"
    )]
    NoPrices,
    /// The parameters cannot be searched.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
}

/// A policy, its training, what may be turned, and what is better.
#[derive(Debug)]
pub struct TuningQuestion {
    /// The policy with each of the training traces.
    pub templates: Vec<Template>,
    /// The policy as it stands, under each of the training traces.
    pub scenarios: Vec<Scenario>,
    /// The seeds of the training.
    pub seeds: Vec<Seed>,
    /// What may be turned.
    pub space: Space,
    /// What is better.
    pub goal: Goal,
    /// Cost, harm, rescales.
    pub objectives: Objectives,
    /// What today's policy does.
    pub today: Measured,
    /// How many changes the answer may have.
    pub answer: Answer,
    /// Which changes are bets.
    pub prudence: Prudence,
    threads: NonZeroUsize,
}

impl TuningQuestion {
    /// Simulates today's policy under its training and lays out what may be turned.
    ///
    /// # Errors
    /// The policy has faults, or there is nothing to tune.
    pub fn ask(templates: Vec<Template>, asked: Asked<'_>) -> Result<Self, QuestionError> {
        let scenarios = templates
            .iter()
            .map(|template| template.scenario(&[]))
            .collect::<Result<Vec<Scenario>, Diagnostics>>()
            .map_err(QuestionError::Policy)?;
        let (Some(template), Some(scenario)) = (templates.first(), scenarios.first()) else {
            return Err(ChoiceError::Nothing.into());
        };
        let Some(autoscaler) = scenario.hpa() else {
            return Err(QuestionError::NoAutoscaler(scenario.policy_name.clone()));
        };
        let training = Training {
            templates: &templates,
            seeds: &asked.seeds,
            threads: asked.threads,
        };
        let as_it_is = Variant {
            arguments: Vec::new(),
            simulator: Simulator::Template,
        };
        let today = training
            .simulate(&[as_it_is], asked.seeds.len(), &|| ())
            .into_iter()
            .collect::<Result<Vec<Measured>, Diagnostics>>()
            .map_err(QuestionError::Policy)?
            .swap_remove(0);
        let most = |kpi: Kpi| today.by_trace(kpi).fold(0.0, f64::max);
        let pods = PodsToday {
            mean: most(Objective::MeanReplicas.kpi()),
            peak: most(Kpi::PeakReplicas),
        };
        let usual = parameters(autoscaler, template, pods);
        let space = Space::new(choose(asked.parameters, usual, template)?);
        let objectives = Objectives::of(&scenarios);
        let goal = asked.goal.with_cost(objectives.cost());
        let bounds_cost = |bound: &Assertion| bound.kpi == Objective::Cost.kpi();
        if objectives.cost() != Objective::Cost && goal.bounds().iter().any(bounds_cost) {
            return Err(QuestionError::NoPrices);
        }
        for kpi in goal.kpis(&objectives) {
            if today.by_trace(kpi).any(f64::is_nan) {
                return Err(QuestionError::UnknownKpi {
                    kpi,
                    engine: template.engine().as_str(),
                });
            }
        }
        Ok(Self {
            prudence: Prudence::of(&scenarios),
            answer: asked.answer,
            goal,
            objectives,
            space,
            today,
            seeds: asked.seeds,
            threads: asked.threads,
            scenarios,
            templates,
        })
    }

    /// A search that may try `budget` candidates.
    #[must_use]
    pub fn search(&self, budget: u32, seed: Seed) -> Search<'_> {
        Search {
            space: &self.space,
            training: self.training(),
            goal: &self.goal,
            objectives: &self.objectives,
            today: &self.today,
            budget,
            seed,
            answer: self.answer,
            prudence: &self.prudence,
        }
    }

    /// Under what candidates are simulated.
    #[must_use]
    pub fn training(&self) -> Training<'_> {
        Training {
            templates: &self.templates,
            seeds: &self.seeds,
            threads: self.threads,
        }
    }
}
