//! Figures of an independent Monte Carlo simulation: load balancing, and a CFS quota that
//! throttles.
//!
//! Three of the thirty figures cannot be right. [`super::monte_carlo`], a plain simulation, judges
//! these instead; the last tests of this file explain why.
//!
//! The figures assume exponential demand. The M/M/1 queues among them show this: random balancing
//! at load 0.7 has its p95 at ln(20) / 0.3 = 10.0 service times. The figures have two or three
//! digits, so agreement means within 5 %, or within 0.06 service times for small ones.

use hpasim::cluster::config::CpuModel;
use hpasim::scenario::{Engine, Scenario};
use hpasim::search::in_order::{all_cores, collect_in_order};
use hpasim::simulation::observer::RequestSegment;
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Millicores, Seed, SimSpan, SimTime};
use hpasim::workload::{Balancer, Demand};

use super::cases::{SERVICE, Service, bare, looked_at};
use super::interval::{Interval, student};
use super::measure::Balance;
use super::monte_carlo::{QuotaPod, shortest_queue};

/// Independent runs of each row.
const REPLICATIONS: u64 = 16;
/// Independent runs for a comparison with the plain simulation, which must agree within 2 %.
const JUDGED_REPLICATIONS: u64 = 64;
const JUDGED_SHARE: f64 = 0.02;
/// Agreement of a figure, as a share or in service times.
const SHARE: f64 = 0.05;
const SERVICE_TIMES: f64 = 0.06;

/// Seconds between two samples of the requests in flight, for ten pods and for one with a quota.
/// The second is not a multiple of a CFS period, so that all parts of a period are sampled.
const LOOK: f64 = 0.05;
const LOOK_AT_QUOTA: f64 = 0.3371;

/// Latencies after a warm-up, and the sums that the laws need.
struct Latencies {
    warm_up_ends: SimTime,
    counting: bool,
    nanos: Vec<i64>,
    balance: Balance,
    in_flight_seconds: f64,
    cpu_core_seconds: f64,
}

/// The result of one run.
struct Run {
    /// In service times, in the order of the row.
    figures: Vec<f64>,
    /// Time average of requests in flight / (throughput x mean latency).
    little_ratio: f64,
    /// CPU per request / its mean demand.
    utilization_ratio: f64,
}

impl Observer for Latencies {
    #[inline]
    fn answered(&mut self, latency: SimSpan) {
        if self.counting {
            self.nanos.push(latency.as_nanos());
        }
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.balance.check(segment);
        if self.counting {
            let seconds = (segment.end - segment.start).as_secs_f64();
            self.in_flight_seconds += segment.in_flight as f64 * seconds;
            self.cpu_core_seconds += segment.cpu_core_seconds;
        }
        self.counting = segment.end >= self.warm_up_ends;
    }
}

/// The statistic of a figure.
#[derive(Clone, Copy, Debug)]
enum Of {
    Mean,
    Quantile(f64),
}

impl Of {
    /// In seconds; `sorted` has nanoseconds.
    fn latencies(self, sorted: &[i64]) -> f64 {
        let nanos = match self {
            Self::Mean => sorted.iter().sum::<i64>() as f64 / sorted.len() as f64,
            Self::Quantile(quantile) => {
                sorted[((sorted.len() - 1) as f64 * quantile).round() as usize] as f64
            }
        };
        nanos / 1e9
    }
}

/// The comparisons that must hold together with 99 %: two laws in each of twelve rows, each with
/// the stated demand and with another.
const LAWS: usize = 48;
/// Marks a figure that another test judges.
const NOT_JUDGED: f64 = 0.0;

/// A figure in service times.
#[derive(Clone, Copy, Debug)]
struct Figure {
    of: Of,
    expected: f64,
}

/// Figures of the same runs.
struct Row {
    name: String,
    scenario: Scenario,
    /// The mean demand in seconds, which is the unit of the figures.
    service: f64,
    warm_up: SimSpan,
    figures: Vec<Figure>,
}

/// A figure with its simulated value.
struct Met {
    text: String,
    agrees: bool,
}

impl Row {
    fn measure(&self, seed: u64) -> Run {
        let mut latencies = Latencies {
            warm_up_ends: SimTime::ZERO + self.warm_up,
            counting: false,
            nanos: Vec::new(),
            balance: Balance::default(),
            in_flight_seconds: 0.0,
            cpu_core_seconds: 0.0,
        };
        simulate_observed(&self.scenario, Engine::Request, Seed(seed), &mut latencies);
        latencies.nanos.sort_unstable();
        let number = latencies.nanos.len() as f64;
        let sum = Of::Mean.latencies(&latencies.nanos) * number;
        let demand = self.scenario.workload.cpu_per_request.mean_seconds();
        let figures = self.figures.iter();
        Run {
            figures: figures
                .map(|figure| figure.of.latencies(&latencies.nanos) / self.service)
                .collect(),
            little_ratio: latencies.in_flight_seconds / sum,
            utilization_ratio: latencies.cpu_core_seconds / number / demand,
        }
    }

    fn meet(&self) -> Vec<Met> {
        let measure = |seed| self.measure(seed);
        let runs: Vec<Run> = collect_in_order(0..REPLICATIONS, all_cores(), measure);
        self.check_laws(&runs);
        self.figures
            .iter()
            .enumerate()
            .map(|(place, figure)| {
                let values: Vec<f64> = runs.iter().map(|run| run.figures[place]).collect();
                self.compare(figure, student(&values, 1))
            })
            .collect()
    }

    /// Checks Little's law and the utilization law, which hold in every run.
    fn check_laws(&self, runs: &[Run]) {
        let ratios = [
            runs.iter().map(|run| run.little_ratio).collect::<Vec<_>>(),
            runs.iter().map(|run| run.utilization_ratio).collect(),
        ];
        for ratios in ratios {
            let ratio = student(&ratios, LAWS);
            assert!(
                (ratio.mean - 1.0).abs() <= ratio.half_width && ratio.half_width < 0.02,
                "{}: {ratio:?}",
                self.name
            );
        }
    }

    fn compare(&self, figure: &Figure, simulated: Interval) -> Met {
        let tolerance = (SHARE * figure.expected).max(SERVICE_TIMES);
        let agrees = (simulated.mean - figure.expected).abs() <= tolerance;
        let verdict = if agrees { "agrees" } else { "DIFFERS" };
        let text = format!(
            "| {}, {:?} | {} | {:.3} | ± {:.3} | {verdict} |",
            self.name, figure.of, figure.expected, simulated.mean, simulated.half_width
        );
        Met { text, agrees }
    }
}

fn text(met: &[Met]) -> String {
    let lines: Vec<&str> = met.iter().map(|one| one.text.as_str()).collect();
    lines.join("\n")
}

/// Ten pods with one worker each.
fn balanced(load: f64, balancer: Balancer, expected: [f64; 3], demand_factor: f64) -> Row {
    const PODS: i32 = 10;
    const REQUESTS: f64 = 150_000.0;
    let rps = load * f64::from(PODS) / SERVICE;
    let warm_up = 20.0;
    let trace = looked_at(
        warm_up + REQUESTS / rps,
        LOOK,
        Demand::RequestsPerSecond,
        rps,
    );
    let demand = Service::Exponential.of_mean(SERVICE * demand_factor);
    let mut scenario = bare(trace, PODS, demand, 1);
    scenario.workload.concurrency = 1;
    scenario.workload.clients.balancer = balancer;
    let quantiles = [0.5, 0.95, 0.99].map(Of::Quantile);
    let figures = quantiles
        .into_iter()
        .zip(expected)
        .filter(|(_, expected)| *expected > NOT_JUDGED);
    Row {
        name: format!("{balancer:?}, load {load}"),
        scenario,
        service: SERVICE,
        warm_up: SimSpan::from_secs_f64(warm_up),
        figures: figures
            .map(|(of, expected)| Figure { of, expected })
            .collect(),
    }
}

fn balancing_table(demand_factor: f64) -> Vec<Row> {
    let row = |load, balancer, expected| balanced(load, balancer, expected, demand_factor);
    vec![
        row(0.7, Balancer::Random, [2.3, 10.1, 15.2]),
        row(0.7, Balancer::RoundRobin, [1.4, 6.0, 9.2]),
        row(0.7, Balancer::PowerOfTwo, [1.3, 4.7, 6.9]),
        row(0.7, Balancer::LeastRequest, [0.8, 3.5, 5.2]),
        row(0.85, Balancer::Random, [4.5, 20.0, 31.0]),
        row(0.85, Balancer::RoundRobin, [2.7, 12.0, 18.0]),
        row(0.85, Balancer::PowerOfTwo, [1.9, 6.2, 8.7]),
        row(0.85, Balancer::LeastRequest, [NOT_JUDGED, 4.6, 6.8]),
    ]
}

/// One pod with a limit of 200m on a node of four cores, without a limit on its places.
fn limited(load: f64, service: f64, model: CpuModel, expected: f64, demand_factor: f64) -> Row {
    const LIMIT: f64 = 0.2;
    const REQUESTS: f64 = 200_000.0;
    let rps = load * LIMIT / service;
    let warm_up = 200.0;
    let trace = looked_at(
        warm_up + REQUESTS / rps,
        LOOK_AT_QUOTA,
        Demand::RequestsPerSecond,
        rps,
    );
    let demand = Service::Exponential.of_mean(service * demand_factor);
    let mut scenario = bare(trace, 1, demand, 4);
    scenario.deployment.containers[0].cpu_limit = Some(Millicores(200));
    scenario.deployment.pod.cpu_model = model;
    Row {
        name: format!("{model:?}, load {load}, {:.0} ms", service * 1e3),
        scenario,
        service,
        warm_up: SimSpan::from_secs_f64(warm_up),
        figures: vec![Figure {
            of: Of::Mean,
            expected,
        }],
    }
}

fn quota_table(demand_factor: f64) -> Vec<Row> {
    let row =
        |load, service, model, expected| limited(load, service, model, expected, demand_factor);
    vec![
        row(0.25, 0.010, CpuModel::Quota, 2.65),
        row(0.25, 0.010, CpuModel::Shared, 6.7),
        row(0.5, 0.005, CpuModel::Shared, 10.0),
        row(0.8, 0.010, CpuModel::Shared, 25.0),
    ]
}

#[track_caller]
fn assert_met(rows: &[Row]) {
    let met: Vec<Met> = rows.iter().flat_map(Row::meet).collect();
    println!("{}", text(&met));
    assert!(met.iter().all(|one| one.agrees), "\n{}\n", text(&met));
}

/// With 5 % more demand than stated, each row misses a figure.
#[track_caller]
fn assert_missed(rows: &[Row]) {
    for row in rows {
        let met = row.meet();
        assert!(met.iter().any(|one| !one.agrees), "\n{}\n", text(&met));
    }
}

#[test]
fn balancers_spread_load_as_the_table_says() {
    assert_met(&balancing_table(1.0));
}

#[test]
fn five_percent_more_demand_leaves_the_balancing_table() {
    assert_missed(&balancing_table(1.05));
}

#[test]
fn a_quota_is_not_a_constant_rate_and_slows_requests_as_the_table_says() {
    assert_met(&quota_table(1.0));
}

#[test]
fn five_percent_more_demand_leaves_the_quota_table() {
    assert_missed(&quota_table(1.05));
}

/// The engine's value of a row's only figure, for each run.
fn runs_of(row: &Row) -> Vec<f64> {
    collect_in_order(0..JUDGED_REPLICATIONS, all_cores(), |seed| {
        row.measure(seed).figures[0]
    })
}

/// Two simulations that share no random numbers agree within 2 %, and within an interval of their
/// difference.
#[track_caller]
fn assert_same(name: &str, engine: &[f64], judge: &[f64]) -> Interval {
    let differences: Vec<f64> = engine
        .iter()
        .zip(judge)
        .map(|(engine, judge)| engine - judge)
        .collect();
    let (engine, judge) = (student(engine, 1), student(judge, 1));
    let difference = student(&differences, 4);
    println!(
        "| {name} | {:.3} ± {:.3} | {:.3} ± {:.3} |",
        judge.mean, judge.half_width, engine.mean, engine.half_width
    );
    assert!(
        difference.mean.abs() <= difference.half_width,
        "{name}: {engine:?}, {judge:?}"
    );
    let tolerance = JUDGED_SHARE * judge.mean;
    assert!(
        difference.mean.abs() <= tolerance && difference.half_width <= tolerance,
        "{name}: {difference:?} of {tolerance}"
    );
    engine
}

#[test]
fn a_quota_slows_requests_as_a_plain_simulation_of_it_does() {
    for (load, service) in [(0.25, 0.010), (0.5, 0.005), (0.8, 0.010)] {
        let pod = QuotaPod {
            limit_cores: 0.2,
            node_cores: 4.0,
            service_seconds: service,
        };
        let judge: Vec<f64> = collect_in_order(0..JUDGED_REPLICATIONS, all_cores(), |seed| {
            pod.mean_latency(load, 150_000, 1000 + seed)
        });
        let row = limited(load, service, CpuModel::Quota, NOT_JUDGED, 1.0);
        let engine = assert_same(&row.name, &runs_of(&row), &judge);
        // At any instant of a period, the quota has permitted at least as much work as a constant
        // rate. So no more work is left than with a constant rate. Demand is memoryless, so no more
        // requests are left either. By Little's law the mean latency is then no higher. A figure
        // above that of the constant rate (10.3 at load 0.5, 27.9 at load 0.8) is therefore
        // impossible for exponential demand.
        assert!(engine.mean < 1.0 / 0.2 / (1.0 - load));
    }
}

#[test]
fn the_shortest_of_ten_queues_is_as_short_as_a_plain_simulation_has_it() {
    let judge: Vec<f64> = collect_in_order(0..JUDGED_REPLICATIONS, all_cores(), |seed| {
        let mut latencies = shortest_queue(0.85, 10, 150_000, 1000 + seed);
        latencies.sort_unstable_by(f64::total_cmp);
        latencies[latencies.len() / 2]
    });
    let mut row = balanced(0.85, Balancer::LeastRequest, [1.2, 0.0, 0.0], 1.0);
    row.name += ", median";
    // The figure says 1.2. Both simulations give 1.13.
    let engine = assert_same(&row.name, &runs_of(&row), &judge);
    assert!((engine.mean - 1.2).abs() > SERVICE_TIMES);
}
