//! The response of the autoscaler: how soon it acts on a shortage, and how often it reverses.

use crate::control::{Decided, ScaleDirection};
use crate::simulation::observer::{FlowSegment, RequestSegment};
use crate::units::{Replicas, SimSpan, SimTime};

use super::slo::SloVerdict;

/// A rescale against the previous one within this time is a reversal.
pub const REVERSAL_WINDOW: SimSpan = SimSpan::from_secs(600);

/// Fewer waiting requests than this are rounding errors, not a backlog.
const NO_BACKLOG: f64 = 1e-6;

/// The first shortage of pods and what followed.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstShortage {
    began: Option<SimTime>,
    decided: Option<SimTime>,
    enough: Option<SimTime>,
    recovered: Option<SimTime>,
    /// The end of the last segment.
    known_until: SimTime,
    /// The first rescale up after `known_until`: the segment that explains it may come later.
    early_rescale: Option<SimTime>,
}

impl FirstShortage {
    /// Adds the next segment of flow, in which `needed` pods were needed.
    pub fn flowed(&mut self, segment: &FlowSegment, needed: Option<Replicas>) {
        if self.is_enough_again(segment.start, segment.pods.ready, needed) {
            if segment.backlog_start <= NO_BACKLOG {
                self.recovered.get_or_insert(segment.start);
            } else if segment.backlog_end <= NO_BACKLOG {
                self.recovered.get_or_insert(segment.end);
            }
        }
        self.known_until = segment.end;
        self.early_rescale = None;
    }

    /// Adds the next segment of requests, in which `needed` pods were needed; `interval` is the verdict on the interval that it ends.
    ///
    /// A run has recovered when it has enough pods at the end of an interval that kept the SLO:
    /// single requests always wait somewhere, so a backlog cannot show it.
    pub fn served(
        &mut self,
        segment: &RequestSegment,
        needed: Option<Replicas>,
        interval: Option<SloVerdict>,
    ) {
        let is_enough = self.is_enough_again(segment.start, segment.pods.ready, needed);
        if is_enough && interval == Some(SloVerdict::Kept) {
            self.recovered.get_or_insert(segment.end);
        }
        self.known_until = segment.end;
        self.early_rescale = None;
    }

    /// Adds the `ready` and `needed` pods from `start` on; returns whether they are enough after the first shortage.
    fn is_enough_again(
        &mut self,
        start: SimTime,
        ready: Replicas,
        needed: Option<Replicas>,
    ) -> bool {
        if self.began.is_none() {
            if needed.is_some_and(|needed| ready < needed) {
                self.began = Some(start);
                self.decided = self.early_rescale.filter(|time| *time > start);
            }
            return false;
        }
        let is_enough = needed.is_some_and(|needed| ready >= needed);
        if is_enough {
            self.enough.get_or_insert(start);
        }
        is_enough
    }

    /// Adds a rescale up.
    pub fn scaled_up(&mut self, time: SimTime) {
        if self.began.is_some_and(|began| time > began) {
            self.decided.get_or_insert(time);
        }
        if time > self.known_until {
            self.early_rescale.get_or_insert(time);
        }
    }

    /// Seconds from the first moment with too few pods to the first rescale up after it.
    #[must_use]
    pub fn first_decision_seconds(&self) -> Option<f64> {
        self.seconds_to(self.decided)
    }

    /// Seconds from the first moment with too few pods to the first with enough of them.
    #[must_use]
    pub fn enough_ready_seconds(&self) -> Option<f64> {
        self.seconds_to(self.enough)
    }

    /// Seconds from the first moment with too few pods to the first with enough of them and no backlog left, or (requests) the SLO kept.
    #[must_use]
    pub fn recovery_seconds(&self) -> Option<f64> {
        self.seconds_to(self.recovered)
    }

    fn seconds_to(&self, then: Option<SimTime>) -> Option<f64> {
        Some((then? - self.began?).as_secs_f64())
    }
}

/// Counts rescales and reversals.
#[derive(Clone, Copy, Debug, Default)]
pub struct RescaleCount {
    /// Rescales.
    pub rescales: u32,
    /// Rescales against the direction of the previous one, at most [`REVERSAL_WINDOW`] after it.
    pub reversals: u32,
    last: Option<LastRescale>,
}

#[derive(Clone, Copy, Debug)]
struct LastRescale {
    time: SimTime,
    direction: ScaleDirection,
}

impl RescaleCount {
    /// Adds a decision; returns the direction of its rescale, if any.
    pub fn decided(&mut self, decision: &Decided<'_>) -> Option<ScaleDirection> {
        let direction = decision.direction()?;
        self.rescaled(decision.time, direction);
        Some(direction)
    }

    /// Counts a reversal only soon after the last rescale: later, the load itself has changed.
    fn rescaled(&mut self, time: SimTime, direction: ScaleDirection) {
        self.rescales += 1;
        if self
            .last
            .is_some_and(|last| last.direction != direction && time - last.time <= REVERSAL_WINDOW)
        {
            self.reversals += 1;
        }
        self.last = Some(LastRescale { time, direction });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::even_segment;

    fn at(seconds: i64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(seconds)
    }

    fn segment(start: f64, end: f64, ready: i32) -> FlowSegment {
        let mut segment = even_segment(start, end);
        segment.pods.ready = Replicas(ready);
        segment
    }

    #[test]
    fn a_shortage_is_answered_filled_and_worked_off() {
        let mut shortage = FirstShortage::default();
        shortage.scaled_up(at(5));
        shortage.flowed(&segment(0.0, 30.0, 2), Some(Replicas(2)));
        shortage.flowed(&segment(30.0, 47.0, 2), Some(Replicas(4)));
        shortage.scaled_up(at(47));
        shortage.flowed(&segment(47.0, 60.0, 3), Some(Replicas(4)));
        let mut draining = segment(60.0, 70.0, 4);
        draining.backlog_start = 50.0;
        shortage.flowed(&draining, Some(Replicas(4)));
        assert_eq!(shortage.first_decision_seconds(), Some(17.0));
        assert_eq!(shortage.enough_ready_seconds(), Some(30.0));
        assert_eq!(shortage.recovery_seconds(), Some(40.0));
    }

    #[test]
    fn a_rescale_told_before_the_segment_that_explains_it_counts() {
        let mut shortage = FirstShortage::default();
        shortage.flowed(&segment(0.0, 30.0, 2), Some(Replicas(2)));
        shortage.scaled_up(at(45));
        shortage.flowed(&segment(30.0, 60.0, 2), Some(Replicas(3)));
        assert_eq!(shortage.first_decision_seconds(), Some(15.0));
    }

    #[test]
    fn a_rescale_at_the_very_moment_of_the_shortage_is_no_answer_to_it() {
        let mut shortage = FirstShortage::default();
        shortage.flowed(&segment(0.0, 30.0, 2), Some(Replicas(2)));
        shortage.scaled_up(at(30));
        shortage.flowed(&segment(30.0, 60.0, 2), Some(Replicas(3)));
        assert_eq!(shortage.first_decision_seconds(), None);
        assert_eq!(shortage.enough_ready_seconds(), None);
    }

    #[test]
    fn a_change_of_mind_within_ten_minutes_is_a_reversal() {
        let mut count = RescaleCount::default();
        count.rescaled(at(0), ScaleDirection::Up);
        count.rescaled(at(60), ScaleDirection::Up);
        count.rescaled(at(660), ScaleDirection::Down);
        count.rescaled(at(1261), ScaleDirection::Up);
        assert_eq!(count.rescales, 4);
        assert_eq!(count.reversals, 1);
    }
}
