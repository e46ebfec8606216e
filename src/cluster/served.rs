//! Requests served per pod as integrals over time, shared by all pods that serve at the same rate.
//!
//! The integrals are piecewise linear. Pieces before the last scrape are deleted, so that the
//! memory does not grow with the run.

use super::cpu::OwnUse;
use super::pod_status::{PodFact, PodStatus};
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
    /// Like `Normal`, during the warm-up.
    Warming,
    /// Like `Bursting`, during the warm-up.
    WarmingInBurst,
}

impl Serving {
    /// The number of classes.
    pub const CLASSES: usize = 5;

    /// The class of a pod with this status.
    #[must_use]
    pub fn of(status: PodStatus) -> Self {
        if !status.is_serving() {
            return Self::Nothing;
        }
        match (OwnUse::of(status), status.is(PodFact::Warming)) {
            (OwnUse::Idle, false) => Self::Normal,
            (OwnUse::Bursting, false) => Self::Bursting,
            (OwnUse::Idle, true) => Self::Warming,
            (OwnUse::Bursting, true) => Self::WarmingInBurst,
        }
    }
}

/// The rates at which pods serve. The index of an array is the class, [`Serving`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServedRates {
    /// Requests per second that a pod of each class serves.
    pub rps: [f64; Serving::CLASSES],
    /// Their work in the first container, in requests of the plain cost per second.
    pub work_rps: [f64; Serving::CLASSES],
    /// Requests per second that arrive at each serving pod, whether or not the pod can serve them.
    pub arriving_rps: f64,
}

impl ServedRates {
    /// Only pods without start-up burst and warm-up serve: `rps` requests per second each, at
    /// `cost_factor` times the plain cost.
    #[must_use]
    pub fn normal(rps: f64, cost_factor: f64) -> Self {
        let mut rates = Self::default();
        rates.rps[Serving::Normal as usize] = rps;
        rates.work_rps[Serving::Normal as usize] = rps * cost_factor;
        rates
    }
}

const CLASSES: usize = Serving::CLASSES;
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
    /// Integrals that begin at `start` with these `rates`, in requests per second.
    pub(super) fn since(start: SimTime, rates: [f64; CLASSES]) -> Self {
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
    pub(super) fn change(&mut self, now: SimTime, rates: [f64; CLASSES]) {
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

fn per_nano(rates: [f64; CLASSES]) -> [f64; CLASSES] {
    rates.map(|rate| rate / NANOS_PER_SECOND)
}
