//! Objects that act on the pods of an autoscaler's target: PodDisruptionBudget, VerticalPodAutoscaler, ScaledObject of KEDA.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, CaseReport, bounds};
use super::pod_selector::PodSelector;
use super::pods_text;
use super::selection::pod_labels;
use crate::hpa::spec::MetricSource;
use crate::scenario::Code;
use crate::scenario::manifest::Object;
use crate::scenario::survey::Subject;
use crate::scenario::tree::{Node, Value};

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    let objects = &case.survey.objects;
    let of_kind = |kind: &'static str| objects.iter().filter(move |it| it.kind == kind);
    let namespace = case.namespace();
    let mut scaled: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
    for object in objects {
        if let Some(target) = object.scaled_target(namespace) {
            scaled.entry(target).or_default().push(object);
        }
    }
    let mut scaled_here = BTreeSet::new();
    for subject in &case.survey.subjects {
        if let Some((target, by)) =
            title_of_target(subject, namespace).and_then(|target| scaled.get_key_value(&target))
        {
            scaled_here.insert(target.clone());
            for object in by {
                one_scaler_of_the_target(case, subject, target, object);
            }
        }
        let Some(workload) = &subject.workload else {
            continue;
        };
        for budget in of_kind("PodDisruptionBudget") {
            a_pod_may_go(case, subject, workload, budget);
        }
        for vertical in of_kind("VerticalPodAutoscaler") {
            requests_stay(case, subject, workload, vertical);
        }
    }
    for (target, by) in scaled.iter().filter(|(it, _)| !scaled_here.contains(*it)) {
        for object in by {
            its_pods_are_elsewhere(case, target, object);
        }
    }
}

/// The title of the workload that an autoscaler scales, or of a workload without an autoscaler.
fn title_of_target(subject: &Subject, namespace: &str) -> Option<String> {
    match (&subject.target, &subject.workload) {
        (Some(target), _) => Some(target.wanted.clone()),
        (None, workload) => Some(workload.as_ref()?.title(namespace)),
    }
}

/// The share of `pods` that a number or a percentage of a budget means; percentages round up
/// (`GetScaledValueFromIntOrPercent` in `pkg/controller/disruption/disruption.go`).
fn amount(node: &Node, pods: i64) -> Option<i64> {
    match &node.value {
        Value::Integer(number) => Some(*number),
        Value::Text(text) => {
            let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
            let share = percent.saturating_mul(pods);
            Some(share / 100 + i64::from(share % 100 > 0))
        }
        _ => None,
    }
}

/// A budget that allows no disruption at `minReplicas` blocks every drain of a node ("Specifying a Disruption Budget").
fn a_pod_may_go(case: &mut Case<'_>, subject: &Subject, workload: &Object, budget: &Object) {
    let (Some((min, _)), Some(selector)) = (bounds(subject), budget.tree.at(&["spec", "selector"]))
    else {
        return;
    };
    let namespace = case.namespace();
    if budget.namespace_or(namespace) != workload.namespace_or(namespace)
        || !PodSelector::of(selector).matches(pod_labels(workload))
    {
        return;
    }
    let pods = i64::from(min);
    let stated = |key: &str| budget.tree.at(&["spec", key]);
    let (node, allowed) = match (stated("minAvailable"), stated("maxUnavailable")) {
        (Some(node), _) => (node, amount(node, pods).map(|kept| pods - kept)),
        (None, Some(node)) => (node, amount(node, pods)),
        (None, None) => return,
    };
    if allowed.is_none_or(|allowed| allowed > 0) || pods == 0 {
        return;
    }
    case.report(CaseReport {
        code: Code::BudgetBlocksDrain,
        origin: node.origin,
        object: budget.title(namespace),
        message: format!(
            "at `minReplicas` ({}) the budget allows no eviction",
            pods_text(min)
        ),
        why: "`kubectl drain`, an upgrade of the nodes and a cluster autoscaler wait until the load has raised the number of pods; the autoscaler itself does not obey the budget".to_owned(),
        help: "write `maxUnavailable: 1`, or raise `minReplicas`".to_owned(),
    });
}

/// "Horizontal Pod Autoscaler should not be used with VPA on the same resource metric (CPU or memory)": README of the
/// VerticalPodAutoscaler, "Known limitations".
fn requests_stay(case: &mut Case<'_>, subject: &Subject, workload: &Object, vertical: &Object) {
    let part = |path: &[&str]| vertical.tree.at(path).and_then(Node::text);
    let namespace = case.namespace();
    let is_of_it = part(&["spec", "targetRef", "name"]) == Some(&workload.name)
        && part(&["spec", "targetRef", "kind"]) == Some(&workload.kind)
        && vertical.namespace_or(namespace) == workload.namespace_or(namespace);
    let is_off = part(&["spec", "updatePolicy", "updateMode"]) == Some("Off");
    let Some(autoscaler) = subject.autoscaler.as_ref().filter(|_| is_of_it && !is_off) else {
        return;
    };
    let resource = autoscaler
        .spec
        .metrics
        .iter()
        .find_map(|metric| match &metric.source {
            MetricSource::Resource { resource }
            | MetricSource::ContainerResource { resource, .. } => {
                Some(resource.as_str()).filter(|resource| controls(vertical, resource))
            }
            _ => None,
        });
    let Some(resource) = resource else {
        return;
    };
    case.report(CaseReport {
        code: Code::VerticalOnSameResource,
        origin: vertical.name_origin(),
        object: vertical.title(namespace),
        message: format!("it changes the {resource} requests of {}, by which {} measures {resource}", workload.title(namespace), subject.title),
        why: "both answer the same load: a raised request lowers the utilization, and the horizontal autoscaler removes the pods that were needed".to_owned(),
        help: format!("write `updateMode: \"Off\"`, let it control the other resource alone (`controlledResources`), or scale on another metric than {resource}"),
    });
}

/// Whether it changes the requests of this resource in some container.
fn controls(vertical: &Object, resource: &str) -> bool {
    let policies = vertical
        .tree
        .at(&["spec", "resourcePolicy", "containerPolicies"]);
    let policies = policies.map_or(&[][..], Node::items);
    let is_controlled = |policy: &Node| {
        let listed = policy.get("controlledResources");
        let is_off = policy.get("mode").and_then(Node::text) == Some("Off");
        !is_off
            && listed
                .is_none_or(|listed| listed.items().iter().any(|it| it.text() == Some(resource)))
    };
    policies.is_empty() || policies.iter().any(is_controlled)
}

/// A ScaledObject whose target the files do not hold.
fn its_pods_are_elsewhere(case: &mut Case<'_>, target: &str, scaled: &Object) {
    case.report(CaseReport {
        code: Code::ScaledByKeda,
        origin: scaled.name_origin(),
        object: scaled.title(case.namespace()),
        message: format!(
            "KEDA scales {target}, which is not among the files: hpasim checked nothing of it"
        ),
        why: keda_makes_an_autoscaler(scaled),
        help: format!(
            "check both: `kubectl get hpa/keda-hpa-{} deploy -o yaml | hpasim check -`",
            scaled.name
        ),
    });
}

fn keda_makes_an_autoscaler(scaled: &Object) -> String {
    format!(
        "KEDA makes the autoscaler `keda-hpa-{}` of this object, which is not in the files",
        scaled.name
    )
}

/// KEDA creates the autoscaler `keda-hpa-NAME` for a ScaledObject.
fn one_scaler_of_the_target(case: &mut Case<'_>, subject: &Subject, target: &str, scaled: &Object) {
    let namespace = case.namespace();
    if subject.target.is_none() {
        case.report(CaseReport {
            code: Code::ScaledByKeda,
            origin: scaled.name_origin(),
            object: scaled.title(namespace),
            message: format!("KEDA scales {target}: hpasim checked its pods, and not the triggers"),
            why: keda_makes_an_autoscaler(scaled),
            help: format!(
                "check that one too: `kubectl get hpa keda-hpa-{} -o yaml | hpasim check -`",
                scaled.name
            ),
        });
        return;
    }
    if scaled.takes_over_the_autoscaler() {
        return;
    }
    case.report(CaseReport {
        code: Code::TwoAutoscalers,
        origin: scaled.name_origin(),
        object: scaled.title(namespace),
        message: format!("two autoscalers scale {target}: {} and that of this ScaledObject", subject.title),
        why: format!("KEDA makes the autoscaler `keda-hpa-{}` of it: since Kubernetes 1.26 both fail with AmbiguousSelector and never scale", scaled.name),
        help: "delete the HorizontalPodAutoscaler, and write its metrics as triggers".to_owned(),
    });
}
