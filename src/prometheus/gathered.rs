//! The questions of an import, asked in order, and what came of them.

use super::ask::{Ask, AskError, RangeQuestion};
use super::queries::{AnswerSteps, CandidateQuery, ImportQuantity, QuerySubject};
use super::span::StepSpan;
use crate::scenario::ScaledWorkload;
use crate::scenario::formats::{QueryAnswers, QuerySeries, read_query_answers};

/// The window of rates where nothing says how often the server scrapes, in seconds.
const WINDOW_DEFAULT: u32 = 120;
/// The longest window that is tried, in seconds.
const WINDOW_MAX: u32 = 300;
/// A rate needs two samples, and survives one that is missing in four (Prometheus, "rate()").
const SCRAPES_OF_A_WINDOW: u32 = 4;

/// What an import asks about.
#[derive(Clone, Debug)]
pub struct ImportQuestion<'q> {
    /// The autoscaler and its target.
    pub scaled: &'q ScaledWorkload,
    /// The steps of the result.
    pub span: StepSpan,
    /// The window of rates in seconds; `None` takes four scrapes.
    pub window: Option<u32>,
    /// The user's own query for requests per second.
    pub requests: Option<&'q str>,
    /// The user's own queries for further metrics, with the names of their columns.
    pub metrics: &'q [(String, String)],
}

/// A quantity with its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The quantity; `None` for a metric of the user.
    pub quantity: Option<ImportQuantity>,
    /// The name of a metric of the user.
    pub metric: Option<String>,
    /// Who counts, where that was a choice.
    pub source: Option<&'static str>,
    /// Others who count too and were not taken.
    pub also: Vec<&'static str>,
    /// The query.
    pub query: String,
    /// Its series, at the steps of the span.
    pub series: Vec<QuerySeries>,
    /// What the server says about the query.
    pub remarks: Vec<String>,
}

/// What a server has of a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GatheredSeries {
    /// What was found.
    pub found: Vec<Found>,
    /// What was not found, with the number of queries that were tried.
    pub missing: Vec<(ImportQuantity, usize)>,
    /// Queries that the server refused, in its words.
    pub refused: Vec<AskError>,
    /// The window of rates in seconds.
    pub window: u32,
    /// The seconds between two scrapes of the containers, if the server has them.
    pub scrape_interval: Option<u32>,
    /// How many questions were asked.
    pub questions: usize,
}

impl GatheredSeries {
    /// What was found of a quantity.
    #[must_use]
    pub fn of(&self, quantity: ImportQuantity) -> Option<&Found> {
        self.found.iter().find(|it| it.quantity == Some(quantity))
    }
}

/// Asks about every quantity.
///
/// A rate at a moment is a mean over the window before it. It is asked for later by half of a window, and stands at the middle of its
/// window in the result.
///
/// # Errors
/// The server cannot be asked, or it refuses a query of the user.
pub fn gather(
    ask: &mut impl Ask,
    question: &ImportQuestion<'_>,
    mut heard: impl FnMut(&str),
) -> Result<GatheredSeries, AskError> {
    let mut asker = Asker {
        ask,
        span: question.span,
        window: question.window.unwrap_or(WINDOW_DEFAULT),
        gathered: GatheredSeries::default(),
    };
    heard("how often it scrapes");
    let interval = asker.scrape_interval(question.scaled)?;
    if question.window.is_none()
        && let Some(interval) = interval
    {
        asker.window =
            (interval * SCRAPES_OF_A_WINDOW).clamp(question.span.step.min(60), WINDOW_MAX);
    }
    asker.gathered.scrape_interval = interval;
    asker.gathered.window = asker.window;
    for quantity in ImportQuantity::ALL {
        // These belong to the counter of requests that was found.
        if matches!(
            quantity,
            ImportQuantity::FailedShare | ImportQuantity::LatencyP95 | ImportQuantity::LatencyP99
        ) {
            continue;
        }
        heard(quantity.title());
        match (quantity, question.requests) {
            (ImportQuantity::Requests, Some(query)) => asker.own(query, Some(quantity), None)?,
            _ => asker.first_of(quantity, question.scaled)?,
        }
    }
    for (name, query) in question.metrics {
        heard(name);
        asker.own(query, None, Some(name))?;
    }
    Ok(asker.gathered)
}

/// Every query that an import would ask, with the quantity that it is for.
#[must_use]
pub fn planned(question: &ImportQuestion<'_>) -> Vec<(String, String, StepSpan)> {
    let subject = subject_of(
        question.scaled,
        question.span,
        question.window.unwrap_or(WINDOW_DEFAULT),
    );
    let mut planned = Vec::new();
    for quantity in ImportQuantity::ALL {
        let asked = match (quantity, question.requests) {
            (ImportQuantity::Requests, Some(query)) => vec![(quantity, query.to_owned())],
            _ => subject
                .candidates(quantity)
                .into_iter()
                .flat_map(|it| std::iter::once((quantity, it.query)).chain(it.further))
                .collect(),
        };
        for (quantity, query) in asked {
            let title = quantity.title().to_owned();
            planned.push((title, query, steps_of(quantity.course(), question.span)));
        }
    }
    for (name, query) in question.metrics {
        planned.push((name.clone(), query.clone(), question.span));
    }
    planned
}

fn subject_of(scaled: &ScaledWorkload, span: StepSpan, window: u32) -> QuerySubject<'_> {
    QuerySubject {
        scaled,
        window,
        from: span.start,
        range: (span.end - span.start).max(60),
    }
}

fn steps_of(course: AnswerSteps, span: StepSpan) -> StepSpan {
    match course {
        AnswerSteps::EachStep => span,
        AnswerSteps::AtTheEnd => StepSpan::at(span.end),
    }
}

struct Asker<'a, A> {
    ask: &'a mut A,
    span: StepSpan,
    window: u32,
    gathered: GatheredSeries,
}

impl<A: Ask> Asker<'_, A> {
    /// Asks for each piece of a span.
    fn answers(&mut self, query: &str, span: StepSpan) -> Result<QueryAnswers, AskError> {
        let mut text = String::new();
        for piece in span.pieces() {
            self.gathered.questions += 1;
            text.push_str(&self.ask.ask(&RangeQuestion { query, span: piece })?);
            text.push('\n');
        }
        read_query_answers("the answer", &text).map_err(|fault| AskError::BadQuery {
            server: "the server".to_owned(),
            words: fault.message,
            query: query.to_owned(),
        })
    }

    /// The answers at the steps of the span, those of a rate at the middle of its window. A query that the server refuses has none.
    fn centred(&mut self, query: &str, window: u32) -> Result<QueryAnswers, AskError> {
        let step = i64::from(self.span.step);
        let is_rate = query.contains("rate(");
        let later = if is_rate {
            i64::from(window / 2).div_euclid(step) * step
        } else {
            0
        };
        let span = StepSpan {
            start: self.span.start + later,
            end: self.span.end + later,
            ..self.span
        };
        let mut answers = self.answers(query, span)?;
        for series in &mut answers.series {
            series
                .values
                .iter_mut()
                .for_each(|(time, _)| *time -= later);
        }
        Ok(answers)
    }

    /// A query of the table: one that the server refuses is noted, and has no series.
    fn of_the_table(
        &mut self,
        quantity: ImportQuantity,
        query: &str,
        window: u32,
    ) -> Result<QueryAnswers, AskError> {
        let answers = match quantity.course() {
            AnswerSteps::EachStep => self.centred(query, window),
            AnswerSteps::AtTheEnd => self.answers(query, StepSpan::at(self.span.end)),
        };
        match answers {
            Err(fault @ AskError::BadQuery { .. }) => {
                self.gathered.refused.push(fault);
                Ok(QueryAnswers::default())
            }
            other => other,
        }
    }

    /// The seconds between two scrapes of the containers, from the samples of an hour, to the nearest five.
    fn scrape_interval(&mut self, scaled: &ScaledWorkload) -> Result<Option<u32>, AskError> {
        const HOUR_SECONDS: f64 = 3600.0;
        const NEAREST: f64 = 5.0;
        let subject = subject_of(scaled, self.span, self.window);
        let rates = subject.candidates(ImportQuantity::Cpu);
        let Some(selector) = rates.first().and_then(|it| selector_of(&it.query)) else {
            return Ok(None);
        };
        let query = format!("max(count_over_time({selector}[1h]))");
        let length = self.span.end - self.span.start;
        // Pods may not have run all the time.
        let span = StepSpan {
            start: self.span.start + length / 8,
            end: self.span.end,
            step: u32::try_from(length / 8).unwrap_or(1).max(1),
        };
        let answers = match self.answers(&query, span) {
            Err(AskError::BadQuery { .. }) => return Ok(None),
            other => other?,
        };
        let counts = answers
            .series
            .iter()
            .flat_map(|it| &it.values)
            .map(|(_, count)| *count);
        let most = counts.fold(0.0, f64::max);
        let seconds = HOUR_SECONDS / most;
        let rounded = (seconds / NEAREST).round() * NEAREST;
        // A scrape every second or two is no multiple of five.
        let interval = if seconds < NEAREST {
            seconds.round().max(1.0)
        } else {
            rounded
        };
        Ok((most >= 2.0).then_some(interval.clamp(1.0, 600.0) as u32))
    }

    /// Takes the first query of a quantity that has an answer, with the window, then with the longest one.
    fn first_of(
        &mut self,
        quantity: ImportQuantity,
        scaled: &ScaledWorkload,
    ) -> Result<(), AskError> {
        let mut windows = vec![self.window];
        if self.window < WINDOW_MAX {
            windows.push(WINDOW_MAX);
        }
        let mut tried = 0;
        for window in windows {
            let candidates = subject_of(scaled, self.span, window).candidates(quantity);
            let has_rates = candidates.iter().any(|it| it.query.contains("rate("));
            if window != self.window && !has_rates {
                continue;
            }
            tried += candidates.len();
            for (index, candidate) in candidates.iter().enumerate() {
                let answers = self.of_the_table(quantity, &candidate.query, window)?;
                if has_values(&answers) {
                    let also = self.others(&candidates[index + 1..], candidate.source)?;
                    self.keep(quantity, candidate, answers, also);
                    return self.further(candidate, window);
                }
            }
        }
        self.gathered.missing.push((quantity, tried));
        Ok(())
    }

    /// Those among further candidates of requests that have an answer at the end of the span.
    fn others(
        &mut self,
        candidates: &[CandidateQuery],
        taken: Option<&'static str>,
    ) -> Result<Vec<&'static str>, AskError> {
        let mut others = Vec::new();
        for candidate in candidates {
            let Some(source) = candidate.source.filter(|it| Some(*it) != taken) else {
                continue;
            };
            let answers = self.answers(&candidate.query, StepSpan::at(self.span.end));
            if answers.is_ok_and(|it| has_values(&it)) && !others.contains(&source) {
                others.push(source);
            }
        }
        Ok(others)
    }

    /// The quantities that belong to the counter of requests that was taken.
    fn further(&mut self, candidate: &CandidateQuery, window: u32) -> Result<(), AskError> {
        for (quantity, query) in &candidate.further {
            let answers = self.of_the_table(*quantity, query, window)?;
            if has_values(&answers) {
                let candidate = CandidateQuery {
                    source: candidate.source,
                    query: query.clone(),
                    further: Vec::new(),
                };
                self.keep(*quantity, &candidate, answers, Vec::new());
            } else {
                self.gathered.missing.push((*quantity, 1));
            }
        }
        Ok(())
    }

    fn keep(
        &mut self,
        quantity: ImportQuantity,
        candidate: &CandidateQuery,
        answers: QueryAnswers,
        also: Vec<&'static str>,
    ) {
        self.gathered.found.push(Found {
            quantity: Some(quantity),
            metric: None,
            source: candidate.source,
            also,
            query: candidate.query.clone(),
            series: answers.series,
            remarks: answers.remarks,
        });
    }

    /// A query of the user. Its series are summed, as those of a trace are.
    fn own(
        &mut self,
        query: &str,
        quantity: Option<ImportQuantity>,
        metric: Option<&str>,
    ) -> Result<(), AskError> {
        let answers = self.centred(query, self.window)?;
        if !has_values(&answers) {
            return Err(AskError::BadQuery {
                server: "the server".to_owned(),
                words: "no series in this span; the metric or a label may have another name"
                    .to_owned(),
                query: query.to_owned(),
            });
        }
        self.gathered.found.push(Found {
            quantity,
            metric: metric.map(str::to_owned),
            source: None,
            also: Vec::new(),
            query: query.to_owned(),
            series: answers.series,
            remarks: answers.remarks,
        });
        Ok(())
    }
}

fn has_values(answers: &QueryAnswers) -> bool {
    answers.series.iter().any(|it| !it.values.is_empty())
}

/// The selector inside the innermost `rate(… [window])` of a query.
fn selector_of(query: &str) -> Option<&str> {
    let (_, inside) = query.split_once("rate(")?;
    let end = inside.find("}[")? + 1;
    inside.get(..end)
}
