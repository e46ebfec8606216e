//! The files of a command's results: what each is called, and all of them into the folder.

use std::borrow::Cow;
use std::path::PathBuf;

use super::choices::PageFormat;
use super::error::CommandError;
use super::file_names::{SUMMARY, path_safe};
use super::output_args::QuietArgs;
use super::output_folder::OutputFolder;
use super::screen::Screen;
use super::variation::Variation;
use crate::draw::DrawError;
use crate::render::paint::Colour;

impl From<DrawError> for CommandError {
    fn from(error: DrawError) -> Self {
        Self::failure(error)
    }
}

/// A file before it is written.
#[derive(Clone, Debug)]
pub(super) struct ResultFile<'b> {
    /// Its name in the folder.
    pub(super) name: String,
    /// Its whole content.
    pub(super) bytes: Cow<'b, [u8]>,
}

/// Writes all files, then the summary; the paths for people come back.
///
/// # Errors
/// A file cannot be written: nothing of the results is left then.
pub(super) fn write_results(
    mut folder: OutputFolder,
    files: &[ResultFile<'_>],
    summary: &[u8],
) -> Result<Vec<String>, CommandError> {
    for file in files {
        folder.write(&file.name, &file.bytes)?;
    }
    let names = files.iter().map(|file| file.name.as_str());
    let paths = shown_paths(&folder, names);
    folder.complete(summary)?;
    Ok(paths)
}

/// Prints the answer of a command that has a summary: the summary itself, or `page` unless quiet was asked for.
///
/// # Errors
/// Standard output fails.
pub(super) fn print_answer(
    format: PageFormat,
    quiet: QuietArgs,
    summary: &[u8],
    screen: &mut Screen,
    page: impl FnOnce(Colour) -> String,
) -> Result<(), CommandError> {
    match format {
        PageFormat::Json => screen.print(&String::from_utf8_lossy(summary)),
        PageFormat::Page if quiet.is_asked_for() => Ok(()),
        PageFormat::Page => screen.print(&page(screen.stdout_colour())),
    }
}

/// The paths of the files of these names, and of the summary, for people.
pub(super) fn shown_paths<'n>(
    folder: &OutputFolder,
    names: impl Iterator<Item = &'n str>,
) -> Vec<String> {
    names
        .chain([SUMMARY])
        .map(|name| folder.file(name).display().to_string())
        .collect()
}

/// Names that a folder's name spells out; of more only the first.
const NAMES_SPELT_OUT: usize = 4;

/// The folder where none is named: `output/compare-prod-fast-spike`; of a run `output/prod-spike`.
pub(super) fn default_folder(
    command: Option<&str>,
    policies: &[&str],
    traces: &[&str],
    variation: &Variation,
) -> PathBuf {
    let command = command.map(|command| format!("{command}-"));
    let name = format!(
        "{}{}-{}{}",
        command.unwrap_or_default(),
        spelt_out(policies),
        spelt_out(traces),
        variation.suffix()
    );
    PathBuf::from("output").join(name)
}

fn spelt_out(names: &[&str]) -> String {
    match names {
        [first, others @ ..] if names.len() > NAMES_SPELT_OUT => {
            format!("{}-and-{}-others", path_safe(first), others.len())
        }
        _ => {
            let names: Vec<String> = names.iter().map(|name| path_safe(name)).collect();
            names.join("-")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_folder_is_named_after_what_is_in_it() {
        let folder = default_folder(
            Some("compare"),
            &["prod", "@fixed:3"],
            &["spike", "ramp"],
            &Variation::default(),
        );
        assert_eq!(
            folder,
            Path::new("output").join("compare-prod-fixed-3-spike-ramp")
        );
    }

    #[test]
    fn of_many_names_a_folder_spells_out_the_first() {
        let policies = ["prod", "a", "b", "c", "d"];
        let folder = default_folder(
            Some("compare"),
            &policies,
            &["../spike"],
            &Variation::default(),
        );
        let name = "compare-prod-and-4-others-spike";
        assert_eq!(folder, Path::new("output").join(name));
    }
}
