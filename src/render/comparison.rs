//! Policies as a table, and the result in one sentence.
//!
//! The table has the KPIs for a decision; `comparison.csv` has every KPI. It names no
//! winner, and calls a difference within its interval noise.

use super::human;
use super::listing::wrapped;
use super::prose::folded;
use super::table::{COLUMNS_MAX, Column, TableFormat, render_table};
use super::what_matters::WhatMattersText;
use crate::kpi::{ComparisonRow, Kpi};
use crate::results::comparison::{
    Comparison, ComparisonVerdict, Expense, KpiComparison, PolicyKpi, TraceComparison,
};
use crate::results::statistics::Estimate;
use crate::results::what_matters::WhatMatters;
use crate::scenario::Engine;
use crate::text::{markdown, visible};
use crate::units::Seed;

/// A comparison and how it came about.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonPage<'a> {
    /// What came of it.
    pub comparison: &'a Comparison,
    /// Each trace's length in seconds and engine.
    pub traces: &'a [TraceFacts],
    /// Under which seeds, in order.
    pub seeds: &'a [Seed],
    /// The defaults that the results touched, in words.
    pub assumed: &'a [String],
    /// How far the assumptions move the differences, where that was asked.
    pub what_matters: Option<&'a WhatMatters>,
    /// Where the files are, as the user would open them.
    pub files: &'a [String],
}

/// What a heading says of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceFacts {
    /// Its length.
    pub seconds: f64,
    /// The start that the KPIs leave out.
    pub warm_up_seconds: f64,
    /// Which engine ran it.
    pub engine: Engine,
    /// The currency of the costs, if the policies state one.
    pub currency: Option<String>,
}

/// The comparison as text, with a final newline.
#[must_use]
pub fn render_comparison(page: &ComparisonPage<'_>, format: TableFormat) -> String {
    let first = page.comparison.policies.first().cloned();
    let comparison = &with_shown_names(page.comparison, format);
    let page = &ComparisonPage {
        comparison,
        ..*page
    };
    let mut text = String::new();
    for (trace, facts) in page.comparison.traces.iter().zip(page.traces) {
        text.push_str(&heading(page, trace, facts, format));
        text.push('\n');
        let others: Vec<usize> = (1..page.comparison.policies.len()).collect();
        let mut rest = &others[..];
        while let [_, ..] = rest {
            let (shown, table) = widest_table(page, trace, facts, rest, format);
            text.push_str(&table);
            text.push('\n');
            rest = &rest[shown..];
        }
        if has_partial_values(page, trace) {
            text.push_str(PARTIAL_VALUES);
            text.push('\n');
        }
    }
    text.push_str(&sentence(page, format));
    text.push_str(&assumptions(page, first.as_deref(), format));
    if !page.files.is_empty() && format == TableFormat::Plain {
        text.push('\n');
        for (index, file) in page.files.iter().enumerate() {
            let lead = if index == 0 { "written" } else { "" };
            text.push_str(&format!("{lead:<8} {}\n", visible(file)));
        }
    }
    text
}

/// Text of a user as `format` shows it.
fn shown_name(name: &str, format: TableFormat) -> String {
    match format {
        TableFormat::Plain => visible(name).into_owned(),
        TableFormat::Markdown => markdown::escaped(name),
    }
}

/// The same with the names of policies and traces as `format` shows them.
fn with_shown_names(comparison: &Comparison, format: TableFormat) -> Comparison {
    let shown = |name: &String| shown_name(name, format);
    let mut comparison = comparison.clone();
    for policy in &mut comparison.policies {
        *policy = shown(policy);
    }
    for trace in &mut comparison.traces {
        trace.trace = shown(&trace.trace);
    }
    for verdict in &mut comparison.verdicts {
        verdict.policy = shown(&verdict.policy);
    }
    comparison
}

/// What is assumed, and what matters to the differences to the policy `first`.
fn assumptions(page: &ComparisonPage<'_>, first: Option<&str>, format: TableFormat) -> String {
    let matters = page.what_matters.map(|it| WhatMattersText::of(it, first));
    let mut text = String::new();
    match format {
        TableFormat::Plain => {
            for line in wrapped("assumed: ", page.assumed) {
                text.push_str(&format!("\n{line}"));
            }
            if !text.is_empty() {
                text.push('\n');
            }
            if let Some(matters) = matters {
                text.push_str(&format!("\n{}", matters.page()));
            }
        }
        TableFormat::Markdown => {
            if !page.assumed.is_empty() {
                let assumed = markdown::escaped(&page.assumed.join(", "));
                text.push_str(&format!("\nAssumed: {assumed}\n"));
            }
            for (index, line) in matters
                .map(|it| it.lines())
                .unwrap_or_default()
                .iter()
                .enumerate()
            {
                let lead = if index == 0 { "\n" } else { "- " };
                let end = if index == 0 { "\n" } else { "" };
                text.push_str(&format!("{lead}{}\n{end}", markdown::escaped(line)));
            }
        }
    }
    text
}

fn heading(
    page: &ComparisonPage<'_>,
    trace: &TraceComparison,
    facts: &TraceFacts,
    format: TableFormat,
) -> String {
    let policies = &page.comparison.policies;
    let title = format!("{} under {}", policies.join(", "), trace.trace);
    let mut length = human::duration(facts.seconds);
    if facts.warm_up_seconds > 0.0 {
        let warm_up = human::duration(facts.warm_up_seconds);
        length.push_str(&format!(", KPIs from {warm_up} on"));
    }
    let engine = facts.engine.as_str();
    let first = policies.first().map_or("", String::as_str);
    let (how, mark) = match page.seeds {
        [only] => (
            format!("seed {only}; beside each value the difference to {first}"),
            "one seed cannot show the noise; use --seeds 10",
        ),
        [from, .., to] => (
            format!(
                "{} seeds ({from} to {to}): means, and differences to {first} ± 95 % interval, seed by seed",
                page.seeds.len()
            ),
            "* the interval excludes zero; less is better in every row",
        ),
        [] => (String::new(), ""),
    };
    match format {
        TableFormat::Plain => [
            format!("{title}, {length}"),
            format!("{engine} engine, {how}"),
            mark.to_owned(),
        ]
        .iter()
        .map(|line| folded("", line))
        .collect(),
        TableFormat::Markdown => {
            let mark = mark.replace('*', "\\*");
            format!("### {title}\n\n{length}, {engine} engine, {how}. {mark}.\n")
        }
    }
}

/// What a table says below its rows where some seeds give no value.
const PARTIAL_VALUES: &str =
    "(n of N): n of the N seeds have a value, and the mean is over these seeds\n";

/// Whether the table of `trace` shows a KPI that some seeds give no value.
fn has_partial_values(page: &ComparisonPage<'_>, trace: &TraceComparison) -> bool {
    Kpi::compared().into_iter().any(|(kpi, row)| {
        let found = trace.kpis.iter().find(|it| it.kpi == kpi);
        found.is_some_and(|kpi| {
            let is_partial = |policy: &PolicyKpi| {
                policy.mean.is_some() && (policy.seeds as usize) < page.seeds.len()
            };
            is_shown(&row, kpi) && kpi.policies.iter().any(is_partial)
        })
    })
}

/// The table of as many `others` as fit the width of a terminal, at least one, and how many these are.
fn widest_table(
    page: &ComparisonPage<'_>,
    trace: &TraceComparison,
    facts: &TraceFacts,
    others: &[usize],
    format: TableFormat,
) -> (usize, String) {
    let table_of = |count: usize| table(page, trace, facts, &others[..count], format);
    if format == TableFormat::Markdown {
        return (others.len(), table_of(others.len()));
    }
    let mut widest = (1, table_of(1));
    for count in 2..=others.len() {
        let table = table_of(count);
        if table.lines().count() > widest.1.lines().count()
            || table.lines().any(|line| line.chars().count() > COLUMNS_MAX)
        {
            break;
        }
        widest = (count, table);
    }
    widest
}

fn table(
    page: &ComparisonPage<'_>,
    trace: &TraceComparison,
    facts: &TraceFacts,
    shown: &[usize],
    format: TableFormat,
) -> String {
    let comparison = page.comparison;
    let first = comparison.policies.first().map_or("", String::as_str);
    let to_first = format!("to {first}");
    let mut columns = vec![Column::left(""), Column::right(first)];
    for policy in shown {
        columns.push(Column::right(&comparison.policies[*policy]));
        columns.push(Column::right(&to_first));
        columns.push(Column::left(""));
    }
    let mut rows = Vec::new();
    let mut group = None;
    for (kpi, row) in Kpi::compared() {
        let found = trace.kpis.iter().find(|it| it.kpi == kpi);
        let of = kpi.group();
        let Some(kpi) = found.filter(|kpi| is_shown(&row, kpi)) else {
            continue;
        };
        if group != Some(of) {
            group = Some(of);
            rows.push(vec![match format {
                TableFormat::Plain => of.as_str().to_owned(),
                TableFormat::Markdown => format!("**{}**", of.as_str()),
            }]);
        }
        let mut row = cells(&row, kpi, shown, page.seeds.len(), format);
        if let (Kpi::Cost, Some(currency)) = (kpi.kpi, &facts.currency) {
            row[0].push_str(", ");
            row[0].push_str(&shown_name(currency, format));
        }
        rows.push(row);
    }
    render_table(&columns, &rows, format)
}

fn is_shown(row: &ComparisonRow, kpi: &KpiComparison) -> bool {
    let mut means = kpi.policies.iter().filter_map(|policy| policy.mean);
    if row.is_rare {
        means.any(|mean| mean > 0.0)
    } else {
        means.next().is_some()
    }
}

/// Whether the policy of this cost has prices: without prices its cost is zero, which says nothing.
fn has_prices(cost: &PolicyKpi) -> bool {
    cost.mean.is_some_and(|mean| mean > 0.0)
}

fn cells(
    row: &ComparisonRow,
    kpi: &KpiComparison,
    shown: &[usize],
    seeds: usize,
    format: TableFormat,
) -> Vec<String> {
    let of_seeds = |count: u32| match count as usize {
        count if count < seeds => format!(" ({count} of {seeds})"),
        _ => String::new(),
    };
    let is_known = |policy: usize| kpi.kpi != Kpi::Cost || has_prices(&kpi.policies[policy]);
    let mean = |policy: usize| {
        let PolicyKpi { mean, seeds, .. } = kpi.policies[policy];
        mean.filter(|_| is_known(policy)).map_or_else(
            || "-".to_owned(),
            |mean| {
                format!(
                    "{}{}",
                    human::significant(mean * row.factor),
                    of_seeds(seeds)
                )
            },
        )
    };
    let indent = match format {
        TableFormat::Plain => "  ",
        TableFormat::Markdown => "",
    };
    let mut cells = vec![format!("{indent}{}", row.label), mean(0)];
    for policy in shown {
        let difference = kpi.policies[*policy].difference;
        let difference = difference.filter(|_| is_known(0) && is_known(*policy));
        let mark = match (difference.is_some_and(|it| it.excludes(0.0)), format) {
            (false, _) => "",
            (true, TableFormat::Plain) => "*",
            (true, TableFormat::Markdown) => "\\*",
        };
        cells.push(mean(*policy));
        cells.push(difference.map_or_else(String::new, |it| {
            format!("{}{}", signed(&scaled(&it, row.factor)), of_seeds(it.pairs))
        }));
        cells.push(mark.to_owned());
    }
    cells
}

fn scaled(estimate: &Estimate, factor: f64) -> Estimate {
    Estimate {
        mean: estimate.mean * factor,
        half_width: estimate.half_width.map(|half_width| half_width * factor),
        ..*estimate
    }
}

/// `1.18 ± 0.03`: both with as many decimals as the interval's first digit asks for.
fn with_interval(estimate: &Estimate) -> String {
    match estimate.half_width {
        None => human::significant(estimate.mean),
        Some(half_width) if half_width <= 0.0 => {
            format!("{} ± 0", human::significant(estimate.mean))
        }
        Some(half_width) => {
            let decimals = (-half_width.log10().floor()).clamp(0.0, 9.0) as usize;
            let mean = format!("{:.decimals$}", estimate.mean);
            // "-0" would claim a direction.
            let is_zero = mean.trim_start_matches('-').parse() == Ok(0.0);
            let mean = if is_zero { "0".to_owned() } else { mean };
            format!("{mean} ± {half_width:.decimals$}")
        }
    }
}

/// The same with a `+` before what is more.
pub(super) fn signed(estimate: &Estimate) -> String {
    let text = with_interval(estimate);
    if text.starts_with(['-', '0']) && !text.starts_with("0.") {
        text
    } else {
        format!("+{text}")
    }
}

/// `Over 10 seeds, fast costs 1.18 ± 0.03 times prod and saves 41 ± 6 SLO-breaking seconds.`
fn sentence(page: &ComparisonPage<'_>, format: TableFormat) -> String {
    let first = page.comparison.policies.first().map_or("", String::as_str);
    let over = match (page.comparison.traces.len(), page.seeds.len()) {
        (1, 1) => "Under the one seed".to_owned(),
        (1, seeds) => format!("Over {seeds} seeds"),
        (traces, 1) => format!("Over {traces} traces and one seed"),
        (traces, seeds) => format!("Over {traces} traces and {seeds} seeds"),
    };
    let clauses: Vec<String> = page
        .comparison
        .verdicts
        .iter()
        .map(|verdict| clause(verdict, first))
        .collect();
    let line = |lead: &str, text: &str| match format {
        TableFormat::Plain => folded(lead, text),
        TableFormat::Markdown => format!("{lead}{text}\n"),
    };
    match &clauses[..] {
        [only] => line("", &format!("{over}, {only}.")),
        [others @ .., last] => {
            let mut text = format!("{over},\n");
            for clause in others {
                text.push_str(&line("  ", &format!("{clause};")));
            }
            text.push_str(&line("  ", &format!("{last}.")));
            text
        }
        [] => format!("{over}, there is nothing to compare.\n"),
    }
}

fn clause(verdict: &ComparisonVerdict, first: &str) -> String {
    let policy = &verdict.policy;
    let expense = expense_in_words(verdict, first);
    match verdict.slo_violation_seconds.as_ref().map(harm_in_words) {
        Some(harm) => format!("{policy} {expense} and {harm}"),
        None => format!("{policy} {expense}"),
    }
}

fn expense_in_words(verdict: &ComparisonVerdict, first: &str) -> String {
    let Some(ratio) = &verdict.expense_ratio else {
        return format!("cannot be set against {first}, which has no pods to pay for");
    };
    let times = with_interval(ratio);
    if is_exactly(ratio, 1.0) {
        return match verdict.expense {
            Expense::Cost => format!("costs as much as {first}"),
            Expense::PodHours => format!("takes as many pod hours as {first}"),
        };
    }
    let is_noise = ratio.half_width.is_some() && !ratio.excludes(1.0);
    match (verdict.expense, is_noise) {
        (Expense::Cost, false) => format!("costs {times} times {first}"),
        (Expense::PodHours, false) => format!("takes {times} times the pod hours of {first}"),
        (Expense::Cost, true) => {
            format!("costs as much as {first} within the noise ({times} times)")
        }
        (Expense::PodHours, true) => {
            format!("takes as many pod hours as {first} within the noise ({times} times)")
        }
    }
}

/// Whether no seed differs from `value`.
fn is_exactly(estimate: &Estimate, value: f64) -> bool {
    let is_wide = estimate
        .half_width
        .is_some_and(|half_width| half_width > 0.0);
    !is_wide && (estimate.mean - value).abs() < 1e-9
}

fn harm_in_words(seconds: &Estimate) -> String {
    let amount = Estimate {
        mean: seconds.mean.abs(),
        ..*seconds
    };
    let amount = with_interval(&amount);
    let is_noise = seconds.half_width.is_some() && !seconds.excludes(0.0);
    if is_exactly(seconds, 0.0) {
        "breaks the SLO for as long".to_owned()
    } else if is_noise {
        format!(
            "leaves the SLO-breaking seconds as they are within the noise ({})",
            signed(seconds)
        )
    } else if seconds.mean < 0.0 {
        format!("saves {amount} SLO-breaking seconds")
    } else {
        format!("adds {amount} SLO-breaking seconds")
    }
}

#[cfg(test)]
#[path = "comparison/tests.rs"]
mod tests;
