//! The traffic of a tuning: the traces of the search and of the report, split in time or separate files, loaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LESS_WORK, SPLIT, TuneArgs};
use crate::cli::error::CommandError;
use crate::cli::file_names::HELD_OUT_CSV;
use crate::cli::files::hashed_once;
use crate::cli::size::Size;
use crate::cli::variant_inputs::{refuse_same_names, refuse_second_stdin, under_engine};
use crate::files::RememberingLoader;
use crate::results::InputFile;
use crate::scenario::diagnostic::keep_first_of_each;
use crate::scenario::formats::csv_text::trace_csv;
use crate::scenario::{
    Diagnostic, Diagnostics, FileKind, FileRequest, LoadError, LoadRequest, Loader, NamedBy,
    Scenario, Template, TraceMoment, load_templates,
};
use crate::search::tune::spike::{SpikedTrace, SteepestSpike};
use crate::search::tune::split::{replicas_at_end, split_time};
use crate::search::tune::traffic::{holds_spike, steepest_rise};
use crate::simulation::Extent;
use crate::text::visible;
use crate::units::{Replicas, SimTime};
use crate::workload::{Demand, Trace};

/// The inputs of a tuning.
#[derive(Debug)]
pub(super) struct TuneInputs {
    /// The policy with each training trace.
    pub(super) training: Vec<Template>,
    /// The name of each: `diurnal until 16h`, or the file's name.
    pub(super) training_labels: Vec<String>,
    /// The traffic of the report.
    pub(super) held_out: Vec<HeldOut>,
    /// The warnings.
    pub(super) warnings: Vec<Diagnostic>,
    /// Every file that was read.
    pub(super) files: Vec<InputFile>,
    /// Their bytes, because standard input can be read only once.
    pub(super) loader: RememberingLoader,
}

/// Traffic that the search does not see.
#[derive(Debug)]
pub(super) struct HeldOut {
    /// The trace's file.
    pub(super) path: PathBuf,
    /// Its name: `diurnal from 16h`, or the file's name.
    pub(super) label: String,
    /// Where it begins, if the trace was split.
    pub(super) split: Option<Split>,
    /// The spike that was added to it.
    pub(super) spike: Option<AddedSpike>,
    /// Variants of the policy under it.
    pub(super) template: Template,
    /// Today's policy under it.
    pub(super) today: Scenario,
}

/// The training's spike in held-out traffic that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddedSpike {
    /// The trace with the spike, as a file has it.
    pub(super) csv: String,
    /// What was added, in words.
    pub(super) text: String,
}

/// Where a trace is cut, and the pods there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// The first instant that is held out.
    pub(super) time: SimTime,
    /// `spec.replicas` of today's policy at that time: the pods with which the second part starts.
    pub(super) replicas: Replicas,
}

impl Split {
    /// As `--from` takes it, in whole minutes: `16h`, `1h30m`, `15m`.
    pub(super) fn text(&self) -> String {
        let minutes = (self.time.as_secs_f64() / 60.0).round() as i64;
        match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("{minutes}m"),
            (hours, 0) => format!("{hours}h"),
            (hours, minutes) => format!("{hours}h{minutes}m"),
        }
    }

    /// The argument of `--set` that makes the second part begin with those pods.
    pub(super) fn setting(&self) -> String {
        format!("deployment.replicas={}", self.replicas.0)
    }
}

impl TuneInputs {
    /// Reads everything that the command line names, each file once.
    pub(super) fn load(arguments: &TuneArgs) -> Result<Self, CommandError> {
        arguments.check()?;
        let mut reader = Reader {
            arguments,
            loader: RememberingLoader::default(),
        };
        // All at once, so that one run reports all their faults.
        let all: Vec<PathBuf> = arguments.named_traces().cloned().collect();
        let mut whole = reader.templates(&all)?;
        let apart = whole.split_off(arguments.traces.len());
        refuse_same_names(whole.iter().chain(&apart), "pictures")?;
        refuse_same_traffic(&whole, &apart)?;
        let mut warnings = Vec::new();
        let scenarios = resolve_all(&whole, &mut warnings)?;
        arguments.refuse_endless(&whole, &scenarios)?;
        let parts = if arguments.holdout.is_empty() {
            reader.split(&scenarios)?
        } else {
            let labels = scenarios.iter().map(|it| it.trace_name.clone());
            Parts {
                labels: labels.collect(),
                training: whole,
                held_out: arguments.held_out(apart, &mut warnings)?,
            }
        };
        let Parts {
            labels,
            training,
            held_out,
        } = parts;
        let training = under_engine(training, arguments.engine);
        resolve_all(&training, &mut warnings)?;
        let templates = training
            .iter()
            // The spiked trace is made from the files of the training.
            .chain(
                held_out
                    .iter()
                    .filter(|it| it.spike.is_none())
                    .map(|it| &it.template),
            );
        let files = hashed_once(templates.flat_map(Template::inputs));
        Ok(Self {
            training,
            training_labels: labels,
            held_out,
            warnings,
            files,
            loader: reader.loader,
        })
    }
}

impl TuneArgs {
    /// The traces of the search, then those of the report.
    fn named_traces(&self) -> impl Iterator<Item = &PathBuf> {
        self.traces.iter().chain(&self.holdout)
    }

    /// The traces of `--holdout`, whole.
    fn held_out(
        &self,
        templates: Vec<Template>,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Vec<HeldOut>, CommandError> {
        let scenarios = resolve_all(&templates, warnings)?;
        Ok(templates
            .into_iter()
            .zip(scenarios)
            .zip(&self.holdout)
            .map(|((template, today), path)| HeldOut {
                path: path.clone(),
                label: template.trace_name().to_owned(),
                split: None,
                spike: None,
                template,
                today,
            })
            .collect())
    }

    /// Faults that show before any file is read.
    fn check(&self) -> Result<(), CommandError> {
        let all: Vec<&PathBuf> = self.named_traces().collect();
        for (index, path) in all.iter().enumerate() {
            if all[..index].contains(path) {
                return Err(CommandError::usage(format!(
                    "{} is named twice; use a trace for the search or for the report, not for both",
                    path.display()
                )));
            }
        }
        refuse_second_stdin(std::iter::once(&self.policy).chain(all))
    }
}

/// The traffic of the search and of the report.
#[derive(Default)]
struct Parts {
    labels: Vec<String>,
    training: Vec<Template>,
    held_out: Vec<HeldOut>,
}

struct Reader<'a> {
    arguments: &'a TuneArgs,
    loader: RememberingLoader,
}

impl Reader<'_> {
    /// The policy with each of `traces`.
    fn templates(&mut self, traces: &[PathBuf]) -> Result<Vec<Template>, CommandError> {
        let requests: Vec<LoadRequest<'_>> = traces
            .iter()
            .map(|trace| self.arguments.request(trace))
            .collect();
        let choice = self.arguments.manifest.choice();
        load_templates(&requests, &choice, &mut self.loader).map_err(CommandError::Input)
    }

    fn template(&mut self, request: LoadRequest<'_>) -> Result<Template, CommandError> {
        let choice = self.arguments.manifest.choice();
        Template::load(request, &choice, &mut self.loader).map_err(CommandError::Input)
    }

    /// Each training trace in two parts; `scenarios` are whole.
    fn split(&mut self, scenarios: &[Scenario]) -> Result<Parts, CommandError> {
        let share = self.arguments.split.unwrap_or(SPLIT);
        let mut parts = Parts::default();
        for (path, scenario) in self.arguments.traces.iter().zip(scenarios) {
            let Some(time) = split_time(scenario.trace.end(), share) else {
                return Err(CommandError::usage(format!(
                    "{} is too short to split: each part needs at least 2 minutes; name another trace for the report with --holdout",
                    path.display()
                )));
            };
            let training = self.before(path, time)?;
            let first = training.scenario(&[]).map_err(CommandError::Input)?;
            let seed = self.arguments.seed.first();
            let split = Split {
                time,
                replicas: replicas_at_end(&first, training.fastest_engine(), seed),
            };
            let name = &scenario.trace_name;
            parts.labels.push(format!("{name} until {}", split.text()));
            parts.held_out.push(self.after(path, name, split)?);
            parts.training.push(training);
        }
        self.add_spike(&mut parts)?;
        Ok(parts)
    }

    fn before(&mut self, path: &Path, time: SimTime) -> Result<Template, CommandError> {
        self.template(LoadRequest {
            to: Some(TraceMoment::After(time - SimTime::ZERO)),
            ..self.arguments.request(path)
        })
    }

    fn after(&mut self, path: &Path, name: &str, split: Split) -> Result<HeldOut, CommandError> {
        let mut set = self.arguments.set.clone();
        set.push(split.setting());
        let template = self.template(LoadRequest {
            from: Some(TraceMoment::After(split.time - SimTime::ZERO)),
            set: &set,
            ..self.arguments.request(path)
        })?;
        Ok(HeldOut {
            path: path.to_owned(),
            label: format!("{name} from {}", split.text()),
            today: template.scenario(&[]).map_err(CommandError::Input)?,
            split: Some(split),
            spike: None,
            template,
        })
    }

    /// Adds the steepest spike of the training to the held-out part of its trace, where no held-out part has a spike.
    fn add_spike(&mut self, parts: &mut Parts) -> Result<(), CommandError> {
        let has_spike = |it: &HeldOut| holds_spike(&it.today.trace);
        if parts.held_out.iter().any(has_spike) {
            return Ok(());
        }
        let mut steepest: Option<(usize, f64, Arc<Trace>)> = None;
        for (place, template) in parts.training.iter().enumerate() {
            let scenario = template.scenario(&[]).map_err(CommandError::Input)?;
            let rise = steepest_rise(&scenario.trace);
            let is_steepest = steepest.as_ref().is_none_or(|(_, known, _)| rise > *known);
            if holds_spike(&scenario.trace) && is_steepest {
                steepest = Some((place, rise, scenario.trace));
            }
        }
        let Some((place, _, trace)) = steepest else {
            return Ok(());
        };
        let Some(spike) = SteepestSpike::of(&trace) else {
            return Ok(());
        };
        let quiet = &parts.held_out[place];
        let spiked = spike.added_to(&quiet.today.trace, quiet.today.warm_up);
        let added = describe(&spiked, &parts.labels[place], &quiet.label);
        let comment = format!("hpasim tune: {added}");
        let spike = AddedSpike {
            csv: trace_csv(&visible(&comment), &spiked.trace, None),
            text: added,
        };
        let with_spike = self.with_spike(quiet, spike)?;
        parts.held_out[place] = with_spike;
        Ok(())
    }

    /// The same held-out traffic, as a file with the spike holds it.
    fn with_spike(&mut self, quiet: &HeldOut, spike: AddedSpike) -> Result<HeldOut, CommandError> {
        let mut set = self.arguments.set.clone();
        set.extend(quiet.split.map(|it| it.setting()));
        let path = Path::new(HELD_OUT_CSV);
        let request = LoadRequest {
            set: &set,
            ..self.arguments.request(path)
        };
        let mut loader = WithTrace {
            files: &mut self.loader,
            path,
            csv: &spike.csv,
        };
        let choice = self.arguments.manifest.choice();
        let template =
            Template::load(request, &choice, &mut loader).map_err(CommandError::Input)?;
        Ok(HeldOut {
            path: quiet.path.clone(),
            label: format!("{} with a spike", quiet.label),
            split: quiet.split,
            today: template.scenario(&[]).map_err(CommandError::Input)?,
            spike: Some(spike),
            template,
        })
    }
}

/// What was added to which traffic, in one line.
fn describe(spiked: &SpikedTrace, training: &str, held_out: &str) -> String {
    let unit = match spiked.trace.demand {
        Demand::RequestsPerSecond(_) => "requests per second",
        Demand::CpuMillicores(_) => "millicores",
        Demand::Users(_) => "users",
    };
    let minute = (spiked.start.as_secs_f64() / 60.0).round();
    let minutes = match spiked.minutes {
        1 => "1 minute".to_owned(),
        count => format!("{count} minutes"),
    };
    format!(
        "{held_out} has no spike, so hpasim added the spike of {training} to it: up to {:.0} {unit} more, for {minutes} from minute {minute} on",
        spiked.added_most
    )
}

/// Files, and a trace that is in memory.
struct WithTrace<'a> {
    files: &'a mut RememberingLoader,
    path: &'a Path,
    csv: &'a str,
}

impl Loader for WithTrace<'_> {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        if path == self.path {
            return Ok(self.csv.as_bytes().to_vec());
        }
        self.files.read(path)
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Vec<u8>, LoadError> {
        let is_trace = request.path == self.path && request.kind == FileKind::Trace;
        if is_trace && request.named_by == NamedBy::User {
            return request.within_limit(self.csv.as_bytes().to_vec());
        }
        self.files.fetch(request)
    }
}

impl TuneArgs {
    /// Refuses traffic that takes too long: today's policy is simulated before the size of the question is known.
    fn refuse_endless(
        &self,
        templates: &[Template],
        scenarios: &[Scenario],
    ) -> Result<(), CommandError> {
        for (template, scenario) in templates.iter().zip(scenarios) {
            let engine = match self.engine {
                Some(_) => template.engine(),
                None => template.fastest_engine(),
            };
            Size {
                extent: Extent::of(scenario, engine),
                remedy: LESS_WORK,
                ..Size::default()
            }
            .refuse()?;
        }
        Ok(())
    }

    fn request<'r>(&'r self, trace: &'r Path) -> LoadRequest<'r> {
        LoadRequest {
            policy: &self.policy,
            trace,
            set: &self.set,
            from: None,
            to: None,
            zone: None,
            warm_up: self.warm_up.span(),
            reading: self.what.reading(),
            engine: self.engine,
        }
    }
}

/// The current policy under each trace, and each warning once.
fn resolve_all(
    templates: &[Template],
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<Scenario>, CommandError> {
    let mut faults = Diagnostics::default();
    let mut scenarios = Vec::new();
    for template in templates {
        match template.resolve(&[]) {
            Ok(resolved) => {
                scenarios.push(resolved.scenario);
                warnings.extend(resolved.warnings);
            }
            Err(found) => faults.absorb_unknown(found),
        }
    }
    keep_first_of_each(warnings, Diagnostic::identity);
    if faults.list.is_empty() {
        Ok(scenarios)
    } else {
        Err(CommandError::Input(faults))
    }
}

/// Refuses the same traffic under two names.
fn refuse_same_traffic(training: &[Template], apart: &[Template]) -> Result<(), CommandError> {
    let trace = |template: &Template| template.inputs().last().map(|it| it.bytes.clone());
    for held_out in apart {
        if let Some(same) = training.iter().find(|it| trace(it) == trace(held_out)) {
            return Err(CommandError::usage(format!(
                "{} and {} are the same traffic; name traffic for the report that the search does not see",
                held_out.trace_name(),
                same.trace_name()
            )));
        }
    }
    Ok(())
}
