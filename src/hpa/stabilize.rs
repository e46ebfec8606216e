//! Stabilisation: remembered recommendations limit a new proposal.
//!
//! Stabilisation is neither a delay nor a cooldown. A scale-down goes no lower than the highest
//! recommendation in its window; a scale-up goes no higher than the lowest (KEP-853,
//! kubernetes/kubernetes#101371).

use super::decision::Stabilization;
use super::spec::Behavior;
use crate::units::{Replicas, SimSpan, SimTime};

/// A past proposal of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// The proposed replicas.
    pub replicas: Replicas,
    /// When the metrics proposed them.
    pub time: SimTime,
}

/// The recommendations that one HPA remembers. Old entries are overwritten, so the windows bound
/// the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recommendations {
    entries: Vec<Recommendation>,
}

impl Recommendations {
    /// Removes all recommendations, as a restart of the controller does.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Before the first reconcile, the current scale counts as a recommendation.
    pub(super) fn start_with(&mut self, current: Replicas, now: SimTime) {
        if self.entries.is_empty() {
            self.entries.push(Recommendation {
                replicas: current,
                time: now,
            });
        }
    }

    /// Stabilises `proposal` without `behavior` and stores it. An entry as old as the window still
    /// counts.
    pub(super) fn stabilize_down(
        &mut self,
        proposal: Replicas,
        window: SimSpan,
        now: SimTime,
    ) -> Stabilization {
        let cutoff = now - window;
        let mut highest = proposal;
        let mut reusable = None;
        for (place, entry) in self.entries.iter().enumerate() {
            if entry.time < cutoff {
                reusable = Some(place);
            } else {
                highest = highest.max(entry.replicas);
            }
        }
        self.remember(proposal, now, reusable);
        Stabilization {
            proposal,
            lowest_for_scale_up: None,
            highest_for_scale_down: highest,
            stabilized: highest,
        }
    }

    /// Stabilises `proposal` with `behavior` and stores it. Only entries younger than the window
    /// count.
    pub(super) fn stabilize_both_ways(
        &mut self,
        proposal: Replicas,
        current: Replicas,
        behavior: &Behavior,
        default_down_window: SimSpan,
        now: SimTime,
    ) -> Stabilization {
        let up_window = behavior
            .scale_up
            .stabilization_window
            .unwrap_or(SimSpan::ZERO);
        let down_window = behavior
            .scale_down
            .stabilization_window
            .unwrap_or(default_down_window);
        let (up_cutoff, down_cutoff) = (now - up_window, now - down_window);
        let mut lowest = proposal;
        let mut highest = proposal;
        let mut reusable = None;
        for (place, entry) in self.entries.iter().enumerate() {
            if entry.time > up_cutoff {
                lowest = lowest.min(entry.replicas);
            }
            if entry.time > down_cutoff {
                highest = highest.max(entry.replicas);
            }
            if entry.time < up_cutoff && entry.time < down_cutoff {
                reusable = Some(place);
            }
        }
        self.remember(proposal, now, reusable);
        Stabilization {
            proposal,
            lowest_for_scale_up: Some(lowest),
            highest_for_scale_down: highest,
            stabilized: current.max(lowest).min(highest),
        }
    }

    fn remember(&mut self, replicas: Replicas, time: SimTime, reusable: Option<usize>) {
        let entry = Recommendation { replicas, time };
        match reusable {
            Some(place) => self.entries[place] = entry,
            None => self.entries.push(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: i64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(seconds)
    }

    #[test]
    fn without_behavior_a_recommendation_as_old_as_the_window_still_holds_back() {
        let window = SimSpan::from_secs(300);
        let mut memory = Recommendations::default();
        memory.start_with(Replicas(9), seconds(0));
        let at_the_window = memory.stabilize_down(Replicas(3), window, seconds(300));
        assert_eq!(at_the_window.stabilized, Replicas(9));
        let beyond = memory.stabilize_down(Replicas(3), window, seconds(301));
        assert_eq!(beyond.stabilized, Replicas(3));
    }

    #[test]
    fn memory_does_not_grow_beyond_the_window() {
        let mut memory = Recommendations::default();
        for sync in 0..10_000 {
            memory.stabilize_down(Replicas(3), SimSpan::from_secs(300), seconds(sync * 15));
        }
        assert_eq!(memory.entries.len(), 21);
    }
}
