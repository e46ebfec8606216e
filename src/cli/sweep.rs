//! `hpasim sweep POLICY TRACE...`: what do a thousand policies cost, and whom do they hurt?
//!
//! Loads, checks, simulates into the file, draws and prints; each is done elsewhere.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;

use super::atomic_file::Overwrite;
use super::choices::{ENGINES, PageFormat, PlotChoice, one_of, summary_format};
use super::digest::digest;
use super::error::{CommandError, Completion};
use super::file_names::SWEEP;
use super::identity::Identity;
use super::interrupt::Interrupt;
use super::manifest_args::ManifestArgs;
use super::output_args::QuietArgs;
use super::output_folder::OutputFolder;
use super::progress::CountProgress;
use super::result_files::{default_folder, print_answer, shown_paths};
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::sweep_file::{FolderRequest, SweepFile, claim_folder};
use super::sweep_plots::{PLOTS, SweepPlot};
use super::variant_inputs::{VariantInputs, VariantRequest};
use super::variation::Variation;
use crate::kpi::Kpi;
use crate::render::sweep::{SweepAnswer, render_answer};
use crate::results::KpiReport;
use crate::results::export::InputFile;
use crate::scenario::{Diagnostics, Engine, ManifestChoice, Scenario};
use crate::search::grid::{Grid, GridError};
use crate::search::in_order::all_cores;
use crate::search::outcome::{Objectives, SweepOutcome, Weighed};
use crate::search::summary::{SweepFacts, SweepRequest, SweepSummary};
use crate::search::sweep::{InvalidPoints, Sweep, SweepError, SweepRow};
use crate::search::table::{Head, HeadFacts, Picked, RowKeys, Shard, row_line};
use crate::simulation::Extent;
use crate::text::rounding::readable;
use crate::units::Seed;

/// Simulate every policy of a grid: a row of KPIs each, the front of cost against harm.
#[derive(Args, Debug)]
pub(super) struct SweepArgs {
    /// The policy (TOML) or a Kubernetes manifest (YAML, JSON)
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The traffic, one trace or several (CSV, plain or gzip)
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// A key of the policy and its values: a list (a=0,60,300), a range that includes its end (a=40..80:5), or one value
    #[arg(long, value_name = "PATH=VALUES")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// Instead of every combination so many, drawn evenly over all ranges (Latin hypercube)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Which engine simulates.
    #[arg(
        long,
        value_parser = one_of(ENGINES),
        value_name = "ENGINE",
        help = "Which engine simulates [default: fluid, or request for a trace of users]"
    )]
    engine: Option<Engine>,
    #[command(flatten)]
    seed: SeedArgs,
    /// Run each point under so many seeds, from --seed on; KPIs become median, p10 and p90
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// How many simulations run at once.
    #[arg(
        long,
        value_name = "N",
        help = "How many simulations run at once [default: all cores]; the results are identical for any N"
    )]
    jobs: Option<NonZeroUsize>,
    /// Compute one part of N, numbered from 0; `hpasim merge` joins the parts
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    shard: Option<Shard>,
    /// Go on where an interrupted sweep of the same command ended
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// The output folder.
    #[arg(
        short,
        long,
        value_name = "DIR",
        help = "The output folder [default: output/sweep-<policy>-<traces>]"
    )]
    output: Option<PathBuf>,
    /// Replace whatever the output folder holds: all files of hpasim's names there go
    #[arg(long)]
    force: bool,
    /// Which pictures are drawn
    #[arg(long, value_enum, default_value_t = PlotChoice::All)]
    plot: PlotChoice,
    /// What is printed to stdout
    #[arg(long, value_parser = summary_format(), default_value = "table")]
    format: PageFormat,
    #[command(flatten)]
    quiet: QuietArgs,
}

/// What takes less than to simulate every request.
const LESS_WORK: &str = "--engine fluid takes next to none, where it can follow the trace; fewer points, --seeds or traces take less";

/// What is swept, and everything that its files say about it.
struct Question {
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

/// Loads, checks, simulates, draws, prints.
pub(super) fn run(arguments: &SweepArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let question = arguments.question(screen)?;
    arguments.announce(&question, screen)?;
    let folder = arguments.folder(&question);
    let interrupt = Interrupt::listen();
    let identity = arguments.identity(&question)?;
    let keys = RowKeys {
        grid: question.sweep.grid.clone(),
        traces: question.traces.clone(),
    };
    let request = FolderRequest {
        folder: &folder,
        head: &question.head,
        shard: arguments.shard,
        keys: &keys,
        rows: question.rows.end - question.rows.start,
        identity: &identity,
        resume: arguments.resume,
        overwrite: Overwrite::forced(arguments.force),
    };
    let mut weighed = WeighedRows::new(&question);
    interrupt.say(format!(
        "interrupted; the same command with --resume goes on from {}",
        folder.join(SWEEP).display()
    ));
    let (output, mut file) = claim_folder(&request, &interrupt, |line| weighed.read(line))?;
    arguments.simulate(&question, &mut file, &mut weighed, &interrupt)?;
    file.finish()?;
    let outcome = match arguments.shard {
        Some(_) => None,
        None => Some(SweepOutcome::new(
            weighed.into_points(&question),
            current(&question, arguments.quiet, screen),
        )),
    };
    arguments.conclude(&question, outcome.as_ref(), output, screen)
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

    fn seeds(&self) -> Result<Vec<Seed>, CommandError> {
        self.seed.seeds(self.seeds.into())
    }

    fn grid(&self) -> Result<Grid, CommandError> {
        Ok(match self.samples {
            Some(count) => Grid::latin_hypercube(&self.set, count, self.seed.first())?,
            None => Grid::full(&self.set)?,
        })
    }

    fn question(&self, screen: &mut Screen) -> Result<Question, CommandError> {
        let seeds = self.seeds()?;
        let grid = self.grid()?;
        let loaded = self.load()?;
        // What every point shares is said once; a key that only some points have is theirs.
        let mut warnings = Vec::new();
        let mut scenarios: Vec<Scenario> = Vec::new();
        for template in &loaded.templates {
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
        self.quiet.warn(&warnings, screen);
        let traces = loaded.trace_names()?;
        let policy = scenarios[0].policy_name.clone();
        let metrics = scenarios[0].hpa().map(|hpa| hpa.spec.metrics.iter());
        let engine = loaded.engine_names();
        let inputs = loaded.files();
        let choice = self.manifest.choice();
        let head = Head::new(&HeadFacts {
            grid: &grid,
            policy: &policy,
            traces: &traces,
            engine: &engine,
            seeds: &seeds,
            set: &self.set,
            samples: self.samples,
            hpa: choice.hpa.as_deref(),
            namespace: choice.namespace.as_deref(),
            inputs_sha256: &digest(inputs.iter().map(|input| input.sha256.as_str())),
            grid_sha256: &self.grid_digest(),
        });
        let sweep = Sweep {
            templates: loaded.templates,
            grid,
            seeds,
        };
        let rows = match self.shard {
            Some(shard) => shard.rows(sweep.rows()),
            None => 0..sweep.rows(),
        };
        Ok(Question {
            objectives: Objectives::of(&scenarios),
            metrics: metrics
                .into_iter()
                .flatten()
                .map(|it| it.source.name())
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

    fn load(&self) -> Result<VariantInputs, CommandError> {
        VariantInputs::load(&VariantRequest {
            policy: &self.policy,
            traces: &self.traces,
            from: None,
            to: None,
            engine: self.engine,
            choice: &self.manifest.choice(),
        })
    }

    fn request(&self) -> SweepRequest {
        let ManifestChoice { hpa, namespace } = self.manifest.choice();
        SweepRequest {
            set: self.set.clone(),
            samples: self.samples,
            shard: self.shard,
            hpa,
            namespace,
        }
    }

    /// What the sweep asks for, for the folder that it is written to.
    fn identity(&self, question: &Question) -> Result<Identity, CommandError> {
        let identity = Identity::new("sweep", question.inputs.clone())
            .with("engine", &question.engine)?
            .with("seeds", seed_numbers(&question.sweep.seeds))?
            .with("request", self.request())?;
        Ok(identity)
    }

    /// What is swept, by hash.
    fn grid_digest(&self) -> String {
        let numbers = [
            format!("samples {:?}", self.samples),
            format!("seed {}", self.seed.first().0),
            format!("seeds {}", self.seeds),
        ];
        digest(self.set.iter().chain(&numbers).map(String::as_str))
    }

    fn folder(&self, question: &Question) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let traces: Vec<&str> = question.traces.iter().map(String::as_str).collect();
            let mut variation = Variation::default();
            self.manifest.vary(&mut variation);
            if let Some(Shard { index, count }) = self.shard {
                variation.add(format!("{index}-of-{count}"));
            }
            default_folder(Some("sweep"), &[&question.policy], &traces, &variation)
        })
    }

    /// Announces the work of all points, or refuses it, before anything is touched.
    fn announce(&self, question: &Question, screen: &mut Screen) -> Result<(), CommandError> {
        // More rows than fit in memory are not resolved first.
        self.size(question, Extent::default()).refuse(LESS_WORK)?;
        let sweep = &question.sweep;
        let of_points = sweep.check(question.rows.clone(), self.jobs());
        let mut extent = of_points?;
        if self.shard.is_none() {
            extent = extent.and(sweep.current_extent());
        }
        let extent = extent.times(sweep.runs_per_row() as f64);
        self.size(question, extent)
            .announce(LESS_WORK, self.quiet, screen)
    }

    /// What is about to be simulated; `extent` is the work of all simulations.
    fn size(&self, question: &Question, extent: Extent) -> Size {
        let rows = (question.rows.end - question.rows.start) as f64;
        Size {
            runs: rows * question.sweep.runs_per_row() as f64,
            extent,
            rows_held: rows,
            ..Size::default()
        }
    }

    fn simulate(
        &self,
        question: &Question,
        file: &mut SweepFile,
        weighed: &mut WeighedRows,
        interrupt: &Interrupt,
    ) -> Result<(), CommandError> {
        let sweep = &question.sweep;
        let left = question.rows.start + file.rows_found()..question.rows.end;
        let runs = (left.end - left.start) * sweep.runs_per_row();
        let progress = CountProgress::new("simulating", runs, self.quiet.progress());
        let write = |row: SweepRow| {
            let key = sweep.key(row.number);
            let trace = &question.traces[key.trace];
            let line = row_line(key, trace, &sweep.grid, &row.report);
            let writing = interrupt.while_writing();
            file.append(&line)?;
            drop(writing);
            weighed.add(&row.report);
            Ok(())
        };
        sweep
            .run(left, self.jobs(), || progress.one_more(), write)
            .map_err(|error| match error {
                SweepError::Invalid(points) => points.into(),
                SweepError::Sink(error) => error,
            })
    }

    /// Pictures, summary, answer.
    fn conclude(
        &self,
        question: &Question,
        outcome: Option<&SweepOutcome>,
        mut output: OutputFolder,
        screen: &mut Screen,
    ) -> Result<Completion, CommandError> {
        let plots: Vec<SweepPlot> = match outcome {
            Some(_) => PLOTS
                .into_iter()
                .filter(|plot| plot.is_wanted(self.plot) && plot.fits(&question.sweep.grid))
                .collect(),
            None => Vec::new(),
        };
        let mut files: Vec<&'static str> = plots.iter().map(|plot| plot.name()).collect();
        files.push(SWEEP);
        let mut summary = SweepSummary::new(self.facts(question, files.clone()));
        if let Some(outcome) = outcome {
            summary = summary.with_outcome(outcome, &question.objectives, &question.sweep.grid);
        }
        let summary = summary.to_json()?;
        let answer = SweepAnswer {
            policy: &question.policy,
            metrics: &question.metrics,
            traces: &question.traces,
            engine: &question.engine,
            seeds: self.seeds,
            samples: self.samples,
            grid: &question.sweep.grid,
            objectives: &question.objectives,
            outcome,
            shard: self.shard,
            rows: question.rows.clone(),
        };
        let pictures = outcome
            .map(|outcome| {
                let drawn = plots.iter().map(|plot| plot.render(&answer, outcome));
                drawn.collect::<Result<Vec<Vec<u8>>, _>>()
            })
            .transpose()?
            .unwrap_or_default();
        for (plot, bytes) in plots.iter().zip(&pictures) {
            output.write(plot.name(), bytes)?;
        }
        let paths = shown_paths(&output, files.iter().copied());
        output.complete(&summary)?;
        let page = |colour| render_answer(&answer, &paths, colour);
        print_answer(self.format, self.quiet, &summary, screen, page)?;
        Ok(Completion::Done)
    }

    fn facts(&self, question: &Question, files: Vec<&'static str>) -> SweepFacts {
        SweepFacts {
            engine: question.engine.clone(),
            seeds: question.sweep.seeds.iter().map(|seed| seed.0).collect(),
            policy: question.policy.clone(),
            traces: question.traces.clone(),
            inputs: question.inputs.clone(),
            request: self.request(),
            files,
            points: question.sweep.grid.count(),
            rows: question.rows.end - question.rows.start,
        }
    }
}

/// The objectives of every row, in order: as `sweep.csv` shows them, so that a resumed sweep comes to the same.
struct WeighedRows {
    picked: Picked,
    kpis: [Kpi; 3],
    rows: Vec<Weighed>,
}

impl WeighedRows {
    fn new(question: &Question) -> Self {
        let kpis = question.objectives.kpis();
        Self {
            picked: Picked::of(&kpis, &question.sweep.grid, question.sweep.runs_per_row()),
            kpis,
            rows: Vec::new(),
        }
    }

    fn read(&mut self, line: &str) {
        let values = self.picked.values(line);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        self.rows.push(Weighed::of([at(0), at(1), at(2)]));
    }

    fn add(&mut self, report: &KpiReport) {
        self.rows.push(weighed(report, self.kpis));
    }

    fn into_points(self, question: &Question) -> Vec<Weighed> {
        self.rows
            .chunks(question.traces.len())
            .map(|rows| question.objectives.fold(rows))
            .collect()
    }
}

fn weighed(report: &KpiReport, kpis: [Kpi; 3]) -> Weighed {
    Weighed::of(kpis.map(|kpi| report.typical(kpi).map_or(f64::NAN, readable)))
}

/// The results of the policy as it stands; `None` where it is incomplete without the swept values.
fn current(question: &Question, quiet: QuietArgs, screen: &mut Screen) -> Option<Weighed> {
    let kpis = question.objectives.kpis();
    match question.sweep.current() {
        Ok(reports) => {
            let rows: Vec<Weighed> = reports.iter().map(|it| weighed(it, kpis)).collect();
            Some(question.objectives.fold(&rows))
        }
        Err(Diagnostics { .. }) => {
            if !quiet.is_asked_for() {
                screen.note(
                    "note: the policy is incomplete without the swept values, so there is no current policy to compare with",
                );
            }
            None
        }
    }
}
