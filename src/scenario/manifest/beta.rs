//! Metrics of autoscaling/v2beta1, which Kubernetes 1.25 removed, converted to autoscaling/v2.
//!
//! The reader of autoscaling/v2 checks the values.

use super::super::source::Origin;
use super::super::tree::{Entry, Node, Table, Value};

/// Converts a metric of v2beta1 to v2; keys of neither version stay, and the reader refuses them.
pub(super) fn to_version_two(metric: &mut Node) {
    let Value::Table(metric) = &mut metric.value else {
        return;
    };
    for kind in [
        "resource",
        "containerResource",
        "pods",
        "object",
        "external",
    ] {
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
    if kind == "object" {
        rename(body, "target", "describedObject");
    }
    if let Some(name) = body.remove("metricName") {
        let mut metric = Table::default();
        metric.insert(renamed(name, "name"));
        let selector = body
            .remove("metricSelector")
            .or_else(|| body.remove("selector"));
        if let Some(selector) = selector {
            metric.insert(renamed(selector, "selector"));
        }
        body.put("metric", Node::new(Value::Table(metric), origin));
    }
    let targets = [
        (
            "targetAverageUtilization",
            "averageUtilization",
            "Utilization",
        ),
        ("targetAverageValue", "averageValue", "AverageValue"),
        ("averageValue", "averageValue", "AverageValue"),
        ("targetValue", "value", "Value"),
    ];
    for (theirs, key, target_type) in targets {
        let Some(value) = body.remove(theirs) else {
            continue;
        };
        let mut target = Table::default();
        target.insert(Entry {
            key: "type".to_owned(),
            key_origin: value.key_origin,
            node: Node::new(Value::Text(target_type.to_owned()), value.node.origin),
        });
        target.insert(renamed(value, key));
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
