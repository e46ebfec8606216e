//! Differences by hand.

use super::*;

fn run(pod_hours: f64, broken: f64, first_decision: Option<f64>) -> Kpis {
    Kpis {
        pod_hours,
        slo_violation_seconds: Some(broken),
        first_decision_seconds: first_decision,
        ..Kpis::default()
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn kpi(comparison: &Comparison, kpi: Kpi) -> &[PolicyKpi] {
    let kpis = &comparison.traces[0].kpis;
    let found = kpis.iter().find(|it| it.kpi == kpi);
    &found.expect("a KPI").policies
}

fn spike(runs: Vec<Vec<Kpis>>) -> TraceRuns {
    TraceRuns {
        trace: "spike".to_owned(),
        runs,
    }
}

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 1e-6
}

#[test]
fn seeds_are_paired_so_that_what_they_share_cancels_out() {
    // Between seeds 100, 200, 300: the differences are 1, 2 and 3 alone.
    let first = [100.0, 200.0, 300.0].map(|hours| run(hours, 0.0, None));
    let second = [101.0, 202.0, 303.0].map(|hours| run(hours, 0.0, None));
    let traces = [spike(vec![first.to_vec(), second.to_vec()])];
    let comparison = Comparison::of(names(&["prod", "fast"]), &traces);
    let [prod, fast] = kpi(&comparison, Kpi::PodHours) else {
        panic!("two policies");
    };
    assert_eq!((prod.mean, prod.difference), (Some(200.0), None));
    let difference = fast.difference.expect("a difference");
    assert!(near(difference.mean, 2.0));
    // t(0.975, 2) = 4.302653, s = 1, n = 3.
    assert!(near(
        difference.half_width.expect("an interval"),
        4.302_652_73 / 3f64.sqrt()
    ));
    assert!(!difference.excludes(0.0) && difference.excludes(5.0));
}

#[test]
fn one_seed_has_a_difference_and_no_interval_and_claims_nothing() {
    let traces = [spike(vec![
        vec![run(1.0, 50.0, None)],
        vec![run(2.0, 10.0, None)],
    ])];
    let comparison = Comparison::of(names(&["prod", "fast"]), &traces);
    let difference = kpi(&comparison, Kpi::SloViolationSeconds)[1].difference;
    let difference = difference.expect("a difference");
    assert!(near(difference.mean, -40.0) && difference.half_width.is_none());
    assert!(!difference.excludes(0.0));
}

#[test]
fn a_difference_that_is_the_same_under_every_seed_has_an_interval_of_no_width() {
    let estimate = Estimate::of(&[3.0, 3.0, 3.0]).expect("a mean");
    assert_eq!(estimate.half_width, Some(0.0));
    assert!(estimate.excludes(0.0) && !estimate.excludes(3.0));
    assert_eq!(Estimate::of(&[]), None);
}

#[test]
fn seeds_without_a_value_are_left_out_of_the_pairs() {
    let first = vec![run(1.0, 0.0, Some(10.0)), run(1.0, 0.0, None)];
    let second = vec![run(1.0, 0.0, Some(4.0)), run(1.0, 0.0, Some(7.0))];
    let comparison = Comparison::of(names(&["prod", "fast"]), &[spike(vec![first, second])]);
    let [prod, fast] = kpi(&comparison, Kpi::FirstDecisionSeconds) else {
        panic!("two policies");
    };
    assert_eq!((prod.seeds, prod.mean), (1, Some(10.0)));
    assert_eq!((fast.seeds, fast.mean), (2, Some(5.5)));
    let difference = fast.difference.expect("a difference");
    assert_eq!(difference.pairs, 1);
    assert!(near(difference.mean, -6.0));
}

#[test]
fn the_verdict_is_over_all_traces_seed_by_seed() {
    let trace = |hours: [f64; 2], broken: [f64; 2]| {
        spike(vec![
            vec![run(1.0, 100.0, None), run(1.0, 100.0, None)],
            vec![
                run(hours[0], broken[0], None),
                run(hours[1], broken[1], None),
            ],
        ])
    };
    let traces = [
        trace([1.0, 2.0], [90.0, 80.0]),
        trace([2.0, 2.0], [50.0, 60.0]),
    ];
    let comparison = Comparison::of(names(&["prod", "fast"]), &traces);
    let [verdict] = &comparison.verdicts[..] else {
        panic!("one policy beside the first");
    };
    // 3 and 4 pod hours against 2; 140 SLO-breaking seconds against 200, both times.
    assert_eq!(verdict.expense, Expense::PodHours);
    assert!(near(verdict.expense_ratio.expect("a ratio").mean, 1.75));
    let harm = verdict.slo_violation_seconds.expect("a difference");
    assert!(near(harm.mean, -60.0) && harm.half_width == Some(0.0));
}

#[test]
fn expense_is_money_where_both_have_prices() {
    let priced = |cost: f64| {
        vec![Kpis {
            cost,
            ..run(1.0, 0.0, None)
        }]
    };
    let verdict = |first, second| {
        let traces = [spike(vec![priced(first), priced(second)])];
        Comparison::of(names(&["prod", "fast"]), &traces).verdicts[0].clone()
    };
    assert_eq!(verdict(2.0, 3.0).expense, Expense::Cost);
    assert!(near(
        verdict(2.0, 3.0).expense_ratio.expect("a ratio").mean,
        1.5
    ));
    assert_eq!(verdict(0.0, 3.0).expense, Expense::PodHours);
}
