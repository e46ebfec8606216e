//! The judgement of the finalists, by the request engine: which of them is better than today's policy under the training.

use std::cmp::Ordering;

use super::bets::Bet;
use super::bounds::{BoundsCheck, is_undecided};
use super::caution::HeldOutVerdict;
use super::evaluation::{Measured, Simulator, Training, Variant};
use super::finalists::nearly;
use super::goal::Score;
use super::method::{Answer, Search, Tried};
use super::space::Candidate;
use crate::results::Kpis;
use crate::results::comparison::TraceRuns;
use crate::units::Seed;

/// The engine and the seeds of a judgement.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'j> {
    /// The engine.
    pub simulator: Simulator,
    /// The seeds that decide about harm within the noise, beside the training's; none leave it undecided.
    pub further_seeds: &'j [Seed],
    /// The names of the training traces.
    pub labels: &'j [String],
}

/// A finalist beside today's policy, as the judge simulated both.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedFinalist {
    /// Its distance from the goal.
    pub score: Score,
    /// The bounds of the goal.
    pub bounds: BoundsCheck,
    /// Its measurements under the seeds of the training.
    pub measured: Measured,
    /// The paired runs under each trace, today's policy first. A trace under which harm was undecided has further seeds.
    pub runs: Vec<TraceRuns>,
}

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
    /// Each finalist, in their order; `None` where the judge cannot simulate it.
    pub judged: Vec<Option<JudgedFinalist>>,
}

/// A finalist beside today's policy, as the judge measured it.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedStep {
    /// The candidate.
    pub candidate: Candidate,
    /// Its measurements.
    pub measured: Measured,
    /// The bounds of the goal, as the judge checked them.
    pub bounds: BoundsCheck,
    /// Its distance from the goal.
    pub score: Score,
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

impl Judge<'_> {
    fn variant(&self, arguments: Vec<String>) -> Variant {
        Variant {
            arguments,
            simulator: self.simulator,
        }
    }

    /// The runs of today's policy and of a finalist, trace by trace.
    fn paired(&self, today: &[Vec<Kpis>], finalist: Vec<Vec<Kpis>>) -> Vec<TraceRuns> {
        let labels = self.labels.iter().cloned();
        let pairs = today.iter().zip(finalist).zip(labels);
        pairs
            .map(|((today, finalist), trace)| TraceRuns {
                trace,
                runs: vec![today.clone(), finalist],
            })
            .collect()
    }
}

/// Whether a finalist that the judge can simulate is nearer to the goal than today's policy.
fn is_better(judged: Option<&JudgedFinalist>, today: &Score) -> bool {
    judged.is_some_and(|it| it.score.compare(today) == Ordering::Less)
}

impl Judgement {
    /// How far the best is from the goal: a finalist, or today's policy.
    #[must_use]
    pub fn nearest(&self) -> &Score {
        self.best.map_or(&self.today, |best| &self.scores[best])
    }
}

impl Search<'_> {
    /// Lets `judge` simulate `finalists` beside today's policy, under all training traces and seeds.
    ///
    /// Where a finalist that is better than today's policy does more harm under a trace than the goal allows, but within the
    /// noise, both are simulated under further seeds, and all of them decide.
    pub fn judge_finalists(
        &self,
        finalists: &[Tried],
        judge: Judge<'_>,
        on_run: &(impl Fn() + Sync),
    ) -> Judgement {
        let mut variants = vec![judge.variant(Vec::new())];
        variants.extend(
            finalists
                .iter()
                .map(|it| judge.variant(self.space.arguments(&it.candidate))),
        );
        let seeds = self.training.seeds.len();
        // One result for each variant, in their order; an invalid variant keeps its place.
        let results = self.training.simulate_each(&variants, seeds, on_run);
        let mut runs = results.into_iter().map(Result::ok);
        let today = runs.next().flatten();
        let mut judged: Vec<Option<JudgedFinalist>> = runs
            .map(|runs| {
                let paired = judge.paired(today.as_ref()?, runs?);
                Some(self.judged(paired))
            })
            .collect();
        let before = today.map_or_else(|| self.today.clone(), |runs| Measured::of(&runs));
        let today = self.goal.score(&before, &before, self.objectives);
        self.decide(&mut judged, &variants, judge, &today, on_run);
        let is_better = |place: &usize| is_better(judged[*place].as_ref(), &today);
        let scores: Vec<Score> = judged
            .iter()
            .map(|it| it.as_ref().map_or(Score::FARTHEST, |it| it.score))
            .collect();
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
            judged,
        }
    }

    /// What the goal says of paired runs under every training trace.
    fn judged(&self, runs: Vec<TraceRuns>) -> JudgedFinalist {
        let of = |policy: usize| {
            let runs = runs.iter().map(|it| it.runs[policy].clone());
            Measured::of(&runs.collect::<Vec<Vec<Kpis>>>())
        };
        let [today, measured] = [of(0), of(1)];
        let bounds = self.goal.check_bounds(&runs, self.objectives);
        let score = Score {
            violation: bounds.violation(),
            ..self.goal.score(&measured, &today, self.objectives)
        };
        JudgedFinalist {
            score,
            bounds,
            measured,
            runs,
        }
    }

    /// Simulates better finalists with undecided harm under the further seeds; what is measured keeps the seeds of the training.
    fn decide(
        &self,
        judged: &mut [Option<JudgedFinalist>],
        variants: &[Variant],
        judge: Judge<'_>,
        today: &Score,
        on_run: &(impl Fn() + Sync),
    ) {
        let seeds = judge.further_seeds;
        for (trace, template) in self.training.templates.iter().enumerate() {
            let is_undecided =
                |it: &JudgedFinalist| is_undecided(self.goal, self.objectives, &it.runs[trace]);
            let places: Vec<usize> = (0..judged.len())
                .filter(|place| is_better(judged[*place].as_ref(), today))
                .filter(|place| judged[*place].as_ref().is_some_and(is_undecided))
                .collect();
            if places.is_empty() || seeds.is_empty() {
                continue;
            }
            let further = Training {
                templates: std::slice::from_ref(template),
                seeds,
                threads: self.training.threads,
            };
            // Today's policy is the first variant.
            let numbers = std::iter::once(0).chain(places.iter().map(|place| place + 1));
            let undecided: Vec<Variant> = numbers.map(|number| variants[number].clone()).collect();
            let results = further.simulate_each(&undecided, seeds.len(), on_run);
            let mut results = results.into_iter().map(Result::ok);
            let of_today = results.next().flatten();
            for (place, runs) in places.into_iter().zip(results) {
                if let (Some(known), Some(of_today), Some(runs)) =
                    (&mut judged[place], &of_today, runs)
                {
                    let mut paired = known.runs.clone();
                    paired[trace].runs[0].extend_from_slice(&of_today[0]);
                    paired[trace].runs[1].extend_from_slice(&runs[0]);
                    *known = JudgedFinalist {
                        measured: known.measured.clone(),
                        ..self.judged(paired)
                    };
                }
            }
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
            .filter(|place| judgement.judged[*place].is_some())
            .collect();
        order.sort_by(|a, b| judgement.scores[*a].compare(&judgement.scores[*b]));
        let best_of = |count: usize| order.iter().copied().find(|place| changes(*place) == count);
        let mut places: Vec<usize> = match self.answer {
            Answer::OneChange => order.clone(),
            Answer::Best => [best_of(1), best_of(2)].into_iter().flatten().collect(),
        };
        // Where nothing is proposed, the reader sees why even the best is not.
        let last = chosen.or_else(|| order.first().copied());
        places.extend(last.filter(|last| !places.contains(last)));
        let step = |place: usize| {
            let judged = judgement.judged[place].as_ref()?;
            Some(JudgedStep {
                candidate: finalists[place].candidate.clone(),
                measured: judged.measured.clone(),
                bounds: judged.bounds.clone(),
                score: judged.score,
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

#[cfg(test)]
#[path = "judge/tests.rs"]
mod tests;
