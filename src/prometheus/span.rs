//! A span of time at even steps, and the pieces in which a server answers it.

/// The most points of one piece. Prometheus refuses more than 11,000 a series (`QueryRange` in `web/api/v1/api.go`).
pub const POINTS_MAX: u64 = 10_000;

/// Even steps from the first to the last, both included, in seconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSpan {
    /// The first step.
    pub start: i64,
    /// The last step.
    pub end: i64,
    /// The seconds between two steps, at least 1.
    pub step: u32,
}

impl StepSpan {
    /// The steps at whole multiples of `step` within a span. Caches of Mimir, Thanos and VictoriaMetrics serve only such steps.
    #[must_use]
    pub fn within(from: i64, to: i64, step: u32) -> Self {
        let step = step.max(1);
        let seconds = i64::from(step);
        Self {
            start: (from + seconds - 1).div_euclid(seconds) * seconds,
            end: to.div_euclid(seconds) * seconds,
            step,
        }
    }

    /// A single moment.
    #[must_use]
    pub fn at(moment: i64) -> Self {
        Self {
            start: moment,
            end: moment,
            step: 1,
        }
    }

    /// How many steps it has.
    #[must_use]
    pub fn points(&self) -> u64 {
        let seconds = (self.end - self.start).max(-1);
        u64::try_from(seconds.div_euclid(i64::from(self.step)) + 1).unwrap_or(0)
    }

    /// The span in pieces of at most [`POINTS_MAX`] steps, without a step twice.
    pub fn pieces(self) -> impl Iterator<Item = Self> {
        let seconds = i64::from(self.step);
        let length = seconds * i64::try_from(POINTS_MAX).unwrap_or(i64::MAX);
        (0..self.points().div_ceil(POINTS_MAX)).map(move |piece| {
            let start = self.start + length * i64::try_from(piece).unwrap_or(i64::MAX);
            Self {
                start,
                end: self.end.min(start + length - seconds),
                step: self.step,
            }
        })
    }

    /// The time of each step.
    pub fn times(self) -> impl Iterator<Item = i64> {
        (0..self.points()).map(move |step| {
            self.start + i64::from(self.step) * i64::try_from(step).unwrap_or(i64::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_and_ends_at_multiples_of_its_step() {
        let span = StepSpan::within(1_001, 1_044, 15);
        assert_eq!((span.start, span.end, span.points()), (1_005, 1_035, 3));
        assert_eq!(StepSpan::within(1_001, 1_004, 15).points(), 0);
        assert_eq!(StepSpan::at(7).points(), 1);
    }

    #[test]
    fn pieces_hold_every_step_once_and_none_has_more_than_a_server_answers() {
        for steps in [1, 9_999, 10_000, 10_001, 30_000, 34_561] {
            let span = StepSpan {
                start: 0,
                end: (steps - 1) * 5,
                step: 5,
            };
            let pieces: Vec<StepSpan> = span.pieces().collect();
            let times: Vec<i64> = pieces.iter().flat_map(|it| it.times()).collect();
            assert_eq!(times, span.times().collect::<Vec<_>>(), "{steps} steps");
            assert!(
                pieces.iter().all(|it| it.points() <= POINTS_MAX),
                "{steps} steps"
            );
        }
    }
}
