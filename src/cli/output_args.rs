//! What is written and told: `--force`, `--plot`, `--quiet`.
//!
//! Self-imposed limit: arguments and what they stand for; `--output` is each command's own, since defaults differ.

use clap::Args;

use super::atomic_file::Overwrite;
use super::choices::PlotChoice;
use super::progress::ProgressMode;
use super::screen::Screen;
use crate::scenario::Diagnostic;

/// What is written to the output folder, and over what.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct WriteArgs {
    /// Replace whatever the output folder holds: all files of hpasim's names there go
    #[arg(long)]
    force: bool,
    /// Which pictures are drawn
    #[arg(long, value_enum, default_value_t = PlotChoice::All)]
    pub(super) plot: PlotChoice,
}

impl WriteArgs {
    /// What may be done to the results of other inputs.
    pub(super) fn overwrite(self) -> Overwrite {
        Overwrite::forced(self.force)
    }
}

/// What is told beside the results.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct QuietArgs {
    /// Only errors, and data where --format asks for it: no tables, no warnings, no progress
    #[arg(short, long)]
    quiet: bool,
}

impl QuietArgs {
    /// Whether nothing but errors and data is printed.
    pub(super) fn is_asked_for(self) -> bool {
        self.quiet
    }

    /// Whether a bar may appear.
    pub(super) fn progress(self) -> ProgressMode {
        if self.quiet {
            ProgressMode::Off
        } else {
            ProgressMode::WhereSeen
        }
    }

    /// Writes what a user should know, unless quiet was asked for.
    pub(super) fn warn(self, warnings: &[Diagnostic], screen: &mut Screen) {
        if !self.quiet {
            screen.warn(warnings);
        }
    }
}
