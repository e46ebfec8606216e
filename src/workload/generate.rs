//! Synthetic demand: shapes of load over time, sampled into rows, with seeded noise.
//!
//! The functions are pure: parameters and a seed in, rows and CSV text out.

use std::fmt::Write as _;

use rand_distr::{Distribution as _, StandardNormal};

use crate::engine::random::Stream;
use crate::units::{Seed, SimSpan, SimTime};

/// The course of load over time.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadShape {
    /// Base, a steep rise, a plateau, a slower fall, base.
    Spike(Spike),
    /// A first level, a linear rise or fall, a second level.
    Ramp(Ramp),
    /// Up level by level, and down again.
    Steps(Steps),
    /// Day and night.
    Diurnal(Diurnal),
    /// A sudden crowd whose interest fades.
    FlashCrowd(FlashCrowd),
    /// One constant level.
    Level(Level),
}

/// [`LoadShape::Spike`].
#[derive(Clone, Debug, PartialEq)]
pub struct Spike {
    /// Requests per second at base level.
    pub base: f64,
    /// Requests per second on the plateau.
    pub peak: f64,
    /// Length of the base level at the start.
    pub before: SimSpan,
    /// Length of the rise.
    pub rise: SimSpan,
    /// Length of the plateau.
    pub hold: SimSpan,
    /// Length of the fall.
    pub fall: SimSpan,
    /// The number of drops of equal ratio in the fall; 0 makes it linear.
    pub fall_steps: u32,
    /// Length of the base level at the end.
    pub after: SimSpan,
}

/// [`LoadShape::Ramp`].
#[derive(Clone, Debug, PartialEq)]
pub struct Ramp {
    /// Requests per second before the change.
    pub from: f64,
    /// Requests per second after the change.
    pub to: f64,
    /// Length of the first level.
    pub before: SimSpan,
    /// Length of the change.
    pub over: SimSpan,
    /// Length of the second level.
    pub after: SimSpan,
}

/// [`LoadShape::Steps`].
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// Requests per second of the lowest level.
    pub base: f64,
    /// Requests per second that each step adds.
    pub height: f64,
    /// Steps up; the same number leads down again.
    pub count: u32,
    /// Length of each level.
    pub each: SimSpan,
}

/// [`LoadShape::Diurnal`]: a cosine with a period of 24 h.
#[derive(Clone, Debug, PartialEq)]
pub struct Diurnal {
    /// Requests per second at the daily minimum.
    pub low: f64,
    /// Requests per second at the daily maximum.
    pub peak: f64,
    /// The time of day of the maximum.
    pub peak_at: SimSpan,
    /// The number of days.
    pub days: u32,
}

/// [`LoadShape::FlashCrowd`].
#[derive(Clone, Debug, PartialEq)]
pub struct FlashCrowd {
    /// Requests per second without the crowd.
    pub base: f64,
    /// Requests per second at the height of the crowd.
    pub peak: f64,
    /// When the crowd arrives.
    pub at: SimSpan,
    /// Length of the exponential rise from base to peak.
    pub rise: SimSpan,
    /// The time in which the crowd falls to 1/e.
    pub decay: SimSpan,
    /// Length of the trace.
    pub duration: SimSpan,
}

/// [`LoadShape::Level`].
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Requests per second.
    pub mean: f64,
    /// Length of the trace.
    pub duration: SimSpan,
}

const DAY: SimSpan = SimSpan::from_secs(86_400);

impl LoadShape {
    /// The length of the whole shape.
    #[must_use]
    pub fn duration(&self) -> SimSpan {
        match self {
            Self::Spike(spike) => spike.before + spike.rise + spike.hold + spike.fall + spike.after,
            Self::Ramp(ramp) => ramp.before + ramp.over + ramp.after,
            Self::Steps(steps) => steps.each * (2 * i64::from(steps.count) + 1),
            Self::Diurnal(diurnal) => DAY * i64::from(diurnal.days),
            Self::FlashCrowd(crowd) => crowd.duration,
            Self::Level(level) => level.duration,
        }
    }

    /// Requests per second at the time `at` after the start, without noise.
    #[must_use]
    pub fn rate_at(&self, at: SimSpan) -> f64 {
        match self {
            Self::Spike(spike) => spike.rate_at(at),
            Self::Ramp(ramp) => {
                let share = share_of(at - ramp.before, ramp.over);
                between(ramp.from, ramp.to, share)
            }
            Self::Steps(steps) => {
                let level = at.as_nanos() / steps.each.as_nanos().max(1);
                let top = i64::from(steps.count);
                let height = if level <= top {
                    level
                } else {
                    (2 * top - level).max(0)
                };
                (height as f64).mul_add(steps.height, steps.base)
            }
            Self::Diurnal(diurnal) => {
                let turn = (at - diurnal.peak_at).as_secs_f64() / DAY.as_secs_f64();
                let share = f64::midpoint(1.0, (turn * std::f64::consts::TAU).cos());
                between(diurnal.low, diurnal.peak, share)
            }
            Self::FlashCrowd(crowd) => crowd.rate_at(at),
            Self::Level(level) => level.mean,
        }
    }
}

impl Spike {
    fn rate_at(&self, at: SimSpan) -> f64 {
        let since_fall = at - self.before - self.rise - self.hold;
        if self.fall_steps > 0 && since_fall >= SimSpan::ZERO {
            return self.rate_in_fall(share_of(since_fall, self.fall));
        }
        let risen = share_of(at - self.before, self.rise);
        let fallen = share_of(since_fall, self.fall);
        between(self.base, self.peak, risen - fallen)
    }

    /// The fall in drops of equal ratio. The first drop is at the start of the fall; the last one,
    /// to the base, is at its end.
    fn rate_in_fall(&self, share: f64) -> f64 {
        let steps = f64::from(self.fall_steps);
        let drops = if share >= 1.0 {
            steps
        } else {
            (share * (steps - 1.0)).floor() + 1.0
        };
        // A base of zero cannot be reached by equal ratios. The drops before the last one aim at
        // one request per second instead.
        if drops >= steps || self.peak <= 0.0 {
            return self.base;
        }
        let floor = if self.base > 0.0 { self.base } else { 1.0 };
        self.peak * (floor / self.peak).powf(drops / steps)
    }
}

impl FlashCrowd {
    fn rate_at(&self, at: SimSpan) -> f64 {
        let since = at - self.at;
        if since < SimSpan::ZERO {
            return self.base;
        }
        if since < self.rise {
            // The crowd grows exponentially, from this share to the whole.
            const FIRST_SHARE: f64 = 0.01;
            let missing = 1.0 - share_of(since, self.rise);
            return between(self.base, self.peak, FIRST_SHARE.powf(missing));
        }
        let faded = (since - self.rise).as_secs_f64() / self.decay.as_secs_f64().max(1e-9);
        between(self.base, self.peak, (-faded).exp())
    }
}

/// The share of `whole` that has passed, 0..1; 1 if `whole` is zero.
fn share_of(passed: SimSpan, whole: SimSpan) -> f64 {
    if passed < SimSpan::ZERO {
        0.0
    } else if passed >= whole {
        1.0
    } else {
        passed.as_secs_f64() / whole.as_secs_f64()
    }
}

fn between(low: f64, high: f64, share: f64) -> f64 {
    share.mul_add(high - low, low)
}

/// How a shape is sampled into rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// The time from row to row, above 0.
    pub step: SimSpan,
    /// Standard deviation of the noise as a share of the rate; 0 switches noise off.
    pub noise: f64,
    /// The time in which the noise's autocorrelation falls to 1/e; 0 makes rows independent.
    pub correlation: SimSpan,
    /// The seed of the noise.
    pub seed: Seed,
}

/// A row of a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceRow {
    /// When the row begins.
    pub time: SimTime,
    /// Requests per second from that time on.
    pub rps: f64,
}

/// The maximum number of rows: some hundred megabytes of CSV.
pub const ROWS_MAX: i64 = 10_000_000;

/// The longest trace that can be generated, which is the longest that can be read.
pub const LENGTH_MAX: SimSpan = super::trace::LENGTH_MAX;

/// Why a trace cannot be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The step is 0 or longer than the trace.
    #[error("the step has to be above 0 and at most as long as the trace")]
    Step,
    /// Longer than [`LENGTH_MAX`].
    #[error("the trace would last longer than ten years; shorten its parts")]
    TooLong,
    /// More rows than [`ROWS_MAX`].
    #[error("that would be more than {ROWS_MAX} rows; take a longer step")]
    TooManyRows,
}

/// Samples a shape: one row for each step, the last one at the end.
///
/// # Errors
///
/// If the step does not fit the shape's length, or the trace would be too long or have too many
/// rows.
pub fn generate(shape: &LoadShape, sampling: &Sampling) -> Result<Vec<TraceRow>, GenerateError> {
    let duration = shape.duration();
    let step = sampling.step;
    if duration > LENGTH_MAX {
        return Err(GenerateError::TooLong);
    }
    if step <= SimSpan::ZERO || step > duration {
        return Err(GenerateError::Step);
    }
    let steps = duration.as_nanos() / step.as_nanos();
    if steps >= ROWS_MAX {
        return Err(GenerateError::TooManyRows);
    }
    let mut noise = AutoregressiveNoise::new(sampling);
    let mut rows: Vec<TraceRow> = (0..=steps)
        .map(|index| {
            let at = step * index;
            let rate = shape.rate_at(at) * noise.next_factor();
            TraceRow {
                time: SimTime::ZERO + at,
                rps: rate.max(0.0),
            }
        })
        .collect();
    if step * steps < duration
        && let Some(last) = rows.last().copied()
    {
        rows.push(TraceRow {
            time: SimTime::ZERO + duration,
            ..last
        });
    }
    Ok(rows)
}

/// A first-order autoregressive process of mean 1.
struct AutoregressiveNoise {
    generator: rand_pcg::Pcg32,
    deviation: f64,
    memory: f64,
    state: Option<f64>,
}

impl AutoregressiveNoise {
    fn new(sampling: &Sampling) -> Self {
        let memory = if sampling.correlation > SimSpan::ZERO {
            (-sampling.step.as_secs_f64() / sampling.correlation.as_secs_f64()).exp()
        } else {
            0.0
        };
        Self {
            generator: Stream::Generation.generator(sampling.seed, 0),
            deviation: sampling.noise,
            memory,
            state: None,
        }
    }

    fn next_factor(&mut self) -> f64 {
        if self.deviation <= 0.0 {
            return 1.0;
        }
        let fresh: f64 = StandardNormal.sample(&mut self.generator);
        let state = match self.state {
            None => fresh,
            Some(state) => self
                .memory
                .mul_add(state, (1.0 - self.memory * self.memory).sqrt() * fresh),
        };
        self.state = Some(state);
        self.deviation.mul_add(state, 1.0).max(0.0)
    }
}

/// Rows as a trace file. `comment` goes into its first lines: the command that generates the file.
///
/// Rates keep four significant digits. That is enough for any load, and hides the differences in
/// the last bits between platforms.
#[must_use]
pub fn to_csv(comment: &str, rows: &[TraceRow]) -> String {
    let mut csv = String::with_capacity(rows.len() * 12 + 200);
    for line in comment.lines() {
        csv.push_str("# ");
        csv.push_str(line);
        csv.push('\n');
    }
    csv.push_str("time_s,rps\n");
    for row in rows {
        // Writing to a string cannot fail.
        let _ = write!(csv, "{},", row.time.as_secs_f64());
        push_rounded(&mut csv, row.rps);
        csv.push('\n');
    }
    csv
}

fn push_rounded(csv: &mut String, rate: f64) {
    const DIGITS: i32 = 4;
    let magnitude = if rate > 0.0 {
        rate.log10().floor()
    } else {
        0.0
    };
    let decimals = (DIGITS - 1 - magnitude as i32).clamp(0, 6) as usize;
    let text = format!("{rate:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    csv.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(step_seconds: i64) -> Sampling {
        Sampling {
            step: SimSpan::from_secs(step_seconds),
            noise: 0.0,
            correlation: SimSpan::ZERO,
            seed: Seed(1),
        }
    }

    fn minutes(minutes: i64) -> SimSpan {
        SimSpan::from_secs(minutes * 60)
    }

    fn rates(shape: &LoadShape, step_seconds: i64) -> Vec<f64> {
        generate(shape, &plain(step_seconds))
            .expect("rows")
            .iter()
            .map(|row| row.rps)
            .collect()
    }

    #[test]
    fn a_spike_rests_rises_holds_falls_and_rests() {
        let shape = LoadShape::Spike(Spike {
            base: 10.0,
            peak: 110.0,
            before: minutes(1),
            rise: minutes(2),
            hold: minutes(1),
            fall: minutes(2),
            fall_steps: 0,
            after: minutes(1),
        });
        assert_eq!(
            rates(&shape, 60),
            [10.0, 10.0, 60.0, 110.0, 110.0, 60.0, 10.0, 10.0]
        );
    }

    #[test]
    fn a_spike_falls_in_drops_of_equal_ratio() {
        let shape = LoadShape::Spike(Spike {
            base: 10.0,
            peak: 80.0,
            before: SimSpan::ZERO,
            rise: SimSpan::ZERO,
            hold: minutes(1),
            fall: minutes(2),
            fall_steps: 3,
            after: minutes(1),
        });
        let rounded: Vec<f64> = rates(&shape, 60).iter().map(|rate| rate.round()).collect();
        assert_eq!(rounded, [80.0, 40.0, 20.0, 10.0, 10.0]);
    }

    #[test]
    fn steps_go_up_and_down_again() {
        let shape = LoadShape::Steps(Steps {
            base: 5.0,
            height: 10.0,
            count: 2,
            each: minutes(1),
        });
        assert_eq!(rates(&shape, 60), [5.0, 15.0, 25.0, 15.0, 5.0, 5.0]);
    }

    #[test]
    fn a_ramp_ends_at_its_new_level() {
        let shape = LoadShape::Ramp(Ramp {
            from: 10.0,
            to: 30.0,
            before: minutes(1),
            over: minutes(2),
            after: minutes(1),
        });
        assert_eq!(rates(&shape, 60), [10.0, 10.0, 20.0, 30.0, 30.0]);
    }

    #[test]
    fn a_day_peaks_when_it_should_and_has_the_mean_of_its_ends() {
        let shape = LoadShape::Diurnal(Diurnal {
            low: 20.0,
            peak: 100.0,
            peak_at: SimSpan::from_secs(15 * 3600),
            days: 1,
        });
        let rates = rates(&shape, 3600);
        assert!((rates[15] - 100.0).abs() < 1e-9 && (rates[3] - 20.0).abs() < 1e-9);
        let mean = rates[..24].iter().sum::<f64>() / 24.0;
        assert!((mean - 60.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn a_flash_crowd_comes_fast_and_fades() {
        let shape = LoadShape::FlashCrowd(FlashCrowd {
            base: 10.0,
            peak: 410.0,
            at: minutes(1),
            rise: minutes(1),
            decay: minutes(1),
            duration: minutes(10),
        });
        let rates = rates(&shape, 60);
        assert!((rates[0] - 10.0).abs() < 1e-9 && (rates[2] - 410.0).abs() < 1e-9);
        assert!((rates[3] - (10.0 + 400.0 / std::f64::consts::E)).abs() < 1e-6);
    }

    #[test]
    fn noise_has_its_deviation_and_follows_from_the_seed() {
        let shape = LoadShape::Level(Level {
            mean: 50.0,
            duration: minutes(60_000 / 60),
        });
        let sampling = Sampling {
            noise: 0.1,
            correlation: SimSpan::from_secs(20),
            ..plain(5)
        };
        let rows = generate(&shape, &sampling).expect("rows");
        assert_eq!(rows, generate(&shape, &sampling).expect("rows"));
        let other = Sampling {
            seed: Seed(2),
            ..sampling
        };
        assert_ne!(rows, generate(&shape, &other).expect("rows"));
        let count = rows.len() as f64;
        let mean = rows.iter().map(|row| row.rps).sum::<f64>() / count;
        let deviation =
            (rows.iter().map(|row| (row.rps - mean).powi(2)).sum::<f64>() / count).sqrt();
        assert!((mean - 50.0).abs() < 0.5, "{mean}");
        assert!((deviation - 5.0).abs() < 0.4, "{deviation}");
    }

    #[test]
    fn the_last_row_stands_at_the_end() {
        let shape = LoadShape::Level(Level {
            mean: 1.0,
            duration: SimSpan::from_secs(25),
        });
        let rows = generate(&shape, &plain(10)).expect("rows");
        assert_eq!(
            rows.last().map(|row| row.time),
            Some(SimTime::from_secs_f64(25.0))
        );
        assert_eq!(rows.len(), 4);
        assert_eq!(generate(&shape, &plain(0)), Err(GenerateError::Step));
        assert_eq!(generate(&shape, &plain(30)), Err(GenerateError::Step));
    }

    #[test]
    fn rates_keep_four_significant_digits() {
        let row = |seconds: f64, rps: f64| TraceRow {
            time: SimTime::from_secs_f64(seconds),
            rps,
        };
        let rows = [
            row(0.0, 0.0),
            row(5.0, 4.0),
            row(7.5, 12.345_67),
            row(10.0, 123_456.7),
            row(15.0, 0.012_345_6),
        ];
        assert_eq!(
            to_csv("hpasim trace gen", &rows),
            "# hpasim trace gen\ntime_s,rps\n0,0\n5,4\n7.5,12.35\n10,123457\n15,0.01235\n"
        );
    }
}
