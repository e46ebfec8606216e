//! Every declared key, its default, and what a result lists as assumed.

use super::*;
use hpasim::scenario::{Engine, TraceMoment};
use hpasim::workload::LoadBefore;

#[test]
fn an_empty_policy_is_a_fixed_deployment_of_defaults_and_says_what_it_assumes() {
    let scenario = scenario("", &[]);
    assert!(scenario.scaler.is_none());
    assert_eq!(scenario.policy_name, "p");
    assert_eq!(scenario.deployment.containers[0].name, "app");
    let assumed: Vec<String> = scenario
        .touched(Engine::Request, &[])
        .iter()
        .map(|assumption| format!("{} = {}", assumption.key, assumption.value))
        .collect();
    assert_eq!(
        assumed,
        [
            r#"deployment.containers = [{ name = "app", resources = { requests = { cpu = "100m" } } }]"#,
            r#"workload.cpu_per_request = { dist = "lognormal", mean = "10ms", cv = 1.0 }"#,
            r#"slo.latency = { quantile = 0.95, limit = "500ms" }"#,
            r#"workload.io_per_request = "0s""#,
            r#"workload.arrivals = "poisson""#,
            "pod.node_cores = 4",
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
pub(crate) fn table_around(path: &str) -> Option<&'static str> {
    match path {
        "pod.readiness" => Some("pod.readiness={}"),
        "pod.startup" => Some("pod.startup={}"),
        "slo.latency" => Some("slo.latency={}"),
        "workload.arrivals" => Some(r#"workload.arrivals={process="gamma",cv=2}"#),
        "workload.retries" => Some("workload.retries={max=2}"),
        "workload.connections" => Some("workload.connections={count=9}"),
        "metrics.custom" => Some("metrics.custom={}"),
        "pod.warm_up" => Some(r#"pod.warm_up={factor=2,duration="1s"}"#),
        "workload.overload" => Some("workload.overload={factor=2}"),
        "pod.startup_cpu" => Some(r#"pod.startup_cpu={cpu="1",duration="1s"}"#),
        _ if path.starts_with("deployment.containers.N") => Some(
            r#"deployment.containers=[{name="app",resources={requests={cpu="100m"}}},{name="proxy",resources={requests={cpu="50m"}}}]"#,
        ),
        _ => None,
    }
}

/// The path of the key in a policy; for a key of a container, that of a sidecar.
pub(crate) fn settable(key: &KeyRow) -> String {
    key.path().replace(".N.", ".1.")
}

#[test]
fn every_declared_key_has_a_reader_that_refuses_what_no_key_takes() {
    for key in keys::all() {
        let argument = format!("{}=[[1]]", settable(&key));
        let mut set: Vec<&str> = table_around(&key.table).into_iter().collect();
        set.push(&argument);
        let files = &mut Files::of(&[("p.toml", "")]);
        let Err(faults) = load(request("p.toml", "t.csv", &strings(&set)), files) else {
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
    assert!(documented >= 60, "{documented} keys with a default");
}

/// The assumptions of `[metrics]` about an autoscaler with this metric, under a trace with a queue.
fn assumed_of_metrics(metric: &str, custom: &str) -> Vec<String> {
    let policy = format!("[hpa]\nmaxReplicas = 3\nmetrics = [{metric}]\n{custom}");
    let trace = "time_s,rps,queue\n0,4,1\n60,8,2\n";
    let scenario = loaded(&[("p.toml", &policy), ("t.csv", trace)], &[]).scenario;
    let touched = scenario.touched(Engine::Request, &[]);
    let of_metrics = touched.iter().filter(|it| it.key.starts_with("metrics"));
    of_metrics
        .map(|it| format!("{} = {}", it.key, it.value))
        .collect()
}

#[test]
fn the_path_of_custom_metrics_is_assumed_where_an_autoscaler_has_one() {
    let of = |kind: &str, name: &str| {
        let key = kind.to_lowercase();
        format!(
            r#"{{ type = "{kind}", {key} = {{ metric = {{ name = "{name}" }}, target = {{ type = "AverageValue", averageValue = 5 }} }} }}"#
        )
    };
    let pods = of("Pods", "requests_per_second");
    let external = of("External", "queue");
    let cpu = r#"{ type = "Resource", resource = { name = "cpu", target = { type = "Utilization", averageUtilization = 50 } } }"#;
    assert_eq!(
        assumed_of_metrics(&pods, ""),
        [r#"metrics.custom = "metrics_server""#]
    );
    assert_eq!(
        assumed_of_metrics(&external, "[metrics.custom]\nwindow = \"1m\"\n"),
        [
            r#"metrics.custom.interval = "15s""#,
            r#"metrics.custom.lag = "0s""#
        ]
    );
    assert_eq!(assumed_of_metrics(&external, "[metrics.custom]\n").len(), 3);
    let stated = "[metrics]\ncustom = \"metrics_server\"\n";
    assert_eq!(assumed_of_metrics(&pods, stated), [""; 0]);
    assert_eq!(assumed_of_metrics(cpu, ""), [""; 0]);
    assert_eq!(assumed_of_metrics(cpu, "[metrics.custom]\n"), [""; 0]);
}

#[test]
fn a_trace_of_cpu_assumes_nothing_of_requests() {
    let trace = "time_s,cpu_millicores\n0,100\n60,100\n";
    let scenario = loaded(&[("p.toml", ""), ("t.csv", trace)], &[]).scenario;
    let touched = scenario.touched(Engine::Fluid, &[]);
    let assumed: Vec<&str> = touched.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(assumed, ["deployment.containers", "pod.node_cores"]);
}

#[test]
fn a_load_test_begins_without_load_before_it_unless_the_policy_says_so() {
    let of = |policy: &str, trace: &str, from: Option<TraceMoment>| {
        let files = &mut Files::of(&[("p.toml", policy), ("t.csv", trace)]);
        let mut request = request("p.toml", "t.csv", &[]);
        request.from = from;
        load(request, files).expect("a scenario").scenario
    };
    let test = r#"{ "stages": [{ "duration": "2m", "target": 10 }] }"#;
    let recorded = "time_s,rps\n0,10\n120,10\n";
    let says = |scenario: &Scenario| {
        scenario
            .assumptions
            .iter()
            .any(|it| it.key == "workload.before" && it.value == "\"idle\"")
    };
    let load_test = of("", test, None);
    assert_eq!(load_test.workload.before, LoadBefore::Idle);
    assert!(says(&load_test));
    let later_part = of("", test, Some(TraceMoment::After(SimSpan::from_secs(60))));
    assert_eq!(later_part.workload.before, LoadBefore::Steady);
    assert!(!says(&later_part));
    let stated = of("[workload]\nbefore = \"steady\"\n", test, None);
    assert_eq!(stated.workload.before, LoadBefore::Steady);
    assert_eq!(of("", recorded, None).workload.before, LoadBefore::Steady);
}
