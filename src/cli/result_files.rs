//! The files of a command's results: what each is called, and all of them into the folder.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::error::CommandError;
use super::output_folder::{OutputFolder, SUMMARY};
use super::variation::Variation;

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

/// More letters of a name do not go into a file's name.
const FILE_NAME_LETTERS_MAX: usize = 80;

/// The names, each as a part of a file's name that no other has, whatever the file system makes of capitals.
pub(super) fn distinct_file_names(names: &[&str]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    names
        .iter()
        .map(|name| {
            let safe: String = path_safe(name)
                .chars()
                .take(FILE_NAME_LETTERS_MAX)
                .collect();
            let numbered = (2_u64..).map(|number| format!("{safe}-{number}"));
            std::iter::once(safe.clone())
                .chain(numbered)
                .find(|name| taken.insert(name.to_lowercase()))
                .unwrap_or(safe)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn names_that_a_file_system_may_take_for_one_get_numbers() {
        let names = distinct_file_names(&["a b", "a-b", "a:b", "A-B", "a-b-2", "c"]);
        assert_eq!(names, ["a-b", "a-b-2", "a-b-3", "A-B-4", "a-b-2-2", "c"]);
    }

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
