//! The files of a comparison: tables, pictures, and the summary last.
//!
//! Self-imposed limit: which files there are; the contents are made elsewhere.

use super::inputs::Inputs;
use super::{CompareArgs, TraceResults};
use crate::cli::compare_plots::{compared_pictures, picture_stems};
use crate::cli::error::CommandError;
use crate::cli::file_names::{COMPARISON_CSV, COMPARISON_JSON};
use crate::cli::output_folder::OutputFolder;
use crate::cli::result_files::{ResultFile, write_results};
use crate::render::plot::compared::ComparedPicture;
use crate::results::comparison_export::{
    ComparisonRun, comparison_csv, comparison_json, comparison_summary,
};

/// Writes all files into `folder`; the paths for people come back.
pub(super) fn write(
    arguments: &CompareArgs,
    inputs: &Inputs,
    results: &[TraceResults],
    run: &ComparisonRun<'_>,
    folder: OutputFolder,
) -> Result<Vec<String>, CommandError> {
    let mut files = pictures(arguments, inputs, results, run.seeds.len())?;
    files.push(ResultFile {
        name: COMPARISON_CSV.to_owned(),
        bytes: comparison_csv(run.comparison)?.into(),
    });
    files.push(ResultFile {
        name: COMPARISON_JSON.to_owned(),
        bytes: comparison_json(run)?.into(),
    });
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let summary = comparison_summary(run, &names)?;
    write_results(folder, &files, &summary)
}

/// A picture for each trace, in each kind asked for.
fn pictures(
    arguments: &CompareArgs,
    inputs: &Inputs,
    results: &[TraceResults],
    seeds: usize,
) -> Result<Vec<ResultFile<'static>>, CommandError> {
    let labels: Vec<String> = inputs.policies.iter().map(|it| it.label.clone()).collect();
    let mut files = Vec::new();
    let stems = picture_stems(inputs.traces.iter().map(|it| it.label.as_str()));
    for ((trace, results), stem) in inputs.traces.iter().zip(results).zip(&stems) {
        let picture = ComparedPicture {
            trace: &trace.label,
            engine: trace.engine,
            seeds,
            policies: &labels,
            scenarios: &trace.scenarios,
            curves: &results.curves,
        };
        files.extend(compared_pictures(&picture, stem, arguments.write.plot)?);
    }
    Ok(files)
}
