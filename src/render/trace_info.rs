//! The description of a trace, as a few lines of text or as JSON.

use serde::Serialize;

use super::human;
use super::prose::folded;
use crate::scenario::formats::describe::{Description, Offered};
use crate::text::{json, visible};

/// The columns of the names before the numbers.
const NAME_WIDTH: usize = 15;

/// The description of the trace called `name`, with a final newline.
#[must_use]
pub fn render_trace_info(name: &str, about: &Description) -> String {
    let mut text = format!("{}: {}\n", visible(name), about.format.title());
    let mut line = |label: &str, value: &str| {
        text.push_str(&folded(&format!("{label:<NAME_WIDTH$} "), &visible(value)));
    };
    let from = about
        .origin
        .as_ref()
        .map_or_else(String::new, |origin| format!(" from {origin}"));
    line(
        "span",
        &format!("{}{from}", human::duration(about.span.as_secs_f64())),
    );
    line("rows", &rows_text(about));
    line("gaps", &gaps_text(about));
    let (label, unit) = match about.offered {
        Offered::Requests => ("requests", "/s"),
        Offered::CpuMillicores => ("CPU", "m"),
        Offered::Users => ("users", ""),
    };
    let figure = |value: f64| format!("{}{unit}", human::significant(value));
    line(
        label,
        &format!(
            "min {}   mean {}   p99 {}   max {}",
            figure(about.min),
            figure(about.mean),
            figure(about.p99),
            figure(about.max)
        ),
    );
    if let Some(requests) = about.requests {
        line(
            "in all",
            &format!("about {} requests", human::count(requests)),
        );
    }
    line("burstiness", &burstiness_text(about));
    if let Some(ceiling) = about.ceiling {
        line(
            "ceiling",
            &match ceiling.samples {
                0 => format!("none visible among {} samples", ceiling.of),
                samples => format!(
                    "{samples} of {} samples at {:.0}m: lower bounds of the demand",
                    ceiling.of, ceiling.millicores
                ),
            },
        );
    }
    if !about.columns.is_empty() {
        line("metrics", &about.columns.join(", "));
    }
    line("becomes", becomes_text(about.offered));
    text
}

fn rows_text(about: &Description) -> String {
    let step = human::duration(about.step.as_secs_f64());
    match about.other_rows {
        0 => format!("{}, each {step}", about.rows),
        others => format!(
            "{}, most of them {step}, {others} of another length",
            about.rows
        ),
    }
}

fn gaps_text(about: &Description) -> String {
    match about.gaps {
        0 => "none".to_owned(),
        gaps => gaps.to_string(),
    }
}

fn burstiness_text(about: &Description) -> String {
    let variation = about.coefficient_of_variation.map_or_else(
        || "nothing was offered".to_owned(),
        |variation| format!("coefficient of variation {}", human::significant(variation)),
    );
    match about.index_of_dispersion {
        None => variation,
        Some(dispersion) => format!(
            "index of dispersion {} of the counts per {} (Poisson: 1); {variation}",
            human::significant(dispersion),
            human::duration(about.step.as_secs_f64())
        ),
    }
}

fn becomes_text(offered: Offered) -> &'static str {
    match offered {
        Offered::Requests => "`rps`, open load, for either engine",
        Offered::CpuMillicores => "`cpu_millicores`, for the fluid engine; requests are not known",
        Offered::Users => "`users`, closed load, for the request engine",
    }
}

/// The figures for scripts.
#[derive(Serialize)]
struct Figures<'a> {
    name: &'a str,
    format: &'static str,
    start: Option<&'a str>,
    span_seconds: f64,
    rows: usize,
    step_seconds: f64,
    rows_of_another_length: usize,
    gaps: u64,
    becomes: &'static str,
    min: f64,
    mean: f64,
    p99: f64,
    max: f64,
    requests: Option<f64>,
    coefficient_of_variation: Option<f64>,
    index_of_dispersion: Option<f64>,
    ceiling_millicores: Option<f64>,
    samples_at_ceiling: Option<usize>,
    columns: &'a [String],
}

/// The same as JSON, with a final newline.
///
/// # Errors
/// Only a writer that fails; a string does not.
pub fn trace_info_json(name: &str, about: &Description) -> Result<String, serde_json::Error> {
    let figures = Figures {
        name,
        format: about.format.title(),
        start: about.origin.as_deref(),
        span_seconds: about.span.as_secs_f64(),
        rows: about.rows,
        step_seconds: about.step.as_secs_f64(),
        rows_of_another_length: about.other_rows,
        gaps: about.gaps,
        becomes: match about.offered {
            Offered::Requests => "rps",
            Offered::CpuMillicores => "cpu_millicores",
            Offered::Users => "users",
        },
        min: about.min,
        mean: about.mean,
        p99: about.p99,
        max: about.max,
        requests: about.requests,
        coefficient_of_variation: about.coefficient_of_variation,
        index_of_dispersion: about.index_of_dispersion,
        ceiling_millicores: about.ceiling.map(|ceiling| ceiling.millicores),
        samples_at_ceiling: about.ceiling.map(|ceiling| ceiling.samples),
        columns: &about.columns,
    };
    json::pretty(&figures)
}
