//! The answer of a tuning in the terminal: the search, today's policy beside the proposed one, the changes, the warnings.

mod cautions;
mod review;
mod steps;

use anstyle::Style;

use super::assertions::render_assertions;
use super::comparison::{ComparisonPage, render_comparison};
use super::paint::{Colour, painted};
use super::prose::folded;
use super::sweep_answer::{number, thousands};
use super::table::{Column, TableFormat, render_table};
use crate::search::outcome::{Objective, Objectives, Weighed};
use crate::search::table::plain_text;
use crate::search::tune::bets::Bet;
use crate::search::tune::caution::{Balance, Caution, HeldOutVerdict};
use crate::search::tune::evaluation::Measured;
use crate::search::tune::finalists::PutBack;
use crate::search::tune::goal::Goal;
use crate::search::tune::judge::{JudgedStep, NotProposed};
use crate::search::tune::method::Answer;
use crate::search::tune::space::{Candidate, Space};
use crate::search::tune::summary::{TuneFacts, TuneSummary};
use crate::text::{visible, visible_lines};

use cautions::caution_line;
pub use cautions::caution_text;
pub use review::{bet_text, not_proposed_text, verdict_text};
pub use steps::bound_text;

/// A tuning and its outcome.
#[derive(Clone, Copy, Debug)]
pub struct TunePage<'a> {
    /// The question, the inputs and the search.
    pub summary: &'a TuneSummary<'a>,
    /// The parameters.
    pub space: &'a Space,
    /// The objectives.
    pub objectives: &'a Objectives,
    /// Today's policy under the training, by the search's engine.
    pub today: &'a Measured,
    /// What is better.
    pub goal: &'a Goal,
    /// The best single change, then more changes, as the judge measured them; where one is asked for, all judged single changes.
    pub steps: &'a [JudgedStep],
    /// Today's policy, as the judge measured it.
    pub before: &'a Measured,
    /// Better policies that are not proposed, and why.
    pub not_proposed: &'a [NotProposed],
    /// The proposal; `None` where no policy is better than today's.
    pub proposal: Option<ProposalView<'a>>,
    /// The share of the spread that each parameter explains by itself, in the order of the space.
    pub sensitivity: &'a [Weighed],
    /// The number of policies in that sample.
    pub even_sample: usize,
    /// Reasons to doubt.
    pub cautions: &'a [Caution],
    /// Where the files are, as the user would open them.
    pub files: &'a [String],
}

/// A proposal and its results.
#[derive(Clone, Copy, Debug)]
pub struct ProposalView<'a> {
    /// The candidate.
    pub candidate: &'a Candidate,
    /// Today's and the proposed policy on held-out traffic.
    pub report: &'a ComparisonPage<'a>,
    /// Its measurements under the training, by the search's engine.
    pub training: &'a Measured,
    /// The same without each of its changes.
    pub worth: &'a [PutBack],
    /// The patch as YAML; empty where nothing of the HorizontalPodAutoscaler changes.
    pub patch: &'a str,
    /// How much of the proposal the patch holds.
    pub extent: PatchScope,
    /// A command that applies it.
    pub apply: &'a str,
    /// The verdict of the report.
    pub verdict: &'a HeldOutVerdict,
    /// What the proposal buys and costs on held-out traffic.
    pub balance: &'a Balance,
    /// What it bets on.
    pub bets: &'a [Bet],
    /// Commands for the next steps.
    pub again: &'a [String],
    /// Why a text is missing.
    pub notes: &'a [String],
}

/// How much of a proposal a patch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchScope {
    /// All of it.
    Whole,
    /// Other changes stand outside the HorizontalPodAutoscaler.
    Part,
}

/// The answer as text, with a final newline.
#[must_use]
pub fn render_tuning(page: &TunePage<'_>, colour: Colour) -> String {
    let mut text = header(page, colour);
    text.push_str(&steps::steps_table(page, colour));
    if let Some(proposal) = page.proposal {
        text.push_str(&proposed(page, &proposal, colour));
    }
    // Single changes are no even sample.
    if page.summary.facts.request.answer != Answer::OneChange.as_str() {
        text.push_str(&bold("Which parameter matters", colour));
        text.push_str(&sensitivity(page));
        text.push('\n');
    }
    for caution in page.cautions {
        text.push_str(&caution_line(caution, colour));
    }
    if !page.cautions.is_empty() {
        text.push('\n');
    }
    if let Some(proposal) = page.proposal {
        text.push_str(&patch(&proposal, colour));
        push_list(&mut text, "again", proposal.again);
        push_notes(&mut text, proposal.notes);
    }
    push_list(&mut text, "written", page.files);
    text
}

/// Lines side by side, the first with a word before it.
fn push_list(text: &mut String, word: &str, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        let lead = if index == 0 { word } else { "" };
        text.push_str(&format!("{lead:<8} {}\n", visible(line)));
    }
}

/// Notes as prose, each beside the word.
fn push_notes(text: &mut String, notes: &[String]) {
    for note in notes {
        text.push_str(&folded("note     ", &visible(note)));
    }
}

/// The patch and how to apply it; under a heading that does not say "apply" where the report does not recommend it.
fn patch(proposal: &ProposalView<'_>, colour: Colour) -> String {
    if proposal.patch.is_empty() {
        return String::new();
    }
    let apply = proposal.apply;
    let heading = match (proposal.verdict.recommends(), proposal.extent) {
        (true, PatchScope::Whole) => format!("Apply: {apply}"),
        (true, PatchScope::Part) => {
            format!("Apply, for the part that a HorizontalPodAutoscaler holds: {apply}")
        }
        (false, _) => format!("Not recommended; to apply it all the same: {apply}"),
    };
    let patch = visible_lines(proposal.patch);
    format!("{}{patch}\n", bold(&heading, colour))
}

fn bold(text: &str, colour: Colour) -> String {
    format!("{}\n", painted(text, Style::new().bold(), colour))
}

fn header(page: &TunePage<'_>, colour: Colour) -> String {
    let facts = &page.summary.facts;
    let training = facts.training.join(" and ");
    let title = bold(&format!("{} tuned under {training}", facts.policy), colour);
    let verdict = match page.proposal {
        Some(proposal) => verdict_text(page.objectives, proposal.verdict),
        None => format!(
            "keep today's policy ({}): {}",
            steps::goal_values(page, page.before),
            match page.summary.search.finalists {
                0 => "no policy that the search tried is nearer to the goal".to_owned(),
                1 => "the best policy that the search tried is not nearer to the goal".to_owned(),
                count => format!(
                    "none of the {count} best policies that the search tried is nearer to the goal"
                ),
            }
        ),
    };
    let verdict: String = folded("verdict  ", &visible(&verdict))
        .lines()
        .map(|line| bold(line, colour))
        .collect();
    let mut text = [
        title,
        verdict,
        steps::why_none(page),
        steps::one_change(page),
        page.proposal
            .map_or_else(String::new, |it| review::review(page, &it)),
        folded("goal     ", &visible(&facts.goal)),
        folded("search   ", &searched(page)),
    ]
    .concat();
    if page.proposal.is_some() {
        let report = format!(
            "{}, {} that the search did not see; ± is the 95 % interval over these seeds, and other days may differ by more",
            visible(&facts.held_out_traces.join(" and ")),
            seeds_text(facts.seeds.len())
        );
        text.push_str(&folded("report   ", &report));
        text.push_str(&starts(facts));
        for spike in &facts.held_out_spikes {
            text.push_str(&folded("         ", &visible(spike)));
        }
    }
    text.push('\n');
    text
}

/// The pods with which the second parts start.
fn starts(facts: &TuneFacts) -> String {
    let pods: Vec<String> = facts
        .held_out_start
        .iter()
        .flatten()
        .map(i32::to_string)
        .collect();
    if pods.is_empty() {
        return String::new();
    }
    let line = format!(
        "{} starts with the pods that today's policy has at that time, for both policies: {}",
        if pods.len() == 1 { "it" } else { "each" },
        pods.join(" and ")
    );
    folded("         ", &line)
}

fn seeds_text(count: usize) -> String {
    match count {
        1 => "1 seed".to_owned(),
        count => format!("{count} seeds"),
    }
}

fn searched(page: &TunePage<'_>) -> String {
    let facts = &page.summary.facts;
    let search = &page.summary.search;
    let tried = thousands(search.tried as u64);
    let tried = if facts.request.answer == Answer::OneChange.as_str() {
        format!("{tried} policies with one change or none")
    } else if search.tried as f64 >= search.candidates {
        format!("all {tried} policies")
    } else {
        format!(
            "{tried} of {} policies by {}",
            how_many(search.candidates),
            search.method
        )
    };
    let refused = match search.refused {
        0 => String::new(),
        count => format!(
            " ({} drawn ones are not valid policies)",
            thousands(u64::from(count))
        ),
    };
    let finalists = match search.finalists {
        0 => "no finalist".to_owned(),
        1 => "1 finalist".to_owned(),
        count => format!("{count} finalists"),
    };
    format!(
        "{tried}{refused}, {} engine, {}; {finalists} and today's policy by the {} engine",
        search.engine,
        seeds_text(facts.training_seeds.len()),
        search.judge,
    )
}

/// `360` or `6e11`.
fn how_many(candidates: f64) -> String {
    if candidates < 1e6 {
        thousands(candidates as u64)
    } else {
        format!("{candidates:.0e}")
    }
}

/// `12.9 mean replicas, 101 SLO-breaking seconds, 20 rescales`; a cost in its currency.
#[must_use]
pub fn point_text(point: Weighed, objectives: &Objectives) -> String {
    let three = [objectives.cost(), objectives.harm(), Objective::Rescales];
    let parts = numbers(point, three).into_iter().zip(three);
    let parts = parts.map(|(value, objective)| format!("{value} {}", objectives.unit(objective)));
    parts.collect::<Vec<String>>().join(", ")
}

fn proposed(page: &TunePage<'_>, proposal: &ProposalView<'_>, colour: Colour) -> String {
    let bounds = render_assertions(page.summary.held_out_bounds, colour);
    let heading = if proposal.worth.is_empty() {
        "What to change"
    } else {
        "What to change, and what each change is worth"
    };
    format!(
        "{}\n{bounds}{}{}{}\n",
        render_comparison(proposal.report, TableFormat::Plain),
        if bounds.is_empty() { "" } else { "\n" },
        bold(heading, colour),
        changes(page, proposal),
    )
}

/// Proposed, without each of its changes, and today's: under the training.
fn changes(page: &TunePage<'_>, proposal: &ProposalView<'_>) -> String {
    let kpis = steps::objectives_of_goal(page);
    let mut columns = vec![
        Column::left(""),
        Column::right("today"),
        Column::right("proposed"),
    ];
    let changes = page.space.changes(proposal.candidate);
    let changed = changes.map(|change| {
        let today = change.parameter.today_text();
        let row = vec![
            change.parameter.label(),
            today.map_or_else(|| "-".to_owned(), |today| plain_text(&today)),
            plain_text(&change.parameter.value(change.value)),
        ];
        (change.place, row)
    });
    if proposal.worth.is_empty() {
        let rows: Vec<Vec<String>> = changed.map(|(_, row)| row).collect();
        return format!(
            "{}{}",
            render_table(&columns, &rows, TableFormat::Plain),
            folded("", WORTH_UNKNOWN)
        );
    }
    let headings: Vec<String> = kpis
        .iter()
        .map(|kpi| steps::column_heading(page, *kpi))
        .collect();
    columns.extend(headings.iter().map(|heading| Column::right(heading)));
    let values = |measured: &Measured| {
        let values = kpis.iter().map(|kpi| steps::value(page, *kpi, measured));
        values.collect::<Vec<String>>()
    };
    let whole = |name: &str, measured: &Measured| {
        let mut row = vec![name.to_owned(), String::new(), String::new()];
        row.extend(values(measured));
        row
    };
    let mut rows = vec![whole("proposed", proposal.training)];
    rows.extend(changed.map(|(place, mut row)| {
        row[0].insert_str(0, "without ");
        let without = proposal.worth.iter().find(|it| it.place == place);
        row.extend(match without {
            Some(without) => values(&without.measured),
            None => vec!["-".to_owned(); kpis.len()],
        });
        row
    }));
    let is_partial = rows.len() > proposal.worth.len() + 1;
    rows.push(whole("today", page.today));
    let line = format!(
        "under the training ({}), {} engine, means of its seeds{}",
        visible(&page.summary.facts.training.join(" and ")),
        page.summary.search.engine,
        if is_partial {
            "; -: the budget was used up"
        } else {
            ""
        },
    );
    format!(
        "{}{}",
        render_table(&columns, &rows, TableFormat::Plain),
        folded("", &line)
    )
}

/// What stands below the changes where the budget of the search measured none of them.
const WORTH_UNKNOWN: &str = "what each change is worth is unknown: the budget was used up before it was measured; a greater --budget measures it";

fn objectives(page: &TunePage<'_>) -> [Objective; 3] {
    [
        page.objectives.cost(),
        page.objectives.harm(),
        Objective::Rescales,
    ]
}

fn numbers(point: Weighed, objectives: [Objective; 3]) -> [String; 3] {
    let [cost, harm, rescales] = objectives;
    [
        number(cost, point.cost),
        number(harm, point.harm),
        number(rescales, point.rescales),
    ]
}

/// Fewer policies say nothing about parameters.
const SAMPLE_LEAST: usize = 50;

/// Whether an even sample of so many policies says which parameter matters: it is large, or it is all of the space.
#[must_use]
pub fn is_sensitivity_known(even_sample: usize, space: &Space) -> bool {
    even_sample >= SAMPLE_LEAST || even_sample as f64 >= space.size()
}

/// The most parameters in the table.
const ROWS_MOST: usize = 16;

/// The parameters by their share of the spread, the greatest first.
#[must_use]
pub fn by_share(sensitivity: &[Weighed]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sensitivity.len()).collect();
    order.sort_by(|a, b| {
        greatest(&sensitivity[*b])
            .total_cmp(&greatest(&sensitivity[*a]))
            .then(a.cmp(b))
    });
    order
}

/// The greatest of the three shares; an unknown one counts as 0.
fn greatest(shares: &Weighed) -> f64 {
    shares.cost.max(shares.harm).max(shares.rescales).max(0.0)
}

/// Whether the table shows one of the three shares as more than 0 %.
fn is_share_seen(shares: &Weighed) -> bool {
    greatest(shares) >= 0.005
}

/// How many of `all` parameters are not in the table.
fn idle_text(idle: usize, all: usize) -> String {
    match idle {
        0 => String::new(),
        idle if idle == all => "no parameter explains 0.5 % of the spread by itself\n".to_owned(),
        1 => "1 more parameter explains less than 0.5 %\n".to_owned(),
        idle => format!("{idle} more parameters explain less than 0.5 % each\n"),
    }
}

fn sensitivity(page: &TunePage<'_>) -> String {
    let objectives = objectives(page);
    let order = by_share(page.sensitivity).into_iter();
    let (shown, without): (Vec<usize>, Vec<usize>) =
        order.partition(|place| is_share_seen(&page.sensitivity[*place]));
    let shown: Vec<usize> = shown.into_iter().take(ROWS_MOST).collect();
    if !is_sensitivity_known(page.even_sample, page.space) {
        let line = format!(
            "unknown: this needs an even sample of {SAMPLE_LEAST} policies, and this search has {}; a greater --budget draws more",
            page.even_sample
        );
        return folded("", &line);
    }
    let mut columns = vec![Column::left(""), Column::right("tried")];
    let headings = objectives.map(|it| page.objectives.column_heading(it));
    columns.extend(headings.iter().map(|heading| Column::right(heading)));
    let share = |value: f64| {
        if value.is_nan() {
            "-".to_owned()
        } else {
            format!("{:.0} %", 100.0 * value)
        }
    };
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|place| {
            let Weighed {
                cost,
                harm,
                rescales,
            } = page.sensitivity[*place];
            let parameter = &page.space.parameters()[*place];
            let mut row = vec![parameter.label(), parameter.values_text()];
            row.extend([cost, harm, rescales].map(share));
            row
        })
        .collect();
    let mut text = if rows.is_empty() {
        String::new()
    } else {
        render_table(&columns, &rows, TableFormat::Plain)
    };
    text.push_str(&idle_text(without.len(), page.space.parameters().len()));
    let line = format!(
        "share of the spread that a parameter explains by itself, over {} policies that cover all values evenly",
        thousands(page.even_sample as u64)
    );
    text.push_str(&folded("", &line));
    text
}

#[cfg(test)]
#[path = "tune/tests.rs"]
mod tests;
