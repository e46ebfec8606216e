//! The chosen autoscaler of a manifest, and its target.

use super::super::diagnostic::{Code, Diagnostic, Place};
use super::super::keys::declared::DEFAULT_NAMESPACE;
use super::super::listed::listed;
use super::super::near::nearest;
use super::super::source::{Origin, SourceId, Sources};
use super::{Object, Objects, ReferenceFault, TargetReference, source_of_objects};

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
    let reference = TargetReference::of(hpa);
    let TargetReference {
        kind, name, origin, ..
    } = reference;
    let namespace = hpa.namespace_or(choice.namespace());
    let workloads = || objects.list.iter().filter(|it| it.is_workload());
    let named = || workloads().filter(|it| it.name == name);
    let lives_here = |it: &&Object| it.namespace_or(choice.namespace()) == namespace;
    let wanted = format!("{kind} {namespace}/{name}");
    let is_rival = |it: &&Object| {
        let target = it.scaled_target(choice.namespace());
        target.as_ref() == Some(&wanted) && !it.takes_over_the_autoscaler()
    };
    if let Some(keda) = objects.list.iter().find(is_rival) {
        return Err(Diagnostic::at(
            sources,
            Code::TwoAutoscalers,
            keda.name_origin(),
            format!(
                "two autoscalers scale {wanted}: {} and that of this ScaledObject; since Kubernetes 1.26 both fail and never scale",
                hpa.title(choice.namespace())
            ),
            "delete one of the two; hpasim does not simulate KEDA yet, so keep the HorizontalPodAutoscaler to simulate it",
        ));
    }
    if let Some(workload) = named().find(|it| reference.names(it) && lives_here(it)) {
        let fault = never_scales(&reference, workload, sources);
        return Ok(Chosen {
            hpa: Some(hpa),
            workload,
            warnings: fault.into_iter().collect(),
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
    let is_here = |it: &&Object| reference.names(it) && lives_here(it);
    if objects.list.iter().any(|it| is_here(&it)) {
        return Err(Diagnostic::at(
            sources,
            Code::NoScaleTarget,
            origin,
            format!("{kind} {namespace}/{name} is in the manifest, but without a pod template"),
            "write its pods as `[deployment]` and `[pod]` into a policy that names this manifest, or add them as a Deployment",
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
    let found = match workload.kind == kind && lives_here(&workload) {
        true => format!("that of {}", workload.api_version),
        false => workload.title(choice.namespace()),
    };
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
                "hpasim simulates {found} as its target; give both the same namespace, group and kind"
            ),
        )],
    })
}

/// The warning about a reference to a group without the kind, which hpasim simulates all the same.
fn never_scales(
    reference: &TargetReference<'_>,
    workload: &Object,
    sources: &Sources,
) -> Option<Diagnostic> {
    let ReferenceFault::Group { what, right, .. } = reference.fault()? else {
        return None;
    };
    let right = right.unwrap_or(&workload.api_version);
    Some(Diagnostic::at(
        sources,
        Code::TargetElsewhere,
        reference.version_origin,
        format!("the `scaleTargetRef` {what}: in a cluster the autoscaler would never scale"),
        format!("write `apiVersion: {right}`; hpasim simulates the object as the target"),
    ))
}

/// The only workload of a manifest without an autoscaler, apart from metrics-server.
fn only_workload<'o>(
    objects: &'o Objects,
    choice: &ManifestChoice,
    sources: &Sources,
    source: SourceId,
) -> Result<Chosen<'o>, Diagnostic> {
    let workloads: Vec<&Object> = objects
        .applications()
        .filter(|it| !it.admission.lends_template && !it.is_owned())
        .collect();
    let place = |origin: Origin| Some(Box::new(Place::of(sources, origin)));
    let keda = workloads.first().and_then(|workload| {
        let mut others = objects.list.iter();
        others.find(|it| it.scales(workload, choice.namespace()))
    });
    let made_from = objects.list.iter().find_map(source_of_objects);
    match workloads.as_slice() {
        [] if made_from.is_some() => {
            let (what, command) = made_from.map_or(("", ""), |it| (it.what, it.command));
            Err(Diagnostic {
                code: Code::ManifestChoice,
                message: format!("the manifest is {what}, which holds no objects that a cluster runs"),
                place: place(Sources::beginning(source)),
                help: format!("let its tool write the objects: `{command} | hpasim run - TRACE`"),
            })
        }
        [workload] if keda.is_some() => Err(Diagnostic {
            code: Code::Unsupported,
            message: format!(
                "a ScaledObject of KEDA scales {}, and hpasim does not simulate KEDA yet",
                workload.title(choice.namespace())
            ),
            place: keda.and_then(|keda| place(keda.name_origin())),
            help: match keda {
                Some(keda) => format!(
                    "KEDA makes an autoscaler of it; simulate that one: `kubectl get hpa keda-hpa-{} -o yaml`",
                    keda.name
                ),
                None => String::new(),
            },
        }),
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
