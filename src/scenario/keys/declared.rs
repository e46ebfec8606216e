//! Every key of a policy's sections, declared once: one row gives its name, type, default and the texts for the pages.
//!
//! `keys` explains the columns; `tables` has the keys inside tables.

use super::kinds::{
    Assertions, Bytes, Cpu, Integer, KeyTable, KeyTables, Mean, Number, OnOff, OneOf, Optional,
    ShortOrTable, Span, Text, Time,
};
use super::tables::{self, Process};
use super::{Bound, Keys, PolicyKey};
use crate::cluster::config::{Container, CpuModel};
use crate::engine::random::Distribution;
use crate::hpa::rules::{ControllerSettings, Release};
use crate::scenario::hpa_section::REPLICAS_MAX;
use crate::units::SimSpan;
use crate::workload::{AfterTimeout, Arrivals, Balancer, Connections, Retries};

/// The default of `deployment.namespace`, which is kubectl's.
pub(in crate::scenario) const DEFAULT_NAMESPACE: &str = "default";
/// A longer mean for the work of one request is a typing mistake.
const REQUEST_AT_MOST: Mean = Mean::AtMost(
    SimSpan::from_secs(3600),
    "write the time of one request, such as \"10ms\"",
);

declare! { CONTROLLER;
    SYNC_PERIOD: Span = PolicyKey {
        name: "sync_period",
        takes: Span::at_least(SimSpan::from_secs(1)),
        default: || SimSpan::from_secs(15),
        text: Some(r#""15s""#),
        because: "kube-controller-manager `--horizontal-pod-autoscaler-sync-period`",
        bounds: Some(Bound::Because("hpasim computes every sync")),
        means: "the time between two syncs of the autoscaler",
        is_assumed: false,
    };
    SYNC_JITTER: Span = PolicyKey {
        name: "sync_jitter",
        takes: Span::ANY,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "the controller requeues after exactly the period; hpasim does not model the waiting in its queue",
        bounds: Some(Bound::Rule("0s up to the period", "a longer jitter would change the order of syncs")),
        means: "each sync is late by a random time up to this",
        is_assumed: false,
    };
    TOLERANCE: Number = PolicyKey {
        name: "tolerance",
        takes: Number(0.0..=1.0),
        default: || ControllerSettings::default().tolerance,
        text: Some("0.1"),
        because: "`--horizontal-pod-autoscaler-tolerance`",
        bounds: None,
        means: "how far the ratio of metric to target may be from 1 without a change of replicas",
        is_assumed: false,
    };
    DOWNSCALE_STABILIZATION: Span = PolicyKey {
        name: "downscale_stabilization",
        takes: Span::ANY,
        default: || ControllerSettings::default().downscale_stabilization,
        text: Some(r#""5m""#),
        because: "`--horizontal-pod-autoscaler-downscale-stabilization`",
        bounds: None,
        means: "how long a higher recommendation keeps the replicas up, unless `behavior` states a window",
        is_assumed: false,
    };
    CPU_INITIALIZATION_PERIOD: Span = PolicyKey {
        name: "cpu_initialization_period",
        takes: Span::ANY,
        default: || ControllerSettings::default().cpu_initialization_period,
        text: Some(r#""5m""#),
        because: "`--horizontal-pod-autoscaler-cpu-initialization-period`",
        bounds: None,
        means: "for this time after its start, the autoscaler ignores a pod's CPU if the pod is unready or the sample began before the pod was Ready",
        is_assumed: false,
    };
    INITIAL_READINESS_DELAY: Span = PolicyKey {
        name: "initial_readiness_delay",
        takes: Span::ANY,
        default: || ControllerSettings::default().initial_readiness_delay,
        text: Some(r#""30s""#),
        because: "`--horizontal-pod-autoscaler-initial-readiness-delay`",
        bounds: None,
        means: "after that period: if the readiness of an unready pod last changed within this time after its start, the pod was never Ready, and the autoscaler ignores its CPU",
        is_assumed: false,
    };
    SCALE_TO_ZERO: OnOff = PolicyKey {
        name: "scale_to_zero",
        takes: OnOff,
        default: || ControllerSettings::default().scale_to_zero,
        text: Some("false"),
        because: "feature gate `HPAScaleToZero`, alpha",
        bounds: None,
        means: "whether `minReplicas` may be 0 (needs a metric that exists without pods)",
        is_assumed: false,
    };
    CONFIGURABLE_TOLERANCE: OnOff = PolicyKey {
        name: "configurable_tolerance",
        takes: OnOff,
        default: || ControllerSettings::default().configurable_tolerance,
        text: Some("true"),
        because: "feature gate `HPAConfigurableTolerance` (KEP-4951); the 1.28 rules do not have it",
        bounds: None,
        means: "whether `behavior` may have a `tolerance`",
        is_assumed: false,
    };
    KUBERNETES: OneOf<Release> = PolicyKey {
        name: "kubernetes",
        takes: OneOf(&[("current", Release::Current), ("1.28", Release::V1_28)]),
        default: || Release::default(),
        text: Some(r#""current""#),
        because: r#"the rules of API v0.36; `"1.28"` is the other set"#,
        bounds: None,
        means: r#"`"current"`, or `"1.28"` for that release's rules"#,
        is_assumed: false,
    };
}

declare! { DEPLOYMENT;
    DEPLOYMENT_NAME: Optional<Text> = PolicyKey {
        name: "name",
        takes: Optional(Text),
        default: || None,
        text: None,
        because: "the policy's name",
        bounds: None,
        means: "the name of the Deployment in messages; the default is the policy's name",
        is_assumed: false,
    };
    NAMESPACE: Text = PolicyKey {
        name: "namespace",
        takes: Text,
        default: || DEFAULT_NAMESPACE.to_owned(),
        text: Some(r#""default""#),
        because: "kubectl",
        bounds: None,
        means: "the namespace of the Deployment and of its autoscaler",
        is_assumed: false,
    };
    REPLICAS: Integer<i32> = PolicyKey {
        name: "replicas",
        takes: Integer(0..=REPLICAS_MAX),
        default: || 1,
        text: Some("1"),
        because: "`spec.replicas` of apps/v1",
        bounds: Some(Bound::Because("hpasim holds every pod in memory, and a low target brings an autoscaler to its maximum within minutes")),
        means: "`spec.replicas` at the start; these pods are warm when the trace begins",
        is_assumed: false,
    };
    CONTAINERS: KeyTables<Vec<Container>> = PolicyKey {
        name: "containers",
        takes: KeyTables::at_most(tables::CONTAINERS_MAX, tables::CONTAINER),
        default: || vec![tables::container()],
        text: Some(r#"[{ name = "app", resources = { requests = { cpu = "100m" } } }]"#),
        because: "a small service; without a CPU request there is no utilization",
        bounds: Some(Bound::Because("an object in a cluster has at most 1.5 MiB (etcd's `--max-request-bytes`), so no pod has nearly as many")),
        means: "the containers of the pod template, one `[[deployment.containers]]` each",
        is_assumed: true,
    };
}

declare! { WORKLOAD;
    CPU_PER_REQUEST: Time = PolicyKey {
        name: "cpu_per_request",
        takes: Time(&[Mean::AboveZero("one pod could serve any load", "write the cost of a request, such as \"10ms\""), REQUEST_AT_MOST]),
        default: || Distribution::log_normal_by_mean(SimSpan::from_millis(10), 1.0),
        text: Some(r#"{ dist = "lognormal", mean = "10ms", cv = 1.0 }"#),
        because: "a light web request; service times have a tail, and the exponential distribution has CV 1",
        bounds: None,
        means: r#"CPU time of a request in the first container, a distribution: `"10ms"` is 10 ms of one core"#,
        is_assumed: true,
    };
    IO_PER_REQUEST: Time = PolicyKey {
        name: "io_per_request",
        takes: Time(&[REQUEST_AT_MOST]),
        default: || Distribution::Constant(SimSpan::ZERO),
        text: Some(r#""0s""#),
        because: "requests do not wait for other services",
        bounds: None,
        means: "time that a request waits without using CPU, a distribution: databases, calls to other services",
        is_assumed: false,
    };
    IDLE_CPU: Cpu = PolicyKey {
        name: "idle_cpu",
        takes: Cpu,
        default: tables::CONTAINER_IDLE_CPU.default,
        text: Some(r#""1m""#),
        because: "a waiting process wakes up now and then",
        bounds: None,
        means: "CPU of the first container without any request",
        is_assumed: false,
    };
    CONCURRENCY: Integer<u32> = PolicyKey {
        name: "concurrency",
        takes: Integer(1..=1_000_000),
        default: || 32,
        text: Some("32"),
        because: "worker threads or connections of a small service",
        bounds: None,
        means: "how many requests a pod works on at the same time",
        is_assumed: false,
    };
    QUEUE: Integer<u32> = PolicyKey {
        name: "queue",
        takes: Integer(0..=100_000_000),
        default: || 128,
        text: Some("128"),
        because: "the traditional backlog of a listening socket (`SOMAXCONN` before Linux 5.4)",
        bounds: None,
        means: "how many further requests wait, first come first served; the pod refuses more",
        is_assumed: false,
    };
    TIMEOUT: Span = PolicyKey {
        name: "timeout",
        takes: Span::at_least(SimSpan::from_millis(1)),
        default: || SimSpan::from_secs(10),
        text: Some(r#""10s""#),
        because: "how long clients and proxies commonly wait",
        bounds: None,
        means: "how long a client waits for an answer before the attempt times out",
        is_assumed: true,
    };
    SCALE: Number = PolicyKey {
        name: "scale",
        takes: Number(0.0..=1e9),
        default: || 1.0,
        text: Some("1.0"),
        because: "the trace without a change",
        bounds: None,
        means: "multiplies the load of the trace: rate, CPU or users (users are rounded to whole numbers, halves up)",
        is_assumed: false,
    };
    CPU_NOISE: Number = PolicyKey {
        name: "cpu_noise",
        takes: Number(0.0..=10.0),
        default: || 0.0,
        text: Some("0"),
        because: "off, so that the model can be compared with theory",
        bounds: None,
        means: "relative standard deviation of the CPU counter's readings; the work itself does not change",
        is_assumed: false,
    };
    MEMORY_BASE: Bytes = PolicyKey {
        name: "memory_base",
        takes: Bytes,
        default: || 32 << 20,
        text: Some(r#""32Mi""#),
        because: "a small runtime at rest",
        bounds: None,
        means: "memory of a pod that has no requests",
        is_assumed: false,
    };
    MEMORY_PER_REQUEST: Bytes = PolicyKey {
        name: "memory_per_request",
        takes: Bytes,
        default: || 256 << 10,
        text: Some(r#""256Ki""#),
        because: "buffers and a stack",
        bounds: None,
        means: "memory that each request in the pod adds, whether it waits or runs",
        is_assumed: false,
    };
    ARRIVALS: ShortOrTable<OneOf<Process>, Arrivals> = PolicyKey {
        name: "arrivals",
        takes: ShortOrTable::of(tables::PROCESS, tables::ARRIVALS),
        default: || Arrivals::Poisson,
        text: Some(r#""poisson""#),
        because: "many independent clients give a Poisson process (Palm-Khinchine theorem)",
        bounds: None,
        means: r#"the arrival process at the trace's rate: `"poisson"` (independent clients), `"even"` (a load generator), or a table such as `{ process = "gamma", cv = 2.0 }`"#,
        is_assumed: false,
    };
    THINK_TIME: Time = PolicyKey {
        name: "think_time",
        takes: Time(&[Mean::AtLeast(SimSpan::from_millis(1), "a user without a pause would send endlessly while requests fail at once")]),
        default: || Distribution::Constant(SimSpan::from_secs(1)),
        text: Some(r#""1s""#),
        because: "the `sleep(1)` of k6's examples; every result of a trace of `users` depends on it",
        bounds: Some(Bound::Because("a user without a pause would send endlessly in one instant while attempts fail at once")),
        means: "how long a user pauses between an answer and the next request, a distribution, 1 ms or more on average",
        is_assumed: true,
    };
    AFTER_TIMEOUT: OneOf<AfterTimeout> = PolicyKey {
        name: "after_timeout",
        takes: OneOf(&[("continue", AfterTimeout::Continue), ("cancel", AfterTimeout::Cancel)]),
        default: || AfterTimeout::Continue,
        text: Some(r#""continue""#),
        because: "most servers notice a closed connection only when they write the answer",
        bounds: None,
        means: r#"what a pod does with a request after its timeout: `"continue"` (it finishes the work, like most servers) or `"cancel"` (it drops the work and frees the slot)"#,
        is_assumed: false,
    };
    RETRIES: ShortOrTable<Integer<u32>, Retries> = PolicyKey {
        name: "retries",
        takes: ShortOrTable::of(Integer(tables::RETRIES_AT_MOST), tables::RETRIES),
        default: || Retries {
            max: 0,
            backoff: (tables::RETRIES_BACKOFF.default)(),
            max_backoff: (tables::RETRIES_MAX_BACKOFF.default)(),
            budget: (tables::RETRIES_BUDGET.default)(),
        },
        text: Some("0"),
        because: "clients do not retry",
        bounds: None,
        means: "how many attempts a client may add after the first: a number, or a table",
        is_assumed: false,
    };
    BALANCER: OneOf<Balancer> = PolicyKey {
        name: "balancer",
        takes: OneOf(&[("random", Balancer::Random), ("round_robin", Balancer::RoundRobin), ("least_request", Balancer::LeastRequest), ("power_of_two", Balancer::PowerOfTwo)]),
        default: || Balancer::Random,
        text: Some(r#""random""#),
        because: "kube-proxy with iptables chooses at random",
        bounds: None,
        means: r#"how a request's pod is chosen: `"random"` (kube-proxy with iptables), `"round_robin"`, `"least_request"` (the pod with the fewest open requests, ties at random), `"power_of_two"` (the one of two random pods with fewer open requests)"#,
        is_assumed: false,
    };
    CONNECTIONS: ShortOrTable<Integer<u32>, Option<Connections>> = PolicyKey {
        name: "connections",
        takes: ShortOrTable::of(Integer(tables::CONNECTIONS_COUNTED), tables::CONNECTIONS),
        default: || None,
        text: None,
        because: "the balancer chooses a pod for each request",
        bounds: None,
        means: "keep-alive connections: their number, or a table; without this key the balancer chooses a pod for each request",
        is_assumed: false,
    };
}

declare! { POD;
    SCHEDULE: Time = PolicyKey {
        name: "schedule",
        takes: Time(&[]),
        default: || Distribution::log_normal_by_p99(SimSpan::from_millis(50), SimSpan::from_millis(500)),
        text: Some(r#"{ dist = "lognormal", median = "50ms", p99 = "500ms" }"#),
        because: "kube-scheduler binds a pod in tens of milliseconds if a node has room; bursts wait in a queue",
        bounds: None,
        means: "time from the pod's creation to its scheduling",
        is_assumed: false,
    };
    IMAGE_PULL: Time = PolicyKey {
        name: "image_pull",
        takes: Time(&[]),
        default: || Distribution::Constant(SimSpan::ZERO),
        text: Some(r#""0s""#),
        because: "the node has the image after the first hours of a Deployment; a pull takes 5 to 60 s",
        bounds: None,
        means: "time from scheduling until the node has the image; 0 if the node has it already",
        is_assumed: true,
    };
    START: Time = PolicyKey {
        name: "start",
        takes: Time(&[]),
        default: || Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(5)),
        text: Some(r#"{ dist = "lognormal", median = "1.5s", p99 = "5s" }"#),
        because: "the Kubernetes SLO for the start of stateless pods without an image pull: p99 within 5 s; p50 1 to 2 s",
        bounds: None,
        means: "time from the image to the start of the containers",
        is_assumed: true,
    };
    INIT: Time = PolicyKey {
        name: "init",
        takes: Time(&[]),
        default: || Distribution::Constant(SimSpan::from_secs(1)),
        text: Some(r#""1s""#),
        because: "a compiled service; Node takes about 5 s, a JVM 45 s",
        bounds: None,
        means: "time from the start of the containers until the pod can serve; an earlier request fails as *not initialised*",
        is_assumed: true,
    };
    STARTUP_CPU: KeyTable = PolicyKey {
        name: "startup_cpu",
        takes: KeyTable(tables::STARTUP_CPU),
        default: || (),
        text: None,
        because: "the startup uses no more CPU than an idle pod",
        bounds: None,
        means: "a table: extra CPU after the start, in addition to the requests: JIT, caches, class loading",
        is_assumed: false,
    };
    ENDPOINT_LAG: Span = PolicyKey {
        name: "endpoint_lag",
        takes: Span::ANY,
        default: || SimSpan::from_secs(1),
        text: Some(r#""1s""#),
        because: "the EndpointSlice controller batches for up to 0.5 s, and kube-proxy syncs within 1 s",
        bounds: None,
        means: "a duration: the time from Ready until the pod gets requests, and from its deletion until it gets no more",
        is_assumed: false,
    };
    PRE_STOP: Span = PolicyKey {
        name: "pre_stop",
        takes: Span::ANY,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "a pod has no hook by default",
        bounds: None,
        means: "a duration: the preStop hook; the pod continues to serve during the hook",
        is_assumed: false,
    };
    GRACE_PERIOD: Span = PolicyKey {
        name: "grace_period",
        takes: Span::ANY,
        default: || SimSpan::from_secs(30),
        text: Some(r#""30s""#),
        because: "`terminationGracePeriodSeconds`",
        bounds: None,
        means: "a duration: `terminationGracePeriodSeconds`; requests that are still open at its end fail as *pod gone*",
        is_assumed: false,
    };
    READINESS: KeyTable = PolicyKey {
        name: "readiness",
        takes: KeyTable(tables::READINESS),
        default: || (),
        text: None,
        because: "without a probe a pod is Ready when its container starts",
        bounds: None,
        means: "a table: the readiness probe. Without it a pod is Ready when it starts, so requests reach the pod during `init` and fail",
        is_assumed: false,
    };
    STARTUP: KeyTable = PolicyKey {
        name: "startup",
        takes: KeyTable(tables::STARTUP),
        default: || (),
        text: None,
        because: "without a startup probe the readiness probe begins at the start",
        bounds: None,
        means: "a table: the startup probe. The readiness probe begins after it has passed",
        is_assumed: false,
    };
    RESOURCES: KeyTable = PolicyKey {
        name: "resources",
        takes: KeyTable(tables::POD_RESOURCES),
        default: || (),
        text: None,
        because: "a pod need not have requests or limits as a whole (KEP-2837)",
        bounds: None,
        means: "`requests` and `limits` of the pod as a whole (KEP-2837): utilization is usage divided by this request, and a container without its own limit has this limit",
        is_assumed: false,
    };
    NODE_CORES: Number = PolicyKey {
        name: "node_cores",
        takes: Number(0.1..=1024.0),
        default: || 4.0,
        text: Some("4"),
        because: "a common size; it bounds a pod without a CPU limit",
        bounds: None,
        means: "the cores of the node: the most cores that a pod can use at the same time, whatever its limit",
        is_assumed: false,
    };
    CPU_MODEL: OneOf<CpuModel> = PolicyKey {
        name: "cpu_model",
        takes: OneOf(&[("quota", CpuModel::Quota), ("shared", CpuModel::Shared)]),
        default: || CpuModel::Quota,
        text: Some(r#""quota""#),
        because: "Linux enforces a CPU limit by a CFS quota with periods of 100 ms",
        bounds: None,
        means: r#"how a CPU limit acts: `"quota"` or `"shared"` (request engine)"#,
        is_assumed: false,
    };
}

declare! { METRICS;
    SCRAPE_INTERVAL: Span = PolicyKey {
        name: "scrape_interval",
        takes: Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(15),
        text: Some(r#""15s""#),
        because: "`--metric-resolution` in metrics-server's manifests (the flag's own default is 60 s)",
        bounds: Some(Bound::Because("hpasim computes every scrape, including those of eight cycles before the start; metrics-server itself requires 10 s or more")),
        means: "metrics-server `--metric-resolution`",
        is_assumed: false,
    };
    HOUSEKEEPING: Span = PolicyKey {
        name: "housekeeping",
        takes: Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(10),
        text: Some(r#""10s""#),
        because: "kubelet `--housekeeping-interval`",
        bounds: Some(Bound::Because("hpasim computes every housekeeping")),
        means: "kubelet `--housekeeping-interval`",
        is_assumed: false,
    };
    HOUSEKEEPING_JITTER: Number = PolicyKey {
        name: "housekeeping_jitter",
        takes: Number(0.0..=10.0),
        default: || 1.0,
        text: Some("1.0"),
        because: "cAdvisor multiplies each interval by a random factor of U[1, 2)",
        bounds: Some(Bound::Because("hpasim computes every housekeeping")),
        means: "each interval is `housekeeping` × U[1, 1 + jitter)",
        is_assumed: false,
    };
    LAG: Span = PolicyKey {
        name: "lag",
        takes: Span::UP_TO_HOUR,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "metrics-server serves a scrape as soon as the scrape is complete",
        bounds: Some(Bound::Because("hpasim holds the scrapes of this time in memory")),
        means: "time from a scrape until the metrics API shows it",
        is_assumed: false,
    };
}

declare! { SLO;
    LATENCY: KeyTable = PolicyKey {
        name: "latency",
        takes: KeyTable(tables::LATENCY),
        default: || (),
        text: Some(r#"{ quantile = 0.95, limit = "500ms" }"#),
        because: "a common SLO of web services",
        bounds: None,
        means: "a table: the latency quantile and its limit, for the answered requests of each 5 seconds",
        is_assumed: true,
    };
    ERROR_RATE: Number = PolicyKey {
        name: "error_rate",
        takes: Number(0.0..=1.0),
        default: || 0.01,
        text: Some("0.01"),
        because: "the same",
        bounds: None,
        means: "the share of requests that may fail",
        is_assumed: false,
    };
    ASSERT: Assertions = PolicyKey {
        name: "assert",
        takes: Assertions,
        default: Vec::new,
        text: Some("[]"),
        because: "a policy asserts nothing by default",
        bounds: None,
        means: "an array of assertions about a run, each a [KPI](kpis.md), one of `<` `<=` `>` `>=` `==` and a number in the KPI's unit. With several seeds the median counts, rounded as in `summary.json`. An assertion about a KPI without a value fails. hpasim prints a failed assertion first and exits with code 99",
        is_assumed: false,
    };
}

declare! { COST;
    PER_POD_HOUR: Number = PolicyKey {
        name: "per_pod_hour",
        takes: Number(0.0..=1e9),
        default: || 0.0,
        text: Some("0"),
        because: "prices are the user's",
        bounds: None,
        means: "price of each pod",
        is_assumed: false,
    };
    PER_CORE_HOUR: Number = PolicyKey {
        name: "per_core_hour",
        takes: Number(0.0..=1e9),
        default: || 0.0,
        text: Some("0"),
        because: "the same",
        bounds: None,
        means: "price of each core that the containers request",
        is_assumed: false,
    };
    PER_GIB_HOUR: Number = PolicyKey {
        name: "per_gib_hour",
        takes: Number(0.0..=1e9),
        default: || 0.0,
        text: Some("0"),
        because: "the same",
        bounds: None,
        means: "price of each GiB of memory that the containers request",
        is_assumed: false,
    };
}
