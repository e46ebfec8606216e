//! Goals as they are written, and which of two policies is nearer to one.

use super::*;
use crate::results::Kpis;
use crate::results::tests::scenario;
use crate::scenario::CostRates;

fn objectives(traces: usize) -> Objectives {
    let mut scenario = scenario(600.0);
    scenario.cost.per_pod_hour = 0.04;
    Objectives::of(&vec![scenario; traces])
}

/// What a policy comes to under one trace.
fn under_a_trace(cost: f64, harm: Option<f64>, rescales: u32) -> Vec<Kpis> {
    vec![Kpis {
        cost,
        slo_violation_seconds: harm,
        rescales,
        ..Kpis::default()
    }]
}

/// Under two traces, of which the first costs 10 and does the first harm.
fn under_two(harm: [f64; 2]) -> Measured {
    Measured::of(&harm.map(|harm| under_a_trace(10.0, Some(harm), 4)))
}

fn under_one(cost: f64, harm: f64, rescales: u32) -> Measured {
    Measured::of(&[under_a_trace(cost, Some(harm), rescales)])
}

fn asked(goal: &str) -> Goal {
    Goal::parse(goal).expect("a goal")
}

/// A score under one trace, beside a policy of today that costs 10, breaks the SLO for 100 s and rescales 4 times.
fn score(goal: &Goal, measured: &Measured) -> Score {
    goal.score(measured, &under_one(10.0, 100.0, 4), &objectives(1))
}

fn near(value: f64, wanted: f64) -> bool {
    (value - wanted).abs() < 1e-9
}

#[test]
fn a_goal_minimises_a_kpi_within_bounds() {
    let text = |goal: &str| asked(goal).text(&objectives(1));
    insta::assert_snapshot!(text("min cost"), @"min cost");
    insta::assert_snapshot!(text("  minimise   rescales "), @"min rescales");
    insta::assert_snapshot!(text("minimize latency_seconds_p95"), @"min latency_seconds_p95");
    insta::assert_snapshot!(
        text("min cost subject to slo_violation_seconds<=60"),
        @"min cost subject to slo_violation_seconds <= 60"
    );
    let wanted = "min cost subject to slo_violation_seconds <= 60 and rescales < 12";
    for separated in [", ", ",", " , ", " and "] {
        let goal = format!("min cost subject to slo_violation_seconds <= 60{separated}rescales<12");
        assert_eq!(text(&goal), wanted, "{goal}");
    }
}

#[test]
fn the_bounds_of_a_goal_are_those_that_were_written() {
    let bounds = |goal: &Goal| -> Vec<String> {
        let bounds = goal.bounds().iter();
        bounds.map(Assertion::text).collect()
    };
    let goal = asked("min cost subject to slo_violation_seconds<=60 and rescales<12");
    assert_eq!(
        bounds(&goal),
        ["slo_violation_seconds <= 60", "rescales < 12"]
    );
    assert!(bounds(&asked("min cost")).is_empty());
    assert!(bounds(&Goal::BetterThanToday).is_empty());
}

#[test]
fn without_a_goal_the_text_says_what_is_better() {
    let mut scenario = scenario(600.0);
    scenario.cost = CostRates::default();
    let unpriced = Objectives::of(&[scenario]);
    insta::assert_snapshot!(Goal::BetterThanToday.text(&objectives(1)), @"cost, SLO-breaking seconds and rescales not above today's, latency p95 and p99 at most 5 % above, and failed requests at most 5 % or 1 in 2,000 requests above, whichever is more; among such policies, the least sum of cost and SLO-breaking seconds (each as a share of today's)");
    insta::assert_snapshot!(Goal::BetterThanToday.text(&unpriced), @"mean replicas, SLO-breaking seconds and rescales not above today's, latency p95 and p99 at most 5 % above, and failed requests at most 5 % or 1 in 2,000 requests above, whichever is more; among such policies, the least sum of mean replicas and SLO-breaking seconds (each as a share of today's)");
}

#[test]
fn what_is_no_goal_is_told_with_the_remedy() {
    let fault = |goal: &str| Goal::parse(goal).expect_err("a fault").to_string();
    insta::assert_snapshot!(fault("max cost"), @"`--goal max cost`: a goal minimises a KPI; write `min cost`, or `min cost subject to slo_violation_seconds<=60`");
    for goal in [
        "",
        "cost",
        "min",
        "min cost with rescales<3",
        "min cost subject to",
    ] {
        assert_eq!(fault(goal), fault("max cost").replace("max cost", goal));
    }
    insta::assert_snapshot!(fault("min money"), @"`--goal min money`: there is no KPI `money`; `hpasim run POLICY TRACE --format json` prints them all");
    for (goal, bound) in [
        ("min cost subject to rescales", "rescales"),
        ("min cost subject to rescales<=few", "rescales<=few"),
        (
            "min cost subject to slo_violation_second<=60",
            "slo_violation_second<=60",
        ),
        ("min cost subject to rescales<3,", ""),
    ] {
        let of_bound = Assertion::parse_argument(bound).expect_err("a fault");
        let expected = format!("`--goal {goal}`: {}; {}", of_bound.message, of_bound.help);
        assert_eq!(fault(goal), expected);
    }
    insta::assert_snapshot!(fault("min cost subject to fast.rescales<3"), @"`--goal min cost subject to fast.rescales<3`: `fast` names a policy, and a goal applies to every policy; leave out the name and its dot");
}

#[test]
fn a_missed_bound_weighs_more_than_any_value_and_what_is_unknown_is_farthest() {
    let score = |violation: f64, value: f64| Score {
        violation,
        value,
        tie: 0.0,
    };
    let rising = [
        score(0.0, 1.0),
        score(0.0, 2.0),
        score(0.0, f64::NAN),
        score(0.1, 0.0),
        score(0.2, 0.0),
        score(f64::NAN, 0.0),
    ];
    for pair in rising.windows(2) {
        assert_eq!(pair[0].compare(&pair[1]), Ordering::Less, "{pair:?}");
        assert_eq!(pair[1].compare(&pair[0]), Ordering::Greater, "{pair:?}");
    }
    let unknown = score(f64::NAN, f64::NAN);
    assert_eq!(unknown.compare(&unknown), Ordering::Equal);
    assert!(score(0.0, f64::NAN).is_met());
    assert!(!score(1e-9, 0.0).is_met() && !unknown.is_met());
}

#[test]
fn todays_policy_meets_the_goal_of_being_no_worse_than_today() {
    let today = score(&Goal::BetterThanToday, &under_one(10.0, 100.0, 4));
    assert!(today.is_met());
    assert!(near(today.value, 2.0), "{today:?}");
}

#[test]
fn without_a_goal_the_sum_of_cost_and_harm_counts_in_parts_of_todays() {
    let better = score(&Goal::BetterThanToday, &under_one(9.0, 50.0, 4));
    assert!(better.is_met());
    assert!(near(better.value, 0.9 + 0.5), "{better:?}");
}

#[test]
fn more_cost_or_more_rescales_or_more_harm_than_today_is_a_violation() {
    let violation = |cost, harm, rescales| {
        score(&Goal::BetterThanToday, &under_one(cost, harm, rescales)).violation
    };
    assert!(near(violation(11.0, 0.0, 0), 0.1));
    assert!(near(violation(0.0, 150.0, 0), 0.5));
    assert!(near(violation(0.0, 0.0, 7), 0.75));
    assert!(near(violation(11.0, 150.0, 7), 0.1 + 0.5 + 0.75));
    // A rest of the arithmetic is not more.
    assert!(near(violation(10.0 + 1e-12, 100.0, 4), 0.0));
}

#[test]
fn more_harm_under_one_trace_is_a_violation_even_if_the_sum_falls() {
    let today = under_two([100.0, 100.0]);
    let score = |harm| Goal::BetterThanToday.score(&under_two(harm), &today, &objectives(2));
    let elsewhere = score([0.0, 110.0]);
    assert!(near(elsewhere.violation, 0.1), "{elsewhere:?}");
    assert!(near(elsewhere.value, 1.0 + 0.55), "{elsewhere:?}");
    assert!(score([50.0, 100.0]).is_met());
}

#[test]
fn latency_or_failures_that_users_would_feel_under_one_trace_are_a_violation() {
    let policy = |p95: [f64; 2], failed: f64| {
        Measured::of(&p95.map(|p95| {
            vec![Kpis {
                latency_seconds_p95: Some(p95),
                failed_share: Some(failed),
                ..under_a_trace(10.0, Some(100.0), 4)[0].clone()
            }]
        }))
    };
    let today = policy([0.1, 0.2], 0.01);
    let is_met = |p95: [f64; 2], failed: f64| {
        let score = Goal::BetterThanToday.score(&policy(p95, failed), &today, &objectives(2));
        score.is_met()
    };
    assert!(is_met([0.104, 0.2], 0.0104));
    assert!(!is_met([0.106, 0.1], 0.01));
    assert!(!is_met([0.1, 0.2], 0.0106));
    let goal = asked("min cost");
    let slow = goal.score(&policy([1.0, 1.0], 0.5), &today, &objectives(2));
    assert!(slow.is_met());
}

#[test]
fn cost_and_rescales_count_over_all_traces_together() {
    let of = |cost: [f64; 2], rescales: [u32; 2]| {
        let traces = cost.into_iter().zip(rescales);
        let runs = traces.map(|(cost, rescales)| under_a_trace(cost, Some(100.0), rescales));
        Measured::of(&runs.collect::<Vec<_>>())
    };
    let today = of([10.0, 10.0], [4, 4]);
    let score = |measured| Goal::BetterThanToday.score(&measured, &today, &objectives(2));
    assert!(score(of([15.0, 5.0], [8, 0])).is_met());
    assert!(near(score(of([15.0, 7.0], [8, 4])).violation, 0.1 + 0.5));
}

#[test]
fn harm_where_today_does_none_is_a_violation_in_its_own_unit() {
    let today = under_one(10.0, 0.0, 0);
    let score = |measured| Goal::BetterThanToday.score(&measured, &today, &objectives(1));
    assert!(near(score(under_one(5.0, 3.0, 0)).violation, 3.0));
    assert!(near(score(under_one(5.0, 0.0, 0)).value, 0.5));
}

#[test]
fn harm_without_a_value_is_farthest_from_the_goal() {
    let unknown = Measured::of(&[under_a_trace(1.0, None, 0)]);
    let unknown = score(&Goal::BetterThanToday, &unknown);
    let dreadful = score(&Goal::BetterThanToday, &under_one(1e9, 1e9, 1_000_000));
    assert_eq!(dreadful.compare(&unknown), Ordering::Less);
    assert!(!unknown.is_met());
}

#[test]
fn a_bound_is_missed_in_its_own_parts_whatever_the_comparator() {
    let violation = |bound: &str| {
        let goal = asked(&format!("min cost subject to {bound}"));
        score(&goal, &under_one(10.0, 90.0, 4)).violation
    };
    assert!(near(violation("slo_violation_seconds<=90"), 0.0));
    assert!(near(violation("slo_violation_seconds<=60"), 0.5));
    assert!(near(violation("slo_violation_seconds>=120"), 0.25));
    assert!(near(violation("slo_violation_seconds==120"), 0.25));
    assert!(near(violation("slo_violation_seconds==60"), 0.5));
    assert!(near(violation("slo_violation_seconds==90"), 0.0));
    assert!(near(violation("rescales<8 and rescales>=1"), 0.0));
    assert!(near(
        violation("slo_violation_seconds<=60, rescales<=2"),
        1.5
    ));
    // On the bound itself what must be below or above misses it by next to nothing.
    for strict in ["slo_violation_seconds<90", "slo_violation_seconds>90"] {
        let missed = violation(strict);
        assert!(missed > 0.0 && missed < 1e-6, "{strict}: {missed}");
    }
}

#[test]
fn a_bound_of_zero_is_missed_in_parts_of_todays_value() {
    let goal = asked("min cost subject to slo_violation_seconds<=0");
    let violation = |harm| score(&goal, &under_one(10.0, harm, 4)).violation;
    assert!(near(violation(0.0), 0.0));
    assert!(near(violation(25.0), 0.25));
    assert!(violation(25.0) < violation(50.0));
}

#[test]
fn a_bound_of_zero_is_missed_by_more_where_more_is_missed_even_if_todays_value_is_unknown() {
    let goal = asked("min cost subject to slo_violation_seconds<=0");
    let today = Measured::of(&[under_a_trace(10.0, None, 4)]);
    let violation = |harm| {
        let measured = under_one(10.0, harm, 4);
        goal.score(&measured, &today, &objectives(1)).violation
    };
    assert!(violation(25.0) < violation(50.0));
}

#[test]
fn bounds_hold_under_each_trace_and_not_in_the_sum() {
    let goal = asked("min cost subject to slo_violation_seconds<=60");
    let today = under_two([100.0, 100.0]);
    let score = |harm| goal.score(&under_two(harm), &today, &objectives(2));
    assert!(score([60.0, 60.0]).is_met());
    assert!(near(score([0.0, 90.0]).violation, 0.5));
    assert!(near(score([90.0, 120.0]).violation, 0.5 + 1.0));
}

#[test]
fn what_has_no_value_misses_every_bound_without_end() {
    let goal = asked("min cost subject to slo_violation_seconds<=60");
    let unknown = Measured::of(&[under_a_trace(1.0, None, 0)]);
    assert_eq!(
        score(&goal, &unknown).violation.to_bits(),
        f64::INFINITY.to_bits()
    );
}

#[test]
fn what_is_minimised_adds_up_or_is_that_of_the_worst_trace() {
    let runs: Vec<Vec<Kpis>> = [(10.0, 3, 0.2, 20, 4.0), (20.0, 5, 0.5, 30, 8.0)]
        .map(|(cost, rescales, latency, peak_replicas, pod_hours)| {
            vec![Kpis {
                cost,
                rescales,
                latency_seconds_p95: Some(latency),
                peak_replicas,
                pod_hours,
                ..Kpis::default()
            }]
        })
        .into();
    let measured = Measured::of(&runs);
    let value = |kpi: Kpi| folded(kpi, &measured, &objectives(2));
    assert!(near(value(Kpi::Cost), 30.0));
    assert!(near(value(Kpi::Rescales), 8.0));
    assert!(near(value(Kpi::PodHours), 12.0));
    assert!(near(value(Kpi::LatencySecondsP95), 0.5));
    assert!(near(value(Kpi::PeakReplicas), 30.0));
    // A trace without a value may be the worst.
    assert!(value(Kpi::FirstDecisionSeconds).is_nan());
    assert!(value(Kpi::RequestsFailed).is_nan());
}

#[test]
fn every_kpi_that_counts_or_lasts_adds_up_and_every_share_does_not() {
    let sums: Vec<&str> = Kpi::ALL
        .into_iter()
        .filter(|kpi| kpi.over_traces() == OverTraces::Sum)
        .map(Kpi::name)
        .collect();
    insta::assert_snapshot!(sums.join("\n"), @"
    requests_offered
    requests_succeeded
    requests_failed
    requests_in_flight
    failed_no_endpoint
    failed_not_initialised
    failed_queue_full
    failed_timed_out
    failed_pod_gone
    failed_oom_killed
    retries
    requests_queued
    pod_hours
    requested_core_hours
    cost
    slo_violation_seconds
    rescales
    reversals
    pod_starts
    seconds_at_min
    seconds_at_max
    needed_undefined_seconds
    oom_kills
    ");
}

#[test]
fn without_prices_mean_replicas_stand_for_cost() {
    let goal = asked("min cost subject to rescales<=4");
    let unpriced = goal.clone().with_cost(Objective::MeanReplicas);
    insta::assert_snapshot!(unpriced.text(&objectives(1)), @"min mean_replicas subject to rescales <= 4 (the policy has no prices, so this replaces cost)");
    assert_eq!(goal.clone().with_cost(Objective::Cost), goal);
    let other = asked("min rescales");
    assert_eq!(other.clone().with_cost(Objective::MeanReplicas), other);
    assert_eq!(
        Goal::BetterThanToday.with_cost(Objective::MeanReplicas),
        Goal::BetterThanToday
    );
}
