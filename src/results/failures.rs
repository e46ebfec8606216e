//! Failed requests by cause: counted, named, ranked.

use crate::kpi::Kpi;
use crate::simulation::observer::FailureCauses;

pub use crate::simulation::observer::FailureCause;

impl FailureCause {
    /// The KPI that counts it.
    #[must_use]
    pub const fn kpi(self) -> Kpi {
        match self {
            Self::NoEndpoint => Kpi::FailedNoEndpoint,
            Self::NotInitialised => Kpi::FailedNotInitialised,
            Self::QueueFull => Kpi::FailedQueueFull,
            Self::TimedOut => Kpi::FailedTimedOut,
            Self::PodGone => Kpi::FailedPodGone,
            Self::OomKilled => Kpi::FailedOomKilled,
        }
    }

    /// What a person calls it, behind a number or a share.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoEndpoint => "no endpoint",
            Self::NotInitialised => "pod could not serve",
            Self::QueueFull => "queue full",
            Self::TimedOut => "timed out",
            Self::PodGone => "pod gone",
            Self::OomKilled => "OOM killed",
        }
    }
}

/// Adds `weight` times each cause of `more` to `sums`.
pub(super) fn add(sums: &mut FailureCauses, more: &FailureCauses, weight: f64) {
    for cause in FailureCause::ALL {
        *sums.of_mut(cause) += more.of(cause) * weight;
    }
}

/// A cause and what part of all failures it has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CauseShare {
    /// The cause.
    pub cause: FailureCause,
    /// Above 0, at most 1.
    pub share: f64,
}

/// The causes that occurred, the most frequent first; `count` tells how many failures a cause has.
#[must_use]
pub fn ranked(count: impl Fn(FailureCause) -> f64) -> Vec<CauseShare> {
    let total: f64 = FailureCause::ALL.into_iter().map(&count).sum();
    let mut shares: Vec<CauseShare> = FailureCause::ALL
        .into_iter()
        .filter(|cause| count(*cause) > 0.0)
        .map(|cause| CauseShare {
            cause,
            share: count(cause) / total,
        })
        .collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each_its_own() -> FailureCauses {
        FailureCauses {
            no_endpoint: 1.0,
            not_initialised: 2.0,
            queue_full: 3.0,
            timed_out: 4.0,
            pod_gone: 5.0,
            oom_killed: 6.0,
        }
    }

    #[test]
    fn every_cause_is_counted_once() {
        let mut sums = FailureCauses::default();
        add(&mut sums, &each_its_own(), 2.0);
        let values = FailureCause::ALL.map(|cause| sums.of(cause));
        assert_eq!(values.map(|value| value as u32), [2, 4, 6, 8, 10, 12]);
        let total: f64 = values.iter().sum();
        assert!((sums.total() - total).abs() < 1e-12);
    }

    #[test]
    fn every_cause_has_a_kpi_of_its_own() {
        let mut kpis: Vec<Kpi> = FailureCause::ALL.map(FailureCause::kpi).to_vec();
        kpis.sort_unstable();
        kpis.dedup();
        assert_eq!(kpis.len(), FailureCause::ALL.len());
    }

    #[test]
    fn the_most_frequent_cause_comes_first_and_what_did_not_occur_not_at_all() {
        let shares = ranked(|cause| match cause {
            FailureCause::QueueFull => 1.0,
            FailureCause::TimedOut => 3.0,
            _ => 0.0,
        });
        let told: Vec<(&str, u32)> = shares
            .iter()
            .map(|share| (share.cause.words(), (100.0 * share.share) as u32))
            .collect();
        assert_eq!(told, [("timed out", 75), ("queue full", 25)]);
        assert!(ranked(|_| 0.0).is_empty());
    }
}
