//! The statistics of finished runs: quantiles, intervals, means over pairs.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::text::rounding::readable;

/// How sure an interval is.
pub const CONFIDENCE: f64 = 0.95;
/// Intervals narrower than this share of their mean are rounding errors.
const REST_OF_WIDTH: f64 = 1e-9;

/// A mean over paired seeds, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half the 95 % interval by Student's t; `None` of a single pair, which says nothing about others.
    pub half_width: Option<f64>,
    /// How many pairs.
    pub pairs: u32,
}

impl Estimate {
    /// The mean of `values`, which are one a pair; `None` without any.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let half_width = (values.len() > 1).then(|| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            let standard_error = (squares / (count - 1.0) / count).sqrt();
            let half_width = reach_in_errors(count - 1.0) * standard_error;
            if half_width <= REST_OF_WIDTH * mean.abs() {
                0.0
            } else {
                half_width
            }
        });
        Some(Self {
            mean,
            half_width,
            pairs: u32::try_from(values.len()).unwrap_or(u32::MAX),
        })
    }

    /// Whether the interval lies on one side of `value`; without an interval it never does.
    #[must_use]
    pub fn excludes(&self, value: f64) -> bool {
        self.half_width
            .is_some_and(|half_width| (self.mean - value).abs() > half_width)
    }
}

/// A mean over pairs and half its interval, rounded to be read.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EstimateJson {
    mean: f64,
    half_width: Option<f64>,
    pairs: u32,
}

impl From<Estimate> for EstimateJson {
    fn from(estimate: Estimate) -> Self {
        Self {
            mean: readable(estimate.mean),
            half_width: estimate.half_width.map(readable),
            pairs: estimate.pairs,
        }
    }
}

/// Student's t of at least one degree of freedom.
pub(super) fn students_t(degrees_of_freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees_of_freedom)
        .expect("a location, a scale and degrees of freedom above 0")
}

/// Half the width of an interval of [`CONFIDENCE`], in standard errors.
pub(super) fn reach_in_errors(degrees_of_freedom: f64) -> f64 {
    students_t(degrees_of_freedom).inverse_cdf(f64::midpoint(1.0, CONFIDENCE))
}

/// A quantile of sorted values, linear between order statistics (R's type 7); `None` of none.
pub(crate) fn sorted_quantile(sorted: &[f64], quantile: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = quantile * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}
