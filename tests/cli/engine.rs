//! `hpasim run --engine`: what each engine leaves, and who chooses it.

use super::run::{FILES, FLUID_FILES};
use super::{Sandbox, without_results};

#[test]
fn the_trace_chooses_the_engine_unless_the_command_does() {
    let sandbox = Sandbox::new();
    sandbox.write("cpu.csv", "time_s,cpu_millicores\n0,100\n60,100\n");
    let engine_of = |arguments: &[&str]| {
        let base = ["run", "policies/prod.toml"];
        let rest = ["--format", "json", "--plot", "none", "--quiet"];
        let run = sandbox.done(&[&base, arguments, &rest].concat());
        let summary = run.json();
        summary["engine"].clone()
    };
    assert_eq!(engine_of(&["traces/flap.csv"]), "request");
    assert_eq!(
        engine_of(&["traces/flap.csv", "--engine", "fluid"]),
        "fluid"
    );
    assert_eq!(
        engine_of(&["traces/flap.csv", "--engine", "request"]),
        "request"
    );
    assert_eq!(engine_of(&["cpu.csv"]), "fluid");
}

#[test]
fn the_other_engines_files_go_when_a_run_takes_their_place() {
    let sandbox = Sandbox::new();
    let run = |engine: &str| {
        sandbox.done(&format!(
            "run policies/prod.toml traces/flap.csv --quiet --force -o out --engine {engine}"
        ));
    };
    run("request");
    assert_eq!(sandbox.names("out"), FILES);
    run("fluid");
    assert_eq!(sandbox.names("out"), FLUID_FILES);
}

#[test]
fn the_fluid_engine_answers_in_means_and_knows_no_histogram() {
    let sandbox = Sandbox::new();
    let run = sandbox.done("run policies/prod.toml traces/spike.csv --engine fluid");
    assert_eq!(run.stderr, "");
    insta::assert_snapshot!(without_results(&run.stdout), @r#"
    prod under spike, 23m 0s
    fluid engine, seed 1
    assumed: cluster = kubeadm (CPU measured every 15 s),
             pod.image_pull = 0s, slo.latency = p95 within 500 ms,
             workload.io_per_request = 0s, slo.error_rate = 0.01,
             workload.idle_cpu = 1m, workload.arrivals = poisson,
             workload.balancer = random,
             pod.schedule = { dist = "lognormal", median = "50ms",
             p99 = "500ms" }, pod.endpoint_lag = 1s

    replicas N at the start, N on average, N at most
                    at the maximum of N for N N
    pod hours N
    SLO broken for N N (p95 above N ms, or over N % failed)
    good requests N %, N % of the error budget used
                    (N % of requests may be bad)
    latency p50 N ms p95 N s p99 N s
    failed N % of N k requests
                    timed out N %, pod could not serve N %
    throttled N % of the pods' working time
    rescales N, N of them reversals within N min
    first decision N s after pods first fell short

    written         output/prod-spike-fluid/plot.png
                    output/prod-spike-fluid/plot.svg
                    output/prod-spike-fluid/timeline.csv
                    output/prod-spike-fluid/decisions.jsonl
                    output/prod-spike-fluid/summary.json
    "#);
    assert_eq!(sandbox.names("output/prod-spike-fluid"), FLUID_FILES);
}

/// The column called `name` of a CSV file with a header; what is empty counts as nothing.
fn column(csv: &[u8], name: &str) -> Vec<f64> {
    let text = String::from_utf8_lossy(csv);
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let place = header.split(',').position(|column| column == name);
    let place = place.unwrap_or_else(|| panic!("no column {name} in {header}"));
    lines
        .filter_map(|line| line.split(',').nth(place)?.parse().ok())
        .collect()
}

#[test]
fn histogram_and_rows_count_the_requests_of_the_summary() {
    let sandbox = Sandbox::new();
    let run = sandbox.done("run policies/prod.toml traces/flap.csv --format json --plot none");
    let summary = run.json();
    let kpi = |name: &str| summary["kpis"][name].as_f64().expect("a number");
    let histogram = sandbox.read("output/prod-flap/latency.csv");
    let in_histogram: f64 = column(&histogram, "requests").iter().sum();
    assert!((in_histogram - kpi("requests_succeeded")).abs() < 0.5);
    let shares = column(&histogram, "cumulative_share");
    assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(shares.last().is_some_and(|last| (last - 1.0).abs() < 1e-9));

    let timeline = sandbox.read("output/prod-flap/timeline.csv");
    // The trace is a multiple of 5 s long: every row stands for as much.
    for (name, total) in [
        ("offered_rps", kpi("requests_offered")),
        ("succeeded_rps", kpi("requests_succeeded")),
        ("failed_timed_out_rps", kpi("failed_timed_out")),
        ("failed_not_initialised_rps", kpi("failed_not_initialised")),
    ] {
        let in_rows: f64 = column(&timeline, name).iter().map(|rps| 5.0 * rps).sum();
        assert!(
            (in_rows - total).abs() < 0.5,
            "{name}: {in_rows} of {total}"
        );
    }
    let slow = column(&timeline, "cpu_percent_pod_max");
    let idle = column(&timeline, "cpu_percent_pod_min");
    assert!(slow.len() == idle.len() && !slow.is_empty());
    assert!(slow.iter().zip(&idle).all(|(most, least)| most >= least));
}

/// Runs a shipped policy under a shipped trace; all requests offered must be accounted for.
fn assert_balanced(sandbox: &Sandbox, policy: &str, trace: &str, engine: &str) {
    let policy = format!("policies/{policy}.toml");
    let trace = format!("traces/{trace}.csv");
    let run = sandbox.done(&format!(
        "run {policy} {trace} --engine {engine} --plot none --format json"
    ));
    let summary = run.json();
    let kpi = |name: &str| summary["kpis"][name].as_f64().expect("a number");
    let accounted = kpi("requests_succeeded") + kpi("requests_failed") + kpi("requests_in_flight");
    let offered = kpi("requests_offered");
    assert!(
        (accounted - offered).abs() <= 1e-5 * offered,
        "{policy} {trace}: {accounted} of {offered} requests accounted for"
    );
}

const POLICIES: [&str; 6] = [
    "prod",
    "no-behavior",
    "conservative",
    "fast",
    "probed",
    "stripe-api",
];

#[test]
fn every_shipped_policy_runs_under_every_shipped_trace() {
    let sandbox = Sandbox::new();
    for policy in POLICIES {
        for trace in ["spike", "ramp", "steps", "diurnal", "flash-crowd", "flap"] {
            assert_balanced(&sandbox, policy, trace, "fluid");
        }
    }
}

#[test]
fn every_shipped_policy_runs_request_by_request() {
    let sandbox = Sandbox::new();
    for policy in POLICIES {
        assert_balanced(&sandbox, policy, "flash-crowd", "request");
    }
}
