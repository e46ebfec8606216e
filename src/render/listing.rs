//! Items joined by commas, in the lines of a summary.

use super::human;
use crate::text::visible;

/// The most columns of a line.
pub(super) const WIDTH: usize = 72;

/// `items` behind `lead`, joined by commas, in lines of at most [`WIDTH`] columns.
pub(super) fn wrapped(lead: &str, items: &[String]) -> Vec<String> {
    let items: Vec<String> = items.iter().map(|it| visible(it).into_owned()).collect();
    let lines = filled(&items, WIDTH - lead.len());
    let indent = " ".repeat(lead.len());
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| format!("{}{line}", if index == 0 { lead } else { &indent }))
        .collect()
}

/// `items` joined by commas in lines of at most `columns`; a longer item is broken between words, and within a table in braces only where that does not fit a line.
pub(super) fn filled(items: &[String], columns: usize) -> Vec<String> {
    let fits = |line: &str| line.chars().count() <= columns;
    let parts: Vec<String> = human::with_commas(items)
        .into_iter()
        .flat_map(|item| {
            if fits(&item) {
                vec![item]
            } else {
                words_of(&item)
                    .into_iter()
                    .flat_map(|word| {
                        if fits(&word) {
                            vec![word]
                        } else {
                            assignments_of(&word)
                        }
                    })
                    .collect()
            }
        })
        .collect();
    human::lines_of(&parts, fits)
}

/// The words of a table in braces; a key stays with its value, and a brace with what it opens.
fn assignments_of(table: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for piece in table.split_whitespace() {
        let is_open = |last: &String| piece == "=" || last.ends_with(['=', '{', '[']);
        match words.last_mut().filter(|last| is_open(last)) {
            Some(last) => {
                last.push(' ');
                last.push_str(piece);
            }
            None => words.push(piece.to_owned()),
        }
    }
    words
}

/// The words of `item`; an assignment and a table in braces are one word each.
fn words_of(item: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    for piece in item.split_whitespace() {
        let is_open = |last: &String| depth > 0 || piece == "=" || last.ends_with('=');
        match words.last_mut().filter(|last| is_open(last)) {
            Some(table) => {
                table.push(' ');
                table.push_str(piece);
            }
            None => words.push(piece.to_owned()),
        }
        depth = (depth + piece.matches('{').count()).saturating_sub(piece.matches('}').count());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_stays_together_and_a_long_table_is_broken_between_its_keys() {
        let items = [
            "pod.startup_cpu = 0".to_owned(),
            "pod.schedule = { dist = \"lognormal\", mean = \"500ms\", cv = 1.0 }".to_owned(),
            "pod.stop = 1s".to_owned(),
        ];
        assert_eq!(
            filled(&items, 40),
            [
                "pod.startup_cpu = 0,",
                "pod.schedule = { dist = \"lognormal\",",
                "mean = \"500ms\", cv = 1.0 },",
                "pod.stop = 1s",
            ]
        );
    }
}
