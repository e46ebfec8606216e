//! `hpasim run POLICY TRACE`: what would the autoscaler do?
//!
//! Self-imposed limit: load, simulate, draw, write, print; each is done elsewhere.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::error::{CommandError, Completion};
use super::files::{FileLoader, hashed};
use super::interrupt::Interrupt;
use super::output_folder::{
    DECISIONS, OutputFolder, Overwrite, PLOT_PNG, PLOT_SVG, SUMMARY, TIMELINE,
};
use super::progress::{Progress, ProgressMode};
use super::screen::Screen;
use crate::render::plot::{Picture, render_png, render_svg};
use crate::render::summary::{Coloring, RunSummary, render_summary};
use crate::results::decisions::DecisionLog;
use crate::results::export::{Engine, KpiReport, Summary, timeline_csv};
use crate::results::kpis::KpiObserver;
use crate::results::observers::Both;
use crate::results::timeline::TimelineRecorder;
use crate::results::{Kpis, Timeline, export};
use crate::scenario::{LoadRequest, Loaded, Scenario, load, parse_duration};
use crate::simulation::{Provisioning, simulate};
use crate::units::{Seed, SimSpan, SimTime};

/// Simulate a policy under a trace.
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The policy (TOML)
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The traffic (CSV, plain or gzip)
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Override a key of the policy: --set hpa.maxReplicas=80; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Leave out what lies before this time of the trace
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    from: Option<SimSpan>,
    /// Leave out what lies behind this time of the trace
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    to: Option<SimSpan>,
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
    /// No summary, no warnings, no progress: only errors, and the data of --format json
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlotChoice {
    /// plot.svg and plot.png
    All,
    /// plot.svg
    Svg,
    /// plot.png
    Png,
    /// None
    None,
}

impl PlotChoice {
    /// The names of a run's files beside the summary, in the order in which they are written.
    fn files(self) -> Vec<&'static str> {
        let pictures: &[&str] = match self {
            Self::All => &[PLOT_PNG, PLOT_SVG],
            Self::Svg => &[PLOT_SVG],
            Self::Png => &[PLOT_PNG],
            Self::None => &[],
        };
        [pictures, &[TIMELINE, DECISIONS]].concat()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SummaryFormat {
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
    let seeds = arguments.seeds();
    let mode = if arguments.quiet {
        ProgressMode::Off
    } else {
        ProgressMode::WhereSeen
    };
    let progress = Progress::new("simulating", seeds.len() as u64, mode);
    let runs = simulate_all(&loaded.scenario, &seeds, &progress)?;
    drop(progress);
    let report = runs.report();
    let request = export::Request {
        set: arguments.set.clone(),
        from: arguments.from,
        to: arguments.to,
    };
    let summary = Summary::new(
        &loaded.scenario,
        Engine::Fluid,
        &seeds,
        hashed(&loaded.inputs),
        report.clone(),
    )
    .with_request(request.clone())
    .with_files(arguments.plot.files())
    .to_json()?;
    let files = write_files(arguments, &loaded, &runs, &request, &summary, &interrupt)?;
    match arguments.format {
        SummaryFormat::Json => screen.print(&String::from_utf8_lossy(&summary))?,
        SummaryFormat::Table if arguments.quiet => {}
        SummaryFormat::Table => {
            let coloring = if screen.stdout_is_coloured() {
                Coloring::Ansi
            } else {
                Coloring::Plain
            };
            let summary = RunSummary {
                scenario: &loaded.scenario,
                engine: Engine::Fluid,
                seeds: &seeds,
                kpis: &report,
                request: &request,
                files: &files,
            };
            screen.print(&render_summary(&summary, coloring))?;
        }
    }
    Ok(Completion::Done)
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
    };
    load(request, &mut FileLoader).map_err(CommandError::Input)
}

/// Everything about the first seed, and the KPIs of all.
struct Runs {
    timeline: Timeline,
    decisions: Vec<u8>,
    kpis: Vec<Kpis>,
}

impl Runs {
    fn report(&self) -> KpiReport {
        KpiReport::of(&self.kpis).unwrap_or_else(|| KpiReport::Folded(Vec::new()))
    }
}

fn simulate_all(
    scenario: &Scenario,
    seeds: &[Seed],
    progress: &Progress,
) -> Result<Runs, CommandError> {
    let provisioning = Provisioning::of(scenario);
    let needed = |rps: f64| provisioning.needed(rps);
    let (first, others) = seeds.split_first().unwrap_or((&Seed(1), &[]));
    let mut observer = Both::new(
        KpiObserver::new(scenario, needed),
        Both::new(
            TimelineRecorder::new(scenario, needed),
            DecisionLog::default(),
        ),
    );
    simulate(scenario, *first, &mut observer);
    progress.advance();
    let mut kpis = vec![observer.first.finish()];
    let of_others = others
        .par_iter()
        .map(|seed| {
            let mut observer = KpiObserver::new(scenario, needed);
            simulate(scenario, *seed, &mut observer);
            progress.advance();
            observer.finish()
        })
        .collect::<Vec<Kpis>>();
    kpis.extend(of_others);
    Ok(Runs {
        timeline: observer.second.first.finish(),
        decisions: observer.second.second.finish()?,
        kpis,
    })
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
        engine: Engine::Fluid,
        seed: Seed(arguments.seed),
        seeds: runs.kpis.len(),
        request,
    };
    let names = arguments.plot.files();
    let outputs = names
        .iter()
        .map(|name| {
            Ok(match *name {
                PLOT_PNG => Cow::Owned(render_png(&picture)?),
                PLOT_SVG => Cow::Owned(render_svg(&picture)?.into_bytes()),
                TIMELINE => Cow::Owned(timeline_csv(&runs.timeline)?),
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
