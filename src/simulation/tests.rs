//! The order of events at one instant: one test for each neighbouring pair of phases.
//!
//! Each puts two events on one instant, the later phase scheduled first, and
//! looks at what only the written order gives.

#[expect(
    dead_code,
    reason = "shared with the integration tests, which use all of it"
)]
#[path = "../../tests/plant/scenarios.rs"]
pub(super) mod scenarios;

use super::observer::{Decided, FlowSegment, Observer};
use super::phase::Phase;
use super::run::{GridPhases, Run};
use crate::engine::EventQueue;
use crate::hpa::decision::MetricValue;
use crate::scenario::Scenario;
use crate::units::{Millicores, Replicas, Seed, SimSpan, SimTime};
use scenarios::{Row, prod, trace};

#[derive(Default)]
struct Watcher {
    segments: Vec<FlowSegment>,
    seen: Vec<Seen>,
}

struct Seen {
    time: SimTime,
    current: Replicas,
    percent: Option<i32>,
}

impl Observer for Watcher {
    fn flowed(&mut self, segment: &FlowSegment) {
        self.segments.push(*segment);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        let first = decision.memory.status.current_metrics.first();
        let value: Option<MetricValue> = first.copied().flatten();
        self.seen.push(Seen {
            time: decision.time,
            current: decision.current,
            percent: value.and_then(|value| value.average_utilization),
        });
    }
}

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

fn watch(scenario: &Scenario, scrape: SimTime, sync: SimTime) -> Watcher {
    let mut watcher = Watcher::default();
    Run::new(scenario, Seed(1), GridPhases { scrape, sync }).run_to_end(&mut watcher);
    watcher
}

/// Steps of the load; nothing idles, housekeeping is on a grid of its own.
fn steps(rows: &[Row]) -> Scenario {
    let mut scenario = prod(trace(rows));
    scenario.deployment.containers[0].idle_cpu = Millicores(0);
    scenario.metrics.housekeeping_jitter = 0.0;
    scenario
}

#[test]
fn a_pod_that_leaves_takes_no_load_of_its_last_instant() {
    // pod lifecycle before traffic: the endpoint of the last pod goes at 20 s, as the load doubles.
    let mut scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 1.0,
        },
        Row {
            seconds: 20.0,
            rps: 2.0,
        },
        Row {
            seconds: 40.0,
            rps: 0.0,
        },
    ]);
    scenario.deployment.replicas = Replicas(2);
    scenario.deployment.pod.endpoint_lag = SimSpan::from_secs(10);
    // The sync at 10 s sees 5 % of the target's 50 %, and deletes one of two.
    let watcher = watch(&scenario, at(5), at(10));
    let after = watcher
        .segments
        .iter()
        .find(|segment| segment.start == at(20))
        .expect("both change there");
    assert_eq!(after.offered_rps.to_bits(), 2.0_f64.to_bits());
    assert_eq!(after.pods.terminating, Replicas(0));
    let changes_at_20 = watcher.segments.iter().filter(|s| s.start == at(20));
    assert_eq!(changes_at_20.count(), 1, "one change of rates for both");
}

#[test]
fn the_order_of_phases_is_the_order_in_which_events_come() {
    let phases = [
        Phase::PodLifecycle,
        Phase::Traffic,
        Phase::Housekeeping,
        Phase::Scrape,
        Phase::HpaSync,
        Phase::ScaleApplied,
    ];
    for pair in phases.windows(2) {
        let mut queue = EventQueue::new();
        queue.push(at(1), pair[1], pair[1]);
        queue.push(at(1), pair[0], pair[0]);
        assert_eq!(queue.pop().map(|first| first.event), Some(pair[0]));
        assert_eq!(queue.pop().map(|second| second.event), Some(pair[1]));
    }
}

#[test]
fn a_reading_at_the_instant_of_a_new_load_sees_the_old_one() {
    // traffic before housekeeping: a counter is an integral, the new rate has not run yet.
    let scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 5.0,
        },
        Row {
            seconds: 30.0,
            rps: 20.0,
        },
        Row {
            seconds: 31.0,
            rps: 0.0,
        },
    ]);
    let watcher = watch(&scenario, at(0), at(0));
    let last = watcher.seen.last().expect("syncs");
    assert_eq!(last.time, at(30));
    assert_eq!(last.percent, Some(50));
}

#[test]
fn a_scrape_gets_the_reading_of_its_own_instant() {
    // housekeeping before scrape: a pod started at 10 s is read at 20 s; the scrape at 20 s has it.
    use crate::cluster::metrics_server::{Containers, Gauges, MetricQuery, MetricsServer};
    use crate::cluster::plant::{InitialPods, Plant};
    use crate::cluster::pods::PodStep;
    use crate::cluster::served::{ServedRates, ServedRequests};

    let scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 0.0,
        },
        Row {
            seconds: 1.0,
            rps: 0.0,
        },
    ]);
    let served = ServedRequests::since(at(-100), ServedRates::default());
    let metrics = MetricsServer::new(
        &scenario.deployment,
        &scenario.workload,
        &scenario.metrics,
        &[MetricQuery::Cpu(Containers::All)],
        Seed(1),
    );
    let nobody = InitialPods {
        count: 0,
        ready_since: at(-100),
        watched_since: at(-100),
    };
    let mut plant = Plant::new(&scenario.deployment, metrics, nobody, &served, Seed(1));
    let pod = plant.create(at(0)).number;
    plant.step(pod, PodStep::Started, at(10), &served);
    let gauges = Gauges {
        requests_per_second: 0.0,
        in_flight: 0.0,
        trace_values: &[],
    };
    plant.scrape(at(20), &served, &gauges);
    assert_eq!(plant.metrics().pod_samples(0).timestamp, [at(20)]);
    assert_eq!(plant.metrics().pod_samples(0).sampled, [true]);
}

#[test]
fn a_sync_sees_the_scrape_of_its_own_instant() {
    // scrape before HPA sync: the load doubles at 1 s, readings come every 10 s, both grids lie on 0, 15, 30...
    let scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 5.0,
        },
        Row {
            seconds: 1.0,
            rps: 10.0,
        },
        Row {
            seconds: 60.0,
            rps: 0.0,
        },
    ]);
    let together = watch(&scenario, at(0), at(0));
    let first_seen = together
        .seen
        .iter()
        .find(|seen| seen.percent != Some(50))
        .expect("it is seen");
    // A reading lies in every 10 s, so the scrape at 15 s has one after the step.
    assert_eq!(first_seen.time, at(15));
}

#[test]
fn a_sync_does_not_see_what_it_is_about_to_change() {
    // HPA sync before scale applied: the sync that scales up still counts the old pods.
    let scenario = steps(&[
        Row {
            seconds: 0.0,
            rps: 20.0,
        },
        Row {
            seconds: 10.0,
            rps: 0.0,
        },
    ]);
    let watcher = watch(&scenario, at(0), at(5));
    assert_eq!(watcher.seen[0].current, Replicas(1));
    let before = watcher.segments.iter().find(|s| s.end == at(5));
    let after = watcher.segments.iter().find(|s| s.start == at(5));
    assert_eq!(before.expect("a segment").pods.current, Replicas(1));
    assert!(
        after.expect("a segment").pods.current > Replicas(1),
        "at once"
    );
}
