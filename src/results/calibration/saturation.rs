//! Rows of a probe in which the pods were full: their rate says what the pods could serve, not what a request costs.

use serde::Serialize;

use super::CalibrationError;
use crate::scenario::{PROBE_ROWS_MIN, Probe, ProbeRow, SAME_LOAD};
use crate::units::Millicores;

/// A reading from this share of the limit on is at the limit: readings are means over time, and noise takes a little off.
const AT_LIMIT: f64 = 0.95;
/// A rate below this share of the rate of the row before has fallen.
const FALLEN: f64 = 0.9;

/// A row whose rate is lower than that of the row before, with as much CPU.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateFall {
    /// Its line in the file, from 1.
    pub line: usize,
    /// The rate of the row before, in requests per second a pod.
    pub rps_before: f64,
    /// Its own rate, in requests per second a pod.
    pub rps: f64,
    /// Its reading, in millicores.
    pub cpu_millicores: f64,
}

/// Takes the rows at the CPU limit of a pod out of `probe`, and returns their lines.
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

/// The rows whose rate falls while CPU stays, in the order of the file.
pub(super) fn rate_falls(rows: &[ProbeRow]) -> Vec<RateFall> {
    let falls = rows.windows(2).filter_map(|pair| {
        let [before, row] = pair else { return None };
        let is_fall =
            row.rps < FALLEN * before.rps && row.cpu_millicores >= AT_LIMIT * before.cpu_millicores;
        is_fall.then_some(RateFall {
            line: row.line,
            rps_before: before.rps,
            rps: row.rps,
            cpu_millicores: row.cpu_millicores,
        })
    });
    falls.collect()
}
