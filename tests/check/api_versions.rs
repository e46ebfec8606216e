//! The keys of an autoscaler against its `apiVersion`.

use super::*;

/// All findings about an autoscaler without its target, apart from the missing target.
fn about(autoscaler: &str) -> String {
    let mut report = report_of(&[("hpa.yaml", autoscaler)]);
    report
        .findings
        .retain(|it| it.diagnostic.code.number() != "I0105");
    let text = render_check(&report, Colour::Plain);
    let counts = text.trim_end().rfind('\n').unwrap_or(0);
    text[..counts].trim_end().to_owned()
}

/// An autoscaler of this version with more lines in its `spec`.
fn autoscaler(version: &str, spec: &str) -> String {
    format!(
        "apiVersion: {version}\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  maxReplicas: 5\n{spec}"
    )
}

#[test]
fn a_key_of_the_first_version_in_the_second() {
    let text = autoscaler("autoscaling/v2", "  targetCPUUtilizationPercentage: 50\n");
    insta::assert_snapshot!(about(&text), @"
    error[E0007]: `targetCPUUtilizationPercentage` is a key of autoscaling/v1, and this autoscaler is autoscaling/v2: kubectl refuses it, and where another client applies it, the autoscaler gets the default of cpu 80 %
     --> hpa.yaml:7:3
      |
    7 |   targetCPUUtilizationPercentage: 50
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]`
    ");
    let beside_metrics = autoscaler(
        "autoscaling/v2",
        "  targetCPUUtilizationPercentage: 50\n  metrics:\n  - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 70}}}\n",
    );
    insta::assert_snapshot!(about(&beside_metrics), @"
    error[E0007]: `targetCPUUtilizationPercentage` is a key of autoscaling/v1, and this autoscaler is autoscaling/v2: kubectl refuses it, and where another client applies it, the percentage has no effect
     --> hpa.yaml:7:3
      |
    7 |   targetCPUUtilizationPercentage: 50
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]`
    ");
}

#[test]
fn renamed_keys_of_a_metric() {
    let text = autoscaler(
        "autoscaling/v2",
        "  metrics:\n  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}\n  - {type: Pods, pods: {metricName: in_flight, targetAverageValue: 10}}\n  - {type: Object, object: {target: {kind: Service, name: s}, metricName: queue, targetValue: 5}}\n",
    );
    insta::assert_snapshot!(about(&text), @"
    error[E0007]: `targetAverageUtilization` is a key of autoscaling/v2beta1, and this autoscaler is autoscaling/v2, which calls it `target.averageUtilization`
     --> hpa.yaml:8:44
      |
    8 |   - {type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}
      |                                            ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `target: {type: Utilization, averageUtilization: 80}`

    error[E0007]: `metricName` is a key of autoscaling/v2beta1, and this autoscaler is autoscaling/v2, which calls it `metric.name`
     --> hpa.yaml:9:25
      |
    9 |   - {type: Pods, pods: {metricName: in_flight, targetAverageValue: 10}}
      |                         ^^^^^^^^^^
      |
      = help: write `metric: {name: in_flight}`

    error[E0007]: `targetAverageValue` is a key of autoscaling/v2beta1, and this autoscaler is autoscaling/v2, which calls it `target.averageValue`
     --> hpa.yaml:9:48
      |
    9 |   - {type: Pods, pods: {metricName: in_flight, targetAverageValue: 10}}
      |                                                ^^^^^^^^^^^^^^^^^^
      |
      = help: write `target: {type: AverageValue, averageValue: 10}`

    error[E0007]: `target` is a key of autoscaling/v2beta1, and this autoscaler is autoscaling/v2, which calls it `describedObject`
      --> hpa.yaml:10:29
       |
    10 |   - {type: Object, object: {target: {kind: Service, name: s}, metricName: queue, targetValue: 5}}
       |                             ^^^^^^
       |
       = help: write `describedObject: {apiVersion: .., kind: .., name: ..}`

    error[E0007]: `metricName` is a key of autoscaling/v2beta1, and this autoscaler is autoscaling/v2, which calls it `metric.name`
      --> hpa.yaml:10:63
       |
    10 |   - {type: Object, object: {target: {kind: Service, name: s}, metricName: queue, targetValue: 5}}
       |                                                               ^^^^^^^^^^
       |
       = help: write `metric: {name: queue}`

    error[E0007]: `targetValue` is a key of autoscaling/v2beta1, and this autoscaler is autoscaling/v2, which calls it `target.value`
      --> hpa.yaml:10:82
       |
    10 |   - {type: Object, object: {target: {kind: Service, name: s}, metricName: queue, targetValue: 5}}
       |                                                                                  ^^^^^^^^^^^
       |
       = help: write `target: {type: Value, value: 5}`
    ");
}

#[test]
fn keys_of_the_second_version_in_older_ones() {
    let text = autoscaler(
        "autoscaling/v1",
        "  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n",
    );
    insta::assert_snapshot!(about(&text), @"
    error[E0007]: `behavior` is a key of autoscaling/v2 and autoscaling/v2beta2, and this autoscaler is autoscaling/v1: kubectl refuses it, and other clients drop it
     --> hpa.yaml:7:3
      |
    7 |   behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
      |   ^^^^^^^^
      |
      = help: write `apiVersion: autoscaling/v2`
    ");
    let beta = autoscaler(
        "autoscaling/v2beta1",
        "  metrics:\n  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}\n",
    );
    insta::assert_snapshot!(about(&beta), @r#"
    error[E0104]: no cluster since Kubernetes 1.25 serves `autoscaling/v2beta1`
     --> hpa.yaml:1:13
      |
    1 | apiVersion: autoscaling/v2beta1
      |             ^^^^^^^^^^^^^^^^^^^
      |
      = note: `kubectl apply` ends with: no matches for kind "HorizontalPodAutoscaler" in version "autoscaling/v2beta1"
      = help: write `apiVersion: autoscaling/v2`

    error[E0007]: `target` is a key of autoscaling/v2, and this autoscaler is autoscaling/v2beta1, which no cluster serves
     --> hpa.yaml:8:44
      |
    8 |   - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
      |                                            ^^^^^^
      |
      = help: write `apiVersion: autoscaling/v2`
    "#);
}

#[test]
fn keys_beside_the_spec_and_keys_of_no_version() {
    let text = autoscaler("autoscaling/v2", "  minReplica: 2\n") + "metrics: []\nbehaviour: {}\n";
    let text = text.replace("{name: web}\n", "{name: web, lables: {a: b}}\n");
    insta::assert_snapshot!(about(&text), @"
    error[E0007]: unknown key `lables` in `metadata`
     --> hpa.yaml:3:23
      |
    3 | metadata: {name: web, lables: {a: b}}
      |                       ^^^^^^
      |
      = help: did you mean `labels`?

    error[E0007]: unknown key `minReplica` in `spec`
     --> hpa.yaml:7:3
      |
    7 |   minReplica: 2
      |   ^^^^^^^^^^
      |
      = help: did you mean `minReplicas`?

    error[E0007]: `metrics` stands beside `spec`, where it has no effect
     --> hpa.yaml:8:1
      |
    8 | metrics: []
      | ^^^^^^^
      |
      = help: indent it, so that it is `spec.metrics`

    error[E0007]: unknown key `behaviour` in the HorizontalPodAutoscaler
     --> hpa.yaml:9:1
      |
    9 | behaviour: {}
      | ^^^^^^^^^
      |
      = help: delete it; the keys here are: apiVersion, kind, metadata, spec, status
    ");
}

#[test]
fn a_metric_without_its_target_has_an_example_in_yaml() {
    let text = autoscaler(
        "autoscaling/v2",
        "  metrics:\n  - {type: Resource, resource: {name: cpu}}\n  - {type: Pods, pods: {target: {type: AverageValue, averageValue: 1}}}\n",
    );
    insta::assert_snapshot!(about(&text), @"
    error[E0013]: `hpa.metrics.0.resource` needs a `target`
     --> hpa.yaml:8:32
      |
    8 |   - {type: Resource, resource: {name: cpu}}
      |                                ^^^^^^^^^^^
      |
      = help: add `target`: a table such as {type: Utilization, averageUtilization: 50}

    error[E0013]: `hpa.metrics.1.pods` needs a `metric`
     --> hpa.yaml:9:24
      |
    9 |   - {type: Pods, pods: {target: {type: AverageValue, averageValue: 1}}}
      |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `metric`: a table such as {name: requests_per_second}
    ");
}

#[test]
fn versions_that_never_were_and_names_that_are_refused() {
    let cases = [
        (
            "autoscaling/v9",
            "web",
            "",
            "no cluster serves the HorizontalPodAutoscaler as `autoscaling/v9`: hpasim reads it as autoscaling/v2",
        ),
        (
            "apps/v1",
            "web",
            "",
            "no cluster serves the HorizontalPodAutoscaler as `apps/v1`: hpasim reads it as autoscaling/v2",
        ),
        (
            "''",
            "web",
            "",
            "the HorizontalPodAutoscaler has no `apiVersion`: the API server refuses it",
        ),
        (
            "autoscaling/v2",
            "Web_App",
            "",
            "the API server refuses the name `Web_App` of an autoscaler",
        ),
        (
            "autoscaling/v2",
            "web-",
            "",
            "the API server refuses the name `web-` of an autoscaler",
        ),
        (
            "autoscaling/v2",
            "''",
            "",
            "the API server refuses an object without `metadata.name`",
        ),
        ("autoscaling/v2", "web.prod", "", ""),
        (
            "autoscaling/v1",
            "web",
            "  targetCPUUtilizationPercentage: 50\n",
            "",
        ),
        (
            "autoscaling/v2",
            "web",
            "  metrics:\n  - {type: External, external: {metric: {name: a/b}, target: {type: Value, value: 1}}}\n",
            "hpa.metrics.0.external.metric.name: the name `a/b` cannot be a part of a path of the API",
        ),
        (
            "autoscaling/v2",
            "web",
            "  metrics:\n  - {type: External, external: {metric: {name: a}, target: {value: 1}}}\n",
            "hpa.metrics.0.external.target: the target needs a type: Utilization, AverageValue or Value",
        ),
        (
            "autoscaling/v2",
            "web",
            "  metrics:\n  - {type: External, external: {metric: {name: a}, target: {type: AverageValue, value: 1}}}\n",
            "",
        ),
    ];
    for (version, name, spec, expected) in cases {
        let text = autoscaler(version, spec).replace(
            "metadata: {name: web}",
            &format!("metadata: {{name: {name}}}"),
        );
        let found: Vec<String> = report_of(&[("hpa.yaml", &text)])
            .findings
            .into_iter()
            .filter(|it| it.diagnostic.code.number() != "I0105")
            .map(|it| it.diagnostic.message)
            .collect();
        assert_eq!(found.join("; "), expected, "{version} {name} {spec}");
    }
}

#[test]
fn a_reference_without_kind_and_name() {
    let text = autoscaler("autoscaling/v2", "").replace(
        "{apiVersion: apps/v1, kind: Deployment, name: web}",
        "{apiVersion: apps/v1, name: we/b}",
    );
    insta::assert_snapshot!(about(&text), @"
    error[E0016]: `spec.scaleTargetRef` needs a `kind`
     --> hpa.yaml:5:19
      |
    5 |   scaleTargetRef: {apiVersion: apps/v1, name: we/b}
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}`

    error[E0016]: the API server refuses the name `we/b` in `spec.scaleTargetRef`
     --> hpa.yaml:5:47
      |
    5 |   scaleTargetRef: {apiVersion: apps/v1, name: we/b}
      |                                               ^^^^
      |
      = help: write `scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}`
    ");
}

#[test]
fn annotations_that_no_cluster_reads() {
    let with = |version: &str, content: &str| {
        autoscaler(version, "").replace(
            "metadata: {name: web}",
            &format!("metadata: {{name: web, annotations: {{autoscaling.alpha.kubernetes.io/metrics: '{content}'}}}}"),
        )
    };
    insta::assert_snapshot!(about(&with("autoscaling/v2", "[]")), @"
    warning[W0002]: the annotation `autoscaling.alpha.kubernetes.io/metrics` has no effect in autoscaling/v2: the API server drops it
     --> hpa.yaml:3:78
      |
     ::: 
    3 | metadata: {name: web, annotations: {autoscaling.alpha.kubernetes.io/metrics: '[]'<hidden>}
      |                                                                              ^^^^^^^^^^^^
      |
      = note: `<hidden>` replaces text that may be secret
      = help: delete it, and write its content into `spec`
    ");
    insta::assert_snapshot!(about(&with("autoscaling/v1", "[{type: Resource}]")), @"
    warning[W0002]: the annotation `autoscaling.alpha.kubernetes.io/metrics` has no effect: its content is not the JSON that the API server reads, and it says nothing
     --> hpa.yaml:3:78
      |
     ::: 
    3 | metadata: {name: web, annotations: {autoscaling.alpha.kubernetes.io/metrics: '[{type: Resource}]'<hidden>}
      |                                                                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: `<hidden>` replaces text that may be secret
      = help: write `apiVersion: autoscaling/v2` with `metrics` and `behavior` in `spec`
    ");
}

#[test]
fn the_help_for_the_first_beta_writes_each_of_its_keys_in_the_second_version() {
    let text = autoscaler(
        "autoscaling/v2beta1",
        "  metrics:\n  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 60}}\n  - {type: Pods, pods: {metricName: requests, targetAverageValue: 100}}\n",
    );
    let found = about(&text);
    let help = "write `apiVersion: autoscaling/v2`, `target: {type: Utilization, averageUtilization: 60}` instead of `targetAverageUtilization`, `metric: {name: requests}` instead of `metricName`, `target: {type: AverageValue, averageValue: 100}` instead of `targetAverageValue`";
    assert!(found.contains(help), "{found}");
}

#[test]
fn a_variable_in_place_of_a_number_is_named_with_its_tool() {
    let text = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {maxReplicas: \"${REPLICAS}\"}\n";
    let report = found("E0008", text);
    assert!(
        report.contains("envsubst < FILE | hpasim check -"),
        "{report}"
    );
    let patch = found("E0016", text);
    assert!(
        patch.contains("kubectl kustomize . | hpasim check -"),
        "{patch}"
    );
}

#[test]
fn a_folder_or_a_pattern_in_a_policy_is_told_the_way_to_one_file() {
    for name in ["k8s/*.yaml", "k8s/web-[ab].yaml"] {
        let policy = format!("manifest = \"{name}\"\n");
        let report = found_in_policy("E0001", &policy);
        assert!(report.contains("FOLDER/*.yaml > all.yaml"), "{report}");
    }
}
