//! Marks: what a line, an area or a moment looks like in small.
//!
//! Self-imposed limit: one mark at one place; what it stands for is said beside it.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Ink, Rect, SheetPoint, Stroke};
use super::plot_error::PlotError;

/// Half the height of a triangle.
const TRIANGLE: f64 = 3.3;

/// What a line or area looks like, in small.
#[derive(Clone, Copy, Debug)]
pub(super) enum LegendKey {
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
pub(super) fn mark_ink(mark: LegendKey) -> Ink {
    match mark {
        LegendKey::Line(stroke)
        | LegendKey::Area { line: stroke, .. }
        | LegendKey::Ribbon { line: stroke, .. } => stroke.ink,
        LegendKey::Band(ink) | LegendKey::Up(ink) | LegendKey::Down(ink) => ink,
    }
}

/// Draws a triangle that points up for [`LegendKey::Up`], else down, its middle at `x` and `middle`.
pub(super) fn draw_triangle<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    mark: LegendKey,
    x: f64,
    middle: f64,
) -> Result<(), PlotError> {
    let tip = match mark {
        LegendKey::Up(_) => -TRIANGLE,
        _ => TRIANGLE,
    };
    let corners = [
        SheetPoint {
            x: x - 4.0,
            y: middle - tip,
        },
        SheetPoint {
            x: x + 4.0,
            y: middle - tip,
        },
        SheetPoint { x, y: middle + tip },
    ];
    canvas.polygon(&corners, mark_ink(mark), 1.0)
}

/// Draws a mark at `x`, its middle at height `middle`; returns its width.
pub(super) fn draw_mark<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    mark: LegendKey,
    x: f64,
    middle: f64,
) -> Result<f64, PlotError> {
    let width = 24.0;
    let level = [
        SheetPoint { x, y: middle },
        SheetPoint {
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
        LegendKey::Line(stroke) => canvas.line(&level, stroke)?,
        LegendKey::Area { line, fill } => {
            canvas.rect(block, fill)?;
            let top = level.map(|point| SheetPoint {
                y: block.top,
                ..point
            });
            canvas.line(&top, line)?;
        }
        LegendKey::Ribbon { line, fill } => {
            canvas.rect(block, fill)?;
            canvas.line(&level, line)?;
        }
        LegendKey::Band(ink) => canvas.rect(block, ink)?,
        LegendKey::Up(_) | LegendKey::Down(_) => {
            draw_triangle(canvas, mark, x + 5.0, middle)?;
            return Ok(10.0);
        }
    }
    Ok(width)
}
