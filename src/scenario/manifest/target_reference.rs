//! `scaleTargetRef`: the object that an autoscaler scales, by API group, kind and name.
//!
//! The controller parses `apiVersion` and asks the RESTMapper for group and kind. The version within the group does not count
//! (`reconcileAutoscaler` in `pkg/controller/podautoscaler/horizontal.go`: `RESTMappings(targetGK)`).

use super::super::source::Origin;
use super::super::tree::Node;
use super::Object;

/// Scalable kinds with the `apiVersion` that clusters serve.
#[rustfmt::skip]
const SERVED: [(&str, &str); 6] = [
    ("Deployment", "apps/v1"),
    ("StatefulSet", "apps/v1"),
    ("ReplicaSet", "apps/v1"),
    ("ReplicationController", "v1"),
    ("Rollout", "argoproj.io/v1alpha1"),
    ("DeploymentConfig", "apps.openshift.io/v1"),
];

/// Built-in kinds without the subresource `scale`.
const WITHOUT_SCALE: [&str; 6] = [
    "CronJob",
    "DaemonSet",
    "Job",
    "Pod",
    "PodTemplate",
    "Service",
];

/// The `apiVersion` that clusters serve for a known kind.
pub(super) fn served_version(kind: &str) -> Option<&'static str> {
    let served = SERVED.iter().find(|(known, _)| *known == kind);
    served.map(|(_, version)| *version)
}

/// The group of an `apiVersion`: `apps` of `apps/v1`, and empty for the core group.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether Kubernetes itself has the group. Groups of custom resources contain a dot.
fn is_built_in(group: &str) -> bool {
    !group.contains('.')
}

/// The group in which clusters serve an object: a Deployment of `extensions/v1beta1` becomes one of `apps`.
pub(super) fn live_group<'g>(kind: &str, group: &'g str) -> &'g str {
    match served_version(kind) {
        Some(served) if is_built_in(group) => group_of(served),
        _ => group,
    }
}

/// `scaleTargetRef` as written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetReference<'o> {
    /// `apiVersion`, or empty.
    pub(crate) api_version: &'o str,
    /// `kind`, or empty.
    pub(crate) kind: &'o str,
    /// `name`, or empty.
    pub(crate) name: &'o str,
    /// The place of the name, or of the nearest written part.
    pub(crate) origin: Origin,
    /// The place of `apiVersion`, or of the nearest written part.
    pub(crate) version_origin: Origin,
}

/// Why an autoscaler with this reference never scales, or that its version is no longer served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceFault {
    /// No API group, or one without the kind: `no matches for kind`.
    Group {
        /// What is written: `has no `apiVersion``.
        what: String,
        /// Whether the API server refuses the autoscaler since Kubernetes 1.34 (kubernetes/kubernetes#132537).
        is_refused: bool,
        /// The right `apiVersion`, if the kind is known.
        right: Option<&'static str>,
    },
    /// A kind without the subresource `scale`.
    NoScale,
    /// A version that no cluster serves, in the right group: the autoscaler scales.
    DeadVersion {
        /// The right `apiVersion`.
        right: &'static str,
    },
}

impl<'o> TargetReference<'o> {
    /// The reference of an autoscaler.
    pub(crate) fn of(hpa: &'o Object) -> Self {
        let reference = hpa.tree.at(&["spec", "scaleTargetRef"]);
        let part = |key: &str| reference.and_then(|node| node.get(key));
        let text = |key: &str| part(key).and_then(Node::text).unwrap_or_default();
        let place = |key: &str| {
            part(key)
                .or(reference)
                .map_or_else(|| hpa.name_origin(), |node| node.origin)
        };
        Self {
            api_version: text("apiVersion"),
            kind: text("kind"),
            name: text("name"),
            origin: place("name"),
            version_origin: place("apiVersion"),
        }
    }

    /// The group of `apiVersion`.
    pub(crate) fn group(&self) -> &'o str {
        group_of(self.api_version)
    }

    /// The fault of group, kind and version, if there is one. Without a kind, the API server reports the missing kind.
    pub(crate) fn fault(&self) -> Option<ReferenceFault> {
        let kind = self.kind;
        if kind.is_empty() {
            return None;
        }
        let right = served_version(kind);
        let group = self.group();
        let wrong = |what: String, is_refused: bool| {
            Some(ReferenceFault::Group {
                what,
                is_refused,
                right,
            })
        };
        if is_built_in(group) && WITHOUT_SCALE.contains(&kind) {
            return Some(ReferenceFault::NoScale);
        }
        let is_of_core = right.is_some_and(|right| group_of(right).is_empty());
        let written = self.api_version;
        if written.is_empty() && !is_of_core {
            return wrong("has no `apiVersion`".to_owned(), true);
        }
        if group.is_empty() && !is_of_core {
            return wrong(
                format!("has the `apiVersion` {written}, which is no API group"),
                true,
            );
        }
        if is_built_in(group) && right.map(group_of) != Some(group) {
            return wrong(
                format!(
                    "has the `apiVersion` {written}, and no cluster has a {kind} in that group"
                ),
                false,
            );
        }
        match right {
            Some(right) if group == "apps" && written != right => {
                Some(ReferenceFault::DeadVersion { right })
            }
            _ => None,
        }
    }

    /// Whether the object has this kind and name, and this group as far as the reference states a usable one.
    pub(crate) fn names(&self, object: &Object) -> bool {
        object.name == self.name && object.kind == self.kind && self.is_of_group(object)
    }

    /// Whether the object is of the group. A faulty group is reported as such, and counts as that of the kind.
    pub(crate) fn is_of_group(&self, object: &Object) -> bool {
        let wanted = live_group(self.kind, self.group());
        wanted == live_group(&object.kind, object.group())
            || matches!(self.fault(), Some(ReferenceFault::Group { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::source::Sources;
    use super::super::read_objects;
    use super::*;

    fn fault(reference: &str) -> Option<ReferenceFault> {
        let text = format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\nspec: {{scaleTargetRef: {{{reference}}}}}\n"
        );
        let mut sources = Sources::default();
        let source = sources.add("a.yaml".to_owned(), text);
        let objects = read_objects(&mut sources, source).expect("an object");
        TargetReference::of(&objects.list[0]).fault()
    }

    #[test]
    fn only_a_group_that_has_the_kind_is_right() {
        let right = [
            "apiVersion: apps/v1, kind: Deployment",
            "apiVersion: apps/v1, kind: StatefulSet",
            "apiVersion: v1, kind: ReplicationController",
            "kind: ReplicationController",
            "apiVersion: argoproj.io/v1alpha1, kind: Rollout",
            "apiVersion: apps.openshift.io/v1, kind: DeploymentConfig",
            "apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet",
            "apiVersion: flink.apache.org/v1beta1, kind: FlinkDeployment",
            "name: web",
        ];
        for reference in right {
            assert_eq!(fault(reference), None, "{reference}");
        }
        let wrong = [
            ("kind: Deployment", true, Some("apps/v1")),
            ("apiVersion: '', kind: Deployment", true, Some("apps/v1")),
            ("apiVersion: v1, kind: Deployment", true, Some("apps/v1")),
            ("apiVersion: apps, kind: Deployment", true, Some("apps/v1")),
            (
                "apiVersion: extensions/v1beta1, kind: Deployment",
                false,
                Some("apps/v1"),
            ),
            (
                "apiVersion: batch/v1, kind: StatefulSet",
                false,
                Some("apps/v1"),
            ),
            (
                "apiVersion: apps/v1, kind: ReplicationController",
                false,
                Some("v1"),
            ),
            (
                "apiVersion: apps/v1, kind: Rollout",
                false,
                Some("argoproj.io/v1alpha1"),
            ),
            (
                "apiVersion: v1, kind: DeploymentConfig",
                true,
                Some("apps.openshift.io/v1"),
            ),
            ("apiVersion: apps/v1, kind: Deploymnet", false, None),
        ];
        for (reference, refused, version) in wrong {
            let Some(ReferenceFault::Group {
                is_refused, right, ..
            }) = fault(reference)
            else {
                panic!("no fault: {reference}");
            };
            assert_eq!((is_refused, right), (refused, version), "{reference}");
        }
    }

    #[test]
    fn the_version_within_the_group_does_not_count_and_some_kinds_have_no_scale() {
        for version in ["v1beta1", "v1beta2"] {
            let found = fault(&format!("apiVersion: apps/{version}, kind: Deployment"));
            let right = "apps/v1";
            assert_eq!(found, Some(ReferenceFault::DeadVersion { right }));
        }
        for reference in [
            "apiVersion: apps/v1, kind: DaemonSet",
            "apiVersion: batch/v1, kind: CronJob",
        ] {
            assert_eq!(fault(reference), Some(ReferenceFault::NoScale));
        }
    }
}
