//! Samples of pods with two containers, whose counters are read at different times.

use super::*;
use crate::cluster::config::{
    Container, ContainerCourse, CpuModel, PodLevelResources, PodTimings, StatsProvider,
};
use crate::cluster::cpu::OwnUse;
use crate::cluster::measured::PodGauge;
use crate::cluster::served::Serving;
use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas};
use crate::workload::{CostUncertainty, LoadBefore};

const RESTING: Activity = Activity {
    own: OwnUse::Idle,
    serving: Serving::Nothing,
};
const NO_GAUGES: Gauges<'_> = Gauges {
    requests_per_second: PodGauge::Serving(0.0),
    requests_counted: PodGauge::Serving(0.0),
    in_flight: PodGauge::Serving(0.0),
    trace_values: &[],
};

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

fn container(name: &str, idle_millicores: i64) -> Container {
    Container {
        name: name.to_owned(),
        course: ContainerCourse::Regular,
        cpu_request: Some(Millicores(100)),
        cpu_limit: None,
        memory_request_bytes: None,
        memory_limit_bytes: None,
        idle_cpu: Millicores(idle_millicores),
        cpu_seconds_per_request: 0.0,
    }
}

/// An app with 40m idle CPU and a sidecar with 70m.
fn deployment() -> Deployment {
    let at_once = Distribution::Constant(SimSpan::ZERO);
    Deployment {
        replicas: Replicas(1),
        containers: vec![container("app", 40), container("sidecar", 70)],
        pod_level: PodLevelResources::default(),
        pod: PodTimings {
            schedule: at_once.clone(),
            image_pull: at_once.clone(),
            start: at_once.clone(),
            init: at_once,
            startup_cpu: None,
            warm_up: None,
            startup: None,
            readiness: None,
            endpoint_lag: SimSpan::ZERO,
            pre_stop: SimSpan::ZERO,
            grace_period: SimSpan::ZERO,
            node_cores: 4.0,
            cpu_model: CpuModel::Quota,
        },
    }
}

fn workload(memory_per_request_bytes: u64) -> Workload {
    let nothing = Distribution::Constant(SimSpan::ZERO);
    Workload {
        cpu_per_request: nothing.clone(),
        cost_uncertainty: CostUncertainty::default(),
        io_per_request: nothing,
        idle_cpu: Millicores(40),
        cpu_noise: 0.0,
        concurrency: 1,
        overload: None,
        queue: 0,
        timeout: SimSpan::from_secs(1),
        memory_base_bytes: 0,
        memory_per_request_bytes,
        scale: 1.0,
        before: LoadBefore::Steady,
        clients: hpasim::scenario::defaults::clients(),
    }
}

const OF_THE_POD: usize = 0;
const OF_THE_APP: usize = 1;
const OF_THE_SIDECAR: usize = 2;

/// A server with queries for the CPU of the pod and of each container; its samples become visible
/// after `lag`.
fn server(lag: SimSpan, seed: Seed) -> MetricsServer {
    let pipeline = MetricsPipeline {
        scrape_interval: SimSpan::from_secs(15),
        stats: StatsProvider::Cadvisor,
        housekeeping: SimSpan::from_secs(10),
        housekeeping_jitter: 1.0,
        lag,
        custom: None,
    };
    let queries = [
        PlantMetric::Cpu(ContainerSelection::All),
        PlantMetric::Cpu(ContainerSelection::One(0)),
        PlantMetric::Cpu(ContainerSelection::One(1)),
    ];
    MetricsServer::new(
        &deployment(),
        &workload(0),
        &pipeline,
        &queries,
        SimTime::ZERO,
        seed,
    )
}

/// Calls `look` after a scrape each second, from the start of the only pod until `until` seconds.
fn watch(lag: SimSpan, seed: Seed, until: i64, mut look: impl FnMut(&MetricsServer)) {
    let mut server = server(lag, seed);
    server.add(0);
    server.start(0, at(0), RESTING);
    for second in 1..=until {
        let publication = server.scrape(at(second), &[PodStatus::default()], &NO_GAUGES);
        if publication == Publication::Later {
            server.publish();
        }
        look(&server);
    }
}

fn shown(server: &MetricsServer, query: usize) -> Option<Sample> {
    server.pod_samples(query).get(0)
}

#[test]
fn a_container_has_no_sample_while_another_of_its_pod_has_none() {
    for lag in [SimSpan::ZERO, SimSpan::from_secs(1)] {
        let mut waited = 0;
        for seed in 0..20 {
            watch(lag, Seed(seed), 40, |server| {
                let has_meter_sample = |meters: &ContainerMeters| meters.samples().get(0).is_some();
                let sampled = server.meters.iter().filter(|m| has_meter_sample(m)).count();
                for query in [OF_THE_POD, OF_THE_APP, OF_THE_SIDECAR] {
                    assert_eq!(shown(server, query).is_some(), sampled == 2, "seed {seed}");
                }
                waited += usize::from(sampled == 1);
            });
        }
        assert!(waited > 0, "one container is always read before the other");
    }
}

#[test]
fn a_containers_value_is_its_own_and_dated_as_its_pod() {
    for lag in [SimSpan::ZERO, SimSpan::from_secs(1)] {
        watch(lag, Seed(3), 200, |server| {
            let Some(pod) = shown(server, OF_THE_POD) else {
                return;
            };
            let of_containers: Vec<Sample> = server
                .meters
                .iter()
                .filter_map(|meters| meters.samples().get(0))
                .collect();
            let read_first = of_containers.iter().min_by_key(|sample| sample.timestamp);
            assert_eq!(
                read_first.map(|sample| (sample.timestamp, sample.window)),
                Some((pod.timestamp, pod.window))
            );
            assert_eq!(pod.value, MilliValue(110));
            let own = |value| Some(Sample { value, ..pod });
            assert_eq!(shown(server, OF_THE_APP), own(MilliValue(40)));
            assert_eq!(shown(server, OF_THE_SIDECAR), own(MilliValue(70)));
        });
    }
}

#[test]
fn memory_counts_the_requests_that_a_pod_works_on_and_none_that_wait() {
    // A pod works on one request at a time.
    assert_eq!(memory_of(1 << 20, 1000.0), MilliValue((1 << 20) * 1000));
    assert_eq!(memory_of(1 << 20, 0.5), MilliValue((1 << 19) * 1000));
}

#[test]
fn memory_beyond_what_can_be_counted_is_the_most_that_can() {
    assert_eq!(memory_of(1 << 63, 1000.0), MilliValue(i64::MAX));
}

/// The memory that is shown of a pod with so many requests in it, each of so many bytes.
fn memory_of(bytes_per_request: u64, in_flight: f64) -> MilliValue {
    let pipeline = MetricsPipeline {
        scrape_interval: SimSpan::from_secs(15),
        stats: StatsProvider::Cadvisor,
        housekeeping: SimSpan::from_secs(10),
        housekeeping_jitter: 0.0,
        lag: SimSpan::ZERO,
        custom: None,
    };
    let queries = [PlantMetric::Memory(ContainerSelection::All)];
    let workload = workload(bytes_per_request);
    let mut server = MetricsServer::new(
        &deployment(),
        &workload,
        &pipeline,
        &queries,
        SimTime::ZERO,
        Seed(1),
    );
    server.add(0);
    server.start(0, at(0), RESTING);
    let gauges = Gauges {
        in_flight: PodGauge::Serving(in_flight),
        ..NO_GAUGES
    };
    for second in [1, 25, 40] {
        server.scrape(at(second), &[PodStatus::serving()], &gauges);
    }
    shown(&server, 0).expect("two readings").value
}
