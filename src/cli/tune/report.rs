//! The files of a tuning, and its page.

use super::TuneExperiment;
use super::proposed_texts::ProposedTexts;
use super::simulations::{HeldOutReport, ProposedPolicy, Tuned};
use crate::cli::choices::OutputFormat;
use crate::cli::error::CommandError;
use crate::cli::experiment::ExperimentReport;
use crate::cli::file_names::{
    COMPARISON_CSV, FRONT, FRONT_CSV, HELD_OUT_CSV, PATCH, PROPOSED_TOML, SENSITIVITY,
};
use crate::cli::paired_runs::{paired_pictures, trace_facts};
use crate::cli::result_files::{ResultFile, pictures};
use crate::cli::seed_args::seed_numbers;
use crate::draw::DrawError;
use crate::kpi::Kpi;
use crate::render::comparison::ComparisonPage;
use crate::render::paint::Colour;
use crate::render::plot::front::{FrontMark, FrontPicture, MarkRole, Reach, draw_front};
use crate::render::plot::sensitivity::{SensitivityPicture, SensitivityRow, draw_sensitivity};
use crate::render::tune::{
    self, PatchScope, TunePage, bet_text, bound_text, by_share, caution_text, is_sensitivity_known,
    not_proposed_text, point_text, render_tuning, verdict_text,
};
use crate::results::comparison_export::{VerdictJson, comparison_csv};
use crate::search::front::pareto_front;
use crate::search::outcome::{Objective, Weighed};
use crate::search::summary::ObjectiveValues;
use crate::search::tune::bounds::BrokenBound;
use crate::search::tune::evaluation::Simulator;
use crate::search::tune::summary::{
    ChangeFacts, ProposalFacts, SearchFacts, SensitivityFacts, StepFacts, TuneFacts, TuneSummary,
    front_csv,
};

/// The outcome of a tuning.
pub(super) struct TuneReport<'q> {
    pub(super) experiment: &'q TuneExperiment<'q>,
    pub(super) tuned: Tuned,
    /// `None` where nothing is proposed, as `texts`.
    pub(super) report: Option<HeldOutReport>,
    pub(super) texts: Option<ProposedTexts>,
}

impl ExperimentReport for TuneReport<'_> {
    fn files(&self) -> Result<Vec<ResultFile>, CommandError> {
        let TuneExperiment {
            arguments,
            search: question,
            report_seeds,
            ..
        } = self.experiment;
        let mut files = Vec::new();
        if let Some(HeldOutReport {
            traces,
            runs,
            comparison,
            ..
        }) = &self.report
        {
            let (policies, plot) = (&comparison.policies, arguments.answer.plot);
            files = paired_pictures(traces, runs, policies, report_seeds.len(), plot, &[])?;
            let held_out = &self.experiment.inputs.held_out;
            for spike in held_out.iter().filter_map(|it| it.spike.as_ref()) {
                let csv = spike.csv.clone().into_bytes();
                files.push(ResultFile::new(HELD_OUT_CSV, csv));
            }
        }
        files.extend(self.front()?);
        files.extend(self.sensitivity()?);
        let mut add = |name, bytes| files.push(ResultFile::new(name, bytes));
        if let Some(texts) = &self.texts {
            if !texts.patch.is_empty() {
                add(PATCH, texts.patch.clone().into_bytes());
            }
            if let Some(policy) = &texts.policy {
                add(PROPOSED_TOML, policy.clone().into_bytes());
            }
        }
        let proposed = self.tuned.proposal.as_ref();
        let front = front_csv(
            &question.space,
            &question.objectives,
            &self.tuned.findings,
            proposed.map(|it| &it.finalist.candidate),
            &arguments.set,
        )?;
        add(FRONT_CSV, front);
        if let Some(report) = &self.report {
            add(COMPARISON_CSV, comparison_csv(&report.comparison)?);
        }
        Ok(files)
    }

    fn summary(&self, names: &[String]) -> serde_json::Result<Vec<u8>> {
        self.facts(names).to_json()
    }

    fn page(&self, _format: OutputFormat, paths: &[String], colour: Colour) -> String {
        let question = &self.experiment.search;
        let traces = self.report.as_ref().map(|it| trace_facts(&it.traces));
        let traces = traces.unwrap_or_default();
        let report = self.report.as_ref().map(|report| ComparisonPage {
            comparison: &report.comparison,
            traces: &traces,
            seeds: &self.experiment.report_seeds,
            assumed: &[],
            what_matters: None,
            files: &[],
        });
        let proposal = match (&self.tuned.proposal, &report, &self.report, &self.texts) {
            (Some(proposal), Some(report), Some(held_out), Some(texts)) => {
                Some(tune::ProposalView {
                    candidate: &proposal.finalist.candidate,
                    report,
                    training: &proposal.finalist.measured,
                    worth: &proposal.worth,
                    patch: &texts.patch,
                    extent: self.patch_scope(proposal),
                    apply: &texts.apply,
                    verdict: &held_out.verdict,
                    balance: &held_out.balance,
                    bets: &proposal.bets,
                    again: &texts.again,
                    notes: &texts.notes,
                })
            }
            _ => None,
        };
        let page = TunePage {
            summary: &self.facts(&[]),
            goal: &question.goal,
            steps: &self.tuned.steps,
            before: &self.tuned.before,
            not_proposed: &self.tuned.not_proposed,
            space: &question.space,
            objectives: &question.objectives,
            today: &question.today,
            proposal,
            sensitivity: &self.tuned.sensitivity,
            even_sample: self.sample(),
            cautions: &self.tuned.cautions,
            files: paths,
        };
        render_tuning(&page, colour)
    }
}

impl TuneReport<'_> {
    /// Cost and harm of every tried policy.
    fn front(&self) -> Result<Vec<ResultFile>, DrawError> {
        let objectives = &self.experiment.search.objectives;
        let points: Vec<Weighed> = self
            .tuned
            .findings
            .tried
            .iter()
            .map(|it| it.weighed)
            .collect();
        let plane: Vec<[f64; 2]> = points.iter().map(|it| [it.cost, it.harm]).collect();
        let today = self.experiment.search.today.weighed(objectives);
        let mut marks = vec![FrontMark {
            role: MarkRole::Current,
            at: today,
            text: format!("today: {}", point_text(today, objectives)),
        }];
        if let Some(proposal) = &self.tuned.proposal {
            let at = proposal.finalist.measured.weighed(objectives);
            marks.push(FrontMark {
                role: MarkRole::Proposed,
                at,
                text: format!("proposed: {}", point_text(at, objectives)),
            });
        }
        let title = format!(
            "{} tuned under {}: {} against {}",
            self.policy_name(),
            self.experiment.inputs.training_labels.join(" and "),
            objectives.cost().heading(),
            objectives.harm().heading()
        );
        let subtitle = self.searched();
        let picture = FrontPicture {
            title: &title,
            subtitle: &subtitle,
            objectives,
            points: &points,
            front: &pareto_front(&plane),
            marks: &marks,
            reach: Reach::AroundMarks,
        };
        let plot = self.experiment.arguments.answer.plot;
        pictures(&draw_front(&picture), FRONT, plot)
    }

    /// Which parameter matters, where the page says it too.
    fn sensitivity(&self) -> Result<Vec<ResultFile>, DrawError> {
        if !is_sensitivity_known(self.sample(), &self.experiment.search.space) {
            return Ok(Vec::new());
        }
        let objectives = &self.experiment.search.objectives;
        let shares = &self.tuned.sensitivity;
        let rows: Vec<SensitivityRow> = by_share(shares)
            .into_iter()
            .map(|place| SensitivityRow {
                label: self.experiment.search.space.parameters()[place].label(),
                shares: shares[place],
            })
            .collect();
        let title = format!(
            "{} under {}: which parameter matters",
            self.policy_name(),
            self.experiment.inputs.training_labels.join(" and ")
        );
        let subtitle = format!(
            "share of the spread that each explains by itself, over {} evenly drawn policies, {} engine",
            self.sample(),
            self.engine()
        );
        let picture = SensitivityPicture {
            title: &title,
            subtitle: &subtitle,
            objectives: [objectives.cost(), objectives.harm(), Objective::Rescales],
            rows: &rows,
        };
        let plot = self.experiment.arguments.answer.plot;
        pictures(&draw_sensitivity(&picture), SENSITIVITY, plot)
    }

    fn policy_name(&self) -> &str {
        &self.experiment.search.scenarios[0].policy_name
    }

    fn patch_scope(&self, proposal: &ProposedPolicy) -> PatchScope {
        let mut changes = self
            .experiment
            .search
            .space
            .changes(&proposal.finalist.candidate);
        if changes.all(|change| change.parameter.path().starts_with("hpa.")) {
            PatchScope::Whole
        } else {
            PatchScope::Part
        }
    }

    /// The number of policies in the sample of the sensitivity.
    fn sample(&self) -> usize {
        let findings = &self.tuned.findings;
        findings.sample_of(&self.experiment.search.space).len()
    }

    /// The engine of the search.
    fn engine(&self) -> String {
        let templates = self.experiment.search.templates.iter();
        one_or_all(templates.map(|template| template.engine().as_str()))
    }

    fn searched(&self) -> String {
        format!(
            "{} policies tried, {} engine, means of {} seeds",
            self.tuned.findings.tried.len(),
            self.engine(),
            self.experiment.search.seeds.len()
        )
    }

    /// `summary.json`; `names` are those of the files beside it.
    fn facts(&self, names: &[String]) -> TuneSummary<'_> {
        let TuneExperiment {
            arguments,
            search: question,
            inputs,
            report_seeds,
            ..
        } = self.experiment;
        let facts = TuneFacts {
            policy: self.policy_name().to_owned(),
            training: inputs.training_labels.clone(),
            training_seeds: seed_numbers(&question.seeds),
            held_out_traces: inputs.held_out.iter().map(|it| it.label.clone()).collect(),
            held_out_start: inputs
                .held_out
                .iter()
                .map(|it| it.split.map(|split| split.replicas.0))
                .collect(),
            held_out_spikes: inputs
                .held_out
                .iter()
                .filter_map(|it| it.spike.as_ref())
                .map(|it| it.text.clone())
                .collect(),
            seeds: seed_numbers(report_seeds),
            goal: question.goal.text(&question.objectives),
            inputs: inputs.files.clone(),
            request: arguments.request_facts(),
            files: names.to_vec(),
        };
        let findings = &self.tuned.findings;
        let search = SearchFacts {
            method: arguments.method.as_str(),
            engine: self.engine(),
            judge: match arguments.judge() {
                Simulator::Template => self.engine(),
                Simulator::Request => {
                    let held_out = inputs.held_out.iter();
                    one_or_all(held_out.map(|it| it.template.engine().as_str()))
                }
            },
            budget: self.experiment.budget(),
            tried: findings.tried.len(),
            refused: findings.refused.count,
            candidates: question.space.size(),
            finalists: self.tuned.finalists.len(),
            objectives: question.objectives.kpis().map(Kpi::name),
        };
        let today = ObjectiveValues::of(question.today.weighed(&question.objectives));
        let mut summary = TuneSummary::new(facts, search, today);
        summary.proposed = self
            .tuned
            .proposal
            .as_ref()
            .map(|it| self.proposal_facts(it));
        let report = self.report.as_ref();
        let verdicts = report.map(|report| &report.comparison.verdicts);
        summary.held_out = verdicts.and_then(|it| it.first()).map(VerdictJson::from);
        summary.held_out_bounds = report.map_or(&[], |report| report.bounds.as_slice());
        summary.verdict = report.map(|report| verdict_text(&question.objectives, &report.verdict));
        let bets = self.tuned.proposal.iter().flat_map(|it| &it.bets);
        summary.bets = bets.map(bet_text).collect();
        let not_proposed = self.tuned.not_proposed.iter();
        summary.not_proposed = not_proposed
            .map(|it| not_proposed_text(&question.space, &question.objectives, it))
            .collect();
        let texts = |bounds: &[BrokenBound]| -> Vec<String> {
            let texts = bounds.iter().map(|it| bound_text(&question.objectives, it));
            texts.collect()
        };
        let steps = self.tuned.steps.iter();
        summary.steps = steps
            .map(|it| StepFacts {
                set: question.space.arguments(&it.candidate),
                training: ObjectiveValues::of(it.measured.weighed(&question.objectives)),
                breaks: texts(&it.bounds.broken),
                within_noise: texts(&it.bounds.within_noise),
            })
            .collect();
        summary.cautions = self.tuned.cautions.iter().map(caution_text).collect();
        let shares = question
            .space
            .parameters()
            .iter()
            .zip(&self.tuned.sensitivity);
        summary.sensitivity = shares
            .map(|(parameter, shares)| SensitivityFacts {
                path: parameter.path().to_owned(),
                shares: ObjectiveValues::of(*shares),
            })
            .collect();
        summary
    }

    fn proposal_facts(&self, proposal: &ProposedPolicy) -> ProposalFacts {
        let question = &self.experiment.search;
        let candidate = &proposal.finalist.candidate;
        let changes = question.space.changes(candidate).map(|change| {
            let without = proposal.worth.iter().find(|it| it.place == change.place);
            ChangeFacts {
                path: change.parameter.path().to_owned(),
                today: change.parameter.today_text(),
                proposed: change.parameter.value(change.value),
                without: without
                    .map(|it| ObjectiveValues::of(it.measured.weighed(&question.objectives))),
            }
        });
        ProposalFacts {
            set: question.space.arguments(candidate),
            training: ObjectiveValues::of(proposal.finalist.measured.weighed(&question.objectives)),
            changes: changes.collect(),
        }
    }
}

/// The word that all share, or all words with commas.
fn one_or_all<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.dedup();
    words.join(", ")
}
