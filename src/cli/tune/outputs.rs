//! The files of a tuning, and what is printed.
//!
//! Self-imposed limit: which files there are, and the commands to go on with; the contents are made elsewhere.

use std::path::Path;

use super::inputs::HeldOut;
use super::proposed_texts::{ProposedTexts, Source};
use super::{Proposal, Report, TuneArgs, Tuned};
use crate::cli::choices::PictureKind;
use crate::cli::compare_plots::{compared_pictures, picture_stems};
use crate::cli::error::{CommandError, Completion};
use crate::cli::file_names::{
    COMPARISON_CSV, FRONT_CSV, PATCH, PROPOSED_TOML, SENSITIVITY_PNG, SENSITIVITY_SVG,
};
use crate::cli::files::RememberingLoader;
use crate::cli::output_folder::OutputFolder;
use crate::cli::result_files::{ResultFile, print_answer, write_results};
use crate::cli::screen::Screen;
use crate::draw::Drawing;
use crate::kpi::Kpi;
use crate::render::comparison::{ComparisonPage, TraceFacts};
use crate::render::paint::Colour;
use crate::render::plot::compared::ComparedPicture;
use crate::render::plot::front::{FrontMark, FrontPicture, MarkRole, Reach, draw_front};
use crate::render::plot::sensitivity::{SensitivityPicture, SensitivityRow, draw_sensitivity};
use crate::render::tune::{
    self, PatchScope, TunePage, by_share, caution_text, point_text, render_tuning, verdict_text,
};
use crate::results::InputFile;
use crate::results::comparison_export::{VerdictJson, comparison_csv};
use crate::search::front::pareto_front;
use crate::search::outcome::{Objective, Weighed};
use crate::search::summary::ObjectiveValues;
use crate::search::tune::evaluation::Simulator;
use crate::search::tune::question::TuningQuestion;
use crate::search::tune::summary::{
    ChangeFacts, ProposalFacts, SearchFacts, SensitivityFacts, TuneFacts, TuneSummary, front_csv,
};
use crate::units::Seed;

/// Everything that a tuning comes to.
pub(super) struct Outputs<'a> {
    pub(super) arguments: &'a TuneArgs,
    pub(super) question: &'a TuningQuestion,
    pub(super) training_labels: &'a [String],
    pub(super) held_out: &'a [HeldOut],
    pub(super) files: &'a [InputFile],
    /// What was read, standard input too.
    pub(super) loader: &'a RememberingLoader,
    pub(super) tuned: &'a Tuned,
    pub(super) report: Option<&'a Report>,
    pub(super) report_seeds: &'a [Seed],
}

impl Outputs<'_> {
    /// Writes all files into `folder`, then prints the answer.
    pub(super) fn write_and_print(
        &self,
        folder: OutputFolder,
        screen: &mut Screen,
    ) -> Result<Completion, CommandError> {
        let texts = match &self.tuned.proposal {
            Some(proposal) => Some(self.source(folder.path()).texts(proposal)?),
            None => None,
        };
        let files = self.result_files(texts.as_ref())?;
        let names = files.iter().map(|file| file.name.clone()).collect();
        let summary = self.summary(names);
        let bytes = summary.to_json()?;
        let paths = write_results(folder, &files, &bytes)?;
        let TuneArgs { format, quiet, .. } = self.arguments;
        let page = |colour| self.page(&summary, texts.as_ref(), &paths, colour);
        print_answer(*format, *quiet, &bytes, screen, page)?;
        Ok(Completion::Done)
    }

    fn source<'s>(&'s self, folder: &'s Path) -> Source<'s> {
        Source {
            arguments: self.arguments,
            question: self.question,
            held_out: self.held_out,
            loader: self.loader,
            report_seeds: self.report_seeds,
            folder,
        }
    }

    fn result_files(
        &self,
        texts: Option<&ProposedTexts>,
    ) -> Result<Vec<ResultFile<'static>>, CommandError> {
        let mut files = self.pictures()?;
        let mut add = |name: &str, bytes: Vec<u8>| {
            files.push(ResultFile {
                name: name.to_owned(),
                bytes: bytes.into(),
            });
        };
        if let Some(texts) = texts {
            if !texts.patch.is_empty() {
                add(PATCH, texts.patch.clone().into_bytes());
            }
            if let Some(policy) = &texts.policy {
                add(PROPOSED_TOML, policy.clone().into_bytes());
            }
        }
        let question = self.question;
        let proposed = self.tuned.proposal.as_ref();
        let front = front_csv(
            &question.space,
            &question.objectives,
            &self.tuned.findings,
            proposed.map(|it| &it.finalist.candidate),
            &self.arguments.set,
        )?;
        add(FRONT_CSV, front);
        if let Some(report) = self.report {
            add(COMPARISON_CSV, comparison_csv(&report.comparison)?);
        }
        Ok(files)
    }

    fn pictures(&self) -> Result<Vec<ResultFile<'static>>, CommandError> {
        let mut files = Vec::new();
        let plot = self.arguments.write.plot;
        if let Some(report) = self.report {
            let seeds = self.report_seeds.len();
            let stems = picture_stems(self.held_out.iter().map(|it| it.label.as_str()));
            for (index, (held_out, stem)) in self.held_out.iter().zip(&stems).enumerate() {
                let picture = ComparedPicture {
                    trace: &held_out.label,
                    engine: held_out.template.engine(),
                    seeds,
                    policies: &report.comparison.policies,
                    scenarios: &report.scenarios[index],
                    curves: &report.results[index].curves,
                };
                files.extend(compared_pictures(&picture, stem, plot)?);
            }
        }
        for kind in plot.kinds() {
            files.push(ResultFile {
                name: format!("front.{}", kind.extension()),
                bytes: self.front(*kind)?.into(),
            });
        }
        for kind in plot.kinds() {
            let sensitivity = match kind {
                PictureKind::Png => SENSITIVITY_PNG,
                PictureKind::Svg => SENSITIVITY_SVG,
            };
            files.push(ResultFile {
                name: sensitivity.to_owned(),
                bytes: self.sensitivity(*kind)?.into(),
            });
        }
        Ok(files)
    }

    fn front(&self, kind: PictureKind) -> Result<Vec<u8>, CommandError> {
        let objectives = &self.question.objectives;
        let points: Vec<Weighed> = self
            .tuned
            .findings
            .tried
            .iter()
            .map(|it| it.weighed)
            .collect();
        let plane: Vec<[f64; 2]> = points.iter().map(|it| [it.cost, it.harm]).collect();
        let today = self.question.today.weighed(objectives);
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
            self.training_labels.join(" and "),
            objectives.cost().heading(),
            objectives.harm().heading()
        );
        let subtitle = self.searched();
        let picture = FrontPicture {
            title: &title,
            subtitle: &subtitle,
            cost: objectives.cost(),
            harm: objectives.harm(),
            points: &points,
            front: &pareto_front(&plane),
            marks: &marks,
            reach: Reach::AroundMarks,
        };
        bytes_of(&draw_front(&picture), kind)
    }

    fn sensitivity(&self, kind: PictureKind) -> Result<Vec<u8>, CommandError> {
        let objectives = &self.question.objectives;
        let shares = &self.tuned.sensitivity;
        let rows: Vec<SensitivityRow> = by_share(shares)
            .into_iter()
            .map(|place| SensitivityRow {
                label: self.question.space.parameters()[place].label(),
                shares: shares[place],
            })
            .collect();
        let title = format!(
            "{} under {}: which parameter matters",
            self.policy_name(),
            self.training_labels.join(" and ")
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
        bytes_of(&draw_sensitivity(&picture), kind)
    }

    fn policy_name(&self) -> &str {
        &self.question.scenarios[0].policy_name
    }

    fn extent(&self, proposal: &Proposal) -> PatchScope {
        let mut changes = self.question.space.changes(&proposal.finalist.candidate);
        if changes.all(|change| change.parameter.path().starts_with("hpa.")) {
            PatchScope::Whole
        } else {
            PatchScope::Part
        }
    }

    /// How many policies parameters are judged by.
    fn sample(&self) -> usize {
        let findings = &self.tuned.findings;
        findings.sample_of(&self.question.space).len()
    }

    /// The engine of the search.
    fn engine(&self) -> String {
        let templates = self.question.templates.iter();
        one_or_all(templates.map(|template| template.engine().as_str()))
    }

    fn searched(&self) -> String {
        format!(
            "{} policies tried, {} engine, means of {} seeds",
            self.tuned.findings.tried.len(),
            self.engine(),
            self.question.seeds.len()
        )
    }

    fn summary(&self, files: Vec<String>) -> TuneSummary<'_> {
        let question = self.question;
        let arguments = self.arguments;
        let numbers = |seeds: &[Seed]| seeds.iter().map(|seed| seed.0).collect();
        let facts = TuneFacts {
            policy: self.policy_name().to_owned(),
            training: self.training_labels.to_vec(),
            training_seeds: numbers(&question.seeds),
            held_out_traces: self.held_out.iter().map(|it| it.label.clone()).collect(),
            held_out_start: self
                .held_out
                .iter()
                .map(|it| it.split.map(|split| split.replicas.0))
                .collect(),
            seeds: numbers(self.report_seeds),
            goal: question.goal.text(&question.objectives),
            inputs: self.files.to_vec(),
            request: arguments.request_facts(),
            files,
        };
        let findings = &self.tuned.findings;
        let search = SearchFacts {
            method: arguments.method.as_str(),
            engine: self.engine(),
            judge: match arguments.judge() {
                Simulator::Template => self.engine(),
                Simulator::Request => {
                    let held_out = self.held_out.iter();
                    one_or_all(held_out.map(|it| it.template.engine().as_str()))
                }
            },
            budget: arguments.budget(question),
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
        let verdicts = self.report.map(|report| &report.comparison.verdicts);
        summary.held_out = verdicts.and_then(|it| it.first()).map(VerdictJson::from);
        summary.held_out_bounds = self.report.map_or(&[], |report| report.bounds.as_slice());
        summary.verdict = self.report.map(|report| verdict_text(&report.verdict));
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

    fn proposal_facts(&self, proposal: &Proposal) -> ProposalFacts {
        let question = self.question;
        let candidate = &proposal.finalist.candidate;
        let changes = question.space.changes(candidate).map(|change| {
            let without = proposal.worth.iter().find(|it| it.place == change.place);
            ChangeFacts {
                path: change.parameter.path().to_owned(),
                today: change.parameter.today_text(),
                proposed: change.parameter.value(change.value),
                without: without.map(|it| ObjectiveValues::of(it.weighed)),
            }
        });
        ProposalFacts {
            set: question.space.arguments(candidate),
            training: ObjectiveValues::of(proposal.finalist.measured.weighed(&question.objectives)),
            changes: changes.collect(),
        }
    }

    fn page(
        &self,
        summary: &TuneSummary<'_>,
        texts: Option<&ProposedTexts>,
        paths: &[String],
        colour: Colour,
    ) -> String {
        let question = self.question;
        let facts: Vec<TraceFacts> = self
            .held_out
            .iter()
            .map(|held_out| TraceFacts {
                seconds: held_out.today.trace.end().as_secs_f64(),
                engine: held_out.template.engine(),
            })
            .collect();
        let report = self.report.map(|report| ComparisonPage {
            comparison: &report.comparison,
            traces: &facts,
            seeds: self.report_seeds,
            files: &[],
        });
        let verdict = self.report.map(|report| &report.verdict);
        let proposal = match (&self.tuned.proposal, &report, verdict, texts) {
            (Some(proposal), Some(report), Some(verdict), Some(texts)) => {
                Some(tune::ProposalView {
                    candidate: &proposal.finalist.candidate,
                    report,
                    training: proposal.finalist.measured.weighed(&question.objectives),
                    worth: &proposal.worth,
                    patch: &texts.patch,
                    extent: self.extent(proposal),
                    apply: &texts.apply,
                    verdict,
                    again: &texts.again,
                    notes: &texts.notes,
                })
            }
            _ => None,
        };
        let page = TunePage {
            summary,
            space: &question.space,
            objectives: &question.objectives,
            today: question.today.weighed(&question.objectives),
            proposal,
            sensitivity: &self.tuned.sensitivity,
            even_sample: self.sample(),
            cautions: &self.tuned.cautions,
            files: paths,
        };
        render_tuning(&page, colour)
    }
}

/// The one word that all are, or each with commas.
fn one_or_all<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.dedup();
    words.join(", ")
}

fn bytes_of(drawing: &Drawing, kind: PictureKind) -> Result<Vec<u8>, CommandError> {
    Ok(match kind {
        PictureKind::Png => drawing.to_png()?,
        PictureKind::Svg => drawing.to_svg()?.into_bytes(),
    })
}
