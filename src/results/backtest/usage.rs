//! What a request costs in a backtest: from the recorded rows before the judged time, so that nothing judged is fitted.

use super::recorded_ready;
use crate::cluster::config::StartupCpu;
use crate::results::usage::{
    StartupUse, UsageFit, UsageFitError, UsageRow, UsageSettings, fit_usage,
};
use crate::scenario::Scenario;
use crate::scenario::recorded::{JudgedSpan, RecordedDay, RecordedQuantity, RecordedRow};
use crate::units::{Millicores, SimSpan, SimTime};
use crate::workload::CostUncertainty;

/// Where the cost of a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CostOrigin {
    /// The recorded rows before the judged time.
    Before,
    /// The judged rows themselves, because the time before them gives no cost.
    Judged,
    /// The policy, for this reason.
    Stated(String),
}

/// The cost of a request, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundUsage {
    /// Where it comes from.
    pub origin: CostOrigin,
    /// The fit; `None` if the policy states the cost.
    pub usage: Option<UsageFit>,
    /// The time of the fitted rows, since the start of the trace.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
}

impl FoundUsage {
    /// The cost by the rows of `day` before the judged time; if they give none, by the judged rows. `scenario` has the CPU limit of a pod.
    #[must_use]
    pub fn of(day: &RecordedDay, span: &JudgedSpan, scenario: &Scenario) -> Self {
        let parts = [
            (CostOrigin::Before, span.calibrate_from, span.from),
            (CostOrigin::Judged, span.from, span.to),
        ];
        let settings = UsageSettings {
            cpu_limit_millicores: pod_limit(scenario),
            ..UsageSettings::default()
        };
        let mut reason = String::new();
        for (origin, from, to) in parts {
            // The minutes of a lead-in are one load, which says little of the day.
            if origin == CostOrigin::Before && to - from < BEFORE_MIN {
                continue;
            }
            match fit(day, span, from..to, &settings) {
                Ok(usage) if is_sure(&usage) => {
                    return Self {
                        origin,
                        usage: Some(usage),
                        from,
                        to,
                    };
                }
                Err(error) if reason.is_empty() => reason = error.to_string(),
                Ok(_) if reason.is_empty() => UNSURE.clone_into(&mut reason),
                Ok(_) | Err(_) => {}
            }
        }
        Self {
            origin: CostOrigin::Stated(reason),
            usage: None,
            from: span.calibrate_from,
            to: span.from,
        }
    }

    /// Gives `scenario` the fitted cost; the shape of its distribution stays that of the policy.
    pub fn apply(&self, scenario: &mut Scenario) {
        if let Some(usage) = &self.usage {
            apply(usage, scenario);
        }
    }

    /// Whether this key of the policy has a fitted value.
    #[must_use]
    pub fn replaces(&self, key: &str) -> bool {
        self.usage.as_ref().is_some_and(|usage| match key {
            "pod.startup_cpu" => startup_cpu(usage).is_some(),
            _ => ["workload.cpu_per_request", "workload.idle_cpu"].contains(&key),
        })
    }
}

/// A shorter time before the judged one gives no cost of its own.
const BEFORE_MIN: SimSpan = SimSpan::from_secs(1800);
/// Said of a fit whose error is too large for a policy.
const UNSURE: &str = "the cost of a request is too uncertain";

/// Whether a policy can state the error of the cost.
fn is_sure(usage: &UsageFit) -> bool {
    let cost = &usage.cpu_per_request_ms;
    cost.standard_error <= CostUncertainty::ERROR_BY_MEAN_MAX * cost.value
}

fn apply(usage: &UsageFit, scenario: &mut Scenario) {
    let containers = &mut scenario.deployment.containers;
    let others = containers.get(1..).unwrap_or_default();
    let cost_of_others: f64 = others.iter().map(|it| it.cpu_seconds_per_request).sum();
    let idle_of_others: i64 = others.iter().map(|it| it.idle_cpu.0).sum();
    let fitted = usage.cpu_per_request_ms.value / 1e3;
    let mean = (fitted - cost_of_others).max(LEAST_SHARE * fitted);
    let idle = usage.idle_cpu_millicores.value.max(0.0).round() as i64;
    let idle = Millicores((idle - idle_of_others).max(0));
    let workload = &mut scenario.workload;
    let stated = workload.cpu_per_request.mean_seconds();
    workload.cpu_per_request = workload.cpu_per_request.scaled(mean / stated);
    workload.cost_uncertainty = CostUncertainty {
        standard_error_seconds: (usage.cpu_per_request_ms.standard_error / 1e3)
            .min(CostUncertainty::ERROR_BY_MEAN_MAX * mean),
        ..workload.cost_uncertainty
    };
    workload.idle_cpu = idle;
    if let Some(first) = containers.first_mut() {
        first.cpu_seconds_per_request = mean;
        first.idle_cpu = idle;
    }
    if let Some(startup) = startup_cpu(usage) {
        scenario.deployment.pod.startup_cpu = Some(startup);
    }
}

/// The first container has at least this share of the cost of a request, whatever the policy says of the others.
const LEAST_SHARE: f64 = 0.01;

/// The CPU of a pod that starts, if the rows show it beyond chance.
fn startup_cpu(usage: &UsageFit) -> Option<StartupCpu> {
    let startup = usage.startup.filter(StartupUse::is_beyond_chance)?;
    Some(StartupCpu {
        cpu: Millicores((startup.millicore_seconds.value / startup.duration_s).round() as i64),
        duration: SimSpan::from_secs_f64(startup.duration_s),
    })
}

/// The CPU limit of a pod in millicores, if each of its containers has one.
fn pod_limit(scenario: &Scenario) -> Option<f64> {
    let deployment = &scenario.deployment;
    let limits = deployment.containers.iter();
    let limits = limits.map(|it| Some(deployment.cpu_limit_of(it)?.0 as f64));
    limits.sum()
}

/// The cost by the rows of a part of the trace. CPU of a row with an event does not count.
fn fit(
    day: &RecordedDay,
    span: &JudgedSpan,
    part: std::ops::Range<SimTime>,
    settings: &UsageSettings,
) -> Result<UsageFit, UsageFitError> {
    let on_trace = |row: &RecordedRow| span.recorded_start + (row.time - SimTime::ZERO);
    let rows = day.rows.iter().filter(|row| part.contains(&on_trace(row)));
    let reading = |row: &RecordedRow| UsageRow {
        time_s: row.time.as_secs_f64(),
        rps: row.value(RecordedQuantity::Rps),
        cpu_millicores: row
            .value(RecordedQuantity::CpuMillicores)
            .filter(|_| row.event.is_none()),
        replicas: recorded_ready(row),
    };
    let rows: Vec<UsageRow> = rows.map(reading).collect();
    fit_usage(&rows, settings)
}
