//! `--what-matters`: which of the assumptions behind a result move it most.

use clap::Args;

use super::paired_runs::{PairedTrace, simulate_counted};
use super::progress::Progress;
use crate::render::summary::assumed;
use crate::render::what_matters::WhatMattersText;
use crate::results::comparison::TraceRuns;
use crate::results::comparison_export::ComparedAssumption;
use crate::results::what_matters::{MovedResult, WhatMatters};
use crate::scenario::{Diagnostics, Resolved, Scenario};
use crate::search::in_order::all_cores;
use crate::search::what_matters::{AssumingTrace, PolicyPlace, VariantPlan};
use crate::units::Seed;

/// Whether the assumptions are varied.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct WhatMattersArgs {
    /// Show the three assumptions that matter most
    #[arg(long)]
    pub(super) what_matters: bool,
}

impl WhatMattersArgs {
    /// The most runs of each seed under `trace`: 1 without the option.
    pub(super) fn runs_for_each(self, trace: &AssumingTrace<'_>) -> f64 {
        if !self.what_matters {
            return 1.0;
        }
        let of = |scenario: &Scenario| scenario.assumptions_at_most(trace.engine);
        let most = trace.scenarios.iter().map(of).max();
        1.0 + 2.0 * most.unwrap_or(0) as f64
    }
}

/// What matters to `result`, which came of `traces` under `seeds`; `resolve` makes variants.
///
/// `policies` are the names of a comparison, and empty for a run.
pub(super) fn what_matters(
    traces: &[AssumingTrace<'_>],
    policies: &[String],
    result: &[TraceRuns],
    seeds: &[Seed],
    allows_progress: bool,
    resolve: impl Fn(PolicyPlace, &[String]) -> Result<Resolved, String>,
) -> WhatMatters {
    let plan = VariantPlan::of(traces, result, resolve);
    let ends = plan.ends();
    let ends = ends.flat_map(|end| std::iter::repeat_n(end, seeds.len()));
    let progress = Progress::new(ends, None, allows_progress);
    let simulate =
        |scenario: &Scenario, engine, seed| simulate_counted(scenario, engine, seed, &progress);
    let varied = plan.simulate(seeds, all_cores(), simulate);
    let lengths = traces.iter().filter_map(|trace| trace.scenarios.first());
    let result = MovedResult {
        policies,
        seconds: lengths.map(|it| it.trace.end().as_secs_f64()).sum(),
        runs: result,
    };
    WhatMatters::of(&result, &varied)
}

/// The first of all faults, in one line.
pub(super) fn first_message(faults: &Diagnostics) -> String {
    let first = faults.list.first();
    first.map_or_else(String::new, |fault| fault.message.clone())
}

/// The lines below a picture; none without the option.
pub(super) fn foot(matters: Option<&WhatMatters>, first: Option<&str>) -> Vec<String> {
    let lines = |matters| WhatMattersText::of(matters, first).foot();
    matters.map(lines).unwrap_or_default()
}

/// The defaults that the results of a comparison touched, those that usually move results most first.
pub(super) fn compared_assumptions(
    traces: &[PairedTrace],
    policies: &[String],
    results: &[TraceRuns],
) -> Vec<ComparedAssumption> {
    let mut all: Vec<ComparedAssumption> = Vec::new();
    for (trace, results) in traces.iter().zip(results) {
        let of_policies = trace.scenarios.iter().zip(&results.runs).zip(policies);
        for ((scenario, runs), policy) in of_policies {
            for assumption in scenario.touched(trace.engine, runs) {
                match all.iter_mut().find(|it| it.assumption == *assumption) {
                    Some(known) if known.policies.contains(policy) => {}
                    Some(known) => known.policies.push(policy.clone()),
                    None => all.push(ComparedAssumption {
                        assumption: assumption.clone(),
                        policies: vec![policy.clone()],
                    }),
                }
            }
        }
    }
    all.sort_by_key(|it| it.assumption.sway());
    all
}

/// The same in words, with the policies that touched a default where others did not.
pub(super) fn assumed_in_words(
    assumptions: &[ComparedAssumption],
    traces: &[PairedTrace],
) -> Vec<String> {
    let Some(scenarios) = traces.first().map(|trace| &trace.scenarios) else {
        return Vec::new();
    };
    let words = |it: &ComparedAssumption| {
        let text = assumed(&it.assumption, &scenarios[0]);
        if it.policies.len() == scenarios.len() {
            return text;
        }
        format!("{text} (of {})", it.policies.join(", "))
    };
    assumptions.iter().map(words).collect()
}
