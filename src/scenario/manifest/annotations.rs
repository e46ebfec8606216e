//! The annotations in which autoscaling/v1 carries what it has no fields for.
//!
//! Source: `pkg/apis/autoscaling/annotations.go`, and `Convert_v1_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler` in
//! `pkg/apis/autoscaling/v1/conversion.go`. It reads metrics as autoscaling/v2beta1 and the behavior as the internal type, whose keys
//! begin with a capital. Go's JSON reader ignores the case of keys. An annotation that cannot be read is dropped without a word.

use super::super::diagnostic::{Code, Diagnostic};
use super::super::source::{Origin, Sources};
use super::super::tree::{Entry, Node, Table, Value};
use super::{Object, yaml};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// The keys in the content, in the case of autoscaling/v2 and v2beta1.
#[rustfmt::skip]
const KEYS: [&str; 33] = [
    "type", "resource", "containerResource", "pods", "object", "external", "name", "container", "targetAverageUtilization",
    "targetAverageValue", "averageValue", "targetValue", "metricName", "metricSelector", "selector", "target", "apiVersion", "kind",
    "matchLabels", "matchExpressions", "key", "operator", "values", "scaleUp", "scaleDown", "stabilizationWindowSeconds",
    "selectPolicy", "policies", "tolerance", "value", "periodSeconds", "metric", "describedObject",
];

/// What the annotations of an autoscaler carry.
#[derive(Default)]
pub(super) struct Carried {
    /// The list of metrics, in the form of autoscaling/v2beta1.
    pub(super) metrics: Option<Node>,
    /// The behavior, in the form of autoscaling/v2.
    pub(super) behavior: Option<Node>,
    /// The annotations that are there, with their places.
    pub(super) places: Vec<(&'static str, Origin)>,
    /// Annotations that the API server drops, because it cannot read them.
    pub(super) faults: Vec<Diagnostic>,
}

/// Reads the annotations of `hpa`.
pub(super) fn read(hpa: &Object, sources: &Sources) -> Carried {
    let mut carried = Carried::default();
    for name in [METRICS, BEHAVIOR] {
        let Some(node) = hpa.tree.at(&["metadata", "annotations", name]) else {
            continue;
        };
        carried.places.push((name, node.origin));
        let content = node.text().and_then(|text| in_json(text, node.origin));
        let is_right = |content: &Node| match name {
            METRICS => matches!(content.value, Value::Array(_)),
            _ => matches!(content.value, Value::Table(_)),
        };
        match content.filter(is_right) {
            Some(content) if name == METRICS => {
                // An empty list counts as no list.
                carried.metrics = Some(content).filter(|content| !content.items().is_empty());
            }
            Some(content) => carried.behavior = Some(content),
            None => carried.faults.push(Diagnostic::at(
                sources,
                Code::NoEffect,
                node.origin,
                format!("the annotation `{name}` has no effect: its content is not the JSON that the API server reads, and it says nothing"),
                "write `apiVersion: autoscaling/v2` with `metrics` and `behavior` in `spec`",
            )),
        }
    }
    carried
}

/// The JSON in `text`, every part of it at `origin`.
fn in_json(text: &str, origin: Origin) -> Option<Node> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let documents = yaml::parse_documents(text, origin.source);
    let node = documents.list.into_iter().next()?;
    documents.faults.is_empty().then(|| placed(node, origin))
}

/// `node` at `origin`, with its keys in their usual case.
fn placed(node: Node, origin: Origin) -> Node {
    let value = match node.value {
        Value::Table(table) => {
            let entries = table.into_entries().into_iter();
            let entries = entries.filter(|entry| entry.node.value != Value::Null);
            let is_label = |entry: &Entry| entry.key == "matchLabels";
            let place = |entry: Entry| {
                let node = match is_label(&entry) {
                    true => placed_labels(entry.node, origin),
                    false => placed(entry.node, origin),
                };
                Entry {
                    key: usual_case(&entry.key),
                    key_origin: origin,
                    node,
                }
            };
            Value::Table(Table::new(entries.map(place).collect()))
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|it| placed(it, origin)).collect())
        }
        other => other,
    };
    Node::new(value, origin)
}

/// Labels keep their case.
fn placed_labels(node: Node, origin: Origin) -> Node {
    let Value::Table(table) = node.value else {
        return Node::new(node.value, origin);
    };
    let place = |entry: Entry| Entry {
        key_origin: origin,
        node: Node::new(entry.node.value, origin),
        ..entry
    };
    let entries = table.into_entries().into_iter().map(place).collect();
    Node::new(Value::Table(Table::new(entries)), origin)
}

fn usual_case(key: &str) -> String {
    let known = KEYS.iter().find(|known| known.eq_ignore_ascii_case(key));
    known.map_or_else(|| key.to_owned(), |known| (*known).to_owned())
}
