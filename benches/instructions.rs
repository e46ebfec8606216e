//! The three hot loops on fixed inputs, for a count of instructions.
//!
//! `bash .ci/instructions` runs each loop under callgrind and compares the count with
//! `benches/instructions.tsv`. An argument selects one loop by name; without it, as in `cargo
//! bench`, all run.

use std::hint::black_box;

use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::{Provisioning, simulate_observed};
use hpasim::units::Seed;

#[expect(dead_code, reason = "the bench of the HPA core uses the rest")]
#[path = "../tests/fixtures/decision_load.rs"]
mod decision_load;
#[path = "../tests/fixtures/shipped.rs"]
mod shipped;

use decision_load::{DecisionLoad, Mix};
use shipped::shipped;

/// The function that callgrind measures: it counts from the entry into it until its end.
#[inline(never)]
fn counted(hot_loop: &mut dyn FnMut()) {
    hot_loop();
    // Prevents a tail call, which would end the measurement early.
    black_box(());
}

/// Two thousand decisions over a thousand pods. The lists in the memory have reached their full
/// size before.
fn decisions() {
    let mut load = DecisionLoad::new(1_000, Mix::AllReady);
    for _ in 0..100 {
        black_box(load.next_decision());
    }
    counted(&mut || {
        for _ in 0..2_000 {
            black_box(load.next_decision());
        }
    });
}

/// Measures the latency of a pod, which happens once for all runs of a policy's variants.
fn measure_latency(scenario: &Scenario) {
    black_box(Provisioning::of(scenario));
}

/// The shipped `diurnal` trace with the prod policy, in the fluid engine.
fn fluid() {
    let scenario = shipped("policies/prod.toml", "traces/diurnal.csv");
    measure_latency(&scenario);
    counted(&mut || {
        black_box(simulate_observed(
            &scenario,
            Engine::Fluid,
            Seed(1),
            &mut (),
        ));
    });
}

/// The shipped `spike` trace with the prod policy, in the request engine.
fn requests() {
    let scenario = shipped("policies/prod.toml", "traces/spike.csv");
    measure_latency(&scenario);
    counted(&mut || {
        black_box(simulate_observed(
            &scenario,
            Engine::Request,
            Seed(1),
            &mut (),
        ));
    });
}

const LOOPS: [(&str, fn()); 3] = [
    ("hpa_decisions", decisions),
    ("fluid_engine", fluid),
    ("request_engine", requests),
];

fn main() {
    // Cargo adds arguments of its own, such as `--bench`.
    let named = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    for (name, run) in LOOPS {
        if named.as_ref().is_none_or(|named| named == name) {
            run();
        }
    }
}
