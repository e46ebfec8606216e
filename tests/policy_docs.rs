//! Every example of docs/policy.md runs as written, with the command above it.
//!
//! An example must load without a warning and serve requests. Every key must appear on the page.

#[path = "fixtures/page.rs"]
mod page;
#[path = "fixtures/words.rs"]
mod words;

use std::path::Path;

use hpasim::results::KpiObserver;
use hpasim::scenario::keys::KeyRow;
use hpasim::scenario::{
    ClusterKind, Code, Diagnostic, Engine, LoadError, LoadRequest, Loaded, Loader, TraceMoment,
    keys, load, pages,
};
use hpasim::simulation::simulate_observed;
use hpasim::units::Seed;

use page::assert_current;
use words::words;

const DOCUMENT: &str = include_str!("../docs/policy.md");
/// The name under which the page tells its reader to save an example.
const EXAMPLE: &str = "example.toml";

/// The name of the manifest in the same folder.
const MANIFEST: &str = "app.yaml";

/// One policy of the page, with the commands and the trace above it.
#[derive(Default)]
struct Example {
    commands: Vec<String>,
    trace: String,
    manifest: String,
    policy: String,
}

/// A fenced block of the page.
struct Block {
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in DOCUMENT.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(language), None) => {
                open = Some(Block {
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of docs/policy.md is not closed");
    blocks
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    let mut next = Example::default();
    for block in blocks() {
        match block.language.as_str() {
            "sh" => next.commands = block.text.lines().map(str::to_owned).collect(),
            "csv" => next.trace = block.text,
            "yaml" => next.manifest = block.text,
            "toml" => {
                next.policy = block.text;
                examples.push(std::mem::take(&mut next));
            }
            other => panic!("docs/policy.md has a block in `{other}`, which nobody runs"),
        }
    }
    examples
}

/// The example's files, then those of the repository.
struct Files<'e>(&'e Example);

impl Loader for Files<'_> {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        if path == Path::new(EXAMPLE) {
            return Ok(self.0.policy.clone().into());
        }
        if path == Path::new(MANIFEST) {
            return Ok(self.0.manifest.clone().into());
        }
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if path.starts_with("traces") || path.starts_with("policies") {
            return Ok(std::fs::read(shipped)?);
        }
        Ok(self.0.trace.clone().into())
    }
}

/// A `hpasim run` command.
#[derive(Default)]
struct Command {
    trace: String,
    set: Vec<String>,
    from: Option<TraceMoment>,
    to: Option<TraceMoment>,
    engine: Option<Engine>,
}

fn parse_command(line: &str) -> Command {
    let words = words(line);
    let [program, verb, policy, trace, options @ ..] = words.as_slice() else {
        panic!("`{line}` is no run of a policy under a trace");
    };
    assert_eq!((program.as_str(), verb.as_str()), ("hpasim", "run"));
    assert_eq!(policy, EXAMPLE, "{line}");
    let mut command = Command {
        trace: trace.clone(),
        ..Command::default()
    };
    let time = |text: &str| Some(TraceMoment::parse(text).expect("a time"));
    for option in options.chunks(2) {
        let [name, value] = option else {
            panic!("`{line}` has an option without a value");
        };
        match name.as_str() {
            "--from" => command.from = time(value),
            "--to" => command.to = time(value),
            "--set" => command.set.push(value.clone()),
            "--engine" => {
                let engines = [Engine::Fluid, Engine::Request];
                command.engine = engines.into_iter().find(|it| it.as_str() == value);
                assert!(command.engine.is_some(), "{line}");
            }
            other => panic!("`{line}` has an option `{other}` that this test does not know"),
        }
    }
    command
}

fn load_example(example: &Example, line: &str) -> Loaded {
    let command = parse_command(line);
    let request = LoadRequest {
        set: &command.set,
        from: command.from,
        to: command.to,
        engine: command.engine,
        ..LoadRequest::new(Path::new(EXAMPLE), Path::new(&command.trace))
    };
    match load(request, &mut Files(example)) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{line}\n{}\n{diagnostics}", example.policy),
    }
}

fn requests_served(loaded: &Loaded) -> f64 {
    let scenario = &loaded.scenario;
    let mut observer = KpiObserver::new(scenario);
    simulate_observed(scenario, loaded.engine, Seed(1), &mut observer);
    observer.finish().requests_succeeded.unwrap_or_default()
}

#[test]
fn every_example_loads_without_a_warning_and_serves_requests() {
    let examples = examples();
    assert!(examples.len() >= 17, "{} examples", examples.len());
    for example in &examples {
        assert!(
            !example.commands.is_empty(),
            "no command above\n{}",
            example.policy
        );
        for line in &example.commands {
            let loaded = load_example(example, line);
            // Many examples show another section, and have no [hpa].
            let is_shown = |warning: &&Diagnostic| warning.code != Code::NoAutoscaler;
            let warnings: Vec<_> = loaded.warnings.iter().filter(is_shown).collect();
            assert!(
                warnings.is_empty(),
                "{line}\n{}\n{warnings:?}",
                example.policy
            );
            let served = requests_served(&loaded);
            assert!(served > 0.0, "nothing served: {line}\n{}", example.policy);
        }
    }
}

/// The text under the heading of a section, up to the next heading of its level.
fn section(name: &str) -> &'static str {
    let heading = format!("\n## `[{name}]`\n");
    let (_, rest) = DOCUMENT
        .split_once(&heading)
        .unwrap_or_else(|| panic!("docs/policy.md has no heading for [{name}]"));
    rest.split_once("\n## ").map_or(rest, |(text, _)| text)
}

/// The sections that the program knows, from its message about an unknown one.
fn sections() -> Vec<String> {
    let unknown = Example {
        policy: "[qqqqqqqqqqqq]\n".to_owned(),
        ..Example::default()
    };
    let request = LoadRequest::new(Path::new(EXAMPLE), Path::new("traces/spike.csv"));
    let Err(diagnostics) = load(request, &mut Files(&unknown)) else {
        panic!("an unknown section is refused");
    };
    let help = diagnostics
        .list
        .iter()
        .find_map(|diagnostic| diagnostic.help.strip_prefix("the keys here are: "))
        .expect("a list of what is known");
    help.split(", ")
        // Top-level keys of the file, which the first section of the page explains.
        .filter(|key| !["name", "cluster", "extends", "remove", "manifest"].contains(key))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_section_has_an_example_that_uses_it() {
    let sections = sections();
    assert!(sections.len() >= 8, "{sections:?}");
    for name in &sections {
        let example = section(name)
            .split("```toml\n")
            .skip(1)
            .map(|rest| rest.split("```").next().unwrap_or_default());
        let header = format!("[{name}");
        assert!(
            example.into_iter().any(|policy| policy.contains(&header)),
            "[{name}] has no example of its own"
        );
    }
}

/// The rows of a table of defaults, for the keys that are `listed`.
fn defaults(listed: impl Fn(&KeyRow) -> bool) -> String {
    let mut rows = "| key | default | takes | source or argument |\n|---|---|---|---|\n".to_owned();
    for key in keys::all().iter().filter(|key| listed(key)) {
        let default = key
            .default
            .map_or("none".to_owned(), |text| format!("`{text}`"));
        rows.push_str(&format!(
            "| `{}` | {default} | {} | {} |\n",
            key.path(),
            key.takes,
            key.because
        ));
    }
    rows
}

fn bounds() -> String {
    let mut rows = "| key | allowed | why |\n|---|---|---|\n".to_owned();
    for bound in pages::bounds() {
        rows.push_str(&format!(
            "| {} | {} | {} |\n",
            bound.of, bound.allowed, bound.why
        ));
    }
    rows
}

/// The rows of the assumptions and the ranges over which they are plausible.
fn ranges() -> String {
    let mut rows = "| key | touched if | low end | high end | source or argument of the range |\n|---|---|---|---|---|\n".to_owned();
    for key in keys::all() {
        let Some(declared) = key.assumed else {
            continue;
        };
        let touched: Vec<&str> = declared.touched.iter().map(|it| it.in_words()).collect();
        let touched = match touched[..] {
            [] => "always".to_owned(),
            _ => touched.join(", and "),
        };
        rows.push_str(&format!(
            "| `{}` | {touched} | `{}` | `{}` | {} |\n",
            key.path(),
            declared.low,
            declared.high,
            declared.source
        ));
    }
    rows
}

fn clusters() -> String {
    let mut rows = "| `cluster` | `metrics.scrape_interval` | `controller.sync_period` | source |\n|---|---|---|---|\n".to_owned();
    for (name, kind) in ClusterKind::ALL {
        let sets = kind.defaults();
        rows.push_str(&format!(
            "| `\"{}\"` | {} | {} | {} |\n",
            name, sets.scrape_interval, sets.sync_period, sets.source
        ));
    }
    rows
}

fn distributions() -> String {
    let mut rows = "| `dist` | keys | what it is |\n|---|---|---|\n".to_owned();
    for kind in pages::distributions() {
        rows.push_str(&format!(
            "| `\"{}\"` | {} | {} |\n",
            kind.word, kind.keys, kind.means
        ));
    }
    rows
}

/// Whether a key is in a table within a section.
fn is_within_a_table(key: &KeyRow) -> bool {
    key.table.contains('.')
}

/// `page` with `rows` instead of the text between the line `mark` and the next end mark.
fn with_rows(page: &str, mark: &str, rows: &str) -> String {
    let start = page.find(mark).expect("a marked table");
    let start = start + page[start..].find('\n').expect("a line") + 1;
    let end = start + page[start..].find("<!-- end -->").expect("its end");
    format!("{}{rows}{}", &page[..start], &page[end..])
}

/// `HPASIM_WRITE_DOCS=1 cargo test --test policy_docs` updates them.
#[test]
fn the_tables_of_defaults_and_bounds_have_a_row_for_every_key_as_it_is_declared() {
    let has_default = |key: &KeyRow| key.default.is_some();
    assert_current("docs/model.md", "policy_docs", |page| {
        let page = with_rows(
            page,
            "<!-- defaults:",
            &defaults(|key| !is_within_a_table(key) && has_default(key)),
        );
        let page = with_rows(
            &page,
            "<!-- off:",
            &defaults(|key| !is_within_a_table(key) && !has_default(key)),
        );
        let page = with_rows(&page, "<!-- within:", &defaults(is_within_a_table));
        let page = with_rows(&page, "<!-- ranges:", &ranges());
        with_rows(&page, "<!-- bounds:", &bounds())
    });
}

/// A line such as `<!-- keys of pod: schedule start -->`: the section, and the keys that the table
/// below it explains.
fn parse_mark(line: &str) -> Option<(&str, &str)> {
    let (section, names) = line
        .strip_prefix("<!-- keys of ")?
        .strip_suffix(" -->")?
        .split_once(": ")?;
    Some((if section == "the file" { "" } else { section }, names))
}

/// The path of a key of `section`, which is empty for a key of the file itself.
fn path_of(section: &str, name: &str) -> String {
    if section.is_empty() {
        return name.to_owned();
    }
    format!("{section}.{name}")
}

/// `page`, with each key that no mark names added to the last mark of its section.
fn with_every_key_named(page: &str) -> String {
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    for key in keys::all().iter().filter(|key| !is_within_a_table(key)) {
        let marks: Vec<usize> = (0..lines.len())
            .filter(|line| parse_mark(&lines[*line]).is_some_and(|mark| mark.0 == key.table))
            .collect();
        let is_named = marks.iter().any(|line| {
            parse_mark(&lines[*line])
                .is_some_and(|(_, names)| names.split(' ').any(|name| name == key.name))
        });
        if !is_named {
            let last = *marks.last().expect("a table of keys for each section");
            lines[last] = lines[last].replace(" -->", &format!(" {} -->", key.name));
        }
    }
    lines.join("\n") + "\n"
}

/// The keys of `section` with the given `names`, each followed by its nested keys.
fn meanings(section: &str, names: &str) -> String {
    let keys = keys::all();
    let mut rows = "| key | meaning |\n|---|---|\n".to_owned();
    for name in names.split(' ') {
        let path = path_of(section, name);
        assert!(
            keys.iter().any(|key| key.path() == path),
            "docs/policy.md names `{path}`, which src/scenario/keys/declared.rs does not declare"
        );
        for key in &keys {
            let written = key.path();
            let is_within = |path: &str| {
                written
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if is_within(&path) {
                let written = written[section.len()..].trim_start_matches('.');
                rows.push_str(&format!("| `{written}` | {} |\n", key.means));
            }
        }
    }
    rows
}

#[test]
fn the_tables_of_keys_explain_every_key_once_as_it_is_declared() {
    assert_current("docs/policy.md", "policy_docs", |page| {
        let named = with_every_key_named(page);
        let page = with_rows(&named, "<!-- distributions:", &distributions());
        let mut page = with_rows(&page, "<!-- clusters:", &clusters());
        let mut explained = Vec::new();
        for line in named.lines() {
            if let Some((section, names)) = parse_mark(line) {
                page = with_rows(&page, line, &meanings(section, names));
                explained.extend(names.split(' ').map(|name| path_of(section, name)));
            }
        }
        explained.sort_unstable();
        let every = explained.len();
        explained.dedup();
        assert_eq!(
            explained.len(),
            every,
            "docs/policy.md explains a key twice; name it in one `<!-- keys of -->`"
        );
        page
    });
}
