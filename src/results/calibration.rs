//! What a request costs, by a capacity probe: the least squares line through load and CPU.
//!
//! The model is one straight line. Tests say where it does not hold. The fit keeps all
//! rows; the report names outliers and their influence.

mod machine;
mod saturation;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::statistics::{reach_in_errors, students_t};
use crate::scenario::{Probe, ProbeMeasurement, ProbeRow, SAME_LOAD};

pub use machine::{CostDoubt, CostEstimate, MachineClass};
pub use saturation::{AT_LIMIT, RateFall, leave_out_at_limit};

/// Below this p-value a test rejects the straight line, or a row.
pub const SIGNIFICANCE: f64 = 0.05;
/// A line that explains less than this share of the CPU's variance is doubtful.
const GOOD_R_SQUARED: f64 = 0.9;
/// A line whose unexplained variance is this many times smaller is not better by chance.
const FAR_BETTER: f64 = 5.0;
/// More standard errors than this only mean that the other rows lie close to their line.
pub const STANDARD_ERRORS_MAX: f64 = 1000.0;
/// Without a row of more leverage than this, the line is fitted again; at most three rows have it.
const HIGH_LEVERAGE: f64 = 0.5;
/// Residuals below this share of the CPU's own spread are rounding errors of an exact line.
const EXACT: f64 = 1e-12;

/// The fit of a probe: CPU = idle + cost x rate, per pod.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Rows that were fitted.
    pub rows: usize,
    /// Lightest load, in requests per second a pod.
    pub rps_min: f64,
    /// Heaviest load, in requests per second a pod.
    pub rps_max: f64,
    /// The greatest reading, in millicores.
    pub cpu_millicores_max: f64,
    /// CPU time of one request, in milliseconds of one core.
    pub cpu_per_request_ms: Coefficient,
    /// CPU without any request, in millicores; below zero where the line meets the axis there.
    pub idle_cpu_millicores: Coefficient,
    /// The share of the CPU's variance that the line explains, 0..1.
    pub r_squared: f64,
    /// Standard deviation of the readings about the line, in millicores.
    pub scatter_millicores: f64,
    /// The same share if CPU and rate are both taken as those of all pods; `None` where the number of pods is not stated or never changes: then
    /// both shares are equal.
    pub r_squared_as_totals: Option<f64>,
    /// CPU time of one request if there were no idle use: the line through the origin, in milliseconds of one core.
    pub cpu_per_request_ms_without_idle: f64,
    /// Whether a straight line describes the probe.
    pub linearity: Linearity,
    /// Rows that lie further from the line of the others than chance explains.
    pub outliers: Vec<Outlier>,
    /// Rows with as much CPU as the fullest row, and a lower rate.
    pub rate_falls: Vec<RateFall>,
}

/// A coefficient of the line with its interval of [`CONFIDENCE`](super::statistics::CONFIDENCE), by Student's t.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coefficient {
    /// The least squares estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The test of the straight line, and its result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Linearity {
    /// By which test.
    pub test: LinearityTest,
    /// The chance of a departure like this one if the relation were a straight line; `None` where the rows do not suffice for a test.
    pub p_value: Option<f64>,
    /// How CPU grows with load, as far as the test can tell.
    pub shape: CpuGrowth,
    /// CPU time that one request more costs at the lightest load, by a parabola, in milliseconds; `None` where none was fitted.
    pub cost_ms_at_rps_min: Option<f64>,
    /// The same at the heaviest load.
    pub cost_ms_at_rps_max: Option<f64>,
}

/// A test of the straight line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearityTest {
    /// Loads were measured more than once: scatter about the line against scatter at equal load (F).
    LackOfFit,
    /// Loads were measured once each: a term in the square of the rate (t).
    QuadraticTerm,
    /// Too few rows or loads for either.
    Untested,
}

/// How CPU grows with load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CpuGrowth {
    /// The test does not reject a straight line.
    Straight,
    /// Each further request costs more.
    Steepening,
    /// Each further request costs less.
    Flattening,
    /// The rows were too few to tell.
    Unknown,
}

/// A row far from the line of the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outlier {
    /// Its line in the file, from 1.
    pub line: usize,
    /// Its load, in requests per second a pod.
    pub rps: f64,
    /// Its reading, in millicores.
    pub cpu_millicores: f64,
    /// What the line of the others says at its load, in millicores.
    pub expected_millicores: f64,
    /// Its distance from that, in standard errors (deleted studentized residual). `None` where the others lie so close to their line that a
    /// standard error says nothing: beyond [`STANDARD_ERRORS_MAX`].
    pub standard_errors: Option<f64>,
    /// What a request would cost without this row, in milliseconds.
    pub cpu_per_request_ms_without: f64,
}

/// Why a probe gives no cost.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// The line does not rise.
    #[error(
        "CPU does not grow with the load: one more request per second changes it by {0:.3} millicores; \
         check that `rps` and `cpu_millicores` belong to the same pods and the same time"
    )]
    NoGrowth(f64),
    /// The rows below the limit are too few.
    #[error(
        "{rows} of {all} rows are at the limit of {limit_millicores}m; \
         check `--limit`, or measure three rows with two different loads below it"
    )]
    AtLimit {
        /// The limit, in millicores.
        limit_millicores: i64,
        /// How many rows are at the limit.
        rows: usize,
        /// How many rows there are.
        all: usize,
    },
}

/// The straight line through rows, with what its errors need.
struct RegressionLine {
    slope: f64,
    intercept: f64,
    mean_rps: f64,
    sum_squares_rps: f64,
    sum_squares_cpu: f64,
    residual_sum: f64,
}

/// What the line of all other rows says about a row.
struct Others {
    slope: f64,
    expected_millicores: f64,
}

impl RegressionLine {
    /// Least squares; at least two different loads.
    fn through(rows: &[ProbeRow]) -> Self {
        let count = rows.len() as f64;
        let mean_rps = rows.iter().map(|row| row.rps).sum::<f64>() / count;
        let mean_cpu = rows.iter().map(|row| row.cpu_millicores).sum::<f64>() / count;
        let sum = |term: fn(f64, f64) -> f64| -> f64 {
            rows.iter()
                .map(|row| term(row.rps - mean_rps, row.cpu_millicores - mean_cpu))
                .sum()
        };
        let sum_squares_rps = sum(|rps, _| rps * rps);
        let slope = sum(|rps, cpu| rps * cpu) / sum_squares_rps;
        let intercept = mean_cpu - slope * mean_rps;
        let sum_squares_cpu = sum(|_, cpu| cpu * cpu);
        let residual_sum: f64 = rows
            .iter()
            .map(|row| (row.cpu_millicores - intercept - slope * row.rps).powi(2))
            .sum();
        Self {
            slope,
            intercept,
            mean_rps,
            sum_squares_rps,
            sum_squares_cpu,
            residual_sum: if residual_sum <= EXACT * sum_squares_cpu {
                0.0
            } else {
                residual_sum
            },
        }
    }

    /// The share of the CPU's variance that it explains.
    fn r_squared(&self) -> f64 {
        1.0 - self.residual_sum / self.sum_squares_cpu
    }

    fn residual(&self, row: &ProbeRow) -> f64 {
        row.cpu_millicores - self.intercept - self.slope * row.rps
    }

    /// The line of all rows but the one at `index`, in closed form: fitting it anew for each row would be quadratic.
    fn without(&self, rows: &[ProbeRow], index: usize, share_left: f64) -> Others {
        let row = &rows[index];
        if 1.0 - share_left > HIGH_LEVERAGE {
            let others: Vec<ProbeRow> = [&rows[..index], &rows[index + 1..]].concat();
            let line = Self::through(&others);
            return Others {
                slope: line.slope,
                expected_millicores: line.intercept + line.slope * row.rps,
            };
        }
        let deleted = self.residual(row) / share_left;
        Others {
            slope: self.slope - (row.rps - self.mean_rps) * deleted / self.sum_squares_rps,
            expected_millicores: row.cpu_millicores - deleted,
        }
    }

    /// How much of its own fit a row decides, 0..1.
    fn leverage(&self, row: &ProbeRow, count: f64) -> f64 {
        1.0 / count + (row.rps - self.mean_rps).powi(2) / self.sum_squares_rps
    }
}

/// Fits `probe`.
///
/// # Errors
/// When CPU does not grow with the load.
pub fn calibrate(probe: &Probe) -> Result<Calibration, CalibrationError> {
    let rows = probe.rows.as_slice();
    let count = rows.len() as f64;
    let line = RegressionLine::through(rows);
    if line.slope <= 0.0 {
        return Err(CalibrationError::NoGrowth(line.slope));
    }
    let freedom = count - 2.0;
    let scatter = (line.residual_sum / freedom).sqrt();
    let slope_error = scatter / line.sum_squares_rps.sqrt();
    let intercept_error =
        scatter * (1.0 / count + line.mean_rps.powi(2) / line.sum_squares_rps).sqrt();
    let loads = || rows.iter().map(|row| row.rps);
    Ok(Calibration {
        rows: rows.len(),
        rps_min: loads().fold(f64::INFINITY, f64::min),
        rps_max: loads().fold(0.0, f64::max),
        cpu_millicores_max: rows
            .iter()
            .map(|row| row.cpu_millicores)
            .fold(0.0, f64::max),
        // A millicore for a request per second is a millisecond of a core a request.
        cpu_per_request_ms: Coefficient::new(line.slope, slope_error, freedom),
        idle_cpu_millicores: Coefficient::new(line.intercept, intercept_error, freedom),
        r_squared: line.r_squared(),
        r_squared_as_totals: r_squared_as_totals(rows),
        scatter_millicores: scatter,
        cpu_per_request_ms_without_idle: through_origin(rows),
        linearity: test_linearity(rows, &line),
        outliers: find_outliers(rows, &line),
        rate_falls: saturation::rate_falls(rows),
    })
}

impl Calibration {
    /// Whether the line meets the axis below zero by more than chance explains.
    #[must_use]
    pub fn idle_is_below_zero(&self) -> bool {
        self.idle_cpu_millicores.high < 0.0
    }

    /// Whether the line explains too little of the CPU.
    #[must_use]
    pub fn r_squared_is_low(&self) -> bool {
        self.r_squared < GOOD_R_SQUARED
    }

    /// Whether the CPU follows the rate of all pods so much better than that of one that it is probably the CPU of all of them.
    #[must_use]
    pub fn cpu_looks_like_that_of_all_pods(&self) -> bool {
        self.r_squared_as_totals
            .is_some_and(|totals| FAR_BETTER * (1.0 - totals) < 1.0 - self.r_squared)
    }
}

/// The line through rates of all pods; `None` where pods are always as many.
fn r_squared_as_totals(rows: &[ProbeRow]) -> Option<f64> {
    let first = rows.first()?.replicas;
    if rows.iter().all(|row| (row.replicas - first).abs() < 0.5) {
        return None;
    }
    let totals: Vec<ProbeRow> = rows
        .iter()
        .map(|row| ProbeRow {
            rps: row.rps * row.replicas,
            ..*row
        })
        .collect();
    let line = RegressionLine::through(&totals);
    (line.sum_squares_rps > 0.0 && line.slope > 0.0).then(|| line.r_squared())
}

/// Which pods `cpu_millicores` and `rps` of a probe belong to, in words.
#[must_use]
pub const fn measured_on(measured: ProbeMeasurement) -> &'static str {
    match measured {
        ProbeMeasurement::PerPod => {
            "`rps` belongs to all pods and `cpu_millicores` to one; the fit divides `rps` by `replicas`"
        }
        ProbeMeasurement::Together => {
            "no column `replicas`: the fit treats `rps` and `cpu_millicores` as those of one pod"
        }
    }
}

impl Coefficient {
    pub(super) fn new(value: f64, standard_error: f64, freedom: f64) -> Self {
        let reach = standard_error * reach_in_errors(freedom);
        Self {
            value,
            standard_error,
            low: value - reach,
            high: value + reach,
        }
    }
}

/// The chance of |t| or more.
fn two_sided_p(t: f64, freedom: f64) -> f64 {
    2.0 * students_t(freedom).cdf(-t.abs())
}

/// The cost of a request if an idle pod used no CPU, to show how much the idle CPU changes the fit.
fn through_origin(rows: &[ProbeRow]) -> f64 {
    let products: f64 = rows.iter().map(|row| row.rps * row.cpu_millicores).sum();
    let squares: f64 = rows.iter().map(|row| row.rps * row.rps).sum();
    products / squares
}

/// A parabola beside the line.
struct Parabola {
    /// The coefficient of the rate's square.
    square: f64,
    /// That of the rate.
    linear: f64,
    /// What the square takes off the sum of squared residuals.
    gain: f64,
}

impl Parabola {
    /// The square made orthogonal to the line, so that its coefficient stands by itself.
    fn through(rows: &[ProbeRow], line: &RegressionLine) -> Self {
        let squared: Vec<ProbeRow> = rows
            .iter()
            .map(|row| ProbeRow {
                cpu_millicores: (row.rps - line.mean_rps).powi(2),
                ..*row
            })
            .collect();
        let along = RegressionLine::through(&squared);
        let rest: Vec<f64> = squared.iter().map(|row| along.residual(row)).collect();
        let norm: f64 = rest.iter().map(|value| value * value).sum();
        let product: f64 = rest
            .iter()
            .zip(rows)
            .map(|(value, row)| value * line.residual(row))
            .sum();
        let square = product / norm;
        Self {
            square,
            linear: line.slope - square * along.slope - 2.0 * square * line.mean_rps,
            gain: square * product,
        }
    }

    /// The cost of one more request at this load.
    fn slope_at(&self, rps: f64) -> f64 {
        self.linear + 2.0 * self.square * rps
    }
}

/// Equal loads give the lack-of-fit test, which assumes no shape. Without equal loads, the quadratic term is tested.
fn test_linearity(rows: &[ProbeRow], line: &RegressionLine) -> Linearity {
    let groups = group_by_load(rows);
    if groups.len() < 3 {
        return untested();
    }
    let parabola = Parabola::through(rows, line);
    let (test, p_value) = if groups.len() < rows.len() {
        (
            LinearityTest::LackOfFit,
            lack_of_fit(rows.len(), &groups, line),
        )
    } else if rows.len() >= 4 {
        (
            LinearityTest::QuadraticTerm,
            quadratic_term(rows.len(), &parabola, line),
        )
    } else {
        return untested();
    };
    let shape = match (p_value < SIGNIFICANCE, parabola.square > 0.0) {
        (false, _) => CpuGrowth::Straight,
        (true, true) => CpuGrowth::Steepening,
        (true, false) => CpuGrowth::Flattening,
    };
    let ends = [groups.first(), groups.last()].map(|group| {
        group
            .and_then(|group| group.first())
            .map(|row| parabola.slope_at(row.rps))
    });
    Linearity {
        test,
        p_value: Some(p_value),
        shape,
        cost_ms_at_rps_min: ends[0],
        cost_ms_at_rps_max: ends[1],
    }
}

/// The result with so few loads that a curve fits any measurement.
const fn untested() -> Linearity {
    Linearity {
        test: LinearityTest::Untested,
        p_value: None,
        shape: CpuGrowth::Unknown,
        cost_ms_at_rps_min: None,
        cost_ms_at_rps_max: None,
    }
}

/// Rows of equal load, by rising load.
fn group_by_load(rows: &[ProbeRow]) -> Vec<Vec<ProbeRow>> {
    let mut sorted = rows.to_vec();
    sorted.sort_by(|a, b| a.rps.total_cmp(&b.rps));
    let most = sorted.last().map_or(0.0, |row| row.rps);
    sorted
        .chunk_by(|a, b| b.rps - a.rps <= SAME_LOAD * most)
        .map(<[ProbeRow]>::to_vec)
        .collect()
}

/// The F test of the residuals that equal loads do not share.
fn lack_of_fit(count: usize, groups: &[Vec<ProbeRow>], line: &RegressionLine) -> f64 {
    let pure: f64 = groups
        .iter()
        .map(|group| {
            let mean = group.iter().map(|row| row.cpu_millicores).sum::<f64>() / group.len() as f64;
            group
                .iter()
                .map(|row| (row.cpu_millicores - mean).powi(2))
                .sum::<f64>()
        })
        .sum();
    let lack = (line.residual_sum - pure).max(0.0);
    let lack_freedom = groups.len() as f64 - 2.0;
    let pure_freedom = (count - groups.len()) as f64;
    if lack <= EXACT * line.sum_squares_cpu {
        return 1.0;
    }
    let ratio = (lack / lack_freedom) / (pure / pure_freedom);
    if !ratio.is_finite() {
        return 0.0;
    }
    1.0 - FisherSnedecor::new(lack_freedom, pure_freedom)
        .expect("degrees of freedom above 0")
        .cdf(ratio)
}

/// The p-value of the quadratic term: the root of an F with one degree of freedom has Student's t distribution.
fn quadratic_term(count: usize, parabola: &Parabola, line: &RegressionLine) -> f64 {
    if line.residual_sum <= 0.0 {
        return 1.0;
    }
    let freedom = count as f64 - 3.0;
    let left = line.residual_sum - parabola.gain;
    if left <= EXACT * line.sum_squares_cpu {
        return 0.0;
    }
    two_sided_p((parabola.gain / (left / freedom)).sqrt(), freedom)
}

/// Rows whose deleted residual is beyond chance, by Student's t with Bonferroni's correction.
fn find_outliers(rows: &[ProbeRow], line: &RegressionLine) -> Vec<Outlier> {
    let count = rows.len() as f64;
    let freedom = count - 3.0;
    if freedom < 1.0 || line.residual_sum <= 0.0 {
        return Vec::new();
    }
    let limit = students_t(freedom).inverse_cdf(1.0 - SIGNIFICANCE / (2.0 * count));
    rows.iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let share_left = 1.0 - line.leverage(row, count);
            // A row that alone decides the line's slope has no distance from it.
            if share_left <= EXACT {
                return None;
            }
            let distance = deleted_residual(line.residual(row), share_left, line, freedom);
            if distance.abs() <= limit {
                return None;
            }
            let others = line.without(rows, index, share_left);
            Some(Outlier {
                line: row.line,
                rps: row.rps,
                cpu_millicores: row.cpu_millicores,
                expected_millicores: others.expected_millicores,
                standard_errors: (distance.abs() <= STANDARD_ERRORS_MAX).then_some(distance),
                cpu_per_request_ms_without: others.slope,
            })
        })
        .collect()
}

/// A row's distance from the line of the others in their standard errors; infinite where the others lie on one line.
fn deleted_residual(residual: f64, share_left: f64, line: &RegressionLine, freedom: f64) -> f64 {
    let others_sum = line.residual_sum - residual * residual / share_left;
    // The difference of two numbers this close is what floats leave of zero.
    if others_sum <= EXACT * line.residual_sum {
        return f64::INFINITY.copysign(residual);
    }
    residual / (others_sum / freedom * share_left).sqrt()
}

#[cfg(test)]
mod tests;
