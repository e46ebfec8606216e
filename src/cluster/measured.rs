//! The metrics that a scaler may query, and what an engine reports about them at a scrape.

use super::pods::PodStatus;

/// A metric that a scaler queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantMetric {
    /// CPU of these containers of each pod.
    Cpu(ContainerSelection),
    /// Memory of these containers of each pod.
    Memory(ContainerSelection),
    /// `requests_per_second` of each pod: requests that arrive at it.
    RequestsPerSecond,
    /// `in_flight` of each pod: requests that wait or are in process.
    InFlight,
    /// `queue_length` of each pod: requests that wait because the pod's concurrency is used up.
    QueueLength,
    /// A column of the trace, as a metric of each pod or of no pod. The number is the index in
    /// [`Gauges::trace_values`].
    TraceColumn(usize),
    /// A column of the trace whose newest sample counts, whatever the window of queries.
    TraceGauge(usize),
}

impl PlantMetric {
    /// Whether the metric comes from the custom or the external metrics API.
    #[must_use]
    pub const fn is_custom(self) -> bool {
        !matches!(self, Self::Cpu(_) | Self::Memory(_))
    }
}

/// The containers of a pod that a metric covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerSelection {
    /// All containers, added up.
    All,
    /// The container at this index of the template.
    One(usize),
}

/// The metrics that are not integrals: their values at the instant of the scrape.
#[derive(Clone, Copy, Debug)]
pub struct Gauges<'a> {
    /// Requests per second that arrive at a pod.
    pub requests_per_second: PodGauge<'a>,
    /// Requests that the engine has counted at a pod since the pod began to serve or the run began,
    /// whichever was later; 0 if rates tell them.
    pub requests_counted: PodGauge<'a>,
    /// Requests that wait or are in process at a pod.
    pub in_flight: PodGauge<'a>,
    /// The values of the trace's columns, at the indices that the queries use.
    pub trace_values: &'a [f64],
}

/// A gauge with a value for every pod.
#[derive(Clone, Copy, Debug)]
pub enum PodGauge<'a> {
    /// This value for each serving pod, zero for the others.
    Serving(f64),
    /// One value per pod, in the order of the pods.
    Each(&'a [f64]),
}

impl PodGauge<'_> {
    /// The value of the pod in `row`.
    pub(super) fn of(self, row: usize, status: PodStatus) -> f64 {
        match self {
            Self::Serving(value) if status.is_serving() => value,
            Self::Serving(_) => 0.0,
            Self::Each(values) => values.get(row).copied().unwrap_or(0.0),
        }
    }
}
