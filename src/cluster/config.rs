//! Settings of the Deployment and the cluster: `[deployment]`, `[pod]` and `[metrics]` of a policy,
//! checked.

use super::placement::PodDemand;
use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas, SimSpan};

/// A Deployment before any scaling.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// `spec.replicas` at the start of the run.
    pub replicas: Replicas,
    /// The containers of a pod. The first one serves the requests. There are 1 to 65,536, because
    /// events store the index in 16 bits.
    pub containers: Vec<Container>,
    /// The pod-level resources of the pod template.
    pub pod_level: PodLevelResources,
    /// The times of a pod's start and end.
    pub pod: PodTimings,
}

impl Deployment {
    /// The CPU request of a pod: the pod-level request, or the sum over the containers. `None` if
    /// the pod has no pod-level request and a container has none either.
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

    /// The resources that kube-scheduler must find for a pod: the pod-level requests, or the sum
    /// over the containers.
    ///
    /// A limit without a request counts as a request, as the API server defaults it. A container
    /// without both needs no room.
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

    /// The CPU limit of a container: its own, or the pod-level one; `None` if only the node limits
    /// it.
    #[must_use]
    pub fn cpu_limit_of(&self, container: &Container) -> Option<Millicores> {
        container.cpu_limit.or(self.pod_level.cpu_limit)
    }

    /// The memory limit of a container in bytes: its own, or the pod-level one.
    #[must_use]
    pub fn memory_limit_of(&self, container: &Container) -> Option<u64> {
        container
            .memory_limit_bytes
            .or(self.pod_level.memory_limit_bytes)
    }
}

/// `resources` of the pod template itself (KEP-2837), in addition to those of its containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodLevelResources {
    /// `requests.cpu`; `None` sums the requests of the containers.
    pub cpu_request: Option<Millicores>,
    /// `limits.cpu`: the limit of a container without a limit of its own.
    pub cpu_limit: Option<Millicores>,
    /// `requests.memory` in bytes.
    pub memory_request_bytes: Option<u64>,
    /// `limits.memory` in bytes.
    pub memory_limit_bytes: Option<u64>,
}

impl PodLevelResources {
    /// Whether the pod has any pod-level request.
    #[must_use]
    pub const fn has_requests(&self) -> bool {
        self.cpu_request.is_some() || self.memory_request_bytes.is_some()
    }
}

/// The list of the pod template that a container is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerCourse {
    /// `containers`.
    #[default]
    Regular,
    /// `initContainers` with `restartPolicy: Always`: the container starts first and runs as long
    /// as the pod.
    RestartableInit,
}

/// One container of the pod template.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// The list of the template that the container is in.
    pub course: ContainerCourse,
    /// `resources.requests.cpu`; `None` if not set.
    pub cpu_request: Option<Millicores>,
    /// `resources.limits.cpu`; `None` if only the node limits the container.
    pub cpu_limit: Option<Millicores>,
    /// `resources.requests.memory` in bytes.
    pub memory_request_bytes: Option<u64>,
    /// `resources.limits.memory` in bytes.
    pub memory_limit_bytes: Option<u64>,
    /// CPU that the container uses without any request.
    pub idle_cpu: Millicores,
    /// Mean CPU time that one request costs in this container, in core-seconds.
    pub cpu_seconds_per_request: f64,
}

/// The times between a pod's creation and its serving, and between its deletion and its removal.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTimings {
    /// From creation to scheduling.
    pub schedule: Distribution,
    /// From scheduling to the presence of the image; zero if it is cached.
    pub image_pull: Distribution,
    /// From the presence of the image to the start of the containers.
    pub start: Distribution,
    /// From the start to the ability to serve. Requests that arrive before then fail.
    pub init: Distribution,
    /// A burst of CPU that the first container uses after its start, on top of its requests.
    pub startup_cpu: Option<StartupCpu>,
    /// The time after the start in which a request costs more; `None` if a request always costs the
    /// same.
    pub warm_up: Option<WarmUp>,
    /// The startup probe; `None` lets the readiness probe run from the start.
    pub startup: Option<StartupProbe>,
    /// The readiness probe; `None` makes the pod Ready as soon as it starts.
    pub readiness: Option<ReadinessProbe>,
    /// From Ready to the first traffic, and from deletion to the last.
    pub endpoint_lag: SimSpan,
    /// The preStop hook: from deletion to SIGTERM.
    pub pre_stop: SimSpan,
    /// terminationGracePeriodSeconds.
    pub grace_period: SimSpan,
    /// Cores of the pod's node: the upper bound of its CPU, with or without a limit.
    pub node_cores: f64,
    /// How a CPU limit slows a container.
    pub cpu_model: CpuModel,
}

/// How a CPU limit slows a container (request engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuModel {
    /// The CFS quota: full speed on the node's cores until limit x 100 ms of CPU time is spent,
    /// then a stall until the next 100 ms period.
    Quota,
    /// The server of queueing theory: the limit is a constant rate, shared equally.
    Shared,
}

/// A burst of CPU after the start of the container (kubernetes/kubernetes#29989).
#[derive(Clone, Debug, PartialEq)]
pub struct StartupCpu {
    /// The size of the burst, on top of all other use.
    pub cpu: Millicores,
    /// The length of the burst, from the start of the container.
    pub duration: SimSpan,
}

/// The warm-up of a pod: JIT compilation, cold caches, class loading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// The cost of a request that begins during the warm-up, as a multiple of its later cost; 1 or
    /// more.
    pub factor: f64,
    /// The length of the warm-up, from the moment at which the pod is Ready and able to serve.
    pub duration: SimSpan,
}

/// `readinessProbe` of the first container.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadinessProbe {
    /// `initialDelaySeconds`.
    pub initial_delay: SimSpan,
    /// `periodSeconds`: a probe passes if the container is initialised.
    pub period: SimSpan,
    /// `successThreshold`: the number of consecutive passes that make the pod Ready; 1 or more.
    pub success_threshold: u32,
}

/// `startupProbe` of the first container. The readiness probe does not run until it has passed.
#[derive(Clone, Debug, PartialEq)]
pub struct StartupProbe {
    /// `initialDelaySeconds`.
    pub initial_delay: SimSpan,
    /// `periodSeconds`: the first probe that finds the container initialised passes.
    pub period: SimSpan,
    /// `failureThreshold`. After this many failures the kubelet would restart the container, which
    /// the simulation does not do.
    pub failure_threshold: u32,
}

/// Where the kubelet takes the CPU counters of containers from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatsProvider {
    /// cAdvisor, which reads a counter at each housekeeping.
    #[default]
    Cadvisor,
    /// The container runtime (feature gate `PodAndContainerStatsFromCRI`), which reads a counter
    /// when metrics-server asks: kubernetes/kubernetes#140081.
    Cri,
}

/// The path of Pods, Object and External metrics through Prometheus and prometheus-adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomPipeline {
    /// Prometheus `scrape_interval`: the time between scrapes.
    pub interval: SimSpan,
    /// The range of the adapter's query, such as `[1m]`; zero for a query without a range.
    pub window: SimSpan,
    /// How old an answer of the adapter is.
    pub lag: SimSpan,
    /// Columns of the trace of which the query takes the newest sample, whatever the window.
    pub gauges: Vec<String>,
}

impl CustomPipeline {
    /// The number of scrapes that a query at any time may need.
    #[must_use]
    pub fn kept_scrapes(&self) -> usize {
        let reach = (self.window + self.lag).as_nanos() / self.interval.as_nanos().max(1);
        // One more at each edge, and a second one for a rate without a window.
        usize::try_from(reach).unwrap_or(0) + 3
    }

    /// The shortest window in which every query finds two scrapes.
    #[must_use]
    pub fn shortest_window(&self) -> SimSpan {
        self.interval * 2
    }
}

/// The paths of metrics to the metrics APIs.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsPipeline {
    /// metrics-server `--metric-resolution`: the time between scrapes.
    pub scrape_interval: SimSpan,
    /// Where the kubelet takes the counters from.
    pub stats: StatsProvider,
    /// kubelet `--housekeeping-interval`: the time between readings of a counter, before jitter.
    pub housekeeping: SimSpan,
    /// The jitter: each interval is `housekeeping` x U[1, 1 + jitter).
    pub housekeeping_jitter: f64,
    /// From the scrape to its visibility in the metrics API.
    pub lag: SimSpan,
    /// The path of Pods, Object and External metrics; `None` if an adapter reads them at
    /// metrics-server's scrapes.
    pub custom: Option<CustomPipeline>,
}

impl MetricsPipeline {
    /// The longest time between two readings of a counter.
    #[must_use]
    pub fn longest_reading_interval(&self) -> SimSpan {
        match self.stats {
            StatsProvider::Cadvisor => {
                let jitter = 1.0 + self.housekeeping_jitter;
                SimSpan::from_secs_f64(self.housekeeping.as_secs_f64() * jitter)
            }
            StatsProvider::Cri => self.scrape_interval,
        }
    }
}
