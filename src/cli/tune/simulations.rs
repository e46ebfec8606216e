//! The simulations of a tuning: the search, its finalists, and the proposed policy on held-out traffic.
//!
//! It fixes the order of the steps and shows the progress; `search::tune` does each step.

use super::{PROPOSED, TuneExperiment};
use crate::cli::error::CommandError;
use crate::cli::paired_runs::{PairedRuns, PairedTrace, simulate_paired};
use crate::cli::progress::CountProgress;
use crate::results::KpiReport;
use crate::results::comparison::{Comparison, TraceRuns};
use crate::results::verdicts::{CheckedAssertion, check};
use crate::scenario::{Assertion, Scenario, Template};
use crate::search::outcome::Weighed;
use crate::search::tune::bets::Bet;
use crate::search::tune::caution::{
    Balance, Caution, HeldOutVerdict, doubts_of_changes, doubts_of_engine, doubts_of_goal,
    doubts_of_report, doubts_of_traffic, doubts_of_training, verdict,
};
use crate::search::tune::choice::{ShortlistedPolicy, choose};
use crate::search::tune::evaluation::Measured;
use crate::search::tune::finalists::PutBack;
use crate::search::tune::goal::Goal;
use crate::search::tune::judge::{Judge, JudgedStep, Judgement, NotProposed};
use crate::search::tune::method::{Findings, Tried};
use crate::search::tune::sensitivity::sensitivity;

/// The outcome of the search.
pub(super) struct Tuned {
    pub(super) findings: Findings,
    pub(super) finalists: Vec<Tried>,
    pub(super) proposal: Option<ProposedPolicy>,
    /// What one change buys, then two, and the proposal; as the judge measured them.
    pub(super) steps: Vec<JudgedStep>,
    /// Today's policy, as the judge measured it.
    pub(super) before: Measured,
    /// Policies that were better under the training and that held-out traffic did not confirm.
    pub(super) not_proposed: Vec<NotProposed>,
    pub(super) sensitivity: Vec<Weighed>,
    pub(super) cautions: Vec<Caution>,
}

/// A policy to propose.
pub(super) struct ProposedPolicy {
    pub(super) finalist: Tried,
    pub(super) worth: Vec<PutBack>,
    pub(super) bets: Vec<Bet>,
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
    /// What it buys and costs there.
    pub(super) balance: Balance,
}

/// What held-out traffic says about the shortlist.
struct ChosenFinalist {
    /// The finalist that is reported on, by its place.
    proposed: Option<(usize, HeldOutReport)>,
    /// The better finalists, with the reasons against them.
    not_proposed: Vec<NotProposed>,
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
        self.tune(findings)
    }

    fn progress(&self, doing: &str, runs: usize) -> CountProgress {
        let allows_progress = self.arguments.answer.quiet.allows_progress();
        CountProgress::new(doing, runs as u64, allows_progress)
    }

    /// Searches with the budget that is not kept for the reduction of finalists.
    fn search(&self) -> Findings {
        let budget = self.budget() - self.kept_for_reductions();
        let search = self.search.search(budget, self.arguments.seed.first());
        let runs = search.budget as usize * self.training_runs();
        let progress = self.progress("searching", runs);
        search.run(self.arguments.method, &|| progress.one_more())
    }

    fn tune(&self, mut findings: Findings) -> Result<(Tuned, Option<HeldOutReport>), CommandError> {
        let (question, arguments) = (&self.search, self.arguments);
        let search = question.search(self.budget(), arguments.seed.first());
        let finalists = search.finalists(&mut findings, usize::from(arguments.finalists), &|| ());
        let judgement = {
            let runs = (finalists.len() + 1) * self.training_runs();
            let progress = self.progress("judging", runs);
            let judge = Judge {
                simulator: arguments.judge(),
                further_seeds: &self.judge_seeds,
                labels: &self.inputs.training_labels,
            };
            search.judge_finalists(&finalists, judge, &|| progress.one_more())
        };
        let ChosenFinalist {
            proposed,
            not_proposed,
        } = self.choose(&finalists, &judgement)?;
        let (chosen, report) = proposed.unzip();
        let proposal = chosen.map(|place| {
            let candidate = &finalists[place].candidate;
            ProposedPolicy {
                finalist: finalists[place].clone(),
                worth: search.worth(&mut findings, candidate, &|| ()),
                bets: question.prudence.bets(&question.space, candidate),
            }
        });
        let cautions = self.doubts(&finalists, &judgement, chosen, report.as_ref());
        let tuned = Tuned {
            sensitivity: sensitivity(&question.space, findings.sample_of(&question.space)),
            steps: search.steps(&finalists, &judgement, chosen),
            before: judgement.before,
            findings,
            finalists,
            proposal,
            not_proposed,
            cautions,
        };
        Ok((tuned, report))
    }

    /// Asks held-out traffic about the shortlist, the best first, and takes the first policy that it recommends.
    ///
    /// If held-out traffic recommends none, the best is reported on.
    fn choose(
        &self,
        finalists: &[Tried],
        judgement: &Judgement,
    ) -> Result<ChosenFinalist, CommandError> {
        let question = &self.search;
        let mut reports: Vec<(usize, HeldOutReport)> = Vec::new();
        for place in &judgement.shortlist {
            let mut report = self.report(&finalists[*place])?;
            let doubts = self.doubts_of_judge(judgement, *place);
            report.verdict = report.verdict.clone().beside_training(&doubts);
            let report = (*place, report);
            let is_enough = self.shortlisted(finalists, &report).ends_the_shortlist();
            reports.push(report);
            if is_enough {
                break;
            }
        }
        let shortlist = reports.iter().map(|it| self.shortlisted(finalists, it));
        let shortlist: Vec<ShortlistedPolicy<'_>> = shortlist.collect();
        let choice = choose(&shortlist, &question.goal, &question.objectives);
        let (at, reasons) = choice.unwrap_or_default();
        let better = reports.iter().zip(reasons);
        let not_proposed = better.map(|((place, _), reason)| NotProposed {
            candidate: finalists[*place].candidate.clone(),
            reason,
        });
        let not_proposed = not_proposed.collect();
        let chosen = (at < reports.len()).then(|| reports.swap_remove(at));
        Ok(ChosenFinalist {
            proposed: chosen,
            not_proposed,
        })
    }

    fn shortlisted<'r>(
        &self,
        finalists: &[Tried],
        (place, report): &'r (usize, HeldOutReport),
    ) -> ShortlistedPolicy<'r> {
        let question = &self.search;
        let candidate = &finalists[*place].candidate;
        ShortlistedPolicy {
            bets: question.prudence.bets(&question.space, candidate),
            verdict: &report.verdict,
            runs: &report.runs.kpis,
        }
    }

    /// What the judge saw under the training.
    fn doubts_of_judge(&self, judgement: &Judgement, place: usize) -> Vec<Caution> {
        let question = &self.search;
        let judged = judgement.judged[place].as_ref();
        judged.map_or_else(Vec::new, |judged| {
            doubts_of_training(&question.goal, &question.objectives, &judged.runs)
        })
    }

    fn doubts(
        &self,
        finalists: &[Tried],
        judgement: &Judgement,
        chosen: Option<usize>,
        report: Option<&HeldOutReport>,
    ) -> Vec<Caution> {
        let question = &self.search;
        let mut cautions = Vec::new();
        if let Some(report) = report {
            let (goal, objectives) = (&question.goal, &question.objectives);
            cautions.extend(doubts_of_report(goal, objectives, &report.runs.kpis));
        }
        cautions.extend(doubts_of_goal(judgement.nearest()));
        if let Some(place) = chosen {
            cautions.extend(self.doubts_of_judge(judgement, place));
            let candidate = &finalists[place].candidate;
            cautions.extend(doubts_of_changes(&question.space, candidate));
        }
        let held_out = self.inputs.held_out.iter().map(|it| it.today.clone());
        let held_out: Vec<Scenario> = held_out.collect();
        cautions.extend(doubts_of_traffic(&question.scenarios, &held_out));
        let engines = question.templates.iter().map(Template::engine);
        cautions.extend(doubts_of_engine(&question.today, engines));
        cautions
    }

    fn report(&self, finalist: &Tried) -> Result<HeldOutReport, CommandError> {
        let question = &self.search;
        let changes = question.space.arguments(&finalist.candidate);
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
        let balance = Balance::of(&question.goal, &question.objectives, &runs.kpis);
        bounds.extend(check_own(&question.scenarios[0], &runs.kpis));
        Ok(HeldOutReport {
            verdict,
            balance,
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
