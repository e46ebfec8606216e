//! A recording in the requested shape: a part of it, in rows of one length, scaled.
//!
//! A row has the mean over its time, so no request is lost or invented. Nothing is smoothed.

use super::Recording;
use super::counts::LADDER_SECONDS;
use crate::scenario::clock::{ClockZone, TraceMoment, clock_in, part};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::trace_cut::{argument_fault, cut};
use crate::scenario::trace_text::{USERS_MAX, VALUE_MAX};
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, MetricColumn, Trace};

/// The most rows that are made by default.
pub(super) const ROWS_BY_DEFAULT_MAX: i64 = 20_000;
/// The most rows.
const ROWS_MAX: i64 = 1_000_000;

/// The requested shape of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shaping {
    /// The length of a row; `None` keeps the rows, except that counted requests give at most 20,000.
    pub step: Option<SimSpan>,
    /// A factor for the load; `None` is 1.
    pub scale: Option<f64>,
    /// Rows before this time are cut off, and this time becomes zero.
    pub from: Option<TraceMoment>,
    /// Rows after this time are cut off.
    pub to: Option<TraceMoment>,
    /// The time zone of times of day; `None` is that of the recording.
    pub zone: Option<ClockZone>,
    /// Whether rows begin at whole multiples of the step since 1970 UTC, as Prometheus aligns ranges; otherwise they begin at the start.
    pub align_to_clock: bool,
}

/// Cuts the recording, divides it into rows, and scales it, in this order.
///
/// # Errors
/// The part is outside the recording, the step does not fit the recording, or the scaled demand is too large.
pub fn shape(recording: Recording, shaping: &Shaping) -> Result<Recording, Diagnostic> {
    let recording = cut_part(recording, shaping)?;
    let step = shaping.step.or_else(|| default_step(&recording));
    let recording = match step {
        None => recording,
        Some(step) => in_rows(recording, step, shaping)?,
    };
    match shaping.scale {
        None => Ok(recording),
        Some(scale) => scaled(recording, scale),
    }
}

/// For counted requests: rows as short as the counts, or longer if there would be too many.
fn default_step(recording: &Recording) -> Option<SimSpan> {
    let resolution = recording.resolution?.as_nanos();
    let end = recording.trace.end().as_nanos();
    LADDER_SECONDS
        .iter()
        .map(|seconds| SimSpan::from_secs(*seconds))
        .filter(|step| step.as_nanos() >= resolution)
        .find(|step| end / step.as_nanos() <= ROWS_BY_DEFAULT_MAX)
        .filter(|step| step.as_nanos() > resolution)
}

fn cut_part(recording: Recording, shaping: &Shaping) -> Result<Recording, Diagnostic> {
    let clock = clock_in(recording.clock(), shaping.zone.as_ref());
    let (from, to) = part(
        shaping.from,
        shaping.to,
        clock.as_ref(),
        recording.trace.end(),
    )?;
    let earliest = from.unwrap_or(SimTime::ZERO);
    let trace = cut(recording.trace, from, to)?;
    Ok(Recording {
        trace,
        origin_nanos: recording
            .origin_nanos
            .map(|origin| origin.saturating_add(earliest.as_nanos())),
        ..recording
    })
}

fn refused(argument: &str, message: String, help: &str) -> Diagnostic {
    argument_fault(argument, message, help.to_owned())
}

/// The recording in rows of `step`, each with the mean over its time.
fn in_rows(
    recording: Recording,
    step: SimSpan,
    shaping: &Shaping,
) -> Result<Recording, Diagnostic> {
    let argument = format!("--step {step}");
    let trace = &recording.trace;
    let end = trace.end().as_nanos();
    let length = step.as_nanos();
    if length <= 0 || length > end {
        return Err(refused(
            &argument,
            format!(
                "a step of {step} does not fit a recording of {}",
                SimSpan::from_nanos(end)
            ),
            "use a shorter step, above 0s",
        ));
    }
    if end / length > ROWS_MAX {
        return Err(refused(
            &argument,
            format!("a step of {step} gives more than {ROWS_MAX} rows"),
            "use a longer step, or cut the recording with --from and --to",
        ));
    }
    if let Some(resolution) = recording.resolution
        && length % resolution.as_nanos() != 0
    {
        return Err(refused(
            &argument,
            format!(
                "the recording counts requests every {resolution}, and {step} is not a multiple of that"
            ),
            "use a multiple (or first cut the recording into parts, which have a finer resolution)",
        ));
    }
    let lead = match (shaping.align_to_clock, recording.origin_nanos) {
        (false, _) => 0,
        (true, Some(origin)) => origin.rem_euclid(length),
        (true, None) => {
            return Err(refused(
                "--align",
                "the trace has no date, so hpasim cannot align its rows to the clock".to_owned(),
                "omit --align",
            ));
        }
    };
    // The first row begins `lead` before the recording.
    let mut edges: Vec<i64> = (0..)
        .map(|row| row * length - lead)
        .take_while(|edge| *edge < end)
        .collect();
    edges.push(end);
    let means = |values: &[f64]| means_between(&edges, &trace.times, values, Before::Load);
    let resampled = Trace {
        times: edges
            .iter()
            .map(|edge| SimTime::from_nanos(edge + lead))
            .collect(),
        demand: match &trace.demand {
            Demand::RequestsPerSecond(values) => Demand::RequestsPerSecond(means(values)),
            Demand::CpuMillicores(values) => Demand::CpuMillicores(means(values)),
            Demand::Users(values) => {
                Demand::Users(means(values).into_iter().map(f64::round).collect())
            }
        },
        columns: trace
            .columns
            .iter()
            .map(|column| MetricColumn {
                name: column.name.clone(),
                values: means_between(&edges, &trace.times, &column.values, Before::Unknown),
            })
            .collect(),
    };
    Ok(Recording {
        trace: resampled,
        origin_nanos: recording.origin_nanos.map(|origin| origin - lead),
        resolution: recording.resolution.map(|_| step),
        ..recording
    })
}

/// The value before the start of the recording.
#[derive(Clone, Copy)]
enum Before {
    /// A load: zero, so that no request is invented.
    Load,
    /// A metric: unknown, so the mean covers only the recorded time.
    Unknown,
}

/// The mean of a step function between consecutive edges, with the last value repeated for the end.
fn means_between(edges: &[i64], times: &[SimTime], values: &[f64], before: Before) -> Vec<f64> {
    let mut row = 0;
    let mut means = Vec::with_capacity(edges.len());
    for pair in edges.windows(2) {
        let (from, to) = (pair[0].max(0), pair[1]);
        let (mut sum, mut at) = (0.0, from);
        while at < to {
            while row + 1 < times.len() && times[row + 1].as_nanos() <= at {
                row += 1;
            }
            let until = times
                .get(row + 1)
                .map_or(to, |time| time.as_nanos().min(to));
            sum += values[row] * (until - at) as f64;
            at = until;
        }
        let length = match before {
            Before::Load => to - pair[0],
            Before::Unknown => to - from,
        };
        means.push(sum / length as f64);
    }
    means.extend(means.last().copied());
    means
}

fn scaled(mut recording: Recording, scale: f64) -> Result<Recording, Diagnostic> {
    let (values, greatest, is_whole) = match &mut recording.trace.demand {
        Demand::RequestsPerSecond(values) | Demand::CpuMillicores(values) => {
            (values, VALUE_MAX, false)
        }
        Demand::Users(values) => (values, USERS_MAX, true),
    };
    for value in values.iter_mut() {
        *value *= scale;
        if is_whole {
            *value = value.round();
        }
    }
    let most = values.iter().copied().fold(0.0, f64::max);
    if most > greatest {
        return Err(refused(
            &format!("--scale {scale}"),
            format!("the scaled trace reaches {most:e}; the maximum is {greatest:e}"),
            "use a smaller factor",
        ));
    }
    Ok(recording)
}
