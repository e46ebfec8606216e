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

/// From `time` on each class of pods serves at `per_nano`, having served `until_then`.
#[derive(Clone, Copy, Debug)]
struct Knot {
    time: i64,
    until_then: [f64; CLASSES],
    per_nano: [f64; CLASSES],
}

/// Requests that one pod of each class has served since the start.
#[derive(Clone, Debug)]
pub struct ServedRequests {
    /// Never empty, in the order of time.
    knots: Vec<Knot>,
}

impl ServedRequests {
    /// Pods that serve at `rates` from `start` on.
    #[must_use]
    pub fn since(start: SimTime, rates: ServedRates) -> Self {
        Self {
            knots: vec![Knot {
                time: start.as_nanos(),
                until_then: [0.0; CLASSES],
                per_nano: per_nano(rates),
            }],
        }
    }

    /// From `now` on pods serve at `rates`. `now` is no earlier than the last change.
    pub fn change(&mut self, now: SimTime, rates: ServedRates) {
        let time = now.as_nanos();
        let per_nano = per_nano(rates);
        let Some(last) = self.knots.last_mut() else {
            return;
        };
        if last.time == time {
            last.per_nano = per_nano;
        } else {
            let until_then = count(last, time);
            self.knots.push(Knot {
                time,
                until_then,
                per_nano,
            });
        }
    }

    /// Forgets what nobody asks for who asks about `now` and later.
    pub fn forget_before(&mut self, now: SimTime) {
        let keep_from = self.knot_index(now.as_nanos());
        if keep_from > 0 {
            self.knots.drain(..keep_from);
        }
    }

    /// Requests that a pod of class `serving` has served until the instant `nanos`.
    #[inline]
    pub(super) fn until(&self, nanos: i64, serving: Serving) -> f64 {
        let class = serving as usize;
        let knot = &self.knots[self.knot_index(nanos)];
        knot.until_then[class] + (nanos - knot.time) as f64 * knot.per_nano[class]
    }

    #[inline]
    fn knot_index(&self, nanos: i64) -> usize {
        // Few knots lie between two scrapes, and most questions are about the last ones.
        let mut index = self.knots.len() - 1;
        while index > 0 && self.knots[index].time > nanos {
            index -= 1;
        }
        index
    }
}

fn per_nano(rates: ServedRates) -> [f64; CLASSES] {
    [
        0.0,
        rates.normal_rps / NANOS_PER_SECOND,
        rates.bursting_rps / NANOS_PER_SECOND,
    ]
}

fn count(knot: &Knot, nanos: i64) -> [f64; CLASSES] {
    let elapsed = (nanos - knot.time) as f64;
    let mut counts = knot.until_then;
    for (count, rate) in counts.iter_mut().zip(knot.per_nano) {
        *count += elapsed * rate;
    }
    counts
}
