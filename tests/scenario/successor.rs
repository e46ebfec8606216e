//! A new policy that takes everything except its autoscaler from a base, as `tune` proposes it.

use hpasim::control::Hpa;
use hpasim::scenario::{Diagnostics, Successor};

use super::*;

/// A Deployment and its autoscaler, of which nothing is scaled by CPU's target alone.
const APP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: 200m}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop-hpa, namespace: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 17
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 55}}
  - type: Pods
    pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: 12500m}}
  behavior:
    scaleDown: {selectPolicy: Disabled, tolerance: 50m}
";

const SECTIONS: &str = "\
[deployment]
replicas = 4
[workload]
cpu_per_request = \"20ms\"
[slo]
latency = { quantile = 0.9, limit = \"300ms\" }
";

/// The autoscaler; what it scales is called after the file, unless a manifest says so.
fn autoscaler_of(policy: &PolicyFile) -> Hpa {
    let mut autoscaler = policy.autoscaler().expect("an autoscaler").clone();
    let target = &mut autoscaler.spec.scale_target;
    if ["p", "proposed", "conservative", "a \"b\"", "it's \"new\""].contains(&target.name.as_str())
    {
        target.name = "the file's".to_owned();
    }
    autoscaler
}

fn successor(policy: &PolicyFile, base: &str, settings: &[&str]) -> Result<String, Diagnostics> {
    policy.successor(&Successor {
        name: "proposed",
        comment: "What is proposed.",
        base,
        settings: &strings(settings),
    })
}

/// The text of the successor of `policy` with these overrides, after it was read again and found the same.
fn round_trip(path: &str, text: &str, set: &[&str]) -> String {
    let mut files = Files::of(&[(path, text)]);
    let set = strings(set);
    let changed = policy_file(&mut files, path, &set);
    let text = successor(&changed, path, &[]).expect("an autoscaler");
    files.0.insert("proposed.toml", &text);
    let again = policy_file(&mut files, "proposed.toml", &[]);
    assert_eq!(autoscaler_of(&again), autoscaler_of(&changed), "{text}");
    assert_eq!(again.deployment(), changed.deployment(), "{text}");
    // Under a trace too it is the same but for its name.
    let run = |policy: &str, set: &[String]| {
        sound(request(policy, "t.csv", set), &mut files.clone()).scenario
    };
    let wanted = run(path, &set);
    let mut found = run("proposed.toml", &[]);
    assert_eq!(found.policy_name, "proposed");
    found.policy_name.clone_from(&wanted.policy_name);
    found.scaler = wanted.scaler.clone();
    found.assumptions = wanted.assumptions.clone();
    assert_eq!(found, wanted, "{text}");
    text
}

#[test]
fn the_successor_of_a_policy_extends_it_and_has_an_autoscaler_of_its_own() {
    let policy = format!(
        "{SECTIONS}[hpa]\nminReplicas = 2\nmaxReplicas = 40\ntargetCPUUtilizationPercentage = 50\n"
    );
    let text = round_trip("p.toml", &policy, &["hpa.minReplicas=5"]);
    insta::assert_snapshot!(text, @r#"
    # What is proposed.
    name = "proposed"
    extends = "p.toml"
    remove = ["hpa"]

    [hpa]
    minReplicas = 5
    maxReplicas = 40

    [[hpa.metrics]]
    type = "Resource"

    [hpa.metrics.resource]
    name = "cpu"

    [hpa.metrics.resource.target]
    type = "Utilization"
    averageUtilization = 50
    "#);
}

#[test]
fn what_is_changed_of_the_base_inside_its_lists_is_changed_in_the_successor() {
    let text = round_trip(
        "p.toml",
        include_str!("../../policies/prod.toml"),
        &[
            "hpa.behavior.scaleUp.policies.1.value=12",
            "hpa.behavior.scaleDown.tolerance=\"0.05\"",
            "hpa.targetCPUUtilizationPercentage=70",
        ],
    );
    insta::assert_snapshot!(text, @r#"
    # What is proposed.
    name = "proposed"
    extends = "p.toml"
    remove = ["hpa"]

    [hpa]
    minReplicas = 1
    maxReplicas = 50

    [[hpa.metrics]]
    type = "Resource"

    [hpa.metrics.resource]
    name = "cpu"

    [hpa.metrics.resource.target]
    type = "Utilization"
    averageUtilization = 70

    [hpa.behavior.scaleUp]
    stabilizationWindowSeconds = 0
    selectPolicy = "Max"

    [[hpa.behavior.scaleUp.policies]]
    type = "Percent"
    value = 100
    periodSeconds = 5

    [[hpa.behavior.scaleUp.policies]]
    type = "Pods"
    value = 12
    periodSeconds = 5

    [hpa.behavior.scaleDown]
    stabilizationWindowSeconds = 5
    selectPolicy = "Max"
    tolerance = "0.05"

    [[hpa.behavior.scaleDown.policies]]
    type = "Percent"
    value = 50
    periodSeconds = 5
    "#);
}

#[test]
fn the_successor_of_a_manifest_extends_the_manifest() {
    let text = round_trip(
        "app.yaml",
        APP,
        &["hpa.metrics.1.pods.target.averageValue=\"9\""],
    );
    insta::assert_snapshot!(text, @r#"
    # What is proposed.
    name = "proposed"
    extends = "app.yaml"
    remove = ["hpa"]

    [hpa]
    minReplicas = 2
    maxReplicas = 17

    [hpa.scaleTargetRef]
    apiVersion = "apps/v1"
    kind = "Deployment"
    name = "shop"

    [[hpa.metrics]]
    type = "Resource"

    [hpa.metrics.resource]
    name = "cpu"

    [hpa.metrics.resource.target]
    type = "Utilization"
    averageUtilization = 55

    [[hpa.metrics]]
    type = "Pods"

    [hpa.metrics.pods.metric]
    name = "requests_per_second"

    [hpa.metrics.pods.target]
    type = "AverageValue"
    averageValue = "9"

    [hpa.behavior.scaleUp]
    stabilizationWindowSeconds = 0
    selectPolicy = "Max"

    [[hpa.behavior.scaleUp.policies]]
    type = "Pods"
    value = 4
    periodSeconds = 15

    [[hpa.behavior.scaleUp.policies]]
    type = "Percent"
    value = 100
    periodSeconds = 15

    [hpa.behavior.scaleDown]
    selectPolicy = "Disabled"
    tolerance = "50m"

    [[hpa.behavior.scaleDown.policies]]
    type = "Percent"
    value = 100
    periodSeconds = 15
    "#);
}

#[test]
fn the_successor_of_a_policy_with_several_metrics_keeps_them_all() {
    let policy = format!(
        "{SECTIONS}
[hpa]
maxReplicas = 20
[[hpa.metrics]]
type = \"Resource\"
resource = {{ name = \"cpu\", target = {{ type = \"AverageValue\", averageValue = \"80m\" }} }}
[[hpa.metrics]]
type = \"Pods\"
pods = {{ metric = {{ name = \"requests_per_second\" }}, target = {{ type = \"AverageValue\", averageValue = \"2500m\" }} }}
"
    );
    let text = round_trip(
        "p.toml",
        &policy,
        &["hpa.metrics.0.resource.target.averageValue=\"120m\""],
    );
    assert_eq!(text.matches("[[hpa.metrics]]").count(), 2, "{text}");
}

#[test]
fn the_successor_of_a_policy_that_names_its_target_goes_on_naming_it() {
    let policy =
        "[hpa]\nscaleTargetRef = { kind = \"Deployment\", name = \"shop\" }\nmaxReplicas = 9\n";
    let text = round_trip("p.toml", policy, &["hpa.maxReplicas=12"]);
    assert!(text.contains("name = \"shop\""), "{text}");
}

#[test]
fn the_successor_of_a_policy_that_extends_another_is_the_same_policy() {
    let mut files = Files::default();
    let path = "policies/conservative.toml";
    let changed = policy_file(&mut files, path, &strings(&["hpa.maxReplicas=80"]));
    let text = successor(&changed, path, &[]).expect("an autoscaler");
    files.0.insert("proposed.toml", text);
    let again = policy_file(&mut files, "proposed.toml", &[]);
    assert_eq!(autoscaler_of(&again), autoscaler_of(&changed));
}

#[test]
fn settings_outside_the_autoscaler_are_the_successors_own() {
    let mut files = Files::of(&[("p.toml", "[hpa]\nmaxReplicas = 9\n")]);
    let settings = [
        "controller.sync_period=\"5s\"",
        "slo.latency.limit = \"300ms\"",
    ];
    let changed = policy_file(&mut files, "p.toml", &strings(&settings));
    let text = successor(&changed, "p.toml", &settings).expect("an autoscaler");
    insta::assert_snapshot!(text, @r#"
    # What is proposed.
    name = "proposed"
    extends = "p.toml"
    remove = ["hpa"]
    controller.sync_period = "5s"
    slo.latency.limit = "300ms"

    [hpa]
    minReplicas = 1
    maxReplicas = 9

    [[hpa.metrics]]
    type = "Resource"

    [hpa.metrics.resource]
    name = "cpu"

    [hpa.metrics.resource.target]
    type = "Utilization"
    averageUtilization = 80
    "#);
    files.0.insert("proposed.toml", text);
    let again = policy_file(&mut files, "proposed.toml", &[]);
    assert_eq!(autoscaler_of(&again), autoscaler_of(&changed));
}

#[test]
fn names_and_comments_cannot_break_the_file() {
    let mut files = Files::of(&[("a \"b\".toml", "[hpa]\nmaxReplicas = 9\n")]);
    let base = policy_file(&mut files, "a \"b\".toml", &[]);
    let text = base
        .successor(&Successor {
            name: "it's \"new\"",
            comment: "two\nlines\r",
            base: "a \"b\".toml",
            settings: &[],
        })
        .expect("an autoscaler");
    files.0.insert("proposed.toml", &text);
    let again = policy_file(&mut files, "proposed.toml", &[]);
    assert_eq!(autoscaler_of(&again), autoscaler_of(&base), "{text}");
}

#[test]
fn there_is_no_successor_without_an_autoscaler() {
    let mut files = Files::default();
    let path = "policies/stripe-api.toml";
    let fixed = policy_file(&mut files, path, &[]);
    let fault = successor(&fixed, path, &[]).expect_err("a fault");
    insta::assert_snapshot!(fault, @"E0013: `stripe-api` has no autoscaler to export");
}

proptest! {
    #[test]
    fn any_autoscaler_is_that_of_its_successor(
        min in 1..50i32,
        beyond in 0..50i32,
        target in 1..400i32,
        windows in (0..3600i32, 0..3600i32),
        percent in 1..900i32,
        pods in 1..90i32,
        period in 1..1800i32,
        tolerance in 0..999u32,
        select in proptest::sample::select(vec!["Max", "Min", "Disabled"]),
    ) {
        let set = [
            format!("hpa.maxReplicas={}", min + beyond),
            format!("hpa.minReplicas={min}"),
            format!("hpa.targetCPUUtilizationPercentage={target}"),
            format!("hpa.behavior.scaleUp.stabilizationWindowSeconds={}", windows.0),
            format!("hpa.behavior.scaleDown.stabilizationWindowSeconds={}", windows.1),
            format!("hpa.behavior.scaleDown.selectPolicy=\"{select}\""),
            format!("hpa.behavior.scaleDown.tolerance=\"{tolerance}m\""),
            format!(
                "hpa.behavior.scaleUp.policies=[{{ type = \"Percent\", value = {percent}, periodSeconds = {period} }}, {{ type = \"Pods\", value = {pods}, periodSeconds = 15 }}]"
            ),
        ];
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        round_trip("p.toml", include_str!("../../policies/prod.toml"), &set);
    }
}
