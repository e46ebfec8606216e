//! Kubernetes manifests as policies, and policies as Kubernetes manifests.

use hpasim::cluster::config::{ContainerCourse, ReadinessProbe, StartupProbe};
use hpasim::scenario::load_choosing;
use serde_json::Value;

use super::*;

/// A Deployment `shop`, and an autoscaler `shop` in the namespaces `web`.
const APP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: 200m}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 7
";

/// A trace with a further column.
pub(super) const TRACE_WITH_QUEUE: &str = "time_s,rps,queue\n0,4,1\n60,8,2\n";

fn chosen(policy: &str, hpa: Option<&str>, namespace: Option<&str>) -> Loaded {
    let choice = ManifestChoice {
        hpa: hpa.map(str::to_owned),
        namespace: namespace.map(str::to_owned),
    };
    let mut files = Files::of(&[("app.yaml", policy)]);
    load_choosing(request("app.yaml", "t.csv", &[]), &choice, &mut files)
        .unwrap_or_else(|faults| panic!("{faults}"))
}

fn codes(loaded: &Loaded) -> Vec<&str> {
    loaded.warnings.iter().map(|it| it.code.number()).collect()
}

#[test]
fn the_shops_manifest_is_what_prod_says() {
    let shop = shipped::loaded("policies/privrocket.yaml", "traces/spike.csv");
    assert_eq!(codes(&shop), ["W0005"]);
    let (shop, prod) = (shop.scenario, shipped::policy("prod"));
    assert_eq!(shop.policy_name, "privrocket");
    assert_eq!(shop.deployment.containers, prod.deployment.containers);
    assert_eq!(shop.deployment.replicas, prod.deployment.replicas);
    let [mut shop, prod] = [shop, prod].map(|it| it.hpa().expect("an autoscaler").clone());
    assert_eq!(
        shop.spec.scale_target.to_string(),
        "Deployment/privrocket-preprod/privrocket-deployment"
    );
    shop.spec.scale_target = prod.spec.scale_target.clone();
    assert_eq!(shop, prod);
}

#[test]
fn a_manifest_without_an_autoscaler_is_a_fixed_deployment() {
    let loaded = shipped::loaded("policies/stripe-flask-app.yaml", "traces/spike.csv");
    assert_eq!(codes(&loaded), ["W0006"]);
    assert_eq!(loaded.scenario.scaler, None);
    assert_eq!(loaded.scenario.deployment.replicas, Replicas(1));
    assert_eq!(
        loaded.scenario.deployment.containers[0].name,
        "stripe-flask-app"
    );
}

#[test]
fn a_list_json_and_an_unknown_extension_are_the_same_scenario() {
    let documents = loaded(&[("p.yaml", APP)], &[]).scenario;
    let value: Vec<Value> = serde_saphyr::from_multiple(APP).expect("YAML");
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": value });
    let json = list.to_string();
    let pretty = serde_json::to_string_pretty(&list).expect("JSON");
    for (path, text) in [
        ("p.json", &json),
        ("p.json", &pretty),
        ("p", &pretty),
        ("p.toml", &json),
    ] {
        assert_eq!(loaded(&[(path, text)], &[]).scenario, documents, "{path}");
    }
    let crlf = APP.replace('\n', "\r\n");
    let bom = format!("\u{feff}{APP}");
    for text in [crlf, bom] {
        assert_eq!(loaded(&[("p.yml", &text)], &[]).scenario, documents);
    }
}

#[test]
fn version_one_of_the_autoscaler_is_read_too() {
    let text = APP
        .replace("autoscaling/v2", "autoscaling/v1")
        .replace("maxReplicas: 7", "maxReplicas: 7\n  targetCPUUtilizationPercentage: 60\nstatus:\n  currentReplicas: 3\n  desiredReplicas: 3");
    let spec = hpa_spec(&loaded(&[("p.yaml", &text)], &[]).scenario);
    assert_eq!(spec.metrics[0].target, MetricTarget::Utilization(60));
}

#[test]
fn what_kubectl_prints_beside_the_spec_is_read_past() {
    let noise = r#"metadata:
  name: shop
  namespace: web
  annotations:
    deployment.kubernetes.io/revision: "3"
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"name":"shop"}}
  creationTimestamp: "2024-03-04T09:12:44Z"
  managedFields:
  - apiVersion: apps/v1
    fieldsType: FieldsV1
    fieldsV1:
      f:metadata:
        f:annotations:
          .: {}
          f:kubectl.kubernetes.io/last-applied-configuration: {}
      f:status:
        f:conditions:
          k:{"type":"Available"}:
            .: {}
            f:type: {}
    manager: kubectl-client-side-apply
  uid: 0e1f
"#;
    let plain = "metadata: {name: shop, namespace: web}\n";
    let noisy = APP.replace(plain, noise);
    assert_ne!(noisy, APP);
    let [plain, noisy] =
        [APP, noisy.as_str()].map(|text| loaded(&[("p.yaml", text)], &[]).scenario);
    assert_eq!(plain, noisy);
    let emoji = r#"{"kind":"X","metadata":{"name":"a\/b \u003c \ud83d\ude00"}}"#;
    let text = format!("{APP}---\n{emoji}\n");
    assert_eq!(loaded(&[("p.yaml", &text)], &[]).scenario, plain);
}

#[test]
fn versions_of_the_autoscaler_that_are_gone_are_read_as_the_one_that_is_there() {
    let metrics = |version: &str, metrics: &str| {
        let text = APP.replace("autoscaling/v2", version) + "  metrics:\n" + metrics;
        let files = [("p.yaml", text.as_str()), ("q.csv", TRACE_WITH_QUEUE)];
        let loaded = sound(request("p.yaml", "q.csv", &[]), &mut Files::of(&files));
        hpa_spec(&loaded.scenario).metrics
    };
    let two = "  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}\n  - {type: Pods, pods: {metric: {name: in_flight, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 10}}}\n  - {type: External, external: {metric: {name: queue}, target: {type: Value, value: 5}}}\n  - {type: Object, object: {describedObject: {kind: Service, name: s}, metric: {name: queue}, target: {type: Value, value: 5}}}\n";
    let beta = "  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 60}}\n  - {type: Pods, pods: {metricName: in_flight, selector: {matchLabels: {a: b}}, targetAverageValue: 10}}\n  - {type: External, external: {metricName: queue, targetValue: 5}}\n  - {type: Object, object: {target: {kind: Service, name: s}, metricName: queue, targetValue: 5}}\n";
    let expected = metrics("autoscaling/v2", two);
    assert_eq!(expected.len(), 4);
    assert_eq!(metrics("autoscaling/v2beta2", two), expected);
    assert_eq!(metrics("autoscaling/v2beta1", beta), expected);
}

#[test]
fn one_of_several_autoscalers_is_chosen_by_name_and_namespace() {
    let second = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: NAME}\nspec:\n  scaleTargetRef: {kind: Deployment, name: shop}\n  maxReplicas: 9\n";
    let other = APP.to_owned() + &second.replace("NAME", "other");
    let max = |loaded: Loaded| hpa_spec(&loaded.scenario).max_replicas.0;
    assert_eq!(max(chosen(&other, Some("shop"), None)), 7);
    assert_eq!(max(chosen(&other, Some("other"), Some("web"))), 9);
    let twin = APP.to_owned() + &second.replace("NAME", "shop");
    assert_eq!(max(chosen(&twin, Some("shop"), Some("web"))), 7);
    assert_eq!(max(chosen(&twin, Some("shop"), None)), 9);
}

#[test]
fn a_namespace_is_filled_in_where_none_is_stated() {
    let text = APP.replace(
        "metadata: {name: shop, namespace: web}\nspec:\n  replicas",
        "metadata: {name: shop}\nspec:\n  replicas",
    );
    assert_eq!(
        chosen(&text, None, None).warnings.len(),
        1,
        "of another namespace"
    );
    let filled = chosen(&text, None, Some("web"));
    assert_eq!(filled.warnings, []);
    assert_eq!(hpa_spec(&filled.scenario).scale_target.namespace, "web");
}

#[test]
fn a_policy_overrides_its_base_and_its_base_the_manifest() {
    let files = [
        (
            "folder/p.toml",
            "manifest = \"app.yaml\"\nextends = \"base.toml\"\n[deployment]\nreplicas = 5\n",
        ),
        ("folder/app.yaml", APP),
        (
            "folder/base.toml",
            "[hpa]\nmaxReplicas = 20\n[deployment]\nreplicas = 4\n[workload]\ntimeout = \"2s\"\n",
        ),
    ];
    let scenario = loaded(&files, &["hpa.minReplicas=2"]).scenario;
    let spec = hpa_spec(&scenario);
    assert_eq!((spec.min_replicas.0, spec.max_replicas.0), (2, 20));
    assert_eq!(spec.scale_target.to_string(), "Deployment/web/shop");
    assert_eq!(scenario.deployment.replicas, Replicas(5));
    assert_eq!(
        scenario.deployment.containers[0].cpu_request,
        Some(Millicores(200))
    );
    assert_eq!(scenario.workload.timeout, SimSpan::from_secs(2));
}

#[test]
fn a_manifest_may_be_a_base_and_its_keys_may_be_left_out() {
    let text = APP.to_owned() + "  behavior: {scaleDown: {selectPolicy: Disabled}}\n";
    let tuned = loaded(&[("p.yaml", &text)], &[]).scenario;
    assert!(tuned.hpa().expect("one").spec.behavior.is_some());
    for key in ["manifest", "extends"] {
        let policy = format!("{key} = \"app.yaml\"\nremove = [\"hpa.behavior\"]\n");
        let files = [("p.toml", policy.as_str()), ("app.yaml", text.as_str())];
        let spec = hpa_spec(&loaded(&files, &[]).scenario);
        assert!(spec.behavior.is_none(), "{key}");
    }
}

#[test]
fn everything_that_matters_is_taken_and_the_rest_passed_over() {
    let text = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: shop, labels: {a: b}, managedFields: [{manager: kubectl}]}
spec:
  replicas: 2
  minReadySeconds: 10
  podManagementPolicy: Parallel
  template:
    metadata: {labels: {app: shop}}
    spec:
      nodeSelector: {disk: ssd}
      terminationGracePeriodSeconds: 45
      resources: {requests: {cpu: 1, memory: 1Gi, hugepages-2Mi: 4Mi}, limits: {cpu: '2'}}
      initContainers:
      - {name: migrate, resources: {requests: {cpu: 4}}}
      - {name: mesh, image: mesh:1, restartPolicy: Always, resources: {requests: {cpu: 50m}}}
      containers:
      - name: app
        image: shop:1
        command: [serve]
        ports: [{containerPort: 8080, name: http}, {containerPort: 9090}]
        livenessProbe: {httpGet: {path: /, port: http}}
        readinessProbe: {httpGet: {path: /, port: http}, initialDelaySeconds: 5, periodSeconds: 3, successThreshold: 2, failureThreshold: 4, timeoutSeconds: 1}
        startupProbe: {exec: {command: [true]}, failureThreshold: 30, periodSeconds: 2, successThreshold: 1}
        lifecycle: {preStop: {exec: {command: [/bin/sh, -c, sleep 5]}}}
        resources: {requests: {cpu: 0.5, memory: 64Mi, ephemeral-storage: 1Gi}, limits: {memory: 128Mi, nvidia.com/gpu: 1}}
      - name: logs
        lifecycle: {preStop: {sleep: {seconds: 7}}}
        resources: {requests: {cpu: 10m}}
status: {replicas: 2}
";
    let deployment = loaded(&[("p.yaml", text)], &[]).scenario.deployment;
    assert_eq!(deployment.replicas, Replicas(2));
    let names: Vec<(&str, ContainerCourse)> = deployment
        .containers
        .iter()
        .map(|it| (it.name.as_str(), it.course))
        .collect();
    assert_eq!(
        names,
        [
            ("app", ContainerCourse::Regular),
            ("logs", ContainerCourse::Regular),
            ("mesh", ContainerCourse::RestartableInit),
        ]
    );
    let app = &deployment.containers[0];
    assert_eq!(app.cpu_request, Some(Millicores(500)));
    assert_eq!(
        (app.memory_request_bytes, app.memory_limit_bytes),
        (Some(64 << 20), Some(128 << 20))
    );
    assert_eq!(deployment.cpu_limit_of(app), Some(Millicores(2000)));
    assert_eq!(deployment.pod_level.cpu_request, Some(Millicores(1000)));
    assert_eq!(deployment.pod_level.memory_request_bytes, Some(1 << 30));
    let pod = deployment.pod;
    assert_eq!(
        pod.readiness,
        Some(ReadinessProbe {
            initial_delay: SimSpan::from_secs(5),
            period: SimSpan::from_secs(3),
            success_threshold: 2,
        })
    );
    assert_eq!(
        pod.startup,
        Some(StartupProbe {
            initial_delay: SimSpan::ZERO,
            period: SimSpan::from_secs(2),
            failure_threshold: 30,
        })
    );
    assert_eq!(pod.grace_period, SimSpan::from_secs(45));
    assert_eq!(pod.pre_stop, SimSpan::from_secs(7));
}

#[test]
fn a_pod_level_limit_makes_the_request_that_is_not_stated() {
    let pod = |resources: &str, request: &str| {
        let text = format!(
            "[deployment]\ncontainers = [{{ name = \"app\"{request} }}]\n[pod]\nresources = {resources}\n"
        );
        loaded(&[("p.toml", &text)], &[])
            .scenario
            .deployment
            .pod_level
            .cpu_request
    };
    let stated = ", resources = { requests = { cpu = \"300m\" } }";
    assert_eq!(
        pod("{ limits = { cpu = \"1\" } }", ""),
        Some(Millicores(1000))
    );
    assert_eq!(
        pod("{ limits = { cpu = \"1\" } }", stated),
        Some(Millicores(300))
    );
    assert_eq!(
        pod(
            "{ requests = { cpu = \"800m\" }, limits = { cpu = \"1\" } }",
            stated
        ),
        Some(Millicores(800))
    );
    assert_eq!(pod("{ requests = { memory = \"1Gi\" } }", stated), None);
}
