//! The report of a replay as tables or as JSON.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;

use super::prose::folded;
use super::table::{Column, TableFormat, render_table};
use crate::conformance::{Agreement, FileReport};
use crate::text::{json, visible};

/// How many disagreements of a file the tables show; the JSON has more.
const DISAGREEMENTS_SHOWN: usize = 10;

/// Tables per file and category, then the first disagreements, then one sentence.
#[must_use]
pub fn render_replay(reports: &[FileReport], ignored: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for report in reports {
        write_file(&mut text, report);
    }
    let total = total_of(reports);
    if reports.len() > 1 {
        let columns = columns("file");
        let rows: Vec<Vec<String>> = reports
            .iter()
            .map(|report| row(&report.file, report.agreement))
            .collect();
        text.push_str(&render_table(&columns, &rows, TableFormat::Plain));
        text.push('\n');
    }
    let left_out: usize = reports.iter().map(FileReport::ignored_scenarios).sum();
    if !ignored.is_empty() {
        let names: Vec<&str> = ignored.iter().map(String::as_str).collect();
        let names = names.join(", ");
        let line = format!("{} ({left_out} scenarios).", visible(&names));
        text.push_str(&folded("Left out: ", &line));
    }
    text.push_str(&folded("", &verdict(total)));
    text
}

fn verdict(total: Agreement) -> String {
    if total.steps == 0 {
        "Nothing was left to compare.".to_owned()
    } else if total.is_complete() {
        format!(
            "All {} steps agree with the recorded controller in every field.",
            total.steps
        )
    } else {
        format!(
            "{} of {} steps agree in every field ({}), {} in desiredReplicas ({}).",
            total.agreeing_steps,
            total.steps,
            share(total.agreeing_steps, total.steps),
            total.agreeing_desired,
            share(total.agreeing_desired, total.steps),
        )
    }
}

fn write_file(text: &mut String, report: &FileReport) {
    text.push_str(&visible(&report.file));
    text.push('\n');
    let rows: Vec<Vec<String>> = report
        .categories
        .iter()
        .map(|category| row(&category.category, category.agreement))
        .chain(std::iter::once(row("all", report.agreement)))
        .collect();
    text.push_str(&render_table(
        &columns("category"),
        &rows,
        TableFormat::Plain,
    ));
    text.push('\n');
    for disagreement in report.disagreements.iter().take(DISAGREEMENTS_SHOWN) {
        let _ = writeln!(
            text,
            "{} step {}: {}\n  expected {}\n  got      {}",
            visible(&disagreement.id),
            disagreement.step,
            visible(disagreement.field),
            visible(&disagreement.expected.to_string()),
            visible(&disagreement.got.to_string())
        );
    }
    let more = report.disagreeing_fields - report.disagreements.len().min(DISAGREEMENTS_SHOWN);
    if more > 0 {
        let _ = writeln!(text, "... and {more} more fields that disagree");
    }
    if report.disagreeing_fields > 0 {
        text.push('\n');
    }
}

fn columns(first: &str) -> [Column<'_>; 6] {
    [
        Column::left(first),
        Column::right("scenarios"),
        Column::right("steps"),
        Column::right("all fields"),
        Column::right("desiredReplicas"),
        Column::right("agreement"),
    ]
}

fn row(name: &str, agreement: Agreement) -> Vec<String> {
    vec![
        name.to_owned(),
        agreement.scenarios.to_string(),
        agreement.steps.to_string(),
        agreement.agreeing_steps.to_string(),
        agreement.agreeing_desired.to_string(),
        share(agreement.agreeing_steps, agreement.steps),
    ]
}

/// A share in percent; never rounded up to 100 %.
fn share(part: usize, whole: usize) -> String {
    if part == whole {
        return "100 %".to_owned();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    format!("{:.2} %", (percent * 100.0).floor() / 100.0)
}

fn total_of(reports: &[FileReport]) -> Agreement {
    let mut total = Agreement::default();
    for report in reports {
        total.add(report.agreement);
    }
    total
}

#[derive(Serialize)]
struct ReplayReport<'a> {
    #[serde(flatten)]
    total: Agreement,
    files: &'a [FileReport],
}

/// One JSON object with a final newline: the totals, and the same for each of `files`.
///
/// # Errors
/// None that the report's types could cause; the type is the JSON writer's.
pub fn replay_json(reports: &[FileReport]) -> Result<String, serde_json::Error> {
    json::pretty(&ReplayReport {
        total: total_of(reports),
        files: reports,
    })
}
