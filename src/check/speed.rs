//! How fast the number of pods can change: scaling policies and stabilization windows.
//!
//! `ceiling` adds the effect of the containers' limits.

use super::case::{Case, CaseReport, place_of, written};
use super::growth::{Rates, Syncs, Way, Window};
use super::{pods_text, syncs_text};
use crate::control::Hpa;
use crate::hpa::decision::ScaleDirection;
use crate::hpa::spec::{Behavior, PolicyKind, ScalingRules, SelectPolicy};
use crate::scenario::Code;
use crate::scenario::survey::Subject;
use crate::units::SimSpan;

/// Applies the rules of this module.
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

/// Only the rate limits count here: the load asks for the maximum at every sync.
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
            "with {} the pods grow from {} to {} in {how_long} at best",
            limits_text(way.window),
            way.from,
            way.to
        ),
        why: format!(
            "the load can rise at once, and the pods should be there within {} (--within)",
            case.within
        ),
        help: match way.window {
            Window::NONE => "raise the values of `behavior.scaleUp.policies`, shorten their periods, or raise `minReplicas`".to_owned(),
            _ => "shorten `scaleUp.stabilizationWindowSeconds`, raise the values of `scaleUp.policies`, shorten their periods, or raise `minReplicas`".to_owned(),
        },
    });
}

/// What limits the speed of scaling up, in words.
pub(super) fn limits_text(window: Window) -> String {
    match window {
        Window::NONE => "the rate limits".to_owned(),
        Window { length, .. } => format!("the rate limits and the window of {length}"),
    }
}

/// A drop in load may end again within this time.
const SOON: SimSpan = SimSpan::from_secs(60);

/// The highest recommendation in the window counts (`stabilizeRecommendation`); then the policies apply.
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
        message: format!("half of the pods can be gone {time} after the load falls"),
        why: format!(
            "from {} to {} takes {} and a window of {window}; when the load returns, new pods have to start first",
            pods_text(from),
            pods_text(to),
            syncs_text(steps)
        ),
        help: "write `stabilizationWindowSeconds: 300` (the default) under `scaleDown`, or a policy that removes fewer pods at a time".to_owned(),
    });
}

/// A window as long as the traffic's period always contains a peak.
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
        why: "the highest recommendation in the window counts, and every window contains a peak: between two peaks the number of pods stays at the peak".to_owned(),
        help: format!("a window below {period} removes pods between two peaks; keep the window if pods start too slowly for the peaks"),
    });
}

/// A policy applies once per sync, however short its period is (`getReplicasChangePerPeriod`).
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
        why: format!("the autoscaler acts once in {sync}, and each sync may use the whole value: the policy allows the change once in {sync}, not more often"),
        help: format!("write the change that one sync may make, with `periodSeconds: {:.0}` or more", sync.as_secs_f64()),
    });
}

/// A window contains the recommendations of earlier syncs. A window within the sync period contains none of them.
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
        message: format!("a stabilization window of {window} has no effect"),
        why: format!("the autoscaler acts once in {sync}, so the window contains only the current recommendation: {peak}"),
        help: format!("write 0 if you want no window, or more than {:.0}; the defaults are 0 up and 300 down", sync.as_secs_f64()),
    });
}

/// `selectPolicy: Disabled` disables a direction (autoscaling/v2 `DisabledPolicySelect`).
fn direction_is_on(case: &mut Case<'_>, subject: &Subject, autoscaler: &Hpa, side: &Side<'_>) {
    if side.rules.select_policy != SelectPolicy::Disabled {
        return;
    }
    let spec = &autoscaler.spec;
    let (message, why) = match side.direction {
        ScaleDirection::Up => (
            "scaling up is disabled",
            format!(
                "whatever the load, only a change by hand adds pods; `maxReplicas` is {}",
                spec.max_replicas
            ),
        ),
        ScaleDirection::Down => (
            "scaling down is disabled",
            format!(
                "after one peak {} can stay for good; without load {} would suffice",
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
        help: "delete `selectPolicy: Disabled`, and limit the direction with policies instead"
            .to_owned(),
    });
}

/// Scaling up rounds a percentage up, so it adds at least one pod. A percentage of 0 pods adds 0
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
            "at 0 pods a percentage changes nothing".to_owned(),
            format!(
                "{}% of 0 pods are 0: once at `minReplicas: 0`, the autoscaler stays at 0",
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
                "{}% of {} is less than one pod",
                policy.value,
                pods_text(minimum)
            ),
            format!(
                "the autoscaler rounds it up to one pod in {}: from {minimum} to {} takes {} ({})",
                policy.period,
                pods_text(wide.to),
                syncs_text(syncs),
                autoscaler.sync_period * i64::from(syncs)
            ),
        ));
    }
}
