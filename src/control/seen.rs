//! The view of a scaler at a wake: the scale, the pods, and the answers of the metrics API.

pub use crate::hpa::observation::{
    Deletion, MetricObservation, PodColumns, PodPhase, PodSamples, PodState, ReadyCondition, Scale,
    ScaleSelector, StartTime,
};
pub use crate::hpa::requests::{
    ContainerRequest, InitContainerRequest, InitCourse, PodLevelRequest, PodRequests, RequestFault,
};

/// The answers of the metrics API to a scaler's queries.
pub trait MetricsApi {
    /// The answer to the query at this index of [`super::Autoscaler::asks`].
    ///
    /// # Panics
    ///
    /// If there is no such query.
    fn answer(&self, query: usize) -> MetricObservation<'_>;
}

/// The cluster at one wake. All data is borrowed from the runner.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The target's scale subresource.
    pub scale: Scale,
    /// The target's pods, one row each.
    pub pods: PodColumns<'a>,
    /// The answers to the queries.
    pub metrics: &'a dyn MetricsApi,
}

impl<'a> Seen<'a> {
    /// The answer to the query at this index of [`super::Autoscaler::asks`].
    ///
    /// # Panics
    ///
    /// If there is no such query.
    #[must_use]
    pub fn metric(&self, query: usize) -> MetricObservation<'a> {
        self.metrics.answer(query)
    }
}
