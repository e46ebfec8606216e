//! A metrics-server among the objects of a manifest sets the scrape interval.

use super::*;

/// The Deployment of the project's `components.yaml`, with its other objects left out.
const UPSTREAM: &str = "\
apiVersion: v1
kind: ServiceAccount
metadata:
  labels:
    k8s-app: metrics-server
  name: metrics-server
  namespace: kube-system
---
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    k8s-app: metrics-server
  name: metrics-server
  namespace: kube-system
spec:
  selector:
    matchLabels:
      k8s-app: metrics-server
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    metadata:
      labels:
        k8s-app: metrics-server
    spec:
      containers:
      - args:
        - --cert-dir=/tmp
        - --secure-port=10250
        - --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
        - --kubelet-use-node-status-port
        - --metric-resolution=15s
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        imagePullPolicy: IfNotPresent
        name: metrics-server
        ports:
        - containerPort: 10250
          name: https
          protocol: TCP
        resources:
          requests:
            cpu: 100m
            memory: 200Mi
      nodeSelector:
        kubernetes.io/os: linux
      serviceAccountName: metrics-server
";

const SHOP: &str = "\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: 200m}}
";

const HPA: &str = "\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 7
";

/// The scrape interval of the shop with this metrics-server.
fn interval_with(server: &str) -> SimSpan {
    let manifest = format!("{server}{SHOP}{HPA}");
    let scenario = loaded(&[("app.yaml", &manifest)], &[]).scenario;
    assert_eq!(scenario.deployment.replicas, Replicas(3));
    assert_eq!(scenario.deployment.containers[0].name, "app");
    scenario.metrics.scrape_interval
}

#[test]
fn the_flag_is_read_in_every_form_that_manifests_have() {
    let flag = "        - --metric-resolution=15s\n";
    let written = |args: &str| UPSTREAM.replace(flag, args);
    let minikube = UPSTREAM.replace(
        "      - args:\n",
        "      - command:\n        - /metrics-server\n",
    );
    // The chart puts the flags of its values behind its own defaults.
    let chart = written("        - --metric-resolution=15s\n        - --metric-resolution=20s\n")
        .replace(
            "k8s-app: metrics-server",
            "app.kubernetes.io/name: metrics-server\n    helm.sh/chart: metrics-server-3.13.0",
        );
    let shell = UPSTREAM.replace(
        "      - args:\n",
        "      - command: [/bin/sh, -c, \"exec /metrics-server --metric-resolution=40s\"]\n        args:\n",
    )
    .replace(flag, "");
    for (name, manifest, seconds) in [
        ("upstream", UPSTREAM.to_owned(), 15),
        ("command", minikube.replace("=15s", "=60s"), 60),
        ("chart", chart, 20),
        (
            "two items",
            written("        - --metric-resolution\n        - 30s\n"),
            30,
        ),
        (
            "a variable",
            written(
                "        - --metric-resolution=$(RES)\n        env: [{name: RES, value: 25s}]\n",
            ),
            25,
        ),
        (
            "a variable of a shell",
            shell.replace("=40s", "=${RES}").replace(
                "        args:\n",
                "        env: [{name: RES, value: 35s}]\n        args:\n",
            ),
            35,
        ),
        (
            "minutes",
            written("        - --metric-resolution=1m30s\n"),
            90,
        ),
        ("shell", shell, 40),
        ("no flag", written(""), 60),
        (
            "a similar flag",
            written("        - --metric-resolution-of=30s\n"),
            60,
        ),
    ] {
        assert_eq!(
            interval_with(&manifest),
            SimSpan::from_secs(seconds),
            "{name}"
        );
    }
}

#[test]
fn metrics_server_is_known_by_its_image_or_by_name_and_label() {
    let image = "registry.k8s.io/metrics-server/metrics-server:v0.8.0";
    let renamed = |name: &str, image_now: &str, label: &str| {
        UPSTREAM
            .replace(
                "name: metrics-server\n  namespace",
                &format!("name: {name}\n  namespace"),
            )
            .replace(image, image_now)
            .replace("k8s-app: metrics-server", &format!("k8s-app: {label}"))
            .replace("=15s", "=33s")
    };
    let known = |name: &str, image_now: &str, label: &str| {
        interval_with(&renamed(name, image_now, label)) == SimSpan::from_secs(33)
    };
    assert!(known("ms", image, "ms"));
    assert!(known("ms", "rancher/mirrored-metrics-server:v0.7.2", "ms"));
    assert!(known(
        "ms",
        "registry.local:5000/metrics-server@sha256:abc",
        "ms"
    ));
    assert!(known(
        "metrics-server",
        "example.org/own:1",
        "metrics-server"
    ));
    assert!(!known("metrics-server", "example.org/own:1", "own"));
    assert!(!known("ms", "example.org/own:1", "metrics-server"));
    assert!(!known("ms", "example.org/metrics-server-exporter:1", "ms"));
}

#[test]
fn a_key_of_the_policy_comes_first_and_the_result_says_where_the_interval_is_from() {
    let app = format!("{}{SHOP}{HPA}", UPSTREAM.replace("=15s", "=30s"));
    let of = |policy: &str, set: &[&str]| {
        let scenario = loaded(&[("p.toml", policy), ("app.yaml", &app)], set).scenario;
        let found = scenario
            .assumptions
            .iter()
            .find(|it| it.key == "metrics.scrape_interval")
            .map(|it| (it.value.clone(), it.found_in.clone().unwrap_or_default()));
        (scenario.metrics.scrape_interval, found)
    };
    let from_manifest = (
        SimSpan::from_secs(30),
        Some((
            "\"30s\"".to_owned(),
            "metrics-server in app.yaml".to_owned(),
        )),
    );
    assert_eq!(of("manifest = \"app.yaml\"\n", &[]), from_manifest);
    let aks = "manifest = \"app.yaml\"\ncluster = \"aks\"\n";
    assert_eq!(of(aks, &[]), from_manifest);
    let twenty = (SimSpan::from_secs(20), None);
    let stated = "manifest = \"app.yaml\"\n[metrics]\nscrape_interval = \"20s\"\n";
    assert_eq!(of(stated, &[]), twenty);
    let set = ["metrics.scrape_interval=20s"];
    assert_eq!(of("manifest = \"app.yaml\"\n", &set), twenty);
}

#[test]
fn metrics_server_is_not_the_fixed_deployment() {
    let manifest = format!("{UPSTREAM}{SHOP}");
    let loaded = loaded(&[("app.yaml", &manifest)], &[]);
    assert!(loaded.scenario.scaler.is_none());
    assert_eq!(loaded.scenario.deployment.containers[0].name, "app");
    let files = &mut Files::of(&[("app.yaml", UPSTREAM)]);
    let faults = load(request("app.yaml", "t.csv", &[]), files).expect_err("nothing to scale");
    assert_eq!(
        faults.list[0].message,
        "the manifest has neither a HorizontalPodAutoscaler nor a Deployment, apart from metrics-server"
    );
}

#[test]
fn the_simulated_application_is_no_metrics_server_whatever_its_image() {
    let own = SHOP.replace(
        "- name: app",
        "- name: app\n        image: acme/metrics-server:2",
    );
    let manifest = format!("{own}{HPA}");
    let scenario = loaded(&[("app.yaml", &manifest)], &[]).scenario;
    assert_eq!(scenario.metrics.scrape_interval, SimSpan::from_secs(15));
}

#[test]
fn an_interval_of_the_policy_makes_a_flag_that_cannot_be_read_irrelevant() {
    let app = format!("{}{SHOP}{HPA}", UPSTREAM.replace("=15s", "=soon"));
    let of = |policy: &str| {
        let files = [("p.toml", policy), ("app.yaml", &*app)];
        load(request("p.toml", "t.csv", &[]), &mut Files::of(&files))
    };
    assert!(of("manifest = \"app.yaml\"\n").is_err());
    let stated = of("manifest = \"app.yaml\"\n[metrics]\nscrape_interval = \"20s\"\n");
    let scenario = stated.unwrap_or_else(|faults| panic!("{faults}")).scenario;
    assert_eq!(scenario.metrics.scrape_interval, SimSpan::from_secs(20));
}
