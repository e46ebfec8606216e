//! The answer of a sweep in the terminal: the front, the current policy, the knee.
//!
//! It fits one screen; `sweep.csv` has every row.

use anstyle::Style;

use super::paint::{Colour, painted};
use super::prose::folded;
use super::sweep_answer::{OVERLOADED_FLUID, SweepAnswer, headings, number, thousands};
use super::table::{Column, TableFormat, render_table};
use crate::search::outcome::{Objective, SweepOutcome, Weighed};
use crate::search::table::plain_text;
use crate::text::visible;

/// The most points of the front that are shown.
const FRONT_SHOWN: usize = 10;

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
            let line = format!(
                "part {shard}: {} {}; join all parts with `hpasim merge PART... -o sweep.csv`",
                thousands(rows),
                if rows == 1 { "row" } else { "rows" }
            );
            text.push_str(&folded("", &line));
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
    let headings = objectives.map(|objective| answer.objectives.column_heading(objective));
    let mut columns: Vec<Column<'_>> = vec![Column::left("")];
    columns.extend(names.iter().map(|name| Column::right(name)));
    columns.extend(headings.iter().map(|heading| Column::right(heading)));
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
        let values = answer.current_values.iter();
        let value =
            |value: &Option<String>| visible(value.as_deref().unwrap_or("default")).into_owned();
        row.extend(values.map(value));
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
    let note = if outcome.is_overloaded {
        let note = format!(
            "Under a policy of the front or the current policy {OVERLOADED_FLUID}. Confirm with --engine request."
        );
        format!("\n{}", folded("", &note))
    } else {
        String::new()
    };
    format!(
        "{}\n{}{note}",
        folded("", &what),
        render_table(&columns, &rows, TableFormat::Plain),
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
