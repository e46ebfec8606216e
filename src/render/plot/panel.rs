//! What stands on a plane whose horizontal axis is time: lines, areas, strips and moments.
//!
//! Nothing is written on the data: names stand above a panel, the names of level lines to its right.

use super::ink;
use super::page::{
    BAND_STRENGTH, HEADING_SIZE, SMALL, WIDER_FONT, at, bold, lettering, shortened, soft, width_of,
};
use super::plane::Plane;
use super::series::{Drawn, Slice, Stretch, Strokes, TimedValue, drawn, slices_of};
use super::symbols::{LegendEntry, Shape, draw_legend};
use crate::draw::{Align, Drawing, Ink, Rect, SheetPoint, Stroke};
use crate::units::SimSpan;

/// A line and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlottedLine<'a> {
    pub(super) strokes: &'a Strokes,
    pub(super) stroke: Stroke,
}

/// Shares of time, drawn as a strip under a panel.
#[derive(Clone, Debug)]
pub(super) struct Strip<'a> {
    pub(super) shares: &'a Strokes,
    /// How wide a piece of one shade is, in points.
    pub(super) slice: f64,
    /// The strength of the smallest share; a share of 1 has strength 1.
    pub(super) least_strength: f64,
    /// What it is, to its left.
    pub(super) name: &'a str,
    /// How much of it there is, to its right.
    pub(super) amount: String,
}

/// A change of `spec.replicas`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) seconds: f64,
    pub(super) is_up: bool,
}

/// The stretches of time that broke the SLO, and the share of each row that did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Breaches {
    pub(super) stretches: Vec<Stretch>,
    pub(super) shares: Strokes,
}

/// The width of a slice of a panel that is shaded by how much of it broke the SLO, in points.
pub(super) const SLICE: f64 = 4.0;
/// The least width of a shaded stretch, in points.
const STRETCH_WIDTH: f64 = 1.6;
/// How strong the colour of a ribbon is beside its line's.
const RIBBON_STRENGTH: f64 = 0.22;
/// From a panel to the strip under it, and the strip's height, in points.
const STRIP_TOP: f64 = 10.0;
const STRIP_HEIGHT: f64 = 9.0;
/// How much of a line is on top before it is another's turn, in points.
const TURN: f64 = 10.0;
/// Lines no further from each other than this hide each other, in points.
const TOGETHER: f64 = 1.2;
/// The heading above a panel, in points.
pub(super) const HEADING: f64 = 25.0;
/// Where the names of lines begin, and where they do right of a long heading; and what is free before them even in a wide font.
const LEGEND_INDENT: f64 = 298.0;
const LEGEND_INDENT_MOST: f64 = 460.0;
const HEADING_GAP: f64 = 16.0;

impl Plane {
    fn points(&self, samples: &[TimedValue]) -> Vec<SheetPoint> {
        samples
            .iter()
            .map(|sample| self.place(sample.seconds, sample.value))
            .collect()
    }

    /// The line as this panel can show it.
    fn drawn(&self, line: &[TimedValue]) -> Drawn {
        drawn(line, self.x.high, self.frame.width())
    }

    /// The warm-up, which the KPIs leave out, as a grey ground.
    pub(super) fn shade_warm_up(&self, drawing: &mut Drawing, warm_up: SimSpan) {
        if warm_up > SimSpan::ZERO {
            let right = self.x_at(warm_up.as_secs_f64()).min(self.frame.right);
            let ground = Rect {
                right,
                ..self.frame
            };
            drawing.rect(ground, ink::GRID.tint(0.7));
        }
    }

    /// Stretches that are not judged; the shortest stays visible.
    pub(super) fn shade_left_out(&self, drawing: &mut Drawing, stretches: &[[f64; 2]]) {
        for [from, to] in stretches {
            let left = self.x_at(*from).max(self.frame.left);
            let right = self.x_at(*to).max(left + 1.0).min(self.frame.right);
            let ground = Rect {
                left,
                right,
                ..self.frame
            };
            drawing.rect(ground, ink::GRID.tint(0.7));
        }
    }

    /// The stretches that broke the SLO, from top to bottom; the shortest stays visible.
    ///
    /// Where there are so many that visible stretches would cover the panel,
    /// each slice of it is the darker the more of its time broke the SLO.
    pub(super) fn shade(&self, drawing: &mut Drawing, breaches: &Breaches) {
        let slices = self.frame.width() / SLICE;
        if breaches.stretches.len() as f64 > slices / 4.0 {
            return self.shade_shares(drawing, &breaches.shares);
        }
        let mut shaded: Vec<Rect> = Vec::new();
        for stretch in &breaches.stretches {
            let left = self.x_at(stretch.start);
            let right = self.x_at(stretch.end).max(left + STRETCH_WIDTH);
            match shaded.last_mut() {
                Some(last) if left <= last.right => last.right = last.right.max(right),
                _ => shaded.push(Rect {
                    left,
                    right,
                    ..self.frame
                }),
            }
        }
        for rect in shaded {
            drawing.rect(rect, ink::BROKEN);
        }
    }

    /// Each slice of the panel, from top to bottom: the darker, the greater the share that broke the SLO in it.
    pub(super) fn shade_shares(&self, drawing: &mut Drawing, shares: &Strokes) {
        for slice in slices_of(shares, self.x.high, self.frame.width() / SLICE) {
            let ink = ink::BROKEN.tint(strength(0.12, slice.value));
            self.fill_slice(drawing, &slice, self.frame, ink);
        }
    }

    /// A slice of `area`, unless it stands for nothing; a little too wide, so that no seam shows before the next.
    fn fill_slice(&self, drawing: &mut Drawing, slice: &Slice, area: Rect, ink: Ink) {
        if slice.value > 0.0 {
            let rect = Rect {
                left: self.x_at(slice.start),
                right: (self.x_at(slice.end) + 0.5).min(area.right),
                ..area
            };
            drawing.rect(rect, ink);
        }
    }

    /// A strip right under the panel, the darker the greater the share of time there; its names stand to both sides.
    pub(super) fn strip(&self, drawing: &mut Drawing, strip: &Strip<'_>) {
        let area = Rect {
            top: self.frame.bottom + STRIP_TOP,
            bottom: self.frame.bottom + STRIP_TOP + STRIP_HEIGHT,
            ..self.frame
        };
        drawing.rect(area, ink::GRID);
        let slices = self.frame.width() / strip.slice;
        for slice in slices_of(strip.shares, self.x.high, slices) {
            let ink = ink::VERMILION.tint(strength(strip.least_strength, slice.value));
            self.fill_slice(drawing, &slice, area, ink);
        }
        let baseline = area.bottom - 0.5;
        let left = at(self.frame.left - 8.0, baseline);
        drawing.text(left, strip.name, soft(Align::Right));
        let right = at(self.frame.right + 8.0, baseline);
        let letters = lettering(SMALL, ink::VERMILION, Align::Left);
        drawing.text(right, &strip.amount, letters);
    }

    /// A level band between two values.
    pub(super) fn band(&self, drawing: &mut Drawing, low: f64, high: f64, ink: Ink) {
        let rect = Rect {
            top: self.y_at(high),
            bottom: self.y_at(low),
            ..self.frame
        };
        drawing.rect(rect, ink);
    }

    /// What lies under a line, down to the axis; under its mean where the line is too dense.
    pub(super) fn area(&self, drawing: &mut Drawing, strokes: &Strokes, ink: Ink) {
        for line in strokes {
            let mut corners = self.points(self.drawn(line).middle());
            if let (Some(first), Some(last)) = (corners.first().copied(), corners.last().copied()) {
                let bottom = self.frame.bottom;
                corners.extend([at(last.x, bottom), at(first.x, bottom)]);
                drawing.shape(corners, ink, 1.0);
            }
        }
    }

    /// What lies between two lines that have values at the same times; between their means where they are too dense.
    pub(super) fn between(&self, drawing: &mut Drawing, low: &Strokes, high: &Strokes, ink: Ink) {
        for (low, high) in low.iter().zip(high) {
            let mut corners = self.points(self.drawn(high).middle());
            corners.extend(self.points(self.drawn(low).middle()).into_iter().rev());
            drawing.shape(corners, ink, BAND_STRENGTH);
        }
    }

    /// Lines, the last on top; of those too dense to draw, the mean on a ribbon from least to greatest.
    pub(super) fn curves(&self, drawing: &mut Drawing, curves: &[PlottedLine<'_>]) {
        let mut lines = Vec::new();
        for curve in curves {
            for line in curve.strokes {
                let shape = self.drawn(line);
                if let Drawn::Ribbon { low, high, .. } = &shape {
                    let mut corners = self.points(high);
                    corners.extend(self.points(low).into_iter().rev());
                    drawing.shape(corners, curve.stroke.ink, RIBBON_STRENGTH);
                }
                lines.push((self.points(shape.middle()), curve.stroke));
            }
        }
        for (points, stroke) in lines {
            drawing.line(points, stroke);
        }
    }

    /// Lines as [`Self::curves`] draws them. Where several lie in one place, each is on top in its turn, so that all are seen.
    pub(super) fn alternating_curves(&self, drawing: &mut Drawing, curves: &[PlottedLine<'_>]) {
        self.curves(drawing, curves);
        let lines: Vec<(Vec<SheetPoint>, Stroke)> = curves
            .iter()
            .flat_map(|curve| curve.strokes.iter().map(|line| (line, curve.stroke)))
            .map(|(line, stroke)| (self.points(self.drawn(line).middle()), stroke))
            .collect();
        for turn in 0..(self.frame.width() / TURN).ceil() as usize {
            let left = self.frame.left + TURN * turn as f64;
            let right = (left + TURN).min(self.frame.right);
            let pieces = lines
                .iter()
                .map(|(line, stroke)| (piece_of(line, left, right), *stroke));
            let pieces: Vec<(Vec<SheetPoint>, Stroke)> =
                pieces.filter(|(piece, _)| piece.len() > 1).collect();
            for (number, (piece, stroke)) in pieces.iter().enumerate() {
                let is_with = |(other, _): &&(Vec<SheetPoint>, Stroke)| lie_together(piece, other);
                let together = pieces.iter().filter(is_with).count();
                let before = pieces[..number].iter().filter(is_with).count();
                if together > 1 && turn % together == before {
                    drawing.line(piece.clone(), *stroke);
                }
            }
        }
    }

    /// The heading and what the panel shows, above it.
    pub(super) fn legend(&self, drawing: &mut Drawing, heading: &str, entries: &[LegendEntry]) {
        let letters = bold(HEADING_SIZE);
        let widest = (width_of(heading, letters) * WIDER_FONT + HEADING_GAP)
            .clamp(LEGEND_INDENT, LEGEND_INDENT_MOST);
        let room = (widest - HEADING_GAP) / WIDER_FONT;
        self.heading(drawing, &shortened(heading, letters, room));
        let place = at(self.frame.left + widest, self.frame.top - 9.0);
        draw_legend(drawing, place, f64::from(drawing.width()) - 8.0, entries);
    }

    /// Marks for moments, in a strip right under the panel: up in its upper, down in its lower row.
    pub(super) fn moments(&self, drawing: &mut Drawing, moments: &[Moment]) {
        let crowded = moments.len() as f64 > self.frame.width() / 9.0;
        for moment in moments {
            let (shape, ink, below) = if moment.is_up {
                (Shape::TriangleUp, ink::GREEN, 5.5)
            } else {
                (Shape::TriangleDown, ink::VERMILION, 12.5)
            };
            let (x, middle) = (self.x_at(moment.seconds), self.frame.bottom + below);
            if crowded {
                let rect = Rect {
                    left: x - 0.5,
                    right: x + 0.5,
                    top: middle - 3.0,
                    bottom: middle + 3.0,
                };
                drawing.rect(rect, ink);
            } else {
                // The middle of a triangle's corners is not the middle of its height.
                let lower = if moment.is_up { 1.1 } else { -1.1 };
                shape.draw(drawing, at(x, middle + lower), 4.5, ink);
            }
        }
    }
}

/// The part of `line` from the place `left` to the place `right`. The points of `line` are in order from left to right.
fn piece_of(line: &[SheetPoint], left: f64, right: f64) -> Vec<SheetPoint> {
    let first = line.partition_point(|point| point.x < left);
    let behind = line.partition_point(|point| point.x <= right);
    let cut = |behind: usize, x: f64| {
        let (from, to) = (line.get(behind.checked_sub(1)?)?, line.get(behind)?);
        let part = (x - from.x) / (to.x - from.x);
        Some(at(x, from.y + (to.y - from.y) * part))
    };
    let within = line[first..behind].iter().copied();
    let start = cut(first, left).into_iter();
    start.chain(within).chain(cut(behind, right)).collect()
}

/// Whether two pieces of lines begin and end in the same places.
fn lie_together(one: &[SheetPoint], other: &[SheetPoint]) -> bool {
    let is_near =
        |one: &SheetPoint, other: &SheetPoint| (one.x - other.x).hypot(one.y - other.y) <= TOGETHER;
    let starts = one.first().zip(other.first());
    let ends = one.last().zip(other.last());
    [starts, ends]
        .into_iter()
        .all(|places| places.is_some_and(|(one, other)| is_near(one, other)))
}

/// From `least` for next to nothing to 1 for all of the time.
fn strength(least: f64, share: f64) -> f64 {
    least + (1.0 - least) * share.min(1.0)
}
