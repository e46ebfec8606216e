//! Work on many threads whose results come out in order, as they come.
//!
//! Self-imposed limit: numbers in, results out; it knows no simulation. Memory
//! stays flat: nobody runs further ahead of what came out than a few pieces a thread.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

/// How many pieces a thread may be ahead of what came out.
const AHEAD_PER_THREAD: u64 = 8;

/// The most threads that are started.
const THREADS_MOST: u64 = 1024;

/// As many threads as the machine has cores for this process.
#[must_use]
pub fn all_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Does `work` for every number of `pieces` on `threads` threads, and hands the results to `sink` in order.
///
/// `sink` runs on the calling thread. The results and their order are the same
/// for any number of threads, provided that `work` looks at its number alone.
///
/// # Errors
/// What `sink` says first; no piece is then begun any more.
pub fn in_order<T: Send, E>(
    pieces: Range<u64>,
    threads: NonZeroUsize,
    work: impl Fn(u64) -> T + Sync,
    mut sink: impl FnMut(u64, T) -> Result<(), E>,
) -> Result<(), E> {
    // More threads than pieces, or than any machine has cores, would only wait.
    let most = pieces
        .end
        .saturating_sub(pieces.start)
        .clamp(1, THREADS_MOST);
    let threads = (threads.get() as u64).min(most);
    let queue = Queue::new(pieces.clone(), AHEAD_PER_THREAD * threads);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        // However it ends, the threads are told, or the scope would wait for them for ever.
        let _closing = Closing(&queue);
        for _ in 0..threads {
            let sender = sender.clone();
            let (queue, work) = (&queue, &work);
            scope.spawn(move || {
                let _closing = OnPanic(queue);
                while let Some(piece) = queue.take() {
                    if sender
                        .send(Done {
                            piece,
                            result: work(piece),
                        })
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut next = pieces.start;
        for done in receiver {
            early.insert(done.piece, done.result);
            while let Some(result) = early.remove(&next) {
                sink(next, result)?;
                next += 1;
                queue.came_out(next);
            }
        }
        Ok(())
    })
}

struct Done<T> {
    piece: u64,
    result: T,
}

/// The pieces that nobody has begun.
struct Queue {
    state: Mutex<State>,
    moved: Condvar,
    ahead: u64,
}

struct State {
    next: u64,
    end: u64,
    /// The first piece that has not come out.
    out: u64,
}

impl Queue {
    fn new(pieces: Range<u64>, ahead: u64) -> Self {
        Self {
            state: Mutex::new(State {
                next: pieces.start,
                end: pieces.end,
                out: pieces.start,
            }),
            moved: Condvar::new(),
            ahead,
        }
    }

    /// The next piece, once it is near enough to what came out.
    fn take(&self) -> Option<u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self
            .moved
            .wait_while(state, |state| {
                state.next < state.end && state.next >= state.out.saturating_add(self.ahead)
            })
            .unwrap_or_else(PoisonError::into_inner);
        let piece = (state.next < state.end).then_some(state.next)?;
        state.next += 1;
        Some(piece)
    }

    fn came_out(&self, next: u64) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .out = next;
        self.moved.notify_all();
    }

    fn close(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .end = 0;
        self.moved.notify_all();
    }
}

/// Nothing more is begun once this goes.
struct Closing<'q>(&'q Queue);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A thread that fails stops the others, which would wait for its result.
struct OnPanic<'q>(&'q Queue);

impl Drop for OnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("not zero")
    }

    fn squares(count: usize) -> Vec<u64> {
        let mut out = Vec::new();
        // Later pieces are done sooner.
        let work = |piece: u64| {
            let spins = (200 - piece) * 50;
            std::hint::black_box((0..spins).fold(0u64, u64::wrapping_add));
            piece * piece
        };
        let done: Result<(), Infallible> = in_order(3..200, threads(count), work, |_, square| {
            out.push(square);
            Ok(())
        });
        done.expect("infallible");
        out
    }

    #[test]
    fn results_come_out_in_order_whatever_the_number_of_threads() {
        let wanted: Vec<u64> = (3..200).map(|piece| piece * piece).collect();
        for count in [1, 2, 7] {
            assert_eq!(squares(count), wanted);
        }
    }

    #[test]
    fn a_sink_that_fails_ends_the_work() {
        let mut taken = 0;
        let ended = in_order(
            0..u64::MAX,
            threads(3),
            |piece| piece,
            |piece, _| {
                taken += 1;
                if piece == 9 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!(ended, Err("enough"));
        assert_eq!(taken, 10);
    }

    #[test]
    fn no_pieces_are_no_work() {
        let ended: Result<(), Infallible> = in_order(
            5..5,
            threads(2),
            |_| (),
            |_, ()| panic!("nothing comes out"),
        );
        assert!(ended.is_ok());
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_piece_that_panics_does_not_hang_the_others() {
        let work = |piece: u64| assert_ne!(piece, 2, "broken");
        let _: Result<(), Infallible> = in_order(0..1000, threads(2), work, |_, ()| Ok(()));
    }
}
