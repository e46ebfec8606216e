//! Objects that are spread over namespaces by accident.
//!
//! Self-imposed limit: says that some state a namespace and some do not; what
//! that breaks is said where it breaks.

use std::collections::BTreeSet;

use super::case::{Case, CaseReport};
use crate::scenario::Code;
use crate::scenario::manifest::Object;

/// Kinds of built-in APIs that have no namespace (`kubectl api-resources --namespaced=false`).
const CLUSTER_WIDE: [&str; 17] = [
    "APIService",
    "CSIDriver",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
];

/// All rules of this family.
pub(super) fn rules(case: &mut Case<'_>) {
    let namespaced: Vec<&Object> = case
        .survey
        .objects
        .iter()
        .filter(|it| !CLUSTER_WIDE.contains(&it.kind.as_str()))
        .collect();
    let unstated: Vec<&Object> = namespaced
        .iter()
        .copied()
        .filter(|it| it.namespace.is_none())
        .collect();
    let stated: BTreeSet<&str> = namespaced
        .iter()
        .filter_map(|it| it.namespace.as_deref())
        .filter(|namespace| *namespace != case.namespace())
        .collect();
    let Some(first) = unstated.first().filter(|_| !stated.is_empty()) else {
        return;
    };
    let others: Vec<&str> = stated.into_iter().collect();
    let titles: Vec<String> = unstated
        .iter()
        .map(|it| format!("{} {}", it.kind, it.name))
        .collect();
    case.report(CaseReport {
        code: Code::NamespacesMixed,
        origin: first.name_origin(),
        object: first.title(case.namespace()),
        message: format!(
            "{} of {} objects state no namespace, and the others are in `{}`",
            unstated.len(),
            namespaced.len(),
            others.join("`, `")
        ),
        why: format!(
            "`kubectl apply` puts into `{}` what states none: {}",
            case.namespace(),
            titles.join(", ")
        ),
        help: "write `namespace` into all of them, or into none and apply with `-n` (`--namespace` here)".to_owned(),
    });
}
