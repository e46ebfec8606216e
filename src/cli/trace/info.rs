//! `hpasim trace info FILE`: describes a trace or a recording in a few lines.

use clap::Args;

use super::recording::RecordingArgs;
use crate::cli::choices::{OutputFormat, TABLE_OR_JSON, one_of};
use crate::cli::error::{CommandError, Completion};
use crate::cli::screen::Screen;
use crate::render::trace_info::{render_trace_info, trace_info_json};
use crate::scenario::VALUE_MAX;
use crate::scenario::formats::ceiling;
use crate::scenario::formats::describe::describe;
use crate::units::parse_number;

/// Two commands that `--help` shows.
pub(super) const EXAMPLES: &str = "Examples:
  hpasim trace info traces/spike.csv
  hpasim trace info prometheus.json --what cpu-cores --series 1

Formats: csv, k6-csv, k6-json, k6-options, prometheus, promtool-text, cloudwatch,
locust, jmeter-csv, jmeter-xml, gatling, vegeta-csv, hey-csv, ab-tsv, artillery,
access-log, aws-elb, w3c-log, vegeta-json, json-log, series-csv";

/// `hpasim trace info`.
#[derive(Args, Debug)]
pub struct InfoArgs {
    /// The recording.
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// CPU limit: at or above it, a sample is only a lower bound of the demand
    #[arg(long, value_name = "MILLICORES", value_parser = parse_ceiling)]
    pub ceiling: Option<f64>,
    /// What to print
    #[arg(long, value_parser = one_of(TABLE_OR_JSON), default_value = "table")]
    pub format: OutputFormat,
}

fn parse_ceiling(text: &str) -> Result<f64, String> {
    match parse_number(text.trim_end_matches('m')) {
        Some(number) if number > 0.0 && number <= VALUE_MAX => Ok(number),
        _ => Err("write millicores, as 4000".to_owned()),
    }
}

/// Describes a recording on stdout.
pub(super) fn run(arguments: &InfoArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let recording = arguments.recording.read(None)?;
    if !arguments.recording.quiet {
        screen.warn(&recording.warnings);
        let censored =
            ceiling::warning(&recording.trace, arguments.ceiling, &recording.demand_place);
        screen.warn(censored.as_slice());
    }
    let description = describe(
        &recording,
        arguments.ceiling,
        arguments.recording.span.zone(),
    );
    let name = arguments.recording.input.display().to_string();
    match arguments.format {
        OutputFormat::Json => screen.print_data(&trace_info_json(&name, &description)?)?,
        _ => screen.print(&render_trace_info(&name, &description))?,
    }
    Ok(Completion::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::formats::RecordingFormat;

    #[test]
    fn the_help_lists_the_formats() {
        let (_, list) = EXAMPLES.split_once("Formats: ").expect("a list");
        let words: Vec<&str> = list.split(',').map(str::trim).collect();
        assert_eq!(words, RecordingFormat::ALL.map(RecordingFormat::word));
    }
}
