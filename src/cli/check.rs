//! `hpasim check FILE...`: traps in policies and manifests.
//!
//! Self-imposed limit: files in, a report out; the rules are `check`'s.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::choices::{OutputFormat, check_format};
use super::error::{CommandError, Completion};
use super::manifest_args::ManifestArgs;
use super::screen::Screen;
use crate::check::{CheckReport, CheckRequest, WITHIN, check};
use crate::files::ConfinedLoader;
use crate::render::check::{check_json, render_check, render_github};
use crate::scenario::{Severity, parse_duration};
use crate::units::SimSpan;

/// Check policies and manifests.
#[derive(Args, Debug)]
#[command(
    after_help = "E is broken, W is a trap, I is good to know; docs/diagnostics.md lists them all.\n\nWhat a policy names with `extends` or `manifest` is read below the root of a FILE alone: the nearest folder above it with a `.git`, or else its own folder; for `-` the same from the current folder. --allow-outside lifts that.\n\nExit codes: 3 when an E was found, 99 when --deny asks for it, 0 otherwise."
)]
pub(super) struct CheckArgs {
    /// Policies (TOML) and Kubernetes manifests (YAML, JSON), taken together; `-` reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Fail with exit code 99 when there are any
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// How the report is written
    #[arg(long, value_parser = check_format(), default_value = "text")]
    format: OutputFormat,
    /// How long the way from minReplicas to maxReplicas may take
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value_t = WITHIN)]
    within: SimSpan,
    /// A trace, for what the traffic's period has to do with the windows
    #[arg(long, value_name = "TRACE")]
    trace: Option<PathBuf>,
    /// Also read files outside the repository or folder of a FILE: what `extends`, `manifest` and symbolic links lead to
    #[arg(long)]
    allow_outside: bool,
    #[command(flatten)]
    manifest: ManifestArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings (W)
    Warnings,
}

/// Reads, checks and reports.
pub(super) fn run(arguments: &CheckArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let request = CheckRequest {
        files: &arguments.files,
        choice: arguments.manifest.choice(),
        trace: arguments.trace.as_deref(),
        within: arguments.within,
    };
    let mut loader = if arguments.allow_outside {
        ConfinedLoader::allowing_all()
    } else {
        let named = arguments.files.iter().chain(&arguments.trace);
        ConfinedLoader::below(named.map(PathBuf::as_path))
    };
    let report = check(&request, &mut loader).map_err(CommandError::Input)?;
    match arguments.format {
        OutputFormat::Json => screen.print_data(&check_json(&report)?)?,
        OutputFormat::Github => screen.print_data(&render_github(&report))?,
        _ => screen.print(&render_check(&report, screen.stdout_colour()))?,
    }
    Ok(completion(&report, arguments.deny))
}

fn completion(report: &CheckReport, deny: Option<Deny>) -> Completion {
    let errors = report.count(Severity::Error);
    let warnings = report.count(Severity::Warning);
    match deny {
        _ if errors > 0 => Completion::BadInput,
        Some(Deny::Warnings) if warnings > 0 => Completion::AssertionFailed,
        _ => Completion::Done,
    }
}
