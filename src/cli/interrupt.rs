//! Ctrl-C: at once while nothing is being written, else at the next place where nothing is half done.
//!
//! Self-imposed limit: two flags; whoever writes says so and asks.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::error::{CommandError, INTERRUPTED};
use crate::text::visible;

/// Nothing is being written: the process may end at any time.
const COMPUTING: u8 = 0;
/// Files are being written: they are cleared away before the process ends.
const WRITING: u8 = 1;
/// Files are being written, and the user has asked to stop.
const ASKED_TO_STOP: u8 = 2;

/// Whether the user has asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Interrupt {
    state: Arc<AtomicU8>,
}

impl Interrupt {
    /// From now on Ctrl-C ends the process at once, unless files are being written.
    pub(super) fn listen() -> Self {
        Self::listen_and(|| {})
    }

    /// The same; a process that ends at once says `text` before.
    pub(super) fn listen_saying(text: String) -> Self {
        Self::listen_and(move || {
            // A progress bar may hold the line; there is nobody left to tell of a failure.
            let _ = writeln!(std::io::stderr().lock(), "\n{}", visible(&text));
        })
    }

    fn listen_and(last_words: impl Fn() + Send + 'static) -> Self {
        let state = Arc::new(AtomicU8::new(COMPUTING));
        let heard = Arc::clone(&state);
        // Without a handler the system's own ends the process: no summary is written then either.
        let _ = ctrlc::set_handler(move || {
            if heard.swap(ASKED_TO_STOP, Ordering::SeqCst) == COMPUTING {
                last_words();
                std::process::exit(i32::from(INTERRUPTED));
            }
        });
        Self { state }
    }

    /// From now on files are being written, until the guard goes.
    ///
    /// Where the process is about to end, nothing is written any more.
    pub(super) fn while_writing(&self) -> Writing<'_> {
        let begun =
            self.state
                .compare_exchange(COMPUTING, WRITING, Ordering::SeqCst, Ordering::SeqCst);
        if begun.is_err() {
            loop {
                std::thread::park();
            }
        }
        Writing { interrupt: self }
    }
}

/// Files are being written.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    interrupt: &'a Interrupt,
}

impl Writing<'_> {
    /// Goes on unless the user has asked to stop.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self.interrupt.state.load(Ordering::SeqCst) == ASKED_TO_STOP {
            Err(CommandError::Interrupted)
        } else {
            Ok(())
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.interrupt.state.store(COMPUTING, Ordering::SeqCst);
    }
}
