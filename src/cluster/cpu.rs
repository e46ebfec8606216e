//! The CPU of a pod: its use without requests, and its capacity for requests.
//!
//! All rates are constant. CPU is bounded by the **limit** (and by the node, for all containers
//! together), never by the request.

use super::config::{Container, Deployment};
use super::pods::{PodFact, PodStatus};
use crate::units::Millicores;

/// One container's CPU, all in cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContainerCpu {
    /// Use without any request, at most `bound_cores`. All containers together use at most the
    /// node.
    pub idle_cores: f64,
    /// The same during the start-up burst.
    pub bursting_cores: f64,
    /// Core-seconds that one request costs in this container.
    pub seconds_per_request: f64,
    /// The most that it can use: its limit, or the node.
    pub bound_cores: f64,
    /// Whether the limit or the node sets the bound.
    pub bound: CpuBound,
}

/// The kind of a started container's own use, without requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnUse {
    /// Idle use.
    #[default]
    Idle,
    /// Idle use plus the start-up burst.
    Bursting,
}

impl OwnUse {
    /// The own use of a started pod with this status.
    #[inline]
    #[must_use]
    pub fn of(status: PodStatus) -> Self {
        if status.is(PodFact::Bursting) {
            Self::Bursting
        } else {
            Self::Idle
        }
    }
}

impl ContainerCpu {
    /// Cores that it uses without requests.
    #[inline]
    #[must_use]
    pub fn own_cores(&self, own: OwnUse) -> f64 {
        match own {
            OwnUse::Idle => self.idle_cores,
            OwnUse::Bursting => self.bursting_cores,
        }
    }
}

/// The bound on a container's CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuBound {
    /// The limit: a CFS quota. A container that spends it stalls until the next period.
    Quota,
    /// The cores of the node.
    Node,
}

/// The capacity of a pod for requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodCapacity {
    /// Requests per second; infinite where requests cost no CPU.
    pub rps: f64,
    /// The request rate from which a container reaches its limit. 0 if the container's own use
    /// reaches it; infinite if no rate does.
    pub throttled_from_rps: f64,
}

/// The CPU of a pod, derived from its template.
#[derive(Clone, Debug, PartialEq)]
pub struct PodCpu {
    /// One entry per container, in the template's order.
    pub containers: Vec<ContainerCpu>,
    /// The capacity without the start-up burst.
    pub normal: PodCapacity,
    /// The capacity during the start-up burst.
    pub bursting: PodCapacity,
    /// Cores of the node.
    node_cores: f64,
    /// Cores that the pod requests, at pod level or by its containers; `None` as in
    /// [`Deployment::cpu_request`].
    pub request_cores: Option<f64>,
}

impl PodCpu {
    /// The CPU of a pod of `deployment`.
    #[must_use]
    pub fn of(deployment: &Deployment) -> Self {
        let node_cores = deployment.pod.node_cores;
        let burst_cores = deployment
            .pod
            .startup_cpu
            .as_ref()
            .map_or(0.0, |burst| burst.cpu.as_cores());
        let mut containers: Vec<ContainerCpu> = deployment
            .containers
            .iter()
            .enumerate()
            .map(|(index, container)| {
                // The first container has the start-up burst, because it serves the requests.
                let burst = if index == 0 { burst_cores } else { 0.0 };
                container_cpu(deployment, container, burst)
            })
            .collect();
        share_node(&mut containers, node_cores, |own| &mut own.idle_cores);
        share_node(&mut containers, node_cores, |own| &mut own.bursting_cores);
        let normal = tightest(&containers, node_cores, OwnUse::Idle, 1.0);
        let bursting = tightest(&containers, node_cores, OwnUse::Bursting, 1.0);
        let request_cores = deployment.cpu_request().map(Millicores::as_cores);
        Self {
            containers,
            normal,
            bursting,
            node_cores,
            request_cores,
        }
    }

    /// The capacity of a pod with this own use, if a request costs `cost_factor` times its plain
    /// cost in the first container.
    #[must_use]
    pub fn capacity(&self, own: OwnUse, cost_factor: f64) -> PodCapacity {
        tightest(&self.containers, self.node_cores, own, cost_factor)
    }

    /// Cores that remain for requests in the first container, after the own use of all containers.
    #[must_use]
    pub fn cores_for_requests(&self, own: OwnUse) -> f64 {
        let of_node = self.node_cores - self.own_cores(own);
        let first = self.containers.first();
        let of_limit = first.map_or(of_node, |first| first.bound_cores - first.own_cores(own));
        of_limit.min(of_node).max(0.0)
    }

    /// Cores that a started pod uses without requests.
    #[must_use]
    pub fn own_cores(&self, own: OwnUse) -> f64 {
        self.containers.iter().map(|c| c.own_cores(own)).sum()
    }

    /// Core-seconds that one request costs, in all containers together.
    #[must_use]
    pub fn seconds_per_request(&self) -> f64 {
        self.containers.iter().map(|c| c.seconds_per_request).sum()
    }
}

fn container_cpu(deployment: &Deployment, container: &Container, burst_cores: f64) -> ContainerCpu {
    let node_cores = deployment.pod.node_cores;
    let (bound_cores, bound) = match deployment.cpu_limit_of(container) {
        Some(limit) if limit.as_cores() <= node_cores => (limit.as_cores(), CpuBound::Quota),
        _ => (node_cores, CpuBound::Node),
    };
    let idle = container.idle_cpu.as_cores();
    ContainerCpu {
        idle_cores: idle.min(bound_cores),
        bursting_cores: (idle + burst_cores).min(bound_cores),
        seconds_per_request: container.cpu_seconds_per_request,
        bound_cores,
        bound,
    }
}

/// Scales the own use of the containers down to the node, if together they would exceed it.
fn share_node(
    containers: &mut [ContainerCpu],
    node_cores: f64,
    own: impl Fn(&mut ContainerCpu) -> &mut f64,
) {
    let wanted: f64 = containers.iter_mut().map(|container| *own(container)).sum();
    if wanted > node_cores {
        for container in containers {
            *own(container) *= node_cores / wanted;
        }
    }
}

/// The capacity of a pod whose containers use `own` without requests: the smallest that a container
/// or the node allows. A request costs `cost_factor` times its plain cost in the first container.
fn tightest(
    containers: &[ContainerCpu],
    node_cores: f64,
    own: OwnUse,
    cost_factor: f64,
) -> PodCapacity {
    let costs = || {
        let factors = std::iter::once(cost_factor).chain(std::iter::repeat(1.0));
        let plain = containers.iter().map(|c| c.seconds_per_request);
        plain.zip(factors).map(|(plain, factor)| plain * factor)
    };
    let seconds_per_request: f64 = costs().sum();
    let own_cores: f64 = containers.iter().map(|c| c.own_cores(own)).sum();
    let left_of_node = (node_cores - own_cores).max(0.0);
    let mut capacity = PodCapacity {
        rps: rate_within(left_of_node, seconds_per_request),
        throttled_from_rps: f64::INFINITY,
    };
    for (container, cost) in containers.iter().zip(costs()) {
        let left = container.bound_cores - container.own_cores(own);
        let rps = rate_within(left, cost);
        capacity.rps = capacity.rps.min(rps);
        if container.bound == CpuBound::Quota {
            let throttled_from_rps = if left > 0.0 { rps } else { 0.0 };
            capacity.throttled_from_rps = capacity.throttled_from_rps.min(throttled_from_rps);
        }
    }
    capacity
}

/// Requests per second that `cores` serve.
fn rate_within(cores: f64, seconds_per_request: f64) -> f64 {
    if seconds_per_request > 0.0 {
        cores / seconds_per_request
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests;
