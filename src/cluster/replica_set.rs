//! The order in which a ReplicaSet deletes pods when it shrinks.
//!
//! Source: `ActivePodsWithRanks.Less` in kubernetes `pkg/controller/controller_utils.go`.
//!
//! Two criteria are left out because they are the same for every pod: the deletion cost (no
//! annotation), and the number of ready siblings on the node (no nodes).

use std::cmp::Reverse;

use super::pods::{PodFact, Pods};
use crate::units::SimTime;

/// The sort key of a pod; the smallest is deleted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    /// Pods without a node go first.
    assigned: bool,
    /// Pending pods go before Running ones.
    running: bool,
    /// Pods that are not ready go before ready ones.
    ready: bool,
    /// Pods with a shorter time go first: the time since the pod became ready (or since its
    /// creation, if it is not ready), in log2 buckets.
    age_bucket: i64,
    /// Pods with more restarts go first.
    restarts: Reverse<u32>,
    /// A random tie-breaker.
    uid: u64,
    row: usize,
}

/// The pods to delete; the allocation is reused.
#[derive(Clone, Debug, Default)]
pub(super) struct Victims {
    claims: Vec<Claim>,
}

impl Victims {
    /// Chooses `count` of the pods that are not terminating. Returns their numbers in the order of
    /// deletion.
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

/// The bucket of an age: log2 of its nanoseconds, rounded down; -1 for an age of zero or less
/// (`logarithmicRankDiff`).
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

    /// A pod by its facts, its age and the time since it became ready in seconds, its restarts and
    /// its UID.
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
