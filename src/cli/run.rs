//! `hpasim run POLICY TRACE`: what would the autoscaler do?

mod all;

use std::path::PathBuf;

use clap::Args;

use super::assertions::{self, judged};
use super::atomic_file::PartialFile;
use super::choices::{OutputFormat, PlotChoice, RUN_FORMATS, one_of};
use super::error::{CommandError, Completion};
use super::experiment::{Experiment, ExperimentReport, conduct};
use super::file_names::{
    DECISIONS, LATENCY, OPENMETRICS, PLOT, SUMMARY, TIMELINE, TIMELINE_QUANTILES,
};
use super::files::hashed;
use super::identity::Identity;
use super::load_args::LoadArgs;
use super::output_args::AnswerArgs;
use super::output_folder::OutputFolder;
use super::progress::Progress;
use super::result_files::{ResultFile, default_folder, pictures};
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variant_inputs::refuse_second_stdin;
use super::variation::Variation;
use super::what_matters::{WhatMattersArgs, first_message, foot, what_matters};
use crate::draw::Drawing;
use crate::files::FileLoader;
use crate::kpi::SeedFold;
use crate::render::paint::Colour;
use crate::render::plot::foot::with_foot;
use crate::render::plot::{Picture, SeedsPicture, draw_run, draw_seeds};
use crate::render::summary::{RunSummary, render_summary};
use crate::results::comparison::TraceRuns;
use crate::results::curves::{Curve, CurveFolder, PolicyCurves, SeedCurves};
use crate::results::decisions::DecisionLog;
use crate::results::export::{Request, Summary, TimelineCsv, latency_csv};
use crate::results::kpis::KpiObserver;
use crate::results::openmetrics::OpenMetricsSink;
use crate::results::statistics::sorted_quantile;
use crate::results::timeline::TimelineRecorder;
use crate::results::timeline_quantiles::{points_max, timeline_quantiles_csv};
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::what_matters::WhatMatters;
use crate::results::{InputFile, KpiReport, Kpis, Timeline};
use crate::scenario::{Assertion, Assumption, Engine, Loaded, Template, TraceClock};
use crate::search::in_order::{all_cores, in_order};
use crate::search::what_matters::AssumingTrace;
use crate::simulation::{Extent, simulate_observed};
use crate::units::Seed;
use crate::workload::Demand;

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim run policies/prod.toml traces/spike.csv --set hpa.maxReplicas=80
  hpasim run prod.yaml k6.json --assert 'slo_violation_seconds<=30'";

/// Said where samples need dates and the trace has none.
const NO_DATES: &str = "note: the trace has no dates, so the samples begin in 1970; a column `timestamp` gives it dates";

/// Simulate a policy under a trace.
#[derive(Args, Debug)]
#[command(
    mut_arg("output", |output| output.help("Output folder [default: output/<policy>-<trace>-<changes>]")),
    mut_arg("format", |format| {
        format
            .value_parser(one_of(RUN_FORMATS))
            .help("table, json or openmetrics (for Prometheus); csv with --all")
    }),
    after_help = EXAMPLES
)]
pub(super) struct RunArgs {
    /// Policy (TOML), Kubernetes manifest (YAML, JSON), or a folder of manifests
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// Trace, or a recording in a known format; `-` is stdin
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Set a key of the policy; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Every autoscaler of the manifest: a row of KPIs for each, no pictures
    #[arg(long, conflicts_with_all = ["hpa", "what_matters"])]
    all: bool,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// Number of seeds; with 2 or more, KPIs and curves are median, p10 and p90
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    #[command(flatten)]
    matters: WhatMattersArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    /// Exit with 99 unless this holds; repeatable
    #[arg(long, value_name = "KPI<=N")]
    assert: Vec<String>,
}

/// Loads, simulates, writes, prints.
pub(super) fn run(arguments: &RunArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    if arguments.all {
        return all::run(arguments, screen);
    }
    if arguments.answer.format == OutputFormat::Csv {
        return Err(CommandError::usage(
            "`--format csv` is the table of `--all`; a single run writes timeline.csv",
        ));
    }
    conduct(&arguments.answer, screen, |screen| {
        RunExperiment::ask(arguments, screen)
    })
}

/// The question of a run.
struct RunExperiment<'a> {
    arguments: &'a RunArgs,
    loaded: Loaded,
    /// For variants of the policy, where they are asked for.
    template: Option<Template>,
    seeds: Vec<Seed>,
    /// Those of the policy, then those of the command line.
    assertions: Vec<Assertion>,
    request: Request,
    inputs: Vec<InputFile>,
}

impl<'a> RunExperiment<'a> {
    /// Reads everything, and says what is wrong with it, before anything is touched.
    fn ask(arguments: &'a RunArgs, screen: &mut Screen) -> Result<Self, CommandError> {
        let RunArgs { load, set, .. } = arguments;
        let seeds = arguments.seed.seeds(arguments.seeds.into())?;
        refuse_second_stdin([&arguments.policy, &arguments.trace].into_iter())?;
        let (policy, trace) = (&arguments.policy, &arguments.trace);
        let (loaded, template) = load
            .load_to_vary(arguments.matters, policy, trace, set, &mut FileLoader)
            .map_err(CommandError::Input)?;
        let asked = assertions::read(&arguments.assert, &[judged(&loaded.scenario)], seeds.len())?;
        arguments.answer.quiet.warn(&loaded.warnings, screen);
        let needs_dates = arguments.answer.format == OutputFormat::OpenMetrics;
        if needs_dates && loaded.scenario.clock.is_none() && !arguments.answer.quiet.is_asked_for()
        {
            screen.note(NO_DATES);
        }
        Ok(Self {
            arguments,
            seeds,
            assertions: [loaded.scenario.assertions.clone(), asked].concat(),
            request: load.request(set),
            inputs: loaded.inputs.iter().map(hashed).collect(),
            loaded,
            template,
        })
    }
}

impl RunExperiment<'_> {
    fn assuming(&self) -> AssumingTrace<'_> {
        AssumingTrace {
            engine: self.loaded.engine,
            scenarios: std::slice::from_ref(&self.loaded.scenario),
        }
    }

    /// What matters to the result of these runs by seed, where it is asked.
    fn what_matters(&self, kpis: &[Kpis]) -> Option<WhatMatters> {
        let template = self.template.as_ref()?;
        let result = [TraceRuns {
            trace: self.loaded.scenario.trace_name.clone(),
            runs: vec![kpis.to_vec()],
        }];
        let allows_progress = self.arguments.answer.quiet.allows_progress();
        let resolve = |_, set: &[String]| {
            let resolved = template.resolve(set);
            resolved.map_err(|faults| first_message(&faults))
        };
        let (traces, seeds) = ([self.assuming()], &self.seeds);
        Some(what_matters(
            &traces,
            &[],
            &result,
            seeds,
            allows_progress,
            resolve,
        ))
    }
}

impl Experiment for RunExperiment<'_> {
    type Report<'e>
        = RunReport<'e>
    where
        Self: 'e;

    fn size(&self) -> Result<Size, CommandError> {
        let runs = self.seeds.len() as f64 * self.arguments.matters.runs_for_each(&self.assuming());
        Ok(Size {
            runs,
            extent: Extent::of(&self.loaded.scenario, self.loaded.engine).times(runs),
            remedy: less_work(&self.loaded),
            ..Size::default()
        })
    }

    fn default_folder(&self) -> PathBuf {
        let Loaded {
            scenario, engine, ..
        } = &self.loaded;
        let arguments = self.arguments;
        let mut variation = Variation::default();
        if *engine != Engine::usual_for(&scenario.trace.demand) {
            variation.add(engine.as_str());
        }
        arguments.load.vary(&arguments.set, &mut variation);
        arguments.seed.vary(arguments.seeds, 1, &mut variation);
        let (policy, trace) = (&scenario.policy_name, &scenario.trace_name);
        default_folder(None, &[policy], &[trace], &variation)
    }

    fn identity(&self) -> serde_json::Result<Identity> {
        Identity::new("run", self.inputs.clone())
            .with("engine", self.loaded.engine.as_str())?
            .with("seeds", seed_numbers(&self.seeds))?
            .with("request", &self.request)
    }

    fn simulate(&self, folder: &mut OutputFolder) -> Result<RunReport<'_>, CommandError> {
        let scenario = &self.loaded.scenario;
        let progress = Progress::new(
            std::iter::repeat_n(scenario.trace.end(), self.seeds.len()),
            faster_engine(&self.loaded),
            self.arguments.answer.quiet.allows_progress(),
        );
        // The streams go with the first seed.
        let streams = std::iter::once(Some(Streams::begin(
            folder,
            self.arguments.answer.format,
            self.loaded.scenario.clock.as_ref(),
        )?));
        let streams = streams.chain(std::iter::repeat_with(|| None));
        let count = self.seeds.len();
        let points = points_max(count);
        let of_first = (count > 1).then_some(points);
        let simulate_seed = |(seed, streams): (&Seed, Option<Streams>)| match streams {
            Some(streams) => simulate_first(&self.loaded, *seed, &progress, of_first, streams),
            None => Ok(simulate_further(&self.loaded, *seed, &progress, points)),
        };
        let mut seeds = SeedRuns::default();
        // A file that cannot be written ends the work: no further seed begins.
        let keep = |_, run: Result<SeedRun, CommandError>| {
            let run = run?;
            if let Some((first, streams)) = run.first {
                streams.complete(folder)?;
                seeds.first = first;
            }
            seeds.kpis.push(run.kpis);
            seeds.promised_latency.extend(run.promised_latency);
            seeds.curves.seeds.extend(run.curves);
            Ok::<(), CommandError>(())
        };
        let of_seeds = self.seeds.iter().zip(streams);
        in_order(of_seeds, all_cores(), simulate_seed, keep)?;
        let kpis = &seeds.kpis;
        let report = KpiReport::of(kpis).unwrap_or_else(|| KpiReport::Folded(Vec::new()));
        let (policy, trace) = (&scenario.policy_name, &scenario.trace_name);
        let check = |assertion| check(assertion, policy, trace, &report);
        Ok(RunReport {
            experiment: self,
            what_matters: self.what_matters(&seeds.kpis),
            checked: self.assertions.iter().map(check).collect(),
            seeds,
            report,
        })
    }
}

/// The outcome of a run.
struct RunReport<'q> {
    experiment: &'q RunExperiment<'q>,
    seeds: SeedRuns,
    /// Over the seeds.
    report: KpiReport,
    what_matters: Option<WhatMatters>,
    checked: Vec<CheckedAssertion>,
}

impl ExperimentReport for RunReport<'_> {
    fn checked(&self) -> &[CheckedAssertion] {
        &self.checked
    }

    fn files(&self) -> Result<Vec<ResultFile>, CommandError> {
        let experiment = self.experiment;
        let plot = experiment.arguments.answer.plot;
        let mut files = match plot {
            PlotChoice::None => Vec::new(),
            _ => {
                let foot = foot(self.what_matters.as_ref(), None);
                pictures(&with_foot(self.drawing(), &foot), PLOT, plot)?
            }
        };
        files.push(ResultFile::written(TIMELINE));
        if self.has_bands() {
            let csv = timeline_quantiles_csv(
                &self.seeds.curves,
                experiment.loaded.scenario.clock.as_ref(),
            )?;
            files.push(ResultFile::new(TIMELINE_QUANTILES, csv));
        }
        if experiment.loaded.engine == Engine::Request {
            files.push(ResultFile::new(LATENCY, self.seeds.first.latency.clone()));
        }
        files.push(ResultFile::written(DECISIONS));
        if let Some(text) = &self.seeds.first.openmetrics {
            files.push(ResultFile::new(OPENMETRICS, text.clone().into_bytes()));
        }
        Ok(files)
    }

    fn data_file(&self, format: OutputFormat) -> &'static str {
        match format {
            OutputFormat::OpenMetrics => OPENMETRICS,
            _ => SUMMARY,
        }
    }

    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>> {
        let RunExperiment {
            loaded,
            seeds,
            request,
            inputs,
            ..
        } = self.experiment;
        let (inputs, report) = (inputs.clone(), self.report.clone());
        let (scenario, engine) = (&loaded.scenario, loaded.engine);
        Summary::new(scenario, engine, seeds, inputs, &self.assumptions(), report)
            .with_request(request.clone())
            .with_files(names.to_vec())
            .with_what_matters(self.what_matters.clone())
            .with_assertions(self.checked.clone())
            .to_json()
    }

    fn page(&self, _format: OutputFormat, paths: &[String], colour: Colour) -> String {
        let RunExperiment {
            loaded,
            seeds,
            request,
            ..
        } = self.experiment;
        let summary = RunSummary {
            scenario: &loaded.scenario,
            engine: loaded.engine,
            seeds,
            kpis: &self.report,
            what_matters: self.what_matters.as_ref(),
            assumptions: &self.assumptions(),
            request,
            files: paths,
        };
        render_summary(&summary, colour)
    }
}

impl RunReport<'_> {
    /// The defaults that the runs touched.
    fn assumptions(&self) -> Vec<&Assumption> {
        let Loaded {
            scenario, engine, ..
        } = &self.experiment.loaded;
        scenario.touched(*engine, &self.seeds.kpis)
    }

    /// Whether there are several seeds.
    fn has_bands(&self) -> bool {
        !self.seeds.curves.seeds.is_empty()
    }

    fn drawing(&self) -> Drawing {
        let RunExperiment {
            loaded,
            seeds,
            request,
            ..
        } = self.experiment;
        let (scenario, engine) = (&loaded.scenario, loaded.engine);
        if self.has_bands() {
            return draw_seeds(&SeedsPicture {
                scenario,
                engine,
                curves: &self.seeds.curves,
                kpis: &self.report,
                promised_latency: self.seeds.median_promised_latency(),
                request,
            });
        }
        draw_run(&Picture {
            scenario,
            timeline: &self.seeds.first.timeline,
            kpis: &self.seeds.kpis[0],
            promised_latency: self.seeds.promised_latency.first().copied(),
            engine,
            seed: seeds[0],
            request,
        })
    }
}

/// The hint of long work: the fluid engine, where it can simulate the trace.
fn faster_engine(loaded: &Loaded) -> Option<&'static str> {
    let is_flow = matches!(
        loaded.scenario.trace.demand,
        Demand::RequestsPerSecond(_) | Demand::CpuMillicores(_)
    );
    (loaded.engine == Engine::Request && is_flow)
        .then_some("hint: --engine fluid (rates, not single requests) takes milliseconds")
}

/// How to reduce the work.
fn less_work(loaded: &Loaded) -> &'static str {
    if matches!(loaded.scenario.trace.demand, Demand::Users(_)) {
        "a part of the trace (--from, --to), fewer users or fewer --seeds take less"
    } else {
        "--engine fluid takes almost no time; a part of the trace (--from, --to), a smaller workload.scale or fewer --seeds take less"
    }
}

/// What the runs of all seeds leave.
#[derive(Default)]
struct SeedRuns {
    first: FirstRun,
    /// By seed.
    kpis: Vec<Kpis>,
    /// At the quantile that the SLO promises, in seconds, of the seeds that have requests.
    promised_latency: Vec<f64>,
    /// By seed; none of a single one.
    curves: PolicyCurves,
}

impl SeedRuns {
    fn median_promised_latency(&self) -> Option<f64> {
        let mut sorted = self.promised_latency.clone();
        sorted.sort_by(f64::total_cmp);
        sorted_quantile(&sorted, SeedFold::MEDIAN.quantile)
    }
}

/// What is shown of the run of the first seed.
#[derive(Default)]
struct FirstRun {
    /// Without rows where there are several seeds.
    timeline: Timeline,
    /// Empty where the engine knows no single requests.
    latency: Vec<u8>,
    /// Where it is asked for.
    openmetrics: Option<String>,
}

/// The files that are written as the run of the first seed goes.
struct Streams {
    timeline: TimelineCsv<PartialFile>,
    /// Where `--format openmetrics` asks for it.
    openmetrics: Option<OpenMetricsSink>,
    decisions: DecisionLog<PartialFile>,
}

impl Streams {
    fn begin(
        folder: &OutputFolder,
        format: OutputFormat,
        clock: Option<&TraceClock>,
    ) -> Result<Self, CommandError> {
        let is_asked = format == OutputFormat::OpenMetrics;
        Ok(Self {
            openmetrics: is_asked.then(OpenMetricsSink::new),
            timeline: TimelineCsv::new(folder.begin(TIMELINE)?, clock),
            decisions: DecisionLog::new(folder.begin(DECISIONS)?, clock),
        })
    }

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

/// What the run of one seed leaves.
struct SeedRun {
    kpis: Kpis,
    /// At the quantile that the SLO promises, in seconds.
    promised_latency: Option<f64>,
    /// Where there are several seeds.
    curves: Option<SeedCurves>,
    /// Of the first seed all that is shown.
    first: Option<(FirstRun, Streams)>,
}

/// Simulates the first seed. It keeps curves of at most `points` points, if several seeds are simulated.
fn simulate_first(
    loaded: &Loaded,
    seed: Seed,
    progress: &Progress,
    points: Option<usize>,
    streams: Streams,
) -> Result<SeedRun, CommandError> {
    let scenario = &*loaded.scenario.for_seed(seed);
    let folder = points.map(|points| CurveFolder::of(scenario, &Curve::OF_SEEDS, points));
    let has_bands = folder.is_some();
    let sinks = ((streams.timeline, streams.openmetrics), folder);
    // The picture of one seed shows its rows, that of several the curves alone.
    let recorder = if has_bands {
        TimelineRecorder::passing(scenario, sinks)
    } else {
        TimelineRecorder::writing(scenario, sinks)
    };
    let mut observer = (
        KpiObserver::new(scenario),
        recorder,
        streams.decisions,
        progress.of_run(scenario.trace.end()),
    );
    simulate_observed(scenario, loaded.engine, seed, &mut observer);
    let (kpis, recorder, decisions, progress) = observer;
    progress.finish();
    let latency = kpis.measured_latency().map(latency_csv);
    let (timeline, ((csv, openmetrics), folder)) = recorder.finish_writing();
    let openmetrics_text = openmetrics.map(|sink| sink.text(scenario));
    let streams = Streams {
        timeline: csv,
        openmetrics: None,
        decisions,
    };
    Ok(SeedRun {
        promised_latency: kpis.latency_at(scenario.slo.latency_quantile),
        kpis: kpis.finish(),
        curves: folder.map(|folder| folder.finish(timeline.end, &timeline.metrics_seen)),
        first: Some((
            FirstRun {
                latency: latency.transpose()?.unwrap_or_default(),
                openmetrics: openmetrics_text,
                timeline,
            },
            streams,
        )),
    })
}

/// Simulates a seed of which KPIs and curves of at most `points` points are kept.
fn simulate_further(loaded: &Loaded, seed: Seed, progress: &Progress, points: usize) -> SeedRun {
    let scenario = &*loaded.scenario.for_seed(seed);
    let folder = CurveFolder::of(scenario, &Curve::OF_SEEDS, points);
    let mut observer = (
        KpiObserver::new(scenario),
        TimelineRecorder::passing(scenario, folder),
        progress.of_run(scenario.trace.end()),
    );
    simulate_observed(scenario, loaded.engine, seed, &mut observer);
    let (kpis, recorder, progress) = observer;
    progress.finish();
    let (timeline, folder) = recorder.finish_writing();
    SeedRun {
        promised_latency: kpis.latency_at(scenario.slo.latency_quantile),
        kpis: kpis.finish(),
        curves: Some(folder.finish(timeline.end, &timeline.metrics_seen)),
        first: None,
    }
}
