//! Replicas, CPU, metrics, latency and harm of a policy over time, seed by seed and over all seeds.
//!
//! A run keeps a bounded number of points, whatever its length, so that many runs fit in memory.

use super::statistics::sorted_quantile;
use super::timeline::{INTERVAL, MetricsSeen, RowLatency, RowSink, Timeline, TimelineRow};
use crate::kpi::SeedFold;
use crate::scenario::Scenario;
use crate::units::{Replicas, SimTime};

/// The most points of a curve in a picture: as many as it shows.
pub const POINTS_MAX: usize = 1200;

/// A quantity over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Requests offered per second: the mean of the stretch.
    OfferedRps,
    /// Requests answered in time per second: the mean.
    SucceededRps,
    /// Requests failed per second: the mean.
    FailedRps,
    /// CPU of ready pods in percent of what they request: the mean.
    CpuPercent,
    /// The same as the autoscaler saw it: the mean.
    CpuPercentSeen,
    /// CPU of all pods in cores: the mean.
    CpuCores,
    /// `spec.replicas`: the greatest.
    Replicas,
    /// Pods that serve: the greatest.
    ReadyReplicas,
    /// Pods needed for the SLO: the greatest.
    Needed,
    /// Median latency in seconds: the greatest of the intervals' medians.
    LatencyP50,
    /// The 95th percentile of latency in seconds: the greatest.
    LatencyP95,
    /// The 99th percentile of latency in seconds: the greatest.
    LatencyP99,
    /// The latency that the SLO promises, in seconds: the greatest.
    PromisedLatency,
    /// The share of the time that broke the SLO, 0..1: the mean.
    SloViolatedShare,
    /// Seconds that broke the SLO since the start.
    BrokenSeconds,
}

impl Curve {
    const COUNT: usize = Self::BrokenSeconds as usize + 1;

    /// The curves of the picture of a comparison.
    pub const COMPARED: [Self; 8] = [
        Self::OfferedRps,
        Self::FailedRps,
        Self::CpuPercent,
        Self::CpuCores,
        Self::Replicas,
        Self::Needed,
        Self::PromisedLatency,
        Self::BrokenSeconds,
    ];

    /// The curves of the picture and of the quantiles of a run with several seeds.
    pub const OF_SEEDS: [Self; 14] = [
        Self::OfferedRps,
        Self::SucceededRps,
        Self::FailedRps,
        Self::CpuPercent,
        Self::CpuPercentSeen,
        Self::CpuCores,
        Self::Replicas,
        Self::ReadyReplicas,
        Self::Needed,
        Self::LatencyP50,
        Self::LatencyP95,
        Self::LatencyP99,
        Self::PromisedLatency,
        Self::SloViolatedShare,
    ];

    /// The values of a row, by curve; NaN where a value is not known, or where the curve is no value of one row.
    ///
    /// Every row of every seed passes here, so this is one pass without a branch for each curve.
    fn values_of(row: &TimelineRow) -> [f64; Self::COUNT] {
        let count = |replicas: Replicas| f64::from(replicas.0);
        let latency = |value: fn(RowLatency) -> f64| row.latency.map_or(f64::NAN, value);
        let mut values = [f64::NAN; Self::COUNT];
        values[Self::OfferedRps as usize] = row.offered_rps;
        values[Self::SucceededRps as usize] = row.succeeded_rps;
        values[Self::FailedRps as usize] = row.failed_rps;
        values[Self::CpuPercent as usize] = row.cpu_percent.unwrap_or(f64::NAN);
        values[Self::CpuPercentSeen as usize] = row.cpu_percent_seen.unwrap_or(f64::NAN);
        values[Self::CpuCores as usize] = row.cpu_cores;
        values[Self::Replicas as usize] = count(row.desired);
        values[Self::ReadyReplicas as usize] = count(row.ready);
        values[Self::Needed as usize] = row.needed.map_or(f64::NAN, count);
        values[Self::LatencyP50 as usize] = latency(|it| it.p50);
        values[Self::LatencyP95 as usize] = latency(|it| it.p95);
        values[Self::LatencyP99 as usize] = latency(|it| it.p99);
        values[Self::PromisedLatency as usize] = latency(|it| it.promised);
        values[Self::SloViolatedShare as usize] = row.slo_violated_share;
        values
    }

    /// Whether one value for several intervals is their greatest, so that no peak is lost, and not their mean.
    #[must_use]
    pub const fn keeps_peaks(self) -> bool {
        matches!(
            self,
            Self::Replicas
                | Self::ReadyReplicas
                | Self::Needed
                | Self::LatencyP50
                | Self::LatencyP95
                | Self::LatencyP99
                | Self::PromisedLatency
        )
    }
}

/// One run's curves.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedCurves {
    end_seconds: f64,
    /// Where each point's stretch begins.
    seconds: Vec<f64>,
    /// By [`Curve`], then by point; NaN where there is no value. A curve that is not kept has no point.
    values: Vec<Vec<f64>>,
    /// By metric of the autoscaler, then by point, in the unit of the metric's target; NaN where there is no value.
    metrics_seen: Vec<Vec<f64>>,
}

impl SeedCurves {
    /// These `curves` of a run, each with at most `points_max` points.
    #[must_use]
    pub fn of(timeline: &Timeline, curves: &'static [Curve], points_max: usize) -> Self {
        let mut folder = CurveFolder::new(curves, timeline.rows.len(), points_max);
        for row in &timeline.rows {
            folder.row(row);
        }
        folder.finish(timeline.end, &timeline.metrics_seen)
    }
}

/// Folds the rows of one run into curves, as the run goes.
#[derive(Clone, Debug)]
pub struct CurveFolder {
    curves: &'static [Curve],
    rows_per_point: usize,
    /// How many rows the last point has.
    rows: usize,
    /// Of the last point.
    folded: FoldedValues,
    /// Where each point begins.
    starts: Vec<SimTime>,
    /// By kept curve, then by point, without the last point.
    values: Vec<Vec<f64>>,
    /// The end of the warm-up, in which nothing counts as broken.
    counted_from: SimTime,
    /// Until the last row.
    broken_seconds: f64,
    /// The start of the last row, and the share of it that broke the SLO.
    last_row: (SimTime, f64),
}

/// The known values of every [`Curve`] in one point, as columns that one pass adds to. All are of one width, so that it adds to several
/// at once.
#[derive(Clone, Debug)]
struct FoldedValues {
    sums: [f64; Curve::COUNT],
    /// No value is negative.
    greatest: [f64; Curve::COUNT],
    counts: [f64; Curve::COUNT],
}

impl FoldedValues {
    const NONE: Self = Self {
        sums: [0.0; Curve::COUNT],
        greatest: [0.0; Curve::COUNT],
        counts: [0.0; Curve::COUNT],
    };

    /// Adds the values of a row. NaN means that the row has no value.
    fn add(&mut self, values: &[f64; Curve::COUNT]) {
        for (index, value) in values.iter().enumerate() {
            let is_known = !value.is_nan();
            self.sums[index] += if is_known { *value } else { 0.0 };
            if *value > self.greatest[index] {
                self.greatest[index] = *value;
            }
            self.counts[index] += if is_known { 1.0 } else { 0.0 };
        }
    }

    /// One value for the point; NaN without a known one.
    fn value(&self, curve: Curve) -> f64 {
        let index = curve as usize;
        let count = self.counts[index];
        if count <= 0.0 {
            f64::NAN
        } else if curve.keeps_peaks() {
            self.greatest[index]
        } else {
            self.sums[index] / count
        }
    }
}

impl CurveFolder {
    /// A folder of a run of so many `rows` into these `curves`, each of at most `points_max` points.
    #[must_use]
    pub fn new(curves: &'static [Curve], rows: usize, points_max: usize) -> Self {
        let rows_per_point = rows.div_ceil(points_max.max(1)).max(1);
        let points = rows.div_ceil(rows_per_point);
        Self {
            curves,
            rows_per_point,
            rows: 0,
            folded: FoldedValues::NONE,
            starts: Vec::with_capacity(points),
            values: vec![Vec::with_capacity(points); curves.len()],
            counted_from: SimTime::ZERO,
            broken_seconds: 0.0,
            last_row: (SimTime::ZERO, 0.0),
        }
    }

    /// The same for a run of `scenario`.
    #[must_use]
    pub fn of(scenario: &Scenario, curves: &'static [Curve], points_max: usize) -> Self {
        let end = scenario.trace.end().as_nanos();
        let rows = end
            .unsigned_abs()
            .div_ceil(INTERVAL.as_nanos().unsigned_abs());
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        Self {
            counted_from: SimTime::ZERO + scenario.warm_up,
            ..Self::new(curves, rows, points_max)
        }
    }

    /// The curves of a run that ended at `end`, and that saw this of its metrics.
    #[must_use]
    pub fn finish(mut self, end: SimTime, seen: &MetricsSeen) -> SeedCurves {
        self.end_row(end);
        self.end_point();
        let mut values = vec![Vec::new(); Curve::COUNT];
        for (curve, of_curve) in self.curves.iter().zip(self.values) {
            values[*curve as usize] = of_curve;
        }
        SeedCurves {
            end_seconds: end.as_secs_f64(),
            seconds: self
                .starts
                .iter()
                .map(|start| start.as_secs_f64())
                .collect(),
            values,
            metrics_seen: metrics_seen(seen, &self.starts, end),
        }
    }

    fn end_row(&mut self, end: SimTime) {
        let (start, violated_share) = self.last_row;
        if start >= self.counted_from {
            self.broken_seconds += violated_share * (end - start).as_secs_f64();
        }
    }

    fn end_point(&mut self) {
        if self.rows == 0 {
            return;
        }
        for (curve, values) in self.curves.iter().zip(&mut self.values) {
            values.push(match curve {
                Curve::BrokenSeconds => self.broken_seconds,
                _ => self.folded.value(*curve),
            });
        }
        self.folded = FoldedValues::NONE;
        self.rows = 0;
    }
}

impl RowSink for CurveFolder {
    fn row(&mut self, row: &TimelineRow) {
        self.end_row(row.time);
        self.last_row = (row.time, row.slo_violated_share);
        if self.rows == self.rows_per_point {
            self.end_point();
        }
        if self.rows == 0 {
            self.starts.push(row.time);
        }
        self.rows += 1;
        self.folded.add(&Curve::values_of(row));
    }
}

/// By metric: the greatest value that the reconciles of each stretch saw; a stretch without a reconcile repeats the last.
fn metrics_seen(seen: &MetricsSeen, starts: &[SimTime], end: SimTime) -> Vec<Vec<f64>> {
    let ends: Vec<SimTime> = starts.iter().skip(1).copied().chain([end]).collect();
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
    /// The number of seeds that have a value there.
    pub known: usize,
    /// Over these seeds; `None` without any.
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

    /// Where each point's stretch begins, in seconds.
    #[must_use]
    pub fn starts(&self) -> &[f64] {
        self.seeds.first().map_or(&[], |seed| &seed.seconds)
    }

    /// One quantity over time and seeds.
    #[must_use]
    pub fn band(&self, curve: Curve) -> Vec<CurvePoint> {
        self.band_of(|seed, point| seed.values[curve as usize].get(point).copied())
    }

    /// The same, without a band where fewer than half of the seeds have a value: the few say little about a run.
    #[must_use]
    pub fn band_of_most(&self, curve: Curve) -> Vec<CurvePoint> {
        let mut points = self.band(curve);
        for point in &mut points {
            point.band = point.band.filter(|_| 2 * point.known >= self.seeds.len());
        }
        points
    }

    /// The number of seeds in which one quantity is ever above 0.
    #[must_use]
    pub fn seeds_above_zero(&self, curve: Curve) -> usize {
        let is_above = |seed: &&SeedCurves| seed.values[curve as usize].iter().any(|it| *it > 0.0);
        self.seeds.iter().filter(is_above).count()
    }

    /// The mean over seeds of one quantity, by point; `None` where no seed has a value.
    #[must_use]
    pub fn means(&self, curve: Curve) -> Vec<Option<f64>> {
        let points = self.starts().len();
        let of_seeds = |point: usize| {
            let values = self.seeds.iter();
            let values = values.filter_map(|seed| seed.values[curve as usize].get(point).copied());
            let values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        (0..points).map(of_seeds).collect()
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
                values.sort_unstable_by(f64::total_cmp);
                CurvePoint {
                    seconds: *seconds,
                    known: values.len(),
                    band: band(&values),
                }
            })
            .collect()
    }
}

fn band(sorted: &[f64]) -> Option<Band> {
    Some(Band {
        p10: sorted_quantile(sorted, SeedFold::P10.quantile)?,
        median: sorted_quantile(sorted, SeedFold::MEDIAN.quantile)?,
        p90: sorted_quantile(sorted, SeedFold::P90.quantile)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::decision::MetricValue;
    use crate::results::TimelineRecorder;
    use crate::results::tests::{even_segment, scenario};
    use crate::simulation::Observer;
    use crate::units::SimSpan;

    fn timeline(end_seconds: f64, desired: i32) -> Timeline {
        let mut recorder = TimelineRecorder::new(&scenario(end_seconds));
        let mut segment = even_segment(0.0, end_seconds);
        segment.pods.desired = Replicas(desired);
        recorder.flowed(&segment);
        recorder.finish()
    }

    fn compared(timeline: &Timeline) -> SeedCurves {
        SeedCurves::of(timeline, &Curve::COMPARED, POINTS_MAX)
    }

    #[test]
    fn seeds_fold_into_a_band() {
        let seeds = [2, 4, 9].map(|desired| compared(&timeline(60.0, desired)));
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
            seeds: vec![compared(&timeline)],
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
    fn what_breaks_the_slo_counts_from_the_end_of_the_warm_up_on() {
        let mut timeline = timeline(20.0, 2);
        for row in &mut timeline.rows {
            row.slo_violated_share = 1.0;
        }
        let mut scenario = scenario(20.0);
        scenario.warm_up = SimSpan::from_secs(10);
        let mut folder = CurveFolder::of(&scenario, &Curve::COMPARED, POINTS_MAX);
        timeline.rows.iter().for_each(|row| folder.row(row));
        let curves = PolicyCurves {
            seeds: vec![folder.finish(timeline.end, &timeline.metrics_seen)],
        };
        let broken = curves.band(Curve::BrokenSeconds);
        let medians = broken.iter().filter_map(|point| point.band);
        let medians: Vec<f64> = medians.map(|band| band.median).collect();
        assert_eq!(medians, [0.0, 0.0, 5.0, 10.0]);
    }

    #[test]
    fn a_long_run_keeps_as_many_points_as_a_picture_shows() {
        let mut timeline = timeline(36_000.0, 2);
        timeline.rows[5001].desired = Replicas(40);
        timeline.rows[7199].slo_violated_share = 1.0;
        timeline.rows[10].slo_violated_share = 1.0;
        let curves = PolicyCurves {
            seeds: vec![compared(&timeline)],
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
