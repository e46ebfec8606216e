//! Axes: from values to places, and round numbers to name them by.
//!
//! Self-imposed limit: arithmetic; draws nothing.

use super::super::human::{latency, trimmed};

/// From a value to a share (0 below, 1 on top) of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum AxisScale {
    /// From zero in even steps.
    Linear { step: f64, steps: u32 },
    /// Even ratios; what lies below `low` sits at the bottom.
    Log { low: f64, high: f64 },
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
    pub(super) fn label(self, value: f64) -> String {
        match self {
            Self::Plain | Self::Count => thousands(value),
            Self::Percent => format!("{} %", thousands(value)),
            Self::Latency if value <= 0.0 => "0".to_owned(),
            Self::Latency => latency(value),
        }
    }
}

impl Unit {
    /// The step of an axis of this `length`, about a fourth of it; things are not halved.
    fn round_step(self, length: f64) -> f64 {
        let step = round_step(length, 4.0);
        if self == Self::Count {
            step.max(1.0)
        } else {
            step
        }
    }
}

/// `1500` as `1.5k`, `2000000` as `2M`: short enough for an axis.
fn thousands(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        format!("{}M", trimmed(value / 1e6, 2))
    } else if size >= 10_000.0 {
        format!("{}k", trimmed(value / 1e3, 1))
    } else {
        trimmed(value, 3)
    }
}

impl AxisScale {
    /// From zero to a little more than `most`, ending on a round step.
    pub(super) fn from_zero(most: f64, unit: Unit) -> Self {
        let most = if most > 0.0 { most * 1.04 } else { 1.0 };
        let step = unit.round_step(most);
        Self::Linear {
            step,
            steps: (most / step).ceil() as u32,
        }
    }

    /// For values from `least` (above zero) to `most`: even ratios where they span more than a factor of 20.
    pub(super) fn for_latency(least: f64, most: f64) -> Self {
        if least > 0.0 && most / least > 20.0 {
            Self::Log {
                low: nice_below(least * 0.97),
                high: nice_above(most * 1.05),
            }
        } else {
            Self::from_zero(most, Unit::Latency)
        }
    }

    /// Where `value` lies: 0 at the bottom, 1 on top, kept within.
    pub(super) fn share(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { step, steps } => value / (step * f64::from(steps)),
            Self::Log { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
        };
        share.clamp(0.0, 1.0)
    }

    /// Round values from bottom to top, four to seven of an even axis.
    pub(super) fn ticks(self, unit: Unit) -> Vec<Tick> {
        let tick = |value: f64| Tick {
            value,
            label: unit.label(value),
        };
        match self {
            Self::Linear { step, steps } => (0..=steps)
                .map(|index| tick(step * f64::from(index)))
                .collect(),
            Self::Log { low, high } => {
                let decades = (high / low).log10();
                let leads: &[f64] = if decades > 2.2 {
                    &[1.0]
                } else {
                    &[1.0, 2.0, 5.0]
                };
                let first = low.log10().floor() as i32;
                let last = high.log10().ceil() as i32;
                (first..=last)
                    .flat_map(|decade| leads.iter().map(move |lead| lead * 10f64.powi(decade)))
                    .filter(|value| *value >= low * 0.999 && *value <= high * 1.001)
                    .map(tick)
                    .collect()
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that about `parts` of them make `length`.
pub(super) fn round_step(length: f64, parts: f64) -> f64 {
    let raw = length / parts;
    let power = 10f64.powf(raw.log10().floor());
    let lead = raw / power;
    let round = if lead < 1.5 {
        1.0
    } else if lead < 3.5 {
        2.0
    } else if lead < 7.5 {
        5.0
    } else {
        10.0
    };
    round * power
}

/// The greatest of 1, 2 and 5 times a power of ten that is at most `value`.
fn nice_below(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let lead = value / power;
    let round = if lead < 2.0 {
        1.0
    } else if lead < 5.0 {
        2.0
    } else {
        5.0
    };
    round * power
}

/// The least of 1, 2 and 5 times a power of ten that is at least `value`.
fn nice_above(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let lead = value / power;
    let round = if lead <= 1.0 {
        1.0
    } else if lead <= 2.0 {
        2.0
    } else if lead <= 5.0 {
        5.0
    } else {
        10.0
    };
    round * power
}

/// Steps of time, in seconds, that people count in.
const TIME_STEPS: [u32; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200,
    86_400,
];

/// Round moments from 0 to `end` (seconds), at most twelve of them beside zero, as h:mm (h:mm:ss where a step is no whole minute).
pub(super) fn time_ticks(end: f64) -> Vec<Tick> {
    let step = TIME_STEPS
        .iter()
        .map(|step| f64::from(*step))
        .find(|step| end / step <= 12.0)
        .unwrap_or_else(|| (end / 12.0 / 86_400.0).ceil() * 86_400.0);
    let count = (end / step + 1e-9).floor() as u32;
    (0..=count)
        .map(|index| {
            let value = step * f64::from(index);
            let whole = value.round() as u64;
            let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
            Tick {
                value,
                label: if step < 60.0 {
                    format!("{hours}:{minutes:02}:{seconds:02}")
                } else {
                    format!("{hours}:{minutes:02}")
                },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_has_round_ticks_up_to_its_top() {
        let ticks = AxisScale::from_zero(300.0, Unit::Plain).ticks(Unit::Plain);
        assert_eq!(labels(&ticks), ["0", "100", "200", "300", "400"]);
        let ticks = AxisScale::from_zero(215.0, Unit::Percent).ticks(Unit::Percent);
        assert_eq!(
            labels(&ticks),
            ["0 %", "50 %", "100 %", "150 %", "200 %", "250 %"]
        );
        let ticks = AxisScale::from_zero(1.0, Unit::Count).ticks(Unit::Count);
        assert_eq!(labels(&ticks), ["0", "1", "2"]);
    }

    #[test]
    fn every_tick_of_an_even_axis_stands_where_its_value_is() {
        for most in 1..2_000 {
            let scale = AxisScale::from_zero(f64::from(most), Unit::Count);
            let ticks = scale.ticks(Unit::Count);
            let last = ticks.len() - 1;
            assert!(
                (3..=8).contains(&ticks.len()),
                "{most}: {} ticks",
                ticks.len()
            );
            for (place, tick) in ticks.iter().enumerate() {
                let share = place as f64 / last as f64;
                assert!(
                    (scale.share(tick.value) - share).abs() < 1e-9,
                    "{most}: {tick:?}"
                );
            }
            assert!(
                ticks[last].value >= f64::from(most),
                "{most}: {:?}",
                ticks[last]
            );
        }
    }

    #[test]
    fn a_wide_latency_range_is_logarithmic() {
        let scale = AxisScale::for_latency(0.012, 5.2);
        assert_eq!(
            labels(&scale.ticks(Unit::Latency)),
            ["10 ms", "100 ms", "1 s", "10 s"]
        );
        assert!(scale.share(0.01) <= 0.0 && scale.share(10.0) >= 1.0);
        assert!(matches!(
            AxisScale::for_latency(0.1, 0.5),
            AxisScale::Linear { .. }
        ));
    }

    #[test]
    fn time_is_told_in_hours_and_minutes() {
        assert_eq!(labels(&time_ticks(1380.0))[..3], ["0:00", "0:02", "0:04"]);
        assert_eq!(labels(&time_ticks(86_400.0))[1], "2:00");
        assert_eq!(labels(&time_ticks(60.0))[1], "0:00:05");
    }
}
