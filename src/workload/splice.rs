//! A change of a trace's load over a stretch of time: "my Tuesday, with Black Friday in it".

use std::fmt;

use super::trace::Trace;
use crate::units::{SimSpan, SimTime};

/// The rows of a rise or a fall.
const RAMP_ROWS: i64 = 20;
/// The shortest of these rows.
const RAMP_ROW_LEAST: SimSpan = SimSpan::from_secs(1);

/// A change of load.
#[derive(Clone, Debug, PartialEq)]
pub struct Splice<'t> {
    /// When it begins.
    pub at: SimTime,
    /// How long it lasts, at least two ramps.
    pub over: SimSpan,
    /// How long it takes to rise to its full size, and to fall at its end. It rises evenly.
    pub ramp: SimSpan,
    /// What changes.
    pub change: LoadChange<'t>,
}

/// What happens to the load.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadChange<'t> {
    /// It is multiplied.
    Times(f64),
    /// The load of another trace comes on top of it, multiplied. Both have the same kind of demand.
    Plus {
        /// The other trace; its start is at [`Splice::at`].
        trace: &'t Trace,
        /// The factor.
        factor: f64,
    },
}

/// Why a trace cannot have a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpliceError {
    /// It begins at the end of the trace or later, or before its start.
    Outside {
        /// The length of the trace.
        end: SimSpan,
    },
    /// It ends after the trace.
    TooLong {
        /// The time that is left.
        most: SimSpan,
    },
    /// It is shorter than its rise and its fall.
    TooShort,
    /// The traces have different kinds of demand.
    OtherDemand,
}

impl fmt::Display for SpliceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside { end } => {
                write!(
                    f,
                    "the change begins outside of the trace, which lasts {end}"
                )
            }
            Self::TooLong { most } => write!(
                f,
                "the change would end after the trace, which lasts only {most} from there"
            ),
            Self::TooShort => f.write_str("the change is shorter than its rise and its fall"),
            Self::OtherDemand => {
                f.write_str("the two traces have different kinds of load, which cannot be added")
            }
        }
    }
}

impl std::error::Error for SpliceError {}

impl Splice<'_> {
    /// `trace` with this change. Further columns grow by the same factors as the load.
    ///
    /// # Errors
    /// The change does not fit into the trace, or into its own length.
    pub fn of(&self, trace: &Trace) -> Result<Trace, SpliceError> {
        self.check(trace)?;
        let changed = trace.with_load(self.times(), |time, load| {
            let weight = self.weight(time);
            match &self.change {
                LoadChange::Times(factor) => load * (1.0 + (factor - 1.0) * weight),
                LoadChange::Plus { trace, factor } if weight > 0.0 => {
                    let since = SimTime::ZERO + (time - self.at);
                    load + factor * weight * trace.load_at(since)
                }
                LoadChange::Plus { .. } => load,
            }
        });
        Ok(changed)
    }

    fn check(&self, trace: &Trace) -> Result<(), SpliceError> {
        let end = trace.end();
        if self.at < SimTime::ZERO || self.at >= end {
            return Err(SpliceError::Outside {
                end: end - SimTime::ZERO,
            });
        }
        if self.over > end - self.at {
            return Err(SpliceError::TooLong {
                most: end - self.at,
            });
        }
        if self.over < self.ramp * 2 || self.over == SimSpan::ZERO {
            return Err(SpliceError::TooShort);
        }
        match &self.change {
            LoadChange::Plus { trace: other, .. } if !other.demand.is_same_kind(&trace.demand) => {
                Err(SpliceError::OtherDemand)
            }
            _ => Ok(()),
        }
    }

    fn end(&self) -> SimTime {
        self.at + self.over
    }

    /// The times at which the load changes because of this.
    fn times(&self) -> Vec<SimTime> {
        let mut times = vec![self.at, self.end()];
        let step = SimSpan::from_nanos(self.ramp.as_nanos() / RAMP_ROWS).max(RAMP_ROW_LEAST);
        let mut passed = step;
        while passed <= self.ramp {
            times.push(self.at + passed);
            times.push(self.end() - passed);
            passed += step;
        }
        if let LoadChange::Plus { trace, .. } = &self.change {
            let added = trace
                .times
                .iter()
                .map(|time| self.at + (*time - SimTime::ZERO));
            times.extend(added.filter(|time| *time < self.end()));
        }
        times
    }

    /// The share of the change at `time`, from 0 outside to 1.
    fn weight(&self, time: SimTime) -> f64 {
        if time < self.at || time >= self.end() {
            return 0.0;
        }
        if self.ramp == SimSpan::ZERO {
            return 1.0;
        }
        let inside = (time - self.at).min(self.end() - time);
        (inside.as_secs_f64() / self.ramp.as_secs_f64()).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Demand, MetricColumn};

    fn at(seconds: i64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(seconds)
    }

    fn trace() -> Trace {
        Trace {
            times: vec![at(0), at(600), at(1200)],
            demand: Demand::RequestsPerSecond(vec![10.0, 20.0, 20.0]),
            columns: vec![MetricColumn {
                name: "queue".to_owned(),
                values: vec![1.0, 2.0, 2.0],
            }],
        }
    }

    fn times(factor: f64, from: i64, over: i64, ramp: i64) -> Splice<'static> {
        Splice {
            at: at(from),
            over: SimSpan::from_secs(over),
            ramp: SimSpan::from_secs(ramp),
            change: LoadChange::Times(factor),
        }
    }

    #[test]
    fn load_and_columns_are_multiplied_for_a_while() {
        let changed = times(5.0, 300, 600, 0).of(&trace()).expect("it fits");
        assert_eq!(
            changed,
            Trace {
                times: vec![at(0), at(300), at(600), at(900), at(1200)],
                demand: Demand::RequestsPerSecond(vec![10.0, 50.0, 100.0, 20.0, 20.0]),
                columns: vec![MetricColumn {
                    name: "queue".to_owned(),
                    values: vec![1.0, 5.0, 10.0, 2.0, 2.0],
                }],
            }
        );
    }

    #[test]
    fn a_ramp_rises_and_falls_within_the_change() {
        let changed = times(3.0, 100, 200, 20).of(&trace()).expect("it fits");
        for (time, load) in [
            (99, 10.0),
            (100, 10.0),
            (110, 20.0),
            (120, 30.0),
            (280, 30.0),
            (290, 20.0),
            (300, 10.0),
        ] {
            assert!((changed.load_at(at(time)) - load).abs() < 1e-9, "{time}");
        }
    }

    #[test]
    fn another_trace_comes_on_top() {
        let other = Trace {
            times: vec![at(0), at(60), at(120)],
            demand: Demand::RequestsPerSecond(vec![100.0, 40.0, 0.0]),
            columns: Vec::new(),
        };
        let splice = Splice {
            at: at(540),
            over: SimSpan::from_secs(120),
            ramp: SimSpan::ZERO,
            change: LoadChange::Plus {
                trace: &other,
                factor: 2.0,
            },
        };
        let changed = splice.of(&trace()).expect("it fits");
        for (time, load) in [
            (539, 10.0),
            (540, 210.0),
            (600, 100.0),
            (659, 100.0),
            (660, 20.0),
        ] {
            assert!((changed.load_at(at(time)) - load).abs() < 1e-9, "{time}");
        }
        let users = Trace {
            demand: Demand::Users(vec![1.0, 1.0, 1.0]),
            ..trace()
        };
        assert_eq!(splice.of(&users), Err(SpliceError::OtherDemand));
    }

    #[test]
    fn a_change_that_does_not_fit_is_refused() {
        let cases = [
            (
                times(2.0, 1200, 10, 0),
                SpliceError::Outside {
                    end: SimSpan::from_secs(1200),
                },
            ),
            (
                times(2.0, 1000, 300, 0),
                SpliceError::TooLong {
                    most: SimSpan::from_secs(200),
                },
            ),
            (times(2.0, 0, 30, 20), SpliceError::TooShort),
        ];
        for (splice, error) in cases {
            assert_eq!(splice.of(&trace()), Err(error));
        }
    }
}
