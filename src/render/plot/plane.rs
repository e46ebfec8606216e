//! A plane of two plain quantities: axes that need not begin at zero, points and their marks.
//!
//! Self-imposed limit: places and marks; what they stand for the caller says.

use crate::results::statistics::sorted_quantile;
use plotters::prelude::DrawingBackend;

use super::axis::round_step;
use super::canvas::{Align, Canvas, Ink, Lettering, Rect, Sheet, SheetPoint};
use super::font::Weight;
use super::panel::{lettering, solid};
use super::plot_error::PlotError;
use super::{ink, shortened};

/// From one value to another, both on round steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    step: f64,
}

/// What part of its length an axis must be empty below the least value to begin at zero all the same.
const NEAR_ZERO: f64 = 0.35;

impl Axis {
    /// Holds `least` to `most`, about `parts` steps; begins at zero where that is near.
    pub(super) fn around(least: f64, most: f64, parts: f64) -> Self {
        let (least, most) = if least.is_finite() && most.is_finite() {
            (least, most)
        } else {
            (0.0, 1.0)
        };
        let from = if least >= 0.0 && least <= NEAR_ZERO * most {
            0.0
        } else {
            least
        };
        let length = (most - from).max(most.abs() * 0.02);
        // Where everything is zero, one unit shows that it is.
        let length = if length > 0.0 { length } else { 1.0 };
        let step = round_step(length, parts);
        let low = (from / step).floor() * step;
        let high = (most / step).ceil() * step;
        Self {
            low,
            high: if high > low { high } else { low + step },
            step,
        }
    }

    /// As many places side by side.
    pub(super) fn whole(count: usize) -> Self {
        Self {
            low: 0.0,
            high: count as f64,
            step: 1.0,
        }
    }

    /// 0 at the low end, 1 at the high.
    pub(super) fn share(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    pub(super) fn ticks(self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round() as u32;
        (0..=count)
            .map(|index| self.low + self.step * f64::from(index))
            .collect()
    }

    /// A tick as text, with as many digits as the step needs.
    pub(super) fn label(self, value: f64) -> String {
        if self.step >= 1000.0 && self.high >= 10_000.0 && value.abs() > 0.5 {
            return format!("{}k", super::human::trimmed(value / 1e3, 1));
        }
        let decimals = (-self.step.log10().floor()).max(0.0) as usize;
        let text = super::human::trimmed(value, decimals);
        if text == "-0" { "0".to_owned() } else { text }
    }
}

/// A frame with two axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    pub(super) frame: Rect,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

impl Plane {
    pub(super) fn place(&self, x: f64, y: f64) -> SheetPoint {
        SheetPoint {
            x: self.frame.left + self.x.share(x) * (self.frame.right - self.frame.left),
            y: self.frame.bottom - self.y.share(y) * (self.frame.bottom - self.frame.top),
        }
    }

    /// The lines of both axes; [`Self::names`] go on top of the data, which may reach over the frame.
    pub(super) fn grid<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        for value in self.x.ticks() {
            let x = self.place(value, self.y.low).x;
            let place = |y: f64| SheetPoint { x, y };
            let ends = [place(self.frame.top), place(self.frame.bottom)];
            canvas.line(&ends, solid(ink::GRID, 1.0))?;
        }
        for value in self.y.ticks() {
            self.level(canvas, self.place(self.x.low, value).y, ink::GRID)?;
        }
        self.level(canvas, self.frame.bottom, ink::AXIS)
    }

    /// The values of both axes.
    pub(super) fn names<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        for value in self.x.ticks() {
            let place = SheetPoint {
                x: self.place(value, self.y.low).x,
                y: self.frame.bottom + 19.0,
            };
            let soft = lettering(12.5, ink::TEXT_SOFT, Align::Middle);
            canvas.text(place, &self.x.label(value), soft)?;
        }
        for value in self.y.ticks() {
            self.y_name(canvas, value)?;
        }
        Ok(())
    }

    /// Grid and names of the upright axis.
    pub(super) fn y_axis<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
    ) -> Result<(), PlotError> {
        for value in self.y.ticks() {
            self.level(canvas, self.place(self.x.low, value).y, ink::GRID)?;
            self.y_name(canvas, value)?;
        }
        Ok(())
    }

    fn y_name<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        value: f64,
    ) -> Result<(), PlotError> {
        let place = SheetPoint {
            x: self.frame.left - 8.0,
            y: self.place(self.x.low, value).y + 4.0,
        };
        let soft = lettering(12.5, ink::TEXT_SOFT, Align::Right);
        canvas.text(place, &self.y.label(value), soft)
    }

    /// A line from side to side.
    fn level<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        y: f64,
        ink: Ink,
    ) -> Result<(), PlotError> {
        let place = |x: f64| SheetPoint { x, y };
        let ends = [place(self.frame.left), place(self.frame.right)];
        canvas.line(&ends, solid(ink, 1.0))
    }
}

/// How many corners stand for a circle.
const CORNERS: u32 = 20;

/// A filled circle.
pub(super) fn disc<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    middle: SheetPoint,
    radius: f64,
    ink: Ink,
) -> Result<(), PlotError> {
    let corners: Vec<SheetPoint> = (0..CORNERS)
        .map(|corner| corner_at(middle, radius, f64::from(corner) / f64::from(CORNERS)))
        .collect();
    canvas.polygon(&corners, ink, 1.0)
}

/// A filled diamond.
pub(super) fn diamond<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    middle: SheetPoint,
    radius: f64,
    ink: Ink,
) -> Result<(), PlotError> {
    let corners = [0.0, 0.25, 0.5, 0.75].map(|turn| corner_at(middle, radius, turn));
    canvas.polygon(&corners, ink, 1.0)
}

/// A filled square on its side; `radius` reaches its corners.
pub(super) fn square<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    middle: SheetPoint,
    radius: f64,
    ink: Ink,
) -> Result<(), PlotError> {
    let corners = [0.125, 0.375, 0.625, 0.875].map(|turn| corner_at(middle, radius, turn));
    canvas.polygon(&corners, ink, 1.0)
}

/// A filled triangle that points up; `radius` reaches its corners.
pub(super) fn triangle_up<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    middle: SheetPoint,
    radius: f64,
    ink: Ink,
) -> Result<(), PlotError> {
    let corners = [0.0, 1.0 / 3.0, 2.0 / 3.0].map(|turn| corner_at(middle, radius, turn));
    canvas.polygon(&corners, ink, 1.0)
}

/// A filled triangle that points down; `radius` reaches its corners.
pub(super) fn triangle_down<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    middle: SheetPoint,
    radius: f64,
    ink: Ink,
) -> Result<(), PlotError> {
    let corners = [1.0 / 6.0, 0.5, 5.0 / 6.0].map(|turn| corner_at(middle, radius, turn));
    canvas.polygon(&corners, ink, 1.0)
}

/// A filled star of five points.
pub(super) fn star<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    middle: SheetPoint,
    radius: f64,
    ink: Ink,
) -> Result<(), PlotError> {
    let corners: Vec<SheetPoint> = (0..10)
        .map(|corner: u32| {
            let reach = if corner.is_multiple_of(2) {
                radius
            } else {
                radius * 0.42
            };
            corner_at(middle, reach, f64::from(corner) / 10.0)
        })
        .collect();
    canvas.polygon(&corners, ink, 1.0)
}

/// The corner at a share of a turn, clockwise from the top.
fn corner_at(middle: SheetPoint, radius: f64, turn: f64) -> SheetPoint {
    let angle = turn * std::f64::consts::TAU;
    SheetPoint {
        x: middle.x + radius * angle.sin(),
        y: middle.y - radius * angle.cos(),
    }
}

/// A white sheet with title and subtitle.
pub(super) fn draw_sheet<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    sheet: Sheet,
    left: f64,
    title: &str,
    subtitle: &str,
) -> Result<(), PlotError> {
    let width = f64::from(sheet.width);
    let whole = Rect {
        left: 0.0,
        top: 0.0,
        right: width,
        bottom: f64::from(sheet.height),
    };
    canvas.rect(whole, Ink::new(0xFF_FF_FF))?;
    let bold = Lettering {
        weight: Weight::Bold,
        ..lettering(19.0, ink::TEXT, Align::Left)
    };
    let soft = lettering(13.5, ink::TEXT_SOFT, Align::Left);
    let room = width - left - 24.0;
    let place = |y: f64| SheetPoint { x: left, y };
    canvas.text(place(32.0), &shortened(title, bold, room), bold)?;
    canvas.text(place(56.0), &shortened(subtitle, soft, room), soft)
}

/// The least and the most of some values; those that are no numbers do not count.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
}

/// The quantile of those values that are finite, as tables have it; NaN of none.
pub(super) fn finite_quantile(values: &mut Vec<f64>, quantile: f64) -> f64 {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    sorted_quantile(values, quantile).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_values_on_round_steps() {
        let axis = Axis::around(18.3, 24.9, 6.0);
        assert_eq!(
            axis.ticks(),
            [18.0, 19.0, 20.0, 21.0, 22.0, 23.0, 24.0, 25.0]
        );
        assert_eq!(axis.label(20.0), "20");
    }

    #[test]
    fn an_axis_begins_at_zero_where_that_is_near() {
        assert_eq!(Axis::around(3.0, 100.0, 5.0).low.to_bits(), 0f64.to_bits());
        assert_eq!(Axis::around(5.0, 5.0, 5.0).label(5.0), "5");
        let thousands = Axis::around(0.0, 30_000.0, 6.0);
        assert_eq!(thousands.ticks().len(), 7);
        assert_eq!([0.0, 5000.0].map(|it| thousands.label(it)), ["0", "5k"]);
        let nothing = Axis::around(f64::INFINITY, f64::NEG_INFINITY, 5.0);
        assert!(nothing.high > nothing.low);
    }

    #[test]
    fn a_quantile_is_that_of_the_tables() {
        let mut values = vec![4.0, 1.0, f64::NAN, 3.0, 2.0, 5.0];
        assert_eq!(finite_quantile(&mut values, 0.5).to_bits(), 3f64.to_bits());
        let mut two = vec![10.0, 4.0];
        assert_eq!(finite_quantile(&mut two, 0.5).to_bits(), 7f64.to_bits());
        assert!(finite_quantile(&mut Vec::new(), 0.5).is_nan());
    }
}
