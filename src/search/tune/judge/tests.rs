//! What the judge says of candidates made by hand.

use super::super::finalists::tests::{findings, target_and_idle_maximum};
use super::super::tests::{PROD, WAVE, question, written};
use super::*;
use crate::units::Seed;

/// The names of two traces.
static LABELS: [String; 2] = [String::new(), String::new()];

/// A judge that leaves harm within the noise undecided.
fn judge(simulator: Simulator) -> Judge<'static> {
    Judge {
        simulator,
        further_seeds: &[],
        labels: &LABELS,
    }
}

#[test]
fn the_judge_proposes_only_what_is_nearer_to_the_goal_than_today() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let of = |candidates: &[[u64; 2]]| {
        let candidates: Vec<Candidate> = candidates.iter().map(|it| Candidate::of(it)).collect();
        let tried = findings(&search, &candidates).tried;
        search.judge_finalists(&tried, judge(Simulator::Template), &|| ())
    };
    let judgement = of(&[[0, 1], [1, 0], [2, 0]]);
    assert_eq!(judgement.best, Some(2));
    assert_eq!(judgement.nearest(), &judgement.scores[2]);
    assert!(judgement.nearest().value < judgement.today.value);
    assert_eq!(judgement.scores.len(), 3);
    // As good as today is not better, and then today's policy is the nearest.
    for candidates in [&[[0, 1], [0, 0]][..], &[]] {
        let judgement = of(candidates);
        assert_eq!(judgement.best, None);
        assert_eq!(judgement.nearest(), &judgement.today);
    }
}

#[test]
fn a_finalist_that_cannot_be_simulated_keeps_its_place_and_is_not_proposed() {
    let question = question(
        PROD,
        &[WAVE],
        "min mean_replicas",
        &[
            "hpa.targetCPUUtilizationPercentage=50,70",
            "hpa.minReplicas=2,90",
        ],
    );
    let search = question.search(10, Seed(1));
    let good = Candidate::of(&[1, 0]);
    let mut finalists = findings(&search, &[good.clone(), good]).tried;
    // A minimum above the maximum is no policy.
    finalists[0].candidate = Candidate::of(&[1, 1]);
    let judgement = search.judge_finalists(&finalists, judge(Simulator::Template), &|| ());
    assert_eq!(judgement.judged.len(), 2);
    assert_eq!(judgement.judged[0], None);
    assert_eq!(judgement.best, Some(1));
    assert_eq!(judgement.nearest(), &judgement.scores[1]);
}

#[test]
fn the_judge_may_be_the_request_engine() {
    let question = target_and_idle_maximum();
    let search = question.search(10, Seed(1));
    let mut found = findings(&search, &[Candidate::of(&[1, 0])]);
    let finalists = search.finalists(&mut found, 1, &|| ());
    let judged = search.judge_finalists(&finalists, judge(Simulator::Request), &|| ());
    let by_fluid = search.judge_finalists(&finalists, judge(Simulator::Template), &|| ());
    assert_ne!(judged.today, by_fluid.today);
    // Both see the same service under the same load.
    let ratio = judged.today.value / by_fluid.today.value;
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
    assert_eq!(judged.best, Some(0));
}

#[test]
fn only_a_better_finalist_with_undecided_harm_is_judged_under_further_seeds() {
    let parameters = ["scaleDown", "hpa.behavior.scaleUp.tolerance=0.1,0.15,0.2"];
    let question = question(PROD, &[WAVE], "min rescales", &parameters);
    let search = question.search(10, Seed(1));
    let singles = question.space.parameters().iter().enumerate();
    let singles = singles.flat_map(|(place, it)| (0..it.count()).map(move |value| (place, value)));
    let candidates: Vec<Candidate> = singles
        .filter_map(|single| question.space.today_with(&[single]))
        .collect();
    let tried = findings(&search, &candidates).tried;
    let judged = |further_seeds: &[Seed]| {
        let judge = Judge {
            further_seeds,
            ..judge(Simulator::Template)
        };
        let judgement = search.judge_finalists(&tried, judge, &|| ());
        (judgement.today, judgement.judged)
    };
    let (today, before) = judged(&[]);
    let (_, after) = judged(&[Seed(20), Seed(21), Seed(22), Seed(23)]);
    let mut counts = [0; 2];
    for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
        let is_again = is_better(Some(before), &today)
            && is_undecided(search.goal, search.objectives, &before.runs[0]);
        let seeds = after.runs[0].runs.iter().map(Vec::len);
        assert_eq!(
            seeds.collect::<Vec<usize>>(),
            [if is_again { 7 } else { 3 }; 2]
        );
        // The table keeps the seeds of the training.
        assert_eq!(written(&before.measured), written(&after.measured));
        counts[usize::from(is_again)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}
