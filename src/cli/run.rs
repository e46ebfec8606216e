//! `hpasim run POLICY TRACE`: what would the autoscaler do?
//!
//! Self-imposed limit: load, simulate, draw, write, print; each is done elsewhere.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::assertions::{self, Channel};
use super::choices::{EngineChoice, PictureKind, PlotChoice};
use super::error::{CommandError, Completion};
use super::files::{FileLoader, hashed};
use super::interrupt::Interrupt;
use super::manifest_args::ManifestArgs;
use super::output_folder::{
    DECISIONS, LATENCY, OutputFolder, Overwrite, PLOT_PNG, PLOT_SVG, SUMMARY, TIMELINE,
};
use super::progress::{Progress, ProgressMode};
use super::screen::Screen;
use crate::render::plot::{Picture, render_png, render_svg};
use crate::render::summary::{RunSummary, render_summary};
use crate::results::decisions::DecisionLog;
use crate::results::export::{KpiReport, Summary, latency_csv, timeline_csv};
use crate::results::kpis::KpiObserver;
use crate::results::observers::Both;
use crate::results::timeline::TimelineRecorder;
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::{Kpis, Timeline, export};
use crate::scenario::{
    Assertion, Engine, LoadRequest, Loaded, Scenario, load_choosing, parse_duration,
};
use crate::simulation::{Provisioning, simulate};
use crate::units::{Replicas, Seed, SimSpan, SimTime};
use crate::workload::Demand;

/// Simulate a policy under a trace.
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The policy (TOML) or a Kubernetes manifest (YAML, JSON)
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The traffic: CSV, or a recording (k6, Prometheus, Locust, access log), plain or gzip; - is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Override a key of the policy: --set hpa.maxReplicas=80; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// Leave out what lies before this time of the trace
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    from: Option<SimSpan>,
    /// Leave out what lies behind this time of the trace
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    to: Option<SimSpan>,
    /// Which engine simulates.
    #[arg(
        long,
        value_enum,
        value_name = "ENGINE",
        help = "Which engine simulates [default: request, or fluid for a trace of CPU demand]"
    )]
    engine: Option<EngineChoice>,
    /// The seed from which all chance follows
    #[arg(long, value_name = "N", default_value_t = Seed::default().0, allow_negative_numbers = true)]
    seed: u64,
    /// Run this many seeds, from --seed on; KPIs become median, p10 and p90, pictures show the first
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// The output folder.
    #[arg(
        short,
        long,
        value_name = "DIR",
        help = "The output folder [default: output/<policy>-<trace>]"
    )]
    output: Option<PathBuf>,
    /// Overwrite the results of other inputs
    #[arg(long)]
    force: bool,
    /// Which pictures are drawn
    #[arg(long, value_enum, default_value_t = PlotChoice::All)]
    plot: PlotChoice,
    /// What is printed to stdout
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    format: SummaryFormat,
    /// What must hold, or the exit code is 99: --assert 'slo_violation_seconds<=30'; may be given several times
    #[arg(long, value_name = "KPI<=NUMBER")]
    assert: Vec<String>,
    /// No summary, no warnings, no progress: only errors, and the data of --format json
    #[arg(short, long)]
    quiet: bool,
}

/// The names of a run's files beside the summary, in the order in which they are written.
fn files_of(plot: PlotChoice, engine: Engine) -> Vec<&'static str> {
    let tables: &[&str] = match engine {
        Engine::Request => &[TIMELINE, LATENCY, DECISIONS],
        Engine::Fluid => &[TIMELINE, DECISIONS],
    };
    plot.kinds()
        .iter()
        .map(|kind| match *kind {
            PictureKind::Png => PLOT_PNG,
            PictureKind::Svg => PLOT_SVG,
        })
        .chain(tables.iter().copied())
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryFormat {
    /// A summary for people
    Table,
    /// The content of summary.json
    Json,
}

/// Loads, simulates, writes, prints.
pub(super) fn run(arguments: &RunArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let loaded = load_inputs(arguments)?;
    if !arguments.quiet {
        screen.warn(&loaded.warnings);
    }
    let assertions = read_assertions(arguments, &loaded.scenario)?;
    let seeds = arguments.seeds();
    let mode = if arguments.quiet {
        ProgressMode::Off
    } else {
        ProgressMode::WhereSeen
    };
    let hint = faster_engine(&loaded);
    let progress = Progress::new(seeds.len(), loaded.scenario.trace.end(), hint, mode);
    let runs = simulate_all(&loaded, &seeds, &progress)?;
    drop(progress);
    let report = runs.report();
    let checked: Vec<CheckedAssertion> = assertions
        .iter()
        .map(|assertion| {
            let scenario = &loaded.scenario;
            check(
                assertion,
                &scenario.policy_name,
                &scenario.trace_name,
                &report,
            )
        })
        .collect();
    let request = export::Request {
        set: arguments.set.clone(),
        from: arguments.from,
        to: arguments.to,
        hpa: arguments.manifest.hpa.clone(),
        namespace: arguments.manifest.namespace.clone(),
    };
    let summary = Summary::new(
        &loaded.scenario,
        loaded.engine,
        &seeds,
        hashed(&loaded.inputs),
        report.clone(),
    )
    .with_request(request.clone())
    .with_files(files_of(arguments.plot, loaded.engine))
    .with_assertions(checked.clone())
    .to_json()?;
    let files = write_files(arguments, &loaded, &runs, &request, &summary, &interrupt)?;
    let channel = match arguments.format {
        _ if arguments.quiet => Channel::Quiet,
        SummaryFormat::Json => Channel::BesideData,
        SummaryFormat::Table => Channel::Text,
    };
    assertions::tell(&checked, channel, screen)?;
    match arguments.format {
        SummaryFormat::Json => screen.print(&String::from_utf8_lossy(&summary))?,
        SummaryFormat::Table if arguments.quiet => {}
        SummaryFormat::Table => {
            let summary = RunSummary {
                scenario: &loaded.scenario,
                engine: loaded.engine,
                seeds: &seeds,
                kpis: &report,
                request: &request,
                files: &files,
            };
            screen.print(&render_summary(&summary, screen.stdout_coloring()))?;
        }
    }
    Ok(assertions::completion(&checked))
}

/// Those of the policy, then those of the command line.
fn read_assertions(
    arguments: &RunArgs,
    scenario: &Scenario,
) -> Result<Vec<Assertion>, CommandError> {
    let asked = assertions::read(&arguments.assert, &[&scenario.policy_name])?;
    Ok([scenario.assertions.clone(), asked].concat())
}

impl RunArgs {
    fn seeds(&self) -> Vec<Seed> {
        (0..u64::from(self.seeds))
            .map(|offset| Seed(self.seed.wrapping_add(offset)))
            .collect()
    }

    fn folder(&self, scenario: &Scenario) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let name = format!("{}-{}", scenario.policy_name, scenario.trace_name);
            PathBuf::from("output").join(name)
        })
    }
}

fn load_inputs(arguments: &RunArgs) -> Result<Loaded, CommandError> {
    let request = LoadRequest {
        policy: &arguments.policy,
        trace: &arguments.trace,
        set: &arguments.set,
        from: arguments.from.map(|span| SimTime::ZERO + span),
        to: arguments.to.map(|span| SimTime::ZERO + span),
        engine: arguments.engine.map(Engine::from),
    };
    load_choosing(request, &arguments.manifest.choice(), &mut FileLoader)
        .map_err(CommandError::Input)
}

/// What to say when the work takes long: the other engine, where it could do it.
fn faster_engine(loaded: &Loaded) -> Option<&'static str> {
    let is_flow = matches!(
        loaded.scenario.trace.demand,
        Demand::RequestsPerSecond(_) | Demand::CpuMillicores(_)
    );
    (loaded.engine == Engine::Request && is_flow).then_some(
        "hint: --engine fluid answers in milliseconds, with means instead of single requests",
    )
}

/// Everything about the first seed, and the KPIs of all.
struct Runs {
    timeline: Timeline,
    decisions: Vec<u8>,
    /// Empty where no single requests were told of.
    latency: Vec<u8>,
    kpis: Vec<Kpis>,
}

impl Runs {
    fn report(&self) -> KpiReport {
        KpiReport::of(&self.kpis).unwrap_or_else(|| KpiReport::Folded(Vec::new()))
    }
}

fn simulate_all(
    loaded: &Loaded,
    seeds: &[Seed],
    progress: &Progress,
) -> Result<Runs, CommandError> {
    let provisioning = Provisioning::of(&loaded.scenario);
    let needed = |rps: f64| provisioning.needed(rps);
    let (first, others) = seeds.split_first().unwrap_or((&Seed(1), &[]));
    let (first, others) = rayon::join(
        || simulate_first(loaded, *first, needed, progress),
        || {
            others
                .par_iter()
                .map(|seed| simulate_another(loaded, *seed, needed, progress))
                .collect::<Vec<Kpis>>()
        },
    );
    let mut runs = first?;
    runs.kpis.extend(others);
    Ok(runs)
}

fn simulate_first(
    loaded: &Loaded,
    seed: Seed,
    needed: impl Fn(f64) -> Option<Replicas> + Copy,
    progress: &Progress,
) -> Result<Runs, CommandError> {
    let scenario = &loaded.scenario;
    let mut observer = Both::new(
        KpiObserver::new(scenario, needed),
        Both::new(
            Both::new(
                TimelineRecorder::new(scenario, needed),
                DecisionLog::default(),
            ),
            progress.of_run(),
        ),
    );
    simulate(scenario, loaded.engine, seed, &mut observer);
    observer.second.second.finish();
    let latency = observer.first.measured_latency().map(latency_csv);
    Ok(Runs {
        latency: latency.transpose()?.unwrap_or_default(),
        kpis: vec![observer.first.finish()],
        timeline: observer.second.first.first.finish(),
        decisions: observer.second.first.second.finish()?,
    })
}

fn simulate_another(
    loaded: &Loaded,
    seed: Seed,
    needed: impl Fn(f64) -> Option<Replicas> + Copy,
    progress: &Progress,
) -> Kpis {
    let scenario = &loaded.scenario;
    let mut observer = Both::new(KpiObserver::new(scenario, needed), progress.of_run());
    simulate(scenario, loaded.engine, seed, &mut observer);
    observer.second.finish();
    observer.first.finish()
}

/// Writes the run's files, the summary last; the paths for people come back.
fn write_files(
    arguments: &RunArgs,
    loaded: &Loaded,
    runs: &Runs,
    request: &export::Request,
    summary: &[u8],
    interrupt: &Interrupt,
) -> Result<Vec<String>, CommandError> {
    let overwrite = if arguments.force {
        Overwrite::Force
    } else {
        Overwrite::Refuse
    };
    let picture = Picture {
        scenario: &loaded.scenario,
        timeline: &runs.timeline,
        kpis: &runs.kpis[0],
        engine: loaded.engine,
        seed: Seed(arguments.seed),
        seeds: runs.kpis.len(),
        request,
    };
    let names = files_of(arguments.plot, loaded.engine);
    let outputs = names
        .iter()
        .map(|name| {
            Ok(match *name {
                PLOT_PNG => Cow::Owned(render_png(&picture)?),
                PLOT_SVG => Cow::Owned(render_svg(&picture)?.into_bytes()),
                TIMELINE => Cow::Owned(timeline_csv(&runs.timeline)?),
                LATENCY => Cow::Borrowed(&runs.latency[..]),
                _ => Cow::Borrowed(&runs.decisions[..]),
            })
        })
        .collect::<Result<Vec<Cow<'_, [u8]>>, CommandError>>()?;
    let writing = interrupt.while_writing();
    let mut folder = OutputFolder::open(
        &arguments.folder(&loaded.scenario),
        &hashed(&loaded.inputs),
        overwrite,
    )?;
    for (name, bytes) in names.iter().zip(&outputs) {
        folder.write(name, bytes)?;
        writing.check()?;
    }
    folder.complete(summary)?;
    let files = names
        .into_iter()
        .chain([SUMMARY])
        .map(|name| folder.file(name).display().to_string())
        .collect();
    Ok(files)
}
