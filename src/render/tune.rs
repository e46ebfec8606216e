//! The answer of a tuning in the terminal: the search, today's policy beside the proposed one, the changes, the warnings.

use anstyle::{AnsiColor, Style};

use super::assertions::render_assertions;
use super::comparison::{ComparisonPage, render_comparison, signed};
use super::human;
use super::paint::{Colour, painted};
use super::prose::folded;
use super::sweep_answer::{number, thousands};
use super::table::{Column, TableFormat, render_table};
use crate::kpi::Kpi;
use crate::search::outcome::{Objective, Objectives, Weighed};
use crate::search::table::plain_text;
use crate::search::tune::caution::{Caution, HeldOutVerdict, KpiDifference, SideEffect};
use crate::search::tune::finalists::PutBack;
use crate::search::tune::space::{Candidate, Space};
use crate::search::tune::summary::{TuneFacts, TuneSummary};
use crate::search::tune::traffic::{SPIKE_FACTOR, SPIKE_MINUTES};
use crate::text::{visible, visible_lines};

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
    pub today: Weighed,
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
    /// Its objectives under the training, by the search's engine.
    pub training: Weighed,
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
    if let Some(proposal) = page.proposal {
        text.push_str(&proposed(page, &proposal, colour));
    }
    text.push_str(&bold("Which parameter matters", colour));
    text.push_str(&sensitivity(page));
    text.push('\n');
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
        Some(proposal) => verdict_text(proposal.verdict),
        None => format!(
            "keep today's policy ({}): no policy that the search tried is nearer to the goal",
            point_text(page.today, page.objectives)
        ),
    };
    let verdict: String = folded("verdict  ", &verdict)
        .lines()
        .map(|line| bold(line, colour))
        .collect();
    let mut text = [
        title,
        verdict,
        folded("goal     ", &visible(&facts.goal)),
        folded("search   ", &searched(page)),
    ]
    .concat();
    if page.proposal.is_some() {
        let report = format!(
            "{}, {} that the search did not see",
            visible(&facts.held_out_traces.join(" and ")),
            seeds_text(facts.seeds.len())
        );
        text.push_str(&folded("report   ", &report));
        text.push_str(&starts(facts));
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
    let tried = if search.tried as f64 >= search.candidates {
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

/// The verdict of held-out traffic, in one line.
#[must_use]
pub fn verdict_text(verdict: &HeldOutVerdict) -> String {
    match verdict {
        HeldOutVerdict::Better => "better, on traffic and seeds that the search did not see".to_owned(),
        HeldOutVerdict::Trade { losses } => format!(
            "a trade-off: better in what the goal asks for, but {}, on traffic and seeds that the search did not see",
            listed(losses)
        ),
        HeldOutVerdict::WithinNoise { gains } if gains.is_empty() => {
            "keep today's policy: the held-out runs have no value of the KPIs that were to become less".to_owned()
        }
        HeldOutVerdict::WithinNoise { gains } => format!(
            "keep today's policy: on held-out traffic the gain is within the noise ({})",
            listed(gains)
        ),
        HeldOutVerdict::Worse { losses } => format!(
            "keep today's policy: the proposed policy is worse on held-out traffic ({})",
            listed(losses)
        ),
        HeldOutVerdict::Harmful => {
            "better in what the goal asks for on traffic that the search did not see, but harmful on the traffic of the search: read the warnings".to_owned()
        }
        HeldOutVerdict::BoundMissed => {
            "the goal is missed on traffic and seeds that the search did not see".to_owned()
        }
        HeldOutVerdict::OneSeed => {
            "unknown: one seed cannot show the noise; use --seeds 10".to_owned()
        }
    }
}

fn listed(differences: &[KpiDifference]) -> String {
    let texts: Vec<String> = differences.iter().map(difference).collect();
    texts.join(", ")
}

/// `360` or `6e11`.
fn how_many(candidates: f64) -> String {
    if candidates < 1e6 {
        thousands(candidates as u64)
    } else {
        format!("{candidates:.0e}")
    }
}

/// `12.9 mean replicas, 101 SLO-breaking seconds, 20 rescales`.
#[must_use]
pub fn point_text(point: Weighed, objectives: &Objectives) -> String {
    let objectives = [objectives.cost(), objectives.harm(), Objective::Rescales];
    let parts = numbers(point, objectives).into_iter().zip(objectives);
    let parts = parts.map(|(value, objective)| format!("{value} {}", objective.heading()));
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
    let objectives = objectives(page);
    let mut columns = vec![
        Column::left(""),
        Column::right("today"),
        Column::right("proposed"),
    ];
    let changes = page.space.changes(proposal.candidate);
    let values = changes.map(|change| {
        let today = change.parameter.today_text();
        let row = vec![
            change.parameter.label(),
            today.map_or_else(|| "-".to_owned(), |today| plain_text(&today)),
            plain_text(&change.parameter.value(change.value)),
        ];
        (change.place, row)
    });
    if proposal.worth.is_empty() {
        let rows: Vec<Vec<String>> = values.map(|(_, row)| row).collect();
        return format!(
            "{}{}",
            render_table(&columns, &rows, TableFormat::Plain),
            folded("", WORTH_UNKNOWN)
        );
    }
    let headings = objectives.map(|it| page.objectives.column_heading(it));
    columns.extend(headings.iter().map(|heading| Column::right(heading)));
    let whole = |name: &str, point: Weighed| {
        let mut row = vec![name.to_owned(), String::new(), String::new()];
        row.extend(numbers(point, objectives));
        row
    };
    let mut rows = vec![whole("proposed", proposal.training)];
    rows.extend(values.map(|(place, mut row)| {
        row[0].insert_str(0, "without ");
        let without = proposal.worth.iter().find(|it| it.place == place);
        row.extend(match without {
            Some(without) => numbers(without.weighed, objectives),
            None => ["-", "-", "-"].map(str::to_owned),
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

fn sensitivity(page: &TunePage<'_>) -> String {
    let objectives = objectives(page);
    let order = by_share(page.sensitivity).into_iter();
    let shown: Vec<usize> = order.take(ROWS_MOST).collect();
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
    let line = format!(
        "share of the spread that a parameter explains by itself, over {} policies that cover all values evenly",
        thousands(page.even_sample as u64)
    );
    format!(
        "{}{}",
        render_table(&columns, &rows, TableFormat::Plain),
        folded("", &line)
    )
}

/// `warning: ...`, and what to do about it.
fn caution_line(caution: &Caution, colour: Colour) -> String {
    let label = painted("warning", AnsiColor::Yellow.on_default().bold(), colour);
    let text = folded("warning: ", &visible(&caution_text(caution)));
    text.replacen("warning", &label, 1)
}

/// A reason to doubt, and the remedy.
#[must_use]
pub fn caution_text(caution: &Caution) -> String {
    match caution {
        Caution::SideEffects(effects) => {
            let effects: Vec<String> = effects.iter().map(side_effect).collect();
            format!(
                "worse for users on held-out traffic, in KPIs that the goal does not name: {}",
                effects.join("; ")
            )
        }
        Caution::TrainingSideEffects(effects) => {
            let effects: Vec<String> = effects.iter().map(side_effect).collect();
            format!(
                "worse for users on the traffic of the search, in KPIs that the goal does not name: {}",
                effects.join("; ")
            )
        }
        Caution::HardlyScales { today, proposed } => format!(
            "the proposed policy hardly scales ({} rescales in a held-out run, {} today): like a fixed number of pods, it fits this traffic and no other",
            human::trimmed(*proposed, 1),
            human::trimmed(*today, 1)
        ),
        Caution::Tolerance => {
            "Kubernetes accepts `tolerance` in `behavior` by default from 1.35 on (earlier: with the feature gate HPAConfigurableTolerance); for an older cluster, search the other parameters with --param".to_owned()
        }
        Caution::AtBorder { label, value } => format!(
            "{label} = {} is the first or the last of the values that the search tried; widen them with --param",
            plain_text(value)
        ),
        Caution::TrainedWithoutSpike => format!(
            "the traffic of the search has no spike (load that grows {SPIKE_FACTOR} times within {SPIKE_MINUTES} minutes), so the search did not prepare for one; add a trace with a spike, as from `hpasim trace gen spike`"
        ),
        Caution::HeldOutWithoutSpike => {
            "the held-out traffic has no spike, so the report does not show how the policies handle one; name a trace with a spike with --holdout".to_owned()
        }
        Caution::GoalOutOfReach => {
            "no policy that the search tried meets the goal on the traffic of the search; this one misses it least".to_owned()
        }
        Caution::OutsidePatch { path, value } => format!(
            "{path} = {value} is not a field of a HorizontalPodAutoscaler, so the patch does not contain it"
        ),
    }
}

/// `latency p95 111 ms -> 184 ms under diurnal`.
fn side_effect(effect: &SideEffect) -> String {
    let SideEffect {
        kpi,
        trace,
        today,
        proposed,
    } = effect;
    let values = |shown: fn(f64) -> String| format!("{} -> {}", shown(*today), shown(*proposed));
    let text = match *kpi {
        Kpi::SloViolationSeconds => format!("SLO-breaking seconds {}", values(human::significant)),
        Kpi::FailedShare => format!("failed requests {}", values(human::percent)),
        Kpi::LatencySecondsP95 => format!("latency p95 {}", values(human::latency)),
        Kpi::LatencySecondsP99 => format!("latency p99 {}", values(human::latency)),
        Kpi::RecoverySeconds => format!("recovery {}", values(human::duration)),
        other => format!("{other} {}", values(human::significant)),
    };
    format!("{text} under {trace}")
}

/// `mean replicas +0.2 ± 0.3`.
fn difference(found: &KpiDifference) -> String {
    format!("{} {}", found.heading(), signed(&found.difference))
}

#[cfg(test)]
#[path = "tune/tests.rs"]
mod tests;
