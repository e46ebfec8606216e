//! A style around a line of text: the only place of the renderers that writes terminal escapes.
//!
//! Self-imposed limit: one line; what is not seen in it becomes visible, so the escapes are our own.

use anstyle::Style;

use super::summary::Coloring;
use crate::text::visible;

/// `text` as one line in `style`.
pub(super) fn painted(text: &str, style: Style, coloring: Coloring) -> String {
    let text = visible(text);
    match coloring {
        Coloring::Ansi if style != Style::new() => {
            format!("{}{text}{}", style.render(), style.render_reset())
        }
        _ => text.into_owned(),
    }
}
