//! Disruption budgets, vertical autoscalers and ScaledObjects beside an autoscaler.

use super::*;

fn budget(spec: &str) -> String {
    format!(
        "{HEALTHY}---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: shop, namespace: prod}}\nspec:\n  selector: {{matchLabels: {{app: shop}}}}\n  {spec}\n"
    )
}

#[test]
fn a_budget_that_allows_no_eviction_at_the_minimum() {
    insta::assert_snapshot!(found("W0123", &budget("minAvailable: 2")), @"
    warning[W0123]: at `minReplicas` (2 pods) the budget allows no eviction
      --> app.yaml:64:17
       |
    64 |   minAvailable: 2
       |                 ^
       |
       = note: `kubectl drain`, an upgrade of the nodes and a cluster autoscaler wait until the load has raised the number of pods; the autoscaler itself does not obey the budget
       = help: write `maxUnavailable: 1`, or raise `minReplicas`
    ");
    // The autoscaler has at least 2 pods.
    let cases = [
        ("minAvailable: 1", false),
        ("minAvailable: 50%", false),
        ("minAvailable: 51%", true),
        ("minAvailable: 100%", true),
        ("maxUnavailable: 0", true),
        ("maxUnavailable: 1%", false),
        ("maxUnavailable: 1", false),
    ];
    for (spec, blocks) in cases {
        assert_eq!(!found("W0123", &budget(spec)).is_empty(), blocks, "{spec}");
    }
    let other = budget("minAvailable: 2").replace(
        "selector: {matchLabels: {app: shop}}\n  min",
        "selector: {matchLabels: {app: other}}\n  min",
    );
    assert_eq!(found("W0123", &other), "");
}

fn vertical(spec: &str) -> String {
    format!(
        "{HEALTHY}---\napiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {{name: shop, namespace: prod}}\nspec:\n  targetRef: {{apiVersion: apps/v1, kind: Deployment, name: shop}}\n{spec}"
    )
}

#[test]
fn a_vertical_autoscaler_on_the_same_resource() {
    insta::assert_snapshot!(found("W0122", &vertical("")), @r#"
    warning[W0122]: it changes the cpu requests of Deployment prod/shop, by which HorizontalPodAutoscaler prod/shop measures cpu
      --> app.yaml:61:18
       |
    61 | metadata: {name: shop, namespace: prod}
       |                  ^^^^
       |
       = note: both answer the same load: a raised request lowers the utilization, and the horizontal autoscaler removes the pods that were needed
       = help: write `updateMode: "Off"`, let it control the other resource alone (`controlledResources`), or scale on another metric than cpu
    "#);
    let cases = [
        ("  updatePolicy: {updateMode: \"Off\"}\n", false),
        ("  updatePolicy: {updateMode: Initial}\n", true),
        (
            "  resourcePolicy: {containerPolicies: [{containerName: '*', controlledResources: [memory]}]}\n",
            false,
        ),
        (
            "  resourcePolicy: {containerPolicies: [{containerName: '*', controlledResources: [cpu, memory]}]}\n",
            true,
        ),
        (
            "  resourcePolicy: {containerPolicies: [{containerName: '*', mode: \"Off\"}]}\n",
            false,
        ),
    ];
    for (spec, is_found) in cases {
        assert_eq!(
            !found("W0122", &vertical(spec)).is_empty(),
            is_found,
            "{spec}"
        );
    }
}

fn scaled_object(metadata: &str) -> String {
    format!(
        "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: shop, namespace: prod{metadata}}}\nspec:\n  scaleTargetRef: {{name: shop}}\n  triggers: [{{type: cpu, metricType: Utilization, metadata: {{value: '60'}}}}]\n"
    )
}

#[test]
fn a_scaled_object_is_an_autoscaler() {
    let autoscaler = HEALTHY.rfind("---\n").expect("several documents");
    let alone = format!("{}{}", &HEALTHY[..autoscaler], scaled_object(""));
    assert_eq!(codes(&report_of(&[("app.yaml", &alone)])), ["I0109"]);
    insta::assert_snapshot!(found("I0109", &alone), @"
    info[I0109]: KEDA scales Deployment prod/shop: hpasim checked its pods, and not the triggers
      --> app.yaml:50:18
       |
    50 | metadata: {name: shop, namespace: prod}
       |                  ^^^^
       |
       = note: KEDA makes the autoscaler `keda-hpa-shop` of this object, which is not in the files
       = help: check that one too: `kubectl get hpa keda-hpa-shop -o yaml | hpasim check -`
    ");
}

#[test]
fn a_scaled_object_and_an_autoscaler_stop_each_other() {
    let both = format!("{HEALTHY}{}", scaled_object(""));
    insta::assert_snapshot!(found("E0103", &both), @"
    error[E0103]: two autoscalers scale Deployment prod/shop: HorizontalPodAutoscaler prod/shop and that of this ScaledObject
      --> app.yaml:61:18
       |
    61 | metadata: {name: shop, namespace: prod}
       |                  ^^^^
       |
       = note: KEDA makes the autoscaler `keda-hpa-shop` of it: since Kubernetes 1.26 both fail with AmbiguousSelector and never scale
       = help: delete the HorizontalPodAutoscaler, and write its metrics as triggers
    ");
    let taken_over =
        scaled_object(", annotations: {scaledobject.keda.sh/transfer-hpa-ownership: \"true\"}");
    assert_eq!(found("E0103", &format!("{HEALTHY}{taken_over}")), "");
}

#[test]
fn a_scaled_object_is_seen_without_the_workload() {
    let alone = scaled_object("");
    assert_eq!(codes(&report_of(&[("app.yaml", &alone)])), ["I0109"]);
    let autoscaler = &HEALTHY[HEALTHY.rfind("---\n").expect("several documents")..];
    let both = format!("{autoscaler}{alone}");
    let found = codes(&report_of(&[("app.yaml", &both)]));
    assert!(found.contains(&"E0103"), "{found:?}");
}

#[test]
fn an_autoscaler_without_a_target_is_told_that_alone() {
    let autoscaler = |name: &str| {
        format!(
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}, namespace: prod}}\nspec: {{maxReplicas: 9}}\n"
        )
    };
    let text = format!("{HEALTHY}{}{}", autoscaler("a"), autoscaler("b"));
    assert_eq!(
        codes(&report_of(&[("app.yaml", &text)])),
        ["E0016", "E0016"]
    );
}

#[test]
fn a_kind_that_its_group_lacks_is_not_passed_over() {
    let text = "apiVersion: autoscaling/v2\nkind: HorizontalPodAudoscaler\nmetadata: {name: web}\nspec: {maxReplicas: 9}\n";
    let report = found("W0121", text);
    assert!(
        report.contains("did you mean `HorizontalPodAutoscaler`?"),
        "{report}"
    );
}
