//! What CPU lets a pod do: its use without requests, and the requests that it can serve.
//!
//! Self-imposed limit: one pod at constant rates; no time and no state. CPU is
//! bounded by the **limit** (and the node, for all containers together), never by the request.

use super::config::{Container, Deployment};
use super::pods::{PodFact, PodStatus};
use crate::units::Millicores;

/// One container's CPU, all in cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContainerCpu {
    /// Use without any request, at most the bound; of all containers together at most the node.
    pub idle_cores: f64,
    /// The same while the start-up burst lasts.
    pub bursting_cores: f64,
    /// Core-seconds that one request costs here.
    pub seconds_per_request: f64,
    /// The most it can use: its limit, or the node.
    pub bound_cores: f64,
    /// What that bound is.
    pub bound: CpuBound,
}

/// What a started container uses beside requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnUse {
    /// Its idle use.
    #[default]
    Idle,
    /// Idle use and start-up burst.
    Bursting,
}

impl OwnUse {
    /// The own use of a pod that is `status`, once it has started.
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
    /// Cores that it uses beside requests.
    #[inline]
    #[must_use]
    pub fn own_cores(&self, own: OwnUse) -> f64 {
        match own {
            OwnUse::Idle => self.idle_cores,
            OwnUse::Bursting => self.bursting_cores,
        }
    }
}

/// What keeps a container from using more CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuBound {
    /// Its limit: a CFS quota, whose end stalls it until the next period.
    Quota,
    /// The cores of its node.
    Node,
}

/// What a pod can serve, and where its limits begin to slow it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodCapacity {
    /// Requests per second; infinite where requests cost no CPU.
    pub rps: f64,
    /// From this rate on a container stands at its limit: 0 when it does so by its own use, infinite when no limit is met at any rate.
    pub throttled_from_rps: f64,
}

/// A pod's CPU: what follows from its template.
#[derive(Clone, Debug, PartialEq)]
pub struct PodCpu {
    /// One entry a container, in the template's order.
    pub containers: Vec<ContainerCpu>,
    /// What it serves at most in its normal life.
    pub normal: PodCapacity,
    /// What it serves at most while its start-up burst lasts.
    pub bursting: PodCapacity,
    /// Cores that the pod requests, as a whole or by its containers; `None` when one requests nothing.
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
                // The start-up burst is the first container's, as the requests are.
                let burst = if index == 0 { burst_cores } else { 0.0 };
                container_cpu(deployment, container, burst)
            })
            .collect();
        share_node(&mut containers, node_cores, |own| &mut own.idle_cores);
        share_node(&mut containers, node_cores, |own| &mut own.bursting_cores);
        let normal = tightest(&containers, node_cores, |own| own.idle_cores);
        let bursting = tightest(&containers, node_cores, |own| own.bursting_cores);
        let request_cores = deployment.cpu_request().map(Millicores::as_cores);
        Self {
            containers,
            normal,
            bursting,
            request_cores,
        }
    }

    /// Cores that a started pod uses beside requests.
    #[must_use]
    pub fn own_cores(&self, own: OwnUse) -> f64 {
        self.containers.iter().map(|c| c.own_cores(own)).sum()
    }

    /// Core-seconds that one request costs in all containers together.
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

/// Scales what the containers use beside requests down to the node, where together they would use more.
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

/// The capacity of a pod whose containers use `own` beside requests: the least that a container or the node allows.
fn tightest(
    containers: &[ContainerCpu],
    node_cores: f64,
    own: impl Fn(&ContainerCpu) -> f64,
) -> PodCapacity {
    let seconds_per_request: f64 = containers.iter().map(|c| c.seconds_per_request).sum();
    let left_of_node = (node_cores - containers.iter().map(&own).sum::<f64>()).max(0.0);
    let mut capacity = PodCapacity {
        rps: rate_within(left_of_node, seconds_per_request),
        throttled_from_rps: f64::INFINITY,
    };
    for container in containers {
        let left = container.bound_cores - own(container);
        let rps = rate_within(left, container.seconds_per_request);
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
