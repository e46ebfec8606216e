//! `hpasim tune POLICY TRACE...`: which policy would be better, and is it really?

mod inputs;
mod proposed_texts;
mod report;
mod simulations;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::choices::{ChoiceWords, ENGINES, PlotChoice, one_of};
use super::error::{CommandError, Completion};
use super::experiment::{Experiment, conduct};
use super::identity::Identity;
use super::manifest_args::ManifestArgs;
use super::output_args::AnswerArgs;
use super::output_folder::OutputFolder;
use super::result_files::default_folder;
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variation::Variation;
use super::warm_up_args::WarmUpArgs;
use super::what_args::WhatArgs;
use crate::scenario::{Engine, ManifestChoice, Scenario, Template};
use crate::search::in_order::all_cores;
use crate::search::tune::evaluation::Simulator;
use crate::search::tune::goal::Goal;
use crate::search::tune::method::{Answer, Method};
use crate::search::tune::question::{Asked, QuestionError, TuningQuestion};
use crate::search::tune::summary::TuneRequest;
use crate::simulation::Extent;
use crate::units::{Seed, SimSpan, parse_number};
use crate::workload::Demand;

use inputs::TuneInputs;
use proposed_texts::ProposedTexts;
use report::TuneReport;

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim tune policies/prod.toml traces/spike.csv
  hpasim tune prod.yaml day.csv --goal 'min cost subject to failed_share<=0.01'";

/// Search for a better policy, and show on other traffic whether it is better.
#[derive(Args, Debug)]
#[command(
    mut_arg("output", |output| output.help("Output folder [default: output/tune-<policy>-<traces>]")),
    after_help = EXAMPLES
)]
pub(super) struct TuneArgs {
    /// Policy (TOML) or Kubernetes manifest (YAML, JSON)
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// Traffic for the search: one or several traces
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// Traffic for the report only; repeatable
    #[arg(long, value_name = "TRACE", conflicts_with = "split")]
    holdout: Vec<PathBuf>,
    /// Share of each trace for the search; the report uses the rest.
    #[arg(
        long,
        value_name = "SHARE",
        value_parser = parse_share,
        help = "Share of each trace for the search [default: 0.67]"
    )]
    split: Option<f64>,
    /// What is better [default: no KPI of harm, cost or rescales above today's, and no latency that users feel].
    #[arg(
        long,
        value_name = "GOAL",
        help = "What is better [default: nothing worse than today's]"
    )]
    goal: Option<String>,
    /// How many changes the answer may have: the best policy, or the best single change.
    #[arg(help = "best, or one-change: one setting only", long = "answer", value_parser = one_of(ANSWERS), hide_possible_values = true, value_name = "ANSWER", default_value = Answer::Best.as_str())]
    wanted: Answer,
    /// Search only this: PATH=VALUES as for `sweep --set`, or averageUtilization (without `metrics`: targetCPUUtilizationPercentage), ...; repeatable
    #[arg(long, value_name = "PARAM")]
    param: Vec<String>,
    /// Set a key of all policies; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    warm_up: WarmUpArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// Number of policies that the search may simulate.
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        help = "Policies to simulate [default: 2000; request: 200]"
    )]
    budget: Option<u32>,
    /// evolution, halving or random
    #[arg(long, value_parser = one_of(METHODS), hide_possible_values = true, default_value = Method::Evolution.as_str())]
    method: Method,
    /// Policies that the request engine judges beside the best single change and the best pair.
    #[arg(help = "Further policies for the request engine", long, value_name = "N", default_value_t = FINALISTS, value_parser = clap::value_parser!(u8).range(1..))]
    finalists: u8,
    /// The engine: `request` or `fluid`.
    #[arg(
        long,
        value_parser = one_of(ENGINES),
        hide_possible_values = true,
        value_name = "ENGINE",
        help = "request or fluid [default: fluid, then request]"
    )]
    engine: Option<Engine>,
    #[command(flatten)]
    seed: SeedArgs,
    /// Number of seeds of the report
    #[arg(long, value_name = "N", default_value_t = SEEDS, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// Number of simulations at once.
    #[arg(
        long,
        value_name = "N",
        help = "Number of simulations at once [default: all cores]"
    )]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    answer: AnswerArgs,
}

/// `--answer`.
const ANSWERS: &ChoiceWords<Answer> = &[
    (Answer::Best, Answer::Best.as_str()),
    (Answer::OneChange, Answer::OneChange.as_str()),
];

/// `--method`.
const METHODS: &ChoiceWords<Method> = &[
    (Method::Evolution, Method::Evolution.as_str()),
    (Method::Halving, Method::Halving.as_str()),
    (Method::Random, Method::Random.as_str()),
];

/// The seeds of the training: few, for each candidate sees them all; chance is the report's to measure.
const TRAINING_SEEDS: u16 = 3;
/// The further seeds of a trace under which the judge cannot tell harm from noise.
const JUDGE_SEEDS: u32 = 7;
/// How many of the best the request engine judges by default, beside the best single change and the best pair.
const FINALISTS: u8 = 4;
/// How many seeds the report has by default.
const SEEDS: u16 = 10;
/// The part of a trace that is tuned on.
const SPLIT: f64 = 0.67;
/// Candidates under the fluid engine.
const BUDGET: u32 = 2000;
/// What takes less than to simulate every request.
const LESS_WORK: &str = "fewer --seeds and --finalists and a smaller --budget take less; --engine fluid takes almost no time";
/// One in this many policies of the budget is kept for reductions of finalists.
const REDUCTION_PART: u32 = 8;
/// Candidates where each costs a thousand times as much.
const BUDGET_OF_REQUESTS: u32 = 200;

fn parse_share(text: &str) -> Result<f64, String> {
    parse_number(text)
        .filter(|share| (0.1..=0.9).contains(share))
        .ok_or_else(|| "write a share from 0.1 to 0.9".to_owned())
}

/// What the proposed policy is called in tables and files.
const PROPOSED: &str = "proposed";

/// Loads, searches, judges, reports, writes, prints.
pub(super) fn run(arguments: &TuneArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    conduct(&arguments.answer, screen, |screen| {
        TuneExperiment::ask(arguments, screen)
    })
}

impl From<QuestionError> for CommandError {
    fn from(error: QuestionError) -> Self {
        match error {
            QuestionError::Policy(diagnostics) => Self::Input(diagnostics),
            other => Self::usage(other),
        }
    }
}

impl TuneArgs {
    fn variation(&self) -> Variation {
        let mut variation = Variation::default();
        if let Some(engine) = self.engine {
            variation.add(engine.as_str());
        }
        self.what.vary(&mut variation);
        self.manifest.vary(&mut variation);
        self.warm_up.vary(&mut variation);
        for setting in &self.set {
            variation.add_setting(setting);
        }
        let named: [(&str, Option<String>); 6] = [
            (
                "answer",
                (self.wanted != Answer::Best).then(|| self.wanted.as_str().to_owned()),
            ),
            ("goal", self.goal.clone()),
            ("split", self.split.map(|split| split.to_string())),
            ("budget", self.budget.map(|budget| budget.to_string())),
            (
                "method",
                (self.method != Method::Evolution).then(|| self.method.as_str().to_owned()),
            ),
            (
                "finalists",
                (self.finalists != FINALISTS).then(|| self.finalists.to_string()),
            ),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                variation.add(format!("{name}-{value}"));
            }
        }
        for parameter in &self.param {
            variation.add(parameter.as_str());
        }
        for path in &self.holdout {
            variation.add(format!("holdout-{}", path.display()));
        }
        self.seed.vary(self.seeds, SEEDS, &mut variation);
        variation
    }

    fn request_facts(&self) -> TuneRequest {
        let ManifestChoice { hpa, namespace } = self.manifest.choice();
        let split = self.split.unwrap_or(SPLIT);
        TuneRequest {
            set: self.set.clone(),
            param: self.param.clone(),
            goal: self.goal.clone(),
            answer: self.wanted.as_str(),
            split: self.holdout.is_empty().then_some(split),
            holdout: self
                .holdout
                .iter()
                .map(|it| it.display().to_string())
                .collect(),
            budget: self.budget,
            method: self.method.as_str(),
            finalists: self.finalists,
            engine: self.engine.map(Engine::as_str),
            warm_up_seconds: self.warm_up.asked().map(SimSpan::as_secs_f64),
            reading: self.what.stated(),
            hpa,
            namespace,
        }
    }

    fn goal(&self) -> Result<Goal, CommandError> {
        match &self.goal {
            Some(goal) => Goal::parse(goal).map_err(CommandError::usage),
            None => Ok(Goal::BetterThanToday),
        }
    }

    fn judge(&self) -> Simulator {
        match self.engine {
            None | Some(Engine::Request) => Simulator::Request,
            Some(Engine::Fluid) => Simulator::Template,
        }
    }
}

/// What is tuned, and what the answer is measured by.
struct TuneExperiment<'a> {
    arguments: &'a TuneArgs,
    /// The question of the search: the training is in it.
    search: TuningQuestion,
    /// What else was read; its training is the search's.
    inputs: TuneInputs,
    /// Seeds that the search does not see.
    report_seeds: Vec<Seed>,
    /// Seeds that decide about harm within the noise; neither the search nor the report sees them.
    judge_seeds: Vec<Seed>,
}

impl<'a> TuneExperiment<'a> {
    fn ask(arguments: &'a TuneArgs, screen: &mut Screen) -> Result<Self, CommandError> {
        let goal = arguments.goal()?;
        let count = u32::from(TRAINING_SEEDS) + u32::from(arguments.seeds) + JUDGE_SEEDS;
        let mut seeds = arguments.seed.seeds(count)?;
        let mut report_seeds = seeds.split_off(usize::from(TRAINING_SEEDS));
        let judge_seeds = report_seeds.split_off(usize::from(arguments.seeds));
        let mut inputs = TuneInputs::load(arguments)?;
        arguments.answer.quiet.warn(&inputs.warnings, screen);
        let asked = Asked {
            parameters: &arguments.param,
            goal,
            answer: arguments.wanted,
            seeds,
            threads: arguments.jobs.unwrap_or_else(all_cores),
        };
        Ok(Self {
            arguments,
            search: TuningQuestion::ask(std::mem::take(&mut inputs.training), asked)?,
            inputs,
            report_seeds,
            judge_seeds,
        })
    }

    fn budget(&self) -> u32 {
        let mut templates = self.search.templates.iter();
        let is_slow = templates.any(|template| template.engine() == Engine::Request);
        let usual = if is_slow { BUDGET_OF_REQUESTS } else { BUDGET };
        let budget = self.arguments.budget.unwrap_or(usual);
        match self.arguments.wanted {
            Answer::Best => budget,
            // Today's policy counts too.
            Answer::OneChange => {
                let singles = self.search.space.single_change_count() + 1;
                budget.min(u32::try_from(singles).unwrap_or(u32::MAX))
            }
        }
    }

    /// The part of the budget that is kept for reductions of finalists; a single change is not reduced.
    fn kept_for_reductions(&self) -> u32 {
        match self.arguments.wanted {
            Answer::Best => self.budget() / REDUCTION_PART,
            Answer::OneChange => 0,
        }
    }

    /// How many simulations a policy takes under the whole training.
    fn training_runs(&self) -> usize {
        self.search.templates.len() * self.search.seeds.len()
    }
}

impl Experiment for TuneExperiment<'_> {
    type Report<'e>
        = TuneReport<'e>
    where
        Self: 'e;

    /// The search, the finalists and the report.
    fn size(&self) -> Result<Size, CommandError> {
        let (arguments, question) = (self.arguments, &self.search);
        let held_out = &self.inputs.held_out;
        let all = |engine: fn(&Template, &Scenario) -> Engine| {
            let training = question.templates.iter().zip(&question.scenarios);
            training
                .map(|(template, scenario)| Extent::of(scenario, engine(template, scenario)))
                .fold(Extent::default(), Extent::and)
                .times(f64::from(TRAINING_SEEDS))
        };
        let of_search = all(|template, _| template.engine());
        let of_judge = match arguments.judge() {
            Simulator::Template => of_search,
            Simulator::Request => all(|template, scenario| match scenario.trace.demand {
                Demand::CpuMillicores(_) => template.engine(),
                _ => Engine::Request,
            }),
        };
        let of_report = held_out
            .iter()
            .map(|it| Extent::of(&it.today, it.template.engine()))
            .fold(Extent::default(), Extent::and);
        // Today's policy, the best single change and the best pair are judged too.
        let finalists = f64::from(arguments.finalists) + 3.0;
        // One of them, beside today's policy, does harm within the noise and gets the further seeds.
        let judged = finalists + 2.0 * f64::from(JUDGE_SEEDS) / f64::from(TRAINING_SEEDS);
        let seeds = f64::from(arguments.seeds);
        // A report for the proposal; another one where the proposal makes a bet or is not confirmed.
        let reported = 2.0 * seeds * held_out.len() as f64;
        let extent = of_search
            .times(f64::from(self.budget()))
            .and(of_judge.times(judged))
            .and(of_report.times(2.0 * seeds));
        let pairs = self.training_runs() as f64;
        let mut size = Size {
            runs: pairs * (f64::from(self.budget()) + judged) + reported,
            extent,
            remedy: LESS_WORK,
            ..Size::default()
        };
        if arguments.answer.plot != PlotChoice::None {
            // A proposal has the metrics of today's policy.
            for it in held_out {
                size.hold_curves(&it.today, 2.0 * seeds);
            }
        }
        Ok(size)
    }

    fn default_folder(&self) -> PathBuf {
        let scenarios = &self.search.scenarios;
        let policy = scenarios[0].policy_name.as_str();
        let traces: Vec<&str> = scenarios.iter().map(|it| it.trace_name.as_str()).collect();
        default_folder(
            Some("tune"),
            &[policy],
            &traces,
            &self.arguments.variation(),
        )
    }

    fn identity(&self) -> serde_json::Result<Identity> {
        Identity::new("tune", self.inputs.files.clone())
            .with("training_seeds", seed_numbers(&self.search.seeds))?
            .with("seeds", seed_numbers(&self.report_seeds))?
            .with("request", self.arguments.request_facts())
    }

    fn simulate(&self, folder: &mut OutputFolder) -> Result<TuneReport<'_>, CommandError> {
        let (tuned, report) = self.simulate_all()?;
        let proposal = tuned.proposal.as_ref();
        let texts = proposal.map(|it| ProposedTexts::of(it, self, folder.path()));
        Ok(TuneReport {
            experiment: self,
            texts: texts.transpose()?,
            tuned,
            report,
        })
    }
}
