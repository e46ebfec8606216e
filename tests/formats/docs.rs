//! docs/traces.md lists every format.

use hpasim::scenario::formats::RecordingFormat;

const PAGE: &str = include_str!("../../docs/traces.md");

#[test]
fn the_page_of_traces_lists_the_words_of_all_formats_in_their_order() {
    let words = RecordingFormat::ALL.map(RecordingFormat::word).join("|");
    assert!(
        PAGE.contains(&format!("`--input-format {words}`")),
        "{words}"
    );
}

#[test]
fn the_page_of_traces_has_a_row_for_each_format_but_our_own() {
    let table = PAGE
        .split_once("\n| format | recognised by | becomes |\n|---|---|---|\n")
        .map(|(_, rest)| rest)
        .expect("the table of formats");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    assert_eq!(rows.count(), RecordingFormat::ALL.len() - 1);
}

#[test]
fn each_format_has_a_word_of_its_own() {
    for format in RecordingFormat::ALL {
        assert_eq!(RecordingFormat::named(format.word()), Some(format));
    }
}
