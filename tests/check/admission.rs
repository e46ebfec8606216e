//! What a cluster adds to pods: injected sidecars, defaults of a LimitRange, labels of controllers, the template of another workload.

use super::*;

const LABELS: &str = "labels: {app: shop, tier: web}";

#[test]
fn an_injected_sidecar_is_a_container() {
    let istio = healthy_but(LABELS, "labels: {app: shop, sidecar.istio.io/inject: \"true\"}")
        .replace(
            "  - type: Resource\n",
            "  - type: ContainerResource\n    containerResource: {name: cpu, container: istio-proxy, target: {type: Utilization, averageUtilization: 70}}\n  - type: Resource\n",
        );
    insta::assert_snapshot!(found("I0107", &istio), @r#"
    info[I0107]: the injected `istio-proxy` requests cpu 100m, which counts for the utilization
     --> app.yaml:9:52
      |
    9 |       labels: {app: shop, sidecar.istio.io/inject: "true"}
      |                                                    ^^^^^^
      |
      = note: utilization is the usage of all containers divided by the requests of all containers: an idle sidecar hides a part of the application's load
      = help: nothing, or measure the application alone with a metric of type ContainerResource
    "#);
    assert_eq!(found("E0018", &istio), "");
    let linkerd = healthy_but(
        LABELS,
        "labels: {app: shop}\n      annotations: {linkerd.io/inject: enabled}",
    );
    insta::assert_snapshot!(found("W0120", &linkerd), @"
    warning[W0120]: the request of the injected `linkerd-proxy` is unknown: hpasim assumes cpu 100m
      --> app.yaml:10:40
       |
      ::: 
    10 |       annotations: {linkerd.io/inject: enabled<hidden>
       |                                        ^^^^^^^^^^^^^^^
       |
       = note: the injector has no default: without a request in its chart or in an annotation, every utilization metric of the pod fails
       = note: `<hidden>` replaces text that may be secret
       = help: write the annotation `config.linkerd.io/proxy-cpu-request` into the pod template
    ");
    let stated = linkerd.replace(
        "inject: enabled",
        "inject: enabled, config.linkerd.io/proxy-cpu-request: 50m",
    );
    assert_eq!(found("W0120", &stated), "");
    assert!(found("I0107", &stated).contains("requests cpu 50m"));
}

#[test]
fn labels_annotations_and_namespaces_ask_for_sidecars() {
    let namespace = |metadata: &str| {
        format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: prod, {metadata}}}\n")
    };
    let cases = [
        ("labels: {app: shop}", String::new(), None),
        (
            "labels: {app: shop}",
            namespace("labels: {istio-injection: enabled}"),
            Some("istio-proxy"),
        ),
        (
            "labels: {app: shop}",
            namespace("labels: {istio.io/rev: stable}"),
            Some("istio-proxy"),
        ),
        (
            "labels: {app: shop, sidecar.istio.io/inject: \"false\"}",
            namespace("labels: {istio-injection: enabled}"),
            None,
        ),
        (
            "labels: {app: shop}",
            namespace("annotations: {linkerd.io/inject: enabled}"),
            Some("linkerd-proxy"),
        ),
        (
            "labels: {app: shop}\n      annotations: {linkerd.io/inject: disabled}",
            namespace("annotations: {linkerd.io/inject: enabled}"),
            None,
        ),
        (
            "labels: {app: shop}\n      annotations: {dapr.io/enabled: \"true\"}",
            String::new(),
            Some("daprd"),
        ),
        (
            "labels: {app: shop}\n      annotations: {vault.hashicorp.com/agent-inject: \"true\"}",
            String::new(),
            Some("vault-agent"),
        ),
        (
            "labels: {app: shop, kuma.io/sidecar-injection: enabled}",
            String::new(),
            Some("kuma-sidecar"),
        ),
    ];
    for (labels, more, expected) in cases {
        let manifest = healthy_but(LABELS, labels) + &more;
        let report = report_of(&[("app.yaml", &manifest)]);
        let told: Vec<&str> = report
            .findings
            .iter()
            .filter(|it| ["I0107", "W0120"].contains(&it.diagnostic.code.number()))
            .map(|it| it.diagnostic.message.as_str())
            .collect();
        assert_eq!(
            told.len(),
            usize::from(expected.is_some()),
            "{labels} {more}: {told:?}"
        );
        assert!(
            told.iter()
                .all(|it| it.contains(expected.unwrap_or_default())),
            "{told:?}"
        );
    }
}

#[test]
fn a_limit_range_gives_requests() {
    let silent = healthy_but(
        "          requests: {cpu: 100m, memory: 64Mi}\n",
        "          requests: {memory: 64Mi}\n",
    );
    assert_ne!(found("E0017", &silent), "");
    let range = |item: &str, namespace: &str| {
        format!(
            "{silent}---\napiVersion: v1\nkind: LimitRange\nmetadata: {{name: r, namespace: {namespace}}}\nspec: {{limits: [{item}]}}\n"
        )
    };
    let cases = [
        (
            "{type: Container, defaultRequest: {cpu: 100m}}",
            "prod",
            true,
        ),
        ("{type: Container, default: {cpu: 100m}}", "prod", true),
        ("{type: Container, max: {cpu: 1}}", "prod", true),
        ("{type: Container, min: {cpu: 10m}}", "prod", true),
        (
            "{type: Container, defaultRequest: {memory: 1Gi}}",
            "prod",
            false,
        ),
        ("{type: Pod, max: {cpu: 1}}", "prod", false),
        (
            "{type: Container, defaultRequest: {cpu: 100m}}",
            "test",
            false,
        ),
    ];
    for (item, namespace, helps) in cases {
        let manifest = range(item, namespace);
        assert_eq!(
            found("E0017", &manifest).is_empty(),
            helps,
            "{item} {namespace}"
        );
    }
}

#[test]
fn services_select_labels_that_controllers_set() {
    let workload = |version: &str, kind: &str, selector: &str| {
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: store}}\nspec:\n  template:\n    metadata: {{labels: {{app: store}}}}\n    spec: {{containers: [{{name: a}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{selector: {selector}, ports: [{{port: 80}}]}}\n"
        )
    };
    let cases = [
        (
            "apps/v1",
            "StatefulSet",
            "{statefulset.kubernetes.io/pod-name: store-0}",
            true,
        ),
        (
            "apps/v1",
            "StatefulSet",
            "{app: store, apps.kubernetes.io/pod-index: '0'}",
            true,
        ),
        (
            "apps/v1",
            "StatefulSet",
            "{statefulset.kubernetes.io/pod-name: stor-0}",
            false,
        ),
        (
            "apps/v1",
            "StatefulSet",
            "{statefulset.kubernetes.io/pod-name: store-x}",
            false,
        ),
        (
            "apps/v1",
            "StatefulSet",
            "{app: other, statefulset.kubernetes.io/pod-name: store-0}",
            false,
        ),
        ("batch/v1", "Job", "{job-name: store}", true),
        (
            "batch/v1",
            "Job",
            "{batch.kubernetes.io/job-name: store}",
            true,
        ),
        ("batch/v1", "Job", "{job-name: other}", false),
        (
            "apps/v1",
            "Deployment",
            "{statefulset.kubernetes.io/pod-name: store-0}",
            false,
        ),
        (
            "argoproj.io/v1alpha1",
            "Rollout",
            "{app: store, rollouts-pod-template-hash: abc}",
            true,
        ),
    ];
    for (version, kind, selector, selects) in cases {
        let manifest = workload(version, kind, selector);
        assert_eq!(
            found("E0106", &manifest).is_empty(),
            selects,
            "{kind} {selector}"
        );
    }
    let leader = "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata: {name: llm}\nspec: {}\n---\n".to_owned()
        + &workload("apps/v1", "Deployment", "{leaderworkerset.sigs.k8s.io/name: llm}");
    assert_eq!(found("E0106", &leader), "");
}

#[test]
fn a_rollout_has_the_template_of_its_deployment() {
    let rollout = "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: shop, namespace: prod}\nspec:\n  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n";
    let manifest = healthy_but("spec:\n  selector:", "spec:\n  replicas: 0\n  selector:").replace(
        "{apiVersion: apps/v1, kind: Deployment, name: shop}",
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: shop}",
    );
    let manifest = format!("{manifest}{rollout}");
    assert_eq!(codes(&report_of(&[("app.yaml", &manifest)])), [""; 0]);
}
