//! The command line as real processes: output, files and exit codes.

#[path = "cli/assertions.rs"]
mod assertions;
#[path = "cli/backtest.rs"]
mod backtest;
#[path = "cli/bounds.rs"]
mod bounds;
#[path = "cli/calibrate.rs"]
mod calibrate;
#[path = "cli/calibrate_machines.rs"]
mod calibrate_machines;
#[path = "cli/calibrate_recorded.rs"]
mod calibrate_recorded;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/clock_time.rs"]
mod clock_time;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/cost.rs"]
mod cost;
#[path = "cli/engine.rs"]
mod engine;
#[path = "cli/escaped_text.rs"]
mod escaped_text;
#[path = "cli/export.rs"]
mod export;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/hostile_text.rs"]
mod hostile_text;
#[path = "cli/kills.rs"]
mod kills;
#[path = "cli/minus_zero.rs"]
mod minus_zero;
#[path = "cli/output_folders.rs"]
mod output_folders;
#[path = "cli/output_folders_own_files.rs"]
mod output_folders_own_files;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/recordings.rs"]
mod recordings;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/run_all.rs"]
mod run_all;
#[path = "cli/secrecy.rs"]
mod secrecy;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/tune/mod.rs"]
mod tune;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/what.rs"]
mod what;
#[path = "cli/what_matters.rs"]
mod what_matters;

#[path = "fixtures/faults.rs"]
mod faults;

#[path = "fixtures/words.rs"]
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use faults::codes_and_places;
use words::words;

/// A time limit for processes that hang. It is much longer than any process takes, so it has no
/// other effect.
const PATIENCE: Duration = Duration::from_secs(600);

/// The cores that a process may use, which determine its number of threads.
#[derive(Clone, Copy)]
enum Cores {
    One,
    All,
}

/// hpasim on these cores. Only Linux can restrict a process to one core; elsewhere it uses all.
fn hpasim_on(cores: Cores) -> std::process::Command {
    let binary = assert_cmd::cargo::cargo_bin!("hpasim");
    match cores {
        Cores::One if cfg!(target_os = "linux") => {
            let mut pinned = std::process::Command::new("taskset");
            pinned.args(["--cpu-list", "0"]).arg(binary);
            pinned
        }
        Cores::One | Cores::All => std::process::Command::new(binary),
    }
}

/// Sends the signal of Ctrl-C.
#[cfg(unix)]
fn interrupt(process: &std::process::Child) {
    let sent = std::process::Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

/// The program in a folder of its own, with copies of the shipped policies and traces.
struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for shipped in ["policies", "traces"] {
            let target = folder.path().join(shipped);
            std::fs::create_dir(&target).expect("a new folder");
            for entry in std::fs::read_dir(project().join(shipped)).expect("a shipped folder") {
                let from = entry.expect("a shipped file").path();
                let name = from.file_name().expect("a name").to_owned();
                std::fs::copy(&from, target.join(name)).expect("a copy");
            }
        }
        Self { folder }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn write(&self, inside: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(inside), text).expect("a written file");
    }

    fn read(&self, inside: &str) -> Vec<u8> {
        std::fs::read(self.path(inside)).expect("a file that was written")
    }

    fn text(&self, inside: &str) -> String {
        String::from_utf8(self.read(inside)).expect("text")
    }

    fn json(&self, inside: &str) -> Value {
        serde_json::from_slice(&self.read(inside)).expect("JSON")
    }

    /// Names of files and folders within, in their order, hidden ones too.
    fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(folder))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().display().to_string())
            .collect();
        names.sort();
        names
    }

    fn hpasim(&self, arguments: impl Arguments) -> Finished {
        self.run(&arguments.words(), &[], Vec::new())
    }

    /// Runs hpasim, which has to end with exit code 0.
    fn done(&self, arguments: impl Arguments) -> Finished {
        let arguments = arguments.words();
        let finished = self.run(&arguments, &[], Vec::new());
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        finished
    }

    /// Runs hpasim as on a terminal, with colours.
    fn hpasim_coloured(&self, arguments: impl Arguments) -> Finished {
        self.run(&arguments.words(), &[("CLICOLOR_FORCE", "1")], Vec::new())
    }

    /// Runs hpasim with this text on standard input.
    fn fed(&self, arguments: impl Arguments, stdin: impl Into<Vec<u8>>) -> Finished {
        self.run(&arguments.words(), &[], stdin.into())
    }

    fn run(&self, arguments: &[String], environment: &[(&str, &str)], stdin: Vec<u8>) -> Finished {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"));
        let output = command
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(environment.iter().copied())
            .args(arguments)
            .write_stdin(stdin)
            .timeout(PATIENCE)
            .output()
            .expect("a process");
        Finished::of(&output)
    }
}

/// The arguments of a process: a list, or a line that is split as a shell splits it.
trait Arguments {
    fn words(self) -> Vec<String>;
}

impl Arguments for &str {
    fn words(self) -> Vec<String> {
        words(self)
    }
}

impl Arguments for &String {
    fn words(self) -> Vec<String> {
        words(self)
    }
}

impl<S: AsRef<str>> Arguments for &[S] {
    fn words(self) -> Vec<String> {
        self.iter().map(|word| word.as_ref().to_owned()).collect()
    }
}

impl<S: AsRef<str>, const N: usize> Arguments for &[S; N] {
    fn words(self) -> Vec<String> {
        self.as_slice().words()
    }
}

impl<S: AsRef<str>> Arguments for &Vec<S> {
    fn words(self) -> Vec<String> {
        self.as_slice().words()
    }
}

/// The result of a process.
#[derive(Debug)]
struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Finished {
    /// Asserts exit code 0.
    fn done(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
    }

    /// The object on standard output.
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("one JSON object")
    }

    fn of(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A page without the digits of its results: `N` stands for each number but 0, and one space for each gap behind the indentation.
///
/// The first paragraph, one with `assumed:` and the list of files stay as they are: chance decides nothing in them.
fn without_results(page: &str) -> String {
    let paragraphs = page.split("\n\n").enumerate();
    let masked = paragraphs.map(|(index, paragraph)| {
        let is_fixed = paragraph.contains("assumed:") || paragraph.starts_with("written");
        if index == 0 || is_fixed {
            return paragraph.to_owned();
        }
        let lines: Vec<String> = paragraph.lines().map(without_numbers).collect();
        lines.join("\n")
    });
    masked.collect::<Vec<String>>().join("\n\n")
}

/// A line in which `N` stands for each number but 0, and one space for each gap behind the indentation.
fn without_numbers(line: &str) -> String {
    let indentation = line.len() - line.trim_start().len();
    let words: Vec<String> = line.split_whitespace().map(masked_number).collect();
    format!("{}{}", &line[..indentation], words.join(" "))
}

/// `N` for a number with its unit, in its punctuation; 0 and any other word as they are.
fn masked_number(word: &str) -> String {
    let is_edge = |letter: char| matches!(letter, '(' | ')' | ',' | '.' | ';' | '-');
    let core = word.trim_matches(is_edge);
    if core == "0" || !core.starts_with(|letter: char| letter.is_ascii_digit()) {
        return word.to_owned();
    }
    let start = word.find(core).unwrap_or(0);
    let front = word[..start].trim_end_matches('-');
    format!("{front}N{}", &word[start + core.len()..])
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
