//! Marks as vectors: an SVG.
//!
//! The back end counts in whole numbers, so the sheet is drawn ten times as large and the `viewBox` brings it to size.

use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, RGBColor, TextStyle};
use plotters_backend::{BackendColor, BackendStyle};

use super::draw_error::DrawError;
use super::font;
use super::marks::{
    Align, Drawing, Ink, Lettering, Mark, Paint, SheetPoint, Stroke, Weight, pieces,
};
use crate::text::visible;

/// How many units of the `viewBox` make a point: a tenth of a point is as fine as anybody sees.
const UNITS: u32 = 10;
/// The fonts that the SVG names: the shipped one, then what any machine has.
const FONT_FAMILY: &str = "Roboto, Helvetica, Arial, sans-serif";

impl Drawing {
    /// The drawing as SVG. Characters that cannot be seen, which XML may not even hold, are written as escapes.
    ///
    /// # Errors
    /// Where the back end fails.
    pub fn to_svg(&self) -> Result<String, DrawError> {
        let (width, height) = (self.width() * UNITS, self.height() * UNITS);
        let mut text = String::new();
        {
            let mut vectors = SVGBackend::with_string(&mut text, (width, height));
            vectors.draw_rect(
                (0, 0),
                (width as i32, height as i32),
                &color(Ink::WHITE, 1.0),
                true,
            )?;
            for mark in self.marks() {
                add_mark(&mut vectors, mark)?;
            }
            vectors.present()?;
        }
        // The back end cannot tell size and coordinates apart; the head says both.
        let drawn = format!("width=\"{width}\" height=\"{height}\"");
        let shown = format!("width=\"{}\" height=\"{}\"", self.width(), self.height());
        Ok(text.replacen(&drawn, &shown, 1))
    }
}

/// A plain style of one colour and width.
struct Plain {
    color: BackendColor,
    width: u32,
}

impl BackendStyle for Plain {
    fn color(&self) -> BackendColor {
        self.color
    }
    fn stroke_width(&self) -> u32 {
        self.width
    }
}

fn color(ink: Ink, alpha: f64) -> BackendColor {
    BackendColor {
        alpha,
        rgb: (ink.red, ink.green, ink.blue),
    }
}

fn place(point: SheetPoint) -> (i32, i32) {
    let units = f64::from(UNITS);
    (
        (point.x * units).round() as i32,
        (point.y * units).round() as i32,
    )
}

fn add_mark(vectors: &mut SVGBackend<'_>, mark: &Mark) -> Result<(), DrawError> {
    match mark {
        Mark::Rect { rect, ink } => {
            let first = place(SheetPoint {
                x: rect.left,
                y: rect.top,
            });
            let last = place(SheetPoint {
                x: rect.right,
                y: rect.bottom,
            });
            Ok(vectors.draw_rect(first, last, &color(*ink, 1.0), true)?)
        }
        Mark::Path { points, paint } => match *paint {
            Paint::Fill { ink, strength } => {
                let corners: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
                Ok(vectors.fill_polygon(corners, &color(ink, strength))?)
            }
            Paint::Line(stroke) => pieces(points, stroke.dash)
                .iter()
                .try_for_each(|piece| add_line(vectors, piece, stroke)),
        },
        Mark::Text {
            place,
            text,
            lettering,
        } => add_text(vectors, *place, text, *lettering),
    }
}

fn add_line(
    vectors: &mut SVGBackend<'_>,
    points: &[SheetPoint],
    stroke: Stroke,
) -> Result<(), DrawError> {
    let mut path: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
    path.dedup();
    if path.len() < 2 {
        return Ok(());
    }
    let style = Plain {
        color: color(stroke.ink, 1.0),
        width: (stroke.width * f64::from(UNITS)).round().max(1.0) as u32,
    };
    Ok(vectors.draw_path(path, &style)?)
}

fn add_text(
    vectors: &mut SVGBackend<'_>,
    at: SheetPoint,
    text: &str,
    lettering: Lettering,
) -> Result<(), DrawError> {
    // The back end divides the size by 1.24 and lifts what is anchored at its bottom by half an x-height.
    let font = (FONT_FAMILY, lettering.size * f64::from(UNITS) * 1.24).into_font();
    let font = match lettering.weight {
        Weight::Regular => font,
        Weight::Bold => font.style(FontStyle::Bold),
    };
    let horizontal = match lettering.align {
        Align::Left => HPos::Left,
        Align::Middle => HPos::Center,
        Align::Right => HPos::Right,
    };
    let ink = lettering.ink;
    let color = RGBColor(ink.red, ink.green, ink.blue);
    let style = TextStyle::from(font)
        .color(&color)
        .pos(Pos::new(horizontal, VPos::Bottom));
    let lifted = SheetPoint {
        x: at.x,
        y: at.y + 0.5 * font::X_HEIGHT * lettering.size,
    };
    Ok(vectors.draw_text(&visible(text), &style, place(lifted))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_svg_names_fonts_that_any_machine_has_and_holds_no_control_character() {
        let mut drawing = Drawing::new(1200, 800);
        let lettering = Lettering {
            size: 12.0,
            weight: Weight::Regular,
            ink: Ink::new(0),
            align: Align::Left,
        };
        drawing.text(SheetPoint { x: 1.0, y: 2.0 }, "a\u{1b}b < c", lettering);
        let svg = drawing.to_svg().expect("a picture");
        assert!(svg.starts_with("<svg width=\"1200\" height=\"800\" viewBox=\"0 0 12000 8000\""));
        assert!(svg.contains("font-family=\"Roboto, Helvetica, Arial, sans-serif\""));
        assert!(svg.contains("&lt; c") && !svg.contains('\u{1b}'));
    }
}
