//! The command line: one file a command.

mod assertions;
mod atomic_file;
mod backtest;
mod calibrate;
mod check;
mod choices;
mod compare;
mod confined;
mod digest;
mod error;
mod experiment;
mod export;
mod file_names;
mod files;
mod finding_args;
mod folder_lock;
mod identity;
mod import;
mod interrupt;
mod load_args;
mod manifest_args;
mod merge;
mod near_file;
mod output_args;
mod output_folder;
mod packaging;
mod paired_runs;
mod progress;
mod replay;
mod result_files;
mod run;
mod screen;
mod seed_args;
mod server_args;
mod size;
mod sweep;
mod sweep_file;
#[doc(hidden)]
pub mod trace;
mod tune;
mod usage;
mod variant_inputs;
mod variation;
mod warm_up_args;
mod what_args;
mod what_matters;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

#[doc(hidden)]
pub use error::{CommandError, Completion};

use interrupt::Interrupt;
use screen::Screen;

/// Two commands, for `--help`.
const EXAMPLES: &str = "Examples:
  hpasim run policies/prod.toml traces/spike.csv
  hpasim compare policies/prod.toml policies/fast.toml traces/spike.csv
";

/// The exit codes and their meanings, for `--help` and the man pages.
const EXIT_CODES: [(u8, &str); 6] = [
    (0, "done"),
    (1, "run-time failure"),
    (2, "usage"),
    (3, "bad input"),
    (99, "an assertion does not hold"),
    (130, "interrupted"),
];

/// The end of the root's `--help`.
fn examples_and_exit_codes() -> String {
    let codes = EXIT_CODES.map(|(code, meaning)| format!("\n  {code:<4} {meaning}"));
    format!("{EXAMPLES}\nExit codes:{}", codes.concat())
}

/// What will my autoscaler do under this traffic, why, and at what price?
#[derive(Debug, Parser)]
#[command(name = "hpasim", version, max_term_width = 80)]
#[command(
    after_help = examples_and_exit_codes()
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a policy under a trace: summary, timeline, decisions, plot
    Run(run::RunArgs),
    /// Simulate every policy of a grid: KPIs of each, and the front of cost and harm
    Sweep(sweep::SweepArgs),
    /// Search for a better policy, and test it on other traffic
    Tune(tune::TuneArgs),
    /// Join the parts that `sweep --shard I/N` computed
    Merge(merge::MergeArgs),
    /// Compare policies under the same traffic: KPIs, differences, a picture
    Compare(compare::CompareArgs),
    /// Replay recorded decisions of the real controller
    Replay(replay::ReplayArgs),
    /// Find traps in policies and manifests
    Check(check::CheckArgs),
    /// Fit cost per request and idle CPU to probes or a recording
    Calibrate(calibrate::CalibrateArgs),
    /// Import a recorded day: policy, traffic, what happened
    Import(import::ImportArgs),
    /// Simulate a day that happened: how close is the simulation?
    Backtest(backtest::BacktestArgs),
    /// Print a policy as Kubernetes objects, or a patch between two
    Export(export::ExportArgs),
    /// Make, convert and describe traces
    Trace(trace::TraceArgs),
    /// Print the completions of a shell
    Completions(packaging::CompletionsArgs),
    /// Print the man page, or write the man pages of all commands
    Man(packaging::ManArgs),
}

/// Runs the command that `arguments` ask for, the name of the program first, and returns the exit code.
///
/// It prints to stdout and stderr and writes files, as the command does. From its first use on, Ctrl-C and SIGTERM end
/// the process with exit code 130, after what the command has not finished is removed.
///
/// # Examples
///
/// ```
/// let code = hpasim::cli::run(["hpasim", "--version"]);
/// assert_eq!(code, 0);
/// ```
pub fn run<T: Into<OsString>>(arguments: impl IntoIterator<Item = T>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    Interrupt::forget();
    let mut screen = Screen::new();
    let command_line = match CommandLine::try_parse_from(&arguments) {
        Ok(command_line) => command_line,
        Err(error) => return usage::refuse(error, &arguments, &mut screen),
    };
    let result = match command_line.command {
        Command::Run(arguments) => run::run(&arguments, &mut screen),
        Command::Sweep(arguments) => sweep::run(&arguments, &mut screen),
        Command::Tune(arguments) => tune::run(&arguments, &mut screen),
        Command::Merge(arguments) => merge::run(&arguments, &mut screen),
        Command::Compare(arguments) => compare::run(&arguments, &mut screen),
        Command::Replay(arguments) => replay::run(&arguments, &mut screen),
        Command::Check(arguments) => check::run(&arguments, &mut screen),
        Command::Calibrate(arguments) => calibrate::run(&arguments, &mut screen),
        Command::Import(arguments) => import::run(&arguments, &mut screen),
        Command::Backtest(arguments) => backtest::run(&arguments, &mut screen),
        Command::Export(arguments) => export::run(&arguments, &mut screen),
        Command::Trace(arguments) => trace::run(&arguments, &mut screen),
        Command::Completions(arguments) => packaging::complete(&arguments, &mut screen),
        Command::Man(arguments) => packaging::man(&arguments, &mut screen),
    };
    screen.finish(result)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Each command with its path, the root first.
    fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        let help = command.clone().term_width(80).render_help();
        found.push((path.to_owned(), help.to_string()));
        for inner in command.get_subcommands() {
            if inner.get_name() != "help" {
                commands(inner, &format!("{path} {}", inner.get_name()), found);
            }
        }
    }

    #[test]
    fn every_help_fits_a_screen() {
        let mut root = CommandLine::command();
        root.build();
        let mut found = Vec::new();
        commands(&root, "hpasim", &mut found);
        for (path, help) in found {
            let lines = help.lines().count();
            assert!(lines <= 40, "{path}: {lines} lines\n{help}");
            let widest = help.lines().map(str::len).max().unwrap_or(0);
            assert!(widest <= 80, "{path}: {widest} columns\n{help}");
        }
    }

    #[test]
    fn every_help_shows_two_commands_that_parse() {
        let mut root = CommandLine::command();
        root.build();
        let mut found = Vec::new();
        commands(&root, "hpasim", &mut found);
        for (path, help) in found {
            let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| {
                panic!("{path} has no examples\n{help}");
            });
            let examples: Vec<&str> = examples
                .lines()
                .take_while(|line| line.starts_with("  "))
                .collect();
            assert_eq!(examples.len(), 2, "{path}\n{help}");
            for example in examples {
                let (_, command) = example.split_once("hpasim").expect("a command of hpasim");
                let words = command.replace('\'', "\u{1}");
                let mut arguments = vec!["hpasim".to_owned()];
                for (place, piece) in words.split('\u{1}').enumerate() {
                    if place % 2 == 1 {
                        arguments.push(piece.to_owned());
                    } else {
                        let words = piece.split('>').next().unwrap_or_default();
                        arguments.extend(words.split_whitespace().map(str::to_owned));
                    }
                }
                let parsed = CommandLine::try_parse_from(arguments);
                assert!(parsed.is_ok(), "{path}: {example}\n{:?}", parsed.err());
            }
        }
    }
}
