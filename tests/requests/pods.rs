//! Pods that are killed, scaled up and scaled down while requests are in flight.

use hpasim::cluster::config::{CpuModel, ReadinessProbe, StartupCpu};
use hpasim::engine::random::Distribution;
use hpasim::scenario::Scenario;
use hpasim::simulation::observer::{FailureCauses, PodTransition};
use hpasim::units::{Millicores, Replicas, SimSpan, SimTime};
use hpasim::workload::{Arrivals, Connections, Demand};

use super::facts::{Facts, facts};
use super::scenarios::{Row, constant, fixed, prod, trace};

fn seconds(seconds: i64) -> Distribution {
    Distribution::Constant(SimSpan::from_secs(seconds))
}

fn each_second() -> Option<ReadinessProbe> {
    Some(ReadinessProbe {
        initial_delay: SimSpan::ZERO,
        period: SimSpan::from_secs(1),
        success_threshold: 1,
    })
}

const fn row(seconds: f64, rps: f64) -> Row {
    Row { seconds, rps }
}

/// One pod that is out of memory when `requests` are in it. It runs again 2 s after each permitted
/// restart.
fn short_of_memory(scenario: Scenario, requests: u64) -> Scenario {
    let mut scenario = scenario;
    scenario.workload.memory_base_bytes = 32 << 20;
    scenario.workload.memory_per_request_bytes = 1 << 20;
    scenario.deployment.containers[0].memory_limit_bytes = Some((32 + requests - 1) << 20);
    let pod = &mut scenario.deployment.pod;
    pod.start = seconds(1);
    pod.init = seconds(1);
    pod.endpoint_lag = SimSpan::ZERO;
    pod.readiness = each_second();
    scenario
}

#[test]
fn a_container_that_runs_out_of_memory_again_and_again_is_restarted_after_0_10_20_40_seconds() {
    // A request every 100 ms that takes much longer: the fifth exceeds the memory.
    let mut scenario = short_of_memory(fixed(constant(10.0, 400.0), 1), 5);
    scenario.workload.cpu_per_request = seconds(100);
    scenario.workload.clients.arrivals = Arrivals::Even;
    let facts = facts(&scenario, 1);
    let kills = facts.times(0, PodTransition::OomKilled);
    let starts = facts.times(0, PodTransition::Restarted);
    let pauses: Vec<i64> = kills
        .iter()
        .zip(&starts)
        .map(|(kill, start)| (*start - *kill - SimSpan::from_secs(1)).as_nanos())
        .collect();
    let expected: Vec<i64> = [0, 10, 20, 40, 80, 160]
        .map(|pause| SimSpan::from_secs(pause).as_nanos())
        .to_vec();
    assert_eq!(pauses, expected[..pauses.len()]);
    assert!(pauses.len() >= 5, "{pauses:?}");
    assert_eq!(facts.all().oom_kills as usize, kills.len());
    // Each kill fails five requests. While the pod is down, there is no endpoint.
    let failed = facts.all().failed;
    assert!((failed.oom_killed - 5.0 * kills.len() as f64).abs() < 0.5);
    assert!(failed.no_endpoint > 1000.0);
}

#[test]
fn a_pod_whose_requests_fit_into_its_memory_is_not_killed() {
    let mut scenario = short_of_memory(fixed(constant(10.0, 100.0), 1), 5);
    // Four requests at a time, without a queue.
    scenario.workload.cpu_per_request = seconds(100);
    scenario.workload.concurrency = 4;
    scenario.workload.queue = 0;
    let facts = facts(&scenario, 1);
    assert_eq!(facts.all().oom_kills, 0);
    assert!(facts.all().failed.queue_full > 900.0);
}

#[test]
fn a_request_that_waits_takes_none_of_the_container_s_memory() {
    // Four requests at a time, and hundreds in the backlog; five at a time would exceed the memory.
    let mut scenario = short_of_memory(fixed(constant(10.0, 100.0), 1), 5);
    scenario.workload.cpu_per_request = seconds(100);
    scenario.workload.timeout = SimSpan::from_secs(1000);
    scenario.workload.concurrency = 4;
    scenario.workload.queue = 100_000;
    let facts = facts(&scenario, 1);
    assert_eq!(facts.all().oom_kills, 0);
    assert!(facts.all().offered > 900);
}

/// A load of ten clients that one pod cannot serve. The autoscaler scales to its maximum of four.
fn scaled_up(connections: Option<Connections>) -> Facts {
    let mut scenario = prod(constant(38.0, 600.0));
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.max_replicas = Replicas(4);
    scenario.deployment.pod.readiness = each_second();
    scenario.deployment.containers[0].memory_limit_bytes = None;
    scenario.workload.clients.connections = connections;
    facts(&scenario, 1)
}

fn failed_share(facts: &Facts, start: f64, end: f64) -> f64 {
    let sums = facts.between(start, end);
    sums.failed.total() / sums.offered as f64
}

#[test]
fn connections_that_stay_keep_a_scale_up_from_helping() {
    let pool = |lifetime| {
        Some(Connections {
            count: 50,
            lifetime: seconds(lifetime),
        })
    };
    let each_balanced = scaled_up(None);
    let long_lived = scaled_up(pool(100_000));
    let short_lived = scaled_up(pool(30));
    // By then all have four pods, twice what the load needs.
    for facts in [&each_balanced, &long_lived, &short_lived] {
        let ready = facts.segments.last().expect("segments").pods.ready;
        assert_eq!(ready, Replicas(4));
    }
    assert!(failed_share(&each_balanced, 300.0, 600.0) < 0.001);
    assert!(failed_share(&long_lived, 300.0, 600.0) > 0.3);
    assert!(failed_share(&short_lived, 300.0, 600.0) < 0.1);
}

#[test]
fn a_new_pod_gets_no_traffic_before_its_endpoint_is_known() {
    // A pod that is Ready before it can serve fails the requests that arrive. With a long endpoint
    // lag, no requests arrive before it can serve.
    let failing = |lag: i64| {
        let mut scenario = prod(constant(12.0, 300.0));
        scenario.deployment.pod.endpoint_lag = SimSpan::from_secs(lag);
        let facts = facts(&scenario, 1);
        let ready = facts.first(PodTransition::Ready);
        let serving = facts.first(PodTransition::Serving);
        assert_eq!(serving.pod, ready.pod);
        assert_eq!(serving.time - ready.time, SimSpan::from_secs(lag));
        facts.all().failed.not_initialised
    };
    assert!(failing(0) > 0.0);
    assert!(failing(1) > 0.0);
    // Pods take 3 s to initialise.
    assert!(failing(3).abs() < 0.5);
}

/// Twelve pods with requests of two seconds in them; most of the pods are deleted at once.
fn scales_down(grace: i64, lag: i64) -> Facts {
    let mut scenario = prod(trace(&[row(0.0, 60.0), row(60.0, 6.0), row(300.0, 0.0)]));
    scenario.deployment.replicas = Replicas(12);
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.max_replicas = Replicas(12);
    scenario.deployment.pod.readiness = each_second();
    scenario.deployment.pod.grace_period = SimSpan::from_secs(grace);
    scenario.deployment.pod.endpoint_lag = SimSpan::from_secs(lag);
    scenario.workload.io_per_request = seconds(2);
    facts(&scenario, 1)
}

#[test]
fn a_deleted_pod_answers_its_requests_if_the_grace_period_is_long_enough() {
    let facts = scales_down(30, 1);
    assert_eq!(facts.all().failed, FailureCauses::default());
    // The pod is removed with its last request, not later.
    let mut waited = 0;
    for change in facts
        .changes
        .iter()
        .filter(|c| c.state == PodTransition::Gone)
    {
        let deleted = facts.times(change.pod, PodTransition::Terminating)[0];
        let wound_down = change.time - deleted;
        assert!(wound_down >= SimSpan::from_secs(1));
        assert!(wound_down < SimSpan::from_secs(5), "{wound_down:?}");
        waited += usize::from(wound_down > SimSpan::from_secs(1));
    }
    assert!(waited > 0, "no pod had anything to finish");
}

#[test]
fn a_pod_without_a_grace_period_takes_its_requests_with_it() {
    let facts = scales_down(0, 1);
    let failed = facts.all().failed;
    assert!(failed.pod_gone > 0.0);
    for change in facts
        .changes
        .iter()
        .filter(|c| c.state == PodTransition::Gone)
    {
        assert_eq!(
            facts.times(change.pod, PodTransition::Terminating),
            [change.time]
        );
    }
}

#[test]
fn a_terminating_pod_is_sent_requests_until_its_endpoint_is_withdrawn() {
    // A request that is in a pod at its deletion is answered within 2 s. So a request that is still
    // there after 5 s of grace was sent after the deletion.
    assert_eq!(scales_down(5, 1).all().failed, FailureCauses::default());
    assert!(scales_down(5, 9).all().failed.pod_gone > 0.0);
}

#[test]
fn waiting_users_send_no_more_so_a_closed_load_hides_overload() {
    let mut closed = fixed(constant(0.0, 300.0), 1);
    closed.trace_mut().demand = Demand::Users(vec![100.0, 0.0]);
    closed.workload.timeout = SimSpan::from_secs(60);
    closed.workload.queue = 1000;
    closed.deployment.containers[0].memory_limit_bytes = None;
    let mut open = closed.clone();
    // The rate that the same users would send if every answer came at once.
    open.trace_mut().demand = Demand::RequestsPerSecond(vec![100.0 / 1.01, 0.0]);
    let (closed, open) = (facts(&closed, 1), facts(&open, 1));
    assert_eq!(closed.all().failed, FailureCauses::default());
    assert!(open.all().failed.total() > 0.5 * open.all().offered as f64);
    // The pod serves the same rate for both: the rate that its limit allows.
    let served = |facts: &Facts| facts.between(100.0, 300.0).succeeded as f64 / 200.0;
    assert!((served(&closed) - 20.0).abs() < 1.0, "{}", served(&closed));
}

#[test]
fn the_sum_of_pods_cpu_is_what_their_requests_cost_whoever_comes_and_goes() {
    let mut scenario = prod(trace(&[
        row(0.0, 10.0),
        row(100.0, 80.0),
        row(250.0, 15.0),
        row(600.0, 0.0),
        row(700.0, 0.0),
    ]));
    scenario.workload.cpu_per_request = Distribution::Constant(SimSpan::from_millis(10));
    scenario.workload.idle_cpu = Millicores(0);
    scenario.deployment.containers[0].idle_cpu = Millicores(0);
    scenario.workload.timeout = SimSpan::from_secs(1000);
    scenario.workload.queue = 100_000;
    scenario.deployment.containers[0].memory_limit_bytes = None;
    scenario.deployment.pod.grace_period = SimSpan::from_secs(10_000);
    let facts = facts(&scenario, 1);
    assert_eq!(
        facts.finished.expect("over").end,
        SimTime::from_secs_f64(700.0)
    );
    let all = facts.all();
    assert!(all.failed.pod_gone.abs() < 0.5);
    let expected = all.succeeded as f64 * 0.01;
    assert!(
        (all.cpu_core_seconds - expected).abs() < 1e-6 * expected,
        "{} core-seconds for {expected}",
        all.cpu_core_seconds
    );
}

#[test]
fn requests_in_process_at_the_end_of_a_start_up_burst_are_done_sooner() {
    // During the burst 100m of the 200m are left. A request of 1 s of CPU that arrives 4 s before
    // the end of the burst takes 4 s for its first 0.4 s, and 3 s for the rest.
    let mut scenario = prod(trace(&[row(0.0, 1000.0), row(20.0, 0.0), row(100.0, 0.0)]));
    scenario.workload.cpu_per_request = seconds(1);
    scenario.workload.idle_cpu = Millicores(0);
    scenario.workload.timeout = SimSpan::from_secs(1000);
    scenario.workload.concurrency = 1;
    scenario.workload.queue = 0;
    let app = &mut scenario.deployment.containers[0];
    app.idle_cpu = Millicores(0);
    app.memory_limit_bytes = None;
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.max_replicas = Replicas(2);
    let pod = &mut scenario.deployment.pod;
    pod.cpu_model = CpuModel::Shared;
    pod.start = seconds(0);
    pod.init = seconds(0);
    pod.endpoint_lag = SimSpan::from_secs(6);
    pod.startup_cpu = Some(StartupCpu {
        cpu: Millicores(100),
        duration: SimSpan::from_secs(10),
    });
    for seed in 0..10 {
        let facts = facts(&scenario, seed);
        // Requests at the warm pod take 5 s each.
        let of_the_new_pod = facts
            .latencies
            .iter()
            .find(|latency| latency.as_secs_f64() > 5.5)
            .expect("the new pod answers");
        let seconds = of_the_new_pod.as_secs_f64();
        assert!((seconds - 7.0).abs() < 0.05, "{seconds} s");
    }
}
