//! Services and Ingresses: whether the files hold the objects that they refer to.
//!
//! If the files hold no pods, or no Service, the rules assume that the cluster has them, and report nothing.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, CaseReport, mark_of};
use super::pod_selector::{CONTROLLER_LABELS, PodSelector, controller_sets};
use super::selection::{LabelWord, Selection, pod_labels};
use crate::scenario::Code;
use crate::scenario::manifest::Object;
use crate::scenario::source::Origin;
use crate::scenario::survey::listed;
use crate::scenario::tree::{Node, Value};

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    let objects = &case.survey.objects;
    let mut pods = PodsByNamespace::of(objects, case.namespace());
    let services = Services::of(objects, case.namespace());
    for object in objects {
        selector_matches_template(case, object);
        match object.kind.as_str() {
            "Service" => service_selects_a_pod(case, object, &mut pods),
            "Ingress" => {
                for backend in backends(object) {
                    backend_is_there(case, object, &backend, &services);
                }
            }
            _ => {}
        }
    }
}

/// The objects with pods, indexed for Services.
struct PodsByNamespace<'o> {
    count: usize,
    /// The objects of each namespace.
    here: BTreeMap<&'o str, Selection<'o>>,
    /// The objects of all namespaces.
    anywhere: Selection<'o>,
    /// A few of them with their labels, for a message.
    examples: String,
}

impl<'o> PodsByNamespace<'o> {
    fn of(objects: &'o [Object], namespace: &'o str) -> Self {
        let with_pods = || objects.iter().filter(|it| has_pods(it));
        let mut pods = Self {
            count: with_pods().count(),
            here: BTreeMap::new(),
            anywhere: Selection::default(),
            examples: listed(with_pods().filter_map(|it| {
                let labels = labels_text(pod_labels(it)?);
                Some(format!("{} ({labels})", it.title(namespace)))
            })),
        };
        for object in with_pods() {
            let own = object.namespace_or(namespace);
            pods.here.entry(own).or_default().add(object);
            pods.anywhere.add(object);
        }
        pods
    }
}

/// The Services, indexed for Ingresses.
struct Services<'o> {
    /// The first Service of each namespace and name.
    here: BTreeMap<(&'o str, &'o str), &'o Object>,
    /// The first Service of each name in any namespace.
    anywhere: BTreeMap<&'o str, &'o Object>,
    /// The ports of the Services in `here`, by number and by name.
    ports_of: BTreeSet<(&'o str, &'o str, LabelWord<'o>)>,
    /// The ports of a few Services of each namespace, as text for a message.
    open: BTreeMap<&'o str, String>,
    /// The ports of all Services of a namespace, by number and by name.
    ports: BTreeSet<(&'o str, LabelWord<'o>)>,
    /// The names of a few Services, for a message.
    examples: String,
}

impl<'o> Services<'o> {
    fn of(objects: &'o [Object], namespace: &'o str) -> Self {
        let services = || objects.iter().filter(|it| it.kind == "Service");
        let mut found = Self {
            here: BTreeMap::new(),
            anywhere: BTreeMap::new(),
            ports_of: BTreeSet::new(),
            open: BTreeMap::new(),
            ports: BTreeSet::new(),
            examples: listed(services().map(|it| it.title(namespace))),
        };
        let mut of_namespace: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
        for service in services() {
            let own = service.namespace_or(namespace);
            let name = service.name.as_str();
            found.anywhere.entry(name).or_insert(service);
            of_namespace.entry(own).or_default().push(service);
            let words = || ports(service).iter().flat_map(port_words);
            found.ports.extend(words().map(|word| (own, word)));
            if let Entry::Vacant(place) = found.here.entry((own, name)) {
                place.insert(service);
                found.ports_of.extend(words().map(|word| (own, name, word)));
            }
        }
        let text_of = |services: &[&Object]| {
            let services = services.iter();
            listed(services.map(|service| open_ports(service, namespace)))
        };
        let texts = of_namespace.iter();
        found.open = texts
            .map(|(own, services)| (*own, text_of(services)))
            .collect();
        found
    }
}

/// Whether the object is a Pod or has a pod template.
fn has_pods(object: &Object) -> bool {
    object.kind == "Pod" || object.tree.at(&["spec", "template", "spec"]).is_some()
}

fn labels_text(labels: &Node) -> String {
    let pairs: Vec<String> = labels
        .entries()
        .iter()
        .map(|entry| format!("{}={}", entry.key, entry.node.text().unwrap_or("?")))
        .collect();
    pairs.join(",")
}

/// The API server refuses an apps/v1 object whose selector does not match the labels of its template.
fn selector_matches_template(case: &mut Case<'_>, object: &Object) {
    let selector = object.tree.at(&["spec", "selector"]);
    let (Some(selector), Some(labels)) = (selector, pod_labels(object)) else {
        return;
    };
    if object.group() != "apps" || PodSelector::of(selector).matches(Some(labels)) {
        return;
    }
    let words = PodSelector::of(selector).text();
    let selector = selector.get("matchLabels").unwrap_or(selector);
    case.report(CaseReport {
        code: Code::SelectorMismatch,
        origin: selector.origin,
        object: object.title(case.namespace()),
        message: format!("the selector {words} does not match the labels of its own pods"),
        why: format!(
            "its pods have the labels {}; the API server refuses the object, so there are no pods",
            labels_text(labels)
        ),
        help: "write the same labels into `spec.selector` and `spec.template.metadata.labels`"
            .to_owned(),
    });
}

/// A Service selects only pods of its own namespace (Kubernetes, "Service").
fn service_selects_a_pod<'c>(
    case: &mut Case<'c>,
    service: &'c Object,
    pods: &mut PodsByNamespace<'c>,
) {
    let spec = |key: &str| service.tree.at(&["spec", key]);
    let Some(selector) = spec("selector").filter(|it| !it.entries().is_empty()) else {
        return;
    };
    if spec("type").and_then(Node::text) == Some("ExternalName") {
        return;
    }
    let namespace = service.namespace_or(case.namespace());
    if may_select_what_others_make(case, namespace, selector) {
        return;
    }
    let here = pods.here.get_mut(namespace);
    if pods.count == 0 || here.is_some_and(|here| here.first_selected(selector).is_some()) {
        return;
    }
    let (why, help) = match pods.anywhere.first_selected(selector) {
        Some(other) => {
            let other = other.title(case.namespace());
            (
                format!(
                    "a Service selects only pods of its own namespace `{namespace}`, and the pods with these labels belong to {other}: the Service has 0 endpoints, and every connection is refused"
                ),
                format!("give it the namespace of {other}"),
            )
        }
        None => (
            format!(
                "the files hold {} with pods, but no pod with these labels: the Service has 0 endpoints, and every connection is refused",
                objects_text(pods.count)
            ),
            format!(
                "select labels of the pod template; the files hold: {}",
                pods.examples
            ),
        ),
    };
    case.report(CaseReport {
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

/// Whether a controller gives pods the rest of the labels, or an operator makes the pods of a custom resource in this namespace.
fn may_select_what_others_make(case: &Case<'_>, namespace: &str, selector: &Node) -> bool {
    let here = || {
        let objects = case.survey.objects.iter();
        objects.filter(|it| it.namespace_or(case.namespace()) == namespace)
    };
    let fits = |object: &Object| {
        let labels = pod_labels(object);
        selector.entries().iter().all(|wanted| {
            let label = labels.and_then(|labels| labels.get(&wanted.key));
            label.is_some_and(|label| label.value == wanted.node.value)
                || LabelWord::of(&wanted.node)
                    .is_some_and(|word| controller_sets(object, &wanted.key, word))
        })
    };
    let is_special = |key: &str| CONTROLLER_LABELS.iter().any(|known| key.starts_with(known));
    let is_custom = |object: &Object| {
        let group = object.group();
        group.contains('.') && !group.ends_with(".k8s.io") && !has_pods(object)
    };
    let has_special = selector.entries().iter().any(|it| is_special(&it.key));
    (has_special && here().any(fits)) || here().any(is_custom)
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

/// A Service and a port in an Ingress.
pub(super) struct Backend<'o> {
    /// The name of the Service.
    pub(super) name: &'o Node,
    port: Option<&'o Node>,
}

/// `spec.defaultBackend` and the backends of all paths, in the v1 and the v1beta1 form.
pub(super) fn backends(ingress: &Object) -> Vec<Backend<'_>> {
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

/// A backend names a Service of the Ingress's namespace, and one of that Service's ports by number or by name
/// (networking.k8s.io/v1 `IngressServiceBackend`).
fn backend_is_there<'c>(
    case: &mut Case<'c>,
    ingress: &'c Object,
    backend: &Backend<'c>,
    services: &Services<'c>,
) {
    let (Some(name), false) = (backend.name.text(), services.anywhere.is_empty()) else {
        return;
    };
    let namespace = ingress.namespace_or(case.namespace());
    let named = services.here.get(&(namespace, name)).copied();
    if named.is_none() {
        let help = match services.anywhere.get(name) {
            Some(other) => format!(
                "an Ingress reaches only Services of its own namespace: give it the namespace of {}",
                other.title(case.namespace())
            ),
            None => format!(
                "name one of the Services; the files hold: {}",
                services.examples
            ),
        };
        case.report(CaseReport {
            code: Code::IngressNoService,
            origin: backend.name.origin,
            object: ingress.title(case.namespace()),
            message: format!("there is no Service `{name}` in the namespace `{namespace}`"),
            why: "the Ingress has no backend: it answers every request with 503 or 404".to_owned(),
            help,
        });
    }
    let Some(port) = backend.port else {
        return;
    };
    let is_open = match (named, LabelWord::of(port)) {
        (_, None) => false,
        (Some(_), Some(wanted)) => services.ports_of.contains(&(namespace, name, wanted)),
        (None, Some(wanted)) => services.ports.contains(&(namespace, wanted)),
    };
    if is_open {
        return;
    }
    let open = match named {
        Some(named) => Some(open_ports(named, case.namespace())),
        None => services.open.get(namespace).cloned(),
    };
    let Some(open) = open else {
        return;
    };
    let wanted = port_text(port);
    let message = match named {
        None => format!("no Service of the namespace `{namespace}` has the port {wanted}"),
        Some(_) => format!("the Service `{name}` does not have the port {wanted}"),
    };
    case.report(CaseReport {
        code: Code::IngressNoPort,
        origin: port.origin,
        object: ingress.title(case.namespace()),
        message,
        why: format!("{open}: the Ingress answers every request to this backend with 503"),
        help: "name a `port` of the Service (not its `targetPort`, not a port of the container), or add the port to the Service".to_owned(),
    });
}

/// The title of the Service and its ports.
fn open_ports(service: &Object, namespace: &str) -> String {
    format!("{} has {}", service.title(namespace), ports_text(service))
}

fn ports(service: &Object) -> &[Node] {
    service
        .tree
        .at(&["spec", "ports"])
        .map_or(&[][..], Node::items)
}

/// The words that can refer to a port: its number and its name.
fn port_words(port: &Node) -> impl Iterator<Item = LabelWord<'_>> {
    ["port", "name"]
        .into_iter()
        .filter_map(|key| port.get(key))
        .filter_map(LabelWord::of)
}

fn port_text(port: &Node) -> String {
    match &port.value {
        Value::Integer(number) => number.to_string(),
        Value::Text(name) => format!("`{name}`"),
        other => other.type_name().to_owned(),
    }
}

fn ports_text(service: &Object) -> String {
    let ports = ports(service).iter();
    let text = listed(ports.filter_map(|port| port.get("port").map(port_text)));
    match text.as_str() {
        "" => "none".to_owned(),
        _ => text,
    }
}
