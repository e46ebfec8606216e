//! The questions of an import, asked in order, and what came of them.

use super::ask::{Ask, AskError, RangeQuestion};
use super::queries::{AnswerSteps, CandidateQuery, ImportQuantity, QuerySubject};
use super::span::StepSpan;
use crate::scenario::formats::{QueryAnswers, QuerySeries, read_query_answers};
use crate::scenario::{ScaledWorkload, parse_duration};
use crate::units::SimSpan;

/// The window of rates where nothing says how often the server scrapes, in seconds.
const WINDOW_DEFAULT: u32 = 120;
/// The second window that is tried without an argument, in seconds, and the longest one unless scrapes are rarer.
pub const LONGEST_WINDOW: u32 = 300;
/// The longest window of rare scrapes, in seconds.
const RARE_WINDOW: u32 = 3600;
/// A query with values at fewer than this share of the steps between its first and its last value has holes.
const WHOLE: f64 = 0.5;
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
    /// The window over which it is a mean, in seconds, if it is one.
    pub window: Option<u32>,
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
        asker.window = (interval * SCRAPES_OF_A_WINDOW)
            .max(question.span.step)
            .clamp(60, RARE_WINDOW);
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
    let has_load = [ImportQuantity::Requests, ImportQuantity::Cpu];
    match has_load.iter().any(|it| asker.gathered.of(*it).is_some()) {
        true => Ok(asker.gathered),
        false => Err(AskError::NothingThere {
            workload: format!("{}/{}", question.scaled.namespace, question.scaled.name),
        }),
    }
}

/// The queries of an import with the default window, each with the quantity that it is for and its steps.
///
/// An import with a server asks further ones: how often the server scrapes, and for other windows.
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
        read_query_answers("the answer", &text).map_err(|fault| AskError::NotPrometheus {
            server: "the server".to_owned(),
            why: fault.message,
        })
    }

    /// The answers at the steps of the span, those of a mean over `window` seconds at the middle of the window.
    fn centred(&mut self, query: &str, window: Option<u32>) -> Result<QueryAnswers, AskError> {
        let step = i64::from(self.span.step);
        let later = i64::from(window.unwrap_or(0) / 2).div_euclid(step) * step;
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
            AnswerSteps::EachStep => self.centred(query, is_rate(query).then_some(window)),
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
        if self.window < LONGEST_WINDOW {
            windows.push(LONGEST_WINDOW);
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
                // With holes, a longer window may have them filled; the last window takes what there is.
                let is_last = window >= LONGEST_WINDOW;
                if has_values(&answers)
                    && (is_last || !has_rates || is_whole(&answers, self.span.step))
                {
                    let also = self.others(&candidates[index + 1..], candidate.source)?;
                    self.keep(quantity, candidate, answers, also, window);
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
                self.keep(*quantity, &candidate, answers, Vec::new(), window);
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
        window: u32,
    ) {
        self.gathered.found.push(Found {
            quantity: Some(quantity),
            metric: None,
            source: candidate.source,
            also,
            window: is_rate(&candidate.query).then_some(window),
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
        let answers = self.centred(query, own_window(query))?;
        if !has_values(&answers) {
            return Err(AskError::NoSeries {
                query: query.to_owned(),
            });
        }
        self.gathered.found.push(Found {
            quantity,
            metric: metric.map(str::to_owned),
            source: None,
            also: Vec::new(),
            window: own_window(query),
            query: query.to_owned(),
            series: answers.series,
            remarks: answers.remarks,
        });
        Ok(())
    }
}

/// Whether a query of the table is a mean over the window.
fn is_rate(query: &str) -> bool {
    query.contains("rate(")
}

/// The longest window in a query of the user, in seconds; `None` without one, as of a recording rule.
fn own_window(query: &str) -> Option<u32> {
    let windows = query.split('[').skip(1);
    let windows = windows.filter_map(|rest| rest.split([']', ':']).next());
    let seconds = windows.filter_map(|text| parse_duration(text.trim()).ok());
    let longest = seconds.map(SimSpan::as_secs_f64).fold(0.0, f64::max);
    (longest >= 1.0 && is_rate(query)).then_some(longest.min(f64::from(RARE_WINDOW)) as u32)
}

/// Whether a query has values at most of the steps between its first and its last one.
fn is_whole(answers: &QueryAnswers, step: u32) -> bool {
    answers.series.iter().any(|series| {
        let (Some((first, _)), Some((last, _))) = (series.values.first(), series.values.last())
        else {
            return false;
        };
        let steps = (last - first) / i64::from(step) + 1;
        series.values.len() as f64 >= WHOLE * steps as f64
    })
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
