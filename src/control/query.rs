//! The queries of a scaler to the metrics API, in the API's terms.

pub use crate::hpa::requests::RequestScope;
use crate::hpa::rules::Release;

/// One metric that a scaler queries at each wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricQuery {
    /// `metrics.k8s.io`: a resource of each pod.
    Resource {
        /// `cpu` or `memory`.
        resource: String,
        /// The container; `None` sums all containers of the pod.
        container: Option<String>,
        /// How a pod's request of the resource is summed, which depends on the release of
        /// Kubernetes.
        requests: RequestScope,
    },
    /// `custom.metrics.k8s.io`: a metric of each pod.
    Pods {
        /// The metric's name, with its selector and its object as in `MetricSource::column`.
        metric: String,
    },
    /// `custom.metrics.k8s.io`: a metric of one object.
    Object {
        /// The metric's name, with its selector and its object as in `MetricSource::column`.
        metric: String,
    },
    /// `external.metrics.k8s.io`: all series of a metric from outside the cluster.
    External {
        /// The metric's name, with its selector and its object as in `MetricSource::column`.
        metric: String,
    },
}

impl MetricQuery {
    /// The CPU of all containers of each pod, with their requests as the newest release sums them.
    #[must_use]
    pub fn cpu() -> Self {
        Self::Resource {
            resource: "cpu".to_owned(),
            container: None,
            requests: Release::default().rules().request_scope,
        }
    }
}

/// The name of the metric alone, without the selector and the object of `MetricSource::column`.
#[must_use]
pub fn metric_of_column(column: &str) -> &str {
    column.split(['{', '@']).next().unwrap_or(column)
}
