//! docs/diagnostics.md is current and has every code with an example, which is a snapshot of the tests.
//!
//! `HPASIM_WRITE_DOCS=1 cargo test --test diagnostics_docs` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use hpasim::scenario::{Code, Severity};

const PAGE: &str = "docs/diagnostics.md";

fn project(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// The folders whose tests pin the words of diagnostics; their snapshots come first.
const PREFERRED: [&str; 3] = ["tests/diagnostics/", "tests/check/", "tests/formats/"];

/// The texts of all tests, in a fixed order.
fn tests() -> Vec<String> {
    let mut paths = Vec::new();
    collect(&project("tests"), &mut paths);
    paths.sort_by_key(|path| {
        let path = path.display().to_string();
        let is_in = |folder: &&str| path.contains(*folder);
        (
            PREFERRED.iter().position(is_in).unwrap_or(PREFERRED.len()),
            path,
        )
    });
    paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a test"))
        .collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Codes without a snapshot, and the reason.
const WITHOUT_EXAMPLE: [(Code, &str); 1] =
    [(Code::TraceTooLarge, "it takes a trace of more than 1 GiB")];

/// The first diagnostic with this code in the snapshots of `tests`.
fn example(code: Code, tests: &[String]) -> Option<String> {
    let word = match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let head = format!("{word}[{code}]: ");
    for test in tests {
        let lines: Vec<&str> = test.lines().collect();
        let Some(first) = lines
            .iter()
            .position(|line| line.trim_start().starts_with(&head))
        else {
            continue;
        };
        let indent = lines[first].len() - lines[first].trim_start().len();
        let rest = &lines[first + 1..];
        let end = rest
            .iter()
            .position(|line| {
                let line = line.trim_start();
                line.is_empty() || line.starts_with('"') || line.starts_with("...")
            })
            .unwrap_or(rest.len());
        let text: Vec<&str> = lines[first..=first + end]
            .iter()
            .map(|line| line.get(indent..).unwrap_or("").trim_end())
            .collect();
        let text = text.join("\n").trim_end().to_owned();
        // A page about many objects has the codes without their remedies.
        if text.contains("help: ") {
            return Some(text);
        }
    }
    None
}

fn page() -> String {
    let tests = tests();
    let mut page = "\
<!-- Made by `HPASIM_WRITE_DOCS=1 cargo test --test diagnostics_docs`; do not edit. -->
# Diagnostics

Every diagnostic has a place, a remedy, and a code that never changes its meaning. **E** is an error, **W** is a trap or an
easy misunderstanding, **I** is good to know. Only `hpasim check` reports the codes from 101 on, beside the others. `run`
accepts a policy that has them.

`hpasim check` takes files, folders (their `.yaml`, `.yml` and `.json` files, hidden ones left out) and quoted patterns such as
`'k8s/**/*.yaml'`. Errors come first, then warnings, then notes. Of more than 5 policies, autoscalers and workloads with more than 20
findings in all it prints a page: a table by object, the worst first, then the codes with their counts. `--full` prints every finding.
`--hpa NAME` (or `NS/NAME`) keeps the findings of an autoscaler, its target, and the Services, PodDisruptionBudgets and Ingresses of its
pods. `--allow W0101,I0103` leaves out codes, and `--min-severity error|warning|info` what is less severe; a line says how many findings
that were. The exit code counts what `--allow` leaves.

| code | what |
|---|---|
"
    .to_owned();
    let mut codes = Code::ALL;
    let rank = |code: Code| match code.severity() {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Info => 2,
    };
    codes.sort_by_key(|code| (rank(*code), code.number()));
    for code in codes {
        let number = code.number();
        let title = code.about().title;
        page.push_str(&format!(
            "| [{number}](#{}) | {title} |\n",
            number.to_lowercase()
        ));
    }
    let mut missing = Vec::new();
    for code in codes {
        let about = code.about();
        let excuse = WITHOUT_EXAMPLE.iter().find(|(known, _)| *known == code);
        let example = match (example(code, &tests), excuse) {
            (Some(example), None) => format!("```text\n{example}\n```"),
            (None, Some((_, reason))) => format!("No example: {reason}."),
            _ => {
                missing.push(code.number());
                continue;
            }
        };
        page.push_str(&format!(
            "\n## {code}\n**{}.** {}\n\n*Remedy:* {}\n\n{example}\n",
            about.title, about.why, about.remedy
        ));
    }
    assert!(missing.is_empty(), "no snapshot has {missing:?}");
    page
}

#[test]
fn the_page_of_diagnostics_is_current() {
    let page = page();
    let path = project(PAGE);
    if std::env::var_os("HPASIM_WRITE_DOCS").is_some() {
        fs::write(&path, &page).expect("a written page");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "{PAGE} differs from the code; write it with HPASIM_WRITE_DOCS=1 cargo test --test diagnostics_docs"
    );
}
