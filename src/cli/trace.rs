//! `hpasim trace gen|convert|splice|info`: makes, converts, changes and describes traces.

mod convert;
mod generate;
mod info;
mod recording;
mod splice;
mod utilization;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use convert::ConvertArgs;
pub use generate::{GenArgs, GenKind, SamplingArgs, generate_csv};
pub use info::InfoArgs;
pub use recording::RecordingArgs;
pub use splice::SpliceArgs;
pub use utilization::UtilizationArgs;

use super::atomic_file::SingleOutput;
use super::error::{CommandError, Completion};
use super::interrupt::Interrupt;
use super::screen::Screen;

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim trace gen spike --peak 500 -o spike.csv
  hpasim trace info access.log.gz";

/// Make, convert, change and describe traces.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct TraceArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// What `hpasim trace` can do.
#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// Make a synthetic trace
    #[command(after_help = generate::EXAMPLES)]
    Gen(GenArgs),
    /// Make a trace of a recording: k6, Prometheus, Locust, an access log
    #[command(after_help = convert::EXAMPLES)]
    Convert(ConvertArgs),
    /// Multiply the load of a trace for a while, or add another trace's
    #[command(after_help = splice::EXAMPLES)]
    Splice(SpliceArgs),
    /// Describe a trace or a recording, and the trace that it becomes
    #[command(after_help = info::EXAMPLES)]
    Info(InfoArgs),
}

/// Does what was asked for.
pub(super) fn run(args: &TraceArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    match &args.command {
        TraceCommand::Gen(arguments) => generate::run(arguments, screen),
        TraceCommand::Convert(arguments) => convert::run(arguments, screen),
        TraceCommand::Splice(arguments) => splice::run(arguments, screen),
        TraceCommand::Info(arguments) => info::run(arguments, screen),
    }
}

/// Where a made trace goes.
#[derive(Args, Debug)]
pub struct TraceOutputArgs {
    /// File to write [default: standard output]
    #[arg(
        short,
        long,
        value_name = "FILE",
        help = "File to write [default: standard output]"
    )]
    pub output: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long, requires = "output")]
    pub force: bool,
}

impl TraceOutputArgs {
    /// Refuses a file that may not be written, before the trace is made of `inputs`.
    fn check(&self, inputs: &[PathBuf]) -> Result<(), CommandError> {
        self.file(inputs).map_or(Ok(()), |file| file.check())
    }

    /// Writes a trace to the file, or prints it where none is named.
    fn put(&self, csv: &str, inputs: &[PathBuf], screen: &mut Screen) -> Result<(), CommandError> {
        let Some(file) = self.file(inputs) else {
            return screen.print_csv(csv);
        };
        file.write(&Interrupt::listen(), |out| {
            out.write_all(csv.as_bytes())
                .map_err(|error| CommandError::unwritable(file.path, error))
        })
    }

    fn file<'a>(&'a self, inputs: &'a [PathBuf]) -> Option<SingleOutput<'a>> {
        Some(SingleOutput {
            path: self.output.as_deref()?,
            force: self.force,
            inputs,
            command: "trace",
        })
    }
}
