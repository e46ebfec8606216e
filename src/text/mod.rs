//! Outside text, made safe for its destination: terminal, JSON, CSV, Markdown.
//!
//! File content, names, labels, paths and arguments may contain characters that change the display: terminal escapes, line ends,
//! right-to-left controls, characters without width. A spreadsheet takes a cell that begins with `=` for a formula, and Markdown takes
//! `<` for HTML. Each submodule is the only way to one destination.

pub mod csv_cell;
pub mod json;
pub mod markdown;
pub mod rounding;

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

/// Whether a character affects the text around it, or is invisible.
///
/// These are the control characters (C0, DEL, C1), the separators of lines and paragraphs, Unicode's default-ignorable code points
/// (bidirectional controls, zero-width characters, fillers, variation selectors, tags), interlinear annotations and noncharacters.
/// Spaces of any width count as visible.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    // Nearly all text is ASCII.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    // https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, as of Unicode 16.
    matches!(
        character,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || u32::from(character) & 0xfffe == 0xfffe
}

/// `text` as one line that shows all its characters: invisible ones become `\n`, `\r`, `\t` or `\u{1b}`.
///
/// The escapes are those of Rust's string literals. Applying the function again changes nothing.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_unseen)
}

/// `text` with visible escapes, except for its lines and tabs, which stay.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| {
        is_unseen(character) && !matches!(character, '\n' | '\t')
    })
}

/// `text` that hpasim has coloured, with visible escapes, except for line ends, tabs and colour sequences.
///
/// It is a last resort below the renderers, because it cannot distinguish hpasim's colours from those of a file.
#[must_use]
pub fn visible_coloured(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return visible_lines(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, sequence) = rest.split_at(at);
        shown.push_str(&visible_lines(before));
        let length = colour_length(sequence).unwrap_or(0);
        let (colour, behind) = sequence.split_at(length);
        shown.push_str(colour);
        rest = behind;
        if length == 0 {
            push_escape(&mut shown, '\u{1b}');
            rest = &rest[1..];
        }
    }
    shown.push_str(&visible_lines(rest));
    Cow::Owned(shown)
}

/// The length of the sequence `ESC [ digits m` at the start of `text`.
fn colour_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let length = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    parameters[length..]
        .starts_with('m')
        .then_some("\u{1b}[".len() + length + 1)
}

/// The visible form of a line that may contain tabs, and the new position of the bytes `mark`.
#[must_use]
pub fn visible_marked(line: &str, mark: Range<usize>) -> (Cow<'_, str>, Range<usize>) {
    let keep_tabs = |part| escaped(part, |it| is_unseen(it) && it != '\t');
    let (Some(before), Some(marked), Some(behind)) = (
        line.get(..mark.start),
        line.get(mark.clone()),
        line.get(mark.end..),
    ) else {
        return (keep_tabs(line), 0..0);
    };
    let (before, marked, behind) = (keep_tabs(before), keep_tabs(marked), keep_tabs(behind));
    let start = before.len();
    let end = start + marked.len();
    if end + behind.len() == line.len() {
        return (Cow::Borrowed(line), mark);
    }
    (Cow::Owned(format!("{before}{marked}{behind}")), start..end)
}

/// `text` with an escape for each character for which `is_escaped` holds.
fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_escaped) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut shown = clean.to_owned();
    for character in rest.chars() {
        if is_escaped(character) {
            push_escape(&mut shown, character);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn push_escape(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        other => {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(other));
        }
    }
}

/// A word as a shell takes it: in quotes where it has special characters.
#[must_use]
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@,%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests;
