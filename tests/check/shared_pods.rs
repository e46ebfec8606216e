//! Pods of other workloads that the selector of a target selects.

use super::*;

/// A Job in the namespace of the healthy manifest, whose pods have the label `app`.
fn job(app: &str, resources: &str) -> String {
    format!(
        "---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate, namespace: prod}}\nspec:\n  template:\n    metadata: {{labels: {{app: {app}}}}}\n    spec:\n      containers:\n      - {{name: job, resources: {resources}}}\n"
    )
}

/// Another Deployment in that namespace.
fn deployment(labels: &str, resources: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: back, namespace: prod}}\nspec:\n  selector: {{matchLabels: {{app: shop}}}}\n  template:\n    metadata: {{labels: {labels}}}\n    spec:\n      containers:\n      - {{name: back, resources: {resources}}}\n"
    )
}

const BOTH: &str = "{requests: {cpu: 600m}}";

#[test]
fn a_second_deployment_with_the_same_selector() {
    let counted = format!("{HEALTHY}{}", deployment("{app: shop, role: back}", BOTH));
    insta::assert_snapshot!(found("E0112", &counted), @"
    error[E0112]: the selector of Deployment prod/shop also selects the pods of Deployment prod/back, and the autoscaler counts them as its own
      --> app.yaml:61:18
       |
    61 | metadata: {name: back, namespace: prod}
       |                  ^^^^
       |
       = note: usage and requests of both are one mean, and the result multiplies the number of all these pods: the target gets too many or too few
       = help: add a label to the selector and the template of Deployment prod/shop that the pods of Deployment prod/back do not have
    ");
    let failing = format!("{HEALTHY}{}", deployment("{app: shop}", "{}"));
    insta::assert_snapshot!(found("E0112", &failing), @"
    error[E0112]: the selector of Deployment prod/shop also selects the pods of Deployment prod/back, which fail the metric: container `back` requests no cpu
      --> app.yaml:61:18
       |
    61 | metadata: {name: back, namespace: prod}
       |                  ^^^^
       |
       = note: the controller adds up the requests of all selected pods, so the autoscaler never scales up
       = help: add a label to the selector and the template of Deployment prod/shop that the pods of Deployment prod/back do not have
    ");
}

#[test]
fn a_job_fails_the_metric_while_its_pods_exist() {
    let failing = format!("{HEALTHY}{}", job("shop", "{}"));
    insta::assert_snapshot!(found("E0112", &failing), @"
    error[E0112]: the selector of Deployment prod/shop also selects the pods of Job prod/migrate, which fail the metric: container `job` requests no cpu
      --> app.yaml:61:18
       |
    61 | metadata: {name: migrate, namespace: prod}
       |                  ^^^^^^^
       |
       = note: while such a pod exists, even after its end, the autoscaler does not scale: the controller adds up the requests of all selected pods
       = help: add a label to the selector and the template of Deployment prod/shop that the pods of Job prod/migrate do not have
    ");
    let counted = format!("{HEALTHY}{}", job("shop", BOTH));
    insta::assert_snapshot!(found("W0119", &counted), @"
    warning[W0119]: the selector of Deployment prod/shop also selects the pods of Job prod/migrate, and the autoscaler counts them while they exist
      --> app.yaml:61:18
       |
    61 | metadata: {name: migrate, namespace: prod}
       |                  ^^^^^^^
       |
       = note: usage and requests of both are one mean, and the result multiplies the number of all these pods
       = help: add a label to the selector and the template of Deployment prod/shop that the pods of Job prod/migrate do not have
    ");
}

#[test]
fn pods_that_the_selector_does_not_select_are_no_matter() {
    let job_of_test = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: smoke, namespace: prod, labels: {app: shop}}\nspec: {containers: [{name: test}]}\n";
    let cases = [
        (job("other", "{}"), "", false),
        (
            job("shop", "{}").replace("namespace: prod", "namespace: test"),
            "",
            false,
        ),
        (job("shop", "{}"), "{limits: {cpu: 1}}", false),
        (
            deployment("{app: shop}", "{}")
                .replace("spec:\n  selector", "spec:\n  replicas: 0\n  selector"),
            "",
            false,
        ),
        (job_of_test.to_owned(), "", true),
        (
            job_of_test.replace(
                "labels: {app: shop}",
                "labels: {app: shop}, ownerReferences: [{kind: ReplicaSet, name: shop-1}]",
            ),
            "",
            false,
        ),
    ];
    for (text, resources, is_found) in cases {
        let text = match resources {
            "" => text,
            _ => text.replace("resources: {}", &format!("resources: {resources}")),
        };
        let manifest = format!("{HEALTHY}{text}");
        assert_eq!(!found("E0112", &manifest).is_empty(), is_found, "{text}");
    }
}

#[test]
fn metrics_that_read_no_pods_do_not_count_others() {
    let external = HEALTHY.replace(
        "  - type: Resource\n    resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}\n",
        "  - type: External\n    external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 5}}\n",
    );
    assert_ne!(external, HEALTHY);
    let manifest = format!("{external}{}", job("shop", "{}"));
    assert_eq!(found("E0112", &manifest), "");
    let of_value = manifest.replace(
        "{type: AverageValue, averageValue: 5}",
        "{type: Value, value: 5}",
    );
    assert_ne!(found("W0119", &of_value), "");
}

#[test]
fn expressions_select_as_labels_do() {
    let with = |expression: &str| {
        healthy_but(
            "    matchLabels: {app: shop}\n",
            &format!("    matchExpressions: [{expression}]\n"),
        )
    };
    // The expression; whether it fits the target; whether it also selects the Job.
    let cases = [
        (
            "{key: app, operator: In, values: [shop, other]}",
            true,
            true,
        ),
        ("{key: tier, operator: Exists}", true, false),
        ("{key: tier, operator: DoesNotExist}", false, true),
        ("{key: app, operator: NotIn, values: [shop]}", false, false),
        (
            "{key: tier, operator: In, values: [web]}, {key: app, operator: Exists}",
            true,
            false,
        ),
    ];
    for (expression, fits, selects) in cases {
        let manifest = format!("{}{}", with(expression), job("shop", "{}"));
        assert_eq!(found("E0109", &manifest).is_empty(), fits, "{expression}");
        assert_eq!(
            !found("E0112", &manifest).is_empty(),
            selects,
            "{expression}"
        );
    }
    insta::assert_snapshot!(found("E0109", &with("{key: tier, operator: DoesNotExist}")), @"
    error[E0109]: the selector tier DoesNotExist does not match the labels of its own pods
     --> app.yaml:6:5
      |
    6 |     matchExpressions: [{key: tier, operator: DoesNotExist}]
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: its pods have the labels app=shop,tier=web; the API server refuses the object, so there are no pods
      = help: write the same labels into `spec.selector` and `spec.template.metadata.labels`
    ");
}

#[test]
fn two_autoscalers_with_one_selector() {
    let second = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: back, namespace: prod}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: back}\n  maxReplicas: 4\n";
    let both = format!(
        "{HEALTHY}{}{second}",
        deployment("{app: shop, role: back}", BOTH)
    );
    insta::assert_snapshot!(found("E0113", &both), @"
    error[E0113]: two autoscalers select the pods of Deployment prod/shop: this one and HorizontalPodAutoscaler prod/shop
      --> app.yaml:72:18
       |
    72 | metadata: {name: back, namespace: prod}
       |                  ^^^^
       |
       = note: since Kubernetes 1.26 both fail with AmbiguousSelector and never scale; in earlier releases each counts the pods of the other
       = help: give the selector of Deployment prod/back a label that only its own pods have
    ");
    let apart = both
        .replace("{matchLabels: {app: shop}}", "{matchLabels: {role: back}}")
        .replace("{app: shop, role: back}", "{role: back}");
    assert_eq!(found("E0113", &apart), "");
}
