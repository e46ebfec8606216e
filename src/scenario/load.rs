//! The request for a scenario, its trace, and the rules between a policy and a trace.
//!
//! `template` has the order of loading.

use std::path::Path;
use std::sync::Arc;

use super::clock::{ClockZone, TraceClock, TraceMoment, clock_in, part};
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::file_request::{FileKind, STANDARD_INPUT};
use super::formats::{self, TraceReading};
use super::keys;
use super::keys::declared::{BEFORE, BEFORE_A_LOAD_TEST};
use super::loader::{LoadedFile, Loader, read_file};
use super::manifest;
use super::metrics_section::BUILT_IN_POD_METRICS;
use super::policy::Policy;
use super::reader::Faults;
use super::toml_text::is_document;
use super::trace_cut::{check_warm_up, cut};
use super::trace_text::ParsedTrace;
use super::{Assumption, Engine, Scenario};
use crate::cluster::stationary::LatencyTables;
use crate::control::Scaler;
use crate::control::metric_of_column;
use crate::hpa::spec::{MetricSource, MetricSpec};
use crate::units::{Millicores, SimSpan, SimTime};
use crate::workload::{Demand, LoadBefore, Trace};

/// A request for a scenario.
#[derive(Clone, Copy, Debug)]
pub struct LoadRequest<'r> {
    /// The path of the policy.
    pub policy: &'r Path,
    /// The path of the trace.
    pub trace: &'r Path,
    /// The arguments of `--set`, each `path=value`, in order.
    pub set: &'r [String],
    /// `--from`: rows before this time are cut off, and this time becomes 0.
    pub from: Option<TraceMoment>,
    /// `--to`: rows after this time are cut off. It is a time of the trace, like `from`.
    pub to: Option<TraceMoment>,
    /// `--timezone`: the zone of the dates that are read and shown; `None` is that of the trace, or UTC.
    pub zone: Option<&'r ClockZone>,
    /// `--warm-up`: the KPIs leave out this part, from the start of the run on.
    pub warm_up: SimSpan,
    /// What the user states of the trace.
    pub reading: TraceReading<'r>,
    /// `--engine`; `None` lets the trace decide.
    pub engine: Option<Engine>,
}

impl<'r> LoadRequest<'r> {
    /// A request for a whole trace, without overrides.
    #[must_use]
    pub fn new(policy: &'r Path, trace: &'r Path) -> Self {
        Self {
            policy,
            trace,
            set: &[],
            from: None,
            to: None,
            zone: None,
            warm_up: SimSpan::ZERO,
            reading: TraceReading::default(),
            engine: None,
        }
    }
}

/// A sort key: faults of one source stay together, in the order of its lines.
pub(super) fn place_key(diagnostic: &Diagnostic) -> Option<(&str, usize)> {
    diagnostic
        .place
        .as_ref()
        .map(|place| (place.source.as_str(), place.span.start))
}

/// The part of a trace that a request asks for, with the clock of its start.
pub(super) struct DatedTrace {
    pub(super) parsed: ParsedTrace,
    pub(super) clock: Option<TraceClock>,
}

pub(super) fn read_trace(
    request: &LoadRequest<'_>,
    loader: &mut dyn Loader,
    inputs: &mut Vec<LoadedFile>,
) -> Result<DatedTrace, Diagnostics> {
    let bytes =
        read_file(loader, request.trace, FileKind::Trace, None).map_err(Diagnostics::one)?;
    let parsed = formats::read_trace(request.trace, &bytes, request.reading);
    inputs.push(LoadedFile {
        path: request.trace.to_owned(),
        bytes,
    });
    let parsed = parsed?;
    let clock = clock_in(parsed.clock(), request.zone);
    let (from, to) = part(request.from, request.to, clock.as_ref(), parsed.trace.end())
        .map_err(Diagnostics::one)?;
    let trace = cut(parsed.trace, from, to).map_err(Diagnostics::one)?;
    check_warm_up(&trace, request.warm_up).map_err(Diagnostics::one)?;
    let start = from.unwrap_or(SimTime::ZERO);
    Ok(DatedTrace {
        clock: clock.map(|clock| clock.from_time(start)),
        parsed: ParsedTrace {
            trace,
            is_load_test: parsed.is_load_test && request.from.is_none(),
            ..parsed
        },
    })
}

/// Whether the file at `path` is a policy or a manifest and not a trace: by its content, or by its name if the content is damaged.
#[must_use]
pub fn is_policy(path: &Path, bytes: &[u8]) -> bool {
    let named = path
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| matches!(extension, "toml" | "yaml" | "yml"));
    let is_table = || {
        let text = std::str::from_utf8(bytes).ok();
        text.is_some_and(is_document)
    };
    named || is_manifest(bytes) || is_table()
}

/// The warnings about two policies that are compared although they differ in demand, SLO or prices; each with the name that the
/// comparison calls it.
#[must_use]
pub fn unlike(
    (first_name, first): (&str, &Scenario),
    (other_name, other): (&str, &Scenario),
) -> Vec<Diagnostic> {
    let sections = [
        (
            "workload",
            first.workload != other.workload,
            "they serve different demand",
        ),
        ("slo", first.slo != other.slo, "each has its own SLO"),
        ("cost", first.cost != other.cost, "each has its own prices"),
    ];
    sections
        .into_iter()
        .filter(|(_, differs, _)| *differs)
        .map(|(section, _, meaning)| Diagnostic {
            code: Code::ComparedUnlike,
            message: format!("`{first_name}` and `{other_name}` differ in [{section}]: {meaning}"),
            place: None,
            help: format!(
                "write [{section}] into a file that both extend, or set it for both with --set"
            ),
        })
        .collect()
}

/// How many bytes of a trace are searched for signs of another format.
const LOOKED_AT_BYTES: usize = 64 << 10;

/// Whether a file given as a trace is a manifest. Diagnostics must not print its lines, because they may hold a Secret.
fn is_manifest(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT_BYTES)]);
    manifest::looks_like_manifest(&start)
}

/// The name of a file without folder and endings: `prod` of `policies/prod.toml`, `spike` of `traces/spike.csv.gz`.
pub(super) fn stem(path: &Path) -> String {
    if path == Path::new(STANDARD_INPUT) {
        return "stdin".to_owned();
    }
    let name = path
        .file_name()
        // A folder such as `.` has no name.
        .map_or_else(
            || "manifests".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.')
        .map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
        .to_owned()
}

pub(super) fn assemble(
    mut policy: Policy,
    trace: Arc<Trace>,
    is_load_test: bool,
    warm_up: SimSpan,
    trace_name: String,
) -> Scenario {
    if is_load_test && !policy.states_before {
        policy.workload.before = LoadBefore::Idle;
        let key = keys::path("workload", BEFORE.name);
        policy
            .assumptions
            .push(Assumption::declared(key, r#""idle""#, BEFORE_A_LOAD_TEST));
    }
    if matches!(trace.demand, Demand::CpuMillicores(_)) {
        leave_idle_cpu_out(&mut policy);
    }
    Scenario {
        policy_name: policy.name,
        trace_name,
        scaler: policy.autoscaler.map(Scaler::Hpa),
        deployment: policy.deployment,
        workload: policy.workload,
        trace,
        clock: None,
        warm_up,
        metrics: policy.metrics,
        slo: policy.slo,
        cost: policy.cost,
        assertions: policy.assertions,
        assumptions: policy.assumptions,
        latency_tables: LatencyTables::default(),
    }
}

/// Recorded CPU usage contains the CPU of the containers at rest.
fn leave_idle_cpu_out(policy: &mut Policy) {
    policy.workload.idle_cpu = Millicores(0);
    for container in &mut policy.deployment.containers {
        container.idle_cpu = Millicores(0);
    }
}

/// Checks that each custom metric is built in or a column of the trace.
pub(super) fn check_custom_metrics(policy: &Policy, trace: &Trace, faults: &mut Faults<'_>) {
    let Some(autoscaler) = &policy.autoscaler else {
        return;
    };
    let metrics = &autoscaler.spec.metrics;
    for (metric, place) in metrics.iter().zip(&policy.metric_places) {
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
        let full = metric.source.column().unwrap_or_default();
        if trace.column(&full).is_some() {
            continue;
        }
        let of_type = |other: &&MetricSpec| other.source.type_name() == metric.source.type_name();
        let is_shared = metrics.iter().filter(of_type).any(|other| {
            let other = other.source.column();
            other.is_some_and(|other| other != full && metric_of_column(&other) == name)
        });
        if is_shared {
            faults.report(
                Code::NoSuchMetric,
                *place,
                format!("several metrics have the name `{name}`, and the trace has no column `{full}` for this one"),
                "a metric is its name, its selector and its object: give the trace a column for each, with this name",
            );
            continue;
        }
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
        let help = faults.nearest_written(name, known()).map_or_else(
            || match (known().next(), is_pods) {
                (None, _) => "add a column with that name to the trace".to_owned(),
                (_, true) => format!(
                    "the built-in metrics are {}; {}",
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
        "the trace has no other columns".to_owned()
    } else {
        format!("the other columns of the trace are {}", columns.join(", "))
    }
}
