//! Which defaults a result touched: the conditions as a table, and the ranges over which the defaults are plausible.

use hpasim::kpi::Kpis;
use hpasim::scenario::Engine;

use super::defaults::{settable, table_around};
use super::*;

const SCALED: &str = "[hpa]\nmaxReplicas = 9\n";
const BY_MEMORY: &str = r#"[hpa]
maxReplicas = 9
metrics = [{ type = "Resource", resource = { name = "memory", target = { type = "AverageValue", averageValue = "64Mi" } } }]
"#;
const BY_REQUESTS: &str = r#"[hpa]
maxReplicas = 9
metrics = [{ type = "Pods", pods = { metric = { name = "requests_per_second" }, target = { type = "AverageValue", averageValue = 5 } } }]
"#;
const BY_MEMORY_OF_A_SIDECAR: &str = r#"[hpa]
maxReplicas = 9
metrics = [{ type = "ContainerResource", containerResource = { name = "memory", container = "proxy", target = { type = "AverageValue", averageValue = "64Mi" } } }]
[[deployment.containers]]
name = "app"
[[deployment.containers]]
name = "proxy"
"#;
const LIMITED: &str = r#"[[deployment.containers]]
name = "app"
resources = { requests = { cpu = "100m" }, limits = { cpu = "200m" } }
"#;

/// What a case changes of a run in which nothing happened.
type Change = fn(&mut Kpis);

/// A key, and what makes a result depend on its default: a policy, a trace, an engine, and the KPIs of a run.
struct Case {
    key: &'static str,
    policy: &'static str,
    trace: &'static str,
    engine: Engine,
    happened: Change,
}

fn keys_of(case: &Case, happened: Change) -> Vec<String> {
    let files = [("p.toml", case.policy), ("t.csv", case.trace)];
    let scenario = loaded(&files, &[]).scenario;
    let mut run = Kpis::default();
    happened(&mut run);
    // One seed of two is enough.
    let touched = scenario.touched(case.engine, &[Kpis::default(), run]);
    touched.iter().map(|it| it.key.clone()).collect()
}

#[test]
fn what_happened_in_a_run_decides_which_defaults_it_touched() {
    let case = |key, policy, engine, happened| Case {
        key,
        policy,
        trace: TRACE,
        engine,
        happened,
    };
    let waited: Change = |run| run.requests_queued = Some(1.0);
    let overflowed: Change = |run| run.failed_queue_full = Some(1.0);
    let timed_out: Change = |run| run.failed_timed_out = Some(1.0);
    let failed: Change = |run| run.requests_failed = Some(1.0);
    let killed: Change = |run| run.oom_kills = Some(1.0);
    let gone: Change = |run| run.failed_pod_gone = Some(1.0);
    let started: Change = |run| run.pod_starts = 1;
    let two_pods: Change = |run| run.peak_replicas = 2;
    let (request, fluid) = (Engine::Request, Engine::Fluid);
    let cases = [
        case("workload.queue", "", request, waited),
        case("workload.queue", "", fluid, overflowed),
        case("workload.concurrency", "", request, waited),
        case("workload.timeout", "", fluid, timed_out),
        case("workload.after_timeout", "", request, timed_out),
        case("workload.retries", "", request, failed),
        case("slo.error_rate", "", fluid, failed),
        case("workload.memory_base", "", request, killed),
        case("workload.memory_per_request", "", request, killed),
        case("pod.grace_period", "", request, gone),
        case("pod.pre_stop", "", request, gone),
        case("pod.schedule", SCALED, fluid, started),
        case("pod.image_pull", SCALED, fluid, started),
        case("pod.start", SCALED, fluid, started),
        case("pod.init", SCALED, fluid, started),
        case("pod.endpoint_lag", SCALED, fluid, started),
        case("workload.balancer", SCALED, request, two_pods),
    ];
    for case in cases {
        let (key, nothing) = (case.key.to_owned(), |_: &mut Kpis| {});
        assert!(keys_of(&case, case.happened).contains(&key), "{key}");
        assert!(!keys_of(&case, nothing).contains(&key), "{key} untouched");
    }
}

#[test]
fn the_scenario_and_the_engine_decide_which_defaults_a_result_can_touch() {
    let users = "time_s,users\n0,4\n60,8\n";
    let cpu = "time_s,cpu_millicores\n0,100\n60,100\n";
    let of = |policy, trace, engine| Case {
        key: "",
        policy,
        trace,
        engine,
        happened: |run| {
            run.failed_timed_out = Some(1.0);
            run.requests_failed = Some(1.0);
            run.peak_replicas = 2;
        },
    };
    let (request, fluid) = (Engine::Request, Engine::Fluid);
    let cases = [
        ("cluster", of(SCALED, TRACE, fluid), true),
        ("cluster", of("", TRACE, fluid), false),
        ("workload.idle_cpu", of(SCALED, TRACE, fluid), true),
        ("workload.idle_cpu", of(BY_MEMORY, TRACE, fluid), false),
        ("workload.memory_base", of(BY_MEMORY, TRACE, fluid), true),
        ("workload.memory_base", of(SCALED, TRACE, fluid), false),
        (
            "workload.memory_base",
            of(BY_MEMORY_OF_A_SIDECAR, TRACE, fluid),
            false,
        ),
        ("metrics.custom", of(BY_REQUESTS, TRACE, fluid), true),
        ("metrics.custom", of(SCALED, TRACE, fluid), false),
        ("workload.cpu_per_request", of("", TRACE, fluid), true),
        ("workload.cpu_per_request", of("", cpu, fluid), false),
        ("workload.think_time", of("", users, request), true),
        ("workload.think_time", of("", TRACE, request), false),
        ("workload.arrivals", of("", TRACE, request), true),
        ("workload.arrivals", of("", TRACE, fluid), true),
        ("workload.arrivals", of("", users, request), false),
        ("workload.balancer", of("", TRACE, fluid), true),
        ("workload.retries", of("", TRACE, fluid), false),
        ("workload.after_timeout", of("", TRACE, fluid), false),
        ("pod.node_cores", of("", TRACE, fluid), true),
        ("pod.node_cores", of(LIMITED, TRACE, fluid), false),
    ];
    for (key, case, is_touched) in cases {
        let keys = keys_of(&case, case.happened);
        let is_there = keys.iter().any(|it| it == key);
        assert_eq!(
            is_there, is_touched,
            "{key} of {} under {}",
            case.policy, case.trace
        );
    }
}

#[test]
fn the_cost_of_a_sidecar_is_assumed_where_it_is_not_stated() {
    let sidecar = |cost: &str| {
        format!(
            "{LIMITED}\n[[deployment.containers]]\nname = \"proxy\"\nresources = {{ requests = {{ cpu = \"50m\" }} }}\n{cost}"
        )
    };
    let key = "deployment.containers.1.cpu_per_request";
    let is_assumed = |cost: &str| {
        let scenario = scenario(&sidecar(cost), &[]);
        let touched = scenario.touched(Engine::Request, &[]);
        touched.iter().any(|it| it.key == key)
    };
    assert!(is_assumed(""));
    assert!(!is_assumed("cpu_per_request = \"1ms\"\n"));
}

#[test]
fn the_kind_of_the_cluster_is_assumed_unless_both_of_its_values_are_stated() {
    let is_assumed = |set: &[&str]| {
        let scenario = scenario(SCALED, set);
        let touched = scenario.touched(Engine::Request, &[]);
        touched.iter().any(|it| it.key == "cluster")
    };
    let (scrape, sync) = ("metrics.scrape_interval=15s", "controller.sync_period=15s");
    assert!(is_assumed(&[scrape]));
    assert!(is_assumed(&[sync]));
    assert!(!is_assumed(&[scrape, sync]));
    assert!(!is_assumed(&["cluster=gke"]));
}

#[test]
fn each_end_of_a_range_is_a_value_that_its_key_takes_and_one_of_them_is_not_the_default() {
    let mut ranges = 0;
    for key in keys::all() {
        let Some(declared) = key.assumed else {
            continue;
        };
        let around: Vec<&str> = table_around(&key.table).into_iter().collect();
        let plain = scenario(SCALED, &around);
        let end_of = |value: &str| {
            let argument = format!("{}={value}", settable(&key));
            let mut set = around.clone();
            set.push(&argument);
            let mut changed = scenario(SCALED, &set);
            changed.assumptions.clone_from(&plain.assumptions);
            changed
        };
        let (low, high) = (end_of(declared.low), end_of(declared.high));
        assert!(low != plain || high != plain, "{}", key.path());
        assert!(low != high, "{}", key.path());
        assert!(!declared.source.is_empty(), "{}", key.path());
        ranges += 1;
    }
    assert!(ranges >= 25, "{ranges} ranges");
}
