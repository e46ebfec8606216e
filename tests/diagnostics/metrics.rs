//! `[metrics]`: the path of custom metrics, and metrics-server in a manifest.

use super::*;

/// An autoscaler by requests per second and by the column `queue`.
const BY_REQUESTS_AND_QUEUE: &str = "\
[hpa]
maxReplicas = 9

[[hpa.metrics]]
type = \"Pods\"
pods = { metric = { name = \"requests_per_second\" }, target = { type = \"AverageValue\", averageValue = 5 } }

[[hpa.metrics]]
type = \"External\"
external = { metric = { name = \"queue\" }, target = { type = \"AverageValue\", averageValue = 5 } }

";

fn about_custom(custom: &str) -> String {
    about_files(
        MemoryLoader::default()
            .with(
                "p.toml",
                format!("{BY_REQUESTS_AND_QUEUE}[metrics.custom]\n{custom}"),
            )
            .with("t.csv", "time_s,rps,queue\n0,4,1\n60,4,1\n"),
    )
}

#[test]
fn a_window_too_short_for_two_samples() {
    insta::assert_snapshot!(about_custom("interval = \"30s\"\nwindow = \"45s\"\n"), @r#"
    error[E0012]: `metrics.custom.window` is 45s, and with a scrape every 30s some queries would find fewer than two samples: a rate needs two
      --> p.toml:14:1
       |
    14 | window = "45s"
       | ^^^^^^
       |
       = help: write window = "1m" or more, or "0s" for no range
    "#);
    assert_eq!(
        about_custom("interval = \"30s\"\nwindow = \"1m\"\nlag = \"10s\"\n"),
        ""
    );
    assert_eq!(about_custom("interval = \"30s\"\nwindow = \"0s\"\n"), "");
}

#[test]
fn custom_values_out_of_range() {
    insta::assert_snapshot!(
        about_custom("interval = \"100ms\"\nwindow = \"2h\"\nlag = \"61m\"\ngauges = [7]\nscrape = 1\n"),
        @r#"
    error[E0012]: `metrics.custom.interval` is 100ms
      --> p.toml:13:12
       |
    13 | interval = "100ms"
       |            ^^^^^^^
       |
       = help: write "1s" or more

    error[E0012]: `metrics.custom.window` is 2h
      --> p.toml:14:10
       |
    14 | window = "2h"
       |          ^^^^
       |
       = help: write "1h" or less

    error[E0012]: `metrics.custom.lag` is 1h1m
      --> p.toml:15:7
       |
    15 | lag = "61m"
       |       ^^^^^
       |
       = help: write "1h" or less

    error[E0008]: `metrics.custom.gauges` must be a string, and this is an integer
      --> p.toml:16:11
       |
    16 | gauges = [7]
       |           ^
       |
       = help: put it in quotes: "7"

    error[E0007]: unknown key `scrape` in `metrics.custom`
      --> p.toml:17:1
       |
    17 | scrape = 1
       | ^^^^^^
       |
       = help: the keys here are: interval, window, lag, gauges
    "#,
    );
    insta::assert_snapshot!(about_policy("[metrics]\ncustom = \"prometheus\"\n"), @r#"
    error[E0009]: `metrics.custom` does not accept "prometheus"
     --> p.toml:2:10
      |
    2 | custom = "prometheus"
      |          ^^^^^^^^^^^^
      |
      = help: write "metrics_server"
    "#);
}

#[test]
fn a_gauge_is_named_by_its_column_or_by_its_name_alone() {
    let metric = |topic: &str| {
        format!(
            "[[hpa.metrics]]\ntype = \"External\"\nexternal = {{ metric = {{ name = \"queue\", selector = {{ matchLabels = {{ topic = \"{topic}\" }} }} }}, target = {{ type = \"AverageValue\", averageValue = 5 }} }}\n\n"
        )
    };
    let about = |gauges: &str| {
        let policy = format!(
            "[hpa]\nmaxReplicas = 9\n\n{}{}[metrics.custom]\ngauges = [{gauges}]\n",
            metric("orders"),
            metric("mails")
        );
        about_files(MemoryLoader::default().with("p.toml", policy).with(
            "t.csv",
            "time_s,rps,queue{topic=orders},queue{topic=mails}\n0,4,1,1\n60,4,1,1\n",
        ))
    };
    assert_eq!(about("\"queue{topic=orders}\", \"queue{topic=mails}\""), "");
    assert_eq!(about("\"queue\""), "");
    let unknown = about("\"queue{topic=order}\"");
    assert!(
        unknown.contains("did you mean `queue{topic=orders}`?"),
        "{unknown}"
    );
}

#[test]
fn custom_keys_that_no_metric_obeys() {
    insta::assert_snapshot!(about_custom("gauges = [\"queu\", \"requests_per_second\", \"queue\"]\n"), @r#"
    warning[W0002]: `metrics.custom.gauges` names `queu`, and no metric of the autoscaler is that column of the trace
      --> p.toml:13:11
       |
    13 | gauges = ["queu", "requests_per_second", "queue"]
       |           ^^^^^^
       |
       = help: did you mean `queue`?

    warning[W0002]: `metrics.custom.gauges` names `requests_per_second`, and no metric of the autoscaler is that column of the trace
      --> p.toml:13:19
       |
    13 | gauges = ["queu", "requests_per_second", "queue"]
       |                   ^^^^^^^^^^^^^^^^^^^^^
       |
       = help: delete the name
    "#);
    let gauges_only = BY_REQUESTS_AND_QUEUE.replace("requests_per_second", "in_flight");
    let policy = format!("{gauges_only}[metrics.custom]\nwindow = \"1m\"\ngauges = [\"queue\"]\n");
    let files = MemoryLoader::default()
        .with("p.toml", policy)
        .with("t.csv", "time_s,rps,queue\n0,4,1\n60,4,1\n");
    insta::assert_snapshot!(about_files(files), @r#"
    warning[W0002]: `metrics.custom.window` has no effect: the autoscaler has no Pods, Object or External metric that is a rate or a mean
      --> p.toml:13:10
       |
    13 | window = "1m"
       |          ^^^^
       |
       = help: delete the line
    "#);
}

const APP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: 200m}}
        readinessProbe: {periodSeconds: 5}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 7
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: metrics-server
  namespace: kube-system
spec:
  template:
    spec:
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        args:
        - --cert-dir=/tmp
        - --metric-resolution=15s
";

fn about_resolution(written: &str) -> String {
    let manifest = APP.replace("--metric-resolution=15s", written);
    let mut files = MemoryLoader::default().with("app.yaml", manifest);
    add_where_missing(&mut files, "t.csv", TRACE);
    let request = LoadRequest::new(Path::new("app.yaml"), Path::new("t.csv"));
    match load(request, &mut files) {
        Ok(loaded) => render_diagnostics(
            &Diagnostics {
                list: loaded.warnings,
                ..Diagnostics::default()
            },
            Colour::Plain,
        ),
        Err(faults) => render_diagnostics(&faults, Colour::Plain),
    }
}

#[test]
fn a_resolution_that_metrics_server_refuses() {
    insta::assert_snapshot!(about_resolution("--metric-resolution=15"), @"
    error[E0010]: `--metric-resolution` of metrics-server is not a duration, so metrics-server would not start
      --> app.yaml:32:11
       |
      ::: 
    32 | <hidden>--metric-resolution=15
       |         ^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: `<hidden>` replaces text that may be secret
       = help: write a number and its unit, such as `--metric-resolution=15s`
    ");
    insta::assert_snapshot!(about_resolution("--metric-resolution=5s"), @"
    error[E0012]: `--metric-resolution` of metrics-server is 5s, and metrics-server requires 10s or more
      --> app.yaml:32:11
       |
      ::: 
    32 | <hidden>--metric-resolution=5s
       |         ^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: `<hidden>` replaces text that may be secret
       = help: write a value from 10s to 1h, such as `--metric-resolution=15s`
    ");
    insta::assert_snapshot!(about_resolution("--metric-resolution"), @"
    error[E0010]: `--metric-resolution` of metrics-server is not a duration, so metrics-server would not start
      --> app.yaml:32:11
       |
      ::: 
    32 | <hidden>--metric-resolution
       |         ^^^^^^^^^^^^^^^^^^^
       |
       = note: `<hidden>` replaces text that may be secret
       = help: write a number and its unit, such as `--metric-resolution=15s`
    ");
    // The other words of a shell's line are not shown.
    insta::assert_snapshot!(about_resolution("/metrics-server --token=hush --metric-resolution=9"), @"
    error[E0010]: `--metric-resolution` of metrics-server is not a duration, so metrics-server would not start
      --> app.yaml:28:15
       |
    28 |       - name: metrics-server
       |               ^^^^^^^^^^^^^^
       |
       = help: write a number and its unit, such as `--metric-resolution=15s`
    ");
    assert_eq!(about_resolution("--metric-resolution=1m0s"), "");
}

#[test]
fn a_form_of_the_flag_that_metrics_server_does_not_know() {
    insta::assert_snapshot!(about_resolution("-metric-resolution=30s"), @"
    error[E0010]: metrics-server does not know this form of `--metric-resolution`, so metrics-server would not start
      --> app.yaml:32:11
       |
      ::: 
    32 | <hidden>-metric-resolution=30s
       |         ^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: `<hidden>` replaces text that may be secret
       = help: write two hyphens and an equals sign in one item, such as `--metric-resolution=15s`
    ");
    insta::assert_snapshot!(about_resolution("\"--metric-resolution 30s\""), @"
    error[E0010]: metrics-server does not know this form of `--metric-resolution`, so metrics-server would not start
      --> app.yaml:28:15
       |
    28 |       - name: metrics-server
       |               ^^^^^^^^^^^^^^
       |
       = help: write two hyphens and an equals sign in one item, such as `--metric-resolution=15s`
    ");
}

#[test]
fn an_argument_in_the_place_of_the_interval_is_not_shown() {
    for arguments in [
        "--metric-resolution\n        - --token=hush",
        "--metric-resolution=abc;TOKEN=hush",
        "--metric-resolution\n        - hush",
    ] {
        let text = about_resolution(arguments);
        assert!(text.starts_with("error[E0010]"), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }
}

#[test]
fn an_interval_that_only_the_cluster_knows() {
    insta::assert_snapshot!(about_resolution("--metric-resolution=$(RES)"), @"
    warning[W0002]: the scrape interval of metrics-server is unknown, and the default is used: the container's `env` has no value for the variable in `--metric-resolution`
      --> app.yaml:28:15
       |
    28 |       - name: metrics-server
       |               ^^^^^^^^^^^^^^
       |
       = help: write the value into `--metric-resolution`, or metrics.scrape_interval into a policy
    ");
    let known =
        about_resolution("--metric-resolution=$(RES)\n        env: [{name: RES, value: 20s}]");
    assert_eq!(known, "");
    let bad = about_resolution("--metric-resolution=$(RES)\n        env: [{name: RES, value: 2s}]");
    assert!(bad.starts_with("error[E0012]"), "{bad}");
}

#[test]
fn of_two_metrics_servers_the_last_one_counts_unless_the_policy_states_the_interval() {
    let (shop, server) = APP.rsplit_once("---\n").expect("two objects");
    let manifest = format!("{shop}---\n{server}---\n{server}");
    let about = |policy: &str| {
        let mut files = MemoryLoader::default()
            .with("app.yaml", manifest.clone())
            .with("p.toml", format!("manifest = \"app.yaml\"\n{policy}"));
        add_where_missing(&mut files, "t.csv", TRACE);
        let request = LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"));
        let list = load(request, &mut files).expect("loads").warnings;
        render_diagnostics(
            &Diagnostics {
                list,
                ..Diagnostics::default()
            },
            Colour::Plain,
        )
    };
    insta::assert_snapshot!(about(""), @"
    warning[W0002]: the manifest has 2 metrics-servers, and only this last one counts
      --> app.yaml:37:9
       |
    37 |   name: metrics-server
       |         ^^^^^^^^^^^^^^
       |
       = help: delete the others, or write metrics.scrape_interval into a policy
    ");
    assert_eq!(about("[metrics]\nscrape_interval = \"20s\"\n"), "");
}

#[test]
fn pod_level_requests_that_the_autoscaler_of_the_release_ignores() {
    let about = |release: &str| {
        let policy = format!(
            "{POLICY}[controller]\nkubernetes = \"{release}\"\n[pod]\nresources.requests.cpu = \"500m\"\n"
        );
        text_about(
            MemoryLoader::default().with("p.toml", policy),
            &[],
            None,
            None,
        )
    };
    insta::assert_snapshot!(about("1.32"), @r#"
    warning[W0002]: the autoscaler of Kubernetes 1.32 ignores the requests in `pod.resources`: it adds up those of the containers
     --> p.toml:6:1
      |
    6 | resources.requests.cpu = "500m"
      | ^^^^^^^^^
      |
      = help: give the containers requests, or set kubernetes = "1.34" or newer
    "#);
    assert_eq!(about("1.34"), "");
}
