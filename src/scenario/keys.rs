//! The keys of a policy's sections, each declared once: its name, its default as one would write it, and why.
//!
//! Self-imposed limit: what a key is called and what its absence means. The known
//! names of a section, the assumptions of a result and the tables of defaults in
//! `docs/model.md` come from here; `[hpa]` is Kubernetes' own and not among them.

/// A key of a section.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name within its section.
    pub name: &'static str,
    /// Its default as one would write it; `None` where what it describes is off unless it is written.
    pub default: Option<&'static str>,
    /// The source of the default, or the argument for it.
    pub because: &'static str,
    /// Whether a result names the default among its assumptions where nobody stated the key.
    pub is_assumed: bool,
}

/// A section and its keys.
#[derive(Clone, Copy, Debug)]
pub struct SectionKeys {
    /// The section's name.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// The sections that have keys of hpasim's own, in the order of a result's assumptions.
pub const SECTIONS: [SectionKeys; 7] = [
    SectionKeys {
        name: "controller",
        keys: &CONTROLLER,
    },
    SectionKeys {
        name: "deployment",
        keys: &DEPLOYMENT,
    },
    SectionKeys {
        name: "workload",
        keys: &WORKLOAD,
    },
    SectionKeys {
        name: "pod",
        keys: &POD,
    },
    SectionKeys {
        name: "metrics",
        keys: &METRICS,
    },
    SectionKeys {
        name: "slo",
        keys: &SLO,
    },
    SectionKeys {
        name: "cost",
        keys: &COST,
    },
];

/// The keys of `[controller]`, in the order in which a message lists them.
pub const CONTROLLER: [Key; 9] = [
    key(
        "sync_period",
        r#""15s""#,
        "kube-controller-manager `--horizontal-pod-autoscaler-sync-period`",
    ),
    key(
        "sync_jitter",
        r#""0s""#,
        "the controller requeues after exactly the period; work in its queue is not modelled",
    ),
    key(
        "tolerance",
        "0.1",
        "`--horizontal-pod-autoscaler-tolerance`",
    ),
    key(
        "downscale_stabilization",
        r#""5m""#,
        "`--horizontal-pod-autoscaler-downscale-stabilization`",
    ),
    key(
        "cpu_initialization_period",
        r#""5m""#,
        "`--horizontal-pod-autoscaler-cpu-initialization-period`",
    ),
    key(
        "initial_readiness_delay",
        r#""30s""#,
        "`--horizontal-pod-autoscaler-initial-readiness-delay`",
    ),
    key(
        "scale_to_zero",
        "false",
        "feature gate `HPAScaleToZero`, alpha",
    ),
    key(
        "configurable_tolerance",
        "true",
        "feature gate `HPAConfigurableTolerance` (KEP-4951); the 1.28 rules do not know it",
    ),
    key(
        "kubernetes",
        r#""current""#,
        r#"the rules of API v0.36; `"1.28"` is the other set"#,
    ),
];

/// The keys of `[deployment]`, in the order in which a message lists them.
pub const DEPLOYMENT: [Key; 4] = [
    off(
        "name",
        "the policy's name; what messages call the Deployment",
    ),
    key("namespace", r#""default""#, "kubectl"),
    key("replicas", "1", "`spec.replicas` of apps/v1"),
    assumed(
        "containers",
        r#"[{ name = "app", resources = { requests = { cpu = "100m" } } }]"#,
        "one small service; without a request there is no utilization",
    ),
];

/// The keys of `[workload]`, in the order in which a message lists them.
pub const WORKLOAD: [Key; 16] = [
    assumed(
        "cpu_per_request",
        r#"{ dist = "lognormal", mean = "10ms", cv = 1.0 }"#,
        "a light web request; service times have a tail, and CV 1 is that of the exponential",
    ),
    key("io_per_request", r#""0s""#, "nothing is waited for"),
    key(
        "idle_cpu",
        r#""1m""#,
        "a waiting process is woken now and then",
    ),
    key(
        "concurrency",
        "32",
        "worker threads or connections of a small service",
    ),
    key(
        "queue",
        "128",
        "the backlog of a listening socket, by tradition (`SOMAXCONN` before Linux 5.4)",
    ),
    assumed(
        "timeout",
        r#""10s""#,
        "how long clients and proxies commonly wait",
    ),
    key("scale", "1.0", "the trace as it is"),
    key(
        "cpu_noise",
        "0",
        "off, so that theory can be checked against the model",
    ),
    key("memory_base", r#""32Mi""#, "a small runtime at rest"),
    key("memory_per_request", r#""256Ki""#, "buffers and a stack"),
    key(
        "arrivals",
        r#""poisson""#,
        "many clients that know nothing of each other (Palm-Khinchine)",
    ),
    assumed(
        "think_time",
        r#""1s""#,
        "the `sleep(1)` of k6's examples; it is an assumption of every result of a trace of `users`",
    ),
    key(
        "after_timeout",
        r#""continue""#,
        "most servers notice a closed connection only when they write the answer",
    ),
    key("retries", "0", "clients give up at the first failure"),
    key(
        "balancer",
        r#""random""#,
        "kube-proxy with iptables picks at random",
    ),
    off("connections", "each request is balanced by itself"),
];

/// The keys of `[pod]`, in the order in which a message lists them.
pub const POD: [Key; 13] = [
    key(
        "schedule",
        r#"{ dist = "lognormal", median = "50ms", p99 = "500ms" }"#,
        "kube-scheduler binds in tens of milliseconds when there is room; bursts queue",
    ),
    assumed(
        "image_pull",
        r#""0s""#,
        "the image is on the node, as it is after a Deployment's first hours; a pull takes 5 to 60 s",
    ),
    assumed(
        "start",
        r#"{ dist = "lognormal", median = "1.5s", p99 = "5s" }"#,
        "the Kubernetes SLO for the start of stateless pods without pull: p99 within 5 s; p50 1 to 2 s",
    ),
    assumed(
        "init",
        r#""1s""#,
        "a compiled service; Node takes about 5 s, a JVM 45 s",
    ),
    off(
        "startup_cpu",
        "`{ cpu, duration }` of a burst after the start; both have to be stated",
    ),
    key(
        "endpoint_lag",
        r#""1s""#,
        "the EndpointSlice controller batches for up to 0.5 s, kube-proxy syncs within 1 s",
    ),
    key(
        "pre_stop",
        r#""0s""#,
        "there is no hook unless somebody writes one",
    ),
    key(
        "grace_period",
        r#""30s""#,
        "`terminationGracePeriodSeconds`",
    ),
    off(
        "readiness",
        "without a probe a pod is Ready when its container starts",
    ),
    off(
        "startup",
        "without a startup probe readiness is asked for from the start",
    ),
    off(
        "resources",
        "requests and limits of the pod as a whole (KEP-2837)",
    ),
    key(
        "node_cores",
        "4",
        "a common size; it bounds a pod without limit",
    ),
    key(
        "cpu_model",
        r#""quota""#,
        "what Linux does with a CPU limit: the CFS quota of 100 ms periods",
    ),
];

/// The keys of `[metrics]`, in the order in which a message lists them.
pub const METRICS: [Key; 4] = [
    key(
        "scrape_interval",
        r#""15s""#,
        "`--metric-resolution` in metrics-server's manifests (its flag's own default is 60 s)",
    ),
    key(
        "housekeeping",
        r#""10s""#,
        "kubelet `--housekeeping-interval`",
    ),
    key(
        "housekeeping_jitter",
        "1.0",
        "cAdvisor stretches each interval by a factor of U[1, 2)",
    ),
    key(
        "lag",
        r#""0s""#,
        "metrics-server serves a scrape as soon as it is complete",
    ),
];

/// The keys of `[slo]`, in the order in which a message lists them.
pub const SLO: [Key; 3] = [
    assumed(
        "latency",
        r#"{ quantile = 0.95, limit = "500ms" }"#,
        "a common promise of web services",
    ),
    key("error_rate", "0.01", "the same"),
    key("assert", "[]", "nothing is asserted that nobody wrote"),
];

/// The keys of `[cost]`, in the order in which a message lists them.
pub const COST: [Key; 3] = [
    key("per_pod_hour", "0", "prices are the user's"),
    key("per_core_hour", "0", "the same"),
    key("per_gib_hour", "0", "the same"),
];

/// The names of `keys`.
#[must_use]
pub fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

/// A key with a default on which no result hangs.
const fn key(name: &'static str, default: &'static str, because: &'static str) -> Key {
    Key {
        name,
        default: Some(default),
        because,
        is_assumed: false,
    }
}

/// A key whose default a result names where nobody stated it.
const fn assumed(name: &'static str, default: &'static str, because: &'static str) -> Key {
    Key {
        is_assumed: true,
        ..key(name, default, because)
    }
}

/// A key of something that is off unless it is written.
const fn off(name: &'static str, because: &'static str) -> Key {
    Key {
        name,
        default: None,
        because,
        is_assumed: false,
    }
}
