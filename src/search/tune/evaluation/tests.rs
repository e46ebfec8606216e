//! Means over seeds, and simulations whose number of threads nobody sees.

use super::super::tests::{EVEN, PROD, WAVE, question, template, threads, written};
use super::*;
use crate::results::tests::scenario as scenario_until;

fn run(harm: Option<f64>, rescales: u32) -> Kpis {
    Kpis {
        slo_violation_seconds: harm,
        rescales,
        mean_replicas: 4.0,
        ..Kpis::default()
    }
}

fn by_trace(measured: &Measured, kpi: Kpi) -> Vec<f64> {
    measured.by_trace(kpi).collect()
}

#[test]
fn a_kpi_is_its_mean_over_the_seeds_that_give_it() {
    let measured = Measured::of(&[
        vec![run(Some(10.0), 1), run(None, 2), run(Some(20.0), 6)],
        vec![run(None, 0), run(None, 0), run(None, 1)],
    ]);
    assert_eq!(measured.runs, 6);
    assert_eq!(by_trace(&measured, Kpi::Rescales), [3.0, 1.0 / 3.0]);
    let harm = by_trace(&measured, Kpi::SloViolationSeconds);
    assert!(
        (harm[0] - 15.0).abs() < 1e-12 && harm[1].is_nan(),
        "{harm:?}"
    );
    assert!(
        by_trace(&measured, Kpi::FirstDecisionSeconds)
            .iter()
            .all(|it| it.is_nan())
    );
}

#[test]
fn the_objectives_fold_the_traces() {
    let scenario = scenario_until(60.0);
    let mut unpriced = scenario;
    unpriced.cost = crate::scenario::CostRates::default();
    let objectives = Objectives::of(&[unpriced.clone(), unpriced]);
    let measured = Measured::of(&[vec![run(Some(10.0), 1)], vec![run(Some(5.0), 2)]]);
    assert_eq!(
        measured.weighed(&objectives),
        Weighed {
            cost: 4.0,
            harm: 15.0,
            rescales: 3.0
        }
    );
}

#[test]
fn any_number_of_threads_measures_the_same() {
    let question = question(PROD, &[EVEN, WAVE], "", &["minReplicas", "maxReplicas"]);
    let candidates = question.space.latin_hypercube(7, Seed(1));
    let measured = |count: usize| {
        let training = Training {
            threads: threads(count),
            ..question.training()
        };
        training.evaluate(&question.space, &candidates, 3, &|| ())
    };
    let one = measured(1);
    assert_eq!(one.len(), 7);
    assert!(one.iter().all(Result::is_ok));
    assert_eq!(written(&one), written(&measured(5)));
}

#[test]
fn a_candidate_is_what_a_run_with_its_arguments_gives() {
    let question = question(PROD, &[WAVE], "", &["targetCPUUtilizationPercentage"]);
    let candidate = Candidate::of(&[7]);
    let arguments = question.space.arguments(&candidate);
    assert_eq!(arguments, ["hpa.targetCPUUtilizationPercentage=65"]);
    let scenario = question.templates[0].scenario(&arguments).expect("sound");
    let runs = question
        .seeds
        .iter()
        .map(|seed| simulate_kpis(&scenario, Engine::Fluid, *seed));
    let wanted = Measured::of(&[runs.collect()]);
    let measured = question
        .training()
        .evaluate(&question.space, &[candidate], 3, &|| ());
    assert_eq!(
        written(&measured),
        written(&[Ok::<Measured, Diagnostics>(wanted)])
    );
}

#[test]
fn a_candidate_that_is_no_policy_says_why_and_does_not_stop_the_others() {
    let question = question(
        PROD,
        &[EVEN, WAVE],
        "",
        &["hpa.maxReplicas=50,0,60", "hpa.minReplicas=1,2"],
    );
    let candidates = [[0, 1], [1, 0], [2, 1]].map(|values| Candidate::of(&values));
    let measured = question
        .training()
        .evaluate(&question.space, &candidates, 3, &|| ());
    let told: Vec<String> = measured
        .iter()
        .map(|result| match result {
            Ok(measured) => format!("{} runs", measured.runs),
            Err(diagnostics) => diagnostics.to_string(),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    6 runs
    E0016: hpa.maxReplicas: maxReplicas must be greater than 0 (--set:1:17)
    6 runs
    ");
}

#[test]
fn fewer_seeds_are_the_first_ones() {
    let question = question(PROD, &[EVEN], "", &["minReplicas"]);
    let today = question.space.today().expect("today's policy");
    let evaluate = |seeds: usize| {
        let measured = question.training().evaluate(
            &question.space,
            std::slice::from_ref(&today),
            seeds,
            &|| (),
        );
        measured.into_iter().next().expect("one").expect("a policy")
    };
    assert_eq!((evaluate(1).runs, evaluate(2).runs), (1, 2));
    assert_eq!(written(&evaluate(9)), written(&question.today));
}

#[test]
fn every_simulation_is_counted() {
    let question = question(PROD, &[EVEN, WAVE], "", &["minReplicas"]);
    let count = std::sync::atomic::AtomicU32::new(0);
    let candidates = question.space.latin_hypercube(4, Seed(1));
    question
        .training()
        .evaluate(&question.space, &candidates, 3, &|| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
    assert_eq!(count.into_inner(), 4 * 2 * 3);
}

#[test]
fn the_request_engine_judges_wherever_it_can_follow() {
    let engines = |trace: &str| {
        let template = template(PROD, trace);
        let scenario = template.scenario(&[]).expect("sound");
        [Simulator::Template, Simulator::Request].map(|it| it.engine(&template, &scenario))
    };
    assert_eq!(engines(EVEN), [Engine::Fluid, Engine::Request]);
    let cpu = "time_s,cpu_millicores\n0,100\n600,100\n";
    assert_eq!(engines(cpu), [Engine::Fluid, Engine::Fluid]);
    let users = "time_s,users\n0,10\n600,10\n";
    assert_eq!(engines(users), [Engine::Request, Engine::Request]);
}
