//! The answer of a sweep in the terminal: the front, the current policy, the knee.
//!
//! It fits one screen; `sweep.csv` has every row.

use std::ops::Range;

use anstyle::Style;

use super::human;
use super::paint::{Colour, painted};
use super::table::{Column, TableFormat, render_table};
use crate::search::grid::Grid;
use crate::search::outcome::{Objective, Objectives, SweepOutcome, Weighed};
use crate::search::parameter::Parameter;
use crate::search::table::{Shard, plain_text};
use crate::text::visible;

/// The most points of the front that are shown.
const FRONT_SHOWN: usize = 10;

/// A sweep and its outcome.
#[derive(Clone, Debug)]
pub struct SweepAnswer<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The traces' names.
    pub traces: &'a [String],
    /// The engine's name.
    pub engine: &'a str,
    /// The number of seeds of a row.
    pub seeds: u16,
    /// `--samples`.
    pub samples: Option<u32>,
    /// The grid.
    pub grid: &'a Grid,
    /// The objectives.
    pub objectives: &'a Objectives,
    /// The outcome; `None` for a part.
    pub outcome: Option<&'a SweepOutcome>,
    /// The part.
    pub shard: Option<Shard>,
    /// The rows of this sweep or part.
    pub rows: Range<u64>,
}

impl SweepAnswer<'_> {
    /// `prod under diurnal`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} under {}", self.policy, self.traces.join(" and "))
    }

    /// `340 policies, fluid engine, 5 seeds each (medians)`.
    #[must_use]
    pub fn subtitle(&self) -> String {
        let count = thousands(self.grid.count());
        let points = match self.samples {
            Some(_) => format!("{count} sampled policies"),
            None => format!("{count} policies"),
        };
        let seeds = match self.seeds {
            1 => String::new(),
            seeds => format!(", medians of {seeds} seeds"),
        };
        format!("{points}, {} engine{seeds}", self.engine)
    }

    /// The swept values of a point, as `hpa.maxReplicas=20, controller.sync_period=15s`.
    #[must_use]
    pub fn settings(&self, point: usize) -> String {
        let values = self.grid.swept_values(point as u64);
        let settings = headings(self.grid)
            .into_iter()
            .zip(values)
            .map(|(name, value)| format!("{name}={}", plain_text(&value)));
        settings.collect::<Vec<String>>().join(", ")
    }
}

/// The last two keys of a path.
#[must_use]
pub fn short_path(path: &str) -> String {
    let keys: Vec<&str> = path.split('.').collect();
    let shown = &keys[keys.len().saturating_sub(2)..];
    shown.join(".")
}

/// The last key of a path.
fn last_key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Paths as short as they stay distinct.
fn headings(grid: &Grid) -> Vec<String> {
    let paths: Vec<&str> = grid.swept().map(Parameter::path).collect();
    let is_alone = |short: &dyn Fn(&str) -> String, path: &str| {
        let like = paths.iter().filter(|other| short(other) == short(path));
        like.count() == 1
    };
    let last = |path: &str| last_key(path).to_owned();
    paths
        .iter()
        .map(|path| {
            if is_alone(&last, path) {
                last(path)
            } else if is_alone(&short_path, path) {
                short_path(path)
            } else {
                (*path).to_owned()
            }
        })
        .collect()
}

/// The answer as text, with a final newline.
#[must_use]
pub fn render_answer(answer: &SweepAnswer<'_>, files: &[String], colour: Colour) -> String {
    let mut text = format!(
        "{}\n{}\n\n",
        painted(&answer.title(), Style::new().bold(), colour),
        visible(&answer.subtitle())
    );
    match (answer.outcome, answer.shard) {
        (Some(outcome), _) => text.push_str(&front(answer, outcome)),
        (None, Some(shard)) => {
            let rows = answer.rows.end - answer.rows.start;
            text.push_str(&format!(
                "part {shard}: {} {}; join all parts with `hpasim merge PART... -o sweep.csv`\n",
                thousands(rows),
                if rows == 1 { "row" } else { "rows" }
            ));
        }
        (None, None) => {}
    }
    text.push('\n');
    for (index, file) in files.iter().enumerate() {
        let name = if index == 0 { "written" } else { "" };
        text.push_str(&format!("{name:<9}{}\n", visible(file)));
    }
    text
}

fn front(answer: &SweepAnswer<'_>, outcome: &SweepOutcome) -> String {
    let names = headings(answer.grid);
    let objectives = [
        answer.objectives.cost(),
        answer.objectives.harm(),
        Objective::Rescales,
    ];
    let mut columns: Vec<Column<'_>> = vec![Column::left("")];
    columns.extend(names.iter().map(|name| Column::right(name)));
    columns.extend(
        objectives
            .iter()
            .map(|objective| Column::right(objective.heading())),
    );
    let shown = outcome.front_shown(FRONT_SHOWN);
    let mut rows: Vec<Vec<String>> = shown
        .iter()
        .map(|&point| {
            let mark = if outcome.knee == Some(point) {
                "knee"
            } else {
                ""
            };
            let values = answer.grid.swept_values(point as u64);
            let mut row = vec![mark.to_owned()];
            row.extend(values.iter().map(|value| plain_text(value)));
            row.extend(numbers(outcome.points[point], objectives));
            row
        })
        .collect();
    if let Some(current) = outcome.current {
        let mut row = vec!["current".to_owned()];
        row.extend(names.iter().map(|_| "as it is".to_owned()));
        row.extend(numbers(current, objectives));
        rows.push(row);
    }
    let length = outcome.front.len();
    let cost = answer.objectives.cost().heading();
    let harm = answer.objectives.harm().heading();
    let what = match (length, shown.len()) {
        (0, _) => format!("no point has both {cost} and {harm}, so there is no front"),
        (1, _) => format!("one policy is best in both {cost} and {harm}"),
        (_, shown) if shown < length => {
            format!(
                "no policy is better in both {cost} and {harm} than these ({shown} of {length} shown)"
            )
        }
        _ => format!("no policy is better in both {cost} and {harm} than these {length}"),
    };
    format!(
        "{what}\n\n{}",
        render_table(&columns, &rows, TableFormat::Plain)
    )
}

fn numbers(point: Weighed, objectives: [Objective; 3]) -> Vec<String> {
    let values = [point.cost, point.harm, point.rescales];
    objectives
        .iter()
        .zip(values)
        .map(|(objective, value)| number(*objective, value))
        .collect()
}

/// A value of an objective as text.
#[must_use]
pub fn number(objective: Objective, value: f64) -> String {
    if value.is_nan() {
        return "unknown".to_owned();
    }
    match objective {
        Objective::Cost | Objective::MeanReplicas => {
            let decimals = if value.abs() < 100.0 { 2 } else { 1 };
            format!("{value:.decimals$}")
        }
        Objective::SloViolationSeconds | Objective::Rescales => human::trimmed(value, 1),
        Objective::ThrottledShare => human::percent(value),
    }
}

/// `12,345`.
pub(super) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or(""))
        .collect();
    groups.join(",")
}
