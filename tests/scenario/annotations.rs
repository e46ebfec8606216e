//! The annotations in which autoscaling/v1 carries metrics and behavior, and the groups of exported targets.

use hpasim::scenario::ExportedObjects;

use super::*;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: example/web\n        resources: {requests: {cpu: 100m, memory: 128Mi}}\n";

/// The exported autoscaler of one of autoscaling/v1 with these annotations and lines in its `spec`.
fn exported(metrics: &str, behavior: &str, spec: &str) -> String {
    let text = format!(
        "{DEPLOYMENT}---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\n  annotations:\n    autoscaling.alpha.kubernetes.io/metrics: '{metrics}'\n    autoscaling.alpha.kubernetes.io/behavior: '{behavior}'\nspec:\n  maxReplicas: 12\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n{spec}"
    );
    let mut files = Files::of(&[("p.yaml", &text)]);
    let policy = policy_file(&mut files, "p.yaml", &[]);
    policy
        .export(ExportedObjects::Autoscaler)
        .expect("an autoscaler")
        .yaml
}

#[test]
fn metrics_and_behavior_of_annotations_are_read_and_exported() {
    let metrics = r#"[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":60}},{"type":"External","external":{"metricName":"queue","metricSelector":{"matchLabels":{"Type":"a"}},"targetValue":"7"}}]"#;
    let behavior = r#"{"ScaleUp":{"StabilizationWindowSeconds":30,"SelectPolicy":"Min","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}]},"ScaleDown":{"StabilizationWindowSeconds":900,"SelectPolicy":null,"Policies":null,"Tolerance":null}}"#;
    let text = exported(metrics, behavior, "  targetCPUUtilizationPercentage: 70\n");
    insta::assert_snapshot!(text, @r#"
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata:
      name: web
    spec:
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: web
      minReplicas: 1
      maxReplicas: 12
      metrics:
      - type: Resource
        resource:
          name: memory
          target:
            type: Utilization
            averageUtilization: 60
      - type: External
        external:
          metric:
            name: queue
            selector:
              matchLabels:
                Type: a
          target:
            type: Value
            value: "7"
      - type: Resource
        resource:
          name: cpu
          target:
            type: Utilization
            averageUtilization: 70
      behavior:
        scaleUp:
          stabilizationWindowSeconds: 30
          selectPolicy: Min
          policies:
          - type: Pods
            value: 1
            periodSeconds: 60
        scaleDown:
          stabilizationWindowSeconds: 900
          selectPolicy: Max
          policies:
          - type: Percent
            value: 100
            periodSeconds: 15
    "#);
}

#[test]
fn the_case_of_the_keys_does_not_count() {
    let of_case = |behavior: &str| exported("[]", behavior, "");
    let capitals = of_case(
        r#"{"ScaleDown":{"StabilizationWindowSeconds":900,"Policies":[{"Type":"Percent","Value":10,"PeriodSeconds":60}]}}"#,
    );
    let small = of_case(
        r#"{"scaleDown":{"stabilizationWindowSeconds":900,"policies":[{"type":"Percent","value":10,"periodSeconds":60}]}}"#,
    );
    assert_eq!(capitals, small);
    assert!(small.contains("stabilizationWindowSeconds: 900"), "{small}");
}

#[test]
fn an_exported_target_has_the_group_of_its_kind() {
    let cases = [
        ("Deployment", "apps/v1", "apps/v1"),
        ("Deployment", "extensions/v1beta1", "apps/v1"),
        ("StatefulSet", "apps/v1beta1", "apps/v1"),
        ("ReplicationController", "v1", "v1"),
        ("Rollout", "argoproj.io/v1alpha1", "argoproj.io/v1alpha1"),
        ("Rollout", "apps/v1", "argoproj.io/v1alpha1"),
        ("DeploymentConfig", "v1", "apps.openshift.io/v1"),
        (
            "DeploymentConfig",
            "apps.openshift.io/v1",
            "apps.openshift.io/v1",
        ),
        (
            "StatefulSet",
            "apps.kruise.io/v1beta1",
            "apps.kruise.io/v1beta1",
        ),
    ];
    for (kind, written, expected) in cases {
        let workload = DEPLOYMENT
            .replace("kind: Deployment", &format!("kind: {kind}"))
            .replace("apps/v1", written);
        let text = format!(
            "{workload}---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  maxReplicas: 12\n  scaleTargetRef: {{apiVersion: {written}, kind: {kind}, name: web}}\n"
        );
        let mut files = Files::of(&[("p.yaml", &text)]);
        let exported = policy_file(&mut files, "p.yaml", &[])
            .export(ExportedObjects::AutoscalerAndDeployment)
            .expect("an autoscaler");
        let versions: Vec<&str> = exported
            .yaml
            .lines()
            .filter_map(|line| line.trim().strip_prefix("apiVersion: "))
            .collect();
        assert_eq!(
            versions,
            [expected, "autoscaling/v2", expected],
            "{kind} {written}"
        );
    }
}
