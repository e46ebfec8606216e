//! Results of load generators with one line for each request.
//!
//! | tool | time of a line | source |
//! |---|---|---|
//! | JMeter, JTL as CSV | the column `timeStamp`; rows of transactions repeat their requests and do not count | jmeter.apache.org, "Listeners", "CSV Log format" |
//! | JMeter, JTL as XML | `ts` of an element without elements of requests inside | the same page, "XML Log format 2.1" |
//! | Gatling `simulation.log`, in text | the first epoch number of a line `REQUEST` | gatling/gatling, gatling-charts/src/test/resources |
//! | vegeta `encode --to csv` | the first column, in nanoseconds; there is no header | tsenart/vegeta, lib/results.go |
//! | hey `-o csv` | the column `offset`, in seconds from the start | rakyll/hey, requester/print.go |
//! | ab `-g` | the column `seconds` | httpd.apache.org/docs/2.4/programs/ab.html |

use super::fields::{split, text_of};
use super::input::Input;
use super::log_counts::{LogLine, count_requests};
use super::recognise::{Sign, StreamHead};
use super::stamp::{Stamp, parse_stamp};
use super::{FormatReader, Meanings, RateReading, Recorded, RecordedText, What, read_lines};
use crate::scenario::diagnostic::Diagnostics;

/// What the formats of load generators share.
const fn load_generator(
    title: &'static str,
    word: &'static str,
    recognises: fn(&StreamHead<'_>) -> Option<Sign>,
    read: fn(Input<'_>, &super::ReadOptions) -> Result<Recorded, Diagnostics>,
) -> FormatReader {
    FormatReader {
        title,
        word,
        texts: RecordedText::Table,
        meanings: Meanings::Among(&[What::Requests]),
        has_series: false,
        is_load_test: true,
        recognises,
        read,
    }
}

/// JMeter's results as CSV.
pub(super) static JMETER_CSV: FormatReader = load_generator(
    "JMeter results in CSV",
    "jmeter-csv",
    |head| {
        head.first_line_has_all(&["timeStamp", "elapsed", "label"])
            .then_some(Sign::Layout)
    },
    |input, _| {
        read_lines(input, |name, lines| {
            let mut rows = RequestTimes::named("timeStamp");
            count_requests(
                name,
                lines,
                |line| match holds(line, b"Number of samples in transaction :") {
                    true => LogLine::Remark,
                    false => rows.read(line),
                },
                "row with a `timeStamp`",
                "use the JTL file as JMeter wrote it, with the line of names (jmeter.save.saveservice.print_field_names)",
            )
        })
    },
);

/// JMeter's results as XML.
pub(super) static JMETER_XML: FormatReader = load_generator(
    "JMeter results in XML",
    "jmeter-xml",
    |head| (head.has_text("<testResults") || head.has_text("<httpSample ")).then_some(Sign::Layout),
    |input, _| {
        read_lines(input, |name, lines| {
            let mut elements = SampleElements::default();
            count_requests(
                name,
                lines,
                |line| elements.read(line),
                "element of a sample with a time `ts`",
                "use the JTL file as JMeter wrote it",
            )
        })
    },
);

/// Gatling's log of a simulation.
pub(super) static GATLING: FormatReader = load_generator(
    "Gatling simulation log",
    "gatling",
    |head| {
        let has = |start: &str| head.has_line_start(start);
        (has("REQUEST\t") || (has("RUN\t") && has("USER\t"))).then_some(Sign::Layout)
    },
    |input, _| {
        read_lines(input, |name, lines| {
            count_requests(
                name,
                lines,
                |line| match line.starts_with(b"REQUEST\t") {
                    true => LogLine::of(split(line, b'\t').find_map(epoch_field)),
                    false => LogLine::Remark,
                },
                "line `REQUEST` with a time",
                "use simulation.log as Gatling 2 or 3 wrote it in text; newer releases write it in binary, so use the server's access log",
            )
        })
    },
);

/// vegeta's results as CSV.
pub(super) static VEGETA_CSV: FormatReader = load_generator(
    "vegeta results in CSV",
    "vegeta-csv",
    |head| {
        let first = head.lines().first()?;
        is_of_vegeta(first.as_bytes()).then_some(Sign::Layout)
    },
    |input, _| {
        read_lines(input, |name, lines| {
            count_requests(
                name,
                lines,
                |line| match is_of_vegeta(line) {
                    true => LogLine::of(split(line, b',').next().and_then(epoch_field)),
                    false => LogLine::Unreadable,
                },
                "row with the time of a request",
                "use the output of `vegeta encode --to csv`",
            )
        })
    },
);

/// hey's results as CSV.
pub(super) static HEY_CSV: FormatReader = load_generator(
    "hey results in CSV",
    "hey-csv",
    |head| {
        head.has_columns(&["response-time", "offset"])
            .then_some(Sign::Layout)
    },
    |input, _| {
        read_lines(input, |name, lines| {
            let mut rows = RequestTimes::named("offset");
            let reading = count_requests(
                name,
                lines,
                |line| rows.read(line),
                "row with an `offset`",
                "use the output of `hey -o csv`",
            )?;
            Ok(without_date(reading))
        })
    },
);

/// The table of `ab -g`.
pub(super) static AB_TABLE: FormatReader = load_generator(
    "ab table of requests",
    "ab-tsv",
    |head| {
        head.first_line_has_all(&["starttime", "seconds", "ttime"])
            .then_some(Sign::Layout)
    },
    |input, _| {
        read_lines(input, |name, lines| {
            let mut rows = RequestTimes::named("seconds");
            count_requests(
                name,
                lines,
                |line| rows.read(line),
                "row with `seconds`",
                "use the output of `ab -g FILE`",
            )
        })
    },
);

fn holds(line: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(line, text).is_some()
}

/// A field that is an epoch number in milliseconds or a smaller unit.
fn epoch_field(field: &[u8]) -> Option<Stamp> {
    const DIGITS_MIN: usize = 12;
    let is_epoch = field.len() >= DIGITS_MIN && field.iter().all(u8::is_ascii_digit);
    is_epoch.then(|| text_of(field).and_then(parse_stamp))?
}

/// Whether a line has the nine columns of vegeta's CSV: nanoseconds, a status, a latency and others.
fn is_of_vegeta(line: &[u8]) -> bool {
    const FIELDS_MIN: usize = 9;
    let fields: Vec<&[u8]> = split(line, b',').take(FIELDS_MIN).collect();
    let is_number = |field: &&[u8]| !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    fields.len() == FIELDS_MIN && fields[0].len() >= 18 && fields[..5].iter().all(is_number)
}

/// Rates whose times count from the start of the run.
fn without_date(mut reading: RateReading) -> RateReading {
    reading.rows.origin = None;
    reading.rows.utc_offset_seconds = None;
    reading
}

/// The column of the times in a table with a header.
struct RequestTimes {
    name: &'static str,
    found: Option<(usize, u8)>,
}

impl RequestTimes {
    fn named(name: &'static str) -> Self {
        Self { name, found: None }
    }

    /// Reads a row, or the header.
    fn read(&mut self, line: &[u8]) -> LogLine {
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        let Some((column, separator)) = self.found else {
            return self.read_header(line);
        };
        match split(line, separator).nth(column) {
            Some(field) if field == self.name.as_bytes() => LogLine::Remark,
            field => LogLine::of(field.and_then(text_of).and_then(parse_stamp)),
        }
    }

    fn read_header(&mut self, line: &[u8]) -> LogLine {
        for separator in *b",\t;|" {
            let column =
                split(line, separator).position(|name| name.trim_ascii() == self.name.as_bytes());
            if let Some(column) = column {
                self.found = Some((column, separator));
                return LogLine::Remark;
            }
        }
        LogLine::Unreadable
    }
}

/// Elements of samples, of which only those without another inside are requests.
#[derive(Default)]
struct SampleElements {
    open: Option<Stamp>,
}

impl SampleElements {
    fn read(&mut self, line: &[u8]) -> LogLine {
        let line = line.trim_ascii();
        let begins = |name: &[u8]| line.starts_with(name);
        if begins(b"<httpSample ") || begins(b"<sample ") {
            // Around this element is another, or a transaction, which is no request of its own.
            self.open = None;
            if holds(line, b"Number of samples in transaction :") {
                return LogLine::Remark;
            }
            let Some(stamp) = attribute(line, b" ts=\"").and_then(parse_stamp) else {
                return LogLine::Unreadable;
            };
            if line.ends_with(b"/>") || holds(line, b"Sample>") {
                return LogLine::Request(stamp);
            }
            self.open = Some(stamp);
            return LogLine::Remark;
        }
        if begins(b"</httpSample>") || begins(b"</sample>") {
            return self.open.take().map_or(LogLine::Remark, LogLine::Request);
        }
        LogLine::Remark
    }
}

/// The value of an attribute, whose name stands in `before` with a space and the quote.
fn attribute<'l>(line: &'l [u8], before: &[u8]) -> Option<&'l str> {
    let start = memchr::memmem::find(line, before)? + before.len();
    let length = memchr::memchr(b'"', &line[start..])?;
    text_of(&line[start..start + length])
}
