//! Rules that find traps in policies and manifests before any traffic comes.
//!
//! Self-imposed limit: what is written is judged, nothing is simulated, and
//! nothing is refused: `run` takes what is found broken here.
//!
//! A rule is a function that looks at the `Case` and reports. What it reports
//! has a code of the one catalogue (`scenario::diagnostic::Code`), what is
//! wrong, why it matters in numbers of this very case, and the remedy.
//!
//! | module | its rules |
//! |---|---|
//! | `target` | what an autoscaler scales, and who else does |
//! | `ceiling` | targets that limits keep out of reach |
//! | `speed` | how fast the number of pods may change |
//! | `releases` | what clusters no longer serve, or not all of them |
//! | `pods` | starting and ending |
//! | `network` | Services and Ingresses |
//! | `references` | ConfigMaps, Secrets and claims that pods refer to |
//! | `namespaces` | objects spread over namespaces |
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
    Diagnostic, Diagnostics, FileKind, Loader, ManifestChoice, Omitted, Severity, parse_trace,
    read_file,
};
use crate::units::SimSpan;
use crate::workload::Trace;

use case::Case;

/// What to check, and by which measure.
#[derive(Clone, Debug)]
pub struct CheckRequest<'r> {
    /// Policies and manifests, taken together.
    pub files: &'r [PathBuf],
    /// `--hpa` and `--namespace`.
    pub choice: ManifestChoice,
    /// A trace, for what the traffic has to do with the rules.
    pub trace: Option<&'r Path>,
    /// How long the way from `minReplicas` to `maxReplicas` may take.
    pub within: SimSpan,
}

/// One finding: a diagnostic, why it matters here, and the object that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, where, and the remedy.
    pub diagnostic: Diagnostic,
    /// Why it matters, in numbers of this case; `None` where the file could not be read so far.
    pub why: Option<String>,
    /// `Deployment ns/name` or `policy name`, where it is about one.
    pub object: Option<String>,
}

/// All findings, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many more errors of reading were left out.
    pub omitted: Omitted,
    /// How many files were looked at.
    pub files: usize,
}

impl CheckReport {
    /// How many findings are so bad, those that are not listed among them.
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

/// Looks at the files and applies every rule.
///
/// # Errors
/// The trace cannot be read. What is wrong with the files is in the report.
pub fn check(
    request: &CheckRequest<'_>,
    loader: &mut dyn Loader,
) -> Result<CheckReport, Diagnostics> {
    let traffic_period = match request.trace {
        Some(path) => traffic::period(&read_trace(path, loader)?),
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

fn read_trace(path: &Path, loader: &mut dyn Loader) -> Result<Trace, Diagnostics> {
    let bytes = read_file(loader, path, FileKind::Trace, None).map_err(Diagnostics::one)?;
    Ok(parse_trace(path, &bytes)?.trace)
}

/// What reading and rules found, without doubles, by file and line.
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
            // What is in no file, as a trace's fault, comes behind all files.
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
