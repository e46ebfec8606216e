//! A simulated day: how long the fluid engine takes, syncs, scrapes and decisions included.

#[path = "../tests/plant/scenarios.rs"]
mod scenarios;

use criterion::{Criterion, criterion_group, criterion_main};
use hpasim::simulation::{Observer, simulate};
use hpasim::units::Seed;

struct Nobody;

impl Observer for Nobody {}

fn one_day(c: &mut Criterion) {
    let scenario = scenarios::prod(scenarios::diurnal());
    let mut seed = 0;
    c.bench_function("diurnal day under prod, nobody watching", |bencher| {
        bencher.iter(|| {
            seed += 1;
            simulate(&scenario, Seed(seed), &mut Nobody)
        });
    });
    let mut fixed = scenarios::fixed(scenarios::diurnal(), 20);
    c.bench_function("diurnal day with 20 fixed pods", |bencher| {
        bencher.iter(|| {
            seed += 1;
            simulate(&fixed, Seed(seed), &mut Nobody)
        });
    });
    fixed.trace = scenarios::constant(100.0, 86_400.0);
    fixed.autoscaler = Some(scenarios::prod_autoscaler());
    c.bench_function("constant day under prod", |bencher| {
        bencher.iter(|| {
            seed += 1;
            simulate(&fixed, Seed(seed), &mut Nobody)
        });
    });
}

criterion_group!(benches, one_day);
criterion_main!(benches);
