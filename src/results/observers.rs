//! Two observers of one run.
//!
//! Self-imposed limit: passes on, keeps nothing.

use crate::control::Decided;
use crate::simulation::Observer;
use crate::simulation::observer::{FlowSegment, PodChange, RequestSegment};
use crate::units::SimSpan;

/// Tells both, the first one first. Nest it for more than two.
#[derive(Clone, Debug, Default)]
pub struct Both<A, B> {
    /// Is told first.
    pub first: A,
    /// Is told second.
    pub second: B,
}

impl<A, B> Both<A, B> {
    /// Both observers as one.
    pub const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Observer, B: Observer> Observer for Both<A, B> {
    const WANTS_LINES: bool = A::WANTS_LINES || B::WANTS_LINES;

    fn flowed(&mut self, segment: &FlowSegment) {
        self.first.flowed(segment);
        self.second.flowed(segment);
    }

    #[inline]
    fn answered(&mut self, latency: SimSpan) {
        self.first.answered(latency);
        self.second.answered(latency);
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.first.served(segment);
        self.second.served(segment);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        self.first.decided(decision);
        self.second.decided(decision);
    }

    fn pod_changed(&mut self, change: &PodChange) {
        self.first.pod_changed(change);
        self.second.pod_changed(change);
    }
}
