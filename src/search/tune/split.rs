//! Traffic in two parts: the first is for the search, the second for the report.

use crate::control::Decided;
use crate::scenario::{Engine, Scenario};
use crate::simulation::{Observer, simulate_observed};
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// Shorter parts hold no reaction of an autoscaler: they are seconds, and it takes minutes.
pub const PART_LEAST: SimSpan = SimSpan::from_secs(120);

/// Where a trace of this length is cut: after `share` of it, on a round time; `None` where a part would be shorter than [`PART_LEAST`].
#[must_use]
pub fn split_time(end: SimTime, share: f64) -> Option<SimTime> {
    let seconds = end.as_secs_f64();
    let step = round_step(seconds);
    let steps = (seconds * share / step as f64).round() as i64;
    let split = SimTime::ZERO + SimSpan::from_secs(steps * step);
    let is_enough = split - SimTime::ZERO >= PART_LEAST && end - split >= PART_LEAST;
    is_enough.then_some(split)
}

/// What time is rounded to, in seconds: a day is cut on the hour, an hour on the minute.
fn round_step(seconds: f64) -> i64 {
    match seconds {
        seconds if seconds >= 12.0 * 3600.0 => 3600,
        seconds if seconds >= 2.0 * 3600.0 => 600,
        _ => 60,
    }
}

/// `spec.replicas` at the end of a scenario: the pods with which its second part starts.
#[must_use]
pub fn replicas_at_end(scenario: &Scenario, engine: Engine, seed: Seed) -> Replicas {
    let mut last = LastReplicas(scenario.deployment.replicas);
    simulate_observed(&scenario.for_seed(seed), engine, seed, &mut last);
    last.0
}

/// `spec.replicas`, followed.
struct LastReplicas(Replicas);

impl Observer for LastReplicas {
    fn decided(&mut self, decided: &Decided<'_>) {
        self.0 = decided.replicas();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PROD, WAVE, template};
    use super::*;

    fn split(seconds: i64, share: f64) -> Option<f64> {
        let end = SimTime::ZERO + SimSpan::from_secs(seconds);
        split_time(end, share).map(|time| (time - SimTime::ZERO).as_secs_f64())
    }

    #[test]
    fn a_trace_is_cut_on_a_round_time() {
        let minutes = |minutes: i64| Some((60 * minutes) as f64);
        assert_eq!(split(24 * 3600, 0.67), minutes(16 * 60));
        assert_eq!(split(24 * 3600, 0.5), minutes(12 * 60));
        assert_eq!(split(5 * 3600, 0.67), minutes(200));
        assert_eq!(split(3600, 0.67), minutes(40));
        assert_eq!(split(600, 0.5), minutes(5));
    }

    #[test]
    fn a_part_that_is_too_short_for_an_autoscaler_is_none() {
        assert_eq!(split(239, 0.5), None);
        assert_eq!(split(240, 0.5), Some(120.0));
        assert_eq!(split(240, 0.9), None);
        assert_eq!(split(600, 0.1), None);
        assert_eq!(split(0, 0.5), None);
    }

    #[test]
    fn the_second_part_begins_with_the_pods_of_the_firsts_end() {
        let scenario = template(PROD, WAVE).scenario(&[]).expect("sound");
        let at_end = replicas_at_end(&scenario, Engine::Fluid, Seed(1));
        // Twenty requests a second at 10 ms are four pods at half their request.
        assert!((4..=5).contains(&at_end.0), "{at_end:?}");
        let peak = template(PROD, "time_s,rps\n0,20\n180,120\n420,120\n");
        let at_peak = replicas_at_end(&peak.scenario(&[]).expect("sound"), Engine::Fluid, Seed(1));
        assert!((24..=29).contains(&at_peak.0), "{at_peak:?}");
    }

    #[test]
    fn a_policy_that_never_scales_ends_as_it_began() {
        let mut scenario = template(PROD, WAVE).scenario(&[]).expect("sound");
        scenario.scaler = None;
        let at_end = replicas_at_end(&scenario, Engine::Fluid, Seed(1));
        assert_eq!(at_end, scenario.deployment.replicas);
    }
}
