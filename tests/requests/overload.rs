//! Clients that time out and retry: the cost of retries, and why an overload may outlast its cause.

use hpasim::engine::random::Distribution;
use hpasim::scenario::Scenario;
use hpasim::units::{Millicores, SimSpan, SimTime};
use hpasim::workload::{AfterTimeout, Arrivals, Demand, Retries, Trace};

use super::facts::{Facts, facts};
use super::scenarios::{Row, constant, fixed, trace};

fn millis(millis: i64) -> SimSpan {
    SimSpan::from_millis(millis)
}

fn retries(max: u32, budget: Option<f64>) -> Retries {
    Retries {
        max,
        backoff: millis(100),
        max_backoff: millis(1000),
        budget,
    }
}

/// One pod with one core and 10 ms per request: it serves 100 requests per second. Clients wait for
/// one second.
fn one_core(rows: &[Row]) -> Scenario {
    let mut scenario = fixed(trace(rows), 1);
    scenario.workload.cpu_per_request = Distribution::Exponential { mean: millis(10) };
    scenario.workload.idle_cpu = Millicores(0);
    scenario.workload.timeout = SimSpan::from_secs(1);
    scenario.workload.concurrency = 1;
    scenario.workload.queue = 100_000;
    let app = &mut scenario.deployment.containers[0];
    app.idle_cpu = Millicores(0);
    app.cpu_limit = None;
    app.memory_limit_bytes = None;
    scenario.deployment.pod.node_cores = 1.0;
    scenario
}

/// 80 requests per second, except for half a minute with 200.
fn spike() -> Scenario {
    one_core(
        &[(0.0, 80.0), (60.0, 200.0), (90.0, 80.0), (600.0, 0.0)]
            .map(|(seconds, rps)| Row { seconds, rps }),
    )
}

fn succeeded_share(facts: &Facts, start: f64, end: f64) -> f64 {
    let sums = facts.between(start, end);
    sums.succeeded as f64 / sums.offered as f64
}

#[test]
fn after_a_spike_a_load_without_retries_recovers_and_one_with_retries_never_does() {
    let with = |retries| {
        let mut scenario = spike();
        scenario.workload.clients.retries = retries;
        scenario
    };
    for seed in 0..10 {
        let plain = facts(&with(retries(0, None)), seed);
        let stubborn = facts(&with(retries(5, None)), seed);
        let thrifty = facts(&with(retries(5, Some(0.1))), seed);
        // Before the spike all three behave the same.
        for facts in [&plain, &stubborn, &thrifty] {
            assert!(succeeded_share(facts, 0.0, 60.0) > 0.98, "seed {seed}");
        }
        // Seven to eight minutes after the spike, the pod works at full speed on requests that have
        // timed out.
        let end = |facts: &Facts| succeeded_share(facts, 540.0, 600.0);
        assert!(end(&plain) > 0.98, "seed {seed}: {}", end(&plain));
        assert!(end(&thrifty) > 0.98, "seed {seed}: {}", end(&thrifty));
        assert!(end(&stubborn) < 0.05, "seed {seed}: {}", end(&stubborn));
        let busy = stubborn.between(540.0, 600.0).cpu_core_seconds / 60.0;
        assert!(busy > 0.999, "seed {seed}: {busy} of the core");
    }
}

#[test]
fn a_pod_that_works_on_timed_out_requests_wastes_its_cpu_and_one_that_cancels_them_does_not() {
    let wasted = |after_timeout| {
        let mut scenario = one_core(&[
            Row {
                seconds: 0.0,
                rps: 200.0,
            },
            Row {
                seconds: 100.0,
                rps: 0.0,
            },
        ]);
        scenario.workload.clients.after_timeout = after_timeout;
        let all = facts(&scenario, 1).all();
        assert!(all.failed.timed_out > 0.0);
        1.0 - all.succeeded as f64 * 0.01 / all.cpu_core_seconds
    };
    let on = wasted(AfterTimeout::Continue);
    let dropped = wasted(AfterTimeout::Cancel);
    assert!(on > 0.9, "{on}");
    assert!(dropped < 0.1, "{dropped}");
}

#[test]
fn a_client_waits_exactly_as_long_as_its_timeout() {
    // Every request takes 1.501 s in a pod that has a place for each.
    let mut scenario = fixed(constant(1.0, 20.0), 1);
    scenario.workload.io_per_request = Distribution::Constant(millis(1500));
    scenario.workload.cpu_per_request = Distribution::Constant(millis(1));
    scenario.workload.clients.arrivals = Arrivals::Even;
    for (timeout, in_time) in [(1500, 0), (1502, 18), (2000, 18)] {
        scenario.workload.timeout = millis(timeout);
        let all = facts(&scenario, 1).all();
        assert_eq!(all.succeeded, in_time, "timeout of {timeout} ms");
    }
}

/// Ten evenly spaced requests per second on a pod that rejects all but the first for lack of a
/// place.
fn all_refused(retries: Retries) -> Facts {
    let mut scenario = fixed(constant(10.0, 200.0), 1);
    scenario.workload.clients.arrivals = Arrivals::Even;
    scenario.workload.clients.retries = retries;
    scenario.workload.cpu_per_request = Distribution::Constant(SimSpan::from_secs(100_000));
    scenario.workload.timeout = SimSpan::from_secs(100_000);
    scenario.workload.concurrency = 1;
    scenario.workload.queue = 0;
    facts(&scenario, 1)
}

#[test]
fn each_request_is_tried_again_as_often_as_allowed() {
    for max in [1, 3] {
        let all = all_refused(retries(max, None)).all();
        let given_up = all.failed.queue_full;
        // All requests have had all their retries, except those that still pause at the end.
        assert!((given_up * f64::from(max) - all.retried as f64).abs() < 30.0);
        assert!(given_up > 1900.0);
    }
}

#[test]
fn a_budget_allows_its_share_of_retries_plus_its_initial_tokens() {
    let all = all_refused(retries(3, Some(0.2))).all();
    let granted = 100.0 + 0.2 * all.offered as f64;
    assert!(
        (all.retried as f64 - granted).abs() < 20.0,
        "{} retries, {granted} granted",
        all.retried
    );
}

/// The time until clients give up, in seconds.
struct GivenUpAfter {
    mean: f64,
    longest: f64,
}

#[test]
fn pauses_double_and_are_uniform_up_to_that() {
    // The first request occupies the pod for 60 s. The second one is rejected until its retries are
    // used up.
    let given_up_after = |max| {
        let mut seconds = Vec::new();
        for seed in 0..400 {
            let mut scenario = fixed(constant(1.0, 60.0), 1);
            *scenario.trace_mut() = trace(
                &[(0.0, 1.0), (2.5, 0.0), (2.6, 0.0), (60.0, 0.0)]
                    .map(|(seconds, rps)| Row { seconds, rps }),
            );
            // A row every 10 ms ends a segment, which dates the failure to 10 ms.
            let look = millis(10);
            scenario.trace = looked_at(&scenario, look).into();
            scenario.workload.clients.arrivals = Arrivals::Even;
            scenario.workload.clients.retries = Retries {
                max,
                backoff: millis(1000),
                max_backoff: millis(4000),
                budget: None,
            };
            scenario.workload.cpu_per_request = Distribution::Constant(SimSpan::from_secs(1000));
            scenario.workload.timeout = SimSpan::from_secs(1000);
            scenario.workload.concurrency = 1;
            scenario.workload.queue = 0;
            let facts = facts(&scenario, seed);
            let failed = facts
                .segments
                .iter()
                .find(|segment| segment.failed.queue_full > 0.0)
                .expect("it gives up");
            seconds.push(failed.end.as_secs_f64() - 2.0);
        }
        GivenUpAfter {
            mean: seconds.iter().sum::<f64>() / seconds.len() as f64,
            longest: seconds.iter().copied().fold(0.0, f64::max),
        }
    };
    // The pauses are uniform up to 1, 2, 4 and, because of the maximum, 4 s.
    for (max, bound) in [(1, 1.0), (2, 3.0), (3, 7.0), (4, 11.0)] {
        let GivenUpAfter { mean, longest } = given_up_after(max);
        assert!(longest <= bound + 0.02, "{longest} s after {max} retries");
        assert!(
            (mean / (bound / 2.0) - 1.0).abs() < 0.1,
            "{mean} s after {max}"
        );
    }
}

/// The scenario's trace in rows of the length `look`.
fn looked_at(scenario: &Scenario, look: SimSpan) -> Trace {
    let old = &scenario.trace;
    let Demand::RequestsPerSecond(rates) = &old.demand else {
        panic!("an open load");
    };
    let rows = old.end().as_nanos() / look.as_nanos();
    let times: Vec<SimTime> = (0..=rows).map(|row| SimTime::ZERO + look * row).collect();
    let rate_at = |time: &SimTime| rates[old.times.partition_point(|row| row <= time) - 1];
    let demand = Demand::RequestsPerSecond(times.iter().map(rate_at).collect());
    Trace {
        times,
        demand,
        columns: Vec::new(),
    }
}
