//! `hpasim check FILE...`: traps in policies and manifests.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::choices::{CHECK_FORMATS, OutputFormat, one_of};
use super::confined::ConfinedLoader;
use super::error::{CommandError, Completion};
use super::finding_args::FindingArgs;
use super::manifest_args::ManifestArgs;
use super::screen::Screen;
use super::what_args::WhatArgs;
use crate::check::{CheckReport, CheckRequest, WITHIN, check};
use crate::render::check::{check_json, render_check, render_github};
use crate::render::check_page::{is_long, render_check_page};
use crate::scenario::{Severity, parse_duration};
use crate::units::SimSpan;

/// What a finding's letter means, and two commands, for `--help`.
const EXAMPLES: &str = "\
E is an error, W a trap, I a note. Exit codes: 3 with an E, 99 with a W under
--deny warnings, else 0. `extends` and `manifest` of a policy may name files in
the repository of FILE (the nearest folder with a .git, or the folder of FILE);
--allow-outside allows other files.

Examples:
  hpasim check policies/prod.toml --trace traces/spike.csv
  kubectl get hpa,deploy,pdb -o yaml | hpasim check - --deny warnings";

/// Check policies and manifests.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    /// Policies (TOML), manifests (YAML, JSON), folders of manifests and patterns, checked together; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Exit with 99 when there are warnings (W)
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// What to print: text, json, or github (annotations of GitHub Actions)
    #[arg(long, value_parser = one_of(CHECK_FORMATS), hide_possible_values = true, default_value = "text")]
    format: OutputFormat,
    #[command(flatten)]
    findings: FindingArgs,
    /// Print each finding in full, however many there are
    #[arg(long)]
    full: bool,
    /// Longest acceptable time from minReplicas to maxReplicas
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value_t = WITHIN)]
    within: SimSpan,
    /// A trace, to compare the period of the traffic with the stabilization windows
    #[arg(long, value_name = "TRACE")]
    trace: Option<PathBuf>,
    #[command(flatten)]
    what: WhatArgs,
    /// Also read files outside the repository of FILE
    #[arg(long)]
    allow_outside: bool,
    #[command(flatten)]
    manifest: ManifestArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// Reads, checks and reports.
pub(super) fn run(arguments: &CheckArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    if arguments.deny.is_some() && arguments.findings.hides_warnings() {
        return Err(CommandError::usage(
            "`--deny warnings` fails on findings that `--min-severity error` does not list; omit one of the two",
        ));
    }
    let request = CheckRequest {
        files: &arguments.files,
        choice: arguments.manifest.choice(),
        trace: arguments.trace.as_deref(),
        reading: arguments.what.reading(),
        within: arguments.within,
    };
    let mut loader = if arguments.allow_outside {
        ConfinedLoader::allowing_all()
    } else {
        let named = arguments.files.iter().chain(&arguments.trace);
        ConfinedLoader::below(named.map(PathBuf::as_path))
    };
    let mut report = check(&request, &mut loader).map_err(CommandError::Input)?;
    arguments.findings.apply(&mut report);
    match arguments.format {
        OutputFormat::Json => screen.print_data(&check_json(&report)?)?,
        OutputFormat::Github => screen.print_data(&render_github(&report))?,
        _ if is_long(&report) && !arguments.full => {
            screen.print(&render_check_page(&report, screen.stdout_colour()))?;
        }
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
