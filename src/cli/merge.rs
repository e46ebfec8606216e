//! `hpasim merge PART... -o FILE`: the parts of a sweep as one file.

use std::path::{Path, PathBuf};

use clap::Args;

use super::atomic_file::SingleOutput;
use super::error::{CommandError, Completion};
use super::file_names::SWEEP;
use super::files::all_or_faults;
use super::interrupt::Interrupt;
use super::screen::Screen;
use super::sweep_file::open_part;
use crate::search::parts::{TableError, merge};

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim merge part-0 part-1 -o whole
  hpasim merge part-*/sweep.csv -o sweep.csv";

/// Join the parts that `sweep --shard I/N` computed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct MergeArgs {
    /// The parts: sweep.csv of each, or the folders that hold them
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    /// The file of the whole sweep, or the folder for its sweep.csv
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
    /// Print only errors
    #[arg(short, long)]
    quiet: bool,
}

/// Reads the parts, checks that they make a whole, writes it.
pub(super) fn run(arguments: &MergeArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let inputs: Vec<PathBuf> = arguments.parts.iter().map(|part| file_of(part)).collect();
    let parts = all_or_faults(inputs.iter().map(|part| open_part(part)))?;
    let path = file_of(&arguments.output);
    let output = SingleOutput {
        path: &path,
        force: arguments.force,
        inputs: &inputs,
        command: "merge",
    };
    let count = parts.len();
    let mut rows = 0;
    output.write(&interrupt, |file| {
        rows = merge(parts, file).map_err(|error| match error {
            TableError::Write(error) => CommandError::unwritable(&path, error),
            other => other.into(),
        })?;
        Ok(())
    })?;
    if !arguments.quiet {
        screen.print(&format!(
            "{rows} rows of {count} {} in {}\n",
            if count == 1 { "part" } else { "parts" },
            path.display()
        ))?;
    }
    Ok(Completion::Done)
}

/// A folder stands for the file in it.
fn file_of(part: &Path) -> PathBuf {
    if part.is_dir() {
        part.join(SWEEP)
    } else {
        part.to_owned()
    }
}
