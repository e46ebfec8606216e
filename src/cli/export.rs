//! `hpasim export POLICY`: a policy as Kubernetes objects, or the patch between two.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::{CommandError, Completion};
use super::manifest_args::ManifestArgs;
use super::screen::Screen;
use crate::files::FileLoader;
use crate::scenario::{ExportedObjects, PolicyFile, load_policy};

/// Two commands that `--help` shows.
const EXAMPLES: &str = "Examples:
  hpasim export policies/prod.toml --deployment
  hpasim export --patch today.yaml tuned.toml";

/// A patch that changes nothing.
const NO_DIFFERENCE: &str = "{}";

/// Export a policy.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExportArgs {
    /// Policy (TOML) or Kubernetes manifest (YAML, JSON)
    #[arg(value_name = "POLICY", required_unless_present = "patch")]
    policy: Option<PathBuf>,
    /// Print the Deployment also
    #[arg(long, conflicts_with = "patch")]
    deployment: bool,
    /// Print the smallest merge patch that turns the autoscaler of FROM into that of TO
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with = "policy")]
    patch: Option<Vec<PathBuf>>,
    /// Set a key of the policy (with --patch: of TO); repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// Print no warnings and no notes
    #[arg(short, long)]
    quiet: bool,
}

/// Loads and prints.
pub(super) fn run(arguments: &ExportArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let yaml = match (arguments.patch.as_deref(), &arguments.policy) {
        (Some([from, to]), _) => patch(arguments, from, to, screen)?,
        (_, Some(policy)) => objects(arguments, policy, screen)?,
        // clap asks for one of the two.
        (_, None) => String::new(),
    };
    screen.print_data(&yaml)?;
    Ok(Completion::Done)
}

fn objects(
    arguments: &ExportArgs,
    path: &Path,
    screen: &mut Screen,
) -> Result<String, CommandError> {
    let policy = load(arguments, path, &arguments.set, screen)?;
    let objects = if arguments.deployment {
        ExportedObjects::AutoscalerAndDeployment
    } else {
        ExportedObjects::Autoscaler
    };
    let exported = policy.export(objects).map_err(CommandError::Input)?;
    if !arguments.quiet {
        screen.warn(&exported.warnings);
    }
    Ok(exported.yaml)
}

fn patch(
    arguments: &ExportArgs,
    from: &Path,
    to: &Path,
    screen: &mut Screen,
) -> Result<String, CommandError> {
    let from = load(arguments, from, &[], screen)?;
    let to = load(arguments, to, &arguments.set, screen)?;
    let patch = from.patch_to(&to).map_err(CommandError::Input)?;
    if !arguments.quiet && patch.trim() == NO_DIFFERENCE {
        screen.note("note: no difference between the two autoscalers");
    }
    Ok(patch)
}

fn load(
    arguments: &ExportArgs,
    path: &Path,
    set: &[String],
    screen: &mut Screen,
) -> Result<PolicyFile, CommandError> {
    let choice = arguments.manifest.choice();
    let policy = load_policy(path, set, &choice, &mut FileLoader).map_err(CommandError::Input)?;
    if !arguments.quiet {
        screen.warn(&policy.warnings);
    }
    Ok(policy)
}
