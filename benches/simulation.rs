//! A simulated day in the fluid engine, with its syncs, scrapes, decisions and KPIs.

use criterion::{Criterion, criterion_group, criterion_main};
use hpasim::results::kpis::{KpiObserver, Kpis};
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::simulate_observed;
use hpasim::units::Seed;

#[path = "../tests/fixtures/shipped.rs"]
mod shipped;

use shipped::shipped;

fn with_kpis(scenario: &Scenario, seed: Seed) -> Kpis {
    let mut observer = KpiObserver::new(scenario);
    simulate_observed(scenario, Engine::Fluid, seed, &mut observer);
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
            simulate_observed(&scenario, Engine::Fluid, Seed(seed), &mut ())
        });
    });
    let mut fixed = scenario;
    fixed.scaler = None;
    c.bench_function("diurnal day without an autoscaler", |bencher| {
        bencher.iter(|| {
            seed += 1;
            simulate_observed(&fixed, Engine::Fluid, Seed(seed), &mut ())
        });
    });
}

criterion_group!(benches, one_day);
criterion_main!(benches);
