//! What bounds a pod's CPU, whatever is asked of it.

use super::facts::facts;
use super::scenarios::{constant, fixed};
use super::{close, without_idle_use};
use hpasim::units::Seed;

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
