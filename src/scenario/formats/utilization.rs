//! A CSV table with recorded CPU utilization, which becomes the CPU that the pods used.
//!
//! CPU is utilization times the request times the replicas that the reading is about. A reading is about an earlier time: its replicas
//! are those of that time, because a pod that came later has no part in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::input::{Input, Lines, StreamLine};
use super::notes::Notes;
use super::samples::{Samples, note_gaps, usual_step};
use super::stamp::{Stamp, parse_stamp, stamp_text};
use super::{RateReading, RateRows, Recording, RecordingFormat, What, fields, nothing_there};
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::scenario::near::nearest;
use crate::scenario::trace_text::{NANOS_PER_SECOND, VALUE_MAX};
use crate::text::rounding::readable;
use crate::units::{Millicores, SimSpan, parse_number};

/// The columns of a CSV table with recorded CPU utilization, and what turns them into CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedUtilization {
    /// The column with the utilization in percent of the request, the mean over the pods.
    pub utilization_column: String,
    /// The column with the number of these pods.
    pub replicas_column: String,
    /// The CPU request of one pod.
    pub cpu_request: Millicores,
    /// The age of a reading when it was recorded. A reading describes the time that is this much earlier.
    pub age: SimSpan,
}

impl RecordedUtilization {
    /// What the CPU is computed from, in one line.
    fn in_words(&self) -> String {
        let Self {
            utilization_column,
            replicas_column,
            cpu_request,
            age,
        } = self;
        let mut text = format!(
            "`{utilization_column}` (percent of {}m) x `{replicas_column}`",
            cpu_request.0
        );
        if age.as_nanos() > 0 {
            // Writing to a string cannot fail.
            let _ = write!(text, ", as of {age} before each reading");
        }
        text
    }
}

/// Reads the table, whose load is multiplied by `scale` afterwards.
///
/// # Errors
/// A column is missing, no reading can be used, or the age is longer than the table.
pub(super) fn read(
    input: Input<'_>,
    columns: &RecordedUtilization,
    scale: Option<f64>,
) -> Result<Recording, Diagnostics> {
    let name = input.name.clone();
    let table = Readings::read(&name, input.lines(), columns).map_err(Diagnostics::one)?;
    let has_dates = table.header.has_dates;
    let reading = table
        .into_cpu(&name, columns, scale)
        .map_err(Diagnostics::one)?;
    let recording = reading
        .into_recording(RecordingFormat::OWN)
        .map_err(Diagnostics::one)?;
    Ok(Recording {
        origin_nanos: recording.origin_nanos.filter(|_| has_dates),
        utc_offset_seconds: recording.utc_offset_seconds.filter(|_| has_dates),
        computed_from: Some(columns.in_words()),
        ..recording
    })
}

/// The columns of the table.
struct ReadingColumns {
    /// How many columns the header has.
    width: usize,
    time: usize,
    utilization: usize,
    replicas: usize,
    /// Whether times are dates, and not seconds from the start.
    has_dates: bool,
    place: Place,
}

impl ReadingColumns {
    fn read(line: &StreamLine<'_>, columns: &RecordedUtilization) -> Result<Self, Diagnostic> {
        let names = fields::names(line.bytes);
        let place = line.place();
        let index = |wanted: &str| names.iter().position(|name| name == wanted);
        let required = |wanted: &str| index(wanted).ok_or_else(|| missing(wanted, &names, &place));
        let twice = [&columns.utilization_column, &columns.replicas_column]
            .into_iter()
            .find(|wanted| names.iter().filter(|name| name == wanted).count() > 1);
        if let Some(name) = twice {
            return Err(Diagnostic {
                code: Code::TraceHeader,
                message: format!("two columns have the name `{name}`"),
                place: Some(Box::new(place)),
                help: "keep one of the two".to_owned(),
            });
        }
        let dates = index("timestamp");
        let time = index("time_s").or(dates).ok_or_else(|| Diagnostic {
            code: Code::TraceHeader,
            message: "the header has no time column".to_owned(),
            place: Some(Box::new(place.clone())),
            help: "name the column of times `time_s` (seconds) or `timestamp` (epoch seconds or RFC 3339)".to_owned(),
        })?;
        Ok(Self {
            width: names.len(),
            time,
            utilization: required(&columns.utilization_column)?,
            replicas: required(&columns.replicas_column)?,
            has_dates: dates == Some(time),
            place: place.clone(),
        })
    }
}

/// The fault of a column that the header lacks.
fn missing(wanted: &str, names: &[String], place: &Place) -> Diagnostic {
    const SHOWN: usize = 12;
    let near = nearest(wanted, names.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let shown = names.iter().take(SHOWN).map(String::as_str);
            let more = (names.len() > SHOWN).then_some("...");
            let shown: Vec<&str> = shown.chain(more).collect();
            format!("the columns are {}", shown.join(", "))
        }
    };
    fields::no_column(wanted, place.clone(), help)
}

/// The readings of the table.
struct Readings {
    header: ReadingColumns,
    /// In percent of the request.
    utilization: Samples,
    replicas: Samples,
    notes: Notes,
    /// Notes about the replicas.
    replica_notes: Notes,
}

impl Readings {
    fn read(
        name: &str,
        mut lines: Lines<'_>,
        columns: &RecordedUtilization,
    ) -> Result<Self, Diagnostic> {
        let mut table: Option<Self> = None;
        while let Some(line) = lines.next()? {
            if line.bytes.trim_ascii().is_empty() || line.bytes.starts_with(b"#") {
                continue;
            }
            match &mut table {
                Some(table) => table.add(&line)?,
                None => table = Some(Self::new(ReadingColumns::read(&line, columns)?)),
            }
        }
        table.ok_or_else(|| {
            let help = "the first line names the columns, such as `time_s,cpu_percent,replicas`";
            nothing_there(name, "header", help)
        })
    }

    fn new(header: ReadingColumns) -> Self {
        Self {
            header,
            utilization: Samples::default(),
            replicas: Samples::default(),
            notes: Notes::default(),
            replica_notes: Notes::default(),
        }
    }

    fn add(&mut self, line: &StreamLine<'_>) -> Result<(), Diagnostic> {
        let ReadingColumns {
            width,
            time,
            utilization,
            replicas,
            ..
        } = self.header;
        if fields::count(line.bytes) > width {
            self.notes.add(Code::RecordingUnreadable, || line.place());
            return Ok(());
        }
        let cells = fields::pick(line.bytes, [time, utilization, replicas]);
        let stamped = cells.and_then(|[time, utilization, replicas]| {
            let stamp: Stamp = fields::text_of(time).and_then(parse_stamp)?;
            Some((stamp, utilization, replicas))
        });
        let Some((stamp, utilization, replicas)) = stamped else {
            self.notes.add(Code::RecordingUnreadable, || line.place());
            return Ok(());
        };
        if let Some(percent) = number_in(utilization) {
            self.utilization
                .add(stamp, percent, &mut self.notes, || line.place())?;
        }
        if let Some(count) = number_in(replicas) {
            self.replicas
                .add(stamp, count, &mut self.replica_notes, || line.place())?;
        }
        Ok(())
    }

    /// # Errors
    /// No reading can be used, or the age is longer than the table.
    fn into_cpu(
        self,
        name: &str,
        columns: &RecordedUtilization,
        scale: Option<f64>,
    ) -> Result<RateReading, Diagnostic> {
        let utilization = self.utilization.into_sorted();
        let replicas = self.replicas.into_sorted();
        let mut warnings = self.notes.with_column(self.replica_notes).into_warnings();
        let all: BTreeSet<i64> = utilization.keys().chain(replicas.keys()).copied().collect();
        let times: Vec<i64> = all.into_iter().collect();
        let (Some(start), Some(last)) = (times.first().copied(), times.last().copied()) else {
            return Err(no_numbers(name, columns));
        };
        let has_dates = self.header.has_dates;
        let time_text = |nanos: i64| {
            if has_dates {
                stamp_text(nanos)
            } else {
                format!("time_s {}", nanos as f64 / NANOS_PER_SECOND as f64)
            }
        };
        if columns.age.as_nanos() > last.saturating_sub(start) {
            return Err(too_old(columns.age, last.saturating_sub(start)));
        }
        let mut cpu = BTreeMap::new();
        let mut without_pods: Vec<i64> = Vec::new();
        for (time, percent) in &utilization {
            let about = time.saturating_sub(columns.age.as_nanos());
            let Some(count) = held(&replicas, about) else {
                return Err(no_numbers(name, columns));
            };
            if count <= 0.0 && *percent > 0.0 {
                without_pods.push(*time);
                continue;
            }
            let millicores = percent / 100.0 * columns.cpu_request.0 as f64 * count;
            // Of several readings about times before the table, the last one counts.
            let at = about.saturating_sub(start).max(0);
            cpu.insert(at, millicores.min(VALUE_MAX));
        }
        let Some(first) = cpu.values().next().copied() else {
            return Err(match without_pods.first() {
                Some(_) => no_pods(columns, self.header.place),
                None => no_numbers(name, columns),
            });
        };
        // What came before the first reading is unknown.
        cpu.entry(0).or_insert(first);
        warnings.extend(unlike_percent(&utilization, scale.unwrap_or(1.0)));
        warnings.extend(readings_without_pods(&without_pods, columns, time_text));
        let read: Vec<i64> = utilization.keys().copied().collect();
        let gaps = match usual_step(&read) {
            Some(step) => note_gaps(&read, step, time_text, &mut warnings),
            None => 0,
        };
        let step = usual_step(&times).unwrap_or(15 * NANOS_PER_SECOND);
        let rows = RateRows {
            times: cpu.keys().copied().collect(),
            values: cpu.values().copied().collect(),
            end: last.saturating_sub(start).saturating_add(step),
            origin: Some(start),
            gaps,
            ..RateRows::default()
        };
        Ok(RateReading {
            rows,
            what: What::CpuMillicores,
            demand_place: self.header.place,
            warnings,
        })
    }
}

/// The number in a cell, NaN for other text; `None` where there is no reading. kubectl writes an unknown reading as `<unknown>`.
fn number_in(cell: &[u8]) -> Option<f64> {
    let text = fields::text_of(cell).unwrap_or("?");
    let number = text.strip_suffix('%').unwrap_or(text);
    match number {
        "" | "<unknown>" => None,
        number => Some(parse_number(number).unwrap_or(f64::NAN)),
    }
}

/// The value at `nanos`: that of the last sample until then, or of the first one.
fn held(samples: &BTreeMap<i64, f64>, nanos: i64) -> Option<f64> {
    let until = samples.range(..=nanos).next_back();
    until
        .or_else(|| samples.first_key_value())
        .map(|(_, value)| *value)
}

fn no_numbers(name: &str, columns: &RecordedUtilization) -> Diagnostic {
    let what = format!(
        "number in `{}`, or none in `{}`",
        columns.utilization_column, columns.replicas_column
    );
    nothing_there(
        name,
        &what,
        "use a table that has both in one file; where a cell is empty, the value before it holds",
    )
}

fn no_pods(columns: &RecordedUtilization, header: Place) -> Diagnostic {
    Diagnostic {
        code: Code::TraceEmpty,
        message: format!(
            "every reading in `{}` is of a time at which `{}` is 0",
            columns.utilization_column, columns.replicas_column
        ),
        place: Some(Box::new(header)),
        help: "use the column of the pods that were ready, and check --age".to_owned(),
    }
}

fn too_old(age: SimSpan, length: i64) -> Diagnostic {
    let argument = format!("--age {age}");
    let length = SimSpan::from_nanos(length);
    Diagnostic {
        code: Code::TraceRange,
        message: format!(
            "readings of this age are about a time before the table, which spans {length}"
        ),
        place: Some(Box::new(Place::within(
            "command line",
            &argument,
            0..argument.len(),
        ))),
        help: "write the time from the middle of a reading's window to the reading, such as 23s"
            .to_owned(),
    }
}

/// A warning about utilization that looks like a ratio: small, and not in whole percent, which is how Kubernetes counts. A `scale` that
/// makes percent of it leaves nothing to warn about.
fn unlike_percent(utilization: &BTreeMap<i64, f64>, scale: f64) -> Option<Diagnostic> {
    const RATIO_MAX: f64 = 10.0;
    let greatest = utilization.values().copied().fold(0.0, f64::max);
    let is_whole = utilization.values().all(|percent| percent.fract() == 0.0);
    (greatest * scale.max(1.0) <= RATIO_MAX && !is_whole).then(|| Diagnostic {
        code: Code::RecordingRatio,
        message: format!(
            "the greatest utilization is {greatest}, which hpasim reads as percent of the request"
        ),
        place: None,
        help: format!(
            "nothing, if the pods were nearly idle; if 1 means the whole request, write --scale {}",
            readable(100.0 * scale)
        ),
    })
}

/// A warning about readings of a time without pods.
fn readings_without_pods(
    times: &[i64],
    columns: &RecordedUtilization,
    time_text: impl Fn(i64) -> String,
) -> Option<Diagnostic> {
    let first = time_text(*times.first()?);
    let subject = match times.len() {
        1 => "1 reading is".to_owned(),
        count => format!("{count} readings are"),
    };
    Some(Diagnostic {
        code: Code::RecordingGap,
        message: format!(
            "{subject} of a time at which `{}` is 0, the first at {first}; hpasim keeps the CPU before it",
            columns.replicas_column
        ),
        place: None,
        help: "use the column of the pods that were ready, and check --age".to_owned(),
    })
}
