//! Latency quantiles over many stretches of a run, each with its own distribution.
//!
//! Quantiles come from the closed form of the distribution and not from samples, so they
//! have no sampling noise.

use crate::cluster::stationary::{LEVELS, StationaryLatency};
use crate::simulation::observer::FlowSegment;

use super::slo::{SAME_DELAY_SECONDS, mean_share_beyond};

/// Requests of one stretch: how many, and how latency is distributed among them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Component {
    /// Requests.
    pub weight: f64,
    /// Latency beside the backlog's delay.
    pub latency: StationaryLatency,
    /// The backlog's delay at the stretch's start, in seconds.
    pub delay_start_seconds: f64,
    /// The same at its end; linear in between.
    pub delay_end_seconds: f64,
}

impl Component {
    fn share_beyond(&self, seconds: f64) -> f64 {
        mean_share_beyond(
            &self.latency,
            seconds,
            self.delay_start_seconds,
            self.delay_end_seconds,
        )
    }

    /// Takes in the requests of `other` if neither waits behind a backlog and their latencies differ
    /// by less than a twentieth. Returns whether it did.
    pub(super) fn absorb(&mut self, other: &Self) -> bool {
        let (own, others) = (
            self.latency.seconds[BIN_LEVEL],
            other.latency.seconds[BIN_LEVEL],
        );
        let has_delay = |it: &Self| it.delay_start_seconds.max(it.delay_end_seconds) > 0.0;
        let is_alike = (own - others).abs() <= 0.05 * own;
        if has_delay(self) || has_delay(other) || !is_alike {
            return false;
        }
        let weight = self.weight + other.weight;
        let part = other.weight / weight;
        for (point, other) in self.latency.seconds.iter_mut().zip(other.latency.seconds) {
            *point += part * (other - *point);
        }
        self.weight = weight;
        true
    }

    fn is_steady(&self) -> bool {
        (self.delay_end_seconds - self.delay_start_seconds).abs() <= SAME_DELAY_SECONDS
    }
}

/// The `quantile` (0..1) of latency in seconds over all requests of `components`; `None` without requests.
///
/// The least x at which the share of requests that take longer than x is at most `1 - quantile`,
/// found within a hundred-thousandth.
#[must_use]
pub fn mixture_quantile(components: &[Component], quantile: f64) -> Option<f64> {
    if let [only] = components
        && only.is_steady()
    {
        return (only.weight > 0.0)
            .then(|| only.latency.quantile(quantile) + only.delay_start_seconds);
    }
    let weight: f64 = components.iter().map(|part| part.weight).sum();
    if weight <= 0.0 {
        return None;
    }
    let allowed = (1.0 - quantile) * weight;
    let excess = |seconds: f64| -> f64 {
        components
            .iter()
            .map(|part| part.weight * part.share_beyond(seconds))
            .sum::<f64>()
            - allowed
    };
    // The mixture's quantile lies between the least and the greatest of its parts' quantiles.
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for part in components.iter().filter(|part| part.weight > 0.0) {
        let own = part.latency.quantile(quantile);
        low = low.min(own + part.delay_start_seconds.min(part.delay_end_seconds));
        high = high.max(own + part.delay_start_seconds.max(part.delay_end_seconds));
    }
    let (mut excess_low, mut excess_high) = (excess(low), excess(high));
    if excess_low <= 0.0 {
        return Some(low);
    }
    // Regula falsi (Illinois), with a bisection whenever it gains less than half:
    // the share jumps where service time begins, so no method may rely on smoothness.
    for _ in 0..100 {
        let width = high - low;
        if width <= 1e-5 * high {
            break;
        }
        let falsi = low + width * excess_low / (excess_low - excess_high);
        let guess = falsi.clamp(low + 1e-3 * width, high - 1e-3 * width);
        let value = excess(guess);
        if value > 0.0 {
            low = guess;
            excess_low = value;
            excess_high /= 2.0;
        } else {
            high = guess;
            excess_high = value;
            excess_low /= 2.0;
        }
        if high - low > width / 2.0 {
            let middle = low + (high - low) / 2.0;
            let value = excess(middle);
            if value > 0.0 {
                low = middle;
                excess_low = value;
            } else {
                high = middle;
                excess_high = value;
            }
        }
    }
    Some(high)
}

/// Below 2^-14 s (61 µs) everything is one bin.
const LEAST_EXPONENT: i32 = -14;
/// 2^-14 s to 2^12 s (68 min).
const OCTAVES: usize = 26;

/// Bins of equal ratio: `1 << subdivisions` an octave.
#[derive(Clone, Copy, Debug)]
struct Ratios {
    subdivisions: u32,
}

/// The point of a latency by which it is sorted: 5 % of requests take longer.
const BIN_LEVEL: usize = 13;
/// By that point: bins 2 to 3 % wide, of which the mean is kept.
const BY_P95: Ratios = Ratios { subdivisions: 5 };
/// By delay: bins 9 to 12 % wide, of which mean and spread are kept.
const BY_DELAY: Ratios = Ratios { subdivisions: 3 };

impl Ratios {
    const fn count(self) -> usize {
        (OCTAVES << self.subdivisions) + 1
    }

    const fn least(self) -> u64 {
        ((1023 + LEAST_EXPONENT) as u64) << self.subdivisions
    }

    /// The bin for `seconds`: its exponent and the first bits of its mantissa.
    fn bin_of(self, seconds: f64) -> usize {
        let position = seconds.max(0.0).to_bits() >> (52 - self.subdivisions);
        (position.saturating_sub(self.least()) as usize).min(self.count() - 1)
    }

    /// Where the bin ends; the last has no end.
    fn top(self, bin: usize) -> f64 {
        if bin + 1 >= self.count() {
            return f64::INFINITY;
        }
        f64::from_bits((self.least() + bin as u64 + 1) << (52 - self.subdivisions))
    }
}

/// Requests of a whole run by how long they waited, in bins that hold their members' mean.
///
/// A segment without backlog goes to a bin by its p95, one with a backlog
/// to bins by the delay. A bin becomes a stretch of its members' mean
/// distribution, whose delay is spread as evenly and as widely as theirs (same
/// mean, same variance), so that a bin's width is no error of its own size.
/// Costs a few additions a segment and no allocation.
#[derive(Clone, Debug)]
pub struct LatencyBins {
    steady: Vec<Bin>,
    delayed: Vec<Bin>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    weight: f64,
    /// The sum of the points of the latency, times the weights.
    points: [f64; LEVELS],
    delay: f64,
    delay_squared: f64,
}

impl Bin {
    /// Takes in requests whose delay is spread evenly from `low` to `high` seconds.
    fn add(&mut self, weight: f64, latency: &StationaryLatency, low: f64, high: f64) {
        self.weight += weight;
        for (sum, point) in self.points.iter_mut().zip(latency.seconds) {
            *sum += weight * point;
        }
        self.delay += weight * f64::midpoint(low, high);
        self.delay_squared += weight * (low * low + low * high + high * high) / 3.0;
    }

    fn component(&self) -> Component {
        let delay = self.delay / self.weight;
        let variance = (self.delay_squared / self.weight - delay * delay).max(0.0);
        // An even spread over 2 h has the variance h² / 3.
        let half = (3.0 * variance).sqrt().min(delay);
        Component {
            weight: self.weight,
            latency: StationaryLatency {
                seconds: self.points.map(|sum| sum / self.weight),
            },
            delay_start_seconds: delay - half,
            delay_end_seconds: delay + half,
        }
    }
}

impl Default for LatencyBins {
    fn default() -> Self {
        Self {
            steady: vec![Bin::default(); BY_P95.count()],
            delayed: vec![Bin::default(); BY_DELAY.count()],
        }
    }
}

impl LatencyBins {
    /// Takes in those that succeed in `segment`.
    pub fn flowed(&mut self, segment: &FlowSegment) {
        let weight = segment.succeeded_rps * (segment.end - segment.start).as_secs_f64();
        if weight <= 0.0 {
            return;
        }
        let latency = &segment.latency;
        let first = segment.backlog_delay_start_seconds;
        let last = segment.backlog_delay_end_seconds;
        let (low, high) = (first.min(last), first.max(last));
        if high <= SAME_DELAY_SECONDS {
            self.steady[BY_P95.bin_of(latency.seconds[BIN_LEVEL])].add(weight, latency, 0.0, 0.0);
            return;
        }
        // A changing delay spends its time evenly between low and high.
        let (lowest, highest) = (BY_DELAY.bin_of(low), BY_DELAY.bin_of(high));
        let mut from = low;
        for bin in lowest..=highest {
            let to = if bin == highest {
                high
            } else {
                BY_DELAY.top(bin)
            };
            let part = if lowest == highest {
                1.0
            } else {
                (to - from) / (high - low)
            };
            self.delayed[bin].add(weight * part, latency, from, to);
            from = to;
        }
    }

    /// The bins that hold requests.
    #[must_use]
    pub fn components(&self) -> Vec<Component> {
        self.steady
            .iter()
            .chain(&self.delayed)
            .filter(|bin| bin.weight > 0.0)
            .map(Bin::component)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::even_segment;
    use proptest::prelude::*;

    fn close(left: f64, right: f64, share: f64) -> bool {
        (left - right).abs() <= share * right.abs().max(1e-9)
    }

    #[test]
    fn one_even_stretch_has_the_closed_form_quantile() {
        let segment = even_segment(0.0, 60.0);
        let mut bins = LatencyBins::default();
        bins.flowed(&segment);
        for quantile in [0.5, 0.95, 0.99] {
            let found = mixture_quantile(&bins.components(), quantile).expect("requests");
            assert!(close(found, segment.latency.quantile(quantile), 1e-9));
        }
    }

    #[test]
    fn two_stretches_are_weighted_by_request() {
        // 99 fast requests of 10 ms for every slow one of 1 s: the slow hundredth is what p99 just misses.
        let part = |weight, service_seconds| Component {
            weight,
            latency: StationaryLatency::constant(service_seconds),
            ..Component::default()
        };
        let parts = [part(98.0, 0.01), part(2.0, 1.0)];
        let p95 = mixture_quantile(&parts, 0.95).expect("requests");
        let p99 = mixture_quantile(&parts, 0.99).expect("requests");
        assert!(close(p95, 0.01, 1e-5), "{p95}");
        assert!(close(p99, 1.0, 1e-5), "{p99}");
    }

    #[test]
    fn a_growing_delay_is_spread_evenly() {
        let mut segment = even_segment(0.0, 60.0);
        segment.latency = StationaryLatency::default();
        segment.backlog_delay_end_seconds = 4.0;
        let mut bins = LatencyBins::default();
        bins.flowed(&segment);
        let p50 = mixture_quantile(&bins.components(), 0.5).expect("requests");
        let p95 = mixture_quantile(&bins.components(), 0.95).expect("requests");
        assert!(close(p50, 2.0, 1e-4), "{p50}");
        assert!(close(p95, 3.8, 1e-4), "{p95}");
    }

    #[test]
    fn a_steady_delay_stays_sharp() {
        let mut segment = even_segment(0.0, 60.0);
        segment.latency = StationaryLatency::default();
        segment.backlog_delay_start_seconds = 8.0;
        segment.backlog_delay_end_seconds = 8.0;
        let mut bins = LatencyBins::default();
        bins.flowed(&segment);
        let p99 = mixture_quantile(&bins.components(), 0.99).expect("requests");
        assert!(close(p99, 8.0, 1e-5), "{p99}");
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(mixture_quantile(&[], 0.5), None);
        assert_eq!(mixture_quantile(&[Component::default()], 0.5), None);
    }

    #[test]
    fn bins_follow_each_other() {
        for seconds in [1e-4, 0.0123, 0.5, 1.0, 7.7, 900.0] {
            for ratios in [BY_P95, BY_DELAY] {
                let bin = ratios.bin_of(seconds);
                assert!(seconds < ratios.top(bin));
                assert!(seconds >= ratios.top(bin - 1));
            }
        }
        assert_eq!(BY_P95.bin_of(0.0), 0);
        assert_eq!(BY_P95.bin_of(1e9), BY_P95.count() - 1);
    }

    proptest! {
        #[test]
        fn the_quantile_splits_the_mixture(
            weights in prop::collection::vec(0.1_f64..100.0, 2..20),
            waits in prop::collection::vec(1e-4_f64..3.0, 20),
            delays in prop::collection::vec(0.0_f64..5.0, 21),
            quantile in 0.01_f64..0.999,
        ) {
            let parts: Vec<Component> = weights
                .iter()
                .enumerate()
                .map(|(index, weight)| Component {
                    weight: *weight,
                    latency: StationaryLatency::constant_and_exponential(0.01, 0.7, waits[index]),
                    delay_start_seconds: delays[index],
                    delay_end_seconds: delays[index + 1],
                })
                .collect();
            let found = mixture_quantile(&parts, quantile).expect("requests");
            let total: f64 = weights.iter().sum();
            let beyond = |seconds: f64| {
                parts.iter().map(|part| part.weight * part.share_beyond(seconds)).sum::<f64>()
            };
            prop_assert!(beyond(found * 1.0001) <= (1.0 - quantile) * total + 1e-9);
            prop_assert!(beyond(found * 0.9999 - 1e-9) >= (1.0 - quantile) * total - 1e-9);
        }
    }
}
