//! The output of a k6 run: `--out csv` in both layouts, and `--out json`.
//!
//! Only the metrics `http_reqs` and `vus` are read.

use std::borrow::Cow;

use serde::Deserialize;

use super::counts::RequestCounts;
use super::input::{Lines, StreamLine};
use super::notes::Notes;
use super::recognise::Sign;
use super::samples::Samples;
use super::stamp::{Stamp, parse_stamp};
use super::{
    FormatReader, Meanings, RateReading, ReadOptions, RecordedText, What, fields, nothing_there,
    read_lines,
};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::units::{parse_number, positive_zero};

/// `k6 run --out csv`.
pub(super) static K6_CSV: FormatReader = FormatReader {
    title: "k6 CSV output",
    word: "k6-csv",
    texts: RecordedText::Table,
    meanings: Meanings::Among(&[What::Requests, What::Users]),
    has_series: false,
    is_load_test: true,
    recognises: |head| {
        head.has_columns(&["metric_name", "timestamp", "metric_value"])
            .then_some(Sign::Layout)
    },
    read: |input, options| read_lines(input, |name, lines| read_csv(name, lines, options)),
};

/// `k6 run --out json`.
pub(super) static K6_JSON: FormatReader = FormatReader {
    title: "k6 JSON output",
    word: "k6-json",
    texts: RecordedText::Json,
    meanings: Meanings::Among(&[What::Requests, What::Users]),
    has_series: false,
    is_load_test: true,
    recognises: |head| {
        let has = |word: &str| head.first_line_has_word(word);
        (has("type") && has("metric") && (has("Point") || has("Metric"))).then_some(Sign::Layout)
    },
    read: |input, options| read_lines(input, |name, lines| read_json(name, lines, options)),
};

/// The data of a metric of k6.
enum GatheredMetric {
    /// `http_reqs`: each point is one request or a few.
    Requests(RequestCounts),
    /// `vus`: a gauge.
    Users(Samples),
}

struct Gathering {
    gathered: GatheredMetric,
    notes: Notes,
    demand_place: Option<Place>,
}

impl Gathering {
    fn new(options: &ReadOptions) -> Self {
        Self {
            gathered: match options.what {
                Some(What::Users) => GatheredMetric::Users(Samples::default()),
                _ => GatheredMetric::Requests(RequestCounts::default()),
            },
            notes: Notes::default(),
            demand_place: None,
        }
    }

    /// The name of the metric that is read.
    fn metric(&self) -> &'static str {
        match self.gathered {
            GatheredMetric::Requests(_) => "http_reqs",
            GatheredMetric::Users(_) => "vus",
        }
    }

    fn add(&mut self, stamp: Stamp, value: f64, line: &StreamLine<'_>) -> Result<(), Diagnostic> {
        if self.demand_place.is_none() {
            self.demand_place = Some(line.place());
        }
        let notes = &mut self.notes;
        match &mut self.gathered {
            GatheredMetric::Requests(counts) => {
                if (0.0..=1e9).contains(&value) {
                    counts.add(stamp, value, notes, || line.place());
                } else {
                    notes.add(Code::RecordingNotANumber, || line.place());
                }
                Ok(())
            }
            GatheredMetric::Users(samples) => samples.add(stamp, value, notes, || line.place()),
        }
    }

    fn unreadable(&mut self, line: &StreamLine<'_>) {
        self.notes.add(Code::RecordingUnreadable, || line.place());
    }

    fn finish(self, name: &str) -> Result<RateReading, Diagnostic> {
        let metric = self.metric();
        let mut warnings = self.notes.into_warnings();
        let (rows, what) = match self.gathered {
            GatheredMetric::Requests(counts) => (counts.into_rows(&mut warnings), What::Requests),
            GatheredMetric::Users(samples) => (samples.into_rows(&mut warnings), What::Users),
        };
        match (rows, self.demand_place) {
            (Some(rows), Some(demand_place)) => Ok(RateReading {
                rows,
                what,
                demand_place,
                warnings,
            }),
            _ => Err(nothing_there(
                name,
                &format!("readable points of `{metric}`"),
                "check that the run sent HTTP requests; --what users reads `vus` instead",
            )),
        }
    }
}

/// Reads `--out csv`. The header's names identify the columns, because their order differs between versions.
fn read_csv(
    name: &str,
    mut lines: Lines<'_>,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let mut gathering = Gathering::new(options);
    let metric = gathering.metric().as_bytes();
    let names = ["metric_name", "timestamp", "metric_value"];
    let (columns, _) = fields::header(name, &mut lines, names, "k6")?;
    while let Some(line) = lines.next()? {
        if line.bytes.is_empty() {
            continue;
        }
        let Some([found, time, value]) = fields::pick(line.bytes, columns) else {
            gathering.unreadable(&line);
            continue;
        };
        if found != metric {
            continue;
        }
        let stamp = fields::text_of(time).and_then(parse_stamp);
        let value = fields::text_of(value).and_then(parse_number);
        match (stamp, value) {
            (Some(stamp), Some(value)) => gathering.add(stamp, value, &line)?,
            _ => gathering.unreadable(&line),
        }
    }
    gathering.finish(name)
}

/// A line of `--out json`; the order of its keys differs between versions.
#[derive(Deserialize)]
struct JsonLine<'l> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'l, str>,
    #[serde(borrow)]
    metric: Option<Cow<'l, str>>,
    #[serde(borrow)]
    data: Option<JsonData<'l>>,
}

#[derive(Deserialize)]
struct JsonData<'l> {
    #[serde(borrow)]
    time: Option<Cow<'l, str>>,
    value: Option<f64>,
}

/// Reads `--out json`.
fn read_json(
    name: &str,
    mut lines: Lines<'_>,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let mut gathering = Gathering::new(options);
    let metric = gathering.metric();
    let named = memchr::memmem::Finder::new(match gathering.gathered {
        GatheredMetric::Requests(_) => "\"http_reqs\"",
        GatheredMetric::Users(_) => "\"vus\"",
    });
    while let Some(line) = lines.next()? {
        // Most lines belong to other metrics and need no parsing.
        if line.bytes.starts_with(b"{") && named.find(line.bytes).is_none() {
            continue;
        }
        if line.bytes.trim_ascii().is_empty() {
            continue;
        }
        let Ok(parsed) = serde_json::from_slice::<JsonLine<'_>>(line.bytes) else {
            gathering.unreadable(&line);
            continue;
        };
        if parsed.kind != "Point" || parsed.metric.as_deref() != Some(metric) {
            continue;
        }
        let (time, value) = parsed.data.map_or((None, None), |data| {
            (data.time, data.value.map(positive_zero))
        });
        match (time.as_deref().and_then(parse_stamp), value) {
            (Some(stamp), Some(value)) => gathering.add(stamp, value, &line)?,
            _ => gathering.unreadable(&line),
        }
    }
    gathering.finish(name)
}
