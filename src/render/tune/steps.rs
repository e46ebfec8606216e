//! What one change to today's policy buys, and what more changes buy.

use super::review::{changes_text, name};
use super::{TunePage, bold};
use crate::kpi::Kpi;
use crate::render::human;
use crate::render::paint::Colour;
use crate::render::prose::folded;
use crate::render::sweep_answer::number;
use crate::render::table::{Column, TableFormat, render_table};
use crate::search::outcome::Objective;
use crate::search::tune::evaluation::Measured;
use crate::search::tune::goal::folded as over_traces;
use crate::search::tune::space::Candidate;
use crate::text::visible;

/// A candidate with more changes is named by their number.
const CHANGES_NAMED: usize = 2;
/// What users feel, in the table beside the goal and the objectives.
const FELT: [Kpi; 2] = [Kpi::LatencySecondsP95, Kpi::LatencySecondsP99];

/// The table of today's policy, the best single change, the best pair and the proposal.
pub(super) fn steps_table(page: &TunePage<'_>, colour: Colour) -> String {
    if page.steps.is_empty() {
        return String::new();
    }
    let kpis = kpis(page);
    let mut columns = vec![Column::left("")];
    columns.extend(kpis.iter().map(|kpi| Column::right(name(*kpi))));
    let row = |label: String, measured: &Measured| {
        let values = kpis.iter().map(|kpi| value(page, *kpi, measured));
        std::iter::once(label)
            .chain(values)
            .collect::<Vec<String>>()
    };
    let mut rows = vec![row("today".to_owned(), page.before)];
    rows.extend(page.steps.iter().map(|step| {
        let count = page.space.changes(&step.candidate).count();
        let is_proposed = page
            .proposal
            .is_some_and(|it| *it.candidate == step.candidate);
        let label = match count {
            0..=CHANGES_NAMED => changes_text(page.space, &step.candidate),
            count => format!("{count} changes"),
        };
        let mark = if is_proposed { " (proposed)" } else { "" };
        row(format!("{}{mark}", visible(&label)), &step.measured)
    }));
    let facts = &page.summary.facts;
    let has_latency = kpis.iter().any(|kpi| FELT.contains(kpi));
    let line = format!(
        "under the training ({}), {} engine, means of {}{}",
        visible(&facts.training.join(" and ")),
        page.summary.search.judge,
        super::seeds_text(facts.training_seeds.len()),
        if has_latency && facts.training.len() > 1 {
            "; latency under the worst trace"
        } else {
            ""
        },
    );
    format!(
        "{}{}{}\n",
        bold("What one change buys, and what more buy", colour),
        render_table(&columns, &rows, TableFormat::Plain),
        folded("", &line)
    )
}

/// `one      minReplicas 1 -> 4 alone: rescales 20 -> 12`: the best single change, where the proposal has more.
pub(super) fn one_change(page: &TunePage<'_>) -> String {
    let changes = |candidate: &Candidate| page.space.changes(candidate).count();
    let single = page.steps.iter().find(|it| changes(&it.candidate) == 1);
    let has_more = page.proposal.is_some_and(|it| changes(it.candidate) > 1);
    let Some(single) = single.filter(|_| has_more) else {
        return String::new();
    };
    let values = kpis(page).into_iter().map(|kpi| {
        let [today, then] = [page.before, &single.measured].map(|it| value(page, kpi, it));
        format!("{} {today} -> {then}", name(kpi))
    });
    let line = format!(
        "{} alone: {} (training, {} engine)",
        changes_text(page.space, &single.candidate),
        values.collect::<Vec<String>>().join(", "),
        page.summary.search.judge
    );
    folded("one      ", &visible(&line))
}

/// The goal's KPIs, then the objectives, then what users feel where it is known.
fn kpis(page: &TunePage<'_>) -> Vec<Kpi> {
    let mut kpis = objectives_of_goal(page);
    let is_known = |kpi: &Kpi| !over_traces(*kpi, page.before, page.objectives).is_nan();
    let felt = FELT.into_iter().filter(is_known);
    let felt: Vec<Kpi> = felt.filter(|kpi| !kpis.contains(kpi)).collect();
    kpis.extend(felt);
    kpis
}

/// The goal's KPIs, then the objectives.
pub(super) fn objectives_of_goal(page: &TunePage<'_>) -> Vec<Kpi> {
    let mut kpis = page.goal.kpis(page.objectives);
    for kpi in page.objectives.kpis() {
        if !kpis.contains(&kpi) {
            kpis.push(kpi);
        }
    }
    kpis
}

/// `12.9 mean replicas, 101 SLO-breaking seconds`: the goal's KPIs.
pub(super) fn goal_values(page: &TunePage<'_>, measured: &Measured) -> String {
    let kpis = page.goal.kpis(page.objectives);
    let values = kpis
        .into_iter()
        .map(|kpi| format!("{} {}", value(page, kpi, measured), name(kpi)));
    values.collect::<Vec<String>>().join(", ")
}

pub(super) fn value(page: &TunePage<'_>, kpi: Kpi, measured: &Measured) -> String {
    let value = over_traces(kpi, measured, page.objectives);
    let objectives = [
        page.objectives.cost(),
        page.objectives.harm(),
        Objective::Rescales,
    ];
    if let Some(objective) = objectives.into_iter().find(|it| it.kpi() == kpi) {
        return number(objective, value);
    }
    match kpi {
        _ if !value.is_finite() => "unknown".to_owned(),
        Kpi::LatencySecondsP95 | Kpi::LatencySecondsP99 => human::latency(value),
        Kpi::FailedShare => human::percent(value),
        _ => human::significant(value),
    }
}
