//! `[[deployment.containers]]`, and what the autoscaler's metrics require of them.
//!
//! `policy` reads the rest of the pod.

use super::diagnostic::Code;
use super::keys::kinds::KeyTable;
use super::keys::{PolicyKey, declared as key, tables};
use super::reader::{Faults, Section};
use super::source::Origin;
use crate::cluster::config::{Container, ContainerCourse, PodLevelResources};
use crate::hpa::requests::RequestScope;
use crate::hpa::rules::Release;
use crate::hpa::spec::{HpaSpec, MetricSource, MetricTarget};
use crate::units::Millicores;
use crate::workload::Workload;

/// The pod's containers with their places.
pub(super) struct Containers {
    /// The containers, never empty.
    pub(super) list: Vec<Container>,
    /// The place of each container; empty if the policy states none.
    places: Vec<Origin>,
    /// Whether the reader could read all of them.
    state: Reading,
    /// The requests and limits of the pod as a whole.
    pub(super) pod_level: PodLevelResources,
}

/// The result of reading the containers.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Clean,
    Faulty,
}

/// Reads the containers; a policy without any gets the default container.
pub(super) fn read_containers(
    deployment: Option<&Section<'_>>,
    pod: Option<&Section<'_>>,
    workload: &Workload,
    faults: &mut Faults<'_>,
) -> Containers {
    let mut containers = Containers {
        list: Vec::new(),
        places: Vec::new(),
        state: Reading::Clean,
        pod_level: PodLevelResources::default(),
    };
    let faults_before = faults.count();
    let items = deployment.and_then(|section| section.items(key::CONTAINERS.name, faults));
    if let (Some([]), Some(section)) = (items, deployment) {
        faults.report(
            Code::MissingKey,
            section.key_origin(key::CONTAINERS.name),
            "`deployment.containers` is empty; a pod needs at least one container",
            "add a container, or delete the line to use the default container",
        );
    }
    let items = items.unwrap_or_default();
    let most = key::CONTAINERS.takes.most;
    if let Some(beyond) = items.get(most) {
        faults.report(
            Code::OutOfRange,
            beyond.origin,
            format!("the pod has {} containers", items.len()),
            format!("write at most {most}"),
        );
    }
    for (index, item) in items.iter().take(most).enumerate() {
        let path = format!("deployment.containers.{index}");
        let Some(section) = key::CONTAINERS.takes.open(item, path, faults) else {
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
                section
                    .node(tables::CONTAINER_NAME.name)
                    .map_or(item.origin, |name| name.origin),
                format!("two containers have the name `{}`", container.name),
                "give each its own name",
            );
        }
        containers.list.push(container);
        containers.places.push(item.origin);
    }
    if containers.list.is_empty() {
        containers.list = (key::CONTAINERS.default)();
    }
    // Only the first container does request work, and [workload] states its cost.
    if let Some(first) = containers.list.first_mut() {
        first.idle_cpu = workload.idle_cpu;
        first.cpu_seconds_per_request = workload.cpu_per_request.mean_seconds();
    }
    if let Some(pod) = pod {
        containers.pod_level = read_pod_level(pod, &containers.list, faults);
    }
    if faults.count() > faults_before {
        containers.state = Reading::Faulty;
    }
    containers
}

/// The role of a container in its pod.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The first container serves the requests.
    Serves,
    /// Every other container is a sidecar.
    Sidecar,
}

fn read_container(
    section: &Section<'_>,
    role: Role,
    index: usize,
    faults: &mut Faults<'_>,
) -> Container {
    let table = Some(section);
    let name = tables::CONTAINER_NAME
        .read(table, faults)
        .unwrap_or_else(|| format!("container-{index}"));
    // Ports have no effect on a simulation; `hpasim export` uses them.
    tables::PORTS.read(table, faults);
    tables::IMAGE.read(table, faults);
    let course = read_course(section, role, faults);
    if role == Role::Serves {
        for key in [
            tables::CONTAINER_CPU_PER_REQUEST.name,
            tables::CONTAINER_IDLE_CPU.name,
        ] {
            if section.node(key).is_some() {
                faults.report(
                    Code::Conflict,
                    section.key_origin(key),
                    format!("the first container serves the requests, so its `{key}` is `workload.{key}`"),
                    format!("move the line to [workload]; only a sidecar has its own `{key}`"),
                );
            }
        }
    }
    let resources = read_resources(
        tables::CONTAINER_RESOURCES.open(table, faults).as_ref(),
        &tables::CONTAINER_REQUESTS,
        &tables::CONTAINER_LIMITS,
        faults,
    );
    let container = Container {
        name,
        course,
        // `SetDefaults_Pod` of the API server: a limit without a request is also the request.
        cpu_request: resources.cpu_request.or(resources.cpu_limit),
        cpu_limit: resources.cpu_limit,
        memory_request_bytes: resources
            .memory_request_bytes
            .or(resources.memory_limit_bytes),
        memory_limit_bytes: resources.memory_limit_bytes,
        idle_cpu: match role {
            Role::Serves => Millicores(0),
            Role::Sidecar => tables::CONTAINER_IDLE_CPU.read(table, faults),
        },
        cpu_seconds_per_request: match role {
            Role::Serves => 0.0,
            Role::Sidecar => tables::CONTAINER_CPU_PER_REQUEST
                .read(table, faults)
                .as_secs_f64(),
        },
    };
    if let Some(limits) = &resources.limits {
        check_limits(&container, limits, faults);
    }
    container
}

/// `resources` as written, without defaults.
struct Resources<'t> {
    cpu_request: Option<Millicores>,
    cpu_limit: Option<Millicores>,
    memory_request_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
    limits: Option<Section<'t>>,
}

fn read_resources<'t>(
    resources: Option<&Section<'t>>,
    requests: &PolicyKey<KeyTable>,
    limits: &PolicyKey<KeyTable>,
    faults: &mut Faults<'_>,
) -> Resources<'t> {
    let requests = requests.open(resources, faults);
    let limits = limits.open(resources, faults);
    let (cpu, memory) = (&tables::AMOUNT_OF_CPU, &tables::AMOUNT_OF_MEMORY);
    Resources {
        cpu_request: cpu.read(requests.as_ref(), faults),
        cpu_limit: cpu.read(limits.as_ref(), faults),
        memory_request_bytes: memory.read(requests.as_ref(), faults),
        memory_limit_bytes: memory.read(limits.as_ref(), faults),
        limits,
    }
}

/// `pod.resources` with the API server's defaults.
///
/// If the pod states limits but not a request, the request is the sum of the containers' requests, or the limit if no container
/// has a request (`defaultPodRequests` in `pkg/apis/core/v1/defaults.go`).
fn read_pod_level(
    pod: &Section<'_>,
    containers: &[Container],
    faults: &mut Faults<'_>,
) -> PodLevelResources {
    let stated = read_resources(
        key::RESOURCES.open(Some(pod), faults).as_ref(),
        &tables::POD_REQUESTS,
        &tables::POD_LIMITS,
        faults,
    );
    let mut resources = PodLevelResources {
        cpu_request: stated.cpu_request,
        cpu_limit: stated.cpu_limit,
        memory_request_bytes: stated.memory_request_bytes,
        memory_limit_bytes: stated.memory_limit_bytes,
    };
    if stated.cpu_limit.is_some() || stated.memory_limit_bytes.is_some() {
        let cpu = containers.iter().filter_map(|it| it.cpu_request);
        let memory = containers.iter().filter_map(|it| it.memory_request_bytes);
        let cpu = cpu
            .map(|it| it.0)
            .reduce(i64::saturating_add)
            .map(Millicores);
        resources.cpu_request = resources.cpu_request.or(cpu).or(stated.cpu_limit);
        resources.memory_request_bytes = resources
            .memory_request_bytes
            .or(memory.reduce(u64::saturating_add))
            .or(stated.memory_limit_bytes);
    }
    let Some(limits) = &stated.limits else {
        return resources;
    };
    let cpu_below = resources.cpu_limit.is_some() && resources.cpu_limit < resources.cpu_request;
    let memory_below = resources.memory_limit_bytes.is_some()
        && resources.memory_limit_bytes < resources.memory_request_bytes;
    for (resource, is_below) in [("cpu", cpu_below), ("memory", memory_below)] {
        if is_below {
            faults.report(
                Code::LimitBelowRequest,
                limits.key_origin(resource),
                format!("the {resource} limit of the pod is below its request"),
                "raise the limit to the request or above; otherwise the API server refuses the pod",
            );
        }
    }
    if resources.cpu_limit == Some(Millicores(0)) {
        faults.report(
            Code::OutOfRange,
            limits.key_origin("cpu"),
            "the cpu limit of the pod is 0",
            "delete the line for no limit, or write a limit above 0",
        );
    }
    resources
}

fn read_course(section: &Section<'_>, role: Role, faults: &mut Faults<'_>) -> ContainerCourse {
    let init = &tables::RESTARTABLE_INIT;
    if !init.read(Some(section), faults) {
        return ContainerCourse::Regular;
    }
    if role == Role::Serves {
        faults.report(
            Code::Conflict,
            section.key_origin(init.name),
            "the first container serves the requests, so it cannot be an init container",
            "put the container that serves first",
        );
    }
    ContainerCourse::RestartableInit
}

/// Checks that a limit is above 0 and not below the request.
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
                "raise the limit to the request or above; otherwise the API server refuses the pod",
            );
        }
    }
    if container.cpu_limit == Some(Millicores(0)) {
        faults.report(
            Code::OutOfRange,
            limits.key_origin("cpu"),
            format!("the cpu limit of `{}` is 0", container.name),
            "delete the line for no limit, or write a limit above 0",
        );
    }
}

impl Containers {
    /// Checks what the autoscaler's metrics require: requests for utilization, and existing container names.
    pub(super) fn check_metrics(
        &self,
        spec: &HpaSpec,
        release: Release,
        metric_places: &[Origin],
        hpa: Origin,
        faults: &mut Faults<'_>,
    ) {
        // A request that the reader could not read is not a missing request.
        if self.state == Reading::Faulty {
            return;
        }
        let scope = release.rules().request_scope;
        for (index, metric) in spec.metrics.iter().enumerate() {
            let place = metric_places.get(index).copied().unwrap_or(hpa);
            let (resource, measured): (&str, Vec<usize>) = match &metric.source {
                MetricSource::Resource { resource } => (resource, self.measured(resource, scope)),
                MetricSource::ContainerResource {
                    resource,
                    container,
                } => match self.list.iter().position(|known| known.name == *container) {
                    Some(index) => (resource, vec![index]),
                    None => {
                        let names: Vec<&str> =
                            self.list.iter().map(|known| known.name.as_str()).collect();
                        faults.report(
                            code_for(Code::NoSuchContainer, place, faults),
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
                    let place = self.places.get(container).copied().unwrap_or(place);
                    faults.report(
                        code_for(Code::NoRequest, place, faults),
                        place,
                        format!("container `{name}` requests no {resource}, and the autoscaler has a utilization target for {resource}"),
                        format!("add resources.requests.{resource}: utilization is usage divided by request"),
                    );
                }
            }
        }
    }

    /// The containers whose requests count for the utilization of the pod.
    fn measured(&self, resource: &str, scope: RequestScope) -> Vec<usize> {
        let all = 0..self.list.len();
        if scope < RequestScope::WithPodLevel {
            let counts = |index: &usize| {
                scope >= RequestScope::WithSidecars
                    || self.list[*index].course == ContainerCourse::Regular
            };
            return all.filter(counts).collect();
        }
        let stated = match resource {
            "cpu" => self.pod_level.cpu_request.is_some(),
            _ => self.pod_level.memory_request_bytes.is_some(),
        };
        let some_requests = || all.clone().any(|index| self.requests(index, resource));
        // A pod-level request of this resource counts alone. If the pod states only other resources, the containers with this one count.
        if stated || (self.pod_level.has_requests() && some_requests()) {
            return Vec::new();
        }
        all.collect()
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

/// The code of a fault: an error in a policy, a warning in a manifest, which hpasim simulates as a cluster would run it.
fn code_for(code: Code, place: Origin, faults: &Faults<'_>) -> Code {
    if faults.is_in_manifest(place) {
        Code::MetricFails
    } else {
        code
    }
}
