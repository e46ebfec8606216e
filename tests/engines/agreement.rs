//! Random policies under random loads: how closely the two engines agree.
//!
//! Ten loads with six policies each. A load has its own pods, its own requests and its own SLO; the
//! policies of a load differ in the autoscaler and in the start of pods. Nothing in the fluid
//! engine is fitted to these cases.

use std::fmt::Write as _;
use std::path::Path;

use hpasim::engine::random::Stream;
use hpasim::results::KpiObserver;
use hpasim::scenario::{Engine, LoadRequest, MemoryLoader, Scenario, load};
use hpasim::search::in_order::{all_cores, collect_in_order};
use hpasim::simulation::latency::PodServer;
use hpasim::simulation::simulate_observed;
use hpasim::units::{Seed, SimSpan};
use rand::RngExt;
use rand_pcg::Pcg32;

const LOADS: u64 = 10;
const POLICIES: u64 = 6;
/// Seeds per engine and case. Both engines have the same ones.
const SEEDS: u64 = 4;

/// What is compared.
const MEASURES: [Measure; 7] = [
    Measure::new("mean replicas", 0.5, true),
    Measure::new("pod hours", 1.0, true),
    Measure::new("rescales", 10.0, true),
    Measure::new("reversals", 10.0, false),
    Measure::new("SLO-breaking seconds", 60.0, true),
    Measure::new("p95 latency", 0.001, false),
    Measure::new("p99 latency", 0.001, false),
];

struct Measure {
    name: &'static str,
    /// Errors are relative to the request engine's value, and at least to this.
    least: f64,
    /// Whether the order of policies by it is compared.
    orders: bool,
}

impl Measure {
    const fn new(name: &'static str, least: f64, orders: bool) -> Self {
        Self {
            name,
            least,
            orders,
        }
    }
}

/// The measures of one run.
type Values = [f64; MEASURES.len()];

/// One of `choices`.
fn one_of<T: Copy>(generator: &mut Pcg32, choices: &[T]) -> T {
    choices[generator.random_range(0..choices.len())]
}

fn between(generator: &mut Pcg32, low: f64, high: f64) -> f64 {
    generator.random_range(low..high)
}

/// A load of two hours, with the pods and the requests that it meets.
struct Load {
    trace: String,
    workload: String,
    /// The SLO's limit is this times the p95 of a pod at half of its capacity, and at most 2 s.
    slack: f64,
}

impl Load {
    fn random(number: u64) -> Self {
        let generator = &mut Stream::Generation.generator(Seed(number), 1);
        let cost_ms = one_of(generator, &[5.0, 10.0, 20.0, 50.0]);
        let cv = one_of(generator, &[0.3, 1.0, 1.0, 2.0]);
        let request_m = one_of(generator, &[100.0, 200.0, 500.0]);
        let limits = one_of(generator, &[1.0, 2.0, 2.0, 4.0, 0.0]);
        let limit = if limits > 0.0 {
            format!(", limits = {{ cpu = \"{}m\" }}", request_m * limits)
        } else {
            String::new()
        };
        let workload = format!(
            "[deployment]\nreplicas = 6\n[[deployment.containers]]\nname = \"app\"\nresources = {{ requests = {{ cpu = \"{request_m}m\" }}{limit} }}\n[workload]\ncpu_per_request = {{ dist = \"lognormal\", mean = \"{cost_ms}ms\", cv = {cv:?} }}\ntimeout = \"5s\"\n"
        );
        // Requests per second that keep a pod at its CPU request.
        let per_pod = request_m / cost_ms;
        let mean_pods = between(generator, 3.0, 14.0);
        let swing = between(generator, 0.1, 0.7);
        let hours = between(generator, 0.5, 2.5);
        let ripple = one_of(generator, &[0.0, 0.02, 0.1]);
        let spike_at = between(generator, 1000.0, 5500.0);
        let spike = one_of(generator, &[0.0, 0.0, 0.5, 1.5]);
        let mut trace = "time_s,rps\n".to_owned();
        for time in (0..=7200).step_by(60) {
            let time = f64::from(time);
            let wave = (time / (hours * 3600.0) * std::f64::consts::TAU).sin();
            let extra = if (spike_at..spike_at + 420.0).contains(&time) {
                spike
            } else {
                0.0
            };
            let noise = between(generator, -ripple, ripple + 1e-9);
            let pods = mean_pods * (1.0 + swing * wave + extra + noise);
            let _ = writeln!(trace, "{time},{:.3}", pods * per_pod * 0.6);
        }
        let slack = between(generator, 1.2, 4.0);
        Self {
            trace,
            workload,
            slack,
        }
    }

    fn scenario(&self, number: u64, policy: u64) -> Scenario {
        let generator = &mut Stream::Generation.generator(Seed(number), 2 + policy);
        let mut text = format!(
            "[hpa]\nminReplicas = {}\nmaxReplicas = 80\ntargetCPUUtilizationPercentage = {}\n",
            generator.random_range(1..5),
            generator.random_range(35..85)
        );
        let _ = write!(
            text,
            "[hpa.behavior.scaleDown]\nstabilizationWindowSeconds = {}\n[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = {}\n",
            one_of(generator, &[0, 5, 60, 300]),
            one_of(generator, &[0, 0, 60])
        );
        let _ = write!(
            text,
            "[controller]\ntolerance = {}\n[pod]\ninit = \"{}s\"\nreadiness = {{ period = \"5s\" }}\n",
            one_of(generator, &["0.05", "0.1", "0.1"]),
            one_of(generator, &[1, 3, 10, 30])
        );
        text.push_str(&self.workload);
        let mut files = MemoryLoader::default()
            .with("p.toml", text)
            .with("t.csv", &self.trace);
        let request = LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"));
        let mut scenario = load(request, &mut files)
            .unwrap_or_else(|faults| panic!("{faults:?}"))
            .scenario;
        let p95 = PodServer::of(&scenario)
            .stationary(0.5)
            .quantile(scenario.slo.latency_quantile);
        scenario.slo.latency_limit = SimSpan::from_secs_f64((self.slack * p95).min(2.0));
        scenario
    }
}

fn values(scenario: &Scenario, engine: Engine, seed: u64) -> Values {
    let mut observer = KpiObserver::new(scenario);
    simulate_observed(scenario, engine, Seed(seed), &mut observer);
    let kpis = observer.finish();
    [
        kpis.mean_replicas,
        kpis.pod_hours,
        f64::from(kpis.rescales),
        f64::from(kpis.reversals),
        kpis.slo_violation_seconds.unwrap_or_default(),
        kpis.latency_seconds_p95.unwrap_or_default(),
        kpis.latency_seconds_p99.unwrap_or_default(),
    ]
}

/// Both engines' values of one case, by seed.
struct Case {
    load: u64,
    fluid: Vec<Values>,
    request: Vec<Values>,
}

impl Case {
    fn mean(runs: &[Values], measure: usize) -> f64 {
        runs.iter().map(|values| values[measure]).sum::<f64>() / runs.len() as f64
    }

    /// The error of the fluid engine, relative to the request engine.
    fn error(&self, measure: usize) -> f64 {
        let request = Self::mean(&self.request, measure);
        let fluid = Self::mean(&self.fluid, measure);
        (fluid - request) / request.max(MEASURES[measure].least)
    }
}

fn cases() -> Vec<Case> {
    collect_in_order(0..LOADS * POLICIES, all_cores(), |number| {
        let (load, policy) = (number / POLICIES, number % POLICIES);
        let scenario = Load::random(load).scenario(load, policy);
        let runs = |engine| {
            (0..SEEDS)
                .map(|seed| values(&scenario, engine, seed))
                .collect()
        };
        Case {
            load,
            fluid: runs(Engine::Fluid),
            request: runs(Engine::Request),
        }
    })
}

/// The `share`-quantile of `values`.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

/// Pairs of policies under one load that differ by more than their noise, and how many of them the
/// fluid engine orders alike.
#[derive(Clone, Copy, Debug, Default)]
struct Orders {
    pairs: u32,
    kept: u32,
}

fn orders(cases: &[Case], measure: usize) -> Orders {
    let mut orders = Orders::default();
    for (index, a) in cases.iter().enumerate() {
        for b in cases[index + 1..].iter().filter(|b| b.load == a.load) {
            let differences: Vec<f64> = a
                .request
                .iter()
                .zip(&b.request)
                .map(|(a, b)| a[measure] - b[measure])
                .collect();
            let count = differences.len() as f64;
            let mean = differences.iter().sum::<f64>() / count;
            let variance = differences
                .iter()
                .map(|it| (it - mean).powi(2))
                .sum::<f64>()
                / (count - 1.0);
            // Student's t of three degrees of freedom, 95 %.
            let noise = 3.182 * (variance / count).sqrt();
            if mean.abs() <= noise.max(1e-9) {
                continue;
            }
            let fluid = Case::mean(&a.fluid, measure) - Case::mean(&b.fluid, measure);
            orders.pairs += 1;
            orders.kept += u32::from(fluid * mean > 0.0);
        }
    }
    orders
}

/// A row of the table in docs/model.md.
fn row(cases: &[Case], measure: usize) -> Row {
    let errors: Vec<f64> = cases.iter().map(|case| case.error(measure)).collect();
    let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    Row {
        median: quantile(errors, 0.5),
        p50: quantile(sizes.clone(), 0.5),
        p90: quantile(sizes, 0.9),
        orders: MEASURES[measure].orders.then(|| orders(cases, measure)),
    }
}

struct Row {
    median: f64,
    p50: f64,
    p90: f64,
    orders: Option<Orders>,
}

#[test]
fn the_engines_agree_over_random_policies_and_loads() {
    let cases = cases();
    let mut table = String::new();
    let mut missed = Vec::new();
    for (measure, facts) in MEASURES.iter().enumerate() {
        let row = row(&cases, measure);
        let order = row.orders.map_or_else(String::new, |orders| {
            format!("{} of {}", orders.kept, orders.pairs)
        });
        let _ = writeln!(
            table,
            "| {} | {:+.1} % | {:.1} % | {:.1} % | {order} |",
            facts.name,
            100.0 * row.median,
            100.0 * row.p50,
            100.0 * row.p90,
        );
        if row.p50 > 0.15 || row.p90 > 0.4 {
            missed.push(facts.name);
        }
        if let Some(orders) = row.orders
            && f64::from(orders.kept) < 0.95 * f64::from(orders.pairs)
        {
            missed.push(facts.name);
        }
    }
    println!("{table}");
    assert!(missed.is_empty(), "{missed:?}\n{table}");
}
