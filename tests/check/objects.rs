//! Rules about the objects around an autoscaler: references, Services, Ingresses, namespaces, Secrets.

use super::*;

#[test]
fn an_object_of_another_namespace() {
    let elsewhere = healthy_but(
        "{name: settings, namespace: prod}",
        "{name: settings, namespace: preprod}",
    );
    insta::assert_snapshot!(found("E0105", &elsewhere), @"
    error[E0105]: the namespace `prod` has no ConfigMap `settings`: the files hold it in another namespace
      --> app.yaml:20:32
       |
    20 |         - configMapRef: {name: settings}
       |                                ^^^^^^^^
       |
       = note: pods can use only objects of their own namespace, and the files hold ConfigMap preprod/settings: the pods are created and never start (CreateContainerConfigError)
       = help: give ConfigMap preprod/settings the namespace `prod`
    ");
}

#[test]
fn an_object_that_no_file_holds() {
    let missing = healthy_but(
        "configMapRef: {name: settings}",
        "configMapRef: {name: setings}",
    );
    insta::assert_snapshot!(found("W0115", &missing), @"
    warning[W0115]: the files hold no ConfigMap `setings`
      --> app.yaml:20:32
       |
    20 |         - configMapRef: {name: setings}
       |                                ^^^^^^^
       |
       = note: unless the namespace `prod` of the cluster has it already, the pods are created and never start
       = help: add it to the files, or correct the name
    ");
}

#[test]
fn every_way_to_refer_is_followed() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - name: i
    env: [{name: A, valueFrom: {configMapKeyRef: {name: c1, key: k}}}]
  containers:
  - name: a
    envFrom: [{configMapRef: {name: c2}}, {secretRef: {name: s1}}]
    env:
    - {name: B, valueFrom: {secretKeyRef: {name: s2, key: k}}}
    - {name: C, valueFrom: {secretKeyRef: {name: s9, key: k, optional: true}}}
  volumes:
  - {name: v1, configMap: {name: c3}}
  - {name: v2, secret: {secretName: s3}}
  - {name: v3, persistentVolumeClaim: {claimName: p1}}
  - {name: v4, projected: {sources: [{configMap: {name: c4}}, {secret: {name: s4}}]}}
";
    let report = report_of(&[("app.yaml", pod)]);
    let named: Vec<String> = report
        .findings
        .iter()
        .map(|finding| finding.diagnostic.message.replace("the files hold no ", ""))
        .collect();
    insta::assert_snapshot!(named.join("\n"), @"
    ConfigMap `c1`
    ConfigMap `c2`
    ConfigMap `c3`
    PersistentVolumeClaim `p1`
    ConfigMap `c4`
    Secret `s1`
    Secret `s2`
    Secret `s3`
    Secret `s4`
    ");
}

#[test]
fn a_secret_that_is_kept_out_of_the_files() {
    let kept = healthy_but("{name: keys, optional: true}", "{name: keys}");
    insta::assert_snapshot!(found("I0104", &kept), @"
    info[I0104]: the files hold no Secret `keys`
      --> app.yaml:21:29
       |
    21 |         - secretRef: {name: keys}
       |                             ^^^^
       |
       = note: this is good practice, if the Secret exists in `prod`; without it the pods are created and never start
       = help: check with `kubectl get secret keys -n prod`
    ");
}

#[test]
fn a_service_that_selects_nothing() {
    let wrong = healthy_but(
        "selector: {app: shop}\n  ports",
        "selector: {app: store}\n  ports",
    );
    insta::assert_snapshot!(found("E0106", &wrong), @"
    error[E0106]: the Service selects no pod: app=store
      --> app.yaml:35:3
       |
    35 |   selector: {app: store}
       |   ^^^^^^^^
       |
       = note: the files hold 1 object with pods, but no pod with these labels: the Service has 0 endpoints, and every connection is refused
       = help: select labels of the pod template; the files hold: Deployment prod/shop (app=shop,tier=web)
    ");
    let elsewhere = healthy_but(
        "kind: Service\nmetadata: {name: shop, namespace: prod}",
        "kind: Service\nmetadata: {name: shop, namespace: web}",
    );
    insta::assert_snapshot!(found("E0106", &elsewhere), @"
    error[E0106]: the Service selects no pod: app=shop
      --> app.yaml:35:3
       |
    35 |   selector: {app: shop}
       |   ^^^^^^^^
       |
       = note: a Service selects only pods of its own namespace `web`, and the pods with these labels belong to Deployment prod/shop: the Service has 0 endpoints, and every connection is refused
       = help: give it the namespace of Deployment prod/shop
    ");
}

#[test]
fn an_ingress_that_names_no_service() {
    let wrong = healthy_but("service: {name: shop,", "service: {name: shop-service,");
    insta::assert_snapshot!(found("E0107", &wrong), @"
    error[E0107]: there is no Service `shop-service` in the namespace `prod`
      --> app.yaml:46:35
       |
    46 |         backend: {service: {name: shop-service, port: {name: http}}}
       |                                   ^^^^^^^^^^^^
       |
       = note: the Ingress has no backend: it answers every request with 503 or 404
       = help: name one of the Services; the files hold: Service prod/shop
    ");
    assert_eq!(found("E0108", &wrong), "", "some Service has the port");
}

#[test]
fn an_ingress_without_any_service_in_the_files_is_left_alone() {
    let ingress = HEALTHY.split("---\n").nth(3).expect("a document");
    assert_eq!(codes(&report_of(&[("app.yaml", ingress)])), [""; 0]);
}

#[test]
fn an_ingress_that_names_no_port_of_the_service() {
    let number = healthy_but("port: {name: http}", "port: {number: 8080}");
    insta::assert_snapshot!(found("E0108", &number), @"
    error[E0108]: the Service `shop` does not have the port 8080
      --> app.yaml:46:56
       |
    46 |         backend: {service: {name: shop, port: {number: 8080}}}
       |                                                        ^^^^
       |
       = note: Service prod/shop has 80: the Ingress answers every request to this backend with 503
       = help: name a `port` of the Service (not its `targetPort`, not a port of the container), or add the port to the Service
    ");
    let name = healthy_but("port: {name: http}", "port: {name: web}");
    assert!(found("E0108", &name).contains("does not have the port `web`"));
    let right = healthy_but("port: {name: http}", "port: {number: 80}");
    assert_eq!(found("E0108", &right), "");
}

#[test]
fn a_selector_that_misses_its_own_pods() {
    let wrong = healthy_but(
        "matchLabels: {app: shop}",
        "matchLabels: {app: shop, tier: api}",
    );
    insta::assert_snapshot!(found("E0109", &wrong), @"
    error[E0109]: the selector app=shop,tier=api does not match the labels of its own pods
     --> app.yaml:6:18
      |
    6 |     matchLabels: {app: shop, tier: api}
      |                  ^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: its pods have the labels app=shop,tier=web; the API server refuses the object, so there are no pods
      = help: write the same labels into `spec.selector` and `spec.template.metadata.labels`
    ");
}

#[test]
fn objects_in_two_namespaces() {
    let mixed = healthy_but(
        "kind: Ingress\nmetadata: {name: shop, namespace: prod}",
        "kind: Ingress\nmetadata: {name: shop}",
    );
    insta::assert_snapshot!(found("W0116", &mixed), @"
    warning[W0116]: 1 of 5 objects state no namespace; the others are in `prod`
      --> app.yaml:40:18
       |
    40 | metadata: {name: shop}
       |                  ^^^^
       |
       = note: `kubectl apply` puts objects without a namespace into `default`: Ingress shop
       = help: write `namespace` into all of them, or into none and apply with `-n` (for hpasim: `--namespace`)
    ");
}

#[test]
fn a_secret_in_the_file_is_named_and_never_shown() {
    let secret = format!(
        "{HEALTHY}---\n{{apiVersion: v1, kind: Secret, metadata: {{name: keys, namespace: prod}}, data: {{A: c2VjcmV0LXZhbHVl, B: eA==}}, stringData: {{C: hush-hush}}}}\n"
    );
    insta::assert_snapshot!(found("W0117", &secret), @"
    warning[W0117]: the file holds 2 values of a Secret in base64, which is not encryption
      --> app.yaml:59:73
       |
      ::: 
    59 | {apiVersion: v1, kind: Secret, metadata: {name: keys, namespace: prod}, data: <hidden>, stringData: <hidden>
       |                                                                         ^^^^
       |
       = note: anyone who can read the file, its repository or the history of the repository has the values, even after their deletion from the file
       = note: `<hidden>` replaces text that may be secret
       = help: change the values, remove them from the file, and create the Secret with `kubectl create secret`, Sealed Secrets or External Secrets

    warning[W0117]: the file holds 1 value of a Secret in clear text
      --> app.yaml:59:111
       |
      ::: 
    59 | {apiVersion: v1, kind: Secret, metadata: {name: keys, namespace: prod}, data: <hidden>, stringData: <hidden>
       |                                                                                         ^^^^^^^^^^
       |
       = note: anyone who can read the file, its repository or the history of the repository has the values, even after their deletion from the file
       = note: `<hidden>` replaces text that may be secret
       = help: change the values, remove them from the file, and create the Secret with `kubectl create secret`, Sealed Secrets or External Secrets
    ");
    let report = report_of(&[("app.yaml", &secret)]);
    let everything = format!("{report:?}");
    for value in ["c2VjcmV0LXZhbHVl", "eA==", "hush-hush"] {
        assert!(!everything.contains(value), "`{value}` is shown");
    }
}

#[test]
fn a_metrics_server_that_would_not_start() {
    let server = "\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        args: [--cert-dir=/tmp, --metric-resolution=30]
";
    insta::assert_snapshot!(found("E0010", &format!("{HEALTHY}{server}")), @"
    error[E0010]: `--metric-resolution` of metrics-server is not a duration, so metrics-server would not start
      --> app.yaml:68:33
       |
      ::: 
    68 |         args: <hidden>--metric-resolution=30<hidden>
       |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: `<hidden>` replaces text that may be secret
       = help: write a number and its unit, such as `--metric-resolution=15s`
    ");
    // A sound one is a part of the cluster: nothing is said about its pods or its namespace.
    let without_namespace = HEALTHY.replace(", namespace: prod", "");
    let sound = server.replace("=30]", "=30s]");
    for healthy in [HEALTHY, &without_namespace] {
        let both = format!("{healthy}{sound}");
        let codes = |text: &str| -> Vec<&str> {
            let report = report_of(&[("app.yaml", text)]);
            let findings = report.findings.iter();
            findings.map(|it| it.diagnostic.code.number()).collect()
        };
        assert_eq!(codes(&both), codes(healthy));
    }
}
