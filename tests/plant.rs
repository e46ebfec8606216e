//! The plant and the fluid engine as a whole: closed forms, conservation, start-up, scale-down.

#[path = "plant/any.rs"]
mod any;
#[path = "plant/bounds.rs"]
mod bounds;
#[path = "plant/facts.rs"]
mod facts;
#[path = "plant/scenarios.rs"]
mod scenarios;

use facts::{Facts, facts};
use hpasim::cluster::config::{ReadinessProbe, StartupCpu};
use hpasim::hpa::spec::{MetricIdentifier, MetricSource, MetricSpec, MetricTarget};
use hpasim::scenario::Scenario;
use hpasim::simulation::observer::{FailureCauses, PodChange, PodTransition};
use hpasim::units::{MilliValue, Millicores, Replicas, Seed, SimSpan, SimTime};
use hpasim::workload::{Demand, MetricColumn};
use scenarios::{Row, as_recorded_cpu, constant, fixed, prod, trace};

fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1.0)
}

fn without_idle_use(mut scenario: Scenario) -> Scenario {
    scenario.deployment.containers[0].idle_cpu = Millicores(0);
    scenario.workload.idle_cpu = Millicores(0);
    scenario
}

#[test]
fn utilization_is_rate_times_cost_over_pods_times_request() {
    for pods in [1, 3, 10] {
        let scenario = without_idle_use(fixed(constant(6.0, 600.0), pods));
        let facts = facts(&scenario, Seed(1));
        let share = facts
            .last_segment()
            .cpu_share_of_request
            .expect("ready pods");
        assert!(
            close(share, 6.0 * 0.01 / (f64::from(pods) * 0.1)),
            "{share}"
        );
    }
}

#[test]
fn a_constant_load_settles_where_the_algorithm_has_its_fixed_point() {
    for rps in [3.0, 17.0, 50.0, 101.0, 180.0] {
        let scenario = as_recorded_cpu(without_idle_use(prod(constant(rps, 3600.0))));
        for seed in 0..5 {
            let facts = facts(&scenario, Seed(seed));
            let settled = facts.last_segment().pods.current;
            let percent = (rps * 0.01 / (f64::from(settled.0) * 0.1) * 100.0).floor();
            let ratio = percent / 50.0;
            let proposal = (f64::from(settled.0) * ratio).ceil();
            assert!(
                (0.9..=1.1).contains(&ratio) || close(proposal, f64::from(settled.0)),
                "{rps} rps, seed {seed}: {settled} pods at {percent} %"
            );
            let last = facts.decisions.last().expect("decisions");
            assert_eq!(last.desired, settled, "still moving at {rps} rps");
            let seen = f64::from(last.seen_percent.expect("a sample"));
            assert!((seen - percent).abs() <= 1.0, "{seen} seen of {percent}");
        }
    }
}

#[test]
fn the_metric_reacts_to_the_number_of_pods() {
    let few = facts(&fixed_watched(2), Seed(1));
    let many = facts(&fixed_watched(8), Seed(1));
    let seen = |facts: &Facts| facts.decisions[0].seen_percent.expect("a sample");
    assert_eq!(seen(&few), 4 * seen(&many));
}

/// A load that both 2 and 8 pods can serve, with an autoscaler whose bounds fix the number of pods.
fn fixed_watched(pods: i32) -> Scenario {
    let mut scenario = without_idle_use(prod(constant(16.0, 60.0)));
    scenario.deployment.replicas = Replicas(pods);
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.min_replicas = Replicas(pods);
    hpa.spec.max_replicas = Replicas(pods);
    as_recorded_cpu(scenario)
}

#[test]
fn the_first_sync_already_has_samples() {
    let mut scenario = as_recorded_cpu(without_idle_use(prod(constant(5.0, 60.0))));
    for lag in [0, 600] {
        scenario.metrics.lag = SimSpan::from_secs(lag);
        for seed in 0..100 {
            let facts = facts(&scenario, Seed(seed));
            assert_eq!(facts.decisions[0].seen_percent, Some(50), "seed {seed}");
            assert!(facts.decisions[0].time < at(15.0));
            assert_eq!(facts.decisions.len(), 4);
        }
    }
}

#[test]
fn use_exceeds_the_request_and_stops_at_the_limit() {
    let scenario = prod(constant(1000.0, 30.0));
    let facts = facts(&scenario, Seed(3));
    assert_eq!(facts.decisions[0].seen_percent, Some(200));
    let first = &facts.segments[0];
    assert!(close(first.cpu_share_of_request.expect("a pod"), 2.0));
    assert_eq!(first.throttled_pods, 1);
}

#[test]
fn overload_fills_the_queue_and_then_turns_away() {
    let mut scenario = without_idle_use(fixed(
        trace(&[
            Row {
                seconds: 0.0,
                rps: 30.0,
            },
            Row {
                seconds: 100.0,
                rps: 10.0,
            },
            Row {
                seconds: 200.0,
                rps: 0.0,
            },
        ]),
        1,
    ));
    // The capacity is 20 rps; 10 more per second fill 50 places in 5 s.
    scenario.workload.concurrency = 10;
    scenario.workload.queue = 40;
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    let [filling, full, draining, rest] = facts.segments[..] else {
        panic!("{:#?}", facts.segments);
    };
    assert!((filling.end - at(5.0)).as_secs_f64().abs() < 1e-6);
    assert!(close(full.backlog_start, 50.0));
    assert!(close(full.failed_rps.queue_full, 10.0));
    assert!(close(full.backlog_delay_start_seconds, 2.5));
    assert!((draining.end - at(105.0)).as_secs_f64().abs() < 1e-6);
    assert!(draining.backlog_end == 0.0 && rest.backlog_end == 0.0);
    assert!(close(rest.succeeded_rps, 10.0));
}

#[test]
fn who_waits_longer_than_the_timeout_gives_up() {
    let mut scenario = without_idle_use(fixed(constant(30.0, 100.0), 1));
    scenario.workload.timeout = SimSpan::from_secs(2);
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    let last = facts.last_segment();
    assert!(close(last.backlog_end, 40.0), "2 s at 20 rps");
    assert!(close(last.failed_rps.timed_out, 10.0));
    for segment in &facts.segments {
        let delay = segment
            .backlog_delay_start_seconds
            .max(segment.backlog_delay_end_seconds);
        let slowest = delay + segment.latency.quantile(0.99);
        assert!(slowest <= 2.0 + 0.01 + 1e-9, "succeeded after {slowest} s");
    }
}

#[test]
fn without_a_pod_everything_fails() {
    let scenario = fixed(constant(7.0, 10.0), 0);
    let facts = facts(&scenario, Seed(1));
    let expected = FailureCauses {
        no_endpoint: 7.0,
        ..FailureCauses::default()
    };
    assert_eq!(facts.last_segment().failed_rps, expected);
}

#[test]
fn a_pod_without_a_probe_gets_traffic_before_it_can_serve() {
    let mut scenario = prod(constant(12.0, 600.0));
    scenario.deployment.pod.endpoint_lag = SimSpan::from_secs(1);
    let facts = facts(&scenario, Seed(1));
    let started = facts.entered(1, PodTransition::Started).expect("scaled up");
    assert_eq!(facts.entered(1, PodTransition::Ready), Some(started));
    assert_eq!(
        facts.entered(1, PodTransition::Serving),
        Some(started + SimSpan::from_secs(1))
    );
    assert_eq!(
        facts.entered(1, PodTransition::Initialised),
        Some(started + SimSpan::from_secs(3))
    );
    let failing: f64 = facts
        .segments
        .iter()
        .map(|segment| segment.failed_rps.not_initialised)
        .sum();
    assert!(failing > 0.0);
}

#[test]
fn a_probe_keeps_traffic_away_until_the_pod_can_serve() {
    let mut scenario = prod(constant(12.0, 600.0));
    scenario.deployment.pod.readiness = Some(ReadinessProbe {
        initial_delay: SimSpan::from_secs(2),
        period: SimSpan::from_secs(10),
        success_threshold: 1,
    });
    let facts = facts(&scenario, Seed(1));
    let started = facts.entered(1, PodTransition::Started).expect("scaled up");
    assert_eq!(
        facts.entered(1, PodTransition::Ready),
        Some(started + SimSpan::from_secs(12))
    );
    for segment in &facts.segments {
        assert_eq!(segment.failed_rps, FailureCauses::default(), "{segment:?}");
    }
}

#[test]
fn starting_and_terminating_pods_are_no_capacity_of_their_own() {
    let scenario = prod(constant(40.0, 120.0));
    let facts = facts(&scenario, Seed(2));
    let scaled_at = facts
        .decisions
        .iter()
        .find(|decision| decision.desired > decision.current)
        .expect("40 rps are too much for one pod")
        .time;
    let serving_at = (1..4)
        .filter_map(|pod| {
            let initialised = facts.entered(pod, PodTransition::Initialised)?;
            Some(initialised.max(facts.entered(pod, PodTransition::Serving)?))
        })
        .min()
        .expect("one comes up");
    for segment in &facts.segments {
        if segment.start >= scaled_at && segment.end <= serving_at {
            assert!(segment.succeeded_rps <= 19.9 + 1e-6, "{segment:?}");
        }
    }
}

/// Twelve pods, with load for only two of them from 100 s on.
fn scales_down_from_twelve() -> Scenario {
    let rows = [
        Row {
            seconds: 0.0,
            rps: 60.0,
        },
        Row {
            seconds: 100.0,
            rps: 10.0,
        },
        Row {
            seconds: 400.0,
            rps: 0.0,
        },
    ];
    let mut scenario = prod(trace(&rows));
    scenario.deployment.replicas = Replicas(12);
    scenario
}

/// The first pod that is deleted.
fn first_to_go(facts: &Facts) -> PodChange {
    *facts
        .changes
        .iter()
        .find(|change| change.state == PodTransition::Terminating)
        .expect("it scales down")
}

#[test]
fn a_terminating_pod_leaves_the_count_at_once_and_still_serves_and_costs() {
    let mut scenario = scales_down_from_twelve();
    scenario.deployment.pod.pre_stop = SimSpan::from_secs(7);
    let facts = facts(&scenario, Seed(5));
    let first = first_to_go(&facts);
    assert_eq!(
        facts.entered(first.pod, PodTransition::Gone),
        Some(first.time + SimSpan::from_secs(7))
    );
    let after = facts
        .segments
        .iter()
        .find(|segment| segment.start == first.time)
        .expect("a change of rates");
    let before = facts
        .segments
        .iter()
        .find(|segment| segment.end == first.time)
        .expect("a segment before");
    assert_eq!(
        after.pods.current.0 + after.pods.terminating.0,
        before.pods.current.0
    );
    assert!(after.pods.terminating.0 > 0);
    assert!(close(after.cpu_cores, before.cpu_cores), "they still work");
    // The endpoints are withdrawn one second later. From then on these pods serve nothing.
    let withdrawn = first.time + SimSpan::from_secs(1);
    assert!(
        facts
            .segments
            .iter()
            .any(|segment| segment.start == withdrawn)
    );
    for segment in facts.segments.iter().filter(|s| s.end <= withdrawn) {
        assert_eq!(segment.failed_rps, FailureCauses::default());
    }
}

#[test]
fn the_grace_period_ends_a_pre_stop_hook_that_takes_too_long() {
    let mut scenario = scales_down_from_twelve();
    scenario.deployment.pod.pre_stop = SimSpan::from_secs(70);
    let facts = facts(&scenario, Seed(5));
    let first = first_to_go(&facts);
    assert_eq!(
        facts.entered(first.pod, PodTransition::Gone),
        Some(first.time + SimSpan::from_secs(30))
    );
}

#[test]
fn a_burst_at_the_start_takes_room_under_the_limit_and_then_ends() {
    let mut scenario = without_idle_use(prod(constant(16.0, 600.0)));
    scenario.deployment.pod.startup_cpu = Some(StartupCpu {
        cpu: Millicores(150),
        duration: SimSpan::from_secs(20),
    });
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    let started = facts.entered(1, PodTransition::Started).expect("scaled up");
    let ended = started + SimSpan::from_secs(20);
    assert!(facts.segments.iter().any(|segment| segment.start == ended));
}

#[test]
fn demand_known_as_cpu_uses_that_much_cpu() {
    let mut scenario = without_idle_use(fixed(constant(0.0, 60.0), 4));
    scenario.trace_mut().demand = Demand::CpuMillicores(vec![260.0, 0.0]);
    let facts = facts(&scenario, Seed(1));
    assert!(close(facts.last_segment().cpu_cores, 0.26));
}

#[test]
fn scale_multiplies_the_load() {
    let mut scenario = fixed(constant(3.0, 60.0), 4);
    scenario.workload.scale = 2.5;
    let facts = facts(&scenario, Seed(1));
    assert!(close(facts.last_segment().offered_rps, 7.5));
}

#[test]
fn a_sidecar_hides_a_hot_container_from_the_pods_average() {
    let mut scenario = as_recorded_cpu(without_idle_use(prod(constant(10.0, 600.0))));
    let mut sidecar = scenario.deployment.containers[0].clone();
    sidecar.name = "sidecar".to_owned();
    sidecar.cpu_request = Some(Millicores(900));
    sidecar.cpu_seconds_per_request = 0.0;
    scenario.deployment.containers.push(sidecar);
    let first_seen = |scenario: &Scenario| facts(scenario, Seed(1)).decisions[0].seen_percent;
    assert_eq!(first_seen(&scenario), Some(10));
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.metrics = vec![MetricSpec::new(
        MetricSource::ContainerResource {
            resource: "cpu".to_owned(),
            container: "app".to_owned(),
        },
        MetricTarget::Utilization(50),
    )];
    assert_eq!(first_seen(&scenario), Some(100));
}

#[test]
fn memory_is_a_base_and_so_much_for_each_request_in_flight() {
    let mut scenario = prod(constant(0.0, 60.0));
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.metrics = vec![MetricSpec::new(
        MetricSource::Resource {
            resource: "memory".to_owned(),
        },
        MetricTarget::Utilization(50),
    )];
    let facts = facts(&scenario, Seed(1));
    // 32 MiB of the requested 64 MiB.
    assert_eq!(facts.decisions[0].seen_percent, Some(50));
}

fn external(name: &str, per_pod: i64) -> MetricSpec {
    MetricSpec::new(
        MetricSource::External {
            metric: MetricIdentifier::new(name, None),
        },
        MetricTarget::AverageValue(MilliValue(per_pod * 1000)),
    )
}

#[test]
fn a_column_of_the_trace_is_a_metric() {
    let mut scenario = prod(trace(&[
        Row {
            seconds: 0.0,
            rps: 1.0,
        },
        Row {
            seconds: 100.0,
            rps: 1.0,
        },
        Row {
            seconds: 300.0,
            rps: 0.0,
        },
    ]));
    scenario.trace_mut().columns.push(MetricColumn {
        name: "jobs".to_owned(),
        values: vec![10.0, 70.0, 0.0],
    });
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.metrics = vec![external("jobs", 10)];
    let facts = facts(&scenario, Seed(1));
    assert_eq!(facts.decisions[0].desired, Replicas(1));
    assert_eq!(facts.last_segment().pods.desired, Replicas(7));
}

#[test]
fn a_metric_that_nothing_provides_fails_and_changes_nothing() {
    let mut scenario = prod(constant(100.0, 120.0));
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.metrics = vec![external("jobs", 10)];
    let facts = facts(&scenario, Seed(1));
    assert!(facts.decisions.iter().all(|d| d.desired == Replicas(1)));
}

#[test]
fn requests_per_second_is_a_metric_of_each_pod() {
    let mut scenario = prod(constant(60.0, 600.0));
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.metrics = vec![MetricSpec::new(
        MetricSource::Pods {
            metric: MetricIdentifier::new("requests_per_second", None),
        },
        MetricTarget::AverageValue(MilliValue(6_000)),
    )];
    let facts = facts(&scenario, Seed(1));
    assert_eq!(facts.last_segment().pods.current, Replicas(10));
}

#[test]
fn a_lag_of_the_metrics_api_delays_the_samples() {
    let step = trace(&[
        Row {
            seconds: 0.0,
            rps: 5.0,
        },
        Row {
            seconds: 300.0,
            rps: 15.0,
        },
        Row {
            seconds: 600.0,
            rps: 0.0,
        },
    ]);
    let mut scenario = as_recorded_cpu(prod(step));
    let first_up = |scenario: &Scenario| -> f64 {
        (0..200)
            .map(|seed| {
                let facts = facts(scenario, Seed(seed));
                let first = facts.decisions.iter().find(|d| d.desired > d.current);
                first.expect("it scales up").time.as_secs_f64()
            })
            .sum::<f64>()
            / 200.0
    };
    let prompt = first_up(&scenario);
    for lag in [7, 40] {
        scenario.metrics.lag = SimSpan::from_secs(lag);
        let late = first_up(&scenario) - prompt;
        assert!(
            (late - lag as f64).abs() < 1.5,
            "{late} s later for {lag} s"
        );
    }
}

#[test]
fn noise_disturbs_the_samples_and_not_the_flow() {
    let mut scenario = fixed_watched(4);
    let quiet = facts(&scenario, Seed(9));
    scenario.workload.cpu_noise = 0.2;
    let noisy = facts(&scenario, Seed(9));
    assert_eq!(quiet.segments, noisy.segments);
    let seen = |facts: &Facts| -> Vec<Option<i32>> {
        facts.decisions.iter().map(|d| d.seen_percent).collect()
    };
    assert_ne!(seen(&quiet), seen(&noisy));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let scenario = prod(scenarios::diurnal());
    let told = |seed| format!("{:?}", facts(&scenario, Seed(seed)));
    assert_eq!(told(1), told(1));
    assert_ne!(told(1), told(2));
}

#[test]
fn a_run_without_an_autoscaler_keeps_its_pods() {
    let scenario = fixed(constant(100.0, 300.0), 3);
    let facts = facts(&scenario, Seed(1));
    assert!(facts.decisions.is_empty() && facts.changes.is_empty());
    assert_eq!(facts.last_segment().pods.current, Replicas(3));
}

#[test]
fn no_segment_ends_while_nothing_changes() {
    let rows: Vec<Row> = (0..=100)
        .map(|minute| Row {
            seconds: f64::from(minute) * 60.0,
            rps: 5.0,
        })
        .collect();
    let facts = facts(&as_recorded_cpu(prod(trace(&rows))), Seed(1));
    assert_eq!(facts.segments.len(), 1);
}
