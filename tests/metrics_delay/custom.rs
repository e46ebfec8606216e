//! Pods metrics through Prometheus and its adapter: when a rate over a window shows a load.
//!
//! The expected delays are arithmetic: Prometheus and the autoscaler have independent uniform
//! phases.

use hpasim::cluster::config::CustomPipeline;
use hpasim::control::MetricQuery;
use hpasim::control::caller::Caller;
use hpasim::control::seen::MetricObservation;
use hpasim::hpa::spec::{MetricIdentifier, MetricSource, MetricSpec, MetricTarget};
use hpasim::simulation::Run;
use hpasim::units::{MilliValue, SimTime};

use super::*;

const SCRAPE_SECONDS: f64 = 15.0;
const WINDOW_SECONDS: f64 = 60.0;

fn minute_rate() -> CustomPipeline {
    CustomPipeline {
        interval: SimSpan::from_secs_f64(SCRAPE_SECONDS),
        window: SimSpan::from_secs_f64(WINDOW_SECONDS),
        lag: SimSpan::ZERO,
        gauges: Vec::new(),
    }
}

/// One pod at its target of 5 requests per second; after the step the load is `share` times as high.
fn step_of_rate(share: f64) -> Scenario {
    let mut scenario = step(1, share);
    let hpa = scenario.hpa_mut().expect("an autoscaler");
    hpa.spec.metrics = vec![MetricSpec::new(
        MetricSource::Pods {
            metric: MetricIdentifier::new("requests_per_second", None),
        },
        MetricTarget::AverageValue(MilliValue(5000)),
    )];
    scenario.metrics.custom = Some(minute_rate());
    scenario
}

/// The rate is above the tolerance from the first scrape on that is `since` seconds behind the
/// step. The mean and the 95th percentile of that scrape's delay plus that of the next sync.
fn theory(since: f64) -> Delays {
    let sync_seconds = 15.0;
    Delays {
        mean: since + SCRAPE_SECONDS / 2.0 + sync_seconds / 2.0,
        // The sum of two uniform times of equal length: the triangle's tail.
        p95: since + (2.0 - 0.1_f64.sqrt()) * sync_seconds,
    }
}

#[test]
fn a_rate_leaves_the_tolerance_when_enough_of_its_window_lies_behind_the_step() {
    // Between the samples of a window lie 45 s. The rate is 1.1 times the target as soon as the
    // tenth of them, or a third for a step of 30 %, lies behind the step.
    for (share, since) in [(2.0, 4.5), (1.3, 15.0)] {
        let Delays { mean, p95 } = theory(since);
        assert_delays(&step_of_rate(share), mean, p95);
    }
}

#[test]
fn without_a_range_the_rate_leaves_it_a_window_sooner() {
    let mut scenario = step_of_rate(1.3);
    // The two newest samples are 15 s apart, of which a third must lie behind the step.
    scenario.metrics.custom = Some(CustomPipeline {
        window: SimSpan::ZERO,
        ..minute_rate()
    });
    let Delays { mean, p95 } = theory(5.0);
    assert_delays(&scenario, mean, p95);
}

#[test]
fn a_lag_delays_every_answer_by_as_much() {
    let mut scenario = step_of_rate(2.0);
    scenario.metrics.custom = Some(CustomPipeline {
        lag: SimSpan::from_secs(15),
        ..minute_rate()
    });
    let Delays { mean, p95 } = theory(4.5 + 15.0);
    assert_delays(&scenario, mean, p95);
}

/// What a caller sees of the metric in each second: the sum over the pods, and how many have a
/// value.
struct Watched {
    sums: Vec<f64>,
    sampled: Vec<usize>,
}

/// Watches until `seconds`; `replicas` are set at that second, if any.
fn watch(
    scenario: &Scenario,
    engine: Engine,
    seed: u64,
    seconds: usize,
    scale: Option<(usize, i32)>,
) -> Watched {
    let caller = Caller {
        asks: vec![MetricQuery::Pods {
            metric: "requests_per_second".to_owned(),
        }],
        first_wake: SimTime::ZERO,
        period: SimSpan::from_secs(1),
    };
    let mut run = Run::new(scenario, engine, Seed(seed), &caller);
    let mut watched = Watched {
        sums: Vec::new(),
        sampled: Vec::new(),
    };
    for second in 0..seconds {
        let Some(seen) = run.advance(&mut ()) else {
            break;
        };
        let (sum, sampled) = match seen.metric(0) {
            MetricObservation::Pods(pods) => {
                let rows = 0..pods.value.len();
                let values = rows.filter(|&row| pods.sampled[row]);
                let sum: i64 = values.clone().map(|row| pods.value[row].0).sum();
                (sum as f64 / 1000.0, values.count())
            }
            _ => (0.0, 0),
        };
        watched.sums.push(sum);
        watched.sampled.push(sampled);
        if let Some((_, replicas)) = scale.filter(|(at, _)| *at == second) {
            run.decide(Replicas(replicas))
                .expect("a number of replicas");
        }
    }
    watched
}

/// 5 requests per second, 10 from 100 s on, and none from 200 s on, on one pod.
fn load_that_comes_and_goes() -> Scenario {
    let mut scenario = step_of_rate(1.0);
    let row = |seconds, rps| Row { seconds, rps };
    scenario.trace = scenarios::trace(&[
        row(0.0, 5.0),
        row(100.0, 10.0),
        row(200.0, 0.0),
        row(400.0, 0.0),
    ])
    .into();
    scenario
}

#[test]
fn a_load_shows_wholly_after_the_window_and_is_seen_for_as_long_after_its_end() {
    let scenario = load_that_comes_and_goes();
    for seed in 0..20 {
        let Watched { sums, .. } = watch(&scenario, Engine::Fluid, seed, 300, None);
        let all = |seconds: std::ops::Range<usize>, test: &dyn Fn(f64) -> bool| {
            sums[seconds].iter().all(|rate| test(*rate))
        };
        let is = |expected: f64| move |rate: f64| (rate - expected).abs() < 0.01;
        assert!(all(0..100, &is(5.0)), "seed {seed}: {sums:?}");
        assert!(all(160..200, &is(10.0)), "seed {seed}: {sums:?}");
        assert!(
            all(130..145, &|rate| rate > 5.5 && rate < 9.9),
            "seed {seed}"
        );
        // After the end the rate falls for a window, and then it is 0.
        assert!(all(201..245, &|rate| rate > 0.0), "seed {seed}: {sums:?}");
        assert!(all(260..300, &is(0.0)), "seed {seed}: {sums:?}");
        assert!(sums[200..].is_sorted_by(|a, b| a >= b), "seed {seed}");
    }
}

#[test]
fn both_engines_show_the_same_rate() {
    let mut scenario = load_that_comes_and_goes();
    scenario.workload.scale = 4.0;
    scenario.deployment.replicas = Replicas(4);
    let mean_of = |engine| {
        let seeds = 40;
        let runs: Vec<Watched> = (0..seeds)
            .map(|seed| watch(&scenario, engine, seed, 300, None))
            .collect();
        move |second: usize| runs.iter().map(|run| run.sums[second]).sum::<f64>() / seeds as f64
    };
    let (fluid, request) = (mean_of(Engine::Fluid), mean_of(Engine::Request));
    for second in (20..300).step_by(20) {
        let (fluid, request) = (fluid(second), request(second));
        // A mean over 40 windows with hundreds of Poisson arrivals each.
        assert!(
            (fluid - request).abs() < 0.5,
            "{second} s: {fluid} and {request} requests per second"
        );
    }
}

#[test]
fn a_new_pod_has_no_rate_before_its_second_scrape() {
    let mut scenario = load_that_comes_and_goes();
    scenario.deployment.pod.start = Distribution::Constant(SimSpan::from_secs(1));
    // Created after 50 s, scheduled 0.1 s later, initialised after 4.1 s.
    let initialised = 50.0 + 0.1 + 1.0 + 3.0;
    for engine in [Engine::Fluid, Engine::Request] {
        let mut first: Vec<f64> = (0..60)
            .map(|seed| {
                let watched = watch(&scenario, engine, seed, 100, Some((50, 2)));
                let second = watched.sampled.iter().position(|&sampled| sampled == 2);
                second.expect("a rate of the new pod") as f64 - initialised
            })
            .collect();
        first.sort_by(f64::total_cmp);
        // From one to two intervals, seen at whole seconds.
        assert!(first[0] >= SCRAPE_SECONDS, "{engine:?}: {first:?}");
        assert!(first[0] < SCRAPE_SECONDS + 2.0, "{engine:?}: {first:?}");
        let last = first[first.len() - 1];
        assert!(last <= 2.0 * SCRAPE_SECONDS + 1.0, "{engine:?}: {first:?}");
        assert!(last > 2.0 * SCRAPE_SECONDS - 2.0, "{engine:?}: {first:?}");
    }
}
