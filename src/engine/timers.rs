//! Timers by slot and events by time in one order, for the hot loop of the request engine.
//!
//! All timers and events belong to one phase. Within one instant they run in the order of
//! scheduling.
//!
//! A slot has at most one timer, and setting the slot again moves it. A server's next completion
//! changes with every arrival; in a heap the outdated entries would pile up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::SimTime;

/// Bits of a timer's order that hold its slot: eight million slots. The other 41 bits count
/// schedulings; 2^41 schedulings take two and a half days to compute.
const SLOT_BITS: u32 = 23;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;

/// A position in the order: the time, then the sequence number, then the slot.
///
/// All in one integer, so that a comparison needs no branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due(u128);

impl Due {
    const NEVER: Self = Self(u128::MAX);

    /// `time` must not be negative, because the bits of negative times do not sort like the times.
    #[inline]
    fn new(time: SimTime, sequence: u64, slot: usize) -> Self {
        debug_assert!(time >= SimTime::ZERO, "a timer before the start");
        let order = sequence << SLOT_BITS | slot as u64;
        Self(u128::from(time.as_nanos() as u64) << 64 | u128::from(order))
    }

    #[inline]
    fn time(self) -> SimTime {
        SimTime::from_nanos((self.0 >> 64) as i64)
    }

    #[inline]
    fn slot(self) -> usize {
        (self.0 as u64 & SLOT_MASK) as usize
    }
}

/// A timer or an event that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<E> {
    /// The timer of this slot. It stays set: its owner sets it again or unsets it.
    Timer(usize),
    /// An event. It is removed from the queue.
    Event(E),
}

/// The next timer or event, with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening<E> {
    /// When it is due.
    pub time: SimTime,
    /// The timer or event.
    pub what: Next<E>,
}

/// Timers and future events.
///
/// Timers stand in a winner tree: setting a timer costs one comparison per level and moves no other
/// timer.
#[derive(Clone, Debug)]
pub struct TimerQueue<E> {
    /// Node i is the earlier of nodes 2i and 2i + 1; slot s is leaf `width + s`.
    tree: Vec<Due>,
    width: usize,
    events: BinaryHeap<Reverse<TimerEntry<E>>>,
    sequence: u64,
}

#[derive(Clone, Copy, Debug)]
struct TimerEntry<E> {
    due: Due,
    event: E,
}

impl<E> PartialEq for TimerEntry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl<E> Eq for TimerEntry<E> {}

impl<E> PartialOrd for TimerEntry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for TimerEntry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}

impl<E: Copy> TimerQueue<E> {
    /// A queue with room for `slots` timers; it grows when [`TimerQueue::make_room`] asks for more.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        let width = slots.next_power_of_two().max(2);
        Self {
            tree: vec![Due::NEVER; 2 * width],
            width,
            events: BinaryHeap::new(),
            sequence: 0,
        }
    }

    /// Makes sure that all slots below `slots` exist.
    ///
    /// # Panics
    /// More than eight million slots.
    pub fn make_room(&mut self, slots: usize) {
        assert!(slots <= 1 << SLOT_BITS, "more than eight million timers");
        if slots <= self.width {
            return;
        }
        let mut wider = Self::new(slots);
        wider.tree[wider.width..wider.width + self.width].copy_from_slice(&self.tree[self.width..]);
        for node in (1..wider.width).rev() {
            wider.tree[node] = wider.tree[2 * node].min(wider.tree[2 * node + 1]);
        }
        self.width = wider.width;
        self.tree = wider.tree;
    }

    /// Sets the timer of `slot` to `time`; an earlier setting is replaced.
    #[inline]
    pub fn set(&mut self, slot: usize, time: SimTime) {
        self.sequence += 1;
        self.place(slot, Due::new(time, self.sequence, slot));
    }

    /// Unsets the timer of `slot`.
    #[inline]
    pub fn unset(&mut self, slot: usize) {
        self.place(slot, Due::NEVER);
    }

    #[inline]
    fn place(&mut self, slot: usize, due: Due) {
        let tree = self.tree.as_mut_slice();
        let mut node = self.width + slot;
        let mut winner = due;
        tree[node] = due;
        while node > 1 {
            winner = winner.min(tree[node ^ 1]);
            node >>= 1;
            tree[node] = winner;
        }
    }

    /// Schedules `event` for `time`.
    pub fn push(&mut self, time: SimTime, event: E) {
        self.sequence += 1;
        let due = Due::new(time, self.sequence, 0);
        self.events.push(Reverse(TimerEntry { due, event }));
    }

    /// The next timer or event that is due before `limit`. An event is removed; a timer stays set.
    #[inline]
    pub fn next_before(&mut self, limit: SimTime) -> Option<Happening<E>> {
        let timer = self.tree[1];
        if let Some(Reverse(first)) = self.events.peek()
            && first.due < timer
        {
            return self.event_before(limit);
        }
        let time = timer.time();
        (timer != Due::NEVER && time < limit).then(|| Happening {
            time,
            what: Next::Timer(timer.slot()),
        })
    }

    fn event_before(&mut self, limit: SimTime) -> Option<Happening<E>> {
        let Reverse(first) = *self.events.peek()?;
        let time = first.due.time();
        if time >= limit {
            return None;
        }
        self.events.pop();
        Some(Happening {
            time,
            what: Next::Event(first.event),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimSpan;

    fn at(seconds: i64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(seconds)
    }

    /// All timers and events before `limit`; each timer fires once.
    fn drain(queue: &mut TimerQueue<&'static str>, limit: i64) -> Vec<String> {
        let mut seen = Vec::new();
        while let Some(next) = queue.next_before(at(limit)) {
            match next.what {
                Next::Timer(slot) => {
                    queue.unset(slot);
                    seen.push(format!("{slot}"));
                }
                Next::Event(event) => seen.push(event.to_owned()),
            }
        }
        seen
    }

    #[test]
    fn timers_and_events_come_by_time_and_then_in_the_order_of_scheduling() {
        let mut queue = TimerQueue::new(4);
        queue.push(at(3), "first of three");
        queue.set(2, at(3));
        queue.push(at(3), "third of three");
        queue.set(0, at(2));
        queue.set(3, at(9));
        assert_eq!(
            drain(&mut queue, 9),
            ["0", "first of three", "2", "third of three"]
        );
        assert_eq!(drain(&mut queue, 10), ["3"]);
        assert_eq!(drain(&mut queue, 1000), [] as [&str; 0]);
    }

    #[test]
    fn a_timer_that_is_set_anew_fires_at_its_new_time_alone() {
        let mut queue: TimerQueue<&'static str> = TimerQueue::new(2);
        queue.set(0, at(1));
        queue.set(1, at(2));
        queue.set(0, at(3));
        queue.set(1, at(4));
        queue.unset(1);
        assert_eq!(drain(&mut queue, 100), ["0"]);
    }

    #[test]
    fn growing_the_queue_keeps_the_timers() {
        let mut queue: TimerQueue<&'static str> = TimerQueue::new(2);
        queue.set(1, at(2));
        queue.make_room(9);
        queue.set(8, at(1));
        assert_eq!(drain(&mut queue, 100), ["8", "1"]);
    }
}
