//! What each swept parameter does: cost and harm over its values, the median and the band of all others.
//!
//! Self-imposed limit: one parameter at a time; how two work together is `sweep_heat`'s.

use plotters::prelude::DrawingBackend;

use super::canvas::{self, Align, Canvas, Ink, Lettering, Rect, Sheet, SheetPoint};
use super::font::Weight;
use super::panel::{BAND_STRENGTH, lettering, solid};
use super::plane::{Axis, Plane, disc, draw_sheet, extent, finite_quantile};
use super::plot_error::PlotError;
use super::sweep_bins::Bins;
use super::{WIDTH, ink, shortened};
use crate::render::sweep::{SweepAnswer, short_path};
use crate::search::outcome::{Objective, SweepOutcome, Weighed};

/// `parameters.svg`.
///
/// # Errors
/// Where the library fails.
pub fn render_parameters_svg(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
) -> Result<String, PlotError> {
    let chart = ParametersChart::of(answer, outcome);
    canvas::to_svg(chart.sheet(), |canvas| chart.draw(canvas))
}

/// `parameters.png`.
///
/// # Errors
/// Where the library fails.
pub fn render_parameters_png(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
) -> Result<Vec<u8>, PlotError> {
    let chart = ParametersChart::of(answer, outcome);
    canvas::to_png(chart.sheet(), |canvas| chart.draw(canvas))
}

const LEFT: f64 = 72.0;
const RIGHT: f64 = 28.0;
const HEAD: f64 = 100.0;
/// The height of one panel.
const PANEL: f64 = 170.0;
/// Between a parameter's two panels: the lower one's name.
const BETWEEN: f64 = 34.0;
/// Below a parameter's panels: its values and its name.
const FOOT: f64 = 76.0;
/// Between two parameters side by side.
const GAP: f64 = 64.0;
/// The most parameters side by side.
const COLUMNS_MAX: usize = 3;
/// The most values of a parameter that stand apart.
const BINS_MAX: u64 = 12;

/// One parameter's values, and what they come to.
struct Effect {
    path: String,
    bins: Bins,
    cost: Vec<Spread>,
    harm: Vec<Spread>,
}

/// An objective over all points with one value.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    low: f64,
    middle: f64,
    high: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        Self {
            low: finite_quantile(&mut values, 0.1),
            middle: finite_quantile(&mut values, 0.5),
            high: finite_quantile(&mut values, 0.9),
        }
    }
}

struct ParametersChart<'a> {
    answer: &'a SweepAnswer<'a>,
    effects: Vec<Effect>,
    cost: Axis,
    harm: Axis,
}

impl<'a> ParametersChart<'a> {
    fn of(answer: &'a SweepAnswer<'a>, outcome: &SweepOutcome) -> Self {
        let effects: Vec<Effect> = answer
            .grid
            .swept()
            .enumerate()
            .map(|(position, parameter)| {
                let bins = Bins::of(parameter, position, BINS_MAX);
                Effect {
                    path: parameter.path().to_owned(),
                    cost: spreads(answer, outcome, &bins, |point| point.cost),
                    harm: spreads(answer, outcome, &bins, |point| point.harm),
                    bins,
                }
            })
            .collect();
        // One scale for all parameters: the steeper line is the stronger lever.
        let axis = |spreads: fn(&Effect) -> &Vec<Spread>| {
            let all = || effects.iter().flat_map(spreads);
            let (low, _) = extent(all().map(|spread| spread.low));
            let (_, high) = extent(all().map(|spread| spread.high));
            Axis::around(low, high, 4.0)
        };
        Self {
            cost: axis(|effect| &effect.cost),
            harm: axis(|effect| &effect.harm),
            answer,
            effects,
        }
    }

    fn columns(&self) -> usize {
        match self.effects.len() {
            4 => 2,
            count => count.clamp(1, COLUMNS_MAX),
        }
    }

    fn sheet(&self) -> Sheet {
        let rows = self.effects.len().div_ceil(self.columns()) as f64;
        Sheet {
            width: WIDTH,
            height: (HEAD + rows * ROW_HEIGHT).ceil() as u32,
        }
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let title = format!("{}: what each parameter does", self.answer.title());
        let subtitle = format!(
            "{}; line: median over the values of all other parameters; band: p10 to p90{}",
            self.answer.subtitle(),
            if self
                .effects
                .iter()
                .any(|effect| effect.bins.holds_several())
            {
                "; neighbouring values stand together"
            } else {
                ""
            }
        );
        draw_sheet(canvas, self.sheet(), LEFT, &title, &subtitle)?;
        let columns = self.columns();
        let room = f64::from(WIDTH) - LEFT - RIGHT - GAP * (columns - 1) as f64;
        let width = room / columns as f64;
        for (index, effect) in self.effects.iter().enumerate() {
            let left = LEFT + (width + GAP) * (index % columns) as f64;
            let top = HEAD + ROW_HEIGHT * (index / columns) as f64;
            let upper = Rect {
                left,
                top,
                right: left + width,
                bottom: top + PANEL,
            };
            let lower = Rect {
                top: upper.bottom + BETWEEN,
                bottom: upper.bottom + BETWEEN + PANEL,
                ..upper
            };
            let cost = self.answer.objectives.cost();
            let harm = self.answer.objectives.harm();
            effect.draw(canvas, upper, self.cost, &effect.cost, cost, ink::BLUE)?;
            effect.draw(canvas, lower, self.harm, &effect.harm, harm, ink::VERMILION)?;
            effect.name_values(canvas, lower)?;
        }
        Ok(())
    }
}

/// A parameter's two panels with all their names.
const ROW_HEIGHT: f64 = 2.0 * PANEL + BETWEEN + FOOT;

fn spreads(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
    bins: &Bins,
    value: fn(&Weighed) -> f64,
) -> Vec<Spread> {
    let mut columns = vec![Vec::new(); bins.count()];
    for (number, point) in outcome.points.iter().enumerate() {
        columns[bins.column(answer.grid, number)].push(value(point));
    }
    columns.into_iter().map(Spread::of).collect()
}

impl Effect {
    /// Values stand apart evenly, whatever they are: they may be words.
    fn place(&self, plane: &Plane, column: usize, value: f64) -> SheetPoint {
        plane.place(column as f64 + 0.5, value)
    }

    fn draw<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
        y: Axis,
        spreads: &[Spread],
        objective: Objective,
        ink: Ink,
    ) -> Result<(), PlotError> {
        let plane = Plane {
            frame,
            x: Axis::whole(self.bins.count()),
            y,
        };
        plane.y_axis(canvas)?;
        let bold = Lettering {
            weight: Weight::Bold,
            ..lettering(13.0, ink::TEXT, Align::Left)
        };
        let place = SheetPoint {
            x: frame.left,
            y: frame.top - 9.0,
        };
        canvas.text(place, objective.heading(), bold)?;
        let known: Vec<usize> = (0..spreads.len())
            .filter(|column| spreads[*column].middle.is_finite())
            .collect();
        let along = |value: fn(&Spread) -> f64| {
            known
                .iter()
                .map(|column| self.place(&plane, *column, value(&spreads[*column])))
                .collect::<Vec<SheetPoint>>()
        };
        let mut band = along(|spread| spread.low);
        band.extend(along(|spread| spread.high).into_iter().rev());
        canvas.polygon(&band, ink, BAND_STRENGTH)?;
        let line = along(|spread| spread.middle);
        canvas.line(&line, solid(ink, 2.2))?;
        for place in line {
            disc(canvas, place, 3.4, ink)?;
        }
        let floor = [
            SheetPoint {
                x: frame.left,
                y: frame.bottom,
            },
            SheetPoint {
                x: frame.right,
                y: frame.bottom,
            },
        ];
        canvas.line(&floor, solid(ink::AXIS, 1.0))
    }

    /// The values below the lower panel, every so many of them where they would touch, and the parameter.
    fn name_values<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        frame: Rect,
    ) -> Result<(), PlotError> {
        let soft = lettering(12.0, ink::TEXT_SOFT, Align::Middle);
        let pitch = (frame.right - frame.left) / self.bins.count() as f64;
        let widest = self
            .bins
            .names
            .iter()
            .map(|name| super::font::width(name, 12.0, Weight::Regular))
            .fold(0.0, f64::max)
            .min(MOST_NAME_WIDTH);
        let every = ((widest + 8.0) / pitch).ceil().max(1.0) as usize;
        for (column, name) in self.bins.names.iter().enumerate().step_by(every) {
            let place = SheetPoint {
                x: frame.left + pitch * (column as f64 + 0.5),
                y: frame.bottom + 18.0,
            };
            let room = pitch * every as f64 - 4.0;
            canvas.text(place, &shortened(name, soft, room), soft)?;
        }
        let name = short_path(&self.path);
        let text = lettering(13.0, ink::TEXT, Align::Middle);
        let place = SheetPoint {
            x: f64::midpoint(frame.left, frame.right),
            y: frame.bottom + 42.0,
        };
        canvas.text(
            place,
            &shortened(&name, text, frame.right - frame.left),
            text,
        )
    }
}

/// Longer names of values are cut.
const MOST_NAME_WIDTH: f64 = 160.0;
