//! Rules about autoscalers: targets, limits, speed, releases.

use super::*;

const CPU_TARGET: &str = "averageUtilization: 60";
const REQUESTS: &str = "requests: {cpu: 100m, memory: 64Mi}";
const METRIC: &str = "resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}";

fn limited(limit: &str, target: i32) -> String {
    healthy_but(
        REQUESTS,
        &format!("{REQUESTS}\n          limits: {{cpu: {limit}}}"),
    )
    .replace(CPU_TARGET, &format!("averageUtilization: {target}"))
}

#[test]
fn a_target_of_another_namespace() {
    let elsewhere = healthy_but(
        "{name: shop, namespace: prod}\nspec:\n  selector:\n    match",
        "{name: shop, namespace: preprod}\nspec:\n  selector:\n    match",
    );
    insta::assert_snapshot!(found("E0101", &elsewhere), @"
    error[E0101]: the autoscaler never scales: its target is Deployment prod/shop, and the files hold Deployment preprod/shop
      --> app.yaml:52:65
       |
    52 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
       |                                                                 ^^^^
       |
       = note: the controller finds only an object of the same namespace, group and kind; each sync fails with FailedGetScale, and the workload keeps 1 pod whatever the load
       = help: give both the same namespace, group and kind: those of Deployment preprod/shop
    ");
}

#[test]
fn a_target_that_no_file_holds() {
    let missing = healthy_but(
        "kind: Deployment, name: shop}",
        "kind: Deployment, name: shopp}",
    );
    insta::assert_snapshot!(found("E0025", &missing), @"
    error[E0025]: the autoscaler scales Deployment prod/shopp, which is not in the files
      --> app.yaml:52:65
       |
    52 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shopp}
       |                                                                 ^^^^^
       |
       = note: without its target each sync fails with FailedGetScale, and the autoscaler never scales
       = help: correct `scaleTargetRef`, or add the object; the files hold: Deployment prod/shop
    ");
}

#[test]
fn an_autoscaler_alone() {
    let alone = HEALTHY.split("---\n").last().expect("a document");
    insta::assert_snapshot!(found("I0105", alone), @"
    info[I0105]: Deployment prod/shop is not among the files
     --> app.yaml:5:65
      |
    5 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
      |                                                                 ^^^^
      |
      = note: hpasim did not check requests, limits, probes and the time to full scale, because these depend on the target's containers
      = help: name its file too: `hpasim check hpa.yaml deployment.yaml`
    ");
}

#[test]
fn a_metric_of_a_resource_that_a_container_does_not_request() {
    let sidecar = healthy_but(
        "      volumes:",
        "      - name: proxy\n        image: example\n      volumes:",
    );
    insta::assert_snapshot!(codes_and_places(&found("E0017", &sidecar)), @"E0017 app.yaml:22:9");
}

#[test]
fn a_metric_of_a_container_that_is_not_there() {
    let named = healthy_but(
        &format!("type: Resource\n    {METRIC}"),
        "type: ContainerResource\n    containerResource: {name: cpu, container: appp, target: {type: Utilization, averageUtilization: 60}}",
    );
    insta::assert_snapshot!(codes_and_places(&found("E0018", &named)), @"E0018 app.yaml:57:47");
    insta::assert_snapshot!(found("I0102", &named), @r#"
    info[I0102]: a metric of type ContainerResource works by default since Kubernetes 1.27
      --> app.yaml:57:47
       |
    57 |     containerResource: {name: cpu, container: appp, target: {type: Utilization, averageUtilization: 60}}
       |                                               ^^^^
       |
       = note: in older releases the API server drops the metric, and an autoscaler without another metric gets cpu at 80%
       = help: check `kubectl version`, and state the release, as `[controller] kubernetes = "1.34"`
    "#);
}

#[test]
fn replicas_beside_an_autoscaler() {
    let fixed = healthy_but(
        "spec:\n  selector:\n    match",
        "spec:\n  replicas: 3\n  selector:\n    match",
    );
    insta::assert_snapshot!(found("W0101", &fixed), @"
    warning[W0101]: `replicas: 3` beside an autoscaler: every `kubectl apply` resets it
     --> app.yaml:5:13
      |
    5 |   replicas: 3
      |             ^
      |
      = note: at 20 pods under load an apply leaves 3 pods, and the way back takes 3 syncs or more (45s)
      = help: delete the line; before the next apply take it out of the last applied state with `kubectl apply edit-last-applied`
    ");
    let zero = fixed.replace("replicas: 3", "replicas: 0");
    assert!(found("W0101", &zero).contains("switched off"));
}

#[test]
fn replicas_of_a_live_object_are_no_finding() {
    let fixed = healthy_but(
        "spec:\n  selector:\n    match",
        "spec:\n  replicas: 3\n  selector:\n    match",
    );
    assert!(!found("W0101", &fixed).is_empty());
    for mark in [
        "uid: 6f0d0e2c-0c53-4c7e-8f7b-0a9f1d8f7c11",
        "resourceVersion: \"4711\"",
        "creationTimestamp: \"2026-01-31T12:00:00Z\"",
        "managedFields: []",
    ] {
        let live = fixed.replacen("metadata: {", &format!("metadata: {{{mark}, "), 1);
        assert_ne!(live, fixed, "{mark}");
        assert_eq!(found("W0101", &live), "", "{mark}");
    }
    let live = fixed.replacen(
        "spec:\n  replicas: 3",
        "status: {replicas: 3}\nspec:\n  replicas: 3",
        1,
    );
    assert_eq!(found("W0101", &live), "");
}

#[test]
fn minimum_and_maximum_are_one() {
    let one = healthy_but("minReplicas: 2", "minReplicas: 20");
    insta::assert_snapshot!(found("W0102", &one), @"
    warning[W0102]: the autoscaler cannot change the number of pods: `minReplicas` and `maxReplicas` are 20
      --> app.yaml:54:3
       |
    54 |   maxReplicas: 20
       |   ^^^^^^^^^^^^^^^
       |
       = note: the workload has 20 pods whatever the load
       = help: raise `maxReplicas`, or write `replicas` into the Deployment and delete the autoscaler
    ");
}

#[test]
fn two_autoscalers_of_one_target() {
    let second = HEALTHY.split("---\n").last().expect("a document").replacen(
        "{name: shop,",
        "{name: shop-too,",
        1,
    );
    let two = format!("{HEALTHY}---\n{second}");
    insta::assert_snapshot!(found("E0103", &two), @"
    error[E0103]: two autoscalers scale Deployment prod/shop: this one and HorizontalPodAutoscaler prod/shop
      --> app.yaml:63:65
       |
    63 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
       |                                                                 ^^^^
       |
       = note: since Kubernetes 1.26 both fail with AmbiguousSelector and never scale; in earlier releases they overwrite each other at every sync
       = help: put the metrics of both into one autoscaler: the metric that asks for the most pods wins
    ");
    let same = format!("{HEALTHY}---\n{}", second.replace("shop-too", "shop"));
    assert_eq!(found("E0103", &same), "", "the same object twice is one");
}

#[test]
fn an_api_version_that_is_gone() {
    let old = healthy_but("autoscaling/v2", "autoscaling/v2beta2");
    insta::assert_snapshot!(found("E0104", &old), @r#"
    error[E0104]: no cluster since Kubernetes 1.26 serves `autoscaling/v2beta2`
      --> app.yaml:48:13
       |
    48 | apiVersion: autoscaling/v2beta2
       |             ^^^^^^^^^^^^^^^^^^^
       |
       = note: `kubectl apply` ends with: no matches for kind "HorizontalPodAutoscaler" in version "autoscaling/v2beta2"
       = help: write `apiVersion: autoscaling/v2`; all keys stay as they are
    "#);
    let older = "apiVersion: autoscaling/v2beta1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}\n  maxReplicas: 2\n  metrics:\n  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}\n";
    assert_eq!(
        codes(&report_of(&[("app.yaml", older)])),
        ["E0104", "I0105"]
    );
}

#[test]
fn a_target_out_of_reach() {
    insta::assert_snapshot!(found("E0102", &limited("100m", 95)), @"
    error[E0102]: this metric never scales up: usage cannot exceed 100% of the request, and the target is 95%
      --> app.yaml:58:22
       |
    58 |     resource: {name: cpu, target: {type: Utilization, averageUtilization: 95}}
       |                      ^^^
       |
       = note: the limits are 100m and the requests 100m, and a pod is throttled there; with a tolerance of 10% the autoscaler scales up above 1.100 times the target, and usage reaches at most 1.053 times the target
       = help: lower the target to 90% or less, or raise the limits
    ");
    // 100 / 90 = 1.11 is above 1.1, 100 / 91 = 1.099 is not.
    assert_eq!(found("E0102", &limited("100m", 90)), "");
    assert_ne!(found("E0102", &limited("100m", 91)), "");
}

#[test]
fn a_memory_target_out_of_reach() {
    let memory = healthy_but(
        REQUESTS,
        &format!("{REQUESTS}\n          limits: {{memory: 64Mi}}"),
    )
    .replace(
        METRIC,
        "resource: {name: memory, target: {type: AverageValue, averageValue: 60Mi}}",
    );
    insta::assert_snapshot!(found("E0102", &memory), @"
    error[E0102]: this metric never scales up: usage cannot exceed 64Mi, and the target is 60Mi
      --> app.yaml:58:22
       |
    58 |     resource: {name: memory, target: {type: AverageValue, averageValue: 60Mi}}
       |                      ^^^^^^
       |
       = note: the limits are 64Mi, and a pod is killed there; with a tolerance of 10% the autoscaler scales up above 1.100 times the target, and usage reaches at most 1.067 times the target
       = help: lower the target to 58Mi or less, or raise the limits
    ");
}

#[test]
fn a_container_without_a_limit_reaches_any_target() {
    let sidecar = limited("100m", 95).replace(
        "      volumes:",
        "      - name: proxy\n        resources: {requests: {cpu: 100m}}\n      volumes:",
    );
    assert_eq!(found("E0102", &sidecar), "");
    assert_eq!(found("I0101", &sidecar), "");
}

#[test]
fn how_many_syncs_limits_take() {
    insta::assert_snapshot!(found("I0101", &limited("120m", 60)), @"
    info[I0101]: one sync multiplies the pods by at most 2.00: from 2 to 20 pods this alone takes 4 syncs; with the rate limits it takes 4 (1m)
      --> app.yaml:58:22
       |
    58 |     resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
       |                      ^^^
       |
       = note: usage cannot exceed the limits, which are 2.00 times the target, however high the load is
       = help: no change is needed; a lower target or higher limits make the steps larger
    ");
}

#[test]
fn limits_so_near_that_the_way_up_is_long() {
    let near = limited("100m", 85).replace("maxReplicas: 20", "maxReplicas: 200");
    insta::assert_snapshot!(found("W0104", &near), @"
    warning[W0104]: one sync multiplies the pods by at most 1.18: from 2 to 200 pods this alone takes 24 syncs; with the rate limits it takes 24 (6m)
      --> app.yaml:58:22
       |
    58 |     resource: {name: cpu, target: {type: Utilization, averageUtilization: 85}}
       |                      ^^^
       |
       = note: usage cannot exceed the limits, which are 1.18 times the target, however high the load is
       = help: lower the target, or raise the limits or `minReplicas`; the pods should be there within 5m (--within)
    ");
    assert_eq!(found("I0101", &near), "", "it is said once");
}

#[test]
fn rate_limits_that_are_too_slow() {
    let slow = healthy_with_behavior(
        "    scaleUp:\n      policies: [{type: Pods, value: 1, periodSeconds: 60}]\n",
    );
    insta::assert_snapshot!(found("W0103", &slow), @"
    warning[W0103]: with the rate limits the pods grow from 2 to 20 in 69 syncs (17m15s) at best
      --> app.yaml:60:7
       |
    60 |       policies: [{type: Pods, value: 1, periodSeconds: 60}]
       |       ^^^^^^^^
       |
       = note: the load can rise at once, and the pods should be there within 5m (--within)
       = help: raise the values of `behavior.scaleUp.policies`, shorten their periods, or raise `minReplicas`
    ");
    let patient = report_with(
        &[("app.yaml", &slow)],
        ManifestChoice::default(),
        None,
        SimSpan::from_secs(1200),
    );
    assert_eq!(text_of("W0103", patient), "");
}

#[test]
fn periods_within_a_sync() {
    let short = healthy_with_behavior(
        "    scaleUp:\n      policies: [{type: Pods, value: 4, periodSeconds: 5}, {type: Percent, value: 100, periodSeconds: 15}]\n",
    );
    insta::assert_snapshot!(found("W0105", &short), @"
    warning[W0105]: the period is shorter than the 15s between two syncs: 4 in 5s
      --> app.yaml:60:7
       |
    60 |       policies: [{type: Pods, value: 4, periodSeconds: 5}, {type: Percent, value: 100, periodSeconds: 15}]
       |       ^^^^^^^^
       |
       = note: the autoscaler acts once in 15s, and each sync may use the whole value: the policy allows the change once in 15s, not more often
       = help: write the change that one sync may make, with `periodSeconds: 15` or more
    ");
}

#[test]
fn a_window_within_a_sync() {
    let up = healthy_with_behavior("    scaleUp: {stabilizationWindowSeconds: 15}\n");
    insta::assert_snapshot!(found("W0106", &up), @"
    warning[W0106]: a stabilization window of 15s has no effect
      --> app.yaml:59:15
       |
    59 |     scaleUp: {stabilizationWindowSeconds: 15}
       |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: the autoscaler acts once in 15s, so the window contains only the current recommendation: a single peak is followed at once
       = help: write 0 if you want no window, or more than 15; the defaults are 0 up and 300 down
    ");
    let longer = healthy_with_behavior("    scaleUp: {stabilizationWindowSeconds: 16}\n");
    assert_eq!(found("W0106", &longer), "");
}

#[test]
fn a_window_as_long_as_the_traffic_period() {
    let mut wave = "time_s,rps\n".to_owned();
    for row in 0..=240 {
        let rate = if row / 12 % 2 == 0 { 10 } else { 100 };
        wave.push_str(&format!("{},{rate}\n", row * 10));
    }
    let files = [("app.yaml", HEALTHY)];
    let report = report_with(&files, ManifestChoice::default(), Some(&wave), WITHIN);
    insta::assert_snapshot!(text_of("W0107", report), @"
    warning[W0107]: the window of 5m is as long as the traffic's period of 4m, or longer
      --> app.yaml:50:18
       |
    50 | metadata: {name: shop, namespace: prod}
       |                  ^^^^
       |
       = note: the highest recommendation in the window counts, and every window contains a peak: between two peaks the number of pods stays at the peak
       = help: a window below 4m removes pods between two peaks; keep the window if pods start too slowly for the peaks
    ");
    let flat = "time_s,rps\n0,4\n600,4\n";
    let report = report_with(&files, ManifestChoice::default(), Some(flat), WITHIN);
    assert_eq!(codes(&report), [""; 0]);
}

#[test]
fn half_of_the_pods_gone_within_a_minute() {
    let fast = healthy_with_behavior("    scaleDown: {stabilizationWindowSeconds: 0}\n");
    insta::assert_snapshot!(found("W0108", &fast), @"
    warning[W0108]: half of the pods can be gone 15s after the load falls
      --> app.yaml:59:5
       |
    59 |     scaleDown: {stabilizationWindowSeconds: 0}
       |     ^^^^^^^^^
       |
       = note: from 20 pods to 10 pods takes 1 sync and a window of 0s; when the load returns, new pods have to start first
       = help: write `stabilizationWindowSeconds: 300` (the default) under `scaleDown`, or a policy that removes fewer pods at a time
    ");
    let slow = healthy_with_behavior(
        "    scaleDown:\n      stabilizationWindowSeconds: 0\n      policies: [{type: Pods, value: 1, periodSeconds: 60}]\n",
    );
    assert_eq!(found("W0108", &slow), "");
}

#[test]
fn a_percentage_of_a_small_count() {
    let small = healthy_with_behavior(
        "    scaleUp:\n      policies: [{type: Percent, value: 10, periodSeconds: 15}]\n",
    );
    insta::assert_snapshot!(found("W0109", &small), @"
    warning[W0109]: 10% of 2 pods is less than one pod
      --> app.yaml:60:7
       |
    60 |       policies: [{type: Percent, value: 10, periodSeconds: 15}]
       |       ^^^^^^^^
       |
       = note: the autoscaler rounds it up to one pod in 15s: from 2 to 11 pods takes 9 syncs (2m15s)
       = help: add a policy of type Pods with `selectPolicy: Max`, as { type: Pods, value: 4 }
    ");
    let with_pods = healthy_with_behavior(
        "    scaleUp:\n      policies: [{type: Percent, value: 10, periodSeconds: 15}, {type: Pods, value: 4, periodSeconds: 15}]\n",
    );
    assert_eq!(found("W0109", &with_pods), "");
}

#[test]
fn a_percentage_of_no_pods() {
    let policy = "\
[controller]
scale_to_zero = true

[hpa]
minReplicas = 0
maxReplicas = 10
metrics = [{ type = \"External\", external = { metric = { name = \"queue\" }, target = { type = \"AverageValue\", averageValue = \"4\" } } }]

[hpa.behavior.scaleUp]
policies = [{ type = \"Percent\", value = 100, periodSeconds = 15 }]
";
    insta::assert_snapshot!(found_in_policy("W0109", policy), @r#"
    warning[W0109]: at 0 pods a percentage changes nothing
      --> p.toml:10:1
       |
    10 | policies = [{ type = "Percent", value = 100, periodSeconds = 15 }]
       | ^^^^^^^^
       |
       = note: 100% of 0 pods are 0: once at `minReplicas: 0`, the autoscaler stays at 0
       = help: add a policy of type Pods with `selectPolicy: Max`, as { type: Pods, value: 4 }
    "#);
}

#[test]
fn a_direction_that_is_switched_off() {
    let down = healthy_with_behavior("    scaleDown: {selectPolicy: Disabled}\n");
    insta::assert_snapshot!(found("W0110", &down), @"
    warning[W0110]: scaling down is disabled
      --> app.yaml:59:17
       |
    59 |     scaleDown: {selectPolicy: Disabled}
       |                 ^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: after one peak 20 pods can stay for good; without load 2 would suffice
       = help: delete `selectPolicy: Disabled`, and limit the direction with policies instead
    ");
    let up = healthy_with_behavior("    scaleUp: {selectPolicy: Disabled}\n");
    assert!(found("W0110", &up).contains("scaleUp: {selectPolicy: Disabled}"));
    assert_eq!(found("W0103", &up), "", "it is said once");
}

#[test]
fn a_tolerance_that_older_releases_drop() {
    let tolerant = healthy_with_behavior("    scaleUp: {tolerance: 0.05}\n");
    insta::assert_snapshot!(found("I0102", &tolerant), @r#"
    info[I0102]: a tolerance in `behavior` works by default since Kubernetes 1.35
      --> app.yaml:59:15
       |
    59 |     scaleUp: {tolerance: 0.05}
       |               ^^^^^^^^^^^^^^^
       |
       = note: in older releases the API server drops the field, and the controller's tolerance of 10% applies in both directions
       = help: check `kubectl version`, and state the release, as `[controller] kubernetes = "1.34"`
    "#);
}

#[test]
fn a_target_without_an_api_group() {
    const TARGET: &str = "{apiVersion: apps/v1, kind: Deployment, name: shop}";
    let core = healthy_but(TARGET, "{apiVersion: v1, kind: Deployment, name: shop}");
    insta::assert_snapshot!(found("E0110", &core), @r#"
    error[E0110]: the autoscaler never scales: its `scaleTargetRef` has the `apiVersion` v1, which is no API group
      --> app.yaml:52:32
       |
    52 |   scaleTargetRef: {apiVersion: v1, kind: Deployment, name: shop}
       |                                ^^
       |
       = note: since Kubernetes 1.34 the API server refuses it; in older releases each sync fails with FailedGetScale: no matches for kind "Deployment"
       = help: write `apiVersion: apps/v1`
    "#);
    let nothing = healthy_but(TARGET, "{kind: Deployment, name: shop}");
    insta::assert_snapshot!(found("E0110", &nothing), @r#"
    error[E0110]: the autoscaler never scales: its `scaleTargetRef` has no `apiVersion`
      --> app.yaml:52:19
       |
    52 |   scaleTargetRef: {kind: Deployment, name: shop}
       |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: since Kubernetes 1.34 the API server refuses it; in older releases each sync fails with FailedGetScale: no matches for kind "Deployment"
       = help: write `apiVersion: apps/v1`
    "#);
    let controller = healthy_but(
        TARGET,
        "{apiVersion: v1, kind: ReplicationController, name: shop}",
    );
    assert_eq!(found("E0110", &controller), "");
}

#[test]
fn no_replicas_before_the_release_that_allows_them() {
    let policy = |controller: &str| {
        format!(
            "[controller]\n{controller}\n[hpa]\nminReplicas = 0\nmaxReplicas = 9\nmetrics = [{{ type = \"External\", external = {{ metric = {{ name = \"queue\" }}, target = {{ type = \"AverageValue\", averageValue = \"4\" }} }} }}]\n"
        )
    };
    insta::assert_snapshot!(found_in_policy("I0102", &policy("")), @r#"
    info[I0102]: `minReplicas: 0` works by default since Kubernetes 1.37
     --> p.toml:4:1
      |
    4 | minReplicas = 0
      | ^^^^^^^^^^^^^^^
      |
      = note: in older releases the API server refuses the autoscaler, unless the gate HPAScaleToZero is on
      = help: check `kubectl version`, and state the release, as `[controller] kubernetes = "1.34"`
    "#);
    for settled in ["kubernetes = \"1.37\"", "scale_to_zero = true"] {
        assert_eq!(found_in_policy("I0102", &policy(settled)), "", "{settled}");
    }
}

#[test]
fn a_tolerance_is_no_question_where_the_release_is_stated() {
    let policy = |release: &str| {
        format!(
            "[controller]\nkubernetes = \"{release}\"\nconfigurable_tolerance = true\n[hpa]\nmaxReplicas = 9\n[hpa.behavior.scaleUp]\ntolerance = 0.05\n"
        )
    };
    assert_eq!(found_in_policy("I0102", &policy("1.35")), "");
    let before = found_in_policy("I0102", &policy("1.33"));
    assert!(
        before.starts_with("info[I0102]: a tolerance in `behavior`"),
        "{before}"
    );
}

#[test]
fn an_error_in_an_autoscaler_does_not_hide_findings_about_its_workload() {
    let text = |min: u32| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: {min}\n  maxReplicas: 10\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 4\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: app, image: web, resources: {{requests: {{cpu: 100m}}}}}}\n"
        )
    };
    let found = |min: u32| codes(&report_of(&[("app.yaml", &text(min))]));
    assert_eq!(found(2), ["W0101", "W0111", "I0103"]);
    assert_eq!(found(12), ["E0016", "W0101", "W0111", "I0103"]);
}
