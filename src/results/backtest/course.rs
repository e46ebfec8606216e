//! The course of a day's replicas: first rise, peak, and how often they rose and fell.

use serde::Serialize;

use super::JudgedRow;
use crate::kpi::SeedFold;
use crate::results::statistics::sorted_quantile;
use crate::units::SimTime;

/// The first rise of the replicas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstRise {
    /// The time of the first row after it.
    pub time: SimTime,
    /// By how many replicas.
    pub by: f64,
}

/// The greatest number of replicas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// The time of the first row that has it.
    pub time: SimTime,
    /// The number.
    pub replicas: f64,
}

/// The course of the replicas over the judged rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DayCourse {
    /// `None` if they never rise.
    pub first_rise: Option<FirstRise>,
    /// `None` without replicas.
    pub peak: Option<Peak>,
    /// How often a row has more replicas than the row before.
    pub rises: usize,
    /// How often a row has fewer.
    pub falls: usize,
}

impl DayCourse {
    /// The course of these `replicas` by row. A row that is left out, or has no value, is no neighbour of another.
    pub(super) fn of(rows: &[JudgedRow], replicas: impl Fn(usize) -> Option<f64>) -> Self {
        let mut course = Self::default();
        let mut before = None;
        for (index, row) in rows.iter().enumerate() {
            let now = replicas(index).filter(|_| row.event.is_none());
            if let (Some(before), Some(now)) = (before, now) {
                if now > before {
                    course.rises += 1;
                    let by = now - before;
                    course
                        .first_rise
                        .get_or_insert(FirstRise { time: row.time, by });
                } else if now < before {
                    course.falls += 1;
                }
            }
            if let Some(replicas) = now
                && course.peak.is_none_or(|peak| peak.replicas < replicas)
            {
                course.peak = Some(Peak {
                    time: row.time,
                    replicas,
                });
            }
            before = now;
        }
        course
    }
}

/// A number over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedRange {
    /// The least.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The greatest.
    pub high: f64,
}

impl SeedRange {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            low: *sorted.first()?,
            median: sorted_quantile(&sorted, SeedFold::MEDIAN.quantile)?,
            high: *sorted.last()?,
        })
    }
}

/// The courses of all seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SimulatedCourse {
    /// The number of seeds.
    pub seeds: usize,
    /// In how many of them the replicas rise.
    pub rising_seeds: usize,
    /// The time of the first rise, in seconds since the start of the simulation.
    pub first_rise_seconds: Option<SeedRange>,
    /// Its size, in replicas.
    pub first_rise_by: Option<SeedRange>,
    /// The time of the peak, in seconds since the start of the simulation.
    pub peak_seconds: Option<SeedRange>,
    /// The replicas at the peak.
    pub peak_replicas: Option<SeedRange>,
    /// How often the replicas rise.
    pub rises: Option<SeedRange>,
    /// How often they fall.
    pub falls: Option<SeedRange>,
}

impl SimulatedCourse {
    pub(super) fn of(courses: &[DayCourse]) -> Self {
        let over = |value: &dyn Fn(&DayCourse) -> Option<f64>| {
            SeedRange::of(courses.iter().filter_map(value))
        };
        Self {
            seeds: courses.len(),
            rising_seeds: courses.iter().filter(|it| it.first_rise.is_some()).count(),
            first_rise_seconds: over(&|it| Some(it.first_rise?.time.as_secs_f64())),
            first_rise_by: over(&|it| Some(it.first_rise?.by)),
            peak_seconds: over(&|it| Some(it.peak?.time.as_secs_f64())),
            peak_replicas: over(&|it| Some(it.peak?.replicas)),
            rises: over(&|it| Some(it.rises as f64)),
            falls: over(&|it| Some(it.falls as f64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_left_out_is_no_step_of_the_course() {
        let replicas = [2.0, 2.0, 9.0, 5.0, 6.0, 4.0];
        let rows: Vec<JudgedRow> = (0..6)
            .map(|row| JudgedRow {
                time: SimTime::from_secs_f64(15.0 * f64::from(row)),
                event: (row == 2).then(|| "rollout".to_owned()),
                recorded: Default::default(),
            })
            .collect();
        let course = DayCourse::of(&rows, |row| Some(replicas[row]));
        let at = SimTime::from_secs_f64(60.0);
        let expected = DayCourse {
            first_rise: Some(FirstRise { time: at, by: 1.0 }),
            peak: Some(Peak {
                time: at,
                replicas: 6.0,
            }),
            rises: 1,
            falls: 1,
        };
        assert_eq!(course, expected);
        let never = DayCourse::of(&rows[..2], |row| Some(replicas[row]));
        let courses = SimulatedCourse::of(&[course, course, never]);
        assert_eq!((courses.seeds, courses.rising_seeds), (3, 2));
        let peak = courses.peak_replicas.expect("a peak");
        assert!((peak.low - 2.0).abs() < 1e-9 && (peak.median - 6.0).abs() < 1e-9);
    }
}
