//! `decisions.jsonl`: every sync, with what the autoscaler saw and why it did what it did.
//!
//! Self-imposed limit: writes down, explains nothing by itself. One JSON object
//! a line, in the order in which the controller works: metrics, stabilisation,
//! policies, limits, and what `kubectl describe hpa` would show afterwards.

use std::io::Write;

use serde::Serialize;

use super::rounding::readable;
use crate::hpa::decision::{
    DecisionRecord, Direction, PolicyAllowance, RecordedMetric, Stabilization, Verdict,
};
use crate::simulation::Observer;
use crate::simulation::observer::Decided;
use crate::text::json;

/// Writes `decisions.jsonl` as a run goes.
#[derive(Debug)]
pub struct DecisionLog<W> {
    out: W,
    fault: Option<serde_json::Error>,
}

impl<W: Write> DecisionLog<W> {
    /// A log that goes to `out`, best a buffered one.
    pub const fn new(out: W) -> Self {
        Self { out, fault: None }
    }

    /// What the log was written to.
    ///
    /// # Errors
    /// The first record that could not be written.
    pub fn finish(self) -> Result<W, serde_json::Error> {
        match self.fault {
            None => Ok(self.out),
            Some(fault) => Err(fault),
        }
    }

    fn write(&mut self, decision: &Decided<'_>) -> Result<(), serde_json::Error> {
        let line = json::line(&DecisionLine::new(decision))?;
        self.out
            .write_all(line.as_bytes())
            .map_err(serde_json::Error::io)
    }
}

impl<W: Write> Observer for DecisionLog<W> {
    const WANTS_REASONS: bool = true;

    fn decided(&mut self, decision: &Decided<'_>) {
        if self.fault.is_none() {
            self.fault = self.write(decision).err();
        }
    }
}

/// One line. Absent parts did not happen: a sync without a proposal has no `stabilization`, a quiet one no `events`.
#[derive(Serialize)]
struct DecisionLine<'a> {
    time_s: f64,
    current: i32,
    desired: i32,
    rescaled: bool,
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

impl<'a> DecisionLine<'a> {
    fn new(decision: &Decided<'a>) -> Self {
        static NOTHING: DecisionRecord = DecisionRecord {
            metrics: Vec::new(),
            stabilization: None,
            policies: Vec::new(),
            limiting: None,
            events: Vec::new(),
        };
        let record = decision.reasons.unwrap_or(&NOTHING);
        Self {
            time_s: readable(decision.time.as_secs_f64()),
            current: decision.current.0,
            desired: decision.outcome.desired.0,
            rescaled: decision.outcome.rescaled,
            reason: decision.outcome.reason.to_string(),
            error: decision.outcome.error.as_ref().map(ToString::to_string),
            metrics: record.metrics.iter().map(MetricLine::from).collect(),
            stabilization: record.stabilization.map(StabilizationLine::from),
            policies: record.policies.iter().map(PolicyLine::from).collect(),
            limiting: record.limiting.map(|limiting| LimitingLine {
                before: limiting.before.0,
                after: limiting.after.0,
                reason: limiting.reason.as_str(),
            }),
            conditions: decision
                .memory
                .status
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
                Direction::Up => "up",
                Direction::Down => "down",
            },
            index: policy.index,
            replicas_at_period_start: policy.period_start.0,
            limit: policy.limit.0,
        }
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::OutsideTolerance => "outside_tolerance",
        Verdict::WithinTolerance => "within_tolerance",
        Verdict::WithinToleranceFilledIn => "within_tolerance_filled_in",
        Verdict::DirectionReversed => "direction_reversed",
        Verdict::AgainstDirection => "against_direction",
        Verdict::Failed => "failed",
    }
}
