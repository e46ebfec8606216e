//! `hpasim run POLICY TRACE`: what would the autoscaler do?
//!
//! Loads, simulates, draws, writes and prints; each is done elsewhere.

use std::path::PathBuf;

use clap::Args;

use super::assertions::{self, Channel};
use super::atomic_file::PartialFile;
use super::choices::{PageFormat, PictureKind, PlotChoice, summary_format};
use super::error::{CommandError, Completion};
use super::file_names::{DECISIONS, LATENCY, PLOT_PNG, PLOT_SVG, TIMELINE};
use super::files::{FileLoader, hashed};
use super::identity::Identity;
use super::interrupt::Interrupt;
use super::load_args::LoadArgs;
use super::output_args::{QuietArgs, WriteArgs};
use super::output_folder::OutputFolder;
use super::progress::Progress;
use super::result_files::{default_folder, print_answer, shown_paths};
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variation::Variation;
use crate::render::paint::Colour;
use crate::render::plot::{Picture, draw_run};
use crate::render::summary::{RunSummary, render_summary};
use crate::results::decisions::DecisionLog;
use crate::results::export::{Request, Summary, TimelineCsv, latency_csv};
use crate::results::kpis::KpiObserver;
use crate::results::observers::Both;
use crate::results::timeline::TimelineRecorder;
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::{InputFile, KpiReport, Kpis, Timeline};
use crate::scenario::{Assertion, Engine, Loaded, Scenario};
use crate::search::in_order::{all_cores, collect_in_order};
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
        help = "The output folder [default: output/<policy>-<trace>, and what differs from the plain run]"
    )]
    output: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
    /// What is printed to stdout
    #[arg(long, value_parser = summary_format(), default_value = "table")]
    format: PageFormat,
    /// What must hold, or the exit code is 99: --assert 'slo_violation_seconds<=30'; may be given several times
    #[arg(long, value_name = "KPI<=NUMBER")]
    assert: Vec<String>,
    #[command(flatten)]
    quiet: QuietArgs,
}

/// One of a run's files beside the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunFile {
    Picture(PictureKind),
    Timeline,
    Latency,
    Decisions,
}

impl RunFile {
    const fn name(self) -> &'static str {
        match self {
            Self::Picture(PictureKind::Png) => PLOT_PNG,
            Self::Picture(PictureKind::Svg) => PLOT_SVG,
            Self::Timeline => TIMELINE,
            Self::Latency => LATENCY,
            Self::Decisions => DECISIONS,
        }
    }

    /// All files of a run, in the order in which they are listed.
    fn all(plot: PlotChoice, engine: Engine) -> Vec<Self> {
        let tables: &[Self] = match engine {
            Engine::Request => &[Self::Timeline, Self::Latency, Self::Decisions],
            Engine::Fluid => &[Self::Timeline, Self::Decisions],
        };
        let pictures = plot.kinds().iter().map(|kind| Self::Picture(*kind));
        pictures.chain(tables.iter().copied()).collect()
    }
}

/// Loads, simulates, writes, prints.
pub(super) fn run(arguments: &RunArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let question = arguments.question(screen)?;
    let mut folder = question.claim(arguments, &interrupt)?;
    let progress = Progress::new(
        question.seeds.len(),
        question.loaded.scenario.trace.end(),
        faster_engine(&question.loaded),
        arguments.quiet.progress(),
    );
    let runs = simulate_all(&question.loaded, &question.seeds, &progress, &mut folder)?;
    drop(progress);
    let files = RunFile::all(arguments.write.plot, question.loaded.engine);
    let checked = question.check(&runs.report());
    let summary = question.summary(&runs.report(), &files, &checked)?;
    question.write(&files, &runs, &mut folder)?;
    let paths = shown_paths(&folder, files.iter().map(|file| file.name()));
    folder.complete(&summary)?;
    assertions::tell(&checked, arguments.channel(), screen)?;
    let page = |colour| question.page(&runs.report(), &paths, colour);
    print_answer(arguments.format, arguments.quiet, &summary, screen, page)?;
    Ok(assertions::completion(&checked))
}

/// What a run is about.
struct Question {
    loaded: Loaded,
    seeds: Vec<Seed>,
    assertions: Vec<Assertion>,
    request: Request,
    inputs: Vec<InputFile>,
}

impl Question {
    /// Holds the output folder, unless it has the results of another question.
    fn claim(
        &self,
        arguments: &RunArgs,
        interrupt: &Interrupt,
    ) -> Result<OutputFolder, CommandError> {
        let identity = Identity::new("run", self.inputs.clone())
            .with("engine", self.loaded.engine.as_str())?
            .with("seeds", seed_numbers(&self.seeds))?
            .with("request", &self.request)?;
        let path = arguments.folder(&self.loaded);
        OutputFolder::claim(&path, &identity, arguments.write.overwrite(), interrupt)
    }

    fn check(&self, report: &KpiReport) -> Vec<CheckedAssertion> {
        let scenario = &self.loaded.scenario;
        let (policy, trace) = (&scenario.policy_name, &scenario.trace_name);
        self.assertions
            .iter()
            .map(|assertion| check(assertion, policy, trace, report))
            .collect()
    }

    fn summary(
        &self,
        report: &KpiReport,
        files: &[RunFile],
        checked: &[CheckedAssertion],
    ) -> Result<Vec<u8>, CommandError> {
        let Loaded {
            scenario, engine, ..
        } = &self.loaded;
        let inputs = self.inputs.clone();
        let summary = Summary::new(scenario, *engine, &self.seeds, inputs, report.clone())
            .with_request(self.request.clone())
            .with_files(files.iter().map(|file| file.name()).collect())
            .with_assertions(checked.to_vec());
        Ok(summary.to_json()?)
    }

    /// Writes the files that were not written as the run went.
    fn write(
        &self,
        files: &[RunFile],
        runs: &Runs,
        folder: &mut OutputFolder,
    ) -> Result<(), CommandError> {
        let picture = Picture {
            scenario: &self.loaded.scenario,
            timeline: &runs.timeline,
            kpis: &runs.kpis[0],
            promised_latency: runs.promised_latency,
            engine: self.loaded.engine,
            seed: self.seeds[0],
            seeds: runs.kpis.len(),
            request: &self.request,
        };
        let drawing = draw_run(&picture);
        for file in files {
            match file {
                RunFile::Picture(PictureKind::Png) => {
                    folder.write(file.name(), &drawing.to_png()?)?;
                }
                RunFile::Picture(PictureKind::Svg) => {
                    folder.write(file.name(), drawing.to_svg()?.as_bytes())?;
                }
                RunFile::Latency => folder.write(file.name(), &runs.latency)?,
                RunFile::Timeline | RunFile::Decisions => {}
            }
        }
        Ok(())
    }

    fn page(&self, report: &KpiReport, paths: &[String], colour: Colour) -> String {
        let summary = RunSummary {
            scenario: &self.loaded.scenario,
            engine: self.loaded.engine,
            seeds: &self.seeds,
            kpis: report,
            request: &self.request,
            files: paths,
        };
        render_summary(&summary, colour)
    }
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
    /// Reads everything, and says what is wrong with it or takes long, before anything is touched.
    fn question(&self, screen: &mut Screen) -> Result<Question, CommandError> {
        let seeds = self.seed.seeds(self.seeds.into())?;
        let loaded = self
            .load
            .load(&self.policy, &self.trace, &self.set, &mut FileLoader)
            .map_err(CommandError::Input)?;
        self.quiet.warn(&loaded.warnings, screen);
        let assertions = read_assertions(self, &loaded.scenario)?;
        let runs = seeds.len() as f64;
        Size {
            runs,
            extent: Extent::of(&loaded.scenario, loaded.engine).times(runs),
            ..Size::default()
        }
        .announce(less_work(&loaded), self.quiet, screen)?;
        Ok(Question {
            seeds,
            assertions,
            request: self.load.request(&self.set),
            inputs: hashed(&loaded.inputs),
            loaded,
        })
    }

    /// Where the lines of assertions go.
    fn channel(&self) -> Channel {
        match self.format {
            _ if self.quiet.is_asked_for() => Channel::Quiet,
            PageFormat::Json => Channel::BesideData,
            PageFormat::Page => Channel::Text,
        }
    }

    fn folder(&self, loaded: &Loaded) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let scenario = &loaded.scenario;
            let usual = Engine::usual_for(&scenario.trace.demand);
            let mut variation = Variation::default();
            if loaded.engine != usual {
                variation.add(loaded.engine.as_str());
            }
            self.load.vary(&self.set, &mut variation);
            self.seed.vary(self.seeds, 1, &mut variation);
            let (policy, trace) = (&scenario.policy_name, &scenario.trace_name);
            default_folder(None, &[policy], &[trace], &variation)
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
    /// At the quantile that the SLO promises, in seconds.
    promised_latency: Option<f64>,
    /// Empty where the engine knows no single requests.
    latency: Vec<u8>,
    kpis: Vec<Kpis>,
}

impl Runs {
    fn report(&self) -> KpiReport {
        KpiReport::of(&self.kpis).unwrap_or_else(|| KpiReport::Folded(Vec::new()))
    }
}

/// The files that are written as the run of the first seed goes.
struct Streams {
    timeline: TimelineCsv<PartialFile>,
    decisions: DecisionLog<PartialFile>,
}

/// What the run of the first seed leaves beside its KPIs.
struct FirstRun {
    timeline: Timeline,
    promised_latency: Option<f64>,
    latency: Vec<u8>,
    streams: Streams,
}

/// What the run of one seed leaves.
struct SeedRun {
    kpis: Kpis,
    first: Option<FirstRun>,
}

fn simulate_all(
    loaded: &Loaded,
    seeds: &[Seed],
    progress: &Progress,
    folder: &mut OutputFolder,
) -> Result<Runs, CommandError> {
    let provisioning = Provisioning::of(&loaded.scenario);
    let needed = |rps: f64| provisioning.needed(rps);
    let streams = Streams {
        timeline: TimelineCsv::new(folder.begin(TIMELINE)?),
        decisions: DecisionLog::new(folder.begin(DECISIONS)?),
    };
    // The streams go with the first seed.
    let streams = std::iter::once(Some(streams)).chain(std::iter::repeat_with(|| None));
    let simulate_seed = |(seed, streams): (&Seed, Option<Streams>)| match streams {
        Some(streams) => simulate_first(loaded, *seed, needed, progress, streams),
        None => Ok(simulate_another(loaded, *seed, needed, progress)),
    };
    let mut runs = Runs {
        timeline: Timeline::default(),
        promised_latency: None,
        latency: Vec::new(),
        kpis: Vec::with_capacity(seeds.len()),
    };
    for run in collect_in_order(seeds.iter().zip(streams), all_cores(), simulate_seed) {
        let SeedRun { kpis, first } = run?;
        runs.kpis.push(kpis);
        if let Some(first) = first {
            first.streams.complete(folder)?;
            runs.timeline = first.timeline;
            runs.promised_latency = first.promised_latency;
            runs.latency = first.latency;
        }
    }
    Ok(runs)
}

impl Streams {
    /// Ends both files.
    fn complete(self, folder: &mut OutputFolder) -> Result<(), CommandError> {
        let timeline = self.timeline.finish().map_err(into_io);
        folder.add(
            timeline.map_err(|error| CommandError::unwritable(&folder.file(TIMELINE), error))?,
        )?;
        let decisions = self.decisions.finish().map_err(std::io::Error::from);
        folder.add(
            decisions.map_err(|error| CommandError::unwritable(&folder.file(DECISIONS), error))?,
        )
    }
}

/// What the system said, where the CSV writer passes it on.
fn into_io(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn simulate_first(
    loaded: &Loaded,
    seed: Seed,
    needed: impl Fn(f64) -> Option<Replicas> + Copy,
    progress: &Progress,
    streams: Streams,
) -> Result<SeedRun, CommandError> {
    let scenario = &loaded.scenario;
    let mut observer = Both::new(
        KpiObserver::new(scenario, needed),
        Both::new(
            Both::new(
                TimelineRecorder::writing(scenario, needed, streams.timeline),
                streams.decisions,
            ),
            progress.of_run(),
        ),
    );
    simulate(scenario, loaded.engine, seed, &mut observer);
    observer.second.second.finish();
    let latency = observer.first.measured_latency().map(latency_csv);
    let (timeline, csv) = observer.second.first.first.finish_writing();
    let first = FirstRun {
        latency: latency.transpose()?.unwrap_or_default(),
        promised_latency: observer.first.latency_at(scenario.slo.latency_quantile),
        timeline,
        streams: Streams {
            timeline: csv,
            decisions: observer.second.first.second,
        },
    };
    Ok(SeedRun {
        kpis: observer.first.finish(),
        first: Some(first),
    })
}

fn simulate_another(
    loaded: &Loaded,
    seed: Seed,
    needed: impl Fn(f64) -> Option<Replicas> + Copy,
    progress: &Progress,
) -> SeedRun {
    let scenario = &loaded.scenario;
    let mut observer = Both::new(KpiObserver::new(scenario, needed), progress.of_run());
    simulate(scenario, loaded.engine, seed, &mut observer);
    observer.second.finish();
    SeedRun {
        kpis: observer.first.finish(),
        first: None,
    }
}
