//! The sections of a policy other than `[hpa]`: from the tree to a checked configuration.
//!
//! Each section is checked alone and against the others. `load` checks the policy against the trace.

use super::assertion::refuse_cost;
use super::autoscaler::{Names, read_autoscaler, read_controller};
use super::container::read_containers;
use super::diagnostic::Code;
use super::keys::kinds::is_unsaid;
use super::keys::{self, Declared, Keys, declared as key, tables};
use super::metrics_section::{assumed_custom, check_custom, interval_of_manifest, read_metrics};
use super::reader::{Faults, Section};
use super::source::{Origin, SourceId, Sources};
use super::tree::{Node, Table, Value};
use super::workload_section::{memory_of_manifest, read_workload};
use super::{Assertion, Assumption, CostRates, Slo};
use crate::cluster::config::{
    Deployment, MetricsPipeline, PodLevelResources, PodTimings, ReadinessProbe, StartupCpu,
    StartupProbe, WarmUp,
};
use crate::control::Hpa;
use crate::engine::random::Distribution;
use crate::hpa::requests::RequestScope;
use crate::hpa::rules::ZeroReplicasRule;
use crate::units::{Replicas, SimSpan};
use crate::workload::Workload;

/// Warns that the autoscaler's release does not count the pod-level requests.
fn note_uncounted_pod_requests(
    pod: &Section<'_>,
    autoscaler: &Hpa,
    stated: &PodLevelResources,
    faults: &mut Faults<'_>,
) {
    let release = autoscaler.release;
    let counts = release.rules().request_scope >= RequestScope::WithPodLevel;
    if counts || !stated.has_requests() {
        return;
    }
    let name = key::RESOURCES.name;
    faults.report(
        Code::NoEffect,
        pod.key_origin(name),
        format!("the autoscaler of Kubernetes {release} ignores the requests in `pod.{name}`: it adds up those of the containers"),
        "give the containers requests, or set kubernetes = \"1.34\" or newer",
    );
}

/// Warns that an autoscaler leaves a target with 0 replicas alone.
fn warn_of_zero_replicas(
    deployment: &Section<'_>,
    autoscaler: &Hpa,
    replicas: Replicas,
    faults: &mut Faults<'_>,
) {
    let scales_from_zero = autoscaler.release.rules().zero_replicas
        == ZeroReplicasRule::WhereMinimumIsZero
        && autoscaler.spec.min_replicas.0 == 0;
    if replicas.0 > 0 || scales_from_zero {
        return;
    }
    faults.report(
        Code::ZeroReplicas,
        deployment.key_origin(key::REPLICAS.name),
        "`replicas` is 0, which disables the autoscaler (ScalingDisabled): no pod starts until a user or another program scales the target",
        "write the number of pods that run, such as --set deployment.replicas=1",
    );
}

/// The tables of a policy. A file without any of them belongs to another program.
pub(super) const SECTIONS: [&str; 8] = [
    "hpa",
    "controller",
    "deployment",
    "pod",
    "workload",
    "metrics",
    "slo",
    "cost",
];
/// Merging has already removed these keys; they are listed here for suggestions.
const USED_UP: [&str; 3] = ["extends", "remove", "manifest"];

/// A policy, checked as far as possible without a trace.
#[derive(Debug)]
pub(super) struct Policy {
    /// `name`, or the file name without its ending.
    pub(super) name: String,
    /// The autoscaler; `None` if the policy has no autoscaler or a faulty one.
    pub(super) autoscaler: Option<Hpa>,
    /// The places of the autoscaler's metrics, by index.
    pub(super) metric_places: Vec<Origin>,
    /// The pods that are scaled.
    pub(super) deployment: Deployment,
    /// The cost of a request, and the clients.
    pub(super) workload: Workload,
    /// Whether the policy states the load before the start.
    pub(super) states_before: bool,
    /// The metrics pipeline of the autoscaler.
    pub(super) metrics: MetricsPipeline,
    /// The SLO.
    pub(super) slo: Slo,
    /// The prices.
    pub(super) cost: CostRates,
    /// The assertions.
    pub(super) assertions: Vec<Assertion>,
    /// The important defaults that the policy does not state.
    pub(super) assumptions: Vec<Assumption>,
}

/// The sections of a policy; each is optional.
struct Sections<'t> {
    controller: Option<Section<'t>>,
    deployment: Option<Section<'t>>,
    pod: Option<Section<'t>>,
    workload: Option<Section<'t>>,
    metrics: Option<Section<'t>>,
    slo: Option<Section<'t>>,
    cost: Option<Section<'t>>,
}

/// Reads a whole policy; `stem` is its name if `name` is missing.
pub(super) fn read(
    table: &Table,
    source: SourceId,
    stem: &str,
    sources: &Sources,
    faults: &mut Faults<'_>,
) -> Policy {
    let known: Vec<&str> = ["name", key::CLUSTER.name]
        .into_iter()
        .chain(SECTIONS)
        .chain(USED_UP)
        .collect();
    let beginning = Sources::beginning(source);
    let root = Section::of_table(table, String::new(), beginning, &known, faults);
    let name = read_name(&root, faults).unwrap_or(stem).to_owned();
    let cluster = key::CLUSTER.read(Some(&root), faults).unwrap_or_default();
    let sections = open_sections(&root, faults);
    let workload = read_workload(sections.workload.as_ref(), faults);
    let containers = read_containers(
        sections.deployment.as_ref(),
        sections.pod.as_ref(),
        &workload,
        faults,
    );
    let deployment_name = key::DEPLOYMENT_NAME.read(sections.deployment.as_ref(), faults);
    let namespace = key::NAMESPACE.read(sections.deployment.as_ref(), faults);
    let replicas = Replicas(key::REPLICAS.read(sections.deployment.as_ref(), faults));
    let controller = read_controller(sections.controller.as_ref(), cluster, faults);
    let (autoscaler, metric_places) = match table.get("hpa") {
        Some(node) => {
            let names = Names {
                policy: &name,
                deployment: deployment_name.as_deref(),
                namespace: &namespace,
            };
            read_autoscaler(node, controller, &names, &containers, sources, faults)
        }
        None => {
            if let Some(section) = &sections.controller {
                faults.report(
                    Code::NoEffect,
                    section.origin,
                    "[controller] has no effect: the policy has no [hpa], so the number of pods is fixed",
                    "add [hpa], or delete this section",
                );
            }
            (None, Vec::new())
        }
    };
    if let (Some(section), Some(autoscaler)) = (&sections.pod, &autoscaler) {
        note_uncounted_pod_requests(section, autoscaler, &containers.pod_level, faults);
    }
    if let (Some(section), Some(autoscaler)) = (&sections.deployment, &autoscaler) {
        warn_of_zero_replicas(section, autoscaler, replicas, faults);
    }
    let metrics = read_metrics(sections.metrics.as_ref(), cluster, faults);
    check_custom(
        sections.metrics.as_ref(),
        &metrics,
        autoscaler.as_ref(),
        faults,
    );
    let mut assumptions = assumptions(table);
    assumptions.extend(interval_of_manifest(
        sections.metrics.as_ref(),
        &metrics,
        sources,
        faults,
    ));
    let memory = memory_of_manifest(sections.workload.as_ref(), sources, faults);
    assumptions.extend(memory);
    assumptions.extend(assumed_custom(sections.metrics.as_ref()));
    assumptions.extend(costs_of_sidecars(sections.deployment.as_ref()));
    let cost = read_cost(sections.cost.as_ref(), faults);
    let assertions = key::ASSERT.read(sections.slo.as_ref(), faults);
    if let Some(Value::Array(items)) = asserted(&sections).filter(|_| cost.is_free()) {
        refuse_cost(items, faults);
    }
    Policy {
        name,
        autoscaler,
        metric_places,
        deployment: Deployment {
            replicas,
            containers: containers.list,
            pod_level: containers.pod_level,
            pod: read_pod(sections.pod.as_ref(), faults),
        },
        workload,
        states_before: sections
            .workload
            .as_ref()
            .is_some_and(|workload| workload.node(key::BEFORE.name).is_some()),
        metrics,
        slo: read_slo(sections.slo.as_ref(), faults),
        assertions,
        cost,
        assumptions,
    }
}

/// `[slo] assert` as written.
fn asserted<'t>(sections: &Sections<'t>) -> Option<&'t Value> {
    let node = sections.slo.as_ref()?.node("assert")?;
    Some(&node.value)
}

/// The rule for `name`.
pub(super) const NAME_ALLOWED: &str =
    "not empty, no slash, backslash or control character, no leading dot";

/// Reads `name`, which becomes a part of a folder's name and must not lead out of the parent folder.
fn read_name<'t>(root: &Section<'t>, faults: &mut Faults<'_>) -> Option<&'t str> {
    let name = root.text("name", faults)?;
    let fault = if name.trim().is_empty() {
        "is empty"
    } else if name.contains(['/', '\\']) {
        "contains a slash"
    } else if name.starts_with('.') {
        "starts with a dot"
    } else if name.contains(char::is_control) {
        "contains a control character"
    } else {
        return Some(name);
    };
    faults.report(
        Code::BadName,
        root.node("name")?.origin,
        format!("`name` {fault}, and the output folder has this name"),
        "write a plain word, such as \"prod\"; --output chooses another folder",
    );
    None
}

fn open_sections<'t>(root: &Section<'t>, faults: &mut Faults<'_>) -> Sections<'t> {
    let mut open = |name: &str, keys: Keys| root.section(name, &keys::names(keys), faults);
    Sections {
        controller: open("controller", key::CONTROLLER),
        deployment: open("deployment", key::DEPLOYMENT),
        pod: open("pod", key::POD),
        workload: open("workload", key::WORKLOAD),
        metrics: open("metrics", key::METRICS),
        slo: open("slo", key::SLO),
        cost: open("cost", key::COST),
    }
}

/// The defaults in use on which the result depends.
fn assumptions(policy: &Table) -> Vec<Assumption> {
    let stated = |section: &str, key: &str| match policy.get(section).map(|node| &node.value) {
        Some(Value::Table(section)) => section.get(key),
        Some(_) => None,
        // A key above all sections.
        None => policy.get(key).filter(|_| section.is_empty()),
    };
    let is_stated = |section: &str, key: &str| {
        let beside =
            keys::find(section, key).map_or(Vec::new(), |it| keys::names(it.keys_beside()));
        stated(section, key).is_some_and(|node| !is_unsaid(node, &beside))
    };
    // The kind of the cluster sets these two, and nothing else.
    let cluster_decides = !is_stated("metrics", key::SCRAPE_INTERVAL.name)
        || !is_stated("controller", key::SYNC_PERIOD.name);
    keys::assumed()
        .filter(|(section, key)| !is_stated(section, key.name()))
        .filter(|(_, key)| cluster_decides || key.name() != key::CLUSTER.name)
        .filter_map(|(section, key)| {
            let (value, declared) = key.assumed()?;
            let key = keys::path(section, key.name());
            Some(Assumption::declared(key, value, declared))
        })
        .collect()
}

/// The cost of a request in each sidecar that does not state it.
fn costs_of_sidecars(deployment: Option<&Section<'_>>) -> Vec<Assumption> {
    let cost = &tables::CONTAINER_CPU_PER_REQUEST;
    let containers = deployment.and_then(|section| section.node(key::CONTAINERS.name));
    let containers = containers.map_or(&[][..], |node| node.items());
    let is_silent = |container: &Node| container.get(cost.name).is_none();
    containers
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, container)| is_silent(container))
        .filter_map(|(index, _)| {
            let (value, declared) = cost.assumed()?;
            let key = format!("deployment.containers.{index}.{}", cost.name);
            Some(Assumption::declared(key, value, declared))
        })
        .collect()
}

fn read_startup_cpu(burst: &Section<'_>, faults: &mut Faults<'_>) -> Option<StartupCpu> {
    let cpu = tables::BURST_CPU.read(Some(burst), faults);
    let duration = tables::BURST_DURATION.read(Some(burst), faults);
    Some(StartupCpu {
        cpu: cpu?,
        duration: duration?,
    })
}

fn read_warm_up(warm_up: &Section<'_>, faults: &mut Faults<'_>) -> Option<WarmUp> {
    let factor = tables::WARM_UP_FACTOR.read(Some(warm_up), faults);
    let duration = tables::WARM_UP_DURATION.read(Some(warm_up), faults);
    Some(WarmUp {
        factor: factor?,
        duration: duration?,
    })
}

fn read_readiness(probe: &Section<'_>, faults: &mut Faults<'_>) -> ReadinessProbe {
    let probe = Some(probe);
    // A Ready pod never fails its probe in the simulation, so the threshold has no effect.
    tables::READINESS_FAILURE_THRESHOLD.read(probe, faults);
    ReadinessProbe {
        initial_delay: tables::READINESS_INITIAL_DELAY.read(probe, faults),
        period: tables::READINESS_PERIOD.read(probe, faults),
        success_threshold: tables::READINESS_SUCCESS_THRESHOLD.read(probe, faults),
    }
}

fn read_startup(probe: &Section<'_>, init: &Distribution, faults: &mut Faults<'_>) -> StartupProbe {
    let startup = StartupProbe {
        initial_delay: tables::STARTUP_INITIAL_DELAY.read(Some(probe), faults),
        period: tables::STARTUP_PERIOD.read(Some(probe), faults),
        failure_threshold: tables::STARTUP_FAILURE_THRESHOLD.read(Some(probe), faults),
    };
    let patience =
        startup.initial_delay + startup.period * i64::from(startup.failure_threshold - 1);
    let init = SimSpan::from_secs_f64(init.mean_seconds());
    if init > patience {
        faults.report(
            Code::StartupProbeTooShort,
            probe.origin,
            format!(
                "the startup probe fails {patience} after the start, and `pod.init` takes {init} on average: a kubelet would restart the container before it can serve"
            ),
            "raise `failure_threshold` or `period`; hpasim does not simulate restarts by a probe",
        );
    }
    startup
}

/// Reads `[pod]`.
pub(super) fn read_pod(section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> PodTimings {
    let schedule = key::SCHEDULE.read(section, faults);
    let image_pull = key::IMAGE_PULL.read(section, faults);
    let start = key::START.read(section, faults);
    let init = key::INIT.read(section, faults);
    let startup_cpu = key::STARTUP_CPU
        .open(section, faults)
        .and_then(|burst| read_startup_cpu(&burst, faults));
    let warm_up = key::WARM_UP
        .open(section, faults)
        .and_then(|warm_up| read_warm_up(&warm_up, faults));
    let readiness = key::READINESS
        .open(section, faults)
        .map(|probe| read_readiness(&probe, faults));
    let startup = key::STARTUP
        .open(section, faults)
        .map(|probe| read_startup(&probe, &init, faults));
    PodTimings {
        schedule,
        image_pull,
        start,
        init,
        startup_cpu,
        warm_up,
        startup,
        readiness,
        endpoint_lag: key::ENDPOINT_LAG.read(section, faults),
        pre_stop: key::PRE_STOP.read(section, faults),
        grace_period: key::GRACE_PERIOD.read(section, faults),
        node_cores: key::NODE_CORES.read(section, faults),
        cpu_model: key::CPU_MODEL.read(section, faults),
    }
}

fn read_slo(section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> Slo {
    let latency = key::LATENCY.open(section, faults);
    Slo {
        latency_quantile: tables::LATENCY_QUANTILE.read(latency.as_ref(), faults),
        latency_limit: tables::LATENCY_LIMIT.read(latency.as_ref(), faults),
        error_rate: key::ERROR_RATE.read(section, faults),
    }
}

fn read_cost(section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> CostRates {
    let rates = CostRates {
        per_pod_hour: key::PER_POD_HOUR.read(section, faults),
        per_core_hour: key::PER_CORE_HOUR.read(section, faults),
        per_gib_hour: key::PER_GIB_HOUR.read(section, faults),
        currency: key::CURRENCY.read(section, faults),
    };
    if let Some(section) = section
        && rates.currency.is_some()
        && rates.is_free()
        && !faults.has_errors()
    {
        faults.report(
            Code::NoEffect,
            section.key_origin(key::CURRENCY.name),
            "`cost.currency` has no effect: there are no prices, so there is no cost",
            "write a price, such as --set cost.per_pod_hour=0.04",
        );
    }
    rates
}
