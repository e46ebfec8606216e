//! The behaviour of clients in `[workload]`: arrivals, think time, timeout, retries, connections and balancing.
//!
//! `engine_choice` checks these keys against the engine and the trace.

use super::diagnostic::Code;
use super::keys::declared as key;
use super::keys::kinds::ShortForm;
use super::keys::tables::{self, Process};
use super::reader::{Faults, Section};
use crate::workload::{Arrivals, Clients, Connections, Retries};

/// The number of connections where it has no effect: each user of a closed load has one.
const CONNECTIONS_UNSTATED: u32 = 1;

/// Reads the keys of `[workload]` that describe clients.
pub(super) fn read_clients(workload: Option<&Section<'_>>, faults: &mut Faults<'_>) -> Clients {
    Clients {
        arrivals: workload
            .and_then(|workload| read_arrivals(workload, faults))
            .unwrap_or_else(key::ARRIVALS.default),
        think_time: key::THINK_TIME.read(workload, faults),
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
    let body = match key::ARRIVALS.form(workload, faults)? {
        ShortForm::Table(body) => body,
        ShortForm::Short(process) => {
            return arrivals_without_cv(process).or_else(|| {
                faults.report(
                    Code::MissingKey,
                    workload.node(key::ARRIVALS.name)?.origin,
                    "`workload.arrivals` = \"gamma\" needs `cv`, which states how bursty the arrivals are",
                    "write arrivals = { process = \"gamma\", cv = 2.0 }",
                );
                None
            });
        }
    };
    let cv = &tables::ARRIVALS_CV;
    let process = tables::ARRIVALS_PROCESS.read(Some(&body), faults)?;
    if let Some(arrivals) = arrivals_without_cv(process) {
        if body.node(cv.name).is_some() {
            faults.report(
                Code::Conflict,
                body.key_origin(cv.name),
                "only gamma arrivals take `workload.arrivals.cv`",
                "write process = \"gamma\", or a word instead of the table, such as arrivals = \"even\"",
            );
        }
        return Some(arrivals);
    }
    body.require(
        cv.name,
        "a number: 1 is Poisson, above 1 is burstier, below 1 is steadier",
        faults,
    );
    let cv = cv.read(Some(&body), faults)?;
    Some(Arrivals::Gamma { cv })
}

/// The arrivals of a process without further keys.
fn arrivals_without_cv(process: Process) -> Option<Arrivals> {
    match process {
        Process::Poisson => Some(Arrivals::Poisson),
        Process::Even => Some(Arrivals::Even),
        Process::Gamma => None,
    }
}

/// A whole number, or a table with `max`.
fn read_retries(workload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Retries> {
    let body = match key::RETRIES.form(workload, faults)? {
        ShortForm::Table(body) => body,
        ShortForm::Short(max) => {
            return Some(Retries {
                max,
                ..(key::RETRIES.default)()
            });
        }
    };
    let max = tables::RETRIES_MAX.read(Some(&body), faults);
    let backoff = tables::RETRIES_BACKOFF.read(Some(&body), faults);
    let max_backoff = tables::RETRIES_MAX_BACKOFF.read(Some(&body), faults);
    let budget = tables::RETRIES_BUDGET.read(Some(&body), faults);
    let retries = Retries {
        max: max?,
        backoff,
        max_backoff,
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
    let written = [
        tables::RETRIES_MAX_BACKOFF.name,
        tables::RETRIES_BACKOFF.name,
    ];
    let written = written.iter().find_map(|key| body.node(key));
    faults.report(
        Code::OutOfRange,
        written.map_or(body.origin, |node| node.origin),
        format!(
            "the longest pause before a retry (`max_backoff`, {}) is shorter than the first (`backoff`, {})",
            retries.max_backoff, retries.backoff
        ),
        format!("write max_backoff = \"{}\" or more", retries.backoff),
    );
}

/// A number of connections, or a table with `count` and `lifetime`.
fn read_connections(workload: &Section<'_>, faults: &mut Faults<'_>) -> Option<Connections> {
    let (count, body) = match key::CONNECTIONS.form(workload, faults)? {
        ShortForm::Short(count) => (Some(count), None),
        ShortForm::Table(body) => (
            tables::CONNECTIONS_COUNT.read(Some(&body), faults),
            Some(body),
        ),
    };
    Some(Connections {
        count: count.unwrap_or(CONNECTIONS_UNSTATED),
        lifetime: tables::CONNECTIONS_LIFETIME.read(body.as_ref(), faults),
    })
}
