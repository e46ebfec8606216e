//! `hpasim calibrate PROBE`: what does a request cost?
//!
//! Self-imposed limit: a file in, a report out; the fit is `results`'.

use std::path::PathBuf;

use clap::Args;

use super::choices::{OutputFormat, page_or_json};
use super::error::{CommandError, Completion};
use super::screen::Screen;
use crate::files::FileLoader;
use crate::render::calibration::{calibration_json, render_calibration};
use crate::results::calibration::calibrate;
use crate::scenario::read_probe;

/// What `hpasim calibrate --help` says.
pub(super) const ABOUT: &str = "Fit cost per request and idle CPU to a capacity probe

The probe is CSV with the columns `rps` (requests per second) and `cpu_millicores`, a row for each load. With a third column \
`replicas` the rate is that of all pods together and the CPU that of one pod, as `kubectl top pod` shows it; without it both \
belong to the same thing. Further columns are left out.";

/// Fit cost per request and idle CPU to a capacity probe.
///
/// The probe is CSV with the columns `rps` (requests per second) and
/// `cpu_millicores`, a row for each load. With a third column `replicas` the
/// rate is that of all pods together and the CPU that of one pod, as `kubectl
/// top pod` shows it; without it both belong to the same thing. Further columns
/// are left out.
#[derive(Args, Debug)]
pub(super) struct CalibrateArgs {
    /// The probe: CSV with a header
    #[arg(value_name = "PROBE")]
    probe: PathBuf,
    /// How the report is written
    #[arg(
        long,
        value_parser = page_or_json("text", "For people", "One JSON object"),
        default_value = "text"
    )]
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
