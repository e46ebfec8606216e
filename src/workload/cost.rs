//! The uncertainty of the cost of a request: the error of its estimate, and the speed of the machine.

use rand_distr::Distribution as _;

use crate::engine::random::Stream;
use crate::units::Seed;

/// The keys `standard_error` and `machine` of `workload.cpu_per_request`.
///
/// Each seed draws one error of the estimate and one machine, and keeps both for its whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CostUncertainty {
    /// The standard error of the mean cost, in core-seconds; 0 if the mean is exact.
    pub standard_error_seconds: f64,
    /// The standard deviation of the logarithm of the machines' speed; 0 if all machines have one speed.
    pub machine_deviation: f64,
}

/// The cost of one seed, as factors on the stated cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnCost {
    /// The true mean by the estimated mean, above 0.
    pub estimate_factor: f64,
    /// How many times as long this machine computes as the machine of the stated cost, above 0.
    pub machine_factor: f64,
}

impl CostUncertainty {
    /// The greatest standard error, as a share of the mean. Then 2 % of the normal errors are below 0 and drawn again,
    /// which raises the mean cost by 3 %.
    pub const ERROR_BY_MEAN_MAX: f64 = 0.5;

    /// Whether every seed has the stated cost.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The factors of `seed` for a cost of `mean_seconds` (core-seconds, above 0).
    ///
    /// The estimate has a normal error, drawn again while it would make the cost zero or less. The machine's factor is
    /// log-normal with median 1, and the same under every policy.
    #[must_use]
    pub fn draw(&self, mean_seconds: f64, seed: Seed) -> DrawnCost {
        let mut generator = Stream::RequestCost.generator(seed, 0);
        let mut normal = || -> f64 { rand_distr::StandardNormal.sample(&mut generator) };
        let machine_factor = (self.machine_deviation * normal()).exp();
        let relative = self.standard_error_seconds / mean_seconds;
        let estimate_factor = loop {
            let factor = relative.mul_add(normal(), 1.0);
            if factor > 0.0 {
                break factor;
            }
        };
        DrawnCost {
            estimate_factor,
            machine_factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and standard deviation of `values`.
    fn moments(values: &[f64]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / count;
        (mean, variance.sqrt())
    }

    #[test]
    fn seeds_stray_by_the_standard_error_and_by_the_machine() {
        let uncertainty = CostUncertainty {
            standard_error_seconds: 0.002,
            machine_deviation: 0.2,
        };
        let drawn: Vec<DrawnCost> = (0..20_000)
            .map(|seed| uncertainty.draw(0.02, Seed(seed)))
            .collect();
        let estimates: Vec<f64> = drawn.iter().map(|it| it.estimate_factor).collect();
        let machines: Vec<f64> = drawn.iter().map(|it| it.machine_factor.ln()).collect();
        // The standard errors of 20,000 draws are 0.7 % of the standard deviations, and 0.5 % of those of the deviations.
        let (mean, deviation) = moments(&estimates);
        assert!((mean - 1.0).abs() < 0.003 && (deviation - 0.1).abs() < 0.002);
        let (mean, deviation) = moments(&machines);
        assert!(mean.abs() < 0.006 && (deviation - 0.2).abs() < 0.004);
    }

    #[test]
    fn without_uncertainty_every_factor_is_one() {
        let drawn = CostUncertainty::default().draw(0.02, Seed(7));
        assert!((drawn.estimate_factor - 1.0).abs() < 1e-15);
        assert!((drawn.machine_factor - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_greatest_error_never_makes_a_request_free_and_moves_the_mean_by_three_percent() {
        let uncertainty = CostUncertainty {
            standard_error_seconds: 0.02 * CostUncertainty::ERROR_BY_MEAN_MAX,
            machine_deviation: 0.0,
        };
        let factors: Vec<f64> = (0..20_000)
            .map(|seed| uncertainty.draw(0.02, Seed(seed)).estimate_factor)
            .collect();
        assert!(factors.iter().all(|factor| *factor > 0.0));
        let (mean, _) = moments(&factors);
        assert!((mean - 1.028).abs() < 0.012, "{mean}");
    }
}
