//! Random numbers: one seed, many named streams, and the distributions that are drawn from them.
//!
//! There is no global generator. Each purpose has its own stream, so that an added draw in one
//! place changes nothing elsewhere.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_distr::Distribution as _;
use rand_pcg::Pcg32;
use statrs::distribution::{Continuous as _, ContinuousCDF as _};

use crate::units::{Seed, SimSpan};

/// The purpose of a stream of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// When requests of an open load arrive.
    Arrivals,
    /// The CPU and I/O time of a request.
    Service,
    /// The choice of a pod, and the lifetime of a connection.
    Balancing,
    /// The start times of pods, and the order of equal pods.
    Startup,
    /// The phases of housekeeping, scrape and sync, and the jitter of housekeeping.
    Phases,
    /// Noise of measurement and of usage.
    Noise,
    /// The generation of traces.
    Generation,
    /// The think times of the users of a closed load.
    Users,
    /// The pauses of clients before a retry.
    Retries,
    /// The policies that a search tries.
    Search,
    /// The error of the stated cost of a request, and the speed of the machine.
    RequestCost,
}

impl Stream {
    /// Separates the streams. A stream's number never changes, or a seed would give another run.
    fn tag(self) -> u64 {
        match self {
            Self::Arrivals => 1,
            Self::Service => 2,
            Self::Balancing => 3,
            Self::Startup => 4,
            Self::Phases => 5,
            Self::Noise => 6,
            Self::Generation => 7,
            Self::Users => 8,
            Self::Retries => 9,
            Self::Search => 10,
            Self::RequestCost => 11,
        }
    }

    /// The generator of this stream for the `member`-th consumer (a pod, for example).
    ///
    /// The same seed, stream and member give the same numbers, whatever other streams are drawn.
    #[must_use]
    pub fn generator(self, seed: Seed, member: u64) -> Pcg32 {
        Pcg32::seed_from_u64(self.key(seed, member))
    }

    /// The key of this stream for the `member`-th consumer, for [`normal_at`].
    #[must_use]
    pub fn key(self, seed: Seed, member: u64) -> u64 {
        mix(mix(mix(seed.0) ^ self.tag()) ^ member)
    }
}

/// A nearly normal number, with mean 0 and variance 1, that depends on `key` and `counter` alone.
///
/// Hot loops use it: it has no state and no table. It is the sum of eight random bytes, so it lies
/// within 4.9, with the skewness 0 and the kurtosis 2.85 instead of 3.
#[inline]
#[must_use]
pub fn normal_at(key: u64, counter: u64) -> f64 {
    const EVERY_SECOND_BYTE: u64 = 0x00FF_00FF_00FF_00FF;
    const SUM_OF_LANES: u64 = 0x0001_0001_0001_0001;
    // Eight uniform numbers from 0 to 255: the mean of their sum, and its standard deviation,
    // sqrt(8 x (256² - 1) / 12).
    const MEAN: f64 = 1020.0;
    const DEVIATION: f64 = 209.021_529_991_528_34;
    let bits = mix(key ^ counter);
    let pairs = (bits & EVERY_SECOND_BYTE) + ((bits >> 8) & EVERY_SECOND_BYTE);
    let sum = pairs.wrapping_mul(SUM_OF_LANES) >> 48;
    (sum as f64 - MEAN) * (1.0 / DEVIATION)
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): similar inputs give unrelated outputs.
#[inline]
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A distribution of lengths of time. A draw below zero becomes zero.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// A fixed length.
    Constant(SimSpan),
    /// Uniform between `low` and `high`.
    Uniform {
        /// The shortest length.
        low: SimSpan,
        /// The longest length.
        high: SimSpan,
    },
    /// Gaussian; a draw below zero becomes zero.
    Normal {
        /// The mean before the cut at zero.
        mean: SimSpan,
        /// The standard deviation before the cut at zero.
        std_dev: SimSpan,
    },
    /// The logarithm is Gaussian.
    LogNormal {
        /// The median: e to the logarithm's mean.
        median: SimSpan,
        /// The logarithm's standard deviation, at least 0.
        sigma: f64,
    },
    /// Exponential (memoryless).
    Exponential {
        /// The mean.
        mean: SimSpan,
    },
    /// Gamma, by mean and coefficient of variation.
    Gamma {
        /// The mean.
        mean: SimSpan,
        /// Standard deviation divided by mean, above 0.
        cv: f64,
    },
    /// Heavy-tailed: P(X > x) = (minimum / x)^shape.
    Pareto {
        /// The shortest length.
        minimum: SimSpan,
        /// The tail's exponent, above 1 so that the mean is finite.
        shape: f64,
    },
    /// One of the given lengths, each equally likely. The list must not be empty.
    Empirical(Arc<[SimSpan]>),
}

/// z with P(Z <= z) = 0.99 for a standard Gaussian.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// The longest draw: ten years, so that a heavy tail stays in the clock's range.
const LONGEST_DRAW_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

impl Distribution {
    /// A log-normal distribution by its median and its 99th percentile.
    #[must_use]
    pub fn log_normal_by_p99(median: SimSpan, p99: SimSpan) -> Self {
        Self::LogNormal {
            median,
            sigma: (p99.as_secs_f64() / median.as_secs_f64()).ln() / NORMAL_P99,
        }
    }

    /// A log-normal distribution by its mean and its coefficient of variation (standard deviation /
    /// mean).
    #[must_use]
    pub fn log_normal_by_mean(mean: SimSpan, cv: f64) -> Self {
        let variance = cv.mul_add(cv, 1.0).ln();
        Self::LogNormal {
            median: SimSpan::from_secs_f64(mean.as_secs_f64() / (variance / 2.0).exp()),
            sigma: variance.sqrt(),
        }
    }

    /// The mean of the draws, in seconds.
    #[must_use]
    pub fn mean_seconds(&self) -> f64 {
        match self {
            Self::Constant(span) => span.as_secs_f64(),
            Self::Uniform { low, high } => f64::midpoint(low.as_secs_f64(), high.as_secs_f64()),
            Self::Normal { mean, std_dev } => cut_normal(*mean, *std_dev).mean,
            Self::Exponential { mean } | Self::Gamma { mean, .. } => mean.as_secs_f64(),
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma * sigma / 2.0).exp(),
            Self::Pareto { minimum, shape } => minimum.as_secs_f64() * shape / (shape - 1.0),
            Self::Empirical(spans) => {
                // The sum may exceed the range of one span.
                let nanos: i128 = spans.iter().map(|span| i128::from(span.as_nanos())).sum();
                nanos as f64 / 1e9 / spans.len() as f64
            }
        }
    }

    /// The coefficient of variation: standard deviation divided by mean; 0 where the mean is 0.
    #[must_use]
    pub fn coefficient_of_variation(&self) -> f64 {
        let mean = self.mean_seconds();
        if mean <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Constant(_) => 0.0,
            Self::Uniform { low, high } => {
                (high.as_secs_f64() - low.as_secs_f64()) / 12.0_f64.sqrt() / mean
            }
            Self::Normal {
                mean: before,
                std_dev,
            } => cut_normal(*before, *std_dev).std_dev / mean,
            Self::LogNormal { sigma, .. } => ((sigma * sigma).exp() - 1.0).sqrt(),
            Self::Exponential { .. } => 1.0,
            Self::Gamma { cv, .. } => *cv,
            Self::Pareto { shape, .. } if *shape <= 2.0 => f64::INFINITY,
            Self::Pareto { shape, .. } => 1.0 / (shape * (shape - 2.0)).sqrt(),
            Self::Empirical(spans) => {
                let variance = spans
                    .iter()
                    .map(|span| (span.as_secs_f64() - mean).powi(2))
                    .sum::<f64>()
                    / spans.len() as f64;
                variance.sqrt() / mean
            }
        }
    }

    /// The distribution of `factor` times a draw; `factor` is above 0. Lengths are rounded to the nanosecond, and none above 0
    /// becomes 0.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scaled = |span: &SimSpan| {
            let least = SimSpan::from_nanos(i64::from(*span > SimSpan::ZERO));
            SimSpan::from_secs_f64(span.as_secs_f64() * factor).max(least)
        };
        match self {
            Self::Constant(span) => Self::Constant(scaled(span)),
            Self::Uniform { low, high } => Self::Uniform {
                low: scaled(low),
                high: scaled(high),
            },
            Self::Normal { mean, std_dev } => Self::Normal {
                mean: scaled(mean),
                std_dev: scaled(std_dev),
            },
            Self::LogNormal { median, sigma } => Self::LogNormal {
                median: scaled(median),
                sigma: *sigma,
            },
            Self::Exponential { mean } => Self::Exponential { mean: scaled(mean) },
            Self::Gamma { mean, cv } => Self::Gamma {
                mean: scaled(mean),
                cv: *cv,
            },
            Self::Pareto { minimum, shape } => Self::Pareto {
                minimum: scaled(minimum),
                shape: *shape,
            },
            Self::Empirical(spans) => Self::Empirical(spans.iter().map(scaled).collect()),
        }
    }

    /// One draw, rounded to the nanosecond.
    #[must_use]
    pub fn sample(&self, generator: &mut Pcg32) -> SimSpan {
        match self {
            Self::Constant(span) => *span,
            _ => SimSpan::from_secs_f64(self.sample_seconds(generator)),
        }
    }

    /// A lower bound of all draws.
    #[must_use]
    pub fn least(&self) -> SimSpan {
        match self {
            Self::Constant(span) => *span,
            Self::Uniform { low, .. } => *low,
            Self::Pareto { minimum, .. } => *minimum,
            Self::Empirical(spans) => spans.iter().copied().min().unwrap_or(SimSpan::ZERO),
            Self::Normal { std_dev, mean } if *std_dev == SimSpan::ZERO => *mean,
            Self::LogNormal { median, sigma } if *sigma <= 0.0 => *median,
            Self::Normal { .. }
            | Self::LogNormal { .. }
            | Self::Exponential { .. }
            | Self::Gamma { .. } => SimSpan::ZERO,
        }
    }

    /// A draw of the residual life: the rest of the length that is under way at a random moment of
    /// a renewal process.
    ///
    /// A long length covers the random moment more often than a short one. So this is a uniform
    /// share of a draw that is weighted by its length (Cox, "Renewal Theory", 1962, 5.4). Its mean
    /// is half the mean times (1 + CV²).
    #[must_use]
    pub fn sample_rest(&self, generator: &mut Pcg32) -> SimSpan {
        if self.mean_seconds() <= 0.0 {
            return SimSpan::ZERO;
        }
        let share: f64 = generator.random();
        let met = self
            .sample_met_seconds(generator)
            .clamp(0.0, LONGEST_DRAW_SECONDS);
        SimSpan::from_secs_f64(share * met)
    }

    /// A draw weighted by its length, in seconds; in closed form where the family has one.
    fn sample_met_seconds(&self, generator: &mut Pcg32) -> f64 {
        match self {
            Self::Constant(span) => span.as_secs_f64(),
            Self::LogNormal { sigma, .. } => self.sample_seconds(generator) * (sigma * sigma).exp(),
            Self::Exponential { mean } => Self::Gamma {
                mean: *mean * 2,
                cv: 0.5_f64.sqrt(),
            }
            .sample_seconds(generator),
            Self::Gamma { mean, cv } => {
                // Weighting by length adds one to the shape and keeps the scale.
                let shape = 1.0 / (cv * cv);
                let scale = mean.as_secs_f64() / shape;
                rand_distr::Gamma::new(shape + 1.0, scale)
                    .map_or(0.0, |gamma| gamma.sample(generator))
            }
            Self::Pareto { minimum, shape } => {
                let survival: f64 = 1.0 - generator.random::<f64>();
                minimum.as_secs_f64() * survival.powf(-1.0 / (shape - 1.0))
            }
            Self::Uniform { high, .. } => self.accepted(high.as_secs_f64(), generator),
            Self::Normal { mean, std_dev } => {
                let far = mean.as_secs_f64() + 8.0 * std_dev.as_secs_f64();
                self.accepted(far, generator)
            }
            Self::Empirical(spans) => {
                let longest = spans.iter().copied().max().unwrap_or(SimSpan::ZERO);
                self.accepted(longest.as_secs_f64(), generator)
            }
        }
    }

    /// A draw weighted by its length, in seconds, by rejection: a draw is accepted with the
    /// probability draw / `longest`.
    fn accepted(&self, longest: f64, generator: &mut Pcg32) -> f64 {
        loop {
            let drawn = self.sample_seconds(generator);
            if generator.random::<f64>() * longest < drawn {
                return drawn;
            }
        }
    }

    /// One draw in nanoseconds, not rounded. Faster than [`Distribution::sample`], for the hot loop
    /// of the request engine.
    #[must_use]
    #[inline]
    pub fn sample_nanos(&self, generator: &mut Pcg32) -> f64 {
        match self {
            Self::Constant(span) => span.as_nanos() as f64,
            Self::Exponential { mean } => {
                let unit: f64 = rand_distr::Exp1.sample(generator);
                unit * mean.as_nanos() as f64
            }
            _ => self.sample_seconds(generator) * 1e9,
        }
    }

    fn sample_seconds(&self, generator: &mut Pcg32) -> f64 {
        let seconds = match self {
            Self::Constant(span) => span.as_secs_f64(),
            Self::Uniform { low, high } => {
                let share: f64 = generator.random();
                share.mul_add(high.as_secs_f64() - low.as_secs_f64(), low.as_secs_f64())
            }
            Self::Normal { mean, std_dev } => {
                let z: f64 = rand_distr::StandardNormal.sample(generator);
                z.mul_add(std_dev.as_secs_f64(), mean.as_secs_f64())
            }
            Self::LogNormal { median, sigma } => {
                let z: f64 = rand_distr::StandardNormal.sample(generator);
                median.as_secs_f64() * (sigma * z).exp()
            }
            Self::Exponential { mean } => {
                let unit: f64 = rand_distr::Exp1.sample(generator);
                unit * mean.as_secs_f64()
            }
            Self::Gamma { mean, cv } => {
                let shape = 1.0 / (cv * cv);
                let scale = mean.as_secs_f64() / shape;
                rand_distr::Gamma::new(shape, scale).map_or(0.0, |gamma| gamma.sample(generator))
            }
            Self::Pareto { minimum, shape } => {
                let survival: f64 = 1.0 - generator.random::<f64>();
                minimum.as_secs_f64() * survival.powf(-1.0 / shape)
            }
            Self::Empirical(spans) => spans[generator.random_range(0..spans.len())].as_secs_f64(),
        };
        seconds.clamp(0.0, LONGEST_DRAW_SECONDS)
    }
}

/// Mean and standard deviation in seconds.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    std_dev: f64,
}

/// The moments of max(0, X), where X is Gaussian with these parameters (Greene, "Econometric
/// Analysis", censored normal variables).
fn cut_normal(mean: SimSpan, std_dev: SimSpan) -> Moments {
    let (mean, std_dev) = (mean.as_secs_f64(), std_dev.as_secs_f64());
    if std_dev <= 0.0 {
        let mean = mean.max(0.0);
        return Moments { mean, std_dev: 0.0 };
    }
    let standard = statrs::distribution::Normal::standard();
    let at = mean / std_dev;
    let (above, density) = (standard.cdf(at), standard.pdf(at));
    let cut_mean = mean * above + std_dev * density;
    let square = (mean * mean + std_dev * std_dev) * above + mean * std_dev * density;
    Moments {
        mean: cut_mean,
        std_dev: (square - cut_mean * cut_mean).max(0.0).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<Distribution> {
        let second = SimSpan::from_secs(1);
        vec![
            Distribution::Constant(second),
            Distribution::Uniform {
                low: SimSpan::ZERO,
                high: SimSpan::from_secs(2),
            },
            Distribution::Normal {
                mean: second,
                std_dev: SimSpan::from_millis(100),
            },
            // A third of the draws are cut: the mean is 1.4 s.
            Distribution::Normal {
                mean: second,
                std_dev: SimSpan::from_secs(2),
            },
            Distribution::log_normal_by_mean(second, 1.0),
            Distribution::log_normal_by_p99(second, SimSpan::from_secs(3)),
            Distribution::Exponential { mean: second },
            Distribution::Gamma {
                mean: second,
                cv: 0.5,
            },
            Distribution::Pareto {
                minimum: second,
                shape: 4.0,
            },
            Distribution::Empirical([second, SimSpan::from_secs(3)].into()),
        ]
    }

    #[test]
    fn draws_have_the_mean_and_the_variation_that_the_distribution_states() {
        for distribution in cases() {
            let mut generator = Stream::Generation.generator(Seed(7), 0);
            let draws: Vec<f64> = (0..200_000)
                .map(|_| distribution.sample(&mut generator).as_secs_f64())
                .collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance =
                draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            let stated_mean = distribution.mean_seconds();
            let stated_cv = distribution.coefficient_of_variation();
            assert!(
                (mean / stated_mean - 1.0).abs() < 0.02,
                "{distribution:?}: mean {mean}, stated {stated_mean}"
            );
            assert!(
                (variance.sqrt() / mean - stated_cv).abs() < 0.05,
                "{distribution:?}: cv {}, stated {stated_cv}",
                variance.sqrt() / mean
            );
        }
    }

    #[test]
    fn a_scaled_distribution_has_the_mean_times_the_factor_and_the_same_variation() {
        for distribution in cases() {
            let scaled = distribution.scaled(1.5);
            let ratio = scaled.mean_seconds() / distribution.mean_seconds();
            assert!((ratio - 1.5).abs() < 1e-6, "{distribution:?}: {ratio}");
            let (before, after) = (
                distribution.coefficient_of_variation(),
                scaled.coefficient_of_variation(),
            );
            assert!((before - after).abs() < 1e-6, "{distribution:?}");
        }
    }

    #[test]
    fn numbers_by_counter_have_the_moments_of_a_normal_number() {
        let key = Stream::Noise.key(Seed(3), 7);
        let count = 1_000_000;
        // Times of readings grow by seconds, in nanoseconds.
        let numbers = (0..count).map(|n| normal_at(key, n * 1_000_000_007));
        let mut sums = [0.0; 4];
        let mut product = 0.0;
        let mut last = 0.0;
        for z in numbers {
            for (power, sum) in (1..).zip(&mut sums) {
                *sum += z.powi(power) / count as f64;
            }
            product += z * last / count as f64;
            last = z;
        }
        // Four standard errors of each sum.
        for (index, (expected, error)) in [(0.0, 0.004), (1.0, 0.006), (0.0, 0.016), (2.85, 0.04)]
            .into_iter()
            .enumerate()
        {
            assert!(
                (sums[index] - expected).abs() < error,
                "{index}: {}",
                sums[index]
            );
        }
        assert!(product.abs() < 0.004, "neighbours correlate: {product}");
    }

    #[test]
    fn the_99th_percentile_of_a_log_normal_is_the_one_given() {
        let distribution =
            Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(5));
        let mut generator = Stream::Startup.generator(Seed(1), 0);
        let beyond = (0..100_000)
            .filter(|_| distribution.sample(&mut generator) > SimSpan::from_secs(5))
            .count();
        assert!(
            (800..1200).contains(&beyond),
            "{beyond} of 100,000 beyond the p99"
        );
    }

    #[test]
    fn the_mean_of_many_long_values_is_their_mean() {
        let year = SimSpan::from_secs(366 * 86_400);
        let years = Distribution::Empirical(vec![year; 1000].into());
        assert!((years.mean_seconds() - year.as_secs_f64()).abs() < 1e-3);
    }

    #[test]
    fn no_draw_leaves_the_range_of_the_clock() {
        let heavy = Distribution::LogNormal {
            median: SimSpan::from_secs(1_000_000),
            sigma: 50.0,
        };
        let mut generator = Stream::Startup.generator(Seed(1), 0);
        let longest = (0..1000).map(|_| heavy.sample(&mut generator)).max();
        assert_eq!(longest, Some(SimSpan::from_secs(10 * 366 * 86_400)));
    }

    #[test]
    fn streams_and_members_are_unrelated() {
        let first: u64 = Stream::Noise.generator(Seed(1), 0).random();
        let of_another_member: u64 = Stream::Noise.generator(Seed(1), 1).random();
        let of_another_stream: u64 = Stream::Phases.generator(Seed(1), 0).random();
        let again: u64 = Stream::Noise.generator(Seed(1), 0).random();
        assert_eq!(first, again);
        assert_ne!(first, of_another_member);
        assert_ne!(first, of_another_stream);
    }

    #[test]
    fn residual_life_has_the_mean_of_renewal_theory() {
        for distribution in cases() {
            let mut generator = Stream::Generation.generator(Seed(9), 0);
            let draws = 200_000;
            let sum: f64 = (0..draws)
                .map(|_| distribution.sample_rest(&mut generator).as_secs_f64())
                .sum();
            let cv = distribution.coefficient_of_variation();
            let expected = distribution.mean_seconds() * (1.0 + cv * cv) / 2.0;
            let mean = sum / f64::from(draws);
            assert!(
                (mean / expected - 1.0).abs() < 0.03,
                "{distribution:?}: {mean}, not {expected}"
            );
        }
    }

    #[test]
    fn no_draw_is_below_the_lower_bound() {
        for distribution in cases() {
            let mut generator = Stream::Generation.generator(Seed(5), 0);
            let least = distribution.least();
            assert!((0..10_000).all(|_| distribution.sample(&mut generator) >= least));
        }
    }
}
