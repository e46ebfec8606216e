//! What `hpasim check` found: as text with caret lines, as JSON, and as annotations of GitHub.

use std::collections::BTreeSet;

use serde::Serialize;

use super::diagnostic::render_with_reason;
use super::paint::Colour;
use crate::check::{CheckReport, Finding};
use crate::scenario::Severity;
use crate::text::{json, visible};

/// Each finding with its line, an empty line between two, and a last line of counts.
///
/// A finding names its object where the findings concern several objects.
#[must_use]
pub fn render_check(report: &CheckReport, colour: Colour) -> String {
    let mut text = String::new();
    let objects: BTreeSet<&str> = report.findings.iter().filter_map(object_of).collect();
    for finding in &report.findings {
        let object = object_of(finding).filter(|_| objects.len() > 1);
        let why = finding.why.as_deref();
        text.push_str(&render_with_reason(
            &finding.diagnostic,
            object,
            why,
            colour,
        ));
        text.push_str("\n\n");
    }
    let omitted = report.omitted.count();
    if omitted > 0 {
        text.push_str(&format!("... and {omitted} more\n\n"));
    }
    text.push_str(&totals(report));
    text
}

fn object_of(finding: &Finding) -> Option<&str> {
    finding.object.as_deref()
}

/// How many findings there are, and how many the arguments left out, a line each.
pub(super) fn totals(report: &CheckReport) -> String {
    let mut text = format!("{}\n", counts_text(report));
    let CheckReport {
        allowed,
        below_min_severity: below,
        ..
    } = *report;
    if let [first, others @ ..] = report.other_files.as_slice() {
        let more = match others.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let first = visible(first);
        text.push_str(&format!("no manifests, and left out: {first}{more}\n"));
    }
    if allowed > 0 {
        text.push_str(&format!("{} by --allow\n", left_out(allowed)));
    }
    if below > 0 {
        text.push_str(&format!("{} by --min-severity\n", left_out(below)));
    }
    text
}

fn left_out(count: usize) -> String {
    match count {
        1 => "1 finding is left out".to_owned(),
        _ => format!("{count} findings are left out"),
    }
}

/// `2 errors, 1 warning and 3 notes in 1 file`.
fn counts_text(report: &CheckReport) -> String {
    let counted = |severity: Severity, name: &str| match report.count(severity) {
        1 => format!("1 {name}"),
        count => format!("{count} {name}s"),
    };
    let files = match report.files {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let is_filtered = report.allowed + report.below_min_severity > 0;
    if report.findings.is_empty() && report.omitted.count() == 0 {
        return match is_filtered {
            true => format!("nothing else found in {files}"),
            false => format!("nothing found in {files}"),
        };
    }
    format!(
        "{}, {} and {} in {files}",
        counted(Severity::Error, "error"),
        counted(Severity::Warning, "warning"),
        counted(Severity::Info, "note")
    )
}

/// The report as one JSON object.
#[derive(Serialize)]
struct ReportJson<'r> {
    diagnostics: Vec<FindingJson<'r>>,
    omitted: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    allowed: usize,
    below_min_severity: usize,
    files: usize,
    other_files: &'r [String],
}

/// A finding; `null` stands for what it does not have.
#[derive(Serialize)]
struct FindingJson<'r> {
    code: &'static str,
    severity: &'static str,
    file: Option<&'r str>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'r str,
    why: Option<&'r str>,
    help: &'r str,
    object: Option<&'r str>,
    autoscaler: Option<&'r str>,
}

/// The report as JSON, with a final newline.
///
/// # Errors
/// The writer's own.
pub fn check_json(report: &CheckReport) -> Result<String, serde_json::Error> {
    json::pretty(&ReportJson {
        diagnostics: report.findings.iter().map(finding_json).collect(),
        omitted: report.omitted.count(),
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        notes: report.count(Severity::Info),
        allowed: report.allowed,
        below_min_severity: report.below_min_severity,
        files: report.files,
        other_files: &report.other_files,
    })
}

/// A severity as a diagnostic names it.
pub(super) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn finding_json(finding: &Finding) -> FindingJson<'_> {
    let diagnostic = &finding.diagnostic;
    let place = diagnostic.place.as_ref();
    FindingJson {
        code: diagnostic.code.number(),
        severity: severity_word(diagnostic.severity()),
        file: place.map(|place| place.source.as_str()),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        message: &diagnostic.message,
        why: finding.why.as_deref(),
        help: &diagnostic.help,
        object: finding.object.as_deref(),
        autoscaler: finding.autoscaler.as_deref(),
    }
}

/// Workflow commands, one line a finding, which GitHub shows beside the line of the file.
#[must_use]
pub fn render_github(report: &CheckReport) -> String {
    let found = report.findings.iter().map(annotation);
    found.chain(report.omitted.files().map(omission)).collect()
}

/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>
fn annotation(finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    let command = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let place = diagnostic.place.as_ref().map_or_else(String::new, |place| {
        format!(
            "{},line={},col={},",
            file_property(&place.source),
            place.line,
            place.column
        )
    });
    let mut message = visible(&diagnostic.message).into_owned();
    for more in [finding.why.as_deref(), Some(diagnostic.help.as_str())]
        .into_iter()
        .flatten()
    {
        message.push('\n');
        message.push_str(&visible(more));
    }
    let title = match &finding.object {
        Some(object) => format!("{} {}", diagnostic.code, visible(object)),
        None => diagnostic.code.to_string(),
    };
    format!(
        "::{command} {place}title={}::{}\n",
        property(&title),
        data(&message)
    )
}

/// The annotation of a file for its errors that are not listed.
fn omission((file, count): (&str, usize)) -> String {
    let what = match count {
        1 => "1 more error is not listed".to_owned(),
        _ => format!("{count} more errors are not listed"),
    };
    format!("::error {}::{what}\n", file_property(file))
}

/// The file that an annotation is about.
fn file_property(path: &str) -> String {
    format!("file={}", property(&visible(path)))
}

/// Text of a workflow command: `%` and line ends are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a workflow command: what separates properties is escaped as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
