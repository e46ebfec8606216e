//! What an autoscaler acted on beside the CPU of its pods: each metric as its reconciles saw it, and its target.

use super::axis::Unit;
use super::series::{Strokes, TimedValue, push_step};
use crate::control::Hpa;
use crate::hpa::rules::Gate;
use crate::hpa::spec::{MetricSpec, MetricTarget};
use crate::render::human::trimmed;
use crate::results::Timeline;
use crate::units::MilliValue;

/// The metrics of one panel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ActedOn {
    /// What the panel's numbers are.
    pub(super) heading: String,
    pub(super) unit: Unit,
    pub(super) metrics: Vec<PlottedMetric>,
    pub(super) target: PlottedTarget,
}

/// One metric over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlottedMetric {
    pub(super) name: String,
    pub(super) values: Strokes,
}

/// What the autoscaler aims at, and around it where it stays put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlottedTarget {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl PlottedTarget {
    /// `value` with the autoscaler's tolerances around it.
    pub(super) fn of(autoscaler: &Hpa, value: f64) -> Self {
        let settings = &autoscaler.settings;
        let behavior = match settings.configurable_tolerance {
            Gate::On => autoscaler.spec.behavior.as_ref(),
            Gate::Off => None,
        };
        let up = behavior.and_then(|behavior| behavior.scale_up.tolerance);
        let down = behavior.and_then(|behavior| behavior.scale_down.tolerance);
        Self {
            value,
            low: value * (1.0 - down.unwrap_or(settings.tolerance)).max(0.0),
            high: value * (1.0 + up.unwrap_or(settings.tolerance)),
        }
    }
}

/// A target in its own unit.
fn as_number(target: MetricTarget) -> f64 {
    match target {
        MetricTarget::Utilization(percent) => f64::from(percent),
        MetricTarget::AverageValue(MilliValue(milli)) | MetricTarget::Value(MilliValue(milli)) => {
            milli as f64 / 1000.0
        }
    }
}

/// What a panel's numbers are beside the metric's own: its unit and how many of them make one.
struct Measure {
    suffix: &'static str,
    unit: Unit,
    divisor: f64,
}

const BYTES_PER_MIB: f64 = 1_048_576.0;

impl Measure {
    fn of(metric: &MetricSpec) -> Self {
        let plain = |suffix: &'static str, divisor: f64| Self {
            suffix,
            unit: Unit::Plain,
            divisor,
        };
        let is_memory = metric.source.resource() == Some("memory");
        match metric.target {
            MetricTarget::Utilization(_) => Self {
                suffix: ", percent of request",
                unit: Unit::Percent,
                divisor: 1.0,
            },
            MetricTarget::AverageValue(_) if is_memory => plain(", MiB per pod", BYTES_PER_MIB),
            MetricTarget::AverageValue(_) => plain(" per pod", 1.0),
            MetricTarget::Value(_) => plain("", 1.0),
        }
    }
}

impl ActedOn {
    /// Whether the autoscaler has another metric than the CPU utilization of its pods.
    pub(super) fn has_panel(autoscaler: &Hpa) -> bool {
        let mut metrics = autoscaler.spec.metrics.iter();
        metrics.any(|metric| !metric.is_cpu_utilization())
    }

    /// The target with its unit.
    pub(super) fn target_text(&self) -> String {
        let number = trimmed(self.target.value, 3);
        match self.unit {
            Unit::Percent => format!("{number} %"),
            _ => number,
        }
    }

    /// The panel's content; `None` where it [has none](Self::has_panel), as CPU utilization has a panel of its own.
    ///
    /// One metric is shown as it is; several are shown in percent of their targets, all on one scale.
    pub(super) fn of(autoscaler: &Hpa, timeline: &Timeline) -> Option<Self> {
        if !Self::has_panel(autoscaler) {
            return None;
        }
        let metrics = &autoscaler.spec.metrics;
        let [metric] = &metrics[..] else {
            let seen = metrics.iter().enumerate().map(|(index, metric)| {
                let divisor = as_number(metric.target) / 100.0;
                seen_metric(timeline, index, metric, divisor)
            });
            return Some(Self {
                heading: "Metrics, percent of target".to_owned(),
                unit: Unit::Percent,
                metrics: seen.collect(),
                target: PlottedTarget::of(autoscaler, 100.0),
            });
        };
        let measure = Measure::of(metric);
        let target = as_number(metric.target) / measure.divisor;
        Some(Self {
            heading: format!("{}{}", metric.source.name(), measure.suffix),
            unit: measure.unit,
            metrics: vec![seen_metric(timeline, 0, metric, measure.divisor)],
            target: PlottedTarget::of(autoscaler, target),
        })
    }
}

/// Metric number `index` as the reconciles saw it, each value until the next reconcile.
fn seen_metric(
    timeline: &Timeline,
    index: usize,
    metric: &MetricSpec,
    divisor: f64,
) -> PlottedMetric {
    let seen = &timeline.metrics_seen;
    let mut values = Strokes::new();
    let mut line: Vec<TimedValue> = Vec::new();
    let ends = seen.times.iter().skip(1).chain([&timeline.end]);
    for ((start, end), value) in seen.times.iter().zip(ends).zip(seen.of_metric(index)) {
        match value {
            Some(value) => {
                push_step(&mut line, start.as_secs_f64(), value / divisor);
                push_step(&mut line, end.as_secs_f64(), value / divisor);
            }
            None => values.push(std::mem::take(&mut line)),
        }
    }
    values.push(line);
    values.retain(|line| !line.is_empty());
    PlottedMetric {
        name: metric.source.name(),
        values,
    }
}
