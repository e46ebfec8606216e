//! Measured latency, request by request: the source of the request engine's quantiles.
//!
//! Constant memory, a few nanoseconds a request. The histogram is the library's.

use hdrhistogram::Histogram;

use crate::units::SimSpan;

/// The resolution for fast requests, in nanoseconds.
const LEAST_NANOS: u64 = 1_000;
/// A slower request counts as this, in nanoseconds: an hour.
const MOST_NANOS: u64 = 3_600_000_000_000;

/// The precision of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// For a whole run: three significant digits, 190 kB.
    Run,
    /// For one interval among thousands: two significant digits, 26 kB, quickly emptied.
    Interval,
    /// For a table: one significant digit, steps of 3 to 6 %.
    Table,
}

impl Precision {
    const fn significant_digits(self) -> u8 {
        match self {
            Self::Run => 3,
            Self::Interval => 2,
            Self::Table => 1,
        }
    }
}

/// Latencies of succeeded requests.
#[derive(Clone, Debug)]
pub struct MeasuredLatency {
    histogram: Histogram<u64>,
    /// Exact, for the mean.
    total_nanos: u128,
    /// Exact: no quantile is above it.
    longest_nanos: u64,
}

/// A step of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyStep {
    /// Its upper edge, in seconds; of the last step, the longest latency.
    pub seconds: f64,
    /// How many requests do.
    pub count: u64,
}

impl MeasuredLatency {
    /// Without any request.
    #[must_use]
    pub fn new(precision: Precision) -> Self {
        let digits = precision.significant_digits();
        Self {
            histogram: Histogram::new_with_bounds(LEAST_NANOS, MOST_NANOS, digits)
                .expect("valid bounds"),
            total_nanos: 0,
            longest_nanos: 0,
        }
    }

    /// Adds one request.
    #[inline]
    pub fn record(&mut self, latency: SimSpan) {
        let nanos = latency.as_nanos().max(0).unsigned_abs();
        self.histogram.saturating_record(nanos);
        self.total_nanos += u128::from(nanos);
        self.longest_nanos = self.longest_nanos.max(nanos);
    }

    /// Removes all requests; keeps the memory.
    pub fn clear(&mut self) {
        self.histogram.reset();
        self.total_nanos = 0;
        self.longest_nanos = 0;
    }

    /// The number of requests.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The `quantile` (0..1) in seconds: the upper edge of its step, at most the longest; `None` without requests.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| {
            let nanos = self.histogram.value_at_quantile(quantile);
            seconds(nanos.min(self.longest_nanos))
        })
    }

    /// The mean in seconds, exactly; `None` without requests.
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.total_nanos as f64 / self.count() as f64 / 1e9)
    }

    /// The longest in seconds, exactly; `None` without requests.
    #[must_use]
    pub fn max_seconds(&self) -> Option<f64> {
        (self.count() > 0).then(|| seconds(self.longest_nanos))
    }

    /// The steps that hold a request, in the order of latency, as coarse as [`Precision::Table`]; the last ends with the longest.
    #[must_use]
    pub fn steps(&self) -> Vec<LatencyStep> {
        let mut coarse = Self::new(Precision::Table);
        for step in self.histogram.iter_recorded() {
            let nanos = step.value_iterated_to();
            coarse
                .histogram
                .saturating_record_n(nanos, step.count_at_value());
        }
        coarse
            .histogram
            .iter_recorded()
            .map(|step| LatencyStep {
                seconds: seconds(step.value_iterated_to().min(self.longest_nanos)),
                count: step.count_at_value(),
            })
            .collect()
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(precision: Precision, millis: impl IntoIterator<Item = i64>) -> MeasuredLatency {
        let mut latency = MeasuredLatency::new(precision);
        for millis in millis {
            latency.record(SimSpan::from_millis(millis));
        }
        latency
    }

    fn assert_near(value: Option<f64>, expected: f64, relative: f64) {
        let value = value.expect("requests");
        assert!(
            (value - expected).abs() <= relative * expected,
            "{value} is not {expected}"
        );
    }

    #[test]
    fn a_run_has_quantiles_of_three_digits_and_an_interval_of_two() {
        for (precision, relative) in [(Precision::Run, 0.001), (Precision::Interval, 0.01)] {
            let latency = measured(precision, 1..=1000);
            assert_near(latency.quantile(0.5), 0.5, relative);
            assert_near(latency.quantile(0.95), 0.95, relative);
            assert_near(latency.quantile(0.999), 0.999, relative);
            assert_near(latency.mean_seconds(), 0.5005, 1e-12);
            assert_near(latency.max_seconds(), 1.0, 1e-12);
        }
    }

    #[test]
    fn requests_that_all_take_the_same_have_that_latency_exactly() {
        let latency = measured(Precision::Interval, [10, 10, 10]);
        assert_eq!(latency.quantile(0.5), Some(0.01));
        assert_eq!(latency.quantile(0.99), Some(0.01));
    }

    #[test]
    fn without_requests_there_is_no_latency() {
        let mut latency = measured(Precision::Run, [5, 7]);
        assert_eq!(latency.count(), 2);
        latency.clear();
        assert_eq!(latency.count(), 0);
        assert_eq!(latency.quantile(0.5), None);
        assert_eq!(latency.mean_seconds(), None);
        assert_eq!(latency.max_seconds(), None);
        assert!(latency.steps().is_empty());
    }

    #[test]
    fn beyond_the_bounds_requests_still_count() {
        let mut latency = MeasuredLatency::new(Precision::Run);
        latency.record(SimSpan::ZERO);
        latency.record(SimSpan::from_secs(100_000));
        assert_eq!(latency.count(), 2);
        assert_eq!(latency.max_seconds(), Some(100_000.0));
        assert_near(latency.quantile(1.0), 3600.0, 0.001);
    }

    #[test]
    fn a_table_ends_with_the_longest_however_wide_its_step() {
        let steps = measured(Precision::Run, [10, 4990, 5000]).steps();
        assert_eq!(steps.last().map(|step| step.seconds), Some(5.0));
        let beyond_bounds = measured(Precision::Run, [10, 100_000_000]).steps();
        let last = beyond_bounds.last().expect("a step").seconds;
        assert!((3600.0..3900.0).contains(&last), "{last}");
    }

    #[test]
    fn a_table_has_every_request_in_a_few_hundred_steps() {
        let latency = measured(Precision::Run, 1..=50_000);
        let steps = latency.steps();
        assert!((100..400).contains(&steps.len()), "{} steps", steps.len());
        let count: u64 = steps.iter().map(|step| step.count).sum();
        assert_eq!(count, 50_000);
        assert!(
            steps
                .windows(2)
                .all(|pair| pair[0].seconds < pair[1].seconds)
        );
        for pair in steps.windows(2) {
            let width = pair[1].seconds / pair[0].seconds;
            assert!(pair[0].seconds < 0.02 || width < 1.07, "{pair:?}");
        }
    }
}
