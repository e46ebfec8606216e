//! Text in, a checked [`Scenario`] out: policies, traces, defaults, diagnostics.
//!
//! All files come through the caller's [`Loader`], so this module works on text alone.
//!
//! [`load()`] is the entry point. Text becomes a tree that remembers the place of each part. `extends`, `remove` and `--set` change
//! the tree. A typed reader then walks it and collects every fault, so that a user sees all of them at once.

pub mod assertion;
mod assumed;
mod autoscaler;
mod broken_manifest;
mod catalogue;
mod clients_section;
pub mod clock;
mod cluster_kind;
mod container;
mod covered;
mod csv_reading;
#[doc(hidden)]
pub mod defaults;
pub mod diagnostic;
mod distribution;
mod engine_choice;
mod file_fault;
mod file_request;
mod foreign_file;
#[doc(hidden)]
pub mod formats;
mod hpa_section;
#[doc(hidden)]
pub mod judged;
#[doc(hidden)]
pub mod keys;
mod listed;
mod load;
mod loader;
pub(crate) mod manifest;
mod memory;
mod metrics_section;
mod near;
mod overrides;
#[doc(hidden)]
pub mod pages;
mod place;
mod policy;
mod policy_file;
mod probe_text;
mod reader;
#[doc(hidden)]
pub mod recorded;
mod secrecy;
pub(crate) mod source;
pub(crate) mod survey;
mod template;
mod text_marks;
mod toml_text;
mod trace_cut;
mod trace_header;
mod trace_text;
pub(crate) mod tree;
mod values;
mod workload_section;

use std::borrow::Cow;
use std::sync::Arc;

use crate::cluster::config::{Deployment, MetricsPipeline};
use crate::cluster::stationary::LatencyTables;
use crate::control::{Hpa, Scaler};
use crate::units::{Seed, SimSpan, SimTime};
use crate::workload::{CostUncertainty, Demand, Trace, Workload};

pub use assertion::{Assertion, Comparator, PolicyTerm};
pub use assumed::{AssumedDefault, Assumption, Sway, Touch};
#[doc(hidden)]
pub use catalogue::About;
pub use clock::{ClockZone, TraceClock, TraceMoment};
#[doc(hidden)]
pub use cluster_kind::{ClusterDefaults, ClusterKind};
pub use csv_reading::FAULTS_SHOWN;
pub use diagnostic::{Code, Diagnostic, Diagnostics, LineStart, Omitted, Place, Severity};
#[doc(hidden)]
pub use file_fault::{missing_path, unreadable};
pub use file_request::{FileKind, FileRequest, LoadError, NamedBy, STANDARD_INPUT};
pub use formats::{TraceReading, What};
pub(crate) use hpa_section::REPLICAS_MAX;
pub use load::LoadRequest;
#[doc(hidden)]
pub use load::{is_policy, unlike};
pub(crate) use loader::read_file;
pub use loader::{LoadedFile, Loader};
pub use manifest::{CopiedObjects, ManifestChoice, ScaledWorkload};
pub use memory::MemoryLoader;
#[doc(hidden)]
pub use near::{is_near, nearest};
#[doc(hidden)]
pub use overrides::{is_path_of_release, quote_bare_word, settings_of_key};
#[doc(hidden)]
pub use policy_file::{Exported, ExportedObjects, PolicyFile, Successor, load_policy};
#[doc(hidden)]
pub use probe_text::{
    PROBE_ROWS_MIN, Probe, ProbeMeasurement, ProbeRow, SAME_LOAD, parse_probe, read_probe,
};
#[doc(hidden)]
pub use template::{EachAutoscaler, LoadedAutoscaler, load_each, load_templates};
pub use template::{Loaded, Resolved, Template, load, load_choosing};
pub use toml_text::{TomlScalar, toml_scalar};
#[doc(hidden)]
pub use trace_text::{ParsedTrace, USERS_MAX, VALUE_MAX, parse_trace};
pub use values::parse_duration;

/// The complete, checked input of a simulation: a policy and a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The policy's name: `name`, or the file name without its ending.
    pub policy_name: String,
    /// The trace's name: the file name without its ending.
    pub trace_name: String,
    /// The scaler; `None` simulates a fixed number of pods.
    pub scaler: Option<Scaler>,
    /// The pods that are scaled.
    pub deployment: Deployment,
    /// The cost of a request, and the clients.
    pub workload: Workload,
    /// The load; the scenarios of many variants share it.
    pub trace: Arc<Trace>,
    /// The clock time of the run, if the trace has dates.
    pub clock: Option<TraceClock>,
    /// The start of the run that the KPIs leave out: `--warm-up`.
    ///
    /// KPIs count in whole intervals of the SLO, so they begin at the first interval at or after this time.
    pub warm_up: SimSpan,
    /// The metrics pipeline of the autoscaler.
    pub metrics: MetricsPipeline,
    /// The SLO.
    pub slo: Slo,
    /// The prices.
    pub cost: CostRates,
    /// The assertions of `[slo] assert`.
    pub assertions: Vec<Assertion>,
    /// Defaults that the policy does not state and on which a result may depend; [`Scenario::touched`] has those of a result.
    pub assumptions: Vec<Assumption>,
    /// The latency of its pods by their utilization, once a run has needed it. The variants of a
    /// policy share this store.
    pub latency_tables: LatencyTables,
}

impl Scenario {
    /// The HorizontalPodAutoscaler, if the scaler is one.
    #[must_use]
    pub fn hpa(&self) -> Option<&Hpa> {
        match &self.scaler {
            Some(Scaler::Hpa(hpa)) => Some(hpa),
            Some(Scaler::Schedule(_)) | None => None,
        }
    }

    /// The HorizontalPodAutoscaler for a change, if the scaler is one.
    pub fn hpa_mut(&mut self) -> Option<&mut Hpa> {
        match &mut self.scaler {
            Some(Scaler::Hpa(hpa)) => Some(hpa),
            Some(Scaler::Schedule(_)) | None => None,
        }
    }

    /// The scenario in the run of `seed`: with the cost of a request that the seed draws, and nothing left to draw.
    ///
    /// Call it before you make observers: a KPI such as the pods needed belongs to the drawn cost. Without `standard_error` and `machine`, and under a trace of CPU, this is the scenario itself.
    #[must_use]
    pub fn for_seed(&self, seed: Seed) -> Cow<'_, Self> {
        if !self.draws_cost() {
            return Cow::Borrowed(self);
        }
        let workload = &self.workload;
        let mean_seconds = workload.cpu_per_request.mean_seconds();
        let drawn = workload.cost_uncertainty.draw(mean_seconds, seed);
        let mut scenario = self.clone();
        let workload = &mut scenario.workload;
        workload.cost_uncertainty = CostUncertainty::default();
        workload.cpu_per_request = workload
            .cpu_per_request
            .scaled(drawn.estimate_factor * drawn.machine_factor);
        let mean_seconds = workload.cpu_per_request.mean_seconds();
        for (index, container) in scenario.deployment.containers.iter_mut().enumerate() {
            container.cpu_seconds_per_request = match index {
                0 => mean_seconds,
                _ => container.cpu_seconds_per_request * drawn.machine_factor,
            };
        }
        Cow::Owned(scenario)
    }

    /// Whether seeds draw the cost of a request. A trace of CPU says what the requests of its own machines cost.
    fn draws_cost(&self) -> bool {
        self.has_requests() && !self.workload.cost_uncertainty.is_none()
    }

    /// Whether the trace says how many requests arrive; not if it is recorded CPU.
    #[must_use]
    pub fn has_requests(&self) -> bool {
        !matches!(self.trace.demand, Demand::CpuMillicores(_))
    }

    /// The mean cost of a request in the run of each seed, in core-seconds; empty if all seeds have the stated cost, or if the trace is CPU.
    #[must_use]
    pub fn drawn_costs(&self, seeds: &[Seed]) -> Vec<f64> {
        if !self.draws_cost() {
            return Vec::new();
        }
        let mean_seconds = self.workload.cpu_per_request.mean_seconds();
        let cost = |seed: &Seed| {
            let drawn = self.workload.cost_uncertainty.draw(mean_seconds, *seed);
            mean_seconds * drawn.estimate_factor * drawn.machine_factor
        };
        seeds.iter().map(cost).collect()
    }

    /// The length of the part of the trace that the KPIs count.
    #[must_use]
    pub fn counted_span(&self) -> SimSpan {
        (self.trace.end() - SimTime::ZERO) - self.warm_up
    }

    /// The trace, for a change in this scenario alone.
    pub fn trace_mut(&mut self) -> &mut Trace {
        Arc::make_mut(&mut self.trace)
    }
}

/// The engine that simulates the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Simulates rates and backlogs (means only); one day takes one or two milliseconds.
    Fluid,
    /// Simulates every request as an event, with measured latency, throttling and overload.
    Request,
}

impl Engine {
    /// The word in the command line and in `summary.json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fluid => "fluid",
            Self::Request => "request",
        }
    }
}

/// The SLO: `[slo]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    /// The quantile of the latency, 0..1.
    pub latency_quantile: f64,
    /// The limit of that quantile.
    pub latency_limit: SimSpan,
    /// The maximum share of failed requests, 0..1.
    pub error_rate: f64,
}

/// The prices: `[cost]`. The unit of money is the user's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostRates {
    /// The price of a pod per hour.
    pub per_pod_hour: f64,
    /// The price of a requested core per hour.
    pub per_core_hour: f64,
    /// The price of a requested GiB of memory per hour.
    pub per_gib_hour: f64,
    /// The currency of the prices, as the user writes it.
    pub currency: Option<String>,
}

impl CostRates {
    /// Whether every cost is 0.
    #[must_use]
    pub fn is_free(&self) -> bool {
        let prices = [self.per_pod_hour, self.per_core_hour, self.per_gib_hour];
        prices.iter().all(|price| *price == 0.0)
    }

    /// The currency of these costs; `None` if there are no prices, or no currency is stated.
    #[must_use]
    pub fn stated_currency(&self) -> Option<&str> {
        self.currency.as_deref().filter(|_| !self.is_free())
    }
}
