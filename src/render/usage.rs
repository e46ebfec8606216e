//! A calibration from a recording as text: the estimates, what they rest on, and the lines for the policy.

use serde::Serialize;

use super::calibration::{rounded_estimate, written_milliseconds};
use super::human::significant;
use super::prose::folded;
use super::table::{Column, TableFormat, render_table};
use crate::results::calibration::Coefficient;
use crate::results::usage::{StartupUse, UsageFit};
use crate::text::rounding::readable;
use crate::text::{json, visible};
use crate::workload::CostUncertainty;

/// The report as text. `hours_in` is the time zone of the hours.
#[must_use]
pub fn render_usage(file: &str, fit: &UsageFit, hours_in: &str) -> String {
    let mut text = format!(
        "{}: {} readings of CPU with a rate, {} used\ncpu = idle x pods + cost x rps + startup of new pods, by a robust fit:\n",
        visible(file),
        fit.rows,
        fit.rows_used
    );
    text.push_str(&estimates(fit));
    text.push_str(&format!(
        "R² {:.4}; standard deviation of the readings from the fit: {}m\n\n",
        fit.r_squared,
        significant(fit.scatter_millicores)
    ));
    for note in notes(fit, hours_in) {
        text.push_str(&folded("- ", &note));
    }
    match policy_lines(fit) {
        Some(lines) => text + "\nPut into the policy:\n" + &lines,
        None => {
            text + "\n"
                + &folded(
                    "",
                    "No lines for the policy: the standard error is more than half of the cost. Use a longer recording, with more varied load.",
                )
        }
    }
}

fn estimates(fit: &UsageFit) -> String {
    let columns = [
        Column::left(""),
        Column::right("estimate"),
        Column::right("95 % interval"),
    ];
    let row = |name: &str, it: &Coefficient, unit: &str| {
        vec![
            name.to_owned(),
            format!("{}{unit}", significant(it.value)),
            format!(
                "{}{unit} to {}{unit}",
                significant(it.low),
                significant(it.high)
            ),
        ]
    };
    let idle = if fit.has_replicas {
        "idle use of a pod"
    } else {
        "idle use of all pods"
    };
    let mut rows = vec![
        row(
            "cost per request (CPU time)",
            &fit.cpu_per_request_ms,
            " ms",
        ),
        row(idle, &fit.idle_cpu_millicores, "m"),
    ];
    rows.extend(fit.startup.as_ref().map(|it| {
        row(
            "startup of a pod (millicore-seconds)",
            &it.millicore_seconds,
            "",
        )
    }));
    render_table(&columns, &rows, TableFormat::Plain)
}

/// What the estimates rest on, a line for each fact.
fn notes(fit: &UsageFit, hours_in: &str) -> Vec<String> {
    let mut notes = vec![if fit.lag_s > 0.0 {
        format!(
            "CPU lags {} s behind the rate; the fit allows for it.",
            fit.lag_s
        )
    } else {
        "CPU does not lag behind the rate.".to_owned()
    }];
    let left_out = [
        (fit.without_load, "without a rate or replicas at their time"),
        (fit.at_limit, "at 95 % of the CPU limit or more"),
        (fit.outliers, "too far from the fit"),
    ];
    let left_out: Vec<String> = left_out
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
    if !left_out.is_empty() {
        notes.push(format!("Readings left out: {}.", left_out.join(", ")));
    }
    if !fit.has_replicas {
        notes.push(
            "Without replicas, the fit treats the pods as one: idle use is that of all pods, the idle use of pods that come with the load \
             counts as cost, and startup is not known. Add replicas, as `--replicas` or a column."
                .to_owned(),
        );
    }
    notes.extend(startup_note(fit));
    notes.extend(fit.by_hour.as_ref().map(|it| {
        if !it.changes {
            return "The cost does not change with the hour of the day beyond its noise.".to_owned();
        }
        let hours: Vec<String> = it
            .hours
            .iter()
            .map(|it| format!("{:02}h {}", it.hour, significant(it.cpu_per_request_ms.value)))
            .collect();
        format!(
            "The cost changes with the hour of the day ({hours_in}), in ms: {}. The cost above is that of the mean request.",
            hours.join(", ")
        )
    }));
    notes
}

/// What the recording says of startup; `None` without replicas.
fn startup_note(fit: &UsageFit) -> Option<String> {
    Some(match &fit.startup {
        Some(it) if it.duration_s > 0.0 => format!(
            "Startup: {} new pods, with more CPU than others over {} s.",
            it.new_pods, it.duration_s
        ),
        Some(it) => format!(
            "Startup: {} new pods, without more CPU than others.",
            it.new_pods
        ),
        None if fit.has_replicas => "Startup: too few pods came to tell.".to_owned(),
        None => return None,
    })
}

/// A standard error below this share of the cost changes no simulation.
const NO_ERROR: f64 = 1e-4;

/// The part of a policy that says the same; `None` if the cost is too uncertain for a policy.
fn policy_lines(fit: &UsageFit) -> Option<String> {
    let keys = policy_keys(fit)?;
    let mut text = String::new();
    let mut open = "";
    for (table, line) in keys {
        if table != open {
            let gap = if open.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{table}]\n"));
            open = table;
        }
        text.push_str(&format!("{line}\n"));
    }
    Some(text)
}

/// The keys of a policy that say the same, each with its table, those of a table together; `None` if the cost is too uncertain for a
/// policy.
#[must_use]
pub fn policy_keys(fit: &UsageFit) -> Option<Vec<(&'static str, String)>> {
    let cost = &fit.cpu_per_request_ms;
    if cost.standard_error > 0.99 * CostUncertainty::ERROR_BY_MEAN_MAX * cost.value {
        return None;
    }
    let error = if cost.standard_error > NO_ERROR * cost.value {
        format!(
            ", standard_error = \"{}\"",
            written_milliseconds(cost.standard_error)
        )
    } else {
        String::new()
    };
    let mut keys = vec![(
        "workload",
        format!(
            "cpu_per_request = {{ dist = \"lognormal\", mean = \"{}\", cv = 1.0{error} }}",
            written_milliseconds(cost.value)
        ),
    )];
    if fit.has_replicas {
        let idle = fit.idle_cpu_millicores.value.max(0.0);
        keys.push(("workload", format!("idle_cpu = \"{idle:.0}m\"")));
    }
    keys.extend(
        fit.startup
            .as_ref()
            .and_then(startup_line)
            .map(|line| ("pod", line)),
    );
    Some(keys)
}

/// Only an excess beyond chance becomes a key.
fn startup_line(startup: &StartupUse) -> Option<String> {
    let excess = &startup.millicore_seconds;
    startup.is_beyond_chance().then(|| {
        format!(
            "startup_cpu = {{ cpu = \"{:.0}m\", duration = \"{}s\" }}",
            (excess.value / startup.duration_s).max(1.0),
            startup.duration_s
        )
    })
}

#[derive(Serialize)]
struct UsageReport<'a> {
    file: &'a str,
    hours_in: &'a str,
    #[serde(flatten)]
    fit: UsageFit,
    policy: Option<String>,
}

/// [`render_usage`] as one JSON object, with a final newline.
///
/// # Errors
/// None that the report's types could cause; the type is the JSON writer's.
pub fn usage_json(file: &str, fit: UsageFit, hours_in: &str) -> Result<String, serde_json::Error> {
    json::pretty(&UsageReport {
        file,
        hours_in,
        policy: policy_lines(&fit),
        fit: rounded(fit),
    })
}

/// `fit` with numbers that are short enough to read.
fn rounded(mut fit: UsageFit) -> UsageFit {
    fit.cpu_per_request_ms = rounded_estimate(&fit.cpu_per_request_ms);
    fit.idle_cpu_millicores = rounded_estimate(&fit.idle_cpu_millicores);
    for number in [
        &mut fit.r_squared,
        &mut fit.scatter_millicores,
        &mut fit.lag_s,
    ] {
        *number = readable(*number);
    }
    if let Some(startup) = &mut fit.startup {
        startup.millicore_seconds = rounded_estimate(&startup.millicore_seconds);
    }
    if let Some(by_hour) = &mut fit.by_hour {
        by_hour.p_value = readable(by_hour.p_value);
        for hour in &mut by_hour.hours {
            hour.cpu_per_request_ms = rounded_estimate(&hour.cpu_per_request_ms);
        }
    }
    fit
}
