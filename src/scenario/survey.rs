//! Several files at once, as `kubectl apply -f a -f b` takes them: their objects, and each autoscaler with what it scales.
//!
//! Self-imposed limit: reads and pairs; what is wrong with a pair is for `check`
//! to say. Only faults of reading are noted here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Autoscaler;
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::load::stem;
use super::loader::{Loader, PolicyFiles, is_manifest, read_file, text_of, without_detours};
use super::manifest::{self, ManifestChoice, Object};
use super::policy;
use super::reader::Faults;
use super::source::{Origin, SourceId, Sources};
use super::tree::{Node, Table};
use crate::cluster::config::Deployment;

/// All that some files hold.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Their texts.
    pub(crate) sources: Sources,
    /// The objects of the manifests among them.
    pub(crate) objects: Vec<Object>,
    /// Each policy, and each autoscaler and each workload of the manifests.
    pub(crate) subjects: Vec<Subject>,
    /// What could not be read, or makes no sense.
    pub(crate) faults: Diagnostics,
}

/// An autoscaler, what it scales, or both.
#[derive(Debug)]
pub(crate) struct Subject {
    /// `HorizontalPodAutoscaler ns/name`, `Deployment ns/name` or `policy name`.
    pub(crate) title: String,
    /// The policy's keys with their places.
    pub(crate) table: Table,
    /// Where to point at when nothing nearer is written.
    pub(crate) origin: Origin,
    /// The autoscaler, if there is one without a fault.
    pub(crate) autoscaler: Option<Autoscaler>,
    /// Where its metrics stand, by index.
    pub(crate) metric_places: Vec<Origin>,
    /// The pods.
    pub(crate) deployment: Deployment,
    /// What is known of the pods.
    pub(crate) knowledge: Knowledge,
    /// The workload as a manifest has it.
    pub(crate) workload: Option<Object>,
    /// How the target was found; `None` without an autoscaler of a manifest.
    pub(crate) target: Option<Target>,
}

/// What a subject says of its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// Nothing: `deployment` is made up.
    Nothing,
    /// What a manifest says: how long a start takes it cannot.
    Manifest,
    /// What a policy says, starts and all.
    Policy,
}

/// What an autoscaler of a manifest scales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `Deployment ns/name`, as `scaleTargetRef` says.
    pub(crate) wanted: String,
    /// Where it says so.
    pub(crate) origin: Origin,
    /// What the files hold of it.
    pub(crate) found: Found,
}

/// How much of a target the files hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The target.
    Here,
    /// One of its name, of another kind or namespace: its title.
    Elsewhere(String),
    /// None of its name: the titles of the others.
    Missing(Vec<String>),
}

/// Reads the files at `paths`, each once, and `choice` of their autoscalers.
pub(crate) fn survey(
    paths: &[PathBuf],
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Survey {
    let mut survey = Survey {
        sources: Sources::default(),
        objects: Vec::new(),
        subjects: Vec::new(),
        faults: Diagnostics::default(),
    };
    let mut known = BTreeSet::new();
    for path in paths {
        if known.insert(without_detours(path)) {
            survey.add_file(path, choice, loader);
        }
    }
    survey.keep_the_last_of_each(choice);
    survey.pair(choice);
    survey
}

impl Survey {
    fn add_file(&mut self, path: &Path, choice: &ManifestChoice, loader: &mut dyn Loader) {
        let read = read_file(loader, path, None)
            .and_then(|bytes| text_of(path, &bytes).map(str::to_owned));
        match read {
            Ok(text) if is_manifest(path, &text) => self.add_manifest(path, text),
            Ok(_) => self.add_policy(path, choice, loader),
            Err(fault) => self.faults.list.push(fault),
        }
    }

    fn add_manifest(&mut self, path: &Path, text: String) {
        let source = self.sources.add(path.display().to_string(), text);
        match manifest::read_objects(&mut self.sources, source) {
            Ok(objects) => self.objects.extend(objects.list),
            Err(faults) => self.faults.absorb(faults),
        }
        self.sources.judge_as_policy(source);
    }

    fn add_policy(&mut self, path: &Path, choice: &ManifestChoice, loader: &mut dyn Loader) {
        let mut files = PolicyFiles::new(loader, choice.clone());
        files.sources = std::mem::take(&mut self.sources);
        let tree = files.read_policy(path);
        let PolicyFiles {
            sources, faults, ..
        } = files;
        self.sources = sources;
        self.faults.absorb(faults);
        let Some(tree) = tree else {
            return;
        };
        let name = stem(path);
        let knowledge = match tree
            .table
            .get("deployment")
            .and_then(|it| it.get("containers"))
        {
            Some(_) => Knowledge::Policy,
            None => Knowledge::Nothing,
        };
        let pending = Pending {
            title: format!("policy {name}"),
            table: tree.table,
            source: tree.source,
            origin: Sources::beginning(tree.source),
            knowledge,
            workload: None,
            target: None,
        };
        self.read(pending, &name);
    }

    /// Of objects of one kind, name and namespace the last one counts, as `kubectl apply` has it.
    fn keep_the_last_of_each(&mut self, choice: &ManifestChoice) {
        let mut known = BTreeSet::new();
        let mut kept: Vec<Object> = std::mem::take(&mut self.objects)
            .into_iter()
            .rev()
            .filter(|object| {
                object.name.is_empty()
                    || known.insert((object.group().to_owned(), object.title(choice.namespace())))
            })
            .collect();
        kept.reverse();
        self.objects = kept;
    }

    /// Each autoscaler with its target, then each workload that no autoscaler scales.
    fn pair(&mut self, choice: &ManifestChoice) {
        let mut scaled = BTreeSet::new();
        let mut found = Vec::new();
        let objects = &self.objects;
        let is_chosen = |hpa: &Object| choice.hpa.as_ref().is_none_or(|name| hpa.name == *name);
        for hpa in objects.iter().filter(|it| it.is_autoscaler()) {
            let (target, workload) = target_of(hpa, objects, choice);
            if let Some(workload) = workload {
                scaled.insert(workload.title(choice.namespace()));
            }
            if !is_chosen(hpa) || hpa.api_version == OTHER_SHAPE {
                continue;
            }
            found.push(Pending {
                title: hpa.title(choice.namespace()),
                table: manifest::policy_table(Some(hpa), workload, choice),
                source: hpa.tree.origin.source,
                origin: hpa.name_origin(),
                knowledge: workload.map_or(Knowledge::Nothing, |_| Knowledge::Manifest),
                workload: workload.cloned(),
                target: Some(target),
            });
        }
        for workload in objects.iter().filter(|it| it.is_workload()) {
            if scaled.contains(&workload.title(choice.namespace())) {
                continue;
            }
            found.push(Pending {
                title: workload.title(choice.namespace()),
                table: manifest::policy_table(None, Some(workload), choice),
                source: workload.tree.origin.source,
                origin: workload.name_origin(),
                knowledge: Knowledge::Manifest,
                workload: Some(workload.clone()),
                target: None,
            });
        }
        for pending in found {
            let name = pending.title.clone();
            self.read(pending, &name);
        }
    }

    /// Reads the keys of a subject; faults that two subjects share are noted once.
    fn read(&mut self, pending: Pending, name: &str) {
        let mut faults = Faults::new(&self.sources);
        let Pending {
            title,
            table,
            source,
            origin,
            knowledge,
            workload,
            target,
        } = pending;
        let policy = policy::read(&table, source, name, &self.sources, &mut faults);
        for fault in faults.into_list() {
            if is_told(&fault, knowledge) && !self.faults.list.contains(&fault) {
                self.faults.list.push(fault);
            }
        }
        self.subjects.push(Subject {
            title,
            table,
            origin,
            autoscaler: policy.autoscaler,
            metric_places: policy.metric_places,
            deployment: policy.deployment,
            knowledge,
            workload,
            target,
        });
    }
}

/// A subject that is not read yet.
struct Pending {
    title: String,
    table: Table,
    source: SourceId,
    origin: Origin,
    knowledge: Knowledge,
    workload: Option<Object>,
    target: Option<Target>,
}

/// `autoscaling/v2beta1` has metrics of another shape, and no cluster serves it.
const OTHER_SHAPE: &str = "autoscaling/v2beta1";

/// Whether a fault is one of the files: how something is simulated is no matter here, nor are made-up containers.
fn is_told(fault: &Diagnostic, knowledge: Knowledge) -> bool {
    match fault.code {
        Code::SimulatedAsDeployment => false,
        Code::NoRequest | Code::NoSuchContainer => knowledge != Knowledge::Nothing,
        _ => true,
    }
}

/// What `hpa` scales, by kind, name and namespace, else by name alone.
fn target_of<'o>(
    hpa: &Object,
    objects: &'o [Object],
    choice: &ManifestChoice,
) -> (Target, Option<&'o Object>) {
    let reference = hpa.tree.at(&["spec", "scaleTargetRef"]);
    let part = |key: &str| reference.and_then(|node| node.get(key));
    let name = part("name").and_then(Node::text).unwrap_or_default();
    let kind = part("kind").and_then(Node::text).unwrap_or_default();
    let namespace = hpa.namespace_or(choice.namespace());
    let origin = part("name")
        .or(reference)
        .map_or_else(|| hpa.name_origin(), |node| node.origin);
    let workloads = || objects.iter().filter(|it| it.is_workload());
    let named = || workloads().filter(|it| it.name == name && !name.is_empty());
    let lives_here = |it: &&Object| it.namespace_or(choice.namespace()) == namespace;
    let exact = named().find(|it| it.kind == kind && lives_here(it));
    let near = || {
        named()
            .find(|it| it.kind == kind)
            .or_else(|| named().find(lives_here))
            .or_else(|| named().next())
    };
    let workload = exact.or_else(near);
    let found = match (exact, workload) {
        (Some(_), _) => Found::Here,
        (None, Some(other)) => Found::Elsewhere(other.title(choice.namespace())),
        (None, None) => {
            Found::Missing(workloads().map(|it| it.title(choice.namespace())).collect())
        }
    };
    let target = Target {
        wanted: format!("{kind} {namespace}/{name}"),
        origin,
        found,
    };
    (target, workload)
}
