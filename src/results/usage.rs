//! What a request, an idle pod and a starting pod cost, by a recording of rate, CPU and replicas over time.
//!
//! CPU of all pods = idle use x pods + cost x rate + the excess of pods that have just come. The cost may depend on the hour of the day.

mod design;
mod robust;
#[cfg(test)]
mod tests;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::calibration::{AT_LIMIT, Coefficient};
use design::{AGES, Explained, RecordedCourse};
use robust::RobustFit;

pub use crate::scenario::formats::joined::UsageRow;

/// The fewest readings with a rate that are fitted.
pub const USAGE_ROWS_MIN: usize = 20;
/// The longest lag of CPU behind the rate that is looked for, in seconds.
pub const LAG_MAX_S: f64 = 300.0;
/// The lag is at most this share of the recording: in a short one, chance fits a long lag.
const LAG_SHARE_MAX: f64 = 0.05;
/// An hour with fewer readings has no cost of its own.
const HOUR_ROWS_MIN: usize = 20;
/// With fewer new pods, startup is not told from chance.
const NEW_PODS_MIN: f64 = 3.0;
/// A rate that varies by less than this share of its mean does not tell cost from idle use while the pods stay the same.
const RATE_VARIES: f64 = 0.01;
/// The cost changes by the hour below this p-value.
const HOUR_SIGNIFICANCE: f64 = 0.01;
/// A difference between hours below this share of the cost does not matter.
const HOUR_MATTERS: f64 = 0.05;
/// A lag is stated if it leaves less than this share of what no lag leaves unexplained.
const LAG_MATTERS: f64 = 0.98;
/// The lag is found by at most this many readings.
const LAG_ROWS_MAX: usize = 2000;
/// Hours of a day.
const HOURS: usize = 24;

/// What is known besides the recording.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageSettings {
    /// The CPU limit of one pod, in millicores. Readings at the limit are left out; without replicas it counts for nothing.
    pub cpu_limit_millicores: Option<f64>,
    /// The offset of the clock from UTC, in seconds, for the hour of the day.
    pub utc_offset_seconds: i32,
}

/// What a recording says about the CPU of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UsageFit {
    /// Readings of CPU with a known load.
    pub rows: usize,
    /// Of these, readings that bear on the fit.
    pub rows_used: usize,
    /// Readings of CPU without a known rate or number of pods at their time.
    pub without_load: usize,
    /// Readings at [`AT_LIMIT`] of the limit or more, which are left out.
    pub at_limit: usize,
    /// Readings too far from the fit to bear on it.
    pub outliers: usize,
    /// Whether the recording has replicas. If not, idle use is that of all pods together.
    pub has_replicas: bool,
    /// How long CPU lags behind the rate, in seconds.
    pub lag_s: f64,
    /// CPU time of one request, in milliseconds of one core; the mean over requests if it changes by the hour.
    pub cpu_per_request_ms: Coefficient,
    /// CPU of one pod without any request, in millicores.
    pub idle_cpu_millicores: Coefficient,
    /// What a new pod uses besides; `None` where fewer than three pods came.
    pub startup: Option<StartupUse>,
    /// The cost by the hour of the day; `None` where fewer than two hours have enough readings.
    pub by_hour: Option<HourlyCost>,
    /// The share of the variance of CPU that the fit explains, outliers left out.
    pub r_squared: f64,
    /// Robust standard deviation of the readings from the fit, in millicores.
    pub scatter_millicores: f64,
    /// Each reading of `rows` that is not at the limit, in the order of time.
    #[serde(skip)]
    pub residuals: Vec<UsageResidual>,
}

/// A reading and what the fit says about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsageResidual {
    /// When it was read, in seconds as in [`UsageRow::time_s`].
    pub time_s: f64,
    /// The reading, in millicores.
    pub cpu_millicores: f64,
    /// What the fit says, in millicores.
    pub expected_millicores: f64,
    /// Whether it bears on the fit; an outlier does not.
    pub is_used: bool,
}

/// CPU that a new pod uses besides idle use and requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StartupUse {
    /// For each new pod, in millicore-seconds.
    pub millicore_seconds: Coefficient,
    /// Over how long, in seconds: the span of ages whose excess is above zero beyond chance; 0 without such ages.
    pub duration_s: f64,
    /// The pods that came.
    pub new_pods: f64,
}

impl StartupUse {
    /// Whether the excess is above zero beyond chance.
    #[must_use]
    pub fn is_beyond_chance(&self) -> bool {
        self.duration_s > 0.0 && self.millicore_seconds.low > 0.0
    }
}

/// The cost by the hour of the day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HourlyCost {
    /// Whether it changes by more than its noise, and enough to matter.
    pub changes: bool,
    /// The chance of such differences if the cost were constant.
    pub p_value: f64,
    /// The hours with enough readings.
    pub hours: Vec<CostOfHour>,
}

/// The cost of a request in an hour of the day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CostOfHour {
    /// 0..=23.
    pub hour: usize,
    /// In milliseconds of one core.
    pub cpu_per_request_ms: Coefficient,
    /// Its readings.
    pub rows: usize,
}

/// Why a recording gives no cost.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum UsageFitError {
    /// There are too few readings.
    #[error(
        "only {rows} readings of CPU have a rate at their time (and replicas, if given) and are below the limit; a fit needs {USAGE_ROWS_MIN}"
    )]
    TooFewRows {
        /// How many there are.
        rows: usize,
    },
    /// Cost and idle use cannot be told apart.
    #[error(
        "rate and pods hardly vary, or vary only together, so cost and idle use cannot be told apart; use a longer recording, with the quiet hours of the day"
    )]
    Inseparable,
    /// CPU does not grow with the rate.
    #[error(
        "CPU does not grow with the rate: one more request per second changes it by {0:.3} millicores; check that both series belong to the same service"
    )]
    NoCost(f64),
}

/// Fits a recording.
///
/// # Errors
/// Too few readings, readings that do not tell cost from idle use, or CPU that does not grow with the rate.
pub fn fit_usage(rows: &[UsageRow], settings: &UsageSettings) -> Result<UsageFit, UsageFitError> {
    let course = RecordedCourse::of(rows);
    let has_replicas = rows.iter().any(|row| row.replicas.is_some());
    // Without the number of pods, the limit of all of them is not known.
    let settings = &UsageSettings {
        cpu_limit_millicores: settings.cpu_limit_millicores.filter(|_| has_replicas),
        ..*settings
    };
    enough(&below_limit(&course.explained(0.0, 0.0), settings))?;
    let lag_s = find_lag(&course, settings);
    let known = course.explained(lag_s, lag_s);
    let below = below_limit(&known, settings);
    enough(&below)?;
    if !tells_apart(&below) {
        return Err(UsageFitError::Inseparable);
    }
    let constant = Model::fitted(&below, Hours::none()).ok_or(UsageFitError::Inseparable)?;
    let hourly = Hours::of(&below, settings.utc_offset_seconds)
        .and_then(|hours| Model::fitted(&below, hours));
    let by_hour = hourly.as_ref().map(|hourly| hourly.by_hour(&constant));
    let model = match (&by_hour, hourly) {
        (Some(by_hour), Some(hourly)) if by_hour.changes => hourly,
        _ => constant,
    };
    let cost = model.cost();
    if cost.value <= 0.0 {
        return Err(UsageFitError::NoCost(cost.value));
    }
    let readings = rows
        .iter()
        .filter(|row| row.cpu_millicores.is_some())
        .count();
    Ok(UsageFit {
        rows: known.len(),
        rows_used: model.fit.rows_used(),
        without_load: readings.saturating_sub(known.len()),
        at_limit: known.len() - below.len(),
        outliers: below.len() - model.fit.rows_used(),
        has_replicas,
        lag_s,
        cpu_per_request_ms: cost,
        idle_cpu_millicores: model.coefficient(&model.shares(|term| f64::from(term == Term::Idle))),
        startup: model.startup(&course),
        by_hour,
        r_squared: model.r_squared(),
        scatter_millicores: model.fit.scale,
        residuals: model.residuals(),
    })
}

fn enough(rows: &[Explained]) -> Result<(), UsageFitError> {
    match rows.len() {
        rows @ ..USAGE_ROWS_MIN => Err(UsageFitError::TooFewRows { rows }),
        _ => Ok(()),
    }
}

fn below_limit(rows: &[Explained], settings: &UsageSettings) -> Vec<Explained> {
    let is_below = |row: &&Explained| {
        settings
            .cpu_limit_millicores
            .is_none_or(|limit| row.cpu_millicores < AT_LIMIT * limit * row.replicas)
    };
    rows.iter().filter(is_below).cloned().collect()
}

/// Whether rate or pods vary.
fn tells_apart(rows: &[Explained]) -> bool {
    let first = rows.first().map_or(0.0, |row| row.replicas);
    if rows
        .iter()
        .any(|row| row.replicas.total_cmp(&first).is_ne())
    {
        return true;
    }
    let count = rows.len() as f64;
    let mean = rows.iter().map(|row| row.rps).sum::<f64>() / count;
    let squares: f64 = rows.iter().map(|row| (row.rps - mean).powi(2)).sum();
    (squares / count).sqrt() > RATE_VARIES * mean
}

/// The lag at which rate and pods explain CPU best.
fn find_lag(course: &RecordedCourse, settings: &UsageSettings) -> f64 {
    let all = course.explained(0.0, 0.0);
    let span = match (all.first(), all.last()) {
        (Some(first), Some(last)) => last.time_s - first.time_s,
        _ => return 0.0,
    };
    let lag_max = LAG_MAX_S.min(span * LAG_SHARE_MAX);
    let step = course.step_s.clamp(5.0, 15.0);
    let unexplained = |lag: f64, scale: Option<f64>| {
        let rows = below_limit(&course.explained(lag, lag_max), settings);
        let every = rows.len().div_ceil(LAG_ROWS_MAX).max(1);
        let rows: Vec<Explained> = rows.into_iter().step_by(every).collect();
        let model = Model::fitted(&rows, Hours::none())?;
        let scale = scale.unwrap_or(model.fit.scale);
        let bound = 3.0 * scale;
        let mean_square = model
            .fit
            .residuals
            .iter()
            .map(|it| it.abs().min(bound).powi(2));
        Some((mean_square.sum::<f64>() / rows.len() as f64, scale))
    };
    let Some((without, scale)) = unexplained(0.0, None) else {
        return 0.0;
    };
    let lags = (1..)
        .map(|index| f64::from(index) * step)
        .take_while(|lag| *lag <= lag_max);
    let best = lags
        .filter_map(|lag| Some((lag, unexplained(lag, Some(scale))?.0)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((lag, least)) if least < LAG_MATTERS * without => lag,
        _ => 0.0,
    }
}

/// What a coefficient stands for.
#[derive(Clone, Copy, PartialEq)]
enum Term {
    Idle,
    /// The cost of a request, or of one in the hours without a cost of their own.
    Cost,
    CostIn(usize),
    /// The excess of a new pod of an age of [`AGES`].
    Startup(usize),
}

/// The hours with a cost of their own.
struct Hours {
    offset_seconds: i32,
    /// Readings of each hour; 0 where they are too few.
    rows: [usize; HOURS],
}

impl Hours {
    const fn none() -> Self {
        Self {
            offset_seconds: 0,
            rows: [0; HOURS],
        }
    }

    /// `None` where fewer than two hours have enough readings.
    fn of(rows: &[Explained], offset_seconds: i32) -> Option<Self> {
        let mut counts = [0; HOURS];
        for row in rows.iter().filter(|row| row.rps > 0.0) {
            counts[hour_of_day(row.time_s, offset_seconds)] += 1;
        }
        let rows = counts.map(|count| if count < HOUR_ROWS_MIN { 0 } else { count });
        (rows.iter().filter(|count| **count > 0).count() >= 2).then_some(Self {
            offset_seconds,
            rows,
        })
    }

    fn term(&self, time_s: f64) -> Term {
        let hour = hour_of_day(time_s, self.offset_seconds);
        if self.rows[hour] > 0 {
            Term::CostIn(hour)
        } else {
            Term::Cost
        }
    }
}

fn hour_of_day(time_s: f64, offset_seconds: i32) -> usize {
    let second = (time_s + f64::from(offset_seconds)).rem_euclid(86_400.0);
    ((second / 3600.0) as usize).min(HOURS - 1)
}

/// A fitted model.
struct Model {
    terms: Vec<Term>,
    rows: Vec<Vec<f64>>,
    explained: Vec<Explained>,
    hours: Hours,
    fit: RobustFit,
    freedom: f64,
}

impl Model {
    /// `None` if the rows do not tell the terms apart.
    fn fitted(explained: &[Explained], hours: Hours) -> Option<Self> {
        let value = |row: &Explained, term: Term| match term {
            Term::Idle => row.replicas,
            Term::Startup(age) => row.new_pods[age],
            cost if cost == hours.term(row.time_s) => row.rps,
            Term::Cost | Term::CostIn(_) => 0.0,
        };
        let new_pods: f64 = explained.iter().map(|row| row.new_pods[1]).sum();
        let starts = (0..AGES.len())
            .filter(|_| new_pods > 0.0)
            .map(Term::Startup);
        let terms: Vec<Term> = [Term::Idle, Term::Cost]
            .into_iter()
            .chain((0..HOURS).map(Term::CostIn))
            .chain(starts)
            .filter(|term| explained.iter().any(|row| value(row, *term) > 0.0))
            .collect();
        let rows: Vec<Vec<f64>> = explained
            .iter()
            .map(|row| terms.iter().map(|term| value(row, *term)).collect())
            .collect();
        let readings: Vec<f64> = explained.iter().map(|row| row.cpu_millicores).collect();
        let fit = robust::fit(&rows, &readings)?;
        let independent = fit.rows_used() as f64 / fit.inflation();
        let freedom = (independent - terms.len() as f64).max(1.0);
        Some(Self {
            terms,
            rows,
            explained: explained.to_vec(),
            hours,
            fit,
            freedom,
        })
    }

    /// The share of each coefficient in a sum of them.
    fn shares(&self, share: impl Fn(Term) -> f64) -> Vec<f64> {
        self.terms.iter().map(|term| share(*term)).collect()
    }

    /// A sum of coefficients with its interval.
    fn coefficient(&self, shares: &[f64]) -> Coefficient {
        let value = shares
            .iter()
            .zip(&self.fit.coefficients)
            .map(|(a, b)| a * b)
            .sum();
        Coefficient::new(
            value,
            self.fit.standard_error(&self.rows, shares),
            self.freedom,
        )
    }

    /// The cost of the mean request.
    fn cost(&self) -> Coefficient {
        let all: f64 = self.explained.iter().map(|row| row.rps).sum();
        let shares = self.shares(|term| match term {
            Term::Cost | Term::CostIn(_) => {
                let requests = self
                    .explained
                    .iter()
                    .filter(|row| self.hours.term(row.time_s) == term);
                requests.map(|row| row.rps).sum::<f64>() / all
            }
            Term::Idle | Term::Startup(_) => 0.0,
        });
        self.coefficient(&shares)
    }

    fn startup(&self, course: &RecordedCourse) -> Option<StartupUse> {
        let new_pods: f64 = course.scale_ups.iter().map(|(_, pods)| pods).sum();
        if new_pods < NEW_PODS_MIN || !self.terms.iter().any(|it| matches!(it, Term::Startup(_))) {
            return None;
        }
        let shares = self.shares(|term| match term {
            Term::Startup(age) => AGES[age].1 - AGES[age].0,
            _ => 0.0,
        });
        let above_zero: Vec<(f64, f64)> = (0..AGES.len())
            .filter(|age| {
                let shares = self.shares(|term| f64::from(term == Term::Startup(*age)));
                self.coefficient(&shares).low > 0.0
            })
            .map(|age| AGES[age])
            .collect();
        let duration_s = match (above_zero.first(), above_zero.last()) {
            (Some(first), Some(last)) => last.1 - first.0,
            _ => 0.0,
        };
        let sum = self.coefficient(&shares);
        // Each scale-up is one observation of startup, however many readings follow it.
        let further = (course.scale_ups.len() as f64 - 1.0).max(1.0);
        let standard_error = sum.standard_error * ((further + 1.0) / further).sqrt();
        let freedom = self.freedom.min(further);
        Some(StartupUse {
            millicore_seconds: Coefficient::new(sum.value, standard_error, freedom),
            duration_s,
            new_pods,
        })
    }

    /// The costs of the hours, and whether they differ beyond what `constant` leaves unexplained by chance.
    fn by_hour(&self, constant: &Self) -> HourlyCost {
        let costs = |term: &Term| match *term {
            Term::CostIn(hour) => Some(CostOfHour {
                hour,
                cpu_per_request_ms: self.coefficient(&self.shares(|it| f64::from(it == *term))),
                rows: self.hours.rows[hour],
            }),
            _ => None,
        };
        let hours: Vec<CostOfHour> = self.terms.iter().filter_map(costs).collect();
        let bound = 4.0 * self.fit.scale;
        let squares = |model: &Self| -> f64 {
            let residuals = model.fit.residuals.iter();
            residuals
                .map(|residual| residual.abs().min(bound).powi(2))
                .sum()
        };
        let further = (self.terms.len() - constant.terms.len()).max(1) as f64;
        let inflation = self.fit.inflation();
        let noise = squares(self) / self.rows.len() as f64 * inflation;
        let ratio = ((squares(constant) - squares(self)) / further / noise).max(0.0);
        let p_value = FisherSnedecor::new(further, self.freedom)
            .map_or(1.0, |distribution| distribution.sf(ratio));
        let value = |it: &CostOfHour| it.cpu_per_request_ms.value;
        let greatest = hours.iter().map(value).fold(f64::MIN, f64::max);
        let least = hours.iter().map(value).fold(f64::MAX, f64::min);
        let matters = greatest - least > HOUR_MATTERS * self.cost().value;
        HourlyCost {
            changes: p_value < HOUR_SIGNIFICANCE && matters,
            p_value,
            hours,
        }
    }

    fn r_squared(&self) -> f64 {
        let weights = &self.fit.weights;
        let readings = || {
            self.explained
                .iter()
                .map(|row| row.cpu_millicores)
                .zip(weights)
        };
        let mean =
            readings().map(|(cpu, weight)| cpu * weight).sum::<f64>() / weights.iter().sum::<f64>();
        let spread: f64 = readings()
            .map(|(cpu, weight)| weight * (cpu - mean).powi(2))
            .sum();
        if spread > 0.0 {
            1.0 - self.fit.unexplained() / spread
        } else {
            0.0
        }
    }

    fn residuals(&self) -> Vec<UsageResidual> {
        let fitted = self.fit.residuals.iter().zip(&self.fit.weights);
        self.explained
            .iter()
            .zip(fitted)
            .map(|(row, (residual, weight))| UsageResidual {
                time_s: row.time_s,
                cpu_millicores: row.cpu_millicores,
                expected_millicores: row.cpu_millicores - residual,
                is_used: *weight > 0.0,
            })
            .collect()
    }
}
