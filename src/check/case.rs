//! The case that rules look at, and where they report.
//!
//! Self-imposed limit: finds places and keeps findings; judges nothing.

use super::{CheckRequest, Finding};
use crate::scenario::source::Origin;
use crate::scenario::survey::{Subject, Survey};
use crate::scenario::tree::{Entry, Node, Table, Value};
use crate::scenario::{Code, Diagnostic, ManifestChoice};
use crate::units::SimSpan;

/// Everything that a rule may look at.
pub(super) struct Case<'c> {
    /// The files.
    pub(super) survey: &'c Survey,
    /// How long the way up may take.
    pub(super) within: SimSpan,
    /// The traffic's period, where a trace with one was given.
    pub(super) traffic_period: Option<SimSpan>,
    choice: &'c ManifestChoice,
    findings: Vec<Finding>,
}

/// What a rule has to say.
pub(super) struct CaseReport {
    /// Its code.
    pub(super) code: Code,
    /// Where.
    pub(super) origin: Origin,
    /// The object that it is about.
    pub(super) object: String,
    /// What is wrong.
    pub(super) message: String,
    /// Why it matters, in numbers.
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

    /// What stands in for a namespace that is not stated.
    pub(super) fn namespace(&self) -> &'c str {
        self.choice.namespace()
    }

    /// Keeps a finding.
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
        });
    }

    /// All that was found.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// Where `path` of a subject's keys stands; as much of it as is written.
pub(super) fn place_of(subject: &Subject, path: &[&str]) -> Origin {
    let mut origin = subject.origin;
    let mut table = Some(&subject.table);
    for (depth, key) in path.iter().enumerate() {
        let Some(entry) = table.and_then(|table| table.entry(key)) else {
            break;
        };
        table = table_of(&entry.node);
        // A section that a manifest does not have under this name has no place of its own.
        if depth > 0 || table.is_none() || entry.key_origin != entry.node.origin {
            origin = mark_of(entry);
        }
    }
    origin
}

/// What is written at `path` of a subject.
pub(super) fn written<'s>(subject: &'s Subject, path: &[&str]) -> Option<&'s Node> {
    let (first, rest) = path.split_first()?;
    subject.table.get(first)?.at(rest)
}

/// A key with its value, or the key alone where the value is long.
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
