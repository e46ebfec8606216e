//! Requests served per pod as integrals over time, shared by all pods that serve at the same rate.
//!
//! Self-imposed limit: piecewise linear, and only as far back as somebody still
//! asks: what lies before the last scrape is forgotten, so that memory does not
//! grow with the run.

use crate::units::SimTime;

/// How a pod takes part in serving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Serving {
    /// It serves nothing.
    #[default]
    Nothing,
    /// It serves with all the CPU that its limit leaves.
    Normal,
    /// It serves beside its start-up burst.
    Bursting,
}

/// Requests per second that each pod serves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServedRates {
    /// A pod in its normal life.
    pub normal_rps: f64,
    /// A pod in its start-up burst.
    pub bursting_rps: f64,
}

const CLASSES: usize = 3;
const NANOS_PER_SECOND: f64 = 1e9;

/// From `time` on each class of pods has served `at_zero + per_nano x t` requests until t: a line, so that no time is taken from another.
#[derive(Clone, Copy, Debug)]
struct Knot {
    time: i64,
    at_zero: [f64; CLASSES],
    per_nano: [f64; CLASSES],
}

/// Requests that one pod of each class has served since the start.
#[derive(Clone, Debug)]
pub(super) struct ServedRequests {
    latest: Knot,
    /// Those before it that somebody may still ask for, in the order of time.
    earlier: Vec<Knot>,
}

impl ServedRequests {
    /// Pods that serve at `rates` from `start` on.
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

    /// From `now` on pods serve at `rates`. `now` is no earlier than the last change.
    pub(super) fn change(&mut self, now: SimTime, rates: ServedRates) {
        let time = now.as_nanos();
        if time > self.latest.time {
            self.earlier.push(self.latest);
            self.latest.time = time;
        }
        let per_nano = per_nano(rates);
        for (class, rate) in per_nano.into_iter().enumerate() {
            // The new line begins where the old one is at `now`.
            let bend = self.latest.per_nano[class] - rate;
            self.latest.at_zero[class] += bend * time as f64;
        }
        self.latest.per_nano = per_nano;
    }

    /// Forgets what nobody asks for who asks about `now` and later.
    pub(super) fn forget_before(&mut self, now: SimTime) {
        let nanos = now.as_nanos();
        if self.latest.time <= nanos {
            self.earlier.clear();
        } else {
            let later = self.earlier.partition_point(|knot| knot.time <= nanos);
            self.earlier.drain(..later.saturating_sub(1));
        }
    }

    /// Requests that a pod of class `serving` has served until the instant `nanos`.
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
        // Thousands of pods that start between two scrapes leave thousands of knots.
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
