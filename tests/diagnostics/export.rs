//! Warnings about values that an export had to invent.

use hpasim::scenario::{ExportedObjects, ManifestChoice, load_policy};

use super::*;

#[test]
fn an_invented_value_has_a_warning() {
    let mut files = MemoryLoader::default().with("p.toml", POLICY);
    let policy = load_policy(
        Path::new("p.toml"),
        &[],
        &ManifestChoice::default(),
        &mut files,
    )
    .expect("a valid policy");
    let exported = policy
        .export(ExportedObjects::AutoscalerAndDeployment)
        .expect("an autoscaler");
    let warnings = Diagnostics {
        list: exported.warnings,
        ..Diagnostics::default()
    };
    insta::assert_snapshot!(render_diagnostics(&warnings, Colour::Plain), @"
    warning[W0008]: the policy names no image of `app`: the export has `registry.example.com/app:latest`
    help: replace it with the real image before you apply the export, or set `image` in the policy
    ");
}
