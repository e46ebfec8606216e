//! The target of an autoscaler, other autoscalers of that target, and `replicas` in its manifest.
//!
//! Only the files count. The cluster may hold more objects.

use std::collections::BTreeMap;

use super::case::{Case, CaseReport, bounds, place_of, written};
use super::growth::{Rates, Syncs, Way, Window};
use super::{pods_text, syncs_text};
use crate::scenario::Code;
use crate::scenario::manifest::{Object, ReferenceFault, TargetReference};
use crate::scenario::survey::{Knowledge, Subject, TargetCoverage};
use crate::scenario::tree::Value;

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    for subject in &case.survey.subjects {
        target_is_there(case, subject);
        replicas_are_left_alone(case, subject);
        bounds_leave_a_choice(case, subject);
    }
    one_autoscaler_a_target(case);
    for object in &case.survey.objects {
        target_can_be_scaled(case, object);
    }
}

/// The group of the reference has the kind, and the kind has the subresource `scale`.
fn target_can_be_scaled(case: &mut Case<'_>, object: &Object) {
    if !object.is_autoscaler() {
        return;
    }
    let reference = TargetReference::of(object);
    let kind = reference.kind;
    let Some(fault) = reference.fault() else {
        return;
    };
    let (code, message, why, help) = match fault {
        ReferenceFault::Group {
            what,
            is_refused,
            right,
        } => {
            let fails = "each sync fails with FailedGetScale: no matches for kind";
            (
                Code::TargetWithoutGroup,
                format!("the autoscaler never scales: its `scaleTargetRef` {what}"),
                match is_refused {
                    true => format!(
                        "since Kubernetes 1.34 the API server refuses it; in older releases {fails} \"{kind}\""
                    ),
                    false => format!("{fails} \"{kind}\" in group \"{}\"", reference.group()),
                },
                match right {
                    Some(right) => format!("write `apiVersion: {right}`"),
                    None => "write the `apiVersion` of the target, as `apps/v1` for a Deployment, and check its kind".to_owned(),
                },
            )
        }
        ReferenceFault::NoScale => (
            Code::TargetNotScalable,
            format!("the autoscaler never scales: a {kind} has no number of replicas to scale"),
            format!("a {kind} has no subresource `scale`, so each sync fails with FailedGetScale"),
            "scale a Deployment or a StatefulSet, or delete the autoscaler".to_owned(),
        ),
        ReferenceFault::DeadVersion { right } => (
            Code::TargetVersionGone,
            format!("no cluster serves the `apiVersion` {} of the target", reference.api_version),
            "the controller looks at the group alone, so it scales; other programs that read the reference fail".to_owned(),
            format!("write `apiVersion: {right}`"),
        ),
    };
    case.report(CaseReport {
        code,
        origin: reference.version_origin,
        object: object.title(case.namespace()),
        message,
        why,
        help,
    });
}

/// `scaleTargetRef` has no namespace: the controller looks for the target in the autoscaler's namespace, and otherwise fails with
/// `FailedGetScale` (autoscaling/v2 `CrossVersionObjectReference`).
fn target_is_there(case: &mut Case<'_>, subject: &Subject) {
    let Some(target) = &subject.target else {
        return;
    };
    let wanted = &target.wanted;
    let report = match &target.found {
        TargetCoverage::Here | TargetCoverage::Unnamed => return,
        TargetCoverage::WithoutTemplate => CaseReport {
            code: Code::TargetNotInFiles,
            origin: target.origin,
            object: subject.title.clone(),
            message: format!("{wanted} is here, but without a pod template"),
            why: "hpasim does not know which pods this kind makes, so it did not check requests, limits, probes and the time to full scale".to_owned(),
            help: "check the pods as a Deployment or a policy, if they matter".to_owned(),
        },
        TargetCoverage::Elsewhere(other) => CaseReport {
            code: Code::ScaleTargetElsewhere,
            origin: target.origin,
            object: subject.title.clone(),
            message: format!("the autoscaler never scales: its target is {wanted}, and the files hold {other}"),
            why: format!(
                "the controller finds only an object of the same namespace, group and kind; each sync fails with FailedGetScale, and the workload keeps {} whatever the load",
                pods_text(subject.deployment.replicas.0)
            ),
            help: format!("give both the same namespace, group and kind: those of {other}"),
        },
        TargetCoverage::Missing(others) if others.is_empty() => CaseReport {
            code: Code::TargetNotInFiles,
            origin: target.origin,
            object: subject.title.clone(),
            message: format!("{wanted} is not among the files"),
            why: "hpasim did not check requests, limits, probes and the time to full scale, because these depend on the target's containers".to_owned(),
            help: "name its file too: `hpasim check hpa.yaml deployment.yaml`".to_owned(),
        },
        TargetCoverage::Missing(others) => CaseReport {
            code: Code::NoScaleTarget,
            origin: target.origin,
            object: subject.title.clone(),
            message: format!("the autoscaler scales {wanted}, which is not in the files"),
            why: "without its target each sync fails with FailedGetScale, and the autoscaler never scales".to_owned(),
            help: format!("correct `scaleTargetRef`, or add the object; the files hold: {others}"),
        },
    };
    case.report(report);
}

/// "Migrating Deployments and StatefulSets to horizontal autoscaling" in the documentation of the
/// HorizontalPodAutoscaler: an apply writes `spec.replicas` whenever the manifest has it.
fn replicas_are_left_alone(case: &mut Case<'_>, subject: &Subject) {
    if subject.knowledge != Knowledge::Manifest || written(subject, &["hpa"]).is_none() {
        return;
    }
    let Some(node) = written(subject, &["deployment", "replicas"]) else {
        return;
    };
    let Value::Integer(replicas) = node.value else {
        return;
    };
    if subject.workload.as_ref().is_some_and(is_live) {
        return;
    }
    let left = pods_text(subject.deployment.replicas.0);
    let why = match (replicas, bounds(subject)) {
        (0, _) => {
            "an autoscaler of a Deployment at 0 is switched off until somebody scales it by hand"
                .to_owned()
        }
        (_, None) => format!("an apply under load leaves {left}"),
        (_, Some((_, max))) => {
            let way_back = way_back(subject).unwrap_or_default();
            format!(
                "at {} under load an apply leaves {left}{way_back}",
                pods_text(max)
            )
        }
    };
    case.report(CaseReport {
        code: Code::FixedReplicas,
        origin: node.origin,
        object: subject.title.clone(),
        message: format!("`replicas: {replicas}` beside an autoscaler: every `kubectl apply` resets it"),
        why,
        help: "delete the line; before the next apply take it out of the last applied state with `kubectl apply edit-last-applied`".to_owned(),
    });
}

/// How long the autoscaler needs after an apply from `replicas` to `maxReplicas`; `None` if it has an error, or if it needs no time.
fn way_back(subject: &Subject) -> Option<String> {
    let autoscaler = subject.autoscaler.as_ref()?;
    let spec = &autoscaler.spec;
    let replicas = subject.deployment.replicas;
    let back = Way {
        from: replicas
            .max(spec.min_replicas)
            .min(spec.max_replicas)
            .0
            .max(1),
        to: spec.max_replicas.0,
        rates: Rates::up(spec),
        window: Window::up(spec),
        sync_period: autoscaler.sync_period,
    };
    let Syncs::Count(syncs @ 1..) = back.syncs_up(|_| spec.max_replicas.0) else {
        return None;
    };
    Some(format!(
        ", and the way back takes {} or more ({})",
        syncs_text(syncs),
        autoscaler.sync_period * i64::from(syncs)
    ))
}

/// Whether the API server wrote the object, as `kubectl get -o yaml` prints it. Such an object always has `replicas`.
fn is_live(object: &Object) -> bool {
    let metadata = object.tree.get("metadata");
    let is_written = |key: &str| metadata.is_some_and(|metadata| metadata.get(key).is_some());
    // Generators of manifests write `status: {}`.
    let status = object.tree.get("status");
    status.is_some_and(|status| !status.entries().is_empty())
        || [
            "uid",
            "resourceVersion",
            "managedFields",
            "creationTimestamp",
        ]
        .into_iter()
        .any(is_written)
}

/// `minReplicas` defaults to 1 (`SetDefaults_HorizontalPodAutoscaler`).
fn bounds_leave_a_choice(case: &mut Case<'_>, subject: &Subject) {
    let Some((min, count)) = bounds(subject) else {
        return;
    };
    if min != count {
        return;
    }
    case.report(CaseReport {
        code: Code::MinIsMax,
        origin: place_of(subject, &["hpa", "maxReplicas"]),
        object: subject.title.clone(),
        message: format!(
            "the autoscaler cannot change the number of pods: `minReplicas` and `maxReplicas` are {count}"
        ),
        why: format!("the workload has {} whatever the load", pods_text(count)),
        help:
            "raise `maxReplicas`, or write `replicas` into the Deployment and delete the autoscaler"
                .to_owned(),
    });
}

/// Since Kubernetes 1.26 both fail with the condition `AmbiguousSelector` (kubernetes/kubernetes#112011). In earlier releases they
/// overwrite each other.
fn one_autoscaler_a_target(case: &mut Case<'_>) {
    let mut first: BTreeMap<&str, &Subject> = BTreeMap::new();
    for subject in &case.survey.subjects {
        let target = subject.target.as_ref();
        let Some(target) = target.filter(|it| it.found != TargetCoverage::Unnamed) else {
            continue;
        };
        let Some(other) = first.get(target.wanted.as_str()) else {
            first.insert(&target.wanted, subject);
            continue;
        };
        case.report(CaseReport {
            code: Code::TwoAutoscalers,
            origin: target.origin,
            object: subject.title.clone(),
            message: format!("two autoscalers scale {}: this one and {}", target.wanted, other.title),
            why: "since Kubernetes 1.26 both fail with AmbiguousSelector and never scale; in earlier releases they overwrite each other at every sync".to_owned(),
            help: "put the metrics of both into one autoscaler: the metric that asks for the most pods wins".to_owned(),
        });
    }
}
