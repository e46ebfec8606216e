//! Objects from which a tool makes the objects of Kubernetes, and the command that shows these.

use super::Object;

/// A kind that stands for other objects.
pub(crate) struct ObjectSource {
    kind: &'static str,
    /// Its group, or the end of its group.
    group: &'static str,
    /// What it is.
    pub(crate) what: &'static str,
    /// A command that prints the objects, for a pipe into `hpasim check -`.
    pub(crate) command: &'static str,
}

#[rustfmt::skip]
const SOURCES: [ObjectSource; 9] = [
    source("Template", "template.openshift.io", "an OpenShift Template", "oc process -f FILE"),
    // The group of OpenShift 3.
    source("Template", "", "an OpenShift Template", "oc process -f FILE"),
    source("Kustomization", "kustomize.config.k8s.io", "a Kustomization", "kubectl kustomize FOLDER"),
    source("Component", "kustomize.config.k8s.io", "a Component of Kustomize", "kubectl kustomize FOLDER"),
    source("Kustomization", "kustomize.toolkit.fluxcd.io", "a Kustomization of Flux", "flux build kustomization NAME --path FOLDER"),
    source("HelmRelease", "helm.toolkit.fluxcd.io", "a HelmRelease of Flux", "helm template RELEASE CHART --values VALUES"),
    source("HelmChart", "helm.cattle.io", "a HelmChart", "helm template RELEASE CHART --values VALUES"),
    source("Application", "argoproj.io", "an Application of Argo CD", "argocd app manifests NAME"),
    source("ApplicationSet", "argoproj.io", "an ApplicationSet of Argo CD", "argocd app manifests NAME"),
];

const fn source(
    kind: &'static str,
    group: &'static str,
    what: &'static str,
    command: &'static str,
) -> ObjectSource {
    ObjectSource {
        kind,
        group,
        what,
        command,
    }
}

/// What the object is, if a tool makes other objects from it.
pub(crate) fn source_of_objects(object: &Object) -> Option<&'static ObjectSource> {
    let group = object.group();
    SOURCES
        .iter()
        .find(|source| source.kind == object.kind && source.group == group)
}
