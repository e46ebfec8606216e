//! `hpasim run POLICY TRACE`: what would the autoscaler do?
//!
//! Self-imposed limit: load, simulate, draw, write, print; each is done elsewhere.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;

use super::assertions::{self, Channel};
use super::choices::{PictureKind, PlotChoice, SummaryFormat};
use super::error::{CommandError, Completion};
use super::files::{FileLoader, hashed};
use super::interrupt::Interrupt;
use super::load_args::LoadArgs;
use super::output_args::{QuietArgs, WriteArgs};
use super::output_folder::{DECISIONS, LATENCY, PLOT_PNG, PLOT_SVG, TIMELINE};
use super::progress::Progress;
use super::result_files::{Destination, ResultFile};
use super::screen::Screen;
use super::seed_args::SeedArgs;
use super::size::Size;
use crate::render::plot::{Picture, render_png, render_svg};
use crate::render::summary::{RunSummary, render_summary};
use crate::results::decisions::DecisionLog;
use crate::results::export::{KpiReport, Summary, latency_csv, timeline_csv};
use crate::results::kpis::KpiObserver;
use crate::results::observers::Both;
use crate::results::timeline::TimelineRecorder;
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::{Kpis, Timeline, export};
use crate::scenario::{Assertion, Engine, Loaded, Scenario};
use crate::simulation::{Extent, Provisioning, simulate};
use crate::units::{Replicas, Seed};
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
    load: LoadArgs,
    #[command(flatten)]
    seed: SeedArgs,
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
    #[command(flatten)]
    write: WriteArgs,
    /// What is printed to stdout
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    format: SummaryFormat,
    /// What must hold, or the exit code is 99: --assert 'slo_violation_seconds<=30'; may be given several times
    #[arg(long, value_name = "KPI<=NUMBER")]
    assert: Vec<String>,
    #[command(flatten)]
    quiet: QuietArgs,
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

/// Loads, simulates, writes, prints.
pub(super) fn run(arguments: &RunArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let seeds = arguments.seed.seeds(arguments.seeds.into())?;
    let loaded = arguments
        .load
        .load(
            &arguments.policy,
            &arguments.trace,
            &arguments.set,
            &mut FileLoader,
        )
        .map_err(CommandError::Input)?;
    arguments.quiet.warn(&loaded.warnings, screen);
    let assertions = read_assertions(arguments, &loaded.scenario)?;
    let runs = seeds.len() as f64;
    Size {
        runs,
        extent: Extent::of(&loaded.scenario, loaded.engine).times(runs),
        ..Size::default()
    }
    .announce(less_work(&loaded), arguments.quiet, screen)?;
    let progress = Progress::new(
        seeds.len(),
        loaded.scenario.trace.end(),
        faster_engine(&loaded),
        arguments.quiet.progress(),
    );
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
    let request = arguments.load.request(&arguments.set);
    let summary = Summary::new(
        &loaded.scenario,
        loaded.engine,
        &seeds,
        hashed(&loaded.inputs),
        report.clone(),
    )
    .with_request(request.clone())
    .with_files(files_of(arguments.write.plot, loaded.engine))
    .with_assertions(checked.clone())
    .to_json()?;
    let files = write_files(arguments, &loaded, &runs, &request, &summary, &interrupt)?;
    let channel = match arguments.format {
        _ if arguments.quiet.is_asked_for() => Channel::Quiet,
        SummaryFormat::Json => Channel::BesideData,
        SummaryFormat::Table => Channel::Text,
    };
    assertions::tell(&checked, channel, screen)?;
    match arguments.format {
        SummaryFormat::Json => screen.print(&String::from_utf8_lossy(&summary))?,
        SummaryFormat::Table if arguments.quiet.is_asked_for() => {}
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
    fn folder(&self, scenario: &Scenario) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let name = format!("{}-{}", scenario.policy_name, scenario.trace_name);
            PathBuf::from("output").join(name)
        })
    }
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

/// What takes less than to simulate every request.
fn less_work(loaded: &Loaded) -> &'static str {
    if matches!(loaded.scenario.trace.demand, Demand::Users(_)) {
        "a part of the trace (--from, --to), fewer users or fewer --seeds take less"
    } else {
        "--engine fluid takes next to none; a part of the trace (--from, --to), a smaller workload.scale or fewer --seeds take less"
    }
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
    let picture = Picture {
        scenario: &loaded.scenario,
        timeline: &runs.timeline,
        kpis: &runs.kpis[0],
        engine: loaded.engine,
        seed: arguments.seed.first(),
        seeds: runs.kpis.len(),
        request,
    };
    let files = files_of(arguments.write.plot, loaded.engine)
        .into_iter()
        .map(|name| {
            let bytes = match name {
                PLOT_PNG => Cow::Owned(render_png(&picture)?),
                PLOT_SVG => Cow::Owned(render_svg(&picture)?.into_bytes()),
                TIMELINE => Cow::Owned(timeline_csv(&runs.timeline)?),
                LATENCY => Cow::Borrowed(&runs.latency[..]),
                _ => Cow::Borrowed(&runs.decisions[..]),
            };
            let name = name.to_owned();
            Ok(ResultFile { name, bytes })
        })
        .collect::<Result<Vec<ResultFile<'_>>, CommandError>>()?;
    let destination = Destination {
        folder: &arguments.folder(&loaded.scenario),
        inputs: &hashed(&loaded.inputs),
        overwrite: arguments.write.overwrite(),
    };
    destination.write(&files, summary, interrupt)
}
