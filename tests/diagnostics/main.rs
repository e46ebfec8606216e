//! Every diagnostic as its reader sees it: the whole text, for each way to get it wrong.

use std::collections::BTreeMap;
use std::path::Path;

use hpasim::render::diagnostic::render_diagnostics;
use hpasim::render::paint::Colour;
use hpasim::scenario::{Diagnostics, Engine, LoadError, LoadRequest, Loader, load};
use hpasim::units::SimTime;

mod bounds;
mod clients;
mod engines;
mod export;
mod files;
mod hpa;
mod manifest;
mod overrides;
mod policy;
mod trace;

/// Files of a test.
#[derive(Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn with(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.insert(path.to_owned(), content.as_ref().to_vec());
        self
    }
}

impl Loader for Files {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        self.0
            .get(&path.display().to_string())
            .cloned()
            .ok_or(LoadError::Missing)
    }
}

const TRACE: &str = "time_s,rps\n0,4\n60,4\n";
const POLICY: &str = "[hpa]\nmaxReplicas = 10\n";

/// What a user reads about these files and `--set`s: errors, or warnings, or nothing.
fn text_about(files: Files, set: &[&str], from: Option<f64>, to: Option<f64>) -> String {
    text_for(None, files, set, from, to)
}

/// The same with `--engine`.
fn text_for(
    engine: Option<Engine>,
    mut files: Files,
    set: &[&str],
    from: Option<f64>,
    to: Option<f64>,
) -> String {
    files.0.entry("p.toml".to_owned()).or_insert(POLICY.into());
    files.0.entry("t.csv".to_owned()).or_insert(TRACE.into());
    let set: Vec<String> = set.iter().map(|argument| (*argument).to_owned()).collect();
    let request = LoadRequest {
        set: &set,
        from: from.map(SimTime::from_secs_f64),
        to: to.map(SimTime::from_secs_f64),
        engine,
        ..LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"))
    };
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
fn about_files(files: Files) -> String {
    text_about(files, &[], None, None)
}

fn about_policy(policy: &str) -> String {
    about_files(Files::default().with("p.toml", policy))
}

fn about_trace(trace: impl AsRef<[u8]>) -> String {
    about_files(Files::default().with("t.csv", trace))
}

fn about_set(argument: &str) -> String {
    let policy = "[hpa]\nmaxReplicas = 10\nmetrics = [\n    { type = \"Resource\", resource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 50 } } },\n]\n";
    text_about(
        Files::default().with("p.toml", policy),
        &[argument],
        None,
        None,
    )
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let mut files = Files::default()
        .with("p.toml", "nonsense = 1")
        .with("t.csv", TRACE);
    let request = LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"));
    let diagnostics = load(request, &mut files).expect_err("a fault");
    assert!(!render_diagnostics(&diagnostics, Colour::Plain).contains('\u{1b}'));
    assert!(render_diagnostics(&diagnostics, Colour::Ansi).contains("\u{1b}["));
}
