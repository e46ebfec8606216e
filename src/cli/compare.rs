//! `hpasim compare POLICY POLICY... TRACE...`: which policy should I run?
//!
//! Self-imposed limit: load, simulate, compare, draw, write, print; each is done elsewhere.

mod inputs;
mod outputs;

use std::path::PathBuf;

use super::assertions::{self, Channel};
use super::choices::PlotChoice;
use super::error::{CommandError, Completion};
use super::identity::Identity;
use super::interrupt::Interrupt;
use super::load_args::LoadArgs;
use super::output_args::{QuietArgs, WriteArgs};
use super::output_folder::OutputFolder;
use super::paired_runs::{Kept, PairedTrace, TraceResults, simulate_paired};
use super::result_files::default_folder;
use super::screen::Screen;
use super::seed_args::{SeedArgs, seed_numbers};
use super::size::Size;
use super::variation::Variation;
use crate::render::comparison::{ComparisonPage, TraceFacts, render_comparison};
use crate::render::table::TableFormat;
use crate::results::KpiReport;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::comparison_export::{ComparisonRun, comparison_csv, comparison_json};
use crate::results::verdicts::{CheckedAssertion, check};
use crate::scenario::{Assertion, Engine};
use crate::simulation::Extent;
use crate::units::Seed;
use clap::{Args, ValueEnum};

use inputs::Inputs;

/// How many seeds a comparison runs by default.
const SEEDS: u16 = 10;

/// Set policies side by side under the same traffic.
///
/// All policies see the same arrivals, seed by seed, so that differences are theirs.
/// Which arguments are traces is seen from their content. Baselines need no file:
/// @default (the first policy's autoscaler without `behavior`), @static-peak,
/// @static-mean, @oracle (knows demand), @oracle-instant (and its pods start at
/// once), @fixed:N; all else they take from the first policy that is a file.
#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    /// Policies, manifests or baselines, the one to compare with first; then the traces
    #[arg(value_name = "POLICY... TRACE", required = true)]
    inputs: Vec<PathBuf>,
    /// A trace, whatever it looks like; may be given several times
    #[arg(long, value_name = "FILE")]
    trace: Vec<PathBuf>,
    /// Override a key of every policy: --set hpa.maxReplicas=80; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// Run this many seeds, from --seed on
    #[arg(long, value_name = "N", default_value_t = SEEDS, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// The output folder.
    #[arg(
        short,
        long,
        value_name = "DIR",
        help = "The output folder [default: output/compare-<policies>-<trace>]"
    )]
    output: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
    /// What is printed to stdout
    #[arg(long, value_enum, default_value_t = ComparisonFormat::Table)]
    format: ComparisonFormat,
    /// What must hold, or the exit code is 99: --assert 'slo_violation_seconds<=30' of every policy, 'fast.cost<2' of one; may be given several times
    #[arg(long, value_name = "[POLICY.]KPI<=NUMBER")]
    assert: Vec<String>,
    #[command(flatten)]
    quiet: QuietArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ComparisonFormat {
    /// Tables for people
    Table,
    /// The same in Markdown
    Markdown,
    /// The content of comparison.csv
    Csv,
    /// The content of comparison.json
    Json,
}

/// Loads, simulates, compares, writes, prints.
pub(super) fn run(
    arguments: &CompareArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let seeds = arguments.seed.seeds(arguments.seeds.into())?;
    let inputs = Inputs::load(arguments)?;
    let asked = assertions::read(&arguments.assert, &inputs.policy_labels())?;
    arguments.quiet.warn(&inputs.warnings, screen);
    size(arguments, &inputs, &seeds).announce(
        "--engine fluid takes next to none; a part of the traces (--from, --to) or fewer --seeds take less",
        arguments.quiet,
        screen,
    )?;
    let folder = OutputFolder::claim(
        &arguments.folder(&inputs),
        &arguments.identity(&inputs, &seeds)?,
        arguments.write.overwrite(),
        &interrupt,
    )?;
    let results = simulate_all(arguments, &inputs, &seeds);
    let comparison = compare(&inputs, &results);
    let checked = check_all(&inputs, &asked, &results);
    let request = arguments.load.request(&arguments.set);
    let engines: Vec<&str> = inputs.traces.iter().map(|it| it.engine.as_str()).collect();
    let run = ComparisonRun {
        comparison: &comparison,
        engines: &engines,
        seeds: &seeds,
        assertions: &checked,
        request: &request,
        inputs: &inputs.files,
    };
    let files = outputs::write(arguments, &inputs, &results, &run, folder)?;
    assertions::tell(&checked, arguments.channel(), screen)?;
    print(arguments, &inputs, &run, &files, screen)?;
    Ok(assertions::completion(&checked))
}

impl CompareArgs {
    fn folder(&self, inputs: &Inputs) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let traces: Vec<&str> = inputs.traces.iter().map(|it| it.label.as_str()).collect();
            let mut variation = Variation::default();
            if let Some(engine) = self.load.engine() {
                variation.add(engine.as_str());
            }
            self.load.vary(&self.set, &mut variation);
            self.seed.vary(self.seeds, SEEDS, &mut variation);
            default_folder(
                Some("compare"),
                &inputs.policy_labels(),
                &traces,
                &variation,
            )
        })
    }

    /// What the comparison asks for, for the folder that it is written to.
    fn identity(&self, inputs: &Inputs, seeds: &[Seed]) -> Result<Identity, CommandError> {
        let engines: Vec<&str> = inputs.traces.iter().map(|it| it.engine.as_str()).collect();
        let identity = Identity::new("compare", inputs.files.clone())
            .with("policies", inputs.policy_labels())?
            .with("engines", engines)?
            .with("seeds", seed_numbers(seeds))?
            .with("request", self.load.request(&self.set))?;
        Ok(identity)
    }

    fn channel(&self) -> Channel {
        match self.format {
            _ if self.quiet.is_asked_for() => Channel::Quiet,
            ComparisonFormat::Table | ComparisonFormat::Markdown => Channel::Text,
            ComparisonFormat::Csv | ComparisonFormat::Json => Channel::BesideData,
        }
    }
}

/// What is about to be simulated.
fn size(arguments: &CompareArgs, inputs: &Inputs, seeds: &[Seed]) -> Size {
    let seeds = seeds.len() as f64;
    let mut size = Size::default();
    for trace in &inputs.traces {
        for scenario in &trace.scenarios {
            let extent = Extent::of(scenario, trace.engine).times(seeds);
            size.extent = size.extent.and(extent);
            size.runs += seeds;
        }
    }
    if arguments.write.plot != PlotChoice::None {
        size.curves_held = size.runs;
    }
    size
}

fn simulate_all(arguments: &CompareArgs, inputs: &Inputs, seeds: &[Seed]) -> Vec<TraceResults> {
    let traces: Vec<PairedTrace<'_>> = inputs
        .traces
        .iter()
        .map(|trace| PairedTrace {
            scenarios: &trace.scenarios,
            engine: trace.engine,
        })
        .collect();
    let kept = match arguments.write.plot {
        PlotChoice::None => Kept::Kpis,
        _ => Kept::KpisAndCurves,
    };
    let is_slow = traces.iter().any(|trace| trace.engine == Engine::Request);
    let hint = is_slow.then_some("hint: --engine fluid is far faster, with means instead of single requests; fewer --seeds are too");
    simulate_paired(&traces, seeds, kept, arguments.quiet.progress(), hint)
}

fn compare(inputs: &Inputs, results: &[TraceResults]) -> Comparison {
    let labels = inputs.policies.iter().map(|policy| policy.label.clone());
    let traces: Vec<TraceRuns> = inputs
        .traces
        .iter()
        .zip(results)
        .map(|(trace, results)| TraceRuns {
            trace: trace.label.clone(),
            runs: results.kpis.clone(),
        })
        .collect();
    Comparison::of(labels.collect(), &traces)
}

/// Under each trace, of each policy: what the policy asserts itself, then what the command line does.
///
/// Baselines are yardsticks: of them is asserted only what names them.
fn check_all(
    inputs: &Inputs,
    asked: &[Assertion],
    results: &[TraceResults],
) -> Vec<CheckedAssertion> {
    let mut checked = Vec::new();
    for (trace, results) in inputs.traces.iter().zip(results) {
        for (index, policy) in inputs.policies.iter().enumerate() {
            let Some(report) = KpiReport::of(&results.kpis[index]) else {
                continue;
            };
            let own = trace.scenarios[index].assertions.iter();
            let asked = asked.iter().filter(|assertion| match &assertion.policy {
                Some(named) => *named == policy.label,
                None => !policy.is_baseline(),
            });
            for assertion in own.chain(asked) {
                checked.push(check(assertion, &policy.label, &trace.label, &report));
            }
        }
    }
    checked
}

fn print(
    arguments: &CompareArgs,
    inputs: &Inputs,
    run: &ComparisonRun<'_>,
    files: &[String],
    screen: &mut Screen,
) -> Result<(), CommandError> {
    let facts: Vec<TraceFacts> = inputs
        .traces
        .iter()
        .map(|trace| TraceFacts {
            seconds: trace.scenarios[0].trace.end().as_secs_f64(),
            engine: trace.engine,
        })
        .collect();
    let page = ComparisonPage {
        comparison: run.comparison,
        traces: &facts,
        seeds: run.seeds,
        files,
    };
    match arguments.format {
        ComparisonFormat::Csv => screen.print_csv(&utf8(comparison_csv(run.comparison)?)),
        ComparisonFormat::Json => screen.print_data(&utf8(comparison_json(run)?)),
        _ if arguments.quiet.is_asked_for() => Ok(()),
        ComparisonFormat::Table => screen.print(&render_comparison(&page, TableFormat::Plain)),
        ComparisonFormat::Markdown => {
            screen.print_data(&render_comparison(&page, TableFormat::Markdown))
        }
    }
}

fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
