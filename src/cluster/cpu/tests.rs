//! The capacity of pods with one and two containers, and their use without requests.

use super::*;
use crate::cluster::config::{
    ContainerCourse, CpuModel, PodLevelResources, PodTimings, StartupCpu,
};
use crate::engine::random::Distribution;
use crate::units::{Replicas, SimSpan};

/// A request costs 10 ms.
fn container(idle_millicores: i64, limit: Option<i64>) -> Container {
    Container {
        name: "any".to_owned(),
        course: ContainerCourse::Regular,
        cpu_request: None,
        cpu_limit: limit.map(Millicores),
        memory_request_bytes: None,
        memory_limit_bytes: None,
        idle_cpu: Millicores(idle_millicores),
        cpu_seconds_per_request: 0.01,
    }
}

/// A pod on a node of one core. At its start the first container uses `burst_millicores` more.
fn pod(containers: Vec<Container>, burst_millicores: i64) -> PodCpu {
    let at_once = Distribution::Constant(SimSpan::ZERO);
    PodCpu::of(&Deployment {
        replicas: Replicas(1),
        containers,
        pod_level: PodLevelResources::default(),
        pod: PodTimings {
            schedule: at_once.clone(),
            image_pull: at_once.clone(),
            start: at_once.clone(),
            init: at_once,
            startup_cpu: Some(StartupCpu {
                cpu: Millicores(burst_millicores),
                duration: SimSpan::from_secs(1),
            }),
            warm_up: None,
            startup: None,
            readiness: None,
            endpoint_lag: SimSpan::ZERO,
            pre_stop: SimSpan::ZERO,
            grace_period: SimSpan::ZERO,
            node_cores: 1.0,
            cpu_model: CpuModel::Quota,
        },
    })
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12 * right.abs().max(1.0)
}

fn is_throttled_when_full(capacity: PodCapacity) -> bool {
    capacity.throttled_from_rps.to_bits() == capacity.rps.to_bits()
}

#[test]
fn containers_without_limits_share_the_node() {
    let pod = pod(vec![container(0, None), container(0, None)], 0);
    assert!(close(pod.normal.rps, 50.0), "{}", pod.normal.rps);
    assert!(pod.normal.throttled_from_rps.is_infinite(), "no limit");
}

#[test]
fn what_containers_use_of_their_own_is_not_left_for_requests() {
    let pod = pod(vec![container(100, None), container(300, None)], 200);
    assert!(close(pod.normal.rps, 30.0), "{}", pod.normal.rps);
    assert!(close(pod.bursting.rps, 20.0), "{}", pod.bursting.rps);
}

#[test]
fn a_limit_below_the_share_of_the_node_is_met_first() {
    let pod = pod(vec![container(0, Some(200)), container(0, None)], 0);
    assert!(close(pod.normal.rps, 20.0), "{}", pod.normal.rps);
    assert!(is_throttled_when_full(pod.normal));
}

#[test]
fn a_pod_uses_no_more_than_its_node_without_requests_either() {
    let pod = pod(vec![container(900, None), container(300, None)], 900);
    for own in [OwnUse::Idle, OwnUse::Bursting] {
        let cores = pod.own_cores(own);
        assert!(close(cores, 1.0), "{own:?}: {cores}");
    }
    assert!(close(pod.containers[1].idle_cores, 0.25));
    assert!(pod.normal.rps.abs() < 1e-12 && pod.bursting.rps.abs() < 1e-12);
}

#[test]
fn a_single_container_serves_up_to_its_limit_minus_its_own_use() {
    let pod = pod(vec![container(10, Some(200))], 100);
    assert!(close(pod.normal.rps, 19.0), "{}", pod.normal.rps);
    assert!(close(pod.bursting.rps, 9.0), "{}", pod.bursting.rps);
    assert!(is_throttled_when_full(pod.normal));
}

#[test]
fn a_container_that_idles_at_its_limit_is_throttled_without_a_request() {
    let mut sidecar = container(50, Some(50));
    sidecar.cpu_seconds_per_request = 0.0;
    let pod = pod(vec![container(10, Some(200)), sidecar], 0);
    assert!(close(pod.normal.rps, 19.0), "{}", pod.normal.rps);
    assert!(pod.normal.throttled_from_rps == 0.0);
}

#[test]
fn a_limit_that_the_node_keeps_out_of_reach_never_throttles() {
    let pod = pod(vec![container(0, Some(900)), container(0, None)], 0);
    assert!(close(pod.normal.rps, 50.0), "{}", pod.normal.rps);
    assert!(pod.normal.throttled_from_rps > pod.normal.rps);
}
