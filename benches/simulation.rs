//! A simulated day: how long the fluid engine takes, syncs, scrapes, decisions and KPIs included.

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use hpasim::results::kpis::{KpiObserver, Kpis};

use hpasim::scenario::{Engine, LoadError, LoadRequest, Loader, Scenario, load};
use hpasim::simulation::{Observer, Provisioning, simulate};
use hpasim::units::Seed;

/// Files of the repository.
struct Shipped;

impl Loader for Shipped {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read(root.join(path)).map_err(|_| LoadError::Missing)
    }
}

struct Nobody;

impl Observer for Nobody {}

fn shipped(policy: &str, trace: &str) -> Scenario {
    let request = LoadRequest {
        policy: Path::new(policy),
        trace: Path::new(trace),
        set: &[],
        from: None,
        to: None,
        engine: None,
    };
    load(request, &mut Shipped)
        .expect("the shipped files are good")
        .scenario
}

fn with_kpis(scenario: &Scenario, seed: Seed) -> Kpis {
    let provisioning = Provisioning::of(scenario);
    let mut observer = KpiObserver::new(scenario, |rps| provisioning.needed(rps));
    simulate(scenario, Engine::Fluid, seed, &mut observer);
    observer.finish()
}

fn one_day(c: &mut Criterion) {
    let scenario = shipped("policies/prod.toml", "traces/diurnal.csv");
    let mut seed = 0;
    c.bench_function("diurnal day under prod, KPIs included", |bencher| {
        bencher.iter(|| {
            seed += 1;
            with_kpis(&scenario, Seed(seed))
        });
    });
    c.bench_function("diurnal day under prod, nobody watching", |bencher| {
        bencher.iter(|| {
            seed += 1;
            simulate(&scenario, Engine::Fluid, Seed(seed), &mut Nobody)
        });
    });
    let mut fixed = scenario;
    fixed.scaler = None;
    c.bench_function("diurnal day without an autoscaler", |bencher| {
        bencher.iter(|| {
            seed += 1;
            simulate(&fixed, Engine::Fluid, Seed(seed), &mut Nobody)
        });
    });
}

criterion_group!(benches, one_day);
criterion_main!(benches);
