//! How clients behave, as `[workload]` states it: sending, thinking, giving up, trying again, choosing a pod.
//!
//! Self-imposed limit: these keys each on its own and against each other. Which
//! engine looks at them, and what the trace makes of them, is `engine_choice`'s.

use super::diagnostic::Code;
use super::distribution;
use super::keys::{declared as key, within};
use super::reader::{Faults, Section, integer};
use super::tree::{Node, Value};
use crate::engine::random::Distribution;
use crate::units::SimSpan;
use crate::workload::{Arrivals, Clients, Connections, Retries};

/// What `workload.arrivals` calls its processes.
#[derive(Clone, Copy)]
enum Process {
    Poisson,
    Even,
    Gamma,
}

const PROCESSES: [(&str, Process); 3] = [
    ("poisson", Process::Poisson),
    ("even", Process::Even),
    ("gamma", Process::Gamma),
];

/// The least coefficient of variation of gamma interarrival times; below it they are even.
const ARRIVALS_CV_MIN: f64 = 0.01;
/// The greatest; beyond it nearly every request comes at the instant of another one.
const ARRIVALS_CV_MAX: f64 = 100.0;
/// The shortest mean pause of a user: one who never paused would, where attempts fail at once, send without end in one instant.
const THINK_MEAN_MIN: SimSpan = SimSpan::from_millis(1);
/// The most attempts after the first.
const RETRIES_MAX: u32 = 100;
/// The greatest budget: as many retries for each request as `max` allows at most.
const RETRY_BUDGET_MAX: f64 = 100.0;
/// The most connections that clients share: each is held in memory.
const CONNECTIONS_MAX: u32 = 1_000_000;
/// How many connections there are where the number is not looked at: each user of a closed load has one.
const CONNECTIONS_UNSTATED: u32 = 1;

/// Reads the keys of `[workload]` that say how clients behave.
pub(super) fn read_clients(workload: Option<&Section<'_>>, faults: &mut Faults<'_>) -> Clients {
    Clients {
        arrivals: workload
            .and_then(|workload| read_arrivals(workload, faults))
            .unwrap_or_else(key::ARRIVALS.default),
        think_time: workload
            .and_then(|workload| read_think_time(workload, faults))
            .unwrap_or_else(key::THINK_TIME.default),
        after_timeout: key::AFTER_TIMEOUT.read(workload, faults),
        retries: workload
            .and_then(|workload| read_retries(workload, faults))
            .unwrap_or_else(key::RETRIES.default),
        balancer: key::BALANCER.read(workload, faults),
        connections: workload.and_then(|workload| read_connections(workload, faults)),
    }
}

/// A word, or a table with `process` and, for gamma, `cv`.
fn read_arrivals(workload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Arrivals> {
    let node = workload.node("arrivals")?;
    let Value::Table(_) = &node.value else {
        let process = workload.word("arrivals", &PROCESSES, faults)?;
        return arrivals_without_cv(process).or_else(|| {
            faults.report(
                Code::MissingKey,
                node.origin,
                "`workload.arrivals` = \"gamma\" needs a `cv`, which says how bursty it is",
                "write arrivals = { process = \"gamma\", cv = 2.0 }",
            );
            None
        });
    };
    let every_key = ["process", "cv"];
    let body = Section::open(node, "workload.arrivals", &every_key, faults)?;
    if body.node("process").is_none() {
        body.missing("process", "\"poisson\", \"even\" or \"gamma\"", faults);
    }
    let process = body.word("process", &PROCESSES, faults)?;
    if let Some(arrivals) = arrivals_without_cv(process) {
        if body.node("cv").is_some() {
            faults.report(
                Code::Conflict,
                body.key_origin("cv"),
                "`workload.arrivals.cv` belongs to gamma interarrival times alone",
                "write process = \"gamma\", or the bare word in place of the table, as arrivals = \"even\"",
            );
        }
        return Some(arrivals);
    }
    if body.node("cv").is_none() {
        body.missing(
            "cv",
            "a number: 1 is Poisson, more is bursty, less is steadier",
            faults,
        );
    }
    let cv = body.number("cv", ARRIVALS_CV_MIN..=ARRIVALS_CV_MAX, faults)?;
    Some(Arrivals::Gamma { cv })
}

/// The arrivals of a process that needs nothing further.
fn arrivals_without_cv(process: Process) -> Option<Arrivals> {
    match process {
        Process::Poisson => Some(Arrivals::Poisson),
        Process::Even => Some(Arrivals::Even),
        Process::Gamma => None,
    }
}

fn read_think_time(workload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let time = key::THINK_TIME.stated(workload, faults)?;
    if time.mean_seconds() >= THINK_MEAN_MIN.as_secs_f64() {
        return Some(time);
    }
    faults.report(
        Code::OutOfRange,
        workload.node(key::THINK_TIME.name)?.origin,
        format!("`workload.think_time` is less than {THINK_MEAN_MIN} on average"),
        format!(
            "write \"{THINK_MEAN_MIN}\" or more: where requests fail at once, a user without a pause would send without end"
        ),
    );
    None
}

/// A whole number, or a table with `max`.
fn read_retries(workload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Retries> {
    let node = workload.node("retries")?;
    let Value::Table(_) = &node.value else {
        let max = integer(node, "workload.retries", 0..=RETRIES_MAX, faults)?;
        return Some(Retries {
            max,
            ..within::RETRIES
        });
    };
    let keys = ["max", "backoff", "max_backoff", "budget"];
    let body = Section::open(node, "workload.retries", &keys, faults)?;
    if body.node("max").is_none() {
        body.missing(
            "max",
            "the number of attempts after the first, as max = 2",
            faults,
        );
    }
    let max = body.integer("max", 0..=RETRIES_MAX, faults);
    let backoff = body.duration("backoff", faults);
    let max_backoff = body.duration("max_backoff", faults);
    let budget = body.number("budget", 0.0..=RETRY_BUDGET_MAX, faults);
    let retries = Retries {
        max: max?,
        backoff: backoff.unwrap_or(within::RETRIES.backoff),
        max_backoff: max_backoff.unwrap_or(within::RETRIES.max_backoff),
        budget,
    };
    refuse_longest_pause_below_first(&body, &retries, faults);
    Some(retries)
}

fn refuse_longest_pause_below_first(
    body: &Section<'_>,
    retries: &Retries,
    faults: &mut Faults<'_>,
) {
    if retries.max_backoff >= retries.backoff {
        return;
    }
    let written = ["max_backoff", "backoff"]
        .iter()
        .find_map(|key| body.node(key));
    faults.report(
        Code::OutOfRange,
        written.map_or(body.origin, |node| node.origin),
        format!(
            "the longest pause before a retry (`max_backoff`, {}) is below the first (`backoff`, {})",
            retries.max_backoff, retries.backoff
        ),
        format!("write max_backoff = \"{}\" or more", retries.backoff),
    );
}

/// A number of connections, or a table with `count` and `lifetime`.
fn read_connections(workload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Connections> {
    let node = workload.node("connections")?;
    let Value::Table(_) = &node.value else {
        let count = integer(node, "workload.connections", 1..=CONNECTIONS_MAX, faults)?;
        return Some(Connections {
            count,
            lifetime: within::CONNECTION_LIFETIME,
        });
    };
    let body = Section::open(node, "workload.connections", &["count", "lifetime"], faults)?;
    Some(Connections {
        count: body
            .integer("count", 1..=CONNECTIONS_MAX, faults)
            .unwrap_or(CONNECTIONS_UNSTATED),
        lifetime: body
            .node("lifetime")
            .and_then(|lifetime| read_lifetime(lifetime, faults))
            .unwrap_or(within::CONNECTION_LIFETIME),
    })
}

fn read_lifetime(node: &Node, faults: &mut Faults<'_>) -> Option<Distribution> {
    let lifetime = distribution::read(node, "workload.connections.lifetime", faults)?;
    if lifetime.mean_seconds() > 0.0 {
        return Some(lifetime);
    }
    faults.report(
        Code::OutOfRange,
        node.origin,
        "`workload.connections.lifetime` is 0, so no connection would be kept",
        "write how long one is used, as \"5m\"; without `connections` each request is balanced by itself",
    );
    None
}
