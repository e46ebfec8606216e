//! README.md: its commands run in a fresh clone, and print what the page shows. Links of all pages lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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
                    let finished = sandbox.done(&arguments);
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
fn the_readme_has_at_most_150_lines_and_no_two_sections_of_one_name() {
    assert!(PAGE.lines().count() <= 150);
    let headings: Vec<&str> = PAGE
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    let unique: BTreeSet<&&str> = headings.iter().collect();
    assert_eq!(unique.len(), headings.len(), "{headings:?}");
}

/// What a heading or a link's end after the `#` is called: lower case, with `-` for spaces, without marks.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.collect::<String>().replace(' ', "-")
}

/// The page at `path`, and the folder in which its links begin.
fn page(path: &Path) -> (String, PathBuf) {
    let text = fs::read_to_string(path).expect("a page");
    let folder = path.parent().expect("a folder");
    (text, folder.to_owned())
}

#[test]
fn each_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there() {
    let docs = fs::read_dir(project().join("docs")).expect("the pages");
    let mut pages: Vec<PathBuf> = docs.map(|entry| entry.expect("a page").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    pages.extend(["README.md", "output/README.md"].map(|path| project().join(path)));
    let mut broken = Vec::new();
    for path in &pages {
        let (text, folder) = page(path);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => folder.join(file),
            };
            let is_there = || {
                let has_heading = |(text, _): (String, PathBuf)| {
                    let mut lines = text.lines().filter(|line| line.starts_with('#'));
                    lines.any(|line| anchor(line) == heading)
                };
                target.exists() && (heading.is_empty() || has_heading(page(&target)))
            };
            if !link.starts_with("https://") && !is_there() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
