//! The order of events at one instant: one test for each pair of neighbouring phases.
//!
//! Each test puts two events on one instant and schedules the later phase first. It checks a result
//! that only the documented order gives.

#[expect(
    dead_code,
    reason = "shared with the integration tests, which use all of it"
)]
#[path = "../../tests/plant/scenarios.rs"]
pub(super) mod scenarios;

use super::flow::Flow;
use super::observer::{FlowSegment, Observer, RequestSegment};
use super::phase::Phase;
use super::requests::Requests;
use super::run::{Attention, Simulation};
use super::work::{Work, WorkByPod};
use crate::cluster::measured::PodGauge;
use crate::cluster::metrics_server::MetricsServer;
use crate::cluster::plant::{InitialPods, Plant};
use crate::cluster::pods::PodStatus;
use crate::cluster::served::ServedRates;
use crate::control::Decided;
use crate::control::decided::MetricValue;
use crate::control::hpa::HpaScaler;
use crate::control::scaler::RunningScaler;
use crate::engine::EventQueue;
use crate::engine::random::Distribution;
use crate::scenario::Scenario;
use crate::units::{Millicores, Replicas, Seed, SimSpan, SimTime};
use crate::workload::Demand;
use crate::workload::{Arrivals, Balancer};
use scenarios::{Row, prod, trace};

#[derive(Default)]
struct Watcher {
    segments: Vec<FlowSegment>,
    served: Vec<RequestSegment>,
    seen: Vec<Sync>,
}

struct Sync {
    time: SimTime,
    current: Replicas,
    percent: Option<i32>,
}

impl Observer for Watcher {
    fn flowed(&mut self, segment: &FlowSegment) {
        self.segments.push(*segment);
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.served.push(*segment);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        let first = decision.metrics.first();
        let value: Option<MetricValue> = first.copied().flatten();
        self.seen.push(Sync {
            time: decision.time,
            current: decision.current,
            percent: value.and_then(|value| value.average_utilization),
        });
    }
}

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

/// The scaler of a scenario, with its first sync at `sync`.
fn first_synced_at(scenario: &Scenario, sync: SimTime) -> RunningScaler<'_> {
    scenario.hpa().map_or(RunningScaler::Nothing, |hpa| {
        RunningScaler::Hpa(HpaScaler::new(hpa, sync))
    })
}

fn watch(scenario: &Scenario, scrape: SimTime, sync: SimTime) -> Watcher {
    let mut watcher = Watcher::default();
    let mut scaler = first_synced_at(scenario, sync);
    Simulation::new(
        scenario,
        Flow::new(scenario),
        &Attention::of(&scaler),
        Seed(1),
        scrape,
    )
    .run_to_end(&mut scaler, &mut watcher);
    watcher
}

fn watch_requests(scenario: &Scenario, scrape: SimTime, sync: SimTime) -> Watcher {
    let mut watcher = Watcher::default();
    let requests = Requests::new(scenario, Seed(1));
    let mut scaler = first_synced_at(scenario, sync);
    Simulation::new(scenario, requests, &Attention::of(&scaler), Seed(1), scrape)
        .run_to_end(&mut scaler, &mut watcher);
    watcher
}

/// One pod that serves, without any query for metrics.
fn plant_of_one(scenario: &Scenario) -> Plant {
    let (deployment, workload) = (&scenario.deployment, &scenario.workload);
    let metrics = MetricsServer::new(
        deployment,
        workload,
        &scenario.metrics,
        &[],
        SimTime::ZERO,
        Seed(1),
    );
    let one = InitialPods {
        count: 1,
        ready_since: at(-100),
        watched_since: at(-100),
        rates: ServedRates::default(),
    };
    Plant::new(deployment, metrics, one, Seed(1))
}

/// A load in steps, without idle CPU; housekeeping has a phase different from the others.
fn steps(rows: &[Row]) -> Scenario {
    let mut scenario = prod(trace(rows));
    scenario.deployment.containers[0].idle_cpu = Millicores(0);
    scenario.metrics.housekeeping_jitter = 0.0;
    scenario
}

/// Requests of 1 ms every 100 ms, on the pods of `scenario`.
fn even(rows: &[Row]) -> Scenario {
    let mut scenario = steps(rows);
    scenario.workload.clients.arrivals = Arrivals::Even;
    scenario.workload.cpu_per_request = Distribution::Constant(SimSpan::from_millis(1));
    scenario.deployment.containers[0].cpu_seconds_per_request = 0.001;
    scenario
}

const TEN_A_SECOND: [Row; 2] = [
    Row {
        seconds: 0.0,
        rps: 10.0,
    },
    Row {
        seconds: 20.0,
        rps: 10.0,
    },
];

#[test]
fn a_request_of_the_instant_at_which_an_interval_ends_belongs_to_the_next() {
    // Measurement before traffic: arrivals are at every tenth of a second, and also at 5.0 s.
    let mut scenario = even(&TEN_A_SECOND);
    scenario.scaler = None;
    let watcher = watch_requests(&scenario, at(1), at(1));
    let offered: Vec<u64> = watcher.served.iter().map(|part| part.offered).collect();
    assert_eq!(offered, [49, 50, 50, 50]);
    assert!(watcher.served.iter().all(|part| part.end > part.start));
}

#[test]
fn a_pod_that_takes_too_much_memory_at_rest_is_killed_whenever_it_starts() {
    let mut scenario = even(&TEN_A_SECOND);
    scenario.scaler = None;
    scenario.workload.memory_base_bytes = 256 << 20;
    scenario.workload.memory_per_request_bytes = 0;
    let watcher = watch_requests(&scenario, at(1), at(1));
    let kills: u32 = watcher.served.iter().map(|part| part.oom_kills).sum();
    // At the start, some seconds later, and 10 s after that.
    assert!((2..=3).contains(&kills), "{kills}");
    assert!(watcher.served.iter().all(|part| part.succeeded == 0));
}

#[test]
fn the_first_rate_that_is_scraped_counts_the_time_before_the_start() {
    // A scrape at 0.05 s, before any request. The rate over the 15 s before it is that of the first
    // row.
    let mut scenario = even(&TEN_A_SECOND);
    scenario.scaler = None;
    let mut requests = Requests::new(&scenario, Seed(1));
    let mut plant = plant_of_one(&scenario);
    let pods = plant.pods();
    requests.pod_changed(0, pods.statuses()[0], None, SimTime::ZERO);
    let gauges = requests.gauges(SimTime::from_nanos(50_000_000), pods);
    let PodGauge::Each(rates) = gauges.requests_per_second else {
        panic!("by pod");
    };
    assert!((rates[0] - 10.0).abs() < 0.1, "{rates:?}");
}

#[test]
fn a_pod_that_the_engine_does_not_know_shifts_no_gauge() {
    let mut scenario = even(&TEN_A_SECOND);
    scenario.scaler = None;
    let mut requests = Requests::new(&scenario, Seed(1));
    let mut plant = plant_of_one(&scenario);
    let second = plant.create(SimTime::ZERO).number;
    let pods = plant.pods();
    requests.pod_changed(second, PodStatus::serving(), None, SimTime::ZERO);
    requests.run_before(at(1), &mut Watcher::default());
    let gauges = requests.gauges(at(1), pods);
    let PodGauge::Each(rates) = gauges.requests_per_second else {
        panic!("by pod");
    };
    assert_eq!(rates.len(), 2);
    assert!(rates[1] > 0.0 && rates[1] > rates[0], "{rates:?}");
}

#[test]
fn a_request_meets_the_pods_of_its_own_instant() {
    // Pod lifecycle before traffic: at 20 s one of two pods is killed, and a request arrives.
    let mut scenario = even(&[
        Row {
            seconds: 0.0,
            rps: 10.0,
        },
        Row {
            seconds: 20.05,
            rps: 10.0,
        },
    ]);
    scenario.deployment.replicas = Replicas(2);
    scenario.workload.clients.balancer = Balancer::RoundRobin;
    scenario.deployment.pod.endpoint_lag = SimSpan::from_secs(10);
    scenario.deployment.pod.grace_period = SimSpan::from_secs(10);
    // The sync at 10 s sees 5 % against the target of 50 %, and the policy permits the scale-down.
    if let Some(autoscaler) = scenario.hpa_mut()
        && let Some(behavior) = &mut autoscaler.spec.behavior
    {
        behavior.scale_down.stabilization_window = Some(SimSpan::ZERO);
    }
    // The deleted pod and the turn of the balancer depend on the seed. With the wrong order, at
    // least one of these seeds would fail.
    for seed in 1..=8 {
        let mut watcher = Watcher::default();
        let mut scaler = first_synced_at(&scenario, at(10));
        let requests = Requests::new(&scenario, Seed(seed));
        Simulation::new(
            &scenario,
            requests,
            &Attention::of(&scaler),
            Seed(seed),
            at(5),
        )
        .run_to_end(&mut scaler, &mut watcher);
        let succeeded: u64 = watcher.served.iter().map(|part| part.succeeded).sum();
        assert_eq!(succeeded, 200, "seed {seed}");
        let last = watcher.served.last().expect("segments");
        assert_eq!(last.pods.current, Replicas(1));
        assert_eq!(last.pods.terminating, Replicas(0));
    }
}

#[test]
fn a_counter_that_is_read_at_an_arrival_has_the_work_until_then() {
    // Traffic before housekeeping: a reading shows the work that was done, not the work that was
    // offered.
    let mut scenario = even(&TEN_A_SECOND);
    scenario.metrics.scrape_interval = SimSpan::from_secs(1);
    let watcher = watch_requests(&scenario, at(0), at(0));
    // 10 requests of 1 ms per second on 100m are 10 %, at whatever instants the counters are read.
    let seen: Vec<_> = watcher
        .seen
        .iter()
        .filter_map(|seen| seen.percent)
        .collect();
    assert!(!seen.is_empty());
    assert!(
        seen.iter().all(|percent| (9..=11).contains(percent)),
        "{seen:?}"
    );
}

#[test]
fn a_pod_that_leaves_takes_no_load_of_its_last_instant() {
    // Pod lifecycle before traffic: the endpoint of the last pod is removed at 20 s, when the load
    // doubles.
    let mut scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 1.0,
        },
        Row {
            seconds: 20.0,
            rps: 2.0,
        },
        Row {
            seconds: 40.0,
            rps: 0.0,
        },
    ]);
    scenario.deployment.replicas = Replicas(2);
    scenario.deployment.pod.endpoint_lag = SimSpan::from_secs(10);
    // The sync at 10 s sees 5 % against the target of 50 %, and deletes one of two pods.
    let watcher = watch(&scenario, at(5), at(10));
    let after = watcher
        .segments
        .iter()
        .find(|segment| segment.start == at(20))
        .expect("both change there");
    assert_eq!(after.offered_rps.to_bits(), 2.0_f64.to_bits());
    assert_eq!(after.pods.terminating, Replicas(0));
    let changes_at_20 = watcher.segments.iter().filter(|s| s.start == at(20));
    assert_eq!(changes_at_20.count(), 1, "one change of rates for both");
}

#[test]
fn the_order_of_phases_is_the_order_in_which_events_come() {
    let phases = [
        Phase::Measurement,
        Phase::PodLifecycle,
        Phase::Traffic,
        Phase::Housekeeping,
        Phase::Scrape,
        Phase::ScalerWake,
        Phase::ScaleApplied,
    ];
    for pair in phases.windows(2) {
        let mut queue = EventQueue::new();
        queue.push(at(1), pair[1], pair[1]);
        queue.push(at(1), pair[0], pair[0]);
        assert_eq!(queue.pop().map(|first| first.event), Some(pair[0]));
        assert_eq!(queue.pop().map(|second| second.event), Some(pair[1]));
    }
}

/// The same demand as recorded CPU, which has no noise of single requests.
fn without_noise(mut scenario: Scenario) -> Scenario {
    let Demand::RequestsPerSecond(rates) = &scenario.trace.demand else {
        return scenario;
    };
    let millicores = rates.iter().map(|rps| rps * 10.0).collect();
    scenario.trace_mut().demand = Demand::CpuMillicores(millicores);
    scenario
}

#[test]
fn a_reading_at_the_instant_of_a_new_load_sees_the_old_one() {
    // Traffic before housekeeping: a counter is an integral, and the new rate has not run yet.
    let scenario = without_noise(steps(&[
        Row {
            seconds: 0.0,
            rps: 5.0,
        },
        Row {
            seconds: 30.0,
            rps: 20.0,
        },
        Row {
            seconds: 31.0,
            rps: 0.0,
        },
    ]));
    let watcher = watch(&scenario, at(0), at(0));
    let last = watcher.seen.last().expect("syncs");
    assert_eq!(last.time, at(30));
    assert_eq!(last.percent, Some(50));
}

#[test]
fn a_scrape_gets_the_reading_of_its_own_instant() {
    // Housekeeping before scrape: a pod that started at 10 s is read at 20 s, and the scrape at 20
    // s has the reading.
    use crate::cluster::measured::{ContainerSelection, Gauges, PlantMetric};
    use crate::cluster::pods::PodStep;

    let scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 0.0,
        },
        Row {
            seconds: 1.0,
            rps: 0.0,
        },
    ]);
    let metrics = MetricsServer::new(
        &scenario.deployment,
        &scenario.workload,
        &scenario.metrics,
        &[PlantMetric::Cpu(ContainerSelection::All)],
        SimTime::ZERO,
        Seed(1),
    );
    let nobody = InitialPods {
        count: 0,
        ready_since: at(-100),
        watched_since: at(-100),
        rates: ServedRates::default(),
    };
    let mut plant = Plant::new(&scenario.deployment, metrics, nobody, Seed(1));
    let pod = plant.create(at(0)).number;
    plant.step(pod, PodStep::Started, at(10));
    let gauges = Gauges {
        requests_per_second: PodGauge::Serving(0.0),
        requests_counted: PodGauge::Serving(0.0),
        in_flight: PodGauge::Serving(0.0),
        trace_values: &[],
    };
    plant.scrape(at(20), &gauges);
    assert_eq!(plant.metrics().pod_samples(0).timestamp, [at(20)]);
    assert_eq!(plant.metrics().pod_samples(0).sampled, [true]);
}

#[test]
fn a_pod_that_is_killed_while_it_winds_down_is_withdrawn_all_the_same() {
    use crate::cluster::pods::{PodFact, PodStep};

    let scenario = even(&TEN_A_SECOND);
    let mut plant = plant_of_one(&scenario);
    assert_eq!(plant.delete(1, at(0)).count(), 1);
    plant.step(0, PodStep::Killed, at(1));
    assert_eq!(plant.restart(0, at(1)), None);
    assert!(plant.step(0, PodStep::EndpointRemoved, at(2)));
    assert!(!plant.pods().statuses()[0].is(PodFact::Endpoint));
}

#[test]
fn a_sync_sees_the_scrape_of_its_own_instant() {
    // Scrape before scaler wake: the load doubles at 1 s, readings come every 10 s, and both grids
    // are at 0, 15, 30...
    let scenario = without_noise(steps(&[
        Row {
            seconds: 0.0,
            rps: 5.0,
        },
        Row {
            seconds: 1.0,
            rps: 10.0,
        },
        Row {
            seconds: 60.0,
            rps: 0.0,
        },
    ]));
    let together = watch(&scenario, at(0), at(0));
    let first_seen = together
        .seen
        .iter()
        .find(|seen| seen.percent != Some(50))
        .expect("it is seen");
    // There is a reading in every 10 s, so the scrape at 15 s has one after the step.
    assert_eq!(first_seen.time, at(15));
}

#[test]
fn a_sync_does_not_see_the_result_of_its_own_decision() {
    // Scaler wake before scale applied: the sync that scales up still counts the old pods.
    let scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 20.0,
        },
        Row {
            seconds: 10.0,
            rps: 0.0,
        },
    ]);
    let watcher = watch(&scenario, at(0), at(5));
    assert_eq!(watcher.seen[0].current, Replicas(1));
    let before = watcher.segments.iter().find(|s| s.end == at(5));
    let after = watcher.segments.iter().find(|s| s.start == at(5));
    assert_eq!(before.expect("a segment").pods.current, Replicas(1));
    assert!(
        after.expect("a segment").pods.current > Replicas(1),
        "at once"
    );
}
