//! A recorded run simulated over many seeds, and the error of the simulation.
//!
//! The error is that of the replicas at the recorded moments.

use std::path::Path;

use hpasim::control::Decided;
use hpasim::files::FileLoader;
use hpasim::results::{KpiObserver, Kpis};
use hpasim::scenario::{
    Engine, LoadError, LoadRequest, Loaded, Loader, MemoryLoader, Scenario, load,
};
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Seed, SimTime};

use super::recording::Sample;

/// The number of seeds in a forecast.
pub(crate) const SEEDS: u64 = 60;

/// The simulation of a recorded run.
#[derive(Clone, Debug)]
pub(crate) struct Forecast {
    pub(crate) policy: &'static str,
    /// A file of this folder, or of `recorded`.
    pub(crate) trace: String,
    /// The traces that are made of recordings.
    pub(crate) recorded: MemoryLoader,
    pub(crate) engine: Engine,
    /// The part of the trace before the recording's time 0.
    pub(crate) lead_in_seconds: f64,
    /// Settings, as for `--set`.
    pub(crate) set: Vec<String>,
}

/// Traces in memory, and the files of this repository.
struct Files(MemoryLoader);

impl Loader for Files {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        self.0.read(path).or_else(|_| FileLoader.read(path))
    }
}

/// `spec.replicas` over time.
pub(crate) struct Replicas(Vec<(SimTime, f64)>);

impl Observer for Replicas {
    fn decided(&mut self, decision: &Decided<'_>) {
        let desired = f64::from(decision.desired.0);
        self.0.push((decision.time, desired));
    }
}

impl Replicas {
    fn at(&self, seconds: f64) -> f64 {
        let time = SimTime::from_secs_f64(seconds.max(0.0));
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

    /// The share of the transform's interval [P(seed < recorded), P(seed <= recorded)] that lies between 0.1 and 0.9.
    ///
    /// It is the expected value over the random number that the randomised transform would draw.
    fn covered(&self) -> f64 {
        let recorded = self.recorded.replicas;
        let share = |is_counted: &dyn Fn(f64) -> bool| {
            let counted = self.seeds.iter().filter(|seed| is_counted(**seed));
            counted.count() as f64 / self.seeds.len() as f64
        };
        let below = share(&|seed| seed < recorded - 0.5);
        let up_to = share(&|seed| seed < recorded + 0.5);
        if up_to <= below {
            return f64::from(u8::from((0.1..=0.9).contains(&below)));
        }
        (up_to.min(0.9) - below.max(0.1)).max(0.0) / (up_to - below)
    }
}

/// How well a forecast fits a recorded run, in replicas.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    /// |seed - recorded|, mean over the moments and the seeds.
    pub(crate) of_seeds: f64,
    /// The continuous ranked probability score, mean over the moments: the error of a seed minus half of the difference between
    /// seeds (Gneiting and Raftery 2007). Of a forecast without uncertainty it is the error itself.
    pub(crate) crps: f64,
    /// How much of the randomised probability integral transform of the recorded numbers lies between 0.1 and 0.9, mean over the
    /// moments; 0.8 of an honest forecast (Czado, Gneiting and Held 2009).
    pub(crate) coverage: f64,
    /// The share of the moments at which the seeds are not all equal.
    pub(crate) differing: f64,
    /// `coverage` at these moments alone. Where all seeds are equal and right, coverage is 0.8 by definition.
    pub(crate) coverage_where_differing: f64,
    /// |median of the seeds - recorded|, mean over the moments.
    pub(crate) of_median: f64,
    /// seed - recorded, mean over the moments and the seeds; positive if the simulation has too many.
    pub(crate) bias: f64,
}

impl Forecast {
    /// The checked inputs.
    pub(crate) fn load(&self) -> Loaded {
        let in_folder = |file: &str| Path::new("tests/validation").join(file);
        let (policy, trace) = (in_folder(self.policy), in_folder(&self.trace));
        let request = LoadRequest {
            set: &self.set,
            engine: Some(self.engine),
            ..LoadRequest::new(&policy, &trace)
        };
        let mut loader = Files(self.recorded.clone());
        load(request, &mut loader).unwrap_or_else(|faults| panic!("{}: {faults}", self.policy))
    }

    /// `spec.replicas` over time in every seed.
    pub(crate) fn runs(&self) -> Runs {
        let loaded = self.load();
        let at_start = f64::from(loaded.scenario.deployment.replicas.0);
        let runs = over_seeds(&loaded, |scenario, seed| {
            let mut replicas = Replicas(vec![(SimTime::ZERO, at_start)]);
            simulate_observed(scenario, loaded.engine, seed, &mut replicas);
            replicas
        });
        Runs {
            lead_in_seconds: self.lead_in_seconds,
            runs,
        }
    }

    /// The median over the seeds of one figure of a run.
    pub(crate) fn median_of(&self, figure: fn(&Kpis) -> Option<f64>) -> f64 {
        let loaded = self.load();
        let mut figures = over_seeds(&loaded, |scenario, seed| {
            let mut kpis = KpiObserver::new(scenario);
            simulate_observed(scenario, loaded.engine, seed, &mut kpis);
            figure(&kpis.finish()).expect("a run with requests")
        });
        figures.sort_by(f64::total_cmp);
        f64::midpoint(figures[figures.len() / 2], figures[(figures.len() - 1) / 2])
    }
}

/// What `simulate` makes of the scenario of every seed, on two threads.
fn over_seeds<T: Send>(loaded: &Loaded, simulate: impl Fn(&Scenario, Seed) -> T + Sync) -> Vec<T> {
    let part = |first: u64| -> Vec<T> {
        let seeds = (first..=SEEDS).step_by(2).map(Seed);
        seeds
            .map(|seed| simulate(&loaded.scenario.for_seed(seed), seed))
            .collect()
    };
    std::thread::scope(|scope| {
        let even = scope.spawn(|| part(2));
        let mut all = part(1);
        all.extend(even.join().expect("the even seeds"));
        all
    })
}

/// The runs of all seeds.
pub(crate) struct Runs {
    lead_in_seconds: f64,
    runs: Vec<Replicas>,
}

impl Runs {
    /// The replicas of all seeds at the moments of `samples`.
    pub(crate) fn moments(&self, samples: &[Sample]) -> Vec<Moment> {
        let moment = |recorded: &Sample| {
            let seconds = self.lead_in_seconds + recorded.seconds;
            let mut seeds: Vec<f64> = self.runs.iter().map(|run| run.at(seconds)).collect();
            seeds.sort_by(f64::total_cmp);
            Moment {
                recorded: *recorded,
                seeds,
            }
        };
        samples.iter().map(moment).collect()
    }
}

/// How well a forecast fits, at the moments of one recording.
pub(crate) fn score(moments: &[Moment]) -> Score {
    let mean = |value: &dyn Fn(&Moment) -> f64| {
        moments.iter().map(value).sum::<f64>() / moments.len() as f64
    };
    let over_seeds = |moment: &Moment, value: &dyn Fn(f64) -> f64| {
        moment.seeds.iter().map(|seed| value(*seed)).sum::<f64>() / moment.seeds.len() as f64
    };
    let of_seeds =
        mean(&|moment| over_seeds(moment, &|seed| (seed - moment.recorded.replicas).abs()));
    let seed_to_seed = mean(&Moment::mean_difference);
    let differ = |moment: &&Moment| moment.seeds.first() != moment.seeds.last();
    let differing: Vec<&Moment> = moments.iter().filter(differ).collect();
    let covered: f64 = differing.iter().map(|moment| moment.covered()).sum();
    Score {
        differing: differing.len() as f64 / moments.len() as f64,
        coverage_where_differing: covered / differing.len().max(1) as f64,
        of_seeds,
        crps: of_seeds - seed_to_seed / 2.0,
        coverage: mean(&Moment::covered),
        of_median: mean(&|moment| (moment.median() - moment.recorded.replicas).abs()),
        bias: mean(&|moment| over_seeds(moment, &|seed| seed - moment.recorded.replicas)),
    }
}
