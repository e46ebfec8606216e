//! What a policy means when it does not say.
//!
//! Self-imposed limit: what the readers make of nothing. Each default stands with its key in `keys::declared` or
//! `keys::tables`; `docs/model.md` has them all as tables.

use super::clients_section::read_clients;
use super::policy::{read_metrics, read_pod};
use super::reader::Faults;
use super::source::Sources;
use crate::cluster::config::{MetricsPipeline, PodTimings};
use crate::workload::Clients;

pub use super::keys::tables::container;

/// `[pod]` of a policy without it.
#[must_use]
pub fn pod() -> PodTimings {
    read_pod(None, &mut Faults::new(&Sources::default()))
}

/// `[metrics]` of a policy without it.
#[must_use]
pub fn metrics() -> MetricsPipeline {
    read_metrics(None, &mut Faults::new(&Sources::default()))
}

/// How clients behave when `[workload]` does not say.
#[must_use]
pub fn clients() -> Clients {
    read_clients(None, &mut Faults::new(&Sources::default()))
}
