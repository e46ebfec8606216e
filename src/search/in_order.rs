//! Work on many threads whose results come out in order, as they come: the crate's one way to run in parallel.
//!
//! The threads belong to the call, so a forked process can call it. Results reach the
//! caller's thread, so the caller can stop between two of them. Memory of [`in_order`] stays
//! flat: no thread runs more than a few pieces ahead of the results.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::ScopedJoinHandle;

/// How many pieces a thread may be ahead of what came out.
const AHEAD_PER_THREAD: u64 = 8;

/// The most threads that are started.
const THREADS_MOST: usize = 1024;

/// As many threads as the machine has cores for this process.
#[must_use]
pub fn all_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Does `work` for each of `pieces` on `threads` threads of this call, and hands the results to `sink` in order, each with its place.
///
/// `sink` runs on the calling thread. The results and their order are the same
/// for any number of threads, provided that `work` looks at its piece alone. When
/// the call ends, by a panic too, its threads have ended.
///
/// # Errors
/// What `sink` says first; no piece is then begun any more.
///
/// # Panics
/// As `work` or `sink` did.
pub fn in_order<P: Send, T: Send, E>(
    pieces: impl IntoIterator<Item = P, IntoIter: Send>,
    threads: NonZeroUsize,
    work: impl Fn(P) -> T + Sync,
    sink: impl FnMut(u64, T) -> Result<(), E>,
) -> Result<(), E> {
    let pieces = pieces.into_iter();
    let threads = threads_for(&pieces, threads);
    let ahead = AHEAD_PER_THREAD * threads as u64;
    share_out(pieces, threads, ahead, work, sink)
}

/// The same for results that are kept: a piece that takes long does not hold up those behind it.
///
/// # Panics
/// As `work` did.
pub fn collect_in_order<P: Send, T: Send>(
    pieces: impl IntoIterator<Item = P, IntoIter: Send>,
    threads: NonZeroUsize,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    let pieces = pieces.into_iter();
    let threads = threads_for(&pieces, threads);
    let mut results = Vec::with_capacity(pieces.size_hint().0);
    let keep = |_, result| {
        results.push(result);
        Ok::<(), Infallible>(())
    };
    let Ok(()) = share_out(pieces, threads, u64::MAX, work, keep);
    results
}

/// More threads than pieces, or than any machine has cores, would only wait.
fn threads_for(pieces: &impl Iterator, wanted: NonZeroUsize) -> usize {
    let pieces = pieces.size_hint().1.unwrap_or(THREADS_MOST);
    wanted.get().min(pieces.clamp(1, THREADS_MOST))
}

/// Each thread takes the next piece when it is free, because pieces differ in length. This thread passes the results on in order.
fn share_out<P: Send, T: Send, E>(
    pieces: impl Iterator<Item = P> + Send,
    threads: usize,
    ahead: u64,
    work: impl Fn(P) -> T + Sync,
    mut sink: impl FnMut(u64, T) -> Result<(), E>,
) -> Result<(), E> {
    let queue = Queue::new(pieces, ahead);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        // The threads must learn of the end in any case, or the scope waits for them for ever.
        let closing = Closing(&queue);
        let started: Vec<ScopedJoinHandle<'_, ()>> = (0..threads)
            .map(|_| {
                let sender = sender.clone();
                let (queue, work) = (&queue, &work);
                scope.spawn(move || {
                    let _closing = OnPanic(queue);
                    while let Some((place, piece)) = queue.take() {
                        let result = work(piece);
                        if sender.send(Done { place, result }).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        let mut early = BTreeMap::new();
        let mut next = 0;
        for done in receiver {
            early.insert(done.place, done.result);
            while let Some(result) = early.remove(&next) {
                sink(next, result)?;
                next += 1;
                queue.came_out(next);
            }
        }
        drop(closing);
        for thread in started {
            if let Err(panic) = thread.join() {
                resume_unwind(panic);
            }
        }
        Ok(())
    })
}

struct Done<T> {
    place: u64,
    result: T,
}

/// The pieces that no thread has begun.
struct Queue<I> {
    state: Mutex<QueueState<I>>,
    moved: Condvar,
    ahead: u64,
}

struct QueueState<I> {
    /// None when there are no more, or none is to be begun.
    pieces: Option<I>,
    /// The place of the next piece.
    next: u64,
    /// The place of the first piece that has not come out.
    out: u64,
}

impl<I: Iterator> Queue<I> {
    fn new(pieces: I, ahead: u64) -> Self {
        Self {
            state: Mutex::new(QueueState {
                pieces: Some(pieces),
                next: 0,
                out: 0,
            }),
            moved: Condvar::new(),
            ahead,
        }
    }

    /// The next piece with its place, once it is near enough to what came out.
    fn take(&self) -> Option<(u64, I::Item)> {
        let mut state = self
            .moved
            .wait_while(self.state(), |state| {
                state.pieces.is_some() && state.next >= state.out.saturating_add(self.ahead)
            })
            .unwrap_or_else(PoisonError::into_inner);
        let piece = state.pieces.as_mut()?.next()?;
        let place = state.next;
        state.next += 1;
        Some((place, piece))
    }
}

impl<I> Queue<I> {
    fn state(&self) -> MutexGuard<'_, QueueState<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn came_out(&self, next: u64) {
        self.state().out = next;
        self.moved.notify_all();
    }

    fn close(&self) {
        self.state().pieces = None;
        self.moved.notify_all();
    }
}

/// Nothing more is begun once this goes.
struct Closing<'q, I>(&'q Queue<I>);

impl<I> Drop for Closing<'_, I> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A thread that fails stops the others, which would wait for its result.
struct OnPanic<'q, I>(&'q Queue<I>);

impl<I> Drop for OnPanic<'_, I> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread::{ThreadId, current, yield_now};

    use super::*;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("not zero")
    }

    /// Later pieces are done sooner.
    fn square(piece: u64) -> u64 {
        let spins = (200 - piece) * 50;
        std::hint::black_box((0..spins).fold(0u64, u64::wrapping_add));
        piece * piece
    }

    fn squares(count: usize) -> Vec<u64> {
        let mut out = Vec::new();
        let Ok(()) = in_order(3..200, threads(count), square, |place, square| {
            assert_eq!(place, out.len() as u64);
            out.push(square);
            Ok::<(), Infallible>(())
        });
        out
    }

    #[test]
    fn results_come_out_in_order_whatever_the_number_of_threads() {
        let wanted: Vec<u64> = (3..200).map(|piece| piece * piece).collect();
        for count in [1, 2, 7, 5000] {
            assert_eq!(squares(count), wanted);
            assert_eq!(collect_in_order(3..200, threads(count), square), wanted);
        }
    }

    #[test]
    fn a_piece_is_handed_over_once_and_whole() {
        let pieces: Vec<String> = (0..50).map(|piece| piece.to_string()).collect();
        let results = collect_in_order(pieces.clone(), threads(3), |piece| piece);
        assert_eq!(results, pieces);
    }

    #[test]
    fn a_sink_that_fails_ends_the_work() {
        let mut taken = 0;
        let ended = in_order(
            0..u64::MAX,
            threads(3),
            |piece| piece,
            |place, _| {
                taken += 1;
                if place == 9 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!(ended, Err("enough"));
        assert_eq!(taken, 10);
    }

    #[test]
    fn a_sink_that_panics_ends_the_work_and_the_threads() {
        let begun = AtomicU64::new(0);
        let work = |_| begun.fetch_add(1, Ordering::SeqCst);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            in_order(0..u64::MAX, threads(3), work, |_, _| -> Result<(), ()> {
                panic!("the caller has had enough")
            })
        }));
        assert!(panic.is_err());
        let at_end = begun.load(Ordering::SeqCst);
        assert!(at_end <= 3 * AHEAD_PER_THREAD, "{at_end}");
        yield_now();
        assert_eq!(begun.load(Ordering::SeqCst), at_end);
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
        assert!(collect_in_order(5..5, threads(2), square).is_empty());
    }

    #[test]
    #[should_panic(expected = "piece two is broken")]
    fn a_piece_that_panics_ends_the_others_and_the_caller_panics_alike() {
        let work = |piece: u64| assert_ne!(piece, 2, "piece two is broken");
        let _: Result<(), Infallible> = in_order(0..u64::MAX, threads(2), work, |_, ()| Ok(()));
    }

    #[test]
    fn no_thread_runs_further_ahead_than_its_share_of_pieces() {
        let ahead = 2 * AHEAD_PER_THREAD;
        let begun = AtomicU64::new(0);
        let work = |piece: u64| {
            begun.fetch_add(1, Ordering::SeqCst);
            // The first piece ends once the other thread has begun all that it may.
            while piece == 0 && begun.load(Ordering::SeqCst) < ahead {
                yield_now();
            }
        };
        let out = |place, ()| {
            let begun = begun.load(Ordering::SeqCst);
            assert!(begun <= place + ahead, "{begun} begun, {place} came out");
            Ok::<(), Infallible>(())
        };
        let Ok(()) = in_order(0..1000, threads(2), work, out);
    }

    #[test]
    fn results_that_are_kept_do_not_wait_for_the_first() {
        let begun = AtomicU64::new(0);
        let results = collect_in_order(0..1000, threads(2), |piece| {
            begun.fetch_add(1, Ordering::SeqCst);
            // Without an end if the other thread had to wait for this piece.
            while piece == 0 && begun.load(Ordering::SeqCst) < 1000 {
                yield_now();
            }
            piece
        });
        assert_eq!(results, (0..1000).collect::<Vec<u64>>());
    }

    /// The threads that did the work of one call.
    fn workers() -> BTreeSet<String> {
        let name = |id: ThreadId| format!("{id:?}");
        let ids = collect_in_order(0..20, threads(2), |_| current().id());
        ids.into_iter().map(name).collect()
    }

    #[test]
    fn threads_belong_to_a_call_and_the_sink_to_the_caller() {
        let caller = current().id();
        let first = workers();
        assert!(first.is_disjoint(&workers()), "no pool outlives a call");
        assert!(!first.contains(&format!("{caller:?}")));
        let Ok(()) = in_order(
            0..20,
            threads(2),
            |_| (),
            |_, ()| {
                assert_eq!(current().id(), caller);
                Ok::<(), Infallible>(())
            },
        );
    }
}
