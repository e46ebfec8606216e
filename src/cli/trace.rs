//! `hpasim trace gen|convert|info`: makes, converts and describes traces.
//!
//! Self-imposed limit: which of the three, and where a trace goes; each has a file of its own.

mod convert;
mod generate;
mod info;
mod recording;

use std::path::Path;

use clap::{Args, Subcommand};

pub use convert::ConvertArgs;
pub use generate::{GenArgs, GenKind, SamplingArgs, generate_csv};
pub use info::InfoArgs;
pub use recording::RecordingArgs;

use super::atomic_file::write_whole;
use super::error::{CommandError, Completion};
use super::screen::Screen;

/// Make, convert and describe traces.
#[derive(Args, Debug)]
pub struct TraceArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// What `hpasim trace` can do.
#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// Make a synthetic trace
    Gen(GenArgs),
    /// Make a trace of a recording: k6, Prometheus, Locust, an access log
    Convert(ConvertArgs),
    /// Describe a trace or a recording, and what it will become
    Info(InfoArgs),
}

/// Does what was asked for.
pub(super) fn run(args: &TraceArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    match &args.command {
        TraceCommand::Gen(arguments) => generate::run(arguments, screen),
        TraceCommand::Convert(arguments) => convert::run(arguments, screen),
        TraceCommand::Info(arguments) => info::run(arguments, screen),
    }
}

/// Writes a trace to the file, or prints it where none is named.
fn print_or_write(
    csv: &str,
    output: Option<&Path>,
    screen: &mut Screen,
) -> Result<(), CommandError> {
    let Some(path) = output else {
        return screen.print_csv(csv);
    };
    write_whole(path, csv.as_bytes()).map_err(|error| CommandError::Write {
        path: path.to_owned(),
        error,
    })
}
