use super::*;

/// Characters that a hostile name may contain.
const NASTY: &str = "\u{1b}[31m\u{9b}31m\r\u{202e}\u{7}\u{1b}]8;;https://example.com\u{1b}\\\n";

#[test]
fn each_unseen_character_has_an_escape_and_all_others_stay() {
    let cases = [
        ("prod", "prod"),
        (
            "Größe 🚀 \u{a0}é e\u{301} 中文 عربي",
            "Größe 🚀 \u{a0}é e\u{301} 中文 عربي",
        ),
        ("\u{1b}[31m", r"\u{1b}[31m"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\0\u{7}\u{8}\u{c}", r"\u{0}\u{7}\u{8}\u{c}"),
        ("\u{7f}", r"\u{7f}"),
        (
            "\u{80}\u{85}\u{9b}\u{9d}\u{9f}",
            r"\u{80}\u{85}\u{9b}\u{9d}\u{9f}",
        ),
        (
            "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}",
            r"\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}",
        ),
        (
            "\u{2066}\u{2067}\u{2068}\u{2069}",
            r"\u{2066}\u{2067}\u{2068}\u{2069}",
        ),
        ("\u{200e}\u{200f}\u{61c}", r"\u{200e}\u{200f}\u{61c}"),
        (
            "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
            r"\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
        ),
        ("\u{2028}\u{2029}", r"\u{2028}\u{2029}"),
        (
            "\u{ad}\u{34f}\u{3164}\u{fe0f}",
            r"\u{ad}\u{34f}\u{3164}\u{fe0f}",
        ),
        (
            "\u{e0041}\u{e0100}\u{fffe}\u{10ffff}",
            r"\u{e0041}\u{e0100}\u{fffe}\u{10ffff}",
        ),
    ];
    for (text, shown) in cases {
        assert_eq!(visible(text), shown, "{text:?}");
        assert_eq!(visible(&visible(text)), shown, "{text:?}");
    }
}

#[test]
fn text_that_is_seen_is_not_copied() {
    assert!(matches!(visible("prod under spike"), Cow::Borrowed(_)));
    assert!(matches!(visible_lines("a\n\tb"), Cow::Borrowed(_)));
}

#[test]
fn a_page_keeps_its_lines_and_tabs_and_nothing_else() {
    assert_eq!(visible_lines("a\n\tb\r\u{1b}"), "a\n\tb\\r\\u{1b}");
}

#[test]
fn a_coloured_page_keeps_colours_and_no_other_sequence() {
    let coloured = "\u{1b}[1m\u{1b}[38;5;9mred\u{1b}[0m\n";
    assert_eq!(visible_coloured(coloured), coloured);
    let others = [
        ("\u{1b}[2J", r"\u{1b}[2J"),
        ("\u{1b}[31", r"\u{1b}[31"),
        ("\u{1b}", r"\u{1b}"),
        ("\u{1b}\u{1b}[1mx", "\\u{1b}\u{1b}[1mx"),
        ("\u{1b}]8;;x\u{7}", r"\u{1b}]8;;x\u{7}"),
        ("\u{1b}[1;ü", r"\u{1b}[1;ü"),
    ];
    for (text, shown) in others {
        assert_eq!(visible_coloured(text), shown, "{text:?}");
    }
}

#[test]
fn a_mark_stays_on_what_it_marked() {
    let line = "a = \"\u{1b}[31m\"\tü # \u{202e}";
    let start = line.find('ü').expect("there");
    let (shown, mark) = visible_marked(line, start..start + 2);
    assert_eq!(shown, "a = \"\\u{1b}[31m\"\tü # \\u{202e}");
    assert_eq!(&shown[mark], "ü");
    let start = line.find('\u{1b}').expect("there");
    let (shown, mark) = visible_marked(line, start..start + 5);
    assert_eq!(&shown[mark], r"\u{1b}[31m");
    let plain = visible_marked("abc", 1..2);
    assert_eq!(plain, (Cow::Borrowed("abc"), 1..2));
}

#[test]
fn nothing_unseen_is_left_of_a_hostile_name() {
    for text in [visible(NASTY), visible_marked(NASTY, 0..0).0] {
        assert!(!text.contains(is_unseen), "{text:?}");
    }
}

#[test]
fn a_shell_reads_a_word_as_it_was() {
    assert_eq!(shell_word("output/a-b_1.toml"), "output/a-b_1.toml");
    assert_eq!(
        shell_word("my policies/prod.toml"),
        "'my policies/prod.toml'"
    );
    assert_eq!(shell_word(r#"a.b="x""#), r#"'a.b="x"'"#);
    assert_eq!(shell_word("it's"), r"'it'\''s'");
    assert_eq!(shell_word(""), "''");
}
