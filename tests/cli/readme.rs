//! README.md: its commands run in a fresh clone, and print what the page shows.

use std::collections::BTreeSet;
use std::fs;

use super::{Sandbox, project};

const PAGE: &str = include_str!("../../README.md");

/// A fenced block of the page.
struct Block {
    language: &'static str,
    lines: Vec<&'static str>,
}

fn blocks() -> Vec<Block> {
    // Every second part between two fences is a block.
    let parts = PAGE.split("\n```").skip(1).step_by(2);
    parts
        .map(|part| {
            let mut lines = part.lines();
            let language = lines.next().unwrap_or_default();
            Block {
                language,
                lines: lines.collect(),
            }
        })
        .collect()
}

/// The arguments of each command of hpasim in a block, and `None` for a command that the test cannot run.
fn commands(block: &Block) -> Vec<Option<Vec<String>>> {
    let text = block.lines.join("\n").replace("\\\n", " ");
    text.lines()
        .map(|line| {
            let known = ["hpasim ", "cargo run --release -- "];
            let Some(rest) = known.iter().find_map(|start| line.strip_prefix(start)) else {
                let shown = ["cargo install --path .", "kubectl ", "curl "];
                assert!(shown.iter().any(|start| line.starts_with(start)), "{line}");
                return None;
            };
            assert!(!rest.contains(['\'', '"', '|', '>', '*', '#']), "{line}");
            Some(rest.split_whitespace().map(str::to_owned).collect())
        })
        .collect()
}

/// A sandbox with the example of the page beside policies and traces.
fn fresh_clone() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("examples/shop")).expect("a new folder");
    for entry in fs::read_dir(project().join("examples/shop")).expect("the example") {
        let from = entry.expect("a file of the example").path();
        let name = from.file_name().expect("a name").to_owned();
        let to = sandbox.path("examples/shop").join(name);
        fs::copy(&from, to).expect("a copy");
    }
    sandbox
}

#[test]
fn every_command_of_the_readme_runs_and_prints_what_the_readme_shows() {
    let sandbox = fresh_clone();
    let mut printed = String::new();
    let mut run = 0;
    for block in blocks() {
        match block.language {
            "sh" => {
                for arguments in commands(&block).into_iter().flatten() {
                    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    let finished = sandbox.hpasim(&arguments);
                    assert_eq!(finished.code, Some(0), "{arguments:?}\n{}", finished.stderr);
                    printed = finished.stdout;
                    run += 1;
                }
            }
            "text" => {
                let mut rest = printed.lines();
                for line in block.lines.iter().filter(|line| **line != "...") {
                    assert!(
                        rest.any(|it| it == *line),
                        "`{line}` is not printed, or not there:\n{printed}"
                    );
                }
            }
            "toml" => {
                let name = block.lines[0].trim_start_matches("# ");
                let file = fs::read_to_string(project().join(name)).expect(name);
                let mut rest = file.lines();
                for line in &block.lines[1..] {
                    let is_there = rest.any(|it| it.split(" #").next() == Some(line));
                    assert!(is_there, "{name} has no `{line}` there");
                }
            }
            other => panic!("README.md has a block in `{other}`, which no test reads"),
        }
    }
    assert!(run >= 9, "{run} commands");
}

#[test]
fn the_readme_is_short_and_each_heading_and_link_in_it_is_good() {
    assert!(PAGE.lines().count() <= 150);
    let headings: Vec<&str> = PAGE
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    let unique: BTreeSet<&&str> = headings.iter().collect();
    assert_eq!(unique.len(), headings.len(), "{headings:?}");
    for link in PAGE.split("](").skip(1) {
        let target = link.split([')', '#']).next().unwrap_or_default();
        assert!(
            target.starts_with("https://") || project().join(target).exists(),
            "README.md links to `{target}`, which is not there"
        );
    }
}
