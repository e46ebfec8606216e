//! How files, `extends`, `--set` and a template combine.

use super::*;

#[test]
fn a_child_merges_key_by_key_replaces_arrays_and_has_its_own_name() {
    let base = "name = \"base\"\n[hpa]\nminReplicas = 2\nmaxReplicas = 9\n[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 30\npolicies = [{ type = \"Pods\", value = 1, periodSeconds = 15 }, { type = \"Pods\", value = 2, periodSeconds = 15 }]\n";
    let child = "extends = \"../base.toml\"\n[hpa]\nmaxReplicas = 5\n[hpa.behavior.scaleUp]\npolicies = [{ type = \"Percent\", value = 50, periodSeconds = 15 }]\n";
    let loaded = loaded(
        &[("teams/child.toml", child), ("teams/../base.toml", base)],
        &[],
    );
    assert_eq!(loaded.scenario.policy_name, "child");
    let spec = hpa_spec(&loaded.scenario);
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
    assert_eq!(autoscaler.settings.scale_to_zero, Some(Gate::On));
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
    let trace = "time_s,rps,depth\n0,1,7\n60,1,7\n";
    let spec = hpa_spec(&loaded(&[("p.toml", policy), ("t.csv", trace)], &[]).scenario);
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
fn a_variant_of_a_template_is_what_the_same_overrides_give() {
    let prod = request("policies/prod.toml", "traces/spike.csv", &[]);
    let template = Template::load(prod, &ManifestChoice::default(), &mut Files::default());
    let template = template.expect("a template");
    let variants: [&[&str]; 6] = [
        &[],
        &["hpa.maxReplicas=20", "pod.init=\"1s\""],
        &["hpa.maxReplicas=0"],
        &["hpa.maxReplica=20", "hpa.metrics.3.type=1"],
        &["workload.timeout=5s"],
        &["hpa.minReplicas=60", "nothing"],
    ];
    for variant in variants {
        let set = strings(variant);
        let request = request("policies/prod.toml", "traces/spike.csv", &set);
        let loaded = load(request, &mut Files::default()).map(|loaded| loaded.scenario);
        assert_eq!(template.scenario(&set), loaded, "{variant:?}");
    }
}

#[test]
fn a_policy_that_needs_its_variants_makes_a_template_all_the_same() {
    let mut files = Files::of(&[("p.toml", "[hpa]\nminReplicas = 2\n")]);
    let request = request("p.toml", "traces/spike.csv", &[]);
    let template = Template::load(request, &ManifestChoice::default(), &mut files);
    let template = template.expect("a template");
    assert!(template.scenario(&[]).is_err(), "without maxReplicas");
    assert!(template.scenario(&["hpa.maxReplicas=9".to_owned()]).is_ok());
}
