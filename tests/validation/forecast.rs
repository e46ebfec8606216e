//! A recorded run simulated over many seeds, and the error of the simulation.
//!
//! The error is that of the replicas at the recorded moments.

use std::path::Path;

use hpasim::control::Decided;
use hpasim::files::FileLoader;
use hpasim::results::forecast::{ForecastMoment, ForecastScale, ForecastScore, forecast_score};
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
    pub(crate) fn moments(&self, samples: &[Sample]) -> Vec<ForecastMoment> {
        let moment = |recorded: &Sample| {
            let seconds = self.lead_in_seconds + recorded.seconds;
            let seeds = self.runs.iter().map(|run| run.at(seconds)).collect();
            ForecastMoment::new(recorded.seconds, recorded.replicas, seeds).expect("a seed")
        };
        samples.iter().map(moment).collect()
    }
}

/// How well a forecast fits, at the moments of one recording.
pub(crate) fn score(moments: &[ForecastMoment]) -> ForecastScore {
    forecast_score(moments, ForecastScale::Count).expect("a recorded moment")
}
