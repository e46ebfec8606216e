//! From load to decision: the time until the autoscaler sees a step of the load.
//!
//! The expected numbers come from an independent prototype of the pipeline (see `docs/model.md`),
//! with 1,000 seeds each. The mean must agree within 1 s, the 95th percentile within 2 s.

#[path = "metrics_delay/custom.rs"]
mod custom;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "plant/scenarios.rs"]
mod scenarios;

use hpasim::cluster::config::StatsProvider;
use hpasim::control::Decided;
use hpasim::engine::random::Distribution;
use hpasim::scenario::{ClusterKind, Engine, Scenario};
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Millicores, Replicas, Seed, SimSpan};
use hpasim::workload::LoadBefore;
use scenarios::Row;

const SEEDS: u64 = 1000;
/// The time of the step. It is late enough that all phases are possible.
const STEP_AT_SECONDS: f64 = 600.0;

#[derive(Default)]
struct FirstRescale {
    seconds: Option<f64>,
}

impl Observer for FirstRescale {
    fn decided(&mut self, decision: &Decided<'_>) {
        if decision.rescaled {
            self.seconds.get_or_insert(decision.time.as_secs_f64());
        }
    }
}

/// `pods` pods exactly at their target; after the step the load is `share` times as high.
fn step(pods: i32, share: f64) -> Scenario {
    let at_target = 5.0 * f64::from(pods);
    let mut scenario = scenarios::prod(scenarios::trace(&[
        Row {
            seconds: 0.0,
            rps: at_target,
        },
        Row {
            seconds: STEP_AT_SECONDS,
            rps: at_target * share,
        },
        Row {
            seconds: STEP_AT_SECONDS + 600.0,
            rps: 0.0,
        },
    ]));
    scenario.deployment.replicas = Replicas(pods);
    scenario.deployment.containers[0].idle_cpu = Millicores(0);
    scenario.workload.idle_cpu = Millicores(0);
    scenarios::as_recorded_cpu(scenario)
}

struct Delays {
    mean: f64,
    p95: f64,
}

fn delays(scenario: &Scenario) -> Delays {
    let mut seconds: Vec<f64> = (0..SEEDS)
        .map(|seed| {
            let mut first = FirstRescale::default();
            simulate_observed(scenario, Engine::Fluid, Seed(seed), &mut first);
            first.seconds.expect("the step is seen") - STEP_AT_SECONDS
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    assert!(seconds[0] > 0.0, "a decision before the step");
    Delays {
        mean: seconds.iter().sum::<f64>() / SEEDS as f64,
        p95: seconds[(SEEDS as usize * 95) / 100],
    }
}

#[track_caller]
fn assert_delays(scenario: &Scenario, mean: f64, p95: f64) {
    let measured = delays(scenario);
    assert!(
        (measured.mean - mean).abs() <= 1.0 && (measured.p95 - p95).abs() <= 2.0,
        "mean {:.2} s, expected {mean}; p95 {:.2} s, expected {p95}",
        measured.mean,
        measured.p95
    );
}

#[test]
fn one_pod_from_target_to_twice_the_target() {
    assert_delays(&step(1, 2.0), 24.5, 37.0);
}

#[test]
fn without_housekeeping_jitter_it_is_sooner() {
    let mut scenario = step(1, 2.0);
    scenario.metrics.housekeeping_jitter = 0.0;
    assert_delays(&scenario, 21.4, 32.0);
}

#[test]
fn ten_pods_average_their_phases_out() {
    assert_delays(&step(10, 2.0), 22.5, 32.5);
}

#[test]
fn a_small_step_takes_longer_to_leave_the_tolerance() {
    assert_delays(&step(1, 1.3), 28.2, 41.6);
}

/// The expected numbers come from an independent simulation of the
/// pipeline. The mean must agree within 5 %, the 95th percentile within 7 %.
#[test]
fn a_cluster_that_measures_less_often_sees_the_step_later() {
    let with = |change: fn(&mut Scenario)| {
        let mut scenario = step(1, 2.0);
        change(&mut scenario);
        delays(&scenario)
    };
    let scraped = |kind: ClusterKind| {
        let mut scenario = step(1, 2.0);
        scenario.metrics.scrape_interval = kind.defaults().scrape_interval;
        delays(&scenario)
    };
    for (cluster, measured, mean, p95) in [
        ("kubeadm", scraped(ClusterKind::Kubeadm), 25.5, 38.8),
        ("gke", scraped(ClusterKind::Gke), 35.1, 53.3),
        ("aks", scraped(ClusterKind::Aks), 52.1, 82.6),
        (
            "180 s",
            with(|scenario| scenario.metrics.scrape_interval = SimSpan::from_secs(180)),
            126.0,
            208.0,
        ),
        (
            "a counter read at the scrape",
            with(|scenario| scenario.metrics.stats = StatsProvider::Cri),
            16.7,
            28.0,
        ),
    ] {
        let agrees = |found: f64, expected: f64, share: f64| (found / expected - 1.0).abs() < share;
        assert!(
            agrees(measured.mean, mean, 0.05) && agrees(measured.p95, p95, 0.07),
            "{cluster}: mean {:.1} s, expected {mean}; p95 {:.1} s, expected {p95}",
            measured.mean,
            measured.p95
        );
    }
}

#[test]
fn after_idle_pods_no_sync_sees_a_load_that_no_scrape_has_seen() {
    // Twice the target from the first instant on.
    let first = |before: LoadBefore| {
        let mut scenario = scenarios::prod(scenarios::trace(&[
            Row {
                seconds: 0.0,
                rps: 20.0,
            },
            Row {
                seconds: 300.0,
                rps: 20.0,
            },
        ]));
        scenario.deployment.replicas = Replicas(2);
        scenario.workload.before = before;
        [Engine::Fluid, Engine::Request].map(|engine| {
            (0..100)
                .map(|seed| {
                    let mut first = FirstRescale::default();
                    simulate_observed(&scenario, engine, Seed(seed), &mut first);
                    first.seconds.expect("a rescale")
                })
                .fold(f64::INFINITY, f64::min)
        })
    };
    let [fluid, request] = first(LoadBefore::Steady);
    assert!(fluid < 2.0 && request < 2.0, "{fluid} {request}");
    let [fluid, request] = first(LoadBefore::Idle);
    assert!(fluid > 5.0 && request > 5.0, "{fluid} {request}");
}
