//! `hpasim trace convert FILE -o OUT.csv`: a recording becomes a trace of our own.
//!
//! Self-imposed limit: read, warn, write; each is done elsewhere.

use std::path::PathBuf;

use clap::Args;

use super::print_or_write;
use super::recording::RecordingArgs;
use crate::cli::error::{CommandError, Completion};
use crate::cli::screen::Screen;
use crate::scenario::formats::ceiling;
use crate::scenario::formats::csv_text::to_csv;

/// `hpasim trace convert`.
#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// The recording.
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// The file to write; without it the trace goes to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Converts, to stdout where no file is named.
pub(super) fn run(
    arguments: &ConvertArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let recording = arguments.recording.read()?;
    if !arguments.recording.quiet {
        screen.warn(&recording.warnings);
        let censored = ceiling::warning(&recording.trace, None, &recording.demand_place);
        screen.warn(censored.as_slice());
    }
    let csv = to_csv(&recording);
    print_or_write(&csv, arguments.output.as_deref(), screen)?;
    Ok(Completion::Done)
}
