//! The judged time of a recorded day, and the times before it.

use super::RecordedDay;
use crate::scenario::clock::{TraceClock, TraceMoment};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::units::{SimSpan, SimTime};

/// The part of a recorded day that is judged if the recording is longer: the last day.
const JUDGED: SimSpan = SimSpan::from_secs(86_400);
/// How long before the judged time the calibration begins by default.
const CALIBRATED: SimSpan = SimSpan::from_secs(86_400);

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgedRequest {
    /// `--from`.
    pub from: Option<TraceMoment>,
    /// `--to`.
    pub to: Option<TraceMoment>,
    /// `--calibrate-from`.
    pub calibrate_from: Option<TraceMoment>,
}

/// A trace's times that a recorded day is compared at; all are counted from the start of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedSpan {
    /// The time of the first recorded row.
    pub recorded_start: SimTime,
    /// The start of the time from which the cost of a request comes; at most `from`.
    pub calibrate_from: SimTime,
    /// The start of the simulation; at most `from`.
    pub simulate_from: SimTime,
    /// The start of the judged time.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
}

impl JudgedSpan {
    /// The times of `day` beside a trace that has this clock and this end. The simulation begins `lead_in` before the judged time, as
    /// far as the trace reaches.
    ///
    /// # Errors
    /// Trace and recording have no time in common, or not the time that is asked for.
    pub fn of(
        request: JudgedRequest,
        day: &RecordedDay,
        (trace_clock, trace_end): (Option<&TraceClock>, SimTime),
        lead_in: SimSpan,
    ) -> Result<Self, Diagnostic> {
        let recorded_start = recorded_start(day, trace_clock);
        let shown = |time: SimTime| match trace_clock {
            Some(clock) => clock.rfc3339(time),
            None => time.to_string(),
        };
        let fault = |message: String, help: String| Diagnostic {
            code: Code::RecordedTimes,
            message,
            place: None,
            help,
        };
        let recorded_end = recorded_start + (day.end() - SimTime::ZERO);
        let (start, end) = (
            recorded_start.max(SimTime::ZERO),
            recorded_end.min(trace_end),
        );
        if start >= end {
            return Err(fault(
                "the recording and the traffic have no time in common".to_owned(),
                format!(
                    "the recording runs from {} to {}, the traffic from {} to {}; export both for the same time",
                    shown(recorded_start),
                    shown(recorded_end),
                    shown(SimTime::ZERO),
                    shown(trace_end)
                ),
            ));
        }
        let both = format!("both files cover {} to {}", shown(start), shown(end));
        let at = |flag: &str, moment: Option<TraceMoment>, earliest: SimTime| {
            let Some(moment) = moment else {
                return Ok(None);
            };
            let time = moment.since_start(flag, trace_clock, earliest)?;
            if (start..=end).contains(&time) {
                return Ok(Some(time));
            }
            let message = format!("`{flag} {moment}` is outside the recording");
            Err(fault(message, both.clone()))
        };
        let from = at("--from", request.from, start)?;
        let to = at("--to", request.to, from.unwrap_or(start))?.unwrap_or(end);
        let from = match from {
            Some(from) => from,
            None if to - start > JUDGED + lead_in => to - JUDGED,
            None if recorded_start > SimTime::ZERO => start.max(SimTime::ZERO + lead_in),
            None => start + lead_in,
        };
        if from >= to {
            return Err(fault(
                format!(
                    "no time is left to judge: the windows of the autoscaler take {lead_in} to fill"
                ),
                format!("record a longer time, or judge all with --from; {both}"),
            ));
        }
        let calibrate_from = at("--calibrate-from", request.calibrate_from, start)?;
        if let Some(calibrate_from) = calibrate_from
            && calibrate_from >= from
        {
            return Err(fault(
                "`--calibrate-from` is not before the judged time".to_owned(),
                format!("the judged time begins at {}", shown(from)),
            ));
        }
        Ok(Self {
            recorded_start,
            calibrate_from: calibrate_from
                .unwrap_or_else(|| start.max(from - CALIBRATED))
                .min(from),
            simulate_from: SimTime::ZERO.max(from - lead_in),
            from,
            to,
        })
    }
}

/// When the recording begins, since the start of the trace: by the dates, if both have one.
fn recorded_start(day: &RecordedDay, trace_clock: Option<&TraceClock>) -> SimTime {
    match (day.origin_nanos, trace_clock) {
        (Some(nanos), Some(clock)) => {
            let moment = TraceMoment::At(nanos);
            let start = moment.since_start("timestamp", Some(clock), SimTime::ZERO);
            start.unwrap_or(SimTime::ZERO)
        }
        _ => SimTime::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::recorded::RecordedRow;

    const LEAD_IN: SimSpan = SimSpan::from_secs(600);

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    /// A recording of so many minutes, a row each, that begins at `origin_seconds` of the epoch.
    fn day(minutes: u32, origin_seconds: Option<i64>) -> RecordedDay {
        let row = |minute: u32| RecordedRow::at(at(60.0 * f64::from(minute)));
        RecordedDay {
            origin_nanos: origin_seconds.map(|seconds| seconds * 1_000_000_000),
            rows: (0..minutes).map(row).collect(),
            warnings: Vec::new(),
        }
    }

    fn span(
        request: JudgedRequest,
        day: &RecordedDay,
        trace_end: f64,
    ) -> Result<JudgedSpan, String> {
        let clock = TraceClock::starting_at(0, None).expect("a date");
        JudgedSpan::of(request, day, (Some(&clock), at(trace_end)), LEAD_IN)
            .map_err(|fault| format!("{fault}; {}", fault.help))
    }

    fn moment(text: &str) -> Option<TraceMoment> {
        Some(TraceMoment::parse(text).expect("a moment"))
    }

    #[test]
    fn of_two_days_the_second_is_judged_and_the_first_calibrates() {
        let found = span(JudgedRequest::default(), &day(2880, Some(0)), 172_800.0);
        let expected = JudgedSpan {
            recorded_start: SimTime::ZERO,
            calibrate_from: SimTime::ZERO,
            simulate_from: at(85_800.0),
            from: at(86_400.0),
            to: at(172_800.0),
        };
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn of_one_day_what_fills_the_windows_is_not_judged() {
        let found = span(JudgedRequest::default(), &day(1440, None), 86_400.0).expect("a span");
        assert_eq!(
            (found.simulate_from, found.from),
            (SimTime::ZERO, at(600.0))
        );
        let asked = JudgedRequest {
            from: moment("0s"),
            ..JudgedRequest::default()
        };
        let found = span(asked, &day(1440, None), 86_400.0).expect("a span");
        assert_eq!(found.from, SimTime::ZERO);
    }

    #[test]
    fn dates_place_the_recording_in_the_traffic() {
        let asked = JudgedRequest {
            from: moment("00:30"),
            to: moment("01:00"),
            calibrate_from: moment("00:10"),
        };
        let found = span(asked, &day(60, Some(300)), 86_400.0).expect("a span");
        let expected = JudgedSpan {
            recorded_start: at(300.0),
            calibrate_from: at(600.0),
            simulate_from: at(1200.0),
            from: at(1800.0),
            to: at(3600.0),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_time_that_is_not_there_is_refused_with_what_is() {
        let refused = |request, day: &RecordedDay| span(request, day, 3600.0).expect_err("a fault");
        insta::assert_snapshot!(refused(JudgedRequest::default(), &day(60, Some(7200))), @"E0049: the recording and the traffic have no time in common; the recording runs from 1970-01-01T02:00:00Z to 1970-01-01T03:00:00Z, the traffic from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z; export both for the same time");
        insta::assert_snapshot!(refused(JudgedRequest::default(), &day(8, Some(0))), @"E0049: no time is left to judge: the windows of the autoscaler take 10m to fill; record a longer time, or judge all with --from; both files cover 1970-01-01T00:00:00Z to 1970-01-01T00:08:00Z");
        let late = JudgedRequest {
            to: moment("2h"),
            ..JudgedRequest::default()
        };
        insta::assert_snapshot!(refused(late, &day(60, Some(0))), @"E0049: `--to 2h` is outside the recording; both files cover 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z");
        let after = JudgedRequest {
            calibrate_from: moment("50m"),
            from: moment("30m"),
            to: None,
        };
        insta::assert_snapshot!(refused(after, &day(60, Some(0))), @"E0049: `--calibrate-from` is not before the judged time; the judged time begins at 1970-01-01T00:30:00Z");
    }
}
