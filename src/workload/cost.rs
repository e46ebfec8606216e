//! What nobody knows of the cost of a request before a run: the error of its estimate, and the speed of the machine.

use rand_distr::Distribution as _;

use crate::engine::random::Stream;
use crate::units::Seed;

/// The uncertainty of the cost of a request: keys `standard_error` and `machine` of `workload.cpu_per_request`.
///
/// Each seed draws one error of the estimate and one machine, and keeps both for its whole run. Seeds then differ as
/// clusters differ of which only the probe is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CostUncertainty {
    /// The standard error of the mean cost, in core-seconds; 0 where the mean is exact.
    pub standard_error_seconds: f64,
    /// The standard deviation of the logarithm of a machine's speed; 0 where every machine is the machine of the probe.
    pub machine: f64,
}

/// The cost of one seed, as factors on the stated cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnCost {
    /// The true mean by the estimated mean, above 0.
    pub estimate: f64,
    /// How much longer this machine computes than the machine of the probe, above 0.
    pub machine: f64,
}

impl CostUncertainty {
    /// Whether every seed has the stated cost.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The factors of `seed` for a cost of `mean_seconds` (core-seconds, above 0).
    ///
    /// The estimate has a normal error, drawn again while it would make the cost zero or less. The machine's factor is
    /// log-normal with median 1. The same seed has the same two standard normal numbers under every policy.
    #[must_use]
    pub fn draw(&self, mean_seconds: f64, seed: Seed) -> DrawnCost {
        let mut generator = Stream::Cost.generator(seed, 0);
        let mut normal = || -> f64 { rand_distr::StandardNormal.sample(&mut generator) };
        let machine = (self.machine * normal()).exp();
        let relative = self.standard_error_seconds / mean_seconds;
        let estimate = loop {
            let estimate = relative.mul_add(normal(), 1.0);
            if estimate > 0.0 {
                break estimate;
            }
        };
        DrawnCost { estimate, machine }
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
            machine: 0.2,
        };
        let drawn: Vec<DrawnCost> = (0..20_000)
            .map(|seed| uncertainty.draw(0.02, Seed(seed)))
            .collect();
        let estimates: Vec<f64> = drawn.iter().map(|it| it.estimate).collect();
        let machines: Vec<f64> = drawn.iter().map(|it| it.machine.ln()).collect();
        // The standard errors of 20,000 draws are 0.7 % of the standard deviations, and 0.5 % of those of the deviations.
        let (mean, deviation) = moments(&estimates);
        assert!((mean - 1.0).abs() < 0.003 && (deviation - 0.1).abs() < 0.002);
        let (mean, deviation) = moments(&machines);
        assert!(mean.abs() < 0.006 && (deviation - 0.2).abs() < 0.004);
    }

    #[test]
    fn without_uncertainty_every_factor_is_one() {
        let drawn = CostUncertainty::default().draw(0.02, Seed(7));
        assert_eq!((drawn.estimate, drawn.machine), (1.0, 1.0));
    }

    #[test]
    fn an_error_as_large_as_the_estimate_never_makes_a_request_free() {
        let uncertainty = CostUncertainty {
            standard_error_seconds: 0.02,
            machine: 0.0,
        };
        for seed in 0..1000 {
            assert!(uncertainty.draw(0.02, Seed(seed)).estimate > 0.0);
        }
    }
}
