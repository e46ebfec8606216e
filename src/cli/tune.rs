//! `hpasim tune POLICY TRACE...`: which policy would be better, and is it really?
//!
//! Self-imposed limit: load, search, judge, report, write, print; each is done elsewhere.

mod inputs;
mod outputs;
mod proposed_texts;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::choices::{ENGINES, PageFormat, Words, one_of, summary_format};
use super::error::{CommandError, Completion};
use super::identity::Identity;
use super::interrupt::Interrupt;
use super::manifest_args::ManifestArgs;
use super::output_args::{QuietArgs, WriteArgs};
use super::output_folder::OutputFolder;
use super::paired_runs::{Kept, PairedTrace, TraceResults, simulate_paired};
use super::progress::CountProgress;
use super::result_files::default_folder;
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variation::Variation;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::{InputFile, KpiReport};
use crate::scenario::{Assertion, Engine, ManifestChoice, Scenario, Template};
use crate::search::in_order::all_cores;
use crate::search::outcome::Weighed;
use crate::search::tune::caution::{
    Caution, HeldOutVerdict, TrainingScore, doubts_of_changes, doubts_of_goal, doubts_of_report,
    doubts_of_traffic, doubts_of_training, verdict,
};
use crate::search::tune::evaluation::{Measured, Simulator};
use crate::search::tune::finalists::PutBack;
use crate::search::tune::goal::Goal;
use crate::search::tune::method::{Findings, Method, Tried};
use crate::search::tune::question::{Asked, QuestionError, TuningQuestion};
use crate::search::tune::sensitivity::sensitivity;
use crate::search::tune::summary::TuneRequest;
use crate::simulation::Extent;
use crate::units::{Seed, parse_number};
use crate::workload::Demand;
use inputs::{HeldOut, Inputs};

/// Search for a better policy, and show on other traffic whether it is better.
///
/// The search sees the first part of each trace, or all of it where other traces
/// are held out; the report sees the rest, under other seeds. Without --goal a policy
/// may do no more harm, cost no more and rescale no more than today's. What is searched
/// by default, and how, stands in docs/tuning.md.
#[derive(Args, Debug)]
pub(super) struct TuneArgs {
    /// The policy (TOML) or a Kubernetes manifest (YAML, JSON)
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The traffic to tune on, one trace or several
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// Traffic that the search does not see, for the report; may be given several times
    #[arg(long, value_name = "TRACE", conflicts_with = "split")]
    holdout: Vec<PathBuf>,
    /// The part of each trace, in time, that is tuned on; the rest is held out.
    #[arg(
        long,
        value_name = "SHARE",
        value_parser = parse_share,
        help = "The part of each trace, in time, that is tuned on; the rest is held out [default: 0.67]"
    )]
    split: Option<f64>,
    /// What is better: --goal 'min cost subject to slo_violation_seconds<=60'; bounds hold under each trace
    #[arg(long, value_name = "GOAL")]
    goal: Option<String>,
    /// Search this parameter only: a usual one by its keys (targetCPUUtilizationPercentage, minReplicas, stabilizationWindowSeconds, tolerance, scaleDown), or any path with values as in `sweep --set`; may be given several times
    #[arg(long, value_name = "NAME|PATH=VALUES")]
    param: Vec<String>,
    /// Override a key of the policy, today's and every other: --set slo.error_rate=0.001; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// How many policies may be simulated under the whole training.
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        help = "How many policies may be simulated under the whole training, today's policy and finalists with fewer changes included [default: 2000, or 200 where the request engine has to search]"
    )]
    budget: Option<u32>,
    /// How it is searched
    #[arg(long, value_parser = one_of(METHODS), default_value = Method::Evolution.as_str())]
    method: Method,
    /// How many of the best the request engine judges.
    #[arg(long, value_name = "N", default_value_t = FINALISTS, value_parser = clap::value_parser!(u8).range(1..))]
    finalists: u8,
    /// Which engine simulates.
    #[arg(
        long,
        value_parser = one_of(ENGINES),
        value_name = "ENGINE",
        help = "Which engine simulates [default: fluid for the search, request for finalists and report, where they can follow the trace]"
    )]
    engine: Option<Engine>,
    #[command(flatten)]
    seed: SeedArgs,
    /// Report over so many seeds; the search has three of its own before them
    #[arg(long, value_name = "N", default_value_t = SEEDS, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// How many simulations of the search run at once.
    #[arg(
        long,
        value_name = "N",
        help = "How many simulations of the search run at once [default: all cores]; the results are identical for any N"
    )]
    jobs: Option<NonZeroUsize>,
    /// The output folder.
    #[arg(
        short,
        long,
        value_name = "DIR",
        help = "The output folder [default: output/tune-<policy>-<traces>]"
    )]
    output: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
    /// What is printed to stdout
    #[arg(long, value_parser = summary_format(), default_value = "table")]
    format: PageFormat,
    #[command(flatten)]
    quiet: QuietArgs,
}

/// `--method`.
const METHODS: &Words<Method> = &[
    (
        Method::Evolution,
        Method::Evolution.as_str(),
        "Children of the best, generation by generation",
    ),
    (
        Method::Halving,
        Method::Halving.as_str(),
        "Many under one seed, the best third under all",
    ),
    (Method::Random, Method::Random.as_str(), "A Latin hypercube"),
];

/// The seeds of the training: few, for each candidate sees them all; chance is the report's to measure.
const TRAINING_SEEDS: u16 = 3;
/// How many of the best the request engine judges by default.
const FINALISTS: u8 = 6;
/// How many seeds the report has by default.
const SEEDS: u16 = 10;
/// The part of a trace that is tuned on.
const SPLIT: f64 = 0.67;
/// Candidates under the fluid engine.
const BUDGET: u32 = 2000;
/// What takes less than to simulate every request.
const LESS_WORK: &str = "fewer --seeds and --finalists and a smaller --budget take less; --engine fluid takes next to none";
/// The part of the budget that is kept for reductions of finalists: one in so many.
const REDUCTION_PART: u32 = 8;
/// Candidates where each costs a thousand times as much.
const BUDGET_OF_REQUESTS: u32 = 200;

fn parse_share(text: &str) -> Result<f64, String> {
    parse_number(text)
        .filter(|share| (0.1..=0.9).contains(share))
        .ok_or_else(|| "write a share from 0.1 to 0.9".to_owned())
}

/// Seeds that the search sees, and others for the report.
struct Seeds {
    training: Vec<Seed>,
    report: Vec<Seed>,
}

/// What the search comes to.
struct Tuned {
    findings: Findings,
    finalists: Vec<Tried>,
    proposal: Option<Proposal>,
    sensitivity: Vec<Weighed>,
    cautions: Vec<Caution>,
}

/// A policy to propose.
struct Proposal {
    finalist: Tried,
    worth: Vec<PutBack>,
}

/// Today's policy and the proposed one on held-out traffic.
struct Report {
    /// By held-out trace.
    results: Vec<TraceResults>,
    /// By held-out trace, then today's and the proposed one.
    scenarios: Vec<Vec<Scenario>>,
    runs: Vec<TraceRuns>,
    comparison: Comparison,
    /// Whether the goal's bounds, and what the policy asserts itself, hold of the proposed policy.
    bounds: Vec<CheckedAssertion>,
    verdict: HeldOutVerdict,
}

/// What the proposed policy is called in tables and files.
const PROPOSED: &str = "proposed";

/// Loads, searches, judges, reports, writes, prints.
pub(super) fn run(arguments: &TuneArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let goal = arguments.goal()?;
    let seeds = arguments.seeds()?;
    let interrupt = Interrupt::listen();
    let inputs = Inputs::load(arguments)?;
    arguments.quiet.warn(&inputs.warnings, screen);
    let Inputs {
        training,
        training_labels,
        held_out,
        files,
        loader,
        ..
    } = inputs;
    let question = TuningQuestion::ask(
        training,
        Asked {
            parameters: &arguments.param,
            goal,
            seeds: seeds.training.clone(),
            threads: arguments.jobs.unwrap_or_else(all_cores),
        },
    )?;
    arguments
        .size(&question, &held_out)
        .announce(LESS_WORK, arguments.quiet, screen)?;
    let folder = OutputFolder::claim(
        &arguments.folder(&question),
        &arguments.identity(&files, &seeds)?,
        arguments.write.overwrite(),
        &interrupt,
    )?;
    let findings = arguments.search(&question);
    if let (true, Some(refused)) = (
        findings.is_empty(&question.space),
        findings.refused.first.clone(),
    ) {
        return Err(CommandError::Input(refused));
    }
    let mut tuned = arguments.tune(&question, &training_labels, &held_out, findings);
    let mut report = match &tuned.proposal {
        Some(proposal) => Some(arguments.report(&question, proposal, &held_out, &seeds.report)?),
        None => None,
    };
    if let Some(report) = &mut report {
        report.verdict = report.verdict.clone().beside_training(&tuned.cautions);
        let doubts = doubts_of_report(&question.goal, &question.objectives, &report.runs);
        tuned.cautions.splice(0..0, doubts);
    }
    let outputs = outputs::Outputs {
        arguments,
        question: &question,
        training_labels: &training_labels,
        held_out: &held_out,
        files: &files,
        loader: &loader,
        tuned: &tuned,
        report: report.as_ref(),
        report_seeds: &seeds.report,
    };
    outputs.write_and_print(folder, screen)
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
    fn folder(&self, question: &TuningQuestion) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let scenarios = &question.scenarios;
            let traces: Vec<&str> = scenarios.iter().map(|it| it.trace_name.as_str()).collect();
            default_folder(
                Some("tune"),
                &[&scenarios[0].policy_name],
                &traces,
                &self.variation(),
            )
        })
    }

    fn variation(&self) -> Variation {
        let mut variation = Variation::default();
        if let Some(engine) = self.engine {
            variation.add(engine.as_str());
        }
        self.manifest.vary(&mut variation);
        for setting in &self.set {
            variation.add_setting(setting);
        }
        let named: [(&str, Option<String>); 5] = [
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

    /// What the tuning asks for, for the folder that it is written to.
    fn identity(&self, files: &[InputFile], seeds: &Seeds) -> Result<Identity, CommandError> {
        let identity = Identity::new("tune", files.to_vec())
            .with("training_seeds", seed_numbers(&seeds.training))?
            .with("seeds", seed_numbers(&seeds.report))?
            .with("request", self.request_facts())?;
        Ok(identity)
    }

    fn request_facts(&self) -> TuneRequest {
        let ManifestChoice { hpa, namespace } = self.manifest.choice();
        let split = self.split.unwrap_or(SPLIT);
        TuneRequest {
            set: self.set.clone(),
            param: self.param.clone(),
            goal: self.goal.clone(),
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

    /// The seeds of the training, and after them those of the report.
    fn seeds(&self) -> Result<Seeds, CommandError> {
        let count = u32::from(TRAINING_SEEDS) + u32::from(self.seeds);
        let mut training = self.seed.seeds(count)?;
        let report = training.split_off(usize::from(TRAINING_SEEDS));
        Ok(Seeds { training, report })
    }

    fn judge(&self) -> Simulator {
        match self.engine {
            None | Some(Engine::Request) => Simulator::Request,
            Some(Engine::Fluid) => Simulator::Template,
        }
    }

    fn budget(&self, question: &TuningQuestion) -> u32 {
        let is_slow = question
            .templates
            .iter()
            .any(|template| template.engine() == Engine::Request);
        let usual = if is_slow { BUDGET_OF_REQUESTS } else { BUDGET };
        self.budget.unwrap_or(usual)
    }

    /// What the search itself may spend: the rest is for finalists, which are simulated with fewer changes.
    fn budget_of_search(&self, question: &TuningQuestion) -> u32 {
        let budget = self.budget(question);
        budget - budget / REDUCTION_PART
    }

    /// What is about to be simulated: the search, the finalists and the report.
    fn size(&self, question: &TuningQuestion, held_out: &[HeldOut]) -> Size {
        let all = |engine: fn(&Template, &Scenario) -> Engine| {
            let training = question.templates.iter().zip(&question.scenarios);
            training
                .map(|(template, scenario)| Extent::of(scenario, engine(template, scenario)))
                .fold(Extent::default(), Extent::and)
                .times(f64::from(TRAINING_SEEDS))
        };
        let of_search = all(|template, _| template.engine());
        let of_judge = match self.judge() {
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
        let finalists = f64::from(self.finalists) + 1.0;
        let seeds = f64::from(self.seeds);
        let reported = 2.0 * seeds * held_out.len() as f64;
        let extent = of_search
            .times(f64::from(self.budget(question)))
            .and(of_judge.times(finalists))
            .and(of_report.times(2.0 * seeds));
        let pairs = f64::from(TRAINING_SEEDS) * question.templates.len() as f64;
        Size {
            runs: pairs * (f64::from(self.budget(question)) + finalists) + reported,
            extent,
            curves_held: if self.write.plot.kinds().is_empty() {
                0.0
            } else {
                reported
            },
            ..Size::default()
        }
    }

    fn search(&self, question: &TuningQuestion) -> Findings {
        let search = question.search(self.budget_of_search(question), self.seed.first());
        let pairs = question.templates.len() * question.seeds.len();
        let runs = u64::from(search.budget) * pairs as u64;
        let progress = CountProgress::new("searching", runs, self.quiet.progress());
        search.run(self.method, &|| progress.one_more())
    }

    fn tune(
        &self,
        question: &TuningQuestion,
        labels: &[String],
        held_out: &[HeldOut],
        mut findings: Findings,
    ) -> Tuned {
        let search = question.search(self.budget(question), self.seed.first());
        let pairs = question.templates.len() * question.seeds.len();
        let finalists = search.finalists(&mut findings, usize::from(self.finalists), &|| ());
        let judgement = {
            let runs = (finalists.len() + 1) * pairs;
            let progress = CountProgress::new("judging", runs as u64, self.quiet.progress());
            search.judge_finalists(&finalists, self.judge(), &|| progress.one_more())
        };
        let proposal = judgement.best.map(|best| Proposal {
            finalist: finalists[best].clone(),
            worth: search.worth(&mut findings, &finalists[best].candidate, &|| ()),
        });
        let mut cautions = doubts_of_goal(judgement.nearest());
        let measured = judgement
            .best
            .and_then(|best| judgement.measured[best].clone());
        if let (Some(proposal), Some(proposed)) = (&proposal, measured) {
            let judged = TrainingScore {
                today: judgement.before.clone(),
                proposed,
            };
            cautions.extend(doubts_of_training(
                &question.goal,
                &question.objectives,
                &judged,
                labels,
            ));
            cautions.extend(doubts_of_changes(
                &question.space,
                &proposal.finalist.candidate,
            ));
        }
        let held_out: Vec<Scenario> = held_out.iter().map(|it| it.today.clone()).collect();
        cautions.extend(doubts_of_traffic(&question.scenarios, &held_out));
        Tuned {
            sensitivity: sensitivity(&question.space, findings.sample_of(&question.space)),
            findings,
            finalists,
            proposal,
            cautions,
        }
    }

    fn report(
        &self,
        question: &TuningQuestion,
        proposal: &Proposal,
        held_out: &[HeldOut],
        seeds: &[Seed],
    ) -> Result<Report, CommandError> {
        let arguments = question.space.arguments(&proposal.finalist.candidate);
        let scenarios = held_out
            .iter()
            .map(|held_out| {
                let proposed = held_out
                    .template
                    .scenario(&arguments)
                    .map_err(CommandError::Input)?;
                Ok(vec![held_out.today.clone(), proposed])
            })
            .collect::<Result<Vec<Vec<Scenario>>, CommandError>>()?;
        let traces: Vec<PairedTrace<'_>> = scenarios
            .iter()
            .zip(held_out)
            .map(|(scenarios, held_out)| PairedTrace {
                scenarios,
                engine: held_out.template.engine(),
            })
            .collect();
        let kept = if self.write.plot.kinds().is_empty() {
            Kept::Kpis
        } else {
            Kept::KpisAndCurves
        };
        let mode = self.quiet.progress();
        let results = simulate_paired(&traces, seeds, kept, mode, None);
        let today = question.scenarios[0].policy_name.clone();
        let runs: Vec<TraceRuns> = held_out
            .iter()
            .zip(&results)
            .map(|(held_out, results)| TraceRuns {
                trace: held_out.label.clone(),
                runs: results.kpis.clone(),
            })
            .collect();
        let mut bounds = check_bounds(&question.goal, &runs);
        let verdict = verdict(&question.goal, &question.objectives, &runs, &bounds);
        bounds.extend(check_own(&question.scenarios[0], &runs));
        Ok(Report {
            verdict,
            bounds,
            comparison: Comparison::of(vec![today, PROPOSED.to_owned()], &runs),
            results,
            scenarios,
            runs,
        })
    }
}

/// Whether a bound holds of the proposed policy's mean over the seeds, as in the search.
fn check_mean(bound: &Assertion, trace: &TraceRuns) -> CheckedAssertion {
    let runs = trace.runs.last().map_or(&[][..], Vec::as_slice);
    let mean = Measured::of(&[runs.to_vec()]).by_trace(bound.kpi).next();
    let value = mean.filter(|mean| !mean.is_nan());
    CheckedAssertion::of(bound, PROPOSED, &trace.trace, value)
}

/// Whether each bound of the goal holds of the proposed policy under each held-out trace.
fn check_bounds(goal: &Goal, runs: &[TraceRuns]) -> Vec<CheckedAssertion> {
    let of_trace = |trace| {
        let bounds = goal.bounds().iter();
        bounds.map(move |bound| check_mean(bound, trace))
    };
    runs.iter().flat_map(of_trace).collect()
}

/// The same of what the policy asserts itself (`[slo] assert`), as `compare` has it. It is told, and no part of the goal.
fn check_own(scenario: &Scenario, runs: &[TraceRuns]) -> Vec<CheckedAssertion> {
    let mut checked = Vec::new();
    for trace in runs {
        let Some(report) = trace.runs.last().and_then(|runs| KpiReport::of(runs)) else {
            continue;
        };
        let own = scenario.assertions.iter();
        checked.extend(own.map(|own| check(own, PROPOSED, &trace.trace, &report)));
    }
    checked
}
