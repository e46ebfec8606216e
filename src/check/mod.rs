//! Rules that find traps in policies and manifests before any traffic arrives.
//!
//! The rules read the files and simulate nothing. `run` accepts every input that a rule reports.
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
//! | `namespaces` | objects with and without a namespace |
//! | `growth` | how many syncs a change takes |
//! | `traffic` | the period of a trace |

mod case;
mod ceiling;
mod growth;
mod namespaces;
mod network;
mod pods;
mod references;
mod releases;
mod selection;
mod speed;
mod target;
mod traffic;

use std::path::{Path, PathBuf};

use crate::scenario::diagnostic::keep_first_of_each;
use crate::scenario::survey::{Survey, survey};
use crate::scenario::{
    Diagnostic, Diagnostics, FileKind, Loader, ManifestChoice, Omitted, Severity, TraceReading,
    formats, read_file,
};
use crate::units::SimSpan;
use crate::workload::Trace;

use case::Case;

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
}

/// All findings, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many further errors of the reader the report does not list.
    pub omitted: Omitted,
    /// The number of files checked.
    pub files: usize,
}

impl CheckReport {
    /// The number of findings of this severity, including errors that the report does not list.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let listed = self
            .findings
            .iter()
            .filter(|finding| finding.diagnostic.severity() == severity)
            .count();
        match severity {
            Severity::Error => listed + self.omitted.count(),
            Severity::Warning | Severity::Info => listed,
        }
    }
}

/// Reads the files and applies every rule.
///
/// # Errors
/// The trace cannot be read. Faults of the files are part of the report.
pub fn check(
    request: &CheckRequest<'_>,
    loader: &mut dyn Loader,
) -> Result<CheckReport, Diagnostics> {
    let traffic_period = match request.trace {
        Some(path) => traffic::period(&read_trace(path, request.reading, loader)?),
        None => None,
    };
    let survey = survey(request.files, &request.choice, loader);
    let mut case = Case::new(&survey, request, traffic_period);
    target::rules(&mut case);
    ceiling::rules(&mut case);
    speed::rules(&mut case);
    releases::rules(&mut case);
    pods::rules(&mut case);
    network::rules(&mut case);
    references::rules(&mut case);
    namespaces::rules(&mut case);
    let findings = case.into_findings();
    Ok(report(&survey, findings, request.files.len()))
}

fn read_trace(
    path: &Path,
    reading: TraceReading<'_>,
    loader: &mut dyn Loader,
) -> Result<Trace, Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Trace, None).map_err(Diagnostics::one)?;
    Ok(formats::read_trace(path, &bytes, reading)?.trace)
}

/// The findings of the reader and of the rules, without duplicates, by file and line.
fn report(survey: &Survey, found: Vec<Finding>, files: usize) -> CheckReport {
    let read = survey.faults.list.iter().map(|fault| Finding {
        diagnostic: fault.clone(),
        why: None,
        object: None,
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
            // Faults without a place in the files, such as those of the trace, come last.
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
    CheckReport {
        findings,
        omitted: survey.faults.omitted.clone(),
        files,
    }
}

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
