//! `hpasim compare POLICY POLICY... TRACE...`: which policy should I run?

mod inputs;
mod variants;

use std::path::PathBuf;

use clap::Args;

use super::assertions;
use super::choices::{COMPARISON_FORMATS, OutputFormat, PlotChoice, one_of};
use super::error::{CommandError, Completion};
use super::experiment::{Experiment, ExperimentReport, conduct};
use super::file_names::{COMPARISON_CSV, COMPARISON_JSON};
use super::identity::Identity;
use super::load_args::LoadArgs;
use super::output_args::AnswerArgs;
use super::output_folder::OutputFolder;
use super::paired_runs::{PairedRuns, PairedTrace, paired_pictures, simulate_paired, trace_facts};
use super::result_files::{ResultFile, default_folder};
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variation::Variation;
use super::what_matters::{
    WhatMattersArgs, assumed_in_words, compared_assumptions, foot, what_matters,
};
use crate::render::comparison::{ComparisonPage, render_comparison};
use crate::render::paint::Colour;
use crate::render::table::TableFormat;
use crate::results::KpiReport;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::comparison_export::{
    ComparedAssumption, ComparisonRun, comparison_csv, comparison_json, comparison_summary,
};
use crate::results::export::Request;
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::what_matters::WhatMatters;
use crate::scenario::{Assertion, Engine};
use crate::search::what_matters::AssumingTrace;
use crate::simulation::Extent;
use crate::units::Seed;

use inputs::CompareInputs;

/// How many seeds a comparison runs by default.
const SEEDS: u16 = 10;

/// The baselines and two commands, for `--help`.
const EXAMPLES: &str = "Baselines: @default (no behavior), @static-peak, @static-mean, @fixed:N,
@oracle (knows the demand), @oracle-instant (the same, and pods start at once).
Variants without a file: POLICY@path=value[,path=value], with any key of --set.

Examples:
  hpasim compare app.yaml app.yaml@controller.kubernetes=1.32 trace.csv
  hpasim compare prod.yaml @default @oracle day.csv --assert 'prod.rescales<20'";

/// Set policies side by side under the same traffic.
#[derive(Args, Debug)]
#[command(
    mut_arg("output", |output| output.help("Folder [default: output/compare-<policies>-<trace>]")),
    mut_arg("format", |format| {
        format
            .value_parser(one_of(COMPARISON_FORMATS))
            .help("table, markdown, csv or json")
    }),
    after_help = EXAMPLES
)]
pub(super) struct CompareArgs {
    /// Policies, manifests, variants or baselines, then traces; the first policy is the reference
    #[arg(value_name = "POLICY... TRACE", required = true)]
    inputs: Vec<PathBuf>,
    /// Read this file as a trace; repeatable
    #[arg(long, value_name = "FILE")]
    trace: Vec<PathBuf>,
    /// Set a key of every policy; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// Number of seeds
    #[arg(long, value_name = "N", default_value_t = SEEDS, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    #[command(flatten)]
    matters: WhatMattersArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    /// Exit with 99 unless it holds: `KPI<=N`, `P.KPI<=N` or, beyond the noise, `P.KPI<=Q.KPI`; repeatable
    #[arg(long, value_name = "KPI<=N")]
    assert: Vec<String>,
}

/// Loads, simulates, compares, writes, prints.
pub(super) fn run(
    arguments: &CompareArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    conduct(&arguments.answer, screen, |screen| {
        CompareExperiment::ask(arguments, screen)
    })
}

/// What is compared.
struct CompareExperiment<'a> {
    arguments: &'a CompareArgs,
    inputs: CompareInputs,
    /// The engine, trace by trace.
    engines: Vec<&'static str>,
    seeds: Vec<Seed>,
    /// What the command line asserts.
    asked: Vec<Assertion>,
    request: Request,
}

impl<'a> CompareExperiment<'a> {
    fn ask(arguments: &'a CompareArgs, screen: &mut Screen) -> Result<Self, CommandError> {
        let seeds = arguments.seed.seeds(arguments.seeds.into())?;
        let inputs = CompareInputs::load(arguments)?;
        let asked = assertions::read(&arguments.assert, &inputs.judged_policies(), seeds.len())?;
        arguments.answer.quiet.warn(&inputs.warnings, screen);
        Ok(Self {
            arguments,
            engines: inputs.traces.iter().map(|it| it.engine.as_str()).collect(),
            inputs,
            seeds,
            asked,
            request: arguments.load.request(&arguments.set),
        })
    }
}

impl CompareExperiment<'_> {
    /// What matters to the differences between the policies, where it is asked.
    fn what_matters(&self, policies: &[String], results: &[TraceRuns]) -> Option<WhatMatters> {
        let CompareArgs {
            matters, answer, ..
        } = self.arguments;
        if !matters.what_matters {
            return None;
        }
        let traces: Vec<AssumingTrace<'_>> = self
            .inputs
            .traces
            .iter()
            .map(PairedTrace::assuming)
            .collect();
        let allows_progress = answer.quiet.allows_progress();
        let resolve = |place, set: &[String]| self.inputs.resolve(place, set);
        let seeds = &self.seeds;
        Some(what_matters(
            &traces,
            policies,
            results,
            seeds,
            allows_progress,
            resolve,
        ))
    }
}

impl Experiment for CompareExperiment<'_> {
    type Report<'e>
        = CompareReport<'e>
    where
        Self: 'e;

    fn size(&self) -> Result<Size, CommandError> {
        let seeds = self.seeds.len() as f64;
        let mut size = Size {
            remedy: "--engine fluid takes almost no time; a part of the traces (--from, --to) or fewer --seeds take less",
            ..Size::default()
        };
        for trace in &self.inputs.traces {
            let runs = seeds * self.arguments.matters.runs_for_each(&trace.assuming());
            for scenario in &trace.scenarios {
                let extent = Extent::of(scenario, trace.engine).times(runs);
                size.extent = size.extent.and(extent);
                size.runs += runs;
                if self.arguments.answer.plot != PlotChoice::None {
                    size.hold_curves(scenario, seeds);
                }
            }
        }
        Ok(size)
    }

    fn default_folder(&self) -> PathBuf {
        let arguments = self.arguments;
        let traces = self.inputs.traces.iter().map(|it| it.label.as_str());
        let traces: Vec<&str> = traces.collect();
        let mut variation = Variation::default();
        if let Some(engine) = arguments.load.engine() {
            variation.add(engine.as_str());
        }
        arguments.load.vary(&arguments.set, &mut variation);
        arguments.seed.vary(arguments.seeds, SEEDS, &mut variation);
        let policies = self.inputs.policy_labels();
        default_folder(Some("compare"), &policies, &traces, &variation)
    }

    fn identity(&self) -> serde_json::Result<Identity> {
        Identity::new("compare", self.inputs.files.clone())
            .with("policies", self.inputs.policy_labels())?
            .with("engines", &self.engines)?
            .with("seeds", seed_numbers(&self.seeds))?
            .with("request", &self.request)
    }

    fn simulate(&self, _folder: &mut OutputFolder) -> Result<CompareReport<'_>, CommandError> {
        let traces = &self.inputs.traces;
        let AnswerArgs { plot, quiet, .. } = self.arguments.answer;
        let is_slow = traces.iter().any(|trace| trace.engine == Engine::Request);
        let hint = is_slow.then_some(
            "hint: --engine fluid (rates, not single requests) and fewer --seeds are faster",
        );
        let runs = simulate_paired(traces, &self.seeds, plot, quiet.allows_progress(), hint);
        let labels = self.inputs.policies.iter().map(|it| it.label.clone());
        let comparison = Comparison::of(labels.collect(), &runs.kpis);
        Ok(CompareReport {
            experiment: self,
            what_matters: self.what_matters(&comparison.policies, &runs.kpis),
            assumptions: compared_assumptions(traces, &comparison.policies, &runs.kpis),
            comparison,
            checked: check_all(&self.inputs, &self.asked, &runs.kpis),
            runs,
        })
    }
}

/// The outcome of a comparison.
struct CompareReport<'q> {
    experiment: &'q CompareExperiment<'q>,
    runs: PairedRuns,
    comparison: Comparison,
    assumptions: Vec<ComparedAssumption>,
    what_matters: Option<WhatMatters>,
    checked: Vec<CheckedAssertion>,
}

impl CompareReport<'_> {
    fn run(&self) -> ComparisonRun<'_> {
        let experiment = self.experiment;
        ComparisonRun {
            comparison: &self.comparison,
            engines: &experiment.engines,
            seeds: &experiment.seeds,
            currency: experiment.inputs.traces[0].currency(),
            assertions: &self.checked,
            assumptions: &self.assumptions,
            what_matters: self.what_matters.as_ref(),
            request: &experiment.request,
            inputs: &experiment.inputs.files,
        }
    }
}

impl ExperimentReport for CompareReport<'_> {
    fn checked(&self) -> &[CheckedAssertion] {
        &self.checked
    }

    fn files(&self) -> Result<Vec<ResultFile>, CommandError> {
        let CompareExperiment {
            arguments,
            inputs,
            seeds,
            ..
        } = self.experiment;
        let (policies, plot) = (&self.comparison.policies, arguments.answer.plot);
        let first = policies.first().map(String::as_str);
        let foot = foot(self.what_matters.as_ref(), first);
        let (traces, runs) = (&inputs.traces, &self.runs);
        let mut files = paired_pictures(traces, runs, policies, seeds.len(), plot, &foot)?;
        let csv = comparison_csv(&self.comparison)?;
        files.push(ResultFile::new(COMPARISON_CSV, csv));
        let json = comparison_json(&self.run())?;
        files.push(ResultFile::new(COMPARISON_JSON, json));
        Ok(files)
    }

    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>> {
        comparison_summary(&self.run(), names)
    }

    fn page(&self, format: OutputFormat, paths: &[String], _colour: Colour) -> String {
        let page = ComparisonPage {
            comparison: &self.comparison,
            traces: &trace_facts(&self.experiment.inputs.traces),
            seeds: &self.experiment.seeds,
            assumed: &assumed_in_words(&self.assumptions, &self.experiment.inputs.traces),
            what_matters: self.what_matters.as_ref(),
            files: paths,
        };
        let table = match format {
            OutputFormat::Markdown => TableFormat::Markdown,
            _ => TableFormat::Plain,
        };
        render_comparison(&page, table)
    }

    fn data_file(&self, format: OutputFormat) -> &'static str {
        match format {
            OutputFormat::Csv => COMPARISON_CSV,
            _ => COMPARISON_JSON,
        }
    }
}

/// Under each trace, of each policy: what the policy asserts itself, then what the command line does.
///
/// Baselines are yardsticks: of them is asserted only what names them.
fn check_all(
    inputs: &CompareInputs,
    asked: &[Assertion],
    results: &[TraceRuns],
) -> Vec<CheckedAssertion> {
    let mut checked = Vec::new();
    for (trace, results) in inputs.traces.iter().zip(results) {
        for (index, policy) in inputs.policies.iter().enumerate() {
            let Some(report) = KpiReport::of(&results.runs[index]) else {
                continue;
            };
            let own = trace.scenarios[index].assertions.iter();
            let asked = asked.iter().filter(|assertion| match &assertion.policy {
                Some(named) => *named == policy.label,
                None => !policy.is_baseline(),
            });
            let judge = |assertion: &Assertion| {
                let Some(term) = &assertion.relative_to else {
                    return Some(check(assertion, &policy.label, &trace.label, &report));
                };
                let mut labels = inputs.policies.iter().map(|it| &it.label);
                let other = labels.position(|label| *label == term.policy)?;
                let runs = (policy.label.as_str(), &results.runs[index][..]);
                let others = &results.runs[other];
                // An assertion about every policy leaves out the one that it compares with.
                (other != index)
                    .then(|| CheckedAssertion::beside(assertion, term, runs, others, &trace.label))
            };
            checked.extend(own.chain(asked).filter_map(judge));
        }
    }
    checked
}
