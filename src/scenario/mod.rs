//! Text in, a checked [`Scenario`] out: policies, traces, defaults, diagnostics.
//!
//! Self-imposed limit: no file system. Files come through a [`Loader`] that the
//! caller hands in, so that everything here works on text alone.
//!
//! [`load()`] is the way in. Text becomes a tree that remembers where each part
//! was written; `extends`, `remove` and `--set` work on the tree; a typed reader
//! then walks it and notes every fault, so that a user sees them all at once.

pub mod assertion;
mod autoscaler;
mod broken_manifest;
mod catalogue;
mod clients_section;
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
pub mod keys;
mod load;
mod loader;
pub(crate) mod manifest;
mod memory;
mod overrides;
#[doc(hidden)]
pub mod pages;
mod place;
mod policy;
mod policy_file;
mod probe_text;
mod reader;
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

use std::sync::Arc;

use crate::cluster::config::{Deployment, MetricsPipeline};
use crate::control::{Hpa, Scaler};
use crate::units::SimSpan;
use crate::workload::{Trace, Workload};

pub use assertion::{Assertion, Comparator};
#[doc(hidden)]
pub use catalogue::About;
#[doc(hidden)]
pub use csv_reading::FAULTS_SHOWN;
pub use diagnostic::{Code, Diagnostic, Diagnostics, LineStart, Omitted, Place, Severity};
#[doc(hidden)]
pub use file_fault::{missing_path, near_name, unreadable};
pub use file_request::{FileKind, FileRequest, LoadError, NamedBy, STANDARD_INPUT};
pub(crate) use hpa_section::REPLICAS_MAX;
pub use load::LoadRequest;
#[doc(hidden)]
pub use load::{is_policy, unlike};
pub(crate) use loader::read_file;
pub use loader::{LoadedFile, Loader};
pub use manifest::ManifestChoice;
pub use memory::MemoryLoader;
#[doc(hidden)]
pub use overrides::{paths_of_key, quote_bare_word};
#[doc(hidden)]
pub use policy_file::{Exported, ExportedObjects, PolicyFile, Successor, load_policy};
#[doc(hidden)]
pub use probe_text::{
    PROBE_ROWS_MIN, Probe, ProbeMeasurement, ProbeRow, SAME_LOAD, parse_probe, read_probe,
};
#[doc(hidden)]
pub use template::load_templates;
pub use template::{Loaded, Resolved, Template, load, load_choosing};
#[doc(hidden)]
pub use trace_text::{ParsedTrace, USERS_MAX, VALUE_MAX, parse_trace};
pub use values::parse_duration;

/// Everything that a simulation needs to know: a policy and a trace, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The policy's name: `name`, or its file's stem.
    pub policy_name: String,
    /// The trace's name: its file's stem.
    pub trace_name: String,
    /// What scales; `None` simulates a fixed Deployment.
    pub scaler: Option<Scaler>,
    /// What is scaled.
    pub deployment: Deployment,
    /// What a request costs.
    pub workload: Workload,
    /// What is offered; the scenarios of many variants share it.
    pub trace: Arc<Trace>,
    /// How the autoscaler comes to know.
    pub metrics: MetricsPipeline,
    /// What is promised to users.
    pub slo: Slo,
    /// What things cost.
    pub cost: CostRates,
    /// What must hold of a run: `[slo] assert`.
    pub assertions: Vec<Assertion>,
    /// Defaults that nobody stated and that matter, for the reader of the result.
    pub assumptions: Vec<Assumption>,
}

impl Scenario {
    /// The HorizontalPodAutoscaler, if that is what scales.
    #[must_use]
    pub fn hpa(&self) -> Option<&Hpa> {
        match &self.scaler {
            Some(Scaler::Hpa(hpa)) => Some(hpa),
            Some(Scaler::Schedule(_)) | None => None,
        }
    }

    /// The same, to be changed.
    pub fn hpa_mut(&mut self) -> Option<&mut Hpa> {
        match &mut self.scaler {
            Some(Scaler::Hpa(hpa)) => Some(hpa),
            Some(Scaler::Schedule(_)) | None => None,
        }
    }

    /// The trace, to be changed for this scenario alone.
    pub fn trace_mut(&mut self) -> &mut Trace {
        Arc::make_mut(&mut self.trace)
    }
}

/// Which of the two engines over the one model simulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Follows rates and backlogs: means, in a millisecond or two a day.
    Fluid,
    /// Every request an event: latency measured, throttling and overload as they happen.
    Request,
}

impl Engine {
    /// The word of the command line and of `summary.json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fluid => "fluid",
            Self::Request => "request",
        }
    }
}

/// The promise to users: `[slo]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    /// The latency's quantile that is promised, 0..1.
    pub latency_quantile: f64,
    /// What it may be at most.
    pub latency_limit: SimSpan,
    /// The share of requests that may fail, 0..1.
    pub error_rate: f64,
}

/// Prices: `[cost]`. The unit of money is the user's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CostRates {
    /// Per pod and hour.
    pub per_pod_hour: f64,
    /// Per requested core and hour.
    pub per_core_hour: f64,
    /// Per requested GiB of memory and hour.
    pub per_gib_hour: f64,
}

/// A default that the policy did not state and that the result hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The policy's key, as `workload.cpu_per_request`.
    pub key: String,
    /// The value taken, as one would write it.
    pub value: String,
}
