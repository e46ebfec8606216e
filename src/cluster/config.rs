//! What a Deployment and the cluster around it look like: `[deployment]`, `[pod]` and `[metrics]` of a policy, checked.
//!
//! Self-imposed limit: settings; what they bring about is elsewhere in this room.

use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas, SimSpan};

/// A Deployment before anybody scales it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// `spec.replicas` at the start.
    pub replicas: Replicas,
    /// Its pods' containers, never empty; requests are served by the first.
    pub containers: Vec<Container>,
    /// How its pods come and go.
    pub pod: PodTimings,
}

/// One container of the pod template.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// `resources.requests.cpu`; `None`: not set.
    pub cpu_request: Option<Millicores>,
    /// `resources.limits.cpu`; `None`: bounded by the node alone.
    pub cpu_limit: Option<Millicores>,
    /// `resources.requests.memory` in bytes.
    pub memory_request_bytes: Option<u64>,
    /// `resources.limits.memory` in bytes.
    pub memory_limit_bytes: Option<u64>,
    /// CPU without any request.
    pub idle_cpu: Millicores,
    /// Mean CPU time that one request costs in this container, in core-seconds.
    pub cpu_seconds_per_request: f64,
}

/// From created to serving, and from deleted to gone.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTimings {
    /// Created to scheduled.
    pub schedule: Distribution,
    /// Scheduled to image there; zero when cached.
    pub image_pull: Distribution,
    /// Image there to container started.
    pub start: Distribution,
    /// Started to able to serve; what arrives before fails.
    pub init: Distribution,
    /// CPU that the first container burns after it started, beside its requests.
    pub startup_cpu: Option<StartupCpu>,
    /// The readiness probe; `None`: Ready as soon as started.
    pub readiness: Option<ReadinessProbe>,
    /// Ready to receiving traffic, and deleted to receiving none.
    pub endpoint_lag: SimSpan,
    /// preStop hook: deleted to SIGTERM.
    pub pre_stop: SimSpan,
    /// terminationGracePeriodSeconds.
    pub grace_period: SimSpan,
    /// Cores of the node that a pod runs on: its most, with or without a limit.
    pub node_cores: f64,
    /// How a CPU limit holds a container back.
    pub cpu_model: CpuModel,
}

/// How a CPU limit holds a container back (request engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuModel {
    /// The CFS quota: full speed on the node's cores until limit x 100 ms is spent, then a stall until the next 100 ms period.
    Quota,
    /// The textbook server: the limit as a constant rate, shared evenly.
    Shared,
}

/// A burst of CPU after the container started (k/k#29989).
#[derive(Clone, Debug, PartialEq)]
pub struct StartupCpu {
    /// How much, on top of everything else.
    pub cpu: Millicores,
    /// For how long after the start.
    pub duration: SimSpan,
}

/// `readinessProbe`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadinessProbe {
    /// `initialDelaySeconds`.
    pub initial_delay: SimSpan,
    /// `periodSeconds`: the first tick that finds the container initialised makes the pod Ready.
    pub period: SimSpan,
}

/// From the container's CPU counter to the metrics API.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsPipeline {
    /// metrics-server `--metric-resolution`: how often it scrapes.
    pub scrape_interval: SimSpan,
    /// kubelet `--housekeeping-interval`: how often a counter is read, before jitter.
    pub housekeeping: SimSpan,
    /// The interval is `housekeeping` x U[1, 1 + jitter).
    pub housekeeping_jitter: f64,
    /// From the scrape to the metrics API showing it.
    pub lag: SimSpan,
}
