//! Two parameters together: cost and harm at every pair of values, as shades.
//!
//! The points of the front and the knee are marked; all else is colour and number.

use std::collections::BTreeSet;

use super::ink;
use super::page::{KEY_SIZE, WIDTH, at, bold, lettering, shortened, soft, titled_sheet, width_of};
use super::plane::{extent, finite_quantile};
use super::symbols::{LegendKey, Shape, draw_legend, entry};
use crate::draw::{Align, Drawing, Ink, Rect};
use crate::render::sweep_answer::{SweepAnswer, number};
use crate::search::grid::Grid;
use crate::search::outcome::{Objective, SweepOutcome, Weighed};
use crate::search::parameter::Parameter;
use crate::search::table::plain_text;

/// The two maps of a sweep; `None` unless it has two parameters.
#[must_use]
pub fn draw_heatmap(answer: &SweepAnswer<'_>, outcome: &SweepOutcome) -> Option<Drawing> {
    HeatmapChart::of(answer, outcome).map(|chart| chart.draw())
}

const TOP: f64 = 122.0;
const GAP: f64 = 40.0;
const RIGHT: f64 = 28.0;
const FOOT: f64 = 62.0;
/// The most values of a parameter that stand apart.
const BINS_MAX: u64 = 14;
const CELL_HEIGHT: f64 = 36.0;
/// In a cell narrower than this, the mark in the corner reaches the number in the middle.
const NARROW: f64 = 80.0;
/// The line of the key.
const KEY_BASELINE: f64 = 82.0;

struct HeatmapChart<'a> {
    answer: &'a SweepAnswer<'a>,
    outcome: &'a SweepOutcome,
    across: Bins,
    up: Bins,
    across_name: String,
    up_name: String,
    left: f64,
}

impl<'a> HeatmapChart<'a> {
    fn of(answer: &'a SweepAnswer<'a>, outcome: &'a SweepOutcome) -> Option<Self> {
        let swept: Vec<&Parameter> = answer.grid.swept().collect();
        let [up, across] = swept[..] else {
            return None;
        };
        let up_bins = Bins::of(up, 0, BINS_MAX);
        let widest = up_bins
            .names
            .iter()
            .map(|name| width_of(name, soft(Align::Right)))
            .fold(0.0, f64::max);
        Some(Self {
            answer,
            outcome,
            left: (widest + 22.0).clamp(56.0, 150.0),
            across: Bins::of(across, 1, BINS_MAX),
            up: up_bins,
            across_name: answer.parameter_name(across.path()),
            up_name: answer.parameter_name(up.path()),
        })
    }

    fn draw(&self) -> Drawing {
        let title = format!("{}: two parameters together", self.answer.title());
        let together = if self.across.holds_several() || self.up.holds_several() {
            "; a cell is the median of the values that it holds together"
        } else {
            ""
        };
        let subtitle = format!("{}{together}", self.answer.subtitle());
        let bottom = TOP + CELL_HEIGHT * self.up.count().max(4) as f64;
        let mut drawing = titled_sheet(bottom + FOOT, self.left, &title, &subtitle);
        let width = (f64::from(WIDTH) - self.left - RIGHT - GAP) / 2.0;
        let frame = Rect {
            left: self.left,
            top: TOP,
            right: self.left + width,
            bottom,
        };
        let second = Rect {
            left: frame.right + GAP,
            right: frame.right + GAP + width,
            ..frame
        };
        let objectives = self.answer.objectives;
        self.name_rows(&mut drawing, frame);
        self.map(&mut drawing, frame, objectives.harm(), |point| point.harm);
        self.map(&mut drawing, second, objectives.cost(), |point| point.cost);
        self.draw_key(&mut drawing);
        drawing
    }

    fn cell(&self, frame: Rect, column: usize, row: usize) -> Rect {
        let wide = (frame.right - frame.left) / self.across.count() as f64;
        let high = (frame.bottom - frame.top) / self.up.count() as f64;
        let left = frame.left + wide * column as f64;
        // The first value stands at the bottom.
        let bottom = frame.bottom - high * row as f64;
        Rect {
            left,
            right: left + wide,
            top: bottom - high,
            bottom,
        }
    }

    fn cell_of(&self, point: usize) -> [usize; 2] {
        [
            self.across.column(self.answer.grid, point),
            self.up.column(self.answer.grid, point),
        ]
    }

    fn map(
        &self,
        drawing: &mut Drawing,
        frame: Rect,
        objective: Objective,
        value: fn(&Weighed) -> f64,
    ) {
        let place = at(frame.left, frame.top - 12.0);
        let heading = self.answer.objectives.column_heading(objective);
        drawing.text(place, heading, bold(13.5));
        let medians = self.medians(value);
        let (low, high) = extent(medians.iter().flatten().copied());
        for (row, values) in medians.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let shade = ((value - low) / (high - low).max(1e-12)).clamp(0.0, 1.0);
                fill(
                    drawing,
                    self.cell(frame, column, row),
                    objective,
                    *value,
                    shade,
                );
            }
        }
        self.mark(drawing, frame);
        self.name_columns(drawing, frame);
    }

    /// Row by row, the median of each cell's points.
    fn medians(&self, value: fn(&Weighed) -> f64) -> Vec<Vec<f64>> {
        let mut cells = vec![vec![Vec::new(); self.across.count()]; self.up.count()];
        for (number, point) in self.outcome.points.iter().enumerate() {
            let [column, row] = self.cell_of(number);
            cells[row][column].push(value(point));
        }
        cells
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .map(|mut values| finite_quantile(&mut values, 0.5))
                    .collect()
            })
            .collect()
    }

    /// The cells that hold a point of the front, and that of the knee, in their corners.
    fn mark(&self, drawing: &mut Drawing, frame: Rect) {
        let knee = self.outcome.knee.map(|knee| self.cell_of(knee));
        let front = self.outcome.front.iter().map(|point| self.cell_of(*point));
        for marked in front.collect::<BTreeSet<[usize; 2]>>() {
            let [column, row] = marked;
            let cell = self.cell(frame, column, row);
            let place = at(cell.left + 8.0, cell.top + 8.0);
            let (shape, radius) = if knee == Some(marked) {
                (Shape::Diamond, 5.5)
            } else {
                (Shape::Disc, 3.0)
            };
            shape.draw(drawing, place, radius + 1.4, Ink::WHITE);
            shape.draw(drawing, place, radius, ink::BLACK);
        }
    }

    fn name_rows(&self, drawing: &mut Drawing, frame: Rect) {
        let letters = soft(Align::Right);
        for (row, name) in self.up.names.iter().enumerate() {
            let cell = self.cell(frame, 0, row);
            let middle = f64::midpoint(cell.top, cell.bottom);
            let name = shortened(name, letters, self.left - 16.0);
            drawing.text(at(frame.left - 8.0, middle + 4.2), name, letters);
        }
    }

    fn name_columns(&self, drawing: &mut Drawing, frame: Rect) {
        let letters = soft(Align::Middle);
        for (column, name) in self.across.names.iter().enumerate() {
            let cell = self.cell(frame, column, 0);
            let middle = f64::midpoint(cell.left, cell.right);
            let name = shortened(name, letters, cell.width() - 4.0);
            drawing.text(at(middle, frame.bottom + 18.0), name, letters);
        }
        let middle = f64::midpoint(frame.left, frame.right);
        let letters = lettering(KEY_SIZE, ink::TEXT, Align::Middle);
        let text = format!("across: {}", self.across_name);
        drawing.text(at(middle, frame.bottom + 40.0), text, letters);
    }

    fn draw_key(&self, drawing: &mut Drawing) {
        let black = |shape: Shape, radius: f64| LegendKey::Shape {
            shape,
            ink: ink::BLACK,
            radius,
        };
        let up = format!("up: {}", self.up_name);
        let letters = lettering(KEY_SIZE, ink::TEXT, Align::Left);
        let entries_left = self.left + width_of(&up, letters) + 40.0;
        drawing.text(at(self.left, KEY_BASELINE), up, letters);
        let front = "on the front of cost against harm";
        let mut entries = vec![entry(black(Shape::Disc, 3.4), front)];
        if self.outcome.knee.is_some() {
            entries.push(entry(black(Shape::Diamond, 6.5), "its knee"));
        }
        let right = f64::from(WIDTH) - RIGHT;
        draw_legend(drawing, at(entries_left, KEY_BASELINE), right, &entries);
    }
}

/// Shade and number of one cell; one without points stays white.
fn fill(drawing: &mut Drawing, cell: Rect, objective: Objective, value: f64, shade: f64) {
    if !value.is_finite() {
        return;
    }
    let inner = Rect {
        left: cell.left + 1.0,
        top: cell.top + 1.0,
        right: cell.right - 1.0,
        bottom: cell.bottom - 1.0,
    };
    drawing.rect(inner, shaded(objective, shade));
    let ink = if shade > 0.6 { Ink::WHITE } else { ink::TEXT };
    let letters = lettering(12.0, ink, Align::Middle);
    let text = number(objective, value);
    if width_of(&text, letters) <= cell.width() - 8.0 {
        let middle = f64::midpoint(cell.left, cell.right);
        // In a narrow cell the number stands below the mark in the corner.
        let below = if cell.width() < NARROW { 9.5 } else { 4.2 };
        let baseline = f64::midpoint(cell.top, cell.bottom) + below;
        drawing.text(at(middle, baseline), text, letters);
    }
}

/// White to full colour, harm and cost in two colours that nobody mistakes.
fn shaded(objective: Objective, shade: f64) -> Ink {
    let ink = match objective {
        Objective::Cost | Objective::MeanReplicas => ink::BLUE,
        _ => ink::VERMILION,
    };
    ink.tint(0.08 + 0.92 * shade)
}

/// The columns of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bins {
    /// Which of the swept parameters it is.
    position: usize,
    /// What a column is called: its value, or the value in its middle.
    names: Vec<String>,
    values: u64,
}

impl Bins {
    /// At most `most` columns for the parameter that is the `position`-th of the swept ones.
    fn of(parameter: &Parameter, position: usize, most: u64) -> Self {
        let values = parameter.count();
        let count = values.min(most).max(1);
        let middle = |column: u64| (2 * column + 1) * values / (2 * count);
        Self {
            position,
            names: (0..count)
                .map(|column| plain_text(&parameter.value(middle(column).min(values - 1))))
                .collect(),
            values,
        }
    }

    /// How many columns there are.
    fn count(&self) -> usize {
        self.names.len()
    }

    /// Whether a column holds several values.
    fn holds_several(&self) -> bool {
        self.values > self.names.len() as u64
    }

    /// The column of a point.
    fn column(&self, grid: &Grid, point: usize) -> usize {
        let index = grid.swept_indices(point as u64)[self.position];
        let column = u128::from(index) * self.names.len() as u128 / u128::from(self.values);
        usize::try_from(column)
            .unwrap_or(0)
            .min(self.names.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_column_each_and_many_share_them() {
        let arguments = ["a=1..100:1".to_owned(), "b=10s,20s".to_owned()];
        let grid = Grid::full(&arguments).expect("a grid");
        let swept: Vec<&Parameter> = grid.swept().collect();
        let many = Bins::of(swept[0], 0, 10);
        assert!(many.holds_several());
        assert_eq!(many.names[0], "6");
        assert_eq!(many.column(&grid, 199), 9);
        let few = Bins::of(swept[1], 1, 10);
        assert_eq!(few.names, ["10s", "20s"]);
        assert_eq!(few.column(&grid, 3), 1);
    }
}
