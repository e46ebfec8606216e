//! What a scaler asks of the metrics API, in the API's own words.

pub use crate::hpa::requests::RequestScope;

/// One metric that a scaler asks for at each wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricQuery {
    /// `metrics.k8s.io`: a resource of each pod.
    Resource {
        /// `cpu` or `memory`.
        resource: String,
        /// Of this container; `None`: of all containers together.
        container: Option<String>,
        /// How a pod's request of the resource is summed: releases of Kubernetes differ.
        requests: RequestScope,
    },
    /// `custom.metrics.k8s.io`: a metric of each pod.
    Pods {
        /// The metric's name.
        metric: String,
    },
    /// `custom.metrics.k8s.io`: a metric of one object.
    Object {
        /// The metric's name.
        metric: String,
    },
    /// `external.metrics.k8s.io`: all series of a metric from outside the cluster.
    External {
        /// The metric's name.
        metric: String,
    },
}

impl MetricQuery {
    /// The CPU of all containers of each pod, and what they request, as the newest release sums it.
    #[must_use]
    pub fn cpu() -> Self {
        Self::Resource {
            resource: "cpu".to_owned(),
            container: None,
            requests: RequestScope::PodLevelAndSidecars,
        }
    }
}
