//! From rows to lines: points in time, steps, and thinning to what pixels can show.
//!
//! A day's 17,280 rows become as many points as the picture is wide, and no peak is lost.

use crate::results::{Timeline, TimelineRow};

/// A value at a moment, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimedValue {
    pub(super) seconds: f64,
    pub(super) value: f64,
}

/// Lines without a gap; between two of them there is no value.
pub(super) type Strokes = Vec<Vec<TimedValue>>;

/// How rows become lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineShape {
    /// Means: straight from one interval's middle to the next.
    Slope,
    /// States: level through the interval.
    Step,
}

/// The line of `value` over the timeline; a row without value interrupts it.
pub(super) fn strokes(
    timeline: &Timeline,
    shape: LineShape,
    mut value: impl FnMut(&TimelineRow) -> Option<f64>,
) -> Strokes {
    let mut all = Strokes::new();
    let mut current = Vec::new();
    for (index, row) in timeline.rows.iter().enumerate() {
        let start = row.time.as_secs_f64();
        let end = timeline
            .rows
            .get(index + 1)
            .map_or(timeline.end, |next| next.time)
            .as_secs_f64();
        match value(row) {
            Some(value) if shape == LineShape::Step => {
                push_step(&mut current, start, value);
                push_step(&mut current, end, value);
            }
            Some(value) => {
                if current.is_empty() {
                    push_step(&mut current, start, value);
                }
                push_step(&mut current, f64::midpoint(start, end), value);
                if index + 1 == timeline.rows.len() {
                    push_step(&mut current, end, value);
                }
            }
            None if !current.is_empty() => all.push(std::mem::take(&mut current)),
            None => {}
        }
    }
    if !current.is_empty() {
        all.push(current);
    }
    all
}

/// Lengthens a level stretch instead of adding to it.
pub(super) fn push_step(line: &mut Vec<TimedValue>, seconds: f64, value: f64) {
    if let [.., before, last] = line.as_mut_slice()
        && before.value.to_bits() == value.to_bits()
        && last.value.to_bits() == value.to_bits()
    {
        last.seconds = seconds;
        return;
    }
    line.push(TimedValue { seconds, value });
}

/// A line as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Drawn {
    /// Every sample.
    Whole(Vec<TimedValue>),
    /// Too dense for the picture: what it spanned in each column, and its mean there.
    Ribbon {
        /// The mean over time.
        mean: Vec<TimedValue>,
        /// The least.
        low: Vec<TimedValue>,
        /// The greatest.
        high: Vec<TimedValue>,
    },
}

impl Drawn {
    /// The line itself, or its mean.
    pub(super) fn middle(&self) -> &[TimedValue] {
        match self {
            Self::Whole(line) | Self::Ribbon { mean: line, .. } => line,
        }
    }
}

/// One column's share of a line.
#[derive(Clone, Copy, Debug)]
struct PixelColumn {
    index: i64,
    area: f64,
    seconds: f64,
    low: f64,
    high: f64,
}

/// The line from 0 to `end` as a picture `points` wide can show it.
///
/// Up to two samples a point it is drawn whole. Beyond, strokes would merge to
/// a blot; then every two points get one column with the line's least, mean
/// and greatest value, so that no peak is lost.
pub(super) fn drawn(line: &[TimedValue], end: f64, points: f64) -> Drawn {
    if line.len() as f64 <= 2.0 * points {
        return Drawn::Whole(line.to_vec());
    }
    let width = 2.0 * end / points;
    let mut columns: Vec<PixelColumn> = Vec::with_capacity(points as usize);
    for pair in line.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let index = (from.seconds / width).floor() as i64;
            let border = (index + 1) as f64 * width;
            let until = if to.seconds <= border {
                to
            } else {
                let part = (border - from.seconds) / (to.seconds - from.seconds);
                TimedValue {
                    seconds: border,
                    value: from.value + (to.value - from.value) * part,
                }
            };
            add_to_column(&mut columns, index, from, until);
            if to.seconds <= border {
                break;
            }
            from = until;
        }
    }
    let place = |column: &PixelColumn| ((column.index as f64 + 0.5) * width).min(end);
    let each = |value: fn(&PixelColumn) -> f64| -> Vec<TimedValue> {
        columns
            .iter()
            .map(|column| TimedValue {
                seconds: place(column),
                value: value(column),
            })
            .collect()
    };
    Drawn::Ribbon {
        mean: each(|column| {
            if column.seconds > 0.0 {
                column.area / column.seconds
            } else {
                column.high
            }
        }),
        low: each(|column| column.low),
        high: each(|column| column.high),
    }
}

fn add_to_column(columns: &mut Vec<PixelColumn>, index: i64, from: TimedValue, to: TimedValue) {
    let seconds = to.seconds - from.seconds;
    let area = seconds * f64::midpoint(from.value, to.value);
    let (low, high) = (from.value.min(to.value), from.value.max(to.value));
    match columns.last_mut() {
        Some(last) if last.index == index => {
            last.area += area;
            last.seconds += seconds;
            last.low = last.low.min(low);
            last.high = last.high.max(high);
        }
        _ => columns.push(PixelColumn {
            index,
            area,
            seconds,
            low,
            high,
        }),
    }
}

/// A stretch of time and the mean of a line over it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) value: f64,
}

/// The mean of level lines in each of so many equal slices of 0 to `end`; where there is no line it counts as zero.
pub(super) fn slices_of(strokes: &Strokes, end: f64, slices: f64) -> Vec<Slice> {
    let width = end / slices;
    let mut all: Vec<Slice> = (0..slices.ceil() as u32)
        .map(|index| Slice {
            start: f64::from(index) * width,
            end: (f64::from(index + 1) * width).min(end),
            value: 0.0,
        })
        .collect();
    for pair in strokes.iter().flat_map(|line| line.windows(2)) {
        let (from, to) = (pair[0].seconds, pair[1].seconds);
        let first = (from / width).floor() as usize;
        for slice in all.iter_mut().skip(first) {
            let shared = to.min(slice.end) - from.max(slice.start);
            if shared <= 0.0 && slice.start >= to {
                break;
            }
            slice.value += pair[0].value * shared.max(0.0) / (slice.end - slice.start);
        }
    }
    all
}

/// A stretch of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretch {
    pub(super) start: f64,
    pub(super) end: f64,
}

/// The stretches that broke the SLO, neighbours joined.
pub(super) fn broken_stretches(timeline: &Timeline) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    let mut open = false;
    for row in &timeline.rows {
        let start = row.time.as_secs_f64();
        if let Some(last) = all.last_mut()
            && open
        {
            last.end = start;
        }
        if row.slo_violated() && !open {
            all.push(Stretch { start, end: start });
        }
        open = row.slo_violated();
    }
    if let Some(last) = all.last_mut()
        && open
    {
        last.end = timeline.end.as_secs_f64();
    }
    all
}

/// The greatest value of all strokes; 0 of none.
pub(super) fn greatest<'a>(strokes: impl IntoIterator<Item = &'a Strokes>) -> f64 {
    strokes
        .into_iter()
        .flatten()
        .flatten()
        .fold(0.0, |most, sample| sample.value.max(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dense_line_keeps_its_extremes_and_its_mean() {
        let line: Vec<TimedValue> = (0..10_000)
            .map(|index| TimedValue {
                seconds: f64::from(index),
                value: match index {
                    4321 => 99.0,
                    odd if odd % 2 == 1 => 3.0,
                    _ => 1.0,
                },
            })
            .collect();
        let Drawn::Ribbon { mean, low, high } = drawn(&line, 10_000.0, 100.0) else {
            panic!("the line is dense");
        };
        assert_eq!(mean.len(), 50);
        assert!(low.iter().all(|sample| (sample.value - 1.0).abs() < 1e-9));
        assert!((high[21].value - 99.0).abs() < 1e-9);
        assert!((mean[3].value - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_short_line_stays_as_it_is() {
        let line = [TimedValue {
            seconds: 1.0,
            value: 2.0,
        }];
        assert_eq!(drawn(&line, 10.0, 100.0), Drawn::Whole(line.to_vec()));
    }
}
