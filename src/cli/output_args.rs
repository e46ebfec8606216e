//! Where results go, and what is told: `--output`, `--force`, `--plot`, `--format`, `--quiet`.

use std::path::PathBuf;

use clap::Args;

use super::choices::{OutputFormat, PlotChoice, summary_format};
use super::screen::Screen;
use crate::scenario::Diagnostic;

/// What a command that simulates writes, over what, and what it prints.
///
/// Each command says of `output` what its default is.
#[derive(Args, Clone, Debug)]
pub(super) struct AnswerArgs {
    /// The output folder
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Replace whatever the output folder holds: all files of hpasim's names there go
    #[arg(long)]
    pub(super) force: bool,
    /// Which pictures are drawn
    #[arg(long, value_enum, default_value_t = PlotChoice::All)]
    pub(super) plot: PlotChoice,
    /// What is printed to stdout
    #[arg(long, value_parser = summary_format(), default_value = "table")]
    pub(super) format: OutputFormat,
    #[command(flatten)]
    pub(super) quiet: QuietArgs,
}

/// `--help` lists `--quiet` last, behind the arguments that a command adds itself.
const LAST: usize = 900;

/// What is told beside the results.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct QuietArgs {
    /// Only errors, and data where --format asks for it: no tables, no warnings, no progress
    #[arg(short, long, display_order = LAST)]
    quiet: bool,
}

impl QuietArgs {
    /// Whether nothing but errors and data is printed.
    pub(super) fn is_asked_for(self) -> bool {
        self.quiet
    }

    /// Whether a bar may appear.
    pub(super) fn allows_progress(self) -> bool {
        !self.quiet
    }

    /// Writes what a user should know, unless quiet was asked for.
    pub(super) fn warn(self, warnings: &[Diagnostic], screen: &mut Screen) {
        if !self.quiet {
            screen.warn(warnings);
        }
    }
}
