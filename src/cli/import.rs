//! `hpasim import MANIFEST`: a recorded day, from Prometheus or from files.

mod recordings;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use recordings::Recordings;
use serde::Serialize;

use super::error::{CommandError, Completion};
use super::file_names::{
    IMPORT_MD, IMPORTED_MANIFEST, IMPORTED_POLICY, SUMMARY, TRAFFIC, path_safe,
};
use super::files::hashed_once;
use super::identity::Identity;
use super::interrupt::Interrupt;
use super::load_args::SpanArgs;
use super::manifest_args::ManifestArgs;
use super::output_args::QuietArgs;
use super::output_folder::OutputFolder;
use super::result_files::ResultFile;
use super::screen::Screen;
use super::server_args::{NamedServer, ServerArgs};
use super::variant_inputs::refuse_second_stdin;
use crate::files::FileLoader;
use crate::hpa::spec::MetricSource;
use crate::prometheus::ask::RangeQuestion;
#[cfg(feature = "import")]
use crate::prometheus::gathered::gather;
use crate::prometheus::gathered::{GatheredSeries, ImportQuestion, LONGEST_WINDOW, planned};
use crate::prometheus::span::StepSpan;
use crate::render::imported::{ImportAccount, Readiness};
use crate::results::InputFile;
use crate::results::export::SummaryHead;
use crate::results::imported::{ImportedDay, imported_day};
use crate::results::usage::{UsageSettings, fit_usage};
use crate::scenario::formats::csv_text::trace_csv;
use crate::scenario::recorded::RECORDED_CSV;
use crate::scenario::{
    CopiedObjects, LoadedFile, PolicyFile, TraceMoment, load_policy, parse_duration,
};
use crate::text::{json, shell_word};
use crate::units::SimSpan;

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim import shop.yaml --hpa web --prometheus http://localhost:9090 -o web/
  hpasim import app.yaml --rps rps.json --cpu cpu.json --replicas pods.json";

/// A day is a useful part of a recording where none is asked for.
const DEFAULT_SPAN: SimSpan = SimSpan::from_secs(86_400);
/// The most steps of an import: a year at 15 s.
const STEPS_MAX: u64 = 2_200_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Import a recorded day from Prometheus.
#[derive(Args, Debug)]
#[command(
    mut_arg("from", |from| from.help("Start, as 2026-11-28T14:00 [default: a day before]")),
    mut_arg("to", |to| to.help("End [default: a few minutes ago]")),
    mut_arg("timezone", |zone| zone.help("Time zone of --from and --to [default: UTC]")),
    after_help = EXAMPLES
)]
pub(super) struct ImportArgs {
    /// Manifest with the autoscaler and its target; `-` is stdin
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    choice: ManifestArgs,
    #[command(flatten)]
    span: SpanArgs,
    /// Time between two values
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = parse_seconds)]
    step: u32,
    /// Window of rates [default: four scrapes]
    #[arg(long, value_name = "TIME", value_parser = parse_seconds)]
    window: Option<u32>,
    /// Query for requests per second, or a file of them
    #[arg(long, value_name = "QUERY")]
    rps: Option<String>,
    /// Recording of CPU in cores, without --prometheus
    #[arg(long, value_name = "FILE", conflicts_with = "prometheus")]
    cpu: Option<PathBuf>,
    /// Recording of ready pods, without --prometheus
    #[arg(long, value_name = "FILE", conflicts_with = "prometheus")]
    replicas: Option<PathBuf>,
    /// Query for a further metric; repeatable
    #[arg(long, value_name = "NAME=QUERY", requires = "prometheus", value_parser = parse_metric)]
    metric: Vec<(String, String)>,
    /// Print the queries as curl lines, and ask nothing
    #[arg(long)]
    print_queries: bool,
    /// Output folder [default: output/import-HPA]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace hpasim's files in the output folder
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    quiet: QuietArgs,
}

fn parse_seconds(text: &str) -> Result<u32, String> {
    let span = parse_duration(text)?;
    let seconds = span.as_nanos() / NANOS_PER_SECOND;
    let is_whole = span.as_nanos() % NANOS_PER_SECOND == 0;
    match u32::try_from(seconds) {
        Ok(seconds) if seconds > 0 && is_whole => Ok(seconds),
        _ => Err("write whole seconds, at least 1s, such as 15s".to_owned()),
    }
}

/// Columns of `traffic.csv` that no metric can have.
const RESERVED_COLUMNS: [&str; 5] = ["timestamp", "time_s", "rps", "cpu_millicores", "users"];

fn parse_metric(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, _)) if RESERVED_COLUMNS.contains(&name.trim()) => Err(format!(
            "`{}` is a column of the trace itself; give the metric another name",
            name.trim()
        )),
        Some((name, query)) if !name.trim().is_empty() && !query.trim().is_empty() => {
            Ok((name.trim().to_owned(), query.trim().to_owned()))
        }
        _ => Err("write NAME=QUERY, such as 'queue=sum(rabbitmq_queue_messages)'".to_owned()),
    }
}

/// Reads the manifest, asks, and writes.
pub(super) fn run(arguments: &ImportArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let files = Recordings::paths(arguments);
    refuse_second_stdin(std::iter::once(&arguments.manifest).chain(&files))?;
    let choice = arguments.choice.choice();
    let policy = load_policy(&arguments.manifest, &[], &choice, &mut FileLoader);
    let policy = policy.map_err(CommandError::Input)?;
    arguments.quiet.warn(&policy.warnings, screen);
    let copied = policy.copied_objects().ok_or_else(|| {
        CommandError::usage("an import needs a manifest with a HorizontalPodAutoscaler: `kubectl get hpa,deploy,svc,pdb -n NS -o yaml`")
    })?;
    let names: Vec<&str> = arguments
        .metric
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some(twice) = names
        .iter()
        .enumerate()
        .find_map(|(at, name)| names[..at].contains(name).then_some(name))
    {
        return Err(CommandError::usage(format!(
            "`--metric {twice}` is given twice"
        )));
    }
    let server = arguments.server.server()?;
    let recordings = match (&server, arguments.print_queries) {
        (None, false) => Recordings::read(arguments, screen)?,
        _ => None,
    };
    let span = arguments.steps(recordings.as_ref())?;
    let question = ImportQuestion {
        scaled: &copied.scaled,
        span,
        window: arguments.window,
        requests: arguments.rps.as_deref(),
        metrics: &arguments.metric,
    };
    if arguments.print_queries {
        let address = server
            .as_ref()
            .map_or_else(|| "$PROMETHEUS".to_owned(), |it| it.address.to_string());
        screen.print(&curl_lines(&question, &address))?;
        return Ok(Completion::Done);
    }
    let origin = match (&server, &recordings) {
        (Some(server), _) => server.address.to_string(),
        (None, Some(recordings)) => recordings.origin.clone(),
        (None, None) => {
            return Err(CommandError::usage(
                "where was the day recorded? Name the server with `--prometheus URL`, or files with `--rps`, `--cpu` and `--replicas`; `--print-queries` prints the queries for them",
            ));
        }
    };
    let read = recordings
        .as_ref()
        .map(|it| it.files.clone())
        .unwrap_or_default();
    let import = Import {
        arguments,
        policy: &policy,
        copied,
        span,
        origin,
        files: &read,
    };
    let folder = import.folder(&interrupt)?;
    let quiet = arguments.quiet.is_asked_for();
    let gathered = match (server, recordings) {
        (None, recordings) => {
            recordings.map_or_else(GatheredSeries::default, |it| it.gathered(span))
        }
        (Some(server), _) => asked(server, &arguments.server, &question, |what| {
            if !quiet && std::io::IsTerminal::is_terminal(&std::io::stderr()) {
                screen.note(&format!("asking: {what}"));
            }
        })?,
    };
    let page = import.finish(folder, &gathered)?;
    if !quiet {
        screen.print(&page)?;
    }
    Ok(Completion::Done)
}

/// Everything that an import needs beside the answers.
struct Import<'i> {
    arguments: &'i ImportArgs,
    policy: &'i PolicyFile,
    copied: &'i CopiedObjects,
    span: StepSpan,
    origin: String,
    /// The files of the recordings.
    files: &'i [LoadedFile],
}

/// `summary.json` of an import.
#[derive(Serialize)]
struct ImportSummary<'s> {
    #[serde(flatten)]
    head: SummaryHead,
    inputs: Vec<InputFile>,
    #[serde(flatten)]
    request: ImportRequest<'s>,
    window_seconds: u32,
    questions: usize,
    found: Vec<FoundSeries<'s>>,
    missing: Vec<&'static str>,
    files: &'s [String],
}

/// What was asked.
#[derive(Clone, Serialize)]
struct ImportRequest<'s> {
    origin: &'s str,
    autoscaler: String,
    from: i64,
    to: i64,
    step_seconds: u32,
    rps: Option<&'s str>,
    metrics: &'s [(String, String)],
}

#[derive(Serialize)]
struct FoundSeries<'s> {
    quantity: &'s str,
    query: &'s str,
    series: usize,
    values: usize,
}

impl ImportArgs {
    /// The steps of the span; without an argument, the time that all recordings have.
    fn steps(&self, recordings: Option<&Recordings>) -> Result<StepSpan, CommandError> {
        let moment = |flag: &str, moment: TraceMoment| {
            let nanos = moment.epoch_nanos(self.span.zone());
            nanos.map(|it| it.div_euclid(NANOS_PER_SECOND)).ok_or_else(|| {
                CommandError::usage(format!(
                    "`{flag} {moment}` names no day; write a date, such as 2026-11-28 or 2026-11-28T14:00"
                ))
            })
        };
        let common = recordings.map(Recordings::common_time).transpose()?;
        let to = match (self.span.to(), common) {
            (Some(to), _) => moment("--to", to)?,
            (None, Some((_, end))) => end,
            (None, None) => self.latest(),
        };
        // A rate is asked for half of its window later, which must have happened.
        let to = match common {
            Some(_) => to,
            None => to.min(self.latest()),
        };
        let from = match (self.span.from(), common) {
            (Some(from), _) => moment("--from", from)?,
            (None, Some((start, _))) => start,
            (None, None) => to - DEFAULT_SPAN.as_nanos() / NANOS_PER_SECOND,
        };
        let span = StepSpan::within(from, to, self.step);
        match span.points() {
            0 | 1 => Err(CommandError::usage(
                "`--to` is not after `--from` by at least two steps",
            )),
            points if points > STEPS_MAX => Err(CommandError::usage(format!(
                "the span has {points} steps, and an import has at most {STEPS_MAX}; take a longer `--step`"
            ))),
            _ => Ok(span),
        }
    }
}

impl ImportArgs {
    /// The latest moment whose rates are whole: half of the longest window before now, and a scrape.
    fn latest(&self) -> i64 {
        const SCRAPE_SECONDS: i64 = 60;
        let window = i64::from(self.window.unwrap_or(LONGEST_WINDOW));
        Timestamp::now().as_second() - window / 2 - SCRAPE_SECONDS
    }
}

impl Import<'_> {
    fn request(&self) -> ImportRequest<'_> {
        let scaled = &self.copied.scaled;
        ImportRequest {
            origin: &self.origin,
            autoscaler: format!("{}/{}", scaled.namespace, scaled.autoscaler),
            from: self.span.start,
            to: self.span.end,
            step_seconds: self.span.step,
            rps: self.arguments.rps.as_deref(),
            metrics: &self.arguments.metric,
        }
    }

    /// Every file that was read.
    fn inputs(&self) -> Vec<InputFile> {
        hashed_once(self.policy.inputs.iter().chain(self.files))
    }

    /// Holds the folder, before anything is asked.
    fn folder(&self, interrupt: &Interrupt) -> Result<OutputFolder, CommandError> {
        let scaled = &self.copied.scaled;
        let default =
            || PathBuf::from("output").join(format!("import-{}", path_safe(&scaled.autoscaler)));
        let path = self.arguments.output.clone().unwrap_or_else(default);
        let mut identity = Identity::new("import", self.inputs());
        if let serde_json::Value::Object(facts) = serde_json::to_value(self.request())? {
            for (key, value) in facts {
                identity = identity.with(&key, value)?;
            }
        }
        let folder = OutputFolder::hold(&path, identity, self.arguments.force, interrupt)?;
        folder.refuse_others()?;
        Ok(folder)
    }

    /// Writes everything, and gives the page for the terminal.
    fn finish(
        &self,
        folder: OutputFolder,
        gathered: &GatheredSeries,
    ) -> Result<String, CommandError> {
        let scaled = &self.copied.scaled;
        let day = imported_day(gathered, self.span, scaled.application.as_deref());
        let usage = fit_usage(&day.usage_rows(), &self.usage_settings());
        let account = ImportAccount {
            scaled,
            origin: &self.origin,
            gathered,
            day: &day,
            readiness: self.readiness(),
            unasked: &self.unasked(),
            usage: &usage,
        };
        let mut files = vec![
            ResultFile::new(
                IMPORTED_POLICY,
                account.policy(IMPORTED_MANIFEST).into_bytes(),
            ),
            ResultFile::new(IMPORTED_MANIFEST, self.copied.yaml.clone().into_bytes()),
            ResultFile::new(RECORDED_CSV, day.recorded.to_csv()?),
            ResultFile::new(IMPORT_MD, account.markdown().into_bytes()),
        ];
        if let Some(traffic) = &day.traffic {
            let comment = format!("load of {} from {}", self.request().autoscaler, self.origin);
            let text = trace_csv(&comment, traffic, day.recorded.clock().as_ref());
            files.push(ResultFile::new(TRAFFIC, text.into_bytes()));
        }
        let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
        files.push(ResultFile::new(SUMMARY, self.summary(gathered, &names)?));
        let mut page = account.page();
        page.push('\n');
        for file in &files {
            page.push_str(&format!(
                "{}\n",
                crate::text::visible(&folder.file(&file.name).display().to_string())
            ));
        }
        page.push_str(&Self::next_commands(&folder, &day));
        folder.complete(&files)?;
        Ok(page)
    }

    fn next_commands(folder: &OutputFolder, day: &ImportedDay) -> String {
        match day.traffic {
            Some(_) => {
                let path = folder.path().display().to_string();
                format!("\nnext: hpasim backtest {}\n", shell_word(&path))
            }
            None => "\nno load was found, so there is no traffic.csv; give a query with `--rps`\n"
                .to_owned(),
        }
    }

    /// The names of External and Object metrics that no `--metric` names.
    fn unasked(&self) -> Vec<String> {
        let metrics = self
            .policy
            .autoscaler()
            .map_or(&[][..], |it| &it.spec.metrics);
        let names = metrics.iter().filter_map(|metric| match &metric.source {
            MetricSource::External { metric } | MetricSource::Object { metric, .. } => {
                Some(metric.name.to_string())
            }
            _ => None,
        });
        names
            .filter(|name| self.arguments.metric.iter().all(|(asked, _)| asked != name))
            .collect()
    }

    fn usage_settings(&self) -> UsageSettings {
        let containers = &self.policy.deployment().containers;
        let limits = containers.iter().map(|it| it.cpu_limit);
        let limit: Option<i64> = limits.map(|limit| limit.map(|it| it.0)).sum();
        UsageSettings {
            cpu_limit_millicores: limit.map(|it| it as f64),
            utc_offset_seconds: 0,
        }
    }

    fn readiness(&self) -> Readiness {
        let probe = self.policy.deployment().pod.readiness.as_ref();
        probe.map_or(Readiness::AtItsStart, |probe| Readiness::Probed {
            period_seconds: probe.period.as_secs_f64(),
        })
    }

    fn summary(
        &self,
        gathered: &GatheredSeries,
        names: &[String],
    ) -> Result<Vec<u8>, CommandError> {
        let found = gathered.found.iter().map(|found| FoundSeries {
            quantity: found
                .quantity
                .map_or(found.metric.as_deref().unwrap_or_default(), |it| it.title()),
            query: &found.query,
            series: found.series.len(),
            values: found.series.iter().map(|it| it.values.len()).sum(),
        });
        let summary = ImportSummary {
            head: SummaryHead::of("import"),
            inputs: self.inputs(),
            request: self.request(),
            window_seconds: gathered.window,
            questions: gathered.questions,
            found: found.collect(),
            missing: gathered
                .missing
                .iter()
                .map(|(quantity, _)| quantity.title())
                .collect(),
            files: names,
        };
        Ok(json::pretty(&summary)?.into_bytes())
    }
}

/// Asks a server for everything.
#[cfg(feature = "import")]
fn asked(
    server: NamedServer,
    arguments: &ServerArgs,
    question: &ImportQuestion<'_>,
    heard: impl FnMut(&str),
) -> Result<GatheredSeries, CommandError> {
    use crate::prometheus::client::{ClientSettings, HttpClient, SettingsFault};
    let settings = ClientSettings {
        user: server.user,
        bearer_token: server.bearer_token,
        headers: server.headers,
        authorities: server.authorities,
        timeout: server.timeout,
    };
    let client = HttpClient::new(server.address, &settings);
    let mut client = client.map_err(|fault| match fault {
        SettingsFault::NoCertificate => CommandError::bad_file(arguments.ca_file(), &fault),
        SettingsFault::BadHeader { .. } => CommandError::bad_file(arguments.header_file(), &fault),
        SettingsFault::BadCredentials => CommandError::usage(fault),
    })?;
    gather(&mut client, question, heard).map_err(CommandError::failure)
}

/// Says what is missing.
#[cfg(not(feature = "import"))]
fn asked(
    _: NamedServer,
    _: &ServerArgs,
    _: &ImportQuestion<'_>,
    _: impl FnMut(&str),
) -> Result<GatheredSeries, CommandError> {
    Err(CommandError::usage(
        "this hpasim was built without the feature `import`, which asks a server; build it with `cargo build --release --features import`, or print the queries with `--print-queries`",
    ))
}

/// Every query as a line for a shell, below its quantity.
fn curl_lines(question: &ImportQuestion<'_>, address: &str) -> String {
    let mut lines = String::new();
    let url = match address.starts_with('$') {
        true => format!("\"{address}/api/v1/query_range\""),
        false => shell_word(&format!("{address}/api/v1/query_range")).into_owned(),
    };
    for (title, query, span) in planned(question) {
        lines.push_str(&format!("# {}\n", crate::text::visible(&title)));
        for piece in span.pieces() {
            lines.push_str(&format!("curl -s {url}"));
            for (key, value) in (RangeQuestion {
                query: &query,
                span: piece,
            })
            .fields()
            {
                let field = format!("{key}={value}");
                lines.push_str(&format!(" --data-urlencode {}", shell_word(&field)));
            }
            lines.push('\n');
        }
    }
    lines
}
