//! What is left of the best once the changes that change nothing are put back, and what the judge says.

use super::super::question::TuningQuestion;
use super::super::tests::{PROD, WAVE, question, written};
use super::*;
use crate::units::Seed;

/// A target that matters, and a maximum of which no value is ever reached.
pub(crate) fn target_and_idle_maximum() -> TuningQuestion {
    question(
        PROD,
        &[WAVE],
        "min mean_replicas",
        &[
            "hpa.targetCPUUtilizationPercentage=50,60,70",
            "hpa.maxReplicas=50,60,80",
        ],
    )
}

/// A search that knows these candidates.
pub(crate) fn findings(search: &Search<'_>, candidates: &[Candidate]) -> Findings {
    let measured = search
        .training
        .evaluate(search.space, candidates, 3, &|| ());
    let tried = candidates
        .iter()
        .zip(measured)
        .map(|(candidate, measured)| {
            let measured = measured.expect("a policy");
            Tried {
                candidate: candidate.clone(),
                weighed: measured.weighed(search.objectives),
                score: search
                    .goal
                    .score(&measured, search.today, search.objectives),
                measured,
            }
        });
    Findings {
        tried: tried.collect(),
        spent: 0,
        even: 0..0,
        refused: super::super::method::Refused::default(),
    }
}

#[test]
fn a_change_that_changes_nothing_is_put_back() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let both = Candidate::of(&[2, 2]);
    let finalists = search.finalists(&mut findings(&search, &[both]), 3, &|| ());
    let [finalist] = &finalists[..] else {
        panic!("one finalist: {finalists:?}");
    };
    assert_eq!(finalist.candidate, Candidate::of(&[2, 0]));
    let again = search
        .training
        .evaluate(&question.space, &[Candidate::of(&[2, 0])], 3, &|| ());
    let again = again.into_iter().next().expect("one").expect("a policy");
    assert_eq!(written(&again), written(&finalist.measured));
}

#[test]
fn reductions_count_towards_the_budget_and_without_any_left_changes_stay() {
    let question = target_and_idle_maximum();
    let both = Candidate::of(&[2, 2]);
    let reduced = |budget: u32| {
        let search = question.search(budget, Seed(1));
        let mut found = findings(&search, std::slice::from_ref(&both));
        found.spent = 1;
        let finalists = search.finalists(&mut found, 3, &|| ());
        let worth = search.worth(&mut found, &finalists[0].candidate, &|| ());
        assert!(found.spent <= budget && found.tried.len() == found.spent as usize);
        (finalists[0].candidate.clone(), worth.len())
    };
    assert_eq!(reduced(1), (both.clone(), 0));
    assert_eq!(reduced(9), (Candidate::of(&[2, 0]), 1));
}

#[test]
fn a_change_that_matters_stays() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let target = Candidate::of(&[1, 0]);
    let finalists = search.finalists(
        &mut findings(&search, std::slice::from_ref(&target)),
        3,
        &|| (),
    );
    assert_eq!(finalists[0].candidate, target);
}

#[test]
fn finalists_are_unlike_each_other_and_the_nearest_to_the_goal_comes_first() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let all: Vec<Candidate> = (0..3)
        .flat_map(|target| (0..3).map(move |most| Candidate::of(&[target, most])))
        .collect();
    let findings = findings(&search, &all);
    let of = |count: usize| -> Vec<Candidate> {
        let finalists = search.finalists(&mut findings.clone(), count, &|| ());
        finalists.into_iter().map(|it| it.candidate).collect()
    };
    // Nine candidates do three things, one of them what today's policy does; the maximum is put back in all.
    let two = [[2, 0], [1, 0]].map(|values| Candidate::of(&values));
    assert_eq!(of(9), two);
    assert_eq!(of(1), two);
    // The best single change is always among them.
    assert_eq!(of(0), two[..1]);
}

#[test]
fn what_a_change_is_worth_is_what_comes_of_the_rest_without_it() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let mut none = findings(&search, &[]);
    let worth = search.worth(&mut none, &Candidate::of(&[2, 1]), &|| ());
    let places: Vec<usize> = worth.iter().map(|it| it.place).collect();
    assert_eq!(places, [0, 1]);
    let today = question.today.weighed(&question.objectives);
    // Without the target's change nothing is left that does anything.
    let without = |at: usize| worth[at].measured.weighed(&question.objectives);
    assert_eq!(without(0), today);
    assert!(without(1).cost < today.cost, "{worth:?}");
}

#[test]
fn a_change_without_a_way_back_has_no_worth() {
    let question = question(PROD, &[WAVE], "", &["hpa.maxReplicas=40,60"]);
    let search = question.search(10, Seed(1));
    let mut none = findings(&search, &[]);
    assert_eq!(search.worth(&mut none, &Candidate::of(&[0]), &|| ()), []);
}

#[test]
fn two_equal_candidates_are_simulated_and_counted_once() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let mut found = findings(&search, &[]);
    let twins = vec![Candidate::of(&[2, 0]); 2];
    let measured = Reduction::new(search, &mut found).measure(&twins, &|| ());
    assert_eq!(measured.len(), 2);
    assert_eq!((found.spent, found.tried.len()), (1, 1));
}
