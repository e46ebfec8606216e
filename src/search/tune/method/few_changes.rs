//! One and two changes to today's policy: the policies that a reviewer merges first.
//!
//! They are tried before a method spends the rest of the budget.

use super::{Findings, Record, Search, Tried};
use crate::search::tune::space::{Candidate, Space};

/// What a tuning is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// The best policy, with as many changes as it needs.
    #[default]
    Best,
    /// The best policy that differs from today's in one parameter.
    OneChange,
}

impl Answer {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::OneChange => "one-change",
        }
    }
}

/// The part of the budget that single changes may take.
const SINGLES_SHARE: f64 = 0.34;
/// The part of the budget that pairs of changes may take.
const PAIRS_SHARE: f64 = 0.2;
/// The values of a parameter that are tried, at most: of more, an even choice.
const VALUES_MOST: usize = 32;
/// A pair contains the best value of one of this many parameters, those that do most alone.
const ANCHORS: usize = 4;

/// The value of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SingleChange {
    /// The parameter's place in the space.
    place: usize,
    /// The number of its value.
    value: u64,
}

impl Search<'_> {
    /// Tries single changes, then pairs of them, within their parts of the budget.
    pub(super) fn try_few_changes(&self, record: &mut Record<'_>, on_run: &(impl Fn() + Sync)) {
        let of_budget = |share: f64| (f64::from(self.budget) * share) as usize;
        self.try_single_changes(record, of_budget(SINGLES_SHARE), on_run);
        let until = record.findings.spent as usize + of_budget(PAIRS_SHARE);
        self.try_up_to(record, pairs(self.space, &record.findings), until, on_run);
        self.settle_pair(record, until, on_run);
    }

    /// Tries every value of each parameter alone, or an even choice where `most` are fewer.
    pub(super) fn try_single_changes(
        &self,
        record: &mut Record<'_>,
        most: usize,
        on_run: &(impl Fn() + Sync),
    ) {
        let until = record.findings.spent as usize + most;
        let places: Vec<usize> = (0..self.space.parameters().len()).collect();
        let singles = in_turn(self.space, &places)
            .into_iter()
            .filter_map(|setting| candidate(self.space, &[setting]));
        self.try_up_to(record, singles.collect(), until, on_run);
    }

    /// Varies one change of the best pair after the other, until neither improves.
    fn settle_pair(&self, record: &mut Record<'_>, until: usize, on_run: &(impl Fn() + Sync)) {
        let mut settled = None;
        loop {
            let best = record.findings.best_of(self.space, 2);
            let Some(best) = best.filter(|best| settled != Some(best.candidate.clone())) else {
                return;
            };
            settled = Some(best.candidate.clone());
            let pair = settings(self.space, best);
            let [one, other] = pair[..] else {
                return;
            };
            let mut neighbours = Vec::new();
            for (kept, varied) in [(one, other), (other, one)] {
                let values = in_turn(self.space, &[varied.place]).into_iter();
                neighbours.extend(values.filter_map(|it| candidate(self.space, &[kept, it])));
            }
            self.try_up_to(record, neighbours, until, on_run);
        }
    }

    /// Tries those that are new, as long as the budget is spent by less than `until`.
    fn try_up_to(
        &self,
        record: &mut Record<'_>,
        candidates: Vec<Candidate>,
        until: usize,
        on_run: &(impl Fn() + Sync),
    ) {
        let spent = record.findings.spent as usize;
        let left = until.saturating_sub(spent).min(record.left() as usize);
        let is_new = |candidate: &Candidate| !record.known.contains(candidate);
        let new: Vec<Candidate> = candidates.into_iter().filter(is_new).take(left).collect();
        record.try_all(new, on_run);
    }
}

impl Space {
    /// The number of single changes that a search tries, if its budget allows.
    #[must_use]
    pub fn single_change_count(&self) -> usize {
        let places: Vec<usize> = (0..self.parameters().len()).collect();
        in_turn(self, &places).len()
    }
}

impl Findings {
    /// The nearest to the goal of the tried policies with this number of changes.
    #[must_use]
    pub fn best_of(&self, space: &Space, changes: usize) -> Option<&Tried> {
        let of_that_number =
            |tried: &&Tried| space.changes(&tried.candidate).take(changes + 1).count() == changes;
        let tried = self.tried.iter().filter(of_that_number);
        tried.min_by(|a, b| a.score.compare(&b.score))
    }

    /// The best single change of each parameter, the nearest to the goal first.
    #[must_use]
    pub fn best_single_changes(&self, space: &Space) -> Vec<&Tried> {
        let mut best: Vec<Option<&Tried>> = vec![None; space.parameters().len()];
        for tried in &self.tried {
            let [setting] = settings(space, tried)[..] else {
                continue;
            };
            let known = &mut best[setting.place];
            if known.is_none_or(|known| tried.score.compare(&known.score).is_lt()) {
                *known = Some(tried);
            }
        }
        let mut best: Vec<&Tried> = best.into_iter().flatten().collect();
        best.sort_by(|a, b| a.score.compare(&b.score));
        best
    }
}

/// What `tried` changes.
fn settings(space: &Space, tried: &Tried) -> Vec<SingleChange> {
    let changes = space.changes(&tried.candidate);
    let setting = |place, value| SingleChange { place, value };
    changes.map(|it| setting(it.place, it.value)).collect()
}

/// Today's policy with `settings`; `None` where another parameter may not stay as it is.
fn candidate(space: &Space, settings: &[SingleChange]) -> Option<Candidate> {
    let values: Vec<(usize, u64)> = settings.iter().map(|it| (it.place, it.value)).collect();
    space.today_with(&values)
}

/// The best value of some parameters, each with every value of all others, the most promising first.
fn pairs(space: &Space, findings: &Findings) -> Vec<Candidate> {
    let singles = findings.best_single_changes(space);
    let alone: Vec<SingleChange> = singles
        .into_iter()
        .flat_map(|tried| settings(space, tried))
        .collect();
    let places: Vec<usize> = alone.iter().map(|it| it.place).collect();
    let mut pairs = Vec::new();
    for setting in in_turn(space, &places) {
        let anchors = alone.iter().take(ANCHORS);
        let anchors = anchors.filter(|anchor| anchor.place != setting.place);
        pairs.extend(anchors.filter_map(|anchor| candidate(space, &[*anchor, setting])));
    }
    pairs
}

/// The values of the parameters at `places`, without today's: one of each parameter in turn, so that any beginning covers all ranges.
fn in_turn(space: &Space, places: &[usize]) -> Vec<SingleChange> {
    let values: Vec<Vec<u64>> = places
        .iter()
        .map(|place| {
            let parameter = &space.parameters()[*place];
            let mut values = halving_order(parameter.count(), VALUES_MOST);
            values.retain(|value| Some(*value) != parameter.today());
            values
        })
        .collect();
    let rounds = values.iter().map(Vec::len).max().unwrap_or(0);
    let in_round = |round: usize| {
        let settings = places.iter().zip(&values);
        settings.filter_map(move |(place, values)| {
            let value = *values.get(round)?;
            Some(SingleChange {
                place: *place,
                value,
            })
        })
    };
    (0..rounds).flat_map(in_round).collect()
}

/// Numbers below `count`, at most `most`: both ends, the middle, the middles of the halves, and so on.
fn halving_order(count: u64, most: usize) -> Vec<u64> {
    let Some(last) = count.checked_sub(1) else {
        return Vec::new();
    };
    let mut order = vec![0, last];
    order.dedup();
    let mut gaps = vec![(0, last)];
    while order.len() < most && !gaps.is_empty() {
        let mut halves = Vec::new();
        for (low, high) in gaps.into_iter().filter(|(low, high)| high - low > 1) {
            let middle = u64::midpoint(low, high);
            order.push(middle);
            halves.extend([(low, middle), (middle, high)]);
        }
        gaps = halves;
    }
    order.truncate(most);
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::search::tune::method::Method;
    use crate::search::tune::tests::{PROD, WAVE, question};
    use crate::units::Seed;

    #[test]
    fn every_number_comes_once_and_the_ends_and_the_middle_come_first() {
        assert_eq!(halving_order(9, 32), [0, 8, 4, 2, 6, 1, 3, 5, 7]);
        assert_eq!(halving_order(1, 32), [0]);
        assert_eq!(halving_order(0, 32), [0; 0]);
        let many = halving_order(1_000_000, 32);
        assert_eq!(many.len(), 32);
        for count in 0..40 {
            let numbers: BTreeSet<u64> = halving_order(count, 64).into_iter().collect();
            assert_eq!(numbers.len() as u64, count);
        }
    }

    #[test]
    fn a_search_with_the_budget_for_them_tries_every_single_change() {
        let question = question(PROD, &[WAVE], "", &["minReplicas", "scaleDown"]);
        let findings = question.search(200, Seed(1)).run(Method::Evolution, &|| ());
        let space = &question.space;
        let tried: BTreeSet<&Candidate> = findings.tried.iter().map(|it| &it.candidate).collect();
        let mut singles = 0;
        for (place, parameter) in space.parameters().iter().enumerate() {
            for value in (0..parameter.count()).filter(|it| Some(*it) != parameter.today()) {
                let single = space.today_with(&[(place, value)]).expect("today is known");
                assert!(tried.contains(&single), "{}", parameter.argument(value));
                singles += 1;
            }
        }
        assert!(singles > 20);
        let best = findings.best_of(space, 1).expect("single changes");
        assert_eq!(
            findings.best_single_changes(space)[0].candidate,
            best.candidate
        );
    }

    #[test]
    fn the_best_pair_is_best_in_each_of_its_changes() {
        let parameters = ["minReplicas", "targetCPUUtilizationPercentage"];
        let question = question(PROD, &[WAVE], "", &parameters);
        let findings = question.search(300, Seed(1)).run(Method::Random, &|| ());
        let space = &question.space;
        let best = findings.best_of(space, 2).expect("pairs");
        let [one, other] = settings(space, best)[..] else {
            panic!("a pair: {best:?}");
        };
        let mut neighbours = Vec::new();
        for (kept, varied) in [(one, other), (other, one)] {
            let parameter = &space.parameters()[varied.place];
            let values = (0..parameter.count()).filter(|it| Some(*it) != parameter.today());
            neighbours.extend(
                values.filter_map(|value| {
                    candidate(space, &[kept, SingleChange { value, ..varied }])
                }),
            );
        }
        assert!(neighbours.len() > 10, "{}", neighbours.len());
        let measured = question.training().evaluate(space, &neighbours, 3, &|| ());
        for (neighbour, measured) in neighbours.iter().zip(measured) {
            let Ok(measured) = measured else { continue };
            let (goal, objectives) = (&question.goal, &question.objectives);
            let score = goal.score(&measured, &question.today, objectives);
            assert!(score.compare(&best.score).is_ge(), "{neighbour:?}");
        }
    }

    #[test]
    fn where_one_parameter_cannot_stay_single_changes_are_its_values() {
        let question = question(PROD, &[WAVE], "", &["hpa.maxReplicas=40,60", "minReplicas"]);
        let findings = question.search(60, Seed(1)).run(Method::Random, &|| ());
        let best = findings.best_single_changes(&question.space);
        assert_eq!(best.len(), 1, "{best:?}");
        assert_eq!(settings(&question.space, best[0])[0].place, 0);
    }
}
