//! A style around a line of text: the only place of the renderers that writes terminal escapes.
//!
//! One line at a time. Invisible characters in it become visible, so all escapes are our own.

use anstyle::Style;

use crate::text::visible;

/// Whether text may carry the terminal's colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Text alone.
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// `text` as one line in `style`.
pub(super) fn painted(text: &str, style: Style, colour: Colour) -> String {
    let text = visible(text);
    match colour {
        Colour::Ansi if style != Style::new() => {
            format!("{}{text}{}", style.render(), style.render_reset())
        }
        _ => text.into_owned(),
    }
}
