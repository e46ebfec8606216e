//! Loading: a policy and a trace, read once for a single run or for many variants of the policy.
//!
//! Each text is read and parsed once. The same code resolves a variant and a single run, so their results cannot differ.

mod each_autoscaler;

use std::sync::Arc;

use super::clock::TraceClock;
use super::diagnostic::{Diagnostic, Diagnostics, LineStart, Place};
use super::engine_choice::{self, Meeting};
use super::load::{
    DatedTrace, LoadRequest, assemble, check_custom_metrics, place_key, read_trace, stem,
};
use super::loader::{LoadedFile, Loader, PolicyFiles, PolicyTree};
use super::manifest::{ManifestChoice, UnusableMemory};
use super::policy;
use super::reader::Faults;
use super::source::{Origin, SourceId, Sources};
use super::toml_text::parse_path;
use super::tree::Value;
use super::{Engine, Scenario, overrides};
use crate::cluster::stationary::LatencyTables;
use crate::units::SimSpan;
use crate::workload::{Demand, Trace};

pub use each_autoscaler::{EachAutoscaler, LoadedAutoscaler, load_each};

/// A policy and a trace as read, with their faults.
#[derive(Debug)]
struct Material {
    sources: Sources,
    /// `None` if a file of the policy could not be used.
    tree: Option<PolicyTree>,
    /// The arguments of `--set` that all variants share and that are not yet applied to `tree`.
    set: Vec<SourceId>,
    /// The tree before the shared arguments of `--set`, and these, where they are applied to `tree`.
    written: Option<(PolicyTree, Vec<SourceId>)>,
    policy_stem: String,
    /// Why the memory in the status of a manifest's autoscaler is not used, if there is a status.
    unusable_memory: Option<UnusableMemory>,
    /// The faults of the policy's files.
    policy_faults: Diagnostics,
    /// `None` if the trace could not be used.
    trace: Option<TraceMaterial>,
    /// `None` if no engine can simulate the trace.
    engine: Option<Engine>,
    trace_stem: String,
    /// The start that the KPIs leave out.
    warm_up: SimSpan,
    /// The faults of the trace.
    trace_faults: Diagnostics,
    inputs: Vec<LoadedFile>,
    /// All variants share it.
    latency_tables: LatencyTables,
}

/// A policy as read, with its faults and the arguments of `--set`.
struct PolicyMaterial {
    sources: Sources,
    tree: Option<PolicyTree>,
    set: Vec<SourceId>,
    unusable_memory: Option<UnusableMemory>,
    faults: Diagnostics,
}

/// A trace as read, with its faults and the engine for it.
#[derive(Clone)]
struct DemandMaterial {
    trace: Option<TraceMaterial>,
    engine: Option<Engine>,
    faults: Diagnostics,
}

impl DemandMaterial {
    fn read(
        request: &LoadRequest<'_>,
        loader: &mut dyn Loader,
        inputs: &mut Vec<LoadedFile>,
    ) -> Self {
        let mut faults = Diagnostics::default();
        let parsed = read_trace(request, loader, inputs)
            .map_err(|diagnostics| faults = diagnostics)
            .ok();
        let engine = parsed.as_ref().and_then(|parsed| {
            engine_choice::choose(request.engine, &parsed.parsed)
                .map_err(|fault| faults.list.push(fault))
                .ok()
        });
        Self {
            trace: parsed.map(|DatedTrace { parsed, clock }| TraceMaterial {
                clock,
                trace: Arc::new(parsed.trace),
                warnings: parsed.warnings,
                is_load_test: parsed.is_load_test,
            }),
            engine,
            faults,
        }
    }
}

/// The parts of a trace that variants need.
#[derive(Clone, Debug)]
struct TraceMaterial {
    clock: Option<TraceClock>,
    trace: Arc<Trace>,
    warnings: Vec<Diagnostic>,
    is_load_test: bool,
}

/// A scenario with its files and warnings.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The requested engine; by default the request engine, or the fluid engine for a CPU trace.
    pub engine: Engine,
    /// Warnings for the user.
    pub warnings: Vec<Diagnostic>,
    /// Every file read, in the order of reading: the policy, its bases, the trace.
    pub inputs: Vec<LoadedFile>,
}

/// The scenario of a variant, and its warnings.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The scenario.
    pub scenario: Scenario,
    /// Warnings about the policy, then about the trace.
    pub warnings: Vec<Diagnostic>,
}

/// A policy and a trace, read once, from which the scenarios of variants are made.
///
/// A variant costs a copy of the policy's tree and the typed reading. Only the variant's own overrides are parsed again, and all
/// variants share the trace. Many threads may use one template.
#[derive(Debug)]
pub struct Template {
    material: Material,
    engine: Engine,
}

impl Template {
    /// Reads a policy (of a manifest the chosen part) and a trace.
    ///
    /// The policy may be incomplete, because a variant may complete it.
    ///
    /// # Errors
    /// A file cannot be used, or an override of `request` cannot be applied. The list contains all other faults of both too.
    pub fn load(
        request: LoadRequest<'_>,
        choice: &ManifestChoice,
        loader: &mut dyn Loader,
    ) -> Result<Self, Diagnostics> {
        let material = Material::read(request, choice, loader);
        match material.base() {
            Some(Base { tree, engine }) => {
                let written = material.tree.zip(Some(material.set));
                Ok(Self {
                    material: Material {
                        tree: Some(tree),
                        set: Vec::new(),
                        written,
                        ..material
                    },
                    engine,
                })
            }
            None => Err(material
                .resolve(&[])
                .expect_err("what no variant can start from has a fault")),
        }
    }

    /// The scenario of a variant: `set` are arguments of `--set` in addition to those of the template.
    ///
    /// # Errors
    /// All faults of the variant, in the same words as those of a single run.
    pub fn scenario(&self, set: &[String]) -> Result<Scenario, Diagnostics> {
        self.resolve(set).map(|resolved| resolved.scenario)
    }

    /// The scenario of a variant with its warnings.
    ///
    /// # Errors
    /// As [`Template::scenario`].
    pub fn resolve(&self, set: &[String]) -> Result<Resolved, Diagnostics> {
        self.material.resolve(set)
    }

    /// The single value that the policy states at `path`, as `--set` names it; `None` where a default or nothing is there.
    #[must_use]
    pub fn stated(&self, path: &str) -> Option<String> {
        let keys = parse_path(path)?;
        let (first, rest) = keys.split_first()?;
        let tree = self.material.tree.as_ref()?;
        let node = rest
            .iter()
            .try_fold(tree.table.get(&first.key)?, |node, key| {
                let item = || node.items().get(key.key.parse::<usize>().ok()?);
                node.get(&key.key).or_else(item)
            })?;
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            Value::Boolean(flag) => Some(flag.to_string()),
            Value::Table(_) | Value::Array(_) | Value::Date | Value::Null => None,
        }
    }

    /// The requested engine; by default the request engine, or the fluid engine for a CPU trace.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The fluid engine, if it can simulate the trace; otherwise the request engine.
    #[must_use]
    pub fn fastest_engine(&self) -> Engine {
        let read = self.material.trace.as_ref();
        let is_closed = read.is_some_and(|read| matches!(read.trace.demand, Demand::Users(_)));
        if is_closed {
            Engine::Request
        } else {
            Engine::Fluid
        }
    }

    /// The same template with its fastest engine.
    #[must_use]
    pub fn preferring_fluid(mut self) -> Self {
        self.engine = self.fastest_engine();
        self.material.engine = Some(self.engine);
        self
    }

    /// The trace's name: the file name without its ending.
    #[must_use]
    pub fn trace_name(&self) -> &str {
        &self.material.trace_stem
    }

    /// Every file read, in the order of reading: the policy, its bases, the trace.
    #[must_use]
    pub fn inputs(&self) -> &[LoadedFile] {
        &self.material.inputs
    }

    /// The policy and the trace without further settings.
    ///
    /// # Errors
    /// As [`Template::scenario`].
    pub fn loaded(&self) -> Result<Loaded, Diagnostics> {
        let Resolved { scenario, warnings } = self.resolve(&[])?;
        Ok(Loaded {
            scenario,
            engine: self.engine,
            warnings,
            inputs: self.material.inputs.clone(),
        })
    }

    /// The files, after the last variant.
    pub(super) fn into_inputs(self) -> Vec<LoadedFile> {
        self.material.inputs
    }
}

/// Loads a policy and a trace.
///
/// # Errors
/// All faults of both.
pub fn load(request: LoadRequest<'_>, loader: &mut dyn Loader) -> Result<Loaded, Diagnostics> {
    load_choosing(request, &ManifestChoice::default(), loader)
}

/// Loads a policy (of a manifest the chosen part) and a trace.
///
/// # Errors
/// All faults of both.
pub fn load_choosing(
    request: LoadRequest<'_>,
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Result<Loaded, Diagnostics> {
    let template = Template::load(request, choice, loader)?;
    let resolved = template.resolve(&[])?;
    Ok(Loaded {
        scenario: resolved.scenario,
        engine: template.engine(),
        warnings: resolved.warnings,
        inputs: template.into_inputs(),
    })
}

/// Reads one template for each of `requests`: a policy with several traces.
///
/// # Errors
/// All faults of all requests, each fault once.
pub fn load_templates(
    requests: &[LoadRequest<'_>],
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Result<Vec<Template>, Diagnostics> {
    let mut templates = Vec::new();
    let mut all = Diagnostics::default();
    let latency_tables = LatencyTables::default();
    for request in requests {
        match Template::load(*request, choice, loader) {
            Ok(mut template) => {
                template.material.latency_tables = latency_tables.clone();
                templates.push(template);
            }
            Err(faults) => all.absorb_unknown(faults),
        }
    }
    if templates.len() == requests.len() {
        Ok(templates)
    } else {
        Err(all)
    }
}

/// A policy's tree with the shared overrides applied, and the engine.
struct Base {
    tree: PolicyTree,
    engine: Engine,
}

impl Material {
    fn read(request: LoadRequest<'_>, choice: &ManifestChoice, loader: &mut dyn Loader) -> Self {
        let mut files = PolicyFiles::new(loader, choice.clone());
        let tree = files.read_policy(request.policy);
        let set = files.add_overrides(request.set);
        files.check_choice();
        let PolicyFiles {
            loader,
            sources,
            mut inputs,
            faults,
            unusable_memory,
            ..
        } = files;
        let demand = DemandMaterial::read(&request, loader, &mut inputs);
        let policy = PolicyMaterial {
            sources,
            tree,
            set,
            unusable_memory,
            faults,
        };
        Self {
            inputs,
            ..Self::of(&request, policy, demand)
        }
    }

    /// A policy under a trace, without the files.
    fn of(request: &LoadRequest<'_>, policy: PolicyMaterial, demand: DemandMaterial) -> Self {
        Self {
            sources: policy.sources,
            tree: policy.tree,
            set: policy.set,
            written: None,
            policy_stem: stem(request.policy),
            unusable_memory: policy.unusable_memory,
            policy_faults: policy.faults,
            trace: demand.trace,
            engine: demand.engine,
            trace_stem: stem(request.trace),
            warm_up: request.warm_up,
            trace_faults: demand.faults,
            inputs: Vec::new(),
            latency_tables: LatencyTables::default(),
        }
    }

    /// The basis of the variants; `None` if no variant can be valid.
    fn base(&self) -> Option<Base> {
        self.trace.as_ref()?;
        let engine = self.engine?;
        let mut tree = self.tree.clone()?;
        let mut faults = Faults::new(&self.sources);
        faults.absorb(self.policy_faults.clone());
        overrides::apply(&mut tree.table, &self.set, &self.sources, &mut faults);
        (!faults.has_errors()).then_some(Base { tree, engine })
    }

    /// From the tree to a scenario, with further overrides.
    fn resolve(&self, further: &[String]) -> Result<Resolved, Diagnostics> {
        let mut sources = self.sources.clone();
        let mut set = self.set.clone();
        set.extend(overrides::add_arguments(&mut sources, further));
        let (policy, faults) = self.policy(self.tree.as_ref(), &set, &sources);
        let has_errors = faults.has_errors();
        let mut noted = faults.into_diagnostics();
        let sort = |noted: &mut Diagnostics| {
            noted.list.sort_by(|a, b| place_key(a).cmp(&place_key(b)));
        };
        match (policy, &self.trace, self.engine, has_errors) {
            (Some(policy), Some(read), Some(_), false) => {
                sort(&mut noted);
                let mut list = noted.list;
                list.extend(read.warnings.iter().cloned());
                let mut scenario = assemble(
                    policy,
                    Arc::clone(&read.trace),
                    read.is_load_test,
                    self.warm_up,
                    self.trace_stem.clone(),
                );
                scenario.latency_tables = self.latency_tables.clone();
                scenario.clock.clone_from(&read.clock);
                Ok(Resolved {
                    scenario,
                    warnings: list,
                })
            }
            _ => {
                self.blame_overrides(&set, &sources, &mut noted);
                sort(&mut noted);
                noted.absorb(self.trace_faults.clone());
                Err(noted)
            }
        }
    }

    /// The policy of `tree` with the overrides `set`, and its faults.
    fn policy<'s>(
        &self,
        tree: Option<&PolicyTree>,
        set: &[SourceId],
        sources: &'s Sources,
    ) -> (Option<policy::Policy>, Faults<'s>) {
        let mut faults = Faults::new(sources);
        faults.absorb(self.policy_faults.clone());
        let policy = tree.cloned().map(|mut tree| {
            overrides::apply(&mut tree.table, set, sources, &mut faults);
            let stem = &self.policy_stem;
            let policy = policy::read(&tree.table, tree.source, stem, sources, &mut faults);
            if let Some(read) = &self.trace {
                check_custom_metrics(&policy, &read.trace, &mut faults);
                let meeting = Meeting {
                    policy: &policy,
                    written: &tree.table,
                    source: tree.source,
                    demand: &read.trace.demand,
                    unusable_memory: self.unusable_memory,
                };
                meeting.check(self.engine, &mut faults);
            }
            policy
        });
        (policy, faults)
    }

    /// Moves each fault to the override that causes it; a rule between two keys may have found it at the other key.
    fn blame_overrides(&self, set: &[SourceId], sources: &Sources, noted: &mut Diagnostics) {
        let (tree, shared) = match &self.written {
            Some((tree, shared)) => (Some(tree), shared.as_slice()),
            None => (self.tree.as_ref(), [].as_slice()),
        };
        let set = [shared, set].concat();
        let mut open: Vec<&mut Diagnostic> = noted
            .list
            .iter_mut()
            .filter(|fault| fault.place.is_some())
            .collect();
        // The faults without the last override, without the last two, and so on.
        for count in (0..set.len()).rev() {
            if open.is_empty() {
                return;
            }
            let (_, faults) = self.policy(tree, &set[..count], sources);
            let others = faults.into_diagnostics().list;
            open.retain_mut(|fault| {
                let is_there = others
                    .iter()
                    .any(|other| other.code == fault.code && other.place == fault.place);
                // An override after which the fault stays is its cause.
                if !is_there {
                    move_to_override(fault, &set[count..], sources);
                }
                is_there
            });
        }
    }
}

/// Moves a fault to the first of `set`, or to a later override of the same path, which replaces it.
///
/// The message then names the place that the fault had.
fn move_to_override(fault: &mut Diagnostic, set: &[SourceId], sources: &Sources) {
    let (Some(place), Some(first)) = (fault.place.as_deref(), set.first()) else {
        return;
    };
    let whole = |source: SourceId| Origin {
        source,
        start: 0,
        end: sources.get(source).text.len(),
    };
    let is_of_first = {
        let all = whole(*first);
        let spot = Origin {
            start: place.span.start.min(all.end),
            end: place.span.end.min(all.end),
            ..all
        };
        Place::of(sources, spot) == *place
    };
    if place.source == overrides::SOURCE_NAME && is_of_first {
        return;
    }
    let path = overrides::path(*first, sources);
    let last = set
        .iter()
        .rfind(|other| overrides::path(**other, sources) == path)
        .unwrap_or(first);
    fault.message = format!("{}, {}", fault.message, place_in_words(place));
    fault.place = Some(Box::new(Place::of(sources, whole(*last))));
}

/// Where a fault was found: ``with `maxReplicas` at base.toml:9``.
fn place_in_words(place: &Place) -> String {
    let at = match place.source.as_str() {
        overrides::SOURCE_NAME => "in another `--set`".to_owned(),
        file => format!("at {file}:{}", place.line),
    };
    let is_of_a_key = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let key = place.text.split_once(['=', ':']).map(|(key, _)| key.trim());
    match key.filter(|_| place.start == LineStart::Whole) {
        Some(key) if !key.is_empty() && key.chars().all(is_of_a_key) => {
            format!("with `{key}` {at}")
        }
        _ => format!("found {at}"),
    }
}
