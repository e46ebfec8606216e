//! A calibration as text: the line with its intervals, doubts about it, and the lines for the policy.

use std::fmt::Write;

use serde::Serialize;

use super::human::significant;
use super::prose::folded;
use super::table::{Column, TableFormat, render_table};
use crate::results::calibration::{
    AT_LIMIT, Calibration, Coefficient, CostDoubt, CostEstimate, CpuGrowth, LinearityTest,
    MachineClass, Outlier, RateFall, SIGNIFICANCE, measured_on,
};
use crate::scenario::ProbeMeasurement;
use crate::text::rounding::readable;
use crate::text::{json, visible};
use crate::workload::CostUncertainty;

/// A probe with its fit.
#[derive(Clone, Debug)]
pub struct FittedProbe {
    /// The file.
    pub file: String,
    /// What its columns measure.
    pub measured: ProbeMeasurement,
    /// The fit.
    pub fit: Calibration,
    /// The lines left out as rows at the CPU limit; `None` where no limit was stated.
    pub at_limit: Option<Vec<usize>>,
}

/// The report of one probe as text, for machines of `class`.
#[must_use]
pub fn render_calibration(probe: &FittedProbe, class: MachineClass) -> String {
    let cost = CostEstimate::of_one(&probe.fit, class);
    let known = format!(
        "`machine` is assumed: {} ({}). `--machine` chooses another class; several probes measure it.",
        significant(cost.machine_deviation),
        class.source(),
    );
    let mut text = report(probe) + &folded("- ", &known);
    if probe.fit.rows < ROWS_ENOUGH && cost.standard_error_ms > 0.0 {
        text.push_str(&folded(
            "- ",
            "Few rows: seeds draw a normal error, which is too narrow here. Compare the standard error with the 95 % interval, and \
             measure at more loads.",
        ));
    }
    text + &policy_part(&cost)
}

/// From this number of rows on, a normal distribution of the error is close to Student's t: within 10 % at p10 and p90.
const ROWS_ENOUGH: usize = 9;

/// From this number of probes on, the spread of the machines is known well enough.
const PROBES_ENOUGH: usize = 6;

/// The reports of several probes, each on a machine of its own, and what they say together.
#[must_use]
pub fn render_calibrations(probes: &[FittedProbe], cost: &CostEstimate) -> String {
    let mut text: String = probes.iter().map(|probe| report(probe) + "\n").collect();
    let interval = cost
        .machine_interval
        .map_or_else(String::new, |(low, high)| {
            format!(" (95 %: {} to {})", significant(low), significant(high))
        });
    let together = format!(
        "{} probes, each on a machine of its own: a request costs {} ms (geometric mean; standard error {} ms). The logarithm of the \
         machines' speed has a standard deviation of {}{interval}, beyond the errors of the probes.",
        probes.len(),
        significant(cost.mean_ms),
        significant(cost.standard_error_ms),
        significant(cost.machine_deviation),
    );
    text.push_str(&folded("", &together));
    if probes.len() < PROBES_ENOUGH {
        text.push_str(&folded(
            "",
            &format!(
                "So few probes say little about the machines. If the interval is wide, write the `machine` of a class into the policy: \
                 {} for one machine type with one processor, {} for a type with several processors.",
                MachineClass::Fixed.deviation(),
                MachineClass::Mixed.deviation(),
            ),
        ));
    }
    text + &policy_part(cost)
}

/// The lines for the policy. A cost that is too uncertain has a sentence in their place.
fn policy_part(cost: &CostEstimate) -> String {
    let doubt = match cost.doubt() {
        None => return format!("\nPut into the policy:\n{}", policy_lines(cost)),
        Some(CostDoubt::Error) => {
            "No lines for the policy: the standard error is more than half of the cost. Measure more loads, and heavier ones."
        }
        Some(CostDoubt::Machines) => {
            "No lines for the policy: the probes differ more than machines do. Check that all of them measure the same service."
        }
    };
    format!("\n{}", folded("", doubt))
}

/// One probe: its line, and the doubts about it.
fn report(probe: &FittedProbe) -> String {
    let FittedProbe { measured, fit, .. } = probe;
    let mut text = format!(
        "{}: {} rows, {} to {} rps a pod\n{}\n",
        visible(&probe.file),
        fit.rows,
        significant(fit.rps_min),
        significant(fit.rps_max),
        folded("", measured_on(*measured)),
    );
    text.push_str("cpu = idle + cost x rps, by least squares:\n");
    text.push_str(&estimates(fit));
    let _ = writeln!(
        text,
        "R² {:.4}; standard deviation of the readings from the line: {}m\n",
        fit.r_squared,
        significant(fit.scatter_millicores),
    );
    for note in notes(probe) {
        text.push_str(&folded("- ", &note));
    }
    text
}

fn estimates(fit: &Calibration) -> String {
    let columns = [
        Column::left(""),
        Column::right("estimate"),
        Column::right("95 % interval"),
        Column::right("standard error"),
    ];
    let row = |name: &str, estimate: &Coefficient, unit: &str| {
        vec![
            name.to_owned(),
            format!("{}{unit}", significant(estimate.value)),
            format!(
                "{}{unit} to {}{unit}",
                significant(estimate.low),
                significant(estimate.high)
            ),
            format!("{}{unit}", significant(estimate.standard_error)),
        ]
    };
    let rows = [
        row(
            "cost per request (CPU time)",
            &fit.cpu_per_request_ms,
            " ms",
        ),
        row("idle use", &fit.idle_cpu_millicores, "m"),
    ];
    render_table(&columns, &rows, TableFormat::Plain)
}

/// What the reader should know of the line.
fn notes(probe: &FittedProbe) -> Vec<String> {
    let FittedProbe { measured, fit, .. } = probe;
    let mut notes = Vec::new();
    notes.extend(
        probe
            .at_limit
            .as_deref()
            .map(|lines| left_out(probe, lines)),
    );
    notes.extend(
        fit.rate_falls
            .first()
            .map(|fall| rate_fall(fall, fit.rate_falls.len())),
    );
    if fit.cpu_looks_like_that_of_all_pods() {
        notes.push(cpu_of_all_pods(fit));
    }
    if fit.r_squared_is_low() {
        notes.push(format!(
            "R² is low: the load explains {:.0} % of the CPU's variance. Something else uses CPU, or the readings belong to other \
             moments than the rates. Measure again, and hold each load for two minutes.",
            100.0 * fit.r_squared
        ));
    }
    notes.push(linearity(fit));
    if fit.cpu_per_request_ms.low <= 0.0 {
        notes.push(
            "The interval of the cost includes zero: these rows do not show that a request costs CPU. Measure more loads, and heavier ones."
                .to_owned(),
        );
    }
    if fit.idle_is_below_zero() {
        notes.push(idle_below_zero(fit));
    } else if fit.idle_cpu_millicores.value < 0.0 {
        notes.push(
            "The estimate of idle use is below zero, but its interval includes zero. The policy gets 0m."
                .to_owned(),
        );
    }
    if *measured == ProbeMeasurement::Together && fit.idle_cpu_millicores.value > 0.0 {
        notes.push(
            "Idle use belongs to all measured pods together; `idle_cpu` of the policy belongs to one pod. If you measured several pods, \
             divide it by their number, or add a column `replicas`."
                .to_owned(),
        );
    }
    notes.extend(outliers(&fit.outliers));
    notes
}

/// The most outliers that have a line of their own.
const OUTLIERS_SHOWN: usize = 3;

/// The outliers furthest from the line, in the order of the file, and how many there are besides.
fn outliers(outliers: &[Outlier]) -> Vec<String> {
    let distance = |it: &&Outlier| (it.cpu_millicores - it.expected_millicores).abs();
    let mut shown: Vec<&Outlier> = outliers.iter().collect();
    shown.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    shown.truncate(OUTLIERS_SHOWN);
    shown.sort_by_key(|it| it.line);
    let mut notes: Vec<String> = shown.into_iter().map(outlier).collect();
    match outliers.len().saturating_sub(OUTLIERS_SHOWN) {
        0 => {}
        1 => notes.push("One further row lies far from the line; the fit keeps it.".to_owned()),
        more => notes.push(format!(
            "{more} further rows lie far from the line; the fit keeps them."
        )),
    }
    notes
}

fn left_out(probe: &FittedProbe, lines: &[usize]) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let which = match lines {
        [] => "No row is".to_owned(),
        [line] => format!("Line {line} is"),
        _ => format!("Lines {} are", numbers.join(", ")),
    };
    let so = match lines {
        [] => {
            let most = significant(probe.fit.cpu_millicores_max);
            return format!(
                "No row is at the CPU limit: the greatest reading is {most}m. Check the unit of `--limit`: 500m is half a core."
            );
        }
        _ => " and left out: at the limit a rate is what the pods could serve",
    };
    let of = match probe.measured {
        ProbeMeasurement::PerPod => "",
        ProbeMeasurement::Together => {
            " The probe has no column `replicas`, so `--limit` is compared with all its pods together."
        }
    };
    format!(
        "{which} at the CPU limit ({:.0} % of `--limit` or more){so}.{of}",
        100.0 * AT_LIMIT
    )
}

fn rate_fall(fall: &RateFall, count: usize) -> String {
    let others = match count {
        1 => String::new(),
        2 => " One other row is alike.".to_owned(),
        _ => format!(" {} other rows are alike.", count - 1),
    };
    format!(
        "Line {} has {} rps a pod at {}m, and the greatest rate of the probe is {} rps with hardly more CPU: the pods were full, and \
         such a row says nothing about the cost.{others} State the CPU limit of a pod with `--limit`, or delete such rows. \
         The key `workload.overload` models pods that serve less once they are full.",
        fall.line,
        significant(fall.rps),
        significant(fall.cpu_millicores),
        significant(fall.rps_max),
    )
}

fn cpu_of_all_pods(fit: &Calibration) -> String {
    format!(
        "`cpu_millicores` probably belongs to all pods together: R² is {:.4} with the rate of all pods, and {:.4} with the rate of one pod. \
         If so, all figures here are wrong: divide `cpu_millicores` by `replicas`, and calibrate again.",
        fit.r_squared_as_totals.unwrap_or_default(),
        fit.r_squared,
    )
}

fn idle_below_zero(fit: &Calibration) -> String {
    let through_origin = significant(fit.cpu_per_request_ms_without_idle);
    match fit.linearity.shape {
        CpuGrowth::Steepening => format!(
            "The estimate of idle use is below zero, which is impossible: the cost grows with the load. The policy gets the slope and no \
             idle use, which is too much at light load; by the line through the origin, a request costs {through_origin} ms."
        ),
        CpuGrowth::Straight | CpuGrowth::Flattening | CpuGrowth::Unknown => format!(
            "The estimate of idle use is below zero, which is impossible. The usual reason is a probe that raises its load step by step: \
             a reading covers the time before it, so all readings are too low by a similar amount. The cost, which is the slope, \
             is still right. Another reason is a cost that grows with the load. The policy gets the slope and no idle use. If the \
             readings were steady, the line through the origin, {through_origin} ms, is the better cost at these loads. Best is a \
             new probe that holds each load for two minutes, without pauses."
        ),
    }
}

fn linearity(fit: &Calibration) -> String {
    let linearity = &fit.linearity;
    let test = match linearity.test {
        LinearityTest::LackOfFit => "F test for lack of fit over equal loads",
        LinearityTest::QuadraticTerm => "t test of a term in the square of the rate",
        LinearityTest::Untested => {
            return "Linearity is not tested: a test needs four rows with three different loads."
                .to_owned();
        }
    };
    let p_value = linearity.p_value.unwrap_or(1.0);
    let p_value = if p_value < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p_value:.3}")
    };
    let ends = || {
        format!(
            "by a parabola, one more request costs {} ms at {} rps a pod and {} ms at {}",
            significant(linearity.cost_ms_at_rps_min.unwrap_or_default()),
            significant(fit.rps_min),
            significant(linearity.cost_ms_at_rps_max.unwrap_or_default()),
            significant(fit.rps_max),
        )
    };
    let advice = "hpasim uses one cost for all loads: keep the rows near the load at which the autoscaler holds a pod \
                  (its target x the CPU request), and do not trust the simulation far from it.";
    match linearity.shape {
        CpuGrowth::Straight | CpuGrowth::Unknown => format!(
            "Linear: the test does not reject a straight line ({test}, {p_value}, level {SIGNIFICANCE})."
        ),
        CpuGrowth::Steepening => format!(
            "Not linear: CPU grows faster than the load ({test}, {p_value}); {}. {advice}",
            ends()
        ),
        CpuGrowth::Flattening => format!(
            "Not linear: CPU grows more slowly than the load ({test}, {p_value}); {}. {advice}",
            ends()
        ),
    }
}

fn outlier(outlier: &Outlier) -> String {
    format!(
        "Line {} ({} rps a pod, {}m) is {}. The fit keeps it; without it, a request costs {} ms.",
        outlier.line,
        significant(outlier.rps),
        significant(outlier.cpu_millicores),
        distance(outlier),
        significant(outlier.cpu_per_request_ms_without),
    )
}

/// How far a row lies from the line of the others: in standard errors, or in percent where these say nothing.
fn distance(outlier: &Outlier) -> String {
    if let Some(standard_errors) = outlier.standard_errors {
        return format!(
            "{} standard errors from the line of the others",
            significant(standard_errors)
        );
    }
    let expected = outlier.expected_millicores;
    let difference = outlier.cpu_millicores - expected;
    let size = if expected > 0.0 {
        format!("{} %", significant(100.0 * difference.abs() / expected))
    } else {
        format!("{}m", significant(difference.abs()))
    };
    let side = if difference < 0.0 { "below" } else { "above" };
    format!("{size} {side} the line of the others, which lie close to their line")
}

/// The part of a policy that says the same.
fn policy_lines(cost: &CostEstimate) -> String {
    let error = match cost.standard_error_ms {
        error if error > 0.0 => {
            // Three digits may round the error above half of the mean, which no policy accepts.
            let most = 0.99 * CostUncertainty::ERROR_BY_MEAN_MAX * cost.mean_ms;
            format!(
                ", standard_error = \"{}\"",
                written_milliseconds(error.min(most))
            )
        }
        _ => String::new(),
    };
    let machine = match cost.machine_deviation {
        deviation if deviation > 0.0 => format!(", machine = {}", significant(deviation)),
        _ => String::new(),
    };
    format!(
        "[workload]\ncpu_per_request = {{ dist = \"lognormal\", mean = \"{}\", cv = 1.0{error}{machine} }}\nidle_cpu = \"{:.0}m\"\n",
        written_milliseconds(cost.mean_ms),
        cost.idle_millicores,
    )
}

/// `46.7ms`, or `46.7us` where a millisecond is too coarse.
pub(super) fn written_milliseconds(milliseconds: f64) -> String {
    if milliseconds < 0.1 {
        format!("{}us", significant(milliseconds * 1e3))
    } else {
        format!("{}ms", significant(milliseconds))
    }
}

#[derive(Serialize)]
struct CalibrationReport<'a> {
    file: &'a str,
    measured_on: &'a str,
    #[serde(flatten)]
    fit: Calibration,
    lines_at_limit: Option<&'a [usize]>,
    r_squared_is_low: bool,
    idle_is_below_zero: bool,
    cpu_looks_like_that_of_all_pods: bool,
}

impl<'a> CalibrationReport<'a> {
    fn of(probe: &'a FittedProbe) -> Self {
        Self {
            file: &probe.file,
            measured_on: measured_on(probe.measured),
            fit: rounded(&probe.fit),
            lines_at_limit: probe.at_limit.as_deref(),
            r_squared_is_low: probe.fit.r_squared_is_low(),
            idle_is_below_zero: probe.fit.idle_is_below_zero(),
            cpu_looks_like_that_of_all_pods: probe.fit.cpu_looks_like_that_of_all_pods(),
        }
    }
}

/// The cost as the policy states it.
#[derive(Serialize)]
struct CostReport {
    mean_ms: f64,
    standard_error_ms: f64,
    machine: f64,
    machine_low: Option<f64>,
    machine_high: Option<f64>,
    machine_known_from: String,
    idle_cpu_millicores: f64,
}

impl CostReport {
    fn of(cost: &CostEstimate, machine_known_from: String) -> Self {
        Self {
            mean_ms: readable(cost.mean_ms),
            standard_error_ms: readable(cost.standard_error_ms),
            machine: readable(cost.machine_deviation),
            machine_low: cost.machine_interval.map(|(low, _)| readable(low)),
            machine_high: cost.machine_interval.map(|(_, high)| readable(high)),
            machine_known_from,
            idle_cpu_millicores: readable(cost.idle_millicores),
        }
    }
}

#[derive(Serialize)]
struct OneReport<'a> {
    #[serde(flatten)]
    probe: CalibrationReport<'a>,
    cost: CostReport,
    policy: Option<String>,
}

/// [`render_calibration`] as one JSON object, with a final newline.
///
/// # Errors
/// None that the report's types could cause; the type is the JSON writer's.
pub fn calibration_json(
    probe: &FittedProbe,
    class: MachineClass,
) -> Result<String, serde_json::Error> {
    let cost = CostEstimate::of_one(&probe.fit, class);
    json::pretty(&OneReport {
        probe: CalibrationReport::of(probe),
        cost: CostReport::of(&cost, class.source().to_owned()),
        policy: cost.doubt().is_none().then(|| policy_lines(&cost)),
    })
}

#[derive(Serialize)]
struct ReportOfSeveral<'a> {
    probes: Vec<CalibrationReport<'a>>,
    cost: CostReport,
    policy: Option<String>,
}

/// [`render_calibrations`] as one JSON object, with a final newline.
///
/// # Errors
/// None that the report's types could cause; the type is the JSON writer's.
pub fn calibrations_json(
    probes: &[FittedProbe],
    cost: &CostEstimate,
) -> Result<String, serde_json::Error> {
    json::pretty(&ReportOfSeveral {
        probes: probes.iter().map(CalibrationReport::of).collect(),
        cost: CostReport::of(cost, format!("{} probes", probes.len())),
        policy: cost.doubt().is_none().then(|| policy_lines(cost)),
    })
}

/// `estimate` with floats as files show them.
pub(super) fn rounded_estimate(estimate: &Coefficient) -> Coefficient {
    Coefficient {
        value: readable(estimate.value),
        standard_error: readable(estimate.standard_error),
        low: readable(estimate.low),
        high: readable(estimate.high),
    }
}

/// `fit` with floats as files show them.
fn rounded(fit: &Calibration) -> Calibration {
    let mut fit = fit.clone();
    fit.cpu_per_request_ms = rounded_estimate(&fit.cpu_per_request_ms);
    fit.idle_cpu_millicores = rounded_estimate(&fit.idle_cpu_millicores);
    for value in [
        &mut fit.rps_min,
        &mut fit.rps_max,
        &mut fit.cpu_millicores_max,
        &mut fit.r_squared,
        &mut fit.scatter_millicores,
        &mut fit.cpu_per_request_ms_without_idle,
    ] {
        *value = readable(*value);
    }
    fit.r_squared_as_totals = fit.r_squared_as_totals.map(readable);
    let linearity = &mut fit.linearity;
    linearity.p_value = linearity.p_value.map(readable);
    linearity.cost_ms_at_rps_min = linearity.cost_ms_at_rps_min.map(readable);
    linearity.cost_ms_at_rps_max = linearity.cost_ms_at_rps_max.map(readable);
    for outlier in &mut fit.outliers {
        outlier.rps = readable(outlier.rps);
        outlier.expected_millicores = readable(outlier.expected_millicores);
        outlier.standard_errors = outlier.standard_errors.map(readable);
        outlier.cpu_per_request_ms_without = readable(outlier.cpu_per_request_ms_without);
    }
    for fall in &mut fit.rate_falls {
        fall.rps = readable(fall.rps);
        fall.rps_max = readable(fall.rps_max);
    }
    fit
}
