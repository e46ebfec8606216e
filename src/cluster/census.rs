//! The number of pods in each status.

use super::pod_status::{PodFact, PodStatus};
use crate::units::Replicas;

/// The number of pods in each status, updated with every change so that no pass over all pods is
/// needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    by_status: [u32; PodStatus::COUNT],
    current: u32,
    generation: u64,
}

impl Default for Census {
    fn default() -> Self {
        Self {
            by_status: [0; PodStatus::COUNT],
            current: 0,
            generation: 0,
        }
    }
}

impl Census {
    /// The number of pods in each status; the index is [`PodStatus::index`].
    #[must_use]
    pub fn by_status(&self) -> &[u32; PodStatus::COUNT] {
        &self.by_status
    }

    /// The number of pods that are not terminating: `status.replicas`.
    #[must_use]
    pub fn current(&self) -> Replicas {
        Replicas(i32::try_from(self.current).unwrap_or(i32::MAX))
    }

    /// A number that grows with every change of a pod. As long as it is the same, the columns are
    /// the same.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Adds a pod with this status.
    pub(super) fn count_in(&mut self, status: PodStatus) {
        self.by_status[status.index()] += 1;
        self.current += u32::from(!status.is(PodFact::Terminating));
        self.generation += 1;
    }

    /// Removes a pod with this status.
    pub(super) fn count_out(&mut self, status: PodStatus) {
        self.by_status[status.index()] -= 1;
        self.current -= u32::from(!status.is(PodFact::Terminating));
        self.generation += 1;
    }
}
