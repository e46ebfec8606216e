//! The event queue: events in the order of time, then phase, then insertion.
//!
//! An event cannot be cancelled. It stays in the queue, and its receiver must check whether it is
//! still valid.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::marker::PhantomData;

use crate::units::SimTime;

/// Bits of an entry's order that count insertions; the phase stands above them. 2^56 insertions are
/// two centuries at ten million a second.
const SEQUENCE_BITS: u32 = 56;

/// Future events. `P` orders the events of one instant: lower numbers run first.
///
/// A binary heap over integer keys, because few events wait at a time and ties need an explicit
/// order.
#[derive(Clone, Debug)]
pub struct EventQueue<P, E> {
    heap: BinaryHeap<Reverse<QueuedEvent<E>>>,
    sequence: u64,
    phase: PhantomData<P>,
}

/// An event and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled<E> {
    /// When the event happens.
    pub time: SimTime,
    /// The event.
    pub event: E,
}

#[derive(Clone, Copy, Debug)]
struct QueuedEvent<E> {
    time: SimTime,
    /// Phase and sequence in one number, so that a tie in time costs one more comparison.
    order: u64,
    event: E,
}

impl<E> PartialEq for QueuedEvent<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for QueuedEvent<E> {}

impl<E> PartialOrd for QueuedEvent<E> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for QueuedEvent<E> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.order).cmp(&(other.time, other.order))
    }
}

impl<P: Into<u8>, E: Copy> EventQueue<P, E> {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sequence: 0,
            phase: PhantomData,
        }
    }

    /// Schedules `event` for `time`. Within that instant it runs in `phase`, after the events that
    /// are already queued there.
    pub fn push(&mut self, time: SimTime, phase: P, event: E) {
        let entry = self.entry(time, phase, event);
        self.heap.push(Reverse(entry));
    }

    /// The next event; it stays in the queue.
    #[must_use]
    pub fn first(&self) -> Option<Scheduled<E>> {
        self.heap.peek().map(|Reverse(entry)| Scheduled {
            time: entry.time,
            event: entry.event,
        })
    }

    /// Removes and returns the next event.
    pub fn pop(&mut self) -> Option<Scheduled<E>> {
        self.heap.pop().map(|Reverse(entry)| Scheduled {
            time: entry.time,
            event: entry.event,
        })
    }

    /// Replaces the next event by `event`; for a periodic event this costs half of a pop and a
    /// push.
    ///
    /// On an empty queue it pushes `event`.
    pub fn replace_first(&mut self, time: SimTime, phase: P, event: E) {
        let entry = self.entry(time, phase, event);
        if let Some(mut first) = self.heap.peek_mut() {
            *first = Reverse(entry);
            return;
        }
        self.heap.push(Reverse(entry));
    }

    /// The number of queued events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether the queue is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn entry(&mut self, time: SimTime, phase: P, event: E) -> QueuedEvent<E> {
        let order = u64::from(phase.into()) << SEQUENCE_BITS | self.sequence;
        self.sequence += 1;
        QueuedEvent { time, order, event }
    }
}

impl<P: Into<u8>, E: Copy> Default for EventQueue<P, E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut EventQueue<u8, &'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop().map(|scheduled| scheduled.event)).collect()
    }

    #[test]
    fn events_come_by_time_then_phase_then_insertion() {
        let mut queue = EventQueue::new();
        let at = SimTime::from_nanos;
        queue.push(at(2), 0, "later");
        queue.push(at(1), 3, "late phase");
        queue.push(at(1), 1, "first of two");
        queue.push(at(1), 1, "second of two");
        queue.push(at(-1), 9, "before the start");
        assert_eq!(
            drain(&mut queue),
            [
                "before the start",
                "first of two",
                "second of two",
                "late phase",
                "later"
            ]
        );
    }

    #[test]
    fn a_replaced_first_event_goes_to_its_new_place() {
        let mut queue = EventQueue::new();
        let at = SimTime::from_nanos;
        queue.push(at(1), 0, "tick");
        queue.push(at(5), 0, "other");
        assert_eq!(queue.first().map(|first| first.event), Some("tick"));
        queue.replace_first(at(6), 0, "tick again");
        assert_eq!(queue.len(), 2);
        assert_eq!(drain(&mut queue), ["other", "tick again"]);
        queue.replace_first(at(7), 0, "alone");
        assert_eq!(drain(&mut queue), ["alone"]);
    }

    #[test]
    fn an_event_may_be_scheduled_into_the_present() {
        let mut queue = EventQueue::new();
        let now = SimTime::from_nanos(1);
        queue.push(now, 5, "scale applied");
        assert_eq!(queue.pop().map(|first| first.time), Some(now));
        queue.push(now, 0, "pod gone");
        assert_eq!(queue.pop().map(|first| first.event), Some("pod gone"));
    }
}
