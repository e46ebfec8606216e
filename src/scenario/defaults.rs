//! The defaults of a policy.
//!
//! Each default stands with its key in `keys::declared` or `keys::tables`; `docs/model.md` lists all of them.

use super::clients_section::read_clients;
use super::cluster_kind::ClusterKind;
use super::metrics_section::read_metrics;
use super::policy::read_pod;
use super::reader::Faults;
use super::source::Sources;
use crate::cluster::config::{MetricsPipeline, PodTimings};
use crate::workload::Clients;

pub use super::keys::tables::container;

/// The default `[pod]`.
#[must_use]
pub fn pod() -> PodTimings {
    read_pod(None, &mut Faults::new(&Sources::default()))
}

/// The default `[metrics]`.
#[must_use]
pub fn metrics() -> MetricsPipeline {
    read_metrics(
        None,
        ClusterKind::default(),
        &mut Faults::new(&Sources::default()),
    )
}

/// The default behaviour of clients.
#[must_use]
pub fn clients() -> Clients {
    read_clients(None, &mut Faults::new(&Sources::default()))
}
