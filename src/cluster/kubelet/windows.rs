//! The use of a container between two readings of its counter, and the sample that it gives.

use super::Counter;
use super::shot_noise::ShotNoise;
use crate::cluster::samples::{PodSampleColumns, Sample};
use crate::units::{MilliValue, SimSpan, SimTime};

const MILLIS_PER_CORE: f64 = 1000.0;
/// metrics-server keeps whole nanocores, and the autoscaler's client rounds up to millicores
/// (`Quantity.MilliValue`). So an excess below one nanocore over a whole millicore disappears, and
/// a larger one adds a millicore. Adding this number and rounding to the nearest does the same.
const HALF_BUT_A_NANOCORE: f64 = 0.5 - 1e-6;
/// 2^52: a float of this size has no fraction bits, so adding it rounds to the nearest whole
/// number.
const NO_FRACTION: f64 = 4_503_599_627_370_496.0;

/// A counter's value at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct CounterReading {
    pub(super) time: i64,
    pub(super) value: f64,
}

/// The two points from which metrics-server computes a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointPair {
    pub(super) earlier: CounterReading,
    pub(super) later: CounterReading,
}

/// The use of a container between two points.
#[derive(Clone, Copy, Debug)]
struct SampleWindow {
    row: usize,
    end: i64,
    length: i64,
    /// The use without noise: the container's own, in core-nanoseconds.
    own: f64,
    /// The work of requests, which has noise.
    work: f64,
    /// What the container could use beyond this.
    room: f64,
    noise_key: u64,
}

/// The windows that end at one scrape.
///
/// The readings come first and the samples after them: a reading branches at random, and a sample
/// is a long chain of arithmetic. Separate loops overlap the chains of many containers, which takes
/// half of the time.
#[derive(Clone, Debug, Default)]
pub(super) struct SampleWindows {
    ended: Vec<SampleWindow>,
}

impl SampleWindows {
    /// Adds the window between two points of `counter`, whose row is `row`.
    #[inline]
    pub(super) fn add(
        &mut self,
        row: usize,
        points: PointPair,
        counter: &Counter,
        noise: ShotNoise,
    ) {
        let PointPair { earlier, later } = points;
        let length = later.time - earlier.time;
        let used = later.value - earlier.value;
        let own = counter.own_cores * length as f64;
        let (work, room) = (used - own, noise.bound_cores * length as f64 - used);
        // Where its own use has changed, the work of requests in the window is not known.
        let has_noise =
            noise.is_some() && earlier.time >= counter.changed && work > 0.0 && room > 0.0;
        let (own, work, room) = if has_noise {
            (own, work, room)
        } else {
            (used, 0.0, 0.0)
        };
        self.ended.push(SampleWindow {
            row,
            end: later.time,
            length,
            own,
            work,
            room,
            noise_key: counter.noise_key,
        });
    }

    /// Writes the samples of the windows into `columns`, and forgets the windows.
    pub(super) fn sample_into(&mut self, columns: &mut PodSampleColumns, noise: ShotNoise) {
        for window in &self.ended {
            let work = if noise.is_some() {
                noise.work_drawn(window.work, window.room, window.noise_key, window.end)
            } else {
                window.work
            };
            columns.set(window.row, Some(window.sample(window.own + work)));
        }
        self.ended.clear();
    }
}

impl SampleWindow {
    /// The mean use, if `used` core-nanoseconds were used.
    #[inline]
    fn sample(&self, used: f64) -> Sample {
        let millicores = used / self.length as f64 * MILLIS_PER_CORE;
        Sample {
            value: MilliValue(round_up_to_milli(millicores)),
            timestamp: SimTime::from_nanos(self.end),
            window: SimSpan::from_nanos(self.length),
        }
    }
}

/// Rounds up to a whole number, for numbers from 0 to 2^51. A conversion with `as` costs twice as
/// much.
#[inline]
fn round_up_to_milli(millicores: f64) -> i64 {
    let rounded = (millicores + HALF_BUT_A_NANOCORE) + NO_FRACTION;
    (rounded.to_bits() - NO_FRACTION.to_bits()) as i64
}
