//! Kinds that no rule reads.

use super::*;

#[test]
fn a_template_is_not_nothing() {
    let template = "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n";
    insta::assert_snapshot!(found("W0121", template), @"
    warning[W0121]: this is an OpenShift Template: hpasim checked none of the objects that a tool makes from it
     --> app.yaml:2:7
      |
    2 | kind: Template
      |       ^^^^^^^^
      |
      = note: only the objects that a cluster gets show what is wrong with them
      = help: let the tool write them: `oc process -f FILE | hpasim check -`
    ");
}

#[test]
fn each_file_that_stands_for_others_is_named() {
    let cases = [
        (
            "kustomize.config.k8s.io/v1beta1",
            "Kustomization",
            "kubectl kustomize",
        ),
        (
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            "flux build",
        ),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helm template"),
        (
            "argoproj.io/v1alpha1",
            "Application",
            "argocd app manifests",
        ),
        ("v1", "Template", "oc process"),
        ("example.com/v1", "Database", "kubectl get hpa,deploy"),
    ];
    for (version, kind, command) in cases {
        let text = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        let found = found("W0121", &text);
        assert!(found.contains(command), "{kind}: {found}");
    }
}

#[test]
fn unknown_kinds_beside_known_ones_are_listed() {
    let text = format!(
        "{HEALTHY}---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: shop, namespace: prod}}\n"
    );
    insta::assert_snapshot!(found("I0108", &text), @"
    info[I0108]: hpasim does not know these kinds, and did not check them: ServiceMonitor (monitoring.coreos.com/v1)
      --> app.yaml:60:7
       |
    60 | kind: ServiceMonitor
       |       ^^^^^^^^^^^^^^
       |
       = note: a custom resource means what its operator makes of it
       = help: nothing, unless one of them scales or changes the pods
    ");
}

#[test]
fn a_target_without_a_pod_template_is_here() {
    let text = "apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: {name: f}\nspec: {taskManager: {replicas: 1}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: f}\nspec:\n  scaleTargetRef: {apiVersion: flink.apache.org/v1beta1, kind: FlinkDeployment, name: f}\n  maxReplicas: 3\n";
    insta::assert_snapshot!(found("I0105", text), @"
    info[I0105]: FlinkDeployment default/f is here, but without a pod template
      --> app.yaml:10:87
       |
    10 |   scaleTargetRef: {apiVersion: flink.apache.org/v1beta1, kind: FlinkDeployment, name: f}
       |                                                                                       ^
       |
       = note: hpasim does not know which pods this kind makes, so it did not check requests, limits, probes and the time to full scale
       = help: check the pods as a Deployment or a policy, if they matter
    ");
    assert_eq!(codes(&report_of(&[("app.yaml", text)])), ["I0108", "I0105"]);
}
