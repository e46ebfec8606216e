//! The pods of a selector with labels and expressions, and labels that controllers set.

use super::selection::LabelWord;
use crate::scenario::manifest::Object;
use crate::scenario::tree::Node;

/// `matchLabels` and `matchExpressions`, or the plain labels of older kinds.
#[derive(Clone, Copy)]
pub(super) struct PodSelector<'o> {
    labels: Option<&'o Node>,
    expressions: &'o [Node],
}

impl<'o> PodSelector<'o> {
    /// The selector in a `LabelSelector`.
    pub(super) fn of(node: &'o Node) -> Self {
        Self {
            labels: node.get("matchLabels"),
            expressions: node.get("matchExpressions").map_or(&[][..], Node::items),
        }
    }

    /// The selector of a workload's pods; without one, the labels of its template.
    pub(super) fn of_workload(workload: &'o Object) -> Self {
        match workload.tree.at(&["spec", "selector"]) {
            Some(node)
                if node.get("matchLabels").is_some() || node.get("matchExpressions").is_some() =>
            {
                Self::of(node)
            }
            Some(labels) => Self::of_labels(Some(labels)),
            None => {
                let path = ["spec", "template", "metadata", "labels"];
                Self::of_labels(workload.tree.at(&path))
            }
        }
    }

    /// The selector of plain labels, as a Service has it.
    pub(super) fn of_labels(labels: Option<&'o Node>) -> Self {
        Self {
            labels,
            expressions: &[],
        }
    }

    /// Whether it states nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_none_or(|labels| labels.entries().is_empty()) && self.expressions.is_empty()
    }

    /// The selector in words: `app=shop,tier in (web)`.
    pub(super) fn text(&self) -> String {
        let text = |node: Option<&Node>| node.and_then(Node::text).unwrap_or("?").to_owned();
        let labels = self.labels.map_or(&[][..], Node::entries).iter();
        let labels = labels.map(|it| format!("{}={}", it.key, text(Some(&it.node))));
        let expressions = self.expressions.iter().map(|it| {
            let values = it.get("values").map_or(&[][..], Node::items).iter();
            let values: Vec<String> = values.map(|it| text(Some(it))).collect();
            let (key, operator) = (text(it.get("key")), text(it.get("operator")));
            match values.is_empty() {
                true => format!("{key} {operator}"),
                false => format!("{key} {operator} ({})", values.join(",")),
            }
        });
        labels.chain(expressions).collect::<Vec<_>>().join(",")
    }

    /// Whether pods with these labels are selected.
    pub(super) fn matches(&self, labels: Option<&Node>) -> bool {
        let value = |key: &str| labels.and_then(|labels| labels.get(key));
        let wanted = self.labels.map_or(&[][..], Node::entries);
        let has_labels = wanted
            .iter()
            .all(|wanted| value(&wanted.key).is_some_and(|label| label.value == wanted.node.value));
        has_labels && self.expressions.iter().all(|it| fits(it, value))
    }
}

/// Whether an expression holds (`Requirement.Matches` in `staging/src/k8s.io/apimachinery/pkg/labels/selector.go`). An operator that
/// does not exist holds, because the API server refuses it.
fn fits<'l>(expression: &Node, value: impl Fn(&str) -> Option<&'l Node>) -> bool {
    let text = |key: &str| expression.get(key).and_then(Node::text);
    let found = value(text("key").unwrap_or_default());
    let listed = expression.get("values").map_or(&[][..], Node::items);
    let is_listed = || found.is_some_and(|it| listed.iter().any(|node| node.value == it.value));
    match text("operator") {
        Some("In") => is_listed(),
        Some("NotIn") => !is_listed(),
        Some("Exists") => found.is_some(),
        Some("DoesNotExist") => found.is_none(),
        _ => true,
    }
}

/// The beginnings of the labels that controllers set.
#[rustfmt::skip]
pub(super) const CONTROLLER_LABELS: [&str; 11] = [
    "statefulset.kubernetes.io/", "apps.kubernetes.io/", "controller-revision-hash", "pod-template-generation", "pod-template-hash",
    "rollouts-pod-template-hash", "controller-uid", "job-name", "batch.kubernetes.io/", "deployment",
    "leaderworkerset.sigs.k8s.io/",
];

/// Whether the controller of `object` gives its pods this label.
///
/// Source: "Well-Known Labels, Annotations and Taints" of Kubernetes; `batch/v1` `JobNameLabel`; the documentation of Argo Rollouts and
/// of LeaderWorkerSet.
pub(super) fn controller_sets(object: &Object, key: &str, value: LabelWord<'_>) -> bool {
    let LabelWord::Text(value) = value else {
        return false;
    };
    let name = object.name.as_str();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let is_ordinal_of = |text: &str| {
        let rest = text.strip_prefix(name);
        rest.and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(is_number)
    };
    match (object.kind.as_str(), key) {
        ("StatefulSet", "statefulset.kubernetes.io/pod-name") => is_ordinal_of(value),
        ("StatefulSet", "apps.kubernetes.io/pod-index") => is_number(value),
        ("StatefulSet" | "DaemonSet", "controller-revision-hash")
        | ("DaemonSet", "pod-template-generation")
        | ("Deployment" | "ReplicaSet", "pod-template-hash")
        | ("Rollout", "rollouts-pod-template-hash")
        | ("Job" | "CronJob", "controller-uid" | "batch.kubernetes.io/controller-uid") => true,
        ("Job" | "CronJob", "batch.kubernetes.io/job-completion-index") => is_number(value),
        ("Job", "job-name" | "batch.kubernetes.io/job-name") => value == name,
        // The controller adds the time to the name.
        ("CronJob", "job-name" | "batch.kubernetes.io/job-name") => is_ordinal_of(value),
        ("DeploymentConfig", "deploymentconfig") => value == name,
        ("DeploymentConfig", "deployment") => is_ordinal_of(value),
        ("LeaderWorkerSet", "leaderworkerset.sigs.k8s.io/name") => value == name,
        ("LeaderWorkerSet", key) => key.starts_with("leaderworkerset.sigs.k8s.io/"),
        _ => false,
    }
}
