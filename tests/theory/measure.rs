//! The results of a run in its steady state, and the checks that hold in every run.

use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::observer::RequestSegment;
use hpasim::simulation::{Observer, simulate_observed};
use hpasim::units::{Seed, SimSpan, SimTime};

/// The measurements of one replication after its warm-up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replication {
    pub(crate) mean_latency_seconds: f64,
    pub(crate) loss_share: f64,
    pub(crate) throughput: f64,
    /// Time average of requests in flight / (throughput x mean latency): 1 by Little's law.
    pub(crate) little_ratio: f64,
    /// CPU used per served request, in seconds.
    pub(crate) cpu_seconds_per_request: f64,
}

/// Whether the observer measures correctly; the other case tests that a wrong measurement fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Watch {
    Right,
    /// Adds this share to every latency.
    Off(f64),
}

struct Stationary {
    warm_up_ends: SimTime,
    counting: bool,
    answered: u64,
    latency_nanos: i64,
    offered: u64,
    succeeded: u64,
    failed: f64,
    cpu_core_seconds: f64,
    in_flight_seconds: f64,
    seconds: f64,
    balance: Balance,
}

impl Observer for Stationary {
    #[inline]
    fn answered(&mut self, latency: SimSpan) {
        if self.counting {
            self.answered += 1;
            self.latency_nanos += latency.as_nanos();
        }
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.balance.check(segment);
        if self.counting {
            let seconds = (segment.end - segment.start).as_secs_f64();
            self.offered += segment.offered;
            self.succeeded += segment.succeeded;
            self.failed += segment.failed.total();
            self.cpu_core_seconds += segment.cpu_core_seconds;
            self.in_flight_seconds += segment.in_flight as f64 * seconds;
            self.seconds += seconds;
        }
        self.counting = segment.end >= self.warm_up_ends;
    }
}

/// Checks that requests are conserved and that segments have no gaps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Balance {
    offered: f64,
    over: f64,
    end: SimTime,
}

impl Balance {
    pub(crate) fn check(&mut self, segment: &RequestSegment) {
        assert_eq!(segment.start, self.end, "a gap or an overlap");
        assert!(segment.end > segment.start, "a segment without length");
        self.end = segment.end;
        self.offered += segment.offered as f64;
        self.over += segment.succeeded as f64 + segment.failed.total();
        let accounted = self.over + segment.in_flight as f64;
        // The numbers are whole and far below 2^53, so the sums are exact.
        assert!(
            (self.offered - accounted).abs() < 0.5,
            "at {:?}: offered {} but accounted {accounted}",
            segment.end,
            self.offered
        );
    }

    pub(crate) fn end(&self) -> SimTime {
        self.end
    }
}

/// Runs `scenario` once and measures from `warm_up` on.
pub(crate) fn replicate(
    scenario: &Scenario,
    warm_up: SimSpan,
    seed: Seed,
    watch: Watch,
) -> Replication {
    let mut observer = Stationary {
        warm_up_ends: SimTime::ZERO + warm_up,
        counting: false,
        answered: 0,
        latency_nanos: 0,
        offered: 0,
        succeeded: 0,
        failed: 0.0,
        cpu_core_seconds: 0.0,
        in_flight_seconds: 0.0,
        seconds: 0.0,
        balance: Balance::default(),
    };
    let finished = simulate_observed(scenario, Engine::Request, seed, &mut observer);
    assert_eq!(observer.balance.end(), finished.end, "the run ends early");
    assert_eq!(
        observer.answered, observer.succeeded,
        "answers are reported one by one and in sum"
    );
    let factor = match watch {
        Watch::Right => 1.0,
        Watch::Off(share) => 1.0 + share,
    };
    let served = observer.succeeded as f64;
    let latency_seconds = observer.latency_nanos as f64 / 1e9 * factor;
    Replication {
        mean_latency_seconds: latency_seconds / served,
        loss_share: observer.failed / observer.offered as f64,
        throughput: served / observer.seconds,
        little_ratio: observer.in_flight_seconds / latency_seconds,
        cpu_seconds_per_request: observer.cpu_core_seconds / served,
    }
}
