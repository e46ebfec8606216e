//! `hpasim compare POLICY POLICY... TRACE...`: which policy should I run?
//!
//! Self-imposed limit: load, simulate, compare, draw, write, print; each is done elsewhere.

mod inputs;
mod outputs;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::assertions::{self, Channel};
use super::choices::{EngineChoice, PlotChoice};
use super::error::{CommandError, Completion};
use super::interrupt::Interrupt;
use super::manifest_args::ManifestArgs;
use super::progress::{Progress, ProgressMode};
use super::screen::Screen;
use crate::render::comparison::{ComparisonPage, TraceFacts, render_comparison};
use crate::render::table::TableFormat;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::comparison_export::{ComparisonRun, comparison_csv, comparison_json};
use crate::results::curves::{PolicyCurves, SeedCurves};
use crate::results::kpis::KpiObserver;
use crate::results::observers::Both;
use crate::results::timeline::TimelineRecorder;
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::{KpiReport, Kpis, export};
use crate::scenario::{Assertion, Engine, Scenario, parse_duration};
use crate::simulation::{Provisioning, simulate};
use crate::units::{Seed, SimSpan, SimTime};

pub(super) use inputs::ComparisonError;
use inputs::Inputs;

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
    manifest: ManifestArgs,
    /// Leave out what lies before this time of the traces
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    from: Option<SimSpan>,
    /// Leave out what lies behind this time of the traces
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    to: Option<SimSpan>,
    /// Which engine simulates.
    #[arg(
        long,
        value_enum,
        value_name = "ENGINE",
        help = "Which engine simulates [default: request, or fluid for a trace of CPU demand]"
    )]
    engine: Option<EngineChoice>,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = Seed::default().0, allow_negative_numbers = true)]
    seed: u64,
    /// Run this many seeds, from --seed on
    #[arg(long, value_name = "N", default_value_t = 10, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// The output folder.
    #[arg(
        short,
        long,
        value_name = "DIR",
        help = "The output folder [default: output/compare-<policies>-<trace>]"
    )]
    output: Option<PathBuf>,
    /// Overwrite the results of other inputs
    #[arg(long)]
    force: bool,
    /// Which pictures are drawn
    #[arg(long, value_enum, default_value_t = PlotChoice::All)]
    plot: PlotChoice,
    /// What is printed to stdout
    #[arg(long, value_enum, default_value_t = ComparisonFormat::Table)]
    format: ComparisonFormat,
    /// What must hold, or the exit code is 99: --assert 'slo_violation_seconds<=30' of every policy, 'fast.cost<2' of one; may be given several times
    #[arg(long, value_name = "[POLICY.]KPI<=NUMBER")]
    assert: Vec<String>,
    /// No tables, no warnings, no progress: only errors, and the data of --format json and csv
    #[arg(short, long)]
    quiet: bool,
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

/// The runs of every policy under one trace.
struct TraceResults {
    /// By policy, then by seed.
    kpis: Vec<Vec<Kpis>>,
    /// By policy; empty where nothing is drawn.
    curves: Vec<PolicyCurves>,
}

/// Loads, simulates, compares, writes, prints.
pub(super) fn run(
    arguments: &CompareArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let inputs = Inputs::load(arguments)?;
    let known: Vec<&str> = inputs.policies.iter().map(|it| it.label.as_str()).collect();
    let asked = assertions::read(&arguments.assert, &known)?;
    if !arguments.quiet {
        screen.warn(&inputs.warnings);
    }
    let seeds = arguments.seeds();
    let results = simulate_all(arguments, &inputs, &seeds);
    let comparison = compare(&inputs, &results);
    let checked = check_all(&inputs, &asked, &results);
    let request = arguments.request();
    let engines: Vec<&str> = inputs.traces.iter().map(|it| it.engine.as_str()).collect();
    let run = ComparisonRun {
        comparison: &comparison,
        engines: &engines,
        seeds: &seeds,
        assertions: &checked,
        request: &request,
        inputs: &inputs.files,
    };
    let files = outputs::write(arguments, &inputs, &results, &run, &interrupt)?;
    assertions::tell(&checked, arguments.channel(), screen)?;
    print(arguments, &inputs, &run, &files, screen)?;
    Ok(assertions::completion(&checked))
}

impl CompareArgs {
    fn seeds(&self) -> Vec<Seed> {
        (0..u64::from(self.seeds))
            .map(|offset| Seed(self.seed.wrapping_add(offset)))
            .collect()
    }

    fn request(&self) -> export::Request {
        export::Request {
            set: self.set.clone(),
            from: self.from,
            to: self.to,
            hpa: self.manifest.hpa.clone(),
            namespace: self.manifest.namespace.clone(),
        }
    }

    fn channel(&self) -> Channel {
        match self.format {
            _ if self.quiet => Channel::Quiet,
            ComparisonFormat::Table | ComparisonFormat::Markdown => Channel::Text,
            ComparisonFormat::Csv | ComparisonFormat::Json => Channel::BesideData,
        }
    }
}

/// One run to be made.
#[derive(Clone, Copy)]
struct Job<'i> {
    scenario: &'i Scenario,
    engine: Engine,
    seed: Seed,
}

fn simulate_all(arguments: &CompareArgs, inputs: &Inputs, seeds: &[Seed]) -> Vec<TraceResults> {
    let jobs: Vec<Job<'_>> = inputs
        .traces
        .iter()
        .flat_map(|trace| {
            let engine = trace.engine;
            let of_scenario = move |scenario| {
                seeds.iter().map(move |seed| Job {
                    scenario,
                    engine,
                    seed: *seed,
                })
            };
            trace.scenarios.iter().flat_map(of_scenario)
        })
        .collect();
    let mode = if arguments.quiet {
        ProgressMode::Off
    } else {
        ProgressMode::WhereSeen
    };
    let length: SimSpan = jobs
        .iter()
        .map(|job| job.scenario.trace.end() - SimTime::ZERO)
        .sum();
    let is_slow = jobs.iter().any(|job| job.engine == Engine::Request);
    let hint = is_slow.then_some("hint: --engine fluid is far faster, with means instead of single requests; fewer --seeds are too");
    let progress = Progress::new(1, SimTime::ZERO + length, hint, mode);
    let is_drawn = arguments.plot != PlotChoice::None;
    let runs: Vec<(Kpis, Option<SeedCurves>)> = jobs
        .par_iter()
        .map(|job| {
            if is_drawn {
                let (kpis, curves) = simulate_drawn(*job, &progress);
                (kpis, Some(curves))
            } else {
                (simulate_counted(*job, &progress), None)
            }
        })
        .collect();
    let mut runs = runs.into_iter();
    inputs
        .traces
        .iter()
        .map(|trace| {
            let mut results = TraceResults {
                kpis: Vec::new(),
                curves: Vec::new(),
            };
            for _ in &trace.scenarios {
                let (kpis, curves): (Vec<Kpis>, Vec<Option<SeedCurves>>) =
                    runs.by_ref().take(seeds.len()).unzip();
                results.kpis.push(kpis);
                results.curves.push(PolicyCurves {
                    seeds: curves.into_iter().flatten().collect(),
                });
            }
            results
        })
        .collect()
}

fn simulate_counted(job: Job<'_>, progress: &Progress) -> Kpis {
    let provisioning = Provisioning::of(job.scenario);
    let mut observer = Both::new(
        KpiObserver::new(job.scenario, |rps| provisioning.needed(rps)),
        progress.of_run_until(job.scenario.trace.end()),
    );
    simulate(job.scenario, job.engine, job.seed, &mut observer);
    observer.second.finish();
    observer.first.finish()
}

fn simulate_drawn(job: Job<'_>, progress: &Progress) -> (Kpis, SeedCurves) {
    let provisioning = Provisioning::of(job.scenario);
    let needed = |rps: f64| provisioning.needed(rps);
    let mut observer = Both::new(
        KpiObserver::new(job.scenario, needed),
        Both::new(
            TimelineRecorder::new(job.scenario, needed),
            progress.of_run_until(job.scenario.trace.end()),
        ),
    );
    simulate(job.scenario, job.engine, job.seed, &mut observer);
    observer.second.second.finish();
    let curves = SeedCurves::of(&observer.second.first.finish());
    (observer.first.finish(), curves)
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
    let text = match arguments.format {
        ComparisonFormat::Csv => utf8(comparison_csv(run.comparison)?),
        ComparisonFormat::Json => utf8(comparison_json(run)?),
        _ if arguments.quiet => return Ok(()),
        ComparisonFormat::Table => render_comparison(&page, TableFormat::Plain),
        ComparisonFormat::Markdown => render_comparison(&page, TableFormat::Markdown),
    };
    screen.print(&text)
}

fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
