//! The inputs of a comparison: which arguments are policies, baselines and traces, their labels, and the loaded scenarios.

use std::path::{Path, PathBuf};

use super::CompareArgs;
use super::variants::{FileVariant, with_settings};
use crate::cli::assertions::{JudgedPolicy, judged};
use crate::cli::error::CommandError;
use crate::cli::files::hashed;
use crate::cli::paired_runs::PairedTrace;
use crate::cli::what_matters::first_message;
use crate::files::RememberingLoader;
use crate::results::InputFile;
use crate::scenario::diagnostic::keep_first_of_each;
use crate::scenario::{
    Diagnostic, Diagnostics, Engine, LoadError, Loaded, LoadedFile, Loader, Resolved, Scenario,
    Template, is_policy, unlike,
};
use crate::search::what_matters::PolicyPlace;
use crate::simulation::baseline::{Baseline, BaselineError};

/// Why the arguments are no comparison.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ComparisonError {
    /// No argument is a trace.
    #[error(
        "no argument is a trace: by their content, {0} are policies; add a trace, as traces/spike.csv, or name one with --trace"
    )]
    NoTrace(String),
    /// Fewer than two policies.
    #[error("a comparison needs two policies, and {0}; add one, or a baseline such as @default")]
    OnePolicy(String),
    /// Baselines alone.
    #[error(
        "a baseline needs a policy to copy its pods and workload from; add one, as policies/prod.toml"
    )]
    NoFile,
    /// A policy with an `@` and no setting behind it.
    #[error("{0} is no file, and no variant of one: a variant is {1}@path=value[,path=value]")]
    NoSetting(String, String),
    /// Prices in two currencies.
    #[error(
        "the prices of {0} are in {1} and those of {2} in {3}, and hpasim converts no money; write both in one currency"
    )]
    Currencies(String, String, String, String),
    /// The same policy or trace twice.
    #[error("{0} is named twice; name it once")]
    Twice(String),
}

impl From<ComparisonError> for CommandError {
    fn from(error: ComparisonError) -> Self {
        Self::usage(error)
    }
}

impl From<BaselineError> for CommandError {
    fn from(error: BaselineError) -> Self {
        Self::usage(error)
    }
}

/// The inputs of a comparison.
#[derive(Debug)]
pub(super) struct CompareInputs {
    /// In the order of the command line.
    pub(super) policies: Vec<ComparedPolicy>,
    /// In the order of the command line.
    pub(super) traces: Vec<PairedTrace>,
    /// By trace and policy, for variants of the policies; empty where none are asked for, and `None` for a baseline.
    templates: Vec<Vec<Option<Template>>>,
    /// The warnings.
    pub(super) warnings: Vec<Diagnostic>,
    /// Every file that was read.
    pub(super) files: Vec<InputFile>,
}

/// The origin of a policy.
#[derive(Clone, Debug, PartialEq)]
enum PolicyOrigin {
    /// A file, and the keys in which this variant of it differs.
    File(FileVariant),
    /// A baseline.
    Baseline(Baseline),
}

/// A policy of the comparison.
#[derive(Clone, Debug)]
pub(super) struct ComparedPolicy {
    /// Its unique name in tables.
    pub(super) label: String,
    origin: PolicyOrigin,
}

impl ComparedPolicy {
    /// Whether it is a baseline.
    pub(super) fn is_baseline(&self) -> bool {
        matches!(self.origin, PolicyOrigin::Baseline(_))
    }

    /// The file, unless it is a baseline.
    fn path(&self) -> Option<&Path> {
        match &self.origin {
            PolicyOrigin::File(variant) => Some(&variant.path),
            PolicyOrigin::Baseline(_) => None,
        }
    }

    /// The settings of a variant.
    fn settings(&self) -> &[String] {
        match &self.origin {
            PolicyOrigin::File(variant) => &variant.settings,
            PolicyOrigin::Baseline(_) => &[],
        }
    }
}

/// The arguments by their kind.
#[derive(Debug, Default)]
struct NamedInputs {
    policies: Vec<PolicyOrigin>,
    traces: Vec<PathBuf>,
}

impl CompareInputs {
    /// Reads everything that the command line names.
    pub(super) fn load(arguments: &CompareArgs) -> Result<Self, CommandError> {
        let mut loader = RememberingLoader::default();
        let named = NamedInputs::by_content(arguments, &mut loader)?;
        named.check()?;
        let mut gathered = Gathered::default();
        let mut traces = Vec::new();
        for path in &named.traces {
            if let Some(trace) = gathered.load_trace(arguments, path, &named, &mut loader) {
                traces.push(trace);
            }
        }
        if !gathered.faults.list.is_empty() {
            return Err(CommandError::Input(gathered.faults));
        }
        let mut policies = Vec::new();
        for (index, origin) in named.policies.iter().enumerate() {
            let label = traces
                .first()
                .map_or_else(String::new, |trace: &LoadedTrace| {
                    trace.policy_name(index).to_owned()
                });
            policies.push(ComparedPolicy {
                label,
                origin: origin.clone(),
            });
        }
        tell_apart(&mut policies);
        let mut compared = Vec::new();
        for trace in traces {
            compared.push(trace.with_baselines(&named.policies)?);
        }
        tell_traces_apart(&mut compared);
        if let Some(trace) = compared.first() {
            refuse_two_currencies(&trace.scenarios, &policies)?;
            gathered.warn_of_unlike(&trace.scenarios, &policies);
        }
        Ok(Self {
            policies,
            traces: compared,
            templates: gathered.templates,
            warnings: gathered.warnings,
            files: gathered.files.iter().map(hashed).collect(),
        })
    }

    /// The scenario of a policy under a trace with further settings, and its warnings.
    ///
    /// # Errors
    /// The first fault in words.
    pub(super) fn resolve(&self, place: PolicyPlace, set: &[String]) -> Result<Resolved, String> {
        let templates = self
            .templates
            .get(place.trace)
            .map_or(&[][..], Vec::as_slice);
        let own = templates.get(place.policy).and_then(Option::as_ref);
        // A baseline copies the first policy.
        let Some(template) = own.or_else(|| templates.iter().flatten().next()) else {
            return Err("the policy has no file".to_owned());
        };
        let resolved = template.resolve(set);
        let resolved = resolved.map_err(|faults| first_message(&faults))?;
        match &self.policies[place.policy].origin {
            PolicyOrigin::File(_) => Ok(resolved),
            PolicyOrigin::Baseline(baseline) => {
                let scenario = baseline.apply(&resolved.scenario);
                Ok(Resolved {
                    scenario: scenario.map_err(|error| error.to_string())?,
                    ..resolved
                })
            }
        }
    }

    /// The names of the policies.
    pub(super) fn policy_labels(&self) -> Vec<&str> {
        self.policies.iter().map(|it| it.label.as_str()).collect()
    }

    /// The policies as `--assert` names them.
    pub(super) fn judged_policies(&self) -> Vec<JudgedPolicy<'_>> {
        let scenarios = self.traces.iter().flat_map(|trace| &trace.scenarios);
        let named = self.policy_labels().into_iter().zip(scenarios);
        named
            .map(|(name, scenario)| JudgedPolicy {
                name,
                ..judged(scenario)
            })
            .collect()
    }
}

impl NamedInputs {
    fn by_content(
        arguments: &CompareArgs,
        loader: &mut RememberingLoader,
    ) -> Result<Self, CommandError> {
        let mut named = Self::default();
        for argument in &arguments.inputs {
            let text = argument.to_string_lossy();
            if text.starts_with(Baseline::PREFIX) {
                let baseline = Baseline::parse(&text)?;
                named.policies.push(PolicyOrigin::Baseline(baseline));
                continue;
            }
            let found = match loader.read(argument) {
                // A missing file is reported with all other faults.
                Err(LoadError::Missing) => None,
                Ok(bytes) => Some(bytes),
                Err(error) => return Err(CommandError::unreadable(argument, error)),
            };
            if found.is_none()
                && let Some(variant) = FileVariant::parse(&text)
            {
                named.policies.push(PolicyOrigin::File(variant));
            } else if found.is_none()
                && let Some((policy, _)) = text.rsplit_once('@')
                && loader.read(Path::new(policy)).is_ok()
            {
                return Err(ComparisonError::NoSetting(text.to_string(), policy.to_owned()).into());
            } else if is_policy(argument, &found.unwrap_or_default()) {
                let policy = FileVariant::plain(argument.clone());
                named.policies.push(PolicyOrigin::File(policy));
            } else {
                named.traces.push(argument.clone());
            }
        }
        named.traces.extend(arguments.trace.iter().cloned());
        Ok(named)
    }

    fn check(&self) -> Result<(), ComparisonError> {
        let shown = |origin: &PolicyOrigin| match origin {
            PolicyOrigin::File(variant) => variant.to_string(),
            PolicyOrigin::Baseline(baseline) => baseline.name(),
        };
        let names: Vec<String> = self.policies.iter().map(shown).collect();
        if self.traces.is_empty() {
            return Err(ComparisonError::NoTrace(names.join(" and ")));
        }
        if names.len() < 2 {
            let what = names.first().map_or_else(
                || "there is no policy".to_owned(),
                |only| format!("{only} is the only one"),
            );
            return Err(ComparisonError::OnePolicy(what));
        }
        if !self
            .policies
            .iter()
            .any(|it| matches!(it, PolicyOrigin::File(_)))
        {
            return Err(ComparisonError::NoFile);
        }
        let traces = self.traces.iter().map(|path| path.display().to_string());
        for all in [names.clone(), traces.collect()] {
            for (index, name) in all.iter().enumerate() {
                if all[..index].contains(name) {
                    return Err(ComparisonError::Twice(name.clone()));
                }
            }
        }
        Ok(())
    }
}

/// A trace and the policies that are files, under it.
struct LoadedTrace {
    label: String,
    engine: Engine,
    /// `None` for a baseline.
    scenarios: Vec<Option<Scenario>>,
    baseline_names: Vec<String>,
}

impl LoadedTrace {
    fn policy_name(&self, index: usize) -> &str {
        self.scenarios[index].as_ref().map_or_else(
            || self.baseline_names[index].as_str(),
            |scenario| scenario.policy_name.as_str(),
        )
    }

    /// The same with every baseline made of the first file.
    fn with_baselines(self, origins: &[PolicyOrigin]) -> Result<PairedTrace, CommandError> {
        let base = self.scenarios.iter().flatten().next().cloned();
        let mut scenarios = Vec::with_capacity(origins.len());
        for (scenario, origin) in self.scenarios.into_iter().zip(origins) {
            match (scenario, origin, &base) {
                (Some(scenario), _, _) => scenarios.push(scenario),
                (None, PolicyOrigin::Baseline(baseline), Some(base)) => {
                    scenarios.push(baseline.apply(base)?);
                }
                _ => return Err(ComparisonError::NoFile.into()),
            }
        }
        Ok(PairedTrace {
            label: self.label,
            engine: self.engine,
            scenarios,
        })
    }
}

/// Warnings and files of the loading.
#[derive(Default)]
struct Gathered {
    warnings: Vec<Diagnostic>,
    faults: Diagnostics,
    files: Vec<LoadedFile>,
    templates: Vec<Vec<Option<Template>>>,
}

impl Gathered {
    fn load_trace(
        &mut self,
        arguments: &CompareArgs,
        path: &Path,
        named: &NamedInputs,
        loader: &mut RememberingLoader,
    ) -> Option<LoadedTrace> {
        let mut scenarios = Vec::new();
        let mut baseline_names = Vec::new();
        let mut templates = Vec::new();
        let mut found = None;
        for origin in &named.policies {
            let policy = match origin {
                PolicyOrigin::Baseline(baseline) => {
                    scenarios.push(None);
                    templates.push(None);
                    baseline_names.push(baseline.name());
                    continue;
                }
                PolicyOrigin::File(policy) => policy,
            };
            baseline_names.push(String::new());
            // The settings of a variant come last, so they win over those of every policy.
            let set = [&arguments.set[..], &policy.settings].concat();
            let (load, matters) = (&arguments.load, arguments.matters);
            match load.load_to_vary(matters, &policy.path, path, &set, loader) {
                Ok((mut loaded, template)) => {
                    templates.push(template);
                    policy.name_places(&mut loaded.warnings);
                    found = Some((loaded.scenario.trace_name.clone(), loaded.engine));
                    scenarios.push(Some(self.take(loaded)));
                }
                Err(mut faults) => {
                    policy.name_places(&mut faults.list);
                    self.fail(faults);
                }
            }
        }
        self.templates.push(templates);
        let (label, engine) = found?;
        Some(LoadedTrace {
            label,
            engine,
            scenarios,
            baseline_names,
        })
    }

    /// Keeps the warnings of a policy under a trace, each once.
    fn take(&mut self, loaded: Loaded) -> Scenario {
        self.warnings.extend(loaded.warnings);
        keep_first_of_each(&mut self.warnings, Diagnostic::identity);
        for file in loaded.inputs {
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
        loaded.scenario
    }

    fn fail(&mut self, faults: Diagnostics) {
        self.faults.absorb_unknown(faults);
    }

    /// Warns of policies that differ in more than how they scale. Variants of one file differ in what their settings say, on purpose.
    fn warn_of_unlike(&mut self, scenarios: &[Scenario], policies: &[ComparedPolicy]) {
        let policies = scenarios.iter().zip(policies);
        let mut files = policies.filter_map(|(scenario, policy)| {
            let path = policy.path()?;
            Some((path, (policy.label.as_str(), scenario)))
        });
        let Some((first_path, first)) = files.next() else {
            return;
        };
        for (path, other) in files {
            if path != first_path {
                self.warnings.extend(unlike(first, other));
            }
        }
    }
}

/// Refuses prices in two currencies: their costs are no comparison.
fn refuse_two_currencies(
    scenarios: &[Scenario],
    policies: &[ComparedPolicy],
) -> Result<(), ComparisonError> {
    let stated = scenarios
        .iter()
        .zip(policies)
        .filter_map(|(scenario, policy)| {
            let currency = scenario.cost.stated_currency()?;
            Some((policy.label.as_str(), currency))
        });
    let stated: Vec<(&str, &str)> = stated.collect();
    for pair in stated.windows(2) {
        if let [(first, one), (second, other)] = *pair
            && one != other
        {
            let [first, one, second, other] = [first, one, second, other].map(str::to_owned);
            return Err(ComparisonError::Currencies(first, one, second, other));
        }
    }
    Ok(())
}

/// A variant is called by its policy's name and its settings. Policies of the same name are called by their paths.
fn tell_apart(policies: &mut [ComparedPolicy]) {
    for policy in &mut *policies {
        policy.label = with_settings(&policy.label, policy.settings());
    }
    let names: Vec<String> = policies.iter().map(|it| it.label.clone()).collect();
    for policy in policies {
        let namesakes = names.iter().filter(|name| **name == policy.label).count();
        if let (true, PolicyOrigin::File(variant)) = (namesakes > 1, &policy.origin) {
            policy.label = variant.to_string();
        }
    }
}

/// Traces of the same name are numbered: `spike`, `spike-2`.
fn tell_traces_apart(traces: &mut [PairedTrace]) {
    let names: Vec<String> = traces.iter().map(|it| it.label.clone()).collect();
    for (index, trace) in traces.iter_mut().enumerate() {
        let before = names[..index].iter().filter(|name| **name == trace.label);
        let number = before.count() + 1;
        if number > 1 {
            trace.label = format!("{}-{number}", trace.label);
        }
    }
}
