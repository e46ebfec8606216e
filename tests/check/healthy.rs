//! A healthy file gives no finding.

use super::*;

#[test]
fn a_healthy_manifest_raises_nothing() {
    assert_eq!(codes(&report_of(&[("app.yaml", HEALTHY)])), [""; 0]);
}

#[test]
fn a_healthy_manifest_in_several_files_raises_nothing() {
    let documents: Vec<&str> = HEALTHY.split("---\n").collect();
    let names = ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml"];
    let files: Vec<(&str, &str)> = names.into_iter().zip(documents).collect();
    assert_eq!(codes(&report_of(&files)), [""; 0]);
}

#[test]
fn a_file_given_twice_is_one_file() {
    let twice = [("app.yaml", HEALTHY), ("./app.yaml", HEALTHY)];
    assert_eq!(codes(&report_of(&twice)), [""; 0]);
}

#[test]
fn a_manifest_without_any_namespace_raises_nothing() {
    let plain = HEALTHY.replace(", namespace: prod", "");
    assert_eq!(codes(&report_of(&[("app.yaml", &plain)])), [""; 0]);
}

#[test]
fn a_namespace_that_is_given_is_that_of_what_states_none() {
    let mixed = healthy_but("{name: settings, namespace: prod}", "{name: settings}");
    let files = [("app.yaml", mixed.as_str())];
    assert_eq!(codes(&report_of(&files)), ["E0105", "W0116"]);
    let choice = ManifestChoice {
        namespace: Some("prod".to_owned()),
        hpa: None,
    };
    assert_eq!(codes(&report_with(&files, choice, None, WITHIN)), [""; 0]);
}

#[test]
fn the_defaults_of_behavior_written_out_raise_nothing() {
    let written = healthy_with_behavior(
        "    scaleUp:
      stabilizationWindowSeconds: 0
      selectPolicy: Max
      policies: [{type: Percent, value: 100, periodSeconds: 15}, {type: Pods, value: 4, periodSeconds: 15}]
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{type: Percent, value: 100, periodSeconds: 15}]
",
    );
    assert_eq!(codes(&report_of(&[("app.yaml", &written)])), [""; 0]);
}

#[test]
fn a_limit_well_above_the_target_is_good_to_know_and_no_more() {
    let limited = healthy_but(
        "requests: {cpu: 100m, memory: 64Mi}",
        "requests: {cpu: 100m, memory: 64Mi}\n          limits: {cpu: 200m, memory: 64Mi}",
    );
    assert_eq!(codes(&report_of(&[("app.yaml", &limited)])), ["I0101"]);
}

#[test]
fn a_healthy_policy_raises_nothing() {
    let policy = "\
[hpa]
maxReplicas = 10
targetCPUUtilizationPercentage = 50

[deployment]
replicas = 1

[[deployment.containers]]
name = \"app\"
resources = { requests = { cpu = \"100m\" } }

[pod]
init = \"3s\"
pre_stop = \"5s\"
startup_cpu = { cpu = \"500m\", duration = \"4s\" }
readiness = { initial_delay = \"5s\", period = \"5s\" }
";
    assert_eq!(codes(&report_of(&[("p.toml", policy)])), [""; 0]);
}

#[test]
fn other_kinds_and_lists_are_taken_as_they_are() {
    let list = "\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: empty}, data: {}}
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly}}
- {apiVersion: example.com/v1, kind: Thing, metadata: {name: thing}, spec: [1, 2]}
- {apiVersion: v1, kind: Service, metadata: {name: outside}, spec: {type: ExternalName}}
";
    // The kind that hpasim does not know is listed.
    assert_eq!(codes(&report_of(&[("app.yaml", list)])), ["I0108"]);
}

#[test]
fn absurd_numbers_are_no_crash() {
    let policy = "\
[hpa]
maxReplicas = 100000
targetCPUUtilizationPercentage = 1

[hpa.behavior.scaleUp]
policies = [{ type = \"Percent\", value = 2147483647, periodSeconds = 1800 }, { type = \"Pods\", value = 2147483647, periodSeconds = 1 }]

[controller]
sync_period = \"8000h\"
downscale_stabilization = \"8000h\"

[[deployment.containers]]
name = \"app\"
resources = { requests = { cpu = \"1m\" }, limits = { cpu = \"9000000\" } }

[pod]
init = { dist = \"lognormal\", median = \"1s\", p99 = \"8000h\" }
startup_cpu = { cpu = \"9000000\", duration = \"8000h\" }
readiness = { initial_delay = \"8000h\", period = \"8000h\", success_threshold = 10000 }
";
    let report = report_of(&[("p.toml", policy)]);
    assert!(!codes(&report).is_empty());
    let slow = healthy_with_behavior(
        "    scaleUp:\n      policies: [{type: Pods, value: 1, periodSeconds: 1}]\n",
    )
    .replace("maxReplicas: 20", "maxReplicas: 100000");
    assert!(found("W0103", &slow).contains("more than a day"));
}

#[test]
fn objects_of_the_wrong_shape_are_no_crash() {
    let odd = "\
- {kind: Service, spec: {selector: [a], ports: {port: 1}}}
- {kind: Service, metadata: [1], spec: {selector: {a: null, b: [1]}, ports: [1, {port: [1]}]}}
- {kind: Ingress, spec: {defaultBackend: {service: {name: [1], port: 7}}, rules: {a: 1}}}
- {kind: Ingress, spec: {backend: {serviceName: a, servicePort: {b: 1}}, rules: [1, {http: {paths: [1]}}]}}
- {apiVersion: apps/v1, kind: Deployment, spec: {selector: {matchLabels: 1}, template: {metadata: {labels: [1]}, spec: {containers: [1, {envFrom: [1, {configMapRef: 1}], env: {a: 1}}], volumes: [[1]]}}}}
- {apiVersion: v1, kind: Secret, data: [1]}
- {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {scaleTargetRef: [1], behavior: 7}}
- {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler}
";
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{odd}");
    let report = report_of(&[("app.yaml", &list)]);
    assert!(codes(&report).iter().any(|code| code.starts_with('E')));
}
