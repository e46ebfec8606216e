//! ConfigMaps, Secrets and volume claims that pods refer to, and Secrets in clear text.
//!
//! The rules read names and count values. They never read or print the content of a ConfigMap or a Secret.

use std::collections::BTreeMap;

use super::case::{Case, CaseReport};
use crate::scenario::Code;
use crate::scenario::manifest::Object;
use crate::scenario::tree::{Node, Value};

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    let mut known = Referable::new();
    for object in &case.survey.objects {
        let key = (object.kind.as_str(), object.name.as_str());
        known.entry(key).or_default().push(object);
    }
    for object in &case.survey.objects {
        for reference in references(object) {
            reference_leads_somewhere(case, object, &reference, &known);
        }
        secret_is_not_in_clear_text(case, object);
    }
}

/// Objects by kind and name.
type Referable<'o> = BTreeMap<(&'o str, &'o str), Vec<&'o Object>>;

/// An object that a pod refers to by name.
struct ObjectName<'o> {
    kind: &'static str,
    name: &'o Node,
}

/// The spec of an object's pods.
fn pod_spec(object: &Object) -> Option<&Node> {
    let paths: [&[&str]; 3] = [
        &["spec", "template", "spec"],
        &["spec", "jobTemplate", "spec", "template", "spec"],
        &["spec"],
    ];
    let [template, job, own] = paths;
    match object.kind.as_str() {
        "Pod" => object.tree.at(own),
        "CronJob" => object.tree.at(job),
        _ => object.tree.at(template),
    }
}

/// All references of an object's pods to objects that must exist.
fn references(object: &Object) -> Vec<ObjectName<'_>> {
    let Some(spec) = pod_spec(object) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for list in ["initContainers", "containers"] {
        for container in list_of(spec, list) {
            for source in list_of(container, "envFrom") {
                add(&mut found, "ConfigMap", source.get("configMapRef"), "name");
                add(&mut found, "Secret", source.get("secretRef"), "name");
            }
            for variable in list_of(container, "env") {
                let source = |key: &str| variable.at(&["valueFrom", key]);
                add(&mut found, "ConfigMap", source("configMapKeyRef"), "name");
                add(&mut found, "Secret", source("secretKeyRef"), "name");
            }
        }
    }
    for volume in list_of(spec, "volumes") {
        add(&mut found, "ConfigMap", volume.get("configMap"), "name");
        add(&mut found, "Secret", volume.get("secret"), "secretName");
        let claim = volume.get("persistentVolumeClaim");
        add(&mut found, "PersistentVolumeClaim", claim, "claimName");
        let projected = volume.at(&["projected", "sources"]);
        for source in projected.map_or(&[][..], Node::items) {
            add(&mut found, "ConfigMap", source.get("configMap"), "name");
            add(&mut found, "Secret", source.get("secret"), "name");
        }
    }
    found
}

fn list_of<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map_or(&[][..], Node::items)
}

/// Adds the reference in `source`, unless it is optional.
fn add<'n>(
    found: &mut Vec<ObjectName<'n>>,
    kind: &'static str,
    source: Option<&'n Node>,
    key: &str,
) {
    let Some(source) = source else {
        return;
    };
    let is_optional = source
        .get("optional")
        .is_some_and(|optional| optional.value == Value::Boolean(true));
    if let (Some(name), false) = (source.get(key), is_optional) {
        found.push(ObjectName { kind, name });
    }
}

/// The cluster creates this ConfigMap in every namespace (RootCAConfigMap).
const ALWAYS_THERE: &str = "kube-root-ca.crt";

/// A pod can refer only to objects of its own namespace (Kubernetes, "ConfigMaps" and "Secrets"). Without the object a container
/// stays in CreateContainerConfigError, and a volume in FailedMount.
fn reference_leads_somewhere(
    case: &mut Case<'_>,
    object: &Object,
    reference: &ObjectName<'_>,
    known: &Referable<'_>,
) {
    let Some(name) = reference.name.text().filter(|name| *name != ALWAYS_THERE) else {
        return;
    };
    let kind = reference.kind;
    let namespace = object.namespace_or(case.namespace());
    let named = known.get(&(kind, name)).map_or(&[][..], Vec::as_slice);
    if named
        .iter()
        .any(|it| it.namespace_or(case.namespace()) == namespace)
    {
        return;
    }
    let owner = object.title(case.namespace());
    let stays = "the pods are created and never start";
    let report = match (named.first(), kind) {
        (Some(other), _) => {
            let other = other.title(case.namespace());
            CaseReport {
                code: Code::ReferenceElsewhere,
                origin: reference.name.origin,
                object: owner,
                message: format!(
                    "the namespace `{namespace}` has no {kind} `{name}`: the files hold it in another namespace"
                ),
                why: format!(
                    "pods can use only objects of their own namespace, and the files hold {other}: {stays} (CreateContainerConfigError)"
                ),
                help: format!("give {other} the namespace `{namespace}`"),
            }
        }
        (None, "Secret") => CaseReport {
            code: Code::SecretNotInFiles,
            origin: reference.name.origin,
            object: owner,
            message: format!("the files hold no Secret `{name}`"),
            why: format!(
                "this is good practice, if the Secret exists in `{namespace}`; without it {stays}"
            ),
            help: format!("check with `kubectl get secret {name} -n {namespace}`"),
        },
        (None, _) => CaseReport {
            code: Code::ReferenceMissing,
            origin: reference.name.origin,
            object: owner,
            message: format!("the files hold no {kind} `{name}`"),
            why: format!(
                "unless the namespace `{namespace}` of the cluster has it already, {stays}"
            ),
            help: "add it to the files, or correct the name".to_owned(),
        },
    };
    case.report(report);
}

/// Base64 is not encryption (Kubernetes, "Secrets"). The printed line shows the key and hides the values.
fn secret_is_not_in_clear_text(case: &mut Case<'_>, object: &Object) {
    if object.kind != "Secret" || !object.group().is_empty() {
        return;
    }
    let held = object
        .tree
        .entries()
        .iter()
        .filter(|entry| matches!(entry.key.as_str(), "data" | "stringData"));
    for entry in held {
        let count = entry.node.entries().len();
        if count == 0 {
            continue;
        }
        let values = match count {
            1 => "1 value".to_owned(),
            _ => format!("{count} values"),
        };
        let form = match entry.key.as_str() {
            "data" => "in base64, which is not encryption",
            _ => "in clear text",
        };
        case.report(CaseReport {
            code: Code::SecretInClearText,
            origin: entry.key_origin,
            object: object.title(case.namespace()),
            message: format!("the file holds {values} of a Secret {form}"),
            why: "anyone who can read the file, its repository or the history of the repository has the values, even after their deletion from the file".to_owned(),
            help: "change the values, remove them from the file, and create the Secret with `kubectl create secret`, Sealed Secrets or External Secrets".to_owned(),
        });
    }
}
