//! The two engines agree: mean CPU and mean replicas over ten policies and traces at moderate load.
//!
//! Both engines drive the same pods, metrics and autoscaler, and the fluid engine has the noise of
//! single requests in its CPU samples. The bounds:
//!
//! - **CPU, 1 %.** Work is conserved: a served request costs the same in both engines, whatever the
//!   number of pods. The mean over the requests of all seeds, half a million or more, varies by
//!   less than 0.2 %. Idle use follows replicas: 1m per pod is 1 to 2 % of its use, so 5 % more
//!   pods add 0.1 %. The rest of the bound is for requests that fail in one engine only, while pods
//!   start.
//! - **Replicas, 3 % or 0.3 of a pod, whichever is more.** Noise moves decisions in both
//!   engines alike, but not at the same syncs.
//!
//! A failure prints the whole table.

#![expect(
    clippy::print_stdout,
    reason = "the tables of docs/model.md, for --nocapture"
)]

#[path = "engines/agreement.rs"]
mod agreement;

use std::path::Path;

use hpasim::cluster::config::WarmUp;
use hpasim::control::Decided;
use hpasim::files::FileLoader;
use hpasim::scenario::{Engine, LoadRequest, MemoryLoader, Scenario, TraceMoment, load};
use hpasim::search::in_order::{all_cores, collect_in_order};
use hpasim::simulation::observer::{FlowSegment, RequestSegment};
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Seed, SimSpan, SimTime};
use hpasim::workload::Overload;

/// Runs of each engine that are averaged. The fluid engine needs them too, because the phases and
/// the start times of pods depend on the seed.
const SEEDS: u64 = 8;
const CPU_SHARE: f64 = 0.01;
const REPLICA_SHARE: f64 = 0.03;
const REPLICAS: f64 = 0.3;

/// A shipped policy with a shipped trace, or with a part of it.
struct Meeting {
    policy: &'static str,
    trace: &'static str,
    part: Option<Part>,
}

/// A part of a trace.
#[derive(Clone, Copy)]
struct Part {
    from: SimTime,
    to: SimTime,
}

const fn at_hour(hour: i64) -> SimTime {
    SimTime::from_nanos(hour * 3_600_000_000_000)
}

/// Two hours of the day, from a full hour on.
const fn two_hours_from(hour: i64, policy: &'static str) -> Meeting {
    Meeting {
        policy,
        trace: "diurnal",
        part: Some(Part {
            from: at_hour(hour),
            to: at_hour(hour + 2),
        }),
    }
}

const fn whole(trace: &'static str, policy: &'static str) -> Meeting {
    Meeting {
        policy,
        trace,
        part: None,
    }
}

const MEETINGS: [Meeting; 10] = [
    two_hours_from(6, "prod"),
    two_hours_from(14, "conservative"),
    two_hours_from(20, "fast"),
    two_hours_from(9, "no-behavior"),
    two_hours_from(4, "probed"),
    whole("steps", "no-behavior"),
    whole("ramp", "fast"),
    whole("flap", "conservative"),
    whole("spike", "no-behavior"),
    whole("ramp", "probed"),
];

impl Meeting {
    fn scenario(&self) -> Scenario {
        let policy = format!("policies/{}.toml", self.policy);
        let trace = format!("traces/{}.csv", self.trace);
        let moment = |time: SimTime| TraceMoment::After(time - SimTime::ZERO);
        let request = LoadRequest {
            from: self.part.map(|part| moment(part.from)),
            to: self.part.map(|part| moment(part.to)),
            ..LoadRequest::new(Path::new(&policy), Path::new(&trace))
        };
        let loaded = load(request, &mut FileLoader).expect("shipped files load");
        let mut scenario = loaded.scenario;
        // A longer queue keeps requests whose clients are gone, and only the request engine works on them.
        scenario.workload.queue = 128;
        scenario
    }
}

/// CPU and replicas over time.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    core_seconds: f64,
    replica_seconds: f64,
    seconds: f64,
}

impl Observer for Usage {
    fn flowed(&mut self, segment: &FlowSegment) {
        let seconds = (segment.end - segment.start).as_secs_f64();
        self.core_seconds += segment.cpu_cores * seconds;
        self.replica_seconds += f64::from(segment.pods.current.0) * seconds;
        self.seconds += seconds;
    }

    fn served(&mut self, segment: &RequestSegment) {
        let seconds = (segment.end - segment.start).as_secs_f64();
        self.core_seconds += segment.cpu_core_seconds;
        self.replica_seconds += f64::from(segment.pods.current.0) * seconds;
        self.seconds += seconds;
    }
}

/// Means over seeds.
struct Means {
    cores: f64,
    replicas: f64,
}

fn means(scenario: &Scenario, engine: Engine) -> Means {
    let runs: Vec<Usage> = collect_in_order(0..SEEDS, all_cores(), |seed| {
        let mut usage = Usage::default();
        simulate_observed(scenario, engine, Seed(seed), &mut usage);
        usage
    });
    let mean = |of: fn(&Usage) -> f64| runs.iter().map(of).sum::<f64>() / SEEDS as f64;
    Means {
        cores: mean(|usage| usage.core_seconds / usage.seconds),
        replicas: mean(|usage| usage.replica_seconds / usage.seconds),
    }
}

/// A row of the table, and whether the engines agree.
struct Row {
    text: String,
    agrees: bool,
}

/// Compares the engines; the request engine gets `load_factor` times the load.
fn compare(meeting: &Meeting, load_factor: f64) -> Row {
    compare_in(meeting, meeting.scenario(), load_factor)
}

fn compare_in(meeting: &Meeting, mut scenario: Scenario, load_factor: f64) -> Row {
    let fluid = means(&scenario, Engine::Fluid);
    scenario.workload.scale *= load_factor;
    let request = means(&scenario, Engine::Request);
    let cpu_agrees = (request.cores / fluid.cores - 1.0).abs() <= CPU_SHARE;
    let replicas_max = REPLICAS.max(REPLICA_SHARE * fluid.replicas);
    let replicas_agree = (request.replicas - fluid.replicas).abs() <= replicas_max;
    let agrees = cpu_agrees && replicas_agree;
    Row {
        text: format!(
            "| {}, {} | {:.3} | {:.3} ({:+.2} %) | {:.2} | {:.2} ({:+.2}) | {}",
            meeting.policy,
            meeting.trace,
            fluid.cores,
            request.cores,
            (request.cores / fluid.cores - 1.0) * 100.0,
            fluid.replicas,
            request.replicas,
            request.replicas - fluid.replicas,
            if agrees { "" } else { "DIFFERS" }
        ),
        agrees,
    }
}

#[test]
fn the_two_engines_agree_on_cpu_and_replicas() {
    let rows: Vec<Row> = MEETINGS
        .iter()
        .map(|meeting| compare(meeting, 1.0))
        .collect();
    let table: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    println!("{}", table.join("\n"));
    assert!(
        rows.iter().all(|row| row.agrees),
        "\n{}\n",
        table.join("\n")
    );
}

/// CPU and replicas agree as without these keys, although a request costs more in new and in loaded
/// pods.
#[test]
fn the_two_engines_agree_where_the_cost_of_a_request_varies() {
    let rows: Vec<Row> = [&MEETINGS[5], &MEETINGS[9]]
        .into_iter()
        .map(|meeting| {
            let mut scenario = meeting.scenario();
            scenario.deployment.pod.warm_up = Some(WarmUp {
                factor: 2.0,
                duration: SimSpan::from_secs(60),
            });
            scenario.workload.overload = Some(Overload {
                factor: 1.5,
                from: 0.5,
            });
            compare_in(meeting, scenario, 1.0)
        })
        .collect();
    let table: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    println!("{}", table.join("\n"));
    assert!(
        rows.iter().all(|row| row.agrees),
        "\n{}\n",
        table.join("\n")
    );
}

/// CPU that the autoscaler has seen, in percent of the request.
#[derive(Default)]
struct SeenPercent {
    percents: Vec<f64>,
}

impl Observer for SeenPercent {
    fn decided(&mut self, decision: &Decided<'_>) {
        let metric = decision.metrics.first().and_then(Option::as_ref);
        let percent = metric.and_then(|metric| metric.average_utilization);
        self.percents.extend(percent.map(f64::from));
    }
}

/// At half of its plain capacity a pod has the utilization u = 0.5 (1 + k (u - 0.3)) with k = 0.5 /
/// 0.7, and its limit is twice its request.
#[test]
fn the_autoscaler_sees_the_cpu_of_an_overload_in_both_engines() {
    let slope = 0.5 / 0.7;
    let utilization = 0.5 * (1.0 - 0.3 * slope) / (1.0 - 0.5 * slope);
    let policy = "[hpa]\nminReplicas = 20\nmaxReplicas = 20\n[deployment]\nreplicas = 20\n[[deployment.containers]]\nname = \"app\"\nresources = { requests = { cpu = \"500m\" }, limits = { cpu = \"1\" } }\n[workload]\nidle_cpu = \"0m\"\noverload = { factor = 1.5, from = 0.3 }\n";
    let mut files = MemoryLoader::default()
        .with("p.toml", policy)
        .with("t.csv", "time_s,rps\n0,1000\n600,1000\n");
    let request = LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"));
    let scenario = load(request, &mut files).expect("a policy").scenario;
    // Twenty pods serve 20,000 requests in 20 s, so that one reading of all has an error of 1 %.
    for (engine, tolerance) in [(Engine::Fluid, 0.03), (Engine::Request, 0.03)] {
        let mut seen = SeenPercent::default();
        simulate_observed(&scenario, engine, Seed(1), &mut seen);
        assert!(seen.percents.len() >= 39, "{} syncs", seen.percents.len());
        // The first sync sees the load before the start.
        let mean = seen.percents.iter().sum::<f64>() / seen.percents.len() as f64;
        for percent in [seen.percents[0], mean] {
            let error = percent / (200.0 * utilization) - 1.0;
            assert!(error.abs() < tolerance, "{engine:?}: {percent} %");
        }
    }
}

#[test]
fn the_engines_would_not_agree_if_one_had_five_percent_more_load() {
    for meeting in &MEETINGS[3..6] {
        let row = compare(meeting, 1.05);
        assert!(!row.agrees, "{}", row.text);
    }
}
