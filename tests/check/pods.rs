//! Rules about the start and the end of pods.

use super::*;

const PROBE: &str = "        readinessProbe: {initialDelaySeconds: 5, periodSeconds: 5}\n";
const PRE_STOP: &str = "        lifecycle: {preStop: {exec: {command: [sleep, \"5\"]}}}\n";

const POLICY: &str = "\
[hpa]
maxReplicas = 10
targetCPUUtilizationPercentage = 50

[[deployment.containers]]
name = \"app\"
resources = { requests = { cpu = \"100m\" } }

[pod]
init = \"3s\"
pre_stop = \"5s\"
";

#[test]
fn no_readiness_probe() {
    insta::assert_snapshot!(found("W0111", &healthy_but(PROBE, "")), @"
    warning[W0111]: no readiness probe: a pod gets requests as soon as its container runs
      --> app.yaml:13:9
       |
    13 |       - name: app
       |         ^^^^^^^^^
       |
       = note: until its program serves, every request to a new pod fails: with 1 new pod beside 4, that is 20% of all requests; the autoscaler also counts the CPU of its startup as load
       = help: add a `readinessProbe` to the container (in a policy: `[pod] readiness`)
    ");
    insta::assert_snapshot!(found_in_policy("W0111", POLICY), @"
    warning[W0111]: no readiness probe: a pod gets requests as soon as its container runs
     --> p.toml:5:14
      |
    5 | [[deployment.containers]]
      |              ^^^^^^^^^^
      |
      = note: for 3s (`pod.init`) every request to a new pod fails: with 1 new pod beside 4, that is 20% of all requests; the autoscaler also counts the CPU of its startup as load
      = help: add a `readinessProbe` to the container (in a policy: `[pod] readiness`)
    ");
    let at_once = POLICY.replace("\"3s\"", "\"0s\"");
    assert_eq!(found_in_policy("W0111", &at_once), "");
}

#[test]
fn a_probe_of_any_container_is_a_probe() {
    let second = healthy_but(PROBE, "").replace(
        "      volumes:",
        "      - name: proxy\n        resources: {requests: {cpu: 10m}}\n        readinessProbe: {periodSeconds: 5}\n      volumes:",
    );
    assert_eq!(found("W0111", &second), "");
}

#[test]
fn a_readiness_probe_that_comes_late() {
    let late = healthy_but("initialDelaySeconds: 5", "initialDelaySeconds: 90");
    insta::assert_snapshot!(found("W0112", &late), @"
    warning[W0112]: a new pod is Ready no sooner than 1m30s after its start
      --> app.yaml:17:25
       |
    17 |         readinessProbe: {initialDelaySeconds: 90, periodSeconds: 5}
       |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: a program that can serve at once waits too: that is 6 syncs of 15s
       = help: shorten `initialDelaySeconds` and `periodSeconds`; a `startupProbe` waits for slow starts and does not delay fast ones
    ");
    let policy = format!("{POLICY}readiness = {{ initial_delay = \"20s\" }}\n");
    insta::assert_snapshot!(found_in_policy("W0112", &policy), @r#"
    warning[W0112]: a new pod is Ready no sooner than 20s after its start
      --> p.toml:12:1
       |
    12 | readiness = { initial_delay = "20s" }
       | ^^^^^^^^^
       |
       = note: it can serve after 3s (`pod.init`): each new pod stays idle for 17s while the others are overloaded
       = help: shorten `initialDelaySeconds` and `periodSeconds`; a `startupProbe` waits for slow starts and does not delay fast ones
    "#);
}

#[test]
fn the_cpu_of_a_start_that_counts_as_load() {
    let burst = format!(
        "{POLICY}readiness = {{ period = \"5s\" }}\nstartup_cpu = {{ cpu = \"400m\", duration = \"30s\" }}\n"
    );
    insta::assert_snapshot!(found_in_policy("W0113", &burst), @r#"
    warning[W0113]: for 27s of each startup the CPU counts as load
      --> p.toml:13:1
       |
    13 | startup_cpu = { cpu = "400m", duration = "30s" }
       | ^^^^^^^^^^^
       |
       = note: a pod is Ready after 3s, and its startup uses 400% of the request until 30s: with a target of 50%, each new pod makes the autoscaler add pods, even within the initialization period of 5m
       = help: make the readiness probe pass no sooner than 30s after the start
    "#);
    let small = burst.replace("400m", "40m");
    assert_eq!(found_in_policy("W0113", &small), "");
}

#[test]
fn a_pre_stop_hook_that_uses_up_the_grace_period() {
    let long = healthy_but("[sleep, \"5\"]", "[sleep, \"30\"]");
    insta::assert_snapshot!(found("W0114", &long), @"
    warning[W0114]: the preStop hook of 30s uses up the grace period of 30s
      --> app.yaml:18:30
       |
      ::: 
    18 |         lifecycle: {preStop: {exec: {command: <hidden>}}}
       |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: the grace period includes the hook: the program gets SIGTERM when the grace period is over, and is killed 2s later with its open requests
       = note: `<hidden>` replaces text that may be secret
       = help: raise `terminationGracePeriodSeconds` to 30 plus the time that open requests take
    ");
    let shorter = healthy_but("[sleep, \"5\"]", "[sleep, \"29\"]");
    assert_eq!(found("W0114", &shorter), "");
}

#[test]
fn no_pre_stop_hook() {
    insta::assert_snapshot!(found("I0103", &healthy_but(PRE_STOP, "")), @"
    info[I0103]: no preStop hook: a pod gets SIGTERM while requests still arrive
      --> app.yaml:13:9
       |
    13 |       - name: app
       |         ^^^^^^^^^
       |
       = note: the proxies stop sending about 1s later; a program that ends at once refuses the requests until then, in each of up to 18 pods that scaling down removes
       = help: add `lifecycle: {preStop: {sleep: {seconds: 5}}}`, or make the program serve for a few seconds after SIGTERM
    ");
    let unreadable = healthy_but("[sleep, \"5\"]", "[/drain.sh]");
    assert_eq!(found("I0103", &unreadable), "", "a hook is a hook");
}

#[test]
fn features_that_older_releases_drop() {
    let newer = healthy_but("exec: {command: [sleep, \"5\"]}", "sleep: {seconds: 5}").replace(
        "      containers:\n",
        "      initContainers:\n      - {name: proxy, restartPolicy: Always, resources: {requests: {cpu: 10m}}}\n      resources: {requests: {cpu: 200m}}\n      containers:\n",
    );
    insta::assert_snapshot!(found("I0102", &newer), @r#"
    info[I0102]: an init container with `restartPolicy: Always` works by default since Kubernetes 1.29
      --> app.yaml:13:38
       |
    13 |       - {name: proxy, restartPolicy: Always, resources: {requests: {cpu: 10m}}}
       |                                      ^^^^^^
       |
       = note: in older releases the container is an ordinary init container, and the pod waits forever for its end
       = help: check `kubectl version`, and state the release, as `[controller] kubernetes = "1.34"`

    info[I0102]: `resources` of the whole pod works by default since Kubernetes 1.34
      --> app.yaml:14:18
       |
    14 |       resources: {requests: {cpu: 200m}}
       |                  ^^^^^^^^^^^^^^^^^^^^^^^
       |
       = note: in older releases the API server drops the field, and the requests of the containers count
       = help: check `kubectl version`, and state the release, as `[controller] kubernetes = "1.34"`

    info[I0102]: a preStop hook `sleep` works by default since Kubernetes 1.30
      --> app.yaml:21:38
       |
    21 |         lifecycle: {preStop: {sleep: {seconds: 5}}}
       |                                      ^^^^^^^^^^^^
       |
       = note: in older releases the API server drops the hook, and the pod ends without the pause
       = help: check `kubectl version`, and state the release, as `[controller] kubernetes = "1.34"`
    "#);
}

#[test]
fn a_workload_without_an_autoscaler() {
    let alone = HEALTHY.split("---\n").next().expect("a document");
    insta::assert_snapshot!(found("I0106", alone), @"
    info[I0106]: no autoscaler in the files scales this workload: it has 1 pod whatever the load
     --> app.yaml:3:18
      |
    3 | metadata: {name: shop, namespace: prod}
      |                  ^^^^
      |
      = note: its only pod serves all requests; while that pod restarts or moves, requests fail
      = help: add a HorizontalPodAutoscaler, or name its file too
    ");
    let worker = alone.replace("        ports: [{containerPort: 8080}]\n", "");
    assert_eq!(
        found("I0106", &worker),
        "",
        "a pod without a port serves no requests"
    );
}
