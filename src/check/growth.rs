//! How many syncs it takes from one number of pods to another under the rate limits.
//!
//! Self-imposed limit: arithmetic of the limits alone: pods start at once, and
//! the load is always enough. So a result is the least that it takes.
//!
//! As the controller has it (`calculateScaleUpLimitWithScalingRules` and its
//! sister in `pkg/controller/podautoscaler/horizontal.go`): a policy counts from
//! what there was at its period's start, percentages round up on the way up and
//! are truncated on the way down.

use crate::hpa::spec::{HpaSpec, PolicyKind, ScalingPolicy, ScalingRules, SelectPolicy};
use crate::units::SimSpan;

/// After so long nobody waits any longer.
const DAY: SimSpan = SimSpan::from_secs(86_400);

/// A way from one number of pods to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'w> {
    /// Where it begins.
    pub(super) from: i32,
    /// Where it ends.
    pub(super) to: i32,
    /// What limits a step.
    pub(super) rates: Rates<'w>,
    /// How often the autoscaler looks.
    pub(super) sync_period: SimSpan,
}

/// What limits a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rates<'w> {
    /// One direction of `behavior`.
    Behavior(&'w ScalingRules),
    /// The controller's limits of an autoscaler without `behavior`: up to twice as many pods or 4, and down any number.
    Older,
    /// Nothing.
    Unlimited,
}

impl<'w> Rates<'w> {
    /// The limits of `spec` on the way up.
    pub(super) fn up(spec: &'w HpaSpec) -> Self {
        let behavior = spec.behavior.as_ref();
        behavior.map_or(Self::Older, |it| Self::Behavior(&it.scale_up))
    }

    /// The limits of `spec` on the way down.
    pub(super) fn down(spec: &'w HpaSpec) -> Self {
        let behavior = spec.behavior.as_ref();
        behavior.map_or(Self::Older, |it| Self::Behavior(&it.scale_down))
    }
}

/// How many syncs the way takes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syncs {
    /// So many.
    Count(u32),
    /// It never ends, or not within a day.
    Never,
}

impl Way<'_> {
    /// The syncs up, when one look asks for `wish` pods at most.
    pub(super) fn syncs_up(self, wish: impl Fn(i32) -> i32) -> Syncs {
        self.syncs(
            |current, limit| limit.max(current).min(wish(current)).min(self.to),
            Up,
        )
    }

    /// The syncs down, when every look asks for the fewest.
    pub(super) fn syncs_down(self) -> Syncs {
        self.syncs(|current, limit| limit.min(current).max(self.to), Down)
    }

    fn syncs(self, next: impl Fn(i32, i32) -> i32, direction: Direction) -> Syncs {
        let mut current = self.from;
        let mut changes: Vec<Change> = Vec::new();
        let (mut sync, mut now) = (0, SimSpan::ZERO);
        while current != self.to {
            if now > DAY {
                return Syncs::Never;
            }
            let limit = self.limit(current, &changes, now, direction);
            let after = next(current, limit);
            if after != current {
                changes.push(Change {
                    at: now,
                    pods: after - current,
                });
            }
            current = after;
            sync += 1;
            now += self.sync_period;
        }
        Syncs::Count(sync)
    }

    fn limit(&self, current: i32, changes: &[Change], now: SimSpan, direction: Direction) -> i32 {
        let rules = match (self.rates, direction) {
            (Rates::Behavior(rules), _) => rules,
            // `calculateScaleUpLimit`
            (Rates::Older, Up) => return current.saturating_mul(2).max(4),
            (Rates::Older, Down) | (Rates::Unlimited, _) => return self.to,
        };
        let allowed = rules.policies.iter().map(|policy| {
            let start = current - changed_within(changes, now - policy.period);
            allowed_by(*policy, start, direction)
        });
        let largest_change = match (rules.select_policy, direction) {
            (SelectPolicy::Disabled, _) => return current,
            (SelectPolicy::Max, Up) | (SelectPolicy::Min, Down) => allowed.max(),
            (SelectPolicy::Min, Up) | (SelectPolicy::Max, Down) => allowed.min(),
        };
        largest_change.unwrap_or(current)
    }
}

use Direction::{Down, Up};

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

struct Change {
    at: SimSpan,
    pods: i32,
}

fn changed_within(changes: &[Change], since: SimSpan) -> i32 {
    changes
        .iter()
        .filter(|change| change.at > since)
        .map(|change| change.pods)
        .sum()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as the controller converts; counts are far below the limits of i32"
)]
fn allowed_by(policy: ScalingPolicy, start: i32, direction: Direction) -> i32 {
    let share = f64::from(policy.value) / 100.0;
    match (policy.kind, direction) {
        (PolicyKind::Pods, Up) => start.saturating_add(policy.value),
        (PolicyKind::Pods, Down) => start.saturating_sub(policy.value),
        (PolicyKind::Percent, Up) => (f64::from(start) * (1.0 + share)).ceil() as i32,
        (PolicyKind::Percent, Down) => (f64::from(start) * (1.0 - share)) as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(select_policy: SelectPolicy, policies: &[(PolicyKind, i32, i64)]) -> ScalingRules {
        ScalingRules {
            stabilization_window: None,
            select_policy,
            policies: policies
                .iter()
                .map(|(kind, value, seconds)| ScalingPolicy {
                    kind: *kind,
                    value: *value,
                    period: SimSpan::from_secs(*seconds),
                })
                .collect(),
            tolerance: None,
        }
    }

    fn way(from: i32, to: i32, rules: Option<&ScalingRules>) -> Way<'_> {
        Way {
            from,
            to,
            rates: rules.map_or(Rates::Older, Rates::Behavior),
            sync_period: SimSpan::from_secs(15),
        }
    }

    #[test]
    fn without_behavior_the_pods_double_from_four() {
        // 1 4 8 16 32 50
        assert_eq!(way(1, 50, None).syncs_up(|_| 50), Syncs::Count(5));
        assert_eq!(way(50, 1, None).syncs_down(), Syncs::Count(1));
    }

    #[test]
    fn the_policy_that_allows_most_counts_by_default() {
        let both = [(PolicyKind::Percent, 100, 15), (PolicyKind::Pods, 4, 15)];
        // 1 5 10 20 40 50
        let most = rules(SelectPolicy::Max, &both);
        assert_eq!(way(1, 50, Some(&most)).syncs_up(|_| 50), Syncs::Count(5));
        // 1 2 4 8 12 16: twice as many, then four at a time.
        let least = rules(SelectPolicy::Min, &both);
        assert_eq!(way(1, 16, Some(&least)).syncs_up(|_| 50), Syncs::Count(5));
    }

    #[test]
    fn a_period_of_four_syncs_allows_its_change_once_in_four_syncs() {
        let slow = rules(SelectPolicy::Max, &[(PolicyKind::Pods, 1, 60)]);
        assert_eq!(way(1, 4, Some(&slow)).syncs_up(|_| 50), Syncs::Count(9));
    }

    #[test]
    fn what_a_look_asks_for_bounds_the_step() {
        let fast = rules(SelectPolicy::Max, &[(PolicyKind::Percent, 900, 15)]);
        // 1 4 16 50
        let by_four = way(1, 50, Some(&fast)).syncs_up(|current| current * 4);
        assert_eq!(by_four, Syncs::Count(3));
    }

    #[test]
    fn percent_of_nothing_is_nothing_and_disabled_is_never() {
        let percent = rules(SelectPolicy::Max, &[(PolicyKind::Percent, 100, 15)]);
        assert_eq!(way(0, 5, Some(&percent)).syncs_up(|_| 5), Syncs::Never);
        let off = rules(SelectPolicy::Disabled, &[(PolicyKind::Pods, 4, 15)]);
        assert_eq!(way(1, 5, Some(&off)).syncs_up(|_| 5), Syncs::Never);
        assert_eq!(way(5, 1, Some(&off)).syncs_down(), Syncs::Never);
    }

    #[test]
    fn half_of_the_pods_go_at_each_look() {
        let half = rules(SelectPolicy::Max, &[(PolicyKind::Percent, 50, 5)]);
        assert_eq!(way(50, 25, Some(&half)).syncs_down(), Syncs::Count(1));
        // 50 25 12 6 3 1
        assert_eq!(way(50, 1, Some(&half)).syncs_down(), Syncs::Count(5));
    }
}
