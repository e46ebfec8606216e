//! A frame with two axes: places of values, grid, names, and level lines.

use super::axis::Axis;
use super::ink;
use super::page::{HEADING_SIZE, SMALL, at, bold, dashed, lettering, soft, solid};
use super::symbols::Shape;
use crate::draw::{Align, Drawing, Ink, Rect, SheetPoint};
use crate::results::statistics::sorted_quantile;

/// A frame with two axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plane {
    pub(super) frame: Rect,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

/// A level line, named to the right of the frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    pub(super) value: f64,
    pub(super) text: String,
    pub(super) ink: Ink,
}

/// From a frame to the names left and right of it.
const NAME_GAP: f64 = 8.0;
/// From the middle of a line to the baseline of its name.
const BASELINE: f64 = 4.0;
/// How close two names to the right may come.
const NAME_PITCH: f64 = 14.0;
/// From a frame down to the values of its horizontal axis, and to that axis' name.
const VALUES_BELOW: f64 = 18.0;
const NAME_BELOW: f64 = 39.0;

impl Plane {
    pub(super) fn x_at(&self, value: f64) -> f64 {
        self.frame.left + self.x.share(value) * self.frame.width()
    }

    pub(super) fn y_at(&self, value: f64) -> f64 {
        self.frame.bottom - self.y.share(value) * self.frame.height()
    }

    pub(super) fn place(&self, x: f64, y: f64) -> SheetPoint {
        at(self.x_at(x), self.y_at(y))
    }

    /// A line from side to side.
    fn level(&self, drawing: &mut Drawing, y: f64, ink: Ink) {
        let ends = vec![at(self.frame.left, y), at(self.frame.right, y)];
        drawing.line(ends, solid(ink, 1.0));
    }

    /// A line for each value that names an axis.
    pub(super) fn grid(&self, drawing: &mut Drawing) {
        for tick in &self.x.ticks {
            let x = self.x_at(tick.value);
            let ends = vec![at(x, self.frame.top), at(x, self.frame.bottom)];
            drawing.line(ends, solid(ink::GRID, 1.0));
        }
        for tick in &self.y.ticks {
            self.level(drawing, self.y_at(tick.value), ink::GRID);
        }
    }

    /// The bottom line, over everything that ends there.
    pub(super) fn ground(&self, drawing: &mut Drawing) {
        self.level(drawing, self.frame.bottom, ink::AXIS);
    }

    /// The values of the upright axis, to the left.
    pub(super) fn name_y(&self, drawing: &mut Drawing) {
        for tick in &self.y.ticks {
            let y = self.y_at(tick.value) + BASELINE;
            let place = at(self.frame.left - NAME_GAP, y);
            drawing.text(place, &tick.label, soft(Align::Right));
        }
    }

    /// The values of the upright axis, to the right, with a short line each: for a second scale.
    pub(super) fn name_y_right(&self, drawing: &mut Drawing, ink: Ink) {
        let x = self.frame.right;
        for tick in &self.y.ticks {
            let y = self.y_at(tick.value);
            drawing.line(vec![at(x, y), at(x + 4.0, y)], solid(ink, 1.0));
            let place = at(x + NAME_GAP, y + BASELINE);
            drawing.text(place, &tick.label, lettering(SMALL, ink, Align::Left));
        }
    }

    /// The values of the horizontal axis, and what it is, below.
    pub(super) fn name_x(&self, drawing: &mut Drawing, name: &str) {
        for tick in &self.x.ticks {
            let place = at(self.x_at(tick.value), self.frame.bottom + VALUES_BELOW);
            drawing.text(place, &tick.label, soft(Align::Middle));
        }
        let middle = f64::midpoint(self.frame.left, self.frame.right);
        let place = at(middle, self.frame.bottom + NAME_BELOW);
        drawing.text(place, name, lettering(13.0, ink::TEXT_SOFT, Align::Middle));
    }

    /// What the upright axis is, above the frame.
    pub(super) fn heading(&self, drawing: &mut Drawing, text: &str) {
        let place = at(self.frame.left, self.frame.top - 9.0);
        drawing.text(place, text, bold(HEADING_SIZE));
    }

    /// Level lines and their names to the right, moved apart where they would touch.
    pub(super) fn references(&self, drawing: &mut Drawing, references: &[Reference]) {
        let mut sorted: Vec<&Reference> = references.iter().collect();
        sorted.sort_by(|a, b| b.value.total_cmp(&a.value));
        let mut places: Vec<f64> = sorted.iter().map(|it| self.y_at(it.value)).collect();
        for index in 1..places.len() {
            places[index] = places[index].max(places[index - 1] + NAME_PITCH);
        }
        // What was pushed below the panel pushes back up.
        let mut floor = self.frame.bottom;
        for place in places.iter_mut().rev() {
            *place = place.min(floor);
            floor = *place - NAME_PITCH;
        }
        for (reference, name_y) in sorted.iter().zip(places) {
            let y = self.y_at(reference.value);
            let ends = vec![at(self.frame.left, y), at(self.frame.right, y)];
            drawing.line(ends, dashed(reference.ink, 1.4));
            let letters = lettering(SMALL, reference.ink, Align::Left);
            let place = at(self.frame.right + NAME_GAP, name_y + BASELINE);
            drawing.text(place, &reference.text, letters);
        }
    }

    /// A name at the right edge, so many rows below the top, behind a triangle that points up: for what lies above the axis.
    pub(super) fn above(&self, drawing: &mut Drawing, row: usize, text: &str, ink: Ink) {
        let x = self.frame.right + NAME_GAP + 4.0;
        let y = self.frame.top + NAME_PITCH * row as f64;
        Shape::TriangleUp.draw(drawing, at(x, y + 1.0), 4.4, ink);
        let letters = lettering(SMALL, ink, Align::Left);
        drawing.text(at(x + 8.0, y + BASELINE), text, letters);
    }
}

/// The least and the most of some values; those that are no numbers do not count.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
}

/// The quantile of the finite values, as tables show it; NaN if no value is finite.
pub(super) fn finite_quantile(values: &mut Vec<f64>, quantile: f64) -> f64 {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    sorted_quantile(values, quantile).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::super::axis::Unit;
    use super::*;
    use crate::draw::Mark;

    #[test]
    fn a_quantile_is_that_of_the_tables() {
        let mut values = vec![4.0, 1.0, f64::NAN, 3.0, 2.0, 5.0];
        assert_eq!(finite_quantile(&mut values, 0.5).to_bits(), 3f64.to_bits());
        let mut two = vec![10.0, 4.0];
        assert_eq!(finite_quantile(&mut two, 0.5).to_bits(), 7f64.to_bits());
        assert!(finite_quantile(&mut Vec::new(), 0.5).is_nan());
    }

    #[test]
    fn the_names_of_level_lines_stand_apart_within_the_frame() {
        let plane = Plane {
            frame: Rect {
                left: 0.0,
                top: 0.0,
                right: 100.0,
                bottom: 100.0,
            },
            x: Axis::time(60.0),
            y: Axis::from_zero(90.0, Unit::Plain),
        };
        let mut drawing = Drawing::new(200, 100);
        let level = |value: f64| Reference {
            value,
            text: value.to_string(),
            ink: ink::GREY,
        };
        plane.references(&mut drawing, &[level(0.0), level(1.0), level(2.0)]);
        let heights: Vec<f64> = drawing
            .marks()
            .iter()
            .filter_map(|mark| match mark {
                Mark::Text { place, .. } => Some(place.y),
                _ => None,
            })
            .collect();
        assert_eq!(heights.len(), 3);
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] > 13.9));
        assert!(heights[2] <= 104.0);
    }
}
