//! From rows to lines: points in time, steps, and thinning to what pixels can show.
//!
//! Self-imposed limit: no colours and no places; a day's 17,280 rows become at
//! most four points a column of the picture, and no peak is lost.

use crate::results::{Timeline, TimelineRow};

/// A value at a moment, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) seconds: f64,
    pub(super) value: f64,
}

/// Lines without a gap; between two of them there is no value.
pub(super) type Strokes = Vec<Vec<Sample>>;

/// How rows become lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Means: straight from one interval's middle to the next.
    Slope,
    /// States: level through the interval.
    Step,
}

/// The line of `value` over the timeline; a row without value interrupts it.
pub(super) fn strokes(
    timeline: &Timeline,
    shape: Shape,
    value: impl Fn(&TimelineRow) -> Option<f64>,
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
            Some(value) if shape == Shape::Step => {
                push_step(&mut current, start, value);
                push_step(&mut current, end, value);
            }
            Some(value) => {
                if current.is_empty() {
                    current.push(Sample {
                        seconds: start,
                        value,
                    });
                }
                current.push(Sample {
                    seconds: f64::midpoint(start, end),
                    value,
                });
                if index + 1 == timeline.rows.len() {
                    current.push(Sample {
                        seconds: end,
                        value,
                    });
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
fn push_step(line: &mut Vec<Sample>, seconds: f64, value: f64) {
    if let [.., before, last] = line.as_mut_slice()
        && before.value.to_bits() == value.to_bits()
        && last.value.to_bits() == value.to_bits()
    {
        last.seconds = seconds;
        return;
    }
    line.push(Sample { seconds, value });
}

/// At most four samples for each of `columns` from 0 to `end`: the first, the least, the greatest, the last (M4, Jugel et al. 2014).
///
/// Drawn, the line covers the same pixels as the whole one.
pub(super) fn thinned(line: &[Sample], end: f64, columns: f64) -> Vec<Sample> {
    if line.len() as f64 <= 4.0 * columns {
        return line.to_vec();
    }
    let column_of = |sample: &Sample| (sample.seconds / end * columns) as i64;
    let mut kept = Vec::with_capacity(4 * columns as usize);
    let mut rest = line;
    while let Some(first) = rest.first() {
        let column = column_of(first);
        let count = rest.partition_point(|sample| column_of(sample) <= column);
        let (group, after) = rest.split_at(count);
        let least = place_of(group, |best, value| value < best);
        let greatest = place_of(group, |best, value| value > best);
        let mut places = [0, least.min(greatest), least.max(greatest), count - 1].to_vec();
        places.dedup();
        kept.extend(places.into_iter().map(|place| group[place]));
        rest = after;
    }
    kept
}

fn place_of(group: &[Sample], better: impl Fn(f64, f64) -> bool) -> usize {
    let mut best = 0;
    for (index, sample) in group.iter().enumerate() {
        if better(group[best].value, sample.value) {
            best = index;
        }
    }
    best
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
        if row.slo_violated && !open {
            all.push(Stretch { start, end: start });
        }
        open = row.slo_violated;
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
    fn thinning_keeps_ends_and_extremes_of_a_column() {
        let line: Vec<Sample> = (0..10_000)
            .map(|index| Sample {
                seconds: f64::from(index),
                value: if index == 4321 {
                    99.0
                } else {
                    f64::from(index % 7)
                },
            })
            .collect();
        let thin = thinned(&line, 10_000.0, 100.0);
        assert!(thin.len() <= 400);
        assert_eq!(thin.first(), line.first());
        assert_eq!(thin.last(), line.last());
        assert!(thin.contains(&line[4321]));
        assert!(thin.is_sorted_by(|a, b| a.seconds <= b.seconds));
    }

    #[test]
    fn a_short_line_stays_as_it_is() {
        let line = [Sample {
            seconds: 1.0,
            value: 2.0,
        }];
        assert_eq!(thinned(&line, 10.0, 100.0), line);
    }
}
