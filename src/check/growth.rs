//! How many syncs a change of the number of pods takes under rate limits and a stabilization window.
//!
//! Pods start at once here, and the load always suffices. The result is therefore the minimum.
//!
//! The arithmetic is the controller's (`calculateScaleUpLimitWithScalingRules` and `calculateScaleDownLimitWithBehaviors` in
//! `pkg/controller/podautoscaler/horizontal.go`). A policy counts from the number of pods at the start of its period. Percentages
//! round up when scaling up and are truncated when scaling down. Of the recommendations in the window, the one that changes least
//! counts (`stabilizeRecommendationWithBehaviors`).

use std::collections::VecDeque;

use crate::control::Hpa;
use crate::hpa::decision::ScaleDirection::{self, Down, Up};
use crate::hpa::spec::{HpaSpec, PolicyKind, ScalingPolicy, ScalingRules, SelectPolicy};
use crate::units::SimSpan;

/// A change that takes longer counts as never reached.
const DAY: SimSpan = SimSpan::from_secs(86_400);

/// A change from one number of pods to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'w> {
    /// The number at the start.
    pub(super) from: i32,
    /// The number at the end.
    pub(super) to: i32,
    /// The rate limits of a step.
    pub(super) rates: Rates<'w>,
    /// The stabilization window, which delays a step.
    pub(super) window: Window,
    /// The time between two syncs.
    pub(super) sync_period: SimSpan,
}

/// A stabilization window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Its length.
    pub(super) length: SimSpan,
    /// Whether a recommendation of exactly this age still counts, as it does without `behavior`.
    end: WindowEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WindowEnd {
    Counts,
    Expired,
}

impl Window {
    /// No window.
    pub(super) const NONE: Self = Self {
        length: SimSpan::ZERO,
        end: WindowEnd::Expired,
    };

    /// The scale-up window of `spec`.
    pub(super) fn up(spec: &HpaSpec) -> Self {
        let behavior = spec.behavior.as_ref();
        Self {
            length: behavior
                .and_then(|it| it.scale_up.stabilization_window)
                .unwrap_or(SimSpan::ZERO),
            ..Self::NONE
        }
    }

    /// The scale-down window of `autoscaler`.
    pub(super) fn down(autoscaler: &Hpa) -> Self {
        let default = autoscaler.settings.downscale_stabilization;
        match &autoscaler.spec.behavior {
            Some(behavior) => Self {
                length: behavior.scale_down.stabilization_window.unwrap_or(default),
                ..Self::NONE
            },
            None => Self {
                length: default,
                end: WindowEnd::Counts,
            },
        }
    }

    fn holds(self, age: SimSpan) -> bool {
        age < self.length || (age == self.length && self.end == WindowEnd::Counts)
    }
}

/// The recommendations in the window. They only move towards the goal, so the oldest changes least.
struct Recommended {
    window: Window,
    entries: VecDeque<PastRecommendation>,
}

impl Recommended {
    /// The state one sync before the first, when the load still asked for `replicas`.
    fn starting_with(replicas: i32, window: Window, sync_period: SimSpan) -> Self {
        let first = PastRecommendation {
            at: SimSpan::ZERO - sync_period,
            replicas,
        };
        Self {
            window,
            entries: VecDeque::from([first]),
        }
    }

    /// The stabilized recommendation for `proposal` at `now`.
    fn stabilized(&mut self, proposal: i32, now: SimSpan) -> i32 {
        let is_old = |entry: &PastRecommendation| !self.window.holds(now - entry.at);
        while self.entries.front().is_some_and(is_old) {
            self.entries.pop_front();
        }
        self.entries.push_back(PastRecommendation {
            at: now,
            replicas: proposal,
        });
        self.entries
            .front()
            .map_or(proposal, |entry| entry.replicas)
    }
}

/// The rate limits of a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rates<'w> {
    /// One direction of `behavior`.
    Behavior(&'w ScalingRules),
    /// The limits of an autoscaler without `behavior`: up to the double or 4 pods, down to any number.
    Older,
    /// No limits.
    Unlimited,
}

impl<'w> Rates<'w> {
    /// The scale-up limits of `spec`.
    pub(super) fn up(spec: &'w HpaSpec) -> Self {
        let behavior = spec.behavior.as_ref();
        behavior.map_or(Self::Older, |it| Self::Behavior(&it.scale_up))
    }

    /// The scale-down limits of `spec`.
    pub(super) fn down(spec: &'w HpaSpec) -> Self {
        let behavior = spec.behavior.as_ref();
        behavior.map_or(Self::Older, |it| Self::Behavior(&it.scale_down))
    }
}

/// The least number of syncs for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syncs {
    /// This many syncs.
    Count(u32),
    /// The change takes more than a day, or never ends.
    Never,
}

impl Way<'_> {
    /// The syncs for scaling up, if a sync with n pods asks for at most `wish(n)` pods.
    pub(super) fn syncs_up(self, wish: impl Fn(i32) -> i32) -> Syncs {
        self.syncs(wish, Up)
    }

    /// The syncs for scaling down, if every sync asks for the minimum.
    pub(super) fn syncs_down(self) -> Syncs {
        self.syncs(|_| self.to, Down)
    }

    /// `wish` must increase with the number of pods for scaling up, and decrease for scaling down.
    fn syncs(self, wish: impl Fn(i32) -> i32, direction: ScaleDirection) -> Syncs {
        let mut current = self.from;
        let mut recommended = Recommended::starting_with(self.from, self.window, self.sync_period);
        let mut changes: VecDeque<WindowChange> = VecDeque::new();
        let (mut sync, mut now) = (0, SimSpan::ZERO);
        while current != self.to {
            if now > DAY {
                return Syncs::Never;
            }
            let wanted = recommended.stabilized(wish(current), now);
            self.forget(&mut changes, now);
            let limit = self.limit(current, &changes, now, direction);
            let after = match direction {
                Up => limit.min(wanted).min(self.to).max(current),
                Down => limit.max(wanted).max(self.to).min(current),
            };
            if after != current {
                changes.push_back(WindowChange {
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

    /// Drops the changes that are older than every period.
    fn forget(&self, changes: &mut VecDeque<WindowChange>, now: SimSpan) {
        let longest = match self.rates {
            Rates::Behavior(rules) => rules.longest_period(),
            Rates::Older | Rates::Unlimited => SimSpan::ZERO,
        };
        while changes
            .front()
            .is_some_and(|change| change.at <= now - longest)
        {
            changes.pop_front();
        }
    }

    fn limit(
        &self,
        current: i32,
        changes: &VecDeque<WindowChange>,
        now: SimSpan,
        direction: ScaleDirection,
    ) -> i32 {
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

/// A recommendation in the window.
struct PastRecommendation {
    at: SimSpan,
    replicas: i32,
}

/// The pods that a sync added; negative if it removed pods.
struct WindowChange {
    at: SimSpan,
    pods: i32,
}

fn changed_within(changes: &VecDeque<WindowChange>, since: SimSpan) -> i32 {
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
fn allowed_by(policy: ScalingPolicy, start: i32, direction: ScaleDirection) -> i32 {
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
            window: Window::NONE,
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

    #[test]
    fn a_window_holds_every_step_back_that_has_to_be_seen_first() {
        let fast = rules(SelectPolicy::Max, &[(PolicyKind::Percent, 900, 15)]);
        let held = |seconds| Way {
            window: Window {
                length: SimSpan::from_secs(seconds),
                ..Window::NONE
            },
            ..way(1, 50, Some(&fast))
        };
        // The load asks for everything at once: one window, then 1 10 50.
        assert_eq!(held(300).syncs_up(|_| 50), Syncs::Count(19 + 2));
        assert_eq!(held(15).syncs_up(|_| 50), Syncs::Count(2));
        assert_eq!(held(16).syncs_up(|_| 50), Syncs::Count(1 + 2));
        // Each step reveals the need for the next one: 1 4 16 50, one window each.
        assert_eq!(
            held(300).syncs_up(|current| current * 4),
            Syncs::Count(3 * 20)
        );
    }

    #[test]
    fn without_behavior_a_recommendation_as_old_as_the_window_holds_on() {
        let held = |end| Way {
            window: Window {
                length: SimSpan::from_secs(300),
                end,
            },
            ..way(50, 1, None)
        };
        assert_eq!(held(WindowEnd::Expired).syncs_down(), Syncs::Count(20));
        assert_eq!(held(WindowEnd::Counts).syncs_down(), Syncs::Count(21));
    }
}
