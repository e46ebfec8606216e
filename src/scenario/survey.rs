//! Several files at once, as `kubectl apply -f a -f b` takes them: their objects, and each autoscaler with what it scales.
//!
//! Self-imposed limit: reads and pairs; what is wrong with a pair is for `check`
//! to say. Only faults of reading are noted here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::diagnostic::{Code, Diagnostic, Diagnostics, keep_first_of_each};
use super::file_fault::text_of;
use super::file_request::FileKind;
use super::load::stem;
use super::loader::{Loader, PolicyFiles, is_manifest, read_file, without_detours};
use super::manifest::{self, ManifestChoice, Object};
use super::policy;
use super::reader::Faults;
use super::source::{Origin, SourceId, Sources};
use super::tree::{Node, Table};
use crate::cluster::config::Deployment;
use crate::control::Hpa;

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
    pub(crate) autoscaler: Option<Hpa>,
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
    /// Nothing: `deployment` is invented.
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
    pub(crate) found: TargetCoverage,
}

/// How much of a target the files hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetCoverage {
    /// The target.
    Here,
    /// One of its name, of another kind or namespace: its title.
    Elsewhere(String),
    /// None of its name: the titles of some others, empty without any.
    Missing(String),
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
    // Two subjects may share a workload, and its faults.
    keep_first_of_each(&mut survey.faults.list, Diagnostic::identity);
    survey
}

impl Survey {
    fn add_file(&mut self, path: &Path, choice: &ManifestChoice, loader: &mut dyn Loader) {
        let read = read_file(loader, path, FileKind::Policy, None)
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
        let mut scaled: BTreeMap<String, usize> = BTreeMap::new();
        let mut found = Vec::new();
        let objects = &self.objects;
        let workloads = Workloads::of(objects, choice.namespace());
        let is_chosen = |hpa: &Object| choice.hpa.as_ref().is_none_or(|name| hpa.name == *name);
        for hpa in objects.iter().filter(|it| it.is_autoscaler()) {
            let (target, mut workload) = workloads.target_of(hpa);
            if let Some(known) = workload {
                let scalers = scaled.entry(known.title(choice.namespace())).or_default();
                *scalers += 1;
                // Each holds a copy of what it scales.
                if *scalers > SCALERS_WITH_TARGET_MAX {
                    workload = None;
                }
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
            if scaled.contains_key(&workload.title(choice.namespace())) {
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
        let mut noted = faults.into_diagnostics();
        noted.list.retain(|fault| is_told(fault, knowledge));
        self.faults.absorb(noted);
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

/// Whether a fault is one of the files. Faults of the simulation or of invented containers are not.
fn is_told(fault: &Diagnostic, knowledge: Knowledge) -> bool {
    match fault.code {
        Code::SimulatedAsDeployment => false,
        Code::NoRequest | Code::NoSuchContainer => knowledge != Knowledge::Nothing,
        _ => true,
    }
}

/// The most autoscalers of one target that are read together with it. Two autoscalers of one target never scale (E0103).
const SCALERS_WITH_TARGET_MAX: usize = 10;

/// Workloads by what an autoscaler finds them by: files may hold thousands of both. The first one counts.
struct Workloads<'o> {
    namespace: &'o str,
    /// By name, namespace and kind.
    exact: BTreeMap<(&'o str, &'o str, &'o str), &'o Object>,
    /// By name and kind.
    of_kind: BTreeMap<(&'o str, &'o str), &'o Object>,
    /// By name and namespace.
    of_namespace: BTreeMap<(&'o str, &'o str), &'o Object>,
    /// By name.
    named: BTreeMap<&'o str, &'o Object>,
    /// What some of them are called.
    examples: String,
}

impl<'o> Workloads<'o> {
    fn of(objects: &'o [Object], namespace: &'o str) -> Self {
        let workloads = || objects.iter().filter(|it| it.is_workload());
        let mut found = Self {
            namespace,
            exact: BTreeMap::new(),
            of_kind: BTreeMap::new(),
            of_namespace: BTreeMap::new(),
            named: BTreeMap::new(),
            examples: listed(workloads().map(|it| it.title(namespace))),
        };
        for workload in workloads().filter(|it| !it.name.is_empty()) {
            let (name, kind) = (workload.name.as_str(), workload.kind.as_str());
            let own = workload.namespace_or(namespace);
            found.exact.entry((name, own, kind)).or_insert(workload);
            found.of_kind.entry((name, kind)).or_insert(workload);
            found.of_namespace.entry((name, own)).or_insert(workload);
            found.named.entry(name).or_insert(workload);
        }
        found
    }

    /// What `hpa` scales, by kind, name and namespace, else by name alone.
    fn target_of(&self, hpa: &Object) -> (Target, Option<&'o Object>) {
        let reference = hpa.tree.at(&["spec", "scaleTargetRef"]);
        let part = |key: &str| reference.and_then(|node| node.get(key));
        let name = part("name").and_then(Node::text).unwrap_or_default();
        let kind = part("kind").and_then(Node::text).unwrap_or_default();
        let namespace = hpa.namespace_or(self.namespace);
        let origin = part("name")
            .or(reference)
            .map_or_else(|| hpa.name_origin(), |node| node.origin);
        let exact = self.exact.get(&(name, namespace, kind)).copied();
        let near = || {
            let of_kind = self.of_kind.get(&(name, kind));
            of_kind
                .or_else(|| self.of_namespace.get(&(name, namespace)))
                .or_else(|| self.named.get(name))
                .copied()
        };
        let workload = exact.or_else(near);
        let found = match (exact, workload) {
            (Some(_), _) => TargetCoverage::Here,
            (None, Some(other)) => TargetCoverage::Elsewhere(other.title(self.namespace)),
            (None, None) => TargetCoverage::Missing(self.examples.clone()),
        };
        let target = Target {
            wanted: format!("{kind} {namespace}/{name}"),
            origin,
            found,
        };
        (target, workload)
    }
}

/// How many names a message lists.
const LISTED_MAX: usize = 8;

/// `a, b, c`; of many the first ones, and how many more there are.
pub(crate) fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names = names.fuse();
    let shown: Vec<String> = names.by_ref().take(LISTED_MAX).collect();
    let text = shown.join(", ");
    match names.count() {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}
