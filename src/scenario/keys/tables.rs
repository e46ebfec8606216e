//! Every key of the tables inside a policy's sections, declared once, as in `declared`.

use std::ops::RangeInclusive;

use super::kinds::{
    Bytes, Cpu, Integer, Integers, KeyTable, Mean, Number, OneOf, Optional, Required, Span, Text,
    Time, YesNo,
};
use super::{Bound, Keys, PolicyKey};
use crate::cluster::config::{Container, ContainerCourse};
use crate::engine::random::Distribution;
use crate::units::{Millicores, SimSpan};

/// The most containers of a pod. Events have 16 bits for the index.
pub(in crate::scenario) const CONTAINERS_MAX: usize = 1000;

/// The only container of a policy without `deployment.containers`; `[workload]` has its `idle_cpu` and cost per request.
#[must_use]
pub fn container() -> Container {
    Container {
        name: "app".to_owned(),
        course: ContainerCourse::Regular,
        cpu_request: Some(Millicores(100)),
        cpu_limit: None,
        memory_request_bytes: None,
        memory_limit_bytes: None,
        idle_cpu: Millicores(0),
        cpu_seconds_per_request: 0.0,
    }
}

declare! { CONTAINER;
    CONTAINER_NAME: Required<Text> = PolicyKey {
        name: "name",
        takes: Required(Text, "a string"),
        default: || None,
        text: None,
        because: "metrics and messages use the name",
        bounds: None,
        means: "the name of the container in metrics and messages",
        is_assumed: false,
    };
    IMAGE: Optional<Text> = PolicyKey {
        name: "image",
        takes: Optional(Text),
        default: || None,
        text: None,
        because: "only `hpasim export` uses it",
        bounds: None,
        means: "the image in an export",
        is_assumed: false,
    };
    PORTS: Integers<u16> = PolicyKey {
        name: "ports",
        takes: Integers(1..=65_535),
        default: Vec::new,
        text: Some("[]"),
        because: "only `hpasim export` uses it",
        bounds: None,
        means: "the ports in an export; the exported probes use the first one",
        is_assumed: false,
    };
    CONTAINER_RESOURCES: KeyTable = PolicyKey {
        name: "resources",
        takes: KeyTable(RESOURCES_OF_CONTAINER),
        default: || (),
        text: None,
        because: "a container need not have requests or limits",
        bounds: None,
        means: "a table of `requests` and `limits`, as in a manifest",
        is_assumed: false,
    };
    CONTAINER_CPU_PER_REQUEST: Span = PolicyKey {
        name: "cpu_per_request",
        takes: Span::ANY,
        default: || SimSpan::ZERO,
        text: Some(r#""0s""#),
        because: "of a sidecar: a cost that is not stated counts as 0",
        bounds: None,
        means: "of a sidecar: the CPU time of each request in this container, a plain duration",
        is_assumed: false,
    };
    CONTAINER_IDLE_CPU: Cpu = PolicyKey {
        name: "idle_cpu",
        takes: Cpu,
        default: || Millicores(1),
        text: Some(r#""1m""#),
        because: "of a sidecar: the same as `workload.idle_cpu`",
        bounds: None,
        means: "of a sidecar: its CPU without requests",
        is_assumed: false,
    };
    RESTARTABLE_INIT: YesNo = PolicyKey {
        name: "restartable_init",
        takes: YesNo,
        default: || false,
        text: Some("false"),
        because: "an init container with `restartPolicy: Always`",
        bounds: None,
        means: "whether a sidecar is an init container with `restartPolicy: Always`",
        is_assumed: false,
    };
}

declare! { RESOURCES_OF_CONTAINER;
    CONTAINER_REQUESTS: KeyTable = PolicyKey {
        name: "requests",
        takes: KeyTable(AMOUNTS),
        default: || (),
        text: None,
        because: "the limits are the requests: `SetDefaults_Pod` of the API server; without limits there is no request",
        bounds: None,
        means: "a table: utilization is usage divided by these",
        is_assumed: false,
    };
    CONTAINER_LIMITS: KeyTable = PolicyKey {
        name: "limits",
        takes: KeyTable(AMOUNTS),
        default: || (),
        text: None,
        because: "without limits, only the node's cores or the pod's limits bound the container",
        bounds: None,
        means: "a table: the most that the container may use",
        is_assumed: false,
    };
}

declare! { POD_RESOURCES;
    POD_REQUESTS: KeyTable = PolicyKey {
        name: "requests",
        takes: KeyTable(AMOUNTS),
        default: || (),
        text: None,
        because: "the sum of the containers' requests, otherwise the limits: `defaultPodRequests` of the API server, if `pod.resources` has limits",
        bounds: None,
        means: "a table: the requests of the pod as a whole",
        is_assumed: false,
    };
    POD_LIMITS: KeyTable = PolicyKey {
        name: "limits",
        takes: KeyTable(AMOUNTS),
        default: || (),
        text: None,
        because: "each container has its own limits",
        bounds: None,
        means: "a table: the most that the pod may use as a whole",
        is_assumed: false,
    };
}

declare! { AMOUNTS;
    AMOUNT_OF_CPU: Optional<Cpu> = PolicyKey {
        name: "cpu",
        takes: Optional(Cpu),
        default: || None,
        text: None,
        because: "the same as without the table",
        bounds: None,
        means: "an amount of CPU",
        is_assumed: false,
    };
    AMOUNT_OF_MEMORY: Optional<Bytes> = PolicyKey {
        name: "memory",
        takes: Optional(Bytes),
        default: || None,
        text: None,
        because: "the same",
        bounds: None,
        means: "an amount of memory",
        is_assumed: false,
    };
}

/// The processes of `workload.arrivals`.
#[derive(Clone, Copy)]
pub(in crate::scenario) enum Process {
    /// Independent clients.
    Poisson,
    /// A load generator.
    Even,
    /// Interarrival times of a gamma distribution.
    Gamma,
}

/// The words of the processes.
pub(super) const PROCESS: OneOf<Process> = OneOf(&[
    ("poisson", Process::Poisson),
    ("even", Process::Even),
    ("gamma", Process::Gamma),
]);

declare! { ARRIVALS;
    ARRIVALS_PROCESS: Required<OneOf<Process>> = PolicyKey {
        name: "process",
        takes: Required(PROCESS, r#""poisson", "even" or "gamma""#),
        default: || None,
        text: None,
        because: "the table must name its process",
        bounds: None,
        means: "the arrival process",
        is_assumed: false,
    };
    ARRIVALS_CV: Optional<Number> = PolicyKey {
        name: "cv",
        takes: Optional(Number(0.01..=100.0)),
        default: || None,
        text: None,
        because: "`gamma` requires it; the other processes do not take it",
        bounds: Some(Bound::Because("below, arrivals are even; above, nearly all requests arrive at the same instant as another")),
        means: "with `gamma`: the standard deviation of the interarrival times divided by their mean",
        is_assumed: false,
    };
}

/// The bounds of the attempts after the first.
pub(super) const RETRIES_AT_MOST: RangeInclusive<u32> = 0..=100;

declare! { RETRIES;
    RETRIES_MAX: Required<Integer<u32>> = PolicyKey {
        name: "max",
        takes: Required(Integer(RETRIES_AT_MOST), "the number of attempts after the first, such as max = 2"),
        default: || None,
        text: None,
        because: "the table must state the number",
        bounds: Some(Bound::Because("hpasim simulates every retry")),
        means: "the most attempts after the first",
        is_assumed: false,
    };
    RETRIES_BACKOFF: Span = PolicyKey {
        name: "backoff",
        takes: Span::ANY,
        default: || SimSpan::from_millis(100),
        text: Some(r#""100ms""#),
        because: r#"full jitter from 100 ms to 10 s ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015)"#,
        bounds: None,
        means: "the longest pause before the first retry; it doubles with each further retry",
        is_assumed: false,
    };
    RETRIES_MAX_BACKOFF: Span = PolicyKey {
        name: "max_backoff",
        takes: Span::ANY,
        default: || SimSpan::from_secs(10),
        text: Some(r#""10s""#),
        because: "the same",
        bounds: Some(Bound::Rule("no less than `backoff`", "`backoff` is the first pause, and `max_backoff` the longest")),
        means: "the longest pause that the doubling can reach",
        is_assumed: false,
    };
    RETRIES_BUDGET: Optional<Number> = PolicyKey {
        name: "budget",
        takes: Optional(Number(0.0..=100.0)),
        default: || None,
        text: None,
        because: "no budget: clients have one only if it is configured",
        bounds: Some(Bound::Because("a share of the requests; `max` bounds it too")),
        means: "how many retries per request all clients together may send, a share",
        is_assumed: false,
    };
}

/// The bounds of the number of connections.
pub(super) const CONNECTIONS_COUNTED: RangeInclusive<u32> = 1..=1_000_000;

declare! { CONNECTIONS;
    CONNECTIONS_COUNT: Optional<Integer<u32>> = PolicyKey {
        name: "count",
        takes: Optional(Integer(CONNECTIONS_COUNTED)),
        default: || None,
        text: None,
        because: "an open load requires it; in a closed load each user has one connection",
        bounds: Some(Bound::Because("hpasim holds each connection in memory")),
        means: "how many connections the clients of an open load share; each user of a closed load has one",
        is_assumed: false,
    };
    CONNECTIONS_LIFETIME: Time = PolicyKey {
        name: "lifetime",
        takes: Time(&[Mean::AboveZero("no connection would be kept", r#"write how long a connection is used, such as "5m"; without `connections` the balancer chooses a pod for each request"#)]),
        default: || Distribution::Constant(SimSpan::from_secs(3600)),
        text: Some(r#""1h""#),
        because: "nginx `keepalive_time`",
        bounds: Some(Bound::Because("a connection of 0 s would carry no request")),
        means: "how long a connection is used before it is replaced, a distribution",
        is_assumed: false,
    };
}

declare! { STARTUP_CPU;
    BURST_CPU: Required<Cpu> = PolicyKey {
        name: "cpu",
        takes: Required(Cpu, r#"for example { cpu = "500m", duration = "20s" }"#),
        default: || None,
        text: None,
        because: "there is no usual amount",
        bounds: None,
        means: "how much CPU the startup uses",
        is_assumed: false,
    };
    BURST_DURATION: Required<Span> = PolicyKey {
        name: "duration",
        takes: Required(Span::ANY, r#"for example { cpu = "500m", duration = "20s" }"#),
        default: || None,
        text: None,
        because: "there is no usual duration",
        bounds: None,
        means: "how long the startup uses this CPU, a duration",
        is_assumed: false,
    };
}

/// `initialDelaySeconds` of a probe.
const INITIAL_DELAY: PolicyKey<Span> = PolicyKey {
    name: "initial_delay",
    takes: Span::ANY,
    default: || SimSpan::ZERO,
    text: Some(r#""0s""#),
    because: "`initialDelaySeconds`",
    bounds: None,
    means: "a duration: the time from the container's start to the first probe",
    is_assumed: false,
};

/// `periodSeconds` of a probe.
const PERIOD: PolicyKey<Span> = PolicyKey {
    name: "period",
    takes: Span::at_least(SimSpan::from_secs(1)),
    default: || SimSpan::from_secs(10),
    text: Some(r#""10s""#),
    because: "`periodSeconds`",
    bounds: Some(Bound::Because(
        "`periodSeconds` is a whole number of 1 or more",
    )),
    means: "a duration: the time from one probe to the next",
    is_assumed: false,
};

/// A threshold of a probe.
const THRESHOLD: Integer<u32> = Integer(1..=10_000);
/// The reason for its bounds.
const THRESHOLD_BOUND: Option<Bound> = Some(Bound::Because("a larger number is a typing mistake"));

declare! { READINESS;
    READINESS_INITIAL_DELAY: Span = INITIAL_DELAY;
    READINESS_PERIOD: Span = PERIOD;
    READINESS_SUCCESS_THRESHOLD: Integer<u32> = PolicyKey {
        name: "success_threshold",
        takes: THRESHOLD,
        default: || 1,
        text: Some("1"),
        because: "`successThreshold`",
        bounds: THRESHOLD_BOUND,
        means: "how many successes in a row make the pod Ready",
        is_assumed: false,
    };
    READINESS_FAILURE_THRESHOLD: Integer<u32> = PolicyKey {
        name: "failure_threshold",
        takes: THRESHOLD,
        default: || 3,
        text: Some("3"),
        because: "`failureThreshold`; it has no effect, because a Ready pod never fails its probe",
        bounds: THRESHOLD_BOUND,
        means: "no effect: the probe of a Ready pod never fails",
        is_assumed: false,
    };
}

declare! { STARTUP;
    STARTUP_INITIAL_DELAY: Span = INITIAL_DELAY;
    STARTUP_PERIOD: Span = PERIOD;
    STARTUP_FAILURE_THRESHOLD: Integer<u32> = PolicyKey {
        name: "failure_threshold",
        takes: THRESHOLD,
        default: || 3,
        text: Some("3"),
        because: "`failureThreshold`; hpasim does not simulate the restart, and warns of it (W0007)",
        bounds: THRESHOLD_BOUND,
        means: "how many failures make a kubelet restart the container; hpasim does not simulate the restart",
        is_assumed: false,
    };
}

declare! { LATENCY;
    LATENCY_QUANTILE: Number = PolicyKey {
        name: "quantile",
        takes: Number(0.01..=0.9999),
        default: || 0.95,
        text: Some("0.95"),
        because: "a common SLO of web services",
        bounds: None,
        means: "the share of the answered requests that must be within the limit",
        is_assumed: false,
    };
    LATENCY_LIMIT: Span = PolicyKey {
        name: "limit",
        takes: Span::at_least(SimSpan::from_millis(1)),
        default: || SimSpan::from_millis(500),
        text: Some(r#""500ms""#),
        because: "the same",
        bounds: None,
        means: "a duration: the latency that this share may have at most",
        is_assumed: false,
    };
}
