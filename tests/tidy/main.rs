//! The architecture of the crate: which room may use which, what is reserved to a room, and how
//! long a file may be.
//!
//! The rules are those of ARCHITECTURE.md. The test reads the sources and lists all breaches at
//! once.

mod circles;
mod finder;
mod lines;
mod module;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use module::Module;

/// For each room, the rooms that it may name.
const MAY_USE: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("text", &[]),
    ("bounded", &[]),
    ("draw", &["text"]),
    ("kpi", &[]),
    ("hpa", &["units"]),
    ("control", &["units", "text", "hpa"]),
    ("engine", &["units"]),
    ("workload", &["units", "text", "engine"]),
    ("cluster", &["units", "engine", "workload"]),
    (
        "scenario",
        &[
            "kpi", "units", "text", "bounded", "engine", "hpa", "control", "workload", "cluster",
        ],
    ),
    ("files", &["bounded", "scenario"]),
    ("prometheus", &["units", "scenario"]),
    (
        "check",
        &["units", "hpa", "control", "workload", "cluster", "scenario"],
    ),
    (
        "simulation",
        &[
            "units", "engine", "control", "workload", "cluster", "scenario",
        ],
    ),
    ("conformance", &["units", "bounded", "hpa"]),
    (
        "results",
        &[
            "kpi",
            "units",
            "text",
            "engine",
            "hpa",
            "control",
            "workload",
            "cluster",
            "scenario",
            "prometheus",
            "simulation",
        ],
    ),
    (
        "search",
        &[
            "kpi",
            "units",
            "text",
            "bounded",
            "engine",
            "hpa",
            "control",
            "workload",
            "cluster",
            "scenario",
            "simulation",
            "results",
        ],
    ),
    (
        "render",
        &[
            "kpi",
            "units",
            "text",
            "draw",
            "engine",
            "hpa",
            "control",
            "workload",
            "cluster",
            "scenario",
            "simulation",
            "conformance",
            "prometheus",
            "results",
            "check",
            "search",
        ],
    ),
    (
        "cli",
        &[
            "kpi",
            "units",
            "text",
            "draw",
            "bounded",
            "engine",
            "hpa",
            "control",
            "workload",
            "cluster",
            "scenario",
            "files",
            "prometheus",
            "simulation",
            "conformance",
            "results",
            "check",
            "search",
            "render",
        ],
    ),
];

/// Words that only the named rooms may contain.
const RESERVED: &[(&str, &[&str])] = &[
    ("std::fs", &["cli", "files"]),
    ("std::env::", &["cli"]),
    ("Instant", &["cli"]),
    ("SystemTime", &["cli"]),
    ("thread_rng", &[]),
    ("rand::rng(", &[]),
    ("from_os_rng", &[]),
    ("println!", &[]),
    ("print!(", &[]),
    ("process::exit", &["cli"]),
    (
        "use rand",
        &["engine", "cluster", "simulation", "workload", "search"],
    ),
    ("plotters", &["draw"]),
    ("DrawError", &["draw", "cli"]),
    ("clap", &["cli"]),
    ("ureq", &["prometheus"]),
    ("toml::", &["scenario"]),
    ("saphyr", &["scenario"]),
    ("serde_json::to_string", &["text"]),
    ("serde_json::to_vec", &["text"]),
    ("serde_json::to_writer", &["text"]),
    ("render_reset", &["render"]),
    ("HashMap", &[]),
    ("HashSet", &[]),
    // `units::parse_number` reads `-0` as `0`.
    ("parse::<f64>", &["render", "text"]),
];

/// The most lines of a file that does not state why it is longer.
const LINES_MAX: usize = 600;
/// The text with which a longer file states its reason, in its first lines.
const LONGER_BECAUSE: &str = "Longer than 600 lines because";

struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

impl Source {
    /// The lines of code, without comments and without the part after `#[cfg(test)]`.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or("")))
    }
}

/// This working copy, or the one in the variable `TREE`, for a comparison with an older commit.
fn root() -> PathBuf {
    env::var_os("TREE").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The sources in rooms; `lib.rs` and `main.rs` are in no room.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(&src).expect("a file of src").to_owned();
            let first = inside.components().next()?.as_os_str().to_str()?;
            let room = first.strip_suffix(".rs").unwrap_or(first).to_owned();
            let text = fs::read_to_string(&path).expect("a readable file");
            (room != "lib" && room != "main").then_some(Source {
                path: inside,
                room,
                text,
            })
        })
        .collect()
}

/// The parsed sources without `main.rs`, which is a crate of its own.
fn modules() -> Vec<Module> {
    let src = root().join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|path| {
            let inside = path.strip_prefix(&src).expect("a file of src");
            (
                inside.to_str().expect("a name in Unicode").to_owned(),
                fs::read_to_string(path).expect("a readable file"),
            )
        })
        .filter(|(file, _)| file != "main.rs")
        .collect();
    module::modules_of(&texts)
}

/// The type names that are declared in more than one file, each with its files.
fn types_with_two_meanings(modules: &[Module]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut declared: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in modules {
        for name in &module.types {
            declared.entry(name).or_default().insert(&module.file);
        }
    }
    declared.retain(|_, files| files.len() > 1);
    declared
}

fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn every_room_is_known() {
    let rooms: BTreeMap<&str, _> = MAY_USE.iter().copied().collect();
    let unknown: Vec<String> = sources()
        .iter()
        .filter(|source| !rooms.contains_key(source.room.as_str()))
        .map(|source| {
            format!(
                "{}: a room that ARCHITECTURE.md does not know",
                source.path.display()
            )
        })
        .collect();
    assert_none(&unknown);
}

/// The rooms that a module names: in imports, also grouped or nested ones, and in paths of its code.
fn rooms_named_by(module: &Module) -> BTreeSet<&str> {
    let imports = module.imports.iter().map(|import| &import.path);
    let paths = imports.chain(&module.mentions);
    paths
        .filter_map(|path| match path.as_slice() {
            [first, room, ..] if first == "crate" => Some(room.as_str()),
            _ => None,
        })
        .collect()
}

/// Each use of a room that `MAY_USE` does not allow, as `src/FILE: ROOM must not use OTHER`.
fn uses_of_rooms_above(modules: &[Module]) -> Vec<String> {
    let rooms: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut breaches = Vec::new();
    for module in modules {
        let Some(room) = module.path.first().map(String::as_str) else {
            continue;
        };
        let allowed = rooms.get(room).copied().unwrap_or_default();
        for named in rooms_named_by(module) {
            if named != room && rooms.contains_key(named) && !allowed.contains(&named) {
                breaches.push(format!("src/{}: {room} must not use {named}", module.file));
            }
        }
    }
    breaches
}

#[test]
fn no_room_uses_a_room_above_its_own() {
    assert_none(&uses_of_rooms_above(&modules()));
}

#[test]
fn a_use_of_a_room_above_is_seen_in_every_form() {
    let forms = [
        ("hpa/a.rs", "use crate::cluster::pods;"),
        ("units/b.rs", "use crate::{cli};"),
        ("units/c.rs", "use crate::{hpa::spec, engine as other};"),
        ("kpi/d.rs", "fn f() { crate::results::fold(); }"),
        ("text/e.rs", "use crate::{\n    search::\n    grid,\n};"),
        (
            "units/f.rs",
            "// crate::cli\nfn f() {}\n#[cfg(test)]\nmod tests { use crate::cli; }",
        ),
    ];
    let texts = forms.map(|(file, text)| (file.to_owned(), text.to_owned()));
    assert_eq!(
        uses_of_rooms_above(&module::modules_of(&texts)),
        [
            "src/hpa/a.rs: hpa must not use cluster",
            "src/units/b.rs: units must not use cli",
            "src/units/c.rs: units must not use engine",
            "src/units/c.rs: units must not use hpa",
            "src/kpi/d.rs: kpi must not use results",
            "src/text/e.rs: text must not use search",
        ]
    );
}

#[test]
fn the_rooms_of_the_rules_are_those_of_architecture_md() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let table = page
        .lines()
        .skip_while(|line| !line.starts_with("| room |"))
        .take_while(|line| line.starts_with('|'));
    let described: BTreeSet<&str> = table
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let ruled: BTreeSet<&str> = MAY_USE.iter().map(|(room, _)| *room).collect();
    assert_eq!(described, ruled);
}

#[test]
fn what_belongs_to_one_room_stays_in_it() {
    let mut breaches = Vec::new();
    for source in sources() {
        for (number, line) in source.code_lines() {
            for (reserved, rooms) in RESERVED {
                if line.contains(reserved) && !rooms.contains(&source.room.as_str()) {
                    breaches.push(format!(
                        "src/{}:{number}: {reserved} has no place in {}",
                        source.path.display(),
                        source.room
                    ));
                }
            }
        }
    }
    assert_none(&breaches);
}

#[test]
fn a_file_begins_with_its_purpose() {
    let breaches: Vec<String> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .filter(|source| !source.path.ends_with("tests.rs"))
        .map(|source| {
            format!(
                "src/{}: the first line does not say what it is for",
                source.path.display()
            )
        })
        .collect();
    assert_none(&breaches);
}

#[test]
fn no_file_is_longer_than_it_has_reason_to_be() {
    let breaches: Vec<String> = sources()
        .iter()
        .filter(|source| {
            let head: String = source.text.lines().take(20).collect::<Vec<_>>().join("\n");
            source.text.lines().count() > LINES_MAX && !head.contains(LONGER_BECAUSE)
        })
        .map(|source| {
            format!(
                "src/{}: over {LINES_MAX} lines without a stated reason",
                source.path.display()
            )
        })
        .collect();
    assert_none(&breaches);
}

#[test]
fn comments_and_tests_are_no_code_lines() {
    let source = Source {
        path: PathBuf::from("hpa/example.rs"),
        room: "hpa".to_owned(),
        text: "use std::fs; // std::env::var\nfn f() {}\n#[cfg(test)]\nuse std::env::args;\n"
            .to_owned(),
    };
    let named: Vec<&str> = source
        .code_lines()
        .filter(|(_, line)| line.contains("std::"))
        .map(|(_, line)| line.trim())
        .collect();
    assert_eq!(named, ["use std::fs;"]);
}

#[test]
fn no_two_files_import_each_other() {
    let uses = circles::uses(&modules());
    let found: Vec<String> = circles::circles(&uses)
        .iter()
        .map(|circle| circles::described(circle, &uses))
        .collect();
    assert_none(&found);
}

#[test]
fn a_type_name_means_one_thing() {
    let modules = modules();
    let found: Vec<String> = types_with_two_meanings(&modules)
        .iter()
        .map(|(name, files)| {
            let files: Vec<&str> = files.iter().copied().collect();
            format!("{name}: {}", files.join(", "))
        })
        .collect();
    assert_none(&found);
}

/// The table of code lines, for a comparison of two commits:
/// `TREE=/another/copy cargo test --test tidy -- --ignored --nocapture code_lines`.
#[test]
#[ignore = "prints figures, checks nothing"]
fn code_lines_by_room() {
    let modules = modules();
    let files: BTreeSet<&str> = modules.iter().map(|module| module.file.as_str()).collect();
    let mut rooms: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(root().join("src").join(file)).expect("a readable file");
        let room = file.split('/').next().expect("a room");
        *rooms.entry(room.trim_end_matches(".rs")).or_default() += lines::code_lines(&text);
    }
    let uses = circles::uses(&modules);
    let circles = circles::circles(&uses);
    let mut table = String::from("| room | code lines |\n|---|---|\n");
    for (room, lines) in &rooms {
        table += &format!("| {room} | {lines} |\n");
    }
    table += &format!(
        "| all | {} |\n\nCircles: {} of {} files. Type names with two or more meanings: {}.\n",
        rooms.values().sum::<usize>(),
        circles.len(),
        circles.iter().map(BTreeSet::len).sum::<usize>(),
        types_with_two_meanings(&modules).len(),
    );
    std::io::stdout()
        .write_all(table.as_bytes())
        .expect("an open terminal");
}
