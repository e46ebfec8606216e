//! When the kubelet reads the counter of a container.

use rand::Rng;
use rand_pcg::Pcg32;

use crate::cluster::config::{MetricsPipeline, StatsProvider};
use crate::units::SimTime;

/// The time between readings of a counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct HousekeepingInterval {
    base: i64,
    /// The upper bound of the jitter.
    jitter: u64,
    /// The time of one scrape, if the container runtime reads a counter at each scrape.
    pub(super) at_scrapes: Option<i64>,
}

impl HousekeepingInterval {
    pub(super) fn of(pipeline: &MetricsPipeline, first_scrape: SimTime) -> Self {
        match pipeline.stats {
            StatsProvider::Cadvisor => {
                let base = pipeline.housekeeping.as_nanos().max(1);
                Self {
                    base,
                    jitter: (base as f64 * pipeline.housekeeping_jitter.max(0.0)) as u64,
                    at_scrapes: None,
                }
            }
            StatsProvider::Cri => Self {
                base: pipeline.scrape_interval.as_nanos().max(1),
                jitter: 0,
                at_scrapes: Some(first_scrape.as_nanos()),
            },
        }
    }

    /// The first reading of a container that starts at `start`.
    pub(super) fn first_after(self, start: i64, generator: &mut Pcg32) -> i64 {
        match self.at_scrapes {
            None => start + self.draw(generator),
            Some(scrape) => self.next_scrape(start, scrape),
        }
    }

    /// The first reading after `since` of a container that has been running for a long time: at a random phase.
    pub(super) fn some_after(self, since: i64, generator: &mut Pcg32) -> i64 {
        let share = f64::from(generator.next_u32()) / 2.0_f64.powi(32);
        match self.at_scrapes {
            None => since + (share * self.draw(generator) as f64) as i64,
            Some(scrape) => self.next_scrape(since, scrape),
        }
    }

    /// The first scrape at `from` or later.
    fn next_scrape(self, from: i64, scrape: i64) -> i64 {
        from + (scrape - from).rem_euclid(self.base)
    }

    /// `base` x U[1, 1 + jitter); cAdvisor draws it for each reading.
    #[inline]
    pub(super) fn draw(self, generator: &mut Pcg32) -> i64 {
        // The high half of the product is the share. Integer arithmetic, because this runs for
        // every reading.
        let share = u128::from(generator.next_u32());
        let jitter = (share * u128::from(self.jitter)) >> 32;
        self.base + jitter as i64
    }
}
