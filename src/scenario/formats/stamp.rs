//! Times in recordings: epoch numbers of any unit, RFC 3339, and the dates of access logs.

use crate::scenario::clock::{offset_seconds, written_offset};
use crate::scenario::trace_text::{NANOS_PER_SECOND, parse_decimal_seconds};

/// The unit of an epoch number, decided by its size: seconds until the year 5138.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
    /// Not a number: RFC 3339.
    Text,
}

/// A time and its written form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Nanoseconds since 1970 UTC.
    pub(super) nanos: i64,
    /// Its written form.
    pub(super) unit: EpochUnit,
    /// Its offset from UTC in seconds, if it has one.
    pub(super) offset_seconds: Option<i32>,
}

/// The digits of an epoch number in nanoseconds, more than the parser of seconds accepts.
const NANOS_DIGITS: usize = 19;

/// Parses an epoch number of any unit, or RFC 3339; `None` for any other text and outside the clock's range.
pub(super) fn parse_stamp(text: &str) -> Option<Stamp> {
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

/// Parses the dates of access logs; most lines have the same day as the line before.
#[derive(Debug, Default)]
pub(super) struct LogDates {
    date: [u8; 11],
    day_seconds: i64,
}

/// The length of `01/Jul/1995:00:00:01`; ` -0400` may follow.
const DATE_BYTES: usize = 20;

impl LogDates {
    /// The time in brackets of a line, in whole seconds; `None` without such a time.
    pub(super) fn find(&mut self, line: &[u8]) -> Option<Stamp> {
        let mut from = 0;
        while let Some(at) = memchr::memchr(b'[', &line[from..]) {
            from += at + 1;
            if let Some(stamp) = self.read(&line[from..]) {
                return Some(stamp);
            }
        }
        None
    }

    fn read(&mut self, text: &[u8]) -> Option<Stamp> {
        let bytes = text.get(..DATE_BYTES)?;
        if bytes[11] != b':' || bytes[14] != b':' || bytes[17] != b':' {
            return None;
        }
        if bytes[..11] != self.date {
            self.day_seconds = seconds_of_day(&bytes[..11])?;
            self.date.copy_from_slice(&bytes[..11]);
        }
        let hours = two_digits(&bytes[12..14]).filter(|hours| *hours < 24)?;
        let minutes = two_digits(&bytes[15..17]).filter(|minutes| *minutes < 60)?;
        let seconds = two_digits(&bytes[18..20]).filter(|seconds| *seconds <= 60)?;
        let rest = &text[DATE_BYTES..];
        let offset = match rest.first()? {
            b']' => None,
            b' ' => Some(offset_seconds(rest.get(1..6)?)?),
            _ => return None,
        };
        let local = self.day_seconds + hours * 3600 + minutes * 60 + seconds;
        Some(Stamp {
            nanos: (local - i64::from(offset.unwrap_or(0))).checked_mul(NANOS_PER_SECOND)?,
            unit: EpochUnit::Text,
            offset_seconds: offset,
        })
    }
}

/// `01/Jul/1995` as seconds since 1970, without its time zone.
fn seconds_of_day(date: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    if date[2] != b'/' || date[6] != b'/' {
        return None;
    }
    let day = i8::try_from(two_digits(&date[..2])?).ok()?;
    let month = MONTHS.iter().position(|name| name[..] == date[3..6])?;
    let year = two_digits(&date[7..9])? * 100 + two_digits(&date[9..11])?;
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()? + 1,
        day,
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
        let stamp = LogDates::default().find(line.as_bytes())?;
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
    fn an_rfc_3339_time_keeps_its_offset() {
        let stamp = parse_stamp("2024-03-19T14:59:30.714081-04:00").expect("a time");
        assert_eq!(stamp.offset_seconds, Some(-14_400));
        assert_eq!(stamp.nanos, 1_710_874_770_714_081_000);
    }
}
