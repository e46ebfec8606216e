//! The files of a comparison: tables, pictures, and the summary last.
//!
//! Self-imposed limit: names and places; the contents are made elsewhere.

use std::path::PathBuf;

use super::inputs::Inputs;
use super::{CompareArgs, TraceResults};
use crate::cli::choices::PictureKind;
use crate::cli::error::CommandError;
use crate::cli::interrupt::Interrupt;
use crate::cli::output_folder::{
    COMPARISON_CSV, COMPARISON_JSON, OutputFolder, Overwrite, SUMMARY,
};
use crate::render::plot::bands::{render_bands_png, render_bands_svg};
use crate::render::plot::compared::{ComparedPicture, compared_chart};
use crate::results::comparison_export::{
    ComparisonRun, comparison_csv, comparison_json, comparison_summary,
};

/// A file before it is written.
struct Output {
    name: String,
    bytes: Vec<u8>,
}

/// Writes all files; the paths for people come back.
pub(super) fn write(
    arguments: &CompareArgs,
    inputs: &Inputs,
    results: &[TraceResults],
    run: &ComparisonRun<'_>,
    interrupt: &Interrupt,
) -> Result<Vec<String>, CommandError> {
    let mut outputs = pictures(arguments, inputs, results)?;
    outputs.push(Output {
        name: COMPARISON_CSV.to_owned(),
        bytes: comparison_csv(run.comparison)?,
    });
    outputs.push(Output {
        name: COMPARISON_JSON.to_owned(),
        bytes: comparison_json(run)?,
    });
    let names: Vec<String> = outputs.iter().map(|output| output.name.clone()).collect();
    let summary = comparison_summary(run, &names)?;
    let overwrite = if arguments.force {
        Overwrite::Force
    } else {
        Overwrite::Refuse
    };
    let writing = interrupt.while_writing();
    let path = arguments.output.clone().unwrap_or_else(|| folder(inputs));
    let mut folder = OutputFolder::open(&path, run.inputs, overwrite)?;
    for output in &outputs {
        folder.write(&output.name, &output.bytes)?;
        writing.check()?;
    }
    folder.complete(&summary)?;
    let names = names.iter().map(String::as_str).chain([SUMMARY]);
    Ok(names
        .map(|name| folder.file(name).display().to_string())
        .collect())
}

/// A picture for each trace, in each kind asked for.
fn pictures(
    arguments: &CompareArgs,
    inputs: &Inputs,
    results: &[TraceResults],
) -> Result<Vec<Output>, CommandError> {
    let labels: Vec<String> = inputs.policies.iter().map(|it| it.label.clone()).collect();
    let mut outputs = Vec::new();
    for (trace, results) in inputs.traces.iter().zip(results) {
        let stem = if inputs.traces.len() > 1 {
            format!("plot-{}", plain(&trace.label))
        } else {
            "plot".to_owned()
        };
        let chart = compared_chart(&ComparedPicture {
            trace: &trace.label,
            engine: trace.engine,
            seeds: usize::from(arguments.seeds),
            policies: &labels,
            scenario: &trace.scenarios[0],
            curves: &results.curves,
        });
        for kind in arguments.plot.kinds() {
            let bytes = match kind {
                PictureKind::Png => render_bands_png(&chart)?,
                PictureKind::Svg => render_bands_svg(&chart)?.into_bytes(),
            };
            outputs.push(Output {
                name: format!("{stem}.{}", kind.extension()),
                bytes,
            });
        }
    }
    Ok(outputs)
}

/// Names that a folder's name spells out; of more only the first.
const NAMES_SPELT_OUT: usize = 4;

/// `output/compare-prod-fast-spike`.
fn folder(inputs: &Inputs) -> PathBuf {
    let policies = inputs.policies.iter().map(|it| plain(&it.label));
    let traces = inputs.traces.iter().map(|it| plain(&it.label));
    let name = format!(
        "compare-{}-{}",
        spelt_out(&policies.collect::<Vec<_>>()),
        spelt_out(&traces.collect::<Vec<_>>())
    );
    PathBuf::from("output").join(name)
}

fn spelt_out(names: &[String]) -> String {
    match names {
        [first, others @ ..] if names.len() > NAMES_SPELT_OUT => {
            format!("{first}-and-{}-others", others.len())
        }
        _ => names.join("-"),
    }
}

/// A name without what means something in a path: `@fixed:3` becomes `fixed-3`.
fn plain(name: &str) -> String {
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
