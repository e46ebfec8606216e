//! The Deployment in motion: pods that come and go, and the meters on them.
//!
//! Self-imposed limit: it does what it is told when it is told. It schedules no
//! event: it says when a pod's steps are due, and somebody else keeps the time.

use super::census::Census;
use super::config::{self, PodTimings};
use super::cpu::OwnUse;
use super::kubelet::{Activity, WarmStart};
use super::metrics_server::{Gauges, MeterPlace, MetricsServer, Publication};
use super::placement::{Placed, Placement, PodDemand, RoomAtOnce};
use super::pods::{Draws, PodEnding, PodFact, PodRestart, PodStatus, PodStep, PodTimeline, Pods};
use super::replica_set::Victims;
use super::served::{ServedRates, Serving};
use crate::units::{Seed, SimSpan, SimTime};

/// Pods, their meters, and the metrics API; `P` finds room for the pods.
#[derive(Clone, Debug)]
pub struct Plant<P = RoomAtOnce> {
    pods: Pods,
    metrics: MetricsServer,
    timings: PodTimings,
    placement: P,
    demand: PodDemand,
    /// Pods that have found no room, in the order of creation.
    pending: Vec<u32>,
    seed: Seed,
    victims: Victims,
    deleted: Vec<u32>,
}

/// The pods and the metrics API, row by row.
#[derive(Clone, Copy, Debug)]
pub struct PlantView<'p> {
    /// The pods.
    pub pods: &'p Pods,
    /// What the metrics API shows of them.
    pub metrics: &'p MetricsServer,
}

/// A pod that was created, and when the scheduler looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedPod {
    /// Its number.
    pub number: u32,
    /// When [`PodStep::Scheduled`] is due.
    pub scheduled: SimTime,
}

/// A pod that was deleted, and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedPod {
    /// Its number.
    pub number: u32,
    /// Its end.
    pub ending: PodEnding,
}

/// The pods that are there when the run begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InitialPods {
    /// How many.
    pub count: u32,
    /// Since when they have been created, started and Ready.
    pub ready_since: SimTime,
    /// From when on their counters are followed.
    pub watched_since: SimTime,
    /// What each of them has served since then.
    pub rates: ServedRates,
}

impl Plant {
    /// A plant with `initial` pods, all serving, whose counters `metrics` follows.
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
    /// The same with `placement` to find room. The pods that are there at the start are placed first, and run whatever it answers.
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

    /// The pods, and what the metrics API shows of them.
    pub fn view(&mut self) -> PlantView<'_> {
        self.remove_gone_rows();
        self.as_viewed()
    }

    /// The same rows as the last [`Plant::view`] showed, as long as no pod came or went since.
    #[must_use]
    pub fn as_viewed(&self) -> PlantView<'_> {
        PlantView {
            pods: &self.pods,
            metrics: &self.metrics,
        }
    }

    /// The pods.
    pub fn pods(&mut self) -> &Pods {
        self.view().pods
    }

    /// The metrics API.
    pub fn metrics(&mut self) -> &MetricsServer {
        self.view().metrics
    }

    /// How many pods there are of each kind.
    #[must_use]
    pub fn census(&self) -> &Census {
        self.pods.census()
    }

    /// What is true of pod `number`, if it exists.
    #[must_use]
    pub fn status(&self, number: u32) -> Option<PodStatus> {
        Some(self.pods.statuses()[self.pods.row(number)?])
    }

    /// How often the container of pod `number` has been restarted.
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

    /// How many containers of a pod are metered.
    #[must_use]
    pub fn metered_containers(&self) -> usize {
        self.metrics.metered_containers()
    }

    /// Removes the rows of pods that are gone from all columns: before the columns are read, and before half of the rows are such.
    fn remove_gone_rows(&mut self) {
        if !self.pods.gone().is_empty() {
            self.metrics.remove(self.pods.gone());
            self.pods.compact();
        }
    }

    /// The ReplicaSet creates a pod.
    pub fn create(&mut self, now: SimTime) -> CreatedPod {
        let draws = Draws::of(self.seed, self.pods.next_number(), &self.timings);
        let number = self.pods.add(draws.uid, now, PodStatus::default());
        self.metrics.add(number);
        CreatedPod {
            number,
            scheduled: now + draws.schedule,
        }
    }

    /// The ReplicaSet deletes `count` pods, as many of them as are not terminating yet; returns them, the first chosen first.
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

    /// A pod takes `step`. Returns whether it did: a pod that is gone takes none, one that terminates starts nothing new.
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
            // Who was killed while it winds down is withdrawn all the same.
            _ if stopped && step != PodStep::EndpointRemoved => return false,
            PodStep::Scheduled => {
                if self.placement.place(number, self.demand, now) == Placed::Pending {
                    self.pending.push(number);
                    return false;
                }
                self.pods.set_scheduled(row, now);
                before.with(PodFact::Scheduled)
            }
            PodStep::Started if self.timings.startup_cpu.is_some() => {
                before.with(PodFact::Started).with(PodFact::Bursting)
            }
            PodStep::Started => before.with(PodFact::Started),
            PodStep::Initialised => before.with(PodFact::Initialised),
            // Who is deleted before it is Ready gets no traffic any more.
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
            PodStep::Killed => {
                self.pods.set_ready(row, now);
                self.metrics.stop(row);
                [
                    PodFact::Started,
                    PodFact::Initialised,
                    PodFact::Ready,
                    PodFact::Bursting,
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

    /// When a pod that was bound to a node at `scheduled` takes its further steps.
    #[must_use]
    pub fn timeline(&self, number: u32, scheduled: SimTime) -> PodTimeline {
        Draws::from_node(self.seed, number, scheduled, &self.timings)
    }

    /// The pods that wait for room, in the order of creation: the scheduler looks at them again.
    pub fn take_pending(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.pending)
    }

    /// The first container of pod `number`, which was killed at `now`, will start again; `None` where it will not.
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

    /// From `now` on pods serve at `rates`.
    pub fn serve(&mut self, now: SimTime, rates: ServedRates) {
        self.metrics.serve(now, rates);
    }

    /// From `now` on [`Plant::read`] is told what each housekeeping reads; what [`Plant::serve`] was told stands still.
    pub fn await_readings(&mut self, now: SimTime) {
        self.metrics.await_readings(now);
    }

    /// When the counter of a pod's container is read next; `None` where nobody asks, and while it does not run.
    #[must_use]
    pub fn next_housekeeping(&self, number: u32, container: usize) -> Option<SimTime> {
        let row = self.pods.row(number)?;
        self.metrics.next_housekeeping(row, container)
    }

    /// A due housekeeping finds that a container has used `work` core-nanoseconds for requests since readings are told or it started.
    pub fn read(&mut self, number: u32, container: usize, now: SimTime, work: f64) {
        if let Some(row) = self.pods.row(number) {
            let place = MeterPlace { row, container };
            self.metrics.read(place, now, work);
        }
    }

    /// metrics-server scrapes.
    pub fn scrape(&mut self, now: SimTime, gauges: &Gauges<'_>) -> Publication {
        self.remove_gone_rows();
        self.metrics.scrape(now, self.pods.statuses(), gauges)
    }

    /// A scrape that was on its way becomes visible.
    pub fn publish(&mut self) {
        self.metrics.publish();
    }
}

fn activity(status: PodStatus) -> Activity {
    let own = OwnUse::of(status);
    Activity {
        own,
        serving: match (status.is_serving(), own) {
            (false, _) => Serving::Nothing,
            (true, OwnUse::Idle) => Serving::Normal,
            (true, OwnUse::Bursting) => Serving::Bursting,
        },
    }
}

/// Endpoint removal and preStop hook run side by side from the deletion on; the grace period, which covers the hook, ends all.
///
/// A pod that never started has nothing to wind down. A pod serves until its
/// endpoint is removed: a graceful server goes on accepting. What waits at it
/// then is taken over by the others (the fluid engine pools the backlog).
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
