//! What a scaler sees: the plant in the words of the Kubernetes API.
//!
//! A translation. It adds no delay of its own and no knowledge: what the metrics API does not
//! show is not here.

use super::pod_requests::{UnknownRequest, pod_request};
use crate::cluster::metrics_server::{ContainerSelection, MetricsServer, PlantMetric};
use crate::cluster::pods::{PodFact, PodStatus, Pods};
use crate::control::query::RequestScope;
use crate::control::scaler::{ScaleTarget, Scaler};
use crate::control::seen::{
    Deletion, MetricObservation, MetricsApi, PodColumns, PodPhase, PodSamples, PodState,
    ReadyCondition, RequestFault, Scale, ScaleSelector, StartTime,
};
use crate::control::{MetricQuery, Seen};
use crate::scenario::Scenario;
use crate::units::{MilliValue, Replicas};

/// How a scaler's queries are answered, and the pods as the API names them.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    metrics: Vec<SeenMetric>,
    /// What the plant has to measure for them.
    measured: Vec<PlantMetric>,
    /// Columns of the trace that some query reads, in the order in which [`PlantMetric::TraceColumn`] numbers them.
    trace_columns: Vec<usize>,
    pod_states: Vec<PodState>,
    generation: Option<u64>,
    /// Whose pods they are; faults name it.
    target: ScaleTarget,
    /// The first pod's name, where a fault has to name one.
    first_pod_name: String,
}

/// One query.
#[derive(Clone, Debug)]
struct SeenMetric {
    source: AnswerSource,
    /// What each pod requests, repeated for every pod; empty where nothing is requested.
    requests: Vec<MilliValue>,
    request_per_pod: MilliValue,
    /// Why a pod's request cannot be told, if it cannot.
    request_fault: Option<UnknownRequest>,
}

/// Where a metric's answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum AnswerSource {
    /// By pod, from this measured metric; the text is the client's when no pod has a sample.
    Pods {
        measured: usize,
        empty: &'static str,
    },
    /// The one value of this measured metric.
    Object(usize),
    /// All series of this measured metric.
    External(usize),
    /// The client fails.
    Failed(&'static str),
    /// The client does not find the container in the first pod's metrics, or no pod's metrics at all.
    NoSuchContainer {
        container: String,
        /// Its words, renewed with the pods.
        text: String,
    },
}

/// What the metrics clients say when the API has no sample (`pkg/controller/podautoscaler/metrics/client.go`).
const NO_RESOURCE_METRICS: &str = "no metrics returned from resource metrics API";
const NO_CUSTOM_METRICS: &str = "no metrics returned from custom metrics API";
const NO_EXTERNAL_METRICS: &str = "no metrics returned from external metrics API";

impl Sight {
    /// Answers `asks` from the plant of `scenario`.
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

    /// What the metrics pipeline has to measure.
    pub(super) fn measured(&self) -> &[PlantMetric] {
        &self.measured
    }

    /// Columns of the trace, in the order in which the measured metrics number them.
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
                let measured = match metric.as_str() {
                    "requests_per_second" => Some(PlantMetric::RequestsPerSecond),
                    "in_flight" => Some(PlantMetric::InFlight),
                    "queue_length" => Some(PlantMetric::QueueLength),
                    name => self.column(scenario, name),
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

    /// Has a metric measured, once; its place.
    fn measure(&mut self, metric: PlantMetric) -> usize {
        let known = self.measured.iter().position(|known| *known == metric);
        known.unwrap_or_else(|| {
            self.measured.push(metric);
            self.measured.len() - 1
        })
    }

    fn column(&mut self, scenario: &Scenario, name: &str) -> Option<PlantMetric> {
        let column = scenario.trace.column_place(name)?;
        let known = self.trace_columns.iter().position(|read| *read == column);
        Some(PlantMetric::TraceColumn(known.unwrap_or_else(|| {
            self.trace_columns.push(column);
            self.trace_columns.len() - 1
        })))
    }

    /// Takes the pods over as they are now, before somebody looks.
    pub(super) fn refresh(&mut self, pods: &Pods) {
        if self.generation != Some(pods.census().generation()) {
            self.mirror(pods);
        }
    }

    /// What a scaler sees of the plant since the last [`Sight::refresh`], `spec.replicas` being `spec_replicas`.
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

    /// What the metrics API answers to the query at this place.
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

    /// Takes the pods over, after one of them has changed.
    fn mirror(&mut self, pods: &Pods) {
        self.generation = Some(pods.census().generation());
        self.pod_states.clear();
        self.pod_states
            .extend(pods.statuses().iter().enumerate().map(|(row, status)| {
                // A container that waits for its restart leaves the pod's phase at Running.
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
        // The kubelet sets the condition when it takes the pod over.
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
