//! The simulations of a tuning: the search, its finalists, and the proposed policy on held-out traffic.
//!
//! It fixes the order of the steps and shows the progress; `search::tune` does each step.

use super::{PROPOSED, REDUCTION_PART, TuneExperiment};
use crate::cli::error::CommandError;
use crate::cli::paired_runs::{PairedRuns, PairedTrace, simulate_paired};
use crate::cli::progress::CountProgress;
use crate::results::KpiReport;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::verdicts::{CheckedAssertion, check};
use crate::scenario::{Assertion, Scenario};
use crate::search::outcome::Weighed;
use crate::search::tune::caution::{
    Caution, HeldOutVerdict, TrainingScore, doubts_of_changes, doubts_of_goal, doubts_of_report,
    doubts_of_traffic, doubts_of_training, verdict,
};
use crate::search::tune::evaluation::Measured;
use crate::search::tune::finalists::PutBack;
use crate::search::tune::goal::Goal;
use crate::search::tune::method::{Findings, Tried};
use crate::search::tune::sensitivity::sensitivity;

/// The outcome of the search.
pub(super) struct Tuned {
    pub(super) findings: Findings,
    pub(super) finalists: Vec<Tried>,
    pub(super) proposal: Option<ProposedPolicy>,
    pub(super) sensitivity: Vec<Weighed>,
    pub(super) cautions: Vec<Caution>,
}

/// A policy to propose.
pub(super) struct ProposedPolicy {
    pub(super) finalist: Tried,
    pub(super) worth: Vec<PutBack>,
}

/// Today's policy and the proposed one on held-out traffic.
pub(super) struct HeldOutReport {
    /// Under each, today's policy and the proposed one.
    pub(super) traces: Vec<PairedTrace>,
    pub(super) runs: PairedRuns,
    pub(super) comparison: Comparison,
    /// Whether the goal's bounds and the policy's own assertions hold of the proposed policy.
    pub(super) bounds: Vec<CheckedAssertion>,
    pub(super) verdict: HeldOutVerdict,
}

impl TuneExperiment<'_> {
    /// Searches, judges, and simulates the proposal on held-out traffic.
    ///
    /// # Errors
    /// No tried policy can be simulated, or the proposed one cannot on held-out traffic.
    pub(super) fn simulate_all(&self) -> Result<(Tuned, Option<HeldOutReport>), CommandError> {
        let question = &self.search;
        let findings = self.search();
        if let (true, Some(refused)) = (
            findings.is_empty(&question.space),
            findings.refused.first.clone(),
        ) {
            return Err(CommandError::Input(refused));
        }
        let mut tuned = self.tune(findings);
        let report = tuned.proposal.as_ref().map(|it| self.report(it));
        let mut report = report.transpose()?;
        if let Some(report) = &mut report {
            report.verdict = report.verdict.clone().beside_training(&tuned.cautions);
            let doubts = doubts_of_report(&question.goal, &question.objectives, &report.runs.kpis);
            tuned.cautions.splice(0..0, doubts);
        }
        Ok((tuned, report))
    }

    fn progress(&self, doing: &str, runs: usize) -> CountProgress {
        let allows_progress = self.arguments.answer.quiet.allows_progress();
        CountProgress::new(doing, runs as u64, allows_progress)
    }

    /// Spends the rest of the budget: simulates the finalists with fewer changes.
    fn search(&self) -> Findings {
        let budget = self.budget() - self.budget() / REDUCTION_PART;
        let search = self.search.search(budget, self.arguments.seed.first());
        let runs = search.budget as usize * self.training_runs();
        let progress = self.progress("searching", runs);
        search.run(self.arguments.method, &|| progress.one_more())
    }

    fn tune(&self, mut findings: Findings) -> Tuned {
        let (question, arguments) = (&self.search, self.arguments);
        let search = question.search(self.budget(), arguments.seed.first());
        let finalists = search.finalists(&mut findings, usize::from(arguments.finalists), &|| ());
        let judgement = {
            let runs = (finalists.len() + 1) * self.training_runs();
            let progress = self.progress("judging", runs);
            search.judge_finalists(&finalists, arguments.judge(), &|| progress.one_more())
        };
        let proposal = judgement.best.map(|best| ProposedPolicy {
            finalist: finalists[best].clone(),
            worth: search.worth(&mut findings, &finalists[best].candidate, &|| ()),
        });
        let mut cautions = doubts_of_goal(judgement.nearest());
        let measured = judgement
            .best
            .and_then(|best| judgement.measured[best].clone());
        if let (Some(proposal), Some(proposed)) = (&proposal, measured) {
            let judged = TrainingScore {
                today: judgement.before.clone(),
                proposed,
            };
            cautions.extend(doubts_of_training(
                &question.goal,
                &question.objectives,
                &judged,
                &self.inputs.training_labels,
            ));
            cautions.extend(doubts_of_changes(
                &question.space,
                &proposal.finalist.candidate,
            ));
        }
        let held_out = self.inputs.held_out.iter().map(|it| it.today.clone());
        let held_out: Vec<Scenario> = held_out.collect();
        cautions.extend(doubts_of_traffic(&question.scenarios, &held_out));
        Tuned {
            sensitivity: sensitivity(&question.space, findings.sample_of(&question.space)),
            findings,
            finalists,
            proposal,
            cautions,
        }
    }

    fn report(&self, proposal: &ProposedPolicy) -> Result<HeldOutReport, CommandError> {
        let question = &self.search;
        let changes = question.space.arguments(&proposal.finalist.candidate);
        let mut traces = Vec::new();
        for held_out in &self.inputs.held_out {
            let proposed = held_out.template.scenario(&changes);
            traces.push(PairedTrace {
                label: held_out.label.clone(),
                engine: held_out.template.engine(),
                scenarios: vec![
                    held_out.today.clone(),
                    proposed.map_err(CommandError::Input)?,
                ],
            });
        }
        let answer = &self.arguments.answer;
        let allows_progress = answer.quiet.allows_progress();
        let seeds = &self.report_seeds;
        let runs = simulate_paired(&traces, seeds, answer.plot, allows_progress, None);
        let today = question.scenarios[0].policy_name.clone();
        let mut bounds = check_bounds(&question.goal, &runs.kpis);
        let verdict = verdict(&question.goal, &question.objectives, &runs.kpis, &bounds);
        bounds.extend(check_own(&question.scenarios[0], &runs.kpis));
        Ok(HeldOutReport {
            verdict,
            bounds,
            comparison: Comparison::of(vec![today, PROPOSED.to_owned()], &runs.kpis),
            runs,
            traces,
        })
    }
}

/// Whether a bound holds of the proposed policy's mean over the seeds, as in the search.
fn check_mean(bound: &Assertion, trace: &TraceRuns) -> CheckedAssertion {
    let runs = trace.runs.last().map_or(&[][..], Vec::as_slice);
    let mean = Measured::of(&[runs.to_vec()]).by_trace(bound.kpi).next();
    let value = mean.filter(|mean| !mean.is_nan());
    let statistic = (runs.len() > 1).then_some("mean");
    CheckedAssertion::of(bound, PROPOSED, &trace.trace, value, statistic)
}

/// Whether each bound of the goal holds of the proposed policy under each held-out trace.
fn check_bounds(goal: &Goal, runs: &[TraceRuns]) -> Vec<CheckedAssertion> {
    let of_trace = |trace| {
        let bounds = goal.bounds().iter();
        bounds.map(move |bound| check_mean(bound, trace))
    };
    runs.iter().flat_map(of_trace).collect()
}

/// The same of the policy's own assertions (`[slo] assert`), as in `compare`. The report shows them; the goal ignores them.
fn check_own(scenario: &Scenario, runs: &[TraceRuns]) -> Vec<CheckedAssertion> {
    let mut checked = Vec::new();
    for trace in runs {
        let Some(report) = trace.runs.last().and_then(|runs| KpiReport::of(runs)) else {
            continue;
        };
        let own = scenario.assertions.iter();
        checked.extend(own.map(|own| check(own, PROPOSED, &trace.trace, &report)));
    }
    checked
}
