//! Recorded traffic as traces: what other tools write, recognised by content and read as a stream.
//!
//! Self-imposed limit: no file system; a stream in, a [`Recording`] out. One file a
//! format, each a `FormatReader` with an entry in [`RecordingFormat::ALL`]; what a trace is in
//! our own CSV is `trace_text`'s. `docs/traces.md` lists what each format becomes and what is done
//! about gaps, duplicates and the like.

mod access_log;
pub mod ceiling;
mod counts;
pub mod csv_text;
pub mod describe;
mod fields;
mod input;
mod json_document;
mod k6_options;
mod k6_output;
mod locust;
mod notes;
mod prometheus;
mod recognise;
mod samples;
pub mod shape;
mod stamp;

use std::fmt;
use std::io::Read;
use std::path::Path;

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::trace_text::{LENGTH_MAX_NANOS, ParsedTrace, USERS_MAX, parse_trace};
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, Trace};

use input::Input;
use recognise::{Sign, StreamHead, may_be_confidential, recognise, refuse_objects};
use shape::Shaping;

/// A format of recordings: a file of its own, and an entry in [`RecordingFormat::ALL`].
trait FormatReader: Sync {
    /// Its name for people.
    fn title(&self) -> &'static str;

    /// Its word on the command line.
    fn word(&self) -> &'static str;

    /// Whether it is JSON: sought where a stream begins with a bracket, and nowhere else.
    fn is_json(&self) -> bool {
        false
    }

    /// What its numbers may be.
    fn meanings(&self) -> Meanings;

    /// Whether it has several series, or scenarios, to choose from.
    fn has_series(&self) -> bool {
        false
    }

    /// How surely a stream that begins so is written in it; `None` where nothing says so.
    fn recognises(&self, head: &StreamHead<'_>) -> Option<Sign>;

    /// Reads a stream that is written in it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(&self, input: Input<'_>, options: &ReadOptions) -> Result<Recorded, Diagnostics>;
}

/// What the numbers of a format may be.
enum Meanings {
    /// Whatever the user says.
    Any,
    /// One of these, as the user says.
    Among(&'static [What]),
    /// What the recording itself says; the help for a user who says it, too.
    Stated(&'static str),
}

/// What a recording is written in.
#[derive(Clone, Copy)]
pub struct RecordingFormat(&'static dyn FormatReader);

impl RecordingFormat {
    /// Our own CSV.
    const OWN: Self = Self(&csv_text::OwnCsv);

    /// All formats; of two that a stream shows equal signs of, the first is taken.
    pub const ALL: [Self; 7] = [
        Self::OWN,
        Self(&k6_output::K6Csv),
        Self(&k6_output::K6Json),
        Self(&k6_options::K6Options),
        Self(&prometheus::RangeQuery),
        Self(&locust::StatsHistory),
        Self(&access_log::AccessLog),
    ];

    /// The format of this word on the command line.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    /// Its word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.0.word()
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.0.title()
    }
}

impl PartialEq for RecordingFormat {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

impl Eq for RecordingFormat {}

impl fmt::Debug for RecordingFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the numbers of a recording are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Requests per second.
    Requests,
    /// Users at once.
    Users,
    /// CPU in cores, as `rate(container_cpu_usage_seconds_total[1m])` gives it.
    CpuCores,
    /// CPU in thousandths of a core.
    CpuMillicores,
}

/// Which of several series count: those of a Prometheus answer, or the scenarios of k6 options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesChoice {
    /// The one at this place, from 1.
    Number(usize),
    /// All that have this label.
    Label {
        /// The label's name.
        name: String,
        /// Its value.
        value: String,
    },
    /// All of this name: `__name__`, or the scenario's.
    Name(String),
}

impl SeriesChoice {
    /// Understands `2`, `deployment=web` and `http_requests:rate5m`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match (text.parse(), text.split_once('=')) {
            (Ok(number), _) => Self::Number(number),
            (_, Some((name, value))) => Self::Label {
                name: name.trim().to_owned(),
                value: value.trim().trim_matches('"').to_owned(),
            },
            _ => Self::Name(text.to_owned()),
        }
    }
}

/// How to read a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Its format; `None` recognises it by its content.
    pub format: Option<RecordingFormat>,
    /// What its numbers are; `None` leaves it to the format.
    pub what: Option<What>,
    /// Which series count; `None` takes all.
    pub series: Option<SeriesChoice>,
    /// From row to row where a ramp has to be cut into rows (k6 options).
    pub ramp_step: Option<SimSpan>,
}

/// A recording, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// What it was written in.
    pub format: RecordingFormat,
    /// What was offered.
    pub trace: Trace,
    /// Time zero in nanoseconds since 1970 UTC, where the recording knows it.
    pub origin_nanos: Option<i64>,
    /// For requests that were counted: how long each was counted into one number.
    pub resolution: Option<SimSpan>,
    /// How many requests were counted, where they were.
    pub requests: Option<f64>,
    /// How many gaps there are.
    pub gaps: u64,
    /// Where what was offered is named.
    pub demand_place: Place,
    /// What was odd, and what was done about it.
    pub warnings: Vec<Diagnostic>,
}

/// Rates while they are read: the value of each row holds until the next, the last until `end`.
#[derive(Debug, Default)]
struct RateRows {
    times: Vec<i64>,
    values: Vec<f64>,
    end: i64,
    origin: Option<i64>,
    resolution: Option<SimSpan>,
    total: Option<f64>,
    gaps: u64,
}

impl RateRows {
    fn push(&mut self, nanos: i64, value: f64) {
        self.times.push(nanos);
        self.values.push(value);
    }
}

/// What a reader of a format hands over.
struct RateReading {
    rows: RateRows,
    what: What,
    demand_place: Place,
    warnings: Vec<Diagnostic>,
}

/// What a format's reader hands over.
enum Recorded {
    /// Rates to be made a trace of.
    Rates(RateReading),
    /// A trace as it is.
    Trace(ParsedTrace),
}

/// Reads a trace or a recording from the bytes of the file at `path`, which is only used as its name.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read_trace(path: &Path, bytes: &[u8]) -> Result<ParsedTrace, Diagnostics> {
    let name = path.display().to_string();
    let format = Input::open(&name, bytes)
        .and_then(|input| recognise(&name, &input.head))
        .map_err(Diagnostics::one)?;
    let parsed = if format.is_none_or(|format| format == RecordingFormat::OWN) {
        parse_trace(path, bytes)?
    } else {
        let recording = read_recording(&name, bytes, &ReadOptions::default())?;
        shape::shape(recording, &Shaping::default())
            .map_err(Diagnostics::one)?
            .into_parsed()
    };
    let mut warnings = parsed.warnings;
    warnings.extend(ceiling::warning(&parsed.trace, None, &parsed.demand_place));
    Ok(ParsedTrace { warnings, ..parsed })
}

/// Reads a recording from a stream; `name` is what it is called in messages.
///
/// Memory does not hang on the stream's length, except for our own CSV and for JSON documents.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_recording<'r>(
    name: &str,
    reader: impl Read + 'r,
    options: &ReadOptions,
) -> Result<Recording, Diagnostics> {
    let input = Input::open(name, reader).map_err(Diagnostics::one)?;
    let exposure = input.exposure.clone();
    match (read_input(name, input, options), exposure.has_ended()) {
        (Ok(recording), true) => Ok(recording.covered()),
        (Err(faults), true) => Err(faults.covered()),
        (read, false) => read,
    }
}

fn read_input(
    name: &str,
    input: Input<'_>,
    options: &ReadOptions,
) -> Result<Recording, Diagnostics> {
    let recognised = match options.format {
        Some(format) => {
            refuse_objects(name, &input.head).map_err(Diagnostics::one)?;
            if may_be_confidential(format, &input.head) {
                input.exposure.end();
            }
            Some(format)
        }
        None => recognise(name, &input.head).map_err(Diagnostics::one)?,
    };
    let Some(format) = recognised else {
        // The faults of its first lines say what is missing; the rest would say it again.
        let head = recognise::whole_lines(&input.head);
        return Err(parse_trace(Path::new(name), head)
            .err()
            .unwrap_or_else(|| Diagnostics::one(recognise::no_format(name))));
    };
    refuse_foreign_options(name, format, options).map_err(Diagnostics::one)?;
    match format.0.read(input, options)? {
        Recorded::Rates(reading) => reading.into_recording(format).map_err(Diagnostics::one),
        Recorded::Trace(parsed) => Ok(Recording::of_parsed(parsed, format)),
    }
}

/// Options that mean nothing to a format are refused rather than passed over.
fn refuse_foreign_options(
    name: &str,
    format: RecordingFormat,
    options: &ReadOptions,
) -> Result<(), Diagnostic> {
    let refused = |flag: &str, help: &str| {
        Err(Diagnostic {
            code: Code::Unsupported,
            message: format!("`{name}` ({}) has nothing for {flag}", format.title()),
            place: None,
            help: help.to_owned(),
        })
    };
    if options.series.is_some() && !format.0.has_series() {
        return refused("--series", "leave the option out");
    }
    match (format.0.meanings(), options.what) {
        (_, None) | (Meanings::Any, Some(_)) => Ok(()),
        (Meanings::Among(known), Some(what)) if known.contains(&what) => Ok(()),
        (Meanings::Among(_), Some(_)) => refused(
            "that --what",
            "it knows requests (and k6 and Locust also users); leave the option out",
        ),
        (Meanings::Stated(help), Some(_)) => refused("--what", help),
    }
}

impl RateReading {
    /// # Errors
    /// The recording spans more than ten years, or more users than are simulated.
    fn into_recording(self, format: RecordingFormat) -> Result<Recording, Diagnostic> {
        let RateRows {
            mut times,
            mut values,
            end,
            origin,
            resolution,
            total,
            gaps,
        } = self.rows;
        if end > LENGTH_MAX_NANOS {
            return Err(Diagnostic {
                code: Code::TraceRange,
                message: format!(
                    "the recording is longer than ten years: from {} to {}",
                    stamp::stamp_text(origin.unwrap_or(0)),
                    stamp::stamp_text(origin.unwrap_or(0).saturating_add(end)),
                ),
                place: Some(Box::new(self.demand_place)),
                help: "look for lines with a wrong date".to_owned(),
            });
        }
        times.push(end);
        values.extend(values.last().copied());
        if self.what == What::CpuCores {
            for value in &mut values {
                *value *= 1000.0;
            }
        }
        let most = values.iter().copied().fold(0.0, f64::max);
        if self.what == What::Users && most > USERS_MAX {
            return Err(Diagnostic {
                code: Code::TraceRange,
                message: format!("{most:.0} users at once are more than {USERS_MAX:e}"),
                place: Some(Box::new(self.demand_place)),
                help: "give their requests instead".to_owned(),
            });
        }
        let mut warnings = self.warnings;
        warnings.sort_by_key(|warning| warning.code);
        Ok(Recording {
            format,
            trace: Trace {
                times: times.into_iter().map(SimTime::from_nanos).collect(),
                demand: match self.what {
                    What::Requests => Demand::RequestsPerSecond(values),
                    What::Users => Demand::Users(values),
                    What::CpuCores | What::CpuMillicores => Demand::CpuMillicores(values),
                },
                columns: Vec::new(),
            },
            origin_nanos: origin,
            resolution,
            requests: total,
            gaps,
            demand_place: self.demand_place,
            warnings,
        })
    }
}

impl Recording {
    fn of_parsed(parsed: ParsedTrace, format: RecordingFormat) -> Self {
        Self {
            format,
            trace: parsed.trace,
            origin_nanos: parsed.origin_nanos,
            resolution: None,
            requests: None,
            gaps: 0,
            demand_place: parsed.demand_place,
            warnings: parsed.warnings,
        }
    }

    /// The same recording with warnings that quote nothing of its text.
    fn covered(self) -> Self {
        Self {
            demand_place: self.demand_place.covered(),
            warnings: self.warnings.into_iter().map(Diagnostic::covered).collect(),
            ..self
        }
    }

    fn into_parsed(self) -> ParsedTrace {
        ParsedTrace {
            trace: self.trace,
            demand_place: self.demand_place,
            origin_nanos: self.origin_nanos,
            warnings: self.warnings,
        }
    }
}

/// The fault of a recording that has nothing of what was asked for.
fn nothing_there(name: &str, what: &str, help: &str) -> Diagnostic {
    Diagnostic {
        code: Code::TraceEmpty,
        message: format!("`{name}` has no {what}"),
        place: None,
        help: help.to_owned(),
    }
}
