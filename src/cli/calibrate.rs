//! `hpasim calibrate PROBE`: what does a request cost?

use std::path::PathBuf;

use clap::Args;

use super::choices::{OutputFormat, TEXT_OR_JSON, one_of};
use super::error::{CommandError, Completion};
use super::screen::Screen;
use crate::files::FileLoader;
use crate::render::calibration::{calibration_json, render_calibration};
use crate::results::calibration::calibrate;
use crate::scenario::read_probe;

/// The columns of a probe and two commands, for `--help`.
const EXAMPLES: &str = "\
A probe has a row for each load, with the columns `rps` (requests per second)
and `cpu_millicores`. With a third column `replicas`, `rps` is the total of all
pods and `cpu_millicores` belongs to one pod, as `kubectl top pod` prints it.
hpasim ignores further columns.

Examples:
  hpasim calibrate probe.csv
  hpasim calibrate probe.csv --format json";

/// Fit cost per request and idle CPU to a capacity probe.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct CalibrateArgs {
    /// Capacity probe: CSV with a header
    #[arg(value_name = "PROBE")]
    probe: PathBuf,
    /// What to print
    #[arg(long, value_parser = one_of(TEXT_OR_JSON), default_value = "text")]
    format: OutputFormat,
}

/// Reads, fits, reports.
pub(super) fn run(
    arguments: &CalibrateArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let probe = read_probe(&arguments.probe, &mut FileLoader).map_err(CommandError::Input)?;
    screen.warn(&probe.warnings);
    let name = arguments.probe.display().to_string();
    let fit =
        calibrate(&probe).map_err(|error| CommandError::bad_file(&arguments.probe, &error))?;
    match arguments.format {
        OutputFormat::Json => screen.print_data(&calibration_json(&name, probe.measured, &fit)?)?,
        _ => screen.print(&render_calibration(&name, probe.measured, &fit))?,
    }
    Ok(Completion::Done)
}
