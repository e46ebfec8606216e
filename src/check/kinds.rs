//! Objects of kinds that no rule reads: so that "nothing found" is never said of what was not checked.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, CaseReport};
use crate::scenario::manifest::{Object, source_of_objects};
use crate::scenario::source::{Origin, SourceId};
use crate::scenario::survey::listed;
use crate::scenario::{Code, nearest};

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    let mut files: BTreeMap<SourceId, Vec<&Object>> = BTreeMap::new();
    for object in &case.survey.objects {
        let source = object.tree.origin.source;
        files.entry(source).or_default().push(object);
    }
    for objects in files.into_values() {
        for object in &objects {
            objects_are_made_from_it(case, object);
            its_group_has_the_kind(case, object);
        }
        let unknown: Vec<&&Object> = objects.iter().filter(|it| !is_known(it)).collect();
        let Some(first) = unknown.first() else {
            continue;
        };
        let kinds: BTreeSet<String> = unknown.iter().map(|it| kind_text(it)).collect();
        let kinds = listed(kinds.into_iter());
        let origin = first
            .tree
            .get("kind")
            .map_or(first.tree.origin, |node| node.origin);
        match unknown.len() == objects.len() {
            true => nothing_is_known(case, first, origin, &kinds),
            false => kinds_are_unknown(case, first, origin, &kinds),
        }
    }
}

fn kind_text(object: &Object) -> String {
    format!("{} ({})", object.kind, object.api_version)
}

/// The kinds of the groups of Kubernetes that have workloads and autoscalers.
const KINDS_OF_GROUPS: [(&str, &[&str]); 4] = [
    (
        "apps",
        &[
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "StatefulSet",
        ],
    ),
    ("autoscaling", &["HorizontalPodAutoscaler", "Scale"]),
    ("batch", &["CronJob", "Job"]),
    (
        "policy",
        &["Eviction", "PodDisruptionBudget", "PodSecurityPolicy"],
    ),
];

/// Reports a kind that its group of Kubernetes does not have.
fn its_group_has_the_kind(case: &mut Case<'_>, object: &Object) {
    let group = object.group();
    let Some((_, kinds)) = KINDS_OF_GROUPS.iter().find(|(name, _)| *name == group) else {
        return;
    };
    let kind = object.kind.as_str();
    // Other rules say what is wrong with the group of a kind that they read.
    let is_read = object.is_autoscaler() || object.is_workload();
    if is_read || kinds.contains(&kind.strip_suffix("List").unwrap_or(kind)) {
        return;
    }
    let origin = object.tree.get("kind");
    case.report(CaseReport {
        code: Code::NothingChecked,
        origin: origin.map_or(object.tree.origin, |node| node.origin),
        object: object.title(case.namespace()),
        message: format!(
            "the group `{group}` has no kind `{kind}`: hpasim checked nothing of this object"
        ),
        why: "no cluster knows the kind, and `kubectl apply` fails: no matches for kind".to_owned(),
        help: match nearest(kind, kinds.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its kinds are: {}", kinds.join(", ")),
        },
    });
}

/// Whether a rule reads the object, or Kubernetes itself has the kind, so that it says nothing about an autoscaler.
fn is_known(object: &Object) -> bool {
    let group = object.group();
    !group.contains('.')
        || group.ends_with(".k8s.io")
        || object.is_workload()
        || object.is_scaled_object()
        || source_of_objects(object).is_some()
}

fn objects_are_made_from_it(case: &mut Case<'_>, object: &Object) {
    let Some(source) = source_of_objects(object) else {
        return;
    };
    case.report(CaseReport {
        code: Code::NothingChecked,
        origin: object
            .tree
            .get("kind")
            .map_or(object.tree.origin, |node| node.origin),
        object: object.title(case.namespace()),
        message: format!(
            "this is {}: hpasim checked none of the objects that a tool makes from it",
            source.what
        ),
        why: "only the objects that a cluster gets show what is wrong with them".to_owned(),
        help: format!(
            "let the tool write them: `{} | hpasim check -`",
            source.command
        ),
    });
}

fn nothing_is_known(case: &mut Case<'_>, first: &Object, origin: Origin, kinds: &str) {
    case.report(CaseReport {
        code: Code::NothingChecked,
        origin,
        object: first.title(case.namespace()),
        message: format!("hpasim knows no object of this file, and checked nothing in it: {kinds}"),
        why: "a custom resource means what its operator makes of it".to_owned(),
        help: "check the objects that the operator makes: `kubectl get hpa,deploy -o yaml | hpasim check -`".to_owned(),
    });
}

fn kinds_are_unknown(case: &mut Case<'_>, first: &Object, origin: Origin, kinds: &str) {
    case.report(CaseReport {
        code: Code::KindsUnknown,
        origin,
        object: first.title(case.namespace()),
        message: format!("hpasim does not know these kinds, and did not check them: {kinds}"),
        why: "a custom resource means what its operator makes of it".to_owned(),
        help: "nothing, unless one of them scales or changes the pods".to_owned(),
    });
}
