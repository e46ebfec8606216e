//! A trace in a few figures: span, step, spread, burstiness.

use super::ceiling::{Ceiling, ceiling};
use super::samples::usual_step;
use super::{Recording, RecordingFormat};
use crate::scenario::clock::ClockZone;
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, Trace};

/// The figures of a trace or a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The format.
    pub format: RecordingFormat,
    /// Time zero as RFC 3339 in UTC, if it is known.
    pub origin: Option<String>,
    /// The time from the first row to the end.
    pub span: SimTime,
    /// The number of rows, without the one that marks the end.
    pub rows: usize,
    /// The most frequent length of a row.
    pub step: SimSpan,
    /// The number of rows with another length.
    pub other_rows: usize,
    /// Gaps of the recording; in hpasim's own CSV, rows longer than one and a half steps.
    pub gaps: u64,
    /// The kind of load.
    pub offered: Offered,
    /// The minimum of the demand.
    pub min: f64,
    /// Its mean over time.
    pub mean: f64,
    /// The demand that is not exceeded 99 % of the time.
    pub p99: f64,
    /// The maximum of the demand.
    pub max: f64,
    /// Standard deviation over mean, both over time; `None` for a mean of zero.
    pub coefficient_of_variation: Option<f64>,
    /// For requests: variance over mean of the counts per step. Poisson arrivals at one rate have 1.
    pub index_of_dispersion: Option<f64>,
    /// For requests: their total number.
    pub requests: Option<f64>,
    /// For CPU: the ceiling.
    pub ceiling: Option<Ceiling>,
    /// The names of the metric columns.
    pub columns: Vec<String>,
}

/// The kind of load in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// Requests per second.
    Requests,
    /// CPU in millicores.
    CpuMillicores,
    /// Users at once.
    Users,
}

/// Describes a recording. `ceiling_millicores` is the stated ceiling of a CPU trace; by default it is estimated.
#[must_use]
pub fn describe(
    recording: &Recording,
    ceiling_millicores: Option<f64>,
    zone: Option<&ClockZone>,
) -> Description {
    let trace = &recording.trace;
    let (offered, values) = match &trace.demand {
        Demand::RequestsPerSecond(values) => (Offered::Requests, values),
        Demand::CpuMillicores(values) => (Offered::CpuMillicores, values),
        Demand::Users(values) => (Offered::Users, values),
    };
    let nanos: Vec<i64> = trace.times.iter().map(|time| time.as_nanos()).collect();
    let step = recording
        .resolution
        .map_or_else(|| usual_step(&nanos).unwrap_or(0), SimSpan::as_nanos);
    let spread = ValueSpread::of(trace, values);
    Description {
        format: recording.format,
        origin: recording
            .clock_in(zone)
            .map(|clock| clock.rfc3339(SimTime::ZERO)),
        span: trace.end(),
        rows: trace.times.len() - 1,
        step: SimSpan::from_nanos(step),
        other_rows: nanos
            .windows(2)
            .filter(|pair| pair[1] - pair[0] != step)
            .count(),
        gaps: if recording.format == RecordingFormat::OWN {
            long_rows(&nanos, step)
        } else {
            recording.gaps
        },
        offered,
        min: spread.min,
        mean: spread.mean,
        p99: spread.p99,
        max: spread.max,
        coefficient_of_variation: (spread.mean > 0.0).then(|| spread.variance.sqrt() / spread.mean),
        // The variance of counts is the variance of rates times the squared step, and their mean is the rate times the step.
        index_of_dispersion: (offered == Offered::Requests && spread.mean > 0.0)
            .then(|| spread.variance / spread.mean * SimSpan::from_nanos(step).as_secs_f64()),
        requests: (offered == Offered::Requests).then(|| spread.mean * trace.end().as_secs_f64()),
        ceiling: ceiling(trace, ceiling_millicores),
        columns: trace
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect(),
    }
}

/// The number of rows longer than one and a half steps.
fn long_rows(nanos: &[i64], step: i64) -> u64 {
    let longest = step.saturating_add(step / 2);
    nanos
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > longest)
        .count() as u64
}

/// Figures over time: a row of double length has double weight.
struct ValueSpread {
    min: f64,
    mean: f64,
    p99: f64,
    max: f64,
    variance: f64,
}

impl ValueSpread {
    fn of(trace: &Trace, values: &[f64]) -> Self {
        let span = trace.end().as_secs_f64();
        let mut weighted: Vec<Weighted> = trace
            .times
            .windows(2)
            .zip(values)
            .map(|(pair, value)| Weighted {
                value: *value,
                seconds: (pair[1] - pair[0]).as_secs_f64(),
            })
            .collect();
        let mean = weighted
            .iter()
            .map(|row| row.value * row.seconds)
            .sum::<f64>()
            / span;
        let variance = weighted
            .iter()
            .map(|row| (row.value - mean).powi(2) * row.seconds)
            .sum::<f64>()
            / span;
        weighted.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut before = 0.0;
        let p99 = weighted
            .iter()
            .find(|row| {
                before += row.seconds;
                before >= 0.99 * span
            })
            .or(weighted.last());
        Self {
            min: weighted.first().map_or(0.0, |row| row.value),
            p99: p99.map_or(0.0, |row| row.value),
            max: weighted.last().map_or(0.0, |row| row.value),
            mean,
            variance,
        }
    }
}

struct Weighted {
    value: f64,
    seconds: f64,
}
