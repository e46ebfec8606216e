//! The arrival times of an open load: a renewal process in operational time.
//!
//! Operational time is the integral of the rate. Gaps of mean 1 there become arrivals at the
//! trace's rate. If the rate changes within a gap, each rate counts for as long as it holds. For
//! exponential gaps this is exactly the Poisson process of that rate (Çinlar, "Introduction to
//! Stochastic Processes", 1975, 4.7).

use rand_distr::Distribution as _;
use rand_pcg::Pcg32;

use super::clients::Arrivals;
use crate::engine::random::Stream;
use crate::units::{Seed, SimSpan, SimTime};

const NANOS_PER_SECOND: f64 = 1e9;

/// Gaps of mean 1 between arrivals, in operational time.
#[derive(Clone, Copy, Debug)]
enum Gaps {
    Exponential,
    Even,
    Gamma(rand_distr::Gamma<f64>),
}

impl Gaps {
    fn of(arrivals: Arrivals) -> Self {
        match arrivals {
            Arrivals::Poisson => Self::Exponential,
            Arrivals::Even => Self::Even,
            Arrivals::Gamma { cv } => {
                let variance = cv * cv;
                // No policy that loads has a shape that the sampler refuses.
                rand_distr::Gamma::new(1.0 / variance, variance).map_or(Self::Even, Self::Gamma)
            }
        }
    }

    #[inline]
    fn draw(self, generator: &mut Pcg32) -> f64 {
        match self {
            Self::Exponential => rand_distr::Exp1.sample(generator),
            Self::Even => 1.0,
            Self::Gamma(gamma) => gamma.sample(generator),
        }
    }
}

/// The arrivals of an open load, one after the other.
#[derive(Clone, Debug)]
pub struct ArrivalProcess<'t> {
    gaps: Gaps,
    generator: Pcg32,
    times: &'t [SimTime],
    rates: &'t [f64],
    scale: f64,
    row: usize,
    /// Nanoseconds from the start of the row to the last arrival.
    since_row: f64,
    row_length: f64,
    /// Mean nanoseconds between two arrivals; infinite at rate 0.
    spacing: f64,
}

impl<'t> ArrivalProcess<'t> {
    /// Arrivals at `rates` (per second, times `scale`). Each rate holds from its entry of `times`
    /// until the next; the last time is the end.
    #[must_use]
    pub fn new(
        arrivals: Arrivals,
        times: &'t [SimTime],
        rates: &'t [f64],
        scale: f64,
        seed: Seed,
    ) -> Self {
        let mut process = Self {
            gaps: Gaps::of(arrivals),
            generator: Stream::Arrivals.generator(seed, 0),
            times,
            rates,
            scale,
            row: 0,
            since_row: 0.0,
            row_length: 0.0,
            spacing: f64::INFINITY,
        };
        process.enter(0);
        process
    }

    fn enter(&mut self, row: usize) {
        self.row = row;
        self.since_row = 0.0;
        self.row_length = 0.0;
        if let (Some(start), Some(end)) = (self.times.get(row), self.times.get(row + 1)) {
            let rate = self.rates.get(row).copied().unwrap_or(0.0);
            self.row_length = (*end - *start).as_nanos() as f64;
            self.spacing = spacing(rate * self.scale);
        }
    }

    /// The next arrival; `None` after the last.
    #[inline]
    pub fn next_arrival(&mut self) -> Option<SimTime> {
        let gap = self.gaps.draw(&mut self.generator);
        let reached = self.since_row + gap * self.spacing;
        if reached < self.row_length {
            self.since_row = reached;
            return Some(self.times[self.row] + SimSpan::from_nanos((reached + 0.5) as i64));
        }
        self.cross_rows(gap)
    }

    /// Continues a gap beyond the end of its row, at the rates of the rows after it.
    fn cross_rows(&mut self, gap: f64) -> Option<SimTime> {
        let mut rest = gap;
        loop {
            let reached = self.since_row + rest * self.spacing;
            if reached < self.row_length {
                self.since_row = reached;
                return Some(self.times[self.row] + SimSpan::from_nanos((reached + 0.5) as i64));
            }
            rest -= (self.row_length - self.since_row) / self.spacing;
            rest = rest.max(0.0);
            if self.row + 2 >= self.times.len() {
                self.row_length = 0.0;
                return None;
            }
            self.enter(self.row + 1);
        }
    }
}

/// Mean nanoseconds between two arrivals at `rate` per second; infinite at rate 0.
///
/// A rate of -0 would give a negative spacing, and then no arrival would ever leave its row.
fn spacing(rate: f64) -> f64 {
    if rate > 0.0 && rate.is_finite() {
        NANOS_PER_SECOND / rate
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    fn times(arrivals: Arrivals, rows: &[f64], rates: &[f64], seed: u64) -> Vec<f64> {
        let rows: Vec<SimTime> = rows.iter().map(|seconds| at(*seconds)).collect();
        let mut process = ArrivalProcess::new(arrivals, &rows, rates, 1.0, Seed(seed));
        std::iter::from_fn(|| process.next_arrival())
            .map(SimTime::as_secs_f64)
            .collect()
    }

    #[test]
    fn even_arrivals_are_exactly_spaced() {
        let seen = times(Arrivals::Even, &[0.0, 1.1], &[4.0, 4.0], 1);
        assert_eq!(seen, [0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn a_gap_is_served_by_each_rate_for_as_long_as_it_holds() {
        // Half a gap at 1 per second until 0.5 s, no arrivals until 2 s, the other half at 5 per
        // second.
        let seen = times(
            Arrivals::Even,
            &[0.0, 0.5, 2.0, 2.5],
            &[1.0, 0.0, 5.0, 5.0],
            1,
        );
        assert_eq!(seen, [2.1, 2.3]);
    }

    #[test]
    fn rates_that_bring_no_request_bring_none_and_end() {
        let processes = [
            Arrivals::Poisson,
            Arrivals::Even,
            Arrivals::Gamma { cv: 3.0 },
        ];
        let rates = [-0.0, -1.0, 5e-324, 1e-300, f64::NAN, f64::INFINITY];
        for arrivals in processes {
            for rate in rates {
                // The process must reach the next row, with two arrivals per second.
                let seen = times(arrivals, &[0.0, 9.0, 109.0], &[rate, 2.0, 0.0], 1);
                assert!(seen.iter().all(|time| *time >= 9.0), "{arrivals:?} {rate}");
                assert!((50..400).contains(&seen.len()), "{arrivals:?} {rate}");
            }
            let rows = [at(0.0), at(9.0)];
            let mut process = ArrivalProcess::new(arrivals, &rows, &[5.0, 5.0], -0.0, Seed(1));
            assert_eq!(process.next_arrival(), None);
        }
    }

    #[test]
    fn a_load_that_ends_in_silence_ends() {
        assert!(times(Arrivals::Poisson, &[0.0, 9.0], &[0.0, 7.0], 1).is_empty());
    }

    #[test]
    fn poisson_counts_have_the_mean_and_the_variance_of_the_integral_of_the_rate() {
        // 40 arrivals in the first second, 10 in the next two.
        let runs = 4000;
        let counts: Vec<f64> = (0..runs)
            .map(|seed| {
                let arrivals = Arrivals::Poisson;
                times(arrivals, &[0.0, 1.0, 3.0], &[40.0, 5.0, 0.0], seed).len() as f64
            })
            .collect();
        let mean = counts.iter().sum::<f64>() / runs as f64;
        let variance = counts
            .iter()
            .map(|count| (count - mean).powi(2))
            .sum::<f64>()
            / (runs - 1) as f64;
        // 4 standard errors.
        assert!(
            (mean - 50.0).abs() < 4.0 * (50.0 / runs as f64).sqrt(),
            "{mean}"
        );
        assert!(
            (variance / 50.0 - 1.0).abs() < 4.0 * (2.0 / runs as f64).sqrt(),
            "{variance}"
        );
    }

    #[test]
    fn gamma_gaps_have_the_stated_variation() {
        let seen = times(
            Arrivals::Gamma { cv: 2.0 },
            &[0.0, 20_000.0],
            &[5.0, 5.0],
            3,
        );
        let gaps: Vec<f64> = seen.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 0.2).abs() < 0.2 * 0.03, "{mean}");
        assert!((variance.sqrt() / mean - 2.0).abs() < 0.08, "{variance}");
    }
}
