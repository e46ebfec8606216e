//! Requests counted per second, in bounded memory for any length of recording.
//!
//! Seconds without a request need no memory. If [`BUCKETS_MAX`] buckets do not suffice, neighbouring buckets are merged.

use std::collections::BTreeMap;

use super::RateRows;
use super::notes::Notes;
use super::stamp::{Stamp, stamp_text};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::trace_text::NANOS_PER_SECOND;
use crate::units::SimSpan;

/// The most buckets with requests.
const BUCKETS_MAX: usize = 500_000;
/// The possible lengths of rows in seconds; each is a multiple of the one before.
pub(super) const LADDER_SECONDS: [i64; 7] = [1, 5, 15, 60, 300, 900, 3600];
/// A stretch without a request gives a warning if it is longer than this and than ten rows.
const QUIET_SECONDS: i64 = 60;

/// Counts of requests.
#[derive(Debug)]
pub(super) struct RequestCounts {
    buckets: BTreeMap<i64, f64>,
    /// The last bucket, not yet in `buckets`.
    current: Option<Bucket>,
    seconds: i64,
    latest_second: i64,
    offset_seconds: Option<Option<i32>>,
    unit: Option<super::stamp::EpochUnit>,
    total: f64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    index: i64,
    count: f64,
}

impl Default for RequestCounts {
    fn default() -> Self {
        Self {
            buckets: BTreeMap::new(),
            current: None,
            seconds: LADDER_SECONDS[0],
            latest_second: i64::MIN,
            offset_seconds: None,
            unit: None,
            total: 0.0,
        }
    }
}

impl RequestCounts {
    /// The number of counted requests.
    pub(super) fn count(&self) -> u64 {
        self.total as u64
    }

    /// Counts `count` requests at a time; adds a note about an unusual time.
    pub(super) fn add(
        &mut self,
        stamp: Stamp,
        count: f64,
        notes: &mut Notes,
        place: impl Fn() -> Place,
    ) {
        let second = stamp.nanos.div_euclid(NANOS_PER_SECOND);
        if second < self.latest_second.saturating_sub(1) {
            notes.add(Code::RecordingOrder, &place);
        }
        self.latest_second = self.latest_second.max(second);
        let offset = *self.offset_seconds.get_or_insert(stamp.offset_seconds);
        if stamp.offset_seconds.is_none() {
            notes.add_time_without_offset(&place);
        } else if offset != stamp.offset_seconds {
            notes.add(Code::RecordingTimeZone, &place);
        }
        if *self.unit.get_or_insert(stamp.unit) != stamp.unit {
            notes.add(Code::RecordingMixedTimes, &place);
        }
        self.total += count;
        let index = second.div_euclid(self.seconds);
        match &mut self.current {
            Some(bucket) if bucket.index == index => bucket.count += count,
            _ => {
                self.store();
                // Storing may have merged buckets.
                let index = second.div_euclid(self.seconds);
                self.current = Some(Bucket { index, count });
            }
        }
    }

    fn store(&mut self) {
        let Some(bucket) = self.current.take() else {
            return;
        };
        *self.buckets.entry(bucket.index).or_default() += bucket.count;
        if self.buckets.len() > BUCKETS_MAX {
            self.coarsen();
        }
    }

    /// Merges neighbouring buckets.
    fn coarsen(&mut self) {
        let Some(longer) = LADDER_SECONDS.iter().find(|longer| **longer > self.seconds) else {
            return;
        };
        let factor = longer / self.seconds;
        let mut buckets = BTreeMap::new();
        for (index, count) in std::mem::take(&mut self.buckets) {
            *buckets.entry(index.div_euclid(factor)).or_default() += count;
        }
        self.buckets = buckets;
        self.seconds = *longer;
    }

    /// The rates, with one row for each change between load and no load; `None` without requests.
    pub(super) fn into_rows(mut self, warnings: &mut Vec<Diagnostic>) -> Option<RateRows> {
        self.store();
        let first = *self.buckets.keys().next()?;
        let length = self.seconds * NANOS_PER_SECOND;
        let origin = first.checked_mul(length)?;
        let mut rows = RateRows {
            origin: Some(origin),
            utc_offset_seconds: self.offset_seconds.flatten(),
            resolution: Some(SimSpan::from_nanos(length)),
            total: Some(self.total),
            ..RateRows::default()
        };
        let mut quiet = QuietStretches::default();
        let mut next = first;
        for (index, count) in &self.buckets {
            if *index > next {
                rows.push((next - first).saturating_mul(length), 0.0);
                quiet.add(next, index - next, self.seconds);
            }
            rows.push(
                (index - first).saturating_mul(length),
                count / self.seconds as f64,
            );
            next = index + 1;
        }
        rows.end = (next - first).saturating_mul(length);
        warnings.extend(quiet.warning(self.seconds));
        rows.gaps = quiet.count;
        Some(rows)
    }
}

/// Long stretches without a request.
#[derive(Default)]
struct QuietStretches {
    count: u64,
    first_bucket: i64,
    longest_buckets: i64,
}

impl QuietStretches {
    fn add(&mut self, bucket: i64, buckets: i64, seconds: i64) {
        if buckets * seconds <= QUIET_SECONDS.max(10 * seconds) {
            return;
        }
        if self.count == 0 {
            self.first_bucket = bucket;
        }
        self.count += 1;
        self.longest_buckets = self.longest_buckets.max(buckets);
    }

    fn warning(&self, seconds: i64) -> Option<Diagnostic> {
        let stretches = match self.count {
            0 => return None,
            1 => "1 stretch".to_owned(),
            count => format!("{count} stretches"),
        };
        let longest = SimSpan::from_secs(self.longest_buckets * seconds);
        let at = stamp_text(self.first_bucket.saturating_mul(seconds * NANOS_PER_SECOND));
        Some(Diagnostic {
            code: Code::RecordingGap,
            message: format!(
                "{stretches} without a request, the first at {at}, the longest {longest}; this counts as no load"
            ),
            place: None,
            help: "check that the recording is complete; log rotation also leaves such gaps"
                .to_owned(),
        })
    }
}
