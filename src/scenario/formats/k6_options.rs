//! The options of a k6 script as JSON: `stages` and scenarios, converted to users or a rate.
//!
//! The options state the planned load, not the measured one. An iteration counts as one request (`--scale` changes that), and a
//! graceful ramp-down takes no time.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json_document::{json_fault, read_document};
use super::recognise::Sign;
use super::{
    FormatReader, Meanings, RateReading, RateRows, ReadOptions, RecordedText, SeriesChoice, What,
    nothing_there,
};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::trace_text::{LENGTH_MAX_NANOS, NANOS_PER_SECOND};
use crate::scenario::values::parse_duration;
use crate::units::{SimSpan, parse_number};

/// The most rows for ramps.
const RAMP_ROWS_MAX: i64 = 1_000_000;
/// The most stages and scenarios; each row reads all of them.
const LEGS_MAX: usize = 1_000;
/// The largest target of a stage.
const TARGET_MAX: f64 = 1e9;

/// The options of a k6 script as JSON: stages and scenarios.
pub(super) static K6_OPTIONS: FormatReader = FormatReader {
    title: "k6 options",
    word: "k6-options",
    texts: RecordedText::Json,
    meanings: Meanings::Stated(
        "the executor decides the kind of load: users, or arrivals per second",
    ),
    has_series: true,
    is_load_test: true,
    recognises: |head| {
        let is_options = ["stages", "scenarios", "executor", "vus", "iterations"]
            .iter()
            .any(|word| head.has_word(word));
        // A summary of a run has these words among its metrics.
        (is_options && !head.has_word("http_reqs")).then_some(Sign::Hint)
    },
    read: |input, options| read_document(input, |name, text| read(name, text, options)),
};

#[derive(Deserialize)]
struct Options<'t> {
    #[serde(borrow)]
    options: Option<&'t RawValue>,
    #[serde(borrow, default)]
    stages: Option<Vec<&'t RawValue>>,
    #[serde(borrow, default)]
    scenarios: Option<BTreeMap<String, &'t RawValue>>,
    #[serde(borrow)]
    vus: Option<&'t RawValue>,
    #[serde(borrow)]
    duration: Option<&'t RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct K6Scenario<'t> {
    executor: String,
    #[serde(borrow, default)]
    stages: Vec<&'t RawValue>,
    #[serde(borrow, rename = "startVUs")]
    start_vus: Option<&'t RawValue>,
    #[serde(borrow)]
    start_rate: Option<&'t RawValue>,
    #[serde(borrow)]
    time_unit: Option<&'t RawValue>,
    #[serde(borrow)]
    vus: Option<&'t RawValue>,
    #[serde(borrow)]
    rate: Option<&'t RawValue>,
    #[serde(borrow)]
    duration: Option<&'t RawValue>,
    #[serde(borrow)]
    start_time: Option<&'t RawValue>,
}

#[derive(Deserialize)]
struct Stage<'t> {
    #[serde(borrow)]
    duration: &'t RawValue,
    #[serde(borrow)]
    target: &'t RawValue,
}

/// A straight line over time, in nanoseconds from the start.
#[derive(Clone, Copy)]
struct Leg {
    start: i64,
    end: i64,
    from: f64,
    to: f64,
}

/// The load of one scenario over time.
struct K6Course {
    what: What,
    legs: Vec<Leg>,
}

/// The text, for the places of its parts.
struct OptionsText<'t> {
    name: &'t str,
    text: &'t str,
}

/// Reads the options; scenarios at the same time are summed.
fn read(name: &str, text: &str, options: &ReadOptions) -> Result<RateReading, Diagnostic> {
    let document = OptionsText { name, text };
    let courses = document.courses(text, options.series.as_ref())?;
    let what = courses[0].what;
    if courses.iter().any(|course| course.what != what) {
        return Err(document.fault(
            None,
            Code::TraceSeries,
            "some scenarios state users and others arrivals per second; hpasim cannot sum these",
            "convert each alone with `hpasim trace convert --series NAME`",
        ));
    }
    let legs: Vec<Leg> = courses.into_iter().flat_map(|course| course.legs).collect();
    if legs.len() > LEGS_MAX {
        return Err(document.fault(
            None,
            Code::TraceTooLarge,
            &format!("the options have more than {LEGS_MAX} stages"),
            "use fewer stages",
        ));
    }
    let end = legs.iter().map(|leg| leg.end).max().unwrap_or(0);
    if end <= 0 {
        return Err(nothing_there(
            name,
            "stage that lasts",
            "give each stage a duration, such as { \"duration\": \"5m\", \"target\": 50 }",
        ));
    }
    if end > LENGTH_MAX_NANOS {
        return Err(document.fault(
            None,
            Code::TraceRange,
            "the stages last longer than ten years",
            "write durations such as \"30s\", \"5m\" or \"1h30m\"; bare numbers are milliseconds",
        ));
    }
    let step = options
        .ramp_step
        .map_or_else(|| default_ramp_step(end), SimSpan::as_nanos);
    Ok(RateReading {
        rows: rows_of(&legs, end, step.max(1), what),
        what,
        demand_place: Place::within(name, text, 0..1),
        warnings: Vec::new(),
    })
}

/// One second, or more if the trace would have more than 20,000 rows.
fn default_ramp_step(end: i64) -> i64 {
    super::counts::LADDER_SECONDS
        .iter()
        .map(|seconds| seconds * NANOS_PER_SECOND)
        .find(|step| end / step <= super::shape::ROWS_BY_DEFAULT_MAX)
        .unwrap_or(3600 * NANOS_PER_SECOND)
}

/// Rows of `step` for a ramp, with the value in the middle of each; one row while the load is constant.
fn rows_of(legs: &[Leg], end: i64, step: i64, what: What) -> RateRows {
    let step = step.max(end / RAMP_ROWS_MAX);
    let mut rows = RateRows {
        end,
        ..RateRows::default()
    };
    // A stage may begin between two rows, so its edges are rows of their own.
    let mut times: Vec<i64> = (0..end)
        .step_by(usize::try_from(step).unwrap_or(1))
        .collect();
    times.extend(legs.iter().flat_map(|leg| [leg.start, leg.end]));
    times.retain(|time| *time < end);
    times.sort_unstable();
    times.dedup();
    for (index, time) in times.iter().enumerate() {
        let next = times.get(index + 1).copied().unwrap_or(end);
        let middle = time + (next - time) / 2;
        let sum: f64 = legs.iter().map(|leg| leg.at(middle)).sum();
        let value = match what {
            What::Users => sum.round(),
            _ => sum,
        };
        let changed = rows
            .values
            .last()
            .is_none_or(|last| last.to_bits() != value.to_bits());
        if changed {
            rows.push(*time, value);
        }
    }
    rows
}

impl Leg {
    fn at(&self, time: i64) -> f64 {
        if time < self.start || time >= self.end {
            return 0.0;
        }
        let share = (time - self.start) as f64 / (self.end - self.start) as f64;
        self.from + (self.to - self.from) * share
    }
}

impl<'t> OptionsText<'t> {
    fn fault(&self, part: Option<&RawValue>, code: Code, message: &str, help: &str) -> Diagnostic {
        Diagnostic {
            code,
            message: message.to_owned(),
            place: part.map(|part| {
                let start =
                    (part.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
                Box::new(Place::within(
                    self.name,
                    self.text,
                    start..start + part.get().len(),
                ))
            }),
            help: help.to_owned(),
        }
    }

    fn parse<'p, T: Deserialize<'p>>(
        &self,
        part: &'p str,
        whole: Option<&RawValue>,
    ) -> Result<T, Diagnostic> {
        serde_json::from_str(part).map_err(|error| match whole {
            None => json_fault(self.name, self.text, &error),
            Some(whole) => {
                let reason = error.to_string();
                let what = reason.split(" at line ").next().unwrap_or(&reason);
                self.fault(
                    Some(whole),
                    Code::TraceJson,
                    &format!("this JSON is not valid here: {what}"),
                    "write it as in the k6 documentation",
                )
            }
        })
    }

    /// The load of each chosen scenario; at least one.
    fn courses(
        &self,
        text: &'t str,
        choice: Option<&SeriesChoice>,
    ) -> Result<Vec<K6Course>, Diagnostic> {
        let options: Options<'_> = self.parse(text, None)?;
        if let Some(inner) = options.options {
            // Only one level deep: the inner options have no `options` of their own.
            let inner: Options<'_> = self.parse(inner.get(), Some(inner))?;
            return self.courses_of(&inner, choice);
        }
        self.courses_of(&options, choice)
    }

    fn courses_of(
        &self,
        options: &Options<'_>,
        choice: Option<&SeriesChoice>,
    ) -> Result<Vec<K6Course>, Diagnostic> {
        if let Some(scenarios) = &options.scenarios {
            return self.courses_of_scenarios(scenarios, choice);
        }
        if choice.is_some() {
            return Err(self.fault(
                None,
                Code::TraceSeries,
                "these options have no scenarios to choose from",
                "omit --series",
            ));
        }
        let legs = match (&options.stages, options.vus, options.duration) {
            (Some(stages), vus, _) => {
                let start = vus.map_or(Ok(1.0), |vus| self.number(vus))?;
                self.ramp(stages, start, 0, 1.0)?
            }
            (None, vus, Some(duration)) => {
                let users = vus.map_or(Ok(1.0), |vus| self.number(vus))?;
                constant(users, 0, self.duration(duration)?)
            }
            _ => {
                return Err(self.fault(
                    None,
                    Code::TraceFormat,
                    "these k6 options state no load over time",
                    "add `stages`, `scenarios`, or `vus` with a `duration`",
                ));
            }
        };
        Ok(vec![K6Course {
            what: What::Users,
            legs,
        }])
    }

    fn courses_of_scenarios(
        &self,
        scenarios: &BTreeMap<String, &RawValue>,
        choice: Option<&SeriesChoice>,
    ) -> Result<Vec<K6Course>, Diagnostic> {
        let courses: Vec<K6Course> = scenarios
            .iter()
            .enumerate()
            .filter(|(index, (name, _))| match choice {
                None => true,
                Some(SeriesChoice::Number(number)) => index + 1 == *number,
                Some(SeriesChoice::Name(chosen)) => chosen == *name,
                Some(SeriesChoice::Label { .. }) => false,
            })
            .map(|(_, (_, part))| self.course(part))
            .collect::<Result<_, _>>()?;
        if courses.is_empty() {
            let names: Vec<&str> = scenarios.keys().map(String::as_str).collect();
            return Err(self.fault(
                None,
                Code::TraceSeries,
                "there is no such scenario",
                &format!("the scenarios are: {}", names.join(", ")),
            ));
        }
        Ok(courses)
    }

    fn course(&self, part: &RawValue) -> Result<K6Course, Diagnostic> {
        let scenario: K6Scenario<'_> = self.parse(part.get(), Some(part))?;
        let start = scenario
            .start_time
            .map_or(Ok(0), |start| self.duration(start))?;
        let missing = |key: &str| {
            self.fault(
                Some(part),
                Code::MissingKey,
                &format!("the executor {} needs `{key}`", scenario.executor),
                "write it as in the k6 documentation",
            )
        };
        let per_second = || -> Result<f64, Diagnostic> {
            let unit = scenario
                .time_unit
                .map_or(Ok(NANOS_PER_SECOND), |unit| self.duration(unit))?;
            Ok(NANOS_PER_SECOND as f64 / unit.max(1) as f64)
        };
        let duration = || {
            let part = scenario.duration.ok_or_else(|| missing("duration"))?;
            self.duration(part)
        };
        let (what, legs) = match scenario.executor.as_str() {
            "ramping-vus" => {
                let from = scenario.start_vus.map_or(Ok(1.0), |vus| self.number(vus))?;
                (What::Users, self.ramp(&scenario.stages, from, start, 1.0)?)
            }
            "constant-vus" => {
                let users = scenario.vus.map_or(Ok(1.0), |vus| self.number(vus))?;
                (What::Users, constant(users, start, duration()?))
            }
            "ramping-arrival-rate" => {
                let from = scenario
                    .start_rate
                    .map_or(Ok(0.0), |rate| self.number(rate))?;
                let legs = self.ramp(&scenario.stages, from, start, per_second()?)?;
                (What::Requests, legs)
            }
            "constant-arrival-rate" => {
                let rate = self.number(scenario.rate.ok_or_else(|| missing("rate"))?)?;
                let legs = constant(rate * per_second()?, start, duration()?);
                (What::Requests, legs)
            }
            other => {
                return Err(self.fault(
                    Some(part),
                    Code::Unsupported,
                    &format!("the executor `{other}` states no load over time"),
                    "use ramping-vus, constant-vus, ramping-arrival-rate or constant-arrival-rate",
                ));
            }
        };
        Ok(K6Course { what, legs })
    }

    /// The stages in order, each from the target of the one before.
    fn ramp(
        &self,
        stages: &[&RawValue],
        from: f64,
        start: i64,
        factor: f64,
    ) -> Result<Vec<Leg>, Diagnostic> {
        let mut legs = Vec::new();
        let (mut value, mut time) = (from * factor, start);
        for part in stages {
            let stage: Stage<'_> = self.parse(part.get(), Some(part))?;
            let target = self.number(stage.target)? * factor;
            let end = time.saturating_add(self.duration(stage.duration)?);
            // A stage of length 0 is a jump.
            if end > time {
                legs.push(Leg {
                    start: time,
                    end,
                    from: value,
                    to: target,
                });
            }
            (value, time) = (target, end);
        }
        Ok(legs)
    }

    fn number(&self, part: &RawValue) -> Result<f64, Diagnostic> {
        match parse_number(part.get()) {
            Some(number) if (0.0..=TARGET_MAX).contains(&number) => Ok(number),
            _ => Err(self.fault(
                Some(part),
                Code::TraceValue,
                &format!(
                    "`{}` is not a number from 0 to {TARGET_MAX:e}",
                    clipped(part.get())
                ),
                "write a plain number",
            )),
        }
    }

    /// `"1h30m"`, or a number of milliseconds.
    fn duration(&self, part: &RawValue) -> Result<i64, Diagnostic> {
        let text = part.get().trim_matches('"');
        let nanos = match parse_number(text) {
            Some(millis) if (0.0..1e15).contains(&millis) => Some((millis * 1e6) as i64),
            Some(_) => None,
            None => parse_duration(text).ok().map(SimSpan::as_nanos),
        };
        nanos.ok_or_else(|| {
            self.fault(
                Some(part),
                Code::BadDuration,
                &format!("`{}` is not a duration", clipped(text)),
                "write it like \"30s\", \"5m\" or \"1h30m\"; a bare number is milliseconds",
            )
        })
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(40).collect()
}

fn constant(value: f64, start: i64, length: i64) -> Vec<Leg> {
    vec![Leg {
        start,
        end: start.saturating_add(length),
        from: value,
        to: value,
    }]
}
