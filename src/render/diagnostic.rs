//! Diagnostics as text: code, place, the line with a caret, the remedy.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::paint::Colour;
use crate::scenario::{Diagnostic, Diagnostics, LineStart, Severity};
use crate::text::{visible, visible_marked};

/// All diagnostics, an empty line between two, and how many were left out.
#[must_use]
pub fn render_diagnostics(diagnostics: &Diagnostics, colour: Colour) -> String {
    let mut text = String::new();
    for diagnostic in &diagnostics.list {
        text.push_str(&render_diagnostic(diagnostic, colour));
        text.push_str("\n\n");
    }
    let omitted = diagnostics.omitted.count();
    if omitted > 0 {
        text.push_str(&format!("... and {omitted} more\n\n"));
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// One diagnostic, without a line end at its end.
#[must_use]
pub fn render_diagnostic(diagnostic: &Diagnostic, colour: Colour) -> String {
    render_with_reason(diagnostic, None, None, colour)
}

/// The same with the object that it is about, and the reason why it matters.
#[must_use]
pub fn render_with_reason(
    diagnostic: &Diagnostic,
    object: Option<&str>,
    why: Option<&str>,
    colour: Colour,
) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level
        .primary_title(visible(&diagnostic.message))
        .id(diagnostic.code.number());
    let help = visible(&diagnostic.help);
    let Some(place) = &diagnostic.place else {
        let title = renderer(colour).render(&[Group::with_title(title)]);
        let help = Group::with_title(Level::HELP.secondary_title(help));
        return format!("{title}\n{}", renderer(colour).render(&[help]));
    };
    let (line, mark) = visible_marked(&place.text, place.mark.clone());
    let is_column_kept = line.get(..mark.start) == place.text.get(..place.mark.start);
    let source = visible(&place.source);
    let snippet = Snippet::source(line)
        .line_start(place.line)
        .annotation(AnnotationKind::Primary.span(mark));
    let group = if place.start == LineStart::Whole && is_column_kept {
        title.element(snippet.path(source))
    } else {
        // The column within what is shown of the line is not the column in the file.
        title
            .element(
                Origin::path(source)
                    .line(place.line)
                    .char_column(place.column),
            )
            .element(snippet)
    };
    let group = match object {
        Some(object) => {
            let level = Level::NOTE.with_name("object");
            group.element(level.message(visible(object)))
        }
        None => group,
    };
    let group = match why {
        Some(why) => group.element(Level::NOTE.message(visible(why))),
        None => group,
    };
    let group = if place.is_covered() {
        group.element(Level::NOTE.message(COVERED))
    } else {
        group
    };
    renderer(colour).render(&[group.element(Level::HELP.message(help))])
}

/// Why a line is not shown as it is.
const COVERED: &str = "`<hidden>` replaces text that may be secret";

fn renderer(colour: Colour) -> Renderer {
    match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    }
}
