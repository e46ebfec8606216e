//! Outside text as a CSV cell that no spreadsheet takes for a formula.
//!
//! The caller adds quotes and commas.
//!
//! Excel and LibreOffice evaluate cells that begin with `=`, `+`, `-` or `@`, also after spaces and control characters. A formula may
//! start programs or send other cells away (<https://owasp.org/www-community/attacks/CSV_Injection>). Such a cell gets the prefix
//! [`GUARD`], which makes it text. Numbers stay unchanged.

use std::borrow::Cow;

use super::{is_unseen, visible, visible_lines};

/// The prefix that makes a cell text.
pub const GUARD: char = '\'';

/// `text` as a cell that is not a formula.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if needs_guard(text) {
        Cow::Owned(format!("{GUARD}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text from which [`guarded`] made `cell`.
#[must_use]
pub fn original(cell: &str) -> &str {
    match cell.strip_prefix(GUARD) {
        Some(text) if needs_guard(text) => text,
        _ => cell,
    }
}

/// A `#` line without a formula in any cell: a spreadsheet divides the line at commas, semicolons and tabs.
#[must_use]
pub fn guarded_comment(line: &str) -> Cow<'_, str> {
    if !line.split(is_separator).any(needs_guard_in_comment) {
        return Cow::Borrowed(line);
    }
    let mut comment = String::with_capacity(line.len() + 1);
    for cell in line.split_inclusive(is_separator) {
        if needs_guard_in_comment(cell.trim_end_matches(is_separator)) {
            comment.push(GUARD);
        }
        comment.push_str(cell);
    }
    Cow::Owned(comment)
}

/// The line from which [`guarded_comment`] made `comment`.
#[must_use]
pub fn original_comment(comment: &str) -> Cow<'_, str> {
    if !comment.contains(GUARD) {
        return Cow::Borrowed(comment);
    }
    let cells = comment.split_inclusive(is_separator);
    let originals = cells.map(|cell| match cell.strip_prefix(GUARD) {
        Some(text) if needs_guard_in_comment(text.trim_end_matches(is_separator)) => text,
        _ => cell,
    });
    Cow::Owned(originals.collect())
}

/// Whether a spreadsheet divides a comment at this character.
fn is_separator(letter: char) -> bool {
    matches!(letter, ',' | ';' | '\t')
}

/// Whether a spreadsheet would evaluate the cell of a comment. Quotes around a cell do not count.
///
/// A cell that begins with the guard gets a second one, so that [`original_comment`] restores every line.
fn needs_guard_in_comment(cell: &str) -> bool {
    let text = cell.trim_start_matches(GUARD);
    [cell, text]
        .iter()
        .any(|text| needs_guard(text.trim().trim_matches('"')))
}

/// CSV for a terminal: invisible characters become visible, and a line end within quotes does not end the line.
#[must_use]
pub fn visible_csv(csv: &str) -> Cow<'_, str> {
    if !csv.contains('"') {
        return visible_lines(csv);
    }
    let mut shown = String::with_capacity(csv.len());
    let mut is_quoted = false;
    for line in csv.split_inclusive('\n') {
        let is_comment = !is_quoted && line.starts_with('#');
        let (content, end) = match line.strip_suffix('\n') {
            Some(content) => (content, "\n"),
            None => (line, ""),
        };
        shown.push_str(&visible(content));
        is_quoted ^= !is_comment && content.matches('"').count() % 2 == 1;
        shown.push_str(if is_quoted && !end.is_empty() {
            "\\n"
        } else {
            end
        });
    }
    Cow::Owned(shown)
}

/// Whether two names denote the same column, in the original form or in the form that hpasim writes or prints.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    one == other || visible(original(one)) == visible(original(other))
}

/// Whether a spreadsheet would evaluate the cell. A cell that begins with the guard gets a second one, so that [`original`] restores
/// every text.
fn needs_guard(text: &str) -> bool {
    let shown = text.trim_start_matches(|it: char| it.is_whitespace() || is_unseen(it));
    let mut letters = shown.chars();
    match letters.next() {
        // Excel also evaluates the wide forms in Chinese, Japanese and Korean versions.
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => {
            !letters.as_str().trim().is_empty() && !is_number(shown)
        }
        Some(GUARD) => needs_guard(letters.as_str()),
        _ => false,
    }
}

/// Whether a text is a number such as `-0.5` or `+1e3`; Rust's words such as `inf` do not count.
fn is_number(text: &str) -> bool {
    let text = text.trim_end();
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_gets_a_guard() {
        for formula in [
            "=1+1",
            "=HYPERLINK(\"https://example.com\")",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "-5s",
            "--1",
            "@SUM(A1)",
            " =1",
            "\t=1",
            "\r=1",
            "\n=1",
            "\u{feff}=1",
            "\u{200b}\u{a0}-x",
            "＝1+1",
            "-inf",
            "+nan",
            "=5",
        ] {
            assert_eq!(guarded(formula), format!("'{formula}"), "{formula:?}");
            assert_eq!(original(&guarded(formula)), formula, "{formula:?}");
        }
    }

    #[test]
    fn numbers_and_plain_text_stay() {
        for plain in [
            "", "-", "+", "=", "@", "-0.5", "+1e3", "-1E-7", "-.5", " -3 ", "prod", "a=b", "it's",
            "'quoted'", "30s", "1-2", "a@b", "'",
        ] {
            assert_eq!(guarded(plain), plain, "{plain:?}");
            assert_eq!(original(plain), plain, "{plain:?}");
        }
    }

    #[test]
    fn a_text_that_looks_guarded_comes_back_as_it_was() {
        for text in ["'=1", "''=1", "' =1"] {
            assert_ne!(guarded(text), text);
            assert_eq!(original(&guarded(text)), text);
        }
    }

    #[test]
    fn a_cell_on_a_terminal_stays_in_its_line() {
        let csv = "# it's 5\" wide\na,\"b\n\"\"c\"\"\r\nd\u{1b}\"\n1,2\n";
        let shown = "# it's 5\" wide\na,\"b\\n\"\"c\"\"\\r\\nd\\u{1b}\"\n1,2\n";
        assert_eq!(visible_csv(csv), shown);
        assert_eq!(visible_csv("a,b\u{202e}\n1,2\n"), "a,b\\u{202e}\n1,2\n");
    }

    #[test]
    fn a_column_is_found_by_its_name_as_it_is_written_or_printed() {
        let name = "=a\n\u{202e}b";
        for written in [name, "'=a\n\u{202e}b", r"'=a\n\u{202e}b"] {
            assert!(is_same_name(name, written), "{written:?}");
            assert!(is_same_name(written, name), "{written:?}");
        }
        assert!(!is_same_name("a", "'a"));
    }

    #[test]
    fn no_cell_of_a_comment_is_a_formula() {
        let comment = |line| guarded_comment(line).into_owned();
        assert_eq!(
            comment("# traces: a, =1+1, -5, b;@x"),
            "# traces: a,' =1+1, -5, b;'@x"
        );
        assert_eq!(comment("# set: a=\"b\",\"=1\""), "# set: a=\"b\",'\"=1\"");
        assert_eq!(comment("# seed: 1"), "# seed: 1");
        assert_eq!(comment("# set: x=-1,y"), "# set: x=-1,y");
    }

    #[test]
    fn a_guarded_comment_comes_back_as_it_was() {
        for line in [
            "# set: a=1,2",
            "# set: x=it's,'y'",
            "# set: x==1,'=1,''=1,' =1,'\"=1\",' \"=1\"",
            "# trace: a;=b\t+c,-1,",
            "# set: s='-x','\u{200b}=2, '@y",
            "=1,,=2;",
        ] {
            assert_eq!(original_comment(&guarded_comment(line)), line, "{line:?}");
        }
    }
}
