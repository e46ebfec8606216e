//! Prose for the terminal: lines that are broken between words at the width of a table.
//!
//! The width does not depend on the terminal, so a page is the same in a pipe. Paths, commands and data stay whole.

use unicode_width::UnicodeWidthStr;

use super::table::COLUMNS_MAX;

/// `lead` and `text` as lines of at most [`COLUMNS_MAX`] columns, each with its end; further lines are indented by the width of
/// `lead`.
///
/// The spaces where a line is broken go; all other spaces stay. A longer word has a line of its own.
pub(super) fn folded(lead: &str, text: &str) -> String {
    let indent = lead.width();
    // `41 ± 5` and `95 %` stay on one line.
    let joined = text
        .replace(" ± ", "\u{a0}±\u{a0}")
        .replace(" %", "\u{a0}%");
    let mut page = lead.to_owned();
    let mut rest = joined.as_str();
    while let Some(end) = line_end(rest, COLUMNS_MAX.saturating_sub(indent)) {
        page.push_str(rest[..end].trim_end_matches(' '));
        page.push_str(&format!("\n{:indent$}", ""));
        rest = rest[end..].trim_start_matches(' ');
    }
    page.push_str(rest);
    page.push('\n');
    page.replace('\u{a0}', " ")
}

/// The space at which `text` is broken to fit into `columns`; `None` where it fits or has no space.
fn line_end(text: &str, columns: usize) -> Option<usize> {
    let ended = text.trim_end_matches(' ');
    if ended.width() <= columns {
        return None;
    }
    let spaces = ended
        .match_indices(' ')
        .map(|(at, _)| at)
        .filter(|at| !text[..*at].trim_start_matches(' ').is_empty());
    let mut end = None;
    for at in spaces {
        if end.is_some() && text[..at].width() > columns {
            break;
        }
        end = Some(at);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_broken_between_words_and_indented_under_its_beginning() {
        let text = "the proposed policy hardly scales: like a fixed number of pods, it fits this traffic and no other";
        insta::assert_snapshot!(folded("warning: ", text), @"
        warning: the proposed policy hardly scales: like a fixed number of pods, it fits
                 this traffic and no other
        ");
    }

    #[test]
    fn only_the_spaces_of_a_break_go() {
        let name = "a  b";
        let word = "x".repeat(40);
        assert_eq!(
            folded("", &format!("{name} {word}   {word} {name}")),
            format!("{name} {word}\n{word} {name}\n")
        );
    }

    #[test]
    fn a_character_of_two_columns_counts_twice() {
        let word = "\u{8ca0}".repeat(20);
        assert_eq!(
            folded("in ", &format!("{word} {word}")),
            format!("in {word}\n   {word}\n")
        );
    }

    #[test]
    fn a_value_stays_with_its_interval_and_its_unit() {
        let text =
            "Over 3 seeds, fast takes 1.18 ± 0.01 times the pod hours of prod and saves 41 ± 5 %";
        insta::assert_snapshot!(folded("", text), @"
        Over 3 seeds, fast takes 1.18 ± 0.01 times the pod hours of prod and saves
        41 ± 5 %
        ");
    }

    #[test]
    fn a_text_that_fits_keeps_its_spaces_and_a_long_word_stays_whole() {
        assert_eq!(folded("", "min 1   max 2"), "min 1   max 2\n");
        let path = "x".repeat(2 * COLUMNS_MAX);
        assert_eq!(folded("in ", &path), format!("in {path}\n"));
    }
}
