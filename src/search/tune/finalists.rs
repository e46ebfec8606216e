//! The best policies of a search, without changes that have no effect.
//!
//! It sees only the training; it never sees held-out traffic.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::evaluation::Measured;
use super::goal::Score;
use super::method::{Answer, Findings, Search, Tried};
use super::space::Candidate;
use crate::search::outcome::Weighed;

/// One change put back to today's value, and the result of the other changes.
#[derive(Clone, Debug, PartialEq)]
pub struct PutBack {
    /// The parameter's place in the space.
    pub place: usize,
    /// The measurements without this change.
    pub measured: Measured,
}

/// A change with less gain than this, as a share of the minimised KPI, is not worth making.
const WORTH: f64 = 0.01;
/// One of this many finalists makes no bet.
const PRUDENT_PART: usize = 3;
/// Reduced candidates for each finalist: where most of them become the same policy, further ones do too.
const REDUCED_EACH: usize = 3;
/// Candidates that differ by less than this share in every objective are one finalist.
const ALIKE: f64 = 0.01;

impl Search<'_> {
    /// The finalists, nearest to the goal first: the best single change, the best pair of changes, and at most
    /// `count` others. All but the first are reduced to the changes that they need, so a pair whose second change has no effect counts as a single change.
    ///
    /// A third of the others make no bet. Where one change is asked for, the finalists are the best single changes of `count` parameters.
    /// It adds the reduced candidates to `findings`, and they count towards the budget. When the
    /// budget is spent, the remaining changes stay.
    pub fn finalists(
        &self,
        findings: &mut Findings,
        count: usize,
        on_run: &(impl Fn() + Sync),
    ) -> Vec<Tried> {
        let singles = findings.best_single_changes(self.space);
        if self.answer == Answer::OneChange {
            return singles.into_iter().take(count).cloned().collect();
        }
        let mut finalists: Vec<Tried> = singles.first().copied().cloned().into_iter().collect();
        let pair = findings.best_of(self.space, 2).cloned();
        let mut reduction = Reduction::new(*self, findings);
        if let Some(pair) = pair {
            reduction.add_reduced(&mut finalists, pair, on_run);
        }
        let few = finalists.len();
        let prudent = count / PRUDENT_PART;
        reduction.add_best(&mut finalists, few + count - prudent, &|_| true, on_run);
        let makes_no_bet =
            |candidate: &Candidate| self.prudence.bets(self.space, candidate).is_empty();
        reduction.add_best(&mut finalists, few + count, &makes_no_bet, on_run);
        finalists.sort_by(|a, b| a.score.compare(&b.score));
        finalists
    }

    /// The worth of each change of `candidate`, by the search's engine: the measurements without the change.
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
                measured: tried.measured.clone(),
            }));
        }
        worth
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

    /// Adds the best candidates that are `wanted`, reduced, until there are `count` finalists.
    fn add_best(
        &mut self,
        finalists: &mut Vec<Tried>,
        count: usize,
        wanted: &impl Fn(&Candidate) -> bool,
        on_run: &(impl Fn() + Sync),
    ) {
        let mut seen: Vec<Weighed> = Vec::new();
        for number in self.findings.by_goal() {
            if finalists.len() >= count || seen.len() >= REDUCED_EACH * count {
                return;
            }
            let tried = &self.findings.tried[number];
            let is_alike = seen.iter().any(|other| are_alike(other, &tried.weighed));
            if is_alike || !wanted(&tried.candidate) {
                continue;
            }
            seen.push(tried.weighed);
            let tried = tried.clone();
            self.add_reduced(finalists, tried, on_run);
        }
    }

    /// Adds `tried` without the changes that it does not need, if that is a new finalist.
    fn add_reduced(
        &mut self,
        finalists: &mut Vec<Tried>,
        tried: Tried,
        on_run: &(impl Fn() + Sync),
    ) {
        let finalist = self.simplest(tried, on_run);
        let is_new = |other: &Tried| other.candidate != finalist.candidate;
        let is_change = self.search.space.changes(&finalist.candidate).next();
        if is_change.is_some() && finalists.iter().all(is_new) {
            finalists.push(finalist);
        }
    }

    /// Puts changes back to today's values, the least useful first, as long as the goal does not suffer.
    fn simplest(&mut self, full: Tried, on_run: &(impl Fn() + Sync)) -> Tried {
        let allowed = nearly(&full.score);
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

/// A score that is worse than `score` by what no further change is worth.
pub(super) fn nearly(score: &Score) -> Score {
    let a_little_more = |value: f64| value + WORTH * value.abs();
    Score {
        violation: score.violation,
        value: a_little_more(score.value),
        tie: a_little_more(score.tie),
    }
}

/// Finalists with nearly the same objectives would spend the budget on one result.
fn are_alike(one: &Weighed, other: &Weighed) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= ALIKE * a.abs().max(b.abs());
    near(one.cost, other.cost) && near(one.harm, other.harm) && near(one.rescales, other.rescales)
}

#[cfg(test)]
#[path = "finalists/tests.rs"]
pub(super) mod tests;
