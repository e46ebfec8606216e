//! `hpasim sweep POLICY TRACE...`: what do a thousand policies cost, and which of them harm users?

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;

use super::choices::{ENGINES, OutputFormat, one_of};
use super::digest::digest;
use super::error::{CommandError, Completion};
use super::experiment::{Experiment, ExperimentReport, conduct};
use super::file_names::{FRONT, HEATMAP, PARAMETERS, SWEEP};
use super::files::hashed_once;
use super::identity::Identity;
use super::manifest_args::ManifestArgs;
use super::output_args::AnswerArgs;
use super::output_folder::OutputFolder;
use super::progress::CountProgress;
use super::result_files::{ResultFile, default_folder, pictures};
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::sweep_file::{SweepFile, SweepPart};
use super::variant_inputs::{refuse_same_names, refuse_second_stdin, under_engine};
use super::variation::Variation;
use super::warm_up_args::WarmUpArgs;
use super::what_args::WhatArgs;
use crate::draw::DrawError;
use crate::files::RememberingLoader;
use crate::kpi::Kpi;
use crate::render::paint::Colour;
use crate::render::plot::front::draw_sweep_front;
use crate::render::plot::sweep_heat::draw_heatmap;
use crate::render::plot::sweep_parameters::draw_parameters;
use crate::render::sweep::render_answer;
use crate::render::sweep_answer::SweepAnswer;
use crate::results::KpiReport;
use crate::results::export::InputFile;
use crate::scenario::{Engine, LoadRequest, ManifestChoice, Scenario, Template, load_templates};
use crate::search::grid::{Grid, GridError};
use crate::search::in_order::all_cores;
use crate::search::outcome::{Objectives, SweepOutcome, Weighed};
use crate::search::overload::{OVERLOAD_KPIS, is_overloaded_fluid};
use crate::search::summary::{SweepFacts, SweepRequest, SweepSummary};
use crate::search::sweep::{InvalidPoints, Sweep, SweepError, SweepRow};
use crate::search::table::{Head, HeadFacts, Picked, RowKeys, Shard, row_line};
use crate::simulation::Extent;
use crate::text::rounding::readable;
use crate::units::SimSpan;

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim sweep policies/prod.toml day.csv --set hpa.maxReplicas=40..80:10
  hpasim sweep prod.yaml day.csv --set pod.init=5s,45s --set hpa.minReplicas=2,4";

/// Simulate every policy of a grid: a row of KPIs each, the front of cost against harm.
#[derive(Args, Debug)]
#[command(
    mut_arg("output", |output| output.help("Output folder [default: output/sweep-<policy>-<traces>]")),
    after_help = EXAMPLES
)]
pub(super) struct SweepArgs {
    /// Policy (TOML) or Kubernetes manifest (YAML, JSON)
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// Traffic: one or several traces (CSV)
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// A key and its values: a list (a=0,60,300), a range with a step (a=40..80:5; 80 is included), or one value; repeatable; the target of a v2 manifest is hpa.metrics.0.resource.target.averageUtilization
    #[arg(long, value_name = "PATH=LIST")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    warm_up: WarmUpArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// Draw N points (Latin hypercube)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// The engine: `request` or `fluid`.
    #[arg(
        long,
        value_parser = one_of(ENGINES),
        hide_possible_values = true,
        value_name = "ENGINE",
        help = "request, or fluid (only rates) [default: fluid; request for user traces]"
    )]
    engine: Option<Engine>,
    #[command(flatten)]
    seed: SeedArgs,
    /// Number of seeds for each point; with 2 or more, KPIs are median, p10 and p90
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// Number of simulations at once.
    #[arg(
        long,
        value_name = "N",
        help = "Number of simulations at once [default: all cores]"
    )]
    jobs: Option<NonZeroUsize>,
    /// Part I (from 0) of N; `hpasim merge` joins them
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    shard: Option<Shard>,
    /// Continue an interrupted sweep of the same command
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    #[command(flatten)]
    answer: AnswerArgs,
}

/// How to reduce the work.
const LESS_WORK: &str = "--engine fluid takes almost no time, where it can follow the trace; fewer points, --seeds or traces take less";

/// Loads, checks, simulates, draws, prints.
pub(super) fn run(arguments: &SweepArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    conduct(&arguments.answer, screen, |screen| {
        SweepExperiment::ask(arguments, screen)
    })
}

impl From<GridError> for CommandError {
    fn from(error: GridError) -> Self {
        Self::usage(error)
    }
}

impl From<Box<InvalidPoints>> for CommandError {
    fn from(points: Box<InvalidPoints>) -> Self {
        Self::Variant {
            which: format!(
                "{} of {} rows cannot be simulated; the first: --set {}",
                points.count,
                points.of,
                points.arguments.join(" --set ")
            ),
            diagnostics: Box::new(points.diagnostics),
        }
    }
}

impl SweepArgs {
    fn jobs(&self) -> NonZeroUsize {
        self.jobs.unwrap_or_else(all_cores)
    }

    fn grid(&self) -> Result<Grid, CommandError> {
        Ok(match self.samples {
            Some(count) => Grid::latin_hypercube(&self.set, count, self.seed.first())?,
            None => Grid::full(&self.set)?,
        })
    }

    /// The policy under each trace.
    fn load(&self) -> Result<Vec<Template>, CommandError> {
        refuse_second_stdin(std::iter::once(&self.policy).chain(&self.traces))?;
        let requests = self.traces.iter().map(|trace| LoadRequest {
            policy: &self.policy,
            trace,
            set: &[],
            from: None,
            to: None,
            zone: None,
            warm_up: self.warm_up.span(),
            reading: self.what.reading(),
            engine: self.engine,
        });
        let requests: Vec<LoadRequest<'_>> = requests.collect();
        let mut loader = RememberingLoader::default();
        let templates = load_templates(&requests, &self.manifest.choice(), &mut loader)
            .map_err(CommandError::Input)?;
        Ok(under_engine(templates, self.engine))
    }

    fn request(&self) -> SweepRequest {
        let ManifestChoice { hpa, namespace } = self.manifest.choice();
        SweepRequest {
            set: self.set.clone(),
            samples: self.samples,
            shard: self.shard,
            warm_up_seconds: self.warm_up.asked().map(SimSpan::as_secs_f64),
            reading: self.what.stated(),
            hpa,
            namespace,
        }
    }

    /// The hash of the swept values.
    fn grid_digest(&self) -> String {
        let numbers = [
            format!("samples {:?}", self.samples),
            format!("seed {}", self.seed.first().0),
            format!("seeds {}", self.seeds),
        ];
        digest(self.set.iter().chain(&numbers).map(String::as_str))
    }
}

/// The question of a sweep, and the facts of its files.
struct SweepExperiment<'a> {
    arguments: &'a SweepArgs,
    sweep: Sweep,
    policy: String,
    /// The names of the autoscaler's metrics.
    metrics: Vec<String>,
    traces: Vec<String>,
    engine: String,
    objectives: Objectives,
    inputs: Vec<InputFile>,
    head: Head,
    /// The rows of this process.
    rows: Range<u64>,
}

impl<'a> SweepExperiment<'a> {
    fn ask(arguments: &'a SweepArgs, screen: &mut Screen) -> Result<Self, CommandError> {
        let seeds = arguments.seed.seeds(arguments.seeds.into())?;
        let grid = arguments.grid()?;
        let templates = arguments.load()?;
        // The sweep states a key that all points share once; a key of some points stands with them.
        let mut warnings = Vec::new();
        let mut scenarios: Vec<Scenario> = Vec::new();
        for template in &templates {
            let resolved = template
                .resolve(&grid.arguments(0))
                .map_err(CommandError::Input)?;
            for warning in resolved.warnings {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            scenarios.push(resolved.scenario);
        }
        arguments.answer.quiet.warn(&warnings, screen);
        refuse_same_names(templates.iter(), "rows")?;
        let traces = templates.iter().map(|it| it.trace_name().to_owned());
        let traces: Vec<String> = traces.collect();
        let policy = scenarios[0].policy_name.clone();
        let engine = engine_names(&templates);
        let inputs = hashed_once(templates.iter().flat_map(Template::inputs));
        let choice = arguments.manifest.choice();
        let head = Head::new(&HeadFacts {
            grid: &grid,
            policy: &policy,
            traces: &traces,
            engine: &engine,
            seeds: &seeds,
            set: &arguments.set,
            samples: arguments.samples,
            reading: &arguments.what.stated(),
            hpa: choice.hpa.as_deref(),
            namespace: choice.namespace.as_deref(),
            warm_up: arguments.warm_up.asked(),
            inputs_sha256: &digest(inputs.iter().map(|input| input.sha256.as_str())),
            grid_sha256: &arguments.grid_digest(),
        });
        let sweep = Sweep {
            templates,
            grid,
            seeds,
        };
        let rows = match arguments.shard {
            Some(shard) => shard.rows(sweep.rows()),
            None => 0..sweep.rows(),
        };
        let metrics = scenarios[0].hpa().map(|hpa| &hpa.spec.metrics);
        Ok(Self {
            arguments,
            objectives: Objectives::of(&scenarios),
            metrics: metrics
                .into_iter()
                .flatten()
                .map(|metric| metric.source.name())
                .collect(),
            sweep,
            policy,
            traces,
            engine,
            inputs,
            head,
            rows,
        })
    }

    /// The number of rows of this process at the end.
    fn row_count(&self) -> u64 {
        self.rows.end - self.rows.start
    }

    /// The work of the command; `extent` is that of all simulations.
    fn size_of(&self, extent: Extent) -> Size {
        let rows = self.row_count() as f64;
        Size {
            runs: rows * self.sweep.runs_per_row() as f64,
            extent,
            rows_held: rows,
            remedy: LESS_WORK,
            ..Size::default()
        }
    }

    /// Adds the rows that `file` does not have.
    fn add_rows(
        &self,
        file: &mut SweepFile,
        weighed: &mut WeighedRows,
        folder: &OutputFolder,
    ) -> Result<(), CommandError> {
        let (sweep, arguments) = (&self.sweep, self.arguments);
        let left = self.rows.start + file.rows_found()..self.rows.end;
        let runs = (left.end - left.start) * sweep.runs_per_row();
        let allows_progress = arguments.answer.quiet.allows_progress();
        let progress = CountProgress::new("simulating", runs, allows_progress);
        let write = |row: SweepRow| {
            let key = sweep.key(row.number);
            let trace = &self.traces[key.trace];
            let line = row_line(key, trace, &sweep.grid, &row.report);
            let writing = folder.interrupt().while_writing();
            file.append(&line)?;
            drop(writing);
            weighed.add(&row.report);
            Ok(())
        };
        sweep
            .run(left, arguments.jobs(), || progress.one_more(), write)
            .map_err(|error| match error {
                SweepError::Invalid(points) => points.into(),
                SweepError::Sink(error) => error,
            })
    }

    /// The results of the current policy; none where it is incomplete without the swept values.
    fn current(&self) -> WeighedRows {
        let mut rows = WeighedRows::new(self);
        for report in self.sweep.current().unwrap_or_default() {
            rows.add(&report);
        }
        rows
    }

    /// The swept values of the current policy.
    fn current_values(&self) -> Vec<Option<String>> {
        let template = self.sweep.templates.first();
        let stated = |path: &str| template.and_then(|it| it.stated(path));
        let swept = self.sweep.grid.swept();
        swept.map(|parameter| stated(parameter.path())).collect()
    }
}

impl Experiment for SweepExperiment<'_> {
    type Report<'e>
        = SweepReport<'e>
    where
        Self: 'e;

    const CONTINUES_RESULTS: bool = true;

    fn size(&self) -> Result<Size, CommandError> {
        // More rows than fit in memory are not resolved first.
        self.size_of(Extent::default()).refuse()?;
        let sweep = &self.sweep;
        let mut extent = sweep.check(self.rows.clone(), self.arguments.jobs())?;
        if self.arguments.shard.is_none() {
            extent = extent.and(sweep.current_extent());
        }
        Ok(self.size_of(extent.times(sweep.runs_per_row() as f64)))
    }

    fn default_folder(&self) -> PathBuf {
        let traces: Vec<&str> = self.traces.iter().map(String::as_str).collect();
        let mut variation = Variation::default();
        self.arguments.what.vary(&mut variation);
        self.arguments.manifest.vary(&mut variation);
        self.arguments.warm_up.vary(&mut variation);
        if let Some(Shard { index, count }) = self.arguments.shard {
            variation.add(format!("{index}-of-{count}"));
        }
        default_folder(Some("sweep"), &[&self.policy], &traces, &variation)
    }

    fn identity(&self) -> serde_json::Result<Identity> {
        Identity::new("sweep", self.inputs.clone())
            .with("engine", &self.engine)?
            .with("seeds", seed_numbers(&self.sweep.seeds))?
            .with("request", self.arguments.request())
    }

    fn simulate(&self, folder: &mut OutputFolder) -> Result<SweepReport<'_>, CommandError> {
        folder.interrupt().say(format!(
            "interrupted; the same command with --resume continues from {}",
            folder.file(SWEEP).display()
        ));
        let part = SweepPart {
            head: &self.head,
            shard: self.arguments.shard,
            keys: &RowKeys {
                grid: self.sweep.grid.clone(),
                traces: self.traces.clone(),
            },
            rows: self.row_count(),
        };
        let mut weighed = WeighedRows::new(self);
        let resume = self.arguments.resume;
        let mut file = SweepFile::take_up(&part, resume, folder, |line| weighed.read(line))?;
        self.add_rows(&mut file, &mut weighed, folder)?;
        file.finish()?;
        let outcome = match self.arguments.shard {
            Some(_) => None,
            None => Some(weighed.into_outcome(self)),
        };
        Ok(SweepReport {
            experiment: self,
            outcome,
        })
    }
}

/// The outcome of a sweep.
struct SweepReport<'q> {
    experiment: &'q SweepExperiment<'q>,
    /// `None` for a part of a sweep.
    outcome: Option<SweepOutcome>,
}

impl SweepReport<'_> {
    fn answer(&self) -> SweepAnswer<'_> {
        let experiment = self.experiment;
        SweepAnswer {
            policy: &experiment.policy,
            metrics: &experiment.metrics,
            traces: &experiment.traces,
            engine: &experiment.engine,
            seeds: experiment.arguments.seeds,
            warm_up: experiment.arguments.warm_up.asked(),
            samples: experiment.arguments.samples,
            grid: &experiment.sweep.grid,
            current_values: experiment.current_values(),
            objectives: &experiment.objectives,
            outcome: self.outcome.as_ref(),
            shard: experiment.arguments.shard,
            rows: experiment.rows.clone(),
        }
    }

    fn pictures(&self, outcome: &SweepOutcome) -> Result<Vec<ResultFile>, DrawError> {
        let answer = &self.answer();
        let plot = self.experiment.arguments.answer.plot;
        let mut files = pictures(&draw_sweep_front(answer, outcome), FRONT, plot)?;
        files.extend(pictures(
            &draw_parameters(answer, outcome),
            PARAMETERS,
            plot,
        )?);
        if let Some(heatmap) = draw_heatmap(answer, outcome) {
            files.extend(pictures(&heatmap, HEATMAP, plot)?);
        }
        Ok(files)
    }
}

impl ExperimentReport for SweepReport<'_> {
    fn notes(&self) -> &[&'static str] {
        match &self.outcome {
            Some(outcome) if outcome.current.is_none() => &[
                "note: the policy is incomplete without the swept values, so there is no current policy to compare with",
            ],
            _ => &[],
        }
    }

    fn files(&self) -> Result<Vec<ResultFile>, CommandError> {
        let drawn = self.outcome.as_ref().map(|outcome| self.pictures(outcome));
        let mut files = drawn.transpose()?.unwrap_or_default();
        files.push(ResultFile::written(SWEEP));
        Ok(files)
    }

    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>> {
        let experiment = self.experiment;
        let grid = &experiment.sweep.grid;
        let summary = SweepSummary::new(SweepFacts {
            engine: experiment.engine.clone(),
            seeds: seed_numbers(&experiment.sweep.seeds),
            policy: experiment.policy.clone(),
            traces: experiment.traces.clone(),
            inputs: experiment.inputs.clone(),
            request: experiment.arguments.request(),
            files: names.to_vec(),
            points: grid.count(),
            rows: experiment.row_count(),
        });
        match &self.outcome {
            Some(outcome) => summary.with_outcome(outcome, &experiment.objectives, grid),
            None => summary,
        }
        .to_json()
    }

    fn page(&self, _format: OutputFormat, paths: &[String], colour: Colour) -> String {
        render_answer(&self.answer(), paths, colour)
    }
}

/// The engine that follows all traces, or that of each: `fluid, request`.
fn engine_names(templates: &[Template]) -> String {
    let names = templates.iter().map(|template| template.engine().as_str());
    let mut names: Vec<&str> = names.collect();
    if names.iter().all(|name| *name == names[0]) {
        names.truncate(1);
    }
    names.join(", ")
}

/// The objectives of every row, in order: as `sweep.csv` shows them, so that a resumed sweep has the same outcome.
struct WeighedRows {
    picked: Picked,
    /// The objectives, then those that show an overload.
    kpis: [Kpi; 6],
    /// The engine of each trace.
    engines: Vec<Engine>,
    rows: Vec<Weighed>,
    /// Whether each row is one of overloaded pods in the fluid engine.
    overloaded: Vec<bool>,
}

impl WeighedRows {
    fn new(experiment: &SweepExperiment<'_>) -> Self {
        let sweep = &experiment.sweep;
        let [cost, harm, rescales] = experiment.objectives.kpis();
        let [timed_out, queue_full, offered] = OVERLOAD_KPIS;
        let kpis = [cost, harm, rescales, timed_out, queue_full, offered];
        Self {
            picked: Picked::of(&kpis, &sweep.grid, sweep.runs_per_row()),
            kpis,
            engines: sweep.templates.iter().map(Template::engine).collect(),
            rows: Vec::new(),
            overloaded: Vec::new(),
        }
    }

    fn read(&mut self, line: &str) {
        let values = self.picked.values(line);
        self.push(std::array::from_fn(|index| {
            values.get(index).copied().unwrap_or(f64::NAN)
        }));
    }

    fn add(&mut self, report: &KpiReport) {
        let value = |kpi| report.typical(kpi).map_or(f64::NAN, readable);
        self.push(self.kpis.map(value));
    }

    fn push(&mut self, values: [f64; 6]) {
        let [cost, harm, rescales, timed_out, queue_full, offered] = values;
        let engine = self.engines[self.rows.len() % self.engines.len()];
        self.rows.push(Weighed::of([cost, harm, rescales]));
        let is_overloaded = is_overloaded_fluid(engine, [timed_out, queue_full, offered]);
        self.overloaded.push(is_overloaded);
    }

    fn points(&self, objectives: &Objectives) -> Vec<Weighed> {
        let points = self.rows.chunks(self.engines.len());
        points.map(|rows| objectives.fold(rows)).collect()
    }

    fn overloaded_points(&self) -> Vec<bool> {
        let points = self.overloaded.chunks(self.engines.len());
        points.map(|rows| rows.contains(&true)).collect()
    }

    fn into_outcome(self, experiment: &SweepExperiment<'_>) -> SweepOutcome {
        let current = experiment.current();
        let objectives = &experiment.objectives;
        let point = current.points(objectives).first().copied();
        SweepOutcome::new(self.points(objectives), point).with_overload(
            &self.overloaded_points(),
            current.overloaded.contains(&true),
        )
    }
}
