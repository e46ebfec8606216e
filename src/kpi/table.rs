//! The table of KPIs: one row has all facts about a KPI, and `results` counts it.
//!
//! The rows define the ids ([`Kpi`]), the values of a run ([`Kpis`]), the names in arguments and files, the rows of a comparison, and
//! the tables of `docs/kpis.md` and `output/README.md`.

use super::{
    Better, ComparisonRow, KnownBy, KpiFacts, KpiGroup, OverTraces, milliseconds, percent,
    rare_row, row,
};

/// A value of a KPI of any type.
trait CountedValue: Copy {
    const IS_WHOLE: bool;
    fn number(self) -> Option<f64>;
}

impl CountedValue for f64 {
    const IS_WHOLE: bool = false;
    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl CountedValue for Option<f64> {
    const IS_WHOLE: bool = false;
    fn number(self) -> Option<f64> {
        self
    }
}

impl CountedValue for u32 {
    const IS_WHOLE: bool = true;
    fn number(self) -> Option<f64> {
        Some(f64::from(self))
    }
}

/// Defines ids, values and facts from the rows, so that all facts about a KPI are in one place.
///
/// A row is `Id name: Type`, then the fields of [`KpiFacts`]. The macro requires the fields of every row. `source`, `known_by`, `heading`
/// and `row` are written only if they differ from the usual.
macro_rules! kpis {
    ($($id:ident $name:ident: $kind:ty {
        what: $what:literal,
        unit: $unit:literal,
        group: $group:ident,
        over_traces: $over_traces:ident,
        better: $better:ident,
        leaves_out: $leaves_out:literal,
        $($fact:ident: $value:expr,)*
    })+) => {
        /// A KPI, identified by its row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kpi {
            $(#[doc = concat!($what, ". Unit: ", $unit, ".")] $id,)+
        }

        /// The KPIs of one run. `summary.json` has them under exactly these names, with rounded floats.
        ///
        /// Shares are 0..1, percents may exceed 100, and money is in the user's unit. KPIs about requests are `None` for a CPU trace.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Kpis {
            $(#[doc = concat!($what, ". Unit: ", $unit, ".")] pub $name: $kind,)+
        }

        impl Kpi {
            /// Every KPI, in the order of `summary.json`.
            pub const ALL: [Self; [$(Self::$id),+].len()] = [$(Self::$id),+];

            /// The number of KPIs.
            pub const COUNT: usize = Self::ALL.len();

            /// The facts in its row.
            #[must_use]
            pub const fn facts(self) -> &'static KpiFacts {
                match self {
                    $(Self::$id => {
                        const FACTS: KpiFacts = KpiFacts {
                            name: stringify!($name),
                            what: $what,
                            unit: $unit,
                            group: KpiGroup::$group,
                            over_traces: OverTraces::$over_traces,
                            better: Better::$better,
                            leaves_out: $leaves_out,
                            is_whole: <$kind as CountedValue>::IS_WHOLE,
                            $($fact: $value,)*
                            ..USUAL
                        };
                        &FACTS
                    })+
                }
            }
        }

        impl Kpis {
            /// The value of a KPI as a number; `None` if the run has no value.
            #[must_use]
            pub fn value(&self, kpi: Kpi) -> Option<f64> {
                match kpi {
                    $(Kpi::$id => self.$name.number(),)+
                }
            }
        }
    };
}

/// The usual values of the fields that a row may omit.
const USUAL: KpiFacts = KpiFacts {
    name: "",
    what: "",
    unit: "",
    group: KpiGroup::Load,
    over_traces: OverTraces::Sum,
    better: Better::Neither,
    leaves_out: "",
    source: "",
    known_by: KnownBy::BothEngines,
    heading: "",
    row: None::<ComparisonRow>,
    is_whole: false,
};

kpis! {
    RequestsOffered requests_offered: Option<f64> {
        what: "Requests that clients sent for the first time: succeeded, failed and in flight together",
        unit: "count",
        group: Load,
        over_traces: Sum,
        better: Neither,
        leaves_out: "retries are not in it; under closed load slow answers make it smaller",
    }
    RequestsSucceeded requests_succeeded: Option<f64> {
        what: "Requests answered before the client gave up",
        unit: "count",
        group: Load,
        over_traces: Sum,
        better: More,
        leaves_out: "whether they were answered within the SLO",
    }
    RequestsFailed requests_failed: Option<f64> {
        what: "Requests without an answer after their last attempt, whatever the cause",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "when: a minute of outage and an even trickle look the same",
    }
    RequestsInFlight requests_in_flight: Option<f64> {
        what: "Requests whose client still waits when the run ends",
        unit: "count",
        group: Load,
        over_traces: Sum,
        better: Neither,
        leaves_out: "how many waited earlier",
    }
    FailedShare failed_share: Option<f64> {
        what: "failed / offered",
        unit: "0..1",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "when: a minute of outage and an even trickle look the same",
        row: percent(row(3, "failed requests, %")),
    }
    FailedNoEndpoint failed_no_endpoint: Option<f64> {
        what: "Failed requests: no pod was there for the last attempt",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "why earlier attempts failed",
    }
    FailedNotInitialised failed_not_initialised: Option<f64> {
        what: "Failed requests: the pod could not serve, because it was not initialised yet or its container was killed (Kubernetes removes its endpoint later)",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "",
    }
    FailedQueueFull failed_queue_full: Option<f64> {
        what: "Failed requests: the pod's queue was full",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "",
    }
    FailedTimedOut failed_timed_out: Option<f64> {
        what: "Failed requests: the client timed out",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "how much CPU went into requests without an answer",
    }
    FailedPodGone failed_pod_gone: Option<f64> {
        what: "Failed requests: the pod ended while it served them",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "",
    }
    FailedOomKilled failed_oom_killed: Option<f64> {
        what: "Failed requests: the container was OOM-killed while it served them",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "",
    }
    Retries retries: Option<f64> {
        what: "Attempts after the first of a request",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "whether they helped",
        known_by: KnownBy::RequestEngine,
    }
    RequestsQueued requests_queued: Option<f64> {
        what: "Attempts that waited for a place in a pod",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "how long they waited; latency contains it",
        known_by: KnownBy::RequestEngine,
    }
    PeakReplicas peak_replicas: u32 {
        what: "The greatest `spec.replicas`",
        unit: "pods",
        group: Cost,
        over_traces: Greatest,
        better: Less,
        leaves_out: "how long",
        row: row(4, "replicas, most"),
    }
    MeanReplicas mean_replicas: f64 {
        what: "`spec.replicas`, mean over time",
        unit: "pods",
        group: Cost,
        over_traces: MeanOverTime,
        better: Less,
        leaves_out: "pods that are starting are in it, terminating ones are not",
        heading: "mean replicas",
        row: row(3, "replicas, mean"),
    }
    PodHours pod_hours: f64 {
        what: "Hours of pods from created to gone, terminating included",
        unit: "h",
        group: Cost,
        over_traces: Sum,
        better: Less,
        leaves_out: "nodes: a cluster pays for nodes, and nodes come in sizes",
        heading: "pod hours",
        row: row(2, "pod hours"),
    }
    RequestedCoreHours requested_core_hours: f64 {
        what: "`pod_hours` times the cores that a pod requests (its limit where it states no request, as the API server defaults it)",
        unit: "h",
        group: Cost,
        over_traces: Sum,
        better: Less,
        leaves_out: "cores that were used",
        source: "KEP-2837 for requests of the whole pod",
    }
    Cost cost: f64 {
        what: "`pod_hours` · `per_pod_hour` + `requested_core_hours` · `per_core_hour` + `pod_hours` · GiB requested · `per_gib_hour`",
        unit: "the money of `[cost]`",
        group: Cost,
        over_traces: Sum,
        better: Less,
        leaves_out: "discounts, minimum terms, idle parts of nodes. 0 without prices",
        row: rare_row(1, "cost"),
    }
    SloViolationSeconds slo_violation_seconds: Option<f64> {
        what: "Sum of the 5 s intervals in which the SLO's latency quantile exceeded its limit, or failed / offered exceeded `error_rate`; intervals without offered requests never count; the last interval may be shorter. Under the fluid engine each interval counts with its probability, so the sum is an expected number",
        unit: "s",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "by how much: a latency of twice and of twenty times the limit count the same. In intervals with few requests, chance counts too",
        heading: "SLO-breaking seconds",
        row: row(1, "SLO broken, s"),
    }
    GoodRequestShare good_request_share: Option<f64> {
        what: "1 − (failed + late) / offered, where late counts the requests that succeeded later than the SLO's latency limit",
        unit: "0..1",
        group: Harm,
        over_traces: Least,
        better: More,
        leaves_out: "when: a minute of outage and an even trickle look the same. A request in flight counts as good",
        source: "SRE workbook, see below",
        heading: "good requests",
    }
    ErrorBudgetUsed error_budget_used: Option<f64> {
        what: "(1 − `good_request_share`) / (1 − quantile · (1 − `error_rate`)): the bad requests as a share of those that the SLO allows; 1 means that all of the budget is used",
        unit: "0..1 and more",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "when: a run may break the SLO for minutes and keep the budget of the day",
        source: "SRE workbook, see below",
        heading: "error budget used",
        row: percent(row(2, "error budget used, %")),
    }
    LatencySecondsP50 latency_seconds_p50: Option<f64> {
        what: "Median latency of succeeded requests, weighted by request, from the client's first attempt to the answer: measured in a histogram of three significant digits (the upper edge of the step, at most the longest), or solved and never above the clients' timeout (fluid engine)",
        unit: "s",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "users without an answer",
    }
    LatencySecondsP95 latency_seconds_p95: Option<f64> {
        what: "95th percentile of the same",
        unit: "s",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "users without an answer; over a whole run, a short outage is hardly visible",
        row: milliseconds(row(4, "latency p95, ms")),
    }
    LatencySecondsP99 latency_seconds_p99: Option<f64> {
        what: "99th percentile of the same",
        unit: "s",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "users without an answer; over a whole run, a short outage is hardly visible",
        row: milliseconds(row(5, "latency p99, ms")),
    }
    LatencySecondsP999 latency_seconds_p999: Option<f64> {
        what: "99.9th percentile of the same",
        unit: "s",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "users without an answer; it needs some thousand requests",
        known_by: KnownBy::RequestEngine,
    }
    LatencySecondsMean latency_seconds_mean: Option<f64> {
        what: "Mean of the same, exactly",
        unit: "s",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "the tail",
        known_by: KnownBy::RequestEngine,
    }
    LatencySecondsMax latency_seconds_max: Option<f64> {
        what: "Greatest of the same, exactly",
        unit: "s",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "never more than the clients' timeout allows",
        known_by: KnownBy::RequestEngine,
    }
    Rescales rescales: u32 {
        what: "Changes of `spec.replicas` by the autoscaler, or by the schedule of a baseline",
        unit: "count",
        group: Stability,
        over_traces: Sum,
        better: Less,
        leaves_out: "how large",
        row: row(1, "rescales"),
    }
    Reversals reversals: u32 {
        what: "Rescales against the direction of the previous one within 10 min",
        unit: "count",
        group: Stability,
        over_traces: Sum,
        better: Less,
        leaves_out: "whether the load changed its direction too",
        row: row(2, "reversals"),
    }
    PodStarts pod_starts: u32 {
        what: "Pods whose containers started during the run",
        unit: "count",
        group: Stability,
        over_traces: Sum,
        better: Less,
        leaves_out: "restarts after an OOM kill count again",
        row: row(3, "pods started"),
    }
    SecondsAtMin seconds_at_min: Option<f64> {
        what: "Time with `spec.replicas` at `minReplicas`; null without autoscaler",
        unit: "s",
        group: Stability,
        over_traces: Sum,
        better: Neither,
        leaves_out: "whether fewer pods would be enough",
    }
    SecondsAtMax seconds_at_max: Option<f64> {
        what: "Time with `spec.replicas` at `maxReplicas`; null without autoscaler",
        unit: "s",
        group: Stability,
        over_traces: Sum,
        better: Less,
        leaves_out: "whether the autoscaler wanted more",
        row: rare_row(4, "at maxReplicas, s"),
    }
    UnderProvisionedPercent under_provisioned_percent: Option<f64> {
        what: "θ_U = 100/T' · Σ max(needed − ready, 0) / needed · Δt, Δt = 15 s",
        unit: "%",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "whether users noticed: it contains no backlog and no headroom",
        source: "SPEC RG",
        row: row(6, "pods missing, % of needed"),
    }
    OverProvisionedPercent over_provisioned_percent: Option<f64> {
        what: "θ_O = 100/T' · Σ max(ready − needed, 0) / needed · Δt, Δt = 15 s",
        unit: "%",
        group: Cost,
        over_traces: Greatest,
        better: Less,
        leaves_out: "headroom that you want: `needed` contains no headroom",
        source: "SPEC RG",
        row: row(5, "pods to spare, % of needed"),
    }
    UnderProvisionedTimePercent under_provisioned_time_percent: Option<f64> {
        what: "τ_U = 100/T' · Σ (1 where ready < needed) · Δt, Δt = 15 s",
        unit: "%",
        group: Harm,
        over_traces: Greatest,
        better: Less,
        leaves_out: "how many pods were missing",
        source: "SPEC RG",
    }
    OverProvisionedTimePercent over_provisioned_time_percent: Option<f64> {
        what: "τ_O = 100/T' · Σ (1 where ready > needed) · Δt, Δt = 15 s",
        unit: "%",
        group: Cost,
        over_traces: Greatest,
        better: Less,
        leaves_out: "how many pods were not needed",
        source: "SPEC RG",
    }
    InstabilityPercent instability_percent: Option<f64> {
        what: "υ = 100/T'' · Σ min(abs(sgn Δready − sgn Δneeded), 1) · Δt, Δt = 15 s",
        unit: "%",
        group: Stability,
        over_traces: Greatest,
        better: Less,
        leaves_out: "how large the moves were; pods that follow the demand one sample late count twice",
        source: "SPEC RG, see below",
        row: row(5, "instability, %"),
    }
    NeededUndefinedSeconds needed_undefined_seconds: Option<f64> {
        what: "Time in which no number of pods meets the SLO; θ, τ and υ do not count it",
        unit: "s",
        group: Load,
        over_traces: Sum,
        better: Neither,
        leaves_out: "why: the SLO may be below the service time",
    }
    FirstDecisionSeconds first_decision_seconds: Option<f64> {
        what: "From the first moment with ready < needed to the first rescale up after it; null without such a rescale",
        unit: "s",
        group: Speed,
        over_traces: Greatest,
        better: Less,
        leaves_out: "whether it was enough",
        row: row(1, "first decision, s"),
    }
    EnoughReadySeconds enough_ready_seconds: Option<f64> {
        what: "From the same moment to the first with ready >= needed",
        unit: "s",
        group: Speed,
        over_traces: Greatest,
        better: Less,
        leaves_out: "later shortages",
        row: row(2, "enough pods, s"),
    }
    RecoverySeconds recovery_seconds: Option<f64> {
        what: "From the same moment to the first with ready >= needed and no backlog left (fluid engine), or to the end of the first 5 s interval that ends with ready >= needed and kept the SLO (request engine)",
        unit: "s",
        group: Speed,
        over_traces: Greatest,
        better: Less,
        leaves_out: "later shortages",
        row: row(3, "recovery, s"),
    }
    ThrottledShare throttled_share: Option<f64> {
        what: "Share of the CFS periods with work whose quota ran out before the work ended (request engine), or of the working pods' time at the CPU limit (fluid engine); null if no pod worked",
        unit: "0..1",
        group: Harm,
        over_traces: MeanOverTime,
        better: Less,
        leaves_out: "how long each stall was",
        source: "cgroup's nr_throttled / nr_periods, counted over periods with work",
        heading: "throttled share",
        row: percent(rare_row(7, "CPU throttled, %")),
    }
    CpuUtilizationMean cpu_utilization_mean: Option<f64> {
        what: "CPU that ready pods used / CPU that they requested; null without ready pods or without request",
        unit: "0..1 and more",
        group: Cost,
        over_traces: Greatest,
        better: Neither,
        leaves_out: "a direction: it is neither cost nor harm",
        source: "the HPA's own measure, from the true CPU and not from samples",
    }
    OomKills oom_kills: Option<f64> {
        what: "Containers killed for memory",
        unit: "count",
        group: Harm,
        over_traces: Sum,
        better: Less,
        leaves_out: "",
        known_by: KnownBy::RequestEngine,
        row: rare_row(8, "OOM kills"),
    }
}
