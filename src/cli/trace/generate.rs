//! `hpasim trace gen KIND`: makes synthetic traces.

use clap::{Args, Subcommand};

use super::TraceOutputArgs;
use crate::cli::error::{CommandError, Completion};
use crate::cli::screen::Screen;
use crate::scenario::parse_duration;
use crate::units::{Seed, SimSpan, parse_number};
use crate::workload::generate::{
    Diurnal, FlashCrowd, GenerateError, Level, LoadShape, Ramp, Sampling, Spike, Steps, generate,
    to_csv,
};

/// Two commands that `--help` shows.
pub(super) const EXAMPLES: &str = "Examples:
  hpasim trace gen spike --base 10 --peak 500 -o spike.csv
  hpasim trace gen diurnal --days 7 --noise 0.1 -o week.csv";

/// `hpasim trace gen`.
#[derive(Args, Debug)]
pub struct GenArgs {
    /// The shape of the load.
    #[command(subcommand)]
    pub kind: GenKind,
}

/// The shapes and their parameters; rates are requests per second.
#[derive(Debug, Subcommand)]
pub enum GenKind {
    /// Rest, a steep rise, a plateau, a slower fall in drops, rest
    #[command(
        after_help = "Examples:\n  hpasim trace gen spike --peak 500 -o spike.csv\n  hpasim trace gen spike --rise 10s --hold 20m --seed 2"
    )]
    Spike {
        /// Rate at rest
        #[arg(long, default_value = "4", value_parser = parse_rate)]
        base: f64,
        /// Rate on the plateau
        #[arg(long, default_value = "300", value_parser = parse_rate)]
        peak: f64,
        /// Rest before the rise
        #[arg(long, default_value = "4m", value_parser = parse_duration)]
        before: SimSpan,
        /// Time from base to peak
        #[arg(long, default_value = "1m", value_parser = parse_duration)]
        rise: SimSpan,
        /// Length of the plateau
        #[arg(long, default_value = "8m", value_parser = parse_duration)]
        hold: SimSpan,
        /// Time from peak to base
        #[arg(long, default_value = "5m", value_parser = parse_duration)]
        fall: SimSpan,
        /// Number of equal-ratio drops of the fall; 0 falls evenly
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=1000))]
        fall_steps: u32,
        /// Rest after the fall
        #[arg(long, default_value = "5m", value_parser = parse_duration)]
        after: SimSpan,
        #[command(flatten)]
        #[expect(
            missing_docs,
            reason = "a doc comment here would replace the subcommand's help"
        )]
        sampling: SamplingArgs,
    },
    /// One level, an even change, another level
    #[command(
        after_help = "Examples:\n  hpasim trace gen ramp --to 400 -o ramp.csv\n  hpasim trace gen ramp --from 200 --to 20 --over 1h"
    )]
    Ramp {
        /// Rate before
        #[arg(long, default_value = "5", value_parser = parse_rate)]
        from: f64,
        /// Rate after
        #[arg(long, default_value = "200", value_parser = parse_rate)]
        to: f64,
        /// How long the first level lasts
        #[arg(long, default_value = "5m", value_parser = parse_duration)]
        before: SimSpan,
        /// How long the change takes
        #[arg(long, default_value = "20m", value_parser = parse_duration)]
        over: SimSpan,
        /// How long the second level lasts
        #[arg(long, default_value = "10m", value_parser = parse_duration)]
        after: SimSpan,
        #[command(flatten)]
        #[expect(
            missing_docs,
            reason = "a doc comment here would replace the subcommand's help"
        )]
        sampling: SamplingArgs,
    },
    /// Level by level up, and down again
    #[command(
        after_help = "Examples:\n  hpasim trace gen steps --count 6 -o steps.csv\n  hpasim trace gen steps --height 50 --each 10m"
    )]
    Steps {
        /// Rate of the lowest level
        #[arg(long, default_value = "10", value_parser = parse_rate)]
        base: f64,
        /// Rate that each step adds
        #[arg(long, default_value = "30", value_parser = parse_rate)]
        height: f64,
        /// Steps up; as many lead down
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
        count: u32,
        /// How long each level lasts
        #[arg(long, default_value = "5m", value_parser = parse_duration)]
        each: SimSpan,
        #[command(flatten)]
        #[expect(
            missing_docs,
            reason = "a doc comment here would replace the subcommand's help"
        )]
        sampling: SamplingArgs,
    },
    /// Day and night
    #[command(
        after_help = "Examples:\n  hpasim trace gen diurnal --days 7 -o week.csv\n  hpasim trace gen diurnal --peak-at 20h --noise 0.1"
    )]
    Diurnal {
        /// Lowest rate, at night
        #[arg(long, default_value = "15", value_parser = parse_rate)]
        low: f64,
        /// Highest rate
        #[arg(long, default_value = "185", value_parser = parse_rate)]
        peak: f64,
        /// Time of day of the highest rate
        #[arg(long, default_value = "15h", value_parser = parse_duration)]
        peak_at: SimSpan,
        /// Number of days
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
        #[command(flatten)]
        #[expect(
            missing_docs,
            reason = "a doc comment here would replace the subcommand's help"
        )]
        sampling: SamplingArgs,
    },
    /// A sudden crowd that leaves exponentially
    #[command(
        after_help = "Examples:\n  hpasim trace gen flash-crowd --peak 900 -o crowd.csv\n  hpasim trace gen flash-crowd --at 10m --decay 8m"
    )]
    FlashCrowd {
        /// Rate without the crowd
        #[arg(long, default_value = "10", value_parser = parse_rate)]
        base: f64,
        /// Rate at the peak
        #[arg(long, default_value = "400", value_parser = parse_rate)]
        peak: f64,
        /// When the crowd comes
        #[arg(long, default_value = "5m", value_parser = parse_duration)]
        at: SimSpan,
        /// Time from base to peak
        #[arg(long, default_value = "30s", value_parser = parse_duration)]
        rise: SimSpan,
        /// Time in which the crowd falls to 1/e
        #[arg(long, default_value = "4m", value_parser = parse_duration)]
        decay: SimSpan,
        /// Length of the trace
        #[arg(long, default_value = "30m", value_parser = parse_duration)]
        duration: SimSpan,
        #[command(flatten)]
        #[expect(
            missing_docs,
            reason = "a doc comment here would replace the subcommand's help"
        )]
        sampling: SamplingArgs,
    },
    /// One level with noise
    #[command(
        after_help = "Examples:\n  hpasim trace gen noise --mean 80 -o noise.csv\n  hpasim trace gen noise --noise 0.3 --correlation 1m"
    )]
    Noise {
        /// Mean rate
        #[arg(long, default_value = "50", value_parser = parse_rate)]
        mean: f64,
        /// Length of the trace
        #[arg(long, default_value = "30m", value_parser = parse_duration)]
        duration: SimSpan,
        #[command(flatten)]
        #[expect(
            missing_docs,
            reason = "a doc comment here would replace the subcommand's help"
        )]
        sampling: SamplingArgs,
    },
}

/// What all shapes share.
#[derive(Args, Debug)]
pub struct SamplingArgs {
    /// Time from row to row
    #[arg(long, default_value = "5s", value_parser = parse_duration)]
    pub step: SimSpan,
    /// Standard deviation of the noise as a share of the rate
    #[arg(long, default_value = "0.05", value_parser = parse_share)]
    pub noise: f64,
    /// Correlation time of the noise; with 0s, rows are independent
    #[arg(long, default_value = "0s", value_parser = parse_duration)]
    pub correlation: SimSpan,
    /// Seed of the noise
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the trace goes.
    #[command(flatten)]
    pub output: TraceOutputArgs,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    parse_within(text, crate::scenario::VALUE_MAX)
}

fn parse_share(text: &str) -> Result<f64, String> {
    parse_within(text, 10.0)
}

fn parse_within(text: &str, most: f64) -> Result<f64, String> {
    match parse_number(text) {
        Some(number) if (0.0..=most).contains(&number) => Ok(number),
        _ => Err(format!("write a number from 0 to {most}")),
    }
}

/// Makes a trace and writes it, to stdout where no file is named.
pub(super) fn run(
    GenArgs { kind }: &GenArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let output = &kind.sampling().output;
    output.check(&[])?;
    let csv = generate_csv(kind).map_err(CommandError::usage)?;
    output.put(&csv, &[], screen)?;
    Ok(Completion::Done)
}

/// The trace as CSV text, its first line the command that makes it.
///
/// # Errors
/// When the step does not fit the trace's length.
pub fn generate_csv(kind: &GenKind) -> Result<String, GenerateError> {
    let sampling = kind.sampling();
    let rows = generate(
        &kind.shape(),
        &Sampling {
            step: sampling.step,
            noise: sampling.noise,
            correlation: sampling.correlation,
            seed: Seed(sampling.seed),
        },
    )?;
    Ok(to_csv(&kind.command_line(), &rows))
}

impl GenKind {
    fn sampling(&self) -> &SamplingArgs {
        match self {
            Self::Spike { sampling, .. }
            | Self::Ramp { sampling, .. }
            | Self::Steps { sampling, .. }
            | Self::Diurnal { sampling, .. }
            | Self::FlashCrowd { sampling, .. }
            | Self::Noise { sampling, .. } => sampling,
        }
    }

    fn shape(&self) -> LoadShape {
        match *self {
            Self::Spike {
                base,
                peak,
                before,
                rise,
                hold,
                fall,
                fall_steps,
                after,
                ..
            } => LoadShape::Spike(Spike {
                base,
                peak,
                before,
                rise,
                hold,
                fall,
                fall_steps,
                after,
            }),
            Self::Ramp {
                from,
                to,
                before,
                over,
                after,
                ..
            } => LoadShape::Ramp(Ramp {
                from,
                to,
                before,
                over,
                after,
            }),
            Self::Steps {
                base,
                height,
                count,
                each,
                ..
            } => LoadShape::Steps(Steps {
                base,
                height,
                count,
                each,
            }),
            Self::Diurnal {
                low,
                peak,
                peak_at,
                days,
                ..
            } => LoadShape::Diurnal(Diurnal {
                low,
                peak,
                peak_at,
                days,
            }),
            Self::FlashCrowd {
                base,
                peak,
                at,
                rise,
                decay,
                duration,
                ..
            } => LoadShape::FlashCrowd(FlashCrowd {
                base,
                peak,
                at,
                rise,
                decay,
                duration,
            }),
            Self::Noise { mean, duration, .. } => LoadShape::Level(Level { mean, duration }),
        }
    }

    /// The command that makes this very trace, every parameter spelled out, so that a changed default changes no trace.
    fn command_line(&self) -> String {
        let shape = match self.shape() {
            LoadShape::Spike(spike) => format!(
                "spike --base {} --peak {} --before {} --rise {} --hold {} --fall {} --fall-steps {} --after {}",
                spike.base,
                spike.peak,
                spike.before,
                spike.rise,
                spike.hold,
                spike.fall,
                spike.fall_steps,
                spike.after
            ),
            LoadShape::Ramp(ramp) => format!(
                "ramp --from {} --to {} --before {} --over {} --after {}",
                ramp.from, ramp.to, ramp.before, ramp.over, ramp.after
            ),
            LoadShape::Steps(steps) => format!(
                "steps --base {} --height {} --count {} --each {}",
                steps.base, steps.height, steps.count, steps.each
            ),
            LoadShape::Diurnal(diurnal) => format!(
                "diurnal --low {} --peak {} --peak-at {} --days {}",
                diurnal.low, diurnal.peak, diurnal.peak_at, diurnal.days
            ),
            LoadShape::FlashCrowd(crowd) => format!(
                "flash-crowd --base {} --peak {} --at {} --rise {} --decay {} --duration {}",
                crowd.base, crowd.peak, crowd.at, crowd.rise, crowd.decay, crowd.duration
            ),
            LoadShape::Level(level) => {
                format!("noise --mean {} --duration {}", level.mean, level.duration)
            }
        };
        let sampling = self.sampling();
        format!(
            "hpasim trace gen {shape} --step {} --noise {} --correlation {} --seed {}",
            sampling.step, sampling.noise, sampling.correlation, sampling.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::cli::trace::{TraceArgs, TraceCommand};

    /// `hpasim` as far as this file goes.
    #[derive(Parser)]
    struct Hpasim {
        #[command(subcommand)]
        command: Command,
    }

    #[derive(Subcommand)]
    enum Command {
        Trace(TraceArgs),
    }

    fn csv_of(command_line: &str) -> String {
        let Command::Trace(args) = Hpasim::parse_from(command_line.split_whitespace()).command;
        let TraceCommand::Gen(GenArgs { kind }) = args.command else {
            panic!("{command_line} makes no trace");
        };
        generate_csv(&kind).expect("a trace")
    }

    #[test]
    fn each_shipped_trace_is_what_the_command_in_its_header_makes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).expect("traces") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "csv") {
                continue;
            }
            let shipped = std::fs::read_to_string(&path).expect("a trace");
            if shipped.starts_with("# Recorded") {
                continue;
            }
            let command = shipped
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("# "))
                .expect("a command");
            assert!(csv_of(command) == shipped, "{} differs", path.display());
            names.push(
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
            );
        }
        names.sort();
        assert_eq!(
            names,
            ["diurnal", "flap", "flash-crowd", "ramp", "spike", "steps"]
        );
    }

    #[test]
    fn the_header_names_every_parameter() {
        let csv = csv_of("hpasim trace gen noise --mean 12.5 --duration 10s --noise 0");
        assert_eq!(
            csv,
            "# hpasim trace gen noise --mean 12.5 --duration 10s --step 5s --noise 0 --correlation 0s --seed 1\n\
             time_s,rps\n0,12.5\n5,12.5\n10,12.5\n"
        );
    }

    #[test]
    fn a_bad_parameter_is_a_usage_error() {
        for wrong in [
            "--peak -1",
            "--peak nan",
            "--rise 2d",
            "--step 90",
            "--noise 11",
        ] {
            let line = format!("hpasim trace gen spike {wrong}");
            assert!(
                Hpasim::try_parse_from(line.split_whitespace()).is_err(),
                "{wrong}"
            );
        }
    }
}
