//! Defaults that are more or less than one key's: of containers, of keys within tables, and what an export leaves out.
//!
//! Self-imposed limit: values only. Defaults of a section's keys stand with the keys (`declared`); the HPA's own
//! live in `hpa::spec` and `hpa::rules`, for they are the API server's and the controller's.

use crate::cluster::config::{Container, ContainerCourse};
use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas, SimSpan};
use crate::workload::Retries;

/// `deployment.namespace`, and the autoscaler's: kubectl's.
pub const NAMESPACE: &str = "default";
/// `hpa.scaleTargetRef.kind`: what is simulated.
pub const SCALE_TARGET_KIND: &str = "Deployment";
/// CPU request of the container that a policy without `deployment.containers` gets: the usual one of small services.
pub const CONTAINER_CPU_REQUEST: Millicores = Millicores(100);

/// The only container of a policy without `deployment.containers`; `idle_cpu` and cost per request come from `[workload]`.
#[must_use]
pub fn container() -> Container {
    Container {
        name: "app".to_owned(),
        course: ContainerCourse::Regular,
        cpu_request: Some(CONTAINER_CPU_REQUEST),
        cpu_limit: None,
        memory_request_bytes: None,
        memory_limit_bytes: None,
        idle_cpu: Millicores(0),
        cpu_seconds_per_request: 0.0,
    }
}

/// `deployment.replicas`: `spec.replicas` of apps/v1.
pub const DEPLOYMENT_REPLICAS: Replicas = Replicas(1);
/// `pod.grace_period`: `terminationGracePeriodSeconds`.
pub const GRACE_PERIOD: SimSpan = SimSpan::from_secs(30);
/// `pod.readiness.initial_delay`: `initialDelaySeconds`.
pub const READINESS_INITIAL_DELAY: SimSpan = SimSpan::ZERO;
/// `pod.readiness.period`: `periodSeconds`.
pub const READINESS_PERIOD: SimSpan = SimSpan::from_secs(10);
/// `pod.readiness.success_threshold`: `successThreshold`.
pub const READINESS_SUCCESS_THRESHOLD: u32 = 1;
/// `pod.startup.initial_delay`: `initialDelaySeconds`.
pub const STARTUP_INITIAL_DELAY: SimSpan = SimSpan::ZERO;
/// `pod.startup.period`: `periodSeconds`.
pub const STARTUP_PERIOD: SimSpan = SimSpan::from_secs(10);
/// `pod.startup.failure_threshold`: `failureThreshold`.
pub const STARTUP_FAILURE_THRESHOLD: u32 = 3;

/// `workload.retries`: clients give up at the first failure. What a retry is, once there is one: full jitter from 100 ms
/// to 10 s ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), without a budget.
pub const RETRIES: Retries = Retries {
    max: 0,
    backoff: SimSpan::from_millis(100),
    max_backoff: SimSpan::from_secs(10),
    budget: None,
};
/// `workload.connections.lifetime`: nginx `keepalive_time`, an hour; clients that close sooner say so.
pub const CONNECTION_LIFETIME: Distribution = Distribution::Constant(SimSpan::from_secs(3600));

/// `slo.latency.quantile`: a common promise of web services.
pub const SLO_LATENCY_QUANTILE: f64 = 0.95;
/// `slo.latency.limit`: the same.
pub const SLO_LATENCY_LIMIT: SimSpan = SimSpan::from_millis(500);
