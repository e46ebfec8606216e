//! Metrics of autoscaling/v2beta1, which Kubernetes 1.25 removed and the annotations of autoscaling/v1 keep, as autoscaling/v2.
//!
//! The reader of autoscaling/v2 checks the values.

use super::super::source::Origin;
use super::super::tree::{Entry, Node, Table, Value};
use super::Object;

/// The keys of a metric that hold its body.
pub(super) const BODIES: [&str; 5] = [
    "resource",
    "containerResource",
    "pods",
    "object",
    "external",
];

/// A target of v2beta1: its key, its key in `target`, and `target.type`.
const TARGETS: [(&str, &str, &str); 4] = [
    (
        "targetAverageUtilization",
        "averageUtilization",
        "Utilization",
    ),
    ("targetAverageValue", "averageValue", "AverageValue"),
    ("averageValue", "averageValue", "AverageValue"),
    ("targetValue", "value", "Value"),
];

/// The name of a key of v2beta1 in v2.
pub(super) struct NewName {
    /// The path within the body.
    pub(super) path: &'static str,
    /// An example in YAML.
    pub(super) example: String,
}

/// The name in v2 of a key in the body of a metric, if it is a key of v2beta1 alone.
pub(super) fn name_in_version_two(kind: &str, entry: &Entry) -> Option<NewName> {
    let value = match &entry.node.value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        _ => "..".to_owned(),
    };
    let (path, example) = match entry.key.as_str() {
        "targetAverageUtilization" => (
            "target.averageUtilization",
            format!("target: {{type: Utilization, averageUtilization: {value}}}"),
        ),
        "targetAverageValue" | "averageValue" => (
            "target.averageValue",
            format!("target: {{type: AverageValue, averageValue: {value}}}"),
        ),
        "targetValue" => (
            "target.value",
            format!("target: {{type: Value, value: {value}}}"),
        ),
        "metricName" => ("metric.name", format!("metric: {{name: {value}}}")),
        "metricSelector" | "selector" => (
            "metric.selector",
            "metric: {name: NAME, selector: {matchLabels: {..}}}".to_owned(),
        ),
        "target" if is_described_object(kind, &entry.node) => (
            "describedObject",
            "describedObject: {apiVersion: .., kind: .., name: ..}".to_owned(),
        ),
        _ => return None,
    };
    Some(NewName { path, example })
}

/// What autoscaling/v2 writes instead of the keys of v2beta1 in the metrics of an autoscaler: each key once, with its YAML.
pub(crate) fn keys_renamed_in_version_two(autoscaler: &Object) -> Vec<(String, String)> {
    let metrics = autoscaler.tree.at(&["spec", "metrics"]);
    let mut renamed = Vec::new();
    for metric in metrics.map_or(&[][..], Node::items) {
        for kind in BODIES {
            let entries = metric.get(kind).map_or(&[][..], Node::entries);
            let pairs = entries.iter().filter_map(|entry| {
                let new = name_in_version_two(kind, entry)?;
                Some((entry.key.clone(), new.example))
            });
            for pair in pairs {
                if !renamed.contains(&pair) {
                    renamed.push(pair);
                }
            }
        }
    }
    renamed
}

/// Whether `target` is the object of v2beta1, not the target of v2.
fn is_described_object(kind: &str, target: &Node) -> bool {
    kind == "object" && target.get("type").is_none() && target.get("kind").is_some()
}

/// Converts a metric of v2beta1 to v2; a metric of v2 stays as it is, and the reader refuses keys of neither version.
pub(super) fn to_version_two(metric: &mut Node) {
    let Value::Table(metric) = &mut metric.value else {
        return;
    };
    for kind in BODIES {
        let Some(body) = metric.get_mut(kind) else {
            continue;
        };
        let origin = body.origin;
        if let Value::Table(body) = &mut body.value {
            move_body(kind, body, origin);
        }
    }
}

fn move_body(kind: &str, body: &mut Table, origin: Origin) {
    if body
        .get("target")
        .is_some_and(|target| is_described_object(kind, target))
    {
        rename(body, "target", "describedObject");
    }
    let selector = body
        .remove("metricSelector")
        .or_else(|| body.remove("selector"));
    if let Some(name) = body.remove("metricName") {
        let mut metric = Table::default();
        metric.insert(renamed(name, "name"));
        if let Some(selector) = selector {
            metric.insert(renamed(selector, "selector"));
        }
        body.put("metric", Node::new(Value::Table(metric), origin));
    }
    let mut target: Option<Table> = None;
    for (theirs, key, target_type) in TARGETS {
        let Some(value) = body.remove(theirs) else {
            continue;
        };
        let target = target.get_or_insert_with(|| {
            let mut target = Table::default();
            target.insert(Entry {
                key: "type".to_owned(),
                key_origin: value.key_origin,
                node: Node::new(Value::Text(target_type.to_owned()), value.node.origin),
            });
            target
        });
        target.insert(renamed(value, key));
    }
    let has_target = body.get("target").is_some();
    if let Some(target) = target.filter(|_| !has_target) {
        body.put("target", Node::new(Value::Table(target), origin));
    }
}

fn renamed(entry: Entry, key: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        ..entry
    }
}

fn rename(table: &mut Table, from: &str, to: &str) {
    if let Some(entry) = table.remove(from) {
        table.insert(renamed(entry, to));
    }
}
