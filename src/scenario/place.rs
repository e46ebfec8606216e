//! Where a fault stands: a stretch of one line of a source, as it may be shown.
//!
//! Self-imposed limit: what nobody may see is covered here, once and for all.

use std::ops::Range;

use super::source::{Confidential, Origin, Sources};

/// Longest stretch of a line that a place keeps, in characters; what is shown of it is shorter still.
const LINE_CHARACTERS_MAX: usize = 4096;
/// Characters kept before the fault when a line is cut.
const LINE_CHARACTERS_BEFORE: usize = 1024;

/// Whether a shown line is there from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// From the first character on.
    Whole,
    /// Something before is left out.
    Cut,
}

/// A stretch of one line of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's path as it was given, or `--set`.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes of the whole source that are at fault.
    pub span: Range<usize>,
    /// The line's text, without its end; a long one is cut around the fault.
    pub text: String,
    /// The bytes of `text` that are at fault.
    pub mark: Range<usize>,
    /// Whether `text` begins with its line.
    pub start: LineStart,
}

impl Place {
    /// The place of `origin` in its source; a stretch of several lines is cut to its first.
    ///
    /// Stretches of the source that are hidden are not in its text.
    #[must_use]
    pub(crate) fn of(sources: &Sources, origin: Origin) -> Self {
        let source = sources.get(origin.source);
        let span = origin.start..origin.end;
        Self::showing(&source.name, &source.text, span, &source.confidential)
    }

    /// The place of the bytes `span` in `text`, which is called `name`.
    #[must_use]
    pub fn within(name: &str, text: &str, span: Range<usize>) -> Self {
        Self::showing(name, text, span, &Confidential::default())
    }

    /// The same place without anything of its line.
    #[must_use]
    pub(crate) fn covered(self) -> Self {
        Self {
            text: COVER.to_owned(),
            mark: 0..COVER.len(),
            start: LineStart::Cut,
            ..self
        }
    }

    fn showing(name: &str, text: &str, span: Range<usize>, confidential: &Confidential) -> Self {
        let start = floor_char_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let mark_start = (start - line_start).min(line.len());
        let mark_end = floor_char_boundary(
            line,
            span.end
                .saturating_sub(line_start)
                .clamp(mark_start, line.len()),
        )
        .max(mark_start);
        let column = line[..mark_start].chars().count() + 1;
        let hidden = confidential.covered(&(line_start..line_start + line.len()), &span);
        let covered = cover(line, line_start, mark_start..mark_end, &hidden);
        let (line, mark, is_covered) = match &covered {
            Some((line, mark)) => (line.as_str(), mark.clone(), true),
            None => (line, mark_start..mark_end, false),
        };
        let characters_before = line[..mark.start].chars().count();
        let (shown, mark, line_start_shown) = cut_line(line, characters_before, mark);
        Self {
            source: name.to_owned(),
            line: text[..line_start].matches('\n').count() + 1,
            column,
            span,
            text: shown,
            mark,
            start: if is_covered {
                LineStart::Cut
            } else {
                line_start_shown
            },
        }
    }
}

/// What stands in a shown line for what nobody may see.
const COVER: &str = "<hidden>";

/// `line`, which begins at byte `line_start` of its source, with [`COVER`] for its `hidden` stretches, and `mark` in it;
/// `None` where nothing of it is hidden.
fn cover(
    line: &str,
    line_start: usize,
    mark: Range<usize>,
    hidden: &[Range<usize>],
) -> Option<(String, Range<usize>)> {
    if hidden.is_empty() {
        return None;
    }
    // In a file of one long line nobody misses the rest of it.
    if line.len() > LINE_CHARACTERS_MAX * 4 {
        return Some((COVER.to_owned(), 0..COVER.len()));
    }
    let is_hidden = |at: usize| {
        hidden
            .iter()
            .any(|range| range.contains(&(line_start + at)))
    };
    let mut shown = String::new();
    let mut shown_mark = None;
    let mut was_hidden = false;
    let mut cover_start = 0;
    let mut mark_end = None;
    for (at, character) in line.char_indices() {
        let now_hidden = is_hidden(at);
        if now_hidden && !was_hidden {
            cover_start = shown.len();
            shown.push_str(COVER);
        }
        let here = if now_hidden { cover_start } else { shown.len() };
        if at >= mark.start {
            shown_mark.get_or_insert(here);
        }
        if at >= mark.end {
            mark_end.get_or_insert(if now_hidden { shown.len() } else { here });
        }
        if !now_hidden {
            shown.push(character);
        }
        was_hidden = now_hidden;
    }
    let start = shown_mark.unwrap_or(shown.len());
    let end = mark_end.unwrap_or(shown.len()).max(start);
    Some((shown, start..end))
}

/// The last character boundary at or before `index`.
fn floor_char_boundary(text: &str, index: usize) -> usize {
    let mut at = index.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What is shown of `line`: the whole, or a stretch around `mark` with `...` where something is left out.
fn cut_line(
    line: &str,
    characters_before: usize,
    mark: Range<usize>,
) -> (String, Range<usize>, LineStart) {
    if line.chars().count() <= LINE_CHARACTERS_MAX {
        return (line.to_owned(), mark, LineStart::Whole);
    }
    let skipped = characters_before.saturating_sub(LINE_CHARACTERS_BEFORE);
    let from = line.char_indices().nth(skipped).map_or(0, |(at, _)| at);
    let rest = &line[from..];
    let length = rest
        .char_indices()
        .nth(LINE_CHARACTERS_MAX)
        .map_or(rest.len(), |(at, _)| at);
    let lead = if from > 0 { "..." } else { "" };
    let trail = if length < rest.len() { "..." } else { "" };
    let shift = |at: usize| (at - from).min(length) + lead.len();
    let shown = format!("{lead}{}{trail}", &rest[..length]);
    let start = if from > 0 {
        LineStart::Cut
    } else {
        LineStart::Whole
    };
    (shown, shift(mark.start)..shift(mark.end), start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_knows_line_and_column_in_characters() {
        let text = "a = 1\r\nü = \"wrong\"\r\n";
        let start = text.find("\"wrong").expect("there");
        let place = Place::within("p.toml", text, start..start + 7);
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(place.text, "ü = \"wrong\"");
        assert_eq!(&place.text[place.mark], "\"wrong\"");
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let text = format!("{}FAULT{}", "x".repeat(5000), "y".repeat(5000));
        let place = Place::within("p.toml", &text, 5000..5005);
        assert_eq!(place.column, 5001);
        assert!(place.text.len() < 4200, "{}", place.text.len());
        assert!(place.text.starts_with("...x") && place.text.ends_with("y..."));
        assert_eq!(&place.text[place.mark], "FAULT");
    }

    #[test]
    fn a_place_beyond_the_end_is_the_end() {
        let place = Place::within("p.toml", "ab", 7..9);
        assert_eq!((place.line, place.column), (1, 3));
    }

    #[test]
    fn what_is_hidden_is_covered_and_the_mark_stays_where_it_was() {
        let text = "{\"a\": \"s3cret\", \"b\": 1}";
        let hidden = Confidential::of_hidden(vec![Range { start: 5, end: 14 }]);
        let place = Place::showing("m.json", text, 21..22, &hidden);
        assert_eq!(place.text, "{\"a\":<hidden>, \"b\": 1}");
        assert_eq!(&place.text[place.mark], "1");
        assert_eq!((place.line, place.column), (1, 22));
        let inside = Place::showing("m.json", text, 8..9, &hidden);
        assert_eq!(&inside.text[inside.mark], "<hidden>");
    }
}
