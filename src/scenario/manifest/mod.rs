//! Kubernetes manifests: from YAML or JSON text to objects, and to a policy.
//!
//! Objects stay as written. The readers of their parts apply the API server's defaults and checks.
//!
//! | module | content |
//! |---|---|
//! | [`yaml`] | text to trees with origins |
//! | [`choice`] | the chosen autoscaler and its workload |
//! | [`copied`] | the objects of one autoscaler for a file, without what may be confidential |
//! | [`admission`] | what a cluster changes in pods at their admission |
//! | [`foreign`] | kinds that hpasim does not read, and how to get objects from them |
//! | [`api_version`] | an autoscaler of any version as autoscaling/v2, and keys that its version lacks |
//! | [`beta`] | metrics of autoscaling/v2beta1 |
//! | [`annotations`] | what autoscaling/v1 carries in annotations |
//! | [`application`] | the container of a pod that serves the requests |
//! | [`recorded_memory`] | the memory of a pod in an autoscaler's status |
//! | [`metrics_server`] | how often a metrics-server among the objects scrapes |
//! | [`policy`] | their parts as the keys of a policy |
//! | [`export`] | a policy as objects: the autoscaler |
//! | [`workload_export`] | a policy as objects: the workload |
//! | [`patch`] | the difference of two objects |
//! | [`document`] | values for output |
//! | [`target_reference`] | the object that an autoscaler scales, by group, kind and name |
//! | [`secrecy`] | the confidential parts of the text, which diagnostics never print |

mod admission;
mod annotations;
mod api_version;
mod application;
mod beta;
mod choice;
mod copied;
mod document;
mod export;
mod foreign;
mod metrics_server;
mod patch;
mod policy;
mod recorded_memory;
mod secrecy;
mod target_reference;
mod workload_export;
pub(super) mod yaml;

pub(crate) use admission::{InjectedSidecar, admit};
pub(super) use api_version::autoscaler_spec;
pub(crate) use beta::keys_renamed_in_version_two;
pub use choice::ManifestChoice;
pub(super) use copied::copied_objects;
pub use copied::{CopiedObjects, ScaledWorkload};
pub(super) use document::Document;
pub(super) use document::to_toml;
pub(super) use export::{Metadata, hpa_document, name_remark};
pub(crate) use foreign::source_of_objects;
pub(super) use metrics_server::faults as faults_of_metrics_servers;
pub(super) use patch::merge_patch;
pub(super) use policy::{HpaIdentity, policy_part, policy_table};
pub(super) use recorded_memory::UnusableMemory;
pub(crate) use target_reference::{ReferenceFault, TargetReference};

use std::collections::BTreeSet;
use std::path::Path;

use admission::Admission;

use super::broken_manifest::stretches_of_broken_manifest;
use super::diagnostic::{Code, Diagnostic, Diagnostics, Omitted, Place};
use super::secrecy::may_hold_a_secret;
use super::source::{Origin, SourceId, Sources};
use super::tree::{Node, Value};
use crate::bounded::{POLICY_BYTES_MAX, size_text};
pub(super) use workload_export::WorkloadExport;
pub(super) use yaml::to_yaml;
use yaml::{Documents, YamlFault, YamlFaultKind};

/// How many faults of one file are listed.
const FAULTS_SHOWN: usize = 20;

/// Kinds with a scale and a pod template.
const WORKLOADS: [&str; 4] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
];
/// Kinds with a pod template that an autoscaler cannot scale.
const NEVER_SCALED: [&str; 3] = ["DaemonSet", "Job", "CronJob"];

/// The objects of a manifest, including those of its Lists, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    /// The objects.
    pub(crate) list: Vec<Object>,
}

/// A Kubernetes object as written.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// `apiVersion`, or empty.
    pub(crate) api_version: String,
    /// `kind`.
    pub(crate) kind: String,
    /// `metadata.name`, or empty.
    pub(crate) name: String,
    /// `metadata.namespace`, if it is stated.
    pub(crate) namespace: Option<String>,
    /// The whole object, with places.
    pub(crate) tree: Node,
    /// What admission changed in it.
    pub(crate) admission: Admission,
}

impl Object {
    /// Its namespace, or `default` if it states none.
    pub(crate) fn namespace_or<'o>(&'o self, default: &'o str) -> &'o str {
        self.namespace.as_deref().unwrap_or(default)
    }

    /// Its title in messages: `Deployment shop/app`.
    pub(crate) fn title(&self, default_namespace: &str) -> String {
        format!(
            "{} {}/{}",
            self.kind,
            self.namespace_or(default_namespace),
            self.name
        )
    }

    /// Whether it is a HorizontalPodAutoscaler of any version, even one that no cluster serves.
    pub(crate) fn is_autoscaler(&self) -> bool {
        // A custom resource of this kind has a group with a dot.
        self.kind == "HorizontalPodAutoscaler" && !self.group().contains('.')
    }

    /// Whether an autoscaler can scale it: a built-in kind, or another kind with a pod template.
    pub(crate) fn is_workload(&self) -> bool {
        WORKLOADS.contains(&self.kind.as_str())
            || (!NEVER_SCALED.contains(&self.kind.as_str())
                && self.tree.at(&["spec", "template", "spec"]).is_some())
    }

    /// Whether it is a ScaledObject of KEDA, which scales its target through an autoscaler of its own.
    pub(crate) fn is_scaled_object(&self) -> bool {
        self.kind == "ScaledObject" && self.group() == "keda.sh"
    }

    /// The title of what a ScaledObject scales, as `Deployment ns/name`; `None` for another object, or if it names no target.
    pub(crate) fn scaled_target(&self, namespace: &str) -> Option<String> {
        let part = |key: &str| {
            let node = self.tree.at(&["spec", "scaleTargetRef", key]);
            node.and_then(Node::text)
        };
        if !self.is_scaled_object() {
            return None;
        }
        let kind = part("kind").unwrap_or("Deployment");
        let namespace = self.namespace_or(namespace);
        Some(format!("{kind} {namespace}/{}", part("name")?))
    }

    /// Whether a ScaledObject lets KEDA take over an autoscaler of its target instead of creating one.
    pub(crate) fn takes_over_the_autoscaler(&self) -> bool {
        let key = "scaledobject.keda.sh/transfer-hpa-ownership";
        let node = self.tree.at(&["metadata", "annotations", key]);
        node.and_then(Node::text) == Some("true")
    }

    /// Whether the object is a ScaledObject that scales this workload.
    pub(crate) fn scales(&self, workload: &Self, namespace: &str) -> bool {
        self.scaled_target(namespace)
            .is_some_and(|target| target == workload.title(namespace))
    }

    /// Whether another object owns it, as a Deployment owns its ReplicaSets and these their Pods in a dump of a cluster.
    pub(crate) fn is_owned(&self) -> bool {
        let owners = self.tree.at(&["metadata", "ownerReferences"]);
        owners.is_some_and(|owners| !owners.items().is_empty())
    }

    /// The value at `path` of the pod template's spec.
    fn in_template(&self, path: &[&str]) -> Option<&Node> {
        self.tree.at(&["spec", "template", "spec"])?.at(path)
    }

    /// The place of its name, or of the object.
    pub(crate) fn name_origin(&self) -> Origin {
        self.tree
            .at(&["metadata", "name"])
            .map_or(self.tree.origin, |name| name.origin)
    }

    /// The group of its `apiVersion`, without the version: `apps` of `apps/v1`.
    pub(crate) fn group(&self) -> &str {
        target_reference::group_of(&self.api_version)
    }
}

/// A warning about a key, which matters unless a policy above the manifest states the key.
pub(super) struct KeyNote {
    /// The section of the key.
    pub(super) section: &'static str,
    /// The key.
    pub(super) key: &'static str,
    /// The warning.
    pub(super) warning: Diagnostic,
}

/// Reads the objects of a manifest, and hides the content of its Secrets from all diagnostics about `source`.
///
/// # Errors
/// All YAML faults, and documents that are not objects.
pub(crate) fn read_objects(
    sources: &mut Sources,
    source: SourceId,
) -> Result<Objects, Diagnostics> {
    sources.mark_as_manifest(source);
    let text = &sources.get(source).text;
    if text.len() as u64 > POLICY_BYTES_MAX {
        return Err(Diagnostics::one(too_large(sources, source)));
    }
    let Documents {
        list,
        aliases,
        faults,
    } = yaml::parse_documents(text, source);
    let is_whole = !faults.iter().any(|fault| fault.kind.ends_the_text());
    let mut confidential = secrecy::confidential(&list, &aliases, text);
    if !is_whole {
        // A text that cannot be parsed may hold a Secret anywhere.
        if may_hold_a_secret(text) {
            confidential.hidden.push(0..text.len());
        }
        confidential
            .hidden
            .extend(stretches_of_broken_manifest(text));
        confidential.sort();
    }
    sources.hide(source, confidential);
    if !faults.is_empty() {
        let omitted = omitted(sources, source, faults.len());
        let list = faults
            .into_iter()
            .take(FAULTS_SHOWN)
            .map(|fault| diagnostic_of(fault, sources))
            .collect();
        return Err(Diagnostics { list, omitted });
    }
    collect(list, sources, source)
}

/// The objects of all documents.
fn collect(
    documents: Vec<Node>,
    sources: &Sources,
    source: SourceId,
) -> Result<Objects, Diagnostics> {
    let mut objects = Objects::default();
    let mut faults = Vec::new();
    for document in documents {
        add(document, &mut objects, &mut faults);
    }
    if objects.list.is_empty() && faults.is_empty() {
        return Err(Diagnostics::one(Diagnostic {
            code: Code::ManifestChoice,
            message: "the manifest holds no object".to_owned(),
            place: Some(Box::new(Place::of(sources, Sources::beginning(source)))),
            help: "write the HorizontalPodAutoscaler and its Deployment into it".to_owned(),
        }));
    }
    if faults.is_empty() {
        return Ok(objects);
    }
    let omitted = omitted(sources, source, faults.len());
    let list = faults
        .into_iter()
        .take(FAULTS_SHOWN)
        .map(|origin| Diagnostic {
            code: Code::MissingKey,
            message: "this is not a Kubernetes object: it has no `kind`".to_owned(),
            place: Some(Box::new(Place::of(sources, origin))),
            help: "start it with `apiVersion` and `kind`, or delete it".to_owned(),
        })
        .collect();
    Err(Diagnostics { list, omitted })
}

/// The faults of `source` that are not listed.
fn omitted(sources: &Sources, source: SourceId, faults: usize) -> Omitted {
    let omitted = faults.saturating_sub(FAULTS_SHOWN);
    Omitted::of(&sources.get(source).name, omitted)
}

/// Adds an object, or all objects of a List.
fn add(tree: Node, objects: &mut Objects, faults: &mut Vec<Origin>) {
    let text_at = |path: &[&str]| tree.at(path).and_then(Node::text).map(str::to_owned);
    let Some(kind) = text_at(&["kind"]) else {
        faults.push(tree.origin);
        return;
    };
    let api_version = text_at(&["apiVersion"]).unwrap_or_default();
    if let (Some(item_kind), Some(_)) = (kind.strip_suffix("List"), tree.get("items")) {
        let Value::Table(mut table) = tree.value else {
            return;
        };
        let items = table.remove("items").map(|entry| entry.node.value);
        let Some(Value::Array(items)) = items else {
            return;
        };
        for item in items {
            if item.get("kind").is_some() || item_kind.is_empty() {
                add(item, objects, faults);
            } else {
                // The items of a typed list do not repeat the list's kind.
                objects
                    .list
                    .push(object(item, item_kind.to_owned(), api_version.clone()));
            }
        }
        return;
    }
    objects.list.push(object(tree, kind, api_version));
}

fn object(tree: Node, kind: String, api_version: String) -> Object {
    let metadata = |key: &str| {
        tree.at(&["metadata", key])
            .and_then(Node::text)
            .map(str::to_owned)
    };
    Object {
        api_version,
        kind,
        name: metadata("name").unwrap_or_default(),
        namespace: metadata("namespace"),
        tree,
        admission: Admission::default(),
    }
}

/// Of objects with the same kind, name and namespace the last one counts, as in `kubectl apply`.
pub(super) fn keep_the_last_of_each(objects: &mut Vec<Object>, default_namespace: &str) {
    let mut known = BTreeSet::new();
    objects.reverse();
    objects.retain(|object| {
        object.name.is_empty()
            || known.insert((object.group().to_owned(), object.title(default_namespace)))
    });
    objects.reverse();
}

/// `metrics-server` of `registry.k8s.io/metrics-server/metrics-server:v0.8.0`.
fn image_name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(':').next().unwrap_or(name)
}

/// A patch of an object's `spec`; empty without a change.
pub(super) fn spec_patch(spec: Option<Document>) -> Document {
    Document::table(spec.map(|spec| ("spec", spec)))
}

/// Whether a text with an unknown file name is a manifest: a line has `apiVersion:` or `kind:`, which TOML does not allow.
pub(crate) fn looks_like_manifest(text: &str) -> bool {
    let says = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '-', '{', ',', '[']);
        ["apiVersion", "\"apiVersion\"", "kind", "\"kind\""]
            .iter()
            .filter_map(|key| line.strip_prefix(key))
            .any(|rest| rest.trim_start().starts_with(':'))
    };
    let is_json = text.trim_start().starts_with('{') && text.contains("\"kind\"");
    is_json || text.lines().any(says)
}

/// How many bytes of a table are searched for signs of another format.
const LOOKED_AT_BYTES: usize = 64 << 10;

/// Refuses a manifest that is given instead of rows of numbers.
///
/// # Errors
/// The diagnostic. It prints no line, because the manifest may hold a Secret.
pub(super) fn refuse_manifest(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let mut end = text.len().min(LOOKED_AT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if !looks_like_manifest(&text[..end]) {
        return Ok(());
    }
    Err(Diagnostic {
        code: Code::Unsupported,
        message: format!(
            "`{}` looks like a Kubernetes manifest, not like rows of numbers",
            path.display()
        ),
        place: None,
        help: "a manifest takes the place of the policy: `hpasim run app.yaml spike.csv`"
            .to_owned(),
    })
}

fn too_large(sources: &Sources, source: SourceId) -> Diagnostic {
    Diagnostic {
        code: Code::ManifestTooLarge,
        message: format!(
            "`{}` is larger than a manifest may be: {}",
            sources.get(source).name,
            size_text(POLICY_BYTES_MAX)
        ),
        place: None,
        help:
            "keep only the autoscaler and its target: `kubectl get hpa,deploy -n NAMESPACE -o yaml`"
                .to_owned(),
    }
}

fn diagnostic_of(fault: YamlFault, sources: &Sources) -> Diagnostic {
    let language = match fault.kind {
        YamlFaultKind::Syntax(_) | YamlFaultKind::KeyNotText => {
            foreign::template_language(&sources.get(fault.origin.source).text, fault.origin.start)
        }
        _ => None,
    };
    if let Some(language) = language {
        return Diagnostic {
            code: Code::ManifestSyntax,
            message: format!("this is {}, and only its output is YAML", language.what),
            place: Some(Box::new(Place::of(sources, fault.origin))),
            help: language.help.to_owned(),
        };
    }
    let (code, message, help) = match fault.kind {
        YamlFaultKind::Syntax(info) => (
            Code::ManifestSyntax,
            format!("this is not valid YAML: {info}"),
            "indent with spaces, write one `key: value` on a line, and put quotes around values with `: `, `#` or a bracket".to_owned(),
        ),
        YamlFaultKind::Tab => (
            Code::ManifestSyntax,
            "a tab indents this line, and YAML allows only spaces".to_owned(),
            "replace the tab with spaces".to_owned(),
        ),
        YamlFaultKind::DuplicateKey(key) => (
            Code::ManifestSyntax,
            match sources.is_confidential(fault.origin) {
                true => "a key is repeated".to_owned(),
                false => format!("the key `{key}` is repeated"),
            },
            "keep one of the two".to_owned(),
        ),
        YamlFaultKind::KeyNotText => (
            Code::ManifestSyntax,
            "a key must be a single word, and this is a table or a list".to_owned(),
            "quote it if it is a template such as `{{ name }}`, or render the template first".to_owned(),
        ),
        YamlFaultKind::MergeNotTable => (
            Code::ManifestSyntax,
            "`<<` merges tables, and this is not a table".to_owned(),
            "write `<<: *name`, where `name` is the anchor of a table".to_owned(),
        ),
        YamlFaultKind::AliasOfItself => (
            Code::ManifestSyntax,
            "this alias is inside its own anchor".to_owned(),
            "write the value instead of the alias".to_owned(),
        ),
        YamlFaultKind::TooManyValues => (
            Code::ManifestTooLarge,
            format!(
                "the manifest holds more than {} million values when its aliases are expanded",
                yaml::VALUES_MAX / 1_000_000
            ),
            "keep only the autoscaler and its target, and use no aliases".to_owned(),
        ),
        YamlFaultKind::TooDeep => (
            Code::ManifestTooLarge,
            format!("values are nested more than {} levels deep", yaml::DEPTH_MAX),
            "no Kubernetes object is nested that deep: check brackets and indentation".to_owned(),
        ),
    };
    Diagnostic {
        code,
        message,
        place: Some(Box::new(Place::of(sources, fault.origin))),
        help,
    }
}

#[cfg(test)]
mod tests;
