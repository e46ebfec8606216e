//! `[[deployment.containers]]`, and what the autoscaler's metrics need of them.
//!
//! Self-imposed limit: the pod template's containers; how pods come and go is `policy`'s.

use super::defaults;
use super::diagnostic::Code;
use super::reader::{Faults, Section, integer};
use super::source::Origin;
use crate::cluster::config::Container;
use crate::hpa::spec::{HpaSpec, MetricSource, MetricTarget};
use crate::units::{Millicores, SimSpan};
use crate::workload::Workload;

/// The pod's containers and where each stands.
pub(super) struct Containers {
    /// The containers, never empty.
    pub(super) list: Vec<Container>,
    /// Where each stands; empty when none was written.
    places: Vec<Origin>,
    /// Whether all of them could be read.
    state: Reading,
}

/// How the reading of the containers went.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Clean,
    Faulty,
}

const CONTAINER_KEYS: [&str; 5] = ["name", "ports", "resources", "cpu_per_request", "idle_cpu"];

/// Reads the containers; a policy without any has the default one.
pub(super) fn read_containers(
    deployment: Option<&Section<'_>>,
    workload: &Workload,
    faults: &mut Faults<'_>,
) -> Containers {
    let mut containers = Containers {
        list: Vec::new(),
        places: Vec::new(),
        state: Reading::Clean,
    };
    let faults_before = faults.count();
    let items = deployment.and_then(|section| section.items("containers", faults));
    if let (Some([]), Some(section)) = (items, deployment) {
        faults.report(
            Code::MissingKey,
            section.key_origin("containers"),
            "`deployment.containers` is empty, and a pod has at least one container",
            "add a container, or delete the line to take the default one",
        );
    }
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = format!("deployment.containers.{index}");
        let Some(section) = Section::open(item, path, &CONTAINER_KEYS, faults) else {
            continue;
        };
        let role = if index == 0 {
            Role::Serves
        } else {
            Role::Sidecar
        };
        let container = read_container(&section, role, index, faults);
        if containers
            .list
            .iter()
            .any(|other| other.name == container.name)
        {
            faults.report(
                Code::Conflict,
                section.node("name").map_or(item.origin, |name| name.origin),
                format!("two containers are called `{}`", container.name),
                "give each its own name",
            );
        }
        containers.list.push(container);
        containers.places.push(item.origin);
    }
    if containers.list.is_empty() {
        containers.list.push(defaults::container());
    }
    // Request work is the first container's, and [workload] says what it costs.
    if let Some(first) = containers.list.first_mut() {
        first.idle_cpu = workload.idle_cpu;
        first.cpu_seconds_per_request = workload.cpu_per_request.mean_seconds();
    }
    if faults.count() > faults_before {
        containers.state = Reading::Faulty;
    }
    containers
}

/// What a container does in its pod.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The first one serves the requests.
    Serves,
    /// Any other stands beside it.
    Sidecar,
}

fn read_container(
    section: &Section<'_>,
    role: Role,
    index: usize,
    faults: &mut Faults<'_>,
) -> Container {
    let name = section
        .required_text("name", faults)
        .map_or_else(|| format!("container-{index}"), str::to_owned);
    let ports = section.items("ports", faults).unwrap_or_default();
    for port in ports {
        integer(port, &section.path_of("ports"), 1..=65_535, faults);
    }
    if role == Role::Serves {
        for key in ["cpu_per_request", "idle_cpu"] {
            if section.node(key).is_some() {
                faults.report(
                    Code::Conflict,
                    section.key_origin(key),
                    format!("`{key}` of the first container is `workload.{key}`, for it serves the requests"),
                    "move the line to [workload]; only sidecars have one of their own",
                );
            }
        }
    }
    let resources = section.section("resources", &["requests", "limits"], faults);
    let requests = resources
        .as_ref()
        .and_then(|resources| resources.section("requests", &["cpu", "memory"], faults));
    let limits = resources
        .as_ref()
        .and_then(|resources| resources.section("limits", &["cpu", "memory"], faults));
    let cpu = |section: &Option<Section<'_>>, faults: &mut Faults<'_>| {
        section
            .as_ref()
            .and_then(|section| section.cpu("cpu", faults))
    };
    let memory = |section: &Option<Section<'_>>, faults: &mut Faults<'_>| {
        section
            .as_ref()
            .and_then(|section| section.memory_bytes("memory", faults))
    };
    let cpu_limit = cpu(&limits, faults);
    let memory_limit_bytes = memory(&limits, faults);
    // The API server's SetDefaults_Pod: a limit without request is the request too.
    let cpu_request = cpu(&requests, faults).or(cpu_limit);
    let memory_request_bytes = memory(&requests, faults).or(memory_limit_bytes);
    let container = Container {
        name,
        cpu_request,
        cpu_limit,
        memory_request_bytes,
        memory_limit_bytes,
        idle_cpu: match role {
            Role::Serves => Millicores(0),
            Role::Sidecar => section
                .cpu("idle_cpu", faults)
                .unwrap_or(defaults::IDLE_CPU),
        },
        cpu_seconds_per_request: match role {
            Role::Serves => 0.0,
            Role::Sidecar => section
                .duration("cpu_per_request", faults)
                .unwrap_or(SimSpan::ZERO)
                .as_secs_f64(),
        },
    };
    if let Some(limits) = &limits {
        check_limits(&container, limits, faults);
    }
    container
}

/// A limit is above 0 and not below the request.
fn check_limits(container: &Container, limits: &Section<'_>, faults: &mut Faults<'_>) {
    let cpu_below = container.cpu_limit < container.cpu_request && container.cpu_limit.is_some();
    let memory_below = container.memory_limit_bytes < container.memory_request_bytes
        && container.memory_limit_bytes.is_some();
    for (resource, is_below) in [("cpu", cpu_below), ("memory", memory_below)] {
        let Some(node) = limits.node(resource) else {
            continue;
        };
        if is_below {
            faults.report(
                Code::LimitBelowRequest,
                node.origin,
                format!(
                    "the {resource} limit of `{}` is below its request",
                    container.name
                ),
                "raise the limit to the request or above; the API server refuses the pod otherwise",
            );
        }
    }
    if container.cpu_limit == Some(Millicores(0)) {
        faults.report(
            Code::OutOfRange,
            limits.key_origin("cpu"),
            format!("the cpu limit of `{}` is 0", container.name),
            "delete the line for no limit, or write how much it may use",
        );
    }
}

impl Containers {
    /// What the autoscaler measures has to exist: requests for utilization, containers by name.
    pub(super) fn check_metrics(
        &self,
        spec: &HpaSpec,
        metric_places: &[Origin],
        hpa: Origin,
        faults: &mut Faults<'_>,
    ) {
        // A request that could not be read is not a request that is missing.
        if self.state == Reading::Faulty {
            return;
        }
        for (index, metric) in spec.metrics.iter().enumerate() {
            let place = metric_places.get(index).copied().unwrap_or(hpa);
            let (resource, measured): (&str, Vec<usize>) = match &metric.source {
                MetricSource::Resource { resource } => (resource, (0..self.list.len()).collect()),
                MetricSource::ContainerResource {
                    resource,
                    container,
                } => match self.list.iter().position(|known| known.name == *container) {
                    Some(index) => (resource, vec![index]),
                    None => {
                        let names: Vec<&str> =
                            self.list.iter().map(|known| known.name.as_str()).collect();
                        faults.report(
                            Code::NoSuchContainer,
                            place,
                            format!("the pod has no container `{container}`"),
                            format!("its containers are: {}", names.join(", ")),
                        );
                        continue;
                    }
                },
                _ => continue,
            };
            if !matches!(metric.target, MetricTarget::Utilization(_)) {
                continue;
            }
            for container in measured {
                if !self.requests(container, resource) {
                    let name = &self.list[container].name;
                    faults.report(
                        Code::NoRequest,
                        self.places.get(container).copied().unwrap_or(place),
                        format!("container `{name}` requests no {resource}, and the autoscaler targets a utilization of it"),
                        format!("add resources.requests.{resource}: utilization is measured against the request"),
                    );
                }
            }
        }
    }

    fn requests(&self, container: usize, resource: &str) -> bool {
        let container = &self.list[container];
        match resource {
            "cpu" => container.cpu_request.is_some_and(|cpu| cpu.0 > 0),
            _ => container
                .memory_request_bytes
                .is_some_and(|bytes| bytes > 0),
        }
    }
}
