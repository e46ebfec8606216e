//! Where results go, and what a command prints: `--output`, `--force`, `--plot`, `--format`, `--quiet`.

use std::path::PathBuf;

use clap::Args;

use super::choices::{OutputFormat, PLOTS, PlotChoice, TABLE_OR_JSON, one_of};
use super::screen::Screen;
use crate::scenario::Diagnostic;

/// What a command that simulates writes, over what, and what it prints.
///
/// Each command says of `output` what its default is.
#[derive(Args, Clone, Debug)]
pub(super) struct AnswerArgs {
    /// Output folder
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Replace hpasim's files in the output folder
    #[arg(long)]
    pub(super) force: bool,
    /// Pictures to draw: all, svg, png or none
    #[arg(long, value_parser = one_of(PLOTS), hide_possible_values = true, default_value = "all")]
    pub(super) plot: PlotChoice,
    /// Print a table, or json (summary.json)
    #[arg(long, value_parser = one_of(TABLE_OR_JSON), hide_possible_values = true, default_value = "table")]
    pub(super) format: OutputFormat,
    #[command(flatten)]
    pub(super) quiet: QuietArgs,
}

/// `--help` lists `--quiet` last, behind the arguments that a command adds itself.
const LAST: usize = 900;

/// Whether a command prints more than errors and data.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct QuietArgs {
    /// Print only errors and the data of --format
    #[arg(short, long, display_order = LAST)]
    quiet: bool,
}

impl QuietArgs {
    /// Whether only errors and data are printed.
    pub(super) fn is_asked_for(self) -> bool {
        self.quiet
    }

    /// Whether a progress bar may appear.
    pub(super) fn allows_progress(self) -> bool {
        !self.quiet
    }

    /// Writes the warnings, unless --quiet is set.
    pub(super) fn warn(self, warnings: &[Diagnostic], screen: &mut Screen) {
        if !self.quiet {
            screen.warn(warnings);
        }
    }
}
