//! Confidence intervals over replications, and the comparison of a mean with theory.
//!
//! The replications must be independent of each other.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The probability that at least one interval of a family misses, although the theory holds, is at
/// most this.
const FAMILY_ERROR: f64 = 0.01;

/// A mean and its interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    pub(crate) mean: f64,
    pub(crate) half_width: f64,
    pub(crate) standard_error: f64,
}

/// Student's interval of the mean of `values`, as one of `family` comparisons that hold together
/// with 99 % (Bonferroni).
pub(crate) fn student(values: &[f64], family: usize) -> Interval {
    let number = values.len() as f64;
    let mean = values.iter().sum::<f64>() / number;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_error = (squares / (number - 1.0) / number).sqrt();
    let both_tails = FAMILY_ERROR / family as f64;
    let student = StudentsT::new(0.0, 1.0, number - 1.0).expect("two replications or more");
    Interval {
        mean,
        half_width: student.inverse_cdf(1.0 - both_tails / 2.0) * standard_error,
        standard_error,
    }
}

/// A simulated mean with its theoretical value.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) name: String,
    pub(crate) expected: f64,
    pub(crate) simulated: Interval,
    /// The greatest useful half-width, relative to the expected value.
    pub(crate) half_width_max: f64,
}

impl Comparison {
    /// Whether the interval excludes the theoretical value.
    pub(crate) fn differs(&self) -> bool {
        (self.simulated.mean - self.expected).abs() > self.simulated.half_width
    }

    /// Whether a repetition with other seeds would find such a difference in 99 % of cases.
    pub(crate) fn differs_for_sure(&self) -> bool {
        /// z with P(Z <= z) = 0.99.
        const NORMAL_P99: f64 = 2.326;
        let Interval {
            mean,
            half_width,
            standard_error,
        } = self.simulated;
        (mean - self.expected).abs() > half_width + NORMAL_P99 * standard_error
    }

    pub(crate) fn relative_half_width(&self) -> f64 {
        self.simulated.half_width / self.expected
    }

    pub(crate) fn is_too_wide(&self) -> bool {
        self.relative_half_width() > self.half_width_max
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = match (self.differs(), self.is_too_wide()) {
            (true, _) => "DIFFERS",
            (false, true) => "TOO WIDE",
            (false, false) => "agrees",
        };
        write!(
            f,
            "| {} | {:.5} | {:.5} | ± {:.5} ({:.2} %) | {verdict} |",
            self.name,
            self.expected,
            self.simulated.mean,
            self.simulated.half_width,
            self.relative_half_width() * 100.0
        )
    }
}

/// The comparisons as a table.
pub(crate) fn table<'c>(comparisons: impl IntoIterator<Item = &'c Comparison>) -> String {
    let rows: Vec<String> = comparisons.into_iter().map(Comparison::to_string).collect();
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        // t(9) at 0.995 is 3.2498.
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let interval = student(&values, 1);
        let standard_error = (55.0_f64 / 6.0 / 10.0).sqrt();
        assert!((interval.mean - 5.5).abs() < 1e-12);
        assert!((interval.half_width - 3.2498 * standard_error).abs() < 1e-3);
        assert!(student(&values, 50).half_width > interval.half_width);
    }
}
