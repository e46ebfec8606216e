//! Results that are known to the nanosecond: D/D/1, and the CFS quota.
//!
//! The only random number in these runs is the phase of the CFS periods.

use hpasim::engine::random::Distribution;
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::observer::RequestSegment;
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Millicores, Seed, SimSpan, SimTime};
use hpasim::workload::{Arrivals, Demand, Trace};

use super::cases::bare;
use super::scenarios::constant;

/// Everything that an observer receives about requests.
#[derive(Default)]
struct Received {
    latencies: Vec<SimSpan>,
    segments: Vec<RequestSegment>,
}

impl Observer for Received {
    fn answered(&mut self, latency: SimSpan) {
        self.latencies.push(latency);
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.segments.push(*segment);
    }
}

fn received(scenario: &Scenario, seed: u64) -> Received {
    let mut received = Received::default();
    simulate_observed(scenario, Engine::Request, Seed(seed), &mut received);
    received
}

fn millis(millis: i64) -> SimSpan {
    SimSpan::from_millis(millis)
}

/// One pod with one core, evenly spaced arrivals, and the same demand for all requests.
fn even(rps: f64, seconds: f64, demand: SimSpan) -> Scenario {
    let mut scenario = bare(constant(rps, seconds), 1, Distribution::Constant(demand), 1);
    scenario.workload.clients.arrivals = Arrivals::Even;
    scenario
}

#[test]
fn d_d_1_below_its_capacity_answers_each_after_exactly_its_service_time() {
    for rps in [7.0, 80.0, 99.9, 100.0] {
        for concurrency in [1, 32] {
            let mut scenario = even(rps, 100.0, millis(10));
            scenario.workload.concurrency = concurrency;
            let received = received(&scenario, 1);
            // The first request arrives 1/rate after the start. A request that arrives in the last
            // 10 ms is not answered.
            let arrived = ((100.0 - 0.01) * rps).floor() as usize;
            assert!(received.latencies.len().abs_diff(arrived) <= 1);
            assert!(
                received
                    .latencies
                    .iter()
                    .all(|latency| *latency == millis(10)),
                "{rps} rps: {:?}",
                received
                    .latencies
                    .iter()
                    .find(|latency| **latency != millis(10))
            );
        }
    }
}

#[test]
fn d_d_1_above_its_capacity_makes_each_wait_longer_by_exactly_the_excess() {
    let mut scenario = even(200.0, 20.0, millis(10));
    scenario.workload.concurrency = 1;
    let received = received(&scenario, 1);
    assert_eq!(received.latencies.len(), 1999);
    for (number, latency) in received.latencies.iter().enumerate() {
        assert_eq!(*latency, millis(10) + millis(5) * number as i64);
    }
}

#[test]
fn three_even_arrivals_that_overlap_are_answered_when_even_sharing_has_it() {
    // Three arrivals, 5 ms apart. A request has full speed alone, half speed with a second one, a
    // third with two others. 10 ms of work each, with arrivals at 5, 10 and 15 ms, end at 22.5 ms,
    // 32.5 ms and 35 ms.
    let mut scenario = even(200.0, 0.019, millis(10));
    *scenario.trace_mut() = Trace {
        times: [0.0, 0.019, 1.0].map(SimTime::from_secs_f64).to_vec(),
        demand: Demand::RequestsPerSecond(vec![200.0, 0.0, 0.0]),
        columns: Vec::new(),
    };
    let received = received(&scenario, 1);
    let nanos: Vec<i64> = received
        .latencies
        .iter()
        .map(|one| one.as_nanos())
        .collect();
    assert_eq!(nanos, [17_500_000, 22_500_000, 20_000_000]);
}

/// A pod with a limit, on a node with `node_cores` cores.
fn limited(mut scenario: Scenario, limit: i64, node_cores: f64) -> Scenario {
    scenario.deployment.containers[0].cpu_limit = Some(Millicores(limit));
    scenario.deployment.pod.node_cores = node_cores;
    scenario
}

#[test]
fn a_short_request_on_an_idle_pod_knows_nothing_of_the_limit() {
    for seed in 0..20 {
        let scenario = limited(even(1.7, 100.0, millis(5)), 200, 4.0);
        let received = received(&scenario, seed);
        assert_eq!(received.latencies.len(), 169);
        assert!(
            received
                .latencies
                .iter()
                .all(|latency| *latency == millis(5))
        );
    }
}

#[test]
fn a_saturated_pod_serves_exactly_its_limit() {
    for seed in 0..20 {
        // The load is more than half a core; the limit is a fifth.
        let scenario = limited(even(60.0, 100.0, millis(10)), 200, 4.0);
        let received = received(&scenario, seed);
        let filled = SimTime::from_secs_f64(10.0);
        for segment in received.segments.iter().filter(|one| one.start >= filled) {
            let seconds = (segment.end - segment.start).as_secs_f64();
            assert!(
                (segment.cpu_core_seconds - 0.2 * seconds).abs() < 1e-9,
                "{segment:?}"
            );
            assert_eq!(segment.throttled_periods, 50, "{segment:?}");
            assert_eq!(segment.working_periods, 50, "{segment:?}");
        }
    }
}

/// Ten users that never get an answer; a segment ends every millisecond.
fn ten_busy_requests(seconds: f64) -> Scenario {
    let day = Distribution::Constant(SimSpan::from_secs(86_400));
    let mut scenario = limited(bare(constant(0.0, seconds), 1, day, 16), 1000, 16.0);
    let rows = (seconds * 1e3) as i64;
    scenario.trace_mut().times = (0..=rows).map(|row| SimTime::ZERO + millis(row)).collect();
    scenario.trace_mut().demand = Demand::Users(vec![10.0; rows as usize + 1]);
    scenario.workload.clients.think_time = Distribution::Constant(millis(1));
    scenario
}

#[test]
fn ten_busy_requests_under_one_cpu_run_10_ms_and_stall_90_ms_of_each_period() {
    for seed in 0..10 {
        let received = received(&ten_busy_requests(3.0), seed);
        let used: Vec<f64> = received
            .segments
            .iter()
            .skip(1000)
            .map(|segment| segment.cpu_core_seconds)
            .collect();
        for period in used.windows(100) {
            let sum: f64 = period.iter().sum();
            assert!((sum - 0.1).abs() < 1e-9, "seed {seed}: {sum} core-seconds");
            let idle = period.iter().filter(|used| **used < 1e-12).count();
            let full = period.iter().filter(|used| **used > 0.01 - 1e-9).count();
            // The 10 ms of work may begin and end within a segment.
            assert!((89..=90).contains(&idle), "seed {seed}: {idle} ms of stall");
            assert!(
                (9..=10).contains(&full),
                "seed {seed}: {full} ms at ten cores"
            );
        }
    }
}
