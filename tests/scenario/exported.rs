//! Exported objects and patches of a policy, and their way back to a policy.

use hpasim::scenario::ExportedObjects;
use serde_json::Value;

use super::manifest::TRACE_WITH_QUEUE;
use super::*;

#[test]
fn what_is_exported_is_what_kubectl_takes() {
    let mut files = Files::of(&[(
        "p.toml",
        "name = \"shop\"\n[hpa]\nminReplicas = 2\nmaxReplicas = 9\n[hpa.behavior.scaleDown]\ntolerance = \"50m\"\n[[hpa.metrics]]\ntype = \"External\"\nexternal = { metric = { name = \"rps\", selector = { matchLabels = { on = \"yes\" } } }, target = { type = \"AverageValue\", averageValue = \"500m\" } }\n[deployment]\nnamespace = \"web\"\n[pod]\nreadiness = { period = \"1500ms\" }\npre_stop = \"5s\"\n",
    )]);
    let exported = policy_file(&mut files, "p.toml", &[])
        .export(ExportedObjects::AutoscalerAndDeployment)
        .expect("an autoscaler");
    insta::assert_snapshot!(exported.yaml, @r#"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: shop
      namespace: web
    spec:
      selector:
        matchLabels:
          app: shop
      template:
        metadata:
          labels:
            app: shop
        spec:
          containers:
          - name: app
            image: registry.example.com/app:latest
            resources:
              requests:
                cpu: 100m
            readinessProbe:
              exec:
                command:
                - "true"
              initialDelaySeconds: 0
              periodSeconds: 2
            lifecycle:
              preStop:
                sleep:
                  seconds: 5
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata:
      name: shop
      namespace: web
    spec:
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: shop
      minReplicas: 2
      maxReplicas: 9
      metrics:
      - type: External
        external:
          metric:
            name: rps
            selector:
              matchLabels:
                "on": "yes"
          target:
            type: AverageValue
            averageValue: 500m
      behavior:
        scaleUp:
          stabilizationWindowSeconds: 0
          selectPolicy: Max
          policies:
          - type: Pods
            value: 4
            periodSeconds: 15
          - type: Percent
            value: 100
            periodSeconds: 15
        scaleDown:
          selectPolicy: Max
          policies:
          - type: Percent
            value: 100
            periodSeconds: 15
          tolerance: 50m
    "#);
    let remarks: Vec<String> = exported.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(remarks.join("\n"), @"
    W0008: the policy names no image of `app`: the export has `registry.example.com/app:latest`
    W0008: `pod.readiness.period` is 1.5s, and Kubernetes takes only whole seconds: the export has 2
    W0008: a policy does not state the check of the readiness probe: the export has `true`
    ");
}

#[test]
fn a_patch_between_shipped_policies_holds_what_differs() {
    let mut files = Files::default();
    let prod = policy_file(&mut files, "policies/prod.toml", &[]);
    let mut patch_to = |to: &str| {
        prod.patch_to(&policy_file(&mut files, to, &[]))
            .expect("two autoscalers")
    };
    insta::assert_snapshot!(patch_to("policies/conservative.toml"), @"
    spec:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 600
          policies:
          - type: Percent
            value: 10
            periodSeconds: 60
    ");
    insta::assert_snapshot!(patch_to("policies/no-behavior.toml"), @"
    spec:
      behavior: null
    ");
    insta::assert_snapshot!(patch_to("policies/privrocket.yaml"), @"
    spec:
      scaleTargetRef:
        name: privrocket-deployment
    ");
    insta::assert_snapshot!(patch_to("policies/prod.toml"), @"{}");
}

/// RFC 7386, section 2, word for word.
fn apply_merge_patch(target: Value, patch: Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch;
    };
    let mut fields = match target {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    for (key, change) in changes {
        let old = fields.remove(&key).unwrap_or_default();
        if !change.is_null() {
            fields.insert(key, apply_merge_patch(old, change));
        }
    }
    Value::Object(fields)
}

fn duration() -> impl Strategy<Value = String> {
    (1..90_i64).prop_map(|seconds| format!("\"{seconds}s\""))
}

fn any_metrics() -> impl Strategy<Value = String> {
    let selector = prop_oneof![
        Just(String::new()),
        "[a-z]{1,4}[ :#'\\\\-]{0,3}[0-9]{0,2}".prop_map(|value| format!(
            ", selector = {{ matchLabels = {{ on = {} }}, matchExpressions = [{{ key = \"k\", operator = \"Exists\" }}] }}",
            toml_text(&value)
        )),
    ];
    let milli = (1..100_000_i64).prop_map(|milli| format!("\"{milli}m\""));
    let metric = prop_oneof![
        (1..300_i32).prop_map(|percent| format!("{{ type = \"Resource\", resource = {{ name = \"cpu\", target = {{ type = \"Utilization\", averageUtilization = {percent} }} }} }}")),
        (1..300_i32).prop_map(|percent| format!("{{ type = \"ContainerResource\", containerResource = {{ name = \"cpu\", container = \"app\", target = {{ type = \"Utilization\", averageUtilization = {percent} }} }} }}")),
        milli.clone().prop_map(|value| format!("{{ type = \"Resource\", resource = {{ name = \"memory\", target = {{ type = \"AverageValue\", averageValue = {value} }} }} }}")),
        (selector.clone(), milli.clone()).prop_map(|(selector, value)| format!("{{ type = \"Pods\", pods = {{ metric = {{ name = \"in_flight\"{selector} }}, target = {{ type = \"AverageValue\", averageValue = {value} }} }} }}")),
        (selector.clone(), milli.clone()).prop_map(|(selector, value)| format!("{{ type = \"External\", external = {{ metric = {{ name = \"queue\"{selector} }}, target = {{ type = \"Value\", value = {value} }} }} }}")),
        (selector, milli).prop_map(|(selector, value)| format!("{{ type = \"Object\", object = {{ describedObject = {{ apiVersion = \"v1\", kind = \"Service\", name = \"no\" }}, metric = {{ name = \"queue\"{selector} }}, target = {{ type = \"AverageValue\", averageValue = {value} }} }} }}")),
    ];
    prop_oneof![
        (1..200_i32).prop_map(|percent| format!("targetCPUUtilizationPercentage = {percent}\n")),
        prop::collection::vec(metric, 0..4)
            .prop_map(|metrics| format!("metrics = [{}]\n", metrics.join(", "))),
    ]
}

fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn any_rules(direction: &'static str) -> impl Strategy<Value = String> {
    let policy = (prop::bool::ANY, 1..200_i32, 1..1800_i32).prop_map(|(is_pods, value, period)| {
        let kind = if is_pods { "Pods" } else { "Percent" };
        format!("{{ type = \"{kind}\", value = {value}, periodSeconds = {period} }}")
    });
    let parts = (
        prop::option::of(0..3600_i32),
        prop::option::of(prop::sample::select(vec!["Max", "Min", "Disabled"])),
        prop::option::of(prop::collection::vec(policy, 1..3)),
        prop::option::of(prop::sample::select(vec![
            "\"59m\"", "0.1", "0", "\"150m\"",
        ])),
    );
    parts.prop_map(move |(window, select, policies, tolerance)| {
        let mut text = format!("[hpa.behavior.{direction}]\n");
        if let Some(window) = window {
            text += &format!("stabilizationWindowSeconds = {window}\n");
        }
        if let Some(select) = select {
            text += &format!("selectPolicy = \"{select}\"\n");
        }
        if let Some(policies) = policies {
            text += &format!("policies = [{}]\n", policies.join(", "));
        }
        if let Some(tolerance) = tolerance {
            text += &format!("tolerance = {tolerance}\n");
        }
        text
    })
}

fn any_hpa() -> impl Strategy<Value = String> {
    let behavior = (
        prop::option::of(any_rules("scaleUp")),
        prop::option::of(any_rules("scaleDown")),
    );
    (1..6_i32, 0..60_i32, any_metrics(), behavior).prop_map(|(min, more, metrics, (up, down))| {
        let max = min + more;
        format!(
            "[hpa]\nminReplicas = {min}\nmaxReplicas = {max}\n{metrics}{}{}",
            up.unwrap_or_default(),
            down.unwrap_or_default()
        )
    })
}

fn any_deployment() -> impl Strategy<Value = String> {
    let resources = (
        1..4000_i64,
        prop::option::of(0..4000_i64),
        prop::option::of(1..1_u64 << 40),
    )
        .prop_map(|(cpu, more, memory)| {
            let limit = more.map_or_else(String::new, |more| {
                format!(", limits = {{ cpu = \"{}m\" }}", cpu + more)
            });
            let memory =
                memory.map_or_else(String::new, |memory| format!(", memory = \"{memory}\""));
            format!("{{ requests = {{ cpu = \"{cpu}m\"{memory} }}{limit} }}")
        });
    let probe = |thresholds: &'static str| {
        prop::option::of((duration(), duration(), 1..40_u32).prop_map(
            move |(delay, period, threshold)| {
                format!(
                    "{{ initial_delay = {delay}, period = {period}, {thresholds} = {threshold} }}"
                )
            },
        ))
    };
    let parts = (
        prop::option::of(prop::sample::select(vec!["shop", "on", "7"])),
        prop::option::of(prop::sample::select(vec!["web", "default"])),
        0..5_i32,
        prop::collection::vec(resources.clone(), 1..4),
        prop::bool::ANY,
        (probe("success_threshold"), probe("failure_threshold")),
        prop::option::of(duration()),
        prop::option::of(duration()),
        prop::option::of(resources),
    );
    parts.prop_map(|(name, namespace, replicas, containers, has_init, (readiness, startup), grace, pre_stop, pod)| {
        let mut text = format!("[deployment]\nreplicas = {replicas}\n");
        for (key, value) in [("name", name), ("namespace", namespace)] {
            text += &value.map_or_else(String::new, |value| format!("{key} = \"{value}\"\n"));
        }
        let count = containers.len();
        for (index, resources) in containers.iter().enumerate() {
            let name = if index == 0 { "app".to_owned() } else { format!("side-{index}") };
            text += &format!("[[deployment.containers]]\nname = \"{name}\"\nimage = \"a:1\"\nports = [80, {}]\nresources = {resources}\n", 8080 + index);
            if has_init && index > 0 && index + 1 == count {
                text += "restartable_init = true\n";
            }
        }
        text += "[pod]\n";
        for (key, value) in [("readiness", readiness), ("startup", startup), ("grace_period", grace), ("pre_stop", pre_stop), ("resources", pod)] {
            text += &value.map_or_else(String::new, |value| format!("{key} = {value}\n"));
        }
        text
    })
}

const REST: &str = "[workload]\ncpu_per_request = \"5ms\"\n";

/// The scenario of a policy, and its objects as text.
fn scenario_and_yaml(files: &mut Files, path: &str) -> (Scenario, String) {
    let exported = policy_file(files, path, &[])
        .export(ExportedObjects::AutoscalerAndDeployment)
        .expect("an autoscaler");
    let mut scenario = sound(request(path, "q.csv", &[]), files).scenario;
    scenario.assumptions.clear();
    (scenario, exported.yaml)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn import_export_and_import_again_are_the_same(hpa in any_hpa(), deployment in any_deployment()) {
        // Several metrics of a type with one name need a column each, and the trace has one.
        let count = |kind: &str| hpa.matches(&format!("type = \"{kind}\"")).count();
        prop_assume!(count("External") < 2 && count("Object") < 2);
        let policy = format!("{hpa}{deployment}{REST}");
        let mut files = Files::of(&[("p.toml", &policy), ("q.csv", TRACE_WITH_QUEUE)]);
        let (written, yaml) = scenario_and_yaml(&mut files, "p.toml");
        let again = format!("name = \"p\"\nmanifest = \"app.yaml\"\n{REST}");
        files.0.insert("app.yaml", &yaml);
        files.0.insert("again.toml", again);
        let (read, yaml_again) = scenario_and_yaml(&mut files, "again.toml");
        prop_assert_eq!(written, read, "{}", yaml);
        prop_assert_eq!(yaml, yaml_again);
    }

    #[test]
    fn a_patch_applied_to_one_autoscaler_gives_the_other(from in any_hpa(), to in any_hpa()) {
        let mut files = Files::of(&[("from.toml", &(from + "[deployment]\nname = \"a\"\n")), ("to.toml", &(to + "[deployment]\nname = \"b\"\n"))]);
        let [from, to] = ["from.toml", "to.toml"].map(|path| policy_file(&mut files, path, &[]));
        let json = |yaml: &str| -> Value { serde_saphyr::from_str(yaml).expect("YAML") };
        let patch = json(&from.patch_to(&to).expect("two autoscalers"));
        let [from, to] = [from, to].map(|policy| json(&policy.export(ExportedObjects::Autoscaler).expect("one").yaml));
        let patched = apply_merge_patch(from, patch);
        prop_assert_eq!(&patched["spec"], &to["spec"]);
    }
}
