//! The cost of a request in a pod that is near its limit (`workload.overload`) or that has just
//! become Ready (`pod.warm_up`), against closed forms in both engines.

use hpasim::cluster::config::WarmUp;
use hpasim::control::{Scaler, Schedule, ScheduledScale};
use hpasim::engine::random::Distribution;
use hpasim::scenario::{Engine, Scenario};
use hpasim::search::in_order::{all_cores, collect_in_order};
use hpasim::simulation::observer::{FlowSegment, RequestSegment};
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Millicores, Replicas, Seed, SimSpan, SimTime};
use hpasim::workload::{Overload, Trace};

use super::cases::bare;
use super::interval::{Comparison, student, table};
use super::scenarios::{Row, constant, trace};

/// The pod of `docs/model.md`: 68 requests per second by arithmetic, at a limit of one core.
const BY_ARITHMETIC: f64 = 68.0;
const COST: f64 = 1.0 / BY_ARITHMETIC;
/// What it serves at its limit.
const AT_THE_LIMIT: f64 = 25.0;
const RUNS: u64 = 32;
/// The greatest useful half-width, relative to the expected value.
const HALF_WIDTH_MAX: f64 = 0.01;
/// All comparisons of this file hold together.
const FAMILY: usize = 10;

/// Requests served and CPU used after a time.
struct Use {
    from: SimTime,
    to: SimTime,
    seconds: f64,
    served: f64,
    core_seconds: f64,
}

impl Observer for Use {
    fn flowed(&mut self, segment: &FlowSegment) {
        // The rates of a segment are constant, so a part of it counts too.
        let (start, end) = (segment.start.max(self.from), segment.end.min(self.to));
        if start < end {
            let seconds = (end - start).as_secs_f64();
            self.seconds += seconds;
            self.served += segment.succeeded_rps * seconds;
            self.core_seconds += segment.cpu_cores * seconds;
        }
    }

    fn served(&mut self, segment: &RequestSegment) {
        if segment.start >= self.from && segment.end <= self.to {
            self.seconds += (segment.end - segment.start).as_secs_f64();
            self.served += segment.succeeded as f64;
            self.core_seconds += segment.cpu_core_seconds;
        }
    }
}

impl Use {
    fn of(scenario: &Scenario, engine: Engine, seed: u64, from: f64, to: f64) -> Self {
        let mut used = Self {
            from: SimTime::from_secs_f64(from),
            to: SimTime::from_secs_f64(to),
            seconds: 0.0,
            served: 0.0,
            core_seconds: 0.0,
        };
        simulate_observed(scenario, engine, Seed(seed), &mut used);
        assert!(used.seconds > 0.0, "nothing was measured");
        used
    }

    fn throughput(&self) -> f64 {
        self.served / self.seconds
    }

    fn cost(&self) -> f64 {
        self.core_seconds / self.served
    }
}

/// The pod of `docs/model.md` with exponential demand under a load.
fn pod(trace: Trace, overload: Option<Overload>) -> Scenario {
    let demand = Distribution::Exponential {
        mean: SimSpan::from_secs_f64(COST),
    };
    let mut scenario = bare(trace, 1, demand, 4);
    let app = &mut scenario.deployment.containers[0];
    app.cpu_limit = Some(Millicores(1000));
    // Exactly the cost of the example, where the mean of the distribution has whole nanoseconds.
    app.cpu_seconds_per_request = scenario.workload.cpu_per_request.mean_seconds();
    scenario.workload.concurrency = 32;
    scenario.workload.queue = 32;
    scenario.workload.overload = overload;
    scenario
}

fn of_the_page() -> Overload {
    Overload {
        factor: BY_ARITHMETIC / AT_THE_LIMIT,
        from: 0.8,
    }
}

/// Simulates 20 minutes of one rate in the request engine, and compares throughput and cost of a
/// request after the first two minutes with theory.
fn compared(name: &str, scenario: &Scenario, throughput: f64, cost: f64) -> [Comparison; 2] {
    let runs = collect_in_order(0..RUNS, all_cores(), |seed| {
        Use::of(scenario, Engine::Request, seed, 120.0, 1200.0)
    });
    let comparison = |what: &str, expected: f64, of: fn(&Use) -> f64| {
        let values: Vec<f64> = runs.iter().map(of).collect();
        Comparison {
            name: format!("{name}: {what}"),
            expected,
            simulated: student(&values, FAMILY),
            half_width_max: HALF_WIDTH_MAX,
        }
    };
    [
        comparison("throughput", throughput, Use::throughput),
        comparison("CPU per request", cost, Use::cost),
    ]
}

fn at(rps: f64, overload: Overload) -> Scenario {
    // Rows of 10 s end segments where the measurement begins and ends.
    let rows: Vec<Row> = (0..=120)
        .map(|row| Row {
            seconds: f64::from(row) * 10.0,
            rps,
        })
        .collect();
    pod(trace(&rows), Some(overload))
}

/// The cost factor at a rate between the threshold and the limit, from the two equations: the
/// utilization is rate x cost, and the cost grows with the utilization.
fn factor_between(rps: f64, overload: Overload) -> f64 {
    let (mut low, mut high) = (1.0, overload.factor);
    for _ in 0..100 {
        let factor = f64::midpoint(low, high);
        let utilization = rps / BY_ARITHMETIC * factor;
        let share = (utilization - overload.from) / (1.0 - overload.from);
        if 1.0 + (overload.factor - 1.0) * share > factor {
            low = factor;
        } else {
            high = factor;
        }
    }
    low
}

#[test]
fn throughput_and_cost_are_those_of_the_closed_forms() {
    let weak = Overload {
        factor: 1.25,
        from: 0.4,
    };
    let between = factor_between(42.0, weak);
    assert!((1.05..1.2).contains(&between), "{between}");
    let strong = of_the_page();
    let compared: Vec<Comparison> = [
        compared("below the threshold", &at(34.0, strong), 34.0, COST),
        compared("in between", &at(42.0, weak), 42.0, COST * between),
        compared(
            "above the limit",
            &at(80.0, strong),
            AT_THE_LIMIT,
            1.0 / AT_THE_LIMIT,
        ),
        compared(
            "far above the limit",
            &at(300.0, strong),
            AT_THE_LIMIT,
            1.0 / AT_THE_LIMIT,
        ),
        compared(
            "above the limit of a weak overload",
            &at(80.0, weak),
            BY_ARITHMETIC / weak.factor,
            COST * weak.factor,
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    println!("{}", table(&compared));
    for one in &compared {
        assert!(
            !one.differs() && !one.is_too_wide(),
            "{one}\namong\n{}",
            table(&compared)
        );
    }
}

#[test]
fn the_fluid_engine_has_the_closed_forms_exactly() {
    let weak = Overload {
        factor: 1.25,
        from: 0.4,
    };
    let cases = [
        (at(34.0, of_the_page()), 34.0, 1.0),
        (at(54.0, of_the_page()), 54.0, 1.0),
        (at(42.0, weak), 42.0, factor_between(42.0, weak)),
        (at(55.0, of_the_page()), AT_THE_LIMIT, of_the_page().factor),
        (at(300.0, of_the_page()), AT_THE_LIMIT, of_the_page().factor),
        (at(80.0, weak), BY_ARITHMETIC / 1.25, 1.25),
    ];
    for (scenario, throughput, factor) in cases {
        let used = Use::of(&scenario, Engine::Fluid, 1, 120.0, 1200.0);
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b;
        assert!(near(used.throughput(), throughput), "{}", used.throughput());
        assert!(near(used.cost(), COST * factor), "{}", used.cost() / COST);
    }
}

/// A pod that serves 40 requests per second is overloaded by two minutes of 80, stays so at 40, and
/// recovers at 20.
#[test]
fn an_overload_outlasts_its_cause_and_ends_below_the_rate_at_the_limit_in_both_engines() {
    let rows = [
        (0.0, 40.0),
        (600.0, 80.0),
        (720.0, 40.0),
        (1500.0, 20.0),
        (1800.0, 40.0),
        (2700.0, 40.0),
    ]
    .map(|(seconds, rps)| Row { seconds, rps });
    let scenario = pod(trace(&rows), Some(of_the_page()));
    let stretches = [
        (60.0, 600.0, 40.0),
        (780.0, 1500.0, AT_THE_LIMIT),
        (1560.0, 1800.0, 20.0),
        (1860.0, 2700.0, 40.0),
    ];
    for (from, to, expected) in stretches {
        for (engine, tolerance) in [(Engine::Request, 0.05), (Engine::Fluid, 1e-6)] {
            let throughput = Use::of(&scenario, engine, 1, from, to).throughput();
            let error = (throughput / expected - 1.0).abs();
            assert!(error < tolerance, "{engine:?} from {from}: {throughput}");
        }
    }
}

#[test]
fn a_request_costs_the_factor_during_the_warm_up_and_its_plain_cost_after_it() {
    let warm_up = WarmUp {
        factor: 3.0,
        duration: SimSpan::from_secs(120),
    };
    let rps = 10.0;
    // The pod starts at 100 s and is Ready at once, and 0.2 s later it gets requests.
    let mut scenario = pod(constant(rps, 600.0), None);
    let start = SimTime::from_secs_f64(100.0);
    scenario.deployment.replicas = Replicas(0);
    scenario.scaler = Some(Scaler::Schedule(Schedule {
        entries: vec![ScheduledScale {
            time: start,
            replicas: Replicas(1),
        }],
    }));
    let pod = &mut scenario.deployment.pod;
    let at_once = Distribution::Constant(SimSpan::ZERO);
    pod.schedule = at_once.clone();
    pod.image_pull = at_once.clone();
    pod.start = at_once.clone();
    pod.init = at_once;
    pod.endpoint_lag = SimSpan::from_millis(200);
    pod.warm_up = Some(warm_up);
    // The fluid engine: exactly, and the warm-up ends exactly 120 s after Ready.
    for (from, to, factor) in [(100.2, 220.0, 3.0), (220.0, 600.0, 1.0)] {
        let used = Use::of(&scenario, Engine::Fluid, 1, from, to);
        assert!((used.seconds - (to - from)).abs() < 1e-6);
        let error = used.cost() / (COST * factor) - 1.0;
        assert!(error.abs() < 1e-6, "from {from}: {}", used.cost() / COST);
    }
    // The request engine: means over many runs. Segments end every 5 s.
    for (from, to, factor) in [(105.0, 220.0, 3.0), (225.0, 600.0, 1.0)] {
        let costs = collect_in_order(0..4 * RUNS, all_cores(), |seed| {
            Use::of(&scenario, Engine::Request, seed, from, to).cost()
        });
        let cost = student(&costs, FAMILY);
        let expected = COST * factor;
        assert!(
            (cost.mean - expected).abs() <= cost.half_width && cost.half_width < 0.02 * expected,
            "from {from}: {} ± {} for {expected}",
            cost.mean,
            cost.half_width
        );
    }
}
