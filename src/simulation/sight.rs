//! The view of a scaler: the plant in the terms of the Kubernetes API.
//!
//! The view adds no delay and no information to what the API and the metrics API show.

use super::pod_requests::{UnknownRequest, pod_request};
use crate::cluster::measured::{ContainerSelection, PlantMetric};
use crate::cluster::metrics_server::MetricsServer;
use crate::cluster::pods::{PodFact, PodStatus, Pods};
use crate::control::metric_of_column;
use crate::control::query::RequestScope;
use crate::control::scaler::{ScaleTarget, Scaler};
use crate::control::seen::{
    Deletion, MetricObservation, MetricsApi, PodColumns, PodPhase, PodSamples, PodState,
    ReadyCondition, RequestFault, Scale, ScaleSelector, StartTime,
};
use crate::control::{MetricQuery, Seen};
use crate::scenario::Scenario;
use crate::units::{MilliValue, Replicas};

/// The sources of the answers to a scaler's queries, and the pods in the terms of the API.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    metrics: Vec<SeenMetric>,
    /// The metrics that the plant must measure.
    measured: Vec<PlantMetric>,
    /// Columns of the trace that a query reads, in the order of the numbers in
    /// [`PlantMetric::TraceColumn`].
    trace_columns: Vec<usize>,
    pod_states: Vec<PodState>,
    generation: Option<u64>,
    /// The owner of the pods; faults name it.
    target: ScaleTarget,
    /// The name of the first pod, for faults that name a pod.
    first_pod_name: String,
}

/// One query.
#[derive(Clone, Debug)]
struct SeenMetric {
    source: AnswerSource,
    /// The request of each pod, repeated for every pod; empty if requests do not matter.
    requests: Vec<MilliValue>,
    request_per_pod: MilliValue,
    /// Why the request of a pod cannot be determined, if so.
    request_fault: Option<UnknownRequest>,
}

/// The source of the answer to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
enum AnswerSource {
    /// Samples by pod of this measured metric. `empty` is the client's error if no pod has a
    /// sample.
    Pods {
        measured: usize,
        empty: &'static str,
    },
    /// The single value of this measured metric.
    Object(usize),
    /// All series of this measured metric.
    External(usize),
    /// The client fails with this error.
    Failed(&'static str),
    /// The container does not exist. The client reports it for the first pod, or reports that there
    /// are no metrics at all.
    NoSuchContainer {
        container: String,
        /// The client's error, updated whenever the pods change.
        text: String,
    },
}

/// The errors of the metrics clients if the API has no sample
/// (`pkg/controller/podautoscaler/metrics/client.go`).
const NO_RESOURCE_METRICS: &str = "no metrics returned from resource metrics API";
const NO_CUSTOM_METRICS: &str = "no metrics returned from custom metrics API";
const NO_EXTERNAL_METRICS: &str = "no metrics returned from external metrics API";

impl Sight {
    /// The view for `asks` on the plant of `scenario`.
    pub(super) fn new(scenario: &Scenario, asks: &[MetricQuery]) -> Self {
        let target = scenario.scaler.as_ref().and_then(Scaler::target);
        let mut sight = Self {
            metrics: Vec::new(),
            measured: Vec::new(),
            trace_columns: Vec::new(),
            pod_states: Vec::new(),
            generation: None,
            target: target.cloned().unwrap_or_else(|| ScaleTarget {
                kind: "Deployment".to_owned(),
                namespace: "default".to_owned(),
                name: scenario.policy_name.clone(),
            }),
            first_pod_name: String::new(),
        };
        for query in asks {
            let seen = sight.see(scenario, query);
            sight.metrics.push(seen);
        }
        sight
    }

    /// The metrics that the plant must measure.
    pub(super) fn measured(&self) -> &[PlantMetric] {
        &self.measured
    }

    /// Columns of the trace, in the order of the numbers in the measured metrics.
    pub(super) fn trace_columns(&self) -> &[usize] {
        &self.trace_columns
    }

    fn see(&mut self, scenario: &Scenario, query: &MetricQuery) -> SeenMetric {
        match query {
            MetricQuery::Resource {
                resource,
                container,
                requests,
            } => {
                let containers = match container {
                    None => ContainerSelection::All,
                    Some(name) => {
                        let containers = &scenario.deployment.containers;
                        match containers.iter().position(|c| c.name == *name) {
                            Some(index) => ContainerSelection::One(index),
                            None => {
                                return SeenMetric::answered_by(AnswerSource::NoSuchContainer {
                                    container: name.clone(),
                                    text: String::new(),
                                });
                            }
                        }
                    }
                };
                self.see_resource(scenario, resource, containers, *requests)
            }
            MetricQuery::Pods { metric } => {
                let measured = match metric_of_column(metric) {
                    "requests_per_second" => Some(PlantMetric::RequestsPerSecond),
                    "in_flight" => Some(PlantMetric::InFlight),
                    "queue_length" => Some(PlantMetric::QueueLength),
                    _ => self.column(scenario, metric),
                };
                SeenMetric::answered_by(match measured {
                    Some(metric) => AnswerSource::Pods {
                        measured: self.measure(metric),
                        empty: NO_CUSTOM_METRICS,
                    },
                    None => AnswerSource::Failed(NO_CUSTOM_METRICS),
                })
            }
            MetricQuery::Object { metric } => {
                SeenMetric::answered_by(match self.column(scenario, metric) {
                    Some(metric) => AnswerSource::Object(self.measure(metric)),
                    None => AnswerSource::Failed(NO_CUSTOM_METRICS),
                })
            }
            MetricQuery::External { metric } => {
                SeenMetric::answered_by(match self.column(scenario, metric) {
                    Some(metric) => AnswerSource::External(self.measure(metric)),
                    None => AnswerSource::Failed(NO_EXTERNAL_METRICS),
                })
            }
        }
    }

    fn see_resource(
        &mut self,
        scenario: &Scenario,
        resource: &str,
        containers: ContainerSelection,
        requests: RequestScope,
    ) -> SeenMetric {
        let metric = match resource {
            "cpu" => PlantMetric::Cpu(containers),
            "memory" => PlantMetric::Memory(containers),
            _ => return SeenMetric::answered_by(AnswerSource::Failed(NO_RESOURCE_METRICS)),
        };
        let mut seen = SeenMetric::answered_by(AnswerSource::Pods {
            measured: self.measure(metric),
            empty: NO_RESOURCE_METRICS,
        });
        let deployment = &scenario.deployment;
        let named = match containers {
            ContainerSelection::All => None,
            ContainerSelection::One(index) => Some(deployment.containers[index].name.as_str()),
        };
        match pod_request(deployment, resource, named, requests) {
            Ok(request) => seen.request_per_pod = request,
            Err(fault) => seen.request_fault = Some(fault),
        }
        seen
    }

    /// The index of a measured metric, which is added if it is new.
    fn measure(&mut self, metric: PlantMetric) -> usize {
        let known = self.measured.iter().position(|known| *known == metric);
        known.unwrap_or_else(|| {
            self.measured.push(metric);
            self.measured.len() - 1
        })
    }

    fn column(&mut self, scenario: &Scenario, name: &str) -> Option<PlantMetric> {
        // A metric whose name no other metric has may be a column with its name alone.
        let short = metric_of_column(name);
        let trace = &scenario.trace;
        let column = trace
            .column_place(name)
            .or_else(|| trace.column_place(short))?;
        let known = self.trace_columns.iter().position(|read| *read == column);
        let place = known.unwrap_or_else(|| {
            self.trace_columns.push(column);
            self.trace_columns.len() - 1
        });
        let custom = scenario.metrics.custom.as_ref();
        let is_gauge =
            custom.is_some_and(|custom| custom.gauges.iter().any(|it| it == name || it == short));
        Some(if is_gauge {
            PlantMetric::TraceGauge(place)
        } else {
            PlantMetric::TraceColumn(place)
        })
    }

    /// Updates the view of the pods, if a pod has changed since the last call.
    pub(super) fn refresh(&mut self, pods: &Pods) {
        if self.generation != Some(pods.census().generation()) {
            self.mirror(pods);
        }
    }

    /// The view of the plant as of the last [`Sight::refresh`].
    pub(super) fn look<'a>(
        &'a self,
        pods: &'a Pods,
        spec_replicas: Replicas,
        metrics: &'a dyn MetricsApi,
    ) -> Seen<'a> {
        Seen {
            scale: Scale {
                spec_replicas,
                status_replicas: pods.census().current(),
                selector: ScaleSelector::Present,
            },
            pods: PodColumns {
                state: &self.pod_states,
                start_time: pods.start_times(),
                ready_transition: pods.ready_transitions(),
            },
            metrics,
        }
    }

    /// The answer of the metrics API to the query at this index.
    pub(super) fn answer<'a>(
        &'a self,
        query: usize,
        server: &'a MetricsServer,
    ) -> MetricObservation<'a> {
        let metric = &self.metrics[query];
        match &metric.source {
            AnswerSource::NoSuchContainer { text, .. } => MetricObservation::Failed(text),
            AnswerSource::Failed(text) => MetricObservation::Failed(text),
            AnswerSource::Object(measured) => match server.values(*measured) {
                [value, ..] => MetricObservation::Object(*value),
                [] => MetricObservation::Failed(NO_CUSTOM_METRICS),
            },
            AnswerSource::External(measured) => match server.values(*measured) {
                [] => MetricObservation::Failed(NO_EXTERNAL_METRICS),
                values => MetricObservation::External(values),
            },
            AnswerSource::Pods { measured, empty } => {
                let samples = server.pod_samples(*measured);
                if !samples.sampled.contains(&true) {
                    return MetricObservation::Failed(empty);
                }
                MetricObservation::Pods(PodSamples {
                    sampled: &samples.sampled,
                    value: &samples.value,
                    timestamp: &samples.timestamp,
                    window: &samples.window,
                    unmatched: &[],
                    request: &metric.requests,
                    request_fault: self.request_fault(metric),
                })
            }
        }
    }

    fn request_fault<'a>(&'a self, metric: &'a SeenMetric) -> Option<RequestFault<'a>> {
        let pod = &self.first_pod_name;
        Some(match metric.request_fault.as_ref()? {
            UnknownRequest::OfContainer(container) => {
                RequestFault::MissingInContainer { container, pod }
            }
            UnknownRequest::OfPod => RequestFault::MissingAtPodLevel { pod },
            UnknownRequest::NoSuchContainer(container) => {
                RequestFault::ContainerNotFound { container, pod }
            }
        })
    }

    /// Copies the pods after one of them has changed.
    fn mirror(&mut self, pods: &Pods) {
        self.generation = Some(pods.census().generation());
        self.pod_states.clear();
        self.pod_states
            .extend(pods.statuses().iter().enumerate().map(|(row, status)| {
                // The phase of a pod stays Running while its container waits for a restart.
                let phase = if status.is(PodFact::Started) || pods.restarts(row) > 0 {
                    PodPhase::Running
                } else {
                    PodPhase::Pending
                };
                pod_state(*status, phase)
            }));
        for metric in &mut self.metrics {
            metric.requests.clear();
            metric.requests.resize(pods.len(), metric.request_per_pod);
        }
        let name = pods
            .numbers()
            .first()
            .map(|first| format!("{}-{first}", self.target.name));
        let namespace = &self.target.namespace;
        for metric in &mut self.metrics {
            if let AnswerSource::NoSuchContainer { container, text } = &mut metric.source {
                *text = match &name {
                    Some(name) => format!(
                        "container {container} not present in metrics for pod {namespace}/{name}"
                    ),
                    None => NO_RESOURCE_METRICS.to_owned(),
                };
            }
        }
        self.first_pod_name = name.unwrap_or_default();
    }
}

impl SeenMetric {
    fn answered_by(source: AnswerSource) -> Self {
        Self {
            source,
            requests: Vec::new(),
            request_per_pod: MilliValue(0),
            request_fault: None,
        }
    }
}

fn pod_state(status: PodStatus, phase: PodPhase) -> PodState {
    let scheduled = status.is(PodFact::Scheduled);
    PodState::new(
        phase,
        // The kubelet sets the condition when the pod is bound to its node.
        match (status.is(PodFact::Ready), scheduled) {
            (true, _) => ReadyCondition::True,
            (false, true) => ReadyCondition::False,
            (false, false) => ReadyCondition::Absent,
        },
        if status.is(PodFact::Terminating) {
            Deletion::Requested
        } else {
            Deletion::NotRequested
        },
        if scheduled {
            StartTime::Set
        } else {
            StartTime::NotSet
        },
    )
}

#[cfg(test)]
mod tests;
