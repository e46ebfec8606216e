//! Objects and templates from which a tool makes the objects of Kubernetes, and the command that shows these.

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

/// A language of templates whose output is YAML.
pub(super) struct TemplateLanguage {
    /// Texts that only this language has.
    marks: &'static [&'static str],
    /// What a file in this language is.
    pub(super) what: &'static str,
    /// How to get the YAML.
    pub(super) help: &'static str,
}

/// Jinja comes first: its values look like those of Helm, its statements do not.
const LANGUAGES: [TemplateLanguage; 2] = [
    TemplateLanguage {
        marks: &["{%"],
        what: "a Jinja template",
        help: "render it first, and check the output: `hpasim check -` reads standard input",
    },
    TemplateLanguage {
        marks: &[
            "{{-",
            "-}}",
            ".Values",
            ".Release",
            ".Chart",
            "{{ include ",
            "{{ template ",
            "{{ if ",
            "{{ end ",
            "{{ with ",
            "{{ range ",
            "{{ toYaml ",
            "{{/*",
        ],
        what: "a Helm template",
        help: "render the chart first: `helm template . | hpasim check -`",
    },
];

/// The language of a template that is not YAML at byte `at`. The line there must hold an expression, because the values of valid
/// YAML, such as the annotations of an alert, may hold some too.
pub(super) fn template_language(text: &str, at: usize) -> Option<&'static TemplateLanguage> {
    let before = text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    if !line.contains("{{") && !line.contains("{%") {
        return None;
    }
    LANGUAGES
        .iter()
        .find(|language| language.marks.iter().any(|mark| text.contains(mark)))
}
