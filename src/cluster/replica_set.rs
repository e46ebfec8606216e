//! Which pods go when a ReplicaSet shrinks.
//!
//! Self-imposed limit: it chooses; it deletes nothing. Source:
//! `ActivePodsWithRanks.Less` in kubernetes `pkg/controller/controller_utils.go`.
//!
//! Left out because every pod has the same: deletion cost (no annotation), and, until there are nodes, "more ready siblings on its node
//! goes first".

use std::cmp::Reverse;

use super::pods::{PodFact, Pods};
use crate::units::SimTime;

/// What decides between two pods; the lesser goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    /// Unassigned before assigned.
    assigned: bool,
    /// Pending before Running.
    running: bool,
    /// Not ready before ready.
    ready: bool,
    /// Ready (or, if it is not, in existence) for a shorter time, in log2 buckets.
    age_bucket: i64,
    /// More restarts before fewer.
    restarts: Reverse<u32>,
    /// Ties at random.
    uid: u64,
    row: usize,
}

/// The rows of the pods to delete, room reused from call to call.
#[derive(Clone, Debug, Default)]
pub(super) struct Victims {
    claims: Vec<Claim>,
}

impl Victims {
    /// Chooses `count` of the pods that are not terminating; their numbers, the first to go first.
    pub(super) fn choose<'a>(
        &'a mut self,
        pods: &'a Pods,
        count: usize,
        now: SimTime,
    ) -> impl Iterator<Item = u32> + 'a {
        self.claims.clear();
        for (row, status) in pods.statuses().iter().enumerate() {
            if status.is(PodFact::Terminating) {
                continue;
            }
            let ready = status.is(PodFact::Ready);
            let since = if ready {
                pods.ready_transition[row]
            } else {
                pods.created[row]
            };
            self.claims.push(Claim {
                assigned: status.is(PodFact::Scheduled),
                running: status.is(PodFact::Started) || pods.restarts(row) > 0,
                ready,
                age_bucket: logarithmic_rank(now, since),
                restarts: Reverse(pods.restarts(row)),
                uid: pods.uid[row],
                row,
            });
        }
        self.claims.sort_unstable();
        self.claims.truncate(count);
        self.claims.iter().map(|claim| pods.numbers()[claim.row])
    }
}

/// The age's bucket: the whole part of log2 of its nanoseconds, -1 for none (`logarithmicRankDiff`).
fn logarithmic_rank(now: SimTime, since: SimTime) -> i64 {
    u64::try_from((now - since).as_nanos())
        .ok()
        .and_then(u64::checked_ilog2)
        .map_or(-1, i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::pods::PodStatus;
    use crate::units::SimSpan;

    /// A pod by what it is, the age of its creation and of its readiness in seconds, and its UID.
    struct Row {
        name: &'static str,
        facts: &'static [PodFact],
        age: i64,
        ready_for: i64,
        uid: u64,
    }

    const NOW: i64 = 100_000;
    const RUNNING: &[PodFact] = &[PodFact::Scheduled, PodFact::Started];
    const READY: &[PodFact] = &[PodFact::Scheduled, PodFact::Started, PodFact::Ready];

    fn order(rows: &[Row]) -> Vec<&'static str> {
        let at = |seconds| SimTime::ZERO + SimSpan::from_secs(seconds);
        let mut pods = Pods::default();
        for row in rows {
            let status = row
                .facts
                .iter()
                .fold(PodStatus::default(), |status, fact| status.with(*fact));
            pods.add(row.uid, at(NOW - row.age), status);
            let index = pods.len() - 1;
            pods.set_ready(index, at(NOW - row.ready_for));
        }
        let mut victims = Victims::default();
        victims
            .choose(&pods, rows.len(), at(NOW))
            .map(|number| rows[number as usize].name)
            .collect()
    }

    fn row(
        name: &'static str,
        facts: &'static [PodFact],
        age: i64,
        ready_for: i64,
        uid: u64,
    ) -> Row {
        Row {
            name,
            facts,
            age,
            ready_for,
            uid,
        }
    }

    #[test]
    fn less_far_on_its_way_goes_first() {
        let rows = [
            row("ready", READY, 1000, 900, 1),
            row("running", RUNNING, 1000, 0, 2),
            row("assigned", &[PodFact::Scheduled], 1000, 0, 3),
            row("unassigned", &[], 1000, 0, 4),
        ];
        assert_eq!(order(&rows), ["unassigned", "assigned", "running", "ready"]);
    }

    #[test]
    fn ready_for_a_shorter_time_goes_first_but_only_by_powers_of_two() {
        // 2^39 ns is 549.8 s, 2^40 ns is 1099.5 s: 600 s and 1000 s share a bucket.
        let rows = [
            row("long ago", READY, 5000, 1200, 1),
            row("same bucket, higher UID", READY, 5000, 600, 9),
            row("same bucket, lower UID", READY, 5000, 1000, 2),
            row("just now", READY, 5000, 10, 7),
        ];
        assert_eq!(
            order(&rows),
            [
                "just now",
                "same bucket, lower UID",
                "same bucket, higher UID",
                "long ago"
            ]
        );
    }

    #[test]
    fn of_unready_pods_the_younger_goes_first() {
        let rows = [
            row("old", RUNNING, 5000, 0, 1),
            row("young", RUNNING, 10, 0, 2),
        ];
        assert_eq!(order(&rows), ["young", "old"]);
    }

    #[test]
    fn a_terminating_pod_is_not_chosen_again() {
        const TERMINATING: &[PodFact] = &[PodFact::Terminating];
        let rows = [
            row("terminating", TERMINATING, 10, 0, 1),
            row("ready", READY, 10, 10, 2),
        ];
        assert_eq!(order(&rows), ["ready"]);
    }
}
