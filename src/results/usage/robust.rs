//! A robust regression, and standard errors that allow for rows that resemble their neighbours.
//!
//! The estimate is Tukey's bisquare, begun at Huber's estimate (Huber and Ronchetti, Robust Statistics, 2009, chapter 7). The standard
//! errors are those of Newey and West (Econometrica 55, 1987) with the bandwidth of Andrews (Econometrica 59, 1991) for the Bartlett
//! kernel, of what each row does not share with the one before (Andrews and Monahan, Econometrica 60, 1992).

/// Huber's constant: 95 % efficiency under normal errors.
const HUBER: f64 = 1.345;
/// Tukey's constant: 95 % efficiency under normal errors. A row further away, in scales, has no weight.
const BISQUARE: f64 = 4.685;
/// The standard deviation of a normal distribution, in median absolute deviations.
const DEVIATION_PER_MAD: f64 = 1.4826;
/// A column is a sum of the others if less than this share of it is left beside them.
const DEPENDENT: f64 = 1e-9;
/// The most iterations of each estimate.
const ITERATIONS: usize = 20;
/// An estimate has settled when no weight changes by as much.
const SETTLED: f64 = 1e-3;
/// The correlation of neighbours counts as at most this, since a bandwidth of all rows says nothing.
const CORRELATION_MAX: f64 = 0.97;

/// A fitted regression.
pub(super) struct RobustFit {
    /// One for each column.
    pub(super) coefficients: Vec<f64>,
    /// Readings less what the fit says, one for each row.
    pub(super) residuals: Vec<f64>,
    /// The weight of each row, 0..1; 0 is an outlier.
    pub(super) weights: Vec<f64>,
    /// Robust standard deviation of the residuals.
    pub(super) scale: f64,
    /// The inverse of the derivative of the estimating equations.
    bread: Vec<Vec<f64>>,
}

/// Fits `readings` by the columns of `rows`; `None` if one column is a sum of the others.
pub(super) fn fit(rows: &[Vec<f64>], readings: &[f64]) -> Option<RobustFit> {
    let mut weights = vec![1.0; rows.len()];
    let mut coefficients = weighted(rows, readings, &weights)?;
    let huber = |distance: f64| (HUBER / distance).min(1.0);
    let bisquare = |distance: f64| (1.0 - (distance / BISQUARE).powi(2)).max(0.0).powi(2);
    let estimates: [&dyn Fn(f64) -> f64; 2] = [&huber, &bisquare];
    for weight_at in estimates {
        for _ in 0..ITERATIONS {
            let residuals = residuals(rows, readings, &coefficients);
            let scale = scale_of(&residuals, readings);
            let mut change = 0.0_f64;
            for (weight, residual) in weights.iter_mut().zip(&residuals) {
                let next = weight_at(residual.abs() / scale);
                change = change.max((next - *weight).abs());
                *weight = next;
            }
            let Some(next) = weighted(rows, readings, &weights) else {
                break;
            };
            coefficients = next;
            if change < SETTLED {
                break;
            }
        }
    }
    let residuals = residuals(rows, readings, &coefficients);
    let scale = scale_of(&residuals, readings);
    let slopes: Vec<f64> = residuals
        .iter()
        .map(|residual| {
            let square = (residual / scale / BISQUARE).powi(2);
            if square < 1.0 {
                (1.0 - square) * (1.0 - 5.0 * square)
            } else {
                0.0
            }
        })
        .collect();
    let bread = inverse(&moments(rows, &slopes)).or_else(|| inverse(&moments(rows, &weights)))?;
    Some(RobustFit {
        coefficients,
        residuals,
        weights,
        scale,
        bread,
    })
}

impl RobustFit {
    /// Rows with a weight.
    pub(super) fn rows_used(&self) -> usize {
        self.weights.iter().filter(|weight| **weight > 0.0).count()
    }

    /// The weighted sum of squared residuals.
    pub(super) fn unexplained(&self) -> f64 {
        self.residuals
            .iter()
            .zip(&self.weights)
            .map(|(residual, weight)| weight * residual * residual)
            .sum()
    }

    /// How many times fewer independent rows say as much as these, by the correlation of neighbours.
    pub(super) fn inflation(&self) -> f64 {
        let weighted: Vec<f64> = self
            .residuals
            .iter()
            .zip(&self.weights)
            .map(|(residual, weight)| residual * weight)
            .collect();
        let correlation = correlation_of_neighbours(&weighted).max(0.0);
        (1.0 + correlation) / (1.0 - correlation)
    }

    /// The standard error of the sum of coefficients times `shares`.
    pub(super) fn standard_error(&self, rows: &[Vec<f64>], shares: &[f64]) -> f64 {
        let direction: Vec<f64> = self.bread.iter().map(|row| dot(row, shares)).collect();
        let influences: Vec<f64> = rows
            .iter()
            .zip(self.residuals.iter().zip(&self.weights))
            .map(|(row, (residual, weight))| dot(row, &direction) * residual * weight)
            .collect();
        let count = influences.len() as f64;
        let freedom = (count - self.coefficients.len() as f64).max(1.0);
        (long_run_sum_of_squares(&influences) * count / freedom).sqrt()
    }
}

/// The variance of a sum of values that resemble their neighbours: Newey and West's of what the value before leaves open, so that their
/// falling weights cost little, times what each such part adds to the values after it (Andrews and Monahan, Econometrica 60, 1992).
fn long_run_sum_of_squares(values: &[f64]) -> f64 {
    let carried = correlation_of_neighbours(values);
    let new: Vec<f64> = values
        .windows(2)
        .map(|pair| pair[1] - carried * pair[0])
        .collect();
    let squares: f64 = values.iter().map(|value| value * value).sum();
    let sum = newey_west(&new) / (1.0 - carried).powi(2);
    // A negative correlation that chance alone made does not make an estimate surer.
    sum.max(squares / 2.0)
}

/// The variance of a sum of `values` by Newey and West.
fn newey_west(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let correlation = correlation_of_neighbours(values);
    let alpha = 4.0 * correlation.powi(2) / (1.0 - correlation.powi(2)).powi(2);
    let bandwidth = 1.1447 * (alpha * count).cbrt();
    let lags = (bandwidth.floor() as usize).min(values.len() / 4);
    let covariance =
        |lag: usize| -> f64 { values.iter().zip(&values[lag..]).map(|(a, b)| a * b).sum() };
    let others: f64 = (1..=lags)
        .map(|lag| 2.0 * (1.0 - lag as f64 / (lags + 1) as f64) * covariance(lag))
        .sum();
    covariance(0) + others
}

fn correlation_of_neighbours(values: &[f64]) -> f64 {
    let squares: f64 = values.iter().map(|value| value * value).sum();
    let products: f64 = values.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if squares > 0.0 {
        (products / squares).clamp(-CORRELATION_MAX, CORRELATION_MAX)
    } else {
        0.0
    }
}

fn residuals(rows: &[Vec<f64>], readings: &[f64], coefficients: &[f64]) -> Vec<f64> {
    rows.iter()
        .zip(readings)
        .map(|(row, reading)| reading - dot(row, coefficients))
        .collect()
}

/// No recorded CPU is more exact than this share of its greatest reading. Without a bound, an exact majority of the rows would take the
/// weight of all others, and with them whole columns.
const EXACTNESS: f64 = 1e-3;

/// The robust standard deviation of residuals, at least [`EXACTNESS`].
fn scale_of(residuals: &[f64], readings: &[f64]) -> f64 {
    let greatest = readings.iter().copied().fold(0.0, f64::max);
    let mut distances: Vec<f64> = residuals.iter().map(|it| it.abs()).collect();
    let middle = distances.len() / 2;
    let (_, median, _) = distances.select_nth_unstable_by(middle, f64::total_cmp);
    (DEVIATION_PER_MAD * *median)
        .max(EXACTNESS * greatest)
        .max(f64::MIN_POSITIVE)
}

fn weighted(rows: &[Vec<f64>], readings: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let mut right = vec![0.0; rows.first()?.len()];
    for ((row, reading), weight) in rows.iter().zip(readings).zip(weights) {
        for (sum, value) in right.iter_mut().zip(row) {
            *sum += weight * value * reading;
        }
    }
    let inverse = inverse(&moments(rows, weights))?;
    Some(inverse.iter().map(|row| dot(row, &right)).collect())
}

/// The weighted sums of products of each two columns.
fn moments(rows: &[Vec<f64>], weights: &[f64]) -> Vec<Vec<f64>> {
    let width = rows.first().map_or(0, Vec::len);
    let mut sums = vec![vec![0.0; width]; width];
    for (row, weight) in rows.iter().zip(weights) {
        for (first, sum) in sums
            .iter_mut()
            .enumerate()
            .filter(|(it, _)| row[*it] != 0.0)
        {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += weight * row[first] * value;
            }
        }
    }
    sums
}

/// The inverse of a symmetric positive matrix by Gauss and Jordan; `None` if a column depends on the others.
fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let width = matrix.len();
    let mut left = matrix.to_vec();
    let mut right: Vec<Vec<f64>> = (0..width)
        .map(|row| {
            (0..width)
                .map(|column| f64::from(u8::from(row == column)))
                .collect()
        })
        .collect();
    for pivot in 0..width {
        let value = left[pivot][pivot];
        if value <= DEPENDENT * matrix[pivot][pivot] || value.is_nan() {
            return None;
        }
        for column in 0..width {
            left[pivot][column] /= value;
            right[pivot][column] /= value;
        }
        for row in (0..width).filter(|row| *row != pivot) {
            let factor = left[row][pivot];
            for column in 0..width {
                left[row][column] -= factor * left[pivot][column];
                right[row][column] -= factor * right[pivot][column];
            }
        }
    }
    Some(right)
}

fn dot(first: &[f64], second: &[f64]) -> f64 {
    first.iter().zip(second).map(|(a, b)| a * b).sum()
}
