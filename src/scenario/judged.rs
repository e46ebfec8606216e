//! What a backtest judges: quantities, scores, and assertions about scores.

use std::fmt;

use super::assertion::Comparator;
use super::diagnostic::{Code, Diagnostic, Place};
use super::near::nearest;
use crate::units::parse_number;

/// A quantity of a recorded day that a simulation is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JudgedQuantity {
    /// The replicas that the autoscaler asked for.
    Replicas,
    /// CPU of all pods, in percent of what the ready pods request.
    CpuPercent,
    /// The 95th percentile of the latency, in milliseconds.
    LatencyP95,
    /// The 99th percentile of the latency, in milliseconds.
    LatencyP99,
    /// Failed requests, in percent of all.
    FailedPercent,
}

impl JudgedQuantity {
    /// Every quantity, in the order of tables.
    pub const ALL: [Self; 5] = [
        Self::Replicas,
        Self::CpuPercent,
        Self::LatencyP95,
        Self::LatencyP99,
        Self::FailedPercent,
    ];

    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replicas => "replicas",
            Self::CpuPercent => "cpu_percent",
            Self::LatencyP95 => "p95_ms",
            Self::LatencyP99 => "p99_ms",
            Self::FailedPercent => "failed_percent",
        }
    }

    /// The name and the unit in words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Replicas => "replicas",
            Self::CpuPercent => "CPU, % of requests",
            Self::LatencyP95 => "p95 latency, ms",
            Self::LatencyP99 => "p99 latency, ms",
            Self::FailedPercent => "failed requests, %",
        }
    }

    /// How the names of its scores begin.
    const fn score_prefix(self) -> &'static str {
        match self {
            Self::Replicas => "replica",
            Self::CpuPercent => "cpu",
            Self::LatencyP95 => "p95",
            Self::LatencyP99 => "p99",
            Self::FailedPercent => "failed",
        }
    }
}

/// A figure of how well a simulation fits a recorded quantity, in the unit of the quantity except for the coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScoreKind {
    /// |seed - recorded|, the mean over rows and seeds.
    Error,
    /// The continuous ranked probability score.
    Crps,
    /// How often the recorded value lies between p10 and p90 of the seeds, 0..1.
    Coverage,
    /// seed - recorded, the mean over rows and seeds.
    Bias,
    /// The error of the constant that fits the recording best.
    BestConstant,
    /// |seed - another seed|, the mean over rows and pairs.
    NoiseFloor,
}

impl ScoreKind {
    /// Every score, in the order of tables.
    pub const ALL: [Self; 6] = [
        Self::Error,
        Self::Crps,
        Self::Coverage,
        Self::Bias,
        Self::BestConstant,
        Self::NoiseFloor,
    ];

    /// The name in files, and the end of the name in an assertion.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Crps => "crps",
            Self::Coverage => "coverage",
            Self::Bias => "bias",
            Self::BestConstant => "best_constant",
            Self::NoiseFloor => "noise_floor",
        }
    }
}

/// A score by its quantity and its kind, such as `replica_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreName {
    /// What is judged.
    pub quantity: JudgedQuantity,
    /// Which figure.
    pub kind: ScoreKind,
}

impl ScoreName {
    /// Every score of every quantity.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        JudgedQuantity::ALL.into_iter().flat_map(|quantity| {
            let name = move |kind| Self { quantity, kind };
            ScoreKind::ALL.into_iter().map(name)
        })
    }
}

impl fmt::Display for ScoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.quantity.score_prefix(), self.kind.name())
    }
}

/// An assertion about a score: `replica_error < 0.5`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreAssertion {
    /// Which score.
    pub score: ScoreName,
    /// The comparison.
    pub comparator: Comparator,
    /// The bound, in the unit of the score.
    pub bound: f64,
}

impl ScoreAssertion {
    /// Parses an argument of `backtest --assert`.
    ///
    /// # Errors
    /// The argument is not an assertion, or its score does not exist.
    pub fn parse_argument(argument: &str) -> Result<Self, Diagnostic> {
        let fault =
            |code, mark: std::ops::Range<usize>, message: String, help: String| Diagnostic {
                code,
                message,
                place: Some(Box::new(Place::within("--assert", argument, mark))),
                help,
            };
        let whole = 0..argument.len();
        let found = Comparator::find(argument);
        let Some((at, comparator)) = found else {
            return Err(fault(
                Code::BadAssertion,
                whole,
                format!("`{argument}` is not an assertion: it has no comparison"),
                "write a score, one of < <= > >= == and a number, such as replica_error<0.5"
                    .to_owned(),
            ));
        };
        let name = argument[..at].trim();
        let score = ScoreName::all().find(|score| score.to_string() == name);
        let Some(score) = score else {
            let names: Vec<String> = ScoreName::all().map(|score| score.to_string()).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            return Err(fault(
                Code::UnknownWord,
                0..at,
                format!("there is no score `{name}`"),
                near.map_or_else(
                    || "docs/backtest.md lists the scores, such as replica_error".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                ),
            ));
        };
        let bound_at = at + comparator.as_str().len();
        let bound = argument[bound_at..].trim();
        match parse_number(bound).filter(|bound| bound.is_finite()) {
            Some(bound) => Ok(Self {
                score,
                comparator,
                bound,
            }),
            None => Err(fault(
                Code::BadAssertion,
                bound_at..argument.len(),
                format!("`{argument}` is not an assertion: `{bound}` is no number"),
                format!("write a number, such as {score}{}0.5", comparator.as_str()),
            )),
        }
    }
}

impl fmt::Display for ScoreAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            score,
            comparator,
            bound,
        } = self;
        write!(f, "{score} {} {bound}", comparator.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_a_score_a_comparison_and_a_number() {
        for (written, text) in [
            ("replica_error < 0.5", "replica_error < 0.5"),
            ("cpu_coverage>=0.7", "cpu_coverage >= 0.7"),
            ("p99_best_constant==1e3", "p99_best_constant == 1000"),
        ] {
            let assertion = ScoreAssertion::parse_argument(written).expect("an assertion");
            assert_eq!(assertion.to_string(), text);
        }
    }

    #[test]
    fn a_faulty_assertion_about_a_score_has_a_place_and_a_remedy() {
        let fault = |written| {
            let fault = ScoreAssertion::parse_argument(written).expect_err("a fault");
            format!("{fault}\n{}", fault.help)
        };
        insta::assert_snapshot!(fault("replica_error"), @"
        E0026: `replica_error` is not an assertion: it has no comparison (--assert:1:1)
        write a score, one of < <= > >= == and a number, such as replica_error<0.5
        ");
        insta::assert_snapshot!(fault("replica_eror<1"), @"
        E0009: there is no score `replica_eror` (--assert:1:1)
        did you mean `replica_error`?
        ");
        insta::assert_snapshot!(fault("rescales<1"), @"
        E0009: there is no score `rescales` (--assert:1:1)
        docs/backtest.md lists the scores, such as replica_error
        ");
        insta::assert_snapshot!(fault("cpu_bias<low"), @"
        E0026: `cpu_bias<low` is not an assertion: `low` is no number (--assert:1:10)
        write a number, such as cpu_bias<0.5
        ");
    }
}
