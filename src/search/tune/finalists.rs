//! The best policies of a search: without changes that have no effect, then judged by the request engine.
//!
//! It sees only the training; it never sees held-out traffic.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::evaluation::{Measured, Simulator, Variant};
use super::goal::Score;
use super::method::{Findings, Search, Tried};
use super::space::Candidate;
use crate::search::outcome::Weighed;

/// The judgement of the finalists.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How far today's policy is from the goal.
    pub today: Score,
    /// Each finalist's distance from the goal, in their order.
    pub scores: Vec<Score>,
    /// The number of the best; `None` where today's policy is nearer to the goal.
    pub best: Option<usize>,
    /// The measurements of today's policy.
    pub before: Measured,
    /// The measurements of each finalist, in their order; `None` where the judge cannot simulate it.
    pub measured: Vec<Option<Measured>>,
}

/// One change put back to today's value, and the result of the other changes.
#[derive(Clone, Debug, PartialEq)]
pub struct PutBack {
    /// The parameter's place in the space.
    pub place: usize,
    /// The objectives without this change.
    pub weighed: Weighed,
}

/// A change with less gain than this, as a share of the minimised KPI, is not worth making.
const WORTH: f64 = 0.01;
/// Reduced candidates for each finalist: where most of them become the same policy, further ones do too.
const REDUCED_EACH: usize = 3;
/// Candidates that differ by less than this share in every objective are one finalist.
const ALIKE: f64 = 0.01;

impl Judgement {
    /// How far the best is from the goal: a finalist, or today's policy.
    #[must_use]
    pub fn nearest(&self) -> &Score {
        self.best.map_or(&self.today, |best| &self.scores[best])
    }
}

impl Search<'_> {
    /// At most `count` finalists, nearest to the goal first, each reduced to the changes that it needs.
    ///
    /// It adds the reduced candidates to `findings`, and they count towards the budget. When the
    /// budget is spent, the remaining changes stay.
    pub fn finalists(
        &self,
        findings: &mut Findings,
        count: usize,
        on_run: &(impl Fn() + Sync),
    ) -> Vec<Tried> {
        let mut finalists: Vec<Tried> = Vec::new();
        let mut seen: Vec<Weighed> = Vec::new();
        let mut reduction = Reduction::new(*self, findings);
        for number in reduction.findings.by_goal() {
            if finalists.len() == count || seen.len() == REDUCED_EACH * count {
                break;
            }
            let tried = &reduction.findings.tried[number];
            if seen.iter().any(|other| are_alike(other, &tried.weighed)) {
                continue;
            }
            seen.push(tried.weighed);
            let finalist = reduction.simplest(tried.clone(), on_run);
            let is_new = |other: &Tried| other.candidate != finalist.candidate;
            let is_change = self.space.changes(&finalist.candidate).next().is_some();
            if is_change && finalists.iter().all(is_new) {
                finalists.push(finalist);
            }
        }
        finalists.sort_by(|a, b| a.score.compare(&b.score));
        finalists
    }

    /// The worth of each change of `candidate`, by the search's engine: the objectives without the change.
    ///
    /// Without budget for another simulation, a change has no entry.
    pub fn worth(
        &self,
        findings: &mut Findings,
        candidate: &Candidate,
        on_run: &(impl Fn() + Sync),
    ) -> Vec<PutBack> {
        let mut reduction = Reduction::new(*self, findings);
        let mut worth = Vec::new();
        for change in self.space.changes(candidate) {
            let Some(reduced) = self.space.put_back(candidate, change.place) else {
                continue;
            };
            let measured = reduction.measure(&[reduced], on_run);
            worth.extend(measured.first().map(|tried| PutBack {
                place: change.place,
                weighed: tried.weighed,
            }));
        }
        worth
    }

    /// Lets `judge` simulate `finalists` beside today's policy, under all training traces and seeds.
    pub fn judge_finalists(
        &self,
        finalists: &[Tried],
        judge: Simulator,
        on_run: &(impl Fn() + Sync),
    ) -> Judgement {
        let mut variants = vec![Variant {
            arguments: Vec::new(),
            simulator: judge,
        }];
        variants.extend(finalists.iter().map(|finalist| Variant {
            arguments: self.space.arguments(&finalist.candidate),
            simulator: judge,
        }));
        let seeds = self.training.seeds.len();
        // One result for each variant, in their order; an invalid variant keeps its place.
        let results = self.training.simulate(&variants, seeds, on_run);
        let mut measured = results.into_iter().map(Result::ok);
        let before = measured.next().flatten();
        let before = before.unwrap_or_else(|| self.today.clone());
        let score = |measured: &Measured| self.goal.score(measured, &before, self.objectives);
        let today = score(&before);
        let measured: Vec<Option<Measured>> = measured.collect();
        let scores: Vec<Score> = measured
            .iter()
            .map(|measured| measured.as_ref().map_or(Score::FARTHEST, score))
            .collect();
        let best = (0..scores.len())
            .filter(|place| measured[*place].is_some())
            .min_by(|a, b| scores[*a].compare(&scores[*b]).then(a.cmp(b)))
            .filter(|best| scores[*best].compare(&today) == Ordering::Less);
        Judgement {
            today,
            scores,
            best,
            before,
            measured,
        }
    }
}

/// Measures candidates without some of their changes: looks up tried ones, and simulates others within the budget.
struct Reduction<'s, 'f> {
    search: Search<'s>,
    findings: &'f mut Findings,
    /// The place of each candidate in `findings.tried`.
    known: BTreeMap<Candidate, usize>,
}

impl<'s, 'f> Reduction<'s, 'f> {
    fn new(search: Search<'s>, findings: &'f mut Findings) -> Self {
        let tried = findings.tried.iter().enumerate();
        Self {
            search,
            known: tried.map(|(at, it)| (it.candidate.clone(), at)).collect(),
            findings,
        }
    }

    /// Puts changes back to today's values, the least useful first, as long as the goal does not suffer.
    fn simplest(&mut self, full: Tried, on_run: &(impl Fn() + Sync)) -> Tried {
        let a_little_more = |value: f64| value + WORTH * value.abs();
        let allowed = Score {
            violation: full.score.violation,
            value: a_little_more(full.score.value),
            tie: a_little_more(full.score.tie),
        };
        let mut simplest = full;
        loop {
            let best = self
                .without_each(&simplest.candidate, on_run)
                .into_iter()
                .filter(|reduced| reduced.score.compare(&allowed) != Ordering::Greater)
                .min_by(|a, b| a.score.compare(&b.score));
            match best {
                Some(reduced) => simplest = reduced,
                None => return simplest,
            }
        }
    }

    /// `candidate` without one of its changes, for each of them.
    fn without_each(&mut self, candidate: &Candidate, on_run: &(impl Fn() + Sync)) -> Vec<Tried> {
        let space = self.search.space;
        let places = space.changes(candidate).map(|change| change.place);
        let reduced = places.filter_map(|place| space.put_back(candidate, place));
        let reduced: Vec<Candidate> = reduced.collect();
        self.measure(&reduced, on_run)
    }

    /// The results of `candidates`, without invalid policies and those beyond the budget.
    fn measure(&mut self, candidates: &[Candidate], on_run: &(impl Fn() + Sync)) -> Vec<Tried> {
        let left = self.search.budget.saturating_sub(self.findings.spent);
        let mut wanted = BTreeSet::new();
        let unknown: Vec<Candidate> = candidates
            .iter()
            .filter(|candidate| !self.known.contains_key(*candidate))
            .filter(|candidate| wanted.insert(*candidate))
            .take(left as usize)
            .cloned()
            .collect();
        let training = &self.search.training;
        let seeds = training.seeds.len();
        let measured = training.evaluate(self.search.space, &unknown, seeds, on_run);
        for (candidate, measured) in unknown.into_iter().zip(measured) {
            if let Ok(measured) = measured {
                self.known
                    .insert(candidate.clone(), self.findings.tried.len());
                self.findings.add(self.search.tried(candidate, measured));
            }
        }
        let numbers = candidates
            .iter()
            .filter_map(|candidate| self.known.get(candidate));
        numbers
            .map(|number| self.findings.tried[*number].clone())
            .collect()
    }
}

/// Finalists with nearly the same objectives would spend the budget on one result.
fn are_alike(one: &Weighed, other: &Weighed) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= ALIKE * a.abs().max(b.abs());
    near(one.cost, other.cost) && near(one.harm, other.harm) && near(one.rescales, other.rescales)
}

#[cfg(test)]
#[path = "finalists/tests.rs"]
mod tests;
