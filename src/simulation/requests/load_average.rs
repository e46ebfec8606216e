//! The utilization of a pod as its requests feel it: an average over the last seconds.

use crate::units::{SimSpan, SimTime};

/// The time constant of the average. Short against the minutes of a measurement at a fixed load, and
/// long against the time of one request, so that a few requests at once are no overload.
const TIME_CONSTANT: SimSpan = SimSpan::from_secs(10);

/// The exponentially weighted average of a pod's utilization, of its CPU and of its places.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoadAverage {
    cpu: f64,
    places: f64,
    /// CPU that requests had used at `until`, in core-nanoseconds.
    used: f64,
    until: SimTime,
}

/// The use of a pod since the last update.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodUse {
    /// CPU that requests have used in the first container, in core-nanoseconds.
    pub(super) used: f64,
    /// Cores that requests can use.
    pub(super) cores: f64,
    /// The share of the places in use, constant since the last update.
    pub(super) places: f64,
}

impl LoadAverage {
    /// A pod that has had this `utilization` for a long time until `now`.
    pub(super) fn since(now: SimTime, utilization: f64, used: f64) -> Self {
        Self {
            cpu: utilization,
            places: utilization,
            used,
            until: now,
        }
    }

    /// Adds the time until `now`.
    pub(super) fn update(&mut self, now: SimTime, new: PodUse) {
        let elapsed = (now - self.until).as_nanos() as f64;
        if elapsed <= 0.0 {
            return;
        }
        let most = new.cores * elapsed;
        let used = new.used - self.used;
        let cpu = if most > 0.0 {
            // More than 1 where a container runs on several cores until its quota is spent.
            (used / most).max(0.0)
        } else {
            // Without CPU for requests, a pod with a request is at its limit.
            f64::from(u8::from(new.places > 0.0))
        };
        let weight = -(-elapsed / TIME_CONSTANT.as_nanos() as f64).exp_m1();
        self.cpu += weight * (cpu - self.cpu);
        self.places += weight * (new.places - self.places);
        self.used = new.used;
        self.until = now;
    }

    /// The average utilization at the last update, from 0 to 1.
    pub(super) fn utilization(&self) -> f64 {
        self.cpu.max(self.places).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    /// The average after `seconds` at half of two cores, updated `times` times.
    fn after(seconds: f64, times: u32) -> LoadAverage {
        let mut average = LoadAverage::since(SimTime::ZERO, 0.0, 0.0);
        for step in 1..=times {
            let now = seconds * f64::from(step) / f64::from(times);
            let use_until_now = PodUse {
                used: now * 1e9,
                cores: 2.0,
                places: 0.25,
            };
            average.update(at(now), use_until_now);
        }
        average
    }

    #[test]
    fn a_constant_use_is_reached_exponentially_however_often_it_is_looked_at() {
        for seconds in [1.0, 10.0, 60.0] {
            let expected = 0.5 * (1.0 - (-seconds / 10.0_f64).exp());
            for times in [1, 7, 1000] {
                let utilization = after(seconds, times).utilization();
                assert!((utilization - expected).abs() < 1e-9, "{utilization}");
            }
        }
    }

    #[test]
    fn a_pod_whose_places_are_full_is_fully_used_whatever_its_cpu() {
        let mut average = LoadAverage::since(SimTime::ZERO, 0.0, 0.0);
        let full = PodUse {
            used: 0.0,
            cores: 1.0,
            places: 1.0,
        };
        average.update(at(100.0), full);
        assert!(average.utilization() > 0.9999);
    }

    #[test]
    fn a_pod_without_cpu_for_requests_is_fully_used_only_with_a_request() {
        for (places, expected) in [(0.0, 0.0), (0.1, 1.0)] {
            let mut average = LoadAverage::since(SimTime::ZERO, 0.0, 0.0);
            let none = PodUse {
                used: 0.0,
                cores: 0.0,
                places,
            };
            average.update(at(1000.0), none);
            assert!((average.utilization() - expected).abs() < 1e-9);
        }
    }
}
