//! Counts of requests by outcome, for the next report.
//!
//! At any instant, offered = succeeded + failed + in flight.

pub(super) use crate::simulation::observer::FailureCause as Cause;
use crate::simulation::observer::{FailureCauses, PodCounts};
use crate::units::SimTime;

/// Counts since the start of the current segment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) offered: u64,
    pub(super) succeeded: u64,
    pub(super) failed: FailureCauses,
    pub(super) retried: u64,
    pub(super) queued: u64,
    pub(super) oom_kills: u32,
}

/// The current segment, and the requests in flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) start: SimTime,
    pub(super) counts: Counts,
    pub(super) in_flight: u64,
    pub(super) nominal_rps: f64,
    pub(super) pods: PodCounts,
}

impl Ledger {
    /// Counts the first attempt of a request.
    #[inline]
    pub(super) fn offered(&mut self) {
        self.counts.offered += 1;
        self.in_flight += 1;
    }

    /// Counts a request that was answered in time.
    #[inline]
    pub(super) fn succeeded(&mut self) {
        self.counts.succeeded += 1;
        self.in_flight -= 1;
    }

    /// Counts a request that failed for good.
    pub(super) fn failed(&mut self, cause: Cause) {
        *self.counts.failed.of_mut(cause) += 1.0;
        self.in_flight -= 1;
    }
}
