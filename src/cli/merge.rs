//! `hpasim merge PART... -o FILE`: the parts of a sweep as one file.
//!
//! Self-imposed limit: files in, file out; what fits together is decided in `search::parts`.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::atomic_file::write_through;
use super::error::{CommandError, Completion};
use super::files::all_or_faults;
use super::screen::Screen;
use super::sweep_file::{SWEEP, open_part};
use crate::search::parts::{TableError, merge};

/// Join the parts that `sweep --shard I/N` computed.
#[derive(Args, Debug)]
pub(super) struct MergeArgs {
    /// The parts: sweep.csv of each, or the folders that hold them
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    /// The file of the whole sweep
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Reads the parts, checks that they make a whole, writes it.
pub(super) fn run(arguments: &MergeArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let opened = arguments.parts.iter().map(|part| open_part(&file_of(part)));
    let parts = all_or_faults(opened)?;
    if arguments.output.exists() && !arguments.force {
        return Err(CommandError::Usage(format!(
            "{} is there already; choose another file with -o, or overwrite it with --force",
            arguments.output.display()
        )));
    }
    let count = parts.len();
    let mut rows = 0;
    let written = write_through(&arguments.output, |file| {
        let mut out = BufWriter::new(file);
        rows = merge(parts, &mut out)?;
        out.flush().map_err(TableError::Write)
    });
    match written {
        Ok(()) => {}
        Err(TableError::Write(error)) => {
            return Err(CommandError::Write {
                path: arguments.output.clone(),
                error,
            });
        }
        Err(error) => return Err(error.into()),
    }
    if !arguments.quiet {
        screen.print(&format!(
            "{rows} rows of {count} {} in {}\n",
            if count == 1 { "part" } else { "parts" },
            arguments.output.display()
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
