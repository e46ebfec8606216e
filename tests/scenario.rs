//! Policies and traces as scenarios: the shipped ones, and how files, `extends`, `remove` and
//! `--set` combine.

#[path = "scenario/clients.rs"]
mod clients;
#[path = "scenario/exported.rs"]
mod exported;
#[path = "scenario/manifest.rs"]
mod manifest;
#[path = "scenario/successor.rs"]
mod successor;
#[path = "scenario/traces.rs"]
mod traces;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hpasim::engine::random::Distribution;
use hpasim::hpa::rules::{Gate, Release};
use hpasim::hpa::spec::{MetricSource, MetricTarget, PolicyKind};
use hpasim::scenario::keys::KeyRow;
use hpasim::scenario::{
    LoadError, LoadRequest, Loaded, Loader, ManifestChoice, Scenario, Template, keys, load,
    parse_trace,
};
use hpasim::units::{Millicores, Replicas, SimSpan, SimTime};
use hpasim::workload::{Demand, Trace};
use proptest::prelude::*;

/// Files of a test, and those of the repository.
#[derive(Default)]
struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Loader for Files {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        if let Some(content) = self.0.get(path) {
            return Ok(content.clone());
        }
        Ok(std::fs::read(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(path),
        )?)
    }
}

const TRACE: &str = "time_s,rps\n0,4\n60,8\n120,2\n";

fn request<'r>(policy: &'r str, trace: &'r str, set: &'r [String]) -> LoadRequest<'r> {
    LoadRequest {
        policy: Path::new(policy),
        trace: Path::new(trace),
        set,
        from: None,
        to: None,
        engine: None,
    }
}

fn loaded(files: &[(&str, &str)], set: &[&str]) -> Loaded {
    let mut loader = Files::default();
    loader.0.insert("t.csv".into(), TRACE.into());
    for (path, content) in files {
        loader.0.insert(path.into(), (*content).into());
    }
    let set: Vec<String> = set.iter().map(|argument| (*argument).to_owned()).collect();
    match load(request(files[0].0, "t.csv", &set), &mut loader) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

fn scenario(policy: &str, set: &[&str]) -> Scenario {
    loaded(&[("p.toml", policy)], set).scenario
}

fn trace(bytes: impl AsRef<[u8]>) -> Trace {
    match parse_trace(Path::new("t.csv"), bytes.as_ref()) {
        Ok(parsed) => parsed.trace,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

fn seconds(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

#[test]
fn the_shipped_policies_load_with_the_shipped_traces_and_warn_of_nothing() {
    let policies = [
        "prod",
        "no-behavior",
        "conservative",
        "fast",
        "probed",
        "stripe-api",
    ];
    let traces = ["spike", "ramp", "steps", "diurnal", "flash-crowd", "flap"];
    for policy in policies {
        for trace in traces {
            let (policy, trace) = (
                format!("policies/{policy}.toml"),
                format!("traces/{trace}.csv"),
            );
            let loaded = load(request(&policy, &trace, &[]), &mut Files::default());
            let loaded = loaded.unwrap_or_else(|diagnostics| panic!("{policy}: {diagnostics}"));
            assert_eq!(loaded.warnings, [], "{policy}");
            assert_eq!(
                loaded.scenario.hpa().is_some(),
                policy != "policies/stripe-api.toml"
            );
        }
    }
}

fn shipped(policy: &str) -> Scenario {
    let policy = format!("policies/{policy}.toml");
    match load(
        request(&policy, "traces/spike.csv", &[]),
        &mut Files::default(),
    ) {
        Ok(loaded) => loaded.scenario,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

#[test]
fn prod_is_the_production_autoscaler() {
    let prod = shipped("prod");
    assert_eq!(
        (prod.policy_name.as_str(), prod.trace_name.as_str()),
        ("prod", "spike")
    );
    let autoscaler = prod.hpa().expect("an autoscaler");
    let spec = &autoscaler.spec;
    assert_eq!(
        (spec.min_replicas, spec.max_replicas),
        (Replicas(1), Replicas(50))
    );
    assert_eq!(spec.scale_target.to_string(), "Deployment/default/prod");
    assert_eq!(spec.metrics.len(), 1);
    assert_eq!(spec.metrics[0].target, MetricTarget::Utilization(50));
    let behavior = spec.behavior.as_ref().expect("a behaviour");
    assert_eq!(behavior.scale_up.stabilization_window, Some(SimSpan::ZERO));
    assert_eq!(behavior.scale_up.policies.len(), 2);
    assert_eq!(
        behavior.scale_down.stabilization_window,
        Some(SimSpan::from_secs(5))
    );
    assert_eq!(behavior.scale_down.policies[0].kind, PolicyKind::Percent);
    assert_eq!(autoscaler.sync_period, SimSpan::from_secs(15));
    assert_eq!(autoscaler.release, Release::Current);
    let container = &prod.deployment.containers[0];
    assert_eq!(container.name, "privrocket-app");
    assert_eq!(container.cpu_request, Some(Millicores(100)));
    assert_eq!(container.cpu_limit, Some(Millicores(200)));
    assert_eq!(container.memory_limit_bytes, Some(128 << 20));
    assert!((container.cpu_seconds_per_request - 0.01).abs() < 1e-9);
    assert_eq!(container.idle_cpu, Millicores(1));
    assert_eq!(
        prod.deployment.pod.init,
        Distribution::Constant(SimSpan::from_secs(3))
    );
    assert!(prod.deployment.pod.readiness.is_none());
    assert_eq!(prod.workload.timeout, SimSpan::from_secs(5));
    assert_eq!(prod.trace.end(), seconds(23.0 * 60.0));
    let assumed: Vec<&str> = prod.assumptions.iter().map(|a| a.key.as_str()).collect();
    assert_eq!(assumed, ["pod.image_pull", "slo.latency"]);
}

#[test]
fn the_other_policies_differ_from_prod_as_they_say() {
    let spec = |name: &str| shipped(name).hpa().expect("an autoscaler").spec.clone();
    let prod = spec("prod");
    let no_behavior = spec("no-behavior");
    assert!(no_behavior.behavior.is_none());
    assert_eq!(no_behavior.metrics, prod.metrics);
    let window = |name: &str| {
        let behavior = spec(name).behavior.expect("a behaviour");
        behavior.scale_down.stabilization_window
    };
    assert_eq!(window("conservative"), Some(SimSpan::from_secs(600)));
    assert_eq!(window("fast"), Some(SimSpan::from_secs(120)));
    assert_eq!(
        spec("fast").metrics[0].target,
        MetricTarget::Utilization(35)
    );
    let probed = shipped("probed");
    assert!(probed.deployment.pod.readiness.is_some());
    assert!(probed.deployment.pod.init.mean_seconds() > 15.0);
    let api = shipped("stripe-api");
    assert!(api.scaler.is_none());
    assert_eq!(api.deployment.containers[0].name, "stripe-api");
    assert_eq!(api.deployment.replicas, Replicas(1));
}

#[test]
fn an_empty_policy_is_a_fixed_deployment_of_defaults_and_says_what_it_assumes() {
    let scenario = scenario("", &[]);
    assert!(scenario.scaler.is_none());
    assert_eq!(scenario.policy_name, "p");
    assert_eq!(scenario.deployment.containers[0].name, "app");
    let assumed: Vec<String> = scenario
        .assumptions
        .iter()
        .map(|assumption| format!("{} = {}", assumption.key, assumption.value))
        .collect();
    assert_eq!(
        assumed,
        [
            r#"deployment.containers = [{ name = "app", resources = { requests = { cpu = "100m" } } }]"#,
            r#"workload.cpu_per_request = { dist = "lognormal", mean = "10ms", cv = 1.0 }"#,
            r#"workload.timeout = "10s""#,
            r#"pod.image_pull = "0s""#,
            r#"pod.start = { dist = "lognormal", median = "1.5s", p99 = "5s" }"#,
            r#"pod.init = "1s""#,
            r#"slo.latency = { quantile = 0.95, limit = "500ms" }"#,
        ]
    );
}

#[test]
fn the_stated_assumptions_are_the_values_in_use() {
    let assumed = scenario("[hpa]\nmaxReplicas = 3\n", &[]);
    let written: Vec<String> = assumed
        .assumptions
        .iter()
        .map(|assumption| format!("{}={}", assumption.key, assumption.value))
        .collect();
    let set: Vec<&str> = written.iter().map(String::as_str).collect();
    let mut stated = scenario("[hpa]\nmaxReplicas = 3\n", &set);
    assert_eq!(stated.assumptions, []);
    stated.assumptions.clone_from(&assumed.assumptions);
    assert_eq!(stated, assumed);
}

/// The setting that must be present for a key of the table at `path` to count, if the table is
/// absent by default.
fn table_around(path: &str) -> Option<&'static str> {
    match path {
        "pod.readiness" => Some("pod.readiness={}"),
        "pod.startup" => Some("pod.startup={}"),
        "slo.latency" => Some("slo.latency={}"),
        "workload.arrivals" => Some(r#"workload.arrivals={process="gamma",cv=2}"#),
        "workload.retries" => Some("workload.retries={max=2}"),
        "workload.connections" => Some("workload.connections={count=9}"),
        "pod.startup_cpu" => Some(r#"pod.startup_cpu={cpu="1",duration="1s"}"#),
        _ if path.starts_with("deployment.containers.N") => Some(
            r#"deployment.containers=[{name="app",resources={requests={cpu="100m"}}},{name="proxy",resources={requests={cpu="50m"}}}]"#,
        ),
        _ => None,
    }
}

/// The path of the key in a policy; for a key of a container, that of a sidecar.
fn settable(key: &KeyRow) -> String {
    key.path().replace(".N.", ".1.")
}

#[test]
fn every_declared_key_has_a_reader_that_refuses_what_no_key_takes() {
    for key in keys::all() {
        let argument = format!("{}=[[1]]", settable(&key));
        let set: Vec<String> = table_around(&key.table)
            .into_iter()
            .chain([argument.as_str()])
            .map(str::to_owned)
            .collect();
        let mut loader = Files::default();
        loader.0.insert("p.toml".into(), Vec::new());
        loader.0.insert("t.csv".into(), TRACE.into());
        let Err(faults) = load(request("p.toml", "t.csv", &set), &mut loader) else {
            panic!("`{argument}` is taken");
        };
        assert!(
            faults
                .list
                .iter()
                .any(|fault| fault.message.contains(&settable(&key))),
            "{argument}: {faults}"
        );
    }
}

#[test]
fn every_default_of_the_documentation_is_the_value_that_an_absent_key_has() {
    let policy = "[hpa]\nmaxReplicas = 3\n";
    let mut documented = 0;
    for key in keys::all() {
        let Some(default) = key.default else {
            continue;
        };
        let argument = format!("{}={default}", settable(&key));
        let mut set: Vec<&str> = table_around(&key.table).into_iter().collect();
        let unsaid = scenario(policy, &set);
        set.push(&argument);
        let mut said = scenario(policy, &set);
        said.assumptions.clone_from(&unsaid.assumptions);
        assert_eq!(said, unsaid, "{argument}");
        documented += 1;
    }
    assert!(documented > 60, "{documented} keys with a default");
}

#[test]
fn a_child_merges_key_by_key_replaces_arrays_and_has_its_own_name() {
    let base = "name = \"base\"\n[hpa]\nminReplicas = 2\nmaxReplicas = 9\n[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 30\npolicies = [{ type = \"Pods\", value = 1, periodSeconds = 15 }, { type = \"Pods\", value = 2, periodSeconds = 15 }]\n";
    let child = "extends = \"../base.toml\"\n[hpa]\nmaxReplicas = 5\n[hpa.behavior.scaleUp]\npolicies = [{ type = \"Percent\", value = 50, periodSeconds = 15 }]\n";
    let loaded = loaded(
        &[("teams/child.toml", child), ("teams/../base.toml", base)],
        &[],
    );
    assert_eq!(loaded.scenario.policy_name, "child");
    let spec = loaded.scenario.hpa().expect("an autoscaler").spec.clone();
    assert_eq!(
        (spec.min_replicas, spec.max_replicas),
        (Replicas(2), Replicas(5))
    );
    let up = spec.behavior.expect("a behaviour").scale_up;
    assert_eq!(up.stabilization_window, Some(SimSpan::from_secs(30)));
    assert_eq!(up.policies.len(), 1);
    let read: Vec<String> = loaded
        .inputs
        .iter()
        .map(|input| input.path.display().to_string())
        .collect();
    assert_eq!(read, ["teams/child.toml", "teams/../base.toml", "t.csv"]);
}

#[test]
fn set_changes_any_key_and_the_last_one_counts() {
    let policy = "[hpa]\nmaxReplicas = 9\nmetrics = [{ type = \"Resource\", resource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 50 } } }]\n";
    let scenario = scenario(
        policy,
        &[
            "hpa.metrics.0.resource.target.averageUtilization=70",
            "hpa.maxReplicas=20",
            "hpa.maxReplicas = 30",
            "pod.init=\"7s\"",
            "pod.start={ dist = \"exponential\", mean = \"2s\" }",
            "controller.kubernetes=\"1.28\"",
            "controller.scale_to_zero=true",
            "name=\"louder\"",
        ],
    );
    assert_eq!(scenario.policy_name, "louder");
    let autoscaler = scenario.hpa().expect("an autoscaler");
    assert_eq!(autoscaler.spec.max_replicas, Replicas(30));
    assert_eq!(
        autoscaler.spec.metrics[0].target,
        MetricTarget::Utilization(70)
    );
    assert_eq!(autoscaler.release, Release::V1_28);
    assert_eq!(autoscaler.settings.scale_to_zero, Gate::On);
    let pod = scenario.deployment.pod;
    assert_eq!(pod.init, Distribution::Constant(SimSpan::from_secs(7)));
    assert_eq!(
        pod.start,
        Distribution::Exponential {
            mean: SimSpan::from_secs(2)
        }
    );
}

#[test]
fn every_kind_of_metric_is_read() {
    let policy = r#"
[hpa]
maxReplicas = 9
[[hpa.metrics]]
type = "ContainerResource"
containerResource = { name = "memory", container = "web", target = { type = "AverageValue", averageValue = "100Mi" } }
[[hpa.metrics]]
type = "Pods"
pods = { metric = { name = "in_flight" }, target = { type = "AverageValue", averageValue = 10 } }
[[hpa.metrics]]
type = "Object"
object = { metric = { name = "depth" }, describedObject = { apiVersion = "v1", kind = "Service", name = "mq" }, target = { type = "Value", value = "2k" } }
[[hpa.metrics]]
type = "External"
[hpa.metrics.external]
metric = { name = "depth", selector = { matchLabels = { queue = "work" }, matchExpressions = [{ key = "zone", operator = "In", values = ["a", "b"] }] } }
target = { type = "AverageValue", averageValue = "0.5" }
[[deployment.containers]]
name = "web"
"#;
    let mut loader = Files::default();
    loader.0.insert("p.toml".into(), policy.into());
    loader
        .0
        .insert("t.csv".into(), "time_s,rps,depth\n0,1,7\n60,1,7\n".into());
    let loaded = load(request("p.toml", "t.csv", &[]), &mut loader);
    let spec = loaded
        .unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
        .scenario
        .hpa()
        .expect("an autoscaler")
        .spec
        .clone();
    let types: Vec<&str> = spec
        .metrics
        .iter()
        .map(|metric| metric.source.type_name())
        .collect();
    assert_eq!(types, ["ContainerResource", "Pods", "Object", "External"]);
    let MetricSource::External { metric } = &spec.metrics[3].source else {
        panic!("no external metric");
    };
    assert!(
        metric.selector_text.contains("queue: work"),
        "{}",
        metric.selector_text
    );
}

#[test]
fn a_limit_without_request_is_the_request_and_sidecars_have_costs_of_their_own() {
    let policy = r#"
[[deployment.containers]]
name = "web"
resources = { limits = { cpu = "0.5", memory = "64Mi" } }
[[deployment.containers]]
name = "proxy"
cpu_per_request = "2ms"
idle_cpu = "5m"
"#;
    let containers = scenario(policy, &[]).deployment.containers;
    assert_eq!(containers[0].cpu_request, Some(Millicores(500)));
    assert_eq!(containers[0].memory_request_bytes, Some(64 << 20));
    assert_eq!(containers[1].idle_cpu, Millicores(5));
    assert!((containers[1].cpu_seconds_per_request - 0.002).abs() < 1e-12);
}

#[test]
fn a_trace_of_cpu_assumes_nothing_of_requests() {
    let mut loader = Files::default();
    loader.0.insert("p.toml".into(), Vec::new());
    loader.0.insert(
        "t.csv".into(),
        "time_s,cpu_millicores\n0,100\n60,100\n".into(),
    );
    let loaded = load(request("p.toml", "t.csv", &[]), &mut loader);
    let scenario = loaded
        .unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
        .scenario;
    let assumed: Vec<&str> = scenario
        .assumptions
        .iter()
        .map(|a| a.key.as_str())
        .collect();
    assert_eq!(
        assumed,
        [
            "deployment.containers",
            "pod.image_pull",
            "pod.start",
            "pod.init"
        ]
    );
}

fn does_not_panic(policy: &[u8], trace: &[u8], set: &[String]) {
    let mut loader = Files::default();
    loader.0.insert("p.toml".into(), policy.to_vec());
    loader.0.insert("t.csv".into(), trace.to_vec());
    if let Err(diagnostics) = load(request("p.toml", "t.csv", set), &mut loader) {
        let text = hpasim::render::diagnostic::render_diagnostics(
            &diagnostics,
            hpasim::render::paint::Colour::Plain,
        );
        assert!(!text.is_empty(), "a failure without a word");
    }
}

/// Pieces of policies and traces, so that random text gets past the first line.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "[hpa]\n",
            "maxReplicas",
            " = ",
            "3",
            "-1",
            "\"2d\"",
            "metrics",
            "[",
            "]",
            "{",
            "}",
            ",",
            "[pod]\n",
            "start",
            "dist",
            "\"lognormal\"",
            "[[deployment.containers]]\n",
            "name",
            "behavior",
            ".",
            "scaleUp",
            "policies",
            "\n",
            "=",
            "'",
            "\"",
            "é",
            "#",
            "extends",
            "[workload]\n",
            "retries",
            "max",
            "connections",
            "arrivals",
            "\"gamma\"",
            "think_time",
            "users",
            "cpu_millicores",
            "\"p.toml\"",
            "remove",
            "resources",
            "cpu",
            "\"100m\"",
            "1e400",
            "nan",
            "time_s",
            "rps",
            "timestamp",
            "0",
            "15",
            "99999999999999999999",
            "\r\n",
            "\u{feff}",
            "\0",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn deep_nesting_is_a_fault_and_no_crash() {
    for deep in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("a = {}", "{ a = ".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(50_000)),
        format!("[{}a]", "a.".repeat(50_000)),
    ] {
        does_not_panic(deep.as_bytes(), TRACE.as_bytes(), &[]);
        does_not_panic(b"", TRACE.as_bytes(), &[deep.replace(" = ", "=")]);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(policy in prop::collection::vec(any::<u8>(), 0..200), trace in prop::collection::vec(any::<u8>(), 0..200)) {
        does_not_panic(&policy, &trace, &[]);
        does_not_panic(&policy, &[&[0x1f, 0x8b], trace.as_slice()].concat(), &[]);
    }

    #[test]
    fn no_text_makes_the_readers_panic(policy in pieces(), trace in pieces(), set in pieces()) {
        does_not_panic(policy.as_bytes(), trace.as_bytes(), std::slice::from_ref(&set));
        does_not_panic(policy.as_bytes(), format!("time_s,rps\n{trace}").as_bytes(), &[]);
        let policy = "[hpa]\nmaxReplicas = 3\n[hpa.behavior.scaleUp]\npolicies = [{ type = \"Pods\", value = 1, periodSeconds = 15 }]\n";
        does_not_panic(policy.as_bytes(), TRACE.as_bytes(), &[set]);
    }

    #[test]
    fn a_written_trace_reads_back(rates in prop::collection::vec(0_u32..1_000_000, 2..50), step in 1_u32..10_000) {
        let mut text = "time_s,rps\n".to_owned();
        for (index, rate) in rates.iter().enumerate() {
            text.push_str(&format!("{},{}\n", f64::from(step) * index as f64 / 1000.0, f64::from(*rate) / 1000.0));
        }
        let read = trace(text);
        prop_assert_eq!(read.times.len(), rates.len());
        let nanos = i64::from(step) * 1_000_000;
        prop_assert!(read.times.iter().enumerate().all(|(index, time)| time.as_nanos() == nanos * index as i64));
        let values: Vec<f64> = rates.iter().map(|rate| f64::from(*rate) / 1000.0).collect();
        prop_assert_eq!(read.demand, Demand::RequestsPerSecond(values));
    }
}

/// A template of a shipped policy, under the shipped spike.
fn template(policy: &str) -> Template {
    let mut files = Files::default();
    let request = request(policy, "traces/spike.csv", &[]);
    Template::load(request, &ManifestChoice::default(), &mut files).expect("a template")
}

#[test]
fn a_variant_of_a_template_is_what_the_same_overrides_give() {
    let template = template("policies/prod.toml");
    let variants: [&[&str]; 6] = [
        &[],
        &["hpa.maxReplicas=20", "pod.init=\"1s\""],
        &["hpa.maxReplicas=0"],
        &["hpa.maxReplica=20", "hpa.metrics.3.type=1"],
        &["workload.timeout=5s"],
        &["hpa.minReplicas=60", "nothing"],
    ];
    for variant in variants {
        let set: Vec<String> = variant.iter().map(|it| (*it).to_owned()).collect();
        let request = request("policies/prod.toml", "traces/spike.csv", &set);
        let loaded = load(request, &mut Files::default()).map(|loaded| loaded.scenario);
        assert_eq!(template.scenario(&set), loaded, "{variant:?}");
    }
}

#[test]
fn a_policy_that_needs_its_variants_makes_a_template_all_the_same() {
    let mut files = Files::default();
    files
        .0
        .insert("p.toml".into(), b"[hpa]\nminReplicas = 2\n".into());
    let request = request("p.toml", "traces/spike.csv", &[]);
    let template = Template::load(request, &ManifestChoice::default(), &mut files);
    let template = template.expect("a template");
    assert!(template.scenario(&[]).is_err(), "without maxReplicas");
    assert!(template.scenario(&["hpa.maxReplicas=9".to_owned()]).is_ok());
}
