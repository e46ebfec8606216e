//! Dates as spreadsheets and browsers write them for people: `11/28/2026, 02:00:00 PM`, `28/11/2026 14:00`, `28.11.2026, 14:00:00`.
//!
//! Grafana ("Formatted data") and `toLocaleString` write them in the language of the browser. Of `03/04/2026` no one knows whether the
//! day or the month comes first, so the column decides ([`DateSteps`]).

use super::stamp::{EpochUnit, Stamp};
use crate::scenario::trace_text::NANOS_PER_SECOND;

/// Which of day and month comes first where a date does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// As in the United States.
    MonthFirst,
    /// As nearly everywhere else.
    DayFirst,
}

impl DateOrder {
    pub(super) const BOTH: [Self; 2] = [Self::MonthFirst, Self::DayFirst];
}

/// The numbers of a date and its time of day.
struct LocalDate {
    year: i64,
    /// The other two numbers in their order.
    pair: (i64, i64),
    /// The order that the form of the date states.
    stated: Option<DateOrder>,
    /// The time of day.
    nanos: i64,
}

/// The time of such a date, without an offset. `order` counts where the date does not tell.
pub(super) fn local_stamp(text: &str, order: DateOrder) -> Option<Stamp> {
    let date = LocalDate::parse(text)?;
    let (month, day) = date.month_and_day(order);
    let civil = jiff::civil::Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    let midnight = civil.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let seconds = midnight.timestamp().as_second();
    Some(Stamp {
        nanos: seconds
            .checked_mul(NANOS_PER_SECOND)?
            .checked_add(date.nanos)?,
        unit: EpochUnit::Text,
        offset_seconds: None,
    })
}

/// Whether a date does not tell which of its numbers is the month.
pub(super) fn has_free_order(text: &str) -> bool {
    LocalDate::parse(text).is_some_and(|date| date.stated.is_none())
}

/// The day of a date in words: `4 March 2026`.
pub(super) fn day_in_words(text: &str, order: DateOrder) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let date = LocalDate::parse(text)?;
    let (month, day) = date.month_and_day(order);
    let name = MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    Some(format!("{day} {name} {}", date.year))
}

impl LocalDate {
    fn parse(text: &str) -> Option<Self> {
        const BYTES_MAX: usize = 40;
        if text.len() > BYTES_MAX || !text.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        // Browsers write a narrow space before AM and PM.
        let text = text.replace(['\u{202f}', '\u{a0}'], " ");
        let separator = text.chars().find(|letter| !letter.is_ascii_digit())?;
        if !matches!(separator, '/' | '-' | '.') {
            return None;
        }
        let mut parts = text.splitn(3, separator);
        let (first, second, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (third, rest) = rest.split_at(digits);
        let nanos = time_of_day(rest)?;
        let (year, pair, stated) = match (first.len(), third.len()) {
            (4, 1 | 2) => (first, (second, third), Some(DateOrder::MonthFirst)),
            (1 | 2, 4) => {
                let stated = (separator == '.').then_some(DateOrder::DayFirst);
                (third, (first, second), stated)
            }
            _ => return None,
        };
        Some(Self {
            year: number(year)?,
            pair: (number(pair.0)?, number(pair.1)?),
            stated,
            nanos,
        })
    }

    fn month_and_day(&self, order: DateOrder) -> (i64, i64) {
        let (first, second) = self.pair;
        match self.stated.unwrap_or(order) {
            DateOrder::MonthFirst => (first, second),
            DateOrder::DayFirst => (second, first),
        }
    }
}

/// A time of day behind a date, in nanoseconds: `, 2:00:00 PM`, ` 14:00`.
fn time_of_day(text: &str) -> Option<i64> {
    let text = text.strip_prefix(',').unwrap_or(text);
    let text = text.strip_prefix(['T', ' ']).unwrap_or(text).trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, ':' | '.'));
    let (clock, half) = text.split_at(end.unwrap_or(text.len()));
    let mut fields = clock.split(':');
    let hours = number(fields.next()?)?;
    let minutes = fields.next().filter(|it| it.len() == 2)?;
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    let (seconds, fraction) = match fields.next() {
        None => (0, 0),
        Some(seconds) => {
            let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            let millis: String = format!("{fraction:0<9}").chars().take(9).collect();
            (number(seconds).filter(|it| *it <= 60)?, number_of(&millis)?)
        }
    };
    if fields.next().is_some() {
        return None;
    }
    let half = half.trim().replace('.', "").to_lowercase();
    let hours = match (half.as_str(), hours) {
        ("", 0..24) => hours,
        ("am", 1..=12) => hours % 12,
        ("pm", 1..=12) => hours % 12 + 12,
        _ => return None,
    };
    Some((hours * 3600 + minutes * 60 + seconds) * NANOS_PER_SECOND + fraction)
}

/// A number of at most four digits.
fn number(text: &str) -> Option<i64> {
    (text.len() <= 4).then(|| number_of(text))?
}

fn number_of(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// The course of the times of a column, as one order of day and month reads them.
#[derive(Debug, Default)]
pub(super) struct DateSteps {
    latest: Option<i64>,
    /// The number of times before the one above.
    returns: u64,
    /// The longest step forward.
    longest: i64,
}

impl DateSteps {
    /// Adds the time of the next row.
    pub(super) fn add(&mut self, nanos: i64) {
        if let Some(latest) = self.latest {
            self.returns += u64::from(nanos < latest);
            self.longest = self.longest.max(nanos.saturating_sub(latest));
        }
        self.latest = Some(nanos);
    }

    /// Whether this order is right and the other wrong: only the other goes back, or only the other steps over months.
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        /// Between a step to the next day and one to the next month.
        const LONG: i64 = 20 * 86_400 * NANOS_PER_SECOND;
        if self.returns != other.returns {
            return self.returns < other.returns;
        }
        self.longest < LONG && other.longest >= LONG
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::formats::stamp::parse_stamp;

    #[test]
    fn dates_for_people_are_read_in_the_order_of_their_column() {
        let afternoon = parse_stamp("2026-11-28 14:00:00").map(|stamp| stamp.nanos);
        let nanos = |text: &str, order| local_stamp(text, order).map(|stamp| stamp.nanos);
        for text in [
            "11/28/2026, 02:00:00 PM",
            "11/28/2026, 2:00:00\u{202f}PM",
            "11/28/2026 14:00",
            "11-28-2026 2:00 p.m.",
            "2026-11-28, 2:00:00 p.m.",
            "2026/11/28 14:00",
        ] {
            assert_eq!(nanos(text, DateOrder::MonthFirst), afternoon, "{text}");
        }
        for text in [
            "28/11/2026 14:00:00",
            "28-11-2026, 14:00:00.000",
            "28/11/2026, 2:00:00 pm",
        ] {
            assert_eq!(nanos(text, DateOrder::DayFirst), afternoon, "{text}");
            assert_eq!(nanos(text, DateOrder::MonthFirst), None, "{text}");
        }
        for order in DateOrder::BOTH {
            assert_eq!(nanos("28.11.2026, 14:00:00", order), afternoon);
        }
        let midnight = parse_stamp("2026-11-28 00:00:00").map(|stamp| stamp.nanos);
        assert_eq!(
            nanos("11/28/2026, 12:00:00 AM", DateOrder::MonthFirst),
            midnight
        );
        for text in [
            "11/28/2026",
            "11/28/2026 25:00",
            "11/28/2026 13:00 PM",
            "1.5",
            "10.0.0.1",
            "3/4",
        ] {
            assert_eq!(nanos(text, DateOrder::MonthFirst), None, "{text}");
        }
    }
}
