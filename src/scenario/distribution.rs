//! Distributions as policies write them: a duration, or a table with `dist`.
//!
//! Self-imposed limit: one value of a policy, from tree to [`Distribution`].

use std::sync::Arc;

use super::diagnostic::Code;
use super::reader::{Faults, Section, duration};
use super::tree::{Node, Value};
use crate::engine::random::Distribution;
use crate::units::SimSpan;

#[derive(Clone, Copy)]
enum Kind {
    Constant,
    Uniform,
    Normal,
    LogNormal,
    Exponential,
    Gamma,
    Pareto,
    Empirical,
}

const KINDS: [(&str, Kind); 8] = [
    ("constant", Kind::Constant),
    ("uniform", Kind::Uniform),
    ("normal", Kind::Normal),
    ("lognormal", Kind::LogNormal),
    ("exponential", Kind::Exponential),
    ("gamma", Kind::Gamma),
    ("pareto", Kind::Pareto),
    ("empirical", Kind::Empirical),
];

impl Kind {
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Constant => &["dist", "value"],
            Self::Uniform => &["dist", "low", "high"],
            Self::Normal => &["dist", "mean", "std_dev"],
            Self::LogNormal => &["dist", "median", "p99", "mean", "cv"],
            Self::Exponential => &["dist", "mean"],
            Self::Gamma => &["dist", "mean", "cv"],
            Self::Pareto => &["dist", "minimum", "shape"],
            Self::Empirical => &["dist", "values"],
        }
    }
}

/// The greatest coefficient of variation; beyond it nearly every draw is next to nothing.
const CV_MAX: f64 = 100.0;
/// The greatest p99 of a log-normal in medians; beyond it single draws outlast the simulation.
const P99_BY_MEDIAN_MAX: f64 = 10_000.0;
/// The least exponent of a Pareto tail that has a mean worth the name.
const PARETO_SHAPE_MIN: f64 = 1.01;
/// The greatest exponent of a Pareto tail; beyond it is a constant.
const PARETO_SHAPE_MAX: f64 = 1000.0;

/// The distribution that `node` states; `path` names it in messages.
pub(super) fn read(node: &Node, path: &str, faults: &mut Faults<'_>) -> Option<Distribution> {
    let Value::Table(table) = &node.value else {
        return duration(node, path, faults).map(Distribution::Constant);
    };
    let unchecked = Section::with_any_keys(table, path.to_owned(), node.origin);
    if unchecked.node("dist").is_none() {
        faults.report(
            Code::MissingKey,
            node.origin,
            format!("`{path}` is a table without `dist`"),
            "write { dist = \"lognormal\", mean = \"10ms\", cv = 1.0 }, or a plain duration",
        );
        return None;
    }
    let kind = unchecked.word("dist", &KINDS, faults)?;
    // Which keys there are is known only now.
    let body = Section::of_table(table, path.to_owned(), node.origin, kind.keys(), faults);
    read_kind(kind, &body, faults)
}

fn read_kind(kind: Kind, body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    match kind {
        Kind::Constant => required(body, "value", faults).map(Distribution::Constant),
        Kind::Uniform => {
            let (low, high) = (
                required(body, "low", faults),
                required(body, "high", faults),
            );
            let (low, high) = low.zip(high)?;
            in_order(body, ("low", low), ("high", high), faults)?;
            Some(Distribution::Uniform { low, high })
        }
        Kind::Normal => {
            let mean = required(body, "mean", faults);
            let std_dev = required(body, "std_dev", faults);
            let (mean, std_dev) = mean.zip(std_dev)?;
            Some(Distribution::Normal { mean, std_dev })
        }
        Kind::LogNormal => read_log_normal(body, faults),
        Kind::Exponential => {
            positive(body, "mean", faults).map(|mean| Distribution::Exponential { mean })
        }
        Kind::Gamma => {
            let mean = positive(body, "mean", faults);
            let cv = ratio(body, "cv", 0.01, CV_MAX, faults);
            let (mean, cv) = mean.zip(cv)?;
            Some(Distribution::Gamma { mean, cv })
        }
        Kind::Pareto => {
            let minimum = positive(body, "minimum", faults);
            let shape = ratio(body, "shape", PARETO_SHAPE_MIN, PARETO_SHAPE_MAX, faults);
            let (minimum, shape) = minimum.zip(shape)?;
            Some(Distribution::Pareto { minimum, shape })
        }
        Kind::Empirical => {
            if body.node("values").is_none() {
                body.missing("values", "an array of durations", faults);
            }
            let items = body.items("values", faults)?;
            let path = body.path_of("values");
            if items.is_empty() {
                faults.report(
                    Code::OutOfRange,
                    body.key_origin("values"),
                    format!("`{path}` is empty"),
                    "write at least one duration",
                );
                return None;
            }
            let spans: Vec<Option<SimSpan>> = items
                .iter()
                .map(|item| duration(item, &path, faults))
                .collect();
            let spans: Option<Arc<[SimSpan]>> = spans.into_iter().collect();
            spans.map(Distribution::Empirical)
        }
    }
}

/// A log-normal by median and p99 or by mean and coefficient of variation.
fn read_log_normal(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let has = |key: &str| body.node(key).is_some();
    match (has("median") || has("p99"), has("mean") || has("cv")) {
        (true, true) => {
            faults.report(
                Code::Conflict,
                body.origin,
                format!(
                    "`{}` states a lognormal both by median and p99 and by mean and cv",
                    body.path_of("dist").trim_end_matches(".dist")
                ),
                "keep one of the two pairs",
            );
            None
        }
        (true, false) => {
            let median = positive(body, "median", faults);
            let p99 = positive(body, "p99", faults);
            let (median, p99) = median.zip(p99)?;
            in_order(body, ("median", median), ("p99", p99), faults)?;
            if p99.as_secs_f64() > median.as_secs_f64() * P99_BY_MEDIAN_MAX {
                faults.report(
                    Code::OutOfRange,
                    body.node("p99")?.origin,
                    format!("`p99` is more than {P99_BY_MEDIAN_MAX} times the median"),
                    "write two lengths that one thing can take",
                );
                return None;
            }
            Some(Distribution::log_normal_by_p99(median, p99))
        }
        (false, _) => {
            let mean = positive(body, "mean", faults);
            let cv = ratio(body, "cv", 0.0, CV_MAX, faults);
            let (mean, cv) = mean.zip(cv)?;
            Some(Distribution::log_normal_by_mean(mean, cv))
        }
    }
}

fn required(body: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
    if body.node(key).is_none() {
        body.missing(key, "a duration", faults);
    }
    body.duration(key, faults)
}

fn positive(body: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
    let span = required(body, key, faults)?;
    if span > SimSpan::ZERO {
        return Some(span);
    }
    faults.report(
        Code::OutOfRange,
        body.node(key)?.origin,
        format!("`{}` is 0", body.path_of(key)),
        "write a duration above 0; for none at all write \"0s\" in place of the table",
    );
    None
}

fn ratio(
    body: &Section<'_>,
    key: &str,
    low: f64,
    high: f64,
    faults: &mut Faults<'_>,
) -> Option<f64> {
    if body.node(key).is_none() {
        body.missing(key, "a number", faults);
    }
    body.number(key, low..=high, faults)
}

fn in_order(
    body: &Section<'_>,
    (small_key, small): (&str, SimSpan),
    (great_key, great): (&str, SimSpan),
    faults: &mut Faults<'_>,
) -> Option<()> {
    if small <= great {
        return Some(());
    }
    faults.report(
        Code::OutOfRange,
        body.node(great_key)?.origin,
        format!("`{great_key}` ({great}) is below `{small_key}` ({small})"),
        format!("write at least \"{small}\""),
    );
    None
}
