//! Pictures as data, and their bytes: a list of marks becomes SVG or PNG.
//!
//! A [`Drawing`] holds rectangles, paths and texts at places in points. Code that makes one cannot fail;
//! only [`Drawing::to_svg`] and [`Drawing::to_png`] can, with a [`DrawError`].

mod draw_error;
mod font;
mod marks;
mod pixels;
mod vectors;

pub use draw_error::DrawError;
pub use font::text_width;
pub use marks::{
    Align, Dash, Drawing, Ink, Lettering, Mark, Paint, Rect, SheetPoint, Stroke, Weight,
};
