//! Every diagnostic as its reader sees it: the whole text, for each kind of fault.

use std::path::Path;

use hpasim::render::diagnostic::render_diagnostics;
use hpasim::render::paint::Colour;
use hpasim::scenario::{Diagnostics, Engine, LoadRequest, MemoryLoader, TraceMoment, load};
use hpasim::units::SimSpan;

#[path = "../fixtures/faults.rs"]
mod faults;

mod bounds;
mod clients;
mod costs;
mod engines;
mod export;
mod files;
mod hpa;
mod manifest;
mod manifest_targets;
mod manifest_workloads;
mod metric_columns;
mod metrics;
mod overrides;
mod policy;
mod recorded;
mod trace;

use faults::codes_and_places;

const TRACE: &str = "time_s,rps\n0,4\n60,4\n";
const POLICY: &str = "[hpa]\nmaxReplicas = 10\n";

fn add_where_missing(files: &mut MemoryLoader, path: &str, content: &str) {
    if !files.contains(path) {
        files.insert(path, content);
    }
}

/// What a user reads about these files and `--set`s: errors, or warnings, or nothing.
fn text_about(files: MemoryLoader, set: &[&str], from: Option<f64>, to: Option<f64>) -> String {
    text_for(None, files, set, from, to)
}

/// The same with `--engine`.
fn text_for(
    engine: Option<Engine>,
    files: MemoryLoader,
    set: &[&str],
    from: Option<f64>,
    to: Option<f64>,
) -> String {
    let set: Vec<String> = set.iter().map(|argument| (*argument).to_owned()).collect();
    let request = LoadRequest {
        set: &set,
        from: from.map(moment),
        to: to.map(moment),
        engine,
        ..LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"))
    };
    text_of(request, files)
}

/// A time of a trace, in seconds from its start.
fn moment(seconds: f64) -> TraceMoment {
    TraceMoment::After(SimSpan::from_secs_f64(seconds))
}

/// The same of a request for `p.toml` and `t.csv`.
fn text_of(request: LoadRequest<'_>, mut files: MemoryLoader) -> String {
    add_where_missing(&mut files, "p.toml", POLICY);
    add_where_missing(&mut files, "t.csv", TRACE);
    let diagnostics = match load(request, &mut files) {
        Ok(loaded) => Diagnostics {
            list: loaded.warnings,
            ..Diagnostics::default()
        },
        Err(diagnostics) => diagnostics,
    };
    render_diagnostics(&diagnostics, Colour::Plain)
}

/// The same of files alone.
fn about_files(files: MemoryLoader) -> String {
    text_about(files, &[], None, None)
}

fn about_policy(policy: &str) -> String {
    about_files(MemoryLoader::default().with("p.toml", policy))
}

fn about_trace(trace: impl AsRef<[u8]>) -> String {
    about_files(MemoryLoader::default().with("t.csv", trace))
}

fn about_set(argument: &str) -> String {
    let policy = "[hpa]\nmaxReplicas = 10\nmetrics = [\n    { type = \"Resource\", resource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 50 } } },\n]\n";
    text_about(
        MemoryLoader::default().with("p.toml", policy),
        &[argument],
        None,
        None,
    )
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let mut files = MemoryLoader::default()
        .with("p.toml", "nonsense = 1")
        .with("t.csv", TRACE);
    let request = LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"));
    let diagnostics = load(request, &mut files).expect_err("a fault");
    assert!(!render_diagnostics(&diagnostics, Colour::Plain).contains('\u{1b}'));
    assert!(render_diagnostics(&diagnostics, Colour::Ansi).contains("\u{1b}["));
}
