//! The files of a command's results: what each is called, and the folder for all of them.

use std::path::PathBuf;

use super::choices::PlotChoice;
use super::digest::digest;
use super::error::CommandError;
use super::file_names::path_safe;
use super::variation::{HASH_DIGITS, Variation};
use crate::draw::{DrawError, Drawing};

impl From<DrawError> for CommandError {
    fn from(error: DrawError) -> Self {
        Self::failure(error)
    }
}

/// A file of the results.
#[derive(Clone, Debug)]
pub(super) struct ResultFile {
    /// Its name in the folder.
    pub(super) name: String,
    /// Its whole content; `None` where the simulations have written it.
    pub(super) bytes: Option<Vec<u8>>,
}

impl ResultFile {
    /// A file that is to be written.
    pub(super) fn new(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            bytes: Some(bytes),
        }
    }

    /// A file that was written as the simulations went.
    pub(super) fn written(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            bytes: None,
        }
    }
}

/// A picture in each kind asked for, as files that begin with `stem`.
///
/// # Errors
/// The picture cannot be drawn.
pub(super) fn pictures(
    drawing: &Drawing,
    stem: &str,
    choice: PlotChoice,
) -> Result<Vec<ResultFile>, DrawError> {
    let mut files = Vec::new();
    if choice.has_png() {
        files.push(ResultFile::new(&format!("{stem}.png"), drawing.to_png()?));
    }
    if choice.has_svg() {
        let bytes = drawing.to_svg()?.into_bytes();
        files.push(ResultFile::new(&format!("{stem}.svg"), bytes));
    }
    Ok(files)
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
            // Others of the same number have another folder.
            let hash = digest(names.iter().copied());
            let hash = &hash[..HASH_DIGITS];
            format!("{}-and-{}-others-{hash}", path_safe(first), others.len())
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
        let folder = |policies: &[&str]| {
            let traces = ["../spike"];
            let folder = default_folder(Some("compare"), policies, &traces, &Variation::default());
            folder.display().to_string()
        };
        let name = folder(&["prod", "a", "b", "c", "d"]);
        assert!(name.contains("compare-prod-and-4-others-"), "{name}");
        assert!(name.ends_with("-spike"), "{name}");
        assert_ne!(name, folder(&["prod", "a", "b", "c", "e"]));
    }
}
