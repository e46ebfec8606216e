//! A manifest's autoscaler and its target, as the keys of a policy.
//!
//! The values move to the policy's keys with their places. The policy's reader checks them, as it does for TOML.
//!
//! Kubernetes has hundreds of fields without an effect on a simulation. Outside the autoscaler's `spec` they are ignored silently.

use super::super::source::{Origin, SourceId, Sources};
use super::super::tree::{Node, Table, Value};
use super::super::{Diagnostic, Diagnostics};
use super::admission::admit;
use super::api_version::autoscaler_spec;
use super::choice::choose;
use super::metrics_server::scrape_interval;
use super::recorded_memory::UnusableMemory;
use super::{KeyNote, ManifestChoice, Object, Objects, application, recorded_memory};

/// The part of a policy that a manifest states.
pub(in super::super) struct PolicyPart {
    /// `hpa`, `deployment` and `pod`; `metrics` of a metrics-server; `workload` of an autoscaler's status.
    pub(in super::super) table: Table,
    /// The name of the autoscaler.
    pub(in super::super) identity: Option<HpaIdentity>,
    /// Faults and warnings for the user.
    pub(in super::super) faults: Vec<Diagnostic>,
    /// Warnings about single keys.
    pub(in super::super) notes: Vec<KeyNote>,
    /// Why the memory in the autoscaler's status is not in `table`; `None` if it is, or if there is no status.
    pub(in super::super) unusable_memory: Option<UnusableMemory>,
}

/// `metadata` of an autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct HpaIdentity {
    /// `name`.
    pub(in super::super) name: String,
    /// `namespace`, if it is stated.
    pub(in super::super) namespace: Option<String>,
}

/// The policy in the objects.
///
/// # Errors
/// The objects have no autoscaler or no target, or several.
pub(in super::super) fn policy_part(
    mut objects: Objects,
    choice: &ManifestChoice,
    sources: &Sources,
    source: SourceId,
) -> Result<PolicyPart, Diagnostics> {
    admit(&mut objects.list, choice.namespace());
    let objects = &objects;
    let chosen = choose(objects, choice, sources, source).map_err(Diagnostics::one)?;
    let interval = scrape_interval(objects, chosen.workload, sources);
    let mut faults = chosen.warnings;
    let spec = chosen.hpa.map(|hpa| {
        let read = autoscaler_spec(hpa, sources);
        faults.extend(read.faults);
        read.spec
    });
    let mut table = policy_table(spec, Some(chosen.workload), choice);
    table.put_some("metrics", interval.metrics.clone());
    let of_status = chosen.hpa.map_or(Ok(None), |hpa| {
        recorded_memory::workload(hpa, chosen.workload)
    });
    let unusable_memory = of_status.as_ref().err().copied();
    table.put_some("workload", of_status.ok().flatten());
    let notes = interval.into_notes();
    Ok(PolicyPart {
        table,
        identity: chosen.hpa.map(|hpa| HpaIdentity {
            name: hpa.name.clone(),
            namespace: hpa.namespace.clone().or_else(|| choice.namespace.clone()),
        }),
        faults,
        notes: notes
            .chain(application::note(chosen.workload, sources))
            .collect(),
        unusable_memory,
    })
}

/// The keys of a policy for the `spec` of an autoscaler and a workload.
pub(in super::super) fn policy_table(
    spec: Option<Node>,
    workload: Option<&Object>,
    choice: &ManifestChoice,
) -> Table {
    let mut table = Table::default();
    table.put_some("hpa", spec);
    if let Some(workload) = workload {
        table.put("deployment", deployment(workload, choice));
        table.put("pod", pod(workload));
    }
    table
}

fn table_at(table: Table, origin: Origin) -> Node {
    Node::new(Value::Table(table), origin)
}

fn deployment(workload: &Object, choice: &ManifestChoice) -> Node {
    let mut table = Table::default();
    let origin = workload.tree.origin;
    let name = Value::Text(workload.name.clone());
    table.put("name", Node::new(name, workload.name_origin()));
    let namespace = Value::Text(workload.namespace_or(choice.namespace()).to_owned());
    let namespace_origin = workload
        .tree
        .at(&["metadata", "namespace"])
        .map_or_else(|| workload.name_origin(), |node| node.origin);
    table.put("namespace", Node::new(namespace, namespace_origin));
    table.put_some("replicas", workload.tree.at(&["spec", "replicas"]).cloned());
    table.put("containers", containers(workload));
    table_at(table, origin)
}

/// The containers, the application first, then the init containers that run as long as the pod.
fn containers(workload: &Object) -> Node {
    let regular = workload.in_template(&["containers"]);
    let mut list: Vec<Node> = application::application_first(workload)
        .into_iter()
        .map(container)
        .collect();
    let init = workload.in_template(&["initContainers"]);
    let restartable = init
        .map_or(&[][..], Node::items)
        .iter()
        .filter(|it| it.get("restartPolicy").and_then(Node::text) == Some("Always"));
    for init in restartable {
        let mut node = container(init);
        if let Value::Table(table) = &mut node.value {
            let yes = Node::new(Value::Boolean(true), init.origin);
            table.put("restartable_init", yes);
        }
        list.push(node);
    }
    let origin = regular.map_or_else(|| workload.name_origin(), |node| node.origin);
    Node::new(Value::Array(list), origin)
}

/// A container with the keys of a policy. A value that is not a table stays as it is, and the reader refuses it.
fn container(node: &Node) -> Node {
    if !matches!(node.value, Value::Table(_)) {
        return node.clone();
    }
    let mut table = Table::default();
    for key in ["name", "image"] {
        table.put_some(key, node.get(key).cloned());
    }
    let ports: Vec<Node> = node
        .get("ports")
        .map_or(&[][..], Node::items)
        .iter()
        .filter_map(|port| port.get("containerPort").cloned())
        .collect();
    if let (Some(written), false) = (node.get("ports"), ports.is_empty()) {
        let ports = Node::new(Value::Array(ports), written.origin);
        table.put("ports", ports);
    }
    table.put_some("resources", node.get("resources").map(resources));
    table_at(table, node.origin)
}

/// Requests and limits of CPU and memory. hpasim does not simulate storage, devices and claims.
fn resources(node: &Node) -> Node {
    if !matches!(node.value, Value::Table(_)) {
        return node.clone();
    }
    let mut table = Table::default();
    for part in ["requests", "limits"] {
        let Some(written) = node.get(part) else {
            continue;
        };
        let mut kept = Table::default();
        for resource in ["cpu", "memory"] {
            kept.put_some(resource, written.get(resource).cloned());
        }
        let kept = match written.value {
            Value::Table(_) => table_at(kept, written.origin),
            _ => written.clone(),
        };
        table.put(part, kept);
    }
    table_at(table, node.origin)
}

fn pod(workload: &Object) -> Node {
    let mut table = Table::default();
    let application = application::application_first(workload).first().copied();
    let probe_of = |key: &str| application?.get(key).map(probe);
    table.put_some("readiness", probe_of("readinessProbe"));
    let startup = probe_of("startupProbe").map(|mut node| {
        if let Value::Table(table) = &mut node.value {
            // The API server allows only 1 here.
            table.remove("success_threshold");
        }
        node
    });
    table.put_some("startup", startup);
    let grace = workload.in_template(&["terminationGracePeriodSeconds"]);
    table.put_some("grace_period", grace.map(seconds));
    table.put_some("pre_stop", longest_pre_stop(workload));
    table.put_some(
        "resources",
        workload.in_template(&["resources"]).map(resources),
    );
    table_at(table, workload.tree.origin)
}

/// A probe's times and thresholds. Except for the delay, the API server treats 0 as not stated.
fn probe(node: &Node) -> Node {
    if !matches!(node.value, Value::Table(_)) {
        return node.clone();
    }
    let mut table = Table::default();
    let stated = |key: &str| node.get(key).filter(|node| node.value != Value::Integer(0));
    table.put_some(
        "initial_delay",
        node.get("initialDelaySeconds").map(seconds),
    );
    table.put_some("period", stated("periodSeconds").map(seconds));
    for (key, theirs) in [
        ("success_threshold", "successThreshold"),
        ("failure_threshold", "failureThreshold"),
    ] {
        table.put_some(key, stated(theirs).cloned());
    }
    table_at(table, node.origin)
}

/// Whole seconds as a duration. Another value stays as it is, and the reader refuses it.
fn seconds(node: &Node) -> Node {
    let value = match &node.value {
        Value::Integer(seconds) => Value::Text(format!("{seconds}s")),
        other => other.clone(),
    };
    Node::new(value, node.origin)
}

/// The end of a pod waits for the longest hook of its containers.
fn longest_pre_stop(workload: &Object) -> Option<Node> {
    let containers = workload.in_template(&["containers"])?.items();
    containers
        .iter()
        .filter_map(|container| {
            let hook = container.at(&["lifecycle", "preStop"])?;
            let slept = hook.at(&["sleep", "seconds"]).cloned();
            slept.or_else(|| slept_by_command(hook.at(&["exec", "command"])?))
        })
        .max_by_key(|node| match node.value {
            Value::Integer(seconds) => seconds,
            _ => i64::MAX,
        })
        .map(|node| seconds(&node))
}

/// The duration of `sleep N`, alone or in a shell. The duration of other commands is unknown.
fn slept_by_command(command: &Node) -> Option<Node> {
    let words: Vec<String> = command
        .items()
        .iter()
        .map(|word| match &word.value {
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            _ => String::new(),
        })
        .collect();
    let line = words.join(" ");
    let mut words = line.split_whitespace().peekable();
    let is_shell = |word: &str| ["sh", "bash", "ash"].contains(&base_name(word));
    if words.next_if(|word| is_shell(word)).is_some() && words.next() != Some("-c") {
        return None;
    }
    if base_name(words.next()?) != "sleep" {
        return None;
    }
    let amount = words.next()?;
    let seconds: i64 = amount.strip_suffix('s').unwrap_or(amount).parse().ok()?;
    if words.next().is_some() {
        return None;
    }
    Some(Node::new(Value::Integer(seconds), command.origin))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
