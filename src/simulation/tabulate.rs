//! The latency of one pod under a steady load, measured with the request engine.
//!
//! The table belongs to the pods and the requests of a scenario. The fluid engine and the KPI
//! `needed(t)` read it. It is filled once for all the scenarios that share it.

use std::sync::Arc;

use rand::RngExt;
use rand_pcg::Pcg32;

use super::observer::{INTERVAL, Observer};
use super::simulate_observed;
use crate::cluster::cpu::PodCpu;
use crate::cluster::stationary::{
    LatencyTable, LatencyTables, SHARES_BEYOND, SloOdds, StationaryLatency, SteadyPod,
};
use crate::engine::random::Stream;
use crate::scenario::{Engine, Scenario, Slo};
use crate::units::{Replicas, Seed, SimSpan, SimTime};
use crate::workload::trace::LENGTH_MAX;
use crate::workload::{Arrivals, Balancer, CostUncertainty, Demand, LoadBefore, Trace};

/// The greatest utilization of the table. Above it, the backlog accounts for further waiting.
pub(super) const MAX_UTILIZATION: f64 = 0.98;
/// The utilizations of the table. Latency rises faster near 1.
const UTILIZATIONS: [f64; 11] = [
    0.05,
    0.2,
    0.35,
    0.5,
    0.6,
    0.7,
    0.78,
    0.85,
    0.9,
    0.94,
    MAX_UTILIZATION,
];
/// Requests that are measured at each utilization: 10 of them are beyond the last point.
const REQUESTS: usize = 10_000;
/// Requests before them that are not measured, at least. Near saturation a pod needs about 1 / (1 -
/// utilization)² requests to forget its start.
const REQUESTS_BEFORE: usize = 1000;
/// The longest run of one utilization. Slow pods serve fewer requests in it.
const SECONDS_MAX: f64 = 200_000.0;
/// The pods that share the load if the balancer, or the arrivals, relate them to each other.
const RELATED_PODS: i32 = 8;
/// The rate at which requests that cost no CPU and need no place are measured, per second.
const FREE_RPS: f64 = 100.0;
/// The least number of parts into which a run of answers is divided.
const PARTS_MIN: usize = 100;
/// How many drawn sums represent intervals of several parts.
const SUMS: usize = 1000;
/// The run is the same for every seed of the scenario.
const SEED: Seed = Seed(1);

/// The latency of the requests of `scenario` by the utilization of its pods, without a start-up
/// burst, a warm-up or an overload. `capacity_rps` is the capacity of one pod.
pub(super) fn latency_table(scenario: &Scenario, capacity_rps: f64) -> Arc<LatencyTable> {
    let tables = &scenario.latency_tables;
    tables.get(key(scenario), || tabulate(scenario, capacity_rps))
}

/// All that the table depends on.
fn key(scenario: &Scenario) -> String {
    let workload = &scenario.workload;
    let clients = &workload.clients;
    format!(
        "{:?} {:?} {:?} {:?} {} {:?} {:?} {} {:?} {:?}",
        PodCpu::of(&scenario.deployment),
        scenario.deployment.pod.cpu_model,
        workload.cpu_per_request,
        workload.io_per_request,
        workload.concurrency,
        clients.arrivals,
        clients.balancer,
        scenario.has_requests(),
        scenario.slo,
        workload.timeout,
    )
}

fn tabulate(scenario: &Scenario, capacity_rps: f64) -> LatencyTable {
    let workload = &scenario.workload;
    if !scenario.has_requests() || capacity_rps <= 0.0 {
        // No request has a latency.
        return LatencyTable::default();
    }
    let clients = &workload.clients;
    let is_alone = clients.balancer == Balancer::Random && clients.arrivals == Arrivals::Poisson;
    let pods = if is_alone { 1 } else { RELATED_PODS };
    let promise = Promise::of(scenario);
    let measured = |utilization: f64, rps_per_pod: f64| {
        let rps = rps_per_pod * f64::from(pods);
        let before = requests_before(utilization);
        let load = steady(scenario, Replicas(pods), rps, before + REQUESTS);
        let seconds = latencies(&load, before);
        SteadyPod {
            utilization,
            odds: odds(&seconds, rps, promise),
            latency: distribution(seconds),
        }
    };
    if capacity_rps.is_finite() {
        LatencyTable::new(UTILIZATIONS.map(|it| measured(it, it * capacity_rps)))
    } else {
        LatencyTable::new([measured(0.0, FREE_RPS)])
    }
}

/// `pods` pods of `scenario` under a steady load, which wait for every request as long as it takes.
fn steady(scenario: &Scenario, pods: Replicas, rps: f64, requests: usize) -> Scenario {
    let mut steady = scenario.clone();
    // The run itself needs no table.
    steady.latency_tables = LatencyTables::given(LatencyTable::default());
    steady.scaler = None;
    steady.assertions.clear();
    let deployment = &mut steady.deployment;
    deployment.replicas = pods;
    deployment.pod.startup_cpu = None;
    deployment.pod.warm_up = None;
    deployment.pod_level.memory_limit_bytes = None;
    for container in &mut deployment.containers {
        container.memory_limit_bytes = None;
    }
    let workload = &mut steady.workload;
    workload.cost_uncertainty = CostUncertainty::default();
    workload.cpu_noise = 0.0;
    workload.overload = None;
    workload.queue = u32::MAX;
    workload.timeout = LENGTH_MAX;
    workload.scale = 1.0;
    workload.before = LoadBefore::Steady;
    workload.clients.retries.max = 0;
    workload.clients.connections = None;
    let seconds = requests as f64 / rps;
    let end = SimTime::ZERO + SimSpan::from_secs_f64(seconds.min(SECONDS_MAX));
    steady.trace = Arc::new(Trace {
        times: vec![SimTime::ZERO, end],
        demand: Demand::RequestsPerSecond(vec![rps, rps]),
        columns: Vec::new(),
    });
    steady
}

/// The latencies of a run in seconds, in the order of the answers.
#[derive(Debug, Default)]
struct Answers {
    seconds: Vec<f64>,
}

impl Observer for Answers {
    fn answered(&mut self, latency: SimSpan) {
        self.seconds.push(latency.as_secs_f64());
    }
}

fn requests_before(utilization: f64) -> usize {
    let relaxation = 2.0 / (1.0 - utilization).powi(2);
    REQUESTS_BEFORE.max(relaxation as usize)
}

/// The latencies of a steady load in seconds, without the first `before`, in the order of the answers.
fn latencies(steady: &Scenario, before: usize) -> Vec<f64> {
    let mut answers = Answers {
        seconds: Vec::with_capacity(before + 2 * REQUESTS),
    };
    simulate_observed(steady, Engine::Request, SEED, &mut answers);
    let from = before.min(answers.seconds.len() / 2);
    answers.seconds.split_off(from)
}

fn distribution(mut seconds: Vec<f64>) -> StationaryLatency {
    seconds.sort_unstable_by(f64::total_cmp);
    let Some(last) = seconds.len().checked_sub(1) else {
        return StationaryLatency::default();
    };
    StationaryLatency {
        seconds: SHARES_BEYOND.map(|share| seconds[((1.0 - share) * last as f64) as usize]),
    }
}

/// The SLO of requests whose clients wait as long as the timeout.
#[derive(Clone, Copy, Debug)]
struct Promise {
    slo: Slo,
    timeout_seconds: f64,
}

/// Requests beyond what an SLO allows: slow ones, and failed ones. Either breaks it.
#[derive(Clone, Copy, Debug, Default)]
struct Excess {
    slow: f64,
    failed: f64,
}

impl Excess {
    fn is_broken(&self) -> bool {
        self.slow > 0.0 || self.failed > 0.0
    }
}

impl Promise {
    fn of(scenario: &Scenario) -> Self {
        Self {
            slo: scenario.slo,
            timeout_seconds: scenario.workload.timeout.as_secs_f64(),
        }
    }

    fn excess(&self, seconds: &[f64]) -> Excess {
        let beyond = |limit: f64| seconds.iter().filter(|it| **it > limit).count() as f64;
        let offered = seconds.len() as f64;
        let failed = beyond(self.timeout_seconds);
        let slow = (beyond(self.slo.latency_limit.as_secs_f64()) - failed).max(0.0);
        Excess {
            slow: slow - (1.0 - self.slo.latency_quantile) * (offered - failed),
            failed: failed - self.slo.error_rate * offered,
        }
    }
}

/// The chances that intervals break the SLO, by the number of parts in them.
///
/// A part is a run of answers, as many as come in an interval at `rps`, or fewer if there are too few
/// answers. Intervals of more parts are sums of parts that are drawn again (bootstrap).
fn odds(seconds: &[f64], rps: f64, promise: Promise) -> SloOdds {
    let per_interval = rps * INTERVAL.as_secs_f64();
    let longest = (seconds.len() / PARTS_MIN).max(1);
    let length = (per_interval as usize).clamp(1, longest);
    let mut parts: Vec<Excess> = seconds
        .chunks_exact(length)
        .map(|part| promise.excess(part))
        .collect();
    let mut generator = Stream::Generation.generator(SEED, 0);
    let mut chances = [0.0; SloOdds::SIZES];
    for chance in &mut chances {
        let broken = parts.iter().filter(|it| it.is_broken()).count();
        *chance = broken as f64 / parts.len().max(1) as f64;
        parts = sums_of_two(&parts, &mut generator);
    }
    SloOdds {
        requests_per_part: length as f64,
        chances,
    }
}

/// Sums of two parts that are drawn from `parts`. Their mean is twice the mean of `parts`, so that
/// no error adds up; single requests are moved to reach it.
fn sums_of_two(parts: &[Excess], generator: &mut Pcg32) -> Vec<Excess> {
    if parts.is_empty() {
        return Vec::new();
    }
    let mut draw = || parts[generator.random_range(0..parts.len())];
    let mut sums: Vec<Excess> = (0..SUMS)
        .map(|_| {
            let (a, b) = (draw(), draw());
            Excess {
                slow: a.slow + b.slow,
                failed: a.failed + b.failed,
            }
        })
        .collect();
    keep_mean(parts, &mut sums, |it| &mut it.slow);
    keep_mean(parts, &mut sums, |it| &mut it.failed);
    sums
}

/// Moves single requests of `sums` until their mean is twice that of `parts`.
fn keep_mean(parts: &[Excess], sums: &mut [Excess], of: fn(&mut Excess) -> &mut f64) {
    let total =
        |excesses: &[Excess]| -> f64 { excesses.iter().map(|it| *of(&mut it.clone())).sum() };
    let wanted = 2.0 * total(parts) / parts.len() as f64 * sums.len() as f64;
    let missing = wanted - total(sums);
    let count = sums.len();
    for moved in 0..missing.abs().round() as usize {
        *of(&mut sums[moved % count]) += missing.signum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::config::CpuModel;
    use crate::engine::random::Distribution;
    use crate::results::tests::scenario;

    /// One pod of one core, whose requests take 10 ms on average.
    fn shared(cost: Distribution) -> Scenario {
        let mut scenario = scenario(60.0);
        scenario.latency_tables = LatencyTables::default();
        scenario.workload.concurrency = u32::MAX;
        scenario.workload.cpu_per_request = cost;
        scenario.slo.latency_limit = SimSpan::from_millis(40);
        scenario.deployment.pod.cpu_model = CpuModel::Shared;
        let app = &mut scenario.deployment.containers[0];
        app.idle_cpu = crate::units::Millicores(0);
        app.cpu_limit = Some(crate::units::Millicores(1000));
        scenario
    }

    #[test]
    fn the_table_has_the_mean_of_a_processor_sharing_queue() {
        let cost = Distribution::log_normal_by_mean(SimSpan::from_millis(10), 1.0);
        let table = latency_table(&shared(cost), 100.0);
        for utilization in [0.2, 0.5, 0.7, 0.9] {
            // M/G/1-PS: E[T] = E[S] / (1 - rho).
            let theory = 0.01 / (1.0 - utilization);
            let mean = table.at(utilization).mean();
            assert!(
                (mean / theory - 1.0).abs() < 0.12,
                "{utilization}: {mean}, not {theory}"
            );
        }
    }

    #[test]
    fn an_idle_pod_has_the_quantiles_of_its_service_time() {
        let cost = Distribution::Exponential {
            mean: SimSpan::from_millis(10),
        };
        let latency = latency_table(&shared(cost), 100.0).at(0.0);
        for quantile in [0.5, 0.95, 0.99] {
            // At utilization 0.05 an M/M/1-PS request takes 5 % longer.
            let theory = -0.0105 * (1.0_f64 - quantile).ln();
            let found = latency.quantile(quantile);
            assert!(
                (found / theory - 1.0).abs() < 0.05,
                "{quantile}: {found}, not {theory}"
            );
        }
    }

    #[test]
    fn an_slo_is_broken_by_chance_as_often_as_a_binomial_number_says() {
        let cost = Distribution::Exponential {
            mean: SimSpan::from_millis(10),
        };
        // P(T > 40 ms) is about 2.2 %, and more than 5 % of 50 requests are three or more.
        let chance = latency_table(&shared(cost), 100.0).chance(0.05, 50.0);
        let late: f64 = (-0.04_f64 / 0.0105).exp();
        let none_to_two: f64 = [1.0, 50.0, 1225.0]
            .into_iter()
            .zip(0..)
            .map(|(ways, late_ones): (f64, i32)| {
                ways * late.powi(late_ones) * (1.0 - late).powi(50 - late_ones)
            })
            .sum();
        let theory = 1.0 - none_to_two;
        assert!(
            (chance / theory - 1.0).abs() < 0.35,
            "{chance}, not {theory}"
        );
    }
}
