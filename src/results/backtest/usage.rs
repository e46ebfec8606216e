//! What a request costs in a backtest: from the recorded rows before the judged time, so that nothing judged is fitted.

use serde::Serialize;

use super::recorded_pods;
use crate::cluster::config::StartupCpu;
use crate::results::calibration::{Coefficient, calibrate};
use crate::scenario::recorded::{JudgedSpan, RecordedDay, RecordedQuantity, RecordedRow};
use crate::scenario::{Probe, ProbeMeasurement, ProbeRow, Scenario};
use crate::units::{Millicores, SimSpan, SimTime};
use crate::workload::CostUncertainty;

/// The fewest rows from which a cost is fitted.
const ROWS_MIN: usize = 20;

/// Where the cost of a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CostOrigin {
    /// The recorded rows before the judged time.
    Before,
    /// The judged rows themselves, because nothing was recorded before them.
    Judged,
    /// The policy, for this reason.
    Stated(String),
}

/// CPU that a pod uses, by recorded rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayUsage {
    /// The number of rows.
    pub rows: usize,
    /// CPU time of one request in all containers of a pod, in milliseconds of one core.
    pub cpu_per_request_ms: Coefficient,
    /// CPU of a pod without requests, in millicores; at least 0.
    pub idle_cpu_millicores: Coefficient,
    /// CPU of a pod that starts; `None` if the rows do not show it.
    pub startup: Option<StartupUse>,
}

/// CPU that a pod uses while it starts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StartupUse {
    /// The size, in millicores.
    pub cpu_millicores: f64,
    /// The length, in seconds.
    pub seconds: f64,
}

/// The cost of a request, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundUsage {
    /// Where it comes from.
    pub origin: CostOrigin,
    /// The fit; `None` if the policy states the cost.
    pub usage: Option<DayUsage>,
    /// The time of the fitted rows, since the start of the trace.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
}

impl FoundUsage {
    /// The cost by the rows of `day` before the judged time; if there are none, by the judged rows.
    #[must_use]
    pub fn of(day: &RecordedDay, span: &JudgedSpan) -> Self {
        let parts = [
            (CostOrigin::Before, span.calibrate_from, span.from),
            (CostOrigin::Judged, span.from, span.to),
        ];
        let mut reason = String::new();
        for (origin, from, to) in parts {
            let is_within = |row: &&RecordedRow| {
                let time = span.recorded_start + (row.time - SimTime::ZERO);
                (from..to).contains(&time) && row.event.is_none()
            };
            let rows: Vec<&RecordedRow> = day.rows.iter().filter(is_within).collect();
            match fit(&rows) {
                Ok(usage) => {
                    return Self {
                        origin,
                        usage: Some(usage),
                        from,
                        to,
                    };
                }
                Err(found) if reason.is_empty() => reason = found,
                Err(_) => {}
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
            usage.apply(scenario);
        }
    }

    /// Whether this key of the policy has a fitted value.
    #[must_use]
    pub fn replaces(&self, key: &str) -> bool {
        self.usage.as_ref().is_some_and(|usage| match key {
            "pod.startup_cpu" => usage.startup.is_some(),
            _ => ["workload.cpu_per_request", "workload.idle_cpu"].contains(&key),
        })
    }
}

impl DayUsage {
    fn apply(&self, scenario: &mut Scenario) {
        let containers = &mut scenario.deployment.containers;
        let others = containers.get(1..).unwrap_or_default();
        let cost_of_others: f64 = others.iter().map(|it| it.cpu_seconds_per_request).sum();
        let idle_of_others: i64 = others.iter().map(|it| it.idle_cpu.0).sum();
        let fitted = self.cpu_per_request_ms.value / 1e3;
        let mean = (fitted - cost_of_others).max(LEAST_SHARE * fitted);
        let idle = self.idle_cpu_millicores.value.max(0.0).round() as i64;
        let idle = Millicores((idle - idle_of_others).max(0));
        let workload = &mut scenario.workload;
        let stated = workload.cpu_per_request.mean_seconds();
        workload.cpu_per_request = workload.cpu_per_request.scaled(mean / stated);
        workload.cost_uncertainty = CostUncertainty {
            standard_error_seconds: (self.cpu_per_request_ms.standard_error / 1e3)
                .min(CostUncertainty::ERROR_BY_MEAN_MAX * mean),
            ..workload.cost_uncertainty
        };
        workload.idle_cpu = idle;
        if let Some(first) = containers.first_mut() {
            first.cpu_seconds_per_request = mean;
            first.idle_cpu = idle;
        }
        if let Some(startup) = self.startup {
            scenario.deployment.pod.startup_cpu = Some(StartupCpu {
                cpu: Millicores(startup.cpu_millicores.round() as i64),
                duration: SimSpan::from_secs_f64(startup.seconds),
            });
        }
    }
}

/// The first container has at least this share of the cost of a request, whatever the policy says of the others.
const LEAST_SHARE: f64 = 0.01;

/// The cost by these rows; else the reason why they give none.
fn fit(rows: &[&RecordedRow]) -> Result<DayUsage, String> {
    let usable = rows.iter().filter_map(|row| {
        let replicas = recorded_pods(row).filter(|replicas| *replicas >= 1.0)?;
        Some(ProbeRow {
            line: 0,
            rps: row.value(RecordedQuantity::Rps)? / replicas,
            replicas,
            cpu_millicores: row.value(RecordedQuantity::CpuMillicores)? / replicas,
        })
    });
    let rows: Vec<ProbeRow> = usable.collect();
    if rows.len() < ROWS_MIN {
        return Err(format!(
            "fewer than {ROWS_MIN} rows before the judged time have requests, CPU and replicas"
        ));
    }
    let probe = Probe {
        rows,
        measured: ProbeMeasurement::PerPod,
        warnings: Vec::new(),
    };
    let fit = calibrate(&probe).map_err(|error| error.to_string())?;
    Ok(DayUsage {
        rows: fit.rows,
        cpu_per_request_ms: fit.cpu_per_request_ms,
        idle_cpu_millicores: fit.idle_cpu_millicores,
        startup: None,
    })
}
