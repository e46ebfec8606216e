//! Marks as pixels: a PNG.
//!
//! The back end counts in whole numbers and has no soft edges, so the sheet is drawn three times as large and averaged down.

use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters_backend::BackendColor;

use super::draw_error::DrawError;
use super::font;
use super::marks::{Align, Drawing, Ink, Lettering, Mark, Paint, Rect, SheetPoint, Stroke, pieces};
use crate::text::visible;

/// How many dots in a row make a pixel.
const DOTS: u32 = 3;

impl Drawing {
    /// The drawing as PNG, a pixel for each point. The same drawing gives the same bytes, with or without fonts on the machine.
    ///
    /// # Errors
    /// Where the back end fails or the PNG cannot be encoded.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let (width, height) = (self.width() * DOTS, self.height() * DOTS);
        let mut dots = vec![255u8; width as usize * height as usize * 3];
        {
            let mut raster = Raster(BitMapBackend::with_buffer(&mut dots, (width, height)));
            for mark in self.marks() {
                raster.mark(mark)?;
            }
            raster.0.present()?;
        }
        encode(&average_down(&dots, self), self)
    }
}

fn encode(pixels: &[u8], drawing: &Drawing) -> Result<Vec<u8>, DrawError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, drawing.width(), drawing.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Each pixel the mean of its dots.
fn average_down(dots: &[u8], drawing: &Drawing) -> Vec<u8> {
    let (width, height) = (drawing.width() as usize, drawing.height() as usize);
    let side = DOTS as usize;
    let row_bytes = width * side * 3;
    let mut pixels = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0u32; width * 3];
    for rows in dots.chunks_exact(row_bytes * side) {
        sums.fill(0);
        for row in rows.chunks_exact(row_bytes) {
            for (pixel, group) in sums.chunks_exact_mut(3).zip(row.chunks_exact(side * 3)) {
                for dot in group.chunks_exact(3) {
                    for (sum, value) in pixel.iter_mut().zip(dot) {
                        *sum += u32::from(*value);
                    }
                }
            }
        }
        let count = DOTS * DOTS;
        pixels.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
    }
    pixels
}

fn color(ink: Ink, alpha: f64) -> BackendColor {
    BackendColor {
        alpha,
        rgb: (ink.red, ink.green, ink.blue),
    }
}

fn place(point: SheetPoint) -> (i32, i32) {
    let dots = f64::from(DOTS);
    (
        (point.x * dots).round() as i32,
        (point.y * dots).round() as i32,
    )
}

/// The enlarged sheet under way.
struct Raster<'a>(BitMapBackend<'a>);

impl Raster<'_> {
    fn mark(&mut self, mark: &Mark) -> Result<(), DrawError> {
        match mark {
            Mark::Rect { rect, ink } => self.rect(*rect, *ink),
            Mark::Path { points, paint } => match *paint {
                Paint::Fill { ink, strength } => {
                    let corners: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
                    Ok(self.0.fill_polygon(corners, &color(ink, strength))?)
                }
                Paint::Line(stroke) => pieces(points, stroke.dash)
                    .iter()
                    .try_for_each(|piece| self.line(piece, stroke)),
            },
            Mark::Text {
                place,
                text,
                lettering,
            } => self.text(*place, text, *lettering),
        }
    }

    fn rect(&mut self, rect: Rect, ink: Ink) -> Result<(), DrawError> {
        let (left, top) = place(SheetPoint {
            x: rect.left,
            y: rect.top,
        });
        let (right, bottom) = place(SheetPoint {
            x: rect.right,
            y: rect.bottom,
        });
        // The back end counts both corners as inside; what is thinner than a dot still shows.
        let last = ((right - 1).max(left), (bottom - 1).max(top));
        Ok(self
            .0
            .draw_rect((left, top), last, &color(ink, 1.0), true)?)
    }

    /// Each stretch is a rectangle of its own, with a disc where two meet.
    ///
    /// The back end's own wide lines have mitres that shoot out as spikes where dense data turns sharply.
    fn line(&mut self, points: &[SheetPoint], stroke: Stroke) -> Result<(), DrawError> {
        let mut path: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
        path.dedup();
        let width = (stroke.width * f64::from(DOTS)).round().max(1.0);
        let half = width / 2.0;
        let color = color(stroke.ink, 1.0);
        for (index, pair) in path.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            if from.0 == to.0 || from.1 == to.1 {
                // Half a width longer at both ends closes the corners of steps.
                let before = half.floor() as i32;
                let after = (width - 1.0) as i32 - before;
                let first = (from.0.min(to.0) - before, from.1.min(to.1) - before);
                let last = (from.0.max(to.0) + after, from.1.max(to.1) + after);
                self.0.draw_rect(first, last, &color, true)?;
                continue;
            }
            let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
            let length = dx.hypot(dy);
            let (nx, ny) = (-dy / length * half, dx / length * half);
            let corner = |at: (i32, i32), side: f64| {
                (
                    (f64::from(at.0) + side * nx).round() as i32,
                    (f64::from(at.1) + side * ny).round() as i32,
                )
            };
            let corners = [
                corner(from, 1.0),
                corner(to, 1.0),
                corner(to, -1.0),
                corner(from, -1.0),
            ];
            self.0.fill_polygon(corners, &color)?;
            if index > 0 {
                self.0
                    .draw_circle(from, half.floor() as u32, &color, true)?;
            }
        }
        Ok(())
    }

    fn text(
        &mut self,
        place: SheetPoint,
        text: &str,
        lettering: Lettering,
    ) -> Result<(), DrawError> {
        let text = visible(text);
        let width = font::text_width(&text, lettering.size, lettering.weight);
        let left = match lettering.align {
            Align::Left => place.x,
            Align::Middle => place.x - width / 2.0,
            Align::Right => place.x - width,
        };
        let dots = f64::from(DOTS);
        let start = (left * dots, place.y * dots);
        let size = lettering.size * dots;
        font::draw(&text, start, size, lettering.weight, |x, y, coverage| {
            let color = color(lettering.ink, f64::from(coverage));
            Ok(self.0.draw_pixel((x, y), color)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_is_as_large_as_its_sheet_and_the_same_each_time() {
        let mut drawing = Drawing::new(30, 20);
        let rect = Rect {
            left: 5.0,
            top: 5.0,
            right: 10.5,
            bottom: 10.0,
        };
        drawing.rect(rect, Ink::new(0x11_22_33));
        let png = drawing.to_png().expect("a picture");
        assert_eq!(png[16..20], 30u32.to_be_bytes());
        assert_eq!(png[20..24], 20u32.to_be_bytes());
        assert_eq!(png, drawing.to_png().expect("a picture"));
    }
}
