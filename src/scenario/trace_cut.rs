//! A part of a trace: `--from`, `--to` and `--warm-up`.
//!
//! The meaning of a row's value does not change.

use super::diagnostic::{Code, Diagnostic, Place};
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, MetricColumn, Trace};

/// A fault of `argument`, as it stands on the command line.
pub(super) fn argument_fault(argument: &str, message: String, help: String) -> Diagnostic {
    Diagnostic {
        code: Code::TraceCut,
        message,
        place: Some(Box::new(Place::within(
            "command line",
            argument,
            0..argument.len(),
        ))),
        help,
    }
}

/// Refuses a warm-up after which nothing of `trace`, the part that runs, is left for the KPIs.
pub(super) fn check_warm_up(trace: &Trace, warm_up: SimSpan) -> Result<(), Diagnostic> {
    let length = trace.end() - SimTime::ZERO;
    if warm_up == SimSpan::ZERO || warm_up < length {
        return Ok(());
    }
    Err(argument_fault(
        &format!("--warm-up {warm_up}"),
        format!("`--warm-up {warm_up}` leaves nothing for the KPIs: the run lasts {length}"),
        format!("write less than {length}, or take a longer part of the trace"),
    ))
}

/// The part of a trace from `from` to `to`; its start becomes time 0, and its last row is at `to`.
pub(super) fn cut(
    trace: Trace,
    from: Option<SimTime>,
    to: Option<SimTime>,
) -> Result<Trace, Diagnostic> {
    if from.is_none() && to.is_none() {
        return Ok(trace);
    }
    let end = trace.end();
    let start = from.unwrap_or(SimTime::ZERO);
    let stop = to.unwrap_or(end);
    let fault = |argument: String, message: String, help: String| {
        Err(argument_fault(&argument, message, help))
    };
    let inside = format!("the trace runs from {} to {end}", SimTime::ZERO);
    if start < SimTime::ZERO || start >= end {
        return fault(
            format!("--from {start}"),
            format!("`--from {start}` is outside the trace"),
            inside,
        );
    }
    if stop > end {
        return fault(
            format!("--to {stop}"),
            format!("`--to {stop}` is outside the trace"),
            inside,
        );
    }
    if stop <= start {
        return fault(
            format!("--to {stop}"),
            format!("`--to {stop}` is not later than the start at {start}"),
            inside,
        );
    }
    // The rows from the one in effect at the start to the last before the stop, and that last one again as the end.
    let first = trace
        .times
        .partition_point(|time| *time <= start)
        .saturating_sub(1);
    let behind = trace.times.partition_point(|time| *time < stop);
    let rows = |values: &[f64]| -> Vec<f64> {
        let mut part = values[first..behind].to_vec();
        part.extend(values[first..behind].last());
        part
    };
    let mut times: Vec<SimTime> = trace.times[first..behind]
        .iter()
        .map(|time| SimTime::ZERO + ((*time).max(start) - start))
        .collect();
    times.push(SimTime::ZERO + (stop - start));
    Ok(Trace {
        times,
        demand: match &trace.demand {
            Demand::RequestsPerSecond(rates) => Demand::RequestsPerSecond(rows(rates)),
            Demand::CpuMillicores(rates) => Demand::CpuMillicores(rows(rates)),
            Demand::Users(users) => Demand::Users(rows(users)),
        },
        columns: trace
            .columns
            .iter()
            .map(|column| MetricColumn {
                name: column.name.clone(),
                values: rows(&column.values),
            })
            .collect(),
    })
}
