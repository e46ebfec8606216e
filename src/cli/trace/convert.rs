//! `hpasim trace convert FILE -o OUT.csv`: makes a trace of a recording.

use clap::Args;

use super::TraceOutputArgs;
use super::recording::RecordingArgs;
use super::utilization::UtilizationArgs;
use crate::cli::error::{CommandError, Completion};
use crate::cli::screen::Screen;
use crate::scenario::formats::ceiling;
use crate::scenario::formats::csv_text::to_csv;

/// Two commands that `--help` shows.
pub(super) const EXAMPLES: &str = "Examples:
  hpasim trace convert access.log.gz --step 10s --scale 2 -o double.csv
  hpasim trace convert t.csv --cpu-utilization cpu --replicas n --cpu-request 1";

/// `hpasim trace convert`.
#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// The recording.
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// The columns of a table with CPU utilization.
    #[command(flatten)]
    pub utilization: UtilizationArgs,
    /// Where the trace goes.
    #[command(flatten)]
    pub output: TraceOutputArgs,
}

/// Converts, to stdout where no file is named.
pub(super) fn run(
    arguments: &ConvertArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let inputs = [arguments.recording.input.clone()];
    arguments.output.check(&inputs)?;
    let recording = arguments.recording.read(arguments.utilization.columns())?;
    if !arguments.recording.quiet {
        screen.warn(&recording.warnings);
        let censored = ceiling::warning(&recording.trace, None, &recording.demand_place);
        screen.warn(censored.as_slice());
    }
    let csv = to_csv(&recording, arguments.recording.span.zone());
    arguments.output.put(&csv, &inputs, screen)?;
    Ok(Completion::Done)
}
