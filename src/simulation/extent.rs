//! The amount of work of a run, computed before it begins.
//!
//! The numbers are upper bounds, computed from the scenario alone. `cli` decides on the limit.

use super::offered::nominal_rps;
use crate::scenario::{Engine, Scenario};
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, Retries};

/// The amount of work of one or several runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// Requests that the request engine simulates, including every retry that the clients may send.
    pub requests: f64,
    /// Requests that one run may hold in memory at the same time: all that arrive while a client
    /// waits, including its retries.
    pub held_requests: f64,
    /// Readings of pods by scrapes and syncs, if the pods were always at their maximum.
    pub pod_readings: f64,
}

impl Extent {
    /// The work of one run of `scenario` with `engine`.
    #[must_use]
    pub fn of(scenario: &Scenario, engine: Engine) -> Self {
        let (requests, held_requests) = match engine {
            Engine::Request => requests(scenario),
            Engine::Fluid => (0.0, 0.0),
        };
        Self {
            requests,
            held_requests,
            pod_readings: pod_readings(scenario),
        }
    }

    /// The work of `runs` such runs, one after the other.
    #[must_use]
    pub fn times(self, runs: f64) -> Self {
        Self {
            requests: self.requests * runs,
            pod_readings: self.pod_readings * runs,
            ..self
        }
    }

    /// The work of this and `other`, one after the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            held_requests: self.held_requests.max(other.held_requests),
            pod_readings: self.pod_readings + other.pod_readings,
        }
    }
}

/// The attempts of a run, and the most that may be in flight at the same time.
fn requests(scenario: &Scenario) -> (f64, f64) {
    let (mut arrivals, mut greatest_rps) = (0.0, 0.0_f64);
    for (row, ends) in scenario.trace.times.windows(2).enumerate() {
        let rps = nominal_rps(scenario, row);
        greatest_rps = greatest_rps.max(rps);
        arrivals += rps * (ends[1] - ends[0]).as_secs_f64();
    }
    let clients = &scenario.workload.clients;
    let patience = scenario.workload.timeout.as_secs_f64();
    let waits = (patience + pauses(&clients.retries).as_secs_f64()) * greatest_rps;
    match &scenario.trace.demand {
        Demand::Users(users) => {
            let scale = scenario.workload.scale;
            // Each user sends on arrival, and waits for one request at a time.
            let coming = users.windows(2).map(|two| (two[1] - two[0]).max(0.0));
            let sent = arrivals + coming.sum::<f64>() * scale;
            let present = users.iter().copied().fold(0.0, f64::max) * scale;
            (sent * attempts(&clients.retries), present)
        }
        _ => (arrivals * attempts(&clients.retries), waits.min(arrivals)),
    }
}

/// The maximum mean number of attempts per request.
fn attempts(retries: &Retries) -> f64 {
    let most = f64::from(retries.max);
    1.0 + retries.budget.map_or(most, |budget| budget.min(most))
}

/// The maximum total of the pauses between the attempts of a request.
fn pauses(retries: &Retries) -> SimSpan {
    (0..retries.max)
        .map(|failures| {
            let doubled = 1_i64.checked_shl(failures.min(40)).unwrap_or(i64::MAX);
            (retries.backoff * doubled).min(retries.max_backoff)
        })
        .sum()
}

fn pod_readings(scenario: &Scenario) -> f64 {
    let length = (scenario.trace.end() - SimTime::ZERO).as_secs_f64();
    let times = |period: SimSpan| length / period.as_secs_f64().max(1e-9);
    let Some((scaler, period)) = scenario
        .scaler
        .as_ref()
        .and_then(|scaler| Some((scaler, scaler.period()?)))
    else {
        return 0.0;
    };
    let most = scaler.bounds().max.max(scenario.deployment.replicas);
    let custom = scenario.metrics.custom.as_ref();
    let rounds = times(scenario.metrics.scrape_interval)
        + custom.map_or(0.0, |custom| times(custom.interval))
        + times(period);
    f64::from(most.0) * rounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::scenario;
    use crate::units::Replicas;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs()
    }

    #[test]
    fn requests_are_rate_times_time_times_scale_times_attempts() {
        let mut minute = scenario(60.0);
        let once = Extent::of(&minute, Engine::Request);
        assert!(once.requests > 0.0);
        minute.workload.scale = 1e9;
        let scaled = Extent::of(&minute, Engine::Request).requests;
        assert!(near(scaled, once.requests * 1e9), "{scaled}");
        minute.workload.clients.retries.max = 3;
        let retried = Extent::of(&minute, Engine::Request).requests;
        assert!(near(retried, scaled * 4.0), "{retried}");
        minute.workload.clients.retries.budget = Some(0.5);
        let bounded = Extent::of(&minute, Engine::Request).requests;
        assert!(near(bounded, scaled * 1.5), "{bounded}");
        let fluid = Extent::of(&minute, Engine::Fluid);
        assert_eq!((fluid.requests, fluid.held_requests), (0.0, 0.0));
    }

    #[test]
    fn no_more_requests_are_held_than_arrive() {
        let mut minute = scenario(60.0);
        minute.workload.timeout = SimSpan::from_secs(1);
        let one = Extent::of(&minute, Engine::Request);
        assert!(one.held_requests < one.requests, "{one:?}");
        minute.workload.timeout = SimSpan::from_secs(366 * 86_400);
        let patient = Extent::of(&minute, Engine::Request);
        assert!(near(patient.held_requests, patient.requests), "{patient:?}");
    }

    #[test]
    fn many_pods_that_are_looked_at_often_are_counted() {
        let mut minute = scenario(60.0);
        minute.deployment.replicas = Replicas(100_000);
        let readings = Extent::of(&minute, Engine::Fluid).pod_readings;
        // In 60 s there are 4 scrapes and 4 syncs, and each reads every pod.
        assert!(near(readings, 100_000.0 * 8.0), "{readings}");
        let all = Extent::of(&minute, Engine::Fluid).times(3.0);
        assert!(near(all.pod_readings, 3.0 * readings));
    }
}
