//! Queues with a known mean: the simulated scenario, its length, and the expected result.
//!
//! All cases have one pod, no autoscaler and no quota.

use std::sync::Arc;

use hpasim::cluster::config::CpuModel;
use hpasim::engine::random::Distribution;
use hpasim::scenario::Scenario;
use hpasim::units::{Millicores, SimSpan, SimTime};
use hpasim::workload::{Demand, Trace};

use super::formulas::{erlang_c, lossy, machine_repair, one_server, pollaczek_khinchine};
use super::interval::{Comparison, student};
use super::measure::Replication;
use super::scenarios::{constant, fixed};

/// Mean service time in seconds.
pub(crate) const SERVICE: f64 = 0.01;
/// Independent runs of each case.
pub(crate) const REPLICATIONS: u64 = 64;
/// The time between two samples of the requests in flight: five service times.
const LOOK: f64 = 5.0 * SERVICE;
/// The number of standard errors, as theory predicts them, that must fit into a half-width:
/// Student's quantile with some reserve.
const STANDARD_ERRORS: f64 = 6.0;
/// A number of places that is never used up.
const UNBOUNDED: u32 = 1_000_000;

/// A service distribution with a given mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Service {
    Exponential,
    Deterministic,
    LogNormal {
        cv: f64,
    },
    Gamma {
        cv: f64,
    },
    /// Nine of ten requests take half the mean; one takes 5.5 times the mean.
    Bimodal,
}

impl Service {
    pub(crate) fn of_mean(self, seconds: f64) -> Distribution {
        let mean = SimSpan::from_secs_f64(seconds);
        match self {
            Self::Exponential => Distribution::Exponential { mean },
            Self::Deterministic => Distribution::Constant(mean),
            Self::LogNormal { cv } => Distribution::log_normal_by_mean(mean, cv),
            Self::Gamma { cv } => Distribution::Gamma { mean, cv },
            Self::Bimodal => {
                let mut spans = vec![SimSpan::from_secs_f64(0.5 * seconds); 9];
                spans.push(SimSpan::from_secs_f64(5.5 * seconds));
                Distribution::Empirical(Arc::from(spans))
            }
        }
    }

    fn cv(self) -> f64 {
        self.of_mean(1.0).coefficient_of_variation()
    }
}

/// A quantity to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    MeanLatency,
    LossShare,
    Throughput,
    LittlesLaw,
    CpuPerRequest,
}

impl Quantity {
    fn of(self, replication: &Replication) -> f64 {
        match self {
            Self::MeanLatency => replication.mean_latency_seconds,
            Self::LossShare => replication.loss_share,
            Self::Throughput => replication.throughput,
            Self::LittlesLaw => replication.little_ratio,
            Self::CpuPerRequest => replication.cpu_seconds_per_request,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::MeanLatency => "mean latency",
            Self::LossShare => "share lost",
            Self::Throughput => "throughput",
            Self::LittlesLaw => "Little's law, L / (X W)",
            Self::CpuPerRequest => "utilization law, CPU per request",
        }
    }
}

/// A quantity with its theoretical value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) quantity: Quantity,
    pub(crate) value: f64,
}

/// One queue at one load.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) warm_up: SimSpan,
    pub(crate) half_width_max: f64,
    pub(crate) expected: Vec<Expected>,
}

impl Case {
    /// Compares the results of its replications with theory, as part of `family` comparisons.
    pub(crate) fn compare(&self, replications: &[Replication], family: usize) -> Vec<Comparison> {
        self.expected
            .iter()
            .map(|expected| {
                let values: Vec<f64> = replications
                    .iter()
                    .map(|replication| expected.quantity.of(replication))
                    .collect();
                Comparison {
                    name: format!("{}: {}", self.name, expected.quantity.name()),
                    expected: expected.value,
                    simulated: student(&values, family),
                    half_width_max: self.half_width_max,
                }
            })
            .collect()
    }
}

/// The parameters of a case.
#[derive(Clone, Copy, Debug)]
struct Queue {
    load: f64,
    service: Service,
    concurrency: u32,
    places: u32,
    cores: u32,
    /// The length of all replications together, in service times.
    service_times: f64,
}

/// A pod without a limit on its places, with `cores` cores and no own use.
pub(crate) fn bare(trace: Trace, pods: i32, demand: Distribution, cores: u32) -> Scenario {
    let mut scenario = fixed(trace, pods);
    let workload = &mut scenario.workload;
    workload.cpu_per_request = demand;
    workload.idle_cpu = Millicores(0);
    workload.concurrency = UNBOUNDED;
    workload.queue = UNBOUNDED;
    workload.timeout = SimSpan::from_secs(1_000_000);
    let app = &mut scenario.deployment.containers[0];
    app.idle_cpu = Millicores(0);
    app.cpu_limit = None;
    app.memory_limit_bytes = None;
    app.cpu_seconds_per_request = workload.cpu_per_request.mean_seconds();
    scenario.deployment.pod.node_cores = f64::from(cores);
    scenario.deployment.pod.cpu_model = CpuModel::Quota;
    scenario
}

/// The same demand for `seconds`, in rows of `look_seconds`. Each row ends a segment, which samples
/// the requests in flight.
pub(crate) fn looked_at(
    seconds: f64,
    look_seconds: f64,
    demand: impl Fn(Vec<f64>) -> Demand,
    value: f64,
) -> Trace {
    let rows = (seconds / look_seconds).ceil() as i64;
    let look = SimSpan::from_secs_f64(look_seconds);
    let mut trace = constant(value, seconds);
    trace.times = (0..=rows).map(|row| SimTime::ZERO + look * row).collect();
    trace.demand = demand(vec![value; rows as usize + 1]);
    trace
}

/// The warm-up that is left out: some ten times the longest relaxation time, which grows as 1 / (1
/// - load)^2.
fn warm_up_seconds(load: f64, cv: f64) -> f64 {
    20.0 * (1.0 + cv * cv) / (1.0 - load).powi(2) * SERVICE
}

fn half_width_max(load: f64) -> f64 {
    if load < 0.8 { 0.02 } else { 0.04 }
}

fn expect(quantity: Quantity, value: f64) -> Expected {
    Expected { quantity, value }
}

/// Adds the laws that hold in every run: Little's law and the utilization law.
fn with_laws(mut expected: Vec<Expected>) -> Vec<Expected> {
    expected.push(expect(Quantity::LittlesLaw, 1.0));
    expected.push(expect(Quantity::CpuPerRequest, SERVICE));
    expected
}

/// An open queue. Its requests cost `demand_factor` times what the formulas assume.
fn open(name: &str, queue: Queue, expected: Vec<Expected>, demand_factor: f64) -> Case {
    let warm_up = warm_up_seconds(queue.load, queue.service.cv());
    let seconds = warm_up + queue.service_times * SERVICE / REPLICATIONS as f64;
    let rps = queue.load * f64::from(queue.cores) / SERVICE;
    let trace = looked_at(seconds, LOOK, Demand::RequestsPerSecond, rps);
    let demand = queue.service.of_mean(SERVICE * demand_factor);
    let mut scenario = bare(trace, 1, demand, queue.cores);
    scenario.workload.concurrency = queue.concurrency;
    scenario.workload.queue = queue.places;
    Case {
        name: format!("{name}, load {}", queue.load),
        scenario,
        warm_up: SimSpan::from_secs_f64(warm_up),
        half_width_max: half_width_max(queue.load),
        expected: with_laws(expected),
    }
}

/// The service times that a comparison of means needs for the required half-width. Their number
/// grows as (1 + CV^2) / (load (1 - load)^2) (Whitt, "Planning queueing simulations", 1989, for
/// heavy traffic).
fn service_times(load: f64, service: Service) -> f64 {
    let variation = (1.0 + service.cv().powi(2)) * (1.0 + load) / (load * (1.0 - load).powi(2));
    variation * (STANDARD_ERRORS / half_width_max(load)).powi(2)
}

fn single_server(load: f64, service: Service, concurrency: u32) -> Queue {
    Queue {
        load,
        service,
        concurrency,
        places: UNBOUNDED,
        cores: 1,
        service_times: service_times(load, service),
    }
}

fn processor_sharing(name: &str, load: f64, service: Service, factor: f64) -> Case {
    let mean = expect(Quantity::MeanLatency, one_server(SERVICE, load));
    let queue = single_server(load, service, UNBOUNDED);
    open(name, queue, vec![mean], factor)
}

fn fifo(name: &str, load: f64, service: Service, factor: f64) -> Case {
    let theory = pollaczek_khinchine(SERVICE, load, service.cv());
    let mean = expect(Quantity::MeanLatency, theory);
    open(name, single_server(load, service, 1), vec![mean], factor)
}

fn many_servers(load: f64, factor: f64) -> Case {
    const SERVERS: u32 = 4;
    let queue = Queue {
        concurrency: SERVERS,
        cores: SERVERS,
        service_times: service_times(load, Service::Exponential) / f64::from(SERVERS),
        ..single_server(load, Service::Exponential, SERVERS)
    };
    let theory = erlang_c(SERVICE, load, SERVERS);
    let mean = expect(Quantity::MeanLatency, theory);
    open("M/M/4", queue, vec![mean], factor)
}

fn few_places(load: f64, factor: f64) -> Case {
    const SERVERS: u32 = 2;
    const PLACES: u32 = 3;
    let theory = lossy(SERVICE, load, SERVERS, PLACES);
    // Losses are rare and come in groups.
    let losses = 2.0 * (STANDARD_ERRORS / half_width_max(load)).powi(2);
    let queue = Queue {
        concurrency: SERVERS,
        places: PLACES - SERVERS,
        cores: SERVERS,
        service_times: (losses / theory.loss_share / (load * f64::from(SERVERS))).max(1e6),
        ..single_server(load, Service::Exponential, SERVERS)
    };
    let expected = vec![
        expect(Quantity::MeanLatency, theory.mean_time),
        expect(Quantity::LossShare, theory.loss_share),
    ];
    open("M/M/2/3", queue, expected, factor)
}

/// `users` of a closed load whose requests give one server the load `load`.
fn closed(load: f64, users: u32, think_seconds: f64, factor: f64) -> Case {
    let theory = machine_repair(SERVICE, think_seconds, users);
    let utilization = theory.throughput * SERVICE;
    assert!(
        (utilization - load).abs() < 0.02,
        "{utilization} for {load}"
    );
    let warm_up = 100.0 * (think_seconds + SERVICE);
    let requests = 3e6;
    let seconds = warm_up + requests / theory.throughput / REPLICATIONS as f64;
    let trace = looked_at(seconds, LOOK, Demand::Users, f64::from(users));
    let demand = Service::Exponential.of_mean(SERVICE * factor);
    let mut scenario = bare(trace, 1, demand, 1);
    scenario.workload.concurrency = 1;
    scenario.workload.clients.think_time = Service::Exponential.of_mean(think_seconds);
    Case {
        name: format!("M/M/1//{users}, load {load}"),
        scenario,
        warm_up: SimSpan::from_secs_f64(warm_up),
        half_width_max: half_width_max(load),
        expected: with_laws(vec![
            expect(Quantity::MeanLatency, theory.mean_response),
            expect(Quantity::Throughput, theory.throughput),
        ]),
    }
}

/// Every case. Requests cost `demand_factor` times what the formulas assume.
pub(crate) fn cases(demand_factor: f64) -> Vec<Case> {
    let factor = demand_factor;
    let mut cases = Vec::new();
    for load in [0.3, 0.7, 0.9] {
        let sharing = |name: &str, service| processor_sharing(name, load, service, factor);
        cases.extend([
            fifo("M/M/1 FIFO", load, Service::Exponential, factor),
            sharing("M/M/1 PS", Service::Exponential),
            sharing("M/D/1 PS", Service::Deterministic),
            sharing("M/G/1 PS, log-normal CV 2", Service::LogNormal { cv: 2.0 }),
            sharing("M/G/1 PS, bimodal CV 1.5", Service::Bimodal),
            fifo("M/D/1 FIFO", load, Service::Deterministic, factor),
            fifo(
                "M/G/1 FIFO, gamma CV 1.5",
                load,
                Service::Gamma { cv: 1.5 },
                factor,
            ),
            many_servers(load, factor),
            few_places(load, factor),
        ]);
    }
    cases.extend([
        closed(0.3, 2, 0.0548, factor),
        closed(0.7, 5, 0.0535, factor),
        closed(0.9, 10, 0.0745, factor),
    ]);
    cases
}
