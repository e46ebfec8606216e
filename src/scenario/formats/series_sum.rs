//! The sum of several series at each time, as rows.
//!
//! If a series lacks a sample between its first and its last, its value before stays in effect. Before its first and after its last
//! sample it adds nothing, because the pod did not exist.

use std::collections::BTreeMap;

use super::RateRows;
use super::samples::{Samples, SeriesSamples};
use super::stamp::stamp_text;
use crate::scenario::diagnostic::{Code, Diagnostic};

/// The most samples that are summed: series times timestamps.
const SUMMED_MAX: usize = 200_000_000;

/// The sum of the series in the stream `name`; `None` without values. All gaps give one warning.
///
/// # Errors
/// There are too many samples.
pub(super) fn sum_of(
    name: &str,
    series: &[SeriesSamples],
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<RateRows>, Diagnostic> {
    let mut sum: BTreeMap<i64, f64> = series
        .iter()
        .flat_map(|one| one.values.keys().map(|nanos| (*nanos, 0.0)))
        .collect();
    if series.len().saturating_mul(sum.len()) > SUMMED_MAX {
        return Err(Diagnostic {
            code: Code::TraceTooLarge,
            message: format!("`{name}` has too many series"),
            place: None,
            help: "let Prometheus sum them, with sum(...) in the query".to_owned(),
        });
    }
    let mut held = Held::default();
    for one in series {
        held.add_to(&mut sum, one);
    }
    let ignored = series.iter().flat_map(|one| one.ignored.iter());
    let sum = Samples::of_series(SeriesSamples {
        values: sum,
        ignored: ignored.copied().collect(),
        offset_seconds: series.first().and_then(|one| one.offset_seconds),
    });
    let mut gaps = Vec::new();
    let rows = sum.into_rows(&mut gaps);
    match (gaps.first_mut(), held.subject()) {
        (Some(gap), Some(subject)) => gap.message.push_str(&format!("; besides, {subject}")),
        (None, Some(subject)) => gaps.push(held.warning(&subject)),
        (_, None) => {}
    }
    warnings.extend(gaps);
    Ok(rows)
}

/// Missing samples of single series.
#[derive(Default)]
struct Held {
    count: u64,
    first_nanos: Option<i64>,
}

impl Held {
    fn add_to(&mut self, sum: &mut BTreeMap<i64, f64>, series: &SeriesSamples) {
        let values = &series.values;
        let (Some((first, _)), Some((last, _))) =
            (values.first_key_value(), values.last_key_value())
        else {
            return;
        };
        let mut value = 0.0;
        for (nanos, total) in sum.range_mut(first..=last) {
            match values.get(nanos) {
                Some(own) => value = *own,
                None if series.ignored.contains(nanos) => {}
                None => {
                    self.count += 1;
                    self.first_nanos = Some(self.first_nanos.map_or(*nanos, |at| at.min(*nanos)));
                }
            }
            *total += value;
        }
    }

    fn subject(&self) -> Option<String> {
        let first = stamp_text(self.first_nanos?);
        let subject = match self.count {
            1 => "1 sample is".to_owned(),
            count => format!("{count} samples are"),
        };
        Some(format!(
            "{subject} missing in one series while others have them, the first at {first}"
        ))
    }

    fn warning(&self, subject: &str) -> Diagnostic {
        Diagnostic {
            code: Code::RecordingGap,
            message: format!("{subject}; hpasim keeps the value before it"),
            place: None,
            help: "nothing, if scrapes failed; otherwise choose series with --series".to_owned(),
        }
    }
}
