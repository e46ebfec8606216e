//! The HPA's line in `decisions.jsonl`: the inputs of a sync, and the reasons for its decision.
//!
//! One JSON object, in the order in which the controller works: metrics, stabilisation, policies,
//! limits, and the conditions and events that `kubectl describe hpa` would show afterwards.

use serde::Serialize;

use crate::control::decided::{Decided, LineHead};
use crate::hpa::ReconcileOutcome;
use crate::hpa::decision::{
    DecisionRecord, MetricVerdict, PolicyAllowance, RecordedMetric, ScaleDirection, Stabilization,
};
use crate::hpa::status::Status;
use crate::text::rounding::readable;

/// One line. A part that did not happen is absent: a sync without a proposal has no
/// `stabilization`, and one without events no `events`.
#[derive(Serialize)]
pub(super) struct HpaLine<'a> {
    #[serde(flatten)]
    head: LineHead,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    metrics: Vec<MetricLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stabilization: Option<StabilizationLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<PolicyLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limiting: Option<LimitingLine>,
    conditions: Vec<ConditionLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventLine<'a>>,
}

#[derive(Serialize)]
struct MetricLine<'a> {
    name: &'a str,
    pods: PodsLine,
    ratio: Option<f64>,
    filled_in_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_utilization: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    verdict: &'static str,
    proposal: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct PodsLine {
    ready: u32,
    unready: u32,
    missing: u32,
    ignored: u32,
}

#[derive(Serialize)]
struct StabilizationLine {
    proposal: i32,
    lowest_for_scale_up: Option<i32>,
    highest_for_scale_down: i32,
    stabilized: i32,
}

#[derive(Serialize)]
struct PolicyLine {
    direction: &'static str,
    index: usize,
    replicas_at_period_start: i32,
    limit: i32,
}

#[derive(Serialize)]
struct LimitingLine {
    before: i32,
    after: i32,
    reason: &'static str,
}

#[derive(Serialize)]
struct ConditionLine {
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    reason: &'static str,
    message: String,
}

#[derive(Serialize)]
struct EventLine<'a> {
    #[serde(rename = "type")]
    severity: &'static str,
    reason: &'static str,
    message: &'a str,
}

impl<'a> HpaLine<'a> {
    pub(super) fn new(
        decision: &Decided<'_>,
        outcome: &ReconcileOutcome<'_>,
        status: &Status,
        record: &'a DecisionRecord,
    ) -> Self {
        Self {
            head: LineHead::of(decision),
            reason: outcome.reason.to_string(),
            error: outcome.error.as_ref().map(ToString::to_string),
            metrics: record.metrics.iter().map(MetricLine::from).collect(),
            stabilization: record.stabilization.map(StabilizationLine::from),
            policies: record.policies.iter().map(PolicyLine::from).collect(),
            limiting: record.limiting.map(|limiting| LimitingLine {
                before: limiting.before.0,
                after: limiting.after.0,
                reason: limiting.reason.as_str(),
            }),
            conditions: status
                .conditions
                .to_list()
                .into_iter()
                .map(|condition| ConditionLine {
                    kind: condition.kind,
                    status: condition.status,
                    reason: condition.reason,
                    message: condition.message,
                })
                .collect(),
            events: record
                .events
                .iter()
                .map(|event| EventLine {
                    severity: event.severity.as_str(),
                    reason: event.reason,
                    message: &event.message,
                })
                .collect(),
        }
    }
}

impl<'a> From<&'a RecordedMetric> for MetricLine<'a> {
    fn from(metric: &'a RecordedMetric) -> Self {
        Self {
            name: &metric.description,
            pods: PodsLine {
                ready: metric.groups.ready,
                unready: metric.groups.unready,
                missing: metric.groups.missing,
                ignored: metric.groups.ignored,
            },
            ratio: metric.usage_ratio.map(readable),
            filled_in_ratio: metric.filled_in_ratio.map(readable),
            average_utilization: metric.value.average_utilization,
            average_value: metric.value.average_value.map(|value| value.to_string()),
            value: metric.value.value.map(|value| value.to_string()),
            verdict: verdict_word(metric.verdict),
            proposal: metric.proposal.map(|proposal| proposal.0),
            error: metric.error.as_deref(),
        }
    }
}

impl From<Stabilization> for StabilizationLine {
    fn from(stabilization: Stabilization) -> Self {
        Self {
            proposal: stabilization.proposal.0,
            lowest_for_scale_up: stabilization.lowest_for_scale_up.map(|lowest| lowest.0),
            highest_for_scale_down: stabilization.highest_for_scale_down.0,
            stabilized: stabilization.stabilized.0,
        }
    }
}

impl From<&PolicyAllowance> for PolicyLine {
    fn from(policy: &PolicyAllowance) -> Self {
        Self {
            direction: match policy.direction {
                ScaleDirection::Up => "up",
                ScaleDirection::Down => "down",
            },
            index: policy.index,
            replicas_at_period_start: policy.period_start.0,
            limit: policy.limit.0,
        }
    }
}

fn verdict_word(verdict: MetricVerdict) -> &'static str {
    match verdict {
        MetricVerdict::OutsideTolerance => "outside_tolerance",
        MetricVerdict::WithinTolerance => "within_tolerance",
        MetricVerdict::WithinToleranceFilledIn => "within_tolerance_filled_in",
        MetricVerdict::DirectionReversed => "direction_reversed",
        MetricVerdict::AgainstDirection => "against_direction",
        MetricVerdict::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::DecisionLine;
    use crate::hpa::decision::{LimitReason, Limiting, MetricValue, PodGroups};
    use crate::hpa::status::AbleToScale;
    use crate::hpa::{HpaMemory, RescaleReason};
    use crate::units::{Replicas, SimSpan, SimTime};

    #[test]
    fn a_decision_is_one_line_with_its_reasons() {
        let mut memory = HpaMemory::default();
        memory.status.conditions.able_to_scale = Some(AbleToScale::SucceededRescale(Replicas(4)));
        let record = DecisionRecord {
            metrics: vec![RecordedMetric {
                description: "cpu resource utilization (percentage of request)".to_owned(),
                groups: PodGroups {
                    ready: 2,
                    unready: 1,
                    ..PodGroups::default()
                },
                usage_ratio: Some(4.0),
                filled_in_ratio: Some(8.0 / 3.0),
                value: MetricValue {
                    average_utilization: Some(200),
                    ..MetricValue::default()
                },
                verdict: MetricVerdict::OutsideTolerance,
                proposal: Some(Replicas(8)),
                error: None,
            }],
            stabilization: Some(Stabilization {
                proposal: Replicas(8),
                lowest_for_scale_up: Some(Replicas(8)),
                highest_for_scale_down: Replicas(8),
                stabilized: Replicas(8),
            }),
            policies: vec![PolicyAllowance {
                direction: ScaleDirection::Up,
                index: 0,
                period_start: Replicas(2),
                limit: Replicas(4),
            }],
            limiting: Some(Limiting {
                before: Replicas(8),
                after: Replicas(4),
                reason: LimitReason::ScaleUpLimit,
            }),
            events: vec![],
        };
        let outcome = ReconcileOutcome {
            desired: Replicas(4),
            rescaled: true,
            reason: RescaleReason::MetricAboveTarget(
                "cpu resource utilization (percentage of request)",
            ),
            error: None,
        };
        let decided = Decided {
            time: SimTime::ZERO + SimSpan::from_secs(15),
            by: "hpa",
            current: Replicas(2),
            desired: Replicas(4),
            rescaled: true,
            metrics: &[],
            line: None,
        };
        let line = HpaLine::new(&decided, &outcome, &memory.status, &record);
        let text = line.to_json().expect("JSON");
        insta::assert_snapshot!(text, @r#"{"time_s":15.0,"by":"hpa","current":2,"desired":4,"rescaled":true,"reason":"cpu resource utilization (percentage of request) above target","metrics":[{"name":"cpu resource utilization (percentage of request)","pods":{"ready":2,"unready":1,"missing":0,"ignored":0},"ratio":4.0,"filled_in_ratio":2.66667,"average_utilization":200,"verdict":"outside_tolerance","proposal":8}],"stabilization":{"proposal":8,"lowest_for_scale_up":8,"highest_for_scale_down":8,"stabilized":8},"policies":[{"direction":"up","index":0,"replicas_at_period_start":2,"limit":4}],"limiting":{"before":8,"after":4,"reason":"ScaleUpLimit"},"conditions":[{"type":"AbleToScale","status":"True","reason":"SucceededRescale","message":"the HPA controller was able to update the target scale to 4"}]}"#);
    }
}
