//! Pods of other workloads that the selector of an autoscaler's target selects too.
//!
//! The controller lists the pods by the selector in the target's subresource `scale` (`replica_calculator.go`); it does not look at
//! owners.

use std::collections::BTreeSet;

use super::case::{Case, CaseReport};
use super::pod_selector::PodSelector;
use super::selection::pod_labels;
use crate::hpa::spec::{MetricSource, MetricTarget};
use crate::scenario::Code;
use crate::scenario::manifest::Object;
use crate::scenario::survey::{Subject, TargetCoverage};
use crate::scenario::tree::{Node, Value};

/// The most pairs of an autoscaler and an object that are compared.
const PAIRS_MAX: usize = 4_000_000;

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    let namespace = case.namespace();
    let survey = case.survey;
    let with_pods: Vec<&Object> = survey
        .objects
        .iter()
        .filter(|it| pod_spec(it).is_some() && makes_pods(it))
        .collect();
    let scaled: Vec<(&Subject, &Object)> = survey
        .subjects
        .iter()
        .filter(|subject| is_here(subject))
        .filter_map(|subject| Some((subject, subject.workload.as_ref()?)))
        .filter(|(_, target)| !PodSelector::of_workload(target).is_empty())
        .collect();
    if scaled.len().saturating_mul(with_pods.len()) > PAIRS_MAX {
        return;
    }
    // The first autoscaler of each object with pods.
    let mut claimed: Vec<Option<&Subject>> = vec![None; with_pods.len()];
    let mut ambiguous: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (subject, target) in scaled {
        let selector = PodSelector::of_workload(target);
        for (index, other) in with_pods.iter().enumerate() {
            if other.namespace_or(namespace) != target.namespace_or(namespace)
                || !selector.matches(pod_labels(other))
            {
                continue;
            }
            let is_target = is_same(other, target);
            match claimed[index] {
                None => claimed[index] = Some(subject),
                Some(first) if wanted(first) != wanted(subject) => {
                    if ambiguous.insert((&first.title, &subject.title)) {
                        selectors_are_ambiguous(case, subject, first, target, other);
                    }
                }
                Some(_) => {}
            }
            if !is_target {
                others_are_counted(case, subject, target, other);
            }
        }
    }
}

fn is_here(subject: &Subject) -> bool {
    let found = subject.target.as_ref().map(|target| &target.found);
    found == Some(&TargetCoverage::Here)
}

fn wanted(subject: &Subject) -> Option<&str> {
    subject.target.as_ref().map(|target| target.wanted.as_str())
}

fn is_same(one: &Object, other: &Object) -> bool {
    one.kind == other.kind && one.name == other.name && one.group() == other.group()
}

/// Whether the object has pods of its own: no template that another workload uses, no replicas of another owner, not 0 replicas.
fn makes_pods(object: &Object) -> bool {
    let replicas = object.tree.at(&["spec", "replicas"]);
    !object.admission.lends_template
        && !object.is_owned()
        && replicas.is_none_or(|node| node.value != Value::Integer(0))
}

/// The spec of an object's pods.
fn pod_spec(object: &Object) -> Option<&Node> {
    match object.kind.as_str() {
        "Pod" => object.tree.get("spec"),
        "CronJob" => object
            .tree
            .at(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => object.tree.at(&["spec", "template", "spec"]),
    }
}

/// Whether the pods end by themselves.
fn ends(object: &Object) -> bool {
    ["Pod", "Job", "CronJob"].contains(&object.kind.as_str())
}

/// Since Kubernetes 1.26 (kubernetes/kubernetes#112011): `pods by selector are controlled by multiple HPAs`.
fn selectors_are_ambiguous(
    case: &mut Case<'_>,
    subject: &Subject,
    first: &Subject,
    target: &Object,
    shared: &Object,
) {
    case.report(CaseReport {
        code: Code::SelectorsAmbiguous,
        origin: subject.origin,
        object: subject.title.clone(),
        message: format!(
            "two autoscalers select the pods of {}: this one and {}",
            shared.title(case.namespace()),
            first.title
        ),
        why: "since Kubernetes 1.26 both fail with AmbiguousSelector and never scale; in earlier releases each counts the pods of the other".to_owned(),
        help: format!(
            "give the selector of {} a label that only its own pods have",
            target.title(case.namespace())
        ),
    });
}

/// The metrics that read the pods of the selector. AverageValue of Object and External divides by `status.replicas` instead.
fn reads_pods(source: &MetricSource, target: MetricTarget) -> bool {
    match source {
        MetricSource::Resource { .. }
        | MetricSource::ContainerResource { .. }
        | MetricSource::Pods { .. } => true,
        MetricSource::Object { .. } | MetricSource::External { .. } => {
            matches!(target, MetricTarget::Value(_))
        }
    }
}

/// Why a utilization fails for pods of this spec: `requests no cpu`.
fn failure(source: &MetricSource, target: MetricTarget, spec: &Node) -> Option<String> {
    if !matches!(target, MetricTarget::Utilization(_)) {
        return None;
    }
    let states = |node: &Node, resource: &str| {
        // A limit without a request is the request.
        ["requests", "limits"]
            .iter()
            .any(|part| node.at(&["resources", part, resource]).is_some())
    };
    let containers = spec.get("containers").map_or(&[][..], Node::items);
    let name = |container: &Node| {
        container
            .get("name")
            .and_then(Node::text)
            .unwrap_or("?")
            .to_owned()
    };
    match source {
        MetricSource::Resource { resource } if !states(spec, resource) => {
            let silent = containers.iter().find(|it| !states(it, resource))?;
            Some(format!(
                "container `{}` requests no {resource}",
                name(silent)
            ))
        }
        MetricSource::ContainerResource {
            resource,
            container,
        } => match containers.iter().find(|it| name(it) == *container) {
            Some(found) if states(found, resource) => None,
            Some(_) => Some(format!("container `{container}` requests no {resource}")),
            None => Some(format!("there is no container `{container}`")),
        },
        _ => None,
    }
}

/// `calculatePodRequests` reads the requests of every selected pod, even of one that has ended; one without a request fails the metric.
fn others_are_counted(case: &mut Case<'_>, subject: &Subject, target: &Object, other: &Object) {
    let (Some(autoscaler), Some(spec)) = (&subject.autoscaler, pod_spec(other)) else {
        return;
    };
    let metrics = &autoscaler.spec.metrics;
    if !metrics.iter().any(|it| reads_pods(&it.source, it.target)) {
        return;
    }
    let failed = metrics
        .iter()
        .find_map(|metric| failure(&metric.source, metric.target, spec));
    let others = other.title(case.namespace());
    let own = target.title(case.namespace());
    let selects = format!("the selector of {own} also selects the pods of {others}");
    let (code, message, why) = match (failed, ends(other)) {
        (Some(fault), is_temporary) => (
            Code::PodsOfOthers,
            format!("{selects}, which fail the metric: {fault}"),
            match is_temporary {
                true => "while such a pod exists, even after its end, the autoscaler does not scale: the controller adds up the requests of all selected pods".to_owned(),
                false => "the controller adds up the requests of all selected pods, so the autoscaler never scales up".to_owned(),
            },
        ),
        (None, false) => (
            Code::PodsOfOthers,
            format!("{selects}, and the autoscaler counts them as its own"),
            "usage and requests of both are one mean, and the result multiplies the number of all these pods: the target gets too many or too few".to_owned(),
        ),
        (None, true) => (
            Code::PodsOfOthersForATime,
            format!("{selects}, and the autoscaler counts them while they exist"),
            "usage and requests of both are one mean, and the result multiplies the number of all these pods".to_owned(),
        ),
    };
    case.report(CaseReport {
        code,
        origin: other.name_origin(),
        object: subject.title.clone(),
        message,
        why,
        help: format!("add a label to the selector and the template of {own} that the pods of {others} do not have"),
    });
}
