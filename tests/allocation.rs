//! The core allocates nothing in the steady state: counted by the allocator itself.

#[path = "fixtures/decision_load.rs"]
mod decision_load;

use decision_load::{DecisionLoad, Mix};

fn allocations_of_decisions(pods: usize, mix: Mix) -> u64 {
    let mut load = DecisionLoad::new(pods, mix);
    // Lists in the memory reach their size within the first windows and periods.
    for _ in 0..100 {
        load.next_decision();
    }
    allocation_counter::measure(|| {
        for _ in 0..10_000 {
            std::hint::black_box(load.next_decision());
        }
    })
    .count_total
}

#[test]
fn a_decision_allocates_nothing_whatever_the_pods() {
    for pods in [10, 50, 1_000] {
        assert_eq!(allocations_of_decisions(pods, Mix::AllReady), 0);
        assert_eq!(
            allocations_of_decisions(pods, Mix::FifthUnreadyFifthMissing),
            0
        );
    }
}

#[test]
fn the_counter_sees_an_allocation() {
    let seen = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
    assert_eq!(seen.count_total, 1);
}
