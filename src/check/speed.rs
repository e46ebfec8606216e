//! How fast the number of pods may change: policies, windows and what they really hold back.
//!
//! Self-imposed limit: the rules of `behavior` and the time between two syncs;
//! what limits do to the way up is `ceiling`'s.

use super::case::{Case, CaseReport, place_of, written};
use super::growth::{Rates, Syncs, Way, Window};
use super::{pods_text, syncs_text};
use crate::control::Hpa;
use crate::hpa::decision::ScaleDirection;
use crate::hpa::spec::{Behavior, PolicyKind, ScalingRules, SelectPolicy};
use crate::scenario::Code;
use crate::scenario::survey::Subject;
use crate::units::SimSpan;

/// All rules of this family.
pub(super) fn rules(case: &mut Case<'_>) {
    for subject in &case.survey.subjects {
        let Some(autoscaler) = &subject.autoscaler else {
            continue;
        };
        maximum_is_reached_in_time(case, subject, autoscaler);
        halving_takes_time(case, subject, autoscaler);
        down_window_is_shorter_than_the_traffic(case, subject, autoscaler);
        let Some(behavior) = &autoscaler.spec.behavior else {
            continue;
        };
        for direction in [ScaleDirection::Up, ScaleDirection::Down] {
            let side = Side::new(direction, behavior);
            periods_hold_something_back(case, subject, autoscaler, &side);
            window_holds_something_back(case, subject, autoscaler, &side);
            direction_is_on(case, subject, autoscaler, &side);
        }
        percentage_moves_the_minimum(case, subject, autoscaler, behavior);
    }
}

/// One direction of `behavior`.
struct Side<'b> {
    direction: ScaleDirection,
    key: &'static str,
    rules: &'b ScalingRules,
}

impl<'b> Side<'b> {
    fn new(direction: ScaleDirection, behavior: &'b Behavior) -> Self {
        let (key, rules) = match direction {
            ScaleDirection::Up => ("scaleUp", &behavior.scale_up),
            ScaleDirection::Down => ("scaleDown", &behavior.scale_down),
        };
        Self {
            direction,
            key,
            rules,
        }
    }
}

fn way_up(autoscaler: &Hpa) -> Way<'_> {
    let spec = &autoscaler.spec;
    Way {
        from: spec.min_replicas.0.max(1),
        to: spec.max_replicas.0,
        rates: Rates::up(spec),
        window: Window::up(spec),
        sync_period: autoscaler.sync_period,
    }
}

/// The limits alone decide: the load asks for the maximum at every sync.
fn maximum_is_reached_in_time(case: &mut Case<'_>, subject: &Subject, autoscaler: &Hpa) {
    let way = way_up(autoscaler);
    let behavior = autoscaler.spec.behavior.as_ref();
    if behavior.is_some_and(|it| it.scale_up.select_policy == SelectPolicy::Disabled) {
        return;
    }
    let how_long = match way.syncs_up(|_| way.to) {
        Syncs::Count(syncs) => {
            let time = autoscaler.sync_period * i64::from(syncs);
            if time <= case.within {
                return;
            }
            format!("{} ({time})", syncs_text(syncs))
        }
        Syncs::Never => "more than a day".to_owned(),
    };
    case.report(CaseReport {
        code: Code::RateLimitsTooSlow,
        origin: place_of(subject, &["hpa", "behavior", "scaleUp", "policies"]),
        object: subject.title.clone(),
        message: format!(
            "{} let the pods grow from {} to {} in {how_long} at best",
            limits_text(way.window),
            way.from,
            way.to
        ),
        why: format!(
            "the load may be there at once; {} are what was asked for (--within)",
            case.within
        ),
        help: match way.window {
            Window::NONE => "raise the values of `behavior.scaleUp.policies`, shorten their periods, or raise `minReplicas`".to_owned(),
            _ => "shorten `scaleUp.stabilizationWindowSeconds`, raise the values of `scaleUp.policies`, shorten their periods, or raise `minReplicas`".to_owned(),
        },
    });
}

/// What slows the way up down.
pub(super) fn limits_text(window: Window) -> String {
    match window {
        Window::NONE => "the rate limits".to_owned(),
        Window { length, .. } => format!("the rate limits and the window of {length}"),
    }
}

/// So soon after the load is gone nobody knows whether it comes back.
const SOON: SimSpan = SimSpan::from_secs(60);

/// Of the recommendations of the window the highest counts (`stabilizeRecommendation`), then the policies.
fn halving_takes_time(case: &mut Case<'_>, subject: &Subject, autoscaler: &Hpa) {
    let spec = &autoscaler.spec;
    let sync = autoscaler.sync_period;
    let (from, to) = (
        spec.max_replicas.0,
        (spec.max_replicas.0 / 2).max(spec.min_replicas.0),
    );
    if from < 4 || to > from / 2 {
        return;
    }
    let way = Way {
        from,
        to,
        rates: Rates::down(spec),
        window: Window::down(autoscaler),
        sync_period: sync,
    };
    let by_rates = Way {
        window: Window::NONE,
        ..way
    };
    let (Syncs::Count(syncs), Syncs::Count(steps)) = (way.syncs_down(), by_rates.syncs_down())
    else {
        return;
    };
    let window = way.window.length;
    let time = sync * i64::from(syncs);
    if time >= SOON {
        return;
    }
    let origin = place_of(subject, &["hpa", "behavior", "scaleDown"]);
    case.report(CaseReport {
        code: Code::HalvesWithinSeconds,
        origin,
        object: subject.title.clone(),
        message: format!("{time} after the load falls, half of the pods may be gone"),
        why: format!(
            "from {} to {} it takes {} and a window of {window}; when the load returns, the new pods have to start first",
            pods_text(from),
            pods_text(to),
            syncs_text(steps)
        ),
        help: "write `stabilizationWindowSeconds: 300` under `scaleDown`, the default, or a policy that lets fewer pods go".to_owned(),
    });
}

/// A window as long as the traffic's period always holds a peak.
fn down_window_is_shorter_than_the_traffic(
    case: &mut Case<'_>,
    subject: &Subject,
    autoscaler: &Hpa,
) {
    let Some(period) = case.traffic_period else {
        return;
    };
    let window = Window::down(autoscaler).length;
    if window < period {
        return;
    }
    case.report(CaseReport {
        code: Code::WindowLongerThanTraffic,
        origin: place_of(
            subject,
            &["hpa", "behavior", "scaleDown", "stabilizationWindowSeconds"],
        ),
        object: subject.title.clone(),
        message: format!("the window of {window} is as long as the traffic's period of {period}, or longer"),
        why: "of the recommendations in the window the highest counts, and each window holds a peak: the pods stay at the peak's number between two peaks".to_owned(),
        help: format!("a window below {period} lets the pods go between two peaks; keep it if these come too fast to start pods for"),
    });
}

/// A policy is asked once a sync, however short its period (`getReplicasChangePerPeriod`).
fn periods_hold_something_back(
    case: &mut Case<'_>,
    subject: &Subject,
    autoscaler: &Hpa,
    side: &Side<'_>,
) {
    let path = ["hpa", "behavior", side.key, "policies"];
    let sync = autoscaler.sync_period;
    if written(subject, &path).is_none() || side.rules.select_policy == SelectPolicy::Disabled {
        return;
    }
    let short: Vec<String> = side
        .rules
        .policies
        .iter()
        .filter(|policy| policy.period < sync)
        .map(|policy| {
            let unit = match policy.kind {
                PolicyKind::Pods => "",
                PolicyKind::Percent => "%",
            };
            format!("{}{unit} in {}", policy.value, policy.period)
        })
        .collect();
    if short.is_empty() {
        return;
    }
    case.report(CaseReport {
        code: Code::PeriodBelowSync,
        origin: place_of(subject, &path),
        object: subject.title.clone(),
        message: format!("the period is shorter than the {sync} between two syncs: {}", short.join(", ")),
        why: format!("the autoscaler looks every {sync}, and each look may use the whole value: what is written allows it once in {sync}, not more often"),
        help: format!("write the change that one sync may make, with `periodSeconds: {:.0}` or more", sync.as_secs_f64()),
    });
}

/// A window holds the recommendations of earlier syncs; one within the sync period holds none.
fn window_holds_something_back(
    case: &mut Case<'_>,
    subject: &Subject,
    autoscaler: &Hpa,
    side: &Side<'_>,
) {
    let sync = autoscaler.sync_period;
    let Some(window) = side.rules.stabilization_window else {
        return;
    };
    if window == SimSpan::ZERO || window > sync {
        return;
    }
    let peak = match side.direction {
        ScaleDirection::Up => "a single peak is followed at once",
        ScaleDirection::Down => "a single dip is followed at once",
    };
    case.report(CaseReport {
        code: Code::WindowBelowSync,
        origin: place_of(
            subject,
            &["hpa", "behavior", side.key, "stabilizationWindowSeconds"],
        ),
        object: subject.title.clone(),
        message: format!("a stabilization window of {window} holds nothing back"),
        why: format!("the autoscaler looks every {sync}, so the window holds the look that is being made and no other: {peak}"),
        help: format!("write 0 if that is meant, or more than {:.0}: the default is 0 up and 300 down", sync.as_secs_f64()),
    });
}

/// `selectPolicy: Disabled` switches a direction off (autoscaling/v2 `DisabledPolicySelect`).
fn direction_is_on(case: &mut Case<'_>, subject: &Subject, autoscaler: &Hpa, side: &Side<'_>) {
    if side.rules.select_policy != SelectPolicy::Disabled {
        return;
    }
    let spec = &autoscaler.spec;
    let (message, why) = match side.direction {
        ScaleDirection::Up => (
            "scaling up is switched off",
            format!(
                "whatever the load, there are never more pods than somebody sets by hand; `maxReplicas` is {}",
                spec.max_replicas
            ),
        ),
        ScaleDirection::Down => (
            "scaling down is switched off",
            format!(
                "after one peak there may be {} for good; {} would do without load",
                pods_text(spec.max_replicas.0),
                spec.min_replicas
            ),
        ),
    };
    case.report(CaseReport {
        code: Code::DirectionDisabled,
        origin: place_of(subject, &["hpa", "behavior", side.key, "selectPolicy"]),
        object: subject.title.clone(),
        message: message.to_owned(),
        why,
        help: "delete `selectPolicy: Disabled`, and slow the direction down by policies instead"
            .to_owned(),
    });
}

/// Up a percentage rounds up, so it always moves one pod; of no pods it moves none
/// (`calculateScaleUpLimitWithScalingRules`).
fn percentage_moves_the_minimum(
    case: &mut Case<'_>,
    subject: &Subject,
    autoscaler: &Hpa,
    behavior: &Behavior,
) {
    let rules = &behavior.scale_up;
    let percents = || {
        rules
            .policies
            .iter()
            .filter(|policy| policy.kind == PolicyKind::Percent)
    };
    let all_are_percents = percents().count() == rules.policies.len();
    let percent_decides = match rules.select_policy {
        SelectPolicy::Max => all_are_percents,
        SelectPolicy::Min => percents().next().is_some(),
        SelectPolicy::Disabled => false,
    };
    let Some(policy) = percents()
        .max_by_key(|policy| policy.value)
        .filter(|_| percent_decides)
    else {
        return;
    };
    let minimum = autoscaler.spec.min_replicas.0;
    let origin = place_of(subject, &["hpa", "behavior", "scaleUp", "policies"]);
    let share = i64::from(policy.value) * i64::from(minimum);
    let report = |message: String, why: String| CaseReport {
        code: Code::PercentMovesLittle,
        origin,
        object: subject.title.clone(),
        message,
        why,
        help: "add a policy of type Pods with `selectPolicy: Max`, as { type: Pods, value: 4 }"
            .to_owned(),
    };
    if minimum == 0 {
        case.report(report(
            "at zero pods a percentage moves nothing".to_owned(),
            format!(
                "{}% of 0 pods are 0: once at `minReplicas: 0` the autoscaler never comes back",
                policy.value
            ),
        ));
    } else if share < 100 {
        let wide = Way {
            to: autoscaler.spec.max_replicas.0.min(100 / policy.value + 1),
            ..way_up(autoscaler)
        };
        let Syncs::Count(syncs) = wide.syncs_up(|_| wide.to) else {
            return;
        };
        case.report(report(
            format!(
                "{}% of {} are less than one pod",
                policy.value,
                pods_text(minimum)
            ),
            format!(
                "it is rounded up to one pod in {}: from {minimum} to {} it takes {} ({})",
                policy.period,
                pods_text(wide.to),
                syncs_text(syncs),
                autoscaler.sync_period * i64::from(syncs)
            ),
        ));
    }
}
