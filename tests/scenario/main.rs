//! Policies and traces as scenarios: the shipped ones, and how files, `extends`, `remove` and
//! `--set` combine.

mod annotations;
mod assumed;
mod clients;
mod combined;
mod cost;
mod defaults;
mod exported;
mod manifest;
mod manifest_meaning;
mod metrics_server;
mod random;
mod shipped;
mod successor;
mod traces;

use std::path::Path;

use hpasim::engine::random::Distribution;
use hpasim::files::FileLoader;
use hpasim::hpa::rules::{Gate, Release};
use hpasim::hpa::spec::{HpaSpec, MetricSource, MetricTarget, PolicyKind};
use hpasim::scenario::keys::KeyRow;
use hpasim::scenario::{
    LoadError, LoadRequest, Loaded, Loader, ManifestChoice, MemoryLoader, PolicyFile, Scenario,
    Template, TraceMoment, keys, load, load_policy, parse_trace,
};
use hpasim::units::{Millicores, Replicas, SimSpan, SimTime};
use hpasim::workload::{Demand, Trace};
use proptest::prelude::*;

const TRACE: &str = "time_s,rps\n0,4\n60,8\n120,2\n";

/// Files of a test, then those of the repository.
#[derive(Clone, Default)]
struct Files(MemoryLoader);

impl Files {
    /// These files, and `t.csv` if it is not among them.
    fn of(files: &[(&str, &str)]) -> Self {
        let mut loader = MemoryLoader::default().with("t.csv", TRACE);
        for (path, content) in files {
            loader.insert(path, content);
        }
        Self(loader)
    }
}

impl Loader for Files {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let own = self.0.read(path);
        own.or_else(|_| FileLoader.read(path))
    }
}

fn request<'r>(policy: &'r str, trace: &'r str, set: &'r [String]) -> LoadRequest<'r> {
    LoadRequest {
        set,
        ..LoadRequest::new(Path::new(policy), Path::new(trace))
    }
}

/// What a request without a fault loads.
fn sound(request: LoadRequest<'_>, files: &mut Files) -> Loaded {
    load(request, files).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The first file as a policy under `t.csv`.
fn loaded(files: &[(&str, &str)], set: &[&str]) -> Loaded {
    let set = strings(set);
    sound(request(files[0].0, "t.csv", &set), &mut Files::of(files))
}

fn scenario(policy: &str, set: &[&str]) -> Scenario {
    loaded(&[("p.toml", policy)], set).scenario
}

fn hpa_spec(scenario: &Scenario) -> HpaSpec {
    scenario.hpa().expect("an autoscaler").spec.clone()
}

fn policy_file(files: &mut Files, path: &str, set: &[String]) -> PolicyFile {
    load_policy(Path::new(path), set, &ManifestChoice::default(), files)
        .unwrap_or_else(|faults| panic!("{faults}"))
}

fn trace(bytes: impl AsRef<[u8]>) -> Trace {
    match parse_trace(Path::new("t.csv"), bytes.as_ref()) {
        Ok(parsed) => parsed.trace,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

fn seconds(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
