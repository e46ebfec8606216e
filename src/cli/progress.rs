//! Progress on stderr, for work that takes long enough to wonder about.
//!
//! Self-imposed limit: nothing in a pipe, and nothing within the first half second.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a command may take before it shows a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whether a bar may appear at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProgressMode {
    /// If stderr is a terminal.
    WhereSeen,
    /// Never: `--quiet`.
    Off,
}

/// A bar that appears when the work turns out long. It may be advanced from several threads.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    visible: bool,
}

impl Progress {
    /// A bar over `steps` of the work that `what` names.
    pub(super) fn new(what: &'static str, steps: u64, mode: ProgressMode) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {wide_bar:.cyan/dim} {pos}/{len} eta {eta}")
        {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self {
            bar,
            started: Instant::now(),
            visible: mode == ProgressMode::WhereSeen && std::io::stderr().is_terminal(),
        }
    }

    /// One step is done.
    pub(super) fn advance(&self) {
        if self.visible && self.bar.is_hidden() && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    /// The bar leaves no trace.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
