//! Recorded traffic as traces: the files of other tools, recognised by content and read as streams.
//!
//! Each format has one file with a `FormatReader` and an entry in [`RecordingFormat::ALL`]. `trace_text` reads hpasim's own CSV.
//! `docs/traces.md` lists what each format becomes, and how gaps and duplicates are treated.

mod access_log;
pub mod ceiling;
mod counts;
pub mod csv_text;
pub mod describe;
mod fields;
mod input;
pub mod joined;
mod json_document;
mod json_lines;
mod k6_options;
mod k6_output;
mod locust;
mod log_counts;
pub(super) mod meaning;
mod measure;
mod notes;
mod period_sums;
mod prometheus;
mod prometheus_answer;
mod recognise;
mod request_rows;
mod samples;
mod series_sum;
mod series_table;
pub mod shape;
mod stamp;
mod summaries;
mod utilization;
mod w3c_log;

use std::fmt;
use std::io::Read;
use std::path::Path;

use super::clock::{ClockZone, TraceClock, clock_in};
use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::trace_text::{LENGTH_MAX_NANOS, ParsedTrace, USERS_MAX, parse_trace};
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, Trace};

use input::{Input, Lines};
use recognise::{Sign, StreamHead, may_be_confidential, no_format, recognise, refuse_objects};
use shape::Shaping;

pub use utilization::RecordedUtilization;

/// A format of recordings, in one file, with an entry in [`RecordingFormat::ALL`].
struct FormatReader {
    /// The name in messages.
    title: &'static str,
    /// The word on the command line.
    word: &'static str,
    /// The texts for which the format is tried.
    texts: RecordedText,
    /// The possible kinds of load.
    meanings: Meanings,
    /// Whether the user can choose among several series or scenarios.
    has_series: bool,
    /// Whether the recording is of a load test, before which there is no load.
    is_load_test: bool,
    /// How certainly a stream with this start has this format; `None` without a sign.
    recognises: fn(&StreamHead<'_>) -> Option<Sign>,
    /// Reads a stream in this format, or returns all its faults.
    read: fn(Input<'_>, &ReadOptions) -> Result<Recorded, Diagnostics>,
}

/// The texts of a format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RecordedText {
    /// JSON. The stream begins with an object or an array of objects.
    Json,
    /// A table with a header, or lines of a tool.
    Table,
    /// Lines of a log, in text or JSON, whatever the first line is.
    Lines,
}

/// The possible kinds of load of a format.
enum Meanings {
    /// Any kind; the user states it.
    Any,
    /// One of these kinds; the user states it.
    Among(&'static [What]),
    /// The recording states the kind; this is the help for a user who states one too.
    Stated(&'static str),
}

/// The format of a recording.
#[derive(Clone, Copy)]
pub struct RecordingFormat(&'static FormatReader);

impl RecordingFormat {
    /// hpasim's own CSV.
    const OWN: Self = Self(&csv_text::OWN_CSV);

    /// All formats. If a stream shows equal signs of two, the first wins.
    pub const ALL: [Self; 20] = [
        Self::OWN,
        Self(&k6_output::K6_CSV),
        Self(&k6_output::K6_JSON),
        Self(&k6_options::K6_OPTIONS),
        Self(&prometheus::RANGE_QUERY),
        Self(&period_sums::CLOUDWATCH),
        Self(&locust::STATS_HISTORY),
        Self(&request_rows::JMETER_CSV),
        Self(&request_rows::JMETER_XML),
        Self(&request_rows::GATLING),
        Self(&request_rows::VEGETA_CSV),
        Self(&request_rows::HEY_CSV),
        Self(&request_rows::AB_TABLE),
        Self(&period_sums::ARTILLERY),
        Self(&access_log::ACCESS_LOG),
        Self(&access_log::AWS_LOAD_BALANCER),
        Self(&w3c_log::W3C_LOG),
        Self(&json_lines::VEGETA_JSON),
        Self(&json_lines::JSON_LINES),
        Self(&series_table::SERIES_TABLE),
    ];

    /// The format with this word on the command line.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.0.word
    }

    /// The name in messages.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.0.title
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

/// The quantity of a recording's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Requests per second.
    Requests,
    /// Users at once.
    Users,
    /// CPU in cores, as from `rate(container_cpu_usage_seconds_total[1m])`.
    CpuCores,
    /// CPU in thousandths of a core.
    CpuMillicores,
}

impl What {
    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Users => "users",
            Self::CpuCores => "cpu-cores",
            Self::CpuMillicores => "cpu-millicores",
        }
    }
}

/// A choice among several series: those of a Prometheus answer, or the scenarios of k6 options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesChoice {
    /// The series with this number, from 1.
    Number(usize),
    /// All series with this label.
    Label {
        /// The label's name.
        name: String,
        /// The label's value.
        value: String,
    },
    /// All series with this name: `__name__`, or the name of a scenario.
    Name(String),
}

impl SeriesChoice {
    /// Parses `2`, `deployment=web` and `http_requests:rate5m`.
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

/// Options for reading a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// The format; `None` recognises it by the content.
    pub format: Option<RecordingFormat>,
    /// The quantity of the numbers; `None` leaves it to the format.
    pub what: Option<What>,
    /// The chosen series; `None` takes all.
    pub series: Option<SeriesChoice>,
    /// The step of the rows that replace a ramp (k6 options).
    pub ramp_step: Option<SimSpan>,
    /// The key of the time in a log of JSON objects, with dots between nested keys; `None` finds it.
    pub time_field: Option<String>,
    /// The columns of a CSV table with recorded CPU utilization, which becomes CPU. Then `format` is not used.
    pub utilization: Option<RecordedUtilization>,
    /// The factor of the load that [`Shaping`] applies afterwards, for advice about it.
    pub scale: Option<f64>,
}

/// What the user states of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceReading<'r> {
    /// `--what`: the quantity of the numbers; `None` leaves it to the trace.
    pub what: Option<What>,
    /// `--input-format`; `None` recognises the format by the content.
    pub format: Option<RecordingFormat>,
    /// `--time-field`: the key of the time in a log of JSON objects; `None` finds it.
    pub time_field: Option<&'r str>,
}

impl ReadOptions {
    /// The format that the user states. Only a log of JSON objects has a key of its time.
    fn stated_format(&self) -> Option<RecordingFormat> {
        let of_field = RecordingFormat(&json_lines::JSON_LINES);
        self.format
            .or_else(|| self.time_field.as_ref().map(|_| of_field))
    }
}

impl TraceReading<'_> {
    /// The same as options of a recording.
    #[must_use]
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            what: self.what,
            format: self.format,
            time_field: self.time_field.map(str::to_owned),
            ..ReadOptions::default()
        }
    }
}

/// A recording after reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The format.
    pub format: RecordingFormat,
    /// The load.
    pub trace: Trace,
    /// Time zero in nanoseconds since 1970 UTC, if the recording has dates.
    pub origin_nanos: Option<i64>,
    /// The offset from UTC that its first date states; `None` without a date or an offset. Epoch numbers are in UTC.
    pub utc_offset_seconds: Option<i32>,
    /// For counted requests: the length of time of one count.
    pub resolution: Option<SimSpan>,
    /// The number of counted requests, if requests were counted.
    pub requests: Option<f64>,
    /// The number of gaps.
    pub gaps: u64,
    /// The place that states the kind of load.
    pub demand_place: Place,
    /// What the load was computed from, in one line, if the numbers of the recording are not the load.
    pub computed_from: Option<String>,
    /// What was unusual, and how hpasim treats it.
    pub warnings: Vec<Diagnostic>,
}

/// Rates during reading: the value of each row holds until the next row, and the last until `end`.
#[derive(Debug, Default)]
struct RateRows {
    times: Vec<i64>,
    values: Vec<f64>,
    end: i64,
    origin: Option<i64>,
    utc_offset_seconds: Option<i32>,
    resolution: Option<SimSpan>,
    total: Option<f64>,
    gaps: u64,
    computed_from: Option<String>,
}

impl RateRows {
    /// The usual length of a row, in words.
    fn period_text(&self) -> String {
        let step = samples::usual_step(&self.times).unwrap_or(self.end);
        SimSpan::from_nanos(step).to_string()
    }

    fn push(&mut self, nanos: i64, value: f64) {
        self.times.push(nanos);
        self.values.push(value);
    }
}

/// Rates with what else a reader knows of the recording.
struct RateReading {
    rows: RateRows,
    what: What,
    demand_place: Place,
    warnings: Vec<Diagnostic>,
}

/// The result of a format's reader.
enum Recorded {
    /// Rates, which become a trace.
    Rates(RateReading),
    /// A finished trace.
    Trace(ParsedTrace),
}

/// Reads a trace or a recording from the bytes of the file at `path`, which serves only as a name.
///
/// # Errors
/// All faults.
pub(crate) fn read_trace(
    path: &Path,
    bytes: &[u8],
    reading: TraceReading<'_>,
) -> Result<ParsedTrace, Diagnostics> {
    let name = path.display().to_string();
    let options = reading.options();
    let format = match options.stated_format() {
        Some(format) => Some(format),
        None => Input::open(&name, bytes)
            .and_then(|mut input| recognise(&mut input))
            .map_err(Diagnostics::one)?,
    };
    let parsed = if format.is_none_or(|format| format == RecordingFormat::OWN) {
        refuse_foreign_options(&name, RecordingFormat::OWN, &options).map_err(Diagnostics::one)?;
        parse_trace(path, bytes)?
    } else {
        let recording = read_recording(&name, bytes, &options)?;
        shape::shape(recording, &Shaping::default())
            .map_err(Diagnostics::one)?
            .into_parsed()
    };
    let mut warnings = parsed.warnings;
    warnings.extend(ceiling::warning(&parsed.trace, None, &parsed.demand_place));
    Ok(ParsedTrace { warnings, ..parsed })
}

/// Reads a recording from a stream; messages call it `name`.
///
/// The memory does not depend on the length of the stream, except for hpasim's own CSV and JSON documents.
///
/// # Errors
/// All faults.
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
    mut input: Input<'_>,
    options: &ReadOptions,
) -> Result<Recording, Diagnostics> {
    let stated = options.utilization.as_ref().map(|_| RecordingFormat::OWN);
    let recognised = match stated.or(options.stated_format()) {
        Some(format) => {
            refuse_objects(name, &input.head).map_err(Diagnostics::one)?;
            if may_be_confidential(format, &input.head) {
                input.exposure.end();
            }
            Some(format)
        }
        None => recognise(&mut input).map_err(Diagnostics::one)?,
    };
    let Some(format) = recognised else {
        // The faults of the first lines state what is missing; the other lines would repeat it.
        let head = recognise::whole_lines(&input.head);
        return Err(parse_trace(Path::new(name), head)
            .err()
            .unwrap_or_else(|| Diagnostics::one(no_format(name))));
    };
    if recognise::is_confidential_log(format, &input.head) {
        input.exposure.end();
    }
    refuse_foreign_options(name, format, options).map_err(Diagnostics::one)?;
    if let Some(columns) = &options.utilization {
        return utilization::read(input, columns, options.scale);
    }
    match (format.0.read)(input, options)? {
        Recorded::Rates(reading) => reading.into_recording(format).map_err(Diagnostics::one),
        Recorded::Trace(parsed) => Ok(Recording::of_parsed(parsed, format)),
    }
}

/// Options that a format does not support are refused and not silently ignored.
fn refuse_foreign_options(
    name: &str,
    format: RecordingFormat,
    options: &ReadOptions,
) -> Result<(), Diagnostic> {
    let refused = |flag: &str, help: &str| {
        Err(Diagnostic {
            code: Code::Unsupported,
            message: format!("`{name}` ({}) does not support {flag}", format.title()),
            place: None,
            help: help.to_owned(),
        })
    };
    if options.series.is_some() && !format.0.has_series {
        return refused("--series", "omit the option");
    }
    match (&format.0.meanings, options.what) {
        (_, None) | (Meanings::Any, Some(_)) => Ok(()),
        (Meanings::Among(known), Some(what)) if known.contains(&what) => Ok(()),
        (Meanings::Among(_), Some(_)) => refused(
            "this --what",
            "this format has requests (k6 and Locust also have users); omit the option",
        ),
        (Meanings::Stated(help), Some(_)) => refused("--what", help),
    }
}

impl RateReading {
    /// # Errors
    /// The recording is longer than ten years, or has more users than hpasim simulates.
    fn into_recording(self, format: RecordingFormat) -> Result<Recording, Diagnostic> {
        let RateRows {
            mut times,
            mut values,
            end,
            origin,
            utc_offset_seconds,
            resolution,
            total,
            gaps,
            computed_from,
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
                help: "check the file for lines with a wrong date".to_owned(),
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
                help: "use their requests instead".to_owned(),
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
            utc_offset_seconds,
            resolution,
            requests: total,
            gaps,
            demand_place: self.demand_place,
            computed_from,
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
            utc_offset_seconds: parsed.utc_offset_seconds,
            resolution: None,
            requests: None,
            gaps: 0,
            demand_place: parsed.demand_place,
            computed_from: None,
            warnings: parsed.warnings,
        }
    }

    /// The clock of its dates, if it has any.
    pub(super) fn clock(&self) -> Option<TraceClock> {
        TraceClock::starting_at(self.origin_nanos?, self.utc_offset_seconds)
    }

    /// The clock of its dates in `zone`, or else in its own.
    #[must_use]
    pub fn clock_in(&self, zone: Option<&ClockZone>) -> Option<TraceClock> {
        clock_in(self.clock(), zone)
    }

    /// The same recording; its warnings quote nothing of its text.
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
            utc_offset_seconds: self.utc_offset_seconds,
            warnings: self.warnings,
            is_load_test: self.format.0.is_load_test,
        }
    }
}

/// Reads a stream line by line; `read` gets its name and its lines.
///
/// # Errors
/// The fault of `read`.
fn read_lines(
    input: Input<'_>,
    read: impl FnOnce(&str, Lines<'_>) -> Result<RateReading, Diagnostic>,
) -> Result<Recorded, Diagnostics> {
    let name = input.name.clone();
    read(&name, input.lines())
        .map(Recorded::Rates)
        .map_err(Diagnostics::one)
}

/// The fault of a recording without the requested data.
fn nothing_there(name: &str, what: &str, help: &str) -> Diagnostic {
    Diagnostic {
        code: Code::TraceEmpty,
        message: format!("`{name}` has no {what}"),
        place: None,
        help: help.to_owned(),
    }
}
