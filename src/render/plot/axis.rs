//! An axis: from values to places, and round numbers that name it.

use super::super::human::{latency, trimmed};
use crate::scenario::TraceClock;
use crate::units::SimTime;

/// From a value to a share of an axis' length, with the values that name it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    spacing: Spacing,
    pub(super) ticks: Vec<Tick>,
}

/// How values are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spacing {
    /// Equal differences.
    Linear,
    /// Equal ratios; what lies below the low end sits there.
    Log,
}

/// A named value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// What the numbers of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A plain number.
    Plain,
    /// A whole number of things.
    Count,
    /// Percent.
    Percent,
    /// Seconds, named as latencies.
    Latency,
}

impl Unit {
    /// The name of a value on an axis that goes by `step` up to `high`.
    fn label(self, value: f64, step: f64, high: f64) -> String {
        match self {
            Self::Plain | Self::Count => plain(value, step, high),
            Self::Percent => format!("{} %", plain(value, step, high)),
            Self::Latency if value <= 0.0 => "0".to_owned(),
            Self::Latency => latency(value),
        }
    }

    /// The step between the marks of an axis that covers `length`. The axis has about `parts` steps. The step of an axis of counted
    /// things is at least 1.
    fn round_step(self, length: f64, parts: f64) -> f64 {
        let step = round_step(length, parts);
        if self == Self::Count {
            step.max(1.0)
        } else {
            step
        }
    }
}

/// As many digits as the step needs; thousands and millions by their letter.
fn plain(value: f64, step: f64, high: f64) -> String {
    let (unit, letter) = if high >= 1e6 && step >= 1e4 {
        (1e6, "M")
    } else if high >= 1e4 && step >= 100.0 {
        (1e3, "k")
    } else {
        (1.0, "")
    };
    let decimals = (-(step / unit).log10().floor()).max(0.0) as usize;
    let text = trimmed(value / unit, decimals);
    if value.abs() < step / 2.0 {
        "0".to_owned()
    } else {
        format!("{text}{letter}")
    }
}

/// What part of its length an axis must be empty below the least value to begin at zero all the same.
const NEAR_ZERO: f64 = 0.35;
/// What one value alone takes as its axis' length, in the value.
const LENGTH_LEAST: f64 = 0.02;

/// A greater ratio of values is shown on a scale of ratios.
const LINEAR_RATIO_MAX: f64 = 20.0;

impl Axis {
    fn linear(low: f64, step: f64, steps: u32, unit: Unit) -> Self {
        let high = low + step * f64::from(steps);
        let tick = |index: u32| {
            let value = low + step * f64::from(index);
            Tick {
                value,
                label: unit.label(value, step, high),
            }
        };
        Self {
            low,
            high,
            spacing: Spacing::Linear,
            ticks: (0..=steps).map(tick).collect(),
        }
    }

    /// From zero to a little more than `most` on about four round steps.
    pub(super) fn from_zero(most: f64, unit: Unit) -> Self {
        Self::from_zero_in(4.0, most, unit)
    }

    /// From zero to a little more than `most` on about so many `parts`, which are round steps.
    pub(super) fn from_zero_in(parts: f64, most: f64, unit: Unit) -> Self {
        let most = if most > 0.0 { most * 1.04 } else { 1.0 };
        let step = unit.round_step(most, parts);
        Self::linear(0.0, step, (most / step).ceil() as u32, unit)
    }

    /// Holds `least` to `most` on about `parts` round steps; begins at zero where that is near.
    pub(super) fn around(least: f64, most: f64, parts: f64) -> Self {
        let (least, most) = if least.is_finite() && most.is_finite() {
            (least, most)
        } else {
            (0.0, 1.0)
        };
        let from = if least >= 0.0 && least <= NEAR_ZERO * most {
            0.0
        } else {
            least
        };
        let length = (most - from).max(most.abs() * LENGTH_LEAST);
        // An axis has a length, also where all values are zero.
        let length = if length > 0.0 { length } else { 1.0 };
        let step = round_step(length, parts);
        let low = (from / step).floor();
        let steps = ((most / step).ceil() - low).max(1.0) as u32;
        Self::linear(low * step, step, steps, Unit::Plain)
    }

    /// From `low` to `high`, named at values of the caller's.
    pub(super) fn named(low: f64, high: f64, ticks: Vec<Tick>) -> Self {
        Self {
            low,
            high: if high > low { high } else { low + 1.0 },
            spacing: Spacing::Linear,
            ticks,
        }
    }

    /// From `least` (above zero) to `most`: equal ratios where they span more than a factor of [`LINEAR_RATIO_MAX`], else from zero.
    pub(super) fn for_ratios(least: f64, most: f64, unit: Unit) -> Self {
        if least <= 0.0 || most / least <= LINEAR_RATIO_MAX {
            return Self::from_zero(most, unit);
        }
        let (low, high) = (nice_below(least * 0.97), nice_above(most * 1.05));
        let leads: &[f64] = match (high / low).log10() {
            decades if decades < 2.2 => &[1.0, 2.0, 5.0],
            decades if decades < 2.9 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let ticks = decades
            .flat_map(|decade| leads.iter().map(move |lead| lead * 10f64.powi(decade)))
            .filter(|value| *value >= low * 0.999 && *value <= high * 1.001)
            .map(|value| Tick {
                value,
                label: unit.label(value, value, value),
            });
        Self {
            low,
            high,
            spacing: Spacing::Log,
            ticks: ticks.collect(),
        }
    }

    /// The same with its high end named, where no name lies above `value`.
    pub(super) fn with_tick_above(mut self, value: f64, unit: Unit) -> Self {
        let last = self.ticks.last().map_or(self.low, |tick| tick.value);
        if last <= value && self.high > value {
            self.ticks.push(Tick {
                value: self.high,
                label: unit.label(self.high, self.high, self.high),
            });
        }
        self
    }

    /// The time of a run until `end` (seconds): by the clock if there is one, else from the start.
    pub(super) fn run_time(end: f64, clock: Option<&TraceClock>) -> Self {
        match clock {
            None => Self::time(end),
            Some(clock) => Self::clock_time(end, clock),
        }
    }

    /// From 0 to `end` (seconds): at most twelve round moments beside zero, as h:mm (h:mm:ss where a step is no whole minute).
    pub(super) fn time(end: f64) -> Self {
        let step = time_step(end);
        let count = (end / step + 1e-9).floor() as u32;
        let moment = |index: u32| {
            let value = step * f64::from(index);
            let whole = value.round() as u64;
            let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
            let label = if step < 60.0 {
                format!("{hours}:{minutes:02}:{seconds:02}")
            } else {
                format!("{hours}:{minutes:02}")
            };
            Tick { value, label }
        };
        Self::named(0.0, end, (0..=count).map(moment).collect())
    }

    /// The same for a run with a clock: at most twelve round times of day, as h:mm, or days.
    fn clock_time(end: f64, clock: &TraceClock) -> Self {
        let step = time_step(end);
        // Steps of a day begin at midnight.
        let into_step = clock
            .seconds_of_day(SimTime::ZERO)
            .rem_euclid(step.min(86_400.0));
        let first = if into_step > 0.0 {
            step.min(86_400.0) - into_step
        } else {
            0.0
        };
        let count = ((end - first) / step + 1e-9).floor().max(-1.0) as i64;
        let moment = |index: i64| {
            let value = first + step * index as f64;
            let time = SimTime::from_secs_f64(value);
            let label = if step < 60.0 {
                clock.time_of_day(time)
            } else if step < 86_400.0 {
                clock.time_of_day(time)[..5].to_owned()
            } else {
                clock.day(time)[5..].to_owned()
            };
            Tick { value, label }
        };
        Self::named(0.0, end, (0..=count).map(moment).collect())
    }

    /// Whether values are spaced by their ratio.
    pub(super) fn is_log(&self) -> bool {
        self.spacing == Spacing::Log
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end, kept within.
    pub(super) fn share(&self, value: f64) -> f64 {
        let share = match self.spacing {
            Spacing::Linear => (value - self.low) / (self.high - self.low),
            Spacing::Log => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
        };
        share.clamp(0.0, 1.0)
    }
}

/// Steps of time, in seconds, that people count in.
const TIME_STEPS: [u32; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200,
    86_400,
];

/// The least of [`TIME_STEPS`], or of whole days, that divides `end` seconds into at most twelve.
fn time_step(end: f64) -> f64 {
    TIME_STEPS
        .iter()
        .map(|step| f64::from(*step))
        .find(|step| end / step <= 12.0)
        .unwrap_or_else(|| (end / 12.0 / 86_400.0).ceil() * 86_400.0)
}

/// A power of ten that is at most `value`, and `value` in it.
fn power_and_lead(value: f64) -> (f64, f64) {
    let power = 10f64.powf(value.log10().floor());
    (power, value / power)
}

/// 1, 2 or 5 times a power of ten, so that about `parts` of them make `length`.
fn round_step(length: f64, parts: f64) -> f64 {
    let (power, lead) = power_and_lead(length / parts);
    let round = match lead {
        lead if lead < 1.5 => 1.0,
        lead if lead < 3.5 => 2.0,
        lead if lead < 7.5 => 5.0,
        _ => 10.0,
    };
    round * power
}

/// The greatest of 1, 2 and 5 times a power of ten that is at most `value`.
fn nice_below(value: f64) -> f64 {
    let (power, lead) = power_and_lead(value);
    let round = match lead {
        lead if lead < 2.0 => 1.0,
        lead if lead < 5.0 => 2.0,
        _ => 5.0,
    };
    round * power
}

/// The least of 1, 2 and 5 times a power of ten that is at least `value`.
fn nice_above(value: f64) -> f64 {
    let (power, lead) = power_and_lead(value);
    let round = match lead {
        lead if lead <= 1.0 => 1.0,
        lead if lead <= 2.0 => 2.0,
        lead if lead <= 5.0 => 5.0,
        _ => 10.0,
    };
    round * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_has_round_ticks_up_to_its_top() {
        let loads = Axis::from_zero(300.0, Unit::Plain);
        assert_eq!(labels(&loads), ["0", "100", "200", "300", "400"]);
        let percents = Axis::from_zero(215.0, Unit::Percent);
        let expected = ["0 %", "50 %", "100 %", "150 %", "200 %", "250 %"];
        assert_eq!(labels(&percents), expected);
        let one = Axis::from_zero(1.0, Unit::Count);
        assert_eq!(labels(&one), ["0", "1", "2"]);
        let small = Axis::from_zero(0.3, Unit::Plain);
        assert_eq!(labels(&small), ["0", "0.1", "0.2", "0.3", "0.4"]);
        let thousands = Axis::from_zero(18_000.0, Unit::Plain);
        assert_eq!(labels(&thousands), ["0", "5k", "10k", "15k", "20k"]);
    }

    #[test]
    fn every_tick_of_an_even_axis_stands_where_its_value_is() {
        for most in 1..2_000 {
            let axis = Axis::from_zero(f64::from(most), Unit::Count);
            let last = axis.ticks.len() - 1;
            assert!((2..=7).contains(&last), "{most}: {last} steps");
            for (place, tick) in axis.ticks.iter().enumerate() {
                let share = place as f64 / last as f64;
                let found = axis.share(tick.value);
                assert!((found - share).abs() < 1e-9, "{most}: {tick:?}");
            }
            assert!(axis.high >= f64::from(most), "{most}: {}", axis.high);
        }
    }

    #[test]
    fn an_axis_around_values_begins_at_zero_where_that_is_near() {
        let far = Axis::around(18.3, 24.9, 6.0);
        let expected = ["18", "19", "20", "21", "22", "23", "24", "25"];
        assert_eq!(labels(&far), expected);
        assert_eq!(labels(&Axis::around(3.0, 100.0, 5.0))[0], "0");
        assert_eq!(labels(&Axis::around(5.0, 5.0, 5.0))[0], "5");
        let nothing = Axis::around(f64::INFINITY, f64::NEG_INFINITY, 5.0);
        assert!(nothing.high > nothing.low);
    }

    #[test]
    fn a_wide_latency_range_is_logarithmic() {
        let axis = Axis::for_ratios(0.012, 5.2, Unit::Latency);
        assert_eq!(labels(&axis), ["10 ms", "100 ms", "1 s", "10 s"]);
        assert!(axis.share(0.01) <= 0.0 && axis.share(10.0) >= 1.0);
        assert!(axis.is_log() && !Axis::for_ratios(0.1, 0.5, Unit::Latency).is_log());
        let percents = Axis::for_ratios(10.0, 8000.0, Unit::Percent);
        assert_eq!(labels(&percents), ["10 %", "100 %", "1000 %", "10k %"]);
    }

    #[test]
    fn a_clock_names_round_times_of_day() {
        // 2026-11-28T14:25:00Z.
        let clock = TraceClock::starting_at(1_795_875_900_000_000_000, None).expect("a date");
        let ticks = |end| Axis::clock_time(end, &clock).ticks;
        let hour = ticks(3600.0);
        assert_eq!((hour[0].value, hour[0].label.as_str()), (0.0, "14:25"));
        assert_eq!((hour[1].value, hour[1].label.as_str()), (300.0, "14:30"));
        let day = ticks(86_400.0);
        assert_eq!((day[0].value, day[0].label.as_str()), (5700.0, "16:00"));
        let week = ticks(7.0 * 86_400.0);
        assert_eq!((week[0].value, week[0].label.as_str()), (34_500.0, "11-29"));
    }

    #[test]
    fn time_is_named_in_hours_and_minutes() {
        assert_eq!(labels(&Axis::time(1380.0))[..3], ["0:00", "0:02", "0:04"]);
        assert_eq!(labels(&Axis::time(86_400.0))[1], "2:00");
        assert_eq!(labels(&Axis::time(60.0))[1], "0:00:05");
    }
}
