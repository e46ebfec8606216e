//! What an autoscaler acted on beside the CPU of its pods: each metric as its reconciles saw it, and its target.

use super::axis::Unit;
use super::series::{Strokes, TimedValue, push_step};
use crate::control::Hpa;
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
    pub(super) target_name: String,
}

impl ActedOn {
    /// The least positive value of all metrics.
    pub(super) fn least_positive(&self) -> Option<f64> {
        let values = self
            .metrics
            .iter()
            .flat_map(|metric| metric.values.iter().flatten());
        values
            .map(|sample| sample.value)
            .filter(|value| *value > 0.0)
            .reduce(f64::min)
    }
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
        let tolerance = autoscaler
            .rules()
            .tolerance(autoscaler.spec.behavior.as_ref());
        Self {
            value,
            low: value * (1.0 - tolerance.down).max(0.0),
            high: value * (1.0 + tolerance.up),
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
#[derive(Clone, Copy, Debug, PartialEq)]
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
        match (metric.target, metric.source.resource()) {
            (MetricTarget::Utilization(_), _) => Self {
                suffix: ", percent of request",
                unit: Unit::Percent,
                divisor: 1.0,
            },
            (MetricTarget::AverageValue(_), Some("memory")) => {
                plain(", MiB per pod", BYTES_PER_MIB)
            }
            (MetricTarget::AverageValue(_), Some("cpu")) => plain(", cores per pod", 1.0),
            (MetricTarget::AverageValue(_), _) => plain(" per pod", 1.0),
            (MetricTarget::Value(_), _) => plain("", 1.0),
        }
    }
}

/// One scale for the metrics of all autoscalers of a panel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MetricScale {
    /// The name and the measure of the only metric that every autoscaler has; the scale is in its unit. `None` if there is no such
    /// metric; the scale is in percent of the targets then.
    shared: Option<(String, Measure)>,
}

impl MetricScale {
    /// `None` if no autoscaler has a metric.
    pub(super) fn of(autoscalers: &[&Hpa]) -> Option<Self> {
        let mut metrics = autoscalers.iter().map(|it| &it.spec.metrics[..]);
        let first = metrics.find(|metrics| !metrics.is_empty())?;
        let [metric] = first else {
            return Some(Self { shared: None });
        };
        let measure = Measure::of(metric);
        let acts_on_it_alone = |other: &[MetricSpec]| match other {
            [] => true,
            [other] => other.source == metric.source && Measure::of(other) == measure,
            _ => false,
        };
        let is_shared = metrics.all(acts_on_it_alone);
        Some(Self {
            shared: is_shared.then(|| (metric.source.name(), measure)),
        })
    }

    /// The metric that all autoscalers act on alone, and what its numbers are.
    pub(super) fn shared_metric(&self) -> Option<(&str, &'static str)> {
        let (name, measure) = self.shared.as_ref()?;
        Some((name, measure.suffix))
    }

    pub(super) fn unit(&self) -> Unit {
        self.shared
            .as_ref()
            .map_or(Unit::Percent, |(_, measure)| measure.unit)
    }

    /// By metric of the autoscaler: how many of the metric's own units make one of the scale.
    pub(super) fn divisors(&self, autoscaler: &Hpa) -> Vec<f64> {
        let metrics = autoscaler.spec.metrics.iter();
        let divisor = |metric: &MetricSpec| match &self.shared {
            Some((_, measure)) => measure.divisor,
            None => as_number(metric.target) / 100.0,
        };
        metrics.map(divisor).collect()
    }

    /// The target of an autoscaler on this scale; `None` if it has no metric.
    pub(super) fn target(&self, autoscaler: &Hpa) -> Option<PlottedTarget> {
        let metric = autoscaler.spec.metrics.first()?;
        let value = match &self.shared {
            Some((_, measure)) => as_number(metric.target) / measure.divisor,
            None => 100.0,
        };
        Some(PlottedTarget::of(autoscaler, value))
    }

    /// The name of a target line.
    pub(super) fn target_name(&self, target: &PlottedTarget) -> String {
        let number = trimmed(target.value, 3);
        match self.unit() {
            Unit::Percent => format!("target {number} %"),
            _ => format!("target {number}"),
        }
    }
}

impl ActedOn {
    /// Whether the autoscaler has another metric than the CPU utilization of its pods.
    pub(super) fn has_panel(autoscaler: &Hpa) -> bool {
        let mut metrics = autoscaler.spec.metrics.iter();
        metrics.any(|metric| !metric.is_cpu_utilization())
    }

    /// The panel's heading.
    pub(super) fn heading(scale: &MetricScale) -> String {
        match scale.shared_metric() {
            Some((name, suffix)) => format!("{name}{suffix}"),
            None => "Metrics, percent of target".to_owned(),
        }
    }

    /// The panel's content; `None` where it [has none](Self::has_panel), as CPU utilization has a panel of its own.
    ///
    /// One metric is shown as it is; several are shown in percent of their targets, all on one scale.
    pub(super) fn of(autoscaler: &Hpa, timeline: &Timeline) -> Option<Self> {
        if !Self::has_panel(autoscaler) {
            return None;
        }
        let scale = MetricScale::of(&[autoscaler])?;
        let target = scale.target(autoscaler)?;
        let metrics = autoscaler.spec.metrics.iter().enumerate();
        let seen = metrics
            .zip(scale.divisors(autoscaler))
            .map(|((index, metric), divisor)| seen_metric(timeline, index, metric, divisor));
        Some(Self {
            heading: Self::heading(&scale),
            unit: scale.unit(),
            metrics: seen.collect(),
            target,
            target_name: scale.target_name(&target),
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
