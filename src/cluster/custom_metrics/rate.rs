//! The rate of a counter from its samples, as Prometheus computes it.

use crate::units::{SimSpan, SimTime};

/// A sample of a counter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CounterSample {
    pub(super) time: SimTime,
    pub(super) value: f64,
}

/// A sample further than this many mean intervals from the edge of the window means that the
/// series began or ended within the window (`extrapolationThreshold`).
const NEAR_THE_EDGE: f64 = 1.1;

/// `rate(counter[window])` at `now`, per second; `None` for fewer than two samples.
///
/// `samples` are those within the window, oldest first. The increase between the first and the
/// last sample is extrapolated:
///
/// 1. A counter that falls has begun again at 0 in between.
/// 2. At each end, if the edge of the window is nearer than 1.1 mean intervals, the increase is
///    extrapolated to the edge, else by half a mean interval.
/// 3. At the beginning, it is extrapolated no further than to the time at which the counter would
///    have been 0.
pub(super) fn rate(
    mut samples: impl Iterator<Item = CounterSample>,
    now: SimTime,
    window: SimSpan,
) -> Option<f64> {
    let first = samples.next()?;
    let (mut last, mut increase, mut intervals) = (first, 0.0, 0.0);
    for sample in samples {
        increase += increase_between(last, sample);
        last = sample;
        intervals += 1.0;
    }
    if intervals == 0.0 {
        return None;
    }
    let sampled = (last.time - first.time).as_secs_f64();
    let interval = sampled / intervals;
    let extrapolated = |to_edge: f64| {
        if to_edge >= interval * NEAR_THE_EDGE {
            interval / 2.0
        } else {
            to_edge
        }
    };
    let mut before = extrapolated((first.time - (now + -window)).as_secs_f64());
    if increase > 0.0 {
        before = before.min(sampled * (first.value / increase));
    }
    let behind = extrapolated((now - last.time).as_secs_f64());
    Some(increase * (sampled + before + behind) / sampled / window.as_secs_f64())
}

/// The rate between the two newest samples, per second; `None` for fewer than two.
pub(super) fn instant_rate(samples: impl Iterator<Item = CounterSample>) -> Option<f64> {
    let mut newest = [None, None];
    for sample in samples {
        newest = [newest[1], Some(sample)];
    }
    let [Some(before), Some(last)] = newest else {
        return None;
    };
    Some(increase_between(before, last) / (last.time - before.time).as_secs_f64())
}

fn increase_between(before: CounterSample, after: CounterSample) -> f64 {
    if after.value < before.value {
        after.value
    } else {
        after.value - before.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    fn minute_rate(samples: &[(f64, f64)], now: f64) -> Option<f64> {
        let samples = samples.iter().map(|&(seconds, value)| CounterSample {
            time: at(seconds),
            value,
        });
        rate(samples, at(now), SimSpan::from_secs(60))
    }

    #[track_caller]
    fn assert_rate(samples: &[(f64, f64)], now: f64, expected: f64) {
        let found = minute_rate(samples, now).expect("a rate");
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn a_steady_counter_has_its_rate_wherever_the_window_lies() {
        for now in [57.0, 60.0, 66.0, 71.0] {
            let samples = [12.0, 27.0, 42.0, 57.0].map(|time| (time, 1000.0 + 3.0 * time));
            // The window's edges are within 1.1 intervals of the samples in all cases.
            assert_rate(&samples, now, 3.0);
        }
    }

    #[test]
    fn one_sample_has_no_rate() {
        assert_eq!(minute_rate(&[(50.0, 9.0)], 60.0), None);
        assert_eq!(minute_rate(&[], 60.0), None);
    }

    #[test]
    fn a_series_that_begins_in_the_window_is_extrapolated_by_half_an_interval() {
        // Two samples 15 s apart, 10 s before the end of the window and 35 s after its start.
        assert_rate(
            &[(35.0, 100.0), (50.0, 130.0)],
            60.0,
            30.0 * (7.5 + 15.0 + 10.0) / 15.0 / 60.0,
        );
    }

    #[test]
    fn a_counter_is_not_extrapolated_below_zero() {
        // 30 requests in 15 s: the counter was 0 two seconds before the first sample.
        assert_rate(
            &[(35.0, 4.0), (50.0, 34.0)],
            60.0,
            30.0 * (2.0 + 15.0 + 10.0) / 15.0 / 60.0,
        );
    }

    #[test]
    fn samples_that_end_long_before_now_are_extrapolated_by_half_an_interval() {
        assert_rate(
            &[(10.0, 100.0), (25.0, 130.0)],
            60.0,
            30.0 * (10.0 + 15.0 + 7.5) / 15.0 / 60.0,
        );
    }

    #[test]
    fn a_counter_that_began_again_counts_from_zero() {
        let fallen = [(15.0, 990.0), (30.0, 1000.0), (45.0, 10.0), (60.0, 20.0)];
        assert_rate(&fallen, 60.0, 30.0 * 60.0 / 45.0 / 60.0);
    }

    #[test]
    fn without_a_window_the_two_newest_samples_count() {
        let samples =
            [(15.0, 0.0), (30.0, 600.0), (45.0, 630.0)].map(|(seconds, value)| CounterSample {
                time: at(seconds),
                value,
            });
        assert_eq!(instant_rate(samples.into_iter()), Some(2.0));
        assert_eq!(instant_rate(samples[..1].iter().copied()), None);
    }
}
