//! Properties that hold for any scenario: requests are conserved, bounds hold, and the same seed
//! gives the same run.

use hpasim::cluster::config::{Container, CpuModel, ReadinessProbe, StartupCpu, WarmUp};
use hpasim::engine::random::Distribution;
use hpasim::scenario::Scenario;
use hpasim::units::{Millicores, Replicas, SimSpan};
use hpasim::workload::{AfterTimeout, Arrivals, Balancer, Connections, Demand, Overload, Retries};
use proptest::prelude::*;

use super::facts::facts;
use super::scenarios::{Row, prod, trace};

fn millis(millis: i64) -> SimSpan {
    SimSpan::from_millis(millis)
}

/// A rate, and how long it holds.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    seconds: f64,
    rps: f64,
}

fn any_stretch() -> impl Strategy<Value = Stretch> {
    (1.0..40.0_f64, 0.0..150.0_f64).prop_map(|(seconds, rps)| Stretch { seconds, rps })
}

fn rows(stretches: &[Stretch]) -> Vec<Row> {
    let mut seconds = 0.0;
    stretches
        .iter()
        .map(|stretch| {
            let row = Row {
                seconds,
                rps: stretch.rps,
            };
            seconds += stretch.seconds;
            row
        })
        .collect()
}

/// The range of the number of pods, and the initial number.
#[derive(Clone, Copy, Debug)]
struct Fleet {
    min: Replicas,
    max: Replicas,
    initial: Replicas,
}

fn any_fleet() -> impl Strategy<Value = Fleet> {
    (1..6_i32, 0..12_i32, 0..10_i32).prop_map(|(min, more, initial)| Fleet {
        min: Replicas(min),
        max: Replicas(min + more),
        initial: Replicas((min + initial).min(min + more)),
    })
}

/// The times of a pod's start and end.
#[derive(Clone, Copy, Debug)]
struct Timings {
    init: SimSpan,
    endpoint_lag: SimSpan,
    pre_stop: SimSpan,
    grace_period: SimSpan,
}

fn any_timings() -> impl Strategy<Value = Timings> {
    (0..6000_i64, 0..8000_i64, 0..12_000_i64, 0..20_000_i64).prop_map(
        |(init, endpoint_lag, pre_stop, grace_period)| Timings {
            init: millis(init),
            endpoint_lag: millis(endpoint_lag),
            pre_stop: millis(pre_stop),
            grace_period: millis(grace_period),
        },
    )
}

/// The CPU of a pod and its node.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    limit: Option<Millicores>,
    idle: Millicores,
    node_cores: f64,
    model: CpuModel,
}

fn any_cpu() -> impl Strategy<Value = Cpu> {
    let limit = prop::option::of(50..1500_i64);
    let model = prop_oneof![Just(CpuModel::Quota), Just(CpuModel::Shared)];
    (limit, 0..150_i64, 0.2..4.0_f64, model).prop_map(|(limit, idle, node_cores, model)| Cpu {
        limit: limit.map(Millicores),
        idle: Millicores(idle),
        node_cores,
        model,
    })
}

fn any_arrivals() -> impl Strategy<Value = Arrivals> {
    prop_oneof![
        Just(Arrivals::Poisson),
        Just(Arrivals::Even),
        (0.1..5.0_f64).prop_map(|cv| Arrivals::Gamma { cv }),
    ]
}

fn any_balancer() -> impl Strategy<Value = Balancer> {
    prop_oneof![
        Just(Balancer::Random),
        Just(Balancer::RoundRobin),
        Just(Balancer::LeastRequest),
        Just(Balancer::PowerOfTwo),
    ]
}

fn any_retries() -> impl Strategy<Value = Retries> {
    let budget = prop::option::of(0.0..2.0_f64);
    (0..4_u32, 0..2000_i64, 0..5000_i64, budget).prop_map(|(max, backoff, more, budget)| Retries {
        max,
        backoff: millis(backoff),
        max_backoff: millis(backoff + more),
        budget,
    })
}

fn any_connections() -> impl Strategy<Value = Option<Connections>> {
    let lifetime = prop_oneof![
        (1..60_000_i64).prop_map(|mean| Distribution::Constant(millis(mean))),
        (1..60_000_i64).prop_map(|mean| Distribution::Exponential { mean: millis(mean) }),
    ];
    prop::option::of((1..40_u32, lifetime))
        .prop_map(|pool| pool.map(|(count, lifetime)| Connections { count, lifetime }))
}

/// An open or closed load, with clients of any behaviour.
fn with_any_clients() -> impl Strategy<Value = Scenario> {
    let load = prop::collection::vec(any_stretch(), 2..8);
    let places = (1..40_u32, 0..60_u32, 50..6000_i64);
    let cpu = prop_oneof![
        Just(Distribution::log_normal_by_mean(millis(10), 1.0)),
        Just(Distribution::Constant(millis(20))),
        Just(Distribution::Exponential { mean: millis(30) }),
    ];
    let io = prop_oneof![
        Just(Distribution::Constant(SimSpan::ZERO)),
        Just(Distribution::Exponential { mean: millis(80) }),
    ];
    (
        (load, any::<bool>(), any_arrivals(), 1..3000_i64),
        (places, cpu, io),
        (
            any_retries(),
            any_balancer(),
            any_connections(),
            any::<bool>(),
        ),
    )
        .prop_map(
            |(
                (load, closed, arrivals, think),
                ((concurrency, queue, timeout), cpu, io),
                (retries, balancer, connections, cancels),
            )| {
                let mut scenario = prod(trace(&rows(&load)));
                if closed && let Demand::RequestsPerSecond(rates) = &scenario.trace.demand {
                    scenario.trace_mut().demand = Demand::Users(rates.clone());
                }
                let workload = &mut scenario.workload;
                workload.concurrency = concurrency;
                workload.queue = queue;
                workload.timeout = millis(timeout);
                workload.cpu_per_request = cpu;
                workload.io_per_request = io;
                let clients = &mut workload.clients;
                clients.arrivals = arrivals;
                clients.think_time = Distribution::Exponential {
                    mean: millis(think + 20),
                };
                clients.retries = retries;
                clients.balancer = balancer;
                clients.connections = connections;
                clients.after_timeout = if cancels {
                    AfterTimeout::Cancel
                } else {
                    AfterTimeout::Continue
                };
                scenario
            },
        )
}

/// The same with pods that come, go, start slowly and run out of memory.
fn any_scenario() -> impl Strategy<Value = Scenario> {
    let probe = prop::option::of((0..5_i64, 1..8_i64));
    let burst = prop::option::of((0..400_i64, 1..20_i64));
    let memory = prop::option::of(33..80_u64);
    let sidecar = prop::option::of((0..100_i64, 0.0..0.01_f64));
    let warm_up = prop::option::of((1.0..10.0_f64, 1..60_i64));
    let overload = prop::option::of((1.0..10.0_f64, 0.0..0.99_f64));
    (
        with_any_clients(),
        (any_fleet(), any_timings(), probe, burst, warm_up),
        (memory, any_cpu(), sidecar, overload),
    )
        .prop_map(
            |(
                mut scenario,
                (fleet, timings, probe, burst, warm_up),
                (memory, cpu, sidecar, overload),
            )| {
                scenario.workload.overload =
                    overload.map(|(factor, from)| Overload { factor, from });
                let hpa = scenario.hpa_mut().expect("prod has one");
                hpa.spec.min_replicas = fleet.min;
                hpa.spec.max_replicas = fleet.max;
                scenario.deployment.replicas = fleet.initial;
                let pod = &mut scenario.deployment.pod;
                pod.init = Distribution::Constant(timings.init);
                pod.endpoint_lag = timings.endpoint_lag;
                pod.pre_stop = timings.pre_stop;
                pod.grace_period = timings.grace_period;
                pod.readiness = probe.map(|(delay, period)| ReadinessProbe {
                    initial_delay: SimSpan::from_secs(delay),
                    period: SimSpan::from_secs(period),
                    success_threshold: 1,
                });
                pod.startup_cpu = burst.map(|(cpu, duration)| StartupCpu {
                    cpu: Millicores(cpu),
                    duration: SimSpan::from_secs(duration),
                });
                pod.warm_up = warm_up.map(|(factor, duration)| WarmUp {
                    factor,
                    duration: SimSpan::from_secs(duration),
                });
                pod.node_cores = cpu.node_cores;
                pod.cpu_model = cpu.model;
                let app = &mut scenario.deployment.containers[0];
                app.memory_limit_bytes = memory.map(|mebibytes| mebibytes << 20);
                app.cpu_limit = cpu.limit;
                app.idle_cpu = cpu.idle;
                let sidecar = sidecar.map(|(idle, cost)| Container {
                    name: "sidecar".to_owned(),
                    idle_cpu: Millicores(idle),
                    cpu_seconds_per_request: cost,
                    ..app.clone()
                });
                scenario.deployment.containers.extend(sidecar);
                scenario
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_scenario_nothing_is_lost_bounds_hold_and_the_seed_decides(
        scenario in any_scenario(),
        seed in any::<u64>(),
    ) {
        let first = facts(&scenario, seed);
        let again = facts(&scenario, seed);
        prop_assert_eq!(first, again);
    }
}
