//! Samples of a value over time, in order, with notes about duplicates, gaps and the like.
//!
//! There is one value per time.

use std::collections::{BTreeMap, BTreeSet};

use super::RateRows;
use super::notes::Notes;
use super::stamp::{EpochUnit, Stamp, stamp_text};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::trace_text::{NANOS_PER_SECOND, VALUE_MAX};
use crate::units::SimSpan;

/// The most samples in memory: a million, or eleven days at one per second.
pub(super) const SAMPLES_MAX: usize = 1_000_000;

/// Samples by time.
#[derive(Debug, Default)]
pub(super) struct Samples {
    by_time: BTreeMap<i64, f64>,
    /// The times of samples that are no numbers.
    ignored: BTreeSet<i64>,
    latest: Option<i64>,
    offset_seconds: Option<Option<i32>>,
    unit: Option<EpochUnit>,
}

/// A series: its values, and the times of samples that are no numbers, which have a warning of their own.
#[derive(Debug, Default)]
pub(super) struct SeriesSamples {
    /// The value at each time.
    pub(super) values: BTreeMap<i64, f64>,
    /// The times of ignored samples.
    pub(super) ignored: BTreeSet<i64>,
    /// The offset from UTC of its first time, if it has one.
    pub(super) offset_seconds: Option<i32>,
}

impl Samples {
    /// Adds a sample, and a note about an unusual one.
    ///
    /// # Errors
    /// The recording has more than [`SAMPLES_MAX`] samples.
    pub(super) fn add(
        &mut self,
        stamp: Stamp,
        value: f64,
        notes: &mut Notes,
        place: impl Fn() -> Place,
    ) -> Result<(), Diagnostic> {
        if self.latest.is_some_and(|latest| stamp.nanos < latest) {
            notes.add(Code::RecordingOrder, &place);
        }
        self.latest = self.latest.max(Some(stamp.nanos));
        let offset = *self.offset_seconds.get_or_insert(stamp.offset_seconds);
        if offset != stamp.offset_seconds {
            match stamp.offset_seconds {
                None => notes.add_time_without_offset(&place),
                Some(_) => notes.add(Code::RecordingTimeZone, &place),
            }
        }
        if *self.unit.get_or_insert(stamp.unit) != stamp.unit {
            notes.add(Code::RecordingMixedTimes, &place);
        }
        if !(0.0..=VALUE_MAX).contains(&value) {
            notes.add(Code::RecordingNotANumber, &place);
            if self.ignored.len() < SAMPLES_MAX {
                self.ignored.insert(stamp.nanos);
            }
            return Ok(());
        }
        // Parts of a recording may overlap: the same sample again is no news.
        let before = self.by_time.insert(stamp.nanos, value);
        if before.is_some_and(|before| before.to_bits() != value.to_bits()) {
            notes.add(Code::RecordingDuplicate, &place);
        }
        if self.by_time.len() > SAMPLES_MAX {
            return Err(Diagnostic {
                code: Code::TraceTooLarge,
                message: format!("the recording has more than {SAMPLES_MAX} samples"),
                place: Some(Box::new(place())),
                help: "use a shorter time span, or a longer step".to_owned(),
            });
        }
        Ok(())
    }

    /// Multiplies the samples at these times.
    pub(super) fn multiply(&mut self, times: &BTreeSet<i64>, factor: f64) {
        for nanos in times {
            if let Some(value) = self.by_time.get_mut(nanos) {
                *value = (*value * factor).min(VALUE_MAX);
            }
        }
    }

    /// The samples in the order of time.
    pub(super) fn into_sorted(self) -> BTreeMap<i64, f64> {
        self.by_time
    }

    /// Whether there is no sample.
    pub(super) fn is_empty(&self) -> bool {
        self.by_time.is_empty()
    }

    /// A further part of the recording begins, perhaps earlier than the last sample.
    pub(super) fn begin_part(&mut self) {
        self.latest = None;
    }

    /// The samples as a series.
    pub(super) fn into_series(self) -> SeriesSamples {
        SeriesSamples {
            values: self.by_time,
            ignored: self.ignored,
            offset_seconds: self.offset_seconds.flatten(),
        }
    }

    /// The samples of a series.
    pub(super) fn of_series(series: SeriesSamples) -> Self {
        Self {
            by_time: series.values,
            ignored: series.ignored,
            offset_seconds: Some(series.offset_seconds),
            ..Self::default()
        }
    }

    /// Samples that are already in order.
    pub(super) fn of_sorted(by_time: BTreeMap<i64, f64>) -> Self {
        Self {
            by_time,
            ..Self::default()
        }
    }

    /// The rows; `None` without samples. The last sample holds for one step, like the others.
    pub(super) fn into_rows(self, warnings: &mut Vec<Diagnostic>) -> Option<RateRows> {
        let origin = *self.by_time.keys().next()?;
        // An ignored sample has a warning of its own, and leaves no gap.
        let ignored = self.ignored.range(origin..);
        let all: BTreeSet<i64> = self.by_time.keys().chain(ignored).copied().collect();
        let times: Vec<i64> = all.into_iter().collect();
        let step = usual_step(&times).unwrap_or(15 * NANOS_PER_SECOND);
        let mut rows = RateRows {
            origin: Some(origin),
            utc_offset_seconds: self.offset_seconds.flatten(),
            ..RateRows::default()
        };
        for (nanos, value) in self.by_time {
            rows.push(nanos.saturating_sub(origin), value);
        }
        rows.end = rows
            .times
            .last()
            .map_or(0, |last| last.saturating_add(step));
        rows.gaps = note_gaps(&times, step, stamp_text, warnings);
        Some(rows)
    }
}

/// The most frequent distance between neighbours; of two equally frequent ones the shorter.
pub(super) fn usual_step(times: &[i64]) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in times.windows(2) {
        *counts.entry(pair[1].saturating_sub(pair[0])).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|(step, count)| (*count, std::cmp::Reverse(*step)))
        .map(|(step, _)| step)
}

/// Adds a warning about gaps longer than one and a half steps; returns their number. `time_text` names a time.
pub(super) fn note_gaps(
    times: &[i64],
    step: i64,
    time_text: impl Fn(i64) -> String,
    warnings: &mut Vec<Diagnostic>,
) -> u64 {
    let distance = |pair: &[i64]| pair[1].saturating_sub(pair[0]);
    let gaps: Vec<&[i64]> = times
        .windows(2)
        .filter(|pair| distance(pair) > step.saturating_add(step / 2))
        .collect();
    let Some(first) = gaps.first() else {
        return 0;
    };
    let subject = match gaps.len() {
        1 => "1 gap".to_owned(),
        count => format!("{count} gaps"),
    };
    let longest = gaps.iter().map(|pair| distance(pair)).max().unwrap_or(0);
    warnings.push(Diagnostic {
        code: Code::RecordingGap,
        message: format!(
            "{subject} longer than one and a half steps of {}, the first after {}, the longest {}; hpasim keeps the value before the gap",
            SimSpan::from_nanos(step),
            time_text(first[0]),
            SimSpan::from_nanos(longest)
        ),
        place: None,
        help: "nothing, if the load did not change; otherwise cut the recording with --from and --to".to_owned(),
    });
    gaps.len() as u64
}
