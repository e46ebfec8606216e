//! The best finalists beside today's policy, and why none is proposed.

use super::review::{changes_text, currency_of, name};
use super::{TunePage, bold};
use crate::kpi::Kpi;
use crate::render::human;
use crate::render::paint::Colour;
use crate::render::prose::folded;
use crate::render::sweep_answer::number;
use crate::render::table::{Column, TableFormat, render_table};
use crate::search::outcome::{Objective, Objectives};
use crate::search::tune::bounds::{BrokenBound, GoalBound};
use crate::search::tune::evaluation::Measured;
use crate::search::tune::goal::{Goal, folded as over_traces};
use crate::search::tune::judge::JudgedStep;
use crate::search::tune::method::Answer;
use crate::search::tune::space::Candidate;
use crate::text::visible;

/// A candidate with more changes is named by their number.
const CHANGES_NAMED: usize = 2;
/// What users feel, in the table beside the goal and the objectives.
const FELT: [Kpi; 2] = [Kpi::LatencySecondsP95, Kpi::LatencySecondsP99];

/// The table of today's policy, the best single change, the best pair and the proposal; where one change is asked for, of single
/// changes.
pub(super) fn steps_table(page: &TunePage<'_>, colour: Colour) -> String {
    if page.steps.is_empty() {
        return String::new();
    }
    let kpis = kpis(page);
    let headings: Vec<String> = kpis.iter().map(|kpi| column_heading(page, *kpi)).collect();
    let mut columns = vec![Column::left("")];
    columns.extend(headings.iter().map(|heading| Column::right(heading)));
    let values = |measured: &Measured| -> Vec<String> {
        kpis.iter().map(|kpi| value(page, *kpi, measured)).collect()
    };
    let today = values(page.before);
    let (idle, effective): (Vec<&JudgedStep>, Vec<&JudgedStep>) = page
        .steps
        .iter()
        .partition(|step| values(&step.measured) == today);
    let row = |label: String, values: Vec<String>| -> Vec<String> {
        std::iter::once(label).chain(values).collect()
    };
    let mut rows = vec![row("today".to_owned(), today)];
    rows.extend(effective.iter().map(|step| {
        let marked = kpis.iter().zip(values(&step.measured)).map(|(kpi, value)| {
            let mark = if is_noise(page, step, *kpi) { "~" } else { "" };
            format!("{mark}{value}")
        });
        row(step_label(page, step), marked.collect())
    }));
    let has_noise = |step: &&JudgedStep| kpis.iter().any(|kpi| is_noise(page, step, *kpi));
    let has_noise = effective.iter().any(has_noise);
    let mut text = bold(heading(page), colour);
    text.push_str(&render_table(&columns, &rows, TableFormat::Plain));
    text.push_str(&folded("", &where_measured(page, &kpis)));
    if has_noise {
        text.push_str(&folded("", WITHIN_NOISE));
    }
    text.push_str(&match idle.len() {
        0 => String::new(),
        1 => folded("", "1 more judged policy does the same as today's"),
        count => folded(
            "",
            &format!("{count} more judged policies do the same as today's"),
        ),
    });
    text.push('\n');
    text
}

/// The mark of a value above a bound that is no harm.
const WITHIN_NOISE: &str = "~: above what the goal allows, but within the noise (95 % interval of the differences seed by seed), so it counts as no harm";

/// Whether a value is above today's and above a bound, but within the noise.
fn is_noise(page: &TunePage<'_>, step: &JudgedStep, kpi: Kpi) -> bool {
    let [today, judged] =
        [page.before, &step.measured].map(|measured| over_traces(kpi, measured, page.objectives));
    let mut within_noise = step.bounds.within_noise.iter();
    judged > today && within_noise.any(|it| it.kpi == kpi)
}

fn heading(page: &TunePage<'_>) -> &'static str {
    if page.summary.facts.request.answer == Answer::OneChange.as_str() {
        "Single changes, the best first"
    } else {
        "The best single change, the best pair of changes, and the best of all"
    }
}

/// The changes, or their number where they are many.
fn step_label(page: &TunePage<'_>, step: &JudgedStep) -> String {
    let label = match page.space.changes(&step.candidate).count() {
        0..=CHANGES_NAMED => changes_text(page.space, &step.candidate),
        count => format!("{count} changes"),
    };
    let proposal = page.proposal;
    let is_proposed = proposal.is_some_and(|it| *it.candidate == step.candidate);
    let mark = if is_proposed { " (proposed)" } else { "" };
    format!("{}{mark}", visible(&label))
}

fn where_measured(page: &TunePage<'_>, kpis: &[Kpi]) -> String {
    let facts = &page.summary.facts;
    let has_latency = kpis.iter().any(|kpi| FELT.contains(kpi));
    format!(
        "under the training ({}), {} engine, means of {}{}",
        visible(&facts.training.join(" and ")),
        page.summary.search.judge,
        super::seeds_text(facts.training_seeds.len()),
        if has_latency && facts.training.len() > 1 {
            "; latency under the worst trace"
        } else {
            ""
        },
    )
}

/// Where nothing is proposed, why not: the bound that each of the best finalists breaks.
pub(super) fn why_none(page: &TunePage<'_>) -> String {
    if page.proposal.is_some() {
        return String::new();
    }
    let lines = page.steps.iter().map(|step| {
        let changes = changes_text(page.space, &step.candidate);
        let line = format!("{changes}: {}", reason(page, step));
        folded("not      ", &visible(&line))
    });
    lines.collect()
}

/// Why a judged policy is not nearer to the goal than today's.
fn reason(page: &TunePage<'_>, step: &JudgedStep) -> String {
    if !step.bounds.broken.is_empty() {
        let broken = step.bounds.broken.iter();
        let texts = broken.map(|it| bound_text(page.objectives, it));
        return texts.collect::<Vec<String>>().join("; ");
    }
    match page.goal {
        Goal::BetterThanToday => {
            let [cost, harm] = [page.objectives.cost(), page.objectives.harm()];
            format!(
                "every bound holds, but the sum of {} and {} is {} (today 2)",
                cost.heading(),
                harm.heading(),
                human::significant(step.score.value)
            )
        }
        Goal::Asked(asked) => {
            let kpi = asked.minimised;
            let [today, judged] = [page.before, &step.measured].map(|it| value(page, kpi, it));
            format!("every bound holds, but {} {today} -> {judged}", name(kpi))
        }
    }
}

/// `latency p99 1.69 s -> 2.31 s under spike (at most 1.77 s)`.
#[must_use]
pub fn bound_text(objectives: &Objectives, broken: &BrokenBound) -> String {
    let shown = |value: f64| value_text(objectives, broken.kpi, value);
    let [today, judged] = [broken.today, broken.judged].map(shown);
    let trace = broken.trace.as_ref();
    let under = trace.map_or_else(String::new, |trace| format!(" under {trace}"));
    let bound = match &broken.bound {
        GoalBound::AtMost(most) => format!("at most {}", shown(*most)),
        GoalBound::Asked(bound) => format!("the goal: {}", bound.condition()),
    };
    let unit = currency_of(objectives, broken.kpi);
    format!(
        "{} {today} -> {judged}{unit}{under} ({bound})",
        name(broken.kpi)
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
        let unit = currency_of(page.objectives, kpi);
        format!("{} {today} -> {then}{unit}", name(kpi))
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
    let values = kpis.into_iter().map(|kpi| {
        let value = value(page, kpi, measured);
        match currency_of(page.objectives, kpi).as_str() {
            "" => format!("{value} {}", name(kpi)),
            currency => format!("{value}{currency}"),
        }
    });
    values.collect::<Vec<String>>().join(", ")
}

/// The heading of a KPI's column, with the currency of a cost.
pub(super) fn column_heading(page: &TunePage<'_>, kpi: Kpi) -> String {
    match kpi {
        Kpi::Cost => page.objectives.column_heading(Objective::Cost),
        kpi => name(kpi).to_owned(),
    }
}

pub(super) fn value(page: &TunePage<'_>, kpi: Kpi, measured: &Measured) -> String {
    let value = over_traces(kpi, measured, page.objectives);
    value_text(page.objectives, kpi, value)
}

fn value_text(objectives: &Objectives, kpi: Kpi, value: f64) -> String {
    let known = [objectives.cost(), objectives.harm(), Objective::Rescales];
    if let Some(objective) = known.into_iter().find(|it| it.kpi() == kpi) {
        return number(objective, value);
    }
    match kpi {
        _ if !value.is_finite() => "unknown".to_owned(),
        Kpi::LatencySecondsP95 | Kpi::LatencySecondsP99 => human::latency(value),
        Kpi::FailedShare => human::percent(value),
        _ => human::significant(value),
    }
}
