//! The page as it is read, with a proposal and without, and every reason to doubt word for word.

use super::*;
use crate::kpi::Kpi;
use crate::render::comparison::TraceFacts;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::tests::scenario;
use crate::results::verdicts::check;
use crate::results::{KpiReport, Kpis};
use crate::scenario::{Assertion, Engine};
use crate::search::parameter::Parameter;
use crate::search::summary::ObjectiveValues;
use crate::search::tune::bounds::{BoundsCheck, BrokenBound, GoalBound};
use crate::search::tune::caution::{SideEffect, verdict};
use crate::search::tune::goal::Score;
use crate::search::tune::judge::WhyNotProposed;
use crate::search::tune::parameter::TunedParameter;
use crate::search::tune::summary::{SearchFacts, TuneFacts, TuneRequest};
use crate::units::{Replicas, Seed};

fn space() -> Space {
    let parameter = |path: &str, values: &[&str], today: Option<u64>| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        TunedParameter::new(Parameter::listed(path, values), today)
    };
    let percent = "hpa.behavior.scaleDown.policies.0.value";
    Space::new(vec![
        parameter("hpa.minReplicas", &["1", "2", "4"], Some(0)),
        parameter(percent, &["10", "50"], Some(1)).meaning("Percent"),
        parameter("controller.sync_period", &["\"5s\"", "\"10s\""], None),
        parameter("hpa.maxReplicas", &["40", "50"], Some(1)),
    ])
}

fn objectives() -> Objectives {
    let mut scenario = scenario(600.0);
    scenario.cost.per_pod_hour = 0.04;
    Objectives::of(&[scenario])
}

const TODAY: [f64; 3] = [12.3456, 101.0, 20.0];

fn summary<'a>(finalists: usize, held_out_traces: &[&str]) -> TuneSummary<'a> {
    let facts = TuneFacts {
        policy: "prod".to_owned(),
        training: ["spike until 16m", "diurnal until 16h"]
            .map(str::to_owned)
            .into(),
        training_seeds: vec![1, 2, 3],
        held_out_traces: held_out_traces.iter().map(|it| (*it).to_owned()).collect(),
        held_out_start: vec![Some(20), None],
        held_out_spikes: vec![
            "diurnal from 16h has no spike, so hpasim added the spike of spike until 16m to it: up to 296 requests per second more, for 5 minutes from minute 4 on".to_owned(),
        ],
        seeds: vec![4, 5, 6],
        goal: "min cost subject to slo_violation_seconds <= 60".to_owned(),
        inputs: Vec::new(),
        request: TuneRequest::default(),
        files: Vec::new(),
    };
    let search = SearchFacts {
        method: "evolution",
        engine: "fluid".to_owned(),
        judge: "request".to_owned(),
        budget: 2000,
        tried: 2001,
        refused: 3,
        candidates: 6.04e11,
        finalists,
        objectives: objectives().kpis().map(Kpi::name),
    };
    TuneSummary::new(facts, search, ObjectiveValues::of(Weighed::of(TODAY)))
}

fn shares() -> Vec<Weighed> {
    [
        [0.62, 0.414, 0.03],
        [0.0, 0.009, 0.005],
        [0.1, f64::NAN, 0.71],
        [f64::NAN; 3],
    ]
    .map(Weighed::of)
    .into()
}

fn run(cost: f64, broken: f64) -> Kpis {
    Kpis {
        pod_hours: 25.0 * cost,
        cost,
        mean_replicas: cost,
        peak_replicas: 30,
        slo_violation_seconds: Some(broken),
        failed_share: Some(0.01),
        rescales: 12,
        ..Kpis::default()
    }
}

fn proposal_page(colour: Colour) -> String {
    proposal_page_with(&worth(), colour)
}

fn worth() -> [PutBack; 2] {
    let put_back = |place: usize, harm: Option<f64>| PutBack {
        place,
        measured: Measured::of(&[vec![Kpis {
            slo_violation_seconds: harm,
            ..run(9.5, 0.0)
        }]]),
    };
    [put_back(0, Some(88.0)), put_back(1, None)]
}

fn today() -> Measured {
    Measured::of(&[vec![run(12.3456, 101.0)]])
}

/// One change, and the proposal.
fn steps() -> [JudgedStep; 2] {
    let step = |values: [u64; 4], run: Kpis| JudgedStep {
        candidate: Candidate::of(&values),
        measured: Measured::of(&[vec![run]]),
        bounds: BoundsCheck::default(),
        score: Score {
            violation: 0.0,
            value: 1.6,
            tie: 1.6,
        },
    };
    let mut slow = run(3.5, 70.0);
    slow.latency_seconds_p95 = Some(0.1234);
    [step([2, 1, 0, 1], slow), step([2, 0, 1, 1], run(3.0, 50.0))]
}

fn proposal_page_with(worth: &[PutBack], colour: Colour) -> String {
    let runs = [TraceRuns {
        trace: "spike from 16m".to_owned(),
        runs: vec![
            vec![run(4.0, 80.0), run(4.2, 81.0), run(4.1, 79.0)],
            vec![run(3.0, 50.0), run(3.2, 51.5), run(3.1, 49.0)],
        ],
    }];
    let names = ["prod", "proposed"].map(str::to_owned).into();
    let comparison = Comparison::of(names, &runs);
    let report = ComparisonPage {
        comparison: &comparison,
        traces: &[TraceFacts {
            seconds: 420.0,
            warm_up_seconds: 0.0,
            engine: Engine::Request,
            currency: None,
        }],
        seeds: &[Seed(4), Seed(5), Seed(6)],
        assumed: &[],
        what_matters: None,
        files: &[],
    };
    let candidate = Candidate::of(&[2, 0, 1, 1]);
    let again = [
        "hpasim compare prod.toml output/proposed.toml spike.csv --seed 4 --seeds 3",
        "hpasim compare prod.toml output/proposed.toml diurnal.csv --seed 4 --seeds 3",
    ]
    .map(str::to_owned);
    let bounds = ["slo_violation_seconds<=60", "rescales<12"].map(|bound| {
        let assertion = Assertion::parse_argument(bound).expect("an assertion");
        let of_proposed = KpiReport::of(&runs[0].runs[1]).expect("runs");
        check(&assertion, "proposed", "spike from 16m", &of_proposed)
    });
    let mut summary = summary(6, &["spike from 16m", "diurnal from 16h"]);
    summary.held_out_bounds = &bounds;
    let space = space();
    let goal = Goal::parse("min cost subject to slo_violation_seconds <= 60").expect("a goal");
    let steps = steps();
    let not_proposed = [NotProposed {
        candidate: Candidate::of(&[1, 0, 0, 0]),
        reason: WhyNotProposed::UnpaidBet(vec![Bet::Tolerance {
            label: "behavior.scaleUp.tolerance".to_owned(),
            tolerance: 0.3,
        }]),
    }];
    let verdict = verdict(&goal, &objectives(), &runs, &[]);
    let balance = Balance::of(&goal, &objectives(), &runs);
    let page = TunePage {
        summary: &summary,
        space: &space,
        objectives: &objectives(),
        today: &today(),
        goal: &goal,
        steps: &steps,
        before: &Measured::of(&[vec![run(4.0, 80.0)]]),
        not_proposed: &not_proposed,
        proposal: Some(ProposalView {
            candidate: &candidate,
            report: &report,
            training: &Measured::of(&[vec![run(10.0, 60.0)]]),
            worth,
            patch: "spec:\n  minReplicas: 4\n",
            extent: PatchScope::Whole,
            apply: "kubectl patch hpa prod --type merge --patch-file output/patch.yaml",
            verdict: &verdict,
            balance: &balance,
            bets: &[Bet::LowFloor {
                floor: 1.0,
                needed: Replicas(5),
            }],
            again: &again,
            notes: &["no such thing".to_owned()],
        }),
        sensitivity: &shares(),
        even_sample: 300,
        cautions: &[
            Caution::AtBorder {
                label: "minReplicas".to_owned(),
                value: "4".to_owned(),
            },
            Caution::HeldOutWithoutSpike,
        ],
        files: &[
            "output/patch.yaml".to_owned(),
            "output/summary.json".to_owned(),
        ],
    };
    render_tuning(&page, colour)
}

#[test]
fn a_proposal_stands_beside_today_with_its_changes_their_worth_the_doubts_and_the_patch() {
    insta::assert_snapshot!(proposal_page(Colour::Plain), @"
    prod tuned under spike until 16m and diurnal until 16h
    verdict  better: slo_violation_seconds <= 60 holds, and today's policy misses
             it; cost -1 ± 0, SLO-breaking seconds -29.8 ± 0.7, on traffic and seeds
             that the search did not see
    changes  minReplicas 1 -> 4, behavior.scaleDown.policies.0.value (Percent) 50 ->
             10, controller.sync_period = 10s
    buys     cost -1 ± 0, SLO-breaking seconds -29.8 ± 0.7
    costs    nothing beyond the noise
    bets on  metrics that never drop without load: the quietest minute of the
             search's traffic needs 5 pods, and minReplicas = 1 lets an outage
             upstream take the rest away
    not      better under the training, and not proposed: minReplicas 1 -> 2,
             behavior.scaleDown.policies.0.value (Percent) 50 -> 10,
             controller.sync_period = 5s, maxReplicas 50 -> 40 (on held-out traffic
             it is not nearer to the goal than this proposal beyond the noise, and
             it bets on load that returns by itself: with behavior.scaleUp.tolerance
             = 0.3, the autoscaler does nothing about a metric that is 30 % off its
             target, however long)
    goal     min cost subject to slo_violation_seconds <= 60
    search   2,001 of 6e11 policies by evolution (3 drawn ones are not valid
             policies), fluid engine, 3 seeds; 6 finalists and today's policy by the
             request engine
    report   spike from 16m and diurnal from 16h, 3 seeds that the search did not
             see; ± is the 95 % interval over these seeds, and other days may differ
             by more
             it starts with the pods that today's policy has at that time, for both
             policies: 20
             diurnal from 16h has no spike, so hpasim added the spike of spike until
             16m to it: up to 296 requests per second more, for 5 minutes from
             minute 4 on

    The best single change, the best pair of changes, and the best of all
                                                      cost  SLO-breaking  rescales
                                                                 seconds
     today                                            4.00            80        12
     minReplicas 1 -> 4, controller.sync_period = 5s  3.50            70        12
     3 changes (proposed)                             3.00            50        12
    under the training (spike until 16m and diurnal until 16h), request engine,
    means of 3 seeds

    prod, proposed under spike from 16m, 7m 0s
    request engine, 3 seeds (4 to 6): means, and differences to prod ± 95 %
    interval, seed by seed
    * the interval excludes zero; less is better in every row

                           prod  proposed      to prod
     harm
       SLO broken, s         80      50.2  -29.8 ± 0.7  *
       failed requests, %     1         1        0 ± 0
     cost
       cost                 4.1       3.1       -1 ± 0  *
       pod hours            102      77.5      -25 ± 0  *
       replicas, mean       4.1       3.1       -1 ± 0  *
       replicas, most        30        30        0 ± 0
     stability
       rescales              12        12        0 ± 0
       reversals              0         0        0 ± 0
       pods started           0         0        0 ± 0

    Over 3 seeds, proposed costs 0.76 ± 0.01 times prod and saves 29.8 ± 0.7
    SLO-breaking seconds.

    ✓ proposed under spike from 16m: slo_violation_seconds <= 60 (median 50)
    ✗ proposed under spike from 16m: rescales < 12 (median 12)

    What to change, and what each change is worth
               today  proposed   cost  SLO-breaking seconds  rescales
     proposed                   10.00                    60        12
     without minReplicas
                   1         4   9.50                    88        12
     without behavior.scaleDown.policies.0.value (Percent)
                  50        10   9.50               unknown        12
     without controller.sync_period
                   -       10s      -                     -         -
     today                      12.35                   101        12
    under the training (spike until 16m and diurnal until 16h), fluid engine, means
    of its seeds; -: the budget was used up

    Which parameter matters
                    tried  cost  SLO-breaking seconds  rescales
     controller.sync_period
                  5s, 10s  10 %                     -      71 %
     minReplicas  1, 2, 4  62 %                  41 %       3 %
     behavior.scaleDown.policies.0.value (Percent)
                   10, 50   0 %                   1 %       0 %
    1 more parameter explains less than 0.5 %
    share of the spread that a parameter explains by itself, over 300 policies that
    cover all values evenly

    warning: minReplicas = 4 is the first or the last of the values that the search
             tried; widen them with --param
    warning: the held-out traffic has no spike, so the report does not show how the
             policies handle one; name a trace with a spike with --holdout

    Apply: kubectl patch hpa prod --type merge --patch-file output/patch.yaml
    spec:
      minReplicas: 4

    again    hpasim compare prod.toml output/proposed.toml spike.csv --seed 4 --seeds 3
             hpasim compare prod.toml output/proposed.toml diurnal.csv --seed 4 --seeds 3
    note     no such thing
    written  output/patch.yaml
             output/summary.json
    ");
}

#[test]
fn changes_whose_worth_the_budget_did_not_measure_stand_without_columns_of_worth() {
    let page = proposal_page_with(&[], Colour::Plain);
    let start = page.find("What to change").expect("the changes");
    let changes = page[start..].split("\n\n").next().unwrap_or_default();
    insta::assert_snapshot!(changes, @"
    What to change
                                                    today  proposed
     minReplicas                                        1         4
     behavior.scaleDown.policies.0.value (Percent)     50        10
     controller.sync_period                             -       10s
    what each change is worth is unknown: the budget was used up before it was
    measured; a greater --budget measures it
    ");
}

#[test]
fn colour_marks_headings_and_warnings_and_changes_no_word() {
    let coloured = proposal_page(Colour::Ansi);
    assert!(coloured.contains("\u{1b}[1mprod tuned under spike until 16m"));
    assert!(coloured.contains("\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m: minReplicas = 4"));
    let plain = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(plain, proposal_page(Colour::Plain));
}

#[test]
fn where_nothing_is_better_the_page_says_so_and_proposes_nothing() {
    let space = space();
    let [mut one, mut best] = steps();
    let broken = |kpi: Kpi, trace: Option<&str>, today: f64, judged: f64, most: f64| BrokenBound {
        kpi,
        trace: trace.map(str::to_owned),
        today,
        judged,
        bound: GoalBound::AtMost(most),
        missed_by: judged / most - 1.0,
    };
    let spike = Some("spike until 16m");
    one.bounds.broken = vec![
        broken(Kpi::LatencySecondsP99, spike, 1.69, 2.31, 1.7745),
        broken(Kpi::Cost, None, 4.0, 4.25, 4.0),
    ];
    one.bounds.within_noise = vec![broken(Kpi::LatencySecondsP95, spike, 0.1, 0.1234, 0.105)];
    best.score.value = 2.01;
    let idle = JudgedStep {
        measured: Measured::of(&[vec![run(4.0, 80.0)]]),
        ..best.clone()
    };
    let page = TunePage {
        summary: &summary(3, &["flap"]),
        space: &space,
        objectives: &objectives(),
        today: &today(),
        goal: &Goal::BetterThanToday,
        steps: &[one, best, idle],
        before: &Measured::of(&[vec![run(4.0, 80.0)]]),
        not_proposed: &[],
        proposal: None,
        sensitivity: &[Weighed::of([f64::NAN; 3]); 4],
        even_sample: 300,
        cautions: &[],
        files: &["output/front.csv".to_owned()],
    };
    insta::assert_snapshot!(render_tuning(&page, Colour::Plain), @"
    prod tuned under spike until 16m and diurnal until 16h
    verdict  keep today's policy (4.00 cost, 80 SLO-breaking seconds, 12 rescales):
             none of the 3 best policies that the search tried is nearer to the goal
    not      minReplicas 1 -> 4, controller.sync_period = 5s: latency p99 1.69 s ->
             2.31 s under spike until 16m (at most 1.77 s); cost 4.00 -> 4.25 (at
             most 4.00)
    not      minReplicas 1 -> 4, behavior.scaleDown.policies.0.value (Percent) 50 ->
             10, controller.sync_period = 10s: every bound holds, but the sum of
             cost and SLO-breaking seconds is 2.01 (today 2)
    not      minReplicas 1 -> 4, behavior.scaleDown.policies.0.value (Percent) 50 ->
             10, controller.sync_period = 10s: every bound holds, but the sum of
             cost and SLO-breaking seconds is 2.01 (today 2)
    goal     min cost subject to slo_violation_seconds <= 60
    search   2,001 of 6e11 policies by evolution (3 drawn ones are not valid
             policies), fluid engine, 3 seeds; 3 finalists and today's policy by the
             request engine

    The best single change, the best pair of changes, and the best of all
                                                      cost  SLO-breaking  rescales
                                                                 seconds
     today                                            4.00            80        12
     minReplicas 1 -> 4, controller.sync_period = 5s  3.50            70        12
     3 changes                                        3.00            50        12
    under the training (spike until 16m and diurnal until 16h), request engine,
    means of 3 seeds
    1 more judged policy does the same as today's

    Which parameter matters
    no parameter explains 0.5 % of the spread by itself
    share of the spread that a parameter explains by itself, over 300 policies that
    cover all values evenly

    written  output/front.csv
    ");
}

#[test]
fn of_few_policies_nothing_is_said_about_parameters() {
    let space = space();
    let page = TunePage {
        summary: &summary(1, &["flap"]),
        space: &space,
        objectives: &objectives(),
        today: &today(),
        goal: &Goal::BetterThanToday,
        steps: &[],
        before: &Measured::of(&[vec![run(4.0, 80.0)]]),
        not_proposed: &[],
        proposal: None,
        sensitivity: &shares(),
        even_sample: 20,
        cautions: &[],
        files: &[],
    };
    assert!(!is_sensitivity_known(page.even_sample, &space));
    insta::assert_snapshot!(sensitivity(&page), @"
    unknown: this needs an even sample of 50 policies, and this search has 20; a
    greater --budget draws more
    ");
}

#[test]
fn parameters_stand_in_the_order_of_what_they_explain_with_what_was_tried() {
    assert_eq!(by_share(&shares()), [2, 0, 1, 3]);
    let many: Vec<TunedParameter> = (0..12)
        .map(|place| {
            let listed = Parameter::listed(&format!("p{place}"), vec!["1".to_owned()]);
            TunedParameter::new(listed, Some(0))
        })
        .collect();
    let space = Space::new(many);
    let shares: Vec<Weighed> = (0..12)
        .map(|place| Weighed::of([f64::from(place) / 20.0, 0.0, 0.0]))
        .collect();
    let page = TunePage {
        summary: &summary(1, &["flap"]),
        space: &space,
        objectives: &objectives(),
        today: &today(),
        goal: &Goal::BetterThanToday,
        steps: &[],
        before: &Measured::of(&[vec![run(4.0, 80.0)]]),
        not_proposed: &[],
        proposal: None,
        sensitivity: &shares,
        even_sample: 50,
        cautions: &[],
        files: &[],
    };
    insta::assert_snapshot!(sensitivity(&page), @"
          tried  cost  SLO-breaking seconds  rescales
     p11      1  55 %                   0 %       0 %
     p10      1  50 %                   0 %       0 %
     p9       1  45 %                   0 %       0 %
     p8       1  40 %                   0 %       0 %
     p7       1  35 %                   0 %       0 %
     p6       1  30 %                   0 %       0 %
     p5       1  25 %                   0 %       0 %
     p4       1  20 %                   0 %       0 %
     p3       1  15 %                   0 %       0 %
     p2       1  10 %                   0 %       0 %
     p1       1   5 %                   0 %       0 %
    1 more parameter explains less than 0.5 %
    share of the spread that a parameter explains by itself, over 50 policies that
    cover all values evenly
    ");
}

#[test]
fn a_number_of_policies_is_counted_or_rounded() {
    assert_eq!(how_many(360.0), "360");
    assert_eq!(how_many(999_999.0), "999,999");
    assert_eq!(how_many(1e6), "1e6");
    assert_eq!(how_many(6.04e11), "6e11");
}

#[test]
fn every_doubt_says_what_is_doubtful_and_what_helps() {
    let effect = |kpi: Kpi, today: f64, proposed: f64| SideEffect {
        kpi,
        trace: "spike".to_owned(),
        today,
        proposed,
    };
    let all = [
        Caution::SideEffects(vec![
            effect(Kpi::SloViolationSeconds, 10.0, 27.5),
            effect(Kpi::FailedShare, 0.001, 0.0123),
            effect(Kpi::LatencySecondsP95, 0.111, 0.1784),
            effect(Kpi::LatencySecondsP99, 0.8, 1.5),
            effect(Kpi::RecoverySeconds, 40.0, 95.0),
        ]),
        Caution::TrainingSideEffects(vec![effect(Kpi::SloViolationSeconds, 120.0, 645.0)]),
        Caution::HardlyScales {
            today: 9.83,
            proposed: 0.2,
        },
        Caution::Tolerance,
        Caution::AtBorder {
            label: "minReplicas".to_owned(),
            value: "4".to_owned(),
        },
        Caution::AtBorder {
            label: "controller.sync_period".to_owned(),
            value: "\"5s\"".to_owned(),
        },
        Caution::TrainedWithoutSpike,
        Caution::HeldOutWithoutSpike,
        Caution::GoalOutOfReach,
        Caution::OverloadedFluid,
        Caution::OutsidePatch {
            path: "controller.sync_period".to_owned(),
            value: "\"5s\"".to_owned(),
        },
    ];
    let texts: Vec<String> = all.iter().map(caution_text).collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    worse for users on held-out traffic, in KPIs that the goal does not name: SLO-breaking seconds 10 -> 27.5 under spike; failed requests 0.1 % -> 1.2 % under spike; latency p95 111 ms -> 178 ms under spike; latency p99 800 ms -> 1.5 s under spike; recovery 40 s -> 1m 35s under spike
    worse for users on the traffic of the search, in KPIs that the goal does not name: SLO-breaking seconds 120 -> 645 under spike
    the proposed policy hardly scales (0.2 rescales in a held-out run, 9.8 today): like a fixed number of pods, it fits this traffic and no other
    Kubernetes accepts `tolerance` in `behavior` by default from 1.35 on (earlier: with the feature gate HPAConfigurableTolerance); for an older cluster, search the other parameters with --param
    minReplicas = 4 is the first or the last of the values that the search tried; widen them with --param
    controller.sync_period = 5s is the first or the last of the values that the search tried; widen them with --param
    the traffic of the search has no spike (load that grows 2 times within 5 minutes), so the search did not prepare for one; add a trace with a spike, as from `hpasim trace gen spike`
    the held-out traffic has no spike, so the report does not show how the policies handle one; name a trace with a spike with --holdout
    no policy that the search tried meets the goal on the traffic of the search; this one misses it least
    under today's policy pods are overloaded: more than 1 % of the requests time out or find a full queue. The fluid engine spreads waiting requests over all pods, so latency and failures differ from those of the request engine there (docs/model.md); trust the numbers of the request engine, or search with --engine request
    controller.sync_period = "5s" is not a field of a HorizontalPodAutoscaler, so the patch does not contain it
    "#);
}
