//! `timeline_quantiles.csv`: what several seeds came to over time, as median, p10 and p90 at each moment.

use std::fmt::Write as _;

use super::curves::{Band, Curve, PolicyCurves};
use super::export::{TIMESTAMP, written};
use crate::kpi::SeedFold;
use crate::scenario::TraceClock;
use crate::text::rounding::readable;
use crate::units::SimTime;

/// A quantity of `timeline_quantiles.csv`, which has one column for each of [`SeedFold::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantileColumns {
    /// The column of `timeline.csv` whose values these are over the seeds.
    pub name: &'static str,
    /// The same as a curve.
    pub curve: Curve,
}

impl QuantileColumns {
    /// All quantities, in the order of the file.
    pub const ALL: [Self; 10] = [
        Self::of("offered_rps", Curve::OfferedRps),
        Self::of("succeeded_rps", Curve::SucceededRps),
        Self::of("failed_rps", Curve::FailedRps),
        Self::of("cpu_cores", Curve::CpuCores),
        Self::of("cpu_percent", Curve::CpuPercent),
        Self::of("replicas_desired", Curve::Replicas),
        Self::of("replicas_ready", Curve::ReadyReplicas),
        Self::of("latency_seconds_p50", Curve::LatencyP50),
        Self::of("latency_seconds_p95", Curve::LatencyP95),
        Self::of("latency_seconds_p99", Curve::LatencyP99),
    ];

    const fn of(name: &'static str, curve: Curve) -> Self {
        Self { name, curve }
    }
}

/// A column of each quantity, and its value in a band.
type FoldColumn = (SeedFold, fn(Band) -> f64);

/// The columns of a quantity, in the order of the file.
const FOLDS: [FoldColumn; SeedFold::ALL.len()] = [
    (SeedFold::MEDIAN, |band| band.median),
    (SeedFold::P10, |band| band.p10),
    (SeedFold::P90, |band| band.p90),
];

/// The first column of `timeline_quantiles.csv`, and the last: the share of the seeds that broke the SLO.
const TIME: &str = "time_s";
/// See [`TIME`].
const VIOLATED: &str = "slo_violated_share";

/// The points that all seeds together keep, where each may have more than [`POINTS_MIN`].
const POINTS_OF_SEEDS_MAX: usize = 1 << 18;
/// Each seed may keep so many points, however many seeds there are: together at most 2^20, because a command takes a `u16` of seeds.
const POINTS_MIN: usize = 16;

/// The most points that each of `seeds` runs keeps: fewer of more seeds, so that memory is bounded.
#[must_use]
pub fn points_max(seeds: usize) -> usize {
    (POINTS_OF_SEEDS_MAX / seeds.max(1)).max(POINTS_MIN)
}

/// The content of `timeline_quantiles.csv`, with dates if there is a clock: a header, then a row for each point; what fewer than half of the seeds know is empty.
///
/// # Errors
/// None that a buffer in memory could cause; the type is the CSV writer's.
pub fn timeline_quantiles_csv(
    curves: &PolicyCurves,
    clock: Option<&TraceClock>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_field(TIME)?;
    if clock.is_some() {
        writer.write_field(TIMESTAMP)?;
    }
    for quantity in QuantileColumns::ALL {
        for (fold, _) in FOLDS {
            writer.write_field(format!("{}_{}", quantity.name, fold.name))?;
        }
    }
    writer.write_field(VIOLATED)?;
    writer.write_record(None::<&[u8]>)?;
    let bands = QuantileColumns::ALL.map(|quantity| curves.band_of_most(quantity.curve));
    let violated = curves.means(Curve::SloViolatedShare);
    let mut text = String::new();
    let mut write = |writer: &mut csv::Writer<Vec<u8>>, value: Option<f64>| {
        text.clear();
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}", readable(value));
        }
        writer.write_field(&text)
    };
    for (row, (start, share)) in curves.starts().iter().zip(violated).enumerate() {
        write(&mut writer, Some(*start))?;
        if let Some(clock) = clock {
            writer.write_field(clock.rfc3339(SimTime::from_secs_f64(*start)))?;
        }
        for band in &bands {
            for (_, value_of) in FOLDS {
                write(&mut writer, band[row].band.map(value_of))?;
            }
        }
        write(&mut writer, share)?;
        writer.write_record(None::<&[u8]>)?;
    }
    written(writer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::curves::SeedCurves;
    use crate::results::tests::story_timeline;
    use crate::results::{Timeline, TimelineColumn};
    use crate::units::Replicas;

    fn curves(timelines: &[Timeline], points_max: usize) -> PolicyCurves {
        let of = |timeline| SeedCurves::of(timeline, &Curve::OF_SEEDS, points_max);
        PolicyCurves {
            seeds: timelines.iter().map(of).collect(),
        }
    }

    /// Rows by column name.
    fn table(curves: &PolicyCurves) -> Vec<std::collections::BTreeMap<String, String>> {
        let bytes = timeline_quantiles_csv(curves, None).expect("in memory");
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        reader
            .deserialize()
            .map(|row| row.expect("a row"))
            .collect()
    }

    #[test]
    fn a_quantity_is_that_of_the_column_of_the_timeline() {
        let timeline = story_timeline();
        let points = timeline.rows.len();
        let curves = curves(std::slice::from_ref(&timeline), points);
        for quantity in QuantileColumns::ALL {
            let column = TimelineColumn::named(quantity.name).expect("a column");
            let medians: Vec<Option<f64>> = curves
                .band(quantity.curve)
                .iter()
                .map(|point| point.band.map(|band| band.median))
                .collect();
            assert_eq!(medians, timeline.column(column), "{}", quantity.name);
        }
    }

    #[test]
    fn each_row_has_the_quantiles_over_the_seeds_and_the_share_that_broke_the_slo() {
        let seeds = [2, 4, 9].map(|replicas| {
            let mut timeline = story_timeline();
            for row in &mut timeline.rows {
                row.desired = Replicas(replicas);
                row.slo_violated_share = f64::from(u8::from(replicas == 2));
                row.latency = None;
            }
            timeline
        });
        let rows = table(&curves(&seeds, 10_000));
        assert_eq!(rows.len(), seeds[0].rows.len());
        assert_eq!(rows[1]["time_s"], "5");
        assert_eq!(rows[1]["replicas_desired_p10"], "2.4");
        assert_eq!(rows[1]["replicas_desired_median"], "4");
        assert_eq!(rows[1]["replicas_desired_p90"], "8");
        assert_eq!(rows[1]["slo_violated_share"], "0.333333");
        assert_eq!(rows[1]["latency_seconds_p95_p90"], "");
    }

    #[test]
    fn a_seed_without_a_value_does_not_count_and_most_without_one_leave_none() {
        let mut seeds = vec![story_timeline(), story_timeline(), story_timeline()];
        let known = seeds[0].rows[0].cpu_percent;
        let first = |seeds: &[Timeline]| {
            let band = curves(seeds, 10_000).band_of_most(Curve::CpuPercent)[0].band;
            band.map(|band| band.p90)
        };
        seeds[1].rows[0].cpu_percent = None;
        assert_eq!(first(&seeds), known);
        seeds[2].rows[0].cpu_percent = None;
        assert_eq!(first(&seeds), None);
    }

    #[test]
    fn more_seeds_keep_fewer_points_and_never_too_few_for_a_curve() {
        assert_eq!(points_max(20), 13_107);
        assert_eq!(points_max(200), 1_310);
        assert_eq!(points_max(10_000), 26);
        assert_eq!(points_max(65_535), POINTS_MIN);
        assert!(65_535 * points_max(65_535) <= 1 << 20);
    }

    #[test]
    fn a_long_run_has_a_row_for_several_intervals() {
        let timeline = story_timeline();
        let rows = table(&curves(&[timeline.clone(), timeline.clone()], 100));
        let intervals = timeline.rows.len().div_ceil(100);
        assert_eq!(rows.len(), timeline.rows.len().div_ceil(intervals));
        assert_eq!(rows[1]["time_s"], (5 * intervals).to_string());
    }
}
