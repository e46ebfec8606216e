//! How closely supply followed demand: the elasticity metrics of the SPEC research group.
//!
//! It needs two numbers at each instant: the pods that serve, and the pods that the load needs.
//!
//! After Herbst, Kounev and Reussner, "Elasticity in Cloud Computing: What It
//! Is, and What It Is Not" (ICAC 2013), and the SPEC Research Group's report
//! "Ready for Rain? A View from SPEC Research on the Future of Cloud Metrics"
//! (2016). What is computed is written at [`Elasticity::finish`]; instability is
//! υ = 100/T' Σ min(|sgn Δready - sgn Δneeded|, 1) Δt, in differences between
//! samples where the report has derivatives. The sampling interval is ours; what
//! was looked up, and where the authors' own tool differs, stands in `docs/kpis.md`.

use crate::units::{Replicas, SimSpan, SimTime};

/// Δt: supply and demand are compared at its multiples.
pub const SAMPLE_INTERVAL: SimSpan = SimSpan::from_secs(15);

/// Sums over the samples of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elasticity {
    sums: ElasticitySums,
    /// The last sample seen and what it will add once it is known for how long it stands.
    last: Option<ElasticitySample>,
    last_time: SimTime,
}

/// What came of it, each in percent; `None` where no sample could be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ElasticityKpis {
    /// θ_U.
    pub under_provisioned_percent: Option<f64>,
    /// θ_O.
    pub over_provisioned_percent: Option<f64>,
    /// τ_U.
    pub under_provisioned_time_percent: Option<f64>,
    /// τ_O.
    pub over_provisioned_time_percent: Option<f64>,
    /// υ.
    pub instability_percent: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct ElasticitySums {
    seconds: f64,
    under: f64,
    over: f64,
    under_seconds: f64,
    over_seconds: f64,
    stability_seconds: f64,
    instability: f64,
}

#[derive(Clone, Copy, Debug)]
struct ElasticitySample {
    ready: Replicas,
    needed: Option<Replicas>,
    /// Whether supply and demand moved differently since the sample before; `None` where that cannot be said.
    unstable: Option<bool>,
}

impl ElasticitySums {
    fn add(&mut self, sample: &ElasticitySample, seconds: f64) {
        let Some(needed) = sample.needed else {
            return;
        };
        self.seconds += seconds;
        let difference = f64::from(needed.0 - sample.ready.0) / f64::from(needed.0);
        if difference > 0.0 {
            self.under += difference * seconds;
            self.under_seconds += seconds;
        } else if difference < 0.0 {
            self.over -= difference * seconds;
            self.over_seconds += seconds;
        }
        if let Some(unstable) = sample.unstable {
            self.stability_seconds += seconds;
            if unstable {
                self.instability += seconds;
            }
        }
    }
}

impl Elasticity {
    /// The pods that served and those that the load needed, from `start` up to before `end`.
    pub fn flowed(
        &mut self,
        start: SimTime,
        end: SimTime,
        ready: Replicas,
        needed: Option<Replicas>,
    ) {
        let first = samples_before(start);
        let after = samples_before(end);
        let count = after - first;
        if count <= 0 {
            return;
        }
        let interval = SAMPLE_INTERVAL.as_secs_f64();
        let mut sample = ElasticitySample {
            ready,
            needed,
            unstable: None,
        };
        if let Some(last) = self.last {
            self.sums.add(&last, interval);
            sample.unstable = moved_apart(&last, &sample);
        }
        if count > 1 {
            self.sums.add(&sample, interval);
            sample.unstable = needed.map(|_| false);
            self.sums.add(&sample, interval * (count - 2) as f64);
        }
        self.last = Some(sample);
        self.last_time = SimTime::from_nanos((after - 1) * SAMPLE_INTERVAL.as_nanos());
    }

    /// The metrics of a run that ended at `end`; the last sample stands until then.
    ///
    /// Over the samples whose `needed` is defined, T being the time they stand for:
    /// θ_U = 100/T Σ max(needed - ready, 0) / needed Δt,
    /// θ_O = 100/T Σ max(ready - needed, 0) / needed Δt,
    /// τ_U and τ_O = 100/T Σ Δt where ready is below, above needed,
    /// υ = 100/T' Σ min(|sgn Δready - sgn Δneeded|, 1) Δt over samples whose predecessor is defined too, T' being their time.
    #[must_use]
    pub fn finish(mut self, end: SimTime) -> ElasticityKpis {
        if let Some(last) = self.last {
            self.sums.add(&last, (end - self.last_time).as_secs_f64());
        }
        let sums = &self.sums;
        let percent = |sum: f64| (sums.seconds > 0.0).then(|| 100.0 * sum / sums.seconds);
        ElasticityKpis {
            under_provisioned_percent: percent(sums.under),
            over_provisioned_percent: percent(sums.over),
            under_provisioned_time_percent: percent(sums.under_seconds),
            over_provisioned_time_percent: percent(sums.over_seconds),
            instability_percent: (sums.stability_seconds > 0.0)
                .then(|| 100.0 * sums.instability / sums.stability_seconds),
        }
    }
}

/// How many sample instants (multiples of Δt from 0 on) lie before `time`.
fn samples_before(time: SimTime) -> i64 {
    let length = SAMPLE_INTERVAL.as_nanos();
    (time.as_nanos() + length - 1).div_euclid(length).max(0)
}

/// Whether need and ready pods changed in different directions; `None` if a need is unknown.
fn moved_apart(last: &ElasticitySample, now: &ElasticitySample) -> Option<bool> {
    let needed_change = now.needed?.0 - last.needed?.0;
    let ready_change = now.ready.0 - last.ready.0;
    Some(needed_change.signum() != ready_change.signum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stretches: &[(i64, i64, i32, Option<i32>)], end: i64) -> ElasticityKpis {
        let mut elasticity = Elasticity::default();
        for &(start, stop, ready, needed) in stretches {
            elasticity.flowed(
                SimTime::ZERO + SimSpan::from_secs(start),
                SimTime::ZERO + SimSpan::from_secs(stop),
                Replicas(ready),
                needed.map(Replicas),
            );
        }
        elasticity.finish(SimTime::ZERO + SimSpan::from_secs(end))
    }

    fn near(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn shares_weigh_depth_by_time() {
        // 0..60: 2 of 4 (half short); 60..90: 4 of 4; 90..120: 6 of 4 (half too many).
        let kpis = run(
            &[
                (0, 60, 2, Some(4)),
                (60, 90, 4, Some(4)),
                (90, 120, 6, Some(4)),
            ],
            120,
        );
        assert!(near(kpis.under_provisioned_percent, 25.0));
        assert!(near(kpis.over_provisioned_percent, 12.5));
        assert!(near(kpis.under_provisioned_time_percent, 50.0));
        assert!(near(kpis.over_provisioned_time_percent, 25.0));
        // Supply moved alone at 60 and at 90: 2 of 7 samples with a predecessor.
        assert!(near(kpis.instability_percent, 100.0 * 2.0 / 7.0));
    }

    #[test]
    fn the_example_of_the_documentation_comes_out_as_it_stands_there() {
        let kpis = run(
            &[
                (0, 15, 2, Some(2)),
                (15, 30, 2, Some(4)),
                (30, 45, 4, Some(4)),
                (45, 60, 4, Some(2)),
            ],
            60,
        );
        assert!(near(kpis.under_provisioned_percent, 12.5));
        assert!(near(kpis.over_provisioned_percent, 25.0));
        assert!(near(kpis.under_provisioned_time_percent, 25.0));
        assert!(near(kpis.over_provisioned_time_percent, 25.0));
        assert!(near(kpis.instability_percent, 100.0));
    }

    #[test]
    fn opposite_moves_count_no_more_than_one_that_is_alone() {
        // At 15 s supply goes up and demand down, at 30 s supply goes down alone, at 45 s nothing moves.
        let kpis = run(
            &[
                (0, 15, 2, Some(4)),
                (15, 30, 4, Some(2)),
                (30, 60, 2, Some(2)),
            ],
            60,
        );
        assert!(near(kpis.instability_percent, 100.0 * 2.0 / 3.0));
    }

    #[test]
    fn more_than_twice_what_is_needed_is_more_than_a_hundred_percent() {
        let kpis = run(&[(0, 60, 9, Some(3))], 60);
        assert!(near(kpis.over_provisioned_percent, 200.0));
        assert!(near(kpis.over_provisioned_time_percent, 100.0));
        assert!(near(kpis.under_provisioned_percent, 0.0));
    }

    #[test]
    fn supply_and_demand_that_move_together_are_stable() {
        let kpis = run(&[(0, 30, 1, Some(1)), (30, 60, 3, Some(2))], 60);
        assert!(near(kpis.instability_percent, 0.0));
    }

    #[test]
    fn the_last_sample_stands_until_the_end() {
        // Samples at 0 (15 s) and 15 (5 s): 5 of 20 s are short.
        let kpis = run(&[(0, 10, 1, Some(1)), (10, 20, 1, Some(2))], 20);
        assert!(near(kpis.under_provisioned_time_percent, 25.0));
        assert!(near(kpis.under_provisioned_percent, 12.5));
    }

    #[test]
    fn time_without_an_answer_is_left_out() {
        let kpis = run(&[(0, 45, 1, None), (45, 60, 1, Some(2))], 60);
        assert!(near(kpis.under_provisioned_time_percent, 100.0));
        assert_eq!(kpis.instability_percent, None);
        assert_eq!(run(&[(0, 60, 1, None)], 60), ElasticityKpis::default());
    }

    #[test]
    fn segments_between_two_samples_are_not_seen() {
        let kpis = run(
            &[(0, 3, 1, Some(1)), (3, 9, 1, Some(5)), (9, 30, 1, Some(1))],
            30,
        );
        assert!(near(kpis.under_provisioned_time_percent, 0.0));
    }
}
