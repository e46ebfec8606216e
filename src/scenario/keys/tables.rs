//! Every key of the tables inside a policy's sections, declared once, as in `declared`.

use std::ops::RangeInclusive;

use super::kinds::{
    Bytes, Cpu, Integer, Integers, KeyTable, Mean, Number, OneOf, Optional, Required, Span, Text,
    Texts, Time, YesNo,
};
use super::{Bound, Keys, PolicyKey};
use crate::cluster::config::{Container, ContainerCourse};
use crate::engine::random::Distribution;
use crate::scenario::assumed::{AssumedDefault, Sway, Touch};
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
    CONTAINER_NAME: Required<Text> = row! { "name": Required(Text, "a string"),
        because: "metrics and messages use the name",
        means: "the name of the container in metrics and messages",
    };
    IMAGE: Optional<Text> = row! { "image": Optional(Text),
        because: "only `hpasim export` uses it",
        means: "the image in an export",
    };
    PORTS: Integers<u16> = row! { "ports": Integers(1..=65_535),
        default: Vec::new => "[]",
        because: "only `hpasim export` uses it",
        means: "the ports in an export; the exported probes use the first one",
    };
    CONTAINER_RESOURCES: KeyTable = row! { "resources": KeyTable(RESOURCES_OF_CONTAINER),
        because: "a container need not have requests or limits",
        means: "a table of `requests` and `limits`, as in a manifest",
    };
    CONTAINER_CPU_PER_REQUEST: Span = row! { "cpu_per_request": Span::ANY,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "of a sidecar: a cost that is not stated counts as 0",
        means: "of a sidecar: the CPU time of each request in this container, a plain duration",
        assumed: AssumedDefault {
            touched: &[Touch::Requests],
            sway: Sway::Middling,
            low: r#""0s""#,
            high: r#""1ms""#,
            source: "Istio's sidecar takes 0.5 vCPU per 1000 requests a second (Istio 1.12), with access logs 1 vCPU (Istio 0.8)",
        },
    };
    CONTAINER_IDLE_CPU: Cpu = row! { "idle_cpu": Cpu,
        default: || Millicores(1) => r#""1m""#,
        because: "of a sidecar: the same as `workload.idle_cpu`",
        means: "of a sidecar: its CPU without requests",
    };
    RESTARTABLE_INIT: YesNo = row! { "restartable_init": YesNo,
        default: || false => "false",
        because: "an init container with `restartPolicy: Always`",
        means: "whether a sidecar is an init container with `restartPolicy: Always`",
    };
}

declare! { RESOURCES_OF_CONTAINER;
    CONTAINER_REQUESTS: KeyTable = row! { "requests": KeyTable(AMOUNTS),
        because: "the limits are the requests: `SetDefaults_Pod` of the API server; without limits there is no request",
        means: "a table: utilization is usage divided by these",
    };
    CONTAINER_LIMITS: KeyTable = row! { "limits": KeyTable(AMOUNTS),
        because: "without limits, only the node's cores or the pod's limits bound the container",
        means: "a table: the most that the container may use",
    };
}

declare! { POD_RESOURCES;
    POD_REQUESTS: KeyTable = row! { "requests": KeyTable(AMOUNTS),
        because: "the sum of the containers' requests, otherwise the limits: `defaultPodRequests` of the API server, if `pod.resources` has limits",
        means: "a table: the requests of the pod as a whole",
    };
    POD_LIMITS: KeyTable = row! { "limits": KeyTable(AMOUNTS),
        because: "each container has its own limits",
        means: "a table: the most that the pod may use as a whole",
    };
}

declare! { AMOUNTS;
    AMOUNT_OF_CPU: Optional<Cpu> = row! { "cpu": Optional(Cpu),
        because: "the same as without the table",
        means: "an amount of CPU",
    };
    AMOUNT_OF_MEMORY: Optional<Bytes> = row! { "memory": Optional(Bytes),
        because: "the same",
        means: "an amount of memory",
    };
}

declare! { COST_UNCERTAINTY;
    STANDARD_ERROR: Span = row! { "standard_error": Span::ANY,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "the mean cost is exact unless the policy states its error",
        bounds: Bound::Rule("0s up to half of the mean cost", "an estimate with a larger error says nothing"),
        means: "the standard error of the mean cost, as `hpasim calibrate` prints it: each seed draws one normal error and keeps it for its run",
    };
    MACHINE: Number = row! { "machine": Number(0.0..=1.0),
        default: || 0.0 => "0",
        because: "the pods run on the machine of the probe unless the policy states otherwise",
        bounds: Bound::Because("with 1, one machine in six computes 2.7 times as long as the machine of the probe"),
        means: "the standard deviation of the logarithm of the machines' speed. Each seed draws one machine for all its pods; its log-normal factor multiplies the CPU time of requests, in sidecars too. [model.md](model.md#uncertain-cost) lists known values",
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
    ARRIVALS_PROCESS: Required<OneOf<Process>> = row! { "process": Required(PROCESS, r#""poisson", "even" or "gamma""#),
        because: "the table must name its process",
        means: "the arrival process",
    };
    ARRIVALS_CV: Optional<Number> = row! { "cv": Optional(Number(0.01..=100.0)),
        because: "`gamma` requires it; the other processes do not take it",
        bounds: Bound::Because("below, arrivals are even; above, nearly all requests arrive at the same instant as another"),
        means: "with `gamma`: the standard deviation of the interarrival times divided by their mean",
    };
}

/// The bounds of the attempts after the first.
pub(super) const RETRIES_AT_MOST: RangeInclusive<u32> = 0..=100;

declare! { RETRIES;
    RETRIES_MAX: Required<Integer<u32>> = row! { "max": Required(Integer(RETRIES_AT_MOST), "the number of attempts after the first, such as max = 2"),
        because: "the table must state the number",
        bounds: Bound::Because("hpasim simulates every retry"),
        means: "the most attempts after the first",
    };
    RETRIES_BACKOFF: Span = row! { "backoff": Span::ANY,
        default: || SimSpan::from_millis(100) => r#""100ms""#,
        because: r#"full jitter from 100 ms to 10 s ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015)"#,
        means: "the longest pause before the first retry; it doubles with each further retry",
    };
    RETRIES_MAX_BACKOFF: Span = row! { "max_backoff": Span::ANY,
        default: || SimSpan::from_secs(10) => r#""10s""#,
        because: "the same",
        bounds: Bound::Rule("no less than `backoff`", "`backoff` is the first pause, and `max_backoff` the longest"),
        means: "the longest pause that the doubling can reach",
    };
    RETRIES_BUDGET: Optional<Number> = row! { "budget": Optional(Number(0.0..=100.0)),
        because: "no budget: clients have one only if it is configured",
        bounds: Bound::Because("a share of the requests; `max` bounds it too"),
        means: "how many retries per request all clients together may send, a share",
    };
}

/// The bounds of the number of connections.
pub(super) const CONNECTIONS_COUNTED: RangeInclusive<u32> = 1..=1_000_000;

declare! { CONNECTIONS;
    CONNECTIONS_COUNT: Optional<Integer<u32>> = row! { "count": Optional(Integer(CONNECTIONS_COUNTED)),
        because: "an open load requires it; in a closed load each user has one connection",
        bounds: Bound::Because("hpasim holds each connection in memory"),
        means: "how many connections the clients of an open load share; each user of a closed load has one",
    };
    CONNECTIONS_LIFETIME: Time = row! { "lifetime": Time(&[Mean::AboveZero("no connection would be kept", r#"write how long a connection is used, such as "5m"; without `connections` the balancer chooses a pod for each request"#)]),
        default: || Distribution::Constant(SimSpan::from_secs(3600)) => r#""1h""#,
        because: "nginx `keepalive_time`",
        bounds: Bound::Because("a connection of 0 s would carry no request"),
        means: "how long a connection is used before it is replaced, a distribution",
    };
}

declare! { STARTUP_CPU;
    BURST_CPU: Required<Cpu> = row! { "cpu": Required(Cpu, r#"for example { cpu = "500m", duration = "20s" }"#),
        because: "there is no usual amount",
        means: "how much CPU the startup uses",
    };
    BURST_DURATION: Required<Span> = row! { "duration": Required(Span::ANY, r#"for example { cpu = "500m", duration = "20s" }"#),
        because: "there is no usual duration",
        means: "how long the startup uses this CPU, a duration",
    };
}

/// The bounds of a factor on the cost of a request, and their reason.
const COST_FACTOR: Number = Number(1.0..=100.0);
const COST_FACTOR_BOUND: Bound =
    Bound::Because("below 1, a request would cost less; above 100 is a typing mistake");

declare! { WARM_UP;
    WARM_UP_FACTOR: Required<Number> = row! { "factor": Required(COST_FACTOR, r#"for example { factor = 3.0, duration = "60s" }"#),
        because: "there is no usual factor",
        bounds: COST_FACTOR_BOUND,
        means: "what a request costs during the warm-up, as a multiple of its later cost",
    };
    WARM_UP_DURATION: Required<Span> = row! { "duration": Required(Span::at_least(SimSpan::from_millis(1)), r#"for example { factor = 3.0, duration = "60s" }"#),
        because: "there is no usual duration",
        means: "how long the warm-up takes, a duration from the moment at which the pod is Ready and can serve",
    };
}

declare! { OVERLOAD;
    OVERLOAD_FACTOR: Required<Number> = row! { "factor": Required(COST_FACTOR, "for example { factor = 2.7, from = 0.8 }"),
        because: "there is no usual factor",
        bounds: COST_FACTOR_BOUND,
        means: "what a request costs in a pod at utilization 1, as a multiple of `cpu_per_request`",
    };
    OVERLOAD_FROM: Number = row! { "from": Number(0.0..=0.99),
        default: || 0.8 => "0.8",
        because: "a choice of hpasim: at 80 % of an M/M/1 queue's capacity four requests are in it on average, at 90 % nine",
        bounds: Bound::Because("the cost grows between `from` and 1"),
        means: "the utilization up to which a request costs `cpu_per_request`; above, its cost grows in proportion",
    };
}

/// `initialDelaySeconds` of a probe.
const INITIAL_DELAY: PolicyKey<Span> = row! { "initial_delay": Span::ANY,
    default: || SimSpan::ZERO => r#""0s""#,
    because: "`initialDelaySeconds`",
    means: "a duration: the time from the container's start to the first probe",
};

/// `periodSeconds` of a probe.
const PERIOD: PolicyKey<Span> = row! { "period": Span::at_least(SimSpan::from_secs(1)),
    default: || SimSpan::from_secs(10) => r#""10s""#,
    because: "`periodSeconds`",
    bounds: Bound::Because("`periodSeconds` is a whole number of 1 or more"),
    means: "a duration: the time from one probe to the next",
};

/// A threshold of a probe.
const THRESHOLD: Integer<u32> = Integer(1..=10_000);
/// The reason for its bounds.
const THRESHOLD_BOUND: Bound = Bound::Because("a larger number is a typing mistake");

declare! { READINESS;
    READINESS_INITIAL_DELAY: Span = INITIAL_DELAY;
    READINESS_PERIOD: Span = PERIOD;
    READINESS_SUCCESS_THRESHOLD: Integer<u32> = row! { "success_threshold": THRESHOLD,
        default: || 1 => "1",
        because: "`successThreshold`",
        bounds: THRESHOLD_BOUND,
        means: "how many successes in a row make the pod Ready",
    };
    READINESS_FAILURE_THRESHOLD: Integer<u32> = row! { "failure_threshold": THRESHOLD,
        default: || 3 => "3",
        because: "`failureThreshold`; it has no effect, because a Ready pod never fails its probe",
        bounds: THRESHOLD_BOUND,
        means: "no effect: the probe of a Ready pod never fails",
    };
}

declare! { STARTUP;
    STARTUP_INITIAL_DELAY: Span = INITIAL_DELAY;
    STARTUP_PERIOD: Span = PERIOD;
    STARTUP_FAILURE_THRESHOLD: Integer<u32> = row! { "failure_threshold": THRESHOLD,
        default: || 3 => "3",
        because: "`failureThreshold`; hpasim does not simulate the restart, and warns of it (W0007)",
        bounds: THRESHOLD_BOUND,
        means: "how many failures make a kubelet restart the container; hpasim does not simulate the restart",
    };
}

declare! { CUSTOM;
    CUSTOM_INTERVAL: Span = row! { "interval": Span::SECOND_TO_HOUR,
        default: || SimSpan::from_secs(15) => r#""15s""#,
        because: "the `prometheus.yml` that Prometheus ships; without a configuration it is 1 minute, of the Prometheus operator 30 s",
        bounds: Bound::Because("hpasim computes every scrape"),
        means: "Prometheus `scrape_interval`: the time between two samples of each metric",
        assumed: AssumedDefault {
            touched: &[Touch::CustomMetric],
            sway: Sway::Middling,
            low: r#""15s""#,
            high: r#""60s""#,
            source: "the shipped `prometheus.yml` to Prometheus without a configuration",
        },
    };
    CUSTOM_WINDOW: Span = row! { "window": Span::UP_TO_HOUR,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "the range stands in the adapter's configuration only, and no range delays least; 1 to 5 minutes are common",
        bounds: Bound::Rule("0s, or two times `interval` or more, up to 1h", "a rate needs two samples"),
        means: r#"the range of the adapter's query, as in `rate(http_requests_total[1m])`: `requests_per_second` is the rate over it, a column of the trace its mean over it. `"0s"` is no range: the rate between the two newest samples, the newest sample of a column"#,
        assumed: AssumedDefault {
            touched: &[Touch::CustomMetric],
            sway: Sway::Large,
            low: r#""0s""#,
            high: r#""5m""#,
            source: "no range to the longest that is common in rules",
        },
    };
    CUSTOM_LAG: Span = row! { "lag": Span::UP_TO_HOUR,
        default: || SimSpan::ZERO => r#""0s""#,
        because: "Prometheus answers with a sample as soon as the scrape is complete, and prometheus-adapter asks it anew for each request",
        bounds: Bound::Because("hpasim holds the scrapes of this time in memory"),
        means: "how old an answer of the adapter is: a cache, an `offset` in its query, remote write",
        assumed: AssumedDefault {
            touched: &[Touch::CustomMetric],
            sway: Sway::Middling,
            low: r#""0s""#,
            high: r#""30s""#,
            source: "a choice of hpasim: no delay to a remote storage",
        },
    };
    CUSTOM_GAUGES: Texts = row! { "gauges": Texts,
        default: Vec::new => "[]",
        because: "a column may be a rate as well as a gauge",
        means: "columns of the trace of which the query takes the newest sample, whatever the `window`, such as the length of a queue",
    };
}

declare! { LATENCY;
    LATENCY_QUANTILE: Number = row! { "quantile": Number(0.01..=0.9999),
        default: || 0.95 => "0.95",
        because: "a common SLO of web services",
        means: "the share of the answered requests that must be within the limit",
    };
    LATENCY_LIMIT: Span = row! { "limit": Span::at_least(SimSpan::from_millis(1)),
        default: || SimSpan::from_millis(500) => r#""500ms""#,
        because: "the same",
        means: "a duration: the latency that this share may have at most",
    };
}
