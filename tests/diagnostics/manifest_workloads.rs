//! Manifests: probes, containers, replicas and memory of the scaled workload.

use hpasim::scenario::ManifestChoice;

use super::manifest::{DEPLOYMENT, HPA, about_files, about_manifest};
use super::{MemoryLoader, about_policy};

#[test]
fn what_fails_in_a_cluster_is_simulated_as_it_fails() {
    let text = format!(
        "{DEPLOYMENT}{HPA}  metrics:\n  - {{type: ContainerResource, containerResource: {{name: cpu, container: web, target: {{type: Utilization, averageUtilization: 50}}}}}}\n  - {{type: Resource, resource: {{name: memory, target: {{type: Utilization, averageUtilization: 50}}}}}}\n"
    );
    insta::assert_snapshot!(about_manifest(text), @"
    warning[W0009]: container `app` requests no memory, and the autoscaler has a utilization target for memory
     --> app.yaml:8:9
      |
    8 |       - name: app
      |         ^^^^^^^^^
      |
      = help: add resources.requests.memory: utilization is usage divided by request

    warning[W0009]: the pod has no container `web`
      --> app.yaml:18:73
       |
    18 |   - {type: ContainerResource, containerResource: {name: cpu, container: web, target: {type: Utilization, averageUtilization: 50}}}
       |                                                                         ^^^
       |
       = help: its containers are: app

    warning[W0013]: the autoscaler scales on memory, and nothing states the memory of a pod: `workload.memory_base` is its default of 32Mi
      --> app.yaml:19:39
       |
    19 |   - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 50}}}
       |                                       ^^^^^^
       |
       = help: state `workload.memory_base`, which `kubectl top pod` shows of an idle pod, and `workload.memory_per_request`, which each request in the pod adds; or add the autoscaler's status, as `kubectl get hpa -o yaml` prints it
    ");
}

#[test]
fn probes_and_resources_out_of_range() {
    let probes = DEPLOYMENT.replace("      - name: app\n", "      - name: app\n        readinessProbe: {initialDelaySeconds: -5, periodSeconds: 2.5}\n        startupProbe: {failureThreshold: none}\n");
    insta::assert_snapshot!(about_manifest(probes), @r#"
    error[E0010]: `pod.readiness.initial_delay`: `-5s` is not a duration
     --> app.yaml:9:47
      |
    9 |         readinessProbe: {initialDelaySeconds: -5, periodSeconds: 2.5}
      |                                               ^^
      |
      = help: a duration is not negative; write "5s"

    error[E0010]: `pod.readiness.period`: 2.5 has no unit, and a duration needs one
     --> app.yaml:9:66
      |
    9 |         readinessProbe: {initialDelaySeconds: -5, periodSeconds: 2.5}
      |                                                                  ^^^
      |
      = help: write "2.5s"

    error[E0008]: `pod.startup.failure_threshold` must be an integer, and this is a string
      --> app.yaml:10:42
       |
    10 |         startupProbe: {failureThreshold: none}
       |                                          ^^^^
       |
       = help: write an integer
    "#);
    insta::assert_snapshot!(about_policy("[deployment]\ncontainers = [{ name = \"app\", restartable_init = true }]\n[pod]\nresources = { requests = { cpu = \"2\" }, limits = { cpu = \"1\" } }\n"), @r#"
    error[E0014]: the first container serves the requests, so it cannot be an init container
     --> p.toml:2:31
      |
    2 | containers = [{ name = "app", restartable_init = true }]
      |                               ^^^^^^^^^^^^^^^^
      |
      = help: put the container that serves first

    error[E0019]: the cpu limit of the pod is below its request
     --> p.toml:4:52
      |
    4 | resources = { requests = { cpu = "2" }, limits = { cpu = "1" } }
      |                                                    ^^^
      |
      = help: raise the limit to the request or above; otherwise the API server refuses the pod
    "#);
    insta::assert_snapshot!(about_policy("[pod]\nresources = { limits = { cpu = 0 } }\nreadiness = { success_threshold = 0 }\n"), @"
    error[E0019]: the cpu limit of the pod is below its request
     --> p.toml:2:26
      |
    2 | resources = { limits = { cpu = 0 } }
      |                          ^^^
      |
      = help: raise the limit to the request or above; otherwise the API server refuses the pod

    error[E0012]: the cpu limit of the pod is 0
     --> p.toml:2:26
      |
    2 | resources = { limits = { cpu = 0 } }
      |                          ^^^
      |
      = help: delete the line for no limit, or write a limit above 0

    error[E0012]: `pod.readiness.success_threshold` is 0
     --> p.toml:3:35
      |
    3 | readiness = { success_threshold = 0 }
      |                                   ^
      |
      = help: write an integer from 1 to 10000
    ");
    insta::assert_snapshot!(about_policy("[pod]\ninit = \"45s\"\nstartup = { period = \"5s\", failure_threshold = 3 }\n"), @r#"
    warning[W0006]: there is no autoscaler: the number of pods stays at 1
     --> p.toml:1:1
      |
    1 | [pod]
      | ^
      |
      = help: add [hpa] to the policy, or a HorizontalPodAutoscaler to the manifest; `deployment.replicas` is the number of pods

    warning[W0007]: the startup probe fails 10s after the start, and `pod.init` takes 45s on average: a kubelet would restart the container before it can serve
     --> p.toml:3:11
      |
    3 | startup = { period = "5s", failure_threshold = 3 }
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: raise `failure_threshold` or `period`; hpasim does not simulate restarts by a probe
    "#);
}

#[test]
fn the_application_is_guessed_among_several_containers() {
    const WORKER: &str = "      - {name: worker, resources: {requests: {cpu: 50m}}}\n";
    let two = DEPLOYMENT.to_owned() + WORKER;
    insta::assert_snapshot!(about_manifest(format!("{two}{HPA}")), @"
    warning[W0015]: 2 containers of the pod may be the application: hpasim takes `app`, so it serves the requests, and the others are sidecars
     --> app.yaml:8:15
      |
    8 |       - name: app
      |               ^^^
      |
      = help: name the application in the pod template's annotation `kubectl.kubernetes.io/default-container`
    ");
    let annotated = |name: &str| {
        let template = format!(
            "template:\n    metadata: {{annotations: {{kubectl.kubernetes.io/default-container: {name}}}}}\n"
        );
        format!("{two}{HPA}").replace("template:\n", &template)
    };
    assert_eq!(about_manifest(annotated("worker")), "");
    insta::assert_snapshot!(about_manifest(annotated("web")), @"
    warning[W0015]: the annotation `kubectl.kubernetes.io/default-container` names no container of the pod: hpasim takes `app`, so it serves the requests, and the others are sidecars
     --> app.yaml:9:15
      |
    9 |       - name: app
      |               ^^^
      |
      = help: name the application in the pod template's annotation `kubectl.kubernetes.io/default-container`
    ");
    let mesh = two.replace("worker", "istio-proxy");
    assert_eq!(about_manifest(format!("{mesh}{HPA}")), "");
    let annotated_alone = annotated("web").replace(WORKER, "");
    insta::assert_snapshot!(about_manifest(annotated_alone), @"
    warning[W0015]: the annotation `kubectl.kubernetes.io/default-container` names no container of the pod: hpasim takes `app`, so it serves the requests
     --> app.yaml:9:15
      |
    9 |       - name: app
      |               ^^^
      |
      = help: name the application in the pod template's annotation `kubectl.kubernetes.io/default-container`
    ");
}

#[test]
fn zero_replicas_disable_the_autoscaler() {
    let zero = DEPLOYMENT.replace("spec:\n  template", "spec:\n  replicas: 0\n  template");
    insta::assert_snapshot!(about_manifest(format!("{zero}{HPA}")), @"
    warning[W0014]: `replicas` is 0, which disables the autoscaler (ScalingDisabled): no pod starts until a user or another program scales the target
     --> app.yaml:5:13
      |
    5 |   replicas: 0
      |             ^
      |
      = help: write the number of pods that run, such as --set deployment.replicas=1
    ");
}

#[test]
fn a_memory_metric_needs_the_memory_of_a_pod() {
    let memory = "  metrics:\n  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}\n";
    let text = format!("{DEPLOYMENT}{HPA}{memory}");
    insta::assert_snapshot!(about_manifest(&text), @"
    warning[W0013]: the autoscaler scales on memory, and nothing states the memory of a pod: `workload.memory_base` is its default of 32Mi
      --> app.yaml:18:39
       |
    18 |   - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}
       |                                       ^^^^^^
       |
       = help: state `workload.memory_base`, which `kubectl top pod` shows of an idle pod, and `workload.memory_per_request`, which each request in the pod adds; or add the autoscaler's status, as `kubectl get hpa -o yaml` prints it
    ");
    let status = "status:\n  currentMetrics:\n  - {type: Resource, resource: {name: memory, current: {averageValue: \"62914560\"}}}\n";
    assert_eq!(about_manifest(format!("{text}{status}")), "");
}

#[test]
fn a_status_without_a_usable_memory_says_why() {
    let limited = DEPLOYMENT.replace("200m}", "200m}, limits: {memory: 64Mi}");
    let memory = "  metrics:\n  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}\n";
    let why = |status: &str| {
        let text = about_manifest(format!("{limited}{HPA}{memory}{status}"));
        let (_, why) = text.split_once("default of 32Mi").expect("a warning");
        why.lines().next().unwrap_or_default().to_owned()
    };
    let metrics = |metrics: &str| why(&format!("status:\n  currentMetrics: [{metrics}]\n"));
    let told = [
        metrics(""),
        metrics("{type: Resource, resource: {name: cpu, current: {averageValue: 90m}}}"),
        metrics(
            "{type: ContainerResource, containerResource: {name: memory, container: istio-proxy, current: {averageValue: 70Mi}}}",
        ),
        metrics("{type: Resource, resource: {name: memory, current: {averageUtilization: 60}}}"),
        metrics("{type: Resource, resource: {name: memory, current: {averageValue: 64Mi}}}"),
        why("status: {}\n"),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    ; the autoscaler's status is not used, because it states no memory
    ; the autoscaler's status is not used, because it states no memory
    ; the autoscaler's status is not used, because it states only the memory of sidecars
    ; the autoscaler's status is not used, because its memory has no `averageValue` above zero
    ; the autoscaler's status is not used, because its 64Mi are not below the application's memory limit of 64Mi
    ");
    // The annotation of autoscaling/v1, cut off.
    let named = "metadata:\n  name: shop\n  annotations: {autoscaling.alpha.kubernetes.io/current-metrics: '[{'}";
    let of_v1 = format!("{DEPLOYMENT}{HPA}{memory}").replace(
        "HorizontalPodAutoscaler\nmetadata: {name: shop}",
        &format!("HorizontalPodAutoscaler\n{named}"),
    );
    insta::assert_snapshot!(about_manifest(of_v1), @"
    warning[W0013]: the autoscaler scales on memory, and nothing states the memory of a pod: `workload.memory_base` is its default of 32Mi; the autoscaler's status is not used, because it is no JSON array
      --> app.yaml:20:39
       |
    20 |   - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}
       |                                       ^^^^^^
       |
       = help: state `workload.memory_base`, which `kubectl top pod` shows of an idle pod, and `workload.memory_per_request`, which each request in the pod adds
    ");
}

#[test]
fn the_memory_of_a_sidecar_is_always_zero() {
    let two = format!("{DEPLOYMENT}      - name: istio-proxy\n");
    let metric = |container: &str| {
        format!(
            "  metrics:\n  - {{type: ContainerResource, containerResource: {{name: memory, container: {container}, target: {{type: AverageValue, averageValue: 100Mi}}}}}}\n"
        )
    };
    let of_sidecar = format!("{two}{HPA}{}", metric("istio-proxy"));
    insta::assert_snapshot!(about_manifest(&of_sidecar), @"
    warning[W0013]: the autoscaler scales on the memory of the sidecar `istio-proxy`, which no key states: it is always 0, so this metric never asks for more pods
      --> app.yaml:19:76
       |
    19 |   - {type: ContainerResource, containerResource: {name: memory, container: istio-proxy, target: {type: AverageValue, averageValue: 1...
       |                                                                            ^^^^^^^^^^^
       |
       = help: delete the metric from the simulated policy, or scale on the memory of `app`, which `workload.memory_base` and `workload.memory_per_request` state
    ");
    let of_application = about_manifest(format!("{two}{HPA}{}", metric("app")));
    assert!(
        of_application.contains("`workload.memory_base` is its default"),
        "{of_application}"
    );
    // The memory of the application says nothing about the sidecar.
    let stated = about_files(
        MemoryLoader::default().with("app.yaml", of_sidecar).with(
            "p.toml",
            "manifest = \"app.yaml\"\n[workload]\nmemory_base = \"80Mi\"\n",
        ),
        "p.toml",
        &ManifestChoice::default(),
    );
    assert!(stated.contains("the sidecar `istio-proxy`"), "{stated}");
}
