//! The judge of the SLO: which intervals broke it.
//!
//! The KPIs and the timeline both ask this one judge. Under the request engine a shaded second of
//! the plot is a counted second of `slo_violation_seconds`. Under the fluid engine an interval breaks
//! the SLO with a probability: the KPI adds up the probabilities, and the plot shades where it is
//! above one half.

use crate::cluster::stationary::StationaryLatency;
use crate::scenario::Slo;
use crate::simulation::observer::{FailureCauses, FlowSegment, INTERVAL, RequestSegment};
use crate::units::{SimSpan, SimTime};

/// Delays closer than this, in seconds, are one delay: a change between them is a rounding error.
pub(super) const SAME_DELAY_SECONDS: f64 = 1e-9;

/// The requests of a stretch of time: offered, answered, failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Offered.
    pub offered: f64,
    /// Answered in time.
    pub succeeded: f64,
    /// Failed, whatever the cause.
    pub failed: f64,
    /// Of those that succeeded, slower than the SLO's limit.
    pub beyond_limit: f64,
    /// Of those offered, the requests in stretches that do not say how likely they break the SLO. All of them, if they were counted.
    pub certain: f64,
    /// The sum of these chances over the requests that succeeded in the other stretches.
    pub chances: f64,
}

impl Tally {
    /// Adds another stretch.
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.beyond_limit += other.beyond_limit;
        self.certain += other.certain;
        self.chances += other.chances;
    }
}

/// Decides whether a stretch of time broke the SLO.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SloJudge {
    limit: SimSpan,
    /// For flow; `None` where the clients give up first: nothing that succeeds takes longer.
    limit_seconds: Option<f64>,
    tail_share: f64,
    error_rate: f64,
}

impl SloJudge {
    /// The judge of `slo` for requests whose clients wait as long as `timeout`.
    ///
    /// Where the limit is no shorter than that, failures alone break the SLO:
    /// what succeeds takes at most `timeout`, as in every latency that is reported.
    #[must_use]
    pub fn new(slo: &Slo, timeout: SimSpan) -> Self {
        Self {
            limit: slo.latency_limit,
            limit_seconds: (slo.latency_limit < timeout).then(|| slo.latency_limit.as_secs_f64()),
            tail_share: 1.0 - slo.latency_quantile,
            error_rate: slo.error_rate,
        }
    }

    /// Whether what `tally` counts broke the SLO, or broke it more likely than not.
    #[must_use]
    pub fn is_broken(&self, tally: &Tally) -> bool {
        is_likely(self.chance_broken(tally))
    }

    /// The probability that what `tally` counts broke the SLO: 0 or 1 if the requests were counted.
    ///
    /// The SLO is broken if more than `1 - quantile` of the succeeded requests took longer than the
    /// limit (the quantile is then above the limit), or if failed / offered exceeds the error rate.
    /// Without offered requests nothing was promised.
    #[must_use]
    pub fn chance_broken(&self, tally: &Tally) -> f64 {
        if tally.offered <= 0.0 {
            0.0
        } else if tally.certain <= 0.0 {
            self.chance_of_flow(tally)
        } else if tally.failed > self.error_rate * tally.offered {
            1.0
        } else {
            let is_slow = tally.beyond_limit > self.tail_share * tally.succeeded;
            if is_slow { 1.0 } else { 0.0 }
        }
    }

    /// The probability that a steady flow breaks the SLO. Without a request in the interval nothing
    /// is broken.
    fn chance_of_flow(&self, tally: &Tally) -> f64 {
        let chance_of_any = 1.0 - (-tally.offered).exp();
        if tally.failed > self.error_rate * tally.offered {
            chance_of_any
        } else if tally.succeeded > 0.0 {
            (tally.chances / tally.succeeded).min(chance_of_any)
        } else {
            0.0
        }
    }

    /// The share of requests that the SLO allows to be bad: failed, or slower than its limit.
    ///
    /// A stretch that keeps the SLO has at most `error_rate` failures, and at most `1 - quantile` of the others are slow. So
    /// `1 - quantile * (1 - error_rate)` is the greatest share of bad requests in a run that never breaks the SLO.
    #[must_use]
    pub fn allowed_bad_share(&self) -> f64 {
        1.0 - (1.0 - self.tail_share) * (1.0 - self.error_rate)
    }

    /// Whether a request that was answered after `latency` took longer than the SLO's limit.
    #[inline]
    #[must_use]
    pub fn is_beyond_limit(&self, latency: SimSpan) -> bool {
        latency > self.limit
    }

    /// The requests from `from` to `to`, both within `segment`.
    ///
    /// Requests that failed all at once at the segment's start count where `from` is that start.
    #[must_use]
    pub fn tally(&self, segment: &FlowSegment, from: SimTime, to: SimTime) -> Tally {
        self.tally_with(
            self.share_beyond_limit(segment, from, to),
            segment,
            from,
            to,
        )
    }

    /// The share of the requests that succeed from `from` to `to` and take longer than the limit.
    fn share_beyond_limit(&self, segment: &FlowSegment, from: SimTime, to: SimTime) -> f64 {
        match self.limit_seconds {
            Some(limit) if segment.succeeded_rps > 0.0 => mean_share_beyond(
                &segment.latency,
                limit,
                delay_at(segment, from),
                delay_at(segment, to),
            ),
            _ => 0.0,
        }
    }

    /// The requests from `from` to `to`, of which this share takes longer than the limit.
    fn tally_with(&self, share: f64, segment: &FlowSegment, from: SimTime, to: SimTime) -> Tally {
        let seconds = (to - from).as_secs_f64();
        let succeeded = segment.succeeded_rps * seconds;
        let at_once = if from == segment.start {
            segment.failed_at_start.total()
        } else {
            0.0
        };
        let chance = segment.slo_chance;
        let offered = segment.offered_rps * seconds;
        Tally {
            offered,
            succeeded,
            failed: segment.failed_rps.total() * seconds + at_once,
            beyond_limit: succeeded * share,
            certain: if chance.is_some() { 0.0 } else { offered },
            chances: succeeded * chance.unwrap_or_default(),
        }
    }
}

/// Whether an interval counts as broken where one verdict is asked: in the timeline and in pictures.
fn is_likely(chance: f64) -> bool {
    chance > 0.5
}

/// The verdict on a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SloVerdict {
    /// It was kept, or nothing was promised.
    Kept,
    /// It was broken.
    Broken,
}

/// What was counted in `segment`, of whose succeeded requests `beyond_limit` took longer than the limit.
pub(super) fn counted(segment: &RequestSegment, beyond_limit: u64) -> Tally {
    Tally {
        offered: segment.offered as f64,
        succeeded: segment.succeeded as f64,
        failed: segment.failed.total(),
        beyond_limit: beyond_limit as f64,
        certain: segment.offered as f64,
        chances: 0.0,
    }
}

/// Adds up the intervals of [`INTERVAL`] that broke the SLO, segment by segment; of flow, each with its probability.
#[derive(Clone, Copy, Debug)]
pub struct SloClock {
    judge: SloJudge,
    open: Tally,
    open_start: SimTime,
    broken_seconds: f64,
    /// Requests that succeeded and took longer than the limit.
    beyond_limit: f64,
}

impl SloClock {
    /// A clock that starts at time zero; `timeout` as for [`SloJudge::new`].
    #[must_use]
    pub fn new(slo: &Slo, timeout: SimSpan) -> Self {
        Self {
            judge: SloJudge::new(slo, timeout),
            open: Tally::default(),
            open_start: SimTime::ZERO,
            broken_seconds: 0.0,
            beyond_limit: 0.0,
        }
    }

    /// The same clock, with `start` as the first instant that counts. It is a multiple of [`INTERVAL`].
    #[must_use]
    pub const fn starting_at(mut self, start: SimTime) -> Self {
        self.open_start = start;
        self
    }

    /// Requests so far that succeeded and took longer than the SLO's limit.
    #[must_use]
    pub const fn beyond_limit(&self) -> f64 {
        self.beyond_limit
    }

    /// Its judge.
    #[must_use]
    pub const fn judge(&self) -> &SloJudge {
        &self.judge
    }

    /// Adds the next segment.
    pub fn flowed(&mut self, segment: &FlowSegment) {
        let judge = self.judge;
        let share = |from, to| judge.share_beyond_limit(segment, from, to);
        // All parts of an even segment have the same latency.
        let even_share = is_steady(segment).then(|| share(segment.start, segment.end));
        let tally = |from, to| {
            let share = even_share.unwrap_or_else(|| share(from, to));
            judge.tally_with(share, segment, from, to)
        };
        let mut from = segment.start;
        while from < segment.end {
            let boundary = interval_end(from);
            let on_grid = from + INTERVAL == boundary;
            // From the second interval on an even segment repeats itself: judged once, counted often.
            if on_grid && !has_news_at(segment, from) {
                let whole = (segment.end - from).as_nanos() / INTERVAL.as_nanos();
                if whole > 0 {
                    let tally = tally(from, boundary);
                    let length = (INTERVAL * whole).as_secs_f64();
                    self.broken_seconds += self.judge.chance_broken(&tally) * length;
                    self.beyond_limit += tally.beyond_limit * whole as f64;
                    from += INTERVAL * whole;
                    self.open_start = from;
                    continue;
                }
            }
            let to = boundary.min(segment.end);
            self.add(&tally(from, to));
            if to == boundary {
                self.close(boundary);
            }
            from = to;
        }
    }

    /// Takes in what the next segment, which lies within one interval, counted; the verdict where the interval is over.
    pub fn served(&mut self, end: SimTime, tally: &Tally) -> Option<SloVerdict> {
        self.add(tally);
        (interval_end(self.open_start) <= end).then(|| self.close(end))
    }

    /// The seconds of the intervals that broke the SLO until `end`, the run's end; the last interval may be shorter than the
    /// others. Of flow it is the expected number.
    #[must_use]
    pub fn finish(mut self, end: SimTime) -> f64 {
        if end > self.open_start {
            self.close(end);
        }
        self.broken_seconds
    }

    /// Adds requests to the open interval.
    fn add(&mut self, tally: &Tally) {
        self.open.add(tally);
        self.beyond_limit += tally.beyond_limit;
    }

    /// Judges the open interval, and begins the next.
    fn close(&mut self, end: SimTime) -> SloVerdict {
        let chance = self.judge.chance_broken(&self.open);
        self.broken_seconds += chance * (end - self.open_start).as_secs_f64();
        let verdict = if is_likely(chance) {
            SloVerdict::Broken
        } else {
            SloVerdict::Kept
        };
        self.open = Tally::default();
        self.open_start = end;
        verdict
    }
}

/// Whether the interval that begins at `from` differs from the segment's later ones.
fn has_news_at(segment: &FlowSegment, from: SimTime) -> bool {
    (from == segment.start && segment.failed_at_start.total() > 0.0) || !is_steady(segment)
}

/// Whether the backlog's delay is constant in the segment.
pub(super) fn is_steady(segment: &FlowSegment) -> bool {
    (segment.backlog_delay_end_seconds - segment.backlog_delay_start_seconds).abs()
        <= SAME_DELAY_SECONDS
}

/// The end of the interval that holds `time`: the next multiple of [`INTERVAL`] after it.
pub(super) fn interval_end(time: SimTime) -> SimTime {
    let length = INTERVAL.as_nanos();
    SimTime::from_nanos((time.as_nanos().div_euclid(length) + 1) * length)
}

/// The backlog's delay at `time` within `segment`, in seconds: it changes linearly.
pub(super) fn delay_at(segment: &FlowSegment, time: SimTime) -> f64 {
    let (first, last) = (
        segment.backlog_delay_start_seconds,
        segment.backlog_delay_end_seconds,
    );
    if is_steady(segment) {
        return first;
    }
    let length = (segment.end - segment.start).as_nanos() as f64;
    let passed = (time - segment.start).as_nanos() as f64;
    first + (last - first) * (passed / length)
}

/// The part of `segment` from `from` on, an instant within it. What failed all at once at the segment's start is not in it.
pub(super) fn part_from(segment: &FlowSegment, from: SimTime) -> FlowSegment {
    let length = (segment.end - segment.start).as_nanos() as f64;
    let passed = (from - segment.start).as_nanos() as f64 / length;
    let backlog_change = segment.backlog_end - segment.backlog_start;
    FlowSegment {
        start: from,
        failed_at_start: FailureCauses::default(),
        backlog_start: segment.backlog_start + backlog_change * passed,
        backlog_delay_start_seconds: delay_at(segment, from),
        ..*segment
    }
}

/// The first instant at or after `time` at which an interval begins.
pub(super) fn interval_start(time: SimTime) -> SimTime {
    interval_end(SimTime::from_nanos(time.as_nanos() - 1))
}

/// Share of requests that take longer than `seconds` while the backlog's delay goes linearly from `first` to `last` (seconds).
///
/// The mean of [`StationaryLatency::share_beyond`] over the stretch, in closed form.
pub(super) fn mean_share_beyond(
    latency: &StationaryLatency,
    seconds: f64,
    first: f64,
    last: f64,
) -> f64 {
    let (low, high) = (first.min(last), first.max(last));
    let width = high - low;
    // Below a millionth of the latency the difference of integrals would lose more than the midpoint does.
    if width <= SAME_DELAY_SECONDS || width <= 1e-6 * latency.mean() {
        return latency.share_beyond(seconds, low + width / 2.0);
    }
    let late = latency.integral_beyond(seconds - high) - latency.integral_beyond(seconds - low);
    late / width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::even_segment;
    use proptest::prelude::*;

    const TIMEOUT: SimSpan = SimSpan::from_secs(10);

    fn slo() -> Slo {
        Slo {
            latency_quantile: 0.95,
            latency_limit: SimSpan::from_millis(500),
            error_rate: 0.01,
        }
    }

    fn near(seconds: f64, expected: f64) -> bool {
        (seconds - expected).abs() < 1e-9
    }

    fn seconds(value: f64) -> SimTime {
        SimTime::from_secs_f64(value)
    }

    #[test]
    fn an_interval_without_requests_breaks_nothing() {
        let judge = SloJudge::new(&slo(), TIMEOUT);
        let tally = Tally {
            failed: 3.0,
            ..Tally::default()
        };
        assert!(!judge.is_broken(&tally));
    }

    #[test]
    fn a_share_of_failures_just_above_the_rate_breaks_it() {
        let judge = SloJudge::new(&slo(), TIMEOUT);
        let at_the_rate = Tally {
            certain: 100.0,
            offered: 100.0,
            succeeded: 99.0,
            failed: 1.0,
            ..Tally::default()
        };
        assert!(!judge.is_broken(&at_the_rate));
        let above = Tally {
            failed: 1.01,
            ..at_the_rate
        };
        assert!(judge.is_broken(&above));
    }

    #[test]
    fn nothing_that_succeeds_is_beyond_a_limit_at_or_above_the_clients_timeout() {
        let mut segment = even_segment(0.0, 5.0);
        segment.latency = StationaryLatency::constant_and_exponential(0.05, 0.9, 0.4);
        let broken_with_timeout = |milliseconds: i64| {
            let mut clock = SloClock::new(&slo(), SimSpan::from_millis(milliseconds));
            clock.flowed(&segment);
            clock.finish(seconds(5.0))
        };
        assert!(near(broken_with_timeout(501), 5.0));
        assert!(near(broken_with_timeout(500), 0.0));
        assert!(near(broken_with_timeout(300), 0.0));
    }

    #[test]
    fn failures_break_an_slo_whose_limit_is_above_the_clients_timeout() {
        let mut clock = SloClock::new(&slo(), SimSpan::from_millis(100));
        let mut segment = even_segment(0.0, 5.0);
        segment.failed_rps.timed_out = 5.0;
        clock.flowed(&segment);
        assert!(near(clock.finish(seconds(5.0)), 5.0));
    }

    #[test]
    fn the_mean_share_is_the_integral() {
        let latency = StationaryLatency::constant_and_exponential(0.05, 0.9, 0.2);
        for (first, last) in [(0.0, 0.3), (0.6, 0.1), (0.4, 0.7), (0.2, 0.2)] {
            let steps = 20_000;
            let sum: f64 = (0..steps)
                .map(|step| {
                    let part = (f64::from(step) + 0.5) / f64::from(steps);
                    latency.share_beyond(0.5, first + (last - first) * part)
                })
                .sum();
            let mean = mean_share_beyond(&latency, 0.5, first, last);
            assert!(
                (mean - sum / f64::from(steps)).abs() < 1e-4,
                "{first} to {last}: {mean}"
            );
        }
    }

    #[test]
    fn broken_intervals_count_whole_and_the_last_one_as_long_as_it_is() {
        let mut clock = SloClock::new(&slo(), TIMEOUT);
        let mut segment = even_segment(0.0, 12.0);
        segment.succeeded_rps = 5.0;
        segment.failed_rps.timed_out = 5.0;
        clock.flowed(&segment);
        assert!(near(clock.finish(seconds(12.0)), 12.0));
    }

    #[test]
    fn steady_flow_breaks_the_slo_as_often_as_its_chance_says() {
        let mut clock = SloClock::new(&slo(), TIMEOUT);
        let mut segment = even_segment(0.0, 600.0);
        segment.slo_chance = Some(0.2);
        clock.flowed(&segment);
        // Failures above the error rate break every interval.
        let mut failing = even_segment(600.0, 700.0);
        failing.slo_chance = Some(0.2);
        failing.failed_rps.timed_out = 1.0;
        clock.flowed(&failing);
        // A backlog decides by its delay.
        let mut delayed = even_segment(700.0, 800.0);
        delayed.backlog_delay_start_seconds = 1.0;
        delayed.backlog_delay_end_seconds = 1.0;
        clock.flowed(&delayed);
        assert!(near(clock.finish(seconds(800.0)), 0.2 * 600.0 + 200.0));
    }

    #[test]
    fn failures_all_at_once_break_one_interval() {
        let mut clock = SloClock::new(&slo(), TIMEOUT);
        clock.flowed(&even_segment(0.0, 7.0));
        let mut segment = even_segment(7.0, 60.0);
        segment.failed_at_start.pod_gone = 8.0;
        clock.flowed(&segment);
        assert!(near(clock.finish(seconds(60.0)), 5.0));
    }

    proptest! {
        /// So a run that never breaks the SLO has at most this share of bad requests.
        #[test]
        fn a_stretch_that_keeps_the_slo_is_within_its_error_budget(
            failed_share in 0.0_f64..0.03,
            late_share in 0.0_f64..0.1,
            waiting in 0.0_f64..50.0,
        ) {
            let judge = SloJudge::new(&slo(), TIMEOUT);
            let offered = 100.0;
            let failed = failed_share * offered;
            let succeeded = (offered - failed - waiting).max(0.0);
            let beyond_limit = late_share * succeeded;
            let tally = Tally { offered, succeeded, failed, beyond_limit, certain: offered, ..Tally::default() };
            let bad_share = (failed + beyond_limit) / offered;
            prop_assert!(judge.is_broken(&tally) || bad_share <= judge.allowed_bad_share() + 1e-12);
        }

        /// Whole intervals in bulk give the same result as every interval by itself.
        #[test]
        fn bulk_is_the_sum_of_its_intervals(
            cuts in prop::collection::vec(0.1_f64..40.0, 1..12),
            failed in prop::collection::vec(0.0_f64..0.4, 12),
            delays in prop::collection::vec(0.0_f64..0.6, 13),
        ) {
            let mut clock = SloClock::new(&slo(), TIMEOUT);
            let mut fine = SloClock::new(&slo(), TIMEOUT);
            let mut start = 0.0;
            for (index, length) in cuts.iter().enumerate() {
                let mut segment = even_segment(start, start + length);
                segment.failed_rps.timed_out = failed[index];
                segment.succeeded_rps -= failed[index];
                if index % 2 == 0 {
                    segment.backlog_delay_start_seconds = delays[index];
                    segment.backlog_delay_end_seconds = delays[index + 1];
                }
                clock.flowed(&segment);
                let mut from = segment.start;
                while from < segment.end {
                    let to = interval_end(from).min(segment.end);
                    let piece = FlowSegment {
                        start: from,
                        end: to,
                        backlog_delay_start_seconds: delay_at(&segment, from),
                        backlog_delay_end_seconds: delay_at(&segment, to),
                        ..segment
                    };
                    fine.flowed(&piece);
                    from = to;
                }
                start += length;
            }
            prop_assert!(near(clock.finish(seconds(start)), fine.finish(seconds(start))));
        }
    }
}
