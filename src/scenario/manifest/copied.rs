//! The objects of one autoscaler as YAML, for a file that others may read: only what hpasim reads, and nothing confidential.
//!
//! The list is of fields that stay. An object may hold a password in any other field.

use super::super::tree::{Entry, Node, Value};
use super::admission::admit;
use super::application::application_first;
use super::choice::{Chosen, choose};
use super::document::Document;
use super::{ManifestChoice, Object, Objects, Sources, to_yaml};
use crate::scenario::Diagnostic;
use crate::scenario::source::SourceId;

/// An autoscaler with its target and the objects beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedObjects {
    /// The objects as YAML.
    pub yaml: String,
    /// What scales what.
    pub scaled: ScaledWorkload,
}

/// An autoscaler and its target, by the names under which a monitoring system knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaledWorkload {
    /// The name of the HorizontalPodAutoscaler.
    pub autoscaler: String,
    /// The namespace of both.
    pub namespace: String,
    /// The kind of the target.
    pub kind: String,
    /// The name of the target.
    pub name: String,
    /// The container that serves the requests.
    pub application: Option<String>,
    /// The Services that select its pods; without one, the name of the target.
    pub services: Vec<String>,
}

/// What stays of a table: these keys, each with what stays of its value.
enum Kept {
    /// The whole value.
    Whole,
    /// These keys of a table, or of each table in a list.
    Keys(&'static [(&'static str, Self)]),
    /// Every key with this beginning.
    Beginning(&'static [&'static str]),
    /// A path without its query, which may hold a token.
    BeforeQuery,
    /// The words of a command, if all of them belong to a pause.
    Pause,
}

/// The annotations that hpasim reads, by their beginnings.
const ANNOTATIONS: Kept = Kept::Beginning(&[
    "autoscaling.alpha.kubernetes.io/",
    "kubectl.kubernetes.io/default-container",
]);
const METADATA: Kept = Kept::Keys(&[
    ("name", Kept::Whole),
    ("namespace", Kept::Whole),
    ("labels", Kept::Whole),
    ("annotations", ANNOTATIONS),
]);
const PROBE: Kept = Kept::Keys(&[
    ("initialDelaySeconds", Kept::Whole),
    ("periodSeconds", Kept::Whole),
    ("timeoutSeconds", Kept::Whole),
    ("successThreshold", Kept::Whole),
    ("failureThreshold", Kept::Whole),
    ("tcpSocket", Kept::Whole),
    ("grpc", Kept::Whole),
    (
        "httpGet",
        Kept::Keys(&[
            ("path", Kept::BeforeQuery),
            ("port", Kept::Whole),
            ("scheme", Kept::Whole),
        ]),
    ),
    ("exec", Kept::Keys(&[])),
]);
const HOOK: Kept = Kept::Keys(&[
    ("sleep", Kept::Whole),
    ("exec", Kept::Keys(&[("command", Kept::Pause)])),
    (
        "httpGet",
        Kept::Keys(&[("path", Kept::BeforeQuery), ("port", Kept::Whole)]),
    ),
]);
const CONTAINER: Kept = Kept::Keys(&[
    ("name", Kept::Whole),
    ("image", Kept::Whole),
    ("ports", Kept::Whole),
    ("resources", Kept::Whole),
    ("restartPolicy", Kept::Whole),
    ("readinessProbe", PROBE),
    ("startupProbe", PROBE),
    ("livenessProbe", PROBE),
    (
        "lifecycle",
        Kept::Keys(&[("preStop", HOOK), ("postStart", HOOK)]),
    ),
]);
const WORKLOAD: Kept = Kept::Keys(&[
    ("apiVersion", Kept::Whole),
    ("kind", Kept::Whole),
    ("metadata", METADATA),
    (
        "spec",
        Kept::Keys(&[
            ("replicas", Kept::Whole),
            ("selector", Kept::Whole),
            ("minReadySeconds", Kept::Whole),
            (
                "template",
                Kept::Keys(&[
                    ("metadata", METADATA),
                    (
                        "spec",
                        Kept::Keys(&[
                            ("containers", CONTAINER),
                            ("initContainers", CONTAINER),
                            ("resources", Kept::Whole),
                            ("overhead", Kept::Whole),
                            ("restartPolicy", Kept::Whole),
                            ("hostNetwork", Kept::Whole),
                            ("readinessGates", Kept::Whole),
                            ("terminationGracePeriodSeconds", Kept::Whole),
                        ]),
                    ),
                ]),
            ),
        ]),
    ),
]);
const AUTOSCALER: Kept = Kept::Keys(&[
    ("apiVersion", Kept::Whole),
    ("kind", Kept::Whole),
    ("metadata", METADATA),
    ("spec", Kept::Whole),
    ("status", Kept::Whole),
]);
/// A Service or a PodDisruptionBudget.
const SELECTING: Kept = Kept::Keys(&[
    ("apiVersion", Kept::Whole),
    ("kind", Kept::Whole),
    ("metadata", METADATA),
    (
        "spec",
        Kept::Keys(&[
            ("selector", Kept::Whole),
            ("ports", Kept::Whole),
            ("type", Kept::Whole),
            ("minAvailable", Kept::Whole),
            ("maxUnavailable", Kept::Whole),
        ]),
    ),
]);

/// The chosen autoscaler, its target as admission leaves it, and the Services and PodDisruptionBudgets that select its pods.
///
/// # Errors
/// The objects have no autoscaler, no target, or several of them.
pub(in super::super) fn copied_objects(
    mut objects: Objects,
    choice: &ManifestChoice,
    sources: &Sources,
    source: SourceId,
) -> Result<Option<CopiedObjects>, Diagnostic> {
    admit(&mut objects.list, choice.namespace());
    let Chosen { hpa, workload, .. } = choose(&objects, choice, sources, source)?;
    let Some(hpa) = hpa else {
        return Ok(None);
    };
    let namespace = workload.namespace_or(choice.namespace());
    let selecting: Vec<&Object> = objects
        .list
        .iter()
        .filter(|it| it.namespace_or(choice.namespace()) == namespace && selects(it, workload))
        .collect();
    let services = selecting.iter().filter(|it| it.kind == "Service");
    let services: Vec<String> = services.map(|it| it.name.clone()).collect();
    let application = application_first(workload).first().copied();
    let scaled = ScaledWorkload {
        autoscaler: hpa.name.clone(),
        namespace: namespace.to_owned(),
        kind: workload.kind.clone(),
        name: workload.name.clone(),
        application: application.and_then(|it| it.get("name")?.text().map(str::to_owned)),
        services: if services.is_empty() {
            vec![workload.name.clone()]
        } else {
            services
        },
    };
    let listed = [(hpa, &AUTOSCALER), (workload, &WORKLOAD)]
        .into_iter()
        .chain(selecting.into_iter().map(|it| (it, &SELECTING)));
    let texts: Vec<String> = listed
        .filter_map(|(object, kept)| kept.of(&object.tree))
        .map(|document| to_yaml(&document))
        .collect();
    Ok(Some(CopiedObjects {
        yaml: texts.join("---\n"),
        scaled,
    }))
}

/// Whether a Service or a PodDisruptionBudget selects the pods of a workload by plain labels.
fn selects(object: &Object, workload: &Object) -> bool {
    let path: &[&str] = match object.kind.as_str() {
        "Service" => &["spec", "selector"],
        "PodDisruptionBudget" => &["spec", "selector", "matchLabels"],
        _ => return false,
    };
    let labels = workload
        .tree
        .at(&["spec", "template", "metadata", "labels"]);
    let wanted = object.tree.at(path).map_or(&[][..], Node::entries);
    let has = |wanted: &Entry| {
        let label = labels.and_then(|labels| labels.get(&wanted.key));
        label.is_some_and(|label| label.value == wanted.node.value)
    };
    !wanted.is_empty() && wanted.iter().all(has)
}

impl Kept {
    /// What stays of a value.
    fn of(&self, node: &Node) -> Option<Document> {
        if let (Value::Array(items), Self::Keys(_)) = (&node.value, self) {
            return Some(Document::List(
                items.iter().filter_map(|it| self.of(it)).collect(),
            ));
        }
        let below = |entry: &Entry| match self {
            Self::Keys(keys) => {
                let (_, kept) = keys.iter().find(|(key, _)| *key == entry.key)?;
                kept.of(&entry.node)
            }
            Self::Beginning(beginnings) => beginnings
                .iter()
                .any(|it| entry.key.starts_with(it))
                .then(|| whole(&entry.node))?,
            Self::Whole | Self::Pause | Self::BeforeQuery => None,
        };
        match self {
            Self::Whole => whole(node),
            Self::BeforeQuery => {
                let path = node.text()?.split('?').next()?;
                Some(Document::Text(path.to_owned()))
            }
            Self::Pause => is_a_pause(node).then(|| whole(node))?,
            Self::Keys(_) | Self::Beginning(_) => {
                let fields = node.entries().iter();
                let fields = fields.filter_map(|it| Some((it.key.as_str(), below(it)?)));
                Some(Document::table(fields))
            }
        }
    }
}

/// The value as it is; `None` for a value that no document can hold.
fn whole(node: &Node) -> Option<Document> {
    Some(match &node.value {
        Value::Table(_) => Document::table(
            node.entries()
                .iter()
                .filter_map(|it| Some((it.key.as_str(), whole(&it.node)?))),
        ),
        Value::Array(items) => Document::List(items.iter().filter_map(whole).collect()),
        Value::Text(text) => Document::Text(text.clone()),
        Value::Integer(number) => Document::Integer(*number),
        // Kubernetes reads a quantity in quotes as the number.
        Value::Float(number) => Document::Text(number.to_string()),
        Value::Boolean(truth) => Document::Boolean(*truth),
        Value::Date | Value::Null => return None,
    })
}

/// Whether a command is a pause and nothing else, such as `["sh", "-c", "sleep 15"]`.
fn is_a_pause(command: &Node) -> bool {
    let mut words = command.items().iter().flat_map(|it| match &it.value {
        Value::Text(text) => text.split_whitespace().collect::<Vec<_>>(),
        Value::Integer(_) | Value::Float(_) => Vec::new(),
        _ => vec!["?"],
    });
    let is_time = |word: &str| {
        let digits = word.trim_end_matches(['s', 'm']);
        !digits.is_empty()
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let is_shell = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        matches!(name, "sh" | "bash" | "sleep") || word == "-c"
    };
    words.all(|word| is_shell(word) || is_time(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
apiVersion: v1
kind: List
items:
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata:
    name: web
    namespace: shop
    annotations: {kubectl.kubernetes.io/last-applied-configuration: "hunter2"}
    managedFields: [{manager: hunter2}]
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    maxReplicas: 10
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop, uid: hunter2}
  spec:
    replicas: 2
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}, annotations: {token: hunter2}}
      spec:
        imagePullSecrets: [{name: hunter2}]
        volumes: [{name: hunter2}]
        containers:
        - name: web
          image: shop/web:1
          env: [{name: PASSWORD, value: hunter2}]
          envFrom: [{secretRef: {name: hunter2}}]
          args: [--token=hunter2]
          command: [run, hunter2]
          resources: {requests: {cpu: 100m}}
          lifecycle: {preStop: {exec: {command: [/bin/sh, -c, sleep 15]}}, postStart: {exec: {command: [curl, hunter2]}}}
          readinessProbe: {httpGet: {path: "/ready?token=hunter2", port: 80, httpHeaders: [{name: Authorization, value: hunter2}]}, periodSeconds: 5}
- apiVersion: v1
  kind: Service
  metadata: {name: web-http, namespace: shop, annotations: {password: hunter2}}
  spec: {selector: {app: web}, ports: [{port: 80}]}
- apiVersion: v1
  kind: Service
  metadata: {name: other, namespace: shop}
  spec: {selector: {app: other}}
- apiVersion: v1
  kind: Secret
  metadata: {name: web, namespace: shop}
  data: {password: hunter2}
"#;

    fn copied() -> CopiedObjects {
        let mut sources = Sources::default();
        let source = sources.add("web.yaml".to_owned(), MANIFEST.to_owned());
        let objects = super::super::read_objects(&mut sources, source).expect("objects");
        let choice = ManifestChoice::default();
        let copied = copied_objects(objects, &choice, &sources, source).expect("a choice");
        copied.expect("an autoscaler")
    }

    #[test]
    fn a_copy_holds_what_hpasim_reads_and_nothing_confidential() {
        let yaml = copied().yaml;
        assert!(!yaml.contains("hunter2"), "{yaml}");
        insta::assert_snapshot!(yaml);
    }

    #[test]
    fn the_services_of_a_target_are_those_that_select_its_pods() {
        let scaled = copied().scaled;
        assert_eq!(scaled.services, ["web-http"]);
        assert_eq!(scaled.application.as_deref(), Some("web"));
        assert_eq!(
            (scaled.kind.as_str(), scaled.name.as_str()),
            ("Deployment", "web")
        );
        assert_eq!(
            (scaled.namespace.as_str(), scaled.autoscaler.as_str()),
            ("shop", "web")
        );
    }
}
