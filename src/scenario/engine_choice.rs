//! The engine of a run, and the keys of the policy that have no effect with this engine or trace.
//!
//! The readers of the sections check each key alone.

use super::Engine;
use super::assumed::{reads_memory, sidecar_of};
use super::diagnostic::{Code, Diagnostic};
use super::manifest::UnusableMemory;
use super::policy::Policy;
use super::reader::Faults;
use super::source::{Origin, SourceId, Sources};
use super::trace_text::{ParsedTrace, USERS_MAX};
use super::tree::{Node, Table, Value};
use super::values::bytes_text;
use crate::hpa::spec::MetricSource;
use crate::units::SimSpan;
use crate::workload::{AfterTimeout, Arrivals, Balancer, Demand};

/// The requested engine; by default the request engine, or the fluid engine for a CPU trace.
///
/// # Errors
/// The requested engine cannot simulate the trace's load.
pub(super) fn choose(asked: Option<Engine>, parsed: &ParsedTrace) -> Result<Engine, Diagnostic> {
    let refused = |message: &str, help: &str| {
        Err(Diagnostic {
            code: Code::TraceEngine,
            message: message.to_owned(),
            place: Some(Box::new(parsed.demand_place.clone())),
            help: help.to_owned(),
        })
    };
    match (&parsed.trace.demand, asked) {
        (Demand::Users(_), Some(Engine::Fluid)) => refused(
            "a load of `users` (closed load) needs the request engine: the time of a user's next request depends on the answer before it",
            "use --engine request (or omit --engine), or give the offered rate as `rps`",
        ),
        (Demand::CpuMillicores(_), Some(Engine::Request)) => refused(
            "a load of `cpu_millicores` needs the fluid engine: its requests are unknown",
            "use --engine fluid (or omit --engine), or give the load as `rps` or `users`",
        ),
        (demand, asked) => Ok(asked.unwrap_or(Engine::usual_for(demand))),
    }
}

impl Engine {
    /// The default engine of `run` and `compare`: the request engine, or the fluid engine for a CPU trace.
    #[must_use]
    pub const fn usual_for(demand: &Demand) -> Self {
        match demand {
            Demand::CpuMillicores(_) => Self::Fluid,
            Demand::RequestsPerSecond(_) | Demand::Users(_) => Self::Request,
        }
    }
}

/// A policy and a trace for one simulation.
pub(super) struct Meeting<'m> {
    /// The policy.
    pub(super) policy: &'m Policy,
    /// The policy's tree, as written.
    pub(super) written: &'m Table,
    /// The policy's own file.
    pub(super) source: SourceId,
    /// The load of the trace.
    pub(super) demand: &'m Demand,
    /// Why the memory in the status of a manifest's autoscaler is not used, if there is a status.
    pub(super) unusable_memory: Option<UnusableMemory>,
}

impl Meeting<'_> {
    /// Adds the conflicts of policy, trace and engine; `engine` is `None` if none can simulate the trace.
    pub(super) fn check(&self, engine: Option<Engine>, faults: &mut Faults<'_>) {
        match self.demand {
            Demand::Users(users) => self.check_closed_load(users, faults),
            Demand::RequestsPerSecond(_) => self.warn_of_thinking_without_users(faults),
            Demand::CpuMillicores(_) => {
                self.warn_of_thinking_without_users(faults);
                self.warn_of_idle_cpu(faults);
            }
        }
        self.warn_of_unstated_memory(faults);
        self.warn_of_memory_of_sidecars(faults);
        self.warn_of_no_autoscaler(faults);
        match (engine, self.demand) {
            (Some(Engine::Fluid), _) => {
                self.refuse_a_mean_beyond_the_timeout(faults);
                self.warn_of_keys_about_requests(faults);
            }
            (Some(Engine::Request), Demand::RequestsPerSecond(_)) => {
                self.refuse_connections_without_count(faults);
                self.warn_of_too_little_memory(faults);
            }
            (Some(Engine::Request), _) => self.warn_of_too_little_memory(faults),
            (None, _) => {}
        }
    }

    /// A user sends after its think time, over its own connection.
    fn check_closed_load(&self, users: &[f64], faults: &mut Faults<'_>) {
        if let Some(origin) = self.place_of(&["workload", "arrivals"]) {
            faults.report(
                Code::NoEffect,
                origin,
                "`workload.arrivals` has no effect under closed load: a user sends after its think time",
                "delete the line and set `think_time`, or use a trace of `rps`",
            );
        }
        if let Some(origin) = self.place_of_connection_count() {
            faults.report(
                Code::NoEffect,
                origin,
                "the number of connections has no effect under closed load: each user has one connection",
                "write connections = { lifetime = \"5m\" }, without a `count`",
            );
        }
        let most = users.iter().copied().fold(0.0, f64::max) * self.policy.workload.scale;
        if most > USERS_MAX
            && let Some(origin) = self.place_of(&["workload", "scale"])
        {
            faults.report(
                Code::OutOfRange,
                origin,
                format!("the scaled trace has {most:.0} users at once"),
                format!("write a `workload.scale` that gives at most {USERS_MAX:.0} users"),
            );
        }
    }

    /// Clients of an open load send without waiting for answers.
    fn warn_of_thinking_without_users(&self, faults: &mut Faults<'_>) {
        if let Some(origin) = self.place_of(&["workload", "think_time"]) {
            faults.report(
                Code::NoEffect,
                origin,
                "`workload.think_time` has no effect under open load: clients send without waiting for answers",
                "delete the line, or use a trace of `users`",
            );
        }
    }

    /// Recorded CPU usage contains the CPU of the containers at rest.
    fn warn_of_idle_cpu(&self, faults: &mut Faults<'_>) {
        let of_sidecars = (1..self.policy.deployment.containers.len())
            .map(|index| format!("deployment.containers.{index}.idle_cpu"));
        for path in std::iter::once("workload.idle_cpu".to_owned()).chain(of_sidecars) {
            let keys: Vec<&str> = path.split('.').collect();
            let Some(origin) = self.place_of(&keys) else {
                continue;
            };
            faults.report(
                Code::NoEffect,
                origin,
                format!("`{path}` has no effect: the recorded CPU usage contains the CPU of containers at rest"),
                "delete the line, or use a trace of `rps` or `users`",
            );
        }
    }

    /// Without an autoscaler the number of pods is fixed.
    fn warn_of_no_autoscaler(&self, faults: &mut Faults<'_>) {
        // An autoscaler that the reader could not read is there.
        if self.policy.autoscaler.is_some() || faults.has_errors() {
            return;
        }
        let origin = ["replicas", "name"]
            .iter()
            .find_map(|key| self.place_of(&["deployment", key]));
        faults.report(
            Code::NoAutoscaler,
            origin.unwrap_or_else(|| Sources::beginning(self.source)),
            format!(
                "there is no autoscaler: the number of pods stays at {}",
                self.policy.deployment.replicas
            ),
            "add [hpa] to the policy, or a HorizontalPodAutoscaler to the manifest; `deployment.replicas` is the number of pods",
        );
    }

    /// An autoscaler that scales on memory follows the memory of the policy, which is a default where nothing states it.
    fn warn_of_unstated_memory(&self, faults: &mut Faults<'_>) {
        let policy = self.policy;
        let Some(autoscaler) = &policy.autoscaler else {
            return;
        };
        if self.place_of(&["workload", "memory_base"]).is_some() {
            return;
        }
        let mut metrics = autoscaler.spec.metrics.iter().zip(&policy.metric_places);
        let reads = |source: &MetricSource| reads_memory(source, &policy.deployment);
        let Some((_, origin)) = metrics.find(|(metric, _)| reads(&metric.source)) else {
            return;
        };
        let (status, or_add_it) = match self.unusable_memory {
            Some(why) => (
                format!(
                    "; the autoscaler's status is not used, because {}",
                    why.in_words()
                ),
                "",
            ),
            None => (
                String::new(),
                "; or add the autoscaler's status, as `kubectl get hpa -o yaml` prints it",
            ),
        };
        faults.report(
            Code::MemoryUnstated,
            *origin,
            format!(
                "the autoscaler scales on memory, and nothing states the memory of a pod: `workload.memory_base` is its default of {}{status}",
                bytes_text(policy.workload.memory_base_bytes)
            ),
            format!(
                "state `workload.memory_base`, which `kubectl top pod` shows of an idle pod, and `workload.memory_per_request`, which each request in the pod adds{or_add_it}"
            ),
        );
    }

    /// All memory of a pod belongs to its first container, so the memory of a sidecar is always 0.
    fn warn_of_memory_of_sidecars(&self, faults: &mut Faults<'_>) {
        let policy = self.policy;
        let Some(autoscaler) = &policy.autoscaler else {
            return;
        };
        let metrics = autoscaler.spec.metrics.iter().zip(&policy.metric_places);
        for (metric, origin) in metrics {
            let sidecar = sidecar_of(&metric.source, &policy.deployment);
            if let (Some("memory"), Some(sidecar)) = (metric.source.resource(), sidecar) {
                faults.report(
                    Code::MemoryUnstated,
                    *origin,
                    format!(
                        "the autoscaler scales on the memory of the sidecar `{}`, which no key states: it is always 0, so this metric never asks for more pods",
                        sidecar.name
                    ),
                    format!(
                        "delete the metric from the simulated policy, or scale on the memory of `{}`, which `workload.memory_base` and `workload.memory_per_request` state",
                        policy.deployment.containers[0].name
                    ),
                );
            }
        }
    }

    /// All clients of an open load share the connections.
    fn refuse_connections_without_count(&self, faults: &mut Faults<'_>) {
        if let Some(origin) = self.place_of(&["workload", "connections"])
            && self.place_of_connection_count().is_none()
        {
            faults.report(
                Code::MissingKey,
                origin,
                "`workload.connections` needs `count` under open load: the clients share that many connections",
                "write connections = { count = 100, lifetime = \"5m\" }",
            );
        }
    }

    /// The fluid engine knows only the mean request, so a mean above the timeout fails all requests.
    fn refuse_a_mean_beyond_the_timeout(&self, faults: &mut Faults<'_>) {
        let workload = &self.policy.workload;
        let mean = workload.cpu_per_request.mean_seconds() + workload.io_per_request.mean_seconds();
        // The section's reader has already refused a workload that no engine can serve.
        let least = workload.cpu_per_request.least() + workload.io_per_request.least();
        if mean < workload.timeout.as_secs_f64() || least > workload.timeout {
            return;
        }
        let written = ["timeout", "io_per_request", "cpu_per_request"]
            .iter()
            .find_map(|key| self.place_of(&["workload", key]));
        let Some(origin) = written else {
            return;
        };
        faults.report(
            Code::OutOfRange,
            origin,
            format!(
                "a request takes {} on average, and its client times out after {}: the fluid engine knows only the mean, so it would serve no request",
                SimSpan::from_secs_f64(mean),
                workload.timeout
            ),
            "write a longer `timeout`, or use --engine request",
        );
    }

    /// The fluid engine has no single requests. Arrivals, balancer and CPU model shape the latency that it reads, if there are requests.
    fn warn_of_keys_about_requests(&self, faults: &mut Faults<'_>) {
        let clients = &self.policy.workload.clients;
        let has_no_requests = matches!(self.demand, Demand::CpuMillicores(_));
        let ignored = [
            (
                "arrivals",
                has_no_requests && clients.arrivals != Arrivals::Poisson,
            ),
            (
                "after_timeout",
                clients.after_timeout != AfterTimeout::Continue,
            ),
            ("retries", clients.retries.max > 0),
            (
                "balancer",
                has_no_requests && clients.balancer != Balancer::Random,
            ),
            ("connections", clients.connections.is_some()),
        ];
        let keys = ignored
            .into_iter()
            .filter(|(_, is_ignored)| *is_ignored)
            .map(|(key, _)| ("workload", key));
        let help = match self.demand {
            Demand::CpuMillicores(_) => {
                "delete the line; the request engine uses it with a trace of `rps` or `users`"
            }
            Demand::RequestsPerSecond(_) | Demand::Users(_) => {
                "use --engine request, or delete the line"
            }
        };
        let cpu_model = has_no_requests.then_some(("pod", "cpu_model"));
        for (section, key) in keys.chain(cpu_model) {
            let Some(origin) = self.place_of(&[section, key]) else {
                continue;
            };
            faults.report(
                Code::NoEffect,
                origin,
                format!(
                    "the fluid engine simulates rates, not requests: `{section}.{key}` has no effect"
                ),
                help,
            );
        }
    }

    /// A pod above the first container's memory limit is killed, here before it can answer a request.
    fn warn_of_too_little_memory(&self, faults: &mut Faults<'_>) {
        // A value that the reader could not read is not too small.
        if faults.has_errors() {
            return;
        }
        let Some(container) = self.policy.deployment.containers.first() else {
            return;
        };
        let Some(limit) = self.policy.deployment.memory_limit_of(container) else {
            return;
        };
        let workload = &self.policy.workload;
        let base = workload.memory_base_bytes;
        let with_a_request = base.saturating_add(workload.memory_per_request_bytes);
        let fate = if base > limit {
            "is OOM-killed at every start"
        } else if with_a_request > limit {
            "is OOM-killed by its first request"
        } else {
            return;
        };
        let limit_path = [
            "deployment",
            "containers",
            "0",
            "resources",
            "limits",
            "memory",
        ];
        let Some(origin) = self
            .place_of(&["workload", "memory_base"])
            .or_else(|| self.place_of(&limit_path))
        else {
            return;
        };
        faults.report(
            Code::MemoryTooSmall,
            origin,
            format!(
                "each pod {fate}: the memory limit of `{}` is {}, and it uses {} when idle and {} with one request",
                container.name,
                bytes_text(limit),
                bytes_text(base),
                bytes_text(with_a_request)
            ),
            "raise the limit, or lower `workload.memory_base` or `workload.memory_per_request`",
        );
    }

    /// The place of the number of connections: the key itself, or `count`.
    fn place_of_connection_count(&self) -> Option<Origin> {
        let connections = node_at(self.written, &["workload", "connections"])?;
        match &connections.value {
            Value::Table(_) => self.place_of(&["workload", "connections", "count"]),
            _ => self.place_of(&["workload", "connections"]),
        }
    }

    /// The place of the key at the end of `path`, if it is written.
    fn place_of(&self, path: &[&str]) -> Option<Origin> {
        let (key, tables) = path.split_last()?;
        match tables {
            [] => self.written.entry(key).map(|entry| entry.key_origin),
            _ => match &node_at(self.written, tables)?.value {
                Value::Table(table) => table.entry(key).map(|entry| entry.key_origin),
                _ => None,
            },
        }
    }
}

/// The value at `path`, by keys of tables and indices of arrays.
fn node_at<'t>(root: &'t Table, path: &[&str]) -> Option<&'t Node> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(root.get(first)?, |node, key| match &node.value {
            Value::Table(table) => table.get(key),
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        })
}
