//! How many pods there are of each kind.
//!
//! Self-imposed limit: numbers only. The columns of `pods` say which pods have a status.

use super::pod_status::{PodFact, PodStatus};
use crate::units::Replicas;

/// How many pods there are of each kind, kept up to date so that no pass over all pods is needed.
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
    /// How many pods have each status: entry [`PodStatus::index`].
    #[must_use]
    pub fn by_status(&self) -> &[u32; PodStatus::COUNT] {
        &self.by_status
    }

    /// Pods that are not terminating: `status.replicas`.
    #[must_use]
    pub fn current(&self) -> Replicas {
        Replicas(i32::try_from(self.current).unwrap_or(i32::MAX))
    }

    /// A number that grows with every change of a pod. While it is the same, the columns are the same.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Counts a new pod with this status.
    pub(super) fn count_in(&mut self, status: PodStatus) {
        self.by_status[status.index()] += 1;
        self.current += u32::from(!status.is(PodFact::Terminating));
        self.generation += 1;
    }

    /// Counts a pod with this status no more.
    pub(super) fn count_out(&mut self, status: PodStatus) {
        self.by_status[status.index()] -= 1;
        self.current -= u32::from(!status.is(PodFact::Terminating));
        self.generation += 1;
    }
}
