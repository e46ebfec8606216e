//! Ctrl-C: the work stops at the next place where nothing is half done.
//!
//! Self-imposed limit: a flag; whoever works asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::CommandError;

/// Whether the user has asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on Ctrl-C asks, and a second one ends the process at once.
    pub(super) fn listen() -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&asked);
        // Without a handler the system's own ends the process: no summary is written then either.
        let _ = ctrlc::set_handler(move || {
            if heard.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        });
        Self { asked }
    }

    /// Goes on unless the user has asked to stop.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self.asked.load(Ordering::SeqCst) {
            Err(CommandError::Interrupted)
        } else {
            Ok(())
        }
    }
}
