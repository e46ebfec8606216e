//! The API group of an autoscaler's target.

use super::*;

const TARGET: &str = "{apiVersion: apps/v1, kind: Deployment, name: shop}";

/// The healthy manifest with this `scaleTargetRef`.
fn with_target(reference: &str) -> String {
    healthy_but(TARGET, reference)
}

#[test]
fn a_target_in_a_group_that_is_gone() {
    let gone = with_target("{apiVersion: extensions/v1beta1, kind: Deployment, name: shop}");
    insta::assert_snapshot!(found("E0110", &gone), @r#"
    error[E0110]: the autoscaler never scales: its `scaleTargetRef` has the `apiVersion` extensions/v1beta1, and no cluster has a Deployment in that group
      --> app.yaml:52:32
       |
    52 |   scaleTargetRef: {apiVersion: extensions/v1beta1, kind: Deployment, name: shop}
       |                                ^^^^^^^^^^^^^^^^^^
       |
       = note: each sync fails with FailedGetScale: no matches for kind "Deployment" in group "extensions"
       = help: write `apiVersion: apps/v1`
    "#);
    let rollout = with_target("{apiVersion: apps/v1, kind: Rollout, name: shop}");
    insta::assert_snapshot!(found("E0110", &rollout), @r#"
    error[E0110]: the autoscaler never scales: its `scaleTargetRef` has the `apiVersion` apps/v1, and no cluster has a Rollout in that group
      --> app.yaml:52:32
       |
    52 |   scaleTargetRef: {apiVersion: apps/v1, kind: Rollout, name: shop}
       |                                ^^^^^^^
       |
       = note: each sync fails with FailedGetScale: no matches for kind "Rollout" in group "apps"
       = help: write `apiVersion: argoproj.io/v1alpha1`
    "#);
    assert_eq!(codes(&report_of(&[("app.yaml", &gone)])), ["E0110"]);
}

#[test]
fn a_target_with_an_old_version_of_the_right_group_scales() {
    let old = with_target("{apiVersion: apps/v1beta2, kind: Deployment, name: shop}");
    insta::assert_snapshot!(found("W0118", &old), @"
    warning[W0118]: no cluster serves the `apiVersion` apps/v1beta2 of the target
      --> app.yaml:52:32
       |
    52 |   scaleTargetRef: {apiVersion: apps/v1beta2, kind: Deployment, name: shop}
       |                                ^^^^^^^^^^^^
       |
       = note: the controller looks at the group alone, so it scales; other programs that read the reference fail
       = help: write `apiVersion: apps/v1`
    ");
    assert_eq!(codes(&report_of(&[("app.yaml", &old)])), ["W0118"]);
}

#[test]
fn a_target_that_cannot_be_scaled() {
    let daemons = with_target("{apiVersion: apps/v1, kind: DaemonSet, name: shop}");
    insta::assert_snapshot!(found("E0111", &daemons), @"
    error[E0111]: the autoscaler never scales: a DaemonSet has no number of replicas to scale
      --> app.yaml:52:32
       |
    52 |   scaleTargetRef: {apiVersion: apps/v1, kind: DaemonSet, name: shop}
       |                                ^^^^^^^
       |
       = note: a DaemonSet has no subresource `scale`, so each sync fails with FailedGetScale
       = help: scale a Deployment or a StatefulSet, or delete the autoscaler
    ");
}

#[test]
fn a_target_of_the_same_kind_in_another_group() {
    let other = with_target("{apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, name: shop}")
        .replacen("kind: Deployment", "kind: StatefulSet", 1);
    insta::assert_snapshot!(found("E0101", &other), @"
    error[E0101]: the autoscaler never scales: its target is StatefulSet prod/shop, and the files hold StatefulSet prod/shop of apps/v1
      --> app.yaml:52:81
       |
    52 |   scaleTargetRef: {apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, name: shop}
       |                                                                                 ^^^^
       |
       = note: the controller finds only an object of the same namespace, group and kind; each sync fails with FailedGetScale, and the workload keeps 1 pod whatever the load
       = help: give both the same namespace, group and kind: those of StatefulSet prod/shop of apps/v1
    ");
}
