//! `hpasim run MANIFEST TRACE --all`: every autoscaler of a manifest under one trace, a row of KPIs each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::RunArgs;
use crate::cli::assertions::{self, JudgedPolicy};
use crate::cli::choices::{OutputFormat, PlotChoice};
use crate::cli::error::{CommandError, Completion};
use crate::cli::experiment::{Experiment, ExperimentReport, conduct};
use crate::cli::file_names::{AUTOSCALERS, SUMMARY};
use crate::cli::files::hashed;
use crate::cli::identity::Identity;
use crate::cli::output_folder::OutputFolder;
use crate::cli::paired_runs::{PairedTrace, simulate_paired};
use crate::cli::result_files::{ResultFile, default_folder};
use crate::cli::screen::Screen;
use crate::cli::seed_args::seed_numbers;
use crate::cli::size::Size;
use crate::cli::variant_inputs::refuse_second_stdin;
use crate::cli::variation::Variation;
use crate::cli::what_matters::compared_assumptions;
use crate::files::FileLoader;
use crate::render::autoscalers::{AutoscalersPage, render_autoscalers};
use crate::render::paint::Colour;
use crate::results::autoscalers::{
    AutoscalerRun, AutoscalerRuns, NotSimulated, autoscalers_csv, autoscalers_summary,
};
use crate::results::comparison_export::ComparedAssumption;
use crate::results::export::Request;
use crate::results::verdicts::{CheckedAssertion, check};
use crate::results::{InputFile, KpiReport};
use crate::scenario::{
    Assertion, Code, Diagnostics, EachAutoscaler, Engine, LoadedAutoscaler, Scenario, Severity,
};
use crate::simulation::Extent;
use crate::units::Seed;

/// Loads, simulates, writes, prints.
pub(super) fn run(arguments: &RunArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    conduct(&arguments.answer, screen, |screen| {
        AllExperiment::ask(arguments, screen)
    })
}

/// The question of a run of every autoscaler.
struct AllExperiment<'a> {
    arguments: &'a RunArgs,
    /// Each autoscaler, in the order of the manifest.
    named: Vec<NamedAutoscaler>,
    /// The scenarios of those that can be simulated, in the same order.
    trace: PairedTrace,
    seeds: Vec<Seed>,
    /// The assertions of the command line.
    asked: Vec<Assertion>,
    request: Request,
    inputs: Vec<InputFile>,
}

/// An autoscaler before its runs.
struct NamedAutoscaler {
    name: String,
    /// Why it is not simulated.
    fault: Option<NotSimulated>,
    /// The codes of the warnings about it.
    warnings: Vec<&'static str>,
}

impl<'a> AllExperiment<'a> {
    /// Reads everything. An autoscaler with faults is left to the report, unless all of them have faults.
    fn ask(arguments: &'a RunArgs, screen: &mut Screen) -> Result<Self, CommandError> {
        let RunArgs { load, set, .. } = arguments;
        let seeds = arguments.seed.seeds(arguments.seeds.into())?;
        refuse_second_stdin([&arguments.policy, &arguments.trace].into_iter())?;
        let EachAutoscaler {
            autoscalers,
            engine,
            inputs,
        } = load
            .load_each(&arguments.policy, &arguments.trace, set, &mut FileLoader)
            .map_err(CommandError::Input)?;
        if !arguments.answer.quiet.is_asked_for() {
            warnings_by_code(&autoscalers)
                .iter()
                .for_each(|line| screen.note(line));
        }
        let mut named = Vec::new();
        let mut scenarios = Vec::new();
        let mut first_faults = None;
        for LoadedAutoscaler { name, resolved } in autoscalers {
            let (fault, warnings) = match resolved {
                Ok(resolved) => {
                    scenarios.push(resolved.scenario);
                    let codes = resolved.warnings.iter().map(|it| it.code.number());
                    (None, codes.collect())
                }
                Err(faults) => {
                    let fault = not_simulated(&faults);
                    first_faults.get_or_insert((name.clone(), faults));
                    (Some(fault), Vec::new())
                }
            };
            named.push(NamedAutoscaler {
                name,
                fault,
                warnings,
            });
        }
        if let (Some((name, faults)), true) = (first_faults, scenarios.is_empty()) {
            return Err(none_can_be_simulated(&name, faults, named.len()));
        }
        let label = scenarios
            .first()
            .map(|scenario| scenario.trace_name.clone());
        let experiment = Self {
            arguments,
            named,
            trace: PairedTrace {
                label: label.unwrap_or_default(),
                engine,
                scenarios,
            },
            seeds,
            asked: Vec::new(),
            request: Request {
                all: true,
                ..load.request(set)
            },
            inputs: inputs.iter().map(hashed).collect(),
        };
        let judged: Vec<JudgedPolicy<'_>> = experiment
            .simulated()
            .map(|(name, scenario)| JudgedPolicy {
                name,
                has_prices: !scenario.cost.is_free(),
            })
            .collect();
        let asked = assertions::read(&arguments.assert, &judged, experiment.seeds.len())?;
        Ok(Self {
            asked,
            ..experiment
        })
    }

    /// The autoscalers that can be simulated, by name.
    fn simulated(&self) -> impl Iterator<Item = (&str, &Scenario)> {
        let named = self.named.iter().filter(|it| it.fault.is_none());
        let names = named.map(|it| it.name.as_str());
        names.zip(&self.trace.scenarios)
    }

    /// Those of the policy, then those of the command line that are not about another autoscaler.
    fn check(&self, runs: &[AutoscalerRun]) -> Vec<CheckedAssertion> {
        let reports = runs.iter().filter_map(|run| run.outcome.as_ref().ok());
        let mut checked = Vec::new();
        for ((name, scenario), report) in self.simulated().zip(reports) {
            let is_about = |it: &&Assertion| it.policy.as_ref().is_none_or(|named| named == name);
            let asked = self.asked.iter().filter(is_about);
            for assertion in scenario.assertions.iter().chain(asked) {
                checked.push(check(assertion, name, &self.trace.label, report));
            }
        }
        checked
    }
}

fn not_simulated(faults: &Diagnostics) -> NotSimulated {
    let is_error = |severity| severity == Severity::Error;
    let mut faults = faults.list.iter();
    let first = faults.find(|fault| is_error(fault.severity()));
    NotSimulated {
        code: first.map_or("", |fault| fault.code.number()),
        message: first.map_or_else(String::new, |fault| fault.message.clone()),
    }
}

fn none_can_be_simulated(name: &str, faults: Diagnostics, count: usize) -> CommandError {
    let which = match count {
        1 => format!("the autoscaler {name} cannot be simulated"),
        _ => format!(
            "none of the {count} autoscalers can be simulated; these are the faults of {name}"
        ),
    };
    CommandError::Variant {
        diagnostics: Box::new(faults),
        which,
    }
}

/// A line for each code of a warning, with the number of autoscalers that have it.
fn warnings_by_code(autoscalers: &[LoadedAutoscaler]) -> Vec<String> {
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    for autoscaler in autoscalers {
        let warnings = autoscaler.resolved.iter().flat_map(|it| &it.warnings);
        let mut codes: Vec<Code> = warnings.map(|warning| warning.code).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    let line = |(code, count): (&Code, &usize)| {
        let title = code.about().title;
        format!("warning[{code}]: {title} ({count} autoscalers; `--hpa NS/NAME` says more)")
    };
    counts.iter().map(line).collect()
}

impl Experiment for AllExperiment<'_> {
    type Report<'e>
        = AllReport<'e>
    where
        Self: 'e;

    fn size(&self) -> Result<Size, CommandError> {
        let seeds = self.seeds.len() as f64;
        let mut size = Size {
            remedy: "--engine fluid takes almost no time; a part of the trace (--from, --to), a smaller workload.scale or fewer --seeds take less",
            ..Size::default()
        };
        for scenario in &self.trace.scenarios {
            let extent = Extent::of(scenario, self.trace.engine).times(seeds);
            size.extent = size.extent.and(extent);
            size.runs += seeds;
        }
        Ok(size)
    }

    fn default_folder(&self) -> PathBuf {
        let arguments = self.arguments;
        let mut variation = Variation::default();
        variation.add("all");
        if let Some(engine) = arguments.load.engine() {
            variation.add(engine.as_str());
        }
        arguments.load.vary(&arguments.set, &mut variation);
        arguments.seed.vary(arguments.seeds, 1, &mut variation);
        let policy = &self.trace.scenarios[0].policy_name;
        default_folder(None, &[policy], &[&self.trace.label], &variation)
    }

    fn identity(&self) -> serde_json::Result<Identity> {
        Identity::new("run", self.inputs.clone())
            .with("engine", self.trace.engine.as_str())?
            .with("seeds", seed_numbers(&self.seeds))?
            .with("request", &self.request)
    }

    fn simulate(&self, _folder: &mut OutputFolder) -> Result<AllReport<'_>, CommandError> {
        let hint = (self.trace.engine == Engine::Request)
            .then_some("hint: --engine fluid (rates, not single requests) is faster");
        let allows_progress = self.arguments.answer.quiet.allows_progress();
        let traces = std::slice::from_ref(&self.trace);
        let none = PlotChoice::None;
        let results = simulate_paired(traces, &self.seeds, none, allows_progress, hint).kpis;
        let names: Vec<String> = self.simulated().map(|(name, _)| name.to_owned()).collect();
        let assumptions = compared_assumptions(traces, &names, &results);
        let mut reports = results
            .into_iter()
            .flat_map(|trace| trace.runs)
            .filter_map(|kpis| KpiReport::of(&kpis));
        let mut runs = Vec::new();
        for named in &self.named {
            // There is a report for each autoscaler without a fault.
            let outcome = match &named.fault {
                Some(fault) => Err(fault.clone()),
                None => reports.next().ok_or(NotSimulated::default()),
            };
            runs.push(AutoscalerRun {
                name: named.name.clone(),
                outcome,
                warnings: named.warnings.clone(),
            });
        }
        Ok(AllReport {
            checked: self.check(&runs),
            experiment: self,
            runs,
            assumptions,
        })
    }
}

/// The outcome of all runs.
struct AllReport<'q> {
    experiment: &'q AllExperiment<'q>,
    runs: Vec<AutoscalerRun>,
    assumptions: Vec<ComparedAssumption>,
    checked: Vec<CheckedAssertion>,
}

impl ExperimentReport for AllReport<'_> {
    fn checked(&self) -> &[CheckedAssertion] {
        &self.checked
    }

    /// A result that lacks autoscalers is no complete one.
    fn completion(&self) -> Completion {
        match self.runs.iter().any(|run| run.outcome.is_err()) {
            true => Completion::BadInput,
            false => assertions::completion(&self.checked),
        }
    }

    fn files(&self) -> Result<Vec<ResultFile>, CommandError> {
        let csv = autoscalers_csv(&self.runs)?;
        Ok(vec![ResultFile::new(AUTOSCALERS, csv)])
    }

    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>> {
        let AllExperiment {
            trace,
            seeds,
            request,
            inputs,
            ..
        } = self.experiment;
        let runs = AutoscalerRuns {
            runs: &self.runs,
            engine: trace.engine.as_str(),
            seeds,
            trace: &trace.label,
            duration_seconds: trace.scenarios[0].trace.end().as_secs_f64(),
            currency: trace.currency(),
            assertions: &self.checked,
            assumptions: &self.assumptions,
            request,
            inputs,
        };
        autoscalers_summary(&runs, names)
    }

    fn page(&self, _format: OutputFormat, paths: &[String], colour: Colour) -> String {
        let AllExperiment {
            trace,
            seeds,
            request,
            ..
        } = self.experiment;
        let page = AutoscalersPage {
            runs: &self.runs,
            // Of the traffic and the policy's name all scenarios are alike.
            scenario: &trace.scenarios[0],
            engine: trace.engine,
            seeds,
            request,
            assumptions: &self.assumptions,
            files: paths,
        };
        render_autoscalers(&page, colour)
    }

    fn data_file(&self, format: OutputFormat) -> &'static str {
        match format {
            OutputFormat::Csv => AUTOSCALERS,
            _ => SUMMARY,
        }
    }
}
