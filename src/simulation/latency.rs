//! A pod as a server of requests: its capacity, and its latency without a backlog.
//!
//! The fluid engine and the KPI `needed(t)` both use it, so the two always agree.

use std::sync::Arc;

use super::load_curve::{LoadCurve, PodLoad};
use super::tabulate::{MAX_UTILIZATION, latency_table};
use crate::cluster::cpu::{OwnUse, PodCpu};
use crate::cluster::stationary::{LatencyTable, StationaryLatency};
use crate::scenario::{Scenario, Slo};
use crate::units::Replicas;

/// One pod as a server of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct PodServer {
    /// Mean service time in seconds at full speed: CPU time on at most one core, plus I/O.
    pub service_seconds: f64,
    /// The I/O in it.
    pub io_seconds: f64,
    /// Requests per second at which all places of the pod are in use, each for at least
    /// `service_seconds`; infinite if that is 0.
    pub concurrency_rps: f64,
    /// Requests per second at which the pod reaches a limit: its CPU, a sidecar's CPU, or its
    /// places.
    pub capacity_rps: f64,
    /// Its load if requests cost more at a high load; `None` if they always cost the same.
    pub curve: Option<LoadCurve>,
    /// Mean service time as a multiple of that at the plain cost.
    slowness: f64,
    /// Latency by utilization at the plain cost.
    latency: Arc<LatencyTable>,
}

impl PodServer {
    /// A pod of `scenario` after its start-up burst and its warm-up.
    ///
    /// The first call for such pods and requests measures their latency with the request engine.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        Self::at_cost_of(scenario, 1.0)
    }

    /// A pod of `scenario` after its start-up burst, where a request costs `cost_factor` times as
    /// much.
    #[must_use]
    pub fn at_cost_of(scenario: &Scenario, cost_factor: f64) -> Self {
        let cpu = PodCpu::of(&scenario.deployment);
        // A CFS quota slows a request only once it is spent, so a single request runs at the speed
        // of a core.
        let full_speed_cores = scenario.deployment.pod.node_cores.min(1.0);
        let plain_cpu_seconds = cpu.containers.first().map_or(0.0, |container| {
            container.seconds_per_request / full_speed_cores
        });
        let io_seconds = scenario.workload.io_per_request.mean_seconds();
        let places = f64::from(scenario.workload.concurrency);
        let service_seconds = |factor: f64| plain_cpu_seconds * factor + io_seconds;
        let capacity_rps = |factor: f64| {
            let of_cpu = cpu.capacity(OwnUse::Idle, factor).rps;
            of_cpu.min(places / service_seconds(factor))
        };
        let service = service_seconds(cost_factor);
        let plain_service = service_seconds(1.0);
        Self {
            service_seconds: service,
            io_seconds,
            concurrency_rps: places / service,
            capacity_rps: capacity_rps(cost_factor),
            curve: LoadCurve::of(scenario, OwnUse::Idle, cost_factor),
            slowness: if plain_service > 0.0 {
                service / plain_service
            } else {
                1.0
            },
            latency: latency_table(scenario, capacity_rps(1.0)),
        }
    }

    /// The load at a rate of arrivals.
    #[must_use]
    pub fn load(&self, rps: f64) -> PodLoad {
        match &self.curve {
            None => PodLoad {
                utilization: self.utilization(rps),
                cost_factor: 1.0,
            },
            Some(curve) if rps <= curve.sustained_rps => curve.at(rps),
            Some(curve) => curve.overloaded(),
        }
    }

    /// Requests per second that the pod serves of `rps` that arrive.
    #[must_use]
    pub fn served_rps(&self, rps: f64) -> f64 {
        match &self.curve {
            None => rps.min(self.capacity_rps),
            Some(curve) if rps <= curve.sustained_rps => rps,
            Some(curve) => curve.overloaded_rps,
        }
    }

    /// Latency of a pod under `load`, without a backlog.
    #[must_use]
    pub fn latency(&self, load: PodLoad) -> StationaryLatency {
        let cpu_seconds = self.service_seconds - self.io_seconds;
        let costlier = if self.service_seconds > 0.0 {
            (cpu_seconds * load.cost_factor + self.io_seconds) / self.service_seconds
        } else {
            1.0
        };
        self.stationary(load.utilization).times(costlier)
    }

    /// The greatest utilization at which the pod serves all that arrives.
    fn greatest_utilization(&self) -> f64 {
        let sustained = self.curve.as_ref().map(LoadCurve::sustained_utilization);
        sustained.map_or(BELOW_CAPACITY, |sustained| sustained.min(BELOW_CAPACITY))
    }

    /// The rate at which the pod has this utilization.
    fn rps_at(&self, utilization: f64) -> f64 {
        match &self.curve {
            None => utilization * self.capacity_rps,
            Some(curve) => curve.rps_at(utilization),
        }
    }

    /// Latency of a pod at `utilization` of its capacity, without a backlog. Above
    /// [`MAX_UTILIZATION`] it is the latency there.
    #[must_use]
    pub fn stationary(&self, utilization: f64) -> StationaryLatency {
        let utilization = utilization.min(MAX_UTILIZATION);
        self.latency.at(utilization).times(self.slowness)
    }

    /// The probability that an interval breaks the SLO in which such pods serve so many requests,
    /// without a backlog. `None` unless a request has its plain cost.
    #[must_use]
    pub fn slo_chance(&self, load: PodLoad, requests: f64) -> Option<f64> {
        let is_plain = self.slowness <= 1.0 && load.cost_factor <= 1.0;
        let utilization = load.utilization.min(MAX_UTILIZATION);
        is_plain.then(|| self.latency.chance(utilization, requests))
    }

    /// The share of its capacity that a pod uses at `rps`; 0 if requests cost no CPU.
    #[must_use]
    pub fn utilization(&self, rps: f64) -> f64 {
        if rps <= 0.0 {
            0.0
        } else if self.capacity_rps > 0.0 {
            rps / self.capacity_rps
        } else {
            1.0
        }
    }
}

/// The number of pods that a rate needs: the KPI `needed(t)`. Each query costs one division.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Provisioning {
    /// The greatest rate at which one pod meets the SLO; `None` if it meets it at no rate.
    greatest_rps_per_pod: Option<f64>,
}

/// The greatest share of its capacity that a pod may use, so that its utilization is below 1.
const BELOW_CAPACITY: f64 = 1.0 - 1e-9;
/// Halvings of the interval of the greatest rate: enough for the last bit of an `f64`.
const BISECTIONS: u32 = 60;

impl Provisioning {
    /// For the pods, the requests and the SLO of `scenario`.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        Self::new(&PodServer::of(scenario), scenario.slo)
    }

    /// The need for pods that meet the SLO up to this rate (requests per second) each; `None` if
    /// they meet it at no rate.
    #[must_use]
    pub const fn per_pod(greatest_rps: Option<f64>) -> Self {
        Self {
            greatest_rps_per_pod: greatest_rps,
        }
    }

    fn new(server: &PodServer, slo: Slo) -> Self {
        let limit = slo.latency_limit.as_secs_f64();
        let meets = |rho: f64| {
            let load = PodLoad {
                utilization: rho,
                ..server.load(server.rps_at(rho))
            };
            server.latency(load).quantile(slo.latency_quantile) <= limit
        };
        if !meets(0.0) || server.capacity_rps <= 0.0 {
            return Self::per_pod(None);
        }
        let (mut met, mut missed) = (0.0, server.greatest_utilization());
        if meets(missed) {
            met = missed;
        } else {
            for _ in 0..BISECTIONS {
                let middle = f64::midpoint(met, missed);
                if meets(middle) {
                    met = middle;
                } else {
                    missed = middle;
                }
            }
        }
        Self::per_pod(Some(server.rps_at(met)))
    }

    /// The fewest pods, at least one, with which the stationary latency meets the SLO at `rps` and
    /// the utilization is below 1.
    ///
    /// `None` if no number of pods meets the SLO.
    #[must_use]
    pub fn needed(&self, rps: f64) -> Option<Replicas> {
        let pods = (rps / self.greatest_rps_per_pod?).ceil().max(1.0);
        Some(Replicas(pods as i32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::stationary::SteadyPod;
    use crate::units::SimSpan;

    /// 10 ms requests with CV 1 on a 200m pod, whose wait is exponential.
    fn server() -> PodServer {
        let row = |utilization: f64| {
            let wait = 0.05 / (1.0 - utilization);
            let latency = StationaryLatency::constant_and_exponential(0.01, utilization, wait);
            SteadyPod {
                utilization,
                latency,
                ..SteadyPod::default()
            }
        };
        PodServer {
            service_seconds: 0.01,
            io_seconds: 0.0,
            concurrency_rps: f64::INFINITY,
            capacity_rps: 20.0,
            curve: None,
            slowness: 1.0,
            latency: Arc::new(LatencyTable::new(
                [0.0, 0.25, 0.5, 0.75, 0.9, 0.98].map(row),
            )),
        }
    }

    fn slo(millis: i64) -> Slo {
        Slo {
            latency_quantile: 0.95,
            latency_limit: SimSpan::from_millis(millis),
            error_rate: 0.01,
        }
    }

    #[test]
    fn utilisation_beyond_the_cap_reads_the_curve_at_the_cap() {
        assert_eq!(
            server().stationary(3.0),
            server().stationary(MAX_UTILIZATION)
        );
    }

    #[test]
    fn needed_pods_are_the_fewest_that_meet_the_slo() {
        let (server, slo) = (server(), slo(500));
        let provisioning = Provisioning::new(&server, slo);
        for rps in [0.0, 1.0, 14.0, 15.0, 60.0, 100.0, 300.0, 12_345.6] {
            let needed = provisioning.needed(rps).expect("some number does");
            let meets = |pods: i32| {
                let rho = server.utilization(rps / f64::from(pods));
                rho < 1.0 && server.stationary(rho).quantile(0.95) <= 0.5
            };
            assert!(meets(needed.0), "{rps} rps: {needed} pods do not");
            assert!(
                needed.0 == 1 || !meets(needed.0 - 1),
                "{rps} rps: fewer than {needed} do"
            );
        }
    }

    #[test]
    fn where_a_lone_request_is_too_slow_no_number_of_pods_helps() {
        assert_eq!(Provisioning::new(&server(), slo(9)).needed(1.0), None);
    }

    #[test]
    fn a_generous_slo_still_keeps_utilisation_below_one() {
        let provisioning = Provisioning::new(&server(), slo(3_600_000));
        assert_eq!(provisioning.needed(19.9), Some(Replicas(1)));
        assert_eq!(provisioning.needed(20.0), Some(Replicas(2)));
    }
}
