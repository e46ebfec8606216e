//! Times in recordings: epoch numbers of any unit, and the dates that tools write.

use crate::scenario::clock::{offset_seconds, written_offset};
use crate::scenario::trace_text::{NANOS_PER_SECOND, parse_decimal_seconds};

/// The unit of an epoch number, decided by its size: seconds until the year 5138.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
    /// Not a number: a date.
    Text,
}

/// A time and its written form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) struct Stamp {
    /// Nanoseconds since 1970 UTC.
    pub(super) nanos: i64,
    /// Its written form.
    pub(super) unit: EpochUnit,
    /// Its offset from UTC in seconds, if it has one.
    pub(in crate::scenario) offset_seconds: Option<i32>,
}

/// The digits of an epoch number in nanoseconds, more than the parser of seconds accepts.
const NANOS_DIGITS: usize = 19;

/// Parses an epoch number of any unit or a date in words; `None` for any other text and outside the clock's range.
pub(in crate::scenario) fn parse_stamp(text: &str) -> Option<Stamp> {
    let text = text.trim();
    if text.len() == NANOS_DIGITS
        && let Ok(nanos) = text.parse()
    {
        return Some(Stamp {
            nanos,
            unit: EpochUnit::Nanos,
            offset_seconds: Some(0),
        });
    }
    if let Some(decimal) = parse_decimal_seconds(text) {
        return epoch_stamp(decimal?);
    }
    if let Some(stamp) = Dates::default().whole(text.as_bytes()) {
        return Some(stamp);
    }
    let nanos = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    Some(Stamp {
        nanos: i64::try_from(nanos).ok()?,
        unit: EpochUnit::Text,
        offset_seconds: written_offset(text),
    })
}

/// The stamp of an epoch number; `nanos` are its nanoseconds if it counts seconds.
fn epoch_stamp(nanos: i128) -> Option<Stamp> {
    let seconds = nanos / i128::from(NANOS_PER_SECOND);
    let (unit, divisor) = match seconds.unsigned_abs() {
        0..100_000_000_000 => (EpochUnit::Seconds, 1),
        100_000_000_000..100_000_000_000_000 => (EpochUnit::Millis, 1_000),
        100_000_000_000_000..100_000_000_000_000_000 => (EpochUnit::Micros, 1_000_000),
        _ => (EpochUnit::Nanos, 1_000_000_000),
    };
    Some(Stamp {
        nanos: i64::try_from(nanos / divisor).ok()?,
        unit,
        offset_seconds: Some(0),
    })
}

/// Parses dates in words; most have the same day as the one before.
///
/// | day | time | offset from UTC |
/// |---|---|---|
/// | `2026-03-02`, `2026/03/02`, `02/Mar/2026`, `02 Mar 2026`, `02.03.2026` | `09:00`, `09:00:00`, with a fraction of any length | `Z`, `UTC`, `GMT`, `+0100`, `+01:00`, or none |
///
/// Between day and time is a space, a `T` or a colon. A weekday such as `Mon, ` may come first.
#[derive(Debug, Default)]
pub(super) struct Dates {
    day: [u8; 11],
    day_seconds: i64,
}

/// A date at the start of a text.
#[derive(Clone, Copy)]
pub(super) struct ReadDate {
    /// The time.
    pub(super) stamp: Stamp,
    /// The bytes of the date.
    pub(super) length: usize,
    /// Whether the month is a name, as in the dates of access logs.
    pub(super) has_month_name: bool,
}

impl Dates {
    /// The date that is the whole of `text`.
    pub(super) fn whole(&mut self, text: &[u8]) -> Option<Stamp> {
        let date = self.read(text)?;
        (date.length == text.len()).then_some(date.stamp)
    }

    /// The date at the start of `text`.
    pub(super) fn read(&mut self, text: &[u8]) -> Option<ReadDate> {
        const WEEKDAY_BYTES: usize = 5;
        if text.first()?.is_ascii_alphabetic() {
            if text.get(3..WEEKDAY_BYTES)? != b", " {
                return None;
            }
            let date = self.read_from_day(&text[WEEKDAY_BYTES..])?;
            let length = date.length + WEEKDAY_BYTES;
            return Some(ReadDate { length, ..date });
        }
        self.read_from_day(text)
    }

    fn read_from_day(&mut self, text: &[u8]) -> Option<ReadDate> {
        let has_month_name = text.get(3)?.is_ascii_alphabetic();
        let day_bytes = if has_month_name { 11 } else { 10 };
        let day = text.get(..day_bytes)?;
        if self.day[..day_bytes] != *day || (!has_month_name && self.day[10] != 0) {
            self.day_seconds = seconds_of_day(day)?;
            self.day = [0; 11];
            self.day[..day_bytes].copy_from_slice(day);
        }
        if !matches!(text.get(day_bytes)?, b' ' | b'T' | b't' | b':') {
            return None;
        }
        let clock = ClockTime::read(&text[day_bytes + 1..])?;
        let mut length = day_bytes + 1 + clock.length;
        let offset = read_offset(&text[length..]);
        length += offset.map_or(0, |(_, bytes)| bytes);
        let offset_seconds = offset.map(|(seconds, _)| seconds);
        let seconds = self.day_seconds + clock.seconds - i64::from(offset_seconds.unwrap_or(0));
        Some(ReadDate {
            stamp: Stamp {
                nanos: seconds
                    .checked_mul(NANOS_PER_SECOND)?
                    .checked_add(clock.nanos)?,
                unit: EpochUnit::Text,
                offset_seconds,
            },
            length,
            has_month_name,
        })
    }

    /// The time in brackets of a line of an access log; `None` without such a time.
    ///
    /// A date with a number for the month is one of a request only before a quoted request, as in Envoy's default format: programs
    /// begin the lines of other logs with such dates.
    pub(super) fn find_in_brackets(&mut self, line: &[u8]) -> Option<Stamp> {
        for at in memchr::memchr_iter(b'[', line) {
            let Some(date) = self.read(&line[at + 1..]) else {
                continue;
            };
            let rest = &line[at + 1 + date.length..];
            let is_request = match date.has_month_name {
                true => rest.starts_with(b"]"),
                false => rest.starts_with(b"] \"") || rest.starts_with(b"] \\\""),
            };
            if is_request {
                return Some(date.stamp);
            }
        }
        None
    }
}

/// A time of day at the start of a text.
struct ClockTime {
    seconds: i64,
    /// The fraction of a second.
    nanos: i64,
    /// The bytes of the time.
    length: usize,
}

impl ClockTime {
    fn read(text: &[u8]) -> Option<Self> {
        if *text.get(2)? != b':' {
            return None;
        }
        let hours = two_digits(&text[..2]).filter(|hours| *hours < 24)?;
        let minutes = two_digits(text.get(3..5)?).filter(|minutes| *minutes < 60)?;
        let mut time = Self {
            seconds: hours * 3600 + minutes * 60,
            nanos: 0,
            length: 5,
        };
        if text.get(5) != Some(&b':') {
            return Some(time);
        }
        time.seconds += two_digits(text.get(6..8)?).filter(|seconds| *seconds <= 60)?;
        time.length = 8;
        let is_fraction =
            matches!(text.get(8), Some(b'.' | b',')) && text.get(9).is_some_and(u8::is_ascii_digit);
        if is_fraction {
            let digits = text[9..].iter().take_while(|byte| byte.is_ascii_digit());
            let mut unit = NANOS_PER_SECOND;
            for digit in digits {
                unit /= 10;
                time.nanos += i64::from(digit - b'0') * unit;
                time.length += 1;
            }
            time.length += 1;
        }
        Some(time)
    }
}

/// The offset from UTC at the start of a text, and its bytes; a space may come first.
fn read_offset(text: &[u8]) -> Option<(i32, usize)> {
    let space = usize::from(text.first() == Some(&b' '));
    let text = &text[space..];
    match text.first()? {
        b'Z' | b'z' => Some((0, space + 1)),
        b'U' if text.starts_with(b"UTC") => Some((0, space + 3)),
        b'G' if text.starts_with(b"GMT") => Some((0, space + 3)),
        b'+' | b'-' => {
            let length = match text.get(3)? {
                b':' => 6,
                _ => 5,
            };
            Some((offset_seconds(text.get(..length)?)?, space + length))
        }
        _ => None,
    }
}

/// A day as seconds since 1970, without its time zone.
fn seconds_of_day(day: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let year = |digits: &[u8]| Some(two_digits(&digits[..2])? * 100 + two_digits(&digits[2..4])?);
    let (year, month, day) = match day {
        [
            _,
            _,
            separator @ (b'/' | b' ' | b'-'),
            ..,
            after,
            _,
            _,
            _,
            _,
        ] if after == separator && day.len() == 11 => {
            let month = MONTHS.iter().position(|name| name[..] == day[3..6])?;
            (
                year(&day[7..11])?,
                i64::try_from(month).ok()? + 1,
                two_digits(&day[..2])?,
            )
        }
        [_, _, _, _, separator @ (b'-' | b'/'), _, _, after, _, _] if after == separator => (
            year(&day[..4])?,
            two_digits(&day[5..7])?,
            two_digits(&day[8..10])?,
        ),
        [_, _, b'.', _, _, b'.', _, _, _, _] => (
            year(&day[6..10])?,
            two_digits(&day[3..5])?,
            two_digits(&day[..2])?,
        ),
        _ => return None,
    };
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_second())
}

fn two_digits(text: &[u8]) -> Option<i64> {
    match text {
        [ten, one] if ten.is_ascii_digit() && one.is_ascii_digit() => {
            Some(i64::from(ten - b'0') * 10 + i64::from(one - b'0'))
        }
        _ => None,
    }
}

/// A time as RFC 3339 in UTC.
pub(super) fn stamp_text(nanos: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(nanos)).map_or_else(
        |_| format!("{} s", nanos / NANOS_PER_SECOND),
        |stamp| stamp.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds_of(line: &str) -> Option<i64> {
        let stamp = Dates::default().find_in_brackets(line.as_bytes())?;
        Some(stamp.nanos / NANOS_PER_SECOND)
    }

    #[test]
    fn the_date_of_a_log_line_counts_in_utc() {
        assert_eq!(
            seconds_of("h - - [01/Jul/1995:00:00:01 -0400] \"GET / HTTP/1.0\" 200 1"),
            Some(804_571_201)
        );
        assert_eq!(
            seconds_of("[::1] - [x] [01/Jan/1970:01:00:00 +0100]"),
            Some(0)
        );
        assert_eq!(seconds_of("h - - [01/Jan/1970:00:00:07] \"-\""), Some(7));
        assert_eq!(seconds_of("h - - [01/Jan/1970:00:00:07.123] b"), Some(7));
        let envoy = "[1970-01-01T00:00:07.310Z] \"GET / HTTP/2\" 200";
        assert_eq!(seconds_of(envoy), Some(7));
        assert_eq!(
            seconds_of("[1970-01-01 00:00:07.310][1][info] started"),
            None
        );
        for wrong in [
            "h - - [32/Jul/1995:00:00:01 -0400]",
            "h - - [01/Jly/1995:00:00:01 -0400]",
            "h - - [01/Jul/1995:24:00:01 -0400]",
            "h - - [01/Jul/1995:00:00:01 ~0400]",
            "h - - [01/Jul/1995:00:00:01",
            "[",
        ] {
            assert_eq!(seconds_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_size_of_an_epoch_number_decides_its_unit() {
        let nanos = |text| parse_stamp(text).map(|stamp| (stamp.nanos, stamp.unit));
        assert_eq!(
            nanos("1645006049"),
            Some((1_645_006_049_000_000_000, EpochUnit::Seconds))
        );
        assert_eq!(
            nanos("1645006049123"),
            Some((1_645_006_049_123_000_000, EpochUnit::Millis))
        );
        assert_eq!(
            nanos("1645006049123456"),
            Some((1_645_006_049_123_456_000, EpochUnit::Micros))
        );
        assert_eq!(
            nanos("1645006049123456789"),
            Some((1_645_006_049_123_456_789, EpochUnit::Nanos))
        );
        assert_eq!(nanos("noon"), None);
    }

    #[test]
    fn dates_of_many_tools_are_read_with_their_fractions() {
        let nanos = |text| parse_stamp(text).map(|stamp| stamp.nanos);
        let nine = 1_772_442_000_000_000_000;
        for text in [
            "2026-03-02 09:00:00",
            "2026-03-02 09:00",
            "2026/03/02 09:00:00.000",
            "2026-03-02T10:00:00+01:00",
            "2026-03-02T10:00:00,000+0100",
            "2026-03-02 09:00:00 UTC",
            "02/Mar/2026:04:00:00 -0500",
            "02.03.2026 09:00:00",
            "Mon, 02 Mar 2026 09:00:00 GMT",
        ] {
            assert_eq!(nanos(text), Some(nine), "{text}");
        }
        assert_eq!(
            nanos("2026-03-02T09:00:00.123456789Z"),
            Some(nine + 123_456_789)
        );
        for text in ["2026-13-02 09:00:00", "2026-03-02", "2026-03-02 9:00", "a"] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

    #[test]
    fn an_rfc_3339_time_keeps_its_offset() {
        let stamp = parse_stamp("2024-03-19T14:59:30.714081-04:00").expect("a time");
        assert_eq!(stamp.offset_seconds, Some(-14_400));
        assert_eq!(stamp.nanos, 1_710_874_770_714_081_000);
    }
}
