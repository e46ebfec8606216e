//! Two parameters together: cost and harm at every pair of values, as shades.
//!
//! Self-imposed limit: two parameters; the front's points and the knee are marked, all else is colour and number.

use plotters::prelude::DrawingBackend;

use super::canvas::{self, Align, Canvas, Ink, Lettering, Rect, Sheet, SheetPoint};
use super::font::{self, Weight};
use super::panel::lettering;
use super::plane::{diamond, disc, draw_sheet, extent, finite_quantile};
use super::plot_error::PlotError;
use super::sweep_bins::Bins;
use super::{WIDTH, ink, shortened};
use crate::render::sweep::{SweepAnswer, number, short_path};
use crate::search::outcome::{Objective, SweepOutcome, Weighed};
use crate::search::parameter::Parameter;

/// `heatmap.svg`.
///
/// # Errors
/// Where the sweep has not two parameters, or the library fails.
pub fn render_heat_svg(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
) -> Result<String, PlotError> {
    let chart = HeatmapChart::of(answer, outcome)?;
    canvas::to_svg(chart.sheet(), |canvas| chart.draw(canvas))
}

/// `heatmap.png`.
///
/// # Errors
/// Where the sweep has not two parameters, or the library fails.
pub fn render_heat_png(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
) -> Result<Vec<u8>, PlotError> {
    let chart = HeatmapChart::of(answer, outcome)?;
    canvas::to_png(chart.sheet(), |canvas| chart.draw(canvas))
}

const TOP: f64 = 122.0;
const GAP: f64 = 40.0;
const RIGHT: f64 = 28.0;
const FOOT: f64 = 62.0;
/// The most values of a parameter that stand apart.
const BINS_MAX: u64 = 14;
const CELL_HEIGHT: f64 = 36.0;

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
    fn of(answer: &'a SweepAnswer<'a>, outcome: &'a SweepOutcome) -> Result<Self, PlotError> {
        let swept: Vec<&Parameter> = answer.grid.swept().collect();
        let [up, across] = swept[..] else {
            return Err(PlotError::Empty);
        };
        let up_bins = Bins::of(up, 0, BINS_MAX);
        let widest = up_bins
            .names
            .iter()
            .map(|name| font::width(name, 12.0, Weight::Regular))
            .fold(0.0, f64::max);
        Ok(Self {
            answer,
            outcome,
            left: (widest + 22.0).clamp(56.0, 150.0),
            across: Bins::of(across, 1, BINS_MAX),
            up: up_bins,
            across_name: short_path(across.path()),
            up_name: short_path(up.path()),
        })
    }

    fn sheet(&self) -> Sheet {
        let cells = CELL_HEIGHT * self.up.count().max(4) as f64;
        Sheet {
            width: WIDTH,
            height: (TOP + cells + FOOT).ceil() as u32,
        }
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let title = format!("{}: two parameters together", self.answer.title());
        let together = if self.across.holds_several() || self.up.holds_several() {
            "; a cell is the median of the values that it holds together"
        } else {
            ""
        };
        let subtitle = format!("{}{together}", self.answer.subtitle());
        let sheet = self.sheet();
        draw_sheet(canvas, sheet, self.left, &title, &subtitle)?;
        let width = (f64::from(sheet.width) - self.left - RIGHT - GAP) / 2.0;
        let frame = Rect {
            left: self.left,
            top: TOP,
            right: self.left + width,
            bottom: f64::from(sheet.height) - FOOT,
        };
        let objectives = self.answer.objectives;
        self.name_rows(canvas, frame)?;
        self.map(canvas, frame, objectives.harm(), |point| point.harm)?;
        let second = Rect {
            left: frame.right + GAP,
            right: frame.right + GAP + width,
            ..frame
        };
        self.map(canvas, second, objectives.cost(), |point| point.cost)?;
        self.draw_key(canvas, frame)
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

    fn map<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
        objective: Objective,
        value: fn(&Weighed) -> f64,
    ) -> Result<(), PlotError> {
        let bold = Lettering {
            weight: Weight::Bold,
            ..lettering(13.5, ink::TEXT, Align::Left)
        };
        let place = SheetPoint {
            x: frame.left,
            y: frame.top - 12.0,
        };
        canvas.text(place, objective.heading(), bold)?;
        let medians = self.medians(value);
        let (low, high) = extent(medians.iter().flatten().copied());
        for (row, values) in medians.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let shade = ((value - low) / (high - low).max(1e-12)).clamp(0.0, 1.0);
                self.fill(
                    canvas,
                    self.cell(frame, column, row),
                    objective,
                    *value,
                    shade,
                )?;
            }
        }
        self.mark(canvas, frame)?;
        self.name_columns(canvas, frame)
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

    fn fill<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        cell: Rect,
        objective: Objective,
        value: f64,
        shade: f64,
    ) -> Result<(), PlotError> {
        // A cell without points stays white.
        if !value.is_finite() {
            return Ok(());
        }
        let inner = Rect {
            left: cell.left + 1.0,
            top: cell.top + 1.0,
            right: cell.right - 1.0,
            bottom: cell.bottom - 1.0,
        };
        canvas.rect(inner, shaded(objective, shade))?;
        let text = number(objective, value);
        let size = 12.0;
        if font::width(&text, size, Weight::Regular) > cell.right - cell.left - 8.0 {
            return Ok(());
        }
        let ink = if shade > 0.6 {
            Ink::new(0xFF_FF_FF)
        } else {
            ink::TEXT
        };
        let place = SheetPoint {
            x: f64::midpoint(cell.left, cell.right),
            y: f64::midpoint(cell.top, cell.bottom) + 4.2,
        };
        canvas.text(place, &text, lettering(size, ink, Align::Middle))
    }

    /// The points of the front, and the knee, in their cells' corners.
    fn mark<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
    ) -> Result<(), PlotError> {
        for &point in &self.outcome.front {
            let [column, row] = self.cell_of(point);
            let cell = self.cell(frame, column, row);
            let place = SheetPoint {
                x: cell.left + 8.0,
                y: cell.top + 8.0,
            };
            if self.outcome.knee == Some(point) {
                diamond(canvas, place, 8.0, Ink::new(0xFF_FF_FF))?;
                diamond(canvas, place, 6.5, ink::BLACK)?;
            } else {
                disc(canvas, place, 4.2, Ink::new(0xFF_FF_FF))?;
                disc(canvas, place, 3.0, ink::BLACK)?;
            }
        }
        Ok(())
    }

    fn name_rows<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
    ) -> Result<(), PlotError> {
        let soft = lettering(12.0, ink::TEXT_SOFT, Align::Right);
        for (row, name) in self.up.names.iter().enumerate() {
            let cell = self.cell(frame, 0, row);
            let place = SheetPoint {
                x: frame.left - 8.0,
                y: f64::midpoint(cell.top, cell.bottom) + 4.2,
            };
            canvas.text(place, &shortened(name, soft, self.left - 16.0), soft)?;
        }
        Ok(())
    }

    fn name_columns<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
    ) -> Result<(), PlotError> {
        let soft = lettering(12.0, ink::TEXT_SOFT, Align::Middle);
        for (column, name) in self.across.names.iter().enumerate() {
            let cell = self.cell(frame, column, 0);
            let place = SheetPoint {
                x: f64::midpoint(cell.left, cell.right),
                y: frame.bottom + 18.0,
            };
            let room = cell.right - cell.left - 4.0;
            canvas.text(place, &shortened(name, soft, room), soft)?;
        }
        let place = SheetPoint {
            x: f64::midpoint(frame.left, frame.right),
            y: frame.bottom + 40.0,
        };
        let text = format!("across: {}", self.across_name);
        canvas.text(place, &text, lettering(13.0, ink::TEXT, Align::Middle))
    }

    fn draw_key<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
    ) -> Result<(), PlotError> {
        let baseline = 82.0;
        let text = lettering(13.0, ink::TEXT, Align::Left);
        let up = format!("up: {}", self.up_name);
        let mut x = frame.left;
        canvas.text(SheetPoint { x, y: baseline }, &up, text)?;
        x += font::width(&up, 13.0, Weight::Regular) + 40.0;
        let middle = |x: f64| SheetPoint {
            x,
            y: baseline - 4.5,
        };
        disc(canvas, middle(x), 3.4, ink::BLACK)?;
        let front = "on the front of cost against harm";
        canvas.text(
            SheetPoint {
                x: x + 10.0,
                y: baseline,
            },
            front,
            text,
        )?;
        if self.outcome.knee.is_none() {
            return Ok(());
        }
        x += 10.0 + font::width(front, 13.0, Weight::Regular) + 30.0;
        diamond(canvas, middle(x), 6.5, ink::BLACK)?;
        canvas.text(
            SheetPoint {
                x: x + 12.0,
                y: baseline,
            },
            "its knee",
            text,
        )
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
