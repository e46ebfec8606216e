//! Logs of JSON objects: each object with a recognisable time is one request.
//!
//! | tool | its key of the time | source |
//! |---|---|---|
//! | nginx with `log_format ... escape=json` | any; from `$time_iso8601`, `$time_local` or `$msec` | nginx.org, ngx_http_log_module |
//! | Caddy | `ts` | caddyserver.com/docs/caddyfile/directives/log |
//! | Traefik | `StartUTC`, `time` | doc.traefik.io, "Access logs", "Available fields" |
//! | Envoy and Istio | `start_time` | istio.io, "Envoy access logs" |
//! | Google Cloud load balancers | `timestamp` | cloud.google.com/load-balancing/docs/https/https-logging-monitoring |
//! | vegeta `encode --to json` | `timestamp` | github.com/tsenart/vegeta, lib/results.go |
//!
//! Objects stand one per line, behind any prefix, or in one document as an array. Docker, CRI and log collectors wrap a line of a log
//! in a string of such an object; then the line inside counts.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::access_log::has_request_line;
use super::input::Input;
use super::json_document::{json_fault, place_in, read_document};
use super::json_keys::{
    INNER_KEYS, LOGGER_KEY, NESTED_KEYS, REQUEST_KEYS, is_of_access_logger, is_other_logger,
    rank_of,
};
use super::log_counts::{CountedLog, LogLine, count_requests};
use super::recognise::{Sign, StreamHead, head_text};
use super::stamp::{Dates, Stamp, parse_stamp};
use super::{
    FormatReader, Meanings, RateReading, ReadOptions, Recorded, RecordedText, What, read_lines,
};
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::trace_text::NANOS_PER_SECOND;

/// A log of JSON objects.
pub(super) static JSON_LINES: FormatReader = FormatReader {
    title: "JSON log",
    word: "json-log",
    texts: RecordedText::Lines,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: false,
    recognises: |head| recognises(head).then_some(Sign::Hint),
    read,
};

/// vegeta's results as JSON.
pub(super) static VEGETA_JSON: FormatReader = FormatReader {
    title: "vegeta results in JSON",
    word: "vegeta-json",
    texts: RecordedText::Lines,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: true,
    recognises: |head| {
        let has = |word: &str| head.first_line_has_word(word);
        (has("attack") && has("seq") && has("latency") && has("timestamp")).then_some(Sign::Layout)
    },
    read,
};

/// The time of a request is after 1985. So a duration or a number of bytes is not taken for a time.
const EPOCH_SECONDS_MIN: i64 = 473_385_600;

fn recognises(head: &StreamHead<'_>) -> bool {
    let mut reader = LineReader::new(None);
    if head.is_json() && !head.is_one_object_a_line() {
        return values_of(head.content())
            .0
            .iter()
            .any(|value| matches!(reader.read(value.get().as_bytes()), LogLine::Request(_)));
    }
    let mut events = 0;
    for line in head.lines() {
        match reader.read(line.as_bytes()) {
            LogLine::Request(_) => return true,
            LogLine::Event(_) => events += 1,
            LogLine::Remark | LogLine::Other | LogLine::Unreadable => {}
        }
    }
    // A single object with a time may be anything.
    events > 1
}

fn read(input: Input<'_>, options: &ReadOptions) -> Result<Recorded, Diagnostics> {
    let field = options.time_field.as_deref();
    let is_document = {
        let text = head_text(&input.head);
        let head = StreamHead::of(&text);
        head.is_json() && !head.is_one_object_a_line()
    };
    if is_document {
        return read_document(input, |name, text| read_values(name, text, field));
    }
    read_lines(input, |name, lines| {
        let mut reader = LineReader::new(field);
        count_requests(name, lines, |line| reader.read(line), &wanted(field), HELP)
    })
}

/// The remedy for a log without times.
const HELP: &str = "name the key of the time with --time-field, such as --time-field ts";

fn wanted(field: Option<&str>) -> String {
    match field {
        Some(field) => format!("JSON object with a time in `{field}`"),
        None => "JSON object with a recognisable time".to_owned(),
    }
}

/// Reads objects that are not one a line: an array, or objects with line breaks.
fn read_values(name: &str, text: &str, field: Option<&str>) -> Result<RateReading, Diagnostic> {
    let (values, fault) = values_of(text);
    let mut reader = LineReader::new(field);
    let mut log = CountedLog::default();
    for value in values {
        log.add(reader.read(value.get().as_bytes()), || {
            place_in(name, text, value)
        });
    }
    if let Some(error) = fault {
        return Err(json_fault(name, text, &error));
    }
    log.into_reading(name, &wanted(field), HELP)
}

/// The objects of a text: one after another, in arrays, or in an object as `events` (`aws logs get-log-events`); and the fault that
/// ends them.
fn values_of(text: &str) -> (Vec<&RawValue>, Option<serde_json::Error>) {
    #[derive(Deserialize)]
    struct Events<'t> {
        #[serde(borrow)]
        events: Vec<&'t RawValue>,
    }
    let mut values = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let document = match document {
            Ok(document) => document,
            // The head of a long array ends somewhere.
            Err(error) => {
                values.extend(first_of_array(text));
                return (values, Some(error));
            }
        };
        if let Ok(array) = serde_json::from_str::<Vec<&RawValue>>(document.get()) {
            values.extend(array);
        } else if let Ok(events) = serde_json::from_str::<Events<'_>>(document.get()) {
            values.extend(events.events);
        } else {
            values.push(document);
        }
    }
    (values, None)
}

/// The first value of an array without its end.
fn first_of_array(text: &str) -> Option<&RawValue> {
    let inside = text.trim_start().strip_prefix('[')?;
    let mut values = serde_json::Deserializer::from_str(inside).into_iter::<&RawValue>();
    values.next()?.ok()
}

/// Reads the lines of a log. After the first request it looks for the same two keys in the next lines, and parses only lines without
/// them.
struct LineReader<'f> {
    dates: Dates,
    /// The key of the time, as the user states it: a key, or keys with dots between.
    field: Option<&'f str>,
    known: Option<KnownKeys>,
    /// Whether the first request was read.
    has_looked: bool,
}

/// The keys of a request's time and of its sign, in quotes and with the colon.
struct KnownKeys {
    time: Finder<'static>,
    sign: Finder<'static>,
    /// Whether the log states which part of the program wrote a line.
    has_logger: bool,
}

impl KnownKeys {
    fn new(time: &str, sign: &str, has_logger: bool) -> Self {
        let finder = |key: &str| Finder::new(&format!("\"{key}\":")).into_owned();
        Self {
            time: finder(time),
            sign: finder(sign),
            has_logger,
        }
    }

    /// The time of a line with both keys.
    fn read(&self, line: &[u8], dates: &mut Dates) -> Option<Stamp> {
        if line.trim_ascii_end().last() != Some(&b'}') {
            return None;
        }
        let at = self.time.find(line)? + self.time.needle().len();
        self.sign.find(line)?;
        if self.has_logger && !is_of_access_logger(line) {
            return None;
        }
        let value = line[at..].trim_ascii_start();
        match value.strip_prefix(b"\"") {
            Some(text) => time_in_text(&text[..memchr::memchr(b'"', text)?], dates),
            None => {
                let end = value
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b' '))?;
                time_in_number(std::str::from_utf8(&value[..end]).ok()?)
            }
        }
    }
}

impl<'f> LineReader<'f> {
    fn new(field: Option<&'f str>) -> Self {
        Self {
            dates: Dates::default(),
            field,
            known: None,
            has_looked: false,
        }
    }

    /// Reads a line, or an object.
    fn read(&mut self, line: &[u8]) -> LogLine {
        if let Some(known) = &self.known
            && let Some(stamp) = known.read(line, &mut self.dates)
        {
            return LogLine::Request(stamp);
        }
        let Some(object) = object_in(line) else {
            return LogLine::Unreadable;
        };
        let Some(entry) = LogEntry::parse(object, self.field) else {
            return LogLine::Unreadable;
        };
        self.line_of(&entry, object)
    }

    fn line_of(&mut self, entry: &LogEntry<'_>, object: &[u8]) -> LogLine {
        let time = entry.time.as_ref();
        match (time, &entry.sign) {
            (Some(time), Some(sign)) => {
                self.look_at(time, sign, object);
                LogLine::Request(time.stamp)
            }
            (Some(time), None) if self.field.is_some() => LogLine::Request(time.stamp),
            _ => {
                let logged = time.map(|time| time.stamp);
                let inside = entry.inner.as_deref();
                match inside.map_or(LogLine::Other, |it| self.inside(it, logged)) {
                    LogLine::Other if entry.is_wrapper => LogLine::Other,
                    LogLine::Other => logged.map_or(LogLine::Other, LogLine::Event),
                    inside => inside,
                }
            }
        }
    }

    /// A line of a log that stands in a string, and was logged at a time.
    fn inside(&mut self, line: &str, logged: Option<Stamp>) -> LogLine {
        let line = line.trim().as_bytes();
        if let Some(stamp) = self.dates.find_in_brackets(line) {
            return LogLine::Request(stamp);
        }
        let Some(entry) = object_in(line).and_then(|it| LogEntry::parse(it, self.field)) else {
            let stamp = logged.filter(|_| has_request_line(line));
            return stamp.map_or(LogLine::Other, LogLine::Request);
        };
        match (entry.time.map(|time| time.stamp), entry.sign) {
            (Some(stamp), None) => LogLine::Event(stamp),
            (stamp, Some(_)) => stamp.or(logged).map_or(LogLine::Other, LogLine::Request),
            (None, None) => LogLine::Other,
        }
    }

    /// Keeps the keys of the first request, if a search for them finds the same time.
    fn look_at(&mut self, time: &EntryTime, sign: &str, line: &[u8]) {
        if self.has_looked {
            return;
        }
        self.has_looked = true;
        let has_logger = memchr::memmem::find(line, LOGGER_KEY.as_bytes()).is_some();
        let known = KnownKeys::new(&time.key, sign, has_logger);
        if known.read(line, &mut self.dates) == Some(time.stamp) {
            self.known = Some(known);
        }
    }
}

/// The JSON object in a line, behind any prefix.
fn object_in(line: &[u8]) -> Option<&[u8]> {
    let start = memchr::memchr(b'{', line)?;
    let object = line[start..].trim_ascii_end();
    // An array of objects may have one a line.
    let object = object.strip_suffix(b",").unwrap_or(object);
    let after = object[1..].trim_ascii_start().first()?;
    matches!(after, b'"' | b'}').then_some(object)
}

/// The time of an object, and its key.
struct EntryTime {
    rank: usize,
    key: String,
    stamp: Stamp,
}

/// What an object of a log says.
#[derive(Default)]
struct LogEntry<'l> {
    time: Option<EntryTime>,
    /// The key that is the sign of a request.
    sign: Option<String>,
    /// A line of a log in a string.
    inner: Option<Cow<'l, str>>,
    /// Whether docker's driver `json-file` wrote the object around a line; its own time is no request's.
    is_wrapper: bool,
}

impl<'l> LogEntry<'l> {
    /// `None` for a text that is no object.
    fn parse(object: &'l [u8], field: Option<&str>) -> Option<Self> {
        let mut entry = Self::default();
        let visitor = EntryVisitor {
            entry: &mut entry,
            field,
        };
        let mut json = serde_json::Deserializer::from_slice(object);
        json.deserialize_map(visitor).ok()?;
        Some(entry)
    }

    fn add_time(&mut self, rank: usize, key: &str, stamp: Stamp) {
        if self.time.as_ref().is_none_or(|time| rank < time.rank) {
            let key = key.to_owned();
            self.time = Some(EntryTime { rank, key, stamp });
        }
    }
}

/// A value of an object, as far as a log needs it.
enum EntryValue<'l> {
    Text(Cow<'l, str>),
    Number(Option<Stamp>),
    Other,
}

struct EntryVisitor<'e, 'l, 'f> {
    entry: &'e mut LogEntry<'l>,
    field: Option<&'f str>,
}

impl<'l> Visitor<'l> for EntryVisitor<'_, 'l, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of a log")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_stream = false;
        let mut is_other = false;
        while let Some(key) = map.next_key::<Cow<'l, str>>()? {
            let rank = rank_of(&key, self.field);
            let inner_field = self
                .field
                .and_then(|field| field.strip_prefix(&*key)?.strip_prefix('.'));
            if let Some(field) = inner_field {
                map.next_value_seed(NestedFields {
                    entry: self.entry,
                    field: Some(field),
                })?;
                continue;
            }
            if REQUEST_KEYS.contains(&&*key) && self.entry.sign.is_none() {
                self.entry.sign = Some(key.clone().into_owned());
            }
            has_stream |= key == "stream";
            if key == "logger" && rank.is_none() {
                let name = map.next_value::<EntryValue<'l>>()?;
                is_other = matches!(name, EntryValue::Text(name) if is_other_logger(&name));
                continue;
            }
            let is_inner = INNER_KEYS.contains(&&*key);
            if rank.is_none() && !is_inner && NESTED_KEYS.contains(&&*key) {
                map.next_value_seed(NestedFields {
                    entry: self.entry,
                    field: self.field,
                })?;
                continue;
            }
            if rank.is_none() && !is_inner {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<EntryValue<'l>>()?;
            match (value, rank) {
                (EntryValue::Text(text), Some(rank)) => {
                    let mut dates = Dates::default();
                    if let Some(stamp) = time_in_text(text.as_bytes(), &mut dates) {
                        self.entry.add_time(rank, &key, stamp);
                    }
                }
                (EntryValue::Number(Some(stamp)), Some(rank)) => {
                    self.entry.add_time(rank, &key, stamp);
                }
                (EntryValue::Text(text), None) => self.entry.inner = Some(text),
                _ => {}
            }
        }
        if is_other {
            self.entry.sign = None;
        }
        self.entry.is_wrapper |= has_stream && self.entry.inner.is_some();
        Ok(())
    }
}

/// The fields of an object within an object; any other value is ignored.
struct NestedFields<'e, 'l, 'f> {
    entry: &'e mut LogEntry<'l>,
    field: Option<&'f str>,
}

impl<'l> serde::de::DeserializeSeed<'l> for NestedFields<'_, 'l, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'l>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?;
        if let Some(nested) = LogEntry::parse(value.get().as_bytes(), self.field) {
            if let Some(time) = nested.time {
                self.entry.add_time(time.rank, &time.key, time.stamp);
            }
            self.entry.sign = self.entry.sign.take().or(nested.sign);
            self.entry.inner = self.entry.inner.take().or(nested.inner);
        }
        Ok(())
    }
}

impl<'l> Deserialize<'l> for EntryValue<'l> {
    fn deserialize<D: Deserializer<'l>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'l> Visitor<'l> for ValueVisitor {
            type Value = EntryValue<'l>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'l str) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Number(time_in_number(&number.to_string())))
            }

            fn visit_i64<E>(self, _: i64) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Other)
            }

            fn visit_f64<E>(self, number: f64) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Number(time_in_number(&number.to_string())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Other)
            }

            fn visit_unit<E>(self) -> Result<EntryValue<'l>, E> {
                Ok(EntryValue::Other)
            }

            fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<EntryValue<'l>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(EntryValue::Other)
            }

            fn visit_seq<A: SeqAccess<'l>>(self, mut seq: A) -> Result<EntryValue<'l>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(EntryValue::Other)
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A date in words or an epoch number, also in the brackets of an access log.
fn time_in_text(text: &[u8], dates: &mut Dates) -> Option<Stamp> {
    let text = text.trim_ascii();
    let inside = text
        .strip_prefix(b"[")
        .and_then(|text| text.strip_suffix(b"]"));
    let text = inside.unwrap_or(text);
    dates
        .whole(text)
        .or_else(|| time_in_number(std::str::from_utf8(text).ok()?))
}

/// An epoch number of any unit after 1985.
fn time_in_number(text: &str) -> Option<Stamp> {
    parse_stamp(text).filter(|stamp| stamp.nanos / NANOS_PER_SECOND >= EPOCH_SECONDS_MIN)
}
