//! The work of a command: announced where it takes long, refused where it takes too long.
//!
//! All limits of work are here. `simulation` computes the work of a run, and the library
//! itself refuses nothing.

use thiserror::Error;

use super::error::CommandError;
use super::output_args::QuietArgs;
use super::screen::Screen;
use crate::render::human;
use crate::results::curves::POINTS_MAX;
use crate::scenario::Scenario;
use crate::simulation::Extent;

/// Requests above which the work is announced: more take longer than half a minute on a laptop.
const REQUESTS_ANNOUNCED: f64 = 5e8;
/// Requests above which the work is refused: more take longer than three weeks of one core.
const REQUESTS_REFUSED: f64 = 1e13;
/// Requests that one core simulates in a second: `cargo bench --bench requests`.
const REQUESTS_PER_SECOND: f64 = 5e6;
/// Requests held at once above which the memory is announced: more take gigabytes.
const HELD_ANNOUNCED: f64 = 5e7;
/// Bytes that a request takes while it is held, its place in queues included.
const BYTES_PER_HELD: f64 = 100.0;
/// Pods read above which the work is announced: more take longer than minutes.
const READINGS_ANNOUNCED: f64 = 1e11;
/// Pods read above which the work is refused: more take longer than weeks.
const READINGS_REFUSED: f64 = 1e15;
/// Simulations above which the work is announced.
const RUNS_ANNOUNCED: f64 = 1e6;
/// Rows of one process that a sweep may hold for its front.
const ROWS_REFUSED: f64 = 2e7;
/// Bytes of curves for pictures above which the work is refused.
const CURVE_BYTES_REFUSED: f64 = 8e9;
/// Bytes of one curve of a run: a number at each point.
const BYTES_PER_CURVE: f64 = POINTS_MAX as f64 * 8.0;
/// Curves of a run beside its metrics: the time and eight quantities.
const CURVES_PER_RUN: f64 = 9.0;

/// The work that a command is about to do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// The number of simulations.
    pub(super) runs: f64,
    /// The work of all simulations.
    pub(super) extent: Extent,
    /// Rows that are held until the end.
    pub(super) rows_held: f64,
    /// Simulations whose curves are held for pictures.
    pub(super) curves_held: f64,
    /// Metrics of the autoscalers of these simulations, each of which has a curve.
    pub(super) metrics_held: f64,
    /// How to reduce the work.
    pub(super) remedy: &'static str,
}

/// More work than hpasim does.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TooMuch {
    /// Requests.
    #[error(
        "the request engine would simulate about {} requests, which takes {} of one core; hpasim simulates at most {}; {remedy}",
        grouped(*requests),
        human::duration(requests / REQUESTS_PER_SECOND),
        grouped(REQUESTS_REFUSED)
    )]
    Requests {
        /// The number, over all simulations.
        requests: f64,
        /// How to reduce the work.
        remedy: &'static str,
    },
    /// Pods that scrapes and syncs read.
    #[error(
        "scrapes and syncs would read up to {} pods, and hpasim reads at most {}; shorten the trace, lower hpa.maxReplicas, or raise controller.sync_period and metrics.scrape_interval",
        grouped(*readings),
        grouped(READINGS_REFUSED)
    )]
    Readings {
        /// The number, over all simulations.
        readings: f64,
    },
    /// Rows of a sweep.
    #[error(
        "{} rows do not fit in memory; one process computes at most {}; divide the sweep with --shard, take greater steps, or draw fewer with --samples",
        grouped(*rows),
        grouped(ROWS_REFUSED)
    )]
    Rows {
        /// The number.
        rows: f64,
    },
    /// Curves for pictures.
    #[error(
        "the curves of {} simulations do not fit in memory ({:.0} GB); use --plot none, or fewer --seeds",
        grouped(*runs),
        bytes / 1e9
    )]
    Curves {
        /// The number of simulations.
        runs: f64,
        /// What their curves take.
        bytes: f64,
    },
}

impl From<TooMuch> for CommandError {
    fn from(error: TooMuch) -> Self {
        Self::usage(error)
    }
}

impl Size {
    /// Adds the curves of `runs` simulations of `scenario`.
    pub(super) fn hold_curves(&mut self, scenario: &Scenario, runs: f64) {
        let metrics = scenario.hpa().map_or(0, |it| it.spec.metrics.len());
        self.curves_held += runs;
        self.metrics_held += runs * metrics as f64;
    }

    /// The notes that announce the work.
    fn check(&self) -> Result<Vec<String>, TooMuch> {
        let remedy = self.remedy;
        let Extent {
            requests,
            held_requests,
            pod_readings,
        } = self.extent;
        if requests > REQUESTS_REFUSED {
            return Err(TooMuch::Requests { requests, remedy });
        }
        if pod_readings > READINGS_REFUSED {
            return Err(TooMuch::Readings {
                readings: pod_readings,
            });
        }
        if self.rows_held > ROWS_REFUSED {
            return Err(TooMuch::Rows {
                rows: self.rows_held,
            });
        }
        let curves = CURVES_PER_RUN * self.curves_held + self.metrics_held;
        let bytes = BYTES_PER_CURVE * curves;
        if bytes > CURVE_BYTES_REFUSED {
            return Err(TooMuch::Curves {
                runs: self.curves_held,
                bytes,
            });
        }
        let mut notes = Vec::new();
        if self.runs > RUNS_ANNOUNCED {
            notes.push(format!("note: {} simulations", grouped(self.runs)));
        }
        if requests > REQUESTS_ANNOUNCED {
            notes.push(format!(
                "note: the request engine simulates up to {} requests, which takes about {} of one core; {remedy}",
                grouped(requests),
                human::duration(requests / REQUESTS_PER_SECOND)
            ));
        }
        if held_requests > HELD_ANNOUNCED {
            notes.push(format!(
                "note: up to {} requests are held in memory at once ({:.0} GB); a shorter workload.timeout or fewer retries take less",
                grouped(held_requests),
                held_requests * BYTES_PER_HELD / 1e9
            ));
        }
        if pod_readings > READINGS_ANNOUNCED {
            notes.push(format!(
                "note: scrapes and syncs read up to {} pods, which takes minutes or more; a lower hpa.maxReplicas takes less",
                grouped(pod_readings)
            ));
        }
        Ok(notes)
    }

    /// Announces nothing.
    ///
    /// # Errors
    /// It is more work than hpasim does.
    pub(super) fn refuse(&self) -> Result<(), CommandError> {
        self.check()?;
        Ok(())
    }

    /// Announces the work before it begins.
    ///
    /// # Errors
    /// It is more work than hpasim does.
    pub(super) fn announce(
        &self,
        quiet: QuietArgs,
        screen: &mut Screen,
    ) -> Result<(), CommandError> {
        let notes = self.check()?;
        if !quiet.is_asked_for() {
            for note in notes {
                screen.note(&note);
            }
        }
        Ok(())
    }
}

/// A whole number with a comma for each three digits; beyond a quintillion in powers of ten.
fn grouped(number: f64) -> String {
    if number >= 1e18 {
        return format!("{number:.2e}");
    }
    let digits = (number.max(0.0).round() as u64).to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_requests(requests: f64) -> Size {
        Size {
            remedy: "do less",
            extent: Extent {
                requests,
                ..Extent::default()
            },
            ..Size::default()
        }
    }

    #[test]
    fn what_takes_seconds_is_not_announced() {
        assert_eq!(of_requests(4e8).check(), Ok(Vec::new()));
    }

    #[test]
    fn what_takes_long_is_announced_with_its_number() {
        let notes = of_requests(8.64e10).check().expect("possible");
        insta::assert_snapshot!(notes.join("\n"), @"note: the request engine simulates up to 86,400,000,000 requests, which takes about 4h 48m of one core; do less");
        let long = Size {
            runs: 65_535e3,
            extent: Extent {
                held_requests: 1e9,
                pod_readings: 2e12,
                ..Extent::default()
            },
            ..Size::default()
        };
        insta::assert_snapshot!(long.check().expect("possible").join("\n"), @"
        note: 65,535,000 simulations
        note: up to 1,000,000,000 requests are held in memory at once (100 GB); a shorter workload.timeout or fewer retries take less
        note: scrapes and syncs read up to 2,000,000,000,000 pods, which takes minutes or more; a lower hpa.maxReplicas takes less
        ");
    }

    #[test]
    fn what_cannot_end_is_refused_with_its_number_and_a_remedy() {
        let refused = |size: Size| size.check().expect_err("too much").to_string();
        insta::assert_snapshot!(refused(of_requests(8.64e16)), @"the request engine would simulate about 86,400,000,000,000,000 requests, which takes 200000d 0h of one core; hpasim simulates at most 10,000,000,000,000; do less");
        insta::assert_snapshot!(refused(Size { rows_held: 1e8, ..Size::default() }), @"100,000,000 rows do not fit in memory; one process computes at most 20,000,000; divide the sweep with --shard, take greater steps, or draw fewer with --samples");
        insta::assert_snapshot!(refused(Size { curves_held: 1e6, ..Size::default() }), @"the curves of 1,000,000 simulations do not fit in memory (86 GB); use --plot none, or fewer --seeds");
        let of_metrics = |metrics_held: f64| Size {
            curves_held: 5e4,
            metrics_held,
            ..Size::default()
        };
        assert!(of_metrics(5e4).check().is_ok());
        assert!(of_metrics(50.0 * 5e4).check().is_err());
    }
}
