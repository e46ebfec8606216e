//! What the reconciles of a run saw of their metrics, for the picture: a bounded number of reconciles.

use crate::hpa::decision::MetricValue;
use crate::hpa::spec::{MetricSpec, MetricTarget};
use crate::units::{MilliValue, SimTime};

/// More reconciles than this become half as many.
const RECONCILES_MAX: usize = 1 << 15;

/// What each reconcile saw of each metric, in the unit of the metric's target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricsSeen {
    /// When each reconcile was, at most 32,768 of them.
    pub times: Vec<SimTime>,
    /// Reconcile by reconcile, the value of each metric; NaN where it had none.
    values: Vec<f64>,
    targets: Vec<MetricTarget>,
}

impl MetricsSeen {
    /// Nothing seen yet of `metrics`.
    pub(super) fn of(metrics: &[MetricSpec]) -> Self {
        Self {
            targets: metrics.iter().map(|metric| metric.target).collect(),
            ..Self::default()
        }
    }

    /// How many metrics the spec has.
    #[must_use]
    pub fn metric_count(&self) -> usize {
        self.targets.len()
    }

    /// The values of metric number `index` of the spec, in the order of [`Self::times`].
    pub fn of_metric(&self, index: usize) -> impl Iterator<Item = Option<f64>> {
        let values = self
            .values
            .iter()
            .skip(index)
            .step_by(self.targets.len().max(1));
        values.map(|value| Some(*value).filter(|value| !value.is_nan()))
    }

    /// Takes in what the reconcile at `time` saw.
    pub(in crate::results) fn push(&mut self, time: SimTime, metrics: &[Option<MetricValue>]) {
        if self.targets.is_empty() {
            return;
        }
        if self.times.len() == RECONCILES_MAX {
            self.halve();
        }
        self.times.push(time);
        let seen = self.targets.iter().enumerate().map(|(index, target)| {
            let value = metrics.get(index).copied().flatten();
            value
                .and_then(|value| in_unit_of(*target, &value))
                .unwrap_or(f64::NAN)
        });
        self.values.extend(seen);
    }

    /// Of two neighbours one remains, at the time of the first, with the greater value, so that no peak is lost.
    fn halve(&mut self) {
        let width = self.targets.len();
        let half = self.times.len() / 2;
        for pair in 0..half {
            self.times[pair] = self.times[2 * pair];
            for metric in 0..width {
                let first = self.values[2 * pair * width + metric];
                let second = self.values[(2 * pair + 1) * width + metric];
                self.values[pair * width + metric] = first.max(second);
            }
        }
        self.times.truncate(half);
        self.values.truncate(half * width);
    }
}

fn in_unit_of(target: MetricTarget, value: &MetricValue) -> Option<f64> {
    let plain = |milli: MilliValue| milli.0 as f64 / 1000.0;
    match target {
        MetricTarget::Utilization(_) => value.average_utilization.map(f64::from),
        MetricTarget::AverageValue(_) => value.average_value.map(plain),
        MetricTarget::Value(_) => value.value.map(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::spec::MetricSource;

    fn memory(target: MetricTarget) -> MetricSpec {
        let resource = "memory".to_owned();
        MetricSpec::new(MetricSource::Resource { resource }, target)
    }

    fn value(percent: i32) -> Option<MetricValue> {
        Some(MetricValue {
            average_utilization: Some(percent),
            average_value: Some(MilliValue(1500)),
            value: None,
        })
    }

    #[test]
    fn each_metric_is_kept_in_the_unit_of_its_target() {
        let average = MetricTarget::AverageValue(MilliValue(1000));
        let mut seen = MetricsSeen::of(&[memory(MetricTarget::Utilization(70)), memory(average)]);
        seen.push(SimTime::ZERO, &[value(90), value(90)]);
        seen.push(SimTime::ZERO, &[None, value(80)]);
        assert_eq!(seen.of_metric(0).collect::<Vec<_>>(), [Some(90.0), None]);
        assert_eq!(
            seen.of_metric(1).collect::<Vec<_>>(),
            [Some(1.5), Some(1.5)]
        );
    }

    #[test]
    fn a_long_run_keeps_a_bounded_number_and_every_peak() {
        let mut seen = MetricsSeen::of(&[memory(MetricTarget::Utilization(70))]);
        for index in 0..=RECONCILES_MAX {
            seen.push(SimTime::ZERO, &[value(if index == 777 { 99 } else { 10 })]);
        }
        assert_eq!(seen.times.len(), RECONCILES_MAX / 2 + 1);
        assert_eq!(seen.of_metric(0).nth(388), Some(Some(99.0)));
        assert_eq!(seen.of_metric(0).count(), seen.times.len());
    }
}
