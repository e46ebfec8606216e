//! The load of a pod whose requests cost more the higher its utilization (`workload.overload`).
//!
//! The utilization depends on the cost of a request, and the cost on the utilization. Both grow
//! linearly, so the two have a closed form. A pod is in one of two states: it serves all that
//! arrives, or it is overloaded, at utilization 1 and the greatest cost. `docs/model.md` explains
//! when a pod changes between them.

use crate::cluster::cpu::{OwnUse, PodCpu};
use crate::scenario::Scenario;
use crate::workload::Overload;

/// The utilization of a pod, and the cost of its requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodLoad {
    /// The used share of the CPU that the pod has for requests, or of its places, whichever is
    /// greater.
    pub utilization: f64,
    /// The cost of a request in the first container, as a multiple of the plain cost.
    pub cost_factor: f64,
}

/// The share of a pod's CPU or of its places that one request per second uses: `fixed + scaled x`
/// the cost factor.
#[derive(Clone, Copy, Debug, PartialEq)]
struct UsePerRate {
    fixed: f64,
    scaled: f64,
}

impl UsePerRate {
    fn at_cost(self, cost_factor: f64) -> f64 {
        self.fixed + self.scaled * cost_factor
    }

    /// The utilization u of a pod that serves `rps`: the smallest with u = `rps` x use at the cost
    /// that u causes. It is 1 where no smaller u solves this.
    fn utilization(self, rps: f64, overload: &Overload) -> f64 {
        if rps <= 0.0 {
            return 0.0;
        }
        let plain = rps * self.at_cost(1.0);
        if plain <= overload.from {
            return plain;
        }
        let growth = rps * self.scaled * overload.slope();
        if growth >= 1.0 {
            return 1.0;
        }
        let at_zero = plain - growth * overload.from;
        (at_zero / (1.0 - growth)).clamp(overload.from, 1.0)
    }
}

/// The load of one pod at any rate of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadCurve {
    overload: Overload,
    of_cpu: UsePerRate,
    of_places: UsePerRate,
    /// Requests per second that the pod serves at the plain cost.
    plain_rps: f64,
    /// The greatest rate that the pod serves without an overload.
    pub sustained_rps: f64,
    /// The rate that the pod serves while it is overloaded.
    pub overloaded_rps: f64,
}

impl LoadCurve {
    /// The curve of a pod of `scenario` with this own use, where `warm_up` times the cost of a
    /// request is its plain cost. `None` without `workload.overload`.
    #[must_use]
    pub fn of(scenario: &Scenario, own: OwnUse, warm_up: f64) -> Option<Self> {
        let workload = &scenario.workload;
        let overload = workload.overload?;
        let cpu = PodCpu::of(&scenario.deployment);
        let first = cpu.containers.first()?;
        let places = f64::from(workload.concurrency);
        let demand = first.seconds_per_request * warm_up;
        // One request uses at most one core.
        let at_full_speed = demand / scenario.deployment.pod.node_cores.min(1.0);
        let of_places = UsePerRate {
            fixed: workload.io_per_request.mean_seconds() / places,
            scaled: at_full_speed / places,
        };
        let of_cpu = UsePerRate {
            fixed: 0.0,
            scaled: demand / cpu.cores_for_requests(own),
        };
        let capacity_at = |cost_factor: f64| {
            let by_cpu = cpu.capacity(own, warm_up * cost_factor).rps;
            by_cpu.min(1.0 / of_places.at_cost(cost_factor))
        };
        let plain_rps = capacity_at(1.0);
        let overloaded_rps = capacity_at(overload.factor);
        let mut curve = Self {
            overload,
            of_cpu,
            of_places,
            plain_rps,
            sustained_rps: 0.0,
            overloaded_rps,
        };
        curve.sustained_rps = curve.rps_at(overload.from).max(overloaded_rps);
        Some(curve)
    }

    /// The load at a rate up to `sustained_rps`.
    #[must_use]
    pub fn at(&self, rps: f64) -> PodLoad {
        let of_cpu = self.of_cpu.utilization(rps, &self.overload);
        let of_places = self.of_places.utilization(rps, &self.overload);
        let utilization = of_cpu.max(of_places);
        PodLoad {
            utilization,
            cost_factor: self.overload.cost_factor(utilization),
        }
    }

    /// The load of an overloaded pod.
    #[must_use]
    pub fn overloaded(&self) -> PodLoad {
        PodLoad {
            utilization: 1.0,
            cost_factor: self.overload.factor,
        }
    }

    /// The greatest utilization without an overload.
    #[must_use]
    pub fn sustained_utilization(&self) -> f64 {
        self.at(self.sustained_rps).utilization
    }

    /// The rate at which the pod has this utilization.
    #[must_use]
    pub fn rps_at(&self, utilization: f64) -> f64 {
        let cost_factor = self.overload.cost_factor(utilization);
        let of_cpu = utilization / self.of_cpu.at_cost(cost_factor);
        let of_places = utilization / self.of_places.at_cost(cost_factor);
        of_cpu.min(of_places).min(self.plain_rps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::Distribution;
    use crate::results::tests::scenario;
    use crate::units::{Millicores, SimSpan};

    /// A pod that serves 68 requests per second at its limit of one core.
    fn pod(overload: Overload) -> LoadCurve {
        let mut scenario = scenario(60.0);
        let cost = 1.0 / 68.0;
        scenario.workload.cpu_per_request = Distribution::Constant(SimSpan::from_secs_f64(cost));
        scenario.workload.overload = Some(overload);
        let app = &mut scenario.deployment.containers[0];
        app.cpu_limit = Some(Millicores(1000));
        app.idle_cpu = Millicores(0);
        app.cpu_seconds_per_request = cost;
        LoadCurve::of(&scenario, OwnUse::Idle, 1.0).expect("an overload")
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn the_example_of_the_page_serves_54_of_68_and_25_once_it_is_overloaded() {
        let curve = pod(Overload {
            factor: 68.0 / 25.0,
            from: 0.8,
        });
        assert!(near(curve.sustained_rps, 0.8 * 68.0));
        assert!(near(curve.overloaded_rps, 25.0));
        let below = curve.at(50.0);
        assert!(near(below.utilization, 50.0 / 68.0) && near(below.cost_factor, 1.0));
    }

    #[test]
    fn a_weak_overload_has_a_load_for_every_rate_up_to_the_limit() {
        let overload = Overload {
            factor: 1.2,
            from: 0.5,
        };
        let curve = pod(overload);
        assert!(near(curve.sustained_rps, 68.0 / 1.2));
        for rps in [35.0, 40.0, 50.0, 56.0] {
            let PodLoad {
                utilization,
                cost_factor,
            } = curve.at(rps);
            assert!(near(utilization, rps / 68.0 * cost_factor), "{rps}");
            assert!(
                near(cost_factor, overload.cost_factor(utilization)),
                "{rps}"
            );
            assert!(near(curve.rps_at(utilization), rps), "{rps}");
        }
        assert!(near(curve.at(curve.sustained_rps).utilization, 1.0));
    }

    #[test]
    fn utilization_and_cost_are_bounded_and_grow_with_the_rate() {
        for factor in [1.0, 1.1, 2.7, 100.0] {
            for from in [0.0, 0.3, 0.8, 0.99] {
                let curve = pod(Overload { factor, from });
                assert!(curve.overloaded_rps <= curve.sustained_rps);
                assert!(curve.sustained_rps <= 68.0 * (1.0 + 1e-12));
                let mut last = 0.0;
                for step in 0..=1000 {
                    let load = curve.at(curve.sustained_rps * f64::from(step) / 1000.0);
                    assert!((0.0..=1.0).contains(&load.utilization), "{load:?}");
                    assert!(
                        (1.0..=factor + 1e-9).contains(&load.cost_factor),
                        "{load:?}"
                    );
                    assert!(load.utilization >= last, "{load:?}");
                    last = load.utilization;
                }
            }
        }
    }
}
