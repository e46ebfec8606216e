//! Which parameter matters: the share of each objective's spread that a parameter explains by itself, as bars.

use super::axis::Axis;
use super::ink;
use super::page::{
    WIDER_FONT, WIDTH, at, bold, lettering, shortened, soft, solid, titled_sheet, width_of,
};
use super::plane::extent;
use crate::draw::{Align, Drawing, Ink, Lettering, Rect};
use crate::search::outcome::{Objective, Weighed};

/// What a picture of sensitivity shows.
#[derive(Clone, Copy, Debug)]
pub struct SensitivityPicture<'a> {
    /// The bold line.
    pub title: &'a str,
    /// The line below it.
    pub subtitle: &'a str,
    /// What the columns are of, from the left: cost, harm, rescales, as in [`Weighed`].
    pub objectives: [Objective; 3],
    /// A row for each parameter, from the top.
    pub rows: &'a [SensitivityRow],
}

/// What one parameter explains.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityRow {
    /// The parameter's name.
    pub label: String,
    /// The share (0..1) of each objective's spread that it explains by itself; NaN where it is unknown.
    pub shares: Weighed,
}

/// The bars as marks.
#[must_use]
pub fn draw_sensitivity(picture: &SensitivityPicture<'_>) -> Drawing {
    SensitivityChart::of(picture).draw()
}

const LEFT: f64 = 28.0;
const RIGHT: f64 = 28.0;
/// Where the first row begins: title, subtitle and the columns' headings are above.
const TOP: f64 = 112.0;
const ROW_HEIGHT: f64 = 32.0;
const BAR_HEIGHT: f64 = 16.0;
/// The scale below the last row, and what it is of.
const FOOT: f64 = 62.0;
/// From the longest name to the first column, and from one column to the next.
const GAP: f64 = 22.0;
/// Right of the longest bar: its value.
const VALUE_ROOM: f64 = 50.0;
/// From the end of a bar to its value.
const VALUE_INDENT: f64 = 7.0;
const LABEL: Lettering = lettering(13.0, ink::TEXT, Align::Left);
/// Names take this much at least, and are cut beyond the most.
const LABEL_LEAST: f64 = 120.0;
const LABEL_MOST: f64 = 360.0;
/// The shortest scale, in percent: small shares shall look small.
const SCALE_LEAST: f64 = 20.0;

struct SensitivityChart<'a> {
    picture: &'a SensitivityPicture<'a>,
    /// Of all columns, so that bars compare; in percent.
    scale: Axis,
    label_room: f64,
}

/// One objective's bars.
struct ObjectiveBars {
    objective: Objective,
    ink: Ink,
    share: fn(&Weighed) -> f64,
    frame: Rect,
}

impl<'a> SensitivityChart<'a> {
    fn of(picture: &'a SensitivityPicture<'a>) -> Self {
        let shares = picture.rows.iter().map(|row| row.shares);
        let (_, most) = extent(shares.flat_map(|it| [it.cost, it.harm, it.rescales]));
        let widest = picture
            .rows
            .iter()
            .map(|row| width_of(&row.label, LABEL))
            .fold(0.0, f64::max);
        Self {
            picture,
            scale: Axis::around(0.0, (100.0 * most).clamp(SCALE_LEAST, 100.0), 4.0),
            label_room: (widest * WIDER_FONT).clamp(LABEL_LEAST, LABEL_MOST),
        }
    }

    fn bottom(&self) -> f64 {
        TOP + ROW_HEIGHT * self.picture.rows.len().max(1) as f64
    }

    fn columns(&self) -> [ObjectiveBars; 3] {
        let [cost, harm, rescales] = self.picture.objectives;
        let first = LEFT + self.label_room + GAP;
        let width = (f64::from(WIDTH) - RIGHT - first - 2.0 * GAP) / 3.0;
        let frame = |position: f64| {
            let left = first + (width + GAP) * position;
            Rect {
                left,
                top: TOP,
                right: left + width - VALUE_ROOM,
                bottom: self.bottom(),
            }
        };
        [
            ObjectiveBars {
                objective: cost,
                ink: ink::BLUE,
                share: |shares| shares.cost,
                frame: frame(0.0),
            },
            ObjectiveBars {
                objective: harm,
                ink: ink::VERMILION,
                share: |shares| shares.harm,
                frame: frame(1.0),
            },
            ObjectiveBars {
                objective: rescales,
                ink: ink::PURPLE,
                share: |shares| shares.rescales,
                frame: frame(2.0),
            },
        ]
    }

    fn draw(&self) -> Drawing {
        let picture = self.picture;
        let height = self.bottom() + FOOT;
        let mut drawing = titled_sheet(height, LEFT, picture.title, picture.subtitle);
        if picture.rows.is_empty() {
            let text = "no parameter took more than one value";
            drawing.text(at(LEFT, TOP), text, LABEL);
            return drawing;
        }
        self.shade_rows(&mut drawing);
        for column in self.columns() {
            self.ground(&mut drawing, &column);
            for (row, shares) in picture.rows.iter().enumerate() {
                self.bar(&mut drawing, &column, row, (column.share)(&shares.shares));
            }
        }
        for (row, shown) in picture.rows.iter().enumerate() {
            let name = shortened(&shown.label, LABEL, self.label_room);
            drawing.text(at(LEFT, self.middle(row) + 4.5), name, LABEL);
        }
        let [first, ..] = self.columns();
        let text = "percent of the spread that the parameter explains by itself";
        let place = at(first.frame.left, self.bottom() + 42.0);
        drawing.text(place, text, soft(Align::Left));
        drawing
    }

    /// The middle of a row.
    fn middle(&self, row: usize) -> f64 {
        TOP + ROW_HEIGHT * (row as f64 + 0.5)
    }

    /// Every other row, so that the eye keeps to it from the name to the last column.
    fn shade_rows(&self, drawing: &mut Drawing) {
        for row in (0..self.picture.rows.len()).step_by(2) {
            let middle = self.middle(row);
            let band = Rect {
                left: LEFT - 10.0,
                top: middle - ROW_HEIGHT / 2.0,
                right: f64::from(WIDTH) - RIGHT + 10.0,
                bottom: middle + ROW_HEIGHT / 2.0,
            };
            drawing.rect(band, SHADE);
        }
    }

    fn x(&self, column: &ObjectiveBars, percent: f64) -> f64 {
        column.frame.left + self.scale.share(percent) * column.frame.width()
    }

    /// Heading, grid and scale.
    fn ground(&self, drawing: &mut Drawing, column: &ObjectiveBars) {
        let frame = column.frame;
        let heading = at(frame.left, frame.top - 14.0);
        drawing.text(heading, column.objective.heading(), bold(13.5));
        for tick in &self.scale.ticks {
            let x = self.x(column, tick.value);
            let ends = vec![at(x, frame.top), at(x, frame.bottom)];
            let ink = if tick.value > 0.0 {
                ink::GRID
            } else {
                ink::AXIS
            };
            drawing.line(ends, solid(ink, 1.0));
            let place = at(x, frame.bottom + 18.0);
            drawing.text(place, &tick.label, soft(Align::Middle));
        }
    }

    fn bar(&self, drawing: &mut Drawing, column: &ObjectiveBars, row: usize, share: f64) {
        let middle = self.middle(row);
        let (end, ink) = if share.is_nan() {
            (column.frame.left, ink::TEXT_SOFT)
        } else {
            (self.x(column, 100.0 * share), ink::TEXT)
        };
        let bar = Rect {
            left: column.frame.left,
            top: middle - BAR_HEIGHT / 2.0,
            right: end,
            bottom: middle + BAR_HEIGHT / 2.0,
        };
        if bar.right > bar.left {
            drawing.rect(bar, column.ink);
        }
        let place = at(end + VALUE_INDENT, middle + 4.3);
        drawing.text(place, percent(share), lettering(12.5, ink, Align::Left));
    }
}

/// Of every other row.
const SHADE: Ink = Ink::new(0xF6_F6_F6);

/// `41 %`, `<1 %`, `0 %`; a dash where it is unknown.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value.is_nan() {
        "–".to_owned()
    } else if value > 0.0 && value < 0.5 {
        "<1 %".to_owned()
    } else {
        format!("{:.0} %", value.max(0.0))
    }
}

#[cfg(test)]
mod tests;
