//! Doubts from runs made by hand.

use super::super::parameter::{Ends, TunedParameter};
use super::super::tests::{EVEN, PROD, WAVE, template};
use super::*;
use crate::results::tests::scenario as scenario_until;
use crate::results::verdicts::check;
use crate::results::{KpiReport, Kpis};
use crate::scenario::CostRates;
use crate::search::parameter::Parameter;

fn objectives() -> Objectives {
    let mut scenario = scenario_until(600.0);
    scenario.cost.per_pod_hour = 0.04;
    Objectives::of(&[scenario])
}

/// What four seeds come to; they share more than the policies differ in.
fn runs(cost: f64, harm: f64, rescales: u32, apart: f64) -> Vec<Kpis> {
    let seeds = [-1.5, -0.5, 0.5, 1.5];
    let run = |seed: f64| Kpis {
        cost: cost + 100.0 * seed,
        slo_violation_seconds: Some(harm + 100.0 * seed + apart * seed),
        rescales,
        ..Kpis::default()
    };
    seeds.map(run).into()
}

/// Today's policy, which costs 1000, breaks the SLO for 500 s and rescales 9 times, and another.
fn beside_today(proposed: Vec<Kpis>) -> Vec<TraceRuns> {
    let today = runs(1000.0, 500.0, 9, 0.0);
    let seeds = proposed.len();
    vec![TraceRuns {
        trace: "spike".to_owned(),
        runs: vec![today[..seeds].to_vec(), proposed],
    }]
}

fn judged(goal: &Goal, proposed: Vec<Kpis>) -> HeldOutVerdict {
    verdict(goal, &objectives(), &beside_today(proposed), &[])
}

fn kpis(differences: &[KpiDifference]) -> Vec<Kpi> {
    differences.iter().map(|it| it.kpi).collect()
}

/// What a verdict of "better" says became less.
fn gained(verdict: &HeldOutVerdict) -> Vec<Kpi> {
    match verdict {
        HeldOutVerdict::Better { gains } => kpis(&gains.kpis),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gain_beyond_the_noise_without_a_loss_is_better() {
    let goal = Goal::BetterThanToday;
    assert_eq!(
        gained(&judged(&goal, runs(990.0, 500.0, 9, 0.0))),
        [Kpi::Cost]
    );
    assert_eq!(
        gained(&judged(&goal, runs(1000.0, 480.0, 8, 0.0))),
        [Kpi::SloViolationSeconds]
    );
}

#[test]
fn what_differs_by_less_than_its_interval_is_within_the_noise() {
    let found = judged(&Goal::BetterThanToday, runs(1000.0, 499.0, 9, 10.0));
    let HeldOutVerdict::WithinNoise { gains } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(kpis(gains), [Kpi::Cost, Kpi::SloViolationSeconds]);
    assert!((gains[1].difference.mean + 1.0).abs() < 1e-9);
    assert!(!gains[1].difference.excludes(0.0));
    assert!(!found.recommends());
}

#[test]
fn without_a_goal_of_the_users_a_loss_is_worse_whatever_the_gain() {
    let found = judged(&Goal::BetterThanToday, runs(900.0, 500.0, 12, 0.0));
    let HeldOutVerdict::Worse { losses } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(kpis(losses), [Kpi::Rescales]);
    assert_eq!(losses[0].heading(), "rescales");
    assert!(!found.recommends());
}

#[test]
fn a_gain_that_was_asked_for_and_more_harm_are_a_trade() {
    let goal = Goal::parse("min cost").expect("a goal");
    let found = judged(&goal, runs(900.0, 600.0, 9, 0.0));
    let HeldOutVerdict::Trade { gains, losses } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(kpis(&gains.kpis), [Kpi::Cost]);
    assert_eq!(kpis(losses), [Kpi::SloViolationSeconds]);
    assert!(found.recommends());
    // What has a bound may become more within it.
    let goal = Goal::parse("min cost subject to slo_violation_seconds<=9000");
    let found = judged(&goal.expect("a goal"), runs(900.0, 600.0, 9, 0.0));
    assert_eq!(gained(&found), [Kpi::Cost]);
}

#[test]
fn replicas_of_traces_that_differ_in_length_are_counted_in_pod_hours() {
    let mut unpriced = scenario_until(600.0);
    unpriced.cost = CostRates::default();
    let objectives = Objectives::of(&[unpriced]);
    // Half an hour with two pods more, ten hours with one pod less.
    let trace = |hours: f64, pods: [f64; 2]| TraceRuns {
        trace: "some".to_owned(),
        runs: pods
            .map(|mean_replicas| {
                let run = Kpis {
                    mean_replicas,
                    pod_hours: mean_replicas * hours,
                    ..Kpis::default()
                };
                vec![run.clone(), run]
            })
            .into(),
    };
    let traces = [trace(0.5, [2.0, 4.0]), trace(10.0, [5.0, 4.0])];
    let found = verdict(&Goal::BetterThanToday, &objectives, &traces, &[]);
    assert_eq!(gained(&found), [Kpi::PodHours]);
}

#[test]
fn losses_without_a_gain_are_worse_and_not_within_the_noise() {
    let found = judged(&Goal::BetterThanToday, runs(1100.0, 600.0, 9, 0.0));
    let HeldOutVerdict::Worse { losses } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(kpis(losses), [Kpi::Cost, Kpi::SloViolationSeconds]);
    assert!(!found.recommends());
}

#[test]
fn one_seed_tells_nothing() {
    let one = runs(2000.0, 900.0, 99, 0.0)[..1].to_vec();
    assert_eq!(judged(&Goal::BetterThanToday, one), HeldOutVerdict::OneSeed);
}

#[test]
fn a_bound_that_is_missed_decides_before_all_else() {
    let goal = Goal::parse("min cost subject to rescales<=8").expect("a goal");
    let traces = beside_today(runs(10.0, 0.0, 9, 0.0));
    let report = KpiReport::of(&traces[0].runs[1]).expect("runs");
    let bounds = [check(&goal.bounds()[0], "proposed", "spike", &report)];
    let found = verdict(&goal, &objectives(), &traces, &bounds);
    assert_eq!(found, HeldOutVerdict::BoundMissed);
    assert!(!found.recommends());
}

#[test]
fn a_bound_that_today_misses_and_the_proposal_meets_is_better_whatever_it_costs() {
    let goal = Goal::parse("min rescales subject to slo_violation_seconds<=400 and cost>=1");
    let found = judged(&goal.expect("a goal"), runs(5000.0, 400.0, 12, 0.0));
    let HeldOutVerdict::Better { gains } = &found else {
        panic!("{found:?}");
    };
    let bounds: Vec<String> = gains.bounds.iter().map(Assertion::condition).collect();
    assert_eq!(bounds, ["slo_violation_seconds <= 400"]);
    assert_eq!(kpis(&gains.kpis), [Kpi::SloViolationSeconds]);
}

#[test]
fn where_today_meets_the_bounds_only_what_is_minimised_is_progress() {
    let goal = Goal::parse("min rescales subject to slo_violation_seconds<=600");
    let goal = goal.expect("a goal");
    // Less harm and as many rescales is not what was asked for.
    let found = judged(&goal, runs(1000.0, 300.0, 9, 0.0));
    assert!(
        matches!(found, HeldOutVerdict::WithinNoise { .. }),
        "{found:?}"
    );
    let found = judged(&goal, runs(1000.0, 300.0, 10, 0.0));
    assert!(matches!(found, HeldOutVerdict::Worse { .. }), "{found:?}");
    let found = judged(&goal, runs(1000.0, 550.0, 8, 0.0));
    assert_eq!(gained(&found), [Kpi::Rescales]);
}

#[test]
fn without_a_goal_that_allows_it_what_users_feel_is_not_recommended() {
    let slow = |latency: f64| {
        let mut slow = runs(900.0, 400.0, 5, 0.0);
        for run in &mut slow {
            run.latency_seconds_p95 = Some(latency);
        }
        slow
    };
    let found = |goal: &Goal, latency: f64| {
        let mut traces = beside_today(slow(latency));
        for run in &mut traces[0].runs[0] {
            run.latency_seconds_p95 = Some(0.1);
        }
        verdict(goal, &objectives(), &traces, &[])
    };
    let felt = found(&Goal::BetterThanToday, 0.12);
    let HeldOutVerdict::Felt { effects } = &felt else {
        panic!("{felt:?}");
    };
    assert_eq!(effects[0].kpi, Kpi::LatencySecondsP95);
    assert!(!felt.recommends());
    assert!(found(&Goal::BetterThanToday, 0.105).recommends());
    let goal = Goal::parse("min cost").expect("a goal");
    assert!(found(&goal, 0.12).recommends());
}

#[test]
fn a_balance_names_what_is_bought_and_what_it_costs() {
    let traces = beside_today(runs(900.0, 500.0, 12, 0.0));
    let balance = Balance::of(&Goal::BetterThanToday, &objectives(), &traces);
    assert_eq!(kpis(&balance.buys), [Kpi::Cost]);
    assert_eq!(kpis(&balance.costs), [Kpi::Rescales]);
}

#[test]
fn what_a_proposal_costs_has_every_row_of_the_comparison_that_became_worse() {
    let mut throttled = runs(900.0, 500.0, 9, 0.0);
    for run in &mut throttled {
        run.throttled_share = Some(0.3);
    }
    let mut traces = beside_today(throttled);
    for run in &mut traces[0].runs[0] {
        run.throttled_share = Some(0.1);
    }
    let balance = Balance::of(&Goal::BetterThanToday, &objectives(), &traces);
    assert_eq!(kpis(&balance.costs), [Kpi::ThrottledShare]);
}

#[test]
fn the_difference_in_the_goal_is_that_of_two_proposals_seed_by_seed() {
    let of = |cost: f64, apart: f64| beside_today(runs(cost, 500.0, 9, apart));
    let difference = |one: &[TraceRuns], other: &[TraceRuns]| {
        goal_difference(&Goal::BetterThanToday, &objectives(), one, other)
    };
    let nearer = difference(&of(900.0, 0.0), &of(950.0, 0.0)).expect("values");
    assert!(nearer.mean < 0.0 && nearer.excludes(0.0), "{nearer:?}");
    let noise = difference(&of(999.0, 20.0), &of(1000.0, 0.0)).expect("values");
    assert!(!noise.excludes(0.0), "{noise:?}");
    // The one costs more than today's policy, which the goal forbids.
    assert_eq!(difference(&of(1100.0, 0.0), &of(950.0, 0.0)), None);
}

#[test]
fn without_bounds_more_of_what_is_minimised_is_worse() {
    let goal = Goal::parse("min rescales").expect("a goal");
    let found = judged(&goal, runs(10.0, 500.0, 12, 0.0));
    assert!(matches!(found, HeldOutVerdict::Worse { .. }), "{found:?}");
}

#[test]
fn a_kpi_that_is_minimised_and_bounded_is_named_once() {
    let goal =
        "min slo_violation_seconds subject to cost<=2000, slo_violation_seconds<=900, cost<5000";
    let found = judged(
        &Goal::parse(goal).expect("a goal"),
        runs(1000.0, 500.0, 9, 0.0),
    );
    let HeldOutVerdict::WithinNoise { gains } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(kpis(gains), [Kpi::SloViolationSeconds, Kpi::Cost]);
}

#[test]
fn what_has_no_value_is_no_gain() {
    let goal = Goal::parse("min first_decision_seconds").expect("a goal");
    let found = judged(&goal, runs(1.0, 0.0, 0, 0.0));
    assert_eq!(found, HeldOutVerdict::WithinNoise { gains: Vec::new() });
}

fn effects(goal: &Goal, proposed: Vec<Kpis>) -> Vec<Caution> {
    doubts_of_report(goal, &objectives(), &beside_today(proposed))
}

#[test]
fn what_users_feel_is_told_where_the_goal_does_not_look_at_it() {
    let goal = Goal::parse("min cost").expect("a goal");
    let found = effects(&goal, runs(10.0, 700.0, 9, 0.0));
    let [Caution::SideEffects(felt)] = &found[..] else {
        panic!("{found:?}");
    };
    let [only] = &felt[..] else {
        panic!("{felt:?}");
    };
    assert_eq!(
        (only.kpi, only.trace.as_str()),
        (Kpi::SloViolationSeconds, "spike")
    );
    assert_eq!((only.today.round(), only.proposed.round()), (500.0, 700.0));
    // Less than a tenth more is not worth a line, nor is what the goal looks at.
    assert_eq!(effects(&goal, runs(10.0, 540.0, 9, 0.0)), []);
    assert_eq!(
        effects(&Goal::BetterThanToday, runs(10.0, 700.0, 9, 0.0)),
        []
    );
}

#[test]
fn a_policy_that_hardly_scales_is_told() {
    let found = effects(&Goal::BetterThanToday, runs(10.0, 500.0, 0, 0.0));
    let [Caution::HardlyScales { today, proposed }] = found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((today.round(), proposed.round()), (9.0, 0.0));
    assert_eq!(
        effects(&Goal::BetterThanToday, runs(10.0, 500.0, 2, 0.0)),
        []
    );
}

fn better() -> HeldOutVerdict {
    HeldOutVerdict::Better {
        gains: GoalGains::default(),
    }
}

#[test]
fn what_users_would_feel_under_the_training_beyond_the_noise_is_told_too() {
    let goal = Goal::parse("min rescales").expect("a goal");
    // Three seeds that differ by `apart`.
    let runs = |harm: f64, apart: f64| -> Vec<Kpis> {
        let run = |seed: f64| Kpis {
            slo_violation_seconds: Some(harm + apart * seed),
            failed_share: Some(0.1),
            ..Kpis::default()
        };
        [-1.0, 0.0, 1.0].map(run).into()
    };
    let of = |goal: &Goal, proposed: Vec<Kpis>| {
        let judged = [TraceRuns {
            trace: "spike until 15m".to_owned(),
            runs: vec![runs(100.0, 0.0), proposed],
        }];
        doubts_of_training(goal, &objectives(), &judged)
    };
    let found = of(&goal, runs(645.0, 50.0));
    let [Caution::TrainingSideEffects(felt)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(felt.len(), 1);
    assert_eq!(felt[0].trace, "spike until 15m");
    assert_eq!(better().beside_training(&found), HeldOutVerdict::Harmful);
    assert_eq!(
        HeldOutVerdict::OneSeed.beside_training(&found),
        HeldOutVerdict::OneSeed
    );
    assert_eq!(better().beside_training(&[]), better());
    assert_eq!(of(&goal, runs(645.0, 400.0)), []);
    assert_eq!(of(&goal, runs(105.0, 1.0)), []);
    assert_eq!(of(&Goal::BetterThanToday, runs(645.0, 50.0)), []);
}

#[test]
fn traffic_is_doubted_where_no_spike_is_seen() {
    let of = |trace: &str| vec![template(PROD, trace).scenario(&[]).expect("sound")];
    let (even, wave) = (of(EVEN), of(WAVE));
    assert_eq!(
        doubts_of_traffic(&even, &wave),
        [Caution::TrainedWithoutSpike]
    );
    assert_eq!(
        doubts_of_traffic(&even, &even),
        [Caution::TrainedWithoutSpike]
    );
    assert_eq!(
        doubts_of_traffic(&wave, &even),
        [Caution::HeldOutWithoutSpike]
    );
    assert_eq!(doubts_of_traffic(&wave, &wave), []);
    // One trace with a spike is enough.
    let both = [even.clone(), wave.clone()].concat();
    assert_eq!(doubts_of_traffic(&both, &wave), []);
}

#[test]
fn the_search_is_doubted_where_the_fluid_engine_overloads_pods_under_one_trace() {
    let run = |timed_out: f64| {
        vec![Kpis {
            requests_offered: Some(1000.0),
            failed_timed_out: Some(timed_out),
            failed_queue_full: Some(1.0),
            ..Kpis::default()
        }]
    };
    let today = Measured::of(&[run(0.0), run(10.0)]);
    let of = |second: Engine| doubts_of_engine(&today, [Engine::Fluid, second].into_iter());
    assert_eq!(of(Engine::Fluid), [Caution::OverloadedFluid]);
    assert_eq!(of(Engine::Request), []);
}

#[test]
fn a_change_at_the_end_of_its_range_or_outside_the_autoscaler_is_doubted() {
    let parameter = |path: &str, values: &[&str], ends: Ends| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let listed = Parameter::listed(path, values);
        TunedParameter::new(listed, Some(1)).with_ends(ends)
    };
    let space = Space::new(vec![
        parameter("hpa.maxReplicas", &["10", "20", "40"], Ends::CHOSEN),
        parameter("hpa.minReplicas", &["1", "2", "4"], Ends::FROM_NATURAL),
        parameter(
            "controller.sync_period",
            &["\"5s\"", "\"15s\"", "\"30s\"", "\"60s\""],
            Ends::CHOSEN,
        ),
    ]);
    let outside = |value: &str| Caution::OutsidePatch {
        path: "controller.sync_period".to_owned(),
        value: value.to_owned(),
    };
    let border = |label: &str, value: &str| Caution::AtBorder {
        label: label.to_owned(),
        value: value.to_owned(),
    };
    let of = |values: [u64; 3]| doubts_of_changes(&space, &Candidate::of(&values));
    assert_eq!(of([1, 1, 1]), []);
    // At the natural end of its range there is nothing beyond.
    assert_eq!(of([1, 0, 2]), [outside("\"30s\"")]);
    assert_eq!(
        of([2, 2, 0]),
        [
            border("maxReplicas", "40"),
            border("minReplicas", "4"),
            border("controller.sync_period", "\"5s\""),
            outside("\"5s\""),
        ]
    );
}

#[test]
fn a_tolerance_takes_a_cluster_that_knows_it() {
    let values = ["0.05", "0.1"].map(|it| format!("\"{it}\"")).into();
    let listed = Parameter::listed("hpa.behavior.scaleUp.tolerance", values);
    let tolerance = TunedParameter::new(listed, Some(1)).with_ends(Ends::FROM_NATURAL);
    let space = Space::new(vec![tolerance]);
    assert_eq!(
        doubts_of_changes(&space, &Candidate::of(&[0])),
        [Caution::Tolerance]
    );
}

#[test]
fn a_goal_that_the_nearest_misses_is_out_of_reach() {
    let score = |violation: f64| Score {
        violation,
        value: 1.0,
        tie: 1.0,
    };
    assert_eq!(doubts_of_goal(&score(0.0)), []);
    assert_eq!(doubts_of_goal(&score(0.01)), [Caution::GoalOutOfReach]);
    assert_eq!(doubts_of_goal(&score(f64::NAN)), [Caution::GoalOutOfReach]);
}

#[test]
fn kpis_that_are_objectives_have_a_heading_and_others_their_name() {
    let heading = |kpi| {
        let difference = Estimate::of(&[1.0]).expect("a mean");
        KpiDifference { kpi, difference }.heading()
    };
    assert_eq!(heading(Kpi::SloViolationSeconds), "SLO-breaking seconds");
    assert_eq!(heading(Kpi::MeanReplicas), "mean replicas");
    assert_eq!(heading(Kpi::PodHours), "pod hours");
    assert_eq!(heading(Kpi::Reversals), "reversals");
}
