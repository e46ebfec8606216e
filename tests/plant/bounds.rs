//! The bounds of a pod's CPU.

use super::facts::facts;
use super::scenarios::{constant, fixed, prod};
use super::{close, without_idle_use};
use hpasim::cluster::config::StartupCpu;
use hpasim::engine::random::Distribution;
use hpasim::hpa::spec::{MetricIdentifier, MetricSource, MetricSpec, MetricTarget};
use hpasim::simulation::observer::{FlowSegment, PodChange, PodTransition};
use hpasim::units::{MilliValue, Millicores, Replicas, Seed, SimSpan, SimTime};

#[test]
fn a_pod_never_uses_more_than_its_node_has() {
    let mut scenario = without_idle_use(fixed(constant(60.0, 120.0), 1));
    scenario.deployment.pod.node_cores = 1.0;
    scenario.deployment.containers[0].cpu_limit = None;
    let mut sidecar = scenario.deployment.containers[0].clone();
    sidecar.name = "sidecar".to_owned();
    scenario.deployment.containers.push(sidecar);
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    let last = facts.last_segment();
    assert!(close(last.cpu_cores, 1.0), "{} cores", last.cpu_cores);
    assert!(
        close(last.succeeded_rps, 50.0),
        "{} rps",
        last.succeeded_rps
    );
}

#[test]
fn requests_that_wait_for_others_take_up_places_all_the_same() {
    let mut scenario = without_idle_use(fixed(constant(10.0, 600.0), 1));
    scenario.workload.concurrency = 2;
    scenario.workload.io_per_request = Distribution::Constant(SimSpan::from_millis(990));
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    // Two places, one second for each request.
    let last = facts.last_segment();
    assert!(close(last.succeeded_rps, 2.0), "{} rps", last.succeeded_rps);
}

#[test]
fn a_pod_before_the_start_is_reached_by_more_than_it_can_serve() {
    // The capacity is 20 rps per pod; three pods can serve the 60 rps.
    let mut scenario = without_idle_use(prod(constant(60.0, 16.0)));
    let hpa = scenario.hpa_mut().expect("prod has one");
    hpa.spec.behavior = None;
    hpa.spec.metrics = vec![MetricSpec::new(
        MetricSource::Pods {
            metric: MetricIdentifier::new("requests_per_second", None),
        },
        MetricTarget::AverageValue(MilliValue(20_000)),
    )];
    for seed in 0..20 {
        let facts = facts(&scenario, Seed(seed));
        assert_eq!(facts.decisions[0].desired, Replicas(3), "seed {seed}");
    }
}

#[test]
fn a_pod_whose_start_alone_takes_all_its_limit_allows_is_throttled() {
    let mut scenario = without_idle_use(prod(constant(16.0, 600.0)));
    let duration = SimSpan::from_secs(20);
    scenario.deployment.pod.init = Distribution::Constant(duration);
    scenario.deployment.pod.startup_cpu = Some(StartupCpu {
        cpu: Millicores(200),
        duration,
    });
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    let is_start = |change: &&PodChange| change.state == PodTransition::Started;
    let first = facts.changes.iter().find(is_start).expect("scaled up").time;
    let throttled = |at_first: fn(&FlowSegment) -> SimTime| {
        let segment = facts.segments.iter().find(|s| at_first(s) == first);
        segment.expect("a change of rates").throttled_pods
    };
    assert_eq!(throttled(|before| before.end), 0);
    assert_eq!(throttled(|after| after.start), 1);
}

#[test]
fn pods_that_do_no_work_are_not_throttled_however_much_they_idle() {
    let mut scenario = fixed(constant(5.0, 60.0), 3);
    scenario.deployment.containers[0].idle_cpu = Millicores(250);
    let facts = facts(&scenario, Seed(1));
    facts.check(&scenario);
    let last = facts.last_segment();
    assert_eq!((last.working_pods, last.throttled_pods), (0, 0));
}
