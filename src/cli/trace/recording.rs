//! The recording of `trace convert` and `trace info`: its arguments, and how hpasim reads it.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::error::CommandError;
use crate::cli::load_args::SpanArgs;
use crate::cli::progress::ByteProgress;
use crate::cli::what_args::WhatArgs;
use crate::files::{OpenInput, open_input};
use crate::scenario::formats::shape::{Shaping, shape};
use crate::scenario::formats::{
    ReadOptions, RecordedUtilization, Recording, SeriesChoice, read_recording,
};
use crate::scenario::{Diagnostics, LoadError, NamedBy, STANDARD_INPUT, parse_duration};
use crate::units::{SimSpan, parse_number};

/// Which recording, and what to make of it.
#[derive(Args, Debug)]
pub struct RecordingArgs {
    /// Recording or trace, plain or gzip; `-` is stdin
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// What it is.
    #[command(flatten)]
    pub what: WhatArgs,
    /// One of several series: a number from 1, label=value, or a name.
    #[arg(
        long,
        value_name = "SERIES",
        help = "One of several series: a number from 1, label=value, or a name [default: the sum]"
    )]
    pub series: Option<String>,
    /// Time from row to row; a row is the mean over its time
    #[arg(long, value_name = "DURATION", value_parser = parse_step)]
    pub step: Option<SimSpan>,
    /// Multiply the load by this
    #[arg(long, value_name = "FACTOR", value_parser = parse_scale, allow_negative_numbers = true)]
    pub scale: Option<f64>,
    /// The part of it that counts.
    #[command(flatten)]
    pub span: SpanArgs,
    /// Start rows at whole multiples of the step since 1970 UTC
    #[arg(long, requires = "step")]
    pub align: bool,
    /// Print only errors and the data
    #[arg(short, long)]
    pub quiet: bool,
}

fn parse_step(text: &str) -> Result<SimSpan, String> {
    let step = parse_duration(text)?;
    if step > SimSpan::default() {
        Ok(step)
    } else {
        Err("write a duration above 0s".to_owned())
    }
}

pub(super) fn parse_scale(text: &str) -> Result<f64, String> {
    match parse_number(text) {
        Some(scale) if scale > 0.0 && scale <= 1e9 => Ok(scale),
        _ => Err("write a number above 0, at most 1e9".to_owned()),
    }
}

impl RecordingArgs {
    fn options(&self, utilization: Option<RecordedUtilization>) -> ReadOptions {
        ReadOptions {
            series: self.series.as_deref().map(SeriesChoice::parse),
            ramp_step: self.step,
            utilization,
            scale: self.scale,
            ..self.what.reading().options()
        }
    }

    fn shaping(&self) -> Shaping {
        Shaping {
            step: self.step,
            scale: self.scale,
            from: self.span.from(),
            to: self.span.to(),
            zone: self.span.zone().cloned(),
            align_to_clock: self.align,
        }
    }

    /// Reads the recording and makes of it what was asked for. With `utilization` it is a table with these columns.
    pub(super) fn read(
        &self,
        utilization: Option<RecordedUtilization>,
    ) -> Result<Recording, CommandError> {
        let recording = read_file(&self.input, &self.options(utilization), !self.quiet)?;
        shaped(recording, &self.shaping())
    }
}

/// Reads the recording at `path`, with a progress bar if one is wanted.
pub(super) fn read_file(
    path: &Path,
    options: &ReadOptions,
    shows_progress: bool,
) -> Result<Recording, CommandError> {
    let opened = open(path).map_err(|error| CommandError::unreadable(path, error))?;
    let reader = ByteProgress::new(opened.reader, opened.length_bytes, shows_progress);
    let name = path.display().to_string();
    read_recording(&name, reader, options).map_err(CommandError::Input)
}

/// The recording in a requested shape.
pub(super) fn shaped(recording: Recording, shaping: &Shaping) -> Result<Recording, CommandError> {
    shape(recording, shaping).map_err(|fault| CommandError::Input(Diagnostics::one(fault)))
}

struct Opened {
    reader: Box<dyn Read>,
    /// Unknown for a pipe.
    length_bytes: Option<u64>,
}

fn open(path: &Path) -> Result<Opened, LoadError> {
    if path == Path::new(STANDARD_INPUT) {
        return Ok(Opened {
            reader: Box::new(std::io::stdin().lock()),
            length_bytes: None,
        });
    }
    let OpenInput { file, length_bytes } = open_input(path, NamedBy::User)?;
    Ok(Opened {
        reader: Box::new(file),
        length_bytes,
    })
}
