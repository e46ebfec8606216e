//! The replay: it runs every recorded step through the core and compares every field.
//!
//! A scenario starts with an empty memory, which the core keeps from step to step. The expected results never enter it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use thiserror::Error;

use super::format::{
    Metric, Observed, ObservedMetric, ObservedStatus, Pod, Ready, RecordedContainer, RecordedPhase,
    RecordedSample, RecordedScenario, Step, span, time,
};
use super::report::{DESIRED_REPLICAS, Disagreement, FileReport};
use crate::bounded::{DECISIONS_LINE_BYTES_MAX, ReadError, read_line, size_text, unpacked};
use crate::hpa::decision::{DecisionRecord, MetricValue};
use crate::hpa::observation::{
    Deletion, MetricObservation, Observation, PodColumns, PodPhase, PodSamples, PodState,
    ReadyCondition, Scale, ScaleSelector, StartTime,
};
use crate::hpa::requests::{
    ContainerRequest, InitContainerRequest, InitCourse, PodLevelRequest, PodRequests, RequestFault,
    RequestScope,
};
use crate::hpa::rules::{Release, Rules};
use crate::hpa::spec::{HpaSpec, MetricSource};
use crate::hpa::{HpaMemory, ReconcileOutcome, reconcile};
use crate::units::{MilliValue, Replicas, SimSpan, SimTime};

/// Why a recording cannot be replayed.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// Reading failed.
    #[error("line {line} cannot be read: {source}")]
    Read {
        /// The line, from 1.
        line: usize,
        /// The reader's error.
        source: std::io::Error,
    },
    /// A line is longer than the limit.
    #[error(
        "line {line} is longer than {limit}; a recording of decisions has one JSON object per line"
    )]
    LongLine {
        /// The line, from 1.
        line: usize,
        /// The limit, with its unit.
        limit: String,
    },
    /// A line is not a scenario.
    #[error("line {line} is not a recorded scenario: {message}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong with the line.
        message: String,
    },
    /// The recording is empty.
    #[error("there is no scenario; a recording has one JSON object per line")]
    Empty,
}

/// Replays a recording (JSON Lines, plain or gzip) and reports how far the core agrees with it.
///
/// Scenarios of the categories in `ignored` are counted and not replayed. Without a `release`, each line's `source` names it.
/// # Errors
/// [`RecordingError`] with the faulty line.
pub fn replay_recording(
    name: &str,
    recording: impl Read,
    ignored: &BTreeSet<String>,
    release: Option<Release>,
) -> Result<FileReport, RecordingError> {
    let mut report = FileReport::new(name);
    let mut reader = unpacked(recording)
        .map_err(|source| RecordingError::Read { line: 1, source })?
        .reader;
    let mut text = Vec::new();
    let mut line = 0;
    loop {
        line += 1;
        let read = read_line(&mut reader, &mut text, DECISIONS_LINE_BYTES_MAX).map_err(
            |error| match error {
                ReadError::Io(source) => RecordingError::Read { line, source },
                ReadError::TooLarge { bytes_max } => RecordingError::LongLine {
                    line,
                    limit: size_text(bytes_max),
                },
            },
        )?;
        if read == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let malformed = |message| RecordingError::Malformed { line, message };
        let scenario = parse_scenario(&text, &mut report).map_err(malformed)?;
        let category = scenario.category();
        if ignored.contains(category) {
            report.ignore_scenario(category);
            continue;
        }
        replay_scenario(&scenario, release, &mut report).map_err(malformed)?;
    }
    if report.ignored_categories.is_empty() && report.categories.is_empty() {
        return Err(RecordingError::Empty);
    }
    Ok(report)
}

fn parse_scenario(text: &[u8], report: &mut FileReport) -> Result<RecordedScenario, String> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let scenario: RecordedScenario = serde_ignored::deserialize(&mut deserializer, |path| {
        report.count_unknown_key(&path.to_string());
    })
    .map_err(|error| json_fault(&error))?;
    deserializer.end().map_err(|error| json_fault(&error))?;
    if scenario.steps.is_empty() {
        return Err("the scenario has no steps".to_owned());
    }
    Ok(scenario)
}

/// The fault and its column. The JSON reader sees single lines, so its own line number is always 1.
/// The JSON reader quotes a value of the wrong type. The message omits it, because a file that is not a recording may be confidential.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    format!(
        "{} (column {})",
        without_value(error, message),
        error.column()
    )
}

/// `invalid type, expected a string` of ``invalid type: integer `5`, expected a string``.
fn without_value(error: &serde_json::Error, message: &str) -> String {
    if !error.is_data() || message.starts_with("missing field") {
        return message.to_owned();
    }
    let expected = message.rfind(", expected ").map_or("", |at| &message[at..]);
    let kind = ["invalid type", "invalid value", "unknown variant"]
        .into_iter()
        .find(|kind| message.starts_with(kind));
    match kind {
        Some(kind) => format!("{kind}{expected}"),
        None => "a value that no recording has there".to_owned(),
    }
}

fn replay_scenario(
    scenario: &RecordedScenario,
    release: Option<Release>,
    report: &mut FileReport,
) -> Result<(), String> {
    let rules = scenario.rules(release);
    let category = scenario.category();
    let mut spec = scenario.hpa.spec.resolve()?;
    let mut pods = RecordedPods::default();
    let mut memory = HpaMemory::default();
    let mut record = DecisionRecord::default();
    report.start_scenario(category);
    for (index, step) in scenario.steps.iter().enumerate() {
        if let Some(edited) = &step.hpa_spec {
            spec = edited.resolve()?;
        }
        if step.controller_restart {
            memory.restart_controller();
        }
        if index == 0 && step.pods.is_none() {
            return Err("the first step states no pods".to_owned());
        }
        pods.update(step, &scenario.pod_defaults.containers);
        if step.metrics.len() != spec.metrics.len() {
            return Err(format!(
                "step {index} has {} metrics, the spec has {}",
                step.metrics.len(),
                spec.metrics.len()
            ));
        }
        record.clear();
        let got = replay_step(step, &rules, &spec, &pods, &mut memory, &mut record)
            .map_err(|message| format!("step {index}: {message}"))?;
        let disagreements = compare(&scenario.id, index, &step.expect, &got);
        report.add_step(category, disagreements);
    }
    Ok(())
}

/// Runs one recorded step through the core.
fn replay_step(
    step: &Step,
    rules: &Rules,
    spec: &HpaSpec,
    pods: &RecordedPods,
    memory: &mut HpaMemory,
    record: &mut DecisionRecord,
) -> Result<Observed, String> {
    let columns: Vec<MetricColumns<'_>> = spec
        .metrics
        .iter()
        .zip(&step.metrics)
        .map(|(metric, given)| {
            MetricColumns::new(pods, &metric.source, rules.of_release.request_scope, given)
        })
        .collect();
    let metrics = columns
        .iter()
        .zip(&spec.metrics)
        .zip(&step.metrics)
        .map(|((columns, metric), given)| columns.observation(&metric.source, given))
        .collect::<Result<Vec<_>, _>>()?;
    let observation = Observation {
        scale: match &step.scale.get_error {
            Some(error) => Err(error),
            None => Ok(Scale {
                spec_replicas: Replicas(step.scale.spec_replicas),
                status_replicas: Replicas(step.scale.status_replicas),
                selector: if step.scale.no_selector {
                    ScaleSelector::Absent
                } else {
                    ScaleSelector::Present
                },
            }),
        },
        pods: pods.columns(),
        metrics: &metrics,
        scale_write: match &step.scale.update_error {
            Some(error) => Err(error),
            None => Ok(()),
        },
    };
    let outcome = reconcile(rules, spec, memory, &observation, time(step.time), record);
    Ok(observe(step, &outcome, memory, record))
}

/// The observable result of a reconcile, in the recording's form.
fn observe(
    step: &Step,
    outcome: &ReconcileOutcome<'_>,
    memory: &HpaMemory,
    record: &DecisionRecord,
) -> Observed {
    let status = &memory.status;
    let conditions = status.conditions.to_list();
    Observed {
        desired_replicas: if outcome.rescaled {
            outcome.desired.0
        } else {
            step.scale.spec_replicas
        },
        rescaled: outcome.rescaled,
        error: outcome.error.is_some(),
        error_message: outcome.error.as_ref().map(ToString::to_string),
        conditions: conditions
            .iter()
            .map(|condition| {
                let words = [condition.status.to_owned(), condition.reason.to_owned()];
                (condition.kind.to_owned(), words)
            })
            .collect(),
        condition_messages: step.expect.condition_messages.as_ref().map(|_| {
            conditions
                .iter()
                .map(|condition| (condition.kind.to_owned(), condition.message.clone()))
                .collect()
        }),
        current_metrics: if status.current_metrics.is_empty() {
            None
        } else {
            let entries = status.current_metrics.iter();
            Some(entries.map(|entry| entry.map(observed_metric)).collect())
        },
        status: ObservedStatus {
            current_replicas: status.current_replicas.0,
            desired_replicas: status.desired_replicas.0,
            last_scale_time: status.last_scale_time.map(SimTime::as_secs_f64),
        },
        events: record
            .events
            .iter()
            .map(|event| {
                [
                    event.severity.as_str().to_owned(),
                    event.reason.to_owned(),
                    event.message.clone(),
                ]
            })
            .collect(),
    }
}

fn observed_metric(value: MetricValue) -> ObservedMetric {
    ObservedMetric {
        average_utilization: value.average_utilization,
        average_value_milli: value.average_value.map(|value| value.0),
        value_milli: value.value.map(|value| value.0),
    }
}

/// Compares field by field, in the order of the format's description.
fn compare(id: &str, step: usize, expected: &Observed, got: &Observed) -> Vec<Disagreement> {
    let mut disagreements = Vec::new();
    macro_rules! compare_fields {
        ($($field:ident => $name:expr),* $(,)?) => {$(
            if expected.$field != got.$field {
                disagreements.push(Disagreement {
                    id: id.to_owned(),
                    step,
                    field: $name,
                    expected: serde_json::json!(expected.$field),
                    got: serde_json::json!(got.$field),
                });
            }
        )*};
    }
    compare_fields!(
        desired_replicas => DESIRED_REPLICAS,
        rescaled => "rescaled",
        error => "error",
        error_message => "errorMessage",
        conditions => "conditions",
        condition_messages => "conditionMessages",
        current_metrics => "currentMetrics",
        status => "status",
        events => "events",
    );
    disagreements
}

/// The recorded pods as the core's columns, which are reused from step to step.
#[derive(Default)]
struct RecordedPods {
    pods: Vec<RecordedPod>,
    state: Vec<PodState>,
    start_time: Vec<SimTime>,
    ready_transition: Vec<SimTime>,
}

/// A pod with its containers, also if these are the defaults.
struct RecordedPod {
    pod: Pod,
    containers: Vec<RecordedContainer>,
}

impl RecordedPod {
    /// Only cpu, memory and huge pages count as pod-level requests (`IsPodLevelRequestsSet`).
    fn pod_level_request(&self, resource: &str) -> Option<PodLevelRequest> {
        let requests = self.pod.requests.as_ref()?;
        let is_set = requests.keys().any(|resource| {
            resource == "cpu" || resource == "memory" || resource.starts_with("hugepages-")
        });
        if !is_set {
            return None;
        }
        Some(PodLevelRequest(
            requests.get(resource).map(|request| request.nano_value()),
        ))
    }

    fn init_requests(&self, resource: &str) -> Vec<InitContainerRequest<'_>> {
        self.pod
            .init_containers
            .iter()
            .map(|container| InitContainerRequest {
                container: request_of(container, resource),
                course: match container.restart_policy.as_deref() {
                    Some("Always") => InitCourse::Restartable,
                    _ => InitCourse::Ends,
                },
            })
            .collect()
    }
}

/// A container's request of one resource.
fn request_of<'a>(container: &'a RecordedContainer, resource: &str) -> ContainerRequest<'a> {
    ContainerRequest {
        name: &container.name,
        request: container
            .requests
            .get(resource)
            .map(|request| request.nano_value()),
    }
}

fn requests_of<'a>(
    containers: &'a [RecordedContainer],
    resource: &str,
) -> Vec<ContainerRequest<'a>> {
    containers
        .iter()
        .map(|container| request_of(container, resource))
        .collect()
}

impl RecordedPods {
    fn update(&mut self, step: &Step, default_containers: &[RecordedContainer]) {
        let with_defaults = |pod: &Pod| RecordedPod {
            containers: pod
                .containers
                .clone()
                .unwrap_or_else(|| default_containers.to_vec()),
            pod: pod.clone(),
        };
        if let Some(pods) = &step.pods {
            self.pods = pods.iter().map(with_defaults).collect();
        }
        if let Some(changes) = &step.pod_changes {
            self.pods
                .retain(|known| !changes.remove.contains(&known.pod.name));
            for pod in &changes.set {
                let changed = with_defaults(pod);
                match self
                    .pods
                    .iter_mut()
                    .find(|known| known.pod.name == pod.name)
                {
                    Some(known) => *known = changed,
                    None => self.pods.push(changed),
                }
            }
        }
        let pods = || self.pods.iter().map(|known| &known.pod);
        self.state = pods().map(pod_state).collect();
        self.start_time = pods()
            .map(|pod| pod.start_time.map_or(SimTime::DISTANT_PAST, time))
            .collect();
        self.ready_transition = pods()
            .map(|pod| {
                pod.ready_transition_time
                    .map_or(SimTime::DISTANT_PAST, time)
            })
            .collect();
    }

    fn columns(&self) -> PodColumns<'_> {
        PodColumns {
            state: &self.state,
            start_time: &self.start_time,
            ready_transition: &self.ready_transition,
        }
    }
}

fn pod_state(pod: &Pod) -> PodState {
    PodState::new(
        match pod.phase {
            RecordedPhase::Pending => PodPhase::Pending,
            RecordedPhase::Running => PodPhase::Running,
            RecordedPhase::Succeeded => PodPhase::Succeeded,
            RecordedPhase::Failed => PodPhase::Failed,
            RecordedPhase::Unknown => PodPhase::Unknown,
        },
        match pod.ready {
            Ready::True => ReadyCondition::True,
            Ready::False => ReadyCondition::False,
            Ready::Unknown => ReadyCondition::Unknown,
            Ready::Absent => ReadyCondition::Absent,
        },
        if pod.deleting {
            Deletion::Requested
        } else {
            Deletion::NotRequested
        },
        match pod.start_time {
            Some(_) => StartTime::Set,
            None => StartTime::NotSet,
        },
    )
}

/// One metric of one step as the core's columns.
#[derive(Default)]
struct MetricColumns<'a> {
    sampled: Vec<bool>,
    value: Vec<MilliValue>,
    timestamp: Vec<SimTime>,
    window: Vec<SimSpan>,
    unmatched: Vec<MilliValue>,
    request: Vec<MilliValue>,
    request_fault: Option<RequestFault<'a>>,
    external: Vec<MilliValue>,
}

impl<'a> MetricColumns<'a> {
    fn new(
        pods: &'a RecordedPods,
        source: &'a MetricSource,
        scope: RequestScope,
        given: &Metric,
    ) -> Self {
        let mut columns = Self::default();
        if let Some(samples) = &given.pods {
            columns.take_samples(pods, given, samples);
            columns.take_requests(pods, source, scope);
        }
        if let Some(values) = &given.values {
            columns.external = values.iter().copied().map(MilliValue).collect();
        }
        columns
    }

    fn take_samples(
        &mut self,
        pods: &RecordedPods,
        given: &Metric,
        samples: &BTreeMap<String, RecordedSample>,
    ) {
        let mut matched = BTreeSet::new();
        for known in &pods.pods {
            let sample = samples.get(&known.pod.name).copied();
            if sample.is_some() {
                matched.insert(known.pod.name.as_str());
            }
            self.sampled.push(sample.is_some());
            let sample = sample.unwrap_or_default();
            self.value.push(MilliValue(sample.value));
            self.timestamp
                .push(time(sample.timestamp.unwrap_or(given.timestamp)));
            self.window
                .push(span(sample.window.unwrap_or(given.window)));
        }
        self.unmatched = samples
            .iter()
            .filter(|(name, _)| !matched.contains(name.as_str()))
            .map(|(_, sample)| MilliValue(sample.value))
            .collect();
    }

    fn take_requests(
        &mut self,
        pods: &'a RecordedPods,
        source: &'a MetricSource,
        scope: RequestScope,
    ) {
        let (resource, container) = match source {
            MetricSource::Resource { resource } => (resource, None),
            MetricSource::ContainerResource {
                resource,
                container,
            } => (resource, Some(container.as_str())),
            MetricSource::Pods { .. }
            | MetricSource::Object { .. }
            | MetricSource::External { .. } => return,
        };
        for known in &pods.pods {
            let of_pod = PodRequests {
                pod: &known.pod.name,
                containers: &requests_of(&known.containers, resource),
                init_containers: &known.init_requests(resource),
                pod_level: known.pod_level_request(resource),
            };
            match of_pod.total(scope, container) {
                Ok(request) => self.request.push(request),
                Err(fault) => {
                    self.request.push(MilliValue(0));
                    self.request_fault.get_or_insert(fault);
                }
            }
        }
    }

    fn observation(
        &'a self,
        source: &MetricSource,
        given: &'a Metric,
    ) -> Result<MetricObservation<'a>, String> {
        if given.error {
            return Ok(MetricObservation::Failed(&given.message));
        }
        match source {
            MetricSource::Object { .. } => given
                .value
                .map(|value| MetricObservation::Object(MilliValue(value))),
            MetricSource::External { .. } => given
                .values
                .as_ref()
                .map(|_| MetricObservation::External(&self.external)),
            MetricSource::Resource { .. }
            | MetricSource::ContainerResource { .. }
            | MetricSource::Pods { .. } => given.pods.as_ref().map(|_| {
                MetricObservation::Pods(PodSamples {
                    sampled: &self.sampled,
                    value: &self.value,
                    timestamp: &self.timestamp,
                    window: &self.window,
                    unmatched: &self.unmatched,
                    request: &self.request,
                    request_fault: self.request_fault,
                })
            }),
        }
        .ok_or_else(|| format!("no values for a metric of type {}", source.type_name()))
    }
}
