//! Distributions as policies write them: a duration, or a table with `dist`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::diagnostic::Code;
use super::reader::{Faults, Section, duration};
use super::tree::{Node, Value};
use crate::engine::random::Distribution;
use crate::units::SimSpan;

/// A kind of distribution.
struct Kind {
    /// The word of `dist`.
    word: &'static str,
    /// The keys that state it; a lognormal has two alternatives.
    ways: &'static [&'static [&'static str]],
    /// Reads it.
    read: fn(&Section<'_>, &mut Faults<'_>) -> Option<Distribution>,
    /// What it means, for the page.
    means: &'static str,
}

static KINDS: [Kind; 8] = [
    Kind {
        word: "constant",
        ways: &[&["value"]],
        read: |body, faults| required(body, "value", faults).map(Distribution::Constant),
        means: "the same as a plain duration",
    },
    Kind {
        word: "uniform",
        ways: &[&["low", "high"]],
        read: read_uniform,
        means: "uniform between the two",
    },
    Kind {
        word: "normal",
        ways: &[&["mean", "std_dev"]],
        read: read_normal,
        means: "Gaussian, cut off at 0",
    },
    Kind {
        word: "lognormal",
        ways: &[&["median", "p99"], &["mean", "cv"]],
        read: read_log_normal,
        means: "a long right tail, like service times and start times; `cv` is standard deviation / mean",
    },
    Kind {
        word: "exponential",
        ways: &[&["mean"]],
        read: |body, faults| {
            positive(body, "mean", faults).map(|mean| Distribution::Exponential { mean })
        },
        means: "memoryless",
    },
    Kind {
        word: "gamma",
        ways: &[&["mean", "cv"]],
        read: read_gamma,
        means: "from nearly constant (`cv` 0.1) to bursty (`cv` 3)",
    },
    Kind {
        word: "pareto",
        ways: &[&["minimum", "shape"]],
        read: read_pareto,
        means: "a heavy tail: P(X > x) = (minimum / x)^shape",
    },
    Kind {
        word: "empirical",
        ways: &[&["values"]],
        read: read_empirical,
        means: "one of the durations listed, each equally likely",
    },
];

impl Kind {
    /// Every key of all alternatives.
    fn keys(&self) -> Vec<&'static str> {
        let stated = self.ways.iter().copied().flatten().copied();
        std::iter::once("dist").chain(stated).collect()
    }

    /// The alternatives as text.
    fn ways_in_words(&self) -> String {
        let separator = if self.ways.len() > 1 { " and " } else { ", " };
        let ways: Vec<String> = self
            .ways
            .iter()
            .map(|keys| {
                let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                quoted.join(separator)
            })
            .collect();
        ways.join(", or ")
    }
}

/// Each kind of distribution for the page: word, keys and meaning.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    KINDS
        .iter()
        .map(|kind| (kind.word, kind.ways_in_words(), kind.means))
}

/// The bounds of a gamma distribution's coefficient of variation: below, it is a constant; above, nearly every draw is close to 0.
pub(super) const GAMMA_CV: RangeInclusive<f64> = 0.01..=100.0;
/// The bounds of a lognormal's coefficient of variation.
pub(super) const LOG_NORMAL_CV: RangeInclusive<f64> = 0.0..=100.0;
/// The largest p99 of a lognormal in medians; above it, single draws last longer than the simulation.
pub(super) const P99_BY_MEDIAN_MAX: f64 = 10_000.0;
/// The bounds of a Pareto exponent: below, the mean is infinite or nearly so; above, it is a constant.
pub(super) const PARETO_SHAPE: RangeInclusive<f64> = 1.01..=1000.0;

/// Reads the distribution in `node`; messages call it `path`. A table may also have the keys `beside`, which the caller reads.
pub(super) fn read(
    node: &Node,
    path: &str,
    beside: &[&'static str],
    faults: &mut Faults<'_>,
) -> Option<Distribution> {
    let Value::Table(table) = &node.value else {
        return duration(node, path, faults).map(Distribution::Constant);
    };
    let unchecked = Section::with_any_keys(table, path.to_owned(), node.origin);
    if unchecked.node("dist").is_none() {
        let known: Vec<&str> = KINDS
            .iter()
            .flat_map(Kind::keys)
            .chain(beside.iter().copied())
            .collect();
        let unknown = table
            .entries()
            .iter()
            .filter(|entry| !known.contains(&entry.key.as_str()));
        let mut has_unknown = false;
        for entry in unknown {
            faults.unknown_key(entry, path, &known);
            has_unknown = true;
        }
        if has_unknown {
            return None;
        }
        faults.report(
            Code::MissingKey,
            node.origin,
            format!("`{path}` is a table without `dist`"),
            "write a table such as { dist = \"lognormal\", mean = \"10ms\", cv = 1.0 }, or a plain duration",
        );
        return None;
    }
    let words: Vec<(&'static str, &Kind)> = KINDS.iter().map(|kind| (kind.word, kind)).collect();
    let kind = unchecked.word("dist", &words, faults)?;
    // The keys are known only after the kind.
    let known = [&kind.keys(), beside].concat();
    let body = Section::of_table(table, path.to_owned(), node.origin, &known, faults);
    (kind.read)(&body, faults)
}

fn read_uniform(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let (low, high) = (
        required(body, "low", faults),
        required(body, "high", faults),
    );
    let (low, high) = low.zip(high)?;
    in_order(body, ("low", low), ("high", high), faults)?;
    Some(Distribution::Uniform { low, high })
}

fn read_normal(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let mean = required(body, "mean", faults);
    let std_dev = required(body, "std_dev", faults);
    let (mean, std_dev) = mean.zip(std_dev)?;
    Some(Distribution::Normal { mean, std_dev })
}

fn read_gamma(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let mean = positive(body, "mean", faults);
    let cv = ratio(body, "cv", GAMMA_CV, faults);
    let (mean, cv) = mean.zip(cv)?;
    Some(Distribution::Gamma { mean, cv })
}

fn read_pareto(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let minimum = positive(body, "minimum", faults);
    let shape = ratio(body, "shape", PARETO_SHAPE, faults);
    let (minimum, shape) = minimum.zip(shape)?;
    Some(Distribution::Pareto { minimum, shape })
}

fn read_empirical(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    body.require("values", "an array of durations", faults);
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

/// Reads a lognormal by median and p99, or by mean and coefficient of variation.
fn read_log_normal(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<Distribution> {
    let has = |key: &str| body.node(key).is_some();
    match (has("median") || has("p99"), has("mean") || has("cv")) {
        (true, true) => {
            faults.report(
                Code::Conflict,
                body.origin,
                format!(
                    "`{}` states a lognormal twice: by median and p99, and by mean and cv",
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
                    format!("`p99` is more than {P99_BY_MEDIAN_MAX} times `median`"),
                    "write two durations closer to each other",
                );
                return None;
            }
            Some(Distribution::log_normal_by_p99(median, p99))
        }
        (false, _) => {
            let mean = positive(body, "mean", faults);
            let cv = ratio(body, "cv", LOG_NORMAL_CV, faults);
            let (mean, cv) = mean.zip(cv)?;
            Some(Distribution::log_normal_by_mean(mean, cv))
        }
    }
}

fn required(body: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<SimSpan> {
    body.require(key, "a duration", faults);
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
        "write a duration above 0, or \"0s\" instead of the whole table",
    );
    None
}

fn ratio(
    body: &Section<'_>,
    key: &str,
    range: RangeInclusive<f64>,
    faults: &mut Faults<'_>,
) -> Option<f64> {
    body.require(key, "a number", faults);
    body.number(key, range, faults)
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
