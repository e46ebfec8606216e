//! The clock time of a trace: the date of its start, and the time zone in which people read it.

use std::fmt;

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::diagnostic::Diagnostic;
use super::trace_cut::argument_fault;
use super::values::parse_duration;
use crate::units::{SimSpan, SimTime};

/// The date of time zero, and a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceClock {
    start: Timestamp,
    zone: TimeZone,
}

impl TraceClock {
    /// The clock of a trace that starts at `nanos` since 1970 UTC; `None` for a date that no calendar
    /// has. `offset_seconds` is the offset from UTC in which the recording wrote its dates.
    #[must_use]
    pub fn starting_at(nanos: i64, offset_seconds: Option<i32>) -> Option<Self> {
        let offset = Offset::from_seconds(offset_seconds.unwrap_or(0)).ok()?;
        Some(Self {
            start: Timestamp::from_nanosecond(i128::from(nanos)).ok()?,
            zone: if offset == Offset::UTC {
                TimeZone::UTC
            } else {
                TimeZone::fixed(offset)
            },
        })
    }

    /// The same clock, read in another time zone.
    #[must_use]
    pub fn in_zone(self, zone: &ClockZone) -> Self {
        Self {
            zone: zone.0.clone(),
            ..self
        }
    }

    /// The clock of the part that begins at `time`.
    #[must_use]
    pub fn from_time(&self, time: SimTime) -> Self {
        Self {
            start: self.instant(time),
            zone: self.zone.clone(),
        }
    }

    /// The date at `time`. Beyond the calendar's end it is that end.
    fn instant(&self, time: SimTime) -> Timestamp {
        let nanos = self
            .start
            .as_nanosecond()
            .saturating_add(i128::from(time.as_nanos()));
        Timestamp::from_nanosecond(nanos).unwrap_or(Timestamp::MAX)
    }

    /// Milliseconds since 1970 UTC at `time`.
    #[must_use]
    pub fn epoch_millis(&self, time: SimTime) -> i64 {
        self.instant(time).as_millisecond()
    }

    /// The local date and time at `time`.
    fn local(&self, time: SimTime) -> Zoned {
        self.instant(time).to_zoned(self.zone.clone())
    }

    /// RFC 3339 at `time`, with the offset of the zone: `2026-11-28T14:25:00+01:00`. A fraction of a
    /// second has as many digits as it needs.
    #[must_use]
    pub fn rfc3339(&self, time: SimTime) -> String {
        let local = self.local(time);
        let format = if self.zone == TimeZone::UTC {
            "%Y-%m-%dT%H:%M:%S%.fZ"
        } else {
            "%Y-%m-%dT%H:%M:%S%.f%:z"
        };
        local.strftime(format).to_string()
    }

    /// The time of day at `time`, as `14:25:00`.
    #[must_use]
    pub fn time_of_day(&self, time: SimTime) -> String {
        self.local(time).strftime("%H:%M:%S").to_string()
    }

    /// The day at `time`, as `2026-11-28`.
    #[must_use]
    pub fn day(&self, time: SimTime) -> String {
        self.local(time).strftime("%Y-%m-%d").to_string()
    }

    /// Seconds of the local day at `time`: 0 at midnight.
    #[must_use]
    pub fn seconds_of_day(&self, time: SimTime) -> f64 {
        let local = self.local(time).time();
        let whole = i32::from(local.hour()) * 3600
            + i32::from(local.minute()) * 60
            + i32::from(local.second());
        f64::from(whole) + f64::from(local.subsec_nanosecond()) / 1e9
    }

    /// The name of the zone: `UTC`, `Europe/Berlin`, `+02:00`.
    #[must_use]
    pub fn zone_name(&self) -> String {
        name_of(&self.zone, self.start)
    }

    /// The time since the start at a date in nanoseconds since 1970 UTC; `None` centuries away.
    fn since_start(&self, nanos: i128) -> Option<SimTime> {
        let since = nanos - self.start.as_nanosecond();
        i64::try_from(since).ok().map(SimTime::from_nanos)
    }

    /// The time since the start at a date in the clock's zone.
    fn since_date(&self, date: DateTime) -> Option<SimTime> {
        let moment = date.to_zoned(self.zone.clone()).ok()?;
        self.since_start(moment.timestamp().as_nanosecond())
    }

    /// The time since the start at the first moment, not before `earliest`, with this time of day.
    fn first_at(&self, time_of_day: Time, earliest: SimTime) -> Option<SimTime> {
        let earliest_local = self.local(earliest);
        let mut day = earliest_local.date();
        // On a day on which the clock is put forward, a time of day may not exist.
        for _ in 0..3 {
            let moment = day
                .to_datetime(time_of_day)
                .to_zoned(self.zone.clone())
                .ok()?;
            let since = self.since_start(moment.timestamp().as_nanosecond())?;
            if since >= earliest && moment.time() == time_of_day {
                return Some(since);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }
}

/// A time zone in which dates are read and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockZone(TimeZone);

impl ClockZone {
    /// Parses `UTC`, an offset such as `+02:00`, or a name of the IANA database such as
    /// `Europe/Berlin`.
    ///
    /// # Errors
    /// The remedy, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let zone = DateTimeParser::new().parse_time_zone(text).map_err(|_| {
            "write UTC, an offset such as +02:00, or a name such as Europe/Berlin".to_owned()
        })?;
        let offset = zone.to_fixed_offset();
        let is_utc = offset.is_ok_and(|offset| offset == Offset::UTC);
        Ok(Self(if is_utc { TimeZone::UTC } else { zone }))
    }

    /// The offset from UTC at `seconds` since 1970 UTC, in seconds; 0 for a date that no calendar has.
    #[must_use]
    pub fn offset_seconds_at(&self, seconds: f64) -> i32 {
        Timestamp::from_second(seconds as i64)
            .map_or(0, |instant| self.0.to_offset(instant).seconds())
    }
}

impl fmt::Display for ClockZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name_of(&self.0, Timestamp::UNIX_EPOCH))
    }
}

/// `UTC`, a name of the database, or the offset at `instant`.
fn name_of(zone: &TimeZone, instant: Timestamp) -> String {
    match zone.iana_name() {
        _ if *zone == TimeZone::UTC => "UTC".to_owned(),
        Some(name) => name.to_owned(),
        None => zone.to_offset(instant).to_string(),
    }
}

/// A time of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceMoment {
    /// The time since its start.
    After(SimSpan),
    /// A date, in nanoseconds since 1970 UTC.
    At(i64),
    /// A date in the time zone of the trace.
    On(DateTime),
    /// The first such time of day in the trace.
    TimeOfDay(Time),
}

/// What `--from` and `--to` accept, for messages.
const MOMENTS: &str = "a time of day such as 14:30, or a date such as 2026-01-31T12:00:00Z";

impl TraceMoment {
    /// Parses `90m`, `14:30`, `2026-01-31T12:00:00Z` and `2026-01-31 12:00`.
    ///
    /// # Errors
    /// The fault and the remedy, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(stamp) = text.parse::<Timestamp>() {
            return i64::try_from(stamp.as_nanosecond())
                .map(Self::At)
                .map_err(|_| "the date is out of range".to_owned());
        }
        if text.contains(':') || text.matches('-').count() == 2 {
            // The parser of times takes the time out of a date, so dates come first.
            let moment = text.parse().map(Self::On);
            return moment
                .or_else(|_| text.parse().map(Self::TimeOfDay))
                .map_err(|_| format!("write a duration such as 90m, {MOMENTS}"));
        }
        parse_duration(text)
            .map(Self::After)
            .map_err(|problem| format!("{problem} (or {MOMENTS})"))
    }

    /// The moment in nanoseconds since 1970 UTC, with a date in `zone` or else in UTC; `None` for a time without a date, or one
    /// that the zone does not have.
    #[must_use]
    pub fn epoch_nanos(self, zone: Option<&ClockZone>) -> Option<i64> {
        match self {
            Self::At(nanos) => Some(nanos),
            Self::On(date) => {
                let zone = zone.map_or(TimeZone::UTC, |zone| zone.0.clone());
                i64::try_from(date.to_zoned(zone).ok()?.timestamp().as_nanosecond()).ok()
            }
            Self::After(_) | Self::TimeOfDay(_) => None,
        }
    }

    /// The time since the start of a trace with this clock, for the argument `flag`. A time of day is
    /// the first one that is not before `earliest`.
    ///
    /// # Errors
    /// The trace has no dates, or the calendar has no such moment.
    pub fn since_start(
        self,
        flag: &str,
        clock: Option<&TraceClock>,
        earliest: SimTime,
    ) -> Result<SimTime, Diagnostic> {
        let clock = match (self, clock) {
            (Self::After(span), _) => return Ok(SimTime::ZERO + span),
            (_, Some(clock)) => clock,
            (_, None) => {
                return Err(self.refused(
                    flag,
                    format!("`{flag} {self}` needs a trace with dates, and this one has none"),
                    "write a time from its start, such as 90m",
                ));
            }
        };
        let found = match self {
            Self::After(span) => Some(SimTime::ZERO + span),
            Self::At(nanos) => clock.since_start(i128::from(nanos)),
            Self::On(date) => clock.since_date(date),
            Self::TimeOfDay(time) => clock.first_at(time, earliest),
        };
        found.ok_or_else(|| {
            self.refused(
                flag,
                format!("`{flag} {self}` is no time near the trace"),
                &format!("the trace begins at {}", clock.rfc3339(SimTime::ZERO)),
            )
        })
    }

    /// Refuses a moment by the clock that is outside of the trace, in the words of the clock.
    fn check_inside(
        self,
        flag: &str,
        time: SimTime,
        clock: Option<&TraceClock>,
        end: SimTime,
    ) -> Result<(), Diagnostic> {
        match (self, clock) {
            (Self::After(_), _) | (_, None) => Ok(()),
            (_, Some(_)) if (SimTime::ZERO..=end).contains(&time) => Ok(()),
            (_, Some(clock)) => Err(self.refused(
                flag,
                format!("`{flag} {self}` is outside the trace"),
                &format!(
                    "the trace runs from {} to {}",
                    clock.rfc3339(SimTime::ZERO),
                    clock.rfc3339(end)
                ),
            )),
        }
    }

    fn refused(self, flag: &str, message: String, help: &str) -> Diagnostic {
        argument_fault(&format!("{flag} {self}"), message, help.to_owned())
    }
}

/// The offset at the end of an RFC 3339 time.
pub(super) fn written_offset(text: &str) -> Option<i32> {
    if text.ends_with(['Z', 'z']) {
        return Some(0);
    }
    let tail = text.get(text.len().checked_sub(6)?..)?;
    offset_seconds(tail.as_bytes())
}

/// `-0400` or `-04:00` in seconds.
pub(super) fn offset_seconds(text: &[u8]) -> Option<i32> {
    let digits: Vec<i32> = text
        .get(1..)?
        .iter()
        .filter(|byte| **byte != b':')
        .map(|byte| byte.is_ascii_digit().then(|| i32::from(byte - b'0')))
        .collect::<Option<_>>()?;
    let [h1, h2, m1, m2] = digits[..] else {
        return None;
    };
    let seconds = (h1 * 10 + h2) * 3600 + (m1 * 10 + m2) * 60;
    match text[0] {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// `clock`, in `zone` if there is one.
pub(super) fn clock_in(clock: Option<TraceClock>, zone: Option<&ClockZone>) -> Option<TraceClock> {
    let clock = clock?;
    Some(match zone {
        None => clock,
        Some(zone) => clock.in_zone(zone),
    })
}

/// `--from` and `--to` since the start of a trace with this clock and end.
pub(super) fn part(
    from: Option<TraceMoment>,
    to: Option<TraceMoment>,
    clock: Option<&TraceClock>,
    end: SimTime,
) -> Result<(Option<SimTime>, Option<SimTime>), Diagnostic> {
    let since_start = |flag, moment: Option<TraceMoment>, earliest| {
        let inside = |moment: TraceMoment| {
            let time = moment.since_start(flag, clock, earliest)?;
            moment.check_inside(flag, time, clock, end)?;
            Ok(time)
        };
        moment.map(inside).transpose()
    };
    let from = since_start("--from", from, SimTime::ZERO)?;
    let to = since_start("--to", to, from.unwrap_or(SimTime::ZERO))?;
    Ok((from, to))
}

impl fmt::Display for TraceMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(span) => span.fmt(f),
            Self::At(nanos) => match Timestamp::from_nanosecond(i128::from(*nanos)) {
                Ok(stamp) => stamp.fmt(f),
                Err(_) => nanos.fmt(f),
            },
            Self::On(date) => date.fmt(f),
            Self::TimeOfDay(time) => {
                let text = time.to_string();
                f.write_str(text.strip_suffix(":00").unwrap_or(&text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-28T14:25:00Z.
    const START: i64 = 1_795_875_900_000_000_000;

    fn clock() -> TraceClock {
        TraceClock::starting_at(START, None).expect("a date")
    }

    fn in_zone(name: &str) -> TraceClock {
        clock().in_zone(&ClockZone::parse(name).expect("a zone"))
    }

    fn since_start(text: &str, clock: &TraceClock) -> Result<f64, String> {
        let moment = TraceMoment::parse(text)?;
        moment
            .since_start("--from", Some(clock), SimTime::ZERO)
            .map(SimTime::as_secs_f64)
            .map_err(|fault| fault.message)
    }

    #[test]
    fn a_time_with_a_date_keeps_its_date() {
        for text in ["2026-11-29T10:00", "2026-11-29 10:00:00"] {
            let moment = TraceMoment::parse(text).expect("a moment");
            assert!(matches!(moment, TraceMoment::On(_)), "{text}: {moment:?}");
            // The clock starts on the day before, at 14:25.
            assert_eq!(since_start(text, &clock()), Ok(70_500.0), "{text}");
        }
    }

    #[test]
    fn a_moment_is_an_elapsed_time_a_time_of_day_or_a_date() {
        let (utc, berlin) = (clock(), in_zone("Europe/Berlin"));
        let cases = [
            ("90m", &utc, 5400.0),
            ("14:30", &utc, 300.0),
            ("14:25:30", &utc, 30.0),
            // The first 14:00 is on the next day.
            ("14:00", &utc, 84_900.0),
            ("2026-11-28T14:26:00Z", &utc, 60.0),
            ("2026-11-28T15:26:00+01:00", &utc, 60.0),
            ("2026-11-28 14:26", &utc, 60.0),
            ("15:26", &berlin, 60.0),
            ("2026-11-28 15:26", &berlin, 60.0),
        ];
        for (text, clock, seconds) in cases {
            assert_eq!(since_start(text, clock), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn a_time_of_day_that_the_clock_skips_is_that_of_the_next_day() {
        // Europe/Berlin, 2026-03-29: 02:00 is followed by 03:00.
        let nanos = "2026-03-29T00:30:00Z".parse::<Timestamp>().expect("a date");
        let start = i64::try_from(nanos.as_nanosecond()).expect("in range");
        let clock = TraceClock::starting_at(start, None)
            .expect("a date")
            .in_zone(&ClockZone::parse("Europe/Berlin").expect("a zone"));
        assert_eq!(since_start("03:30", &clock), Ok(3600.0));
        assert_eq!(since_start("02:30", &clock), Ok(86_400.0));
    }

    #[test]
    fn a_trace_without_dates_has_no_time_of_day() {
        let moment = TraceMoment::parse("14:30").expect("a moment");
        let fault = moment
            .since_start("--from", None, SimTime::ZERO)
            .expect_err("no dates");
        assert_eq!(
            (fault.message.as_str(), fault.help.as_str()),
            (
                "`--from 14:30` needs a trace with dates, and this one has none",
                "write a time from its start, such as 90m"
            )
        );
    }

    #[test]
    fn a_wrong_moment_is_refused_with_what_can_be_written() {
        for text in ["25:00", "2026-13-01", "2026-11-28T25:00:00Z", "soon"] {
            let problem = TraceMoment::parse(text).expect_err(text);
            assert!(problem.contains("14:30"), "{problem}");
        }
    }

    #[test]
    fn dates_are_written_in_the_zone_of_the_clock() {
        let at = SimTime::from_secs_f64(0.5);
        let cases = [
            ("UTC", "2026-11-28T14:25:00.5Z", "UTC"),
            ("+02:00", "2026-11-28T16:25:00.5+02:00", "+02"),
            (
                "Europe/Berlin",
                "2026-11-28T15:25:00.5+01:00",
                "Europe/Berlin",
            ),
        ];
        for (zone, date, name) in cases {
            let clock = in_zone(zone);
            assert_eq!(
                (clock.rfc3339(at).as_str(), clock.zone_name().as_str()),
                (date, name)
            );
        }
        assert!(ClockZone::parse("Mars/Olympus").is_err());
    }
}
