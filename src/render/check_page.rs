//! What `hpasim check` found in the objects of a whole cluster, on a page: a table by object, then the codes, then where the rest is.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::check::{severity_word, totals};
use super::paint::{Colour, painted};
use super::prose::folded;
use super::table::{COLUMNS_MAX, Column, TableFormat, render_table};
use crate::check::{CheckReport, Finding};
use crate::scenario::{Code, Severity};
use crate::text::visible;

/// More policies, autoscalers and workloads make a long report, if there are also more findings than [`FINDINGS_MAX`].
const SUBJECTS_MAX: usize = 5;
/// More findings make a long report, if there are also more subjects than [`SUBJECTS_MAX`].
const FINDINGS_MAX: usize = 20;
/// The most rows of the table by object.
const ROWS_MAX: usize = 20;

/// Whether a report with every finding in full is too long to be read.
#[must_use]
pub fn is_long(report: &CheckReport) -> bool {
    report.subjects > SUBJECTS_MAX && report.findings.len() > FINDINGS_MAX
}

/// The page, with a final newline.
#[must_use]
pub fn render_check_page(report: &CheckReport, colour: Colour) -> String {
    format!(
        "{}\n{}\n{}\n{}",
        by_object(report),
        by_code(report, colour),
        totals(report),
        folded("", HINT)
    )
}

/// How to see what the page leaves out.
const HINT: &str = "`--hpa NS/NAME` shows the findings of one autoscaler with their lines, reasons and remedies, `--full` those of all objects, and `--format json` all of them for programs. `--allow CODE` leaves out a code.";

/// The findings of an autoscaler with all that belongs to it, or of an object without one.
struct Row<'r> {
    title: &'r str,
    errors: usize,
    warnings: usize,
    notes: usize,
    /// The findings are in the order of their severity, so the first is the worst.
    worst: &'r Finding,
}

/// Stands in the table for findings about no single object, such as a file that cannot be read.
const NO_OBJECT: &str = "(files)";

/// The rows, the worst first; equal ones in the order of the files.
fn rows(report: &CheckReport) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.findings {
        let title = finding.autoscaler.as_ref().or(finding.object.as_ref());
        let title = title.map_or(NO_OBJECT, String::as_str);
        let place = *known.entry(title).or_insert_with(|| {
            rows.push(Row {
                title,
                errors: 0,
                warnings: 0,
                notes: 0,
                worst: finding,
            });
            rows.len() - 1
        });
        let row = &mut rows[place];
        *match finding.severity() {
            Severity::Error => &mut row.errors,
            Severity::Warning => &mut row.warnings,
            Severity::Info => &mut row.notes,
        } += 1;
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.errors, row.warnings, row.notes)));
    rows
}

fn by_object(report: &CheckReport) -> String {
    let rows = rows(report);
    let (shown, others) = rows.split_at(rows.len().min(ROWS_MAX));
    let columns = [
        Column::left("object"),
        Column::right("E"),
        Column::right("W"),
        Column::right("I"),
        Column::left("worst finding"),
    ];
    let cells = |row: &Row<'_>| {
        [
            visible(&short_title(row.title)).into_owned(),
            row.errors.to_string(),
            row.warnings.to_string(),
            row.notes.to_string(),
        ]
    };
    let mut cells: Vec<Vec<String>> = shown.iter().map(|row| cells(row).to_vec()).collect();
    let widths = (0..COUNTS).map(|column| cells.iter().map(|row| row[column].width()).max());
    let taken: usize = widths.map(|width| width.unwrap_or(0) + GAP).sum();
    let room = COLUMNS_MAX.saturating_sub(taken + GAP).max(TITLE_MIN);
    for (cells, row) in cells.iter_mut().zip(shown) {
        let code = row.worst.diagnostic.code;
        cells.push(cut(&format!("{code} {}", code.about().title), room));
    }
    let heading = "Objects, the worst first: errors (E), warnings (W) and notes (I). The row of an autoscaler counts its target and what selects or serves its pods too.";
    let mut text = folded("", heading);
    text.push_str(&render_table(&columns, &cells, TableFormat::Plain));
    text.push_str(&others_text(others));
    text
}

/// The columns of the table before the worst finding.
const COUNTS: usize = 4;
/// The columns of the terminal between two columns of the table.
const GAP: usize = 2;
/// A title is cut to no less than this, even if the table then has more lines.
const TITLE_MIN: usize = 24;

/// `text` in at most `columns`, cut between two words. The list of codes below the table has the whole title.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut shown = String::new();
    for word in text.split(' ') {
        if shown.width() + word.width() + " ...".len() > columns {
            break;
        }
        shown.push_str(word);
        shown.push(' ');
    }
    format!("{shown}...")
}

/// The line about rows that are not shown.
fn others_text(others: &[Row<'_>]) -> String {
    let broken = others.iter().filter(|row| row.errors > 0).count();
    let count = match others.len() {
        0 => return String::new(),
        1 => "1 other".to_owned(),
        count => format!("{count} others"),
    };
    match broken {
        0 => format!(" and {count} without an error\n"),
        _ => format!(" and {count}, {broken} of them with errors\n"),
    }
}

/// The short names of kinds, as `kubectl api-resources` lists them.
const SHORT_KINDS: [(&str, &str); 12] = [
    ("HorizontalPodAutoscaler", "hpa"),
    ("Deployment", "deploy"),
    ("StatefulSet", "sts"),
    ("ReplicaSet", "rs"),
    ("ReplicationController", "rc"),
    ("DaemonSet", "ds"),
    ("CronJob", "cj"),
    ("Service", "svc"),
    ("Ingress", "ing"),
    ("PodDisruptionBudget", "pdb"),
    ("ConfigMap", "cm"),
    ("Pod", "po"),
];

/// `hpa shop/web` of `HorizontalPodAutoscaler shop/web`.
fn short_title(title: &str) -> String {
    let short = title.split_once(' ').and_then(|(kind, name)| {
        let (_, short) = SHORT_KINDS.iter().find(|(known, _)| *known == kind)?;
        Some(format!("{short} {name}"))
    });
    short.unwrap_or_else(|| title.to_owned())
}

/// The findings of one code.
struct OfCode<'r> {
    first: &'r Finding,
    objects: Vec<&'r str>,
    findings: usize,
}

/// Each code on two lines, errors before warnings before notes, and the most frequent first.
fn by_code(report: &CheckReport, colour: Colour) -> String {
    let mut codes: BTreeMap<Code, OfCode<'_>> = BTreeMap::new();
    for finding in &report.findings {
        let known = codes.entry(finding.diagnostic.code).or_insert(OfCode {
            first: finding,
            objects: Vec::new(),
            findings: 0,
        });
        known.findings += 1;
        known.objects.extend(finding.object.as_deref());
    }
    for of_code in codes.values_mut() {
        of_code.objects.sort_unstable();
        of_code.objects.dedup();
    }
    let mut codes: Vec<(Code, OfCode<'_>)> = codes.into_iter().collect();
    codes.sort_by_key(|(code, it)| (code.severity(), std::cmp::Reverse(it.findings)));
    let lines = codes.iter().map(|(code, of_code)| {
        let severity = code.severity();
        let head = format!("{}[{code}]", severity_word(severity));
        let title = folded(&format!("{head}: "), code.about().title);
        let title = title.replacen(&head, &painted(&head, style(severity), colour), 1);
        format!("{title}    {}\n", visible(&example(of_code)))
    });
    lines.collect()
}

/// `12 objects, for example hpa shop/web at all.yaml:31:5`.
fn example(of_code: &OfCode<'_>) -> String {
    let OfCode {
        first,
        objects,
        findings,
    } = of_code;
    let count = match (objects.len(), *findings) {
        (0, count) => format!("{count} in all"),
        (1, 1) => "1 object".to_owned(),
        (1, count) => format!("1 object, {count} in all"),
        (objects, count) if objects == count => format!("{objects} objects"),
        (objects, count) => format!("{objects} objects, {count} in all"),
    };
    let object = first.object.as_deref().map(short_title);
    let place = first.diagnostic.place.as_ref();
    let place = place.map(|it| format!("{}:{}:{}", it.source, it.line, it.column));
    let lead = if *findings > 1 { "for example " } else { "" };
    match (object, place) {
        (Some(object), Some(place)) => format!("{count}, {lead}{object} at {place}"),
        (Some(one), None) | (None, Some(one)) => format!("{count}, {lead}{one}"),
        (None, None) => count,
    }
}

/// The colours of diagnostics.
fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::BrightBlue,
    };
    colour.on_default().bold()
}
