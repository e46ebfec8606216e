//! The memory of a pod, as the status of an autoscaler recorded it.
//!
//! The status of CPU states no cost of a request, because it does not state how many requests there were.

use super::super::source::{Origin, SourceId};
use super::super::tree::{Node, Table, Value};
use super::super::values::{bytes_text, memory_bytes};
use super::application::application_first;
use super::{Object, yaml};

/// Where autoscaling/v1 keeps the metrics that it has no fields for (`MetricStatusesAnnotation` in
/// `pkg/apis/autoscaling/annotations.go`).
const STATUS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/current-metrics";

/// Why the memory in an autoscaler's status is not the memory of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum UnusableMemory {
    /// The annotation of autoscaling/v1 is no JSON array.
    NotReadable,
    /// No metric of the status is memory.
    NoMemory,
    /// All memory of the status belongs to containers that are not the application.
    OfSidecars,
    /// The metric has no `averageValue` above zero.
    NoAmount,
    /// These bytes are not below the memory limit of the application, also in bytes.
    NotBelowLimit {
        /// The recorded memory.
        recorded: u64,
        /// The limit.
        limit: u64,
    },
}

impl UnusableMemory {
    /// The reason as a clause whose subject is the status.
    pub(in super::super) fn in_words(self) -> String {
        match self {
            Self::NotReadable => "it is no JSON array".to_owned(),
            Self::NoMemory => "it states no memory".to_owned(),
            Self::OfSidecars => "it states only the memory of sidecars".to_owned(),
            Self::NoAmount => "its memory has no `averageValue` above zero".to_owned(),
            Self::NotBelowLimit { recorded, limit } => format!(
                "its {} are not below the application's memory limit of {}",
                bytes_text(recorded),
                bytes_text(limit)
            ),
        }
    }
}

/// `[workload]` with the recorded memory as `memory_base`; `None` without a status or a container.
///
/// The mean of a container of the application comes before that of whole pods. A mean of whole pods counts as the application's, because
/// only the application has memory in a simulation. A mean of the application's limit or more would mean pods that never run.
///
/// # Errors
/// The status has no memory that fits the application.
pub(super) fn workload(hpa: &Object, workload: &Object) -> Result<Option<Node>, UnusableMemory> {
    let Some(application) = application_first(workload).first().copied() else {
        return Ok(None);
    };
    let Some(recorded) = recorded_metrics(hpa)? else {
        return Ok(None);
    };
    let name = application.get("name").and_then(Node::text);
    let (bytes, origin) = memory_of(&recorded, name)?;
    let limit = application.at(&["resources", "limits", "memory"]);
    let limit = limit.and_then(|limit| memory_bytes(&limit.value).ok());
    if let Some(limit) = limit.filter(|limit| bytes >= *limit) {
        return Err(UnusableMemory::NotBelowLimit {
            recorded: bytes,
            limit,
        });
    }
    let mut table = Table::default();
    let text = Value::Text(format!("{}Ki", bytes.div_ceil(1 << 10)));
    table.put("memory_base", Node::new(text, origin));
    Ok(Some(Node::new(Value::Table(table), origin)))
}

/// The bytes of a pod among the recorded metrics, with their place; `application` is the name of its container.
fn memory_of(
    recorded: &[(Node, Origin)],
    application: Option<&str>,
) -> Result<(u64, Origin), UnusableMemory> {
    let of_memory = |kind: &'static str| {
        recorded.iter().filter_map(move |(metric, origin)| {
            let body = metric.get(kind)?;
            let is_memory = body.get("name").and_then(Node::text) == Some("memory");
            is_memory.then_some((body, *origin))
        })
    };
    let of_containers = || of_memory("containerResource");
    let is_it = |body: &Node| body.get("container").and_then(Node::text) == application;
    let of_application = || of_containers().filter(|(body, _)| is_it(body));
    let fitting = || of_application().chain(of_memory("resource"));
    let found = fitting().find_map(|(body, origin)| Some((average(body)?, origin)));
    found.ok_or_else(|| {
        if fitting().next().is_some() {
            UnusableMemory::NoAmount
        } else if of_containers().next().is_some() {
            UnusableMemory::OfSidecars
        } else {
            UnusableMemory::NoMemory
        }
    })
}

/// The metrics of the status, each with its place: of autoscaling/v2, or of the annotation of autoscaling/v1; `None` without both.
fn recorded_metrics(hpa: &Object) -> Result<Option<Vec<(Node, Origin)>>, UnusableMemory> {
    if let Some(metrics) = hpa.tree.at(&["status", "currentMetrics"]) {
        let metrics = metrics.items().iter();
        return Ok(Some(metrics.map(|it| (it.clone(), it.origin)).collect()));
    }
    let annotation = hpa.tree.at(&["metadata", "annotations", STATUS_ANNOTATION]);
    let Some((text, origin)) = annotation.and_then(|it| Some((it.text()?, it.origin))) else {
        return Ok(None);
    };
    let metrics = in_json(text, origin.source).ok_or(UnusableMemory::NotReadable)?;
    Ok(Some(
        metrics.into_iter().map(|metric| (metric, origin)).collect(),
    ))
}

/// The items of a JSON array; `None` for any other text. Their places are within the text alone.
fn in_json(text: &str, source: SourceId) -> Option<Vec<Node>> {
    let documents = yaml::parse_documents(text, source);
    match documents.list.into_iter().next().map(|node| node.value) {
        Some(Value::Array(items)) if documents.faults.is_empty() => Some(items),
        _ => None,
    }
}

/// The mean over the pods in bytes, in the words of v2 or of v1 and v2beta1.
fn average(body: &Node) -> Option<u64> {
    let average = body
        .at(&["current", "averageValue"])
        .or_else(|| body.get("currentAverageValue"))?;
    memory_bytes(&average.value).ok().filter(|bytes| *bytes > 0)
}
