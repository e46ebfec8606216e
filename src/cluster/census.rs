//! The number of pods in each status.

use super::pod_status::{PodFact, PodStatus};
use crate::units::Replicas;

/// The number of pods in each status, updated with every change so that no pass over all pods is
/// needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    by_status: [u32; PodStatus::COUNT],
    current: u32,
    warming: u32,
    generation: u64,
}

impl Default for Census {
    fn default() -> Self {
        Self {
            by_status: [0; PodStatus::COUNT],
            current: 0,
            warming: 0,
            generation: 0,
        }
    }
}

impl Census {
    /// The number of pods in each status that a pod may have now.
    pub fn by_status(&self) -> impl Iterator<Item = (PodStatus, u32)> + '_ {
        // Without warming pods, the second half of the statuses is empty.
        let statuses = if self.warming > 0 {
            PodStatus::COUNT
        } else {
            PodFact::Warming as usize
        };
        PodStatus::all().zip(self.by_status[..statuses].iter().copied())
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
        self.warming += u32::from(status.is(PodFact::Warming));
        self.generation += 1;
    }

    /// Removes a pod with this status.
    pub(super) fn count_out(&mut self, status: PodStatus) {
        self.by_status[status.index()] -= 1;
        self.current -= u32::from(!status.is(PodFact::Terminating));
        self.warming -= u32::from(status.is(PodFact::Warming));
        self.generation += 1;
    }
}
