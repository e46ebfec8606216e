//! Whether traffic has a spike: a search prepares a policy only for the traffic that it sees.

use crate::workload::{Demand, Trace};

/// Load that rises by this factor within [`SPIKE_MINUTES`] is a spike.
pub const SPIKE_FACTOR: f64 = 2.0;
/// A cluster answers within minutes: what rises slower is followed.
pub const SPIKE_MINUTES: usize = 5;
/// What rises from less than this share of the mean counts as rising from there: twice next to nothing is no spike, nor is the noise of a quiet night.
const FLOOR_SHARE: f64 = 0.5;
/// Load is looked at minute by minute, so that chance in single seconds is no spike.
pub(super) const MINUTE_SECONDS: f64 = 60.0;

/// Whether the load rises by [`SPIKE_FACTOR`] within [`SPIKE_MINUTES`].
#[must_use]
pub fn holds_spike(trace: &Trace) -> bool {
    steepest_rise(trace) >= SPIKE_FACTOR
}

/// The greatest factor between a minute's mean load and that of one of the [`SPIKE_MINUTES`] before it; 1 where load never rises.
#[must_use]
pub fn steepest_rise(trace: &Trace) -> f64 {
    let minutes = minute_means(trace);
    steepest_minute(&minutes).map_or(1.0, |rise| rise.factor)
}

/// A rise of the load between two minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rise {
    /// The minute before.
    pub(super) before: usize,
    /// The minute with more load.
    pub(super) place: usize,
    /// The factor between them, above 1.
    pub(super) factor: f64,
}

/// The steepest rise within [`SPIKE_MINUTES`], of equals the first; `None` where load never rises.
pub(super) fn steepest_minute(minutes: &[f64]) -> Option<Rise> {
    let mean = minutes.iter().sum::<f64>() / minutes.len().max(1) as f64;
    if mean <= 0.0 {
        return None;
    }
    let mut steepest: Option<Rise> = None;
    for (place, load) in minutes.iter().enumerate() {
        let first = place.saturating_sub(SPIKE_MINUTES);
        for (before, low) in minutes.iter().enumerate().take(place).skip(first) {
            let factor = load / low.max(FLOOR_SHARE * mean);
            if factor > steepest.map_or(1.0, |it| it.factor) {
                steepest = Some(Rise {
                    before,
                    place,
                    factor,
                });
            }
        }
    }
    steepest
}

/// The mean load of the quietest minute, in the unit of the trace; 0 of no trace.
#[must_use]
pub fn quietest_minute(trace: &Trace) -> f64 {
    let quietest = minute_means(trace).into_iter().reduce(f64::min);
    quietest.unwrap_or(0.0)
}

/// The mean load of each minute; the last may be shorter.
pub(super) fn minute_means(trace: &Trace) -> Vec<f64> {
    let (Demand::RequestsPerSecond(values) | Demand::CpuMillicores(values) | Demand::Users(values)) =
        &trace.demand;
    let end = trace.end().as_secs_f64();
    let count = (end / MINUTE_SECONDS).ceil() as usize;
    let mut sums = vec![0.0; count];
    for (pair, value) in trace.times.windows(2).zip(values) {
        let (mut from, to) = (pair[0].as_secs_f64(), pair[1].as_secs_f64());
        while from < to {
            let minute = ((from / MINUTE_SECONDS) as usize).min(count - 1);
            let until = to.min((minute + 1) as f64 * MINUTE_SECONDS).max(from);
            let until = if minute + 1 == count { to } else { until };
            sums[minute] += value * (until - from);
            from = until;
        }
    }
    let length = |minute: usize| (end - minute as f64 * MINUTE_SECONDS).min(MINUTE_SECONDS);
    sums.iter()
        .enumerate()
        .map(|(minute, sum)| sum / length(minute))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{SimSpan, SimTime};

    fn trace(row_seconds: i64, loads: &[f64]) -> Trace {
        let mut demand = loads.to_vec();
        demand.push(0.0);
        Trace {
            times: (0..=loads.len() as i64)
                .map(|row| SimTime::ZERO + SimSpan::from_secs(row * row_seconds))
                .collect(),
            demand: Demand::RequestsPerSecond(demand),
            columns: Vec::new(),
        }
    }

    #[test]
    fn load_that_doubles_within_five_minutes_is_a_spike() {
        assert!(holds_spike(&trace(60, &[10.0, 10.0, 20.0])));
        assert!(!holds_spike(&trace(60, &[10.0, 10.0, 19.0])));
        // The beginning of a ramp doubles every minute, and is still next to nothing.
        let ramp: Vec<f64> = (1..=30).map(f64::from).collect();
        assert!(!holds_spike(&trace(60, &ramp)));
        // It doubles, but within six minutes.
        let slow = [10.0, 12.0, 14.0, 16.0, 18.0, 19.0, 20.0];
        assert!(!holds_spike(&trace(60, &slow)));
        assert!(!holds_spike(&trace(60, &[40.0, 20.0, 10.0])));
    }

    #[test]
    fn one_busy_second_is_no_spike() {
        let mut seconds = vec![10.0; 300];
        seconds[200] = 100.0;
        let rise = steepest_rise(&trace(1, &seconds));
        assert!((rise - 11.5 / 10.0).abs() < 1e-9, "{rise}");
    }

    #[test]
    fn twice_next_to_nothing_is_no_spike() {
        let mut minutes = vec![100.0; 20];
        minutes[0] = 0.001;
        minutes[1] = 0.01;
        minutes[2] = 11.0;
        let rise = steepest_rise(&trace(60, &minutes));
        // From half the mean to 100, not from a thousandth.
        assert!((2.0..2.5).contains(&rise), "{rise}");
        assert_eq!(
            steepest_rise(&trace(60, &[0.0, 0.0])).to_bits(),
            1f64.to_bits()
        );
    }

    #[test]
    fn rows_longer_than_a_minute_hold_what_they_hold() {
        assert!(holds_spike(&trace(600, &[10.0, 25.0])));
        assert!(!holds_spike(&trace(7, &[10.0; 50])));
    }
}
