//! Ctrl-C: which files a stopped command removes, and when it may stop.
//!
//! The first Ctrl-C ends the process at once, unless files are being put in place:
//! then it ends as soon as they are. The second one ends it in any case, so that a
//! write that blocks cannot hold it. Whatever way it ends, unfinished files go.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use super::error::INTERRUPTED;
use crate::text::visible;

/// How long the clearing and the last words may take.
const LAST_WORDS_WAIT: Duration = Duration::from_secs(2);

/// The command that hears Ctrl-C. Signals belong to the process, and a process may run one command after the other.
static HEARD: Mutex<Option<Interrupt>> = Mutex::new(None);

fn heard() -> MutexGuard<'static, Option<Interrupt>> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command's side of Ctrl-C.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt {
    state: Arc<Mutex<SignalState>>,
}

#[derive(Debug, Default)]
struct SignalState {
    /// How many guards of [`Interrupt::while_writing`] live.
    writers: u32,
    /// Whether the user has asked to stop.
    is_asked: bool,
    /// Files that are not finished, and folders that were made for them, in the order of making.
    unfinished: Vec<PathBuf>,
    /// What the process says at its end.
    last_words: String,
}

impl SignalState {
    /// Takes a signal. Whether the process ends now: else it ends when nothing is being written any more.
    fn ends_now(&mut self) -> bool {
        let is_second = std::mem::replace(&mut self.is_asked, true);
        is_second || self.writers == 0
    }

    /// Removes what is not finished. A failure here cannot be reported.
    fn clear_away(&mut self) {
        for path in self.unfinished.drain(..).rev() {
            let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
        }
    }
}

impl Interrupt {
    /// Forgets the command that listened before in this process; Ctrl-C ends the next one without a word about the last.
    pub(super) fn forget() {
        if let Some(interrupt) = &*heard() {
            *interrupt.state() = SignalState {
                last_words: "interrupted".to_owned(),
                ..SignalState::default()
            };
        }
    }

    /// Handles Ctrl-C and SIGTERM from now on.
    pub(super) fn listen() -> Self {
        let interrupt = Self::default();
        interrupt.say("interrupted; nothing was written");
        *heard() = Some(interrupt.clone());
        // A process has one handler: that of its first command serves all of them. Without any, the system's own ends the
        // process, and a partial file may stay.
        let _ = ctrlc::set_handler(|| {
            let interrupt = heard().clone();
            if let Some(interrupt) = interrupt {
                let mut state = interrupt.state();
                if state.ends_now() {
                    end(&mut state);
                }
            }
        });
        interrupt
    }

    /// What the process says when the user stops it from now on.
    pub(super) fn say(&self, text: impl Into<String>) {
        self.state().last_words = text.into();
    }

    /// A file that goes, or a folder that goes if it is empty, when the user stops the process.
    pub(super) fn add_unfinished(&self, path: &Path) {
        self.state().unfinished.push(path.to_owned());
    }

    /// The file or folder is finished, or gone.
    pub(super) fn remove_unfinished(&self, path: &Path) {
        self.state().unfinished.retain(|known| known != path);
    }

    /// Files are put in place until the guard goes; one Ctrl-C does not end the process meanwhile.
    pub(super) fn while_writing(&self) -> Writing {
        self.state().writers += 1;
        Writing {
            interrupt: self.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, SignalState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files are being put in place.
#[derive(Debug)]
pub(super) struct Writing {
    interrupt: Interrupt,
}

impl Drop for Writing {
    /// A Ctrl-C that came meanwhile ends the process here, unless another guard lives.
    fn drop(&mut self) {
        let mut state = self.interrupt.state();
        state.writers -= 1;
        if state.writers == 0 && state.is_asked {
            end(&mut state);
        }
    }
}

/// Ends the process. The lock on the state stays taken, so that no thread begins to write meanwhile.
fn end(state: &mut SignalState) -> ! {
    let mut state = std::mem::take(state);
    let (said, hears) = mpsc::channel();
    // A file system or a stderr that hangs must not keep the process alive.
    std::thread::spawn(move || {
        state.clear_away();
        // A progress bar may hold the line, hence the line feed first.
        let _ = writeln!(std::io::stderr().lock(), "\n{}", visible(&state.last_words));
        let _ = said.send(());
    });
    let _ = hears.recv_timeout(LAST_WORDS_WAIT);
    std::process::exit(i32::from(INTERRUPTED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_ends_the_process_at_once_while_nothing_is_written() {
        assert!(SignalState::default().ends_now());
    }

    #[test]
    fn a_signal_waits_for_a_write_and_the_second_one_does_not() {
        let interrupt = Interrupt::default();
        let _outer = interrupt.while_writing();
        drop(interrupt.while_writing());
        assert!(!interrupt.state().ends_now());
        assert!(interrupt.state().ends_now());
        // The guard must not end the process of the tests.
        interrupt.state().is_asked = false;
    }

    #[test]
    fn what_is_unfinished_goes_with_the_folders_made_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = folder.path().join("made");
        let kept = folder.path().join("kept");
        for path in [&made, &kept] {
            std::fs::create_dir(path).expect("a new folder");
        }
        std::fs::write(made.join("part"), "").expect("written");
        std::fs::write(kept.join("mine"), "").expect("written");
        let interrupt = Interrupt::default();
        for path in [&made, &made.join("part"), &kept] {
            interrupt.add_unfinished(path);
        }
        interrupt.state().clear_away();
        assert!(!made.exists());
        assert!(
            kept.join("mine").exists(),
            "a folder with other files stays"
        );
    }
}
