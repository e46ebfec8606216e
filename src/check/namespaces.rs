//! Sets of objects of which only some state a namespace.
//!
//! The other modules report what such a set breaks.

use std::collections::BTreeSet;

use super::case::{Case, CaseReport};
use crate::scenario::Code;
use crate::scenario::manifest::Object;

/// Kinds of built-in APIs without a namespace (`kubectl api-resources --namespaced=false`).
#[rustfmt::skip]
const CLUSTER_WIDE: [&str; 17] = [
    "APIService", "CSIDriver", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition", "GatewayClass", "IngressClass", "MutatingWebhookConfiguration",
    "Namespace", "Node", "PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass",
    "ValidatingWebhookConfiguration", "VolumeSnapshotClass",
];

/// The namespace of what belongs to the cluster.
const OF_THE_CLUSTER: &str = "kube-system";

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    let namespaced: Vec<&Object> = case
        .survey
        .objects
        .iter()
        .filter(|it| !CLUSTER_WIDE.contains(&it.kind.as_str()))
        // Parts of the cluster, such as metrics-server, say nothing about the application.
        .filter(|it| it.namespace.as_deref() != Some(OF_THE_CLUSTER))
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
            "{} of {} objects state no namespace; the others are in `{}`",
            unstated.len(),
            namespaced.len(),
            others.join("`, `")
        ),
        why: format!(
            "`kubectl apply` puts objects without a namespace into `{}`: {}",
            case.namespace(),
            titles.join(", ")
        ),
        help: "write `namespace` into all of them, or into none and apply with `-n` (for hpasim: `--namespace`)".to_owned(),
    });
}
