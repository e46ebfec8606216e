//! Requests served per pod as integrals over time, shared by all pods that serve at the same rate.
//!
//! The integrals are piecewise linear. Pieces before the last scrape are deleted, so that the
//! memory does not grow with the run.

use crate::units::SimTime;

/// The class in which a pod serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Serving {
    /// It serves nothing.
    #[default]
    Nothing,
    /// It serves with all the CPU below its limit.
    Normal,
    /// It serves with the CPU that the start-up burst leaves.
    Bursting,
}

/// Requests per second of each pod that serves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServedRates {
    /// The rate of a pod without a start-up burst.
    pub normal_rps: f64,
    /// The rate of a pod during its start-up burst.
    pub bursting_rps: f64,
    /// The rate at which requests arrive, whether or not the pod can serve them.
    pub arriving_rps: f64,
}

const CLASSES: usize = 3;
const NANOS_PER_SECOND: f64 = 1e9;

/// One piece: from `time` on, a pod of each class has served `at_zero + per_nano x t` requests
/// until t. Coefficients for absolute times save a subtraction.
#[derive(Clone, Copy, Debug)]
struct Knot {
    time: i64,
    at_zero: [f64; CLASSES],
    per_nano: [f64; CLASSES],
}

/// The requests that one pod of each class has served since the start.
#[derive(Clone, Debug)]
pub(super) struct ServedRequests {
    latest: Knot,
    /// The earlier pieces that a query may still need, in the order of time.
    earlier: Vec<Knot>,
}

impl ServedRequests {
    /// Integrals that begin at `start` with these `rates`.
    pub(super) fn since(start: SimTime, rates: ServedRates) -> Self {
        Self {
            latest: Knot {
                time: start.as_nanos(),
                at_zero: [0.0; CLASSES],
                per_nano: per_nano(rates),
            },
            earlier: Vec::new(),
        }
    }

    /// Changes the rates at `now`, which is not earlier than the last change.
    #[inline]
    pub(super) fn change(&mut self, now: SimTime, rates: ServedRates) {
        let time = now.as_nanos();
        if time > self.latest.time {
            self.earlier.push(self.latest);
            self.latest.time = time;
        }
        let per_nano = per_nano(rates);
        for (class, rate) in per_nano.into_iter().enumerate() {
            // The new piece starts with the value of the old one at `now`.
            let bend = self.latest.per_nano[class] - rate;
            self.latest.at_zero[class] += bend * time as f64;
        }
        self.latest.per_nano = per_nano;
    }

    /// Deletes the pieces that only queries before `now` need.
    pub(super) fn forget_before(&mut self, now: SimTime) {
        let nanos = now.as_nanos();
        if self.latest.time <= nanos {
            self.earlier.clear();
        } else {
            let later = self.earlier.partition_point(|knot| knot.time <= nanos);
            self.earlier.drain(..later.saturating_sub(1));
        }
    }

    /// The requests that a pod of class `serving` has served until `nanos`.
    #[inline]
    pub(super) fn until(&self, nanos: i64, serving: Serving) -> f64 {
        let class = serving as usize;
        let knot = self.knot_at(nanos);
        knot.at_zero[class] + knot.per_nano[class] * nanos as f64
    }

    #[inline]
    fn knot_at(&self, nanos: i64) -> &Knot {
        if nanos >= self.latest.time {
            return &self.latest;
        }
        // A binary search, because thousands of pods that start between two scrapes leave thousands
        // of pieces.
        let later = self.earlier.partition_point(|knot| knot.time <= nanos);
        self.earlier
            .get(later.saturating_sub(1))
            .unwrap_or(&self.latest)
    }
}

fn per_nano(rates: ServedRates) -> [f64; CLASSES] {
    [
        0.0,
        rates.normal_rps / NANOS_PER_SECOND,
        rates.bursting_rps / NANOS_PER_SECOND,
    ]
}
