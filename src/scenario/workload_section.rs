//! `[workload]`: what a request costs, and what its sender bears.
//!
//! Self-imposed limit: this section alone; how clients behave is `clients_section`'s,
//! and what the trace has to do with it is `engine_choice`'s.

use super::clients_section::read_clients;
use super::defaults;
use super::diagnostic::Code;
use super::distribution;
use super::reader::{Faults, Section};
use crate::engine::random::Distribution;
use crate::units::SimSpan;
use crate::workload::Workload;

/// The longest mean that work of one request may have.
const REQUEST_MEAN_MAX: SimSpan = SimSpan::from_secs(3600);

/// Reads `[workload]`; without it everything is at its default.
pub(super) fn read_workload(section: Option<&Section<'_>>, faults: &mut Faults<'_>) -> Workload {
    let mut workload = Workload {
        cpu_per_request: defaults::cpu_per_request(),
        io_per_request: defaults::IO_PER_REQUEST,
        idle_cpu: defaults::IDLE_CPU,
        cpu_noise: defaults::CPU_NOISE,
        concurrency: defaults::CONCURRENCY,
        queue: defaults::QUEUE,
        timeout: defaults::TIMEOUT,
        memory_base_bytes: defaults::MEMORY_BASE_BYTES,
        memory_per_request_bytes: defaults::MEMORY_PER_REQUEST_BYTES,
        scale: defaults::SCALE,
        clients: defaults::clients(),
    };
    let Some(section) = section else {
        return workload;
    };
    if let Some(cpu) = request_time(section, "cpu_per_request", faults) {
        if cpu.mean_seconds() <= 0.0 {
            faults.report(
                Code::OutOfRange,
                section
                    .node("cpu_per_request")
                    .map_or(section.origin, |node| node.origin),
                "`workload.cpu_per_request` is 0, so one pod could serve everything",
                "write what a request costs, as \"10ms\"",
            );
        }
        workload.cpu_per_request = cpu;
    }
    if let Some(io) = request_time(section, "io_per_request", faults) {
        workload.io_per_request = io;
    }
    let workload = Workload {
        idle_cpu: section.cpu("idle_cpu", faults).unwrap_or(workload.idle_cpu),
        cpu_noise: section
            .number("cpu_noise", 0.0..=10.0, faults)
            .unwrap_or(workload.cpu_noise),
        concurrency: section
            .integer("concurrency", 1..=1_000_000, faults)
            .unwrap_or(workload.concurrency),
        queue: section
            .integer("queue", 0..=100_000_000, faults)
            .unwrap_or(workload.queue),
        timeout: section
            .duration_from("timeout", SimSpan::from_millis(1), faults)
            .unwrap_or(workload.timeout),
        memory_base_bytes: section
            .memory_bytes("memory_base", faults)
            .unwrap_or(workload.memory_base_bytes),
        memory_per_request_bytes: section
            .memory_bytes("memory_per_request", faults)
            .unwrap_or(workload.memory_per_request_bytes),
        scale: section
            .number("scale", 0.0..=1e9, faults)
            .unwrap_or(workload.scale),
        clients: read_clients(section, faults),
        ..workload
    };
    refuse_hopeless_timeout(section, &workload, faults);
    workload
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

fn request_time(section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<Distribution> {
    let node = section.node(key)?;
    let time = distribution::read(node, &section.path_of(key), faults)?;
    if time.mean_seconds() > REQUEST_MEAN_MAX.as_secs_f64() {
        faults.report(
            Code::OutOfRange,
            node.origin,
            format!(
                "`{}` is more than {REQUEST_MEAN_MAX} on average",
                section.path_of(key)
            ),
            "write what one request takes, as \"10ms\"",
        );
        return None;
    }
    Some(time)
}
