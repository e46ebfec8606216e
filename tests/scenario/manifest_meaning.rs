//! What a manifest means beside its numbers: which container serves, and how much memory a pod has.

use hpasim::scenario::Engine;

use super::*;

const HPA: &str = "\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 7
";

/// A Deployment with these containers and this metadata of its pods.
fn shop(metadata: &str, containers: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec:\n  replicas: 2\n  template:\n    metadata: {metadata}\n    spec:\n      containers: [{containers}]\n"
    )
}

/// The names of the containers, the application first, and the codes of the warnings.
fn containers_of(manifest: &str) -> (Vec<String>, Vec<&'static str>) {
    let loaded = loaded(&[("app.yaml", manifest)], &[]);
    let containers = loaded.scenario.deployment.containers.iter();
    (
        containers.map(|it| it.name.clone()).collect(),
        loaded.warnings.iter().map(|it| it.code.number()).collect(),
    )
}

fn first_container(metadata: &str, containers: &str) -> String {
    let manifest = format!("{}{HPA}", shop(metadata, containers));
    containers_of(&manifest).0.swap_remove(0)
}

const CPU: &str = "resources: {requests: {cpu: 100m}}";

#[test]
fn a_known_sidecar_is_the_application_only_where_it_is_alone() {
    let app = format!("{{name: web, {CPU}}}");
    for sidecar in [
        "name: istio-proxy",
        "name: linkerd-proxy",
        "name: daprd",
        "name: mesh, image: \"docker.io/istio/proxyv2:1.28.0\"",
        "name: db, image: \"gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:abc\"",
        "name: logs, image: fluent/fluent-bit",
    ] {
        let sidecar = format!("{{{sidecar}, {CPU}}}");
        let name = first_container("{}", &format!("{sidecar}, {app}"));
        assert_eq!(name, "web", "{sidecar}");
        assert_ne!(first_container("{}", &sidecar), "web");
    }
    let own = format!("{{name: proxy, image: \"shop/envoy-control:1\", {CPU}}}");
    assert_eq!(first_container("{}", &format!("{own}, {app}")), "proxy");
}

#[test]
fn the_annotation_names_the_application_even_if_it_is_a_known_sidecar() {
    let containers =
        format!("{{name: web, {CPU}}}, {{name: envoy, {CPU}}}, {{name: worker, {CPU}}}");
    let annotated = |name: &str| {
        format!("{{annotations: {{kubectl.kubernetes.io/default-container: {name}}}}}")
    };
    for name in ["web", "envoy", "worker"] {
        let manifest = format!("{}{HPA}", shop(&annotated(name), &containers));
        let (names, codes) = containers_of(&manifest);
        assert_eq!((names[0].as_str(), codes), (name, vec![]));
        assert_eq!(names.len(), 3);
    }
    let list = |name: &str| {
        let manifest = format!("{}{HPA}", shop(&annotated(name), &containers));
        let objects: Vec<serde_json::Value> = serde_saphyr::from_multiple(&manifest).expect("YAML");
        serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": objects }).to_string()
    };
    assert_eq!(containers_of(&list("worker")).0[0], "worker");
}

#[test]
fn the_probes_are_those_of_the_application() {
    let probed = |name: &str, delay: u32| {
        format!("{{name: {name}, {CPU}, readinessProbe: {{initialDelaySeconds: {delay}}}}}")
    };
    let containers = format!("{}, {}", probed("istio-proxy", 1), probed("web", 7));
    let manifest = format!("{}{HPA}", shop("{}", &containers));
    let scenario = loaded(&[("app.yaml", &manifest)], &[]).scenario;
    let probe = scenario.deployment.pod.readiness.expect("a probe");
    assert_eq!(probe.initial_delay, SimSpan::from_secs(7));
}

#[test]
fn a_native_sidecar_is_never_the_application() {
    let manifest = shop("{}", &format!("{{name: web, {CPU}}}"))
        + &format!("      initContainers: [{{name: mesh, restartPolicy: Always, {CPU}}}]\n{HPA}");
    assert_eq!(
        containers_of(&manifest),
        (strings(&["web", "mesh"]), vec![])
    );
}

#[test]
fn containers_of_a_policy_make_the_guess_irrelevant() {
    let manifest = format!(
        "{}{HPA}",
        shop(
            "{}",
            &format!("{{name: web, {CPU}}}, {{name: worker, {CPU}}}")
        )
    );
    assert_eq!(containers_of(&manifest).1, ["W0015"]);
    let policy = "manifest = \"app.yaml\"\n[[deployment.containers]]\nname = \"worker\"\nresources = { requests = { cpu = \"1\" } }\n";
    let files = [("p.toml", policy), ("app.yaml", manifest.as_str())];
    assert_eq!(loaded(&files, &[]).warnings, []);
}

/// The memory of a pod at rest, and where it was found, with this `status` or these annotations of the autoscaler.
fn memory_with(hpa: &str, limit: &str) -> (u64, Option<String>) {
    let containers = format!(
        "{{name: web, resources: {{requests: {{cpu: 100m, memory: 32Mi}}, limits: {{memory: {limit}}}}}}}, {{name: istio-proxy, {CPU}}}"
    );
    let manifest = format!("{}{hpa}", shop("{}", &containers));
    let scenario = loaded(&[("app.yaml", &manifest)], &[]).scenario;
    let found = scenario.assumptions.into_iter();
    let mut found = found.filter(|it| it.key == "workload.memory_base");
    (
        scenario.workload.memory_base_bytes,
        found.next().and_then(|it| it.found_in),
    )
}

#[test]
fn memory_found_in_a_status_is_listed_where_the_autoscaler_reads_memory() {
    let status = "status:\n  currentMetrics:\n  - {type: Resource, resource: {name: memory, current: {averageValue: 60Mi}}}\n";
    let is_listed = |metrics: &str| {
        let containers = format!("{{name: web, {CPU}}}");
        let manifest = format!("{}{HPA}{metrics}{status}", shop("{}", &containers));
        let scenario = loaded(&[("app.yaml", &manifest)], &[]).scenario;
        let touched = scenario.touched(Engine::Fluid, &[]);
        touched.iter().any(|it| it.key == "workload.memory_base")
    };
    assert!(is_listed(
        "  metrics:\n  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 90Mi}}}\n"
    ));
    assert!(!is_listed(""));
}

#[test]
fn the_status_of_every_version_states_the_memory_of_a_pod() {
    let resource = "{type: Resource, resource: {name: memory, current: {averageUtilization: 90, averageValue: \"62914560\"}}}";
    let status = |metric: &str| format!("{HPA}status:\n  currentMetrics:\n  - {metric}\n");
    let in_manifest = Some("status.currentMetrics in app.yaml".to_owned());
    let sixty = (60 << 20, in_manifest.clone());
    assert_eq!(memory_with(&status(resource), "1Gi"), sixty);
    assert_eq!(
        memory_with(
            &status(&resource.replace("\"62914560\"", "62914559500m")),
            "1Gi"
        ),
        sixty
    );
    let beta = status("{type: Resource, resource: {name: memory, currentAverageValue: 60Mi}}");
    let beta = beta.replace("autoscaling/v2", "autoscaling/v2beta1");
    assert_eq!(memory_with(&beta, "1Gi"), sixty);
    let annotation = r#"metadata: {name: shop, annotations: {autoscaling.alpha.kubernetes.io/current-metrics: '[{"type":"Resource","resource":{"name":"memory","currentAverageUtilization":90,"currentAverageValue":"60Mi"}}]'}}"#;
    let version_one = HPA
        .replace("autoscaling/v2", "autoscaling/v1")
        .replace("metadata: {name: shop}", annotation);
    assert_eq!(memory_with(&version_one, "1Gi"), sixty);
    let container = format!(
        "{resource}\n  - {{type: ContainerResource, containerResource: {{name: memory, container: web, current: {{averageValue: 40Mi}}}}}}"
    );
    assert_eq!(
        memory_with(&status(&container), "1Gi"),
        (40 << 20, in_manifest)
    );
}

#[test]
fn a_status_without_usable_memory_leaves_the_default() {
    let status = |metrics: &str| format!("{HPA}status:\n  currentMetrics: {metrics}\n");
    let memory = "[{type: Resource, resource: {name: memory, current: {averageValue: 60Mi}}}]";
    let default = (32 << 20, None);
    assert_eq!(
        memory_with(&status(memory), "60Mi"),
        default,
        "the limit of the application"
    );
    for metrics in [
        "null",
        "[]",
        "[{type: Resource, resource: {name: cpu, current: {averageUtilization: 40, averageValue: 40m}}}]",
        "[{type: Resource, resource: {name: memory, current: {averageValue: \"0\"}}}]",
        "[{type: Resource, resource: {name: memory, current: {averageValue: much}}}]",
        "[{type: ContainerResource, containerResource: {name: memory, container: istio-proxy, current: {averageValue: 60Mi}}}]",
    ] {
        assert_eq!(memory_with(&status(metrics), "1Gi"), default, "{metrics}");
    }
    for text in ["'['", "'{}'", "''", "'- {resource: *nothing}'"] {
        let annotation = format!(
            "metadata: {{name: shop, annotations: {{autoscaling.alpha.kubernetes.io/current-metrics: {text}}}}}"
        );
        let hpa = HPA.replace("metadata: {name: shop}", &annotation);
        assert_eq!(memory_with(&hpa, "1Gi"), default, "{text}");
    }
}

#[test]
fn a_stated_memory_comes_before_the_status() {
    let manifest = format!(
        "{}{HPA}status:\n  currentMetrics:\n  - {{type: Resource, resource: {{name: memory, current: {{averageValue: 60Mi}}}}}}\n",
        shop("{}", &format!("{{name: web, {CPU}}}"))
    );
    let policy = "extends = \"app.yaml\"\n[workload]\nmemory_base = \"90Mi\"\n";
    let files = [("p.toml", policy), ("app.yaml", manifest.as_str())];
    let scenario = loaded(&files, &[]).scenario;
    assert_eq!(scenario.workload.memory_base_bytes, 90 << 20);
    assert!(
        scenario
            .assumptions
            .iter()
            .all(|it| it.key != "workload.memory_base")
    );
}

#[test]
fn recorded_cpu_adds_no_cpu_at_rest() {
    let policy = "[hpa]\nmaxReplicas = 3\n[[deployment.containers]]\nname = \"app\"\nresources = { requests = { cpu = \"100m\" } }\n[[deployment.containers]]\nname = \"mesh\"\nresources = { requests = { cpu = \"10m\" } }\n";
    let idle = |trace: &str| {
        let mut files = Files::of(&[("p.toml", policy), ("t.csv", trace)]);
        let scenario = sound(request("p.toml", "t.csv", &[]), &mut files).scenario;
        let containers = scenario.deployment.containers.iter();
        (
            scenario.workload.idle_cpu.0,
            containers.map(|it| it.idle_cpu.0).collect::<Vec<_>>(),
        )
    };
    assert_eq!(idle("time_s,rps\n0,4\n60,4\n"), (1, vec![1, 1]));
    assert_eq!(idle("time_s,cpu_millicores\n0,4\n60,4\n"), (0, vec![0, 0]));
}
