//! Every key of a policy's sections, declared once: one row gives its name, its reader, its default and what the pages say.
//!
//! Self-imposed limit: rows. What the columns mean is `keys`'; keys within tables are `tables`'.

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

/// `deployment.namespace`, and the autoscaler's: kubectl's.
pub(in crate::scenario) const DEFAULT_NAMESPACE: &str = "default";
/// Work of one request that takes longer on average is a slip of the pen.
const REQUEST_AT_MOST: Mean = Mean::AtMost(
    SimSpan::from_secs(3600),
    "write what one request takes, as \"10ms\"",
);

declare! { CONTROLLER;
    SYNC_PERIOD: Span = PolicyKey {
        name: "sync_period",
        takes: Span::at_least(SimSpan::from_secs(1)),
        default: || SimSpan::from_secs(15),
        text: Some(r#""15s""#),
        because: "kube-controller-manager `--horizontal-pod-autoscaler-sync-period`",
        bounds: Some(Bound::Because("each sync is computed")),
        means: "how often the autoscaler decides",
        is_assumed: false,
    };
    SYNC_JITTER: Span = PolicyKey {
        name: "sync_jitter",
        takes: Span::ANY,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "the controller requeues after exactly the period; work in its queue is not modelled",
        bounds: Some(Bound::Rule("0s up to the period", "syncs keep their order")),
        means: "each decision is late by up to this, drawn anew",
        is_assumed: false,
    };
    TOLERANCE: Number = PolicyKey {
        name: "tolerance",
        takes: Number(0.0..=1.0),
        default: || ControllerSettings::default().tolerance,
        text: Some("0.1"),
        because: "`--horizontal-pod-autoscaler-tolerance`",
        bounds: None,
        means: "by how much the ratio of measure and target may be off 1 without a rescale",
        is_assumed: false,
    };
    DOWNSCALE_STABILIZATION: Span = PolicyKey {
        name: "downscale_stabilization",
        takes: Span::ANY,
        default: || ControllerSettings::default().downscale_stabilization,
        text: Some(r#""5m""#),
        because: "`--horizontal-pod-autoscaler-downscale-stabilization`",
        bounds: None,
        means: "how long a higher recommendation holds replicas up, where `behavior` does not say",
        is_assumed: false,
    };
    CPU_INITIALIZATION_PERIOD: Span = PolicyKey {
        name: "cpu_initialization_period",
        takes: Span::ANY,
        default: || ControllerSettings::default().cpu_initialization_period,
        text: Some(r#""5m""#),
        because: "`--horizontal-pod-autoscaler-cpu-initialization-period`",
        bounds: None,
        means: "so long after its start a pod's CPU is set aside while the pod is unready, or its sample reaches back to before it was Ready",
        is_assumed: false,
    };
    INITIAL_READINESS_DELAY: Span = PolicyKey {
        name: "initial_readiness_delay",
        takes: Span::ANY,
        default: || ControllerSettings::default().initial_readiness_delay,
        text: Some(r#""30s""#),
        because: "`--horizontal-pod-autoscaler-initial-readiness-delay`",
        bounds: None,
        means: "after that period: an unready pod whose readiness last changed within this time of its start was never Ready, and its CPU is set aside",
        is_assumed: false,
    };
    SCALE_TO_ZERO: OnOff = PolicyKey {
        name: "scale_to_zero",
        takes: OnOff,
        default: || ControllerSettings::default().scale_to_zero,
        text: Some("false"),
        because: "feature gate `HPAScaleToZero`, alpha",
        bounds: None,
        means: "whether `minReplicas` may be 0 (with a metric that lives without pods)",
        is_assumed: false,
    };
    CONFIGURABLE_TOLERANCE: OnOff = PolicyKey {
        name: "configurable_tolerance",
        takes: OnOff,
        default: || ControllerSettings::default().configurable_tolerance,
        text: Some("true"),
        because: "feature gate `HPAConfigurableTolerance` (KEP-4951); the 1.28 rules do not know it",
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
        because: "the policy's name; what messages call the Deployment",
        bounds: None,
        means: "what messages call it; the policy's name unless stated",
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
        bounds: Some(Bound::Because("a simulation holds every pod in memory, and a low target takes an autoscaler to its maximum within minutes")),
        means: "`spec.replicas` at the start; these pods are warm when the trace begins",
        is_assumed: false,
    };
    CONTAINERS: KeyTables<Vec<Container>> = PolicyKey {
        name: "containers",
        takes: KeyTables::at_most(tables::CONTAINERS_MAX, tables::CONTAINER),
        default: || vec![tables::container()],
        text: Some(r#"[{ name = "app", resources = { requests = { cpu = "100m" } } }]"#),
        because: "one small service; without a request there is no utilization",
        bounds: Some(Bound::Because("an object of a cluster has at most 1.5 MiB (etcd's `--max-request-bytes`), so no pod has nearly as many")),
        means: "the pod template's containers, each `[[deployment.containers]]`",
        is_assumed: true,
    };
}

declare! { WORKLOAD;
    CPU_PER_REQUEST: Time = PolicyKey {
        name: "cpu_per_request",
        takes: Time(&[Mean::AboveZero("one pod could serve everything", "write what a request costs, as \"10ms\""), REQUEST_AT_MOST]),
        default: || Distribution::log_normal_by_mean(SimSpan::from_millis(10), 1.0),
        text: Some(r#"{ dist = "lognormal", mean = "10ms", cv = 1.0 }"#),
        because: "a light web request; service times have a tail, and CV 1 is that of the exponential",
        bounds: None,
        means: r#"CPU time of a request in the first container, a distribution: `"10ms"` is ten milliseconds of one core"#,
        is_assumed: true,
    };
    IO_PER_REQUEST: Time = PolicyKey {
        name: "io_per_request",
        takes: Time(&[REQUEST_AT_MOST]),
        default: || Distribution::Constant(SimSpan::ZERO),
        text: Some(r#""0s""#),
        because: "nothing is waited for",
        bounds: None,
        means: "time of a request that is no CPU, a distribution: databases, calls to others",
        is_assumed: false,
    };
    IDLE_CPU: Cpu = PolicyKey {
        name: "idle_cpu",
        takes: Cpu,
        default: tables::CONTAINER_IDLE_CPU.default,
        text: Some(r#""1m""#),
        because: "a waiting process is woken now and then",
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
        means: "requests that a pod works on at a time",
        is_assumed: false,
    };
    QUEUE: Integer<u32> = PolicyKey {
        name: "queue",
        takes: Integer(0..=100_000_000),
        default: || 128,
        text: Some("128"),
        because: "the backlog of a listening socket, by tradition (`SOMAXCONN` before Linux 5.4)",
        bounds: None,
        means: "requests that wait beyond these, first come first served; more are turned away",
        is_assumed: false,
    };
    TIMEOUT: Span = PolicyKey {
        name: "timeout",
        takes: Span::at_least(SimSpan::from_millis(1)),
        default: || SimSpan::from_secs(10),
        text: Some(r#""10s""#),
        because: "how long clients and proxies commonly wait",
        bounds: None,
        means: "after how long the client gives up an attempt",
        is_assumed: true,
    };
    SCALE: Number = PolicyKey {
        name: "scale",
        takes: Number(0.0..=1e9),
        default: || 1.0,
        text: Some("1.0"),
        because: "the trace as it is",
        bounds: None,
        means: "multiplies the trace: its rate, its CPU or its users (users are then rounded to whole ones, halves up)",
        is_assumed: false,
    };
    CPU_NOISE: Number = PolicyKey {
        name: "cpu_noise",
        takes: Number(0.0..=10.0),
        default: || 0.0,
        text: Some("0"),
        because: "off, so that theory can be checked against the model",
        bounds: None,
        means: "relative standard deviation of what the CPU counter shows around the truth; the work itself is not changed",
        is_assumed: false,
    };
    MEMORY_BASE: Bytes = PolicyKey {
        name: "memory_base",
        takes: Bytes,
        default: || 32 << 20,
        text: Some(r#""32Mi""#),
        because: "a small runtime at rest",
        bounds: None,
        means: "memory of a pod without requests",
        is_assumed: false,
    };
    MEMORY_PER_REQUEST: Bytes = PolicyKey {
        name: "memory_per_request",
        takes: Bytes,
        default: || 256 << 10,
        text: Some(r#""256Ki""#),
        because: "buffers and a stack",
        bounds: None,
        means: "memory that each request in the pod adds, waiting or worked on",
        is_assumed: false,
    };
    ARRIVALS: ShortOrTable<OneOf<Process>, Arrivals> = PolicyKey {
        name: "arrivals",
        takes: ShortOrTable::of(tables::PROCESS, tables::ARRIVALS),
        default: || Arrivals::Poisson,
        text: Some(r#""poisson""#),
        because: "many clients that know nothing of each other (Palm-Khinchine)",
        bounds: None,
        means: r#"how requests follow each other at the trace's rate: `"poisson"` (independent clients), `"even"` (a load generator), or a table, as `{ process = "gamma", cv = 2.0 }`"#,
        is_assumed: false,
    };
    THINK_TIME: Time = PolicyKey {
        name: "think_time",
        takes: Time(&[Mean::AtLeast(SimSpan::from_millis(1), "where requests fail at once, a user without a pause would send without end")]),
        default: || Distribution::Constant(SimSpan::from_secs(1)),
        text: Some(r#""1s""#),
        because: "the `sleep(1)` of k6's examples; it is an assumption of every result of a trace of `users`",
        bounds: Some(Bound::Because("where attempts fail at once, a user without a pause would send without end in one instant")),
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
        means: r#"what becomes of its work then: `"continue"` (the pod works on for nobody, as most servers do) or `"cancel"` (it is dropped, its place is free)"#,
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
        because: "clients give up at the first failure",
        bounds: None,
        means: "attempts after the first: their number, or a table",
        is_assumed: false,
    };
    BALANCER: OneOf<Balancer> = PolicyKey {
        name: "balancer",
        takes: OneOf(&[("random", Balancer::Random), ("round_robin", Balancer::RoundRobin), ("least_request", Balancer::LeastRequest), ("power_of_two", Balancer::PowerOfTwo)]),
        default: || Balancer::Random,
        text: Some(r#""random""#),
        because: "kube-proxy with iptables picks at random",
        bounds: None,
        means: r#"how a pod is chosen: `"random"` (kube-proxy with iptables), `"round_robin"`, `"least_request"` (the one with the fewest requests that wait for an answer, ties at random), `"power_of_two"` (the better of two chosen at random)"#,
        is_assumed: false,
    };
    CONNECTIONS: ShortOrTable<Integer<u32>, Option<Connections>> = PolicyKey {
        name: "connections",
        takes: ShortOrTable::of(Integer(tables::CONNECTIONS_COUNTED), tables::CONNECTIONS),
        default: || None,
        text: None,
        because: "each request is balanced by itself",
        bounds: None,
        means: "keep-alive connections: their number, or a table; without the key each request is balanced by itself",
        is_assumed: false,
    };
}

declare! { POD;
    SCHEDULE: Time = PolicyKey {
        name: "schedule",
        takes: Time(&[]),
        default: || Distribution::log_normal_by_p99(SimSpan::from_millis(50), SimSpan::from_millis(500)),
        text: Some(r#"{ dist = "lognormal", median = "50ms", p99 = "500ms" }"#),
        because: "kube-scheduler binds in tens of milliseconds when there is room; bursts queue",
        bounds: None,
        means: "created to scheduled",
        is_assumed: false,
    };
    IMAGE_PULL: Time = PolicyKey {
        name: "image_pull",
        takes: Time(&[]),
        default: || Distribution::Constant(SimSpan::ZERO),
        text: Some(r#""0s""#),
        because: "the image is on the node, as it is after a Deployment's first hours; a pull takes 5 to 60 s",
        bounds: None,
        means: "scheduled to image there; zero where the node has it",
        is_assumed: true,
    };
    START: Time = PolicyKey {
        name: "start",
        takes: Time(&[]),
        default: || Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(5)),
        text: Some(r#"{ dist = "lognormal", median = "1.5s", p99 = "5s" }"#),
        because: "the Kubernetes SLO for the start of stateless pods without pull: p99 within 5 s; p50 1 to 2 s",
        bounds: None,
        means: "image there to containers started",
        is_assumed: true,
    };
    INIT: Time = PolicyKey {
        name: "init",
        takes: Time(&[]),
        default: || Distribution::Constant(SimSpan::from_secs(1)),
        text: Some(r#""1s""#),
        because: "a compiled service; Node takes about 5 s, a JVM 45 s",
        bounds: None,
        means: "started to able to serve; a request that comes before fails as *not initialised*",
        is_assumed: true,
    };
    STARTUP_CPU: KeyTable = PolicyKey {
        name: "startup_cpu",
        takes: KeyTable(tables::STARTUP_CPU),
        default: || (),
        text: None,
        because: "a start takes no more CPU than idling",
        bounds: None,
        means: "a table: a burst of CPU after the start, beside the requests: JIT, caches, class loading",
        is_assumed: false,
    };
    ENDPOINT_LAG: Span = PolicyKey {
        name: "endpoint_lag",
        takes: Span::ANY,
        default: || SimSpan::from_secs(1),
        text: Some(r#""1s""#),
        because: "the EndpointSlice controller batches for up to 0.5 s, kube-proxy syncs within 1 s",
        bounds: None,
        means: "a duration: Ready to receiving requests, and deleted to receiving none any more",
        is_assumed: false,
    };
    PRE_STOP: Span = PolicyKey {
        name: "pre_stop",
        takes: Span::ANY,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "a pod has no hook by default",
        bounds: None,
        means: "a duration: the preStop hook; the pod serves on meanwhile",
        is_assumed: false,
    };
    GRACE_PERIOD: Span = PolicyKey {
        name: "grace_period",
        takes: Span::ANY,
        default: || SimSpan::from_secs(30),
        text: Some(r#""30s""#),
        because: "`terminationGracePeriodSeconds`",
        bounds: None,
        means: "a duration: `terminationGracePeriodSeconds`; what a pod has not finished then dies with it, as *pod gone*",
        is_assumed: false,
    };
    READINESS: KeyTable = PolicyKey {
        name: "readiness",
        takes: KeyTable(tables::READINESS),
        default: || (),
        text: None,
        because: "without a probe a pod is Ready when its container starts",
        bounds: None,
        means: "a table: the readiness probe. Without one a pod is Ready when it starts, so requests reach it during `init` and fail",
        is_assumed: false,
    };
    STARTUP: KeyTable = PolicyKey {
        name: "startup",
        takes: KeyTable(tables::STARTUP),
        default: || (),
        text: None,
        because: "without a startup probe readiness is asked for from the start",
        bounds: None,
        means: "a table: the startup probe. The readiness probe begins once it has passed",
        is_assumed: false,
    };
    RESOURCES: KeyTable = PolicyKey {
        name: "resources",
        takes: KeyTable(tables::POD_RESOURCES),
        default: || (),
        text: None,
        because: "requests and limits of the pod as a whole (KEP-2837)",
        bounds: None,
        means: "`requests` and `limits` of the pod as a whole (KEP-2837): the autoscaler measures utilization against this request, and a container without a limit of its own has this one",
        is_assumed: false,
    };
    NODE_CORES: Number = PolicyKey {
        name: "node_cores",
        takes: Number(0.1..=1024.0),
        default: || 4.0,
        text: Some("4"),
        because: "a common size; it bounds a pod without limit",
        bounds: None,
        means: "the node's cores: what a pod's requests can run on at a time, whatever its limit",
        is_assumed: false,
    };
    CPU_MODEL: OneOf<CpuModel> = PolicyKey {
        name: "cpu_model",
        takes: OneOf(&[("quota", CpuModel::Quota), ("shared", CpuModel::Shared)]),
        default: || CpuModel::Quota,
        text: Some(r#""quota""#),
        because: "what Linux does with a CPU limit: the CFS quota of 100 ms periods",
        bounds: None,
        means: r#"what a CPU limit does: `"quota"` or `"shared"` (request engine)"#,
        is_assumed: false,
    };
}

declare! { METRICS;
    SCRAPE_INTERVAL: Span = PolicyKey {
        name: "scrape_interval",
        takes: Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(15),
        text: Some(r#""15s""#),
        because: "`--metric-resolution` in metrics-server's manifests (its flag's own default is 60 s)",
        bounds: Some(Bound::Because("each scrape is computed, those of eight cycles before the start as well; metrics-server itself takes no less than 10 s")),
        means: "metrics-server `--metric-resolution`",
        is_assumed: false,
    };
    HOUSEKEEPING: Span = PolicyKey {
        name: "housekeeping",
        takes: Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(10),
        text: Some(r#""10s""#),
        because: "kubelet `--housekeeping-interval`",
        bounds: Some(Bound::Because("the same")),
        means: "kubelet `--housekeeping-interval`",
        is_assumed: false,
    };
    HOUSEKEEPING_JITTER: Number = PolicyKey {
        name: "housekeeping_jitter",
        takes: Number(0.0..=10.0),
        default: || 1.0,
        text: Some("1.0"),
        because: "cAdvisor stretches each interval by a factor of U[1, 2)",
        bounds: Some(Bound::Because("the same")),
        means: "each interval is `housekeeping` × U[1, 1 + jitter)",
        is_assumed: false,
    };
    LAG: Span = PolicyKey {
        name: "lag",
        takes: Span::UP_TO_HOUR,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "metrics-server serves a scrape as soon as it is complete",
        bounds: Some(Bound::Because("scrapes on their way are held in memory")),
        means: "from a scrape to the metrics API showing it",
        is_assumed: false,
    };
}

declare! { SLO;
    LATENCY: KeyTable = PolicyKey {
        name: "latency",
        takes: KeyTable(tables::LATENCY),
        default: || (),
        text: Some(r#"{ quantile = 0.95, limit = "500ms" }"#),
        because: "a common promise of web services",
        bounds: None,
        means: "a table: which share of the answered requests of each five seconds takes how long at most",
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
        means: "an array of what must hold of a run: a [KPI](kpis.md), one of `<` `<=` `>` `>=` `==`, a number in the KPI's unit. Of several seeds the median counts, rounded as `summary.json` shows it; what has no value does not hold. A failed assertion is printed first, and the exit code is 99",
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
        means: "for each pod",
        is_assumed: false,
    };
    PER_CORE_HOUR: Number = PolicyKey {
        name: "per_core_hour",
        takes: Number(0.0..=1e9),
        default: || 0.0,
        text: Some("0"),
        because: "the same",
        bounds: None,
        means: "for each core that its containers request",
        is_assumed: false,
    };
    PER_GIB_HOUR: Number = PolicyKey {
        name: "per_gib_hour",
        takes: Number(0.0..=1e9),
        default: || 0.0,
        text: Some("0"),
        because: "the same",
        bounds: None,
        means: "for each GiB of memory that they request",
        is_assumed: false,
    };
}
