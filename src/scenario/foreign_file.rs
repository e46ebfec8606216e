//! The fault of a file that `extends` or `manifest` names and that is neither a policy nor a manifest.
//!
//! Such a diagnostic quotes nothing of the file. The author of the policy chooses the file, which may be `/etc/shadow`. The
//! user of the program sees the diagnostics, perhaps in a public log.
//!
//! | content of the file | what a diagnostic shows |
//! |---|---|
//! | neither TOML nor YAML | the number of the first faulty line, no text |
//! | TOML without a section of a policy, YAML without an autoscaler or a workload | no text and no line |
//! | a policy or a manifest | its faults with their lines; of an unknown key only the key |

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::manifest::Objects;
use super::policy::SECTIONS;
use super::source::{SourceId, Sources};
use super::tree::{Table, Value};

/// The fault of a text that cannot be parsed. It replaces `faults`, which quote the text.
pub(super) fn not_readable(
    sources: &Sources,
    source: SourceId,
    faults: &Diagnostics,
    asked_by: &Place,
) -> Diagnostics {
    let line = faults
        .list
        .first()
        .and_then(|fault| Some(fault.place.as_ref()?.line));
    let why = match faults.list.first().map(|fault| fault.code) {
        Some(Code::TomlSyntax) => "is not valid TOML",
        Some(Code::ManifestSyntax) => "is not valid YAML",
        Some(Code::MissingKey | Code::ManifestChoice) => "is not a Kubernetes object",
        Some(Code::ManifestTooLarge) => "makes the file larger than hpasim reads",
        _ => "cannot be read",
    };
    let what = match line {
        Some(line) => format!("line {line} {why}"),
        None => format!("its content {why}"),
    };
    foreign(sources, source, &what, asked_by)
}

/// `table`, if it has a section of a policy or is empty.
///
/// # Errors
/// Any other table is refused: a settings file with passwords may be TOML too.
pub(super) fn require_policy(
    table: Table,
    sources: &Sources,
    source: SourceId,
    asked_by: &Place,
) -> Result<Table, Diagnostics> {
    let is_section = |key: &str, value: &Value| {
        SECTIONS.contains(&key) && matches!(value, Value::Table(_))
            || matches!(key, "extends" | "manifest")
    };
    let has_section = table
        .entries()
        .iter()
        .any(|entry| is_section(&entry.key, &entry.node.value));
    if has_section || table.entries().is_empty() {
        return Ok(table);
    }
    let what = format!("it has no section of {}", SECTIONS.join(", "));
    Err(foreign(sources, source, &what, asked_by))
}

/// `objects`, if they include an autoscaler or a workload.
///
/// # Errors
/// Any other manifest is refused, such as a kubeconfig.
pub(super) fn require_manifest(
    objects: Objects,
    sources: &Sources,
    source: SourceId,
    asked_by: &Place,
) -> Result<Objects, Diagnostics> {
    let is_wanted = objects
        .list
        .iter()
        .any(|object| object.is_autoscaler() || object.is_workload());
    if is_wanted {
        return Ok(objects);
    }
    let what = "it holds no HorizontalPodAutoscaler and no Deployment";
    Err(foreign(sources, source, what, asked_by))
}

fn foreign(sources: &Sources, source: SourceId, what: &str, asked_by: &Place) -> Diagnostics {
    let name = &sources.get(source).name;
    Diagnostics::one(Diagnostic {
        code: Code::NoPolicyThere,
        message: format!("`{name}` is neither a policy nor a Kubernetes manifest: {what}"),
        place: Some(Box::new(asked_by.clone())),
        help: format!(
            "correct the path, or run `hpasim check {name}` to see what is wrong; hpasim prints no lines of a file that a policy names"
        ),
    })
}
