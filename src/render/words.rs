//! Phrases that a text and a picture of one run share.

use super::human;
use crate::results::export::Request;
use crate::results::failures::CauseShare;
use crate::scenario::{Scenario, TraceMoment};

/// What `--from` and `--to` leave.
pub(super) fn part_of_trace(request: &Request) -> Option<String> {
    let clock = |moment: TraceMoment| match moment {
        TraceMoment::After(span) => human::duration(span.as_secs_f64()),
        _ => moment.to_string(),
    };
    match (request.from, request.to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("from {}", clock(from))),
        (None, Some(to)) => Some(format!("to {}", clock(to))),
        (Some(from), Some(to)) => Some(format!("from {} to {}", clock(from), clock(to))),
    }
}

/// What `--warm-up` leaves to the KPIs.
pub(super) fn counted_part(request: &Request, scenario: &Scenario) -> Option<String> {
    let warm_up = request.warm_up?;
    Some(format!(
        "KPIs of the {} from {} on",
        human::duration(scenario.counted_span().as_secs_f64()),
        human::duration(warm_up.as_secs_f64())
    ))
}

/// The causes of failures that are named; what is left is "other".
const CAUSES_NAMED: usize = 2;

/// `timed out 83 %, queue full 17 %`, the most frequent cause first.
pub(super) fn causes_in_words(causes: &[CauseShare]) -> String {
    if let [only] = causes {
        return format!("all {}", only.cause.words());
    }
    let (named, others) = causes.split_at(causes.len().min(CAUSES_NAMED));
    let mut words: Vec<String> = named
        .iter()
        .map(|cause| format!("{} {}", cause.cause.words(), human::percent(cause.share)))
        .collect();
    let rest: f64 = others.iter().map(|cause| cause.share).sum();
    if rest > 0.0 {
        words.push(format!("other {}", human::percent(rest)));
    }
    words.join(", ")
}
