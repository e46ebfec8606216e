//! The files of a command's results: one after another into the folder, the summary last.
//!
//! Self-imposed limit: names and bytes; the contents are made elsewhere.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::error::CommandError;
use super::interrupt::Interrupt;
use super::output_folder::{OutputFolder, Overwrite, SUMMARY};
use crate::results::InputFile;

/// A file before it is written.
#[derive(Clone, Debug)]
pub(super) struct ResultFile<'b> {
    /// Its name in the folder.
    pub(super) name: String,
    /// Its whole content.
    pub(super) bytes: Cow<'b, [u8]>,
}

/// Where the files go, and over what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination<'r> {
    /// The folder.
    pub(super) folder: &'r Path,
    /// The files that the results were made of.
    pub(super) inputs: &'r [InputFile],
    /// What may be done to the results of other inputs.
    pub(super) overwrite: Overwrite,
}

impl Destination<'_> {
    /// Writes all files, then the summary; the paths for people come back.
    ///
    /// # Errors
    /// Where the folder holds something else, a file cannot be written, or the
    /// user interrupts: nothing of the results is left then.
    pub(super) fn write(
        self,
        files: &[ResultFile<'_>],
        summary: &[u8],
        interrupt: &Interrupt,
    ) -> Result<Vec<String>, CommandError> {
        let writing = interrupt.while_writing();
        let mut folder = OutputFolder::open(self.folder, self.inputs, self.overwrite)?;
        for file in files {
            folder.write(&file.name, &file.bytes)?;
            writing.check()?;
        }
        folder.complete(summary)?;
        let names = files.iter().map(|file| file.name.as_str());
        Ok(names
            .chain([SUMMARY])
            .map(|name| folder.file(name).display().to_string())
            .collect())
    }
}

/// Names that a folder's name spells out; of more only the first.
const NAMES_SPELT_OUT: usize = 4;

/// The folder where none is named: `output/compare-prod-fast-spike`.
pub(super) fn default_folder(command: &str, policies: &[&str], traces: &[&str]) -> PathBuf {
    let name = format!("{command}-{}-{}", spelt_out(policies), spelt_out(traces));
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

/// A name without what means something in a path: `@fixed:3` becomes `fixed-3`.
pub(super) fn path_safe(name: &str) -> String {
    let letters = name
        .trim_start_matches(['@', '.', '/'])
        .chars()
        .map(|letter| match letter {
            letter if letter.is_alphanumeric() => letter,
            '.' | '_' | '-' => letter,
            _ => '-',
        });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_what_is_in_it() {
        let folder = default_folder("compare", &["prod", "@fixed:3"], &["spike", "ramp"]);
        assert_eq!(
            folder,
            Path::new("output").join("compare-prod-fixed-3-spike-ramp")
        );
    }

    #[test]
    fn of_many_names_a_folder_spells_out_the_first() {
        let policies = ["prod", "a", "b", "c", "d"];
        let folder = default_folder("compare", &policies, &["../spike"]);
        let name = "compare-prod-and-4-others-spike";
        assert_eq!(folder, Path::new("output").join(name));
    }
}
