//! Rows of a probe in which the pods were full: their rate says what the pods could serve, not what a request costs.

use serde::Serialize;

use super::CalibrationError;
use crate::scenario::{PROBE_ROWS_MIN, Probe, ProbeRow, SAME_LOAD};
use crate::units::Millicores;

/// A reading from this share of the limit on is at the limit: readings are means over time, and noise takes a little off.
pub const AT_LIMIT: f64 = 0.95;
/// A row with this share of the probe's range of CPU has as much CPU as the fullest row.
const AS_MUCH_CPU: f64 = 0.95;
/// A row below this share of the greatest rate has a lower rate.
const LOWER_RATE: f64 = 0.8;

/// A row whose rate is lower than the greatest of the probe, with as much CPU.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateFall {
    /// Its line in the file, from 1.
    pub line: usize,
    /// Its rate, in requests per second a pod.
    pub rps: f64,
    /// Its reading, in millicores.
    pub cpu_millicores: f64,
    /// The greatest rate of the probe, in requests per second a pod.
    pub rps_max: f64,
}

/// Takes the rows at the CPU limit of a pod out of `probe`, and returns their lines. A probe without `replicas` is compared as a whole.
///
/// # Errors
/// When too few rows or loads are left for a line.
pub fn leave_out_at_limit(
    probe: &mut Probe,
    limit: Millicores,
) -> Result<Vec<usize>, CalibrationError> {
    let is_at_limit = |row: &ProbeRow| row.cpu_millicores >= AT_LIMIT * limit.0 as f64;
    let at_limit = probe.rows.iter().filter(|row| is_at_limit(row));
    let lines: Vec<usize> = at_limit.map(|row| row.line).collect();
    probe.rows.retain(|row| !is_at_limit(row));
    if lines.is_empty() || has_a_line(&probe.rows) {
        return Ok(lines);
    }
    Err(CalibrationError::AtLimit {
        limit_millicores: limit.0,
        rows: lines.len(),
        all: lines.len() + probe.rows.len(),
    })
}

/// Whether the rows are enough for a line: three of them, with two loads.
fn has_a_line(rows: &[ProbeRow]) -> bool {
    let loads = || rows.iter().map(|row| row.rps);
    let (least, most) = (
        loads().fold(f64::INFINITY, f64::min),
        loads().fold(0.0, f64::max),
    );
    rows.len() >= PROBE_ROWS_MIN && most - least > SAME_LOAD * most
}

/// The rows with as much CPU as the row of the greatest rate and a lower rate, in the order of the file. Both are among the fullest rows:
/// a single high reading is an outlier.
pub(super) fn rate_falls(rows: &[ProbeRow]) -> Vec<RateFall> {
    let most = |value: fn(&ProbeRow) -> f64| rows.iter().map(value).fold(0.0, f64::max);
    let (rps_max, cpu_max) = (most(|row| row.rps), most(|row| row.cpu_millicores));
    let cpu_min = rows.iter().map(|row| row.cpu_millicores);
    let cpu_min = cpu_min.fold(f64::INFINITY, f64::min);
    let is_full =
        |row: &ProbeRow| row.cpu_millicores - cpu_min >= AS_MUCH_CPU * (cpu_max - cpu_min);
    let has_full_peak = rows.iter().any(|row| row.rps >= rps_max && is_full(row));
    let is_fall = |row: &&ProbeRow| has_full_peak && row.rps < LOWER_RATE * rps_max && is_full(row);
    let falls = rows.iter().filter(is_fall).map(|row| RateFall {
        line: row.line,
        rps: row.rps,
        cpu_millicores: row.cpu_millicores,
        rps_max,
    });
    falls.collect()
}
