//! The request engine: arrivals and completions per second, by number of pods and of requests in
//! flight.
//!
//! The time includes the KPIs, but neither files nor pictures.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hpasim::cluster::config::CpuModel;
use hpasim::engine::random::{Distribution, Stream};
use hpasim::results::KpiObserver;
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::simulate_observed;
use hpasim::units::{Millicores, Seed, SimSpan};
use hpasim::workload::Demand;
use rand_distr::Distribution as _;
use scenarios::{Row, fixed, trace};

#[path = "../tests/plant/scenarios.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod scenarios;

/// A steady load on a fixed number of pods; `events` is the expected number of arrivals and
/// completions.
struct Case {
    scenario: Scenario,
    events: f64,
}

/// The base of every case: exponential demand, no autoscaler, and limits and a timeout that are
/// never reached.
fn plain(pods: i32, rps: f64, seconds: f64) -> Case {
    let rows = [Row { seconds: 0.0, rps }, Row { seconds, rps }];
    let mut scenario = fixed(trace(&rows), pods);
    let workload = &mut scenario.workload;
    workload.cpu_per_request = Distribution::Exponential {
        mean: SimSpan::from_millis(10),
    };
    workload.idle_cpu = Millicores(0);
    workload.concurrency = 1_000_000;
    workload.timeout = SimSpan::from_secs(60);
    let container = &mut scenario.deployment.containers[0];
    container.idle_cpu = Millicores(0);
    container.cpu_limit = None;
    container.memory_limit_bytes = None;
    scenario.deployment.pod.node_cores = 1.0;
    Case {
        scenario,
        events: 2.0 * rps * seconds,
    }
}

/// `pods` pods of one core at 0.8 of their capacity, until there have been about a million events.
fn processor_sharing(pods: i32) -> Case {
    let rps = 80.0 * f64::from(pods);
    plain(pods, rps, 500_000.0 / rps)
}

/// The same, one request at a time in each pod.
fn fifo(pods: i32) -> Case {
    let mut case = processor_sharing(pods);
    case.scenario.workload.concurrency = 1;
    case.scenario.workload.queue = 1_000_000;
    case
}

/// A quota of 200m that throttles: 16 requests per second on each pod.
fn quota(pods: i32) -> Case {
    let rps = 16.0 * f64::from(pods);
    let mut case = plain(pods, rps, 500_000.0 / rps);
    case.scenario.deployment.containers[0].cpu_limit = Some(Millicores(200));
    case.scenario.deployment.pod.node_cores = 4.0;
    case.scenario.deployment.pod.cpu_model = CpuModel::Quota;
    case
}

/// `users` with a think time of one second on one pod that serves 100 requests per second. Nearly
/// all of them are in flight.
fn crowd(users: u32) -> Case {
    let seconds = 10_000.0;
    let mut case = plain(1, 0.0, seconds);
    case.scenario.trace_mut().demand = Demand::Users(vec![f64::from(users); 2]);
    case.scenario.workload.timeout = SimSpan::from_secs(100_000);
    // Two events per request: the end of the pause and the completion.
    case.events = 2.0 * 100.0 * seconds;
    case
}

/// The minimum cost of an arrival and a completion: M/M/10 on a plain binary heap, without any
/// measurement.
fn bare_heap(arrivals: u32, seed: u64) -> u64 {
    const SERVERS: u32 = 10;
    const ARRIVAL: bool = true;
    let mut generator = Stream::Generation.generator(Seed(seed), 0);
    let mut draw = |mean: f64| {
        let unit: f64 = rand_distr::Exp1.sample(&mut generator);
        (unit * mean) as u64
    };
    let mut heap = BinaryHeap::new();
    heap.push(Reverse((0_u64, ARRIVAL)));
    let (mut left, mut busy, mut waiting) = (arrivals, 0, 0);
    let mut now = 0;
    while let Some(Reverse((time, kind))) = heap.pop() {
        now = time;
        if kind == ARRIVAL {
            left -= 1;
            if left > 0 {
                heap.push(Reverse((now + draw(1.25e6), ARRIVAL)));
            }
            if busy < SERVERS {
                busy += 1;
                heap.push(Reverse((now + draw(1e7), !ARRIVAL)));
            } else {
                waiting += 1;
            }
        } else if waiting > 0 {
            waiting -= 1;
            heap.push(Reverse((now + draw(1e7), !ARRIVAL)));
        } else {
            busy -= 1;
        }
    }
    now
}

fn run(case: &Case, seed: u64) -> f64 {
    let mut kpis = KpiObserver::new(&case.scenario);
    simulate_observed(&case.scenario, Engine::Request, Seed(seed), &mut kpis);
    kpis.finish().mean_replicas
}

fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("events");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    let mut measure = |name: &str, pods: i32, case: Case| {
        group.throughput(Throughput::Elements(case.events as u64));
        let mut seed = 0;
        group.bench_function(BenchmarkId::new(name, pods), |bencher| {
            bencher.iter(|| {
                seed += 1;
                black_box(run(&case, seed))
            });
        });
    };
    measure("processor sharing", 10, processor_sharing(10));
    measure("FIFO", 10, fifo(10));
    measure("quota", 10, quota(10));
    for pods in [1, 100, 1000] {
        measure("processor sharing", pods, processor_sharing(pods));
    }
    for users in [200, 2_000, 20_000] {
        measure("in flight", users, crowd(users as u32));
    }
    group.throughput(Throughput::Elements(1_000_000));
    let mut seed = 0;
    group.bench_function("bare binary heap", |bencher| {
        bencher.iter(|| {
            seed += 1;
            black_box(bare_heap(500_000, seed))
        });
    });
    group.finish();
}

criterion_group!(benches, events);
criterion_main!(benches);
