//! Several files as one set, as in `kubectl apply -f a -f b`: their objects, and each autoscaler with its target.
//!
//! Only faults of reading are collected here. `check` judges the objects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::diagnostic::{Code, Diagnostic, Diagnostics, keep_first_of_each};
use super::file_fault::{text_of, unreadable};
use super::file_request::{FileKind, LoadError};
pub(crate) use super::listed::listed;
use super::load::stem;
use super::loader::{Loader, PolicyFiles, is_manifest, is_other_data, read_file, without_detours};
use super::manifest::{self, ManifestChoice, Object, ReferenceFault, TargetReference};
use super::policy;
use super::reader::Faults;
use super::source::{Origin, Sources};
use super::tree::Table;
use crate::cluster::config::Deployment;
use crate::control::Hpa;

/// The content of a set of files.
#[derive(Debug)]
pub(crate) struct Survey {
    /// The texts.
    pub(crate) sources: Sources,
    /// The objects of the manifests.
    pub(crate) objects: Vec<Object>,
    /// Each policy, and each autoscaler and each workload of the manifests.
    pub(crate) subjects: Vec<Subject>,
    /// The faults of reading.
    pub(crate) faults: Diagnostics,
    /// How many files were read.
    pub(crate) files: usize,
    /// Files of a folder or a pattern that have the ending of a manifest, but hold no object.
    pub(crate) other_files: Vec<PathBuf>,
}

/// An autoscaler, a workload, or both.
#[derive(Debug)]
pub(crate) struct Subject {
    /// `HorizontalPodAutoscaler ns/name`, `Deployment ns/name` or `policy name`.
    pub(crate) title: String,
    /// The policy's keys with their places.
    pub(crate) table: Table,
    /// The place for findings that have no better one.
    pub(crate) origin: Origin,
    /// The autoscaler, if there is one and it has no fault.
    pub(crate) autoscaler: Option<Hpa>,
    /// The places of its metrics, by index.
    pub(crate) metric_places: Vec<Origin>,
    /// The pods.
    pub(crate) deployment: Deployment,
    /// The source of the data about the pods.
    pub(crate) knowledge: Knowledge,
    /// The workload object of the manifest.
    pub(crate) workload: Option<Object>,
    /// The target; `None` unless the autoscaler is from a manifest.
    pub(crate) target: Option<Target>,
}

/// The source of the data about a subject's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// No source: `deployment` is invented.
    Nothing,
    /// A manifest, which does not state how long a start takes.
    Manifest,
    /// A policy, which states everything.
    Policy,
}

/// The target of an autoscaler in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `Deployment ns/name`, as in `scaleTargetRef`.
    pub(crate) wanted: String,
    /// The place of the name.
    pub(crate) origin: Origin,
    /// Whether the files hold the target.
    pub(crate) found: TargetCoverage,
}

/// Whether the files hold a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetCoverage {
    /// They hold it.
    Here,
    /// The reference has no kind or no name, which the reader reports.
    Unnamed,
    /// They hold it, without a pod template.
    WithoutTemplate,
    /// They hold an object with this name, of another kind or namespace: its title.
    Elsewhere(String),
    /// They hold no object with this name: the titles of some others, or empty.
    Missing(String),
}

/// Reads the files at `paths`, each once, and the autoscalers chosen by `choice`.
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
        files: 0,
        other_files: Vec::new(),
    };
    let mut known = BTreeSet::new();
    let mut is_new = |path: &PathBuf| known.insert(without_detours(path));
    for path in paths {
        match loader.expand(path) {
            Ok(None) if is_new(path) => survey.add_file(path, FileName::Given, choice, loader),
            Ok(None) => {}
            Ok(Some(found)) => {
                let read_before = survey.files;
                for path in found.iter().filter(|path| is_new(path)) {
                    survey.add_file(path, FileName::Found, choice, loader);
                }
                if survey.files == read_before {
                    let fault = unreadable(path, &LoadError::NoManifests, None);
                    survey.faults.list.push(fault);
                }
            }
            Err(error) => survey.faults.list.push(unreadable(path, &error, None)),
        }
    }
    manifest::keep_the_last_of_each(&mut survey.objects, choice.namespace());
    manifest::admit(&mut survey.objects, choice.namespace());
    survey.pair(choice);
    // Two subjects may share a workload and its faults.
    keep_first_of_each(&mut survey.faults.list, Diagnostic::identity);
    survey
}

impl Survey {
    fn add_file(
        &mut self,
        path: &Path,
        name: FileName,
        choice: &ManifestChoice,
        loader: &mut dyn Loader,
    ) {
        let read = read_file(loader, path, FileKind::Policy, None)
            .and_then(|bytes| text_of(path, &bytes).map(str::to_owned));
        self.files += 1;
        match read {
            Ok(text) if name == FileName::Found && is_other_data(path, &text) => {
                self.files -= 1;
                self.other_files.push(path.to_owned());
            }
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
            origin: Sources::beginning(tree.source),
            knowledge,
            workload: None,
            target: None,
        };
        self.read(pending, &name);
    }

    /// Pairs each autoscaler with its target, then adds each workload without an autoscaler.
    fn pair(&mut self, choice: &ManifestChoice) {
        let mut scaled: BTreeMap<String, usize> = BTreeMap::new();
        let mut found = Vec::new();
        let objects = &self.objects;
        let workloads = Workloads::of(objects, choice.namespace());
        for hpa in objects.iter().filter(|it| it.is_autoscaler()) {
            let (target, mut workload) = workloads.target_of(hpa);
            if let Some(known) = workload {
                let scalers = scaled.entry(known.title(choice.namespace())).or_default();
                *scalers += 1;
                // Each subject holds a copy of its target.
                if *scalers > SCALERS_WITH_TARGET_MAX {
                    workload = None;
                }
            }
            let read = manifest::autoscaler_spec(hpa, &self.sources);
            self.faults.list.extend(read.faults);
            found.push(Pending {
                title: hpa.title(choice.namespace()),
                table: manifest::policy_table(Some(read.spec), workload, choice),
                origin: hpa.name_origin(),
                knowledge: workload.map_or(Knowledge::Nothing, |_| Knowledge::Manifest),
                workload: workload.cloned(),
                target: Some(target),
            });
        }
        let applications = objects
            .iter()
            .filter(|it| it.is_workload() && !it.is_metrics_server())
            .filter(|it| !it.admission.lends_template && !it.is_owned());
        for workload in applications {
            if scaled.contains_key(&workload.title(choice.namespace())) {
                continue;
            }
            found.push(Pending {
                title: workload.title(choice.namespace()),
                table: manifest::policy_table(None, Some(workload), choice),
                origin: workload.name_origin(),
                knowledge: Knowledge::Manifest,
                workload: Some(workload.clone()),
                target: None,
            });
        }
        let servers = objects
            .iter()
            .filter(|it| !scaled.contains_key(&it.title(choice.namespace())));
        let faults = manifest::faults_of_metrics_servers(servers, &self.sources);
        self.faults.list.extend(faults);
        for pending in found {
            let name = pending.title.clone();
            self.read(pending, &name);
        }
    }

    /// Reads the keys of a subject; a fault that two subjects share is added once.
    fn read(&mut self, pending: Pending, name: &str) {
        let mut faults = Faults::new(&self.sources);
        let source = pending.origin.source;
        let policy = policy::read(&pending.table, source, name, &self.sources, &mut faults);
        let mut noted = faults.into_diagnostics();
        noted
            .list
            .retain(|fault| concerns_the_files(fault, pending.knowledge));
        self.faults.absorb(noted);
        self.subjects.push(Subject {
            title: pending.title,
            table: pending.table,
            origin: pending.origin,
            autoscaler: policy.autoscaler,
            metric_places: policy.metric_places,
            deployment: policy.deployment,
            knowledge: pending.knowledge,
            workload: pending.workload,
            target: pending.target,
        });
    }
}

/// Whether the user names a file, or a folder or a pattern that it is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileName {
    Given,
    Found,
}

/// A subject before its keys are read.
struct Pending {
    title: String,
    table: Table,
    origin: Origin,
    knowledge: Knowledge,
    workload: Option<Object>,
    target: Option<Target>,
}

/// Whether a fault concerns the files. Faults of the simulation or of invented containers do not.
fn concerns_the_files(fault: &Diagnostic, knowledge: Knowledge) -> bool {
    match fault.code {
        Code::SimulatedAsDeployment => false,
        Code::NoRequest | Code::NoSuchContainer => knowledge != Knowledge::Nothing,
        _ => true,
    }
}

/// The most autoscalers of one target that are read with it. Two autoscalers of one target never scale (E0103).
const SCALERS_WITH_TARGET_MAX: usize = 10;

/// Workloads, indexed for autoscalers, because files may hold thousands of both. The first of equal ones counts.
struct Workloads<'o> {
    namespace: &'o str,
    /// By name, namespace and kind.
    exact: BTreeMap<(&'o str, &'o str, &'o str), &'o Object>,
    /// Objects without a pod template, by name, namespace and kind.
    without_template: BTreeMap<(&'o str, &'o str, &'o str), &'o Object>,
    /// By name and kind.
    of_kind: BTreeMap<(&'o str, &'o str), &'o Object>,
    /// By name and namespace.
    of_namespace: BTreeMap<(&'o str, &'o str), &'o Object>,
    /// By name.
    named: BTreeMap<&'o str, &'o Object>,
    /// The titles of some of them, for a message.
    examples: String,
}

impl<'o> Workloads<'o> {
    fn of(objects: &'o [Object], namespace: &'o str) -> Self {
        let workloads = || objects.iter().filter(|it| it.is_workload());
        let mut found = Self {
            namespace,
            exact: BTreeMap::new(),
            without_template: objects
                .iter()
                .filter(|it| !it.is_workload())
                .map(|it| ((&*it.name, it.namespace_or(namespace), &*it.kind), it))
                .collect(),
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

    /// The target of `hpa`: by kind, name and namespace, otherwise by name alone.
    fn target_of(&self, hpa: &Object) -> (Target, Option<&'o Object>) {
        let reference = TargetReference::of(hpa);
        let TargetReference {
            kind, name, origin, ..
        } = reference;
        let namespace = hpa.namespace_or(self.namespace);
        let here = self.exact.get(&(name, namespace, kind)).copied();
        let exact = here.filter(|object| reference.is_of_group(object));
        let near = || {
            let of_kind = self.of_kind.get(&(name, kind));
            of_kind
                .or_else(|| self.of_namespace.get(&(name, namespace)))
                .or_else(|| self.named.get(name))
                .copied()
        };
        let bare = self.without_template.get(&(name, namespace, kind));
        let bare = bare.is_some_and(|object| reference.is_of_group(object));
        let workload = match bare {
            true => exact,
            false => exact.or_else(near),
        };
        let found = match (exact, workload) {
            // A rule reports a target that cannot be scaled.
            _ if reference.fault() == Some(ReferenceFault::NoScale) => TargetCoverage::Here,
            _ if name.is_empty() || kind.is_empty() => TargetCoverage::Unnamed,
            (Some(_), _) => TargetCoverage::Here,
            _ if bare => TargetCoverage::WithoutTemplate,
            (None, Some(other)) if here.is_some() => {
                let title = other.title(self.namespace);
                TargetCoverage::Elsewhere(format!("{title} of {}", other.api_version))
            }
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
