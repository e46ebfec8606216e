//! The shipped font: how wide a text is, and its dots.
//!
//! The bytes of one family in two weights are in the binary, so that a machine without fonts draws the same picture.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, ScaleFont};

use super::marks::Weight;
use crate::text::visible;

/// Roboto's x-height in em.
pub(super) const X_HEIGHT: f64 = 0.528;

/// Roboto (SIL Open Font License 1.1, `src/draw/fonts/LICENSE.txt`).
static REGULAR: &[u8] = include_bytes!("fonts/Roboto-Regular.ttf");
static BOLD: &[u8] = include_bytes!("fonts/Roboto-Bold.ttf");

static REGULAR_FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(REGULAR).ok());
static BOLD_FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(BOLD).ok());

/// The weight's face; a test asserts that it can be read.
fn face(weight: Weight) -> Option<&'static FontRef<'static>> {
    match weight {
        Weight::Regular => REGULAR_FONT.as_ref(),
        Weight::Bold => BOLD_FONT.as_ref(),
    }
}

/// The scale at which an em is `size` long: the font library counts from ascent to descent.
fn scale(face: &FontRef<'_>, size: f64) -> f32 {
    let em = face.units_per_em().unwrap_or(1000.0);
    size as f32 * face.height_unscaled() / em
}

/// How wide `text` is as it is drawn, characters that cannot be seen as escapes, when an em is `size`; in the unit of `size`.
#[must_use]
pub fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    let Some(face) = face(weight) else {
        return 0.0;
    };
    let font = face.as_scaled(scale(face, size));
    let mut width = 0.0;
    let mut previous = None;
    for letter in visible(text).chars() {
        let glyph = font.glyph_id(letter);
        if let Some(previous) = previous {
            width += font.kern(previous, glyph);
        }
        width += font.h_advance(glyph);
        previous = Some(glyph);
    }
    f64::from(width)
}

/// Gives every dot that `text` covers to `dot` (x, y, coverage 0..1), its `baseline` beginning at `left`.
pub(super) fn draw<E>(
    text: &str,
    (left, baseline): (f64, f64),
    size: f64,
    weight: Weight,
    mut dot: impl FnMut(i32, i32, f32) -> Result<(), E>,
) -> Result<(), E> {
    let Some(face) = face(weight) else {
        return Ok(());
    };
    let font = face.as_scaled(scale(face, size));
    let mut x = left as f32;
    let mut previous = None;
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        if let Some(previous) = previous {
            x += font.kern(previous, id);
        }
        let glyph = id.with_scale_and_position(font.scale(), ab_glyph::point(x, baseline as f32));
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            let (left, top) = (corner.x as i32, corner.y as i32);
            let mut fault = None;
            outline.draw(|column, row, coverage| {
                if fault.is_none() && coverage > 0.0 {
                    let place = (left + column as i32, top + row as i32);
                    fault = dot(place.0, place.1, coverage.min(1.0)).err();
                }
            });
            if let Some(fault) = fault {
                return Err(fault);
            }
        }
        x += font.h_advance(id);
        previous = Some(id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_fonts_have_every_letter_that_is_drawn() {
        let letters = "0:05 ·…µ%(),.<=>/aZ äöüéñ";
        for letter in letters.chars() {
            let face = face(Weight::Regular).expect("the font");
            assert_ne!(face.glyph_id(letter).0, 0, "{letter} is missing");
        }
    }

    #[test]
    fn the_shipped_fonts_can_be_read() {
        for weight in [Weight::Regular, Weight::Bold] {
            assert!(face(weight).is_some());
            assert!(text_width("0:05", 12.0, weight) > 20.0);
        }
    }
}
