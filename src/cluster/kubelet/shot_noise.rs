//! The noise of single requests in the CPU samples of an engine that serves rates.

use crate::engine::random::normal_at;

/// The noise of a rate that stands for single requests: the work of a window is a sum of random
/// requests.
///
/// A work of W core-nanoseconds has the variance `W x nanos`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ShotNoise {
    /// Mean cost of a request times the squared coefficients of variation of the interarrival times
    /// and of the cost, in core-nanoseconds; 0 if there is no noise.
    nanos: f64,
    /// The most that a container can use, in cores.
    pub(super) bound_cores: f64,
}

impl ShotNoise {
    /// Noise of work whose variance is `nanos` (core-nanoseconds) times the work, in a container
    /// that uses at most `bound_cores`.
    pub(super) fn new(nanos: f64, bound_cores: f64) -> Self {
        Self { nanos, bound_cores }
    }

    /// Whether there is any noise.
    pub(super) fn is_some(self) -> bool {
        self.nanos > 0.0
    }

    /// A draw of the work in a window whose mean work is `mean` core-nanoseconds. `room` is what
    /// the bound leaves above the mean. `key` is the container's, and `time` the window's end: the
    /// windows of a container's samples do not overlap, so their noise is independent.
    ///
    /// The draw has this mean and variance, and about the skewness of the sum of log-normal costs
    /// with CV 1: it is the start of the series of a gamma variable in a standard normal one
    /// (Cornish and Fisher 1938), which needs no division. The standard deviation is at most the
    /// mean, and at most half of the room: a busy container does not vary.
    #[inline]
    pub(super) fn work_drawn(self, mean: f64, room: f64, key: u64, time: i64) -> f64 {
        let z = normal_at(key, time.cast_unsigned());
        let nanos = self.nanos.min(mean);
        let variance = nanos * mean;
        let work = if 4.0 * variance > room * room {
            mean + 0.5 * room * z
        } else {
            mean + variance.sqrt() * z + nanos * (1.0 / 3.0) * (z * z - 1.0)
        };
        work.clamp(0.0, mean + room)
    }
}
