//! The core allocates nothing in the steady state; the tests count the allocations.

#[path = "fixtures/decision_load.rs"]
mod decision_load;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "plant/scenarios.rs"]
mod scenarios;

use decision_load::{DecisionLoad, Mix};
use hpasim::cluster::config::{CustomPipeline, WarmUp};
use hpasim::control::Scaler;
use hpasim::control::hpa::HpaScaler;
use hpasim::engine::random::Distribution;
use hpasim::hpa::spec::{MetricIdentifier, MetricSource, MetricSpec, MetricTarget};
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::simulate_observed;
use hpasim::units::{MilliValue, Replicas, Seed, SimSpan, SimTime};
use hpasim::workload::Overload;
use scenarios::{Row, prod, prod_autoscaler, trace};

fn allocations_of_decisions(pods: usize, mix: Mix) -> u64 {
    let mut load = DecisionLoad::new(pods, mix);
    // The lists in the memory reach their full size within the first windows and periods.
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
fn a_wake_of_the_hpa_decides_as_the_core_and_allocates_nothing() {
    for pods in [10, 1_000] {
        let mut load = DecisionLoad::new(pods, Mix::FifthUnreadyFifthMissing);
        let mut core = DecisionLoad::new(pods, Mix::FifthUnreadyFifthMissing);
        let hpa = load.hpa();
        let mut scaler = HpaScaler::new(&hpa, SimTime::ZERO);
        for _ in 0..100 {
            assert_eq!(load.next_wake(&mut scaler), core.next_decision());
        }
        let wakes = || {
            for _ in 0..10_000 {
                std::hint::black_box(load.next_wake(&mut scaler));
            }
        };
        assert_eq!(allocation_counter::measure(wakes).count_total, 0);
    }
}

/// A change of the base scenario.
type Change = fn(&mut Scenario);

/// Allocations of a run over this many hours. The load changes each minute, and the bounds keep the
/// number of pods.
fn allocations_of_hours(hours: u32, change: Change) -> u64 {
    let rows: Vec<Row> = (0..=hours * 60)
        .map(|minute| Row {
            seconds: f64::from(minute) * 60.0,
            rps: 100.0 + f64::from(minute % 2),
        })
        .collect();
    let mut scenario = prod(trace(&rows));
    scenario.deployment.replicas = Replicas(20);
    let hpa = scenario.hpa_mut().expect("an autoscaler");
    hpa.spec.min_replicas = Replicas(20);
    hpa.spec.max_replicas = Replicas(20);
    change(&mut scenario);
    allocation_counter::measure(|| {
        std::hint::black_box(simulate_observed(
            &scenario,
            Engine::Fluid,
            Seed(1),
            &mut (),
        ));
    })
    .count_total
}

/// A request costs more in a new pod and at a high load.
fn vary_costs(scenario: &mut Scenario) {
    scenario.deployment.pod.warm_up = Some(WarmUp {
        factor: 2.0,
        duration: SimSpan::from_secs(60),
    });
    scenario.workload.overload = Some(Overload {
        factor: 1.2,
        from: 0.1,
    });
}

fn add_sidecar(scenario: &mut Scenario) {
    let mut sidecar = scenario.deployment.containers[0].clone();
    sidecar.name = "sidecar".to_owned();
    scenario.deployment.containers.push(sidecar);
}

/// A second metric, a rate over a minute by way of Prometheus. CPU decides.
fn add_rate(scenario: &mut Scenario) {
    scenario.metrics.custom = Some(CustomPipeline {
        interval: SimSpan::from_secs(15),
        window: SimSpan::from_secs(60),
        lag: SimSpan::ZERO,
        gauges: Vec::new(),
    });
    if let Some(hpa) = scenario.hpa_mut() {
        hpa.spec.metrics.push(MetricSpec::new(
            MetricSource::Pods {
                metric: MetricIdentifier::new("requests_per_second", None),
            },
            MetricTarget::AverageValue(MilliValue(5000)),
        ));
    }
}

#[test]
fn a_simulation_allocates_nothing_in_the_steady_state() {
    let variants: [(&str, Change); 6] = [
        ("with a rate from Prometheus", add_rate),
        ("as it is", |_| ()),
        ("with costs that vary", vary_costs),
        ("with a lag", |scenario| {
            scenario.metrics.lag = SimSpan::from_secs(40);
        }),
        ("with noise", |scenario| scenario.workload.cpu_noise = 0.1),
        ("with a sidecar", add_sidecar),
    ];
    for (name, change) in variants {
        let half_a_day = allocations_of_hours(12, change);
        assert!(half_a_day > 0, "{name}: setting up takes memory");
        assert_eq!(allocations_of_hours(24, change), half_a_day, "{name}");
    }
}

/// Allocations of the request engine over this many minutes, with 200 requests per second on 20
/// pods.
fn allocations_of_minutes(minutes: u32, change: Change) -> u64 {
    let row = |seconds| Row {
        seconds,
        rps: 200.0,
    };
    let mut scenario = prod(trace(&[row(0.0), row(f64::from(minutes) * 60.0)]));
    scenario.scaler = None;
    scenario.deployment.replicas = Replicas(20);
    change(&mut scenario);
    allocation_counter::measure(|| {
        std::hint::black_box(simulate_observed(
            &scenario,
            Engine::Request,
            Seed(1),
            &mut (),
        ));
    })
    .count_total
}

#[test]
fn the_request_engine_allocates_for_requests_in_flight_and_not_for_past_ones() {
    let variants: [(&str, Change); 6] = [
        ("as it is", |_| ()),
        ("with costs that vary", vary_costs),
        ("with a rate from Prometheus", |scenario| {
            let mut hpa = prod_autoscaler();
            hpa.spec.min_replicas = Replicas(20);
            hpa.spec.max_replicas = Replicas(20);
            scenario.scaler = Some(Scaler::Hpa(hpa));
            add_rate(scenario);
        }),
        ("with I/O", |scenario| {
            scenario.workload.io_per_request = Distribution::Constant(SimSpan::from_millis(50));
        }),
        ("with a queue that is used", |scenario| {
            scenario.workload.concurrency = 1;
        }),
        ("with a sidecar", add_sidecar),
    ];
    for (name, change) in variants {
        let short = allocations_of_minutes(20, change);
        let long = allocations_of_minutes(60, change);
        // In 480,000 more requests, more may be in flight at once than ever before. Then some heaps
        // double a few times.
        assert!(long - short < 50, "{name}: {short} and {long}");
    }
}

#[test]
fn the_counter_sees_an_allocation() {
    let seen = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
    assert_eq!(seen.count_total, 1);
}
