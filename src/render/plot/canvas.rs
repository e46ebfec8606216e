//! A sheet to draw on: the same strokes become pixels or vectors.
//!
//! Self-imposed limit: shapes and text at given places; knows no axis and no
//! data. Coordinates are in points of the finished picture, from the top left;
//! plotters' back ends count in whole numbers, so the sheet is drawn larger and
//! brought to size at the end: averaged down for pixels, by the `viewBox` for vectors.

use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBColor, TextStyle};
use plotters_backend::{BackendColor, BackendStyle, DrawingErrorKind};

use super::font::{self, Weight};
use super::plot_error::PlotError;
use crate::text::visible;

/// A colour; lines are opaque, so that the pieces they are made of do not show their seams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    pub(super) red: u8,
    pub(super) green: u8,
    pub(super) blue: u8,
}

impl Ink {
    pub(super) const fn new(hex: u32) -> Self {
        Self {
            red: (hex >> 16) as u8,
            green: (hex >> 8) as u8,
            blue: hex as u8,
        }
    }

    /// This colour thinned with white: `strength` 1 is itself, 0 white.
    pub(super) fn tint(self, strength: f64) -> Self {
        let thin = |part: u8| (255.0 - (255.0 - f64::from(part)) * strength).round() as u8;
        Self {
            red: thin(self.red),
            green: thin(self.green),
            blue: thin(self.blue),
        }
    }

    fn backend(self, alpha: f64) -> BackendColor {
        BackendColor {
            alpha,
            rgb: (self.red, self.green, self.blue),
        }
    }
}

/// A place on the sheet, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SheetPoint {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// How large a sheet is, in points; in a PNG, pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A rectangle on the sheet, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) ink: Ink,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

/// A line's pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dash {
    Solid,
    Dashed,
}

impl Dash {
    const ON: f64 = 6.0;
    const OFF: f64 = 4.0;
}

/// Which point of a text is the place given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
}

/// How text is set; the place given is on its baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lettering {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) ink: Ink,
    pub(super) align: Align,
}

/// What a sheet becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Pixels,
    Vectors,
}

/// How many dots of the sheet make a point, for pixels: each pixel is the mean of 3 by 3 dots.
const PIXEL_DOTS: u32 = 3;
/// The same for vectors: a tenth of a point is as fine as anybody sees.
const VECTOR_DOTS: u32 = 10;
/// What vectors name as fonts: the shipped one, then what any machine has.
const FONT_FAMILY: &str = "Roboto, Helvetica, Arial, sans-serif";

/// A sheet under way.
pub(super) struct Canvas<B> {
    backend: B,
    medium: Medium,
    dots: f64,
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

#[expect(
    clippy::needless_pass_by_value,
    reason = "an error is handed over by `map_err`"
)]
fn fault<E: std::error::Error + Send + Sync>(error: DrawingErrorKind<E>) -> PlotError {
    PlotError::Drawing(error.to_string())
}

/// Draws with `draw` and gives the picture as PNG.
pub(super) fn to_png(
    sheet: Sheet,
    draw: impl FnOnce(&mut Canvas<BitMapBackend<'_>>) -> Result<(), PlotError>,
) -> Result<Vec<u8>, PlotError> {
    let (width, height) = (sheet.width * PIXEL_DOTS, sheet.height * PIXEL_DOTS);
    let mut dots = vec![255u8; width as usize * height as usize * 3];
    {
        let mut canvas = Canvas {
            backend: BitMapBackend::with_buffer(&mut dots, (width, height)),
            medium: Medium::Pixels,
            dots: f64::from(PIXEL_DOTS),
        };
        draw(&mut canvas)?;
        canvas.backend.present().map_err(fault)?;
    }
    let pixels = average_down(&dots, sheet);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, sheet.width, sheet.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Draws with `draw` and gives the picture as SVG.
pub(super) fn to_svg(
    sheet: Sheet,
    draw: impl FnOnce(&mut Canvas<SVGBackend<'_>>) -> Result<(), PlotError>,
) -> Result<String, PlotError> {
    let (width, height) = (sheet.width * VECTOR_DOTS, sheet.height * VECTOR_DOTS);
    let mut text = String::new();
    {
        let mut canvas = Canvas {
            backend: SVGBackend::with_string(&mut text, (width, height)),
            medium: Medium::Vectors,
            dots: f64::from(VECTOR_DOTS),
        };
        draw(&mut canvas)?;
        canvas.backend.present().map_err(fault)?;
    }
    // The back end cannot tell size and coordinates apart; the head says both.
    let drawn = format!("width=\"{width}\" height=\"{height}\"");
    let shown = format!("width=\"{}\" height=\"{}\"", sheet.width, sheet.height);
    Ok(text.replacen(&drawn, &shown, 1))
}

/// Each pixel the mean of its dots.
fn average_down(dots: &[u8], sheet: Sheet) -> Vec<u8> {
    let (width, height) = (sheet.width as usize, sheet.height as usize);
    let side = PIXEL_DOTS as usize;
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
        let count = PIXEL_DOTS * PIXEL_DOTS;
        pixels.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
    }
    pixels
}

impl<B: DrawingBackend> Canvas<B> {
    /// A filled rectangle.
    pub(super) fn rect(&mut self, rect: Rect, ink: Ink) -> Result<(), PlotError> {
        let (left, top) = self.place(SheetPoint {
            x: rect.left,
            y: rect.top,
        });
        let (mut right, mut bottom) = self.place(SheetPoint {
            x: rect.right,
            y: rect.bottom,
        });
        if self.medium == Medium::Pixels {
            // Pixels count both corners as inside; what is thinner than a dot still shows.
            right = (right - 1).max(left);
            bottom = (bottom - 1).max(top);
        }
        self.backend
            .draw_rect((left, top), (right, bottom), &ink.backend(1.0), true)
            .map_err(fault)
    }

    /// A filled shape; `strength` 1 hides what is below it.
    pub(super) fn polygon(
        &mut self,
        points: &[SheetPoint],
        ink: Ink,
        strength: f64,
    ) -> Result<(), PlotError> {
        let corners: Vec<(i32, i32)> = points.iter().map(|point| self.place(*point)).collect();
        self.backend
            .fill_polygon(corners, &ink.backend(strength))
            .map_err(fault)
    }

    /// A line through `points`.
    pub(super) fn line(&mut self, points: &[SheetPoint], stroke: Stroke) -> Result<(), PlotError> {
        match stroke.dash {
            Dash::Solid => self.solid(points, stroke),
            Dash::Dashed => {
                for dash in dashes(points) {
                    self.solid(&dash, stroke)?;
                }
                Ok(())
            }
        }
    }

    fn solid(&mut self, points: &[SheetPoint], stroke: Stroke) -> Result<(), PlotError> {
        let mut path: Vec<(i32, i32)> = points.iter().map(|point| self.place(*point)).collect();
        path.dedup();
        if path.len() < 2 {
            return Ok(());
        }
        let width = (stroke.width * self.dots).round().max(1.0);
        match self.medium {
            Medium::Vectors => {
                let style = Plain {
                    color: stroke.ink.backend(1.0),
                    width: width as u32,
                };
                self.backend.draw_path(path, &style).map_err(fault)
            }
            Medium::Pixels => self.stroke_pixels(&path, width, stroke.ink),
        }
    }

    /// Each stretch a rectangle of its own, with a disc where two meet.
    ///
    /// The back end's own wide lines have mitres that shoot out as spikes where dense data turns sharply.
    fn stroke_pixels(
        &mut self,
        path: &[(i32, i32)],
        width: f64,
        ink: Ink,
    ) -> Result<(), PlotError> {
        let color = ink.backend(1.0);
        let half = width / 2.0;
        for (index, pair) in path.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            if from.0 == to.0 || from.1 == to.1 {
                // Half a width longer at both ends closes the corners of steps.
                let before = half.floor() as i32;
                let after = (width - 1.0) as i32 - before;
                let first = (from.0.min(to.0) - before, from.1.min(to.1) - before);
                let last = (from.0.max(to.0) + after, from.1.max(to.1) + after);
                self.backend
                    .draw_rect(first, last, &color, true)
                    .map_err(fault)?;
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
            self.backend.fill_polygon(corners, &color).map_err(fault)?;
            if index > 0 {
                self.backend
                    .draw_circle(from, half.floor() as u32, &color, true)
                    .map_err(fault)?;
            }
        }
        Ok(())
    }

    /// A line of text with its baseline at `place`.
    pub(super) fn text(
        &mut self,
        place: SheetPoint,
        text: &str,
        lettering: Lettering,
    ) -> Result<(), PlotError> {
        // A control character would not even be XML.
        let text = visible(text);
        match self.medium {
            Medium::Pixels => self.text_pixels(place, &text, lettering),
            Medium::Vectors => self.text_vectors(place, &text, lettering),
        }
    }

    fn text_pixels(
        &mut self,
        place: SheetPoint,
        text: &str,
        lettering: Lettering,
    ) -> Result<(), PlotError> {
        let width = font::width(text, lettering.size, lettering.weight);
        let left = match lettering.align {
            Align::Left => place.x,
            Align::Middle => place.x - width / 2.0,
            Align::Right => place.x - width,
        };
        let start = (left * self.dots, place.y * self.dots);
        let size = lettering.size * self.dots;
        let backend = &mut self.backend;
        font::draw(text, start, size, lettering.weight, |x, y, coverage| {
            backend
                .draw_pixel((x, y), lettering.ink.backend(f64::from(coverage)))
                .map_err(fault)
        })
    }

    fn text_vectors(
        &mut self,
        place: SheetPoint,
        text: &str,
        lettering: Lettering,
    ) -> Result<(), PlotError> {
        // The back end divides the size by 1.24 and lifts what is anchored at its bottom by half an x-height.
        let size = lettering.size * self.dots;
        let font = (FONT_FAMILY, size * 1.24).into_font();
        let font = match lettering.weight {
            Weight::Regular => font,
            Weight::Bold => font.style(plotters::style::FontStyle::Bold),
        };
        let ink = lettering.ink;
        let horizontal = match lettering.align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let color = RGBColor(ink.red, ink.green, ink.blue);
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(horizontal, VPos::Bottom));
        let lifted = SheetPoint {
            x: place.x,
            y: place.y + 0.5 * font::X_HEIGHT * lettering.size,
        };
        let place = self.place(lifted);
        self.backend.draw_text(text, &style, place).map_err(fault)
    }

    fn place(&self, point: SheetPoint) -> (i32, i32) {
        (
            (point.x * self.dots).round() as i32,
            (point.y * self.dots).round() as i32,
        )
    }
}

/// Cuts a line into dashes along its length.
fn dashes(points: &[SheetPoint]) -> Vec<Vec<SheetPoint>> {
    let mut all = Vec::new();
    let Some(first) = points.first() else {
        return all;
    };
    let mut dash = vec![*first];
    let mut left = Dash::ON;
    let mut drawing = true;
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.x - from.x).hypot(to.y - from.y);
            if length <= left {
                left -= length;
                if drawing {
                    dash.push(to);
                }
                break;
            }
            let part = left / length;
            let turn = SheetPoint {
                x: from.x + (to.x - from.x) * part,
                y: from.y + (to.y - from.y) * part,
            };
            if drawing {
                dash.push(turn);
                all.push(std::mem::take(&mut dash));
                left = Dash::OFF;
            } else {
                dash = vec![turn];
                left = Dash::ON;
            }
            drawing = !drawing;
            from = turn;
        }
    }
    if drawing && dash.len() > 1 {
        all.push(dash);
    }
    all
}
