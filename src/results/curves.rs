//! Replicas, CPU, metrics, latency and harm of a policy over time, seed by seed and over all seeds.
//!
//! A run keeps at most [`POINTS_MAX`] points, whatever its length, so that many runs fit in
//! memory.

use super::statistics::sorted_quantile;
use super::timeline::{Timeline, TimelineRow};
use crate::units::SimTime;

/// The most points of a curve: as many as a picture shows.
pub const POINTS_MAX: usize = 1200;

/// A quantity over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Requests offered per second: the mean of the stretch.
    OfferedRps,
    /// Requests failed per second: the mean.
    FailedRps,
    /// CPU of ready pods in percent of what they request: the mean.
    CpuPercent,
    /// CPU of all pods in cores: the mean.
    CpuCores,
    /// `spec.replicas`: the greatest.
    Replicas,
    /// Pods needed for the SLO: the greatest.
    Needed,
    /// The latency that the SLO promises, in seconds: the greatest.
    PromisedLatency,
    /// Seconds that broke the SLO since the start.
    BrokenSeconds,
}

impl Curve {
    const ALL: [Self; 8] = [
        Self::OfferedRps,
        Self::FailedRps,
        Self::CpuPercent,
        Self::CpuCores,
        Self::Replicas,
        Self::Needed,
        Self::PromisedLatency,
        Self::BrokenSeconds,
    ];

    fn value(self, row: &TimelineRow) -> Option<f64> {
        match self {
            Self::OfferedRps => Some(row.offered_rps),
            Self::FailedRps => Some(row.failed_rps),
            Self::CpuPercent => row.cpu_percent,
            Self::CpuCores => Some(row.cpu_cores),
            Self::Replicas => Some(f64::from(row.desired.0)),
            Self::Needed => row.needed.map(|needed| f64::from(needed.0)),
            Self::PromisedLatency => row.latency.map(|latency| latency.promised),
            Self::BrokenSeconds => None,
        }
    }

    /// One value for several rows.
    fn of_rows(self, rows: &[TimelineRow]) -> Option<f64> {
        let known = || rows.iter().filter_map(|row| self.value(row));
        match self {
            Self::Replicas | Self::Needed | Self::PromisedLatency => known().reduce(f64::max),
            _ => {
                let count = known().count();
                (count > 0).then(|| known().sum::<f64>() / count as f64)
            }
        }
    }
}

/// One run's curves.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedCurves {
    end_seconds: f64,
    /// Where each point's stretch begins.
    seconds: Vec<f64>,
    /// By [`Curve`], then by point; NaN where there is no value.
    values: Vec<Vec<f64>>,
    /// By metric of the autoscaler, then by point, in the unit of the metric's target; NaN where there is no value.
    metrics_seen: Vec<Vec<f64>>,
}

impl SeedCurves {
    /// The curves of a run.
    #[must_use]
    pub fn of(timeline: &Timeline) -> Self {
        let rows_per_point = timeline.rows.len().div_ceil(POINTS_MAX).max(1);
        let stretches = || timeline.rows.chunks(rows_per_point);
        let values = Curve::ALL.map(|curve| match curve {
            Curve::BrokenSeconds => broken_seconds(timeline, rows_per_point),
            _ => stretches()
                .map(|rows| curve.of_rows(rows).unwrap_or(f64::NAN))
                .collect(),
        });
        Self {
            end_seconds: timeline.end.as_secs_f64(),
            seconds: stretches().map(|rows| rows[0].time.as_secs_f64()).collect(),
            values: values.to_vec(),
            metrics_seen: metrics_seen(timeline, rows_per_point),
        }
    }
}

/// By metric: the greatest value that the reconciles of each stretch saw; a stretch without a reconcile repeats the last.
fn metrics_seen(timeline: &Timeline, rows_per_point: usize) -> Vec<Vec<f64>> {
    let seen = &timeline.metrics_seen;
    let starts = timeline.rows.iter().step_by(rows_per_point);
    let ends = starts.skip(1).map(|row| row.time).chain([timeline.end]);
    let ends: Vec<SimTime> = ends.collect();
    let of_metric = |metric: usize| {
        let mut reconciles = seen.times.iter().zip(seen.of_metric(metric)).peekable();
        let mut last = f64::NAN;
        let in_stretch = |end: &SimTime| {
            let mut greatest = None;
            while let Some((_, value)) = reconciles.next_if(|(time, _)| *time < end) {
                last = value.unwrap_or(f64::NAN);
                greatest = Some(last.max(greatest.unwrap_or(f64::NAN)));
            }
            greatest.unwrap_or(last)
        };
        ends.iter().map(in_stretch).collect()
    };
    (0..seen.metric_count()).map(of_metric).collect()
}

/// At the end of each stretch.
fn broken_seconds(timeline: &Timeline, rows_per_point: usize) -> Vec<f64> {
    let mut broken = 0.0;
    let starts = timeline.rows.iter().map(|row| row.time);
    let ends = starts.skip(1).chain([timeline.end]);
    let seconds: Vec<f64> = timeline
        .rows
        .iter()
        .zip(ends)
        .map(|(row, end)| row.slo_violated_share * (end - row.time).as_secs_f64())
        .collect();
    let stretches = seconds.chunks(rows_per_point);
    stretches
        .map(|seconds| {
            broken += seconds.iter().sum::<f64>();
            broken
        })
        .collect()
}

/// Several seeds of one policy under one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyCurves {
    /// Seed by seed.
    pub seeds: Vec<SeedCurves>,
}

/// The quantiles over seeds in one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Where the stretch begins.
    pub seconds: f64,
    /// Over the seeds that have a value there; `None` without any.
    pub band: Option<Band>,
}

/// Quantiles over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The 10th percentile.
    pub p10: f64,
    /// The median.
    pub median: f64,
    /// The 90th percentile.
    pub p90: f64,
}

impl PolicyCurves {
    /// When the runs ended, in seconds.
    #[must_use]
    pub fn end_seconds(&self) -> f64 {
        self.seeds.first().map_or(0.0, |seed| seed.end_seconds)
    }

    /// One quantity over time and seeds.
    #[must_use]
    pub fn band(&self, curve: Curve) -> Vec<CurvePoint> {
        self.band_of(|seed, point| seed.values[curve as usize].get(point).copied())
    }

    /// What the autoscaler saw over time and seeds: the greatest of its metrics, each divided by its number in `divisors`.
    #[must_use]
    pub fn band_seen(&self, divisors: &[f64]) -> Vec<CurvePoint> {
        self.band_of(|seed, point| {
            let metrics = seed.metrics_seen.iter().zip(divisors);
            let values = metrics.map(|(values, divisor)| values.get(point).map(|it| it / divisor));
            values.flatten().reduce(f64::max)
        })
    }

    fn band_of(&self, of_seed: impl Fn(&SeedCurves, usize) -> Option<f64>) -> Vec<CurvePoint> {
        let Some(first) = self.seeds.first() else {
            return Vec::new();
        };
        let mut values = Vec::with_capacity(self.seeds.len());
        let points = first.seconds.iter().enumerate();
        points
            .map(|(point, seconds)| {
                values.clear();
                values.extend(self.seeds.iter().filter_map(|seed| of_seed(seed, point)));
                values.retain(|value| !value.is_nan());
                values.sort_by(f64::total_cmp);
                CurvePoint {
                    seconds: *seconds,
                    band: band(&values),
                }
            })
            .collect()
    }
}

fn band(sorted: &[f64]) -> Option<Band> {
    Some(Band {
        p10: sorted_quantile(sorted, 0.1)?,
        median: sorted_quantile(sorted, 0.5)?,
        p90: sorted_quantile(sorted, 0.9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::decision::MetricValue;
    use crate::results::TimelineRecorder;
    use crate::results::tests::{even_segment, scenario};
    use crate::simulation::Observer;
    use crate::units::Replicas;

    fn timeline(end_seconds: f64, desired: i32) -> Timeline {
        let mut recorder = TimelineRecorder::new(&scenario(end_seconds));
        let mut segment = even_segment(0.0, end_seconds);
        segment.pods.desired = Replicas(desired);
        recorder.flowed(&segment);
        recorder.finish()
    }

    #[test]
    fn seeds_fold_into_a_band() {
        let seeds = [2, 4, 9].map(|desired| SeedCurves::of(&timeline(60.0, desired)));
        let curves = PolicyCurves {
            seeds: seeds.to_vec(),
        };
        let points = curves.band(Curve::Replicas);
        assert_eq!(points.len(), 12);
        let band = points[3].band.expect("a band");
        assert_eq!((points[3].seconds, band.median), (15.0, 4.0));
        assert!((band.p10 - 2.4).abs() < 1e-9 && (band.p90 - 8.0).abs() < 1e-9);
        assert!((curves.end_seconds() - 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_stretch_without_a_reconcile_repeats_what_the_last_saw() {
        let mut timeline = timeline(30.0, 2);
        let seen = |percent: i32| {
            Some(MetricValue {
                average_utilization: Some(percent),
                average_value: None,
                value: None,
            })
        };
        let mut push = |seconds: f64, value: Option<MetricValue>| {
            let time = SimTime::from_secs_f64(seconds);
            timeline.metrics_seen.push(time, &[value]);
        };
        push(5.0, seen(40));
        push(16.0, seen(80));
        push(18.0, seen(60));
        push(25.0, None);
        let curves = PolicyCurves {
            seeds: vec![SeedCurves::of(&timeline)],
        };
        let points = curves.band_seen(&[2.0]);
        let values: Vec<Option<f64>> = points
            .iter()
            .map(|point| point.band.map(|it| it.median))
            .collect();
        let expected = [None, Some(20.0), Some(20.0), Some(40.0), Some(30.0), None];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_long_run_keeps_as_many_points_as_a_picture_shows() {
        let mut timeline = timeline(36_000.0, 2);
        timeline.rows[5001].desired = Replicas(40);
        timeline.rows[7199].slo_violated_share = 1.0;
        timeline.rows[10].slo_violated_share = 1.0;
        let curves = PolicyCurves {
            seeds: vec![SeedCurves::of(&timeline)],
        };
        let replicas = curves.band(Curve::Replicas);
        assert_eq!(replicas.len(), POINTS_MAX);
        // Six rows a point: no peak is lost.
        assert_eq!(replicas[833].band.map(|band| band.median), Some(40.0));
        let broken = curves.band(Curve::BrokenSeconds);
        assert_eq!(broken[0].band.map(|band| band.median), Some(0.0));
        assert_eq!(broken[1].band.map(|band| band.median), Some(5.0));
        assert_eq!(broken[1199].band.map(|band| band.median), Some(10.0));
    }
}
