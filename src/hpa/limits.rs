//! Rate limits and bounds: how far one reconcile may change the replicas.
//!
//! A policy is a limit, not a step (kubernetes/kubernetes#102633).

use super::decision::{LimitReason, Limiting, Listener, PolicyAllowance, ScaleDirection};
use super::replicas::i32_from_f64;
use super::spec::{Behavior, HpaSpec, PolicyKind, ScalingPolicy, ScalingRules, SelectPolicy};
use crate::units::{Replicas, SimSpan, SimTime};

/// A change of the scale by the autoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleEvent {
    /// The number of replicas added or removed, above 0.
    pub change: i32,
    /// When the autoscaler wrote the scale.
    pub time: SimTime,
    /// True if the event was older than every period when the last event of its direction was
    /// stored. The next event may overwrite it.
    outdated: bool,
}

/// The scale events that one HPA remembers. Outdated entries are overwritten, so the periods bound
/// the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScaleEvents {
    up: Vec<ScaleEvent>,
    down: Vec<ScaleEvent>,
}

impl ScaleEvents {
    /// Removes all events, as a restart of the controller does.
    pub fn clear(&mut self) {
        self.up.clear();
        self.down.clear();
    }

    /// Stores the change of the scale from `from` to `to`.
    pub(super) fn store(
        &mut self,
        behavior: &Behavior,
        from: Replicas,
        to: Replicas,
        now: SimTime,
    ) {
        let (events, rules, change) = if to > from {
            (&mut self.up, &behavior.scale_up, to.0.wrapping_sub(from.0))
        } else {
            (
                &mut self.down,
                &behavior.scale_down,
                from.0.wrapping_sub(to.0),
            )
        };
        let cutoff = now - rules.longest_period();
        let mut reusable = None;
        for (place, event) in events.iter_mut().enumerate() {
            if event.time < cutoff {
                event.outdated = true;
            }
            if event.outdated {
                reusable = Some(place);
            }
        }
        let event = ScaleEvent {
            change,
            time: now,
            outdated: false,
        };
        match reusable {
            Some(place) => events[place] = event,
            None => events.push(event),
        }
    }

    /// The replicas at the start of a period that ends now, computed backwards from the events in
    /// it.
    fn replicas_at_start(&self, current: Replicas, period: SimSpan, now: SimTime) -> i32 {
        let cutoff = now - period;
        let sum = |events: &[ScaleEvent]| {
            events
                .iter()
                .filter(|event| event.time > cutoff)
                .fold(0_i32, |sum, event| sum.wrapping_add(event.change))
        };
        current
            .0
            .wrapping_sub(sum(&self.up))
            .wrapping_add(sum(&self.down))
    }
}

/// The last number of replicas that one policy permits, with `start` replicas at the start of its
/// period.
fn policy_limit(policy: ScalingPolicy, start: i32, direction: ScaleDirection) -> i32 {
    let fraction = f64::from(policy.value) / 100.0;
    match (policy.kind, direction) {
        (PolicyKind::Pods, ScaleDirection::Up) => start.wrapping_add(policy.value),
        (PolicyKind::Pods, ScaleDirection::Down) => start.wrapping_sub(policy.value),
        (PolicyKind::Percent, ScaleDirection::Up) => {
            i32_from_f64((f64::from(start) * (1.0 + fraction)).ceil())
        }
        (PolicyKind::Percent, ScaleDirection::Down) => {
            i32_from_f64(f64::from(start) * (1.0 - fraction))
        }
    }
}

/// The last number of replicas that the policies of one direction permit together. It never lies on
/// the wrong side of `current`.
fn rate_limit(
    direction: ScaleDirection,
    rules: &ScalingRules,
    current: Replicas,
    events: &ScaleEvents,
    now: SimTime,
    listener: &mut impl Listener,
) -> Replicas {
    if rules.select_policy == SelectPolicy::Disabled {
        return current;
    }
    let mut furthest: Option<i32> = None;
    for (index, policy) in rules.policies.iter().enumerate() {
        let start = events.replicas_at_start(current, policy.period, now);
        let limit = policy_limit(*policy, start, direction);
        listener.policy(&PolicyAllowance {
            direction,
            index,
            period_start: Replicas(start),
            limit: Replicas(limit),
        });
        let takes_greater =
            (direction == ScaleDirection::Up) == (rules.select_policy == SelectPolicy::Max);
        furthest = Some(match furthest {
            None => limit,
            Some(other) if takes_greater => other.max(limit),
            Some(other) => other.min(limit),
        });
    }
    let limit = Replicas(furthest.unwrap_or(current.0));
    match direction {
        ScaleDirection::Up => limit.max(current),
        ScaleDirection::Down => limit.min(current),
    }
}

/// Limits `stabilized` by the policies of `behavior`, then by the bounds.
pub(super) fn limit_with_behavior(
    spec: &HpaSpec,
    behavior: &Behavior,
    stabilized: Replicas,
    current: Replicas,
    events: &ScaleEvents,
    now: SimTime,
    listener: &mut impl Listener,
) -> Limiting {
    let mut after = stabilized;
    let mut reason = LimitReason::DesiredWithinRange;
    if stabilized > current {
        let rate = rate_limit(
            ScaleDirection::Up,
            &behavior.scale_up,
            current,
            events,
            now,
            listener,
        );
        let (most, name) = if rate < spec.max_replicas {
            (rate, LimitReason::ScaleUpLimit)
        } else {
            (spec.max_replicas, LimitReason::TooManyReplicas)
        };
        if stabilized > most {
            (after, reason) = (most, name);
        }
    } else if stabilized < current {
        let rate = rate_limit(
            ScaleDirection::Down,
            &behavior.scale_down,
            current,
            events,
            now,
            listener,
        );
        let (least, name) = if rate > spec.min_replicas {
            (rate, LimitReason::ScaleDownLimit)
        } else {
            (spec.min_replicas, LimitReason::TooFewReplicas)
        };
        if stabilized < least {
            (after, reason) = (least, name);
        }
    }
    Limiting {
        before: stabilized,
        after,
        reason,
    }
}

/// `scaleUpLimitFactor` of the controller.
const SCALE_UP_LIMIT_FACTOR: f64 = 2.0;
/// `scaleUpLimitMinimum` of the controller.
const SCALE_UP_LIMIT_MINIMUM: f64 = 4.0;

/// Limits `stabilized` as the controller limits an HPA without `behavior`: to max(2 x current, 4),
/// then to the bounds.
pub(super) fn limit_without_behavior(
    spec: &HpaSpec,
    stabilized: Replicas,
    current: Replicas,
) -> Limiting {
    let rate =
        i32_from_f64((SCALE_UP_LIMIT_FACTOR * f64::from(current.0)).max(SCALE_UP_LIMIT_MINIMUM));
    let (most, name) = if Replicas(rate) < spec.max_replicas {
        (Replicas(rate), LimitReason::ScaleUpLimit)
    } else {
        (spec.max_replicas, LimitReason::TooManyReplicas)
    };
    let (after, reason) = if stabilized < spec.min_replicas {
        (spec.min_replicas, LimitReason::TooFewReplicas)
    } else if stabilized > most {
        (most, name)
    } else {
        (stabilized, LimitReason::DesiredWithinRange)
    };
    Limiting {
        before: stabilized,
        after,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(kind: PolicyKind, value: i32) -> ScalingPolicy {
        ScalingPolicy {
            kind,
            value,
            period: SimSpan::from_secs(15),
        }
    }

    #[test]
    fn percent_rounds_up_on_the_way_up_and_truncates_on_the_way_down() {
        let cases = [
            (PolicyKind::Percent, 10, 100, ScaleDirection::Up, 111),
            (PolicyKind::Percent, 50, 5, ScaleDirection::Up, 8),
            (PolicyKind::Percent, 50, 5, ScaleDirection::Down, 2),
            (PolicyKind::Percent, 100, 5, ScaleDirection::Down, 0),
            (PolicyKind::Pods, 4, 5, ScaleDirection::Up, 9),
            (PolicyKind::Pods, 4, 5, ScaleDirection::Down, 1),
        ];
        for (kind, value, start, direction, expected) in cases {
            assert_eq!(
                policy_limit(policy(kind, value), start, direction),
                expected,
                "{kind} {value} from {start} {direction:?}"
            );
        }
    }
}
