//! What the clients say when there is nothing to see.

use super::*;
use crate::cluster::plant::{InitialPods, Plant};
use crate::cluster::pods::PodStep;
use crate::cluster::served::{ServedRates, ServedRequests};
use crate::hpa::spec::{MetricSpec, MetricTarget};
use crate::simulation::tests::scenarios::{constant, prod};
use crate::units::{Seed, SimTime};

/// What the autoscaler is told instead of its first metric.
fn failure(sight: &mut Sight, plant: &mut Plant) -> Option<String> {
    sight.observe(plant.view(), Replicas(1), |observation| {
        match observation.metrics {
            [MetricObservation::Failed(text)] => Some((*text).to_owned()),
            _ => None,
        }
    })
}

#[test]
fn a_container_that_is_missing_from_no_pod_is_a_lack_of_metrics() {
    let mut scenario = prod(constant(1.0, 60.0));
    let hpa = scenario.autoscaler.as_mut().expect("prod has one");
    hpa.spec.metrics = vec![MetricSpec::new(
        MetricSource::ContainerResource {
            resource: "cpu".to_owned(),
            container: "sidecar".to_owned(),
        },
        MetricTarget::Utilization(50),
    )];
    let spec = hpa.spec.clone();
    let mut sight = Sight::new(&scenario, &spec);
    let metrics = MetricsServer::new(
        &scenario.deployment,
        &scenario.workload,
        &scenario.metrics,
        sight.queries(),
        Seed(1),
    );
    let served = ServedRequests::since(SimTime::ZERO, ServedRates::default());
    let nobody = InitialPods {
        count: 0,
        ready_since: SimTime::ZERO,
        watched_since: SimTime::ZERO,
    };
    let mut plant = Plant::new(&scenario.deployment, metrics, nobody, &served, Seed(1));
    assert_eq!(
        failure(&mut sight, &mut plant).as_deref(),
        Some(NO_RESOURCE_METRICS)
    );
    let number = plant.create(SimTime::ZERO).number;
    assert_eq!(
        failure(&mut sight, &mut plant).as_deref(),
        Some("container sidecar not present in metrics for pod default/privrocket-0")
    );
    plant.step(number, PodStep::Gone, SimTime::ZERO, &served);
    assert_eq!(
        failure(&mut sight, &mut plant).as_deref(),
        Some(NO_RESOURCE_METRICS)
    );
}
