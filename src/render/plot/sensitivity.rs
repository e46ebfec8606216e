//! Which parameter matters: the share of each objective's spread that a parameter explains by itself, as bars.
//!
//! Self-imposed limit: shares and their names; where they come from, and in what order, the caller knows.

use plotters::prelude::DrawingBackend;

use super::canvas::{self, Align, Canvas, Ink, Lettering, Rect, Sheet, SheetPoint};
use super::font::{self, Weight};
use super::panel::{WIDER_FONT, lettering, solid};
use super::plane::{Axis, draw_sheet, extent};
use super::plot_error::PlotError;
use super::{WIDTH, ink, shortened};
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

/// The bars as SVG.
///
/// # Errors
/// Where the library fails.
pub fn render_sensitivity_svg(picture: &SensitivityPicture<'_>) -> Result<String, PlotError> {
    let chart = SensitivityChart::of(picture);
    canvas::to_svg(chart.sheet(), |canvas| chart.draw(canvas))
}

/// The bars as PNG.
///
/// # Errors
/// Where the library fails.
pub fn render_sensitivity_png(picture: &SensitivityPicture<'_>) -> Result<Vec<u8>, PlotError> {
    let chart = SensitivityChart::of(picture);
    canvas::to_png(chart.sheet(), |canvas| chart.draw(canvas))
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
const LABEL_SIZE: f64 = 13.0;
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
            .map(|row| font::width(&row.label, LABEL_SIZE, Weight::Regular))
            .fold(0.0, f64::max);
        Self {
            picture,
            scale: Axis::around(0.0, (100.0 * most).clamp(SCALE_LEAST, 100.0), 4.0),
            label_room: (widest * WIDER_FONT).clamp(LABEL_LEAST, LABEL_MOST),
        }
    }

    fn sheet(&self) -> Sheet {
        Sheet {
            width: WIDTH,
            height: (self.bottom() + FOOT).ceil() as u32,
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

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let picture = self.picture;
        draw_sheet(canvas, self.sheet(), LEFT, picture.title, picture.subtitle)?;
        if picture.rows.is_empty() {
            let soft = lettering(LABEL_SIZE, ink::TEXT_SOFT, Align::Left);
            let place = SheetPoint { x: LEFT, y: TOP };
            return canvas.text(place, "no parameter took more than one value", soft);
        }
        self.shade_rows(canvas)?;
        for column in self.columns() {
            self.ground(canvas, &column)?;
            for (row, shares) in picture.rows.iter().enumerate() {
                self.bar(canvas, &column, row, (column.share)(&shares.shares))?;
            }
        }
        self.name_rows(canvas)?;
        self.name_scale(canvas)
    }

    /// The middle of a row.
    fn middle(&self, row: usize) -> f64 {
        TOP + ROW_HEIGHT * (row as f64 + 0.5)
    }

    /// Every other row, so that the eye keeps to it from the name to the last column.
    fn shade_rows<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        for row in (0..self.picture.rows.len()).step_by(2) {
            let middle = self.middle(row);
            let band = Rect {
                left: LEFT - 10.0,
                top: middle - ROW_HEIGHT / 2.0,
                right: f64::from(WIDTH) - RIGHT + 10.0,
                bottom: middle + ROW_HEIGHT / 2.0,
            };
            canvas.rect(band, SHADE)?;
        }
        Ok(())
    }

    fn name_rows<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let text = lettering(LABEL_SIZE, ink::TEXT, Align::Left);
        for (row, shown) in self.picture.rows.iter().enumerate() {
            let place = SheetPoint {
                x: LEFT,
                y: self.middle(row) + 4.5,
            };
            canvas.text(place, &shortened(&shown.label, text, self.label_room), text)?;
        }
        Ok(())
    }

    fn x(&self, column: &ObjectiveBars, percent: f64) -> f64 {
        let frame = column.frame;
        frame.left + self.scale.share(percent) * (frame.right - frame.left)
    }

    /// Heading, grid and scale.
    fn ground<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        column: &ObjectiveBars,
    ) -> Result<(), PlotError> {
        let frame = column.frame;
        let bold = Lettering {
            weight: Weight::Bold,
            ..lettering(13.5, ink::TEXT, Align::Left)
        };
        let heading = SheetPoint {
            x: frame.left,
            y: frame.top - 14.0,
        };
        canvas.text(heading, column.objective.heading(), bold)?;
        let soft = lettering(12.0, ink::TEXT_SOFT, Align::Middle);
        for percent in self.scale.ticks() {
            let x = self.x(column, percent);
            let place = |y: f64| SheetPoint { x, y };
            let ends = [place(frame.top), place(frame.bottom)];
            let ink = if percent > 0.0 { ink::GRID } else { ink::AXIS };
            canvas.line(&ends, solid(ink, 1.0))?;
            canvas.text(place(frame.bottom + 18.0), &self.scale.label(percent), soft)?;
        }
        Ok(())
    }

    fn bar<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        column: &ObjectiveBars,
        row: usize,
        share: f64,
    ) -> Result<(), PlotError> {
        let middle = self.middle(row);
        let end = if share.is_nan() {
            column.frame.left
        } else {
            self.x(column, 100.0 * share)
        };
        let bar = Rect {
            left: column.frame.left,
            top: middle - BAR_HEIGHT / 2.0,
            right: end,
            bottom: middle + BAR_HEIGHT / 2.0,
        };
        if bar.right > bar.left {
            canvas.rect(bar, column.ink)?;
        }
        let ink = if share.is_nan() {
            ink::TEXT_SOFT
        } else {
            ink::TEXT
        };
        let place = SheetPoint {
            x: end + VALUE_INDENT,
            y: middle + 4.3,
        };
        canvas.text(place, &percent(share), lettering(12.5, ink, Align::Left))
    }

    fn name_scale<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let [first, ..] = self.columns();
        let place = SheetPoint {
            x: first.frame.left,
            y: self.bottom() + 42.0,
        };
        let text = "percent of the spread that the parameter explains by itself";
        canvas.text(place, text, lettering(12.5, ink::TEXT_SOFT, Align::Left))
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
