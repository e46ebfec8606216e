//! `[workload]`: the cost of a request, and the clients.
//!
//! `clients_section` reads the keys about clients. `engine_choice` checks the section against the trace.

use super::assumed::{Assumption, Touch};
use super::clients_section::read_clients;
use super::diagnostic::Code;
use super::keys::{self, declared as key, tables};
use super::reader::{Faults, Section};
use super::source::Sources;
use crate::workload::{Overload, Workload};

/// Reads `[workload]`.
pub(super) fn read_workload(section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> Workload {
    let (cpu_per_request, cost_uncertainty) = key::CPU_PER_REQUEST.read(section, faults);
    let workload = Workload {
        cpu_per_request,
        cost_uncertainty,
        io_per_request: key::IO_PER_REQUEST.read(section, faults),
        idle_cpu: key::IDLE_CPU.read(section, faults),
        cpu_noise: key::CPU_NOISE.read(section, faults),
        concurrency: key::CONCURRENCY.read(section, faults),
        overload: key::OVERLOAD
            .open(section, faults)
            .and_then(|overload| read_overload(&overload, faults)),
        queue: key::QUEUE.read(section, faults),
        timeout: key::TIMEOUT.read(section, faults),
        memory_base_bytes: key::MEMORY_BASE.read(section, faults),
        memory_per_request_bytes: key::MEMORY_PER_REQUEST.read(section, faults),
        scale: key::SCALE.read(section, faults),
        before: key::BEFORE.read(section, faults).unwrap_or_default(),
        clients: read_clients(section, faults),
    };
    if let Some(section) = section {
        refuse_hopeless_timeout(section, &workload, faults);
    }
    workload
}

/// The memory of a pod without requests, if the status of a manifest's autoscaler states it.
pub(super) fn memory_of_manifest(
    section: Option<&Section<'_>>,
    sources: &Sources,
    faults: &Faults<'_>,
) -> Option<Assumption> {
    let name = key::MEMORY_BASE.name;
    let node = section?.node(name)?;
    faults.is_in_manifest(node.origin).then(|| {
        let file = &sources.get(node.origin.source).name;
        Assumption::found(
            keys::path("workload", name),
            &format!("\"{}\"", node.text().unwrap_or_default()),
            format!("status.currentMetrics in {file}"),
            &[Touch::Memory],
        )
    })
}

fn read_overload(overload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Overload> {
    let factor = tables::OVERLOAD_FACTOR.read(Some(overload), faults);
    let from = tables::OVERLOAD_FROM.read(Some(overload), faults);
    Some(Overload {
        factor: factor?,
        from,
    })
}

/// If a client times out before any request can finish, every request fails, whatever the number of pods.
fn refuse_hopeless_timeout(section: &Section<'_>, workload: &Workload, faults: &mut Faults<'_>) {
    let least = workload.cpu_per_request.least() + workload.io_per_request.least();
    if least <= workload.timeout {
        return;
    }
    let written = [
        key::TIMEOUT.name,
        key::IO_PER_REQUEST.name,
        key::CPU_PER_REQUEST.name,
    ];
    let written = written.iter().find_map(|key| section.node(key));
    faults.report(
        Code::OutOfRange,
        written.map_or(section.origin, |node| node.origin),
        format!(
            "a request takes at least {least}, and its client times out after {}: every request would fail",
            workload.timeout
        ),
        "write a longer `timeout`, or lower the cost of a request",
    );
}
