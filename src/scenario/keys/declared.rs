//! Every key of a policy's sections, declared once: one row gives its name, type, default and the texts for the pages.
//!
//! `keys` explains the columns; `tables` has the keys inside tables.

use super::kinds::{
    Assertions, Bytes, Cpu, Integer, KeyTable, KeyTables, Mean, Number, OnOff, OneOf, Optional,
    RequestCost, ShortOrTable, Span, Text, Time,
};
use super::tables::{self, Process};
use super::unit_name::UnitName;
use super::{Bound, Keys, PolicyKey};
use crate::cluster::config::{Container, CpuModel, CustomPipeline, StatsProvider};
use crate::engine::random::Distribution;
use crate::hpa::rules::{ControllerSettings, RELEASE_NAMES, Release};
use crate::scenario::assumed::{AssumedDefault, Sway, Touch};
use crate::scenario::cluster_kind::{CLUSTER_KINDS, ClusterKind};
use crate::scenario::hpa_section::REPLICAS_MAX;
use crate::units::SimSpan;
use crate::workload::{
    AfterTimeout, Arrivals, Balancer, Connections, CostUncertainty, LoadBefore, Retries,
};

/// The default of `deployment.namespace`, which is kubectl's.
pub(in crate::scenario) const DEFAULT_NAMESPACE: &str = "default";
/// A longer mean for the work of one request is a typing mistake.
const REQUEST_AT_MOST: Mean = Mean::AtMost(
    SimSpan::from_secs(3600),
    "write the time of one request, such as \"10ms\"",
);

/// The assumption of a load test whose policy does not state `workload.before`.
pub(in crate::scenario) const BEFORE_A_LOAD_TEST: AssumedDefault = AssumedDefault {
    touched: &[],
    sway: Sway::Slight,
    low: r#""idle""#,
    high: r#""steady""#,
    source: "a test begins from nothing, or after a warm-up that its recording leaves out",
};

/// The cost of a light web request.
fn web_request() -> Distribution {
    Distribution::log_normal_by_mean(SimSpan::from_millis(10), 1.0)
}

declare! { FILE;
    CLUSTER: Optional<OneOf<ClusterKind>> = row! { "cluster": Optional(CLUSTER_KINDS),
        default: || None => r#""kubeadm""#,
        because: "the manifests of the Kubernetes project; managed clusters differ in how often they measure",
        means: r#"the kind of cluster; it sets `metrics.scrape_interval` and `controller.sync_period` where the policy does not: 30 s for the metrics of `"gke"`, 60 s for those of `"aks"` and `"minikube"`, otherwise 15 s for both"#,
        assumed: AssumedDefault {
            touched: &[Touch::Autoscaler],
            sway: Sway::Large,
            low: r#""kubeadm""#,
            high: r#""aks""#,
            source: "the most and the least frequent measurement of the table of clusters",
        },
    };
}

declare! { CONTROLLER;
    SYNC_PERIOD: Span = row! { "sync_period": Span::at_least(SimSpan::from_secs(1)),
        default: || SimSpan::from_secs(15) => r#""15s""#,
        because: "kube-controller-manager `--horizontal-pod-autoscaler-sync-period`",
        bounds: Bound::Because("hpasim computes every sync"),
        means: "the time between two syncs of the autoscaler",
    };
    SYNC_JITTER: Span = row! { "sync_jitter": Span::ANY,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "the controller requeues after exactly the period; hpasim does not model the waiting in its queue",
        bounds: Bound::Rule("0s up to the period", "a longer jitter would change the order of syncs"),
        means: "each sync is late by a random time up to this",
    };
    TOLERANCE: Number = row! { "tolerance": Number(0.0..=1.0),
        default: || ControllerSettings::default().tolerance => "0.1",
        because: "`--horizontal-pod-autoscaler-tolerance`",
        means: "how far the ratio of metric to target may be from 1 without a change of replicas",
    };
    DOWNSCALE_STABILIZATION: Span = row! { "downscale_stabilization": Span::ANY,
        default: || ControllerSettings::default().downscale_stabilization => r#""5m""#,
        because: "`--horizontal-pod-autoscaler-downscale-stabilization`",
        means: "how long a higher recommendation keeps the replicas up, unless `behavior` states a window",
    };
    CPU_INITIALIZATION_PERIOD: Span = row! { "cpu_initialization_period": Span::ANY,
        default: || ControllerSettings::default().cpu_initialization_period => r#""5m""#,
        because: "`--horizontal-pod-autoscaler-cpu-initialization-period`",
        means: "for this time after its start, the autoscaler ignores a pod's CPU if the pod is unready or the sample began before the pod was Ready",
    };
    INITIAL_READINESS_DELAY: Span = row! { "initial_readiness_delay": Span::ANY,
        default: || ControllerSettings::default().initial_readiness_delay => r#""30s""#,
        because: "`--horizontal-pod-autoscaler-initial-readiness-delay`",
        means: "after that period: if the readiness of an unready pod last changed within this time after its start, the pod was never Ready, and the autoscaler ignores its CPU",
    };
    SCALE_TO_ZERO: Optional<OnOff> = row! { "scale_to_zero": Optional(OnOff),
        because: "feature gate `HPAScaleToZero`: off until 1.36, on since 1.37",
        means: "whether `minReplicas` may be 0 (needs a metric that exists without pods); the default is the release's",
    };
    CONFIGURABLE_TOLERANCE: Optional<OnOff> = row! { "configurable_tolerance": Optional(OnOff),
        because: "feature gate `HPAConfigurableTolerance` (KEP-4951): 1.33 and 1.34 have it off, 1.35 and 1.36 on; since 1.37 it is gone, and the feature is on",
        means: "whether `behavior` may have a `tolerance`; the default is the release's",
    };
    KUBERNETES: OneOf<Release> = row! { "kubernetes": OneOf(&RELEASE_NAMES),
        default: Release::default => r#""1.37""#,
        because: r#"the newest release; `"current"` is 1.38-dev, and 1.28 stands for 1.26 and 1.27"#,
        means: r#"the release whose controller decides, `"1.28"` to `"1.37"` or `"1.38-dev"`; [releases](releases.md) says how they differ"#,
    };
}

declare! { DEPLOYMENT;
    DEPLOYMENT_NAME: Optional<Text> = row! { "name": Optional(Text),
        because: "the policy's name",
        means: "the name of the Deployment in messages; the default is the policy's name",
    };
    NAMESPACE: Text = row! { "namespace": Text,
        default: || DEFAULT_NAMESPACE.to_owned() => r#""default""#,
        because: "kubectl",
        means: "the namespace of the Deployment and of its autoscaler",
    };
    REPLICAS: Integer<i32> = row! { "replicas": Integer(0..=REPLICAS_MAX),
        default: || 1 => "1",
        because: "`spec.replicas` of apps/v1",
        bounds: Bound::Because("hpasim holds every pod in memory, and a low target brings an autoscaler to its maximum within minutes"),
        means: "`spec.replicas` at the start; these pods are warm when the trace begins",
    };
    CONTAINERS: KeyTables<Vec<Container>> = row! { "containers": KeyTables::at_most(tables::CONTAINERS_MAX, tables::CONTAINER),
        default: || vec![tables::container()] => r#"[{ name = "app", resources = { requests = { cpu = "100m" } } }]"#,
        because: "a small service; without a CPU request there is no utilization",
        bounds: Bound::Because("an object in a cluster has at most 1.5 MiB (etcd's `--max-request-bytes`), so no pod has nearly as many"),
        means: "the containers of the pod template, one `[[deployment.containers]]` each",
        assumed: AssumedDefault {
            touched: &[],
            sway: Sway::Large,
            low: r#"[{ name = "app", resources = { requests = { cpu = "50m" } } }]"#,
            high: r#"[{ name = "app", resources = { requests = { cpu = "500m" } } }]"#,
            source: "a choice of hpasim: a small service to half a core; the HPA walkthrough of Kubernetes requests 200m",
        },
    };
}

declare! { WORKLOAD;
    CPU_PER_REQUEST: RequestCost = row! { "cpu_per_request": RequestCost(Time(&[Mean::AboveZero("one pod could serve any load", "write the cost of a request, such as \"10ms\""), REQUEST_AT_MOST]), web_request),
        default: || (web_request(), CostUncertainty::default()) => r#"{ dist = "lognormal", mean = "10ms", cv = 1.0 }"#,
        because: "a light web request; service times have a tail, and the exponential distribution has CV 1",
        means: r#"CPU time of a request in the first container, a distribution: `"10ms"` is 10 ms of one core"#,
        assumed: AssumedDefault {
            touched: &[Touch::Requests],
            sway: Sway::Large,
            low: r#"{ dist = "lognormal", mean = "2ms", cv = 1.0 }"#,
            high: r#"{ dist = "lognormal", mean = "50ms", cv = 1.0 }"#,
            source: "a lookup to a page with a password check; the probes of [validation](validation.md) measured 38 ms and 47 ms",
        },
    };
    IO_PER_REQUEST: Time = row! { "io_per_request": Time(&[REQUEST_AT_MOST]),
        default: || Distribution::Constant(SimSpan::ZERO) => r#""0s""#,
        because: "requests do not wait for other services",
        means: "time that a request waits without using CPU, a distribution: databases, calls to other services",
        assumed: AssumedDefault {
            touched: &[Touch::Requests],
            sway: Sway::Middling,
            low: r#""0s""#,
            high: r#""50ms""#,
            source: "a choice of hpasim: up to several queries of a database in the same region",
        },
    };
    IDLE_CPU: Cpu = row! { "idle_cpu": Cpu,
        default: tables::CONTAINER_IDLE_CPU.default => r#""1m""#,
        because: "a waiting process wakes up now and then",
        means: "CPU of the first container without any request",
        assumed: AssumedDefault {
            touched: &[Touch::Requests, Touch::CpuMetric],
            sway: Sway::Slight,
            low: r#""0""#,
            high: r#""20m""#,
            source: "a choice of hpasim: a process without timers to a runtime with a garbage collector and an agent",
        },
    };
    CONCURRENCY: Integer<u32> = row! { "concurrency": Integer(1..=1_000_000),
        default: || 32 => "32",
        because: "worker threads or connections of a small service",
        means: "how many requests a pod works on at the same time",
        assumed: AssumedDefault {
            touched: &[Touch::Waiting],
            sway: Sway::Middling,
            low: "8",
            high: "200",
            source: "workers of a prefork server on four cores (two for each core) to the 200 threads of Tomcat (`maxThreads`)",
        },
    };
    OVERLOAD: KeyTable = row! { "overload": KeyTable(tables::OVERLOAD),
        because: "a request costs the same at any load",
        means: "a table: a request costs more in a pod that is near its CPU limit or full of requests",
    };
    QUEUE: Integer<u32> = row! { "queue": Integer(0..=100_000_000),
        default: || 4096 => "4096",
        because: "`net.core.somaxconn` since Linux 5.4, which bounds the backlog of a listening socket; Go asks for all of it",
        means: "how many further requests wait for a place, first come first served, in the backlog of the socket; the pod refuses more",
        assumed: AssumedDefault {
            touched: &[Touch::Waiting],
            sway: Sway::Middling,
            low: "100",
            high: "4096",
            source: "Tomcat `acceptCount` is 100, nginx and Node.js ask for 511, gunicorn for 2048; the kernel's limit is `net.core.somaxconn`",
        },
    };
    TIMEOUT: Span = row! { "timeout": Span::at_least(SimSpan::from_millis(1)),
        default: || SimSpan::from_secs(10) => r#""10s""#,
        because: "how long clients and proxies commonly wait",
        means: "how long a client waits for an answer before the attempt times out",
        assumed: AssumedDefault {
            touched: &[Touch::Timeouts],
            sway: Sway::Middling,
            low: r#""2s""#,
            high: r#""60s""#,
            source: "deadlines between services to nginx `proxy_read_timeout`; Envoy's route timeout is 15 s",
        },
    };
    BEFORE: Optional<OneOf<LoadBefore>> = row! { "before": Optional(OneOf(&[("steady", LoadBefore::Steady), ("idle", LoadBefore::Idle)])),
        because: "recorded traffic was there before the recording; a load test (options and outputs of k6, Locust) begins from nothing",
        means: r#"the load before the start, which CPU counters and metrics have seen: `"steady"` is the load of the first row, `"idle"` is no load. The default is `"idle"` for a load test (k6, Locust) that is not cut by `--from`. For all other traffic it is `"steady"`"#,
    };
    SCALE: Number = row! { "scale": Number(0.0..=1e9),
        default: || 1.0 => "1.0",
        because: "the trace without a change",
        means: "multiplies the load of the trace: rate, CPU or users (users are rounded to whole numbers, halves up)",
    };
    CPU_NOISE: Number = row! { "cpu_noise": Number(0.0..=10.0),
        default: || 0.0 => "0",
        because: "off, so that the model can be compared with theory",
        means: "relative standard deviation of the CPU counter's readings; the work itself does not change",
    };
    MEMORY_BASE: Bytes = row! { "memory_base": Bytes,
        default: || 32 << 20 => r#""32Mi""#,
        because: "a small runtime at rest",
        means: "memory of a pod that has no requests",
        assumed: AssumedDefault {
            touched: &[Touch::Memory],
            sway: Sway::Middling,
            low: r#""16Mi""#,
            high: r#""256Mi""#,
            source: "a choice of hpasim: a compiled service to a JVM or Node.js service",
        },
    };
    MEMORY_PER_REQUEST: Bytes = row! { "memory_per_request": Bytes,
        default: || 256 << 10 => r#""256Ki""#,
        because: "buffers and a stack",
        means: "memory that each request adds while the pod works on it; a request that waits in the `queue` adds none",
        assumed: AssumedDefault {
            touched: &[Touch::Memory],
            sway: Sway::Middling,
            low: r#""32Ki""#,
            high: r#""2Mi""#,
            source: "a choice of hpasim: a goroutine with two buffers to a thread with a parsed document",
        },
    };
    ARRIVALS: ShortOrTable<OneOf<Process>, Arrivals> = row! { "arrivals": ShortOrTable::of(tables::PROCESS, tables::ARRIVALS),
        default: || Arrivals::Poisson => r#""poisson""#,
        because: "many independent clients give a Poisson process (Palm-Khinchine theorem)",
        means: r#"the arrival process at the trace's rate: `"poisson"` (independent clients), `"even"` (a load generator), or a table such as `{ process = "gamma", cv = 2.0 }`"#,
        assumed: AssumedDefault {
            touched: &[Touch::OpenLoad],
            sway: Sway::Slight,
            low: r#""even""#,
            high: r#"{ process = "gamma", cv = 2.0 }"#,
            source: "a load generator to bursty clients; measured web traffic is burstier than a Poisson process (Paxson and Floyd, 1995)",
        },
    };
    THINK_TIME: Time = row! { "think_time": Time(&[Mean::AtLeast(SimSpan::from_millis(1), "a user without a pause would send endlessly while requests fail at once")]),
        default: || Distribution::Constant(SimSpan::from_secs(1)) => r#""1s""#,
        because: "the `sleep(1)` of k6's examples; every result of a trace of `users` depends on it",
        bounds: Bound::Because("a user without a pause would send endlessly in one instant while attempts fail at once"),
        means: "how long a user pauses between an answer and the next request, a distribution, 1 ms or more on average",
        assumed: AssumedDefault {
            touched: &[Touch::Users],
            sway: Sway::Large,
            low: r#""500ms""#,
            high: r#""7s""#,
            source: "scripts without long pauses to the mean think time of TPC-W",
        },
    };
    AFTER_TIMEOUT: OneOf<AfterTimeout> = row! { "after_timeout": OneOf(&[("continue", AfterTimeout::Continue), ("cancel", AfterTimeout::Cancel)]),
        default: || AfterTimeout::Continue => r#""continue""#,
        because: "most servers notice a closed connection only when they write the answer",
        means: r#"what a pod does with a request after its timeout: `"continue"` (it finishes the work, like most servers) or `"cancel"` (it drops the work and frees the slot)"#,
        assumed: AssumedDefault {
            touched: &[Touch::Timeouts, Touch::RequestEngine],
            sway: Sway::Middling,
            low: r#""continue""#,
            high: r#""cancel""#,
            source: "both kinds of server exist; Go and gRPC pass the cancellation on, most others do not",
        },
    };
    RETRIES: ShortOrTable<Integer<u32>, Retries> = row! { "retries": ShortOrTable::of(Integer(tables::RETRIES_AT_MOST), tables::RETRIES),
        default: || Retries {
            max: 0,
            backoff: (tables::RETRIES_BACKOFF.default)(),
            max_backoff: (tables::RETRIES_MAX_BACKOFF.default)(),
            budget: (tables::RETRIES_BUDGET.default)(),
        } => "0",
        because: "clients do not retry",
        means: "how many attempts a client may add after the first: a number, or a table",
        assumed: AssumedDefault {
            touched: &[Touch::Failures, Touch::RequestEngine],
            sway: Sway::Middling,
            low: "0",
            high: "2",
            source: "Istio's default for HTTP is 2 retries, as is that of the AWS SDKs",
        },
    };
    BALANCER: OneOf<Balancer> = row! { "balancer": OneOf(&[("random", Balancer::Random), ("round_robin", Balancer::RoundRobin), ("least_request", Balancer::LeastRequest), ("power_of_two", Balancer::PowerOfTwo)]),
        default: || Balancer::Random => r#""random""#,
        because: "kube-proxy chooses at random with iptables, and with nftables",
        means: r#"how a request's pod is chosen: `"random"` (kube-proxy with iptables), `"round_robin"`, `"least_request"` (the pod with the fewest open requests, ties at random), `"power_of_two"` (the one of two random pods with fewer open requests)"#,
        assumed: AssumedDefault {
            touched: &[Touch::SeveralPods, Touch::Requests],
            sway: Sway::Slight,
            low: r#""random""#,
            high: r#""least_request""#,
            source: "kube-proxy to Istio, whose default is `LEAST_REQUEST`",
        },
    };
    CONNECTIONS: ShortOrTable<Integer<u32>, Option<Connections>> = row! { "connections": ShortOrTable::of(Integer(tables::CONNECTIONS_COUNTED), tables::CONNECTIONS),
        because: "the balancer chooses a pod for each request",
        means: "keep-alive connections: their number, or a table; without this key the balancer chooses a pod for each request",
    };
}

declare! { POD;
    SCHEDULE: Time = row! { "schedule": Time(&[]),
        default: || Distribution::log_normal_by_p99(SimSpan::from_millis(50), SimSpan::from_millis(500)) => r#"{ dist = "lognormal", median = "50ms", p99 = "500ms" }"#,
        because: "kube-scheduler binds a pod in tens of milliseconds if a node has room; bursts wait in a queue",
        means: "time from the pod's creation to its scheduling",
        assumed: AssumedDefault {
            touched: &[Touch::PodStarts],
            sway: Sway::Slight,
            low: r#""0s""#,
            high: r#""1s""#,
            source: "an idle scheduler to one with a queue",
        },
    };
    IMAGE_PULL: Time = row! { "image_pull": Time(&[]),
        default: || Distribution::Constant(SimSpan::ZERO) => r#""0s""#,
        because: "the node has the image after the first hours of a Deployment; a pull takes 5 to 60 s",
        means: "time from scheduling until the node has the image; 0 if the node has it already",
        assumed: AssumedDefault {
            touched: &[Touch::PodStarts],
            sway: Sway::Large,
            low: r#""0s""#,
            high: r#""30s""#,
            source: "the node has the image, or pulls some hundred megabytes",
        },
    };
    START: Time = row! { "start": Time(&[]),
        default: || Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(5)) => r#"{ dist = "lognormal", median = "1.5s", p99 = "5s" }"#,
        because: "the Kubernetes SLO for the start of stateless pods without an image pull: p99 within 5 s; p50 1 to 2 s",
        means: "time from the image to the start of the containers",
        assumed: AssumedDefault {
            touched: &[Touch::PodStarts],
            sway: Sway::Middling,
            low: r#""500ms""#,
            high: r#""5s""#,
            source: "a warm containerd to the limit of the Kubernetes SLO",
        },
    };
    INIT: Time = row! { "init": Time(&[]),
        default: || Distribution::Constant(SimSpan::from_secs(1)) => r#""1s""#,
        because: "a compiled service; Node takes about 5 s, a JVM 45 s",
        means: "time from the start of the containers until the pod can serve; an earlier request fails as *not initialised*",
        assumed: AssumedDefault {
            touched: &[Touch::PodStarts],
            sway: Sway::Large,
            low: r#""100ms""#,
            high: r#""45s""#,
            source: "a compiled service to a JVM with a large framework",
        },
    };
    STARTUP_CPU: KeyTable = row! { "startup_cpu": KeyTable(tables::STARTUP_CPU),
        because: "the startup uses no more CPU than an idle pod",
        means: "a table: extra CPU after the start, in addition to the requests: JIT, caches, class loading",
    };
    WARM_UP: KeyTable = row! { "warm_up": KeyTable(tables::WARM_UP),
        because: "a request costs the same in a new pod",
        means: "a table: a request costs more in a pod that has just become Ready: JIT compilation, cold caches",
    };
    ENDPOINT_LAG: Span = row! { "endpoint_lag": Span::ANY,
        default: || SimSpan::from_secs(1) => r#""1s""#,
        because: "the EndpointSlice controller batches for up to 0.5 s, and kube-proxy syncs within 1 s",
        means: "a duration: the time from Ready until the pod gets requests, and from its deletion until it gets no more",
        assumed: AssumedDefault {
            touched: &[Touch::PodStarts],
            sway: Sway::Slight,
            low: r#""0s""#,
            high: r#""3s""#,
            source: "a choice of hpasim: at once to a large cluster whose kube-proxies take seconds for a sync",
        },
    };
    PRE_STOP: Span = row! { "pre_stop": Span::ANY,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "a pod has no hook by default",
        means: "a duration: the preStop hook; the pod continues to serve during the hook",
        assumed: AssumedDefault {
            touched: &[Touch::PodGone],
            sway: Sway::Middling,
            low: r#""0s""#,
            high: r#""15s""#,
            source: "no hook, or the usual sleep until the endpoint is withdrawn everywhere",
        },
    };
    GRACE_PERIOD: Span = row! { "grace_period": Span::ANY,
        default: || SimSpan::from_secs(30) => r#""30s""#,
        because: "`terminationGracePeriodSeconds`",
        means: "a duration: `terminationGracePeriodSeconds`; requests that are still open at its end fail as *pod gone*",
        assumed: AssumedDefault {
            touched: &[Touch::PodGone],
            sway: Sway::Slight,
            low: r#""10s""#,
            high: r#""60s""#,
            source: "a choice of hpasim around the API server's default",
        },
    };
    READINESS: KeyTable = row! { "readiness": KeyTable(tables::READINESS),
        because: "without a probe a pod is Ready when its container starts",
        means: "a table: the readiness probe. Without it a pod is Ready when it starts, so requests reach the pod during `init` and fail",
    };
    STARTUP: KeyTable = row! { "startup": KeyTable(tables::STARTUP),
        because: "without a startup probe the readiness probe begins at the start",
        means: "a table: the startup probe. The readiness probe begins after it has passed",
    };
    RESOURCES: KeyTable = row! { "resources": KeyTable(tables::POD_RESOURCES),
        because: "a pod need not have requests or limits as a whole (KEP-2837)",
        means: "`requests` and `limits` of the pod as a whole (KEP-2837): utilization is usage divided by this request, and a container without its own limit has this limit",
    };
    NODE_CORES: Number = row! { "node_cores": Number(0.1..=1024.0),
        default: || 4.0 => "4",
        because: "a common size; it bounds a pod without a CPU limit",
        means: "the cores of the node: the most cores that a pod can use at the same time, whatever its limit",
        assumed: AssumedDefault {
            touched: &[Touch::NoCpuLimit],
            sway: Sway::Slight,
            low: "2",
            high: "16",
            source: "the common sizes of cloud machines",
        },
    };
    CPU_MODEL: OneOf<CpuModel> = row! { "cpu_model": OneOf(&[("quota", CpuModel::Quota), ("shared", CpuModel::Shared)]),
        default: || CpuModel::Quota => r#""quota""#,
        because: "Linux enforces a CPU limit by a CFS quota with periods of 100 ms",
        means: r#"how a CPU limit acts: `"quota"` or `"shared"` (request engine)"#,
    };
}

declare! { METRICS;
    SCRAPE_INTERVAL: Span = row! { "scrape_interval": Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(15) => r#""15s""#,
        because: "`--metric-resolution` in metrics-server's manifests (the flag's own default is 60 s)",
        bounds: Bound::Because("hpasim computes every scrape, including those of eight cycles before the start; metrics-server itself requires 10 s or more"),
        means: "metrics-server `--metric-resolution`",
    };
    STATS: OneOf<StatsProvider> = row! { "stats": OneOf(&[("cadvisor", StatsProvider::Cadvisor), ("cri", StatsProvider::Cri)]),
        default: || StatsProvider::Cadvisor => r#""cadvisor""#,
        because: "the feature gate `PodAndContainerStatsFromCRI` is off in 1.37",
        means: r#"where the kubelet takes a container's CPU counter from: `"cadvisor"` reads it at each `housekeeping`, `"cri"` (the gate `PodAndContainerStatsFromCRI` with containerd) at the scrape itself (kubernetes/kubernetes#140081)"#,
    };
    HOUSEKEEPING: Span = row! { "housekeeping": Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(10) => r#""10s""#,
        because: "kubelet `--housekeeping-interval`",
        bounds: Bound::Because("hpasim computes every housekeeping"),
        means: "kubelet `--housekeeping-interval`",
    };
    HOUSEKEEPING_JITTER: Number = row! { "housekeeping_jitter": Number(0.0..=10.0),
        default: || 1.0 => "1.0",
        because: "cAdvisor multiplies each interval by a random factor of U[1, 2)",
        bounds: Bound::Because("hpasim computes every housekeeping"),
        means: "each interval is `housekeeping` × U[1, 1 + jitter)",
    };
    LAG: Span = row! { "lag": Span::UP_TO_HOUR,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "metrics-server serves a scrape as soon as the scrape is complete",
        bounds: Bound::Because("hpasim holds the scrapes of this time in memory"),
        means: "time from a scrape until the metrics API shows it",
    };
    CUSTOM: ShortOrTable<OneOf<()>, Option<CustomPipeline>> = row! { "custom": ShortOrTable::of(OneOf(&[("metrics_server", ())]), tables::CUSTOM),
        default: || None => r#""metrics_server""#,
        because: "no manifest says how its cluster reads these metrics; a fresh value is the least that any pipeline delays",
        means: r#"the path of `Pods`, `Object` and `External` metrics: `"metrics_server"` reads them at metrics-server's scrapes, without a rate window and with the same lag; a table is a Prometheus with prometheus-adapter"#,
        assumed: AssumedDefault {
            touched: &[Touch::CustomMetric],
            sway: Sway::Large,
            low: r#""metrics_server""#,
            high: r#"{ interval = "30s", window = "2m" }"#,
            source: "no delay beyond the scrape to the Prometheus operator's interval with a range of four samples",
        },
    };
}

declare! { SLO;
    LATENCY: KeyTable = row! { "latency": KeyTable(tables::LATENCY),
        default: || () => r#"{ quantile = 0.95, limit = "500ms" }"#,
        because: "a common SLO of web services",
        means: "a table: the latency quantile and its limit, for the answered requests of each 5 seconds",
        assumed: AssumedDefault {
            touched: &[Touch::Requests],
            sway: Sway::Large,
            low: r#"{ quantile = 0.95, limit = "200ms" }"#,
            high: r#"{ quantile = 0.95, limit = "1s" }"#,
            source: "a choice of hpasim: an interactive API to a page that users wait for",
        },
    };
    ERROR_RATE: Number = row! { "error_rate": Number(0.0..=1.0),
        default: || 0.01 => "0.01",
        because: "the same",
        means: "the share of requests that may fail",
        assumed: AssumedDefault {
            touched: &[Touch::Failures],
            sway: Sway::Middling,
            low: "0.001",
            high: "0.05",
            source: "a choice of hpasim: three nines to one request in twenty",
        },
    };
    ASSERT: Assertions = row! { "assert": Assertions,
        default: Vec::new => "[]",
        because: "a policy asserts nothing by default",
        means: "an array of assertions about a run, each a [KPI](kpis.md), one of `<` `<=` `>` `>=` `==` and a number in the KPI's unit. With several seeds the median counts, rounded as in `summary.json`. An assertion about a KPI without a value fails. hpasim prints a failed assertion first and exits with code 99",
    };
}

declare! { COST;
    PER_POD_HOUR: Number = row! { "per_pod_hour": Number(0.0..=1e9),
        default: || 0.0 => "0",
        because: "prices are the user's",
        means: "price of each pod",
    };
    PER_CORE_HOUR: Number = row! { "per_core_hour": Number(0.0..=1e9),
        default: || 0.0 => "0",
        because: "the same",
        means: "price of each core that the containers request",
    };
    PER_GIB_HOUR: Number = row! { "per_gib_hour": Number(0.0..=1e9),
        default: || 0.0 => "0",
        because: "the same",
        means: "price of each GiB of memory that the containers request",
    };
    CURRENCY: Optional<UnitName> = row! { "currency": Optional(UnitName { letters_max: 16, example: "EUR" }),
        because: "hpasim assumes no currency and converts no money",
        means: "the currency of the prices, such as \"EUR\": the unit of every printed cost",
    };
}
