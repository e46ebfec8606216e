//! One policy and its traces, read once for the runs of many variants.

use std::path::{Path, PathBuf};

use super::error::CommandError;
use crate::scenario::{Engine, STANDARD_INPUT, Template};

/// Refuses several files on standard input.
///
/// # Errors
/// Two of `paths` are `-`.
pub(super) fn refuse_second_stdin<'p>(
    paths: impl Iterator<Item = &'p PathBuf>,
) -> Result<(), CommandError> {
    let uses_stdin = paths.filter(|path| path.as_path() == Path::new(STANDARD_INPUT));
    if uses_stdin.count() > 1 {
        return Err(CommandError::usage(
            "standard input (`-`) can be read once; name files for the others".to_owned(),
        ));
    }
    Ok(())
}

/// Refuses two traces of one name; the name identifies the `identified`.
///
/// # Errors
/// Two of `templates` have traces of the same name.
pub(super) fn refuse_same_names<'t>(
    templates: impl Iterator<Item = &'t Template>,
    identified: &str,
) -> Result<(), CommandError> {
    let mut names = Vec::new();
    for name in templates.map(Template::trace_name) {
        if names.contains(&name) {
            return Err(CommandError::usage(format!(
                "two traces have the name `{name}`, and that name identifies {identified}; rename one of the files"
            )));
        }
        names.push(name);
    }
    Ok(())
}

/// The same templates, each under the engine that was `asked` for, or else under the fluid one where that can follow
/// the trace.
pub(super) fn under_engine(templates: Vec<Template>, asked: Option<Engine>) -> Vec<Template> {
    let usual = |template: Template| match asked {
        Some(_) => template,
        None => template.preferring_fluid(),
    };
    templates.into_iter().map(usual).collect()
}
