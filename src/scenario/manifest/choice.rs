//! The chosen autoscaler of a manifest, and its target.

use super::super::diagnostic::{Code, Diagnostic, Place};
use super::super::keys::declared::DEFAULT_NAMESPACE;
use super::super::listed::listed;
use super::super::near::nearest;
use super::super::source::{Origin, SourceId, Sources};
use super::super::tree::Node;
use super::{Object, Objects};

/// The user's choice among the objects of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestChoice {
    /// `--hpa NAME` or `--hpa NS/NAME`: the autoscaler with this name.
    pub hpa: Option<String>,
    /// `--namespace NS`: the namespace of objects that do not state one; the default is `default`.
    pub namespace: Option<String>,
}

impl ManifestChoice {
    /// The namespace of objects that do not state one.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE)
    }

    /// Whether `--hpa` chooses this autoscaler. Without a namespace in it, a name chooses one in every namespace.
    pub(crate) fn chooses(&self, hpa: &Object) -> bool {
        self.hpa
            .as_ref()
            .is_none_or(|wanted| match wanted.split_once('/') {
                Some((namespace, name)) => {
                    hpa.name == name && hpa.namespace_or(self.namespace()) == namespace
                }
                None => hpa.name == *wanted,
            })
    }

    /// The name of an autoscaler that only it has: `NS/NAME`.
    pub(crate) fn full_name(&self, hpa: &Object) -> String {
        format!("{}/{}", hpa.namespace_or(self.namespace()), hpa.name)
    }
}

/// The objects of a manifest that are simulated.
pub(super) struct Chosen<'o> {
    /// The autoscaler, if there is one.
    pub(super) hpa: Option<&'o Object>,
    /// Its target; without an autoscaler, the only workload.
    pub(super) workload: &'o Object,
    /// Warnings for the user.
    pub(super) warnings: Vec<Diagnostic>,
}

/// The chosen autoscaler and its target.
pub(super) fn choose<'o>(
    objects: &'o Objects,
    choice: &ManifestChoice,
    sources: &Sources,
    source: SourceId,
) -> Result<Chosen<'o>, Diagnostic> {
    let hpas: Vec<&Object> = objects
        .list
        .iter()
        .filter(|it| it.is_autoscaler())
        .collect();
    let refused = |message: String, origin: Origin, help: String| {
        Diagnostic::at(sources, Code::ManifestChoice, origin, message, help)
    };
    let names = || listed(hpas.iter().map(|hpa| choice.full_name(hpa)));
    let hpa = match (&choice.hpa, hpas.as_slice()) {
        (None, []) => return only_workload(objects, choice, sources, source),
        (None, [hpa]) => *hpa,
        (None, [_, second, ..]) => {
            return Err(refused(
                format!("the manifest holds {} autoscalers: {}", hpas.len(), names()),
                second.name_origin(),
                "choose one with `--hpa NAME`".to_owned(),
            ));
        }
        (Some(name), _) => {
            let named: Vec<&&Object> = hpas.iter().filter(|hpa| choice.chooses(hpa)).collect();
            let here = |hpa: &&&&Object| hpa.namespace_or(choice.namespace()) == choice.namespace();
            match (named.as_slice(), named.iter().find(here)) {
                ([hpa], _) | ([_, _, ..], Some(hpa)) => **hpa,
                // The same object twice: the last one counts, as in `kubectl apply`.
                ([.., last], _) if name.contains('/') => last,
                ([], _) => {
                    let near = nearest(name, hpas.iter().map(|hpa| hpa.name.as_str()));
                    let help = match (near, hpas.is_empty()) {
                        (Some(near), _) => format!("did you mean `{near}`?"),
                        (None, true) => "omit `--hpa` to simulate a fixed Deployment".to_owned(),
                        (None, false) => format!("its autoscalers are: {}", names()),
                    };
                    return Err(refused(
                        format!("the manifest has no HorizontalPodAutoscaler `{name}`"),
                        Sources::beginning(source),
                        help,
                    ));
                }
                (_, None) => {
                    return Err(refused(
                        format!(
                            "the manifest has several autoscalers with the name `{name}`: {}",
                            names()
                        ),
                        named[1].name_origin(),
                        format!(
                            "name the namespace too: `--hpa {}`",
                            choice.full_name(named[1])
                        ),
                    ));
                }
            }
        }
    };
    target_of(hpa, objects, choice, sources)
}

/// The target of the autoscaler: by kind, name and namespace, otherwise by name alone.
fn target_of<'o>(
    hpa: &'o Object,
    objects: &'o Objects,
    choice: &ManifestChoice,
    sources: &Sources,
) -> Result<Chosen<'o>, Diagnostic> {
    let reference = hpa.tree.at(&["spec", "scaleTargetRef"]);
    let part = |key: &str| reference.and_then(|node| node.get(key));
    let name = part("name").and_then(Node::text).unwrap_or_default();
    let kind = part("kind").and_then(Node::text).unwrap_or_default();
    let namespace = hpa.namespace_or(choice.namespace());
    let origin = part("name")
        .or(reference)
        .map_or_else(|| hpa.name_origin(), |node| node.origin);
    let workloads = || objects.list.iter().filter(|it| it.is_workload());
    let named = || workloads().filter(|it| it.name == name);
    let lives_here = |it: &&Object| it.namespace_or(choice.namespace()) == namespace;
    if let Some(workload) = named().find(|it| it.kind == kind && lives_here(it)) {
        return Ok(Chosen {
            hpa: Some(hpa),
            workload,
            warnings: Vec::new(),
        });
    }
    if name.is_empty() {
        return Err(Diagnostic::at(
            sources,
            Code::NoScaleTarget,
            origin,
            "the autoscaler has no target",
            "write `scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}` into its `spec`",
        ));
    }
    // The best match: the right kind in another namespace, then another kind in this namespace.
    let other = named()
        .find(|it| it.kind == kind)
        .or_else(|| named().find(lives_here))
        .or_else(|| named().next());
    let Some(workload) = other else {
        let candidates = listed(workloads().map(|it| it.title(choice.namespace())));
        return Err(Diagnostic::at(
            sources,
            Code::NoScaleTarget,
            origin,
            format!(
                "the autoscaler scales {kind} {namespace}/{name}, which is not in the manifest"
            ),
            match candidates.as_str() {
                "" => "add the Deployment to the file: `kubectl get hpa,deploy -o yaml`".to_owned(),
                _ => format!(
                    "correct `scaleTargetRef`, or add the object; the manifest holds: {candidates}"
                ),
            },
        ));
    };
    let found = workload.title(choice.namespace());
    Ok(Chosen {
        hpa: Some(hpa),
        workload,
        warnings: vec![Diagnostic::at(
            sources,
            Code::TargetElsewhere,
            origin,
            format!(
                "the autoscaler scales {kind} {namespace}/{name}, and the manifest holds {found}: in a cluster it would never scale"
            ),
            format!(
                "hpasim simulates {found} as its target; give both the same namespace and kind"
            ),
        )],
    })
}

/// The only workload of a manifest without an autoscaler, apart from metrics-server.
fn only_workload<'o>(
    objects: &'o Objects,
    choice: &ManifestChoice,
    sources: &Sources,
    source: SourceId,
) -> Result<Chosen<'o>, Diagnostic> {
    let workloads: Vec<&Object> = objects.applications().collect();
    let place = |origin: Origin| Some(Box::new(Place::of(sources, origin)));
    match workloads.as_slice() {
        [workload] => Ok(Chosen {
            hpa: None,
            workload,
            warnings: Vec::new(),
        }),
        [] => Err(Diagnostic {
            code: Code::ManifestChoice,
            message: if objects.list.iter().any(Object::is_metrics_server) {
                "the manifest has neither a HorizontalPodAutoscaler nor a Deployment, apart from metrics-server"
            } else {
                "the manifest has neither a HorizontalPodAutoscaler nor a Deployment"
            }
            .to_owned(),
            place: place(Sources::beginning(source)),
            help: "add them to the file: `kubectl get hpa,deploy -o yaml`".to_owned(),
        }),
        [_, second, ..] => {
            let titles: Vec<String> = workloads
                .iter()
                .map(|it| it.title(choice.namespace()))
                .collect();
            Err(Diagnostic {
                code: Code::ManifestChoice,
                message: format!(
                    "the manifest has no autoscaler, and several Deployments: {}",
                    titles.join(", ")
                ),
                place: place(second.name_origin()),
                help: "keep one of them in the file, or add the autoscaler".to_owned(),
            })
        }
    }
}
