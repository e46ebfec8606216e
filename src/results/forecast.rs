//! How well the runs of many seeds forecast what was recorded.
//!
//! The scores are those of `docs/validation.md` and of `hpasim backtest`.

use super::statistics::sorted_quantile;
use crate::kpi::SeedFold;

/// The values of all seeds at one recorded moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastMoment {
    /// The time, in seconds.
    pub seconds: f64,
    /// The recorded value.
    pub recorded: f64,
    /// One value per seed, sorted; not empty.
    seeds: Vec<f64>,
}

/// What the values of a forecast are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForecastScale {
    /// Things that are counted: values within half of one are equal.
    Count,
    /// Numbers that are equal only by chance.
    Continuous,
}

impl ForecastScale {
    const fn equal_within(self) -> f64 {
        match self {
            Self::Count => 0.5,
            Self::Continuous => 0.0,
        }
    }
}

impl ForecastMoment {
    /// The moment with these values of the seeds; `None` without any.
    #[must_use]
    pub fn new(seconds: f64, recorded: f64, mut seeds: Vec<f64>) -> Option<Self> {
        seeds.retain(|value| !value.is_nan());
        seeds.sort_by(f64::total_cmp);
        (!seeds.is_empty()).then_some(Self {
            seconds,
            recorded,
            seeds,
        })
    }

    /// The quantile `share` of the seeds, interpolated linearly.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        sorted_quantile(&self.seeds, share).unwrap_or(f64::NAN)
    }

    /// The median of the seeds.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(SeedFold::MEDIAN.quantile)
    }

    /// |a - b|, mean over all pairs of seeds; 0 of a single seed.
    fn mean_difference(&self) -> f64 {
        let count = self.seeds.len() as f64;
        if self.seeds.len() < 2 {
            return 0.0;
        }
        // In sorted order, a value is added once for each value below it and subtracted once for
        // each above.
        let sum: f64 = self
            .seeds
            .iter()
            .enumerate()
            .map(|(place, seed)| seed * (2.0 * place as f64 - (count - 1.0)))
            .sum();
        sum / (count * (count - 1.0) / 2.0)
    }

    /// The share of the transform's interval [P(seed < recorded), P(seed <= recorded)] that lies between 0.1 and 0.9.
    ///
    /// It is the expected value over the random number that the randomised transform would draw.
    fn covered(&self, scale: ForecastScale) -> f64 {
        let within = scale.equal_within();
        let share = |is_counted: &dyn Fn(f64) -> bool| {
            let counted = self.seeds.iter().filter(|seed| is_counted(**seed));
            counted.count() as f64 / self.seeds.len() as f64
        };
        let (recorded, is_count) = (self.recorded, scale == ForecastScale::Count);
        let below = share(&|seed| seed < recorded - within);
        let up_to = share(&|seed| seed < recorded + within || (!is_count && seed <= recorded));
        if up_to <= below {
            return f64::from(u8::from((0.1..=0.9).contains(&below)));
        }
        (up_to.min(0.9) - below.max(0.1)).max(0.0) / (up_to - below)
    }

    /// The mean over the seeds of `value`.
    fn over_seeds(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.seeds.iter().map(|seed| value(*seed)).sum::<f64>() / self.seeds.len() as f64
    }
}

/// How well a forecast fits a recording, in the unit of its values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ForecastScore {
    /// |seed - recorded|, mean over the moments and the seeds.
    pub of_seeds: f64,
    /// The continuous ranked probability score, mean over the moments: the error of a seed minus half of the difference between
    /// seeds (Gneiting and Raftery 2007). Of a forecast without uncertainty it is the error itself.
    pub crps: f64,
    /// How much of the randomised probability integral transform of the recorded numbers lies between 0.1 and 0.9, mean over the
    /// moments; 0.8 of an honest forecast (Czado, Gneiting and Held 2009).
    pub coverage: f64,
    /// The share of the moments at which the seeds are not all equal.
    pub differing: f64,
    /// `coverage` at these moments alone. Where all seeds are equal and right, coverage is 0.8 by definition.
    pub coverage_where_differing: f64,
    /// |median of the seeds - recorded|, mean over the moments.
    pub of_median: f64,
    /// seed - recorded, mean over the moments and the seeds; positive if the simulation has too much.
    pub bias: f64,
    /// |seed - another seed|, mean over the moments and the pairs: the error that chance alone gives.
    pub between_seeds: f64,
    /// |the constant that fits best - recorded|, mean over the moments. That constant is chosen afterwards.
    pub of_best_constant: f64,
}

/// How well a forecast fits; `None` without moments.
#[must_use]
pub fn forecast_score(moments: &[ForecastMoment], scale: ForecastScale) -> Option<ForecastScore> {
    if moments.is_empty() {
        return None;
    }
    let mean = |value: &dyn Fn(&ForecastMoment) -> f64| {
        moments.iter().map(value).sum::<f64>() / moments.len() as f64
    };
    let of_seeds = mean(&|moment| moment.over_seeds(|seed| (seed - moment.recorded).abs()));
    let between_seeds = mean(&ForecastMoment::mean_difference);
    let differ = |moment: &&ForecastMoment| moment.seeds.first() != moment.seeds.last();
    let differing: Vec<&ForecastMoment> = moments.iter().filter(differ).collect();
    let covered: f64 = differing.iter().map(|moment| moment.covered(scale)).sum();
    let recorded: Vec<f64> = moments.iter().map(|moment| moment.recorded).collect();
    Some(ForecastScore {
        differing: differing.len() as f64 / moments.len() as f64,
        coverage_where_differing: covered / differing.len().max(1) as f64,
        of_seeds,
        crps: of_seeds - between_seeds / 2.0,
        coverage: mean(&|moment| moment.covered(scale)),
        of_median: mean(&|moment| (moment.median() - moment.recorded).abs()),
        bias: mean(&|moment| moment.over_seeds(|seed| seed - moment.recorded)),
        between_seeds,
        of_best_constant: error_of_best_constant(&recorded),
    })
}

/// |the constant that fits best - value|, mean over the values: that constant is their median. 0 without values.
#[must_use]
pub fn error_of_best_constant(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(median) = sorted.get(sorted.len() / 2) else {
        return 0.0;
    };
    let off: f64 = sorted.iter().map(|value| (value - median).abs()).sum();
    off / sorted.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(recorded: f64, seeds: &[f64]) -> ForecastMoment {
        ForecastMoment::new(0.0, recorded, seeds.to_vec()).expect("seeds")
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12, "{value}, not {expected}");
    }

    #[test]
    fn the_scores_of_two_moments_by_hand() {
        let moments = [moment(3.0, &[4.0, 2.0, 3.0, 3.0]), moment(5.0, &[6.0; 4])];
        let score = forecast_score(&moments, ForecastScale::Count).expect("moments");
        near(score.of_seeds, f64::midpoint(0.5, 1.0));
        near(score.bias, 0.5);
        near(score.of_median, 0.5);
        // The pairs of the first moment differ by 2, 1, 1, 1, 1 and 0.
        near(score.between_seeds, f64::midpoint(1.0, 0.0));
        near(score.crps, 0.75 - 0.25);
        near(score.differing, 0.5);
        // [0.25, 0.75] lies within 0.1 and 0.9; nothing of the second moment does.
        near(score.coverage, 0.5);
        near(score.coverage_where_differing, 1.0);
        near(score.of_best_constant, 1.0);
    }

    #[test]
    fn without_uncertainty_and_right_the_coverage_of_counts_is_eighty_percent() {
        let score = forecast_score(&[moment(3.0, &[3.0; 9])], ForecastScale::Count);
        near(score.expect("a moment").coverage, 0.8);
    }

    #[test]
    fn a_continuous_number_is_covered_between_the_tenths_of_the_seeds() {
        let seeds: Vec<f64> = (1..=10).map(f64::from).collect();
        for (recorded, covered) in [(0.5, 0.0), (1.5, 1.0), (5.5, 1.0), (9.5, 1.0), (10.5, 0.0)] {
            let score = forecast_score(&[moment(recorded, &seeds)], ForecastScale::Continuous);
            near(score.expect("a moment").coverage, covered);
        }
    }

    #[test]
    fn without_moments_or_seeds_there_is_no_score() {
        assert_eq!(forecast_score(&[], ForecastScale::Count), None);
        assert_eq!(ForecastMoment::new(0.0, 1.0, vec![f64::NAN]), None);
    }
}
