//! What a policy means when it does not say: every default in one place, with its source or argument.
//!
//! Self-imposed limit: values only. The HPA's own defaults live in `hpa::spec`
//! and `hpa::rules`, for they are the API server's and the controller's.
//! `docs/model.md` has the same as a table.

use crate::cluster::config::{Container, ContainerCourse, CpuModel, MetricsPipeline, PodTimings};
use crate::engine::random::Distribution;
use crate::units::{Millicores, Replicas, SimSpan};
use crate::workload::{AfterTimeout, Arrivals, Balancer, Clients, Retries};

use super::{CostRates, Slo};

/// `controller.sync_period`: kube-controller-manager `--horizontal-pod-autoscaler-sync-period`.
pub const SYNC_PERIOD: SimSpan = SimSpan::from_secs(15);
/// `controller.sync_jitter`: the controller requeues after exactly the period; work in its queue is not modelled.
pub const SYNC_JITTER: SimSpan = SimSpan::ZERO;

/// `deployment.replicas`: `spec.replicas` of apps/v1.
pub const DEPLOYMENT_REPLICAS: Replicas = Replicas(1);
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

/// `pod.schedule`: kube-scheduler binds in tens of milliseconds when there is room, with a tail under bursts.
#[must_use]
pub fn schedule() -> Distribution {
    Distribution::log_normal_by_p99(SimSpan::from_millis(50), SimSpan::from_millis(500))
}

/// `pod.image_pull`: the image is on the node, as after a deployment's first hours.
pub const IMAGE_PULL: Distribution = Distribution::Constant(SimSpan::ZERO);

/// `pod.start`: p50 of 1 to 2 s and p99 within 5 s, the Kubernetes scalability SLO for stateless pods without pull.
#[must_use]
pub fn start() -> Distribution {
    Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(5))
}

/// `pod.init`: a compiled service; Node takes about 5 s, a JVM 45 s.
pub const INIT: Distribution = Distribution::Constant(SimSpan::from_secs(1));

/// `pod.endpoint_lag`: EndpointSlice controller batching (0.5 s) and kube-proxy's sync (up to 1 s).
pub const ENDPOINT_LAG: SimSpan = SimSpan::from_secs(1);
/// `pod.pre_stop`: there is no hook unless somebody writes one.
pub const PRE_STOP: SimSpan = SimSpan::ZERO;
/// `pod.grace_period`: `terminationGracePeriodSeconds`.
pub const GRACE_PERIOD: SimSpan = SimSpan::from_secs(30);
/// `pod.node_cores`: a common node size; it bounds a pod without limit.
pub const NODE_CORES: f64 = 4.0;
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

/// `[pod]` of a policy without it.
#[must_use]
pub fn pod() -> PodTimings {
    PodTimings {
        schedule: schedule(),
        image_pull: IMAGE_PULL,
        start: start(),
        init: INIT,
        startup_cpu: None,
        startup: None,
        readiness: None,
        endpoint_lag: ENDPOINT_LAG,
        pre_stop: PRE_STOP,
        grace_period: GRACE_PERIOD,
        node_cores: NODE_CORES,
        cpu_model: CPU_MODEL,
    }
}

/// `workload.cpu_per_request`: a light web request; log-normal with CV 1, for service times have a tail.
#[must_use]
pub fn cpu_per_request() -> Distribution {
    Distribution::log_normal_by_mean(SimSpan::from_millis(10), 1.0)
}

/// `workload.io_per_request`: nothing is waited for.
pub const IO_PER_REQUEST: Distribution = Distribution::Constant(SimSpan::ZERO);
/// `workload.idle_cpu`, and that of a sidecar: a waiting process is woken now and then.
pub const IDLE_CPU: Millicores = Millicores(1);
/// `workload.concurrency`: worker threads or connections of a small service.
pub const CONCURRENCY: u32 = 32;
/// `workload.queue`: the backlog of a listening socket (128 by tradition, `SOMAXCONN` before Linux 5.4).
pub const QUEUE: u32 = 128;
/// `workload.timeout`: how long clients and proxies commonly wait.
pub const TIMEOUT: SimSpan = SimSpan::from_secs(10);
/// `workload.cpu_noise`: none, so that theory can be checked.
pub const CPU_NOISE: f64 = 0.0;
/// `workload.memory_base`: a small runtime at rest, 32 MiB.
pub const MEMORY_BASE_BYTES: u64 = 32 << 20;
/// `workload.memory_per_request`: buffers and a stack, 256 KiB.
pub const MEMORY_PER_REQUEST_BYTES: u64 = 256 << 10;
/// `workload.scale`: the trace as it is.
pub const SCALE: f64 = 1.0;
/// `workload.arrivals`: many clients that know nothing of each other (Palm-Khinchine).
pub const ARRIVALS: Arrivals = Arrivals::Poisson;
/// `workload.think_time`: the `sleep(1)` of k6's examples.
pub const THINK_TIME: Distribution = Distribution::Constant(SimSpan::from_secs(1));
/// `workload.after_timeout`: most servers notice a closed connection only when they answer.
pub const AFTER_TIMEOUT: AfterTimeout = AfterTimeout::Continue;
/// `workload.retries`: clients give up at the first failure. What a retry is, once there is one: full jitter from 100 ms
/// to 10 s ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), without a budget.
pub const RETRIES: Retries = Retries {
    max: 0,
    backoff: SimSpan::from_millis(100),
    max_backoff: SimSpan::from_secs(10),
    budget: None,
};
/// `workload.balancer`: kube-proxy with iptables picks at random.
pub const BALANCER: Balancer = Balancer::Random;
/// `workload.connections.lifetime`: nginx `keepalive_time`, an hour; clients that close sooner say so.
pub const CONNECTION_LIFETIME: Distribution = Distribution::Constant(SimSpan::from_secs(3600));
/// How clients behave when `[workload]` does not say.
#[must_use]
pub fn clients() -> Clients {
    Clients {
        arrivals: ARRIVALS,
        think_time: THINK_TIME,
        after_timeout: AFTER_TIMEOUT,
        retries: RETRIES,
        balancer: BALANCER,
        connections: None,
    }
}
/// `pod.cpu_model`: what Linux does with a CPU limit.
pub const CPU_MODEL: CpuModel = CpuModel::Quota;

/// `[metrics]`: what the shipped manifests and kubelets do.
///
/// metrics-server's manifests say `--metric-resolution=15s`; the kubelet's
/// `--housekeeping-interval` is 10 s, stretched by cAdvisor by a factor U[1, 2).
#[must_use]
pub fn metrics() -> MetricsPipeline {
    MetricsPipeline {
        scrape_interval: SimSpan::from_secs(15),
        housekeeping: SimSpan::from_secs(10),
        housekeeping_jitter: 1.0,
        lag: SimSpan::ZERO,
    }
}

/// `[slo]`: p95 within 500 ms, 1 % errors, a common promise of web services.
pub const SLO: Slo = Slo {
    latency_quantile: 0.95,
    latency_limit: SimSpan::from_millis(500),
    error_rate: 0.01,
};

/// `[cost]`: no prices, for they are the user's.
pub const COST: CostRates = CostRates {
    per_pod_hour: 0.0,
    per_core_hour: 0.0,
    per_gib_hour: 0.0,
};
