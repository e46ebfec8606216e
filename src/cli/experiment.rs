//! The steps of `run`, `compare`, `sweep`, `tune` and `backtest`: question, simulations, report, files.
//!
//! It fixes the order of the steps; each command states its question, simulations and report.

use std::path::PathBuf;

use super::assertions;
use super::choices::OutputFormat;
use super::error::{CommandError, Completion};
use super::file_names::SUMMARY;
use super::identity::Identity;
use super::interrupt::Interrupt;
use super::output_args::AnswerArgs;
use super::output_folder::{OutputFolder, listed};
use super::result_files::ResultFile;
use super::screen::Screen;
use super::size::Size;
use crate::render::paint::Colour;
use crate::results::verdicts::CheckedAssertion;

/// The question of a command, with all its inputs loaded and checked.
pub(super) trait Experiment {
    /// The result.
    type Report<'e>: ExperimentReport
    where
        Self: 'e;

    /// Whether the simulations continue the rows in the folder; they read those rows themselves.
    const CONTINUES_RESULTS: bool = false;

    /// The amount of work.
    ///
    /// # Errors
    /// The work is obviously too much, or a part cannot be simulated.
    fn size(&self) -> Result<Size, CommandError>;

    /// The output folder without `--output`.
    fn default_folder(&self) -> PathBuf;

    /// The question, in the words of `summary.json`.
    ///
    /// # Errors
    /// Those of the JSON writer, which the types of a summary never cause.
    fn identity(&self) -> serde_json::Result<Identity>;

    /// Simulates everything, and writes the files that grow with the runs to `folder`.
    ///
    /// # Errors
    /// A variant of the policy has faults, or a file cannot be written.
    fn simulate(&self, folder: &mut OutputFolder) -> Result<Self::Report<'_>, CommandError>;
}

/// The result of an experiment.
pub(super) trait ExperimentReport {
    /// Notes for the user, a line each.
    fn notes(&self) -> &[&'static str] {
        &[]
    }

    /// The assertions, and whether they hold.
    fn checked(&self) -> &[CheckedAssertion] {
        &[]
    }

    /// How the command ends: with 99 where an assertion does not hold.
    fn completion(&self) -> Completion {
        assertions::completion(self.checked())
    }

    /// All files beside the summary, in the order in which they are listed.
    ///
    /// # Errors
    /// A picture, a CSV table or a JSON table cannot be made.
    fn files(&self) -> Result<Vec<ResultFile>, CommandError>;

    /// `summary.json`; `names` are those of the files beside it.
    ///
    /// # Errors
    /// Those of the JSON writer, which the types of a summary never cause.
    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>>;

    /// The answer as a page; `paths` are those of all files.
    fn page(&self, format: OutputFormat, paths: &[String], colour: Colour) -> String;

    /// The file that is the answer in a format for programs.
    fn data_file(&self, _format: OutputFormat) -> &'static str {
        SUMMARY
    }
}

/// Runs all steps: reads the question, announces the work, holds the folder, simulates, writes, and prints the answer.
///
/// # Errors
/// Those of each step. The folder then has no results, except the rows that `--resume` continues.
pub(super) fn conduct<E: Experiment>(
    arguments: &AnswerArgs,
    screen: &mut Screen,
    ask: impl FnOnce(&mut Screen) -> Result<E, CommandError>,
) -> Result<Completion, CommandError> {
    let interrupt = Interrupt::listen();
    let experiment = ask(screen)?;
    experiment.size()?.announce(arguments.quiet, screen)?;
    let path = arguments.output.clone();
    let path = path.unwrap_or_else(|| experiment.default_folder());
    let identity = experiment.identity()?;
    let mut folder = OutputFolder::hold(&path, identity, arguments.force, &interrupt)?;
    if !E::CONTINUES_RESULTS {
        folder.refuse_others()?;
    }
    let report = experiment.simulate(&mut folder)?;
    if !arguments.quiet.is_asked_for() {
        report.notes().iter().for_each(|note| screen.note(note));
    }
    let mut files = report.files()?;
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    files.push(ResultFile::new(SUMMARY, report.summary(&names)?));
    let shown = |file: &ResultFile| folder.file(&file.name).display().to_string();
    let paths: Vec<String> = files.iter().map(shown).collect();
    let gone = folder.complete(&files)?;
    if !gone.is_empty() && !arguments.quiet.is_asked_for() {
        screen.note(&format!(
            "removed from {}, since this command does not write them: {}",
            path.display(),
            listed(&gone)
        ));
    }
    assertions::tell(report.checked(), arguments, screen)?;
    print(&report, arguments, &files, &paths, screen)?;
    Ok(report.completion())
}

fn print(
    report: &impl ExperimentReport,
    arguments: &AnswerArgs,
    files: &[ResultFile],
    paths: &[String],
    screen: &mut Screen,
) -> Result<(), CommandError> {
    let AnswerArgs { format, quiet, .. } = *arguments;
    if format.is_data() {
        let name = report.data_file(format);
        let file = files.iter().find(|file| file.name == name);
        let bytes = file.and_then(|file| file.bytes.as_deref());
        let text = String::from_utf8_lossy(bytes.unwrap_or_default());
        return match format {
            OutputFormat::Csv => screen.print_csv(&text),
            _ => screen.print_data(&text),
        };
    }
    match format {
        _ if quiet.is_asked_for() => Ok(()),
        OutputFormat::Page => screen.print(&report.page(format, paths, screen.stdout_colour())),
        _ => screen.print_data(&report.page(format, paths, Colour::Plain)),
    }
}
