//! The period of a trace: after how long its ups and downs come again.
//!
//! Self-imposed limit: the strongest period alone, by autocorrelation over the
//! whole trace; none where nothing comes again.

use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, Trace};

/// How finely the trace is looked at.
const SAMPLES: usize = 720;
/// From which correlation on something counts as coming again.
const CORRELATION_MIN: f64 = 0.5;

/// After how long the traffic comes again, if it does so at least twice.
pub(super) fn period(trace: &Trace) -> Option<SimSpan> {
    let samples = sampled(trace)?;
    let mean = samples.iter().sum::<f64>() / count(samples.len());
    let centred: Vec<f64> = samples.iter().map(|sample| sample - mean).collect();
    let correlations: Vec<f64> = (0..=SAMPLES / 2)
        .map(|lag| correlation(&centred, lag))
        .collect();
    // Near lag 0 everything is like itself: the period is the best behind the first dip.
    let dip = correlations.iter().position(|value| *value < 0.0)?;
    let lag = (dip..correlations.len()).max_by(|a, b| {
        let (a, b) = (correlations[*a], correlations[*b]);
        // Of equals the first one.
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
