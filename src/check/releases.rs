//! API versions that clusters no longer serve, and features that older releases lack.
//!
//! The tables hold what common manifests use, not the whole API.

use super::case::{Case, CaseReport, place_of, written};
use crate::hpa::rules::{Gate, Release};
use crate::hpa::spec::MetricSource;
use crate::scenario::Code;
use crate::scenario::manifest::{Object, keys_renamed_in_version_two};
use crate::scenario::survey::Subject;
use crate::scenario::tree::Node;

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    for object in &case.survey.objects {
        api_version_is_served(case, object);
    }
    for subject in &case.survey.subjects {
        autoscaler_is_understood(case, subject);
        pods_are_understood(case, subject);
    }
}

/// A removed version of an API.
struct Gone {
    kind: &'static str,
    api_version: &'static str,
    /// The first release that does not serve it.
    since: &'static str,
    now: &'static str,
}

/// <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>, "Removed APIs by release".
#[rustfmt::skip]
const GONE: [Gone; 14] = [
    gone("HorizontalPodAutoscaler", "autoscaling/v2beta1", "1.25", "autoscaling/v2"),
    gone("HorizontalPodAutoscaler", "autoscaling/v2beta2", "1.26", "autoscaling/v2"),
    gone("Deployment", "extensions/v1beta1", "1.16", "apps/v1"),
    gone("Deployment", "apps/v1beta1", "1.16", "apps/v1"),
    gone("Deployment", "apps/v1beta2", "1.16", "apps/v1"),
    gone("StatefulSet", "apps/v1beta1", "1.16", "apps/v1"),
    gone("StatefulSet", "apps/v1beta2", "1.16", "apps/v1"),
    gone("ReplicaSet", "extensions/v1beta1", "1.16", "apps/v1"),
    gone("ReplicaSet", "apps/v1beta2", "1.16", "apps/v1"),
    gone("DaemonSet", "extensions/v1beta1", "1.16", "apps/v1"),
    gone("Ingress", "extensions/v1beta1", "1.22", "networking.k8s.io/v1"),
    gone("Ingress", "networking.k8s.io/v1beta1", "1.22", "networking.k8s.io/v1"),
    gone("CronJob", "batch/v1beta1", "1.25", "batch/v1"),
    gone("PodDisruptionBudget", "policy/v1beta1", "1.25", "policy/v1"),
];

const fn gone(
    kind: &'static str,
    api_version: &'static str,
    since: &'static str,
    now: &'static str,
) -> Gone {
    Gone {
        kind,
        api_version,
        since,
        now,
    }
}

fn api_version_is_served(case: &mut Case<'_>, object: &Object) {
    let found = GONE
        .iter()
        .find(|gone| gone.kind == object.kind && gone.api_version == object.api_version);
    let Some(gone) = found else {
        return;
    };
    let origin = object.tree.get("apiVersion").map(|node| node.origin);
    case.report(CaseReport {
        code: Code::ApiVersionGone,
        origin: origin.unwrap_or(object.tree.origin),
        object: object.title(case.namespace()),
        message: format!(
            "no cluster since Kubernetes {} serves `{}`",
            gone.since, gone.api_version
        ),
        why: format!(
            "`kubectl apply` ends with: no matches for kind \"{}\" in version \"{}\"",
            gone.kind, gone.api_version
        ),
        help: help_to_move(gone, object),
    });
}

/// The version to write, and what else changes with it.
fn help_to_move(gone: &Gone, object: &Object) -> String {
    let version = format!("write `apiVersion: {}`", gone.now);
    match gone.api_version {
        "autoscaling/v2beta2" => format!("{version}; all keys stay as they are"),
        "autoscaling/v2beta1" => {
            let renamed = keys_renamed_in_version_two(object);
            renamed.into_iter().fold(version, |help, (key, example)| {
                format!("{help}, `{example}` instead of `{key}`")
            })
        }
        _ => format!(
            "{version}; the Kubernetes deprecated API migration guide lists the renamed fields"
        ),
    }
}

/// A feature and the release that introduced it.
struct Feature {
    what: &'static str,
    /// The first release in which it works without a feature gate.
    since: &'static str,
    before: &'static str,
}

fn report(
    case: &mut Case<'_>,
    subject: &Subject,
    origin: crate::scenario::source::Origin,
    feature: &Feature,
) {
    if let Some(stated) = stated_release(subject)
        && feature.since.parse().is_ok_and(|since| stated >= since)
    {
        return;
    }
    case.report(CaseReport {
        code: Code::DependsOnRelease,
        origin,
        object: subject.title.clone(),
        message: format!("{} works by default since Kubernetes {}", feature.what, feature.since),
        why: format!("in older releases {}", feature.before),
        help: "check `kubectl version`, and state the release, as `[controller] kubernetes = \"1.34\"`".to_owned(),
    });
}

/// The release that a policy states.
fn stated_release(subject: &Subject) -> Option<Release> {
    written(subject, &["controller", "kubernetes"])?
        .text()?
        .parse()
        .ok()
}

/// Feature gates of the autoscaler: HPAContainerMetrics is on by default (beta) since 1.27, HPAConfigurableTolerance since 1.35,
/// HPAScaleToZero since 1.37 (KEP-1610, KEP-4951, KEP-2021).
fn autoscaler_is_understood(case: &mut Case<'_>, subject: &Subject) {
    let Some(autoscaler) = &subject.autoscaler else {
        return;
    };
    let spec = &autoscaler.spec;
    let container_metric = spec
        .metrics
        .iter()
        .position(|metric| matches!(metric.source, MetricSource::ContainerResource { .. }));
    if let Some(index) = container_metric {
        let origin = subject.metric_places.get(index).copied();
        let feature = Feature {
            what: "a metric of type ContainerResource",
            since: "1.27",
            before: "the API server drops the metric, and an autoscaler without another metric gets cpu at 80%",
        };
        report(case, subject, origin.unwrap_or(subject.origin), &feature);
    }
    for key in ["scaleUp", "scaleDown"] {
        let path = ["hpa", "behavior", key, "tolerance"];
        // Where the release has no tolerance, the reader already reports that the field has no effect.
        if written(subject, &path).is_none() || autoscaler.rules().direction_tolerance == Gate::Off
        {
            continue;
        }
        let feature = Feature {
            what: "a tolerance in `behavior`",
            since: "1.35",
            before: "the API server drops the field, and the controller's tolerance of 10% applies in both directions",
        };
        report(case, subject, place_of(subject, &path), &feature);
    }
    let minimum = ["hpa", "minReplicas"];
    let asks_for_gate = autoscaler.settings.scale_to_zero == Some(Gate::On);
    if spec.min_replicas.0 == 0 && !asks_for_gate {
        let feature = Feature {
            what: "`minReplicas: 0`",
            since: "1.37",
            before: "the API server refuses the autoscaler, unless the gate HPAScaleToZero is on",
        };
        report(case, subject, place_of(subject, &minimum), &feature);
    }
}

/// Feature gates of pods: PodLifecycleSleepAction is on by default (beta) since 1.30, SidecarContainers since 1.29,
/// PodLevelResources since 1.34 (KEP-3960, KEP-753, KEP-2837).
fn pods_are_understood(case: &mut Case<'_>, subject: &Subject) {
    let Some(spec) = subject
        .workload
        .as_ref()
        .and_then(|workload| workload.tree.at(&["spec", "template", "spec"]))
    else {
        return;
    };
    let items = |key: &str| spec.get(key).map_or(&[][..], Node::items);
    let sleep = items("containers")
        .iter()
        .find_map(|it| it.at(&["lifecycle", "preStop", "sleep"]));
    let sidecar = items("initContainers")
        .iter()
        .filter_map(|it| it.get("restartPolicy"))
        .find(|policy| policy.text() == Some("Always"));
    let features = [
        (
            sleep,
            Feature {
                what: "a preStop hook `sleep`",
                since: "1.30",
                before: "the API server drops the hook, and the pod ends without the pause",
            },
        ),
        (
            sidecar,
            Feature {
                what: "an init container with `restartPolicy: Always`",
                since: "1.29",
                before: "the container is an ordinary init container, and the pod waits forever for its end",
            },
        ),
        (
            spec.get("resources"),
            Feature {
                what: "`resources` of the whole pod",
                since: "1.34",
                before: "the API server drops the field, and the requests of the containers count",
            },
        ),
    ];
    for (node, feature) in features {
        if let Some(node) = node {
            report(case, subject, node.origin, &feature);
        }
    }
}
