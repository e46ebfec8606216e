//! What all pictures share: width, letterings, strokes, and the head with title and subtitle.

use super::ink;
use crate::draw::{Align, Dash, Drawing, Ink, Lettering, SheetPoint, Stroke, Weight, text_width};

/// The width of every picture in points; in a PNG, pixels.
pub const WIDTH: u32 = 1200;
/// What stays free to the right of a head.
pub(super) const MARGIN: f64 = 24.0;
/// The size of most texts.
pub(super) const SMALL: f64 = 12.0;
/// The size of a panel's heading.
pub(super) const HEADING_SIZE: f64 = 13.5;
/// The size of the names in a key.
pub(super) const KEY_SIZE: f64 = 13.0;
/// How much wider a viewer of vectors may set a text that lacks the shipped font (DejaVu Sans does).
pub(super) const WIDER_FONT: f64 = 1.17;
/// How strong the colour of a band is beside its line's.
pub(super) const BAND_STRENGTH: f64 = 0.2;

pub(super) const fn at(x: f64, y: f64) -> SheetPoint {
    SheetPoint { x, y }
}

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

/// Small and soft, as the values of an axis.
pub(super) const fn soft(align: Align) -> Lettering {
    lettering(SMALL, ink::TEXT_SOFT, align)
}

pub(super) const fn bold(size: f64) -> Lettering {
    Lettering {
        weight: Weight::Bold,
        ..lettering(size, ink::TEXT, Align::Left)
    }
}

/// The width of `text` in this lettering, in points.
pub(super) fn width_of(text: &str, lettering: Lettering) -> f64 {
    text_width(text, lettering.size, lettering.weight)
}

/// `text`, cut where it would be wider than `room`.
pub(super) fn shortened(text: &str, lettering: Lettering, room: f64) -> String {
    if width_of(text, lettering) <= room {
        return text.to_owned();
    }
    let mut letters: Vec<char> = text.chars().collect();
    loop {
        letters.pop();
        let cut: String = letters.iter().chain(&['…']).collect();
        if width_of(&cut, lettering) <= room || letters.is_empty() {
            return cut;
        }
    }
}

/// A sheet of this height with title and subtitle, which begin at `left`.
pub(super) fn titled_sheet(height: f64, left: f64, title: &str, subtitle: &str) -> Drawing {
    let mut drawing = Drawing::new(WIDTH, height.ceil() as u32);
    let room = f64::from(WIDTH) - left - MARGIN;
    let below = lettering(13.5, ink::TEXT_SOFT, Align::Left);
    let heading = bold(19.0);
    drawing.text(at(left, 32.0), shortened(title, heading, room), heading);
    drawing.text(at(left, 56.0), shortened(subtitle, below, room), below);
    drawing
}
