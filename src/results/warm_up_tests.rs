//! The KPIs after a warm-up, in closed form and over random cuts.

use proptest::prelude::*;

use super::tests::{FIVE_RPS_A_POD, decide, near, scenario, story};
use super::{KpiObserver, Kpis};
use crate::kpi::Kpi;
use crate::scenario::{Engine, Scenario};
use crate::simulation::simulate_observed;
use crate::units::{Seed, SimSpan};
use crate::workload::Demand;

fn after(warm_up_seconds: i64) -> Scenario {
    let mut scenario = scenario(3600.0);
    scenario.warm_up = SimSpan::from_secs(warm_up_seconds);
    scenario
}

/// The KPIs of the hour's story after a warm-up.
fn story_after(warm_up_seconds: i64) -> Kpis {
    let mut observer = KpiObserver::new(&after(warm_up_seconds)).with_provisioning(FIVE_RPS_A_POD);
    story(&mut observer);
    observer.finish()
}

#[test]
fn requests_in_flight_at_the_end_of_the_warm_up_count_as_offered_then() {
    // (warm-up, offered, succeeded, failed): at 660 s 240 requests wait, and 60 of them fail at once. At 630 s 120 wait.
    let table = [
        (600, 31_200.0, 30_900.0, 300.0),
        (630, 120.0 + 600.0 + 30_000.0, 30_540.0, 180.0),
        (660, 240.0 + 30_000.0, 30_180.0, 60.0),
        (720, 28_800.0, 28_800.0, 0.0),
        (3595, 50.0, 50.0, 0.0),
    ];
    for (warm_up, offered, succeeded, failed) in table {
        let kpis = story_after(warm_up);
        assert!(near(kpis.requests_offered, offered), "{warm_up}: {kpis:?}");
        assert!(near(kpis.requests_succeeded, succeeded), "{warm_up}");
        assert!(near(kpis.requests_failed, failed), "{warm_up}");
        assert!(near(kpis.failed_share, failed / offered), "{warm_up}");
    }
}

#[test]
fn pods_and_time_count_from_the_end_of_the_warm_up() {
    let kpis = story_after(630);
    let replica_seconds = 30.0 * 2.0 + 2940.0 * 4.0;
    assert!(near(Some(kpis.mean_replicas), replica_seconds / 2970.0));
    assert!(near(
        Some(kpis.pod_hours),
        (replica_seconds + 60.0) / 3600.0
    ));
    assert!(near(kpis.slo_violation_seconds, 90.0));
    // The shortage has lasted since 600 s, and counts from 630 s on.
    assert!(near(kpis.first_decision_seconds, 15.0));
    assert!(near(kpis.enough_ready_seconds, 30.0));
    assert_eq!(kpis.pod_starts, 2);
    assert!(near(
        kpis.under_provisioned_time_percent,
        100.0 * 30.0 / 2970.0
    ));
    let calm = story_after(720);
    assert_eq!((calm.pod_starts, calm.rescales), (0, 0));
    assert!(near(calm.slo_violation_seconds, 0.0));
    assert_eq!(calm.first_decision_seconds, None);
    assert!(near(calm.good_request_share, 1.0 - 0.25 * (-9.8_f64).exp()));
}

#[test]
fn a_rescale_against_one_of_the_warm_up_is_no_reversal() {
    let counted = |warm_up: i64| {
        let kpis = story_after(warm_up);
        (kpis.rescales, kpis.reversals)
    };
    // Up at 645 s and 675 s, down at 690 s.
    assert_eq!(counted(0), (3, 1));
    assert_eq!(counted(675), (2, 1));
    assert_eq!(counted(680), (1, 0));
    assert_eq!(counted(695), (0, 0));
}

#[test]
fn a_warm_up_within_an_interval_leaves_out_the_whole_interval() {
    assert_eq!(story_after(628), story_after(630));
    assert_ne!(story_after(630), story_after(631));
}

#[test]
fn the_peak_of_the_warm_up_does_not_count() {
    let mut scenario = after(60);
    scenario.deployment.replicas = crate::units::Replicas(9);
    let mut observer = KpiObserver::new(&scenario);
    let mut start = super::tests::even_segment(0.0, 60.0);
    start.pods = super::tests::pods(9, 9, 0);
    crate::simulation::Observer::flowed(&mut observer, &start);
    decide(&mut observer, 60, 9, 2, 10);
    crate::simulation::Observer::flowed(&mut observer, &super::tests::even_segment(60.0, 120.0));
    let kpis = observer.finish();
    assert_eq!((kpis.peak_replicas, kpis.rescales), (2, 1));
    assert!(near(Some(kpis.mean_replicas), 2.0));
}

/// KPIs that add up over time: those of the whole run minus those of its start.
const SUMS: [Kpi; 8] = [
    Kpi::RequestsSucceeded,
    Kpi::RequestsFailed,
    Kpi::FailedTimedOut,
    Kpi::PodHours,
    Kpi::Cost,
    Kpi::SloViolationSeconds,
    Kpi::Rescales,
    Kpi::PodStarts,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Two pods for a load of five: requests queue, time out and are in flight at most cuts.
    #[test]
    fn after_any_warm_up_every_request_is_accounted_for(
        cut in 0_i64..60,
        later in 0_i64..60,
        seed in any::<u64>(),
        is_fluid in any::<bool>(),
    ) {
        let mut whole = scenario(300.0);
        whole.trace_mut().demand = Demand::RequestsPerSecond(vec![50.0, 50.0]);
        let warm = |intervals: i64| Scenario {
            warm_up: SimSpan::from_secs(5 * intervals),
            ..whole.clone()
        };
        let (first, second) = (cut.min(later), cut.max(later));
        let mut observers = (
            KpiObserver::new(&whole),
            KpiObserver::new(&warm(first)),
            KpiObserver::new(&warm(second)),
        );
        let engine = if is_fluid { Engine::Fluid } else { Engine::Request };
        simulate_observed(&whole, engine, Seed(seed), &mut observers);
        let kpis = [observers.0.finish(), observers.1.finish(), observers.2.finish()];
        for kpis in &kpis {
            let value = |kpi: Kpi| kpis.value(kpi).expect("requests are known");
            let ended = value(Kpi::RequestsSucceeded)
                + value(Kpi::RequestsFailed)
                + value(Kpi::RequestsInFlight);
            let offered = value(Kpi::RequestsOffered);
            prop_assert!((offered - ended).abs() <= 1e-6 * offered.max(1.0), "{offered} {ended}");
        }
        for kpi in SUMS {
            let values = kpis.each_ref().map(|it| it.value(kpi).expect("a sum"));
            let falls = values.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6);
            prop_assert!(falls, "{kpi} grows with the warm-up: {values:?}");
        }
        prop_assert_eq!(kpis[0].requests_in_flight, kpis[2].requests_in_flight);
    }
}
