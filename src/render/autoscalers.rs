//! Every autoscaler of a manifest under one trace, as a table: the one that breaks the SLO longest first.

use anstyle::Style;

use super::human;
use super::listing::wrapped;
use super::paint::{Colour, painted};
use super::prose::folded;
use super::summary::assumed;
use super::table::{Column, TableFormat, render_table};
use super::words::{counted_part, part_of_trace};
use crate::kpi::Kpi;
use crate::results::KpiReport;
use crate::results::autoscalers::AutoscalerRun;
use crate::results::comparison_export::ComparedAssumption;
use crate::results::export::Request;
use crate::scenario::{Engine, Scenario};
use crate::text::visible;
use crate::units::Seed;

/// All autoscalers, and how they were simulated.
#[derive(Clone, Copy, Debug)]
pub struct AutoscalersPage<'a> {
    /// The autoscalers, in the order of the manifest.
    pub runs: &'a [AutoscalerRun],
    /// The scenario of one of them, for what all have in common.
    pub scenario: &'a Scenario,
    /// The engine.
    pub engine: Engine,
    /// The seeds, in order.
    pub seeds: &'a [Seed],
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
    /// The defaults that the results touched.
    pub assumptions: &'a [ComparedAssumption],
    /// Where the files are, as the user would open them.
    pub files: &'a [String],
}

/// The KPIs of a row, each with its heading, and the factor from the KPI's unit to that of the heading.
const COLUMNS: [(Kpi, &str, f64); 6] = [
    (Kpi::SloViolationSeconds, "SLO broken s", 1.0),
    (Kpi::FailedShare, "failed %", 100.0),
    (Kpi::MeanReplicas, "mean pods", 1.0),
    (Kpi::PeakReplicas, "most pods", 1.0),
    (Kpi::PodHours, "pod hours", 1.0),
    (Kpi::Rescales, "rescales", 1.0),
];

/// The most defaults that the page lists.
const ASSUMED_MAX: usize = 8;

/// The page, with a final newline.
#[must_use]
pub fn render_autoscalers(page: &AutoscalersPage<'_>, colour: Colour) -> String {
    let mut text = head(page, colour);
    text.push('\n');
    text.push_str(&table(page));
    text.push_str(&not_simulated(page.runs));
    text.push('\n');
    for line in wrapped("assumed: ", &assumptions(page)) {
        text.push_str(&painted(&line, Style::new().dimmed(), colour));
        text.push('\n');
    }
    for (index, file) in page.files.iter().enumerate() {
        let lead = if index == 0 { "\nwritten" } else { "" };
        let lead_width = if index == 0 { 9 } else { 8 };
        text.push_str(&format!("{lead:<lead_width$} {}\n", visible(file)));
    }
    text
}

fn head(page: &AutoscalersPage<'_>, colour: Colour) -> String {
    let scenario = page.scenario;
    let count = match page.runs.len() {
        1 => "1 autoscaler".to_owned(),
        count => format!("{count} autoscalers"),
    };
    let names = format!(
        "{count} of {}, each under {}",
        scenario.policy_name, scenario.trace_name
    );
    let names = painted(&names, Style::new().bold(), colour);
    let length = human::duration(scenario.trace.end().as_secs_f64());
    let seeds = match page.seeds {
        [] => String::new(),
        [only] => format!(", seed {only}"),
        several => format!(", medians of {} seeds", several.len()),
    };
    let mut text = format!(
        "{names}, {length}\n{} engine{seeds}\n",
        page.engine.as_str()
    );
    if let Some(part) = part_of_trace(page.request) {
        text.push_str(&format!("only {part} of the trace\n"));
    }
    if let Some(part) = counted_part(page.request, scenario) {
        text.push_str(&format!("{part}, after the warm-up\n"));
    }
    for line in wrapped("with: ", &page.request.set) {
        text.push_str(&format!("{line}\n"));
    }
    text
}

/// A row for each autoscaler that was simulated, the longest time outside the SLO first.
fn table(page: &AutoscalersPage<'_>) -> String {
    let mut reports: Vec<(&str, &KpiReport)> = page
        .runs
        .iter()
        .filter_map(|run| Some((run.name.as_str(), run.outcome.as_ref().ok()?)))
        .collect();
    let value = |report: &KpiReport, kpi| report.typical(kpi).unwrap_or(0.0);
    reports.sort_by(|(_, one), (_, other)| {
        let by = |kpi| value(other, kpi).total_cmp(&value(one, kpi));
        by(Kpi::SloViolationSeconds).then_with(|| by(Kpi::FailedShare))
    });
    let mut columns = vec![Column::left("autoscaler")];
    columns.extend(COLUMNS.map(|(_, heading, _)| Column::right(heading)));
    let rows: Vec<Vec<String>> = reports
        .iter()
        .map(|(name, report)| {
            let cells = COLUMNS.iter().map(|(kpi, _, factor)| {
                let value = report.typical(*kpi);
                value.map_or_else(|| "-".to_owned(), |it| human::significant(it * factor))
            });
            std::iter::once((*name).to_owned()).chain(cells).collect()
        })
        .collect();
    render_table(&columns, &rows, TableFormat::Plain)
}

/// The autoscalers that were not simulated, each with the reason.
fn not_simulated(runs: &[AutoscalerRun]) -> String {
    let faults = runs.iter().filter_map(|run| {
        let fault = run.outcome.as_ref().err()?;
        let text = format!("{}: {} {}", run.name, fault.code, fault.message);
        Some(folded("  ", &visible(&text)))
    });
    let lines: Vec<String> = faults.collect();
    match lines.len() {
        0 => String::new(),
        count => format!("\nnot simulated: {count}\n{}", lines.concat()),
    }
}

/// The defaults that results touched, and how many autoscalers they are of.
fn assumptions(page: &AutoscalersPage<'_>) -> Vec<String> {
    let simulated = page.runs.iter().filter(|run| run.outcome.is_ok()).count();
    let words = |it: &ComparedAssumption| {
        let text = assumed(&it.assumption, page.scenario);
        match it.policies.len() {
            count if count == simulated => text,
            count => format!("{text} (of {count})"),
        }
    };
    let shown = page.assumptions.iter().take(ASSUMED_MAX);
    let mut lines: Vec<String> = shown.map(words).collect();
    let others = page.assumptions.len().saturating_sub(ASSUMED_MAX);
    if others > 0 {
        lines.push(format!("and {others} more (summary.json)"));
    }
    lines
}
