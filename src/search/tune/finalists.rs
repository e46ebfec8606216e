//! The best policies of a search: without changes that have no effect, then judged by the request engine.
//!
//! It sees only the training; it never sees held-out traffic.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::bets::Bet;
use super::caution::HeldOutVerdict;
use super::evaluation::{Measured, Simulator, Variant};
use super::goal::Score;
use super::method::{Answer, Findings, Search, Tried};
use super::space::Candidate;
use crate::search::outcome::Weighed;

/// The judgement of the finalists.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How far today's policy is from the goal.
    pub today: Score,
    /// Each finalist's distance from the goal, in their order.
    pub scores: Vec<Score>,
    /// The number of the best; of those that are as good by 1 % the one with the fewest changes. `None` where today's policy is nearer to the goal.
    pub best: Option<usize>,
    /// The numbers of those that may be proposed, the best first.
    pub shortlist: Vec<usize>,
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
    /// The measurements without this change.
    pub measured: Measured,
}

/// A finalist beside today's policy, as the judge measured it.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedStep {
    /// The candidate.
    pub candidate: Candidate,
    /// Its measurements.
    pub measured: Measured,
}

/// A finalist that was better under the training and that is not proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct NotProposed {
    /// The candidate.
    pub candidate: Candidate,
    /// Why it is not proposed.
    pub reason: WhyNotProposed,
}

/// Why a finalist is not proposed.
#[derive(Clone, Debug, PartialEq)]
pub enum WhyNotProposed {
    /// Held-out traffic does not recommend it.
    Verdict(HeldOutVerdict),
    /// It makes bets, and on held-out traffic it is not better, beyond the noise, than the best policy without a bet.
    UnpaidBet(Vec<Bet>),
}

/// A change with less gain than this, as a share of the minimised KPI, is not worth making.
const WORTH: f64 = 0.01;
/// One of this many finalists makes no bet.
const PRUDENT_PART: usize = 3;
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
        let is_better = |place: &usize| {
            measured[*place].is_some() && scores[*place].compare(&today) == Ordering::Less
        };
        let mut better: Vec<usize> = (0..scores.len()).filter(is_better).collect();
        better.sort_by(|a, b| scores[*a].compare(&scores[*b]).then(a.cmp(b)));
        let best = better.first().and_then(|best| {
            let allowed = nearly(&scores[*best]);
            let changes = |place: &usize| {
                let changes = self.space.changes(&finalists[*place].candidate);
                changes.count()
            };
            // Nothing speaks for a further change that is worth less than the noise.
            let as_good = better
                .iter()
                .filter(|place| scores[**place].compare(&allowed) != Ordering::Greater);
            as_good.copied().min_by_key(changes)
        });
        Judgement {
            today,
            shortlist: self.shortlist(finalists, &better, best),
            scores,
            best,
            before,
            measured,
        }
    }

    /// What one change buys, what two buy, and the `chosen` finalist, by the judge's numbers. Where one change is asked for,
    /// every judged single change, the best first.
    #[must_use]
    pub fn steps(
        &self,
        finalists: &[Tried],
        judgement: &Judgement,
        chosen: Option<usize>,
    ) -> Vec<JudgedStep> {
        let changes = |place: usize| self.space.changes(&finalists[place].candidate).count();
        let mut order: Vec<usize> = (0..finalists.len())
            .filter(|place| judgement.measured[*place].is_some())
            .collect();
        order.sort_by(|a, b| judgement.scores[*a].compare(&judgement.scores[*b]));
        let best_of = |count: usize| order.iter().copied().find(|place| changes(*place) == count);
        let mut places: Vec<usize> = match self.answer {
            Answer::OneChange => order.clone(),
            Answer::Best => [best_of(1), best_of(2)].into_iter().flatten().collect(),
        };
        places.extend(chosen.filter(|chosen| !places.contains(chosen)));
        let step = |place: usize| {
            Some(JudgedStep {
                candidate: finalists[place].candidate.clone(),
                measured: judgement.measured[place].clone()?,
            })
        };
        places.into_iter().filter_map(step).collect()
    }

    /// The finalists that may be proposed, in the order in which held-out traffic is asked: the best, then the best
    /// without a bet, the best with two changes at most, and the best with one.
    fn shortlist(&self, finalists: &[Tried], better: &[usize], best: Option<usize>) -> Vec<usize> {
        let candidate = |place: &usize| &finalists[*place].candidate;
        let prudent = better
            .iter()
            .find(|place| self.prudence.bets(self.space, candidate(place)).is_empty());
        let few = |most: usize| {
            better
                .iter()
                .find(|place| self.space.changes(candidate(place)).count() <= most)
        };
        let mut shortlist: Vec<usize> = best.into_iter().collect();
        for place in [prudent, few(2), few(1)].into_iter().flatten() {
            if !shortlist.contains(place) {
                shortlist.push(*place);
            }
        }
        shortlist
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
fn nearly(score: &Score) -> Score {
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
mod tests;
