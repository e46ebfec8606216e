//! `hpasim calibrate`: what does a request cost, by capacity probes or by a recording over time?

mod recorded;

use std::path::{Path, PathBuf};

use clap::Args;

use super::choices::{ChoiceWords, OutputFormat, TEXT_OR_JSON, one_of, parse_cpu};
use super::error::{CommandError, Completion};
use super::load_args::parse_zone;
use super::screen::Screen;
use super::variant_inputs::refuse_second_stdin;
use crate::files::RememberingLoader;
use crate::render::calibration::{
    FittedProbe, calibration_json, calibrations_json, render_calibration, render_calibrations,
};
use crate::results::calibration::{CostEstimate, MachineClass, calibrate, leave_out_at_limit};
use crate::scenario::formats::joined::CostRecord;
use crate::scenario::{ClockZone, read_probe};
use crate::units::Millicores;
use recorded::RecordedUsage;

/// The columns of a probe, and commands, for `--help`.
const EXAMPLES: &str = "\
A probe has a row for each load, with the columns `rps` (requests per second)
and `cpu_millicores`. With a third column `replicas`, `rps` is the total of all
pods and `cpu_millicores` belongs to one pod, as `kubectl top pod` prints it.
hpasim ignores further columns.

Several probes, each on a machine of its own, measure how the machines differ.
Of one probe, `--machine` states it: the standard deviation of the logarithm of
the speed is 0 for `same` (the machines of the probe serve), 0.06 for `fixed`
(one machine type with one processor) and 0.24 for `mixed` (a type with several
processors, such as GKE's E2).

A recording needs no probe: `--rps`, `--cpu` and `--replicas` are files from
Prometheus, or a CSV in place of PROBE has `time_s` or `timestamp`, `rps`,
`cpu_millicores` (both of all pods) and `ready_replicas` or `replicas`.

Examples:
  hpasim calibrate probe.csv --limit 500m --machine mixed
  hpasim calibrate --rps rps.json --cpu cpu.json --replicas replicas.json";

/// `--machine`.
const MACHINES: &ChoiceWords<MachineClass> = &MachineClass::ALL;

/// Fit cost per request and idle CPU to capacity probes or a recording.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct CalibrateArgs {
    /// Capacity probes, or one recording: CSV with a header
    #[arg(value_name = "PROBE", required_unless_present = "rps")]
    probes: Vec<PathBuf>,
    /// Recording of requests per second, of all pods
    #[arg(long, value_name = "FILE", requires = "cpu", conflicts_with = "probes")]
    rps: Option<PathBuf>,
    /// Recording of CPU, of all pods (cores, as Prometheus has it)
    #[arg(long, value_name = "FILE", requires = "rps")]
    cpu: Option<PathBuf>,
    /// Recording of ready pods
    #[arg(long, value_name = "FILE", requires = "rps")]
    replicas: Option<PathBuf>,
    /// CPU limit of a pod, as 500m or 2; rows at 95 % of it or more are left out
    #[arg(long, value_name = "CPU", value_parser = parse_cpu)]
    limit: Option<Millicores>,
    /// Machines that serve, where one probe cannot say how they differ [default: fixed]
    #[arg(long, value_parser = one_of(MACHINES), hide_default_value = true)]
    machine: Option<MachineClass>,
    /// Time zone of the hours of a recording [default: UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true, value_parser = parse_zone)]
    timezone: Option<ClockZone>,
    /// What to print
    #[arg(long, value_parser = one_of(TEXT_OR_JSON), default_value = "text")]
    format: OutputFormat,
}

/// Reads, fits, reports.
pub(super) fn run(
    arguments: &CalibrateArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let series = [&arguments.rps, &arguments.cpu, &arguments.replicas];
    refuse_second_stdin(arguments.probes.iter().chain(series.into_iter().flatten()))?;
    if let Some(recorded) = recorded::read_series(arguments, screen)? {
        return recorded::report(&recorded, arguments, screen);
    }
    let mut loader = RememberingLoader::default();
    if let [path] = arguments.probes.as_slice()
        && let CostRecord::Usage(table) =
            CostRecord::read(path, &mut loader).map_err(CommandError::Input)?
    {
        let recorded = RecordedUsage::of_table(path, table, screen);
        return recorded::report(&recorded, arguments, screen);
    }
    if arguments.timezone.is_some() {
        return Err(CommandError::usage(
            "a probe has no times; leave `--timezone` out",
        ));
    }
    if arguments.probes.len() > 1 && arguments.machine.is_some() {
        return Err(CommandError::usage(
            "several probes measure how the machines differ; leave `--machine` out, or give one probe",
        ));
    }
    let fitted: Result<Vec<FittedProbe>, CommandError> = arguments
        .probes
        .iter()
        .map(|path| fit(path, arguments.limit, &mut loader, screen))
        .collect();
    let fitted = fitted?;
    refuse_twice(&arguments.probes, &fitted)?;
    let is_json = matches!(arguments.format, OutputFormat::Json);
    match fitted.as_slice() {
        [probe] => {
            let class = arguments.machine.unwrap_or(MachineClass::Fixed);
            if is_json {
                screen.print_data(&calibration_json(probe, class)?)?;
            } else {
                screen.print(&render_calibration(probe, class))?;
            }
        }
        probes => {
            let fits: Vec<_> = probes.iter().map(|probe| probe.fit.clone()).collect();
            let cost = CostEstimate::of_several(&fits);
            if is_json {
                screen.print_data(&calibrations_json(probes, &cost)?)?;
            } else {
                screen.print(&render_calibrations(probes, &cost))?;
            }
        }
    }
    Ok(Completion::Done)
}

/// A probe has the rows of another, and two equal probes are not two machines.
#[derive(Debug, thiserror::Error)]
#[error("it has the same rows as `{earlier}`")]
struct EqualProbes {
    /// The file of the other probe.
    earlier: String,
}

/// Refuses a probe that is given twice.
fn refuse_twice(paths: &[PathBuf], fitted: &[FittedProbe]) -> Result<(), CommandError> {
    for (index, probe) in fitted.iter().enumerate() {
        if let Some(earlier) = fitted[..index].iter().find(|it| it.fit == probe.fit) {
            let earlier = earlier.file.clone();
            return Err(CommandError::bad_file(
                &paths[index],
                &EqualProbes { earlier },
            ));
        }
    }
    Ok(())
}

fn fit(
    path: &Path,
    limit: Option<Millicores>,
    loader: &mut RememberingLoader,
    screen: &mut Screen,
) -> Result<FittedProbe, CommandError> {
    let mut probe = read_probe(path, loader).map_err(CommandError::Input)?;
    screen.warn(&probe.warnings);
    let left_out = limit.map(|limit| leave_out_at_limit(&mut probe, limit));
    let left_out = left_out.transpose();
    let at_limit = left_out.map_err(|error| CommandError::bad_file(path, &error))?;
    let fit = calibrate(&probe).map_err(|error| CommandError::bad_file(path, &error))?;
    Ok(FittedProbe {
        file: path.display().to_string(),
        measured: probe.measured,
        fit,
        at_limit,
    })
}
