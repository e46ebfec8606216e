//! The memory of a pod, as the status of an autoscaler recorded it.
//!
//! The status of CPU states no cost of a request, because it does not state how many requests there were.

use super::super::source::{Origin, SourceId};
use super::super::tree::{Node, Table, Value};
use super::super::values::memory_bytes;
use super::application::application_first;
use super::{Object, yaml};

/// Where autoscaling/v1 keeps the metrics that it has no fields for (`MetricStatusesAnnotation` in
/// `pkg/apis/autoscaling/annotations.go`).
const STATUS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/current-metrics";

/// `[workload]` with the recorded memory as `memory_base`; `None` if the status has no memory that fits the application.
///
/// The mean of a container of the application comes before that of whole pods. A mean of whole pods counts as the application's, because
/// only the application has memory in a simulation. A mean of the application's limit or more would mean pods that never run.
pub(super) fn workload(hpa: &Object, workload: &Object) -> Option<Node> {
    let application = *application_first(workload).first()?;
    let name = application.get("name").and_then(Node::text);
    let recorded = recorded_metrics(hpa);
    let of_application = recorded.iter().find_map(|(metric, origin)| {
        let body = metric.get("containerResource")?;
        let is_it = body.get("container").and_then(Node::text) == name;
        average_memory(body).filter(|_| is_it).zip(Some(*origin))
    });
    let of_pod = || {
        recorded
            .iter()
            .find_map(|(metric, origin)| average_memory(metric.get("resource")?).zip(Some(*origin)))
    };
    let (bytes, origin) = of_application.or_else(of_pod)?;
    let limit = application.at(&["resources", "limits", "memory"]);
    let limit = limit.and_then(|limit| memory_bytes(&limit.value).ok());
    if limit.is_some_and(|limit| bytes >= limit) {
        return None;
    }
    let mut table = Table::default();
    let text = Value::Text(format!("{}Ki", bytes.div_ceil(1 << 10)));
    table.put("memory_base", Node::new(text, origin));
    Some(Node::new(Value::Table(table), origin))
}

/// The metrics of the status, each with its place: of autoscaling/v2, or of the annotation of autoscaling/v1.
fn recorded_metrics(hpa: &Object) -> Vec<(Node, Origin)> {
    if let Some(metrics) = hpa.tree.at(&["status", "currentMetrics"]) {
        let metrics = metrics.items().iter();
        return metrics.map(|it| (it.clone(), it.origin)).collect();
    }
    let annotation = hpa.tree.at(&["metadata", "annotations", STATUS_ANNOTATION]);
    let Some((text, origin)) = annotation.and_then(|it| Some((it.text()?, it.origin))) else {
        return Vec::new();
    };
    in_json(text, origin.source)
        .into_iter()
        .map(|metric| (metric, origin))
        .collect()
}

/// The items of a JSON array; empty if the text is none. Their places are within the text alone.
fn in_json(text: &str, source: SourceId) -> Vec<Node> {
    let documents = yaml::parse_documents(text, source);
    match documents.list.into_iter().next().map(|node| node.value) {
        Some(Value::Array(items)) if documents.faults.is_empty() => items,
        _ => Vec::new(),
    }
}

/// The mean memory over the pods in bytes, in the words of v2 or of v1 and v2beta1.
fn average_memory(body: &Node) -> Option<u64> {
    if body.get("name").and_then(Node::text) != Some("memory") {
        return None;
    }
    let average = body
        .at(&["current", "averageValue"])
        .or_else(|| body.get("currentAverageValue"))?;
    memory_bytes(&average.value).ok().filter(|bytes| *bytes > 0)
}
