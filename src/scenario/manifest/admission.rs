//! What a cluster changes in pods at their admission: the template of another workload, injected sidecars, the defaults of a LimitRange.
//!
//! The objects change in place, so that every reader sees the pods that the cluster would have. An added value has the place of the
//! object that causes it.

use std::collections::BTreeMap;

use super::super::source::Origin;
use super::super::tree::{Node, Table, Value};
use super::Object;

/// What admission did to an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    /// Whether another workload uses its pod template (`workloadRef` of a Rollout), so that it has no pods of its own.
    pub(crate) lends_template: bool,
    /// The containers that were added.
    pub(crate) injected: Vec<InjectedSidecar>,
}

/// A container that a webhook adds to the pods.
#[derive(Clone, Debug)]
pub(crate) struct InjectedSidecar {
    /// Its name.
    pub(crate) container: &'static str,
    /// The place of the label or the annotation.
    pub(crate) origin: Origin,
    /// The annotation that states its CPU request.
    pub(crate) request_key: &'static str,
    /// Its CPU request.
    pub(crate) cpu_request: String,
    /// Whether neither an annotation nor the injector's default states the request, so that hpasim assumes one.
    pub(crate) is_assumed: bool,
}

/// Changes the objects as a cluster does.
pub(crate) fn admit(objects: &mut [Object], default_namespace: &str) {
    follow_workload_references(objects, default_namespace);
    let namespaces: BTreeMap<String, Node> = objects
        .iter()
        .filter(|it| it.kind == "Namespace" && it.group().is_empty())
        .map(|it| (it.name.clone(), it.tree.clone()))
        .collect();
    let ranges = limit_ranges(objects, default_namespace);
    for object in objects {
        let namespace = object.namespace_or(default_namespace).to_owned();
        inject(object, namespaces.get(&namespace));
        for range in ranges.get(&namespace).map_or(&[][..], Vec::as_slice) {
            apply(range, object);
        }
    }
}

/// The table at a path of existing tables.
fn table_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Table> {
    let mut node = node;
    for key in path {
        let Value::Table(table) = &mut node.value else {
            return None;
        };
        node = table.get_mut(key)?;
    }
    match &mut node.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// A Rollout may take its pods from a Deployment, which it scales to 0 (Argo Rollouts, "Migrating to Rollouts", `workloadRef`).
fn follow_workload_references(objects: &mut [Object], default_namespace: &str) {
    for index in 0..objects.len() {
        let object = &objects[index];
        let Some(reference) = object.tree.at(&["spec", "workloadRef"]) else {
            continue;
        };
        if object.tree.at(&["spec", "template"]).is_some() {
            continue;
        }
        let text = |key: &str| reference.get(key).and_then(Node::text);
        let namespace = object.namespace_or(default_namespace);
        let lender = objects.iter().position(|it| {
            Some(it.name.as_str()) == text("name")
                && Some(it.kind.as_str()) == text("kind")
                && it.namespace_or(default_namespace) == namespace
        });
        let Some(lender) = lender else {
            continue;
        };
        let lent = |key: &str| objects[lender].tree.at(&["spec", key]).cloned();
        let (template, selector) = (lent("template"), lent("selector"));
        objects[lender].admission.lends_template = true;
        if let Some(spec) = table_mut(&mut objects[index].tree, &["spec"]) {
            spec.put_some("template", template);
            let has_selector = spec.get("selector").is_some();
            spec.put_some("selector", selector.filter(|_| !has_selector));
        }
    }
}

/// A webhook that adds a container to pods.
struct Injector {
    container: &'static str,
    /// The label or annotation of the pod template that asks for it.
    key: &'static str,
    /// Its values.
    values: &'static [&'static str],
    /// The label or annotation of a Namespace that asks for it in all its pods, and its value; empty means any.
    namespace: Option<(&'static str, &'static str)>,
    /// The annotations with the requests of CPU and memory, and the limits of CPU and memory.
    resource_keys: [&'static str; 4],
    /// The defaults of these, in the same order; empty means none.
    resources: [&'static str; 4],
    /// Whether the injector has no default, so that the requests are those that its documentation recommends.
    is_assumed: bool,
}

/// Known injectors, with the defaults of their charts.
const INJECTORS: [Injector; 7] = [
    // istio/istio: manifests/charts/istio-control/istio-discovery/values.yaml, `global.proxy.resources`.
    Injector {
        container: "istio-proxy",
        key: "sidecar.istio.io/inject",
        values: &["true"],
        namespace: Some(("istio-injection", "enabled")),
        resource_keys: [
            "sidecar.istio.io/proxyCPU",
            "sidecar.istio.io/proxyMemory",
            "sidecar.istio.io/proxyCPULimit",
            "sidecar.istio.io/proxyMemoryLimit",
        ],
        resources: ["100m", "128Mi", "2", "1Gi"],
        is_assumed: false,
    },
    Injector {
        container: "istio-proxy",
        key: "istio.io/rev",
        values: &[],
        namespace: Some(("istio.io/rev", "")),
        resource_keys: [
            "sidecar.istio.io/proxyCPU",
            "sidecar.istio.io/proxyMemory",
            "sidecar.istio.io/proxyCPULimit",
            "sidecar.istio.io/proxyMemoryLimit",
        ],
        resources: ["100m", "128Mi", "2", "1Gi"],
        is_assumed: false,
    },
    // linkerd/linkerd2: charts/linkerd-control-plane/values.yaml has no requests, values-ha.yaml has these.
    Injector {
        container: "linkerd-proxy",
        key: "linkerd.io/inject",
        values: &["enabled", "ingress"],
        namespace: Some(("linkerd.io/inject", "enabled")),
        resource_keys: [
            "config.linkerd.io/proxy-cpu-request",
            "config.linkerd.io/proxy-memory-request",
            "config.linkerd.io/proxy-cpu-limit",
            "config.linkerd.io/proxy-memory-limit",
        ],
        resources: ["100m", "20Mi", "", "250Mi"],
        is_assumed: true,
    },
    // kumahq/kuma: pkg/config/app/kuma-cp, `runtime.kubernetes.injector.sidecarContainer.resources`.
    Injector {
        container: "kuma-sidecar",
        key: "kuma.io/sidecar-injection",
        values: &["enabled", "true"],
        namespace: Some(("kuma.io/sidecar-injection", "enabled")),
        resource_keys: ["", "", "", ""],
        resources: ["50m", "64Mi", "1", "512Mi"],
        is_assumed: false,
    },
    // Dapr, "Production guidelines on Kubernetes": no requests by default; these are recommended.
    Injector {
        container: "daprd",
        key: "dapr.io/enabled",
        values: &["true"],
        namespace: None,
        resource_keys: [
            "dapr.io/sidecar-cpu-request",
            "dapr.io/sidecar-memory-request",
            "dapr.io/sidecar-cpu-limit",
            "dapr.io/sidecar-memory-limit",
        ],
        resources: ["100m", "250Mi", "", ""],
        is_assumed: true,
    },
    // hashicorp/vault-k8s: agent-inject/agent/container_sidecar.go, `DefaultResource*`.
    Injector {
        container: "vault-agent",
        key: "vault.hashicorp.com/agent-inject",
        values: &["true"],
        namespace: None,
        resource_keys: [
            "vault.hashicorp.com/agent-requests-cpu",
            "vault.hashicorp.com/agent-requests-mem",
            "vault.hashicorp.com/agent-limits-cpu",
            "vault.hashicorp.com/agent-limits-mem",
        ],
        resources: ["250m", "64Mi", "500m", "128Mi"],
        is_assumed: false,
    },
    // Consul on Kubernetes, "Annotations and labels": no requests by default; these are the examples.
    Injector {
        container: "consul-dataplane",
        key: "consul.hashicorp.com/connect-inject",
        values: &["true"],
        namespace: None,
        resource_keys: [
            "consul.hashicorp.com/sidecar-proxy-cpu-request",
            "consul.hashicorp.com/sidecar-proxy-memory-request",
            "consul.hashicorp.com/sidecar-proxy-cpu-limit",
            "consul.hashicorp.com/sidecar-proxy-memory-limit",
        ],
        resources: ["100m", "100Mi", "", ""],
        is_assumed: true,
    },
];

/// A label or an annotation in `metadata`.
fn marked<'n>(metadata: Option<&'n Node>, key: &str) -> Option<(String, &'n Node)> {
    let metadata = metadata?;
    let node = ["labels", "annotations"]
        .into_iter()
        .find_map(|place| metadata.at(&[place, key]))?;
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        _ => return None,
    };
    Some((text, node))
}

/// The place that asks for the sidecar. The pod template decides before its Namespace.
fn asked_at(injector: &Injector, pod: Option<&Node>, namespace: Option<&Node>) -> Option<Origin> {
    let is_asked = |value: &str, values: &[&str]| values.is_empty() || values.contains(&value);
    if let Some((value, node)) = marked(pod, injector.key) {
        return is_asked(&value, injector.values).then_some(node.origin);
    }
    // `istio.io/rev` chooses a control plane; `sidecar.istio.io/inject` switches the injection off all the same.
    let is_off = marked(pod, "sidecar.istio.io/inject").is_some_and(|(value, _)| value == "false");
    if is_off && injector.container == "istio-proxy" {
        return None;
    }
    let (key, wanted) = injector.namespace?;
    let (value, node) = marked(namespace?.get("metadata"), key)?;
    (wanted.is_empty() || value == wanted).then_some(node.origin)
}

fn inject(object: &mut Object, namespace: Option<&Node>) {
    for injector in &INJECTORS {
        let path = ["spec", "template"];
        let pod = object
            .tree
            .at(&path)
            .and_then(|template| template.get("metadata"));
        let containers = object
            .in_template(&["containers"])
            .map_or(&[][..], Node::items);
        let is_there = |name: &str| {
            let init = object.in_template(&["initContainers"]);
            let all = containers.iter().chain(init.map_or(&[][..], Node::items));
            all.filter_map(|it| it.get("name")?.text())
                .any(|it| it == name)
        };
        if containers.is_empty() || is_there(injector.container) {
            continue;
        }
        let Some(origin) = asked_at(injector, pod, namespace) else {
            continue;
        };
        let amounts: Vec<Option<String>> = injector
            .resource_keys
            .iter()
            .zip(injector.resources)
            .map(|(key, default)| {
                let stated = marked(pod, key).map(|(value, _)| value);
                stated.or_else(|| Some(default.to_owned()).filter(|it| !it.is_empty()))
            })
            .collect();
        let container = container(injector.container, &amounts, origin);
        let is_stated = marked(pod, injector.resource_keys[0]).is_some();
        let path = ["spec", "template", "spec"];
        let Some(spec) = table_mut(&mut object.tree, &path) else {
            continue;
        };
        if let Some(Value::Array(list)) = spec.get_mut("containers").map(|node| &mut node.value) {
            list.push(container);
            object.admission.injected.push(InjectedSidecar {
                container: injector.container,
                origin,
                request_key: injector.resource_keys[0],
                cpu_request: amounts[0].clone().unwrap_or_default(),
                is_assumed: injector.is_assumed && !is_stated,
            });
        }
    }
}

/// A container with the requests of CPU and memory and the limits of both.
fn container(name: &str, amounts: &[Option<String>], origin: Origin) -> Node {
    let text = |text: &str| Node::new(Value::Text(text.to_owned()), origin);
    let pair = |cpu: &Option<String>, memory: &Option<String>| {
        let mut table = Table::default();
        table.put_some("cpu", cpu.as_deref().map(text));
        table.put_some("memory", memory.as_deref().map(text));
        Node::new(Value::Table(table), origin)
    };
    let mut resources = Table::default();
    if let [cpu, memory, cpu_limit, memory_limit] = amounts {
        resources.put("requests", pair(cpu, memory));
        resources.put("limits", pair(cpu_limit, memory_limit));
    }
    let mut table = Table::default();
    table.put("name", text(name));
    table.put("resources", Node::new(Value::Table(resources), origin));
    Node::new(Value::Table(table), origin)
}

/// The defaults of a LimitRange for containers, by resource.
struct ContainerDefaults {
    resource: String,
    request: Option<Node>,
    limit: Option<Node>,
}

/// The defaults of the LimitRanges of each namespace, with those that the API server derives (`SetDefaults_LimitRangeItem`).
fn limit_ranges(
    objects: &[Object],
    default_namespace: &str,
) -> BTreeMap<String, Vec<ContainerDefaults>> {
    let mut found: BTreeMap<String, Vec<ContainerDefaults>> = BTreeMap::new();
    for object in objects.iter().filter(|it| it.kind == "LimitRange") {
        let items = object.tree.at(&["spec", "limits"]);
        let of_containers = items.map_or(&[][..], Node::items).iter();
        let of_containers =
            of_containers.filter(|item| item.get("type").and_then(Node::text) == Some("Container"));
        for item in of_containers {
            for resource in ["cpu", "memory"] {
                let stated = |key: &str| item.at(&[key, resource]).cloned();
                let limit = stated("default").or_else(|| stated("max"));
                let request = stated("defaultRequest")
                    .or_else(|| limit.clone())
                    .or_else(|| stated("min"));
                let namespace = object.namespace_or(default_namespace).to_owned();
                found.entry(namespace).or_default().push(ContainerDefaults {
                    resource: resource.to_owned(),
                    request,
                    limit,
                });
            }
        }
    }
    found
}

/// Adds what the containers do not state (`mergeContainerResources` in `plugin/pkg/admission/limitranger/admission.go`). A limit
/// without a request is the request already.
fn apply(range: &ContainerDefaults, object: &mut Object) {
    if range.request.is_none() && range.limit.is_none() {
        return;
    }
    for list in ["containers", "initContainers"] {
        let Some(spec) = table_mut(&mut object.tree, &["spec", "template", "spec"]) else {
            return;
        };
        let Some(Value::Array(containers)) = spec.get_mut(list).map(|node| &mut node.value) else {
            continue;
        };
        for container in containers {
            let states = |part: &str| {
                let path = ["resources", part, &range.resource];
                container.at(&path).is_some()
            };
            let (has_request, has_limit) = (states("requests"), states("limits"));
            let request = range
                .request
                .as_ref()
                .filter(|_| !has_request && !has_limit);
            let limit = range.limit.as_ref().filter(|_| !has_limit);
            put_amount(container, "requests", &range.resource, request);
            put_amount(container, "limits", &range.resource, limit);
        }
    }
}

/// Puts `resources.PART.RESOURCE` into a container, with the tables around it.
fn put_amount(container: &mut Node, part: &str, resource: &str, amount: Option<&Node>) {
    let Some(amount) = amount else {
        return;
    };
    let mut node = container;
    for key in ["resources", part] {
        let Value::Table(table) = &mut node.value else {
            return;
        };
        if table.get(key).is_none() {
            table.put(
                key,
                Node::new(Value::Table(Table::default()), amount.origin),
            );
        }
        let Some(below) = table.get_mut(key) else {
            return;
        };
        node = below;
    }
    if let Value::Table(table) = &mut node.value {
        table.put(resource, amount.clone());
    }
}
