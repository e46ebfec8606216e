//! What a scaler sees when it wakes: the scale, the pods, and what the metrics API answers.

pub use crate::hpa::observation::{
    Deletion, MetricObservation, PodColumns, PodPhase, PodSamples, PodState, ReadyCondition, Scale,
    ScaleSelector, StartTime,
};
pub use crate::hpa::requests::{
    ContainerRequest, InitContainerRequest, InitCourse, PodLevelRequest, PodRequests, RequestFault,
};

/// The metrics API, as far as a scaler has queries for it.
pub trait MetricsApi {
    /// What it answers to the query at this place of [`super::Autoscaler::asks`].
    ///
    /// # Panics
    /// There is no such query.
    fn answer(&self, query: usize) -> MetricObservation<'_>;
}

/// The cluster at one wake. Everything in it is borrowed from whoever watches the cluster.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The target's scale subresource.
    pub scale: Scale,
    /// The target's pods, one row each.
    pub pods: PodColumns<'a>,
    /// What answers the queries.
    pub metrics: &'a dyn MetricsApi,
}

impl<'a> Seen<'a> {
    /// The answer to the query at this place of [`super::Autoscaler::asks`].
    ///
    /// # Panics
    /// There is no such query.
    #[must_use]
    pub fn metric(&self, query: usize) -> MetricObservation<'a> {
        self.metrics.answer(query)
    }
}
