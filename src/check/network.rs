//! Services and Ingresses: whether what they name is there.
//!
//! Self-imposed limit: objects of the files. Where these hold no pods, or no Service at
//! all, these are taken to be in the cluster, and nothing is said.

use super::case::{Case, Report, mark_of};
use crate::scenario::Code;
use crate::scenario::manifest::Object;
use crate::scenario::source::Origin;
use crate::scenario::tree::{Node, Value};

/// All rules of this family.
pub(super) fn rules(case: &mut Case<'_>) {
    let objects: Vec<&Object> = case.survey.objects.iter().collect();
    for object in &objects {
        selector_matches_template(case, object);
        match object.kind.as_str() {
            "Service" => service_selects_a_pod(case, object, &objects),
            "Ingress" => {
                for backend in backends(object) {
                    backend_is_there(case, object, &backend, &objects);
                }
            }
            _ => {}
        }
    }
}

/// The labels of an object's pods.
fn pod_labels(object: &Object) -> Option<&Node> {
    if object.kind == "Pod" {
        return object.tree.at(&["metadata", "labels"]);
    }
    object.tree.at(&["spec", "template", "metadata", "labels"])
}

/// Whether its pods run on and could serve.
fn has_pods(object: &Object) -> bool {
    object.kind == "Pod" || object.tree.at(&["spec", "template", "spec"]).is_some()
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => a == b,
    }
}

/// Whether `labels` have all that `selector` asks for.
fn selects(selector: &Node, labels: &Node) -> bool {
    selector.entries().iter().all(|wanted| {
        labels
            .get(&wanted.key)
            .is_some_and(|label| same(&label.value, &wanted.node.value))
    })
}

fn labels_text(labels: &Node) -> String {
    let pairs: Vec<String> = labels
        .entries()
        .iter()
        .map(|entry| format!("{}={}", entry.key, entry.node.text().unwrap_or("?")))
        .collect();
    pairs.join(",")
}

/// apps/v1: the API server refuses a selector that the template's labels do not match.
fn selector_matches_template(case: &mut Case<'_>, object: &Object) {
    let selector = object.tree.at(&["spec", "selector", "matchLabels"]);
    let (Some(selector), Some(labels)) = (selector, pod_labels(object)) else {
        return;
    };
    if object.group() != "apps" || selects(selector, labels) {
        return;
    }
    case.report(Report {
        code: Code::SelectorMismatch,
        origin: selector.origin,
        object: object.title(case.namespace()),
        message: format!("the selector {} does not match the labels of its own pods", labels_text(selector)),
        why: format!("its pods are labelled {}; the API server refuses the object, so there are no pods", labels_text(labels)),
        help: "write the same labels into `spec.selector.matchLabels` and `spec.template.metadata.labels`".to_owned(),
    });
}

/// A Service's selector is matched against pods of its own namespace (Kubernetes, "Service").
fn service_selects_a_pod(case: &mut Case<'_>, service: &Object, objects: &[&Object]) {
    let spec = |key: &str| service.tree.at(&["spec", key]);
    let Some(selector) = spec("selector").filter(|it| !it.entries().is_empty()) else {
        return;
    };
    if spec("type").and_then(Node::text) == Some("ExternalName") {
        return;
    }
    let namespace = service.namespace_or(case.namespace());
    let with_pods: Vec<&Object> = objects.iter().copied().filter(|it| has_pods(it)).collect();
    let matching: Vec<&Object> = with_pods
        .iter()
        .copied()
        .filter(|it| pod_labels(it).is_some_and(|labels| selects(selector, labels)))
        .collect();
    let is_here = |it: &&&Object| it.namespace_or(case.namespace()) == namespace;
    if with_pods.is_empty() || matching.iter().any(|it| is_here(&it)) {
        return;
    }
    let (why, help) = match matching.first() {
        Some(other) => {
            let other = other.title(case.namespace());
            (
                format!(
                    "a Service selects pods of its own namespace `{namespace}` alone, and {other} has the pods with these labels: the Service has 0 endpoints, and each connection is refused"
                ),
                format!("give it the namespace of {other}"),
            )
        }
        None => {
            let labels: Vec<String> = with_pods
                .iter()
                .filter_map(|it| {
                    Some(format!(
                        "{} ({})",
                        it.title(case.namespace()),
                        labels_text(pod_labels(it)?)
                    ))
                })
                .collect();
            (
                format!(
                    "of {} with pods none has these labels: the Service has 0 endpoints, and each connection is refused",
                    objects_text(with_pods.len())
                ),
                format!(
                    "select labels of the pod template; here are: {}",
                    labels.join(", ")
                ),
            )
        }
    };
    case.report(Report {
        code: Code::ServiceSelectsNothing,
        origin: service
            .tree
            .get("spec")
            .and_then(|spec| entry_mark(spec, "selector"))
            .unwrap_or(selector.origin),
        object: service.title(case.namespace()),
        message: format!("the Service selects no pod: {}", labels_text(selector)),
        why,
        help,
    });
}

fn objects_text(count: usize) -> String {
    match count {
        1 => "1 object".to_owned(),
        _ => format!("{count} objects"),
    }
}

fn entry_mark(node: &Node, key: &str) -> Option<Origin> {
    let entry = node.entries().iter().find(|entry| entry.key == key)?;
    Some(mark_of(entry))
}

/// A Service and a port that an Ingress names.
struct Backend<'o> {
    name: &'o Node,
    port: Option<&'o Node>,
}

/// `spec.defaultBackend` and the backends of all paths, in the shapes of v1 and of v1beta1.
fn backends(ingress: &Object) -> Vec<Backend<'_>> {
    let Some(spec) = ingress.tree.get("spec") else {
        return Vec::new();
    };
    let rules = spec.get("rules").map_or(&[][..], Node::items);
    let paths = rules
        .iter()
        .flat_map(|rule| rule.at(&["http", "paths"]).map_or(&[][..], Node::items))
        .filter_map(|path| path.get("backend"));
    let whole = [spec.get("defaultBackend"), spec.get("backend")];
    whole
        .into_iter()
        .flatten()
        .chain(paths)
        .filter_map(|backend| {
            let v1 = backend.get("service");
            let name = v1.and_then(|it| it.get("name"));
            let port = v1.and_then(|it| it.get("port"));
            Some(Backend {
                name: name.or_else(|| backend.get("serviceName"))?,
                port: port
                    .and_then(|port| port.get("number").or_else(|| port.get("name")))
                    .or_else(|| backend.get("servicePort")),
            })
        })
        .collect()
}

/// The Service is one of the Ingress's own namespace, and the port one of the Service's,
/// by number or by name (networking.k8s.io/v1 `IngressServiceBackend`).
fn backend_is_there(
    case: &mut Case<'_>,
    ingress: &Object,
    backend: &Backend<'_>,
    objects: &[&Object],
) {
    let services: Vec<&Object> = objects
        .iter()
        .copied()
        .filter(|it| it.kind == "Service")
        .collect();
    let (Some(name), false) = (backend.name.text(), services.is_empty()) else {
        return;
    };
    let namespace = ingress.namespace_or(case.namespace());
    let here: Vec<&Object> = services
        .iter()
        .copied()
        .filter(|it| it.namespace_or(case.namespace()) == namespace)
        .collect();
    let named: Vec<&Object> = here.iter().copied().filter(|it| it.name == name).collect();
    if named.is_empty() {
        let elsewhere = services.iter().find(|it| it.name == name);
        let titles: Vec<String> = services
            .iter()
            .map(|it| it.title(case.namespace()))
            .collect();
        let help = match elsewhere {
            Some(other) => format!(
                "an Ingress reaches Services of its own namespace alone: give it that of {}",
                other.title(case.namespace())
            ),
            None => format!("name one of the Services; here are: {}", titles.join(", ")),
        };
        case.report(Report {
            code: Code::IngressNoService,
            origin: backend.name.origin,
            object: ingress.title(case.namespace()),
            message: format!("there is no Service `{name}` in the namespace `{namespace}`"),
            why:
                "the Ingress has nobody to send to: every request to it is answered with 503 or 404"
                    .to_owned(),
            help,
        });
    }
    let Some(port) = backend.port else {
        return;
    };
    let candidates = if named.is_empty() { &here } else { &named };
    let has_port = |service: &&Object| ports(service).iter().any(|it| is_port(it, port));
    if candidates.is_empty() || candidates.iter().any(has_port) {
        return;
    }
    let wanted = port_text(port);
    let open: Vec<String> = candidates
        .iter()
        .map(|it| format!("{} has {}", it.title(case.namespace()), ports_text(it)))
        .collect();
    let message = if named.is_empty() {
        format!("no Service of the namespace `{namespace}` has the port {wanted}")
    } else {
        format!("the Service `{name}` does not have the port {wanted}")
    };
    case.report(Report {
        code: Code::IngressNoPort,
        origin: port.origin,
        object: ingress.title(case.namespace()),
        message,
        why: format!("{}: every request to this backend is answered with 503", open.join(", ")),
        help: "name a `port` of the Service, not its `targetPort` or a port of the container, or add it to the Service".to_owned(),
    });
}

fn ports(service: &Object) -> &[Node] {
    service
        .tree
        .at(&["spec", "ports"])
        .map_or(&[][..], Node::items)
}

fn is_port(port: &Node, wanted: &Node) -> bool {
    ["port", "name"]
        .iter()
        .filter_map(|key| port.get(key))
        .any(|it| same(&it.value, &wanted.value))
}

fn port_text(port: &Node) -> String {
    match &port.value {
        Value::Integer(number) => number.to_string(),
        Value::Text(name) => format!("`{name}`"),
        other => other.type_name().to_owned(),
    }
}

fn ports_text(service: &Object) -> String {
    let texts: Vec<String> = ports(service)
        .iter()
        .filter_map(|port| port.get("port").map(port_text))
        .collect();
    match texts.as_slice() {
        [] => "none".to_owned(),
        _ => texts.join(", "),
    }
}
