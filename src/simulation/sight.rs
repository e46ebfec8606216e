//! What the autoscaler sees: the plant in the autoscaler's terms.
//!
//! Self-imposed limit: a translation. It adds no delay of its own and no
//! knowledge: what the metrics API does not show is not here.

use super::pod_requests::{UnknownRequest, pod_request};
use crate::cluster::metrics_server::{Containers, MetricQuery, MetricsServer};
use crate::cluster::plant::PlantView;
use crate::cluster::pods::{PodFact, PodStatus, Pods};
use crate::hpa::observation::{
    Deletion, MetricObservation, Observation, PodColumns, PodPhase, PodSamples, PodState,
    ReadyCondition, RequestFault, Scale, ScaleSelector, StartTime,
};
use crate::hpa::rules::Release;
use crate::hpa::spec::{HpaSpec, MetricSource, ScaleTarget};
use crate::scenario::Scenario;
use crate::units::{MilliValue, Replicas};

/// How the autoscaler's metrics are answered, and its pods as it names them.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    metrics: Vec<SeenMetric>,
    queries: Vec<MetricQuery>,
    /// Columns of the trace that some query reads, in the order in which the queries number them.
    trace_columns: Vec<usize>,
    pod_states: Vec<PodState>,
    generation: Option<u64>,
    scale_target: ScaleTarget,
    /// The first pod's name, where a fault has to name one.
    first_pod_name: String,
}

/// One of the autoscaler's metrics.
#[derive(Clone, Debug)]
struct SeenMetric {
    answer: Answer,
    /// What each pod requests, repeated for every pod; empty where nothing is requested.
    requests: Vec<MilliValue>,
    request_per_pod: MilliValue,
    /// Why a pod's request cannot be told, if it cannot.
    request_fault: Option<UnknownRequest>,
}

/// Where a metric's answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// By pod, from this query; the text is the client's when no pod has a sample.
    Pods { query: usize, empty: &'static str },
    /// The one value of this query.
    Object(usize),
    /// All series of this query.
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
/// Until so many metrics, an observation needs no allocation.
const METRICS_ON_STACK: usize = 8;

impl Sight {
    pub(super) fn new(scenario: &Scenario, spec: &HpaSpec) -> Self {
        let mut sight = Self {
            metrics: Vec::new(),
            queries: Vec::new(),
            trace_columns: Vec::new(),
            pod_states: Vec::new(),
            generation: None,
            scale_target: spec.scale_target.clone(),
            first_pod_name: String::new(),
        };
        for metric in &spec.metrics {
            let seen = sight.see(scenario, &metric.source);
            sight.metrics.push(seen);
        }
        sight
    }

    /// What the metrics pipeline has to answer.
    pub(super) fn queries(&self) -> &[MetricQuery] {
        &self.queries
    }

    /// Columns of the trace, in the order in which the queries number them.
    pub(super) fn trace_columns(&self) -> &[usize] {
        &self.trace_columns
    }

    fn see(&mut self, scenario: &Scenario, source: &MetricSource) -> SeenMetric {
        match source {
            MetricSource::Resource { resource } => {
                self.see_resource(scenario, resource, Containers::All)
            }
            MetricSource::ContainerResource {
                resource,
                container,
            } => {
                let containers = &scenario.deployment.containers;
                match containers.iter().position(|c| c.name == *container) {
                    Some(index) => self.see_resource(scenario, resource, Containers::One(index)),
                    None => SeenMetric::answered_by(Answer::NoSuchContainer {
                        container: container.clone(),
                        text: String::new(),
                    }),
                }
            }
            MetricSource::Pods { metric } => {
                let query = match metric.name.as_str() {
                    "requests_per_second" => Some(MetricQuery::RequestsPerSecond),
                    "in_flight" => Some(MetricQuery::InFlight),
                    "queue_length" => Some(MetricQuery::QueueLength),
                    name => self.column(scenario, name),
                };
                SeenMetric::answered_by(match query {
                    Some(query) => Answer::Pods {
                        query: self.ask(query),
                        empty: NO_CUSTOM_METRICS,
                    },
                    None => Answer::Failed(NO_CUSTOM_METRICS),
                })
            }
            MetricSource::Object { metric, .. } => {
                SeenMetric::answered_by(match self.column(scenario, &metric.name) {
                    Some(query) => Answer::Object(self.ask(query)),
                    None => Answer::Failed(NO_CUSTOM_METRICS),
                })
            }
            MetricSource::External { metric } => {
                SeenMetric::answered_by(match self.column(scenario, &metric.name) {
                    Some(query) => Answer::External(self.ask(query)),
                    None => Answer::Failed(NO_EXTERNAL_METRICS),
                })
            }
        }
    }

    fn see_resource(
        &mut self,
        scenario: &Scenario,
        resource: &str,
        containers: Containers,
    ) -> SeenMetric {
        let query = match resource {
            "cpu" => MetricQuery::Cpu(containers),
            "memory" => MetricQuery::Memory(containers),
            _ => return SeenMetric::answered_by(Answer::Failed(NO_RESOURCE_METRICS)),
        };
        let mut seen = SeenMetric::answered_by(Answer::Pods {
            query: self.ask(query),
            empty: NO_RESOURCE_METRICS,
        });
        let deployment = &scenario.deployment;
        let release = scenario
            .autoscaler
            .as_ref()
            .map_or_else(Release::default, |autoscaler| autoscaler.release);
        let named = match containers {
            Containers::All => None,
            Containers::One(index) => Some(deployment.containers[index].name.as_str()),
        };
        match pod_request(deployment, resource, named, release) {
            Ok(request) => seen.request_per_pod = request,
            Err(fault) => seen.request_fault = Some(fault),
        }
        seen
    }

    /// Asks for a query, once; its place.
    fn ask(&mut self, query: MetricQuery) -> usize {
        let known = self.queries.iter().position(|asked| *asked == query);
        known.unwrap_or_else(|| {
            self.queries.push(query);
            self.queries.len() - 1
        })
    }

    fn column(&mut self, scenario: &Scenario, name: &str) -> Option<MetricQuery> {
        let column = scenario.trace.column_place(name)?;
        let known = self.trace_columns.iter().position(|read| *read == column);
        Some(MetricQuery::TraceColumn(known.unwrap_or_else(|| {
            self.trace_columns.push(column);
            self.trace_columns.len() - 1
        })))
    }

    /// Looks at the plant and hands what the autoscaler sees to `with`.
    pub(super) fn observe<R>(
        &mut self,
        plant: PlantView<'_>,
        spec_replicas: Replicas,
        with: impl FnOnce(&Observation<'_>) -> R,
    ) -> R {
        let pods = plant.pods;
        if self.generation != Some(pods.census().generation()) {
            self.mirror(pods);
        }
        let columns = PodColumns {
            state: &self.pod_states,
            start_time: pods.start_times(),
            ready_transition: pods.ready_transitions(),
        };
        let observe = |metrics: &[MetricObservation<'_>]| {
            with(&Observation {
                scale: Ok(Scale {
                    spec_replicas,
                    status_replicas: pods.census().current(),
                    selector: ScaleSelector::Present,
                }),
                pods: columns,
                metrics,
                scale_write: Ok(()),
            })
        };
        let answer = |metric| self.answer(metric, plant.metrics);
        match self.metrics.as_slice() {
            [metric] => observe(&[answer(metric)]),
            metrics if metrics.len() <= METRICS_ON_STACK => {
                let mut answers = [MetricObservation::Failed(""); METRICS_ON_STACK];
                for (slot, metric) in answers.iter_mut().zip(metrics) {
                    *slot = answer(metric);
                }
                observe(&answers[..metrics.len()])
            }
            metrics => observe(&metrics.iter().map(answer).collect::<Vec<_>>()),
        }
    }

    fn answer<'a>(
        &'a self,
        metric: &'a SeenMetric,
        server: &'a MetricsServer,
    ) -> MetricObservation<'a> {
        match &metric.answer {
            Answer::NoSuchContainer { text, .. } => MetricObservation::Failed(text),
            Answer::Failed(text) => MetricObservation::Failed(text),
            Answer::Object(query) => match server.values(*query) {
                [value, ..] => MetricObservation::Object(*value),
                [] => MetricObservation::Failed(NO_CUSTOM_METRICS),
            },
            Answer::External(query) => match server.values(*query) {
                [] => MetricObservation::Failed(NO_EXTERNAL_METRICS),
                values => MetricObservation::External(values),
            },
            Answer::Pods { query, empty } => {
                let samples = server.pod_samples(*query);
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
            .map(|first| format!("{}-{first}", self.scale_target.name));
        let namespace = &self.scale_target.namespace;
        for metric in &mut self.metrics {
            if let Answer::NoSuchContainer { container, text } = &mut metric.answer {
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
    fn answered_by(answer: Answer) -> Self {
        Self {
            answer,
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
