//! Services and Ingresses: whether what they name is there.
//!
//! Self-imposed limit: objects of the files. Where these hold no pods, or no Service at
//! all, these are taken to be in the cluster, and nothing is said.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, Report, mark_of};
use crate::scenario::Code;
use crate::scenario::manifest::Object;
use crate::scenario::source::Origin;
use crate::scenario::survey::listed;
use crate::scenario::tree::{Node, Value};

/// All rules of this family.
pub(super) fn rules(case: &mut Case<'_>) {
    let objects = &case.survey.objects;
    let pods = Pods::of(objects, case.namespace());
    let services = Services::of(objects, case.namespace());
    for object in objects {
        selector_matches_template(case, object);
        match object.kind.as_str() {
            "Service" => service_selects_a_pod(case, object, &pods),
            "Ingress" => {
                for backend in backends(object) {
                    backend_is_there(case, object, &backend, &services);
                }
            }
            _ => {}
        }
    }
}

/// A label or a port that another object refers to, in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word<'o> {
    Text(&'o str),
    Integer(i64),
    Boolean(bool),
}

impl<'o> Word<'o> {
    /// `None` for what is no word: no object refers to it.
    fn of(node: &'o Node) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(Self::Text(text)),
            Value::Integer(number) => Some(Self::Integer(*number)),
            Value::Boolean(value) => Some(Self::Boolean(*value)),
            _ => None,
        }
    }
}

/// The objects with pods, by what a Service finds them by: files may hold thousands of both.
struct Pods<'o> {
    count: usize,
    /// By namespace, key and value of a label.
    here: BTreeMap<(&'o str, &'o str, Word<'o>), Vec<&'o Object>>,
    /// By key and value of a label.
    anywhere: BTreeMap<(&'o str, Word<'o>), Vec<&'o Object>>,
    /// Some of them with their labels.
    examples: String,
}

impl<'o> Pods<'o> {
    fn of(objects: &'o [Object], namespace: &'o str) -> Self {
        let with_pods = || objects.iter().filter(|it| has_pods(it));
        let mut pods = Self {
            count: with_pods().count(),
            here: BTreeMap::new(),
            anywhere: BTreeMap::new(),
            examples: listed(with_pods().filter_map(|it| {
                let labels = labels_text(pod_labels(it)?);
                Some(format!("{} ({labels})", it.title(namespace)))
            })),
        };
        for object in with_pods() {
            let own = object.namespace_or(namespace);
            for label in pod_labels(object).map_or(&[][..], Node::entries) {
                let Some(value) = Word::of(&label.node) else {
                    continue;
                };
                let key = label.key.as_str();
                pods.here.entry((own, key, value)).or_default().push(object);
                pods.anywhere.entry((key, value)).or_default().push(object);
            }
        }
        pods
    }

    /// The first object of the namespace whose pods the selector selects.
    fn selected_here(&self, namespace: &'o str, selector: &'o Node) -> Option<&'o Object> {
        first_selected(selector, |key, value| {
            self.here.get(&(namespace, key, value))
        })
    }

    /// The same of any namespace.
    fn selected_anywhere(&self, selector: &'o Node) -> Option<&'o Object> {
        first_selected(selector, |key, value| self.anywhere.get(&(key, value)))
    }
}

/// The first object whose pods the selector selects; `with_label` gives those that have a label.
///
/// Only those are looked at that have the rarest of the labels.
fn first_selected<'i, 'o: 'i>(
    selector: &'o Node,
    with_label: impl Fn(&'o str, Word<'o>) -> Option<&'i Vec<&'o Object>>,
) -> Option<&'o Object> {
    let mut rarest: Option<&Vec<&Object>> = None;
    for wanted in selector.entries() {
        let found = with_label(&wanted.key, Word::of(&wanted.node)?)?;
        if rarest.is_none_or(|rarest| found.len() < rarest.len()) {
            rarest = Some(found);
        }
    }
    let mut candidates = rarest?.iter().copied();
    candidates.find(|it| pod_labels(it).is_some_and(|labels| selects(selector, labels)))
}

/// The Services, by what an Ingress finds them by.
struct Services<'o> {
    /// By name.
    named: BTreeMap<&'o str, Vec<&'o Object>>,
    /// By namespace.
    of_namespace: BTreeMap<&'o str, Vec<&'o Object>>,
    /// The ports of all Services of a namespace, by number and by name.
    ports: BTreeSet<(&'o str, Word<'o>)>,
    /// What some of them are called.
    examples: String,
}

impl<'o> Services<'o> {
    fn of(objects: &'o [Object], namespace: &'o str) -> Self {
        let services = || objects.iter().filter(|it| it.kind == "Service");
        let mut found = Self {
            named: BTreeMap::new(),
            of_namespace: BTreeMap::new(),
            ports: BTreeSet::new(),
            examples: listed(services().map(|it| it.title(namespace))),
        };
        for service in services() {
            let own = service.namespace_or(namespace);
            found.named.entry(&service.name).or_default().push(service);
            found.of_namespace.entry(own).or_default().push(service);
            let words = ports(service).iter().flat_map(port_words);
            found.ports.extend(words.map(|word| (own, word)));
        }
        found
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

/// Whether `labels` have all that `selector` asks for.
fn selects(selector: &Node, labels: &Node) -> bool {
    selector.entries().iter().all(|wanted| {
        labels
            .get(&wanted.key)
            .is_some_and(|label| label.value == wanted.node.value)
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
fn service_selects_a_pod<'c>(case: &mut Case<'c>, service: &'c Object, pods: &Pods<'c>) {
    let spec = |key: &str| service.tree.at(&["spec", key]);
    let Some(selector) = spec("selector").filter(|it| !it.entries().is_empty()) else {
        return;
    };
    if spec("type").and_then(Node::text) == Some("ExternalName") {
        return;
    }
    let namespace = service.namespace_or(case.namespace());
    if pods.count == 0 || pods.selected_here(namespace, selector).is_some() {
        return;
    }
    let (why, help) = match pods.selected_anywhere(selector) {
        Some(other) => {
            let other = other.title(case.namespace());
            (
                format!(
                    "a Service selects pods of its own namespace `{namespace}` alone, and {other} has the pods with these labels: the Service has 0 endpoints, and each connection is refused"
                ),
                format!("give it the namespace of {other}"),
            )
        }
        None => (
            format!(
                "of {} with pods none has these labels: the Service has 0 endpoints, and each connection is refused",
                objects_text(pods.count)
            ),
            format!(
                "select labels of the pod template; here are: {}",
                pods.examples
            ),
        ),
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
fn backend_is_there<'c>(
    case: &mut Case<'c>,
    ingress: &'c Object,
    backend: &Backend<'c>,
    services: &Services<'c>,
) {
    let (Some(name), false) = (backend.name.text(), services.named.is_empty()) else {
        return;
    };
    let namespace = ingress.namespace_or(case.namespace());
    let none = Vec::new();
    let namesakes = services.named.get(name).unwrap_or(&none);
    let is_here = |it: &&Object| it.namespace_or(case.namespace()) == namespace;
    let named = namesakes.iter().copied().find(is_here);
    if named.is_none() {
        let help = match namesakes.first() {
            Some(other) => format!(
                "an Ingress reaches Services of its own namespace alone: give it that of {}",
                other.title(case.namespace())
            ),
            None => format!("name one of the Services; here are: {}", services.examples),
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
    let candidates = match &named {
        Some(named) => std::slice::from_ref(named),
        None => services.of_namespace.get(namespace).unwrap_or(&none),
    };
    let is_open = match (named, Word::of(port)) {
        (_, None) => false,
        (Some(named), Some(wanted)) => ports(named)
            .iter()
            .any(|it| port_words(it).any(|word| word == wanted)),
        (None, Some(wanted)) => services.ports.contains(&(namespace, wanted)),
    };
    if candidates.is_empty() || is_open {
        return;
    }
    let wanted = port_text(port);
    let open = listed(
        candidates
            .iter()
            .map(|it| format!("{} has {}", it.title(case.namespace()), ports_text(it))),
    );
    let message = match named {
        None => format!("no Service of the namespace `{namespace}` has the port {wanted}"),
        Some(_) => format!("the Service `{name}` does not have the port {wanted}"),
    };
    case.report(Report {
        code: Code::IngressNoPort,
        origin: port.origin,
        object: ingress.title(case.namespace()),
        message,
        why: format!("{open}: every request to this backend is answered with 503"),
        help: "name a `port` of the Service, not its `targetPort` or a port of the container, or add it to the Service".to_owned(),
    });
}

fn ports(service: &Object) -> &[Node] {
    service
        .tree
        .at(&["spec", "ports"])
        .map_or(&[][..], Node::items)
}

/// What a port may be referred to by: its number and its name.
fn port_words(port: &Node) -> impl Iterator<Item = Word<'_>> {
    ["port", "name"]
        .into_iter()
        .filter_map(|key| port.get(key))
        .filter_map(Word::of)
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
