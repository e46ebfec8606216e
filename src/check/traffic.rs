//! The period of a trace, by autocorrelation.
//!
//! Only the strongest period over the whole trace is found. A trace without repetition has no period.

use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, Trace};

/// The number of samples taken from the trace.
const SAMPLES: usize = 720;
/// The lowest correlation that counts as a repetition.
const CORRELATION_MIN: f64 = 0.5;

/// The period of the traffic, if it repeats at least twice.
pub(super) fn period(trace: &Trace) -> Option<SimSpan> {
    let samples = sampled(trace)?;
    let mean = samples.iter().sum::<f64>() / count(samples.len());
    let centred: Vec<f64> = samples.iter().map(|sample| sample - mean).collect();
    let correlations: Vec<f64> = (0..=SAMPLES / 2)
        .map(|lag| correlation(&centred, lag))
        .collect();
    // Near lag 0 the correlation is always high, so the search begins after the first dip.
    let dip = correlations.iter().position(|value| *value < 0.0)?;
    let lag = (dip..correlations.len()).max_by(|a, b| {
        let (a, b) = (correlations[*a], correlations[*b]);
        // Of equal correlations, the first one wins.
        a.total_cmp(&b).then(std::cmp::Ordering::Greater)
    })?;
    let seconds = trace.end().as_secs_f64() * count(lag) / count(SAMPLES);
    (correlations[lag] >= CORRELATION_MIN).then(|| SimSpan::from_secs_f64(seconds.round()))
}

/// The demand at evenly spaced times.
fn sampled(trace: &Trace) -> Option<Vec<f64>> {
    let values = match &trace.demand {
        Demand::RequestsPerSecond(values)
        | Demand::CpuMillicores(values)
        | Demand::Users(values) => values,
    };
    let span = trace.end().as_secs_f64();
    let at = |index: usize| {
        let time = SimTime::from_secs_f64(span * count(index) / count(SAMPLES));
        let row = trace.times.partition_point(|row| *row <= time);
        values.get(row.saturating_sub(1)).copied()
    };
    (0..SAMPLES).map(at).collect()
}

fn correlation(centred: &[f64], lag: usize) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let early = &centred[..centred.len() - lag];
    let late = &centred[lag..];
    let scale = (product(early, early) * product(late, late)).sqrt();
    if scale > 0.0 {
        product(early, late) / scale
    } else {
        0.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(value: impl Fn(f64) -> f64) -> Trace {
        let seconds: Vec<f64> = (0..=360).map(|row| f64::from(row) * 10.0).collect();
        Trace {
            times: seconds
                .iter()
                .map(|at| SimTime::from_secs_f64(*at))
                .collect(),
            demand: Demand::RequestsPerSecond(seconds.iter().map(|at| value(*at)).collect()),
            columns: Vec::new(),
        }
    }

    #[test]
    fn a_wave_has_its_period() {
        let wave = trace(|at| 10.0 + 5.0 * (at / 600.0 * std::f64::consts::TAU).sin());
        let found = period(&wave).expect("a period").as_secs_f64();
        assert!((found - 600.0).abs() <= 10.0, "{found}");
    }

    #[test]
    fn a_step_and_a_constant_have_none() {
        assert_eq!(
            period(&trace(|at| if at < 1200.0 { 4.0 } else { 40.0 })),
            None
        );
        assert_eq!(period(&trace(|_| 4.0)), None);
    }
}
