//! `hpasim backtest FOLDER`: how well does the simulation reproduce a day that happened?

mod question;

use std::path::PathBuf;

use clap::Args;

use super::choices::{ENGINES, OutputFormat, PlotChoice, one_of};
use super::error::{CommandError, Completion};
use super::experiment::{Experiment, ExperimentReport, conduct};
use super::file_names::{BACKTEST, PLOT, path_safe};
use super::identity::Identity;
use super::load_args::{SpanArgs, parse_moment};
use super::manifest_args::ManifestArgs;
use super::output_args::AnswerArgs;
use super::output_folder::OutputFolder;
use super::progress::Progress;
use super::result_files::{ResultFile, pictures};
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variation::Variation;
use super::what_matters::first_message;
use crate::render::backtest::{BacktestPage, backtest_sentence, render_backtest};
use crate::render::paint::Colour;
use crate::render::plot::backtest::{BacktestPicture, backtest_chart};
use crate::render::plot::bands::draw_bands;
use crate::results::Kpis;
use crate::results::backtest::{
    Backtest, BacktestFacts, CostOrigin, QuantityScore, backtest_csv, backtest_summary,
};
use crate::results::comparison::TraceRuns;
use crate::results::verdicts::CheckedAssertion;
use crate::scenario::judged::{JudgedQuantity, ScoreAssertion};
use crate::scenario::{Engine, TraceMoment};
use crate::search::backtest::{BacktestRun, Explanation, VARIED_SEEDS, explain, simulate_steps};
use crate::search::in_order::{all_cores, collect_in_order};
use crate::search::what_matters::{AssumingTrace, VariantPlan};
use crate::simulation::Extent;
use crate::text::rounding::readable;
use crate::units::{Seed, SimTime};

use question::BacktestQuestion;

/// How many seeds a backtest runs by default: those of docs/validation.md.
const SEEDS: u16 = 60;

/// Two commands, for `--help`.
const EXAMPLES: &str = "Examples:
  hpasim backtest web/
  hpasim backtest web/ --from 2026-11-28 --assert 'replica_error<0.5'";

/// Simulate a day that happened: how close is the simulation?
#[derive(Args, Debug)]
#[command(
    mut_arg("output", |output| output.help("Output folder [default: output/backtest-<folder>]")),
    mut_arg("from", |from| from.help("Start of the judged time [default: the last day]")),
    mut_arg("to", |to| to.help("End of the judged time")),
    after_help = EXAMPLES
)]
pub(super) struct BacktestArgs {
    /// Folder of `hpasim import`: policy.toml, traffic.csv, recorded.csv
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    span: SpanArgs,
    /// Fit the cost from here to the judged time [default: a day before]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_moment)]
    calibrate_from: Option<TraceMoment>,
    /// Set a key of the policy; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// request, or fluid (only rates) [default: by trace and size]
    #[arg(long, value_name = "ENGINE", value_parser = one_of(ENGINES), hide_possible_values = true)]
    engine: Option<Engine>,
    #[command(flatten)]
    seed: SeedArgs,
    /// Number of seeds
    #[arg(long, value_name = "N", default_value_t = SEEDS, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(2..))]
    seeds: u16,
    #[command(flatten)]
    answer: AnswerArgs,
    /// Exit with 99 unless this holds; repeatable
    #[arg(long, value_name = "SCORE<=N")]
    assert: Vec<String>,
}

/// Reads, simulates, judges, writes, prints.
pub(super) fn run(
    arguments: &BacktestArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    conduct(&arguments.answer, screen, |screen| {
        let question = BacktestQuestion::read(arguments)?;
        arguments.answer.quiet.warn(&question.warnings, screen);
        Ok(BacktestExperiment {
            arguments,
            seeds: arguments.seed.seeds(arguments.seeds.into())?,
            question,
        })
    })
}

impl BacktestArgs {
    /// The folder's own name.
    fn name(&self) -> String {
        let full = self.folder.canonicalize();
        let path = full.as_deref().unwrap_or(&self.folder);
        let name = path.file_name().unwrap_or(self.folder.as_os_str());
        name.to_string_lossy().into_owned()
    }
}

/// The question of a backtest.
struct BacktestExperiment<'a> {
    arguments: &'a BacktestArgs,
    question: BacktestQuestion,
    seeds: Vec<Seed>,
}

impl BacktestExperiment<'_> {
    fn assuming(&self) -> AssumingTrace<'_> {
        AssumingTrace {
            engine: self.question.engine,
            scenarios: std::slice::from_ref(&self.question.scenario),
        }
    }

    fn varied_seeds(&self) -> &[Seed] {
        &self.seeds[..self.seeds.len().min(VARIED_SEEDS)]
    }

    fn simulate_seeds(&self) -> Vec<BacktestRun> {
        let BacktestQuestion {
            scenario,
            engine,
            judged,
            ..
        } = &self.question;
        let end = scenario.trace.end();
        let progress = self.progress(end, self.seeds.len());
        collect_in_order(&self.seeds, all_cores(), |seed: &Seed| {
            let observer = progress.of_run(end);
            let (run, observer) = simulate_steps(scenario, *engine, *seed, judged, observer);
            observer.finish();
            run
        })
    }

    fn progress(&self, end: SimTime, runs: usize) -> Progress {
        let allows = self.arguments.answer.quiet.allows_progress();
        Progress::new(std::iter::repeat_n(end, runs), None, allows)
    }

    /// Which assumption explains most of the difference, by runs with every assumption at both ends of its range.
    fn explain(&self, runs: &[BacktestRun]) -> Explanation {
        let question = &self.question;
        let seeds = self.varied_seeds();
        let first = runs.iter().take(seeds.len());
        let (steps, kpis): (Vec<_>, Vec<Kpis>) = first
            .map(|run| (run.steps.clone(), run.kpis.clone()))
            .unzip();
        let errors = Backtest::replica_errors(&question.judged, &steps);
        let result = [TraceRuns {
            trace: question.scenario.trace_name.clone(),
            runs: vec![kpis],
        }];
        let resolve = |_, set: &[String]| {
            let resolved = question.variant(set);
            resolved.map_err(|faults| first_message(&faults))
        };
        let traces = [self.assuming()];
        let plan = VariantPlan::of(&traces, &result, resolve);
        let end = question.scenario.trace.end();
        let progress = self.progress(end, plan.each_end().count() * seeds.len());
        explain(
            &plan,
            question.engine,
            &question.judged,
            (seeds, &errors),
            all_cores(),
            |scenario, engine, seed| {
                let observer = progress.of_run(end);
                let judged = &question.judged;
                let (run, observer) = simulate_steps(scenario, engine, seed, judged, observer);
                observer.finish();
                run.steps
            },
        )
    }
}

/// How to reduce the work.
const LESS_WORK: &str = "--engine fluid takes almost no time; a shorter judged time (--from, --to) or fewer --seeds take less";

impl Experiment for BacktestExperiment<'_> {
    type Report<'e>
        = BacktestReport<'e>
    where
        Self: 'e;

    fn size(&self) -> Result<Size, CommandError> {
        let BacktestQuestion {
            scenario, engine, ..
        } = &self.question;
        let ends = 2 * scenario.assumptions_at_most(*engine);
        let runs = (self.seeds.len() + ends * self.varied_seeds().len()) as f64;
        Ok(Size {
            runs,
            extent: Extent::of(scenario, *engine).times(runs),
            remedy: LESS_WORK,
            ..Size::default()
        })
    }

    fn default_folder(&self) -> PathBuf {
        let arguments = self.arguments;
        let mut variation = Variation::default();
        if let Some(engine) = arguments.engine {
            variation.add(engine.as_str());
        }
        arguments.span.vary(&mut variation);
        if let Some(moment) = arguments.calibrate_from {
            variation.add(format!("calibrate-from-{moment}"));
        }
        arguments.manifest.vary(&mut variation);
        for setting in &arguments.set {
            variation.add_setting(setting);
        }
        arguments.seed.vary(arguments.seeds, SEEDS, &mut variation);
        let name = path_safe(&arguments.name());
        PathBuf::from("output").join(format!("backtest-{name}{}", variation.suffix()))
    }

    fn identity(&self) -> serde_json::Result<Identity> {
        Identity::new("backtest", self.question.inputs.clone())
            .with("engine", self.question.engine.as_str())?
            .with("seeds", seed_numbers(&self.seeds))?
            .with("request", self.question.request_json()?)
    }

    fn simulate(&self, _: &mut OutputFolder) -> Result<BacktestReport<'_>, CommandError> {
        let question = &self.question;
        let runs = self.simulate_seeds();
        let quantities = match question.usage.origin {
            CostOrigin::Judged => vec![JudgedQuantity::Replicas],
            CostOrigin::Before | CostOrigin::Stated(_) => question.judged.quantities(),
        };
        let steps = runs.iter().map(|run| run.steps.clone()).collect();
        let backtest = Backtest::of(question.judged.clone(), steps, &quantities);
        let replicas = backtest.score(JudgedQuantity::Replicas);
        let is_noise = replicas.is_some_and(QuantityScore::is_noise);
        let explanation = (!is_noise).then(|| self.explain(&runs));
        let check = |assertion: &ScoreAssertion| self.check(&backtest, assertion);
        Ok(BacktestReport {
            experiment: self,
            sentence: backtest_sentence(&backtest),
            checked: question.assertions.iter().map(check).collect(),
            backtest,
            explanation,
        })
    }
}

impl BacktestExperiment<'_> {
    /// Whether the assertion holds of the figure as files have it; without the figure it does not.
    fn check(&self, backtest: &Backtest, assertion: &ScoreAssertion) -> CheckedAssertion {
        let score = backtest.score(assertion.score.quantity);
        let value = score.map(|score| readable(score.figure(assertion.score.kind)));
        let holds = |value| assertion.comparator.holds(value, assertion.bound);
        CheckedAssertion {
            assertion: assertion.to_string(),
            policy: self.question.scenario.policy_name.clone(),
            trace: self.arguments.name(),
            value,
            statistic: None,
            holds: value.is_some_and(holds),
            difference: None,
        }
    }
}

/// The outcome of a backtest.
struct BacktestReport<'q> {
    experiment: &'q BacktestExperiment<'q>,
    backtest: Backtest,
    /// `None` if chance alone explains the difference.
    explanation: Option<Explanation>,
    sentence: String,
    checked: Vec<CheckedAssertion>,
}

impl ExperimentReport for BacktestReport<'_> {
    fn checked(&self) -> &[CheckedAssertion] {
        &self.checked
    }

    fn files(&self) -> Result<Vec<ResultFile>, CommandError> {
        let BacktestExperiment {
            arguments,
            question,
            ..
        } = self.experiment;
        let mut files = match arguments.answer.plot {
            PlotChoice::None => Vec::new(),
            plot => {
                let chart = backtest_chart(&BacktestPicture {
                    name: &arguments.name(),
                    sentence: &self.sentence,
                    scenario: &question.scenario,
                    backtest: &self.backtest,
                });
                pictures(&draw_bands(&chart), PLOT, plot)?
            }
        };
        let csv = backtest_csv(&self.backtest, question.scenario.clock.as_ref())?;
        files.push(ResultFile::new(BACKTEST, csv));
        Ok(files)
    }

    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>> {
        let BacktestExperiment {
            question, seeds, ..
        } = self.experiment;
        let explanation = self.explanation.as_ref();
        let best = explanation.and_then(|it| Some((it.best.as_ref()?, it.seeds)));
        let explained_by = best.map(|(it, seeds)| {
            serde_json::json!({
                "key": it.key,
                "assumed": it.assumed,
                "value": it.value,
                "error_assumed": readable(it.error_assumed),
                "error": readable(it.error),
                "seeds": seeds,
            })
        });
        let facts = BacktestFacts {
            engine: question.engine.as_str(),
            seeds: seed_numbers(seeds),
            policy: &question.scenario.policy_name,
            inputs: &question.inputs,
            request: question.request_json()?,
            files: names,
            span: &question.span,
            clock: question.clock.as_ref(),
            usage: &question.usage,
            explained_by: serde_json::to_value(explained_by)?,
            sentence: &self.sentence,
            assertions: &self.checked,
        };
        backtest_summary(&self.backtest, &facts)
    }

    fn page(&self, _format: OutputFormat, paths: &[String], _colour: Colour) -> String {
        let BacktestExperiment {
            arguments,
            question,
            ..
        } = self.experiment;
        render_backtest(&BacktestPage {
            name: &arguments.name(),
            backtest: &self.backtest,
            engine: question.engine.as_str(),
            span: &question.span,
            clock: question.clock.as_ref(),
            usage: &question.usage,
            explanation: self.explanation.as_ref(),
            files: paths,
        })
    }
}
