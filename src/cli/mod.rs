//! The command line: one file a command.
//!
//! Self-imposed limit: the only room with a file system, an environment, a wall
//! clock, a terminal and an exit code. What is computed is computed elsewhere.

mod assertions;
mod atomic_file;
mod calibrate;
mod check;
mod choices;
mod compare;
mod digest;
mod error;
mod experiment;
mod export;
mod file_names;
mod files;
mod folder_lock;
mod identity;
mod interrupt;
mod load_args;
mod manifest_args;
mod merge;
mod output_args;
mod output_folder;
mod paired_runs;
mod progress;
mod replay;
mod result_files;
mod run;
mod screen;
mod seed_args;
mod size;
mod sweep;
mod sweep_file;
pub mod trace;
mod tune;
mod variant_inputs;
mod variation;

use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use error::{CommandError, Completion};

use crate::text::{is_unseen, visible};

use screen::Screen;

/// hpasim: what will my autoscaler do under this traffic, why, and at what price?
#[derive(Debug, Parser)]
#[command(
    name = "hpasim",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 done, 1 run-time failure, 2 usage, 3 bad input, 99 an assertion did not hold, 130 interrupted."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a policy under a trace: summary, timeline, decisions, plot
    Run(run::RunArgs),
    /// Simulate every policy of a grid: a row of KPIs each, the front of cost against harm
    Sweep(sweep::SweepArgs),
    /// Search for a better policy, and show on other traffic whether it is better
    Tune(tune::TuneArgs),
    /// Join the parts that `sweep --shard I/N` computed
    Merge(merge::MergeArgs),
    /// Set policies side by side under the same traffic: KPIs, differences with intervals, a picture
    Compare(compare::CompareArgs),
    /// Replay recorded decisions of the real controller through the HPA core
    Replay(replay::ReplayArgs),
    /// Find traps in policies and manifests before any traffic comes
    Check(check::CheckArgs),
    /// Fit cost per request and idle CPU to a capacity probe
    #[command(long_about = calibrate::ABOUT)]
    Calibrate(calibrate::CalibrateArgs),
    /// Print a policy as Kubernetes objects, or the patch between two policies
    Export(export::ExportArgs),
    /// Make, convert and describe traces
    Trace(trace::TraceArgs),
}

/// Runs the command that `arguments` (the program's name first) ask for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut screen = Screen::new();
    let command_line = match CommandLine::try_parse_from(&arguments) {
        Ok(command_line) => command_line,
        Err(error) => return usage(error, &arguments, &mut screen),
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
        Command::Export(arguments) => export::run(&arguments, &mut screen),
        Command::Trace(arguments) => trace::run(&arguments, &mut screen),
    };
    screen.finish(result)
}

/// Prints help, the version, or what is wrong with the arguments.
fn usage(error: clap::Error, arguments: &[OsString], screen: &mut Screen) -> ExitCode {
    // Help and version are no errors; clap knows the stream and the code of each.
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let shown: Vec<Cow<'_, str>> = arguments.iter().map(|it| it.to_string_lossy()).collect();
    let is_clean = !shown.iter().any(|argument| argument.contains(is_unseen));
    if is_clean || !error.use_stderr() {
        return match error.print() {
            Ok(()) => ExitCode::from(code),
            Err(_) => ExitCode::FAILURE,
        };
    }
    // The message quotes arguments as they are. Parsing the escaped arguments gives the same message without raw characters.
    let shown = shown.iter().map(|argument| visible(argument).into_owned());
    let error = CommandLine::try_parse_from(shown).err().unwrap_or(error);
    screen.note_lines(&error.render().to_string());
    ExitCode::from(code)
}
