//! `[workload]`: what a request costs, and what its sender bears.
//!
//! Self-imposed limit: this section alone; how clients behave is `clients_section`'s,
//! and what the trace has to do with it is `engine_choice`'s.

use super::clients_section::read_clients;
use super::diagnostic::Code;
use super::keys::{PolicyKey, Time, declared as key};
use super::reader::{Faults, Section};
use crate::engine::random::Distribution;
use crate::units::SimSpan;
use crate::workload::Workload;

/// The longest mean that work of one request may have.
const REQUEST_MEAN_MAX: SimSpan = SimSpan::from_secs(3600);

/// Reads `[workload]`; without it everything is at its default.
pub(super) fn read_workload(section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> Workload {
    let cpu_per_request = section
        .and_then(|section| read_cpu_per_request(section, faults))
        .unwrap_or_else(key::CPU_PER_REQUEST.default);
    let io_per_request = section
        .and_then(|section| request_time(&key::IO_PER_REQUEST, section, faults))
        .unwrap_or_else(key::IO_PER_REQUEST.default);
    let workload = Workload {
        cpu_per_request,
        io_per_request,
        idle_cpu: key::IDLE_CPU.read(section, faults),
        cpu_noise: key::CPU_NOISE.read(section, faults),
        concurrency: key::CONCURRENCY.read(section, faults),
        queue: key::QUEUE.read(section, faults),
        timeout: key::TIMEOUT.read(section, faults),
        memory_base_bytes: key::MEMORY_BASE.read(section, faults),
        memory_per_request_bytes: key::MEMORY_PER_REQUEST.read(section, faults),
        scale: key::SCALE.read(section, faults),
        clients: read_clients(section, faults),
    };
    if let Some(section) = section {
        refuse_hopeless_timeout(section, &workload, faults);
    }
    workload
}

/// What a request costs, which is something.
fn read_cpu_per_request(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let cpu = request_time(&key::CPU_PER_REQUEST, section, faults)?;
    if cpu.mean_seconds() <= 0.0 {
        faults.report(
            Code::OutOfRange,
            section
                .node(key::CPU_PER_REQUEST.name)
                .map_or(section.origin, |node| node.origin),
            "`workload.cpu_per_request` is 0, so one pod could serve everything",
            "write what a request costs, as \"10ms\"",
        );
    }
    Some(cpu)
}

/// A client that gives up before a request can be done gets no answer ever, however many pods there are.
fn refuse_hopeless_timeout(section: &Section<'_>, workload: &Workload, faults: &mut Faults<'_>) {
    let least = workload.cpu_per_request.least() + workload.io_per_request.least();
    if least <= workload.timeout {
        return;
    }
    let written = ["timeout", "io_per_request", "cpu_per_request"]
        .iter()
        .find_map(|key| section.node(key));
    faults.report(
        Code::OutOfRange,
        written.map_or(section.origin, |node| node.origin),
        format!(
            "a request takes {least} or more by itself, and its client gives up after {}: none would succeed",
            workload.timeout
        ),
        "write a longer `timeout`, or what a request really costs",
    );
}

fn request_time(
    key: &PolicyKey<Time>,
    section: &Section<'_>,
    faults: &mut Faults<'_>,
) -> Option<Distribution> {
    let time = key.stated(section, faults)?;
    if time.mean_seconds() > REQUEST_MEAN_MAX.as_secs_f64() {
        faults.report(
            Code::OutOfRange,
            section.node(key.name)?.origin,
            format!(
                "`{}` is more than {REQUEST_MEAN_MAX} on average",
                section.path_of(key.name)
            ),
            "write what one request takes, as \"10ms\"",
        );
        return None;
    }
    Some(time)
}
