//! The attempts in flight: one entry for each request that is in a pod or waits for its retry.
//!
//! All clients have the same timeout, so they time out in the order in which they sent. A linked
//! list through the entries keeps that order; no heap is needed.

use crate::cluster::balancer::ServerId;
use crate::units::SimTime;

/// The index of an attempt in the table.
pub(super) type AttemptId = u32;

/// The index that stands for no attempt.
const NONE: AttemptId = u32::MAX;
/// The user number of a request of an open load.
pub(super) const NO_USER: u32 = u32::MAX;

/// A client's request, the same for all its attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientRequest {
    /// When the first attempt was sent.
    pub(super) first_sent: SimTime,
    /// CPU time in the first container, in core-nanoseconds.
    pub(super) demand: f64,
    /// Time without CPU, in nanoseconds.
    pub(super) io: f64,
    /// The number of its user in a closed load, else [`NO_USER`].
    pub(super) user: u32,
    /// Attempts that have failed.
    pub(super) failures: u32,
}

/// The state of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttemptPlace {
    /// The entry is free.
    Free,
    /// Between two attempts of the request.
    Pause,
    /// In its pod's queue.
    Queue,
    /// In its pod's queue, but cancelled.
    Dropped,
    /// At the CPU of a container.
    Station,
    /// In I/O.
    InputOutput,
}

/// Whether the client waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// The client waits.
    Waits,
    /// The client timed out; the work goes on.
    GaveUp,
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) request: ClientRequest,
    pub(super) deadline: SimTime,
    pub(super) server: ServerId,
    pub(super) place: AttemptPlace,
    pub(super) client: Client,
    /// The index of the station that works on it.
    pub(super) stage: u16,
    /// Its ticket at that station, or its index in the list of its server's I/O.
    pub(super) ticket: u32,
    /// Distinguishes the attempt from earlier ones with the same entry.
    pub(super) generation: u32,
    /// Neighbours in the order of deadlines. `next` also links the free entries.
    previous: AttemptId,
    next: AttemptId,
}

/// The attempts in flight.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    entries: Vec<Attempt>,
    first_free: AttemptId,
    first_deadline: AttemptId,
    last_deadline: AttemptId,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            first_free: NONE,
            first_deadline: NONE,
            last_deadline: NONE,
        }
    }

    /// Creates an attempt that is not sent yet.
    #[inline]
    pub(super) fn create(&mut self, request: ClientRequest) -> AttemptId {
        let id = self.first_free;
        if let Some(entry) = self.entries.get_mut(id as usize) {
            self.first_free = entry.next;
            entry.request = request;
            entry.place = AttemptPlace::Pause;
            entry.client = Client::Waits;
            return id;
        }
        let id = self.entries.len() as AttemptId;
        self.entries.push(Attempt {
            request,
            deadline: SimTime::ZERO,
            server: 0,
            place: AttemptPlace::Pause,
            client: Client::Waits,
            stage: 0,
            ticket: 0,
            generation: 0,
            previous: NONE,
            next: NONE,
        });
        id
    }

    /// Removes an attempt.
    #[inline]
    pub(super) fn release(&mut self, id: AttemptId) {
        let entry = &mut self.entries[id as usize];
        entry.place = AttemptPlace::Free;
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = self.first_free;
        self.first_free = id;
    }

    #[inline]
    pub(super) fn get(&self, id: AttemptId) -> &Attempt {
        &self.entries[id as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: AttemptId) -> &mut Attempt {
        &mut self.entries[id as usize]
    }

    /// Sets the deadline of a sent attempt, which must not be before those of the waiting attempts.
    #[inline]
    pub(super) fn wait(&mut self, id: AttemptId, deadline: SimTime) {
        let last = std::mem::replace(&mut self.last_deadline, id);
        let entry = &mut self.entries[id as usize];
        entry.deadline = deadline;
        entry.previous = last;
        entry.next = NONE;
        match self.entries.get_mut(last as usize) {
            Some(before) => before.next = id,
            None => self.first_deadline = id,
        }
    }

    /// Removes an attempt from the list of deadlines.
    #[inline]
    pub(super) fn wait_no_more(&mut self, id: AttemptId) {
        let Attempt { previous, next, .. } = self.entries[id as usize];
        match self.entries.get_mut(previous as usize) {
            Some(before) => before.next = next,
            None => self.first_deadline = next,
        }
        match self.entries.get_mut(next as usize) {
            Some(behind) => behind.previous = previous,
            None => self.last_deadline = previous,
        }
    }

    /// The attempt with the earliest deadline.
    #[inline]
    pub(super) fn first_to_give_up(&self) -> Option<AttemptId> {
        (self.first_deadline != NONE).then_some(self.first_deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimSpan;

    fn request() -> ClientRequest {
        ClientRequest {
            first_sent: SimTime::ZERO,
            demand: 1.0,
            io: 0.0,
            user: NO_USER,
            failures: 0,
        }
    }

    /// All waiting attempts, in the order of their deadlines.
    fn order(attempts: &mut Attempts) -> Vec<AttemptId> {
        let mut seen = Vec::new();
        while let Some(first) = attempts.first_to_give_up() {
            attempts.wait_no_more(first);
            seen.push(first);
        }
        seen
    }

    #[test]
    fn clients_give_up_in_the_order_of_sending_whoever_is_answered_between() {
        for answered in 0..4 {
            let mut attempts = Attempts::new();
            for number in 0..4 {
                let id = attempts.create(request());
                attempts.wait(id, SimTime::ZERO + SimSpan::from_secs(number));
            }
            attempts.wait_no_more(answered);
            attempts.release(answered);
            let rest: Vec<_> = (0..4).filter(|id| *id != answered).collect();
            assert_eq!(order(&mut attempts), rest);
        }
    }

    #[test]
    fn a_freed_entry_is_used_again_under_another_generation() {
        let mut attempts = Attempts::new();
        let first = attempts.create(request());
        let before = attempts.get(first).generation;
        attempts.release(first);
        let second = attempts.create(request());
        assert_eq!(first, second);
        assert_ne!(before, attempts.get(second).generation);
        assert_eq!(attempts.create(request()), 1);
    }
}
