//! The cost of a request in the pod that works on it: `pod.warm_up` and `workload.overload`.

use super::load_average::{LoadAverage, PodUse};
use crate::cluster::station::Station;
use crate::scenario::Scenario;
use crate::units::SimTime;
use crate::workload::Overload;

/// The settings that change the cost of a request, and the load of each pod.
#[derive(Clone, Debug)]
pub(super) struct RequestCosts {
    /// The cost during the warm-up, as a multiple of the later cost.
    warm_up: f64,
    places: f64,
    overload: Option<Overload>,
    /// The load of each pod, if it matters.
    averages: Vec<LoadAverage>,
    /// Utilization of the initial pods before the start.
    before_start: f64,
    initial_pods: u32,
}

impl RequestCosts {
    /// `None` if a request always has its plain cost.
    pub(super) fn of(scenario: &Scenario, before_start: f64, initial_pods: u32) -> Option<Self> {
        let warm_up = scenario.deployment.pod.warm_up;
        let overload = scenario.workload.overload;
        if warm_up.is_none() && overload.is_none() {
            return None;
        }
        Some(Self {
            warm_up: warm_up.map_or(1.0, |warm_up| warm_up.factor),
            places: f64::from(scenario.workload.concurrency),
            overload,
            averages: Vec::new(),
            before_start,
            initial_pods,
        })
    }

    /// Adds the new pod `number` at `place`.
    pub(super) fn add(&mut self, place: usize, number: u32, now: SimTime) {
        if self.overload.is_none() {
            return;
        }
        let utilization = if number < self.initial_pods {
            self.before_start
        } else {
            0.0
        };
        let average = LoadAverage::since(now, utilization, 0.0);
        match self.averages.get_mut(place) {
            Some(before) => *before = average,
            None => self.averages.push(average),
        }
    }

    /// Begins anew after a restart of the container, which has used `used` core-nanoseconds so far.
    pub(super) fn restart(&mut self, place: usize, now: SimTime, used: f64) {
        if let Some(average) = self.averages.get_mut(place) {
            *average = LoadAverage::since(now, 0.0, used);
        }
    }

    /// Whether the load of the pods matters.
    pub(super) fn follows_load(&self) -> bool {
        self.overload.is_some()
    }

    /// Adds the time until `now`, in which `working` requests were in process at the pod and used the
    /// CPU of its first container.
    pub(super) fn update(&mut self, place: usize, now: SimTime, cpu: &Station, working: u32) {
        let new = PodUse {
            used: cpu.used(),
            cores: cpu.cores(),
            places: f64::from(working) / self.places,
        };
        self.averages[place].update(now, new);
    }

    /// The cost of a request that begins now, as a multiple of its plain cost.
    pub(super) fn factor(&self, place: usize, is_warming: bool) -> f64 {
        let warm_up = if is_warming { self.warm_up } else { 1.0 };
        match (&self.overload, self.averages.get(place)) {
            (Some(overload), Some(average)) => {
                warm_up * overload.cost_factor(average.utilization())
            }
            _ => warm_up,
        }
    }
}
