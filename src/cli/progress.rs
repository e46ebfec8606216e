//! Progress on stderr, for long work.
//!
//! It shows nothing in a pipe, and nothing within the first half second.

use std::io::{IsTerminal, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::simulation::Observer;
use crate::simulation::observer::RequestSegment;
use crate::units::SimTime;

/// How long a command may take before it shows a bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long it may take before it says what would be faster.
const LONG: Duration = Duration::from_secs(3);

/// `673/s`; below ten with a digit behind the point.
fn whole_rate(state: &ProgressState, text: &mut dyn std::fmt::Write) {
    let rate = state.per_sec();
    let decimals = usize::from(rate < 10.0);
    // A bar that cannot be drawn is no reason to stop.
    let _ = write!(text, "{rate:.decimals$}/s");
}

/// A bar that appears once the work turns out long, and leaves no trace.
#[derive(Debug)]
struct LateBar {
    bar: ProgressBar,
    started: Instant,
    visible: bool,
}

impl LateBar {
    /// A bar of `length` units in indicatif's `template`; without a length it only counts.
    ///
    /// It is seen if it `is_allowed` and stderr is a terminal.
    fn new(length: Option<u64>, template: &str, is_allowed: bool) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", whole_rate));
        }
        Self {
            bar,
            started: Instant::now(),
            visible: is_allowed && std::io::stderr().is_terminal(),
        }
    }

    fn advance(&self, units: u64) {
        if self.is_seen_for(PATIENCE) && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(units);
    }

    /// Writes a line above the bar.
    fn println(&self, text: &str) {
        self.bar.println(text);
    }

    /// Whether it may be seen, and the work has taken longer than this.
    fn is_seen_for(&self, span: Duration) -> bool {
        self.visible && self.started.elapsed() > span
    }
}

impl Drop for LateBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over the bytes of a file that is read, shown once the reading turns out long.
pub(super) struct ByteProgress<R> {
    reader: R,
    bar: LateBar,
}

impl<R: Read> ByteProgress<R> {
    /// Reads through `reader`; without a length, as from a pipe, bytes are only counted.
    pub(super) fn new(reader: R, length_bytes: Option<u64>, is_allowed: bool) -> Self {
        let template = match length_bytes {
            Some(_) => {
                "reading {wide_bar:.cyan/dim} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
            }
            None => "reading {bytes}, {bytes_per_sec}",
        };
        Self {
            reader,
            bar: LateBar::new(length_bytes, template, is_allowed),
        }
    }
}

impl<R: Read> Read for ByteProgress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bar.advance(read as u64);
        Ok(read)
    }
}

/// A bar over simulated time, of all runs together, that appears when the work turns out long.
///
/// It may be advanced from several threads.
#[derive(Debug)]
pub(super) struct Progress {
    bar: LateBar,
    /// A faster way, shown once.
    hint: Option<&'static str>,
    hinted: AtomicBool,
}

impl Progress {
    /// A bar over runs until their `ends`; `hint` appears once when the work takes long.
    pub(super) fn new(
        ends: impl Iterator<Item = SimTime>,
        hint: Option<&'static str>,
        is_allowed: bool,
    ) -> Self {
        let length = ends.map(run_seconds).fold(0, u64::saturating_add);
        let template = "simulating {wide_bar:.cyan/dim} {percent:>3} %, {eta} left";
        Self {
            bar: LateBar::new(Some(length), template, is_allowed),
            hint,
            hinted: AtomicBool::new(false),
        }
    }

    /// The observer of one of the runs, which goes until `end`.
    pub(super) fn of_run(&self, end: SimTime) -> RunProgress<'_> {
        RunProgress {
            progress: self,
            run_seconds: run_seconds(end),
            shown_seconds: 0,
        }
    }

    fn advance(&self, seconds: u64) {
        self.bar.advance(seconds);
        if let Some(hint) = self.hint
            && self.bar.is_seen_for(LONG)
            && !self.hinted.swap(true, Ordering::Relaxed)
        {
            self.bar.println(hint);
        }
    }
}

/// A bar over simulations, with their rate, that appears when the work takes long.
///
/// It may be advanced from several threads.
#[derive(Debug)]
pub(super) struct CountProgress {
    bar: LateBar,
}

impl CountProgress {
    /// A bar over `runs` steps of the activity `doing`, such as "simulating".
    pub(super) fn new(doing: &str, runs: u64, is_allowed: bool) -> Self {
        let template = format!(
            "{doing} {{wide_bar:.cyan/dim}} {{human_pos}} of {{human_len}}, {{rate}}, {{eta}} left"
        );
        Self {
            bar: LateBar::new(Some(runs), &template, is_allowed),
        }
    }

    /// One more of them is over.
    pub(super) fn one_more(&self) {
        self.bar.advance(1);
    }
}

/// Tells the bar how far one run has come.
#[derive(Debug)]
pub(super) struct RunProgress<'a> {
    progress: &'a Progress,
    run_seconds: u64,
    shown_seconds: u64,
}

impl RunProgress<'_> {
    /// The run is over.
    pub(super) fn finish(mut self) {
        self.reach(self.run_seconds);
    }

    fn reach(&mut self, seconds: u64) {
        let seconds = seconds.min(self.run_seconds);
        if seconds > self.shown_seconds {
            self.progress.advance(seconds - self.shown_seconds);
            self.shown_seconds = seconds;
        }
    }
}

impl Observer for RunProgress<'_> {
    // The fluid engine ends before a reader could see it.
    fn served(&mut self, segment: &RequestSegment) {
        self.reach(whole_seconds(segment.end));
    }
}

/// A run of less than a second is progress too.
fn run_seconds(end: SimTime) -> u64 {
    whole_seconds(end).max(1)
}

fn whole_seconds(time: SimTime) -> u64 {
    time.as_secs_f64().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::request_tests::calm_segment;
    use crate::results::tests::at;

    #[test]
    fn the_bar_counts_the_bytes_that_were_read() {
        let bytes = [7; 300];
        let mut reader = ByteProgress::new(&bytes[..], Some(300), false);
        let mut read = Vec::new();
        reader
            .by_ref()
            .take(200)
            .read_to_end(&mut read)
            .expect("read");
        assert_eq!(reader.bar.bar.position(), 200);
    }

    #[test]
    fn the_bar_counts_the_simulated_time_of_all_runs() {
        let progress = Progress::new([at(3600); 2].into_iter(), None, false);
        assert_eq!(progress.bar.bar.length(), Some(7200));
        let mut first = progress.of_run(at(3600));
        first.served(&calm_segment(0, 5));
        first.served(&calm_segment(5, 12));
        let mut second = progress.of_run(at(3600));
        second.served(&calm_segment(0, 5));
        assert_eq!(progress.bar.bar.position(), 17);
        first.finish();
        second.finish();
        assert_eq!(progress.bar.bar.position(), 7200);
    }

    #[test]
    fn a_run_of_less_than_a_second_is_progress_too() {
        let progress = Progress::new([SimTime::from_nanos(1)].into_iter(), None, false);
        progress.of_run(SimTime::from_nanos(1)).finish();
        assert_eq!(progress.bar.bar.position(), 1);
    }
}
