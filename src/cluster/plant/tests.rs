//! Pods that find room, and pods that wait for it.

use super::*;
use crate::cluster::served::ServedRates;
use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas};
use crate::workload::{CostUncertainty, LoadBefore, Workload};
use hpasim::scenario::defaults;

/// A node with this much CPU, and the pods on it.
struct OneNode {
    free: Millicores,
}

impl Placement for OneNode {
    fn place(&mut self, _pod: u32, demand: PodDemand, _now: SimTime) -> Placed {
        if demand.cpu > self.free {
            return Placed::Pending;
        }
        self.free.0 -= demand.cpu.0;
        Placed::OnNode
    }

    fn freed(&mut self, _pod: u32, demand: PodDemand, _now: SimTime) {
        self.free.0 += demand.cpu.0;
    }
}

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

/// Requests that cost nothing.
fn workload() -> Workload {
    let nothing = Distribution::Constant(SimSpan::ZERO);
    Workload {
        cpu_per_request: nothing.clone(),
        cost_uncertainty: CostUncertainty::default(),
        io_per_request: nothing,
        idle_cpu: Millicores(0),
        cpu_noise: 0.0,
        concurrency: 1,
        overload: None,
        queue: 0,
        timeout: SimSpan::from_secs(1),
        memory_base_bytes: 0,
        memory_per_request_bytes: 0,
        scale: 1.0,
        before: LoadBefore::Steady,
        clients: defaults::clients(),
    }
}

/// A Deployment with pods of 100m on a node of 250m, with one pod at the start.
fn plant() -> Plant<OneNode> {
    let deployment = config::Deployment {
        replicas: Replicas(1),
        containers: vec![defaults::container()],
        pod_level: config::PodLevelResources::default(),
        pod: defaults::pod(),
    };
    let metrics = MetricsServer::new(
        &deployment,
        &workload(),
        &defaults::metrics(),
        &[],
        SimTime::ZERO,
        Seed(1),
    );
    let initial = InitialPods {
        count: 1,
        ready_since: at(-100),
        watched_since: at(-100),
        rates: ServedRates::default(),
    };
    let node = OneNode {
        free: Millicores(250),
    };
    Plant::placed_by(node, &deployment, metrics, initial, Seed(1))
}

fn is_scheduled(plant: &Plant<OneNode>, number: u32) -> bool {
    let status = plant.status(number).expect("a pod that exists");
    status.is(PodFact::Scheduled)
}

#[test]
fn a_pod_without_room_waits_until_another_is_gone() {
    let mut plant = plant();
    let [first, second] = [0, 0].map(|_| plant.create(at(0)).number);
    let scheduled =
        |plant: &mut Plant<OneNode>, number, now| plant.step(number, PodStep::Scheduled, now);
    assert!(scheduled(&mut plant, first, at(1)));
    assert!(!scheduled(&mut plant, second, at(1)));
    assert!(is_scheduled(&plant, first) && !is_scheduled(&plant, second));

    assert!(plant.step(first, PodStep::Gone, at(60)));
    assert_eq!(plant.take_pending(), [second]);
    assert!(scheduled(&mut plant, second, at(60)));
    assert!(is_scheduled(&plant, second));
    assert_eq!(plant.pods().start_times().last(), Some(&at(60)));
    // The times after scheduling are drawn independently of the wait for a node.
    let early = plant.timeline(second, at(1)).started - at(1);
    assert_eq!(plant.timeline(second, at(60)).started - at(60), early);
    assert!(plant.take_pending().is_empty());
}

#[test]
fn a_pod_that_is_deleted_while_it_waits_takes_no_room_and_waits_no_more() {
    let mut plant = plant();
    let [first, second] = [0, 0].map(|_| plant.create(at(0)).number);
    plant.step(first, PodStep::Scheduled, at(1));
    plant.step(second, PodStep::Scheduled, at(1));
    // The ReplicaSet deletes a pod without a node first.
    let deleted: Vec<u32> = plant.delete(1, at(2)).map(|it| it.number).collect();
    assert_eq!(deleted, [second]);
    plant.step(second, PodStep::Gone, at(2));
    assert!(plant.take_pending().is_empty());
    assert_eq!(plant.placement.free, Millicores(50));
}

#[test]
fn the_demand_of_a_pod_is_its_pod_level_request_or_the_sum_over_its_containers() {
    let container = |cpu, limit, memory| config::Container {
        cpu_request: cpu,
        cpu_limit: limit,
        memory_request_bytes: memory,
        ..defaults::container()
    };
    let mut deployment = config::Deployment {
        replicas: Replicas(1),
        containers: vec![
            container(Some(Millicores(100)), None, Some(1 << 20)),
            container(None, Some(Millicores(30)), None),
            container(None, None, None),
        ],
        pod_level: config::PodLevelResources::default(),
        pod: defaults::pod(),
    };
    let demand = |cpu, memory_bytes| PodDemand {
        cpu: Millicores(cpu),
        memory_bytes,
    };
    assert_eq!(deployment.demand(), demand(130, 1 << 20));
    deployment.pod_level.cpu_request = Some(Millicores(500));
    assert_eq!(deployment.demand(), demand(500, 1 << 20));
}
