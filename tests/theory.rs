//! The request engine against queueing theory, with the autoscaler off.
//!
//! All comparisons of [`cases`] form one family, whose intervals hold together with 99 %: Student's
//! t over independent replications, at a level divided by the number of comparisons (Bonferroni).
//! The seeds are fixed, so a failure is permanent: it means that the engine has changed, and is not
//! a matter of chance. No half-width exceeds 2 % of the theoretical value at loads 0.3 and 0.7, or
//! 4 % at 0.9.
//!
//! Another test shows that the comparisons can fail. With requests that cost 5 % more than the
//! formulas assume, every comparison fails except Little's law, which holds whatever requests cost.
//! Little's law fails when the observer adds 5 % to each latency.
//!
//! `cargo test --test theory -- --nocapture` prints the tables of docs/model.md.

#![expect(
    clippy::print_stdout,
    reason = "the tables of docs/model.md, for --nocapture"
)]

#[path = "theory/cases.rs"]
mod cases;
#[path = "theory/costs.rs"]
mod costs;
#[path = "theory/exact.rs"]
mod exact;
#[path = "theory/figures.rs"]
mod figures;
#[path = "theory/formulas.rs"]
mod formulas;
#[path = "theory/interval.rs"]
mod interval;
#[path = "theory/measure.rs"]
mod measure;
#[path = "theory/monte_carlo.rs"]
mod monte_carlo;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "plant/scenarios.rs"]
mod scenarios;

use cases::{Case, Quantity, REPLICATIONS, cases};
use hpasim::search::in_order::{all_cores, collect_in_order};
use hpasim::units::Seed;
use interval::{Comparison, table};
use measure::{Replication, Watch, replicate};

/// Replications that suffice to find a fault; [`REPLICATIONS`] finds it all the more.
const REPLICATIONS_OF_A_FAULT: u64 = REPLICATIONS / 4;

/// A comparison, with the quantity that it compares.
struct Compared {
    quantity: Quantity,
    comparison: Comparison,
}

/// Runs `replications` of each case and compares the results with theory.
fn compare(cases: &[Case], replications: u64, watch: Watch) -> Vec<Compared> {
    let runs: Vec<(&Case, u64)> = cases
        .iter()
        .flat_map(|case| (0..replications).map(move |seed| (case, seed)))
        .collect();
    let measured: Vec<Replication> = collect_in_order(runs, all_cores(), |(case, seed)| {
        replicate(&case.scenario, case.warm_up, Seed(seed), watch)
    });
    let family = cases.iter().map(|case| case.expected.len()).sum();
    cases
        .iter()
        .zip(measured.chunks(replications as usize))
        .flat_map(|(case, replications)| {
            let quantities = case.expected.iter().map(|expected| expected.quantity);
            let comparisons = case.compare(replications, family);
            quantities.zip(comparisons)
        })
        .map(|(quantity, comparison)| Compared {
            quantity,
            comparison,
        })
        .collect()
}

fn shown(compared: &[Compared]) -> String {
    table(compared.iter().map(|one| &one.comparison))
}

#[test]
fn the_engine_agrees_with_every_theory() {
    let compared = compare(&cases(1.0), REPLICATIONS, Watch::Right);
    println!("{}", shown(&compared));
    for one in &compared {
        let comparison = &one.comparison;
        assert!(
            !comparison.differs() && !comparison.is_too_wide(),
            "{comparison}\namong\n{}",
            shown(&compared)
        );
    }
}

#[test]
fn five_percent_more_demand_than_stated_turns_every_comparison_red() {
    let compared = compare(&cases(1.05), REPLICATIONS_OF_A_FAULT, Watch::Right);
    for one in &compared {
        let hangs_on_demand = one.quantity != Quantity::LittlesLaw;
        assert!(
            one.comparison.differs_for_sure() || !hangs_on_demand,
            "not seen for sure: {}\namong\n{}",
            one.comparison,
            shown(&compared)
        );
    }
}

#[test]
fn latencies_reported_five_percent_too_long_turn_littles_law_red() {
    let mut cases = cases(1.0);
    // Little's law is sharpest at the highest load, which also takes the longest. The lower loads
    // are the harder test.
    cases.retain(|case| case.half_width_max < 0.03);
    let compared = compare(&cases, REPLICATIONS_OF_A_FAULT, Watch::Off(0.05));
    for one in &compared {
        assert!(
            one.comparison.differs_for_sure() || one.quantity != Quantity::LittlesLaw,
            "not seen for sure: {}\namong\n{}",
            one.comparison,
            shown(&compared)
        );
    }
}
