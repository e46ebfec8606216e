//! The classes of pods that serve at different rates: in their start-up burst or not, in their
//! warm-up or not.

use crate::cluster::cpu::{OwnUse, PodCapacity, PodCpu};
use crate::cluster::served::{ServedRates, Serving};
use crate::cluster::stationary::StationaryLatency;
use crate::scenario::Scenario;
use crate::simulation::latency::PodServer;
use crate::simulation::load_curve::{LoadCurve, PodLoad};
use crate::simulation::observer::INTERVAL;

use super::share;

/// Rates that differ by a smaller share are equal.
const SAME: f64 = 1e-12;

/// A value for each class; the index is [`Serving`].
pub(super) type ByClass = [f64; Serving::CLASSES];

/// A class of pods as servers.
#[derive(Clone, Debug)]
struct ServingClass {
    serving: Serving,
    own: OwnUse,
    /// The cost of a request by the warm-up, as a multiple of the plain cost.
    warm_up: f64,
    /// The capacity at this cost.
    capacity: PodCapacity,
    /// Latency at this cost, with the capacity after the start-up burst.
    server: PodServer,
    /// The load of these pods, with `workload.overload`.
    curve: Option<LoadCurve>,
    /// The rate from which overloaded pods reach their CPU limit.
    throttled_from_overloaded: f64,
    /// Whether these pods are overloaded.
    is_overloaded: bool,
    /// The cost of a request now, as a multiple of the plain cost.
    cost_factor: f64,
    /// Requests per second that one pod can serve now.
    most_rps: f64,
}

impl ServingClass {
    fn of(scenario: &Scenario, cpu: &PodCpu, serving: Serving) -> Self {
        let (own, is_warming) = match serving {
            Serving::Nothing | Serving::Normal => (OwnUse::Idle, false),
            Serving::Bursting => (OwnUse::Bursting, false),
            Serving::Warming => (OwnUse::Idle, true),
            Serving::WarmingInBurst => (OwnUse::Bursting, true),
        };
        let factor = scenario.deployment.pod.warm_up.map_or(1.0, |it| it.factor);
        let warm_up = if is_warming { factor } else { 1.0 };
        let server = PodServer::at_cost_of(scenario, warm_up);
        let mut capacity = cpu.capacity(own, warm_up);
        // A pod processes at most `concurrency` requests at the same time, whatever its CPU allows.
        capacity.rps = capacity.rps.min(server.concurrency_rps);
        Self {
            serving,
            own,
            warm_up,
            capacity,
            server,
            curve: LoadCurve::of(scenario, own, warm_up),
            throttled_from_overloaded: scenario.workload.overload.map_or(0.0, |overload| {
                cpu.capacity(own, warm_up * overload.factor)
                    .throttled_from_rps
            }),
            is_overloaded: false,
            cost_factor: warm_up,
            most_rps: capacity.rps,
        }
    }

    fn load(&self, rps: f64) -> PodLoad {
        match &self.curve {
            None => self.server.load(rps),
            Some(curve) if self.is_overloaded => curve.overloaded(),
            Some(curve) => curve.at(rps.min(curve.sustained_rps)),
        }
    }

    fn is_throttled(&self, rps: f64) -> bool {
        let from = match &self.curve {
            Some(_) if self.is_overloaded => self.throttled_from_overloaded,
            _ => self.capacity.throttled_from_rps,
        };
        rps >= from * (1.0 - SAME)
    }
}

/// The classes that the pods of a policy can have, the slowest first.
#[derive(Clone, Debug)]
pub(super) struct ServingClasses {
    classes: Vec<ServingClass>,
    /// Whether the cost of a request can differ from the plain cost.
    pub(super) cost_varies: bool,
    /// Whether pods can be overloaded.
    can_be_overloaded: bool,
}

impl ServingClasses {
    pub(super) fn of(scenario: &Scenario, cpu: &PodCpu) -> Self {
        let pod = &scenario.deployment.pod;
        let (bursts, warms) = (pod.startup_cpu.is_some(), pod.warm_up.is_some());
        let possible = [
            (Serving::WarmingInBurst, bursts && warms),
            (Serving::Warming, warms),
            (Serving::Bursting, bursts),
            (Serving::Normal, true),
        ];
        let mut classes: Vec<ServingClass> = possible
            .into_iter()
            .filter(|(_, is_possible)| *is_possible)
            .map(|(serving, _)| ServingClass::of(scenario, cpu, serving))
            .collect();
        classes.sort_by(|a, b| a.most_rps.total_cmp(&b.most_rps));
        let can_be_overloaded = scenario.workload.overload.is_some();
        Self {
            classes,
            cost_varies: warms || can_be_overloaded,
            can_be_overloaded,
        }
    }

    /// Finds the classes that are overloaded if `inflow_rps` arrive at `pods`, which share it
    /// evenly.
    ///
    /// With a backlog all pods are: each is busy at its limit. Without one, a class is overloaded
    /// if its share exceeds the rate that it sustains. It then serves less than its share, so that
    /// the other pods get more, and more classes may follow.
    pub(super) fn find_overloaded(&mut self, pods: &ByClass, inflow_rps: f64, has_backlog: bool) {
        if !self.can_be_overloaded {
            return;
        }
        for class in &mut self.classes {
            class.is_overloaded = has_backlog;
        }
        while self.overload_spreads(pods, inflow_rps) {}
        for class in &mut self.classes {
            if let Some(curve) = &class.curve {
                class.most_rps = if class.is_overloaded {
                    curve.overloaded_rps
                } else {
                    curve.sustained_rps
                };
            }
        }
        self.classes
            .sort_unstable_by(|a, b| a.most_rps.total_cmp(&b.most_rps));
    }

    /// Marks further classes as overloaded. Returns whether there are any.
    fn overload_spreads(&mut self, pods: &ByClass, inflow_rps: f64) -> bool {
        let (mut rest, mut others) = (inflow_rps, 0.0);
        for class in &self.classes {
            let number = pods[class.serving as usize];
            match &class.curve {
                Some(curve) if class.is_overloaded => {
                    rest -= number * curve.overloaded_rps;
                }
                _ => others += number,
            }
        }
        let each = share(rest, others);
        let mut spreads = false;
        for class in &mut self.classes {
            let sustained = class.curve.map_or(f64::INFINITY, |it| it.sustained_rps);
            if !class.is_overloaded
                && pods[class.serving as usize] > 0.0
                && each > sustained * (1.0 + SAME)
            {
                class.is_overloaded = true;
                spreads = true;
            }
        }
        spreads
    }

    /// Requests per second that `pods` can serve together.
    pub(super) fn capacity_rps(&self, pods: &ByClass) -> f64 {
        let capacities = self.classes.iter().map(|class| {
            // 0 times infinity must give 0 here, not NaN.
            match pods[class.serving as usize] {
                number if number > 0.0 => number * class.most_rps,
                _ => 0.0,
            }
        });
        capacities.sum()
    }

    /// The rates per pod if `pods`, `number_of_all` in total, serve `served_rps` together: slow pods serve at most their
    /// capacity, and the others serve the rest. Updates the cost of requests.
    pub(super) fn split(
        &mut self,
        pods: &ByClass,
        number_of_all: f64,
        served_rps: f64,
    ) -> ServedRates {
        let (mut rest, mut left) = (served_rps, number_of_all);
        let mut rates = ServedRates::default();
        for class in &mut self.classes {
            let index = class.serving as usize;
            let number = pods[index];
            let rps = if number > 0.0 {
                let level = share(rest, left);
                let rps = if number < left {
                    level.min(class.most_rps)
                } else {
                    level
                };
                rest -= number * rps;
                left -= number;
                rps
            } else {
                share(served_rps, number_of_all)
            };
            if self.can_be_overloaded {
                class.cost_factor = class.warm_up * class.load(rps).cost_factor;
            }
            rates.rps[index] = rps;
            rates.work_rps[index] = rps * class.cost_factor;
        }
        rates
    }

    /// The latency at these rates without a backlog, in the fastest pods that serve, and the
    /// probability that it breaks the SLO.
    pub(super) fn latency(&self, pods: &ByClass, rates: &ServedRates) -> LatencyOfPods {
        let serves = |class: &&ServingClass| pods[class.serving as usize] > 0.0;
        let Some(class) = self.classes.iter().rev().find(serves) else {
            return LatencyOfPods::default();
        };
        let load = class.load(rates.rps[class.serving as usize]);
        let rps: f64 = pods
            .iter()
            .zip(&rates.rps)
            .map(|(pods, rps)| pods * rps)
            .sum();
        let requests = rps * INTERVAL.as_secs_f64();
        LatencyOfPods {
            latency: class.server.latency(load),
            slo_chance: class.server.slo_chance(load, requests),
        }
    }

    /// The work of `pods` at these rates.
    pub(super) fn work(&self, pods: &ByClass, rates: &ServedRates) -> WorkOfPods {
        let mut served = WorkOfPods::default();
        for class in &self.classes {
            let index = class.serving as usize;
            if pods[index] > 0.0 {
                served.rps += pods[index] * rates.rps[index];
                if self.cost_varies {
                    served.extra_rps += pods[index] * (rates.work_rps[index] - rates.rps[index]);
                }
            }
        }
        served
    }

    /// The number of pods with a container at its CPU limit, of `serving` pods and of `starting`
    /// pods, which are in their start-up burst without serving.
    pub(super) fn throttled(
        &self,
        serving: &ByClass,
        starting: f64,
        rates: &ServedRates,
        served_rps: f64,
    ) -> f64 {
        let mut throttled = 0.0;
        for class in &self.classes {
            let index = class.serving as usize;
            let works = served_rps > 0.0 || class.own == OwnUse::Bursting;
            if works && class.is_throttled(rates.rps[index]) {
                throttled += serving[index];
            }
        }
        if starting <= 0.0 {
            return throttled;
        }
        let starts = |class: &&ServingClass| class.serving == Serving::Bursting;
        let is_throttled = |class: &ServingClass| class.is_throttled(0.0);
        if self.classes.iter().find(starts).is_some_and(is_throttled) {
            throttled += starting;
        }
        throttled
    }
}

/// The latency of several pods, and the probability that it breaks the SLO.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatencyOfPods {
    pub(super) latency: StationaryLatency,
    /// `None` where the cost of a request is not the plain one.
    pub(super) slo_chance: Option<f64>,
}

impl LatencyOfPods {
    /// Where nothing is served, no latency breaks the SLO.
    pub(super) fn of_no_requests() -> Self {
        Self {
            slo_chance: Some(0.0),
            ..Self::default()
        }
    }
}

/// The work of several pods.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WorkOfPods {
    /// Requests per second.
    pub(super) rps: f64,
    /// The work beyond the plain cost in the first container, in plain requests per second.
    pub(super) extra_rps: f64,
}
