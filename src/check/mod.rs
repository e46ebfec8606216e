//! Rules that find traps in policies and manifests before any traffic arrives.
//!
//! The rules read the files and simulate nothing. `run` accepts every input that a rule reports, except an autoscaler and a ScaledObject
//! of one target.
//!
//! A rule is a function that reads the `Case` and reports findings. A finding has a code of `scenario::diagnostic::Code`, a message,
//! a reason with the numbers of this case, and a remedy.
//!
//! | module | its rules |
//! |---|---|
//! | `target` | the target of an autoscaler, and other writers of its `replicas` |
//! | `ceiling` | targets that limits make unreachable |
//! | `speed` | how fast the number of pods may change |
//! | `releases` | API versions and features that a release lacks |
//! | `pods` | the start and the end of pods |
//! | `network` | Services and Ingresses |
//! | `references` | ConfigMaps, Secrets and claims that pods refer to |
//! | `shared_pods` | pods of others that a target's selector selects |
//! | `neighbours` | disruption budgets, vertical autoscalers and KEDA |
//! | `kinds` | kinds that no rule reads |
//! | `namespaces` | objects with and without a namespace |
//! | `growth` | how many syncs a change takes |
//! | `traffic` | the period of a trace |
//!
//! `scope` says which objects belong to an autoscaler, for reports about many of them.

mod case;
mod ceiling;
mod growth;
mod kinds;
mod namespaces;
mod neighbours;
mod network;
mod pod_selector;
mod pods;
mod references;
mod releases;
mod scope;
mod selection;
mod shared_pods;
mod speed;
mod target;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::scenario::diagnostic::keep_first_of_each;
use crate::scenario::manifest::Object;
use crate::scenario::source::Origin;
use crate::scenario::survey::{Subject, Survey, listed, survey};
use crate::scenario::{
    Code, Diagnostic, Diagnostics, FileKind, Loader, ManifestChoice, Omitted, Severity,
    TraceReading, formats, nearest, read_file,
};
use crate::units::SimSpan;
use crate::workload::Trace;

use case::Case;
use scope::Scopes;

/// The input of [`check`].
#[derive(Clone, Debug)]
pub struct CheckRequest<'r> {
    /// Policies and manifests, checked as one set.
    pub files: &'r [PathBuf],
    /// `--hpa` and `--namespace`.
    pub choice: ManifestChoice,
    /// A trace, for the rules that depend on the traffic.
    pub trace: Option<&'r Path>,
    /// What the user states of the trace.
    pub reading: TraceReading<'r>,
    /// The longest acceptable time from `minReplicas` to `maxReplicas`.
    pub within: SimSpan,
}

/// A diagnostic with its reason and its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The message, the place and the remedy.
    pub diagnostic: Diagnostic,
    /// Why it matters, with the numbers of this case; `None` for a fault that the reader found.
    pub why: Option<String>,
    /// `Deployment ns/name` or `policy name`; `None` if the finding concerns no single object.
    pub object: Option<String>,
    /// The title of the autoscaler to which the object belongs, if the files hold it.
    pub autoscaler: Option<String>,
}

impl Finding {
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.diagnostic.severity()
    }
}

/// All findings: errors, then warnings, then notes, each in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many further errors of the reader the report does not list.
    pub omitted: Omitted,
    /// The number of files checked.
    pub files: usize,
    /// Files of a folder or a pattern that have the ending of a manifest, but hold no object.
    pub other_files: Vec<String>,
    /// The number of policies, of autoscalers, and of workloads without one.
    pub subjects: usize,
    /// How many findings the user allowed.
    pub allowed: usize,
    /// How many findings are less severe than the user wants to see.
    pub below_min_severity: usize,
}

impl CheckReport {
    /// The number of findings of this severity, including errors that the report does not list.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let listed = self
            .findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .count();
        match severity {
            Severity::Error => listed + self.omitted.count(),
            Severity::Warning | Severity::Info => listed,
        }
    }

    /// Leaves out the findings of these codes, and counts them.
    pub fn allow(&mut self, codes: &[Code]) {
        let count = self.findings.len();
        self.findings
            .retain(|finding| !codes.contains(&finding.diagnostic.code));
        self.allowed += count - self.findings.len();
    }

    /// Leaves out the findings that are less severe, and counts them.
    pub fn leave_out_below(&mut self, severity: Severity) {
        let count = self.findings.len();
        self.findings
            .retain(|finding| finding.severity() <= severity);
        self.below_min_severity += count - self.findings.len();
    }
}

/// Reads the files and applies every rule.
///
/// # Errors
/// The trace cannot be read, or `--hpa` names an autoscaler that the files do not hold. Faults of the files are part of the report.
pub fn check(
    request: &CheckRequest<'_>,
    loader: &mut dyn Loader,
) -> Result<CheckReport, Diagnostics> {
    let traffic_period = match request.trace {
        Some(path) => traffic::period(&read_trace(path, request.reading, loader)?),
        None => None,
    };
    let survey = survey(request.files, &request.choice, loader);
    let kept = chosen_objects(&survey, &request.choice).map_err(Diagnostics::one)?;
    let mut case = Case::new(&survey, request, traffic_period);
    target::rules(&mut case);
    ceiling::rules(&mut case);
    speed::rules(&mut case);
    releases::rules(&mut case);
    pods::rules(&mut case);
    network::rules(&mut case);
    references::rules(&mut case);
    namespaces::rules(&mut case);
    shared_pods::rules(&mut case);
    neighbours::rules(&mut case);
    kinds::rules(&mut case);
    let findings = case.into_findings();
    let mut report = report(&survey, findings, request);
    if let Some(kept) = kept {
        report.findings.retain(|finding| {
            let object = finding.object.as_ref();
            object.is_none_or(|title| kept.contains(title))
        });
        report.subjects = kept.subjects;
    }
    Ok(report)
}

/// The objects that `--hpa` leaves in a report.
struct KeptObjects {
    titles: BTreeSet<String>,
    /// How many of them are autoscalers that `--hpa` names, or policies.
    subjects: usize,
}

impl KeptObjects {
    fn contains(&self, title: &str) -> bool {
        self.titles.contains(title)
    }
}

/// The objects that belong to the autoscalers that `--hpa` names, and all policies; `None` without `--hpa`.
///
/// # Errors
/// The files hold no such autoscaler.
fn chosen_objects(
    survey: &Survey,
    choice: &ManifestChoice,
) -> Result<Option<KeptObjects>, Diagnostic> {
    let Some(wanted) = &choice.hpa else {
        return Ok(None);
    };
    let hpas: Vec<&Object> = survey
        .objects
        .iter()
        .filter(|it| it.is_autoscaler())
        .collect();
    let chosen: BTreeSet<String> = hpas
        .iter()
        .filter(|hpa| choice.chooses(hpa))
        .map(|hpa| hpa.title(choice.namespace()))
        .collect();
    let is_policy = |subject: &&Subject| subject.title.starts_with(POLICY_TITLE);
    let policies = survey.subjects.iter().filter(is_policy);
    let mut titles: BTreeSet<String> = policies.map(|it| it.title.clone()).collect();
    if chosen.is_empty() && titles.is_empty() {
        return Err(no_such_autoscaler(wanted, &hpas, choice));
    }
    let subjects = titles.len() + chosen.len();
    for subject in survey
        .subjects
        .iter()
        .filter(|it| chosen.contains(&it.title))
    {
        titles.extend(scope::objects_of(subject, survey, choice.namespace()));
    }
    titles.extend(chosen);
    Ok(Some(KeptObjects { titles, subjects }))
}

fn no_such_autoscaler(wanted: &str, hpas: &[&Object], choice: &ManifestChoice) -> Diagnostic {
    let full_names: Vec<String> = hpas.iter().map(|hpa| choice.full_name(hpa)).collect();
    let names = hpas.iter().map(|hpa| hpa.name.as_str());
    let near = nearest(wanted, names.chain(full_names.iter().map(String::as_str)));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if hpas.is_empty() => "omit `--hpa`".to_owned(),
        None => format!("the files hold: {}", listed(full_names.into_iter())),
    };
    Diagnostic {
        code: Code::ManifestChoice,
        message: format!("the files hold no HorizontalPodAutoscaler `{wanted}`"),
        place: None,
        help,
    }
}

fn read_trace(
    path: &Path,
    reading: TraceReading<'_>,
    loader: &mut dyn Loader,
) -> Result<Trace, Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Trace, None).map_err(Diagnostics::one)?;
    Ok(formats::read_trace(path, &bytes, reading)?.trace)
}

/// The findings of the reader and of the rules, without duplicates, by severity, file and line.
fn report(survey: &Survey, found: Vec<Finding>, request: &CheckRequest<'_>) -> CheckReport {
    let namespace = request.choice.namespace();
    let places = ObjectPlaces::of(survey, namespace);
    let read = survey.faults.list.iter().map(|fault| Finding {
        diagnostic: fault.clone(),
        why: None,
        object: places.object_at(fault),
        autoscaler: None,
    });
    let mut findings: Vec<Finding> = read.chain(found).collect();
    keep_first_of_each(&mut findings, |finding| {
        finding
            .diagnostic
            .identity()
            .about(finding.object.as_deref())
    });
    let order = survey.sources.order();
    findings.sort_by_key(|finding| {
        let place = finding.diagnostic.place.as_ref();
        (
            finding.severity(),
            // Faults without a place in the files, such as those of the trace, come first.
            place.map(|place| {
                order
                    .get(place.source.as_str())
                    .copied()
                    .unwrap_or(usize::MAX)
            }),
            place.map(|place| place.span.start),
            finding.diagnostic.code,
        )
    });
    let scopes = Scopes::of(survey, namespace);
    for finding in &mut findings {
        let object = finding.object.as_ref();
        let autoscaler = object.and_then(|object| scopes.autoscaler_of(object));
        finding.autoscaler = autoscaler.map(str::to_owned);
    }
    CheckReport {
        findings,
        omitted: survey.faults.omitted.clone(),
        files: survey.files,
        other_files: survey
            .other_files
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        subjects: survey.subjects.len(),
        ..CheckReport::default()
    }
}

/// Where each object begins, for faults of the reader, which state a place alone.
struct ObjectPlaces {
    /// The beginnings in each file, in order, each with the title of its object.
    by_file: BTreeMap<String, Vec<(usize, String)>>,
}

impl ObjectPlaces {
    fn of(survey: &Survey, namespace: &str) -> Self {
        let mut by_file: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        let file = |origin: Origin| survey.sources.get(origin.source).name.clone();
        for object in &survey.objects {
            let origin = object.tree.origin;
            let known = by_file.entry(file(origin)).or_default();
            known.push((origin.start, object.title(namespace)));
        }
        for subject in &survey.subjects {
            if subject.title.starts_with(POLICY_TITLE) {
                let known = by_file.entry(file(subject.origin)).or_default();
                known.push((0, subject.title.clone()));
            }
        }
        by_file.values_mut().for_each(|known| known.sort());
        Self { by_file }
    }

    /// The title of the last object that begins before the fault.
    fn object_at(&self, fault: &Diagnostic) -> Option<String> {
        let place = fault.place.as_deref()?;
        let known = self.by_file.get(&place.source)?;
        let after = known.partition_point(|(start, _)| *start <= place.span.start);
        let (_, title) = known.get(after.checked_sub(1)?)?;
        Some(title.clone())
    }
}

/// The title of a policy begins with it.
const POLICY_TITLE: &str = "policy ";

/// `1 pod`, `4 pods`.
fn pods_text(count: i32) -> String {
    match count {
        1 => "1 pod".to_owned(),
        _ => format!("{count} pods"),
    }
}

/// `1 sync`, `4 syncs`.
fn syncs_text(count: u32) -> String {
    match count {
        1 => "1 sync".to_owned(),
        _ => format!("{count} syncs"),
    }
}

/// The default of [`CheckRequest::within`]: five minutes.
pub const WITHIN: SimSpan = SimSpan::from_secs(300);
