//! What a Deployment and the cluster around it look like: `[deployment]`, `[pod]` and `[metrics]` of a policy, checked.
//!
//! Self-imposed limit: settings; what they bring about is elsewhere in this room.

use super::placement::PodDemand;
use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas, SimSpan};

/// A Deployment before anybody scales it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// `spec.replicas` at the start.
    pub replicas: Replicas,
    /// Its pods' containers: at least one, which serves the requests, and at most 65,536, as events count them in 16 bits.
    pub containers: Vec<Container>,
    /// What the pod template states for the pod as a whole.
    pub pod_level: PodLevelResources,
    /// How its pods come and go.
    pub pod: PodTimings,
}

impl Deployment {
    /// CPU that a pod requests: as a whole, or its containers together; `None` when one requests nothing.
    #[must_use]
    pub fn cpu_request(&self) -> Option<Millicores> {
        if self.pod_level.cpu_request.is_some() {
            return self.pod_level.cpu_request;
        }
        let requests = self
            .containers
            .iter()
            .map(|container| container.cpu_request);
        requests
            .map(|request| request.map(|millicores| millicores.0))
            .sum::<Option<i64>>()
            .map(Millicores)
    }

    /// What kube-scheduler has to find room for: the pod's own requests, else those of its containers (a limit without a request
    /// is one, as the API server defaults it); what requests nothing needs no room.
    #[must_use]
    pub fn demand(&self) -> PodDemand {
        let cpu = |container: &Container| container.cpu_request.or(container.cpu_limit);
        let memory = |container: &Container| {
            let limit = container.memory_limit_bytes;
            container.memory_request_bytes.or(limit)
        };
        let containers = &self.containers;
        PodDemand {
            cpu: self.pod_level.cpu_request.unwrap_or_else(|| {
                let requests = containers.iter().filter_map(cpu);
                Millicores(requests.map(|request| request.0).sum())
            }),
            memory_bytes: self
                .pod_level
                .memory_request_bytes
                .unwrap_or_else(|| containers.iter().filter_map(memory).sum()),
        }
    }

    /// What a container may use of CPU: its own limit, or the pod's; `None`: what the node has.
    #[must_use]
    pub fn cpu_limit_of(&self, container: &Container) -> Option<Millicores> {
        container.cpu_limit.or(self.pod_level.cpu_limit)
    }

    /// What a container may use of memory in bytes: its own limit, or the pod's.
    #[must_use]
    pub fn memory_limit_of(&self, container: &Container) -> Option<u64> {
        container
            .memory_limit_bytes
            .or(self.pod_level.memory_limit_bytes)
    }
}

/// `resources` of the pod template itself (KEP-2837), beside those of its containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodLevelResources {
    /// `requests.cpu`; `None`: the containers' count.
    pub cpu_request: Option<Millicores>,
    /// `limits.cpu`: what a container without a limit of its own may use.
    pub cpu_limit: Option<Millicores>,
    /// `requests.memory` in bytes.
    pub memory_request_bytes: Option<u64>,
    /// `limits.memory` in bytes.
    pub memory_limit_bytes: Option<u64>,
}

impl PodLevelResources {
    /// Whether the pod requests anything as a whole.
    #[must_use]
    pub const fn has_requests(&self) -> bool {
        self.cpu_request.is_some() || self.memory_request_bytes.is_some()
    }
}

/// Which list of the pod template a container stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerCourse {
    /// `containers`.
    #[default]
    Regular,
    /// `initContainers` with `restartPolicy: Always`: it starts first and runs as long as the pod.
    RestartableInit,
}

/// One container of the pod template.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Which list of the template it stands in.
    pub course: ContainerCourse,
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
    /// The startup probe; `None`: readiness is asked for from the start.
    pub startup: Option<StartupProbe>,
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

/// `readinessProbe` of the first container.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadinessProbe {
    /// `initialDelaySeconds`.
    pub initial_delay: SimSpan,
    /// `periodSeconds`: ticks that find the container initialised pass.
    pub period: SimSpan,
    /// `successThreshold`: how many passes in a row make the pod Ready; 1 or more.
    pub success_threshold: u32,
}

/// `startupProbe` of the first container: until it has passed no readiness probe runs.
#[derive(Clone, Debug, PartialEq)]
pub struct StartupProbe {
    /// `initialDelaySeconds`.
    pub initial_delay: SimSpan,
    /// `periodSeconds`: the first tick that finds the container initialised passes.
    pub period: SimSpan,
    /// `failureThreshold`: after so many failures the kubelet would restart the container, which is not simulated.
    pub failure_threshold: u32,
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
