//! A policy's sections beside `[hpa]`: from tree to checked configuration.
//!
//! Self-imposed limit: each section on its own and what two sections must agree
//! on; what the trace has to do with it is `load`'s.

use super::assertion;
use super::autoscaler::{Names, read_autoscaler, read_controller};
use super::container::read_containers;
use super::diagnostic::Code;
use super::distribution;
use super::hpa_section::REPLICAS_MAX;
use super::keys::{self, Key};
use super::reader::{Faults, Section};
use super::source::{Origin, SourceId, Sources};
use super::tree::{Table, Value};
use super::workload_section::read_workload;
use super::{Assertion, Assumption, CostRates, Slo, defaults};
use crate::cluster::config::{
    CpuModel, Deployment, MetricsPipeline, PodTimings, ReadinessProbe, StartupCpu, StartupProbe,
};
use crate::control::Hpa;
use crate::engine::random::Distribution;
use crate::units::{Replicas, SimSpan};
use crate::workload::Workload;

/// The tables of a policy: a file with none of them is another program's.
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
const POLICY_KEYS: [&str; 12] = [
    "name",
    "hpa",
    "controller",
    "deployment",
    "pod",
    "workload",
    "metrics",
    "slo",
    "cost",
    // Merging has used these up; they are here to be suggested.
    "extends",
    "remove",
    "manifest",
];

/// A policy, checked as far as it goes without a trace.
#[derive(Debug)]
pub(super) struct Policy {
    /// `name`, or the file's stem.
    pub(super) name: String,
    /// The autoscaler, unless there is none or it is faulty.
    pub(super) autoscaler: Option<Hpa>,
    /// Where the autoscaler's metrics stand, by index.
    pub(super) metric_places: Vec<Origin>,
    /// What is scaled.
    pub(super) deployment: Deployment,
    /// What a request costs.
    pub(super) workload: Workload,
    /// How the autoscaler comes to know.
    pub(super) metrics: MetricsPipeline,
    /// What is promised to users.
    pub(super) slo: Slo,
    /// What things cost.
    pub(super) cost: CostRates,
    /// What must hold of a run.
    pub(super) assertions: Vec<Assertion>,
    /// What was not stated and matters.
    pub(super) assumptions: Vec<Assumption>,
}

/// The sections of a policy, each present or not.
struct Sections<'t> {
    controller: Option<Section<'t>>,
    deployment: Option<Section<'t>>,
    pod: Option<Section<'t>>,
    workload: Option<Section<'t>>,
    metrics: Option<Section<'t>>,
    slo: Option<Section<'t>>,
    cost: Option<Section<'t>>,
}

/// Reads a whole policy; `stem` is its name unless it has one.
pub(super) fn read(
    table: &Table,
    source: SourceId,
    stem: &str,
    sources: &Sources,
    faults: &mut Faults<'_>,
) -> Policy {
    let root = Section::of_table(
        table,
        String::new(),
        Sources::beginning(source),
        &POLICY_KEYS,
        faults,
    );
    let name = read_name(&root, faults).unwrap_or(stem).to_owned();
    let sections = open_sections(&root, faults);
    let workload = read_workload(sections.workload.as_ref(), faults);
    let containers = read_containers(
        sections.deployment.as_ref(),
        sections.pod.as_ref(),
        &workload,
        faults,
    );
    let deployment_name = sections
        .deployment
        .as_ref()
        .and_then(|section| section.text("name", faults));
    let namespace = sections
        .deployment
        .as_ref()
        .and_then(|section| section.text("namespace", faults))
        .unwrap_or(defaults::NAMESPACE);
    let replicas = sections
        .deployment
        .as_ref()
        .and_then(|section| section.integer("replicas", 0..=REPLICAS_MAX, faults))
        .map_or(defaults::DEPLOYMENT_REPLICAS, Replicas);
    let controller = read_controller(sections.controller.as_ref(), faults);
    let (autoscaler, metric_places) = match table.get("hpa") {
        Some(node) => {
            let names = Names {
                policy: &name,
                deployment: deployment_name,
                namespace,
            };
            read_autoscaler(node, controller, &names, &containers, sources, faults)
        }
        None => {
            if let Some(section) = &sections.controller {
                faults.report(
                    Code::NoEffect,
                    section.origin,
                    "[controller] has no effect: the policy has no [hpa], so its Deployment is fixed",
                    "add [hpa], or delete this section",
                );
            }
            (None, Vec::new())
        }
    };
    let assumptions = assumptions(table);
    Policy {
        name,
        autoscaler,
        metric_places,
        deployment: Deployment {
            replicas,
            containers: containers.list,
            pod_level: containers.pod_level,
            pod: sections
                .pod
                .as_ref()
                .map_or_else(defaults::pod, |section| read_pod(section, faults)),
        },
        workload,
        metrics: sections
            .metrics
            .as_ref()
            .map_or_else(defaults::metrics, |section| read_metrics(section, faults)),
        slo: sections
            .slo
            .as_ref()
            .map_or(defaults::SLO, |section| read_slo(section, faults)),
        assertions: sections
            .slo
            .as_ref()
            .map_or_else(Vec::new, |section| assertion::read_list(section, faults)),
        cost: sections
            .cost
            .as_ref()
            .map_or(defaults::COST, |section| read_cost(section, faults)),
        assumptions,
    }
}

/// `name`, which becomes part of a folder's name: it must not lead out of the folder around it.
fn read_name<'t>(root: &Section<'t>, faults: &mut Faults<'_>) -> Option<&'t str> {
    let name = root.text("name", faults)?;
    let fault = if name.trim().is_empty() {
        "is empty"
    } else if name.contains(['/', '\\']) {
        "holds a slash"
    } else if name.starts_with('.') {
        "starts with a dot"
    } else if name.contains(char::is_control) {
        "holds a control character"
    } else {
        return Some(name);
    };
    faults.report(
        Code::BadName,
        root.node("name")?.origin,
        format!("`name` {fault}, and the folder of the results is called after it"),
        "write a plain word, as \"prod\", and choose another place with --output",
    );
    None
}

fn open_sections<'t>(root: &Section<'t>, faults: &mut Faults<'_>) -> Sections<'t> {
    let mut open = |name: &str, keys: &[Key]| root.section(name, &keys::names(keys), faults);
    Sections {
        controller: open("controller", &keys::CONTROLLER),
        deployment: open("deployment", &keys::DEPLOYMENT),
        pod: open("pod", &keys::POD),
        workload: open("workload", &keys::WORKLOAD),
        metrics: open("metrics", &keys::METRICS),
        slo: open("slo", &keys::SLO),
        cost: open("cost", &keys::COST),
    }
}

/// Defaults that were taken and on which the result hangs.
fn assumptions(policy: &Table) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    for section in keys::SECTIONS {
        let written = match policy.get(section.name).map(|node| &node.value) {
            Some(Value::Table(table)) => Some(table),
            _ => None,
        };
        for key in section.keys.iter().filter(|key| key.is_assumed) {
            let is_stated = written.is_some_and(|table| table.get(key.name).is_some());
            if let (false, Some(default)) = (is_stated, key.default) {
                assumptions.push(Assumption {
                    key: format!("{}.{}", section.name, key.name),
                    value: default.to_owned(),
                });
            }
        }
    }
    assumptions
}

const PROBE_KEYS: [&str; 4] = [
    "initial_delay",
    "period",
    "success_threshold",
    "failure_threshold",
];
const STARTUP_KEYS: [&str; 3] = ["initial_delay", "period", "failure_threshold"];
/// The highest threshold of a probe: beyond lies a slip of the pen.
const THRESHOLD_MAX: u32 = 10_000;

/// `success_threshold`; what many failures do matters to a pod that was Ready, and none is simulated to fall ill.
fn read_thresholds(probe: &Section<'_>, faults: &mut Faults<'_>) -> Option<u32> {
    probe.integer("failure_threshold", 1..=THRESHOLD_MAX, faults);
    probe.integer("success_threshold", 1..=THRESHOLD_MAX, faults)
}

fn read_startup(probe: &Section<'_>, init: &Distribution, faults: &mut Faults<'_>) -> StartupProbe {
    let startup = StartupProbe {
        initial_delay: probe
            .duration("initial_delay", faults)
            .unwrap_or(defaults::STARTUP_INITIAL_DELAY),
        period: probe
            .duration_from("period", SimSpan::from_secs(1), faults)
            .unwrap_or(defaults::STARTUP_PERIOD),
        failure_threshold: probe
            .integer("failure_threshold", 1..=THRESHOLD_MAX, faults)
            .unwrap_or(defaults::STARTUP_FAILURE_THRESHOLD),
    };
    let patience =
        startup.initial_delay + startup.period * i64::from(startup.failure_threshold - 1);
    let init = SimSpan::from_secs_f64(init.mean_seconds());
    if init > patience {
        faults.report(
            Code::StartupProbeTooShort,
            probe.origin,
            format!(
                "the startup probe gives up {patience} after the start, and `pod.init` takes {init} on average: a kubelet would restart the container before it can serve"
            ),
            "raise `failure_threshold` or `period`; restarts by a probe are not simulated",
        );
    }
    startup
}

const CPU_MODELS: [(&str, CpuModel); 2] =
    [("quota", CpuModel::Quota), ("shared", CpuModel::Shared)];

fn read_pod(section: &Section<'_>, faults: &mut Faults<'_>) -> PodTimings {
    let mut time = |key: &str, default: Distribution| {
        section
            .node(key)
            .and_then(|node| distribution::read(node, &section.path_of(key), faults))
            .unwrap_or(default)
    };
    let schedule = time("schedule", defaults::schedule());
    let image_pull = time("image_pull", defaults::IMAGE_PULL);
    let start = time("start", defaults::start());
    let init = time("init", defaults::INIT);
    let startup_cpu = section
        .section("startup_cpu", &["cpu", "duration"], faults)
        .and_then(|burst| {
            for key in ["cpu", "duration"] {
                if burst.node(key).is_none() {
                    burst.missing(key, "as in { cpu = \"500m\", duration = \"20s\" }", faults);
                }
            }
            let cpu = burst.cpu("cpu", faults);
            let duration = burst.duration("duration", faults);
            Some(StartupCpu {
                cpu: cpu?,
                duration: duration?,
            })
        });
    let readiness = section
        .section("readiness", &PROBE_KEYS, faults)
        .map(|probe| ReadinessProbe {
            initial_delay: probe
                .duration("initial_delay", faults)
                .unwrap_or(defaults::READINESS_INITIAL_DELAY),
            period: probe
                .duration_from("period", SimSpan::from_secs(1), faults)
                .unwrap_or(defaults::READINESS_PERIOD),
            success_threshold: read_thresholds(&probe, faults)
                .unwrap_or(defaults::READINESS_SUCCESS_THRESHOLD),
        });
    let startup = section
        .section("startup", &STARTUP_KEYS, faults)
        .map(|probe| read_startup(&probe, &init, faults));
    PodTimings {
        schedule,
        image_pull,
        start,
        init,
        startup_cpu,
        startup,
        readiness,
        endpoint_lag: section
            .duration("endpoint_lag", faults)
            .unwrap_or(defaults::ENDPOINT_LAG),
        pre_stop: section
            .duration("pre_stop", faults)
            .unwrap_or(defaults::PRE_STOP),
        grace_period: section
            .duration("grace_period", faults)
            .unwrap_or(defaults::GRACE_PERIOD),
        node_cores: section
            .number("node_cores", 0.1..=1024.0, faults)
            .unwrap_or(defaults::NODE_CORES),
        cpu_model: section
            .word("cpu_model", &CPU_MODELS, faults)
            .unwrap_or(defaults::CPU_MODEL),
    }
}

/// The longest interval and the greatest lag of `[metrics]`: what is on its way is held in memory.
const METRICS_INTERVAL_MAX: SimSpan = SimSpan::from_secs(3600);

fn read_metrics(section: &Section<'_>, faults: &mut Faults<'_>) -> MetricsPipeline {
    let default = defaults::metrics();
    let second = SimSpan::from_secs(1);
    MetricsPipeline {
        scrape_interval: section
            .duration_within("scrape_interval", second, METRICS_INTERVAL_MAX, faults)
            .unwrap_or(default.scrape_interval),
        housekeeping: section
            .duration_within("housekeeping", second, METRICS_INTERVAL_MAX, faults)
            .unwrap_or(default.housekeeping),
        housekeeping_jitter: section
            .number("housekeeping_jitter", 0.0..=10.0, faults)
            .unwrap_or(default.housekeeping_jitter),
        lag: section
            .duration_within("lag", SimSpan::ZERO, METRICS_INTERVAL_MAX, faults)
            .unwrap_or(default.lag),
    }
}

fn read_slo(section: &Section<'_>, faults: &mut Faults<'_>) -> Slo {
    let latency = section.section("latency", &["quantile", "limit"], faults);
    let latency = latency.as_ref();
    Slo {
        latency_quantile: latency
            .and_then(|latency| latency.number("quantile", 0.01..=0.9999, faults))
            .unwrap_or(defaults::SLO.latency_quantile),
        latency_limit: latency
            .and_then(|latency| latency.duration_from("limit", SimSpan::from_millis(1), faults))
            .unwrap_or(defaults::SLO.latency_limit),
        error_rate: section
            .number("error_rate", 0.0..=1.0, faults)
            .unwrap_or(defaults::SLO.error_rate),
    }
}

fn read_cost(section: &Section<'_>, faults: &mut Faults<'_>) -> CostRates {
    let mut rate =
        |key: &str, default: f64| section.number(key, 0.0..=1e9, faults).unwrap_or(default);
    CostRates {
        per_pod_hour: rate("per_pod_hour", defaults::COST.per_pod_hour),
        per_core_hour: rate("per_core_hour", defaults::COST.per_core_hour),
        per_gib_hour: rate("per_gib_hour", defaults::COST.per_gib_hour),
    }
}
