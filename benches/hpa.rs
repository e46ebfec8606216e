//! One decision: replica calculation and normalisation, with the `behavior` of the prod policy.
//!
//! Every iteration has other samples at a later time, and the scale follows the decisions. So the
//! time includes rescales, rate limits and the memory.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

#[path = "../tests/fixtures/decision_load.rs"]
mod decision_load;

use decision_load::{DecisionLoad, Mix};
use hpasim::control::hpa::HpaScaler;
use hpasim::units::SimTime;

fn decisions(criterion: &mut Criterion) {
    for (name, mix) in [
        ("all_ready", Mix::AllReady),
        ("mixed", Mix::FifthUnreadyFifthMissing),
    ] {
        let mut group = criterion.benchmark_group(format!("hpa_decision/{name}"));
        for pods in [10, 50, 1_000] {
            group.throughput(Throughput::Elements(1));
            group.bench_with_input(
                BenchmarkId::from_parameter(pods),
                &pods,
                |bencher, &pods| {
                    let mut load = DecisionLoad::new(pods, mix);
                    bencher.iter(|| black_box(load.next_decision()));
                },
            );
        }
        group.finish();
    }
}

/// The same decisions through the trait [`hpasim::control::Autoscaler`].
fn wakes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hpa_wake/all_ready");
    for pods in [10, 50, 1_000] {
        group.throughput(Throughput::Elements(1));
        group.bench_with_input(
            BenchmarkId::from_parameter(pods),
            &pods,
            |bencher, &pods| {
                let mut load = DecisionLoad::new(pods, Mix::AllReady);
                let hpa = load.hpa();
                let mut scaler = HpaScaler::new(&hpa, SimTime::ZERO);
                bencher.iter(|| black_box(load.next_wake(&mut scaler)));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, decisions, wakes);
criterion_main!(benches);
