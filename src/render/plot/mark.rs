//! Marks: what a line, an area or a moment looks like in small.
//!
//! Self-imposed limit: one mark at one place; what it stands for is said beside it.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Ink, Point, Rect, Stroke};
use super::plot_error::PlotError;

/// Half the height of a triangle.
const TRIANGLE: f64 = 3.3;

/// What a line or area looks like, in small.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Line(Stroke),
    /// A thin line on a wide one.
    Area {
        line: Stroke,
        fill: Ink,
    },
    /// A line in the middle of a band.
    Ribbon {
        line: Stroke,
        fill: Ink,
    },
    Band(Ink),
    Up(Ink),
    Down(Ink),
}

/// The colour that stands for it.
pub(super) fn mark_ink(mark: Mark) -> Ink {
    match mark {
        Mark::Line(stroke)
        | Mark::Area { line: stroke, .. }
        | Mark::Ribbon { line: stroke, .. } => stroke.ink,
        Mark::Band(ink) | Mark::Up(ink) | Mark::Down(ink) => ink,
    }
}

/// Draws a triangle that points up for [`Mark::Up`], else down, its middle at `x` and `middle`.
pub(super) fn draw_triangle<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    mark: Mark,
    x: f64,
    middle: f64,
) -> Result<(), PlotError> {
    let tip = match mark {
        Mark::Up(_) => -TRIANGLE,
        _ => TRIANGLE,
    };
    let corners = [
        Point {
            x: x - 4.0,
            y: middle - tip,
        },
        Point {
            x: x + 4.0,
            y: middle - tip,
        },
        Point { x, y: middle + tip },
    ];
    canvas.polygon(&corners, mark_ink(mark), 1.0)
}

/// Draws a mark at `x`, its middle at height `middle`; returns its width.
pub(super) fn draw_mark<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    mark: Mark,
    x: f64,
    middle: f64,
) -> Result<f64, PlotError> {
    let width = 24.0;
    let level = [
        Point { x, y: middle },
        Point {
            x: x + width,
            y: middle,
        },
    ];
    let block = Rect {
        left: x,
        right: x + width,
        top: middle - 5.0,
        bottom: middle + 5.0,
    };
    match mark {
        Mark::Line(stroke) => canvas.line(&level, stroke)?,
        Mark::Area { line, fill } => {
            canvas.rect(block, fill)?;
            let top = level.map(|point| Point {
                y: block.top,
                ..point
            });
            canvas.line(&top, line)?;
        }
        Mark::Ribbon { line, fill } => {
            canvas.rect(block, fill)?;
            canvas.line(&level, line)?;
        }
        Mark::Band(ink) => canvas.rect(block, ink)?,
        Mark::Up(_) | Mark::Down(_) => {
            draw_triangle(canvas, mark, x + 5.0, middle)?;
            return Ok(10.0);
        }
    }
    Ok(width)
}
