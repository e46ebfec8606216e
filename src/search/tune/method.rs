//! The methods of a search: random search, successive halving, evolution.
//!
//! All methods spend the same budget and leave the same kind of record, so that
//! docs/tuning.md can compare them.

mod few_changes;

use std::collections::BTreeSet;
use std::ops::Range;

use rand::RngExt;

use super::bets::Prudence;
use super::evaluation::{Measured, Training};
use super::goal::{Goal, Score};
use super::ranking::{CandidateScore, by_goal, keep, objectives};
use super::space::{Candidate, Space};
use crate::scenario::Diagnostics;
use crate::search::front::pareto_front;
use crate::search::outcome::{Objectives, Weighed};
use crate::units::Seed;

pub use few_changes::Answer;

/// A way to spend the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A Latin hypercube, each candidate in full.
    Random,
    /// A greater Latin hypercube under one seed; the best third under all (Jamieson, Talwalkar 2016).
    Halving,
    /// A Latin hypercube, then children of the best, generation by generation (NSGA-II with places kept for the goal).
    Evolution,
}

impl Method {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Halving => "halving",
            Self::Evolution => "evolution",
        }
    }
}

/// The search: its space, its method, its start.
#[derive(Clone, Copy, Debug)]
pub struct Search<'s> {
    /// The parameters.
    pub space: &'s Space,
    /// The traces and seeds of the simulations.
    pub training: Training<'s>,
    /// The goal.
    pub goal: &'s Goal,
    /// Cost, harm, rescales.
    pub objectives: &'s Objectives,
    /// The measurements of today's policy under the training.
    pub today: &'s Measured,
    /// The number of candidates to simulate under all traces and seeds, or the same work in other portions.
    pub budget: u32,
    /// The seed of the search's random numbers.
    pub seed: Seed,
    /// How many changes the answer may have.
    pub answer: Answer,
    /// Which changes are bets.
    pub prudence: &'s Prudence,
}

/// A candidate that was simulated under all training traces and seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The candidate.
    pub candidate: Candidate,
    /// Its measurements.
    pub measured: Measured,
    /// Its objectives over all traces.
    pub weighed: Weighed,
    /// Its distance from the goal.
    pub score: Score,
}

/// All candidates that a search tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// In the order of trial. Today's policy is the first, where it is a candidate; then come single changes and pairs; the reduced finalists are the last.
    pub tried: Vec<Tried>,
    /// The spent part of the budget: every candidate of `tried`, and the simulations of single seeds.
    pub spent: u32,
    /// The numbers of those that are an even sample of the space; none after successive halving.
    pub even: Range<usize>,
    /// Candidates that are not valid policies, and why the first is not.
    pub refused: Refused,
}

/// Candidates that are not valid policies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refused {
    /// How many.
    pub count: u32,
    /// Why the first is not valid.
    pub first: Option<Diagnostics>,
}

/// Candidates simulated side by side.
const GENERATION: u32 = 64;
/// Candidates that stay in the population.
const KEPT: usize = 64;
/// The part of the budget that evolution spends on its first, even sample.
const EVEN_SHARE: f64 = 0.15;
/// Fewer even candidates say nothing about parameters.
const EVEN_LEAST: u32 = 2 * GENERATION;
/// One of three candidates continues with all seeds.
const HALVING: u32 = 3;
/// Generations without a new candidate after which a small space counts as exhausted.
const PATIENCE: u32 = 20;

impl Search<'_> {
    /// Tries single changes and pairs, then searches by `method`; where one change is asked for, single changes only.
    ///
    /// `on_run` is called after every simulation.
    pub fn run(&self, method: Method, on_run: &(impl Fn() + Sync)) -> Findings {
        let mut record = Record::new(self);
        record.begin();
        if self.answer == Answer::OneChange {
            self.try_single_changes(&mut record, self.budget as usize, on_run);
            return record.findings;
        }
        self.try_few_changes(&mut record, on_run);
        match method {
            Method::Random => self.random(&mut record, on_run),
            Method::Halving => self.halving(&mut record, on_run),
            Method::Evolution => self.evolution(&mut record, on_run),
        }
        record.findings
    }

    /// A Latin hypercube covers each parameter evenly, unlike independent draws.
    fn random(&self, record: &mut Record<'_>, on_run: &(impl Fn() + Sync)) {
        let even = self.space.latin_hypercube(record.left(), self.seed);
        record.try_even(even, on_run);
    }

    /// One seed costs its part of a candidate; a candidate that continues is simulated again under all seeds.
    fn halving(&self, record: &mut Record<'_>, on_run: &(impl Fn() + Sync)) {
        let seeds = self.training.seeds.len() as f64;
        let cost = 1.0 / seeds + 1.0 / f64::from(HALVING);
        let count = (f64::from(record.left()) / cost) as u32;
        let even = record.unknown(self.space.latin_hypercube(count, self.seed));
        let first = self.training.evaluate(self.space, &even, 1, on_run);
        record.findings.spent += (first.len() as f64 / seeds).ceil() as u32;
        let mut survivors = Vec::new();
        let mut judged = Vec::new();
        for (candidate, measured) in even.into_iter().zip(first) {
            if let Some(measured) = record.accepted(measured) {
                judged.push(self.judge(&measured));
                survivors.push(candidate);
            }
        }
        let most = (judged.len() / HALVING as usize).min(record.left() as usize);
        let kept = keep(&judged, most);
        let finals = kept.iter().map(|place| survivors[*place].clone());
        record.measure(finals.collect(), on_run);
    }

    /// Begins with an even sample, then mixes and changes the kept candidates until the budget or the patience ends.
    fn evolution(&self, record: &mut Record<'_>, on_run: &(impl Fn() + Sync)) {
        let even = (f64::from(self.budget) * EVEN_SHARE) as u32;
        let even = even.max(EVEN_LEAST).min(record.left());
        record.try_even(self.space.latin_hypercube(even, self.seed), on_run);
        let mut generator = self.space.generator(self.seed);
        let mut idle = 0;
        let mut population = record.kept(&(0..record.findings.tried.len()).collect::<Vec<usize>>());
        while record.left() > 0 && idle < PATIENCE && !population.is_empty() {
            let wanted = GENERATION.min(record.left());
            let mut children = BTreeSet::new();
            for _ in 0..wanted {
                let one = population[generator.random_range(0..population.len())];
                let other = population[generator.random_range(0..population.len())];
                let [one, other] = [one, other].map(|it| &record.findings.tried[it].candidate);
                children.insert(self.space.child(one, other, &mut generator));
            }
            let before = record.findings.tried.len();
            record.try_all(children.into_iter().collect(), on_run);
            let after = record.findings.tried.len();
            idle = if after == before { idle + 1 } else { 0 };
            population.extend(before..after);
            population = record.kept(&population);
        }
    }

    /// A candidate with its results and its score.
    pub(super) fn tried(&self, candidate: Candidate, measured: Measured) -> Tried {
        let CandidateScore { weighed, score } = self.judge(&measured);
        Tried {
            candidate,
            measured,
            weighed,
            score,
        }
    }

    fn judge(&self, measured: &Measured) -> CandidateScore {
        CandidateScore {
            weighed: measured.weighed(self.objectives),
            score: self.goal.score(measured, self.today, self.objectives),
        }
    }
}

/// A search under way.
struct Record<'s> {
    search: &'s Search<'s>,
    known: BTreeSet<Candidate>,
    findings: Findings,
}

impl<'s> Record<'s> {
    fn new(search: &'s Search<'s>) -> Self {
        Self {
            search,
            known: BTreeSet::new(),
            findings: Findings {
                tried: Vec::new(),
                spent: 0,
                even: 0..0,
                refused: Refused::default(),
            },
        }
    }

    /// Today's policy was simulated already.
    fn begin(&mut self) {
        if let Some(candidate) = self.search.space.today() {
            self.known.insert(candidate.clone());
            self.add(candidate, self.search.today.clone());
        }
    }

    /// The candidates that are new, each once.
    fn unknown(&mut self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        candidates
            .into_iter()
            .filter(|candidate| self.known.insert(candidate.clone()))
            .collect()
    }

    fn try_even(&mut self, candidates: Vec<Candidate>, on_run: &(impl Fn() + Sync)) {
        let before = self.findings.tried.len();
        self.try_all(candidates, on_run);
        self.findings.even = before..self.findings.tried.len();
    }

    fn try_all(&mut self, candidates: Vec<Candidate>, on_run: &(impl Fn() + Sync)) {
        let new = self.unknown(candidates);
        self.measure(new, on_run);
    }

    fn measure(&mut self, candidates: Vec<Candidate>, on_run: &(impl Fn() + Sync)) {
        let training = &self.search.training;
        let seeds = training.seeds.len();
        let measured = training.evaluate(self.search.space, &candidates, seeds, on_run);
        for (candidate, measured) in candidates.into_iter().zip(measured) {
            if let Some(measured) = self.accepted(measured) {
                self.add(candidate, measured);
            }
        }
    }

    /// The measurements of a candidate; `None` for an invalid policy.
    fn accepted(&mut self, measured: Result<Measured, Diagnostics>) -> Option<Measured> {
        measured
            .map_err(|diagnostics| {
                let refused = &mut self.findings.refused;
                refused.count += 1;
                refused.first.get_or_insert(diagnostics);
            })
            .ok()
    }

    fn add(&mut self, candidate: Candidate, measured: Measured) {
        let tried = self.search.tried(candidate, measured);
        self.findings.add(tried);
    }

    /// The rest of the budget.
    fn left(&self) -> u32 {
        self.search.budget.saturating_sub(self.findings.spent)
    }

    /// The numbers among these that are worth keeping.
    fn kept(&self, numbers: &[usize]) -> Vec<usize> {
        let judged = judged_of(numbers.iter().map(|number| &self.findings.tried[*number]));
        let kept = keep(&judged, KEPT);
        kept.into_iter().map(|place| numbers[place]).collect()
    }
}

fn judged_of<'t>(tried: impl Iterator<Item = &'t Tried>) -> Vec<CandidateScore> {
    tried
        .map(|tried| CandidateScore {
            weighed: tried.weighed,
            score: tried.score,
        })
        .collect()
}

impl Findings {
    /// The numbers of all tried candidates, nearest to the goal first.
    #[must_use]
    pub fn by_goal(&self) -> Vec<usize> {
        by_goal(&judged_of(self.tried.iter()))
    }

    /// The numbers of the front of cost, harm and rescales, cost rising.
    #[must_use]
    pub fn front(&self) -> Vec<usize> {
        let points: Vec<[f64; 3]> = self
            .tried
            .iter()
            .map(|it| objectives(&it.weighed))
            .collect();
        pareto_front(&points)
    }

    /// Adds a candidate that was simulated.
    pub(super) fn add(&mut self, tried: Tried) {
        self.spent += 1;
        self.tried.push(tried);
    }

    /// Whether today's policy is the only one that could be tried.
    #[must_use]
    pub fn is_empty(&self, space: &Space) -> bool {
        let today = space.today();
        let mut others = self
            .tried
            .iter()
            .filter(|it| Some(&it.candidate) != today.as_ref());
        others.next().is_none()
    }

    /// The sample for the sensitivity: the even sample, or the whole space where all of it was tried.
    #[must_use]
    pub fn sample_of(&self, space: &Space) -> &[Tried] {
        if self.tried.len() as f64 >= space.size() {
            &self.tried
        } else {
            self.even_sample()
        }
    }

    /// The even sample.
    #[must_use]
    pub fn even_sample(&self) -> &[Tried] {
        &self.tried[self.even.clone()]
    }
}

#[cfg(test)]
#[path = "method/tests.rs"]
mod tests;
