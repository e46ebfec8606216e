//! One panel: a frame with its axes, lines, areas, and a strip above it that names them.
//!
//! Self-imposed limit: knows values and time, not what they mean. Nothing is
//! written on the data: names stand above, reference values to the right.

use plotters::prelude::DrawingBackend;

use super::axis::{AxisScale, Tick, Unit};
use super::canvas::{Align, Canvas, Dash, Ink, Lettering, Rect, SheetPoint, Stroke};
use super::font::{self, Weight};
use super::ink;
use super::mark::{LegendKey, draw_mark, draw_triangle, mark_ink};
use super::plot_error::PlotError;
use super::series::{Drawn, Stretch, Strokes, TimedValue, drawn, slices_of};

/// Where a panel stands, and its axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub(super) frame: Rect,
    pub(super) scale: AxisScale,
    pub(super) unit: Unit,
    /// The run's length in seconds: the time axis ends there.
    pub(super) end: f64,
}

/// A name in the strip above a panel, with what it looks like.
#[derive(Clone, Debug)]
pub(super) struct LegendEntry {
    pub(super) mark: LegendKey,
    pub(super) text: String,
}

/// A level line, named to the right of the panel.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) value: f64,
    pub(super) text: String,
    pub(super) ink: Ink,
}

/// A line and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlottedLine<'a> {
    pub(super) strokes: &'a Strokes,
    pub(super) stroke: Stroke,
}

/// Shares over time, drawn as a strip under a panel.
#[derive(Clone, Debug)]
pub(super) struct Heat<'a> {
    pub(super) shares: &'a Strokes,
    pub(super) ink: Ink,
    /// What it is, to its left.
    pub(super) name: &'a str,
    /// The most that there is of it, to its right.
    pub(super) most: String,
}

/// The width of a slice that is shaded by how much of it broke the SLO, in points.
const SLICE: f64 = 4.0;
/// How strong the colour of a ribbon is beside its line's.
const RIBBON_STRENGTH: f64 = 0.22;
/// How strong the colour between two lines is.
pub(super) const BAND_STRENGTH: f64 = 0.2;
/// From a panel to the strip under it, in points.
const HEAT_TOP: f64 = 8.0;
/// The height of that strip.
const HEAT_HEIGHT: f64 = 8.0;
/// The strip above a panel, in points.
pub(super) const STRIP: f64 = 25.0;
/// Where the names of lines begin, right of the widest heading even in a wide font.
const LEGEND_INDENT: f64 = 298.0;
/// How much wider a viewer of vectors may set a text that lacks the shipped font (DejaVu Sans does).
pub(super) const WIDER_FONT: f64 = 1.17;
/// How close two names to the right may come.
const NAME_PITCH: f64 = 14.0;
const SMALL: f64 = 12.0;

pub(super) const fn solid(ink: Ink, width: f64) -> Stroke {
    Stroke {
        ink,
        width,
        dash: Dash::Solid,
    }
}

pub(super) const fn dashed(ink: Ink, width: f64) -> Stroke {
    Stroke {
        ink,
        width,
        dash: Dash::Dashed,
    }
}

pub(super) const fn lettering(size: f64, ink: Ink, align: Align) -> Lettering {
    Lettering {
        size,
        weight: Weight::Regular,
        ink,
        align,
    }
}

impl Panel {
    fn x(&self, seconds: f64) -> f64 {
        let share = (seconds / self.end).clamp(0.0, 1.0);
        self.frame.left + share * (self.frame.right - self.frame.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.frame.bottom - self.scale.share(value) * (self.frame.bottom - self.frame.top)
    }

    fn point(&self, sample: &TimedValue) -> SheetPoint {
        SheetPoint {
            x: self.x(sample.seconds),
            y: self.y(sample.value),
        }
    }

    fn columns(&self) -> f64 {
        self.frame.right - self.frame.left
    }

    /// The stretches that broke the SLO, from top to bottom; the shortest stays visible.
    ///
    /// Where there are so many that visible stretches would cover the panel,
    /// each slice of it is the darker the more of its time broke the SLO.
    pub(super) fn shade<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        stretches: &[Stretch],
    ) -> Result<(), PlotError> {
        let slices = self.columns() / SLICE;
        if stretches.len() as f64 > slices / 4.0 {
            return self.shade_slices(canvas, stretches, slices);
        }
        let mut open: Option<Rect> = None;
        for stretch in stretches {
            let left = self.x(stretch.start);
            let right = self.x(stretch.end).max(left + 1.6);
            match &mut open {
                Some(rect) if left <= rect.right => rect.right = rect.right.max(right),
                _ => {
                    if let Some(rect) = open {
                        canvas.rect(rect, ink::BROKEN)?;
                    }
                    open = Some(Rect {
                        left,
                        right,
                        ..self.frame
                    });
                }
            }
        }
        match open {
            Some(rect) => canvas.rect(rect, ink::BROKEN),
            None => Ok(()),
        }
    }

    fn shade_slices<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        stretches: &[Stretch],
        slices: f64,
    ) -> Result<(), PlotError> {
        let length = self.end / slices;
        for slice in 0..slices.ceil() as u32 {
            let start = f64::from(slice) * length;
            let end = (start + length).min(self.end);
            // Stretches are in order: only those around the slice matter.
            let first = stretches.partition_point(|stretch| stretch.end <= start);
            let broken: f64 = stretches[first..]
                .iter()
                .take_while(|stretch| stretch.start < end)
                .map(|stretch| stretch.end.min(end) - stretch.start.max(start))
                .sum();
            if broken > 0.0 {
                let rect = Rect {
                    left: self.x(start),
                    right: self.x(end),
                    ..self.frame
                };
                let strength = 0.12 + 0.88 * broken / (end - start);
                canvas.rect(rect, ink::BROKEN.tint(strength))?;
            }
        }
        Ok(())
    }

    /// A level band between two values.
    pub(super) fn band<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        low: f64,
        high: f64,
        ink: Ink,
    ) -> Result<(), PlotError> {
        let rect = Rect {
            top: self.y(high),
            bottom: self.y(low),
            ..self.frame
        };
        canvas.rect(rect, ink)
    }

    /// What lies under a line, down to the axis; under its mean where the line is too dense.
    pub(super) fn area<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        strokes: &Strokes,
        ink: Ink,
    ) -> Result<(), PlotError> {
        for line in strokes {
            let shape = drawn(line, self.end, self.columns());
            let mut corners = self.points(shape.middle());
            if let (Some(first), Some(last)) = (corners.first().copied(), corners.last().copied()) {
                let bottom = self.frame.bottom;
                corners.push(SheetPoint {
                    x: last.x,
                    y: bottom,
                });
                corners.push(SheetPoint {
                    x: first.x,
                    y: bottom,
                });
                canvas.polygon(&corners, ink, 1.0)?;
            }
        }
        Ok(())
    }

    /// What lies between two lines that have values at the same times; between their means where they are too dense.
    pub(super) fn between<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        low: &Strokes,
        high: &Strokes,
        ink: Ink,
    ) -> Result<(), PlotError> {
        for (low, high) in low.iter().zip(high) {
            let top = drawn(high, self.end, self.columns());
            let bottom = drawn(low, self.end, self.columns());
            let mut corners = self.points(top.middle());
            corners.extend(self.points(bottom.middle()).into_iter().rev());
            canvas.polygon(&corners, ink, BAND_STRENGTH)?;
        }
        Ok(())
    }

    /// A strip right under the panel, the darker the greater the value (0..1) there; its names stand to both sides.
    pub(super) fn heat<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        heat: &Heat<'_>,
    ) -> Result<(), PlotError> {
        let strip = Rect {
            top: self.frame.bottom + HEAT_TOP,
            bottom: self.frame.bottom + HEAT_TOP + HEAT_HEIGHT,
            ..self.frame
        };
        canvas.rect(strip, ink::GRID)?;
        let slices = self.columns() / SLICE;
        for slice in slices_of(heat.shares, self.end, slices) {
            if slice.value > 0.0 {
                // A little too wide, so that no seam shows; the next slice covers it.
                let rect = Rect {
                    left: self.x(slice.start),
                    right: (self.x(slice.end) + 0.5).min(strip.right),
                    ..strip
                };
                let strength = 0.15 + 0.85 * slice.value.min(1.0);
                canvas.rect(rect, heat.ink.tint(strength))?;
            }
        }
        let baseline = strip.bottom + 0.5;
        let place = |x: f64| SheetPoint { x, y: baseline };
        canvas.text(
            place(self.frame.left - 8.0),
            heat.name,
            lettering(SMALL, ink::TEXT_SOFT, Align::Right),
        )?;
        canvas.text(
            place(self.frame.right + 7.0),
            &heat.most,
            lettering(SMALL, heat.ink, Align::Left),
        )
    }

    /// The values of a second scale, named to the right.
    pub(super) fn right_axis<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        ink: Ink,
    ) -> Result<(), PlotError> {
        for tick in self.scale.ticks(self.unit) {
            let y = self.y(tick.value);
            let x = self.frame.right;
            self.rule(canvas, x, y, x + 4.0, y, ink)?;
            let place = SheetPoint {
                x: x + 7.0,
                y: y + 4.0,
            };
            canvas.text(place, &tick.label, lettering(SMALL, ink, Align::Left))?;
        }
        Ok(())
    }

    /// Lines, the last on top; of those too dense to draw, the mean on a ribbon from least to greatest.
    pub(super) fn curves<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        curves: &[PlottedLine<'_>],
    ) -> Result<(), PlotError> {
        let mut lines = Vec::new();
        for curve in curves {
            for line in curve.strokes {
                let shape = drawn(line, self.end, self.columns());
                if let Drawn::Ribbon { low, high, .. } = &shape {
                    let mut corners = self.points(high);
                    corners.extend(self.points(low).into_iter().rev());
                    canvas.polygon(&corners, curve.stroke.ink, RIBBON_STRENGTH)?;
                }
                lines.push((self.points(shape.middle()), curve.stroke));
            }
        }
        for (points, stroke) in lines {
            canvas.line(&points, stroke)?;
        }
        Ok(())
    }

    fn points(&self, samples: &[TimedValue]) -> Vec<SheetPoint> {
        samples.iter().map(|sample| self.point(sample)).collect()
    }

    /// The grid and the values' names to the left.
    pub(super) fn axes<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        times: &[Tick],
    ) -> Result<(), PlotError> {
        for tick in times {
            let x = self.x(tick.value);
            self.rule(canvas, x, self.frame.top, x, self.frame.bottom, ink::GRID)?;
        }
        for tick in self.scale.ticks(self.unit) {
            let y = self.y(tick.value);
            self.rule(canvas, self.frame.left, y, self.frame.right, y, ink::GRID)?;
            let place = SheetPoint {
                x: self.frame.left - 8.0,
                y: y + 4.0,
            };
            canvas.text(
                place,
                &tick.label,
                lettering(SMALL, ink::TEXT_SOFT, Align::Right),
            )?;
        }
        Ok(())
    }

    /// The bottom line, over everything that ends there.
    pub(super) fn ground<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
    ) -> Result<(), PlotError> {
        let y = self.frame.bottom;
        self.rule(canvas, self.frame.left, y, self.frame.right, y, ink::AXIS)
    }

    fn rule<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        x: f64,
        y: f64,
        to_x: f64,
        to_y: f64,
        ink: Ink,
    ) -> Result<(), PlotError> {
        let ends = [SheetPoint { x, y }, SheetPoint { x: to_x, y: to_y }];
        canvas.line(&ends, solid(ink, 1.0))
    }

    /// Level lines and their names to the right, moved apart where they would touch.
    pub(super) fn references<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        references: &[Reference],
    ) -> Result<(), PlotError> {
        let mut sorted: Vec<&Reference> = references.iter().collect();
        sorted.sort_by(|a, b| b.value.total_cmp(&a.value));
        let mut places: Vec<f64> = sorted
            .iter()
            .map(|reference| self.y(reference.value))
            .collect();
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
            let y = self.y(reference.value);
            let ends = [
                SheetPoint {
                    x: self.frame.left,
                    y,
                },
                SheetPoint {
                    x: self.frame.right,
                    y,
                },
            ];
            canvas.line(&ends, dashed(reference.ink, 1.4))?;
            let place = SheetPoint {
                x: self.frame.right + 7.0,
                y: name_y + 4.0,
            };
            canvas.text(
                place,
                &reference.text,
                lettering(SMALL, reference.ink, Align::Left),
            )?;
        }
        Ok(())
    }

    /// A name at the right edge, on top, with a mark that points up: for what lies above the axis.
    pub(super) fn above<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        text: &str,
        ink: Ink,
    ) -> Result<(), PlotError> {
        let x = self.frame.right + 11.0;
        draw_triangle(canvas, LegendKey::Up(ink), x, self.frame.top)?;
        let place = SheetPoint {
            x: x + 8.0,
            y: self.frame.top + 4.0,
        };
        canvas.text(place, text, lettering(SMALL, ink, Align::Left))
    }

    /// The heading and what the panel shows, above it.
    pub(super) fn legend<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        heading: &str,
        entries: &[LegendEntry],
    ) -> Result<(), PlotError> {
        let baseline = self.frame.top - 9.0;
        let bold = Lettering {
            weight: Weight::Bold,
            ..lettering(13.5, ink::TEXT, Align::Left)
        };
        let left = self.frame.left;
        canvas.text(
            SheetPoint {
                x: left,
                y: baseline,
            },
            heading,
            bold,
        )?;
        let mut x = left + LEGEND_INDENT;
        for entry in entries {
            x += draw_mark(canvas, entry.mark, x, baseline - 4.2)? + 6.0;
            canvas.text(
                SheetPoint { x, y: baseline },
                &entry.text,
                lettering(12.5, ink::TEXT, Align::Left),
            )?;
            x += font::width(&entry.text, 12.5, Weight::Regular) * WIDER_FONT + 14.0;
        }
        Ok(())
    }

    /// Marks for moments, in a strip right under the panel: up in its upper, down in its lower row.
    pub(super) fn moments<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        moments: &[Moment],
    ) -> Result<(), PlotError> {
        let crowded = moments.len() as f64 > self.columns() / 9.0;
        for moment in moments {
            let x = self.x(moment.seconds);
            let middle = self.frame.bottom
                + match moment.mark {
                    LegendKey::Up(_) => 5.5,
                    _ => 12.5,
                };
            if crowded {
                let rect = Rect {
                    left: x - 0.5,
                    right: x + 0.5,
                    top: middle - 3.0,
                    bottom: middle + 3.0,
                };
                canvas.rect(rect, mark_ink(moment.mark))?;
            } else {
                draw_triangle(canvas, moment.mark, x, middle)?;
            }
        }
        Ok(())
    }
}

/// Something that happened at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) seconds: f64,
    pub(super) mark: LegendKey,
}
