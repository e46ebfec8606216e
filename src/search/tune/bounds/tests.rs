//! Bounds checked for runs made by hand.

use super::*;
use crate::results::tests::scenario;
use crate::scenario::CostRates;
use crate::search::tune::goal::Goal;

fn objectives() -> Objectives {
    let mut unpriced = scenario(600.0);
    unpriced.cost = CostRates::default();
    Objectives::of(&[unpriced])
}

fn run(p99: f64, harm: f64) -> Kpis {
    Kpis {
        mean_replicas: 10.0,
        rescales: 9,
        slo_violation_seconds: Some(harm),
        latency_seconds_p99: Some(p99),
        ..Kpis::default()
    }
}

/// Today's p99 and that of a judged policy, seed by seed.
fn spike(today: &[f64], judged: &[f64]) -> TraceRuns {
    let runs = |p99: &[f64]| p99.iter().map(|p99| run(*p99, 100.0)).collect();
    TraceRuns {
        trace: "spike".to_owned(),
        runs: vec![runs(today), runs(judged)],
    }
}

fn check(trace: TraceRuns) -> BoundsCheck {
    Goal::BetterThanToday.check_bounds(&[trace], &objectives())
}

fn kpis(bounds: &[BrokenBound]) -> Vec<Kpi> {
    bounds.iter().map(|it| it.kpi).collect()
}

#[test]
fn latency_above_the_bound_is_harm_only_beyond_the_noise_of_the_pairs() {
    // 1.69 s -> 2.31 s over three seeds, as far apart as the seeds of a short overload are.
    let noisy = check(spike(&[1.2, 1.7, 2.17], &[2.6, 1.5, 2.83]));
    assert_eq!(kpis(&noisy.within_noise), [Kpi::LatencySecondsP99]);
    assert_eq!(noisy.broken, []);
    assert!(noisy.violation() <= 0.0);
    // The same means, with pairs that agree.
    let real = check(spike(&[1.2, 1.7, 2.17], &[1.8, 2.3, 2.83]));
    assert_eq!(kpis(&real.broken), [Kpi::LatencySecondsP99]);
    assert_eq!(real.within_noise, []);
    let broken = &real.broken[0];
    assert_eq!(broken.trace.as_deref(), Some("spike"));
    assert!((broken.today - 1.69).abs() < 1e-9 && (broken.judged - 2.31).abs() < 1e-9);
    assert_eq!(broken.bound, GoalBound::AtMost(1.05 * broken.today));
    assert!((real.violation() - (2.31 / (1.05 * 1.69) - 1.0)).abs() < 1e-9);
}

#[test]
fn latency_within_what_users_do_not_feel_is_no_harm_however_sure() {
    let check = check(spike(&[1.0, 2.0, 3.0], &[1.04, 2.04, 3.04]));
    assert_eq!(check, BoundsCheck::default());
    assert!(check.violation().is_sign_positive());
}

#[test]
fn with_more_seeds_the_same_difference_is_beyond_the_noise() {
    let pairs = |count: usize| {
        let wave = |seed: usize| if seed.is_multiple_of(2) { 0.4 } else { -0.4 };
        let today = vec![1.0; count];
        let judged: Vec<f64> = (0..count).map(|seed| 1.4 + wave(seed)).collect();
        check(spike(&today, &judged))
    };
    assert_eq!(kpis(&pairs(3).within_noise), [Kpi::LatencySecondsP99]);
    assert_eq!(kpis(&pairs(10).broken), [Kpi::LatencySecondsP99]);
}

#[test]
fn a_single_seed_knows_no_noise_so_any_harm_counts() {
    let check = check(spike(&[1.0], &[1.5]));
    assert_eq!(kpis(&check.broken), [Kpi::LatencySecondsP99]);
}

#[test]
fn a_gain_under_one_trace_hides_no_harm_under_another() {
    let trace = |name: &str, today: f64, judged: f64| TraceRuns {
        trace: name.to_owned(),
        runs: [today, judged]
            .map(|harm| vec![run(1.0, harm), run(1.0, harm + 1.0)])
            .into(),
    };
    let runs = [trace("day", 900.0, 100.0), trace("spike", 50.0, 60.0)];
    let check = Goal::BetterThanToday.check_bounds(&runs, &objectives());
    assert_eq!(kpis(&check.broken), [Kpi::SloViolationSeconds]);
    assert_eq!(check.broken[0].trace.as_deref(), Some("spike"));
}

#[test]
fn cost_and_rescales_count_over_all_traces_beyond_the_noise() {
    let trace = |judged: [f64; 3]| {
        let mut trace = spike(&[1.0; 3], &[1.0; 3]);
        for (run, replicas) in trace.runs[JUDGED].iter_mut().zip(judged) {
            run.mean_replicas = replicas;
        }
        trace
    };
    let of = |runs: &[TraceRuns]| Goal::BetterThanToday.check_bounds(runs, &objectives());
    let dearer = of(&[trace([10.2, 10.3, 10.25])]);
    assert_eq!(kpis(&dearer.broken), [Kpi::MeanReplicas]);
    assert_eq!(dearer.broken[0].trace, None);
    assert_eq!(
        kpis(&of(&[trace([10.2, 10.9, 9.5])]).within_noise),
        [Kpi::MeanReplicas]
    );
}

#[test]
fn a_bound_of_the_user_holds_for_the_mean() {
    let goal = Goal::parse("min rescales subject to latency_seconds_p99<=2").expect("a goal");
    let check = |judged: [f64; 3]| goal.check_bounds(&[spike(&[1.0; 3], &judged)], &objectives());
    assert_eq!(check([1.0, 1.0, 3.9]), BoundsCheck::default());
    let missed = check([1.0, 1.0, 4.3]);
    assert_eq!(kpis(&missed.broken), [Kpi::LatencySecondsP99]);
    assert!((missed.violation() - 0.05).abs() < 1e-9);
}

#[test]
fn harm_is_undecided_only_in_what_the_goal_does_not_name() {
    let noisy = spike(&[1.2, 1.7, 2.17], &[2.6, 1.5, 2.83]);
    let undecided = |goal: &Goal| is_undecided(goal, &objectives(), &noisy);
    assert!(undecided(&Goal::BetterThanToday));
    assert!(undecided(&Goal::parse("min rescales").expect("a goal")));
    let named = Goal::parse("min rescales subject to latency_seconds_p99<=9");
    assert!(!undecided(&named.expect("a goal")));
    let equal = spike(&[1.0; 3], &[1.0; 3]);
    assert!(!is_undecided(&Goal::BetterThanToday, &objectives(), &equal));
}
