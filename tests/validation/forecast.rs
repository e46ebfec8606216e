//! A recorded run simulated over many seeds, and the error of the simulation.
//!
//! The error is that of the replicas at the recorded moments.

use std::path::Path;

use hpasim::control::Decided;
use hpasim::files::FileLoader;
use hpasim::results::{KpiObserver, Kpis};
use hpasim::scenario::{Engine, LoadRequest, Loaded, load};
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Seed, SimTime};

use super::recording::Sample;

/// The number of seeds in a forecast.
pub(crate) const SEEDS: u64 = 20;

/// The simulation of a recorded run.
#[derive(Clone, Debug)]
pub(crate) struct Forecast {
    pub(crate) policy: &'static str,
    pub(crate) trace: &'static str,
    pub(crate) engine: Engine,
    /// The part of the trace before the recording's time 0.
    pub(crate) lead_in_seconds: f64,
    /// Settings, as for `--set`.
    pub(crate) set: Vec<String>,
}

/// `spec.replicas` over time.
struct Replicas(Vec<(SimTime, f64)>);

impl Observer for Replicas {
    fn decided(&mut self, decision: &Decided<'_>) {
        let desired = f64::from(decision.desired.0);
        self.0.push((decision.time, desired));
    }
}

impl Replicas {
    fn at(&self, seconds: f64) -> f64 {
        let time = SimTime::from_secs_f64(seconds);
        let decided = self.0.partition_point(|(at, _)| *at <= time);
        self.0[decided - 1].1
    }
}

/// The replicas of all seeds at one recorded moment.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) recorded: Sample,
    /// Replicas, one value per seed, sorted.
    pub(crate) seeds: Vec<f64>,
}

impl Moment {
    /// The quantile `share` of the seeds, interpolated linearly.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let place = share * (self.seeds.len() - 1) as f64;
        let (below, above) = (place.floor(), place.ceil());
        let (low, high) = (self.seeds[below as usize], self.seeds[above as usize]);
        low + (high - low) * (place - below)
    }

    /// |a - b|, mean over all pairs of seeds.
    fn mean_difference(&self) -> f64 {
        let count = self.seeds.len() as f64;
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

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// The error of a forecast, in replicas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score {
    /// |median of the seeds - recorded|, mean over the recorded moments.
    pub(crate) of_median: f64,
    /// |seed - recorded|, mean over the moments and the seeds.
    pub(crate) of_seeds: f64,
    /// median of the seeds - recorded, mean over the moments; positive if the simulation has too
    /// many.
    pub(crate) bias: f64,
    /// Share of the moments at which the recorded number is within the p10..p90 of the seeds.
    pub(crate) within_band: f64,
    /// |seed - another seed|, mean over the moments and all pairs: the noise of the simulation itself.
    pub(crate) seed_to_seed: f64,
}

impl Forecast {
    /// The checked inputs.
    pub(crate) fn load(&self) -> Loaded {
        let in_folder = |file: &str| Path::new("tests/validation").join(file);
        let (policy, trace) = (in_folder(self.policy), in_folder(self.trace));
        let request = LoadRequest {
            set: &self.set,
            engine: Some(self.engine),
            ..LoadRequest::new(&policy, &trace)
        };
        load(request, &mut FileLoader).unwrap_or_else(|faults| panic!("{}: {faults}", self.policy))
    }

    /// The replicas of all seeds at the moments of `samples`.
    pub(crate) fn moments(&self, samples: &[Sample]) -> Vec<Moment> {
        let loaded = self.load();
        let at_start = f64::from(loaded.scenario.deployment.replicas.0);
        let runs: Vec<Replicas> = (1..=SEEDS)
            .map(|seed| {
                let mut replicas = Replicas(vec![(SimTime::ZERO, at_start)]);
                simulate_observed(&loaded.scenario, loaded.engine, Seed(seed), &mut replicas);
                replicas
            })
            .collect();
        samples
            .iter()
            .map(|recorded| {
                let mut seeds: Vec<f64> = runs
                    .iter()
                    .map(|run| run.at(self.lead_in_seconds + recorded.seconds))
                    .collect();
                seeds.sort_by(f64::total_cmp);
                Moment {
                    recorded: *recorded,
                    seeds,
                }
            })
            .collect()
    }
}

impl Forecast {
    /// The median over the seeds of one figure of a run.
    pub(crate) fn median_of(&self, figure: fn(&Kpis) -> Option<f64>) -> f64 {
        let loaded = self.load();
        let mut figures: Vec<f64> = (1..=SEEDS)
            .map(|seed| {
                let mut kpis = KpiObserver::new(&loaded.scenario);
                simulate_observed(&loaded.scenario, loaded.engine, Seed(seed), &mut kpis);
                figure(&kpis.finish()).expect("a run with requests")
            })
            .collect();
        figures.sort_by(f64::total_cmp);
        f64::midpoint(figures[figures.len() / 2], figures[(figures.len() - 1) / 2])
    }
}

/// The error of a forecast.
pub(crate) fn score(moments: &[Moment]) -> Score {
    let mean = |value: &dyn Fn(&Moment) -> f64| {
        moments.iter().map(value).sum::<f64>() / moments.len() as f64
    };
    Score {
        of_median: mean(&|moment| (moment.median() - moment.recorded.replicas).abs()),
        of_seeds: mean(&|moment| {
            let off = moment
                .seeds
                .iter()
                .map(|seed| (seed - moment.recorded.replicas).abs());
            off.sum::<f64>() / moment.seeds.len() as f64
        }),
        bias: mean(&|moment| moment.median() - moment.recorded.replicas),
        within_band: mean(&|moment| {
            let recorded = moment.recorded.replicas;
            let inside = (moment.quantile(0.1)..=moment.quantile(0.9)).contains(&recorded);
            f64::from(u8::from(inside))
        }),
        seed_to_seed: mean(&Moment::mean_difference),
    }
}
