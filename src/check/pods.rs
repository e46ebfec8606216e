//! The start and the end of pods: probes, startup CPU, preStop hook and grace period.
//!
//! Only pods that serve are checked: pods that an autoscaler scales, or that open a port.

use super::case::{Case, CaseReport, bounds, place_of, written};
use super::pods_text;
use crate::cluster::config::PodTimings;
use crate::hpa::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::scenario::Code;
use crate::scenario::manifest::InjectedSidecar;
use crate::scenario::survey::{Knowledge, Subject};
use crate::scenario::tree::Node;
use crate::units::SimSpan;

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    for subject in &case.survey.subjects {
        if subject.knowledge == Knowledge::Nothing {
            continue;
        }
        grace_outlasts_pre_stop(case, subject);
        injected_sidecars_count(case, subject);
        if !serves(subject) {
            continue;
        }
        an_autoscaler_scales_it(case, subject);
        readiness_is_probed(case, subject);
        readiness_comes_with_ability(case, subject);
        start_is_not_load(case, subject);
        end_waits_for_the_endpoints(case, subject);
    }
}

/// Whether the pods receive requests.
fn serves(subject: &Subject) -> bool {
    let opens_a_port = written(subject, &["deployment", "containers"])
        .map_or(&[][..], Node::items)
        .iter()
        .any(|container| container.get("ports").is_some());
    has_autoscaler(subject) || opens_a_port
}

/// Whether an autoscaler scales the pods. Errors in it do not matter.
fn has_autoscaler(subject: &Subject) -> bool {
    written(subject, &["hpa"]).is_some()
}

/// The value at `path` of the first container in the manifest that has one.
fn in_containers<'s>(subject: &'s Subject, path: &[&str]) -> Option<&'s Node> {
    let workload = subject.workload.as_ref()?;
    let containers = workload
        .tree
        .at(&["spec", "template", "spec", "containers"])?;
    containers.items().iter().find_map(|it| it.at(path))
}

/// A longer start is not credible. The mean of a heavy-tailed distribution can be any number.
const YEAR_SECONDS: f64 = 31_536_000.0;

/// The mean time of a start, if a policy states it.
fn init_of(subject: &Subject) -> Option<SimSpan> {
    let is_known = subject.knowledge == Knowledge::Policy;
    let seconds = subject.deployment.pod.init.mean_seconds().min(YEAR_SECONDS);
    is_known.then(|| SimSpan::from_secs_f64(seconds))
}

/// A webhook adds the sidecar to each pod, so its request is part of the pod's (`calculatePodRequests`).
fn injected_sidecars_count(case: &mut Case<'_>, subject: &Subject) {
    let (Some(workload), Some(autoscaler)) = (&subject.workload, &subject.autoscaler) else {
        return;
    };
    let of_pods = |it: &MetricSpec| {
        matches!(it.target, MetricTarget::Utilization(_))
            && matches!(it.source, MetricSource::Resource { .. })
    };
    if !autoscaler.spec.metrics.iter().any(of_pods) {
        return;
    }
    for sidecar in &workload.admission.injected {
        let InjectedSidecar {
            container,
            origin,
            request_key,
            cpu_request,
            is_assumed,
        } = sidecar;
        let report = match is_assumed {
            true => CaseReport {
                code: Code::InjectedRequestUnknown,
                origin: *origin,
                object: subject.title.clone(),
                message: format!("the request of the injected `{container}` is unknown: hpasim assumes cpu {cpu_request}"),
                why: "the injector has no default: without a request in its chart or in an annotation, every utilization metric of the pod fails".to_owned(),
                help: format!("write the annotation `{request_key}` into the pod template"),
            },
            false => CaseReport {
                code: Code::InjectedSidecar,
                origin: *origin,
                object: subject.title.clone(),
                message: format!("the injected `{container}` requests cpu {cpu_request}, which counts for the utilization"),
                why: "utilization is the usage of all containers divided by the requests of all containers: an idle sidecar hides a part of the application's load".to_owned(),
                help: "nothing, or measure the application alone with a metric of type ContainerResource".to_owned(),
            },
        };
        case.report(report);
    }
}

/// Reports a serving workload that no autoscaler in the files scales.
fn an_autoscaler_scales_it(case: &mut Case<'_>, subject: &Subject) {
    if subject.autoscaler.is_some() || subject.target.is_some() || subject.workload.is_none() {
        return;
    }
    let namespace = case.namespace();
    let is_scaled = |workload| {
        let mut objects = case.survey.objects.iter();
        objects.any(|it| it.scales(workload, namespace))
    };
    if subject.workload.as_ref().is_some_and(is_scaled) {
        return;
    }
    let replicas = subject.deployment.replicas.0;
    let why = match replicas {
        1 => "its only pod serves all requests; while that pod restarts or moves, requests fail",
        _ => {
            "under more load than they can serve, requests wait and fail; under less load, they idle"
        }
    };
    case.report(CaseReport {
        code: Code::NotScaled,
        origin: subject.origin,
        object: subject.title.clone(),
        message: format!(
            "no autoscaler in the files scales this workload: it has {} whatever the load",
            pods_text(replicas)
        ),
        why: why.to_owned(),
        help: "add a HorizontalPodAutoscaler, or name its file too".to_owned(),
    });
}

/// Without a readiness probe a container is ready as soon as it runs
/// (Kubernetes, "Pod Lifecycle": the default state is Success).
fn readiness_is_probed(case: &mut Case<'_>, subject: &Subject) {
    let pod = &subject.deployment.pod;
    if pod.readiness.is_some() || in_containers(subject, &["readinessProbe"]).is_some() {
        return;
    }
    let init = init_of(subject);
    if init == Some(SimSpan::ZERO) {
        return;
    }
    let lost = match init {
        Some(init) => format!("for {init} (`pod.init`) every request to a new pod fails: with 1 new pod beside 4, that is 20% of all requests"),
        None => "until its program serves, every request to a new pod fails: with 1 new pod beside 4, that is 20% of all requests".to_owned(),
    };
    case.report(CaseReport {
        code: Code::NoReadinessProbe,
        origin: place_of(subject, &["deployment", "containers", "0"]),
        object: subject.title.clone(),
        message: "no readiness probe: a pod gets requests as soon as its container runs".to_owned(),
        why: match has_autoscaler(subject) {
            true => format!("{lost}; the autoscaler also counts the CPU of its startup as load"),
            false => lost,
        },
        help: "add a `readinessProbe` to the container (in a policy: `[pod] readiness`)".to_owned(),
    });
}

/// The longest acceptable delay of a manifest's first probe: two syncs.
const FIRST_PROBE_MAX: SimSpan = SimSpan::from_secs(30);
/// The longest acceptable time between the program's start and its Ready state.
const PROBE_SLACK: SimSpan = SimSpan::from_secs(10);

/// The first probe runs `initialDelaySeconds` after the start, and `successThreshold` probes must pass.
fn readiness_comes_with_ability(case: &mut Case<'_>, subject: &Subject) {
    let Some(probe) = &subject.deployment.pod.readiness else {
        return;
    };
    let more = i64::from(probe.success_threshold) - 1;
    let further = probe.period.as_nanos().saturating_mul(more);
    let earliest = probe.initial_delay.as_nanos().saturating_add(further);
    let earliest = SimSpan::from_nanos(earliest);
    let init = init_of(subject);
    let allowed = init.map_or(FIRST_PROBE_MAX, |init| init + PROBE_SLACK);
    if earliest <= allowed {
        return;
    }
    let why = match init {
        Some(init) => format!(
            "it can serve after {init} (`pod.init`): each new pod stays idle for {} while the others are overloaded",
            earliest - init
        ),
        None => format!(
            "a program that can serve at once waits too: that is {:.0} syncs of 15s",
            (earliest.as_secs_f64() / 15.0).floor()
        ),
    };
    case.report(CaseReport {
        code: Code::ReadinessSlow,
        origin: place_of(subject, &["pod", "readiness"]),
        object: subject.title.clone(),
        message: format!("a new pod is Ready no sooner than {earliest} after its start"),
        why,
        help: "shorten `initialDelaySeconds` and `periodSeconds`; a `startupProbe` waits for slow starts and does not delay fast ones".to_owned(),
    });
}

/// `groupPods` in `replica_calculator.go` ignores the samples of an unready pod within the initialization period, and after it those
/// of a pod that was never Ready. The startup CPU therefore counts as soon as the pod is Ready.
fn start_is_not_load(case: &mut Case<'_>, subject: &Subject) {
    let PodTimings {
        startup_cpu,
        readiness,
        ..
    } = &subject.deployment.pod;
    let (Some(burst), Some(autoscaler)) = (startup_cpu, &subject.autoscaler) else {
        return;
    };
    let init = init_of(subject).unwrap_or(SimSpan::ZERO);
    let ready = readiness
        .as_ref()
        .map_or(SimSpan::ZERO, |probe| probe.initial_delay.max(init));
    let Some(request) = subject.deployment.cpu_request().filter(|it| it.0 > 0) else {
        return;
    };
    let target =
        autoscaler
            .spec
            .metrics
            .iter()
            .find_map(|metric| match (&metric.source, metric.target) {
                (MetricSource::Resource { resource }, MetricTarget::Utilization(target))
                    if resource == "cpu" =>
                {
                    Some(target)
                }
                _ => None,
            });
    let Some(target) = target else {
        return;
    };
    let percent = burst.cpu.0.saturating_mul(100) / request.0;
    let rules = autoscaler.rules();
    let tolerance = rules.tolerance(autoscaler.spec.behavior.as_ref()).up;
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let is_more_than_the_target = percent as f64 > f64::from(target) * (1.0 + tolerance);
    if burst.duration <= ready || !is_more_than_the_target {
        return;
    }
    case.report(CaseReport {
        code: Code::StartupCpuCounted,
        origin: place_of(subject, &["pod", "startup_cpu"]),
        object: subject.title.clone(),
        message: format!("for {} of each startup the CPU counts as load", burst.duration - ready),
        why: format!(
            "a pod is Ready after {ready}, and its startup uses {percent}% of the request until {}: with a target of {target}%, each new pod makes the autoscaler add pods, even within the initialization period of {}",
            burst.duration, autoscaler.settings.cpu_initialization_period
        ),
        help: format!("make the readiness probe pass no sooner than {} after the start", burst.duration),
    });
}

/// The grace period begins at the deletion and includes the hook. At its end the kubelet allows 2 s more and then kills the
/// container (Kubernetes, "Pod Lifecycle", termination of pods).
fn grace_outlasts_pre_stop(case: &mut Case<'_>, subject: &Subject) {
    let PodTimings {
        pre_stop,
        grace_period,
        ..
    } = subject.deployment.pod;
    if pre_stop == SimSpan::ZERO || pre_stop < grace_period {
        return;
    }
    let origin = match in_containers(subject, &["lifecycle", "preStop"]) {
        Some(hook) => hook.origin,
        None => place_of(subject, &["pod", "pre_stop"]),
    };
    case.report(CaseReport {
        code: Code::PreStopTakesGrace,
        origin,
        object: subject.title.clone(),
        message: format!("the preStop hook of {pre_stop} uses up the grace period of {grace_period}"),
        why: "the grace period includes the hook: the program gets SIGTERM when the grace period is over, and is killed 2s later with its open requests".to_owned(),
        help: format!(
            "raise `terminationGracePeriodSeconds` to {:.0} plus the time that open requests take",
            pre_stop.as_secs_f64()
        ),
    });
}

/// A deleted pod gets SIGTERM at once, and the proxies learn of the deletion later.
fn end_waits_for_the_endpoints(case: &mut Case<'_>, subject: &Subject) {
    let pod = &subject.deployment.pod;
    let has_hook = in_containers(subject, &["lifecycle", "preStop"]).is_some();
    if !has_autoscaler(subject) || pod.pre_stop > SimSpan::ZERO || has_hook {
        return;
    }
    let removed = match bounds(subject) {
        Some((min, max)) => format!("each of up to {} pods", max - min),
        None => "each pod".to_owned(),
    };
    case.report(CaseReport {
        code: Code::NoPreStop,
        origin: place_of(subject, &["deployment", "containers", "0"]),
        object: subject.title.clone(),
        message: "no preStop hook: a pod gets SIGTERM while requests still arrive".to_owned(),
        why: format!(
            "the proxies stop sending about {} later; a program that ends at once refuses the requests until then, in {removed} that scaling down removes",
            pod.endpoint_lag,
        ),
        help: "add `lifecycle: {preStop: {sleep: {seconds: 5}}}`, or make the program serve for a few seconds after SIGTERM".to_owned(),
    });
}
