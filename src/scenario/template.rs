//! The way in: a policy and a trace read once, for a single run or for many variants of the policy.
//!
//! Self-imposed limit: texts are read and parsed here once; what a variant then
//! means is resolved by the same code as a single run's, so that it cannot differ.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::engine_choice::{self, Meeting};
use super::load::{LoadRequest, assemble, check_custom_metrics, place_key, read_trace, stem};
use super::loader::{LoadedFile, Loader, PolicyFiles, PolicyTree};
use super::manifest::ManifestChoice;
use super::policy;
use super::reader::Faults;
use super::source::{SourceId, Sources};
use super::{Engine, Scenario, overrides};
use crate::workload::{Demand, Trace};

/// What was read of a policy and a trace, faults included.
#[derive(Debug)]
struct Material {
    sources: Sources,
    /// `None` when some file of the policy could not be used.
    tree: Option<PolicyTree>,
    /// The arguments of `--set` that all variants share.
    set: Vec<SourceId>,
    policy_stem: String,
    /// What is wrong with the policy's files.
    policy_faults: Diagnostics,
    /// `None` when the trace could not be used.
    trace: Option<TraceMaterial>,
    /// `None` when no engine can follow the trace.
    engine: Option<Engine>,
    trace_stem: String,
    /// What is wrong with the trace.
    trace_faults: Diagnostics,
    inputs: Vec<LoadedFile>,
}

/// What variants need of a trace.
#[derive(Debug)]
struct TraceMaterial {
    trace: Arc<Trace>,
    warnings: Vec<Diagnostic>,
}

/// A scenario and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The engine that was asked for, or else the request engine where the trace knows requests.
    pub engine: Engine,
    /// What its user should know.
    pub warnings: Vec<Diagnostic>,
    /// Every file that was read, in the order of reading: the policy, its bases, the trace.
    pub inputs: Vec<LoadedFile>,
}

/// A scenario of a variant, and what its user should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The scenario.
    pub scenario: Scenario,
    /// Warnings about the policy, then about the trace.
    pub warnings: Vec<Diagnostic>,
}

/// A policy and a trace, read once, from which scenarios of variants come.
///
/// A variant costs a copy of the policy's tree and the typed reading: no text is
/// read again but that of the variant's own overrides, and all variants share
/// the one trace. One template may be used from many threads.
#[derive(Debug)]
pub struct Template {
    material: Material,
    engine: Engine,
}

impl Template {
    /// Reads a policy, of a manifest the part that is chosen, and a trace.
    ///
    /// The policy as it stands need not make sense yet: a variant may mend it.
    ///
    /// # Errors
    /// A file that cannot be used, or an override of `request` that cannot be
    /// applied, together with everything else that is then wrong with the two.
    pub fn load(
        request: LoadRequest<'_>,
        choice: &ManifestChoice,
        loader: &mut dyn Loader,
    ) -> Result<Self, Diagnostics> {
        let material = Material::read(request, choice, loader);
        match material.base() {
            Some(Base { tree, engine }) => Ok(Self {
                material: Material {
                    tree: Some(tree),
                    set: Vec::new(),
                    ..material
                },
                engine,
            }),
            None => Err(material
                .resolve(&[])
                .expect_err("what no variant can start from has a fault")),
        }
    }

    /// The scenario of the variant that `set` makes: arguments of `--set`, on top of those that the template was loaded with.
    ///
    /// # Errors
    /// Everything that is wrong with the variant, word for word as a single run says it.
    pub fn scenario(&self, set: &[String]) -> Result<Scenario, Diagnostics> {
        self.resolve(set).map(|resolved| resolved.scenario)
    }

    /// The same with what its user should know.
    ///
    /// # Errors
    /// As [`Template::scenario`].
    pub fn resolve(&self, set: &[String]) -> Result<Resolved, Diagnostics> {
        self.material.resolve(set)
    }

    /// The engine that was asked for, or else the request engine where the trace knows requests.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The fluid engine wherever it can follow the trace.
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

    /// The same, with its fastest engine.
    #[must_use]
    pub fn preferring_fluid(mut self) -> Self {
        self.engine = self.fastest_engine();
        self.material.engine = Some(self.engine);
        self
    }

    /// The trace's name: its file's stem.
    #[must_use]
    pub fn trace_name(&self) -> &str {
        &self.material.trace_stem
    }

    /// Every file that was read, in the order of reading: the policy, its bases, the trace.
    #[must_use]
    pub fn inputs(&self) -> &[LoadedFile] {
        &self.material.inputs
    }

    /// The same, when no more variants are wanted.
    pub(super) fn into_inputs(self) -> Vec<LoadedFile> {
        self.material.inputs
    }
}

/// Loads a policy and a trace.
///
/// # Errors
/// Everything that is wrong with either, all at once.
pub fn load(request: LoadRequest<'_>, loader: &mut dyn Loader) -> Result<Loaded, Diagnostics> {
    load_choosing(request, &ManifestChoice::default(), loader)
}

/// Loads a policy, of a manifest the part that is chosen, and a trace.
///
/// # Errors
/// Everything that is wrong with either, all at once.
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

/// Reads one template for each of `requests`: a policy under several traces.
///
/// # Errors
/// Everything that is wrong with any of them, each fault once.
pub fn load_templates(
    requests: &[LoadRequest<'_>],
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Result<Vec<Template>, Diagnostics> {
    let mut templates = Vec::new();
    let mut all = Diagnostics::default();
    for request in requests {
        match Template::load(*request, choice, loader) {
            Ok(template) => templates.push(template),
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
            ..
        } = files;
        let mut trace_faults = Diagnostics::default();
        let parsed = read_trace(&request, loader, &mut inputs)
            .map_err(|diagnostics| trace_faults = diagnostics)
            .ok();
        let engine = parsed.as_ref().and_then(|parsed| {
            engine_choice::choose(request.engine, parsed)
                .map_err(|fault| trace_faults.list.push(fault))
                .ok()
        });
        Self {
            sources,
            tree,
            set,
            policy_stem: stem(request.policy),
            policy_faults: faults,
            trace: parsed.map(|parsed| TraceMaterial {
                trace: Arc::new(parsed.trace),
                warnings: parsed.warnings,
            }),
            engine,
            trace_stem: stem(request.trace),
            trace_faults,
            inputs,
        }
    }

    /// What variants start from; `None` where no variant could come out.
    fn base(&self) -> Option<Base> {
        self.trace.as_ref()?;
        let engine = self.engine?;
        let mut tree = self.tree.clone()?;
        let mut faults = Faults::new(&self.sources);
        faults.absorb(self.policy_faults.clone());
        overrides::apply(&mut tree.table, &self.set, &self.sources, &mut faults);
        (!faults.has_errors()).then_some(Base { tree, engine })
    }

    /// From tree to scenario, with further overrides.
    fn resolve(&self, further: &[String]) -> Result<Resolved, Diagnostics> {
        let mut sources = self.sources.clone();
        let mut set = self.set.clone();
        set.extend(overrides::add_arguments(&mut sources, further));
        let mut faults = Faults::new(&sources);
        faults.absorb(self.policy_faults.clone());
        let policy = self.tree.clone().map(|mut tree| {
            overrides::apply(&mut tree.table, &set, &sources, &mut faults);
            let stem = &self.policy_stem;
            let policy = policy::read(&tree.table, tree.source, stem, &sources, &mut faults);
            if let Some(read) = &self.trace {
                check_custom_metrics(&policy, &read.trace, &mut faults);
                let meeting = Meeting {
                    policy: &policy,
                    written: &tree.table,
                    demand: &read.trace.demand,
                };
                meeting.check(self.engine, &mut faults);
            }
            policy
        });
        let has_errors = faults.has_errors();
        let mut noted = faults.into_diagnostics();
        noted.list.sort_by(|a, b| place_key(a).cmp(&place_key(b)));
        match (policy, &self.trace, self.engine, has_errors) {
            (Some(policy), Some(read), Some(_), false) => {
                let mut list = noted.list;
                list.extend(read.warnings.iter().cloned());
                Ok(Resolved {
                    scenario: assemble(policy, Arc::clone(&read.trace), self.trace_stem.clone()),
                    warnings: list,
                })
            }
            _ => {
                noted.absorb(self.trace_faults.clone());
                Err(noted)
            }
        }
    }
}
