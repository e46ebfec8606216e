//! The input of a rule, and the list that takes its findings.

use super::{CheckRequest, Finding};
use crate::scenario::source::Origin;
use crate::scenario::survey::{Subject, Survey};
use crate::scenario::tree::{Entry, Node, Table, Value};
use crate::scenario::{Code, Diagnostic, ManifestChoice};
use crate::units::SimSpan;

/// Everything that a rule can read.
pub(super) struct Case<'c> {
    /// The files.
    pub(super) survey: &'c Survey,
    /// The longest acceptable time from `minReplicas` to `maxReplicas`.
    pub(super) within: SimSpan,
    /// The traffic's period, if a trace is given and has one.
    pub(super) traffic_period: Option<SimSpan>,
    choice: &'c ManifestChoice,
    findings: Vec<Finding>,
}

/// One result of a rule.
pub(super) struct CaseReport {
    /// The diagnostic code.
    pub(super) code: Code,
    /// The place in a file.
    pub(super) origin: Origin,
    /// The title of the object.
    pub(super) object: String,
    /// The message: what is wrong.
    pub(super) message: String,
    /// Why it matters, with the numbers of this case.
    pub(super) why: String,
    /// The remedy.
    pub(super) help: String,
}

impl<'c> Case<'c> {
    /// A case without findings.
    pub(super) fn new(
        survey: &'c Survey,
        request: &'c CheckRequest<'_>,
        traffic_period: Option<SimSpan>,
    ) -> Self {
        Self {
            survey,
            within: request.within,
            traffic_period,
            choice: &request.choice,
            findings: Vec::new(),
        }
    }

    /// The namespace of objects that do not state one.
    pub(super) fn namespace(&self) -> &'c str {
        self.choice.namespace()
    }

    /// Adds a finding.
    pub(super) fn report(&mut self, report: CaseReport) {
        self.findings.push(Finding {
            diagnostic: Diagnostic::at(
                &self.survey.sources,
                report.code,
                report.origin,
                report.message,
                report.help,
            ),
            why: Some(report.why),
            object: Some(report.object),
            autoscaler: None,
        });
    }

    /// All findings.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// The place of `path` in a subject's keys; if the path is not written, the place of its longest written part.
pub(super) fn place_of(subject: &Subject, path: &[&str]) -> Origin {
    let mut origin = subject.origin;
    let mut table = Some(&subject.table);
    for (depth, key) in path.iter().enumerate() {
        let Some(entry) = table.and_then(|table| table.entry(key)) else {
            break;
        };
        table = table_of(&entry.node);
        // A manifest has no place for a section that exists only in policies.
        if depth > 0 || table.is_none() || entry.key_origin != entry.node.origin {
            origin = mark_of(entry);
        }
    }
    origin
}

/// The value at `path` of a subject.
pub(super) fn written<'s>(subject: &'s Subject, path: &[&str]) -> Option<&'s Node> {
    let (first, rest) = path.split_first()?;
    subject.table.get(first)?.at(rest)
}

/// `minReplicas` and `maxReplicas` of the subject's autoscaler; `None` without one, or if they are at fault. Other errors of the
/// autoscaler do not matter.
pub(super) fn bounds(subject: &Subject) -> Option<(i32, i32)> {
    if let Some(autoscaler) = &subject.autoscaler {
        let spec = &autoscaler.spec;
        return Some((spec.min_replicas.0, spec.max_replicas.0));
    }
    let number = |node: &Node| match node.value {
        Value::Integer(number) => i32::try_from(number).ok(),
        _ => None,
    };
    // `minReplicas` defaults to 1 (`SetDefaults_HorizontalPodAutoscaler`).
    let min = written(subject, &["hpa", "minReplicas"]).map_or(Some(1), number)?;
    let max = written(subject, &["hpa", "maxReplicas"]).and_then(number)?;
    (1..=max).contains(&min).then_some((min, max))
}

/// The place of a key with its value, or of the key alone if the value is long.
pub(super) fn mark_of(entry: &Entry) -> Origin {
    let (key, value) = (entry.key_origin, entry.node.origin);
    match entry.node.value {
        Value::Table(_) | Value::Array(_) => key,
        _ if key.source == value.source && key.start <= value.start => Origin {
            end: value.end,
            ..key
        },
        _ => value,
    }
}

fn table_of(node: &Node) -> Option<&Table> {
    match &node.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}
