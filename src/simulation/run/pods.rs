//! The pods of a run: their steps, the readings of their counters, and the ReplicaSet.

use super::Simulation;
use crate::cluster::pods::{PodStep, PodTimeline};
use crate::simulation::event::Event;
use crate::simulation::observer::{Observer, PodChange, PodTransition};
use crate::simulation::work::{Work, WorkByPod};
use crate::units::{Replicas, SimTime};

impl<W: Work> Simulation<'_, W> {
    /// Schedules the next reading of each container of a started pod.
    pub(super) fn schedule_housekeeping(&mut self, number: u32) {
        for container in 0..self.plant.metered_containers() {
            self.schedule_reading(number, container);
        }
    }

    fn schedule_reading(&mut self, number: u32, container: usize) {
        if let Some(time) = self.plant.next_housekeeping(number, container) {
            let container =
                u16::try_from(container).expect("a Deployment has at most 65,536 containers");
            self.push(time, Event::Housekeeping { number, container });
        }
    }

    pub(super) fn pod_step(&mut self, number: u32, step: PodStep, observer: &mut impl Observer) {
        if may_change_counts(step) {
            self.work.close(self.now, observer);
        }
        if !self.plant.step(number, step, self.now) {
            return;
        }
        self.work_has_changed = true;
        self.notify_work(number, Some(step));
        if step == PodStep::Scheduled {
            self.push_start(number, self.plant.timeline(number, self.now));
        }
        let state = match step {
            PodStep::Started if self.restarts(number) > 0 => PodTransition::Restarted,
            PodStep::Started => PodTransition::Started,
            PodStep::Initialised => PodTransition::Initialised,
            PodStep::Ready => PodTransition::Ready,
            PodStep::EndpointAdded => PodTransition::Serving,
            PodStep::Killed => PodTransition::OomKilled,
            PodStep::Gone => PodTransition::Gone,
            PodStep::Scheduled
            | PodStep::BurstEnded
            | PodStep::WarmedUp
            | PodStep::EndpointRemoved => return,
        };
        self.tell(number, state, observer);
        if step == PodStep::Started && self.work.by_pod().is_some() {
            self.schedule_started(number);
        }
    }

    /// Schedules the readings of a pod that has started: all containers, or after a restart the
    /// first.
    fn schedule_started(&mut self, number: u32) {
        if self.restarts(number) == 0 {
            self.schedule_housekeeping(number);
        } else {
            self.schedule_reading(number, 0);
        }
    }

    pub(super) fn gone(&mut self, number: u32, observer: &mut impl Observer) {
        self.pod_step(number, PodStep::Gone, observer);
        // The removal frees room, so the scheduler considers the waiting pods again.
        for number in self.plant.take_pending() {
            self.pod_step(number, PodStep::Scheduled, observer);
        }
    }

    /// Kills the first container of a pod out of memory. It starts again unless the pod is deleted.
    pub(super) fn kill(&mut self, number: u32, observer: &mut impl Observer) {
        self.pod_step(number, PodStep::Killed, observer);
        if let Some(restart) = self.plant.restart(number, self.now) {
            self.push_step(restart.endpoint_removed, number, PodStep::EndpointRemoved);
            self.push_start(number, restart.timeline);
        }
    }

    /// Reads a counter, unless its container was killed or removed since the event was scheduled.
    pub(super) fn read_counter(&mut self, number: u32, container: usize) {
        if self.plant.next_housekeeping(number, container) != Some(self.now) {
            return;
        }
        let Some(work) = self.work.by_pod() else {
            return;
        };
        let work = work.work_of(number, container, self.now);
        self.plant.read(number, container, self.now, work);
        self.schedule_reading(number, container);
    }

    /// Reports a pod's change to the request engine. The fluid engine counts pods when it settles.
    fn notify_work(&mut self, number: u32, step: Option<PodStep>) {
        if let Some(work) = self.work.by_pod() {
            // A removed pod has no status.
            let status = self.plant.status(number).unwrap_or_default();
            work.pod_changed(number, status, step, self.now);
        }
    }

    /// The number of restarts of a pod's container, in the 16 bits of its events.
    ///
    /// Always 0 in the fluid engine, which does not simulate memory kills.
    pub(super) fn restarts(&mut self, number: u32) -> u16 {
        if self.work.by_pod().is_none() {
            return 0;
        }
        (self.plant.restarts(number) & u32::from(u16::MAX)) as u16
    }

    fn tell(&self, pod: u32, state: PodTransition, observer: &mut impl Observer) {
        observer.pod_changed(&PodChange {
            time: self.now,
            pod,
            state,
        });
    }

    /// Creates or deletes pods, as the ReplicaSet does, until `replicas` pods are not terminating.
    pub(super) fn scale(&mut self, replicas: Replicas, observer: &mut impl Observer) {
        self.replicas = replicas;
        self.work_has_changed = true;
        let missing = replicas.0 - self.plant.census().current().0;
        for _ in 0..missing {
            self.create_pod(observer);
        }
        if missing < 0 {
            self.delete_pods(missing.unsigned_abs() as usize, observer);
        }
    }

    fn create_pod(&mut self, observer: &mut impl Observer) {
        let created = self.plant.create(self.now);
        let number = created.number;
        self.notify_work(number, None);
        self.push_step(created.scheduled, number, PodStep::Scheduled);
        self.tell(number, PodTransition::Created, observer);
    }

    /// Schedules the steps of a scheduled pod, from the start of its containers on.
    fn push_start(&mut self, number: u32, due: PodTimeline) {
        let steps = [
            (due.started, PodStep::Started),
            (due.ready, PodStep::Ready),
            (due.initialised, PodStep::Initialised),
            (due.endpoint_added, PodStep::EndpointAdded),
        ];
        for (time, step) in steps {
            self.push_step(time, number, step);
        }
        let ends = [
            (due.burst_ended, PodStep::BurstEnded),
            (due.warmed_up, PodStep::WarmedUp),
        ];
        for (time, step) in ends {
            if let Some(time) = time {
                self.push_step(time, number, step);
            }
        }
    }

    fn push_step(&mut self, time: SimTime, number: u32, step: PodStep) {
        let restarts = self.restarts(number);
        self.push(
            time,
            Event::Pod {
                number,
                step,
                restarts,
            },
        );
    }

    fn delete_pods(&mut self, count: usize, observer: &mut impl Observer) {
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.extend(self.plant.delete(count, self.now));
        for deleted in leaving.drain(..) {
            let (number, ending) = (deleted.number, deleted.ending);
            self.notify_work(number, None);
            self.push_step(ending.endpoint_removed, number, PodStep::EndpointRemoved);
            self.push(ending.gone, Event::WoundDown { number });
            if self.work.by_pod().is_some() {
                // Requests in the pod may delay its removal until the end of the grace period.
                self.push(ending.killed, Event::Gone { number });
            }
            self.tell(number, PodTransition::Terminating, observer);
        }
        self.leaving = leaving;
    }
}

/// Whether `step` may change the numbers of pods by state, so that the current segment must end.
fn may_change_counts(step: PodStep) -> bool {
    match step {
        PodStep::Initialised | PodStep::Ready | PodStep::Killed | PodStep::Gone => true,
        PodStep::Scheduled
        | PodStep::Started
        | PodStep::EndpointAdded
        | PodStep::BurstEnded
        | PodStep::WarmedUp
        | PodStep::EndpointRemoved => false,
    }
}
