//! The way in: a policy, a trace and the `--set`s of a command to a checked [`Scenario`].
//!
//! Self-imposed limit: the order of it all, and what policy and trace must agree on.

use std::path::Path;

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::engine_choice::{self, Meeting};
use super::formats;
use super::loader::{InputFile, Loader, PolicyFiles, read_file};
use super::manifest::ManifestChoice;
use super::policy::{self, Policy};
use super::reader::{Faults, nearest};
use super::trace_text::ParsedTrace;
use super::{Assumption, Engine, Scenario, overrides};
use crate::hpa::spec::MetricSource;
use crate::units::SimTime;
use crate::workload::{Demand, Trace};

/// What to load.
#[derive(Clone, Copy, Debug)]
pub struct LoadRequest<'r> {
    /// The policy's file.
    pub policy: &'r Path,
    /// The trace's file.
    pub trace: &'r Path,
    /// The arguments of `--set`, each `path=value`, in their order.
    pub set: &'r [String],
    /// `--from`: what lies before is cut off, and this becomes time 0.
    pub from: Option<SimTime>,
    /// `--to`: what lies behind is cut off; counted in the trace's own time, as `from` is.
    pub to: Option<SimTime>,
    /// `--engine`; `None` leaves the choice to the trace.
    pub engine: Option<Engine>,
}

/// A scenario and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The engine that was asked for, or else the request engine where the trace knows requests.
    pub engine: Engine,
    /// What its user should know.
    pub warnings: Vec<Diagnostic>,
    /// Every file that was read, in the order of reading: the policy, its bases, the trace.
    pub inputs: Vec<InputFile>,
}

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Metrics of type Pods that the plant measures itself, per pod.
pub(super) const BUILT_IN_POD_METRICS: [&str; 3] =
    ["requests_per_second", "in_flight", "queue_length"];

/// Loads a policy and a trace.
///
/// # Errors
/// Everything that is wrong with either, all at once.
pub fn load(request: LoadRequest<'_>, loader: &mut dyn Loader) -> Result<Loaded, Diagnostics> {
    load_choosing(request, &ManifestChoice::default(), loader)
}

/// Loads a policy, of a manifest the part that is chosen, and a trace.
///
/// # Errors
/// Everything that is wrong with either, all at once.
pub fn load_choosing(
    request: LoadRequest<'_>,
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Result<Loaded, Diagnostics> {
    let mut files = PolicyFiles::new(loader, choice.clone());
    let tree = files.read_policy(request.policy);
    let set = files.add_overrides(request.set);
    files.check_choice();
    let PolicyFiles {
        loader,
        sources,
        mut inputs,
        faults: file_faults,
        ..
    } = files;
    let mut omitted = file_faults.omitted;
    let mut trace_faults = Vec::new();
    let parsed = read_trace(&request, loader, &mut inputs).map_err(|diagnostics| {
        omitted += diagnostics.omitted;
        trace_faults = diagnostics.list;
    });
    let parsed = parsed.ok();
    let engine = parsed.as_ref().and_then(|parsed| {
        engine_choice::choose(request.engine, parsed)
            .map_err(|fault| trace_faults.push(fault))
            .ok()
    });

    let mut faults = Faults::new(&sources);
    faults.extend(file_faults.list);
    let policy = tree.map(|mut tree| {
        overrides::apply(&mut tree.table, &set, &sources, &mut faults);
        let stem = stem(request.policy);
        let policy = policy::read(&tree.table, tree.source, &stem, &sources, &mut faults);
        if let Some(parsed) = &parsed {
            check_custom_metrics(&policy, &parsed.trace, &mut faults);
            let meeting = Meeting {
                policy: &policy,
                written: &tree.table,
                demand: &parsed.trace.demand,
            };
            meeting.check(engine, &mut faults);
        }
        policy
    });
    let has_errors = faults.has_errors();
    let mut list = faults.into_list();
    list.sort_by(|a, b| place_key(a).cmp(&place_key(b)));
    match (policy, parsed, engine, has_errors) {
        (Some(policy), Some(parsed), Some(engine), false) => {
            list.extend(parsed.warnings);
            Ok(Loaded {
                engine,
                scenario: assemble(policy, parsed.trace, stem(request.trace)),
                warnings: list,
                inputs,
            })
        }
        _ => {
            list.extend(trace_faults);
            Err(Diagnostics { list, omitted })
        }
    }
}

/// Faults of one source stay together, in the order of its lines.
fn place_key(diagnostic: &Diagnostic) -> Option<(&str, usize)> {
    diagnostic
        .place
        .as_ref()
        .map(|place| (place.source.as_str(), place.span.start))
}

fn read_trace(
    request: &LoadRequest<'_>,
    loader: &mut dyn Loader,
    inputs: &mut Vec<InputFile>,
) -> Result<ParsedTrace, Diagnostics> {
    let bytes = read_file(loader, request.trace, None).map_err(Diagnostics::one)?;
    let parsed = formats::read_trace(request.trace, &bytes);
    inputs.push(InputFile {
        path: request.trace.to_owned(),
        bytes,
    });
    let parsed = parsed?;
    let trace = cut(parsed.trace, request.from, request.to).map_err(Diagnostics::one)?;
    Ok(ParsedTrace { trace, ..parsed })
}

/// `prod` of `policies/prod.toml`, `spike` of `traces/spike.csv.gz`.
pub(super) fn stem(path: &Path) -> String {
    if path == Path::new(STANDARD_INPUT) {
        return "stdin".to_owned();
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.')
        .map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
        .to_owned()
}

fn assemble(policy: Policy, trace: Trace, trace_name: String) -> Scenario {
    let matters = |assumption: &Assumption| match assumption.key.as_str() {
        "workload.cpu_per_request" | "workload.timeout" | "slo.latency" => {
            !matches!(trace.demand, Demand::CpuMillicores(_))
        }
        "workload.think_time" => matches!(trace.demand, Demand::Users(_)),
        _ => true,
    };
    let assumptions = policy.assumptions.into_iter().filter(matters).collect();
    Scenario {
        policy_name: policy.name,
        trace_name,
        autoscaler: policy.autoscaler,
        deployment: policy.deployment,
        workload: policy.workload,
        trace,
        metrics: policy.metrics,
        slo: policy.slo,
        cost: policy.cost,
        assumptions,
    }
}

/// A custom metric is built in or a column of the trace.
fn check_custom_metrics(policy: &Policy, trace: &Trace, faults: &mut Faults<'_>) {
    let Some(autoscaler) = &policy.autoscaler else {
        return;
    };
    for (metric, place) in autoscaler.spec.metrics.iter().zip(&policy.metric_places) {
        let name = match &metric.source {
            MetricSource::Pods { metric }
                if BUILT_IN_POD_METRICS.contains(&metric.name.as_str()) =>
            {
                continue;
            }
            MetricSource::Pods { metric }
            | MetricSource::Object { metric, .. }
            | MetricSource::External { metric } => &metric.name,
            MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => continue,
        };
        if trace.column(name).is_some() {
            continue;
        }
        let is_pods = matches!(metric.source, MetricSource::Pods { .. });
        let columns: Vec<&str> = trace
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let built_in: &[&str] = if is_pods { &BUILT_IN_POD_METRICS } else { &[] };
        let known = || columns.iter().chain(built_in).copied();
        let help = nearest(name, known()).map_or_else(
            || match (known().next(), is_pods) {
                (None, _) => "add a column of that name to the trace".to_owned(),
                (_, true) => format!(
                    "built in are {}; {}",
                    BUILT_IN_POD_METRICS.join(", "),
                    columns_text(&columns)
                ),
                (_, false) => columns_text(&columns),
            },
            |near| format!("did you mean `{near}`?"),
        );
        faults.report(
            Code::NoSuchMetric,
            *place,
            format!(
                "the trace has no column `{name}` for this {} metric",
                metric.source.type_name()
            ),
            help,
        );
    }
}

fn columns_text(columns: &[&str]) -> String {
    if columns.is_empty() {
        "the trace has no further columns".to_owned()
    } else {
        format!("the trace's further columns are {}", columns.join(", "))
    }
}

/// The part of a trace from `from` to `to`; its start becomes time 0, its last row stands at `to`.
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
        Err(Diagnostic {
            code: Code::TraceCut,
            message,
            place: Some(Box::new(Place::within(
                "command line",
                &argument,
                0..argument.len(),
            ))),
            help,
        })
    };
    let inside = format!("the trace runs from {} to {end}", SimTime::ZERO);
    if start < SimTime::ZERO || start >= end {
        return fault(
            format!("--from {start}"),
            format!("`--from {start}` lies outside the trace"),
            inside,
        );
    }
    if stop > end {
        return fault(
            format!("--to {stop}"),
            format!("`--to {stop}` lies outside the trace"),
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
    // Rows from the one in force at the start to the last before the stop, and that one again as the end.
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
            .map(|column| crate::workload::MetricColumn {
                name: column.name.clone(),
                values: rows(&column.values),
            })
            .collect(),
    })
}
