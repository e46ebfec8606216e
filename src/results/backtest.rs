//! A recorded day beside its simulation: which rows are judged, and how well the seeds forecast them.

mod course;
mod observer;
mod summary;
mod table;
mod usage;

use std::collections::BTreeMap;

use serde::Serialize;

use super::forecast::{ForecastMoment, ForecastScale, ForecastScore, forecast_score};
use super::statistics::sorted_quantile;
use crate::scenario::judged::{JudgedQuantity, ScoreKind};
use crate::scenario::recorded::{JudgedSpan, RecordedDay, RecordedQuantity, RecordedRow};
use crate::units::{Millicores, SimTime};

pub use course::{DayCourse, FirstRise, Peak, SeedRange, SimulatedCourse};
pub use observer::{SimulatedSteps, StepObserver};
pub use summary::{BacktestFacts, backtest_summary};
pub use table::backtest_csv;
pub use usage::{CostOrigin, FoundUsage};

/// A recorded row within the judged time.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedRow {
    /// The time since the start of the simulation.
    pub time: SimTime,
    /// Why the row is left out, in the words of the recording.
    pub event: Option<String>,
    /// By quantity.
    recorded: [Option<f64>; JudgedQuantity::ALL.len()],
}

impl JudgedRow {
    /// The recorded value; `None` without one.
    #[must_use]
    pub fn recorded(&self, quantity: JudgedQuantity) -> Option<f64> {
        self.recorded[quantity as usize]
    }

    /// The recorded value, if the row is judged.
    fn judged(&self, quantity: JudgedQuantity) -> Option<f64> {
        self.recorded(quantity).filter(|_| self.event.is_none())
    }
}

/// The recorded rows within the judged time.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedRows {
    /// In the order of time; a row holds until the next one.
    pub rows: Vec<JudgedRow>,
    /// The end of the last row, since the start of the simulation.
    pub end: SimTime,
}

impl JudgedRows {
    /// The rows of `day` within the judged time. `request` is the CPU request of a pod.
    #[must_use]
    pub fn of(day: &RecordedDay, span: &JudgedSpan, request: Option<Millicores>) -> Self {
        let lead = span.simulate_from - SimTime::ZERO;
        let on_trace = |row: &RecordedRow| span.recorded_start + (row.time - SimTime::ZERO);
        let is_within = |row: &&RecordedRow| (span.from..span.to).contains(&on_trace(row));
        let judged = |row: &RecordedRow| JudgedRow {
            time: on_trace(row) - lead,
            event: row.event.clone(),
            recorded: recorded_values(row, request),
        };
        Self {
            rows: day.rows.iter().filter(is_within).map(judged).collect(),
            end: span.to - lead,
        }
    }

    /// The start of each row, then the end of the last.
    #[must_use]
    pub fn edges(&self) -> Vec<SimTime> {
        let starts = self.rows.iter().map(|row| row.time);
        starts.chain([self.end]).collect()
    }

    /// The quantities that any judged row has.
    #[must_use]
    pub fn quantities(&self) -> Vec<JudgedQuantity> {
        let has =
            |quantity: &JudgedQuantity| self.rows.iter().any(|row| row.judged(*quantity).is_some());
        JudgedQuantity::ALL.into_iter().filter(has).collect()
    }
}

/// The replicas that the autoscaler asked for; without them, the pods that existed.
#[must_use]
pub fn recorded_replicas(row: &RecordedRow) -> Option<f64> {
    let desired = row.value(RecordedQuantity::DesiredReplicas);
    desired.or_else(|| row.value(RecordedQuantity::CurrentReplicas))
}

/// The ready pods; without them, the pods that existed or that the autoscaler asked for.
#[must_use]
pub fn recorded_ready(row: &RecordedRow) -> Option<f64> {
    [
        RecordedQuantity::ReadyReplicas,
        RecordedQuantity::CurrentReplicas,
        RecordedQuantity::DesiredReplicas,
    ]
    .into_iter()
    .find_map(|quantity| row.value(quantity))
}

fn recorded_values(
    row: &RecordedRow,
    request: Option<Millicores>,
) -> [Option<f64>; JudgedQuantity::ALL.len()] {
    JudgedQuantity::ALL.map(|quantity| match quantity {
        JudgedQuantity::Replicas => recorded_replicas(row),
        JudgedQuantity::CpuPercent => {
            let requested = recorded_ready(row)? * request?.0 as f64;
            let used = row.value(RecordedQuantity::CpuMillicores)?;
            (requested > 0.0).then(|| 100.0 * used / requested)
        }
        JudgedQuantity::LatencyP95 => row.value(RecordedQuantity::P95Ms),
        JudgedQuantity::LatencyP99 => row.value(RecordedQuantity::P99Ms),
        JudgedQuantity::FailedPercent => row
            .value(RecordedQuantity::FailedShare)
            .map(|it| 100.0 * it),
    })
}

/// How many rows are left out of the judgement of the replicas, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// All rows of the judged time.
    pub rows: usize,
    /// The rows with an event, by the text of the event; a row with several counts at each.
    pub by_event: BTreeMap<String, usize>,
    /// The rows with any event.
    pub with_event: usize,
    /// Further rows without recorded replicas.
    pub without_replicas: usize,
}

impl LeftOut {
    fn of(rows: &[JudgedRow]) -> Self {
        let mut left_out = Self {
            rows: rows.len(),
            ..Self::default()
        };
        for row in rows {
            match &row.event {
                Some(events) => {
                    left_out.with_event += 1;
                    for event in events.split(';').map(str::trim) {
                        *left_out.by_event.entry(event.to_owned()).or_default() += 1;
                    }
                }
                None if row.recorded(JudgedQuantity::Replicas).is_none() => {
                    left_out.without_replicas += 1;
                }
                None => {}
            }
        }
        left_out
    }
}

/// How well the seeds forecast one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantityScore {
    /// Which quantity.
    pub quantity: JudgedQuantity,
    /// The number of judged rows.
    pub rows: usize,
    /// The scores.
    pub score: ForecastScore,
    /// The 95th percentile of what a seed would be off by if it were the recording: of |seed - another seed|, the mean over rows and
    /// other seeds.
    pub noise_p95: f64,
}

impl QuantityScore {
    /// Whether chance alone explains the error: it is at most that of 95 % of the seeds, were they the recording.
    #[must_use]
    pub fn is_noise(&self) -> bool {
        self.score.of_seeds <= self.noise_p95
    }

    /// One figure.
    #[must_use]
    pub const fn figure(&self, kind: ScoreKind) -> f64 {
        match kind {
            ScoreKind::Error => self.score.of_seeds,
            ScoreKind::Crps => self.score.crps,
            ScoreKind::Coverage => self.score.coverage,
            ScoreKind::Bias => self.score.bias,
            ScoreKind::BestConstant => self.score.of_best_constant,
            ScoreKind::NoiseFloor => self.score.between_seeds,
        }
    }
}

/// A recorded day beside its simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    /// The recorded rows.
    pub judged: JudgedRows,
    /// The simulation of each seed at these rows.
    pub seeds: Vec<SimulatedSteps>,
    /// By quantity that was recorded and is judged; the replicas come first.
    pub scores: Vec<QuantityScore>,
    /// Rows that are not judged.
    pub left_out: LeftOut,
    /// The recorded course of the replicas.
    pub recorded_course: DayCourse,
    /// The simulated course of the replicas.
    pub simulated_course: SimulatedCourse,
}

impl Backtest {
    /// Judges these `quantities`, as far as they were recorded.
    #[must_use]
    pub fn of(
        judged: JudgedRows,
        seeds: Vec<SimulatedSteps>,
        quantities: &[JudgedQuantity],
    ) -> Self {
        let score = |quantity: &JudgedQuantity| {
            let moments = moments(&judged, &seeds, *quantity);
            let scale = match quantity {
                JudgedQuantity::Replicas => ForecastScale::Count,
                _ => ForecastScale::Continuous,
            };
            Some(QuantityScore {
                quantity: *quantity,
                rows: moments.len(),
                score: forecast_score(&moments, scale)?,
                noise_p95: noise_p95(&judged, &seeds, *quantity),
            })
        };
        let of_seeds = seeds.iter().map(|steps| {
            let replicas = steps.of(JudgedQuantity::Replicas);
            DayCourse::of(&judged.rows, |row| Some(replicas[row]))
        });
        Self {
            scores: quantities.iter().filter_map(score).collect(),
            left_out: LeftOut::of(&judged.rows),
            recorded_course: DayCourse::of(&judged.rows, |row| {
                judged.rows[row].recorded(JudgedQuantity::Replicas)
            }),
            simulated_course: SimulatedCourse::of(&of_seeds.collect::<Vec<DayCourse>>()),
            judged,
            seeds,
        }
    }

    /// The score of a quantity, if it is judged.
    #[must_use]
    pub fn score(&self, quantity: JudgedQuantity) -> Option<&QuantityScore> {
        self.scores.iter().find(|it| it.quantity == quantity)
    }

    /// The error of each seed in replicas, the mean over the judged rows.
    #[must_use]
    pub fn replica_errors(judged: &JudgedRows, seeds: &[SimulatedSteps]) -> Vec<f64> {
        let of_seed = |steps: &SimulatedSteps| {
            let simulated = steps.of(JudgedQuantity::Replicas);
            let rows = judged.rows.iter().zip(simulated);
            let off = rows.filter_map(|(row, value)| {
                Some((row.judged(JudgedQuantity::Replicas)? - value).abs())
            });
            let off: Vec<f64> = off.collect();
            off.iter().sum::<f64>() / off.len().max(1) as f64
        };
        seeds.iter().map(of_seed).collect()
    }

    /// The seeds at a row; `None` if no seed has a value of the quantity.
    pub fn moment(&self, quantity: JudgedQuantity, row: usize) -> Option<ForecastMoment> {
        let recorded = self.judged.rows[row].recorded(quantity);
        moment(
            &self.judged,
            &self.seeds,
            quantity,
            row,
            recorded.unwrap_or(f64::NAN),
        )
    }
}

fn moment(
    judged: &JudgedRows,
    seeds: &[SimulatedSteps],
    quantity: JudgedQuantity,
    row: usize,
    recorded: f64,
) -> Option<ForecastMoment> {
    let values = seeds.iter().map(|steps| steps.of(quantity)[row]).collect();
    ForecastMoment::new(judged.rows[row].time.as_secs_f64(), recorded, values)
}

/// What a seed would be off by if it were the recording: the 95th percentile over the seeds.
fn noise_p95(judged: &JudgedRows, seeds: &[SimulatedSteps], quantity: JudgedQuantity) -> f64 {
    let rows: Vec<usize> = (0..judged.rows.len())
        .filter(|row| judged.rows[*row].judged(quantity).is_some())
        .collect();
    let difference = |one: &SimulatedSteps, other: &SimulatedSteps| {
        let (one, other) = (one.of(quantity), other.of(quantity));
        let off = rows.iter().map(|row| (one[*row] - other[*row]).abs());
        let known: Vec<f64> = off.filter(|off| !off.is_nan()).collect();
        known.iter().sum::<f64>() / known.len().max(1) as f64
    };
    let of_seed = |one: &SimulatedSteps| {
        let others = seeds.iter().map(|other| difference(one, other));
        others.sum::<f64>() / (seeds.len() as f64 - 1.0).max(1.0)
    };
    let mut errors: Vec<f64> = seeds.iter().map(of_seed).collect();
    errors.sort_by(f64::total_cmp);
    sorted_quantile(&errors, 0.95).unwrap_or(0.0)
}

/// The judged rows of a quantity.
fn moments(
    judged: &JudgedRows,
    seeds: &[SimulatedSteps],
    quantity: JudgedQuantity,
) -> Vec<ForecastMoment> {
    let rows = judged.rows.iter().enumerate();
    rows.filter_map(|(row, facts)| {
        let recorded = facts.judged(quantity)?;
        moment(judged, seeds, quantity, row, recorded)
    })
    .collect()
}
