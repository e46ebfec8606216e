//! What the tests of this room share: policies and traffic read from memory, and questions asked of them.

use crate::kpi::Kpi;
use std::num::NonZeroUsize;
use std::path::Path;

use super::goal::Goal;
use super::method::Answer;
use super::question::{Asked, QuestionError, TuningQuestion};
use crate::scenario::{LoadRequest, ManifestChoice, MemoryLoader, Template};
use crate::units::Seed;

/// The shipped policy.
pub(super) const PROD: &str = include_str!("../../../policies/prod.toml");

/// A policy of which everything else is assumed.
pub(super) const SMALL: &str =
    "[hpa]\nminReplicas = 2\nmaxReplicas = 40\ntargetCPUUtilizationPercentage = 50\n";

/// Load that comes at once and goes at once: a quarter of an hour.
pub(super) const WAVE: &str = "time_s,rps\n0,20\n180,120\n420,20\n900,20\n";

/// Load that stays: seven minutes and a half.
pub(super) const EVEN: &str = "time_s,rps\n0,40\n450,40\n";

/// A policy under a trace, with the fluid engine wherever it can follow.
pub(super) fn template(policy: &str, trace: &str) -> Template {
    let request = LoadRequest::new(Path::new("policy"), Path::new("trace.csv"));
    let mut files = MemoryLoader::default()
        .with("policy", policy)
        .with("trace.csv", trace);
    Template::load(request, &ManifestChoice::default(), &mut files)
        .expect("sound inputs")
        .preferring_fluid()
}

/// What is asked of a policy under some traces with three seeds.
pub(super) fn ask(
    policy: &str,
    traces: &[&str],
    goal: &str,
    parameters: &[&str],
) -> Result<TuningQuestion, QuestionError> {
    let templates = traces.iter().map(|trace| template(policy, trace)).collect();
    let parameters: Vec<String> = parameters.iter().map(|it| (*it).to_owned()).collect();
    let asked = Asked {
        parameters: &parameters,
        goal: match goal {
            "" => Goal::BetterThanToday,
            goal => Goal::parse(goal).expect("a goal"),
        },
        answer: Answer::Best,
        seeds: vec![Seed(1), Seed(2), Seed(3)],
        threads: threads(2),
    };
    TuningQuestion::ask(templates, asked)
}

/// The same, where there is something to tune.
pub(super) fn question(
    policy: &str,
    traces: &[&str],
    goal: &str,
    parameters: &[&str],
) -> TuningQuestion {
    ask(policy, traces, goal, parameters).expect("there is something to tune")
}

/// Every number, those that are none too: unlike `==` it finds a KPI without a value equal to itself.
pub(super) fn written(measured: &impl std::fmt::Debug) -> String {
    format!("{measured:?}")
}

pub(super) fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("more than none")
}

#[test]
fn today_is_what_the_policy_does_under_each_trace() {
    let question = question(PROD, &[EVEN, WAVE], "", &["minReplicas"]);
    let replicas: Vec<f64> = question.today.by_trace(Kpi::PeakReplicas).collect();
    assert_eq!(replicas.len(), 2);
    assert!(replicas[1] > 1.5 * replicas[0], "{replicas:?}");
    assert_eq!(question.today.runs, 6);
}
