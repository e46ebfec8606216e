//! Prose for the terminal: lines that are broken between words at the width of a table.
//!
//! The width does not depend on the terminal, so a page is the same in a pipe. Paths, commands and data stay whole.

use super::human::lines_of;
use super::table::COLUMNS_MAX;

/// `lead` and `text` as lines of at most [`COLUMNS_MAX`] columns, each with its end; further lines are indented by the width of
/// `lead`.
///
/// A text that fits stays as it is, with its spaces. A longer word has a line of its own.
pub(super) fn folded(lead: &str, text: &str) -> String {
    let indent = lead.chars().count();
    let fits = |line: &str| indent + line.chars().count() <= COLUMNS_MAX;
    if fits(text) {
        return format!("{lead}{text}\n");
    }
    // `41 ± 5` and `95 %` stay on one line.
    let joined = text
        .replace(" ± ", "\u{a0}±\u{a0}")
        .replace(" %", "\u{a0}%");
    let words: Vec<String> = joined
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let lines = lines_of(&words, fits);
    let lines = lines.iter().enumerate().map(|(index, line)| {
        let line = line.replace('\u{a0}', " ");
        match index {
            0 => format!("{lead}{line}\n"),
            _ => format!("{:indent$}{line}\n", ""),
        }
    });
    lines.collect()
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
