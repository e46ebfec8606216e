//! Budgets, seeds and ends of the ways to search.

use std::sync::atomic::{AtomicU32, Ordering};

use super::super::question::TuningQuestion;
use super::super::tests::{EVEN, PROD, WAVE, question, written};
use super::*;

const METHODS: [Method; 3] = [Method::Random, Method::Halving, Method::Evolution];

/// Many candidates.
fn wide() -> TuningQuestion {
    question(
        PROD,
        &[WAVE],
        "",
        &["targetCPUUtilizationPercentage", "scaleDown", "minReplicas"],
    )
}

/// The simulations that a search takes, and what it finds.
struct Spent {
    findings: Findings,
    runs: u32,
}

fn spend(question: &TuningQuestion, method: Method, budget: u32, seed: u64) -> Spent {
    let runs = AtomicU32::new(0);
    let findings = question.search(budget, Seed(seed)).run(method, &|| {
        runs.fetch_add(1, Ordering::Relaxed);
    });
    Spent {
        findings,
        runs: runs.into_inner(),
    }
}

#[test]
fn every_method_keeps_its_budget_and_uses_it_up() {
    let question = wide();
    let runs_each = (question.templates.len() * question.seeds.len()) as u32;
    for method in METHODS {
        for budget in [1, 2, 30, 150] {
            let Spent { findings, runs } = spend(&question, method, budget, 1);
            let most = budget * runs_each;
            assert!(runs <= most, "{method:?} {budget}: {runs} of {most} runs");
            if budget >= 30 {
                assert!(
                    runs * 10 >= most * 9,
                    "{method:?} {budget}: {runs} of {most} runs"
                );
            }
            // Today's policy was known before.
            let tried = findings.tried.len();
            assert!(tried <= budget as usize, "{method:?} {budget}: {tried}");
        }
    }
}

#[test]
fn one_seed_finds_one_thing_and_another_something_else() {
    let question = wide();
    for method in METHODS {
        let found = |seed: u64| spend(&question, method, 30, seed).findings.tried;
        assert_eq!(written(&found(1)), written(&found(1)), "{method:?}");
        assert_ne!(written(&found(1)), written(&found(2)), "{method:?}");
    }
}

#[test]
fn nothing_is_tried_twice_and_todays_policy_comes_first() {
    let question = wide();
    for method in METHODS {
        let tried = spend(&question, method, 150, 3).findings.tried;
        assert_eq!(Some(&tried[0].candidate), question.space.today().as_ref());
        assert_eq!(written(&tried[0].measured), written(&question.today));
        let different: BTreeSet<&Candidate> = tried.iter().map(|it| &it.candidate).collect();
        assert_eq!(different.len(), tried.len(), "{method:?}");
    }
}

#[test]
fn the_even_sample_is_what_was_drawn_evenly() {
    let question = wide();
    let even = |method| {
        let findings = spend(&question, method, 150, 1).findings;
        findings.even_sample().len()
    };
    assert_eq!(even(Method::Halving), 0);
    // Single changes and pairs take a little more than half of the budget.
    assert!((55..=75).contains(&even(Method::Random)));
    assert!((55..=75).contains(&even(Method::Evolution)));
}

#[test]
fn evolution_never_ends_worse_than_its_even_sample() {
    let question = wide();
    for seed in 1..4 {
        let findings = spend(&question, Method::Evolution, 200, seed).findings;
        let best = &findings.tried[findings.by_goal()[0]];
        for even in findings.even_sample() {
            assert_ne!(best.score.compare(&even.score), std::cmp::Ordering::Greater);
        }
        // Nor than today's policy.
        let today = &findings.tried[0];
        assert_ne!(
            best.score.compare(&today.score),
            std::cmp::Ordering::Greater
        );
    }
}

#[test]
fn a_tiny_space_is_searched_to_its_end_and_the_search_ends() {
    let question = question(PROD, &[EVEN], "", &["hpa.minReplicas=1,3"]);
    for method in METHODS {
        let Spent { findings, runs } = spend(&question, method, 1000, 1);
        // The only other policy is a single change, which every method tries first.
        assert_eq!((findings.tried.len(), runs), (2, 3), "{method:?}");
    }
}

#[test]
fn candidates_that_are_no_policies_are_counted_and_the_first_is_kept() {
    let question = question(
        PROD,
        &[EVEN],
        "",
        &["hpa.maxReplicas=50,0,60,80", "hpa.minReplicas=1,2,3,4,5"],
    );
    for method in METHODS {
        let Findings { tried, refused, .. } = spend(&question, method, 60, 1).findings;
        assert_eq!(refused.count, 5, "{method:?}");
        let said = refused.first.expect("a reason").to_string();
        assert!(said.contains("maxReplicas"), "{said}");
        let wanted = match method {
            // Of what single changes and pairs leave, a third.
            Method::Halving => 10..=15,
            // A draw that has been tried costs a try, so the last policy may be missed.
            Method::Random | Method::Evolution => 14..=15,
        };
        assert!(wanted.contains(&tried.len()), "{method:?}: {}", tried.len());
    }
}

#[test]
fn a_space_without_todays_policy_is_searched_all_the_same() {
    let question = question(PROD, &[EVEN], "", &["hpa.minReplicas=2..9:1"]);
    for method in METHODS {
        let findings = spend(&question, method, 8, 1).findings;
        assert!(!findings.tried.is_empty(), "{method:?}");
    }
}

#[test]
fn where_nothing_is_a_policy_the_search_ends_with_nothing() {
    // Each value is a policy with today's of the other, and none with another's.
    let crossed = ["hpa.minReplicas=30,31,32", "hpa.maxReplicas=10,11"];
    let question = question(PROD, &[EVEN], "", &crossed);
    for method in METHODS {
        let findings = spend(&question, method, 60, 1).findings;
        assert!(findings.tried.is_empty() && findings.by_goal().is_empty());
        assert_eq!(findings.refused.count, 6, "{method:?}");
        assert!(findings.front().is_empty());
        assert!(findings.is_empty(&question.space));
    }
}

#[test]
fn the_front_is_beaten_by_nobody_and_its_cost_rises() {
    let question = wide();
    let findings = spend(&question, Method::Evolution, 60, 1).findings;
    let front = findings.front();
    let points = front.iter().map(|number| findings.tried[*number].weighed);
    let costs: Vec<f64> = points.map(|it| it.cost).collect();
    assert!(costs.is_sorted() && !costs.is_empty(), "{costs:?}");
    for number in front {
        let on_front = findings.tried[number].weighed;
        let beats = |other: &Weighed| {
            other.cost < on_front.cost
                && other.harm < on_front.harm
                && other.rescales < on_front.rescales
        };
        assert!(!findings.tried.iter().any(|tried| beats(&tried.weighed)));
    }
}
