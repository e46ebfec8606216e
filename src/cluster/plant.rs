//! The Deployment in motion: the pods, their lifecycle, and the meters of their CPU.
//!
//! The plant schedules no events. It returns the times at which a pod's steps are due, and the
//! caller calls back at these times.

use super::census::Census;
use super::config::{self, PodTimings};
use super::cpu::OwnUse;
use super::kubelet::{Activity, WarmStart};
use super::measured::Gauges;
use super::metrics_server::{MeterPlace, MetricsServer, Publication};
use super::placement::{Placed, Placement, PodDemand, RoomAtOnce};
use super::pods::{Draws, PodEnding, PodFact, PodRestart, PodStatus, PodStep, PodTimeline, Pods};
use super::replica_set::Victims;
use super::served::{ServedRates, Serving};
use crate::units::{Seed, SimSpan, SimTime};

/// The pods, their meters, and the metrics API. `P` finds room for the pods.
#[derive(Clone, Debug)]
pub struct Plant<P = RoomAtOnce> {
    pods: Pods,
    metrics: MetricsServer,
    timings: PodTimings,
    placement: P,
    demand: PodDemand,
    /// Pods without room, in the order of creation.
    pending: Vec<u32>,
    seed: Seed,
    victims: Victims,
    deleted: Vec<u32>,
}

/// The pods and the metrics API, with the same rows.
#[derive(Clone, Copy, Debug)]
pub struct PlantView<'p> {
    /// The pods.
    pub pods: &'p Pods,
    /// Their metrics in the metrics API.
    pub metrics: &'p MetricsServer,
}

/// A new pod, and the time at which the scheduler considers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedPod {
    /// Its number.
    pub number: u32,
    /// When [`PodStep::Scheduled`] is due.
    pub scheduled: SimTime,
}

/// A deleted pod, and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedPod {
    /// Its number.
    pub number: u32,
    /// The times of its last steps.
    pub ending: PodEnding,
}

/// The pods that exist when the run begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InitialPods {
    /// The number of pods.
    pub count: u32,
    /// When they were created, started and Ready.
    pub ready_since: SimTime,
    /// The time from which their counters are followed.
    pub watched_since: SimTime,
    /// The rates at which they have served since `watched_since`.
    pub rates: ServedRates,
}

impl Plant {
    /// A plant with `initial` pods, all serving. `metrics` follows their counters.
    #[must_use]
    pub fn new(
        deployment: &config::Deployment,
        metrics: MetricsServer,
        initial: InitialPods,
        seed: Seed,
    ) -> Self {
        Self::placed_by(RoomAtOnce, deployment, metrics, initial, seed)
    }
}

impl<P: Placement> Plant<P> {
    /// Like [`Plant::new`], with `placement` to find room. The initial pods are placed first, and
    /// run whatever it answers.
    #[must_use]
    pub fn placed_by(
        mut placement: P,
        deployment: &config::Deployment,
        mut metrics: MetricsServer,
        initial: InitialPods,
        seed: Seed,
    ) -> Self {
        metrics.serve_since(initial.watched_since, initial.rates);
        let demand = deployment.demand();
        for number in 0..initial.count {
            placement.place(number, demand, initial.ready_since);
        }
        let mut plant = Self {
            pods: Pods::default(),
            metrics,
            timings: deployment.pod.clone(),
            placement,
            demand,
            pending: Vec::new(),
            seed,
            victims: Victims::default(),
            deleted: Vec::new(),
        };
        let warm = WarmStart {
            started: initial.ready_since,
            watched_since: initial.watched_since,
        };
        for number in 0..initial.count {
            let uid = Draws::of(seed, number, &plant.timings).uid;
            let status = PodStatus::serving();
            plant.pods.add(uid, initial.ready_since, status);
            plant.metrics.add(number);
            let row = plant.pods.len() - 1;
            plant.metrics.start_long_ago(row, warm, activity(status));
        }
        plant
    }

    /// The pods and the metrics API. Deletes the rows of removed pods first.
    pub fn view(&mut self) -> PlantView<'_> {
        self.remove_gone_rows();
        self.as_viewed()
    }

    /// The rows of the last [`Plant::view`]. Valid as long as no pod came or went since then.
    #[must_use]
    pub fn as_viewed(&self) -> PlantView<'_> {
        PlantView {
            pods: &self.pods,
            metrics: &self.metrics,
        }
    }

    /// The pods. Deletes the rows of removed pods first.
    pub fn pods(&mut self) -> &Pods {
        self.view().pods
    }

    /// The metrics API. Deletes the rows of removed pods first.
    pub fn metrics(&mut self) -> &MetricsServer {
        self.view().metrics
    }

    /// The number of pods in each status.
    #[must_use]
    pub fn census(&self) -> &Census {
        self.pods.census()
    }

    /// The status of pod `number`, if it exists.
    #[must_use]
    pub fn status(&self, number: u32) -> Option<PodStatus> {
        Some(self.pods.statuses()[self.pods.row(number)?])
    }

    /// The number of restarts of pod `number`'s container.
    #[must_use]
    pub fn restarts(&self, number: u32) -> u32 {
        let row = self.pods.row(number);
        row.map_or(0, |row| self.pods.restarts(row))
    }

    /// Whether any metric is measured.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.metrics.is_asked()
    }

    /// The number of metered containers per pod.
    #[must_use]
    pub fn metered_containers(&self) -> usize {
        self.metrics.metered_containers()
    }

    /// Deletes the rows of removed pods from all columns. This happens before the columns are read,
    /// and when half of the rows are removed pods.
    fn remove_gone_rows(&mut self) {
        if !self.pods.gone().is_empty() {
            self.metrics.remove(self.pods.gone());
            self.pods.compact();
        }
    }

    /// Creates a pod, as the ReplicaSet does.
    pub fn create(&mut self, now: SimTime) -> CreatedPod {
        let draws = Draws::of(self.seed, self.pods.next_number(), &self.timings);
        let number = self.pods.add(draws.uid, now, PodStatus::default());
        self.metrics.add(number);
        CreatedPod {
            number,
            scheduled: now + draws.schedule,
        }
    }

    /// Deletes `count` pods, or as many as are not terminating yet, as the ReplicaSet does. Returns
    /// them in the order of deletion.
    pub fn delete(&mut self, count: usize, now: SimTime) -> impl Iterator<Item = DeletedPod> + '_ {
        self.remove_gone_rows();
        self.deleted.clear();
        self.deleted
            .extend(self.victims.choose(&self.pods, count, now));
        for &number in &self.deleted {
            if let Some(row) = self.pods.row(number) {
                let status = self.pods.statuses()[row].with(PodFact::Terminating);
                self.pods.set_status(row, status);
            }
        }
        let (pods, timings) = (&self.pods, &self.timings);
        self.deleted.iter().filter_map(move |&number| {
            let status = pods.statuses()[pods.row(number)?];
            Some(DeletedPod {
                number,
                ending: ending(status, now, timings),
            })
        })
    }

    /// Carries out `step` of a pod. Returns false if the pod does not take it: a removed pod takes
    /// no step, and a terminating pod that has not started starts nothing new.
    pub fn step(&mut self, number: u32, step: PodStep, now: SimTime) -> bool {
        let Some(row) = self.pods.row(number) else {
            return false;
        };
        let before = self.pods.statuses()[row];
        let stopped = before.is(PodFact::Terminating) && !before.is(PodFact::Started);
        let after = match step {
            PodStep::Gone => {
                if before.is(PodFact::Scheduled) {
                    self.placement.freed(number, self.demand, now);
                } else {
                    self.pending.retain(|pending| *pending != number);
                }
                self.pods.remove(row);
                if self.pods.gone().are_half() {
                    self.remove_gone_rows();
                }
                return true;
            }
            // A pod whose container was killed while it terminates still loses its endpoint.
            _ if stopped && step != PodStep::EndpointRemoved => return false,
            PodStep::Scheduled => {
                if self.placement.place(number, self.demand, now) == Placed::Pending {
                    self.pending.push(number);
                    return false;
                }
                self.pods.set_scheduled(row, now);
                before.with(PodFact::Scheduled)
            }
            PodStep::Started => self.as_started(before),
            PodStep::Initialised => before.with(PodFact::Initialised),
            // A pod that is deleted before it is Ready gets no traffic.
            PodStep::Ready | PodStep::EndpointAdded
                if before.is(PodFact::Terminating) && !before.is(PodFact::Ready) =>
            {
                return false;
            }
            PodStep::Ready => {
                self.pods.set_ready(row, now);
                before.with(PodFact::Ready)
            }
            PodStep::EndpointAdded => before.with(PodFact::Endpoint),
            PodStep::EndpointRemoved if !before.is(PodFact::Endpoint) => return false,
            PodStep::EndpointRemoved => before.without(PodFact::Endpoint),
            PodStep::BurstEnded => before.without(PodFact::Bursting),
            PodStep::WarmedUp => before.without(PodFact::Warming),
            PodStep::Killed => {
                self.pods.set_ready(row, now);
                self.metrics.stop(row);
                [
                    PodFact::Started,
                    PodFact::Initialised,
                    PodFact::Ready,
                    PodFact::Bursting,
                    PodFact::Warming,
                ]
                .into_iter()
                .fold(before, PodStatus::without)
            }
        };
        self.pods.set_status(row, after);
        if step == PodStep::Killed {
            return true;
        }
        if step == PodStep::Started && self.pods.restarts(row) > 0 {
            self.metrics.restart(row, now, activity(after));
        } else if step == PodStep::Started {
            self.metrics.start(row, now, activity(after));
        } else if activity(before) != activity(after) {
            self.metrics.change(row, now, activity(after));
        }
        true
    }

    /// The status of a pod whose containers start.
    fn as_started(&self, before: PodStatus) -> PodStatus {
        let mut status = before.with(PodFact::Started);
        if self.timings.startup_cpu.is_some() {
            status = status.with(PodFact::Bursting);
        }
        if self.timings.warm_up.is_some() {
            status = status.with(PodFact::Warming);
        }
        status
    }

    /// The times of the further steps of a pod that was bound to a node at `scheduled`.
    #[must_use]
    pub fn timeline(&self, number: u32, scheduled: SimTime) -> PodTimeline {
        Draws::from_node(self.seed, number, scheduled, &self.timings)
    }

    /// Removes and returns the pods without room, in the order of creation, so that the scheduler
    /// can consider them again.
    pub fn take_pending(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.pending)
    }

    /// Restarts the first container of pod `number`, which was killed at `now`. Returns the times
    /// of the restart; `None` if the pod is terminating or gone.
    pub fn restart(&mut self, number: u32, now: SimTime) -> Option<PodRestart> {
        let row = self.pods.row(number)?;
        if self.pods.statuses()[row].is(PodFact::Terminating) {
            return None;
        }
        let timeline = self.pods.crash(row, now, self.seed, &self.timings);
        Some(PodRestart {
            endpoint_removed: now + self.timings.endpoint_lag,
            timeline,
        })
    }

    /// Sets the rates at which pods serve from `now` on.
    pub fn serve(&mut self, now: SimTime, rates: ServedRates) {
        self.metrics.serve(now, rates);
    }

    /// From `now` on, the caller reports the work at each housekeeping through [`Plant::read`]; the
    /// rates of [`Plant::serve`] no longer apply.
    pub fn await_readings(&mut self, now: SimTime) {
        self.metrics.await_readings(now);
    }

    /// The time of the next housekeeping of a pod's container; `None` if no query needs it or the
    /// container does not run.
    #[must_use]
    pub fn next_housekeeping(&self, number: u32, container: usize) -> Option<SimTime> {
        let row = self.pods.row(number)?;
        self.metrics.next_housekeeping(row, container)
    }

    /// Reports at a due housekeeping that requests have used `work` core-nanoseconds in a
    /// container, since [`Plant::await_readings`] or since its start.
    pub fn read(&mut self, number: u32, container: usize, now: SimTime, work: f64) {
        if let Some(row) = self.pods.row(number) {
            let place = MeterPlace { row, container };
            self.metrics.read(place, now, work);
        }
    }

    /// Scrapes all counters and gauges, as metrics-server does.
    pub fn scrape(&mut self, now: SimTime, gauges: &Gauges<'_>) -> Publication {
        self.remove_gone_rows();
        self.metrics.scrape(now, self.pods.statuses(), gauges)
    }

    /// Whether Prometheus scrapes, see [`Plant::scrape_custom`].
    #[must_use]
    pub fn has_custom_metrics(&self) -> bool {
        self.metrics.has_custom()
    }

    /// Prometheus scrapes counters and gauges of custom and external metrics.
    pub fn scrape_custom(&mut self, now: SimTime, gauges: &Gauges<'_>) {
        self.remove_gone_rows();
        self.metrics
            .scrape_custom(now, self.pods.statuses(), gauges);
    }

    /// The adapter answers the queries for custom and external metrics at `now`. Deletes the rows
    /// of removed pods first.
    pub fn query_custom(&mut self, now: SimTime) {
        self.remove_gone_rows();
        self.metrics.query_custom(now);
    }

    /// Makes the oldest pending scrape visible.
    pub fn publish(&mut self) {
        self.metrics.publish();
    }
}

fn activity(status: PodStatus) -> Activity {
    Activity {
        own: OwnUse::of(status),
        serving: Serving::of(status),
    }
}

/// The end of a pod that is deleted at `now`.
///
/// The removal of its endpoint and the preStop hook start together at the deletion. The grace
/// period, which includes the hook, ends both. A pod that never started has nothing to wind down. A
/// pod serves until its endpoint is removed, because a graceful server still accepts requests. In
/// the fluid engine, the requests that wait at a pod then move to the other pods, because that
/// engine has one backlog.
fn ending(status: PodStatus, now: SimTime, timings: &PodTimings) -> PodEnding {
    let grace = timings.grace_period.max(SimSpan::ZERO);
    let (endpoint_removed, wound_down) = if !status.is(PodFact::Started) {
        (SimSpan::ZERO, SimSpan::ZERO)
    } else if status.is(PodFact::Ready) {
        (
            timings.endpoint_lag,
            timings.endpoint_lag.max(timings.pre_stop),
        )
    } else {
        (SimSpan::ZERO, timings.pre_stop)
    };
    PodEnding {
        endpoint_removed: now + endpoint_removed.min(grace),
        gone: now + wound_down.min(grace),
        killed: now + grace,
    }
}

#[cfg(test)]
#[path = "plant/tests.rs"]
mod tests;
