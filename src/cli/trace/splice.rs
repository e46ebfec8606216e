//! `hpasim trace splice FILE --at TIME`: changes the load of a trace for a while.

use std::path::PathBuf;

use clap::Args;

use super::TraceOutputArgs;
use super::recording::{parse_scale, read_file, shaped};
use crate::cli::error::{CommandError, Completion};
use crate::cli::load_args::{ZoneArgs, parse_moment};
use crate::cli::screen::Screen;
use crate::cli::what_args::WhatArgs;
use crate::scenario::formats::ReadOptions;
use crate::scenario::formats::csv_text::trace_csv;
use crate::scenario::formats::shape::Shaping;
use crate::scenario::{Diagnostics, TraceMoment, parse_duration};
use crate::text::visible;
use crate::units::{SimSpan, SimTime};
use crate::workload::Trace;
use crate::workload::splice::{LoadChange, Splice};

/// Two commands that `--help` shows.
pub(super) const EXAMPLES: &str = "\
The load rises to --scale times itself at --at, and falls back after --over.
With --add, the load of another trace comes on top instead, --scale times.

Examples:
  hpasim trace splice day.csv --at 14:00 --scale 5 --over 10m -o friday.csv
  hpasim trace splice day.csv --at 6h --add traces/spike.csv -o spiked.csv";

/// `hpasim trace splice`.
#[derive(Args, Debug)]
pub struct SpliceArgs {
    /// Trace or recording that changes, plain or gzip; `-` is stdin
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// When the change begins: 90m, 14:30 or a date
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub at: TraceMoment,
    /// Factor of the load [default with --add: 1]
    #[arg(long, value_name = "FACTOR", value_parser = parse_scale, required_unless_present = "add")]
    pub scale: Option<f64>,
    /// How long the change lasts [default with --add: as long as that trace]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, required_unless_present = "add")]
    pub over: Option<SimSpan>,
    /// How long the rise and the fall take, within the change
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s")]
    pub ramp: SimSpan,
    /// Trace or recording whose load is added
    #[arg(long, value_name = "FILE")]
    pub add: Option<PathBuf>,
    /// What FILE is.
    #[command(flatten)]
    pub what: WhatArgs,
    /// The time zone of its dates.
    #[command(flatten)]
    pub zone: ZoneArgs,
    /// Where the trace goes.
    #[command(flatten)]
    pub output: TraceOutputArgs,
    /// Print only errors and the data
    #[arg(short, long)]
    pub quiet: bool,
}

/// Changes the trace, to stdout where no file is named.
pub(super) fn run(arguments: &SpliceArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let mut inputs = vec![arguments.input.clone()];
    inputs.extend(arguments.add.clone());
    arguments.output.check(&inputs)?;
    let shaping = Shaping {
        zone: arguments.zone.timezone.clone(),
        ..Shaping::default()
    };
    let recording = read_file(
        &arguments.input,
        &arguments.what.reading().options(),
        !arguments.quiet,
    )?;
    let recording = shaped(recording, &shaping)?;
    let added = match &arguments.add {
        None => None,
        Some(path) => {
            let read = read_file(path, &ReadOptions::default(), !arguments.quiet)?;
            Some(shaped(read, &Shaping::default())?.trace)
        }
    };
    if !arguments.quiet {
        screen.warn(&recording.warnings);
    }
    let clock = recording.clock_in(arguments.zone.timezone.as_ref());
    let at = arguments
        .at
        .since_start("--at", clock.as_ref(), SimTime::ZERO)
        .map_err(|fault| CommandError::Input(Diagnostics::one(fault)))?;
    let splice = arguments.splice(at, added.as_ref());
    let trace = splice
        .of(&recording.trace)
        .map_err(|error| CommandError::usage(format!("--at {}: {error}", arguments.at)))?;
    let csv = trace_csv(&arguments.comment(), &trace, clock.as_ref());
    arguments.output.put(&csv, &inputs, screen)?;
    Ok(Completion::Done)
}

impl SpliceArgs {
    fn splice<'t>(&self, at: SimTime, added: Option<&'t Trace>) -> Splice<'t> {
        let of_added = added.map(|trace| trace.end() - SimTime::ZERO);
        let factor = self.scale.unwrap_or(1.0);
        Splice {
            at,
            over: self.over.or(of_added).unwrap_or_default(),
            ramp: self.ramp,
            change: match added {
                None => LoadChange::Times(factor),
                Some(trace) => LoadChange::Plus { trace, factor },
            },
        }
    }

    /// What the trace is, for its first line.
    fn comment(&self) -> String {
        let name = self.input.display();
        let factor = self
            .scale
            .map_or_else(String::new, |scale| format!("{scale} times "));
        let over = self
            .over
            .map_or_else(String::new, |over| format!(" for {over}"));
        let change = match &self.add {
            None => format!("{factor}its load"),
            Some(added) => format!("{factor}the load of {} on top", added.display()),
        };
        visible(&format!(
            "hpasim trace splice: {name}, with {change} from {}{over}",
            self.at
        ))
        .into_owned()
    }
}
