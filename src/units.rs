//! The quantities of the whole crate: time, CPU, counts, seeds.
//!
//! Each unit is a type, so that milliseconds never mix with millicores. At the edges (TOML, CSV,
//! JSON) the unit is a suffix of the name.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

mod quantity;

pub use quantity::{Quantity, QuantityError};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

#[doc(hidden)]
/// The number that `text` states; `inf` and `NaN` are accepted.
///
/// Every number from outside goes through this function. It turns `-0`, which `%.2f` writes for a
/// tiny negative number, into `0`. A rate of minus zero would stop a client from ever sending.
#[must_use]
pub fn parse_number(text: &str) -> Option<f64> {
    text.parse().ok().map(positive_zero)
}

#[doc(hidden)]
/// `number`, with `-0` replaced by `0`.
#[must_use]
pub fn positive_zero(number: f64) -> f64 {
    number + 0.0
}

/// A point on the simulation's clock, in nanoseconds from its start.
///
/// Zero is the first row of the trace. Events before the start (a pod that was already running)
/// have a negative time. Arithmetic saturates at the type's ends, 292 years from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

impl SimTime {
    /// The start of the simulation.
    pub const ZERO: Self = Self(0);
    /// Earlier than any time in a simulation or a recording. Far enough from the type's end that
    /// adding any realistic span does not saturate.
    pub const DISTANT_PAST: Self = Self(i64::MIN / 4);
    /// Later than any time in a simulation or a recording.
    pub const DISTANT_FUTURE: Self = Self(i64::MAX / 4);

    /// The time `nanos` nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The time `seconds` after the start, rounded to the nanosecond.
    ///
    /// Saturates at the type's ends; NaN gives zero.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(SimSpan::from_secs_f64(seconds).0)
    }

    /// Nanoseconds from the start.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Seconds from the start.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        SimSpan(self.0).as_secs_f64()
    }
}

/// A length of time in nanoseconds; negative where a later time is subtracted from an earlier one.
/// Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimSpan(i64);

impl SimSpan {
    /// A span of length zero.
    pub const ZERO: Self = Self(0);

    /// A span of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A span of `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }

    /// A span of whole `seconds`.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * NANOS_PER_SECOND)
    }

    /// A span of `seconds`, rounded to the nanosecond.
    ///
    /// Saturates at the type's ends; NaN gives zero.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * NANOS_PER_SECOND as f64).round() as i64)
    }

    /// The span in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The span in seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }
}

impl Add<SimSpan> for SimTime {
    type Output = Self;
    fn add(self, span: SimSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<SimSpan> for SimTime {
    fn add_assign(&mut self, span: SimSpan) {
        *self = *self + span;
    }
}

impl Sub<SimSpan> for SimTime {
    type Output = Self;
    fn sub(self, span: SimSpan) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for SimTime {
    type Output = SimSpan;
    fn sub(self, earlier: Self) -> SimSpan {
        SimSpan(self.0.saturating_sub(earlier.0))
    }
}

impl Add for SimSpan {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimSpan {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for SimSpan {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<i64> for SimSpan {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Neg for SimSpan {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for SimSpan {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for SimTime {
    /// `1:02:03`, or `1:02:03.25` with a fraction of a second. Negative times start with `-`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let seconds = nanos / NANOS_PER_SECOND as u64;
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{sign}{hours}:{minutes:02}:{rest:02}")?;
        let fraction = nanos % NANOS_PER_SECOND as u64;
        if fraction != 0 {
            let digits = format!("{fraction:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

impl fmt::Display for SimSpan {
    /// `1h30m`, `2m5s`, `15s`, `250ms`, `0s`: the form in which policies state durations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanos = self.0.unsigned_abs();
        let seconds = nanos / NANOS_PER_SECOND as u64;
        let fraction = nanos % NANOS_PER_SECOND as u64;
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        match (rest, fraction) {
            (0, 0) => Ok(()),
            (_, 0) => write!(f, "{rest}s"),
            (0, _) if fraction.is_multiple_of(1_000_000) => {
                write!(f, "{}ms", fraction / 1_000_000)
            }
            _ => {
                let digits = format!("{fraction:09}");
                write!(f, "{rest}.{}s", digits.trim_end_matches('0'))
            }
        }
    }
}

/// CPU in thousandths of a core: a rate of use, a request or a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millicores(pub i64);

impl Millicores {
    /// The value in cores.
    #[must_use]
    pub fn as_cores(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

/// An exact quantity in billionths of its unit, the finest that Kubernetes keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NanoValue(pub i128);

impl NanoValue {
    /// In thousandths, rounded up; a value out of range is the largest or the smallest.
    #[must_use]
    pub fn rounded_up(self) -> MilliValue {
        const NANO_PER_MILLI: i128 = 1_000_000;
        let remainder = i128::from(self.0.rem_euclid(NANO_PER_MILLI) > 0);
        let milli = self.0.div_euclid(NANO_PER_MILLI) + remainder;
        let limited = milli.clamp(i64::MIN.into(), i64::MAX.into());
        MilliValue(i64::try_from(limited).unwrap_or_default())
    }
}

impl From<MilliValue> for NanoValue {
    fn from(value: MilliValue) -> Self {
        Self(i128::from(value.0) * 1_000_000)
    }
}

/// A quantity in thousandths of its unit, as the metrics API hands it to the autoscaler.
///
/// CPU 100m is 100, one byte of memory 1000, one request per second 1000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MilliValue(pub i64);

/// An integer percentage; a utilization may exceed 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub i32);

/// A number of pods, as `spec.replicas` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replicas(pub i32);

/// The number that determines all randomness of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

impl Default for Seed {
    /// The seed of a run that states none. It is fixed, so that two such runs are identical.
    fn default() -> Self {
        Self(1)
    }
}

impl fmt::Display for MilliValue {
    /// Kubernetes' own form: `250m`, `3`, `1500m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 == 0 {
            write!(f, "{}", self.0 / 1000)
        } else {
            write!(f, "{}m", self.0)
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_prints_as_policies_write_it() {
        let cases = [
            (SimSpan::ZERO, "0s"),
            (SimSpan::from_secs(15), "15s"),
            (SimSpan::from_secs(90), "1m30s"),
            (SimSpan::from_secs(3600), "1h"),
            (SimSpan::from_millis(250), "250ms"),
            (SimSpan::from_millis(1500), "1.5s"),
            (SimSpan::from_secs(-5), "-5s"),
        ];
        for (span, text) in cases {
            assert_eq!(span.to_string(), text);
        }
    }

    #[test]
    fn a_time_prints_as_a_clock() {
        assert_eq!(SimTime::from_secs_f64(3723.25).to_string(), "1:02:03.25");
        assert_eq!(SimTime::from_secs_f64(-60.0).to_string(), "-0:01:00");
    }

    #[test]
    fn time_stops_at_its_ends_and_never_wraps() {
        let (longest, second) = (SimSpan::from_nanos(i64::MAX), SimSpan::from_secs(1));
        assert_eq!(longest + second, longest);
        assert_eq!(longest * 2, longest);
        assert_eq!(
            (SimTime::ZERO + longest) + second,
            SimTime::from_nanos(i64::MAX)
        );
        assert_eq!(
            SimTime::from_nanos(i64::MIN) - second,
            SimTime::from_nanos(i64::MIN)
        );
        assert_eq!(SimTime::ZERO - SimTime::from_nanos(i64::MIN), longest);
        assert_eq!(-SimSpan::from_nanos(i64::MIN), longest);
        let mut time = SimTime::from_nanos(i64::MAX);
        time += second;
        assert_eq!(time, SimTime::from_nanos(i64::MAX));
    }

    #[test]
    fn seconds_round_to_the_nanosecond() {
        assert_eq!(SimSpan::from_secs_f64(0.001).as_nanos(), 1_000_000);
        assert_eq!(SimSpan::from_secs_f64(f64::NAN), SimSpan::ZERO);
    }
}
