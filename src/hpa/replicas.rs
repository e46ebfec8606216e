//! From one metric to one proposal: the replica calculator.
//!
//! The calculation keeps no memory and allocates nothing.
//!
//! Sources: `pkg/controller/podautoscaler/replica_calculator.go` and `metrics/utilization.go`.

use super::decision::{MetricValue, MetricVerdict, PodGroups};
use super::grouping::{GroupSums, Grouping};
use super::observation::{MetricObservation, PodColumns, PodSamples};
use super::requests::RequestFault;
use super::rules::{AverageOverNoPods, Overflow, Rules, Tolerance};
use super::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::units::{MilliValue, Percent, Replicas, SimTime};

/// The proposal of one metric, with its explanation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricProposal {
    /// The proposed replicas.
    pub replicas: Replicas,
    /// The metric's entry in the status.
    pub value: MetricValue,
    /// Measured value over target, from the ready pods.
    pub usage_ratio: f64,
    /// The ratio after missing and unready pods were filled in, where they were.
    pub filled_in_ratio: Option<f64>,
    /// The sizes of the groups of pods.
    pub groups: PodGroups,
    /// The rule that determined the replicas.
    pub verdict: MetricVerdict,
}

/// Why a metric has no proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricError<'a> {
    /// The metrics client failed; the text is its error.
    Client(&'a str),
    /// The selector matches no pod.
    NoPods,
    /// No pod that counts has a sample.
    NoSamples(PodGroups),
    /// The request of some pod cannot be determined.
    Request(RequestFault<'a>, PodGroups),
    /// The pods that have samples request nothing.
    NoRequests(PodGroups),
    /// The selector matches no pod, so the ready pods of an Object or External metric cannot be
    /// counted.
    NoPodsToCount,
}

impl MetricError<'_> {
    /// The sizes of the groups of pods; all zero if the metric failed before the grouping.
    #[must_use]
    pub fn groups(&self) -> PodGroups {
        match self {
            Self::NoSamples(groups) | Self::Request(_, groups) | Self::NoRequests(groups) => {
                *groups
            }
            Self::Client(_) | Self::NoPods | Self::NoPodsToCount => PodGroups::default(),
        }
    }
}

/// The inputs that all metrics of one reconcile share.
#[derive(Clone, Copy, Debug)]
pub struct Calculation<'a> {
    /// The rules of the release.
    pub rules: &'a Rules,
    /// How far a ratio may be from 1 without a change.
    pub tolerance: Tolerance,
    /// The pods of the target.
    pub pods: PodColumns<'a>,
    /// `scale.spec.replicas`.
    pub current: Replicas,
    /// `scale.status.replicas`.
    pub status_replicas: Replicas,
    /// The time of the reconcile.
    pub now: SimTime,
}

impl<'a> Calculation<'a> {
    /// The proposal of `metric`, given the answer of the metrics client.
    ///
    /// # Errors
    ///
    /// Why the metric has no proposal.
    pub fn propose(
        &self,
        metric: &MetricSpec,
        observed: MetricObservation<'a>,
    ) -> Result<MetricProposal, MetricError<'a>> {
        match (observed, metric.target) {
            (MetricObservation::Failed(text), _) => Err(MetricError::Client(text)),
            (MetricObservation::Pods(samples), MetricTarget::Utilization(target)) => {
                self.propose_by_utilization(target, &metric.source, &samples)
            }
            (
                MetricObservation::Pods(samples),
                MetricTarget::AverageValue(target) | MetricTarget::Value(target),
            ) => self.propose_by_average(target, &metric.source, &samples),
            (MetricObservation::Object(value), MetricTarget::AverageValue(target)) => {
                Ok(self.propose_per_pod(value, target, Overflow::Wrapped))
            }
            (MetricObservation::Object(value), MetricTarget::Value(target)) => {
                self.propose_by_value(value, target)
            }
            (MetricObservation::External(values), MetricTarget::AverageValue(target)) => {
                let overflow = self.rules.of_release.external_average;
                Ok(self.propose_per_pod(self.total_per_pod(values), target, overflow))
            }
            (MetricObservation::External(values), MetricTarget::Value(target)) => {
                self.propose_by_value(self.total(values), target)
            }
            (
                MetricObservation::Object(_) | MetricObservation::External(_),
                MetricTarget::Utilization(_),
            ) => Err(MetricError::NoSamples(PodGroups::default())),
        }
    }

    fn propose_by_utilization(
        &self,
        target: i32,
        source: &MetricSource,
        samples: &PodSamples<'a>,
    ) -> Result<MetricProposal, MetricError<'a>> {
        let full_use = Percent(target.max(100));
        let sums = self.sum_by_group(source, samples, full_use)?;
        if let Some(fault) = samples.request_fault {
            return Err(MetricError::Request(fault, sums.groups));
        }
        let no_requests = MetricError::NoRequests(sums.groups);
        let utilization = percent_of(sums.ready_usage, sums.ready_request).ok_or(no_requests)?;
        let ratio = f64::from(utilization) / f64::from(target);
        let value = MetricValue {
            average_utilization: Some(utilization),
            average_value: Some(MilliValue(sums.ready_usage / i64::from(sums.groups.ready))),
            value: None,
        };
        let filled_in = |fill: FilledIn| {
            let mut usage = sums.ready_usage;
            let mut request = sums.ready_request;
            match fill.missing {
                Missing::LeftOut => {}
                Missing::AsInFullUse => {
                    usage = usage.wrapping_add(sums.missing_full_use);
                    request = request.wrapping_add(sums.missing_request);
                }
                Missing::AsIdle => request = request.wrapping_add(sums.missing_request),
            }
            if fill.unready == Unready::AsIdle {
                request = request.wrapping_add(sums.unready_request);
            }
            percent_of(usage, request).map(|utilization| f64::from(utilization) / f64::from(target))
        };
        self.settle(ratio, value, &sums, filled_in)
            .ok_or(no_requests)
    }

    fn propose_by_average(
        &self,
        target: MilliValue,
        source: &MetricSource,
        samples: &PodSamples<'a>,
    ) -> Result<MetricProposal, MetricError<'a>> {
        let sums = self.sum_by_group(source, samples, Percent(100))?;
        let usage = sums.all_usage / sums.sample_count();
        let ratio = usage as f64 / target.0 as f64;
        let value = MetricValue {
            average_utilization: None,
            average_value: Some(MilliValue(usage)),
            value: None,
        };
        let filled_in = |fill: FilledIn| {
            let full_use = match fill.missing {
                Missing::AsInFullUse => target.0.wrapping_mul(i64::from(sums.groups.missing)),
                Missing::AsIdle | Missing::LeftOut => 0,
            };
            let count = sample_count_filled_in(&sums, fill);
            let average = sums.all_usage.wrapping_add(full_use) / count;
            Some(average as f64 / target.0 as f64)
        };
        self.settle(ratio, value, &sums, filled_in)
            .ok_or(MetricError::NoSamples(sums.groups))
    }

    fn sum_by_group(
        &self,
        source: &MetricSource,
        samples: &PodSamples<'a>,
        full_use: Percent,
    ) -> Result<GroupSums, MetricError<'a>> {
        if self.pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let grouping = Grouping::new(self.rules, source, self.now, full_use);
        let sums = grouping.sum(&self.pods, samples);
        if sums.sample_count() == 0 {
            return Err(MetricError::NoSamples(sums.groups));
        }
        Ok(sums)
    }

    /// Turns the ratio of the ready pods into replicas. `filled_in` computes the ratio with missing
    /// and unready pods filled in.
    ///
    /// `None` if that ratio is needed and does not exist.
    fn settle(
        &self,
        ratio: f64,
        value: MetricValue,
        sums: &GroupSums,
        filled_in: impl Fn(FilledIn) -> Option<f64>,
    ) -> Option<MetricProposal> {
        let proposal = |replicas: i32, filled_in_ratio: Option<f64>, verdict: MetricVerdict| {
            Some(MetricProposal {
                replicas: Replicas(replicas),
                value,
                usage_ratio: ratio,
                filled_in_ratio,
                groups: sums.groups,
                verdict,
            })
        };
        let current = self.current.0;
        let unready = if sums.groups.unready > 0 && ratio > 1.0 {
            Unready::AsIdle
        } else {
            Unready::LeftOut
        };
        if unready == Unready::LeftOut && sums.groups.missing == 0 {
            if self.tolerance.contains(ratio) {
                return proposal(current, None, MetricVerdict::WithinTolerance);
            }
            let replicas = i32_from_f64((ratio * f64::from(sums.groups.ready)).ceil());
            return proposal(replicas, None, MetricVerdict::OutsideTolerance);
        }
        let missing = if sums.groups.missing == 0 {
            Missing::LeftOut
        } else if ratio < 1.0 {
            Missing::AsInFullUse
        } else if ratio > 1.0 {
            Missing::AsIdle
        } else {
            Missing::LeftOut
        };
        let fill = FilledIn { missing, unready };
        let refined = filled_in(fill)?;
        if self.tolerance.contains(refined) {
            return proposal(
                current,
                Some(refined),
                MetricVerdict::WithinToleranceFilledIn,
            );
        }
        if (ratio < 1.0 && refined > 1.0) || (ratio > 1.0 && refined < 1.0) {
            return proposal(current, Some(refined), MetricVerdict::DirectionReversed);
        }
        let count = sample_count_filled_in(sums, fill);
        let replicas = i32_from_f64((refined * count as f64).ceil());
        if (refined < 1.0 && replicas > current) || (refined > 1.0 && replicas < current) {
            return proposal(current, Some(refined), MetricVerdict::AgainstDirection);
        }
        proposal(replicas, Some(refined), MetricVerdict::OutsideTolerance)
    }

    /// A target `value` of an Object or External metric.
    fn propose_by_value(
        &self,
        usage: MilliValue,
        target: MilliValue,
    ) -> Result<MetricProposal, MetricError<'a>> {
        let ratio = usage.0 as f64 / target.0 as f64;
        let (replicas, verdict) = if self.current.0 == 0 {
            (i32_from_f64(ratio.ceil()), MetricVerdict::OutsideTolerance)
        } else if self.tolerance.contains(ratio) {
            (self.current.0, MetricVerdict::WithinTolerance)
        } else if self.pods.is_empty() {
            return Err(MetricError::NoPodsToCount);
        } else {
            let ready = self
                .pods
                .state
                .iter()
                .filter(|state| state.is_running_and_ready())
                .count();
            let replicas = (ratio * ready as f64).ceil();
            (
                limited_i32(replicas, self.rules.of_release.whole_value),
                MetricVerdict::OutsideTolerance,
            )
        };
        Ok(MetricProposal {
            replicas: Replicas(replicas),
            value: MetricValue {
                value: Some(usage),
                ..MetricValue::default()
            },
            usage_ratio: ratio,
            filled_in_ratio: None,
            groups: PodGroups::default(),
            verdict,
        })
    }

    /// A target `averageValue` of an Object or External metric.
    fn propose_per_pod(
        &self,
        usage: MilliValue,
        target: MilliValue,
        overflow: Overflow,
    ) -> MetricProposal {
        let status_replicas = f64::from(self.status_replicas.0);
        let ratio = usage.0 as f64 / (target.0 as f64 * status_replicas);
        let (replicas, verdict) = if self.tolerance.contains(ratio) {
            (self.status_replicas.0, MetricVerdict::WithinTolerance)
        } else {
            let replicas = (usage.0 as f64 / target.0 as f64).ceil();
            (
                limited_i32(replicas, overflow),
                MetricVerdict::OutsideTolerance,
            )
        };
        let average_over_no_pods = self.rules.of_release.average_over_no_pods;
        let per_pod = if overflow == Overflow::Capped && usage.0 as f64 >= i64::MAX as f64 {
            // A capped sum is shown as it is. It is not divided by the number of pods, which may be 0.
            i64::MAX
        } else if self.status_replicas.0 == 0 && average_over_no_pods == AverageOverNoPods::Zero {
            0
        } else {
            i64_from_f64((usage.0 as f64 / status_replicas).ceil())
        };
        MetricProposal {
            replicas: Replicas(replicas),
            value: MetricValue {
                average_value: Some(MilliValue(per_pod)),
                ..MetricValue::default()
            },
            usage_ratio: ratio,
            filled_in_ratio: None,
            groups: PodGroups::default(),
            verdict,
        }
    }

    /// The sum of External values for a target `value`; capped where adding a value would overflow.
    fn total(&self, values: &[MilliValue]) -> MilliValue {
        let mut total = 0_i64;
        for value in values {
            if self.rules.of_release.whole_value == Overflow::Capped
                && value.0 > 0
                && total.checked_add(value.0).is_none()
            {
                return MilliValue(i64::MAX);
            }
            total = total.wrapping_add(value.0);
        }
        MilliValue(total)
    }

    /// The sum of External values for a target `averageValue`; the controller takes any sum below
    /// zero for an overflow.
    fn total_per_pod(&self, values: &[MilliValue]) -> MilliValue {
        let mut total = 0_i64;
        for value in values {
            total = total.wrapping_add(value.0);
            if self.rules.of_release.external_average == Overflow::Capped && total < 0 {
                return MilliValue(i64::MAX);
            }
        }
        MilliValue(total)
    }
}

/// How missing pods count when the ratio is computed again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    LeftOut,
    AsInFullUse,
    AsIdle,
}

/// How unready pods count when the ratio is computed again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unready {
    LeftOut,
    AsIdle,
}

/// The pods that are filled in when the ratio is computed again.
#[derive(Clone, Copy)]
struct FilledIn {
    missing: Missing,
    unready: Unready,
}

/// The number of samples, with missing and unready pods filled in.
fn sample_count_filled_in(sums: &GroupSums, fill: FilledIn) -> i64 {
    let missing = match fill.missing {
        Missing::LeftOut => 0,
        Missing::AsInFullUse | Missing::AsIdle => i64::from(sums.groups.missing),
    };
    let unready = match fill.unready {
        Unready::LeftOut => 0,
        Unready::AsIdle => i64::from(sums.groups.unready),
    };
    sums.sample_count() + missing + unready
}

/// `usage` in percent of `request`, truncated to 32 bits as in the controller; `None` without a
/// request.
fn percent_of(usage: i64, request: i64) -> Option<i32> {
    (request != 0).then(|| usage.wrapping_mul(100).wrapping_div(request) as i32)
}

/// A float as an `i32`, converted as Go on amd64 does: a value out of range becomes the most
/// negative number.
pub(super) fn i32_from_f64(value: f64) -> i32 {
    if value > -2_147_483_649.0 && value < 2_147_483_648.0 {
        value as i32
    } else {
        i32::MIN
    }
}

fn i64_from_f64(value: f64) -> i64 {
    const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    if (-TOO_LARGE..TOO_LARGE).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

fn limited_i32(value: f64, overflow: Overflow) -> i32 {
    match overflow {
        Overflow::Capped if value > f64::from(i32::MAX) => i32::MAX,
        Overflow::Capped | Overflow::Wrapped => i32_from_f64(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_out_of_range_is_the_most_negative_number() {
        let cases = [
            (2.9, 2),
            (-2.9, -2),
            (2_147_483_647.0, i32::MAX),
            (2_147_483_648.0, i32::MIN),
            (-2_147_483_648.5, i32::MIN),
            (f64::NAN, i32::MIN),
            (f64::INFINITY, i32::MIN),
        ];
        for (value, expected) in cases {
            assert_eq!(i32_from_f64(value), expected, "{value}");
        }
    }

    #[test]
    fn utilization_truncates_before_any_ratio_is_taken() {
        assert_eq!(percent_of(549, 1000), Some(54));
        assert_eq!(percent_of(-549, 1000), Some(-54));
        assert_eq!(percent_of(549, 0), None);
    }
}
