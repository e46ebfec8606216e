//! The errors of the metrics clients when there are no samples.

use super::*;
use crate::cluster::plant::{InitialPods, Plant};
use crate::cluster::pods::PodStep;
use crate::cluster::served::ServedRates;
use crate::simulation::tests::scenarios::{constant, prod};
use crate::units::{Seed, SimTime};

/// The error that the autoscaler gets for its first metric.
fn failure(sight: &mut Sight, plant: &mut Plant) -> Option<String> {
    let view = plant.view();
    sight.refresh(view.pods);
    match sight.answer(0, view.metrics) {
        MetricObservation::Failed(text) => Some(text.to_owned()),
        _ => None,
    }
}

#[test]
fn a_container_that_is_missing_from_no_pod_is_a_lack_of_metrics() {
    let scenario = prod(constant(1.0, 60.0));
    let cpu_of_sidecar = MetricQuery::Resource {
        resource: "cpu".to_owned(),
        container: Some("sidecar".to_owned()),
        requests: RequestScope::NamedContainerMustExist,
    };
    let mut sight = Sight::new(&scenario, &[cpu_of_sidecar]);
    let metrics = MetricsServer::new(
        &scenario.deployment,
        &scenario.workload,
        &scenario.metrics,
        sight.measured(),
        SimTime::ZERO,
        Seed(1),
    );
    let nobody = InitialPods {
        count: 0,
        ready_since: SimTime::ZERO,
        watched_since: SimTime::ZERO,
        rates: ServedRates::default(),
    };
    let mut plant = Plant::new(&scenario.deployment, metrics, nobody, Seed(1));
    assert_eq!(
        failure(&mut sight, &mut plant).as_deref(),
        Some(NO_RESOURCE_METRICS)
    );
    let number = plant.create(SimTime::ZERO).number;
    assert_eq!(
        failure(&mut sight, &mut plant).as_deref(),
        Some("container sidecar not present in metrics for pod default/privrocket-0")
    );
    plant.step(number, PodStep::Gone, SimTime::ZERO);
    assert_eq!(
        failure(&mut sight, &mut plant).as_deref(),
        Some(NO_RESOURCE_METRICS)
    );
}
