//! The place of a fault: a part of one line of a source, in printable form.
//!
//! Only this module hides confidential text. Other modules decide which text is confidential.

use std::ops::Range;

use super::source::{Confidential, Origin, Sources};
use super::text_marks::TextMarks;

/// The longest part of a line that a place keeps, in characters. Messages show less.
const LINE_CHARACTERS_MAX: usize = 4096;
/// The characters kept before the fault of a cut line.
const LINE_CHARACTERS_BEFORE: usize = 1024;
/// The longest line that is read as a whole.
const SHORT_LINE_BYTES_MAX: usize = 4 * LINE_CHARACTERS_MAX;

/// Whether the text of a place begins at the start of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// The text begins with the first character.
    Whole,
    /// The text omits the start of the line.
    Cut,
}

/// A part of one line of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's path as given, or `--set`.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The faulty bytes of the whole source.
    pub span: Range<usize>,
    /// The line's text without its end; a long line is cut around the fault.
    pub text: String,
    /// The faulty bytes of `text`.
    pub mark: Range<usize>,
    /// Whether `text` begins at the start of the line.
    pub start: LineStart,
}

impl Place {
    /// The place of `origin` in its source; a range of several lines is cut to its first line.
    ///
    /// The text does not contain hidden parts of the source.
    #[must_use]
    pub(crate) fn of(sources: &Sources, origin: Origin) -> Self {
        let source = sources.get(origin.source);
        let written = Written {
            text: &source.text,
            marks: &source.marks,
            confidential: &source.confidential,
        };
        Self::showing(&source.name, &written, origin.start..origin.end)
    }

    /// The place of `origin`; the text contains only the faulty part.
    #[must_use]
    pub(crate) fn of_alone(sources: &Sources, origin: Origin) -> Self {
        let mut place = Self::of(sources, origin);
        place.text = place.text[place.mark.clone()].to_owned();
        place.mark = 0..place.text.len();
        place.start = match place.column {
            1 => LineStart::Whole,
            _ => LineStart::Cut,
        };
        place
    }

    /// The place of the bytes `span` in `text`, which has the name `name`.
    #[must_use]
    pub fn within(name: &str, text: &str, span: Range<usize>) -> Self {
        let written = Written {
            text,
            marks: &TextMarks::of(text),
            confidential: &Confidential::default(),
        };
        Self::showing(name, &written, span)
    }

    /// Whether the text has a cover instead of a confidential part.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.text.contains(COVER)
    }

    /// The same place without text.
    #[must_use]
    pub(crate) fn covered(self) -> Self {
        Self {
            text: COVER.to_owned(),
            mark: 0..COVER.len(),
            start: LineStart::Cut,
            ..self
        }
    }

    fn showing(name: &str, written: &Written<'_>, span: Range<usize>) -> Self {
        let Written { text, marks, .. } = *written;
        let start = floor_char_boundary(text, span.start);
        let (line, line_start) = marks.line_at(text, start);
        let excerpt = match written.short_line(line_start) {
            Some(line) => written.of_short_line(line, line_start, start..span.end),
            None => written.of_long_line(line_start, start..span.end),
        };
        Self {
            source: name.to_owned(),
            line,
            column: marks.characters_between(text, line_start, start) + 1,
            span,
            text: excerpt.text,
            mark: excerpt.mark,
            start: excerpt.start,
        }
    }
}

/// A text with its marks and confidential parts.
#[derive(Clone, Copy)]
struct Written<'t> {
    text: &'t str,
    marks: &'t TextMarks,
    confidential: &'t Confidential,
}

/// The printed part of a line.
struct Excerpt {
    text: String,
    mark: Range<usize>,
    start: LineStart,
}

impl Excerpt {
    /// A part of a line, with dots where the line begins before it or goes on behind it.
    fn of(part: &str, mark: Range<usize>, begins_before: bool, goes_on: bool) -> Self {
        let dots = |is_cut: bool| if is_cut { "..." } else { "" };
        let (lead, trail) = (dots(begins_before), dots(goes_on));
        Self {
            text: format!("{lead}{part}{trail}"),
            mark: mark.start + lead.len()..mark.end + lead.len(),
            start: if begins_before {
                LineStart::Cut
            } else {
                LineStart::Whole
            },
        }
    }
}

impl<'t> Written<'t> {
    /// The line that begins at `line_start`, without its end; `None` if it is long.
    fn short_line(&self, line_start: usize) -> Option<&'t str> {
        let rest = &self.text.as_bytes()[line_start..];
        let looked_at = &rest[..rest.len().min(SHORT_LINE_BYTES_MAX + 1)];
        let length = match memchr::memchr(b'\n', looked_at) {
            Some(length) => length,
            None if rest.len() <= SHORT_LINE_BYTES_MAX => rest.len(),
            None => return None,
        };
        let line = &self.text[line_start..line_start + length];
        Some(line.trim_end_matches('\r'))
    }

    fn of_short_line(&self, line: &str, line_start: usize, span: Range<usize>) -> Excerpt {
        let mark_start = (span.start - line_start).min(line.len());
        let mark_end = span
            .end
            .saturating_sub(line_start)
            .clamp(mark_start, line.len());
        let mark_end = floor_char_boundary(line, mark_end).max(mark_start);
        let mark = mark_start..mark_end;
        let shown = line_start..line_start + line.len();
        let hidden = self.confidential.covered(&shown, &span);
        let Some((line, mark)) = cover(line, line_start, mark.clone(), &hidden) else {
            return cut_line(line, mark);
        };
        Excerpt {
            start: LineStart::Cut,
            ..cut_line(&line, mark)
        }
    }

    /// The excerpt of a long line. It reads only the part around the fault, because a line may have thousands of faults.
    fn of_long_line(&self, line_start: usize, span: Range<usize>) -> Excerpt {
        if self.hides_some_of_line(line_start) {
            return Excerpt {
                text: COVER.to_owned(),
                mark: 0..COVER.len(),
                start: LineStart::Cut,
            };
        }
        let text = self.text;
        let before = text[line_start..span.start].char_indices().rev();
        let from = before
            .take(LINE_CHARACTERS_BEFORE)
            .last()
            .map_or(span.start, |(at, _)| line_start + at);
        let to = text[from..]
            .char_indices()
            .nth(LINE_CHARACTERS_MAX)
            .map_or(text.len(), |(at, _)| from + at);
        let shown = &text[from..to];
        let end_of_line = shown.find('\n');
        let shown = end_of_line.map_or(shown, |end| &shown[..end]);
        let goes_on = end_of_line.is_none() && to < text.len();
        let mark_start = span.start - from;
        let mark_end = span.end.saturating_sub(from).clamp(mark_start, shown.len());
        let mark_end = floor_char_boundary(shown, mark_end).max(mark_start);
        Excerpt::of(shown, mark_start..mark_end, from > line_start, goes_on)
    }

    /// Whether a part of the line that begins at `line_start` is hidden.
    fn hides_some_of_line(&self, line_start: usize) -> bool {
        let Confidential {
            hidden, guarded, ..
        } = self.confidential;
        [hidden, guarded].into_iter().any(|stretches| {
            let behind = stretches.partition_point(|range| range.end <= line_start);
            stretches.get(behind).is_some_and(|range| {
                range.start <= line_start
                    || self.marks.line_at(self.text, range.start).1 == line_start
            })
        })
    }
}

/// The text that replaces a confidential part.
const COVER: &str = "<hidden>";

/// `line`, which begins at byte `line_start` of its source, with [`COVER`] instead of its `hidden` parts, and `mark` in the new
/// text; `None` if no part is hidden.
fn cover(
    line: &str,
    line_start: usize,
    mark: Range<usize>,
    hidden: &[Range<usize>],
) -> Option<(String, Range<usize>)> {
    if hidden.is_empty() {
        return None;
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

/// The printed part of `line`: the whole, or a part around `mark` with `...` for each omission.
fn cut_line(line: &str, mark: Range<usize>) -> Excerpt {
    if line.chars().count() <= LINE_CHARACTERS_MAX {
        return Excerpt::of(line, mark, false, false);
    }
    let characters_before = line[..mark.start].chars().count();
    let skipped = characters_before.saturating_sub(LINE_CHARACTERS_BEFORE);
    let from = line.char_indices().nth(skipped).map_or(0, |(at, _)| at);
    let rest = &line[from..];
    let length = rest
        .char_indices()
        .nth(LINE_CHARACTERS_MAX)
        .map_or(rest.len(), |(at, _)| at);
    let shift = |at: usize| (at - from).min(length);
    let mark = shift(mark.start)..shift(mark.end);
    Excerpt::of(&rest[..length], mark, from > 0, length < rest.len())
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
    fn a_very_long_line_is_cut_around_the_fault_without_a_look_at_all_of_it() {
        let text = format!(
            "first\n{}FAULT{}\nlast",
            "ü".repeat(50_000),
            "y".repeat(50_000)
        );
        let start = text.find("FAULT").expect("there");
        let place = Place::within("p.toml", &text, start..start + 5);
        assert_eq!((place.line, place.column), (2, 50_001));
        assert_eq!(place.text.chars().count(), LINE_CHARACTERS_MAX + 6);
        assert!(place.text.starts_with("...ü") && place.text.ends_with("y..."));
        assert_eq!(&place.text[place.mark], "FAULT");
        let end = Place::within("p.toml", &text, start + 50_000..start + 50_010);
        assert!(end.text.ends_with("yyy") && end.start == LineStart::Cut);
    }

    #[test]
    fn a_very_long_line_with_something_hidden_is_covered() {
        let text = format!("a\n{}\nb", "x".repeat(100_000));
        let covered = |hidden: Range<usize>| {
            let written = Written {
                text: &text,
                marks: &TextMarks::of(&text),
                confidential: &Confidential::of_hidden(vec![hidden]),
            };
            Place::showing("m.json", &written, 50_000..50_001).text == COVER
        };
        assert!(covered(10..20) && covered(99_000..99_010) && covered(0..3));
        assert!(!covered(0..1) && !covered(100_003..100_004));
    }

    #[test]
    fn a_place_beyond_the_end_is_the_end() {
        let place = Place::within("p.toml", "ab", 7..9);
        assert_eq!((place.line, place.column), (1, 3));
    }

    #[test]
    fn what_is_hidden_is_covered_and_the_mark_stays_where_it_was() {
        let text = "{\"a\": \"s3cret\", \"b\": 1}";
        let written = Written {
            text,
            marks: &TextMarks::of(text),
            confidential: &Confidential::of_hidden(vec![Range { start: 5, end: 14 }]),
        };
        let place = Place::showing("m.json", &written, 21..22);
        assert_eq!(place.text, "{\"a\":<hidden>, \"b\": 1}");
        assert_eq!(&place.text[place.mark], "1");
        assert_eq!((place.line, place.column), (1, 22));
        let inside = Place::showing("m.json", &written, 8..9);
        assert_eq!(&inside.text[inside.mark], "<hidden>");
    }
}
