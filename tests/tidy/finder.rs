//! Tests on small sources: the finder of circles, of type names, and of lines of code.

use std::collections::BTreeSet;

use crate::circles::{circles, uses};
use crate::lines::code_lines;
use crate::module::{Module, modules_of};
use crate::types_with_two_meanings;

fn read(sources: &[(&str, &str)]) -> Vec<Module> {
    let sources: Vec<(String, String)> = sources
        .iter()
        .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))
        .collect();
    modules_of(&sources)
}

/// The uses between the sources, as `user -> used`.
fn edges(sources: &[(&str, &str)]) -> Vec<String> {
    uses(&read(sources))
        .iter()
        .flat_map(|(user, used)| used.keys().map(move |file| format!("{user} -> {file}")))
        .collect()
}

const LIB: (&str, &str) = ("lib.rs", "mod room; mod other;");
const ROOM: (&str, &str) = ("room/mod.rs", "mod a; mod b; pub use a::Slo; pub use b::*;");

#[test]
fn an_import_of_a_re_export_means_the_file_that_declares_it() {
    let a = ("room/a.rs", "pub struct Slo;");
    let b = ("room/b.rs", "pub fn judge() {}");
    for text in [
        "use crate::room::Slo;",
        "use crate::room::{self, Slo as Goal};",
        "use crate::room; fn f(_: room::Slo) {}",
        "fn f(_: crate::room::Slo) {}",
        "use crate::room::*; fn f(_: Slo) {}",
    ] {
        let found = edges(&[LIB, ROOM, a, b, ("other.rs", text)]);
        assert_eq!(found.last().expect(text), "other.rs -> room/a.rs", "{text}");
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    let found = edges(&[LIB, ROOM, a, b, ("other.rs", "use crate::room::judge;")]);
    assert_eq!(found, ["other.rs -> room/b.rs"]);
}

#[test]
fn braces_super_inline_paths_attributes_and_macros_are_seen() {
    for text in [
        "use super::{b::{self, judge}};",
        "use super::b; fn f() { b::judge() }",
        "fn f() { super::b::judge() }",
        "fn f() { use crate::room::b::judge; }",
        "fn f() { assert!(super::b::judge()) }",
        "mod inner { use super::super::b::judge; }",
        "struct S { #[serde(with = \"super::b::judge\")] x: u8 }",
    ] {
        let found = edges(&[
            LIB,
            ROOM,
            ("room/a.rs", text),
            ("room/b.rs", "pub fn judge() {}"),
        ]);
        assert_eq!(found, ["room/a.rs -> room/b.rs"], "{text}");
    }
}

#[test]
fn two_files_that_name_each_other_are_a_circle_and_so_are_three_in_a_row() {
    let pair = read(&[
        LIB,
        ("room/mod.rs", "mod a; mod b; mod c;"),
        ("room/a.rs", "use super::b::B; pub struct A;"),
        ("room/b.rs", "use super::a::A; pub struct B;"),
        ("room/c.rs", "use super::a::A; pub struct C;"),
    ]);
    let found = uses(&pair);
    let only = BTreeSet::from(["room/a.rs", "room/b.rs"]);
    assert_eq!(circles(&found), BTreeSet::from([only]));
    let row = read(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
    ]);
    let found = uses(&row);
    let all = BTreeSet::from(["a.rs", "b.rs", "c.rs"]);
    assert_eq!(circles(&found), BTreeSet::from([all]));
}

#[test]
fn parents_children_and_tests_are_ignored() {
    let found = edges(&[
        ("room/mod.rs", "mod a; mod b; pub struct Whole; use a::A;"),
        (
            "room/a.rs",
            "use super::Whole; pub struct A; #[cfg(test)] mod tests { use super::super::b::B; }",
        ),
        (
            "room/b.rs",
            "pub struct B; impl B { #[cfg(test)] fn f(_: super::a::A) {} } #[cfg(test)] mod tests;",
        ),
        ("room/b/tests.rs", "use crate::room::a::A;"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_type_name_in_two_files_is_found_and_associated_types_and_tests_are_not() {
    let found = read(&[
        (
            "a.rs",
            "struct Row; impl Add for Row { type Output = Row; } enum Only {}",
        ),
        (
            "b.rs",
            "fn f() { type Row = u8; } impl Add for B { type Output = B; }",
        ),
        ("c.rs", "#[cfg(test)] mod tests { struct Only; }"),
    ]);
    let twice = types_with_two_meanings(&found);
    assert_eq!(twice.keys().copied().collect::<Vec<_>>(), ["Row"]);
    assert_eq!(twice["Row"], BTreeSet::from(["a.rs", "b.rs"]));
}

#[test]
fn comments_blank_lines_and_tests_are_no_code_lines() {
    let text = "//! What it is for.\n\n/// Says so.\nfn f() {\n    // Why.\n    g(\n        1,\n    );\n}\n\
                /* A\n   block. */\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
    assert_eq!(code_lines(text), 5);
}
